//! The shop's documents are held against those of a real shop: keys, types, errors, signatures.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::exchange::{Answer, Request};
use super::*;
use crate::model::id::ShopOrderId;
use crate::model::time::Moment;
use crate::sandbox::shop::{Cart, CartLine, Key, KeyRight, Pay, Tls, Tracking, WorldShop, sign};
use crate::sandbox::{HandClock, World};

fn read(path: &str) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path);
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn real(path: &str) -> Json {
    serde_json::from_slice(&read(path)).unwrap()
}

struct Till {
    world: Arc<World>,
    shop: WorldShop,
    order: ShopOrderId,
}

/// A shop with one order like the captured number 24, and the refund of one piece.
fn till() -> Till {
    let world = World::new(24, Moment::parse("2026-11-21T20:55:42Z").unwrap());
    let shop = world.shop("lab");
    let cart = Cart::of(vec![
        CartLine::of(14, "TEE-BLK-M", "Family reunion T-shirt - Black, M")
            .variation(16)
            .times(4)
            .with("pa_colour", "black")
            .with("Back print", "ZOË"),
        CartLine::of(13, "GIFTCARD-NOTE", "Handwritten gift note"),
    ]);
    let order = shop.customer_buys(cart.paid(Pay::CashOnDelivery));
    Till { world, shop, order }
}

impl Till {
    /// Asks with the shop's own key.
    fn ask(&self, method: &str, target: &str, body: &str) -> Answer {
        let key = self.shop.key();
        self.ask_as(&key, method, target, body)
    }

    fn ask_as(&self, key: &Key, method: &str, target: &str, body: &str) -> Answer {
        use base64::Engine;
        let keys = format!("{}:{}", key.consumer_key, key.consumer_secret);
        let keys = base64::engine::general_purpose::STANDARD.encode(keys);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            authorization: Some(format!("Basic {keys}")),
            body: body.as_bytes().to_vec(),
        };
        self.shop.with(|store, core| answer(store, core, &request))
    }

    fn json(&self, method: &str, target: &str, body: &str) -> Json {
        let answer = self.ask(method, target, body);
        assert!(answer.status < 300, "{target}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn path(&self, rest: &str) -> String {
        format!("/wp-json/wc/v3/orders/{}{rest}", self.order)
    }
}

/// Same keys, same types. Null stands for anything; lists are compared by their first entries.
fn same_shape(place: &str, ours: &Json, theirs: &Json) {
    match (ours, theirs) {
        (Json::Null, _) | (_, Json::Null) => {}
        (Json::Object(ours), Json::Object(theirs)) => {
            let keys =
                |map: &serde_json::Map<String, Json>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(ours), keys(theirs), "{place}");
            for (key, value) in ours {
                // A row of meta holds what its plugin likes.
                if !matches!(key.as_str(), "value" | "display_value") {
                    same_shape(&format!("{place}.{key}"), value, &theirs[key]);
                }
            }
        }
        (Json::Array(ours), Json::Array(theirs)) => {
            if let (Some(first), Some(their_first)) = (ours.first(), theirs.first()) {
                same_shape(&format!("{place}[]"), first, their_first);
            }
        }
        (Json::Bool(_), Json::Bool(_))
        | (Json::Number(_), Json::Number(_))
        | (Json::String(_), Json::String(_)) => {}
        _ => panic!("{place}: {ours} is not of the type of {theirs}"),
    }
}

#[test]
fn documents_have_the_shape_of_captured_ones() {
    let till = till();
    let order = till.json("GET", &till.path(""), "");
    let mut simple = order.clone();
    simple["line_items"].as_array_mut().unwrap().remove(0);
    same_shape("order", &simple, &real("woo-captured/order-23.json"));
    let mut theirs = real("woo-captured/order-24.json");
    // The first line there is a simple product; ours is the second, a variation.
    theirs["line_items"].as_array_mut().unwrap().remove(0);
    same_shape("order", &order, &theirs);
    let page = till.json("GET", "/wp-json/wc/v3/orders?_fields=id,status,date_modified_gmt", "");
    same_shape("page", &page, &real("woo-captured/orders-page-fields.json"));
    let notes = till.json("GET", &till.path("/notes"), "");
    same_shape("notes", &notes, &real("woo-captured/order-notes.json"));
    let line = till.shop.lines(till.order)[1];
    let refund = format!(
        r#"{{"amount":"14.95","api_refund":false,"line_items":[{{"id":{line},"quantity":1}}]}}"#
    );
    let refund = till.json("POST", &till.path("/refunds"), &refund);
    same_shape("refund", &refund, &real("woo-captured/refund-created.json"));
    let hook = r#"{"topic":"order.updated","delivery_url":"http://127.0.0.1:9/","secret":"s"}"#;
    till.json("POST", "/wp-json/wc/v3/webhooks", hook);
    let hooks = till.json("GET", "/wp-json/wc/v3/webhooks", "");
    same_shape("hooks", &hooks, &real("woo-captured/webhooks.json"));
    let product = till.json("GET", "/wp-json/wc/v3/products/13", "");
    same_shape("product", &product, &real("woo-captured/product-simple.json"));
    let variations = till.json("GET", "/wp-json/wc/v3/products/14/variations", "");
    same_shape("variations", &variations, &real("woo-captured/product-variations.json"));
    let fields = "name,description,url,home,gmt_offset,timezone_string,namespaces,authentication";
    let index = till.json("GET", &format!("/wp-json?_fields={fields}"), "");
    same_shape("index", &index, &real("woo-captured/index.json"));
}

#[test]
fn fulfillments_have_the_shape_of_captured_ones() {
    let till = till();
    till.shop.set_tracking(Tracking::Fulfillments);
    let line = till.shop.lines(till.order)[0];
    let body = format!(
        r#"{{"status":"fulfilled","meta_data":[
            {{"id":0,"key":"_items","value":[{{"item_id":{line},"qty":4}}]}},
            {{"id":0,"key":"_tracking_number","value":"1Z9"}},
            {{"id":0,"key":"_shipment_provider","value":"ups"}}]}}"#
    );
    let created = till.json("POST", &till.path("/fulfillments"), &body);
    same_shape("created", &created, &real("woo-captured/fulfillment-created.json"));
    let listed = till.json("GET", &till.path("/fulfillments"), "");
    same_shape("listed", &listed, &real("woo-captured/fulfillments-list.json"));
    assert_eq!(till.shop.parcels(till.order)[0].lines, [(line, 4)]);
    let refused = till.ask("POST", &till.path("/fulfillments"), r#"{"meta_data":[]}"#);
    assert_eq!(refused.status, 400);
}

#[test]
fn trackings_have_the_documented_shape() {
    let till = till();
    till.shop.set_tracking(Tracking::ShipmentTracking);
    let path = format!("/wp-json/wc-shipment-tracking/v3/orders/{}/shipment-trackings", till.order);
    let body = String::from_utf8(read("woo/tracking-create-request-wc-shipment-tracking.json"));
    let item = till.json("POST", &path, &body.unwrap());
    same_shape("tracking", &item, &real("woo/tracking-item-response.json"));
    assert_eq!(item["tracking_link"], "https://track.example.com/?n=EP123456789US");
    assert_eq!(item["date_shipped"], "2026-08-20", "midnight UTC is the evening before there");
}

#[test]
fn refusals_are_those_of_a_real_shop() {
    let till = till();
    let hook = r#"{"topic":"order.updated","delivery_url":"http://127.0.0.1:9/","secret":"s"}"#;
    till.json("POST", "/wp-json/wc/v3/webhooks", hook);
    // Coupons, customers and batches are not part of this shop.
    let not_here = ["coupon", "customer", "batch"];
    let mut checked = 0;
    for case in real("woo-captured/errors.json").as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        if not_here.iter().any(|word| name.starts_with(word)) {
            continue;
        }
        let mut key = till.shop.key();
        match name {
            "no key" => key.consumer_key.clear(),
            "wrong secret" => key.consumer_secret.clear(),
            "read-only key writes" => {
                key.consumer_key = "ck_read".to_owned();
                key.right = KeyRight::Read;
                till.shop.add_key(key.clone());
            }
            _ => {}
        }
        let method = case["method"].as_str().unwrap();
        let path = case["path"].as_str().unwrap();
        let path = path.replace("/orders/23", &format!("/orders/{}", till.order));
        let body = match &case["sent"] {
            Json::Null => String::new(),
            sent => sent.to_string(),
        };
        let answer = till.ask_as(&key, method, &path, &body);
        let ours: Json = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (i64::from(answer.status), &ours),
            (case["status"].as_i64().unwrap(), &case["body"]),
            "{name}"
        );
        checked += 1;
    }
    assert!(16 <= checked, "{checked}");
}

#[test]
fn captured_deliveries_verify_and_are_written_as_we_write() {
    for nth in 3..=8 {
        let body = read(&format!("woo-captured/deliveries/{nth:03}.body"));
        let headers = read(&format!("woo-captured/deliveries/{nth:03}.headers"));
        let headers = String::from_utf8(headers).unwrap();
        let mut lines = headers.lines();
        let signature = lines.find_map(|line| line.strip_prefix("X-WC-Webhook-Signature: "));
        assert_eq!(signature.map(str::trim), Some(&*sign("lab-webhook-secret", &body)), "{nth}");
        // Keys are sorted on the way, so the length stands for the bytes.
        let json: Json = serde_json::from_slice(&body).unwrap();
        assert_eq!(Doc::from(&json).php_json().len(), body.len(), "{nth}");
    }
}

#[test]
fn oauth_signs_as_the_recorded_vectors() {
    for vector in real("woo/oauth-vectors.json").as_array().unwrap() {
        let text = |key: &str| vector[key].as_str().unwrap().to_owned();
        let mut params: Vec<(String, String)> = vec![
            ("oauth_consumer_key".to_owned(), text("consumer_key")),
            ("oauth_nonce".to_owned(), text("nonce")),
            ("oauth_signature_method".to_owned(), text("signature_method")),
            ("oauth_timestamp".to_owned(), text("timestamp")),
        ];
        for (key, value) in vector["query"].as_object().into_iter().flatten() {
            match value {
                Json::Array(values) => params.extend(
                    values
                        .iter()
                        .enumerate()
                        .map(|(n, v)| (format!("{key}[{n}]"), v.as_str().unwrap().to_owned())),
                ),
                other => params.push((key.clone(), other.as_str().unwrap().to_owned())),
            }
        }
        let base = auth::base_string(&text("method"), &text("url"), &params);
        assert_eq!(base, text("base_string"));
        let signature = auth::sign(&text("signature_method"), &text("consumer_secret"), &base);
        assert_eq!(signature, Some(text("signature")));
    }
}

#[test]
fn a_z_with_dates_are_gmt_is_off_by_the_zone() {
    let till = till();
    // The order was changed at 20:55:42 UTC, 14:55:42 in the shop.
    let check = |query: &str, expected: usize| {
        let path = format!("/wp-json/wc/v3/orders?modified_after={query}");
        let rows = till.json("GET", &path, "");
        assert_eq!(rows.as_array().unwrap().len(), expected, "{query}");
    };
    check("2026-11-21T20:55:41&dates_are_gmt=true", 1);
    check("2026-11-21T20:55:42&dates_are_gmt=true", 0);
    check("2026-11-21T20:55:42Z&dates_are_gmt=true", 1);
    check("2026-11-21T20:55:41Z", 1);
    check("2026-11-21T20:55:42Z", 0);
    check("2026-11-21T14:55:41", 1);
    check("2026-11-21T14:55:42", 0);
}

#[test]
fn pages_are_told_by_headers() {
    let till = till();
    till.shop.customer_buys(Cart::of(vec![CartLine::of(13, "GIFTCARD-NOTE", "Note")]));
    let path = |page| format!("/wp-json/wc/v3/orders?per_page=1&page={page}&status=processing");
    let header = |answer: &Answer, name: &str| {
        let found = answer.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let first = till.ask("GET", &path(1), "");
    assert_eq!(header(&first, "x-wp-totalpages"), "2");
    assert!(header(&first, "link").contains("rel=\"next\""));
    let past = till.ask("GET", &path(3), "");
    assert_eq!((past.body.as_slice(), header(&past, "x-wp-total")), (&b"[]"[..], "0".to_owned()));
}

#[test]
fn writes_lose_what_a_real_shop_loses() {
    let till = till();
    let long = format!(r#"{{"meta_data":[{{"key":"_a","value":"{}"}}]}}"#, "x".repeat(65_536));
    let order = till.json("PUT", &till.path(""), &long);
    assert!(!order["meta_data"].to_string().contains("_a"));
    let order = till.json("PUT", &till.path(""), r#"{"meta_data":[{"key":"_b","value":5}]}"#);
    assert!(order["meta_data"].to_string().contains(r#""key":"_b","value":"5""#));
    let order = till.json("PUT", &till.path(""), r#"{"line_items":[{"product_id":999}]}"#);
    assert_eq!(order["line_items"][2]["name"], "");
    till.shop.merchant_sets_status(till.order, "on-hold");
    let order = till.json("PUT", &till.path(""), r#"{"set_paid":true}"#);
    assert_eq!(order["status"], "on-hold");
}

#[test]
fn without_tls_only_oauth_lets_in_and_a_nonce_is_good_once() {
    let till = till();
    till.shop.set_tls(Tls::Absent);
    assert_eq!(till.ask("GET", "/wp-json/wc/v3/orders", "").status, 401);
    let key = till.shop.key();
    let params = [
        ("oauth_consumer_key", key.consumer_key.as_str()),
        ("oauth_nonce", "n1"),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", "1795294542"),
    ];
    let owned = params.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let url = "http://lab.example.test/wp-json/wc/v3/orders";
    let base = auth::base_string("GET", url, &owned);
    let signature = auth::sign("HMAC-SHA256", &key.consumer_secret, &base).unwrap();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(params).append_pair("oauth_signature", &signature).finish();
    let second = Moment::parse("2026-11-21T20:55:42Z").unwrap().unix_ms() / 1000;
    assert_eq!(second, 1_795_294_542, "the timestamp is that of the shop");
    let path = format!("/wp-json/wc/v3/orders?{query}");
    let first = till.ask("GET", &path, "");
    assert_eq!(first.status, 200, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(till.ask("GET", &path, "").status, 401);
    let clock: Arc<HandClock> = till.world.clock();
    clock.set(Moment::from_unix_ms((second + 1000) * 1000));
    let late = String::from_utf8(till.ask("GET", &path, "").body).unwrap();
    assert!(late.contains("Invalid timestamp."), "{late}");
}

#[test]
fn tracking_written_as_meta_is_seen_as_parcels() {
    let till = till();
    let body = r#"{"meta_data":[{"key":"_wc_shipment_tracking_items","value":[
        {"tracking_provider":"","custom_tracking_provider":"Example Parcel",
         "custom_tracking_link":"https://track.example.com/?n=EP1","tracking_number":"EP1",
         "date_shipped":"1787043600","tracking_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}]}"#;
    till.json("PUT", &till.path(""), body);
    let parcels = till.shop.parcels(till.order);
    assert_eq!((&*parcels[0].carrier, &*parcels[0].tracking_number), ("Example Parcel", "EP1"));
}
