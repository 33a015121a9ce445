//! Alerts: what a person should know of now, each once until it is cleared.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::OrderId;
use crate::model::problem::{Problem, What};
use crate::model::time::Moment;

/// An alert as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: i64,
    /// Its order.
    pub order: Option<OrderId>,
    /// What is wrong.
    pub problem: Problem,
    /// When it was raised.
    pub raised_at: Moment,
    /// How often.
    pub times: u32,
}

/// Raises an alert; whether it is new. The same key again only counts until it is cleared.
pub fn raise(
    tx: &Tx<'_>,
    key: &str,
    order: Option<OrderId>,
    problem: &Problem,
) -> Result<bool, DbError> {
    let times: u32 = tx.one(
        "INSERT INTO alerts (order_id, key, what, place, detail, raised_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (key) WHERE cleared_at IS NULL DO UPDATE SET times = alerts.times + 1,
             detail = excluded.detail
         RETURNING times",
        cells![order, key, problem.what.code(), &problem.place, &problem.detail, tx.now],
        |row| row.get(0),
    )?;
    Ok(times == 1)
}

/// Since when the alert with this key is open.
pub fn raised_at(tx: &Tx<'_>, key: &str) -> Result<Option<Moment>, DbError> {
    tx.optional(
        "SELECT raised_at FROM alerts WHERE key = $1 AND cleared_at IS NULL",
        cells![key],
        |row| row.get(0),
    )
}

/// Clears the alert with this key, because its cause is gone or somebody has seen it.
pub fn clear(tx: &Tx<'_>, key: &str) -> Result<(), DbError> {
    tx.execute(
        "UPDATE alerts SET cleared_at = $1 WHERE key = $2 AND cleared_at IS NULL",
        cells![tx.now, key],
    )?;
    Ok(())
}

/// Clears two alerts whose cause is gone together.
pub fn clear_both(tx: &Tx<'_>, one: &str, other: &str) -> Result<(), DbError> {
    tx.execute(
        "UPDATE alerts SET cleared_at = $1 WHERE key IN ($2, $3) AND cleared_at IS NULL",
        cells![tx.now, one, other],
    )?;
    Ok(())
}

/// Clears one alert, because somebody has seen it.
pub fn clear_id(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE alerts SET cleared_at = $1 WHERE id = $2 AND cleared_at IS NULL",
        cells![tx.now, id],
    )?;
    Ok(())
}

/// Alerts that are not cleared, newest first.
pub fn open(tx: &Tx<'_>) -> Result<Vec<Alert>, DbError> {
    tx.all(
        "SELECT id, order_id, what, place, detail, raised_at, times FROM alerts
         WHERE cleared_at IS NULL ORDER BY id DESC LIMIT 500",
        &[],
        |row| {
            let code: String = row.get(2)?;
            let what = What::from_code(&code)
                .ok_or_else(|| DbError::Damaged(format!("alerts.what {code}")))?;
            Ok(Alert {
                id: row.get(0)?,
                order: row.get(1)?,
                problem: Problem::new(what, row.get::<String>(3)?, row.get::<String>(4)?),
                raised_at: row.get(5)?,
                times: row.get(6)?,
            })
        },
    )
}

/// The keys of the open alerts that begin with these letters.
pub fn open_keys(tx: &Tx<'_>, begin: &str) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT key FROM alerts
         WHERE cleared_at IS NULL AND SUBSTR(key, 1, CAST($1 AS INTEGER)) = $2 ORDER BY key",
        cells![u32::try_from(begin.len()).unwrap_or(0), begin],
        |row| row.get(0),
    )
}
