//! What a new version of a design changes, for its test set and for orders that wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::drawing::Drawing;
use crate::common::{Day, HOUR, MINUTE, cart, named};
use crate::web::Browser;
use woodblock::flow::design_update::{of_tests, of_waiting, take};
use woodblock::flow::{amend, design};
use woodblock::model::design::Design;
use woodblock::model::hold::Actor;
use woodblock::model::id::Hash;
use woodblock::model::test_set;
use woodblock::outside::design_folder::{SAMPLE_PHOTO, checked};
use woodblock::sandbox::CartLine;

/// The design of the mugs of these tests, with words of this size.
fn files(size: u32) -> BTreeMap<String, Vec<u8>> {
    let toml = "name = 'Sign'\n[area.front]\nfile = 'front.svg'\nwidth_in = 3\nheight_in = 1\ndpi = 100\n\
                [field.name]\nkind = 'text'\nlabel = 'Name'\nfrom = ['Name']\nmax = 20\ncase = 'upper'\n\
                [field.colour]\nkind = 'colour'\nlabel = 'Colour'\ndefault = 'Navy'\n\
                choices = { Navy = '#123456', Red = '#c33333' }\n";
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 100'>\
         <g id='colour'><text id='name' x='150' y='60' text-anchor='middle' font-size='{size}' \
         font-family='Open Sans'>x</text></g></svg>"
    );
    BTreeMap::from([
        ("design.toml".to_owned(), toml.as_bytes().to_vec()),
        ("front.svg".to_owned(), svg.into_bytes()),
    ])
}

fn of_size(size: u32) -> Arc<Design> {
    Arc::new(checked("sign", files(size)).unwrap())
}

async fn stage() -> Day {
    let mut day = Day::new().await;
    day.ctx.press = Arc::new(Drawing);
    design::add(&day.ctx, "sign", files(20), "ann").await.unwrap().unwrap();
    day
}

fn mug(name: &str) -> CartLine {
    named("MUG", name)
}

#[test]
fn a_test_set_goes_to_the_ends_of_what_fields_allow() {
    let design = of_size(20);
    let sets = test_set::of(&design, &Hash::of(SAMPLE_PHOTO));
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    let wanted = [
        "as in the example",
        "shortest texts",
        "longest texts",
        "widest texts",
        "odd letters",
        "Colour: Red",
    ];
    assert_eq!(names, wanted);
    let name = |nth: usize| sets[nth].values["name"].as_text().unwrap().to_owned();
    assert_eq!((name(1).as_str(), name(3).chars().count()), ("I", 20));
    assert!(name(2).starts_with("MAXIMILIAN") && name(4).contains('Ş'), "{sets:?}");
}

#[tokio::test]
async fn only_what_looks_different_is_told() {
    let day = stage().await;
    let (old, new) = (of_size(20), of_size(22));
    let same = of_tests(&day.ctx, "ann", &old, &of_size(20)).await.unwrap();
    assert!(same.iter().all(|(_, compared)| compared.is_same()));
    let told = of_tests(&day.ctx, "ann", &old, &new).await.unwrap();
    let example = &told[0].1.areas[0];
    let found = example.difference.as_ref().unwrap();
    assert!((1..200).contains(&found.permille), "{}", found.permille);
    assert!(example.old.is_some() && example.new.is_some());
}

#[tokio::test]
async fn waiting_orders_keep_their_version_until_somebody_takes_the_new_one() {
    let day = stage().await;
    let waits = day.shop.customer_buys(cart(vec![mug("Rex")]));
    day.run_for(5 * MINUTE).await;
    let gone = day.shop.customer_buys(cart(vec![mug("Bo")]));
    day.run_for(5 * HOUR).await;
    let late = day.shop.customer_buys(cart(vec![mug("Kim")]));
    day.run_for(5 * MINUTE).await;
    let (found, all) = of_waiting(&day.ctx, "ann", "sign", 10).await.unwrap();
    assert_eq!((found.len(), all), (0, 0), "the version in use is theirs");
    let new = design::add(&day.ctx, "sign", files(26), "ann").await.unwrap().unwrap();
    // What was sent is not waiting: it is as it was sent.
    let (found, all) = of_waiting(&day.ctx, "ann", "sign", 10).await.unwrap();
    let numbers: Vec<&str> = found.iter().map(|one| one.waiting.number.as_str()).collect();
    assert_eq!((numbers, all), (vec![day.order(late).await.number.as_str()], 1));
    assert!(!found[0].compared.is_same());
    for sent in [waits, gone] {
        assert_ne!(day.order(sent).await.items[0].design, new);
    }
    let actor = || Actor::Person("ann".to_owned());
    let done = take(&day.ctx, "sign", &found[0].waiting, actor()).await.unwrap();
    assert_eq!(done, amend::Amended::Done);
    let again = take(&day.ctx, "sign", &found[0].waiting, actor()).await.unwrap();
    assert_eq!(again, amend::Amended::Stale, "somebody else saw another revision");
    day.run_for(5 * HOUR).await;
    let item = day.order(late).await.items[0].clone();
    assert_eq!((item.design, item.facts.revision), (new, 2));
    assert_eq!(day.states(late).await, ["customcat in_production"]);
}

#[tokio::test]
async fn the_page_shows_both_and_draws_what_is_ticked() {
    let day = stage().await;
    let order = day.shop.customer_buys(cart(vec![mug("Rex")]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    browser.get("/designs/sign/update").await.shows("no open one that can still be changed");
    design::add(&browser.day.ctx, "sign", files(26), "ann").await.unwrap().unwrap();
    browser.get("/designs/sign").await.shows("/designs/sign/update");
    let page = browser.get("/designs/sign/update").await;
    let number = browser.day.order(order).await.number;
    page.shows(&format!("Order {number}")).shows("% looks different").shows("What differs");
    page.shows("longest texts").shows("Colour: Red");
    let item = browser.day.item(order, 0).await;
    let (csrf, once) = (page.hidden("csrf"), page.hidden("once"));
    let mark = format!("{item}@1");
    let fields = [("csrf", csrf.as_str()), ("once", once.as_str()), ("item", mark.as_str())];
    browser.post("/designs/sign/update", &fields).await;
    let page = browser.get("/designs/sign/update").await;
    page.shows("One item is drawn with the version in use.").shows("no open one that can still");
    browser.day.run_for(5 * MINUTE).await;
    assert_eq!(browser.day.order(order).await.items[0].facts.revision, 2);
}
