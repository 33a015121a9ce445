//! The rules of a design's fields as a form, and what of it differs from the description.

use crate::model::design::Design;
use crate::model::field::{
    Across, Case, Choice, CodeRules, CoordinateRules, CoordinateStyle, Correction, DateOrder,
    DateRules, DateStyle, Down, Field, FieldKind, Fit, FitWay, Language, Letters, Look, Numerals,
    PhotoFit, PhotoRules, Symbology,
};
use crate::outside::design_folder::Fault;
use crate::outside::design_folder::change::{Entry, FieldChange};
use crate::web::form::Form;

/// The rules of one field.
pub struct FieldRules {
    /// Its key.
    pub key: String,
    /// What people read beside it.
    pub label: String,
    /// `text`, `photo` and so on, in words.
    pub kind: &'static str,
    /// Everything that can be set.
    pub rules: Vec<RuleView>,
}

/// One thing that can be set.
pub struct RuleView {
    /// Its name in `design.toml`.
    pub name: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// What stands in it; `yes` or nothing for a switch.
    pub value: String,
    /// How it is entered.
    pub input: Input,
}

/// Rules that few texts need: they are folded away until one of them says something.
const FINER: [&str; 13] = [
    "language",
    "max_pt",
    "lines",
    "line_height",
    "balance",
    "tighten",
    "align",
    "valign",
    "same_size",
    "look",
    "threshold",
    "brightness",
    "contrast",
];

impl FieldRules {
    /// What most fields need.
    pub fn usual(&self) -> impl Iterator<Item = &RuleView> {
        self.rules.iter().filter(|rule| !FINER.contains(&rule.name))
    }

    /// What few need.
    pub fn finer(&self) -> Vec<&RuleView> {
        self.rules.iter().filter(|rule| FINER.contains(&rule.name)).collect()
    }

    /// What the finer rules are about.
    pub fn finer_words(&self) -> &'static str {
        if self.kind == "photo" { "Look" } else { "Lines, place and size" }
    }

    /// Whether any of the finer rules says something.
    pub fn is_fine(&self) -> bool {
        let says = |rule: &&RuleView| !["", "yes", "colour"].contains(&rule.value.as_str());
        self.finer().iter().any(says)
    }
}

/// How a rule is entered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input {
    /// One line.
    Line,
    /// A whole number; nothing means what `design.toml` says if it says nothing.
    Whole,
    /// A number.
    Number,
    /// One of these words.
    Select(&'static [(&'static str, &'static str)]),
    /// One in each line.
    Lines,
    /// `label = what it gives`, one in each line.
    Choices,
    /// Yes or no.
    Switch,
}

const LETTERS: &[(&str, &str)] = &[
    ("any", "anything printable"),
    ("letters", "letters"),
    ("digits", "digits"),
    ("letters_and_digits", "letters and digits"),
];
const CASES: &[(&str, &str)] = &[
    ("keep", "as given"),
    ("upper", "all capitals"),
    ("lower", "no capitals"),
    ("title", "a capital at each word"),
];
const FITS: &[(&str, &str)] = &[
    ("shrink", "made smaller where it is too wide"),
    ("wrap", "in more lines, then smaller"),
    ("grow", "as large as its place"),
    ("keep", "stays; too wide is a problem"),
];
const BALANCES: &[(&str, &str)] =
    &[("yes", "alike in width"), ("no", "each takes as many words as go in")];
const ORDERS: &[(&str, &str)] = &[("dmy", "day first"), ("mdy", "month first")];
const NUMERALS: &[(&str, &str)] = &[("digits", "in digits"), ("roman", "in Roman numerals")];
const PLACES: &[(&str, &str)] =
    &[("degrees", "in degrees, minutes and seconds"), ("decimal", "in decimal degrees")];
const CORRECTIONS: &[(&str, &str)] =
    &[("low", "7 %"), ("medium", "15 %"), ("quartile", "25 %"), ("high", "30 %")];
const PHOTO_FITS: &[(&str, &str)] = &[
    ("cover", "fills it, cut to its shape"),
    ("contain", "all of it is seen"),
    ("stretch", "stretched to its shape"),
];
const LOOKS: &[(&str, &str)] = &[
    ("colour", "in colour"),
    ("grey", "black and white"),
    ("sepia", "sepia"),
    ("threshold", "black alone, for engraving"),
];
const ALIGNS: &[(&str, &str)] =
    &[("", "as drawn"), ("left", "left"), ("centre", "in the middle"), ("right", "right")];
const VALIGNS: &[(&str, &str)] =
    &[("", "as drawn"), ("top", "top"), ("middle", "in the middle"), ("bottom", "bottom")];

/// The rules of every field, as they are.
pub fn rules(design: &Design) -> Vec<FieldRules> {
    design.fields.iter().map(rules_of).collect()
}

/// The same, with what was typed.
pub fn typed(design: &Design, form: &Form) -> Vec<FieldRules> {
    let mut all = rules(design);
    for field in &mut all {
        let is_sent = form.sent(&format!("field.{}.label", field.key)).is_some();
        for rule in field.rules.iter_mut().filter(|_| is_sent) {
            rule.value = sent(&field.key, rule, form);
        }
    }
    all
}

fn sent(key: &str, rule: &RuleView, form: &Form) -> String {
    let text = form.sent(&format!("field.{key}.{}", rule.name));
    match rule.input {
        Input::Switch => text.map_or("", |_| "yes").to_owned(),
        Input::Lines | Input::Choices | Input::Line | Input::Whole | Input::Number => {
            // What a form does not have is not changed by it.
            text.unwrap_or(&rule.value).replace("\r\n", "\n").trim().to_owned()
        }
        Input::Select(_) => text.unwrap_or(&rule.value).to_owned(),
    }
}

fn rules_of(field: &Field) -> FieldRules {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let mut rules = vec![
        rule("label", "Label", Input::Line, field.label.clone()),
        rule("required", "Nothing is printed without it", Input::Switch, switch(field.required)),
    ];
    let number = |number: Option<String>| number.unwrap_or_default();
    let kind;
    match &field.kind {
        FieldKind::Text(text) => {
            kind = "text";
            rules.extend([
                rule("letters", "Letters", Input::Select(LETTERS), letters(text.letters).into()),
                rule("min", "Fewest characters", Input::Whole, text.min.to_string()),
                rule("max", "Most characters", Input::Whole, text.max.to_string()),
                rule("case", "Written", Input::Select(CASES), case(text.case).into()),
            ]);
            rules.push(rule("language", "Language of capitals", Input::Line, {
                text.language.as_ref().map(Language::tag).unwrap_or_default()
            }));
            rules.extend(fit_rules(&text.fit));
        }
        FieldKind::Number(numbers) => {
            kind = "number";
            let text = |number: Option<i64>| number.map(|number| number.to_string());
            rules.extend([
                rule("min", "Lowest", Input::Whole, number(text(numbers.min))),
                rule("max", "Highest", Input::Whole, number(text(numbers.max))),
                rule("digits_max", "Most digits", Input::Whole, numbers.digits_max.to_string()),
                rule("written", "Printed", Input::Select(NUMERALS), {
                    match numbers.numerals {
                        Numerals::Digits => "digits",
                        Numerals::Roman => "roman",
                    }
                    .to_owned()
                }),
            ]);
            rules.extend(fit_rules(&numbers.fit));
        }
        FieldKind::Choice(list) => {
            kind = "choice";
            rules.push(rule("choices", "Choices: label = element", Input::Choices, lines(list)));
        }
        FieldKind::Colour(list) => {
            kind = "colour";
            rules.push(rule("choices", "Colours: label = #rrggbb", Input::Choices, lines(list)));
        }
        FieldKind::Date(date) => {
            kind = "date";
            rules.extend(date_rules(date));
        }
        FieldKind::Coordinates(place) => {
            kind = "place on earth";
            rules.extend(place_rules(place));
        }
        FieldKind::Code(code) => {
            kind = match code.symbology {
                Symbology::Qr(_) => "QR code",
                Symbology::Code128 => "bars (Code 128)",
            };
            rules.extend(code_rules(code));
        }
        FieldKind::Photo(photo) => {
            kind = "photo";
            rules.extend(photo_rules(photo));
        }
    }
    if !matches!(field.kind, FieldKind::Photo(_)) {
        let default = field.default.clone().unwrap_or_default();
        rules.push(rule("default", "If nothing was given", Input::Line, default));
    }
    let from: Vec<&str> = field.from.iter().map(String::as_str).collect();
    let from: Vec<&str> = from.into_iter().filter(|name| *name != field.label).collect();
    rules.push(rule("from", "Names in an order’s line", Input::Lines, from.join("\n")));
    FieldRules { key: field.key.clone(), label: field.label.clone(), kind, rules }
}

fn fit_rules(fit: &Fit) -> Vec<RuleView> {
    let usual = Fit::new(fit.way);
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let other = |number: f32, usual: f32| match number == usual {
        true => String::new(),
        false => number.to_string(),
    };
    let way = match fit.way {
        FitWay::Shrink => "shrink",
        FitWay::Wrap => "wrap",
        FitWay::Grow => "grow",
        FitWay::Keep => "keep",
    };
    let across = match fit.across {
        None => "",
        Some(Across::Left) => "left",
        Some(Across::Centre) => "centre",
        Some(Across::Right) => "right",
    };
    let down = match fit.down {
        None => "",
        Some(Down::Top) => "top",
        Some(Down::Middle) => "middle",
        Some(Down::Bottom) => "bottom",
    };
    let lines = match fit.lines_max == usual.lines_max {
        true => String::new(),
        false => fit.lines_max.to_string(),
    };
    let balance = if fit.is_balanced { "yes" } else { "no" };
    let min_pt = match fit.way {
        FitWay::Keep => String::new(),
        FitWay::Shrink | FitWay::Wrap | FitWay::Grow => fit.min_pt.to_string(),
    };
    let max_pt = fit.max_pt.map_or(String::new(), |max| max.to_string());
    vec![
        rule("fit", "Fit", Input::Select(FITS), way.into()),
        rule("min_pt", "Smallest size in points", Input::Number, min_pt),
        rule("max_pt", "Largest size in points", Input::Number, max_pt),
        rule("lines", "Most lines", Input::Whole, lines),
        rule(
            "line_height",
            "Line height",
            Input::Number,
            other(fit.line_height, usual.line_height),
        ),
        rule("balance", "Lines", Input::Select(BALANCES), balance.into()),
        rule("tighten", "Letters closer by, at most", Input::Number, other(fit.tighten, 0.0)),
        rule("align", "Across its box", Input::Select(ALIGNS), across.into()),
        rule("valign", "Down its box", Input::Select(VALIGNS), down.into()),
        rule("same_size", "Same size as others with", Input::Line, {
            fit.same_size.clone().unwrap_or_default()
        }),
    ]
}

fn code_rules(code: &CodeRules) -> Vec<RuleView> {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let mut rules = vec![rule("max", "Most characters", Input::Whole, code.max.to_string())];
    if let Symbology::Qr(level) = code.symbology {
        let word = correction(level).to_owned();
        rules.push(rule("correction", "May be covered or worn", Input::Select(CORRECTIONS), word));
    }
    rules
}

fn date_rules(date: &DateRules) -> Vec<RuleView> {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let (given, written) = date_words(date);
    let tag = date.language.as_ref().map(Language::tag).unwrap_or_default();
    let mut rules = vec![
        rule("given", "A date of numbers is read", Input::Select(ORDERS), given),
        rule("written", "Printed", Input::Line, written),
        rule("language", "Language", Input::Line, tag),
    ];
    rules.extend(fit_rules(&date.fit));
    rules
}

fn place_rules(place: &CoordinateRules) -> Vec<RuleView> {
    let word = match place.style {
        CoordinateStyle::Degrees => "degrees",
        CoordinateStyle::Decimal => "decimal",
    };
    let mut rules = vec![RuleView {
        name: "written",
        label: "Printed",
        value: word.to_owned(),
        input: Input::Select(PLACES),
    }];
    rules.extend(fit_rules(&place.fit));
    rules
}

fn date_words(date: &DateRules) -> (String, String) {
    let given = match date.order {
        DateOrder::DayFirst => "dmy",
        DateOrder::MonthFirst => "mdy",
    };
    let written = match &date.style {
        DateStyle::Long => "long",
        DateStyle::Medium => "medium",
        DateStyle::Short => "short",
        DateStyle::Roman => "roman",
        DateStyle::Pattern(pattern) => pattern,
    };
    (given.to_owned(), written.to_owned())
}

fn photo_rules(photo: &PhotoRules) -> [RuleView; 7] {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    let (warn, refuse) = (photo.warn_below_dpi, photo.refuse_below_dpi);
    [
        rule("warn_below_dpi", "Doubtful below, dpi", Input::Whole, warn.to_string()),
        rule("refuse_below_dpi", "Refused below, dpi", Input::Whole, refuse.to_string()),
        rule("fit", "In its frame", Input::Select(PHOTO_FITS), photo_fit(photo.fit).into()),
        rule("look", "Look", Input::Select(LOOKS), look(photo.tone.look).into()),
        rule("threshold", "Black below, % of white", Input::Whole, threshold(photo)),
        rule("brightness", "Brightness, %", Input::Whole, signed(photo.tone.brightness)),
        rule("contrast", "Contrast, %", Input::Whole, signed(photo.tone.contrast)),
    ]
}

fn correction(level: Correction) -> &'static str {
    match level {
        Correction::Low => "low",
        Correction::Medium => "medium",
        Correction::Quartile => "quartile",
        Correction::High => "high",
    }
}

fn photo_fit(fit: PhotoFit) -> &'static str {
    match fit {
        PhotoFit::Cover => "cover",
        PhotoFit::Contain => "contain",
        PhotoFit::Stretch => "stretch",
    }
}

fn look(look: Look) -> &'static str {
    match look {
        Look::Colour => "colour",
        Look::Grey => "grey",
        Look::Sepia => "sepia",
        Look::Threshold(_) => "threshold",
    }
}

fn threshold(photo: &PhotoRules) -> String {
    match photo.tone.look {
        Look::Threshold(per_cent) => per_cent.to_string(),
        Look::Colour | Look::Grey | Look::Sepia => String::new(),
    }
}

fn signed(number: i8) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn switch(is_on: bool) -> String {
    if is_on { "yes".to_owned() } else { String::new() }
}

fn lines(list: &[Choice]) -> String {
    let lines: Vec<String> =
        list.iter().map(|choice| format!("{} = {}", choice.label, choice.gives)).collect();
    lines.join("\n")
}

fn letters(letters: Letters) -> &'static str {
    match letters {
        Letters::Any => "any",
        Letters::Letters => "letters",
        Letters::Digits => "digits",
        Letters::LettersAndDigits => "letters_and_digits",
    }
}

fn case(case: Case) -> &'static str {
    match case {
        Case::Keep => "keep",
        Case::Upper => "upper",
        Case::Lower => "lower",
        Case::Title => "title",
    }
}

/// What of the form differs from the design; what cannot be read comes back as faults.
pub fn changes(design: &Design, form: &Form) -> Result<Vec<FieldChange>, Vec<Fault>> {
    let (mut changes, mut faults) = (Vec::new(), Vec::new());
    for (before, after) in rules(design).into_iter().zip(typed(design, form)) {
        let mut entries = Vec::new();
        for (old, new) in before.rules.iter().zip(&after.rules) {
            if old.value == new.value {
                continue;
            }
            match entry(new) {
                Ok(entry) => entries.push((new.name, entry)),
                Err(what) => {
                    let place = format!("[field.{}]", after.key);
                    let what = format!("{}: {what}", new.label);
                    faults.push(Fault::new(place, what, "Correct it; nothing was changed."));
                }
            }
        }
        if !entries.is_empty() {
            changes.push(FieldChange { key: after.key, entries });
        }
    }
    if faults.is_empty() { Ok(changes) } else { Err(faults) }
}

fn entry(rule: &RuleView) -> Result<Entry, String> {
    let text = rule.value.as_str();
    let no_number = || format!("“{text}” is no number");
    Ok(match rule.input {
        Input::Switch => Entry::Switch(text == "yes"),
        Input::Line if text.is_empty() && rule.name == "label" => {
            return Err("a field needs a label".to_owned());
        }
        _ if text.is_empty() => Entry::Default,
        Input::Select(_) if rule.name == "balance" => Entry::Switch(text == "yes"),
        Input::Line | Input::Select(_) => Entry::Text(text.to_owned()),
        Input::Whole => Entry::Whole(text.parse().map_err(|_| no_number())?),
        Input::Number => {
            let number: f64 = text.replace(',', ".").parse().map_err(|_| no_number())?;
            match number.is_finite() && 0.0 <= number {
                true => Entry::Number(number),
                false => return Err(no_number()),
            }
        }
        Input::Lines => Entry::List(rows(text).map(str::to_owned).collect()),
        Input::Choices => {
            let mut choices: Vec<(String, String)> = Vec::new();
            for row in rows(text) {
                let (label, gives) = row
                    .split_once('=')
                    .ok_or_else(|| format!("“{row}” says nothing after the label"))?;
                let (label, gives) = (label.trim().to_owned(), gives.trim().to_owned());
                if choices.iter().any(|(known, _)| *known == label) {
                    return Err(format!("“{label}” stands there twice"));
                }
                choices.push((label, gives));
            }
            Entry::Choices(choices)
        }
    })
}

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|row| !row.is_empty())
}
