//! Switches that hold for the whole installation, such as the one that stops every submission.

use std::time::Duration;

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::time::Moment;

/// The switch that stops every submission.
pub const STOPPED: &str = "stopped";

/// Why nothing is sent and nothing mailed until each open order was looked up; empty when it is over.
pub const RECOVERY: &str = "recovery";

/// The last order that was looked up in recovery.
pub const RECOVERY_ORDER: &str = "recovery_order";

/// How often this database was used, as the marker outside repeats it.
pub const BEATS: &str = "beats";

/// What tells this database from every other.
pub const INSTANCE: &str = "instance";

/// Milliseconds that this installation keeps behind the moment of sending, because a twin may be alive.
pub const BEHIND_MS: &str = "behind_ms";

/// Where the last backup lies, as long as it was made by the running program.
pub const BACKUP: &str = "backup";

/// How our clock differs from a shop's, in words; empty while it does not.
pub const CLOCK_OFF: &str = "clock_off";

/// The usual number of submissions in an hour, as it was last counted.
pub const USUAL_HOUR: &str = "usual_hour";

/// What a switch stands at; `None` when nobody has touched it.
pub fn get(tx: &Tx<'_>, name: &str) -> Result<Option<String>, DbError> {
    tx.optional("SELECT value FROM switches WHERE name = $1", cells![name], |row| row.get(0))
}

/// What a switch stands at, and since when.
pub fn get_since(tx: &Tx<'_>, name: &str) -> Result<Option<(String, Moment)>, DbError> {
    tx.optional("SELECT value, changed_at FROM switches WHERE name = $1", cells![name], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
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

/// Why nothing is sent and nothing mailed until each open order was looked up, and since when.
pub fn recovery(tx: &Tx<'_>) -> Result<Option<(String, Moment)>, DbError> {
    tx.optional(
        "SELECT value, changed_at FROM switches WHERE name = $1 AND value <> ''",
        cells![RECOVERY],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// How long this installation keeps behind the moment of sending; not at all where no twin was ever likely.
pub fn behind(tx: &Tx<'_>) -> Result<Duration, DbError> {
    let behind = get(tx, BEHIND_MS)?;
    Ok(Duration::from_millis(behind.and_then(|ms| ms.parse().ok()).unwrap_or(0)))
}

/// Begins the recovery, from the first order on. What is under way begins anew.
pub fn begin_recovery(tx: &Tx<'_>, why: &str) -> Result<(), DbError> {
    set(tx, RECOVERY, why, "program")?;
    set(tx, RECOVERY_ORDER, "0", "program")
}
