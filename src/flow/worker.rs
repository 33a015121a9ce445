//! The worker: claims a job, runs its step, and writes what came of it.

use std::time::Duration;

use crate::db::job::{Crashes, Lanes};
use crate::db::{self, Tx};
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, ItemId, MailId, OrderId, ProviderId, ShopId};
use crate::model::job::{Job, Lane};
use crate::model::problem::{Problem, What};
use crate::model::time::Moment;
use crate::outside::meter::Measured;

use super::ctx::{Ctx, FlowError, Outcome};
use super::transition::{Event, With, enqueue, transition};
use super::{
    artwork, compare, customer_note, hooks, intake, notify, poll, provider_hooks, recovery,
    rejected, release, resolve, shop_sync, submit, track, watchdog,
};

/// A job that took the process down this often while it ran alone is not run again (R6).
///
/// Where the program ended without it in between, somebody else ends it, and its own crashes prove less;
/// but two such jobs must not take turns for ever.
const CRASHES_MAX: Crashes = Crashes { alone: 2, among_others: 6 };
/// A job that ran alone when the program ended waits at most so long, while others go on.
const SUSPECT_PAUSE_MAX: Duration = Duration::from_secs(60);
/// A claim is worth this long; nothing runs longer.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// Longest pause before a step that runs for ever is tried again.
const PERIODIC_PAUSE_MAX: Duration = Duration::from_secs(600);
/// One tick runs this many jobs at most.
const JOBS_PER_TICK_MAX: usize = 100_000;

/// Picks up what was under way when the process ended, and asks for the periodic work.
pub async fn recover(ctx: &Ctx) -> Result<(), FlowError> {
    let pause = ctx.rules.watch_every.min(SUSPECT_PAUSE_MAX);
    let poison = ctx.call(move |tx| Ok(db::job::rescue(tx, CRASHES_MAX, pause)?)).await?;
    for job in poison {
        let shared = ctx.clone();
        ctx.call(move |tx| {
            fail(tx, &shared, &job, "it took the program down twice while nothing else ran")
        })
        .await?;
    }
    let lost = ctx.read(|tx| Ok(db::fulfilment::with_open_intent(tx)?)).await?;
    for (id, order) in lost {
        let why = "the program was stopped while it was sending";
        submit::answer_lost(ctx, order, id, why).await?;
    }
    super::correct::tell_lost(ctx, ctx.clock.now()).await?;
    ask_again(ctx).await
}

/// Asks for the work that comes again and again, of every shop and provider that is connected now.
pub async fn ask_again(ctx: &Ctx) -> Result<(), FlowError> {
    let shops: Vec<ShopId> = ctx.shops.keys().copied().collect();
    let providers =
        ctx.providers.iter().filter(|(_, seat)| !seat.provider.hook_topics().is_empty());
    let providers: Vec<ProviderId> = providers.map(|(id, _)| *id).collect();
    ctx.call(move |tx| {
        for provider in &providers {
            provider_hooks::ask(tx, *provider)?;
        }
        for shop in &shops {
            enqueue(tx, "poll", &shop.to_string(), Lane::Intake, None, Duration::ZERO)?;
            hooks::ask(tx, *shop)?;
            compare::ask(tx, *shop)?;
        }
        recovery::ask(tx)?;
        enqueue(tx, "watchdog", "all", Lane::Intake, None, Duration::ZERO)?;
        enqueue(tx, "sweep", "all", Lane::Intake, None, Duration::ZERO)
    })
    .await
}

/// Puts back what is under way when the program was told to stop and can wait no longer: it is picked
/// up at the next start, as if it had not begun.
pub async fn put_back(ctx: &Ctx) -> Result<usize, FlowError> {
    ctx.call(|tx| Ok(db::job::put_back(tx)?)).await
}

/// What a worker did, and what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// How many jobs it ran.
    pub jobs: usize,
    /// When the next job of any lane was due, as it stood at the last look; `None` when none waits.
    pub next_at: Option<Moment>,
}

/// Runs everything that is due, one after the other.
pub async fn tick(ctx: &Ctx) -> Result<Ran, FlowError> {
    let mut left = JOBS_PER_TICK_MAX;
    run_due(ctx, Lanes::All, None, || {
        left = left.saturating_sub(1);
        0 < left
    })
    .await
}

/// When there is something to do.
pub async fn next_wakeup(ctx: &Ctx) -> Result<Option<Moment>, FlowError> {
    ctx.read(|tx| Ok(db::job::next_at(tx)?)).await
}

/// Runs what is due, one job after the other, as long as `goes_on` says so after each. A worker with a
/// name is watched.
pub async fn run_due(
    ctx: &Ctx,
    lanes: Lanes,
    worker: Option<&str>,
    mut goes_on: impl FnMut() -> bool,
) -> Result<Ran, FlowError> {
    if let Some(worker) = worker {
        ctx.pulse.looks(worker, ctx.clock.now());
    }
    write_unwritten(ctx).await?;
    // A look costs less than a claim, and most of the time nothing is due.
    let (next_at, now) = ctx.read(|tx| Ok((db::job::next_at(tx)?, tx.now))).await?;
    if next_at.is_none_or(|at| now < at) {
        return Ok(Ran { jobs: 0, next_at });
    }
    let mut next = ctx.call(move |tx| claim(tx, Some(lanes))).await?;
    let mut done = 0;
    while let Next::Job(job) = next {
        if let Some(worker) = worker {
            let now = ctx.clock.now();
            ctx.pulse.begins(worker, &job, now, now.plus(LEASE));
        }
        let began = tokio::time::Instant::now();
        // A job keeps to its end the seats and rules that it began with.
        let ctx = ctx.latest();
        ctx.probe.pass(&format!("claimed {}", job.step)).await;
        let result = run_step(&ctx, &job).await;
        ctx.probe.pass(&format!("done {}", job.step)).await;
        ctx.pulse.meter.count(Measured::Step, &job.step, outcome_name(&result), began.elapsed());
        let wanted = goes_on().then_some(lanes);
        next = finish(&ctx, &job, result, wanted).await?;
        done += 1;
    }
    match next {
        Next::Waits(next_at) => Ok(Ran { jobs: done, next_at }),
        Next::Job(_) | Next::NotAsked => Ok(Ran { jobs: done, next_at: next_wakeup(ctx).await? }),
    }
}

/// What a worker finds when it looks for its next job.
enum Next {
    /// This one, claimed.
    Job(Job),
    /// Nothing for it now; the next job of any lane is due then.
    Waits(Option<Moment>),
    /// It did not look.
    NotAsked,
}

fn claim(tx: &Tx<'_>, lanes: Option<Lanes>) -> Result<Next, FlowError> {
    let Some(lanes) = lanes else { return Ok(Next::NotAsked) };
    let next_at = db::job::next_at(tx)?;
    if next_at.is_none_or(|at| tx.now < at) {
        return Ok(Next::Waits(next_at));
    }
    let claimed = db::job::claim(tx, lanes, tx.now.plus(LEASE))?;
    Ok(claimed.map_or(Next::Waits(next_at), Next::Job))
}

fn outcome_name(result: &Result<Outcome, FlowError>) -> &'static str {
    match result {
        Ok(Outcome::Done(_)) => "done",
        Ok(Outcome::Snooze(_)) => "snoozed",
        Ok(Outcome::Cancel(_)) | Err(FlowError::Illegal(_)) => "cancelled",
        Err(_) => "failed",
    }
}

async fn run_step(ctx: &Ctx, job: &Job) -> Result<Outcome, FlowError> {
    let number = || job.key.parse::<i64>().ok();
    let fulfilment = || number().map(FulfilmentId);
    match (job.step.as_str(), fulfilment()) {
        ("intake", _) => intake::run(ctx, &job.key).await,
        ("artwork", _) => artwork::run(ctx, &job.key).await,
        ("watchdog", _) => watchdog::run(ctx).await,
        ("sweep", _) => watchdog::sweep(ctx).await,
        ("poll", Some(id)) => poll::run(ctx, ShopId(id.0)).await,
        ("recover", _) => recovery::run(ctx).await,
        ("hooks", Some(id)) => hooks::run(ctx, ShopId(id.0)).await,
        ("compare", Some(id)) => compare::run(ctx, ShopId(id.0)).await,
        ("submit", Some(id)) => submit::run(ctx, id).await,
        ("resolve", Some(id)) => resolve::run(ctx, id).await,
        ("track", Some(id)) => track::run(ctx, id).await,
        (release::STEP, Some(id)) => release::run(ctx, id).await,
        ("rejected", Some(id)) => rejected::run(ctx, id).await,
        (provider_hooks::STEP, Some(id)) => provider_hooks::run(ctx, ProviderId(id.0)).await,
        ("cancel", Some(id)) => track::cancel(ctx, id).await,
        ("shop_sync", Some(id)) => shop_sync::run(ctx, OrderId(id.0)).await,
        (customer_note::STEP, Some(id)) => customer_note::run(ctx, id.0).await,
        ("mail", Some(id)) => notify::send(ctx, MailId(id.0)).await,
        (step, _) => Ok(Outcome::Cancel(format!("there is no step {step} for “{}”", job.key))),
    }
}

/// Whether a step runs for ever: it never fails for good, it only comes later.
fn is_periodic(step: &str) -> bool {
    matches!(
        step,
        "poll" | "watchdog" | "sweep" | "recover" | "hooks" | "compare" | provider_hooks::STEP
    )
}

/// What became of a job, while the disk had no room for it. After a restart such a job counts as one
/// that was running, and reads where its work stands.
pub(super) struct Unwritten {
    job: Job,
    end: End,
}

/// What becomes of a job that ran.
#[derive(Clone)]
enum End {
    /// It did its work, or its work is no longer wanted.
    Over,
    /// It got as far as it could, and comes again at this moment.
    Later(Moment),
    /// It comes again at this moment because this went wrong; it never fails for good.
    Troubled(Moment, String, Fault),
    /// Another attempt at this moment.
    Again(Moment, String),
    /// It failed for good.
    Failed(String),
}

/// Whose fault an error is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Ours,
    Theirs,
}

/// Writes what came of a job, and claims the next one in the same transaction.
async fn finish(
    ctx: &Ctx,
    job: &Job,
    result: Result<Outcome, FlowError>,
    lanes: Option<Lanes>,
) -> Result<Next, FlowError> {
    let end = match result {
        Ok(Outcome::Done(words) | Outcome::Cancel(words)) => over(job, &words),
        Ok(Outcome::Snooze(until)) => End::Later(until),
        Err(FlowError::Illegal(stale)) => over(job, &stale.to_string()),
        Err(error) => after_error(ctx, job, &error),
    };
    let written = put_end(ctx, job, &end, lanes).await;
    if written.as_ref().is_err_and(FlowError::is_full) {
        unwritten(ctx).push(Unwritten { job: job.clone(), end });
    }
    written
}

async fn put_end(ctx: &Ctx, job: &Job, end: &End, lanes: Option<Lanes>) -> Result<Next, FlowError> {
    let (job, end, shared) = (job.clone(), end.clone(), ctx.clone());
    ctx.call(move |tx| {
        write_end(tx, &shared, &job, &end)?;
        claim(tx, lanes)
    })
    .await
}

/// Writes down what the disk had no room for.
async fn write_unwritten(ctx: &Ctx) -> Result<(), FlowError> {
    loop {
        let Some(next) = unwritten(ctx).pop() else { return Ok(()) };
        let written = put_end(ctx, &next.job, &next.end, None).await;
        if written.as_ref().is_err_and(FlowError::is_full) {
            unwritten(ctx).push(next);
        }
        written?;
    }
}

fn unwritten(ctx: &Ctx) -> std::sync::MutexGuard<'_, Vec<Unwritten>> {
    ctx.pulse.unwritten.lock().expect("no holder of this lock panics")
}

fn over(job: &Job, words: &str) -> End {
    tracing::debug!(job.step = %job.step, job.key = %job.key, "{words}");
    End::Over
}

/// Another attempt after a growing pause; after the last one what it was about is held.
fn after_error(ctx: &Ctx, job: &Job, error: &FlowError) -> End {
    let words = in_words(error);
    tracing::warn!(job.step = %job.step, job.key = %job.key, attempt = job.attempt, "{words}");
    let (wish_s, fault) = match error {
        FlowError::Later { retry_after_s, .. } => (*retry_after_s, Fault::Theirs),
        _ => (None, Fault::Ours),
    };
    let doubled = ctx.rules.retry_base * 2_u32.pow(job.attempt.clamp(1, 16) - 1);
    let longest = match is_periodic(&job.step) {
        // Whoever is back is to be noticed soon.
        true => ctx.rules.retry_max.min(PERIODIC_PAUSE_MAX),
        false => ctx.rules.retry_max,
    };
    let pause = ctx.chance.jitter(doubled.min(longest));
    let pause = wish_s.map_or(pause, |wish_s| pause.max(Duration::from_secs(u64::from(wish_s))));
    let at = ctx.clock.now().plus(pause);
    if error.is_full() {
        // It says nothing about the work, which goes on by itself once there is room.
        return End::Later(ctx.clock.now().plus(ctx.rules.watch_every));
    }
    if is_periodic(&job.step) {
        return End::Troubled(at, words, fault);
    }
    if job.attempt < job.attempt_max { End::Again(at, words) } else { End::Failed(words) }
}

fn write_end(tx: &Tx<'_>, ctx: &Ctx, job: &Job, end: &End) -> Result<(), FlowError> {
    match end {
        End::Over => Ok(db::job::finish(tx, job)?),
        End::Later(until) => {
            if is_periodic(&job.step) {
                db::alert::clear(tx, &failed_key(job))?;
            }
            Ok(db::job::snooze(tx, job, *until)?)
        }
        End::Troubled(at, words, fault) => {
            if *fault == Fault::Ours {
                // What comes again for ever never fails for good: people are told at once.
                let problem = Problem::new(What::JobFailed, job.step.clone(), words.clone());
                notify::raise(tx, &failed_key(job), None, &problem, &ctx.rules)?;
            }
            Ok(db::job::again(tx, job, *at)?)
        }
        End::Again(at, words) => Ok(db::job::retry(tx, job, *at, words)?),
        End::Failed(why) => fail(tx, ctx, job, why),
    }
}

fn in_words(error: &FlowError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

/// A job that failed for good: what it was about is held, or people are told.
fn fail(tx: &Tx<'_>, ctx: &Ctx, job: &Job, why: &str) -> Result<(), FlowError> {
    db::job::fail(tx, job, why)?;
    let what = if job.step == "artwork" { What::RenderFailed } else { What::JobFailed };
    let problem = Problem::new(what, job.step.clone(), why);
    match (job.order, target(job)) {
        (Some(order), Some(target)) => {
            let mut locked = db::order::lock(tx, order)?;
            let pace = ctx.pace(locked.get().shop);
            let with = With { actor: &Actor::Program, rules: &ctx.rules, pace: &pace };
            transition(tx, &mut locked, Event::Held(target, problem), with)
        }
        (order, _) => {
            let about = order.map(|id| (id, job.key.as_str()));
            notify::raise(tx, &failed_key(job), about, &problem, &ctx.rules)
        }
    }
}

/// The key of the alert that a step failed.
fn failed_key(job: &Job) -> String {
    format!("job:{}:{}", job.step, job.key)
}

fn target(job: &Job) -> Option<Target> {
    let number = |text: &str| text.parse::<i64>().ok();
    match job.step.as_str() {
        "artwork" => {
            let (item, _) = job.key.split_once('@')?;
            Some(Target::Item(ItemId(number(item)?)))
        }
        "submit" | "resolve" | "track" | "cancel" | "rejected" | release::STEP => {
            Some(Target::Fulfilment(FulfilmentId(number(&job.key)?)))
        }
        "shop_sync" => Some(Target::Order),
        _ => None,
    }
}
