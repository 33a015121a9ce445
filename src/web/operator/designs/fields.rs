//! The rules of a design's fields as a form, and what of it differs from the description.

use super::kinds::{code_rules, date_rules, fit_rules, number_rules, photo_rules, place_rules};
use crate::model::design::Design;
use crate::model::field::{Case, Choice, Field, FieldKind, Language, Letters, Required, Symbology};
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
const FINER: [&str; 15] = [
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
    REQUIRED_WHEN,
    "when",
];

/// The condition of `required`, which stands under that name in `design.toml`.
const REQUIRED_WHEN: &str = "required_when";

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
        match self.finer().iter().map(|rule| rule.name).find(|name| *name != REQUIRED_WHEN) {
            Some("when") | None => "Conditions",
            Some("look") => "Look and conditions",
            Some(_) => "Lines, place, size and conditions",
        }
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
    let mut rules = rules_of_all(field);
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
            rules.push(rule("language", "Language of capitals, such as tr", Input::Line, {
                text.language.as_ref().map(Language::tag).unwrap_or_default()
            }));
            rules.extend(fit_rules(&text.fit));
        }
        FieldKind::Number(numbers) => {
            kind = "number";
            rules.extend(number_rules(numbers));
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

/// What every kind of field has.
fn rules_of_all(field: &Field) -> Vec<RuleView> {
    let rule = |name, label, input, value: String| RuleView { name, label, value, input };
    vec![
        rule("label", "Label", Input::Line, field.label.clone()),
        rule("required", "Nothing is printed without it", Input::Switch, {
            switch(field.required == Required::Always)
        }),
        rule(REQUIRED_WHEN, "Needed only when, such as count(name) > 3", Input::Line, {
            match &field.required {
                Required::When(condition) => condition.to_string(),
                Required::Always | Required::Never => String::new(),
            }
        }),
        rule("when", "Asked only when, such as style = \"Round\"", Input::Line, {
            field.when.as_ref().map(ToString::to_string).unwrap_or_default()
        }),
    ]
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
                // Both inputs say what stands under one name.
                Ok(_) if ["required", REQUIRED_WHEN].contains(&new.name) => {
                    entries.retain(|(name, _)| *name != "required");
                    entries.push(("required", required(&after)));
                }
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

/// A condition counts before the switch.
fn required(field: &FieldRules) -> Entry {
    let value = |name: &str| {
        let rule = field.rules.iter().find(|rule| rule.name == name);
        rule.map_or("", |rule| rule.value.as_str())
    };
    match value(REQUIRED_WHEN) {
        "" => Entry::Switch(value("required") == "yes"),
        condition => Entry::Text(condition.to_owned()),
    }
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
