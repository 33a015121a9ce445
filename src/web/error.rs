//! What went wrong, as a page: what happened, what was kept, what to do, and a number to quote.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::address::Links;
use super::site::Site;
use crate::flow::FlowError;

/// Why a request has no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing here.
    #[error("there is no such page")]
    NotFound,
    /// The request did not come from one of our own forms, or its session is over.
    #[error("{0}")]
    Forbidden(&'static str),
    /// It cannot be done now; the words are for people.
    #[error("{0}")]
    NotNow(String),
    /// What was sent cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// The disk has no room for it; nothing was changed.
    #[error("there is no room on the disk of the state folder")]
    Full,
    /// A mistake of ours, or of the machine.
    #[error("something went wrong here")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What `dress` makes a page of.
#[derive(Debug, Clone)]
struct Words {
    title: &'static str,
    text: String,
    reference: String,
}

#[derive(Template)]
#[template(path = "operator/error.html")]
struct ErrorPage {
    links: Links,
    code: u16,
    words: Words,
}

impl From<FlowError> for Error {
    fn from(error: FlowError) -> Error {
        if error.is_full() {
            return Error::Full;
        }
        match error {
            FlowError::NotNow(why) => Error::NotNow(why),
            FlowError::NotFound(_) => Error::NotFound,
            FlowError::Illegal(illegal) => Error::NotNow(illegal_words(&illegal)),
            FlowError::Later { reason, .. } => Error::NotNow(reason),
            FlowError::Db(error) => Error::Internal(error.into()),
            FlowError::Files(error) => Error::Internal(error.into()),
        }
    }
}

fn illegal_words(illegal: &crate::model::fulfilment::IllegalTransition) -> String {
    let state = super::operator::words::fulfilment_state(illegal.from);
    format!("That is no longer possible: it is “{state}” now.")
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::NotNow(_) => StatusCode::CONFLICT,
            Error::Unreadable(_) => StatusCode::BAD_REQUEST,
            Error::Full => StatusCode::INSUFFICIENT_STORAGE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut reference = String::new();
        if let Error::Internal(source) = &self {
            reference = super::auth::secret()[..8].to_owned();
            tracing::error!(error.reference = %reference, "a page failed: {}", chain(&**source));
        }
        let words = Words { title: title(self.status()), text: self.to_string(), reference };
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(words);
        answer
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text += &format!(": {cause}");
        next = cause.source();
    }
    text
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        404 => "There is nothing here",
        403 => "This press was not let through",
        405 => "That cannot be done here",
        409 => "Not now",
        413 => "That is too large",
        429 => "Too many tries",
        507 => "The disk is full",
        400..=499 => "That could not be read",
        _ => "Something went wrong here",
    }
}

fn cure(status: StatusCode) -> &'static str {
    match status.as_u16() {
        404 => "The address may be old, or the thing it named is gone.",
        403 => "Go back, load the page again and press once more.",
        413 => "A photo may weigh 50 MB at most.",
        400..=499 => "Go back and try again; nothing was changed.",
        507 => "Nothing was changed. Make room on the disk, then press once more.",
        _ => "Nothing was changed. Try again in a moment.",
    }
}

/// Writes the page of an error where an answer is none yet.
pub fn dress(site: &Site, mut answer: Response) -> Response {
    let status = answer.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_page = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        // What programs read is left as it is.
        let kind = kind.as_bytes();
        kind.starts_with(b"text/html") || kind.starts_with(b"application/json")
    });
    if !is_error || is_page {
        return answer;
    }
    let words = answer.extensions_mut().remove::<Words>();
    let words = words.unwrap_or_else(|| Words {
        title: title(status),
        text: String::new(),
        reference: String::new(),
    });
    let page = ErrorPage { links: site.links().as_ref().clone(), code: status.as_u16(), words };
    let html = page.render().unwrap_or_else(|_| page.words.text.clone());
    let mut dressed = (status, Html(html)).into_response();
    for (name, value) in answer.headers() {
        if name == header::ALLOW || name == header::RETRY_AFTER || name == header::SET_COOKIE {
            dressed.headers_mut().insert(name.clone(), value.clone());
        }
    }
    dressed
}

/// A page as an answer.
pub fn html(page: &impl Template) -> Result<Response, Error> {
    let text = page.render().map_err(|error| Error::Internal(error.into()))?;
    Ok(Html(text).into_response())
}

impl ErrorPage {
    fn cure(&self) -> &'static str {
        let status = StatusCode::from_u16(self.code);
        status.map_or("", cure)
    }
}
