//! ShineOn's products and blanks: what each needs, and in which version of the document it is told.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::ShineOnSettings;
use super::wire::text;
use crate::model::design::PixelSize;
use crate::model::money::{Currency, Money};
use crate::model::provider_order::CatalogueEntry;
use crate::model::sku::{Need, NeedKind, SkuFacts, plain};

/// Begins the name of a blank; any other name is a product made in ShineOn's app.
pub(super) const TEMPLATE: &str = "PT-";

/// How the wishes of a line are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Version 1: `properties` with the names that ShineOn itself gives.
    Properties,
    /// Version 2: `personalizations` with the keys of the blank.
    Personalizations,
}

/// A blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) facts: SkuFacts,
    pub(super) form: Form,
}

/// The blanks that an order names; `None` where ShineOn has none of that name.
pub(super) type Templates = BTreeMap<String, Option<Template>>;

/// Products made in the app, and blanks.
pub(super) fn catalogue(json: &Json) -> Vec<CatalogueEntry> {
    let entries = rows(json).filter_map(|row| {
        let names = [&row["sku"], &row["product_template"]].map(text);
        let provider_sku = names.into_iter().find(|name| !name.is_empty())?;
        Some(CatalogueEntry { provider_sku, title: title(row), in_stock: true })
    });
    entries.collect()
}

/// The rows of a list, under whichever name it has been seen.
pub(super) fn rows(json: &Json) -> impl Iterator<Item = &Json> {
    let lists = [&json["skus"], &json["product_templates"], &json["data"]];
    lists.into_iter().filter_map(Json::as_array).flatten()
}

fn title(row: &Json) -> String {
    let titles = [&row["title"], &row["product_title"]].map(text);
    let title = titles.into_iter().find(|title| !title.is_empty()).unwrap_or_default();
    let parts = [title, text(&row["variant_title"])];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// What `/v1/skus/{sku}` says, in either wrapping; `None` when it is about another one.
pub(super) fn product(sku: &str, json: &Json, settings: &ShineOnSettings) -> Option<SkuFacts> {
    let row = if json["sku"].is_object() { &json["sku"] } else { json };
    if text(&row["sku"]) != sku {
        return None;
    }
    Some(facts(sku, row, properties(&row["properties"], row, settings), settings))
}

/// What an answer about one blank says, in either wrapping; `None` when it is about another one.
pub(super) fn template(name: &str, json: &Json, settings: &ShineOnSettings) -> Option<Template> {
    let wrapped = &json["product_template"];
    let row = if wrapped.is_object() { wrapped } else { json };
    if text(&row["product_template"]) != name {
        return None;
    }
    let keys = row["personalizations"].as_array().into_iter().flatten();
    let keyed: Vec<Need> = keys.filter_map(|one| personalization(one, settings)).collect();
    let (form, needs) = match keyed.is_empty() {
        true => (Form::Properties, properties(&row["metafields"], row, settings)),
        false => (Form::Personalizations, keyed),
    };
    Some(Template { facts: facts(name, row, needs, settings), form })
}

fn facts(sku: &str, row: &Json, needs: Vec<Need>, settings: &ShineOnSettings) -> SkuFacts {
    let currency = Currency::parse(&settings.currency);
    let cost = currency.and_then(|currency| Money::parse(&text(&row["base_cost"]), currency));
    SkuFacts {
        provider_sku: sku.to_owned(),
        title: title(row),
        in_stock: None,
        cost: cost.filter(|cost| 0 < cost.minor),
        needs,
        artwork: artwork(row),
    }
}

/// The size that the art is constrained to; `upload_min_*` is advice beside it.
fn artwork(row: &Json) -> Option<PixelSize> {
    let first = &row["transformations"][0]["artwork"];
    let places = [
        (first, "width", "height"),
        (&row["artwork"], "optimized_width", "optimized_height"),
        (row, "optimized_width", "optimized_height"),
        (row, "upload_min_width", "upload_min_height"),
    ];
    places.into_iter().find_map(|(place, width, height)| {
        let number = |key: &str| text(&place[key]).parse::<f64>().ok().filter(|n| 1.0 <= *n);
        let (width, height) = (number(width)?, number(height)?);
        Some(PixelSize { width_px: width as u32, height_px: height as u32 })
    })
}

/// What a kind of product needs, by its signs.
fn properties(signs: &Json, row: &Json, settings: &ShineOnSettings) -> Vec<Need> {
    let count = |key: &str| {
        let places = [&signs[key], &row[key]].map(text);
        places.iter().find_map(|told| told.parse::<u32>().ok()).unwrap_or(0)
    };
    let mut needs = Vec::new();
    if 0 < count("buyer_uploads") {
        needs.push(Need::new("print_url", NeedKind::Picture, true));
    }
    for nth in 1..=count("engravings").min(2) {
        // A customer may leave the second line empty.
        needs.push(Need::new(&format!("Engraving Line {nth}"), NeedKind::Text, nth == 1));
    }
    let sized = [&signs["size_option"], &row["size_option"]];
    if sized.into_iter().any(|told| *told == true || matches!(text(told).as_str(), "1" | "true")) {
        needs.push(Need::new("Size (US)", NeedKind::Choice, true));
    }
    needs.into_iter().map(|need| named(need, settings)).collect()
}

fn personalization(row: &Json, settings: &ShineOnSettings) -> Option<Need> {
    let key = text(&row["key"]);
    let kind = match text(&row["type"]).as_str() {
        "image_url" => NeedKind::Picture,
        "svg_url" => NeedKind::Svg,
        "choice" => NeedKind::Choice,
        _ => NeedKind::Text,
    };
    let told = &row["required"];
    let required = *told == true || matches!(text(told).as_str(), "1" | "true");
    (!key.is_empty()).then(|| named(Need::new(&key, kind, required), settings))
}

/// The need, with the fields that the settings send there.
fn named(mut need: Need, settings: &ShineOnSettings) -> Need {
    let named = settings.properties.iter().filter(|(_, name)| plain(name) == plain(&need.key));
    need.fields = named.map(|(field, _)| field.clone()).collect();
    need
}
