//! Noticing what the shop changed on an order that is here.

use super::added::{more, notice_added, take_in_late};
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
    // It was just told: it is there again.
    release(tx, order, What::OrderGone, desk.with(&Actor::Shop))?;
    notice_lines(tx, desk, order, told)?;
    notice_address(tx, desk, order, told)?;
    notice_wishes(tx, desk, order, told)?;
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
            // Only a payment that is news opens what was cancelled here: the shop may tell the old
            // status many times before it hears of the cancelling.
            if order.get().state == State::Cancelled
                && rules.paid_statuses.iter().any(|paid| paid == before)
            {
                return Ok(());
            }
            let was_submitted = order.get().submitted() == Submitted::Something;
            if order.get().state == State::Cancelled && was_submitted {
                let problem = Problem::new(What::PaidAfterCancel, "", "");
                return transition(tx, order, Event::Held(Target::Order, problem), with);
            }
            if order.get().state == State::AwaitingPayment
                && let Some(problem) = doubled(tx, desk, order.get().id, told)?
            {
                let is_known = order.get().holds.iter().any(|hold| hold.problem == problem);
                if !is_known && before != told.status {
                    transition(tx, order, Event::Held(Target::Order, problem), with)?;
                }
            }
            release(tx, order, What::NotPayable, with)?;
            transition(tx, order, Event::Order(OrderEvent::Paid), with)
        }
        // What is made again is not unpaid by a status that nobody has explained.
        Standing::Unknown if reading::is_after_the_sale(order.get(), told) => Ok(()),
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
    let is_late = is_under_way(order.get());
    transition(tx, order, Event::RecipientChanged(told.recipient.clone()), with)?;
    if is_late {
        let detail = "the address was changed after part of it was submitted";
        let problem = Problem::new(What::ChangedInShop, "address", detail);
        transition(tx, order, Event::Held(Target::Order, problem), with)?;
    }
    Ok(())
}

/// Whether a provider makes part of the order, so that a change comes too late for that part.
fn is_under_way(order: &Order) -> bool {
    order.fulfilments.iter().any(|one| one.state.is_locked() && !one.state.is_final())
}

/// The shipping method, and what the customer asked for in words.
fn notice_wishes(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    told: &ShopOrder,
) -> Result<(), FlowError> {
    let with = desk.with(&Actor::Shop);
    let is_late = is_under_way(order.get());
    let mut late = Vec::new();
    if order.get().shipping_method != told.shipping_method {
        let method = told.shipping_method.clone();
        transition(tx, order, Event::ShippingChanged(method), with)?;
        let words = format!("the shipping method is “{}” now", told.shipping_method);
        late.push(("shipping", words));
    }
    if order.get().note != told.note {
        transition(tx, order, Event::NoteChanged(told.note.clone()), with)?;
        late.push(("note", "the customer's note was changed".to_owned()));
    }
    for (place, words) in late.into_iter().filter(|_| is_late) {
        let detail = format!("{words}, and part of it was submitted before");
        let problem = Problem::new(What::ChangedInShop, place, detail);
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
    let stored = order.get().lines.clone();
    for line in &stored {
        let now = told.lines.iter().find(|one| one.id == line.shop_line);
        let (quantity, refunded) =
            now.map_or((line.quantity, line.quantity), |one| (one.quantity, one.refunded));
        if (quantity, refunded) != (line.quantity, line.refunded) {
            db::order::set_line_quantity(tx, line.id, quantity, refunded)?;
            for kept in order.get_mut().lines.iter_mut().filter(|kept| kept.id == line.id) {
                (kept.quantity, kept.refunded) = (quantity, refunded);
            }
            if order.get().state == State::Closed {
                // What was missing may have been refunded now.
                ask_shop_sync(tx, order.get())?;
            }
            let is_made_here = order.get().items.iter().any(|item| item.line == line.id);
            if is_made_here {
                notice_quantity(tx, desk, order, line.id, quantity.saturating_sub(refunded))?;
            }
        }
        if let Some(now) = now {
            notice_values(tx, desk, order, line.id, now)?;
        }
    }
    take_in_late(tx, desk, order, told)?;
    let is_new = |one: &&ShopLine| stored.iter().all(|line| line.shop_line != one.id);
    let added: Vec<&ShopLine> = told.lines.iter().filter(is_new).collect();
    if added.is_empty() { Ok(()) } else { notice_added(tx, desk, order, &added) }
}

/// Fewer or more pieces of a line are wanted.
pub(super) fn notice_quantity(
    tx: &Tx<'_>,
    desk: &Desk,
    order: &mut Locked<Order>,
    line: LineId,
    wanted: u32,
) -> Result<(), FlowError> {
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
        return more(tx, desk, order, line, (present, wanted));
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
        let mut holding = order.get().fulfilments.iter().filter(|one| one.holds(id));
        if holding.all(|one| one.state.is_final()) {
            // It left, or never will: there is nothing to cancel.
            return Ok(());
        }
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
    let before = db::order::meta_of_line(tx, line)?;
    if before == now.meta {
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
        let values = order.get().item(id).map(|item| item.values.clone()).unwrap_or_default();
        // The version that it was placed with may have been replaced meanwhile.
        let design = desk.designs.get(&hash);
        let country = &order.get().recipient.country;
        let quantity = now.quantity.saturating_sub(now.refunded);
        let read_of = |design: &Arc<Design>, meta: &[LineMeta]| {
            let told = Told { quantity, country, meta };
            reading::values(design, meta, circumstance::asked_of(design, told))
        };
        let read = design.map(|design| read_of(design, &now.meta)).unwrap_or_default();
        let was = design.map(|design| read_of(design, &before)).unwrap_or_default();
        let is_here = match design {
            Some(_) => was == read || was.photos == read.photos && read.has_texts_of(&values),
            None => told_of(&before).eq(told_of(&now.meta)),
        };
        if is_here {
            continue;
        }
        let amendable = design.filter(|_| !order.get().is_locked(id) && revision == 1);
        let Some(design) = amendable else {
            let place = order.get().item_name(id);
            let detail = "its values were changed in the shop";
            let problem = Problem::new(What::ChangedInShop, place, detail);
            transition(tx, order, Event::Held(Target::Item(id), problem), with)?;
            continue;
        };
        // A photo that was fetched stays, as long as the line points at the same one.
        let is_kept = |field: &String| {
            read.photos.contains_key(field) && read.photos.get(field) == was.photos.get(field)
        };
        let kept = values.into_iter().filter(|(field, _)| is_kept(field));
        let amendment = Amendment {
            item: id,
            design: hash,
            areas: db::item::areas_of(design),
            values: read.values.clone().into_iter().chain(kept).collect(),
            why: "changed in the shop".to_owned(),
        };
        transition(tx, order, Event::Amended(amendment), with)?;
        for problem in read.problems {
            transition(tx, order, Event::Held(Target::Item(id), problem), with)?;
        }
    }
    Ok(())
}

/// What the customer gave, without the rows that only plugins and the shop itself write.
fn told_of(meta: &[LineMeta]) -> impl Iterator<Item = &LineMeta> {
    meta.iter().filter(|row| row.source != MetaSource::Hidden)
}
