//! Presses on views that people keep.

use axum::extract::{Path, State};
use axum::response::Response;

use super::wanted::Wanted;
use crate::db;
use crate::flow::FlowError;
use crate::model::id::SavedViewId;
use crate::web::error::Error;
use crate::web::guard::Posted;
use crate::web::site::Site;

/// Longest name of a view.
const NAME_CHARS_MAX: usize = 40;

/// The list as the form saw it; a query of ours and nothing else.
fn query(posted: &Posted) -> String {
    Wanted::parse(posted.form.text("query")).query()
}

fn list(site: &Site, query: &str) -> String {
    site.links().to(&format!("/?{query}"))
}

/// `POST /views`: keeps the view under a name.
pub async fn keep(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let name = crate::model::field::clean_text(posted.form.text("name"));
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    let (query, is_shared) = (query(&posted), posted.form.sent("shared").is_some());
    let page = list(&site, &query);
    if name.is_empty() {
        let error = Err(FlowError::NotNow("give the view a name".to_owned()));
        return posted.finish(&site, error, &page);
    }
    let (person, called) = (posted.session.person.clone(), name.clone());
    let done = site
        .ctx
        .call(move |tx| match db::saved_view::put(tx, &person, &called, &query, is_shared)? {
            true => Ok(()),
            false => {
                Err(FlowError::NotNow("there are too many views: delete one first".to_owned()))
            }
        })
        .await;
    posted.finish(&site, done.map(|()| format!("The view “{name}” is kept.")), &page)
}

/// `POST /views/{id}/delete`
pub async fn delete(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let (person, page) = (posted.session.person.clone(), list(&site, &query(&posted)));
    let id = SavedViewId(id);
    let done = site
        .ctx
        .call(move |tx| match db::saved_view::forget(tx, &person, id)? {
            true => Ok("The view is deleted.".to_owned()),
            false => Err(FlowError::NotNow("only its owner can delete it".to_owned())),
        })
        .await;
    posted.finish(&site, done, &page)
}

/// `POST /views/{id}/start`: begins with this view, or no longer.
pub async fn start(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let (person, page) = (posted.session.person.clone(), list(&site, &query(&posted)));
    let is_wanted = posted.form.text("start") == "1";
    let id = is_wanted.then_some(SavedViewId(id));
    let done = site.ctx.call(move |tx| Ok(db::saved_view::set_start(tx, &person, id)?)).await;
    let words = match is_wanted {
        true => "Orders open with this view from now on.",
        false => "Orders open with what needs you from now on.",
    };
    posted.finish(&site, done.map(|()| words.to_owned()), &page)
}
