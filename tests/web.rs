//! The operators' pages on the router: who gets in, what the pages show, what a press does.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use crate::common::{Day, HOUR, MINUTE, Setting, cart, named, rules};
use woodblock::db;
use woodblock::flow::ctx::Rules;
use woodblock::flow::limits::Limits;
use woodblock::flow::{FlowError, recovery};
use woodblock::model::check::Checks;
use woodblock::model::fulfilment::State;
use woodblock::model::id::{Hash, ShopOrderId};
use woodblock::model::order::Approval;
use woodblock::model::problem::What;
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::web::routes::{Role, Verb};
use woodblock::web::{self, Site, SiteSettings};

pub const ORIGIN: &str = "http://127.0.0.1:8080";
pub const PASSWORD: &str = "a password of the tests";

/// A browser with one cookie jar, in front of the pages of a day.
pub struct Browser {
    pub day: Day,
    pub pages: Router,
    public: Router,
    pub cookie: String,
}

/// An answer, read whole.
pub struct Page {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first hidden field with this name.
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let text = self.text();
        let rest = text.split(&mark).nth(1).unwrap_or_else(|| panic!("no {name} in {text}"));
        rest.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn shows(&self, words: &str) -> &Page {
        let text = self.text();
        let plain = text.replace("&#39;", "'").replace("&#38;", "&").replace("&#34;", "\"");
        assert!(plain.contains(words), "“{words}” is not in {plain}");
        self
    }

    #[track_caller]
    pub fn lacks(&self, words: &str) -> &Page {
        assert!(!self.text().contains(words), "“{words}” is there");
        self
    }
}

pub fn site(day: &Day, url: &str) -> Site {
    let settings = SiteSettings {
        operators_url: url.to_owned(),
        public_url: "https://prints.example".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        trusted_proxies: Vec::new(),
        banner: String::new(),
    };
    let wake = Arc::new(tokio::sync::Notify::new());
    Site::new(day.ctx.clone(), settings, BTreeMap::new(), wake)
}

impl Browser {
    pub async fn at(day: Day) -> Browser {
        let site = site(&day, ORIGIN);
        let hash = web::auth::hash_password(PASSWORD);
        let done: Result<_, FlowError> =
            day.ctx.call(move |tx| Ok(db::person::put(tx, "ann", &hash)?)).await;
        done.unwrap();
        Browser {
            pages: web::operators(site.clone()),
            public: web::public(site),
            cookie: String::new(),
            day,
        }
    }

    /// A browser whose person is logged in.
    pub async fn inside(day: Day) -> Browser {
        let mut browser = Browser::at(day).await;
        browser.log_in(PASSWORD).await;
        browser
    }

    pub async fn ask(&self, request: Request<Body>) -> Page {
        let path = request.uri().path();
        let router = match path.starts_with("/files/") || path.starts_with("/hooks/") {
            true => &self.public,
            false => &self.pages,
        };
        let answer = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Page { status: parts.status, headers: parts.headers, bytes: bytes.to_vec() }
    }

    pub async fn get(&self, path: &str) -> Page {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    async fn log_in(&mut self, password: &str) -> Page {
        let form = self.get("/login").await;
        self.keep_cookies(&form);
        let csrf = form.hidden("csrf");
        let fields =
            [("csrf", csrf.as_str()), ("name", "ann"), ("password", password), ("to", "/")];
        let answer = self.post("/login", &fields).await;
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, page: &Page) {
        for line in page.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let name = pair.split('=').next().unwrap();
            let mut jar: Vec<String> = self
                .cookie
                .split("; ")
                .filter(|kept| !kept.is_empty() && !kept.starts_with(&format!("{name}=")))
                .map(str::to_owned)
                .collect();
            jar.push(pair.to_owned());
            self.cookie = jar.join("; ");
        }
    }

    /// Presses a button of a page: its marks are sent along.
    /// Looks once more and says that everything is right.
    pub async fn finish(&self, edit: &str, fields: &[(&str, &str)]) -> Page {
        let check: Vec<_> = fields.iter().copied().chain([("act", "check")]).collect();
        let look = self.press(edit, edit, &check).await;
        assert_eq!(look.status, StatusCode::OK);
        look.shows("Is everything right?");
        let seen = look.hidden("seen");
        let save: Vec<_> =
            fields.iter().copied().chain([("act", "save"), ("seen", &*seen)]).collect();
        self.press(edit, edit, &save).await
    }

    pub async fn press(&self, from: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from).await;
        let csrf = page.hidden("csrf");
        let has_mark = page.text().contains("name=\"once\"");
        let once = has_mark.then(|| page.hidden("once"));
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(once.as_deref().map(|once| ("once", once)));
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    pub async fn order_path(&self, order: ShopOrderId) -> String {
        format!("/orders/{}", self.day.id(order).await)
    }

    async fn fulfilment_path(&self, order: ShopOrderId, provider: &str) -> String {
        let id = self.day.fulfilment(order, provider).await;
        format!("{}/fulfilments/{id}", self.order_path(order).await)
    }

    pub async fn item_path(&self, order: ShopOrderId) -> String {
        let id = self.day.item(order, 0).await;
        format!("{}/items/{id}", self.order_path(order).await)
    }
}

/// A day on which one mug was bought and drawn: it counts down.
pub async fn counting_down() -> (Browser, ShopOrderId) {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    day.run_for(5 * MINUTE).await;
    (Browser::inside(day).await, order)
}

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_log_in_and_no_press_gets_through() {
    let mut browser = Browser::at(Day::new().await).await;
    for route in web::routes::operator_routes() {
        let path =
            route.path.replace("{area}", "front").replace("{hash}", "x").replace("{name}", "x");
        let path = path.replace("{order}", "1").replace("{item}", "1").replace("{shop}", "1");
        let path = path.replace("{fulfilment}", "1").replace("{id}", "1");
        if route.role != Role::Operator {
            continue;
        }
        match route.verb {
            Verb::Look => {
                let page = browser.get(&path).await;
                assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
                assert!(page.header("location").starts_with("/login"), "{path}");
            }
            Verb::Press => {
                let page = browser.post(&path, &[]).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
            }
            Verb::Any => panic!("{path} is no page"),
        }
    }
    browser.log_in(PASSWORD).await;
    for route in web::routes::operator_routes() {
        if route.verb != Verb::Press {
            continue;
        }
        let path = route.path.replace("{order}", "1").replace("{item}", "1").replace("{shop}", "1");
        let path = path.replace("{fulfilment}", "1").replace("{id}", "1");
        for fields in [vec![], vec![("csrf", "foreign")]] {
            let page = browser.post(&path, &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[tokio::test]
async fn a_press_from_another_site_does_not_get_through() {
    let (browser, order) = counting_down().await;
    let page = browser.get("/").await;
    let (csrf, path) = (page.hidden("csrf"), browser.fulfilment_path(order, "customcat").await);
    for (origin, site) in [
        (Some("https://evil.example"), None),
        (Some("https://evil.example"), Some("cross-site")),
        (Some("null"), Some("cross-site")),
        (Some(ORIGIN), Some("same-site")),
        (None, None),
    ] {
        let mut request = Request::post(format!("{path}/send-now"))
            .header(header::COOKIE, &browser.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let body = Body::from(format!("csrf={csrf}"));
        let answer = browser.ask(request.body(body).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?} {site:?}");
    }
}

#[tokio::test]
async fn a_person_logs_in_and_out() {
    let mut browser = Browser::at(Day::new().await).await;
    let wrong = browser.log_in("another").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    wrong.shows("Name or password are wrong.");
    let right = browser.log_in(PASSWORD).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    let cookie = right.header("set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    let list = browser.get("/").await;
    assert_eq!(list.status, StatusCode::OK);
    list.shows("ann").shows("No orders yet");
    let csp = list.header("content-security-policy");
    assert!(csp.starts_with("default-src 'none'; style-src 'self'"));
    assert_eq!(list.header("cache-control"), "private, no-store");
    assert_eq!(list.header("referrer-policy"), "no-referrer");
    assert_eq!(list.header("x-content-type-options"), "nosniff");
    let out = browser.press("/", "/logout", &[]).await;
    assert_eq!(out.header("location"), "/login");
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sessions_end_when_they_are_not_used() {
    let browser = Browser::inside(Day::new().await).await;
    browser.day.run_for(11 * crate::common::HOUR).await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    browser.day.run_for(11 * crate::common::HOUR).await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    browser.day.run_for(13 * crate::common::HOUR).await;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let mut browser = Browser::at(Day::new().await).await;
    for _ in 0..5 {
        assert_eq!(browser.log_in("guess").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(browser.log_in(PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    browser.day.run_for(16 * MINUTE).await;
    assert_eq!(browser.log_in(PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_list_shows_what_an_order_waits_for() {
    let (browser, order) = counting_down().await;
    let number = browser.day.order(order).await.number;
    let all = browser.get("/?view=all").await;
    all.shows(&number).shows("Counting down").shows("goes out in").shows("customcat");
    browser.get("/?view=done").await.shows("Nothing is done yet");
    browser.get("/?view=counting-down").await.shows(&number);
    browser.get("/?view=needs-you").await.shows("Nothing needs you");
    browser.get("/?q=REX").await.shows(&number);
    browser.get("/?q=nobody%25").await.shows("Nothing found");
    let exact = browser.get(&format!("/?q={number}")).await;
    assert_eq!(exact.header("location"), browser.order_path(order).await);
}

#[tokio::test]
async fn the_order_page_shows_everything_and_presses_move_the_clock() {
    let (browser, order) = counting_down().await;
    let (path, fulfilment) =
        (browser.order_path(order).await, browser.fulfilment_path(order, "customcat").await);
    let page = browser.get(&path).await;
    page.shows("Counting down").shows("Send now").shows("REX").shows("1200 × 1200 px");
    page.shows("300 dpi PNG").shows("Recipient").shows("The order came in");

    let before = submit_at(&browser, order).await;
    let to = before + 3_600_000;
    let page =
        browser.press(&path, &format!("{fulfilment}/later"), &[("to", &to.to_string())]).await;
    assert_eq!(page.header("location"), path);
    assert_eq!(submit_at(&browser, order).await, to);

    browser.press(&path, &format!("{fulfilment}/hold"), &[]).await;
    assert_eq!(browser.day.problems(order).await, [What::Paused]);
    let page = browser.get(&path).await;
    page.shows("Paused. It waits until").shows("paused by ann").shows("Resume");
    let hold = browser.day.hold_of(order, What::Paused).await.to_string();
    browser.press(&path, &format!("{path}/release"), &[("hold", &hold)]).await;
    assert!(browser.day.problems(order).await.is_empty());

    browser.press(&path, &format!("{fulfilment}/send-now"), &[]).await;
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.states(order).await, ["customcat in_production"]);
    let page = browser.get(&path).await;
    page.shows("In production").shows("can no longer be changed").lacks("Send now");
    let again = browser.press(&path, &format!("{fulfilment}/send-now"), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    browser.get(&path).await.shows("That is no longer possible: it is “in production” now.");
}

/// The history is narrowed to what people did or to mails, and what it tells of opens from it.
#[tokio::test]
async fn the_history_is_narrowed_and_opens_what_it_tells_of() {
    let (browser, order) = counting_down().await;
    let path = browser.order_path(order).await;
    let page = browser.get(&path).await;
    page.shows("goes out in").shows("was drawn").shows("?history=program#history");
    page.shows(&format!("{}/revisions\">", browser.item_path(order).await));
    let fulfilment = browser.fulfilment_path(order, "customcat").await;
    browser.press(&path, &format!("{fulfilment}/hold"), &[]).await;
    let people = browser.get(&format!("{path}?history=people")).await;
    people.shows("is held").lacks("was drawn");
    browser.get(&format!("{path}?history=program")).await.shows("was drawn").lacks("is held");
    let id = browser.day.id(order).await;
    let mail = woodblock::db::mail::NewMail {
        order: Some(id),
        kind: "alert",
        key: "1".to_owned(),
        recipient: "ops@shop.example".to_owned(),
        subject: "Look at this".to_owned(),
        text: String::new(),
        html: String::new(),
    };
    let put = browser.day.ctx.call(move |tx| Ok(woodblock::db::mail::put(tx, &mail, "<m@x>")?));
    let mail = put.await.unwrap().unwrap();
    let mails = browser.get(&format!("{path}?history=mail")).await;
    mails.shows("Mail waits for ops@shop.example").shows(&format!("/mails/{mail}\""));
    mails.shows("“Look at this”").lacks("was drawn");
}

/// What was approved, drawn and sent stand beside each other with their seal.
#[tokio::test]
async fn approved_drawn_and_sent_are_compared() {
    let (browser, order) = counting_down().await;
    let (path, item) = (browser.order_path(order).await, browser.item_path(order).await);
    let seal = browser.day.order(order).await.items[0].facts.seal(1);
    browser.get(&path).await.shows(&format!("{item}/revisions#seals")).shows(seal.short());
    let before = browser.get(&format!("{item}/revisions")).await;
    before.shows("Nothing was sent yet").shows(seal.short());
    let fulfilment = browser.fulfilment_path(order, "customcat").await;
    browser.press(&path, &format!("{fulfilment}/send-now"), &[]).await;
    browser.day.run_for(MINUTE).await;
    browser.get(&path).await.shows("https://provider.example/orders/");
    let after = browser.get(&format!("{item}/revisions")).await;
    after.shows("All of it is the same, byte for byte").shows("to customcat, wb-");
    // A file of which the provider was told another name is seen.
    let id = browser.day.order(order).await.fulfilments[0].id;
    let cut = browser.day.ctx.call(move |tx| {
        Ok(tx.execute("DELETE FROM file_links WHERE fulfilment_id = $1", &[id.into()])?)
    });
    cut.await.unwrap();
    let differs = browser.get(&format!("{item}/revisions")).await;
    differs.shows("Not the same as what was drawn: sent.").shows("Other files than those of");
}

async fn submit_at(browser: &Browser, order: ShopOrderId) -> i64 {
    let order = browser.day.order(order).await;
    order.fulfilments[0].submit_at().unwrap().unix_ms()
}

#[tokio::test]
async fn the_same_form_pressed_twice_works_once() {
    let (browser, order) = counting_down().await;
    browser.day.run_for(3 * crate::common::HOUR).await;
    let path = browser.order_path(order).await;
    let page = browser.get(&path).await;
    let item = browser.day.item(order, 0).await;
    let (csrf, once) = (page.hidden("csrf"), page.hidden("once"));
    let quantity = format!("quantity.{item}");
    let fields = [
        ("csrf", csrf.as_str()),
        ("once", once.as_str()),
        (quantity.as_str(), "1"),
        ("reason", "broken in the post"),
    ];
    for _ in 0..3 {
        let answer = browser.post(&format!("{path}/reprint"), &fields).await;
        assert_eq!(answer.header("location"), path);
    }
    assert_eq!(browser.day.order(order).await.items[0].reprints, 1);
}

#[tokio::test]
async fn an_order_waits_for_submit_and_is_cancelled() {
    let setting = Setting { approval: Approval::Manual, ..Setting::default() };
    let day = Day::with(setting).await;
    let first = day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    let second = day.shop.customer_buys(cart(vec![named("MUG", "BELLA")]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let path = browser.order_path(first).await;
    let page = browser.get(&path).await;
    page.shows("Ready, and waiting for Submit");
    browser.get("/").await.shows("Needs you").shows("Waiting for Submit");
    let fulfilment = browser.fulfilment_path(first, "customcat").await;
    browser.press(&path, &format!("{fulfilment}/submit"), &[]).await;
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.states(first).await, ["customcat in_production"]);
    let path = browser.order_path(second).await;
    browser.press(&path, &format!("{path}/cancel"), &[]).await;
    assert_eq!(browser.day.states(second).await, ["customcat cancelled"]);
}

#[tokio::test]
async fn values_are_previewed_and_saved_and_nothing_typed_is_lost() {
    let (browser, order) = counting_down().await;
    let path = browser.item_path(order).await;
    let edit = format!("{path}/edit");
    let page = browser.get(&edit).await;
    page.shows("value=\"REX\"").shows("At most 20 characters.");
    let again = browser.get(&browser.order_path(order).await).await;
    again.shows("The clock stands still:").shows("ann edits a design");

    let long = "A NAME THAT IS FAR TOO LONG FOR IT";
    let fields = [("act", "preview"), ("revision", "1"), ("value.name", long)];
    let page = browser.press(&edit, &edit, &fields).await;
    page.shows(long).shows("A text is too long");
    let fields = [("act", "save"), ("revision", "1"), ("value.name", long)];
    let page = browser.press(&edit, &edit, &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(long).shows("A text is too long");

    let fields = [("act", "preview"), ("revision", "1"), ("value.name", "LUNA")];
    let page = browser.press(&edit, &edit, &fields).await;
    page.shows("Preview, not saved").shows("value=\"LUNA\"");
    let text = page.text();
    let src = text.split("/previews/").nth(1).unwrap().split('"').next().unwrap();
    let picture = browser.get(&format!("/previews/{src}")).await;
    assert_eq!(picture.header("content-type"), "image/png");

    let fields = [("revision", "1"), ("value.name", "LUNA")];
    let page = browser.finish(&edit, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    browser.day.run_for(MINUTE).await;
    let page = browser.get(&browser.order_path(order).await).await;
    page.shows("LUNA").shows("2 revisions").shows("Use this revision").lacks("stands still");

    let stale = [("act", "save"), ("revision", "1"), ("value.name", "TOM")];
    let both = browser.press(&edit, &edit, &stale).await;
    both.shows("Somebody saved other values meanwhile").shows("<td>LUNA</td><td>TOM</td>");
    both.shows("value=\"TOM\"").shows("name=\"revision\" value=\"2\"");

    let fields = [("revision", "1")];
    browser.press(&browser.order_path(order).await, &format!("{path}/revision"), &fields).await;
    browser.day.run_for(MINUTE).await;
    let page = browser.get(&browser.order_path(order).await).await;
    page.shows("REX").shows("3 revisions");
}

#[tokio::test]
async fn a_photo_is_uploaded_and_anything_else_is_not() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![crate::common::line("PORTRAIT")]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let edit = format!("{}/edit", browser.item_path(order).await);
    let upload = async |bytes: &[u8]| {
        let page = browser.get(&edit).await;
        let mut body = Vec::new();
        let fields = [
            ("csrf", page.hidden("csrf")),
            ("act", "check".to_owned()),
            ("revision", "1".to_owned()),
        ];
        for (name, value) in fields {
            let part = format!(
                "--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.as_bytes());
        }
        let head = "--x\r\ncontent-disposition: form-data; name=\"value.photo\"; filename=\"a.jpg\"\r\n\r\n";
        body.extend(head.as_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--x--\r\n");
        let request = Request::post(&edit)
            .header(header::COOKIE, &browser.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        browser.ask(request.body(Body::from(body)).unwrap()).await
    };
    upload(b"<svg>").await.shows("it is no JPEG, PNG or WebP");
    let photo = include_bytes!("../assets/photos/dog.jpg");
    let page = upload(photo).await;
    assert_eq!(page.status, StatusCode::OK);
    let (seen, value) = (page.hidden("seen"), page.hidden("value.photo"));
    let fields = [("act", "save"), ("revision", "1"), ("seen", &*seen), ("value.photo", &*value)];
    let page = browser.press(&edit, &edit, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let item = browser.day.order(order).await.items[0].clone();
    let hash = Hash::of(photo);
    assert!(format!("{:?}", item.values).contains(hash.as_str()));
    let picture = browser.get(&format!("/pictures/{hash}")).await;
    assert_eq!(picture.header("content-type"), "image/jpeg");
    assert!(picture.header("content-security-policy").contains("sandbox"));
}

#[tokio::test]
async fn everything_is_stopped_and_resumed() {
    let (browser, order) = counting_down().await;
    browser.get("/stop").await.shows("<b>1 order</b> is counting down");
    browser.press("/stop", "/stop", &[]).await;
    browser.get("/").await.shows("Everything is stopped.");
    browser.day.run_for(5 * crate::common::HOUR).await;
    assert_eq!(browser.day.states(order).await, ["customcat countdown"]);
    browser.press("/", "/resume", &[]).await;
    browser.get("/").await.lacks("Everything is stopped.");
    browser.day.run_for(5 * MINUTE).await;
    assert_eq!(browser.day.states(order).await, ["customcat in_production"]);
}

#[tokio::test]
async fn an_order_is_placed_by_hand_and_its_parcel_typed_in() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("SIGN-HAND", "REX")]));
    day.run_for(3 * crate::common::HOUR).await;
    let browser = Browser::inside(day).await;
    let (path, fulfilment) =
        (browser.order_path(order).await, browser.fulfilment_path(order, "workshop").await);
    let page = browser.get(&path).await;
    let recipient = browser.day.order(order).await.recipient;
    page.shows("Place this order with workshop").shows(&recipient.address_1);
    page.shows("47417").shows("Download").shows(&recipient.postcode);
    browser.press(&path, &format!("{fulfilment}/placed"), &[("number", "W-17")]).await;
    browser.get(&path).await.shows("W-17").shows("Type a parcel in");
    let fields = [("carrier", "USPS"), ("number", "9400100000000000000001")];
    browser.press(&path, &format!("{fulfilment}/parcel"), &fields).await;
    browser.day.run_for(5 * MINUTE).await;
    assert_eq!(browser.day.states(order).await, ["workshop shipped"]);
    browser.get(&path).await.shows("9400100000000000000001").shows("told");
    let state = &browser.day.order(order).await.fulfilments[0].state.clone();
    assert_eq!(*state, State::Shipped);
}

#[tokio::test]
async fn an_address_is_corrected_here() {
    let (browser, order) = counting_down().await;
    let path = browser.order_path(order).await;
    let form = format!("{path}/recipient");
    browser.get(&form).await.shows("Street and number");
    let fields = [
        ("first_name", "Ada"),
        ("last_name", "Miller"),
        ("address_1", "1 Quiet Road"),
        ("city", "Austin"),
        ("state", "TX"),
        ("postcode", "78701"),
        ("country", "us"),
    ];
    browser.press(&form, &form, &fields).await;
    let recipient = browser.day.order(order).await.recipient;
    assert_eq!((recipient.name().as_str(), recipient.country.as_str()), ("Ada Miller", "US"));
    browser.get(&path).await.shows("1 Quiet Road").shows("Corrected here");
}

#[tokio::test]
async fn the_quiet_pages_are_there() {
    let (browser, order) = counting_down().await;
    browser.get("/alerts").await.shows("All quiet");
    browser.get("/jobs").await.shows("Waiting and running").shows("Submit to the provider");
    browser.get("/passed").await.shows("None so far");
    let missing = browser.get("/orders/999").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    missing.shows("There is nothing here");
    assert_eq!(browser.get("/no/such/page").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/orders/abc").await.status, StatusCode::BAD_REQUEST);
    let item = browser.item_path(order).await;
    let file = browser.get(&format!("{item}/files/front")).await;
    file.shows("This is the very file that the provider gets.");
    let download = browser.get(&format!("{item}/download/front")).await;
    let name = format!(
        "attachment; filename=\"{}-1-front-r1.png\"",
        browser.day.order(order).await.number
    );
    assert_eq!(download.header("content-disposition"), name);
    let css = woodblock::web::assets::name_of("woodblock.css");
    let style = browser.get(&format!("/static/{css}")).await;
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
}

/// An order passed by because nobody had mapped its product: mapped, it is taken in by a press.
#[tokio::test]
async fn an_order_that_passed_by_is_taken_in_by_a_press() {
    let browser = Browser::inside(Day::new().await).await;
    let day = &browser.day;
    let order = day.shop.customer_buys(cart(vec![named("NEW", "Rex")]));
    day.run_for(MINUTE).await;
    let form = format!("/passed/{}/{order}/take-in", day.shop_id);
    browser.get("/passed").await.shows("none of its lines is mapped").shows(&form);
    browser.press("/passed", &form, &[]).await;
    day.run_for(MINUTE).await;
    browser.get("/passed").await.shows("none of its lines is mapped");

    let made = Made::Here(Recipe {
        design: "sign".to_owned(),
        provider: "customcat".to_owned(),
        provider_sku: "47417".to_owned(),
        routes: Vec::new(),
        steps: None,
        delay_s: None,
        copies: Copies::Alike,
        checks: Checks::default(),
    });
    let row = (Matches::Sku("NEW".to_owned()), made);
    woodblock::flow::furnish::map_products(&day.ctx, day.shop_id, vec![row]).await.unwrap();
    let without_a_token = browser.post(&form, &[]).await;
    assert_eq!(without_a_token.status, StatusCode::FORBIDDEN);
    day.run_for(MINUTE).await;
    browser.get("/passed").await.shows(&form);
    browser.press("/passed", &form, &[]).await;
    day.run_for(MINUTE).await;
    browser.get("/passed").await.shows("None so far");
    assert_eq!(day.order(order).await.items.len(), 1);
}

#[tokio::test]
async fn pages_below_a_prefix_link_below_it() {
    let day = Day::new().await;
    let pages = web::operators(site(&day, "https://shop.example/prints"));
    for path in ["/prints/login", "/login"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = pages.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with("__Secure-woodblock-login="), "{cookie}");
        assert!(cookie.contains("Path=/prints; HttpOnly; SameSite=Lax; Secure"));
        assert!(answer.headers().contains_key("strict-transport-security"));
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("action=\"/prints/login\""));
    }
    let request = Request::get("/prints/").body(Body::empty()).unwrap();
    let answer = pages.oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["location"], "/prints/login");
}

#[tokio::test]
async fn providers_fetch_files_by_get_head_and_range_until_the_link_ends() {
    let (browser, order) = counting_down().await;
    browser.day.run_for(3 * crate::common::HOUR).await;
    let entry = browser.day.customcat.ledger().pop().unwrap();
    let url = entry.lines[0].files[0].url.clone();
    let path = url.strip_prefix("http://127.0.0.1:8090").unwrap();
    let whole = browser.get(path).await;
    assert_eq!(whole.status, StatusCode::OK);
    assert_eq!(whole.header("content-type"), "image/png");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    assert!(!whole.headers.contains_key("set-cookie"));
    let length = whole.bytes.len();
    assert_eq!(whole.header("content-length"), length.to_string());
    let ask = async |method: &str, range: &str| {
        let mut request = Request::builder().method(method).uri(path);
        if !range.is_empty() {
            request = request.header(header::RANGE, range);
        }
        browser.ask(request.body(Body::empty()).unwrap()).await
    };
    let head = ask("HEAD", "").await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), length.to_string());
    let part = ask("GET", "bytes=0-3").await;
    assert_eq!((part.status, &part.bytes[..]), (StatusCode::PARTIAL_CONTENT, &whole.bytes[..4]));
    assert_eq!(part.header("content-range"), format!("bytes 0-3/{length}"));
    let beyond = ask("GET", &format!("bytes={length}-")).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
    assert_eq!(whole.header("etag"), format!("\"{}\"", Hash::of(&whole.bytes)));

    let foreign = path.replace(&path[7..20], "0000000000000");
    for wrong in [foreign, path.replace(".png", ".jpg"), "/files/a/b.png".to_owned()] {
        let page = browser.get(&wrong).await;
        assert_eq!((page.status, page.bytes.len()), (StatusCode::NOT_FOUND, 0), "{wrong}");
    }
    let id = browser.day.fulfilment(order, "customcat").await;
    let ended: Result<(), FlowError> =
        browser.day.ctx.call(move |tx| Ok(db::file::expire_links(tx, id, tx.now)?)).await;
    ended.unwrap();
    assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
}

/// What a limit holds back is let go on from the page that tells of it.
#[tokio::test]
async fn a_limit_is_told_and_lifted_on_its_page() {
    let limits = Limits { orders_per_hour: Some(1), ..Limits::default() };
    let setting = Setting { rules: Rules { limits, ..rules() }, ..Setting::default() };
    let day = Day::with(setting).await;
    for name in ["Rex", "Ada"] {
        day.shop.customer_buys(cart(vec![named("MUG", name)]));
    }
    day.run_for(2 * HOUR + MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 1);
    let browser = Browser::inside(day).await;
    let page = browser.get("/alerts").await;
    page.shows("A limit holds submissions back").shows("Let them go on");
    browser.press("/alerts", "/limits/resume", &[]).await;
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.customcat.ledger().len(), 2);
    browser.get("/alerts").await.shows("All quiet");
}

/// While the books are compared every page says so; an order that looks doubled names the other.
#[tokio::test]
async fn a_recovery_and_a_double_are_shown() {
    let day = Day::new().await;
    let first = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let second = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(MINUTE).await;
    let begun: Result<(), FlowError> =
        day.ctx.call(|tx| recovery::begin(tx, "a backup was restored")).await;
    begun.unwrap();
    let browser = Browser::inside(day).await;
    browser.get("/").await.shows("a backup was restored");
    let path = browser.order_path(second).await;
    let page = browser.get(&path).await;
    page.shows(&format!("Open order {first}")).shows(&format!("/?q={first}"));
    browser.day.run_for(HOUR).await;
    let quiet = browser.get("/").await;
    assert!(!String::from_utf8_lossy(&quiet.bytes).contains("a backup was restored"));
}

/// What is empty takes no room, and is there for whoever asks for it.
#[tokio::test]
async fn empty_fields_of_an_order_are_folded_away() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![crate::common::line("PORTRAIT")]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let text = browser.get(&browser.order_path(order).await).await.text();
    let folds: Vec<&str> = text.split("<details class=\"fold empties\"").skip(1).collect();
    let folds: Vec<&str> =
        folds.iter().map(|fold| fold.split("</details>").next().unwrap()).collect();
    assert_eq!(folds.len(), 2, "{text}");
    assert!(folds.iter().all(|fold| fold.contains("empty field") && !fold.contains(" open")));
    assert!(folds.iter().any(|fold| fold.contains("Company")), "{folds:?}");
    assert!(folds.iter().any(|fold| fold.contains("empty, and needed")), "{folds:?}");
    let outside = text.split("id=\"recipient\"").nth(1).unwrap().split("<details").next().unwrap();
    assert!(!outside.contains("Company"), "{outside}");
}
