//! The files table: which hashes are kept, and which nobody needs any more.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, Hash};
use crate::model::time::Moment;

/// Touches the row of a file that is about to be stored, or makes it.
pub fn touch(tx: &Tx<'_>, hash: &Hash, bytes: u64, kind: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO files (hash, bytes, kind, touched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (hash) DO UPDATE SET touched_at = excluded.touched_at",
        cells![hash, i64::try_from(bytes).unwrap_or(i64::MAX), kind, tx.now],
    )?;
    Ok(())
}

/// Deletes the rows of files that nothing refers to and that were not touched since; their bytes
/// may be removed once this is committed. What most files are needed for is asked first.
pub fn sweep(tx: &Tx<'_>, untouched_since: Moment) -> Result<Vec<Hash>, DbError> {
    tx.all(
        "DELETE FROM files
         WHERE touched_at < $1
           AND NOT EXISTS (SELECT 1 FROM print_files WHERE print_files.hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM print_files WHERE print_files.preview = files.hash)
           AND NOT EXISTS (SELECT 1 FROM print_files WHERE print_files.mockup = files.hash)
           AND NOT EXISTS (SELECT 1 FROM revision_values
                           WHERE revision_values.photo_hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM design_files WHERE design_files.file_hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM fonts WHERE fonts.hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM design_tests WHERE design_tests.photo_hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM designs WHERE designs.preview = files.hash)
           AND NOT EXISTS (SELECT 1 FROM file_links WHERE file_links.hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM rehearsals WHERE rehearsals.hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM line_pictures WHERE line_pictures.hash = files.hash)
         RETURNING hash",
        cells![untouched_since],
        |row| row.get(0),
    )
}

/// Whether a row names this file.
pub fn is_kept(tx: &Tx<'_>, hash: &Hash) -> Result<bool, DbError> {
    let found: Option<Hash> =
        tx.optional("SELECT hash FROM files WHERE hash = $1", cells![hash], |row| row.get(0))?;
    Ok(found.is_some())
}

/// Files that something refers to, with their size: what a backup must hold.
pub fn needed(tx: &Tx<'_>) -> Result<Vec<(Hash, i64)>, DbError> {
    tx.all(
        "SELECT hash, bytes FROM files
         WHERE EXISTS (SELECT 1 FROM print_files WHERE print_files.hash = files.hash)
            OR EXISTS (SELECT 1 FROM print_files WHERE print_files.preview = files.hash)
            OR EXISTS (SELECT 1 FROM print_files WHERE print_files.mockup = files.hash)
            OR EXISTS (SELECT 1 FROM revision_values
                       WHERE revision_values.photo_hash = files.hash)
            OR EXISTS (SELECT 1 FROM design_files WHERE design_files.file_hash = files.hash)
            OR EXISTS (SELECT 1 FROM fonts WHERE fonts.hash = files.hash)
            OR EXISTS (SELECT 1 FROM design_tests WHERE design_tests.photo_hash = files.hash)
            OR EXISTS (SELECT 1 FROM designs WHERE designs.preview = files.hash)
            OR EXISTS (SELECT 1 FROM file_links WHERE file_links.hash = files.hash)
            OR EXISTS (SELECT 1 FROM rehearsals WHERE rehearsals.hash = files.hash)
            OR EXISTS (SELECT 1 FROM line_pictures WHERE line_pictures.hash = files.hash)
         ORDER BY hash",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Every hash that a row names, for comparing with the folder.
pub fn all(tx: &Tx<'_>) -> Result<Vec<Hash>, DbError> {
    tx.all("SELECT hash FROM files ORDER BY hash", &[], |row| row.get(0))
}

/// Lets a provider fetch a file under this token.
pub fn put_link(
    tx: &Tx<'_>,
    token: &str,
    hash: &Hash,
    fulfilment: FulfilmentId,
    extension: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO file_links (token, hash, fulfilment_id, extension) VALUES ($1, $2, $3, $4)
         ON CONFLICT (token, hash) DO UPDATE SET expires_at = NULL",
        cells![token, hash, fulfilment, extension],
    )?;
    Ok(())
}

/// The files that the provider of a fulfilment was let fetch.
pub fn links_of(tx: &Tx<'_>, fulfilment: FulfilmentId) -> Result<Vec<Hash>, DbError> {
    tx.all(
        "SELECT DISTINCT hash FROM file_links WHERE fulfilment_id = $1 ORDER BY hash",
        cells![fulfilment],
        |row| row.get(0),
    )
}

/// Ends the links of a fulfilment at this moment.
pub fn expire_links(tx: &Tx<'_>, fulfilment: FulfilmentId, at: Moment) -> Result<(), DbError> {
    tx.execute(
        "UPDATE file_links SET expires_at = $1 WHERE fulfilment_id = $2",
        cells![at, fulfilment],
    )?;
    Ok(())
}

/// Whether this token opens this file now, and as what.
pub fn open_link(tx: &Tx<'_>, token: &str, hash: &Hash, extension: &str) -> Result<bool, DbError> {
    let found: Option<String> = tx.optional(
        "SELECT token FROM file_links
         WHERE token = $1 AND hash = $2 AND extension = $3
           AND (expires_at IS NULL OR $4 < expires_at)",
        cells![token, hash, extension, tx.now],
        |row| row.get(0),
    )?;
    Ok(found.is_some())
}
