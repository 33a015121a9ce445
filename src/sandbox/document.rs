//! Documents as PHP writes them: keys in order, `/` as `\/`, everything beyond ASCII as `\uXXXX`.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value as Json;

/// Most documents are an order, which is about this long.
const TYPICAL_BYTES: usize = 4_096;

/// A document whose keys keep their order, because the real one's do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Doc {
    Null,
    Bool(bool),
    Int(i64),
    /// PHP prints a whole number without fraction.
    Float(f64),
    Text(String),
    List(Vec<Doc>),
    Map(Vec<(Key, Doc)>),
}

/// A key, nearly always one that stands in the code.
pub(crate) type Key = Cow<'static, str>;

/// Builds a [`Doc::Map`] in the order written.
macro_rules! map {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::sandbox::document::Doc::Map(vec![
            $(($crate::sandbox::document::Key::from($key), $crate::sandbox::document::Doc::from($value)),)*
        ])
    };
}
pub(crate) use map;

impl Doc {
    /// The bytes that a PHP program would send.
    pub(crate) fn php_json(&self) -> String {
        let mut out = String::with_capacity(TYPICAL_BYTES);
        self.write(&mut out);
        out
    }

    /// Two objects as one; anything but an object stays as it is.
    pub(crate) fn and(self, further: Doc) -> Doc {
        match (self, further) {
            (Doc::Map(entries), Doc::Map(further)) => {
                Doc::Map(entries.into_iter().chain(further).collect())
            }
            (other, _) => other,
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Doc::Null => out.push_str("null"),
            Doc::Bool(true) => out.push_str("true"),
            Doc::Bool(false) => out.push_str("false"),
            Doc::Int(number) => out.push_str(&number.to_string()),
            Doc::Float(number) => out.push_str(&number.to_string()),
            Doc::Text(text) => write_text(text, out),
            Doc::List(entries) => {
                out.push('[');
                for (idx, entry) in entries.iter().enumerate() {
                    if 0 < idx {
                        out.push(',');
                    }
                    entry.write(out);
                }
                out.push(']');
            }
            Doc::Map(entries) => {
                out.push('{');
                for (idx, (key, value)) in entries.iter().enumerate() {
                    if 0 < idx {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Runs of plain letters are copied whole: nearly all of a document is plain.
    while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
        out.push_str(&rest[..at]);
        let mut odd = rest[at..].chars();
        if let Some(c) = odd.next() {
            write_odd(c, out);
        }
        rest = odd.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Whether a byte is a whole letter that stands for itself; those of letters beyond ASCII are not.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'/')
}

fn write_odd(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '/' => out.push_str("\\/"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
            }
        }
    }
}

impl From<&str> for Doc {
    fn from(text: &str) -> Doc {
        Doc::Text(text.to_owned())
    }
}

impl From<String> for Doc {
    fn from(text: String) -> Doc {
        Doc::Text(text)
    }
}

impl From<i64> for Doc {
    fn from(number: i64) -> Doc {
        Doc::Int(number)
    }
}

impl From<bool> for Doc {
    fn from(truth: bool) -> Doc {
        Doc::Bool(truth)
    }
}

impl From<Vec<Doc>> for Doc {
    fn from(entries: Vec<Doc>) -> Doc {
        Doc::List(entries)
    }
}

impl<T: Into<Doc>> From<Option<T>> for Doc {
    fn from(value: Option<T>) -> Doc {
        value.map_or(Doc::Null, Into::into)
    }
}

impl From<&Json> for Doc {
    fn from(json: &Json) -> Doc {
        match json {
            Json::Null => Doc::Null,
            Json::Bool(truth) => Doc::Bool(*truth),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Doc::Int(whole),
                None => Doc::Float(number.as_f64().unwrap_or(0.0)),
            },
            Json::String(text) => Doc::Text(text.clone()),
            Json::Array(entries) => Doc::List(entries.iter().map(Doc::from).collect()),
            // PHP cannot tell an empty object from an empty list.
            Json::Object(entries) if entries.is_empty() => Doc::List(Vec::new()),
            Json::Object(entries) => Doc::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Key::from(key.clone()), Doc::from(value)))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_written_as_php_writes_them() {
        let document = map! {
            "name" => "Zoë ❤ \u{1F600}",
            "link" => "https://shop.example.com/?n=1",
            "price" => Doc::Float(24.0),
            "odd" => Doc::Float(9.966666666666667),
            "none" => Doc::Null,
            "list" => vec![Doc::Int(1), Doc::from(true)],
        };
        let expected = concat!(
            r#"{"name":"Zo\u00eb \u2764 \ud83d\ude00","#,
            r#""link":"https:\/\/shop.example.com\/?n=1","#,
            r#""price":24,"odd":9.966666666666667,"none":null,"list":[1,true]}"#
        );
        assert_eq!(document.php_json(), expected);
    }
}
