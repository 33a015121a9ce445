//! Orders that are placed on hold, read back, and only then released to be billed.

use crate::common::*;
use woodblock::flow::{FlowError, worker};
use woodblock::model::id::ShopOrderId;
use woodblock::model::problem::What;
use woodblock::sandbox::provider::{FirstState, Making, Mistake, ProviderAct};
use woodblock::sandbox::{Call, Fault};

/// A pendant of a ShineOn that holds first, bought two hours before it goes out.
async fn bought(change: impl FnOnce(&Day)) -> (Day, ShopOrderId) {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.abilities.holds_first = true);
    change(&day);
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve")]));
    (day, order)
}

impl Day {
    fn making(&self) -> Making {
        self.shineon.ledger()[0].making.clone()
    }

    async fn reference(&self, order: ShopOrderId) -> String {
        self.order(order).await.fulfilments[0].reference.clone().unwrap().as_str().to_owned()
    }

    /// Runs until the provider has the order, and not a moment longer.
    async fn run_until_placed(&self) {
        for _ in 0..3_000 {
            if !self.shineon.ledger().is_empty() {
                return;
            }
            self.run_for(MINUTE / 6).await;
        }
        panic!("nothing was placed");
    }
}

#[tokio::test]
async fn an_order_is_compared_and_then_released_once() {
    let (day, order) = bought(|_| {}).await;
    day.run_for(3 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon in_production"]);
    assert_eq!(day.making(), Making::Accepted);
    assert_eq!((day.world.asked(Call::Submit), day.world.asked(Call::Release)), (1, 1));
    assert!(day.story(order).await.iter().any(|line| line.contains("released awaiting_payment")));
    assert_eq!(day.alerts().await, []);
    day.run_for(5 * 24 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon shipped"]);
    assert_eq!(day.world.asked(Call::Release), 1);
}

/// Without the setting nobody releases anything.
#[tokio::test]
async fn an_order_that_is_ready_at_once_is_not_released() {
    let (day, order) =
        bought(|day| day.shineon.set(|settings| settings.abilities.holds_first = false)).await;
    day.run_for(3 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon in_production"]);
    assert_eq!(day.world.asked(Call::Release), 0);
}

/// Whatever the provider took down wrongly leaves the order on hold there, and people are told.
#[tokio::test]
async fn a_difference_leaves_it_on_hold_and_holds_the_fulfilment() {
    for mistake in [Mistake::Pieces, Mistake::Picture, Mistake::Address, Mistake::Line] {
        let (day, order) = bought(|_| {}).await;
        // The first looks have no answer, so that the mistake is there before the next.
        day.world.fault_at(Call::Status, 1, Fault::AskUnclear);
        day.world.fault_at(Call::Status, 2, Fault::AskUnclear);
        day.run_until_placed().await;
        let reference = day.reference(order).await;
        day.shineon.act(&reference, ProviderAct::MixesUp(mistake));
        day.run_for(HOUR / 2).await;
        assert_eq!(day.making(), Making::Held(None), "{mistake:?}");
        assert_eq!(day.problems(order).await, [What::ContentDiffers], "{mistake:?}");
        assert_eq!(day.alerts().await, [What::ContentDiffers]);
        assert_eq!(day.world.asked(Call::Release), 0);
        // A person has compared them, and lets it go as it is.
        let hold = day.hold_of(order, What::ContentDiffers).await;
        day.ctx.release(day.id(order).await, hold, &ann()).await.unwrap();
        day.run_for(HOUR / 2).await;
        assert_eq!(day.making(), Making::Accepted, "{mistake:?}");
        assert_eq!(day.problems(order).await, []);
    }
}

/// Lost answers of the release are asked for again: it is one order, released.
#[tokio::test]
async fn a_lost_answer_is_released_again_and_charged_once() {
    let (day, order) = bought(|day| {
        day.world.fault_on(Call::Release, Fault::ReleaseDoneAnswerLost);
        day.world.fault_on(Call::Release, Fault::AskUnclear);
    })
    .await;
    day.run_for(4 * HOUR).await;
    assert_eq!(day.making(), Making::Accepted);
    assert_eq!(day.shineon.ledger().len(), 1);
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.alerts().await, []);
}

/// The answer to the order itself was lost: it is found, and released all the same.
#[tokio::test]
async fn an_adopted_order_is_released_too() {
    let (day, order) =
        bought(|day| day.world.fault_on(Call::Submit, Fault::AcceptAndLoseAnswer)).await;
    day.run_for(4 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon in_production"]);
    assert_eq!((day.shineon.ledger().len(), day.making()), (1, Making::Accepted));
}

/// Stop stops the release as well, and nothing is lost by it.
#[tokio::test]
async fn nothing_is_released_while_everything_is_stopped() {
    let (day, order) = bought(|day| {
        day.world.fault_at(Call::Status, 1, Fault::AskUnclear);
        day.world.fault_at(Call::Status, 2, Fault::AskUnclear);
    })
    .await;
    day.run_until_placed().await;
    day.ctx.set_stopped(woodblock::flow::operate::Stopped::Yes, &ann()).await.unwrap();
    day.run_for(HOUR / 2).await;
    assert_eq!((day.making(), day.world.asked(Call::Release)), (Making::Held(None), 0));
    worker::recover(&day.ctx).await.unwrap();
    day.ctx.set_stopped(woodblock::flow::operate::Stopped::No, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!((day.making(), day.problems(order).await), (Making::Accepted, vec![]));
}

/// One that cannot be released for an hour is told: it would never be made.
#[tokio::test]
async fn an_order_that_is_never_released_is_told_within_the_hour() {
    let (day, _) = bought(|day| {
        for _ in 0..60 {
            day.world.fault_on(Call::Release, Fault::AskUnclear);
        }
    })
    .await;
    day.run_for(3 * HOUR + HOUR / 2).await;
    assert_eq!(day.making(), Making::Held(None));
    assert_eq!(day.alerts().await, [What::Overdue]);
}

/// The provider holds it for a reason of its own: that is for people.
#[tokio::test]
async fn an_order_that_is_held_there_for_a_reason_is_not_released() {
    let (day, order) = bought(|day| {
        day.world.fault_at(Call::Status, 1, Fault::AskUnclear);
        day.world.fault_at(Call::Status, 2, Fault::AskUnclear);
    })
    .await;
    day.run_until_placed().await;
    day.shineon.act(&day.reference(order).await, ProviderAct::Holds("art too dark".to_owned()));
    day.run_for(HOUR / 2).await;
    assert_eq!(day.problems(order).await, [What::StatusUnknown]);
    assert_eq!(day.world.asked(Call::Release), 0);
    // Somebody releases it in the provider's app, and here.
    day.shineon.act(&day.reference(order).await, ProviderAct::Releases);
    let hold = day.hold_of(order, What::StatusUnknown).await;
    day.ctx.release(day.id(order).await, hold, &ann()).await.unwrap();
    day.run_for(HOUR / 2).await;
    assert_eq!((day.making(), day.problems(order).await), (Making::Accepted, vec![]));
    assert_eq!(day.world.asked(Call::Release), 0);
}

/// Asked to be ready, and on hold all the same without a word: people are told.
#[tokio::test]
async fn an_order_on_hold_without_a_reason_is_told() {
    let (day, order) = bought(|day| {
        day.shineon.set(|settings| {
            settings.abilities.holds_first = false;
            settings.first_state = FirstState::OnHold;
        });
    })
    .await;
    day.run_for(3 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon in_production"]);
    assert_eq!(day.alerts().await, [What::StatusUnknown]);
    let reference = day.reference(order).await;
    day.shineon.act(&reference, ProviderAct::Releases);
    day.run_for(2 * HOUR).await;
    assert_eq!(day.alerts().await, []);
}

/// While the release has no answer no correction goes out, and the other way round.
#[tokio::test]
async fn a_release_and_a_correction_never_meet() {
    let (day, order) = bought(|_| {}).await;
    day.run_until_placed().await;
    let id = day.fulfilment(order, "shineon").await;
    let both: Result<_, FlowError> = day
        .ctx
        .call(move |tx| {
            let correction = woodblock::db::fulfilment::record_correction(tx, id, "hash")?;
            let release = woodblock::db::draft::record_release(tx, id)?;
            woodblock::db::fulfilment::end_correction(tx, id)?;
            let later = woodblock::db::draft::record_release(tx, id)?;
            let second = woodblock::db::fulfilment::record_correction(tx, id, "hash")?;
            Ok([correction.is_some(), release.is_some(), later.is_some(), second.is_some()])
        })
        .await;
    // Released at once after it was placed, so that only a correction is possible now.
    let expected = match day.world.asked(Call::Release) {
        0 => [true, false, true, false],
        _ => [true, false, false, true],
    };
    assert_eq!(both.unwrap(), expected);
}
