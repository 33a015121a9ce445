//! What a provider last said of an order of ours: its word, and whether it takes a corrected file.

use super::cells::cells;
use crate::model::id::FulfilmentId;
use crate::model::provider_order::ProviderStatus;

use super::{DbError, Tx};

/// Stores the provider's own word for how far it is, whether it takes corrections, and a mark of its
/// whole answer.
pub fn note_status(
    tx: &Tx<'_>,
    id: FulfilmentId,
    status: &ProviderStatus,
    mark: &str,
) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET provider_word = $1, provider_mark = $2, can_correct = $3
         WHERE id = $4",
        cells![status.word.as_str(), mark, status.can_correct, id],
    )
}

/// Whether it takes corrections, as it last said; nothing where it said nothing yet.
pub fn can_correct(tx: &Tx<'_>, id: FulfilmentId) -> Result<Option<bool>, DbError> {
    let said =
        tx.optional("SELECT can_correct FROM fulfilments WHERE id = $1", cells![id], |row| {
            row.get(0)
        })?;
    Ok(said.flatten())
}
