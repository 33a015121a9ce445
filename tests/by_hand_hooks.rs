//! Webhooks that the merchant makes: their secret is typed in the pages, and it alone is believed.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};

use crate::common::Day;
use crate::web::{Browser, Page};

const SECRET: &str = "Wd4f8h2kLq9ZtB31xY0m";

async fn save(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = browser.get(path).await;
    let (csrf, once) = (form.hidden("csrf"), form.hidden("once"));
    let mut all = vec![("csrf", csrf.as_str()), ("once", once.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

async fn deliver(browser: &Browser, secret: &str) -> StatusCode {
    let body = r#"{"id":7,"status":"processing"}"#;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let request = Request::post("/hooks/shop/second")
        .header("content-type", "application/json")
        .header("x-wc-webhook-source", "https://two.example/")
        .header("x-wc-webhook-topic", "order.updated")
        .header("x-wc-webhook-id", "12")
        .header("x-wc-webhook-signature", signature);
    browser.ask(request.body(Body::from(body)).unwrap()).await.status
}

#[tokio::test]
async fn the_secret_of_webhooks_made_by_hand_is_typed_in_the_pages() {
    let browser = Browser::inside(Day::new().await).await;
    let keys = [("consumer_key", "ck_1"), ("consumer_secret", "cs_1")];
    let mut fields =
        vec![("name", "second"), ("url", "https://two.example"), ("webhooks", "by_hand")];
    fields.extend(keys);
    let new = "/settings/shops/new";
    let refused = save(&browser, new, &fields).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.shows("Type the secret that the webhooks have in the shop");
    fields.push(("webhook_secret", "too-short"));
    save(&browser, new, &fields).await.shows("16 to 64 letters and digits").lacks("too-short");
    *fields.last_mut().unwrap() = ("webhook_secret", SECRET);
    let saved = save(&browser, new, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());

    let page = browser.get("/settings/shops/second").await;
    page.shows("You make them").shows("/hooks/shop/second").shows("Order restored");
    page.shows("A secret is set, and never shown again").lacks(SECRET);
    assert_eq!(deliver(&browser, SECRET).await, StatusCode::OK);
    assert_eq!(deliver(&browser, "Wd4f8h2kLq9ZtB31xY0n").await, StatusCode::UNAUTHORIZED);
    // What is replaced is believed no more, and what is left empty stays.
    let path = "/settings/shops/second";
    save(&browser, path, &[("delay", "3 h")]).await;
    assert_eq!(deliver(&browser, SECRET).await, StatusCode::OK);
    save(&browser, path, &[("webhook_secret", "anotherSecret0123456")]).await;
    assert_eq!(deliver(&browser, "anotherSecret0123456").await, StatusCode::OK);
    assert_eq!(deliver(&browser, SECRET).await, StatusCode::UNAUTHORIZED);
    browser.get("/settings/history").await.shows("Secret of the webhooks").lacks("anotherSecret");
}

/// What was told before there were pages is shown with where it is changed.
#[tokio::test]
async fn addresses_of_the_server_and_shops_of_the_file_say_where_they_are_changed() {
    let browser = Browser::inside(Day::new().await).await;
    let page = browser.get("/settings/server").await;
    page.shows("Public address")
        .shows("public_url")
        .shows("127.0.0.1:8090")
        .shows("the usual one")
        .shows("Shops and providers are told");
    page.shows("/etc/woodblock/config.toml").shows("Start woodblock again").lacks("<input name");
    let shop = browser.get("/settings/shops/main").await;
    shop.shows("woodblock makes them").shows("webhooks = \"by_hand\"").lacks("A fresh secret");
    browser.get("/settings/shops").await.shows("/settings/server");
}
