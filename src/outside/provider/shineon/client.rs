//! Speaking to ShineOn: a bearer token, and documents of version 1.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use url::Url;

use super::ShineOnSettings;
use super::wire;
use crate::outside::http::{Answer, Http, Observed, Request};
use crate::outside::provider::AskError;

/// Speaks to ShineOn.
pub(super) struct Client {
    base: Url,
    token: SecretString,
    asking: Http,
    paying: Http,
}

impl Client {
    pub(super) fn new(settings: &ShineOnSettings) -> Client {
        let asking = Http::asking(settings.http.clone());
        Client {
            base: settings.base.clone(),
            token: settings.token.clone(),
            paying: asking.paying(),
            asking,
        }
    }

    fn request(&self, method: Method, parts: &[&str], query: &[(&str, &str)]) -> Request {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let bearer = format!("Bearer {}", self.token.expose_secret());
        Request::new(method, url).header("authorization", bearer)
    }

    /// A call that spends or changes: a connection of its own, never repeated.
    pub(super) async fn pay(&self, method: Method, parts: &[&str], body: &Json) -> Observed {
        let request = self.request(method, parts, &[]).json(body);
        self.paying.send(request).await
    }

    /// A call whose answer may be any.
    pub(super) async fn ask(
        &self,
        method: Method,
        parts: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Answer, AskError> {
        match self.asking.send(self.request(method, parts, query)).await {
            Observed::Answer(answer) => Ok(answer),
            Observed::NotSent { reason, retry_after_s } => {
                Err(AskError::Unclear { reason, retry_after_s })
            }
            Observed::Lost { reason } => Err(unclear(reason)),
            Observed::TooLarge { limit_bytes } => {
                let reason = format!("the answer is larger than {limit_bytes} bytes");
                Err(unclear(reason))
            }
        }
    }

    /// A document, or `None` where ShineOn itself says that there is none.
    pub(super) async fn get(
        &self,
        parts: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Json>, AskError> {
        let answer = self.ask(Method::GET, parts, query).await?;
        match (answer.status, serde_json::from_slice::<Json>(&answer.body)) {
            (200, Ok(json)) => Ok(Some(json)),
            (404, Ok(json)) if !wire::error_text(&json).is_empty() => Ok(None),
            _ => Err(refused(&answer)),
        }
    }
}

/// What an answer without a document means for a question.
pub(super) fn refused(answer: &Answer) -> AskError {
    let json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = wire::error_text(&json);
    let reason = match said.is_empty() {
        true => answer.in_words(),
        false => format!("HTTP {}: {said}", answer.status),
    };
    match answer.status {
        401 | 403 if !said.is_empty() => AskError::NotAllowed {
            reason: format!("{reason}; copy the token from ShineOn's settings, API"),
        },
        _ => AskError::Unclear { reason, retry_after_s: answer.retry_after_s() },
    }
}

pub(super) fn unclear(reason: impl Into<String>) -> AskError {
    AskError::Unclear { reason: reason.into(), retry_after_s: None }
}
