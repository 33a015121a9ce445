//! Orders of a shop or provider that was disconnected: held with words when they would go out, and
//! let go when it is connected again. Nothing is lost by it.

use crate::db;
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, OrderId};
use crate::model::order::Order;
use crate::model::problem::{Problem, What};

use super::ctx::{Ctx, FlowError};
use super::submit::hold;
use super::transition::{Event, With, transition};

/// Holds a fulfilment whose shop or provider is not connected; why, where it is so.
pub(super) async fn hold_back(
    ctx: &Ctx,
    order: &Order,
    id: FulfilmentId,
) -> Result<Option<String>, FlowError> {
    let Some(fulfilment) = order.fulfilment(id) else { return Ok(None) };
    let is_of_shop = order.shop_order.is_some() && !ctx.shops.contains_key(&order.shop);
    let place = match (is_of_shop, ctx.providers.contains_key(&fulfilment.provider)) {
        (true, _) => "its shop".to_owned(),
        (false, false) => fulfilment.provider_name.clone(),
        (false, true) => return Ok(None),
    };
    let problem = Problem::new(What::Disconnected, place, "");
    let words = problem.sentence();
    hold(ctx, order.id, Target::Fulfilment(id), problem).await?;
    Ok(Some(words))
}

/// Lets go on what was held for that and is connected again; how many orders.
pub async fn let_go_on(ctx: &Ctx) -> Result<usize, FlowError> {
    let held = ctx.read(|tx| Ok(db::hold::orders_held(tx, What::Disconnected)?)).await?;
    let mut freed = 0;
    for order in held {
        let shared = ctx.clone();
        freed += ctx.call(move |tx| lift(tx, &shared, order)).await?;
    }
    Ok(freed)
}

fn lift(tx: &db::Tx<'_>, ctx: &Ctx, order: OrderId) -> Result<usize, FlowError> {
    let mut locked = db::order::lock(tx, order)?;
    let pace = ctx.pace(locked.get().shop);
    let is_here = ctx.shops.contains_key(&locked.get().shop);
    let cured: Vec<_> = locked
        .get()
        .holds
        .iter()
        .filter(|hold| hold.problem.what == What::Disconnected && is_here)
        .filter(|hold| match hold.target {
            Target::Fulfilment(id) => {
                let found = locked.get().fulfilment(id);
                found.is_none_or(|one| ctx.providers.contains_key(&one.provider))
            }
            Target::Order | Target::Item(_) => true,
        })
        .map(|hold| hold.id)
        .collect();
    for id in &cured {
        let with = With { actor: &Actor::Program, rules: &ctx.rules, pace: &pace };
        transition(tx, &mut locked, Event::Lifted(*id), with)?;
    }
    Ok(usize::from(!cured.is_empty()))
}
