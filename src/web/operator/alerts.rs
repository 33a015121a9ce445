//! What people should know now, each once until somebody has seen it or its cause is gone.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times, words};
use crate::db;
use crate::model::problem::What;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/alerts.html")]
struct AlertsPage {
    frame: Frame,
    alerts: Vec<AlertView>,
}

struct AlertView {
    id: i64,
    title: &'static str,
    place: String,
    detail: String,
    cure: &'static str,
    whose: &'static str,
    tone: &'static str,
    at: Time,
    times: u32,
    is_limit: bool,
    order: Option<(String, String)>,
}

/// `GET /alerts`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let frame = Frame::load(&site, &operator, "alerts", "Alerts").await?;
    let times = times(&site);
    let rows = site
        .ctx
        .read(|tx| {
            let mut rows = Vec::new();
            for alert in db::alert::open(tx)? {
                let number = match alert.order {
                    Some(order) => Some(db::order::load(tx, order)?.number),
                    None => None,
                };
                rows.push((alert, number));
            }
            Ok(rows)
        })
        .await?;
    let alerts = rows
        .into_iter()
        .map(|(alert, number)| AlertView {
            id: alert.id,
            title: alert.problem.what.title(),
            place: alert.problem.place,
            detail: alert.problem.detail,
            cure: alert.problem.what.cure(),
            whose: words::whose(alert.problem.what.whose()),
            tone: words::tone(alert.problem.what),
            at: times.at(alert.raised_at),
            times: alert.times,
            is_limit: matches!(alert.problem.what, What::LimitReached | What::ClockOff),
            order: alert.order.zip(number).map(|(id, number)| (site.links().order(&id), number)),
        })
        .collect();
    page(&AlertsPage { frame, alerts })
}

/// `POST /alerts/{id}/clear`
pub async fn clear(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = site.ctx.call(move |tx| Ok(db::alert::clear_id(tx, id)?)).await;
    let words = "Seen. It comes back if its cause does.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().to("/alerts"))
}
