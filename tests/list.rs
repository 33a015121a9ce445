//! The order list as people work with it: filters, kept views, and one act on many orders.

use std::time::Duration;

use crate::common::*;
use crate::web::{Browser, Page};
use woodblock::model::id::ShopOrderId;
use woodblock::model::order::State;
use woodblock::model::problem::What;

mod labels;
mod letters;
mod marks;

const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Browser {
    /// Presses what a page of the list offers for these orders.
    async fn bulk(&self, path: &str, act: &str, orders: &str) -> Page {
        let csrf = self.csrf().await;
        let name = if path == "/bulk" { "order" } else { "orders" };
        let mut fields = vec![("csrf", csrf.as_str()), ("act", act), ("query", "view=all")];
        fields.extend(orders.split(',').map(|id| (name, id)));
        if path == "/bulk/do" {
            fields.retain(|(key, _)| *key != "orders");
            fields.push(("orders", orders));
        }
        self.post(path, &fields).await
    }

    async fn csrf(&self) -> String {
        self.get("/stop").await.hidden("csrf")
    }

    async fn numbers(&self, query: &str) -> Vec<String> {
        let text = self.get(&format!("/?{query}")).await.text();
        let rows = text.split("class=\"row-link\"").skip(1);
        rows.map(|row| row.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned())
            .collect()
    }
}

/// Three mugs that count down, one of them paused, and a pendant.
async fn shop() -> (Browser, [ShopOrderId; 4]) {
    let day = Day::new().await;
    let mut orders = Vec::new();
    for (sku, name) in [("MUG", "Rex"), ("MUG", "Bella"), ("MUG", "Milo"), ("PENDANT", "Ada")] {
        orders.push(day.shop.customer_buys(cart(vec![named(sku, name)])));
        day.run_for(5 * MINUTE).await;
    }
    let orders: [ShopOrderId; 4] = orders.try_into().unwrap();
    let paused = day.id(orders[2]).await;
    let target = woodblock::model::hold::Target::Order;
    day.ctx.pause(paused, target, "the customer asked", &ann()).await.unwrap();
    (Browser::inside(day).await, orders)
}

async fn number(browser: &Browser, order: ShopOrderId) -> String {
    browser.day.order(order).await.number
}

#[tokio::test]
async fn filters_of_one_kind_add_up_and_of_different_kinds_narrow() {
    let (browser, orders) = shop().await;
    let mut all = Vec::new();
    for order in orders {
        all.push(number(&browser, order).await);
    }
    let is = |found: Vec<String>, wanted: &[usize]| {
        let mut found = found;
        found.sort();
        let wanted: Vec<String> = wanted.iter().map(|at| all[*at].clone()).collect();
        assert_eq!(found, wanted);
    };
    is(browser.numbers("view=all&provider=shineon").await, &[3]);
    is(browser.numbers("view=all&provider=shineon&provider=customcat").await, &[0, 1, 2, 3]);
    is(browser.numbers("view=all&provider=customcat&problem=paused").await, &[2]);
    is(browser.numbers("view=all&provider=shineon&problem=paused").await, &[]);
    is(browser.numbers("view=all&q=milo").await, &[2]);
    is(browser.numbers("view=all&q=milo&provider=shineon").await, &[]);
    is(browser.numbers("view=all&q=pendant").await, &[3]);
    is(browser.numbers("q=%25").await, &[]);
    is(browser.numbers("view=all&from=2026-03-03&until=2026-03-03").await, &[0, 1, 2, 3]);
    is(browser.numbers("view=all&from=2026-03-04").await, &[]);
    is(browser.numbers("view=all&source=main").await, &[0, 1, 2, 3]);
    is(browser.numbers("view=all&source=etsy").await, &[]);
    let oldest = browser.numbers("view=all&sort=oldest").await;
    assert_eq!(oldest, all);
    // Each narrowing can be taken away by itself.
    let page = browser.get("/?view=all&provider=customcat&problem=paused&q=milo").await;
    page.shows("at customcat").shows("Paused").shows("“milo”");
    page.shows("/?view=all&q=milo&problem=paused");
}

#[tokio::test]
async fn a_view_is_kept_shared_begun_with_and_deleted() {
    let (browser, _) = shop().await;
    let csrf = browser.csrf().await;
    let query = "view=all&provider=shineon";
    let fields = [("csrf", csrf.as_str()), ("query", query), ("name", "Pendants"), ("shared", "1")];
    browser.post("/views", &fields).await;
    let page = browser.get(&format!("/?{query}")).await;
    page.shows("Pendants").shows("Begin here").shows("Delete this view").lacks("Keep this view");
    let fields = [("csrf", csrf.as_str()), ("query", query), ("start", "1")];
    browser.post("/views/1/start", &fields).await;
    let home = browser.get("/").await;
    assert_eq!(home.header("location"), format!("/?{query}"));
    assert_eq!(browser.get("/?view=all").await.status, 200, "other views are still there");
    browser.post("/views/1/delete", &[("csrf", csrf.as_str()), ("query", query)]).await;
    browser.get("/").await.lacks("Pendants");
}

#[tokio::test]
async fn a_kept_view_holds_nothing_but_a_view() {
    let (browser, _) = shop().await;
    let csrf = browser.csrf().await;
    let evil = "view=all\"><script>&x=1&q=ok";
    let fields = [("csrf", csrf.as_str()), ("query", evil), ("name", "<b>x</b>")];
    let kept = browser.post("/views", &fields).await;
    assert_eq!(kept.header("location"), "/?q=ok");
    browser.get("/?view=all").await.lacks("<b>x</b>").lacks("x=1");
}

#[tokio::test]
async fn many_orders_are_asked_about_first_and_what_cannot_be_done_is_told() {
    let (browser, orders) = shop().await;
    let mut ids = Vec::new();
    for order in orders {
        ids.push(browser.day.id(order).await.to_string());
    }
    let ids = ids.join(",");
    let page = browser.bulk("/bulk", "send-now", &ids).await;
    page.shows("Send now: 3 orders").shows("Left out").shows("it is held");
    assert!(browser.day.customcat.ledger().is_empty(), "asking does nothing");
    let done = browser.bulk("/bulk/do", "send-now", &ids).await;
    done.shows("Sent on their way: 3 orders").shows("it is held").shows("Undo");
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.customcat.ledger().len(), 2);
    assert_eq!(browser.day.shineon.ledger().len(), 1);
    // Once more: nothing is sent twice.
    browser.bulk("/bulk/do", "send-now", &ids).await.shows("no order");
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.customcat.ledger().len(), 2);
}

#[tokio::test]
async fn undo_stops_what_has_not_left() {
    let (browser, orders) = shop().await;
    let id = browser.day.id(orders[0]).await.to_string();
    browser.bulk("/bulk/do", "send-now", &id).await;
    browser.bulk("/bulk/do", "pause", &id).await.shows("Paused 1 order");
    browser.day.run_for(MINUTE).await;
    assert!(browser.day.customcat.ledger().is_empty());
    assert_eq!(browser.day.problems(orders[0]).await, [What::Paused]);
    browser.bulk("/bulk/do", "resume", &id).await.shows("Resumed 1 order");
    browser.day.run_for(DAY).await;
    assert_eq!(browser.day.customcat.ledger().len(), 2, "it and its sister");
}

#[tokio::test]
async fn the_whole_view_is_meant_without_ticking_each() {
    let (browser, orders) = shop().await;
    let csrf = browser.csrf().await;
    let query = "view=all&provider=customcat";
    let fields = [("csrf", csrf.as_str()), ("act", "cancel"), ("query", query), ("all", "1")];
    let page = browser.post("/bulk", &fields).await;
    page.shows("Cancel 3 orders").shows("This cannot be undone");
    let ids = page.hidden("orders");
    assert_eq!(ids.split(',').count(), 3);
    browser.bulk("/bulk/do", "cancel", &ids).await.shows("Cancelled 3 orders").lacks("Undo");
    for order in &orders[..3] {
        assert_eq!(browser.day.order(*order).await.state, State::Cancelled);
    }
    assert_eq!(browser.day.order(orders[3]).await.state, State::Open);
}

#[tokio::test]
async fn very_many_orders_are_changed_only_when_their_number_is_typed() {
    let (browser, orders) = shop().await;
    let id = browser.day.id(orders[0]).await;
    // Only the number counts, not whether they are different.
    let ids = vec![id.to_string(); 100].join(",");
    let csrf = browser.csrf().await;
    for typed in ["", "99"] {
        let fields =
            [("csrf", csrf.as_str()), ("act", "cancel"), ("orders", &ids), ("typed", typed)];
        let page = browser.post("/bulk/do", &fields).await;
        assert_eq!(page.status, 303, "{typed}");
        assert_eq!(browser.day.order(orders[0]).await.state, State::Open);
    }
    let fields = [("csrf", csrf.as_str()), ("act", "cancel"), ("orders", &ids), ("typed", "100")];
    assert_eq!(browser.post("/bulk/do", &fields).await.status, 200);
    assert_eq!(browser.day.order(orders[0]).await.state, State::Cancelled);
}

#[tokio::test]
async fn nothing_ticked_and_nonsense_are_answered_with_words() {
    let (browser, _) = shop().await;
    let csrf = browser.csrf().await;
    let page = browser.post("/bulk", &[("csrf", &csrf), ("act", "pause")]).await;
    assert_eq!(page.status, 303);
    browser.get("/?view=all").await.shows("Tick the orders first");
    assert_eq!(browser.post("/bulk", &[("csrf", &csrf), ("act", "x")]).await.status, 400);
    let page = browser.bulk("/bulk", "pause", "987654321").await;
    page.shows("None of the chosen orders");
}

#[tokio::test]
async fn an_open_page_learns_that_something_happened() {
    let (browser, _) = shop().await;
    let before = browser.get("/changes").await.text();
    assert_eq!(browser.get("/changes").await.text(), before);
    browser.day.shop.customer_buys(cart(vec![named("MUG", "Kira")]));
    browser.day.run_for(5 * MINUTE).await;
    assert_ne!(browser.get("/changes").await.text(), before);
}

/// An order's page leads on through the list that the person came from.
#[tokio::test]
async fn previous_and_next_keep_the_order_of_the_list() {
    let (browser, orders) = shop().await;
    let mut pages = Vec::new();
    for order in orders {
        pages.push(format!("/orders/{}", browser.day.id(order).await));
    }
    let link = |page: &Page, rel: &str| {
        let text = page.text();
        let before = text.split(&format!("\" rel=\"{rel}\"")).next().unwrap().to_owned();
        let href = before.rsplit("href=\"").next().unwrap().to_owned();
        text.contains(&format!("rel=\"{rel}\"")).then_some(href)
    };
    // Newest first: the pendant, then the mugs from the last to the first.
    browser.get("/?view=all&provider=customcat").await;
    let middle = browser.get(&pages[1]).await;
    assert_eq!(link(&middle, "prev").as_ref(), Some(&pages[2]));
    assert_eq!(link(&middle, "next").as_ref(), Some(&pages[0]));
    assert_eq!(link(&browser.get(&pages[2]).await, "prev"), None, "the pendant is in another list");
    assert_eq!(link(&browser.get(&pages[3]).await, "next"), None);
    browser.get("/?view=all").await;
    assert_eq!(link(&browser.get(&pages[2]).await, "prev").as_ref(), Some(&pages[3]));
    middle.shows("/?view=all&provider=customcat");
}
