//! Designs by the hash of their content, and which version is current under a name.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, ItemId, OrderId, ShopId};
use crate::model::time::Moment;
use crate::model::value::{Photo, Value, Values};

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

/// Names of the designs whose current version has a file with these bytes.
pub fn having_file(tx: &Tx<'_>, file: &Hash) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT DISTINCT designs.name FROM design_files
         JOIN designs ON designs.hash = design_files.design_hash AND designs.is_current = 1
         WHERE design_files.file_hash = $1 ORDER BY designs.name",
        cells![file],
        |row| row.get(0),
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

/// One version of a design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its hash.
    pub hash: Hash,
    /// The name of the design.
    pub name: String,
    /// What people read.
    pub title: String,
    /// When it was added.
    pub added_at: Moment,
    /// By whom; empty where nobody said.
    pub added_by: String,
    /// Whether new orders are made with it.
    pub is_current: bool,
    /// A small picture of it.
    pub preview: Option<Hash>,
}

/// Every version of every design, the newest of each name first.
pub fn versions(tx: &Tx<'_>) -> Result<Vec<Version>, DbError> {
    tx.all(
        "SELECT hash, name, title, added_at, added_by, is_current, preview
         FROM designs ORDER BY name, added_at DESC, hash",
        &[],
        |row| {
            Ok(Version {
                hash: row.get(0)?,
                name: row.get(1)?,
                title: row.get(2)?,
                added_at: row.get(3)?,
                added_by: row.get(4)?,
                is_current: row.get::<u32>(5)? == 1,
                preview: row.get(6)?,
            })
        },
    )
}

/// Says who added a version, and what it looks like.
pub fn sign(
    tx: &Tx<'_>,
    hash: &Hash,
    added_by: &str,
    preview: Option<&Hash>,
) -> Result<(), DbError> {
    tx.change(
        "designs",
        "UPDATE designs SET added_by = $1, preview = $2 WHERE hash = $3",
        cells![added_by, preview, hash],
    )
}

/// Takes the current version of a name out of use; whether there was one.
pub fn retire(tx: &Tx<'_>, name: &str) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE designs SET is_current = 0 WHERE name = $1 AND is_current = 1",
        cells![name],
    )?;
    Ok(changed == 1)
}

/// Makes a version that is here the current one; whether it is here.
pub fn make_current(tx: &Tx<'_>, name: &str, hash: &Hash) -> Result<bool, DbError> {
    let known: Option<Hash> = tx.optional(
        "SELECT hash FROM designs WHERE hash = $1 AND name = $2",
        cells![hash, name],
        |row| row.get(0),
    )?;
    if known.is_none() {
        return Ok(false);
    }
    retire(tx, name)?;
    let changed = tx.execute("UPDATE designs SET is_current = 1 WHERE hash = $1", cells![hash])?;
    Ok(changed == 1)
}

/// Open orders with items whose present revision is of this design: version, order, number.
pub fn pinned(tx: &Tx<'_>, name: &str, rows: u32) -> Result<Vec<(Hash, OrderId, String)>, DbError> {
    tx.all(
        "SELECT DISTINCT revisions.design_hash, orders.id, orders.number
         FROM designs
         JOIN revisions ON revisions.design_hash = designs.hash
         JOIN items ON items.id = revisions.item_id AND items.revision = revisions.revision
         JOIN orders ON orders.id = items.order_id
         WHERE designs.name = $1 AND orders.closed_at IS NULL
         ORDER BY orders.id DESC LIMIT $2",
        cells![name, rows],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// An item of an open order that is made with an older version than the one in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// The item.
    pub item: ItemId,
    /// Its present revision.
    pub revision: u32,
    /// The version that it is made with.
    pub version: Hash,
}

/// Items of open orders that are made with an older version than the one in use, oldest order first.
/// Whether they were submitted is for the order to say.
pub fn waiting(tx: &Tx<'_>, name: &str) -> Result<Vec<Waiting>, DbError> {
    tx.all(
        "SELECT orders.id, orders.number, items.id, items.revision, revisions.design_hash
         FROM designs
         JOIN revisions ON revisions.design_hash = designs.hash
         JOIN items ON items.id = revisions.item_id AND items.revision = revisions.revision
         JOIN orders ON orders.id = items.order_id
         WHERE designs.name = $1 AND designs.is_current = 0 AND orders.closed_at IS NULL
             AND items.state <> 'dropped'
         ORDER BY orders.id, items.id",
        cells![name],
        |row| {
            Ok(Waiting {
                order: row.get(0)?,
                number: row.get(1)?,
                item: row.get(2)?,
                revision: row.get(3)?,
                version: row.get(4)?,
            })
        },
    )
}

/// What a design is tried out with.
pub fn tests(tx: &Tx<'_>, name: &str) -> Result<Values, DbError> {
    let rows = tx.all(
        "SELECT field, text, photo_hash, crop, turn FROM design_tests WHERE name = $1 ORDER BY field",
        cells![name],
        |row| {
            let (text, hash): (Option<String>, Option<Hash>) = (row.get(1)?, row.get(2)?);
            let crop: Option<String> = row.get(3)?;
            let crop = crop.as_deref().and_then(super::photo::read_crop);
            let turn = super::photo::read_turn(row.get(4)?);
            let value = hash.map(|hash| Value::Photo(Photo { hash, turn, crop }));
            Ok((row.get(0)?, value.unwrap_or(Value::Text(text.unwrap_or_default()))))
        },
    )?;
    Ok(rows.into_iter().collect())
}

/// Keeps what a design is tried out with.
pub fn set_tests(tx: &Tx<'_>, name: &str, values: &Values) -> Result<(), DbError> {
    tx.execute("DELETE FROM design_tests WHERE name = $1", cells![name])?;
    for (field, value) in values {
        put_test(tx, name, field, value)?;
    }
    Ok(())
}

fn put_test(tx: &Tx<'_>, name: &str, field: &str, value: &Value) -> Result<(), DbError> {
    let (text, photo) = match value {
        Value::Text(text) => (Some(text), None),
        Value::Photo(photo) => (None, Some(photo)),
    };
    let (crop, turn) = super::photo::placed(photo);
    tx.execute(
        "INSERT INTO design_tests (name, field, text, photo_hash, crop, turn)
         VALUES ($1, $2, $3, $4, $5, $6)",
        cells![name, field, text, photo.map(|photo| &photo.hash), crop, turn],
    )?;
    Ok(())
}
