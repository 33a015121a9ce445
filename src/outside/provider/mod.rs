//! A print provider: what the flow asks of it, and how answers are told apart (reliability R32).

pub mod by_hand;
pub mod customcat;
pub mod metered;
pub mod shineon;

use async_trait::async_trait;

use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::problem::Problem;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    Abilities, Accepted, CancelAnswer, CatalogueEntry, Echo, Hint, ProviderOrder, ProviderStatus,
    Refusal,
};
use crate::model::sku::{Quote, ShippingMethod, SkuFacts};

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

    /// Why this order cannot be told to this provider; `None` when it can. Asked before the intent.
    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError>;

    /// What this order would cost; `None` where the provider does not tell.
    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError>;

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

    /// Reads an order on hold back and compares it with what was sent; `None` when it is not there.
    async fn echo(
        &self,
        provider_order_id: &str,
        order: &ProviderOrder,
    ) -> Result<Option<Echo>, AskError>;

    /// Releases an order that was placed on hold, to be charged and made; what it is afterwards. May
    /// be repeated.
    async fn release(
        &self,
        permit: ReleasePermit,
        reference: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError>;

    /// Topics that need a hook of our own making, each with an address of its own; empty where an
    /// order itself says where to report.
    fn hook_topics(&self) -> &'static [&'static str];

    /// Every hook of the account, foreign ones among them.
    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError>;

    /// Makes a hook.
    async fn make_hook(&self, topic: &str, url: &str) -> Result<(), AskError>;

    /// Gives a hook another address.
    async fn move_hook(&self, id: &str, url: &str) -> Result<(), AskError>;

    /// Removes a hook; one that is gone already is no error.
    async fn drop_hook(&self, id: &str) -> Result<(), AskError>;

    /// What this variant is and needs; `None` when the provider says that there is none.
    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError>;

    /// The shipping methods that the account has.
    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError>;

    /// Variants whose SKU or title contains `search`, at most 100.
    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError>;

    /// Whether keys and rights work, as one sentence per finding.
    async fn check(&self) -> Result<Vec<String>, AskError>;
}
