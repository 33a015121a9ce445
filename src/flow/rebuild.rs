//! Restores what was submitted from the shop's own books and the providers into an empty database.
//!
//! It sends nothing: what the shop has and may still be made is taken in, and every submission that
//! is found is adopted. It may be run again; what is there already is only looked up once more.

use std::time::Duration;

use crate::db;
use crate::model::id::{OrderId, ShopId};
use crate::model::shop_order::ShopOrder;

use super::ctx::{Ctx, FlowError};
use super::intake::{desk, shop_error};
use super::recovery;
use super::shop_sync::written;
use super::take_in::{Taken, take_in};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// A rebuild reads this many pages of a shop at most.
const PAGES_MAX: u32 = 10_000;

/// Reads every shop's orders of the last days; what was done, a line each.
pub async fn run(ctx: &Ctx, days: u32) -> Result<Vec<String>, FlowError> {
    ctx.call(|tx| recovery::begin(tx, "the books are rebuilt from the shop and the providers"))
        .await?;
    let mut done = Vec::new();
    for shop in ctx.shops.keys() {
        done.extend(of_shop(ctx, *shop, days).await?);
    }
    Ok(done)
}

async fn of_shop(ctx: &Ctx, shop: ShopId, days: u32) -> Result<Vec<String>, FlowError> {
    let seat = ctx.shop(shop)?.clone();
    if ctx.read(move |tx| Ok(db::product::of_shop(tx, shop)?)).await?.is_empty() {
        let words = format!("shop {}: add its designs and import its product map first", seat.name);
        return Err(FlowError::NotNow(words));
    }
    let from = ctx.clock.now().minus(DAY * days);
    let mut orders = Vec::new();
    for page in 1..=PAGES_MAX {
        let listed = seat.shop.list_changed(from, page).await.map_err(shop_error)?;
        orders.extend(listed.orders);
        if !listed.more {
            break;
        }
    }
    draw_line(ctx, shop, &orders).await?;
    orders.sort_by_key(|told| told.placed_at);
    let (count, mut done) = (orders.len(), Vec::new());
    for told in orders {
        done.extend(of_order(ctx, shop, told).await?);
    }
    done.push(format!("shop {}: {count} order(s) of {days} days were read", seat.name));
    Ok(done)
}

/// What was submitted before was placed after the start: the line is drawn no later than that.
async fn draw_line(ctx: &Ctx, shop: ShopId, orders: &[ShopOrder]) -> Result<(), FlowError> {
    let sent = orders.iter().filter(|told| !written(told).is_empty());
    let Some(first) = sent.map(|told| told.placed_at).min() else { return Ok(()) };
    ctx.call(move |tx| match db::shop::get(tx, shop)? {
        Some(row) if first < row.go_live_at => Ok(db::shop::set_go_live(tx, shop, first)?),
        Some(_) | None => Ok(()),
    })
    .await
}

async fn of_order(ctx: &Ctx, shop: ShopId, told: ShopOrder) -> Result<Vec<String>, FlowError> {
    let desk = desk(ctx, shop).await?;
    let number = told.number.clone();
    let taken = ctx.call(move |tx| take_in(tx, &desk, &told)).await?;
    let (id, mut done): (OrderId, Vec<String>) = match taken {
        Taken::New(id) => (id, vec![format!("order {number}: taken in")]),
        Taken::Known(id) => (id, Vec::new()),
        Taken::Passed(_) => return Ok(Vec::new()),
    };
    let found = recovery::look_up(ctx, id).await?;
    done.extend(found.into_iter().map(|words| format!("order {number}: {words}")));
    Ok(done)
}
