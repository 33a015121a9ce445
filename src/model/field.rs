//! A field: a named blank of a design, with the rules for what may fill it.

use super::problem::{Problem, What};
use super::rule::Condition;
use super::value::{Value, Values};
use unicode_segmentation::UnicodeSegmentation;

pub use code::{CodeRules, Correction, Symbology};
pub use fit::{Across, Down, Fit, FitWay};
pub use language::Language;
pub use photo::{Look, PhotoFit, PhotoRules, Tone};
pub use written::{CoordinateRules, CoordinateStyle, DateOrder, DateRules, DateStyle, Numerals};

mod code;
pub mod fit;
mod language;
mod photo;
mod written;

/// One named blank of a design.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The id of its element in the drawing.
    pub key: String,
    /// What people read beside it.
    pub label: String,
    /// Names under which its value stands in a line item; compared without case and edge spaces.
    pub from: Vec<String>,
    /// When it is asked for, in sight of the fields before it; always if not set.
    pub when: Option<Condition>,
    /// Whether the item cannot be printed without it, where it is asked for.
    pub required: Required,
    /// What it holds when nothing was given.
    pub default: Option<String>,
    /// What may fill it.
    pub kind: FieldKind,
}

/// Whether an item can be printed without a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Required {
    /// It cannot.
    Always,
    /// It can.
    Never,
    /// It cannot where this holds.
    When(Condition),
}

/// What may fill a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// Words.
    Text(TextRules),
    /// Digits; leading zeros are kept.
    Number(NumberRules),
    /// One of a list.
    Choice(Vec<Choice>),
    /// A colour, given by name or as `#rrggbb`.
    Colour(Vec<Choice>),
    /// A picture of the customer's.
    Photo(PhotoRules),
    /// Words or digits that machines read.
    Code(CodeRules),
    /// A date, kept as `2026-06-20`.
    Date(DateRules),
    /// A place on earth, kept as `48.8566, 2.3522`.
    Coordinates(CoordinateRules),
}

/// Rules for words.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRules {
    /// Which characters may stand in it.
    pub letters: Letters,
    /// Fewest characters as people count them.
    pub min: u32,
    /// Most characters as people count them.
    pub max: u32,
    /// How it is written.
    pub case: Case,
    /// The language whose rules for capitals count; those of most languages if not set.
    pub language: Option<Language>,
    /// How it meets its place.
    pub fit: Fit,
}

/// Which characters may stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Letters of any script, with spaces, hyphens and apostrophes.
    Letters,
    /// Digits alone.
    Digits,
    /// Both.
    LettersAndDigits,
    /// Anything printable.
    Any,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// As given.
    Keep,
    /// All capitals.
    Upper,
    /// No capitals.
    Lower,
    /// A capital at each word.
    Title,
}

/// Rules for numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberRules {
    /// Lowest value.
    pub min: Option<i64>,
    /// Highest value.
    pub max: Option<i64>,
    /// Most digits.
    pub digits_max: u32,
    /// How it is printed.
    pub numerals: Numerals,
    /// How it meets its place.
    pub fit: Fit,
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What people pick, and what stands in a line item.
    pub label: String,
    /// What the drawing gets: an element's id to show, or `#rrggbb`.
    pub gives: String,
}

impl Field {
    /// Whether it is asked for under these values.
    pub fn is_asked(&self, values: &Values) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(values))
    }

    /// Whether nothing is printed without it under these values, if it is asked for.
    pub fn is_required(&self, values: &Values) -> bool {
        match &self.required {
            Required::Always => true,
            Required::Never => false,
            Required::When(condition) => condition.holds(values),
        }
    }

    /// How its words meet their place; `None` where it has no words.
    pub fn fit(&self) -> Option<&Fit> {
        match &self.kind {
            FieldKind::Text(rules) => Some(&rules.fit),
            FieldKind::Number(rules) => Some(&rules.fit),
            FieldKind::Date(rules) => Some(&rules.fit),
            FieldKind::Coordinates(rules) => Some(&rules.fit),
            FieldKind::Choice(_)
            | FieldKind::Colour(_)
            | FieldKind::Photo(_)
            | FieldKind::Code(_) => None,
        }
    }

    /// A kept value as it is printed.
    pub fn printed(&self, kept: &str) -> String {
        match &self.kind {
            FieldKind::Date(rules) => rules.printed(kept),
            FieldKind::Coordinates(rules) => rules.printed(kept),
            FieldKind::Number(rules) => rules.numerals.printed(kept),
            FieldKind::Text(_)
            | FieldKind::Choice(_)
            | FieldKind::Colour(_)
            | FieldKind::Photo(_)
            | FieldKind::Code(_) => kept.to_owned(),
        }
    }

    /// Checks a value against the rules; what comes back is written as the design wants it.
    ///
    /// Whether it fits and whether the font has its characters is seen at rendering.
    pub fn accept(&self, value: &Value) -> Result<Value, Problem> {
        match (&self.kind, value) {
            (FieldKind::Text(rules), Value::Text(text)) => self.accept_text(rules, text),
            (FieldKind::Number(rules), Value::Text(text)) => self.accept_number(rules, text),
            (FieldKind::Choice(list) | FieldKind::Colour(list), Value::Text(text)) => {
                self.accept_choice(list, text)
            }
            (FieldKind::Code(rules), Value::Text(text)) => self.accept_code(rules, text),
            (FieldKind::Date(rules), Value::Text(text)) => self.accept_read(rules.read(text)),
            (FieldKind::Coordinates(rules), Value::Text(text)) => {
                self.accept_read(rules.read(&clean_text(text)))
            }
            (FieldKind::Photo(_), Value::Photo(_)) => Ok(value.clone()),
            (FieldKind::Photo(_), Value::Text(_)) => {
                Err(self.refuse(What::ValueNotAllowed, "a photo is wanted, not a text"))
            }
            (_, Value::Photo(_)) => {
                Err(self.refuse(What::ValueNotAllowed, "a text is wanted, not a photo"))
            }
        }
    }

    fn accept_text(&self, rules: &TextRules, text: &str) -> Result<Value, Problem> {
        let text = match rules.letters {
            Letters::Any => clean_text(text),
            // A name with a line break in it is a name typed into a larger box.
            Letters::Letters | Letters::Digits | Letters::LettersAndDigits => {
                clean_text(text).replace('\n', " ")
            }
        };
        let count = u32::try_from(text.graphemes(true).count()).unwrap_or(u32::MAX);
        if rules.max < count {
            let detail = format!("{count} characters, at most {} are allowed", rules.max);
            return Err(self.refuse(What::ValueTooLong, detail));
        }
        if count < rules.min {
            let detail = format!("{count} characters, at least {} are needed", rules.min);
            return Err(self.refuse(What::ValueNotAllowed, detail));
        }
        if let Some(wrong) = text.graphemes(true).find(|cluster| !rules.letters.allow(cluster)) {
            let wrong: String = wrong.chars().take(CLUSTER_CHARS_MAX).collect();
            let detail = format!("“{wrong}” is not allowed; {}", rules.letters.in_words());
            return Err(self.refuse(What::ValueNotAllowed, detail));
        }
        Ok(Value::Text(rules.case.apply(&text, rules.language.as_ref())))
    }

    fn accept_number(&self, rules: &NumberRules, text: &str) -> Result<Value, Problem> {
        let text = clean_text(text);
        let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !all_digits {
            return Err(self.refuse(What::ValueNotAllowed, format!("“{text}” is not a number")));
        }
        if (rules.digits_max as usize) < text.len() {
            let detail = format!("at most {} digits are allowed", rules.digits_max);
            return Err(self.refuse(What::ValueTooLong, detail));
        }
        let number: i64 = text.parse().unwrap_or(i64::MAX);
        if rules.min.is_some_and(|min| number < min) || rules.max.is_some_and(|max| max < number) {
            let detail = match (rules.min, rules.max) {
                (Some(min), Some(max)) => format!("{text} is not between {min} and {max}"),
                (Some(min), None) => format!("{text} is below {min}"),
                (None, _) => format!("{text} is above {}", rules.max.unwrap_or(i64::MAX)),
            };
            return Err(self.refuse(What::ValueNotAllowed, detail));
        }
        if let Some(detail) = rules.numerals.refuses(&text) {
            return Err(self.refuse(What::ValueNotAllowed, detail));
        }
        Ok(Value::Text(text))
    }

    fn accept_read(&self, read: Result<String, String>) -> Result<Value, Problem> {
        read.map(Value::Text).map_err(|detail| self.refuse(What::ValueNotAllowed, detail))
    }

    fn accept_code(&self, rules: &CodeRules, text: &str) -> Result<Value, Problem> {
        let text = clean_text(text).replace('\n', " ");
        let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        if rules.max < count {
            let detail = format!("{count} characters, at most {} are allowed", rules.max);
            return Err(self.refuse(What::ValueTooLong, detail));
        }
        match rules.symbology.refuses(&text) {
            Some(detail) => Err(self.refuse(What::ValueNotAllowed, detail)),
            None => Ok(Value::Text(text)),
        }
    }

    fn accept_choice(&self, list: &[Choice], text: &str) -> Result<Value, Problem> {
        let wanted = clean_text(text).to_lowercase();
        let found = list.iter().find(|choice| {
            choice.label.to_lowercase() == wanted || choice.gives.to_lowercase() == wanted
        });
        match found {
            Some(choice) => Ok(Value::Text(choice.label.clone())),
            None => {
                let labels: Vec<&str> = list.iter().map(|choice| choice.label.as_str()).collect();
                let detail = format!("“{text}” is not one of {}", labels.join(", "));
                Err(self.refuse(What::ValueNotAllowed, detail))
            }
        }
    }

    fn refuse(&self, what: What, detail: impl Into<String>) -> Problem {
        Problem::new(what, self.label.clone(), detail)
    }
}

/// Most code points that make one character; more is an attack on the eye, not writing.
const CLUSTER_CHARS_MAX: usize = 16;

impl Letters {
    fn allow(self, cluster: &str) -> bool {
        let mut chars = cluster.chars();
        let Some(first) = chars.next() else {
            return true;
        };
        if CLUSTER_CHARS_MAX <= chars.clone().count() {
            return false;
        }
        let is_plain = chars.all(joins_a_letter);
        let is_joint = matches!(first, ' ' | '-' | '\'' | '’' | '.');
        match self {
            Letters::Letters => is_plain && (first.is_alphabetic() || is_joint),
            Letters::Digits => is_plain && first.is_ascii_digit(),
            Letters::LettersAndDigits => {
                is_plain && (first.is_alphabetic() || first.is_ascii_digit() || is_joint)
            }
            Letters::Any => true,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Letters::Letters => "letters, spaces, hyphens and apostrophes are",
            Letters::Digits => "digits are",
            Letters::LettersAndDigits => "letters and digits are",
            Letters::Any => "anything printable is",
        }
    }
}

/// Whether a code point may follow a letter within one character: accents, vowel signs, joiners.
///
/// Enclosing marks and the emoji selector are left out: they make a keycap of a digit.
fn joins_a_letter(c: char) -> bool {
    use unicode_normalization::char::is_combining_mark;
    let makes_emoji = matches!(c, '\u{20DD}'..='\u{20E4}' | '\u{FE0E}' | '\u{FE0F}');
    let is_joiner = matches!(c, '\u{200C}' | '\u{200D}');
    !makes_emoji && (c.is_alphabetic() || is_joiner || is_combining_mark(c))
}

impl Case {
    fn apply(self, text: &str, language: Option<&Language>) -> String {
        let language = language.cloned().unwrap_or_default();
        match self {
            Case::Keep => text.to_owned(),
            Case::Upper => language.upper(text),
            Case::Lower => language.lower(text),
            Case::Title => {
                text.split_word_bounds().map(|word| capitalise(word, &language)).collect()
            }
        }
    }
}

/// A capital first; words of mixed case (McDonald) keep the rest as it was given.
fn capitalise(word: &str, language: &Language) -> String {
    let is_shouted = !word.chars().skip(1).any(char::is_lowercase);
    language.title(word, is_shouted)
}

/// A text as it may be printed: NFC, line breaks as `\n`, no controls, no edge spaces (R75).
pub fn clean_text(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let unified = text.replace("\r\n", "\n");
    let kept = unified.chars().filter_map(|c| match c {
        '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\n' => Some('\n'),
        '\t' | '\u{A0}' => Some(' '),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => None,
        '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => None,
        '\u{FFFC}'..='\u{FFFF}' => None,
        c if c.is_control() => None,
        c => Some(c),
    });
    let composed: String = kept.nfc().collect();
    composed.trim().to_owned()
}

#[cfg(test)]
mod tests;
