//! Conditions of a design's rules: `count(name) > 8`, `style = "Round"`, `name is empty`, joined by
//! `and`, `or`, `not` and brackets.

use super::value::{Value, Values};

/// A condition over the values of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Both hold.
    And(Box<Condition>, Box<Condition>),
    /// One of them holds.
    Or(Box<Condition>, Box<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The number of characters of a field, compared.
    Count(String, Comparison, u32),
    /// A field's text equals this, without case.
    Is(String, String),
    /// Nothing fills the field.
    Empty(String),
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

impl Condition {
    /// Whether it holds for these values; a field that is not there is empty.
    pub fn holds(&self, values: &Values) -> bool {
        use unicode_segmentation::UnicodeSegmentation;
        let text = |key: &str| match values.get(key) {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Photo(_)) => "photo".to_owned(),
            None => String::new(),
        };
        match self {
            Condition::And(a, b) => a.holds(values) && b.holds(values),
            Condition::Or(a, b) => a.holds(values) || b.holds(values),
            Condition::Not(a) => !a.holds(values),
            Condition::Count(key, comparison, wanted) => {
                let count = text(key).graphemes(true).count() as u64;
                comparison.holds(count, u64::from(*wanted))
            }
            Condition::Is(key, wanted) => text(key).to_lowercase() == wanted.to_lowercase(),
            Condition::Empty(key) => text(key).is_empty(),
        }
    }
}

impl Comparison {
    fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Equal => left == right,
            Comparison::AtLeast => right <= left,
            Comparison::More => right < left,
        }
    }
}
