//! Fonts that every design may use, by file name.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::Hash;
use crate::model::time::Moment;

/// One font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FontLine {
    /// The name of its file.
    pub file: String,
    /// Its bytes.
    pub hash: Hash,
    /// The names under which drawings may ask for it.
    pub families: Vec<String>,
    /// Style and scripts, for people.
    pub about: String,
    /// When it was added.
    pub added_at: Moment,
    /// By whom.
    pub added_by: String,
}

/// Every font, by family.
pub fn all(tx: &Tx<'_>) -> Result<Vec<FontLine>, DbError> {
    tx.all(
        "SELECT file, hash, families, about, added_at, added_by FROM fonts ORDER BY families, file",
        &[],
        |row| {
            Ok(FontLine {
                file: row.get(0)?,
                hash: row.get(1)?,
                families: row.get::<String>(2)?.lines().map(str::to_owned).collect(),
                about: row.get(3)?,
                added_at: row.get(4)?,
                added_by: row.get(5)?,
            })
        },
    )
}

/// Stores one, in the place of one with the same file name.
pub fn put(tx: &Tx<'_>, font: &FontLine) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO fonts (file, hash, families, about, added_at, added_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (file) DO UPDATE SET hash = excluded.hash, families = excluded.families,
             about = excluded.about, added_at = excluded.added_at, added_by = excluded.added_by",
        cells![
            &font.file,
            &font.hash,
            font.families.join("\n"),
            &font.about,
            font.added_at,
            &font.added_by
        ],
    )?;
    Ok(())
}

/// Removes one; whether it was there.
pub fn remove(tx: &Tx<'_>, file: &str) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM fonts WHERE file = $1", cells![file])? == 1)
}
