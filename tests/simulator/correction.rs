//! Corrected files for what a provider has and does not make yet, and what they may end in.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::check::order_of;
use super::trouble::People;
use crate::common::*;
use woodblock::db;
use woodblock::flow::{correct, payload};
use woodblock::model::order::Order;
use woodblock::model::problem::What;
use woodblock::model::value::{Value, Values};
use woodblock::outside::files::Files;
use woodblock::sandbox::PressMark;
use woodblock::sandbox::provider::{LedgerEntry, Making};

/// Somebody corrects the text of an order that a provider takes corrections of; what became of it.
pub async fn corrects(
    people: &People,
    day: &Day,
    rng: &mut ChaCha12Rng,
) -> Option<(Order, &'static str)> {
    let ledger = day.shineon.ledger();
    let early: Vec<&LedgerEntry> = ledger.iter().filter(|one| one.is_early()).collect();
    if early.is_empty() {
        return None;
    }
    let entry = early[rng.random_range(0..early.len())];
    let order = order_of(day, entry).await?;
    let line = &entry.lines[rng.random_range(0..entry.lines.len())];
    let item = payload::item_of_key(&order, &line.key).and_then(|id| order.item(id))?;
    let fulfilment = correct::place(&day.ctx, &order, item.id).ok()?;
    let shop_line = order.lines.iter().find(|one| one.id == item.line)?.shop_line;
    let mark = people.mark(day, order.shop_order?, shop_line)?;
    let text = format!("{mark} k{}", rng.random_range(0..100));
    let values = Values::from([("name".to_owned(), Value::Text(text))]);
    let (place, seen) = ((order.id, fulfilment), (item.id, item.facts.revision));
    let done = correct::run_seen(&day.ctx, place, seen, values, &ann()).await;
    let act = if done.is_ok() { "corrects" } else { "corrects in vain" };
    Some((order, act))
}

/// What a provider makes is what the order says, or somebody was told that it may be something else.
pub async fn untold(day: &Day, ledger: &[LedgerEntry]) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in ledger.iter().filter(|one| one.making != Making::Cancelled) {
        let Some(order) = order_of(day, entry).await else { continue };
        let Some(last) = order.fulfilments.iter().find(|one| {
            one.reference.as_ref().is_some_and(|mine| mine.as_str() == entry.reference)
        }) else {
            continue;
        };
        for line in &entry.lines {
            let item = payload::item_of_key(&order, &line.key).and_then(|id| order.item(id));
            let Some(item) = item.filter(|item| item.reprints == 0) else { continue };
            if !last.lines.iter().any(|one| one.item == item.id) {
                continue;
            }
            let Some(Value::Text(wanted)) = item.values.get("name") else { continue };
            let prints = line.files.iter().filter_map(|file| {
                let bytes = file.promised.as_ref().and_then(|hash| day.files.get(hash).ok())?;
                PressMark::read(&bytes)?.values.get("name").cloned()
            });
            for printed in prints.filter(|printed| printed != wanted) {
                if !was_told(day, &order).await {
                    let (name, key) = (&entry.reference, &line.key);
                    wrong.push(format!("{name} {key} is “{printed}” and here “{wanted}”"));
                }
            }
        }
    }
    wrong
}

/// Whether people were told that what is made may differ.
async fn was_told(day: &Day, order: &Order) -> bool {
    let id = order.id;
    let lines = day.ctx.read(move |tx| Ok(db::history::of_order(tx, id)?)).await.unwrap();
    let words = What::ContentDiffers.title();
    let is_held = order.holds.iter().any(|hold| hold.problem.what == What::ContentDiffers);
    is_held || lines.iter().any(|line| line.event == "held" && line.note.contains(words))
}
