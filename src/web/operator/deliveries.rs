//! Calls of the shops' webhooks as they arrived, and looking at their orders once more.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db::{self, delivery::DeliveryRow};
use crate::flow::{FlowError, intake};
use crate::model::id::ShopOrderId;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

/// Rows of one page.
const ROWS: u32 = 100;
/// Characters of a body that are shown.
const BODY_CHARS_MAX: usize = 200_000;

#[derive(Template)]
#[template(path = "operator/deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    /// The shop's id of an order that is looked for.
    wanted: String,
    rows: Vec<Row>,
    older: Option<String>,
}

struct Row {
    href: String,
    look: String,
    shop: String,
    topic: String,
    shop_order: String,
    at: Time,
    times: u32,
    bytes: u32,
    order: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "operator/delivery.html")]
struct DeliveryPage {
    frame: Frame,
    id: i64,
    shop: String,
    body: String,
    is_cut: bool,
    can_look: bool,
    look: String,
}

fn shop_name(site: &Site, id: crate::model::id::ShopId) -> String {
    site.ctx.shops.get(&id).map_or(String::new(), |seat| seat.name.clone())
}

/// `GET /deliveries`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let word = |key: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == key).map(|(_, value)| value.trim().to_owned())
    };
    let wanted = word("order").unwrap_or_default();
    let before = word("before").and_then(|id| id.parse().ok()).unwrap_or(i64::MAX);
    // What is no number is an order that does not exist, not every order.
    let order = match wanted.as_str() {
        "" => None,
        number => Some(ShopOrderId(number.parse().unwrap_or(-1))),
    };
    let frame = Frame::load(&site, &operator, "deliveries", "Deliveries").await?;
    let found = site.ctx.read(move |tx| Ok(db::delivery::page(tx, order, before, ROWS)?)).await?;
    let older = found
        .last()
        .filter(|_| found.len() == ROWS as usize)
        .map(|last| site.links().to(&format!("/deliveries?order={wanted}&before={}", last.id)));
    let rows = found.into_iter().map(|one| row(&site, one)).collect();
    page(&DeliveriesPage { frame, wanted, rows, older })
}

fn row(site: &Site, one: DeliveryRow) -> Row {
    Row {
        look: site.links().to(&format!("/deliveries/{}/look", one.id)),
        href: site.links().to(&format!("/deliveries/{}", one.id)),
        shop: shop_name(site, one.shop),
        topic: one.topic,
        shop_order: one.shop_order.map_or(String::new(), |id| id.to_string()),
        at: times(site).at(one.received_at),
        times: one.times,
        bytes: one.bytes,
        order: one.order.map(|id| (site.links().order(&id), one.number)),
    }
}

/// `GET /deliveries/{id}`
pub async fn one(
    State(site): State<Site>,
    operator: Operator,
    Path(id): Path<i64>,
) -> Result<Response, Error> {
    let found = site.ctx.read(move |tx| Ok(db::delivery::get(tx, id)?)).await?;
    let (shop, order, body) = found.ok_or(Error::NotFound)?;
    let frame = Frame::load(&site, &operator, "deliveries", &format!("Delivery {id}")).await?;
    let body = laid_out(&body);
    page(&DeliveryPage {
        frame,
        id,
        shop: shop_name(&site, shop),
        is_cut: BODY_CHARS_MAX < body.chars().count(),
        body: body.chars().take(BODY_CHARS_MAX).collect(),
        can_look: order.is_some(),
        look: site.links().to(&format!("/deliveries/{id}/look")),
    })
}

/// A document with its parts below each other; anything else as it is.
fn laid_out(body: &str) -> String {
    let document: Result<serde_json::Value, _> = serde_json::from_str(body);
    let laid_out = document.ok().and_then(|document| serde_json::to_string_pretty(&document).ok());
    laid_out.unwrap_or_else(|| body.to_owned())
}

/// `POST /deliveries/{id}/look`: as if it had arrived once more. What it says is never acted on: the order
/// is fetched.
pub async fn look(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = site
        .ctx
        .call(move |tx| {
            let found = db::delivery::get(tx, id)?;
            let found = found.ok_or_else(|| FlowError::NotFound("the delivery".to_owned()))?;
            match found {
                (shop, Some(order), _) => intake::ask(tx, shop, order),
                (_, None, _) => Err(FlowError::NotNow("it is about no order".to_owned())),
            }
        })
        .await;
    let words = "The shop is asked for this order again.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().to("/deliveries"))
}
