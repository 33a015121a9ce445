//! Designs: what can be printed, in which version, and what is made with it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};

use super::times::Time;
use super::words::humane;
use super::{Frame, page, times};
use crate::db;
use crate::db::design::Version;
use crate::flow::{FlowError, design};
use crate::model::design::{Area, Design};
use crate::model::id::Hash;
use crate::model::product::{Made, Product};
use crate::outside::design_folder::archive;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

pub mod compare;
pub mod fields;
mod kinds;
pub mod show;
pub mod update;
pub mod upload;

#[derive(Template)]
#[template(path = "operator/designs.html")]
struct DesignsPage {
    frame: Frame,
    rows: Vec<Row>,
    samples: Vec<SampleView>,
}

struct Row {
    name: String,
    title: String,
    href: String,
    picture: Option<String>,
    areas: Vec<String>,
    fields: String,
    versions: usize,
    added: Time,
    products: Vec<String>,
    is_retired: bool,
    /// Why it cannot be used; empty while it can.
    fault: String,
}

/// A sample that can be taken over.
pub struct SampleView {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Whether a design of this name is here.
    pub is_here: bool,
}

/// `GET /designs`
pub async fn list(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let frame = Frame::load(&site, &operator, "designs", "Designs").await?;
    let read = |tx: &db::Tx<'_>| {
        let printed: BTreeMap<String, Hash> = db::design::pictures(tx)?.into_iter().rev().collect();
        Ok((db::design::versions(tx)?, printed))
    };
    let (versions, printed) = site.ctx.read(read).await?;
    let names: BTreeSet<String> = versions.iter().map(|one| one.name.clone()).collect();
    let users = users(&site).await?;
    let mut rows = Vec::new();
    for name in &names {
        let mine: Vec<&Version> = versions.iter().filter(|one| one.name == *name).collect();
        rows.extend(row(&site, &mine, &users, printed.get(name)).await);
    }
    page(&DesignsPage { samples: samples(&names), rows, frame })
}

async fn row(
    site: &Site,
    versions: &[&Version],
    users: &BTreeMap<String, Vec<String>>,
    printed: Option<&Hash>,
) -> Option<Row> {
    let current = versions.iter().find(|one| one.is_current);
    let shown = current.or(versions.first())?;
    let design = site.ctx.shelf.get(&site.ctx, &shown.hash).await;
    let (areas, fields, fault) = match &design {
        Ok(design) => {
            (design.areas.iter().map(area_in_words).collect(), labels(design), String::new())
        }
        Err(error) => (Vec::new(), String::new(), error.to_string()),
    };
    Some(Row {
        name: shown.name.clone(),
        title: shown.title.clone(),
        href: site.links().to(&format!("/designs/{}", shown.name)),
        // What was added before previews were kept shows what was printed last.
        picture: shown.preview.as_ref().or(printed).map(|hash| site.links().picture(hash)),
        areas,
        fields,
        versions: versions.len(),
        added: times(site).at(shown.added_at),
        products: users.get(&shown.name).cloned().unwrap_or_default(),
        is_retired: current.is_none(),
        fault,
    })
}

/// “Wrap: 9 × 3.75 in, 2700 × 1125 px”.
pub fn area_in_words(area: &Area) -> String {
    let inches = |uin: u64| {
        let text = format!("{:.3}", uin as f64 / 1e6);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let canvas = area.canvas();
    format!(
        "{}: {} × {} in, {} × {} px",
        humane(&area.key),
        inches(area.size.width_uin),
        inches(area.size.height_uin),
        canvas.width_px,
        canvas.height_px
    )
}

fn labels(design: &Design) -> String {
    let labels: Vec<&str> = design.fields.iter().map(|field| field.label.as_str()).collect();
    match labels.is_empty() {
        true => "nothing to fill in".to_owned(),
        false => labels.join(", "),
    }
}

/// The products that are made with each design, in words.
pub async fn users(site: &Site) -> Result<BTreeMap<String, Vec<String>>, FlowError> {
    let shops: Vec<_> = site.ctx.shops.keys().copied().collect();
    let products = site.ctx.read(move |tx| {
        let mut products: Vec<Product> = Vec::new();
        for shop in &shops {
            products.extend(db::product::of_shop(tx, *shop)?);
        }
        Ok(products)
    });
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for product in products.await? {
        if let Made::Here(recipe) = product.made {
            let kind = product.matches.kind().replace("sku", "SKU");
            let words = format!("{kind} {}", product.matches.key());
            users.entry(recipe.design).or_default().push(words);
        }
    }
    Ok(users)
}

/// The samples, and which of them are here.
pub fn samples(names: &BTreeSet<String>) -> Vec<SampleView> {
    let samples = crate::outside::design_folder::samples().iter();
    let view = |one: &crate::outside::design_folder::Sample| SampleView {
        name: one.name,
        about: one.about,
        is_here: names.contains(one.name),
    };
    samples.map(view).collect()
}

/// Every version of one design, the newest first.
pub async fn versions_of(site: &Site, name: &str) -> Result<Vec<Version>, Error> {
    let all = site.ctx.read(|tx| Ok(db::design::versions(tx)?)).await?;
    let mine: Vec<Version> = all.into_iter().filter(|one| one.name == name).collect();
    if mine.is_empty() { Err(Error::NotFound) } else { Ok(mine) }
}

/// `POST /designs/{design}/retire`
pub async fn retire(
    State(site): State<Site>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let back = place(&site, &name);
    versions_of(&site, &name).await?;
    let done = design::retire(&site.ctx, &name).await;
    let words = "It is retired. Orders that have it keep it.".to_owned();
    posted.finish(&site, done.map(|()| words), &back)
}

/// `POST /designs/{design}/use`
pub async fn use_version(
    State(site): State<Site>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let hash = Hash::parse(posted.form.text("version")).ok_or(Error::NotFound)?;
    let done = design::use_version(&site.ctx, &name, &hash).await;
    let words = "New orders are made with this version.".to_owned();
    posted.finish(&site, done.map(|()| words), &place(&site, &name))
}

/// `GET /designs/{design}/{version}/zip`
pub async fn download(
    State(site): State<Site>,
    _: Operator,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, Error> {
    let design = one(&site, &name, &version).await?;
    let bytes =
        archive::write(&name, &design.files).map_err(|error| Error::Internal(error.into()))?;
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.zip\"")),
    ];
    Ok((head, bytes).into_response())
}

/// One version of a design.
pub async fn one(site: &Site, name: &str, version: &str) -> Result<std::sync::Arc<Design>, Error> {
    let versions = versions_of(site, name).await?;
    let found = versions.iter().find(|one| one.hash.as_str() == version);
    let found = found.ok_or(Error::NotFound)?;
    Ok(site.ctx.shelf.get(&site.ctx, &found.hash).await?)
}

/// The address of a design's page.
pub fn place(site: &Site, name: &str) -> String {
    site.links().to(&format!("/designs/{name}"))
}

/// A design that was added: its page.
pub fn added(site: &Site, posted: &Posted, name: &str, words: &str) -> Result<Response, Error> {
    posted.finish(site, Ok(words.to_owned()), &place(site, name))
}

/// To the page of a design, without words.
pub fn to(site: &Site, name: &str) -> Response {
    Redirect::to(&place(site, name)).into_response()
}
