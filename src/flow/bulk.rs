//! One act on many orders, each in a transaction of its own: what cannot be done is told, the rest is
//! done.

use std::collections::BTreeMap;

use crate::db;
use crate::model::bulk::{Act, Deed, Step, seen};
use crate::model::hold::{Actor, Target};
use crate::model::id::OrderId;
use crate::model::mark::{Mark, Marks};
use crate::model::order::Order;

use super::ctx::{Ctx, FlowError};
use super::operate::{Delay, Staff};
use super::{mark, review};

/// Orders of one act.
pub const ORDERS_MAX: usize = 5_000;

/// What an act means for an order, or what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The order.
    pub order: OrderId,
    /// What people call it.
    pub number: String,
    /// Who gets it.
    pub recipient: String,
    /// Why nothing is done, or was; `None` when something is.
    pub why_not: Option<String>,
    /// Who looked after it before it was given to somebody; empty for nobody.
    pub was: String,
    /// What a yes to it would count for.
    pub seen: String,
}

impl Told {
    fn of(order: &Order, marks: &Marks, why_not: Option<String>) -> Told {
        Told {
            order: order.id,
            number: order.number.clone(),
            recipient: order.recipient.name(),
            why_not,
            was: marks.assignee.as_ref().map_or(String::new(), |one| one.name.clone()),
            seen: seen(order),
        }
    }
}

/// An order with its marks, and why it must be left as it is.
struct Found {
    order: Order,
    marks: Marks,
    is_erased: bool,
}

impl Found {
    fn load(tx: &db::Tx<'_>, id: OrderId) -> Result<Option<Found>, FlowError> {
        if !db::board::has_order(tx, id)? {
            return Ok(None);
        }
        let order = db::order::load(tx, id)?;
        let (marks, is_erased) = (db::mark::of_order(tx, id)?, db::erase::is_erased(tx, id)?);
        Ok(Some(Found { order, marks, is_erased }))
    }

    fn why_not(&self, deed: &Deed) -> Option<&'static str> {
        match deed {
            _ if self.is_erased => Some("it was erased"),
            Deed::Act(act) => act.plan(&self.order).err(),
            Deed::Mark(mark) => mark.plan(&self.marks).err(),
        }
    }
}

/// What the deed would mean for each of these orders. Nothing is done.
pub async fn preview(ctx: &Ctx, ids: Vec<OrderId>, deed: Deed) -> Result<Vec<Told>, FlowError> {
    ctx.read(move |tx| {
        let mut told = Vec::new();
        for id in ids.iter().take(ORDERS_MAX) {
            let Some(found) = Found::load(tx, *id)? else { continue };
            let why_not = found.why_not(&deed).map(str::to_owned);
            told.push(Told::of(&found.order, &found.marks, why_not));
        }
        Ok(told)
    })
    .await
}

/// Does it to each of these orders, and tells what came of it. A yes counts for what the person was
/// shown of each order, never for what took its place meanwhile (R123).
pub async fn run(
    ctx: &Ctx,
    ids: Vec<OrderId>,
    deed: &Deed,
    shown: &BTreeMap<OrderId, String>,
    staff: &Staff,
) -> Result<Vec<Told>, FlowError> {
    let mut told = Vec::new();
    for id in ids.into_iter().take(ORDERS_MAX) {
        if let Some(one) = one(ctx, id, deed, shown.get(&id), staff).await? {
            told.push(one);
        }
    }
    Ok(told)
}

/// Gives each order back to whoever looked after it before; an empty name is nobody.
pub async fn give_back(
    ctx: &Ctx,
    before: Vec<(OrderId, String)>,
    staff: &Staff,
) -> Result<Vec<Told>, FlowError> {
    let mut told = Vec::new();
    for (id, name) in before.into_iter().take(ORDERS_MAX) {
        let mark = if name.is_empty() { Mark::Unassign } else { Mark::Assign(name) };
        if let Some(one) = one(ctx, id, &Deed::Mark(mark), None, staff).await? {
            told.push(one);
        }
    }
    Ok(told)
}

async fn one(
    ctx: &Ctx,
    id: OrderId,
    deed: &Deed,
    shown: Option<&String>,
    staff: &Staff,
) -> Result<Option<Told>, FlowError> {
    let Some(found) = ctx.read(move |tx| Found::load(tx, id)).await? else {
        return Ok(None);
    };
    let why_not = match (found.why_not(deed), deed) {
        (Some(why), _) => Some(why.to_owned()),
        (None, Deed::Act(Act::Approve)) if shown != Some(&seen(&found.order)) => {
            Some("it was changed meanwhile: look at it once more".to_owned())
        }
        (None, Deed::Act(act)) => perform(ctx, &found.order, *act, staff).await?,
        (None, Deed::Mark(mark)) => {
            reason(mark::put(ctx, id, mark.clone(), staff).await.map(drop))?
        }
    };
    Ok(Some(Told::of(&found.order, &found.marks, why_not)))
}

/// Does the steps of one order.
async fn perform(
    ctx: &Ctx,
    order: &Order,
    act: Act,
    staff: &Staff,
) -> Result<Option<String>, FlowError> {
    let steps = match act.plan(order) {
        Ok(steps) => steps,
        Err(why) => return Ok(Some(why.to_owned())),
    };
    for step in steps {
        if let Some(why) = reason(take(ctx, order, step, staff).await)? {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

async fn take(ctx: &Ctx, order: &Order, step: Step, staff: &Staff) -> Result<(), FlowError> {
    let moved = async |id, delay| ctx.change_delay(order.id, id, delay, staff).await.map(drop);
    match step {
        Step::SendNow(id) => moved(id, Delay::SendNow).await,
        Step::Later(id, span) => moved(id, Delay::Later(span)).await,
        Step::Earlier(id, span) => moved(id, Delay::Earlier(span)).await,
        Step::Submit(id) => ctx.press_submit(order.id, id, staff).await,
        Step::Pause => ctx.pause(order.id, Target::Order, "", staff).await,
        Step::Release(hold) => ctx.release(order.id, hold, staff).await,
        Step::DrawAgain(item) => ctx.draw_again(order.id, item, staff).await,
        Step::Cancel => ctx.cancel_order(order.id, staff).await,
        Step::Approve(item, seen) => {
            let actor = Actor::Person(staff.0.clone());
            review::approve(ctx, order.id, (item, seen), actor).await
        }
    }
}

/// What went on meanwhile is a reason, not a failure.
fn reason(done: Result<(), FlowError>) -> Result<Option<String>, FlowError> {
    match done {
        Ok(()) => Ok(None),
        Err(FlowError::NotNow(why)) => Ok(Some(why)),
        Err(FlowError::Illegal(_)) => Ok(Some("it went on meanwhile".to_owned())),
        Err(FlowError::NotFound(_)) => Ok(Some("it is gone".to_owned())),
        Err(error) => Err(error),
    }
}
