//! Lives the days: one job at a time, with the invariants asked after each.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::check::Checks;
use super::trouble::{People, plan_faults};
use super::{Outcome, Plan};
use crate::common::stopping::{Stop, guarded};
use crate::common::*;
use woodblock::db;
use woodblock::flow::ctx::Rules;
use woodblock::flow::{Ctx, worker};
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::{ParcelPlan, Start};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// After the last customer so much time passes without faults, in which everything comes to rest.
const REST: Duration = Duration::from_secs(12 * 24 * 3_600);
/// Boundaries between two crashes, on the average.
const BOUNDARIES_BETWEEN_CRASHES: u64 = 6_000;
/// One moment gets the world no further than this many jobs.
const JOBS_PER_MOMENT_MAX: u32 = 50_000;

/// Everything of one simulated shop.
pub struct Life {
    pub day: Day,
    pub rng: ChaCha12Rng,
    pub outcome: Outcome,
    pub checks: Checks,
    pub people: People,
    whole: Ctx,
    stop: Arc<Stop>,
}

/// Simulates one shop.
pub async fn run(plan: Plan) -> Outcome {
    let mut life = Life::new(plan.seed).await;
    let mut end = start();
    for _ in 0..plan.days {
        end = end.plus(DAY);
        life.buy(plan.orders_per_day, end);
        life.live_until(end, Trouble::Yes).await;
        if !life.outcome.violations.is_empty() {
            return life.finish().await;
        }
    }
    life.live_until(end.plus(REST), Trouble::No).await;
    life.checks.at_rest(&life.day, &life.people, &mut life.outcome).await;
    life.finish().await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Yes,
    No,
}

impl Life {
    async fn new(seed: u64) -> Life {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let rules = Rules { watch_every: 20 * MINUTE, ..rules() };
        let setting = Setting {
            seed,
            rules,
            poll_every: 20 * MINUTE,
            track_every: 3 * HOUR,
            ..Setting::default()
        };
        let day = Day::with(setting).await;
        for provider in [&day.customcat, &day.shineon] {
            let (making, visible_s, gap) =
                (rng.random_range(1..30), rng.random_range(0..600), rng.random_range(1..20));
            let is_split = rng.random_bool(0.4);
            provider.set(|settings| {
                settings.start = Start::After(3 * HOUR);
                settings.making = HOUR * making;
                // Less than the settle time, as the adapters promise.
                settings.visible_after = Duration::from_secs(visible_s);
                if is_split {
                    settings.parcels = ParcelPlan::Two { gap: HOUR * gap };
                }
            });
        }
        let whole = day.ctx.clone();
        let stop = Stop::at(u64::MAX);
        let mut life = Life {
            day,
            rng,
            outcome: Outcome::default(),
            checks: Checks::default(),
            people: People::default(),
            whole,
            stop,
        };
        life.arm();
        life
    }

    /// The next crash comes at a random boundary.
    fn arm(&mut self) {
        let at = self.rng.random_range(1..2 * BOUNDARIES_BETWEEN_CRASHES);
        self.stop = Stop::at(at);
        self.day.ctx = guarded(&self.whole, &self.stop);
    }

    fn disarm(&mut self) {
        self.stop = Stop::at(u64::MAX);
        self.day.ctx = self.whole.clone();
    }

    fn buy(&mut self, orders: u32, end: Moment) {
        let day_ms = u64::try_from(DAY.as_millis()).unwrap();
        for _ in 0..orders {
            let before = Duration::from_millis(self.rng.random_range(1..day_ms));
            self.people.somebody_buys(&self.day, &mut self.rng, end.minus(before));
            self.outcome.orders += 1;
        }
    }

    async fn live_until(&mut self, end: Moment, trouble: Trouble) {
        if trouble == Trouble::No {
            self.disarm();
            self.day.world.forget_faults();
        }
        let mut next_trouble = self.day.clock.now();
        while self.day.clock.now() < end {
            if trouble == Trouble::Yes && next_trouble <= self.day.clock.now() {
                plan_faults(&self.day, &mut self.rng);
                next_trouble = next_trouble.plus(20 * MINUTE);
                self.somebody_acts().await;
            } else if trouble == Trouble::No && next_trouble <= self.day.clock.now() {
                next_trouble = next_trouble.plus(6 * HOUR);
                self.people.settle_everything(&self.day, &mut self.outcome).await;
            }
            self.work().await;
            if !self.outcome.violations.is_empty() {
                return;
            }
            let moments =
                [worker::next_wakeup(&self.whole).await.unwrap(), self.day.world.next_event()];
            let at = moments.into_iter().flatten().chain([next_trouble, end]).min();
            let now = self.day.clock.now();
            self.day.clock.set(at.unwrap_or(end).min(end).max(now));
            self.day.world.play(self.day.clock.now());
        }
        self.checks.every_order(&self.day, &mut self.outcome).await;
    }

    /// Runs everything that is due at this moment.
    async fn work(&mut self) {
        for _ in 0..JOBS_PER_MOMENT_MAX {
            let stop = self.stop.clone();
            let step = async {
                self.day.deliver().await;
                worker::run_due(&self.day.ctx, db::job::Lanes::All, None, || false).await.unwrap()
            };
            let ran = tokio::select! {
                biased;
                ran = step => Some(ran),
                () = stop.stopped.notified() => None,
            };
            match ran {
                Some(0) => return,
                Some(jobs) => self.outcome.jobs += jobs as u64,
                None => self.crash().await,
            }
            self.checks.after_event(&self.day, &self.people, &mut self.outcome).await;
            if !self.outcome.violations.is_empty() {
                return;
            }
        }
        self.outcome.violations.push("a moment never comes to rest".to_owned());
    }

    async fn crash(&mut self) {
        *self.outcome.fired.entry("crash".to_owned()).or_default() += 1;
        assert!(0 < self.stop.passed.load(Ordering::SeqCst));
        self.disarm();
        let later = Duration::from_secs(self.rng.random_range(1..600));
        self.day.clock.set(self.day.clock.now().plus(later));
        worker::recover(&self.whole).await.unwrap();
        self.arm();
    }

    async fn somebody_acts(&mut self) {
        let stop = self.stop.clone();
        let acting = self.people.somebody_acts(&self.day, &mut self.rng, &mut self.outcome);
        let stopped = tokio::select! {
            biased;
            () = acting => false,
            () = stop.stopped.notified() => true,
        };
        if stopped {
            self.crash().await;
        }
        self.checks.after_event(&self.day, &self.people, &mut self.outcome).await;
    }

    async fn finish(mut self) -> Outcome {
        for (call, fault) in self.day.world.fired() {
            let fault = format!("{fault:?}");
            let word = fault.split(['(', ' ', '{']).next().unwrap_or("").to_owned();
            *self.outcome.fired.entry(format!("{call:?}: {word}")).or_default() += 1;
        }
        let edges = self.whole.read(|tx| Ok(db::audit::edges(tx)?)).await.unwrap();
        let mut told = String::new();
        for (event, from, to) in edges {
            let first = |words: &str| words.split(" until").next().unwrap_or("").to_owned();
            let edge = format!("{} –{event}→ {}", first(&from), first(&to));
            told += &edge;
            *self.outcome.edges.entry(edge).or_default() += 1;
        }
        self.outcome.submissions = self.day.world.ledger().len() as u64;
        let trace = format!("{}{told}", self.day.world.trace_hash());
        self.outcome.trace = woodblock::model::id::Hash::of(trace.as_bytes()).to_string();
        self.outcome
    }
}
