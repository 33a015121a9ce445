//! Tracking: what the provider says of an order, parcel by parcel. Never backwards.

use std::sync::Arc;
use std::time::Duration;

use crate::db::order::Locked;
use crate::db::{self, Tx};
use crate::model::fulfilment::{Event as FulfilmentEvent, Reference, Stage, State};
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, Hash, ItemId, ShipmentId};
use crate::model::order::{Fulfilment, FulfilmentLine, Order, Shipment};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{
    CancelAnswer, Contents, Progress, ProviderParcel, ProviderStatus,
};
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError, Outcome};
use super::ending::{self, Ended};
use super::notify;
use super::payload::item_of_key;
use super::submit::ask_error;
use super::transition::{Event, With, ask_shop_sync, transition};

/// Asks the provider how far an order is, and notes it where it says something new.
pub async fn run(ctx: &Ctx, id: FulfilmentId) -> Result<Outcome, FlowError> {
    let Some(track) = ctx.read(move |tx| Ok(db::fulfilment::track(tx, id)?)).await? else {
        return Ok(Outcome::Cancel("the fulfilment is gone".to_owned()));
    };
    let is_shipped = track.state == State::Shipped.name();
    if track.state != State::InProduction.name() && !is_shipped {
        return Ok(Outcome::Cancel(format!("it is {} now", track.state)));
    }
    let (Some(reference), Some(number)) = (track.reference, track.provider_order_id) else {
        return Ok(Outcome::Cancel("it has no number at the provider".to_owned()));
    };
    let seat = ctx.provider(track.provider)?.clone();
    let again = if is_shipped {
        let is_tracked = ctx.read(move |tx| Ok(db::shipment::is_tracked(tx, id)?)).await?;
        let Some(again) = after_shipping(ctx.clock.now(), track.since, is_tracked) else {
            return Ok(Outcome::Done("it is followed no longer".to_owned()));
        };
        again
    } else {
        ctx.clock.now().plus(ctx.chance.jitter(seat.rules.track_every))
    };
    match seat.provider.status(&reference, &number).await {
        Ok(Some(status)) => {
            let mark = Hash::of(format!("{status:?}").as_bytes());
            if mark.as_str() == track.mark {
                return Ok(Outcome::Snooze(again));
            }
            let shared = ctx.clone();
            let (state, is_tracked) = ctx
                .call(move |tx| {
                    let mut locked = db::order::lock(tx, track.order)?;
                    db::window::note_status(tx, id, &status, mark.as_str())?;
                    match is_shipped {
                        true => note_late(tx, &shared, &mut locked, id, &status)?,
                        false => note(tx, &shared, &mut locked, id, &status)?,
                    }
                    let state = locked.get().fulfilment(id).map(|one| one.state.clone());
                    Ok((state, db::shipment::is_tracked(tx, id)?))
                })
                .await?;
            let now = ctx.clock.now();
            let since = if is_shipped { track.since } else { now };
            Ok(match state {
                Some(State::InProduction) => Outcome::Snooze(again),
                Some(State::Shipped) => follow(after_shipping(now, since, is_tracked)),
                _ => Outcome::Done("settled".to_owned()),
            })
        }
        // Some providers forget what has left.
        Ok(None) if is_shipped => Ok(Outcome::Snooze(again)),
        Ok(None) => {
            // It was there once: a later "not found" is an alert, never a reason to send again.
            let detail = format!("{reference} was there and is not found any more");
            let Some((order, _)) = load(ctx, id).await? else {
                return Ok(Outcome::Snooze(again));
            };
            alert(ctx, &order, id, Problem::new(What::StatusUnknown, "", detail)).await?;
            Ok(Outcome::Snooze(again))
        }
        Err(crate::outside::provider::AskError::Unable) => {
            Ok(Outcome::Cancel("people track this provider".to_owned()))
        }
        Err(error) => {
            let Some((_, fulfilment)) = load(ctx, id).await? else {
                return Ok(Outcome::Snooze(again));
            };
            Err(ask_error(ctx, &fulfilment, error).await?)
        }
    }
}

fn follow(again: Option<Moment>) -> Outcome {
    again.map_or_else(|| Outcome::Done("it is followed no longer".to_owned()), Outcome::Snooze)
}

/// When to look again at what has left. A number may come after the goods, and what got lost on its
/// way is sent once more; a look now and then finds what no hook told of.
fn after_shipping(now: Moment, since: Moment, is_tracked: bool) -> Option<Moment> {
    const HOUR: Duration = Duration::from_secs(3_600);
    let looks = [since.plus(72 * HOUR), since.plus(240 * HOUR)];
    if !is_tracked && now < looks[1] {
        let pause = if now < looks[0] { HOUR } else { 12 * HOUR };
        return Some(now.plus(pause));
    }
    looks.into_iter().find(|at| now < *at)
}

/// What the provider says of an order that has left: more parcels, and nothing backwards.
fn note_late(
    tx: &Tx<'_>,
    ctx: &Ctx,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    status: &ProviderStatus,
) -> Result<(), FlowError> {
    let with =
        With { actor: &Actor::Provider, rules: &ctx.rules, pace: &ctx.pace(locked.get().shop) };
    note_price(tx, ctx, locked, id, status)?;
    for parcel in &status.parcels {
        note_parcel(tx, locked, id, parcel, with)?;
    }
    Ok(())
}

async fn load(ctx: &Ctx, id: FulfilmentId) -> Result<Option<(Order, Fulfilment)>, FlowError> {
    ctx.read(move |tx| {
        let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
            return Ok(None);
        };
        let order = db::order::load(tx, ledger.order)?;
        let fulfilment = order.fulfilment(id).cloned();
        Ok(fulfilment.map(|fulfilment| (order, fulfilment)))
    })
    .await
}

async fn alert(
    ctx: &Ctx,
    order: &Order,
    id: FulfilmentId,
    problem: Problem,
) -> Result<(), FlowError> {
    let (order, number, rules) = (order.id, order.number.clone(), Arc::clone(&ctx.rules));
    ctx.call(move |tx| {
        let key = format!("track:{id}");
        notify::raise(tx, &key, Some((order, &number)), &problem, &rules)
    })
    .await
}

/// Most providers tell the price only after they took the order.
fn note_price(
    tx: &Tx<'_>,
    ctx: &Ctx,
    locked: &Locked<Order>,
    id: FulfilmentId,
    status: &ProviderStatus,
) -> Result<(), FlowError> {
    let Some(price) = status.price else { return Ok(()) };
    let known = db::fulfilment::ledger(tx, id)?.and_then(|ledger| ledger.price);
    if known == Some(price) {
        return Ok(());
    }
    db::fulfilment::set_provider_order(tx, id, &status.provider_order_id, Some(price))?;
    super::limits::note_price(tx, ctx, locked.get(), id, price)
}

/// Notes what the provider says: parcels first, then whether anything is left.
fn note(
    tx: &Tx<'_>,
    ctx: &Ctx,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    status: &ProviderStatus,
) -> Result<(), FlowError> {
    let with =
        With { actor: &Actor::Provider, rules: &ctx.rules, pace: &ctx.pace(locked.get().shop) };
    note_price(tx, ctx, locked, id, status)?;
    for parcel in &status.parcels {
        note_parcel(tx, locked, id, parcel, with)?;
    }
    match &status.progress {
        Progress::Shipped => ship_rest(tx, locked, id, with)?,
        Progress::Cancelled => {
            // What asks a person has told them.
            if ending::end(tx, locked, id, with)? == Ended::Whole {
                let problem = Problem::new(What::CancelledByProvider, "", status.word.clone());
                let order = locked.get();
                let about = Some((order.id, order.number.as_str()));
                notify::raise(tx, &format!("gone:{id}"), about, &problem, &ctx.rules)?;
            }
        }
        // What was placed on hold waits for its release, which has a deadline of its own.
        Progress::Accepted { held: Some(reason) }
            if reason.is_empty() && db::draft::is_waiting(tx, id)? => {}
        Progress::Accepted { held: Some(reason) } => {
            let words = match reason.as_str() {
                "" => "held there, and it does not say why".to_owned(),
                reason => format!("held there: {reason}"),
            };
            let problem = Problem::new(What::StatusUnknown, "", words);
            let order = locked.get();
            let about = Some((order.id, order.number.as_str()));
            notify::raise(tx, &format!("track:{id}"), about, &problem, &ctx.rules)?;
        }
        Progress::Unknown => {
            let problem = Problem::new(What::StatusUnknown, "", format!("“{}”", status.word));
            let order = locked.get();
            let about = Some((order.id, order.number.as_str()));
            notify::raise(tx, &format!("track:{id}"), about, &problem, &ctx.rules)?;
        }
        Progress::Accepted { held: None } | Progress::InProduction => {
            db::alert::clear(tx, &format!("track:{id}"))?;
        }
    }
    super::transition::settle(tx, locked, with)
}

/// Stores a parcel once, and counts what is in it where that is known.
pub fn note_parcel(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    parcel: &ProviderParcel,
    with: With<'_>,
) -> Result<Option<ShipmentId>, FlowError> {
    let lines = contents(locked.get(), id, &parcel.contents);
    let tracking_url = match parcel.tracking_url.is_empty() {
        true => db::shipment::tracking_url(tx, id, &parcel.tracking_number)?.unwrap_or_default(),
        false => parcel.tracking_url.clone(),
    };
    let shipment = Shipment {
        id: ShipmentId(0),
        fulfilment: id,
        key: parcel.key.clone(),
        carrier: parcel.carrier.clone(),
        tracking_number: parcel.tracking_number.clone(),
        tracking_url,
        shipped_at: tx.now,
        shop_told_at: None,
        lines: lines.clone(),
    };
    let new = db::shipment::insert(tx, locked.get().id, &shipment)?;
    if new.is_none() {
        if !parcel.tracking_url.is_empty() {
            let (number, url) = (&parcel.tracking_number, &parcel.tracking_url);
            db::shipment::put_tracking_url(tx, id, number, url)?;
        }
        return Ok(None);
    }
    let words = format!("{} {}", parcel.carrier, parcel.tracking_number);
    let subject = super::transition::fulfilment_name(locked.get(), id);
    super::transition::note(tx, locked.get(), with, subject, "parcel", &words)?;
    for (item, quantity) in lines {
        ship(tx, locked, id, item, quantity, with)?;
    }
    ask_shop_sync(tx, locked.get())?;
    Ok(new)
}

/// Stores a parcel that a person typed. One that is here already gets its quantities.
pub fn type_parcel(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    typed: &super::operate::TypedParcel,
    with: With<'_>,
) -> Result<(), FlowError> {
    ending::asks_pieces(locked.get(), id, typed)?;
    let number = typed.tracking_number.trim().to_owned();
    let is_here = db::shipment::of_order(tx, locked.get().id)?
        .into_iter()
        .find(|one| one.fulfilment == id && one.tracking_number == number);
    let pieces =
        if typed.pieces.is_empty() { left(locked.get(), id) } else { typed.pieces.clone() };
    let shipment = match is_here {
        Some(shipment) if shipment.lines.is_empty() => Some(shipment.id),
        Some(_) => {
            return Err(FlowError::NotNow(format!("the parcel {number} is already here")));
        }
        None => {
            let parcel = ProviderParcel {
                key: number.clone(),
                carrier: typed.carrier.trim().to_owned(),
                tracking_number: number,
                tracking_url: typed.tracking_url.trim().to_owned(),
                contents: Contents::Untold,
            };
            note_parcel(tx, locked, id, &parcel, with)?
        }
    };
    for (item, quantity) in pieces {
        let open = left(locked.get(), id)
            .into_iter()
            .find(|(open, _)| *open == item)
            .map_or(0, |(_, quantity)| quantity);
        let quantity = quantity.min(open);
        if let Some(shipment) = shipment.filter(|_| 0 < quantity) {
            db::shipment::put_line(tx, shipment, item, quantity)?;
            ship(tx, locked, id, item, quantity, with)?;
        }
    }
    ending::told(tx, locked, id, with)?;
    ask_shop_sync(tx, locked.get())
}

/// What has not left yet.
pub(super) fn left(order: &Order, id: FulfilmentId) -> Vec<(ItemId, u32)> {
    let Some(fulfilment) = order.fulfilment(id) else {
        return Vec::new();
    };
    fulfilment
        .lines
        .iter()
        .map(|line| (line.item, line.quantity.saturating_sub(line.shipped + line.given_up)))
        .filter(|(_, quantity)| 0 < *quantity)
        .collect()
}

/// What is in a parcel, as far as it can be known: never guessed.
fn contents(order: &Order, id: FulfilmentId, contents: &Contents) -> Vec<(ItemId, u32)> {
    let Some(fulfilment) = order.fulfilment(id) else {
        return Vec::new();
    };
    let open: Vec<(ItemId, u32)> = fulfilment
        .lines
        .iter()
        .map(|line| (line.item, line.quantity.saturating_sub(line.shipped + line.given_up)))
        .filter(|(_, quantity)| 0 < *quantity)
        .collect();
    match contents {
        Contents::Lines(lines) => lines
            .iter()
            .filter_map(|(key, quantity)| Some((item_of_key(order, key)?, *quantity)))
            .filter_map(|(item, quantity)| {
                let (_, left) = open.iter().find(|(open, _)| *open == item)?;
                Some((item, quantity.min(*left)))
            })
            .filter(|(_, quantity)| 0 < *quantity)
            .collect(),
        Contents::Pieces(pieces) => {
            let left: u32 = open.iter().map(|(_, quantity)| quantity).sum();
            match open.as_slice() {
                _ if *pieces == left => open,
                [(item, quantity)] => vec![(*item, (*pieces).min(*quantity))],
                _ => Vec::new(),
            }
        }
        Contents::Untold => Vec::new(),
    }
}

fn ship(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    item: ItemId,
    quantity: u32,
    with: With<'_>,
) -> Result<(), FlowError> {
    let line = locked
        .get()
        .fulfilment(id)
        .and_then(|one| one.lines.iter().find(|line| line.item == item))
        .copied();
    let Some(mut line) = line else { return Ok(()) };
    line.shipped = (line.shipped + quantity).min(line.quantity - line.given_up);
    transition(tx, locked, Event::Progress(id, line), with)
}

/// Everything has left.
pub fn ship_rest(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    with: With<'_>,
) -> Result<(), FlowError> {
    each_line(tx, locked, id, with, |line| line.shipped = line.quantity - line.given_up)
}

/// Notes how far each line of a fulfilment is. Facts only: the state follows from the event after.
pub(super) fn each_line(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    with: With<'_>,
    change: impl Fn(&mut FulfilmentLine),
) -> Result<(), FlowError> {
    let lines = locked.get().fulfilment(id).map(|one| one.lines.clone()).unwrap_or_default();
    for mut line in lines {
        change(&mut line);
        transition(tx, locked, Event::Progress(id, line), with)?;
    }
    Ok(())
}

/// Asks the provider to cancel; its answer is recorded and a person is told.
pub async fn cancel(ctx: &Ctx, id: FulfilmentId) -> Result<Outcome, FlowError> {
    if super::recovery::is_on(ctx).await? {
        return Ok(super::recovery::later(ctx));
    }
    let Some((order, fulfilment)) = load(ctx, id).await? else {
        return Ok(Outcome::Cancel("the fulfilment is gone".to_owned()));
    };
    // A job reads the present state: what did not arrive was taken back here, or a person released it.
    let is_wanted =
        order.holds.iter().filter(|hold| hold.is_of_late_cancel()).any(|hold| match hold.target {
            Target::Order => true,
            Target::Item(item) => fulfilment.holds(item),
            Target::Fulfilment(other) => other == id,
        });
    if !is_wanted {
        return Ok(Outcome::Cancel("nobody wants it cancelled any more".to_owned()));
    }
    let place = (&fulfilment.state, &fulfilment.reference, &fulfilment.provider_order_id);
    let (reference, number) = match place {
        (State::InProduction, Some(reference), Some(number)) => (reference, number),
        (State::Submitting { .. }, _, _) => {
            // Its answer is not known yet; what it is decides whether there is something to cancel.
            let is_with_person = fulfilment.state == State::Submitting { stage: Stage::Person };
            let pause = if is_with_person { ctx.rules.retry_max } else { ctx.rules.look_up_every };
            return Ok(Outcome::Snooze(ctx.clock.now().plus(pause)));
        }
        (other, _, _) => return Ok(Outcome::Cancel(format!("it is {} now", other.name()))),
    };
    let (words, gone) = ask_to_cancel(ctx, &fulfilment, reference, number).await?;
    let (shared, note, order_id) = (ctx.clone(), words.clone(), order.id);
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order_id)?;
        let with = With {
            actor: &Actor::Provider,
            rules: &shared.rules,
            pace: &shared.pace(locked.get().shop),
        };
        let event = Event::Fulfilment(id, FulfilmentEvent::CancelAsked, note.clone());
        transition(tx, &mut locked, event, with)?;
        if let Some(parcels) = &gone {
            for parcel in parcels {
                note_parcel(tx, &mut locked, id, parcel, with)?;
            }
            return ending::end(tx, &mut locked, id, with).map(|_| ());
        }
        let problem = Problem::new(What::CancelAfterSubmission, "", note.clone());
        transition(tx, &mut locked, Event::Held(Target::Fulfilment(id), problem), with)
    })
    .await?;
    Ok(Outcome::Done(words))
}

/// The provider's answer in words and, if it cancelled, what had left by then: that is no part of the
/// answer, and must not count as not made.
async fn ask_to_cancel(
    ctx: &Ctx,
    fulfilment: &Fulfilment,
    reference: &Reference,
    number: &str,
) -> Result<(String, Option<Vec<ProviderParcel>>), FlowError> {
    let provider = Arc::clone(&ctx.provider(fulfilment.provider)?.provider);
    match provider.cancel(reference, number).await {
        Ok(CancelAnswer::Cancelled) => match provider.status(reference, number).await {
            Ok(status) => {
                let parcels = status.map(|status| status.parcels).unwrap_or_default();
                Ok(("cancelled by the provider".to_owned(), Some(parcels)))
            }
            Err(error) => Err(ask_error(ctx, fulfilment, error).await?),
        },
        Ok(CancelAnswer::Refused(why)) => {
            Ok((format!("the provider refused to cancel: {why}"), None))
        }
        Ok(CancelAnswer::Unclear(reason)) => Err(FlowError::Later { reason, retry_after_s: None }),
        Err(crate::outside::provider::AskError::Unable) => {
            Ok(("this provider cannot be asked to cancel: call it".to_owned(), None))
        }
        Err(error) => Err(ask_error(ctx, fulfilment, error).await?),
    }
}
