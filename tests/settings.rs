//! Settings that are changed in the pages: checked, sealed, written down, and held by the next job.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use secrecy::SecretString;
use tower::ServiceExt;

use crate::common::{Day, HOUR, MINUTE, cart, named};
use crate::proofs::mail_server::MailServer;
use crate::web::{Browser, ORIGIN, Page};
use woodblock::app::live::{Draft, Live, SaveError};
use woodblock::config::Config;
use woodblock::config::field::{Document, Section};
use woodblock::db::setting::Connection;
use woodblock::flow::Ctx;
use woodblock::flow::ctx::{Seats, ShopSeat};
use woodblock::flow::delay::{self, Whose};
use woodblock::flow::operate::{Delay, Staff};
use woodblock::model::quiet::Quiet;
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::{db, web};

const KEY: &str = "00000000-KEY-THAT-NOBODY-SEES";

/// The hidden fields of a page's forms and these.
async fn press(browser: &Browser, page: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = browser.get(page).await;
    let (csrf, once) = (form.hidden("csrf"), form.hidden("once"));
    let mut all = vec![("csrf", csrf.as_str()), ("once", once.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

fn document(pairs: &[(&str, &str)]) -> Document {
    let mut document = Document::default();
    for (key, text) in pairs {
        document.set_text(key, text);
    }
    document
}

fn draft(section: Section, name: &str, pairs: &[(&str, &str)]) -> Draft {
    let document = document(pairs);
    Draft { section, name: name.to_owned(), document, secrets: BTreeMap::new() }
}

/// The same database in another process.
async fn restarted(ctx: &Ctx) -> Ctx {
    let ctx = Ctx { changed: Arc::default(), ..ctx.clone() };
    Live::new(ctx.clone(), Config::default()).reload().await.unwrap();
    ctx.latest()
}

async fn sent(limited: bool) -> usize {
    let browser = Browser::inside(Day::new().await).await;
    for name in ["Rex", "Luna"] {
        browser.day.shop.customer_buys(cart(vec![named("MUG", name)]));
    }
    browser.day.run_for(HOUR).await;
    if limited {
        let fields = [("section", "limits"), ("orders_per_hour", "1")];
        let page = press(&browser, "/settings/sending", "/settings/sending", &fields).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
        browser.get("/settings/sending").await.shows("It holds from now on").shows("value=\"1\"");
        browser.get("/settings/history").await.shows("Orders in an hour").shows("ann");
        let again = restarted(&browser.day.ctx).await;
        assert_eq!(again.rules.limits.orders_per_hour, Some(1), "it survives a restart");
    }
    assert_eq!(browser.day.ctx.rules.limits.orders_per_hour, None, "an old snapshot stays");
    browser.day.run_for(HOUR + 10 * MINUTE).await;
    browser.day.customcat.ledger().len()
}

#[tokio::test]
async fn a_setting_holds_for_the_next_job_without_a_restart() {
    assert_eq!(sent(false).await, 2);
    assert_eq!(sent(true).await, 1, "the second waits for the next hour");
}

#[tokio::test]
async fn wrong_input_comes_back_with_what_was_typed() {
    let browser = Browser::inside(Day::new().await).await;
    let fields = [("section", "countdown"), ("grace", "soon"), ("undo", "30 s")];
    let page = press(&browser, "/settings/sending", "/settings/sending", &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.shows("“soon” is no length of time").shows("value=\"soon\"").shows("value=\"30 s\"");
    let fields = [
        ("name", "Second Shop"),
        ("url", "two.example"),
        ("consumer_key", KEY),
        ("quiet", "always"),
        ("delay", "3 h"),
    ];
    let page = press(&browser, "/settings/shops/new", "/settings/shops/new", &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.shows("The name must be 1 to 12 of a–z and 0–9").shows("“two.example” is no address");
    page.shows("“always” is not understood").shows("value=\"3 h\"").lacks(KEY);
    page.shows("typed, and kept until you save");
    let kept = page.hidden("kept");
    // The secret that came back unseen is still there, and only its pair is missing.
    let fields = [("name", "second"), ("url", "https://two.example"), ("kept", kept.as_str())];
    let page = press(&browser, "/settings/shops/new", "/settings/shops/new", &fields).await;
    page.shows("Consumer_key and consumer_secret are needed");
    let mut fields = fields.to_vec();
    fields.push(("consumer_secret", "cs_1"));
    let page = press(&browser, "/settings/shops/new", "/settings/shops/new", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    let shops = browser.day.ctx.latest().shops;
    assert!(shops.values().any(|seat| seat.name == "second"));
}

/// The mail that is set in the pages leaves through the server that is set there, without a restart; a
/// server that does not answer is told in words.
#[tokio::test]
async fn mail_is_set_and_tried_in_the_pages() {
    let server = MailServer::start().await;
    let browser = Browser::inside(Day::new().await).await;
    let port = server.port.to_string();
    let mut fields = vec![
        ("section", "mail"),
        ("host", "127.0.0.1"),
        ("port", port.as_str()),
        ("tls", "never"),
        ("from", "Prints <prints@shop.example>"),
    ];
    let page = press(&browser, "/settings/mail", "/settings/mail", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    let to = [("to", "me@shop.example")];
    let tried = press(&browser, "/settings/mail", "/settings/mail/test", &to).await;
    assert_eq!(server.count(), 1, "{}", tried.text());
    tried.shows("me@shop.example");
    let wrong = press(&browser, "/settings/mail", "/settings/mail/test", &[("to", "nobody")]).await;
    assert_eq!(server.count(), 1, "{}", wrong.text());
    // Nobody listens at that port any more.
    let free = crate::common::port::free_port().to_string();
    fields[2] = ("port", free.as_str());
    press(&browser, "/settings/mail", "/settings/mail", &fields).await;
    let tried = press(&browser, "/settings/mail", "/settings/mail/test", &to).await;
    tried.shows("check-bad");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn what_config_declares_is_not_changed_by_a_forged_press() {
    let browser = Browser::inside(Day::new().await).await;
    browser.get("/settings/shops/main").await.shows("This is set in config.toml");
    let fields = [("url", "https://evil.example"), ("consumer_key", KEY), ("consumer_secret", "x")];
    for path in ["/settings/shops/main", "/settings/providers/customcat"] {
        let page = press(&browser, "/settings/sending", path, &fields).await;
        assert!(page.status.is_client_error(), "{path}: {}", page.status);
    }
    let page = press(&browser, "/settings/sending", "/settings/shops/main/disconnect", &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    browser.get("/settings/shops").await.shows("set in config.toml: change it there");
    let rows = browser.day.ctx.read(|tx| Ok(db::setting::all(tx)?)).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
    assert_eq!(browser.day.ctx.latest().shops.len(), 1);
    // A key of the file stays, though the section has others of the pages.
    let file = Config::parse("[countdown]\ngrace = \"5 min\"\n").unwrap();
    let ctx = Ctx { changed: Arc::default(), ..browser.day.ctx.clone() };
    let live = Live::new(ctx.clone(), file);
    let pairs = [("grace", "1 h"), ("undo", "30 s")];
    live.save(draft(Section::Countdown, "", &pairs), "ann").await.unwrap();
    let rules = ctx.latest().rules;
    assert_eq!((rules.grace.as_secs(), rules.undo.as_secs()), (300, 30));
}

#[tokio::test]
async fn secrets_stand_in_no_page_and_no_table() {
    let browser = Browser::inside(Day::new().await).await;
    let fields = [
        ("name", "second"),
        ("kind", "customcat"),
        ("mode", "test"),
        ("key", KEY),
        ("shipping", "* = Economy"),
    ];
    let page = press(&browser, "/settings/providers/new", "/settings/providers/new", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    for path in [
        "/settings/providers",
        "/settings/providers/second",
        "/settings/history",
        "/people",
        "/jobs",
        "/",
    ] {
        browser.get(path).await.lacks(KEY);
    }
    browser.get("/settings/providers/second").await.shows("type to replace it");
    browser.get("/settings/history").await.shows("typed anew");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    browser.day.ctx.db.copy_to(copy.clone()).await.unwrap();
    let bytes = std::fs::read(copy).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("second") && !holds(KEY), "a backup holds it sealed alone");
    // Another key does not open it, and the provider is told to be unusable instead of half used.
    let rules = woodblock::flow::ctx::Rules {
        file_key: b"another".to_vec(),
        ..(*browser.day.ctx.rules).clone()
    };
    let ctx = Ctx { changed: Arc::default(), rules: Arc::new(rules), ..browser.day.ctx.clone() };
    let live = Live::new(ctx.clone(), Config::default());
    live.reload().await.unwrap();
    assert!(!ctx.latest().providers.values().any(|seat| seat.name == "second"));
    assert!(live.standing().left_out[0].2.contains("key is needed"));
}

/// Everything that config.toml can say of a provider alone is said in the pages as well.
#[tokio::test]
async fn a_provider_of_the_pages_has_limits_sender_and_places_of_its_own() {
    let browser = Browser::inside(Day::new().await).await;
    let new = "/settings/providers/new";
    let fields = [
        ("name", "second"),
        ("kind", "customcat"),
        ("key", KEY),
        ("shipping", "* = Economy"),
        ("limits.price_max", "80"),
        ("limits.orders_per_hour", "5"),
        ("limits.price_unknown", "hold"),
        ("seller", "name = Prints\ncountry = US"),
        ("presets", "45475 = four"),
        ("order_page", "https://customcat.example/orders/{number}"),
        ("file_names", "{item}"),
    ];
    let wrong = press(&browser, new, new, &fields).await;
    wrong.shows("“four” of 45475 is no number").shows("name = Prints").shows("value=\"80\"");
    let with = |at: &str, text: &'static str| {
        fields.map(|(key, value)| if key == at { (key, text) } else { (key, value) })
    };
    let fields = with("presets", "45475 = 4");
    let wrong = press(&browser, new, new, &fields).await;
    wrong.shows("it needs {item} and {area}");
    let with = |at: &str, text: &'static str| {
        fields.map(|(key, value)| if key == at { (key, text) } else { (key, value) })
    };
    let fields = with("file_names", "{product} {item} {area}");
    let made = press(&browser, new, new, &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let ctx = browser.day.ctx.latest();
    let seat = ctx.providers.values().find(|seat| seat.name == "second").unwrap();
    assert_eq!(seat.rules.order_page, "https://customcat.example/orders/{number}");
    let own = &ctx.rules.provider_limits["second"];
    assert_eq!(own.orders_per_hour, Some(5));
    assert!(own.price_max.is_some() && own.price_unknown.is_some());
    let page = browser.get("/settings/providers/second").await;
    page.shows("value=\"80\"").shows("name = Prints").shows("45475 = 4");
    let gone = press(
        &browser,
        "/settings/providers/second",
        "/settings/providers/second",
        &[("limits.price_max", ""), ("limits.orders_per_hour", ""), ("limits.price_unknown", "")],
    )
    .await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text());
    assert!(!browser.day.ctx.latest().rules.provider_limits.contains_key("second"));
}

#[tokio::test]
async fn going_live_says_what_it_means_and_asks() {
    let browser = Browser::inside(Day::new().await).await;
    let page = "/settings/providers/second";
    let fields =
        [("name", "second"), ("kind", "shineon"), ("key", KEY), ("shipping", "* = Economy")];
    let made = press(&browser, "/settings/providers/new", "/settings/providers/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let mode = |ctx: &Ctx| {
        let seat = ctx.providers.values().find(|seat| seat.name == "second").unwrap().clone();
        seat.rules.mode
    };
    let test = mode(&browser.day.ctx.latest());
    let asked = press(&browser, page, page, &[("mode", "live")]).await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST);
    asked.shows("Going live spends money");
    assert_eq!(mode(&browser.day.ctx.latest()), test);
    let done = press(&browser, page, page, &[("mode", "live"), ("sure", "yes")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_ne!(mode(&browser.day.ctx.latest()), test);
    let history = browser.get("/settings/history").await;
    history.shows("<td class=\"words\">test</td><td class=\"words\">live</td>").shows("ann");
    // Disconnected, it keeps everything and is offered to nobody.
    press(&browser, page, "/settings/providers/second/disconnect", &[]).await;
    assert!(!browser.day.ctx.latest().providers.values().any(|seat| seat.name == "second"));
    browser.get("/settings/providers").await.shows("not connected");
    press(&browser, page, "/settings/providers/second/connect", &[]).await;
    assert!(browser.day.ctx.latest().providers.values().any(|seat| seat.name == "second"));
}

/// Gives the shop of the day another rule.
fn with_shop(day: &mut Day, change: impl Fn(&mut ShopSeat)) {
    let mut shops = (*day.ctx.shops).clone();
    change(shops.get_mut(&day.shop_id).unwrap());
    day.ctx.shops = Arc::new(shops);
}

#[tokio::test]
async fn nothing_goes_out_on_its_own_in_quiet_hours() {
    let mut day = Day::new().await;
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let quiet = Arc::new(Quiet::parse(&["mon-fri 10:00-18:00".to_owned()], zone).unwrap());
    with_shop(&mut day, |seat| seat.rules.quiet = Arc::clone(&quiet));
    // It is 09:00 there, and the delay is two hours.
    let waits = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let hurries = day.shop.customer_buys(cart(vec![named("MUG", "Luna")]));
    day.run_for(30 * MINUTE).await;
    let ends = Moment::parse("2026-03-03T17:00:00.000Z").unwrap();
    assert_eq!(day.order(waits).await.fulfilments[0].submit_at(), Some(ends));
    // What a person wants now goes out now.
    let order = day.order(hurries).await;
    let ann = Staff("ann".to_owned());
    day.run_for(HOUR).await;
    day.ctx.change_delay(order.id, order.fulfilments[0].id, Delay::SendNow, &ann).await.unwrap();
    day.run_for(10 * MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 1, "Luna's");
    day.run_until(ends.minus(MINUTE)).await;
    assert_eq!(day.customcat.ledger().len(), 1);
    day.run_until(ends.plus(10 * MINUTE)).await;
    assert_eq!(day.customcat.ledger().len(), 2);
    // What was kept back until the evening waits for the next one as well.
    let late = day.shop.customer_buys(cart(vec![named("MUG", "Coco")]));
    day.run_until(Moment::parse("2026-03-03T19:00:00.000Z").unwrap()).await;
    day.ctx.set_stopped(woodblock::flow::operate::Stopped::Yes, &ann).await.unwrap();
    day.run_until(Moment::parse("2026-03-04T11:00:00.000Z").unwrap()).await;
    day.ctx.set_stopped(woodblock::flow::operate::Stopped::No, &ann).await.unwrap();
    day.run_until(Moment::parse("2026-03-04T16:50:00.000Z").unwrap()).await;
    assert_eq!(day.states(late).await, ["customcat countdown"]);
    day.run_until(Moment::parse("2026-03-04T17:30:00.000Z").unwrap()).await;
    assert_eq!(day.customcat.ledger().len(), 3);
}

#[tokio::test]
async fn another_delay_moves_what_counts_down_where_that_is_wanted() {
    let mut day = Day::new().await;
    let id = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(30 * MINUTE).await;
    let before = day.order(id).await.fulfilments[0].submit_at().unwrap();
    with_shop(&mut day, |seat| seat.rules.delay_s = 6 * 3_600);
    let whose = Whose::Shop(day.shop_id);
    assert_eq!(delay::counting(&day.ctx, whose).await.unwrap().len(), 1);
    let ann = Staff("ann".to_owned());
    assert_eq!(delay::apply(&day.ctx, whose, &ann).await.unwrap(), 1);
    let after = day.order(id).await.fulfilments[0].submit_at().unwrap();
    assert_eq!(after, before.plus(4 * HOUR), "from where it began");
    assert_eq!(delay::apply(&day.ctx, whose, &ann).await.unwrap(), 0, "once is enough");
    with_shop(&mut day, |seat| seat.rules.delay_s = 60);
    delay::apply(&day.ctx, whose, &ann).await.unwrap();
    let soon = day.order(id).await.fulfilments[0].submit_at().unwrap();
    assert_eq!(soon, day.ctx.clock.now().plus(day.ctx.rules.grace), "people get the grace");
}

/// A job that runs keeps what it began with; the next one has the new seats.
#[tokio::test]
async fn a_change_is_seen_whole_or_not_at_all() {
    let day = Day::new().await;
    let began = day.ctx.latest();
    let rules = woodblock::flow::ctx::Rules { grace: HOUR, ..(*day.ctx.rules).clone() };
    day.ctx.change_seats(Seats {
        shops: Arc::default(),
        providers: Arc::clone(&day.ctx.providers),
        rules: Arc::new(rules),
        mailer: Arc::clone(&day.ctx.mailer),
        fetch: Arc::clone(&day.ctx.fetch),
    });
    assert_eq!((began.shops.len(), began.rules.grace), (1, 10 * MINUTE));
    let next = began.latest();
    assert_eq!((next.shops.len(), next.rules.grace), (0, HOUR));
}

/// The pages of a program without an account, asked without one.
struct Stranger {
    pages: axum::Router,
    site: web::Site,
    day: Day,
}

impl Stranger {
    async fn new() -> Stranger {
        let day = Day::new().await;
        let site = crate::web::site(&day, ORIGIN);
        Stranger { pages: web::operators(site.clone()), site, day }
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, String) {
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, axum::http::HeaderMap, String) {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn make(&self, path: &str, cookie: &str, csrf: &str) -> StatusCode {
        let fields = [("csrf", csrf), ("name", "olga"), ("password", "a long password")];
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body)).unwrap()).await.0
    }
}

#[tokio::test]
async fn only_the_printed_link_makes_the_first_account_and_only_once() {
    let stranger = Stranger::new().await;
    let token = web::auth::secret();
    let path = format!("/setup/{token}");
    assert_eq!(stranger.get(&path).await.0, StatusCode::NOT_FOUND, "none was printed");
    stranger.site.begin_setup(web::auth::token_hash(&token), HOUR);
    for wrong in ["/setup/x".to_owned(), format!("/setup/{}", web::auth::secret())] {
        assert_eq!(stranger.get(&wrong).await.0, StatusCode::NOT_FOUND, "{wrong}");
        assert_eq!(stranger.make(&wrong, "", "").await, StatusCode::FORBIDDEN, "{wrong}");
    }
    let (status, headers, text) = stranger.get(&path).await;
    assert_eq!(status, StatusCode::OK);
    let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(stranger.make(&path, "", csrf).await, StatusCode::FORBIDDEN, "no cookie");
    let wrong = format!("/setup/{}", web::auth::secret());
    assert_eq!(stranger.make(&wrong, cookie, csrf).await, StatusCode::NOT_FOUND);
    stranger.day.clock.set(stranger.day.clock.now().plus(2 * HOUR));
    assert_eq!(stranger.make(&path, cookie, csrf).await, StatusCode::NOT_FOUND, "too old");
    stranger.site.begin_setup(web::auth::token_hash(&token), HOUR);
    assert_eq!(stranger.make(&path, cookie, csrf).await, StatusCode::SEE_OTHER);
    assert_eq!(stranger.make(&path, cookie, csrf).await, StatusCode::NOT_FOUND, "used");
    assert_eq!(stranger.get(&path).await.0, StatusCode::NOT_FOUND);
    // Even a new link makes no second owner.
    stranger.site.begin_setup(web::auth::token_hash(&token), HOUR);
    assert_eq!(stranger.make(&path, cookie, csrf).await, StatusCode::NOT_FOUND);
    let people = stranger.day.ctx.read(|tx| Ok(db::staff::all(tx)?)).await.unwrap();
    let people: Vec<_> = people.iter().map(|one| (&*one.name, &*one.role_name)).collect();
    assert_eq!(people, [("olga", "owner")]);
}

async fn hand_over(router: &axum::Router, token: &str, body: String) -> StatusCode {
    let request = Request::post(format!("/connect/{token}")).body(Body::from(body)).unwrap();
    router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn keys_are_taken_once_from_the_shop_that_was_asked() {
    let day = Day::new().await;
    let public = web::public(crate::web::site(&day, ORIGIN));
    let begin = |name: &'static str, lasts: Duration| {
        let (token, user) = (web::auth::secret(), web::auth::secret());
        let connection = Connection {
            token_hash: web::auth::token_hash(&token),
            user_hash: web::auth::token_hash(&user),
            name: name.to_owned(),
            url: "https://two.example".to_owned(),
            made_by: "ann".to_owned(),
            expires_at: day.ctx.clock.now().plus(lasts),
            key_sealed: String::new(),
            secret_sealed: String::new(),
            permissions: String::new(),
            arrived_at: None,
        };
        let ctx = day.ctx.clone();
        async move {
            ctx.call(move |tx| Ok(db::setting::put_connection(tx, &connection)?)).await.unwrap();
            (token, user)
        }
    };
    let keys = |user: &str| {
        serde_json::json!({
            "key_id": 31, "user_id": user, "consumer_key": "ck_stolen_or_not",
            "consumer_secret": "cs_stolen_or_not", "key_permissions": "read_write",
        })
        .to_string()
    };
    let (token, user) = begin("second", HOUR).await;
    let (other, _) = begin("third", HOUR).await;
    assert_eq!(hand_over(&public, "x", keys(&user)).await, StatusCode::NOT_FOUND);
    assert_eq!(hand_over(&public, &other, keys(&user)).await, StatusCode::NOT_FOUND);
    assert_eq!(hand_over(&public, &token, keys("guessed")).await, StatusCode::NOT_FOUND);
    for broken in ["", "{}", "[]", "<html>", &keys(&user).replace("ck_", "xx_")] {
        let status = hand_over(&public, &token, broken.to_owned()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{broken}");
    }
    let endless = keys(&user).replace("read_write", &"x".repeat(20_000));
    assert_eq!(hand_over(&public, &token, endless).await, StatusCode::BAD_REQUEST);
    assert_eq!(hand_over(&public, &token, keys(&user)).await, StatusCode::OK);
    assert_eq!(hand_over(&public, &token, keys(&user)).await, StatusCode::NOT_FOUND, "used");
    let known = day.ctx.read(|tx| Ok(db::setting::connections(tx)?)).await.unwrap();
    let arrived: Vec<_> = known.iter().filter(|one| one.arrived_at.is_some()).collect();
    assert_eq!(arrived.len(), 1);
    assert!(!format!("{arrived:?}").contains("stolen"), "they are sealed");
    assert_eq!(day.ctx.latest().shops.len(), 1, "nothing is connected by it");
    let (late, user) = begin("fourth", MINUTE).await;
    day.clock.set(day.clock.now().plus(2 * MINUTE));
    assert_eq!(hand_over(&public, &late, keys(&user)).await, StatusCode::NOT_FOUND, "too old");
}

#[tokio::test]
async fn a_fault_of_the_whole_is_told_and_nothing_is_written() {
    let day = Day::new().await;
    let ctx = Ctx { changed: Arc::default(), ..day.ctx.clone() };
    let live = Live::new(ctx.clone(), Config::default());
    // Alerts without a mail server would reach nobody.
    let mut wanted = draft(Section::Alerts, "", &[]);
    wanted.document = Document::parse("to = [\"ops@shop.example\"]");
    let Err(SaveError::Faults(faults)) = live.save(wanted, "ann").await else {
        panic!("it was taken");
    };
    assert!(faults[0].text.contains("needs a [mail] server"));
    let mut shop = draft(Section::Shop, "second", &[("url", "https://two.example")]);
    shop.secrets.insert("consumer_key".to_owned(), SecretString::from(KEY.to_owned()));
    assert!(live.save(shop, "ann").await.is_err());
    let rows = ctx.read(|tx| Ok((db::setting::all(tx)?, db::setting::secrets(tx)?))).await.unwrap();
    assert!(rows.0.is_empty() && rows.1.is_empty());
}

#[tokio::test]
async fn orders_of_a_disconnected_provider_are_held_with_words_and_go_on_again() {
    let day = Day::new().await;
    let id = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(30 * MINUTE).await;
    let ctx = &day.ctx;
    let seats = |providers| Seats {
        shops: Arc::clone(&ctx.shops),
        providers,
        rules: Arc::clone(&ctx.rules),
        mailer: Arc::clone(&ctx.mailer),
        fetch: Arc::clone(&ctx.fetch),
    };
    ctx.change_seats(seats(Arc::default()));
    day.run_for(3 * HOUR).await;
    let what = woodblock::model::problem::What::Disconnected;
    assert_eq!(day.problems(id).await, [what]);
    assert!(day.customcat.ledger().is_empty());
    assert_eq!(woodblock::flow::disconnect::let_go_on(&ctx.latest()).await.unwrap(), 0);
    ctx.change_seats(seats(Arc::clone(&ctx.providers)));
    assert_eq!(woodblock::flow::disconnect::let_go_on(&ctx.latest()).await.unwrap(), 1);
    day.run_for(HOUR).await;
    assert_eq!(day.customcat.ledger().len(), 1);
}
