//! Words between people about an order. They stand in its history and go nowhere else; whoever is named
//! with an @ is mailed.

use std::sync::Arc;

use crate::db;
use crate::model::id::OrderId;

use super::ctx::{Ctx, FlowError};
use super::notify;
use super::operate::Staff;
use super::transition::note;

/// What the history calls it.
pub const EVENT: &str = "comment";
/// Longest comment.
const TEXT_CHARS_MAX: usize = 2_000;
/// So many people are mailed at most.
const NAMED_MAX: usize = 10;

/// Writes a comment into the history of an order.
pub async fn write(ctx: &Ctx, order: OrderId, text: &str, staff: &Staff) -> Result<(), FlowError> {
    let text: String = text.trim().chars().take(TEXT_CHARS_MAX).collect();
    if text.is_empty() {
        return Err(FlowError::NotNow("write something first".to_owned()));
    }
    let (rules, by) = (Arc::clone(&ctx.rules), staff.0.clone());
    ctx.operate(order, staff, move |tx, locked, with| {
        let here = locked.get();
        note(tx, here, with, "order".to_owned(), EVENT, &text)?;
        let people = db::staff::all(tx)?;
        let named = people.into_iter().filter(|one| {
            one.is_enabled && !one.email.is_empty() && one.name != by && is_named(&text, &one.name)
        });
        for one in named.take(NAMED_MAX) {
            let words = format!("{by} named you in a comment on order {}: “{text}”", here.number);
            let page = format!("{}/orders/{order}", rules.operators_url);
            let key = format!("{order}:{}:{}", tx.now.unix_ms(), one.name);
            let subject = format!("Order {}: a comment for you", here.number);
            let to = (one.email.as_str(), "mention", key.as_str());
            notify::to_person(tx, to, &subject, &words, ("Open the order", &page), &rules)?;
        }
        Ok(())
    })
    .await
}

/// Whether `@name` stands in the text, and not as the beginning of a longer name.
fn is_named(text: &str, name: &str) -> bool {
    let text = text.to_lowercase();
    let mark = format!("@{}", name.to_lowercase());
    text.match_indices(&mark).any(|(at, found)| {
        let rest = text[at + found.len()..].trim_start_matches('.');
        !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@'))
            || (text[at + found.len()..].starts_with('.') && rest.starts_with(char::is_whitespace))
    })
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_name_is_meant_as_a_whole() {
        for (text, name, is) in [
            ("@ann look", "ann", true),
            ("look, @Ann.", "ann", true),
            ("look, @ann!", "ann", true),
            ("@anna look", "ann", false),
            ("ann look", "ann", false),
            ("@ann-marie look", "ann", false),
            ("@ann-marie look", "ann-marie", true),
            ("mail ann@shop.example", "shop", false),
        ] {
            assert_eq!(is_named(text, name), is, "{text} {name}");
        }
    }
}
