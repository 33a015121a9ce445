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
use crate::model::problem::Problem;
use crate::model::recipient::Recipient;
use crate::model::settle::{self, Consequence, Pace};
use crate::model::value::{Value, Values};

use super::ctx::{FlowError, Rules};

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
    /// A photo that a line points at was fetched.
    PhotoFetched(ItemId, String, Value),
    /// The customer or staff gave a piece in the present revision.
    PieceGiven(ItemId, String),
    /// A reviewer judged a piece.
    PieceJudged(ItemId, String, Verdict),
    /// The press has drawn a revision.
    ArtworkMade(ItemId, u32, Vec<PrintFile>),
    /// The print files of the present revision are to be made again.
    ArtworkForgotten(ItemId),
    /// Quality control passed the present revision.
    Passed(ItemId),
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
    pub pace: Pace,
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
    panic!("order {} never comes to rest", order.get().id);
}

fn follow(
    tx: &Tx<'_>,
    order: &mut Order,
    consequence: Consequence,
    with: With<'_>,
) -> Result<(), FlowError> {
    match consequence {
        Consequence::Item(id, to) => set_item_state(tx, order, id, to, with),
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
        Event::PhotoFetched(id, field, value) => photo(tx, order, id, field, value),
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
        Event::ArtworkMade(id, revision, files) => artwork(tx, order, id, revision, files, with),
        Event::ArtworkForgotten(id) => {
            let item = item_mut(order, id)?;
            let revision = item.facts.revision;
            item.facts.print_files.retain(|file| file.revision != revision);
            db::item::forget_print_files(tx, id, revision)?;
            cure(tx, order, Target::Item(id), |what| what.is_cured_by_amending(), with)?;
            note(tx, order, with, order.item_name(id), "asked to be drawn again", "")
        }
        Event::Passed(id) => verdict(tx, order, id, "passed", with),
        Event::Approved(id) => verdict(tx, order, id, "approved", with),
        Event::Dropped(id) => {
            item_mut(order, id)?.facts.dropped_at = Some(tx.now);
            Ok(())
        }
        Event::QuantityChanged(id, quantity) => {
            let item = item_mut(order, id)?;
            let before = item.quantity;
            item.quantity = quantity;
            db::item::set_quantity(tx, id, quantity)?;
            note(
                tx,
                order,
                with,
                order.item_name(id),
                "quantity",
                &format!("{before} → {quantity}"),
            )
        }
        Event::Reprint(id, quantity) => {
            let item = item_mut(order, id)?;
            item.reprints += quantity;
            db::item::set_reprints(tx, id, item.reprints)?;
            note(tx, order, with, order.item_name(id), "ordered again", &format!("{quantity}"))
        }
        Event::RecipientChanged(recipient) => recipient_changed(tx, order, recipient, with),
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

fn plan(
    tx: &Tx<'_>,
    order: &mut Order,
    provider: ProviderId,
    pieces: &[(ItemId, u32)],
    with: With<'_>,
) -> Result<(), FlowError> {
    let row = db::provider::get(tx, provider)?
        .ok_or_else(|| FlowError::NotFound(format!("provider {provider}")))?;
    let deadline_at = tx.now.plus(with.rules.gathering_max);
    let id = db::fulfilment::insert(tx, order.id, provider, deadline_at)?;
    let mut lines = Vec::new();
    for (item, quantity) in pieces {
        db::fulfilment::put_line(tx, id, *item, *quantity)?;
        lines.push(FulfilmentLine {
            item: *item,
            quantity: *quantity,
            shipped: 0,
            given_up: 0,
            revision: None,
        });
    }
    order.fulfilments.push(Fulfilment {
        id,
        provider,
        provider_name: row.name,
        provider_delay_s: row.delay_s,
        state: FulfilmentState::Gathering,
        reference: None,
        edition: 0,
        attempt: 0,
        submit_at_kept: None,
        provider_order_id: None,
        deadline_at: Some(deadline_at),
        lines,
    });
    let subject = fulfilment_name(order, id);
    write(tx, order, with, &subject, "planned", ("", "gathering"), "")
}

fn put_pieces(
    tx: &Tx<'_>,
    order: &mut Order,
    id: FulfilmentId,
    item: ItemId,
    quantity: u32,
) -> Result<(), FlowError> {
    db::fulfilment::put_line(tx, id, item, quantity)?;
    let fulfilment = fulfilment_mut(order, id)?;
    fulfilment.lines.retain(|line| line.item != item || 0 < quantity);
    match fulfilment.lines.iter_mut().find(|line| line.item == item) {
        Some(line) => line.quantity = quantity,
        None if 0 < quantity => fulfilment.lines.push(FulfilmentLine {
            item,
            quantity,
            shipped: 0,
            given_up: 0,
            revision: None,
        }),
        None => {}
    }
    Ok(())
}

/// Moves the fulfilment machine, and asks for the work that the new state waits for.
fn fulfilment_event(
    tx: &Tx<'_>,
    order: &mut Order,
    id: FulfilmentId,
    event: &FulfilmentEvent,
    note: String,
    with: With<'_>,
) -> Result<(), FlowError> {
    let subject = fulfilment_name(order, id);
    let order_id = order.id;
    let fulfilment = fulfilment_mut(order, id)?;
    let from = fulfilment.state.clone();
    let to = from.next(event)?;
    let kept = match (&from, event) {
        (FulfilmentState::Countdown { submit_at }, FulfilmentEvent::ItemChanged) => {
            Some(*submit_at)
        }
        (_, FulfilmentEvent::ItemChanged) => fulfilment.submit_at_kept,
        _ => None,
    };
    if kept != fulfilment.submit_at_kept {
        db::fulfilment::keep_submit_at(tx, id, kept)?;
        fulfilment.submit_at_kept = kept;
    }
    let waiting = waiting_for(&to, tx.now, with.rules);
    db::fulfilment::set_state(tx, fulfilment, &to, &waiting)?;
    fulfilment.state = to.clone();
    fulfilment.deadline_at = waiting.deadline_at;
    if to.is_final() {
        let until = tx.now.plus(with.rules.links_after_shipping);
        db::file::expire_links(tx, id, until)?;
    }
    if let Some((step, lane)) = work_of(&to) {
        enqueue(tx, step, &id.to_string(), lane, Some(order_id), Duration::ZERO)?;
    }
    let words = (state_words(&from), state_words(&to));
    write(tx, order, with, &subject, event.name(), (&words.0, &words.1), &note)
}

/// The work that a state waits for, besides the countdown's.
fn work_of(state: &FulfilmentState) -> Option<(&'static str, Lane)> {
    match state {
        FulfilmentState::Submitting { stage: Stage::Unknown } => Some(("resolve", Lane::Money)),
        FulfilmentState::InProduction => Some(("track", Lane::Money)),
        _ => None,
    }
}

/// Until when a state may last before people are told, and what it waits for.
fn waiting_for(
    state: &FulfilmentState,
    now: crate::model::time::Moment,
    rules: &Rules,
) -> db::fulfilment::Waiting {
    const HOUR: Duration = Duration::from_secs(3_600);
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let (deadline_at, next_action) = match state {
        FulfilmentState::Gathering => {
            (Some(now.plus(rules.gathering_max)), "its items become ready")
        }
        FulfilmentState::AwaitingSubmit => {
            (Some(now.plus(rules.wait_max.unwrap_or(DAY))), "somebody presses Submit")
        }
        FulfilmentState::Countdown { submit_at } => {
            (Some(submit_at.max(&now).plus(HOUR)), "it is submitted when the countdown ends")
        }
        FulfilmentState::Submitting { stage: Stage::Intent } => {
            (Some(now.plus(rules.submitting_max)), "the provider answers")
        }
        FulfilmentState::Submitting { stage: Stage::Unknown } => {
            (Some(now.plus(rules.submitting_max)), "the lost answer is looked up")
        }
        FulfilmentState::Submitting { stage: Stage::Person } => {
            (Some(now.plus(DAY)), "somebody settles it by hand")
        }
        FulfilmentState::InProduction => (Some(now.plus(5 * DAY)), "the provider ships it"),
        FulfilmentState::Refused => (Some(now.plus(DAY)), "somebody mends it"),
        FulfilmentState::Shipped | FulfilmentState::Cancelled | FulfilmentState::Superseded => {
            (None, "")
        }
    };
    db::fulfilment::Waiting { deadline_at, next_action }
}

fn hold(
    tx: &Tx<'_>,
    order: &mut Order,
    target: Target,
    problem: Problem,
    with: With<'_>,
) -> Result<(), FlowError> {
    let is_there = order.holds.iter().any(|hold| hold.target == target && hold.problem == problem);
    if is_there {
        return Ok(());
    }
    let id = db::hold::insert(tx, order.id, target, &problem, with.actor)?;
    let subject = target_name(order, target);
    note(tx, order, with, subject, "held", &problem.sentence())?;
    super::notify::of_hold(tx, order, id, &problem, with)?;
    order.holds.push(Hold { id, target, problem, set_by: with.actor.clone(), set_at: tx.now });
    Ok(())
}

fn lift(tx: &Tx<'_>, order: &mut Order, id: HoldId, with: With<'_>) -> Result<(), FlowError> {
    let Some(place) = order.holds.iter().position(|hold| hold.id == id) else {
        return Ok(());
    };
    db::hold::lift(tx, id, with.actor)?;
    db::alert::clear(tx, &super::notify::hold_key(id))?;
    let hold = order.holds.remove(place);
    let subject = target_name(order, hold.target);
    note(tx, order, with, subject, "released", hold.problem.what.title())?;
    leave_time_for_undo(tx, order, with)
}

/// What was held while its countdown ran out does not leave in the same second.
fn leave_time_for_undo(tx: &Tx<'_>, order: &mut Order, with: With<'_>) -> Result<(), FlowError> {
    let soon = tx.now.plus(with.rules.undo);
    let late: Vec<FulfilmentId> = order
        .fulfilments
        .iter()
        .filter(|one| one.submit_at().is_some_and(|at| at < soon))
        .filter(|one| order.holds_on(one).is_empty())
        .map(|one| one.id)
        .collect();
    for id in late {
        let event = FulfilmentEvent::DelayChanged { submit_at: soon };
        fulfilment_event(tx, order, id, &event, String::new(), with)?;
    }
    Ok(())
}

/// Lifts the program's own holds on a target whose cure just happened.
fn cure(
    tx: &Tx<'_>,
    order: &mut Order,
    target: Target,
    is_cured: impl Fn(crate::model::problem::What) -> bool,
    with: With<'_>,
) -> Result<(), FlowError> {
    let cured: Vec<HoldId> = order
        .holds
        .iter()
        .filter(|hold| hold.target == target && is_cured(hold.problem.what))
        .map(|hold| hold.id)
        .collect();
    for id in cured {
        lift(tx, order, id, with)?;
    }
    Ok(())
}

fn amend(
    tx: &Tx<'_>,
    order: &mut Order,
    amendment: Amendment,
    with: With<'_>,
) -> Result<(), FlowError> {
    let id = amendment.item;
    if order.is_locked(id) {
        return Err(FlowError::NotNow("it was submitted and can no longer be changed".to_owned()));
    }
    revise(tx, order, amendment, with)?;
    cure(tx, order, Target::Item(id), |what| what.is_cured_by_amending(), with)?;
    let concerns = |fulfilment: &Fulfilment| fulfilment.lines.iter().any(|line| line.item == id);
    back_to_gathering(tx, order, concerns, with)
}

/// Writes a new revision and makes it the one that counts.
fn revise(
    tx: &Tx<'_>,
    order: &mut Order,
    amendment: Amendment,
    with: With<'_>,
) -> Result<(), FlowError> {
    let id = amendment.item;
    let item = item_mut(order, id)?;
    let from = item.facts.revision;
    let newest = db::item::revisions(tx, id)?.last().map_or(from, |line| line.0);
    let to = newest + 1;
    let changed: Vec<String> = item
        .values
        .keys()
        .chain(amendment.values.keys())
        .filter(|key| item.values.get(*key) != amendment.values.get(*key))
        .cloned()
        .collect();
    db::item::insert_revision(
        tx,
        id,
        to,
        (&amendment.design, &amendment.areas),
        &amendment.values,
        (with.actor, &amendment.why),
    )?;
    db::item::set_revision(tx, id, from, to)?;
    item.facts.revision = to;
    item.facts.areas = amendment.areas;
    item.design = amendment.design;
    item.values = amendment.values;
    let given = item.values.clone();
    let pieces: Vec<String> = item
        .facts
        .pieces
        .iter()
        .filter(|piece| changed.contains(&piece.field))
        .map(|piece| piece.field.clone())
        .collect();
    for field in pieces {
        change_piece(tx, order, id, &field, |piece| {
            piece.given = given.contains_key(&field).then_some(to);
            piece.verdict = None;
        })?;
    }
    let words = format!("revision {to}: {}", amendment.why);
    note(tx, order, with, order.item_name(id), "amended", &words)
}

/// Inside the provider's own window a locked item gets a revision, with its files, at once.
fn corrected(
    tx: &Tx<'_>,
    order: &mut Order,
    id: FulfilmentId,
    amendment: Amendment,
    files: Vec<PrintFile>,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = amendment.item;
    revise(tx, order, amendment, with)?;
    let revision = item_mut(order, item)?.facts.revision;
    let files = files.into_iter().map(|file| PrintFile { revision, ..file }).collect();
    artwork(tx, order, item, revision, files, with)?;
    db::fulfilment::set_line_revision(tx, id, item, revision)?;
    let words = format!("revision {revision} of {}", order.item_name(item));
    fulfilment_event(tx, order, id, &FulfilmentEvent::Corrected, words, with)
}

/// Fulfilments that count down begin to gather again; they keep their moment or get the grace.
fn back_to_gathering(
    tx: &Tx<'_>,
    order: &mut Order,
    concerns: impl Fn(&Fulfilment) -> bool,
    with: With<'_>,
) -> Result<(), FlowError> {
    let waiting: Vec<FulfilmentId> = order
        .fulfilments
        .iter()
        .filter(|one| {
            matches!(one.state, FulfilmentState::Countdown { .. } | FulfilmentState::AwaitingSubmit)
                && concerns(one)
        })
        .map(|one| one.id)
        .collect();
    for id in waiting {
        fulfilment_event(tx, order, id, &FulfilmentEvent::ItemChanged, String::new(), with)?;
    }
    Ok(())
}

fn photo(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    field: String,
    value: Value,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    if item.values.contains_key(&field) {
        return Ok(());
    }
    db::item::put_value(tx, id, item.facts.revision, &field, &value)?;
    item.values.insert(field, value);
    Ok(())
}

fn change_piece(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    field: &str,
    change: impl Fn(&mut item::Piece),
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    let piece = item.facts.pieces.iter_mut().find(|piece| piece.field == field);
    let piece = piece.ok_or_else(|| FlowError::NotFound(format!("the piece “{field}”")))?;
    change(piece);
    db::item::set_piece(tx, id, piece)?;
    Ok(())
}

fn verdict_words(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Accepted => ("accepted", String::new()),
        Verdict::Waived => ("accepted as it is", String::new()),
        Verdict::Rejected { notes } => ("rejected", format!(": {notes}")),
    }
}

/// A finished drawing counts only if its revision is still the present one (R72).
fn artwork(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    revision: u32,
    files: Vec<PrintFile>,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    if item.facts.revision != revision {
        return Err(FlowError::NotNow(format!("revision {revision} is no longer the present one")));
    }
    for (place, file) in files.iter().enumerate() {
        db::item::put_print_file(tx, id, u32::try_from(place).unwrap_or(u32::MAX), file)?;
    }
    item.facts.print_files.retain(|file| file.revision != revision);
    let words: Vec<String> =
        files.iter().map(|file| format!("{} {}", file.area, file.hash.short())).collect();
    item.facts.print_files.extend(files);
    let words = format!("revision {revision}: {}", words.join(", "));
    note(tx, order, with, order.item_name(id), "drawn", &words)
}

fn verdict(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    kind: &'static str,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    let revision = item.facts.revision;
    db::item::put_verdict(tx, id, revision, kind, with.actor)?;
    match kind {
        "passed" => item.facts.passed.push(revision),
        _ => item.facts.approved.push(revision),
    }
    note(tx, order, with, order.item_name(id), kind, &format!("revision {revision}"))
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

/// The work that an order at rest waits for; asked for again, it is the same work.
fn ask_for_work(tx: &Tx<'_>, order: &Order) -> Result<(), FlowError> {
    for item in &order.items {
        let is_stopped =
            order.holds_on_item(item.id).any(|hold| hold.problem.what.is_cured_by_amending());
        if item.state == item::State::Making && !is_stopped {
            let key = format!("{}@{}", item.id, item.facts.revision);
            enqueue(tx, "artwork", &key, Lane::Render, Some(order.id), Duration::ZERO)?;
        }
    }
    for fulfilment in &order.fulfilments {
        let Some(submit_at) = fulfilment.submit_at() else {
            continue;
        };
        if order.holds_on(fulfilment).is_empty() {
            let wait = submit_at.since(tx.now);
            let key = fulfilment.id.to_string();
            enqueue(tx, "submit", &key, Lane::Money, Some(order.id), wait)?;
        }
    }
    Ok(())
}

/// Asks for the shop to be told.
pub fn ask_shop_sync(tx: &Tx<'_>, order: &Order) -> Result<(), FlowError> {
    let key = order.id.to_string();
    enqueue(tx, "shop_sync", &key, Lane::Shop, Some(order.id), Duration::ZERO)
}

/// Attempts before a step has failed for good: with doubled pauses these are two to three days.
const ATTEMPTS: u32 = 60;
/// Drawing is tried this often.
const RENDER_ATTEMPTS: u32 = 3;

/// Asks for work.
pub fn enqueue(
    tx: &Tx<'_>,
    step: &'static str,
    key: &str,
    lane: Lane,
    order: Option<crate::model::id::OrderId>,
    wait: Duration,
) -> Result<(), FlowError> {
    let attempt_max = if lane == Lane::Render { RENDER_ATTEMPTS } else { ATTEMPTS };
    let run_at = tx.now.plus(wait);
    let job = NewJob { step, key: key.to_owned(), lane, order, run_at, attempt_max };
    Ok(db::job::enqueue(tx, &job)?)
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
