//! People let people in: invitations, roles, passwords, and what each right allows.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::common::*;
use crate::web::{Browser, ORIGIN, Page};
use woodblock::db;
use woodblock::flow::FlowError;
use woodblock::model::right::{Right, Rights};
use woodblock::web::routes::{Role, Verb, operator_routes};

const LONG: &str = "a password of length";

/// Somebody at a browser of their own, before the same pages.
struct Somebody<'day> {
    browser: &'day Browser,
    cookie: String,
    csrf: String,
}

impl Somebody<'_> {
    async fn of<'day>(browser: &'day Browser, name: &str) -> Somebody<'day> {
        let (token, csrf) = (woodblock::web::auth::secret(), woodblock::web::auth::secret());
        let hash = woodblock::web::auth::token_hash(&token);
        let (name, kept) = (name.to_owned(), csrf.clone());
        let done: Result<(), FlowError> = browser
            .day
            .ctx
            .call(move |tx| {
                let person = db::person::by_name(tx, &name)?.expect("somebody known");
                Ok(db::person::begin_session(tx, &hash, person.id, &kept)?)
            })
            .await;
        done.unwrap();
        Somebody { browser, cookie: format!("woodblock={token}"), csrf }
    }

    async fn get(&self, path: &str) -> Page {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        self.browser.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("csrf", &self.csrf).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.browser.ask(request.body(Body::from(body)).unwrap()).await
    }

    /// What the next page says of the last press.
    async fn told(&self) -> String {
        let text = self.get("/account").await.text();
        let notice = text.split("class=\"notice").nth(1).unwrap_or_default();
        notice.split('>').nth(1).unwrap_or_default().split('<').next().unwrap().to_owned()
    }
}

/// A form for people without a session: looked at, filled in, sent.
async fn stranger(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let form = browser.ask(Request::get(path).body(Body::empty()).unwrap()).await;
    if form.status != StatusCode::OK {
        return form;
    }
    let csrf = form.hidden("csrf");
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let body = body.append_pair("csrf", &csrf).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header(header::COOKIE, format!("woodblock-login={csrf}"))
        .header(header::ORIGIN, ORIGIN)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    browser.ask(request.body(Body::from(body)).unwrap()).await
}

async fn add(browser: &Browser, name: &'static str, rights: &[Right]) {
    let rights = Rights::of(rights.iter().copied());
    let done: Result<(), FlowError> = browser
        .day
        .ctx
        .call(move |tx| {
            let id = db::person::put(tx, name, "x")?;
            let role = format!("role of {name}");
            db::staff::put_role(tx, &role, &rights)?;
            let found = db::staff::roles(tx)?.into_iter().find(|one| one.name == role);
            db::staff::set_role(tx, id, found.unwrap().id)?;
            Ok(db::staff::set_email(tx, id, &format!("{name}@shop.example"))?)
        })
        .await;
    done.unwrap();
}

async fn id_of(browser: &Browser, name: &str) -> String {
    let all: Result<_, FlowError> = browser.day.ctx.read(|tx| Ok(db::staff::all(tx)?)).await;
    all.unwrap().into_iter().find(|one| one.name == name).unwrap().id.to_string()
}

async fn role_id(browser: &Browser, name: &str) -> String {
    let all: Result<_, FlowError> = browser.day.ctx.read(|tx| Ok(db::staff::roles(tx)?)).await;
    all.unwrap().into_iter().find(|one| one.name == name).unwrap().id.to_string()
}

/// The page that the last mail of this subject leads to.
async fn link_of(browser: &Browser, subject: &str) -> String {
    browser.day.run_for(MINUTE).await;
    let mails = browser.day.world.mailer().received();
    let mail = mails.iter().rev().find(|mail| mail.subject == subject).expect("a mail");
    let url = mail.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    url::Url::parse(url).unwrap().path().to_owned()
}

#[tokio::test]
async fn somebody_invited_comes_in_once_with_the_rights_given() {
    let browser = Browser::at(Day::new().await).await;
    let ann = Somebody::of(&browser, "ann").await;
    let operator = role_id(&browser, "operator").await;
    let fields = [("emails", "bob@shop.example\nnonsense, eve@shop.example"), ("role", &*operator)];
    ann.post("/people/invite", &fields).await;
    let told = ann.told().await;
    assert!(told.contains("2 people are invited by mail") && told.contains("nonsense"), "{told}");
    ann.get("/people").await.shows("bob@shop.example").shows("invited");
    let path = link_of(&browser, "Your invitation").await;
    let short = stranger(&browser, &path, &[("name", "bob"), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::BAD_REQUEST);
    short.shows("at least 10 characters");
    let taken = stranger(&browser, &path, &[("name", "Ann"), ("password", LONG)]).await;
    taken.shows("Somebody has this name already");
    let inside = stranger(&browser, &path, &[("name", "bob"), ("password", LONG)]).await;
    assert_eq!((inside.status, inside.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(inside.header("set-cookie").contains("woodblock="), "and is logged in");
    let again = stranger(&browser, &path, &[("name", "eve"), ("password", LONG)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "a link works once");
    let bob = Somebody::of(&browser, "bob").await;
    assert_eq!(bob.get("/").await.status, StatusCode::OK);
    assert_eq!(bob.get("/people").await.status, StatusCode::FORBIDDEN);
    bob.get("/").await.lacks("/people");
    ann.get("/people").await.shows("came in as operator, invited by ann");
}

#[tokio::test]
async fn an_invitation_ends_by_time_and_by_being_taken_back() {
    let browser = Browser::at(Day::new().await).await;
    let ann = Somebody::of(&browser, "ann").await;
    let role = role_id(&browser, "operator").await;
    ann.post("/people/invite", &[("emails", "bob@shop.example"), ("role", &role)]).await;
    let first = link_of(&browser, "Your invitation").await;
    // Inviting again ends the first.
    ann.post("/people/invite", &[("emails", "Bob@shop.example"), ("role", &role)]).await;
    let second = link_of(&browser, "Your invitation").await;
    assert_ne!(first, second);
    assert_eq!(stranger(&browser, &first, &[]).await.status, StatusCode::NOT_FOUND);
    let open: Result<_, FlowError> =
        browser.day.ctx.read(|tx| Ok(db::staff::links(tx, db::staff::Purpose::Join)?)).await;
    let id = open.unwrap()[0].1.id;
    ann.post(&format!("/invitations/{id}/take-back"), &[]).await;
    assert_eq!(stranger(&browser, &second, &[]).await.status, StatusCode::NOT_FOUND);
    ann.post("/people/invite", &[("emails", "bob@shop.example"), ("role", &role)]).await;
    let third = link_of(&browser, "Your invitation").await;
    browser.day.run_for(Duration::from_secs(8 * 24 * 3_600)).await;
    assert_eq!(stranger(&browser, &third, &[]).await.status, StatusCode::NOT_FOUND);
}

/// Nobody gives more than they have, nor to themselves, and an owner always stays.
#[tokio::test]
async fn nobody_raises_themselves_and_an_owner_stays() {
    let browser = Browser::at(Day::new().await).await;
    add(&browser, "mia", &[Right::People, Right::Orders]).await;
    add(&browser, "leo", &[Right::Orders]).await;
    let (ann, mia) = (Somebody::of(&browser, "ann").await, Somebody::of(&browser, "mia").await);
    let owner = role_id(&browser, "owner").await;
    let operator = role_id(&browser, "operator").await;
    let (ann_id, mia_id) = (id_of(&browser, "ann").await, id_of(&browser, "mia").await);
    let leo_id = id_of(&browser, "leo").await;
    for (path, fields) in [
        (format!("/people/{mia_id}/role"), vec![("role", owner.as_str())]),
        (format!("/people/{leo_id}/role"), vec![("role", operator.as_str())]),
        (format!("/people/{ann_id}/block"), vec![]),
        ("/people/invite".to_owned(), vec![("emails", "x@y.example"), ("role", owner.as_str())]),
        ("/roles".to_owned(), vec![("name", "all"), ("right", "money"), ("right", "people")]),
        ("/roles".to_owned(), vec![("name", "owner"), ("right", "orders")]),
    ] {
        mia.post(&path, &fields).await;
        let told = mia.told().await;
        assert!(!told.is_empty() && !told.contains("changed."), "{path}: {told}");
    }
    let before: Result<_, FlowError> = browser.day.ctx.read(|tx| Ok(db::staff::all(tx)?)).await;
    let roles: Vec<String> = before.unwrap().into_iter().map(|one| one.role_name).collect();
    assert_eq!(roles, ["owner", "role of leo", "role of mia"]);
    // What she has she may give and take.
    mia.post(&format!("/people/{leo_id}/block"), &[]).await;
    assert!(mia.told().await.contains("Blocked"));
    // The last owner can neither be blocked nor made less.
    ann.post(&format!("/people/{ann_id}/role"), &[("role", &operator)]).await;
    assert!(ann.told().await.contains("Somebody else must do this"));
    ann.post(&format!("/people/{mia_id}/role"), &[("role", &owner)]).await;
    mia.post(&format!("/people/{ann_id}/block"), &[]).await;
    assert!(mia.told().await.contains("Blocked"), "there is another owner");
    assert_eq!(ann.get("/").await.status, StatusCode::SEE_OTHER, "she is out at once");
}

/// Rights are those of this moment, not of the log-in; and each route asks for its own.
#[tokio::test]
async fn each_route_asks_for_its_right_and_nothing_less() {
    let browser = Browser::at(Day::new().await).await;
    let order = browser.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    browser.day.run_for(5 * MINUTE).await;
    let id = browser.day.id(order).await.to_string();
    for right in Right::ALL {
        let name: &'static str = right.name();
        add(
            &browser,
            name,
            &Right::ALL.into_iter().filter(|one| *one != right).collect::<Vec<_>>(),
        )
        .await;
    }
    add(&browser, "looks", &[]).await;
    let mut asked = 0;
    for route in operator_routes().iter().filter(|route| route.role == Role::Operator) {
        let path = route.path.replace("{order}", &id).replace("{name}", "x").replace("{hash}", "x");
        let path = ["{item}", "{fulfilment}", "{id}", "{shop}"]
            .into_iter()
            .fold(path, |path, part| path.replace(part, "987654321"));
        let path = path.replace("{area}", "front");
        // Nobody lets go on what was stopped, and none of these ends a session.
        if path == "/logout" {
            continue;
        }
        for name in Right::ALL.map(Right::name).into_iter().chain(["looks"]) {
            let person = Somebody::of(&browser, name).await;
            let page = match route.verb {
                Verb::Look => person.get(&path).await,
                _ => person.post(&path, &[]).await,
            };
            let lacks = route.right.is_some_and(|right| name == right.name() || name == "looks");
            assert_eq!(
                page.status == StatusCode::FORBIDDEN,
                lacks,
                "{path} for {name}: {}",
                page.status
            );
            asked += 1;
        }
    }
    println!("{asked} requests");
    assert!(300 < asked);
    // Sending many at once is spending as well.
    let money = Somebody::of(&browser, "money").await;
    let fields = [("act", "send-now"), ("orders", id.as_str())];
    assert_eq!(money.post("/bulk/do", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(browser.day.customcat.ledger().is_empty());
}

#[tokio::test]
async fn pages_offer_nothing_that_would_be_refused() {
    let browser = Browser::at(Day::new().await).await;
    let order = browser.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    browser.day.run_for(5 * MINUTE).await;
    add(&browser, "looks", &[]).await;
    let path = format!("/orders/{}", browser.day.id(order).await);
    let looks = Somebody::of(&browser, "looks").await;
    let page = looks.get(&path).await;
    page.shows("Rex").lacks("Send now").lacks("Stop everything");
    Somebody::of(&browser, "ann").await.get(&path).await.shows("Send now").shows("Stop everything");
}

#[tokio::test]
async fn a_forgotten_password_is_renewed_by_mail_and_nothing_tells_who_is_here() {
    let browser = Browser::at(Day::new().await).await;
    add(&browser, "mia", &[]).await;
    let mia = Somebody::of(&browser, "mia").await;
    let unknown = stranger(&browser, "/forgot", &[("name", "nobody@shop.example")]).await;
    let known = stranger(&browser, "/forgot", &[("name", "MIA@shop.example")]).await;
    let plain = |page: &Page| (page.status, page.text());
    assert_eq!(plain(&unknown), plain(&known));
    let path = link_of(&browser, "Another password").await;
    assert_eq!(browser.day.world.mailer().received().len(), 1);
    // A mail program looks at the link; that uses nothing up.
    for _ in 0..3 {
        let seen = browser.ask(Request::get(&path).body(Body::empty()).unwrap()).await;
        assert_eq!(seen.status, StatusCode::OK);
    }
    stranger(&browser, &path, &[("password", LONG)]).await.shows("The password is changed");
    assert_eq!(stranger(&browser, &path, &[("password", LONG)]).await.status, 404);
    assert_eq!(mia.get("/").await.status, StatusCode::SEE_OTHER, "every session is over");
    let fields = [("name", "mia"), ("password", LONG), ("to", "/")];
    assert_eq!(stranger(&browser, "/login", &fields).await.status, StatusCode::SEE_OTHER);
    // An invitation's token is none for a password, and the other way round.
    let other = path.replace("/reset/", "/join/");
    assert_eq!(stranger(&browser, &other, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn asking_for_links_again_and_again_mails_nobody_to_death() {
    let browser = Browser::at(Day::new().await).await;
    add(&browser, "mia", &[]).await;
    for _ in 0..20 {
        stranger(&browser, "/forgot", &[("name", "mia")]).await.shows("Look into your mail");
    }
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.world.mailer().received().len(), 5);
}

#[tokio::test]
async fn ones_own_password_needs_the_present_one_and_ends_other_sessions() {
    let browser = Browser::at(Day::new().await).await;
    let (here, there) = (Somebody::of(&browser, "ann").await, Somebody::of(&browser, "ann").await);
    here.post("/account/password", &[("old", "wrong"), ("new", LONG)]).await;
    assert!(here.told().await.contains("present password is another"));
    here.post("/account/password", &[("old", crate::web::PASSWORD), ("new", "short")]).await;
    assert!(here.told().await.contains("at least 10"));
    assert_eq!(there.get("/").await.status, StatusCode::OK);
    here.post("/account/password", &[("old", crate::web::PASSWORD), ("new", LONG)]).await;
    assert!(here.told().await.contains("The password is changed"));
    assert_eq!(there.get("/").await.status, StatusCode::SEE_OTHER);
    for nth in 0..6 {
        here.post("/account/password", &[("old", "guess"), ("new", LONG)]).await;
        let told = here.told().await;
        assert_eq!(told.contains("Too many tries"), 2 <= nth, "{nth}: {told}");
    }
    here.post("/account/email", &[("email", "not an address")]).await;
    assert!(here.told().await.contains("is no e-mail address"));
    here.post("/account/email", &[("email", "ann@shop.example")]).await;
    here.get("/account").await.shows("ann@shop.example").shows("This browser");
}

/// The code that a telephone would show: the vectors of the standard are held beside the program's own.
fn code(secret: &str, at: woodblock::model::time::Moment) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String =
        secret.chars().map(|c| format!("{:05b}", letters.find(c).unwrap())).collect();
    let key: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect();
    let step = u64::try_from(at.unix_ms() / 30_000).unwrap();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let from = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[from..from + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The two steps of a log-in; the second's page.
async fn log_in_with(browser: &Browser, code: &str) -> Page {
    let fields = [("name", "ann"), ("password", crate::web::PASSWORD), ("to", "/")];
    let asked = stranger(browser, "/login", &fields).await;
    asked.shows("Your code");
    let (csrf, token) = (asked.hidden("csrf"), asked.hidden("token"));
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let fields = [("csrf", csrf.as_str()), ("token", &token), ("code", code), ("to", "/")];
    let body = body.extend_pairs(fields).finish();
    let request = Request::post("/login/code")
        .header(header::COOKIE, format!("woodblock-login={csrf}"))
        .header(header::ORIGIN, ORIGIN)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    browser.ask(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_second_factor_is_begun_asked_for_and_given_up() {
    let browser = Browser::at(Day::new().await).await;
    let ann = Somebody::of(&browser, "ann").await;
    let now = || woodblock::outside::clock::Clock::now(&*browser.day.clock);
    ann.post("/account/factor", &[("old", "wrong")]).await;
    assert!(ann.told().await.contains("present password is another"));
    let shown = ann.post("/account/factor", &[("old", crate::web::PASSWORD)]).await;
    let (sealed, papers) = (shown.hidden("sealed"), shown.hidden("papers"));
    let text = shown.text();
    let secret = text.split("<p><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let fields = [("sealed", sealed.as_str()), ("papers", &papers), ("code", "000000")];
    ann.post("/account/factor/on", &fields).await.shows("This code is not right");
    let first = code(&secret, now());
    let fields = [("sealed", sealed.as_str()), ("papers", &papers), ("code", &first)];
    ann.post("/account/factor/on", &fields).await;
    assert!(ann.told().await.contains("a code is asked for"));
    ann.get("/account").await.shows("8 codes on paper are left");
    // The same code again, a wrong one, and a minute later the right one.
    assert_eq!(log_in_with(&browser, &first).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in_with(&browser, "123456").await.status, StatusCode::UNAUTHORIZED);
    browser.day.run_for(MINUTE).await;
    let second = code(&secret, now());
    let inside = log_in_with(&browser, &second).await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);
    assert!(inside.header("set-cookie").contains("woodblock="));
    assert_eq!(log_in_with(&browser, &second).await.status, StatusCode::UNAUTHORIZED);
    // A code on paper lets in once.
    let paper = papers.split(' ').next().unwrap();
    assert_eq!(log_in_with(&browser, paper).await.status, StatusCode::SEE_OTHER);
    assert_eq!(log_in_with(&browser, paper).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in_with(&browser, "1234567").await.status, StatusCode::UNAUTHORIZED);
    ann.get("/account").await.shows("7 codes on paper are left");
    ann.post("/account/factor/off", &[("old", crate::web::PASSWORD)]).await;
    assert!(ann.told().await.contains("The password alone"));
    let fields = [("name", "ann"), ("password", crate::web::PASSWORD), ("to", "/")];
    let asked = stranger(&browser, "/login", &fields).await;
    assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS, "wrong codes count as tries");
    browser.day.run_for(16 * MINUTE).await;
    assert_eq!(stranger(&browser, "/login", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn half_a_log_in_opens_nothing_and_ends() {
    let browser = Browser::at(Day::new().await).await;
    let ann = Somebody::of(&browser, "ann").await;
    let now = || woodblock::outside::clock::Clock::now(&*browser.day.clock);
    let shown = ann.post("/account/factor", &[("old", crate::web::PASSWORD)]).await;
    let sealed = shown.hidden("sealed");
    let text = shown.text();
    let secret = text.split("<p><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let first = code(&secret, now());
    ann.post("/account/factor/on", &[("sealed", &sealed), ("papers", ""), ("code", &first)]).await;
    let fields = [("name", "ann"), ("password", crate::web::PASSWORD), ("to", "/")];
    let asked = stranger(&browser, "/login", &fields).await;
    assert!(!asked.header("set-cookie").contains("woodblock="), "no session yet");
    let token = asked.hidden("token");
    let request = Request::get("/").header(header::COOKIE, format!("woodblock={token}"));
    let page = browser.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    // A token that was never given, or is too old.
    let site = crate::web::site(&browser.day, ORIGIN);
    let entered = woodblock::web::auth::enter_code(&site, &token, &first, None).await.unwrap();
    assert_eq!(entered, woodblock::web::auth::LoggedIn::No, "it lives in this program alone");
}

#[tokio::test]
async fn a_comment_stands_in_the_history_and_mails_whom_it_names() {
    let browser = Browser::at(Day::new().await).await;
    let order = browser.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    browser.day.run_for(5 * MINUTE).await;
    let path = format!("/orders/{}", browser.day.id(order).await);
    add(&browser, "mia", &[]).await;
    add(&browser, "leo", &[]).await;
    let ann = Somebody::of(&browser, "ann").await;
    let text = "Is this <b>right</b>, @mia? Not @leonard.";
    ann.post(&format!("{path}/comment"), &[("text", text)]).await;
    let page = ann.get(&path).await;
    assert!(page.text().contains("Is this &#60;b&#62;right&#60;/b&#62;, @mia?"));
    ann.post(&format!("{path}/comment"), &[("text", "  ")]).await;
    assert!(ann.told().await.contains("Write something first"));
    browser.day.run_for(MINUTE).await;
    let mails = browser.day.world.mailer().received();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].to, "mia@shop.example");
    assert!(mails[0].text.contains(text) && mails[0].text.contains(&path));
    let mia = Somebody::of(&browser, "mia").await;
    mia.get(&path).await.shows("@mia").lacks("Comment for colleagues");
    // It is nobody's business but the staff's: the shop is told nothing.
    assert!(browser.day.shop.notes(order).iter().all(|(_, note)| !note.contains("right")));
}
