//! A lost answer: looked up until it is found, proven absent, or a person's.

use std::sync::Arc;
use std::time::Duration;

use crate::db;
use crate::model::fulfilment::{Event as FulfilmentEvent, Reference, Stage, State};
use crate::model::hold::Target;
use crate::model::id::FulfilmentId;
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{Absence, Accepted, ProviderOrder, ProviderStatus};

use super::artwork::transact;
use super::ctx::{Ctx, FlowError, Outcome};
use super::payload::line_key;
use super::submit::{accept, ask_error};
use super::transition::Event;

/// Fewer look-ups than this never prove an absence (R33).
const MISSES_MIN: u32 = 3;
/// What was lost so often may be wrong itself: CustomCat's server breaks at some orders for good.
const SENT_MAX: u32 = 5;

/// Looks a lost answer up.
pub async fn run(ctx: &Ctx, id: FulfilmentId) -> Result<Outcome, FlowError> {
    let Some((order, ledger)) = load(ctx, id).await? else {
        return Ok(Outcome::Cancel("the fulfilment is gone".to_owned()));
    };
    let fulfilment = order.fulfilment(id).cloned();
    let fulfilment = fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
    if fulfilment.state != (State::Submitting { stage: Stage::Unknown }) {
        return Ok(Outcome::Cancel(format!("it is {} now", fulfilment.state.name())));
    }
    let seat = ctx.provider(fulfilment.provider)?.clone();
    let abilities = seat.provider.abilities();
    let Some(reference) = fulfilment.reference.clone().filter(|_| abilities.lookup_by_reference)
    else {
        person(ctx, &order, id, "this provider cannot be asked for an order").await?;
        return Ok(Outcome::Done("a person settles it".to_owned()));
    };
    match seat.provider.find(&reference).await {
        Ok(Some(status)) => {
            adopt(ctx, &order, &fulfilment, status).await?;
            Ok(Outcome::Done("found".to_owned()))
        }
        Ok(None) => {
            let settle = Duration::from_secs(u64::from(abilities.settle_s));
            let sent_at = ledger.intent_at.unwrap_or(ledger.since);
            let (misses, _) = ctx.call(move |tx| Ok(db::fulfilment::note_miss(tx, id)?)).await?;
            let now = ctx.clock.now();
            if misses < MISSES_MIN || now < sent_at.plus(settle) {
                let pause = ctx.rules.look_up_every * 2_u32.pow(misses.min(6) - 1);
                return Ok(Outcome::Snooze(now.plus(pause)));
            }
            match abilities.absence {
                Absence::Proven => {
                    let note = format!("{misses} look-ups did not find it");
                    let sent = ledger.attempt;
                    transact(ctx, order.id, move || {
                        let event = FulfilmentEvent::ConfirmedAbsent;
                        let mut events = vec![Event::Fulfilment(id, event, note.clone())];
                        if SENT_MAX <= sent {
                            let words = format!("sent {sent} times, and it never arrived");
                            let problem = Problem::new(What::JobFailed, "submit", words);
                            events.push(Event::Held(Target::Fulfilment(id), problem));
                        }
                        events
                    })
                    .await?;
                    Ok(Outcome::Done("surely absent".to_owned()))
                }
                Absence::Unproven => {
                    person(ctx, &order, id, &format!("{misses} look-ups did not find it")).await?;
                    Ok(Outcome::Done("a person settles it".to_owned()))
                }
            }
        }
        Err(error) => Err(ask_error(ctx, &fulfilment, error).await?),
    }
}

async fn load(
    ctx: &Ctx,
    id: FulfilmentId,
) -> Result<Option<(Order, db::fulfilment::Ledger)>, FlowError> {
    ctx.read(move |tx| {
        let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
            return Ok(None);
        };
        Ok(Some((db::order::load(tx, ledger.order)?, ledger)))
    })
    .await
}

/// What the fulfilment holds, by the keys that the provider was given.
fn our_lines(order: &Order, fulfilment: &Fulfilment) -> Vec<(String, u32)> {
    let mut lines: Vec<(String, u32)> = fulfilment
        .lines
        .iter()
        .filter_map(|line| Some((line_key(order, order.item(line.item)?), line.quantity)))
        .collect();
    lines.sort();
    lines
}

/// Adopts the provider's order if it holds the same as ours; else a person compares them.
async fn adopt(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
    status: ProviderStatus,
) -> Result<(), FlowError> {
    let id = fulfilment.id;
    if differs(order, fulfilment, &status) {
        let detail = format!("{} holds {:?}", status.provider_order_id, status.lines);
        let problem = Problem::new(What::ContentDiffers, "", detail);
        return transact(ctx, order.id, move || {
            vec![
                Event::Fulfilment(id, FulfilmentEvent::PersonNeeded, String::new()),
                Event::Held(Target::Fulfilment(id), problem.clone()),
            ]
        })
        .await;
    }
    let accepted = Accepted { provider_order_id: status.provider_order_id, price: status.price };
    accept(ctx, order.id, id, accepted, FulfilmentEvent::Adopted).await
}

/// Whether the provider's order surely holds something else than ours.
pub fn differs(order: &Order, fulfilment: &Fulfilment, status: &ProviderStatus) -> bool {
    match &status.lines {
        Some(theirs) => {
            let mut theirs = theirs.clone();
            theirs.sort();
            theirs != our_lines(order, fulfilment)
        }
        None => false,
    }
}

/// The precheck found our reference at the provider: a restored backup or a twin sent it before.
pub async fn adopt_before_sending(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
    payload: &ProviderOrder,
    status: ProviderStatus,
) -> Result<(), FlowError> {
    let id = fulfilment.id;
    let order_id = order.id;
    let payload_hash = super::payload::payload_hash(payload);
    // It was sent before, not found, and changed since: what arrived after all is the older content.
    let sent = ctx.read(move |tx| Ok(db::fulfilment::ledger(tx, id)?)).await?;
    let sent = sent.and_then(|ledger| ledger.payload_hash);
    let is_older = sent.is_some_and(|sent| sent != payload_hash);
    if is_older || differs(order, fulfilment, &status) {
        let detail = format!("{} is there and holds something else", payload.reference);
        let problem = Problem::new(What::ContentDiffers, "", detail);
        return transact(ctx, order_id, move || {
            vec![Event::Held(Target::Fulfilment(id), problem.clone())]
        })
        .await;
    }
    let own = super::payload::reference(order, fulfilment);
    adopt_found(ctx, order, fulfilment, own, Some(payload_hash), status).await
}

/// Takes what was found at the provider for what this fulfilment would have sent. No intent is
/// recorded: nothing is sent, so it counts against no limit.
pub async fn adopt_found(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
    (reference, edition): (Reference, u32),
    payload_hash: Option<String>,
    status: ProviderStatus,
) -> Result<(), FlowError> {
    let (id, order_id) = (fulfilment.id, order.id);
    let holds_first = ctx.provider(fulfilment.provider)?.provider.abilities().holds_first;
    ctx.call(move |tx| {
        let locked = db::order::lock(tx, order_id)?;
        let order = locked.get();
        let now = order.fulfilment(id);
        let now = now.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
        if now.state.is_locked() {
            return Err(FlowError::NotNow(format!("it is {} now", now.state.name())));
        }
        let revisions: Vec<_> = now
            .lines
            .iter()
            .filter_map(|line| Some((line.item, order.item(line.item)?.facts.revision)))
            .collect();
        db::fulfilment::set_reference(tx, id, &reference, edition)?;
        // Whether it was released is not known any more: it is read.
        db::draft::set_held_first(tx, id, holds_first.then_some(tx.now))?;
        Ok(db::recovery::set_sent(tx, id, &revisions, payload_hash.as_deref())?)
    })
    .await?;
    let accepted = Accepted { provider_order_id: status.provider_order_id, price: status.price };
    accept(ctx, order_id, id, accepted, FulfilmentEvent::Adopted).await
}

/// Hands a submission over to people.
async fn person(ctx: &Ctx, order: &Order, id: FulfilmentId, why: &str) -> Result<(), FlowError> {
    let note = why.to_owned();
    let (order_id, number, rules) = (order.id, order.number.clone(), Arc::clone(&ctx.rules));
    transact(ctx, order_id, move || {
        vec![Event::Fulfilment(id, FulfilmentEvent::PersonNeeded, note.clone())]
    })
    .await?;
    let problem = Problem::new(What::AnswerNeedsPerson, "", why);
    ctx.call(move |tx| {
        let key = super::submit::person_key(id);
        super::notify::raise(tx, &key, Some((order_id, &number)), &problem, &rules)
    })
    .await
}
