//! The page of labels: renamed, put together and deleted for every order, with history.

use super::*;
use woodblock::db;
use woodblock::flow::{FlowError, erase, mark};
use woodblock::model::mark::{Label, Mark};
use woodblock::model::right::{Right, Rights};

impl Browser {
    async fn label(&self, order: ShopOrderId, name: &str) {
        let label = Mark::Label(Label::named(name).unwrap());
        let id = self.day.id(order).await;
        mark::put(&self.day.ctx, id, label, &ann()).await.unwrap();
    }

    async fn press_label(&self, act: &str, fields: &[(&str, &str)]) -> Page {
        self.press("/labels", &format!("/labels/{act}"), fields).await
    }
}

#[tokio::test]
async fn a_label_is_renamed_for_every_order_and_kept_views_follow() {
    let (browser, orders) = shop().await;
    browser.get("/labels").await.shows("No labels yet");
    for order in &orders[..2] {
        browser.label(*order, "Rush").await;
    }
    let csrf = browser.csrf().await;
    for (name, query) in [("Hurried", "view=all&label=rush"), ("Other", "view=all&q=rush")] {
        browser.post("/views", &[("csrf", &csrf), ("name", name), ("query", query)]).await;
    }
    browser.get("/labels").await.shows("2 orders").shows("1 kept view");
    let fields = [("key", "rush"), ("name", " To-day "), ("tone", "4")];
    browser.press_label("change", &fields).await;
    let page = browser.get("/labels").await;
    page.shows("Saved: “To-day”, on 2 orders; 1 kept view named it.").shows("label-4");
    page.shows("“Rush” is called “To-day”").shows("violet instead of ochre").shows("ann");
    assert_eq!(browser.numbers("view=all&label=to-day").await.len(), 2);
    assert!(browser.numbers("view=all&label=rush").await.is_empty());
    let list = browser.get("/?view=all").await;
    list.shows("label=to-day").shows("q=rush").lacks("label=rush\"");
    let order = browser.get(&browser.order_path(orders[0]).await).await;
    order.shows("called otherwise now").shows("“Rush” → “To-day”");
    browser.get("/settings/history").await.shows("label To-day").shows("Rush");

    // The same again, nothing, and one that is gone.
    browser.press_label("change", &[("key", "to-day"), ("name", "To-day"), ("tone", "4")]).await;
    browser.get("/labels").await.shows("Nothing of it was changed.");
    browser.press_label("change", &[("key", "to-day"), ("name", " , ")]).await;
    browser.get("/labels").await.shows("Type what the label is to be called.");
    browser.press_label("change", &[("key", "rush"), ("name", "Gift")]).await;
    browser.get("/labels").await.shows("This label is gone: somebody changed it");
}

#[tokio::test]
async fn two_labels_become_one_after_a_question_and_one_is_deleted_after_another() {
    let (browser, orders) = shop().await;
    browser.label(orders[0], "Rush").await;
    browser.label(orders[0], "Hurry").await;
    browser.label(orders[1], "Hurry").await;
    let fields = [("key", "hurry"), ("name", "RUSH")];
    let asked = browser.press_label("change", &fields).await;
    asked.shows("Put both together?").shows("The 2 orders");
    assert_eq!(browser.numbers("view=all&label=hurry").await.len(), 2, "it was only asked");
    let fields = [("key", "hurry"), ("name", "Rush"), ("merge", "yes")];
    browser.press_label("change", &fields).await;
    assert_eq!(browser.numbers("view=all&label=rush").await.len(), 2);
    browser.get("/labels").await.shows("“Hurry” became one with “Rush”").shows("2 orders");

    browser.press_label("delete", &[("key", "rush")]).await;
    let page = browser.get("/labels").await;
    page.shows("Deleted: “Rush”, on 2 orders.").shows("“Rush” was deleted").shows("No labels yet");
    assert!(browser.numbers("view=all&label=rush").await.is_empty());
    let order = browser.get(&browser.order_path(orders[1]).await).await;
    order.shows("lost a label that was deleted");
}

#[tokio::test]
async fn labels_of_very_many_orders_are_deleted_by_whoever_types_their_number() {
    let day = Day::new().await;
    for nth in 0..100 {
        day.shop.customer_buys(cart(vec![named("MUG", &format!("Dog {nth}"))]));
    }
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let csrf = browser.csrf().await;
    let all = [("csrf", &*csrf), ("query", "view=all"), ("all", "1"), ("act", "label")];
    let asked = browser.post("/bulk", &[&all[..], &[("label", "Spring")]].concat()).await;
    let orders = asked.hidden("orders");
    let fields = [("orders", &*orders), ("act", "label"), ("label", "Spring"), ("typed", "100")];
    browser.post("/bulk/do", &[&[("csrf", &*csrf)], &fields[..]].concat()).await;
    browser.press_label("delete", &[("key", "spring"), ("typed", "10")]).await;
    browser.get("/labels").await.shows("type 100 to confirm").shows("Type <b>100</b>");
    browser.press_label("delete", &[("key", "spring"), ("typed", "100")]).await;
    browser.get("/labels").await.shows("on 100 orders").shows("No labels yet");
}

#[tokio::test]
async fn whoever_may_not_change_orders_changes_no_label_and_erasing_forgets_names() {
    let (browser, orders) = shop().await;
    browser.label(orders[3], "Miller").await;
    browser.press_label("change", &[("key", "miller"), ("name", "Rex Miller")]).await;
    let gone = browser.day.id(orders[3]).await;
    browser.day.ctx.cancel_order(gone, &ann()).await.unwrap();
    browser.day.run_for(HOUR).await;
    browser.get("/labels").await.shows("“Miller” is called “Rex Miller”");
    erase::erase(&browser.day.ctx, gone, &ann()).await.unwrap();
    browser.get("/labels").await;
    browser.get("/labels").await.lacks("Miller");
    browser.get("/settings/history").await.lacks("Miller");

    browser.label(orders[0], "Rush").await;
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
    let fields = [("csrf", &*csrf), ("key", "rush"), ("name", "Gift")];
    for path in ["/labels/change", "/labels/delete"] {
        assert_eq!(browser.post(path, &fields).await.status, 403, "{path}");
    }
    browser.get("/labels").await.shows("Rush").lacks("name=\"tone\"");
}
