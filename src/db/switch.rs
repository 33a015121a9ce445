//! Switches that hold for the whole installation, such as the one that stops every submission.

use super::cells::cells;
use super::engine::{DbError, Tx};

/// The switch that stops every submission.
pub const STOPPED: &str = "stopped";

/// The switch of recovery mode: its value says why. A database from a backup may not know what was sent
/// since, so nothing is sent before each open order was looked up (R39).
pub const RECOVERY: &str = "recovery";

/// What a switch stands at; `None` when nobody has touched it.
pub fn get(tx: &Tx<'_>, name: &str) -> Result<Option<String>, DbError> {
    tx.optional("SELECT value FROM switches WHERE name = $1", cells![name], |row| row.get(0))
}

/// Sets a switch.
pub fn set(tx: &Tx<'_>, name: &str, value: &str, by: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO switches (name, value, changed_at, changed_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value,
             changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        cells![name, value, tx.now, by],
    )?;
    Ok(())
}

/// Whether nothing may be submitted.
pub fn is_stopped(tx: &Tx<'_>) -> Result<bool, DbError> {
    Ok(get(tx, STOPPED)?.is_some_and(|value| value == "yes"))
}
