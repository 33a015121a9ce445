//! Labels, who looks after an order, and the list as each person likes it.

use super::*;
use woodblock::db;
use woodblock::flow::{FlowError, erase, mark};
use woodblock::model::id::OrderId;
use woodblock::model::mark::{Label, Mark, Marks};
use woodblock::model::right::{Right, Rights};

impl Browser {
    /// Marks these orders as the bar of the list does.
    async fn marks(&self, path: &str, fields: &[(&str, &str)], orders: &str) -> Page {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str()), ("query", "view=all"), ("orders", orders)];
        all.extend(orders.split(',').map(|id| ("order", id)));
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    async fn marked(&self, order: ShopOrderId) -> Marks {
        let id = self.day.id(order).await;
        let found: Result<_, FlowError> =
            self.day.ctx.read(move |tx| Ok(db::mark::of_order(tx, id)?)).await;
        found.unwrap()
    }

    async fn ids(&self, orders: &[ShopOrderId]) -> String {
        let mut ids = Vec::new();
        for order in orders {
            ids.push(self.day.id(*order).await.to_string());
        }
        ids.join(",")
    }

    /// What a page offers to take it back, sent as it stands there.
    async fn undo(&self, page: &Page) -> Page {
        let text = page.text();
        let form = text.split("class=\"press\"").nth(1).expect("something to undo");
        let form = form.split("</form>").next().unwrap();
        let path = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut fields = Vec::new();
        for field in form.split("name=\"").skip(1) {
            let name = field.split('"').next().unwrap().to_owned();
            let value = field.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
            fields.push((name, value.replace("&#38;", "&")));
        }
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(path, &fields).await
    }
}

async fn somebody(browser: &Browser, name: &'static str) {
    let done: Result<_, FlowError> =
        browser.day.ctx.call(move |tx| Ok(db::person::put(tx, name, "x")?)).await;
    done.unwrap();
}

async fn known_labels(browser: &Browser) -> Vec<Label> {
    let found: Result<_, FlowError> = browser.day.ctx.read(|tx| Ok(db::mark::labels(tx)?)).await;
    found.unwrap()
}

#[tokio::test]
async fn labels_are_put_on_many_found_and_taken_off_again() {
    let (browser, orders) = shop().await;
    let two = browser.ids(&orders[..2]).await;
    let rush = [("act", "label"), ("label", " Rush ")];
    browser.marks("/bulk", &rush, &two).await.shows("Put “Rush” on 2 orders?");
    assert!(known_labels(&browser).await.is_empty(), "asking does nothing");
    let done = browser.marks("/bulk/do", &rush, &two).await;
    done.shows("Labelled “Rush”: 2 orders").shows("Undo");
    // One of them has it: the other alone is changed, and told.
    let three = browser.ids(&orders[..3]).await;
    let more = browser.marks("/bulk/do", &[("act", "label"), ("label", "RUSH")], &three).await;
    more.shows("1 order").shows("it carries this label already");
    let mut wanted = Vec::new();
    for order in &orders[..3] {
        wanted.push(number(&browser, *order).await);
    }
    wanted.reverse();
    assert_eq!(browser.numbers("view=all&label=rush").await, wanted);
    assert_eq!(browser.numbers("view=all&q=rus").await, wanted, "the search knows labels");
    assert_eq!(browser.numbers("view=all&label=gift&label=Rush").await, wanted);
    assert!(browser.numbers("view=all&label=rush&provider=shineon").await.is_empty());
    browser.get("/?view=all&label=rush").await.shows("labelled rush").shows("class=\"label label-");
    let page = browser.get(&browser.order_path(orders[0]).await).await;
    page.shows("The order has the label").shows("Rush").shows("take this label off");
    // Undo takes it off those alone that it was put on.
    browser.undo(&more).await.shows("No longer “RUSH”: 1 order");
    assert_eq!(browser.numbers("view=all&label=rush").await, wanted[1..]);
    let path = browser.order_path(orders[0]).await;
    let off = [("act", "unlabel"), ("label", "rush")];
    browser.press(&path, &format!("{path}/label"), &off).await;
    let page = browser.get(&path).await;
    page.shows("“rush” is taken off").shows("no longer has the label").lacks("take this label off");
    // The notice itself offers to put it on again.
    browser.press(&path, &format!("{path}/label"), &[("label", "gift")]).await;
    let told = browser.get(&path).await;
    browser.undo(&told).await;
    assert!(browser.marked(orders[0]).await.labels.is_empty());
    browser.marks("/bulk/do", &[("act", "unlabel"), ("label", "Rush")], &two).await;
    assert!(known_labels(&browser).await.is_empty(), "a label that nobody uses is forgotten");
}

#[tokio::test]
async fn an_order_is_given_to_a_person_and_back() {
    let (browser, orders) = shop().await;
    somebody(&browser, "bob").await;
    let assign = |name: &'static str| [("act", "assign"), ("assignee", name)];
    let first = browser.ids(&orders[..1]).await;
    browser.marks("/bulk/do", &assign("ann"), &first).await.shows("Assigned to ann: 1 order");
    let two = browser.ids(&orders[..2]).await;
    let done = browser.marks("/bulk/do", &assign("bob"), &two).await;
    done.shows("Assigned to bob: 2 orders");
    assert!(browser.numbers("view=all&assignee=mine").await.is_empty());
    assert_eq!(browser.numbers("view=all&assignee=bob").await.len(), 2);
    assert_eq!(browser.numbers("view=all&assignee=none").await.len(), 2);
    assert_eq!(browser.numbers("view=all&assignee=none&assignee=bob").await.len(), 4);
    assert_eq!(browser.numbers("view=all&q=bob").await.len(), 2);
    // Undo gives each back to whoever had it.
    browser.undo(&done).await.shows("Given back: 2 orders");
    assert_eq!(
        browser.numbers("view=all&assignee=mine").await,
        [number(&browser, orders[0]).await]
    );
    assert_eq!(browser.numbers("view=all&assignee=none").await.len(), 3);
    browser.get("/?view=all&assignee=mine").await.shows("looked after by me");
    let second = browser.get(&browser.order_path(orders[1]).await).await;
    second.shows("The order is looked after by").shows("is no longer looked after by");
    let path = browser.order_path(orders[0]).await;
    browser.press(&path, &format!("{path}/assign"), &[("assignee", "bob")]).await;
    browser.get(&path).await.shows("bob looks after it now.");
    // Somebody who is blocked keeps the order until it is given away, is said to be gone, and gets none.
    let done: Result<_, FlowError> =
        browser.day.ctx.call(|tx| Ok(db::person::disable(tx, "bob")?)).await;
    done.unwrap();
    browser.get("/?view=all&assignee=bob").await.shows("may not log in").shows(&path);
    let refused = browser.marks("/bulk/do", &assign("bob"), &two).await;
    refused.shows("no order").shows("bob may not log in here");
    browser.press(&path, &format!("{path}/assign"), &[("assignee", "")]).await;
    browser.get(&path).await.shows("Nobody looks after it now.");
    assert_eq!(browser.marked(orders[0]).await, Marks::default());
}

#[tokio::test]
async fn whoever_may_not_change_orders_marks_none() {
    let (browser, orders) = shop().await;
    let path = browser.order_path(orders[0]).await;
    let first = browser.ids(&orders[..1]).await;
    let csrf = browser.csrf().await;
    let done: Result<(), FlowError> = browser
        .day
        .ctx
        .call(|tx| {
            db::staff::put_role(tx, "packing", &Rights::of([Right::Products]))?;
            let role = db::staff::roles(tx)?.into_iter().find(|role| role.name == "packing");
            let ann = db::person::by_name(tx, "ann")?.expect("ann");
            Ok(db::staff::set_role(tx, ann.id, role.expect("it was just made").id)?)
        })
        .await;
    done.unwrap();
    for (path, fields) in [
        (format!("{path}/label"), vec![("label", "Rush")]),
        (format!("{path}/assign"), vec![("assignee", "ann")]),
        ("/bulk/do".to_owned(), vec![("act", "label"), ("label", "Rush"), ("orders", &*first)]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("csrf", csrf.as_str())]).collect();
        assert_eq!(browser.post(&path, &fields).await.status, 403, "{path}");
    }
    assert_eq!(browser.marked(orders[0]).await, Marks::default());
    browser.get("/?view=all").await.lacks("value=\"assign\"").shows("Files");
    browser.get(&path).await.lacks("Put on");
    // How the own list looks is everybody's own affair.
    let fields = [("csrf", csrf.as_str()), ("column", "total"), ("density", "compact")];
    assert_eq!(browser.post("/columns", &fields).await.status, 303);
}

#[tokio::test]
async fn an_erased_order_loses_its_marks_and_takes_none() {
    let (browser, orders) = shop().await;
    let id = browser.day.id(orders[0]).await;
    let label = Mark::Label(Label::named("for Rex Miller").unwrap());
    mark::put(&browser.day.ctx, id, label.clone(), &ann()).await.unwrap();
    mark::put(&browser.day.ctx, id, Mark::Assign("ann".to_owned()), &ann()).await.unwrap();
    browser.day.ctx.cancel_order(id, &ann()).await.unwrap();
    browser.day.run_for(DAY).await;
    erase::erase(&browser.day.ctx, id, &ann()).await.unwrap();
    assert_eq!(browser.marked(orders[0]).await, Marks::default());
    assert!(known_labels(&browser).await.is_empty(), "a label may name somebody");
    assert!(mark::put(&browser.day.ctx, id, label, &ann()).await.is_err());
}

#[tokio::test]
async fn columns_room_and_order_of_rows_are_a_persons_own() {
    let (browser, orders) = shop().await;
    let mut oldest = Vec::new();
    for order in orders {
        oldest.push(number(&browser, order).await);
    }
    let page = browser.get("/?view=all").await;
    page.lacks("c-total is-wide").shows("density-comfortable").shows(">Provider</span>");
    let csrf = browser.csrf().await;
    let mut fields = vec![("csrf", csrf.as_str()), ("query", "view=all&sort=value")];
    fields.extend([("column", "total"), ("column", "customer"), ("column", "nonsense")]);
    fields.extend([("density", "compact"), ("sort", "oldest")]);
    let saved = browser.post("/columns", &fields).await;
    assert_eq!(saved.header("location"), "/?view=all", "what was just chosen counts");
    let page = browser.get("/?view=all").await;
    page.shows("c-total is-wide").shows("density-compact").lacks(">Provider</span>");
    page.shows("provider-cell c-provider is-narrow");
    assert_eq!(browser.numbers("view=all").await, oldest);
    assert_ne!(browser.numbers("view=all&sort=newest").await, oldest, "the address comes first");
    let others: Result<_, FlowError> =
        browser.day.ctx.read(|tx| Ok(db::preference::of_person(tx, "bob")?)).await;
    assert_eq!(others.unwrap(), db::preference::Preference::default());
    browser.post("/columns", &[("csrf", csrf.as_str()), ("act", "usual")]).await;
    browser.get("/?view=all").await.shows("density-comfortable").shows(">Provider</span>");
}

#[tokio::test]
async fn everything_that_matches_is_counted_and_meant() {
    let day = Day::new().await;
    for nth in 0..105 {
        day.shop.customer_buys(cart(vec![named("MUG", &format!("Dog {nth}"))]));
    }
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let page = browser.get("/?view=all").await;
    page.shows("Select all 105 that match").shows("you type the number then");
    // Fifty-odd of them fit the search.
    let page = browser.get("/?view=all&q=dog+1").await;
    page.lacks("Select all").lacks("name=\"all\"");
    browser.get("/?view=all&q=dog").await.shows("Select all 105 that match");
    browser.get("/?view=all&q=dog&page=3").await.shows("Select all 105 that match");
    let csrf = browser.csrf().await;
    let mut fields = vec![("csrf", csrf.as_str()), ("query", "view=all&q=dog"), ("all", "1")];
    fields.extend([("act", "label"), ("label", "Spring")]);
    let page = browser.post("/bulk", &fields).await;
    page.shows("Put “Spring” on 105 orders?").shows("Type <b>105</b>");
    let orders = page.hidden("orders");
    let label = [("act", "label"), ("label", "Spring"), ("typed", "105")];
    let done = browser.marks("/bulk/do", &label, &orders).await;
    done.shows("Labelled “Spring”: 105 orders");
    assert_eq!(browser.numbers("view=all&label=spring&page=3").await.len(), 5);
    browser.undo(&done).await.shows("No longer “Spring”: 105 orders");
}

#[tokio::test]
async fn a_quick_look_is_a_part_of_the_list_and_a_page() {
    let (browser, orders) = shop().await;
    let path = browser.order_path(orders[0]).await;
    let number = number(&browser, orders[0]).await;
    let part = browser.get(&format!("{path}/look?part=1")).await;
    part.shows(&number).shows("Rex").shows("goes out in").shows("Send now").lacks("<html");
    part.shows("/pictures/");
    let whole = browser.get(&format!("{path}/look")).await;
    whole.shows("<html").shows(&number).shows("Rex");
    browser
        .get(&format!("{}/look?part=1", browser.order_path(orders[2]).await))
        .await
        .shows("Paused");
    assert_eq!(browser.get("/orders/999/look?part=1").await.status, 404);
    browser.get("/?view=all").await.shows(&format!("href=\"{path}/look\""));
}

async fn goes_at(browser: &Browser, order: ShopOrderId) -> String {
    let order = browser.day.order(order).await;
    let at = order.fulfilments.iter().find_map(|one| one.submit_at());
    at.expect("it counts down").to_string()
}

#[tokio::test]
async fn what_has_not_left_is_taken_back() {
    let (browser, orders) = shop().await;
    let before = goes_at(&browser, orders[0]).await;
    let id = browser.ids(&orders[..1]).await;
    for later in ["hour-later", "day-later"] {
        let done = browser.bulk("/bulk/do", later, &id).await;
        assert_ne!(goes_at(&browser, orders[0]).await, before);
        browser.undo(&done).await.shows("earlier again: 1 order");
        assert_eq!(goes_at(&browser, orders[0]).await, before, "{later}");
    }
    // One order that is held by a key is told on the list, with its undo.
    let held = browser.marks("/bulk/do", &[("act", "pause"), ("from", "list")], &id).await;
    assert_eq!(held.header("location"), "/?view=all");
    assert_eq!(browser.day.problems(orders[0]).await, [What::Paused]);
    let list = browser.get("/?view=all").await;
    list.shows("Paused 1 order").shows(">Undo</button>");
    browser.undo(&list).await;
    assert!(browser.day.problems(orders[0]).await.is_empty());
    browser.get("/?view=all").await.shows("Resumed 1 order");
}

#[tokio::test]
async fn letters_are_turned_off_for_one_person() {
    let (browser, _) = shop().await;
    browser.get("/").await.shows("data-keys=\"on\"").shows("Quick look").shows("<kbd>G</kbd>");
    let csrf = browser.csrf().await;
    browser.post("/account/keys", &[("csrf", csrf.as_str()), ("keys", "0")]).await;
    let page = browser.get("/?view=all").await;
    page.lacks("data-keys=\"on\"")
        .lacks("<kbd>G</kbd>")
        .lacks("<kbd>H</kbd>")
        .shows("<kbd>Ctrl</kbd>");
    let bob: Result<_, FlowError> =
        browser.day.ctx.read(|tx| Ok(db::preference::of_person(tx, "bob")?)).await;
    assert!(bob.unwrap().has_keys);
    browser.post("/account/keys", &[("csrf", csrf.as_str()), ("keys", "1")]).await;
    browser.get("/").await.shows("data-keys=\"on\"");
}

/// Marks of a whole page are read at once, whatever the page holds.
#[tokio::test]
async fn marks_of_many_orders_are_read_together() {
    let (browser, orders) = shop().await;
    let id = browser.day.id(orders[3]).await;
    let label = Mark::Label(Label::named("Rush").unwrap());
    mark::put(&browser.day.ctx, id, label, &ann()).await.unwrap();
    let many: Vec<OrderId> = (1..=120).map(OrderId).collect();
    let found: Result<_, FlowError> =
        browser.day.ctx.read(move |tx| Ok(db::mark::of_orders(tx, &many)?)).await;
    let found = found.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&id]);
}

#[tokio::test]
async fn many_approvals_are_noted_and_taken_back_until_something_has_left() {
    let (browser, orders) = shop().await;
    let waiting = browser.day.shop.customer_buys(cart(vec![named("PROOFED", "Kira")]));
    browser.day.run_for(5 * MINUTE).await;
    let (id, item) = (browser.day.id(waiting).await, browser.day.item(waiting, 0).await);
    let by_ann = || woodblock::model::hold::Actor::Person("ann".to_owned());
    let seal = browser.day.order(waiting).await.items[0].facts.seal(1);
    let passed =
        woodblock::flow::review::pass(&browser.day.ctx, id, (item, seal.clone()), by_ann()).await;
    passed.unwrap();
    let both = browser.ids(&[waiting, orders[0]]).await;
    let asked = browser.marks("/bulk", &[("act", "approve")], &both).await;
    asked.shows("Approve 1 order?").shows("nothing of it waits for approval");
    // Without what the person was shown, or with something else, there is no yes.
    for shown in ["", "1:000000000000"] {
        let fields = [("act", "approve"), ("seen", shown)];
        let none = browser.marks("/bulk/do", &fields, &both).await;
        none.shows("Nothing was changed.").shows("look at it once more");
    }
    let shown = asked.hidden("seen");
    let fields = [("act", "approve"), ("seen", shown.as_str())];
    let done = browser.marks("/bulk/do", &fields, &both).await;
    done.shows("Approved 1 order").shows("Take the yes back");
    let state = async || browser.day.order(waiting).await.items[0].state;
    assert_eq!(state().await, woodblock::model::item::State::Ready);
    browser.undo(&done).await.shows("The yes is taken back from 1 order").shows("does not go out");
    assert_eq!(state().await, woodblock::model::item::State::AwaitingApproval);
    browser.day.run_for(3 * HOUR).await;
    let order = browser.day.order(waiting).await;
    assert_eq!(order.submitted(), woodblock::model::order::Submitted::Never, "without a yes");
    assert_eq!(order.items[0].facts.approved, []);
    let story = browser.day.story(waiting).await.join("\n");
    assert!(story.contains("yes taken back"), "{story}");
    // A second press finds nothing; a yes to what has left stays.
    let was = done.hidden("was");
    let back = [("act", "unapprove"), ("was", was.as_str())];
    browser.marks("/bulk/do", &back, "").await.shows("the yes was taken back already");
    browser.marks("/bulk/do", &fields, &both).await.shows("Approved 1 order");
    browser.day.run_for(3 * HOUR).await;
    let late = browser.marks("/bulk/do", &back, "").await;
    late.shows("no order").shows("it was sent already: the yes stays");
    assert_eq!(browser.day.order(waiting).await.items[0].facts.approved, [seal]);
}

/// The same on the page of an order, where a yes was noted for the wrong one.
#[tokio::test]
async fn a_yes_is_taken_back_on_the_page_of_its_order() {
    let day = Day::new().await;
    let waiting = day.shop.customer_buys(cart(vec![named("PROOFED", "Kira")]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let (home, item) = (browser.order_path(waiting).await, browser.day.item(waiting, 0).await);
    let press = async |act: &str| {
        let seal = browser.day.order(waiting).await.items[0].facts.seal(1).to_string();
        let path = format!("{home}/items/{item}/{act}");
        browser.press(&home, &path, &[("seal", &seal)]).await;
    };
    press("unapprove").await;
    browser.get(&home).await.shows("There is no yes to take back.");
    press("pass").await;
    press("approve").await;
    browser.get(&home).await.shows("Take the yes back").shows("goes out in");
    press("unapprove").await;
    let page = browser.get(&home).await;
    page.shows("The yes is taken back").shows("the yes was taken back").lacks("goes out in");
    page.shows("Approved by the customer");
}

#[tokio::test]
async fn nobody_is_called_what_means_something_else_in_an_address() {
    for (name, is_fine) in [("mine", false), ("none", false), ("miner", true), ("ann", true)] {
        assert_eq!(woodblock::flow::staff::fault_of_name(name).is_none(), is_fine, "{name}");
    }
}
