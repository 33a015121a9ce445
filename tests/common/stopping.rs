//! Stopping the program at a boundary, for good, as a kill would.
//!
//! A boundary is: before and after each commit (a claim is one), and before and after each call of
//! shop, provider, mail and press.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::sync::Notify;
use woodblock::flow::Ctx;
use woodblock::flow::ctx::{Probe, ProviderSeat, ShopSeat};
use woodblock::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use woodblock::model::id::ShopOrderId;
use woodblock::model::problem::Problem;
use woodblock::model::provider_hook::ProviderHook;
use woodblock::model::provider_order::*;
use woodblock::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
use woodblock::model::sku::{Quote, ShippingMethod, SkuFacts};
use woodblock::model::time::Moment;
use woodblock::outside::mail::{Mail, MailError, Mailer};
use woodblock::outside::provider::{AskError, Provider, SubmitError};
use woodblock::outside::shop::{NoteTo, Shop, ShopError};

/// Counts boundaries; at the chosen one it never lets go again.
pub struct Stop {
    pub passed: AtomicU64,
    stop_at: u64,
    pub stopped: Notify,
}

impl Stop {
    pub fn at(stop_at: u64) -> Arc<Stop> {
        Arc::new(Stop { passed: AtomicU64::new(0), stop_at, stopped: Notify::new() })
    }

    async fn boundary(&self) {
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 == self.stop_at {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Probe for Stop {
    async fn pass(&self, _: &'static str) {
        self.boundary().await;
    }
}

/// Whoever is called, with a boundary before and after.
pub struct Around<T: ?Sized> {
    stop: Arc<Stop>,
    inner: Arc<T>,
}

macro_rules! around {
    ($self:ident, $call:expr) => {{
        $self.stop.boundary().await;
        let answer = $call.await;
        $self.stop.boundary().await;
        answer
    }};
}

#[async_trait]
impl Provider for Around<dyn Provider> {
    fn abilities(&self) -> Abilities {
        self.inner.abilities()
    }
    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        around!(self, self.inner.submit(permit, order))
    }
    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        around!(self, self.inner.find(reference))
    }
    async fn status(
        &self,
        reference: &Reference,
        number: &str,
    ) -> Result<Option<ProviderStatus>, AskError> {
        around!(self, self.inner.status(reference, number))
    }
    async fn cancel(&self, reference: &Reference, number: &str) -> Result<CancelAnswer, AskError> {
        around!(self, self.inner.cancel(reference, number))
    }
    async fn correct(
        &self,
        permit: CorrectPermit,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        around!(self, self.inner.correct(permit, order))
    }
    fn read_hook(&self, topic: &str, body: &[u8]) -> Result<Hint, String> {
        self.inner.read_hook(topic, body)
    }
    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        around!(self, self.inner.misfit(order))
    }
    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        around!(self, self.inner.quote(order))
    }
    async fn echo(
        &self,
        provider_order_id: &str,
        order: &ProviderOrder,
    ) -> Result<Option<Echo>, AskError> {
        around!(self, self.inner.echo(provider_order_id, order))
    }
    async fn release(
        &self,
        permit: ReleasePermit,
        reference: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        around!(self, self.inner.release(permit, reference))
    }
    fn hook_topics(&self) -> &'static [&'static str] {
        self.inner.hook_topics()
    }
    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        around!(self, self.inner.hooks())
    }
    async fn make_hook(&self, topic: &str, url: &str) -> Result<(), AskError> {
        around!(self, self.inner.make_hook(topic, url))
    }
    async fn move_hook(&self, id: &str, url: &str) -> Result<(), AskError> {
        around!(self, self.inner.move_hook(id, url))
    }
    async fn drop_hook(&self, id: &str) -> Result<(), AskError> {
        around!(self, self.inner.drop_hook(id))
    }
    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError> {
        around!(self, self.inner.sku(sku))
    }
    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        around!(self, self.inner.shipping_methods())
    }
    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        self.inner.catalogue(search).await
    }
    async fn check(&self) -> Result<Vec<String>, AskError> {
        self.inner.check().await
    }
}

#[async_trait]
impl Shop for Around<dyn Shop> {
    async fn list_changed(&self, since: Moment, page: u32) -> Result<ChangedPage, ShopError> {
        around!(self, self.inner.list_changed(since, page))
    }

    async fn list_changed_in(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError> {
        around!(self, self.inner.list_changed_in(statuses, since, page))
    }
    async fn order(&self, id: ShopOrderId) -> Result<ShopOrder, ShopError> {
        around!(self, self.inner.order(id))
    }
    async fn set_status(&self, id: ShopOrderId, status: &str) -> Result<(), ShopError> {
        around!(self, self.inner.set_status(id, status))
    }
    async fn add_note(&self, id: ShopOrderId, note: &str, to: NoteTo) -> Result<(), ShopError> {
        around!(self, self.inner.add_note(id, note, to))
    }
    async fn write_tracking(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError> {
        around!(self, self.inner.write_tracking(id, parcels))
    }
    async fn write_meta(
        &self,
        id: ShopOrderId,
        meta: &[(String, String)],
    ) -> Result<(), ShopError> {
        around!(self, self.inner.write_meta(id, meta))
    }
    async fn check(&self) -> Result<Vec<String>, ShopError> {
        self.inner.check().await
    }
}

#[async_trait]
impl Mailer for Around<dyn Mailer> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        around!(self, self.inner.send(mail))
    }
}

/// The same context, with a boundary around everything.
pub fn guarded(ctx: &Ctx, stop: &Arc<Stop>) -> Ctx {
    let shops = ctx.shops.iter().map(|(id, seat)| {
        let shop = Arc::new(Around { stop: stop.clone(), inner: seat.shop.clone() });
        (*id, ShopSeat { shop, ..seat.clone() })
    });
    let providers = ctx.providers.iter().map(|(id, seat)| {
        let provider = Arc::new(Around { stop: stop.clone(), inner: seat.provider.clone() });
        (*id, ProviderSeat { provider, ..seat.clone() })
    });
    Ctx {
        shops: Arc::new(shops.collect()),
        providers: Arc::new(providers.collect()),
        mailer: Arc::new(Around { stop: stop.clone(), inner: ctx.mailer.clone() }),
        probe: stop.clone(),
        ..ctx.clone()
    }
}
