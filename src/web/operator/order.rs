//! The page of one order.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::action::Action;
use super::fulfilments::{Card, cards};
use super::items::{ItemView, OtherLine, others, views};
use super::list::wanted::Wanted;
use super::marks::MarksView;
use super::problems::{Trouble, troubles};
use super::record::Record;
use super::story::{self, Part, Sentence};
use super::times::{Countdown, Time, Times};
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
    /// Lines of the address that are empty.
    address_empty: Vec<&'static str>,
    address_is_ours: bool,
    address_is_locked: bool,
    note: String,
    story: Vec<Sentence>,
    parts: Vec<StoryTab>,
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

/// What the history can be narrowed to, and how much is there.
struct StoryTab {
    label: &'static str,
    href: String,
    count: usize,
    is_here: bool,
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
    /// The clock that runs out first.
    countdown: Option<Countdown>,
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
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let record = Record::load(&site, OrderId(id)).await?;
    let title = format!("Order {}", record.order.number);
    let frame = Frame::load(&site, &operator, "orders", &title).await?;
    let around = around(&site, &operator, OrderId(id)).await?;
    let part = Part::from_name(asked.get("history").map_or("", String::as_str));
    let marks = MarksView::load(&site, OrderId(id)).await?;
    page(&order_page(&site, frame, &record, (around, part), marks))
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
    (around, part): (Around, Part),
    marks: MarksView,
) -> OrderPage {
    let times = times(site);
    let story = story::of_record(record, site.links(), &times);
    let order = &record.order;
    let submitted = order.submitted();
    let is_moving = matches!(order.state, OrderState::Open | OrderState::AwaitingPayment);
    let me = frame.person.clone();
    let (troubles, cards) = (troubles(site, record, &times), cards(site, record, &times));
    let items = views(site, record, &times);
    OrderPage {
        id: order.id,
        head: head(site, record, &cards, &times),
        parts: story_tabs(site, record, &story, part),
        next: next_action(&frame, &troubles, &items, &cards),
        troubles,
        cards,
        items,
        others: others(record),
        address: super::recipient::lines(&order.recipient),
        address_empty: super::recipient::empty(&order.recipient),
        address_is_ours: record.address_is_ours,
        address_is_locked: super::recipient::is_locked(order),
        note: record.note.clone(),
        story: story.into_iter().filter(|one| part.has(one)).collect(),
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

/// The parts of the history that have anything in them.
fn story_tabs(site: &Site, record: &Record, story: &[Sentence], here: Part) -> Vec<StoryTab> {
    let order = site.links().order(&record.order.id);
    let tab = |part: Part| StoryTab {
        label: part.label(),
        href: match part {
            Part::All => format!("{order}#history"),
            _ => format!("{order}?history={}#history", part.name()),
        },
        count: story.iter().filter(|one| part.has(one)).count(),
        is_here: part == here,
    };
    Part::ALL.into_iter().map(tab).filter(|tab| 0 < tab.count || tab.is_here).collect()
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

fn head(site: &Site, record: &Record, cards: &[Card], times: &Times) -> Head {
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
        countdown: cards
            .iter()
            .filter_map(|card| card.countdown.clone())
            .min_by_key(|countdown| countdown.at_ms),
    }
}

/// The chosen shipping method without the shop's inner name before it.
fn shipping_words(method: &str) -> String {
    match method.split_once(' ') {
        Some((id, title)) if id.contains(['_', ':']) => title.to_owned(),
        _ => method.to_owned(),
    }
}
