//! The work that an order at rest waits for.

use super::*;

/// The work that an order at rest waits for; asked for again, it is the same work.
pub(super) fn ask_for_work(tx: &Tx<'_>, order: &Order) -> Result<(), FlowError> {
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

/// Asks once more for a step that failed for good, now that its hold is lifted. What a state waits
/// for was asked for when it was entered, and nobody would ask again.
pub(super) fn ask_again(tx: &Tx<'_>, order: &Order, hold: &Hold) -> Result<(), FlowError> {
    const OF_FULFILMENT: [&str; 5] = ["resolve", "track", "cancel", "rejected", "release"];
    match hold.target {
        Target::Order if hold.problem.place == "shop_sync" => ask_shop_sync(tx, order),
        Target::Fulfilment(id) => {
            let failed = OF_FULFILMENT.into_iter().find(|step| *step == hold.problem.place);
            match failed {
                Some(step) => {
                    let key = id.to_string();
                    enqueue(tx, step, &key, Lane::Money, Some(order.id), Duration::ZERO)
                }
                // A countdown asks by itself.
                None => Ok(()),
            }
        }
        Target::Order | Target::Item(_) => Ok(()),
    }
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
