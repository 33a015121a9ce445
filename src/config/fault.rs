//! One thing that is wrong with the settings, for the terminal and for the field of a page.

use std::fmt;

/// One thing that is wrong with the settings. No secret ever stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose setting it is: `shop main`, `retention.orders`, `line 3`.
    pub place: String,
    /// The key of the setting; empty where it is none in particular.
    pub field: &'static str,
    /// What is wrong, and what to write instead.
    pub text: String,
}

impl Fault {
    /// From its parts.
    pub fn new(place: &str, field: &'static str, text: impl Into<String>) -> Fault {
        Fault { place: place.to_owned(), field, text: text.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.is_empty() {
            true => f.write_str(&self.text),
            false => write!(f, "{}: {}", self.place, self.text),
        }
    }
}

/// Each on a line of its own.
pub fn lines(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
