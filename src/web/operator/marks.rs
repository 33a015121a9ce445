//! Labels of an order and who looks after it, on its page: what is shown, and the presses.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::db;
use crate::flow::{FlowError, mark};
use crate::model::id::OrderId;
use crate::model::mark::{Assignee, Label, Mark};
use crate::web::error::Error;
use crate::web::guard::{Posted, sentence};
use crate::web::site::{Notice, Site, Undo};

/// What the page of an order shows of its marks.
pub struct MarksView {
    /// Its labels.
    pub labels: Vec<Label>,
    /// Labels that other orders carry.
    pub known: Vec<Label>,
    /// Who looks after it.
    pub assignee: Option<Assignee>,
    /// Who could.
    pub people: Vec<String>,
    /// Where a label is put on or taken off.
    pub label_href: String,
    /// Where it is given to somebody.
    pub assign_href: String,
    /// Whether nothing can be marked any more.
    pub is_erased: bool,
}

impl MarksView {
    /// Loads what is shown of an order.
    pub async fn load(site: &Site, order: OrderId) -> Result<MarksView, Error> {
        let links = site.links();
        let label_href = links.order_act(&order, "label");
        let assign_href = links.order_act(&order, "assign");
        let found: Result<_, FlowError> = site
            .ctx
            .read(move |tx| {
                let marks = db::mark::of_order(tx, order)?;
                let mut known = db::mark::labels(tx)?;
                known.retain(|label| !marks.labels.contains(label));
                let people = db::person::names(tx)?;
                Ok((marks, known, people, db::erase::is_erased(tx, order)?))
            })
            .await;
        let (marks, known, people, is_erased) = found?;
        Ok(MarksView {
            labels: marks.labels,
            known,
            assignee: marks.assignee,
            people,
            label_href,
            assign_href,
            is_erased,
        })
    }

    /// Whether this person looks after it.
    pub fn is_with(&self, name: &str) -> bool {
        self.assignee.as_ref().is_some_and(|one| one.name == name)
    }
}

/// `POST /orders/{order}/label`: puts a label on, or takes one off.
pub async fn label(
    State(site): State<Site>,
    Path(order): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let page = site.links().order(&OrderId(order));
    let Some(label) = Label::named(posted.form.text("label")) else {
        let none = Err(FlowError::NotNow("type or choose a label first".to_owned()));
        return posted.finish(&site, none, &page);
    };
    let name = label.name.clone();
    let (mark, words, opposite) = match posted.form.text("act") {
        "unlabel" => (Mark::Unlabel(label), format!("“{name}” is taken off."), "label"),
        _ => (Mark::Label(label), format!("Labelled “{name}”."), "unlabel"),
    };
    let done = mark::put(&site.ctx, OrderId(order), mark, &posted.staff()).await;
    let href = site.links().order_act(&OrderId(order), "label");
    let undo = Undo { href, fields: vec![("act", opposite.to_owned()), ("label", name)] };
    finish(&site, &posted, done.map(|_| (words, undo)), &page)
}

/// `POST /orders/{order}/assign`: gives it to somebody; an empty name is nobody.
pub async fn assign(
    State(site): State<Site>,
    Path(order): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let page = site.links().order(&OrderId(order));
    let name = posted.form.text("assignee").trim().to_owned();
    let (mark, words) = match name.is_empty() {
        true => (Mark::Unassign, "Nobody looks after it now.".to_owned()),
        false => (Mark::Assign(name.clone()), format!("{name} looks after it now.")),
    };
    let done = mark::put(&site.ctx, OrderId(order), mark, &posted.staff()).await;
    let href = site.links().order_act(&OrderId(order), "assign");
    let done = done.map(|was| {
        let was = was.map_or(String::new(), |one| one.name);
        (words, Undo { href, fields: vec![("assignee", was)] })
    });
    finish(&site, &posted, done, &page)
}

/// Goes back to the page, which says what was done and offers to take it back.
fn finish(
    site: &Site,
    posted: &Posted,
    done: Result<(String, Undo), FlowError>,
    page: &str,
) -> Result<Response, Error> {
    let notice = match done {
        Ok((text, undo)) => Notice { undo: Some(undo), ..Notice::good(text) },
        Err(error) => match Error::from(error) {
            Error::NotNow(why) => Notice::bad(sentence(&why)),
            other => return Err(other),
        },
    };
    site.notify(&posted.session.token_hash, notice);
    Ok(Redirect::to(page).into_response())
}
