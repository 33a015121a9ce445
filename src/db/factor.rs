//! Second factors: what is sealed, which code was taken last, and the codes on paper.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::PersonId;

/// The sealed secret, empty without a second factor, and the last step that was taken.
pub fn get(tx: &Tx<'_>, id: PersonId) -> Result<(String, u64), DbError> {
    tx.one("SELECT factor_sealed, factor_step FROM people WHERE id = $1", cells![id], |row| {
        Ok((row.get(0)?, u64::try_from(row.get::<i64>(1)?).unwrap_or(0)))
    })
}

/// Begins with a second factor, or with none when `sealed` is empty; older codes on paper end.
pub fn put(
    tx: &Tx<'_>,
    id: PersonId,
    sealed: &str,
    step: u64,
    paper_hashes: &[String],
) -> Result<(), DbError> {
    tx.change(
        "people",
        "UPDATE people SET factor_sealed = $1, factor_step = $2 WHERE id = $3",
        cells![sealed, i64::try_from(step).unwrap_or(i64::MAX), id],
    )?;
    tx.execute("DELETE FROM recovery_codes WHERE person_id = $1", cells![id])?;
    for hash in paper_hashes {
        tx.execute(
            "INSERT INTO recovery_codes (person_id, code_hash) VALUES ($1, $2)",
            cells![id, hash],
        )?;
    }
    Ok(())
}

/// Takes the code of this step; `false` when another one was taken since `last`.
pub fn take_step(tx: &Tx<'_>, id: PersonId, last: u64, step: u64) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE people SET factor_step = $1 WHERE id = $2 AND factor_step = $3",
        cells![
            i64::try_from(step).unwrap_or(i64::MAX),
            id,
            i64::try_from(last).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(changed == 1)
}

/// Takes a code on paper; `false` when it is none, or was taken.
pub fn take_paper(tx: &Tx<'_>, id: PersonId, hash: &str) -> Result<bool, DbError> {
    let changed = tx.execute(
        "DELETE FROM recovery_codes WHERE person_id = $1 AND code_hash = $2",
        cells![id, hash],
    )?;
    Ok(changed == 1)
}

/// How many codes on paper are left.
pub fn papers(tx: &Tx<'_>, id: PersonId) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM recovery_codes WHERE person_id = $1",
        cells![id],
        |row| row.get(0),
    )
}
