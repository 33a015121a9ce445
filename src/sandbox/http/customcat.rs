//! CustomCat over HTTP: upper-case keys, errors in headers, keys in the query (providers reference).

use serde_json::Value as Json;

use super::exchange::{Answer, Effect, Request};
use crate::model::fulfilment::Reference;
use crate::model::id::Hash;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    CancelAnswer, CatalogueEntry, Mode, ProviderFile, ProviderLine, ProviderOrder, Refusal,
};
use crate::model::recipient::Recipient;
use crate::model::time::Moment;
use crate::sandbox::core::Core;
use crate::sandbox::document::{Doc, map};
use crate::sandbox::fault::{Call, Fault};
use crate::sandbox::provider::{
    Book, Dialect, ErrorPlace, LedgerEntry, Making, SandboxWord, Verdict,
};
use crate::sandbox::shop::plain;

/// Answers one request.
pub(super) fn answer(book: &mut Book, core: &mut Core, request: &Request) -> Answer {
    let parts: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let Some(route) = parts.strip_prefix(&["api", "v1"]) else {
        return fail(book, 404, "Not Found");
    };
    let json = lower_keys(request.json().unwrap_or(Json::Null));
    let key = request.param("api_key").or(json["api_key"].as_str()).unwrap_or_default();
    if key != book.settings.key && key != book.settings.key_read_only {
        return fail(book, 401, "Unauthorized");
    }
    let is_quote = matches!(route, ["shipping", _]);
    if !request.is_read() && !is_quote && key != book.settings.key {
        return fail(book, 403, "Forbidden");
    }
    match (request.method.as_str(), route) {
        ("POST", ["order", reference]) => create(book, core, &json, reference),
        ("GET", ["order", "status", reference]) => {
            let fault = core.strike(Call::Find);
            match book.found(core, reference, &fault) {
                _ if fault == Some(Fault::AskUnclear) => fail(book, 502, "Bad Gateway"),
                _ if fault == Some(Fault::AskNotAllowed) => fail(book, 401, "Unauthorized"),
                Some(entry) => Answer::json(200, &status(book, entry, core.now)),
                None => fail(book, 404, "Order not found"),
            }
        }
        ("DELETE", ["order", reference]) => {
            let Some(entry) = book.by_reference(reference) else {
                return fail(book, 404, "Order not found");
            };
            let id = entry.provider_order_id.clone();
            let is_lost = core.strike(Call::Cancel) == Some(Fault::CancelDoneAnswerLost);
            match book.cancel(core, &id) {
                CancelAnswer::Cancelled if is_lost => {
                    Answer::json(200, &Doc::Null).with(Effect::Drop)
                }
                CancelAnswer::Cancelled => {
                    Answer::json(200, &map! { "MSG" => "Order cancelled successfully" })
                }
                CancelAnswer::Refused(words) | CancelAnswer::Unclear(words) => {
                    fail(book, 400, &words)
                }
            }
        }
        ("GET", ["shipping"]) => shipping_methods(book),
        ("POST", ["shipping", id]) => quote(book, core, &json, id),
        ("GET", ["catalog", "sku", sku]) => variant(book, sku),
        ("GET", ["catalog"]) => catalogue(book, request),
        ("GET", ["catalog", blank]) => {
            let mut entries = book.settings.catalogue.iter();
            match entries.find(|entry| entry.provider_sku == *blank) {
                Some(entry) => Answer::json(200, &blank_document(book, entry)),
                None => fail(book, 404, "Product not found"),
            }
        }
        (method, ["webhook", rest @ ..]) => webhooks(book, method, rest, &json),
        (_, ["order"]) => fail(book, 404, "Not Found"),
        _ => fail(book, 405, "Method Not Allowed"),
    }
}

fn create(book: &mut Book, core: &mut Core, json: &Json, reference: &str) -> Answer {
    match core.strike(Call::Submit) {
        None => take(book, core, json, reference),
        Some(Fault::AcceptAndLoseAnswer) => {
            let Answer { effect, .. } = take(book, core, json, reference);
            // The files of an order whose answer is lost are downloaded by the courier all the same.
            match effect {
                Effect::Download { provider_order_id } => {
                    let hung_up = Effect::DownloadAndDrop { provider_order_id };
                    Answer::json(200, &Doc::Null).with(hung_up)
                }
                _ => Answer::json(200, &Doc::Null).with(Effect::Drop),
            }
        }
        Some(Fault::RateLimited { retry_after_s }) => {
            fail(book, 429, "Too Many Requests").header("retry-after", retry_after_s.to_string())
        }
        Some(Fault::RefuseWith(refusal)) => refused(book, &refusal),
        Some(_) => Answer::json(200, &Doc::Null).with(Effect::Drop),
    }
}

fn take(book: &mut Book, core: &mut Core, json: &Json, reference: &str) -> Answer {
    if book.settings.sandbox_word == SandboxWord::Demanded && json["sandbox"].is_null() {
        return fail(book, 400, "sandbox is missing");
    }
    let order = order_of(json, reference);
    match book.judge(&order) {
        Verdict::Refuse(refusal) => refused(book, &refusal),
        Verdict::SaysDuplicate => fail(book, 400, "Duplicate Order"),
        Verdict::Breaks => fail(book, 500, "Internal Server Error"),
        Verdict::AsBefore(id) => Answer::json(200, &added(reference, &id)),
        Verdict::Take => {
            let id = book.accept(core, &order);
            book.forget_promises(&id);
            Answer::json(200, &added(reference, &id))
                .with(Effect::Download { provider_order_id: id })
        }
    }
}

fn added(reference: &str, id: &str) -> Doc {
    map! {
        "ORDER_ID" => reference,
        "MSG" => "Order added successfully",
        "CUSTOMCAT_ORDER_ID" => id,
    }
}

/// Reads the flat document; keys were made lower-case, as that server does not mind.
fn order_of(json: &Json, reference: &str) -> ProviderOrder {
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let lines = (1..).zip(json["items"].as_array().into_iter().flatten());
    let lines = lines.map(|(nth, item): (u32, _)| {
        let word = |key: &str| match &item[key] {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let sides =
            [("front", "design_url", "mockup_url"), ("back", "design_url_back", "mockup_url_back")];
        let sides = sides.map(|(area, art, mockup)| (area, word(art), word(mockup)));
        let files = sides.into_iter().filter(|(_, url, _)| !url.is_empty());
        let files = files.map(|(area, url, mockup)| ProviderFile {
            area: area.to_owned(),
            // CustomCat is told no hash; the ledger keeps what was fetched.
            hash: Hash::of(b""),
            url,
            mockup: (!mockup.is_empty()).then(|| (mockup, Hash::of(b""))),
        });
        ProviderLine {
            key: match word("line_item_id") {
                key if key.is_empty() => nth.to_string(),
                key => key,
            },
            provider_sku: word("catalog_sku"),
            quantity: item["quantity"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
            files: files.collect(),
            texts: Vec::new(),
            title: String::new(),
        }
    });
    ProviderOrder {
        reference: Reference::given(reference),
        // Without the word `sandbox` an order is real.
        mode: match json["sandbox"].as_str() {
            Some("1") => Mode::Test,
            _ => Mode::Live,
        },
        recipient: Recipient {
            first_name: text("shipping_first_name"),
            last_name: text("shipping_last_name"),
            company: String::new(),
            address_1: text("shipping_address1"),
            address_2: text("shipping_address2"),
            city: text("shipping_city"),
            state: text("shipping_state"),
            postcode: text("shipping_zip"),
            country: text("shipping_country"),
            phone: text("shipping_phone"),
            email: text("shipping_email"),
        },
        shipping_method: text("shipping_method"),
        hook_url: String::new(),
        lines: lines.collect(),
    }
}

/// Where in making the lines are: four stations, each a quarter of the time.
fn station(book: &Book, entry: &LedgerEntry, now: Moment) -> &'static str {
    const STATIONS: [&str; 4] = ["Picked/Received", "Printed", "Binned", "Ready to Ship"];
    let passed = entry.began_at.map_or(0, |began_at| now.since(began_at).as_millis());
    let quarter = (book.settings.making.as_millis() / 4).max(1);
    STATIONS[usize::try_from(passed / quarter).unwrap_or(3).min(3)]
}

fn status(book: &Book, entry: &LedgerEntry, now: Moment) -> Doc {
    let total = plain(entry.price);
    let (waiting, total) = match book.settings.dialect {
        Dialect::Documented => ("Pending", Doc::Float(total.parse().unwrap_or(0.0))),
        Dialect::Seen => ("in queue", Doc::Text(total)),
    };
    let line_word = station(book, entry, now);
    let (word, line_word) = match entry.making {
        Making::Held(_) | Making::Accepted => (waiting, "Processing"),
        Making::InProduction => ("Verified", line_word),
        Making::Shipped => ("Shipped", "Shipped"),
        Making::Cancelled => ("Verified", "Cancelled"),
    };
    let left = entry.left();
    let lines = entry.lines.iter().map(|line| {
        let is_left = left.iter().any(|(key, _)| *key == line.key);
        map! {
            "STATUS" => if is_left { line_word } else { "Shipped" },
            "PRODUCT_NAME" => line.provider_sku.as_str(),
            "PRODUCT_COLOR_ID" => 10_258,
        }
    });
    let shipments = entry.told_parcels().map(|parcel| {
        let pieces: u32 = parcel.lines.iter().map(|(_, pieces)| pieces).sum();
        map! {
            "TRACKING_ID" => parcel.tracking_number.as_str(),
            "METHOD" => "Expedited Mail Innovations",
            "VENDOR" => parcel.carrier.as_str(),
            "NUMBER_ITEMS" => i64::from(pieces),
        }
    });
    let recipient = &entry.recipient;
    map! {
        "ORDER_ID" => entry.reference.as_str(),
        "CUSTOMCAT_ORDER_ID" => entry.provider_order_id.as_str(),
        "ORDER_DATE" => date(entry.accepted_at),
        "ORDER_STATUS" => word,
        "ORDER_TOTAL" => total,
        "CUSTOMER_NAME" => recipient.name(),
        "CUSTOMER_ADDRESS1" => recipient.address_1.as_str(),
        "CUSTOMER_ADDRESS2" => recipient.address_2.as_str(),
        "CUSTOMER_CITY" => recipient.city.as_str(),
        "CUSTOMER_STATE" => recipient.state.as_str(),
        "CUSTOMER_ZIP" => recipient.postcode.as_str(),
        "CUSTOMER_COUNTRY" => match recipient.country.as_str() {
            "US" => "USA",
            other => other,
        },
        "LINE_ITEMS" => lines.collect::<Vec<_>>(),
        "SHIPMENTS" => shipments.collect::<Vec<_>>(),
    }
}

/// `March, 27 2018 12:14:45`, without a zone.
fn date(at: Moment) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at.unix_ms()).unwrap_or_default();
    timestamp.strftime("%B, %d %Y %H:%M:%S").to_string()
}

fn shipping_methods(book: &Book) -> Answer {
    let rows = book.settings.shipping_methods.iter();
    let rows =
        rows.map(|(id, name)| map! { "SHIPPING_ID" => *id, "SHIPPING_NAME" => name.as_str() });
    Answer::json(200, &Doc::List(rows.collect()))
}

/// A bare text, as it was seen; the items decide whether it is a price.
fn quote(book: &Book, core: &mut Core, json: &Json, id: &str) -> Answer {
    match core.strike(Call::Quote) {
        Some(Fault::AskUnclear) => return fail(book, 502, "Bad Gateway"),
        Some(Fault::AskNotAllowed) => return fail(book, 401, "Unauthorized"),
        _ => {}
    }
    if !book.settings.shipping_methods.iter().any(|(known, _)| known.to_string() == id) {
        return fail(book, 400, "Invalid Shipping Method");
    }
    let price = book.shipping_price(&order_of(json, "quote"));
    Answer::json(200, &Doc::from(plain(price)))
}

/// A variant, and the blank that it belongs to; the price stands with the blank.
fn variant(book: &Book, sku: &str) -> Answer {
    match book.facts(sku) {
        Some(facts) => Answer::json(
            200,
            &map! {
                "catalog_sku_id" => sku.parse::<i64>().unwrap_or(0),
                "catalog_product_id" => sku,
                "in_stock" => i64::from(facts.in_stock != Some(false)),
            },
        ),
        None => fail(book, 404, "SKU not found"),
    }
}

/// Catalogue answers are in lower case.
fn catalogue(book: &Book, request: &Request) -> Answer {
    let limit = request.param("limit").and_then(|n| n.parse().ok()).unwrap_or(25).min(250);
    let page: usize = request.param("page").and_then(|n| n.parse().ok()).unwrap_or(1);
    let skipped = limit * page.saturating_sub(1);
    let entries = book.settings.catalogue.iter().skip(skipped).take(limit);
    let rows = entries.map(|entry| blank_document(book, entry));
    Answer::json(200, &Doc::List(rows.collect()))
}

fn blank_document(book: &Book, entry: &CatalogueEntry) -> Doc {
    let mut words = entry.title.split(", ");
    let title = words.next().unwrap_or_default();
    map! {
        "catalog_product_id" => entry.provider_sku.as_str(),
        "category" => "Digisoft",
        "title" => title,
        "variants" => vec![map! {
            "catalog_sku" => entry.provider_sku.as_str(),
            "color" => words.next().unwrap_or_default(),
            "size" => words.next().unwrap_or_default(),
            "cost" => Doc::Float(plain(book.settings.price_each).parse().unwrap_or(0.0)),
            "instock" => i64::from(!book.settings.out_of_stock.contains(&entry.provider_sku)),
        }],
    }
}

fn webhooks(book: &mut Book, method: &str, rest: &[&str], json: &Json) -> Answer {
    const TOPICS: [&str; 6] = [
        "order-shipped",
        "order-partial-shipment",
        "product-created",
        "product-updated",
        "product-deleted",
        "design-rejected",
    ];
    let row = |hook: &ProviderHook| {
        map! {
            "WEBHOOK_ID" => hook.id.parse::<i64>().unwrap_or(0),
            "TOPIC" => hook.topic.as_str(),
            "URL" => hook.url.as_str(),
        }
    };
    let url = json["url"].as_str().unwrap_or_default();
    match (method, rest) {
        ("GET", []) => Answer::json(200, &Doc::List(book.hooks.iter().map(row).collect())),
        ("POST", []) => {
            let topic = json["topic"].as_str().unwrap_or_default();
            if !TOPICS.contains(&topic) || url.is_empty() {
                return fail(book, 400, "Invalid topic");
            }
            Answer::json(200, &row(&book.make_hook(topic, url)))
        }
        (_, [id]) => {
            let Some(place) = book.hooks.iter().position(|hook| hook.id == *id) else {
                return fail(book, 404, "Webhook not found");
            };
            match method {
                // Nothing changes: seen as 304.
                "PUT" if book.hooks[place].url == url => {
                    Answer::bytes(304, "application/json", Vec::new())
                }
                "PUT" => {
                    url.clone_into(&mut book.hooks[place].url);
                    Answer::json(200, &row(&book.hooks[place]))
                }
                "DELETE" => {
                    book.hooks.remove(place);
                    Answer::json(200, &map! { "MSG" => "Webhook deleted" })
                }
                _ => fail(book, 405, "Method Not Allowed"),
            }
        }
        _ => fail(book, 405, "Method Not Allowed"),
    }
}

fn refused(book: &Book, refusal: &Refusal) -> Answer {
    let words = &refusal.problem.detail;
    if refusal.suggestions.is_empty() {
        return fail(book, 400, words);
    }
    let rows = refusal.suggestions.iter().map(|line| {
        map! {
            "address1" => line.split(", ").next().unwrap_or_default(),
            "address2" => "",
            "city" => "Detroit",
            "state" => "MI",
            "zipcode" => "48216",
            "country" => "US",
        }
    });
    let document = map! {
        "error_description" => words.as_str(),
        "suggestions" => rows.collect::<Vec<_>>(),
    };
    Answer::json(400, &document)
}

/// An error, in the place where this server puts its words.
fn fail(book: &Book, status: u16, words: &str) -> Answer {
    match book.settings.error_place {
        ErrorPlace::Header => {
            Answer::bytes(status, "text/html", Vec::new()).header("x-fail-message", words)
        }
        ErrorPlace::Json => Answer::json(status, &map! { "ERROR" => words }),
        ErrorPlace::Reason => Answer::bytes(status, "text/html", Vec::new()).reason(words),
        ErrorPlace::Text => Answer::bytes(status, "text/plain", words.as_bytes().to_vec()),
    }
}

fn lower_keys(json: Json) -> Json {
    match json {
        Json::Object(entries) => {
            let entries = entries.into_iter();
            entries.map(|(key, value)| (key.to_lowercase(), lower_keys(value))).collect()
        }
        Json::Array(entries) => entries.into_iter().map(lower_keys).collect(),
        other => other,
    }
}
