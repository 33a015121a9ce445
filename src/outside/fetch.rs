//! Fetching what a line item points at: customers' photos (reliability section 9).

use async_trait::async_trait;

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// This address is never fetched from.
    #[error("this address may not be fetched: {0}")]
    Forbidden(String),
    /// It is not there.
    #[error("it is not there: {0}")]
    Gone(String),
    /// It may be there later.
    #[error("it could not be fetched now: {0}")]
    Unclear(String),
    /// More bytes than are taken.
    #[error("it is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
}

/// Fetches a customer's photo.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The bytes behind an address of the shop or of a host that was allowed.
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError>;
}
