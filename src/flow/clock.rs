//! Our clock and the shop's: minutes between them pause what costs money (R61).
//!
//! A jump forwards would let every countdown end at once. What is due waits until the clocks agree
//! again, or a person says that ours is right; then each passes the last look as always.

use std::time::Duration;

use crate::db;
use crate::model::id::ShopId;
use crate::model::job::Lane;

use super::ctx::{Ctx, FlowError};
use super::transition::enqueue;

/// Clocks that differ by less than this agree.
const DIFFERENCE_MAX_MS: u64 = 120_000;

/// Compares our clock with a shop's last answer, and notes when that changes.
pub async fn look(ctx: &Ctx, shop: ShopId) -> Result<(), FlowError> {
    let Some(seat) = ctx.shops.get(&shop) else { return Ok(()) };
    let Some(ahead_ms) = seat.shop.clock_ahead_ms() else { return Ok(()) };
    let is_off = DIFFERENCE_MAX_MS < ahead_ms.unsigned_abs();
    let was_off = ctx
        .read(|tx| Ok(db::switch::get(tx, db::switch::CLOCK_OFF)?.is_some_and(|it| !it.is_empty())))
        .await?;
    if is_off == was_off {
        return Ok(());
    }
    let words = match is_off {
        true => in_words(&seat.name, ahead_ms),
        false => String::new(),
    };
    ctx.call(move |tx| {
        db::switch::set(tx, db::switch::CLOCK_OFF, &words, "program")?;
        if is_off {
            return Ok(());
        }
        db::alert::clear(tx, super::limits::CLOCK_KEY)?;
        for (id, order) in db::fulfilment::counting_down(tx)? {
            enqueue(tx, "submit", &id.to_string(), Lane::Money, Some(order), Duration::ZERO)?;
        }
        Ok(())
    })
    .await
}

fn in_words(shop: &str, ahead_ms: i64) -> String {
    let minutes = ahead_ms.unsigned_abs() / 60_000;
    let side = if ahead_ms < 0 { "ahead of" } else { "behind" };
    format!("ours is {minutes} min {side} that of the shop {shop}")
}
