//! Designs by the hash of their content, and which version is current under a name.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, ShopId};
use crate::model::time::Moment;

/// A design version as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesignLine {
    /// Its hash.
    pub hash: Hash,
    /// The name the product map uses.
    pub name: String,
    /// What people read.
    pub title: String,
    /// When it was added.
    pub added_at: Moment,
}

/// Stores a version with the hashes of its files, and makes it the current one of its name.
pub fn put(
    tx: &Tx<'_>,
    hash: &Hash,
    name: &str,
    title: &str,
    files: &[(String, Hash)],
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE designs SET is_current = 0 WHERE name = $1 AND is_current = 1",
        cells![name],
    )?;
    tx.execute(
        "INSERT INTO designs (hash, name, title, added_at, is_current) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (hash) DO UPDATE SET is_current = 1, title = excluded.title",
        cells![hash, name, title, tx.now],
    )?;
    for (path, file) in files {
        tx.execute(
            "INSERT INTO design_files (design_hash, path, file_hash) VALUES ($1, $2, $3)
             ON CONFLICT (design_hash, path) DO NOTHING",
            cells![hash, path, file],
        )?;
    }
    Ok(())
}

/// The current version of a name.
pub fn current(tx: &Tx<'_>, name: &str) -> Result<Option<Hash>, DbError> {
    tx.optional(
        "SELECT hash FROM designs WHERE name = $1 AND is_current = 1",
        cells![name],
        |row| row.get(0),
    )
}

/// The current version of every design that the product map of a shop names, once for each row.
pub fn current_of_shop(tx: &Tx<'_>, shop: ShopId) -> Result<Vec<Hash>, DbError> {
    tx.all(
        "SELECT designs.hash FROM products
         JOIN designs ON designs.name = products.design AND designs.is_current = 1
         WHERE products.shop_id = $1 AND products.made = 'here'",
        cells![shop],
        |row| row.get(0),
    )
}

/// A small picture of what was last printed with a design, for each of them that has one. Only the
/// newest prints are looked at.
pub fn pictures(tx: &Tx<'_>) -> Result<Vec<(String, Hash)>, DbError> {
    tx.all(
        "SELECT designs.name, prints.preview
         FROM (SELECT item_id, revision, preview FROM print_files
               WHERE preview IS NOT NULL AND place = 0 ORDER BY item_id DESC LIMIT 2000) AS prints
         JOIN revisions ON revisions.item_id = prints.item_id
             AND revisions.revision = prints.revision
         JOIN designs ON designs.hash = revisions.design_hash
         ORDER BY prints.item_id DESC",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Every current version, by name.
pub fn all_current(tx: &Tx<'_>) -> Result<Vec<DesignLine>, DbError> {
    tx.all(
        "SELECT hash, name, title, added_at FROM designs WHERE is_current = 1 ORDER BY name",
        &[],
        |row| {
            Ok(DesignLine {
                hash: row.get(0)?,
                name: row.get(1)?,
                title: row.get(2)?,
                added_at: row.get(3)?,
            })
        },
    )
}

/// The name of a version, and the path and hash of each of its files.
#[expect(clippy::type_complexity, reason = "a name and a list of pairs")]
pub fn files(tx: &Tx<'_>, hash: &Hash) -> Result<Option<(String, Vec<(String, Hash)>)>, DbError> {
    let name: Option<String> =
        tx.optional("SELECT name FROM designs WHERE hash = $1", cells![hash], |row| row.get(0))?;
    let Some(name) = name else { return Ok(None) };
    let files = tx.all(
        "SELECT path, file_hash FROM design_files WHERE design_hash = $1 ORDER BY path",
        cells![hash],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(Some((name, files)))
}
