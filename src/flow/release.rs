//! An order that was placed on hold: read back, compared with what was sent, and only then released
//! to be billed and made (R35).
//!
//! A difference leaves it on hold and holds the fulfilment. Releasing may be repeated, so a lost
//! answer is asked for again; what the order is afterwards is read, never assumed.

use crate::db::{self, Tx};
use crate::model::fulfilment::{Reference, Release, ReleasePermit, State};
use crate::model::hold::{Actor, Target};
use crate::model::id::FulfilmentId;
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{Echo, Progress, ProviderStatus};

use super::artwork::transact;
use super::ctx::{Ctx, FlowError, Outcome, ProviderSeat};
use super::payload;
use super::submit::ask_error;
use super::transition::{Event, promised};

/// The step, and the place of the holds that it sets: lifting one asks for the step again.
pub const STEP: &str = "release";

/// Compares an order that is on hold at its provider with what was sent, and releases it.
pub async fn run(ctx: &Ctx, id: FulfilmentId) -> Result<Outcome, FlowError> {
    let (order, fulfilment) = match plan(ctx, id).await? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let (Some(reference), Some(number)) = (&fulfilment.reference, &fulfilment.provider_order_id)
    else {
        return Ok(Outcome::Cancel("it has no number at the provider".to_owned()));
    };
    let seat = ctx.provider(fulfilment.provider)?.clone();
    let sent = payload::build(&order, &fulfilment, &seat.rules, &ctx.rules);
    let sent = match sent {
        Ok(sent) => sent,
        Err((_, problem)) => return hold(ctx, &order, id, problem.what, problem.sentence()).await,
    };
    let echo = match seat.provider.echo(number, &sent).await {
        Ok(Some(echo)) => echo,
        Ok(None) => {
            let words = format!("{reference} was placed on hold and is not found any more");
            return hold(ctx, &order, id, What::ContentDiffers, words).await;
        }
        Err(error) => return Err(ask_error(ctx, &fulfilment, error).await?),
    };
    if let Some(outcome) = judge(ctx, &order, &fulfilment, &echo).await? {
        return Ok(outcome);
    }
    send(ctx, id, &fulfilment, &seat, reference).await
}

/// Where it stands now: the order and the fulfilment, where it may be released.
async fn plan(
    ctx: &Ctx,
    id: FulfilmentId,
) -> Result<Result<(Order, Fulfilment), Outcome>, FlowError> {
    let shared = ctx.clone();
    ctx.read(move |tx| {
        let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
            return Ok(Err(Outcome::Cancel("the fulfilment is gone".to_owned())));
        };
        let order = db::order::load(tx, ledger.order)?;
        let fulfilment = order.fulfilment(id).cloned();
        let fulfilment =
            fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
        Ok(match why_not(tx, &shared, &order, &fulfilment)? {
            Some(outcome) => Err(outcome),
            None => Ok((order, fulfilment)),
        })
    })
    .await
}

/// Why it is not released now; `None` when it may be.
fn why_not(
    tx: &Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
) -> Result<Option<Outcome>, FlowError> {
    if fulfilment.state != State::InProduction {
        return Ok(Some(Outcome::Cancel(format!("it is {} now", fulfilment.state.name()))));
    }
    if !db::draft::is_waiting(tx, fulfilment.id)? {
        return Ok(Some(Outcome::Cancel("it does not wait for its release".to_owned())));
    }
    let provider = db::provider::get(tx, fulfilment.provider)?;
    let is_paused = provider.is_none_or(|row| row.paused_at.is_some());
    let is_stopped = db::switch::is_stopped(tx)? || db::switch::recovery(tx)?.is_some();
    let is_held = !order.holds_on(fulfilment).is_empty();
    Ok((is_paused || is_stopped || is_held)
        .then(|| Outcome::Snooze(tx.now.plus(ctx.rules.watch_every))))
}

/// What was read back says whether it is released; `Some` when it is not.
async fn judge(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
    echo: &Echo,
) -> Result<Option<Outcome>, FlowError> {
    let id = fulfilment.id;
    if !echo.differences.is_empty() {
        let number = &echo.status.provider_order_id;
        let words = format!("{number}: {}", echo.differences.join(", "));
        let problem = Problem::new(What::ContentDiffers, STEP, words.clone());
        // What a person has compared and let go is not held again.
        let is_known = ctx.read(move |tx| Ok(db::hold::was_lifted(tx, id, &problem)?)).await?;
        if !is_known {
            return hold(ctx, order, id, What::ContentDiffers, words).await.map(Some);
        }
    }
    match &echo.status.progress {
        Progress::Accepted { held: Some(reason) } if reason.is_empty() => Ok(None),
        Progress::Accepted { held: Some(reason) } => {
            let words = format!("held there: {reason}");
            hold(ctx, order, id, What::StatusUnknown, words).await.map(Some)
        }
        Progress::Accepted { held: None } | Progress::InProduction | Progress::Shipped => {
            // Somebody released it at the provider.
            released(ctx, id, &echo.status).await?;
            Ok(Some(Outcome::Done(format!("it is {} there already", echo.status.word))))
        }
        Progress::Cancelled => Ok(Some(Outcome::Cancel("it is cancelled there".to_owned()))),
        Progress::Unknown => Err(FlowError::Later {
            reason: format!("it is “{}” there", echo.status.word),
            retry_after_s: None,
        }),
    }
}

/// The one call that lets it be charged, after it is on disk that it is made.
async fn send(
    ctx: &Ctx,
    id: FulfilmentId,
    fulfilment: &Fulfilment,
    seat: &ProviderSeat,
    reference: &Reference,
) -> Result<Outcome, FlowError> {
    let Some(release) = record(ctx, id).await? else {
        return Ok(Outcome::Snooze(ctx.clock.now().plus(ctx.rules.look_up_every)));
    };
    match seat.provider.release(ReleasePermit::new(release), reference).await {
        Ok(Some(status)) if is_released(&status) => {
            released(ctx, id, &status).await?;
            Ok(Outcome::Done(format!("released: it is {} there", status.word)))
        }
        Ok(Some(status)) => Err(FlowError::Later {
            reason: format!("it was released and is {} there", status.word),
            retry_after_s: None,
        }),
        Ok(None) => Err(FlowError::Later {
            reason: "it was released and is not found there".to_owned(),
            retry_after_s: None,
        }),
        Err(error) => Err(ask_error(ctx, fulfilment, error).await?),
    }
}

fn is_released(status: &ProviderStatus) -> bool {
    matches!(
        status.progress,
        Progress::Accepted { held: None } | Progress::InProduction | Progress::Shipped
    )
}

/// Commits that the release is sent; `None` when something changed while it was compared.
async fn record(ctx: &Ctx, id: FulfilmentId) -> Result<Option<Release>, FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
            return Ok(None);
        };
        let locked = db::order::lock(tx, ledger.order)?;
        let Some(fulfilment) = locked.get().fulfilment(id) else {
            return Ok(None);
        };
        if why_not(tx, &shared, locked.get(), fulfilment)?.is_some() {
            return Ok(None);
        }
        Ok(db::draft::record_release(tx, id)?)
    })
    .await
}

/// Notes that it is released: from here on it is to be made.
async fn released(ctx: &Ctx, id: FulfilmentId, status: &ProviderStatus) -> Result<(), FlowError> {
    let (shared, word) = (ctx.clone(), status.word.clone());
    ctx.call(move |tx| {
        let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
            return Ok(());
        };
        let locked = db::order::lock(tx, ledger.order)?;
        let order = locked.get();
        let Some(fulfilment) = order.fulfilment(id) else {
            return Ok(());
        };
        let waiting = promised(&fulfilment.provider_name, tx.now, &shared.rules);
        db::draft::set_released(tx, id, waiting.deadline_at, waiting.next_action)?;
        db::alert::clear(tx, &super::notify::overdue_key(id, &fulfilment.state))?;
        let with = super::transition::With {
            actor: &Actor::Program,
            rules: &shared.rules,
            pace: &shared.pace(order.shop),
        };
        let subject = super::transition::fulfilment_name(order, id);
        super::transition::note(tx, order, with, subject, "released", &word)
    })
    .await
}

async fn hold(
    ctx: &Ctx,
    order: &Order,
    id: FulfilmentId,
    what: What,
    words: String,
) -> Result<Outcome, FlowError> {
    let problem = Problem::new(what, STEP, words.clone());
    transact(ctx, order.id, move || vec![Event::Held(Target::Fulfilment(id), problem.clone())])
        .await?;
    Ok(Outcome::Done(words))
}
