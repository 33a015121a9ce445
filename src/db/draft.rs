//! Orders that are placed on hold at their provider, compared, and only then released.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::fulfilment::Release;
use crate::model::id::FulfilmentId;
use crate::model::time::Moment;

/// Notes, with the intent to submit, that the order is placed on hold, or that it is not.
pub fn set_held_first(tx: &Tx<'_>, id: FulfilmentId, at: Option<Moment>) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET held_first_at = $1, release_at = NULL, released_at = NULL
         WHERE id = $2",
        cells![at, id],
    )
}

/// Whether it was placed on hold and is not released yet.
pub fn is_waiting(tx: &Tx<'_>, id: FulfilmentId) -> Result<bool, DbError> {
    let found: Option<i64> = tx.optional(
        "SELECT id FROM fulfilments
         WHERE id = $1 AND held_first_at IS NOT NULL AND released_at IS NULL",
        cells![id],
        |row| row.get(0),
    )?;
    Ok(found.is_some())
}

/// Records that the release is about to be sent; `None` while a correction has no answer, or when
/// there is nothing to release. What it returns is worth something only once the transaction is
/// committed: `flow::release` makes the permit from it then.
pub fn record_release(tx: &Tx<'_>, id: FulfilmentId) -> Result<Option<Release>, DbError> {
    let number: Option<String> = tx.optional(
        "UPDATE fulfilments SET release_at = $1
         WHERE id = $2 AND state = 'in_production' AND held_first_at IS NOT NULL
           AND released_at IS NULL AND correction_at IS NULL AND provider_order_id IS NOT NULL
         RETURNING provider_order_id",
        cells![tx.now, id],
        |row| row.get(0),
    )?;
    Ok(number.map(Release::recorded))
}

/// Notes that it is released, and until when it is to be made.
pub fn set_released(
    tx: &Tx<'_>,
    id: FulfilmentId,
    deadline_at: Option<Moment>,
    next_action: &str,
) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET released_at = $1, deadline_at = $2, next_action = $3
         WHERE id = $4 AND held_first_at IS NOT NULL",
        cells![tx.now, deadline_at, next_action, id],
    )
}
