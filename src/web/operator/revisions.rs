//! The revisions of an item: who made which and when, what changed, what was printed, and any two compared.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::edit::finish::{Change, Pair, changes};
use super::problems::item_title;
use super::record::Record;
use super::times::Time;
use super::words::humane;
use super::{Frame, page, times};
use crate::db;
use crate::db::item::RevisionLine;
use crate::model::hold::Actor;
use crate::model::id::{ItemId, OrderId};
use crate::model::item::Item;
use crate::model::value::Values;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

pub mod seals;

use seals::{Kept, Seals};

#[derive(Template)]
#[template(path = "operator/revisions.html")]
struct RevisionsPage {
    frame: Frame,
    id: OrderId,
    item: ItemId,
    number: String,
    title: String,
    rows: Vec<Row>,
    compared: Option<Compared>,
    seals: Option<Seals>,
    /// The newest revision that is the customer's own, where another one counts.
    ordered: Option<u32>,
    is_locked: bool,
}

struct Row {
    number: u32,
    at: Time,
    words: String,
    changes: Vec<Change>,
    /// Area, small picture and page of each print file.
    files: Vec<(String, String, String)>,
    is_present: bool,
    /// Whether it is one of the two that are compared.
    is_first: bool,
    is_second: bool,
}

struct Compared {
    first: u32,
    second: u32,
    changes: Vec<Change>,
    pairs: Vec<Pair>,
}

/// `GET /orders/{order}/items/{item}/revisions`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path((order, item)): Path<(i64, i64)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    let record = Record::load(&site, order).await?;
    let present = record.order.item(item).ok_or(Error::NotFound)?;
    let lines = record.revisions.get(&item).map_or(&[][..], Vec::as_slice);
    let numbers: Vec<u32> = lines.iter().map(|line| line.0).collect();
    let values = values(&site, item, numbers.clone()).await?;
    let number = |name: &str| asked.get(name).and_then(|text| text.parse().ok());
    let known = |number: &u32| numbers.contains(number);
    let pair = (number("first").filter(known), number("second").filter(known));
    let compared = match pair {
        (Some(first), Some(second)) => {
            Some(compare(&site, &record, present, &values, first, second))
        }
        (_, _) => None,
    };
    let ordered = lines.iter().rev().find(|line| !is_by_staff(line)).map(|line| line.0);
    let title = item_title(&record, item);
    let kept = kept(&site, &record, item).await?;
    let frame = Frame::load(&site, &operator, "orders", &format!("Revisions of {title}")).await?;
    // Ticked to begin with: the present one and the one before.
    let newest = numbers.last().copied().unwrap_or(1);
    let chosen = match &compared {
        Some(two) => (two.first, two.second),
        None => (newest.saturating_sub(1).max(1), newest),
    };
    let rows = lines.iter().rev().map(|line| row(&site, &record, present, &values, line, chosen));
    page(&RevisionsPage {
        id: order,
        item,
        number: record.order.number.clone(),
        rows: rows.collect(),
        ordered: ordered.filter(|number| values.get(number) != Some(&present.values)),
        is_locked: record.order.is_locked(item),
        seals: seals::seals(&site, &record.order, present, &kept, &times(&site)),
        compared,
        title,
        frame,
    })
}

async fn kept(site: &Site, record: &Record, item: ItemId) -> Result<Kept, Error> {
    let fulfilments: Vec<_> = record.order.fulfilments.iter().map(|one| one.id).collect();
    let read = site.ctx.read(move |tx| {
        let mut links = BTreeMap::new();
        for id in &fulfilments {
            links.insert(*id, db::file::links_of(tx, *id)?);
        }
        Ok(Kept { verdicts: db::item::verdicts(tx, item)?, links })
    });
    Ok(read.await?)
}

fn is_by_staff((_, _, by, _): &RevisionLine) -> bool {
    matches!(Actor::from_text(by), Actor::Person(_))
}

/// The values of each revision.
async fn values(
    site: &Site,
    item: ItemId,
    numbers: Vec<u32>,
) -> Result<BTreeMap<u32, Values>, Error> {
    let read = site.ctx.read(move |tx| {
        let mut values = BTreeMap::new();
        for number in &numbers {
            values.insert(*number, db::item::values_of(tx, item, *number)?);
        }
        Ok(values)
    });
    Ok(read.await?)
}

fn row(
    site: &Site,
    record: &Record,
    item: &Item,
    values: &BTreeMap<u32, Values>,
    (number, at, by, why): &RevisionLine,
    (first, second): (u32, u32),
) -> Row {
    let files = item.facts.files_of(*number).map(|file| {
        let picture = site.links().picture(file.shown().unwrap_or(&file.hash));
        let act = format!("files/{}?revision={number}", file.area);
        (humane(&file.area), picture, site.links().item_act(&record.order.id, &item.id, &act))
    });
    Row {
        number: *number,
        at: times(site).at(*at),
        words: match Actor::from_text(by) {
            Actor::Person(name) if why.contains(&name) => why.clone(),
            actor => format!("by {}: {why}", actor.in_words()),
        },
        changes: match number {
            1 => Vec::new(),
            number => differing(site, record, item, values, number - 1, *number),
        },
        files: files.collect(),
        is_present: *number == item.facts.revision,
        is_first: *number == first,
        is_second: *number == second,
    }
}

fn differing(
    site: &Site,
    record: &Record,
    item: &Item,
    values: &BTreeMap<u32, Values>,
    first: u32,
    second: u32,
) -> Vec<Change> {
    let design = record.designs.get(&item.id);
    let both = (values.get(&first), values.get(&second));
    match (design, both) {
        (Some(design), (Some(first), Some(second))) => changes(site, design, first, second),
        (_, _) => Vec::new(),
    }
}

fn compare(
    site: &Site,
    record: &Record,
    item: &Item,
    values: &BTreeMap<u32, Values>,
    first: u32,
    second: u32,
) -> Compared {
    let picture = |revision: u32, area: &str| {
        let file = item.facts.files_of(revision).find(|file| file.area == area);
        file.map_or(String::new(), |file| site.links().picture(file.shown().unwrap_or(&file.hash)))
    };
    let pairs = item.facts.areas.iter().map(|area| Pair {
        title: humane(area),
        old: picture(first, area),
        new: picture(second, area),
    });
    Compared {
        pairs: pairs.collect(),
        changes: differing(site, record, item, values, first, second),
        first,
        second,
    }
}
