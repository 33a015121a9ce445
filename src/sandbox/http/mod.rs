//! The world over HTTP on loopback: the same shops and providers, in their own documents.
//!
//! One server holds everything, each under its own path:
//! `/shop/{name}/wp-json/…`, `/customcat/{name}/api/v1/…`, `/shineon/{name}/v1/…`, `/uploads/…`.
//! Time is that of the clock it is started with: before each request, and whenever something is
//! due, the world's clock is turned to it. A courier carries webhooks, hooks and downloads.

mod courier;
mod customcat;
mod exchange;
mod shineon;
mod woo;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::courier::Courier;
use self::exchange::{Answer, Effect, Request};
use super::core::Core;
use super::fault::{Call, Fault, HttpFault};
use super::world::World;
use crate::model::time::Moment;
use crate::outside::clock::Clock;
use crate::outside::shop::Shop;

/// Most bytes of one request.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A running server over one world.
pub struct HttpFace {
    address: SocketAddr,
    face: Arc<Face>,
    stop: watch::Sender<Stop>,
    tasks: Vec<JoinHandle<()>>,
}

/// Whether the server is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    NotYet,
    Now,
}

/// What every request needs.
struct Face {
    world: Arc<World>,
    clock: Arc<dyn Clock>,
    courier: Courier,
    /// `http://127.0.0.1:port`.
    origin: String,
    stopped: watch::Receiver<Stop>,
}

impl HttpFace {
    /// Serves the world on a free port of loopback, in the time of this clock.
    pub async fn start(world: Arc<World>, clock: Arc<dyn Clock>) -> io::Result<HttpFace> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(Stop::NotYet);
        let face = Arc::new(Face {
            courier: Courier::new(world.clone()).map_err(io::Error::other)?,
            world,
            clock,
            origin: format!("http://{address}"),
            stopped: stopped.clone(),
        });
        let router = axum::Router::new().fallback(receive).with_state(face.clone());
        let mut until = stopped.clone();
        let server = async move {
            let ended = async move {
                // An error means that the face itself is gone, which ends the server as well.
                let _ = until.wait_for(|stop| *stop == Stop::Now).await;
            };
            let _ = axum::serve(listener, router).with_graceful_shutdown(ended).await;
        };
        let rounds = courier::rounds(face.clone(), stopped);
        Ok(HttpFace {
            address,
            face,
            stop,
            tasks: vec![tokio::spawn(server), tokio::spawn(rounds)],
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a shop, without a slash at the end. The shop opens when it is first named.
    pub fn shop_url(&self, name: &str) -> String {
        let home = format!("{}/shop/{name}", self.face.origin);
        let shop = self.face.world.shop(name);
        shop.with(|store, _| store.home.clone_from(&home));
        home
    }

    /// The base address of a provider like CustomCat; it opens when it is first named.
    pub fn customcat_url(&self, name: &str) -> String {
        self.face.world.customcat(name);
        format!("{}/customcat/{name}/api/v1", self.face.origin)
    }

    /// The base address of a provider like ShineOn, without the version.
    pub fn shineon_url(&self, name: &str) -> String {
        self.face.world.shineon(name);
        format!("{}/shineon/{name}", self.face.origin)
    }

    /// Puts a photo under `/uploads/`; the answer is its address.
    pub fn put_photo(&self, file: &str, bytes: Vec<u8>) -> String {
        let url = format!("{}/uploads/{file}", self.face.origin);
        self.face.world.put_photo(&url, bytes);
        url
    }

    /// Stops taking requests, finishes those that are under way, and ends.
    pub async fn stop(self) {
        // Nobody listens any more only when the tasks have ended already.
        let _ = self.stop.send(Stop::Now);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

impl Face {
    /// Turns the world's clock to the present moment, and lets happen what is due.
    fn tick(&self) {
        let now = self.clock.now();
        self.world.clock().set(now);
        self.world.play(now);
    }

    /// Answers a request from the world alone; whatever needs a connection is its effect.
    fn answer(&self, part: &str, name: &str, request: &Request) -> Answer {
        match part {
            "shop" => match self.world.find_shop(name) {
                Some(shop) => {
                    let call = match request.is_read() {
                        true => Call::ShopRead,
                        false => Call::ShopWrite,
                    };
                    shop.with(|store, core| {
                        faulty(core, call, request, |core| woo::answer(store, core, request))
                    })
                }
                None => not_here(),
            },
            "customcat" | "shineon" => match self.world.find_provider(name) {
                Some(provider) => {
                    let call = match request.is_read() {
                        true => Call::ProviderRead,
                        false => Call::ProviderWrite,
                    };
                    provider.with(|book, core| {
                        faulty(core, call, request, |core| match part {
                            "customcat" => customcat::answer(book, core, request),
                            _ => shineon::answer(book, core, request),
                        })
                    })
                }
                None => not_here(),
            },
            "uploads" => {
                let url = format!("{}{}", self.origin, request.path);
                match self.world.photo(&url) {
                    Some(bytes) if bytes.starts_with(b"\x89PNG") => {
                        Answer::bytes(200, "image/png", bytes.to_vec())
                    }
                    Some(bytes) => Answer::bytes(200, "image/jpeg", bytes.to_vec()),
                    None => not_here(),
                }
            }
            _ => not_here(),
        }
    }
}

fn not_here() -> Answer {
    Answer::bytes(404, "text/html; charset=UTF-8", b"<h1>Not Found</h1>".to_vec())
}

/// Answers with the fault that was planned for this request, if any.
fn faulty(
    core: &mut Core,
    call: Call,
    request: &Request,
    act: impl FnOnce(&mut Core) -> Answer,
) -> Answer {
    let Some(Fault::Http(fault)) = core.strike(call) else {
        return act(core);
    };
    let html = |status| {
        let page = b"<!DOCTYPE html><title>Just a moment...</title>".to_vec();
        Answer::bytes(status, "text/html; charset=UTF-8", page)
    };
    match fault {
        HttpFault::Html => html(200),
        HttpFault::Wall => html(403),
        HttpFault::Redirect => html(301).header("location", request.path.clone()),
        HttpFault::DropsBefore => html(200).with(Effect::Drop),
        HttpFault::Busy { retry_after_s } => {
            let answer = html(429);
            match retry_after_s {
                Some(seconds) => answer.header("retry-after", seconds.to_string()),
                None => answer,
            }
        }
        HttpFault::ByteOrderMark | HttpFault::Notice => {
            let mut answer = act(core);
            let stray: &[u8] = match fault {
                HttpFault::Notice => b"<br />\n<b>Notice</b>: Undefined index<br />\n",
                _ => b"\xef\xbb\xbf",
            };
            answer.body.splice(0..0, stray.iter().copied());
            answer
        }
        HttpFault::FailsAfterCommit => {
            let effect = act(core).effect;
            html(500).with(effect)
        }
        HttpFault::DropsAfterCommit => {
            let effect = match act(core).effect {
                Effect::Download { provider_order_id } => {
                    Effect::DownloadAndDrop { provider_order_id }
                }
                _ => Effect::Drop,
            };
            html(200).with(effect)
        }
        HttpFault::HangsAfterCommit => {
            act(core);
            html(200).with(Effect::Hang)
        }
    }
}

/// Every request.
async fn receive(State(face): State<Arc<Face>>, request: axum::extract::Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await else {
        return send(Answer::bytes(413, "text/plain", Vec::new()));
    };
    let path = parts.uri.path().to_owned();
    let decoded = path.split('/').skip(1).map(|part| {
        let part = percent_encoding::percent_decode_str(part);
        part.decode_utf8_lossy().into_owned()
    });
    let mut segments: Vec<String> = decoded.collect();
    // A slash at the end is accepted; a double one within is not.
    if segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    let below = segments.split_off(segments.len().min(2));
    let query = parts.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let authorization = parts.headers.get("authorization");
    let request = Request {
        method: parts.method.to_string(),
        path,
        segments: below,
        query,
        authorization: authorization.and_then(|value| value.to_str().ok()).map(str::to_owned),
        body: body.to_vec(),
    };
    face.tick();
    let part = segments.first().map_or("", String::as_str);
    let name = segments.get(1).map_or("", String::as_str);
    let answer = face.answer(part, name, &request);
    match &answer.effect {
        Effect::None => {}
        Effect::Ping { webhook_id } => face.courier.ping(name, *webhook_id).await,
        Effect::Download { provider_order_id } => download(&face, name, provider_order_id),
        Effect::DownloadAndDrop { provider_order_id } => {
            download(&face, name, provider_order_id);
            return Response::new(Body::new(Broken));
        }
        Effect::HandOver(hand_over) => {
            let status = face.courier.hand_over(hand_over).await;
            let Some(shop) = face.world.find_shop(name) else { return send(not_here()) };
            let answer = shop.with(|store, _| woo::approval::handed_over(store, hand_over, status));
            return send(answer);
        }
        Effect::Drop => return Response::new(Body::new(Broken)),
        Effect::Hang => {
            // Until the asker gives up, or the face itself ends.
            let _ = face.stopped.clone().wait_for(|stop| *stop == Stop::Now).await;
            return Response::new(Body::new(Broken));
        }
    }
    let shop = face.world.find_shop(name);
    let ahead_ms = shop.and_then(|shop| Shop::clock_ahead_ms(&shop)).unwrap_or(0);
    let date = date(Moment::from_unix_ms(face.clock.now().unix_ms() + ahead_ms));
    send(answer.header("date", date))
}

/// A moment as servers write it.
fn date(at: Moment) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at.unix_ms()).unwrap_or_default();
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    printer.timestamp_to_rfc9110_string(&timestamp).unwrap_or_default()
}

/// Providers download after they have answered.
fn download(face: &Arc<Face>, provider: &str, provider_order_id: &str) {
    let (face, provider) = (face.clone(), provider.to_owned());
    let id = provider_order_id.to_owned();
    tokio::spawn(async move { face.courier.download(&provider, &id).await });
}

fn send(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let phrase = answer.reason.map(|words| hyper::ext::ReasonPhrase::try_from(words.into_bytes()));
    if let Some(Ok(phrase)) = phrase {
        response.extensions_mut().insert(phrase);
    }
    for (name, value) in answer.headers {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A body that breaks off before its first byte: the connection ends without a whole answer.
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))))
    }
}
