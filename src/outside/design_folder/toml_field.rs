//! `[field.…]` in `design.toml`: what a field may be, and what may fill it.

use serde::Deserialize;

use super::toml_file::Reader;
use crate::model::field::fit::LINES_MAX;
use crate::model::field::{
    Across, Case, Choice, CodeRules, CoordinateRules, CoordinateStyle, Correction, DateOrder,
    DateRules, DateStyle, Down, Field, FieldKind, Fit, FitWay, Language, Letters, Look,
    NumberRules, Numerals, PhotoFit, PhotoRules, Required, Symbology, TextRules, Tone,
};

/// What is darker than this per cent of white is black where nothing else is said.
const THRESHOLD: u8 = 50;

/// `required`: yes, no, or a condition.
#[derive(Deserialize)]
#[serde(untagged)]
enum RequiredToml {
    Always(bool),
    When(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldToml {
    kind: String,
    label: String,
    #[serde(default)]
    from: Vec<String>,
    when: Option<String>,
    required: Option<RequiredToml>,
    default: Option<String>,
    letters: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    digits_max: Option<u32>,
    case: Option<String>,
    language: Option<String>,
    fit: Option<String>,
    min_pt: Option<f32>,
    max_pt: Option<f32>,
    lines: Option<u32>,
    line_height: Option<f32>,
    balance: Option<bool>,
    tighten: Option<f32>,
    align: Option<String>,
    valign: Option<String>,
    same_size: Option<String>,
    choices: Option<toml::Table>,
    warn_below_dpi: Option<u32>,
    refuse_below_dpi: Option<u32>,
    look: Option<String>,
    threshold: Option<u8>,
    brightness: Option<i8>,
    contrast: Option<i8>,
    correction: Option<String>,
    given: Option<String>,
    written: Option<String>,
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
            "photo" => self.photo(place, &field).map(FieldKind::Photo),
            "qr" | "code128" => self.code(place, &field).map(FieldKind::Code),
            "date" => self.date(place, &field).map(FieldKind::Date),
            "coordinates" => self.coordinates(place, &field).map(FieldKind::Coordinates),
            other => {
                let what = format!("kind = \"{other}\" is not known");
                self.fault(
                    place,
                    what,
                    "Known are text, number, choice, colour, photo, date, coordinates, qr and \
                            code128.",
                );
                None
            }
        };
        let mut from = field.from;
        if !from.contains(&field.label) {
            from.insert(0, field.label.clone());
        }
        let when = match &field.when {
            Some(when) => Some(self.condition(place, "when", when)?),
            None => None,
        };
        let required = match &field.required {
            None | Some(RequiredToml::Always(true)) => Required::Always,
            Some(RequiredToml::Always(false)) => Required::Never,
            Some(RequiredToml::When(text)) => {
                Required::When(self.condition(place, "required", text)?)
            }
        };
        let made = Field {
            key: key.to_owned(),
            label: field.label,
            from,
            when,
            required,
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
        let language = self.language(place, field);
        if max < min || max == 0 {
            self.fault(place, "no text has fewer than min and more than max", "Raise max.");
        }
        Some(FieldKind::Text(TextRules {
            letters: letters?,
            min,
            max,
            case: case?,
            language,
            fit: self.fit(place, field)?,
        }))
    }

    fn photo(&mut self, place: &str, field: &FieldToml) -> Option<PhotoRules> {
        let usual = PhotoRules::default();
        let fit = self.word(
            place,
            "fit",
            field.fit.as_deref().unwrap_or("cover"),
            &[
                ("cover", PhotoFit::Cover),
                ("contain", PhotoFit::Contain),
                ("stretch", PhotoFit::Stretch),
            ],
        );
        let threshold = field.threshold.unwrap_or(THRESHOLD);
        let look = self.word(
            place,
            "look",
            field.look.as_deref().unwrap_or("colour"),
            &[
                ("colour", Look::Colour),
                ("grey", Look::Grey),
                ("sepia", Look::Sepia),
                ("threshold", Look::Threshold(threshold)),
            ],
        );
        if !(1..=99).contains(&threshold) {
            let what = format!("threshold = {threshold} leaves all or nothing");
            self.fault(place, what, "Give 1 to 99, in per cent of white.");
        }
        let (brightness, contrast) = (field.brightness.unwrap_or(0), field.contrast.unwrap_or(0));
        for (key, number) in [("brightness", brightness), ("contrast", contrast)] {
            if !(-100..=100).contains(&number) {
                let what = format!("{key} = {number} cannot be drawn");
                self.fault(place, what, "Give -100 to 100, in per cent.");
            }
        }
        Some(PhotoRules {
            warn_below_dpi: field.warn_below_dpi.unwrap_or(usual.warn_below_dpi),
            refuse_below_dpi: field.refuse_below_dpi.unwrap_or(usual.refuse_below_dpi),
            fit: fit?,
            tone: Tone { brightness, contrast, look: look? },
        })
    }

    fn language(&mut self, place: &str, field: &FieldToml) -> Option<Language> {
        let tag = field.language.as_deref()?;
        let language = Language::parse(tag);
        if language.is_none() {
            let what = format!("language = \"{tag}\" is no language");
            self.fault(place, what, "Give its tag, for example \"tr\" or \"pt-BR\".");
        }
        language
    }

    fn date(&mut self, place: &str, field: &FieldToml) -> Option<DateRules> {
        let order = self.word(
            place,
            "given",
            field.given.as_deref().unwrap_or("dmy"),
            &[("dmy", DateOrder::DayFirst), ("mdy", DateOrder::MonthFirst)],
        );
        let style = match field.written.as_deref().unwrap_or("long") {
            "long" => DateStyle::Long,
            "medium" => DateStyle::Medium,
            "short" => DateStyle::Short,
            "roman" => DateStyle::Roman,
            pattern if pattern.contains(['D', 'M', 'Y']) => DateStyle::Pattern(pattern.to_owned()),
            other => {
                let cure = "Known are long, medium, short, roman, and patterns like DD.MM.YYYY.";
                self.fault(place, format!("written = \"{other}\" is not known"), cure);
                return None;
            }
        };
        let language = self.language(place, field);
        Some(DateRules { order: order?, style, language, fit: self.fit(place, field)? })
    }

    fn coordinates(&mut self, place: &str, field: &FieldToml) -> Option<CoordinateRules> {
        let style = self.word(
            place,
            "written",
            field.written.as_deref().unwrap_or("degrees"),
            &[("degrees", CoordinateStyle::Degrees), ("decimal", CoordinateStyle::Decimal)],
        );
        Some(CoordinateRules { style: style?, fit: self.fit(place, field)? })
    }

    fn code(&mut self, place: &str, field: &FieldToml) -> Option<CodeRules> {
        let correction = self.word(
            place,
            "correction",
            field.correction.as_deref().unwrap_or("medium"),
            &[
                ("low", Correction::Low),
                ("medium", Correction::Medium),
                ("quartile", Correction::Quartile),
                ("high", Correction::High),
            ],
        );
        let symbology = match field.kind.as_str() {
            "qr" => Symbology::Qr(correction?),
            _ => Symbology::Code128,
        };
        let max = field.max.map_or(Ok(symbology.usual_max()), u32::try_from);
        match max {
            Ok(max @ 1..=2_000) => Some(CodeRules { symbology, max }),
            Ok(_) | Err(_) => {
                self.fault(place, "no code has so many characters", "Give max from 1 to 2000.");
                None
            }
        }
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
            numerals: self.word(
                place,
                "written",
                field.written.as_deref().unwrap_or("digits"),
                &[("digits", Numerals::Digits), ("roman", Numerals::Roman)],
            )?,
            fit: self.fit(place, field)?,
        }))
    }

    fn fit(&mut self, place: &str, field: &FieldToml) -> Option<Fit> {
        let way = self.word(
            place,
            "fit",
            field.fit.as_deref().unwrap_or("shrink"),
            &[
                ("shrink", FitWay::Shrink),
                ("wrap", FitWay::Wrap),
                ("grow", FitWay::Grow),
                ("keep", FitWay::Keep),
            ],
        );
        let across = field.align.as_deref().map(|word| {
            self.word(
                place,
                "align",
                word,
                &[("left", Across::Left), ("centre", Across::Centre), ("right", Across::Right)],
            )
        });
        let down = field.valign.as_deref().map(|word| {
            self.word(
                place,
                "valign",
                word,
                &[("top", Down::Top), ("middle", Down::Middle), ("bottom", Down::Bottom)],
            )
        });
        let usual = Fit::new(way?);
        let fit = Fit {
            min_pt: field.min_pt.unwrap_or(usual.min_pt),
            max_pt: field.max_pt,
            lines_max: field.lines.unwrap_or(usual.lines_max),
            line_height: field.line_height.unwrap_or(usual.line_height),
            is_balanced: field.balance.unwrap_or(usual.is_balanced),
            tighten: field.tighten.unwrap_or(usual.tighten),
            across: across.flatten(),
            down: down.flatten(),
            same_size: field.same_size.clone().filter(|word| !word.trim().is_empty()),
            ..usual
        };
        let is_size = |pt: f32| pt.is_finite() && 0.0 < pt && pt <= 5_000.0;
        if !is_size(fit.min_pt) || fit.max_pt.is_some_and(|max| !is_size(max) || max < fit.min_pt) {
            let what = "no text is at least min_pt and at most max_pt large";
            self.fault(place, what, "Give sizes in points, max_pt above min_pt.");
        }
        if fit.lines_max == 0 || LINES_MAX < fit.lines_max {
            let what = format!("lines = {} cannot be printed", fit.lines_max);
            self.fault(place, what, format!("Give 1 to {LINES_MAX}."));
        }
        if !(0.5..=4.0).contains(&fit.line_height) {
            let what = format!("line_height = {} cannot be read", fit.line_height);
            self.fault(place, what, "It counts in sizes of the letters; usual is 1.0 to 1.5.");
        }
        if !(0.0..=0.2).contains(&fit.tighten) {
            let what = format!("tighten = {} cannot be read", fit.tighten);
            self.fault(place, what, "It counts in sizes of the letters; usual is 0.02 to 0.08.");
        }
        Some(fit)
    }

    /// One of the words that are known here.
    fn word<T: Copy>(
        &mut self,
        place: &str,
        key: &str,
        word: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == word).map(|(_, one)| *one);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let cure = format!("Known are {}.", names.join(", "));
            self.fault(place, format!("{key} = \"{word}\" is not known"), cure);
        }
        found
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
