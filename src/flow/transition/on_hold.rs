//! Holds: set once, lifted by a person or by their cure.

use super::*;

pub(super) fn hold(
    tx: &Tx<'_>,
    order: &mut Order,
    target: Target,
    problem: Problem,
    with: With<'_>,
) -> Result<(), FlowError> {
    let is_ours = match target {
        Target::Order => true,
        Target::Item(id) => order.item(id).is_some(),
        Target::Fulfilment(id) => order.fulfilment(id).is_some(),
    };
    if !is_ours {
        return Err(FlowError::NotFound(format!("what is to be held of order {}", order.number)));
    }
    let is_there = order.holds.iter().any(|hold| hold.target == target && hold.problem == problem);
    if is_there {
        return Ok(());
    }
    let id = db::hold::insert(tx, order.id, target, &problem, with.actor)?;
    let subject = target_name(order, target);
    note(tx, order, with, subject, "held", &problem.sentence())?;
    crate::flow::notify::of_hold(tx, order, id, &problem, with)?;
    order.holds.push(Hold { id, target, problem, set_by: with.actor.clone(), set_at: tx.now });
    Ok(())
}

pub(super) fn lift(
    tx: &Tx<'_>,
    order: &mut Order,
    id: HoldId,
    with: With<'_>,
) -> Result<(), FlowError> {
    let Some(place) = order.holds.iter().position(|hold| hold.id == id) else {
        return Ok(());
    };
    db::hold::lift(tx, id, with.actor)?;
    db::alert::clear(tx, &crate::flow::notify::hold_key(id))?;
    let hold = order.holds.remove(place);
    let subject = target_name(order, hold.target);
    note(tx, order, with, subject, "released", hold.problem.what.title())?;
    if hold.problem.what == What::JobFailed || hold.problem.place == crate::flow::release::STEP {
        ask_again(tx, order, &hold)?;
    }
    leave_time_for_undo(tx, order, with)
}

/// What was held while its countdown ran out does not leave in the same second.
pub(super) fn leave_time_for_undo(
    tx: &Tx<'_>,
    order: &mut Order,
    with: With<'_>,
) -> Result<(), FlowError> {
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
pub(super) fn cure(
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
