//! The editor of a design: what its script is told, the last look, and what two people save at once.

use axum::http::StatusCode;
use serde_json::Value as Json;

use crate::common::{Day, HOUR, MINUTE, cart};
use crate::web::{Browser, Page, counting_down};
use woodblock::model::id::ShopOrderId;
use woodblock::model::value::Value;

fn json(page: &Page) -> Json {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert_eq!(page.header("content-type"), "application/json");
    serde_json::from_slice(&page.bytes).unwrap()
}

async fn editing() -> (Browser, ShopOrderId, String) {
    let (browser, order) = counting_down().await;
    let path = browser.item_path(order).await;
    (browser, order, path)
}

/// Asks as the script does: with the mark of the page, and without the one that counts presses.
async fn drawn(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let csrf = browser.get(&format!("{path}/edit")).await.hidden("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(&format!("{path}/preview"), &all).await
}

async fn name_of(browser: &Browser, order: ShopOrderId) -> String {
    let item = browser.day.order(order).await.items[0].clone();
    item.values["name"].as_text().unwrap().to_owned()
}

#[tokio::test]
async fn typing_is_answered_with_pictures_and_what_is_wrong_beside_its_field() {
    let (browser, order, path) = editing().await;
    let answer = json(&drawn(&browser, &path, &[("seq", "7"), ("value.name", "Rexy")]).await);
    assert_eq!((&answer["seq"], &answer["changes"]), (&Json::from(7), &Json::from(1)));
    let href = answer["pictures"][0]["href"].as_str().unwrap();
    assert_eq!(browser.get(href).await.header("content-type"), "image/png");
    let row = &answer["beside"]["rows"][0];
    assert_eq!((&row["label"], &row["is_same"]), (&Json::from("Name"), &Json::from(false)));
    assert_eq!(row["parts"][0]["words"], "REX");
    assert_eq!(row["parts"][0]["side"], "given");
    assert_eq!(row["parts"][1]["side"], "design");

    let long = "A NAME THAT IS FAR TOO LONG FOR IT";
    let answer = json(&drawn(&browser, &path, &[("value.name", long)]).await);
    let said = answer["fields"]["name"]["problems"][0].as_str().unwrap();
    assert!(said.contains("34 characters, at most 20"), "{said}");
    assert_eq!(answer["is_printable"], false);

    // The sandbox calls the snowman unprintable: the character is named and marked.
    browser.day.world.set_unprintable(vec!['☃'..='☃']);
    let answer = json(&drawn(&browser, &path, &[("value.name", "Rex ☃")]).await);
    let field = &answer["fields"]["name"];
    assert!(field["problems"][0].as_str().unwrap().contains('☃'), "{field}");

    assert_eq!(name_of(&browser, order).await, "REX", "a preview saved something");
    let files = browser.day.order(order).await.items[0].facts.print_files.len();
    assert_eq!(files, 1, "a preview was drawn for print");
}

#[tokio::test]
async fn the_preview_is_for_people_of_this_page_alone() {
    let (mut browser, order, path) = editing().await;
    let preview = format!("{path}/preview");
    let foreign = browser.post(&preview, &[("csrf", "x"), ("value.name", "A")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    browser.cookie = String::new();
    let page = browser.post(&preview, &[("value.name", "A")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(browser.day.order(order).await.items[0].facts.revision == 1);
}

#[tokio::test]
async fn the_lease_is_renewed_and_says_when_it_is_too_late() {
    let (browser, order, path) = editing().await;
    let csrf = browser.get(&format!("{path}/edit")).await.hidden("csrf");
    let lease = format!("{path}/lease");
    let ask = async || json(&browser.post(&lease, &[("csrf", csrf.as_str())]).await);
    let first = ask().await;
    browser.day.run_for(20 * MINUTE).await;
    let second = ask().await;
    assert!(first["until_ms"].as_i64().unwrap() < second["until_ms"].as_i64().unwrap());
    assert_eq!((&second["revision"], &second["locked"]), (&Json::from(1), &Json::from("")));
    // Nobody renews it: the order goes, and the page is told.
    for _ in 0..12 {
        browser.day.run_for(2 * HOUR).await;
        browser.get("/alerts").await;
    }
    let late = ask().await;
    assert!(late["locked"].as_str().unwrap().contains("submitted"), "{late}");
    let page = browser.post(&format!("{path}/preview"), &[("csrf", csrf.as_str())]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert_eq!(browser.day.order(order).await.items[0].facts.revision, 1);
}

#[tokio::test]
async fn nothing_is_saved_before_a_last_look_at_these_very_values() {
    let (browser, order, path) = editing().await;
    let edit = format!("{path}/edit");
    // Straight to saving: the last look comes first.
    let fields = [("act", "save"), ("revision", "1"), ("value.name", "LUNA")];
    browser.press(&edit, &edit, &fields).await.shows("Is everything right?");
    assert_eq!(name_of(&browser, order).await, "REX");
    let fields = [("act", "check"), ("revision", "1"), ("value.name", "LUNA")];
    let look = browser.press(&edit, &edit, &fields).await;
    look.shows("<del>REX</del>").shows("<ins>LUNA</ins>").shows("Name: “LUNA” is not what");
    let seen = look.hidden("seen");
    // A yes to other values than those that were shown.
    let other = [("act", "save"), ("revision", "1"), ("seen", &*seen), ("value.name", "TOM")];
    let page = browser.press(&edit, &edit, &other).await;
    page.shows("These values were not looked at yet.").shows("<ins>TOM</ins>");
    assert_eq!(name_of(&browser, order).await, "REX");
    // Going back keeps the edit.
    let back = [("act", "back"), ("revision", "1"), ("value.name", "LUNA")];
    browser.press(&edit, &edit, &back).await.shows("value=\"LUNA\"").shows("Preview, not saved");
    let yes = [("act", "save"), ("revision", "1"), ("seen", &*seen), ("value.name", "LUNA")];
    let page = browser.press(&edit, &edit, &yes).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(name_of(&browser, order).await, "LUNA");
    browser.day.run_for(MINUTE).await;
    let item = browser.day.order(order).await.items[0].clone();
    assert_eq!(item.facts.files_of(2).count(), 1);
}

#[tokio::test]
async fn what_somebody_else_saved_is_shown_and_not_overwritten() {
    let (browser, order, path) = editing().await;
    let edit = format!("{path}/edit");
    let look = [("act", "check"), ("revision", "1"), ("value.name", "TOM")];
    let seen = browser.press(&edit, &edit, &look).await.hidden("seen");
    browser.finish(&edit, &[("revision", "1"), ("value.name", "LUNA")]).await;
    let yes = [("act", "save"), ("revision", "1"), ("seen", &*seen), ("value.name", "TOM")];
    let both = browser.press(&edit, &edit, &yes).await;
    both.shows("Somebody saved other values meanwhile").shows("<td>LUNA</td><td>TOM</td>");
    assert_eq!(name_of(&browser, order).await, "LUNA");
    // Knowing of it, the person may keep their own.
    browser.finish(&edit, &[("revision", "2"), ("value.name", "TOM")]).await;
    assert_eq!(name_of(&browser, order).await, "TOM");
}

#[tokio::test]
async fn revisions_are_listed_compared_viewed_and_taken_back() {
    let (browser, order, path) = editing().await;
    let edit = format!("{path}/edit");
    for (revision, name) in [("1", "LUNA"), ("2", "TOM")] {
        browser.finish(&edit, &[("revision", revision), ("value.name", name)]).await;
        browser.day.run_for(MINUTE).await;
    }
    let page = browser.get(&format!("{path}/revisions")).await;
    page.shows("<del>LUNA</del>").shows("<ins>TOM</ins>").shows("in use");
    page.shows("Back to what the customer ordered").shows("/files/front?revision=1");
    let two = browser.get(&format!("{path}/revisions?first=1&second=3")).await;
    two.shows("Revision 1 and revision 3").shows("<del>REX</del>").shows("data-mode=\"blink\"");
    browser.get(&format!("{path}/revisions?first=8&second=x")).await.lacks("Revision 8 and");
    let old = browser.get(&format!("{path}/files/front?revision=1")).await;
    old.shows("Revision 1 (revision 3 is in use)").shows("400 %").lacks("Download");
    assert_eq!(browser.get(&format!("{path}/files/front?revision=9")).await.status, 404);
    let revisions = format!("{path}/revisions");
    let back = [("revision", "1")];
    browser.press(&revisions, &format!("{path}/revision"), &back).await;
    assert_eq!(name_of(&browser, order).await, "REX");
    browser.get(&revisions).await.lacks("Back to what the customer ordered");
}

#[tokio::test]
async fn a_photo_is_moved_by_numbers_and_stays_where_it_was_otherwise() {
    let day = Day::new().await;
    let url = "https://shop.example/uploads/dog.jpg";
    day.world.put_photo(url, include_bytes!("../assets/photos/dog.jpg").to_vec());
    let bought = crate::common::line("PAIR").with("Photo", url).with("Name", "Rex");
    let order = day.shop.customer_buys(cart(vec![bought.with("Second photo", url)]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    let edit = format!("{}/edit", browser.item_path(order).await);
    let item = browser.day.order(order).await.items[0].clone();
    let Some(Value::Photo(photo)) = item.values.get("photo") else { panic!("no photo") };
    let hash = photo.hash.as_str();
    let numbers = |x, zoom| {
        [
            ("value.name", "Rex"),
            ("value.second", hash),
            ("value.photo", hash),
            ("of.photo", hash),
            ("shapes.photo", "1500 1000 600 600"),
            ("x.photo", x),
            ("y.photo", "50"),
            ("zoom.photo", zoom),
        ]
    };
    let crop = async || {
        let item = browser.day.order(order).await.items[0].clone();
        let Some(Value::Photo(photo)) = item.values.get("photo") else { panic!("no photo") };
        photo.crop.map(|crop| (crop.left, crop.top, crop.width, crop.height))
    };
    let fields: Vec<_> = [("revision", "1")].into_iter().chain(numbers("100", "100")).collect();
    browser.finish(&edit, &fields).await;
    assert_eq!(crop().await, Some((333, 0, 667, 1000)));
    let fields: Vec<_> = [("revision", "2")].into_iter().chain(numbers("99.9", "99.9")).collect();
    browser.finish(&edit, &fields).await;
    // The numbers of that very crop, as the form shows them, leave it as it is.
    let before = crop().await;
    let fields: Vec<_> =
        [("revision", "3")].into_iter().chain(numbers("nonsense", "1e9")).collect();
    browser.finish(&edit, &fields).await;
    assert_ne!(crop().await, before);
    assert_eq!(crop().await.map(|crop| crop.2), Some(67), "ten times is the most");
}

#[tokio::test]
async fn somebody_else_in_the_editor_is_named() {
    let (browser, order, path) = editing().await;
    let staff = woodblock::flow::operate::Staff("bob".to_owned());
    let id = browser.day.id(order).await;
    browser.day.ctx.take_lease(id, &staff).await.unwrap();
    let page = browser.get(&format!("{path}/edit")).await;
    page.shows("bob edits this order too, until");
}
