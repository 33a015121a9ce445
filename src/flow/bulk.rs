//! One act on many orders, each in a transaction of its own: what cannot be done is told, the rest is
//! done.

use crate::db;
use crate::model::bulk::{Act, Step};
use crate::model::hold::Target;
use crate::model::id::OrderId;
use crate::model::order::Order;

use super::ctx::{Ctx, FlowError};
use super::operate::{Delay, Staff};

/// Orders of one act.
pub const ORDERS_MAX: usize = 1_000;

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
}

impl Told {
    fn of(order: &Order, why_not: Option<String>) -> Told {
        Told {
            order: order.id,
            number: order.number.clone(),
            recipient: order.recipient.name(),
            why_not,
        }
    }
}

/// What the act would mean for each of these orders. Nothing is done.
pub async fn preview(ctx: &Ctx, ids: Vec<OrderId>, act: Act) -> Result<Vec<Told>, FlowError> {
    ctx.read(move |tx| {
        let mut told = Vec::new();
        for id in ids.iter().take(ORDERS_MAX) {
            if !db::board::has_order(tx, *id)? {
                continue;
            }
            let order = db::order::load(tx, *id)?;
            let why_not = act.plan(&order).err().map(str::to_owned);
            told.push(Told::of(&order, why_not));
        }
        Ok(told)
    })
    .await
}

/// Does it to each of these orders, and tells what came of it.
pub async fn run(
    ctx: &Ctx,
    ids: Vec<OrderId>,
    act: Act,
    staff: &Staff,
) -> Result<Vec<Told>, FlowError> {
    let mut told = Vec::new();
    for id in ids.into_iter().take(ORDERS_MAX) {
        let found = ctx
            .read(move |tx| match db::board::has_order(tx, id)? {
                true => Ok(Some(db::order::load(tx, id)?)),
                false => Ok(None),
            })
            .await?;
        let Some(order) = found else { continue };
        let why_not = match act.plan(&order) {
            Err(why) => Some(why.to_owned()),
            Ok(steps) => one(ctx, &order, steps, staff).await?,
        };
        told.push(Told::of(&order, why_not));
    }
    Ok(told)
}

/// Does the steps of one order. What went on meanwhile is a reason, not a failure.
async fn one(
    ctx: &Ctx,
    order: &Order,
    steps: Vec<Step>,
    staff: &Staff,
) -> Result<Option<String>, FlowError> {
    for step in steps {
        let done = match step {
            Step::SendNow(id) => {
                ctx.change_delay(order.id, id, Delay::SendNow, staff).await.map(drop)
            }
            Step::Later(id, span) => {
                ctx.change_delay(order.id, id, Delay::Later(span), staff).await.map(drop)
            }
            Step::Submit(id) => ctx.press_submit(order.id, id, staff).await,
            Step::Pause => ctx.pause(order.id, Target::Order, "", staff).await,
            Step::Release(hold) => ctx.release(order.id, hold, staff).await,
            Step::DrawAgain(item) => ctx.draw_again(order.id, item, staff).await,
            Step::Cancel => ctx.cancel_order(order.id, staff).await,
        };
        match done {
            Ok(()) => {}
            Err(FlowError::NotNow(why)) => return Ok(Some(why)),
            Err(FlowError::Illegal(_)) => {
                return Ok(Some("it went on meanwhile".to_owned()));
            }
            Err(FlowError::NotFound(_)) => return Ok(Some("it is gone".to_owned())),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
