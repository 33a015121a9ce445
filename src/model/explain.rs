//! Why an order stands where it stands, in words: what decides its next step, and when.

use super::fulfilment::{Stage, State};
use super::item;
use super::order::{Fulfilment, Order, State as OrderState};

/// What decides the next step of a fulfilment, and when.
pub fn awaits(order: &Order, fulfilment: &Fulfilment) -> String {
    let holds = order.holds_on(fulfilment).len();
    if 0 < holds && !fulfilment.state.is_final() {
        return format!("{holds} hold(s): nothing is sent until they are lifted");
    }
    match &fulfilment.state {
        State::Gathering => gathering(order, fulfilment),
        State::AwaitingSubmit => "a person who presses Submit".to_owned(),
        State::Countdown { submit_at } => {
            format!("the clock: at {submit_at} the shop is asked once more, then it is sent")
        }
        State::Submitting { stage: Stage::Intent } => "the provider's answer".to_owned(),
        State::Submitting { stage: Stage::Unknown } => {
            "a look-up: the answer was lost, and nothing is sent again before it is proven absent"
                .to_owned()
        }
        State::Submitting { stage: Stage::Person } => {
            "a person who adopts the provider's order or confirms that it is absent".to_owned()
        }
        State::InProduction => "the provider: until every piece has shipped".to_owned(),
        State::Refused => "a person who mends what was refused and submits it again".to_owned(),
        State::Shipped | State::Cancelled | State::Superseded => "nothing any more".to_owned(),
    }
}

fn gathering(order: &Order, fulfilment: &Fulfilment) -> String {
    if order.state == OrderState::AwaitingPayment {
        return "the shop, which has not reported a payment".to_owned();
    }
    let mut waits: Vec<String> = order
        .live_items()
        .filter(|item| fulfilment.holds(item.id) && item.state != item::State::Ready)
        .map(|item| format!("{}: {}", order.item_name(item.id), item_awaits(item.state)))
        .collect();
    if waits.is_empty() {
        waits.push("the other items of the order, which goes out together".to_owned());
    }
    waits.join("; ")
}

/// What an item in this state waits for.
pub fn item_awaits(state: item::State) -> &'static str {
    match state {
        item::State::Dropped => "nothing: it was refunded or cancelled",
        item::State::AwaitingInput => "a piece that was not given, or was rejected",
        item::State::AwaitingReview => "staff who look at what was given",
        item::State::Making => "the press, which draws its print files",
        item::State::AwaitingCheck => "staff who pass its print files",
        item::State::AwaitingApproval => "the customer's yes",
        item::State::Ready => "nothing: it is ready",
    }
}

/// Where the submit delay of a fulfilment comes from.
pub fn delay(order: &Order, fulfilment: &Fulfilment, shop_delay_s: u32) -> String {
    if let Some(delay_s) = order.delay_s {
        return format!("{delay_s} s, the order's own");
    }
    let of_items = order.items.iter().filter(|item| fulfilment.holds(item.id)).map(|item| {
        let (delay_s, whose) = match (item.delay_s, fulfilment.provider_delay_s) {
            (Some(delay_s), _) => (delay_s, "the product's"),
            (None, Some(delay_s)) => (delay_s, "the provider's"),
            (None, None) => (shop_delay_s, "the shop's"),
        };
        (delay_s, whose, item.id)
    });
    match of_items.max_by_key(|(delay_s, _, _)| *delay_s) {
        Some((delay_s, whose, item)) => {
            format!("{delay_s} s, {whose}; the longest, of {}", order.item_name(item))
        }
        None => format!("{shop_delay_s} s, the shop's"),
    }
}
