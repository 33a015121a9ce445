//! Bugs that a review found, each as a small story with the end that it must have.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::*;
use woodblock::db;
use woodblock::flow::amend;
use woodblock::flow::ctx::Rules;
use woodblock::flow::take_in::{Taken, take_in};
use woodblock::flow::transition::{Event, With, transition};
use woodblock::flow::{FlowError, correct, elsewhere, furnish, intake, payload, review};
use woodblock::model::check::Checks;
use woodblock::model::fulfilment::{Intent, SubmitPermit};
use woodblock::model::hold::{Actor, Target};
use woodblock::model::id::{Hash, ShopLineId, ShopOrderId};
use woodblock::model::item::{PrintFile, State as ItemState};
use woodblock::model::job::{Lane, NewJob};
use woodblock::model::order::{Approval, Order, State};
use woodblock::model::problem::{Problem, What};
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::model::provider_order::{Absence, Reach, Refusal};
use woodblock::model::settle::Pace;
use woodblock::model::shop_order::ShopOrder;
use woodblock::model::value::{Value, Values};
use woodblock::outside::clock::Clock;
use woodblock::outside::files::Files;
use woodblock::outside::provider::Provider;
use woodblock::sandbox::photos::png;
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::ShopAct;
use woodblock::sandbox::{Call, Fault, PressMark, ProviderAct};

const DAYS: Duration = Duration::from_secs(24 * 3_600);

fn name(value: &str) -> Values {
    BTreeMap::from([("name".to_owned(), Value::Text(value.to_owned()))])
}

impl Day {
    /// The shop tells an order in these words.
    async fn tell(&self, told: &ShopOrder) {
        let (desk, told) = (intake::desk(&self.ctx, self.shop_id).await.unwrap(), told.clone());
        self.ctx.call(move |tx| take_in(tx, &desk, &told)).await.unwrap();
    }

    async fn map(&self, sku: &str, made: Made) {
        let (shop, sku) = (self.shop_id, sku.to_owned());
        let rows = vec![(Matches::Sku(sku), made)];
        furnish::map_products(&self.ctx, shop, rows).await.unwrap();
        self.run_for(MINUTE).await;
    }

    fn mails_about(&self, words: &str) -> usize {
        let mails = self.world.mailer().received();
        mails.iter().filter(|mail| mail.subject.contains(words)).count()
    }
}

fn mug() -> Made {
    Made::Here(Recipe {
        design: "sign".to_owned(),
        provider: "customcat".to_owned(),
        provider_sku: "47417".to_owned(),
        routes: Vec::new(),
        steps: None,
        delay_s: None,
        copies: Copies::Alike,
        checks: Checks::default(),
    })
}

/// A line that nobody had mapped is made once it is mapped, and its hold is lifted by that.
#[tokio::test]
async fn a_line_that_is_mapped_later_is_made() {
    let day = Day::new().await;
    let lines = vec![named("MUG", "Rex"), named("NEW", "Ada"), named("GIFT", "")];
    let order = day.shop.customer_buys(cart(lines));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.problems(order).await, [What::LineUnmapped, What::LineUnmapped]);
    day.map("NEW", mug()).await;
    assert_eq!(day.problems(order).await, [What::LineUnmapped], "the other is still not mapped");
    day.map("GIFT", Made::Elsewhere).await;
    assert_eq!(day.problems(order).await, []);
    day.run_for(10 * DAYS).await;
    let mut printed = day.printed(&day.customcat);
    printed.sort();
    assert_eq!(printed, ["1 × name=Ada", "1 × name=Rex"]);
    assert_eq!(day.shop.status(order), "completed");
}

/// The last look found it unpaid, and it is paid again as before: it goes on by itself.
#[tokio::test]
async fn an_order_that_is_payable_again_goes_on() {
    let setting = Setting { poll_every: 12 * HOUR, ..Setting::default() };
    let day = Day::with(setting).await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    // The last look comes while the merchant has it on hold for a minute; no webhook tells.
    day.world.fault_times(20, Fault::WebhookDropped);
    day.run_for(HOUR - 2 * MINUTE).await;
    day.shop.merchant_sets_status(order, "on-hold");
    day.run_for(5 * MINUTE).await;
    assert_eq!(day.problems(order).await, [What::NotPayable]);
    day.shop.merchant_sets_status(order, "processing");
    day.run_for(DAYS).await;
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// A line that somebody decided to leave out was never shipped: the shop is not told otherwise.
#[tokio::test]
async fn an_order_is_not_completed_over_a_line_that_was_left_out() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), named("NEW", "Ada")]));
    day.run_for(HOUR).await;
    let (id, hold) = (day.id(order).await, day.hold_of(order, What::LineUnmapped).await);
    day.ctx.release(id, hold, &ann()).await.unwrap();
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(order).await, ["customcat shipped"]);
    assert_eq!(day.shop.status(order), "processing");
    assert_eq!(day.alerts().await.len(), 1, "a person is told");
    day.shop.merchant_refunds(order, day.shop.lines(order)[1], 1);
    day.run_for(HOUR).await;
    assert_eq!(day.shop.status(order), "completed", "what was missing is refunded");
}

/// One provider gives its part up: the order is over, but not complete.
#[tokio::test]
async fn an_order_is_not_completed_over_a_line_that_was_given_up() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), named("PENDANT", "Eve")]));
    day.run_for(3 * HOUR).await;
    let reference = day.shineon.ledger()[0].reference.clone();
    day.shineon.act(&reference, ProviderAct::GivesUp);
    day.run_for(8 * DAYS).await;
    assert_eq!(day.order(order).await.state, State::Closed);
    assert_eq!(day.shop.status(order), "processing");
}

/// A line that is added after something was submitted is held once; released, it is made like others.
#[tokio::test]
async fn an_added_line_is_held_once() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(3 * HOUR).await;
    let mut told = day.shop.peek(order).unwrap();
    let mut added = told.lines[0].clone();
    added.id = ShopLineId(added.id.0 + 1_000);
    added.name = "Another mug".to_owned();
    told.lines.push(added);
    day.tell(&told).await;
    assert_eq!(day.problems(order).await, [What::ChangedInShop]);
    let (id, hold) = (day.id(order).await, day.hold_of(order, What::ChangedInShop).await);
    day.ctx.release(id, hold, &ann()).await.unwrap();
    told.total.minor += 1;
    day.tell(&told).await;
    assert_eq!(day.problems(order).await, [], "it was looked at");
    assert_eq!(day.order(order).await.items.len(), 2);
}

/// What staff cancelled stays cancelled, though the shop could not be told and says `processing`.
#[tokio::test]
async fn what_staff_cancelled_is_not_made_because_the_shop_was_not_told() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    for _ in 0..500 {
        day.world.fault_on(Call::ShopSetStatus, Fault::ShopRefuses("no rights".to_owned()));
    }
    day.ctx.cancel_order(day.id(order).await, &ann()).await.unwrap();
    day.run_for(MINUTE).await;
    day.shop.act(order, ShopAct::Saves);
    day.run_for(DAYS).await;
    assert_eq!(day.order(order).await.state, State::Cancelled);
    assert_eq!(day.customcat.ledger().len(), 0);
}

/// The last line of ours is refunded: the rest of the order is the merchant's, and not cancelled.
#[tokio::test]
async fn a_refund_of_our_line_does_not_cancel_other_goods() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), line("GIFTWRAP").times(2)]));
    day.run_for(HOUR).await;
    day.shop.merchant_refunds(order, day.shop.lines(order)[0], 1);
    day.run_for(DAYS).await;
    assert_eq!(day.customcat.ledger().len(), 0);
    assert_eq!(day.shop.status(order), "processing");
}

/// Fewer pieces of a line that is not made here are no reason to hold what is.
#[tokio::test]
async fn a_refund_of_other_goods_does_not_hold_ours() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), line("GIFTWRAP").times(2)]));
    day.run_for(HOUR).await;
    day.shop.merchant_refunds(order, day.shop.lines(order)[1], 1);
    day.run_for(8 * DAYS).await;
    assert_eq!(day.shop.status(order), "completed");
}

/// The customer's photo is replaced in the shop after it was drawn: the new one is printed.
#[tokio::test]
async fn a_photo_that_is_replaced_in_the_shop_is_the_one_that_is_printed() {
    let day = Day::new().await;
    let (first, second) = ("https://photos.example/1.png", "https://photos.example/2.png");
    day.world.put_photo(first, png(2000, 2000, 1));
    day.world.put_photo(second, png(2000, 2000, 2));
    let order = day.shop.customer_buys(cart(vec![line("PORTRAIT").with("Photo", first)]));
    day.run_for(HOUR).await;
    let before = day.order(order).await.items[0].facts.print_files[0].hash.clone();
    day.shop.merchant_edits_line_meta(order, day.shop.lines(order)[0], "Photo", second);
    day.run_for(DAYS).await;
    let sent = day.shineon.ledger()[0].lines[0].files[0].fetched.clone().unwrap();
    let mark = |hash| PressMark::read(&day.files.get(hash).unwrap()).unwrap().values;
    assert_ne!(mark(&sent), mark(&before), "the first photo was printed");
}

/// Sent, not found, confirmed absent, amended, and then found after all: what is there has the old
/// text, so it is not taken for ours.
#[tokio::test]
async fn an_older_sending_that_turns_up_is_not_adopted_for_the_amended_one() {
    let day = Day::new().await;
    day.shineon.set(|settings| {
        settings.abilities.absence = Absence::Unproven;
        settings.visible_after = 6 * HOUR;
        settings.start = Start::ByHand;
    });
    day.world.fault_on(Call::Submit, Fault::AcceptAndLoseAnswer);
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Evv")]));
    day.run_for(5 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon submitting/person"]);
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let fulfilment = day.fulfilment(order, "shineon").await;
    day.ctx.pause(id, Target::Order, "", &ann()).await.unwrap();
    day.ctx.confirm_absent(id, fulfilment, &ann()).await.unwrap();
    assert!(!day.alerts().await.contains(&What::AnswerNeedsPerson), "it is settled");
    let actor = Actor::Person("ann".to_owned());
    amend::amend(&day.ctx, id, item, name("Eve"), actor).await.unwrap();
    day.run_for(4 * HOUR).await;
    let hold = day.hold_of(order, What::Paused).await;
    day.ctx.release(id, hold, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.problems(order).await, [What::ContentDiffers]);
    assert_eq!(day.shineon.ledger().len(), 1, "nothing is sent beside it");
}

/// Submit was pressed and the connection was refused: it goes again without another press.
#[tokio::test]
async fn a_press_of_submit_outlasts_a_refused_connection() {
    let day = Day::with(Setting { approval: Approval::Manual, ..Setting::default() }).await;
    day.world.fault_on(Call::Submit, Fault::NotSent);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "customcat").await);
    day.ctx.press_submit(id, fulfilment, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// The provider could not be asked for days: once the hold is lifted it is asked again.
#[tokio::test]
async fn tracking_goes_on_after_its_hold_is_lifted() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(3 * HOUR).await;
    for _ in 0..60 {
        day.world.fault_on(Call::Status, Fault::AskUnclear);
    }
    day.run_for(5 * DAYS).await;
    assert_eq!(day.problems(order).await, [What::JobFailed]);
    let (id, hold) = (day.id(order).await, day.hold_of(order, What::JobFailed).await);
    day.ctx.release(id, hold, &ann()).await.unwrap();
    day.run_for(DAYS).await;
    assert_eq!(day.states(order).await, ["customcat shipped"]);
}

/// Now and then a look at the provider fails: that never adds up to a step that failed for good.
#[tokio::test]
async fn failures_between_successes_do_not_add_up() {
    let day = Day::new().await;
    day.customcat.set(|settings| settings.start = Start::ByHand);
    for nth in 1..=200 {
        day.world.fault_at(Call::Status, nth * 2, Fault::AskUnclear);
    }
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(10 * DAYS).await;
    assert_eq!(day.problems(order).await, []);
}

/// Nobody presses Submit: people are reminded each day, not once for ever.
#[tokio::test]
async fn people_are_reminded_each_day() {
    let day = Day::with(Setting { approval: Approval::Manual, ..Setting::default() }).await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(4 * DAYS + HOUR).await;
    assert_eq!(day.mails_about("should have happened"), 4);
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "customcat").await);
    day.ctx.press_submit(id, fulfilment, &ann()).await.unwrap();
    assert_eq!(day.alerts().await, [], "it is no longer overdue");
}

/// What was placed by hand is no longer to be placed.
#[tokio::test]
async fn an_order_placed_by_hand_is_no_longer_asked_for() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("SIGN-HAND", "Rex")]));
    day.run_for(3 * HOUR).await;
    assert_eq!(day.alerts().await, [What::PlaceByHand]);
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "workshop").await);
    day.ctx.placed_by_hand(id, fulfilment, "W-1", &ann()).await.unwrap();
    assert_eq!(day.alerts().await, []);
}

/// A job that waits again keeps the earlier moment that was asked for while it ran.
#[tokio::test]
async fn what_was_asked_for_meanwhile_is_not_put_off() {
    let day = Day::new().await;
    let now = day.clock.now();
    let due: Result<Option<woodblock::model::time::Moment>, FlowError> = day
        .ctx
        .call(move |tx| {
            tx.execute("DELETE FROM jobs", &[])?;
            let asked = |run_at| NewJob {
                step: "track",
                key: "1".to_owned(),
                lane: Lane::Money,
                order: None,
                run_at,
                attempt_max: 60,
            };
            db::job::enqueue(tx, &asked(now))?;
            let lease = now.plus(HOUR);
            let job = db::job::claim(tx, db::job::Lanes::All, lease)?.unwrap();
            db::job::enqueue(tx, &asked(now.plus(MINUTE)))?;
            db::job::snooze(tx, &job, now.plus(HOUR))?;
            Ok(db::job::next_at(tx)?)
        })
        .await;
    assert_eq!(due.unwrap(), Some(now.plus(MINUTE)));
}

/// Quality control looked at one picture, and another took its place: the yes does not count for it.
#[tokio::test]
async fn a_yes_counts_for_what_was_looked_at() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("PROOFED", "Rex")]));
    day.run_for(MINUTE).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let by_ann = || Actor::Person("ann".to_owned());
    let first = day.order(order).await.items[0].facts.seal(1);
    amend::amend(&day.ctx, id, item, name("Max"), by_ann()).await.unwrap();
    day.run_for(MINUTE).await;
    let facts = day.order(order).await.items[0].facts.clone();
    let second = facts.seal(2);
    assert!(review::pass(&day.ctx, id, (item, first.clone()), by_ann()).await.is_err());
    review::pass(&day.ctx, id, (item, second.clone()), by_ann()).await.unwrap();
    assert!(review::approve(&day.ctx, id, (item, first), by_ann()).await.is_err());
    review::approve(&day.ctx, id, (item, second), by_ann()).await.unwrap();
    assert_eq!(day.order(order).await.items[0].state, ItemState::Ready);
    // Drawn again to other bytes, the same revision is looked at anew.
    let other = |file: &PrintFile| PrintFile { hash: Hash::of(b"another one"), ..file.clone() };
    let files: Vec<PrintFile> = facts.files_of(2).map(other).collect();
    let changed = day.ctx.call(move |tx| {
        db::file::touch(tx, &files[0].hash, 1, "print")?;
        let (rules, pace) = (Rules::default(), Pace::default());
        let with = With { actor: &Actor::Program, rules: &rules, pace: &pace };
        let mut locked = db::order::lock(tx, id)?;
        transition(tx, &mut locked, Event::ArtworkForgotten(item), with)?;
        transition(tx, &mut locked, Event::ArtworkMade(item, 2, files.clone()), with)
    });
    changed.await.unwrap();
    assert_eq!(day.order(order).await.items[0].state, ItemState::AwaitingCheck);
}

/// What was cancelled before it was made is not made twice by ordering it again, nor refunded goods.
#[tokio::test]
async fn what_was_never_made_is_not_ordered_again() {
    let day = Day::new().await;
    let off = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let part = day.shop.customer_buys(cart(vec![named("MUG", "Max"), named("MUG", "Ada")]));
    day.run_for(HOUR).await;
    day.shop.customer_cancels(off);
    day.shop.merchant_refunds(part, day.shop.lines(part)[0], 1);
    day.run_for(8 * DAYS).await;
    for order in [off, part] {
        let (id, item) = (day.id(order).await, day.item(order, 0).await);
        let again = day.ctx.reprint(id, vec![(item, 1)], "asked for", &ann()).await;
        assert!(again.is_err(), "{:?}", day.states(order).await);
    }
    assert_eq!(day.order(off).await.state, State::Cancelled);
    assert_eq!(day.order(part).await.state, State::Closed);
}

/// A correction whose answer is lost may be what is printed: a person compares.
#[tokio::test]
async fn a_correction_without_an_answer_is_told() {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.start = Start::After(5 * HOUR));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Evv")]));
    day.run_for(3 * HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let fulfilment = day.fulfilment(order, "shineon").await;
    day.world.fault_on(Call::Correct, Fault::AcceptAndLoseAnswer);
    let corrected = correct::run(&day.ctx, id, fulfilment, item, name("Eve"), &ann()).await;
    assert!(corrected.is_err());
    assert_eq!(day.problems(order).await, [What::ContentDiffers]);
}

/// An order from elsewhere has the shop's numbers by chance: it goes under a reference of its own.
#[tokio::test]
async fn an_order_from_elsewhere_has_its_own_reference() {
    let day = Day::new().await;
    day.shop.number_orders_from(1);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let told = day.shop.peek(order).unwrap();
    let told = ShopOrder { number: "ETSY-1".to_owned(), key: "etsy".to_owned(), ..told };
    let taken = elsewhere::enter(&day.ctx, day.shop_id, "etsy", told).await.unwrap();
    let Taken::New(etsy) = taken else { panic!("{taken:?}") };
    assert_eq!(etsy.0, order.0, "by chance");
    day.run_for(3 * HOUR).await;
    let load = move |tx: &db::Tx<'_>| Ok(db::order::load(tx, etsy)?);
    let loaded: Result<Order, FlowError> = day.ctx.read(load).await;
    let fulfilment = loaded.unwrap().fulfilments[0].id;
    day.ctx.press_submit(etsy, fulfilment, &ann()).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.customcat.ledger().len(), 2);
}

/// A mail that is refused for good is told on the page, and not by yet another mail.
#[tokio::test]
async fn a_refused_mail_is_told() {
    let day = Day::new().await;
    day.world.fault_on(Call::Mail, Fault::MailRefused);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "\u{1d504}")]));
    day.run_for(HOUR).await;
    assert_eq!(day.problems(order).await, [What::GlyphMissing]);
    let mut alerts = day.alerts().await;
    alerts.sort_by_key(|what| what.code());
    assert_eq!(alerts, [What::GlyphMissing, What::JobFailed]);
    assert_eq!(day.world.mailer().received().len(), 0);
}

/// The shop does not answer for hours: people are mailed, once, and it clears by itself.
#[tokio::test]
async fn a_shop_that_stays_away_is_mailed() {
    let day = Day::new().await;
    for _ in 0..1_000 {
        day.world.fault_on(Call::ShopList, Fault::ShopUnclear);
    }
    day.run_for(3 * HOUR).await;
    assert_eq!(day.mails_about("should have happened"), 1);
    day.world.forget_faults();
    day.run_for(3 * DAYS).await;
    assert_eq!(day.mails_about("should have happened"), 1);
    assert_eq!(day.alerts().await, []);
}

/// An order that is changed while the shop's list is read does not hide another one.
#[tokio::test]
async fn a_list_that_moves_while_it_is_read_hides_nothing() {
    let day = moving::day().await;
    let orders: Vec<ShopOrderId> = (0..6)
        .map(|nth| {
            day.clock.set(day.clock.now().plus(HOUR));
            day.shop.customer_buys(cart(vec![named("MUG", &format!("N{nth}"))]))
        })
        .collect();
    let _ = day.world.take_deliveries(day.clock.now());
    day.world.fault_times(50, Fault::WebhookDropped);
    day.run_for(2 * HOUR).await;
    for order in orders {
        assert_eq!(day.order(order).await.state, State::Open);
    }
}

mod moving {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use woodblock::flow::ctx::ShopSeat;
    use woodblock::model::id::ShopOrderId;
    use woodblock::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
    use woodblock::model::time::Moment;
    use woodblock::outside::shop::{NoteTo, Shop, ShopError};
    use woodblock::sandbox::WorldShop;
    use woodblock::sandbox::shop::ShopAct;

    use crate::common::*;

    /// The shop, whose merchant saves the first order as soon as a page of the list was read.
    struct Moving {
        inner: WorldShop,
        has_moved: AtomicBool,
    }

    pub async fn day() -> Day {
        let mut day = Day::with(Setting { poll_every: 24 * HOUR, ..Setting::default() }).await;
        day.shop.set_per_page(2);
        let seat = day.ctx.shops[&day.shop_id].clone();
        let inner = day.shop.clone();
        let shop = Arc::new(Moving { inner, has_moved: AtomicBool::new(false) });
        let seats = BTreeMap::from([(day.shop_id, ShopSeat { shop, ..seat })]);
        day.ctx.shops = Arc::new(seats);
        day
    }

    #[async_trait]
    impl Shop for Moving {
        async fn list_changed(&self, since: Moment, page: u32) -> Result<ChangedPage, ShopError> {
            let found = self.inner.list_changed(since, page).await?;
            if let Some(first) = found.orders.first()
                && !self.has_moved.swap(true, Ordering::SeqCst)
            {
                self.inner.act(first.id, ShopAct::Saves);
            }
            Ok(found)
        }
        async fn list_changed_in(
            &self,
            statuses: &[String],
            since: Moment,
            page: u32,
        ) -> Result<ChangedPage, ShopError> {
            self.inner.list_changed_in(statuses, since, page).await
        }
        async fn order(&self, id: ShopOrderId) -> Result<ShopOrder, ShopError> {
            self.inner.order(id).await
        }
        async fn set_status(&self, id: ShopOrderId, status: &str) -> Result<(), ShopError> {
            self.inner.set_status(id, status).await
        }
        async fn add_note(&self, id: ShopOrderId, text: &str, to: NoteTo) -> Result<(), ShopError> {
            self.inner.add_note(id, text, to).await
        }
        async fn write_tracking(
            &self,
            id: ShopOrderId,
            parcels: &[ShopParcel],
        ) -> Result<(), ShopError> {
            self.inner.write_tracking(id, parcels).await
        }
        async fn write_meta(
            &self,
            id: ShopOrderId,
            meta: &[(String, String)],
        ) -> Result<(), ShopError> {
            self.inner.write_meta(id, meta).await
        }
        async fn check(&self) -> Result<Vec<String>, ShopError> {
            self.inner.check().await
        }
    }
}

/// Mapping a product, or adding the design that a row names, is the cure by itself.
#[tokio::test]
async fn mapping_lifts_the_hold_without_another_press() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "REX"), named("NEW", "MAX")]));
    day.run_for(MINUTE).await;
    assert_eq!(day.problems(order).await, [What::LineUnmapped]);
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
    let row = (Matches::Sku("NEW".to_owned()), made);
    woodblock::flow::furnish::map_products(&day.ctx, day.shop_id, vec![row]).await.unwrap();
    day.run_for(MINUTE).await;
    assert_eq!(day.problems(order).await, []);
    day.run_for(5 * HOUR).await;
    let mut printed = day.printed(&day.customcat);
    printed.sort();
    assert_eq!(printed, ["1 × name=MAX", "1 × name=REX"]);
}

/// What was placed by hand and cannot be made is given up; the shop is not told that it was sent.
#[tokio::test]
async fn what_was_placed_by_hand_can_be_given_up() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("SIGN-HAND", "REX")]));
    day.run_for(3 * HOUR).await;
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "workshop").await);
    day.ctx.placed_by_hand(id, fulfilment, "H-1", &ann()).await.unwrap();
    assert_eq!(day.states(order).await, ["workshop in_production"]);
    day.ctx.give_up(id, fulfilment, &ann()).await.unwrap();
    assert_eq!(day.states(order).await, ["workshop cancelled"]);
    day.run_for(3 * HOUR).await;
    assert_ne!(day.shop.status(order), "completed");

    let made = day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    day.run_for(3 * HOUR).await;
    let (id, fulfilment) = (day.id(made).await, day.fulfilment(made, "customcat").await);
    let refused = day.ctx.give_up(id, fulfilment, &ann()).await.unwrap_err().to_string();
    assert!(refused.contains("ask the provider to cancel it"), "{refused}");
    assert_eq!(day.states(made).await, ["customcat in_production"]);
}

/// Look-ups of a lost answer failed for good: once the hold is lifted they go on, and find it.
#[tokio::test]
async fn look_ups_go_on_after_their_hold_is_lifted() {
    let day = Day::new().await;
    day.world.fault_on(Call::Submit, Fault::AcceptAndLoseAnswer);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    // The first look-up is the one before it is sent.
    for nth in 2..=61 {
        day.world.fault_at(Call::Find, nth, Fault::AskUnclear);
    }
    day.run_for(5 * DAYS).await;
    assert_eq!(day.states(order).await, ["customcat submitting/unknown"]);
    assert_eq!(day.problems(order).await, [What::JobFailed]);
    let (id, hold) = (day.id(order).await, day.hold_of(order, What::JobFailed).await);
    day.ctx.release(id, hold, &ann()).await.unwrap();
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(order).await, ["customcat shipped"]);
    assert_eq!(day.customcat.ledger().len(), 1, "nothing was sent beside it");
}

/// Refused, given up, and there after all: what is ordered again does not go beside it.
#[tokio::test]
async fn a_sending_that_was_given_up_and_lives_is_not_sent_beside() {
    let day = Day::new().await;
    let refusal = Refusal {
        problem: Problem::new(What::Refused, "", "no"),
        reach: Reach::Order,
        suggestions: Vec::new(),
    };
    day.world.fault_on(Call::Submit, Fault::RefuseWith(refusal));
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(3 * HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let stored = day.order(order).await;
    let refused = &stored.fulfilments[0];
    day.ctx.give_up(id, refused.id, &ann()).await.unwrap();
    let seat = &day.ctx.providers[&refused.provider];
    let sent = payload::build(&stored, refused, &seat.rules, &day.ctx.rules).unwrap();
    let permit = SubmitPermit::new(Intent::recorded(sent.reference.clone(), 1));
    day.customcat.set(|settings| settings.start = Start::ByHand);
    day.customcat.submit(permit, &sent).await.unwrap();
    day.ctx.reprint(id, vec![(item, 1)], "wanted after all", &ann()).await.unwrap();
    day.run_for(3 * HOUR).await;
    assert_eq!(day.problems(order).await, [What::ContentDiffers]);
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// The customer's text is taken away in the shop: the old one is not printed.
#[tokio::test]
async fn a_text_that_is_taken_away_in_the_shop_is_not_printed() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    day.shop.merchant_edits_line_meta(order, day.shop.lines(order)[0], "Name", "");
    day.shop.act(order, ShopAct::Saves);
    day.run_for(DAYS).await;
    assert_eq!(day.problems(order).await, [What::ValueMissing]);
    assert_eq!(day.customcat.ledger().len(), 0);
}
