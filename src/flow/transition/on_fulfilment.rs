//! What happens to fulfilments: planned, filled, moved through their machine.

use super::*;
use crate::flow::ctx::PRODUCTION_DAYS;

pub(super) fn plan(
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
    // What moves over from another provider keeps the moment it would have gone out there.
    let left = |one: &&Fulfilment| !one.state.is_locked() && one.lines.is_empty();
    let kept = order.fulfilments.iter().filter(left).filter_map(|one| one.submit_at_kept).max();
    if kept.is_some() {
        db::fulfilment::keep_submit_at(tx, id, kept)?;
    }
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
        submit_at_kept: kept,
        provider_order_id: None,
        deadline_at: Some(deadline_at),
        lines,
    });
    let subject = fulfilment_name(order, id);
    write(tx, order, with, &subject, "planned", ("", "gathering"), "")
}

pub(super) fn put_pieces(
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
pub(super) fn fulfilment_event(
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
    let waits = to == FulfilmentState::InProduction && db::draft::is_waiting(tx, id)?;
    let waiting = match waits {
        true => db::fulfilment::Waiting {
            deadline_at: Some(tx.now.plus(with.rules.submitting_max)),
            next_action: "it is compared with what was sent, and released",
        },
        false => waiting_for(&to, &fulfilment.provider_name, tx.now, with.rules),
    };
    db::fulfilment::set_state(tx, fulfilment, &to, &waiting)?;
    if from.name() != to.name() {
        db::alert::clear(tx, &crate::flow::notify::overdue_key(id, &from))?;
    }
    fulfilment.state = to.clone();
    fulfilment.deadline_at = waiting.deadline_at;
    if to.is_final() {
        let until = tx.now.plus(with.rules.links_after_shipping);
        db::file::expire_links(tx, id, until)?;
    }
    if let Some((step, lane)) = work_of(&to) {
        enqueue(tx, step, &id.to_string(), lane, Some(order_id), Duration::ZERO)?;
    }
    if waits {
        let key = id.to_string();
        enqueue(tx, crate::flow::release::STEP, &key, Lane::Money, Some(order_id), Duration::ZERO)?;
    }
    let words = (state_words(&from), state_words(&to));
    write(tx, order, with, &subject, event.name(), (&words.0, &words.1), &note)
}

/// Until when a provider promises to have shipped what it makes from now on.
pub fn promised(
    provider: &str,
    now: crate::model::time::Moment,
    rules: &Rules,
) -> db::fulfilment::Waiting {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let days = rules.production_days.get(provider).copied();
    let deadline_at = Some(now.plus(DAY * days.unwrap_or(PRODUCTION_DAYS)));
    db::fulfilment::Waiting { deadline_at, next_action: "the provider ships it" }
}

/// The work that a state waits for, besides the countdown's.
pub(super) fn work_of(state: &FulfilmentState) -> Option<(&'static str, Lane)> {
    match state {
        FulfilmentState::Submitting { stage: Stage::Unknown } => Some(("resolve", Lane::Money)),
        FulfilmentState::InProduction => Some(("track", Lane::Money)),
        _ => None,
    }
}

/// Until when a state may last before people are told, and what it waits for.
pub(super) fn waiting_for(
    state: &FulfilmentState,
    provider: &str,
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
        FulfilmentState::InProduction => return promised(provider, now, rules),
        FulfilmentState::Refused => (Some(now.plus(DAY)), "somebody mends it"),
        FulfilmentState::Shipped | FulfilmentState::Cancelled | FulfilmentState::Superseded => {
            (None, "")
        }
    };
    db::fulfilment::Waiting { deadline_at, next_action }
}
