//! A provider without a connection: a person places the order there and types what comes back.

use async_trait::async_trait;

use super::{AskError, Provider, SubmitError};
use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::problem::Problem;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    Abilities, Absence, Accepted, CancelAnswer, CatalogueEntry, Echo, Hint, PlacedBy,
    ProviderOrder, ProviderStatus,
};
use crate::model::sku::{Quote, ShippingMethod, SkuFacts};

/// Every question to it is a person's.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByHand;

#[async_trait]
impl Provider for ByHand {
    fn abilities(&self) -> Abilities {
        Abilities {
            placed_by: PlacedBy::Person,
            lookup_by_reference: false,
            absence: Absence::Unproven,
            settle_s: 0,
            names_lines_in_parcels: false,
            cancel: false,
            correct: false,
            wants_phone: false,
            holds_first: false,
        }
    }

    async fn submit(&self, _: SubmitPermit, _: &ProviderOrder) -> Result<Accepted, SubmitError> {
        Err(SubmitError::NotSent {
            reason: "a person places this order".to_owned(),
            retry_after_s: None,
        })
    }

    async fn find(&self, _: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        Err(AskError::Unable)
    }

    async fn status(&self, _: &Reference, _: &str) -> Result<Option<ProviderStatus>, AskError> {
        Err(AskError::Unable)
    }

    async fn cancel(&self, _: &Reference, _: &str) -> Result<CancelAnswer, AskError> {
        Err(AskError::Unable)
    }

    async fn correct(&self, _: CorrectPermit, _: &ProviderOrder) -> Result<(), SubmitError> {
        Err(SubmitError::NotSent {
            reason: "a person corrects this order".to_owned(),
            retry_after_s: None,
        })
    }

    fn read_hook(&self, _: &str, _: &[u8]) -> Result<Hint, String> {
        Ok(Hint::Nothing)
    }

    async fn misfit(&self, _: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        Ok(None)
    }

    async fn quote(&self, _: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        Ok(None)
    }

    async fn echo(&self, _: &str, _: &ProviderOrder) -> Result<Option<Echo>, AskError> {
        Err(AskError::Unable)
    }

    async fn release(
        &self,
        _: ReleasePermit,
        _: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        Err(AskError::Unable)
    }

    fn hook_topics(&self) -> &'static [&'static str] {
        &[]
    }

    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        Err(AskError::Unable)
    }

    async fn make_hook(&self, _: &str, _: &str) -> Result<(), AskError> {
        Err(AskError::Unable)
    }

    async fn move_hook(&self, _: &str, _: &str) -> Result<(), AskError> {
        Err(AskError::Unable)
    }

    async fn drop_hook(&self, _: &str) -> Result<(), AskError> {
        Err(AskError::Unable)
    }

    async fn sku(&self, _: &str) -> Result<Option<SkuFacts>, AskError> {
        Err(AskError::Unable)
    }

    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        Err(AskError::Unable)
    }

    async fn catalogue(&self, _: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        Ok(Vec::new())
    }

    async fn check(&self) -> Result<Vec<String>, AskError> {
        Ok(vec!["orders are placed by hand".to_owned()])
    }
}
