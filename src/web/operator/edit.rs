//! The editor of an item's design: its fields, the drawing of the real renderer, what the customer gave.
//!
//! Nothing typed is lost: a preview, a refusal and a saved photo come back with the form as it was, and
//! so does going back from the last look. Nothing is drawn for print before somebody said that
//! everything is right, and what they said it of is what is saved (OP-34).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::edit_form::{Entry, FieldView, field_views, read_values};
use super::problems::item_title;
use super::record::Record;
use super::times::{Countdown, Time};
use super::{Frame, page, times};
use crate::db;
use crate::flow::amend::{self, Amended, Preview};
use crate::flow::operate::Staff;
use crate::model::check::Checks;
use crate::model::design::Design;
use crate::model::id::{ItemId, OrderId};
use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::model::time::Moment;
use crate::model::value::Values;
use crate::outside::press::Want;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::{Notice, Site};

pub mod beside;
pub mod correct;
pub mod finish;
pub mod live;
pub mod mockups;
pub mod report;

use beside::Beside;
use correct::Window;
use report::Report;

/// Width of the drawing in the editor where the browser says nothing.
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
    report: Report,
    beside: Beside,
    /// Pictures that came with the order.
    pictures: Vec<String>,
    is_changed: bool,
    /// Who began to edit before, and until when the order waits for them.
    other_editor: Option<(String, Time)>,
    countdown: Option<Countdown>,
    /// Until when the order waits for this editor.
    lease: Time,
    lease_ms: i64,
    /// Whether the order would go out before the lease ends.
    is_due: bool,
    /// What somebody else saved meanwhile.
    conflicts: Vec<finish::Change>,
    /// `edit`, or `correct` for what the provider has already.
    act: &'static str,
    /// The provider that has it already.
    window: Option<Window>,
    /// The finished product with these values.
    mockups: Vec<mockups::MockupView>,
}

/// What an editor works on.
pub struct Desk {
    record: Record,
    item: ItemId,
    design: Arc<Design>,
    /// How strict the checks of its prints are.
    checks: Checks,
    /// The values as they were ordered.
    first: Values,
    /// The provider that has it already, where that is what is corrected.
    window: Option<Window>,
}

/// The form as it comes back: what was typed, what came of it.
struct Draft {
    values: Values,
    problems: Vec<Problem>,
    lease: Moment,
    conflicts: Vec<finish::Change>,
}

impl Desk {
    /// Loads what is edited.
    pub async fn load(site: &Site, order: OrderId, item: ItemId) -> Result<Desk, Error> {
        let record = Record::load(site, order).await?;
        record.order.item(item).ok_or(Error::NotFound)?;
        let design = record.designs.get(&item).cloned();
        let design = design
            .ok_or_else(|| Error::NotNow("The design of this item cannot be read.".to_owned()))?;
        let read = move |tx: &db::Tx<'_>| {
            Ok((db::item::values_of(tx, item, 1)?, db::product::checks_of_item(tx, item)?))
        };
        let (first, checks) = site.ctx.read(read).await?;
        Ok(Desk { record, item, design, checks, first, window: None })
    }

    fn present(&self) -> Result<&Item, Error> {
        self.record.order.item(self.item).ok_or(Error::NotFound)
    }

    fn session(&self) -> crate::outside::press::Session {
        amend::session(self.record.order.id, self.item)
    }

    /// Draws values, and says everything about them.
    async fn report(
        &self,
        site: &Site,
        values: &Values,
        problems: Vec<Problem>,
        width_px: u32,
    ) -> Result<Report, Error> {
        let (design, given) = (Arc::clone(&self.design), values.clone());
        let drawn =
            amend::preview(&site.ctx, &self.session(), design, given, Want::Preview { width_px })
                .await?;
        let problems = problems.into_iter().chain(drawn.problems).collect();
        let drawn = Preview { problems, ..drawn };
        Ok(report::report(site, (&self.design, &self.checks), values, drawn))
    }

    fn beside(&self, site: &Site, values: &Values) -> Result<Beside, Error> {
        let meta = self.record.meta.get(&self.present()?.line);
        let meta = meta.map_or(&[][..], Vec::as_slice);
        Ok(beside::beside(site, &self.design, values, meta, &self.first))
    }

    /// Whether the form began with an older revision than the one that counts (R116).
    fn is_stale(&self, posted: &Posted) -> Result<bool, Error> {
        let present = i64::from(self.present()?.facts.revision);
        Ok(posted.form.number("revision") != Some(present))
    }

    /// The last part of the page's address.
    fn act(&self) -> &'static str {
        if self.window.is_some() { "correct" } else { "edit" }
    }

    /// Keeps the order from going out with the old file while somebody types (OP-20). What the
    /// provider has already waits for nobody.
    async fn keep(&self, site: &Site, staff: &Staff) -> Result<Moment, Error> {
        match self.window {
            Some(_) => Ok(site.now()),
            None => Ok(site.ctx.take_lease(self.record.order.id, staff).await?),
        }
    }

    /// Why the values cannot be changed any more.
    fn locked(&self) -> Option<&'static str> {
        let is_locked = self.record.order.is_locked(self.item);
        is_locked.then_some("It was submitted and can no longer be changed.")
    }
}

/// `GET /orders/{order}/items/{item}/edit`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path((order, item)): Path<(i64, i64)>,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    let desk = Desk::load(&site, order, item).await?;
    let staff = Staff(operator.session.person.clone());
    if let Some(why) = desk.locked() {
        site.notify(&operator.session.token_hash, Notice::bad(why));
        return Ok(Redirect::to(&site.links().order(&order)).into_response());
    }
    begin(&site, &operator, &desk, &staff).await
}

/// The form as the item stands.
async fn begin(
    site: &Site,
    operator: &Operator,
    desk: &Desk,
    staff: &Staff,
) -> Result<Response, Error> {
    let lease = desk.keep(site, staff).await?;
    let values = desk.present()?.values.clone();
    let holds = desk.record.order.holds_on_item(desk.item).map(|hold| hold.problem.clone());
    let draft = Draft { values, problems: holds.collect(), lease, conflicts: Vec::new() };
    editor(site, operator, desk, draft).await
}

/// `POST /orders/{order}/items/{item}/edit`
pub async fn press(
    State(site): State<Site>,
    Path((order, item)): Path<(i64, i64)>,
    posted: Posted,
) -> Result<Response, Error> {
    let (order, item) = (OrderId(order), ItemId(item));
    if posted.form.text("act") == "leave" {
        let done = site.ctx.end_lease(order, &posted.staff()).await;
        let words = "Nothing was changed.".to_owned();
        return posted.finish(&site, done.map(|()| words), &site.links().order(&order));
    }
    let desk = Desk::load(&site, order, item).await?;
    if let Some(why) = desk.locked() {
        let done = Err(crate::flow::FlowError::NotNow(why.to_owned()));
        return posted.finish(&site, done, &site.links().order(&order));
    }
    decide(&site, &posted, &desk).await
}

/// What the form is pressed for.
async fn decide(site: &Site, posted: &Posted, desk: &Desk) -> Result<Response, Error> {
    let present = &desk.present()?.values;
    let (values, problems) = read_values(site, &desk.design, &posted.form, present).await?;
    let act = posted.form.text("act");
    let is_last_look = matches!(act, "check" | "save") && problems.is_empty();
    if is_last_look && desk.is_stale(posted)? {
        return conflict(site, posted, desk, values).await;
    }
    match act {
        "save" if is_last_look => save(site, posted, desk, values).await,
        "check" if is_last_look => last_look(site, posted, desk, values, "").await,
        _ => again(site, posted, desk, values, problems).await,
    }
}

/// The form as it was typed, with what is wrong with it.
async fn again(
    site: &Site,
    posted: &Posted,
    desk: &Desk,
    values: Values,
    problems: Vec<Problem>,
) -> Result<Response, Error> {
    let lease = desk.keep(site, &posted.staff()).await?;
    let draft = Draft { values, problems, lease, conflicts: Vec::new() };
    editor(site, &as_operator(posted), desk, draft).await
}

/// Somebody saved other values meanwhile: both are shown, and the person chooses.
async fn conflict(
    site: &Site,
    posted: &Posted,
    desk: &Desk,
    values: Values,
) -> Result<Response, Error> {
    let theirs = &desk.present()?.values;
    let conflicts = finish::changes(site, &desk.design, theirs, &values);
    let lease = desk.keep(site, &posted.staff()).await?;
    let draft = Draft { values, problems: Vec::new(), lease, conflicts };
    editor(site, &as_operator(posted), desk, draft).await
}

async fn last_look(
    site: &Site,
    posted: &Posted,
    desk: &Desk,
    values: Values,
    why: &'static str,
) -> Result<Response, Error> {
    desk.keep(site, &posted.staff()).await?;
    match finish::finish(site, &as_operator(posted), desk, &values, why).await? {
        Ok(page) => Ok(page),
        // What cannot be printed is not asked about: it comes back with what is wrong.
        Err(problems) => again(site, posted, desk, values, problems).await,
    }
}

async fn save(
    site: &Site,
    posted: &Posted,
    desk: &Desk,
    values: Values,
) -> Result<Response, Error> {
    let (order, revision) = (desk.record.order.id, desk.present()?.facts.revision);
    if posted.form.text("seen") != finish::seal(desk, &values)?.as_str() {
        let why = "These values were not looked at yet.";
        return last_look(site, posted, desk, values, why).await;
    }
    if let Some(window) = &desk.window {
        return correct::send(site, posted, desk, window, values).await;
    }
    let place = (desk.item, revision);
    let back = site.links().order(&order);
    match amend::amend_seen(&site.ctx, order, place, values.clone(), posted.actor()).await {
        Ok(Amended::Refused(problems)) => again(site, posted, desk, values, problems).await,
        Ok(Amended::Stale) => {
            let fresh = Desk::load(site, order, desk.item).await?;
            conflict(site, posted, &fresh, values).await
        }
        Ok(Amended::Done) => {
            site.ctx.end_lease(order, &posted.staff()).await?;
            let words = "Saved. The print file is drawn now.".to_owned();
            posted.finish(site, Ok(words), &back)
        }
        Err(error) => posted.finish(site, Err(error), &back),
    }
}

fn as_operator(posted: &Posted) -> Operator {
    Operator { session: posted.session.clone() }
}

async fn editor(
    site: &Site,
    operator: &Operator,
    desk: &Desk,
    draft: Draft,
) -> Result<Response, Error> {
    let title = item_title(&desk.record, desk.item);
    let frame = Frame::load(
        site,
        operator,
        "orders",
        &format!("{} {title}", if desk.window.is_some() { "Correct" } else { "Edit" }),
    )
    .await?;
    let present = desk.present()?;
    let mut report = desk.report(site, &draft.values, draft.problems, PREVIEW_PX).await?;
    let fields = field_views(site, &desk.design, &draft.values, &mut report.fields);
    let times = times(site);
    let me = &operator.session.person;
    let lease = desk.record.lease.as_ref();
    let other = lease.filter(|(until, who)| who != me && site.now() < *until);
    let submit_at = submit_at(&desk.record, desk.item);
    page(&EditPage {
        id: desk.record.order.id,
        item: desk.item,
        number: desk.record.order.number.clone(),
        revision: present.facts.revision,
        beside: desk.beside(site, &draft.values)?,
        pictures: desk.record.pictures_of(site, desk.item),
        is_changed: draft.values != present.values,
        fields,
        report,
        other_editor: other.map(|(until, who)| (who.clone(), times.at(*until))),
        countdown: submit_at.map(|at| times.countdown(at)),
        lease: times.at(draft.lease),
        lease_ms: draft.lease.unix_ms(),
        is_due: submit_at.is_some_and(|at| at < draft.lease),
        conflicts: draft.conflicts,
        act: desk.act(),
        window: desk.window.clone(),
        mockups: desk.mockups(site, &draft.values).await?,
        title,
        frame,
    })
}

/// When the item would go out.
fn submit_at(record: &Record, item: ItemId) -> Option<Moment> {
    let all = record.order.fulfilments.iter();
    let in_it = all.filter(|one| one.lines.iter().any(|line| line.item == item));
    in_it.filter_map(|one| one.submit_at()).min()
}
