//! What people do while work is under way: the work must not write over it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::common::*;
use async_trait::async_trait;
use woodblock::db;
use woodblock::flow::ctx::Probe;
use woodblock::flow::transition::{Event, With, transition};
use woodblock::flow::{Ctx, FlowError, amend, file};
use woodblock::model::hold::Actor;
use woodblock::model::id::{ItemId, OrderId};
use woodblock::model::value::{Photo, Value, Values};
use woodblock::sandbox::{Call, World};

fn name(value: &str) -> Values {
    BTreeMap::from([("name".to_owned(), Value::Text(value.to_owned()))])
}

fn by_ann() -> Actor {
    Actor::Person("ann".to_owned())
}

/// Somebody corrects the text after it was drawn, and before what was drawn is noted.
#[derive(Default)]
struct CorrectsMeanwhile {
    place: OnceLock<(Ctx, Arc<World>)>,
    is_done: AtomicBool,
}

#[async_trait]
impl Probe for CorrectsMeanwhile {
    async fn pass(&self, boundary: &str) {
        let Some((ctx, world)) = self.place.get().filter(|_| boundary == "before commit") else {
            return;
        };
        if 0 < world.asked(Call::Press) && !self.is_done.swap(true, Ordering::SeqCst) {
            // Each day has one order with one item.
            amend::amend(ctx, OrderId(1), ItemId(1), name("Rex"), by_ann()).await.unwrap();
        }
    }
}

/// Neither a picture nor a fault of the older text reaches the corrected one.
#[tokio::test]
async fn what_was_drawn_of_an_older_text_is_not_printed() {
    for slip in ["Rxe", "\u{1d504}"] {
        let probe = Arc::new(CorrectsMeanwhile::default());
        let day = Day::with(Setting { probe: probe.clone(), ..Setting::default() }).await;
        probe.place.set((day.ctx.clone(), day.world.clone())).ok().unwrap();
        let order = day.shop.customer_buys(cart(vec![named("MUG", slip)]));
        day.run_for(HOUR).await;
        assert!(probe.is_done.load(Ordering::SeqCst), "{slip}");
        assert_eq!(day.problems(order).await, [], "{slip}");
        let stored = day.order(order).await;
        assert!(stored.items[0].facts.files_of(1).next().is_none(), "{slip}");
        day.run_for(3 * HOUR).await;
        assert_eq!(day.printed(&day.customcat), ["1 × name=Rex"], "{slip}");
    }
}

/// A photo that was fetched for an older revision may be another picture than the present one's.
#[tokio::test]
async fn a_photo_of_an_older_revision_is_not_taken() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![line("PORTRAIT")]));
    day.run_for(MINUTE).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    amend::choose_revision(&day.ctx, id, item, 1, by_ann()).await.unwrap();
    let hash = file::store(&day.ctx, b"\x89PNG a photo".to_vec(), "photo").await.unwrap();
    let photo = Value::Photo(Photo::whole(hash));
    for (revision, is_taken) in [(1, false), (2, true)] {
        let (shared, photo) = (day.ctx.clone(), photo.clone());
        let done: Result<(), FlowError> = day
            .ctx
            .call(move |tx| {
                let mut locked = db::order::lock(tx, id)?;
                let pace = shared.pace(locked.get().shop);
                let with = With { actor: &Actor::Program, rules: &shared.rules, pace: &pace };
                let event = Event::PhotoFetched(item, revision, "photo".to_owned(), photo.clone());
                transition(tx, &mut locked, event, with)
            })
            .await;
        done.unwrap();
        let values = day.order(order).await.items[0].values.clone();
        assert_eq!(values.contains_key("photo"), is_taken, "revision {revision}");
    }
}
