//! Submitting: one charge, ever. Precheck, intent on disk, permit, one request, its answer noted.
//!
//! The dangerous order of things is the whole point: the intent is committed before the first byte
//! leaves, and whatever is not a clear answer is looked up before anything is sent again.

use std::time::Duration;

use crate::db::fulfilment::IntentRow;
use crate::db::{self, Tx};
use crate::model::fulfilment::{Event as FulfilmentEvent, Intent, Stage, State, SubmitPermit};
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, OrderId, ProviderId};
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{Abilities, Accepted, PlacedBy, ProviderOrder, Reach, Refusal};
use crate::model::reading::{self, Standing};
use crate::model::shop_order::ShopOrder;
use crate::model::time::Moment;
use crate::outside::provider::{AskError, SubmitError};
use crate::outside::shop::ShopError;

use super::artwork::transact;
use super::ctx::{Ctx, FlowError, Outcome, ProviderSeat};
use super::intake::{desk, shop_error};
use super::limits;
use super::notify;
use super::payload;
use super::shop_sync::{Written, written};
use super::take_in::take_in;
use super::transition::{Event, With, ask_shop_sync, transition};

mod answer;
mod check;

pub use answer::{accept, answer_lost};
use answer::{not_sent, refuse};

/// Submits a fulfilment whose countdown has run out.
pub async fn run(ctx: &Ctx, id: FulfilmentId) -> Result<Outcome, FlowError> {
    let (order, behind) = match plan(ctx, id).await? {
        Ok(planned) => planned,
        Err(NotNow::NotYet(at)) => return Ok(Outcome::Snooze(at)),
        Err(NotNow::Limited(reached)) => {
            return Ok(Outcome::Snooze(limits::tell(ctx, reached).await?));
        }
        Err(NotNow::NoLongerWanted(why)) => return Ok(Outcome::Cancel(why)),
        Err(NotNow::AnswerLost(order)) => {
            answer_lost(ctx, order, id, "the program was stopped while it was sending").await?;
            return Ok(Outcome::Done("it is looked up".to_owned()));
        }
    };
    if let Some(why) = super::disconnect::hold_back(ctx, &order, id).await? {
        return Ok(Outcome::Cancel(why));
    }
    if let Some(until) = let_twin_go_first(ctx, id, behind).await? {
        return Ok(Outcome::Snooze(until));
    }
    if let Some(why) = precheck(ctx, &order, id).await? {
        return Ok(Outcome::Cancel(why));
    }
    // The shop has just answered: its clock tells whether ours has jumped.
    super::clock::look(ctx, order.shop).await?;
    let order = order.id;
    match record_intent(ctx, order, id).await? {
        Recorded::Changed(why) => Ok(Outcome::Cancel(why)),
        Recorded::NotYet(at) => Ok(Outcome::Snooze(at)),
        Recorded::ForPerson => Ok(Outcome::Done("it waits to be placed by hand".to_owned())),
        Recorded::Intent(intent, provider, payload) => {
            let seat = ctx.provider(provider)?.clone();
            send(ctx, (order, id), intent, &seat, &payload).await
        }
    }
}

/// A twin that may be alive goes first, and is found by the look before the money. Counted from the
/// moment at which we see that it is due: both may have slept until long after.
async fn let_twin_go_first(
    ctx: &Ctx,
    id: FulfilmentId,
    behind: Duration,
) -> Result<Option<Moment>, FlowError> {
    if behind.is_zero() {
        return Ok(None);
    }
    let seen_at = ctx.call(move |tx| Ok(db::recovery::see_due(tx, id)?)).await?;
    let until = seen_at.plus(behind);
    Ok((ctx.clock.now() < until).then_some(until))
}

/// Why a fulfilment does not go out now.
enum NotNow {
    NotYet(Moment),
    /// A limit holds it back.
    Limited(limits::Reached),
    NoLongerWanted(String),
    AnswerLost(OrderId),
}

/// Reads where the fulfilment stands now, and decides. Where it may go out: its order, and how long it
/// keeps behind a twin.
async fn plan(ctx: &Ctx, id: FulfilmentId) -> Result<Result<(Order, Duration), NotNow>, FlowError> {
    let shared = ctx.clone();
    ctx.read(move |tx| {
        let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
            return Ok(Err(NotNow::NoLongerWanted("the fulfilment is gone".to_owned())));
        };
        let order = db::order::load(tx, ledger.order)?;
        let fulfilment = order.fulfilment(id);
        let fulfilment =
            fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
        Ok(match why_not(tx, &shared, &order, fulfilment)? {
            None => Ok((order, db::switch::behind(tx)?)),
            Some(why) => Err(why),
        })
    })
    .await
}

/// Why the fulfilment does not go out now; `None` when it may.
fn why_not(
    tx: &Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
) -> Result<Option<NotNow>, FlowError> {
    let submit_at = match &fulfilment.state {
        State::Countdown { submit_at } => *submit_at,
        State::Submitting { stage: Stage::Intent } => {
            return Ok(Some(NotNow::AnswerLost(order.id)));
        }
        other => {
            return Ok(Some(NotNow::NoLongerWanted(format!("it is {} now", other.name()))));
        }
    };
    if tx.now < submit_at {
        return Ok(Some(NotNow::NotYet(submit_at)));
    }
    if let Some(hold) = order.holds_on(fulfilment).first() {
        let why = format!("held: {}", hold.problem.what.title());
        return Ok(Some(NotNow::NoLongerWanted(why)));
    }
    // An open editor keeps it back, but never longer than the bound.
    let bound = submit_at.plus(ctx.rules.lease_max);
    if let Some(until) = order.edit_lease_until.map(|until| until.min(bound))
        && tx.now < until
    {
        return Ok(Some(NotNow::NotYet(until)));
    }
    // What was kept back until now does not go out in the night. A moment in it was chosen by a person.
    let quiet = ctx.pace(order.shop).quiet;
    let loud_at = quiet.after(tx.now);
    if tx.now < loud_at && quiet.after(submit_at) == submit_at {
        return Ok(Some(NotNow::NotYet(loud_at)));
    }
    let provider = db::provider::get(tx, fulfilment.provider)?;
    let is_paused = provider.is_none_or(|row| row.paused_at.is_some());
    let is_off = db::switch::is_stopped(tx)? || db::switch::recovery(tx)?.is_some();
    // What is sent must be written down: the last room on the disk is for what is under way.
    if is_paused || is_off || ctx.is_short_of_room() {
        return Ok(Some(NotNow::NotYet(tx.now.plus(ctx.rules.watch_every))));
    }
    Ok(limits::reached(tx, &ctx.rules, fulfilment)?.map(NotNow::Limited))
}

/// The last look before the money (R30); `Some` says why it does not go out now.
async fn precheck(
    ctx: &Ctx,
    planned: &Order,
    id: FulfilmentId,
) -> Result<Option<String>, FlowError> {
    let written = match ask_shop(ctx, planned, id).await? {
        Ok(written) => written,
        Err(why) => return Ok(Some(why)),
    };
    let order = planned.id;
    let order = ctx.read(move |tx| Ok(db::order::load(tx, order)?)).await?;
    let Some(fulfilment) = order.fulfilment(id) else {
        return Ok(Some("the fulfilment is gone".to_owned()));
    };
    if fulfilment.submit_at().is_none_or(|at| ctx.clock.now() < at) {
        return Ok(Some("it changed while it was checked".to_owned()));
    }
    if let Some(why) = check_files(ctx, &order, fulfilment).await? {
        return Ok(Some(why));
    }
    let seat = ctx.provider(fulfilment.provider)?.clone();
    match payload::build(&order, fulfilment, &seat.rules, &ctx.rules) {
        Ok(payload) => {
            let found = look_before(ctx, &order, fulfilment, &seat, &payload).await?;
            let is_written = written.iter().any(|one| one.reference == payload.reference);
            if found.is_none() && is_written {
                // Somebody sent it, and wrote it down in the shop: a twin, or we before a loss.
                let detail = format!("{} stands in the shop's books", payload.reference);
                let problem = Problem::new(What::SentBefore, &seat.name, detail.clone());
                hold(ctx, order.id, Target::Fulfilment(id), problem).await?;
                return Ok(Some(detail));
            }
            match found {
                Some(why) => Ok(Some(why)),
                None => check::fits_and_costs(ctx, &order, fulfilment, &seat, &payload).await,
            }
        }
        Err((target, problem)) => {
            let why = problem.sentence();
            hold(ctx, order.id, target, problem).await?;
            Ok(Some(why))
        }
    }
}

/// Fetches the order from the shop once more; what changed is noted, what is not payable is held.
/// The submissions that its meta names, or why it does not go out.
async fn ask_shop(
    ctx: &Ctx,
    planned: &Order,
    id: FulfilmentId,
) -> Result<Result<Vec<Written>, String>, FlowError> {
    let (order, shop) = (planned.id, planned.shop);
    let Some(shop_order) = planned.shop_order else {
        return Ok(Ok(Vec::new()));
    };
    let seat = ctx.shop(shop)?;
    let told = match seat.shop.order(shop_order).await {
        Ok(told) => told,
        Err(ShopError::NotFound) => {
            let problem = Problem::new(What::OrderGone, "", "");
            hold(ctx, order, Target::Order, problem).await?;
            return Ok(Err("the shop no longer has the order".to_owned()));
        }
        Err(error) => return Err(shop_error(error)),
    };
    let standing = reading::standing(&told, &seat.rules.paid_statuses, &seat.rules.on_delivery);
    if !may_be_sent(planned, &told, standing) {
        let problem = Problem::new(What::NotPayable, "", format!("its status is {}", told.status));
        hold(ctx, order, Target::Fulfilment(id), problem).await?;
        return Ok(Err(format!("the shop says {}", told.status)));
    }
    let written = written(&told);
    let fingerprint = told.fingerprint();
    let is_known =
        ctx.read(move |tx| Ok(db::order::is_told(tx, shop, shop_order, &fingerprint)?)).await?;
    if !is_known {
        let desk = desk(ctx, shop).await?;
        ctx.call(move |tx| take_in(tx, &desk, &told).map(|_| ())).await?;
    }
    Ok(Ok(written))
}

/// Whether the shop's word lets it go out. What is ordered again belongs to an order that the shop has
/// completed long ago, or has moved on to a status of its own (“delivered”) that nobody explained
/// here: the goods were paid and sent once, and a person ordered them again. Before that, a status
/// without a meaning is no reason to spend money; nor is one that says that it is off or unpaid ever.
fn may_be_sent(stored: &Order, told: &ShopOrder, standing: Standing) -> bool {
    match standing {
        Standing::Payable => true,
        Standing::Completed => stored.fulfilments.iter().any(Fulfilment::has_shipped),
        Standing::Unknown => reading::is_after_the_sale(stored, told),
        Standing::Unpaid | Standing::Off | Standing::Draft => false,
    }
}

/// Reads every print file again: what is sent is what was approved (I3).
async fn check_files(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
) -> Result<Option<String>, FlowError> {
    for line in &fulfilment.lines {
        let Some(item) = order.item(line.item) else {
            continue;
        };
        if !item.facts.has_artwork(item.facts.revision) {
            return Ok(Some("its artwork is not complete".to_owned()));
        }
        for file in item.facts.files_of(item.facts.revision) {
            if let Err(error) = ctx.files.get(&file.hash) {
                let place = format!("{} {}", order.item_name(item.id), file.area);
                let problem = Problem::new(What::FileChanged, place, error.to_string());
                let why = problem.sentence();
                hold(ctx, order.id, Target::Item(item.id), problem).await?;
                return Ok(Some(why));
            }
        }
    }
    Ok(None)
}

/// Looks up every edition used for these lines: what is already there is adopted, not sent.
async fn look_before(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
    seat: &ProviderSeat,
    payload: &ProviderOrder,
) -> Result<Option<String>, FlowError> {
    if !seat.provider.abilities().lookup_by_reference {
        return Ok(None);
    }
    let found = match seat.provider.find(&payload.reference).await {
        Ok(found) => found,
        Err(error) => return Err(ask_error(ctx, fulfilment, error).await?),
    };
    if let Some(status) = found {
        super::resolve::adopt_before_sending(ctx, order, fulfilment, payload, status).await?;
        return Ok(Some("it is already at the provider".to_owned()));
    }
    for other in &order.fulfilments {
        let is_rival = matches!(other.state, State::Refused | State::Superseded | State::Cancelled)
            && other.provider == fulfilment.provider
            && (other.lines.is_empty()
                || other.lines.iter().any(|a| fulfilment.lines.iter().any(|b| a.item == b.item)));
        let Some(reference) = other.reference.as_ref().filter(|_| is_rival) else {
            continue;
        };
        let found = match seat.provider.find(reference).await {
            Ok(found) => found,
            Err(error) => return Err(ask_error(ctx, fulfilment, error).await?),
        };
        let is_alive = found.is_some_and(|status| {
            status.progress != crate::model::provider_order::Progress::Cancelled
        });
        if is_alive && other.lines.iter().all(|line| line.shipped == 0) {
            let detail = format!("{reference} is there though it was refused");
            let problem = Problem::new(What::ContentDiffers, "", detail.clone());
            hold(ctx, order.id, Target::Fulfilment(fulfilment.id), problem).await?;
            return Ok(Some(detail));
        }
    }
    Ok(None)
}

/// What a provider's error means for a job; wrong keys pause the provider.
pub async fn ask_error(
    ctx: &Ctx,
    fulfilment: &Fulfilment,
    error: AskError,
) -> Result<FlowError, FlowError> {
    let reason = error.to_string();
    match error {
        AskError::NotAllowed { .. } => {
            pause_provider(ctx, fulfilment, &reason).await?;
            Ok(FlowError::Later { reason, retry_after_s: None })
        }
        AskError::Unclear { retry_after_s, .. } => Ok(FlowError::Later { reason, retry_after_s }),
        AskError::Unable => Ok(FlowError::NotNow(reason)),
    }
}

async fn pause_provider(ctx: &Ctx, fulfilment: &Fulfilment, why: &str) -> Result<(), FlowError> {
    let (provider, name) = (fulfilment.provider, fulfilment.provider_name.clone());
    let (why, rules) = (why.to_owned(), std::sync::Arc::clone(&ctx.rules));
    ctx.call(move |tx| {
        db::provider::pause(tx, provider, &why)?;
        let problem = Problem::new(What::ProviderPaused, name.clone(), why.clone());
        notify::raise(tx, &format!("paused:{provider}"), None, &problem, &rules)
    })
    .await
}

enum Recorded {
    Intent(Intent, ProviderId, ProviderOrder),
    ForPerson,
    NotYet(Moment),
    Changed(String),
}

/// Commits the intent: from here on the fulfilment is locked.
async fn record_intent(ctx: &Ctx, order: OrderId, id: FulfilmentId) -> Result<Recorded, FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        let ready = {
            let order = locked.get();
            let fulfilment = order.fulfilment(id);
            let fulfilment =
                fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
            match why_not(tx, &shared, order, fulfilment)? {
                None => {}
                // An editor was opened, or everything stopped, during the last look.
                Some(NotNow::NotYet(at)) => return Ok(Recorded::NotYet(at)),
                Some(NotNow::Limited(one)) => {
                    notify::raise(tx, &one.key, None, &one.problem, &shared.rules)?;
                    return Ok(Recorded::NotYet(one.until));
                }
                Some(NotNow::NoLongerWanted(_) | NotNow::AnswerLost(_)) => {
                    return Ok(Recorded::Changed("it changed while it was checked".to_owned()));
                }
            }
            let seat = shared.provider(fulfilment.provider)?;
            let payload = payload::build(order, fulfilment, &seat.rules, &shared.rules)
                .map_err(|(_, problem)| FlowError::NotNow(problem.sentence()))?;
            let to = (fulfilment.provider, seat.provider.abilities());
            (payload, to, intent_row(order, fulfilment))
        };
        let (payload, (provider, Abilities { placed_by, holds_first, .. }), mut row) = ready;
        row.payload_hash = payload::payload_hash(&payload);
        put_links(tx, &payload, id)?;
        let with = With {
            actor: &Actor::Program,
            rules: &shared.rules,
            pace: &shared.pace(locked.get().shop),
        };
        db::fulfilment::set_reference(tx, id, &row.reference, row.edition)?;
        locked.get_mut().fulfilments.iter_mut().filter(|one| one.id == id).for_each(|one| {
            one.reference = Some(row.reference.clone());
            one.edition = row.edition;
        });
        let words = format!("{}, {}", row.reference, payload.mode_in_words());
        let event = Event::Fulfilment(id, FulfilmentEvent::IntentRecorded, words);
        transition(tx, &mut locked, event, with)?;
        let intent = db::fulfilment::record_intent(tx, id, &row)?;
        db::draft::set_held_first(tx, id, holds_first.then_some(tx.now))?;
        limits::note_worth(tx, &shared, locked.get(), id)?;
        match placed_by {
            PlacedBy::Program => Ok(Recorded::Intent(intent, provider, payload)),
            PlacedBy::Person => {
                let event = Event::Fulfilment(id, FulfilmentEvent::PersonNeeded, String::new());
                transition(tx, &mut locked, event, with)?;
                let order = locked.get();
                let problem = Problem::new(What::PlaceByHand, row.reference.as_str(), "");
                let about = Some((order.id, order.number.as_str()));
                notify::raise(tx, &person_key(id), about, &problem, &shared.rules)?;
                Ok(Recorded::ForPerson)
            }
        }
    })
    .await
}

/// The key of the alert that asks a person to settle a submission.
pub fn person_key(id: FulfilmentId) -> String {
    format!("person:{id}")
}

fn intent_row(order: &Order, fulfilment: &Fulfilment) -> IntentRow {
    let (reference, edition) = payload::reference(order, fulfilment);
    let revisions = fulfilment
        .lines
        .iter()
        .filter_map(|line| Some((line.item, order.item(line.item)?.facts.revision)))
        .collect();
    IntentRow { reference, edition, payload_hash: String::new(), revisions }
}

/// Lets the provider fetch the files of an order, and nothing else.
pub fn put_links(tx: &Tx<'_>, payload: &ProviderOrder, id: FulfilmentId) -> Result<(), FlowError> {
    for file in payload.lines.iter().flat_map(|line| &line.files) {
        let mockup = file.mockup.as_ref().map(|(url, hash)| (url, hash));
        for (url, hash) in std::iter::once((&file.url, &file.hash)).chain(mockup) {
            let name = url.rsplit('/').next().unwrap_or("");
            let extension = name.rsplit('.').next().unwrap_or("");
            let token = url.rsplit('/').nth(1).unwrap_or("");
            db::file::put_link(tx, token, hash, id, extension)?;
        }
    }
    Ok(())
}

/// The one request, and what its answer means.
async fn send(
    ctx: &Ctx,
    (order, id): (OrderId, FulfilmentId),
    intent: Intent,
    seat: &ProviderSeat,
    payload: &ProviderOrder,
) -> Result<Outcome, FlowError> {
    let permit = SubmitPermit::new(intent);
    match seat.provider.submit(permit, payload).await {
        Ok(accepted) => {
            accept(ctx, order, id, accepted, FulfilmentEvent::Accepted).await?;
            Ok(Outcome::Done("accepted".to_owned()))
        }
        Err(SubmitError::Refused(refusal)) => {
            let why = refusal.problem.sentence();
            refuse(ctx, order, id, refusal).await?;
            Ok(Outcome::Done(why))
        }
        Err(SubmitError::NotSent { reason, retry_after_s }) => {
            not_sent(ctx, order, id, &reason, retry_after_s).await?;
            Ok(Outcome::Done(format!("not sent: {reason}")))
        }
        Err(SubmitError::Unknown { reason }) => {
            answer_lost(ctx, order, id, &reason).await?;
            Ok(Outcome::Done(format!("the answer was lost: {reason}")))
        }
    }
}

pub(super) async fn hold(
    ctx: &Ctx,
    order: OrderId,
    target: Target,
    problem: Problem,
) -> Result<(), FlowError> {
    transact(ctx, order, move || vec![Event::Held(target, problem.clone())]).await
}
