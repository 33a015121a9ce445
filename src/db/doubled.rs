//! Orders that may be the same one placed twice.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{LineId, OrderId, ShopId};
use crate::model::shop_order::LineMeta;
use crate::model::time::Moment;

/// Other orders of a shop that were paid, with this address and placed in this span.
pub fn paid_alike(
    tx: &Tx<'_>,
    shop: ShopId,
    but: OrderId,
    email: &str,
    (from, until): (Moment, Moment),
) -> Result<Vec<(OrderId, String)>, DbError> {
    tx.all(
        "SELECT id, number FROM orders
         WHERE email <> '' AND email = $1 AND $2 <= placed_at AND placed_at <= $3
           AND shop_id = $4 AND id <> $5 AND shop_order_id IS NOT NULL
           AND (state = 'open' OR state = 'closed')
         ORDER BY id LIMIT 20",
        cells![email, from, until, shop, but],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What a line holds: product and variation, pieces, and what the customer gave.
pub type DoubledLine = ((i64, i64), u32, Vec<LineMeta>);

/// The lines of an order with everything the customer gave.
pub fn lines(tx: &Tx<'_>, order: OrderId) -> Result<Vec<DoubledLine>, DbError> {
    let rows: Vec<(LineId, (i64, i64), u32)> = tx.all(
        "SELECT id, product_id, variation_id, quantity FROM lines WHERE order_id = $1",
        cells![order],
        |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?), row.get(3)?)),
    )?;
    let mut lines = Vec::new();
    for (id, sold, quantity) in rows {
        lines.push((sold, quantity, super::order::meta_of_line(tx, id)?));
    }
    Ok(lines)
}
