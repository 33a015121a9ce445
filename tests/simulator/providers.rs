//! What providers do of their own accord with what they took.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use crate::common::*;
use woodblock::model::order::Fulfilment;
use woodblock::sandbox::provider::{LedgerEntry, Making, ProviderAct, WorldProvider};

/// How often somebody at a provider does something in a round of the troubles.
const ACTS_PER_ROUND: f64 = 0.15;
/// How often it is done to an order of which a part has left.
const BETWEEN_PARCELS: f64 = 0.4;

/// The provider that makes it, unless people do.
pub fn making<'a>(day: &'a Day, fulfilment: &Fulfilment) -> Option<&'a WorldProvider> {
    match fulfilment.provider_name.as_str() {
        "customcat" => Some(&day.customcat),
        "shineon" => Some(&day.shineon),
        _ => None,
    }
}

/// Somebody at a provider does one random thing with one of the orders that are made there; what it was.
pub fn somebody_acts(day: &Day, rng: &mut ChaCha12Rng) -> Option<&'static str> {
    if !rng.random_bool(ACTS_PER_ROUND) {
        return None;
    }
    let provider = if rng.random_bool(0.5) { &day.customcat } else { &day.shineon };
    let ledger = provider.ledger();
    let is_over = |entry: &LedgerEntry| matches!(entry.making, Making::Shipped | Making::Cancelled);
    let mut made: Vec<&LedgerEntry> = ledger.iter().filter(|entry| !is_over(entry)).collect();
    // The moment between two parcels is short, and whatever happens then is told badly.
    if rng.random_bool(BETWEEN_PARCELS) && made.iter().any(|entry| !entry.parcels.is_empty()) {
        made.retain(|entry| !entry.parcels.is_empty());
    }
    if made.is_empty() {
        return None;
    }
    let entry = made[rng.random_range(0..made.len())];
    let is_held = matches!(entry.making, Making::Held(_));
    let (word, act) = match rng.random_range(0..8) {
        0 | 1 if is_held => ("provider releases", ProviderAct::Releases),
        0 | 1 => ("provider holds", ProviderAct::Holds("photo is dark".to_owned())),
        2 => ("provider ships", ProviderAct::ShipsRest),
        3..=5 => ("provider ships a part", ProviderAct::Ships(some_pieces(rng, entry))),
        _ if entry.parcels.is_empty() => ("provider gives up", ProviderAct::GivesUp),
        _ => ("provider gives up the rest", ProviderAct::GivesUp),
    };
    provider.act(&entry.reference, act);
    Some(word)
}

/// One line of what has not left, or some pieces of it.
fn some_pieces(rng: &mut ChaCha12Rng, entry: &LedgerEntry) -> Vec<(String, u32)> {
    let mut left = entry.left();
    let (key, pieces) = left.swap_remove(rng.random_range(0..left.len()));
    vec![(key, rng.random_range(1..=pieces))]
}
