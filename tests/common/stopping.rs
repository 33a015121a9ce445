//! Stopping the program at a boundary, for good, as a kill would; or letting it fail or wait there.
//!
//! A boundary is: before and after each commit (a claim is one), and before and after each call of
//! shop, provider, mail and press.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Notify;
use woodblock::db::engine::{Failure, Fate};
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

/// What happens at the chosen boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The program never gets further.
    Kill,
    /// A call fails, before it is made or after it was done; a commit is lost, or kept untold.
    Error,
    /// It takes ten minutes.
    Delay,
    /// Somebody else acts there, and it goes on.
    Meanwhile,
}

/// Somebody who does something while a job is at work.
#[async_trait]
pub trait Meanwhile: Send + Sync {
    async fn act(&self);
}

/// Counts boundaries; at the chosen one it never lets go again, or something else happens.
pub struct Stop {
    pub passed: AtomicU64,
    stop_at: u64,
    mishap: Mishap,
    /// What becomes of the next commit.
    fate: Mutex<Option<Fate>>,
    has_failed: AtomicBool,
    /// What somebody does in the middle of a job, just before it commits; with [`Mishap::Meanwhile`] at
    /// the chosen boundary alone.
    pub meanwhile: Mutex<Option<Arc<dyn Meanwhile>>>,
    /// Stops once a provider has answered a submission, before anything is noted of it.
    pub after_submission: AtomicBool,
    delay: Box<dyn Fn() + Send + Sync>,
    pub stopped: Notify,
}

impl Stop {
    pub fn at(stop_at: u64) -> Arc<Stop> {
        Stop::with(stop_at, Mishap::Kill, || {})
    }

    /// With another mishap; `delay` lets time pass.
    pub fn with(
        stop_at: u64,
        mishap: Mishap,
        delay: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Stop> {
        Arc::new(Stop {
            passed: AtomicU64::new(0),
            stop_at,
            mishap,
            fate: Mutex::default(),
            has_failed: AtomicBool::new(false),
            meanwhile: Mutex::default(),
            after_submission: AtomicBool::new(false),
            delay: Box::new(delay),
            stopped: Notify::new(),
        })
    }

    /// Passes a boundary; whether what stands there fails.
    async fn boundary(&self) -> bool {
        if self.passed.fetch_add(1, Ordering::SeqCst) + 1 != self.stop_at {
            return false;
        }
        match self.mishap {
            Mishap::Kill => self.stops().await,
            Mishap::Error => return true,
            Mishap::Delay => (self.delay)(),
            Mishap::Meanwhile => {
                let meanwhile = self.meanwhile.lock().unwrap().clone();
                if let Some(meanwhile) = meanwhile {
                    meanwhile.act().await;
                }
            }
        }
        false
    }

    async fn stops(&self) {
        self.stopped.notify_one();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl Probe for Stop {
    async fn pass(&self, boundary: &str) {
        let fails = self.boundary().await;
        let meanwhile = self.meanwhile.lock().unwrap().clone();
        let is_theirs = boundary == "before commit" && self.mishap != Mishap::Meanwhile;
        if let Some(meanwhile) = meanwhile.filter(|_| is_theirs) {
            meanwhile.act().await;
        }
        match boundary {
            "before commit" if fails => {
                *self.fate.lock().unwrap() = Some(Fate::Lost(Failure::Io));
            }
            // A disk that failed ends the program.
            _ if fails || self.has_failed.load(Ordering::SeqCst) => self.stops().await,
            _ => {}
        }
    }
}

/// Whoever is called, with a boundary before and after.
pub struct Around<T: ?Sized> {
    stop: Arc<Stop>,
    inner: Arc<T>,
}

/// What an error before and after a call looks like to the caller.
trait Seen {
    fn before() -> Self;
    fn after() -> Self;
}

const WHY: &str = "a fail-point";

impl Seen for SubmitError {
    fn before() -> SubmitError {
        SubmitError::NotSent { reason: WHY.to_owned(), retry_after_s: None }
    }
    fn after() -> SubmitError {
        SubmitError::Unknown { reason: WHY.to_owned() }
    }
}

impl Seen for AskError {
    fn before() -> AskError {
        AskError::Unclear { reason: WHY.to_owned(), retry_after_s: None }
    }
    fn after() -> AskError {
        Seen::before()
    }
}

impl Seen for ShopError {
    fn before() -> ShopError {
        ShopError::Unclear { reason: WHY.to_owned(), retry_after_s: None }
    }
    fn after() -> ShopError {
        Seen::before()
    }
}

impl Seen for MailError {
    fn before() -> MailError {
        MailError::NotSent(WHY.to_owned())
    }
    fn after() -> MailError {
        MailError::Unknown(WHY.to_owned())
    }
}

macro_rules! around {
    ($self:ident, $call:expr) => {{
        if $self.stop.boundary().await {
            return Err(Seen::before());
        }
        let answer = $call.await;
        if $self.stop.boundary().await {
            return Err(Seen::after());
        }
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
        let answer = self.inner.submit(permit, order);
        around!(self, async {
            let answer = answer.await;
            if self.stop.after_submission.swap(false, Ordering::SeqCst) {
                self.stop.stops().await;
            }
            answer
        })
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
    fn clock_ahead_ms(&self) -> Option<i64> {
        self.inner.clock_ahead_ms()
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
    if stop.mishap == Mishap::Error {
        let stop = stop.clone();
        ctx.db.set_fates(Arc::new(move || {
            let fate = stop.fate.lock().unwrap().take().unwrap_or(Fate::Kept);
            stop.has_failed.fetch_or(fate != Fate::Kept, Ordering::SeqCst);
            fate
        }));
    }
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
