//! The watchdog: whatever is overdue is told to people; nothing is retried by it.

use std::time::Duration;

use crate::db;
use crate::model::fulfilment::{Event as FulfilmentEvent, State};
use crate::model::hold::Actor;
use crate::model::problem::{Problem, What};

use super::ctx::{Ctx, FlowError, Outcome};
use super::notify;
use super::transition::{Event, With, transition};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Tells people of every passed deadline, once a day each, and of corrections without an answer.
pub async fn run(ctx: &Ctx) -> Result<Outcome, FlowError> {
    // Whoever sent it would have had an answer by now, and wrote none down.
    super::correct::tell_lost(ctx, ctx.clock.now().minus(ctx.rules.submitting_max)).await?;
    super::limits::clear_ended(ctx).await?;
    for shop in ctx.shops.keys() {
        super::clock::look(ctx, *shop).await?;
    }
    if super::recovery::is_on(ctx).await? {
        ctx.call(super::recovery::ask).await?;
    }
    let overdue = ctx.read(|tx| Ok(db::fulfilment::overdue(tx)?)).await?;
    for (id, order, next_action) in overdue {
        let shared = ctx.clone();
        ctx.call(move |tx| {
            let mut locked = db::order::lock(tx, order)?;
            let fulfilment = locked.get().fulfilment(id).cloned();
            let Some(fulfilment) = fulfilment else {
                return Ok(());
            };
            if fulfilment.deadline_at.is_none_or(|at| tx.now < at) {
                return Ok(());
            }
            let with = With {
                actor: &Actor::Program,
                rules: &shared.rules,
                pace: &shared.pace(locked.get().shop),
            };
            if fulfilment.state == State::AwaitingSubmit && shared.rules.wait_max.is_some() {
                let submit_at = with.pace.quiet.after(tx.now.plus(shared.rules.undo));
                let event = FulfilmentEvent::WaitElapsed { submit_at };
                let event = Event::Fulfilment(id, event, String::new());
                return transition(tx, &mut locked, event, with);
            }
            let is_counting = matches!(fulfilment.state, State::Countdown { .. });
            if is_counting && db::switch::recovery(tx)?.is_some() {
                return Ok(db::fulfilment::set_deadline(tx, id, tx.now.plus(HOUR))?);
            }
            if is_counting
                && let Some(until) = super::limits::excuse(tx, &shared.rules, &fulfilment)?
            {
                // The limit has its own alert: what it holds back is not overdue one by one.
                return Ok(db::fulfilment::set_deadline(tx, id, until)?);
            }
            db::fulfilment::set_deadline(tx, id, tx.now.plus(DAY))?;
            let number = locked.get().number.clone();
            let problem = Problem::new(
                What::Overdue,
                format!("{} {}", fulfilment.provider_name, fulfilment.state.name()),
                format!("expected: {next_action}"),
            );
            let key = notify::overdue_key(id, &fulfilment.state);
            // The reminder of another day is a new one, and mailed.
            db::alert::clear(tx, &key)?;
            notify::raise(tx, &key, Some((order, &number)), &problem, &shared.rules)
        })
        .await?;
    }
    Ok(Outcome::Snooze(ctx.clock.now().plus(ctx.rules.watch_every)))
}

/// Failed jobs, failed log-ins and files that nobody needs are forgotten.
pub async fn sweep(ctx: &Ctx) -> Result<Outcome, FlowError> {
    let now = ctx.clock.now();
    ctx.call(move |tx| {
        db::job::forget_failed(tx, tx.now.minus(30 * DAY))?;
        super::limits::count_usual(tx)?;
        db::staff::forget_links(tx, tx.now.minus(30 * DAY))?;
        Ok(db::person::forget_old(tx, tx.now.minus(30 * DAY))?)
    })
    .await?;
    super::erase::keep_no_longer(ctx).await?;
    let files = super::file::sweep(ctx).await?;
    let orphans = super::file::sweep_orphans(ctx).await?;
    tracing::debug!(files, orphans, "swept files that nobody needs");
    Ok(Outcome::Snooze(now.plus(DAY)))
}
