//! The audit: each order with what it waits for, and every invariant that it breaks.

use std::collections::BTreeSet;

use crate::db::{self, Tx};
use crate::model::audit::{self, Around, Breach};
use crate::model::id::OrderId;
use crate::model::order::Order;
use crate::model::provider_order::PlacedBy;
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError};

/// An order as the audit tells it.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The order.
    pub order: Order,
    /// What it breaks; empty is well.
    pub breaches: Vec<Breach>,
    /// What each of its fulfilments waits for, in their order.
    pub waiting: Vec<Waiting>,
}

/// What a fulfilment waits for.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Since when it is in its state.
    pub since: Moment,
    /// In words; empty when it is over.
    pub next_action: String,
}

/// Which orders are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that are not over.
    Open,
    /// Every one.
    All,
}

/// Audits orders, oldest first, a few in each snapshot, so that nobody waits for it.
pub async fn run(ctx: &Ctx, scope: Scope) -> Result<Vec<Audited>, FlowError> {
    const AT_ONCE: usize = 50;
    let ids = ctx
        .read(move |tx| match scope {
            Scope::Open => Ok(db::audit::open_orders(tx)?),
            Scope::All => Ok(db::audit::all_orders(tx)?),
        })
        .await?;
    let mut audited = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let (some, shared) = (some.to_vec(), ctx.clone());
        let found = ctx.read(move |tx| some.iter().map(|id| one(tx, &shared, *id)).collect());
        let found: Vec<Audited> = found.await?;
        audited.extend(found);
    }
    Ok(audited)
}

/// Audits one order.
pub fn one(tx: &Tx<'_>, ctx: &Ctx, id: OrderId) -> Result<Audited, FlowError> {
    let order = db::order::load(tx, id)?;
    let by_hand: BTreeSet<_> = ctx
        .providers
        .iter()
        .filter(|(_, seat)| seat.provider.abilities().placed_by == PlacedBy::Person)
        .map(|(id, _)| *id)
        .collect();
    let around = Around {
        jobs: db::audit::jobs(tx, id)?,
        links: db::audit::links(tx, id)?,
        by_hand,
        // The watchdog comes round once in this time, and may have to wait for its turn.
        slack: ctx.rules.watch_every * 2 + ctx.rules.retry_max,
    };
    let breaches = audit::breaches(&order, &around, tx.now);
    let mut waiting = Vec::with_capacity(order.fulfilments.len());
    for fulfilment in &order.fulfilments {
        let row = db::fulfilment::ledger(tx, fulfilment.id)?;
        let row =
            row.ok_or_else(|| FlowError::NotFound(format!("fulfilment {}", fulfilment.id)))?;
        waiting.push(Waiting { since: row.since, next_action: row.next_action });
    }
    Ok(Audited { order, breaches, waiting })
}
