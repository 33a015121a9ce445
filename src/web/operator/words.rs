//! One catalogue of the words in which the pages name states, and of their colours.

use std::collections::BTreeSet;

use crate::model::fulfilment::{Stage, State as FulfilmentState};
use crate::model::id::ProviderId;
use crate::model::item::State as ItemState;
use crate::model::order::{Order, State as OrderState};
use crate::model::problem::{What, Whose};

/// A state in words, with the colour and shape of its dot. Never the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Words.
    pub text: &'static str,
    /// `stop`, `wait`, `move`, `sent`, `done`, `off`: the dot.
    pub tone: &'static str,
}

const fn standing(text: &'static str, tone: &'static str) -> Standing {
    Standing { text, tone }
}

/// The state of a fulfilment, by the word it is stored under.
pub fn fulfilment_state(name: &str) -> &'static str {
    match name {
        "gathering" => "being prepared",
        "awaiting_submit" => "waiting for Submit",
        "countdown" => "counting down",
        "submitting" => "being submitted",
        "in_production" => "in production",
        "refused" => "refused",
        "shipped" => "shipped",
        "cancelled" => "cancelled",
        "superseded" => "replaced",
        _ => "unknown",
    }
}

/// The state of a fulfilment.
pub fn of_fulfilment(state: &FulfilmentState) -> Standing {
    match state {
        FulfilmentState::Gathering => standing("Being prepared", "move"),
        FulfilmentState::AwaitingSubmit => standing("Waiting for Submit", "wait"),
        FulfilmentState::Countdown { .. } => standing("Counting down", "move"),
        FulfilmentState::Submitting { stage } => match stage {
            Stage::Intent => standing("Being sent", "sent"),
            Stage::Unknown => standing("Answer lost, looking it up", "wait"),
            Stage::Person => standing("Needs a person", "stop"),
        },
        FulfilmentState::InProduction => standing("In production", "sent"),
        FulfilmentState::Refused => standing("Refused", "stop"),
        FulfilmentState::Shipped => standing("Shipped", "done"),
        FulfilmentState::Cancelled => standing("Cancelled", "off"),
        FulfilmentState::Superseded => standing("Replaced", "off"),
    }
}

/// The state of a fulfilment that a person places with its provider.
pub fn of_fulfilment_by_hand(state: &FulfilmentState) -> Standing {
    match state {
        FulfilmentState::Submitting { stage: Stage::Person } => {
            standing("To be placed by hand", "stop")
        }
        other => of_fulfilment(other),
    }
}

/// A countdown that something stops.
pub const ON_HOLD: Standing = standing("On hold", "wait");

/// An item that something stops.
pub const HELD: Standing = standing("Held", "stop");

/// The state of an item.
pub fn of_item(state: ItemState) -> Standing {
    match state {
        ItemState::Dropped => standing("Dropped", "off"),
        ItemState::AwaitingInput => standing("Waiting for the customer", "wait"),
        ItemState::AwaitingReview => standing("To be reviewed", "stop"),
        ItemState::Making => standing("Being drawn", "move"),
        ItemState::AwaitingCheck => standing("To be checked", "stop"),
        ItemState::AwaitingApproval => standing("Waiting for approval", "wait"),
        ItemState::Ready => standing("Ready", "done"),
    }
}

/// The state of an item of this order: nobody can ask the customer of an order from elsewhere.
pub fn of_item_in(order: &Order, state: ItemState) -> Standing {
    match state {
        ItemState::AwaitingInput if order.source != "shop" => standing("Needs design", "stop"),
        state => of_item(state),
    }
}

/// The state of a whole order, in the words of what it waits for.
pub fn of_order(order: &Order, by_hand: &BTreeSet<ProviderId>) -> Standing {
    let urgent = |hold: &&crate::model::hold::Hold| hold.problem.what.whose() == Whose::Staff;
    match order.state {
        OrderState::Closed => return standing("Done", "done"),
        OrderState::Cancelled => return standing("Cancelled", "off"),
        OrderState::AwaitingPayment if order.holds.is_empty() => {
            return standing("Not paid yet", "wait");
        }
        OrderState::AwaitingPayment | OrderState::Open => {}
    }
    if let Some(hold) = order.holds.iter().find(urgent) {
        return match hold.problem.what {
            What::Paused => standing("Paused", "wait"),
            What::BeforeGoLive => standing("From before the start", "off"),
            What::Refused => standing("Refused", "stop"),
            _ => standing("Held", "stop"),
        };
    }
    if !order.holds.is_empty() {
        return standing("Held", "wait");
    }
    let live = order.fulfilments.iter().filter(|one| !one.state.is_final());
    let most_urgent = live
        .map(|one| match by_hand.contains(&one.provider) {
            true => of_fulfilment_by_hand(&one.state),
            false => of_fulfilment(&one.state),
        })
        .min_by_key(rank);
    let waiting = order.live_items().map(|item| of_item_in(order, item.state));
    let waiting = waiting.filter(|one| one.tone != "done").min_by_key(rank);
    match (most_urgent, waiting) {
        (Some(one), Some(item)) if one.text == "Being prepared" => item,
        (Some(one), _) => one,
        (None, Some(item)) => item,
        (None, None) => standing("Open", "move"),
    }
}

fn rank(standing: &Standing) -> u8 {
    match standing.tone {
        "stop" => 0,
        "wait" => 1,
        "move" => 2,
        "sent" => 3,
        "done" => 4,
        _ => 5,
    }
}

/// Whose move it is.
pub fn whose(whose: Whose) -> &'static str {
    match whose {
        Whose::Staff => "Your move",
        Whose::Customer => "The customer's move",
        Whose::Shop => "The shop's move",
        Whose::Provider => "The provider's move",
    }
}

/// How a problem looks: urgent only where people must act.
pub fn tone(what: What) -> &'static str {
    match (what, what.whose()) {
        (What::Paused | What::BeforeGoLive, _) => "wait",
        (_, Whose::Staff) => "stop",
        (_, Whose::Customer | Whose::Shop | Whose::Provider) => "wait",
    }
}

/// “1 piece”, “3 pieces”.
pub fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// A key as people read it where nobody has written a label: `second_line` is “Second line”.
pub fn humane(key: &str) -> String {
    let plain = key.trim_start_matches('_').replace(['_', '-'], " ");
    let mut letters = plain.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}
