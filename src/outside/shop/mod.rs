//! The merchant's shop: what the flow asks of it.

pub mod woocommerce;

use async_trait::async_trait;

use crate::model::id::ShopOrderId;
use crate::model::shop_hook::{KnownHook, WantedHook};
use crate::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
use crate::model::shop_product::ShopProduct;
use crate::model::time::Moment;

/// Why a shop did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShopError {
    /// The shop does not have it.
    #[error("the shop does not have it")]
    NotFound,
    /// The shop understood and said no; asking again gets the same answer.
    #[error("the shop refused: {reason}")]
    Refused {
        /// The shop's words, or ours where its words mislead.
        reason: String,
    },
    /// Keys or rights are wrong; nothing works until a person mends them.
    #[error("the shop does not let us in: {reason}")]
    NotAllowed {
        /// What to mend.
        reason: String,
    },
    /// Busy, down, or answered something that is no answer. Try later.
    #[error("no usable answer from the shop: {reason}")]
    Unclear {
        /// What was seen.
        reason: String,
        /// The shop's own wish, in seconds.
        retry_after_s: Option<u32>,
    },
}

/// What the flow asks of a shop. Every write reads back and compares before it says yes.
#[async_trait]
pub trait Shop: Send + Sync {
    /// Orders changed after `since` (exclusive, whole seconds), oldest change first, page 1 and up.
    async fn list_changed(&self, since: Moment, page: u32) -> Result<ChangedPage, ShopError>;

    /// The same of the orders that stand in one of these statuses now.
    async fn list_changed_in(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError>;

    /// One order as it is now.
    async fn order(&self, id: ShopOrderId) -> Result<ShopOrder, ShopError>;

    /// Sets the status; the same status again is no second mail.
    async fn set_status(&self, id: ShopOrderId, status: &str) -> Result<(), ShopError>;

    /// Adds a note once: a note with the same text is not added again.
    async fn add_note(&self, id: ShopOrderId, note: &str, to: NoteTo) -> Result<(), ShopError>;

    /// Writes these parcels where the shop keeps tracking; parcels already there stay, none twice.
    async fn write_tracking(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError>;

    /// Writes text meta of our own (`_woodblock_…`): the second ledger (R38).
    async fn write_meta(&self, id: ShopOrderId, meta: &[(String, String)])
    -> Result<(), ShopError>;

    /// Every webhook that the shop has.
    async fn hooks(&self) -> Result<Vec<KnownHook>, ShopError> {
        Err(no_hooks())
    }

    /// Makes a webhook, and reads back that it is there.
    async fn make_hook(&self, _: &WantedHook) -> Result<(), ShopError> {
        Err(no_hooks())
    }

    /// Drops a webhook; one that is gone already is no error.
    async fn drop_hook(&self, _: i64) -> Result<(), ShopError> {
        Err(no_hooks())
    }

    /// What can be bought there whose name or SKU has these words, each product before its variations;
    /// one page at most. Without words: the first ones.
    async fn products(&self, _: &str) -> Result<Vec<ShopProduct>, ShopError> {
        Err(ShopError::Refused { reason: "its catalogue cannot be searched".to_owned() })
    }

    /// Whether address, keys and rights work, as one sentence per finding.
    async fn check(&self) -> Result<Vec<String>, ShopError>;

    /// How far its clock was ahead of ours at its last answer, in milliseconds; `None` where that is
    /// not known. Its clock tells whole seconds, and an answer takes its time.
    fn clock_ahead_ms(&self) -> Option<i64> {
        None
    }
}

fn no_hooks() -> ShopError {
    ShopError::Refused { reason: "it has no webhooks".to_owned() }
}

/// Who reads a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteTo {
    /// The customer, who is mailed it at once.
    Customer,
    /// Staff of the shop.
    Staff,
}
