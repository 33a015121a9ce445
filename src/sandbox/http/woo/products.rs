//! Products as far as a print program looks at them: id, name, SKU, price, variations (section 8).
//!
//! Every key of a real document is there; those that no program here looks at have a usual value.

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
                let is_wanted = |product: &Product| {
                    wanted.is_none_or(|sku| product.sku == sku)
                        && product.name.to_lowercase().contains(&search)
                };
                let products = self.products.iter().filter(|(_, product)| is_wanted(product));
                let rows = products.map(|(id, product)| self.product_document(*id, product));
                let rows: Vec<Doc> = rows.collect();
                let total = rows.len().to_string();
                document(request, Doc::List(rows))
                    .header("x-wp-total", total)
                    .header("x-wp-totalpages", "1")
            }
            ([_], Some((id, Some(product)))) => {
                document(request, self.product_document(id, product))
            }
            ([_, "variations"], Some((id, Some(product)))) => {
                let ids = product.variations.keys();
                let rows = ids.filter_map(|variation| self.variation(id, product, *variation));
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
        let route = format!("{}/wp-json/wc/v3/products", self.home);
        let variations = product.variations.keys().copied().map(Doc::Int);
        let own = map! {
            "id" => id,
            "name" => product.name.as_str(),
            "slug" => slug.as_str(),
            "permalink" => format!("{}/product/{slug}/", self.home),
            "type" => kind,
            "sku" => product.sku.as_str(),
            "parent_id" => 0,
            "images" => Vec::new(),
            "variations" => variations.collect::<Vec<_>>(),
            "attributes" => Vec::new(),
            "_links" => map! {
                "self" => vec![map! {
                    "href" => format!("{route}/{id}"),
                    "targetHints" => allow(),
                }],
                "collection" => vec![map! { "href" => route.as_str() }],
            },
        };
        own.and(self.common(product)).and(of_products_alone())
    }

    fn variation(&self, parent_id: i64, product: &Product, id: i64) -> Option<Doc> {
        let (name, sku) = product.variations.get(&id)?;
        let parent = format!("{}/wp-json/wc/v3/products/{parent_id}", self.home);
        let words = name.split(" - ").nth(1).unwrap_or(name);
        let attributes = words.split(", ").map(|option| {
            map! { "id" => 0, "name" => "Option", "slug" => "option", "option" => option }
        });
        let own = map! {
            "id" => id,
            "type" => "variation",
            "permalink" => format!("{}/?product={parent_id}&variation={id}", self.home),
            "sku" => sku.as_str(),
            "image" => Doc::Null,
            "gallery_image_ids" => Vec::new(),
            "attributes" => attributes.collect::<Vec<_>>(),
            "name" => words,
            "parent_id" => parent_id,
            "_links" => map! {
                "self" => vec![map! {
                    "href" => format!("{parent}/variations/{id}"),
                    "targetHints" => allow(),
                }],
                "collection" => vec![map! { "href" => format!("{parent}/variations") }],
                "up" => vec![map! { "href" => parent.as_str() }],
            },
        };
        Some(own.and(self.common(product)))
    }

    /// What products and variations have alike.
    fn common(&self, product: &Product) -> Doc {
        let at = product.created_at;
        let price = plain(product.price);
        map! {
            "date_created" => self.local(at),
            "date_created_gmt" => at.zoneless_utc(),
            "date_modified" => self.local(at),
            "date_modified_gmt" => at.zoneless_utc(),
            "date_on_sale_from" => Doc::Null,
            "date_on_sale_from_gmt" => Doc::Null,
            "date_on_sale_to" => Doc::Null,
            "date_on_sale_to_gmt" => Doc::Null,
            "status" => "publish",
            "description" => "",
            "price" => price.as_str(),
            "regular_price" => price.as_str(),
            "sale_price" => "",
            "on_sale" => false,
            "purchasable" => true,
            "virtual" => false,
            "downloadable" => false,
            "downloads" => Vec::new(),
            "download_limit" => -1,
            "download_expiry" => -1,
            "tax_status" => "taxable",
            "tax_class" => "",
            "manage_stock" => false,
            "stock_quantity" => Doc::Null,
            "stock_status" => "instock",
            "backorders" => "no",
            "backorders_allowed" => false,
            "backordered" => false,
            "low_stock_amount" => Doc::Null,
            "weight" => "",
            "dimensions" => map! { "length" => "", "width" => "", "height" => "" },
            "shipping_class" => "",
            "shipping_class_id" => 0,
            "global_unique_id" => "",
            "menu_order" => 0,
            "meta_data" => Vec::new(),
        }
    }
}

fn of_products_alone() -> Doc {
    let texts = [
        "short_description",
        "external_url",
        "button_text",
        "purchase_note",
        "price_html",
        "post_password",
    ];
    let lists = [
        "upsell_ids",
        "cross_sell_ids",
        "categories",
        "brands",
        "tags",
        "default_attributes",
        "grouped_products",
        "related_ids",
    ];
    let named = map! {
        "catalog_visibility" => "visible",
        "featured" => false,
        "sold_individually" => false,
        "shipping_required" => true,
        "shipping_taxable" => true,
        "reviews_allowed" => true,
        "has_options" => false,
        "average_rating" => "0.00",
        "total_sales" => 0,
        "rating_count" => 0,
    };
    let texts = texts.map(|key| (key.into(), Doc::from("")));
    let lists = lists.map(|key| (key.into(), Doc::List(Vec::new())));
    named.and(Doc::Map(texts.into_iter().chain(lists).collect()))
}

fn allow() -> Doc {
    map! { "allow" => ["GET", "POST", "PUT", "PATCH", "DELETE"].map(Doc::from).to_vec() }
}
