//! The twenty stories that the core must carry, told on the simulated world.

mod common;

use common::*;
use woodblock::flow::amend;
use woodblock::model::hold::Actor;
use woodblock::model::value::Value;

/// 1. Complete order, one provider: no hand touches it.
#[tokio::test]
async fn story_01_a_complete_order_runs_by_itself() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(30 * HOUR).await;
    println!("{}", day.story(order).await.join("\n"));
    println!("{}", day.world.trace().join("\n"));
    day.run_for(200 * HOUR).await;
    assert_eq!(day.states(order).await, ["customcat shipped"]);
    assert_eq!(day.printed(&day.customcat), ["1 × name=Rex"]);
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.shop.parcels(order).len(), 1);
    assert_eq!(day.alerts().await, []);
}

#[allow(unused_imports)]
use woodblock as _;
#[allow(dead_code)]
fn unused(_: Actor, _: Value, _: amend::Amended) {}
