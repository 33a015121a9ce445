//! Lives the days: one job at a time, with the invariants asked after each.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::check::Checks;
use super::disk::Disk;
use super::haste::Haste;
use super::providers;
use super::trouble::{People, Promise, clock_jumps, plan_faults};
use super::{Outcome, Plan};
use crate::common::stopping::{Stop, guarded};
use crate::common::*;
use woodblock::db;
use woodblock::flow::ctx::Rules;
use woodblock::flow::{Ctx, FlowError, intake, worker};
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::{ParcelPlan, Start};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// After the last customer so much time passes without faults, in which everything comes to rest.
const REST: Duration = Duration::from_secs(12 * 24 * 3_600);
/// Boundaries between two crashes, on the average.
const BOUNDARIES_BETWEEN_CRASHES: u64 = 2_000;
/// One moment gets the world no further than this many jobs.
const JOBS_PER_MOMENT_MAX: u32 = 3_000;

/// Everything of one simulated shop.
pub struct Life {
    pub day: Day,
    pub rng: ChaCha12Rng,
    pub outcome: Outcome,
    pub checks: Checks,
    pub people: People,
    whole: Ctx,
    stop: Arc<Stop>,
    disk: Arc<Disk>,
    promise: Promise,
    haste: Arc<Haste>,
    /// Whether nothing gets on because the disk has no room.
    is_waiting_for_room: bool,
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
        let promise = if rng.random_bool(0.3) { Promise::Broken } else { Promise::Kept };
        for provider in [&day.customcat, &day.shineon] {
            let (making, visible_s, gap) =
                (rng.random_range(1..30), rng.random_range(0..600), rng.random_range(1..20));
            let is_split = rng.random_bool(0.4);
            provider.set(|settings| {
                settings.start = Start::After(3 * HOUR);
                settings.making = HOUR * making;
                settings.visible_after = Duration::from_secs(match promise {
                    // Less than the settle time, as the adapters promise.
                    Promise::Kept => visible_s,
                    Promise::Broken => 930,
                });
                if is_split {
                    settings.parcels = ParcelPlan::Two { gap: HOUR * gap };
                }
            });
        }
        let disk = Disk::new(seed, day.files.clone(), day.clock.clone());
        let (of_commits, of_providers) = (Arc::clone(&disk), Arc::clone(&disk));
        day.ctx.db.set_fates(Arc::new(move || of_commits.fate()));
        day.world.serve_files_with(move |url: &str| {
            let name = url.rsplit('/').next()?;
            of_providers.served(&woodblock::model::id::Hash::parse(name.split('.').next()?)?)
        });
        let whole = Ctx { files: disk.clone(), room: disk.clone(), ..day.ctx.clone() };
        let haste = Arc::new(Haste::new(seed, whole.clone()));
        let stop = Stop::at(u64::MAX);
        let mut life = Life {
            day,
            rng,
            outcome: Outcome::default(),
            checks: Checks::default(),
            people: People::default(),
            whole,
            stop,
            disk,
            promise,
            haste,
            is_waiting_for_room: false,
        };
        life.arm();
        life
    }

    /// The next crash comes at a random boundary.
    fn arm(&mut self) {
        let at = self.rng.random_range(1..2 * BOUNDARIES_BETWEEN_CRASHES);
        self.stop = Stop::at(at);
        // The worst moment of all comes more often than chance would have it.
        *self.stop.meanwhile.lock().unwrap() = Some(self.haste.clone());
        self.stop.after_submission.store(self.rng.random_bool(0.3), Ordering::SeqCst);
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
            self.disk.mend();
            self.day.set_clock_wrong(0);
        }
        let mut next_trouble = self.day.clock.now();
        while self.day.clock.now() < end {
            if trouble == Trouble::Yes && next_trouble <= self.day.clock.now() {
                plan_faults(&self.day, &mut self.rng, self.promise);
                self.disk.plan();
                if self.promise == Promise::Kept
                    && let Some(what) = clock_jumps(&self.day, &mut self.rng)
                {
                    *self.outcome.fired.entry(what.to_owned()).or_default() += 1;
                }
                next_trouble = next_trouble.plus(20 * MINUTE);
                let (checks, outcome) = (&mut self.checks, &mut self.outcome);
                checks.known_in_time(&self.day, &self.people, outcome).await;
                if !self.is_waiting_for_room {
                    checks.nothing_hangs(&self.day, outcome).await;
                }
                if let Some(what) = providers::somebody_acts(&self.day, &mut self.rng) {
                    *self.outcome.acts.entry(what.to_owned()).or_default() += 1;
                }
                self.somebody_acts().await;
            } else if trouble == Trouble::No && next_trouble <= self.day.clock.now() {
                next_trouble = next_trouble.plus(6 * HOUR);
                self.people.settle_everything(&self.day, &mut self.outcome).await;
            }
            self.work().await;
            if !self.outcome.violations.is_empty() {
                return;
            }
            let now = self.day.clock.now();
            let due = worker::next_wakeup(&self.whole).await.unwrap().map(|at| self.in_world(at));
            let due = match self.is_waiting_for_room {
                true => Some(now.plus(MINUTE)),
                false => due,
            };
            let moments = [due, self.day.world.next_event()];
            let at = moments.into_iter().flatten().chain([next_trouble, end]).min();
            self.day.clock.set(at.unwrap_or(end).min(end).max(now));
            self.day.world.play(self.day.clock.now());
        }
        let can_tell = !self.is_waiting_for_room;
        self.checks.every_order(&self.day, can_tell, &mut self.outcome).await;
    }

    /// A moment of the program's clock on that of the world.
    fn in_world(&self, at: Moment) -> Moment {
        Moment::from_unix_ms(at.unix_ms() - self.day.clock_ahead_ms())
    }

    /// Runs everything that is due at this moment.
    async fn work(&mut self) {
        self.is_waiting_for_room = false;
        for _ in 0..JOBS_PER_MOMENT_MAX {
            let stop = self.stop.clone();
            let (day, checks) = (&self.day, &mut self.checks);
            let step = async {
                deliver(day, checks).await;
                worker::run_due(&day.ctx, db::job::Lanes::All, None, || false).await
            };
            let ran = tokio::select! {
                biased;
                ran = step => Some(ran),
                () = stop.stopped.notified() => None,
            };
            match ran {
                _ if self.day.ctx.db.why_broken().is_some() => self.crash("disk failed").await,
                Some(Ok(ran)) if ran.jobs == 0 => return,
                Some(Ok(ran)) => self.outcome.jobs += ran.jobs as u64,
                Some(Err(error)) if error.is_full() => self.is_waiting_for_room = true,
                Some(Err(error)) => {
                    self.outcome.violations.push(format!("the worker ended: {error}"));
                }
                None => self.crash("crash").await,
            }
            self.check().await;
            if self.is_waiting_for_room || !self.outcome.violations.is_empty() {
                return;
            }
        }
        self.outcome.violations.push("a moment never comes to rest".to_owned());
    }

    async fn check(&mut self) {
        self.checks.after_event(&self.day, &self.people, &self.disk, &mut self.outcome).await;
    }

    /// The program ends, and is started again until it runs: its disk may fail once more.
    async fn crash(&mut self, why: &str) {
        *self.outcome.fired.entry(why.to_owned()).or_default() += 1;
        // What stood in memory alone is gone.
        self.whole = Ctx { gate: Arc::default(), pulse: Arc::default(), ..self.whole.clone() };
        let mut later = Duration::from_secs(self.rng.random_range(1..600));
        for _ in 0..JOBS_PER_MOMENT_MAX {
            self.disarm();
            self.day.clock.set(self.day.clock.now().plus(later));
            self.whole.db.begin_anew();
            self.arm();
            let (stop, ctx) = (self.stop.clone(), self.day.ctx.clone());
            let started = tokio::select! {
                biased;
                started = worker::recover(&ctx) => started,
                () = stop.stopped.notified() => Err(FlowError::NotNow("crash".to_owned())),
            };
            match started {
                Ok(()) => {
                    self.checks.acknowledged_is_kept(&self.day, &mut self.outcome).await;
                    return;
                }
                Err(error) => {
                    let is_disk = self.whole.db.why_broken().is_some() || error.is_full();
                    let word = if is_disk { "disk fails at a start" } else { "crash at a start" };
                    *self.outcome.fired.entry(word.to_owned()).or_default() += 1;
                }
            }
            later = MINUTE;
        }
        self.outcome.violations.push("it never starts again".to_owned());
    }

    async fn somebody_acts(&mut self) {
        let stop = self.stop.clone();
        let (day, checks) = (&self.day, &mut self.checks);
        let acting = self.people.somebody_acts(day, &mut self.rng, checks, &mut self.outcome);
        let stopped = tokio::select! {
            biased;
            () = acting => false,
            () = stop.stopped.notified() => true,
        };
        match (stopped, self.day.ctx.db.why_broken().is_some()) {
            (_, true) => self.crash("disk failed").await,
            (true, false) => self.crash("crash").await,
            (false, false) => {}
        }
        self.check().await;
    }

    async fn finish(mut self) -> Outcome {
        for (call, fault) in self.day.world.fired() {
            let fault = format!("{fault:?}");
            let word = fault.split(['(', ' ', '{']).next().unwrap_or("").to_owned();
            *self.outcome.fired.entry(format!("{call:?}: {word}")).or_default() += 1;
        }
        self.outcome.acts.insert("edits during a job".to_owned(), self.haste.edits());
        for (what, count) in self.disk.fired() {
            self.outcome.fired.insert(what, count);
        }
        if let Some(order) = self.outcome.suspect {
            let lines = self.whole.read(move |tx| Ok(db::history::of_order(tx, order)?)).await;
            let in_words = |line: db::history::HistoryLine| {
                let (who, states) = (line.actor.text(), format!("{} → {}", line.from, line.to));
                format!("{} {who} {} {} {states} {}", line.at, line.subject, line.event, line.note)
            };
            self.outcome.story = lines.unwrap().into_iter().map(in_words).collect();
            // What runs for ever, and what went wrong: the cause is often there.
            let jobs = self.whole.read(|tx| Ok(db::job::open_and_failed(tx)?)).await.unwrap();
            let troubled = jobs.iter().filter(|job| {
                matches!(&*job.step, "watchdog" | "poll" | "recover") || !job.errors.is_empty()
            });
            self.outcome.story.extend(troubled.map(|job| format!("{job:?}")));
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

/// The shop delivers its webhooks; what is answered with 200 is acknowledged. What cannot be stored is
/// answered with 503, and the shop does not say it again.
async fn deliver(day: &Day, checks: &mut Checks) {
    for call in day.world.take_deliveries(day.clock.now()) {
        let delivery = day.delivery(&call);
        if intake::accept(&day.ctx, delivery.clone()).await.is_ok() {
            checks.acknowledge(&delivery);
        }
    }
}
