//! ShineOn's documents, version 1.

use serde_json::{Map, Value as Json, json};

use super::ShineOnSettings;
use crate::model::fulfilment::Reference;
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{
    Accepted, CatalogueEntry, Contents, Mode, Progress, ProviderLine, ProviderOrder,
    ProviderParcel, ProviderStatus, Reach, Refusal,
};
use crate::model::recipient::Recipient;
use crate::outside::carrier;
use crate::outside::http::{Answer, Told, shorten};

/// What ShineOn itself puts on a product, by the name that it takes for it.
const PROPERTIES: &[&str] = &["engraving_line_1", "engraving_line_2", "engraving_font", "size_us"];
/// Begins the name of a blank; any other name is a product made in ShineOn's app.
const TEMPLATE: &str = "PT-";

/// The document that makes or replaces an order.
pub(super) fn order(
    reference: &Reference,
    order: &ProviderOrder,
    settings: &ShineOnSettings,
) -> Json {
    let lines: Vec<Json> = order.lines.iter().map(|one| line(one, settings)).collect();
    let mut document = json!({
        "source_id": reference.as_str(),
        "shipment_notification_url": order.hook_url,
        "email": order.recipient.email,
        "test": order.mode == Mode::Test,
        "ready": 1,
        "line_items": lines,
        "shipping_address": address(&order.recipient),
    });
    if !order.shipping_method.is_empty() {
        document["shipping_method"] = order.shipping_method.as_str().into();
    }
    json!({ "order": document })
}

fn line(line: &ProviderLine, settings: &ShineOnSettings) -> Json {
    let mut properties = Map::new();
    for file in &line.files {
        properties.insert("print_url".to_owned(), file.url.as_str().into());
    }
    for (key, text) in &line.texts {
        let plain = key.trim().to_lowercase().replace(['-', ' '], "_");
        let known = PROPERTIES.iter().find(|known| **known == plain);
        let named = settings.properties.get(key).map(String::as_str);
        if let Some(name) = named.or(known.copied()) {
            properties.insert(name.to_owned(), text.as_str().into());
        }
    }
    let name = match line.provider_sku.starts_with(TEMPLATE) {
        true => "product_template",
        false => "sku",
    };
    json!({
        "store_line_item_id": line.key,
        name: line.provider_sku,
        "quantity": line.quantity,
        "properties": properties,
    })
}

/// Some countries need a province where the shop has none; the city serves (seen for Israel).
fn address(recipient: &Recipient) -> Json {
    let state = recipient.state.trim();
    let code = state.strip_prefix(&format!("{}-", recipient.country)).unwrap_or(state);
    let is_code = !code.is_empty() && code.len() <= 3;
    let name = match recipient.name() {
        name if name.is_empty() => recipient.company.clone(),
        name => name,
    };
    let mut document = json!({
        "name": name,
        "company": recipient.company,
        "address1": recipient.address_1,
        "address2": recipient.address_2,
        "city": recipient.city,
        "zip": recipient.postcode,
        "country_code": recipient.country,
        "phone": recipient.phone,
    });
    match (is_code, state.is_empty()) {
        (true, _) => document["province_code"] = code.into(),
        (false, false) => document["province"] = state.into(),
        (false, true) => {
            if recipient.country == "IL" {
                document["province"] = recipient.city.as_str().into();
            }
        }
    }
    document
}

/// Why an order cannot be told in this version's document, before anything is sent.
pub(super) fn misfit(order: &ProviderOrder) -> Option<Refusal> {
    let line = order.lines.iter().find(|line| 1 < line.files.len())?;
    let areas: Vec<&str> = line.files.iter().map(|file| file.area.as_str()).collect();
    let detail = format!(
        "ShineOn takes one picture for each line; {} has: {}",
        line.title,
        areas.join(", ")
    );
    Some(Refusal {
        problem: Problem::new(What::Refused, line.key.clone(), detail),
        reach: Reach::Order,
        suggestions: Vec::new(),
    })
}

/// Reads the answer to a new or replaced order, and compares its echo with what was sent.
pub(super) fn told(
    answer: &Answer,
    reference: &Reference,
    sent: &ProviderOrder,
) -> Told<Accepted, Refusal> {
    let Ok(json) = serde_json::from_slice::<Json>(&answer.body) else {
        return Told::Nothing(String::new());
    };
    let said = error_text(&json);
    if !said.is_empty() {
        let words = said.to_lowercase();
        let is_there = ["already", "duplicate"].iter().any(|word| words.contains(word));
        return match is_there && !words.contains("tracking") {
            true => Told::Already(said),
            false => Told::No(refusal(answer.status, said)),
        };
    }
    let order = &json["order"];
    let id = text(&order["id"]);
    if id.is_empty() {
        return Told::Nothing("the answer has no number".to_owned());
    }
    if !is_about(order, reference) {
        return Told::Nothing("the answer is about another order".to_owned());
    }
    let mut ours: Vec<(String, u32)> =
        sent.lines.iter().map(|line| (line.key.clone(), line.quantity)).collect();
    let mut theirs = lines(order);
    ours.sort();
    theirs.sort();
    match theirs.is_empty() || ours == theirs {
        true => Told::Yes(Accepted { provider_order_id: id, price: None }),
        false => Told::Nothing(format!("order {} holds other lines", shorten(&id))),
    }
}

/// The words of an error document; empty when it is none.
pub(super) fn error_text(json: &Json) -> String {
    let keys = ["error", "message"];
    let said = keys.iter().map(|key| match &json[*key] {
        Json::Object(map) => Json::Object(map.clone()).to_string(),
        value => text(value),
    });
    said.filter(|said| !said.is_empty()).map(|said| shorten(&said)).next().unwrap_or_default()
}

fn refusal(status: u16, said: String) -> Refusal {
    Refusal {
        problem: Problem::new(What::Refused, "ShineOn", said),
        reach: match status {
            401..=403 => Reach::Account,
            _ => Reach::Order,
        },
        suggestions: Vec::new(),
    }
}

/// Whether an order carries our reference, in either of the places where it has been seen.
pub(super) fn is_about(order: &Json, reference: &Reference) -> bool {
    let places = [&order["source_id"], &order["store_order_id"]].map(text);
    places.iter().any(|place| place == reference.as_str())
}

/// Our line keys and pieces.
fn lines(order: &Json) -> Vec<(String, u32)> {
    let rows = order["line_items"].as_array().into_iter().flatten();
    rows.map(|row| {
        let quantity = text(&row["quantity"]).parse().unwrap_or(0);
        (text(&row["store_line_item_id"]), quantity)
    })
    .collect()
}

/// Reads an order's state; the error names what is missing.
pub(super) fn status(order: &Json) -> Result<ProviderStatus, &'static str> {
    let id = text(&order["id"]);
    let word = text(&order["status"]);
    if id.is_empty() {
        return Err("the order's id is missing");
    }
    if word.is_empty() {
        return Err("the order's status is missing");
    }
    let reason = text(&order["on_hold_reason"]);
    let progress = match word.as_str() {
        "on_hold" => Progress::Accepted { held: (!reason.is_empty()).then(|| shorten(&reason)) },
        "awaiting_payment" => Progress::Accepted { held: None },
        "in_production" => Progress::InProduction,
        "shipped" => Progress::Shipped,
        "cancelled" => Progress::Cancelled,
        _ => Progress::Unknown,
    };
    Ok(ProviderStatus {
        provider_order_id: id,
        can_correct: matches!(word.as_str(), "on_hold" | "awaiting_payment"),
        progress,
        word,
        parcels: parcels(order),
        lines: order["line_items"].is_array().then(|| lines(order)),
        price: None,
    })
}

/// Tracking stands on each line; lines with one number travel together.
fn parcels(order: &Json) -> Vec<ProviderParcel> {
    let mut parcels: Vec<ProviderParcel> = Vec::new();
    for row in order["line_items"].as_array().into_iter().flatten() {
        let number = text(&row["tracking_number"]);
        if number.is_empty() {
            continue;
        }
        let pieces = text(&row["quantity"]).parse().unwrap_or(0);
        let line = (text(&row["store_line_item_id"]), pieces);
        let known = parcels.iter_mut().find(|parcel| parcel.tracking_number == number);
        match known.map(|parcel| &mut parcel.contents) {
            Some(Contents::Lines(lines)) => lines.push(line),
            _ => {
                let company = text(&row["tracking_company"]);
                parcels.push(ProviderParcel {
                    key: number.clone(),
                    tracking_url: carrier::tracking_url(&company, &number),
                    carrier: company,
                    tracking_number: number,
                    contents: Contents::Lines(vec![line]),
                });
            }
        }
    }
    parcels
}

/// Products made in the app, and blanks.
pub(super) fn catalogue(json: &Json) -> Vec<CatalogueEntry> {
    let lists = [&json["skus"], &json["product_templates"], &json["data"]];
    let rows = lists.into_iter().filter_map(Json::as_array).flatten();
    let entries = rows.filter_map(|row| {
        let names = [&row["sku"], &row["product_template"]].map(text);
        let provider_sku = names.into_iter().find(|name| !name.is_empty())?;
        let titles = [&row["title"], &row["product_title"]].map(text);
        let title = titles.into_iter().find(|title| !title.is_empty()).unwrap_or_default();
        let parts = [title, text(&row["variant_title"])];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Some(CatalogueEntry { provider_sku, title: parts.join(", "), in_stock: true })
    });
    entries.collect()
}

/// A text, or a number as text.
pub(super) fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
    }
}
