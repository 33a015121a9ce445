//! What follows from an order as it stands: pure, one consequence at a time until there is none.
//!
//! `flow::transition` applies a consequence and asks again. So every path (a webhook, a click, a
//! restart) ends in the same place, whatever came before.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::circumstance;
use super::fulfilment::{Event as FulfilmentEvent, State as FulfilmentState};
use super::hold::Hold;
use super::id::{FulfilmentId, ItemId, ProviderId};
use super::item::{self, Item};
use super::order::{Approval, Event as OrderEvent, Fulfilment, Order, State, Submitted, Together};
use super::quiet::Quiet;
use super::time::Moment;
use super::value::Values;

/// One thing that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// An item waits for something else now.
    Item(ItemId, item::State),
    /// Fewer pieces of an item are made; 0 drops it.
    Fewer(ItemId, u32),
    /// The order answers otherwise what the item's design asked of it: these are its values now.
    Answers(ItemId, Values),
    /// A new fulfilment of this provider, with these pieces.
    Plan(ProviderId, Vec<(ItemId, u32)>),
    /// A fulfilment that is not locked holds another number of pieces of an item; 0 takes it out.
    Pieces(FulfilmentId, ItemId, u32),
    /// Something happens to a fulfilment.
    Fulfilment(FulfilmentId, FulfilmentEvent),
    /// Something happens to the order.
    Order(OrderEvent),
}

/// Shortest and longest pause before what surely did not arrive is sent again.
const AGAIN_MIN: Duration = Duration::from_secs(60);
const AGAIN_MAX: Duration = Duration::from_secs(3_600);

/// The settings that consequences depend on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pace {
    /// The shop's submit delay in seconds, where neither order, product nor provider has one.
    pub shop_delay_s: u32,
    /// What an edit in the countdown leaves at least.
    pub grace: Duration,
    /// The shop's quiet hours: a countdown that would end in them ends with them.
    pub quiet: Arc<Quiet>,
}

/// The next consequence of an order as it stands; `None` when it is at rest.
pub fn next(order: &Order, pace: &Pace, now: Moment) -> Option<Consequence> {
    called_off(order)
        .or_else(|| item_state(order))
        .or_else(|| fewer(order))
        .or_else(|| answers(order))
        .or_else(|| plan(order))
        .or_else(|| order.fulfilments.iter().find_map(|one| of_fulfilment(order, one, pace, now)))
        .or_else(|| of_order(order))
}

/// What was to be cancelled while its answer was lost, and surely did not arrive: there is nothing
/// to ask a provider for any more.
fn called_off(order: &Order) -> Option<Consequence> {
    let is_moving = matches!(order.state, State::Open | State::AwaitingPayment);
    let is_nowhere = order.submitted() == Submitted::Never;
    (is_moving && is_nowhere && order.is_to_be_cancelled())
        .then_some(Consequence::Order(OrderEvent::Cancelled))
}

/// What was refunded while its answer was lost, and surely did not arrive: it is simply not made.
fn fewer(order: &Order) -> Option<Consequence> {
    order.live_items().find_map(|item| {
        let is_asked = order.holds_on_item(item.id).any(Hold::is_of_late_cancel);
        let line = order.line(item.line).filter(|_| is_asked && !order.is_locked(item.id))?;
        let of_line = order.live_items().filter(|one| one.line == item.line);
        let present: u32 = of_line.map(|one| one.quantity).sum();
        let excess = present.saturating_sub(line.quantity.saturating_sub(line.refunded));
        let less = excess.min(item.quantity);
        (0 < less).then(|| Consequence::Fewer(item.id, item.quantity - less))
    })
}

/// What a design asked of the order, where the order says something else now and it is not too late.
fn answers(order: &Order) -> Option<Consequence> {
    let is_moving = matches!(order.state, State::Open | State::AwaitingPayment);
    order.live_items().filter(|_| is_moving).find_map(|item| {
        let line = order.line(item.line)?;
        let mut values = Cow::Borrowed(&item.values);
        let quantity = line.quantity.saturating_sub(line.refunded);
        let is_news = circumstance::renew(&mut values, quantity, &order.recipient.country);
        (is_news && !order.is_locked(item.id))
            .then(|| Consequence::Answers(item.id, values.into_owned()))
    })
}

fn item_state(order: &Order) -> Option<Consequence> {
    order.items.iter().find_map(|item| {
        let computed = item::state(&item.steps, &item.facts);
        (computed != item.state).then_some(Consequence::Item(item.id, computed))
    })
}

/// Where the pieces that nobody has in hand yet belong.
fn plan(order: &Order) -> Option<Consequence> {
    if order.state == State::AwaitingPayment {
        return drop_lost_pieces(order);
    }
    let mut fresh: Vec<(ProviderId, ItemId, u32)> = Vec::new();
    for item in &order.items {
        let mut open = open_pieces(order, item);
        for fulfilment in order.fulfilments.iter().filter(|one| !one.state.is_locked()) {
            let held = pieces_in(fulfilment, item.id);
            let wanted = match belongs(order, fulfilment, item) {
                Belongs::No => 0,
                Belongs::AsItStands => open.min(held),
                Belongs::Yes => open,
            };
            open -= wanted;
            if wanted != held {
                return Some(Consequence::Pieces(fulfilment.id, item.id, wanted));
            }
        }
        if 0 < open {
            fresh.push((item.provider, item.id, open));
        }
    }
    let (provider, first, _) = *fresh.first()?;
    let pieces = fresh
        .into_iter()
        .filter(|(other, item, _)| match order.together {
            Together::Item => *item == first,
            Together::Provider | Together::Order => *other == provider,
        })
        .map(|(_, item, quantity)| (item, quantity))
        .collect();
    Some(Consequence::Plan(provider, pieces))
}

/// An unpaid order gets no plan, but what was refunded meanwhile leaves it.
fn drop_lost_pieces(order: &Order) -> Option<Consequence> {
    order.fulfilments.iter().filter(|one| !one.state.is_locked()).find_map(|fulfilment| {
        fulfilment.lines.iter().find_map(|line| {
            let item = order.item(line.item)?;
            let open = open_pieces(order, item).min(line.quantity);
            (open < line.quantity).then_some(Consequence::Pieces(fulfilment.id, line.item, open))
        })
    })
}

/// Pieces of an item that no locked fulfilment accounts for.
fn open_pieces(order: &Order, item: &Item) -> u32 {
    if item.state == item::State::Dropped || order.state == State::Cancelled {
        return 0;
    }
    let covered: u32 = order
        .fulfilments
        .iter()
        .filter(|one| one.state.is_locked())
        .flat_map(|one| one.lines.iter().map(move |line| (one, line)))
        .filter(|(_, line)| line.item == item.id)
        .map(|(one, line)| match one.state {
            FulfilmentState::Superseded => line.shipped,
            FulfilmentState::Cancelled => line.shipped + line.given_up,
            _ => line.quantity,
        })
        .sum();
    (item.quantity + item.reprints).saturating_sub(covered)
}

enum Belongs {
    No,
    Yes,
    /// It was sent before under a reference: it never grows.
    AsItStands,
}

fn belongs(order: &Order, fulfilment: &Fulfilment, item: &Item) -> Belongs {
    let holds = 0 < pieces_in(fulfilment, item.id);
    let is_of_provider = fulfilment.provider == item.provider;
    match (is_of_provider, fulfilment.reference.is_some(), order.together) {
        (false, _, _) => Belongs::No,
        (true, true, _) => Belongs::AsItStands,
        (true, false, Together::Item) if !holds => Belongs::No,
        (true, false, _) => Belongs::Yes,
    }
}

fn pieces_in(fulfilment: &Fulfilment, item: ItemId) -> u32 {
    fulfilment.lines.iter().find(|line| line.item == item).map_or(0, |line| line.quantity)
}

fn of_fulfilment(
    order: &Order,
    fulfilment: &Fulfilment,
    pace: &Pace,
    now: Moment,
) -> Option<Consequence> {
    use FulfilmentState as S;
    let event = match &fulfilment.state {
        S::Gathering | S::AwaitingSubmit | S::Countdown { .. } if fulfilment.lines.is_empty() => {
            FulfilmentEvent::Emptied
        }
        S::Gathering if may_gather(order, fulfilment) => match order.approval {
            Approval::Manual => FulfilmentEvent::GatheredForPress,
            Approval::Automatic => {
                FulfilmentEvent::Gathered { submit_at: submit_at(order, fulfilment, pace, now) }
            }
        },
        S::AwaitingSubmit | S::Countdown { .. } if !may_gather(order, fulfilment) => {
            FulfilmentEvent::ItemChanged
        }
        S::InProduction if fulfilment.is_settled() => match fulfilment.has_shipped() {
            true => FulfilmentEvent::LinesSettled,
            false => FulfilmentEvent::LinesGivenUp,
        },
        _ => return None,
    };
    Some(Consequence::Fulfilment(fulfilment.id, event))
}

/// Whether everything that this fulfilment waits for is ready.
fn may_gather(order: &Order, fulfilment: &Fulfilment) -> bool {
    let ready = |item: &Item| item.state == item::State::Ready;
    let all_of_order = || order.live_items().all(ready);
    let all_of_it = || fulfilment.lines.iter().all(|line| order.item(line.item).is_some_and(ready));
    order.state == State::Open
        && match order.together {
            Together::Order => all_of_order(),
            Together::Provider | Together::Item => all_of_it(),
        }
}

/// When it goes out: the order's own delay, else the longest of its items' (the product's, else
/// the provider's, else the shop's). One that counted down before keeps its moment, but leaves at
/// least the grace; one that was sent and surely did not arrive goes again soon, and ever later.
fn submit_at(order: &Order, fulfilment: &Fulfilment, pace: &Pace, now: Moment) -> Moment {
    // Whatever was sent before, an edit leaves people the same time to see what they did.
    let kept = fulfilment.submit_at_kept.map(|kept| kept.max(now.plus(pace.grace)));
    let wished = match (fulfilment.attempt, kept) {
        (0, Some(kept)) => kept,
        (0, None) => now.plus(delay(order, fulfilment, pace)),
        (attempt, kept) => {
            let doubled = AGAIN_MIN * 2_u32.pow(attempt.min(7) - 1);
            let again = now.plus(doubled.min(AGAIN_MAX));
            kept.map_or(again, |kept| kept.max(again))
        }
    };
    pace.quiet.after(wished)
}

/// The submit delay of a fulfilment.
pub fn delay(order: &Order, fulfilment: &Fulfilment, pace: &Pace) -> Duration {
    let of_item =
        |item: &Item| item.delay_s.or(fulfilment.provider_delay_s).unwrap_or(pace.shop_delay_s);
    let longest = fulfilment
        .lines
        .iter()
        .filter_map(|line| order.item(line.item))
        .map(of_item)
        .max()
        .unwrap_or(pace.shop_delay_s);
    Duration::from_secs(u64::from(order.delay_s.unwrap_or(longest)))
}

/// An order is settled when each piece left, was given up or was dropped.
fn of_order(order: &Order) -> Option<Consequence> {
    let is_moving = matches!(order.state, State::Open | State::AwaitingPayment);
    let all_final = order.fulfilments.iter().all(|one| one.state.is_final());
    let nothing_open = order.items.iter().all(|item| open_pieces(order, item) == 0);
    let was_something = !order.items.is_empty() || order.has_nothing_to_make();
    if !(is_moving && all_final && nothing_open && was_something) {
        return None;
    }
    let any_shipped = order.fulfilments.iter().any(Fulfilment::has_shipped);
    let event = if any_shipped { OrderEvent::AllShipped } else { OrderEvent::AllGivenUp };
    Some(Consequence::Order(event))
}
