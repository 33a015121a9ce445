//! What ends before all of it was made: given up by a person, or cancelled by its provider.
//!
//! A provider may cancel the rest after a parcel has left whose contents it does not tell. Then it is not
//! known which pieces were not made; a guess would have them made twice or never. So a person says what
//! was in the parcel, and only then the rest counts as not made.

use std::sync::Arc;

use super::ctx::{Ctx, FlowError};
use super::operate::{Staff, TypedParcel, lift_all_on};
use super::track::{each_line, left};
use super::transition::{Event, With, transition};
use crate::db::order::Locked;
use crate::db::{self, Tx};
use crate::model::fulfilment::{Event as FulfilmentEvent, State as FulfilmentState};
use crate::model::hold::{Hold, Target};
use crate::model::id::{FulfilmentId, HoldId, OrderId};
use crate::model::order::Order;
use crate::model::problem::{Problem, What};
use crate::model::provider_order::PlacedBy;

impl Ctx {
    /// Gives a fulfilment up: what has not left will not be made. What a provider's own program makes
    /// is asked to be cancelled instead.
    pub async fn give_up(
        &self,
        order: OrderId,
        id: FulfilmentId,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        let providers = Arc::clone(&self.providers);
        self.operate(order, staff, move |tx, locked, with| {
            let fulfilment = locked.get().fulfilment(id);
            let fulfilment =
                fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
            if fulfilment.state.is_final() {
                let words = format!("it is {} already", fulfilment.state.name());
                return Err(FlowError::NotNow(words));
            }
            let is_by_hand = providers
                .get(&fulfilment.provider)
                .is_some_and(|seat| seat.provider.abilities().placed_by == PlacedBy::Person);
            let has_ended = partly_shipped(locked.get(), id).is_some();
            if fulfilment.state == FulfilmentState::InProduction && !is_by_hand && !has_ended {
                let words = "it is being made: ask the provider to cancel it";
                return Err(FlowError::NotNow(words.to_owned()));
            }
            lift_all_on(tx, locked, id, with)?;
            give_up_lines(tx, locked, id, with)?;
            // In production the lines settle it by themselves.
            if locked.get().fulfilment(id).is_some_and(|one| one.state.is_final()) {
                return Ok(());
            }
            let event = Event::Fulfilment(id, FulfilmentEvent::Dropped, String::new());
            transition(tx, locked, event, with)
        })
        .await
    }
}

/// The provider makes nothing more of it.
pub fn end(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    with: With<'_>,
) -> Result<Ended, FlowError> {
    let untold = untold_parcels(tx, locked.get(), id)?;
    if untold.is_empty() || left(locked.get(), id).is_empty() {
        give_up_lines(tx, locked, id, with)?;
        return Ok(Ended::Whole);
    }
    let parcels = if untold.len() == 1 { "the parcel" } else { "the parcels" };
    let words = format!("it does not tell what was in {parcels} {}", untold.join(", "));
    let problem = Problem::new(What::PartlyShipped, "", words);
    transition(tx, locked, Event::Held(Target::Fulfilment(id), problem), with)?;
    Ok(Ended::AsksPerson)
}

/// What came of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// What has not left never will.
    Whole,
    /// A person says first what has left.
    AsksPerson,
}

/// After a person said what was in a parcel: once it is known of each, the rest is given up.
pub fn told(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    with: With<'_>,
) -> Result<(), FlowError> {
    let is_asked = partly_shipped(locked.get(), id).is_some();
    if !is_asked || !untold_parcels(tx, locked.get(), id)?.is_empty() {
        return Ok(());
    }
    // Another parcel that became known meanwhile has asked once more.
    while let Some(hold) = partly_shipped(locked.get(), id).map(|hold| hold.id) {
        transition(tx, locked, Event::Lifted(hold), with)?;
    }
    give_up_lines(tx, locked, id, with)
}

/// Where it is asked what was in a parcel, nothing is no answer: elsewhere it means everything that is left.
pub fn asks_pieces(order: &Order, id: FulfilmentId, typed: &TypedParcel) -> Result<(), FlowError> {
    match partly_shipped(order, id).is_some() && typed.pieces.is_empty() {
        true => Err(FlowError::NotNow(
            "say how many pieces of each were in it; if nothing of it was, give the rest up"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

/// Whether a person may simply release this hold: what was in a parcel is an answer, not a press.
pub fn may_be_released(order: &Order, id: HoldId) -> Result<(), FlowError> {
    let hold = order.holds.iter().find(|hold| hold.id == id);
    match hold.is_some_and(|hold| hold.problem.what == What::PartlyShipped) {
        true => Err(FlowError::NotNow(What::PartlyShipped.cure().to_owned())),
        false => Ok(()),
    }
}

/// The hold of a fulfilment that its provider ended after an untold part of it had left.
pub fn partly_shipped(order: &Order, id: FulfilmentId) -> Option<&Hold> {
    order.holds.iter().find(|hold| {
        hold.target == Target::Fulfilment(id) && hold.problem.what == What::PartlyShipped
    })
}

/// The numbers of its parcels of which nobody said yet what was in them.
fn untold_parcels(tx: &Tx<'_>, order: &Order, id: FulfilmentId) -> Result<Vec<String>, FlowError> {
    let parcels = db::shipment::of_order(tx, order.id)?.into_iter();
    let untold = parcels.filter(|one| one.fulfilment == id && one.lines.is_empty());
    Ok(untold.map(|one| one.tracking_number).collect())
}

/// Marks what has not left as never to leave.
pub fn give_up_lines(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    with: With<'_>,
) -> Result<(), FlowError> {
    each_line(tx, locked, id, with, |line| {
        line.given_up = line.quantity.saturating_sub(line.shipped);
    })
}
