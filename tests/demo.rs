//! The demo with the real binary: twelve orders to their end, and what its report says.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::{Command, Output};

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value as Json;
use tower::ServiceExt;
use woodblock::app::state_dir::StateDir;
use woodblock::cli::setup;
use woodblock::config::Config;
use woodblock::web::{self, Site, SiteSettings};

const ORIGIN: &str = "http://127.0.0.1:8080";

fn woodblock(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_woodblock")).args(arguments).output().unwrap()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or("")
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_orders_end_as_their_stories_say() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    let demo = ["demo", "--until-done", "--orders", "12", "--seed", "1", "--dir", &dir, "--json"];
    let output = tokio::task::block_in_place(|| woodblock(&demo));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let orders = report["orders"].as_array().unwrap();
    let stories: HashSet<&str> = orders.iter().map(|order| text(&order["story"])).collect();
    assert_eq!((orders.len(), stories.len()), (12, 12));

    let ledger = report["ledger"].as_array().unwrap();
    let references: HashSet<&str> = ledger.iter().map(|entry| text(&entry["reference"])).collect();
    assert_eq!(references.len(), ledger.len(), "one provider order for each reference");
    // Eight orders of one provider each, one of two; by hand, cancelled and glyph have none.
    assert_eq!(ledger.len(), 10);

    let of_story = |name: &str| orders.iter().find(|order| order["story"] == name).unwrap();
    let lost = &of_story("answer-lost")["provider_orders"].as_array().unwrap()[0];
    let same = ledger.iter().filter(|entry| entry["reference"] == lost["reference"]);
    assert_eq!(same.count(), 1, "the lost answer is one order");
    assert_eq!(of_story("two-parcels")["tracking"].as_array().unwrap().len(), 2);
    assert_eq!(of_story("cancelled-in-countdown")["shop_status"], "cancelled");
    assert!(text(&of_story("glyph-missing")["problems"][0]).contains("cannot be printed"));
    check_files(orders);
    check_pages(folder.path(), orders, ledger).await;
    check_commands(folder.path());
}

/// Every print file is there, is what its hash says, and has the size of its area.
fn check_files(orders: &[Json]) {
    let files: Vec<&Json> =
        orders.iter().flat_map(|order| order["print_files"].as_array().unwrap()).collect();
    assert!(12 <= files.len());
    for file in files {
        let bytes = std::fs::read(text(&file["path"])).unwrap();
        let hash = woodblock::model::id::Hash::of(&bytes);
        assert_eq!(hash.as_str(), text(&file["hash"]));
        let size = image::load_from_memory(&bytes).unwrap();
        assert_eq!(u64::from(size.width()), file["width_px"].as_u64().unwrap());
        assert_eq!(u64::from(size.height()), file["height_px"].as_u64().unwrap());
        assert_eq!(file["dpi"], 300);
    }
}

/// What the provider fetched hashes to what the order's page shows.
async fn check_pages(folder: &Path, orders: &[Json], ledger: &[Json]) {
    let config = Config::load(&folder.join("config.toml")).unwrap();
    let state = StateDir::lock(&config.server.state_dir).unwrap();
    let exe = env!("CARGO_BIN_EXE_woodblock").into();
    let ctx = setup::open(&config, &state, exe).await.unwrap();
    let hash = web::auth::hash_password("a password of the tests");
    ctx.call(move |tx| Ok(woodblock::db::person::put(tx, "ann", &hash)?)).await.unwrap();
    let settings = SiteSettings {
        operators_url: ORIGIN.to_owned(),
        public_url: "https://prints.example".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        trusted_proxies: Vec::new(),
        banner: String::new(),
    };
    let wake = std::sync::Arc::new(tokio::sync::Notify::new());
    let pages = web::operators(Site::new(ctx.clone(), settings, BTreeMap::new(), wake));
    let cookie = log_in(&pages).await;
    for order in orders {
        for submitted in order["provider_orders"].as_array().unwrap() {
            let entry = ledger.iter().find(|one| one["reference"] == submitted["reference"]);
            let Some(entry) = entry else { continue };
            let reference =
                woodblock::model::fulfilment::Reference::given(text(&entry["reference"]));
            let found = ctx
                .read(move |tx| Ok(woodblock::db::fulfilment::by_reference(tx, &reference)?))
                .await
                .unwrap();
            let page = get(&pages, &format!("/orders/{}", found.unwrap().1), &cookie).await;
            for line in entry["lines"].as_array().unwrap() {
                for file in line["files"].as_array().unwrap() {
                    assert!(page.contains(text(&file["hash"])), "{entry}");
                }
            }
        }
    }
}

async fn get(pages: &axum::Router, path: &str, cookie: &str) -> String {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    let answer = pages.clone().oneshot(request).await.unwrap();
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn log_in(pages: &axum::Router) -> String {
    let request = Request::get("/login").body(Body::empty()).unwrap();
    let answer = pages.clone().oneshot(request).await.unwrap();
    let cookie = cookie_of(&answer);
    let bytes = axum::body::to_bytes(answer.into_body(), 1_000_000).await.unwrap();
    let page = String::from_utf8_lossy(&bytes).into_owned();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("csrf={csrf}&to=%2F&name=ann&password=a+password+of+the+tests");
    let request = Request::post("/login")
        .header(header::COOKIE, cookie)
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    let answer = pages.clone().oneshot(request).await.unwrap();
    assert!(answer.status().is_redirection(), "{}", answer.status());
    cookie_of(&answer)
}

fn cookie_of(answer: &axum::response::Response) -> String {
    let cookies: Vec<&str> = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap().split(';').next().unwrap())
        .collect();
    cookies.join("; ")
}

/// The command line on the same folder, while nothing runs.
fn check_commands(folder: &Path) {
    let config = folder.join("config.toml").display().to_string();
    let ask = |arguments: &[&str]| {
        let mut all = vec!["--config", config.as_str()];
        all.extend(arguments);
        let output = woodblock(&all);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &words)
    };
    let (is_right, list) = ask(&["order", "list"]);
    assert!(is_right && list.lines().count() == 12, "{list}");
    let (is_right, shown) = ask(&["order", "show", "1001"]);
    assert!(is_right && shown.contains("shipped") && shown.contains("2700 × 1125 px"), "{shown}");
    let (is_right, why) = ask(&["order", "show", "no-such-order"]);
    assert!(!is_right && why.contains("order no-such-order does not exist"), "{why}");
    let (is_right, why) = ask(&["order", "send-now", "1001"]);
    assert!(!is_right && why.contains("nothing of order 1001 is in a state for that"), "{why}");
    let (is_right, table) = ask(&["product", "export", "--shop", "main"]);
    assert!(is_right && table.contains("\"MUG-11\""), "{table}");
    let (is_right, why) = ask(&[
        "product",
        "map",
        "sku",
        "X",
        "--design",
        "nope",
        "--provider",
        "customcat",
        "--shop",
        "main",
    ]);
    assert!(!is_right && why.contains("there is no design “nope”"), "{why}");
    let (is_right, designs) = ask(&["design", "list"]);
    assert!(is_right && designs.contains("mug-name-photo"), "{designs}");
    let (is_right, why) = ask(&["check-config"]);
    assert!(is_right && why.contains("the settings are right"), "{why}");
}
