//! One act on many orders: what it means for each of them, and why for some it means nothing.

use std::time::Duration;

use super::fulfilment::State as FulfilmentState;
use super::id::{FulfilmentId, Hash, HoldId, ItemId};
use super::item;
use super::mark::Mark;
use super::order::{Fulfilment, Order, State, Submitted};
use super::problem::What;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What people want of many orders: something becomes of them, they are marked, or their customers are
/// written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// An act.
    Act(Act),
    /// A mark.
    Mark(Mark),
    /// Words to the customer of each, with blanks; without words only who can be written to is asked.
    Letter(String),
}

/// What can be done to many orders at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What counts down or waits for a press goes out now.
    SendNow,
    /// What counts down goes out an hour later.
    HourLater,
    /// What counts down goes out a day later.
    DayLater,
    /// What counts down goes out an hour earlier: it takes an hour later back.
    HourEarlier,
    /// What counts down goes out a day earlier: it takes a day later back.
    DayEarlier,
    /// The whole order stops.
    Pause,
    /// What a person paused goes on.
    Resume,
    /// What waits for the customer's yes has it.
    Approve,
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
    /// Moves it back.
    Earlier(FulfilmentId, Duration),
    /// Notes the yes to what an item has drawn, by its seal.
    Approve(ItemId, Hash),
    /// Takes that yes back.
    Unapprove(ItemId, Hash),
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
    pub const ALL: [Act; 10] = [
        Act::SendNow,
        Act::HourLater,
        Act::DayLater,
        Act::HourEarlier,
        Act::DayEarlier,
        Act::Pause,
        Act::Resume,
        Act::Approve,
        Act::DrawAgain,
        Act::Cancel,
    ];

    /// The word it has in forms.
    pub fn name(self) -> &'static str {
        match self {
            Act::SendNow => "send-now",
            Act::HourLater => "hour-later",
            Act::DayLater => "day-later",
            Act::HourEarlier => "hour-earlier",
            Act::DayEarlier => "day-earlier",
            Act::Approve => "approve",
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
            Act::HourLater => moved(order, |id| Step::Later(id, HOUR)),
            Act::DayLater => moved(order, |id| Step::Later(id, DAY)),
            Act::HourEarlier => moved(order, |id| Step::Earlier(id, HOUR)),
            Act::DayEarlier => moved(order, |id| Step::Earlier(id, DAY)),
            Act::Approve => approve(order),
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
            Act::SendNow | Act::HourLater | Act::DayLater | Act::HourEarlier | Act::DayEarlier => {
                "nothing of it counts down"
            }
            Act::Approve => "nothing of it waits for approval",
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

fn moved(order: &Order, step: impl Fn(FulfilmentId) -> Step) -> Vec<Step> {
    order.fulfilments.iter().filter(counts_down).map(|one| step(one.id)).collect()
}

fn approve(order: &Order) -> Vec<Step> {
    let waiting = order.live_items().filter(|item| item.state == item::State::AwaitingApproval);
    waiting.map(|item| Step::Approve(item.id, item.facts.seal(item.facts.revision))).collect()
}

/// What a yes to this order would count for: a seal over everything of it that waits for approval.
pub fn seen(order: &Order) -> String {
    let steps = approve(order).into_iter();
    let seals: Vec<String> = steps
        .filter_map(|step| match step {
            Step::Approve(_, seal) => Some(seal.to_string()),
            _ => None,
        })
        .collect();
    Hash::of(seals.join("\n").as_bytes()).short().to_owned()
}

/// What a yes to this order was given to, so that it can be taken back: `7.3f0a-8.91bc`.
pub fn given(order: &Order) -> String {
    let words = approve(order).into_iter().filter_map(|step| match step {
        Step::Approve(item, seal) => Some(format!("{item}.{}", seal.short())),
        _ => None,
    });
    words.collect::<Vec<_>>().join("-")
}

/// Takes the yes back that was [`given`], as long as nothing of it has left and all of it still counts.
pub fn take_back(order: &Order, given: &str) -> Result<Vec<Step>, &'static str> {
    if matches!(order.state, State::Closed | State::Cancelled) {
        return Err("it is over");
    }
    let mut steps = Vec::new();
    for word in given.split('-') {
        let seal_of = |item: &item::Item| item.facts.seal(item.facts.revision);
        let item = order
            .live_items()
            .find(|item| word == format!("{}.{}", item.id, seal_of(item).short()));
        match item {
            None => return Err("it was changed meanwhile: what was approved counts no more"),
            Some(item) if order.is_locked(item.id) => {
                return Err("it was sent already: the yes stays");
            }
            Some(item) if !item.facts.is_approved() => {
                return Err("the yes was taken back already");
            }
            Some(item) => steps.push(Step::Unapprove(item.id, seal_of(item))),
        }
    }
    Ok(steps)
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
