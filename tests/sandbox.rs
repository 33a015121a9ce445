//! The sandbox over HTTP, asked with a plain client.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use woodblock::model::id::Hash;
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::provider::Making;
use woodblock::sandbox::shop::sign;
use woodblock::sandbox::{Cart, CartLine, Fault, HandClock, HttpFace, HttpFault, World, photos};

struct Lab {
    world: Arc<World>,
    face: HttpFace,
    clock: Arc<HandClock>,
    client: reqwest::Client,
}

/// A world over HTTP whose clock the test turns.
async fn lab() -> Lab {
    let start = Moment::parse("2026-03-03T08:00:00.000Z").unwrap();
    let world = World::new(5, start);
    let clock = Arc::new(HandClock::at(start));
    let face = HttpFace::start(world.clone(), clock.clone()).await.unwrap();
    let client = woodblock::outside::http::client().no_proxy().timeout(Duration::from_secs(10));
    let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Lab { world, face, clock, client }
}

fn cart() -> Cart {
    Cart::of(vec![CartLine::of(11, "MUG-11", "Personalised mug").with("Name", "Zoë")])
}

/// Turns the clock to the world's next event, again and again, until nothing is left.
fn run_out(lab: &Lab) {
    while let Some(at) = lab.world.next_event() {
        lab.clock.set(at);
        lab.world.play(at);
    }
}

async fn json_of(response: reqwest::Response) -> (u16, Json) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    let json = serde_json::from_slice(&body);
    (status, json.unwrap_or_else(|_| Json::from(String::from_utf8_lossy(&body).into_owned())))
}

/// What another task does comes within this time, or never.
const PATIENCE: Duration = Duration::from_secs(10);

impl Lab {
    /// Waits for something that another task does in the world.
    async fn until(&self, what: &str, is_done: impl FnMut() -> bool) {
        let done = tokio::time::timeout(PATIENCE, self.world.until(is_done)).await;
        done.unwrap_or_else(|_| panic!("waited in vain until {what}"));
    }
}

/// The whole requests that arrived.
type Calls = watch::Receiver<Vec<String>>;

/// Waits until so many requests arrived, and takes the last of them.
async fn call(calls: &mut Calls, nth: usize) -> String {
    let arrived = tokio::time::timeout(PATIENCE, calls.wait_for(|calls| calls.len() == nth)).await;
    let calls = arrived.unwrap_or_else(|_| panic!("call {nth} never arrives")).unwrap();
    calls[nth - 1].clone()
}

/// Takes whole requests and answers each with 200.
async fn receiver() -> (String, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (kept, calls) = watch::channel(Vec::new());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            loop {
                let read = stream.read(&mut chunk).await.unwrap_or(0);
                bytes.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
                let lines = head.lines().map(str::to_lowercase);
                let mut lengths =
                    lines.filter_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if read == 0 || lengths.next().is_some_and(|length: usize| length <= body.len()) {
                    kept.send_modify(|calls| calls.push(text));
                    break;
                }
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    (url, calls)
}

#[tokio::test]
async fn a_shop_lists_takes_a_status_and_calls_its_webhook() {
    let lab = lab().await;
    let home = lab.face.shop_url("main");
    let shop = lab.world.shop("main");
    let key = shop.key();
    let orders = format!("{home}/wp-json/wc/v3/orders");
    let (_, index) =
        json_of(lab.client.get(format!("{home}/wp-json/")).send().await.unwrap()).await;
    assert_eq!(index["home"], home.as_str());

    let (url, mut calls) = receiver().await;
    let hook = json!({"topic": "order.updated", "delivery_url": url, "secret": "k3q9Zt"});
    let request = lab.client.post(format!("{home}/wp-json/wc/v3/webhooks"));
    let request = request.basic_auth(&key.consumer_key, Some(&key.consumer_secret));
    let (status, _) = json_of(request.body(hook.to_string()).send().await.unwrap()).await;
    assert_eq!(status, 201);
    assert!(calls.borrow()[0].ends_with("webhook_id=1"), "the ping is inside the request");

    let id = shop.customer_buys(cart());
    let call = call(&mut calls, 2).await;
    let (head, body) = call.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&sign("k3q9Zt", body.as_bytes())), "{head}");

    let listed = lab.client.get(format!("{orders}?status=processing"));
    let listed = listed.basic_auth(&key.consumer_key, Some(&key.consumer_secret));
    let (_, rows) = json_of(listed.send().await.unwrap()).await;
    assert_eq!(rows[0]["id"], id.0);
    let put = lab.client.put(format!("{orders}/{id}"));
    let put = put.basic_auth(&key.consumer_key, Some(&key.consumer_secret));
    let put = put.body(json!({"status": "completed"}).to_string());
    let (status, order) = json_of(put.send().await.unwrap()).await;
    assert_eq!((status, order["status"].as_str()), (200, Some("completed")));
    assert_eq!(shop.status(id), "completed");
    lab.face.stop().await;
}

#[tokio::test]
async fn answers_break_as_planned() {
    let lab = lab().await;
    let home = lab.face.shop_url("main");
    let shop = lab.world.shop("main");
    let id = shop.customer_buys(cart());
    let key = shop.key();
    let keys = format!("consumer_key={}&consumer_secret={}", key.consumer_key, key.consumer_secret);
    let url = format!("{home}/wp-json/wc/v3/orders/{id}?{keys}");
    let check = async |fault: HttpFault, status: u16, begins: &[u8]| {
        lab.world.fault_next(Fault::Http(fault));
        let response = lab.client.get(&url).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{fault:?}");
        let body = response.bytes().await.unwrap();
        assert!(body.starts_with(begins), "{fault:?}");
    };
    check(HttpFault::ByteOrderMark, 200, b"\xef\xbb\xbf{").await;
    check(HttpFault::Notice, 200, b"<br />").await;
    check(HttpFault::Html, 200, b"<!DOCTYPE").await;
    check(HttpFault::Wall, 403, b"<!DOCTYPE").await;
    check(HttpFault::Redirect, 301, b"").await;
    let busy = HttpFault::Busy { retry_after_s: Some(7) };
    check(busy, 429, b"").await;
    lab.world.fault_next(Fault::Http(HttpFault::FailsAfterCommit));
    let body = json!({"status": "completed"}).to_string();
    let answer = lab.client.put(&url).body(body).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), shop.status(id).as_str()), (500, "completed"));
    assert_eq!(lab.world.faults_pending(), 0);
    lab.face.stop().await;
}

fn customcat_order(key: &str, design_url: &str) -> Json {
    json!({
        "api_key": key, "sandbox": "0",
        "shipping_first_name": "Joe", "shipping_last_name": "Testing",
        "shipping_address1": "1300 Rosa Parks Blvd", "shipping_city": "Detroit",
        "shipping_state": "MI", "shipping_zip": "48216", "shipping_country": "US",
        "shipping_email": "buyer@example.test", "shipping_phone": "3135550100",
        "shipping_method": "Economy",
        "items": [{"catalog_sku": "45475", "quantity": 2, "design_url": design_url}],
    })
}

#[tokio::test]
async fn customcat_takes_downloads_ships_and_calls() {
    let lab = lab().await;
    let base = lab.face.customcat_url("cc");
    let provider = lab.world.customcat("cc");
    let mut key = String::new();
    provider.set(|settings| key.clone_from(&settings.key));
    let art = photos::png(40, 30, 9);
    let design_url = lab.face.put_photo("front.png", art.clone());
    let (url, mut calls) = receiver().await;
    let hook = json!({"api_key": key, "topic": "order-shipped", "url": url}).to_string();
    lab.client.post(format!("{base}/webhook")).body(hook).send().await.unwrap();

    let order = customcat_order(&key, &design_url).to_string();
    let create = || lab.client.post(format!("{base}/order/wb-1")).body(order.clone());
    lab.world.fault_next(Fault::AcceptAndLoseAnswer);
    let lost = create().send().await;
    let is_lost = match lost {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(is_lost, "the connection ended without a whole answer");
    let again = create().send().await.unwrap();
    assert_eq!(again.status().as_u16(), 400);
    assert_eq!(again.headers()["x-fail-message"], "Duplicate Order");
    assert_eq!(provider.ledger().len(), 1);
    let fetched = || provider.ledger()[0].lines[0].files[0].fetched.clone();
    lab.until("the design is downloaded", || fetched() == Some(Hash::of(&art))).await;

    run_out(&lab);
    let status = format!("{base}/order/status/wb-1?api_key={key}");
    let (_, document) = json_of(lab.client.get(status).send().await.unwrap()).await;
    assert_eq!(document["ORDER_STATUS"], "Shipped");
    assert_eq!(document["SHIPMENTS"][0]["NUMBER_ITEMS"], 2);
    assert_eq!(document["ORDER_DATE"], "March, 03 2026 08:00:00");
    assert!(call(&mut calls, 1).await.contains("tracker_number"));
    let wrong = lab.client.get(format!("{base}/order/status/wb-1?api_key=x")).send().await.unwrap();
    assert_eq!(wrong.status().as_u16(), 401);
    lab.face.stop().await;
}

#[tokio::test]
async fn shineon_demands_makes_two_orders_and_cancels_without_a_word() {
    let lab = lab().await;
    let base = lab.face.shineon_url("so");
    let provider = lab.world.shineon("so");
    let mut key = String::new();
    provider.set(|settings| key.clone_from(&settings.key));
    let print_url = lab.face.put_photo("tag.png", photos::png(10, 10, 1));
    let (hook_url, mut calls) = receiver().await;
    let mut order = json!({"order": {
        "source_id": "wb-2", "shipping_method": "standard-us", "email": "a@example.test",
        "line_items": [{"store_line_item_id": "l1", "sku": "SO-15845643", "quantity": 1,
                        "properties": {"print_url": print_url}}],
        "shipping_address": {"name": "Jane Smith", "address1": "123 Main St", "city": "Austin",
            "province_code": "TX", "zip": "78701", "country_code": "US"},
    }});
    let post = async |order: &Json| {
        let request = lab.client.post(format!("{base}/v1/orders")).bearer_auth(&key);
        json_of(request.body(order.to_string()).send().await.unwrap()).await
    };
    let (status, error) = post(&order).await;
    assert_eq!((status, error["error"].is_string()), (406, true));
    order["order"]["shipment_notification_url"] = Json::from(hook_url);
    let (status, first) = post(&order).await;
    assert_eq!((status, first["order"]["status"].as_str()), (201, Some("awaiting_payment")));
    let (_, second) = post(&order).await;
    let list = lab.client.get(format!("{base}/v1/orders?source_ids=wb-2,wb-9")).bearer_auth(&key);
    let (_, list) = json_of(list.send().await.unwrap()).await;
    assert_eq!(list["orders"].as_array().unwrap().len(), 2, "ShineOn does not refuse a second one");
    let second = second["order"]["id"].as_i64().unwrap();
    let cancel = lab.client.post(format!("{base}/v1/orders/{second}/cancel")).bearer_auth(&key);
    let cancelled = cancel.send().await.unwrap();
    assert_eq!(cancelled.status().as_u16(), 202);
    assert!(cancelled.bytes().await.unwrap().is_empty());

    run_out(&lab);
    assert_eq!(provider.ledger()[0].making, Making::Shipped);
    assert_eq!(provider.ledger()[1].making, Making::Cancelled);
    assert!(call(&mut calls, 1).await.contains(r#""source_id":"""#));
    let put = lab.client.put(format!("{base}/v1/orders/{second}")).bearer_auth(&key);
    let (status, _) = json_of(put.body(order.to_string()).send().await.unwrap()).await;
    assert_eq!(status, 422);
    assert!(lab.clock.now() <= Moment::parse("2026-03-06T00:00:00Z").unwrap());
    lab.face.stop().await;
}

#[tokio::test]
async fn the_face_ends_even_while_an_answer_hangs() {
    let lab = lab().await;
    let url = lab.face.shop_url("main");
    lab.world.fault_next(Fault::Http(HttpFault::HangsAfterCommit));
    let request = lab.client.get(format!("{url}/wp-json/"));
    let asker = tokio::spawn(async move { request.send().await });
    let world = lab.world.clone();
    lab.until("the request has arrived", || world.faults_pending() == 0).await;
    lab.face.stop().await;
    let is_lost = match asker.await.unwrap() {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(is_lost);
}

#[tokio::test]
async fn photos_are_served() {
    let lab = lab().await;
    let bytes = photos::jpeg(20, 10, 3);
    let url = lab.face.put_photo("dog.jpg", bytes.clone());
    let response = lab.client.get(&url).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    assert_eq!(response.bytes().await.unwrap(), bytes);
    let gone = lab.client.get(format!("{url}x")).send().await.unwrap();
    assert_eq!(gone.status().as_u16(), 404);
    lab.face.stop().await;
}
