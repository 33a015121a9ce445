//! The worker: claims a job, runs its step, and writes what came of it.

use std::sync::Arc;
use std::time::Duration;

use crate::db;
use crate::db::job::Lanes;
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, ItemId, MailId, OrderId, ShopId};
use crate::model::job::{Job, Lane};
use crate::model::problem::{Problem, What};
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError, Outcome};
use super::transition::{Event, With, enqueue, transition};
use super::{
    artwork, compare, hooks, intake, notify, poll, recovery, resolve, shop_sync, submit, track,
    watchdog,
};

/// A job that took the process down this often is not run again (R6).
const CRASHES_MAX: u32 = 2;
/// A claim is worth this long; nothing runs longer.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// Longest pause before a step that runs for ever is tried again.
const PERIODIC_PAUSE_MAX: Duration = Duration::from_secs(600);
/// One tick runs this many jobs at most.
const JOBS_PER_TICK_MAX: usize = 100_000;

/// Picks up what was under way when the process ended, and asks for the periodic work.
pub async fn recover(ctx: &Ctx) -> Result<(), FlowError> {
    let poison = ctx.call(|tx| Ok(db::job::rescue(tx, CRASHES_MAX)?)).await?;
    for job in poison {
        fail(ctx, &job, "it took the program down twice").await?;
    }
    let lost = ctx.read(|tx| Ok(db::fulfilment::with_open_intent(tx)?)).await?;
    for (id, order) in lost {
        let why = "the program was stopped while it was sending";
        submit::answer_lost(ctx, order, id, why).await?;
    }
    super::correct::tell_lost(ctx, ctx.clock.now()).await?;
    let shops: Vec<ShopId> = ctx.shops.keys().copied().collect();
    ctx.call(move |tx| {
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

/// Runs everything that is due, one after the other.
pub async fn tick(ctx: &Ctx) -> Result<usize, FlowError> {
    for done in 0..JOBS_PER_TICK_MAX {
        if !run_one(ctx, Lanes::All).await? {
            return Ok(done);
        }
    }
    Ok(JOBS_PER_TICK_MAX)
}

/// When there is something to do.
pub async fn next_wakeup(ctx: &Ctx) -> Result<Option<Moment>, FlowError> {
    ctx.read(|tx| Ok(db::job::next_at(tx)?)).await
}

/// Claims and runs one job; whether there was one.
pub async fn run_one(ctx: &Ctx, lanes: Lanes) -> Result<bool, FlowError> {
    // A look costs less than a claim, and most of the time nothing is due.
    let due = ctx.read(|tx| Ok(db::job::next_at(tx)?.is_some_and(|at| at <= tx.now))).await?;
    if !due {
        return Ok(false);
    }
    let claimed = ctx.call(move |tx| Ok(db::job::claim(tx, lanes, tx.now.plus(LEASE))?)).await?;
    let Some(job) = claimed else { return Ok(false) };
    let result = run_step(ctx, &job).await;
    finish(ctx, &job, result).await?;
    Ok(true)
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
        ("cancel", Some(id)) => track::cancel(ctx, id).await,
        ("shop_sync", Some(id)) => shop_sync::run(ctx, OrderId(id.0)).await,
        ("mail", Some(id)) => notify::send(ctx, MailId(id.0)).await,
        (step, _) => Ok(Outcome::Cancel(format!("there is no step {step} for “{}”", job.key))),
    }
}

/// Whether a step runs for ever: it never fails for good, it only comes later.
fn is_periodic(step: &str) -> bool {
    matches!(step, "poll" | "watchdog" | "sweep" | "recover" | "hooks" | "compare")
}

async fn finish(ctx: &Ctx, job: &Job, result: Result<Outcome, FlowError>) -> Result<(), FlowError> {
    let job = job.clone();
    match result {
        Ok(Outcome::Done(words)) => {
            ctx.call(move |tx| Ok(db::job::finish(tx, &job, "completed", &words)?)).await
        }
        Ok(Outcome::Cancel(words)) => {
            ctx.call(move |tx| Ok(db::job::finish(tx, &job, "cancelled", &words)?)).await
        }
        Ok(Outcome::Snooze(until)) => {
            ctx.call(move |tx| {
                db::alert::clear(tx, &failed_key(&job))?;
                Ok(db::job::snooze(tx, &job, until)?)
            })
            .await
        }
        Err(FlowError::Illegal(stale)) => {
            let words = stale.to_string();
            ctx.call(move |tx| Ok(db::job::finish(tx, &job, "cancelled", &words)?)).await
        }
        Err(error) => again(ctx, job, error).await,
    }
}

/// Another attempt after a growing pause; after the last one what it was about is held.
async fn again(ctx: &Ctx, job: Job, error: FlowError) -> Result<(), FlowError> {
    let words = in_words(&error);
    tracing::warn!(job.step = %job.step, job.key = %job.key, attempt = job.attempt, "{words}");
    let wish_s = match &error {
        FlowError::Later { retry_after_s, .. } => *retry_after_s,
        _ => None,
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
    if is_periodic(&job.step) {
        let is_ours = !matches!(error, FlowError::Later { .. });
        let rules = Arc::clone(&ctx.rules);
        return ctx
            .call(move |tx| {
                if is_ours {
                    // What comes again for ever never fails for good: people are told at once.
                    let problem = Problem::new(What::JobFailed, job.step.clone(), words.clone());
                    notify::raise(tx, &failed_key(&job), None, &problem, &rules)?;
                }
                Ok(db::job::again(tx, &job, at)?)
            })
            .await;
    }
    if job.attempt < job.attempt_max {
        return ctx.call(move |tx| Ok(db::job::retry(tx, &job, at, &words)?)).await;
    }
    fail(ctx, &job, &words).await
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
async fn fail(ctx: &Ctx, job: &Job, why: &str) -> Result<(), FlowError> {
    let (job, why, shared) = (job.clone(), why.to_owned(), ctx.clone());
    ctx.call(move |tx| {
        db::job::note_error(tx, &job, &why)?;
        db::job::finish(tx, &job, "failed", &why)?;
        let what = if job.step == "artwork" { What::RenderFailed } else { What::JobFailed };
        let problem = Problem::new(what, job.step.clone(), why.clone());
        match (job.order, target(&job)) {
            (Some(order), Some(target)) => {
                let mut locked = db::order::lock(tx, order)?;
                let pace = shared.pace(locked.get().shop);
                let with = With { actor: &Actor::Program, rules: &shared.rules, pace };
                transition(tx, &mut locked, Event::Held(target, problem), with)
            }
            (order, _) => {
                let about = order.map(|id| (id, job.key.as_str()));
                let rules = Arc::clone(&shared.rules);
                notify::raise(tx, &failed_key(&job), about, &problem, &rules)
            }
        }
    })
    .await
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
        "submit" | "resolve" | "track" | "cancel" => {
            Some(Target::Fulfilment(FulfilmentId(number(&job.key)?)))
        }
        "shop_sync" => Some(Target::Order),
        _ => None,
    }
}
