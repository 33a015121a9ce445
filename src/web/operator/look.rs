//! A short look at an order without leaving the list: its state, what stops it, what is made, and the one
//! press that brings it on.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::action::Action;
use super::fulfilments::{Card, cards};
use super::items::{ItemView, views};
use super::list::edit;
use super::marks::MarksView;
use super::order::next_action;
use super::problems::{Trouble, troubles};
use super::record::Record;
use super::times::Time;
use super::words::{self, Standing};
use super::{Frame, by_hand, page, times};
use crate::model::id::OrderId;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

/// What the look shows.
struct Look {
    id: OrderId,
    href: String,
    number: String,
    customer: String,
    place: String,
    total: String,
    placed: Time,
    standing: Standing,
    troubles: Vec<Trouble>,
    cards: Vec<Card>,
    items: Vec<ItemView>,
    marks: MarksView,
    note: String,
    edit: Option<String>,
    next: Option<Action>,
}

#[derive(Template)]
#[template(path = "operator/look.html")]
struct LookPage {
    frame: Frame,
    look: Look,
}

#[derive(Template)]
#[template(path = "operator/look_part.html")]
struct LookPart {
    frame: Frame,
    look: Look,
}

/// How the look is asked for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    part: u8,
}

/// `GET /orders/{order}/look`: a page of its own, or with `?part=1` the part that the list shows.
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let record = Record::load(&site, OrderId(id)).await?;
    let title = format!("Order {}", record.order.number);
    let frame = Frame::load(&site, &operator, "orders", &title).await?;
    let look = look(&site, &frame, &record).await?;
    match asked.part {
        1 => page(&LookPart { frame, look }),
        _ => page(&LookPage { frame, look }),
    }
}

async fn look(site: &Site, frame: &Frame, record: &Record) -> Result<Look, Error> {
    let (times, order) = (times(site), &record.order);
    let (troubles, cards) = (troubles(site, record, &times), cards(site, record, &times));
    let items = views(site, record, &times);
    let recipient = &order.recipient;
    let edit = edit(site, order).filter(|href| frame.may(href));
    Ok(Look {
        id: order.id,
        href: site.links().order(&order.id),
        number: order.number.clone(),
        customer: match recipient.name() {
            name if name.is_empty() => recipient.company.clone(),
            name => name,
        },
        place: [recipient.city.as_str(), recipient.country.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        total: order.total.to_string(),
        placed: times.at(order.placed_at),
        standing: words::of_order(order, &by_hand(site)),
        next: next_action(frame, &troubles, &items, &cards),
        marks: MarksView::load(site, order.id).await?,
        note: record.note.clone(),
        troubles,
        cards,
        items,
        edit,
    })
}
