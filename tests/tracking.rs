//! Parcels on their way into the shop: late, repeated, sent again, never backwards.

use std::time::Duration;

use crate::common::*;
use woodblock::flow::FlowError;
use woodblock::flow::operate::TypedParcel;
use woodblock::model::id::{FulfilmentId, ShopOrderId};
use woodblock::model::order::State;
use woodblock::model::problem::What;
use woodblock::sandbox::provider::{ParcelPlan, ProviderAct};
use woodblock::sandbox::shop::ShopAct;
use woodblock::sandbox::{Fault, WorldProvider};

const DAYS: Duration = Duration::from_secs(24 * 3_600);

impl Day {
    fn numbers_in_shop(&self, order: ShopOrderId) -> Vec<String> {
        self.shop.parcels(order).into_iter().map(|parcel| parcel.tracking_number).collect()
    }

    /// The numbers as the provider has them.
    fn numbers_of(&self, provider: &WorldProvider) -> Vec<String> {
        let ledger = provider.ledger();
        let parcels = ledger.iter().flat_map(|entry| &entry.parcels);
        parcels.map(|parcel| parcel.tracking_number.clone()).collect()
    }

    /// An order for one mug that is being made, at a provider that sends nothing by itself.
    async fn mug_in_the_making(&self) -> (ShopOrderId, String) {
        self.customcat.set(|settings| settings.parcels = ParcelPlan::ByHand);
        let order = self.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
        self.run_for(2 * DAYS).await;
        (order, self.customcat.ledger()[0].reference.clone())
    }
}

#[tokio::test]
async fn completed_waits_for_a_number_that_comes_late() {
    let day = Day::new().await;
    let (order, reference) = day.mug_in_the_making().await;
    day.customcat.act(&reference, ProviderAct::ShipsUntold);
    day.run_for(10 * HOUR).await;
    assert_eq!(day.order(order).await.state, State::Closed);
    assert_eq!(day.shop.status(order), "processing", "its mail would carry no number");
    day.customcat.act(&reference, ProviderAct::TellsNumbers);
    day.run_for(2 * HOUR).await;
    assert_eq!(day.numbers_in_shop(order), day.numbers_of(&day.customcat));
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.alerts().await, []);
}

#[tokio::test]
async fn a_number_that_does_not_come_keeps_nobody_waiting_for_ever() {
    let day = Day::new().await;
    let (order, reference) = day.mug_in_the_making().await;
    day.customcat.act(&reference, ProviderAct::ShipsUntold);
    day.run_for(3 * DAYS).await;
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.alerts().await, [What::NumberMissing]);
    day.customcat.act(&reference, ProviderAct::TellsNumbers);
    day.run_for(DAYS).await;
    assert_eq!(day.numbers_in_shop(order), day.numbers_of(&day.customcat));
    assert_eq!(day.alerts().await, [], "it is there now");
}

/// No hook tells of it: a look now and then finds it.
#[tokio::test]
async fn what_is_sent_again_gets_its_number_into_the_shop() {
    let day = Day::new().await;
    let (order, reference) = day.mug_in_the_making().await;
    let line = day.customcat.ledger()[0].lines[0].key.clone();
    day.customcat.act(&reference, ProviderAct::ShipsRest);
    day.run_for(DAYS).await;
    assert_eq!(day.shop.status(order), "completed");
    day.world.fault_times(5, Fault::HookDropped);
    day.customcat.act(&reference, ProviderAct::SendsAgain(vec![(line, 1)]));
    // The merchant's own word after the sale stays.
    day.shop.add_status("delivered");
    day.shop.merchant_sets_status(order, "delivered");
    day.run_for(10 * DAYS).await;
    let numbers = day.numbers_of(&day.customcat);
    assert_eq!(numbers.len(), 2);
    assert_eq!(day.numbers_in_shop(order), numbers);
    assert_eq!(day.shop.status(order), "delivered");
    assert_eq!(day.order(order).await.state, State::Closed);
    assert_eq!(day.customcat.ledger().len(), 1, "nothing is ordered for it");
}

#[tokio::test]
async fn two_parcels_complete_the_order_with_the_second() {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.parcels = ParcelPlan::Two { gap: 2 * DAYS });
    let order =
        day.shop.customer_buys(cart(vec![named("PENDANT", "Ada"), named("PENDANT", "Bea")]));
    while day.numbers_in_shop(order).is_empty() {
        day.run_for(HOUR).await;
    }
    assert_eq!(day.shop.status(order), "processing");
    assert_eq!(day.order(order).await.state, State::Open);
    // Told again and again: hooks twice, and every look.
    day.world.fault_times(5, Fault::HookDoubled);
    day.run_for(4 * DAYS).await;
    assert_eq!(day.numbers_in_shop(order), day.numbers_of(&day.shineon));
    assert_eq!(day.numbers_in_shop(order).len(), 2);
    assert_eq!(day.shop.status(order), "completed");
}

#[tokio::test]
async fn a_provider_that_goes_back_on_its_word_moves_nothing_back() {
    let day = Day::new().await;
    let (order, reference) = day.mug_in_the_making().await;
    day.customcat.act(&reference, ProviderAct::ShipsRest);
    day.run_for(DAYS).await;
    for act in [ProviderAct::Releases, ProviderAct::GivesUp] {
        day.customcat.act(&reference, act);
        day.run_for(4 * DAYS).await;
        assert_eq!(day.states(order).await, ["customcat shipped"]);
        assert_eq!(day.order(order).await.state, State::Closed);
        assert_eq!(day.shop.status(order), "completed");
        assert_eq!(day.numbers_in_shop(order).len(), 1);
    }
}

/// The carrier's page stands in the hook alone, and the hook comes before the first look.
#[tokio::test]
async fn the_carriers_page_is_kept_for_a_parcel_still_to_come() {
    let day = Day::new().await;
    let (order, _) = day.mug_in_the_making().await;
    let id = day.fulfilment(order, "customcat").await;
    let page = "https://track.example.test/?n=9400";
    let told: Result<(), FlowError> = day
        .ctx
        .call(move |tx| Ok(woodblock::db::shipment::put_tracking_url(tx, id, "9400", page)?))
        .await;
    told.unwrap();
    let typed = woodblock::flow::operate::TypedParcel {
        carrier: "UPS".to_owned(),
        tracking_number: "9400".to_owned(),
        tracking_url: String::new(),
        pieces: Vec::new(),
    };
    day.ctx.type_parcel(day.id(order).await, id, typed, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.shop.parcels(order)[0].tracking_url, page);
}

/// What a person took out of the shop is not written again with the next parcel.
#[tokio::test]
async fn a_parcel_is_written_once_and_then_left_alone() {
    let day = Day::new().await;
    let (order, reference) = day.mug_in_the_making().await;
    let line = day.customcat.ledger()[0].lines[0].key.clone();
    day.customcat.act(&reference, ProviderAct::ShipsRest);
    day.run_for(DAYS).await;
    let first = day.numbers_in_shop(order)[0].clone();
    day.shop.act(order, ShopAct::ForgetsParcel(first));
    day.customcat.act(&reference, ProviderAct::SendsAgain(vec![(line, 1)]));
    day.run_for(10 * DAYS).await;
    assert_eq!(day.numbers_in_shop(order), day.numbers_of(&day.customcat)[1..]);
}

/// Whoever presses Cancel on what is over is told so, and nothing is asked of anybody.
#[tokio::test]
async fn what_is_over_is_not_cancelled_once_more() {
    let day = Day::new().await;
    let (order, reference) = day.mug_in_the_making().await;
    day.customcat.act(&reference, ProviderAct::ShipsRest);
    let other = day.shop.customer_buys(cart(vec![named("MUG", "Max")]));
    day.run_for(HOUR).await;
    let (id, other) = (day.id(order).await, day.id(other).await);
    day.ctx.cancel_order(other, &ann()).await.unwrap();
    for id in [id, other] {
        let told = day.ctx.cancel_order(id, &ann()).await.unwrap_err();
        assert!(told.to_string().contains("it is over"), "{told}");
    }
    assert_eq!(day.problems(order).await, []);
}

/// Two mugs and a third thing, of which one parcel leaves before the provider cancels the rest.
async fn cancelled_after_a_parcel(day: &Day) -> (ShopOrderId, FulfilmentId) {
    day.customcat.set(|settings| settings.parcels = ParcelPlan::ByHand);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), named("TEE", "Ada")]));
    day.run_for(2 * DAYS).await;
    let entry = day.customcat.ledger()[0].clone();
    let line = entry.lines[0].key.clone();
    day.world.fault_times(5, Fault::HookDropped);
    day.customcat.act(&entry.reference, ProviderAct::Ships(vec![(line, 1)]));
    day.customcat.act(&entry.reference, ProviderAct::GivesUp);
    day.run_for(10 * HOUR).await;
    (order, day.fulfilment(order, "customcat").await)
}

/// CustomCat does not tell what is in a parcel: when it cancels the rest, a guess would have a piece
/// made twice or never.
#[tokio::test]
async fn what_left_before_the_rest_was_cancelled_is_for_a_person_to_say() {
    let day = Day::new().await;
    let (order, id) = cancelled_after_a_parcel(&day).await;
    assert_eq!(day.problems(order).await, [What::PartlyShipped]);
    assert_eq!(day.alerts().await, [What::PartlyShipped]);
    let lines = day.order(order).await.fulfilments[0].lines.clone();
    assert!(lines.iter().all(|line| (line.shipped, line.given_up) == (0, 0)), "{lines:?}");
    let place = day.id(order).await;
    let hold = day.order(order).await.holds[0].id;
    let released = day.ctx.release(place, hold, &ann()).await.unwrap_err().to_string();
    assert!(released.contains("what was in it"), "{released}");
    let parcel = |pieces| TypedParcel {
        carrier: "UPS".to_owned(),
        tracking_number: day.customcat.ledger()[0].parcels[0].tracking_number.clone(),
        tracking_url: String::new(),
        pieces,
    };
    let nothing = day.ctx.type_parcel(place, id, parcel(Vec::new()), &ann()).await.unwrap_err();
    assert!(nothing.to_string().contains("how many pieces"), "{nothing}");
    let first = day.item(order, 0).await;
    day.ctx.type_parcel(place, id, parcel(vec![(first, 1)]), &ann()).await.unwrap();
    day.run_for(HOUR).await;
    let after = day.order(order).await;
    let lines: Vec<(u32, u32)> =
        after.fulfilments[0].lines.iter().map(|line| (line.shipped, line.given_up)).collect();
    assert_eq!(lines, [(1, 0), (0, 1)], "what was not in it counts as not made");
    assert_eq!(after.holds, []);
    assert_eq!(day.numbers_in_shop(order), day.numbers_of(&day.customcat));
}

#[tokio::test]
async fn what_left_without_any_of_it_is_given_up_by_a_person() {
    let day = Day::new().await;
    let (order, id) = cancelled_after_a_parcel(&day).await;
    day.ctx.give_up(day.id(order).await, id, &ann()).await.unwrap();
    let after = day.order(order).await;
    assert!(after.fulfilments[0].lines.iter().all(|line| line.given_up == line.quantity));
    assert_eq!((after.holds.len(), day.alerts().await), (0, Vec::new()));
}

/// Another parcel becomes known before anybody said what was in the first.
#[tokio::test]
async fn each_parcel_is_asked_for_before_the_rest_is_given_up() {
    let day = Day::new().await;
    let (order, id) = cancelled_after_a_parcel(&day).await;
    let entry = day.customcat.ledger()[0].clone();
    let again = vec![(entry.lines[0].key.clone(), 1)];
    day.customcat.act(&entry.reference, ProviderAct::SendsAgain(again));
    day.run_for(10 * HOUR).await;
    let parcels = day.numbers_of(&day.customcat);
    assert_eq!(parcels.len(), 2);
    let (place, first) = (day.id(order).await, day.item(order, 0).await);
    let tell = |number: &str| {
        let parcel = TypedParcel {
            carrier: "UPS".to_owned(),
            tracking_number: number.to_owned(),
            tracking_url: String::new(),
            pieces: vec![(first, 1)],
        };
        let ctx = day.ctx.clone();
        async move { ctx.type_parcel(place, id, parcel, &ann()).await }
    };
    tell(&parcels[0]).await.unwrap();
    assert!(!day.order(order).await.holds.is_empty(), "the other one is not told yet");
    // It held the piece that the first one had held before: nothing of it is left to be counted.
    tell(&parcels[1]).await.unwrap();
    day.ctx.give_up(place, id, &ann()).await.ok();
    let after = day.order(order).await;
    assert_eq!(after.holds, []);
    let lines: Vec<(u32, u32)> =
        after.fulfilments[0].lines.iter().map(|line| (line.shipped, line.given_up)).collect();
    assert_eq!(lines, [(1, 0), (0, 1)]);
}

/// The shop cancels before anybody looked: that the provider has cancelled it already says nothing of what
/// left before.
#[tokio::test]
async fn what_left_unseen_before_it_was_cancelled_is_not_given_up() {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.parcels = ParcelPlan::ByHand);
    let lines = vec![named("PENDANT", "Rex").times(2), named("PENDANT", "Ada")];
    let order = day.shop.customer_buys(cart(lines));
    day.run_for(4 * DAYS).await;
    let entry = day.shineon.ledger()[0].clone();
    day.world.fault_times(5, Fault::HookDropped);
    let first = vec![(entry.lines[0].key.clone(), 1)];
    day.shineon.act(&entry.reference, ProviderAct::Ships(first));
    day.shineon.act(&entry.reference, ProviderAct::GivesUp);
    day.shop.customer_cancels(order);
    day.run_for(MINUTE).await;
    let lines: Vec<(u32, u32)> = day.order(order).await.fulfilments[0]
        .lines
        .iter()
        .map(|line| (line.shipped, line.given_up))
        .collect();
    assert_eq!(lines, [(1, 1), (0, 1)]);
    assert_eq!(day.states(order).await, ["shineon shipped"], "a part of it did leave");
    day.run_for(HOUR).await;
    assert_eq!(day.numbers_in_shop(order), day.numbers_of(&day.shineon));
}
