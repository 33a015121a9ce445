//! What was added in the shop to an order that is here: lines, pieces, and a place in the product map.

use super::*;
use crate::flow::transition::note;

/// Lines that were added in the shop are taken in like the others. Once anything was submitted, or
/// the order is over, they are made when somebody has looked at them.
pub(super) fn notice_added(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    added: &[&ShopLine],
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let id = order.get().id;
    let map = db::product::of_shop(tx, desk.shop)?;
    let country = order.get().recipient.country.clone();
    let ways = Ways { map: &map, country: &country };
    let is_over = matches!(order.get().state, State::Closed | State::Cancelled);
    let was_submitted = order.get().submitted() == Submitted::Something;
    let mut problems = Vec::new();
    for line in added {
        match is_over {
            // Nothing is made for an order that is over without somebody's word.
            true => drop(db::order::insert_line(tx, id, line, LineKind::Unmapped)?),
            false => add_line(tx, desk, id, line, ways, &mut problems)?,
        }
        let detail = format!("“{}” was added", line.name);
        note(tx, order.get(), with, "order".to_owned(), "changed in the shop", &detail)?;
        if is_over || was_submitted {
            problems.push((Target::Order, Problem::new(What::ChangedInShop, "", detail)));
        }
    }
    reload(tx, order, problems, with)
}

/// Loads an order to which items were added, with what is wrong with them.
fn reload(
    tx: &Tx<'_>,
    order: &mut Locked<Order>,
    problems: Vec<(Target, Problem)>,
    with: With<'_>,
) -> Result<(), FlowError> {
    *order = db::order::lock(tx, order.get().id)?;
    for (target, problem) in problems {
        transition(tx, order, Event::Held(target, problem), with)?;
    }
    settle(tx, order, with)
}

/// Lines that are held because nobody knew how to make them, and can be made now.
pub(super) fn take_in_late(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
) -> Result<(), FlowError> {
    let holds: Vec<(HoldId, String)> = order
        .get()
        .holds
        .iter()
        .filter(|hold| hold.target == Target::Order && hold.problem.what.is_cured_by_mapping())
        .map(|hold| (hold.id, hold.problem.place.clone()))
        .collect();
    if holds.is_empty() {
        return Ok(());
    }
    let id = order.get().id;
    let map = db::product::of_shop(tx, desk.shop)?;
    let country = order.get().recipient.country.clone();
    let ways = Ways { map: &map, country: &country };
    let mut problems = Vec::new();
    for line in order.get().lines.clone() {
        let is_held = holds.iter().any(|(_, place)| *place == line.name);
        let has_items = order.get().items.iter().any(|item| item.line == line.id);
        let now = told.lines.iter().find(|one| one.id == line.shop_line);
        if let Some(now) = now.filter(|_| is_held && !has_items) {
            fill_line(tx, desk, (id, line.id), now, ways, &mut problems)?;
        }
    }
    *order = db::order::lock(tx, id)?;
    let with = desk.with(&Actor::Program);
    // What is still wrong is held before what is cured is lifted.
    let still: Vec<Problem> = problems.iter().map(|(_, problem)| problem.clone()).collect();
    for (target, problem) in problems {
        transition(tx, order, Event::Held(target, problem), with)?;
    }
    for (hold, _) in holds {
        let problem = order.get().holds.iter().find(|one| one.id == hold).map(|one| &one.problem);
        if problem.is_some_and(|problem| !still.contains(problem)) {
            transition(tx, order, Event::Lifted(hold), with)?;
        }
    }
    Ok(())
}

/// More pieces: made with the others while nothing of the line was submitted; afterwards it is for a
/// person to say how they are made.
pub(super) fn more(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    line: LineId,
    (present, wanted): (u32, u32),
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let items: Vec<&Item> = order.get().live_items().filter(|item| item.line == line).collect();
    let is_locked = items.iter().any(|item| order.get().is_locked(item.id));
    match items.as_slice() {
        [one] if !is_locked && one.copy == 0 => {
            let event = Event::QuantityChanged(one.id, wanted);
            transition(tx, order, event, with)
        }
        [pattern, ..] if !is_locked && 0 < pattern.copy && wanted <= item::COPIES_MAX => {
            match desk.designs.get(&pattern.design).cloned() {
                Some(design) => {
                    more_copies(tx, desk, order, &(*pattern).clone(), &design, wanted - present)
                }
                None => more_for_person(tx, order, line, (present, wanted), with),
            }
        }
        _ => more_for_person(tx, order, line, (present, wanted), with),
    }
}

fn more_for_person(
    tx: &Tx<'_>,
    order: &mut Locked<Order>,
    line: LineId,
    (present, wanted): (u32, u32),
    with: With<'_>,
) -> Result<(), FlowError> {
    let name = order.get().line(line).map_or(String::new(), |line| line.name.clone());
    let detail = format!("{wanted} pieces are wanted instead of {present}; order the rest again");
    let problem = Problem::new(What::ChangedInShop, name, detail);
    transition(tx, order, Event::Held(Target::Order, problem), with)
}

/// Further copies of a line, made like those that are here, each with what the line says.
fn more_copies(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    pattern: &Item,
    design: &Design,
    more: u32,
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let meta = db::order::meta_of_line(tx, pattern.line)?;
    let line = order.get().line(pattern.line);
    let told = Told {
        quantity: line.map_or(0, |line| line.quantity.saturating_sub(line.refunded)),
        country: &order.get().recipient.country,
        meta: &meta,
    };
    let read = reading::values(design, &meta, circumstance::asked_of(design, told));
    // A refunded copy keeps its number: it stands in references.
    let of_line = order.get().items.iter().filter(|item| item.line == pattern.line);
    let last = of_line.map(|item| item.copy).max().unwrap_or(0);
    let mut problems = Vec::new();
    for copy in last + 1..=last + more {
        let item = NewItem {
            line: pattern.line,
            copy,
            quantity: 1,
            steps: pattern.steps.clone(),
            provider: pattern.provider,
            provider_sku: pattern.provider_sku.clone(),
            delay_s: pattern.delay_s,
            asked: Vec::new(),
        };
        problems.extend(add_item(tx, order.get().id, item, design, &read)?);
    }
    let words = format!("{more} more of line {}", order.get().item_name(pattern.id));
    note(tx, order.get(), with, "order".to_owned(), "changed in the shop", &words)?;
    reload(tx, order, problems, with)
}
