//! The whole life of an order in a real Chromium: from a product that nobody mapped to `completed` in the
//! shop. And what must not happen on the way: two people overwriting each other, strangers getting in,
//! people seeing what is not theirs. How a shop is connected, `first_run` shows.

use std::collections::BTreeSet;

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::browser::Chromium;
use crate::common::{Day, HOUR, MINUTE, cart, showroom};
use woodblock::db;
use woodblock::flow::FlowError;
use woodblock::model::id::ShopOrderId;
use woodblock::model::right::{Right, Rights};
use woodblock::sandbox::provider::{ParcelPlan, ProviderAct};
use woodblock::sandbox::{CartLine, Fault};
use woodblock::web::routes::{Role, Verb, operator_routes};

const PHOTO: &str = "https://shop.example/uploads/dog.jpg";

/// A day without orders, whose pages are served on a port of their own.
async fn serve() -> (Day, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (day, pages) = showroom::empty(&address).await;
    day.world.put_photo(PHOTO, include_bytes!("../assets/photos/dog.jpg").to_vec());
    tokio::spawn(async move { axum::serve(listener, pages).await });
    (day, format!("http://{address}"))
}

async fn buy(day: &Day, sku: &str, name: &str) -> ShopOrderId {
    let mug = CartLine::of(115, sku, "Dog mug, blue").with("Your name", name);
    let order = day.shop.customer_buys(cart(vec![mug.with("Photo", PHOTO)]));
    day.run_for(5 * MINUTE).await;
    order
}

async fn add(day: &Day, name: &'static str, rights: &'static [Right]) {
    let hash = woodblock::web::auth::hash_password(showroom::PASSWORD);
    let done: Result<(), FlowError> = day
        .ctx
        .call(move |tx| {
            let id = db::person::put(tx, name, &hash)?;
            let role = format!("role of {name}");
            db::staff::put_role(tx, &role, &Rights::of(rights.iter().copied()))?;
            let role = db::staff::roles(tx)?.into_iter().find(|one| one.name == role);
            Ok(db::staff::set_role(tx, id, role.unwrap().id)?)
        })
        .await;
    done.unwrap();
}

async fn order_page(day: &Day, home: &str, order: ShopOrderId) -> String {
    format!("{home}/orders/{}", day.id(order).await)
}

async fn edit_page(day: &Day, home: &str, order: ShopOrderId) -> String {
    let item = day.item(order, 0).await;
    format!("{}/items/{item}/edit", order_page(day, home, order).await)
}

/// Fills the form for a new row of the product map and saves it.
async fn map_product(chromium: &Chromium, home: &str, sku: &str) {
    let form = format!("{home}/products/edit?kind=sku&key={sku}");
    chromium.client.goto(&form).await.unwrap();
    let choose = "document.querySelector('select[name=design]').value = 'mug-name-photo';
        document.querySelector('select[name=provider]').value = 'customcat'";
    chromium.script(choose).await;
    chromium.type_in("[name=provider_sku]", "47417").await;
    chromium.picture("life-1-product").await;
    chromium.click(".product-form button[value=save]").await;
    chromium.shown(sku).await;
}

/// Gives the name another text in the editor, looks once more, and says yes.
async fn rename(chromium: &Chromium, edit: &str, name: &str) {
    chromium.client.goto(edit).await.unwrap();
    let field = "[name='value.name']";
    chromium.client.find(Locator::Css(field)).await.unwrap().clear().await.unwrap();
    chromium.type_in(field, name).await;
    chromium.click("button[value=check]").await;
    chromium.shown("Is everything right?").await;
    chromium.picture("life-3-finish").await;
    chromium.click("button[value=save]").await;
    chromium.shown("Saved. The print file is drawn now.").await;
}

#[tokio::test]
async fn from_an_unmapped_product_to_completed_in_the_shop() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = serve().await;
    chromium.log_in(&home).await;
    map_product(&chromium, &home, "MUG-BLUE").await;
    let order = buy(&day, "MUG-BLUE", "Bela").await;
    let (page, edit) = (order_page(&day, &home, order).await, edit_page(&day, &home, order).await);
    chromium.client.goto(&home).await.unwrap();
    chromium.shown("Counting down").await;
    chromium.picture("life-2-list").await;
    rename(&chromium, &edit, "Bella").await;
    day.run_for(MINUTE).await;
    assert!(day.customcat.ledger().is_empty(), "nothing was sent while it counts down");
    chromium.client.goto(&page).await.unwrap();
    chromium.shown("goes out in").await;
    chromium.picture("life-4-countdown").await;
    chromium.click("form[action$='/send-now'] button").await;
    chromium.shown("Pause stops it until then.").await;
    assert!(day.customcat.ledger().is_empty(), "the seconds for undo run");
    day.run_for(2 * MINUTE).await;
    chromium.client.goto(&page).await.unwrap();
    chromium.shown("In production").await;
    chromium.picture("life-5-submitted").await;
    // What the provider fetched is what was confirmed: the file of the second revision.
    let ledger = day.customcat.ledger();
    let item = day.order(order).await.items[0].clone();
    let confirmed = item.facts.files_of(2).next().unwrap().hash.clone();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].lines[0].files[0].fetched.as_ref(), Some(&confirmed));
    day.run_for(120 * HOUR).await;
    chromium.log_in(&home).await;
    chromium.client.goto(&page).await.unwrap();
    chromium.shown("Shipped").await;
    let parcels = day.shop.parcels(order);
    assert_eq!((parcels.len(), day.shop.status(order).as_str()), (1, "completed"));
    chromium.shown(&parcels[0].tracking_number).await;
    chromium.shown("completed").await;
    chromium.picture("life-6-shipped").await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    assert_eq!(day.customcat.ledger().len(), 1, "made once");
    chromium.end().await;
}

/// CustomCat cancels the rest after a parcel whose contents it does not tell: the page asks for them.
#[tokio::test]
async fn what_was_in_a_parcel_is_said_on_the_page() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = serve().await;
    day.customcat.set(|settings| settings.parcels = ParcelPlan::ByHand);
    let line = |name: &str| {
        let mug = CartLine::of(115, "MUG-11", "Dog mug, 11 oz").with("Your name", name);
        mug.with("Photo", PHOTO)
    };
    let order = day.shop.customer_buys(cart(vec![line("Bela"), line("Rex")]));
    day.run_for(50 * HOUR).await;
    let entry = day.customcat.ledger()[0].clone();
    day.world.fault_times(5, Fault::HookDropped);
    let first = vec![(entry.lines[0].key.clone(), 1)];
    day.customcat.act(&entry.reference, ProviderAct::Ships(first));
    day.customcat.act(&entry.reference, ProviderAct::GivesUp);
    day.run_for(5 * HOUR).await;
    chromium.log_in(&home).await;
    chromium.client.set_window_size(1440, 1000).await.unwrap();
    let page = order_page(&day, &home, order).await;
    chromium.client.goto(&page).await.unwrap();
    chromium.shown("The provider cancelled the rest after a parcel had left").await;
    assert_eq!(chromium.faults_of_access().await, Vec::<String>::new());
    chromium.picture("life-part-left").await;
    chromium.client.set_window_size(390, 900).await.unwrap();
    chromium
        .script("document.querySelector('.contents').scrollIntoView({ block: 'center' })")
        .await;
    chromium.picture("life-part-left-390").await;
    // Nothing is no answer.
    chromium.click(".contents button").await;
    chromium.shown("how many pieces of each were in it").await;
    let pieces = ".contents label:first-of-type input";
    chromium.client.find(Locator::Css(pieces)).await.unwrap().clear().await.unwrap();
    chromium.type_in(pieces, "1").await;
    chromium.click(".contents button").await;
    chromium.shown("The parcel is noted; the shop is told.").await;
    chromium.shown("1 shipped").await;
    chromium.shown("1 given up").await;
    chromium.picture("life-part-told-390").await;
    assert_eq!(day.order(order).await.holds, []);
    chromium.end().await;
}

#[tokio::test]
async fn two_people_on_one_order_see_each_other_and_overwrite_nothing() {
    let Some(first) = Chromium::start().await else { return };
    let Some(second) = Chromium::start().await else { return };
    let (day, home) = serve().await;
    add(&day, "ben", &[Right::Orders]).await;
    let order = buy(&day, "MUG-11", "Bela").await;
    let edit = edit_page(&day, &home, order).await;
    first.log_in(&home).await;
    second.log_in_as(&home, "ben").await;
    first.client.goto(&edit).await.unwrap();
    second.client.goto(&order_page(&day, &home, order).await).await.unwrap();
    second.shown("ann is editing a design of this order").await;
    second.picture("life-lease").await;
    second.client.goto(&edit).await.unwrap();
    second.shown("ann edits this order too").await;
    let name = "[name='value.name']";
    second.client.find(Locator::Css(name)).await.unwrap().clear().await.unwrap();
    second.type_in(name, "Berta").await;
    rename(&first, &edit, "Bella").await;
    second.click("button[value=check]").await;
    second.shown("Somebody saved other values meanwhile").await;
    let both = second.text(".conflict").await;
    assert!(both.contains("Bella") && both.contains("Berta"), "{both}");
    second.picture("life-conflict").await;
    let item = day.order(order).await.items[0].clone();
    assert_eq!((item.values["name"].as_text(), item.facts.revision), (Some("Bella"), 2));
    second.end().await;
    first.end().await;
}

async fn try_password(chromium: &Chromium, home: &str, password: &str, answer: &str) {
    chromium.client.goto(&format!("{home}/login")).await.unwrap();
    chromium.type_in("input[name=name]", "ann").await;
    chromium.type_in("input[name=password]", password).await;
    chromium.click("form button").await;
    chromium.shown(answer).await;
}

/// A press whose mark was put there by somebody else does nothing.
async fn forged(chromium: &Chromium, button: &str) {
    let forge = "for (const one of document.querySelectorAll('[name=csrf]')) one.value = 'forged'";
    chromium.script(forge).await;
    chromium.click(button).await;
    chromium.shown("This press was not let through").await;
}

#[tokio::test]
async fn strangers_do_not_get_in() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = serve().await;
    let order = buy(&day, "MUG-11", "Bela").await;
    let page = order_page(&day, &home, order).await;
    for _ in 0..5 {
        try_password(&chromium, &home, "a guess", "Name or password are wrong.").await;
    }
    try_password(&chromium, &home, showroom::PASSWORD, "Wait a quarter of an hour").await;
    chromium.picture("life-too-many").await;
    day.run_for(16 * MINUTE).await;
    // The form of a log-in with a mark of somebody else's.
    chromium.client.goto(&format!("{home}/login")).await.unwrap();
    chromium.type_in("input[name=name]", "ann").await;
    chromium.type_in("input[name=password]", showroom::PASSWORD).await;
    forged(&chromium, "form button").await;
    chromium.client.goto(&page).await.unwrap();
    assert_eq!(chromium.text("h1").await, "Log in");
    // And a press of somebody who is logged in.
    chromium.log_in(&home).await;
    chromium.client.goto(&page).await.unwrap();
    forged(&chromium, "form[action$='/send-now'] button").await;
    chromium.picture("life-forged").await;
    day.run_for(MINUTE).await;
    assert!(day.customcat.ledger().is_empty());
    // A cookie that was copied opens nothing once its owner has logged out.
    chromium.client.goto(&home).await.unwrap();
    let stolen = chromium.client.get_named_cookie("woodblock").await.unwrap();
    chromium.click("form[action$='/logout'] button").await;
    chromium.shown("Forgot the password?").await;
    chromium.client.add_cookie(stolen).await.unwrap();
    for path in [home.as_str(), page.as_str()] {
        chromium.client.goto(path).await.unwrap();
        assert_eq!(chromium.text("h1").await, "Log in", "{path}");
    }
    chromium.end().await;
}

/// The status of the page that is open, and where its menu leads.
async fn status(chromium: &Chromium, address: &str) -> i64 {
    chromium.client.goto(address).await.unwrap();
    let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
    chromium.script(status).await.as_i64().unwrap()
}

/// Whoever has one right sees the pages of that right, is led to no other, and gets none by its address.
#[tokio::test]
async fn each_role_sees_its_pages_only() {
    let Some(chromium) = Chromium::start().await else { return };
    let (day, home) = serve().await;
    let order = buy(&day, "MUG-11", "Bela").await;
    let people: [(&'static str, &'static [Right]); 5] = [
        ("looks", &[]),
        ("orla", &[Right::Orders]),
        ("paul", &[Right::Products]),
        ("sara", &[Right::Settings]),
        ("pia", &[Right::People]),
    ];
    let routes = operator_routes();
    let plain = routes.iter().filter(|route| {
        route.role == Role::Operator && route.verb == Verb::Look && !route.path.contains('{')
    });
    // Tables are downloaded, and a script alone asks for the last.
    let plain = plain.filter(|one| !one.path.ends_with(".csv") && one.path != "/changes");
    let plain: Vec<_> = plain.collect();
    let mut looked = 0;
    for (name, rights) in people {
        add(&day, name, rights).await;
        chromium.log_in_as(&home, name).await;
        let links = "return [...document.querySelectorAll('.top nav a, .every-place a')]\
            .map((one) => one.href)";
        let links = chromium.script(links).await;
        let links: BTreeSet<&str> =
            links.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for link in &links {
            assert_eq!(status(&chromium, link).await, 200, "{name} is led to {link}");
        }
        for route in &plain {
            let wanted = route.right.is_none_or(|right| rights.contains(&right));
            let found = status(&chromium, &format!("{home}{}", route.path)).await;
            assert_eq!(found != 403, wanted, "{} for {name}: {found}", route.path);
            looked += 1;
        }
        let page = order_page(&day, &home, order).await;
        assert_eq!(status(&chromium, &page).await, 200);
        let edits = "return document.querySelectorAll('a[href$=\"/edit\"]').length";
        let may = rights.contains(&Right::Orders);
        assert_eq!(chromium.script(edits).await != json!(0), may, "{name}");
        let sends = "return document.querySelectorAll('form[action$=\"/send-now\"]').length";
        assert_eq!(chromium.script(sends).await, json!(0), "{name} spends no money");
        chromium.picture(&format!("life-role-{name}")).await;
        chromium.click("form[action$='/logout'] button").await;
    }
    println!("{looked} pages by address");
    chromium.end().await;
}
