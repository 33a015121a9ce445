//! What the shop changes on an order that is here, told as small stories with their end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::common::*;
use woodblock::flow::amend;
use woodblock::flow::ctx::ProviderSeat;
use woodblock::model::check::Checks;
use woodblock::model::hold::Actor;
use woodblock::model::id::ShopOrderId;
use woodblock::model::item::COPIES_MAX;
use woodblock::model::order::State;
use woodblock::model::problem::What;
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::model::provider_order::Absence;
use woodblock::model::value::{Value, Values};
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::ShopAct;
use woodblock::sandbox::{Call, Fault};

const DAYS: Duration = Duration::from_secs(24 * 3_600);

fn name(value: &str) -> Values {
    BTreeMap::from([("name".to_owned(), Value::Text(value.to_owned()))])
}

impl Day {
    fn wants(&self, order: ShopOrderId, quantity: u32) {
        let line = self.shop.lines(order)[0];
        self.shop.act(order, ShopAct::EditsQuantity { line, quantity });
    }

    fn printed_sorted(&self) -> Vec<String> {
        let mut printed = self.printed(&self.customcat);
        printed.sort();
        printed
    }

    /// Another word of the provider's for one way of shipping.
    fn ships_fast(&mut self) {
        let seats = self.ctx.providers.iter().map(|(id, seat)| {
            let mut seat: ProviderSeat = seat.clone();
            seat.rules.shipping.insert("express Express".to_owned(), "Next day".to_owned());
            (*id, seat)
        });
        self.ctx.providers = Arc::new(seats.collect());
    }
}

/// The customer pays for a faster way while the countdown runs: it goes out that way.
#[tokio::test]
async fn another_shipping_method_counts_until_it_is_submitted() {
    let mut day = Day::new().await;
    day.ships_fast();
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let fast = || ShopAct::EditsShipping("express".to_owned(), "Express".to_owned());
    day.shop.act(order, fast());
    day.shop.act(order, ShopAct::EditsNote("as fast as you can".to_owned()));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.customcat.ledger()[0].shipping_method, "Next day");
    assert_eq!(day.problems(order).await, []);
    let story = day.story(order).await.join("\n");
    assert!(story.contains("shipping method changed “flat_rate Flat rate” → “express Express”"));
    assert!(story.contains("shop order note changed"), "{story}");
    assert_eq!(day.order(order).await.note, "as fast as you can");
}

/// Submitted already, then changed: a person is told, once for each.
#[tokio::test]
async fn a_wish_that_comes_too_late_is_told() {
    let mut day = Day::new().await;
    day.ships_fast();
    day.customcat.set(|settings| settings.start = Start::ByHand);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(3 * HOUR).await;
    day.shop.act(order, ShopAct::EditsShipping("express".to_owned(), "Express".to_owned()));
    day.shop.act(order, ShopAct::EditsNote("ring twice".to_owned()));
    day.run_for(HOUR).await;
    assert_eq!(day.problems(order).await, [What::ChangedInShop, What::ChangedInShop]);
    let stored = day.order(order).await;
    let places: Vec<&str> = stored.holds.iter().map(|hold| hold.problem.place.as_str()).collect();
    assert_eq!(places, ["shipping", "note"]);
    for hold in &stored.holds {
        day.ctx.release(stored.id, hold.id, &ann()).await.unwrap();
    }
    day.shop.act(order, ShopAct::Saves);
    day.run_for(HOUR).await;
    assert_eq!(day.problems(order).await, [], "it was looked at");
}

/// The way of shipping had no word at the provider; the shop's other way has one.
#[tokio::test]
async fn a_shipping_method_that_is_known_lifts_its_hold() {
    let mut day = Day::new().await;
    let seats = day.ctx.providers.iter().map(|(id, seat)| {
        let mut seat: ProviderSeat = seat.clone();
        seat.rules.shipping =
            BTreeMap::from([("express Express".to_owned(), "Next day".to_owned())]);
        (*id, seat)
    });
    day.ctx.providers = Arc::new(seats.collect());
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.problems(order).await, [What::ShippingUnmapped]);
    day.shop.act(order, ShopAct::EditsShipping("express".to_owned(), "Express".to_owned()));
    day.run_for(HOUR).await;
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// More pieces are wanted two minutes before it goes out: they are made, after the grace.
#[tokio::test]
async fn more_pieces_are_made_with_the_others() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * HOUR - 2 * MINUTE).await;
    day.wants(order, 3);
    day.run_for(8 * MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 0, "an edit leaves the grace");
    day.run_for(HOUR).await;
    assert_eq!(day.printed_sorted(), ["3 × name=Rex"]);
    assert_eq!(day.problems(order).await, []);
    let story = day.story(order).await.join("\n");
    assert!(story.contains("quantity 1 → 3"), "{story}");
    assert!(story.contains("item_changed"), "{story}");
}

/// Copies differ: each further piece is an item of its own, with what the line says.
#[tokio::test]
async fn more_copies_are_items_of_their_own() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("TEE", "Rex").times(2)]));
    day.run_for(HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let by_ann = Actor::Person("ann".to_owned());
    amend::amend(&day.ctx, id, item, name("Max"), by_ann).await.unwrap();
    day.wants(order, 3);
    day.run_for(3 * HOUR).await;
    assert_eq!(day.printed_sorted(), ["1 × name=Max", "1 × name=Rex", "1 × name=Rex"]);
    assert_eq!(day.customcat.ledger().len(), 1);
    assert_eq!(day.problems(order).await, []);
    let copies: Vec<u32> = day.order(order).await.items.iter().map(|item| item.copy).collect();
    assert_eq!(copies, [1, 2, 3]);
}

/// A refunded copy keeps its number, so that the next one never takes its reference.
#[tokio::test]
async fn a_further_copy_never_takes_the_number_of_a_refunded_one() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("TEE", "Rex").times(2)]));
    day.run_for(HOUR).await;
    day.shop.merchant_refunds(order, day.shop.lines(order)[0], 1);
    day.run_for(MINUTE).await;
    day.wants(order, 3);
    day.run_for(3 * HOUR).await;
    assert_eq!(day.printed_sorted(), ["1 × name=Rex", "1 × name=Rex"]);
    let stored = day.order(order).await;
    let live: Vec<u32> = stored.live_items().map(|item| item.copy).collect();
    assert_eq!(live, [1, 3]);
}

/// Submitted already: what more is wanted is for a person, and nothing is sent beside it.
#[tokio::test]
async fn more_pieces_after_submission_are_told() {
    let day = Day::new().await;
    day.customcat.set(|settings| settings.start = Start::ByHand);
    let orders = [named("MUG", "Rex"), named("TEE", "Max")]
        .map(|line| day.shop.customer_buys(cart(vec![line])));
    day.run_for(3 * HOUR).await;
    for order in orders {
        day.wants(order, 3);
    }
    day.run_for(DAYS).await;
    for order in orders {
        assert_eq!(day.problems(order).await, [What::ChangedInShop]);
        assert!(day.order(order).await.holds[0].problem.detail.contains("instead of 1"));
    }
    assert_eq!(day.customcat.ledger().len(), 2);
}

/// A line that the merchant adds in time is made with the others; afterwards a person looks first.
#[tokio::test]
async fn a_line_that_is_added_in_time_is_made_with_the_others() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * HOUR - 2 * MINUTE).await;
    day.shop.act(order, ShopAct::AddsLine(named("TEE", "Max")));
    day.run_for(8 * MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 0, "an edit leaves the grace");
    day.run_for(HOUR).await;
    assert_eq!(day.printed_sorted(), ["1 × name=Max", "1 × name=Rex"]);
    assert_eq!(day.customcat.ledger().len(), 1);
    let story = day.story(order).await.join("\n");
    assert!(story.contains("shop order changed in the shop “TEE” was added"), "{story}");
    day.shop.act(order, ShopAct::AddsLine(named("MUG", "Ada")));
    day.run_for(MINUTE).await;
    assert_eq!(day.problems(order).await, [What::ChangedInShop]);
}

/// A slip of the hand: 2,000 shirts, each with a print of its own, are not 2,000 items.
#[tokio::test]
async fn thousands_of_copies_are_held_and_not_made() {
    let day = Day::new().await;
    let lines = vec![named("TEE", "Rex").times(2_000), named("MUG", "Ada")];
    let order = day.shop.customer_buys(cart(lines));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.problems(order).await, [What::TooManyCopies]);
    assert_eq!(day.order(order).await.items.len(), 1);
    assert_eq!(day.customcat.ledger().len(), 0);
    day.wants(order, COPIES_MAX);
    day.run_for(3 * HOUR).await;
    assert_eq!(day.problems(order).await, [], "the merchant has corrected it");
    assert_eq!(day.order(order).await.items.len(), 101);

    let alike = day.shop.customer_buys(cart(vec![named("TEE", "Rex").times(2_000)]));
    day.run_for(MINUTE).await;
    let made = Made::Here(Recipe {
        design: "sign".to_owned(),
        provider: "customcat".to_owned(),
        provider_sku: "47417".to_owned(),
        routes: Vec::new(),
        steps: None,
        delay_s: None,
        copies: Copies::Alike,
        checks: Checks::default(),
    });
    let row = (Matches::Sku("TEE".to_owned()), made);
    woodblock::flow::furnish::map_products(&day.ctx, day.shop_id, vec![row]).await.unwrap();
    day.run_for(MINUTE).await;
    assert_eq!(day.problems(alike).await, []);
    assert_eq!(day.order(alike).await.items[0].quantity, 2_000);
}

/// The shop cancels while nobody knows whether the provider has it; it has not: nothing is made.
#[tokio::test]
async fn an_order_that_is_cancelled_during_a_lost_answer_ends() {
    let day = Day::new().await;
    day.world.fault_on(Call::Submit, Fault::NeverArrives);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * HOUR + MINUTE).await;
    assert_eq!(day.states(order).await, ["customcat submitting/unknown"]);
    day.shop.customer_cancels(order);
    day.run_for(MINUTE).await;
    assert_eq!(day.problems(order).await, [What::CancelAfterSubmission]);
    day.run_for(DAYS).await;
    assert_eq!(day.order(order).await.state, State::Cancelled);
    assert_eq!(day.states(order).await, ["customcat cancelled"]);
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.alerts().await, []);
    assert_eq!(day.customcat.ledger().len(), 0);
    assert_eq!(day.shop.status(order), "cancelled");
}

/// The same by a person, with a provider that proves no absence: the person's word ends it.
#[tokio::test]
async fn an_order_that_staff_cancels_during_a_lost_answer_ends() {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.abilities.absence = Absence::Unproven);
    day.world.fault_on(Call::Submit, Fault::NeverArrives);
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve")]));
    day.run_for(5 * HOUR).await;
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "shineon").await);
    day.ctx.cancel_order(id, &ann()).await.unwrap();
    day.ctx.confirm_absent(id, fulfilment, &ann()).await.unwrap();
    day.run_for(DAYS).await;
    assert_eq!(day.order(order).await.state, State::Cancelled);
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.shineon.ledger().len(), 0);
    assert_eq!(day.shop.status(order), "cancelled", "the shop is told");

    // Paid again later, it is made, under a number that was never used.
    day.shop.customer_pays(order);
    day.run_for(DAYS).await;
    assert_eq!(day.problems(order).await, []);
    let references: Vec<String> =
        day.shineon.ledger().into_iter().map(|entry| entry.reference).collect();
    assert_eq!(references.len(), 1);
    assert!(references[0].ends_with("-2"), "{references:?}");
}

/// Cancelled and paid again while the answer is lost: nobody knows which word was meant.
#[tokio::test]
async fn an_order_that_is_paid_again_is_not_cancelled_behind_the_back() {
    let day = Day::new().await;
    day.world.fault_on(Call::Submit, Fault::NeverArrives);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * HOUR + MINUTE).await;
    day.shop.customer_cancels(order);
    day.run_for(MINUTE).await;
    day.shop.customer_pays(order);
    day.run_for(DAYS).await;
    assert_eq!(day.order(order).await.state, State::Open);
    assert_eq!(day.problems(order).await, [What::CancelAfterSubmission]);
}

/// Refunded in part while nobody knows whether the provider has it; it has not: the rest is made.
#[tokio::test]
async fn a_refund_during_a_lost_answer_is_not_printed() {
    let day = Day::new().await;
    let carts = [
        vec![named("MUG", "Rex").times(3)],
        vec![named("MUG", "Ada"), named("MUG", "Max")],
        vec![named("TEE", "Eve").times(3)],
    ];
    for lines in carts {
        day.world.fault_on(Call::Submit, Fault::NeverArrives);
        let order = day.shop.customer_buys(cart(lines));
        day.run_for(2 * HOUR + MINUTE).await;
        assert_eq!(day.states(order).await, ["customcat submitting/unknown"]);
        day.shop.merchant_refunds(order, day.shop.lines(order)[0], 1);
        day.run_for(MINUTE).await;
        assert_eq!(day.problems(order).await, [What::CancelAfterSubmission]);
        day.run_for(8 * DAYS).await;
        assert_eq!(day.problems(order).await, []);
        assert_eq!(day.states(order).await, ["customcat shipped"]);
        assert_eq!(day.shop.status(order), "completed");
    }
    let printed = ["1 × name=Eve", "1 × name=Eve", "1 × name=Max", "2 × name=Rex"];
    assert_eq!(day.printed_sorted(), printed);
}

/// Cancelled by mistake while the answer is lost, and released: what is found is not cancelled there.
#[tokio::test]
async fn a_cancelling_that_was_taken_back_is_not_carried_out() {
    let day = Day::new().await;
    day.customcat.set(|settings| {
        settings.visible_after = 10 * MINUTE;
        settings.start = Start::After(10 * HOUR);
    });
    day.world.fault_on(Call::Submit, Fault::AcceptAndLoseAnswer);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * HOUR + MINUTE).await;
    assert_eq!(day.states(order).await, ["customcat submitting/unknown"]);
    let id = day.id(order).await;
    day.ctx.cancel_order(id, &ann()).await.unwrap();
    let hold = day.hold_of(order, What::CancelAfterSubmission).await;
    day.ctx.release(id, hold, &ann()).await.unwrap();
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(order).await, ["customcat shipped"]);
    assert_eq!(day.world.asked(Call::Cancel), 0);
}

/// Turned away once, and about to go again in a minute: an edit leaves the grace all the same.
#[tokio::test]
async fn an_edit_before_another_attempt_leaves_the_grace() {
    let day = Day::new().await;
    day.world.fault_on(Call::Submit, Fault::NotSent);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rxe")]));
    day.run_for(2 * HOUR + 10 * Duration::from_secs(1)).await;
    assert_eq!(day.order(order).await.fulfilments[0].attempt, 1);
    assert_eq!(day.states(order).await, ["customcat countdown"]);
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let actor = Actor::Person("ann".to_owned());
    amend::amend(&day.ctx, id, item, name("Rex"), actor).await.unwrap();
    let edited_at = day.clock.now();
    day.run_for(MINUTE).await;
    let submit_at = day.order(order).await.fulfilments[0].submit_at().unwrap();
    assert!(edited_at.plus(10 * MINUTE) <= submit_at, "{submit_at}");
    day.run_for(HOUR).await;
    assert_eq!(day.printed_sorted(), ["1 × name=Rex"]);
}

/// Everything that would be printed was refunded before the order was first seen: it is over.
#[tokio::test]
async fn an_order_that_comes_in_refunded_is_not_left_open() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), line("GIFTWRAP")]));
    day.shop.merchant_refunds(order, day.shop.lines(order)[0], 1);
    day.run_for(DAYS).await;
    let stored = day.order(order).await;
    assert_eq!((stored.state, stored.items.len()), (State::Cancelled, 0));
    assert_eq!(day.shop.status(order), "processing", "the rest is the merchant's");

    // What may still be mapped is no empty order, and neither is one whose refund comes later.
    let lines = vec![named("MUG", "Rex"), named("NEW", "Ada")];
    let waits = day.shop.customer_buys(cart(lines));
    day.shop.merchant_refunds(waits, day.shop.lines(waits)[0], 1);
    day.run_for(DAYS).await;
    assert_eq!(day.order(waits).await.state, State::Open);
    assert_eq!(day.problems(waits).await, [What::LineUnmapped]);
    day.shop.merchant_refunds(waits, day.shop.lines(waits)[1], 1);
    day.run_for(DAYS).await;
    assert_eq!(day.order(waits).await.state, State::Cancelled);
}

/// The shop says “delivered”, which nobody explained here; a piece was broken, and goes again.
#[tokio::test]
async fn a_reprint_goes_out_under_a_status_of_the_shops_own() {
    let day = Day::new().await;
    day.shop.add_status("delivered");
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(8 * DAYS).await;
    assert_eq!(day.order(order).await.state, State::Closed);
    day.shop.merchant_sets_status(order, "delivered");
    day.run_for(HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    day.ctx.reprint(id, vec![(item, 1)], "broken in the post", &ann()).await.unwrap();
    day.shop.act(order, ShopAct::Saves);
    day.run_for(8 * DAYS).await;
    assert_eq!(day.customcat.ledger().len(), 2);
    assert_eq!(day.order(order).await.state, State::Closed);
    assert_eq!(day.shop.status(order), "delivered", "the merchant's own word stays");
}

/// What was sent stays on record, drawn again or not.
#[tokio::test]
async fn a_reprint_that_is_drawn_again_is_a_revision_of_its_own() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(8 * DAYS).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    day.ctx.reprint(id, vec![(item, 1)], "pale", &ann()).await.unwrap();
    day.ctx.draw_again(id, item, &ann()).await.unwrap();
    day.run_for(8 * DAYS).await;
    let facts = day.order(order).await.item(item).unwrap().facts.clone();
    assert_eq!((facts.revision, facts.has_artwork(1), facts.has_artwork(2)), (2, true, true));
    assert_eq!(day.printed(&day.customcat), ["1 × name=Rex", "1 × name=Rex"]);
    let audited = woodblock::flow::audit::run(&day.ctx, woodblock::flow::audit::Scope::All).await;
    assert!(audited.unwrap().iter().all(|one| one.breaches.is_empty()));
}

/// Before anything was made, the same word stops it; and a reprint stops when the money went back.
#[tokio::test]
async fn a_status_of_the_shops_own_is_no_payment() {
    let day = Day::new().await;
    day.shop.add_status("delivered");
    let first = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let second = day.shop.customer_buys(cart(vec![named("MUG", "Max")]));
    day.run_for(HOUR).await;
    day.shop.merchant_sets_status(first, "delivered");
    day.run_for(8 * DAYS).await;
    assert_eq!(day.order(first).await.state, State::AwaitingPayment);
    let (id, item) = (day.id(second).await, day.item(second, 0).await);
    day.ctx.reprint(id, vec![(item, 1)], "broken in the post", &ann()).await.unwrap();
    day.shop.merchant_refunds_all(second);
    day.run_for(8 * DAYS).await;
    assert_eq!(day.customcat.ledger().len(), 1, "neither was sent");
}

/// A provider that promises two days is asked after on the third, another after its five.
#[tokio::test]
async fn the_promised_days_are_the_providers_own() {
    let mut rules = rules();
    rules.production_days = BTreeMap::from([("customcat".to_owned(), 2)]);
    let day = Day::with(Setting { rules, ..Setting::default() }).await;
    day.customcat.set(|settings| settings.start = Start::ByHand);
    day.shineon.set(|settings| settings.start = Start::ByHand);
    let lines = vec![named("MUG", "Rex"), named("PENDANT", "Eve")];
    day.shop.customer_buys(cart(lines));
    day.run_for(DAYS + 20 * HOUR).await;
    assert_eq!(day.alerts().await, []);
    day.run_for(DAYS).await;
    assert_eq!(day.alerts().await, [What::Overdue]);
    day.run_for(2 * DAYS).await;
    assert_eq!(day.alerts().await, [What::Overdue]);
    day.run_for(DAYS).await;
    assert_eq!(day.alerts().await, [What::Overdue, What::Overdue]);
}

/// What is ordered again is drawn again: the files of what was sent first stay what they were.
#[tokio::test]
async fn drawing_again_keeps_the_files_of_what_was_sent() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(72 * HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    day.ctx.reprint(id, vec![(item, 1)], "broken in the post", &ann()).await.unwrap();
    day.ctx.draw_again(id, item, &ann()).await.unwrap();
    let breaches = |audited: Vec<woodblock::flow::audit::Audited>| -> Vec<_> {
        audited.into_iter().flat_map(|one| one.breaches).collect()
    };
    let all = woodblock::flow::audit::Scope::All;
    let now = woodblock::flow::audit::run(&day.ctx, all).await.unwrap();
    assert_eq!(breaches(now), []);
    assert_eq!(day.order(order).await.items[0].facts.revision, 2);
    day.run_for(72 * HOUR).await;
    assert_eq!(day.printed(&day.customcat), ["1 × name=Rex", "1 × name=Rex"]);
    let now = woodblock::flow::audit::run(&day.ctx, all).await.unwrap();
    assert_eq!(breaches(now), []);
}
