//! What a person of the staff does to an order: each one event, by name, in one transaction.

use std::time::Duration;

use crate::db::order::Locked;
use crate::db::{self, Tx};
use crate::model::fulfilment::{Event as FulfilmentEvent, Stage, State as FulfilmentState};
use crate::model::hold::{Actor, Target};
use crate::model::id::{FulfilmentId, HoldId, ItemId, OrderId};
use crate::model::item::{self, Item};
use crate::model::job::Lane;
use crate::model::order::{Event as OrderEvent, Order, State, Submitted};
use crate::model::problem::{Problem, What};
use crate::model::recipient::Recipient;
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError};
use super::transition::{Amendment, Event, With, enqueue, transition};

/// A person of the staff, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff(pub String);

/// What moves the moment of submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// After the seconds for undo.
    SendNow,
    /// This much later.
    Later(Duration),
    /// This much earlier, but never without the seconds for undo.
    Earlier(Duration),
    /// At this moment.
    At(Moment),
    /// This long from now, and from now on for this order.
    Own(u32),
}

/// Locks an order that a person named: the number may be anybody's guess.
pub(super) fn lock_known(tx: &Tx<'_>, order: OrderId) -> Result<Locked<Order>, FlowError> {
    match db::board::has_order(tx, order)? {
        true => Ok(db::order::lock(tx, order)?),
        false => Err(FlowError::NotFound(format!("order {order}"))),
    }
}

/// Whether a provider makes or made the present revision of an item.
fn was_sent(order: &Order, item: &Item) -> bool {
    let made = order.fulfilments.iter().filter(|one| {
        matches!(one.state, FulfilmentState::InProduction | FulfilmentState::Shipped)
    });
    made.flat_map(|one| &one.lines)
        .any(|line| line.item == item.id && line.revision == Some(item.facts.revision))
}

impl Ctx {
    /// One transaction of a person on one order.
    pub async fn operate<T, F>(&self, order: OrderId, staff: &Staff, act: F) -> Result<T, FlowError>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>, &mut Locked<Order>, With<'_>) -> Result<T, FlowError> + Send + 'static,
    {
        let (ctx, actor) = (self.clone(), Actor::Person(staff.0.clone()));
        self.call(move |tx| {
            let mut locked = lock_known(tx, order)?;
            if db::erase::is_erased(tx, order)? {
                return Err(FlowError::NotNow(
                    "it was erased: nothing can be made of it".to_owned(),
                ));
            }
            let pace = ctx.pace(locked.get().shop);
            act(tx, &mut locked, With { actor: &actor, rules: &ctx.rules, pace: &pace })
        })
        .await
    }

    /// Sends a fulfilment sooner or later.
    pub async fn change_delay(
        &self,
        order: OrderId,
        id: FulfilmentId,
        delay: Delay,
        staff: &Staff,
    ) -> Result<Moment, FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            let fulfilment = locked.get().fulfilment(id);
            let fulfilment =
                fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
            let present = fulfilment.submit_at().unwrap_or(tx.now);
            let submit_at = match delay {
                Delay::SendNow => tx.now.plus(with.rules.undo),
                Delay::Later(more) => present.max(tx.now).plus(more),
                Delay::Earlier(less) => present.minus(less).max(tx.now.plus(with.rules.undo)),
                Delay::At(moment) => moment.max(tx.now.plus(with.rules.undo)),
                Delay::Own(delay_s) => {
                    db::order::set_delay(tx, order, Some(delay_s))?;
                    locked.get_mut().delay_s = Some(delay_s);
                    tx.now.plus(Duration::from_secs(u64::from(delay_s)).max(with.rules.undo))
                }
            };
            let event = FulfilmentEvent::DelayChanged { submit_at };
            transition(tx, locked, Event::Fulfilment(id, event, String::new()), with)?;
            Ok(submit_at)
        })
        .await
    }

    /// Submits a fulfilment that waits for a press.
    pub async fn press_submit(
        &self,
        order: OrderId,
        id: FulfilmentId,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            let event = FulfilmentEvent::SubmitPressed { submit_at: tx.now.plus(with.rules.undo) };
            transition(tx, locked, Event::Fulfilment(id, event, String::new()), with)
        })
        .await
    }

    /// Stops an order, an item or a fulfilment.
    pub async fn pause(
        &self,
        order: OrderId,
        target: Target,
        why: &str,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        let problem = Problem::new(What::Paused, "", why);
        self.operate(order, staff, move |tx, locked, with| {
            transition(tx, locked, Event::Held(target, problem.clone()), with)
        })
        .await
    }

    /// Lifts a hold.
    pub async fn release(
        &self,
        order: OrderId,
        hold: HoldId,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            super::ending::may_be_released(locked.get(), hold)?;
            transition(tx, locked, Event::Lifted(hold), with)
        })
        .await
    }

    /// Cancels an order: at once while nothing was submitted, else as a request to the providers.
    pub async fn cancel_order(&self, order: OrderId, staff: &Staff) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            // Nobody is told that something ends which ended before.
            if matches!(locked.get().state, State::Closed | State::Cancelled) {
                return Err(FlowError::NotNow("it is over: nothing can be cancelled".to_owned()));
            }
            if locked.get().submitted() == Submitted::Never {
                return transition(tx, locked, Event::Order(OrderEvent::Cancelled), with);
            }
            super::take_in::ask_cancel(tx, locked.get())?;
            let problem = Problem::new(What::CancelAfterSubmission, "", "cancelled here");
            transition(tx, locked, Event::Held(Target::Order, problem), with)
        })
        .await
    }

    /// Draws the present revision of an item again.
    pub async fn draw_again(
        &self,
        order: OrderId,
        item: ItemId,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            not_locked(locked.get(), item)?;
            let event = match locked.get().item(item).filter(|one| was_sent(locked.get(), one)) {
                // Its files are what a provider was sent: they stay as they are.
                Some(one) => Event::Amended(Amendment {
                    item,
                    design: one.design.clone(),
                    areas: one.facts.areas.clone(),
                    values: one.values.clone(),
                    why: format!("drawn again, {}", with.actor.in_words()),
                }),
                None => Event::ArtworkForgotten(item),
            };
            transition(tx, locked, event, with)
        })
        .await
    }

    /// Writes another address.
    pub async fn change_recipient(
        &self,
        order: OrderId,
        recipient: Recipient,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            transition(tx, locked, Event::RecipientChanged(recipient.clone()), with)
        })
        .await
    }

    /// Puts what was refused into a new fulfilment, with its own countdown and next edition.
    pub async fn submit_again(
        &self,
        order: OrderId,
        id: FulfilmentId,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            lift_all_on(tx, locked, id, with)?;
            let event = Event::Fulfilment(id, FulfilmentEvent::Replanned, String::new());
            transition(tx, locked, event, with)
        })
        .await
    }

    /// Notes that a person placed the order with the provider, under this number.
    pub async fn placed_by_hand(
        &self,
        order: OrderId,
        id: FulfilmentId,
        provider_order_id: &str,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        let number = provider_order_id.trim().to_owned();
        if number.is_empty() {
            return Err(FlowError::NotNow("type the provider's order number".to_owned()));
        }
        self.operate(order, staff, move |tx, locked, with| {
            in_stage(locked.get(), id, &[Stage::Person, Stage::Unknown])?;
            lift_all_on(tx, locked, id, with)?;
            db::alert::clear(tx, &super::submit::person_key(id))?;
            db::fulfilment::set_provider_order(tx, id, &number, None)?;
            let event = Event::Fulfilment(id, FulfilmentEvent::Accepted, number.clone());
            transition(tx, locked, event, with)?;
            super::transition::ask_shop_sync(tx, locked.get())
        })
        .await
    }

    /// Confirms that the provider does not have the order: the same reference may be sent again.
    pub async fn confirm_absent(
        &self,
        order: OrderId,
        id: FulfilmentId,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            in_stage(locked.get(), id, &[Stage::Person])?;
            lift_all_on(tx, locked, id, with)?;
            db::alert::clear(tx, &super::submit::person_key(id))?;
            let event = Event::Fulfilment(id, FulfilmentEvent::ConfirmedAbsent, String::new());
            transition(tx, locked, event, with)
        })
        .await
    }

    /// Orders pieces again: broken in the post, or printed wrong. Always by a person, with a reason.
    pub async fn reprint(
        &self,
        order: OrderId,
        pieces: Vec<(ItemId, u32)>,
        reason: &str,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        let reason = reason.trim().to_owned();
        if reason.is_empty() || pieces.iter().all(|(_, quantity)| *quantity == 0) {
            return Err(FlowError::NotNow("name the pieces and the reason".to_owned()));
        }
        self.operate(order, staff, move |tx, locked, with| {
            for (item, _) in &pieces {
                can_reprint(locked.get(), *item)?;
            }
            super::transition::note(
                tx,
                locked.get(),
                with,
                "order".to_owned(),
                "reprint",
                &reason,
            )?;
            // The order opens first: a closed one plans nothing.
            if matches!(locked.get().state, State::Closed | State::Cancelled) {
                reopen(tx, locked, with)?;
            }
            for (item, quantity) in &pieces {
                transition(tx, locked, Event::Reprint(*item, *quantity), with)?;
            }
            Ok(())
        })
        .await
    }

    /// Types a parcel in: what is in it where that is known, else everything that is left.
    pub async fn type_parcel(
        &self,
        order: OrderId,
        id: FulfilmentId,
        parcel: TypedParcel,
        staff: &Staff,
    ) -> Result<(), FlowError> {
        if parcel.tracking_number.trim().is_empty() {
            return Err(FlowError::NotNow("type the tracking number".to_owned()));
        }
        self.operate(order, staff, move |tx, locked, with| {
            let fulfilment = locked.get().fulfilment(id);
            let fulfilment =
                fulfilment.ok_or_else(|| FlowError::NotFound(format!("fulfilment {id}")))?;
            // A number may be learned after everything has left.
            if !matches!(fulfilment.state, FulfilmentState::InProduction | FulfilmentState::Shipped)
            {
                return Err(FlowError::NotNow("it is not in production".to_owned()));
            }
            super::track::type_parcel(tx, locked, id, &parcel, with)
        })
        .await
    }

    /// Takes or renews the right to edit the designs of an order, bounded.
    pub async fn take_lease(&self, order: OrderId, staff: &Staff) -> Result<Moment, FlowError> {
        let name = staff.0.clone();
        self.operate(order, staff, move |tx, locked, with| {
            let until = tx.now.plus(with.rules.lease_max);
            db::order::set_edit_lease(tx, order, Some(until), &name)?;
            locked.get_mut().edit_lease_until = Some(until);
            Ok(until)
        })
        .await
    }

    /// Gives the right to edit back: a countdown that waited for it goes on.
    pub async fn end_lease(&self, order: OrderId, staff: &Staff) -> Result<(), FlowError> {
        self.operate(order, staff, move |tx, locked, with| {
            db::order::set_edit_lease(tx, order, None, "")?;
            locked.get_mut().edit_lease_until = None;
            super::transition::settle(tx, locked, with)
        })
        .await
    }

    /// Stops every submission, or lets them go on.
    pub async fn set_stopped(&self, stopped: Stopped, staff: &Staff) -> Result<(), FlowError> {
        let name = staff.0.clone();
        self.call(move |tx| {
            let value = match stopped {
                Stopped::Yes => "yes",
                Stopped::No => "no",
            };
            db::switch::set(tx, db::switch::STOPPED, value, &name)?;
            if stopped == Stopped::No {
                for (id, order) in db::fulfilment::counting_down(tx)? {
                    let key = id.to_string();
                    enqueue(tx, "submit", &key, Lane::Money, Some(order), Duration::ZERO)?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// A parcel as a person types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedParcel {
    /// Carrier.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
    /// Carrier's page; may be empty.
    pub tracking_url: String,
    /// What is in it; empty is everything that is left.
    pub pieces: Vec<(ItemId, u32)>,
}

/// Whether every submission is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing goes out.
    Yes,
    /// Everything goes its way.
    No,
}

/// A refunded item is not made again, and what was never made is not made once more: opened again,
/// it would be made as it was ordered and as it was ordered again.
fn can_reprint(order: &Order, id: ItemId) -> Result<(), FlowError> {
    let item = order.item(id).ok_or_else(|| FlowError::NotFound(format!("item {id}")))?;
    let name = order.item_name(id);
    if item.state == item::State::Dropped {
        return Err(FlowError::NotNow(format!("{name} was refunded or cancelled")));
    }
    let was_planned = order.fulfilments.iter().any(|one| one.holds(id));
    if order.state == State::Cancelled && !was_planned {
        let words = format!("{name} was cancelled before it was made: set the order to paid again");
        return Err(FlowError::NotNow(words));
    }
    Ok(())
}

/// Reopens without settling: an order that is open with nothing to do would close at once.
fn reopen(tx: &Tx<'_>, locked: &mut Locked<Order>, with: With<'_>) -> Result<(), FlowError> {
    let order = locked.get_mut();
    let from = order.state;
    let to = from.next(OrderEvent::ReprintOrdered, order.submitted());
    db::order::set_state(tx, order.id, from, to)?;
    order.state = to;
    super::transition::note(tx, order, with, "order".to_owned(), "reopened", "")
}

fn not_locked(order: &Order, item: ItemId) -> Result<(), FlowError> {
    match order.is_locked(item) {
        true => Err(FlowError::NotNow("it was submitted and can no longer be changed".to_owned())),
        false => Ok(()),
    }
}

fn in_stage(order: &Order, id: FulfilmentId, stages: &[Stage]) -> Result<(), FlowError> {
    match order.fulfilment(id).map(|one| &one.state) {
        Some(FulfilmentState::Submitting { stage }) if stages.contains(stage) => Ok(()),
        Some(other) => Err(FlowError::NotNow(format!("it is {} now", other.name()))),
        None => Err(FlowError::NotFound(format!("fulfilment {id}"))),
    }
}

pub(super) fn lift_all_on(
    tx: &Tx<'_>,
    locked: &mut Locked<Order>,
    id: FulfilmentId,
    with: With<'_>,
) -> Result<(), FlowError> {
    let holds: Vec<HoldId> = locked
        .get()
        .holds
        .iter()
        .filter(|hold| hold.target == Target::Fulfilment(id))
        .map(|hold| hold.id)
        .collect();
    for hold in holds {
        transition(tx, locked, Event::Lifted(hold), with)?;
    }
    Ok(())
}
