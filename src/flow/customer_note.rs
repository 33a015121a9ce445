//! Words from people to the customer: a note of the shop's order, which the shop mails.
//!
//! They are on disk before the shop is asked, and the shop is asked by a job, so that a shop that does
//! not answer costs time and not words. The shop adds the same text to an order once only; so a repeated
//! attempt mails nobody twice.

use std::time::Duration;

use crate::db;
use crate::model::hold::Actor;
use crate::model::id::OrderId;
use crate::model::job::Lane;
use crate::model::letter::{self, Addressed};
use crate::model::order::Order;
use crate::outside::shop::NoteTo;

use super::ctx::{Ctx, FlowError, Outcome};
use super::intake::shop_error;
use super::operate::Staff;
use super::transition::{With, enqueue, note};

/// The step of the job.
pub const STEP: &str = "customer_note";
/// What the history calls a note that somebody wrote.
pub const EVENT: &str = "to the customer";
/// What the history calls it once the shop has it.
pub const TOLD: &str = "customer told";
/// Why a note is not kept a second time.
pub const TOLD_ALREADY: &str = "the customer of this order was told the very same already";
/// Longest note.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// Why the customer of an order cannot be written to.
pub fn why_unreachable(order: &Order) -> Option<&'static str> {
    let is_of_shop = order.shop_order.is_some();
    (!is_of_shop).then_some("this order does not come from the shop: nobody would be mailed")
}

/// A text as it is sent, or why it cannot be.
pub fn check(order: &Order, text: &str) -> Result<String, FlowError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    let not_now = |why: &str| Err(FlowError::NotNow(why.to_owned()));
    if let Some(why) = why_unreachable(order) {
        return not_now(why);
    }
    if text.is_empty() {
        return not_now("write something first");
    }
    if TEXT_CHARS_MAX < text.chars().count() {
        return not_now("a note to the customer is at most 2000 characters long");
    }
    Ok(text)
}

/// A text for many orders as the customer of this one reads it, or why it is not for them.
pub fn filled(order: &Order, text: &str) -> Result<String, FlowError> {
    let first_name = &order.recipient.first_name;
    let to = Addressed { first_name, order_number: &order.number };
    check(order, &letter::fill(text, to).map_err(FlowError::NotNow)?)
}

/// Keeps a note and asks for it to be sent.
pub async fn write(ctx: &Ctx, order: OrderId, text: &str, staff: &Staff) -> Result<(), FlowError> {
    let (text, by) = (text.to_owned(), staff.0.clone());
    ctx.operate(order, staff, move |tx, locked, with| {
        let here = locked.get();
        let text = check(here, &text)?;
        let id = db::customer_note::add(tx, order, &text, &by)?
            .ok_or_else(|| FlowError::NotNow(TOLD_ALREADY.to_owned()))?;
        note(tx, here, with, "order".to_owned(), EVENT, &text)?;
        enqueue(tx, STEP, &id.to_string(), Lane::Shop, Some(order), Duration::ZERO)
    })
    .await
}

/// Gives a note to the shop.
pub async fn run(ctx: &Ctx, id: i64) -> Result<Outcome, FlowError> {
    if super::recovery::is_on(ctx).await? {
        return Ok(super::recovery::later(ctx));
    }
    let Some(kept) = ctx.read(move |tx| Ok(db::customer_note::get(tx, id)?)).await? else {
        return Ok(Outcome::Cancel("the note is gone".to_owned()));
    };
    if kept.is_told {
        return Ok(Outcome::Cancel("the shop has it already".to_owned()));
    }
    let order = ctx.read(move |tx| Ok(db::order::load(tx, kept.order)?)).await?;
    let Some(shop_order) = order.shop_order else {
        return Ok(Outcome::Cancel("it does not come from the shop".to_owned()));
    };
    let seat = ctx.shop(order.shop)?.clone();
    seat.shop.add_note(shop_order, &kept.text, NoteTo::Customer).await.map_err(shop_error)?;
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let locked = db::order::lock(tx, kept.order)?;
        let pace = shared.pace(locked.get().shop);
        let with = With { actor: &Actor::Program, rules: &shared.rules, pace: &pace };
        db::customer_note::set_told(tx, id)?;
        note(tx, locked.get(), with, "order".to_owned(), TOLD, "")
    })
    .await?;
    Ok(Outcome::Done("the customer is mailed by the shop".to_owned()))
}
