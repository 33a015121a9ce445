//! What a print is looked at for, as strictly as its product wants it.

use crate::common::{Day, HOUR, MINUTE, ann, cart, named};
use crate::web::Browser;
use woodblock::db;
use woodblock::flow::FlowError;
use woodblock::model::check::Checks;
use woodblock::model::id::ShopOrderId;
use woodblock::model::problem::{Problem, What};
use woodblock::model::product::{Made, Matches};

impl Day {
    /// Makes the checks of a product this strict.
    async fn is_strict(&self, sku: &str, checks: &str) {
        let (shop, sku) = (self.shop_id, sku.to_owned());
        let checks = Checks::parse(checks).unwrap();
        let done: Result<(), FlowError> = self
            .ctx
            .call(move |tx| {
                let map = db::product::of_shop(tx, shop)?;
                let row = map.into_iter().find(|row| row.matches == Matches::Sku(sku.clone()));
                let Some(Made::Here(mut recipe)) = row.map(|row| row.made) else { panic!("{sku}") };
                recipe.checks = checks.clone();
                let matches = Matches::Sku(sku.clone());
                db::product::put(tx, shop, &matches, &Made::Here(recipe))?;
                Ok(())
            })
            .await;
        done.unwrap();
    }

    fn finds(&self, found: &[What]) {
        let found =
            found.iter().map(|what| Problem::new(*what, "name", "62 % of its size on sign"));
        self.world.set_found_in_prints(found.collect());
    }

    async fn buys(&self) -> ShopOrderId {
        let order = self.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
        self.run_for(10 * MINUTE).await;
        order
    }
}

#[tokio::test]
async fn what_a_check_finds_is_told_beside_the_print_and_nothing_waits() {
    let browser = Browser::inside(Day::new().await).await;
    browser.day.finds(&[What::TextShrunk, What::NearEdge]);
    let order = browser.day.buys().await;
    assert_eq!(browser.day.problems(order).await, []);
    assert_eq!(browser.day.states(order).await, ["customcat countdown"]);
    let page = browser.get(&browser.order_path(order).await).await;
    page.shows("Name: a text was made smaller to fit its place (62 % of its size on sign)");
    page.shows("“Name” 62 % of its size on sign");
}

#[tokio::test]
async fn a_blocking_check_holds_the_drawn_item_until_somebody_lets_it_go_on() {
    let day = Day::new().await;
    day.is_strict("MUG", "text_shrunk=block; near_edge=off").await;
    day.finds(&[What::TextShrunk, What::NearEdge]);
    let order = day.buys().await;
    day.run_for(5 * HOUR).await;
    assert_eq!(day.problems(order).await, [What::TextShrunk]);
    assert_eq!(day.customcat.ledger().len(), 0, "a held item was sent");
    let held = day.order(order).await;
    assert_eq!(held.items[0].facts.print_files.len(), 1, "nobody can look at it");
    day.ctx.release(held.id, held.holds[0].id, &ann()).await.unwrap();
    day.run_for(5 * HOUR).await;
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.customcat.ledger().len(), 1);
}

#[tokio::test]
async fn a_small_photo_holds_unless_the_product_says_otherwise() {
    for (checks, expected) in [
        ("", &[What::PhotoTooSmall][..]),
        ("photo_too_small=warn", &[]),
        ("photo_too_small=off", &[]),
    ] {
        let day = Day::new().await;
        day.is_strict("MUG", checks).await;
        day.finds(&[What::PhotoTooSmall]);
        let order = day.buys().await;
        assert_eq!(day.problems(order).await, expected, "{checks}");
    }
}

/// Mended, it goes on; what is drawn anew is looked at anew.
#[tokio::test]
async fn an_edit_lifts_what_a_check_held_and_is_looked_at_again() {
    use std::collections::BTreeMap;
    use woodblock::flow::amend;
    use woodblock::model::hold::Actor;
    use woodblock::model::value::Value;

    let day = Day::new().await;
    day.is_strict("MUG", "text_shrunk=block").await;
    day.finds(&[What::TextShrunk]);
    let order = day.buys().await;
    let (id, item) = (day.id(order).await, day.order(order).await.items[0].id);
    let edit = async |name: &str| {
        let values = BTreeMap::from([("name".to_owned(), Value::Text(name.to_owned()))]);
        let by = Actor::Person("ann".to_owned());
        amend::amend(&day.ctx, id, item, values, by).await.unwrap();
        day.run_for(10 * MINUTE).await;
    };
    edit("Maximilian").await;
    assert_eq!(day.problems(order).await, [What::TextShrunk]);
    day.finds(&[]);
    edit("Max").await;
    assert_eq!(day.problems(order).await, []);
    assert_eq!(day.states(order).await, ["customcat countdown"]);
}
