//! Erasing an order: nothing of its customer is left, and nothing of it can be fetched (R125).

use std::time::Duration;

use crate::db;
use crate::model::hold::Actor;
use crate::model::id::{Hash, OrderId};
use crate::model::order::State;

use super::ctx::{Ctx, FlowError};
use super::file;
use super::operate::Staff;
use super::transition::{self, With};

/// A file that was stored just now may be on its way to another order: the daily sweep takes it.
const JUST_STORED: Duration = Duration::from_secs(3_600);
/// One sweep erases this many orders at most.
const ORDERS_MAX: u32 = 500;

/// Erases an order that has ended. Its money record stays: references, providers, prices, states.
pub async fn erase(ctx: &Ctx, id: OrderId, staff: &Staff) -> Result<(), FlowError> {
    erase_by(ctx, id, Actor::Person(staff.0.clone())).await
}

async fn erase_by(ctx: &Ctx, id: OrderId, actor: Actor) -> Result<(), FlowError> {
    let shared = ctx.clone();
    let files = ctx
        .call(move |tx| {
            let locked = db::order::lock(tx, id)?;
            let order = locked.get();
            if db::erase::is_erased(tx, id)? {
                return Err(FlowError::NotNow(format!("order {} is erased", order.number)));
            }
            let is_over = matches!(order.state, State::Closed | State::Cancelled);
            if !is_over || !order.fulfilments.iter().all(|one| one.state.is_final()) {
                let why = "it has not ended: cancel it first, or wait until it has shipped";
                return Err(FlowError::NotNow(why.to_owned()));
            }
            // Nothing of it can begin while this transaction lasts, and afterwards nothing is left
            // to begin with: so a job that writes names back is one that runs now.
            if 0 < db::erase::running_jobs(tx, id)? {
                let why = "a step of it is under way; try again in a moment";
                return Err(FlowError::NotNow(why.to_owned()));
            }
            let files = db::erase::files_of(tx, id)?;
            db::erase::erase(tx, id)?;
            let pace = shared.pace(order.shop);
            let with = With { actor: &actor, rules: &shared.rules, pace: &pace };
            transition::note(tx, order, with, "order".to_owned(), "erased", "")?;
            Ok(files)
        })
        .await?;
    remove(ctx, files).await
}

/// Removes the files that no other order needs.
async fn remove(ctx: &Ctx, files: Vec<Hash>) -> Result<(), FlowError> {
    let untouched_since = ctx.clock.now().minus(JUST_STORED);
    for hash in files {
        let row = hash.clone();
        let work = move |tx: &db::Tx<'_>| Ok(db::erase::forget_file(tx, &row, untouched_since)?);
        if ctx.call(work).await? {
            file::remove_without_row(ctx, &hash).await?;
        }
    }
    Ok(())
}

/// Erases orders that ended long ago, and forgets old deliveries, as the settings say.
pub async fn keep_no_longer(ctx: &Ctx) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let before = now.minus(ctx.rules.keep_deliveries);
    ctx.call(move |tx| Ok(db::erase::forget_deliveries(tx, before)?)).await?;
    let Some(keep) = ctx.rules.keep_orders else { return Ok(()) };
    let before = now.minus(keep);
    let ended = ctx.read(move |tx| Ok(db::erase::ended_before(tx, before, ORDERS_MAX)?)).await?;
    for id in ended {
        match erase_by(ctx, id, Actor::Program).await {
            // One that is not over yet is looked at again tomorrow.
            Ok(()) | Err(FlowError::NotNow(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
