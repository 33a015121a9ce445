//! A search in the shop's catalogue: products by words or SKU, and the variations of what was found.

use serde_json::Value as Json;

use super::client::Ask;
use super::refusal::unclear;
use super::{ShopError, WooCommerce, wire};
use crate::model::shop_product::ShopProduct;

/// Products of one answer. Whoever finds more searches for more words.
const PRODUCTS_MAX: usize = 20;
/// Variations of one product; WooCommerce gives no more on a page.
const VARIATIONS_MAX: u32 = 100;
/// What is asked of each row.
const FIELDS: &str = "id,name,sku,type,parent_id,variations";

impl WooCommerce {
    /// Products whose name, text or SKU has these words, each with its variations. An exact SKU finds a
    /// variation too (reference `woocommerce.md`, section 8).
    pub(super) async fn search_products(&self, words: &str) -> Result<Vec<ShopProduct>, ShopError> {
        let words = words.trim();
        let mut rows = self.product_rows("search", words).await?;
        if !words.is_empty() && !words.contains(char::is_whitespace) {
            let by_sku = self.product_rows("sku", words).await?;
            let known: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
            let is_new = |row: &Json| row["id"].as_i64().is_some_and(|id| !known.contains(&id));
            rows.splice(0..0, by_sku.into_iter().filter(is_new));
        }
        let mut found = Vec::new();
        for row in rows.iter().take(PRODUCTS_MAX) {
            let Some(product) = read(row) else { continue };
            let (id, name) = (product.product, product.name.clone());
            let has_variations = product.has_variations;
            found.push(product);
            if has_variations {
                found.extend(self.variations(id, &name).await?);
            }
        }
        Ok(found)
    }

    async fn product_rows(&self, by: &str, words: &str) -> Result<Vec<Json>, ShopError> {
        let mut ask = Ask::get("wc/v3/products")
            .with("per_page", PRODUCTS_MAX)
            .with("orderby", "title")
            .with("order", "asc")
            .with("_fields", FIELDS);
        if !words.is_empty() {
            ask = ask.with(by, words);
        }
        match self.client.ask(&ask).await?.json {
            Json::Array(rows) => Ok(rows),
            _ => Err(unclear("the list of products is no list")),
        }
    }

    async fn variations(&self, product: i64, name: &str) -> Result<Vec<ShopProduct>, ShopError> {
        let ask = Ask::get(format!("wc/v3/products/{product}/variations"))
            .with("per_page", VARIATIONS_MAX)
            .with("_fields", "id,sku,attributes");
        let Json::Array(rows) = self.client.ask(&ask).await?.json else {
            return Err(unclear("the list of variations is no list"));
        };
        let read = |row: &Json| {
            let options = row["attributes"].as_array().into_iter().flatten();
            let options: Vec<String> = options
                .filter_map(|one| one["option"].as_str())
                .map(wire::clean)
                .filter(|text| !text.is_empty())
                .collect();
            Some(ShopProduct {
                product,
                variation: Some(row["id"].as_i64()?),
                name: match options.is_empty() {
                    true => format!("{name}: any"),
                    false => format!("{name}: {}", options.join(", ")),
                },
                sku: row["sku"].as_str().unwrap_or_default().to_owned(),
                has_variations: false,
            })
        };
        Ok(rows.iter().filter_map(read).collect())
    }
}

/// One row of the products. An exact SKU brings a variation as a row of its own.
fn read(row: &Json) -> Option<ShopProduct> {
    let id = row["id"].as_i64()?;
    let is_variation = row["type"] == "variation";
    let parent = row["parent_id"].as_i64().filter(|parent| is_variation && 0 < *parent);
    Some(ShopProduct {
        product: parent.unwrap_or(id),
        variation: parent.map(|_| id),
        name: wire::clean(row["name"].as_str().unwrap_or_default()),
        sku: row["sku"].as_str().unwrap_or_default().to_owned(),
        has_variations: row["variations"].as_array().is_some_and(|list| !list.is_empty()),
    })
}
