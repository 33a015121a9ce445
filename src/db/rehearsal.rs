//! Print files that were drawn to try everything out.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, RehearsalId};
use crate::model::time::Moment;

/// One print file of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// Its id.
    pub id: RehearsalId,
    /// Which area.
    pub area: String,
    /// Of which design.
    pub design: String,
    /// What was filled in.
    pub words: String,
    /// The file.
    pub hash: Hash,
    /// Its kind.
    pub extension: String,
    /// Its size.
    pub width_px: u32,
    /// Its size.
    pub height_px: u32,
    /// When it was drawn.
    pub made_at: Moment,
    /// Who had it drawn.
    pub made_by: String,
}

/// Keeps a print file.
pub fn put(tx: &Tx<'_>, one: &Rehearsal) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO rehearsals (area, design, words, hash, extension, width_px, height_px, made_at,
             made_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        cells![
            &one.area,
            &one.design,
            &one.words,
            &one.hash,
            &one.extension,
            one.width_px,
            one.height_px,
            tx.now,
            &one.made_by
        ],
    )?;
    Ok(())
}

/// Every print file of rehearsals, the newest first.
pub fn all(tx: &Tx<'_>) -> Result<Vec<Rehearsal>, DbError> {
    tx.all(
        "SELECT id, area, design, words, hash, extension, width_px, height_px, made_at, made_by
         FROM rehearsals ORDER BY id DESC",
        &[],
        |row| {
            Ok(Rehearsal {
                id: row.get(0)?,
                area: row.get(1)?,
                design: row.get(2)?,
                words: row.get(3)?,
                hash: row.get(4)?,
                extension: row.get(5)?,
                width_px: row.get(6)?,
                height_px: row.get(7)?,
                made_at: row.get(8)?,
                made_by: row.get(9)?,
            })
        },
    )
}

/// Removes them all; the files go with the next sweep.
pub fn clear(tx: &Tx<'_>) -> Result<usize, DbError> {
    tx.execute("DELETE FROM rehearsals", &[])
}
