//! Setting up: shops and providers as the configuration declares them, designs, the product map.

use std::sync::Arc;

use crate::db;
use crate::model::design::Design;
use crate::model::id::{Hash, ProviderId, ShopId};
use crate::model::product::{Made, Matches, Product};
use crate::model::product_change::Change;
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError};
use super::file::store;

/// A shop as the configuration declares it.
#[derive(Debug, Clone)]
pub struct DeclaredShop {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Its go-live line; the first start when not set.
    pub go_live_at: Option<Moment>,
}

/// A provider as the configuration declares it.
#[derive(Debug, Clone)]
pub struct DeclaredProvider {
    /// Its name.
    pub name: String,
    /// Which adapter.
    pub kind: String,
    /// Its own submit delay in seconds.
    pub delay_s: Option<u32>,
}

/// Ids in the order of the declarations.
pub type Declared = (Vec<ShopId>, Vec<ProviderId>);

/// Stores what the configuration declares; what is no longer declared is disabled, never deleted.
pub async fn declare(
    storage: &db::Db,
    shops: Vec<DeclaredShop>,
    providers: Vec<DeclaredProvider>,
) -> Result<Declared, FlowError> {
    storage
        .call(move |tx| {
            db::shop::disable_all(tx)?;
            db::provider::disable_all(tx)?;
            let shop_ids = shops.iter().map(|shop| put_shop(tx, shop)).collect::<Result<_, _>>()?;
            let provider_ids =
                providers.iter().map(|one| put_provider(tx, one)).collect::<Result<_, _>>()?;
            Ok((shop_ids, provider_ids))
        })
        .await
}

fn put_shop(tx: &db::Tx<'_>, shop: &DeclaredShop) -> Result<ShopId, FlowError> {
    let known = db::recovery::url_of_shop(tx, &shop.name)?;
    if let Some((_, url)) = known.filter(|(_, url)| host(url) != host(&shop.url)) {
        let why = format!("the shop {} moved from {url} to {}", shop.name, shop.url);
        db::switch::begin_recovery(tx, &why)?;
    }
    let id = db::shop::put(tx, &shop.name, &shop.url, shop.go_live_at)?;
    if let Some(at) = shop.go_live_at {
        db::shop::set_go_live(tx, id, at)?;
    }
    Ok(id)
}

fn put_provider(tx: &db::Tx<'_>, one: &DeclaredProvider) -> Result<ProviderId, FlowError> {
    Ok(db::provider::put(tx, &one.name, &one.kind, one.delay_s)?)
}

/// The same of what was set in the pages, beside what the configuration declares; `gone` are the names
/// of shops and of providers that were disconnected there.
pub async fn declare_more(
    storage: &db::Db,
    shops: Vec<DeclaredShop>,
    providers: Vec<DeclaredProvider>,
    gone: (Vec<String>, Vec<String>),
) -> Result<Declared, FlowError> {
    storage
        .call(move |tx| {
            for name in &gone.0 {
                db::shop::disable(tx, name)?;
            }
            for name in &gone.1 {
                db::provider::disable(tx, name)?;
            }
            let shop_ids = shops.iter().map(|shop| put_shop(tx, shop)).collect::<Result<_, _>>()?;
            let provider_ids =
                providers.iter().map(|one| put_provider(tx, one)).collect::<Result<_, _>>()?;
            Ok((shop_ids, provider_ids))
        })
        .await
}

/// An address without its scheme and a slash at the end.
fn host(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    bare.trim_end_matches('/').to_lowercase()
}

/// Adds a version of a design and makes it the current one. Orders keep the version they have.
pub async fn add_design(ctx: &Ctx, design: Design) -> Result<Hash, FlowError> {
    let mut files = Vec::new();
    for (path, bytes) in &design.files {
        files.push((path.clone(), store(ctx, bytes.clone(), "design").await?));
    }
    let (hash, name, title) = (design.hash.clone(), design.name.clone(), design.title.clone());
    ctx.shelf.put(Arc::new(design));
    let stored = hash.clone();
    ctx.call(move |tx| {
        db::design::put(tx, &stored, &name, &title, &files)?;
        look_again(tx)
    })
    .await?;
    Ok(hash)
}

/// Stores rows of the product map, all or none; each must name a design and a provider that exist.
pub async fn map_products(
    ctx: &Ctx,
    shop: ShopId,
    rows: Vec<(Matches, Made)>,
) -> Result<usize, FlowError> {
    let count = rows.len();
    ctx.call(move |tx| put_rows(tx, shop, &rows)).await?;
    Ok(count)
}

/// Stores rows in this transaction, and has the orders looked at that waited for them.
pub(super) fn put_rows(
    tx: &db::Tx<'_>,
    shop: ShopId,
    rows: &[(Matches, Made)],
) -> Result<(), FlowError> {
    for (matches, made) in rows {
        if let Some(fault) = fault_of(tx, made)? {
            let words = format!("{} {}: {}", matches.kind(), matches.key(), fault.what);
            return Err(FlowError::NotNow(words));
        }
        db::product::put(tx, shop, matches, made)?;
    }
    look_again(tx)
}

/// Something that a row names and that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// `design`, `provider` or `routes`: where it names it.
    pub place: &'static str,
    /// What is wrong, in words.
    pub what: String,
}

/// What a row names that does not exist.
pub fn fault_of(tx: &db::Tx<'_>, made: &Made) -> Result<Option<Unknown>, FlowError> {
    let Made::Here(recipe) = made else {
        return Ok(None);
    };
    if db::design::current(tx, &recipe.design)?.is_none() {
        let what = format!("there is no design “{}”", recipe.design);
        return Ok(Some(Unknown { place: "design", what }));
    }
    let routed = recipe.routes.iter().map(|route| ("routes", &route.provider));
    for (place, provider) in routed.chain([("provider", &recipe.provider)]) {
        if db::provider::by_name(tx, provider)?.is_none() {
            let what = format!("there is no provider “{provider}”");
            return Ok(Some(Unknown { place, what }));
        }
    }
    Ok(None)
}

/// What a change of many rows names that does not exist, in words.
pub fn fault_of_change(tx: &db::Tx<'_>, change: &Change) -> Result<Option<String>, FlowError> {
    let fault = match change {
        Change::Provider { name, .. } if db::provider::by_name(tx, name)?.is_none() => {
            Some(format!("there is no provider “{name}”"))
        }
        Change::Design(name) if db::design::current(tx, name)?.is_none() => {
            Some(format!("there is no design “{name}”"))
        }
        Change::Provider { .. } | Change::Design(_) | Change::Delay(_) | Change::Delete => None,
    };
    Ok(fault)
}

/// Orders that were held for want of a mapping or a design are looked at again: that is their cure.
pub(super) fn look_again(tx: &db::Tx<'_>) -> Result<(), FlowError> {
    for (shop, order) in db::order::held_for_mapping(tx)? {
        super::intake::ask(tx, shop, order)?;
    }
    Ok(())
}

/// The product map of a shop.
pub async fn product_map(ctx: &Ctx, shop: ShopId) -> Result<Vec<Product>, FlowError> {
    ctx.read(move |tx| Ok(db::product::of_shop(tx, shop)?)).await
}
