//! Stop at every boundary, restart, same end: two providers, one of which refuses at first.
//!
//! A boundary is: before and after each commit (a claim is one), and before and after each call of
//! shop, provider, mail and press. The program is stopped there for good, as a kill would, and
//! started again on the same database, files and world.

use std::sync::atomic::Ordering;

use crate::common::stopping::{Mishap, Stop, guarded};
use crate::common::*;
use woodblock::flow::worker;
use woodblock::model::id::ShopOrderId;
use woodblock::model::order::State;
use woodblock::model::problem::{Problem, What};
use woodblock::model::provider_order::*;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Call, Fault};

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

/// Whether orders are placed on hold first and released when they were compared.
#[derive(Debug, Clone, Copy)]
enum Placed {
    Ready,
    OnHold,
}

async fn scenario(stop_at: u64, mishap: Mishap, placed: Placed) -> (u64, Day, ShopOrderId) {
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
    day.shineon.set(|settings| {
        settings.abilities.holds_first = matches!(placed, Placed::OnHold);
    });
    let refusal = Refusal {
        problem: Problem::new(What::Refused, "address", "unknown street"),
        reach: Reach::Order,
        suggestions: Vec::new(),
    };
    day.world.fault_on(Call::Submit, Fault::RefuseWith(refusal));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve"), named("MUG", "Rex")]));
    let clock = day.clock.clone();
    let stop = Stop::with(stop_at, mishap, move || clock.set(clock.now().plus(10 * MINUTE)));
    let whole = day.ctx.clone();
    day.ctx = guarded(&whole, &stop);
    let was_stopped = tokio::select! {
        biased;
        () = stop.stopped.notified() => true,
        () = live(&day, order) => false,
    };
    let passed = stop.passed.load(Ordering::SeqCst);
    day.ctx = whole;
    if was_stopped {
        // A minute later the service manager starts it again.
        day.clock.set(day.clock.now().plus(MINUTE));
        day.ctx.db.begin_anew();
        worker::recover(&day.ctx).await.unwrap();
        // The order may not even have been taken in.
        day.run_for(11 * MINUTE).await;
        live(&day, order).await;
    }
    (passed, day, order)
}

#[tokio::test]
async fn story_6_ends_the_same_wherever_it_is_stopped() {
    ends_the_same(Mishap::Kill, Placed::Ready).await;
}

#[tokio::test]
async fn story_6_ends_the_same_wherever_something_fails() {
    ends_the_same(Mishap::Error, Placed::Ready).await;
}

#[tokio::test]
async fn story_6_ends_the_same_wherever_it_is_held_up() {
    ends_the_same(Mishap::Delay, Placed::Ready).await;
}

/// The same with orders that are compared and released: each is released, and none twice made.
#[tokio::test]
async fn orders_on_hold_are_released_wherever_it_is_stopped() {
    ends_the_same(Mishap::Kill, Placed::OnHold).await;
}

async fn ends_the_same(mishap: Mishap, placed: Placed) {
    for stop_at in 1.. {
        let (passed, day, order) = scenario(stop_at, mishap, placed).await;
        let end = day.order(order).await;
        let place = format!("{placed:?}, {mishap:?} at boundary {stop_at}");
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
            println!("{} boundaries × {mishap:?}: 0 lost, 0 duplicates", stop_at - 1);
            return;
        }
    }
}
