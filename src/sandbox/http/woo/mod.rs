//! A shop's interface v3, as WooCommerce 11.0.1 answers.

pub(crate) mod approval;
mod auth;
mod index;
mod orders;
mod products;
mod side;
mod tracking;
mod webhooks;
mod write;

#[cfg(test)]
mod tests;

use super::exchange::{Answer, Request, keep_fields, wp_error};
use crate::sandbox::core::Core;
use crate::sandbox::document::Doc;
use crate::sandbox::shop::Store;

/// Stands where people would find the order in a real shop.
const ADMIN_PAGE: &str = "<!doctype html><meta charset=utf-8><title>A simulated shop</title>\
    <body style=\"font:1rem/1.5 sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem\">\
    <h1>A simulated shop</h1><p>In a real shop this opens the order in WooCommerce.</p>";

/// Answers one request to a shop.
pub(super) fn answer(store: &mut Store, core: &mut Core, request: &Request) -> Answer {
    let parts: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    if let ["wp-admin", "admin.php"] = parts.as_slice() {
        return Answer::bytes(200, "text/html; charset=UTF-8", ADMIN_PAGE.into());
    }
    if let ["wc-auth", "v1", act] = parts.as_slice() {
        return approval::answer(store, core, request, act);
    }
    let Some((&"wp-json", route)) = parts.split_first() else {
        return Answer::bytes(404, "text/html; charset=UTF-8", b"<h1>Not Found</h1>".to_vec());
    };
    if route.is_empty() {
        return document(request, store.index_document());
    }
    let right = match auth::right_of(store, core.now, request) {
        Ok(right) => right,
        Err(answer) => return answer,
    };
    if let Some(refused) = auth::refuse(right, route, request) {
        return refused;
    }
    match route {
        ["wc", "v3", "orders", rest @ ..] => orders(store, core, request, rest),
        ["wc", "v3", "webhooks", rest @ ..] => store.webhooks(core, request, rest),
        ["wc", "v3", "products", rest @ ..] if request.is_read() => store.products(request, rest),
        ["wc", "v3", "reports", "orders", "totals"] if request.is_read() => {
            document(request, store.totals_document())
        }
        ["wc", "v3", "refunds"] if request.is_read() => {
            let refunds = store.orders.values().flat_map(|order| store.refund_documents(order));
            document(request, Doc::List(refunds.collect()))
        }
        [
            "wc-shipment-tracking" | "wc-ast",
            "v3",
            "orders",
            id,
            "shipment-trackings",
            rest @ ..,
        ] if store.has_tracking_routes(route[0]) => {
            store.trackings(core, request, id.parse().unwrap_or(0), rest)
        }
        ["wc-shipment-tracking", "v3", "shipment-trackings", "providers"]
            if store.tracking == crate::sandbox::shop::Tracking::ShipmentTracking =>
        {
            document(request, tracking::carriers())
        }
        _ => no_route(),
    }
}

fn orders(store: &mut Store, core: &mut Core, request: &Request, rest: &[&str]) -> Answer {
    let method = effective_method(request);
    let Some((first, below)) = rest.split_first() else {
        return match method.as_str() {
            "GET" | "HEAD" => store.list_orders(request),
            "POST" => store.create_order(core, request),
            _ => no_route(),
        };
    };
    let Ok(id) = first.parse::<i64>() else {
        return no_route();
    };
    match (method.as_str(), below) {
        ("GET" | "HEAD", []) => store.get_order(request, id),
        ("PUT" | "POST" | "PATCH", []) => store.update_order(core, request, id),
        ("DELETE", []) => store.delete_order(core, request, id),
        (_, ["notes", rest @ ..]) => store.notes(core, request, &method, id, rest),
        (_, ["refunds", rest @ ..]) => store.refunds(core, request, &method, id, rest),
        (_, ["fulfillments", rest @ ..])
            if store.tracking == crate::sandbox::shop::Tracking::Fulfillments =>
        {
            store.fulfillments(core, request, &method, id, rest)
        }
        _ => no_route(),
    }
}

/// Where a host blocks methods, `_method` says which is meant.
fn effective_method(request: &Request) -> String {
    match (request.method.as_str(), request.param("_method")) {
        ("POST", Some(method)) => method.to_uppercase(),
        (method, _) => method.to_owned(),
    }
}

/// A document with status 200, with only the fields that were asked for.
fn document(request: &Request, document: Doc) -> Answer {
    Answer::json(200, &keep_fields(document, &request.list("_fields")))
        .header("cache-control", "no-cache, must-revalidate, max-age=0, no-store, private")
}

fn created(request: &Request, document: Doc) -> Answer {
    Answer::json(201, &keep_fields(document, &request.list("_fields")))
}

fn no_route() -> Answer {
    let message = "No route was found matching the URL and request method.";
    wp_error(404, "rest_no_route", message)
}

/// The body as JSON, or the answer to a body that is none.
fn json_of(request: &Request) -> Result<serde_json::Value, Answer> {
    match request.json() {
        Some(json @ serde_json::Value::Object(_)) => Ok(json),
        _ => Err(wp_error(400, "rest_invalid_json", "Invalid JSON body passed.")),
    }
}
