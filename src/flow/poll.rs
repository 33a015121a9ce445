//! Polling, the real intake: every change since the last sweep, with an overlap (R15, R16).

use std::time::Duration;

use crate::db;
use crate::model::id::ShopId;
use crate::model::problem::{Problem, What};
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError, Outcome};
use super::intake::{ask, desk, shop_error};
use super::notify;
use super::take_in::take_in;

/// A sweep reads this many pages at most; more are read by the next one.
const PAGES_MAX: u32 = 200;
/// A shop that cannot be reached for this long is no longer a passing thing: people are mailed.
const UNREACHABLE_MAX: Duration = Duration::from_secs(3_600);
/// The shop's moments are whole seconds, and it lists what is later than the one it is given.
const SECOND: Duration = Duration::from_secs(1);

/// Reads every change of a shop since the last sweep; the cursor moves only when all is stored.
pub async fn run(ctx: &Ctx, shop: ShopId) -> Result<Outcome, FlowError> {
    if !ctx.shops.contains_key(&shop) {
        return Ok(Outcome::Cancel("the shop is disconnected".to_owned()));
    }
    let seat = ctx.shop(shop)?.clone();
    let row = ctx.read(move |tx| Ok(db::shop::get(tx, shop)?)).await?;
    let row = row.ok_or_else(|| FlowError::NotFound(format!("shop {shop}")))?;
    let mut from = row.cursor_at.unwrap_or(row.go_live_at).minus(seat.rules.overlap);
    let mut cursor_at = row.cursor_at;
    let (mut seen, mut page) = (0_usize, 1);
    for _ in 0..PAGES_MAX {
        let found = match seat.shop.list_changed(from, page).await {
            Ok(found) => found,
            Err(error) => return Err(unreachable(ctx, &seat.name, shop_error(error)).await?),
        };
        let newest = found.orders.iter().map(|order| order.modified_at).max();
        cursor_at = cursor_at.max(newest);
        seen += found.orders.len();
        store(ctx, shop, found.orders, found.unreadable).await?;
        if !found.more {
            break;
        }
        // The list moves while it is read: an order that is changed goes to its end, and what stood
        // behind it moves up a page unseen. So the next page begins anew where this one ended.
        match newest.map(|at| at.minus(SECOND)).filter(|at| from < *at) {
            Some(at) => (from, page) = (at, 1),
            None => page += 1,
        }
    }
    finish(ctx, shop, &seat.name, cursor_at).await?;
    tracing::debug!(shop.name = %seat.name, orders = seen, "swept the shop");
    Ok(Outcome::Snooze(ctx.clock.now().plus(seat.rules.poll_every)))
}

/// Orders of a page whose change is known are skipped; every other is taken in by itself.
async fn store(
    ctx: &Ctx,
    shop: ShopId,
    orders: Vec<crate::model::shop_order::ShopOrder>,
    unreadable: Vec<(Option<crate::model::id::ShopOrderId>, String)>,
) -> Result<(), FlowError> {
    let mut desk_of_shop = None;
    for told in orders {
        let (id, fingerprint) = (told.id, told.fingerprint());
        let is_known =
            ctx.read(move |tx| Ok(db::order::is_told(tx, shop, id, &fingerprint)?)).await?;
        if is_known {
            continue;
        }
        if desk_of_shop.is_none() {
            desk_of_shop = Some(std::sync::Arc::new(desk(ctx, shop).await?));
        }
        let desk = desk_of_shop.clone().expect("it was made just now");
        let taken = ctx.call(move |tx| take_in(tx, &desk, &told)).await;
        if let Err(error) = taken {
            // One that cannot be taken in does not keep the others out; it is tried by itself.
            tracing::warn!(shop.order = %id, "an order cannot be taken in: {error}");
            ctx.call(move |tx| ask(tx, shop, id)).await?;
        }
    }
    for (id, why) in unreadable {
        let rules = std::sync::Arc::clone(&ctx.rules);
        ctx.call(move |tx| {
            if let Some(id) = id {
                ask(tx, shop, id)?;
            }
            let named = id.map_or("an order".to_owned(), |id| format!("order {id}"));
            let problem = Problem::new(What::OrderOdd, named.clone(), why.clone());
            notify::raise(tx, &format!("unreadable:{shop}:{named}"), None, &problem, &rules)
        })
        .await?;
    }
    Ok(())
}

async fn finish(
    ctx: &Ctx,
    shop: ShopId,
    name: &str,
    cursor_at: Option<Moment>,
) -> Result<(), FlowError> {
    let (key, lasts) = (unreachable_key(name), lasts_key(name));
    ctx.call(move |tx| {
        db::shop::set_cursor(tx, shop, cursor_at)?;
        Ok(db::alert::clear_both(tx, &key, &lasts)?)
    })
    .await
}

fn unreachable_key(name: &str) -> String {
    format!("shop:{name}")
}

/// The key of the alert that a shop cannot be reached for long.
fn lasts_key(name: &str) -> String {
    format!("shop:{name}:lasts")
}

/// A sweep that failed: people are told, the next attempt comes by itself.
async fn unreachable(ctx: &Ctx, name: &str, error: FlowError) -> Result<FlowError, FlowError> {
    let problem = Problem::new(What::ShopUnreachable, name, error.to_string());
    let (key, rules) = (unreachable_key(name), std::sync::Arc::clone(&ctx.rules));
    ctx.call(move |tx| {
        notify::raise(tx, &key, None, &problem, &rules)?;
        let since = db::alert::raised_at(tx, &key)?.unwrap_or(tx.now);
        if since.plus(UNREACHABLE_MAX) <= tx.now {
            let detail = format!("no answer since {since}: {}", problem.detail);
            let lasts = Problem::new(What::Overdue, problem.place.clone(), detail);
            notify::raise(tx, &lasts_key(&problem.place), None, &lasts, &rules)?;
        }
        Ok(())
    })
    .await?;
    Ok(error)
}
