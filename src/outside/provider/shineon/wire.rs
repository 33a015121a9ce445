//! ShineOn's documents: orders of version 1 and 2, which differ in the form of a line alone.

use serde_json::{Map, Value as Json, json};

use super::ShineOnSettings;
use super::goods::{Form, TEMPLATE, Template, Templates};
use crate::model::fulfilment::Reference;
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{
    Accepted, Contents, Mode, Progress, ProviderLine, ProviderOrder, ProviderParcel,
    ProviderStatus, Reach, Refusal,
};
use crate::model::recipient::Recipient;
use crate::model::sku::{Offer, Placed, fit, plain};
use crate::outside::carrier;
use crate::outside::http::{Answer, Told, shorten};

/// What ShineOn itself puts on a product, by the name that it takes for it.
const PROPERTIES: &[&str] = &["engraving_line_1", "engraving_line_2", "engraving_font", "size_us"];
/// The version of the interface that an order is told in, and its document; else why it cannot be
/// told. `ready` is 0 for an order that is to stay on hold.
pub(super) fn order(
    reference: &Reference,
    order: &ProviderOrder,
    settings: &ShineOnSettings,
    templates: &Templates,
    ready: u8,
) -> Result<(&'static str, Json), Problem> {
    let form = form(order, templates)?;
    let mut lines = Vec::new();
    for one in &order.lines {
        lines.push(line(one, settings, templates)?);
    }
    let mut document = json!({
        "source_id": reference.as_str(),
        "shipment_notification_url": order.hook_url,
        "email": order.recipient.email,
        "test": order.mode == Mode::Test,
        "ready": ready,
        "line_items": lines,
        "shipping_address": address(&order.recipient, settings),
    });
    if !order.shipping_method.is_empty() {
        document["shipping_method"] = order.shipping_method.as_str().into();
    }
    let version = match form {
        Form::Properties => "v1",
        Form::Personalizations => "v2",
    };
    Ok((version, json!({ "order": document })))
}

/// The one form of all lines: an order of either version holds lines of that version alone.
pub(super) fn form(order: &ProviderOrder, templates: &Templates) -> Result<Form, Problem> {
    let of_line = |line: &ProviderLine| match templates.get(&line.provider_sku) {
        Some(Some(template)) => template.form,
        Some(None) | None => Form::Properties,
    };
    let first = order.lines.first().map_or(Form::Properties, of_line);
    match order.lines.iter().find(|line| of_line(line) != first) {
        None => Ok(first),
        Some(other) => {
            let first = &order.lines[0].provider_sku;
            let detail = format!(
                "{first} and {} are ordered in different versions of ShineOn's interface, each in \
                 an order of its own: set together = \"item\" for the shop",
                other.provider_sku
            );
            Err(Problem::new(What::ProviderNeeds, other.key.clone(), detail))
        }
    }
}

fn line(
    line: &ProviderLine,
    settings: &ShineOnSettings,
    templates: &Templates,
) -> Result<Json, Problem> {
    let name = match line.provider_sku.starts_with(TEMPLATE) {
        true => "product_template",
        false => "sku",
    };
    let mut document = json!({
        "store_line_item_id": line.key,
        name: line.provider_sku,
        "quantity": line.quantity,
    });
    let problem = |words: String| Problem::new(What::ProviderNeeds, line.key.clone(), words);
    match templates.get(&line.provider_sku) {
        Some(None) => Err(problem(format!("ShineOn has no blank {}", line.provider_sku))),
        Some(Some(template)) if template.form == Form::Personalizations => {
            let wishes = personalizations(line, template).map_err(|faults| {
                problem(format!("{} ({}): {faults}", line.provider_sku, line.title))
            })?;
            document["personalizations"] = wishes.into();
            Ok(document)
        }
        Some(Some(_)) | None if 1 < line.files.len() => {
            let areas: Vec<&str> = line.files.iter().map(|file| file.area.as_str()).collect();
            let areas = areas.join(", ");
            let title = &line.title;
            Err(problem(format!("ShineOn takes one picture for {title}, which has: {areas}")))
        }
        Some(Some(_)) | None => {
            if let Some(odd) = line.odd_file() {
                return Err(problem(format!("ShineOn cannot take {}: {odd}", line.title)));
            }
            document["properties"] = properties(line, settings).into();
            Ok(document)
        }
    }
}

/// The wishes of a line under the keys of its blank.
fn personalizations(line: &ProviderLine, template: &Template) -> Result<Vec<Json>, String> {
    let texts: Vec<&(String, String)> =
        line.texts.iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    let offer = Offer {
        areas: line.files.iter().map(|file| (file.area.as_str(), file.extension())).collect(),
        texts: texts.iter().map(|(key, _)| key.as_str()).collect(),
    };
    let needs = &template.facts.needs;
    let placed = fit(needs, &offer).map_err(|faults| faults.join("; "))?;
    let wishes = placed.into_iter().map(|(need, what)| {
        let value = match what {
            Placed::Area(place) => line.files[place].url.as_str(),
            Placed::Text(place) => texts[place].1.as_str(),
        };
        json!({ "key": needs[need].key, "value": value })
    });
    Ok(wishes.collect())
}

/// The wishes of a line under the names of version 1.
fn properties(line: &ProviderLine, settings: &ShineOnSettings) -> Map<String, Json> {
    let mut properties = Map::new();
    for file in &line.files {
        properties.insert("print_url".to_owned(), file.url.as_str().into());
    }
    for (key, text) in &line.texts {
        let known = PROPERTIES.iter().find(|known| **known == plain(key));
        let named = settings.properties.get(key).map(String::as_str);
        if let Some(name) = named.or(known.copied()) {
            properties.insert(name.to_owned(), text.as_str().into());
        }
    }
    properties
}

/// Some countries need a province where the shop has none; the city serves (seen for Israel).
fn address(recipient: &Recipient, settings: &ShineOnSettings) -> Json {
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
            if settings.city_as_province.contains(&recipient.country) {
                document["province"] = recipient.city.as_str().into();
            }
        }
    }
    document
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
        "on_hold" => Progress::Accepted { held: Some(shorten(&reason)) },
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

/// A text, or a number as text.
pub(super) fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(_) | Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
    }
}
