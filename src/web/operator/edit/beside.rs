//! What the customer gave, beside what is on the design: texts with their differences, and pictures.

use serde::Serialize;

use crate::model::design::Design;
use crate::model::field::{Field, FieldKind};
use crate::model::reading;
use crate::model::shop_order::{LineMeta, MetaSource};
use crate::model::value::{Value, Values};
use crate::model::word_diff::{self, Side};
use crate::web::operator::words::humane;
use crate::web::site::Site;

/// Everything that is shown beside the design.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Beside {
    /// One entry for each field that was given.
    pub rows: Vec<Row>,
    /// What was given besides: its name, and what stands there.
    pub rest: Vec<(String, String)>,
    /// What is to be looked at before it is finished.
    pub checks: Vec<String>,
}

/// One field.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What people read beside the field.
    pub label: String,
    /// Both texts in one row of words.
    pub parts: Vec<Part>,
    /// Whether both say the same.
    pub is_same: bool,
    /// The picture that was given; empty for texts.
    pub picture: String,
}

/// Words, and which of the two texts they stand in.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// The words.
    pub words: String,
    /// `both`, `given` or `design`.
    pub side: &'static str,
}

/// Compares values with what stood in the order; `first` are the values as they were ordered.
pub fn beside(
    site: &Site,
    design: &Design,
    values: &Values,
    meta: &[LineMeta],
    first: &Values,
) -> Beside {
    let mut beside = Beside::default();
    let mut matched = Vec::new();
    for field in &design.fields {
        let given = reading::given(field, meta).ok().flatten();
        let now = values.get(&field.key);
        if let FieldKind::Photo(_) = field.kind {
            let was = first.get(&field.key);
            matched.extend(given);
            let Some(Value::Photo(photo)) = was else { continue };
            let is_same = matches!(now, Some(Value::Photo(now)) if now.hash == photo.hash);
            beside.checks.push(match is_same {
                true => format!("{}: the right picture, and the right part of it", field.label),
                false => format!("{}: another picture than the customer’s", field.label),
            });
            beside.rows.push(Row {
                label: field.label.clone(),
                parts: Vec::new(),
                is_same,
                picture: site.links().picture(&photo.hash),
            });
            continue;
        }
        let text = now.and_then(Value::as_text).unwrap_or_default();
        // Words that were added by hand are compared with what was ordered first.
        let was = first.get(&field.key).and_then(Value::as_text);
        let Some(given) = given.or(was) else { continue };
        matched.push(given);
        // What is kept in one form and printed in another is compared as it is printed.
        let (given, text) = (as_printed(field, given), as_printed(field, text));
        let is_same = word_diff::is_same(&given, &text);
        beside.checks.push(check(&field.label, &field.kind, &text, is_same));
        let parts = word_diff::compare(&given, &text).into_iter().map(|part| Part {
            words: part.words,
            side: match part.side {
                Side::Both => "both",
                Side::First => "given",
                Side::Second => "design",
            },
        });
        let parts = parts.collect();
        let label = field.label.clone();
        beside.rows.push(Row { label, parts, is_same, picture: String::new() });
    }
    let rest = meta
        .iter()
        .filter(|row| row.source != MetaSource::Hidden && !matched.contains(&row.value.as_str()));
    beside.rest = rest.map(|row| (humane(&row.key), row.value.clone())).collect();
    beside
}

fn as_printed(field: &Field, words: &str) -> String {
    let is_read = matches!(field.kind, FieldKind::Date(_) | FieldKind::Coordinates(_));
    let read = is_read.then(|| field.accept(&Value::Text(words.to_owned()))).and_then(Result::ok);
    let kept = read.as_ref().and_then(Value::as_text);
    kept.map_or_else(|| words.to_owned(), |kept| field.printed(kept))
}

fn check(label: &str, kind: &FieldKind, text: &str, is_same: bool) -> String {
    let what = match kind {
        FieldKind::Text(_) | FieldKind::Number(_) => "spelt right",
        FieldKind::Choice(_) => "the right choice",
        FieldKind::Colour(_) => "the right colour",
        FieldKind::Photo(_) => "the right picture",
        FieldKind::Code(_) => "the right code",
        FieldKind::Date(_) => "the right date",
        FieldKind::Coordinates(_) => "the right place",
    };
    match is_same {
        true => format!("{label}: “{text}”, {what}"),
        false => format!("{label}: “{text}” is not what the customer wrote"),
    }
}
