//! What a design may ask of an order besides its own fields: how many pieces, where to, which variation.
//!
//! The answers stand among the values of a revision, under keys that no field can have (they hold a
//! full stop), so that a revision tells everything that its print was made of. Only what a design asks
//! is kept there.

use std::borrow::Cow;

use super::design::Design;
use super::shop_order::LineMeta;
use super::value::{Value, Values};

/// Pieces that are wanted of the line.
pub const QUANTITY: &str = "order.quantity";
/// Two letters of the country that it is sent to.
pub const COUNTRY: &str = "order.country";
/// Followed by the name of an attribute of the shop's variation: `variation.size`.
pub const VARIATION: &str = "variation.";

/// What an order answers.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Pieces that are wanted of the line.
    pub quantity: u32,
    /// Two letters of the country that it is sent to.
    pub country: &'a str,
    /// The rows of the line, among them the attributes of its variation.
    pub meta: &'a [LineMeta],
}

/// Whether a key among values is no field's.
pub fn is_circumstance(key: &str) -> bool {
    key.contains('.')
}

/// Whether a condition may ask for this.
pub fn is_known(key: &str) -> bool {
    let is_variation = key.strip_prefix(VARIATION).is_some_and(|name| !plain(name).is_empty());
    key == QUANTITY || key == COUNTRY || is_variation
}

/// What people read beside it.
pub fn label(key: &str) -> String {
    match key {
        QUANTITY => "Pieces".to_owned(),
        COUNTRY => "Country".to_owned(),
        _ => {
            let name = key.strip_prefix(VARIATION).unwrap_or(key).replace(['_', '-'], " ");
            let mut letters = name.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect()
        }
    }
}

/// Everything that a design asks, as far as the order tells it.
pub fn asked_of(design: &Design, told: Told<'_>) -> Values {
    let asked = design.conditions().flat_map(|condition| condition.keys());
    let answered = asked.filter(|key| is_circumstance(key)).filter_map(|key| {
        let answer = match key {
            QUANTITY => told.quantity.to_string(),
            COUNTRY => told.country.to_owned(),
            _ => attribute(key.strip_prefix(VARIATION)?, told.meta)?.to_owned(),
        };
        Some((key.to_owned(), Value::Text(answer)))
    });
    answered.collect()
}

/// Puts what an order says now in the place of what it said; whether that is news. What was not asked
/// is not put.
pub fn renew(values: &mut Cow<'_, Values>, quantity: u32, country: &str) -> bool {
    let mut is_news = false;
    let is_other = |values: &Values, key: &str, now: &str| {
        values.get(key).is_some_and(|then| then.as_text() != Some(now))
    };
    if values.contains_key(QUANTITY) {
        let now = quantity.to_string();
        if is_other(values, QUANTITY, &now) {
            values.to_mut().insert(QUANTITY.to_owned(), Value::Text(now));
            is_news = true;
        }
    }
    if is_other(values, COUNTRY, country) {
        values.to_mut().insert(COUNTRY.to_owned(), Value::Text(country.to_owned()));
        is_news = true;
    }
    is_news
}

/// Puts what was answered before into values that say nothing of it.
pub fn carry_on(before: &Values, values: &mut Values) {
    for (key, answer) in before.iter().filter(|(key, _)| is_circumstance(key)) {
        values.entry(key.clone()).or_insert_with(|| answer.clone());
    }
}

/// The attribute of this name: WooCommerce writes `Size` as `pa_size` or `attribute_pa_size`.
fn attribute<'a>(name: &str, meta: &'a [LineMeta]) -> Option<&'a str> {
    let wanted = plain(name);
    let found = meta.iter().find(|row| plain(&row.key) == wanted);
    found.map(|row| row.value.trim())
}

fn plain(name: &str) -> String {
    let lower = name.trim().trim_end_matches(':').to_lowercase();
    let bare = lower.strip_prefix("attribute_").unwrap_or(&lower);
    let bare = bare.strip_prefix("pa_").unwrap_or(bare);
    bare.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shop_order::MetaSource;

    #[test]
    fn an_attribute_is_found_however_the_shop_writes_it() {
        let row = |key: &str| LineMeta {
            key: key.to_owned(),
            value: " XL ".to_owned(),
            source: MetaSource::Visible,
        };
        for key in ["pa_shirt-size", "attribute_pa_shirt_size", "Shirt size", "shirt size:"] {
            assert_eq!(attribute("shirt_size", &[row(key)]), Some("XL"), "{key}");
        }
        assert_eq!(attribute("size", &[row("shirt size")]), None);
        assert!(is_known("variation.size") && is_known("order.country"));
        assert!(!is_known("variation.") && !is_known("order.total") && !is_known("name"));
    }
}
