//! Views of the order list that people keep.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::SavedViewId;

/// Most views that one person keeps.
const VIEWS_MAX: u32 = 50;

/// A view under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: SavedViewId,
    /// Its name.
    pub name: String,
    /// The query of its address.
    pub query: String,
    /// Whether it is the asking person's own.
    pub is_own: bool,
    /// Whether everybody sees it.
    pub is_shared: bool,
    /// Whether its owner begins there.
    pub is_start: bool,
}

/// A person's own views and those that others share, by name.
pub fn for_person(tx: &Tx<'_>, person: &str) -> Result<Vec<SavedView>, DbError> {
    tx.all(
        "SELECT saved_views.id, saved_views.name, saved_views.query,
                CASE WHEN people.name = $1 THEN 1 ELSE 0 END,
                saved_views.is_shared, saved_views.is_start
         FROM saved_views JOIN people ON people.id = saved_views.person_id
         WHERE people.name = $1 OR (saved_views.is_shared = 1 AND people.is_enabled = 1)
         ORDER BY saved_views.name, saved_views.id",
        cells![person],
        |row| {
            Ok(SavedView {
                id: row.get(0)?,
                name: row.get(1)?,
                query: row.get(2)?,
                is_own: row.get(3)?,
                is_shared: row.get(4)?,
                is_start: row.get(5)?,
            })
        },
    )
}

/// Keeps a view under a name, or changes the one of that name. `false` when the person has too many.
pub fn put(
    tx: &Tx<'_>,
    person: &str,
    name: &str,
    query: &str,
    is_shared: bool,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "INSERT INTO saved_views (person_id, name, query, is_shared)
         SELECT people.id, $1, $2, CAST($3 AS INTEGER) FROM people
         WHERE people.name = $4
           AND (SELECT count(*) FROM saved_views WHERE saved_views.person_id = people.id) < $5
         ON CONFLICT (person_id, name)
         DO UPDATE SET query = excluded.query, is_shared = excluded.is_shared",
        cells![name, query, is_shared, person, VIEWS_MAX],
    )?;
    Ok(changed == 1)
}

/// The query of every view, whoever keeps it.
pub fn queries(tx: &Tx<'_>) -> Result<Vec<(i64, String)>, DbError> {
    tx.all("SELECT id, query FROM saved_views ORDER BY id", &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Gives a view another query.
pub fn set_query(tx: &Tx<'_>, id: i64, query: &str) -> Result<(), DbError> {
    tx.change("saved_views", "UPDATE saved_views SET query = $1 WHERE id = $2", cells![query, id])
}

/// Forgets a person's own view; whether there was one.
pub fn forget(tx: &Tx<'_>, person: &str, id: SavedViewId) -> Result<bool, DbError> {
    let changed = tx.execute(
        "DELETE FROM saved_views
         WHERE id = $1 AND person_id IN (SELECT id FROM people WHERE name = $2)",
        cells![id, person],
    )?;
    Ok(changed == 1)
}

/// A person begins with this view of their own; `None` begins with the list's choice.
pub fn set_start(tx: &Tx<'_>, person: &str, id: Option<SavedViewId>) -> Result<(), DbError> {
    tx.execute(
        "UPDATE saved_views SET is_start = CASE WHEN id = $1 THEN 1 ELSE 0 END
         WHERE person_id IN (SELECT id FROM people WHERE name = $2)",
        cells![id.unwrap_or(SavedViewId(0)), person],
    )?;
    Ok(())
}
