//! The switch that stops every submission, and providers that are let go on.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Frame, page};
use crate::db;
use crate::flow::operate::Stopped;
use crate::flow::{FlowError, limits, resume};
use crate::model::id::ProviderId;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/stop.html")]
struct StopPage {
    frame: Frame,
    counting: u32,
}

/// `GET /stop`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let frame = Frame::load(&site, &operator, "stop", "Stop everything").await?;
    let view = db::board::View::CountingDown;
    let counting = site.ctx.read(move |tx| Ok(db::board::count(tx, view)?)).await?;
    page(&StopPage { frame, counting })
}

/// `POST /stop`
pub async fn stop(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let done = site.ctx.set_stopped(Stopped::Yes, &posted.staff()).await;
    let words = "Everything is stopped: nothing is submitted until you resume.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().home())
}

/// `POST /resume`
pub async fn resume_all(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let done = site.ctx.set_stopped(Stopped::No, &posted.staff()).await;
    let words = "Submissions go on.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().home())
}

/// `POST /limits/resume`
pub async fn resume_limits(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let done = limits::go_on(&site.ctx, &posted.staff()).await;
    let words = "What limits held back goes on until their window ends.".to_owned();
    posted.finish(&site, done.map(|_| words), &site.links().to("/alerts"))
}

/// `POST /providers/{id}/resume`
pub async fn resume_provider(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let id = ProviderId(id);
    let done: Result<(), FlowError> = resume::provider(&site.ctx, id).await;
    let words = "The provider is sent orders again.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().home())
}
