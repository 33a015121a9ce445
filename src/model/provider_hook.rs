//! A hook that a provider has for one topic, and the addresses that are ours.

/// A hook that stands in a provider's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderHook {
    /// The provider's id of it.
    pub id: String,
    /// What it is called for: `order-shipped`.
    pub topic: String,
    /// Where it goes.
    pub url: String,
}
