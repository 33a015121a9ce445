//! Every order that we have of real and made shops is taken in, left alone, or held with a problem
//! that a merchant understands; through the real client, over HTTP.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::*;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, Uri, header};
use serde_json::Value as Json;
use woodblock::db;
use woodblock::flow::ctx::ShopSeat;
use woodblock::flow::{FlowError, intake};
use woodblock::model::check::Checks;
use woodblock::model::id::ShopOrderId;
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::outside::shop::woocommerce::{PlainHttp, WooCommerce, WooSettings};

/// Orders by id, as the shop would answer them.
type Answers = Arc<BTreeMap<i64, Json>>;

const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

async fn answer(
    State(orders): State<Answers>,
    uri: Uri,
) -> (StatusCode, [(HeaderName, &'static str); 1], String) {
    let id = uri.path().rsplit('/').next().and_then(|id| id.parse::<i64>().ok());
    if uri.path().ends_with("/refunds") {
        return (StatusCode::OK, JSON, Json::Array(refunds()).to_string());
    }
    match id.and_then(|id| orders.get(&id)) {
        Some(order) => (StatusCode::OK, JSON, order.to_string()),
        None => {
            let body = serde_json::json!({
                "code": "woocommerce_rest_shop_order_invalid_id",
                "message": "Invalid ID.",
                "data": { "status": 404 }
            });
            (StatusCode::NOT_FOUND, JSON, body.to_string())
        }
    }
}

fn refunds() -> Vec<Json> {
    vec![read(Path::new("tests/data/woo/refund-1060.json"))]
}

fn read(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The files of whole orders, by the id in them.
fn files() -> Vec<(PathBuf, Json)> {
    let mut found = Vec::new();
    for folder in ["tests/data/woo", "tests/data/woo-captured"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let json = name.ends_with(".json").then(|| read(&path));
            let is_order =
                |json: &Json| json["line_items"].is_array() && json["order_key"].is_string();
            match json {
                Some(Json::Array(rows)) => {
                    found.extend(rows.into_iter().filter(is_order).map(|row| (path.clone(), row)));
                }
                Some(json) if is_order(&json) => found.push((path, json)),
                _ => {}
            }
        }
    }
    found.sort_by_key(|(path, json)| (path.clone(), json["id"].as_i64()));
    found
}

/// What a merchant would have mapped: everything that is personalised, and what passes by.
async fn map(day: &Day, orders: &[(PathBuf, Json)]) {
    let elsewhere = ["PLANNER-PDF", "GIFTCARD-NOTE", "PRINT-A3"];
    let unmapped = ["CARDS-10"];
    let mut rows: Vec<(Matches, Made)> = Vec::new();
    for line in orders.iter().flat_map(|(_, order)| order["line_items"].as_array().unwrap()) {
        let sku = line["sku"].as_str().unwrap_or("").to_owned();
        if sku.is_empty() || unmapped.contains(&sku.as_str()) {
            continue;
        }
        let made = match elsewhere.contains(&sku.as_str()) {
            true => Made::Elsewhere,
            false => Made::Here(Recipe {
                design: "sign".to_owned(),
                provider: "customcat".to_owned(),
                provider_sku: "47417".to_owned(),
                routes: Vec::new(),
                steps: None,
                delay_s: None,
                copies: Copies::AsDesigned,
                checks: Checks::default(),
            }),
        };
        rows.push((Matches::Sku(sku), made));
    }
    let shop = day.shop_id;
    let stored: Result<(), FlowError> = day
        .ctx
        .call(move |tx| {
            db::shop::set_go_live(tx, shop, woodblock::model::time::Moment::from_unix_ms(0))?;
            for (matches, made) in &rows {
                db::product::put(tx, shop, matches, made)?;
            }
            Ok(())
        })
        .await;
    stored.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_taken_in_left_alone_or_held_with_a_reason() {
    let orders = files();
    let mut table = String::new();
    for (path, order) in &orders {
        // The same id stands in several captures: each is a shop of its own here.
        let mut day = Day::new().await;
        map(&day, &orders).await;
        let id = order["id"].as_i64().unwrap();
        let answers: Answers = Arc::new(BTreeMap::from([(id, order.clone())]));
        let router = Router::new().fallback(answer).with_state(answers);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let home = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = WooSettings {
            plain_http: PlainHttp::KeysOnLoopback,
            ..WooSettings::new(home.parse().unwrap(), "ck_x".into(), "cs_x".into())
        };
        let client = WooCommerce::new(settings, day.clock.clone(), 1);
        let seat = ShopSeat { shop: Arc::new(client), ..day.ctx.shops[&day.shop_id].clone() };
        day.ctx.shops = Arc::new(BTreeMap::from([(day.shop_id, seat)]));

        let key = format!("{}:{id}", day.shop_id);
        let outcome = intake::run(&day.ctx, &key).await;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let words = match outcome {
            Ok(woodblock::flow::Outcome::Done(words)) if words.starts_with("passed by") => words,
            Ok(_) => {
                let order = day.order(ShopOrderId(id)).await;
                let holds: Vec<String> =
                    order.holds.iter().map(|hold| hold.problem.sentence()).collect();
                let items: Vec<String> = order
                    .items
                    .iter()
                    .map(|item| format!("{} × {}", item.quantity, order.item_name(item.id)))
                    .collect();
                format!("{}: {}; {}", order.state.name(), items.join(", "), holds.join("; "))
            }
            Err(error) => panic!("{name}: {error}"),
        };
        table += &format!("{name} #{id}\n    {words}\n");
        server.abort();
    }
    let expected = "tests/data/outcomes.txt";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(expected, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(expected).unwrap_or_default(), "\n{table}");
}
