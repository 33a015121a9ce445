//! What only orders from elsewhere have: pictures beside their lines, and what the columns of tables mean.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, Hash, LineId, OrderId, ShipmentId};

/// Keeps a picture beside a line.
pub fn put_picture(tx: &Tx<'_>, line: LineId, hash: &Hash) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO line_pictures (line_id, hash) VALUES ($1, $2)
         ON CONFLICT (line_id, hash) DO NOTHING",
        cells![line, hash],
    )?;
    Ok(())
}

/// The pictures beside the lines of an order.
pub fn pictures(tx: &Tx<'_>, order: OrderId) -> Result<Vec<(LineId, Hash)>, DbError> {
    tx.all(
        "SELECT line_pictures.line_id, line_pictures.hash FROM line_pictures
         JOIN lines ON lines.id = line_pictures.line_id
         WHERE lines.order_id = $1 ORDER BY line_pictures.line_id, line_pictures.hash",
        cells![order],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What somebody said last of a table with this head.
pub fn columns(tx: &Tx<'_>, source: &str, head: &Hash) -> Result<Option<String>, DbError> {
    tx.optional(
        "SELECT columns FROM import_maps WHERE source = $1 AND head = $2",
        cells![source, head],
        |row| row.get(0),
    )
}

/// Remembers what the columns of a table mean.
pub fn put_columns(
    tx: &Tx<'_>,
    source: &str,
    head: &Hash,
    columns: &str,
    by: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO import_maps (source, head, columns, changed_at, changed_by)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (source, head) DO UPDATE SET columns = excluded.columns,
             changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        cells![source, head, columns, tx.now, by],
    )?;
    Ok(())
}

/// The sources other than shops that orders came from.
pub fn sources(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT DISTINCT source FROM orders WHERE source <> 'shop' ORDER BY source",
        &[],
        |row| row.get(0),
    )
}

/// The fulfilments that a word may mean: a number of an order, our reference, or the provider's number.
pub fn fulfilments_of(
    tx: &Tx<'_>,
    word: &str,
    rows: u32,
) -> Result<Vec<(OrderId, FulfilmentId)>, DbError> {
    tx.all(
        "SELECT fulfilments.order_id, fulfilments.id FROM fulfilments
         JOIN orders ON orders.id = fulfilments.order_id
         WHERE orders.number = $1 OR fulfilments.reference = $1
            OR fulfilments.provider_order_id = $1
         ORDER BY fulfilments.id LIMIT $2",
        cells![word, rows],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Whether there is an order of this number.
pub fn is_number(tx: &Tx<'_>, number: &str) -> Result<bool, DbError> {
    let found: Option<OrderId> =
        tx.optional("SELECT id FROM orders WHERE number = $1 LIMIT 1", cells![number], |row| {
            row.get(0)
        })?;
    Ok(found.is_some())
}

/// Notes that a marketplace was told of its parcels up to this one.
pub fn set_told(tx: &Tx<'_>, source: &str, upto: ShipmentId) -> Result<usize, DbError> {
    tx.execute(
        "UPDATE shipments SET shop_told_at = $1
         WHERE shop_told_at IS NULL AND id <= $2 AND order_id IN (
             SELECT id FROM orders WHERE source = $3 AND shop_order_id IS NULL)",
        cells![tx.now, upto, source],
    )
}
