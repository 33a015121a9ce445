//! Shops: who they are and how far they were read. Their settings stand in `config.toml` or in `db::setting`.

use std::collections::BTreeMap;

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{ShopId, ShopOrderId};
use crate::model::time::Moment;

/// A shop as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopRow {
    /// Its id.
    pub id: ShopId,
    /// Its name, as it stands in references.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Orders placed before are shown and never made.
    pub go_live_at: Moment,
    /// The largest change seen in a finished sweep.
    pub cursor_at: Option<Moment>,
    /// When the last sweep finished.
    pub polled_at: Option<Moment>,
}

/// Stores a connected shop; the go-live line is drawn at its first appearance.
pub fn put(
    tx: &Tx<'_>,
    name: &str,
    url: &str,
    go_live_at: Option<Moment>,
) -> Result<ShopId, DbError> {
    tx.one(
        "INSERT INTO shops (name, url, go_live_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET url = excluded.url, is_enabled = 1
         RETURNING id",
        cells![name, url, go_live_at.unwrap_or(tx.now)],
        |row| row.get(0),
    )
}

/// Disables every shop that is not in this list of names; its orders stay.
pub fn disable_all(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.execute("UPDATE shops SET is_enabled = 0", &[])?;
    Ok(())
}

/// Disables one shop; its orders stay.
pub fn disable(tx: &Tx<'_>, name: &str) -> Result<(), DbError> {
    tx.execute("UPDATE shops SET is_enabled = 0 WHERE name = $1", cells![name])?;
    Ok(())
}

/// Moves the go-live line of a shop.
pub fn set_go_live(tx: &Tx<'_>, id: ShopId, at: Moment) -> Result<(), DbError> {
    tx.change("shops", "UPDATE shops SET go_live_at = $1 WHERE id = $2", cells![at, id])
}

/// One shop.
pub fn get(tx: &Tx<'_>, id: ShopId) -> Result<Option<ShopRow>, DbError> {
    tx.optional(
        "SELECT id, name, url, go_live_at, cursor_at, polled_at FROM shops WHERE id = $1",
        cells![id],
        |row| {
            Ok(ShopRow {
                id: row.get(0)?,
                name: row.get(1)?,
                url: row.get(2)?,
                go_live_at: row.get(3)?,
                cursor_at: row.get(4)?,
                polled_at: row.get(5)?,
            })
        },
    )
}

/// The shop with this name.
pub fn by_name(tx: &Tx<'_>, name: &str) -> Result<Option<ShopId>, DbError> {
    tx.optional("SELECT id FROM shops WHERE name = $1", cells![name], |row| row.get(0))
}

/// Notes that a sweep finished, and how far it saw.
pub fn set_cursor(tx: &Tx<'_>, id: ShopId, cursor_at: Option<Moment>) -> Result<(), DbError> {
    tx.change(
        "shops",
        "UPDATE shops SET cursor_at = $1, polled_at = $2 WHERE id = $3",
        cells![cursor_at, tx.now, id],
    )
}

/// Orders of a shop that may still be made, with the mark of what was last told of them.
pub fn moving(tx: &Tx<'_>, id: ShopId) -> Result<BTreeMap<ShopOrderId, String>, DbError> {
    let rows = tx.all(
        "SELECT shop_order_id, told_hash FROM orders
         WHERE closed_at IS NULL AND shop_id = $1 AND shop_order_id IS NOT NULL",
        cells![id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Whether this order of the shop is here, in whatever state.
pub fn has_order(tx: &Tx<'_>, id: ShopId, order: ShopOrderId) -> Result<bool, DbError> {
    let found = tx.optional(
        "SELECT 1 FROM orders WHERE shop_id = $1 AND shop_order_id = $2",
        cells![id, order],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}
