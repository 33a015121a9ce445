//! What fills the fields of one item.

use std::collections::BTreeMap;

use super::id::Hash;

/// What fills one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Words, digits, or the label of a choice.
    Text(String),
    /// A picture of the customer's.
    Photo(Photo),
}

/// A picture and how it is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// The uploaded file, as it was given.
    pub hash: Hash,
    /// Which part of it is shown; all of it, cut to the slot's shape, when not set.
    pub crop: Option<Crop>,
}

/// A part of a picture, in thousandths of its upright width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// Left edge.
    pub left: u16,
    /// Top edge.
    pub top: u16,
    /// Width, at least 1.
    pub width: u16,
    /// Height, at least 1.
    pub height: u16,
}

/// The values of one revision, by field key.
pub type Values = BTreeMap<String, Value>;

impl Value {
    /// Whether it is a text without anything in it.
    pub fn is_blank(&self) -> bool {
        match self {
            Value::Text(text) => text.trim().is_empty(),
            Value::Photo(_) => false,
        }
    }

    /// The words, if it is words.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Photo(_) => None,
        }
    }
}
