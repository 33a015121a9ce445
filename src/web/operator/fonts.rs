//! Fonts that every design may use.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::flow::font::{self, Lent};
use crate::outside::design_folder::font::bundled;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/fonts.html")]
struct FontsPage {
    frame: Frame,
    rows: Vec<Row>,
    bundled: Vec<String>,
    /// What is wrong with what was chosen; empty while nothing is.
    problem: String,
}

struct Row {
    file: String,
    families: String,
    about: String,
    added_at: Time,
    added_by: String,
    used_by: Vec<String>,
}

/// `GET /fonts`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    fonts_page(&site, &operator, String::new()).await
}

/// `POST /fonts/add`
pub async fn add(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let sent: Vec<(String, Vec<u8>)> = posted
        .form
        .files_of("files")
        .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
        .collect();
    if sent.is_empty() {
        return fonts_page(&site, &operator, "No file was chosen.".to_owned()).await;
    }
    let (mut added, mut wrong) = (Vec::new(), Vec::new());
    for (name, bytes) in sent {
        match font::add(&site.ctx, &name, bytes, &posted.staff()).await? {
            Ok(line) => added.push(line.families.first().cloned().unwrap_or(line.file)),
            Err(why) => wrong.push(format!("{name}: {why}.")),
        }
    }
    if !wrong.is_empty() {
        return fonts_page(&site, &operator, wrong.join(" ")).await;
    }
    let words = format!("{} can be used by every design now.", added.join(", "));
    posted.finish(&site, Ok(words), &site.links().to("/fonts"))
}

/// `POST /fonts/remove`
pub async fn remove(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let file = posted.form.text("file").to_owned();
    let done = font::remove(&site.ctx, &file, &posted.staff()).await;
    let words = format!("{file} is removed. Designs that have it keep it.");
    posted.finish(&site, done.map(|()| words), &site.links().to("/fonts"))
}

async fn fonts_page(site: &Site, operator: &Operator, problem: String) -> Result<Response, Error> {
    let frame = Frame::load(site, operator, "designs", "Fonts").await?;
    let times = times(site);
    let row = |one: Lent| Row {
        file: one.font.file,
        families: one.font.families.join(", "),
        about: one.font.about,
        added_at: times.at(one.font.added_at),
        added_by: one.font.added_by,
        used_by: one.used_by,
    };
    let rows = font::list(&site.ctx).await?.into_iter().map(row).collect();
    page(&FontsPage { frame, rows, bundled: bundled().into_iter().collect(), problem })
}
