//! A search in the shop's own catalogue, so that nobody types an id.

use super::draft::Draft;
use crate::db;
use crate::model::product::Matches;
use crate::model::shop_product::ShopProduct;
use crate::web::error::Error;
use crate::web::site::Site;

/// So many rows are shown at most.
const ROWS_MAX: usize = 200;

/// What a search in the shop's catalogue came to.
pub struct FoundGoods {
    /// The shop's name.
    pub shop: String,
    /// What can be mapped.
    pub rows: Vec<GoodsRow>,
    /// Words where nothing is listed, or where the list is cut.
    pub words: String,
}

/// One product or variation.
pub struct GoodsRow {
    /// What picks it: `variation:17`.
    pub value: String,
    /// Its name.
    pub name: String,
    /// What it is known by: “variation 17, SKU MUG-11”.
    pub known_by: String,
    /// Whether a row of the map names it already.
    pub is_mapped: bool,
    /// Whether the form names it now.
    pub is_chosen: bool,
}

/// Searches the catalogue of the draft's shop.
pub async fn search(site: &Site, draft: &Draft) -> Result<FoundGoods, Error> {
    let shop = super::super::shop_of(site, &draft.shop)?;
    let Some(seat) = site.ctx.shops.get(&shop) else {
        let words = "This shop is not connected: connect it under Settings, Shops.".to_owned();
        return Ok(FoundGoods { shop: String::new(), rows: Vec::new(), words });
    };
    let words = draft.shop_search.as_str();
    let none = |words: String| FoundGoods { shop: seat.name.clone(), rows: Vec::new(), words };
    let products = match site.shop_products(shop, words).await {
        Ok(products) => products,
        Err(error) => {
            return Ok(none(format!("The shop could not be searched: {error}. Try again.")));
        }
    };
    if products.is_empty() {
        return Ok(none(format!("Nothing in the shop {} is called “{words}”.", seat.name)));
    }
    let mapped = site.ctx.read(move |tx| Ok(db::product::of_shop(tx, shop)?)).await?;
    let is_mapped = |one: &ShopProduct| {
        mapped.iter().any(|row| match &row.matches {
            Matches::Variation(id) => one.variation == Some(*id),
            Matches::Product(id) => one.product == *id,
            Matches::Sku(sku) => !one.sku.is_empty() && *sku == one.sku,
        })
    };
    let here = format!("{}:{}", draft.kind, draft.key);
    let rows = products.iter().take(ROWS_MAX).map(|one| {
        let (kind, id) = match one.variation {
            Some(variation) => ("variation", variation),
            None => ("product", one.product),
        };
        let value = format!("{kind}:{id}");
        GoodsRow {
            name: match one.has_variations {
                true => format!("{}, every variation", one.name),
                false => one.name.clone(),
            },
            known_by: match one.sku.is_empty() {
                true => format!("{kind} {id}"),
                false => format!("{kind} {id}, SKU {}", one.sku),
            },
            is_mapped: is_mapped(one),
            is_chosen: value == here,
            value,
        }
    });
    let rows: Vec<GoodsRow> = rows.collect();
    let words = match ROWS_MAX < products.len() {
        true => format!("The first {ROWS_MAX}; search for more words to see others."),
        false => String::new(),
    };
    Ok(FoundGoods { rows, ..none(words) })
}
