//! Orders of the shop that do not concern us, so that nothing disappears without a word.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::flow::{FlowError, intake};
use crate::model::id::{ShopId, ShopOrderId};
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

/// Rows that are shown.
const ROWS: u32 = 200;

#[derive(Template)]
#[template(path = "operator/passed.html")]
struct PassedPage {
    frame: Frame,
    rows: Vec<PassedView>,
}

struct PassedView {
    number: String,
    shop: String,
    href: Option<String>,
    take_in: String,
    why: String,
    seen: Time,
}

/// `GET /passed`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let frame = Frame::load(&site, &operator, "passed", "Passed by").await?;
    let times = times(&site);
    let rows = site.ctx.read(|tx| Ok(db::board::passed_by(tx, ROWS, 0)?)).await?;
    let view = |row: db::board::PassedBy| {
        let seat = site.ctx.shops.get(&row.shop);
        let template = seat.map(|seat| seat.rules.order_page.as_str());
        let template = template.filter(|template| template.starts_with("http"));
        PassedView {
            number: row.number,
            shop: seat.map_or(String::new(), |seat| seat.name.clone()),
            take_in: site.links().to(&format!("/passed/{}/{}/take-in", row.shop, row.shop_order)),
            href: template.map(|page| page.replace("{id}", &row.shop_order.to_string())),
            why: row.why,
            seen: times.at(row.seen_at),
        }
    };
    let rows = rows.into_iter().map(view).collect();
    page(&PassedPage { frame, rows })
}

/// `POST /passed/{shop}/{order}/take-in`
pub async fn take_in(
    State(site): State<Site>,
    Path((shop, order)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = ask(&site, ShopId(shop), ShopOrderId(order)).await;
    let words = "The shop is asked for it. If something of it is printed here now, it is taken in.";
    posted.finish(&site, done.map(|()| words.to_owned()), &site.links().to("/passed"))
}

async fn ask(site: &Site, shop: ShopId, order: ShopOrderId) -> Result<(), FlowError> {
    site.ctx.shop(shop)?;
    site.ctx.call(move |tx| intake::ask(tx, shop, order)).await
}
