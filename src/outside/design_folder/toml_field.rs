//! `[field.…]` in `design.toml`: what a field may be, and what may fill it.

use serde::Deserialize;

use super::toml_file::Reader;
use crate::model::field::{
    Case, Choice, Field, FieldKind, Fit, Letters, NumberRules, PhotoRules, TextRules,
};

/// Smallest size of a shrunk text where none is given, in points.
const MIN_PT: f32 = 6.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldToml {
    kind: String,
    label: String,
    #[serde(default)]
    from: Vec<String>,
    required: Option<bool>,
    default: Option<String>,
    letters: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    digits_max: Option<u32>,
    case: Option<String>,
    fit: Option<String>,
    min_pt: Option<f32>,
    choices: Option<toml::Table>,
    warn_below_dpi: Option<u32>,
    refuse_below_dpi: Option<u32>,
}

impl Reader {
    /// One field, with everything its kind allows.
    pub(super) fn field(&mut self, place: &str, key: &str, value: toml::Value) -> Option<Field> {
        let mut field: FieldToml = self.parsed(place, value)?;
        let kind = match field.kind.as_str() {
            "text" => self.text(place, &field),
            "number" => self.number(place, &field),
            "choice" => self.choices(place, field.choices.take(), is_id).map(FieldKind::Choice),
            "colour" => self.choices(place, field.choices.take(), is_colour).map(FieldKind::Colour),
            "photo" => Some(FieldKind::Photo(PhotoRules {
                warn_below_dpi: field.warn_below_dpi.unwrap_or(150),
                refuse_below_dpi: field.refuse_below_dpi.unwrap_or(100),
            })),
            other => {
                let what = format!("kind = \"{other}\" is not known");
                self.fault(place, what, "Known are text, number, choice, colour and photo.");
                None
            }
        };
        let mut from = field.from;
        if !from.contains(&field.label) {
            from.insert(0, field.label.clone());
        }
        let made = Field {
            key: key.to_owned(),
            label: field.label,
            from,
            required: field.required.unwrap_or(true),
            default: field.default,
            kind: kind?,
        };
        if let Some(default) = &made.default
            && let Err(problem) = made.accept(&crate::model::value::Value::Text(default.clone()))
        {
            let what = format!("its default is not allowed by itself ({})", problem.detail);
            self.fault(place, what, "Correct the default or the rules.");
        }
        Some(made)
    }

    fn text(&mut self, place: &str, field: &FieldToml) -> Option<FieldKind> {
        let letters = match field.letters.as_deref().unwrap_or("any") {
            "letters" => Some(Letters::Letters),
            "digits" => Some(Letters::Digits),
            "letters_and_digits" => Some(Letters::LettersAndDigits),
            "any" => Some(Letters::Any),
            other => {
                let cure = "Known are letters, digits, letters_and_digits and any.";
                self.fault(place, format!("letters = \"{other}\" is not known"), cure);
                None
            }
        };
        let case = match field.case.as_deref().unwrap_or("keep") {
            "keep" => Some(Case::Keep),
            "upper" => Some(Case::Upper),
            "lower" => Some(Case::Lower),
            "title" => Some(Case::Title),
            other => {
                let cure = "Known are keep, upper, lower and title.";
                self.fault(place, format!("case = \"{other}\" is not known"), cure);
                None
            }
        };
        let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(100));
        let (Ok(min), Ok(max)) = (u32::try_from(min), u32::try_from(max)) else {
            self.fault(place, "min and max count characters", "Give whole numbers from 0.");
            return None;
        };
        if max < min || max == 0 {
            self.fault(place, "no text has fewer than min and more than max", "Raise max.");
        }
        Some(FieldKind::Text(TextRules {
            letters: letters?,
            min,
            max,
            case: case?,
            fit: self.fit(place, field)?,
        }))
    }

    fn number(&mut self, place: &str, field: &FieldToml) -> Option<FieldKind> {
        let most = field.max.unwrap_or(999_999);
        let digits_max = field.digits_max.unwrap_or(most.max(0).to_string().len() as u32);
        if field.min.is_some_and(|min| min < 0 || most < min) {
            self.fault(place, "no number is between min and max", "Give min below max, from 0.");
        }
        Some(FieldKind::Number(NumberRules {
            min: field.min,
            max: field.max,
            digits_max,
            fit: self.fit(place, field)?,
        }))
    }

    fn fit(&mut self, place: &str, field: &FieldToml) -> Option<Fit> {
        match field.fit.as_deref().unwrap_or("shrink") {
            "keep" => Some(Fit::Keep),
            "shrink" => Some(Fit::Shrink { min_pt: field.min_pt.unwrap_or(MIN_PT) }),
            other => {
                let what = format!("fit = \"{other}\" is not known");
                self.fault(place, what, "Known are keep and shrink.");
                None
            }
        }
    }

    fn choices(
        &mut self,
        place: &str,
        table: Option<toml::Table>,
        is_right: fn(&str) -> bool,
    ) -> Option<Vec<Choice>> {
        let cure = "Write for example: choices = { White = \"#ffffff\" }, or an id for a choice.";
        let table = table.unwrap_or_default();
        if table.is_empty() {
            self.fault(place, "it has no choices", cure);
            return None;
        }
        let mut list = Vec::new();
        for (label, gives) in table {
            match gives {
                toml::Value::String(gives) if is_right(&gives) => {
                    list.push(Choice { label, gives });
                }
                other => {
                    let what = format!("“{label}” gives {other}, which cannot be drawn");
                    self.fault(place, what, cure);
                }
            }
        }
        Some(list)
    }
}

fn is_colour(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_whitespace)
}
