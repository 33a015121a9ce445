//! A walk of every route, as everybody who might come by: the declared table against the answers.
//!
//! What each route does with ids that are not there, or that belong to another order, is written down
//! here once more, so that a new route cannot be forgotten: [`EXPECTED`] must name all of them.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use tower::ServiceExt;

use crate::common::{Day, HOUR, MINUTE, cart, line, named};
use crate::web::{Browser, ORIGIN, Page, site};
use woodblock::db;
use woodblock::flow::FlowError;
use woodblock::model::id::{PersonId, ShopOrderId};
use woodblock::web::routes::{Role, Route, Verb, operator_routes, public_routes};
use woodblock::web::{self, ShopHook, Site, SiteSettings};

/// What an operator gets for an id that is not there, and for one of another order.
/// `0` says that the path holds no such id.
const EXPECTED: &[(Verb, &str, u16, u16)] = &[
    (Verb::Look, "/login", 0, 0),
    (Verb::Press, "/login", 0, 0),
    (Verb::Press, "/login/code", 0, 0),
    (Verb::Look, "/join/{token}", 404, 0),
    (Verb::Press, "/join/{token}", 403, 0),
    (Verb::Look, "/forgot", 0, 0),
    (Verb::Press, "/forgot", 0, 0),
    (Verb::Look, "/reset/{token}", 404, 0),
    (Verb::Press, "/reset/{token}", 403, 0),
    (Verb::Look, "/setup/{token}", 404, 0),
    (Verb::Press, "/setup/{token}", 403, 0),
    (Verb::Look, "/settings", 0, 0),
    (Verb::Look, "/settings/shops", 0, 0),
    (Verb::Look, "/settings/providers", 0, 0),
    (Verb::Look, "/settings/sending", 0, 0),
    (Verb::Look, "/settings/mail", 0, 0),
    (Verb::Look, "/settings/retention", 0, 0),
    (Verb::Look, "/settings/server", 0, 0),
    (Verb::Look, "/settings/history", 0, 0),
    (Verb::Press, "/settings/sending", 0, 0),
    (Verb::Press, "/settings/mail", 0, 0),
    (Verb::Press, "/settings/mail/test", 0, 0),
    (Verb::Press, "/settings/retention", 0, 0),
    (Verb::Look, "/settings/{kind}/{one}", 404, 0),
    (Verb::Press, "/settings/{kind}/{one}", 404, 0),
    (Verb::Press, "/settings/{kind}/{one}/test", 404, 0),
    (Verb::Press, "/settings/{kind}/{one}/disconnect", 404, 0),
    (Verb::Press, "/settings/{kind}/{one}/connect", 404, 0),
    (Verb::Look, "/start", 0, 0),
    (Verb::Look, "/start/{step}", 404, 0),
    (Verb::Press, "/start/{step}", 404, 0),
    (Verb::Press, "/start/shop/approve", 0, 0),
    (Verb::Press, "/start/shop/look", 0, 0),
    (Verb::Press, "/start/rehearsal/clear", 0, 0),
    (Verb::Press, "/start/dismiss", 0, 0),
    (Verb::Look, "/products", 0, 0),
    (Verb::Look, "/products.csv", 0, 0),
    (Verb::Look, "/products/edit", 0, 0),
    (Verb::Press, "/products/edit", 0, 0),
    (Verb::Press, "/products/{id}/delete", 404, 0),
    (Verb::Press, "/products/bulk", 0, 0),
    (Verb::Press, "/products/bulk/do", 0, 0),
    (Verb::Look, "/products/upload", 0, 0),
    (Verb::Press, "/products/upload", 0, 0),
    (Verb::Press, "/products/upload/do", 0, 0),
    (Verb::Look, "/designs", 0, 0),
    (Verb::Look, "/designs/new", 0, 0),
    (Verb::Press, "/designs/new", 0, 0),
    (Verb::Look, "/fonts", 0, 0),
    (Verb::Press, "/fonts/add", 0, 0),
    (Verb::Press, "/fonts/remove", 0, 0),
    (Verb::Press, "/designs/sample", 0, 0),
    (Verb::Look, "/designs/{design}", 404, 0),
    (Verb::Press, "/designs/{design}", 404, 0),
    (Verb::Press, "/designs/{design}/preview", 404, 0),
    (Verb::Press, "/designs/{design}/mockups", 404, 0),
    (Verb::Press, "/designs/{design}/retire", 404, 0),
    (Verb::Press, "/designs/{design}/use", 404, 0),
    (Verb::Look, "/designs/{design}/update", 404, 0),
    (Verb::Press, "/designs/{design}/update", 404, 0),
    (Verb::Look, "/designs/{design}/{version}", 404, 0),
    (Verb::Look, "/designs/{design}/{version}/zip", 404, 0),
    (Verb::Look, "/people", 0, 0),
    (Verb::Press, "/people/invite", 0, 0),
    (Verb::Press, "/people/{id}/role", 400, 0),
    (Verb::Press, "/people/{id}/block", 404, 0),
    (Verb::Press, "/people/{id}/unblock", 404, 0),
    (Verb::Press, "/invitations/{id}/take-back", 303, 0),
    (Verb::Press, "/roles", 0, 0),
    (Verb::Press, "/roles/{id}/drop", 303, 0),
    (Verb::Look, "/account", 0, 0),
    (Verb::Press, "/account/password", 0, 0),
    (Verb::Press, "/account/factor", 0, 0),
    (Verb::Press, "/account/factor/on", 0, 0),
    (Verb::Press, "/account/factor/off", 0, 0),
    (Verb::Press, "/account/email", 0, 0),
    (Verb::Press, "/account/keys", 0, 0),
    (Verb::Press, "/account/sessions/end", 0, 0),
    (Verb::Look, "/static/{name}", 404, 0),
    (Verb::Look, "/healthz", 0, 0),
    (Verb::Look, "/readyz", 0, 0),
    (Verb::Look, "/metrics", 0, 0),
    (Verb::Press, "/logout", 0, 0),
    (Verb::Look, "/", 0, 0),
    (Verb::Look, "/changes", 0, 0),
    (Verb::Press, "/bulk", 0, 0),
    (Verb::Press, "/bulk/do", 0, 0),
    (Verb::Press, "/bulk/letter", 0, 0),
    (Verb::Press, "/bulk/letter/do", 0, 0),
    (Verb::Look, "/labels", 0, 0),
    (Verb::Press, "/labels/change", 0, 0),
    (Verb::Press, "/labels/delete", 0, 0),
    (Verb::Press, "/columns", 0, 0),
    (Verb::Press, "/views", 0, 0),
    (Verb::Press, "/views/{id}/delete", 303, 0),
    (Verb::Press, "/views/{id}/start", 303, 0),
    (Verb::Look, "/alerts", 0, 0),
    (Verb::Press, "/alerts/{id}/clear", 303, 0),
    (Verb::Look, "/jobs", 0, 0),
    (Verb::Look, "/health", 0, 0),
    (Verb::Look, "/deliveries", 0, 0),
    (Verb::Look, "/deliveries/{id}", 404, 0),
    (Verb::Press, "/deliveries/{id}/look", 404, 0),
    (Verb::Look, "/mails", 0, 0),
    (Verb::Look, "/mails/{id}", 404, 0),
    (Verb::Press, "/mails/{id}/again", 404, 0),
    (Verb::Look, "/reports", 0, 0),
    (Verb::Look, "/reports.csv", 0, 0),
    (Verb::Look, "/passed", 0, 0),
    (Verb::Press, "/passed/{shop}/{order}/take-in", 303, 0),
    (Verb::Look, "/stop", 0, 0),
    (Verb::Press, "/stop", 0, 0),
    (Verb::Press, "/resume", 0, 0),
    (Verb::Press, "/limits/resume", 0, 0),
    (Verb::Press, "/providers/{id}/resume", 404, 0),
    (Verb::Look, "/pictures/{hash}", 404, 0),
    (Verb::Look, "/previews/{name}", 404, 0),
    (Verb::Look, "/orders/new", 0, 0),
    (Verb::Press, "/orders/new", 0, 0),
    (Verb::Look, "/orders/import", 0, 0),
    (Verb::Press, "/orders/import", 0, 0),
    (Verb::Look, "/orders/{order}/papers/{paper}", 404, 0),
    (Verb::Press, "/download", 0, 0),
    (Verb::Look, "/tracking", 0, 0),
    (Verb::Press, "/tracking", 0, 0),
    (Verb::Press, "/tracking/do", 0, 0),
    (Verb::Look, "/tracking/upload.csv", 0, 0),
    (Verb::Press, "/tracking/told", 0, 0),
    (Verb::Look, "/orders/{order}", 404, 0),
    (Verb::Press, "/orders/{order}/hold", 404, 0),
    (Verb::Press, "/orders/{order}/release", 404, 0),
    (Verb::Press, "/orders/{order}/cancel", 404, 0),
    (Verb::Press, "/orders/{order}/look-again", 404, 0),
    (Verb::Look, "/orders/{order}/look", 404, 0),
    (Verb::Press, "/orders/{order}/label", 303, 0),
    (Verb::Press, "/orders/{order}/assign", 404, 0),
    (Verb::Press, "/orders/{order}/comment", 303, 0),
    (Verb::Press, "/orders/{order}/letter", 404, 0),
    (Verb::Press, "/orders/{order}/reprint", 404, 404),
    (Verb::Look, "/orders/{order}/recipient", 404, 0),
    (Verb::Press, "/orders/{order}/recipient", 404, 0),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/send-now", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/later", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/hold", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/submit", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/submit-again", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/give-up", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/placed", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/absent", 404, 404),
    (Verb::Press, "/orders/{order}/fulfilments/{fulfilment}/parcel", 404, 404),
    (Verb::Look, "/orders/{order}/items/{item}/edit", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/edit", 404, 404),
    (Verb::Look, "/orders/{order}/items/{item}/correct", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/correct", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/preview", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/mockups", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/lease", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/draw-again", 404, 404),
    (Verb::Look, "/orders/{order}/items/{item}/revisions", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/revision", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/judge", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/pass", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/approve", 404, 404),
    (Verb::Press, "/orders/{order}/items/{item}/unapprove", 404, 404),
    (Verb::Look, "/orders/{order}/items/{item}/files/{area}", 404, 404),
    (Verb::Look, "/orders/{order}/items/{item}/download/{area}", 404, 404),
];

/// The routes that the shop and providers reach; each is walked by a test below.
const EXPECTED_PUBLIC: &[(Verb, &str)] = &[
    (Verb::Any, "/hooks/shop/{name}"),
    (Verb::Any, "/hooks/provider/{name}/{token}"),
    (Verb::Any, "/hooks/provider/{name}/{token}/{topic}"),
    (Verb::Any, "/files/{token}/{name}"),
    (Verb::Look, "/files/probe/{question}"),
    (Verb::Any, "/connect/{token}"),
];

const NOWHERE: &str = "987654321";
const HOOK_SECRET: &str = "a-webhook-secret";

/// The pages of a day with two orders, and people before them.
struct Walk {
    browser: Browser,
    mine: ShopOrderId,
    other: ShopOrderId,
    ids: BTreeMap<&'static str, String>,
    others: BTreeMap<&'static str, String>,
}

/// A mail in the outbox, which has a page of its own.
async fn a_mail(day: &Day) {
    let done: Result<(), FlowError> = day
        .ctx
        .call(|tx| {
            let mail = db::mail::NewMail {
                order: None,
                kind: "alert",
                key: "walk".to_owned(),
                recipient: "ops@shop.example".to_owned(),
                subject: "Look".to_owned(),
                text: "Look".to_owned(),
                html: "Look".to_owned(),
            };
            db::mail::put(tx, &mail, "walk@shop.example")?;
            Ok(())
        })
        .await;
    done.unwrap();
}

/// Somebody in front of the pages.
#[derive(Debug, Clone, Default)]
struct Visitor {
    who: &'static str,
    cookie: String,
    csrf: String,
}

impl Walk {
    async fn begin() -> Walk {
        let day = Day::new().await;
        let mine = day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
        let other = day.shop.customer_buys(cart(vec![named("MUG", "BELLA")]));
        day.shop.customer_buys(cart(vec![line("UNKNOWN")]));
        day.run_for(5 * MINUTE).await;
        let ids = ids_of(&day, mine).await;
        let others = ids_of(&day, other).await;
        a_mail(&day).await;
        Walk { browser: Browser::at(day).await, mine, other, ids, others }
    }

    fn site(&self) -> Site {
        site(&self.browser.day, ORIGIN)
    }

    async fn person(&self, name: &'static str) -> PersonId {
        let done: Result<_, FlowError> =
            self.browser.day.ctx.call(move |tx| Ok(db::person::put(tx, name, "x")?)).await;
        done.unwrap()
    }

    async fn session(&self, who: &'static str, person: PersonId) -> Visitor {
        let (token, csrf) = (web::auth::secret(), web::auth::secret());
        let (hash, kept) = (web::auth::token_hash(&token), csrf.clone());
        let done: Result<(), FlowError> = self
            .browser
            .day
            .ctx
            .call(move |tx| Ok(db::person::begin_session(tx, &hash, person, &kept)?))
            .await;
        done.unwrap();
        let name = web::auth::session_cookie(&self.site().settings);
        Visitor { who, cookie: format!("{name}={token}"), csrf }
    }

    /// Everybody who is not logged in, by every way of not being it.
    async fn strangers(&self) -> Vec<Visitor> {
        let nobody = Visitor { who: "nobody", ..Visitor::default() };
        let forged = Visitor {
            who: "a made-up session",
            cookie: format!("woodblock={}", "0".repeat(64)),
            csrf: "0".repeat(64),
        };
        let out = self.session("logged out", self.person("cleo").await).await;
        let expired = self.session("expired", self.person("dora").await).await;
        self.browser.day.clock.set(self.now().plus(13 * HOUR));
        let dismissed = self.session("dismissed", self.person("emil").await).await;
        let token = out.cookie.split_once('=').unwrap().1.to_owned();
        let done: Result<(), FlowError> = self
            .browser
            .day
            .ctx
            .call(move |tx| {
                db::person::end_session(tx, &web::auth::token_hash(&token))?;
                db::person::disable(tx, "emil")?;
                Ok(())
            })
            .await;
        done.unwrap();
        vec![nobody, forged, out, expired, dismissed]
    }

    fn now(&self) -> woodblock::model::time::Moment {
        use woodblock::outside::clock::Clock as _;
        self.browser.day.clock.now()
    }

    /// Everything that a press could have changed, in words.
    async fn state(&self, order: ShopOrderId) -> String {
        let day = &self.browser.day;
        let rest: Result<String, FlowError> = day
            .ctx
            .read(|tx| {
                let (alerts, jobs) = (db::alert::open(tx)?, db::job::open_and_failed(tx)?);
                let switch = (db::switch::is_stopped(tx)?, db::provider::all(tx)?.len());
                Ok(format!("{alerts:?} {} {switch:?}", jobs.len()))
            })
            .await;
        format!("{:?} {:?} {}", day.order(order).await, day.story(order).await, rest.unwrap())
    }

    async fn send(&self, method: Method, path: &str, who: &Visitor, body: &str) -> Page {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &who.cookie)
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.browser.ask(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

async fn ids_of(day: &Day, order: ShopOrderId) -> BTreeMap<&'static str, String> {
    let row = day.order(order).await;
    let file = row.items[0].facts.files_of(1).next().unwrap().hash.to_string();
    BTreeMap::from([
        ("order", row.id.to_string()),
        ("item", row.items[0].id.to_string()),
        ("fulfilment", row.fulfilments[0].id.to_string()),
        ("shop", day.shop_id.to_string()),
        ("hash", file),
        ("area", "front".to_owned()),
        ("id", "1".to_owned()),
        ("token", "0".repeat(64)),
        ("name", "style.css".to_owned()),
        ("design", "sign".to_owned()),
        ("version", row.items[0].design.to_string()),
        ("kind", "shops".to_owned()),
        ("one", "main".to_owned()),
        ("step", "when".to_owned()),
        ("paper", "job-sheet.pdf".to_owned()),
    ])
}

/// The path with each `{key}` replaced.
fn filled(path: &str, of: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}').unwrap();
        out += &format!("{before}{}", of(key));
        rest = after;
    }
    out + rest
}

fn body(csrf: &str, once: &str, more: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("csrf", csrf).append_pair("once", once).extend_pairs(more).finish()
}

fn verbs(routes: &[Route]) -> BTreeMap<&'static str, Vec<Verb>> {
    let mut verbs: BTreeMap<&'static str, Vec<Verb>> = BTreeMap::new();
    for route in routes {
        verbs.entry(route.path).or_default().push(route.verb);
    }
    verbs
}

#[test]
fn the_walk_knows_every_route() {
    let name = |verb: Verb, path: &str| format!("{verb:?} {path}");
    let declared: BTreeSet<String> =
        operator_routes().iter().map(|route| name(route.verb, route.path)).collect();
    let walked = EXPECTED.iter().map(|(verb, path, ..)| name(*verb, path)).collect();
    assert_eq!(declared, walked);
    let declared: BTreeSet<String> =
        public_routes().iter().map(|route| name(route.verb, route.path)).collect();
    let walked = EXPECTED_PUBLIC.iter().map(|(verb, path)| name(*verb, path)).collect();
    assert_eq!(declared, walked);
}

#[tokio::test]
async fn whoever_is_not_logged_in_sees_and_changes_nothing() {
    let walk = Walk::begin().await;
    let strangers = walk.strangers().await;
    let before = walk.state(walk.mine).await;
    let mut asked = 0;
    for route in operator_routes() {
        let path = filled(route.path, |key| walk.ids[key].clone());
        for visitor in &strangers {
            let told = format!("{} {:?} {path}", visitor.who, route.verb);
            let is_open = route.role == Role::Anyone;
            match route.verb {
                Verb::Look => {
                    for method in [Method::GET, Method::HEAD] {
                        let page = walk.send(method, &path, visitor, "").await;
                        let leads_in = page.header("location").starts_with("/login");
                        assert_eq!(leads_in, !is_open, "{told}: {}", page.status);
                        assert!(is_open || page.status == StatusCode::SEE_OTHER, "{told}");
                        asked += 1;
                    }
                }
                Verb::Press => {
                    let sent = body(&visitor.csrf, "1", &[("to", "0"), ("why", "x")]);
                    let page = walk.send(Method::POST, &path, visitor, &sent).await;
                    assert_eq!(page.status, StatusCode::FORBIDDEN, "{told}");
                    asked += 1;
                }
                Verb::Any => panic!("{told} is no page"),
            }
        }
    }
    for visitor in &strangers {
        let page = walk.send(Method::GET, "/no/such/page", visitor, "").await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", visitor.who);
    }
    assert_eq!(walk.state(walk.mine).await, before);
    println!("{asked} requests of {} strangers", strangers.len());
}

#[tokio::test]
async fn a_form_of_somebody_else_or_of_nobody_is_not_taken() {
    let walk = Walk::begin().await;
    let ann = walk.session("ann", walk.person("ann").await).await;
    let bob = walk.session("bob", walk.person("bob").await).await;
    let before = walk.state(walk.mine).await;
    for route in operator_routes().iter().filter(|route| route.verb == Verb::Press) {
        let path = filled(route.path, |key| walk.ids[key].clone());
        for csrf in ["", "wrong", &bob.csrf, &ann.csrf[1..], &ann.csrf.to_uppercase()] {
            let page = walk.send(Method::POST, &path, &ann, &body(csrf, "1", &[])).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} with {csrf}");
        }
        // In the query it does not count.
        let query = format!("{path}?csrf={}", ann.csrf);
        let page = walk.send(Method::POST, &query, &ann, "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{query}");
    }
    assert_eq!(walk.state(walk.mine).await, before);
}

#[tokio::test]
async fn other_methods_are_refused_everywhere() {
    let walk = Walk::begin().await;
    let ann = walk.session("ann", walk.person("ann").await).await;
    let before = walk.state(walk.mine).await;
    let nobody = Visitor::default();
    for (path, known) in verbs(&operator_routes()) {
        let path = filled(path, |key| walk.ids[key].clone());
        let mut wrong = vec![Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE];
        if !known.contains(&Verb::Look) {
            wrong.extend([Method::GET, Method::HEAD]);
        }
        if !known.contains(&Verb::Press) {
            wrong.push(Method::POST);
        }
        for method in wrong {
            for visitor in [&ann, &nobody] {
                let sent = body(&visitor.csrf, "1", &[]);
                let page = walk.send(method.clone(), &path, visitor, &sent).await;
                assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            }
        }
    }
    assert_eq!(walk.state(walk.mine).await, before);
}

/// Ids that are not there, ids of another order, and ids that are no ids.
#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one walk")]
async fn an_id_counts_only_where_it_belongs() {
    let walk = Walk::begin().await;
    let ann = walk.session("ann", walk.person("ann").await).await;
    let (mine, other) = (walk.state(walk.mine).await, walk.state(walk.other).await);
    let other_item = format!("quantity.{}", walk.others["item"]);
    let hold = "1".to_owned();
    let fields = [
        ("to", "1800000000000"),
        ("why", "x"),
        ("hold", hold.as_str()),
        ("reason", "x"),
        (other_item.as_str(), "1"),
        ("revision", "1"),
        ("act", "save"),
        ("value.name", "TOM"),
        ("verdict", "accepted"),
        ("field", "name"),
        ("number", "N1"),
        ("carrier", "dhl"),
    ];
    let mut wrong = Vec::new();
    let mut count = 0_u32;
    for (verb, path, unknown, foreign) in EXPECTED {
        if !path.contains('{') {
            continue;
        }
        let nowhere = filled(path, |key| match key {
            "hash" => "0".repeat(64),
            "name" => "nothing".to_owned(),
            "area" => "front".to_owned(),
            _ => NOWHERE.to_owned(),
        });
        let crossed = filled(path, |key| match key {
            "item" | "fulfilment" => walk.others[key].clone(),
            _ => walk.ids[key].clone(),
        });
        let reversed = filled(path, |key| match key {
            "order" => walk.others[key].clone(),
            _ => walk.ids[key].clone(),
        });
        let mut asked = vec![(nowhere, *unknown)];
        if *foreign != 0 && crossed != filled(path, |key| walk.ids[key].clone()) {
            asked.extend([(crossed, *foreign), (reversed, *foreign)]);
        } else if *foreign != 0 {
            asked.push((crossed, *foreign));
        }
        for (path, expected) in asked {
            count += 1;
            let sent = body(&ann.csrf, &count.to_string(), &fields);
            let page = match verb {
                Verb::Look => walk.send(Method::GET, &path, &ann, "").await,
                Verb::Press | Verb::Any => walk.send(Method::POST, &path, &ann, &sent).await,
            };
            if page.status.as_u16() != expected {
                wrong.push(format!("{verb:?} {path}: {} instead of {expected}", page.status));
            }
        }
        for odd in ["x", "-1", "0", "99999999999999999999", "1%00", "%2e%2e", "1;2", "1%2f..%2f2"] {
            count += 1;
            let path = filled(path, |_| odd.to_owned());
            let sent = body(&ann.csrf, &count.to_string(), &fields);
            let page = match verb {
                Verb::Look => walk.send(Method::GET, &path, &ann, "").await,
                Verb::Press | Verb::Any => walk.send(Method::POST, &path, &ann, &sent).await,
            };
            // A form before a log-in is refused for its mark, whatever its address says.
            let is_unmarked =
                ["/join/", "/reset/", "/setup/"].iter().any(|start| path.starts_with(start));
            let is_refused = is_unmarked && page.status == StatusCode::FORBIDDEN;
            if !is_refused && !matches!(page.status.as_u16(), 303 | 400 | 404) {
                wrong.push(format!("{verb:?} {path}: {}", page.status));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(walk.state(walk.mine).await, mine);
    assert_eq!(walk.state(walk.other).await, other);
    println!("{count} requests with ids that do not belong");
}

/// The same mark twice does nothing the second time, on every form there is.
#[tokio::test]
async fn every_press_works_once() {
    let walk = Walk::begin().await;
    let ann = walk.session("ann", walk.person("ann").await).await;
    for route in operator_routes().iter().filter(|route| route.verb == Verb::Press) {
        // Forms before a log-in have a mark of their own, and tests of their own.
        if route.role == Role::Anyone || route.path == "/logout" {
            continue;
        }
        let path = filled(route.path, |key| walk.ids[key].clone());
        let sent = body(&ann.csrf, "the same", &[("why", "x"), ("to", "1800000000000")]);
        let first = walk.send(Method::POST, &path, &ann, &sent).await;
        assert!(!first.status.is_server_error() && first.status != StatusCode::FORBIDDEN, "{path}");
        let after = walk.state(walk.mine).await;
        let second = walk.send(Method::POST, &path, &ann, &sent).await;
        assert_eq!(second.status, StatusCode::SEE_OTHER, "{path}");
        assert!(!second.header("location").starts_with("/login"), "{path}");
        assert_eq!(walk.state(walk.mine).await, after, "{path}");
    }
}

/// Every page of an operator is there, and `HEAD` tells no more than `GET` would.
#[tokio::test]
async fn every_page_is_there_for_an_operator() {
    let walk = Walk::begin().await;
    let ann = walk.session("ann", walk.person("ann").await).await;
    for route in operator_routes().iter().filter(|route| route.verb == Verb::Look) {
        // Nothing of the walk is at a provider that could be given a corrected file.
        let leads_on = matches!(route.path, "/settings" | "/start")
            || route.path.ends_with("/items/{item}/correct");
        let is_apart =
            matches!(route.path, "/login" | "/static/{name}" | "/previews/{name}" | "/readyz");
        if leads_on || is_apart || route.path.contains("{token}") {
            continue;
        }
        let path = filled(route.path, |key| walk.ids[key].clone());
        let page = walk.send(Method::GET, &path, &ann, "").await;
        let is_health = route.path == "/healthz";
        assert!(is_health || page.status == StatusCode::OK, "{path}: {}", page.status);
        let head = walk.send(Method::HEAD, &path, &ann, "").await;
        assert_eq!((head.status, head.bytes.len()), (page.status, 0), "{path}");
    }
}

struct Door {
    walk: Walk,
    public: axum::Router,
}

impl Door {
    async fn new() -> Door {
        let walk = Walk::begin().await;
        let hook = ShopHook {
            shop: walk.browser.day.shop_id,
            secrets: vec![HOOK_SECRET.into()],
            source_urls: Vec::new(),
        };
        let settings = SiteSettings { ..walk.site().settings.as_ref().clone() };
        let hooks = BTreeMap::from([("main".to_owned(), hook)]);
        let site = Site::new(walk.browser.day.ctx.clone(), settings, hooks, Default::default());
        Door { public: web::public(site), walk }
    }

    async fn ask(&self, method: &str, path: &str, signature: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        if !signature.is_empty() {
            request = request.header("x-wc-webhook-signature", signature);
        }
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let answer = self.public.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let mut told = format!("{:?}", parts.headers).into_bytes();
        told.extend(axum::body::to_bytes(body, 1 << 24).await.unwrap());
        (parts.status.as_u16(), told)
    }
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_shops_hook_takes_signed_calls_alone() {
    let door = Door::new().await;
    let body = br#"{"id":1001}"#;
    let right = signature(HOOK_SECRET, body);
    let path = "/hooks/shop/main";
    let cut = &right[..right.len() - 4];
    let lower = right.to_lowercase();
    for (signature, expected) in [
        ("", 401),
        ("x", 401),
        (cut, 401),
        (lower.as_str(), 401),
        (&signature("", body), 401),
        (&signature("another", body), 401),
        (&signature(HOOK_SECRET, b"{}"), 401),
        (&right, 200),
    ] {
        assert_eq!(door.ask("POST", path, signature, body).await.0, expected, "{signature}");
    }
    for name in ["other", "MAIN", "main%00", "..", "%2e%2e"] {
        let path = format!("/hooks/shop/{name}");
        assert_eq!(door.ask("POST", &path, &right, body).await.0, 404, "{name}");
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
        assert_eq!(door.ask(method, path, &right, body).await.0, 405, "{method}");
    }
}

#[tokio::test]
async fn a_providers_hook_answers_its_token_alone_and_never_says_what_was_wrong() {
    let door = Door::new().await;
    let (_, nothing) = door.ask("POST", "/hooks/provider/nobody/t0ken", "", b"{}").await;
    for method in ["POST", "GET", "PUT"] {
        for wrong in
            ["customcat/t0kem", "customcat/T0KEN", "customcat/%20t0ken", "customcat/x", "%00/t0ken"]
        {
            for topic in ["", "/order-shipped"] {
                let path = format!("/hooks/provider/{wrong}{topic}");
                let (status, told) = door.ask(method, &path, "", b"{}").await;
                assert_eq!((status, &told), (404, &nothing), "{method} {path}");
            }
        }
        // Each topic has a token of its own, and none is another's.
        let token = woodblock::flow::provider_hooks::topic_token("t0ken", "order-shipped");
        let path = format!("/hooks/provider/customcat/{token}/order-shipped");
        assert_eq!(door.ask(method, &path, "", b"{}").await.0, 200, "{method}");
        for wrong in [format!("{token}/design-rejected"), "t0ken/order-shipped".to_owned(), token] {
            let path = format!("/hooks/provider/customcat/{wrong}");
            let (status, told) = door.ask(method, &path, "", b"{}").await;
            assert_eq!((status, &told), (404, &nothing), "{method} {path}");
        }
    }
    for path in ["/hooks/provider/customcat", "/hooks/provider/customcat/", "/hooks", "/"] {
        assert_eq!(door.ask("POST", path, "", b"{}").await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn every_wrong_file_link_gets_the_same_answer() {
    let door = Door::new().await;
    let day = &door.walk.browser.day;
    day.run_for(4 * HOUR).await;
    let urls: Vec<String> = day
        .customcat
        .ledger()
        .iter()
        .map(|entry| entry.lines[0].files[0].url.clone())
        .map(|url| url.strip_prefix("http://127.0.0.1:8090").unwrap().to_owned())
        .collect();
    let parts: Vec<(&str, &str)> =
        urls.iter().map(|url| url["/files/".len()..].split_once('/').unwrap()).collect();
    let [(token, name), (other_token, other_name)] = parts[..] else {
        panic!("{urls:?}");
    };
    assert_eq!(door.ask("GET", &urls[0], "", b"").await.0, 200);
    assert_eq!(door.ask("GET", &urls[1], "", b"").await.0, 200);
    let (status, nothing) = door.ask("GET", "/files/nothing/x.png", "", b"").await;
    assert_eq!(status, 404);
    let mut wrong = vec![
        format!("/files/{token}/{other_name}"),
        format!("/files/{other_token}/{name}"),
        format!("/files/{token}/{}", name.replace(".png", ".jpg")),
        format!("/files/{token}/{}", name.to_uppercase()),
        format!("/files/{token}/{name}.png"),
        format!("/files/{token}/%2e%2e%2f{name}"),
        format!("/files/{token}/..%2f..%2fwoodblock.db"),
        format!("/files/{token}%00/{name}"),
        format!("/files/%27%20OR%201=1--/{name}"),
        format!("/files/{}/{name}", token.to_uppercase()),
        format!("/files/{}/{name}", &token[1..]),
        format!("/files/{}/{name}", "a".repeat(4_000)),
        format!("/files/probe/{name}"),
    ];
    let done: Result<(), FlowError> = day
        .ctx
        .call({
            let id = day.fulfilment(door.walk.mine, "customcat").await;
            move |tx| Ok(db::file::expire_links(tx, id, tx.now)?)
        })
        .await;
    done.unwrap();
    wrong.push(urls[0].clone());
    for path in wrong {
        for method in ["GET", "HEAD"] {
            let (status, told) = door.ask(method, &path, "", b"").await;
            // A `HEAD` of nothing is as empty as its `GET`.
            assert_eq!((status, &told), (404, &nothing), "{method} {path}");
        }
    }
    assert_eq!(door.ask("GET", &urls[1], "", b"").await.0, 200, "the other order's link lives");
    for path in ["/orders/1", "/", "/login", "/metrics", "/healthz", "/admin.sock"] {
        assert_eq!(door.ask("GET", path, "", b"").await.0, 404, "{path}");
    }
}
