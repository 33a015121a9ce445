//! Past orders of the shop, drawn as a rehearsal: read, never taken in, and told in words.

use crate::common::*;
use crate::web::Browser;
use woodblock::db;
use woodblock::flow::operate::Staff;
use woodblock::flow::rehearsal::{self, Past};
use woodblock::sandbox::{Call, Fault};

async fn past(day: &Day, number: &str) -> Result<Past, String> {
    let staff = Staff("ann".to_owned());
    let sample = rehearsal::choices()[0].0;
    let drawn = rehearsal::draw_past(&day.ctx, day.shop_id, number, sample, &staff).await;
    drawn.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_past_order_is_drawn_and_not_taken_in() {
    let day = Day::new().await;
    let lines = vec![named("MUG", "Rex"), named("NOBODY-KNOWS", "Ada")];
    let order = day.shop.customer_buys(cart(lines));
    let notes = day.shop.notes(order).len();
    let number = day.shop.peek(order).unwrap().number;
    let drawn = past(&day, &format!("#{number}")).await.unwrap();
    assert_eq!(drawn.words.len(), 2, "{:?}", drawn.words);
    assert!(drawn.words[0].ends_with(": drawn."), "{:?}", drawn.words);
    assert!(drawn.words[1].contains("with a sample design"), "{:?}", drawn.words);
    let kept = day.ctx.read(|tx| Ok(db::rehearsal::all(tx)?)).await.unwrap();
    assert_eq!(kept.len(), drawn.files);
    let words: Vec<&str> = kept.iter().map(|one| one.words.as_str()).collect();
    assert!(words.contains(&"Rex") && words.contains(&"Ada"), "{words:?}");
    // Nothing of it is here as an order, and the shop was only read.
    let shop = day.shop_id;
    let known = day.ctx.read(move |tx| Ok(db::order::find(tx, shop, order)?)).await.unwrap();
    assert_eq!(known, None);
    assert_eq!(day.shop.notes(order).len(), notes);
    assert_eq!(day.world.ledger().len(), 0);
}

#[tokio::test]
async fn what_would_wait_and_what_cannot_be_read_are_told() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "")]));
    let number = day.shop.peek(order).unwrap().number;
    let waits = past(&day, &number).await.unwrap();
    assert_eq!(waits.files, 0);
    assert!(waits.words[0].contains("would wait for a person. Not given:"), "{:?}", waits.words);
    let none = past(&day, "987654").await.unwrap_err();
    assert!(none.contains("has no order 987654"), "{none}");
    assert!(past(&day, " ").await.unwrap_err().contains("type the number"));
    day.world.fault_on(Call::ShopOrder, Fault::ShopUnclear);
    assert!(past(&day, &number).await.unwrap_err().contains("could not be asked"));
}

#[tokio::test]
async fn the_page_of_the_first_run_draws_a_past_order() {
    let browser = Browser::inside(Day::new().await).await;
    let order = browser.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let number = browser.day.shop.peek(order).unwrap().number;
    let page = "/start/rehearsal";
    browser.get(page).await.shows("Or a past order of the shop");
    let sample = rehearsal::choices()[0].0;
    let fields = [("act", "past"), ("number", number.as_str()), ("sample", sample)];
    browser.press(page, page, &fields).await;
    let told = browser.get(page).await;
    told.shows(&format!("Order {number}, as it would be drawn now."));
    told.shows("<h2>Print files</h2>");
}
