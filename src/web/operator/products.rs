//! The product map: what of the shop is made how and where, and what orders brought that no row explains.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{Frame, page};
use crate::db;
use crate::db::unmapped::{Last, Seen};
use crate::flow::{FlowError, product_csv, products};
use crate::model::id::{Hash, ProductId, ShopId};
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

pub mod bulk;
pub mod edit;
pub mod row;
pub mod upload;
pub mod wanted;

use row::{RowView, views};
use wanted::{View, Wanted};

/// Rows on one page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "operator/products.html")]
struct ProductsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    wanted: Wanted,
    query: String,
    rows: Vec<RowView>,
    unmapped: Vec<UnmappedView>,
    designs: Vec<(String, bool)>,
    providers: Vec<(String, bool)>,
    shops: Vec<(ShopId, String)>,
    clear: String,
    newer: Option<String>,
    older: Option<String>,
    /// Whether the map of every shop is empty.
    is_new: bool,
}

struct Tab {
    label: &'static str,
    href: String,
    count: usize,
    is_here: bool,
}

/// Something that orders brought and that no row explains.
struct UnmappedView {
    name: String,
    key: String,
    shop: String,
    orders: u32,
    number: String,
    /// The last order's page; empty where it passed by.
    order: String,
    /// Empty where nothing could match it.
    map: String,
}

/// What the database says for the pages of the map.
pub struct Found {
    /// Every row of every shop, with the shop's name.
    pub rows: Vec<row::Known>,
    /// Names and titles of designs.
    pub designs: Vec<(String, String)>,
    /// Names of providers.
    pub providers: Vec<String>,
}

/// Reads the map of every shop that is set up.
pub async fn find(site: &Site) -> Result<Found, FlowError> {
    let shops: Vec<(ShopId, String)> = shops(site);
    site.ctx
        .read(move |tx| {
            let pictures: Vec<(String, Hash)> = db::design::pictures(tx)?;
            let designs = db::design::all_current(tx)?;
            let mut rows = Vec::new();
            for (shop, shop_name) in &shops {
                let doubts = db::product::doubts(tx, *shop)?;
                for product in db::product::of_shop(tx, *shop)? {
                    rows.push(row::known(product, shop_name, &doubts, &designs, &pictures));
                }
            }
            let providers = db::provider::all(tx)?.into_iter().map(|one| one.name);
            Ok(Found {
                rows,
                designs: designs.into_iter().map(|one| (one.name, one.title)).collect(),
                providers: providers.collect(),
            })
        })
        .await
}

/// The shops that are set up, by name.
pub fn shops(site: &Site) -> Vec<(ShopId, String)> {
    site.ctx.shops.iter().map(|(id, seat)| (*id, seat.name.clone())).collect()
}

/// `GET /products`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let wanted = Wanted::parse(query.as_deref().unwrap_or(""));
    let frame = Frame::load(&site, &operator, "products", "Products").await?;
    let found = find(&site).await?;
    let unmapped = products::unmapped(&site.ctx).await?;
    let seats = row::seats(&site);
    let all = views(&site, found.rows, &seats);
    let doubted = all.iter().filter(|one| !one.doubts.is_empty()).count();
    let tab = |label, view: View, count| Tab {
        label,
        href: site.links().to(&format!("/products?{}", wanted.with_view(view).query())),
        count,
        is_here: wanted.view == view,
    };
    let tabs = vec![
        tab("Mapped", View::All, all.len()),
        tab("With a doubt", View::Doubted, doubted),
        tab("Unmapped", View::Unmapped, unmapped.len()),
    ];
    let is_new = all.is_empty();
    let is_mapped = wanted.view != View::Unmapped;
    let fitting: Vec<RowView> =
        all.into_iter().filter(|one| is_mapped && wanted.fits(one)).collect();
    let skip = (wanted.page - 1).saturating_mul(ROWS);
    let at = |page: usize| site.links().to(&format!("/products?{}&page={page}", wanted.query()));
    let (newer, older) = (
        (1 < wanted.page).then(|| at(wanted.page - 1)),
        (skip.saturating_add(ROWS) < fitting.len()).then(|| at(wanted.page + 1)),
    );
    let unmapped = unmapped.iter().map(|one| unmapped_view(&site, one));
    let unmapped = unmapped.filter(|one| !is_mapped && wanted.fits_words(&[&one.name, &one.key]));
    page(&ProductsPage {
        tabs,
        query: wanted.query(),
        rows: fitting.into_iter().skip(skip).take(ROWS).collect(),
        unmapped: unmapped.collect(),
        designs: chosen(found.designs.iter().map(|(name, _)| name), &wanted.design),
        providers: chosen(found.providers.iter(), &wanted.provider),
        shops: shops(&site),
        clear: site.links().to(&format!("/products?{}", Wanted::of(wanted.view).query())),
        newer,
        older,
        is_new,
        wanted,
        frame,
    })
}

fn chosen<'a>(names: impl Iterator<Item = &'a String>, wanted: &str) -> Vec<(String, bool)> {
    names.map(|name| (name.clone(), name == wanted)).collect()
}

fn unmapped_view(site: &Site, one: &Seen) -> UnmappedView {
    let (kind, key) = match one {
        Seen { sku, .. } if !sku.is_empty() => ("sku", sku.clone()),
        Seen { variation_id, .. } if *variation_id != 0 => ("variation", variation_id.to_string()),
        Seen { product_id, .. } if *product_id != 0 => ("product", product_id.to_string()),
        Seen { .. } => ("", String::new()),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("shop", &one.shop.to_string());
    query.append_pair("kind", kind).append_pair("key", &key);
    let mut words = Vec::new();
    if !one.sku.is_empty() {
        words.push(format!("SKU {}", one.sku));
    }
    for (word, id) in [("product", one.product_id), ("variation", one.variation_id)] {
        if id != 0 {
            words.push(format!("{word} {id}"));
        }
    }
    let (order, number) = match &one.last {
        Last::Here(id, number) => (site.links().order(id), number.clone()),
        Last::Passed(_, number) => (String::new(), number.clone()),
    };
    UnmappedView {
        name: one.name.clone(),
        key: match words.is_empty() {
            true => "without SKU and without product: no row can match it".to_owned(),
            false => words.join(", "),
        },
        shop: site.ctx.shops.get(&one.shop).map_or(String::new(), |seat| seat.name.clone()),
        orders: one.orders,
        number,
        order,
        map: match kind {
            "" => String::new(),
            _ => site.links().to(&format!("/products/edit?{}", query.finish())),
        },
    }
}

/// `GET /products.csv`: the map of a shop as `woodblock product export` writes it.
pub async fn table(
    State(site): State<Site>,
    _: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "shop");
    let shop = shop_of(&site, asked.map(|(_, value)| value).as_deref().unwrap_or(""))?;
    let map = crate::flow::furnish::product_map(&site.ctx, shop).await?;
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"products.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((head, product_csv::write(&map)).into_response())
}

/// The shop of this id; the first one when none is named.
pub fn shop_of(site: &Site, id: &str) -> Result<ShopId, Error> {
    let shops = &site.ctx.shops;
    let found = match id.trim() {
        "" => shops.keys().next().copied(),
        id => id.parse().ok().map(ShopId).filter(|id| shops.contains_key(id)),
    };
    found.ok_or(Error::NotFound)
}

/// `POST /products/{id}/delete`
pub async fn delete(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = products::remove(&site.ctx, ProductId(id), &posted.staff()).await;
    let done = done.map(|place| format!("The row for {place} is deleted."));
    posted.finish(&site, done, &site.links().to("/products"))
}

/// What speaks against rows, after the words of what was done.
pub fn with_doubts(done: String, doubts: &[String]) -> String {
    match doubts.is_empty() {
        true => done,
        false => format!("{done} Look: {}.", doubts.join(". ")),
    }
}
