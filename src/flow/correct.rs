//! A corrected design after submission, inside the provider's own window: same fulfilment, same
//! edition. Outside the window it is refused with the reason.
//!
//! A correction changes what is printed, so it goes the way of a submission: it is on disk before
//! the first byte leaves, and whatever is not a clear answer is a person's. It is never sent again
//! by itself, and no other correction is sent while one has no answer.

use std::sync::Arc;

use crate::db;
use crate::model::fulfilment::{CorrectPermit, Correction, State};
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, ItemId, OrderId};
use crate::model::item::Item;
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::time::Moment;
use crate::model::value::Values;
use crate::outside::press::{PressError, PressJob, Want};
use crate::outside::provider::SubmitError;

use super::ctx::{Ctx, FlowError};
use super::operate::Staff;
use super::transition::{Amendment, Event, With, transition};
use super::{amend, artwork, payload};

/// Where an item of an order could be corrected, as far as it is known here; or why it cannot.
/// Whether the provider's window is open at this moment, only [`window`] tells.
pub fn place(ctx: &Ctx, order: &Order, item: ItemId) -> Result<FulfilmentId, &'static str> {
    let holds = |one: &&Fulfilment| one.lines.iter().any(|line| line.item == item);
    let newest = order.fulfilments.iter().rev().find(holds);
    let fulfilment = newest.ok_or("It was not submitted yet: edit the design instead.")?;
    match &fulfilment.state {
        State::InProduction => {}
        State::Submitting { .. } => {
            return Err("It is being submitted and cannot be changed until the provider answers.");
        }
        State::Shipped => return Err("It was submitted and has shipped."),
        State::Gathering | State::AwaitingSubmit | State::Countdown { .. } => {
            return Err("It was not submitted yet: edit the design instead.");
        }
        State::Refused | State::Cancelled | State::Superseded => {
            return Err("It was submitted and can no longer be changed.");
        }
    }
    if fulfilment.lines.iter().any(|line| line.item == item && 0 < line.shipped) {
        return Err("It was submitted, and part of it has shipped.");
    }
    let seat = ctx.provider(fulfilment.provider);
    match seat.is_ok_and(|seat| seat.provider.abilities().correct) {
        true => Ok(fulfilment.id),
        false => Err("It was submitted and can no longer be changed: this provider takes no \
                      corrected files."),
    }
}

/// Gives one item of a submitted fulfilment new values, if the provider still takes them.
pub async fn run(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    item: ItemId,
    given: Values,
    staff: &Staff,
) -> Result<(), FlowError> {
    correct(ctx, (order, id), (item, None), given, staff).await
}

/// The same, by somebody who began with this revision: what was made since is not overwritten.
pub async fn run_seen(
    ctx: &Ctx,
    (order, id): (OrderId, FulfilmentId),
    (item, seen): (ItemId, u32),
    given: Values,
    staff: &Staff,
) -> Result<(), FlowError> {
    correct(ctx, (order, id), (item, Some(seen)), given, staff).await
}

async fn correct(
    ctx: &Ctx,
    (order, id): (OrderId, FulfilmentId),
    (item, seen): (ItemId, Option<u32>),
    given: Values,
    staff: &Staff,
) -> Result<(), FlowError> {
    if super::recovery::is_on(ctx).await? {
        let words = "nothing is sent until each open order was looked up at its provider";
        return Err(FlowError::NotNow(words.to_owned()));
    }
    let loaded = ctx.read(move |tx| Ok(db::order::load(tx, order)?)).await?;
    let base = loaded.item(item).map(|item| item.facts.revision);
    if seen.is_some() && seen != base {
        return Err(FlowError::NotNow(OVERTAKEN.to_owned()));
    }
    window(ctx, &loaded, id).await?;
    let design = amend::design_of(ctx, item).await?;
    let values = design.accept(&given).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(|one| one.sentence()).collect();
        FlowError::NotNow(words.join("; "))
    })?;
    let mut corrected = loaded.clone();
    let revision = draw(ctx, &mut corrected, item, &design, values.clone()).await?;
    let fulfilment = corrected.fulfilment(id).cloned();
    let fulfilment = fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
    let seat = ctx.provider(fulfilment.provider)?.clone();
    let sent = payload::build(&corrected, &fulfilment, &seat.rules, &ctx.rules)
        .map_err(|(_, problem)| FlowError::NotNow(problem.sentence()))?;
    let revisions = Revisions { item, base, new: revision };
    let correction = announce(ctx, order, id, &sent, staff, revisions).await?;
    match seat.provider.correct(CorrectPermit::new(correction), &sent).await {
        Ok(()) => {}
        Err(SubmitError::Unknown { reason }) => {
            answer_lost(ctx, order, id, &reason).await?;
            return Err(FlowError::NotNow(lost_in_words(&reason)));
        }
        Err(error) => {
            let words = format!("the provider did not take the correction: {error}");
            not_taken(ctx, order, id, staff, &words).await?;
            return Err(FlowError::NotNow(words));
        }
    }
    let files: Vec<_> = corrected
        .item(item)
        .map(|item| item.facts.files_of(revision).cloned().collect())
        .unwrap_or_default();
    let amendment = Amendment {
        item,
        design: design.hash.clone(),
        areas: db::item::areas_of(&design),
        values,
        why: format!("corrected at the provider by {}", staff.0),
    };
    ctx.operate(order, staff, move |tx, locked, with| {
        db::fulfilment::end_correction(tx, id)?;
        let event = Event::Corrected(id, amendment.clone(), files.clone());
        transition(tx, locked, event, with)
    })
    .await
}

/// What is said to whoever was overtaken by another edit.
const OVERTAKEN: &str = "somebody made another revision meanwhile; nothing was sent";

/// What a correction begins with, and what it makes.
#[derive(Debug, Clone, Copy)]
struct Revisions {
    item: ItemId,
    base: Option<u32>,
    new: u32,
}

/// Tells people of every correction without an answer that was sent before this moment: the program
/// was stopped while it was sending.
pub async fn tell_lost(ctx: &Ctx, sent_before: Moment) -> Result<(), FlowError> {
    let lost =
        ctx.read(move |tx| Ok(db::fulfilment::with_open_correction(tx, sent_before)?)).await?;
    for (id, order) in lost {
        answer_lost(ctx, order, id, "the program was stopped while it was sending").await?;
    }
    Ok(())
}

fn lost_in_words(reason: &str) -> String {
    format!("a correction was sent, and its answer was lost: {reason}")
}

/// The correction may have arrived: which values are printed is for a person to find out.
async fn answer_lost(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    reason: &str,
) -> Result<(), FlowError> {
    let problem = Problem::new(What::ContentDiffers, "", lost_in_words(reason));
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        let pace = shared.pace(locked.get().shop);
        let with = With { actor: &Actor::Program, rules: &shared.rules, pace: &pace };
        db::fulfilment::end_correction(tx, id)?;
        transition(tx, &mut locked, Event::Held(Target::Fulfilment(id), problem.clone()), with)
    })
    .await
}

/// The provider has what it had before.
async fn not_taken(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    staff: &Staff,
    words: &str,
) -> Result<(), FlowError> {
    let words = words.to_owned();
    ctx.operate(order, staff, move |tx, locked, with| {
        db::fulfilment::end_correction(tx, id)?;
        let subject = super::transition::fulfilment_name(locked.get(), id);
        super::transition::note(tx, locked.get(), with, subject, "not corrected", &words)
    })
    .await
}

/// Asks whether the provider's window is open: its own word for how far it is, or the reason why not.
pub async fn window(ctx: &Ctx, order: &Order, id: FulfilmentId) -> Result<String, FlowError> {
    let fulfilment = order.fulfilment(id);
    let fulfilment = fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
    let (State::InProduction, Some(reference), Some(number)) =
        (&fulfilment.state, &fulfilment.reference, &fulfilment.provider_order_id)
    else {
        return Err(FlowError::NotNow(format!("it is {} now", fulfilment.state.name())));
    };
    let seat = ctx.provider(fulfilment.provider)?;
    if !seat.provider.abilities().correct {
        return Err(FlowError::NotNow("this provider takes no corrections".to_owned()));
    }
    let status = seat
        .provider
        .status(reference, number)
        .await
        .map_err(|error| FlowError::Later { reason: error.to_string(), retry_after_s: None })?;
    match status {
        Some(status) if status.can_correct => Ok(status.word),
        Some(status) => Err(FlowError::NotNow(format!(
            "the provider takes no corrections any more: the order is {} there",
            status.word
        ))),
        None => Err(FlowError::NotNow("the provider does not find the order".to_owned())),
    }
}

/// Draws the corrected values as the next revision of the item, in this copy of the order.
async fn draw(
    ctx: &Ctx,
    order: &mut Order,
    id: ItemId,
    design: &Arc<crate::model::design::Design>,
    values: Values,
) -> Result<u32, FlowError> {
    let newest =
        ctx.read(move |tx| Ok(db::item::revisions(tx, id)?.last().map_or(0, |one| one.0))).await?;
    let place = order.items.iter().position(|item| item.id == id);
    let place = place.ok_or_else(|| FlowError::NotFound(format!("item {id}")))?;
    let item: &mut Item = &mut order.items[place];
    item.values = values;
    item.facts.revision = newest + 1;
    let job = PressJob {
        design: Arc::clone(design),
        values: item.values.clone(),
        photos: artwork::photos(ctx, item)?,
        want: Want::Print,
    };
    let pressed = ctx.press.draw(job).await.map_err(|error| match error {
        PressError::Problems(_) => FlowError::NotNow(error.to_string()),
        PressError::Died(reason) | PressError::Off(reason) => {
            FlowError::Later { reason, retry_after_s: None }
        }
    })?;
    let checks = ctx.read(move |tx| Ok(db::product::checks_of_item(tx, id)?)).await?;
    let found = checks.sort(pressed.remarks.clone());
    if !found.blocking.is_empty() {
        let words: Vec<String> = found.blocking.iter().map(Problem::sentence).collect();
        return Err(FlowError::NotNow(words.join("; ")));
    }
    let files = artwork::keep(ctx, (design, newest + 1), pressed, None).await?;
    item.facts.print_files.extend(files);
    Ok(newest + 1)
}

/// Commits that the correction is being sent, and lets the provider fetch its files.
async fn announce(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    sent: &crate::model::provider_order::ProviderOrder,
    staff: &Staff,
    revisions: Revisions,
) -> Result<Correction, FlowError> {
    let sent = sent.clone();
    ctx.operate(order, staff, move |tx, locked, with| {
        let present = locked.get().item(revisions.item).map(|item| item.facts.revision);
        if present != revisions.base {
            return Err(FlowError::NotNow(OVERTAKEN.to_owned()));
        }
        super::submit::put_links(tx, &sent, id)?;
        let hash = payload::payload_hash(&sent);
        let correction = db::fulfilment::record_correction(tx, id, &hash)?.ok_or_else(|| {
            FlowError::NotNow("another correction of it has no answer yet".to_owned())
        })?;
        let words = format!("revision {} is sent to the provider", revisions.new);
        let subject = super::transition::fulfilment_name(locked.get(), id);
        super::transition::note(tx, locked.get(), with, subject, "correcting", &words)?;
        Ok(correction)
    })
    .await
}
