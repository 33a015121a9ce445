//! A correction changes what is printed: it is on disk before it is sent, and a lost answer is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::*;
use async_trait::async_trait;
use tokio::sync::Notify;
use woodblock::flow::ctx::Probe;
use woodblock::flow::{FlowError, correct, worker};
use woodblock::model::id::{FulfilmentId, ItemId, OrderId};
use woodblock::model::problem::What;
use woodblock::model::value::{Value, Values};
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::{Call, Fault, WorldProvider};

fn name(value: &str) -> Values {
    BTreeMap::from([("name".to_owned(), Value::Text(value.to_owned()))])
}

/// Stops the program once the provider has another file than this, before anything is noted of it.
#[derive(Default)]
struct StopsOnceCorrected {
    watched: Mutex<Option<(WorldProvider, String)>>,
    stopped: Notify,
}

fn file_at(provider: &WorldProvider) -> String {
    provider.ledger()[0].lines[0].files[0].url.clone()
}

#[async_trait]
impl Probe for StopsOnceCorrected {
    async fn pass(&self, boundary: &str) {
        let watched = self.watched.lock().unwrap().clone();
        let is_corrected = watched.is_some_and(|(provider, file)| file_at(&provider) != file);
        if boundary == "before commit" && is_corrected {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

struct Submitted {
    day: Day,
    probe: Arc<StopsOnceCorrected>,
    place: (OrderId, FulfilmentId, ItemId),
    order: woodblock::model::id::ShopOrderId,
}

/// A pendant with a slip in its text, which the provider has and does not make yet.
async fn submitted() -> Submitted {
    let probe = Arc::new(StopsOnceCorrected::default());
    let day = Day::with(Setting { probe: probe.clone(), ..Setting::default() }).await;
    day.shineon.set(|settings| settings.start = Start::After(40 * HOUR));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Evv")]));
    day.run_for(3 * HOUR).await;
    let fulfilment = day.fulfilment(order, "shineon").await;
    let place = (day.id(order).await, fulfilment, day.item(order, 0).await);
    Submitted { day, probe, place, order }
}

impl Submitted {
    async fn correct(&self) -> Result<(), FlowError> {
        let (order, fulfilment, item) = self.place;
        correct::run(&self.day.ctx, order, fulfilment, item, name("Eve"), &ann()).await
    }

    /// The provider takes the correction, and the program is stopped before it notes that.
    async fn stop_while_correcting(&self) {
        let before = file_at(&self.day.shineon);
        *self.probe.watched.lock().unwrap() = Some((self.day.shineon.clone(), before));
        tokio::select! {
            biased;
            done = self.correct() => panic!("it was to be stopped: {done:?}"),
            () = self.probe.stopped.notified() => {}
        }
        *self.probe.watched.lock().unwrap() = None;
    }
}

/// The program is killed while it sends: after the start people are told, and nothing is repeated.
#[tokio::test]
async fn a_correction_that_was_cut_off_is_told_after_a_restart() {
    let pendant = submitted().await;
    pendant.stop_while_correcting().await;
    let sent = file_at(&pendant.day.shineon);
    assert_eq!(pendant.day.problems(pendant.order).await, []);
    worker::recover(&pendant.day.ctx).await.unwrap();
    assert_eq!(pendant.day.problems(pendant.order).await, [What::ContentDiffers]);
    assert_eq!(pendant.day.alerts().await, [What::ContentDiffers]);
    worker::recover(&pendant.day.ctx).await.unwrap();
    pendant.day.run_for(HOUR).await;
    assert_eq!(pendant.day.order(pendant.order).await.holds.len(), 1, "told once");
    assert_eq!(pendant.day.world.asked(Call::Correct), 1, "nothing is sent again by itself");
    assert_eq!(file_at(&pendant.day.shineon), sent);
}

/// Whoever sent it went away and the program ran on: no other correction goes before it is told.
#[tokio::test]
async fn one_correction_goes_at_a_time_and_a_forgotten_one_is_told() {
    let pendant = submitted().await;
    pendant.stop_while_correcting().await;
    let second = pendant.correct().await.unwrap_err().to_string();
    assert!(second.contains("another correction of it has no answer yet"), "{second}");
    assert_eq!(pendant.day.world.asked(Call::Correct), 1);
    pendant.day.run_for(HOUR + 15 * MINUTE).await;
    assert_eq!(pendant.day.problems(pendant.order).await, [What::ContentDiffers]);
    pendant.correct().await.unwrap();
    assert_eq!(pendant.day.world.asked(Call::Correct), 2, "a person has looked, and sends again");
}

/// A lost answer is told at once, and one that was surely not sent leaves nothing open.
#[tokio::test]
async fn a_correction_leaves_nothing_open_once_it_has_its_answer() {
    let pendant = submitted().await;
    pendant.day.world.fault_on(Call::Correct, Fault::NotSent);
    let refused = pendant.correct().await.unwrap_err().to_string();
    assert!(refused.contains("did not take the correction"), "{refused}");
    assert_eq!(pendant.day.problems(pendant.order).await, []);
    pendant.day.world.fault_on(Call::Correct, Fault::AcceptAndLoseAnswer);
    pendant.correct().await.unwrap_err();
    assert_eq!(pendant.day.alerts().await, [What::ContentDiffers]);
    pendant.correct().await.unwrap();
    worker::recover(&pendant.day.ctx).await.unwrap();
    pendant.day.run_for(Duration::from_secs(10)).await;
    assert_eq!(pendant.day.order(pendant.order).await.holds.len(), 1, "nothing new is told");
}
