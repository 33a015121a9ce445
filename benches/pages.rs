//! How long the operators' pages take with ten thousand orders: from the request to the whole answer,
//! without a network, database in memory.
//!
//! Run with `cargo bench --bench pages`; `-- --orders N` for another number. The bench fails when a page
//! takes longer than its budget.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, header};
use common::*;
use tower::ServiceExt;
use woodblock::db;
use woodblock::flow::FlowError;
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::a_recipient;
use woodblock::web::{self, Site, SiteSettings};

const ORDERS: usize = 10_000;
/// Each page is asked for so often.
const TIMES: usize = 41;
/// What an answer may take in the middle.
const LIST_MAX: Duration = Duration::from_millis(50);
const SEARCH_MAX: Duration = Duration::from_millis(100);
const ADDRESS: &str = "127.0.0.1:8080";

/// A shop with many orders behind it, and some in every state.
async fn filled(orders: usize) -> Day {
    let mut setting = Setting::default();
    setting.rules.operators_url = format!("http://{ADDRESS}");
    let day = Day::with(setting).await;
    for provider in [&day.customcat, &day.shineon] {
        provider.set(|settings| {
            settings.start = Start::After(HOUR);
            settings.making = 3 * HOUR;
        });
    }
    for nth in 0..orders {
        let sku = ["MUG", "PENDANT", "TEE-LATER", "MUG", "MUG"][nth % 5];
        let lines = vec![named(sku, &format!("Name {nth}"))];
        day.shop.customer_buys(cart(lines).to(a_recipient(nth)));
        if nth % 50 == 49 {
            day.run_for(4 * HOUR).await;
        }
    }
    day
}

struct Asked {
    pages: axum::Router,
    cookie: String,
}

impl Asked {
    /// The pages of this day, and a person who is logged in.
    async fn of(day: &Day) -> Asked {
        let settings = SiteSettings {
            operators_url: format!("http://{ADDRESS}"),
            public_url: "https://prints.example".to_owned(),
            zone: jiff::tz::TimeZone::UTC,
            trusted_proxies: Vec::new(),
            banner: String::new(),
        };
        let wake = Arc::new(tokio::sync::Notify::new());
        let site = Site::new(day.ctx.clone(), settings, BTreeMap::new(), wake);
        let hash = web::auth::hash_password("a long password");
        let done: Result<_, FlowError> =
            day.ctx.call(move |tx| Ok(db::person::put(tx, "ann", &hash)?)).await;
        done.unwrap();
        let entered = web::auth::log_in(&site, "ann", "a long password", None).await.unwrap();
        let web::auth::LoggedIn::Yes(token) = entered else { panic!("{entered:?}") };
        Asked { pages: web::operators(site), cookie: format!("woodblock={token}") }
    }

    async fn one(&self, path: &str) -> (Duration, usize) {
        let request = Request::get(path).header(header::HOST, ADDRESS);
        let request = request.header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap();
        let before = Instant::now();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let body = axum::body::to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        (before.elapsed(), body.len())
    }

    /// Asks again and again; prints, and tells whether the middle is within its budget.
    async fn measure(&self, name: &str, path: &str, most: Duration) -> bool {
        self.one(path).await;
        let mut took = Vec::new();
        let mut bytes = 0;
        for _ in 0..TIMES {
            let (time, size) = self.one(path).await;
            took.push(time);
            bytes = size;
        }
        took.sort();
        let ms = |at: usize| took[at].as_secs_f64() * 1e3;
        println!(
            "{name:<28} median {:6.1} ms  p95 {:6.1} ms  {:5} KiB  budget {} ms",
            ms(TIMES / 2),
            ms(TIMES * 95 / 100),
            bytes / 1_024,
            most.as_millis()
        );
        took[TIMES / 2] <= most
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let wanted = arguments.iter().position(|argument| argument == "--orders");
    let orders = wanted.map_or(ORDERS, |at| arguments[at + 1].parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let is_within = runtime.block_on(async {
        let asked = Asked::of(&filled(orders).await).await;
        println!("{orders} orders");
        let mut is_within = true;
        for (name, path, most) in [
            ("the list", "/", LIST_MAX),
            ("all orders", "/?view=all", LIST_MAX),
            ("all orders, page 100", "/?view=all&page=100", LIST_MAX),
            ("a view", "/?view=needs-you", LIST_MAX),
            ("a search that finds one", "/?q=Name+4321", SEARCH_MAX),
            ("a search that finds many", "/?q=name", SEARCH_MAX),
            ("a search that finds nothing", "/?q=zzzz", SEARCH_MAX),
        ] {
            is_within &= asked.measure(name, path, most).await;
        }
        is_within
    });
    assert!(is_within, "a page took longer than its budget");
}
