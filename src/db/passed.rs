//! Orders of a shop that do not concern us, so that nothing disappears without a word.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{ShopId, ShopOrderId};
use crate::model::shop_order::ShopOrder;
use crate::model::time::Moment;

/// Notes an order of the shop that does not concern us, with the reason.
pub fn note(tx: &Tx<'_>, shop: ShopId, told: &ShopOrder, why: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO passed_orders (shop_id, shop_order_id, number, why, seen_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (shop_id, shop_order_id) DO UPDATE SET why = excluded.why,
             seen_at = excluded.seen_at",
        cells![shop, told.id, &told.number, why, tx.now],
    )?;
    Ok(())
}

/// Forgets that an order passed by, because it is taken in now.
pub fn forget(tx: &Tx<'_>, shop: ShopId, shop_order: ShopOrderId) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM passed_orders WHERE shop_id = $1 AND shop_order_id = $2",
        cells![shop, shop_order],
    )?;
    Ok(())
}

/// An order that passed by: the shop's id, its number, why and when.
pub type Passed = (ShopOrderId, String, String, Moment);

/// Orders that passed by, newest first.
pub fn all(tx: &Tx<'_>, shop: ShopId) -> Result<Vec<Passed>, DbError> {
    tx.all(
        "SELECT shop_order_id, number, why, seen_at FROM passed_orders
         WHERE shop_id = $1 ORDER BY shop_order_id DESC LIMIT 500",
        cells![shop],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}
