//! Noticing what the shop changed on an order that is here.

use super::*;

/// Notes what the shop changed on an order that is here.
pub(super) fn notice(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
) -> Result<(), FlowError> {
    if order.get().key != told.key {
        let problem = Problem::new(What::ShopCloned, "", format!("order {}", told.id));
        let event = Event::Held(Target::Order, problem);
        return transition(tx, order, event, desk.with(&Actor::Program));
    }
    let before = order.get().shop_status.clone();
    db::order::set_told(tx, order.get().id, told)?;
    let stored = order.get_mut();
    stored.shop_status = told.status.clone();
    stored.paid_at = told.paid_at;
    notice_lines(tx, desk, order, told)?;
    notice_address(tx, desk, order, told)?;
    notice_status(tx, desk, order, told, &before)
}

pub(super) fn notice_status(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
    before: &str,
) -> Result<(), FlowError> {
    let rules = &desk.shop_rules;
    let with = desk.with(&Actor::Shop);
    match reading::standing(told, &rules.paid_statuses, &rules.on_delivery) {
        Standing::Payable => {
            let was_submitted = order.get().submitted() == Submitted::Something;
            if order.get().state == State::Cancelled && was_submitted {
                let problem = Problem::new(What::PaidAfterCancel, "", "");
                return transition(tx, order, Event::Held(Target::Order, problem), with);
            }
            release(tx, order, What::NotPayable, with)?;
            transition(tx, order, Event::Order(OrderEvent::Paid), with)
        }
        Standing::Unpaid | Standing::Unknown | Standing::Draft => {
            transition(tx, order, Event::Order(OrderEvent::PaymentWithdrawn), with)
        }
        Standing::Off => called_off(tx, desk, order, told),
        Standing::Completed if order.get().state == State::Open && before != "completed" => {
            let detail = "its status was set to completed in the shop";
            let problem = Problem::new(What::ChangedInShop, "", detail);
            transition(tx, order, Event::Held(Target::Order, problem), with)
        }
        Standing::Completed => Ok(()),
    }
}

pub(super) fn called_off(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let is_moving = matches!(order.get().state, State::Open | State::AwaitingPayment);
    if is_moving && order.get().submitted() == Submitted::Something {
        let problem = Problem::new(What::CancelAfterSubmission, "", told.status.clone());
        let is_known = order.get().holds.iter().any(|hold| hold.problem == problem);
        if !is_known {
            ask_cancel(tx, order.get())?;
        }
        return transition(tx, order, Event::Held(Target::Order, problem), with);
    }
    transition(tx, order, Event::Order(OrderEvent::Cancelled), with)
}

pub(super) fn notice_address(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
) -> Result<(), FlowError> {
    let is_same = order.get().recipient == told.recipient;
    if is_same || db::order::address_is_by_staff(tx, order.get().id)? {
        return Ok(());
    }
    let with = desk.with(&Actor::Shop);
    let was_submitted =
        order.get().fulfilments.iter().any(|one| one.state.is_locked() && !one.state.is_final());
    transition(tx, order, Event::RecipientChanged(told.recipient.clone()), with)?;
    if was_submitted {
        let detail = "the address was changed after part of it was submitted";
        let problem = Problem::new(What::ChangedInShop, "address", detail);
        transition(tx, order, Event::Held(Target::Order, problem), with)?;
    }
    Ok(())
}

pub(super) fn notice_lines(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let stored = order.get().lines.clone();
    for line in &stored {
        let now = told.lines.iter().find(|one| one.id == line.shop_line);
        let (quantity, refunded) =
            now.map_or((line.quantity, line.quantity), |one| (one.quantity, one.refunded));
        if (quantity, refunded) != (line.quantity, line.refunded) {
            db::order::set_line_quantity(tx, line.id, quantity, refunded)?;
            notice_quantity(tx, desk, order, line.id, quantity.saturating_sub(refunded))?;
        }
        if let Some(now) = now {
            notice_values(tx, desk, order, line.id, now)?;
        }
    }
    let added = told.lines.iter().find(|one| stored.iter().all(|line| line.shop_line != one.id));
    if let Some(added) = added {
        let detail = format!("“{}” was added", added.name);
        let problem = Problem::new(What::ChangedInShop, "", detail);
        transition(tx, order, Event::Held(Target::Order, problem), with)?;
    }
    Ok(())
}

/// Fewer or more pieces of a line are wanted.
pub(super) fn notice_quantity(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    line: LineId,
    wanted: u32,
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let mut items: Vec<(ItemId, u32, u32)> = order
        .get()
        .live_items()
        .filter(|item| item.line == line)
        .map(|item| (item.id, item.copy, item.quantity))
        .collect();
    // Copies that are refunded go from the last; the shop does not say which.
    items.sort_by_key(|(_, copy, _)| std::cmp::Reverse(*copy));
    let present: u32 = items.iter().map(|(_, _, quantity)| quantity).sum();
    if present < wanted {
        let detail = format!("{wanted} pieces are wanted instead of {present}");
        let problem = Problem::new(What::ChangedInShop, "", detail);
        return transition(tx, order, Event::Held(Target::Order, problem), with);
    }
    let mut excess = present - wanted;
    for (id, _, quantity) in items {
        let less = excess.min(quantity);
        if less == 0 {
            break;
        }
        excess -= less;
        fewer(tx, desk, order, id, quantity - less)?;
    }
    Ok(())
}

pub(super) fn fewer(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    id: ItemId,
    left: u32,
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    if order.get().is_locked(id) {
        let place = order.get().item_name(id);
        let detail = format!("{left} pieces are wanted now");
        let problem = Problem::new(What::CancelAfterSubmission, place, detail);
        ask_cancel_item(tx, order.get(), id)?;
        return transition(tx, order, Event::Held(Target::Item(id), problem), with);
    }
    let event = if left == 0 { Event::Dropped(id) } else { Event::QuantityChanged(id, left) };
    transition(tx, order, event, with)
}

/// Asks a provider to cancel, where a fulfilment holds nothing but this item.
pub(super) fn ask_cancel_item(tx: &Tx<'_>, order: &Order, id: ItemId) -> Result<(), FlowError> {
    for fulfilment in &order.fulfilments {
        let is_alone = fulfilment.lines.iter().all(|line| line.item == id);
        let is_there = fulfilment.state.is_locked() && !fulfilment.state.is_final();
        if is_alone && is_there {
            let key = fulfilment.id.to_string();
            let lane = crate::model::job::Lane::Money;
            let now = std::time::Duration::ZERO;
            crate::flow::transition::enqueue(tx, "cancel", &key, lane, Some(order.id), now)?;
        }
    }
    Ok(())
}

/// The customer's words were changed in the shop: taken over while nobody has amended them here.
pub(super) fn notice_values(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    line: LineId,
    now: &ShopLine,
) -> Result<(), FlowError> {
    if db::order::meta_of_line(tx, line)? == now.meta {
        return Ok(());
    }
    db::order::put_meta(tx, line, &now.meta)?;
    let with = desk.with(&Actor::Shop);
    let items: Vec<(ItemId, u32, Hash)> = order
        .get()
        .live_items()
        .filter(|item| item.line == line)
        .map(|item| (item.id, item.facts.revision, item.design.clone()))
        .collect();
    for (id, revision, hash) in items {
        let Some(design) = desk.designs.get(&hash) else {
            continue;
        };
        let read = reading::values(design, &now.meta);
        let item = order.get().item(id).map(|item| item.values.clone()).unwrap_or_default();
        let same_texts = read.values.iter().all(|(key, value)| item.get(key) == Some(value));
        if same_texts {
            continue;
        }
        if order.get().is_locked(id) || revision != 1 {
            let place = order.get().item_name(id);
            let detail = "its values were changed in the shop";
            let problem = Problem::new(What::ChangedInShop, place, detail);
            transition(tx, order, Event::Held(Target::Item(id), problem), with)?;
            continue;
        }
        let amendment = Amendment {
            item: id,
            design: hash,
            areas: db::item::areas_of(design),
            values: read.values.clone(),
            why: "changed in the shop".to_owned(),
        };
        transition(tx, order, Event::Amended(amendment), with)?;
        for problem in read.problems {
            transition(tx, order, Event::Held(Target::Item(id), problem), with)?;
        }
    }
    Ok(())
}
