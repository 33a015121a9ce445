//! What people write to the customer of an order.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::OrderId;
use crate::model::time::Moment;

/// A note that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerNote {
    /// Its order.
    pub order: OrderId,
    /// Its words.
    pub text: String,
    /// Whether the shop has it.
    pub is_told: bool,
}

/// Keeps a note; nothing where the customer of this order is told the very same already.
pub fn add(tx: &Tx<'_>, order: OrderId, text: &str, by: &str) -> Result<Option<i64>, DbError> {
    tx.optional(
        "INSERT INTO customer_notes (order_id, text, written_by, written_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (order_id, text) DO NOTHING
         RETURNING id",
        cells![order, text, by, tx.now],
        |row| row.get(0),
    )
}

/// Whether the customer of this order was told the very same, or is about to be.
pub fn is_kept(tx: &Tx<'_>, order: OrderId, text: &str) -> Result<bool, DbError> {
    let found = tx.optional(
        "SELECT id FROM customer_notes WHERE order_id = $1 AND text = $2",
        cells![order, text],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// One note.
pub fn get(tx: &Tx<'_>, id: i64) -> Result<Option<CustomerNote>, DbError> {
    tx.optional(
        "SELECT order_id, text, told_at FROM customer_notes WHERE id = $1",
        cells![id],
        |row| {
            let told_at: Option<Moment> = row.get(2)?;
            Ok(CustomerNote { order: row.get(0)?, text: row.get(1)?, is_told: told_at.is_some() })
        },
    )
}

/// Notes that the shop has it.
pub fn set_told(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.change(
        "customer_notes",
        "UPDATE customer_notes SET told_at = $1 WHERE id = $2 AND told_at IS NULL",
        cells![tx.now, id],
    )
}
