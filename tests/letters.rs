//! Words to the customer: looked at first, given to the shop once, and in the history as what they are.

use axum::http::StatusCode;

use crate::common::{HOUR, MINUTE, ann};
use crate::web::counting_down;
use woodblock::flow::{FlowError, erase};
use woodblock::outside::shop::NoteTo;
use woodblock::sandbox::{Call, Fault};

const WORDS: &str = "We print <Rex> today & send it tomorrow.";

/// What the customer was mailed by the shop.
fn mailed(browser: &crate::web::Browser, order: woodblock::model::id::ShopOrderId) -> Vec<String> {
    let notes = browser.day.shop.notes(order).into_iter();
    notes.filter(|(to, _)| *to == NoteTo::Customer).map(|(_, text)| text).collect()
}

#[tokio::test]
async fn a_note_is_looked_at_and_mailed_once_whatever_the_shop_answers() {
    let (browser, order) = counting_down().await;
    let home = browser.order_path(order).await;
    let letter = format!("{home}/letter");
    browser.get(&home).await.shows("Write to the customer");
    let look = browser.press(&home, &letter, &[("text", WORDS), ("act", "look")]).await;
    look.shows("Send this to the customer?").shows("It cannot be taken back.");
    look.shows("<blockquote>We print &#60;Rex&#62; today & send it tomorrow.</blockquote>");
    browser.day.run_for(MINUTE).await;
    assert_eq!(mailed(&browser, order), [""; 0], "it was only looked at");

    browser.day.world.fault_on(Call::ShopNote, Fault::ShopFailsAfterCommit);
    let sent = browser.press(&home, &letter, &[("text", WORDS), ("act", "send")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    browser.get(&home).await.shows("mails it to the customer").shows("ann to the customer");
    browser.day.run_for(HOUR).await;
    assert_eq!(mailed(&browser, order), [WORDS], "its answer was lost, and it is there once");
    assert_eq!(browser.day.world.asked(Call::ShopNote), 2);
    browser.get(&home).await.shows("The shop mailed the note to the customer");

    browser.press(&home, &letter, &[("text", WORDS), ("act", "send")]).await;
    browser.get(&home).await.shows("was told the very same already");
    browser.press(&home, &letter, &[("text", "  "), ("act", "look")]).await;
    browser.get(&home).await.shows("Write something first.");
    browser.day.run_for(HOUR).await;
    assert_eq!(mailed(&browser, order), [WORDS]);
}

/// A shop that does not answer costs time, not words; and what is erased is nowhere kept.
#[tokio::test]
async fn a_note_waits_for_the_shop_and_goes_with_its_order() {
    let (browser, order) = counting_down().await;
    let id = browser.day.id(order).await;
    let home = browser.order_path(order).await;
    for _ in 0..3 {
        browser.day.world.fault_on(Call::ShopNote, Fault::ShopUnclear);
    }
    let fields = [("text", WORDS), ("act", "send")];
    browser.press(&home, &format!("{home}/letter"), &fields).await;
    browser.day.run_for(MINUTE / 60).await;
    assert_eq!(mailed(&browser, order), [""; 0]);
    browser.day.run_for(2 * HOUR).await;
    assert_eq!(mailed(&browser, order), [WORDS]);
    browser.day.run_for(200 * HOUR).await;
    erase::erase(&browser.day.ctx, id, &ann()).await.unwrap();
    let left: Result<_, FlowError> =
        browser.day.ctx.read(move |tx| Ok(woodblock::db::customer_note::get(tx, 1)?)).await;
    assert_eq!(left.unwrap(), None);
    let story = browser.day.story(order).await.join("\n");
    assert!(!story.contains("Rex"), "{story}");
}
