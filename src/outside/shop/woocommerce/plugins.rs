//! The hidden rows in which personalisation plugins keep clean values (reference, 6.2).
//!
//! A row that is not understood gives nothing: the visible rows of the line still tell the rest.

use serde_json::Value as Json;

use super::wire::{clean, scalar, whole_address};
use crate::model::shop_order::{LineMeta, MetaSource};

/// Internal names of the rows read here; none of them is shown as it is.
const KNOWN: &[&str] = &[
    "_pao_ids",
    "_pao_total",
    "_tmcartepo_data",
    "_tm_epo",
    "_tm_epo_product_original_price",
    "_tm_epo_options_prices",
    "_wapf_meta",
    "_WCPA_order_meta_data",
    "_ppom_fields",
    "ppom_has_quantities",
    "_fpd_data",
    "fpd_data",
    "_fpd_print_order",
    "_fpd_product_thumbnail",
    "zakeke_data",
    "zakeke_configurator_data",
];

/// What a reader of a plugin's row needs to know besides the row.
pub(super) struct Around<'a> {
    /// `https://shop.example.com/wp-content/uploads`.
    pub(super) uploads: &'a str,
    pub(super) order_id: i64,
    pub(super) product_id: i64,
    /// The visible name of a row with this internal name.
    pub(super) title_of: &'a dyn Fn(&str) -> Option<String>,
}

/// The values in a plugin's row; `None` when the row is no plugin's.
pub(super) fn rows(key: &str, value: &Json, around: &Around<'_>) -> Option<Vec<LineMeta>> {
    if !KNOWN.contains(&key) {
        return None;
    }
    let rows = match key {
        "_pao_ids" => product_addons(value),
        "_tmcartepo_data" => extra_product_options(value),
        "_wapf_meta" => advanced_product_fields(value),
        "_WCPA_order_meta_data" => acowebs(value),
        "_ppom_fields" => ppom(value, around),
        "_fpd_data" | "fpd_data" => fancy_product_designer(value),
        "zakeke_data" => zakeke(value),
        _ => Vec::new(),
    };
    let rows = rows.into_iter();
    Some(rows.filter(|row| !row.key.is_empty() && !row.value.is_empty()).collect())
}

fn plugin(key: &str, value: String) -> LineMeta {
    LineMeta {
        key: clean(key).trim().to_owned(),
        value: whole_address(value),
        source: MetaSource::Plugin,
    }
}

/// Lists, and maps that PHP made of lists.
fn entries(value: &Json) -> Box<dyn Iterator<Item = &Json> + '_> {
    match value {
        Json::Array(list) => Box::new(list.iter()),
        Json::Object(map) => Box::new(map.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn text(value: &Json) -> String {
    clean(&scalar(value).unwrap_or_default())
}

/// `raw_value` has no price behind it; older versions do not have it.
fn product_addons(value: &Json) -> Vec<LineMeta> {
    let rows = entries(value).map(|row| {
        let value = match scalar(&row["raw_value"]) {
            Some(raw) => clean(&raw),
            None => text(&row["value"]),
        };
        plugin(row["key"].as_str().unwrap_or_default(), value)
    });
    rows.collect()
}

fn extra_product_options(value: &Json) -> Vec<LineMeta> {
    let rows = entries(value).map(|row| {
        let names = [&row["name"], &row["section_label"]];
        let names = names.into_iter().filter_map(Json::as_str);
        let name = names.into_iter().find(|name| !name.trim().is_empty());
        plugin(name.unwrap_or_default(), text(&row["value"]))
    });
    rows.collect()
}

/// What was typed stands in `raw` unescaped; of a choice that is only its short name.
fn advanced_product_fields(value: &Json) -> Vec<LineMeta> {
    const TYPED: &[&str] = &["text", "textarea", "email", "url", "number", "date", "tel"];
    let fields = match &value["fields"] {
        Json::Object(_) => &value["fields"],
        _ => value,
    };
    let rows = entries(fields).map(|field| {
        let is_typed = field["type"].as_str().is_some_and(|kind| TYPED.contains(&kind));
        let raw = field["raw"].as_str().filter(|_| is_typed);
        let value = match raw {
            Some(raw) => super::wire::composed(raw),
            None => text(&field["value"]),
        };
        plugin(field["label"].as_str().unwrap_or_default(), value)
    });
    rows.collect()
}

/// Sections with rows with fields, or in older versions a flat list of fields.
fn acowebs(value: &Json) -> Vec<LineMeta> {
    let mut found = Vec::new();
    let mut open: Vec<&Json> = entries(value).collect();
    open.reverse();
    while let Some(one) = open.pop() {
        match one {
            Json::Array(list) => open.extend(list.iter().rev()),
            Json::Object(map) if map.contains_key("label") => {
                let label = one["label"].as_str().unwrap_or_default();
                found.push(plugin(label, acowebs_value(&one["value"])));
            }
            Json::Object(map) => {
                let fields = map.get("fields").into_iter().flat_map(entries);
                open.extend(fields.collect::<Vec<_>>().into_iter().rev());
            }
            _ => {}
        }
    }
    found
}

/// A text, or a list of choices or files.
fn acowebs_value(value: &Json) -> String {
    if let Some(text) = scalar(value) {
        return clean(&text);
    }
    let parts = entries(value).filter_map(|part| {
        let names = [&part["url"], &part["label"], &part["value"], part];
        names.into_iter().find_map(scalar)
    });
    let parts: Vec<String> = parts.map(|part| clean(&part)).collect();
    parts.join(", ")
}

/// A file is named only by what the customer called it; where it lies follows from order and
/// product.
fn ppom(value: &Json, around: &Around<'_>) -> Vec<LineMeta> {
    let Json::Object(fields) = &value["fields"] else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "id") {
        let told = match value {
            Json::Object(files) => {
                let files = files.values().filter_map(|file| file["org"].as_str());
                let urls: Vec<String> = files.map(|file| ppom_url(file, around)).collect();
                urls.join(", ")
            }
            Json::Array(list) => {
                let parts: Vec<String> = list.iter().map(text).collect();
                parts.join(", ")
            }
            one => text(one),
        };
        if let Some(title) = (around.title_of)(name).filter(|title| title != name) {
            found.push(plugin(&title, told.clone()));
        }
        found.push(plugin(name, told));
    }
    found
}

fn ppom_url(file: &str, around: &Around<'_>) -> String {
    let file = percent_encoding::utf8_percent_encode(file, super::wire::IN_PATH);
    format!(
        "{}/ppom_files/confirmed/{}/{}-{file}",
        around.uploads, around.order_id, around.product_id
    )
}

/// A document in a text: views with elements.
fn fancy_product_designer(value: &Json) -> Vec<LineMeta> {
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    let document = parsed.as_ref().unwrap_or(value);
    let views = entries(&document["product"]);
    let elements = views.flat_map(|view| entries(&view["elements"]));
    let kept = elements.filter(|element| {
        let source = element["source"].as_str().unwrap_or_default();
        // A picture may stand here whole, as a data address.
        !source.starts_with("data:")
    });
    let rows = kept.map(|element| {
        let title = element["title"].as_str().unwrap_or_default();
        plugin(title, text(&element["source"]))
    });
    rows.collect()
}

/// Nothing here is printed: the print files come from Zakeke itself.
fn zakeke(value: &Json) -> Vec<LineMeta> {
    let hidden = |key: String, value: String| LineMeta { key, value, source: MetaSource::Hidden };
    let design = hidden("zakeke_data".to_owned(), text(&value["design"]));
    let previews = entries(&value["previews"]).map(|preview| {
        let label = text(&preview["label"]);
        hidden(format!("zakeke preview {label}"), text(&preview["url"]))
    });
    std::iter::once(design).chain(previews).collect()
}
