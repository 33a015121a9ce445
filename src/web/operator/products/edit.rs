//! The form for one row of the product map, with a search in the provider's catalogue.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{find, shops, with_doubts};
use crate::db;
use crate::flow::products::{self, Saved, Wish};
use crate::model::id::{ProductId, ShopId};
use crate::model::provider_order::PlacedBy;
use crate::outside::provider::AskError;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::{Frame, page};
use crate::web::site::{Notice, Site};

mod draft;
mod goods;

use draft::{Draft, Problem};
use goods::FoundGoods;

/// So many variants of a catalogue are shown at most.
const FOUND_MAX: usize = 40;

#[derive(Template)]
#[template(path = "operator/product.html")]
struct ProductPage {
    frame: Frame,
    draft: Draft,
    title: String,
    problems: Vec<Problem>,
    /// A problem of the whole form.
    notice: String,
    shops: Vec<(String, String)>,
    designs: Vec<(String, String)>,
    providers: Vec<String>,
    found: Option<FoundVariants>,
    /// What was found in the shop's own catalogue.
    goods: Option<FoundGoods>,
    delete: Option<(String, String)>,
}

/// What a search in a catalogue came to.
struct FoundVariants {
    provider: String,
    variants: Vec<Variant>,
    /// Words where there is no list, or where it is cut.
    words: String,
}

struct Variant {
    sku: String,
    title: String,
    in_stock: bool,
    is_chosen: bool,
}

impl ProductPage {
    fn problem(&self, field: &str) -> &str {
        let found = self.problems.iter().find(|(place, _)| *place == field);
        found.map_or("", |(_, words)| words)
    }
}

/// `GET /products/edit`: a row as it is, or as the address says.
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut draft = Draft::read(&pairs);
    if let Some(id) = draft.id.parse().ok().map(ProductId).filter(|_| draft.was.is_empty()) {
        let row = site.ctx.read(move |tx| Ok(db::product::get(tx, id)?)).await?;
        draft = Draft::of(&row.ok_or(Error::NotFound)?);
    }
    let found = match draft.find.as_str() {
        "catalogue" => Some(search(&site, &draft).await),
        _ => None,
    };
    form(&site, &operator, draft, Vec::new(), found).await
}

/// `POST /products/edit`: saves a row, or looks for a variant.
pub async fn press(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let draft = Draft::read(posted.form.pairs());
    if posted.form.text("act") != "save" {
        let (find, place) = match posted.form.text("act") {
            "find-goods" => ("goods", "goods"),
            _ => ("catalogue", "found"),
        };
        let draft = Draft { find: find.to_owned(), ..draft };
        let there = site.links().to(&format!("/products/edit?{}#{place}", draft.query()));
        return Ok(Redirect::to(&there).into_response());
    }
    let operator = Operator { session: posted.session.clone() };
    let (matches, made) = match draft.row() {
        Ok(row) => row,
        Err(problems) => return form(&site, &operator, draft, problems, None).await,
    };
    let shop = super::shop_of(&site, &draft.shop)?;
    let of = draft.id.parse().ok().map(|id| (ProductId(id), draft.was.clone()));
    let place = products::place(&matches);
    let wish = Wish { shop, of, matches, made };
    let problem = match products::save(&site.ctx, wish, &posted.staff()).await? {
        Saved::Done(doubts) => {
            let tone = if doubts.is_empty() { "good" } else { "wait" };
            let text = with_doubts(format!("The row for {place} is saved."), &doubts);
            site.wake.notify_one();
            site.notify(&posted.session.token_hash, Notice { tone, text, undo: None });
            return Ok(Redirect::to(&site.links().to("/products")).into_response());
        }
        Saved::Taken(_) => ("key", format!("there is a row for {place} already: change that one")),
        Saved::Unknown(unknown) => (unknown.place, unknown.what),
        Saved::Stale => (
            "",
            "Somebody changed or deleted this row meanwhile. Go back and look at it.".to_owned(),
        ),
    };
    form(&site, &operator, draft, vec![problem], None).await
}

async fn search(site: &Site, draft: &Draft) -> FoundVariants {
    let none = |words: String| FoundVariants {
        provider: draft.provider.clone(),
        variants: Vec::new(),
        words,
    };
    let seat = site.ctx.providers.values().find(|seat| seat.name == draft.provider);
    let Some(seat) = seat else {
        return none("Choose a provider first: the search is in its catalogue.".to_owned());
    };
    let by_hand = || none(format!("{} has no catalogue to search. Type its SKU.", draft.provider));
    if seat.provider.abilities().placed_by == PlacedBy::Person {
        return by_hand();
    }
    match seat.provider.catalogue(&draft.search).await {
        Ok(entries) if entries.is_empty() => {
            none(format!("Nothing at {} is called “{}”.", draft.provider, draft.search))
        }
        Ok(entries) => {
            let words = match FOUND_MAX < entries.len() {
                true => {
                    format!("The first {FOUND_MAX} of them; search for more words to see others.")
                }
                false => String::new(),
            };
            let variants = entries.into_iter().take(FOUND_MAX).map(|entry| Variant {
                is_chosen: entry.provider_sku == draft.provider_sku,
                sku: entry.provider_sku,
                title: entry.title,
                in_stock: entry.in_stock,
            });
            FoundVariants { variants: variants.collect(), ..none(words) }
        }
        Err(AskError::Unable) => by_hand(),
        Err(error) => none(format!("The catalogue could not be searched: {error}. Try again.")),
    }
}

async fn form(
    site: &Site,
    operator: &Operator,
    draft: Draft,
    problems: Vec<Problem>,
    found: Option<FoundVariants>,
) -> Result<Response, Error> {
    let id: Option<i64> = draft.id.parse().ok();
    let title = match id {
        Some(_) => draft.was_key(),
        None => "Map a product".to_owned(),
    };
    let frame = Frame::load(site, operator, "products", &title).await?;
    let known = find(site).await?;
    let goods = match draft.find.as_str() {
        "goods" => Some(goods::search(site, &draft).await?),
        _ => None,
    };
    let shops = shops(site).into_iter().map(|(id, name): (ShopId, String)| (id.to_string(), name));
    let notice = problems.iter().find(|(place, _)| place.is_empty());
    let notice = notice.map_or(String::new(), |(_, words)| words.clone());
    let is_right = problems.is_empty();
    let html = page(&ProductPage {
        delete: id.map(|id| (site.links().to(&format!("/products/{id}/delete")), draft.was_key())),
        shops: shops.collect(),
        designs: known.designs,
        providers: known.providers,
        title,
        problems,
        notice,
        found,
        goods,
        draft,
        frame,
    })?;
    match is_right {
        true => Ok(html),
        false => Ok((StatusCode::BAD_REQUEST, html).into_response()),
    }
}
