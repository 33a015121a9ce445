//! Hooks of shops and providers: deliveries of a real store, byte for byte, and what is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use tower::ServiceExt;

use crate::common::{Day, HOUR, MINUTE, ann, cart, named};
use woodblock::db;
use woodblock::flow::{FlowError, worker};
use woodblock::model::problem::What;
use woodblock::outside::clock::Clock;
use woodblock::web::{self, ShopHook, Site, SiteSettings};

const CAPTURED: &str = "tests/data/woo-captured/deliveries";
const SECRET: &str = "lab-webhook-secret";
const OLD_SECRET: &str = "wbk-demo-secret-9f2c71d0";

struct Door {
    day: Day,
    public: Router,
    wake: Arc<tokio::sync::Notify>,
}

impl Door {
    async fn new(source_urls: &[&str]) -> Door {
        let day = Day::new().await;
        let hook = ShopHook {
            shop: day.shop_id,
            secrets: vec![SECRET.into(), OLD_SECRET.into()],
            source_urls: source_urls.iter().map(|url| (*url).to_owned()).collect(),
        };
        let settings = SiteSettings {
            operators_url: "http://127.0.0.1:8080".to_owned(),
            public_url: "https://prints.example".to_owned(),
            zone: jiff::tz::TimeZone::UTC,
            trusted_proxies: Vec::new(),
            banner: String::new(),
        };
        let wake = Arc::new(tokio::sync::Notify::new());
        let hooks = BTreeMap::from([("main".to_owned(), hook)]);
        let site = Site::new(day.ctx.clone(), settings, hooks, Arc::clone(&wake));
        Door { day, public: web::public(site), wake }
    }

    async fn send(&self, path: &str, headers: &[(String, String)], body: Vec<u8>) -> StatusCode {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).unwrap();
        self.public.clone().oneshot(request).await.unwrap().status()
    }

    async fn deliveries(&self) -> u32 {
        let shop = self.day.shop_id;
        let count: Result<u32, FlowError> =
            self.day.ctx.read(move |tx| Ok(db::delivery::count(tx, shop)?)).await;
        count.unwrap()
    }

    async fn open_jobs(&self) -> Vec<String> {
        let jobs: Result<_, FlowError> =
            self.day.ctx.read(|tx| Ok(db::job::open_and_failed(tx)?)).await;
        jobs.unwrap().into_iter().map(|job| format!("{} {}", job.step, job.key)).collect()
    }
}

fn captured(number: u32) -> (Vec<(String, String)>, Vec<u8>) {
    let headers = std::fs::read_to_string(format!("{CAPTURED}/{number:03}.headers")).unwrap();
    let body = std::fs::read(format!("{CAPTURED}/{number:03}.body")).unwrap();
    let headers = headers
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    (headers, body)
}

fn signed(body: &[u8], secret: &str) -> Vec<(String, String)> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        header("content-type", "application/json"),
        header("x-wc-webhook-source", "https://shop.example/"),
        header("x-wc-webhook-topic", "order.updated"),
        header("x-wc-webhook-id", "12"),
        header("x-wc-webhook-signature", &signature),
    ]
}

#[tokio::test]
async fn deliveries_of_a_real_store_are_taken_once_each() {
    let door = Door::new(&["https://127.0.0.1:18443"]).await;
    for _ in 0..2 {
        for number in 1..=8 {
            let (headers, body) = captured(number);
            let status = door.send("/hooks/shop/main", &headers, body).await;
            assert_eq!(status, StatusCode::OK, "delivery {number}");
        }
    }
    // 001 and 002 are pings, which are not kept.
    assert_eq!(door.deliveries().await, 6);
    let jobs = door.open_jobs().await;
    for order in [23, 24, 25] {
        let wanted = format!("intake {}:{order}", door.day.shop_id);
        assert_eq!(jobs.iter().filter(|job| **job == wanted).count(), 1, "{jobs:?}");
    }
    let woken = tokio::time::timeout(std::time::Duration::from_secs(1), door.wake.notified()).await;
    assert!(woken.is_ok());
    assert!(door.day.alerts().await.is_empty());
}

#[tokio::test]
async fn one_changed_byte_is_refused_and_told_once() {
    let door = Door::new(&[]).await;
    let (headers, mut body) = captured(3);
    body[10] ^= 1;
    for _ in 0..5 {
        let status = door.send("/hooks/shop/main", &headers, body.clone()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let unsigned = vec![("x-wc-webhook-topic".to_owned(), "order.updated".to_owned())];
    let status = door.send("/hooks/shop/main", &unsigned, b"{\"id\":5}".to_vec()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(door.deliveries().await, 0);
    assert_eq!(door.day.alerts().await, [What::SignatureWrong]);
}

#[tokio::test]
async fn the_samples_are_read_as_documented() {
    let door = Door::new(&[]).await;
    let ping: serde_json::Value = sample("webhook-ping.meta.json");
    let body = ping["body"].as_str().unwrap().as_bytes().to_vec();
    assert_eq!(door.send("/hooks/shop/main", &[], body).await, StatusCode::OK);
    for name in ["webhook-order-deleted.meta.json", "webhook-error-payload.meta.json"] {
        let meta = sample(name);
        let body = meta["body"].as_str().unwrap().as_bytes().to_vec();
        let signature = meta["signature"].as_str().unwrap().to_owned();
        let headers = vec![("x-wc-webhook-signature".to_owned(), signature)];
        assert_eq!(door.send("/hooks/shop/main", &headers, body).await, StatusCode::OK, "{name}");
    }
    let meta = sample("webhook-order-updated.meta.json");
    let body = std::fs::read("tests/data/woo/webhook-order-updated.body.json").unwrap();
    let headers: Vec<_> = meta["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(door.send("/hooks/shop/main", &headers, body).await, StatusCode::OK);
    assert_eq!(door.deliveries().await, 3);
    assert_eq!(door.day.alerts().await, [What::WebhookPowerless]);
}

fn sample(name: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(format!("tests/data/woo/{name}")).unwrap()).unwrap()
}

#[tokio::test]
async fn a_copy_of_the_shop_is_told_and_its_orders_are_not_looked_at() {
    let door = Door::new(&["https://shop.example"]).await;
    let body = b"{\"id\":1001}".to_vec();
    let mut headers = signed(&body, SECRET);
    headers[1].1 = "https://staging.shop.example/".to_owned();
    let before = door.open_jobs().await;
    assert_eq!(door.send("/hooks/shop/main", &headers, body).await, StatusCode::OK);
    assert_eq!(door.day.alerts().await, [What::ShopCloned]);
    let fresh: Vec<String> = door.open_jobs().await;
    assert!(!fresh.iter().any(|job| job.starts_with("intake") && !before.contains(job)));
}

#[tokio::test]
async fn unknown_names_huge_bodies_and_action_topics() {
    let door = Door::new(&[]).await;
    let body = b"{\"action\":\"woocommerce_order_status_processing\",\"arg\":77}".to_vec();
    let headers = signed(&body, OLD_SECRET);
    assert_eq!(door.send("/hooks/shop/other", &headers, body.clone()).await, StatusCode::NOT_FOUND);
    assert_eq!(door.send("/hooks/shop/main", &headers, body).await, StatusCode::OK);
    let wanted = format!("intake {}:77", door.day.shop_id);
    assert!(door.open_jobs().await.contains(&wanted));
    let huge = vec![b' '; 5 * 1024 * 1024 + 1];
    let headers = signed(&huge, SECRET);
    let status = door.send("/hooks/shop/main", &headers, huge).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_providers_hook_makes_us_look() {
    let door = Door::new(&[]).await;
    for topic in ["order-shipped", "order-partial-shipment"] {
        let url = format!("https://prints.example/hooks/provider/customcat/t0ken/{topic}");
        door.day.customcat.listen(topic, &url);
    }
    let order = door.day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    door.day.run_for(3 * HOUR).await;
    assert_eq!(door.day.states(order).await, ["customcat in_production"]);
    let reference = door.day.order(order).await.fulfilments[0].reference.clone().unwrap();
    let calls = || door.day.world.take_hook_calls(door.day.clock.now());
    calls();
    for _ in 0..400 {
        door.day.run_for(30 * MINUTE).await;
        let sent = calls();
        if sent.is_empty() {
            continue;
        }
        for call in sent {
            let path = call.url.split_once("://").unwrap().1;
            let path = format!("/{}", path.split_once('/').unwrap().1);
            let wrong = path.replace("t0ken", "t0kem");
            assert_eq!(door.send(&wrong, &[], call.body.clone()).await, StatusCode::NOT_FOUND);
            assert_eq!(door.send(&path, &[], call.body).await, StatusCode::OK);
        }
        let id = door.day.fulfilment(order, "customcat").await;
        assert!(door.open_jobs().await.contains(&format!("track {id}")));
        worker::tick(&door.day.ctx).await.unwrap();
        assert!(reference.as_str().starts_with("wb-main-"));
        return;
    }
    panic!("the provider never called");
}

#[tokio::test]
async fn whatever_a_provider_sends_under_the_right_token_is_answered() {
    let door = Door::new(&[]).await;
    for body in ["", "{}", "nonsense", "{\"reference\":\"wb-main-1-1-1\"}"] {
        let path = "/hooks/provider/customcat/t0ken/order.shipped";
        assert_eq!(door.send(path, &[], body.into()).await, StatusCode::OK, "{body}");
    }
    let unknown = door.send("/hooks/provider/nobody/t0ken", &[], Vec::new()).await;
    assert_eq!(unknown, StatusCode::NOT_FOUND);
}

/// The secrets that the program made itself are accepted beside those of config.toml.
#[tokio::test]
async fn a_secret_of_our_own_making_is_accepted_and_exchanged() {
    let door = Door::new(&["https://shop.example"]).await;
    let shop = door.day.shop_id;
    let body = br#"{"id":1041,"status":"processing"}"#.to_vec();
    woodblock::flow::hooks::rotate(&door.day.ctx, shop, &ann()).await.unwrap();
    let first = woodblock::flow::hooks::secrets(&door.day.ctx, "main").await.unwrap();
    woodblock::flow::hooks::rotate(&door.day.ctx, shop, &ann()).await.unwrap();
    let both = woodblock::flow::hooks::secrets(&door.day.ctx, "main").await.unwrap();
    assert_eq!((first.len(), both.len()), (1, 2));
    for secret in &both {
        let status = door.send("/hooks/shop/main", &signed(&body, secret), body.clone()).await;
        assert_eq!(status, StatusCode::OK);
    }
    let status = door.send("/hooks/shop/main", &signed(&body, "0123"), body.clone()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(door.deliveries().await, 1, "the same body once");
}
