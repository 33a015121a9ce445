//! The address: shown line by line, and edited while nothing was submitted.

use askama::Template;
use axum::extract::{self, Path};
use axum::response::Response;

use super::record::Record;
use super::{Frame, page};
use crate::flow::FlowError;
use crate::model::id::OrderId;
use crate::model::order::{Order, State};
use crate::model::recipient::Recipient;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/recipient.html")]
struct RecipientPage {
    frame: Frame,
    id: OrderId,
    number: String,
    fields: Vec<AddressField>,
    missing: Vec<&'static str>,
    is_locked: bool,
}

struct AddressField {
    name: &'static str,
    label: &'static str,
    value: String,
    width: &'static str,
    complete: &'static str,
}

/// An address line by line, empty lines left out.
pub fn lines(recipient: &Recipient) -> Vec<(&'static str, String)> {
    let all = all(recipient).into_iter();
    all.filter(|(_, text)| !text.trim().is_empty()).collect()
}

/// What the lines that are empty would tell.
pub fn empty(recipient: &Recipient) -> Vec<&'static str> {
    let all = all(recipient).into_iter();
    all.filter(|(_, text)| text.trim().is_empty()).map(|(label, _)| label).collect()
}

fn all(recipient: &Recipient) -> [(&'static str, String); 10] {
    [
        ("Name", recipient.name()),
        ("Company", recipient.company.clone()),
        ("Street", recipient.address_1.clone()),
        ("Flat, floor", recipient.address_2.clone()),
        ("Postal code", recipient.postcode.clone()),
        ("City", recipient.city.clone()),
        ("State", recipient.state.clone()),
        ("Country", recipient.country.clone()),
        ("Telephone", recipient.phone.clone()),
        ("E-mail", recipient.email.clone()),
    ]
}

/// Whether nothing can use another address any more: it was sent already, or the order is over.
pub fn is_locked(order: &Order) -> bool {
    let mut open = order.fulfilments.iter().filter(|one| !one.state.is_final());
    let is_any = open.clone().next().is_some();
    let is_refused = |one: &crate::model::order::Fulfilment| {
        one.state == crate::model::fulfilment::State::Refused
    };
    let is_over = matches!(order.state, State::Closed | State::Cancelled);
    is_over || is_any && open.all(|one| one.state.is_locked() && !is_refused(one))
}

/// `GET /orders/{order}/recipient`
pub async fn show(
    extract::State(site): extract::State<Site>,
    operator: Operator,
    Path(id): Path<i64>,
) -> Result<Response, Error> {
    let record = Record::load(&site, OrderId(id)).await?;
    let title = format!("Address of order {}", record.order.number);
    let frame = Frame::load(&site, &operator, "orders", &title).await?;
    page(&form(frame, &record.order, &record.order.recipient))
}

/// `POST /orders/{order}/recipient`
pub async fn save(
    extract::State(site): extract::State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let id = OrderId(id);
    let order = Record::load(&site, id).await?.order;
    let recipient = posted.form.recipient();
    let done = match is_locked(&order) {
        true => Err(FlowError::NotNow(
            "it was submitted and the address can no longer be changed".to_owned(),
        )),
        false => {
            let staff = posted.staff();
            site.ctx.change_recipient(id, recipient, &staff).await
        }
    };
    let words = "The address was saved.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().order(&id))
}

fn form(frame: Frame, order: &Order, recipient: &Recipient) -> RecipientPage {
    let field = |name, label, value: &str, width, complete| AddressField {
        name,
        label,
        value: value.to_owned(),
        width,
        complete,
    };
    let who = recipient;
    RecipientPage {
        id: order.id,
        number: order.number.clone(),
        fields: vec![
            field("first_name", "First name", &who.first_name, "half", "given-name"),
            field("last_name", "Last name", &who.last_name, "half", "family-name"),
            field("company", "Company", &who.company, "full", "organization"),
            field("address_1", "Street and number", &who.address_1, "full", "address-line1"),
            field("address_2", "Flat, floor", &who.address_2, "full", "address-line2"),
            field("postcode", "Postal code", &who.postcode, "third", "postal-code"),
            field("city", "City", &who.city, "two-thirds", "address-level2"),
            field("state", "State or province", &who.state, "half", "address-level1"),
            field("country", "Country, two letters", &who.country, "half", "country"),
            field("phone", "Telephone", &who.phone, "half", "tel"),
            field("email", "E-mail", &who.email, "half", "email"),
        ],
        missing: recipient.missing(),
        is_locked: is_locked(order),
        frame,
    }
}
