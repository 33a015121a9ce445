//! Counts and ages for health and metrics; nothing about any one customer.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::time::Moment;

/// What the database knows of the program's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ages {
    /// The earliest deadline that has passed.
    pub overdue_since: Option<Moment>,
    /// Submissions whose answer was lost.
    pub unknown_submissions: u32,
    /// Since when the oldest of them is.
    pub unknown_since: Option<Moment>,
    /// Since when the oldest mail waits.
    pub mail_waiting_since: Option<Moment>,
}

/// The oldest of what should not grow old.
pub fn ages(tx: &Tx<'_>) -> Result<Ages, DbError> {
    let overdue_since = tx.one(
        "SELECT MIN(deadline_at) FROM fulfilments WHERE deadline_at IS NOT NULL AND deadline_at < $1",
        cells![tx.now],
        |row| row.get(0),
    )?;
    let (unknown_submissions, unknown_since) = tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER), MIN(since) FROM fulfilments
         WHERE state = 'submitting' AND stage <> 'intent'",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mail_waiting_since =
        tx.one("SELECT MIN(made_at) FROM mails WHERE state = 'waiting'", &[], |row| row.get(0))?;
    Ok(Ages { overdue_since, unknown_submissions, unknown_since, mail_waiting_since })
}

/// How many rows have each word.
pub type Counts = Vec<(String, u32)>;

/// Orders by state.
pub fn orders(tx: &Tx<'_>) -> Result<Counts, DbError> {
    tx.all(
        "SELECT state, CAST(COUNT(*) AS INTEGER) FROM orders GROUP BY state ORDER BY state",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Fulfilments by state.
pub fn fulfilments(tx: &Tx<'_>) -> Result<Counts, DbError> {
    tx.all(
        "SELECT state, CAST(COUNT(*) AS INTEGER) FROM fulfilments GROUP BY state ORDER BY state",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Jobs that wait, run or failed for good, by lane and state.
pub fn jobs(tx: &Tx<'_>) -> Result<Vec<(String, String, u32)>, DbError> {
    tx.all(
        "SELECT lane, state, CAST(COUNT(*) AS INTEGER) FROM jobs
         WHERE state = 'scheduled' OR state = 'running' OR state = 'failed'
         GROUP BY lane, state ORDER BY lane, state",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Mails by state.
pub fn mails(tx: &Tx<'_>) -> Result<Counts, DbError> {
    tx.all(
        "SELECT state, CAST(COUNT(*) AS INTEGER) FROM mails GROUP BY state ORDER BY state",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
