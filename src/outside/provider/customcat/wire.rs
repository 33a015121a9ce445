//! CustomCat's documents. Answers are read without regard to case: order answers are in upper
//! case, catalogue answers in lower, and clients have seen both.

use serde_json::{Map, Value as Json, json};

use super::{CustomCatSettings, goods};
use crate::model::fulfilment::Reference;
use crate::model::money::{Currency, Money};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{
    Accepted, Contents, Mode, Progress, ProviderLine, ProviderOrder, ProviderParcel,
    ProviderStatus, Reach, Refusal,
};
use crate::model::recipient::Recipient;
use crate::outside::carrier;
use crate::outside::http::{Answer, Told, shorten};

/// The one sentence that means yes.
const ADDED: &str = "order added successfully";

/// The document that makes an order, without the key.
pub(super) fn order(
    reference: &Reference,
    order: &ProviderOrder,
    settings: &CustomCatSettings,
) -> Json {
    let recipient = &order.recipient;
    let (first_name, last_name) = names(order);
    let items: Vec<Json> = order.lines.iter().map(|line| item(line, settings)).collect();
    let mut document = json!({
        // Without this word an order is real, so it is always said, as text.
        "sandbox": match order.mode {
            Mode::Test => "1",
            Mode::Live => "0",
        },
        "order_id": reference.as_str(),
        "shipping_first_name": first_name,
        "shipping_last_name": last_name,
        "shipping_address1": recipient.address_1,
        "shipping_address2": address_2(order),
        "shipping_city": recipient.city,
        "shipping_state": state(recipient),
        "shipping_zip": recipient.postcode,
        "shipping_country": recipient.country,
        "shipping_email": recipient.email,
        "shipping_phone": recipient.phone,
        "shipping_method": order.shipping_method,
        "items": items,
    });
    let seller = &settings.seller;
    let fields = [
        ("seller_name", &seller.name),
        ("seller_phone", &seller.phone),
        ("seller_address1", &seller.address_1),
        ("seller_address2", &seller.address_2),
        ("seller_city", &seller.city),
        ("seller_state", &seller.state),
        ("seller_zip", &seller.postcode),
        ("seller_country", &seller.country),
    ];
    for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        document[key] = value.as_str().into();
    }
    document
}

/// The state alone, where the shop writes the country before it.
pub(super) fn state(recipient: &Recipient) -> &str {
    let state = recipient.state.as_str();
    let bare = state.strip_prefix(recipient.country.as_str());
    bare.and_then(|rest| rest.strip_prefix('-')).unwrap_or(state)
}

/// There is no field for a company: without a person's name it stands in that place.
fn names(order: &ProviderOrder) -> (String, String) {
    let recipient = &order.recipient;
    let first = recipient.first_name.trim();
    let last = recipient.last_name.trim();
    match (first, last) {
        ("", "") => (recipient.company.clone(), "-".to_owned()),
        ("", last) => ("-".to_owned(), last.to_owned()),
        (first, "") => (first.to_owned(), "-".to_owned()),
        (first, last) => (first.to_owned(), last.to_owned()),
    }
}

fn address_2(order: &ProviderOrder) -> String {
    let recipient = &order.recipient;
    let has_name = !recipient.name().is_empty();
    let company = Some(recipient.company.trim()).filter(|_| has_name);
    let parts = [company.unwrap_or_default(), recipient.address_2.trim()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// The back is a side of its own; any other area is the one side there is.
fn item(line: &ProviderLine, settings: &CustomCatSettings) -> Json {
    let mut item = json!({
        "catalog_sku": line.provider_sku,
        "quantity": line.quantity,
        "design_url": "",
        "line_item_id": line.key,
    });
    let sides = goods::sides(line).unwrap_or_default();
    for (file, side) in line.files.iter().zip(sides) {
        let (key, mockup_key) = match side == "back" {
            true => ("design_url_back", "mockup_url_back"),
            false => ("design_url", "mockup_url"),
        };
        item[key] = file.url.as_str().into();
        if let Some((url, _)) = &file.mockup {
            item[mockup_key] = url.as_str().into();
        }
    }
    let presets = &settings.presets;
    if let Some(preset) = presets.get(&line.provider_sku).or_else(|| presets.get("*")) {
        item["preset_id"] = (*preset).into();
    }
    if settings.embedded_dpi {
        item["use_embedded_dpi"] = true.into();
    }
    item
}

/// Why an order cannot be told in CustomCat's document, before anything is sent.
pub(super) fn misfit(order: &ProviderOrder) -> Option<Problem> {
    let recipient = &order.recipient;
    // Without a telephone number its server breaks, which would leave a doubt.
    let lacks = [("a telephone number", &recipient.phone), ("an e-mail address", &recipient.email)];
    if let Some((what, _)) = lacks.into_iter().find(|(_, value)| value.trim().is_empty()) {
        let detail = format!("CustomCat demands {what}; set a fallback in the provider's settings");
        return Some(Problem::new(What::AddressIncomplete, "CustomCat", detail));
    }
    order.lines.iter().find_map(|line| {
        let fault = match goods::sides(line) {
            Ok(sides) if sides.is_empty() => "it has no print file".to_owned(),
            Ok(_) => line.odd_file()?,
            Err(fault) => fault,
        };
        let detail = format!("CustomCat prints a front and a back of {}: {fault}", line.title);
        Some(Problem::new(What::ProviderNeeds, line.key.clone(), detail))
    })
}

/// Reads the answer to a new order.
pub(super) fn told(answer: &Answer, reference: &Reference) -> Told<Accepted, Refusal> {
    let json = document(&answer.body).unwrap_or_default();
    let said = error_text(answer, &json);
    if said.to_lowercase().contains("duplicate order") {
        return Told::Already(said);
    }
    let id = text(&json["customcat_order_id"]);
    if json["msg"].as_str().is_some_and(|msg| msg.trim().eq_ignore_ascii_case(ADDED)) {
        let echo = text(&json["order_id"]);
        return match (id.is_empty(), echo.is_empty() || echo == reference.as_str()) {
            (false, true) => Told::Yes(Accepted { provider_order_id: id, price: None }),
            (true, _) => Told::Nothing("the answer has no number".to_owned()),
            (_, false) => Told::Nothing(format!("the answer is about {}", shorten(&echo))),
        };
    }
    match said.is_empty() {
        true => Told::Nothing(String::new()),
        false => Told::No(refusal(answer.status, said, &json)),
    }
}

/// The words of an error: a header, one of three keys, the reason phrase of the status, or a plain
/// body; seen in each place, and read in this order.
pub(super) fn error_text(answer: &Answer, json: &Json) -> String {
    let header = answer.header("x-fail-message").trim();
    if !header.is_empty() {
        return shorten(header);
    }
    for key in ["error", "error_description", "msg"] {
        let said = text(&json[key]);
        if !said.trim().is_empty() {
            return shorten(&said);
        }
    }
    match std::str::from_utf8(&answer.body) {
        _ if !answer.reason.is_empty() => shorten(&answer.reason),
        Ok(said) if !answer.is_page() && !said.trim_start().starts_with(['{', '[']) => {
            shorten(said)
        }
        _ => String::new(),
    }
}

fn refusal(status: u16, said: String, json: &Json) -> Refusal {
    let is_account = matches!(status, 401 | 403) || said.to_lowercase().contains("charge failed");
    let suggestions = json["suggestions"].as_array().into_iter().flatten();
    Refusal {
        problem: Problem::new(What::Refused, "CustomCat", said),
        reach: match is_account {
            true => Reach::Account,
            false => Reach::Order,
        },
        suggestions: suggestions.map(address).filter(|line| !line.is_empty()).collect(),
    }
}

fn address(json: &Json) -> String {
    let keys = ["address1", "address2", "city", "state", "zipcode", "country"];
    let parts = keys.map(|key| text(&json[key]));
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    parts.join(", ")
}

/// Reads a status; the error names what is missing.
pub(super) fn status(
    json: &Json,
    settings: &CustomCatSettings,
) -> Result<ProviderStatus, &'static str> {
    let id = text(&json["customcat_order_id"]);
    if id.is_empty() {
        return Err("CUSTOMCAT_ORDER_ID is missing");
    }
    let word = text(&json["order_status"]);
    if word.is_empty() {
        return Err("ORDER_STATUS is missing");
    }
    let lines = json["line_items"].as_array().into_iter().flatten();
    let lines: Vec<String> = lines.map(|line| text(&line["status"]).to_lowercase()).collect();
    let shipments = json["shipments"].as_array().into_iter().flatten();
    let price = text(&json["order_total"]);
    let currency = Currency::parse(&settings.currency);
    Ok(ProviderStatus {
        provider_order_id: id,
        progress: progress(&word, &lines),
        word,
        parcels: shipments.filter_map(parcel).collect(),
        lines: None,
        can_correct: false,
        price: currency.and_then(|currency| Money::parse(&price, currency)),
    })
}

/// An unknown word is never taken for shipped. A line that failed its check is made anew.
fn progress(word: &str, lines: &[String]) -> Progress {
    let is_cancelled = |line: &String| matches!(line.as_str(), "cancelled" | "canceled");
    let word = word.trim().to_lowercase();
    if !lines.is_empty() && lines.iter().all(is_cancelled) && word != "shipped" {
        return Progress::Cancelled;
    }
    match word.as_str() {
        "pending" | "in queue" => Progress::Accepted { held: None },
        "verified" => Progress::InProduction,
        "shipped" => Progress::Shipped,
        "cancelled" | "canceled" => Progress::Cancelled,
        _ => Progress::Unknown,
    }
}

/// A parcel says only how many pieces it holds, and has no address of its own.
fn parcel(json: &Json) -> Option<ProviderParcel> {
    let number = text(&json["tracking_id"]);
    if number.is_empty() {
        return None;
    }
    let vendor = text(&json["vendor"]);
    let pieces = text(&json["number_items"]).parse().ok();
    Some(ProviderParcel {
        key: number.clone(),
        tracking_url: carrier::tracking_url(&vendor, &number),
        carrier: vendor,
        contents: pieces.map_or(Contents::Untold, Contents::Pieces),
        tracking_number: number,
    })
}

/// A document with every key in lower case.
pub(super) fn document(body: &[u8]) -> Option<Json> {
    serde_json::from_slice(body).ok().map(lower_keys)
}

fn lower_keys(json: Json) -> Json {
    match json {
        Json::Object(map) => {
            let entries = map.into_iter();
            let entries = entries.map(|(key, value)| (key.to_lowercase(), lower_keys(value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Json::Array(list) => list.into_iter().map(lower_keys).collect(),
        other => other,
    }
}

/// A text, or a number or truth as text.
pub(super) fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(truth) => truth.to_string(),
        Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
    }
}
