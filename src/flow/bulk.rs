//! One act on many orders, each in a transaction of its own: what cannot be done is told, the rest is
//! done.

use std::collections::{BTreeMap, BTreeSet};

use crate::db;
use crate::model::bulk::{Act, Deed, Step, given, seen, take_back};
use crate::model::hold::{Actor, Target};
use crate::model::id::OrderId;
use crate::model::mark::{Mark, Marks};
use crate::model::order::Order;

use super::ctx::{Ctx, FlowError};
use super::operate::{Delay, Staff};
use super::{customer_note, mark, review};

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
    /// Where its customer is mailed.
    pub email: String,
    /// Why nothing is done, or was; `None` when something is.
    pub why_not: Option<String>,
    /// Who looked after it before it was given to somebody; empty for nobody.
    pub was: String,
    /// What a yes to it would count for.
    pub seen: String,
    /// What a yes to it would be given to.
    pub given: String,
}

impl Told {
    fn of(order: &Order, marks: &Marks, why_not: Option<String>) -> Told {
        Told {
            order: order.id,
            number: order.number.clone(),
            recipient: order.recipient.name(),
            email: order.recipient.email.trim().to_lowercase(),
            why_not,
            was: marks.assignee.as_ref().map_or(String::new(), |one| one.name.clone()),
            seen: seen(order),
            given: given(order),
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

    fn why_not(&self, tx: &db::Tx<'_>, deed: &Deed) -> Result<Option<String>, FlowError> {
        let why = match deed {
            _ if self.is_erased => Some("it was erased"),
            Deed::Act(act) => act.plan(&self.order).err(),
            Deed::Mark(mark) => mark.plan(&self.marks).err(),
            Deed::Letter(text) if text.is_empty() => customer_note::why_unreachable(&self.order),
            Deed::Letter(text) => match customer_note::filled(&self.order, text) {
                Err(error) => return reason(Err(error)),
                Ok(words) => db::customer_note::is_kept(tx, self.order.id, &words)?
                    .then_some(customer_note::TOLD_ALREADY),
            },
        };
        Ok(why.map(str::to_owned))
    }
}

/// What the deed would mean for each of these orders. Nothing is done.
pub async fn preview(ctx: &Ctx, ids: Vec<OrderId>, deed: Deed) -> Result<Vec<Told>, FlowError> {
    ctx.read(move |tx| {
        let mut told = Vec::new();
        for id in ids.iter().take(ORDERS_MAX) {
            let Some(found) = Found::load(tx, *id)? else { continue };
            let why_not = found.why_not(tx, &deed)?;
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
    let (mut told, mut done) = (Vec::new(), BTreeSet::new());
    for id in ids.into_iter().filter(|id| done.insert(*id)).take(ORDERS_MAX) {
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

/// Takes the yes back from what it was given to, in each order of which nothing has left.
pub async fn unapprove(
    ctx: &Ctx,
    yeses: Vec<(OrderId, String)>,
    staff: &Staff,
) -> Result<Vec<Told>, FlowError> {
    let mut told = Vec::new();
    for (id, given) in yeses.into_iter().take(ORDERS_MAX) {
        let Some(found) = ctx.read(move |tx| Found::load(tx, id)).await? else { continue };
        let why_not = match take_back(&found.order, &given) {
            _ if found.is_erased => Some("it was erased".to_owned()),
            Ok(steps) => perform(ctx, &found.order, steps, staff).await?,
            Err(why) => Some(why.to_owned()),
        };
        told.push(Told::of(&found.order, &found.marks, why_not));
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
    let asked = deed.clone();
    let found = ctx.read(move |tx| {
        let Some(found) = Found::load(tx, id)? else { return Ok::<_, FlowError>(None) };
        let why_not = found.why_not(tx, &asked)?;
        Ok(Some((found, why_not)))
    });
    let Some((found, why_not)) = found.await? else {
        return Ok(None);
    };
    let why_not = match (why_not, deed) {
        (Some(why), _) => Some(why),
        (None, Deed::Act(Act::Approve)) if shown != Some(&seen(&found.order)) => {
            Some("it was changed meanwhile: look at it once more".to_owned())
        }
        (None, Deed::Act(act)) => match act.plan(&found.order) {
            Ok(steps) => perform(ctx, &found.order, steps, staff).await?,
            Err(why) => Some(why.to_owned()),
        },
        (None, Deed::Mark(mark)) => {
            reason(mark::put(ctx, id, mark.clone(), staff).await.map(drop))?
        }
        (None, Deed::Letter(text)) => match customer_note::filled(&found.order, text) {
            Ok(words) => reason(customer_note::write(ctx, id, &words, staff).await)?,
            Err(error) => reason(Err(error))?,
        },
    };
    Ok(Some(Told::of(&found.order, &found.marks, why_not)))
}

/// Does the steps of one order.
async fn perform(
    ctx: &Ctx,
    order: &Order,
    steps: Vec<Step>,
    staff: &Staff,
) -> Result<Option<String>, FlowError> {
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
        Step::Unapprove(item, seen) => {
            let actor = Actor::Person(staff.0.clone());
            review::unapprove(ctx, order.id, (item, seen), actor).await
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
