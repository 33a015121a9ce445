//! Fetching what a line item points at: customers' photos (reliability section 9).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use tokio::sync::Semaphore;
use url::Url;

use super::guard::{self, GuardSettings, Passage};
use super::http::{Answer, Http, HttpSettings, Observed, Request};

/// Redirects that are followed, each judged anew.
const REDIRECTS_MAX: u32 = 3;

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// This address is never fetched from.
    #[error("this address may not be fetched: {0}")]
    Forbidden(String),
    /// It is not there.
    #[error("it is not there: {0}")]
    Gone(String),
    /// It may be there later.
    #[error("it could not be fetched now: {0}")]
    Unclear(String),
    /// More bytes than are taken.
    #[error("it is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
}

/// Fetches a customer's photo.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The bytes behind an address of the shop or of a host that was allowed.
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError>;
}

/// Limits of fetching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchSettings {
    /// Which hosts may be fetched from.
    pub guard: GuardSettings,
    /// Longest time for one photo, redirects included. Default 30 s.
    pub timeout: Duration,
    /// Most bytes of one photo. Default 50 MB.
    pub bytes_max: u64,
    /// Most fetches from one host at once. Default 4.
    pub at_once: usize,
}

impl Default for FetchSettings {
    fn default() -> FetchSettings {
        FetchSettings {
            guard: GuardSettings::default(),
            timeout: Duration::from_secs(30),
            bytes_max: 50 << 20,
            at_once: 4,
        }
    }
}

/// Fetches photos from the web, under the guard.
pub struct WebFetch {
    settings: FetchSettings,
    /// Connects to public addresses alone.
    public: Http,
    /// For hosts that were excepted.
    excepted: Http,
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl WebFetch {
    /// Fetches under these limits.
    pub fn new(settings: FetchSettings) -> WebFetch {
        let http = HttpSettings {
            timeout: settings.timeout,
            connect_timeout: settings.timeout.min(Duration::from_secs(10)),
            body_bytes_max: settings.bytes_max,
            pace: Duration::ZERO,
        };
        WebFetch {
            public: Http::resolving(http.clone(), guard::resolver()),
            excepted: Http::asking(http),
            settings,
            places: Mutex::default(),
        }
    }

    async fn follow(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut url = Url::parse(url)
            .map_err(|_| FetchError::Forbidden("it is no web address".to_owned()))?;
        for _ in 0..=REDIRECTS_MAX {
            self.secure(&mut url);
            let answer = self.ask(&url).await?;
            match answer.status {
                200 => return picture(answer.body),
                301 | 302 | 303 | 307 | 308 => {
                    let next = url.join(answer.header("location"));
                    url = next.map_err(|_| {
                        FetchError::Forbidden("it leads to no web address".to_owned())
                    })?;
                }
                404 | 410 => return Err(FetchError::Gone(answer.in_words())),
                401 | 403 => return Err(FetchError::Gone(answer.in_words())),
                _ => return Err(FetchError::Unclear(answer.in_words())),
            }
        }
        let why = format!("it leads on more than {REDIRECTS_MAX} times");
        Err(FetchError::Forbidden(why))
    }

    /// Old shops wrote `http` into addresses that they serve over TLS as well.
    fn secure(&self, url: &mut Url) {
        let is_excepted = guard::check(&self.settings.guard, url) == Ok(Passage::Excepted);
        if url.scheme() == "http" && url.port().is_none() && !is_excepted {
            // A web address can always become another web address.
            let _ = url.set_scheme("https");
        }
    }

    async fn ask(&self, url: &Url) -> Result<Answer, FetchError> {
        let passage = guard::check(&self.settings.guard, url)
            .map_err(|why| FetchError::Forbidden(why.to_owned()))?;
        let http = match passage {
            Passage::Public => &self.public,
            Passage::Excepted => &self.excepted,
        };
        let place = self.place_at(url.host_str().unwrap_or_default());
        let _place = place
            .acquire()
            .await
            .map_err(|_| FetchError::Unclear("fetching has ended".to_owned()))?;
        let request = Request::new(Method::GET, url.clone()).accepting("image/*");
        match http.send(request).await {
            Observed::Answer(answer) => Ok(answer),
            Observed::TooLarge { limit_bytes } => Err(FetchError::TooLarge { limit_bytes }),
            Observed::NotSent { reason, .. } | Observed::Lost { reason } => {
                Err(FetchError::Unclear(reason))
            }
        }
    }

    fn place_at(&self, host: &str) -> Arc<Semaphore> {
        let mut places = self.places.lock().expect("no holder of this lock panics");
        let places = places.entry(host.to_owned());
        let place = places.or_insert_with(|| Arc::new(Semaphore::new(self.settings.at_once)));
        Arc::clone(place)
    }
}

#[async_trait]
impl Fetch for WebFetch {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        match tokio::time::timeout(self.settings.timeout, self.follow(url)).await {
            Ok(result) => result,
            Err(_) => {
                Err(FetchError::Unclear(format!("it took longer than {:?}", self.settings.timeout)))
            }
        }
    }
}

/// What the first bytes say is believed, not what the server says.
fn picture(bytes: Vec<u8>) -> Result<Vec<u8>, FetchError> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let is_jpeg = bytes.starts_with(b"\xff\xd8\xff");
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    match is_webp || is_jpeg || is_png {
        true => Ok(bytes),
        false => Err(FetchError::Gone("what is there is no JPEG, PNG or WebP".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

    /// Redirects `/n` to `/n-1`, and shows a picture at `/0`.
    async fn serve() -> (String, u16) {
        let app = axum::Router::new().fallback(|uri: axum::http::Uri| async move {
            match uri.path() {
                "/0" => PNG.into_response(),
                "/text" => "no picture".into_response(),
                "/large" => vec![b'x'; 5000].into_response(),
                "/away" => {
                    (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response()
                }
                path => match path[1..].parse::<u32>() {
                    Ok(n) => {
                        let next = format!("/{}", n - 1);
                        (StatusCode::FOUND, [(header::LOCATION, next)]).into_response()
                    }
                    Err(_) => StatusCode::NOT_FOUND.into_response(),
                },
            }
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (format!("http://127.0.0.1:{port}"), port)
    }

    #[tokio::test]
    async fn photos_are_fetched_from_excepted_places_and_nothing_else_is() {
        let (origin, port) = serve().await;
        let fetch = WebFetch::new(FetchSettings {
            guard: GuardSettings {
                hosts: ["localhost".to_owned()].into(),
                exceptions: [("127.0.0.1".to_owned(), port)].into(),
            },
            bytes_max: 1000,
            ..FetchSettings::default()
        });
        let get = async |path: &str| fetch.fetch(&format!("{origin}{path}")).await;
        assert_eq!(get("/0").await.unwrap(), PNG);
        assert_eq!(get("/3").await.unwrap(), PNG);
        assert!(matches!(get("/4").await, Err(FetchError::Forbidden(_))));
        assert!(matches!(get("/away").await, Err(FetchError::Forbidden(_))));
        assert!(matches!(get("/text").await, Err(FetchError::Gone(_))));
        assert!(matches!(get("/none").await, Err(FetchError::Gone(_))));
        let large = FetchError::TooLarge { limit_bytes: 1000 };
        assert_eq!(get("/large").await, Err(large));
        // Allowed by name, but its name leads to loopback.
        let named = fetch.fetch("https://localhost/0").await;
        assert!(
            matches!(&named, Err(FetchError::Unclear(why)) if why.contains("not public")),
            "{named:?}"
        );
    }
}
