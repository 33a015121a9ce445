//! Words to the customer of an order: written, looked at as the customer reads them, sent once.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Frame, page};
use crate::flow::customer_note;
use crate::model::id::OrderId;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::record::Record;
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/letter.html")]
struct LetterPage {
    frame: Frame,
    id: OrderId,
    number: String,
    /// What the form carries.
    text: String,
    /// The same, line by line.
    lines: Vec<String>,
    first_name: String,
    email: String,
    shop: String,
}

/// `POST /orders/{order}/letter`
pub async fn press(
    State(site): State<Site>,
    Path(order): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let order = OrderId(order);
    let (text, back) = (posted.form.text("text"), site.links().order(&order));
    if posted.form.text("act") == "send" {
        let done = customer_note::write(&site.ctx, order, text, &posted.staff()).await;
        let words = "The shop is given your note and mails it to the customer.".to_owned();
        return posted.finish(&site, done.map(|()| words), &back);
    }
    let record = Record::load(&site, order).await?;
    match customer_note::check(&record.order, text) {
        Ok(text) => last_look(&site, &posted, &record, text).await,
        Err(error) => posted.finish(&site, Err(error), &back),
    }
}

/// The note as the customer reads it.
async fn last_look(
    site: &Site,
    posted: &Posted,
    record: &Record,
    text: String,
) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let title = format!("Note to the customer of {}", record.order.number);
    page(&LetterPage {
        frame: Frame::load(site, &operator, "orders", &title).await?,
        id: record.order.id,
        number: record.order.number.clone(),
        lines: text.lines().map(str::to_owned).collect(),
        text,
        first_name: record.order.recipient.first_name.clone(),
        email: record.order.recipient.email.clone(),
        shop: record.order.shop_name.clone(),
    })
}
