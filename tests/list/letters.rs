//! Words to the customers of many orders: each looked at, filled, and given to the shop once.

use super::*;
use woodblock::db;
use woodblock::flow::{FlowError, erase};
use woodblock::model::right::{Right, Rights};
use woodblock::outside::shop::NoteTo;
use woodblock::sandbox::{Call, Fault};

const WORDS: &str = "Hello {first name}, order {order number}\nleaves on <Monday>.";

impl Browser {
    async fn letter(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str()), ("query", "view=all")];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    fn mailed(&self, order: ShopOrderId) -> Vec<String> {
        let notes = self.day.shop.notes(order).into_iter();
        notes.filter(|(to, _)| *to == NoteTo::Customer).map(|(_, text)| text).collect()
    }

    async fn words_for(&self, order: ShopOrderId) -> String {
        let order = self.day.order(order).await;
        let first_name = &order.recipient.first_name;
        format!("Hello {first_name}, order {}\nleaves on <Monday>.", order.number)
    }
}

#[tokio::test]
async fn many_customers_are_written_to_after_a_look_and_each_once() {
    let (browser, orders) = shop().await;
    let gone = browser.day.id(orders[3]).await;
    browser.day.ctx.cancel_order(gone, &ann()).await.unwrap();
    browser.day.run_for(HOUR).await;
    erase::erase(&browser.day.ctx, gone, &ann()).await.unwrap();
    let mut ids = Vec::new();
    for order in orders {
        ids.push(browser.day.id(order).await.to_string());
    }
    browser.get("/?view=all").await.shows("Write to the customers");
    let ticked: Vec<_> = ids.iter().map(|id| ("order", id.as_str())).collect();
    let asked = browser.letter("/bulk/letter", &ticked).await;
    asked.shows("Write to the customers of 4 orders").shows("{first name}").shows("it was erased");
    asked.lacks("<blockquote>").lacks("Send to the customers");

    let (orders_field, text) = (asked.hidden("orders"), ("text", WORDS));
    let look = [("orders", orders_field.as_str()), text, ("act", "look")];
    let looked = browser.letter("/bulk/letter", &look).await;
    let first = browser.day.order(orders[0]).await;
    looked.shows(&format!("Hello {}, order {}<br>", first.recipient.first_name, first.number));
    looked.shows("leaves on &#60;Monday&#62;.").shows("Send to the customers of 3 orders");
    browser.day.run_for(MINUTE).await;
    assert!(browser.mailed(orders[0]).is_empty(), "it was only looked at");

    let (left, mark) = (looked.hidden("orders"), looked.hidden("looked"));
    // Words that nobody looked at are not sent, and neither are none.
    let other = [("orders", left.as_str()), ("looked", mark.as_str()), ("text", "Hello {x}")];
    let refused = browser.letter("/bulk/letter/do", &other).await;
    refused.shows("Nothing was sent: the words were changed.").shows("nothing fills “{x}”");
    let none = [("orders", left.as_str()), ("looked", mark.as_str()), ("text", " ")];
    browser.letter("/bulk/letter/do", &none).await.shows("Write something first.");

    browser.day.world.fault_on(Call::ShopNote, Fault::ShopFailsAfterCommit);
    // The same order twice in one press is one order.
    let twice = format!("{left},{left}");
    let send = [("orders", twice.as_str()), ("looked", mark.as_str()), text];
    let sent = browser.letter("/bulk/letter/do", &send).await;
    sent.shows("Written to the customers of 3 orders").lacks("Left out");
    browser.day.run_for(2 * HOUR).await;
    for order in &orders[..3] {
        assert_eq!(browser.mailed(*order), [browser.words_for(*order).await]);
        let page = browser.get(&browser.order_path(*order).await).await;
        page.shows("ann to the customer").shows("The shop mailed the note to the customer");
    }
    let again = browser.letter("/bulk/letter/do", &send).await;
    again.shows("Written to the customers of no order").shows("was told the very same already");
    browser.letter("/bulk/letter", &look).await.shows("was told the very same already");
    browser.day.run_for(2 * HOUR).await;
    assert_eq!(browser.mailed(orders[0]).len(), 1);
}

#[tokio::test]
async fn whoever_may_not_change_orders_writes_to_nobody() {
    let (browser, orders) = shop().await;
    let id = browser.day.id(orders[0]).await.to_string();
    let look = [("order", id.as_str()), ("text", "Hi"), ("act", "look")];
    let mark = browser.letter("/bulk/letter", &look).await.hidden("looked");
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
    let fields = [("csrf", &*csrf), ("orders", &*id), ("looked", &*mark), ("text", "Hi")];
    for path in ["/bulk/letter", "/bulk/letter/do"] {
        assert_eq!(browser.post(path, &fields).await.status, 403, "{path}");
    }
    browser.day.run_for(HOUR).await;
    assert!(browser.mailed(orders[0]).is_empty());
    browser.get("/?view=all").await.lacks("Write to the customers");
}

#[tokio::test]
async fn very_many_are_written_to_by_whoever_types_their_number() {
    let day = Day::new().await;
    for nth in 0..101 {
        day.shop.customer_buys(cart(vec![named("MUG", &format!("Dog {nth}"))]));
    }
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let fields = [("all", "1"), ("text", "Thank you."), ("act", "look")];
    let looked = browser.letter("/bulk/letter", &fields).await;
    looked.shows("Type <b>101</b>");
    let (orders, mark) = (looked.hidden("orders"), looked.hidden("looked"));
    let mut fields = vec![("orders", &*orders), ("looked", &*mark), ("text", "Thank you.")];
    let refused = browser.letter("/bulk/letter/do", &fields).await;
    refused.shows("Nothing was sent: type 101 to confirm.");
    fields.push(("typed", "101"));
    let sent = browser.letter("/bulk/letter/do", &fields).await;
    sent.shows("Written to the customers of 101 orders");
}
