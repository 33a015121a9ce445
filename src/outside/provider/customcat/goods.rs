//! CustomCat's catalogue, shipping methods and quotes. Catalogue answers have keys in lower case.

use serde_json::{Value as Json, json};

use super::CustomCatSettings;
use super::wire::text;
use crate::model::money::{Currency, Money};
use crate::model::provider_order::{CatalogueEntry, ProviderLine, ProviderOrder};
use crate::model::sku::{Need, NeedKind, Offer, Placed, ShippingMethod, SkuFacts, fit};

/// What a second printed side costs for each piece, in minor units: a client's own figure, so that a
/// quote is rather too high than too low.
const SECOND_SIDE_MINOR: i64 = 500;

/// Every variant on a page of the catalogue.
pub(super) fn catalogue(json: &Json) -> Vec<CatalogueEntry> {
    let wrapped = json["products"].as_array();
    let products = json.as_array().or(wrapped).into_iter().flatten();
    let mut found = Vec::new();
    for product in products {
        for variant in product["variants"].as_array().into_iter().flatten() {
            found.extend(sku_of(variant).map(|provider_sku| CatalogueEntry {
                provider_sku,
                title: title(product, variant),
                in_stock: in_stock(variant) != Some(false),
            }));
        }
    }
    found
}

/// The variant of this name in the answer about its blank.
pub(super) fn variant<'json>(product: &'json Json, sku: &str) -> Option<&'json Json> {
    let product = if product["product"].is_object() { &product["product"] } else { product };
    let mut variants = product["variants"].as_array()?.iter();
    variants.find(|variant| sku_of(variant).is_some_and(|found| found == sku))
}

fn sku_of(variant: &Json) -> Option<String> {
    let named = [&variant["catalog_sku"], &variant["catalog_sku_id"]];
    named.into_iter().map(text).find(|sku| !sku.is_empty())
}

fn title(product: &Json, variant: &Json) -> String {
    let parts = [&product["title"], &variant["color"], &variant["size"]].map(text);
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// Seen as a number, as text and as a truth; 0 is out of stock.
fn in_stock(variant: &Json) -> Option<bool> {
    let told = [&variant["in_stock"], &variant["instock"]].map(text);
    let told = told.into_iter().find(|word| !word.is_empty())?;
    Some(!matches!(told.trim().to_lowercase().as_str(), "0" | "false" | "no"))
}

/// What `/catalog/sku/{id}` says of a variant, and the answer about its blank where one was asked for.
/// `None` when the answer is about none.
pub(super) fn facts(
    sku: &str,
    json: &Json,
    product: &Json,
    settings: &CustomCatSettings,
) -> Option<SkuFacts> {
    let rows = [json, &json["sku"], &json["variant"]];
    let row = rows.into_iter().find(|row| sku_of(row).is_some())?;
    if sku_of(row)? != sku {
        return None;
    }
    let elsewhere = variant(product, sku).unwrap_or(&Json::Null);
    let titled = if text(&row["title"]).is_empty() { product } else { row };
    let described = if text(&row["color"]).is_empty() { elsewhere } else { row };
    let cost = [row, elsewhere].into_iter().find_map(|one| price(&text(&one["cost"]), settings));
    Some(SkuFacts {
        provider_sku: sku.to_owned(),
        title: title(titled, described),
        in_stock: in_stock(row).or_else(|| in_stock(elsewhere)),
        cost,
        needs: needs(),
        artwork: None,
    })
}

/// The number of the blank that a variant belongs to, where the answer names it.
pub(super) fn blank_of(json: &Json) -> Option<String> {
    let rows = [json, &json["sku"], &json["variant"]];
    let named = rows.into_iter().map(|row| text(&row["catalog_product_id"]));
    named.into_iter().find(|id| !id.is_empty())
}

/// A side, and for many goods a second one; which goods have two is not told.
fn needs() -> Vec<Need> {
    vec![Need::new("front", NeedKind::Picture, false), Need::new("back", NeedKind::Picture, false)]
}

/// The side that each file of a line is for: `front` or `back`, in the order of the files; else why
/// it cannot be told.
pub(super) fn sides(line: &ProviderLine) -> Result<Vec<&'static str>, String> {
    let areas = line.files.iter().map(|file| (file.area.as_str(), file.extension()));
    let offer = Offer { areas: areas.collect(), texts: Vec::new() };
    let placed = fit(&needs(), &offer).map_err(|faults| faults.join("; "))?;
    let mut sides = vec!["front"; line.files.len()];
    for (need, what) in placed {
        if let Placed::Area(place) = what {
            sides[place] = if need == 0 { "front" } else { "back" };
        }
    }
    Ok(sides)
}

/// A price that is told: 0.00 means that it is not known, never that it is free.
pub(super) fn price(told: &str, settings: &CustomCatSettings) -> Option<Money> {
    let currency = Currency::parse(&settings.currency)?;
    let plain = told.trim().trim_matches('"').trim_start_matches('$');
    Money::parse(plain, currency).filter(|price| 0 < price.minor)
}

/// The methods of the account.
pub(super) fn shipping_methods(json: &Json) -> Vec<ShippingMethod> {
    let rows = json.as_array().into_iter().flatten().map(|row| ShippingMethod {
        id: text(&row["shipping_id"]),
        name: text(&row["shipping_name"]),
    });
    rows.filter(|method| !method.name.is_empty()).collect()
}

/// The document that asks what sending costs, without the key.
pub(super) fn quote(order: &ProviderOrder) -> Json {
    let recipient = &order.recipient;
    let state = super::wire::state(recipient);
    let items = order
        .lines
        .iter()
        .map(|line| json!({ "catalog_sku": line.provider_sku, "quantity": line.quantity }));
    json!({
        "shipping_first_name": recipient.first_name,
        "shipping_last_name": recipient.last_name,
        "shipping_address1": recipient.address_1,
        "shipping_address2": recipient.address_2,
        "shipping_city": recipient.city,
        "shipping_state": state,
        "shipping_zip": recipient.postcode,
        "shipping_country": recipient.country,
        // The documents name these as well.
        "country": recipient.country,
        "country_code": recipient.country,
        "state": state,
        "items": items.collect::<Vec<_>>(),
    })
}

/// What the pieces of a line cost, at this price each.
pub(super) fn line_minor(line: &ProviderLine, each: Money) -> i64 {
    let second = if 1 < line.files.len() { SECOND_SIDE_MINOR } else { 0 };
    each.minor.saturating_add(second).saturating_mul(i64::from(line.quantity))
}
