//! Presses on the page of an order: each calls one function of the flow, and goes back to the page.

use axum::extract::{Path, State};
use axum::response::Response;

use super::times;
use crate::flow::operate::{Delay, TypedParcel};
use crate::flow::{FlowError, amend, intake, review};
use crate::model::hold::Target;
use crate::model::id::{FulfilmentId, Hash, HoldId, ItemId, OrderId};
use crate::model::item::Verdict;
use crate::model::time::Moment;
use crate::web::error::Error;
use crate::web::guard::Posted;
use crate::web::site::Site;

type Answer = Result<Response, Error>;

/// Longest reason, number or note that is kept.
const TEXT_CHARS_MAX: usize = 500;

fn back<T>(
    site: &Site,
    posted: &Posted,
    order: OrderId,
    done: Result<T, FlowError>,
    words: &str,
) -> Answer {
    let page = site.links().order(&order);
    posted.finish(site, done.map(|_| words.to_owned()), &page)
}

fn text(posted: &Posted, name: &str) -> String {
    let text = crate::model::field::clean_text(posted.form.text(name));
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/send-now`
pub async fn send_now(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let done = site.ctx.change_delay(order, id, Delay::SendNow, &posted.staff()).await;
    let undo = times::span(site.ctx.rules.undo);
    let words = format!("It goes out in {undo}. Pause stops it until then.");
    back(&site, &posted, order, done, &words)
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/later`
pub async fn later(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let to = posted.form.number("to").map(Moment::from_unix_ms);
    let to = to.ok_or_else(|| Error::Unreadable("The moment is missing.".to_owned()))?;
    let done = site.ctx.change_delay(order, id, Delay::At(to), &posted.staff()).await;
    let at = super::times(&site).at(to).text;
    back(&site, &posted, order, done, &format!("It goes out {at}."))
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/hold`
pub async fn hold_fulfilment(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, target) = (OrderId(order), Target::Fulfilment(FulfilmentId(id)));
    let why = text(&posted, "why");
    let done = site.ctx.pause(order, target, &why, &posted.staff()).await;
    back(&site, &posted, order, done, "Paused. It waits until somebody presses Resume.")
}

/// `POST /orders/{order}/hold`
pub async fn hold_order(
    State(site): State<Site>,
    Path(order): Path<i64>,
    posted: Posted,
) -> Answer {
    let order = OrderId(order);
    let why = text(&posted, "why");
    let done = site.ctx.pause(order, Target::Order, &why, &posted.staff()).await;
    back(&site, &posted, order, done, "The whole order is paused.")
}

/// `POST /orders/{order}/release`
pub async fn release(State(site): State<Site>, Path(order): Path<i64>, posted: Posted) -> Answer {
    let order = OrderId(order);
    let hold = posted.form.number("hold").map(HoldId);
    let hold = hold.ok_or_else(|| Error::Unreadable("The hold is missing.".to_owned()))?;
    let done = site.ctx.release(order, hold, &posted.staff()).await;
    back(&site, &posted, order, done, "Released.")
}

/// `POST /orders/{order}/cancel`
pub async fn cancel(State(site): State<Site>, Path(order): Path<i64>, posted: Posted) -> Answer {
    let order = OrderId(order);
    let done = site.ctx.cancel_order(order, &posted.staff()).await;
    back(&site, &posted, order, done, "The order is being cancelled.")
}

/// `POST /orders/{order}/look-again`
pub async fn look_again(
    State(site): State<Site>,
    Path(order): Path<i64>,
    posted: Posted,
) -> Answer {
    let order = OrderId(order);
    let done = site
        .ctx
        .call(move |tx| {
            if !crate::db::board::has_order(tx, order)? {
                return Err(FlowError::NotFound(format!("order {order}")));
            }
            let known = crate::db::order::load(tx, order)?;
            let shop_order = known
                .shop_order
                .ok_or_else(|| FlowError::NotNow("it does not come from the shop".to_owned()))?;
            intake::ask(tx, known.shop, shop_order)
        })
        .await;
    back(&site, &posted, order, done, "The shop is asked for the order again.")
}

/// `POST /orders/{order}/comment`
pub async fn comment(State(site): State<Site>, Path(order): Path<i64>, posted: Posted) -> Answer {
    let order = OrderId(order);
    let text = posted.form.text("text");
    let done = crate::flow::comment::write(&site.ctx, order, text, &posted.staff()).await;
    back(&site, &posted, order, done, "Your comment stands in the history.")
}

/// `POST /orders/{order}/reprint`
pub async fn reprint(State(site): State<Site>, Path(order): Path<i64>, posted: Posted) -> Answer {
    let order = OrderId(order);
    let pieces = posted.form.numbered("quantity.");
    let pieces: Vec<_> = pieces
        .into_iter()
        .filter(|(_, quantity)| 0 < *quantity)
        .map(|(item, quantity)| (ItemId(item), quantity))
        .collect();
    let reason = text(&posted, "reason");
    let done = site.ctx.reprint(order, pieces, &reason, &posted.staff()).await;
    back(&site, &posted, order, done, "The pieces are made again; they count down first.")
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/submit`
pub async fn submit(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let done = site.ctx.press_submit(order, id, &posted.staff()).await;
    let undo = times::span(site.ctx.rules.undo);
    let words = format!("It goes out in {undo}. Pause stops it until then.");
    back(&site, &posted, order, done, &words)
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/submit-again`
pub async fn submit_again(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let done = site.ctx.submit_again(order, id, &posted.staff()).await;
    back(&site, &posted, order, done, "A new submission is prepared; it counts down first.")
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/give-up`
pub async fn give_up(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let done = site.ctx.give_up(order, id, &posted.staff()).await;
    back(&site, &posted, order, done, "Given up: what it held will not be made.")
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/placed`
pub async fn placed(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let number = text(&posted, "number");
    let done = site.ctx.placed_by_hand(order, id, &number, &posted.staff()).await;
    back(&site, &posted, order, done, "Noted. Type the parcels in when they leave.")
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/absent`
pub async fn absent(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let done = site.ctx.confirm_absent(order, id, &posted.staff()).await;
    back(&site, &posted, order, done, "Noted: the provider does not have it. It may go again.")
}

/// `POST /orders/{order}/fulfilments/{fulfilment}/parcel`
pub async fn parcel(
    State(site): State<Site>,
    Path((order, id)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, id) = (OrderId(order), FulfilmentId(id));
    let pieces = posted.form.numbered("pieces.");
    let typed = TypedParcel {
        carrier: text(&posted, "carrier"),
        tracking_number: text(&posted, "number"),
        tracking_url: text(&posted, "url"),
        pieces: pieces
            .into_iter()
            .filter(|(_, quantity)| 0 < *quantity)
            .map(|(item, quantity)| (ItemId(item), quantity))
            .collect(),
    };
    let done = site.ctx.type_parcel(order, id, typed, &posted.staff()).await;
    back(&site, &posted, order, done, "The parcel is noted; the shop is told.")
}

/// `POST /orders/{order}/items/{item}/draw-again`
pub async fn draw_again(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, item) = (OrderId(order), ItemId(item));
    let done = site.ctx.draw_again(order, item, &posted.staff()).await;
    back(&site, &posted, order, done, "It is being drawn again.")
}

/// `POST /orders/{order}/items/{item}/revision`
pub async fn revision(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, item) = (OrderId(order), ItemId(item));
    let wanted = posted.form.number("revision").unwrap_or(0);
    let wanted = u32::try_from(wanted).unwrap_or(0);
    let done = amend::choose_revision(&site.ctx, order, item, wanted, posted.actor()).await;
    let words = format!("The values of revision {wanted} are used again.");
    back(&site, &posted, order, done, &words)
}

/// `POST /orders/{order}/items/{item}/judge`
pub async fn judge(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, item) = (OrderId(order), ItemId(item));
    let verdict = match posted.form.text("verdict") {
        "accepted" => Verdict::Accepted,
        "waived" => Verdict::Waived,
        _ => Verdict::Rejected { notes: text(&posted, "notes") },
    };
    let field = posted.form.text("field");
    let seen = (item, seen(&posted));
    let done = review::judge_as_seen(&site.ctx, order, seen, field, verdict, posted.actor()).await;
    back(&site, &posted, order, done, "Noted.")
}

/// `POST /orders/{order}/items/{item}/pass`
pub async fn pass(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, item) = (OrderId(order), ItemId(item));
    let done = review::pass(&site.ctx, order, (item, seal(&posted)), posted.actor()).await;
    back(&site, &posted, order, done, "Passed.")
}

/// `POST /orders/{order}/items/{item}/approve`
pub async fn approve(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, item) = (OrderId(order), ItemId(item));
    let done = review::approve(&site.ctx, order, (item, seal(&posted)), posted.actor()).await;
    back(&site, &posted, order, done, "The customer's yes is noted.")
}

/// `POST /orders/{order}/items/{item}/unapprove`
pub async fn unapprove(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Answer {
    let (order, item) = (OrderId(order), ItemId(item));
    let done = review::unapprove(&site.ctx, order, (item, seal(&posted)), posted.actor()).await;
    back(&site, &posted, order, done, "The yes is taken back: it waits for the customer again.")
}

/// The seal of what was on the page where it was pressed; one that was not there fits nothing.
fn seal(posted: &Posted) -> Hash {
    Hash::parse(posted.form.text("seal")).unwrap_or_else(|| Hash::of(b""))
}

/// The revision that was on the page where it was pressed.
fn seen(posted: &Posted) -> u32 {
    posted.form.number("revision").and_then(|seen| u32::try_from(seen).ok()).unwrap_or(0)
}
