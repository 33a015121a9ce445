//! What an audit asks besides the orders themselves.

use std::collections::BTreeSet;

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, Hash, OrderId};

/// Every order that is not over, oldest first.
pub fn open_orders(tx: &Tx<'_>) -> Result<Vec<OrderId>, DbError> {
    tx.all(
        "SELECT id FROM orders WHERE state = 'open' OR state = 'awaiting_payment' ORDER BY id",
        &[],
        |row| row.get(0),
    )
}

/// Every order, oldest first.
pub fn all_orders(tx: &Tx<'_>) -> Result<Vec<OrderId>, DbError> {
    tx.all("SELECT id FROM orders ORDER BY id", &[], |row| row.get(0))
}

/// Orders on which something happened after this line of the history, and its newest line.
pub fn touched_since(tx: &Tx<'_>, line: i64) -> Result<(Vec<OrderId>, i64), DbError> {
    let rows: Vec<(i64, OrderId)> = tx.all(
        "SELECT id, order_id FROM history WHERE $1 < id ORDER BY id",
        cells![line],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let newest = rows.last().map_or(line, |(id, _)| *id);
    let orders: BTreeSet<OrderId> = rows.into_iter().map(|(_, order)| order).collect();
    Ok((orders.into_iter().collect(), newest))
}

/// Work of an order that waits or runs: step and key.
pub fn jobs(tx: &Tx<'_>, order: OrderId) -> Result<BTreeSet<(String, String)>, DbError> {
    let rows = tx.all(
        "SELECT step, key FROM jobs
         WHERE order_id = $1 AND (state = 'scheduled' OR state = 'running')",
        cells![order],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Which bytes the links of an order's fulfilments lead to.
pub fn links(tx: &Tx<'_>, order: OrderId) -> Result<BTreeSet<(FulfilmentId, Hash)>, DbError> {
    let rows = tx.all(
        "SELECT file_links.fulfilment_id, file_links.hash
         FROM fulfilments JOIN file_links ON file_links.fulfilment_id = fulfilments.id
         WHERE fulfilments.order_id = $1",
        cells![order],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Every move of a machine that the history tells, oldest first: the event, and the words of the
/// states before and after it.
pub fn edges(tx: &Tx<'_>) -> Result<Vec<(String, String, String)>, DbError> {
    tx.all(
        "SELECT event, from_state, to_state FROM history WHERE to_state <> '' ORDER BY id",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}
