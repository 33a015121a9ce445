//! The invariants of an order as it is stored: printed once, never stranded, the right bytes.
//!
//! What holds by the schema (a reference is unique) is not asked again. Everything here must be
//! true after each transaction, whatever happened before: `woodblock audit` and the simulations
//! ask the same function.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fulfilment::{Stage, State as FulfilmentState};
use super::id::{FulfilmentId, Hash, ProviderId};
use super::item::{self, Item};
use super::order::{Fulfilment, Order, State};
use super::time::Moment;

/// What is known of an order besides itself.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Work of this order that waits or runs: step and key.
    pub jobs: BTreeSet<(String, String)>,
    /// Which bytes each fulfilment's links lead to.
    pub links: BTreeSet<(FulfilmentId, Hash)>,
    /// Providers whose orders a person places and follows.
    pub by_hand: BTreeSet<ProviderId>,
    /// A passed deadline is told to people within this time.
    pub slack: Duration,
}

/// Which invariant is broken (reliability section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// I1: pieces are accepted by providers at most once for each that is wanted.
    PrintedOnce,
    /// I2: what is not over is scheduled, or waits for a person who was told.
    NotStranded,
    /// I3: what was sent is what was drawn of the revision that was sent.
    RightBytes,
}

/// A broken invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub invariant: Invariant,
    /// What was found, in words.
    pub what: String,
}

impl Invariant {
    /// `I1`, `I2`, `I3`.
    pub fn name(self) -> &'static str {
        match self {
            Invariant::PrintedOnce => "I1",
            Invariant::NotStranded => "I2",
            Invariant::RightBytes => "I3",
        }
    }
}

/// Every invariant that this order breaks; none is the only good answer.
pub fn breaches(order: &Order, around: &Around, now: Moment) -> Vec<Breach> {
    let mut found = Vec::new();
    for item in &order.items {
        found.extend(printed_twice(order, item));
    }
    found.extend(stranded_order(order));
    for fulfilment in &order.fulfilments {
        found.extend(stranded(order, fulfilment, around, now));
        found.extend(wrong_bytes(order, fulfilment, around));
    }
    found
}

/// Several fulfilments that a provider accepted hold more pieces than were ever wanted.
fn printed_twice(order: &Order, item: &Item) -> Option<Breach> {
    let accepted: Vec<u32> = order
        .fulfilments
        .iter()
        .flat_map(|one| one.lines.iter().map(move |line| (one, line)))
        .filter(|(_, line)| line.item == item.id)
        .filter_map(|(one, line)| match one.state {
            FulfilmentState::InProduction | FulfilmentState::Shipped => {
                Some(line.quantity - line.given_up.min(line.quantity))
            }
            FulfilmentState::Cancelled | FulfilmentState::Superseded => Some(line.shipped),
            _ => None,
        })
        .filter(|pieces| 0 < *pieces)
        .collect();
    // A refund after submission leaves one fulfilment with more than is wanted now.
    let ordered = order.lines.iter().find(|line| line.id == item.line).map_or(0, |l| l.quantity);
    let of_line = if item.copy == 0 { ordered.max(item.quantity) } else { 1 };
    let wanted = of_line + item.reprints;
    let made: u32 = accepted.iter().sum();
    (1 < accepted.len() && wanted < made).then(|| Breach {
        invariant: Invariant::PrintedOnce,
        what: format!("{}: {made} pieces accepted, {wanted} wanted", order.item_name(item.id)),
    })
}

/// An order that is open with nothing under way, or over with something under way.
fn stranded_order(order: &Order) -> Option<Breach> {
    let moving = order.fulfilments.iter().any(|one| !one.state.is_final());
    let what = match order.state {
        State::Open if !moving && order.holds.is_empty() => "it is open and waits for nothing",
        State::Closed | State::Cancelled if moving => "it is over, and a fulfilment is not",
        _ => return None,
    };
    Some(Breach { invariant: Invariant::NotStranded, what: what.to_owned() })
}

/// A fulfilment that nothing will move and nobody was told of.
fn stranded(
    order: &Order,
    fulfilment: &Fulfilment,
    around: &Around,
    now: Moment,
) -> Option<Breach> {
    let breach = |what: String| {
        let what = format!("{} {}: {what}", fulfilment.provider_name, fulfilment.state.name());
        Some(Breach { invariant: Invariant::NotStranded, what })
    };
    if fulfilment.state.is_final() {
        return None;
    }
    match fulfilment.deadline_at {
        None => return breach("it has no deadline".to_owned()),
        Some(at) if at.plus(around.slack) < now => {
            return breach(format!("it is overdue since {at}, and nobody was told"));
        }
        Some(_) => {}
    }
    if !order.holds_on(fulfilment).is_empty() {
        return None;
    }
    let key = fulfilment.id.to_string();
    let is_asked = |step: &str| around.jobs.contains(&(step.to_owned(), key.clone()));
    let wants = match fulfilment.state {
        FulfilmentState::Gathering => {
            return no_artwork(order, fulfilment, around).and_then(breach);
        }
        FulfilmentState::Countdown { .. } => "submit",
        FulfilmentState::Submitting { stage: Stage::Intent } => "submit",
        FulfilmentState::Submitting { stage: Stage::Unknown } => "resolve",
        FulfilmentState::InProduction if !around.by_hand.contains(&fulfilment.provider) => "track",
        // People are told at the deadline; the others are over.
        _ => return None,
    };
    if is_asked(wants) { None } else { breach(format!("no job “{wants}” waits")) }
}

/// An item that should be drawn and that no job draws.
fn no_artwork(order: &Order, fulfilment: &Fulfilment, around: &Around) -> Option<String> {
    if order.state != State::Open {
        return None;
    }
    let items = fulfilment.lines.iter().filter_map(|line| order.item(line.item));
    let mut making = items.filter(|item| item.state == item::State::Making);
    let forgotten = making.find(|item| {
        let key = format!("{}@{}", item.id, item.facts.revision);
        let is_held = order.holds_on_item(item.id).next().is_some();
        !is_held && !around.jobs.contains(&("artwork".to_owned(), key))
    })?;
    Some(format!("no job draws {}", order.item_name(forgotten.id)))
}

/// Links of what was sent that lead elsewhere than to the files of the revision that was sent.
fn wrong_bytes(order: &Order, fulfilment: &Fulfilment, around: &Around) -> Option<Breach> {
    let is_accepted =
        matches!(fulfilment.state, FulfilmentState::InProduction | FulfilmentState::Shipped);
    if !is_accepted || around.by_hand.contains(&fulfilment.provider) {
        return None;
    }
    for line in &fulfilment.lines {
        let (item, revision) = match (order.item(line.item), line.revision) {
            (Some(item), Some(revision)) => (item, revision),
            (None, _) | (_, None) => continue,
        };
        let name = order.item_name(item.id);
        if !item.facts.has_artwork(revision) {
            let what = format!("{name}: revision {revision} was sent and has no artwork");
            return Some(Breach { invariant: Invariant::RightBytes, what });
        }
        let unlinked = item
            .facts
            .files_of(revision)
            .find(|file| !around.links.contains(&(fulfilment.id, file.hash.clone())));
        if let Some(file) = unlinked {
            let what = format!("{name} {}: {} was not what was sent", file.area, file.hash.short());
            return Some(Breach { invariant: Invariant::RightBytes, what });
        }
    }
    None
}
