//! Products as far as a print program looks at them: id, name, SKU, price, variations (section 8).

use super::super::exchange::{Answer, Request, wp_error};
use super::{document, no_route};
use crate::sandbox::document::{Doc, map};
use crate::sandbox::shop::order::Product;
use crate::sandbox::shop::{Store, plain};

impl Store {
    /// `products`.
    pub(super) fn products(&self, request: &Request, rest: &[&str]) -> Answer {
        let found = rest.first().map(|id| {
            let id = id.parse().unwrap_or(0);
            (id, self.products.get(&id))
        });
        match (rest, found) {
            ([], _) => {
                let wanted = request.param("sku");
                let search = request.param("search").unwrap_or_default().to_lowercase();
                let products = self.products.iter().filter(|(_, product)| {
                    wanted.is_none_or(|sku| product.sku == sku)
                        && product.name.to_lowercase().contains(&search)
                });
                let rows: Vec<Doc> = products
                    .map(|(id, product)| self.product_document(*id, product))
                    .collect();
                let total = rows.len().to_string();
                document(request, Doc::List(rows))
                    .header("x-wp-total", total)
                    .header("x-wp-totalpages", "1")
            }
            ([_], Some((id, Some(product)))) => {
                document(request, self.product_document(id, product))
            }
            ([_, "variations"], Some((id, Some(product)))) => {
                let rows = product
                    .variations
                    .iter()
                    .map(|(variation_id, (name, sku))| {
                        map! {
                            "id" => *variation_id,
                            "type" => "variation",
                            "sku" => sku.as_str(),
                            "price" => plain(product.price),
                            "regular_price" => plain(product.price),
                            "status" => "publish",
                            "purchasable" => true,
                            "stock_status" => "instock",
                            "image" => Doc::Null,
                            "attributes" => Vec::new(),
                            "meta_data" => Vec::new(),
                            "name" => name.split(" - ").nth(1).unwrap_or(name),
                            "parent_id" => id,
                        }
                    });
                document(request, Doc::List(rows.collect()))
            }
            (_, Some((_, None))) => {
                wp_error(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
            }
            _ => no_route(),
        }
    }

    fn product_document(&self, id: i64, product: &Product) -> Doc {
        let kind = match product.variations.is_empty() {
            true => "simple",
            false => "variable",
        };
        let slug = product.name.to_lowercase().replace(' ', "-");
        map! {
            "id" => id,
            "name" => product.name.as_str(),
            "slug" => slug.as_str(),
            "permalink" => format!("{}/product/{slug}/", self.home),
            "type" => kind,
            "status" => "publish",
            "sku" => product.sku.as_str(),
            "price" => plain(product.price),
            "regular_price" => plain(product.price),
            "sale_price" => "",
            "purchasable" => true,
            "virtual" => false,
            "downloadable" => false,
            "parent_id" => 0,
            "images" => Vec::new(),
            "attributes" => Vec::new(),
            "variations" => product.variations.keys().copied().map(Doc::Int).collect::<Vec<_>>(),
            "meta_data" => Vec::new(),
            "stock_status" => "instock",
            "global_unique_id" => "",
        }
    }
}
