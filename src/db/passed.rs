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
    forget_lines(tx, shop, told.id)?;
    for (place, line) in (0_i64..).zip(&told.lines) {
        tx.execute(
            "INSERT INTO passed_lines (shop_id, shop_order_id, place, name, sku, product_id,
                 variation_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            cells![shop, told.id, place, &line.name, &line.sku, line.product_id, line.variation_id],
        )?;
    }
    Ok(())
}

fn forget_lines(tx: &Tx<'_>, shop: ShopId, shop_order: ShopOrderId) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM passed_lines WHERE shop_id = $1 AND shop_order_id = $2",
        cells![shop, shop_order],
    )?;
    Ok(())
}

/// Forgets that an order passed by, because it is taken in now.
pub fn forget(tx: &Tx<'_>, shop: ShopId, shop_order: ShopOrderId) -> Result<(), DbError> {
    forget_lines(tx, shop, shop_order)?;
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
