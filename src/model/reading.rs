//! How a shop's order is read: is it to be made, what does each line hold, what is odd about it.

use std::collections::BTreeMap;

use super::design::Design;
use super::field::{Field, FieldKind};
use super::order::Order;
use super::problem::{Problem, What};
use super::product::{self, Made, Product};
use super::shop_order::{LineMeta, ShopLine, ShopOrder};
use super::value::{Value, Values};

/// What an order of the shop means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Paid: to be made.
    Payable,
    /// It may still be paid.
    Unpaid,
    /// Cancelled, refunded, failed or in the bin.
    Off,
    /// The shop is done with it.
    Completed,
    /// A status that nobody has explained.
    Unknown,
    /// A half-filled cart.
    Draft,
}

/// Whether the shop's word says that the order is not to be made.
pub fn is_off(status: &str) -> bool {
    matches!(status, "cancelled" | "refunded" | "failed" | "trash")
}

/// Reads status and payment. Paid means a payment date and a paid status; on delivery the status
/// alone counts.
pub fn standing(told: &ShopOrder, paid_statuses: &[String], on_delivery: &[String]) -> Standing {
    let is_paid_status = paid_statuses.contains(&told.status);
    let is_on_delivery = on_delivery.contains(&told.payment_method);
    match told.status.as_str() {
        "auto-draft" | "checkout-draft" => Standing::Draft,
        status if is_off(status) => Standing::Off,
        _ if is_paid_status && (told.paid_at.is_some() || is_on_delivery) => Standing::Payable,
        _ if is_paid_status => Standing::Unpaid,
        "pending" | "on-hold" => Standing::Unpaid,
        "completed" => Standing::Completed,
        _ => Standing::Unknown,
    }
}

/// Whether a status that nobody has explained comes after the sale: everything that was bought was made
/// and sent, and it is still paid. Then the status takes nothing back.
pub fn is_after_the_sale(stored: &Order, told: &ShopOrder) -> bool {
    stored.is_made() && told.paid_at.is_some()
}

/// What the product map says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped<'map> {
    /// It is printed like this.
    Here(&'map product::Recipe),
    /// It needs no print.
    Elsewhere,
    /// Nobody has said.
    Unmapped,
}

/// What the product map says of a line.
pub fn mapped<'map>(map: &'map [Product], line: &ShopLine) -> Mapped<'map> {
    match product::find(map, line.sold()).map(|row| &row.made) {
        Some(Made::Here(recipe)) => Mapped::Here(recipe),
        Some(Made::Elsewhere) => Mapped::Elsewhere,
        None => Mapped::Unmapped,
    }
}

/// What stands in a line for the fields of its design.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Read {
    /// Texts, as far as they were given and are allowed.
    pub values: Values,
    /// Photos that are still to be fetched: field and address.
    pub photos: BTreeMap<String, String>,
    /// Fields that are required and not given.
    pub missing: Vec<String>,
    /// What is wrong with what was given.
    pub problems: Vec<Problem>,
}

impl Read {
    /// Whether these values hold exactly the texts that were read.
    pub fn has_texts_of(&self, values: &Values) -> bool {
        let is_text = |(_, value): &(&String, &Value)| matches!(value, Value::Text(_));
        values.iter().filter(is_text).eq(&self.values)
    }
}

/// Finds the values of a design's fields in what the customer gave, under the circumstances of the
/// order that the design asks for, which are among the values then.
pub fn values(design: &Design, meta: &[LineMeta], circumstances: Values) -> Read {
    let mut read = Read { values: circumstances, ..Read::default() };
    // A photo that is still to be fetched is there for every condition.
    let mut known = read.values.clone();
    for field in &design.fields {
        if !field.is_asked(&known) {
            continue;
        }
        let given = match given(field, meta) {
            Ok(given) => given,
            Err(problem) => {
                read.problems.push(problem);
                continue;
            }
        };
        let text = given.map(str::to_owned).or_else(|| field.default.clone());
        match (&field.kind, text.filter(|text| !text.trim().is_empty())) {
            (_, None) => read.missing.push(field.key.clone()),
            (FieldKind::Photo(_), Some(text)) => match address(&text) {
                Some(url) => {
                    known.insert(field.key.clone(), Value::Text(url.clone()));
                    read.photos.insert(field.key.clone(), url);
                }
                None => read.problems.push(Problem::new(
                    What::PhotoUnreachable,
                    field.label.clone(),
                    format!("“{text}” is no address"),
                )),
            },
            (_, Some(text)) => match field.accept(&Value::Text(text.clone())) {
                Ok(value) => {
                    known.insert(field.key.clone(), value.clone());
                    read.values.insert(field.key.clone(), value);
                }
                Err(problem) => {
                    // What was given is kept, so that people see it and can correct it.
                    known.insert(field.key.clone(), Value::Text(text.clone()));
                    read.values.insert(field.key.clone(), Value::Text(text));
                    read.problems.push(problem);
                }
            },
        }
    }
    let is_required = |key: &String| design.field(key).is_some_and(|one| one.is_required(&known));
    read.missing.retain(is_required);
    read
}

/// What a row of a line is for a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Its value is the field's.
    Taken,
    /// It says the same as the one that is taken.
    Same,
    /// It says something else, and another place is believed before it.
    Outweighed,
    /// It says something else in the same place: nothing is taken.
    Conflict,
}

/// The rows that are about a field, the believed one first, and what each of them is for it.
pub fn weigh<'meta>(field: &Field, meta: &'meta [LineMeta]) -> Vec<(&'meta LineMeta, Weight)> {
    let found = rows_of(field, meta);
    let Some(first) = found.first().copied() else { return Vec::new() };
    let is_rival =
        |row: &&LineMeta| row.source == first.source && row.value.trim() != first.value.trim();
    let is_contested = found.iter().any(is_rival);
    let weight = |(place, row): (usize, &'meta LineMeta)| {
        let weight = match (row.source == first.source, row.value.trim() == first.value.trim()) {
            (true, _) if is_contested => Weight::Conflict,
            _ if place == 0 => Weight::Taken,
            (_, true) => Weight::Same,
            (_, false) => Weight::Outweighed,
        };
        (row, weight)
    };
    found.into_iter().enumerate().map(weight).collect()
}

/// The rows that a field's names are written on; rows of a known plugin come before what people see.
fn rows_of<'meta>(field: &Field, meta: &'meta [LineMeta]) -> Vec<&'meta LineMeta> {
    let names: Vec<String> =
        field.from.iter().chain([&field.label, &field.key]).map(|name| plain(name)).collect();
    let mut found: Vec<&LineMeta> =
        meta.iter().filter(|row| names.contains(&plain(&row.key))).collect();
    found.sort_by_key(|row| row.source);
    found
}

/// The one value given for a field; rows of a known plugin are believed before what people see.
pub fn given<'meta>(field: &Field, meta: &'meta [LineMeta]) -> Result<Option<&'meta str>, Problem> {
    let found = rows_of(field, meta);
    let Some(first) = found.first() else {
        return Ok(None);
    };
    let rival = found
        .iter()
        .find(|row| row.source == first.source && row.value.trim() != first.value.trim());
    match rival {
        Some(rival) => Err(Problem::new(
            What::ValuesConflict,
            field.label.clone(),
            format!("“{}” and “{}”", first.value, rival.value),
        )),
        None => Ok(Some(&first.value)),
    }
}

/// A name without case, edge spaces and a closing colon.
fn plain(name: &str) -> String {
    name.trim().trim_end_matches(':').trim().to_lowercase()
}

/// The address in a value: the value itself, or the `href` of a link.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let inside = match text.split_once("href=\"") {
        Some((_, rest)) => rest.split('"').next().unwrap_or(""),
        None => text.split([',', '\n']).next().unwrap_or("").trim(),
    };
    let is_web = inside.starts_with("https://") || inside.starts_with("http://");
    (is_web && !inside.contains(char::is_whitespace)).then(|| inside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_values_and_links() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        };
        check("https://shop.example/a.jpg", Some("https://shop.example/a.jpg"));
        check(
            "<a href=\"https://x.example/k.jpg\" download>k</a>",
            Some("https://x.example/k.jpg"),
        );
        check("familie-weber-2026.png", None);
        check("javascript:alert(1)", None);
    }

    #[test]
    fn names_are_compared_as_people_read_them() {
        assert_eq!(plain(" Dog's Name: "), plain("dog's name"));
    }
}
