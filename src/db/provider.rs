//! Providers: who they are and whether they are paused.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::ProviderId;
use crate::model::time::Moment;

/// A provider as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// Which adapter.
    pub kind: String,
    /// Its own submit delay in seconds.
    pub delay_s: Option<u32>,
    /// Since when nothing is sent to it.
    pub paused_at: Option<Moment>,
    /// Why.
    pub paused_why: String,
}

/// Stores a connected provider.
pub fn put(
    tx: &Tx<'_>,
    name: &str,
    kind: &str,
    delay_s: Option<u32>,
) -> Result<ProviderId, DbError> {
    tx.one(
        "INSERT INTO providers (name, kind, delay_s) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, delay_s = excluded.delay_s,
             is_enabled = 1
         RETURNING id",
        cells![name, kind, delay_s],
        |row| row.get(0),
    )
}

/// Disables every provider; those still provisioned are put again.
pub fn disable_all(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.execute("UPDATE providers SET is_enabled = 0", &[])?;
    Ok(())
}

/// Disables one provider; its orders stay.
pub fn disable(tx: &Tx<'_>, name: &str) -> Result<(), DbError> {
    tx.execute("UPDATE providers SET is_enabled = 0 WHERE name = $1", cells![name])?;
    Ok(())
}

/// One provider.
pub fn get(tx: &Tx<'_>, id: ProviderId) -> Result<Option<ProviderRow>, DbError> {
    tx.optional(
        "SELECT id, name, kind, delay_s, paused_at, paused_why FROM providers WHERE id = $1",
        cells![id],
        |row| {
            Ok(ProviderRow {
                id: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                delay_s: row.get(3)?,
                paused_at: row.get(4)?,
                paused_why: row.get(5)?,
            })
        },
    )
}

/// The enabled provider with this name.
pub fn by_name(tx: &Tx<'_>, name: &str) -> Result<Option<ProviderId>, DbError> {
    tx.optional(
        "SELECT id FROM providers WHERE name = $1 AND is_enabled = 1",
        cells![name],
        |row| row.get(0),
    )
}

/// Sends nothing to it any more, for this reason; the first reason stays.
pub fn pause(tx: &Tx<'_>, id: ProviderId, why: &str) -> Result<(), DbError> {
    tx.execute(
        "UPDATE providers SET paused_at = $1, paused_why = $2
         WHERE id = $3 AND paused_at IS NULL",
        cells![tx.now, why, id],
    )?;
    Ok(())
}

/// Lets it go on; whether there is such a provider.
pub fn resume(tx: &Tx<'_>, id: ProviderId) -> Result<bool, DbError> {
    let sql = "UPDATE providers SET paused_at = NULL, paused_why = '' WHERE id = $1";
    Ok(tx.execute(sql, cells![id])? == 1)
}

/// Every enabled provider, by name.
pub fn all(tx: &Tx<'_>) -> Result<Vec<ProviderRow>, DbError> {
    tx.all(
        "SELECT id, name, kind, delay_s, paused_at, paused_why FROM providers
         WHERE is_enabled = 1 ORDER BY name",
        &[],
        |row| {
            Ok(ProviderRow {
                id: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                delay_s: row.get(3)?,
                paused_at: row.get(4)?,
                paused_why: row.get(5)?,
            })
        },
    )
}
