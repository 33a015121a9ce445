//! The append-only history of an order: who, when, what, from where to where.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::hold::Actor;
use crate::model::id::OrderId;
use crate::model::time::Moment;

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor,
    /// Of what: the order, an item, a fulfilment.
    pub subject: String,
    /// What happened.
    pub event: String,
    /// The state before.
    pub from: String,
    /// The state after.
    pub to: String,
    /// The particulars.
    pub note: String,
}

/// Appends a line; only `flow::transition` does.
pub fn append(tx: &Tx<'_>, order: OrderId, line: &HistoryLine) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO history (order_id, at, actor, subject, event, from_state, to_state, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        cells![
            order,
            line.at,
            line.actor.text(),
            &line.subject,
            &line.event,
            &line.from,
            &line.to,
            &line.note
        ],
    )?;
    Ok(())
}

/// The whole history of an order, oldest first.
pub fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<HistoryLine>, DbError> {
    tx.all(
        "SELECT at, actor, subject, event, from_state, to_state, note FROM history
         WHERE order_id = $1 ORDER BY id",
        cells![order],
        |row| {
            Ok(HistoryLine {
                at: row.get(0)?,
                actor: Actor::from_text(&row.get::<String>(1)?),
                subject: row.get(2)?,
                event: row.get(3)?,
                from: row.get(4)?,
                to: row.get(5)?,
                note: row.get(6)?,
            })
        },
    )
}
