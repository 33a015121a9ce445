//! A sign of life to somebody outside who raises the alarm when it stops coming (a dead-man's switch).

use std::time::Duration;

use reqwest::Method;
use url::{Host, Url};

use super::guard;
use super::http::{Http, HttpSettings, Observed, Request};

/// Longest time for one.
const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer is read no further.
const BODY_BYTES_MAX: u64 = 64 * 1024;

/// Where the sign goes.
#[derive(Clone)]
pub struct Ping {
    http: Http,
    url: Url,
}

impl Ping {
    /// To this address. One by name goes to public addresses alone; a number was meant as it stands.
    pub fn new(url: Url) -> Ping {
        let settings = HttpSettings {
            timeout: TIMEOUT,
            connect_timeout: TIMEOUT,
            body_bytes_max: BODY_BYTES_MAX,
            pace: Duration::ZERO,
        };
        let http = match url.host() {
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => Http::asking(settings),
            Some(Host::Domain(_)) | None => Http::resolving(settings, guard::resolver()),
        };
        Ping { http, url }
    }

    /// Sends one. That it did not arrive is noticed by whoever waits for it.
    pub async fn send(&self) {
        let request = Request::new(Method::GET, self.url.clone()).accepting("*/*");
        match self.http.send(request).await {
            Observed::Answer(answer) if (200..300).contains(&answer.status) => {}
            Observed::Answer(answer) => {
                tracing::warn!("the sign of life was answered by {}", answer.in_words());
            }
            Observed::NotSent { reason, .. } | Observed::Lost { reason } => {
                tracing::warn!("the sign of life did not arrive: {reason}");
            }
            Observed::TooLarge { .. } => {}
        }
    }
}

/// Whether an address of ours answers with these words; if not, what it does instead.
pub async fn is_answered(url: &str, words: &str) -> Result<(), String> {
    let url: Url = url.parse().map_err(|_| "it is no web address".to_owned())?;
    let settings = HttpSettings {
        timeout: TIMEOUT,
        connect_timeout: TIMEOUT,
        body_bytes_max: BODY_BYTES_MAX,
        pace: Duration::ZERO,
    };
    // It is our own address, which may well be a private one behind the shop's web server.
    let request = Request::new(Method::GET, url).accepting("text/plain");
    match Http::asking(settings).send(request).await {
        Observed::Answer(answer) if answer.body.trim_ascii() == words.as_bytes() => Ok(()),
        Observed::Answer(answer) => Err(format!("something else answers: {}", answer.in_words())),
        Observed::NotSent { reason, .. } | Observed::Lost { reason } => Err(reason),
        Observed::TooLarge { .. } => Err("something else answers".to_owned()),
    }
}
