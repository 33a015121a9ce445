//! What the shop tells, and what it does not: webhooks, comparisons, doubles, and days without it.

use std::time::Duration;

use crate::common::*;
use woodblock::db;
use woodblock::flow::ctx::Rules;
use woodblock::flow::{FlowError, compare, hooks};
use woodblock::model::order::State;
use woodblock::model::problem::What;
use woodblock::outside::clock::Clock;
use woodblock::outside::shop::Shop;
use woodblock::sandbox::shop::{Pay, ShopAct};
use woodblock::sandbox::{Call, Fault};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A day whose server the shop can reach.
async fn reachable(change: impl FnOnce(&mut Rules)) -> Day {
    let mut rules = Rules { public_url: "https://prints.example".to_owned(), ..rules() };
    change(&mut rules);
    Day::with(Setting { rules, ..Setting::default() }).await
}

impl Day {
    async fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = Shop::hooks(&self.shop)
            .await
            .unwrap()
            .into_iter()
            .map(|hook| format!("{} {} {}", hook.topic, hook.status, hook.name))
            .collect();
        topics.sort();
        topics
    }

    /// The id of the webhook of this topic.
    async fn hook(&self, topic: &str) -> i64 {
        let found = Shop::hooks(&self.shop).await.unwrap();
        found.into_iter().find(|hook| hook.topic == topic).unwrap().id
    }

    async fn drop_hooks(&self) {
        for hook in Shop::hooks(&self.shop).await.unwrap() {
            self.shop.drop_hook(hook.id).await.unwrap();
        }
    }
}

fn all_of(generation: u32) -> Vec<String> {
    ["created", "deleted", "restored", "updated"]
        .map(|event| format!("order.{event} active woodblock order.{event} {generation}"))
        .to_vec()
}

/// The webhooks are made at the first start; ones that stood there under our address are replaced.
#[tokio::test]
async fn webhooks_are_made_at_the_first_start() {
    let day = reachable(|_| {}).await;
    day.run_for(MINUTE).await;
    assert_eq!(day.topics().await, all_of(1));
    assert_eq!(hooks::secrets(&day.ctx, "main").await.unwrap().len(), 1);
    assert_eq!(day.alerts().await, []);
    let other = day.shop.listen("order.updated", "https://other.example/hook", "x");
    day.run_for(HOUR).await;
    assert!(!day.shop.webhook_status(other).is_empty(), "what is not ours stays");
    let shared = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(MINUTE).await;
    assert_eq!(day.order(shared).await.state, State::Open, "a delivery told of it");
}

/// Switched off, deleted, sent elsewhere: made anew within the quarter of an hour, and told.
#[tokio::test]
async fn webhooks_that_fail_are_made_anew() {
    let day = reachable(|_| {}).await;
    day.run_for(MINUTE).await;
    let updated = day.hook("order.updated").await;
    for _ in 0..7 {
        day.shop.delivery_answered(updated, 500);
    }
    assert_eq!(day.shop.webhook_status(updated), "disabled");
    let created = day.hook("order.created").await;
    day.shop.drop_hook(created).await.unwrap();
    day.run_for(16 * MINUTE).await;
    assert_eq!(day.topics().await, all_of(1));
    assert_eq!(day.shop.webhook_status(updated), "", "the old one is gone");
    assert_eq!(day.alerts().await, [What::WebhookMended]);
    let again = day.hook("order.updated").await;
    day.shop.delivery_answered(again, 500);
    assert_eq!(day.shop.webhook_status(again), "active", "its failures are forgotten");
}

/// The shop does not answer for a while: it is asked again until it does.
#[tokio::test]
async fn a_shop_that_cannot_be_asked_is_asked_again() {
    let day = reachable(|_| {}).await;
    for _ in 0..5 {
        day.world.fault_on(Call::ShopHooks, Fault::ShopUnclear);
    }
    day.run_for(2 * HOUR).await;
    assert_eq!(day.topics().await, all_of(1));
}

/// A changed secret: new webhooks, and for a day both secrets are accepted.
#[tokio::test]
async fn a_secret_is_changed_on_command() {
    let day = reachable(|_| {}).await;
    day.run_for(MINUTE).await;
    let before = hooks::secrets(&day.ctx, "main").await.unwrap();
    hooks::rotate(&day.ctx, day.shop_id, &ann()).await.unwrap();
    day.run_for(MINUTE).await;
    assert_eq!(day.topics().await, all_of(2));
    let both = hooks::secrets(&day.ctx, "main").await.unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(both[1], before[0]);
    assert_eq!(day.alerts().await, [], "a person wanted it");
    day.run_for(DAY + HOUR).await;
    assert_eq!(hooks::secrets(&day.ctx, "main").await.unwrap(), both[..1]);
}

/// A merchant who makes them by hand is left alone, and so is a server that no shop can reach.
#[tokio::test]
async fn webhooks_made_by_hand_are_left_alone() {
    let by_hand = |rules: &mut Rules| rules.hooks_by_hand = ["main".to_owned()].into();
    let local = |rules: &mut Rules| rules.public_url = "http://127.0.0.1:8090".to_owned();
    for day in [reachable(by_hand).await, reachable(local).await] {
        day.run_for(HOUR).await;
        assert_eq!(day.topics().await.len(), 3, "those of the harness");
        assert_eq!(hooks::secrets(&day.ctx, "main").await.unwrap(), Vec::<String>::new());
    }
}

/// Orders keep coming in by polling alone: people are told, until a webhook speaks again.
#[tokio::test]
async fn silent_webhooks_are_told() {
    let day = reachable(|_| {}).await;
    day.run_for(HOUR).await;
    day.world.fault_times(60, Fault::WebhookDropped);
    for nth in 0..6 {
        day.shop.customer_buys(cart(vec![named("MUG", &format!("Rex {nth}"))]));
        day.run_for(40 * MINUTE).await;
    }
    assert_eq!(day.alerts().await, [What::WebhooksSilent]);
    let report = compare::report(&day.ctx, day.shop_id).await.unwrap();
    assert!(report.contains("webhook") && report.contains("order.created active"), "{report}");
}

/// An edit of a line moves no date: no poll sees it, the comparison does.
#[tokio::test]
async fn an_edit_that_moves_no_date_is_found() {
    let day = Day::with(Setting { poll_every: HOUR, ..Setting::default() }).await;
    let order = day.shop.customer_buys(cart(vec![line("TEE-LATER")]));
    day.run_for(11 * HOUR).await;
    // A newer change moves the polls on.
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    day.drop_hooks().await;
    let line = day.shop.lines(order)[0];
    day.shop.merchant_edits_line_meta(order, line, "Name", "Beau");
    day.run_for(2 * DAY).await;
    let told = day.alerts().await;
    assert!(told.contains(&What::ShopGap), "{told:?}");
    let text = day.shop.peek(order).unwrap().fingerprint();
    let shop = day.shop_id;
    let known: Result<_, FlowError> = day.ctx.read(move |tx| Ok(db::shop::moving(tx, shop)?)).await;
    assert_eq!(known.unwrap()[&order], text.as_str());
}

/// What polling missed is taken in; what the shop has no more is held; old orders stay out.
#[tokio::test]
async fn the_comparison_goes_both_ways() {
    let day = Day::new().await;
    let gone = day.shop.customer_buys(cart(vec![line("TEE-LATER")]));
    let missed = day.shop.customer_buys(cart(vec![named("TEE-LATER", "Ada")]));
    day.run_for(HOUR).await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(30 * MINUTE).await;
    // A row that was never written, as after a mistake of ours.
    day.forget(missed).await;
    day.drop_hooks().await;
    day.shop.merchant_deletes(gone);
    let _ = day.world.take_deliveries(day.clock.now());
    day.run_for(26 * HOUR).await;
    assert_eq!(day.order(missed).await.state, State::Open);
    let alerts = day.alerts().await;
    assert!(alerts.contains(&What::ShopGap), "{alerts:?} {:?}", day.story(missed).await);
    assert_eq!(day.problems(gone).await, [What::OrderGone]);
    let report = compare::report(&day.ctx, day.shop_id).await.unwrap();
    assert!(report.contains("last comparison: 2026"), "{report}");
}

/// The same customer, goods and wishes within the half hour: the newer is held, and names the other.
#[tokio::test]
async fn an_order_that_looks_doubled_is_held() {
    let day = Day::new().await;
    let first = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * MINUTE).await;
    let second = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let other = day.shop.customer_buys(cart(vec![named("MUG", "Ada")]));
    day.run_for(5 * MINUTE).await;
    assert_eq!(day.problems(first).await, []);
    assert_eq!(day.problems(second).await, [What::LooksDoubled]);
    assert_eq!(day.problems(other).await, [], "another name is another wish");
    let place = day.order(second).await.holds[0].problem.place.clone();
    assert_eq!(place, format!("order {first}"));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.customcat.ledger().len(), 2);
    let later = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(MINUTE).await;
    assert_eq!(day.problems(later).await, [], "hours later it is meant");
    let hold = day.hold_of(second, What::LooksDoubled).await;
    day.ctx.release(day.id(second).await, hold, &ann()).await.unwrap();
    day.shop.act(second, ShopAct::Saves);
    day.run_for(3 * HOUR).await;
    assert_eq!(day.customcat.ledger().len(), 4, "a person lifted it, and it stays lifted");
}

/// A payment that failed and was tried again is one order that counts.
#[tokio::test]
async fn a_second_try_after_a_failed_payment_is_no_double() {
    let day = Day::new().await;
    let failed = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]).paid(Pay::Never));
    day.run_for(2 * MINUTE).await;
    let paid = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(5 * MINUTE).await;
    assert_eq!(day.problems(paid).await, []);
    // And then the first is paid after all.
    day.shop.customer_pays(failed);
    day.run_for(5 * MINUTE).await;
    assert_eq!(day.problems(failed).await, [What::LooksDoubled]);
}

/// The shop is down for a day while customers buy: everything comes in, oldest first.
#[tokio::test]
async fn a_shop_that_is_down_for_a_day_loses_nothing() {
    let day = Day::new().await;
    day.run_for(HOUR).await;
    day.world.fault_times(200, Fault::WebhookDropped);
    for _ in 0..20_000 {
        day.world.fault_on(Call::ShopList, Fault::ShopUnclear);
    }
    let mut orders = Vec::new();
    for nth in 0..6 {
        orders.push(day.shop.customer_buys(cart(vec![named("MUG", &format!("Rex {nth}"))])));
        day.run_for(4 * HOUR).await;
    }
    assert!(day.alerts().await.contains(&What::ShopUnreachable));
    assert!(day.customcat.ledger().is_empty());
    day.world.forget_faults();
    day.run_for(12 * HOUR).await;
    let sent: Vec<String> =
        day.customcat.ledger().into_iter().map(|entry| entry.reference).collect();
    assert_eq!(sent.len(), orders.len());
    let in_order = sent.iter().zip(&orders).all(|(one, id)| one.contains(&format!("-{id}-")));
    assert!(in_order, "{sent:?}");
    assert_eq!(day.alerts().await, []);
}

impl Day {
    /// Forgets an order, as if it had never been stored.
    async fn forget(&self, order: woodblock::model::id::ShopOrderId) {
        let id = self.id(order).await;
        let done: Result<(), FlowError> = self
            .ctx
            .call(move |tx| {
                tx.execute(
                    "UPDATE orders SET shop_order_id = 999999, state = 'cancelled' WHERE id = $1",
                    &[db::engine::Cell::from(id)],
                )?;
                tx.execute(
                    "DELETE FROM jobs WHERE order_id = $1 AND state = 'scheduled'",
                    &[db::engine::Cell::from(id)],
                )?;
                Ok(())
            })
            .await;
        done.unwrap();
    }
}

/// What we write into the shop comes back as its webhooks: nothing of the order changes by that.
#[tokio::test]
async fn our_own_writes_are_recognised() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(9 * DAY).await;
    assert_eq!(day.shop.status(order), "completed");
    let story = day.story(order).await;
    let told: Vec<&String> = story.iter().filter(|line| line.starts_with("shop ")).collect();
    assert_eq!(told.len(), 2, "received and paid: {told:?}");
    assert_eq!(day.order(order).await.state, State::Closed);
}
