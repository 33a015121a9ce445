//! The only writer of states: an event, its facts, the history, and everything that follows.

use std::time::Duration;

use crate::db::order::Locked;
use crate::db::{self, DbError, Tx};
use crate::model::fulfilment::{self, Event as FulfilmentEvent, Stage, State as FulfilmentState};
use crate::model::hold::{Actor, Hold, Target};
use crate::model::id::{FulfilmentId, Hash, HoldId, ItemId, ProviderId};
use crate::model::item::{self, PrintFile, Verdict};
use crate::model::job::{Lane, NewJob};
use crate::model::order::{self, Fulfilment, FulfilmentLine, Order};
use crate::model::problem::{Problem, What};
use crate::model::recipient::Recipient;
use crate::model::settle::{self, Consequence, Pace};
use crate::model::value::{Value, Values};

use super::ctx::{FlowError, Rules};

mod on_fulfilment;
mod on_hold;
mod on_item;
mod route;
mod work;

pub use on_fulfilment::promised;
use on_fulfilment::{fulfilment_event, plan, put_pieces};
use on_hold::{cure, hold, lift};
use on_item::{
    amend, artwork, back_to_gathering, change_piece, corrected, photo, verdict, verdict_words,
};
use route::route_again;
use work::{ask_again, ask_for_work};
pub use work::{ask_shop_sync, enqueue};

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// To the order as a whole.
    Order(order::Event),
    /// To one fulfilment; the note stands in the history.
    Fulfilment(FulfilmentId, FulfilmentEvent, String),
    /// Something stops it.
    Held(Target, Problem),
    /// A hold is gone.
    Lifted(HoldId),
    /// An item has new values: a new revision, and program holds that this cures are lifted.
    Amended(Amendment),
    /// The provider took corrected values and files for a fulfilment that is locked.
    Corrected(FulfilmentId, Amendment, Vec<PrintFile>),
    /// A photo that a line points at was fetched for this revision.
    PhotoFetched(ItemId, u32, String, Value),
    /// The customer or staff gave a piece in the present revision.
    PieceGiven(ItemId, String),
    /// A reviewer judged a piece.
    PieceJudged(ItemId, String, Verdict),
    /// What people should know of the print files of a revision, though they can be printed.
    Remarked(ItemId, u32, Vec<Problem>),
    /// The press has drawn a revision.
    ArtworkMade(ItemId, u32, Vec<PrintFile>),
    /// The print files of the present revision are to be made again.
    ArtworkForgotten(ItemId),
    /// Quality control passed the present revision.
    Passed(ItemId),
    /// The yes to the present revision is taken back.
    Unapproved(ItemId),
    /// The customer approved the present revision.
    Approved(ItemId),
    /// An item is refunded or cancelled.
    Dropped(ItemId),
    /// Another number of pieces is wanted.
    QuantityChanged(ItemId, u32),
    /// A person wants pieces again.
    Reprint(ItemId, u32),
    /// Another recipient.
    RecipientChanged(Recipient),
    /// Another shipping method.
    ShippingChanged(String),
    /// The customer's note says something else.
    NoteChanged(String),
    /// Pieces left, or never will.
    Progress(FulfilmentId, FulfilmentLine),
}

/// New values for an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// The item.
    pub item: ItemId,
    /// The design version.
    pub design: Hash,
    /// Its areas.
    pub areas: Vec<String>,
    /// All values.
    pub values: Values,
    /// Why, for the history.
    pub why: String,
}

/// What a transition needs besides the event.
#[derive(Debug, Clone, Copy)]
pub struct With<'a> {
    /// Who did it.
    pub actor: &'a Actor,
    /// Settings of the installation.
    pub rules: &'a Rules,
    /// Settings of the shop.
    pub pace: &'a Pace,
}

/// Consequences of one event are this many at most; more is a mistake of ours.
const CONSEQUENCES_MAX: usize = 10_000;

/// Writes an event with everything that follows from it.
pub fn transition(
    tx: &Tx<'_>,
    order: &mut Locked<Order>,
    event: Event,
    with: With<'_>,
) -> Result<(), FlowError> {
    apply(tx, order.get_mut(), event, with)?;
    settle(tx, order, with)
}

/// Writes what follows from an order as it stands, and asks for the work that it waits for.
pub fn settle(tx: &Tx<'_>, order: &mut Locked<Order>, with: With<'_>) -> Result<(), FlowError> {
    let program = With { actor: &Actor::Program, ..with };
    for _ in 0..CONSEQUENCES_MAX {
        match settle::next(order.get(), with.pace, tx.now) {
            Some(consequence) => follow(tx, order.get_mut(), consequence, program)?,
            None => return ask_for_work(tx, order.get()),
        }
    }
    // A mistake of ours, but one order's: it must not take the others down with it.
    Err(FlowError::NotNow(format!("order {} never comes to rest", order.get().id)))
}

fn follow(
    tx: &Tx<'_>,
    order: &mut Order,
    consequence: Consequence,
    with: With<'_>,
) -> Result<(), FlowError> {
    match consequence {
        Consequence::Item(id, to) => set_item_state(tx, order, id, to, with),
        Consequence::Fewer(id, left) => {
            let event =
                if left == 0 { Event::Dropped(id) } else { Event::QuantityChanged(id, left) };
            apply(tx, order, event, with)?;
            cure(tx, order, Target::Item(id), |what| what == What::CancelAfterSubmission, with)
        }
        Consequence::Answers(id, values) => {
            let item = item_mut(order, id)?;
            let amendment = Amendment {
                item: id,
                design: item.design.clone(),
                areas: item.facts.areas.clone(),
                values,
                why: "the order says something else now".to_owned(),
            };
            amend(tx, order, amendment, with)
        }
        Consequence::Plan(provider, pieces) => plan(tx, order, provider, &pieces, with),
        Consequence::Pieces(fulfilment, item, quantity) => {
            put_pieces(tx, order, fulfilment, item, quantity)
        }
        Consequence::Fulfilment(id, event) => {
            fulfilment_event(tx, order, id, &event, String::new(), with)
        }
        Consequence::Order(event) => order_event(tx, order, event, with),
    }
}

fn apply(tx: &Tx<'_>, order: &mut Order, event: Event, with: With<'_>) -> Result<(), FlowError> {
    match event {
        Event::Order(event) => order_event(tx, order, event, with),
        Event::Fulfilment(id, event, note) => fulfilment_event(tx, order, id, &event, note, with),
        Event::Held(target, problem) => hold(tx, order, target, problem, with),
        Event::Lifted(id) => lift(tx, order, id, with),
        Event::Amended(amendment) => amend(tx, order, amendment, with),
        Event::Corrected(id, amendment, files) => corrected(tx, order, id, amendment, files, with),
        Event::PhotoFetched(id, revision, field, value) => {
            photo(tx, order, (id, revision), field, value)
        }
        Event::PieceGiven(id, field) => {
            let revision = item_mut(order, id)?.facts.revision;
            change_piece(tx, order, id, &field, |piece| {
                piece.given = Some(revision);
                piece.verdict = None;
            })?;
            note(tx, order, with, order.item_name(id), "given", &field)
        }
        Event::PieceJudged(id, field, verdict) => {
            let (word, notes) = verdict_words(&verdict);
            change_piece(tx, order, id, &field, |piece| piece.verdict = Some(verdict.clone()))?;
            note(tx, order, with, order.item_name(id), word, &format!("{field}{notes}"))
        }
        Event::Remarked(id, revision, told) => {
            Ok(db::print_file::set_remarks(tx, id, revision, &told)?)
        }
        Event::ArtworkMade(id, revision, files) => artwork(tx, order, id, revision, files, with),
        Event::ArtworkForgotten(id) => on_item::forget_artwork(tx, order, id, with),
        Event::Passed(id) => verdict(tx, order, id, "passed", with),
        Event::Approved(id) => verdict(tx, order, id, "approved", with),
        Event::Unapproved(id) => on_item::unapprove(tx, order, id, with),
        Event::Dropped(id) => {
            item_mut(order, id)?.facts.dropped_at = Some(tx.now);
            Ok(())
        }
        Event::QuantityChanged(id, quantity) => {
            let item = item_mut(order, id)?;
            let before = item.quantity;
            item.quantity = quantity;
            db::item::set_quantity(tx, id, quantity)?;
            let words = format!("{before} → {quantity}");
            note(tx, order, with, order.item_name(id), "quantity", &words)?;
            match before < quantity {
                true => back_to_gathering(tx, order, |one| one.holds(id), with),
                false => Ok(()),
            }
        }
        Event::Reprint(id, quantity) => {
            let item = item_mut(order, id)?;
            item.reprints += quantity;
            db::item::set_reprints(tx, id, item.reprints)?;
            note(tx, order, with, order.item_name(id), "ordered again", &format!("{quantity}"))
        }
        Event::RecipientChanged(recipient) => recipient_changed(tx, order, recipient, with),
        Event::ShippingChanged(method) => shipping_changed(tx, order, method, with),
        Event::NoteChanged(words) => {
            db::order::set_note(tx, order.id, &words)?;
            note(tx, order, with, "order".to_owned(), "note changed", "")?;
            order.note = words;
            Ok(())
        }
        Event::Progress(id, line) => progress(tx, order, id, line),
    }
}

fn item_mut(order: &mut Order, id: ItemId) -> Result<&mut item::Item, FlowError> {
    let place = order.items.iter().position(|item| item.id == id);
    match place {
        Some(place) => Ok(&mut order.items[place]),
        None => Err(FlowError::NotFound(format!("item {id}"))),
    }
}

fn fulfilment_mut(order: &mut Order, id: FulfilmentId) -> Result<&mut Fulfilment, FlowError> {
    let place = order.fulfilments.iter().position(|one| one.id == id);
    match place {
        Some(place) => Ok(&mut order.fulfilments[place]),
        None => Err(FlowError::NotFound(format!("fulfilment {id}"))),
    }
}

fn order_event(
    tx: &Tx<'_>,
    order: &mut Order,
    event: order::Event,
    with: With<'_>,
) -> Result<(), FlowError> {
    let from = order.state;
    let to = from.next(event, order.submitted());
    if from == to {
        return Ok(());
    }
    db::order::set_state(tx, order.id, from, to)?;
    order.state = to;
    write(tx, order, with, "order", event.name(), (from.name(), to.name()), "")?;
    if event == order::Event::Cancelled {
        cure(tx, order, Target::Order, |what| what == What::CancelAfterSubmission, with)?;
    }
    match to {
        order::State::Closed | order::State::Cancelled => ask_shop_sync(tx, order),
        order::State::Open | order::State::AwaitingPayment => Ok(()),
    }
}

fn set_item_state(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    to: item::State,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    let from = item.state;
    db::item::set_state(tx, item, to)?;
    item.state = to;
    write(tx, order, with, &order.item_name(id), "now", (from.name(), to.name()), "")
}

fn recipient_changed(
    tx: &Tx<'_>,
    order: &mut Order,
    recipient: Recipient,
    with: With<'_>,
) -> Result<(), FlowError> {
    let by = match with.actor {
        Actor::Person(_) => "staff",
        _ => "shop",
    };
    db::order::set_recipient(tx, order.id, &recipient, by)?;
    let is_complete = recipient.missing().is_empty();
    order.recipient = recipient;
    note(tx, order, with, "order".to_owned(), "address changed", "")?;
    if is_complete {
        cure(tx, order, Target::Order, |what| what.is_cured_by_address(), with)?;
        route_again(tx, order, with)?;
    }
    back_to_gathering(tx, order, |_| true, with)
}

/// The provider's method is looked up when it is submitted; one that had none may have one now.
fn shipping_changed(
    tx: &Tx<'_>,
    order: &mut Order,
    method: String,
    with: With<'_>,
) -> Result<(), FlowError> {
    db::order::set_shipping_method(tx, order.id, &method)?;
    let words = format!("“{}” → “{method}”", order.shipping_method);
    order.shipping_method = method;
    note(tx, order, with, "order".to_owned(), "shipping method changed", &words)?;
    for id in order.fulfilments.iter().map(|one| one.id).collect::<Vec<_>>() {
        let target = Target::Fulfilment(id);
        cure(tx, order, target, |what| what == What::ShippingUnmapped, with)?;
    }
    back_to_gathering(tx, order, |_| true, with)
}

fn progress(
    tx: &Tx<'_>,
    order: &mut Order,
    id: FulfilmentId,
    line: FulfilmentLine,
) -> Result<(), FlowError> {
    let fulfilment = fulfilment_mut(order, id)?;
    let stored = fulfilment.lines.iter_mut().find(|stored| stored.item == line.item);
    let stored = stored.ok_or_else(|| FlowError::NotFound(format!("item {}", line.item)))?;
    stored.shipped = line.shipped;
    stored.given_up = line.given_up;
    db::fulfilment::set_line_progress(tx, id, stored)?;
    Ok(())
}

/// What people call a fulfilment: its reference, else its provider.
pub fn fulfilment_name(order: &Order, id: FulfilmentId) -> String {
    match order.fulfilment(id) {
        Some(Fulfilment { reference: Some(reference), .. }) => reference.to_string(),
        Some(fulfilment) => fulfilment.provider_name.clone(),
        None => format!("fulfilment {id}"),
    }
}

fn target_name(order: &Order, target: Target) -> String {
    match target {
        Target::Order => "order".to_owned(),
        Target::Item(id) => order.item_name(id),
        Target::Fulfilment(id) => fulfilment_name(order, id),
    }
}

fn state_words(state: &fulfilment::State) -> String {
    match state {
        FulfilmentState::Countdown { submit_at } => format!("countdown until {submit_at}"),
        FulfilmentState::Submitting { stage } => format!("submitting ({})", stage.name()),
        other => other.name().to_owned(),
    }
}

/// Appends a line to the history that changes no state.
pub fn note(
    tx: &Tx<'_>,
    order: &Order,
    with: With<'_>,
    subject: String,
    event: &str,
    words: &str,
) -> Result<(), FlowError> {
    write(tx, order, with, &subject, event, ("", ""), words)
}

fn write(
    tx: &Tx<'_>,
    order: &Order,
    with: With<'_>,
    subject: &str,
    event: &str,
    states: (&str, &str),
    words: &str,
) -> Result<(), FlowError> {
    let line = db::history::HistoryLine {
        at: tx.now,
        actor: with.actor.clone(),
        subject: subject.to_owned(),
        event: event.to_owned(),
        from: states.0.to_owned(),
        to: states.1.to_owned(),
        note: words.to_owned(),
    };
    let done: Result<(), DbError> = db::history::append(tx, order.id, &line);
    Ok(done?)
}
