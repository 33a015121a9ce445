//! One act on many orders: what it means for each of them, and why for some it means nothing.

use std::time::Duration;

use super::fulfilment::State as FulfilmentState;
use super::id::{FulfilmentId, HoldId, ItemId};
use super::item;
use super::order::{Fulfilment, Order, State, Submitted};
use super::problem::What;

/// What can be done to many orders at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What counts down or waits for a press goes out now.
    SendNow,
    /// What counts down goes out an hour later.
    HourLater,
    /// What counts down goes out a day later.
    DayLater,
    /// The whole order stops.
    Pause,
    /// What a person paused goes on.
    Resume,
    /// What was not sent is drawn again.
    DrawAgain,
    /// Nothing of it is made.
    Cancel,
}

/// One act on one order, as the flow does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ends a countdown.
    SendNow(FulfilmentId),
    /// Presses Submit.
    Submit(FulfilmentId),
    /// Moves a countdown.
    Later(FulfilmentId, Duration),
    /// Holds the order.
    Pause,
    /// Lifts a hold.
    Release(HoldId),
    /// Draws an item.
    DrawAgain(ItemId),
    /// Cancels the order.
    Cancel,
}

impl Act {
    /// Every act.
    pub const ALL: [Act; 7] = [
        Act::SendNow,
        Act::HourLater,
        Act::DayLater,
        Act::Pause,
        Act::Resume,
        Act::DrawAgain,
        Act::Cancel,
    ];

    /// The word it has in forms.
    pub fn name(self) -> &'static str {
        match self {
            Act::SendNow => "send-now",
            Act::HourLater => "hour-later",
            Act::DayLater => "day-later",
            Act::Pause => "pause",
            Act::Resume => "resume",
            Act::DrawAgain => "draw-again",
            Act::Cancel => "cancel",
        }
    }

    /// The act of this word.
    pub fn from_name(name: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|act| act.name() == name)
    }

    /// What it means for an order; an error is the reason why it means nothing, for people.
    pub fn plan(self, order: &Order) -> Result<Vec<Step>, &'static str> {
        if matches!(order.state, State::Closed | State::Cancelled) {
            return Err("it is over");
        }
        let steps = match self {
            Act::SendNow => send_now(order)?,
            Act::HourLater => later(order, Duration::from_secs(3_600)),
            Act::DayLater => later(order, Duration::from_secs(24 * 3_600)),
            Act::Pause => pause(order)?,
            Act::Resume => resume(order),
            Act::DrawAgain => draw_again(order),
            Act::Cancel => match order.submitted() {
                Submitted::Never => vec![Step::Cancel],
                _ => return Err("part of it was sent already: cancel it on its own page"),
            },
        };
        if steps.is_empty() { Err(self.why_nothing()) } else { Ok(steps) }
    }

    fn why_nothing(self) -> &'static str {
        match self {
            Act::SendNow | Act::HourLater | Act::DayLater => "nothing of it counts down",
            Act::Resume => "nobody paused it",
            Act::DrawAgain => "nothing of it can be drawn now",
            Act::Pause | Act::Cancel => "there is nothing to do",
        }
    }
}

fn counts_down(fulfilment: &&Fulfilment) -> bool {
    matches!(fulfilment.state, FulfilmentState::Countdown { .. })
}

fn send_now(order: &Order) -> Result<Vec<Step>, &'static str> {
    let mut steps = Vec::new();
    let mut is_held = false;
    for one in &order.fulfilments {
        let step = match one.state {
            FulfilmentState::Countdown { .. } => Step::SendNow(one.id),
            FulfilmentState::AwaitingSubmit => Step::Submit(one.id),
            _ => continue,
        };
        match order.holds_on(one).is_empty() {
            true => steps.push(step),
            false => is_held = true,
        }
    }
    if steps.is_empty() && is_held { Err("it is held") } else { Ok(steps) }
}

fn later(order: &Order, span: Duration) -> Vec<Step> {
    let waiting = order.fulfilments.iter().filter(counts_down);
    waiting.map(|one| Step::Later(one.id, span)).collect()
}

fn pause(order: &Order) -> Result<Vec<Step>, &'static str> {
    let is_paused = order.holds.iter().any(|hold| hold.problem.what == What::Paused);
    let is_sent = order
        .fulfilments
        .iter()
        .all(|one| one.state.is_final() || matches!(one.state, FulfilmentState::InProduction));
    match (is_paused, is_sent && !order.fulfilments.is_empty()) {
        (true, _) => Err("it is paused already"),
        (_, true) => Err("all of it was sent already"),
        _ => Ok(vec![Step::Pause]),
    }
}

fn resume(order: &Order) -> Vec<Step> {
    let paused = order.holds.iter().filter(|hold| hold.problem.what == What::Paused);
    paused.map(|hold| Step::Release(hold.id)).collect()
}

fn draw_again(order: &Order) -> Vec<Step> {
    let drawn = order.live_items().filter(|item| {
        !order.is_locked(item.id)
            && !matches!(item.state, item::State::Making | item::State::AwaitingInput)
    });
    drawn.map(|item| Step::DrawAgain(item.id)).collect()
}
