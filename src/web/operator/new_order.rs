//! An order from elsewhere, typed by hand. Everything typed stays, whatever is pressed.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::products::{shop_of, shops};
use super::{Frame, page};
use crate::db;
use crate::flow::elsewhere::{self, PIECES_MAX};
use crate::flow::file;
use crate::flow::take_in::Taken;
use crate::model::design::Design;
use crate::model::field::FieldKind;
use crate::model::id::{Hash, ShopId};
use crate::model::product::{Made, Matches};
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::{Notice, Site};

mod draft;
pub mod import;

use draft::{Draft, DraftLine};

/// Largest picture that stands beside a line.
const PICTURE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Suggestions that the form carries.
const SUGGESTED_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "operator/new_order.html")]
struct NewOrderPage {
    frame: Frame,
    draft: Draft,
    problems: Vec<String>,
    /// The order of this number that is here already.
    known: Option<(String, String)>,
    shops: Vec<(String, String)>,
    sources: Vec<String>,
    skus: Vec<(String, String)>,
    designs: Vec<(String, String)>,
    providers: Vec<String>,
    missing_mark: &'static str,
}

/// `GET /orders/new`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let mut draft = Draft::empty();
    draft.source = asked.get("source").cloned().unwrap_or_default();
    form_page(&site, &operator, draft, Vec::new(), None).await
}

/// `POST /orders/new`: adds or takes a line away, shows fields, or takes the order in.
pub async fn press(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let mut draft = Draft::read(&posted.form);
    let mut problems = keep_pictures(&site, &posted, &mut draft).await?;
    let act = posted.form.text("act").to_owned();
    if act == "add" {
        problems.extend(draft.add_line());
    } else if let Some(nth) = act.strip_prefix("drop-").and_then(|nth| nth.parse().ok()) {
        draft.drop_line(nth);
    }
    if act != "save" || !problems.is_empty() {
        return form_page(&site, &operator, draft, problems, None).await;
    }
    let shop = shop_of(&site, &draft.shop)?;
    let typed = match draft.typed(shop, &map_of(&site, shop).await?) {
        Ok(typed) => typed,
        Err(problems) => return form_page(&site, &operator, draft, problems, None).await,
    };
    match elsewhere::enter_typed(&site.ctx, typed).await? {
        Taken::New(id) => {
            site.wake.notify_one();
            let words = "The order is here. It goes out once somebody presses Submit.";
            site.notify(&posted.session.token_hash, Notice::good(words));
            Ok(Redirect::to(&site.links().order(&id)).into_response())
        }
        Taken::Known(id) => {
            let known = (draft.number.clone(), site.links().order(&id));
            form_page(&site, &operator, draft, Vec::new(), Some(known)).await
        }
        Taken::Passed(why) => form_page(&site, &operator, draft, vec![why], None).await,
    }
}

/// Keeps what was uploaded, so that it need not be chosen again.
async fn keep_pictures(
    site: &Site,
    posted: &Posted,
    draft: &mut Draft,
) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for (nth, line) in draft.lines.iter_mut().enumerate() {
        let Some(bytes) = posted.form.file(&format!("line.{nth}.file")) else {
            continue;
        };
        let is_picture = super::pictures::media_type(bytes).is_some();
        if !is_picture || PICTURE_BYTES_MAX < bytes.len() {
            problems.push(format!(
                "Line {}: a picture is a JPEG, PNG or WebP of 10 MB at most.",
                nth + 1
            ));
            continue;
        }
        line.picture = file::store(&site.ctx, bytes.to_vec(), "other").await?.to_string();
    }
    // A hash that somebody wrote into the form names a file only if there is one.
    for line in &mut draft.lines {
        let hash = Hash::parse(&line.picture);
        let is_kept = match hash.clone() {
            Some(hash) => site.ctx.read(move |tx| Ok(db::file::is_kept(tx, &hash)?)).await?,
            None => false,
        };
        if is_kept {
            line.picture_href = hash.map(|hash| site.links().picture(&hash));
        } else {
            line.picture = String::new();
        }
    }
    Ok(problems)
}

/// The SKUs of a shop's map that are printed, with the design of each.
async fn map_of(site: &Site, shop: ShopId) -> Result<BTreeMap<String, String>, Error> {
    let rows = site.ctx.read(move |tx| Ok(db::product::of_shop(tx, shop)?)).await?;
    let sku = |row: crate::model::product::Product| match (row.matches, row.made) {
        (Matches::Sku(sku), Made::Here(recipe)) => Some((sku, recipe.design)),
        (Matches::Sku(sku), Made::Elsewhere) => Some((sku, String::new())),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(sku).collect())
}

async fn form_page(
    site: &Site,
    operator: &Operator,
    mut draft: Draft,
    problems: Vec<String>,
    known: Option<(String, String)>,
) -> Result<Response, Error> {
    let shop = shop_of(site, &draft.shop)?;
    draft.shop = shop.to_string();
    let map = map_of(site, shop).await?;
    for line in &mut draft.lines {
        let design = match line.sku.is_empty() {
            true => line.design.clone(),
            false => map.get(&line.sku).cloned().unwrap_or_default(),
        };
        show_fields(site, line, design).await?;
    }
    let found = site
        .ctx
        .read(|tx| {
            let designs = db::design::all_current(tx)?;
            let providers = db::provider::all(tx)?;
            Ok((designs, providers, db::elsewhere::sources(tx)?))
        })
        .await?;
    let (designs, providers, mut sources) = found;
    for usual in ["amazon", "etsy", "ebay", "telephone", "e-mail", "counter"] {
        if !sources.iter().any(|one| one == usual) {
            sources.push(usual.to_owned());
        }
    }
    page(&NewOrderPage {
        frame: Frame::load(site, operator, "orders", "New order").await?,
        problems,
        known,
        shops: shops(site).into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        sources,
        skus: map.into_iter().take(SUGGESTED_MAX).collect(),
        designs: designs.into_iter().map(|one| (one.name, one.title)).collect(),
        providers: providers.into_iter().map(|one| one.name).collect(),
        missing_mark: "needs design",
        draft,
    })
}

/// The words that the design of a line asks for; photos are given in its editor.
async fn show_fields(site: &Site, line: &mut DraftLine, name: String) -> Result<(), Error> {
    if name.is_empty() {
        return Ok(());
    }
    let hash = site.ctx.read(move |tx| Ok(db::design::current(tx, &name)?)).await?;
    let Some(hash) = hash else { return Ok(()) };
    let design: std::sync::Arc<Design> = site.ctx.shelf.get(&site.ctx, &hash).await?;
    for field in &design.fields {
        match field.kind {
            FieldKind::Photo(_) => line.photos += 1,
            _ => line.know_field(&field.key, &field.label),
        }
    }
    Ok(())
}

/// What is wrong with a number of pieces, for people.
fn pieces(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let pieces = text.parse().ok().filter(|pieces| (1..=PIECES_MAX).contains(pieces));
    pieces.ok_or_else(|| format!("“{text}” is no number of pieces from 1 to {PIECES_MAX}."))
}
