//! Files to keep: sheets as PDF, archives of print files, tables of lines; of one order or of many.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::bulk::{back, chosen};
use crate::flow::handout::{self, Handout, ORDERS_MAX};
use crate::flow::{FlowError, handout_bundle};
use crate::model::id::OrderId;
use crate::render::paper::PaperSize;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;
use crate::web::table;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Files,
    JobSheets,
    PackingSlips,
    Table,
}

impl Wanted {
    fn from_word(word: &str) -> Option<Wanted> {
        match word {
            "files.zip" => Some(Wanted::Files),
            "job-sheet.pdf" => Some(Wanted::JobSheets),
            "packing-slip.pdf" => Some(Wanted::PackingSlips),
            "lines.csv" => Some(Wanted::Table),
            _ => None,
        }
    }
}

/// `GET /orders/{order}/papers/{paper}`: of one order.
pub async fn one(
    State(site): State<Site>,
    _: Operator,
    Path((order, paper)): Path<(i64, String)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let wanted = Wanted::from_word(&paper).ok_or(Error::NotFound)?;
    let handouts = handout::load(&site.ctx, vec![OrderId(order)]).await?;
    let number = handouts.first().map(|one| handout::plain(&one.order.number));
    let number = number.ok_or(Error::NotFound)?;
    let size = asked.get("paper").and_then(|word| PaperSize::from_word(word));
    answer(&site, handouts, wanted, size, &number).await
}

/// `POST /download`: of the ticked orders.
pub async fn many(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let wanted = Wanted::from_word(posted.form.text("what")).ok_or(Error::NotFound)?;
    let back = back(&site, &posted);
    let ids = chosen(&site, &posted).await?;
    let refuse = |words: String| posted.finish(&site, Err(FlowError::NotNow(words)), &back);
    if ids.is_empty() {
        return refuse("tick the orders first".to_owned());
    }
    if ORDERS_MAX < ids.len() {
        return refuse(format!("{ORDERS_MAX} orders at once are the most: tick fewer"));
    }
    let handouts = handout::load(&site.ctx, ids).await?;
    match answer(&site, handouts, wanted, None, "orders").await {
        Err(Error::NotNow(words)) => refuse(words),
        answer => answer,
    }
}

async fn answer(
    site: &Site,
    handouts: Vec<Handout>,
    wanted: Wanted,
    size: Option<PaperSize>,
    name: &str,
) -> Result<Response, Error> {
    if wanted == Wanted::Table {
        let name = format!("{name}-lines");
        return Ok(table::csv(&name, &handout::COLUMNS, handout::rows(&handouts)));
    }
    let ctx = site.ctx.clone();
    // Packing and setting take their time; other people's pages go on meanwhile.
    let made = tokio::task::spawn_blocking(move || make(&ctx, &handouts, wanted, size));
    let bytes = made.await.map_err(|error| FlowError::Later {
        reason: format!("the files could not be put together: {error}"),
        retry_after_s: None,
    })??;
    let (media_type, name, how) = match wanted {
        Wanted::Files => ("application/zip", format!("{name}-files.zip"), "attachment"),
        Wanted::JobSheets => ("application/pdf", format!("{name}-job-sheet.pdf"), "inline"),
        _ => ("application/pdf", format!("{name}-packing-slip.pdf"), "inline"),
    };
    let head = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{how}; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, bytes).into_response())
}

fn make(
    ctx: &crate::flow::Ctx,
    handouts: &[Handout],
    wanted: Wanted,
    size: Option<PaperSize>,
) -> Result<Vec<u8>, FlowError> {
    match wanted {
        Wanted::Files => {
            let lines = table::bytes(&handout::COLUMNS, handout::rows(handouts));
            handout_bundle::pack(ctx, handouts, size, lines)
        }
        Wanted::JobSheets => handout_bundle::job_sheets(ctx, handouts, size),
        Wanted::PackingSlips | Wanted::Table => handout_bundle::packing_slips(handouts, size),
    }
}
