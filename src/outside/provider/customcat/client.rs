//! Speaking to CustomCat: the key travels in the query or the body, so neither is ever shown.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use url::Url;

use super::CustomCatSettings;
use super::wire;
use crate::outside::http::{Answer, Http, Observed, Request};
use crate::outside::provider::AskError;

/// Speaks to CustomCat.
pub(super) struct Client {
    base: Url,
    key: SecretString,
    asking: Http,
    paying: Http,
}

impl Client {
    pub(super) fn new(settings: &CustomCatSettings) -> Client {
        let asking = Http::asking(settings.http.clone());
        Client {
            base: settings.base.clone(),
            key: settings.key.clone(),
            paying: asking.paying(),
            asking,
        }
    }

    /// An address below the base, its parts encoded one by one.
    fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// The one call that spends: a connection of its own, never repeated.
    pub(super) async fn pay(&self, parts: &[&str], mut body: Json) -> Observed {
        body["api_key"] = self.key.expose_secret().into();
        let request = Request::new(Method::POST, self.url(parts)).json(&body);
        self.paying.send(request).await
    }

    /// A question; the answer may be any.
    pub(super) async fn ask(
        &self,
        method: Method,
        parts: &[&str],
        query: &[(&str, String)],
    ) -> Result<Answer, AskError> {
        let mut url = self.url(parts);
        url.query_pairs_mut().append_pair("api_key", self.key.expose_secret()).extend_pairs(query);
        observed(self.asking.send(Request::new(method, url)).await)
    }

    /// A call with a document that charges nothing and may be repeated; the answer may be any.
    pub(super) async fn post(
        &self,
        method: Method,
        parts: &[&str],
        mut body: Json,
    ) -> Result<Answer, AskError> {
        body["api_key"] = self.key.expose_secret().into();
        observed(self.asking.send(Request::new(method, self.url(parts)).json(&body)).await)
    }

    /// A document, or `None` where CustomCat itself says that there is none.
    pub(super) async fn get(
        &self,
        parts: &[&str],
        query: &[(&str, String)],
    ) -> Result<Option<Json>, AskError> {
        let answer = self.ask(Method::GET, parts, query).await?;
        match (answer.status, wire::document(&answer.body)) {
            (200, Some(json)) => Ok(Some(json)),
            // A page of a firewall says nothing about the order.
            (404, _) if !answer.is_page() || !answer.header("x-fail-message").is_empty() => {
                Ok(None)
            }
            _ => Err(refused(&answer)),
        }
    }
}

fn observed(observed: Observed) -> Result<Answer, AskError> {
    match observed {
        Observed::Answer(answer) => Ok(answer),
        Observed::NotSent { reason, retry_after_s } => {
            Err(AskError::Unclear { reason, retry_after_s })
        }
        Observed::Lost { reason } => Err(unclear(reason)),
        Observed::TooLarge { limit_bytes } => {
            Err(unclear(format!("the answer is larger than {limit_bytes} bytes")))
        }
    }
}

/// What an answer without a document means for a question.
pub(super) fn refused(answer: &Answer) -> AskError {
    let json = wire::document(&answer.body).unwrap_or_default();
    let said = wire::error_text(answer, &json);
    let reason = match said.is_empty() {
        true => answer.in_words(),
        false => format!("HTTP {}: {said}", answer.status),
    };
    match answer.status {
        401 | 403 if !said.is_empty() => AskError::NotAllowed {
            reason: format!("{reason}; copy the read-write key from CustomCat's settings"),
        },
        _ => AskError::Unclear { reason, retry_after_s: answer.retry_after_s() },
    }
}

pub(super) fn unclear(reason: impl Into<String>) -> AskError {
    AskError::Unclear { reason: reason.into(), retry_after_s: None }
}
