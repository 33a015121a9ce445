//! What left before a provider cancelled the rest: somebody asks what was in the parcels, and none of it
//! may count as not made.

use super::check::order_of;
use super::providers;
use crate::common::*;
use woodblock::flow::operate::TypedParcel;
use woodblock::flow::{ending, payload};
use woodblock::model::id::{FulfilmentId, OrderId};
use woodblock::model::order::{Fulfilment, Order};
use woodblock::sandbox::provider::LedgerEntry;

/// Whether it waits for somebody who says what was in its parcels.
pub fn is_asked(order: &Order, id: FulfilmentId) -> bool {
    ending::partly_shipped(order, id).is_some()
}

/// Somebody looks it up on the provider's own pages, and says it here.
pub async fn looks_up(day: &Day, id: OrderId, fulfilment: &Fulfilment) -> bool {
    let reference = fulfilment.reference.as_ref().map_or("", |reference| reference.as_str());
    let entry = providers::making(day, fulfilment).and_then(|book| book.ledger_of(reference).pop());
    match entry {
        Some(entry) => tells(day, id, fulfilment.id, &entry).await,
        None => false,
    }
}

/// Says of each parcel what the provider knows was in it; whether that was taken.
pub async fn tells(day: &Day, id: OrderId, fulfilment: FulfilmentId, entry: &LedgerEntry) -> bool {
    let Ok(order) = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, id)?)).await else {
        return false;
    };
    let mut did = false;
    for parcel in &entry.parcels {
        let pieces = parcel
            .lines
            .iter()
            .filter_map(|(key, pieces)| Some((payload::item_of_key(&order, key)?, *pieces)));
        let parcel = TypedParcel {
            carrier: parcel.carrier.clone(),
            tracking_number: parcel.tracking_number.clone(),
            tracking_url: parcel.tracking_url.clone(),
            pieces: pieces.collect(),
        };
        did |= day.ctx.type_parcel(id, fulfilment, parcel, &ann()).await.is_ok();
    }
    did
}

/// What has left, and counts here as given up: it could be made once more.
pub async fn given_up_and_sent(day: &Day, ledger: &[LedgerEntry]) -> Vec<(OrderId, String)> {
    let mut wrong = Vec::new();
    for entry in ledger.iter().filter(|entry| !entry.parcels.is_empty()) {
        let Some(order) = order_of(day, entry).await else { continue };
        let fulfilment = order.fulfilments.iter().find(|one| {
            one.reference.as_ref().is_some_and(|mine| mine.as_str() == entry.reference)
        });
        let left = entry.left();
        for line in &entry.lines {
            let item = payload::item_of_key(&order, &line.key);
            let lines = fulfilment.into_iter().flat_map(|one| &one.lines);
            let Some(ours) = lines.into_iter().find(|ours| Some(ours.item) == item) else {
                continue;
            };
            let unsent = left.iter().find(|(key, _)| *key == line.key).map_or(0, |(_, n)| *n);
            let (sent, given_up) = (line.quantity - unsent, ours.given_up);
            if line.quantity < sent + given_up {
                let words = format!("{sent} of {} left, and {given_up} count", line.quantity);
                let (name, key) = (&entry.reference, &line.key);
                wrong.push((order.id, format!("{name} line {key}: {words} as given up")));
            }
        }
    }
    wrong
}
