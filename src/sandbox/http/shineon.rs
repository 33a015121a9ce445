//! ShineOn over HTTP: bearer token, 406 for what is missing, `{order}` around everything.

use serde_json::Value as Json;

use super::exchange::{Answer, Effect, Request};
use crate::model::fulfilment::Reference;
use crate::model::id::Hash;
use crate::model::provider_order::{CancelAnswer, Mode, ProviderFile, ProviderLine, ProviderOrder};
use crate::model::recipient::Recipient;
use crate::model::sku::{Need, NeedKind, SkuFacts};
use crate::sandbox::core::Core;
use crate::sandbox::document::{Doc, map};
use crate::sandbox::fault::{Call, Fault};
use crate::sandbox::provider::{Book, LedgerEntry, Making, SentParcel, Verdict};
use crate::sandbox::shop::plain;

/// Rows on a page of orders: usual and most.
const LIMIT: (usize, usize) = (50, 250);

/// Answers one request.
pub(super) fn answer(book: &mut Book, core: &mut Core, request: &Request) -> Answer {
    let bearer = request.authorization.as_deref().and_then(|text| text.strip_prefix("Bearer "));
    if bearer != Some(book.settings.key.as_str()) {
        return error(401, "Unauthenticated");
    }
    let parts: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let split = parts.split_first().map(|(first, rest)| (*first, rest));
    let Some((version @ ("v1" | "v2"), route)) = split else {
        return error(404, "Not Found");
    };
    match (request.method.as_str(), route) {
        ("GET", ["whoami"]) => Answer::json(200, &map! { "id" => 1, "name" => book.name.as_str() }),
        ("GET", ["skus"]) => {
            let skus = book.settings.catalogue.iter().map(|entry| entry.provider_sku.as_str());
            let rows = skus.filter(|sku| !is_template(sku)).map(|sku| sku_document(book, sku));
            Answer::json(200, &map! { "skus" => rows.collect::<Vec<_>>() })
        }
        ("GET", ["skus", sku]) => match book.facts(sku).filter(|_| !is_template(sku)) {
            Some(_) => Answer::json(200, &map! { "sku" => sku_document(book, sku) }),
            None => error(404, "Not Found"),
        },
        ("GET", ["product_templates"]) => templates(book, request, version),
        ("GET", ["product_templates", number]) => {
            let name = format!("PT-{number}");
            match book.facts(&name) {
                // Bare, as the live test of the SDK has it.
                Some(_) => Answer::json(200, &template_document(book, &name, version)),
                None => error(404, "Not Found"),
            }
        }
        ("POST", ["orders"]) => create(book, core, request, version),
        ("GET", ["orders"]) => list(book, core, request),
        (_, ["orders", id, rest @ ..]) => order(book, core, request, id, rest),
        _ => error(404, "Not Found"),
    }
}

fn create(book: &mut Book, core: &mut Core, request: &Request, version: &str) -> Answer {
    match core.strike(Call::Submit) {
        None => take(book, core, request, version),
        Some(Fault::AcceptAndLoseAnswer) => {
            let answer = take(book, core, request, version);
            match answer.effect.clone() {
                Effect::Download { provider_order_id } => {
                    answer.with(Effect::DownloadAndDrop { provider_order_id })
                }
                _ => answer.with(Effect::Drop),
            }
        }
        Some(Fault::RateLimited { retry_after_s }) => {
            error(429, "Too Many Attempts.").header("retry-after", retry_after_s.to_string())
        }
        Some(Fault::RefuseWith(refusal)) => error(406, &refusal.problem.detail),
        Some(_) => error(500, "Server Error").with(Effect::Drop),
    }
}

fn take(book: &mut Book, core: &mut Core, request: &Request, version: &str) -> Answer {
    let order = match read(request) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    // A blank with keys of its own takes them in version 2 alone.
    let keys = &book.settings.personalizations;
    if version == "v1" && order.lines.iter().any(|line| keys.contains_key(&line.provider_sku)) {
        return error(406, "personalizations are required");
    }
    match book.judge(&order) {
        Verdict::Refuse(refusal) => error(406, &refusal.problem.detail),
        Verdict::SaysDuplicate => error(422, "source_id has already been taken"),
        Verdict::Breaks => error(500, "Server Error"),
        Verdict::AsBefore(id) => shown(book, 200, &id),
        Verdict::Take => {
            let id = book.accept(core, &order);
            book.forget_promises(&id);
            if ready(request) == Some(0) {
                book.become_(core, &id, Making::Held(None));
            }
            shown(book, book.settings.created_status, &id)
                .with(Effect::Download { provider_order_id: id })
        }
    }
}

fn ready(request: &Request) -> Option<i64> {
    request.json()?["order"]["ready"].as_i64()
}

fn list(book: &Book, core: &mut Core, request: &Request) -> Answer {
    let ids = request.list("ids");
    let references = request.list("source_ids");
    let fault = match references.is_empty() {
        true => None,
        false => core.strike(Call::Find),
    };
    match fault {
        Some(Fault::AskUnclear) => return error(502, "Bad Gateway"),
        Some(Fault::AskNotAllowed) => return error(401, "Unauthenticated"),
        _ => {}
    }
    let number = |name: &str| request.param(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").unwrap_or(LIMIT.0).min(LIMIT.1);
    let skipped = limit * number("page").unwrap_or(1).saturating_sub(1);
    let status = request.param("status");
    let is_wanted = |entry: &&LedgerEntry| {
        let by_reference = references.is_empty()
            || (references.contains(&entry.reference)
                && book.found(core, &entry.reference, &fault).is_some());
        by_reference
            && (ids.is_empty() || ids.contains(&entry.provider_order_id))
            && status.is_none_or(|status| status == word(entry))
    };
    let rows = book.entries().iter().filter(is_wanted).skip(skipped);
    let rows = rows.take(limit).map(|entry| document(book, entry));
    Answer::json(200, &map! { "orders" => rows.collect::<Vec<_>>() })
}

fn order(book: &mut Book, core: &mut Core, request: &Request, id: &str, rest: &[&str]) -> Answer {
    let Some(entry) = book.by_id(id) else {
        return error(404, "Not Found");
    };
    let is_early = matches!(entry.making, Making::Held(_) | Making::Accepted);
    match (request.method.as_str(), rest) {
        ("GET", []) => match core.strike(Call::Status) {
            Some(Fault::AskUnclear) => error(502, "Bad Gateway"),
            Some(Fault::AskNotAllowed) => error(401, "Unauthenticated"),
            _ => shown(book, 200, id),
        },
        ("PUT", []) if is_early => {
            let order = match read(request) {
                Ok(order) => order,
                Err(answer) => return answer,
            };
            if let Err(words) = book.replace(core, id, &order) {
                return error(422, &words);
            }
            book.forget_promises(id);
            let effect = Effect::Download { provider_order_id: id.to_owned() };
            shown(book, 200, id).with(effect)
        }
        ("POST", ["hold"]) if is_early => {
            book.become_(core, id, Making::Held(None));
            shown(book, 200, id)
        }
        ("POST", ["ready"]) if is_early => match core.strike(Call::Release) {
            Some(Fault::AskUnclear) => error(502, "Bad Gateway"),
            Some(Fault::AskNotAllowed) => error(401, "Unauthenticated"),
            fault => {
                book.release(core, id);
                let answer = shown(book, 200, id);
                let is_lost = fault == Some(Fault::ReleaseDoneAnswerLost);
                if is_lost { answer.with(Effect::Drop) } else { answer }
            }
        },
        ("POST", ["cancel"]) => match (core.strike(Call::Cancel), book.cancel(core, id)) {
            (Some(Fault::CancelDoneAnswerLost), _) => error(500, "Server Error").with(Effect::Drop),
            // Nothing is said: whoever asked must read it back.
            (_, CancelAnswer::Cancelled) => Answer::bytes(202, "application/json", Vec::new()),
            (_, CancelAnswer::Refused(words) | CancelAnswer::Unclear(words)) => error(422, &words),
        },
        ("PUT", []) | ("POST", ["hold" | "ready"]) => error(422, "Order can no longer be changed"),
        _ => error(404, "Not Found"),
    }
}

/// Reads the document of a new or a replaced order, in either version's form of lines.
fn read(request: &Request) -> Result<ProviderOrder, Answer> {
    let Some(json) = request.json() else {
        return Err(error(400, "Invalid JSON"));
    };
    let order = &json["order"];
    let reference = word_of(&order["source_id"]);
    if reference.is_empty() {
        return Err(error(406, "source_id is required"));
    }
    let address = &order["shipping_address"];
    for key in ["name", "address1", "city", "zip", "country_code"] {
        if word_of(&address[key]).is_empty() {
            return Err(error(406, &format!("shipping_address.{key} is required")));
        }
    }
    let mut lines = Vec::new();
    for item in order["line_items"].as_array().into_iter().flatten() {
        lines.push(read_line(item)?);
    }
    let name = word_of(&address["name"]);
    let (first_name, last_name) = name.split_once(' ').unwrap_or((&name, ""));
    Ok(ProviderOrder {
        reference: Reference::given(&reference),
        mode: match order["test"] {
            Json::Bool(true) => Mode::Test,
            _ => Mode::Live,
        },
        recipient: Recipient {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            company: word_of(&address["company"]),
            address_1: word_of(&address["address1"]),
            address_2: word_of(&address["address2"]),
            city: word_of(&address["city"]),
            state: match word_of(&address["province_code"]) {
                code if code.is_empty() => word_of(&address["province"]),
                code => code,
            },
            postcode: word_of(&address["zip"]),
            country: word_of(&address["country_code"]),
            phone: word_of(&address["phone"]),
            email: word_of(&order["email"]),
        },
        shipping_method: word_of(&order["shipping_method"]),
        hook_url: word_of(&order["shipment_notification_url"]),
        lines,
    })
}

fn read_line(item: &Json) -> Result<ProviderLine, Answer> {
    let named = [word_of(&item["sku"]), word_of(&item["product_template"])];
    let Some(provider_sku) = named.into_iter().find(|name| !name.is_empty()) else {
        return Err(error(406, "sku or product_template is required"));
    };
    let mut values: Vec<(String, String)> = Vec::new();
    for (key, value) in item["properties"].as_object().into_iter().flatten() {
        values.push((key.clone(), word_of(value)));
    }
    for row in item["personalizations"].as_array().into_iter().flatten() {
        values.push((word_of(&row["key"]), word_of(&row["value"])));
    }
    let is_address = |value: &str| value.starts_with("http://") || value.starts_with("https://");
    let (pictures, texts): (Vec<_>, Vec<_>) =
        values.into_iter().partition(|(_, value)| is_address(value));
    let files = pictures.into_iter().map(|(area, url)| ProviderFile {
        area,
        // ShineOn is told no hash; the ledger keeps what was fetched.
        hash: Hash::of(b""),
        url,
        mockup: None,
    });
    let quantity = item["quantity"].as_u64().and_then(|n| u32::try_from(n).ok());
    Ok(ProviderLine {
        key: word_of(&item["store_line_item_id"]),
        provider_sku,
        quantity: quantity.unwrap_or(1),
        files: files.collect(),
        texts,
        title: String::new(),
    })
}

/// Text or number, as this interface takes either.
fn word_of(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn shown(book: &Book, status: u16, id: &str) -> Answer {
    match book.by_id(id) {
        Some(entry) => Answer::json(status, &map! { "order" => document(book, entry) }),
        None => error(404, "Not Found"),
    }
}

fn word(entry: &LedgerEntry) -> &'static str {
    match entry.making {
        Making::Held(_) => "on_hold",
        Making::Accepted => "awaiting_payment",
        Making::InProduction => "in_production",
        Making::Shipped => "shipped",
        Making::Cancelled => "cancelled",
    }
}

fn document(book: &Book, entry: &LedgerEntry) -> Doc {
    let id: i64 = entry.provider_order_id.parse().unwrap_or(0);
    let lines = (0..).zip(&entry.lines).map(|(nth, line): (i64, _)| {
        let holds = |parcel: &&SentParcel| parcel.lines.iter().any(|(key, _)| *key == line.key);
        let parcel = entry.told_parcels().rev().find(holds);
        let files = line.files.iter().map(|file| (file.area.clone(), file.url.clone()));
        let wishes = files.chain(line.texts.iter().cloned());
        let has_keys = book.settings.personalizations.contains_key(&line.provider_sku);
        let (form, wishes) = match has_keys {
            true => {
                let rows = wishes.map(|(key, value)| map! { "key" => key, "value" => value });
                ("personalizations", Doc::List(rows.collect()))
            }
            false => {
                let rows = wishes.map(|(key, value)| (key.into(), Doc::Text(value)));
                ("properties", Doc::Map(rows.collect()))
            }
        };
        let name = if is_template(&line.provider_sku) { "product_template" } else { "sku" };
        map! {
            "id" => id * 10 + nth,
            "store_line_item_id" => line.key.as_str(),
            name => line.provider_sku.as_str(),
            "quantity" => i64::from(line.quantity),
            form => wishes,
            "tracking_company" => parcel.map(|parcel| parcel.carrier.clone()),
            "tracking_number" => parcel.map(|parcel| parcel.tracking_number.clone()),
        }
    });
    let reason = match &entry.making {
        Making::Held(reason) => reason.clone(),
        Making::Accepted | Making::InProduction | Making::Shipped | Making::Cancelled => None,
    };
    let recipient = &entry.recipient;
    let at = format!("{}Z", entry.accepted_at.zoneless_utc());
    map! {
        "id" => id,
        "name" => format!("SHINE-{id}"),
        "source_id" => entry.reference.as_str(),
        "store_order_id" => entry.reference.as_str(),
        "status" => word(entry),
        "on_hold_reason" => reason,
        "shipment_notification_url" => entry.hook_url.as_str(),
        "shipping_method" => entry.shipping_method.as_str(),
        "email" => recipient.email.as_str(),
        "note" => Doc::Null,
        "test" => entry.mode == Mode::Test,
        "line_items" => lines.collect::<Vec<_>>(),
        "shipping_address" => map! {
            "name" => recipient.name(),
            "address1" => recipient.address_1.as_str(),
            "address2" => recipient.address_2.as_str(),
            "city" => recipient.city.as_str(),
            "province_code" => recipient.state.as_str(),
            "zip" => recipient.postcode.as_str(),
            "country_code" => recipient.country.as_str(),
            "phone" => recipient.phone.as_str(),
        },
        "created_at" => at.as_str(),
        "updated_at" => at.as_str(),
    }
}

fn is_template(sku: &str) -> bool {
    sku.starts_with("PT-")
}

/// The signs of a product's kind.
fn signs(needs: &[Need]) -> Doc {
    let count = |kind: NeedKind| {
        i64::try_from(needs.iter().filter(|need| need.kind == kind).count()).unwrap_or(0)
    };
    map! {
        "buyer_uploads" => count(NeedKind::Picture) + count(NeedKind::Svg),
        "engravings" => count(NeedKind::Text),
        "size_option" => 0 < count(NeedKind::Choice),
    }
}

fn cost(facts: &SkuFacts) -> Doc {
    // Seen as a number and as a text.
    facts.cost.map_or(Doc::Null, |cost| Doc::Text(plain(cost)))
}

fn sku_document(book: &Book, sku: &str) -> Doc {
    let Some(facts) = book.facts(sku) else {
        return Doc::Null;
    };
    map! {
        "sku" => sku,
        "title" => facts.title.as_str(),
        "product_id" => 1,
        "base_cost" => cost(&facts),
        "artwork" => Doc::Null,
        "properties" => signs(&facts.needs),
        "renders" => Vec::new(),
    }
}

/// A page of blanks; version 2 tells the keys of each.
fn templates(book: &Book, request: &Request, version: &str) -> Answer {
    let search = request.param("search").unwrap_or_default().to_lowercase();
    let number = |name: &str| request.param(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(15).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let found: Vec<&str> = book
        .settings
        .catalogue
        .iter()
        .filter(|entry| is_template(&entry.provider_sku))
        .filter(|entry| {
            let sku = entry.provider_sku.to_lowercase();
            sku.contains(&search) || entry.title.to_lowercase().contains(&search)
        })
        .map(|entry| entry.provider_sku.as_str())
        .collect();
    let rows = found.iter().skip(per_page * (page - 1)).take(per_page);
    let rows: Vec<Doc> = rows.map(|name| template_document(book, name, version)).collect();
    let last = found.len().div_ceil(per_page).max(1);
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Answer::json(
        200,
        &map! {
            "product_templates" => rows,
            "meta" => map! {
                "current_page" => count(page),
                "last_page" => count(last),
                "per_page" => count(per_page),
                "total" => count(found.len()),
            },
        },
    )
}

fn template_document(book: &Book, name: &str, version: &str) -> Doc {
    let Some(facts) = book.facts(name) else {
        return Doc::Null;
    };
    let keys = book.settings.personalizations.get(name).filter(|_| version == "v2");
    let keys = keys.into_iter().flatten().map(|need| {
        map! {
            "key" => need.key.as_str(),
            "name" => need.key.as_str(),
            "type" => match need.kind {
                NeedKind::Picture => "image_url",
                NeedKind::Svg => "svg_url",
                NeedKind::Text => "text",
                NeedKind::Choice => "choice",
            },
            "required" => need.required,
        }
    });
    let artwork = facts.artwork.map(|size| {
        vec![map! {
            "artwork" => map! {
                "width" => i64::from(size.width_px), "height" => i64::from(size.height_px),
            },
        }]
    });
    map! {
        "id" => name.trim_start_matches("PT-").parse::<i64>().unwrap_or(0),
        "title" => facts.title.as_str(),
        "product_template" => name,
        "base_cost" => cost(&facts),
        "buyer_uploads" => 1,
        "metafields" => signs(&facts.needs),
        "transformations" => artwork.unwrap_or_default(),
        "personalizations" => keys.collect::<Vec<_>>(),
    }
}

fn error(status: u16, words: &str) -> Answer {
    Answer::json(status, &map! { "error" => words })
}
