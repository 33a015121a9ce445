//! What was submitted lately: the figures that limits are compared with. Recorded intents alone count.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, ProviderId};
use crate::model::money::Amount;
use crate::model::time::Moment;

/// How many submissions were recorded since a moment, of one provider or of all; counted up to `most`.
/// One that goes again is not in its own way.
pub fn count_since(
    tx: &Tx<'_>,
    since: Moment,
    provider: Option<ProviderId>,
    but: Option<FulfilmentId>,
    most: u32,
) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM (
             SELECT 1 FROM fulfilments
             WHERE intent_at IS NOT NULL AND $1 <= intent_at
               AND ($2 = 0 OR provider_id = $2) AND id <> $3
             LIMIT $4) AS counted",
        cells![since, provider.map_or(0, |id| id.0), but.map_or(0, |id| id.0), most],
        |row| row.get(0),
    )
}

/// What the submissions since a moment count with, of one provider or of all.
pub fn money_since(
    tx: &Tx<'_>,
    since: Moment,
    provider: Option<ProviderId>,
) -> Result<Amount, DbError> {
    let milli: i64 = tx.one(
        "SELECT CAST(COALESCE(SUM(counts_milli), 0) AS BIGINT) FROM fulfilments
         WHERE intent_at IS NOT NULL AND $1 <= intent_at AND ($2 = 0 OR provider_id = $2)",
        cells![since, provider.map_or(0, |id| id.0)],
        |row| row.get(0),
    )?;
    Ok(Amount(milli))
}

/// Submissions of each hour since a moment in which there was any, fewest first.
pub fn hours_since(tx: &Tx<'_>, since: Moment) -> Result<Vec<u32>, DbError> {
    tx.all(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM fulfilments
         WHERE intent_at IS NOT NULL AND $1 <= intent_at
         GROUP BY SUBSTR(intent_at, 1, 13) ORDER BY 1",
        cells![since],
        |row| row.get(0),
    )
}

/// What the customer paid for the goods of a fulfilment, in cents or the like.
pub fn worth_minor(tx: &Tx<'_>, id: FulfilmentId) -> Result<i64, DbError> {
    tx.one(
        "SELECT CAST(COALESCE(SUM(lines.total_minor * fulfilment_lines.quantity
                                  / NULLIF(lines.quantity, 0)), 0) AS BIGINT)
         FROM fulfilment_lines
         JOIN items ON items.id = fulfilment_lines.item_id
         JOIN lines ON lines.id = items.line_id
         WHERE fulfilment_lines.fulfilment_id = $1",
        cells![id],
        |row| row.get(0),
    )
}

/// Notes what a fulfilment counts with.
pub fn set_counts(tx: &Tx<'_>, id: FulfilmentId, amount: Amount) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET counts_milli = $1 WHERE id = $2",
        cells![amount.0, id],
    )
}
