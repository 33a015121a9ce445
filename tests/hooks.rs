//! Hooks of shops and providers: deliveries of a real store, byte for byte, and what is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use tower::ServiceExt;

use crate::common::{Day, HOUR, MINUTE, Setting, ann, cart, named, rules};
use woodblock::db;
use woodblock::flow::ctx::{HooksMade, Rules};
use woodblock::flow::{FlowError, provider_hooks, worker};
use woodblock::model::problem::What;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::ProviderAct;
use woodblock::sandbox::{Call, Fault};
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
        let token = provider_hooks::topic_token("t0ken", topic);
        let url = format!("https://prints.example/hooks/provider/customcat/{token}/{topic}");
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
            let end = path.rfind('/').unwrap();
            let wrong = format!("{}0{}", &path[..end - 1], &path[end..]);
            let wrong = if wrong == path { path.replace("0/", "1/") } else { wrong };
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
        let token = provider_hooks::topic_token("t0ken", "order.shipped");
        let path = format!("/hooks/provider/customcat/{token}/order.shipped");
        assert_eq!(door.send(&path, &[], body.into()).await, StatusCode::OK, "{body}");
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

const TOPICS: [&str; 3] = ["order-shipped", "order-partial-shipment", "design-rejected"];

/// A day whose public address can be reached.
async fn reachable(public_url: &str) -> Day {
    let rules = Rules { public_url: public_url.to_owned(), ..rules() };
    Day::with(Setting { rules, ..Setting::default() }).await
}

fn own_hooks(day: &Day) -> Vec<String> {
    let hooks = day.customcat.listening().into_iter();
    hooks.filter(|(_, url)| url.contains("/hooks/provider/")).map(|(_, url)| url).collect()
}

/// Made at the first start, each with a token of its own; made anew when somebody removes them, and
/// given back their address when it was changed; foreign hooks are left alone.
#[tokio::test]
async fn a_providers_hooks_are_made_and_looked_after() {
    let day = reachable("https://prints.example").await;
    let foreign = ("order-shipped".to_owned(), "https://other.example/hook".to_owned());
    day.customcat.make_foreign_hook(&foreign.0, &foreign.1);
    day.run_for(MINUTE).await;
    let hooks = day.customcat.listening();
    assert_eq!(hooks.len(), 4);
    let mut tokens = std::collections::BTreeSet::new();
    for topic in TOPICS {
        let token = provider_hooks::topic_token("t0ken", topic);
        let url = format!("https://prints.example/hooks/provider/customcat/{token}/{topic}");
        assert!(hooks.contains(&(topic.to_owned(), url)), "{hooks:?}");
        tokens.insert(token);
    }
    assert_eq!(tokens.len(), 3);
    assert_eq!(day.shineon.listening(), [], "its orders say where to report");
    // Nothing to do: nothing is changed.
    day.run_for(HOUR).await;
    assert_eq!(day.customcat.listening(), hooks);
    day.customcat.forget_hooks();
    day.customcat.make_foreign_hook(&foreign.0, &foreign.1);
    let astray = "https://prints.example/hooks/provider/customcat/elsewhere/design-rejected";
    day.customcat.make_foreign_hook("design-rejected", astray);
    day.customcat.make_foreign_hook("design-rejected", astray);
    day.run_for(16 * MINUTE).await;
    let mended = day.customcat.listening();
    assert_eq!(mended.len(), 4, "{mended:?}");
    assert!(hooks.iter().all(|hook| mended.contains(hook)), "{mended:?}");
    assert_eq!(day.alerts().await, []);
}

/// An answer that was lost is no reason for a second hook.
#[tokio::test]
async fn a_providers_hooks_are_asked_for_again() {
    let day = reachable("https://prints.example").await;
    for _ in 0..2 {
        day.world.fault_on(Call::ProviderHooks, Fault::AskUnclear);
    }
    day.run_for(HOUR).await;
    assert_eq!(own_hooks(&day).len(), 3);
}

/// Where nobody could reach us, and where the merchant makes them, none is made.
#[tokio::test]
async fn no_hook_is_made_for_a_local_address_or_by_hand() {
    let local = Day::new().await;
    local.run_for(HOUR).await;
    assert_eq!(local.customcat.listening(), []);
    let mut day = reachable("https://prints.example").await;
    let mut seats = (*day.ctx.providers).clone();
    seats.values_mut().for_each(|seat| seat.rules.hooks = HooksMade::ByHand);
    day.ctx.providers = Arc::new(seats);
    day.run_for(HOUR).await;
    assert_eq!(day.customcat.listening(), []);
}

/// The public address moves: our hooks move with it, instead of being made beside the old ones.
#[tokio::test]
async fn hooks_follow_the_public_address() {
    let mut day = reachable("https://prints.example").await;
    day.run_for(MINUTE).await;
    let moved = Rules { public_url: "https://new.example/prints".to_owned(), ..rules() };
    day.ctx.rules = Arc::new(moved);
    day.run_for(16 * MINUTE).await;
    let hooks = own_hooks(&day);
    assert_eq!(hooks.len(), 3);
    assert!(hooks.iter().all(|url| url.starts_with("https://new.example/prints/")), "{hooks:?}");
}

/// A rejected design: the order is read, then the fulfilment is held and people are told, once.
#[tokio::test]
async fn a_rejected_design_holds_the_fulfilment_after_the_order_was_read() {
    let door = Door::new(&[]).await;
    let order = door.day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    door.day.run_for(3 * HOUR).await;
    let sent = door.day.order(order).await.fulfilments[0].clone();
    let reference = sent.reference.unwrap();
    let topic = "design-rejected";
    let token = provider_hooks::topic_token("t0ken", topic);
    let path = format!("/hooks/provider/customcat/{token}/{topic}");
    let body = |reference: &str| {
        let body = serde_json::json!({ "design_url": "https://x", "reason": "too dark",
            "orders": [{ "order_id": reference }] });
        body.to_string().into_bytes()
    };
    // Another provider's hook cannot speak of this order, and an unknown order is nobody's.
    let other = provider_hooks::topic_token("t0ken", topic);
    let at_other = format!("/hooks/provider/shineon/{other}/{topic}");
    assert_eq!(door.send(&at_other, &[], body(reference.as_str())).await, StatusCode::OK);
    assert_eq!(door.send(&path, &[], body("wb-main-9-9-9")).await, StatusCode::OK);
    worker::tick(&door.day.ctx).await.unwrap();
    assert_eq!(door.day.problems(order).await, []);
    let asked = door.day.world.asked(Call::Status);
    for _ in 0..2 {
        assert_eq!(door.send(&path, &[], body(reference.as_str())).await, StatusCode::OK);
        worker::tick(&door.day.ctx).await.unwrap();
    }
    assert!(asked < door.day.world.asked(Call::Status), "the order is read first");
    assert_eq!(door.day.problems(order).await, [What::DesignRejected]);
    assert_eq!(door.day.alerts().await, [What::DesignRejected]);
    let hold = door.day.order(order).await.holds[0].clone();
    assert_eq!(hold.problem.detail, "too dark");
}

/// A call about an order that has left already changes nothing.
#[tokio::test]
async fn a_rejected_design_of_an_order_that_has_left_is_nothing() {
    let door = Door::new(&[]).await;
    let order = door.day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    door.day.run_for(3 * HOUR).await;
    let id = door.day.fulfilment(order, "customcat").await;
    let reference = door.day.order(order).await.fulfilments[0].reference.clone().unwrap();
    let words = woodblock::flow::rejected::words_key(id);
    let done: Result<(), FlowError> =
        door.day.ctx.call(move |tx| Ok(db::switch::set(tx, &words, "late", "provider")?)).await;
    done.unwrap();
    door.day.customcat.act(reference.as_str(), ProviderAct::Begins);
    door.day.customcat.act(reference.as_str(), ProviderAct::ShipsRest);
    woodblock::flow::rejected::run(&door.day.ctx, id).await.unwrap();
    assert_eq!(door.day.problems(order).await, []);
}
