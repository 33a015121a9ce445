//! Limits that hold submissions back: what waits, who is told, and what lets it go on.

use std::time::Duration;

use crate::common::*;
use woodblock::flow::limits::{self, Limits, PriceUnknown};
use woodblock::flow::{FlowError, worker};
use woodblock::model::id::ShopOrderId;
use woodblock::model::money::Amount;
use woodblock::model::problem::What;
use woodblock::model::sku::{Need, NeedKind};
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::QuoteRule;
use woodblock::sandbox::{Call, Fault};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn day(limits: Limits) -> Day {
    let rules = woodblock::flow::ctx::Rules { limits, ..rules() };
    Day::with(Setting { rules, ..Setting::default() }).await
}

fn amount(text: &str) -> Option<Amount> {
    Amount::parse(text)
}

impl Day {
    fn buy(&self, count: usize) -> Vec<ShopOrderId> {
        let nth = self.sent() + self.world.asked(Call::Press) as usize;
        let order = |place: usize| {
            let name = format!("Rex {nth} {place}");
            self.shop.customer_buys(cart(vec![named("MUG", &name)]))
        };
        (0..count).map(order).collect()
    }

    fn sent(&self) -> usize {
        self.customcat.ledger().len()
    }

    fn mails(&self, words: &str) -> usize {
        let mails = self.world.mailer().received();
        mails.iter().filter(|mail| mail.subject.contains(words)).count()
    }
}

/// Five orders are due at ten, two in an hour are allowed: the others wait, and one alert says so.
#[tokio::test]
async fn what_is_over_the_limit_of_an_hour_waits() {
    let day = day(Limits { orders_per_hour: Some(2), ..Limits::default() }).await;
    day.buy(5);
    day.run_for(2 * HOUR + 50 * MINUTE).await;
    assert_eq!(day.sent(), 2);
    assert_eq!(day.alerts().await, [What::LimitReached]);
    assert_eq!(day.mails("A limit holds submissions back"), 1);
    // A restart forgets nothing.
    worker::recover(&day.ctx).await.unwrap();
    day.run_for(5 * MINUTE).await;
    assert_eq!(day.sent(), 2);
    day.run_for(HOUR).await;
    assert_eq!(day.sent(), 4, "the next hour has room for two");
    day.run_for(2 * HOUR).await;
    assert_eq!(day.sent(), 5);
    assert_eq!(day.alerts().await, [], "nothing waits for it any more, and nothing was overdue");
    assert_eq!(day.mails("should have happened"), 0);
}

/// A person lets them go on, until the hour ends.
#[tokio::test]
async fn a_person_lets_them_go_on() {
    let day = day(Limits { orders_per_hour: Some(1), ..Limits::default() }).await;
    day.buy(4);
    day.run_for(2 * HOUR + 10 * MINUTE).await;
    assert_eq!(day.sent(), 1);
    assert_eq!(limits::go_on(&day.ctx, &ann()).await.unwrap(), 1);
    assert_eq!(day.alerts().await, []);
    day.run_for(5 * MINUTE).await;
    assert_eq!(day.sent(), 4);
    day.buy(2);
    day.run_for(2 * HOUR + 30 * MINUTE).await;
    assert_eq!(day.sent(), 5, "the word was for that hour");
    assert_eq!(limits::go_on(&day.ctx, &ann()).await.unwrap(), 1);
    assert_eq!(limits::go_on(&day.ctx, &ann()).await.unwrap(), 1, "said twice");
}

/// What is not told yet counts with what the customer paid; what is told counts as told.
#[tokio::test]
async fn money_of_a_day_is_counted_before_and_after_the_provider_tells_it() {
    let limits = Limits { money_per_day: amount("70"), ..Limits::default() };
    let day = day(limits).await;
    day.buy(12);
    day.run_for(3 * HOUR).await;
    let first = day.sent();
    assert!((1..6).contains(&first), "{first}");
    assert_eq!(day.alerts().await, [What::LimitReached]);
    day.run_for(12 * HOUR).await;
    let told = day.sent();
    assert_eq!(told, first, "what waits is not asked for again before the day ends");
    day.run_for(7 * DAY).await;
    assert_eq!(day.sent(), 12);
}

/// The provider asks more than one submission may cost: people are told when it is known.
#[tokio::test]
async fn a_price_over_the_limit_is_told() {
    let own = Limits { price_max: amount("14.93"), ..Limits::default() };
    let rules = woodblock::flow::ctx::Rules {
        limits: Limits { price_max: amount("100"), ..Limits::default() },
        provider_limits: [("customcat".to_owned(), own)].into(),
        ..rules()
    };
    let day = Day::with(Setting { rules, ..Setting::default() }).await;
    // Nothing is known of it beforehand.
    day.customcat.set(|settings| settings.quote = QuoteRule::Zero);
    day.buy(1);
    day.run_for(4 * HOUR).await;
    assert_eq!(day.alerts().await, [What::PriceHigh], "14.94 USD");
    day.run_for(6 * HOUR).await;
    assert_eq!(day.mails("costs more"), 1);
}

/// A limit of one provider does not keep the other waiting.
#[tokio::test]
async fn a_limit_of_one_provider_holds_that_one_alone() {
    let own = Limits { orders_per_hour: Some(1), ..Limits::default() };
    let rules = woodblock::flow::ctx::Rules {
        provider_limits: [("customcat".to_owned(), own)].into(),
        ..rules()
    };
    let day = Day::with(Setting { rules, ..Setting::default() }).await;
    for name in ["Rex", "Eve", "Ada"] {
        day.shop.customer_buys(cart(vec![named("MUG", name), named("PENDANT", name)]));
    }
    day.run_for(2 * HOUR + 30 * MINUTE).await;
    assert_eq!((day.customcat.ledger().len(), day.shineon.ledger().len()), (1, 3));
}

/// Three weeks of two in an hour, and then a hundred at once: a jump.
#[tokio::test]
async fn a_jump_over_the_usual_rate_is_held_back() {
    let day = day(Limits { jump_times: 3, jump_floor: 4, ..Limits::default() }).await;
    for _ in 0..20 {
        day.buy(2);
        day.run_for(DAY).await;
    }
    assert_eq!(day.sent(), 40);
    day.buy(30);
    day.run_for(2 * HOUR + 50 * MINUTE).await;
    assert_eq!(day.sent(), 46, "three times the usual two");
    assert!(day.alerts().await.contains(&What::LimitReached));
    day.run_for(DAY).await;
    assert_eq!(day.sent(), 70, "they go out at that pace");
}

/// The program was off for two days: what is due goes out oldest first, each looked at once more.
#[tokio::test]
async fn what_was_due_long_ago_goes_out_oldest_first() {
    let day = Day::new().await;
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.extend(day.buy(1));
        day.run_for(20 * MINUTE).await;
    }
    day.shop.merchant_sets_status(orders[1], "cancelled");
    day.clock.set(day.clock.now().plus(2 * DAY));
    let sent = || -> Vec<String> {
        day.customcat.ledger().iter().map(|entry| entry.reference.clone()).collect()
    };
    assert_eq!(sent(), Vec::<String>::new());
    worker::recover(&day.ctx).await.unwrap();
    day.run_for(MINUTE).await;
    let expected: Vec<String> = [0, 2, 3].map(|place| format!("-{}-", orders[place])).to_vec();
    let sent = sent();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert!(sent.iter().zip(&expected).all(|(one, part)| one.contains(part)), "{sent:?}");
}

/// What surely did not arrive and goes again is one submission, not many.
#[tokio::test]
async fn a_refused_connection_does_not_use_the_limit_up() {
    let day = day(Limits { orders_per_hour: Some(2), ..Limits::default() }).await;
    day.world.fault_on(Call::Submit, Fault::NotSent);
    day.buy(2);
    day.run_for(2 * HOUR + 30 * MINUTE).await;
    assert_eq!(day.sent(), 2);
    let counted: Result<u32, FlowError> = day
        .ctx
        .read(|tx| Ok(woodblock::db::spending::count_since(tx, start(), None, None, 100)?))
        .await;
    assert_eq!(counted.unwrap(), 2);
}

/// Our clock jumps ahead while orders count down: nothing goes out until the clocks agree again.
#[tokio::test]
async fn a_clock_that_jumped_sends_nothing() {
    let day = Day::new().await;
    day.buy(2);
    day.run_for(HOUR).await;
    day.shop.set_clock_ahead_ms(-3 * 3_600_000);
    day.run_for(4 * HOUR).await;
    assert_eq!(day.sent(), 0);
    assert_eq!(day.alerts().await, [What::ClockOff]);
    day.shop.set_clock_ahead_ms(60_000);
    day.run_for(20 * MINUTE).await;
    assert_eq!(day.sent(), 2);
    assert_eq!(day.alerts().await, []);
    // A person says that ours is right.
    day.shop.set_clock_ahead_ms(600_000);
    day.buy(1);
    day.run_for(3 * HOUR).await;
    assert_eq!(day.sent(), 2);
    limits::go_on(&day.ctx, &ann()).await.unwrap();
    day.run_for(MINUTE).await;
    assert_eq!(day.sent(), 3);
}

/// A day whose CustomCat may cost so much for each order.
async fn day_with_price_max(most: &str, unknown: PriceUnknown) -> Day {
    let own = Limits { price_max: amount(most), price_unknown: Some(unknown), ..Limits::default() };
    let rules = woodblock::flow::ctx::Rules {
        provider_limits: [("customcat".to_owned(), own)].into(),
        ..rules()
    };
    Day::with(Setting { rules, ..Setting::default() }).await
}

/// The provider would ask more than the limit: nothing is sent, and a person lets it go or not.
#[tokio::test]
async fn a_quote_over_the_limit_is_held_before_anything_is_charged() {
    let day = day_with_price_max("14.93", PriceUnknown::Send).await;
    let order = day.buy(1)[0];
    day.run_for(2 * HOUR + 30 * MINUTE).await;
    assert_eq!(day.sent(), 0);
    assert_eq!(day.problems(order).await, [What::PriceHigh]);
    assert_eq!(day.alerts().await, [What::PriceHigh]);
    assert_eq!(day.states(order).await, ["customcat countdown"]);
    let hold = day.order(order).await.holds[0].clone();
    assert_eq!(hold.problem.detail, "14.94 USD with shipping, price_max is 14.93");
    day.ctx.release(day.id(order).await, hold.id, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.sent(), 1, "a person has let it go at this price");
    assert_eq!(day.problems(order).await, []);
}

/// At the limit it goes, and without a limit nobody is asked.
#[tokio::test]
async fn a_quote_within_the_limit_goes_and_without_one_nobody_is_asked() {
    let within = day_with_price_max("14.94", PriceUnknown::Hold).await;
    within.buy(1);
    within.run_for(3 * HOUR).await;
    assert_eq!((within.sent(), within.world.asked(Call::Quote)), (1, 1));
    let day = Day::new().await;
    day.buy(1);
    day.run_for(3 * HOUR).await;
    assert_eq!((day.sent(), day.world.asked(Call::Quote)), (1, 0));
}

/// 0.00 is no price: the setting decides.
#[tokio::test]
async fn an_order_without_a_quote_goes_or_waits_as_it_is_set() {
    for (unknown, sent, problems) in
        [(PriceUnknown::Send, 1, vec![]), (PriceUnknown::Hold, 0, vec![What::PriceUnknown])]
    {
        let day = day_with_price_max("100", unknown).await;
        day.customcat.set(|settings| settings.quote = QuoteRule::Zero);
        let order = day.buy(1)[0];
        day.run_for(3 * HOUR).await;
        assert_eq!((day.sent(), day.problems(order).await), (sent, problems), "{unknown:?}");
        if unknown == PriceUnknown::Hold {
            let hold = day.hold_of(order, What::PriceUnknown).await;
            day.ctx.release(day.id(order).await, hold, &ann()).await.unwrap();
            day.run_for(HOUR).await;
            assert_eq!(day.sent(), 1);
        }
    }
}

/// A quote that has no answer now is asked for again; the order was never sent meanwhile.
#[tokio::test]
async fn a_quote_that_cannot_be_asked_now_is_asked_again() {
    let day = day_with_price_max("100", PriceUnknown::Send).await;
    day.world.fault_on(Call::Quote, Fault::AskUnclear);
    day.world.fault_on(Call::Quote, Fault::AskUnclear);
    let order = day.buy(1)[0];
    day.run_for(3 * HOUR).await;
    assert_eq!((day.sent(), day.world.asked(Call::Quote)), (1, 3));
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.world.asked(Call::Submit), 1);
}

/// A design that the provider cannot take is told before anything is sent.
#[tokio::test]
async fn what_does_not_fit_is_held_before_it_is_sent() {
    let day = Day::new().await;
    day.shineon.set(|settings| {
        let svg = vec![Need::new("front", NeedKind::Svg, true)];
        settings.personalizations.insert("SO-1".to_owned(), svg);
    });
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve")]));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.problems(order).await, [What::ProviderNeeds]);
    assert_eq!(day.world.asked(Call::Submit), 0);
    day.shineon.set(|settings| settings.personalizations.clear());
    let hold = day.hold_of(order, What::ProviderNeeds).await;
    day.ctx.release(day.id(order).await, hold, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.states(order).await, ["shineon in_production"]);
}

/// An order at which the provider's server breaks every time is not sent for ever.
#[tokio::test]
async fn what_never_arrives_is_sent_a_few_times_and_then_a_persons() {
    let day = Day::new().await;
    for _ in 0..5 {
        day.world.fault_on(Call::Submit, Fault::NeverArrives);
    }
    let order = day.buy(1)[0];
    day.run_for(3 * DAY).await;
    assert_eq!((day.world.asked(Call::Submit), day.sent()), (5, 0));
    assert_eq!(day.problems(order).await, [What::JobFailed]);
    let hold = day.hold_of(order, What::JobFailed).await;
    day.ctx.release(day.id(order).await, hold, &ann()).await.unwrap();
    day.run_for(DAY).await;
    assert_eq!((day.world.asked(Call::Submit), day.sent()), (6, 1));
}
