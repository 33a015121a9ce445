//! The order list: views as tabs with counts, filters in the address, and rows that say what is needed.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::bulk::TYPED_FROM;
use super::start::Checklist;
use super::{Frame, by_hand, page, times};
use crate::db;
use crate::db::board::View;
use crate::db::preference::Preference;
use crate::db::saved_view::SavedView;
use crate::flow::FlowError;
use crate::flow::bulk::ORDERS_MAX;
use crate::model::id::OrderId;
use crate::model::mark::{Label, Marks};
use crate::model::right::Right;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

mod choices;
pub mod columns;
mod row;
pub mod saved;
pub mod wanted;

use choices::{Choices, Looks};
use columns::Columns;
pub(super) use row::edit;
use row::{Row, row};
use wanted::Wanted;

/// Orders on one page.
const ROWS: u32 = 50;

#[derive(Template)]
#[template(path = "operator/list.html")]
struct ListPage {
    frame: Frame,
    tabs: Vec<Tab>,
    saved: Vec<SavedTab>,
    /// The kept view that is shown.
    kept: Option<SavedTab>,
    rows: Vec<Row>,
    /// The whole view, without its page.
    query: String,
    newest: i64,
    search: String,
    view: &'static str,
    chips: Vec<Chip>,
    choices: Choices,
    /// What a person can choose of how it looks.
    looks: Looks,
    columns: Columns,
    density: &'static str,
    marking: Marking,
    /// What all pages together hold, in words; empty when this page holds it all.
    all: Option<All>,
    empty: Empty,
    newer: Option<String>,
    older: Option<String>,
    /// What is left of the beginning, for whoever may do it.
    checklist: Option<Checklist>,
}

/// What orders can be marked with.
struct Marking {
    labels: Vec<Label>,
    people: Vec<String>,
}

/// All that fits, on every page.
struct All {
    label: String,
    /// From so many on the number must be typed.
    is_typed: bool,
}

struct Tab {
    label: &'static str,
    href: String,
    count: u32,
    is_here: bool,
}

#[derive(Clone)]
struct SavedTab {
    id: String,
    name: String,
    href: String,
    is_here: bool,
    /// Whether the person may change it.
    is_own: bool,
    is_start: bool,
}

/// Something that narrows the list, with the address that leaves it out.
struct Chip {
    label: String,
    href: String,
}

/// Something that can be chosen.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

struct Empty {
    title: &'static str,
    text: &'static str,
}

/// `GET /`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let wanted = Wanted::parse(query.as_deref().unwrap_or(""));
    if let Some(order) = exact(&site, &wanted).await? {
        return Ok(Redirect::to(&order).into_response());
    }
    let person = operator.session.person.clone();
    let saved = site.ctx.read(move |tx| Ok(db::saved_view::for_person(tx, &person)?)).await?;
    let start = saved.iter().find(|one| one.is_start && one.is_own);
    if let Some(start) = start.filter(|_| query.is_none()) {
        let href = site.links().to(&format!("/?{}", start.query));
        return Ok(Redirect::to(&href).into_response());
    }
    let frame = Frame::load(&site, &operator, "orders", "Orders").await?;
    page(&list(&site, frame, wanted, saved, &operator.session.token_hash).await?)
}

/// `GET /changes`: a number that moves when something was done to an order. A page that is open asks for
/// it now and then, and looks again only when it moved.
pub async fn changes(State(site): State<Site>, _: Operator) -> Result<Response, Error> {
    let newest = site.ctx.read(|tx| Ok(db::listing::newest_change(tx)?)).await?;
    Ok(([("cache-control", "no-store")], newest.to_string()).into_response())
}

/// A full order number leads to its order at once.
async fn exact(site: &Site, wanted: &Wanted) -> Result<Option<String>, Error> {
    let number = wanted.text.trim_start_matches('#').to_owned();
    if number.is_empty() || wanted.view.is_some() {
        return Ok(None);
    }
    let found = site.ctx.read(move |tx| Ok(db::order::find_by_number(tx, &number)?)).await?;
    Ok(found.map(|id| site.links().order(&id)))
}

/// What the database says for one page.
struct Found {
    counts: Vec<(View, u32)>,
    view: View,
    orders: Vec<crate::model::order::Order>,
    sources: Vec<String>,
    problems: Vec<(String, u32)>,
    newest: i64,
    marks: BTreeMap<OrderId, Marks>,
    labels: Vec<Label>,
    assignees: Vec<String>,
    people: Vec<String>,
    liked: Preference,
    /// How many orders fit, on all pages.
    fitting: u32,
}

async fn find(site: &Site, wanted: &Wanted, person: &str) -> Result<Found, FlowError> {
    let (wanted, zone) = (wanted.clone(), site.settings.zone.clone());
    let person = person.to_owned();
    site.ctx
        .read(move |tx| {
            let mut counts = Vec::new();
            for view in View::ALL {
                counts.push((view, db::board::count(tx, view)?));
            }
            let view = wanted.view.unwrap_or_else(|| match wanted.is_narrowed() {
                true => View::All,
                false => first_view(&counts),
            });
            let liked = db::preference::of_person(tx, &person)?;
            let sort = wanted.sort_in(view, liked.sort);
            let filter = wanted.filter(view, &zone, &person);
            let skip = (wanted.page - 1) * ROWS;
            let mut orders = Vec::new();
            // One more than is shown tells whether there are more.
            let ids = db::listing::page(tx, &filter, sort, ROWS + 1, skip)?;
            for id in &ids {
                orders.push(db::order::load(tx, *id)?);
            }
            // What fits on one page needs no counting, and whole views are counted already.
            let here = u32::try_from(ids.len()).unwrap_or(ROWS);
            let of_view =
                counts.iter().find(|(one, _)| *one == view).map_or(0, |(_, count)| *count);
            let fitting = match wanted.is_narrowed() {
                _ if wanted.page == 1 && here <= ROWS => here,
                true => db::listing::count(tx, &filter)?,
                false => of_view,
            };
            Ok(Found {
                counts,
                view,
                orders,
                sources: db::listing::sources(tx)?,
                problems: db::listing::problems(tx)?,
                newest: db::listing::newest_change(tx)?,
                marks: db::mark::of_orders(tx, &ids[..ids.len().min(ROWS as usize)])?,
                labels: db::mark::labels(tx)?,
                assignees: db::mark::assignees(tx)?,
                people: db::person::names(tx)?,
                liked,
                fitting,
            })
        })
        .await
}

async fn list(
    site: &Site,
    frame: Frame,
    wanted: Wanted,
    saved: Vec<SavedView>,
    session: &str,
) -> Result<ListPage, Error> {
    let found = find(site, &wanted, &frame.person).await?;
    let sort = wanted.sort_in(found.view, found.liked.sort);
    let has_more = ROWS as usize <= found.orders.len().saturating_sub(1);
    let (times, by_hand) = (times(site), by_hand(site));
    let rows = found.orders.iter().take(ROWS as usize);
    let here = Wanted { view: Some(found.view), ..wanted.clone() };
    let query = here.query();
    site.keep_list(session, query.clone());
    let at = |page: u32| site.links().to(&format!("/?{query}&page={page}"));
    let to = |query: &str| site.links().to(&format!("/?{query}"));
    let saved: Vec<SavedTab> = saved
        .into_iter()
        .map(|one| SavedTab {
            id: one.id.to_string(),
            href: to(&one.query),
            is_here: one.query == query,
            name: one.name,
            is_own: one.is_own,
            is_start: one.is_start,
        })
        .collect();
    let kept = saved.iter().find(|one| one.is_here).cloned();
    let checklist = match frame.rights.has(Right::Settings) {
        true => Checklist::of_home(site).await?,
        false => None,
    };
    Ok(ListPage {
        checklist,
        tabs: tabs(site, &found.counts, &here, kept.is_some()),
        rows: rows
            .map(|order| {
                let marks = found.marks.get(&order.id).cloned().unwrap_or_default();
                row(site, order, marks, &by_hand, &times)
            })
            .collect(),
        empty: empty(found.view, wanted.is_narrowed()),
        newer: (1 < wanted.page).then(|| at(wanted.page - 1)),
        older: has_more.then(|| at(wanted.page + 1)),
        chips: here
            .chips()
            .into_iter()
            .map(|(label, rest)| Chip { label, href: to(&rest) })
            .collect(),
        choices: choices::choices(site, &here, sort, &found),
        looks: choices::looks(&found.liked),
        columns: Columns::new(&found.liked, !found.labels.is_empty(), !found.assignees.is_empty()),
        density: found.liked.density.name(),
        all: all(found.fitting),
        marking: Marking { labels: found.labels, people: found.people },
        view: found.view.name(),
        newest: found.newest,
        search: wanted.text,
        saved,
        kept,
        query,
        frame,
    })
}

/// What is offered beside ticking each: only where one page does not hold it all.
fn all(fitting: u32) -> Option<All> {
    let most = u32::try_from(ORDERS_MAX).unwrap_or(u32::MAX);
    (ROWS < fitting).then(|| All {
        label: match most < fitting {
            true => {
                format!("Select the first {} of {} that match", grouped(most), grouped(fitting))
            }
            false => format!("Select all {} that match", grouped(fitting)),
        },
        is_typed: TYPED_FROM <= fitting as usize,
    })
}

/// `1,234`
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if 0 < place && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What waits for people comes first; when nothing does, everything that moves.
fn first_view(counts: &[(View, u32)]) -> View {
    let needs_you = counts.iter().any(|(view, count)| *view == View::NeedsYou && 0 < *count);
    match needs_you {
        true => View::NeedsYou,
        false => View::All,
    }
}

fn tabs(site: &Site, counts: &[(View, u32)], here: &Wanted, is_saved: bool) -> Vec<Tab> {
    let tab = |(view, count): &(View, u32)| Tab {
        label: match view {
            View::NeedsYou => "Needs you",
            View::NeedsDesign => "Needs design",
            View::InProgress => "In progress",
            View::CountingDown => "Counting down",
            View::AtProvider => "At the provider",
            View::Done => "Done",
            View::All => "All",
        },
        href: site.links().view(view.name()),
        count: *count,
        is_here: Some(*view) == here.view && !is_saved,
    };
    // Whoever takes no orders from elsewhere has no use for their view.
    let is_shown = |(view, count): &&(View, u32)| {
        *view != View::NeedsDesign || 0 < *count || Some(*view) == here.view
    };
    counts.iter().filter(is_shown).map(tab).collect()
}

fn empty(view: View, is_narrowed: bool) -> Empty {
    let (title, text) = match view {
        _ if is_narrowed => (
            "Nothing found",
            "No order of this view fits. Take a filter away, or look in all orders.",
        ),
        View::NeedsYou => (
            "Nothing needs you",
            "Every order is on its way by itself. What cannot go on without a person shows up here.",
        ),
        View::NeedsDesign => (
            "Every design is filled in",
            "Orders from elsewhere stand here until somebody has filled in what is printed.",
        ),
        View::InProgress => (
            "Nothing is being prepared",
            "New orders stand here from the moment they come in until their countdown begins.",
        ),
        View::CountingDown => (
            "Nothing counts down",
            "Orders whose print files are ready wait here for their moment, and can still be changed.",
        ),
        View::AtProvider => (
            "Nothing is at a provider",
            "Orders that were sent stand here until their parcels leave.",
        ),
        View::Done => (
            "Nothing is done yet",
            "Orders whose parcels have all left, and cancelled ones, are kept here.",
        ),
        View::All => (
            "No orders yet",
            "As soon as the shop sells something personalised, it appears here by itself.",
        ),
    };
    Empty { title, text }
}
