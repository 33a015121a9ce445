//! A provider whose submissions and look-ups are counted and timed.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{AskError, Provider, SubmitError};
use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::problem::Problem;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    Abilities, Accepted, CancelAnswer, CatalogueEntry, Echo, Hint, ProviderOrder, ProviderStatus,
};
use crate::model::sku::{Quote, ShippingMethod, SkuFacts};
use crate::outside::meter::{Measured, Meter};

/// Counts what a provider is asked.
pub struct MeteredProvider {
    name: String,
    provider: Arc<dyn Provider>,
    meter: Arc<Meter>,
}

impl MeteredProvider {
    /// Around a provider of this name.
    pub fn new(name: &str, provider: Arc<dyn Provider>, meter: Arc<Meter>) -> MeteredProvider {
        MeteredProvider { name: name.to_owned(), provider, meter }
    }

    fn count_look_up(&self, found: &Result<Option<ProviderStatus>, AskError>, began: Instant) {
        let outcome = match found {
            Ok(Some(_)) => "found",
            Ok(None) => "absent",
            Err(AskError::Unable) => return,
            Err(AskError::NotAllowed { .. }) => "not_allowed",
            Err(AskError::Unclear { .. }) => "unclear",
        };
        self.meter.count(Measured::LookUp, &self.name, outcome, began.elapsed());
    }
}

#[async_trait]
impl Provider for MeteredProvider {
    fn abilities(&self) -> Abilities {
        self.provider.abilities()
    }

    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        let began = Instant::now();
        let answer = self.provider.submit(permit, order).await;
        let outcome = match &answer {
            Ok(_) => "accepted",
            Err(SubmitError::Refused(_)) => "refused",
            Err(SubmitError::NotSent { .. }) => "not_sent",
            Err(SubmitError::Unknown { .. }) => "unknown",
        };
        self.meter.count(Measured::Submission, &self.name, outcome, began.elapsed());
        answer
    }

    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        let began = Instant::now();
        let found = self.provider.find(reference).await;
        self.count_look_up(&found, began);
        found
    }

    async fn status(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<Option<ProviderStatus>, AskError> {
        let began = Instant::now();
        let found = self.provider.status(reference, provider_order_id).await;
        self.count_look_up(&found, began);
        found
    }

    async fn cancel(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<CancelAnswer, AskError> {
        self.provider.cancel(reference, provider_order_id).await
    }

    async fn correct(
        &self,
        permit: CorrectPermit,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        self.provider.correct(permit, order).await
    }

    fn read_hook(&self, topic: &str, body: &[u8]) -> Result<Hint, String> {
        self.provider.read_hook(topic, body)
    }

    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        self.provider.misfit(order).await
    }

    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        self.provider.quote(order).await
    }

    async fn echo(
        &self,
        provider_order_id: &str,
        order: &ProviderOrder,
    ) -> Result<Option<Echo>, AskError> {
        self.provider.echo(provider_order_id, order).await
    }

    async fn release(
        &self,
        permit: ReleasePermit,
        reference: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        self.provider.release(permit, reference).await
    }

    fn hook_topics(&self) -> &'static [&'static str] {
        self.provider.hook_topics()
    }

    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        self.provider.hooks().await
    }

    async fn make_hook(&self, topic: &str, url: &str) -> Result<(), AskError> {
        self.provider.make_hook(topic, url).await
    }

    async fn move_hook(&self, id: &str, url: &str) -> Result<(), AskError> {
        self.provider.move_hook(id, url).await
    }

    async fn drop_hook(&self, id: &str) -> Result<(), AskError> {
        self.provider.drop_hook(id).await
    }

    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError> {
        self.provider.sku(sku).await
    }

    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        self.provider.shipping_methods().await
    }

    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        self.provider.catalogue(search).await
    }

    async fn check(&self) -> Result<Vec<String>, AskError> {
        self.provider.check().await
    }
}
