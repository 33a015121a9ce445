//! Conditions of a design: `count(name) > 8`, `age >= 18`, `style = "Round"`, `name is empty`,
//! `order.country in ("DE", "AT")`, joined by `and`, `or`, `not` and brackets.
//!
//! They ask for fields of the design and for [`circumstance`](super::circumstance)s of the order.

use std::fmt;

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
    /// The number that a field holds, compared; what is no number is never so.
    Number(String, Comparison, i64),
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
                let count = text(key).graphemes(true).count();
                comparison.holds(i64::try_from(count).unwrap_or(i64::MAX), i64::from(*wanted))
            }
            Condition::Number(key, comparison, wanted) => {
                let number = text(key).trim().parse();
                number.is_ok_and(|number| comparison.holds(number, *wanted))
            }
            Condition::Is(key, wanted) => text(key).to_lowercase() == wanted.to_lowercase(),
            Condition::Empty(key) => text(key).is_empty(),
        }
    }
}

impl fmt::Display for Condition {
    /// As it is typed: what comes out reads back as the same condition.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| match text.contains('"') {
            true => format!("'{text}'"),
            false => format!("\"{text}\""),
        };
        // `or` binds less tightly than `and`; both are read from the left.
        let left = |one: &Condition| match one {
            Condition::Or(..) => format!("({one})"),
            other => other.to_string(),
        };
        let right = |one: &Condition| match one {
            Condition::Or(..) | Condition::And(..) => format!("({one})"),
            other => other.to_string(),
        };
        match self {
            Condition::And(a, b) => write!(f, "{} and {}", left(a), right(b)),
            Condition::Or(a, b) => match **b {
                Condition::Or(..) => write!(f, "{a} or ({b})"),
                _ => write!(f, "{a} or {b}"),
            },
            Condition::Not(one) => match &**one {
                Condition::Is(key, text) => write!(f, "{key} != {}", quoted(text)),
                Condition::Empty(key) => write!(f, "{key} is not empty"),
                Condition::And(..) | Condition::Or(..) => write!(f, "not ({one})"),
                Condition::Not(_) | Condition::Count(..) | Condition::Number(..) => {
                    write!(f, "not {one}")
                }
            },
            Condition::Count(key, comparison, number) => {
                write!(f, "count({key}) {} {number}", comparison.sign())
            }
            Condition::Number(key, comparison, number) => {
                write!(f, "{key} {} {number}", comparison.sign())
            }
            Condition::Is(key, text) => write!(f, "{key} = {}", quoted(text)),
            Condition::Empty(key) => write!(f, "{key} is empty"),
        }
    }
}

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {column}: {message}")]
pub struct ConditionError {
    /// Which character, counted from 1.
    pub column: usize,
    /// What was expected there.
    pub message: String,
}

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Condition, ConditionError> {
        let mut reader = Reader {
            tokens: tokens(text)?,
            next_idx: 0,
            end_column: text.chars().count() + 1,
            depth: 0,
        };
        let condition = reader.any_of()?;
        match reader.tokens.get(reader.next_idx) {
            None => Ok(condition),
            Some(_) => Err(reader.error("`and` or `or` is expected here")),
        }
    }

    /// The keys of the fields and circumstances it speaks of.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Condition::And(a, b) | Condition::Or(a, b) => {
                let mut keys = a.keys();
                keys.extend(b.keys());
                keys
            }
            Condition::Not(a) => a.keys(),
            Condition::Count(key, _, _)
            | Condition::Number(key, _, _)
            | Condition::Is(key, _)
            | Condition::Empty(key) => vec![key],
        }
    }
}

/// Deepest nesting of brackets and `not`.
const DEPTH_MAX: u32 = 32;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 10] = ["<=", ">=", "!=", "==", "<", ">", "=", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ConditionError> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut idx = 0;
    while idx < letters.len() {
        let start = idx;
        let letter = letters[idx];
        let token = if letter.is_whitespace() {
            idx += 1;
            continue;
        } else if letter == '"' || letter == '\'' {
            let close = letters[idx + 1..].iter().position(|l| *l == letter);
            let Some(length) = close else {
                let message = format!("the text that begins here has no closing {letter}");
                return Err(ConditionError { column: start + 1, message });
            };
            idx += length + 2;
            Token::Text(letters[start + 1..idx - 1].iter().collect())
        } else if let Some(sign) = SIGNS.iter().find(|sign| starts_with(&letters[idx..], sign)) {
            idx += sign.len();
            Token::Sign(sign)
        } else if is_word(letter) {
            while idx < letters.len() && is_word(letters[idx]) {
                idx += 1;
            }
            Token::Word(letters[start..idx].iter().collect())
        } else {
            let message = format!("“{letter}” has no meaning in a condition");
            return Err(ConditionError { column: start + 1, message });
        };
        found.push((start + 1, token));
    }
    Ok(found)
}

fn starts_with(letters: &[char], sign: &str) -> bool {
    letters.iter().copied().take(sign.len()).eq(sign.chars())
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    next_idx: usize,
    end_column: usize,
    depth: u32,
}

impl Reader {
    fn any_of(&mut self) -> Result<Condition, ConditionError> {
        let mut left = self.all_of()?;
        while self.takes_word("or") {
            left = Condition::Or(Box::new(left), Box::new(self.all_of()?));
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Condition, ConditionError> {
        let mut left = self.one()?;
        while self.takes_word("and") {
            left = Condition::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Condition, ConditionError> {
        self.depth += 1;
        if DEPTH_MAX < self.depth {
            return Err(self.error("the condition is nested too deeply"));
        }
        let condition = if self.takes_word("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.takes_sign("(") {
            let inner = self.any_of()?;
            self.expect_sign(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, ConditionError> {
        let word = self.word("a field's name, `count(…)` or `not` is expected here")?;
        if word == "count" && self.takes_sign("(") {
            let key = self.word("the name of a field is expected here")?;
            self.expect_sign(")")?;
            return self.count(key);
        }
        if self.takes_word("is") {
            let is_negated = self.takes_word("not");
            let empty = self.word("`empty` is expected here")?;
            if empty != "empty" {
                self.next_idx -= 1;
                return Err(self.error("`empty` is expected here"));
            }
            return Ok(negated(Condition::Empty(word), is_negated));
        }
        if self.takes_word("in") {
            return self.one_of(&word);
        }
        let is_text = |reader: &Reader, ahead: usize| {
            matches!(reader.tokens.get(reader.next_idx + ahead), Some((_, Token::Text(_))))
        };
        if is_text(self, 1) && (self.takes_sign("=") || self.takes_sign("==")) {
            return Ok(Condition::Is(word, self.text()?));
        }
        if is_text(self, 1) && self.takes_sign("!=") {
            let condition = Condition::Is(word, self.text()?);
            return Ok(Condition::Not(Box::new(condition)));
        }
        let Some((comparison, is_not)) = self.comparison_sign() else {
            let expected = "a comparison, `in (…)`, `is empty` or `is not empty` is expected here";
            return Err(self.error(expected));
        };
        let number = self.number("a text in quotes or a whole number is expected here")?;
        Ok(negated(Condition::Number(word, comparison, number), is_not))
    }

    /// `in ("Round", "Oval")`: one of them.
    fn one_of(&mut self, key: &str) -> Result<Condition, ConditionError> {
        self.expect_sign("(")?;
        let mut any = Condition::Is(key.to_owned(), self.text()?);
        while self.takes_sign(",") {
            let one = Condition::Is(key.to_owned(), self.text()?);
            any = Condition::Or(Box::new(any), Box::new(one));
        }
        self.expect_sign(")")?;
        Ok(any)
    }

    fn count(&mut self, key: String) -> Result<Condition, ConditionError> {
        let Some((comparison, is_not)) = self.comparison_sign() else {
            return Err(self.error("one of < <= = != >= > is expected here"));
        };
        let number = self.number("a number is expected here")?;
        let Ok(number) = u32::try_from(number) else {
            self.next_idx -= 1;
            return Err(self.error("a number of characters is expected here"));
        };
        Ok(negated(Condition::Count(key, comparison, number), is_not))
    }

    /// A sign between two numbers, and whether its opposite is meant.
    fn comparison_sign(&mut self) -> Option<(Comparison, bool)> {
        let found = match self.tokens.get(self.next_idx)? {
            (_, Token::Sign("<")) => (Comparison::Less, false),
            (_, Token::Sign("<=")) => (Comparison::AtMost, false),
            (_, Token::Sign("=" | "==")) => (Comparison::Equal, false),
            (_, Token::Sign("!=")) => (Comparison::Equal, true),
            (_, Token::Sign(">=")) => (Comparison::AtLeast, false),
            (_, Token::Sign(">")) => (Comparison::More, false),
            _ => return None,
        };
        self.next_idx += 1;
        Some(found)
    }

    fn number(&mut self, expected: &str) -> Result<i64, ConditionError> {
        let word = self.word(expected)?;
        word.parse().map_err(|_| {
            self.next_idx -= 1;
            self.error(expected)
        })
    }

    fn word(&mut self, expected: &str) -> Result<String, ConditionError> {
        match self.tokens.get(self.next_idx) {
            Some((_, Token::Word(word))) => {
                self.next_idx += 1;
                Ok(word.clone())
            }
            _ => Err(self.error(expected)),
        }
    }

    fn text(&mut self) -> Result<String, ConditionError> {
        match self.tokens.get(self.next_idx) {
            Some((_, Token::Text(text))) => {
                self.next_idx += 1;
                Ok(text.clone())
            }
            _ => Err(self.error("a text in quotes is expected here")),
        }
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.next_idx),
            Some((_, Token::Word(word))) if word == wanted);
        self.next_idx += usize::from(is_next);
        is_next
    }

    fn takes_sign(&mut self, wanted: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.next_idx),
            Some((_, Token::Sign(sign))) if *sign == wanted);
        self.next_idx += usize::from(is_next);
        is_next
    }

    fn expect_sign(&mut self, wanted: &str) -> Result<(), ConditionError> {
        match self.takes_sign(wanted) {
            true => Ok(()),
            false => Err(self.error(format!("`{wanted}` is expected here"))),
        }
    }

    fn error(&self, message: impl Into<String>) -> ConditionError {
        let here = self.tokens.get(self.next_idx);
        ConditionError {
            column: here.map_or(self.end_column, |(column, _)| *column),
            message: message.into(),
        }
    }
}

fn negated(condition: Condition, is_not: bool) -> Condition {
    if is_not { Condition::Not(Box::new(condition)) } else { condition }
}

impl Comparison {
    fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Equal => "=",
            Comparison::AtLeast => ">=",
            Comparison::More => ">",
        }
    }

    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Equal => left == right,
            Comparison::AtLeast => right <= left,
            Comparison::More => right < left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let text =
            |(key, text): &(&str, &str)| ((*key).to_owned(), Value::Text((*text).to_owned()));
        pairs.iter().map(text).collect()
    }

    #[test]
    fn conditions_hold_as_they_read() {
        let filled = values(&[
            ("name", "Maximilian"),
            ("style", "round"),
            ("note", ""),
            ("age", "018"),
            ("order.quantity", "3"),
            ("order.country", "AT"),
        ]);
        let check = |text: &str, expected| {
            let condition = Condition::parse(text).unwrap();
            assert_eq!(condition.holds(&filled), expected, "{text}");
            assert_eq!(Condition::parse(&condition.to_string()), Ok(condition), "{text}");
        };
        check("count(name) > 8", true);
        check("count(name) <= 8", false);
        check("count(name) = 10", true);
        check("count(name) != 10", false);
        check("style = \"Round\"", true);
        check("style != 'Round'", false);
        check("note is empty", true);
        check("name is not empty", true);
        check("absent is empty and not style = 'square'", true);
        check("style = 'square' or count(name) > 8 and note is empty", true);
        check("age >= 18", true);
        check("age != 18", false);
        check("age = 17 or name < 5", false);
        check("order.quantity > 2 and order.country in ('DE', 'AT')", true);
        check("not order.country in ('DE')", true);
        check("variation.size = 'XL'", false);
        check("not (age = 1 and age = 2 or not (age = 3 or (age = 4 or not not age = 5)))", false);
        check(
            "style = 'say \"x\"' or (age = 1 or age = 18) and (name is empty and age = 1)",
            false,
        );
        check("(style = 'square' or count(name) > 8) and note is not empty", false);
    }

    #[test]
    fn an_error_names_the_place() {
        let check = |text: &str, expected| {
            let error = Condition::parse(text).unwrap_err();
            assert_eq!(error.column, expected, "{text}: {error}");
        };
        check("", 1);
        check("count(name) >", 14);
        check("count(name) > many", 15);
        check("count(name > 8", 12);
        check("name = Round", 8);
        check("name is full", 9);
        check("name = \"Round", 8);
        check("name is empty style", 15);
        check("name & 3", 6);
        check("age > 'many'", 7);
        check("style in 'Round'", 10);
        check("style in ('Round' 'Oval')", 19);
        check("count(name) > 99999999999", 15);
        check(&"(".repeat(5000), 33);
    }
}
