//! The order list: views as tabs with counts, search, and a row that says what is needed.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::times::{Countdown, Time, Times};
use super::words::{self, Standing};
use super::{Frame, by_hand, page, times};
use crate::db;
use crate::db::board::View;
use crate::flow::FlowError;
use crate::model::id::ProviderId;
use crate::model::order::{LineKind, Order};
use crate::web::address::query_part;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

/// Orders on one page.
const ROWS: u32 = 50;
/// Longest text that is searched for.
const SEARCH_CHARS_MAX: usize = 100;

/// What the address of the list holds.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    view: Option<String>,
    q: Option<String>,
    page: Option<u32>,
}

#[derive(Template)]
#[template(path = "operator/list.html")]
struct ListPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    search: String,
    empty: Empty,
    newer: Option<String>,
    older: Option<String>,
}

struct Tab {
    label: &'static str,
    href: String,
    count: u32,
    is_here: bool,
}

struct Row {
    href: String,
    number: String,
    placed: Time,
    source: String,
    customer: String,
    place: String,
    items: Vec<String>,
    picture: Option<String>,
    standing: Standing,
    countdown: Option<Countdown>,
    providers: String,
    provider_number: String,
    problem: Option<String>,
    total: String,
}

struct Empty {
    title: &'static str,
    text: &'static str,
}

/// `GET /`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let search: String = wanted.q.as_deref().unwrap_or("").trim().to_owned();
    let search: String = search.chars().take(SEARCH_CHARS_MAX).collect();
    if let Some(order) = exact(&site, &search).await? {
        return Ok(Redirect::to(&order).into_response());
    }
    let frame = Frame::load(&site, &operator, "orders", "Orders").await?;
    page(&list(&site, frame, wanted, search).await?)
}

/// A full order number leads to its order at once.
async fn exact(site: &Site, search: &str) -> Result<Option<String>, Error> {
    if search.is_empty() {
        return Ok(None);
    }
    let number = search.trim_start_matches('#').to_owned();
    let found = site.ctx.read(move |tx| Ok(db::order::find_by_number(tx, &number)?)).await?;
    Ok(found.map(|id| site.links().order(&id)))
}

async fn list(
    site: &Site,
    frame: Frame,
    wanted: Wanted,
    search: String,
) -> Result<ListPage, Error> {
    let view = wanted.view.as_deref().and_then(View::from_name);
    let here = wanted.page.unwrap_or(1).clamp(1, 1_000_000);
    let asked = search.clone();
    let (counts, view, orders) = site
        .ctx
        .read(move |tx| {
            let mut counts = Vec::new();
            for view in View::ALL {
                counts.push((view, db::board::count(tx, view)?));
            }
            let view = view.unwrap_or_else(|| first_view(&counts));
            let skip = (here - 1) * ROWS;
            // One more than is shown tells whether there are more.
            let ids = match asked.is_empty() {
                true => db::board::page(tx, view, ROWS + 1, skip)?,
                false => db::board::search(tx, &asked, ROWS + 1, skip)?,
            };
            let mut orders = Vec::new();
            for id in ids {
                orders.push(db::order::load(tx, id)?);
            }
            Ok::<_, FlowError>((counts, view, orders))
        })
        .await?;
    let has_more = ROWS as usize <= orders.len().saturating_sub(1);
    let (times, by_hand) = (times(site), by_hand(site));
    let rows = orders.iter().take(ROWS as usize);
    let at = |page: u32| page_link(site, view, &search, page);
    Ok(ListPage {
        tabs: tabs(site, &counts, view, &search),
        rows: rows.map(|order| row(site, order, &by_hand, &times)).collect(),
        empty: empty(view, &search),
        newer: (1 < here).then(|| at(here - 1)),
        older: has_more.then(|| at(here + 1)),
        frame,
        search,
    })
}

/// What waits for people comes first; when nothing does, everything that moves.
fn first_view(counts: &[(View, u32)]) -> View {
    let needs_you = counts.iter().any(|(view, count)| *view == View::NeedsYou && 0 < *count);
    match needs_you {
        true => View::NeedsYou,
        false => View::All,
    }
}

fn page_link(site: &Site, view: View, search: &str, page: u32) -> String {
    match search.is_empty() {
        true => site.links().to(&format!("/?view={}&page={page}", view.name())),
        false => site.links().to(&format!("/?q={}&page={page}", query_part(search))),
    }
}

fn tabs(site: &Site, counts: &[(View, u32)], here: View, search: &str) -> Vec<Tab> {
    let tab = |(view, count): &(View, u32)| Tab {
        label: match view {
            View::NeedsYou => "Needs you",
            View::InProgress => "In progress",
            View::CountingDown => "Counting down",
            View::AtProvider => "At the provider",
            View::Done => "Done",
            View::All => "All",
        },
        href: site.links().view(view.name()),
        count: *count,
        is_here: *view == here && search.is_empty(),
    };
    counts.iter().map(tab).collect()
}

fn row(site: &Site, order: &Order, by_hand: &BTreeSet<ProviderId>, times: &Times) -> Row {
    let countdowns = order.fulfilments.iter().filter_map(|one| one.submit_at());
    let is_held = order
        .fulfilments
        .iter()
        .any(|one| one.submit_at().is_some() && !order.holds_on(one).is_empty());
    let problem = order.holds.iter().map(|hold| hold.problem.sentence()).next();
    let recipient = &order.recipient;
    let mut providers: Vec<&str> = Vec::new();
    for fulfilment in &order.fulfilments {
        if !providers.contains(&fulfilment.provider_name.as_str()) {
            providers.push(&fulfilment.provider_name);
        }
    }
    let numbers = order.fulfilments.iter().rev();
    Row {
        href: site.links().order(&order.id),
        number: order.number.clone(),
        placed: times.at(order.placed_at),
        source: match order.source.as_str() {
            "shop" => String::new(),
            other => other.to_owned(),
        },
        customer: match recipient.name() {
            name if name.is_empty() => recipient.company.clone(),
            name => name,
        },
        place: place(&recipient.city, &recipient.country),
        items: items(order),
        picture: picture(site, order),
        standing: words::of_order(order, by_hand),
        // A held countdown goes nowhere: its clock would be a lie.
        countdown: countdowns.min().filter(|_| !is_held).map(|at| times.countdown(at)),
        providers: providers.join(", "),
        provider_number: numbers
            .filter_map(|one| one.provider_order_id.clone())
            .next()
            .unwrap_or_default(),
        problem,
        total: order.total.to_string(),
    }
}

fn place(city: &str, country: &str) -> String {
    match (city.is_empty(), country.is_empty()) {
        (false, false) => format!("{city}, {country}"),
        _ => format!("{city}{country}"),
    }
}

/// What was bought, the printed lines first.
fn items(order: &Order) -> Vec<String> {
    const SHOWN: usize = 2;
    let printed = order.lines.iter().filter(|line| line.kind != LineKind::PassesBy);
    let all: Vec<String> = printed
        .map(|line| match line.quantity {
            1 => line.name.clone(),
            quantity => format!("{quantity} × {}", line.name),
        })
        .collect();
    let rest = all.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = all.into_iter().take(SHOWN).collect();
    if 0 < rest {
        shown.push(format!("and {rest} more"));
    }
    shown
}

fn picture(site: &Site, order: &Order) -> Option<String> {
    let files = order.items.iter().flat_map(|item| item.facts.files_of(item.facts.revision));
    let preview = files.filter_map(|file| file.preview.as_ref()).next()?;
    Some(site.links().picture(preview))
}

fn empty(view: View, search: &str) -> Empty {
    let (title, text) = match view {
        _ if !search.is_empty() => (
            "Nothing found",
            "Numbers, names, e-mail addresses, references, tracking numbers and the texts on \
             products were searched in all orders.",
        ),
        View::NeedsYou => (
            "Nothing needs you",
            "Every order is on its way by itself. What cannot go on without a person shows up here.",
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
