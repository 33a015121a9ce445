//! A print provider: what the flow asks of it, and how answers are told apart (reliability R32).

pub mod by_hand;
pub mod customcat;
pub mod metered;
pub mod shineon;

use async_trait::async_trait;

use crate::model::fulfilment::{CorrectPermit, Reference, SubmitPermit};
use crate::model::provider_order::{
    Abilities, Accepted, CancelAnswer, CatalogueEntry, Hint, ProviderOrder, ProviderStatus, Refusal,
};

/// Why a submission did not end in a clear yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// A definite no, in the provider's own error document.
    #[error("the provider refused: {}", .0.problem)]
    Refused(Refusal),
    /// Surely not a byte of it arrived, or it was turned away unread: try again later.
    #[error("the order was not sent: {reason}")]
    NotSent {
        /// What was seen.
        reason: String,
        /// The provider's own wish, in seconds.
        retry_after_s: Option<u32>,
    },
    /// It may have arrived: look it up before anything is sent again.
    #[error("no clear answer from the provider: {reason}")]
    Unknown {
        /// What was seen.
        reason: String,
    },
}

/// Why a question had no answer. Asking again is harmless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Keys are wrong; nothing works until a person mends them.
    #[error("the provider does not let us in: {reason}")]
    NotAllowed {
        /// What to mend.
        reason: String,
    },
    /// Busy, down, or answered something that is no answer.
    #[error("no usable answer from the provider: {reason}")]
    Unclear {
        /// What was seen.
        reason: String,
        /// The provider's own wish, in seconds.
        retry_after_s: Option<u32>,
    },
    /// The adapter cannot do this.
    #[error("this provider cannot do that")]
    Unable,
}

/// What the flow asks of a print provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What this adapter can do.
    fn abilities(&self) -> Abilities;

    /// Sends the order, once, without redirects and without retries.
    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError>;

    /// What the provider has under this reference; `None` when it says that it has nothing.
    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError>;

    /// How far the provider's order is.
    async fn status(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<Option<ProviderStatus>, AskError>;

    /// Asks to cancel, and reads back what came of it.
    async fn cancel(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<CancelAnswer, AskError>;

    /// Sends corrected files, once, for an order that is not yet in production.
    async fn correct(
        &self,
        permit: CorrectPermit,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError>;

    /// Reads a call of the provider's hook. The call proves nothing: it is a hint to look.
    fn read_hook(&self, topic: &str, body: &[u8]) -> Result<Hint, String>;

    /// Variants whose SKU or title contains `search`, at most 100.
    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError>;

    /// Whether keys and rights work, as one sentence per finding.
    async fn check(&self) -> Result<Vec<String>, AskError>;
}
