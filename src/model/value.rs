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
    /// How it is laid before it is cut.
    pub turn: Turn,
    /// Which part of it is shown; all of it, cut to the slot's shape, when not set.
    pub crop: Option<Crop>,
}

impl Photo {
    /// A picture as it was given.
    pub fn whole(hash: Hash) -> Photo {
        Photo { hash, turn: Turn::default(), crop: None }
    }
}

/// How an upright picture is laid: mirrored first, then turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    quarters: u8,
    is_mirrored: bool,
}

impl Turn {
    /// Neither turned nor mirrored.
    pub const AS_GIVEN: Turn = Turn { quarters: 0, is_mirrored: false };

    /// By clockwise quarter turns; four of them are none.
    pub fn new(quarters: u8, is_mirrored: bool) -> Turn {
        Turn { quarters: quarters % 4, is_mirrored }
    }

    /// Clockwise quarter turns, 0 to 3.
    pub fn quarters(self) -> u8 {
        self.quarters
    }

    /// Whether left and right are swapped.
    pub fn is_mirrored(self) -> bool {
        self.is_mirrored
    }

    /// Degrees clockwise: 0, 90, 180 or 270.
    pub fn degrees(self) -> u32 {
        u32::from(self.quarters) * 90
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        self.quarters % 2 == 1
    }

    /// A size after the turn.
    pub fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// Degrees clockwise, with an `m` behind them where it is mirrored: `0`, `90m`.
    pub fn text(self) -> String {
        let mirrored = if self.is_mirrored { "m" } else { "" };
        format!("{}{mirrored}", self.degrees())
    }

    /// Reads what [`Turn::text`] wrote.
    pub fn parse(text: &str) -> Option<Turn> {
        let (degrees, is_mirrored) = match text.strip_suffix('m') {
            Some(degrees) => (degrees, true),
            None => (text, false),
        };
        let quarters = ["0", "90", "180", "270"].iter().position(|one| *one == degrees)?;
        Some(Turn { quarters: u8::try_from(quarters).ok()?, is_mirrored })
    }

    /// As people say it; empty where nothing is changed.
    pub fn in_words(self) -> &'static str {
        match (self.quarters, self.is_mirrored) {
            (0, false) => "",
            (1, false) => "turned right",
            (2, false) => "upside down",
            (_, false) => "turned left",
            (0, true) => "mirrored",
            (1, true) => "mirrored, then turned right",
            (2, true) => "mirrored, then upside down",
            (_, true) => "mirrored, then turned left",
        }
    }
}

/// A part of a picture, in thousandths of its width and height as it is laid.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_written_and_read_back() {
        for turn in (0..8).map(|nth| Turn::new(nth % 4, 3 < nth)) {
            assert_eq!(Turn::parse(&turn.text()), Some(turn));
        }
        assert_eq!(Turn::new(5, false), Turn::new(1, false));
        for text in ["", "45", "m", "90x", "90mm", "-90"] {
            assert_eq!(Turn::parse(text), None, "{text}");
        }
        assert_eq!(Turn::new(1, true).size((6, 4)), (4, 6));
        assert_eq!(Turn::default().in_words(), "");
    }
}
