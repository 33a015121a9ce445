//! Orders of the shop that do not concern us, so that nothing disappears without a word.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::web::error::Error;
use crate::web::guard::Operator;
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
            href: template.map(|page| page.replace("{id}", &row.shop_order.to_string())),
            why: row.why,
            seen: times.at(row.seen_at),
        }
    };
    let rows = rows.into_iter().map(view).collect();
    page(&PassedPage { frame, rows })
}
