//! Submissions of which a fifth get no clear answer: none is made twice, and none needs a person.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::common::*;
use woodblock::db;
use woodblock::flow::ctx::Rules;
use woodblock::flow::limits::Limits;
use woodblock::model::fulfilment::{Stage, State};
use woodblock::model::order::{Fulfilment, Order};
use woodblock::model::problem::What;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Call, Fault};

/// Orders of one world. Small worlds keep ledgers, histories and traces short.
pub const ORDERS_EACH: u64 = 200;
/// Orders arrive so far apart.
const APART: Duration = Duration::from_secs(20);
/// The submit delay of the tests' shop, and then as much time as look-ups and new attempts need.
const REST: Duration = Duration::from_secs(14 * 3_600);
/// Of the submissions so many get no clear answer.
const UNCLEAR: f64 = 0.2;
/// Look-ups that miss in one world. Fewer than the look-ups that prove an absence: a provider that
/// misses an order again and again after its settle time breaks its promise.
const MISSES: u64 = 2;
/// The settle time of the world's providers is 900 s.
const VISIBLE_AFTER_MAX_S: u64 = 880;

/// What came of some worlds.
#[derive(Debug, Default)]
pub struct Figures {
    /// Orders that were bought; each is one fulfilment.
    pub orders: u64,
    /// Requests that left for a provider.
    pub requests: u64,
    /// Orders that providers accepted.
    pub accepted: u64,
    /// Faults that fired, with how often.
    pub fired: BTreeMap<String, u64>,
    /// Fulfilments with at least one answer that was lost …
    pub unclear: u64,
    /// … and those of them that wait for a person.
    pub for_person: u64,
    /// References under which more than one order is made.
    pub doubled: Vec<String>,
    /// What is wrong else, in words.
    pub wrong: Vec<String>,
}

impl Figures {
    /// Adds another run.
    pub fn add(&mut self, other: Figures) {
        self.orders += other.orders;
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.unclear += other.unclear;
        self.for_person += other.for_person;
        self.doubled.extend(other.doubled);
        self.wrong.extend(other.wrong);
        for (word, count) in other.fired {
            *self.fired.entry(word).or_default() += count;
        }
    }

    /// In how many of a thousand unclear answers nobody was needed.
    pub fn settled_permille(&self) -> f64 {
        let alone = self.unclear - self.for_person;
        if self.unclear == 0 { 1_000.0 } else { 1_000.0 * alone as f64 / self.unclear as f64 }
    }

    /// One line for people.
    pub fn in_words(&self) -> String {
        let fired: Vec<String> =
            self.fired.iter().map(|(word, count)| format!("{count} {word}")).collect();
        format!(
            "{} orders, {} requests, {} accepted; {}; {} orders had unclear answers, {} of them \
             wait for a person ({:.2} % settled alone); {} doubled, {} wrong",
            self.orders,
            self.requests,
            self.accepted,
            fired.join(", "),
            self.unclear,
            self.for_person,
            self.settled_permille() / 10.0,
            self.doubled.len(),
            self.wrong.len()
        )
    }
}

/// One world of so many orders.
pub async fn run(seed: u64, orders: u64) -> Figures {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let limits = Limits { jump_times: 0, ..Limits::default() };
    let rules = Rules { limits, watch_every: HOUR, ..rules() };
    let day = Day::with(Setting {
        seed,
        rules,
        poll_every: 24 * HOUR,
        track_every: 24 * HOUR,
        ..Setting::default()
    })
    .await;
    let visible_s = if rng.random_bool(0.5) { rng.random_range(1..VISIBLE_AFTER_MAX_S) } else { 0 };
    for provider in [&day.customcat, &day.shineon] {
        provider.set(|settings| {
            settings.start = Start::After(240 * HOUR);
            settings.visible_after = Duration::from_secs(visible_s);
        });
    }
    plan(&day, &mut rng, orders, visible_s);
    let mut bought = Vec::new();
    for nth in 0..orders {
        let sku = if rng.random_bool(0.5) { "MUG" } else { "PENDANT" };
        let cart = cart(vec![named(sku, &format!("Rex {nth}"))]);
        let who = a_recipient(usize::try_from(nth).unwrap());
        bought.push(day.shop.customer_buys(cart.to(who)));
        day.run_for(APART).await;
    }
    day.run_for(REST).await;
    let mut figures = Figures { orders, ..Figures::default() };
    count(&day, seed, &mut figures);
    for shop_order in bought {
        judge(&day, seed, &day.order(shop_order).await, &mut figures).await;
    }
    figures
}

/// Every request has the same chance of an unclear answer, the first as well as a repeated one.
fn plan(day: &Day, rng: &mut ChaCha12Rng, orders: u64, visible_s: u64) {
    for nth in 1..=2 * orders {
        if rng.random_bool(UNCLEAR) {
            let fault = match rng.random_bool(0.5) {
                true => Fault::AcceptAndLoseAnswer,
                false => Fault::NeverArrives,
            };
            day.world.fault_at(Call::Submit, nth, fault);
        }
    }
    if visible_s == 0 {
        for _ in 0..MISSES {
            let nth = rng.random_range(1..2 * orders);
            day.world.fault_at(Call::Find, nth, Fault::FindMisses);
        }
    }
}

fn count(day: &Day, seed: u64, figures: &mut Figures) {
    figures.requests = day.world.asked(Call::Submit);
    figures.accepted = day.world.ledger().len() as u64;
    for (_, fault) in day.world.fired() {
        *figures.fired.entry(format!("{fault:?}")).or_default() += 1;
    }
    figures.doubled.extend(
        day.world.double_charges().into_iter().map(|one| format!("seed {seed}: {one} is doubled")),
    );
    let misprints = day.world.misprints();
    figures.wrong.extend(misprints.iter().map(|url| format!("seed {seed}: {url} is misprinted")));
}

/// Each order is at its provider exactly once, or a person's.
async fn judge(day: &Day, seed: u64, order: &Order, figures: &mut Figures) {
    let id = order.id;
    let story =
        day.ctx.read(move |tx| Ok::<_, woodblock::flow::FlowError>(db::history::of_order(tx, id)?));
    let was_unclear = story.await.unwrap().iter().any(|line| line.event == "answer_lost");
    figures.unclear += u64::from(was_unclear);
    let [one] = order.fulfilments.as_slice() else {
        figures.wrong.push(format!("seed {seed}: order {} has no one fulfilment", order.number));
        return;
    };
    let reference = one.reference.as_ref().map_or("", |reference| reference.as_str());
    let book = if one.provider_name == "customcat" { &day.customcat } else { &day.shineon };
    let made = book.ledger_of(reference).len();
    match (&one.state, made) {
        (State::InProduction, 1) => {}
        (State::Submitting { stage: Stage::Person }, 0 | 1) => figures.for_person += 1,
        // It never arrived, as often as it is sent without anybody's word: one in a hundred thousand.
        (State::Countdown { .. }, 0) if is_given_to_a_person(order, one) => {
            figures.for_person += 1;
        }
        (state, made) => figures.wrong.push(format!(
            "seed {seed}: order {} is {} at {}, and {made} are made",
            order.number,
            state_name(state),
            day.clock.now()
        )),
    }
}

/// Whether it waits for a person because a step failed for good.
fn is_given_to_a_person(order: &Order, fulfilment: &Fulfilment) -> bool {
    order.holds_on(fulfilment).iter().any(|hold| hold.problem.what == What::JobFailed)
}
