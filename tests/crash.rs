//! Stop at every boundary, restart, same end: two providers, one of which refuses at first.
//!
//! A boundary is: before and after each commit (a claim is one), and before and after each call of
//! shop, provider, mail and press. The program is stopped there for good, as a kill would, and
//! started again on the same database, files and world.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::*;
use async_trait::async_trait;
use tokio::sync::Notify;
use woodblock::flow::ctx::{Probe, ProviderSeat, ShopSeat};
use woodblock::flow::{Ctx, worker};
use woodblock::model::fulfilment::{CorrectPermit, Reference, SubmitPermit};
use woodblock::model::id::ShopOrderId;
use woodblock::model::order::State;
use woodblock::model::problem::{Problem, What};
use woodblock::model::provider_order::*;
use woodblock::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::outside::mail::{Mail, MailError, Mailer};
use woodblock::outside::provider::{AskError, Provider, SubmitError};
use woodblock::outside::shop::{NoteTo, Shop, ShopError};
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Call, Fault};

/// Counts boundaries; at the chosen one it never lets go again.
struct Stop {
    passed: AtomicU64,
    stop_at: u64,
    stopped: Notify,
}

impl Stop {
    fn at(stop_at: u64) -> Arc<Stop> {
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
struct Around<T: ?Sized> {
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
fn guarded(ctx: &Ctx, stop: &Arc<Stop>) -> Ctx {
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

/// Story 6 without hands: the address is mended in the shop, the operator submits again.
async fn live(day: &Day, order: ShopOrderId) {
    day.run_for(3 * HOUR).await;
    let stored = day.order(order).await;
    let refused = stored
        .fulfilments
        .iter()
        .find(|one| one.state == woodblock::model::fulfilment::State::Refused)
        .map(|one| one.id);
    if let Some(refused) = refused {
        if stored.recipient != a_recipient(2) {
            day.ctx.change_recipient(stored.id, a_recipient(2), &ann()).await.unwrap();
        }
        day.ctx.submit_again(stored.id, refused, &ann()).await.unwrap();
    }
    day.run_for(24 * HOUR).await;
}

async fn scenario(stop_at: u64) -> (u64, Day, ShopOrderId) {
    // Webhooks bring the order in; the periodic rounds would only add boundaries without meaning.
    let rules = woodblock::flow::ctx::Rules { watch_every: 1_000 * HOUR, ..rules() };
    let setting = Setting { poll_every: 1_000 * HOUR, rules, ..Setting::default() };
    let mut day = Day::with(setting).await;
    for seats in [&day.customcat, &day.shineon] {
        seats.set(|settings| {
            settings.start = woodblock::sandbox::provider::Start::After(HOUR);
            settings.making = 2 * HOUR;
        });
    }
    let refusal = Refusal {
        problem: Problem::new(What::Refused, "address", "unknown street"),
        reach: Reach::Order,
        suggestions: Vec::new(),
    };
    day.world.fault_on(Call::Submit, Fault::RefuseWith(refusal));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve"), named("MUG", "Rex")]));
    let stop = Stop::at(stop_at);
    let whole = day.ctx.clone();
    day.ctx = guarded(&whole, &stop);
    let was_stopped = tokio::select! {
        () = live(&day, order) => false,
        () = stop.stopped.notified() => true,
    };
    let passed = stop.passed.load(Ordering::SeqCst);
    day.ctx = whole;
    if was_stopped {
        // A minute later the service manager starts it again.
        day.clock.set(day.clock.now().plus(MINUTE));
        worker::recover(&day.ctx).await.unwrap();
        // The order may not even have been taken in.
        day.run_for(11 * MINUTE).await;
        live(&day, order).await;
    }
    (passed, day, order)
}

#[tokio::test]
async fn story_6_ends_the_same_wherever_it_is_stopped() {
    for stop_at in 1.. {
        let (passed, day, order) = scenario(stop_at).await;
        let end = day.order(order).await;
        let place = format!("stopped at boundary {stop_at}");
        assert_eq!(end.state, State::Closed, "{place}: {:#?}", day.story(order).await);
        assert_eq!(day.shop.status(order), "completed", "{place}");
        let mut references: Vec<String> =
            day.world.ledger().into_iter().map(|entry| entry.reference).collect();
        references.sort();
        let count = references.len();
        references.dedup();
        assert_eq!((count, references.len()), (2, 2), "{place}: one provider order each");
        assert_eq!(day.shop.parcels(order).len(), 2, "{place}: each parcel once");
        let mut mails: Vec<String> =
            day.world.mailer().received().into_iter().map(|mail| mail.message_id).collect();
        let sent = mails.len();
        mails.sort();
        mails.dedup();
        assert_eq!(sent, mails.len(), "{place}: each mail at most once");
        if passed < stop_at {
            println!("{} boundaries, each stopped at once: 0 lost, 0 duplicates", stop_at - 1);
            return;
        }
    }
}
