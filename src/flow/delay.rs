//! A submit delay that was changed, for what counts down already.

use crate::db;
use crate::db::countdown::Counting;
use crate::model::fulfilment::{Event as FulfilmentEvent, State};
use crate::model::hold::Actor;
use crate::model::id::{ProviderId, ShopId};
use crate::model::order::Order;
use crate::model::settle;
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError};
use super::operate::Staff;
use super::transition::{Event, With, fulfilment_name, transition};

/// Whose delay it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A shop's.
    Shop(ShopId),
    /// A provider's.
    Provider(ProviderId),
}

/// What counts down by this delay, or would if nothing had one of its own.
pub async fn counting(ctx: &Ctx, whose: Whose) -> Result<Vec<Counting>, FlowError> {
    ctx.read(move |tx| {
        Ok(match whose {
            Whose::Shop(id) => db::countdown::of_shop(tx, id)?,
            Whose::Provider(id) => db::countdown::of_provider(tx, id)?,
        })
    })
    .await
}

/// Has what counts down already go by the delay that holds now, from where it began; each leaves the
/// grace at least. How many moved.
pub async fn apply(ctx: &Ctx, whose: Whose, staff: &Staff) -> Result<usize, FlowError> {
    let mut moved = 0;
    for one in counting(ctx, whose).await? {
        let (shared, actor) = (ctx.clone(), Actor::Person(staff.0.clone()));
        let is_moved = ctx
            .call(move |tx| {
                let mut locked = db::order::lock(tx, one.order)?;
                let pace = shared.pace(locked.get().shop);
                let fulfilment = locked.get().fulfilment(one.id);
                let Some(fulfilment) = fulfilment else { return Ok(false) };
                let State::Countdown { submit_at: present } = fulfilment.state else {
                    // It went out, or was stopped, in between.
                    return Ok(false);
                };
                let delay = settle::delay(locked.get(), fulfilment, &pace);
                let began = began(tx, locked.get(), one)?;
                let wished = began.plus(delay).max(tx.now.plus(pace.grace));
                let submit_at = pace.quiet.after(wished);
                if submit_at == present {
                    return Ok(false);
                }
                let event = FulfilmentEvent::DelayChanged { submit_at };
                let with = With { actor: &actor, rules: &shared.rules, pace: &pace };
                let why = "the submit delay was changed".to_owned();
                transition(tx, &mut locked, Event::Fulfilment(one.id, event, why), with)?;
                Ok(true)
            })
            .await?;
        moved += usize::from(is_moved);
    }
    Ok(moved)
}

/// When the countdown began: a moment that was moved in between does not count.
fn began(tx: &db::Tx<'_>, order: &Order, one: Counting) -> Result<Moment, FlowError> {
    let name = fulfilment_name(order, one.id);
    let starts = ["gathered", "submit_pressed", "wait_elapsed"];
    let lines = db::history::of_order(tx, one.order)?;
    let start = lines
        .iter()
        .rev()
        .find(|line| line.subject == name && starts.contains(&line.event.as_str()));
    Ok(start.map_or(one.since, |line| line.at))
}
