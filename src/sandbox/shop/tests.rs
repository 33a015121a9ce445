//! The shop's semantics, each as the reference tells it.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::model::id::ShopOrderId;
use crate::model::shop_order::ShopParcel;
use crate::model::time::Moment;
use crate::outside::shop::{NoteTo, Shop, ShopError};
use crate::sandbox::{Fault, World};

fn start() -> Moment {
    Moment::parse("2026-03-03T08:00:00.250Z").unwrap()
}

fn world() -> (Arc<World>, WorldShop) {
    let world = World::new(7, start());
    let shop = world.shop("main");
    (world, shop)
}

/// Nothing in the world waits, so one poll is the whole call.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the world never waits"),
    }
}

fn mug() -> Cart {
    Cart::of(vec![
        CartLine::of(11, "MUG-11", "Personalised mug")
            .with("Name", "Zoë &amp; Tom")
            .with("_photo_id", "77")
            .times(2),
    ])
}

fn later(world: &World, seconds: u64) {
    use crate::outside::clock::Clock;
    let clock = world.clock();
    clock.set(clock.now().plus(Duration::from_secs(seconds)));
}

#[test]
fn ways_to_pay_make_different_orders() {
    let check = |pay: Pay, status: &str, is_paid: bool| {
        let (_, shop) = world();
        let id = shop.customer_buys(mug().paid(pay));
        let order = shop.peek(id).unwrap();
        assert_eq!((order.status.as_str(), order.paid_at.is_some()), (status, is_paid), "{pay:?}");
    };
    check(Pay::Card, "processing", true);
    check(Pay::CashOnDelivery, "processing", false);
    check(Pay::BankTransfer, "on-hold", false);
    check(Pay::Never, "pending", false);
    check(Pay::Later(Duration::from_secs(60)), "pending", false);
}

#[test]
fn a_late_payment_happens_by_itself() {
    let (world, shop) = world();
    let id = shop.customer_buys(mug().paid(Pay::Later(Duration::from_secs(3600))));
    let due_at = world.next_event().unwrap();
    assert_eq!(due_at, start().plus(Duration::from_secs(3600)));
    world.clock().set(due_at);
    assert_eq!(shop.status(id), "processing");
    assert_eq!(world.next_event(), None);
}

#[test]
fn an_order_is_told_in_our_words() {
    let (_, shop) = world();
    let order = shop.peek(shop.customer_buys(mug())).unwrap();
    assert_eq!(order.total.to_string(), "34.85 USD");
    assert_eq!(order.placed_at.to_string(), "2026-03-03T08:00:00.000Z");
    let meta: Vec<_> = order.lines[0].meta.iter().map(|m| (&*m.key, &*m.value)).collect();
    assert_eq!(meta, [("Name", "Zoë & Tom"), ("_photo_id", "77")]);
}

#[test]
fn listing_is_strict_ascending_and_paged() {
    let (world, shop) = world();
    let first = shop.customer_buys(mug());
    let twin = shop.customer_buys(mug());
    later(&world, 1);
    let last = shop.customer_buys(mug());
    shop.set_per_page(2);
    let ids = |since: Moment, page| {
        let page = now(shop.list_changed(since, page)).unwrap();
        (page.orders.iter().map(|order| order.id).collect::<Vec<_>>(), page.more)
    };
    let before = start().minus(Duration::from_secs(1));
    assert_eq!(ids(before, 1), (vec![first, twin], true));
    assert_eq!(ids(before, 2), (vec![last], false));
    assert_eq!(ids(before, 3), (vec![], false));
    // The very second of the change is not later than itself, whatever its fraction.
    assert_eq!(ids(start(), 1), (vec![last], false));
}

#[test]
fn drafts_and_trash_are_not_under_any() {
    let (_, shop) = world();
    let trashed = shop.customer_buys(mug());
    shop.merchant_trashes(trashed);
    let draft = shop.customer_buys(mug().paid(Pay::Never));
    now(shop.set_status(draft, "checkout-draft")).unwrap();
    let before = start().minus(Duration::from_secs(10));
    assert!(now(shop.list_changed(before, 1)).unwrap().orders.is_empty());
    assert_eq!(now(shop.order(trashed)).unwrap().status, "trash");
    shop.set_listed(&["trash"]);
    assert_eq!(now(shop.list_changed(before, 1)).unwrap().orders.len(), 1);
    shop.merchant_deletes(trashed);
    assert_eq!(now(shop.order(trashed)), Err(ShopError::NotFound));
}

#[test]
fn a_value_changed_below_the_order_moves_no_date() {
    let (world, shop) = world();
    let id = shop.customer_buys(mug());
    shop.listen("order.updated", "https://prints.example.test/hooks", "secret");
    let before = shop.peek(id).unwrap();
    later(&world, 60);
    shop.merchant_edits_line_meta(id, shop.lines(id)[0], "Name", "Tom");
    let after = shop.peek(id).unwrap();
    assert_eq!(after.modified_at, before.modified_at);
    assert_eq!(after.lines[0].meta[0].value, "Tom");
    let now_at = start().plus(Duration::from_secs(120));
    assert!(world.take_deliveries(now_at).is_empty());
}

#[test]
fn the_same_status_again_is_no_second_mail() {
    let (world, shop) = world();
    let id = shop.customer_buys(mug());
    now(shop.set_status(id, "completed")).unwrap();
    now(shop.set_status(id, "completed")).unwrap();
    let kinds: Vec<_> = world.mailer().shop_mails().into_iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, ["New order", "Processing order", "Completed order"]);
    assert!(matches!(now(shop.set_status(id, "shipped")), Err(ShopError::Refused { .. })));
}

#[test]
fn meta_over_the_limit_is_not_stored_and_we_are_told() {
    let (_, shop) = world();
    let id = shop.customer_buys(mug());
    let row = |value: String| vec![("_woodblock_ref".to_owned(), value)];
    now(shop.write_meta(id, &row("wb-1".to_owned()))).unwrap();
    let refused = now(shop.write_meta(id, &row("x".repeat(65_536))));
    assert!(matches!(refused, Err(ShopError::Refused { .. })));
    let meta = shop.peek(id).unwrap().meta;
    assert!(meta.contains(&("_woodblock_ref".to_owned(), "wb-1".to_owned())));
}

#[test]
fn notes_and_parcels_are_written_once_even_when_the_answer_is_lost() {
    let (world, shop) = world();
    let id = shop.customer_buys(mug());
    let parcel = ShopParcel {
        key: "p1".to_owned(),
        carrier: "UPS".to_owned(),
        tracking_number: "1Z999".to_owned(),
        tracking_url: String::new(),
        shipped_at: start(),
        lines: vec![(shop.lines(id)[0], 2)],
    };
    world.fault_times(2, Fault::ShopFailsAfterCommit);
    assert!(now(shop.add_note(id, "on its way", NoteTo::Customer)).is_err());
    assert!(now(shop.write_tracking(id, std::slice::from_ref(&parcel))).is_err());
    now(shop.add_note(id, "on its way", NoteTo::Customer)).unwrap();
    now(shop.write_tracking(id, std::slice::from_ref(&parcel))).unwrap();
    assert_eq!(shop.notes(id), [(NoteTo::Customer, "on its way".to_owned())]);
    assert_eq!(shop.parcels(id), [parcel]);
    assert_eq!(world.fired().len(), 2);
}

#[test]
fn refunds_by_line_by_amount_and_of_everything() {
    let (_, shop) = world();
    let id = shop.customer_buys(mug());
    shop.merchant_refunds(id, shop.lines(id)[0], 1);
    assert_eq!(shop.peek(id).unwrap().lines[0].refunded, 1);
    assert_eq!(shop.status(id), "processing");
    shop.merchant_refunds_all(id);
    assert_eq!(shop.peek(id).unwrap().lines[0].refunded, 2);
    assert_eq!(shop.status(id), "refunded");
    let by_amount = shop.customer_buys(mug());
    shop.act(by_amount, ShopAct::RefundsAmount(super::cart::dollars(100)));
    assert_eq!(shop.peek(by_amount).unwrap().lines[0].refunded, 0);
}

#[test]
fn deliveries_are_folded_signed_and_built_when_they_leave() {
    let (world, shop) = world();
    let hook = shop.listen("order.updated", "https://prints.example.test/hooks", "lab&amp;secret");
    let id = shop.customer_buys(mug());
    shop.merchant_sets_status(id, "on-hold");
    let deliveries = world.take_deliveries(start());
    assert_eq!(deliveries.len(), 1);
    let delivery = &deliveries[0];
    let body = String::from_utf8(delivery.body.clone()).unwrap();
    assert!(body.contains(r#""status":"on-hold""#) && body.contains("Zo\\u00eb"), "{body}");
    // The shop decodes entities in the secret before it signs.
    let signature = delivery.header("x-wc-webhook-signature");
    assert_eq!(signature, Some(&*sign("lab&secret", &delivery.body)));
    for _ in 0..6 {
        shop.delivery_answered(hook, 500);
    }
    assert_eq!(shop.webhook_status(hook), "active");
    shop.delivery_answered(hook, 500);
    assert_eq!(shop.webhook_status(hook), "disabled");
}

#[test]
fn webhook_faults_happen_to_deliveries() {
    let check = |fault: Fault, expected: usize| {
        let (world, shop) = world();
        shop.listen("order.created", "https://prints.example.test/hooks", "secret");
        world.fault_next(fault.clone());
        shop.customer_buys(mug());
        assert_eq!(world.take_deliveries(start()).len(), expected, "{fault:?}");
    };
    check(Fault::WebhookDropped, 0);
    check(Fault::WebhookDoubled, 2);
    check(Fault::WebhookLate(Duration::from_secs(60)), 0);
    check(Fault::WebhookSignedWrong, 1);
    check(Fault::WebhookPowerless, 1);
}

#[test]
fn a_planned_customer_has_an_order_number_already() {
    let (world, shop) = world();
    let at = start().plus(Duration::from_secs(60));
    let id = shop.customer_buys_at(at, mug());
    shop.act_at(at.plus(Duration::from_secs(60)), id, ShopAct::Cancels);
    assert_eq!((shop.peek(id), shop.lines(id).len()), (None, 1));
    world.play(at);
    assert_eq!(shop.status(id), "processing");
    world.play(at.plus(Duration::from_secs(60)));
    assert_eq!(shop.status(id), "cancelled");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let run = |seed| {
        let world = World::new(seed, start());
        let shop = world.shop("main");
        let id = shop.customer_buys(mug());
        shop.merchant_refunds_all(id);
        (world.trace_hash(), shop.peek(ShopOrderId(id.0)).unwrap().key)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).1, run(2).1);
}

#[test]
fn every_save_moves_the_date_and_a_clone_has_another_key() {
    let (world, shop) = world();
    let id = shop.customer_buys(mug());
    let before = shop.peek(id).unwrap();
    later(&world, 5);
    shop.act(id, ShopAct::Saves);
    let after = shop.peek(id).unwrap();
    assert!(before.modified_at < after.modified_at);
    shop.act(id, ShopAct::ChangesKey("wc_order_clone".to_owned()));
    assert_ne!(shop.peek(id).unwrap().key, before.key);
}

#[test]
fn the_status_refunded_gives_the_rest_back_and_names_no_line() {
    let (world, shop) = world();
    let id = shop.customer_buys(mug());
    shop.merchant_sets_status(id, "refunded");
    assert_eq!(shop.peek(id).unwrap().lines[0].refunded, 0);
    let refunds = || {
        let mails = world.mailer().shop_mails();
        mails.iter().filter(|mail| mail.kind == "Refunded order").count()
    };
    assert_eq!(refunds(), 1);
    let other = shop.customer_buys(mug());
    shop.merchant_refunds_all(other);
    assert_eq!(refunds(), 2, "a full refund sets the status without a second refund");
}

#[test]
fn a_status_set_in_the_trash_brings_the_order_back_for_good() {
    let (_, shop) = world();
    let id = shop.customer_buys(mug());
    shop.merchant_trashes(id);
    now(shop.set_status(id, "on-hold")).unwrap();
    shop.act(id, ShopAct::Restores);
    assert_eq!(shop.status(id), "on-hold");
    shop.merchant_trashes(id);
    shop.act(id, ShopAct::Restores);
    assert_eq!(shop.status(id), "on-hold");
}
