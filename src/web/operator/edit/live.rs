//! What the script of the editor asks while somebody types: one drawing, and everything about it.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::beside::Beside;
use super::report::Report;
use super::{Desk, PREVIEW_PX, submit_at};
use crate::model::id::{ItemId, OrderId};
use crate::model::value::{Value, Values};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Posted;
use crate::web::operator::items::correctable;
use crate::web::operator::{edit_form, times};
use crate::web::site::Site;

/// Narrowest and widest drawing that may be asked for.
const WIDTH_PX: std::ops::RangeInclusive<i64> = 200..=1200;

#[derive(Serialize)]
struct Drawn {
    /// The number that the script gave its question: it drops answers that came too late.
    seq: i64,
    #[serde(flatten)]
    report: Report,
    beside: Beside,
    /// The photos by field, so that one is sent once.
    photos: BTreeMap<String, Uploaded>,
    /// How many fields differ from the revision that counts.
    changes: usize,
}

/// A photo that is in the form.
#[derive(Serialize)]
pub struct Uploaded {
    hash: String,
    href: String,
    /// How it was laid when this was drawn: the shapes are those of then.
    laid: String,
}

#[derive(Serialize)]
struct Leased {
    /// Until when the order waits for this editor.
    until_ms: i64,
    until: String,
    /// When it would go out; 0 when it is not counting down.
    submit_ms: i64,
    /// The revision that counts.
    revision: u32,
    /// Why it can no longer be changed; empty while it can.
    locked: &'static str,
}

/// `POST /orders/{order}/items/{item}/preview`
pub async fn preview(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let desk = Desk::load(&site, OrderId(order), ItemId(item)).await?;
    if let Some(why) = desk.locked()
        && correctable(&site, &desk.record, desk.present()?).is_err()
    {
        return Err(Error::NotNow(why.to_owned()));
    }
    let present = &desk.present()?.values;
    let read = edit_form::read_values(&site, &desk.design, &posted.form, present).await?;
    let (values, problems) = read;
    let changes = super::finish::changes(&site, &desk.design, present, &values).len();
    json(&Drawn {
        seq: posted.form.number("seq").unwrap_or(0),
        photos: photos(&site, &values),
        changes,
        beside: desk.beside(&site, &values)?,
        report: desk.report(&site, &values, problems, width(&posted.form)).await?,
    })
}

/// `POST /orders/{order}/items/{item}/lease`
pub async fn lease(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let desk = Desk::load(&site, OrderId(order), ItemId(item)).await?;
    let locked = desk.locked().unwrap_or("");
    let until = match locked {
        "" => site.ctx.take_lease(OrderId(order), &posted.staff()).await?,
        _ => site.now(),
    };
    json(&Leased {
        until_ms: until.unix_ms(),
        until: times(&site).at(until).text,
        submit_ms: submit_at(&desk.record, desk.item).map_or(0, |at| at.unix_ms()),
        revision: desk.present()?.facts.revision,
        locked,
    })
}

/// How wide the browser wants the drawing.
pub fn width(form: &Form) -> u32 {
    let width = form.number("width").unwrap_or(i64::from(PREVIEW_PX));
    let width = width.clamp(*WIDTH_PX.start(), *WIDTH_PX.end());
    u32::try_from(width).unwrap_or(PREVIEW_PX)
}

/// The photos among values, by field.
pub fn photos(site: &Site, values: &Values) -> BTreeMap<String, Uploaded> {
    let photos = values.iter().filter_map(|(key, value)| match value {
        Value::Photo(photo) => {
            let href = site.links().picture(&photo.hash);
            let (hash, laid) = (photo.hash.to_string(), photo.turn.text());
            Some((key.clone(), Uploaded { hash, href, laid }))
        }
        Value::Text(_) => None,
    });
    photos.collect()
}

/// A document for the script.
pub fn json(document: &impl Serialize) -> Result<Response, Error> {
    let text = serde_json::to_string(document).map_err(|error| Error::Internal(error.into()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
