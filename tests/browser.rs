//! The operators' pages in a real Chromium: they open, fit a phone, load all they name, and work.
//!
//! Skipped aloud where there is no Chromium with its driver; `scripts/test` installs Debian's.
//! `PICTURES=folder cargo nextest run browser::` keeps a picture of every page and width.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::http::Method;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use url::Url;

use crate::common::{Day, showroom};
use woodblock::model::id::{ItemId, OrderId};

/// Widths of a desk, a tablet and a phone, in CSS pixels.
const DESK: u32 = 1440;
const TABLET: u32 = 768;
const PHONE: u32 = 390;

/// A Chromium of its own, ended with this value.
pub struct Chromium {
    driver: tokio::process::Child,
    pub client: Client,
    _profile: tempfile::TempDir,
}

/// What the reader's system prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// Deque's checker for accessibility, unchanged (see its folder).
const AXE: &str = include_str!("vendor/axe-core/axe.min.js");

/// Every rule of WCAG 2.2 AA that it knows, and what it thinks good besides.
const EVERY_RULE: &[&str] =
    &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// The rules whose answer depends on colours.
const COLOUR_RULES: &[&str] = &["color-contrast", "link-in-text-block"];

/// Runs it on the page that is open with these tags or rules; each fault as one line.
const AXE_RUN: &str = r#"
    const [only, done] = arguments;
    axe.run(document, { runOnly: only, resultTypes: ["violations"] }).then(
        ({ violations }) => done(violations.flatMap(({ id, help, nodes }) =>
            nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 120)} ${node.any[0]?.message ?? ""}`))),
        (error) => done([String(error)]),
    );
"#;

/// How long a page has for what it is waited for: a machine may have other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Put into a page before it is pressed: notes that the page is being left.
const WATCH: &str = r#"
    if (window.isLeaving !== undefined) return;
    window.isLeaving = false;
    const leave = (event) => { window.isLeaving ||= !event.defaultPrevented; };
    addEventListener("submit", leave);
    addEventListener("click", (event) => {
        const link = event.target.closest?.("a[href]");
        if (link && !link.target && link.href.split('#')[0] !== location.href.split('#')[0]) leave(event);
    });
    addEventListener("beforeunload", leave);
"#;

/// Whether the page stands: it is not being left, and all its scripts ran.
const STANDS: &str = "return !window.isLeaving && document.readyState === 'complete'";

impl Chromium {
    /// `None` where it is not installed.
    pub async fn start() -> Option<Chromium> {
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

    /// A browser that is slow to go is no fault of the pages: what it did not end by itself is ended.
    pub async fn end(mut self) {
        self.client.close().await.ok();
        self.driver.kill().await.ok();
        let profile = self._profile.path().display().to_string();
        Command::new("pkill").args(["-KILL", "-f", &profile]).status().ok();
    }

    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Presses, and where that leads elsewhere waits until the page there stands.
    pub async fn click(&self, css: &str) {
        self.watch().await;
        self.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
        self.stands().await;
    }

    /// Notes from now on whether the page is left, for `stands`.
    pub async fn watch(&self) {
        self.script(WATCH).await;
    }

    pub async fn stands(&self) {
        self.becomes(STANDS, json!(true)).await;
    }

    /// Waits until a script answers this. While a page gives way to the next there is no answer.
    pub async fn becomes(&self, script: &str, wanted: Value) {
        let until = Instant::now() + PATIENCE;
        let mut now = None;
        while Instant::now() < until {
            now = self.client.execute(script, Vec::new()).await.ok();
            if now.as_ref() == Some(&wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{script} is {now:?}, not {wanted}");
    }

    pub async fn type_in(&self, css: &str, text: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    pub async fn text(&self, css: &str) -> String {
        self.client.find(Locator::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// Waits until the page says these words and stands.
    pub async fn shown(&self, words: &str) {
        let place =
            format!("//main//*[contains(., \"{words}\")] | //header//*[contains(., \"{words}\")]");
        let wait = self.client.wait().at_most(PATIENCE);
        if wait.for_element(Locator::XPath(&place)).await.is_err() {
            panic!("“{words}” is not shown in {}", self.text("body").await);
        }
        self.stands().await;
    }

    /// From now on the reader's system prefers this, on the page that is open and those to come.
    pub async fn prefers(&self, scheme: Scheme) {
        self.client.issue_cmd(scheme).await.unwrap();
        let is_dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
        assert_eq!(self.script(is_dark).await, json!(scheme == Scheme::Dark));
    }

    /// What is wrong with the page that is open for people who see, hear or move differently.
    pub async fn faults_of_access(&self) -> Vec<String> {
        self.faults_by(EVERY_RULE).await
    }

    /// The same page in other colours: only what depends on them is asked again.
    async fn faults_of_colour(&self) -> Vec<String> {
        self.faults_by(COLOUR_RULES).await
    }

    async fn faults_by(&self, rules: &[&str]) -> Vec<String> {
        self.client.execute(AXE, Vec::new()).await.unwrap();
        let found = self.client.execute_async(AXE_RUN, vec![json!(rules)]).await.unwrap();
        let found = found.as_array().unwrap().iter();
        found.map(|fault| fault.as_str().unwrap().to_owned()).collect()
    }

    /// What is wrong with the page that is open, with fonts and pictures loaded.
    async fn opens_whole(&self, path: &str, width: u32) -> Vec<String> {
        self.script("return document.fonts.ready.then(() => true)").await;
        let faults = self.script(FAULTS).await;
        self.picture(&format!("{}-{width}", picture_name(path))).await;
        let faults = faults.as_array().unwrap().iter();
        faults.map(|fault| format!("{path} at {width}: {}", fault.as_str().unwrap())).collect()
    }

    /// What is wrong with the page that is open, by light and then in the dark.
    async fn faults_in_both_schemes(&self, path: &str, width: u32) -> Vec<String> {
        self.prefers(Scheme::Light).await;
        let mut faults = self.opens_whole(path, width).await;
        let said = |fault| format!("{path} at {width}: {fault}");
        faults.extend(self.faults_of_access().await.into_iter().map(said));
        self.prefers(Scheme::Dark).await;
        self.picture(&format!("dark-{}-{width}", picture_name(path))).await;
        let said = |fault| format!("{path} in the dark at {width}: {fault}");
        faults.extend(self.faults_of_colour().await.into_iter().map(said));
        faults
    }

    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("PICTURES") else { return };
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }

    pub async fn log_in(&self, home: &str) {
        self.log_in_as(home, "ann").await;
    }

    pub async fn log_in_as(&self, home: &str, name: &str) {
        self.client.goto(home).await.unwrap();
        self.type_in("input[name=name]", name).await;
        self.type_in("input[name=password]", showroom::PASSWORD).await;
        self.click("form button").await;
        let table = Locator::Css("main h1");
        self.client.wait().at_most(PATIENCE).for_element(table).await.unwrap();
    }
}

/// Given to the driver as a command of Chromium's own: WebDriver has none for it.
impl WebDriverCompatibleCommand for Scheme {
    fn endpoint(&self, driver: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        driver.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let value = if *self == Scheme::Dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        let params = json!({ "media": "", "features": features });
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": params });
        (Method::POST, Some(command.to_string()))
    }
}

/// The path of a page as the name of its picture.
fn picture_name(path: &str) -> String {
    path.trim_matches(['/', '?']).replace(['/', '?', '&', '='], "-")
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
pub async fn showroom() -> (Day, String) {
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

/// Pages that can be reached without pressing anything, those of single orders aside.
const PATHS: &[&str] = &[
    "/",
    "/?view=all&provider=customcat&sort=value",
    "/?view=all&q=nobody",
    "/alerts",
    "/jobs",
    "/health",
    "/deliveries",
    "/deliveries/1",
    "/deliveries?order=9",
    "/mails",
    "/mails?state=refused",
    "/mails/1",
    "/reports",
    "/reports?days=365",
    "/reports?from=2020-01-01&to=2020-01-02",
    "/passed",
    "/?view=needs-design",
    "/orders/new",
    "/orders/import",
    "/tracking",
    "/products",
    "/products?view=doubted",
    "/products?view=unmapped",
    "/products?q=nothing",
    "/products/edit",
    "/products/edit?id=1",
    "/products/edit?kind=sku&key=MUG-11&provider=customcat&search=m&find=catalogue",
    "/products/upload",
    "/designs",
    "/designs/new?name=mug",
    "/designs/mug-name-photo",
    "/designs/team-shirt",
    "/designs/team-shirt/update",
    "/stop",
    "/people",
    "/account",
    "/settings/shops",
    "/settings/shops/main",
    "/settings/shops/new",
    "/settings/providers",
    "/settings/providers/new",
    "/settings/sending",
    "/settings/mail",
    "/settings/retention",
    "/settings/server",
    "/settings/history",
    "/labels",
    "/fonts",
    "/start/shop",
    "/start/when",
    "/start/provider",
    "/start/mail",
    "/start/rehearsal",
];

/// Pages that come of a press which changes nothing: where it is, what is pressed, what is shown then.
const PRESSED: &[(&str, &str, &str)] = &[
    ("/?view=all&q=Okafor", "the order", "Send this to the customer?"),
    ("/?view=all", "letters", "are filled for each order"),
    ("/?view=all", "letters looked at", "For example order"),
    ("/?view=all", "approve", "Approve 2 orders?"),
    ("/labels", "meets", "Put both together?"),
    ("/designs/new", "faulty design", "the place is framed"),
    ("/settings/shops/new", "by hand", "Type the secret that the webhooks have"),
];

/// What a press does, by what it is called.
fn script_of(pressed: &str) -> &'static str {
    match pressed {
        "the order" => {
            "const open = document.querySelector('.row-link');
             if (open) { location = open.href; return; }"
        }
        "letter" => {
            "document.querySelector('[action$=\"/letter\"] textarea').value = 'It leaves today.';
             document.querySelector('[action$=\"/letter\"] [value=look]').click();"
        }
        "letters" => {
            "document.querySelectorAll('[name=order]').forEach((box) => { box.checked = true; });
             document.querySelector('[formaction$=\"/bulk/letter\"]').click();"
        }
        "write" => {
            "document.querySelector('[name=text]').value = 'Hello {first name}, {order number} leaves.';
             document.querySelector('.actions [value=look]').click();"
        }
        "approve" => {
            "document.querySelectorAll('[name=order]').forEach((box) => { box.checked = true; });
             document.querySelector('#bulk [value=approve]').click();"
        }
        "meets" => {
            "const form = document.querySelector('.label-rows form');
             form.elements.name.value = 'Rush'; form.submit();"
        }
        "faulty design" => {
            "const toml = 'name = \"Sign\"\\n[area.front]\\nfile = \"a.svg\"\\nwidth_in = 4.0\\nheight_in = 4.0\\n';
             const svg = '<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 400\">\\n<rect width=\"400\" height=\"200\" fill=\"#7a9\"/>\\n<text x=\"200\" y=\"130\" font-size=\"60\" text-anchor=\"middle\" font-family=\"Garamond Premier\">Welcome home</text>\\n<image href=\"logo.png\" x=\"150\" y=\"250\" width=\"100\" height=\"100\"/>\\n</svg>';
             const files = new DataTransfer();
             files.items.add(new File([toml], 'design.toml'));
             files.items.add(new File([svg], 'a.svg'));
             document.querySelector('[name=name]').value = 'door-sign';
             document.querySelector('[name=files]').files = files.files;
             document.querySelector('.upload-form').submit();"
        }
        _ => {
            "for (const [name, value] of [['name', 'second'], ['url', 'https://two.example'],
                 ['consumer_key', 'ck_1'], ['consumer_secret', 'cs_1']])
                 document.querySelector(`[name=${name}]`).value = value;
             document.querySelector('[name=webhooks][value=by_hand]').checked = true;
             document.querySelector('form.cards').submit();"
        }
    }
}

/// Opens such a page.
async fn press(chromium: &Chromium, home: &str, (path, pressed, shown): (&str, &str, &str)) {
    chromium.client.goto(&format!("{home}{path}")).await.unwrap();
    let steps: &[&str] = match pressed {
        "the order" => &["the order", "letter"],
        "letters looked at" => &["letters", "write"],
        _ => &[pressed],
    };
    for step in steps {
        chromium.watch().await;
        chromium.script(script_of(step)).await;
        chromium.stands().await;
        if *step == "the order" {
            chromium.shown("Write to the customer").await;
        } else if *step == "letters" {
            chromium.shown("are filled for each order").await;
        }
    }
    chromium.shown(shown).await;
}

/// Every page that can be reached without pressing anything.
async fn paths(chromium: &Chromium) -> Vec<String> {
    let orders = chromium
        .script("return [...new Set([...document.querySelectorAll('a[href*=\"/orders/\"]')].map(a => a.pathname))]")
        .await;
    let mut paths: Vec<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
    let here = chromium.client.current_url().await.unwrap();
    let look = |css: &str| {
        format!("return [...document.querySelectorAll('{css}')].map(a => a.pathname + a.search)")
    };
    let mut further = Vec::new();
    chromium.client.goto(here.join("/designs/mug-name-photo").unwrap().as_str()).await.unwrap();
    further.push(chromium.script(&look(".versions a[href*=\"/designs/\"]:not([href$=zip])")).await);
    // The newest order that can be edited: its editor, its revisions, a print file.
    for order in orders.as_array().unwrap() {
        chromium.client.goto(here.join(order.as_str().unwrap()).unwrap().as_str()).await.unwrap();
        let edit = chromium.script(&look("a[href$=\"/edit\"]")).await;
        let files = chromium.script(&look("a[href*=\"/files/\"]")).await;
        if !edit.as_array().unwrap().is_empty() && !files.as_array().unwrap().is_empty() {
            let edit = edit[0].as_str().unwrap().to_owned();
            further.push(json!([edit, edit.replace("/edit", "/revisions"), files[0]]));
            break;
        }
    }
    // What the provider still takes a corrected file for.
    let at_provider = here.join("/?view=at-provider").unwrap();
    chromium.client.goto(at_provider.as_str()).await.unwrap();
    let sent = chromium.script(&look(".row-link")).await;
    for order in sent.as_array().unwrap() {
        chromium.client.goto(here.join(order.as_str().unwrap()).unwrap().as_str()).await.unwrap();
        let correct = chromium.script(&look("a[href$=\"/correct\"]")).await;
        if !correct.as_array().unwrap().is_empty() {
            further.push(correct);
            break;
        }
    }
    assert_eq!(further.len(), 3, "no order can be edited, or none corrected");
    chromium.client.goto(here.as_str()).await.unwrap();
    let further = further.iter().flat_map(|all| all.as_array().unwrap().clone());
    paths.extend(further.map(|path| path.as_str().unwrap().to_owned()));
    paths.extend(orders.as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()));
    assert!(10 <= paths.len(), "{paths:?}");
    paths
}

/// Between a desk and a phone; these two are looked at below, where more is asked of each page.
#[tokio::test]
async fn every_page_opens_whole_on_a_tablet() {
    let Some(chromium) = Chromium::start().await else { return };
    let (_day, home) = showroom().await;
    chromium.log_in(&home).await;
    let mut faults = Vec::new();
    let paths = paths(&chromium).await;
    chromium.client.set_window_size(TABLET, 900).await.unwrap();
    for path in paths {
        chromium.client.goto(&format!("{home}{path}")).await.unwrap();
        faults.extend(chromium.opens_whole(&path, TABLET).await);
    }
    chromium.end().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// No rule of WCAG 2.2 AA that a machine can check is broken, in either colour scheme.
#[tokio::test]
async fn every_page_can_be_used_by_everybody_at_a_desk() {
    can_be_used_by_everybody(DESK).await;
}

#[tokio::test]
async fn every_page_can_be_used_by_everybody_on_a_phone() {
    can_be_used_by_everybody(PHONE).await;
}

async fn can_be_used_by_everybody(width: u32) {
    let Some(chromium) = Chromium::start().await else { return };
    let (_day, home) = showroom().await;
    chromium.client.goto(&home).await.unwrap();
    let mut faults = chromium.faults_in_both_schemes("log-in", width).await;
    chromium.log_in(&home).await;
    let paths = paths(&chromium).await;
    // So high that nothing lies beneath the bar that sticks to the bottom of a page: there it could not be
    // pressed until somebody scrolls, which is no fault.
    chromium.client.set_window_size(width, 6_000).await.unwrap();
    for path in &paths {
        chromium.client.goto(&format!("{home}{path}")).await.unwrap();
        faults.extend(chromium.faults_in_both_schemes(path, width).await);
    }
    for one in PRESSED {
        press(&chromium, &home, *one).await;
        let name = format!("pressed-{}", one.1.replace(' ', "-"));
        faults.extend(chromium.faults_in_both_schemes(&name, width).await);
    }
    chromium.end().await;
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Ticking with the mouse and the keys, a bulk act, its undo, and the command box.
#[tokio::test]
async fn the_list_works_by_keys_and_in_bulk() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = showroom().await;
    chromium.log_in(&home).await;
    chromium.client.goto(&format!("{home}/?view=counting-down")).await.unwrap();
    let bar = "return document.querySelector('.bulk-bar').checkVisibility()";
    assert_eq!(chromium.script(bar).await, json!(false), "nothing is ticked");
    chromium.picture("list-counting").await;
    let keys = chromium.client.find(Locator::Css("body")).await.unwrap();
    for key in ["j", "x", "j", "x"] {
        keys.send_keys(key).await.unwrap();
    }
    assert_eq!(chromium.text(".bulk-count").await, "2 orders");
    chromium.picture("list-ticked").await;
    chromium.click(".bulk-bar [value=pause]").await;
    chromium.shown("Pause 2 orders?").await;
    chromium.picture("bulk-asked").await;
    chromium.click(".confirm .primary").await;
    chromium.shown("Paused 2 orders").await;
    chromium.picture("bulk-done").await;
    assert_eq!(paused(&day).await, 3, "one was paused before");
    chromium.click(".confirm .quiet").await;
    chromium.shown("Resumed 2 orders").await;
    assert_eq!(paused(&day).await, 1);
    chromium.client.goto(&format!("{home}/?view=all")).await.unwrap();
    chromium.click(".filter > summary").await;
    chromium.picture("list-filter").await;
    let keys = chromium.client.find(Locator::Css("body")).await.unwrap();
    keys.send_keys("\u{e009}k").await.unwrap();
    chromium.type_in("#command", "alerts").await;
    chromium.picture("command").await;
    let alerts = "#commands li:first-child";
    assert!(chromium.text(alerts).await.starts_with("Alerts"));
    chromium.click(alerts).await;
    let at_alerts = chromium.client.wait().at_most(PATIENCE);
    at_alerts.for_url(&url::Url::parse(&format!("{home}/alerts")).unwrap()).await.unwrap();
    chromium.end().await;
}

/// Ticked rows get another provider after a preview; the menu opens inside the window, on a phone too.
#[tokio::test]
async fn rows_of_the_product_map_change_in_bulk() {
    let Some(chromium) = Chromium::start().await else { return };
    let (_day, home) = showroom().await;
    chromium.log_in(&home).await;
    let bar = "return document.querySelector('.bulk-bar').checkVisibility()";
    let inside = "const place = document.querySelector('.map-bar details[open] .menu-body')
        .getBoundingClientRect(); return 0 <= place.left && 0 <= place.top
        && place.right <= innerWidth && place.bottom <= innerHeight";
    for width in [1440, 390] {
        chromium.client.set_window_size(width, 900).await.unwrap();
        chromium.client.goto(&format!("{home}/products?q=MUG-11")).await.unwrap();
        assert_eq!(chromium.script(bar).await, json!(false), "nothing is ticked");
        chromium.click(".map-row .tickbox label").await;
        assert_eq!(chromium.text(".bulk-count").await, "1 row");
        chromium.click(".map-bar summary").await;
        chromium.picture(&format!("products-menu-{width}")).await;
        assert_eq!(chromium.script(inside).await, json!(true), "{width}");
        chromium.type_in(".map-bar select[name=provider]", "shineon").await;
        chromium.click(".map-bar button[value=provider]").await;
        chromium.shown("Change 1 row?").await;
        assert!(chromium.faults_of_access().await.is_empty());
        chromium.picture(&format!("products-bulk-{width}")).await;
    }
    chromium.click(".confirm .primary").await;
    chromium.shown("Changed: 1 row.").await;
    chromium.picture("products-bulk-done").await;
    chromium.end().await;
}

pub async fn paused(day: &Day) -> usize {
    let ids: Result<Vec<OrderId>, woodblock::flow::FlowError> =
        day.ctx.read(|tx| Ok(woodblock::db::audit::open_orders(tx)?)).await;
    let mut paused = 0;
    for id in ids.unwrap() {
        let order: Result<_, woodblock::flow::FlowError> =
            day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, id)?)).await;
        let mut holds = order.unwrap().holds.into_iter();
        let is = |what| what == woodblock::model::problem::What::Paused;
        paused += usize::from(holds.any(|hold| is(hold.problem.what)));
    }
    paused
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
    chromium.shown("Preview, not saved").await;
    let is_drawn =
        "const one = document.querySelector('.editor-stage img'); return 0 < one.naturalWidth";
    assert_eq!(chromium.script(is_drawn).await, Value::Bool(true));
    chromium.click("button[value=check]").await;
    chromium.shown("Is everything right?").await;
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
    let wait = chromium.client.wait().at_most(PATIENCE);
    wait.for_element(link).await.unwrap();
    let words = chromium.text("body").await;
    assert!(!words.contains("Everything is stopped"), "{words}");
}

/// The whole way of an edit: typing draws, a photo is moved by hand and by keys, steps are taken back,
/// the last look shows both, and the new file is made.
#[tokio::test]
async fn a_design_is_edited_live_and_finished() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = showroom().await;
    chromium.log_in(&home).await;
    let (order, item) = item_with_photo(&day).await;
    let edit = format!("{home}/orders/{order}/items/{item}/edit");
    chromium.client.goto(&edit).await.unwrap();
    chromium.client.set_window_size(1440, 900).await.unwrap();
    let (source, x) = (PICTURE, FROM_LEFT);
    let name = "return document.querySelector('[name=\"value.name\"]').value";
    let (first, was) = (chromium.script(source).await, chromium.script(name).await);
    chromium.type_in("[name='value.name']", " Zo").await;
    let second = changed(&chromium, source, &first).await;
    chromium.shown("Preview, not saved").await;
    // A character that the font lacks is named beside the field, and again gone with it.
    chromium.type_in("[name='value.name']", "5").await;
    chromium.shown("“5” is not allowed").await;
    chromium.type_in("[name='value.name']", "\u{e003}").await;
    let third = changed(&chromium, source, &second).await;
    let dragged = move_photo(&chromium, &third).await;
    // A press on the picture leads to the field.
    let press = "document.querySelector('.spot[data-field=name]').dispatchEvent(\
        new MouseEvent('click', { bubbles: true })); return document.activeElement.name";
    assert_eq!(chromium.script(press).await, json!("value.name"));
    chromium.picture("editor-live").await;
    chromium.click("button[value=check]").await;
    chromium.shown("Is everything right?").await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("editor-finish").await;
    chromium.click("[data-mode=slide]").await;
    let cut = "return document.querySelector('.new img').style.clipPath";
    assert_eq!(chromium.script(cut).await, json!("inset(0px 0px 0px 50%)"));
    // Going back keeps the edit.
    chromium.click("button[value=back]").await;
    chromium.shown("Preview, not saved").await;
    let wanted = format!("{} Zo", was.as_str().unwrap());
    assert_eq!(chromium.script(name).await, json!(wanted));
    assert_eq!(chromium.script(x).await, dragged);
    chromium.click("button[value=check]").await;
    chromium.shown("Is everything right?").await;
    chromium.click("button[value=save]").await;
    chromium.shown(&wanted).await;
    day.run_for(crate::common::MINUTE).await;
    let stored = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, order)?)).await;
    let stored = stored.unwrap();
    let item = stored.item(item).unwrap();
    assert_eq!(item.facts.revision, 2);
    let old = item.facts.files_of(1).next().unwrap();
    let new = item.facts.files_of(2).next().unwrap();
    assert_ne!(old.hash, new.hash);
    chromium.end().await;
}

/// Which drawing is shown, and how far the photo is moved.
const PICTURE: &str = "return document.querySelector('.sheet img').src";
const FROM_LEFT: &str = "return document.querySelector('[name=\"x.photo\"]').value";

/// Waits until a script answers something else.
async fn changed(chromium: &Chromium, script: &str, before: &Value) -> Value {
    for _ in 0..2400 {
        let now = chromium.script(script).await;
        if now != *before {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{script} stays {before}");
}

/// Moves the photo by hand and by keys, takes both back and one again; where it stands then.
async fn move_photo(chromium: &Chromium, third: &Value) -> Value {
    let (source, x) = (PICTURE, FROM_LEFT);
    // By hand: larger, then to the side.
    chromium
        .script("document.querySelector('.crop-pad').scrollIntoView({ block: 'center' })")
        .await;
    chromium.click(".crop-pad [data-move=in]").await;
    chromium.click(".crop-pad [data-move=in]").await;
    let before = chromium.script(x).await;
    drag(chromium, ".cropper", (-40, 0)).await;
    let dragged = changed(chromium, x, &before).await;
    // By keys.
    chromium.script("document.querySelector('.cropper').focus()").await;
    let frame = chromium.client.find(Locator::Css(".cropper")).await.unwrap();
    frame.send_keys("\u{e014}").await.unwrap();
    let moved = changed(chromium, x, &dragged).await;
    assert_ne!(moved, before);
    let cropped = changed(chromium, source, third).await;
    assert_ne!(cropped, *third);
    // One step back is the key, the next the whole drag.
    chromium.click("[data-undo]").await;
    assert_eq!(chromium.script(x).await, dragged);
    chromium.click("[data-undo]").await;
    assert_eq!(chromium.script(x).await, before);
    chromium.click("[data-redo]").await;
    assert_eq!(chromium.script(x).await, dragged);
    turn_photo(chromium).await;
    dragged
}

/// Turns and mirrors the photo by its buttons: what is seen in the frame is what is drawn.
async fn turn_photo(chromium: &Chromium) {
    let laid = "return document.querySelector('[name=\"laid.photo\"]').value";
    let shapes = "return document.querySelector('[name=\"shapes.photo\"]').value";
    let before = chromium.script(shapes).await;
    let drawn = chromium.script(PICTURE).await;
    chromium.click("[data-move=turn]").await;
    assert_eq!(chromium.script(laid).await, json!("90"));
    let turned = changed(chromium, PICTURE, &drawn).await;
    let sides: Vec<String> = before.as_str().unwrap().split(' ').map(str::to_owned).collect();
    let wanted = format!("{} {} {} {}", sides[1], sides[0], sides[2], sides[3]);
    chromium.becomes(shapes, json!(wanted)).await;
    // Mirrored as it is seen: a mirrored photo turned the other way.
    chromium.click("[data-move=mirror]").await;
    assert_eq!(chromium.script(laid).await, json!("270m"));
    changed(chromium, PICTURE, &turned).await;
    chromium.picture("editor-turned").await;
    chromium.click("[data-undo]").await;
    chromium.click("[data-undo]").await;
    assert_eq!(chromium.script(laid).await, json!("0"));
    assert_eq!(chromium.script(shapes).await, before);
}

/// Drags with the mouse, as the driver does it.
async fn drag(chromium: &Chromium, css: &str, (right, down): (i64, i64)) {
    use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
    let element = chromium.client.find(Locator::Css(css)).await.unwrap();
    let frame = || element.clone();
    let still = Some(Duration::from_millis(20));
    let mut mouse = MouseActions::new("mouse".to_owned())
        .then(PointerAction::MoveToElement { element: frame(), duration: still, x: 0., y: 0. })
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
    for step in 1..=4 {
        let (x, y) = ((right * step / 4) as f64, (down * step / 4) as f64);
        mouse =
            mouse.then(PointerAction::MoveToElement { element: frame(), duration: still, x, y });
    }
    let mouse = mouse.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    chromium.client.perform_actions(mouse).await.unwrap();
}

/// An item of an order that counts down, with a name and a photo.
async fn item_with_photo(day: &Day) -> (OrderId, ItemId) {
    let orders =
        day.ctx.read(|tx| Ok(woodblock::db::fulfilment::counting_down(tx)?)).await.unwrap();
    for (_, order) in orders {
        let loaded = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, order)?)).await;
        let items = loaded.unwrap().items;
        let has_both = |item: &&woodblock::model::item::Item| {
            item.values.contains_key("name") && item.values.contains_key("photo")
        };
        if let Some(item) = items.iter().find(has_both) {
            return (order, item.id);
        }
    }
    panic!("no order with a photo counts down");
}

/// An item of an order that counts down, and its order.
async fn waiting_item(day: &Day) -> (OrderId, ItemId) {
    let orders =
        day.ctx.read(|tx| Ok(woodblock::db::fulfilment::counting_down(tx)?)).await.unwrap();
    let (_, order) = orders[0];
    let loaded = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, order)?)).await.unwrap();
    (order, loaded.items[0].id)
}

/// Source, number and recipient of an order that was told by telephone.
async fn type_order(chromium: &Chromium) {
    for (name, text) in [
        ("source", "telephone"),
        ("number", "T-77"),
        ("first_name", "Fern"),
        ("last_name", "Hollis"),
        ("address_1", "12 Mill Lane"),
        ("postcode", "97201"),
        ("city", "Portland"),
        ("state", "OR"),
        ("country", "US"),
    ] {
        chromium.type_in(&format!("[name={name}]"), text).await;
    }
}

/// An order that came by telephone: typed in, its design filled in, sent, placed by hand, and its parcel
/// pasted, until it is done.
#[tokio::test]
async fn an_order_from_elsewhere_is_brought_to_its_end() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = showroom().await;
    chromium.log_in(&home).await;
    chromium.client.set_window_size(1440, 1000).await.unwrap();
    chromium.click("a[href$='/orders/new']").await;
    chromium.shown("Where it comes from").await;
    type_order(&chromium).await;
    chromium.click(".new-order summary").await;
    let choose = |field: &str, option: &str| format!("[name='line.0.{field}'] [value={option}]");
    chromium.click(&choose("design", "team-shirt")).await;
    chromium.click(&choose("provider", "workshop")).await;
    chromium.type_in("[name='line.0.variant']", "SHIRT-RED-L").await;
    chromium.click("section [value=show]").await;
    chromium.shown("empty: needs design").await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("elsewhere-typed").await;
    chromium.click("[value=save]").await;
    chromium.shown("The order is here").await;
    chromium.picture("elsewhere-order").await;
    let order = chromium.client.current_url().await.unwrap();
    chromium.click(".item a[href$='/edit']").await;
    chromium.shown("As it stands").await;
    chromium.type_in("[name='value.name']", "Fern").await;
    chromium.type_in("[name='value.number']", "7").await;
    chromium.click("button[value=check]").await;
    chromium.shown("Is everything right?").await;
    chromium.click("button[value=save]").await;
    chromium.shown("Revision 2 · variant").await;
    let goes_on = async || {
        day.run_for(crate::common::MINUTE * 3).await;
        chromium.client.goto(order.as_str()).await.unwrap();
    };
    goes_on().await;
    chromium.shown("Waiting for Submit").await;
    chromium.click("form[action$='/submit'] button").await;
    chromium.shown("goes out in").await;
    goes_on().await;
    chromium.shown("Place this order with workshop").await;
    chromium.shown("All files as ZIP").await;
    let copies = "return document.querySelectorAll('.by-hand .copy').length";
    assert!(5 < chromium.script(copies).await.as_u64().unwrap());
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    let look = "document.querySelector('.by-hand').scrollIntoView()";
    chromium.script(look).await;
    chromium.picture("elsewhere-by-hand").await;
    chromium.client.set_window_size(390, 900).await.unwrap();
    chromium.script(look).await;
    chromium.picture("elsewhere-by-hand-390").await;
    chromium.client.set_window_size(1440, 1000).await.unwrap();
    chromium.type_in("form[action$='/placed'] input[name=number]", "W-5").await;
    chromium.click("form[action$='/placed'] button").await;
    chromium.shown("Noted.").await;
    chromium.client.goto(&format!("{home}/tracking")).await.unwrap();
    chromium.type_in("textarea[name=text]", "T-77, 1Z999AA10123456784\nT-78, EP1").await;
    chromium.click(".tracking-form button").await;
    chromium.shown("completes the order").await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("tracking-looked-at").await;
    chromium.click("form[action$='/tracking/do'] .primary").await;
    chromium.shown("1 parcel was saved").await;
    chromium.client.goto(order.as_str()).await.unwrap();
    chromium.shown("Done").await;
    chromium.end().await;
}
