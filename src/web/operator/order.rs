//! The page of one order.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::action::Action;
use super::fulfilments::{Card, cards};
use super::items::{ItemView, OtherLine, others, views};
use super::list::wanted::Wanted;
use super::marks::MarksView;
use super::problems::{Trouble, troubles};
use super::record::Record;
use super::story::{self, Sentence};
use super::times::{Time, Times};
use super::words::{self, Standing};
use super::{Frame, by_hand, page, times};
use crate::db;
use crate::db::board::View;
use crate::model::id::OrderId;
use crate::model::order::{State as OrderState, Submitted};
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

/// An order further down in its list has no neighbours on its page.
const NEIGHBOURS_MAX: u32 = 1_000;

#[derive(Template)]
#[template(path = "operator/order.html")]
struct OrderPage {
    frame: Frame,
    id: OrderId,
    head: Head,
    troubles: Vec<Trouble>,
    cards: Vec<Card>,
    items: Vec<ItemView>,
    others: Vec<OtherLine>,
    address: Vec<(&'static str, String)>,
    address_is_ours: bool,
    address_is_locked: bool,
    note: String,
    story: Vec<Sentence>,
    editor: Option<Editor>,
    can_cancel: bool,
    cancel_question: &'static str,
    is_on_hold: bool,
    reprints: bool,
    /// The one press that is most likely wanted.
    next: Option<Action>,
    /// Whether the customer can be written to.
    can_write: bool,
    around: Around,
    marks: MarksView,
}

/// Where an order stands in the list that the person came from.
struct Around {
    list: String,
    newer: Option<String>,
    older: Option<String>,
}

struct Head {
    number: String,
    customer: String,
    standing: Standing,
    total: String,
    placed: Time,
    paid: Option<Time>,
    source: String,
    shop: String,
    shop_status: String,
    shop_page: Option<String>,
    shipping: String,
}

struct Editor {
    name: String,
    until: Time,
    is_me: bool,
}

/// `GET /orders/{order}`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path(id): Path<i64>,
) -> Result<Response, Error> {
    let record = Record::load(&site, OrderId(id)).await?;
    let title = format!("Order {}", record.order.number);
    let frame = Frame::load(&site, &operator, "orders", &title).await?;
    let around = around(&site, &operator, OrderId(id)).await?;
    let marks = MarksView::load(&site, OrderId(id)).await?;
    page(&order_page(&site, frame, &record, around, marks))
}

/// The list that the person came from, and its orders before and after this one.
async fn around(site: &Site, operator: &Operator, id: OrderId) -> Result<Around, Error> {
    let Some(query) = site.list_of(&operator.session.token_hash) else {
        return Ok(Around { list: site.links().home(), newer: None, older: None });
    };
    let list = site.links().to(&format!("/?{query}"));
    let wanted = Wanted::parse(&query);
    let view = wanted.view.unwrap_or(View::All);
    let person = operator.session.person.clone();
    let filter = wanted.filter(view, &site.settings.zone, &person);
    let ids = site.ctx.read(move |tx| {
        let sort = wanted.sort_in(view, db::preference::of_person(tx, &person)?.sort);
        Ok(db::listing::page(tx, &filter, sort, NEIGHBOURS_MAX, 0)?)
    });
    let ids = ids.await?;
    let place = ids.iter().position(|one| *one == id);
    let at = |place: Option<usize>| {
        place.and_then(|place| ids.get(place)).map(|id| site.links().order(id))
    };
    Ok(Around {
        list,
        newer: at(place.and_then(|place| place.checked_sub(1))),
        older: at(place.map(|place| place + 1)),
    })
}

fn order_page(
    site: &Site,
    frame: Frame,
    record: &Record,
    around: Around,
    marks: MarksView,
) -> OrderPage {
    let times = times(site);
    let order = &record.order;
    let submitted = order.submitted();
    let is_moving = matches!(order.state, OrderState::Open | OrderState::AwaitingPayment);
    let me = frame.person.clone();
    let (troubles, cards) = (troubles(site, record, &times), cards(site, record, &times));
    let items = views(site, record, &times);
    OrderPage {
        id: order.id,
        head: head(site, record, &times),
        next: next_action(&frame, &troubles, &items, &cards),
        troubles,
        cards,
        items,
        others: others(record),
        address: super::recipient::lines(&order.recipient),
        address_is_ours: record.address_is_ours,
        address_is_locked: super::recipient::is_locked(order),
        note: record.note.clone(),
        story: story::tell(&record.history, Some(order), &times),
        editor: record.lease.as_ref().map(|(until, name)| Editor {
            name: name.clone(),
            until: times.at(*until),
            is_me: *name == me,
        }),
        can_cancel: is_moving,
        cancel_question: match submitted {
            Submitted::Never => {
                "Nothing was sent yet: the order ends at once, and nothing is made."
            }
            Submitted::Something => {
                "Part of it was already sent: each provider is asked to cancel, and may refuse."
            }
        },
        is_on_hold: order.holds.iter().any(|hold| hold.target == crate::model::hold::Target::Order),
        reprints: submitted == Submitted::Something,
        can_write: order.shop_order.is_some(),
        around,
        marks,
        frame,
    }
}

/// The one press that brings the order on: what stops it comes first, then what waits for a look, then
/// its going out. Nothing that the person may not press is offered.
pub(super) fn next_action(
    frame: &Frame,
    troubles: &[Trouble],
    items: &[ItemView],
    cards: &[Card],
) -> Option<Action> {
    let is_meant = |one: &&Action| one.look == "primary" && frame.may(&one.href);
    let stopping = troubles.iter().find_map(|one| one.actions.iter().find(is_meant));
    let waiting = || items.iter().find_map(|one| one.actions.iter().find(is_meant));
    if let Some(action) = stopping.or_else(waiting) {
        return Some(action.clone());
    }
    let mut going = cards.iter().rev().filter_map(|card| {
        let action = card.actions.iter().find(is_meant)?;
        Some((card, action.clone()))
    });
    let (card, action) = going.next()?;
    Some(match going.next() {
        // With several of them, the button says which one it means.
        Some(_) => Action { label: format!("{} to {}", action.label, card.provider), ..action },
        None => action,
    })
}

fn head(site: &Site, record: &Record, times: &Times) -> Head {
    let order = &record.order;
    let seat = site.ctx.shops.get(&order.shop);
    let template = seat.map(|seat| seat.rules.order_page.as_str());
    let shop_page = order.shop_order.and_then(|id| {
        let template = template.filter(|template| template.starts_with("http"))?;
        Some(template.replace("{id}", &id.to_string()))
    });
    Head {
        number: order.number.clone(),
        customer: match order.recipient.name() {
            name if name.is_empty() => order.recipient.company.clone(),
            name => name,
        },
        standing: words::of_order(order, &by_hand(site)),
        total: order.total.to_string(),
        placed: times.at(order.placed_at),
        paid: order.paid_at.map(|at| times.at(at)),
        source: order.source.clone(),
        shop: order.shop_name.clone(),
        shop_status: order.shop_status.clone(),
        shop_page,
        shipping: shipping_words(&order.shipping_method),
    }
}

/// The chosen shipping method without the shop's inner name before it.
fn shipping_words(method: &str) -> String {
    match method.split_once(' ') {
        Some((id, title)) if id.contains(['_', ':']) => title.to_owned(),
        _ => method.to_owned(),
    }
}
