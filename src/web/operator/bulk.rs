//! One act on the orders that were ticked: first what it would mean, then what came of it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::list::wanted::Wanted;
use super::{Frame, page};
use crate::db;
use crate::flow::FlowError;
use crate::flow::bulk::{self, ORDERS_MAX, Told};
use crate::model::bulk::{Act, Deed};
use crate::model::id::OrderId;
use crate::model::mark::{Label, Mark};
use crate::model::right::Right;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::{Notice, Site, Undo};

pub mod letter;
mod words;

/// Ids in one field of a form, and ids with names.
const IDS_OF_FIELD: usize = 1_000;
const NAMES_OF_FIELD: usize = 200;
/// What takes an assignment back.
const GIVE_BACK: &str = "give-back";
/// What takes a yes back.
const UNAPPROVE: &str = "unapprove";
/// From so many orders on their number must be typed.
pub(super) const TYPED_FROM: usize = 100;

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
    /// Ids with commas between them, in parts.
    orders: Vec<String>,
    label_name: String,
    assignee: String,
    /// Who looked after each order before.
    was: Vec<String>,
    /// What a yes to each order counts for.
    seen: Vec<String>,
    /// What stands on the button.
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

impl Line {
    fn of(site: &Site, one: &Told) -> Line {
        Line {
            href: site.links().order(&one.order),
            number: one.number.clone(),
            recipient: one.recipient.clone(),
            why: one.why_not.clone().unwrap_or_default(),
        }
    }
}

/// `POST /bulk`: what a deed would mean.
pub async fn ask(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let deed = match deed(&posted)? {
        Ok(deed) => deed,
        Err(why) => return refuse(&site, &posted, why),
    };
    let ids = chosen(&site, &posted).await?;
    if ids.is_empty() {
        return refuse(&site, &posted, "tick the orders first".to_owned());
    }
    let told = bulk::preview(&site.ctx, ids, deed.clone()).await?;
    let orders: Vec<OrderId> = able(&told).collect();
    let count = orders.len();
    let ask = Ask {
        label: format!("{} {}", words::verb(&deed), counted(count)),
        look: if deed == Deed::Act(Act::Cancel) { "danger" } else { "primary" },
        typed: if TYPED_FROM <= count { count } else { 0 },
        seen: match deed {
            Deed::Act(Act::Approve) => pairs(&told, |one| &one.seen),
            _ => Vec::new(),
        },
        ..Ask::of(&site, &deed, &orders)
    };
    let title = format!("{}?", ask.label);
    let lead = match count {
        0 => "None of the chosen orders can be changed like this.".to_owned(),
        _ => words::meaning(&deed),
    };
    let ask = (0 < count).then_some(ask);
    show(&site, &posted, (title, lead), (ask, None), &told).await
}

fn refuse(site: &Site, posted: &Posted, why: String) -> Result<Response, Error> {
    posted.finish(site, Err(FlowError::NotNow(why)), &back(site, posted))
}

/// `POST /bulk/do`: does it.
pub async fn perform(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    match posted.form.text("act") {
        GIVE_BACK => return give_back(&site, &posted).await,
        UNAPPROVE => return unapprove(&site, &posted).await,
        _ => {}
    }
    let deed = match deed(&posted)? {
        Ok(deed) => deed,
        Err(why) => return refuse(&site, &posted, why),
    };
    if deed == Deed::Act(Act::SendNow) && !posted.session.rights.has(Right::Money) {
        return Err(Error::Forbidden("Your role does not allow sending orders."));
    }
    let ids = read_ids(&posted);
    if TYPED_FROM <= ids.len() && posted.form.number("typed") != i64::try_from(ids.len()).ok() {
        let wrong = format!("nothing was done: type {} to confirm", ids.len());
        return refuse(&site, &posted, wrong);
    }
    let shown = read_pairs(&posted, "seen").collect();
    let told = bulk::run(&site.ctx, ids, &deed, &shown, &posted.staff()).await?;
    site.wake.notify_one();
    let orders: Vec<OrderId> = able(&told).collect();
    let undo = undo(&site, &deed, &told).filter(|_| !orders.is_empty());
    let title = format!("{} {}", words::participle(&deed), counted(orders.len()));
    let lead = match (&deed, orders.is_empty()) {
        (_, true) => "Nothing was changed.".to_owned(),
        (Deed::Act(Act::SendNow), false) => {
            let undo = super::times::span(site.ctx.rules.undo);
            format!("They go out in {undo}. Undo pauses them until then.")
        }
        (Deed::Act(Act::Approve), false) => {
            "What they waited for is there: they go on by themselves. Until an order is sent, the yes \
             can be taken back."
                .to_owned()
        }
        _ => String::new(),
    };
    finish(&site, &posted, (title, lead), undo, &told).await
}

/// Takes an assignment back: each order goes to whoever looked after it before.
async fn give_back(site: &Site, posted: &Posted) -> Result<Response, Error> {
    let before = read_pairs(posted, "was").collect();
    let told = bulk::give_back(&site.ctx, before, &posted.staff()).await?;
    let title = format!("Given back: {}", counted(able(&told).count()));
    finish(site, posted, (title, String::new()), None, &told).await
}

/// Takes the yes back from what it was given to, where nothing of it has left.
async fn unapprove(site: &Site, posted: &Posted) -> Result<Response, Error> {
    let given = read_pairs(posted, "was").collect();
    let told = bulk::unapprove(&site.ctx, given, &posted.staff()).await?;
    site.wake.notify_one();
    let title = format!("The yes is taken back from {}", counted(able(&told).count()));
    let lead = match able(&told).next() {
        Some(_) => "What waits for the customer's yes waits for it again, and does not go out.",
        None => "Nothing was changed.",
    };
    finish(site, posted, (title, lead.to_owned()), None, &told).await
}

/// One order that was changed from the list is told on the list; of more there is a page.
async fn finish(
    site: &Site,
    posted: &Posted,
    (title, lead): (String, String),
    undo: Option<Ask>,
    told: &[Told],
) -> Result<Response, Error> {
    if posted.form.text("from") != "list" {
        return show(site, posted, (title, lead), (None, undo), told).await;
    }
    let numbers: Vec<&str> = told.iter().map(|one| one.number.as_str()).collect();
    let why_not = told.iter().find_map(|one| one.why_not.as_deref());
    let notice = match why_not {
        Some(why) => Notice::bad(format!("Order {}: {why}.", numbers.join(", "))),
        None => Notice::good(format!("{title}, number {}. {lead}", numbers.join(", "))),
    };
    let undo = undo.map(|undo| Undo { href: undo.href.clone(), fields: undo.fields(posted) });
    site.notify(&posted.session.token_hash, Notice { undo, ..notice });
    Ok(Redirect::to(&back(site, posted)).into_response())
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
    let line = |one: &Told| Line::of(site, one);
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

/// What is wanted; an inner error says what is missing.
fn deed(posted: &Posted) -> Result<Result<Deed, String>, Error> {
    let label = || {
        let label = Label::named(posted.form.text("label"));
        label.ok_or_else(|| "type or choose a label first".to_owned())
    };
    let name = posted.form.text("assignee").trim().to_owned();
    let mark = match posted.form.text("act") {
        "label" => label().map(Mark::Label),
        "unlabel" => label().map(Mark::Unlabel),
        "assign" if name.is_empty() => Err("choose who looks after them first".to_owned()),
        "assign" => Ok(Mark::Assign(name)),
        "unassign" => Ok(Mark::Unassign),
        act => {
            let none = || Error::Unreadable("The form does not say what is to be done.".to_owned());
            return Ok(Ok(Deed::Act(Act::from_name(act).ok_or_else(none)?)));
        }
    };
    Ok(mark.map(Deed::Mark))
}

impl Ask {
    /// The form that does it to these orders.
    fn of(site: &Site, deed: &Deed, orders: &[OrderId]) -> Ask {
        let (mut label, mut assignee) = (String::new(), String::new());
        match deed {
            Deed::Mark(Mark::Label(one) | Mark::Unlabel(one)) => label = one.name.clone(),
            Deed::Mark(Mark::Assign(name)) => assignee = name.clone(),
            Deed::Mark(Mark::Unassign) | Deed::Act(_) | Deed::Letter(_) => {}
        }
        Ask {
            href: site.links().to("/bulk/do"),
            act: words::name(deed),
            orders: orders.chunks(IDS_OF_FIELD).map(joined).collect(),
            label_name: label,
            assignee,
            was: Vec::new(),
            seen: Vec::new(),
            label: String::new(),
            look: "primary",
            typed: 0,
        }
    }

    /// The same as fields of a form on the list.
    fn fields(&self, posted: &Posted) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("act", self.act.to_owned()),
            ("from", "list".to_owned()),
            ("query", Wanted::parse(posted.form.text("query")).query()),
            ("label", self.label_name.clone()),
            ("assignee", self.assignee.clone()),
        ];
        fields.extend(self.orders.iter().map(|orders| ("orders", orders.clone())));
        fields.extend(self.was.iter().map(|was| ("was", was.clone())));
        fields
    }
}

/// What takes a deed back, where anything does.
fn undo(site: &Site, deed: &Deed, told: &[Told]) -> Option<Ask> {
    let orders: Vec<OrderId> = able(told).collect();
    if matches!(deed, Deed::Mark(Mark::Assign(_) | Mark::Unassign)) {
        let was = pairs(told, |one| &one.was);
        let form = Ask::of(site, deed, &[]);
        return Some(Ask { act: GIVE_BACK, was, label: "Undo".to_owned(), look: "quiet", ..form });
    }
    if *deed == Deed::Act(Act::Approve) {
        let (was, label) = (pairs(told, |one| &one.given), "Take the yes back".to_owned());
        return Some(Ask { act: UNAPPROVE, was, label, look: "quiet", ..Ask::of(site, deed, &[]) });
    }
    let (opposite, label) = match deed {
        Deed::Act(act) => (Deed::Act(opposite(*act)?), "Undo"),
        Deed::Mark(Mark::Label(label)) => (Deed::Mark(Mark::Unlabel(label.clone())), "Undo"),
        Deed::Mark(Mark::Unlabel(label)) => (Deed::Mark(Mark::Label(label.clone())), "Undo"),
        Deed::Mark(Mark::Assign(_) | Mark::Unassign) | Deed::Letter(_) => return None,
    };
    let form = Ask::of(site, &opposite, &orders);
    let count = orders.len();
    // What was typed once need not be typed again to take it back.
    let typed = if TYPED_FROM <= count { count } else { 0 };
    Some(Ask { label: label.to_owned(), look: "quiet", typed, ..form })
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
    let person = posted.session.person.clone();
    let filter = wanted.filter(view, &site.settings.zone, &person);
    let most = u32::try_from(ORDERS_MAX).unwrap_or(u32::MAX);
    let found = site.ctx.read(move |tx| {
        let sort = wanted.sort_in(view, db::preference::of_person(tx, &person)?.sort);
        Ok(db::listing::page(tx, &filter, sort, most, 0)?)
    });
    Ok(found.await?)
}

fn able(told: &[Told]) -> impl Iterator<Item = OrderId> {
    told.iter().filter(|one| one.why_not.is_none()).map(|one| one.order)
}

/// Each order that something is done to, with a word of it, in parts.
fn pairs(told: &[Told], word: impl Fn(&Told) -> &str) -> Vec<String> {
    let done: Vec<&Told> = told.iter().filter(|one| one.why_not.is_none()).collect();
    let part = |part: &[&Told]| {
        let pairs = part.iter().map(|one| format!("{}:{}", one.order, word(one)));
        pairs.collect::<Vec<_>>().join(",")
    };
    done.chunks(NAMES_OF_FIELD).map(part).collect()
}

fn read_pairs<'a>(
    posted: &'a Posted,
    field: &'a str,
) -> impl Iterator<Item = (OrderId, String)> + 'a {
    let pairs = posted.form.all(field).flat_map(|part| part.split(','));
    let read = pairs.filter_map(|pair| {
        let (id, word) = pair.split_once(':')?;
        Some((OrderId(id.parse().ok()?), word.to_owned()))
    });
    read.take(ORDERS_MAX)
}

fn joined(ids: &[OrderId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn read_ids(posted: &Posted) -> Vec<OrderId> {
    let ids = posted.form.all("orders").flat_map(|part| part.split(','));
    ids.filter_map(|id| id.trim().parse().ok().map(OrderId)).take(ORDERS_MAX).collect()
}

fn counted(orders: usize) -> String {
    match orders {
        0 => "no order".to_owned(),
        1 => "1 order".to_owned(),
        orders => format!("{orders} orders"),
    }
}

/// What takes an act back, where anything does.
fn opposite(act: Act) -> Option<Act> {
    match act {
        Act::SendNow | Act::Resume => Some(Act::Pause),
        Act::Pause => Some(Act::Resume),
        Act::HourLater => Some(Act::HourEarlier),
        Act::DayLater => Some(Act::DayEarlier),
        Act::HourEarlier => Some(Act::HourLater),
        Act::DayEarlier => Some(Act::DayLater),
        Act::Approve | Act::DrawAgain | Act::Cancel => None,
    }
}
