//! The figures of a report as tables for other programs.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::{Facts, PRODUCTS_MAX, Wanted, facts, wanted};
use crate::model::money::{Currency, Money};
use crate::model::report::{self, OrderFact, ProductFact, SubmissionFact};
use crate::model::time::Moment;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;
use crate::web::table::csv;

/// `GET /reports.csv`: `what` is days, orders, products or providers.
pub async fn table(
    State(site): State<Site>,
    _: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let wanted = wanted(&site, query.as_deref());
    if !wanted.fault.is_empty() {
        return Err(Error::Unreadable(wanted.fault.to_owned()));
    }
    let facts = facts(&site, wanted.span, PRODUCTS_MAX).await?;
    let name = format!("{}-{}-{}", wanted.what, wanted.span.first, wanted.span.last);
    Ok(match wanted.what.as_str() {
        "days" => {
            csv(&name, &["from", "orders", "currency", "value"], day_rows(&site, &wanted, &facts))
        }
        "orders" => csv(&name, &ORDER_HEAD, facts.orders.iter().map(order_row)),
        "products" => {
            let head = ["name", "sku", "orders", "pieces", "value", "currency"];
            csv(&name, &head, facts.products.iter().map(product_row))
        }
        "providers" => {
            let head =
                ["provider", "sent_at", "shipped_at", "pieces", "price", "currency", "refused"];
            csv(&name, &head, facts.submissions.iter().map(submission_row))
        }
        _ => return Err(Error::NotFound),
    })
}

const ORDER_HEAD: [&str; 11] = [
    "number",
    "source",
    "state",
    "country",
    "total",
    "currency",
    "placed_at",
    "paid_at",
    "drawn_at",
    "sent_at",
    "shipped_at",
];

fn figure(money: Money) -> [String; 2] {
    let text = money.to_string();
    let (amount, currency) = text.split_once(' ').unwrap_or((&text, ""));
    [amount.to_owned(), currency.to_owned()]
}

fn moment(at: Option<Moment>) -> String {
    at.map_or(String::new(), |at| at.to_string())
}

fn day_rows(site: &Site, wanted: &Wanted, facts: &Facts) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for bar in report::bars(&facts.orders, wanted.span, &site.settings.zone) {
        let (first, count) = (bar.first.to_string(), bar.sum.orders.to_string());
        if bar.sum.values.is_empty() {
            rows.push(vec![first, count, String::new(), "0".to_owned()]);
            continue;
        }
        for (code, minor) in &bar.sum.values {
            let Some(currency) = Currency::parse(code) else { continue };
            let [amount, code] = figure(Money { minor: *minor, currency });
            rows.push(vec![first.clone(), count.clone(), code, amount]);
        }
    }
    rows
}

fn order_row(one: &OrderFact) -> Vec<String> {
    let [total, currency] = figure(one.total);
    vec![
        one.number.clone(),
        one.source.clone(),
        one.state.name().to_owned(),
        one.country.clone(),
        total,
        currency,
        one.placed_at.to_string(),
        moment(one.paid_at),
        moment(one.drawn_at),
        moment(one.sent_at),
        moment(one.shipped_at),
    ]
}

fn product_row(one: &ProductFact) -> Vec<String> {
    let [value, currency] = figure(one.value);
    let (orders, pieces) = (one.orders.to_string(), one.pieces.to_string());
    vec![one.name.clone(), one.sku.clone(), orders, pieces, value, currency]
}

fn submission_row(one: &SubmissionFact) -> Vec<String> {
    let [price, currency] = one.price.map_or([String::new(), String::new()], figure);
    vec![
        one.provider.clone(),
        one.sent_at.to_string(),
        moment(one.shipped_at),
        one.pieces.to_string(),
        price,
        currency,
        if one.is_refused { "yes" } else { "no" }.to_owned(),
    ]
}
