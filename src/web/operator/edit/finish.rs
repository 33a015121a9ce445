//! The last look before an edit is saved: old and new side by side, and what changed, field by field.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use super::beside::Beside;
use super::{Desk, PREVIEW_PX};
use crate::flow::amend;
use crate::model::design::Design;
use crate::model::id::{Hash, ItemId, OrderId};
use crate::model::problem::Problem;
use crate::model::value::{Photo, Value, Values};
use crate::outside::press::Want;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::operator::edit::report::{self, Report};
use crate::web::operator::edit_form::hidden_fields;
use crate::web::operator::problems::item_title;
use crate::web::operator::{Frame, page};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/edit_finish.html")]
struct FinishPage {
    frame: Frame,
    id: OrderId,
    item: ItemId,
    number: String,
    title: String,
    revision: u32,
    /// What the form carries.
    hidden: Vec<(String, String)>,
    seal: String,
    pairs: Vec<Pair>,
    changes: Vec<Change>,
    remarks: Vec<String>,
    beside: Beside,
    why: &'static str,
    act: &'static str,
    /// The provider that has it already.
    window: Option<super::Window>,
}

/// One area, before and after.
pub struct Pair {
    /// The area in words.
    pub title: String,
    /// As it is now; empty where it cannot be drawn.
    pub old: String,
    /// As it will be.
    pub new: String,
}

/// A field whose value differs.
pub struct Change {
    /// What people read beside it.
    pub label: String,
    /// What it was, in words.
    pub old: String,
    /// What it is, in words.
    pub new: String,
    /// The pictures, where it is a photo; empty otherwise.
    pub old_picture: String,
    /// The new one.
    pub new_picture: String,
}

/// What differs between two revisions, in the order of the form.
pub fn changes(site: &Site, design: &Design, old: &Values, new: &Values) -> Vec<Change> {
    let mut changes = Vec::new();
    for field in &design.fields {
        // Written as the design wants it, so that a capital that it makes itself is no change.
        let accepted = |values: &Values| {
            let value = values.get(&field.key).filter(|value| !value.is_blank())?;
            Some(field.accept(value).unwrap_or_else(|_| value.clone()))
        };
        let (before, after) = (accepted(old), accepted(new));
        if before == after {
            continue;
        }
        let picture = |value: &Option<Value>| match value {
            Some(Value::Photo(photo)) => site.links().picture(&photo.hash),
            Some(Value::Text(_)) | None => String::new(),
        };
        let is_same_photo = match (&before, &after) {
            (Some(Value::Photo(a)), Some(Value::Photo(b))) => a.hash == b.hash,
            _ => false,
        };
        let words = |value: &Option<Value>| match value {
            None => "nothing".to_owned(),
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Photo(photo)) if is_same_photo => part_in_words(photo),
            Some(Value::Photo(photo)) => format!("photo {}", photo.hash.short()),
        };
        changes.push(Change {
            label: field.label.clone(),
            old: words(&before),
            new: words(&after),
            old_picture: picture(&before),
            new_picture: picture(&after),
        });
    }
    changes
}

fn part_in_words(photo: &Photo) -> String {
    let percent = |thousandths: u16| f64::from(thousandths) / 10.0;
    let part = match photo.crop {
        None => "as much of it as fits".to_owned(),
        Some(crop) => format!(
            "{} × {} % of it, from {} % left and {} % top",
            percent(crop.width),
            percent(crop.height),
            percent(crop.left),
            percent(crop.top)
        ),
    };
    match photo.turn.in_words() {
        "" => part,
        turned => format!("{turned}; {part}"),
    }
}

/// What ties a yes to the very values that were shown.
pub fn seal(desk: &Desk, values: &Values) -> Result<Hash, Error> {
    let revision = desk.present()?.facts.revision;
    let item = desk.item;
    let text = format!("{item} {revision} {} {values:?}", desk.design.hash);
    Ok(Hash::of(text.as_bytes()))
}

/// The page, or what stops the print.
pub async fn finish(
    site: &Site,
    operator: &Operator,
    desk: &Desk,
    values: &Values,
    why: &'static str,
) -> Result<Result<Response, Vec<Problem>>, Error> {
    let design = Arc::clone(&desk.design);
    let session = desk.session();
    let new = amend::preview(
        &site.ctx,
        &session,
        design,
        values.clone(),
        Want::Preview { width_px: PREVIEW_PX },
    )
    .await?;
    let is_wrong = |problem: &Problem| !report::is_remark(problem);
    if !new.trouble.is_empty() || new.problems.iter().any(is_wrong) {
        // The editor draws and says it once more: nothing of it is repeated here.
        return Ok(Err(Vec::new()));
    }
    let present = desk.present()?;
    let changes = changes(site, &desk.design, &present.values, values);
    let new = report::report(site, (&desk.design, &desk.checks), values, new);
    let old = desk.report(site, &present.values, Vec::new(), PREVIEW_PX).await?;
    let title = item_title(&desk.record, desk.item);
    let frame = Frame::load(site, operator, "orders", &format!("Finish {title}")).await?;
    let page = page(&FinishPage {
        id: desk.record.order.id,
        item: desk.item,
        number: desk.record.order.number.clone(),
        revision: present.facts.revision,
        hidden: hidden_fields(&desk.design, values, &new.fields),
        seal: seal(desk, values)?.to_string(),
        pairs: pairs(&old, &new),
        changes,
        remarks: remarks(&new),
        beside: desk.beside(site, values)?,
        why,
        act: desk.act(),
        window: desk.window.clone(),
        title,
        frame,
    });
    Ok(Ok(page?))
}

fn pairs(old: &Report, new: &Report) -> Vec<Pair> {
    let before = |area: &str| {
        let found = old.pictures.iter().find(|one| one.area == area);
        found.map_or(String::new(), |one| one.href.clone())
    };
    let pair = |one: &report::Picture| Pair {
        title: one.title.clone(),
        old: before(&one.area),
        new: one.href.clone(),
    };
    new.pictures.iter().map(pair).collect()
}

fn remarks(report: &Report) -> Vec<String> {
    let of_fields = report.fields.values().flat_map(|field| field.remarks.clone());
    of_fields.chain(report.crossings.clone()).collect()
}
