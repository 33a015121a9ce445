//! The operators' pages in a real Chromium: they open, fit a phone, load all they name, and work.
//!
//! Skipped aloud where there is no Chromium with its driver; `scripts/test` installs Debian's.
//! `PICTURES=folder cargo nextest run browser::` keeps a picture of every page and width.

use std::process::{Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::common::{Day, showroom};
use woodblock::model::id::{ItemId, OrderId};

/// Widths of a desk, a tablet and a phone, in CSS pixels.
const WIDTHS: [u32; 3] = [1440, 768, 390];

/// A Chromium of its own, ended with this value.
struct Chromium {
    driver: tokio::process::Child,
    client: Client,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// `None` where it is not installed.
    async fn start() -> Option<Chromium> {
        if !is_there("chromium") || !is_there("chromedriver") {
            println!("SKIPPED: no chromium with chromedriver here; scripts/test installs them");
            return None;
        }
        let mut driver = tokio::process::Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = address_of(&mut driver).await;
        let profile = tempfile::tempdir().unwrap();
        let client = connect(&address, profile.path()).await;
        Some(Chromium { driver, client, _profile: profile })
    }

    async fn end(mut self) {
        self.client.close().await.unwrap();
        self.driver.kill().await.unwrap();
    }

    async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    async fn click(&self, css: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    async fn type_in(&self, css: &str, text: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    async fn text(&self, css: &str) -> String {
        self.client.find(Locator::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// Waits until the page says these words.
    async fn shown(&self, words: &str) {
        let place =
            format!("//main//*[contains(., \"{words}\")] | //header//*[contains(., \"{words}\")]");
        let wait = self.client.wait().at_most(Duration::from_secs(20));
        if wait.for_element(Locator::XPath(&place)).await.is_err() {
            panic!("“{words}” is not shown in {}", self.text("body").await);
        }
    }

    async fn log_in(&self, home: &str) {
        self.client.goto(home).await.unwrap();
        self.type_in("input[name=name]", "ann").await;
        self.type_in("input[name=password]", showroom::PASSWORD).await;
        self.click("form button").await;
        let table = Locator::Css("main h1");
        self.client.wait().at_most(Duration::from_secs(20)).for_element(table).await.unwrap();
    }
}

fn is_there(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status: std::process::ExitStatus| status.success())
}

/// The driver says on its standard output which port it took.
async fn address_of(driver: &mut tokio::process::Child) -> String {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(port) = line.split("started successfully on port ").nth(1) {
            return format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        }
    }
    panic!("chromedriver ended without saying its port");
}

async fn connect(driver: &str, profile: &std::path::Path) -> Client {
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
    ];
    let mut flags: Vec<String> = flags.map(str::to_owned).to_vec();
    flags.push(format!("--user-data-dir={}", profile.display()));
    let wishes = json!({
        "goog:chromeOptions": { "args": flags, "binary": "/usr/bin/chromium" },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    let Value::Object(wishes) = wishes else { unreachable!() };
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    let mut builder = ClientBuilder::new(connector);
    builder.capabilities(wishes).connect(driver).await.unwrap()
}

/// Serves the showroom on a port of its own.
async fn showroom() -> (Day, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (day, pages) = showroom::pages(&address).await;
    tokio::spawn(async move { axum::serve(listener, pages).await });
    (day, format!("http://{address}"))
}

/// What is wrong with the page that is open, in words; empty is well.
const FAULTS: &str = r#"
    const faults = [];
    const wide = document.documentElement.scrollWidth;
    if (innerWidth < wide) faults.push(`it is ${wide} px wide and the window ${innerWidth}`);
    if (document.querySelectorAll("h1").length !== 1) faults.push("it has no single h1");
    if (!document.title) faults.push("it has no title");
    if (!document.documentElement.lang) faults.push("it names no language");
    for (const img of document.images) {
        if (img.complete && !img.naturalWidth) faults.push(`${img.src} does not load`);
        if (!img.hasAttribute("alt")) faults.push(`${img.src} has no words`);
    }
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (!field.labels?.length && !field.ariaLabel) faults.push(`${field.name} has no label`);
    }
    for (const press of document.querySelectorAll("button, a[href], summary")) {
        if (!press.textContent.trim() && !press.ariaLabel && !press.querySelector("img[alt]:not([alt=''])"))
            faults.push(`${press.outerHTML.slice(0, 80)} says nothing`);
    }
    if (![...document.fonts].some((font) => font.status === "loaded")) faults.push("no font of ours");
    return faults;
"#;

#[tokio::test]
async fn every_page_opens_whole_at_every_width() {
    let Some(chromium) = Chromium::start().await else { return };
    let (_day, home) = showroom().await;
    chromium.log_in(&home).await;
    let orders = chromium
        .script("return [...new Set([...document.querySelectorAll('a[href*=\"/orders/\"]')].map(a => a.pathname))]")
        .await;
    let mut paths: Vec<String> =
        ["/", "/alerts", "/jobs", "/passed", "/stop"].map(str::to_owned).into();
    paths.extend(orders.as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()));
    assert!(10 <= paths.len(), "{paths:?}");
    let pictures = std::env::var_os("PICTURES").map(std::path::PathBuf::from);
    let mut faults = Vec::new();
    for width in WIDTHS {
        chromium.client.set_window_size(width, 900).await.unwrap();
        for path in &paths {
            chromium.client.goto(&format!("{home}{path}")).await.unwrap();
            chromium.script("return document.fonts.ready.then(() => true)").await;
            for fault in chromium.script(FAULTS).await.as_array().unwrap() {
                faults.push(format!("{path} at {width}: {}", fault.as_str().unwrap()));
            }
            if let Some(folder) = &pictures {
                let name = format!("{}-{width}.png", path.trim_matches('/').replace('/', "-"));
                let picture = chromium.client.screenshot().await.unwrap();
                std::fs::write(folder.join(name), picture).unwrap();
            }
        }
    }
    chromium.end().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_person_edits_a_name_saves_it_and_stops_everything() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = showroom().await;
    chromium.log_in(&home).await;
    let (order, item) = waiting_item(&day).await;
    chromium.client.goto(&format!("{home}/orders/{order}/items/{item}/edit")).await.unwrap();
    let name = "input[name^='value.']:not([type=hidden]):not([type=file])";
    chromium.client.find(Locator::Css(name)).await.unwrap().clear().await.unwrap();
    chromium.type_in(name, "Zoë").await;
    chromium.click("button[value=preview]").await;
    chromium.shown("Preview, not saved").await;
    let is_drawn =
        "const one = document.querySelector('.editor-preview img'); return 0 < one.naturalWidth";
    assert_eq!(chromium.script(is_drawn).await, Value::Bool(true));
    chromium.click("button[value=save]").await;
    chromium.shown("Zoë").await;
    let stored = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, order)?)).await;
    let stored = stored.unwrap();
    assert_eq!(stored.item(item).unwrap().facts.revision, 2);
    stop_and_resume(&chromium, &home).await;
    chromium.end().await;
}

async fn stop_and_resume(chromium: &Chromium, home: &str) {
    chromium.client.goto(home).await.unwrap();
    chromium.click("a[href$='/stop']").await;
    chromium.shown("Stop everything?").await;
    chromium.click("main form button").await;
    chromium.shown("Everything is stopped").await;
    chromium.click("form[action$='/resume'] button").await;
    // The link to stop everything is there only while nothing is stopped.
    let link = Locator::Css("a[href$='/stop']");
    let wait = chromium.client.wait().at_most(Duration::from_secs(20));
    wait.for_element(link).await.unwrap();
    let words = chromium.text("body").await;
    assert!(!words.contains("Everything is stopped"), "{words}");
}

/// An item of an order that counts down, and its order.
async fn waiting_item(day: &Day) -> (OrderId, ItemId) {
    let orders =
        day.ctx.read(|tx| Ok(woodblock::db::fulfilment::counting_down(tx)?)).await.unwrap();
    let (_, order) = orders[0];
    let loaded = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, order)?)).await.unwrap();
    (order, loaded.items[0].id)
}
