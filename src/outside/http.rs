//! The one place for outgoing HTTP: limits, pace, redaction, and what was observed.
//!
//! Nothing here decides what an answer means; that is [`meaning()`]'s table for calls that spend, and
//! each client's for those that ask. No redirect is ever followed, no proxy of the environment is
//! used, nothing is repeated. Queries, keys and bodies never reach an error or a log.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::model::time::Moment;

pub use meaning::{Meaning, Told, meaning};

mod meaning;
#[cfg(test)]
mod tests;

/// How every request names us.
pub const USER_AGENT: &str = concat!("woodblock/", env!("CARGO_PKG_VERSION"));
/// A wish to be left alone for longer than this is told to the caller instead of waited for.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest wish that is believed, in seconds: a day.
const RETRY_AFTER_S_MAX: u32 = 86_400;
/// Longest piece of a foreign text in a reason, in characters.
const WORDS_MAX: usize = 300;

/// Limits of outgoing calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Longest time until a connection stands, TLS included. Default 10 s.
    pub connect_timeout: Duration,
    /// Longest time from the first byte of a request to the last of its answer. Default 60 s.
    pub timeout: Duration,
    /// Most bytes of an answer, after decompression. Default 32 MB.
    pub body_bytes_max: u64,
    /// Least time between two calls to one host. Default none.
    pub pace: Duration,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            body_bytes_max: 32 << 20,
            pace: Duration::ZERO,
        }
    }
}

/// One outgoing request.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: Vec<(&'static str, SecretString)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: Method, url: Url) -> Request {
        Request { method, url, headers: vec![("accept", "application/json".into())], body: None }
    }

    /// The same, asking for another kind of answer than JSON.
    pub fn accepting(mut self, kind: &str) -> Request {
        self.headers.retain(|(name, _)| *name != "accept");
        self.header("accept", kind)
    }

    /// The same with one more header; its value is never shown.
    pub fn header(mut self, name: &'static str, value: impl Into<SecretString>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a JSON document.
    pub fn json(mut self, document: &serde_json::Value) -> Request {
        self.body = Some(document.to_string().into_bytes());
        self.header("content-type", "application/json")
    }

    /// `GET host/path`: what may be shown of it.
    pub fn place(&self) -> String {
        format!("{} {}", self.method, place(&self.url))
    }
}

/// Host and path of an address: user, query and fragment may hold keys.
pub fn place(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path())
}

/// What was observed of one call, before anybody says what it means.
#[derive(Debug, Clone)]
pub enum Observed {
    /// Surely no byte of the request was written: no name, no connection, no TLS, or not our turn.
    NotSent {
        /// What was seen.
        reason: String,
        /// The host's own wish from an earlier answer, in seconds.
        retry_after_s: Option<u32>,
    },
    /// It broke off after a byte may have been written: anything can have happened.
    Lost {
        /// What was seen.
        reason: String,
    },
    /// The answer has more bytes than are read; otherwise as [`Observed::Lost`].
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// A whole answer.
    Answer(Answer),
}

/// One whole answer.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The reason phrase of the status, where it is not the usual one; HTTP/2 has none.
    pub reason: String,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Headers and body may hold addresses and keys, so only their size is shown.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} bytes", self.in_words(), self.body.len())
    }
}

impl Answer {
    /// One header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The server's wish in `Retry-After`, in seconds; a date is compared with the server's own.
    pub fn retry_after_s(&self) -> Option<u32> {
        let wish = self.header("retry-after").trim();
        let seconds = match wish.parse::<u32>() {
            Ok(seconds) => seconds,
            Err(_) => {
                let moment = |text: &str| jiff::fmt::rfc2822::parse(text).ok();
                let (until, now) = (moment(wish)?, moment(self.header("date"))?);
                let wait_s = until.timestamp().as_second() - now.timestamp().as_second();
                u32::try_from(wait_s).unwrap_or(0)
            }
        };
        Some(seconds.min(RETRY_AFTER_S_MAX))
    }

    /// The server's clock when it answered, in whole seconds; `None` when it does not say.
    pub fn date(&self) -> Option<Moment> {
        let date = jiff::fmt::rfc2822::parse(self.header("date").trim()).ok()?;
        Some(Moment::from_unix_ms(date.timestamp().as_millisecond()))
    }

    /// Whether it looks like a web page: a firewall, a login, a maintenance notice.
    pub fn is_page(&self) -> bool {
        let is_html = self.header("content-type").starts_with("text/html");
        is_html || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// `HTTP 502`, with what tells a firewall apart.
    pub fn in_words(&self) -> String {
        let mut words = format!("HTTP {}", self.status);
        if self.is_page() {
            words += ", a web page instead of data";
        }
        let ray = self.header("cf-ray");
        if !ray.is_empty() {
            words += &format!(" (Cloudflare {})", shorten(ray));
        }
        words
    }
}

/// The first characters of a foreign text, on one line, fit to be shown.
pub fn shorten(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect();
    plain.trim().to_owned()
}

/// Makes outgoing calls.
#[derive(Clone)]
pub struct Http {
    client: Result<Client, String>,
    settings: HttpSettings,
    turns: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Http {
    /// For calls that may be repeated: connections are kept.
    pub fn asking(settings: HttpSettings) -> Http {
        let builder = builder(&settings);
        Http::with(builder, settings)
    }

    /// For calls that spend: each on a connection of its own, so that "not sent" is certain. Both
    /// keep one pace.
    pub fn paying(&self) -> Http {
        let builder = builder(&self.settings).pool_max_idle_per_host(0);
        Http { turns: Arc::clone(&self.turns), ..Http::with(builder, self.settings.clone()) }
    }

    /// Names are looked up by this resolver alone.
    pub fn resolving(settings: HttpSettings, resolver: Arc<dyn reqwest::dns::Resolve>) -> Http {
        let builder = builder(&settings).pool_max_idle_per_host(0).dns_resolver(resolver);
        Http::with(builder, settings)
    }

    /// A client that could not be built sends nothing, which each call says.
    fn with(builder: reqwest::ClientBuilder, settings: HttpSettings) -> Http {
        Http {
            client: builder.build().map_err(|error| reason(&error)),
            settings,
            turns: Arc::default(),
        }
    }

    /// Makes one call, in its turn.
    pub async fn send(&self, request: Request) -> Observed {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        // Waiting for a turn sends nothing, so it is no part of the time that leaves a doubt.
        if let Err(wait) = self.turn(&host).await {
            return Observed::NotSent {
                reason: format!("{host} asked to be left alone for {} s", wait.as_secs()),
                retry_after_s: u32::try_from(wait.as_secs()).ok().map(|s| s.max(1)),
            };
        }
        match tokio::time::timeout(self.settings.timeout, self.exchange(&host, request)).await {
            Ok(observed) => observed,
            Err(_) => {
                Observed::Lost { reason: format!("no answer within {:?}", self.settings.timeout) }
            }
        }
    }

    async fn exchange(&self, host: &str, request: Request) -> Observed {
        let place = request.place();
        let response = match self.start(request).await {
            Ok(response) => response,
            Err(observed) => return observed,
        };
        let observed = self.read(response).await;
        if let Observed::Answer(answer) = &observed {
            self.note_wish(host, answer);
            tracing::debug!(http.place = %place, http.status = answer.status, "called {place}");
        }
        observed
    }

    /// Waits until it is our turn at this host, or says how long that would be.
    async fn turn(&self, host: &str) -> Result<(), Duration> {
        let at = {
            let mut turns = self.turns.lock().expect("no holder of this lock panics");
            let now = Instant::now();
            let at = turns.get(host).copied().unwrap_or(now).max(now);
            if WAIT_MAX < at - now {
                return Err(at - now);
            }
            turns.insert(host.to_owned(), at + self.settings.pace);
            at
        };
        tokio::time::sleep_until(at).await;
        Ok(())
    }

    fn note_wish(&self, host: &str, answer: &Answer) {
        let is_busy = matches!(answer.status, 429 | 503);
        if let Some(wish_s) = answer.retry_after_s().filter(|_| is_busy) {
            let until = Instant::now() + Duration::from_secs(u64::from(wish_s));
            let mut turns = self.turns.lock().expect("no holder of this lock panics");
            let at = turns.entry(host.to_owned()).or_insert(until);
            *at = until.max(*at);
        }
    }

    async fn start(&self, request: Request) -> Result<reqwest::Response, Observed> {
        let client = self
            .client
            .as_ref()
            .map_err(|reason| Observed::NotSent { reason: reason.clone(), retry_after_s: None })?;
        let mut building = client.request(request.method, request.url);
        for (name, value) in request.headers {
            let Ok(mut value) = HeaderValue::from_str(value.expose_secret()) else {
                return Err(Observed::NotSent {
                    reason: format!("the header {name} cannot be sent"),
                    retry_after_s: None,
                });
            };
            value.set_sensitive(name != "accept" && name != "content-type");
            building = building.header(HeaderName::from_static(name), value);
        }
        if let Some(body) = request.body {
            building = building.body(body);
        }
        building.send().await.map_err(|error| {
            let reason = reason(&error);
            // A connect error is the connector's own: name, address or TLS. Every other error, and
            // a time-out above all, can follow a request that was written whole.
            match error.is_connect() || error.is_builder() {
                true => Observed::NotSent { reason, retry_after_s: None },
                false => Observed::Lost { reason },
            }
        })
    }

    async fn read(&self, mut response: reqwest::Response) -> Observed {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let phrase = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let phrase = phrase.map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => {
                    let reason = format!("HTTP {status}, then it broke off: {}", reason(&error));
                    return Observed::Lost { reason };
                }
            }
            if self.settings.body_bytes_max < body.len() as u64 {
                return Observed::TooLarge { limit_bytes: self.settings.body_bytes_max };
            }
        }
        Observed::Answer(Answer { status, headers, reason: phrase.unwrap_or_default(), body })
    }
}

/// A client to be set up, with what encrypts its calls: the same that mail is sent with, so that one such
/// library is built and not two.
pub fn client() -> reqwest::ClientBuilder {
    static RING: std::sync::Once = std::sync::Once::new();
    // Whatever stands there already was put there on purpose.
    RING.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder()
}

fn builder(settings: &HttpSettings) -> reqwest::ClientBuilder {
    client()
        .user_agent(USER_AGENT)
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(settings.connect_timeout)
}

/// The innermost cause in words; the outer ones repeat the address with its query.
fn reason(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<reqwest::Error>() {
        Some(own) if own.is_timeout() => "timed out".to_owned(),
        Some(own) if own.is_builder() => "the request could not be built".to_owned(),
        Some(_) => "the connection failed".to_owned(),
        None => shorten(&innermost.to_string()),
    }
}
