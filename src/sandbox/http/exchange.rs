//! One request as it arrived, and one answer before it is sent.

use serde_json::Value as Json;

use crate::sandbox::document::{Doc, map};

/// One request, read whole.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The whole path, as it came.
    pub(crate) path: String,
    /// The parts of the path below the face's own prefix, percent-decoded.
    pub(crate) segments: Vec<String>,
    /// The query, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The last value of a parameter: PHP lets the later win.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter().rev();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A list, whether written with commas or as `name[]`.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let array = format!("{name}[");
        let pairs = self.query.iter().filter(|(key, _)| key == name || key.starts_with(&array));
        let values = pairs.flat_map(|(_, value)| value.split(','));
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// The body as JSON; an empty one is an empty object.
    pub(crate) fn json(&self) -> Option<Json> {
        match self.body.is_empty() {
            true => Some(Json::Object(serde_json::Map::new())),
            false => serde_json::from_slice(&self.body).ok(),
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Another reason phrase than the usual one.
    pub(crate) reason: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) effect: Effect,
}

/// What else happens before or instead of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// The new webhook's first call, made inside the request.
    Ping { webhook_id: i64 },
    /// The provider downloads the files of this order afterwards.
    Download { provider_order_id: String },
    /// The provider downloads the files, and the connection ends without an answer.
    DownloadAndDrop { provider_order_id: String },
    /// The connection ends without an answer.
    Drop,
    /// No answer ever comes.
    Hang,
    /// Keys are sent to a program that was allowed to have them, before anything is answered.
    HandOver(Box<super::woo::approval::HandOver>),
}

impl Answer {
    pub(crate) fn json(status: u16, document: &Doc) -> Answer {
        Answer {
            status,
            reason: None,
            headers: vec![(
                "content-type".to_owned(),
                "application/json; charset=UTF-8".to_owned(),
            )],
            body: document.php_json().into_bytes(),
            effect: Effect::None,
        }
    }

    pub(crate) fn bytes(status: u16, media_type: &str, body: Vec<u8>) -> Answer {
        Answer {
            status,
            reason: None,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body,
            effect: Effect::None,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn reason(mut self, words: &str) -> Answer {
        self.reason = Some(words.to_owned());
        self
    }

    pub(crate) fn with(mut self, effect: Effect) -> Answer {
        self.effect = effect;
        self
    }
}

/// Keeps what `_fields` names; a dotted path keeps one key of an object.
pub(crate) fn keep_fields(document: Doc, fields: &[String]) -> Doc {
    if fields.is_empty() {
        return document;
    }
    match document {
        Doc::List(rows) => {
            Doc::List(rows.into_iter().map(|row| keep_fields(row, fields)).collect())
        }
        Doc::Map(entries) => {
            let kept = entries.into_iter().filter_map(|(key, value)| {
                if fields.iter().any(|field| *field == key) {
                    return Some((key, value));
                }
                let prefix = format!("{key}.");
                let below = fields.iter().filter_map(|field| field.strip_prefix(&prefix));
                let below: Vec<String> = below.map(str::to_owned).collect();
                match below.is_empty() {
                    true => None,
                    false => Some((key, keep_fields(value, &below))),
                }
            });
            Doc::Map(kept.collect())
        }
        other => other,
    }
}

/// An error of WordPress.
pub(crate) fn wp_error(status: u16, code: &str, message: &str) -> Answer {
    let document = map! {
        "code" => code,
        "message" => message,
        "data" => map! { "status" => i64::from(status) },
    };
    Answer::json(status, &document)
}

/// The error of a parameter that breaks its schema.
pub(crate) fn invalid_param(name: &str, code: &str, message: &str) -> Answer {
    let document = map! {
        "code" => "rest_invalid_param",
        "message" => format!("Invalid parameter(s): {name}"),
        "data" => map! {
            "status" => 400,
            "params" => map! { name.to_owned() => message },
            "details" => map! {
                name.to_owned() => map! { "code" => code, "message" => message, "data" => Doc::Null },
            },
        },
    };
    Answer::json(400, &document)
}
