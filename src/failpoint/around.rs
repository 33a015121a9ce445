//! Points around each job, each commit, each file and each call of somebody outside.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::plan::{Action, DELAY, at, passes};
use crate::db::engine::{Failure, Fate};
use crate::flow::Ctx;
use crate::flow::ctx::{Probe, ProviderSeat, ShopSeat};
use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::id::{Hash, ShopOrderId};
use crate::model::problem::Problem;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::*;
use crate::model::shop_hook::{KnownHook, WantedHook};
use crate::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
use crate::model::shop_product::ShopProduct;
use crate::model::sku::{Quote, ShippingMethod, SkuFacts};
use crate::model::time::Moment;
use crate::outside::fetch::{Fetch, FetchError};
use crate::outside::files::{Files, FolderFiles, Kept};
use crate::outside::mail::{Mail, MailError, Mailer};
use crate::outside::press::{Press, PressError, PressJob, Pressed};
use crate::outside::provider::{AskError, Provider, SubmitError};
use crate::outside::shop::{NoteTo, Shop, ShopError};

/// The same context, with points around everything that it does.
pub fn around(ctx: Ctx) -> Ctx {
    let shops = ctx.shops.iter().map(|(id, seat)| {
        (*id, ShopSeat { shop: Arc::new(Around(seat.shop.clone())), ..seat.clone() })
    });
    let providers = ctx.providers.iter().map(|(id, seat)| {
        let provider = Arc::new(Around(seat.provider.clone()));
        (*id, ProviderSeat { provider, ..seat.clone() })
    });
    let points = Arc::new(Points::default());
    let fates = Arc::clone(&points);
    ctx.db.set_fates(Arc::new(move || fates.fate()));
    Ctx {
        shops: Arc::new(shops.collect()),
        providers: Arc::new(providers.collect()),
        fetch: Arc::new(Around(ctx.fetch.clone())),
        mailer: Arc::new(Around(ctx.mailer.clone())),
        press: Arc::new(Around(ctx.press.clone())),
        files: Arc::new(Around(ctx.files.clone())),
        probe: points,
        ..ctx
    }
}

/// Points of jobs and commits, each by the step that passes it.
#[derive(Default)]
struct Points {
    /// Which step each task is at.
    steps: Mutex<HashMap<tokio::task::Id, String>>,
    /// What becomes of the next commit.
    next: Mutex<Option<Fate>>,
}

impl Points {
    fn fate(&self) -> Fate {
        self.next.lock().expect("no holder of this lock panics").take().unwrap_or(Fate::Kept)
    }

    fn will_be(&self, fate: Fate) {
        *self.next.lock().expect("no holder of this lock panics") = Some(fate);
    }

    fn name(&self, boundary: &str) -> String {
        let mut steps = self.steps.lock().expect("no holder of this lock panics");
        let Some(task) = tokio::task::try_id() else { return boundary.to_owned() };
        if let Some(step) = boundary.strip_prefix("claimed ") {
            steps.insert(task, step.to_owned());
        }
        match steps.get(&task) {
            // The commit that ends a job and claims the next one belongs to the job.
            Some(step) if boundary.ends_with("commit") => format!("{step}: {boundary}"),
            Some(_) | None => boundary.to_owned(),
        }
    }
}

#[async_trait]
impl Probe for Points {
    async fn pass(&self, boundary: &str) {
        let name = self.name(boundary);
        if boundary == "before commit" {
            // What follows is decided here, because the commit itself knows no step.
            if passes(&format!("{name}, which succeeds untold")) == Some(Action::Error) {
                self.will_be(Fate::KeptUntold(Failure::Io));
            }
        }
        match passes(&name) {
            Some(Action::Delay) => tokio::time::sleep(DELAY).await,
            Some(Action::Error) if boundary == "before commit" => {
                self.will_be(Fate::Lost(Failure::Io));
            }
            Some(Action::Error) => panic!("fail-point: {name}"),
            Some(Action::Kill) | None => {}
        }
    }
}

/// Somebody outside, with points around each call.
struct Around<T: ?Sized>(Arc<T>);

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

impl Seen for FetchError {
    fn before() -> FetchError {
        FetchError::Unclear(WHY.to_owned())
    }
    fn after() -> FetchError {
        Seen::before()
    }
}

impl Seen for PressError {
    fn before() -> PressError {
        PressError::Died(WHY.to_owned())
    }
    fn after() -> PressError {
        Seen::before()
    }
}

async fn point(name: String) -> bool {
    match passes(&name) {
        Some(Action::Delay) => tokio::time::sleep(DELAY).await,
        Some(Action::Error) => return true,
        Some(Action::Kill) | None => {}
    }
    false
}

async fn call<T, E: Seen>(name: &str, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    if point(format!("{name}: before")).await {
        return Err(E::before());
    }
    let answer = call.await;
    if point(format!("{name}: after")).await {
        return Err(E::after());
    }
    answer
}

#[async_trait]
impl Provider for Around<dyn Provider> {
    fn abilities(&self) -> Abilities {
        self.0.abilities()
    }
    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        call("provider submit", self.0.submit(permit, order)).await
    }
    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        call("provider find", self.0.find(reference)).await
    }
    async fn status(
        &self,
        reference: &Reference,
        number: &str,
    ) -> Result<Option<ProviderStatus>, AskError> {
        call("provider status", self.0.status(reference, number)).await
    }
    async fn cancel(&self, reference: &Reference, number: &str) -> Result<CancelAnswer, AskError> {
        call("provider cancel", self.0.cancel(reference, number)).await
    }
    async fn correct(
        &self,
        permit: CorrectPermit,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        call("provider correct", self.0.correct(permit, order)).await
    }
    fn read_hook(&self, topic: &str, body: &[u8]) -> Result<Hint, String> {
        self.0.read_hook(topic, body)
    }
    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        call("provider misfit", self.0.misfit(order)).await
    }
    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        call("provider quote", self.0.quote(order)).await
    }
    async fn echo(
        &self,
        provider_order_id: &str,
        order: &ProviderOrder,
    ) -> Result<Option<Echo>, AskError> {
        call("provider echo", self.0.echo(provider_order_id, order)).await
    }
    async fn release(
        &self,
        permit: ReleasePermit,
        reference: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        call("provider release", self.0.release(permit, reference)).await
    }
    fn hook_topics(&self) -> &'static [&'static str] {
        self.0.hook_topics()
    }
    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        call("provider hooks", self.0.hooks()).await
    }
    async fn make_hook(&self, topic: &str, url: &str) -> Result<(), AskError> {
        call("provider makes a hook", self.0.make_hook(topic, url)).await
    }
    async fn move_hook(&self, id: &str, url: &str) -> Result<(), AskError> {
        call("provider moves a hook", self.0.move_hook(id, url)).await
    }
    async fn drop_hook(&self, id: &str) -> Result<(), AskError> {
        call("provider drops a hook", self.0.drop_hook(id)).await
    }
    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError> {
        self.0.sku(sku).await
    }
    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        self.0.shipping_methods().await
    }
    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        self.0.catalogue(search).await
    }
    async fn check(&self) -> Result<Vec<String>, AskError> {
        self.0.check().await
    }
}

#[async_trait]
impl Shop for Around<dyn Shop> {
    async fn list_changed(&self, since: Moment, page: u32) -> Result<ChangedPage, ShopError> {
        call("shop list", self.0.list_changed(since, page)).await
    }
    async fn list_changed_in(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError> {
        call("shop list by status", self.0.list_changed_in(statuses, since, page)).await
    }
    async fn order(&self, id: ShopOrderId) -> Result<ShopOrder, ShopError> {
        call("shop order", self.0.order(id)).await
    }
    async fn set_status(&self, id: ShopOrderId, status: &str) -> Result<(), ShopError> {
        call("shop status", self.0.set_status(id, status)).await
    }
    async fn add_note(&self, id: ShopOrderId, note: &str, to: NoteTo) -> Result<(), ShopError> {
        call("shop note", self.0.add_note(id, note, to)).await
    }
    async fn write_tracking(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError> {
        call("shop tracking", self.0.write_tracking(id, parcels)).await
    }
    async fn write_meta(
        &self,
        id: ShopOrderId,
        meta: &[(String, String)],
    ) -> Result<(), ShopError> {
        call("shop meta", self.0.write_meta(id, meta)).await
    }
    async fn hooks(&self) -> Result<Vec<KnownHook>, ShopError> {
        call("shop hooks", self.0.hooks()).await
    }
    async fn make_hook(&self, wanted: &WantedHook) -> Result<(), ShopError> {
        call("shop makes a hook", self.0.make_hook(wanted)).await
    }
    async fn drop_hook(&self, id: i64) -> Result<(), ShopError> {
        call("shop drops a hook", self.0.drop_hook(id)).await
    }
    async fn products(&self, words: &str) -> Result<Vec<ShopProduct>, ShopError> {
        self.0.products(words).await
    }
    async fn check(&self) -> Result<Vec<String>, ShopError> {
        self.0.check().await
    }
    fn clock_ahead_ms(&self) -> Option<i64> {
        self.0.clock_ahead_ms()
    }
}

#[async_trait]
impl Mailer for Around<dyn Mailer> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        call("mail send", self.0.send(mail)).await
    }
}

#[async_trait]
impl Fetch for Around<dyn Fetch> {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        call("photo fetch", self.0.fetch(url)).await
    }
}

#[async_trait]
impl Press for Around<dyn Press> {
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError> {
        call("press draw", self.0.draw(job)).await
    }
    async fn preview(
        &self,
        session: &crate::outside::press::Session,
        job: PressJob,
    ) -> Result<Pressed, PressError> {
        call("press preview", self.0.preview(session, job)).await
    }
    async fn check(
        &self,
        name: &str,
        files: crate::outside::press::DesignFiles,
    ) -> Result<Vec<crate::outside::design_folder::Fault>, PressError> {
        self.0.check(name, files).await
    }
}

impl Files for Around<dyn Files> {
    fn put(&self, bytes: &[u8]) -> io::Result<Hash> {
        at("file put: before")?;
        let hash = self.0.put(bytes)?;
        at("file put: after")?;
        Ok(hash)
    }
    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>> {
        at("file get")?;
        self.0.get(hash)
    }
    fn remove(&self, hash: &Hash) -> io::Result<()> {
        at("file remove")?;
        self.0.remove(hash)
    }
    fn all(&self) -> io::Result<Vec<Kept>> {
        self.0.all()
    }
    fn put_into(&self, hash: &Hash, other: &FolderFiles) -> io::Result<()> {
        at("backup: file")?;
        self.0.put_into(hash, other)
    }
    fn remove_leftovers(&self, before: Moment) -> io::Result<usize> {
        self.0.remove_leftovers(before)
    }
}
