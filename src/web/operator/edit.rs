//! The editor of an item's values: a form by the kinds of its fields, with a drawing beside it.
//!
//! Nothing typed is lost: a preview, a refusal and a saved photo come back with the form as it was.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::edit_form::{Entry, FieldView, field_views, read_values};
use super::problems::item_title;
use super::record::Record;
use super::times::Countdown;
use super::{Frame, page, times};
use crate::flow::amend::{self, Amended};
use crate::flow::operate::Staff;
use crate::model::id::{ItemId, OrderId};
use crate::model::problem::Problem;
use crate::model::value::Values;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::{Notice, Site};

/// Width of the drawing beside the form.
const PREVIEW_PX: u32 = 900;

#[derive(Template)]
#[template(path = "operator/edit.html")]
struct EditPage {
    frame: Frame,
    id: OrderId,
    item: ItemId,
    number: String,
    title: String,
    revision: u32,
    fields: Vec<FieldView>,
    given: Vec<(String, String)>,
    pictures: Vec<Picture>,
    is_fresh: bool,
    /// What is wrong with no one field, or with a field that is not in the form.
    problems: Vec<String>,
    other_editor: Option<String>,
    countdown: Option<Countdown>,
}

struct Picture {
    area: String,
    href: String,
}

/// The form as it comes back: what was typed, what was drawn of it, what is wrong with it.
#[derive(Default)]
struct Draft {
    values: Values,
    pictures: Vec<Picture>,
    problems: Vec<Problem>,
    is_fresh: bool,
}

/// `GET /orders/{order}/items/{item}/edit`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path((order, item)): Path<(i64, i64)>,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    let record = Record::load(&site, order).await?;
    let staff = Staff(operator.session.person.clone());
    if let Some(why) = locked(&record, item)? {
        site.notify(&operator.session.token_hash, Notice::bad(why));
        return Ok(Redirect::to(&site.links().order(&order)).into_response());
    }
    // The lease keeps the order from going out with the old file while somebody types (OP-20).
    site.ctx.take_lease(order, &staff).await?;
    let present = record.order.item(item).ok_or(Error::NotFound)?;
    let files = present.facts.files_of(present.facts.revision);
    let pictures = files
        .map(|file| Picture {
            area: super::words::humane(&file.area),
            href: site.links().picture(file.preview.as_ref().unwrap_or(&file.hash)),
        })
        .collect();
    let holds = record.order.holds_on_item(item).map(|hold| hold.problem.clone());
    let draft = Draft {
        values: present.values.clone(),
        pictures,
        problems: holds.collect(),
        is_fresh: false,
    };
    editor(&site, &operator, &record, item, draft).await
}

/// Why the values cannot be changed any more.
fn locked(record: &Record, item: ItemId) -> Result<Option<&'static str>, Error> {
    record.order.item(item).ok_or(Error::NotFound)?;
    let is_locked = record.order.is_locked(item);
    Ok(is_locked.then_some("It was submitted and can no longer be changed."))
}

/// `POST /orders/{order}/items/{item}/edit`
pub async fn press(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    match posted.form.text("act") {
        "leave" => {
            let done = site.ctx.end_lease(order, &posted.staff()).await;
            let words = "Nothing was changed.".to_owned();
            posted.finish(&site, done.map(|()| words), &site.links().order(&order))
        }
        "save" => save(&site, order, item, &posted).await,
        _ => preview(&site, order, item, &posted).await,
    }
}

async fn save(
    site: &Site,
    order: OrderId,
    item: ItemId,
    posted: &Posted,
) -> Result<Response, Error> {
    let record = Record::load(site, order).await?;
    let design = record.designs.get(&item).ok_or(Error::NotFound)?;
    let (values, mut problems) =
        read_values(site, design, &posted.form, present(&record, item)?).await?;
    if problems.is_empty() && is_stale(&record, item, posted) {
        let back = format!(
            "Somebody has saved other values meanwhile. Yours: {}",
            in_words(&record, item, &values)
        );
        let done = Err(crate::flow::FlowError::NotNow(back));
        return posted.finish(site, done, &site.links().order(&order));
    }
    if problems.is_empty() {
        let done = amend::amend(&site.ctx, order, item, values.clone(), posted.actor()).await;
        match done {
            Ok(Amended::Refused(more)) => problems = more,
            Ok(Amended::Done) => {
                site.ctx.end_lease(order, &posted.staff()).await?;
                let words = "Saved. The print file is drawn now.".to_owned();
                return posted.finish(site, Ok(words), &site.links().order(&order));
            }
            Err(error) => {
                return posted.finish(site, Err(error), &site.links().order(&order));
            }
        }
    }
    let draft = Draft { values, problems, ..Draft::default() };
    editor(site, &as_operator(posted), &record, item, draft).await
}

fn present(record: &Record, item: ItemId) -> Result<&Values, Error> {
    let item = record.order.item(item).ok_or(Error::NotFound)?;
    Ok(&item.values)
}

/// Whether the form shows an older revision than the one that counts (R116).
fn is_stale(record: &Record, item: ItemId, posted: &Posted) -> bool {
    let present = record.order.item(item).map(|item| i64::from(item.facts.revision));
    posted.form.number("revision") != present
}

fn in_words(record: &Record, item: ItemId, values: &Values) -> String {
    let texts = values.iter().filter_map(|(key, value)| {
        let text = value.as_text()?;
        Some(format!("{} “{text}”", record.label(item, key)))
    });
    texts.collect::<Vec<_>>().join(", ")
}

async fn preview(
    site: &Site,
    order: OrderId,
    item: ItemId,
    posted: &Posted,
) -> Result<Response, Error> {
    let record = Record::load(site, order).await?;
    let design = record.designs.get(&item).ok_or(Error::NotFound)?;
    let (values, mut problems) =
        read_values(site, design, &posted.form, present(&record, item)?).await?;
    site.ctx.take_lease(order, &posted.staff()).await?;
    let mut pictures = Vec::new();
    match amend::preview(&site.ctx, item, values.clone(), PREVIEW_PX).await? {
        Ok(pressed) => {
            problems.extend(pressed.remarks);
            for area in pressed.areas {
                let name = site.keep_preview(area.bytes);
                pictures.push(Picture {
                    area: super::words::humane(&area.area),
                    href: site.links().to(&format!("/previews/{name}")),
                });
            }
        }
        Err(more) => problems.extend(more),
    }
    let draft = Draft { values, is_fresh: !pictures.is_empty(), pictures, problems };
    editor(site, &as_operator(posted), &record, item, draft).await
}

fn as_operator(posted: &Posted) -> Operator {
    Operator { session: posted.session.clone() }
}

async fn editor(
    site: &Site,
    operator: &Operator,
    record: &Record,
    item: ItemId,
    draft: Draft,
) -> Result<Response, Error> {
    let design = record
        .designs
        .get(&item)
        .ok_or_else(|| Error::NotNow("The design of this item cannot be read.".to_owned()))?;
    let title = format!("Edit {}", item_title(record, item));
    let frame = Frame::load(site, operator, "orders", &title).await?;
    let (fields, problems) = field_views(site, design, &draft.values, draft.problems);
    let times = times(site);
    let present = record.order.item(item).ok_or(Error::NotFound)?;
    let me = &operator.session.person;
    let lease = record.lease.as_ref().filter(|(_, who)| who != me);
    let order = &record.order;
    let in_it =
        order.fulfilments.iter().filter(|one| one.lines.iter().any(|line| line.item == item));
    let submit_at = in_it.filter_map(|one| one.submit_at()).min();
    let given: BTreeMap<String, String> =
        super::items::given(record, present).into_iter().collect();
    page(&EditPage {
        id: order.id,
        item,
        number: order.number.clone(),
        title: item_title(record, item),
        revision: present.facts.revision,
        fields,
        given: given.into_iter().collect(),
        pictures: draft.pictures,
        is_fresh: draft.is_fresh,
        problems,
        other_editor: lease.map(|(_, who)| who.clone()),
        countdown: submit_at.map(|at| times.countdown(at)),
        frame,
    })
}
