//! What recovery reads and writes: orders to be looked up, and submissions that are found again.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, ItemId, OrderId, ShopId};
use crate::model::time::Moment;

/// The next order after this one of which something may still be sent.
pub fn next_open(tx: &Tx<'_>, after: OrderId) -> Result<Option<OrderId>, DbError> {
    tx.optional(
        "SELECT id FROM orders
         WHERE $1 < id AND (state = 'open' OR state = 'awaiting_payment') ORDER BY id LIMIT 1",
        cells![after],
        |row| row.get(0),
    )
}

/// The name of a shop that was not swept since a moment.
pub fn not_swept_since(tx: &Tx<'_>, since: Moment) -> Result<Option<String>, DbError> {
    tx.optional(
        "SELECT name FROM shops
         WHERE is_enabled = 1 AND (polled_at IS NULL OR polled_at < $1) ORDER BY id LIMIT 1",
        cells![since],
        |row| row.get(0),
    )
}

/// The address under which the shop of this name was known.
pub fn url_of_shop(tx: &Tx<'_>, name: &str) -> Result<Option<(ShopId, String)>, DbError> {
    tx.optional("SELECT id, url FROM shops WHERE name = $1", cells![name], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Notes which revision of an item was sent, of a submission that was found again.
pub fn set_sent(
    tx: &Tx<'_>,
    id: FulfilmentId,
    revisions: &[(ItemId, u32)],
    payload_hash: Option<&str>,
) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET payload_hash = $1 WHERE id = $2",
        cells![payload_hash, id],
    )?;
    for (item, revision) in revisions {
        super::fulfilment::set_line_revision(tx, id, *item, *revision)?;
    }
    Ok(())
}

/// When a countdown that has run out was first seen to; now, if this is the first look.
pub fn see_due(tx: &Tx<'_>, id: FulfilmentId) -> Result<Moment, DbError> {
    tx.execute(
        "UPDATE fulfilments SET due_seen_at = $1
         WHERE id = $2 AND state = 'countdown'
           AND (due_seen_at IS NULL OR due_seen_at < submit_at)",
        cells![tx.now, id],
    )?;
    let seen: Option<Moment> =
        tx.one("SELECT due_seen_at FROM fulfilments WHERE id = $1", cells![id], |row| row.get(0))?;
    Ok(seen.unwrap_or(tx.now))
}
