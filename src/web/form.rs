//! A form as it was sent: words, and files where it carries any.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;

use super::error::Error;
use crate::model::recipient::Recipient;

/// Most fields of one form.
const FIELDS_MAX: usize = 500;
/// Longest text of one field.
const TEXT_BYTES_MAX: usize = 20_000;
/// Largest form without files.
const WORDS_BYTES_MAX: usize = 512 * 1024;
/// Largest file.
const FILE_BYTES_MAX: usize = 50 * 1024 * 1024;

/// What a person typed and chose.
#[derive(Debug, Clone, Default)]
pub struct Form {
    words: Vec<(String, String)>,
    files: Vec<Sent>,
}

/// A file as it was sent.
#[derive(Debug, Clone)]
struct Sent {
    field: String,
    /// The sender's word for it: data, never a path of ours (R100).
    name: String,
    bytes: Vec<u8>,
}

impl Form {
    /// Reads the body of a request, of either kind that browsers send.
    pub async fn read(request: Request) -> Result<Form, Error> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("")
            .to_owned();
        if kind.starts_with("multipart/form-data") {
            return Form::read_parts(request).await;
        }
        let body = axum::body::to_bytes(request.into_body(), WORDS_BYTES_MAX)
            .await
            .map_err(|_| Error::Unreadable("The form is too large.".to_owned()))?;
        let pairs = url::form_urlencoded::parse(&body).into_owned();
        let words: Vec<(String, String)> = pairs.take(FIELDS_MAX).collect();
        Form { words, files: Vec::new() }.checked()
    }

    async fn read_parts(request: Request) -> Result<Form, Error> {
        let unreadable = |_| Error::Unreadable("The form did not arrive whole.".to_owned());
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| Error::Unreadable("The form cannot be read.".to_owned()))?;
        let mut form = Form::default();
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            if FIELDS_MAX <= form.words.len() + form.files.len() {
                return Err(Error::Unreadable("The form has too many parts.".to_owned()));
            }
            let name = part.name().unwrap_or("").to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(unreadable)?;
            match file_name {
                // A file field that was left alone arrives empty.
                Some(_) if bytes.is_empty() => {}
                Some(_) if FILE_BYTES_MAX < bytes.len() => {
                    let text = "A file may weigh 50 MB at most.".to_owned();
                    return Err(Error::Unreadable(text));
                }
                Some(sent) => {
                    form.files.push(Sent { field: name, name: sent, bytes: bytes.to_vec() });
                }
                None => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    form.words.push((name, text));
                }
            }
        }
        form.checked()
    }

    fn checked(self) -> Result<Form, Error> {
        match self.words.iter().any(|(_, text)| TEXT_BYTES_MAX < text.len()) {
            true => Err(Error::Unreadable("One of the texts is too long.".to_owned())),
            false => Ok(self),
        }
    }

    /// A field's text; empty when it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.words.iter().find(|(key, _)| key == name).map_or("", |(_, text)| text.as_str())
    }

    /// Every text of a field that may be sent more than once.
    pub fn all<'form>(&'form self, name: &'form str) -> impl Iterator<Item = &'form str> {
        self.words.iter().filter(move |(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// Every field with its text, in the order of the form.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.words
    }

    /// A field's text, if the field was sent at all.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// A field's whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    /// Every field whose name begins with `prefix` and ends in a number: `quantity.7`.
    pub fn numbered(&self, prefix: &str) -> Vec<(i64, u32)> {
        self.words
            .iter()
            .filter_map(|(name, text)| {
                let id = name.strip_prefix(prefix)?.parse().ok()?;
                Some((id, text.trim().parse().ok()?))
            })
            .collect()
    }

    /// The file of a field.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|one| one.field == name).map(|one| one.bytes.as_slice())
    }

    /// Every file of a field, with the name that its sender gave it.
    pub fn files_of<'form>(
        &'form self,
        field: &'form str,
    ) -> impl Iterator<Item = (&'form str, &'form [u8])> {
        let mine = self.files.iter().filter(move |one| one.field == field);
        mine.map(|one| (one.name.as_str(), one.bytes.as_slice()))
    }

    /// A recipient as it was typed.
    pub fn recipient(&self) -> Recipient {
        let text = |name: &str| crate::model::field::clean_text(self.text(name));
        Recipient {
            first_name: text("first_name"),
            last_name: text("last_name"),
            company: text("company"),
            address_1: text("address_1"),
            address_2: text("address_2"),
            city: text("city"),
            state: text("state"),
            postcode: text("postcode"),
            country: text("country").to_uppercase(),
            phone: text("phone"),
            email: text("email"),
        }
    }
}
