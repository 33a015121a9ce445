//! Speaking to one store: keys, limits, dirty bodies, and what its errors mean for a merchant.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::oauth::{Digest, Signer};
use super::refusal::{nobody, refusal, unclear};
use super::{PlainHttp, WooSettings};
use crate::model::id::Hash;
use crate::outside::clock::Clock;
use crate::outside::http::{Answer, Http, Observed, Request};
use crate::outside::shop::ShopError;

/// Each call can cost the store a second and a worker.
const AT_ONCE: u32 = 2;

/// How the keys are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the `Authorization` header.
    Basic,
    /// In the query, for hosts that strip the header. It stands in the host's logs.
    Query,
    /// Signed: over plain HTTP, and for stores behind a proxy that do not know of their TLS.
    OAuth,
}

/// One question to the store.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    method: Method,
    route: String,
    query: Vec<(String, String)>,
    body: Option<Json>,
}

impl Ask {
    pub(super) fn get(route: impl Into<String>) -> Ask {
        Ask::new(Method::GET, route, None)
    }

    pub(super) fn put(route: impl Into<String>, body: Json) -> Ask {
        Ask::new(Method::PUT, route, Some(body))
    }

    pub(super) fn post(route: impl Into<String>, body: Json) -> Ask {
        Ask::new(Method::POST, route, Some(body))
    }

    pub(super) fn delete(route: impl Into<String>) -> Ask {
        Ask::new(Method::DELETE, route, None)
    }

    fn new(method: Method, route: impl Into<String>, body: Option<Json>) -> Ask {
        Ask { method, route: route.into(), query: Vec::new(), body }
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Ask {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }
}

/// One document of the store, and whether the listing goes on.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) json: Json,
    /// How many pages there are, where the store says so.
    pub(super) pages: Option<u32>,
    pub(super) has_next: bool,
}

/// Speaks to one store.
pub(super) struct Client {
    settings: WooSettings,
    http: Http,
    clock: Arc<dyn Clock>,
    seed: u64,
    drawn: AtomicU64,
    /// The way that worked last.
    way: Mutex<Option<Way>>,
    root: Mutex<Url>,
    places: Semaphore,
    /// A cache answered once: every question is made different from now on.
    is_cached: AtomicBool,
    is_dirty: AtomicBool,
    clock_ahead_ms: Mutex<Option<i64>>,
}

impl Client {
    pub(super) fn new(settings: WooSettings, clock: Arc<dyn Clock>, seed: u64) -> Client {
        let root = settings.root();
        Client {
            http: Http::asking(settings.http.clone()),
            settings,
            clock,
            seed,
            drawn: AtomicU64::new(0),
            way: Mutex::default(),
            root: Mutex::new(root),
            places: Semaphore::new(AT_ONCE as usize),
            is_cached: AtomicBool::new(false),
            is_dirty: AtomicBool::new(false),
            clock_ahead_ms: Mutex::default(),
        }
    }

    /// How far the store's clock was ahead of ours at its last answer.
    pub(super) fn clock_ahead_ms(&self) -> Option<i64> {
        *self.clock_ahead_ms.lock().expect("no holder of this lock panics")
    }

    fn note_clock(&self, answer: &Answer) {
        // What a cache kept has the clock of the day it was kept.
        let Some(theirs) = answer.date().filter(|_| !is_from_cache(answer)) else { return };
        let ahead_ms = theirs.unix_ms() - self.clock.now().unix_ms();
        *self.clock_ahead_ms.lock().expect("no holder of this lock panics") = Some(ahead_ms);
    }

    /// Whether the store was seen to put something before its documents.
    pub(super) fn is_dirty(&self) -> bool {
        self.is_dirty.load(Ordering::Relaxed)
    }

    pub(super) fn way_in_words(&self) -> &'static str {
        match self.ways()[0] {
            Way::Basic => "keys are sent in the Authorization header",
            Way::Query => "keys are sent in the query, because the host strips the header",
            Way::OAuth => "requests are signed with OAuth 1.0a",
        }
    }

    /// Asks; a store that takes us for nobody is asked again in the other ways.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Page, ShopError> {
        let mut first = None;
        for way in self.ways() {
            match self.once(ask, way).await {
                Ok(page) => {
                    self.remember(way);
                    return Ok(page);
                }
                Err(error @ ShopError::NotAllowed { .. }) => {
                    let is_nobody = error == nobody();
                    let error = first.get_or_insert(error);
                    if !is_nobody {
                        return Err(error.clone());
                    }
                }
                Err(error) => {
                    // The store let us in, and the rest is about the question.
                    if matches!(error, ShopError::NotFound | ShopError::Refused { .. }) {
                        self.remember(way);
                    }
                    return Err(error);
                }
            }
        }
        Err(first.unwrap_or_else(nobody))
    }

    /// Every way that may work here, the one that worked last first.
    fn ways(&self) -> Vec<Way> {
        let is_tls = self.settings.home.scheme() == "https";
        let is_loopback = match self.settings.home.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let is_open = self.settings.plain_http == PlainHttp::KeysOnLoopback && is_loopback;
        let mut ways = match is_tls || is_open {
            true => vec![Way::Basic, Way::Query, Way::OAuth],
            false => vec![Way::OAuth],
        };
        let last = *self.way.lock().expect("no holder of this lock panics");
        ways.sort_by_key(|way| Some(*way) != last);
        ways
    }

    fn remember(&self, way: Way) {
        *self.way.lock().expect("no holder of this lock panics") = Some(way);
    }

    async fn once(&self, ask: &Ask, way: Way) -> Result<Page, ShopError> {
        // The store keeps the nonces of signed calls in one list, which parallel calls overwrite.
        let places = match way {
            Way::OAuth => AT_ONCE,
            Way::Basic | Way::Query => 1,
        };
        let _places = self.places.acquire_many(places).await;
        let request = self.request(ask, way)?;
        match self.http.send(request).await {
            Observed::Answer(answer) => {
                self.note_clock(&answer);
                self.understand(&answer)
            }
            Observed::NotSent { reason, retry_after_s } => {
                Err(ShopError::Unclear { reason, retry_after_s })
            }
            Observed::Lost { reason } => Err(unclear(reason)),
            Observed::TooLarge { limit_bytes } => {
                Err(unclear(format!("the answer is larger than {limit_bytes} bytes")))
            }
        }
    }

    fn request(&self, ask: &Ask, way: Way) -> Result<Request, ShopError> {
        let root = self.root.lock().expect("no holder of this lock panics").clone();
        let url = root.join(&ask.route);
        let mut url = url.map_err(|_| unclear(format!("{} is no route", ask.route)))?;
        let mut query = ask.query.clone();
        let is_read = ask.method == Method::GET;
        if is_read && self.is_cached.load(Ordering::Relaxed) {
            query.push(("_woodblock".to_owned(), self.draw()));
        }
        match way {
            Way::Basic => {}
            Way::Query => {
                let secret = |text: &secrecy::SecretString| text.expose_secret().to_owned();
                let key = secret(&self.settings.consumer_key);
                query.push(("consumer_key".to_owned(), key));
                let secret = secret(&self.settings.consumer_secret);
                query.push(("consumer_secret".to_owned(), secret));
            }
            Way::OAuth => {
                let signer = Signer {
                    consumer_key: &self.settings.consumer_key,
                    consumer_secret: &self.settings.consumer_secret,
                    digest: Digest::Sha256,
                    at_s: self.clock.now().unix_ms() / 1000,
                    nonce: self.draw(),
                };
                query.extend(signer.pairs(ask.method.as_str(), &as_store_knows(&url), &query));
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        let mut request = Request::new(ask.method.clone(), url);
        if way == Way::Basic {
            let keys = format!(
                "{}:{}",
                self.settings.consumer_key.expose_secret(),
                self.settings.consumer_secret.expose_secret()
            );
            request = request.header("authorization", format!("Basic {}", STANDARD.encode(keys)));
        }
        Ok(match &ask.body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    /// A word that was never used before, in this run or another.
    fn draw(&self) -> String {
        let nth = self.drawn.fetch_add(1, Ordering::Relaxed);
        let now_ms = self.clock.now().unix_ms();
        let word = Hash::of(format!("{} {nth} {now_ms}", self.seed).as_bytes());
        word.as_str()[..32].to_owned()
    }

    fn understand(&self, answer: &Answer) -> Result<Page, ShopError> {
        if is_from_cache(answer) {
            self.is_cached.store(true, Ordering::Relaxed);
        }
        if !(200..300).contains(&answer.status) {
            return Err(refusal(answer));
        }
        let Some((json, skipped)) = document(&answer.body) else {
            return Err(ShopError::Unclear {
                reason: format!("{}: no document in it", answer.in_words()),
                retry_after_s: answer.retry_after_s(),
            });
        };
        if 0 < skipped && !self.is_dirty.swap(true, Ordering::Relaxed) {
            tracing::warn!("the shop puts {skipped} stray bytes before its documents");
        }
        Ok(Page {
            json,
            pages: answer.header("x-wp-totalpages").trim().parse().ok(),
            has_next: answer.header("link").contains("rel=\"next\""),
        })
    }

    /// Finds the store's interface where it does not stand below the home address.
    pub(super) async fn discover(&self) -> Result<Option<Url>, ShopError> {
        let home = self.settings.home.clone();
        let request = Request::new(Method::GET, home.clone()).accepting("text/html");
        let Observed::Answer(answer) = self.http.send(request).await else {
            return Ok(None);
        };
        let links = answer.headers.get_all("link");
        let told = links.iter().filter_map(|link| link.to_str().ok()).find_map(|link| {
            let (url, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
            rest.contains("https://api.w.org/").then(|| Url::parse(url).ok())?
        });
        // The keys go nowhere but to the shop that was named.
        let told = told.filter(|url| url.origin() == home.origin() && url.query().is_none());
        if let Some(url) = &told {
            *self.root.lock().expect("no holder of this lock panics") = url.clone();
        }
        Ok(told)
    }
}

/// The store rebuilds the address from its settings: with `http` unless it knows of its TLS, and
/// a store that knew would have taken the keys as they are.
fn as_store_knows(url: &Url) -> String {
    let mut url = url.clone();
    if url.scheme() == "https" {
        // A web address can always become another web address.
        let _ = url.set_scheme("http");
    }
    url.to_string()
}

fn is_from_cache(answer: &Answer) -> bool {
    let names = ["x-cache", "cf-cache-status", "x-litespeed-cache"];
    let is_hit = |name: &&str| answer.header(name).to_lowercase().contains("hit");
    names.iter().any(is_hit) || answer.header("age").parse::<u32>().is_ok_and(|age| 0 < age)
}

/// The document in a body, and how many stray bytes stand before it: byte order marks, notices of
/// PHP. What was cut off is no document.
pub(super) fn document(body: &[u8]) -> Option<(Json, usize)> {
    const TRIES_MAX: usize = 50;
    let starts = (0..body.len()).filter(|at| matches!(body[*at], b'{' | b'['));
    for at in starts.take(TRIES_MAX) {
        let mut stream = serde_json::Deserializer::from_slice(&body[at..]).into_iter::<Json>();
        match stream.next() {
            Some(Ok(json)) => {
                let rest = body[at + stream.byte_offset()..].trim_ascii_start();
                // Scripts may follow; anything else means that this was a word of a notice.
                if rest.is_empty() || rest.starts_with(b"<") {
                    return Some((json, at));
                }
            }
            Some(Err(error)) if error.is_eof() => return None,
            Some(Err(_)) | None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_in_dirty_bodies_and_never_in_cut_off_ones() {
        let check = |body: &str, expected: Option<&str>| {
            let found = document(body.as_bytes()).map(|(json, _)| json.to_string());
            assert_eq!(found.as_deref(), expected, "{body}");
        };
        check(r#"{"id":1}"#, Some(r#"{"id":1}"#));
        check("\u{feff}\n [1]", Some("[1]"));
        check("<br /><b>Notice</b>: index[3] in /x.php\n{\"id\":1}", Some(r#"{"id":1}"#));
        check("[12-Nov-2026 10:00] PHP Notice\n[{\"id\":1}]", Some(r#"[{"id":1}]"#));
        check("[]<script>alert(1)</script>", Some("[]"));
        check(r#"[{"id":1},{"id":"#, None);
        check(r#"<br />[{"id":1},{"lines":[]"#, None);
        check("<!DOCTYPE html><title>Maintenance</title>", None);
        check("", None);
    }
}
