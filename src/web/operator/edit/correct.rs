//! A corrected file for what the provider has already, while its window is open (OP-28).
//!
//! The same editor and the same last look. Nothing waits for whoever types, and so the provider is asked
//! whether it still takes a correction when the page opens, at each press, and once more before it is
//! sent.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Desk, begin, decide, last_look};
use crate::flow::operate::Staff;
use crate::flow::{FlowError, correct};
use crate::model::id::{FulfilmentId, ItemId, OrderId};
use crate::model::value::Values;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted, sentence};
use crate::web::operator::words::humane;
use crate::web::site::{Notice, Site};

/// The provider that has the order already, and takes corrections.
#[derive(Debug, Clone)]
pub struct Window {
    /// What is corrected.
    pub fulfilment: FulfilmentId,
    /// The provider's name.
    pub provider: String,
    /// The provider's word for how far it is.
    pub word: String,
}

/// What is edited, where its provider takes corrections at this moment; why not otherwise.
async fn open(site: &Site, order: OrderId, item: ItemId) -> Result<Desk, Error> {
    let mut desk = Desk::load(site, order, item).await?;
    let record = &desk.record.order;
    let place = correct::place(&site.ctx, record, item);
    let fulfilment = place.map_err(|why| Error::NotNow(why.to_owned()))?;
    let word = humane(&correct::window(&site.ctx, record, fulfilment).await?).to_lowercase();
    let provider = record.fulfilment(fulfilment).map(|one| one.provider_name.clone());
    desk.window = Some(Window { fulfilment, provider: provider.unwrap_or_default(), word });
    Ok(desk)
}

/// `GET /orders/{order}/items/{item}/correct`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path((order, item)): Path<(i64, i64)>,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    let staff = Staff(operator.session.person.clone());
    match open(&site, order, item).await {
        Ok(desk) => begin(&site, &operator, &desk, &staff).await,
        Err(Error::NotNow(why)) => {
            site.notify(&operator.session.token_hash, Notice::bad(sentence(&why)));
            Ok(Redirect::to(&site.links().order(&order)).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `POST /orders/{order}/items/{item}/correct`
pub async fn press(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    let back = site.links().order(&order);
    match open(&site, order, item).await {
        Ok(_) if posted.form.text("act") == "leave" => {
            posted.finish(&site, Ok("Nothing was sent.".to_owned()), &back)
        }
        Ok(desk) => decide(&site, &posted, &desk).await,
        Err(Error::NotNow(why)) => posted.finish(&site, Err(FlowError::NotNow(why)), &back),
        Err(error) => Err(error),
    }
}

/// Sends what was looked at, once somebody said that they know where it goes.
pub(super) async fn send(
    site: &Site,
    posted: &Posted,
    desk: &Desk,
    window: &Window,
    values: Values,
) -> Result<Response, Error> {
    if posted.form.text("sure") != "yes" {
        let why = "Say that you know that the order is with its provider already.";
        return last_look(site, posted, desk, values, why).await;
    }
    let order = desk.record.order.id;
    let seen = (desk.item, desk.present()?.facts.revision);
    let place = (order, window.fulfilment);
    let done = correct::run_seen(&site.ctx, place, seen, values, &posted.staff()).await;
    let words = format!("{} took the corrected file.", window.provider);
    posted.finish(site, done.map(|()| words), &site.links().order(&order))
}
