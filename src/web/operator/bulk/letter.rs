//! Words to the customers of the ticked orders: written, looked at as one of them reads them, sent once.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::{Frame, IDS_OF_FIELD, Line, TYPED_FROM, able, back, chosen, counted, finish, joined};
use super::{page, read_ids, refuse};
use crate::db;
use crate::flow::bulk::{self, Told};
use crate::flow::{FlowError, customer_note};
use crate::model::bulk::Deed;
use crate::model::id::{Hash, OrderId};
use crate::model::letter::Blank;
use crate::model::order::Order;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted, sentence};
use crate::web::operator::list::wanted::Wanted;
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/bulk_letter.html")]
struct LettersPage {
    frame: Frame,
    title: String,
    /// What is wrong; empty for nothing.
    fault: String,
    /// What the form carries.
    text: String,
    /// What was looked at.
    looked: String,
    example: Option<Example>,
    /// Which blanks there are.
    blanks: Vec<&'static str>,
    orders: Vec<String>,
    /// How many are sent.
    count: String,
    /// Customers that have several of these orders, in words; empty for none.
    several: String,
    typed: usize,
    done: Vec<Line>,
    left_out: Vec<Line>,
    back: String,
    query: String,
}

/// The words as one customer reads them.
struct Example {
    number: String,
    href: String,
    first_name: String,
    email: String,
    shop: String,
    lines: Vec<String>,
}

/// `POST /bulk/letter`: asks for the words, and shows them.
pub async fn ask(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let ids = match posted.form.sent("orders") {
        Some(_) => read_ids(&posted),
        None => chosen(&site, &posted).await?,
    };
    if ids.is_empty() {
        return refuse(&site, &posted, "tick the orders first".to_owned());
    }
    let is_looked_at = posted.form.text("act") == "look";
    let fault = match is_looked_at && words(&posted).is_empty() {
        true => "Write something first.".to_owned(),
        false => String::new(),
    };
    show(&site, &posted, ids, fault).await
}

/// `POST /bulk/letter/do`: sends them.
pub async fn send(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let (ids, text) = (read_ids(&posted), words(&posted));
    let typed = posted.form.number("typed").and_then(|typed| usize::try_from(typed).ok());
    let fault = if text.is_empty() {
        "Write something first.".to_owned()
    } else if mark(&text) != posted.form.text("looked") {
        "Nothing was sent: the words were changed. Look at them once more, then send them."
            .to_owned()
    } else if TYPED_FROM <= ids.len() && typed != Some(ids.len()) {
        format!("Nothing was sent: type {} to confirm.", ids.len())
    } else {
        String::new()
    };
    if !fault.is_empty() {
        return show(&site, &posted, ids, fault).await;
    }
    let deed = Deed::Letter(text);
    let told = bulk::run(&site.ctx, ids, &deed, &BTreeMap::new(), &posted.staff()).await?;
    site.wake.notify_one();
    let count = able(&told).count();
    let title = format!("{} {}", super::words::participle(&deed), counted(count));
    let lead = match count {
        0 => "Nobody was written to.",
        _ => {
            "The shop is given each note and mails it. The history of each order says when it has, and \
             an alert tells when a shop does not take one."
        }
    };
    finish(&site, &posted, (title, lead.to_owned()), None, &told).await
}

fn words(posted: &Posted) -> String {
    posted.form.text("text").replace("\r\n", "\n").trim().to_owned()
}

/// What tells words that were looked at from others.
fn mark(text: &str) -> String {
    Hash::of(text.as_bytes()).short().to_owned()
}

async fn show(
    site: &Site,
    posted: &Posted,
    ids: Vec<OrderId>,
    fault: String,
) -> Result<Response, Error> {
    let text = words(posted);
    let told = bulk::preview(&site.ctx, ids, Deed::Letter(text.clone())).await?;
    let orders: Vec<OrderId> = able(&told).collect();
    let why_nobody = told.iter().find_map(|one| one.why_not.as_deref());
    let fault = match (fault.is_empty(), orders.is_empty(), why_nobody) {
        (true, true, Some(why)) => sentence(why),
        _ => fault,
    };
    let example = match (text.is_empty(), orders.first()) {
        (false, Some(first)) => example(site, *first, &text).await?,
        _ => None,
    };
    // Whoever was left out for these words may be reached by others.
    let kept: Vec<OrderId> = match example {
        Some(_) => orders.clone(),
        None => told.iter().map(|one| one.order).collect(),
    };
    let operator = Operator { session: posted.session.clone() };
    let title = format!("Write to the customers of {}", counted(kept.len()));
    let line = |one: &Told| Line::of(site, one);
    page(&LettersPage {
        frame: Frame::load(site, &operator, "orders", &title).await?,
        title,
        fault,
        looked: mark(&text),
        example,
        blanks: Blank::ALL.iter().map(|one| one.written()).collect(),
        orders: kept.chunks(IDS_OF_FIELD).map(joined).collect(),
        count: counted(orders.len()),
        several: several(&told),
        typed: if TYPED_FROM <= orders.len() { orders.len() } else { 0 },
        done: told.iter().filter(|one| one.why_not.is_none()).map(line).collect(),
        left_out: told.iter().filter(|one| one.why_not.is_some()).map(line).collect(),
        back: back(site, posted),
        query: Wanted::parse(posted.form.text("query")).query(),
        text,
    })
}

async fn example(site: &Site, id: OrderId, text: &str) -> Result<Option<Example>, Error> {
    let order: Result<Order, FlowError> =
        site.ctx.read(move |tx| Ok(db::order::load(tx, id)?)).await;
    let order = order?;
    let Ok(words) = customer_note::filled(&order, text) else {
        return Ok(None);
    };
    Ok(Some(Example {
        href: site.links().order(&id),
        lines: words.lines().map(str::to_owned).collect(),
        first_name: order.recipient.first_name,
        email: order.recipient.email,
        number: order.number,
        shop: order.shop_name,
    }))
}

/// Who gets more than one mail.
fn several(told: &[Told]) -> String {
    let mut orders: BTreeMap<&str, usize> = BTreeMap::new();
    for one in told.iter().filter(|one| one.why_not.is_none() && !one.email.is_empty()) {
        *orders.entry(one.email.as_str()).or_default() += 1;
    }
    match orders.values().filter(|count| 1 < **count).count() {
        0 => String::new(),
        1 => "One customer has several of these orders, and gets a mail for each.".to_owned(),
        many => format!("{many} customers have several of these orders, and get a mail for each."),
    }
}
