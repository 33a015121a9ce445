//! One act on the orders that were ticked: first what it would mean, then what came of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::list::wanted::Wanted;
use super::{Frame, page};
use crate::db;
use crate::flow::FlowError;
use crate::flow::bulk::{self, ORDERS_MAX, Told};
use crate::model::bulk::Act;
use crate::model::id::OrderId;
use crate::model::right::Right;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

/// From so many orders on their number must be typed.
const TYPED_FROM: usize = 100;

#[derive(Template)]
#[template(path = "operator/bulk.html")]
struct BulkPage {
    frame: Frame,
    title: String,
    lead: String,
    /// What is sent to do it; empty once it was done.
    ask: Option<Ask>,
    /// What takes it back, for as long as nothing has left.
    undo: Option<Ask>,
    done: Vec<Line>,
    left_out: Vec<Line>,
    back: String,
    query: String,
}

struct Ask {
    href: String,
    act: &'static str,
    orders: String,
    label: String,
    look: &'static str,
    /// The number to type; 0 asks for none.
    typed: usize,
}

struct Line {
    href: String,
    number: String,
    recipient: String,
    why: String,
}

/// `POST /bulk`: what an act would mean.
pub async fn ask(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let act = act(&posted)?;
    let ids = chosen(&site, &posted).await?;
    if ids.is_empty() {
        let none = Err(FlowError::NotNow("tick the orders first".to_owned()));
        return posted.finish(&site, none, &back(&site, &posted));
    }
    let told = bulk::preview(&site.ctx, ids, act).await?;
    let orders: Vec<OrderId> = able(&told).collect();
    let count = orders.len();
    let ask = Ask {
        href: site.links().to("/bulk/do"),
        act: act.name(),
        orders: joined(&orders),
        label: format!("{} {}", verb(act), counted(count)),
        look: if act == Act::Cancel { "danger" } else { "primary" },
        typed: if TYPED_FROM <= count { count } else { 0 },
    };
    let title = format!("{}?", ask.label);
    let lead = match count {
        0 => "None of the chosen orders can be changed like this.".to_owned(),
        _ => meaning(act).to_owned(),
    };
    let ask = (0 < count).then_some(ask);
    show(&site, &posted, (title, lead), (ask, None), &told).await
}

/// `POST /bulk/do`: does it.
pub async fn perform(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let act = act(&posted)?;
    if act == Act::SendNow && !posted.session.rights.has(Right::Money) {
        return Err(Error::Forbidden("Your role does not allow sending orders."));
    }
    let ids = read_ids(posted.form.text("orders"));
    if TYPED_FROM <= ids.len() && posted.form.number("typed") != i64::try_from(ids.len()).ok() {
        let wrong = format!("nothing was done: type {} to confirm", ids.len());
        return posted.finish(&site, Err(FlowError::NotNow(wrong)), &back(&site, &posted));
    }
    let told = bulk::run(&site.ctx, ids, act, &posted.staff()).await?;
    site.wake.notify_one();
    let orders: Vec<OrderId> = able(&told).collect();
    let undo = opposite(act).filter(|_| !orders.is_empty()).map(|opposite| Ask {
        href: site.links().to("/bulk/do"),
        act: opposite.name(),
        orders: joined(&orders),
        label: "Undo".to_owned(),
        look: "quiet",
        typed: 0,
    });
    let title = format!("{} {}", participle(act), counted(orders.len()));
    let lead = match (act, orders.is_empty()) {
        (_, true) => "Nothing was changed.".to_owned(),
        (Act::SendNow, false) => {
            let undo = super::times::span(site.ctx.rules.undo);
            format!("They go out in {undo}. Undo pauses them until then.")
        }
        _ => String::new(),
    };
    show(&site, &posted, (title, lead), (None, undo), &told).await
}

async fn show(
    site: &Site,
    posted: &Posted,
    (title, lead): (String, String),
    (ask, undo): (Option<Ask>, Option<Ask>),
    told: &[Told],
) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let frame = Frame::load(site, &operator, "orders", &title).await?;
    let line = |one: &Told| Line {
        href: site.links().order(&one.order),
        number: one.number.clone(),
        recipient: one.recipient.clone(),
        why: one.why_not.clone().unwrap_or_default(),
    };
    page(&BulkPage {
        frame,
        title,
        lead,
        ask,
        undo,
        done: told.iter().filter(|one| one.why_not.is_none()).map(line).collect(),
        left_out: told.iter().filter(|one| one.why_not.is_some()).map(line).collect(),
        back: back(site, posted),
        query: Wanted::parse(posted.form.text("query")).query(),
    })
}

fn act(posted: &Posted) -> Result<Act, Error> {
    let act = Act::from_name(posted.form.text("act"));
    act.ok_or_else(|| Error::Unreadable("The form does not say what is to be done.".to_owned()))
}

/// The list that the person came from; a query of ours and nothing else.
pub(super) fn back(site: &Site, posted: &Posted) -> String {
    let query = Wanted::parse(posted.form.text("query")).query();
    site.links().to(&format!("/?{query}"))
}

/// The ticked orders, or all that the list holds.
pub(super) async fn chosen(site: &Site, posted: &Posted) -> Result<Vec<OrderId>, Error> {
    if posted.form.sent("all").is_none() {
        let ticked = posted.form.all("order").filter_map(|id| id.parse().ok().map(OrderId));
        return Ok(ticked.take(ORDERS_MAX).collect());
    }
    let wanted = Wanted::parse(posted.form.text("query"));
    let view = wanted.view.unwrap_or(db::board::View::All);
    let filter = wanted.filter(view, &site.settings.zone);
    let most = u32::try_from(ORDERS_MAX).unwrap_or(u32::MAX);
    let found =
        site.ctx.read(move |tx| Ok(db::listing::page(tx, &filter, wanted.sort, most, 0)?)).await?;
    Ok(found)
}

fn able(told: &[Told]) -> impl Iterator<Item = OrderId> {
    told.iter().filter(|one| one.why_not.is_none()).map(|one| one.order)
}

fn joined(ids: &[OrderId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn read_ids(text: &str) -> Vec<OrderId> {
    let ids = text.split(',').filter_map(|id| id.trim().parse().ok().map(OrderId));
    ids.take(ORDERS_MAX).collect()
}

fn counted(orders: usize) -> String {
    match orders {
        0 => "no order".to_owned(),
        1 => "1 order".to_owned(),
        orders => format!("{orders} orders"),
    }
}

fn verb(act: Act) -> &'static str {
    match act {
        Act::SendNow => "Send now:",
        Act::HourLater => "One hour later:",
        Act::DayLater => "One day later:",
        Act::Pause => "Pause",
        Act::Resume => "Resume",
        Act::DrawAgain => "Draw again:",
        Act::Cancel => "Cancel",
    }
}

fn participle(act: Act) -> &'static str {
    match act {
        Act::SendNow => "Sent on their way:",
        Act::HourLater => "An hour later:",
        Act::DayLater => "A day later:",
        Act::Pause => "Paused",
        Act::Resume => "Resumed",
        Act::DrawAgain => "Being drawn again:",
        Act::Cancel => "Cancelled",
    }
}

fn meaning(act: Act) -> &'static str {
    match act {
        Act::SendNow => "Their countdowns end at once. What was sent is charged.",
        Act::HourLater | Act::DayLater => "Their countdowns are made longer.",
        Act::Pause => "Nothing of them is sent until somebody resumes them.",
        Act::Resume => "What people paused goes on; other reasons to wait stay.",
        Act::DrawAgain => "Their print files are made anew from the same values.",
        Act::Cancel => "Nothing of them is made, and the shop is told. This cannot be undone.",
    }
}

/// What takes an act back, where anything does.
fn opposite(act: Act) -> Option<Act> {
    match act {
        Act::SendNow | Act::Resume => Some(Act::Pause),
        Act::Pause => Some(Act::Resume),
        Act::HourLater | Act::DayLater | Act::DrawAgain | Act::Cancel => None,
    }
}
