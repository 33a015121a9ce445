//! One change to the rows that were ticked: first what it would mean, then what came of it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::row::in_words;
use super::wanted::Wanted;
use super::with_doubts;
use crate::flow::product_csv::delay;
use crate::flow::products;
use crate::flow::{FlowError, furnish};
use crate::model::id::ProductId;
use crate::model::product::Product;
use crate::model::product_change::{Change, Outcome};
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::{Frame, page};
use crate::web::site::{Notice, Site};

/// Most rows that are changed at once.
const ROWS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "operator/products_bulk.html")]
struct BulkPage {
    frame: Frame,
    title: String,
    fields: Vec<(&'static str, String)>,
    label: String,
    is_delete: bool,
    changes: Vec<Line>,
    stays: Vec<Line>,
    back: String,
}

struct Line {
    place: String,
    before: String,
    /// What it becomes; empty where it goes.
    after: String,
    why: &'static str,
}

/// `POST /products/bulk`: what a change would mean.
pub async fn ask(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let ticked = posted.form.all("product").filter_map(|id| id.parse().ok().map(ProductId));
    let ids: Vec<ProductId> = ticked.take(ROWS_MAX).collect();
    let back = back(&site, &posted);
    if ids.is_empty() {
        let none = Err(FlowError::NotNow("tick the rows first".to_owned()));
        return posted.finish(&site, none, &back);
    }
    if posted.form.text("act") == "check" {
        return check(&site, &posted, ids, &back).await;
    }
    let change = match change(&site, &posted).await? {
        Ok(change) => change,
        Err(why) => return posted.finish(&site, Err(FlowError::NotNow(why)), &back),
    };
    let told = products::preview(&site.ctx, ids, change.clone()).await?;
    let count = told.iter().filter(|(_, outcome)| !is_kept(outcome)).count();
    let is_delete = change == Change::Delete;
    let (verb, rows) = (if is_delete { "Delete" } else { "Change" }, counted(count));
    let line = |(row, outcome): &(Product, Outcome)| Line {
        place: products::place(&row.matches),
        before: in_words(&row.made),
        after: match outcome {
            Outcome::Becomes(made) => in_words(made),
            Outcome::Goes | Outcome::Stays(_) => String::new(),
        },
        why: match outcome {
            Outcome::Stays(why) => why,
            Outcome::Goes | Outcome::Becomes(_) => "",
        },
    };
    let able = told.iter().filter(|(_, outcome)| !is_kept(outcome));
    let ids: Vec<String> = able.clone().map(|(row, _)| row.id.to_string()).collect();
    let mut fields = vec![("products", ids.join(",")), ("query", query(&posted))];
    for name in ["act", "provider", "provider_sku", "design", "delay_h"] {
        fields.push((name, posted.form.text(name).to_owned()));
    }
    let title = format!("{verb} {rows}?");
    let operator = Operator { session: posted.session.clone() };
    page(&BulkPage {
        frame: Frame::load(&site, &operator, "products", &title).await?,
        title,
        fields,
        label: format!("{verb} {rows}"),
        is_delete,
        changes: able.map(line).collect(),
        stays: told.iter().filter(|(_, outcome)| is_kept(outcome)).map(line).collect(),
        back,
    })
}

/// `POST /products/bulk/do`: does it.
pub async fn perform(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let ids = posted.form.text("products").split(',');
    let ids = ids.filter_map(|id| id.trim().parse().ok().map(ProductId)).take(ROWS_MAX);
    let back = back(&site, &posted);
    let change = match change(&site, &posted).await? {
        Ok(change) => change,
        Err(why) => return posted.finish(&site, Err(FlowError::NotNow(why)), &back),
    };
    let word = if change == Change::Delete { "Deleted" } else { "Changed" };
    let done = products::change(&site.ctx, ids.collect(), change, &posted.staff()).await;
    match done {
        Ok((count, doubts)) => {
            let words = with_doubts(format!("{word}: {}.", counted(count)), &doubts);
            Ok(tell(&site, &posted, words, !doubts.is_empty(), &back))
        }
        Err(error) => posted.finish(&site, Err(error), &back),
    }
}

async fn check(
    site: &Site,
    posted: &Posted,
    ids: Vec<ProductId>,
    back: &str,
) -> Result<Response, Error> {
    match products::ask_again(&site.ctx, ids).await {
        Ok(doubts) if doubts.is_empty() => {
            let words = "Nothing speaks against them.".to_owned();
            Ok(tell(site, posted, words, false, back))
        }
        Ok(doubts) => {
            let words = with_doubts("The providers were asked.".to_owned(), &doubts);
            Ok(tell(site, posted, words, true, back))
        }
        Err(error) => posted.finish(site, Err(error), back),
    }
}

/// Goes back with what was done; amber where something speaks against it.
pub fn tell(site: &Site, posted: &Posted, text: String, is_doubted: bool, back: &str) -> Response {
    let tone = if is_doubted { "wait" } else { "good" };
    site.wake.notify_one();
    site.notify(&posted.session.token_hash, Notice { tone, text, undo: None });
    Redirect::to(back).into_response()
}

/// The change that the form means, or what is wrong with it.
async fn change(site: &Site, posted: &Posted) -> Result<Result<Change, String>, Error> {
    let text = |name: &str| posted.form.text(name).trim().to_owned();
    let change = match posted.form.text("act") {
        "provider" if text("provider").is_empty() => Err("choose the provider first".to_owned()),
        "provider" => Ok(Change::Provider { name: text("provider"), sku: text("provider_sku") }),
        "design" if text("design").is_empty() => Err("choose the design first".to_owned()),
        "design" => Ok(Change::Design(text("design"))),
        "delay" if text("delay_h").is_empty() => Ok(Change::Delay(None)),
        "delay" => delay(&text("delay_h")).map(|delay_s| Change::Delay(Some(delay_s))),
        "delete" => Ok(Change::Delete),
        _ => {
            let words = "The form does not say what is to be done.".to_owned();
            return Err(Error::Unreadable(words));
        }
    };
    let Ok(change) = change else {
        return Ok(change);
    };
    let named = change.clone();
    let fault = site.ctx.read(move |tx| furnish::fault_of_change(tx, &named)).await?;
    Ok(fault.map_or(Ok(change), Err))
}

fn is_kept(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Stays(_))
}

fn counted(rows: usize) -> String {
    match rows {
        0 => "no row".to_owned(),
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    }
}

/// The list that the person came from; a query of ours and nothing else.
fn query(posted: &Posted) -> String {
    Wanted::parse(posted.form.text("query")).query()
}

fn back(site: &Site, posted: &Posted) -> String {
    site.links().to(&format!("/products?{}", query(posted)))
}
