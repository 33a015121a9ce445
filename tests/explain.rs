//! `order explain`: where values came from, what the map said, what decides the next step.

use crate::common::{Day, HOUR, MINUTE, ann, cart, line, named};
use woodblock::cli::admin::{self, Call};
use woodblock::flow::{Ctx, elsewhere};
use woodblock::model::id::{ItemId, ShopOrderId};
use woodblock::model::value::Value;
use woodblock::outside::clock::Clock as _;
use woodblock::outside::shop::Shop as _;

async fn explain(ctx: &Ctx, number: &str) -> String {
    let call = Call::OrderExplain { number: number.to_owned(), json: false };
    admin::perform(ctx, call).await.unwrap()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "“{words}” is not in\n{text}");
    }
}

#[tokio::test]
async fn where_a_value_came_from_and_what_was_not_taken() {
    let day = Day::new().await;
    let bought = line("MUG").with("Name", "Rex").with("name:", "Rex").with("Gift note", "For Ann");
    let order = day.shop.customer_buys(cart(vec![bought]));
    day.run_for(30 * MINUTE).await;
    let number = day.order(order).await.number;
    says(
        &explain(&day.ctx, &number).await,
        &[
            "is open; it came from shop",
            "the row sku MUG says design sign, customcat 47417",
            "name = “Rex”: the visible row “Name”",
            "not taken: the visible row “name:” with “Rex”: it says the same",
            "belongs to no field: the visible row “Gift note” with “For Ann”",
            "delay 7200 s, the shop's; the longest, of",
            "waits for the clock: at 2026-03-03T10:",
            "the provider was sent nothing",
            "submit ",
        ],
    );
    let item: ItemId = day.item(order, 0).await;
    let id = day.id(order).await;
    let values =
        std::collections::BTreeMap::from([("name".to_owned(), Value::Text("Bella".to_owned()))]);
    let by = woodblock::model::hold::Actor::Person("ann".to_owned());
    woodblock::flow::amend::amend(&day.ctx, id, item, values, by).await.unwrap();
    day.ctx
        .pause(id, woodblock::model::hold::Target::Order, "asks for another colour", &ann())
        .await
        .unwrap();
    says(
        &explain(&day.ctx, &number).await,
        &[
            "name = “Bella”: changed here; the customer gave the visible row “Name” with “Rex”",
            "revision 2 by ann",
            "Press Resume when it may go on.",
            "1 hold(s): nothing is sent until they are lifted",
        ],
    );
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_both_shown() {
    let day = Day::new().await;
    let bought = line("MUG").with("Name", "Rex").with("name:", "Max");
    let order = day.shop.customer_buys(cart(vec![bought]));
    day.run_for(30 * MINUTE).await;
    let number = day.order(order).await.number;
    says(
        &explain(&day.ctx, &number).await,
        &[
            "name = “”: what was given could not be taken",
            "not taken: the visible row “Name” with “Rex”: two rows of one place contradict",
            "not taken: the visible row “name:” with “Max”: two rows of one place contradict",
            "Choose the right one under Edit design.",
            "fulfilment by customcat is gathering",
        ],
    );
}

#[tokio::test]
async fn which_way_a_country_goes_and_what_the_provider_was_sent() {
    let day = Day::new().await;
    day.route("MUG", "DE+AT=shineon:SO-9; US=customcat:47418").await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(4 * HOUR).await;
    let number = day.order(order).await.number;
    let text = explain(&day.ctx, &number).await;
    let country = day.order(order).await.recipient.country;
    says(
        &text,
        &[
            format!("for {country} by the routes DE+AT=shineon:SO-9; US=customcat:47418").as_str(),
            "sent as wb-main-",
            "edition 1, attempt 1",
            "content ",
            "waits for the provider: until every piece has shipped",
            "the provider's number: ",
        ],
    );
    let call = Call::OrderExplain { number, json: true };
    let json: serde_json::Value =
        serde_json::from_str(&admin::perform(&day.ctx, call).await.unwrap()).unwrap();
    let fulfilment = &json["fulfilments"][0];
    assert_eq!(fulfilment["state"], "in_production");
    assert_eq!(fulfilment["payload_hash"].as_str().unwrap().len(), 64);
    assert_eq!(json["items"][0]["values"][0]["value"], "Rex");
}

#[tokio::test]
async fn an_order_from_elsewhere_is_explained_as_well() {
    let day = Day::new().await;
    let template = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(30 * MINUTE).await;
    let mut told = day.shop.order(ShopOrderId(template.0)).await.unwrap();
    told.number = "ETSY-7".to_owned();
    told.placed_at = day.clock.now();
    elsewhere::enter(&day.ctx, day.shop_id, "etsy", told).await.unwrap();
    day.run_for(30 * MINUTE).await;
    says(
        &explain(&day.ctx, "ETSY-7").await,
        &["it came from etsy", "name = “Rex”", "a person who presses Submit"],
    );
    let call = Call::OrderExplain { number: "none".to_owned(), json: false };
    assert!(admin::perform(&day.ctx, call).await.unwrap_err().contains("order none"));
}
