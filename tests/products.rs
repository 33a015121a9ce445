//! The page of products: what is mapped, what is not, one row, many rows, and tables.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::common::*;
use crate::web::{Browser, ORIGIN, Page};
use woodblock::db;
use woodblock::flow::{FlowError, furnish};
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::model::right::Rights;
use woodblock::sandbox::{CartLine, Pay};

impl Browser {
    /// Sends a form of the product pages with its marks.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.get("/products").await.hidden("csrf");
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    /// Uploads a table.
    async fn upload(&self, table: &[u8]) -> Page {
        let csrf = self.get("/products").await.hidden("csrf");
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"table\"; filename=\"t.csv\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(table);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = Request::post("/products/upload")
            .header(header::COOKIE, &self.cookie)
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    async fn map(&self) -> Vec<(Matches, Made)> {
        let map = furnish::product_map(&self.day.ctx, self.day.shop_id).await.unwrap();
        map.into_iter().map(|row| (row.matches, row.made)).collect()
    }

    async fn row(&self, sku: &str) -> Option<Made> {
        let wanted = Matches::Sku(sku.to_owned());
        self.map().await.into_iter().find(|(matches, _)| *matches == wanted).map(|(_, made)| made)
    }

    async fn recipe(&self, sku: &str) -> Recipe {
        match self.row(sku).await {
            Some(Made::Here(recipe)) => recipe,
            other => panic!("{sku} is {other:?}"),
        }
    }

    async fn row_id(&self, sku: &str) -> String {
        let map = furnish::product_map(&self.day.ctx, self.day.shop_id).await.unwrap();
        let wanted = Matches::Sku(sku.to_owned());
        map.into_iter().find(|row| row.matches == wanted).unwrap().id.to_string()
    }
}

async fn inside() -> Browser {
    Browser::inside(Day::new().await).await
}

/// A form that is filled in whole.
const MUG: [(&str, &str); 6] = [
    ("kind", "sku"),
    ("key", "CUP"),
    ("design", "sign"),
    ("provider", "customcat"),
    ("provider_sku", "47417"),
    ("act", "save"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = MUG.into_iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key));
    kept.chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn every_row_is_shown_with_what_is_made_of_it() {
    let browser = inside().await;
    browser.day.route("MUG", "DE+AT=shineon:SO-1").await;
    let page = browser.get("/products").await;
    page.shows("Mapped <b>10</b>").shows(">MUG<").shows("<code>47417</code>");
    page.shows("DE+AT=shineon:SO-1").shows("artwork, check, proof").shows("each copy by itself");
    page.shows("needs no print").shows("Map a product").shows("aria-current=\"page\">Products</a>");
    // Searched and narrowed; a route's provider counts as well.
    browser.get("/products?q=pend").await.shows(">PENDANT<").lacks(">TEE<");
    browser.get("/products?provider=workshop").await.shows(">SIGN-HAND<").lacks(">TEE<");
    browser.get("/products?provider=shineon").await.shows(">MUG<").lacks(">TEE<");
    browser.get("/products?design=pair").await.shows(">PAIR<").lacks(">MUG<");
    browser.get("/products?q=%25nothing").await.shows("No row fits").shows("Show all rows");
    browser.get("/products?view=doubted").await.shows("Nothing speaks against any row");
    browser.get("/products?page=99999999999999999999&view=%00&q=%F0").await.shows("Products");
}

#[tokio::test]
async fn an_empty_map_says_what_to_do_next() {
    let browser = inside().await;
    let shop = browser.day.shop_id;
    let map = browser.map().await;
    let done: Result<(), FlowError> = browser
        .day
        .ctx
        .call(move |tx| {
            for (matches, _) in &map {
                db::product::remove(tx, shop, matches)?;
            }
            Ok(())
        })
        .await;
    done.unwrap();
    browser.get("/products").await.shows("Nothing is mapped yet").shows("Upload a table");
}

#[tokio::test]
async fn what_no_row_explains_is_listed_until_it_is_mapped() {
    let browser = inside().await;
    let day = &browser.day;
    let card = || CartLine::of(77, "CARD", "Gift <card>");
    day.shop.customer_buys(cart(vec![card()]));
    let held = day.shop.customer_buys(cart(vec![card(), named("MUG", "REX")]));
    day.shop.customer_buys(cart(vec![CartLine::of(78, "", "Without SKU")]));
    day.shop.customer_buys(cart(vec![line("GIFTWRAP")]).paid(Pay::Card));
    day.run_for(5 * MINUTE).await;
    let number = day.order(held).await.number;
    let page = browser.get("/products?view=unmapped").await;
    page.shows("Unmapped <b>2</b>").shows("Gift &#60;card&#62;").shows("SKU CARD, product 77");
    page.shows(&format!(">{number}</a>")).shows("Without SKU").lacks("GIFTWRAP");
    page.shows("/products/edit?shop=1&kind=sku&key=CARD").shows("kind=product&key=78");
    browser.get("/products?view=unmapped&q=without").await.shows("Without SKU").lacks("CARD");
    let form = browser.get("/products/edit?shop=1&kind=product&key=78").await;
    form.shows("value=\"78\"").shows("value=\"product\" checked");
    // Mapped, it is explained, and the order that waited for it goes on.
    browser.send("/products/edit", &with(&[("key", "CARD"), ("made", "elsewhere")])).await;
    browser.get("/products?view=unmapped").await.shows("Unmapped <b>1</b>").lacks("Gift &#60;card");
    browser.day.run_for(5 * MINUTE).await;
    assert!(browser.day.problems(held).await.is_empty());
}

#[tokio::test]
async fn a_row_is_added_changed_and_deleted() {
    let browser = inside().await;
    let fields = with(&[
        ("step", "check"),
        ("step", "artwork"),
        ("delay_h", "1.5"),
        ("copies", "yes"),
        ("routes", "de=shineon:SO-1"),
        ("check.text_shrunk", "block"),
        ("check.near_edge", "warn"),
    ]);
    let page = browser.send("/products/edit", &fields).await;
    assert_eq!(page.header("location"), "/products");
    browser.get("/products").await.shows("The row for SKU CUP is saved.").shows(">CUP<");
    let recipe = browser.recipe("CUP").await;
    assert_eq!((recipe.delay_s, recipe.copies), (Some(5_400), Copies::Differ));
    assert_eq!(recipe.steps.unwrap().len(), 2);
    assert_eq!(recipe.checks.write(), "text_shrunk=block");
    browser.get("/products").await.shows("smaller texts: held");
    // The form shows all of it, and saving it as it is changes nothing.
    let id = browser.row_id("CUP").await;
    let form = browser.get(&format!("/products/edit?id={id}")).await;
    form.shows("value=\"1.5\"").shows("DE=shineon:SO-1").shows("Delete this row");
    let was = form.hidden("was");
    let change = with(&[("id", &id), ("was", &was), ("key", "CUP-2"), ("delay_h", "")]);
    browser.send("/products/edit", &change).await;
    assert_eq!(browser.row("CUP").await, None, "the row moved");
    assert_eq!(browser.recipe("CUP-2").await.delay_s, None);
    // The form that was open meanwhile is told so.
    let stale = browser.send("/products/edit", &change).await;
    assert_eq!(stale.status, StatusCode::BAD_REQUEST);
    stale.shows("Somebody changed or deleted this row meanwhile");
    let id = browser.row_id("CUP-2").await;
    browser.send(&format!("/products/{id}/delete"), &[]).await;
    assert_eq!(browser.row("CUP-2").await, None);
    browser.get("/products").await.shows("The row for SKU CUP-2 is deleted.");
    assert_eq!(browser.send(&format!("/products/{id}/delete"), &[]).await.status, 404);
    assert_eq!(browser.get(&format!("/products/edit?id={id}")).await.status, 404);
    let people = browser.get("/people").await;
    people.shows("mapped the product SKU CUP").shows("removed the product SKU CUP-2");
}

#[tokio::test]
async fn a_row_without_print_needs_nothing_else() {
    let browser = inside().await;
    let fields = [("kind", "variation"), ("key", "243"), ("made", "elsewhere"), ("act", "save")];
    browser.send("/products/edit", &fields).await;
    assert!(browser.map().await.contains(&(Matches::Variation(243), Made::Elsewhere)));
}

#[tokio::test]
async fn each_problem_stands_beside_its_field_and_nothing_typed_is_lost() {
    let browser = inside().await;
    let before = browser.map().await;
    let cases: [(&[(&str, &str)], &str); 10] = [
        (&[("key", "")], "the SKU is empty"),
        (&[("kind", "product"), ("key", "x<1>")], "is no id of the shop"),
        (&[("kind", "nonsense")], "none of variation, product, sku"),
        (&[("design", "")], "choose a design"),
        (&[("design", "gone")], "there is no design “gone”"),
        (&[("provider", "")], "choose a provider"),
        (&[("delay_h", "soon")], "“soon” is no number of hours"),
        (&[("step", "check")], "the steps must contain artwork"),
        (&[("routes", "Germany=shineon:1")], "two letters"),
        (&[("routes", "DE=nobody:1")], "there is no provider “nobody”"),
    ];
    for (change, words) in cases {
        let mut fields = with(change);
        fields.push(("search", "typed words"));
        let page = browser.send("/products/edit", &fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{words}");
        page.shows(words).shows("value=\"typed words\"").shows("field-problem");
        page.lacks("x<1>");
    }
    let page = browser.send("/products/edit", &with(&[("key", "MUG")])).await;
    page.shows("there is a row for SKU MUG already");
    let page = browser.send("/products/edit", &with(&[("shop", "987654321")])).await;
    assert_eq!(page.status, 404);
    browser.send("/products/edit", &with(&[("copies", "x")])).await.shows("choose one of the list");
    browser.send("/products/edit", &with(&[("made", "x")])).await.shows("none of here, elsewhere");
    assert_eq!(browser.map().await, before);
}

#[tokio::test]
async fn the_providers_catalogue_is_searched_without_losing_what_was_typed() {
    let browser = inside().await;
    let fields = with(&[("act", "find"), ("search", "mug"), ("delay_h", "3"), ("step", "artwork")]);
    let found = browser.send("/products/edit", &fields).await;
    assert_eq!(found.status, StatusCode::SEE_OTHER);
    let there = found.header("location").split('#').next().unwrap().to_owned();
    assert!(there.contains("key=CUP") && !there.contains("csrf"), "{there}");
    let page = browser.get(&there).await;
    page.shows("Found at customcat").shows("name=\"found\" value=\"47417\" checked");
    page.shows("value=\"CUP\"").shows("value=\"3\"").shows("value=\"artwork\" checked");
    // What is picked counts, unless another SKU was typed.
    let picked = with(&[("sku_was", "47417"), ("found", "48146")]);
    browser.send("/products/edit", &picked).await;
    assert_eq!(browser.recipe("CUP").await.provider_sku, "48146");
    let typed =
        with(&[("key", "CUP-2"), ("provider_sku", "1"), ("sku_was", "47417"), ("found", "48146")]);
    browser.send("/products/edit", &typed).await;
    assert_eq!(browser.recipe("CUP-2").await.provider_sku, "1");
    let find = |provider: &str, search: &str| {
        format!("/products/edit?find=catalogue&provider={provider}&search={search}")
    };
    browser.get(&find("customcat", "zzz")).await.shows("Nothing at customcat is called “zzz”");
    browser.get(&find("", "mug")).await.shows("Choose a provider first");
    browser.get(&find("workshop", "x")).await.shows("workshop has no catalogue to search");
    let fault = woodblock::sandbox::Fault::AskUnclear;
    browser.day.world.fault_on(woodblock::sandbox::Call::Catalogue, fault);
    browser.get(&find("customcat", "mug")).await.shows("The catalogue could not be searched");
}

#[tokio::test]
async fn the_shops_catalogue_is_searched_so_that_nobody_types_an_id() {
    let browser = inside().await;
    browser.day.shop.customer_buys(cart(vec![named("CUP", "Rex")]));
    let find = |words: &str| format!("/products/edit?find=goods&shop_search={words}");
    let page = browser.get(&find("cup")).await;
    page.shows("Found in the shop").shows("SKU CUP");
    let value = page.text().split("name=\"picked\" value=\"").nth(1).unwrap().to_owned();
    let value = value.split('"').next().unwrap().to_owned();
    let (kind, id) = value.split_once(':').unwrap();
    assert_eq!(kind, "product");
    // What is picked counts, unless another key was typed.
    let picked = with(&[("key", ""), ("key_was", "sku:"), ("picked", &value)]);
    let saved = browser.send("/products/edit", &picked).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let id: i64 = id.parse().unwrap();
    assert!(browser.map().await.iter().any(|(one, _)| *one == Matches::Product(id)));
    browser.get(&find("cup")).await.shows("mapped");
    let typed = with(&[("key", "CUP-9"), ("key_was", "sku:"), ("picked", &value)]);
    browser.send("/products/edit", &typed).await;
    assert!(browser.row("CUP-9").await.is_some());
    browser.get(&find("zzz")).await.shows("is called “zzz”");
    // The shop is asked the same once in a while; what it cannot answer is told.
    let fault = woodblock::sandbox::Fault::ShopUnclear;
    browser.day.world.fault_on(woodblock::sandbox::Call::ShopOrder, fault);
    browser.get(&find("cup")).await.shows("Found in the shop");
    browser.get(&find("pendant")).await.shows("could not be searched");
}

#[tokio::test]
async fn what_is_doubted_is_told_kept_and_found_again() {
    let browser = inside().await;
    browser.send("/products/edit", &with(&[("provider_sku", "1")])).await;
    let words = "customcat 1 is not in the provider's catalogue";
    let page = browser.get("/products").await;
    page.shows(&format!("Look: sku CUP: {words}")).shows("With a doubt <b>1</b>");
    page.shows("notice-wait");
    let page = browser.get("/products?view=doubted").await;
    page.shows(words).shows(">CUP<").lacks(">MUG<");
    // Mended, nothing is doubted any more.
    let id = browser.row_id("CUP").await;
    let was = browser.get(&format!("/products/edit?id={id}")).await.hidden("was");
    browser.send("/products/edit", &with(&[("id", &id), ("was", &was)])).await;
    browser.get("/products").await.shows("With a doubt <b>0</b>").lacks("Look:");
    // Later it is out of stock: asked again, it is told.
    browser.day.customcat.set(|settings| {
        settings.out_of_stock.insert("47417".to_owned());
    });
    browser.send("/products/bulk", &[("act", "check"), ("product", &id)]).await;
    browser.get("/products?view=doubted").await.shows("customcat 47417 is out of stock");
}

#[tokio::test]
async fn many_rows_change_after_a_preview() {
    let browser = inside().await;
    let before = browser.map().await;
    let ids: Vec<String> = [
        browser.row_id("MUG").await,
        browser.row_id("PENDANT").await,
        browser.row_id("GIFTWRAP").await,
    ]
    .into();
    let ticked = |more: &[(&'static str, &'static str)]| {
        let ids = ids.iter().map(|id| ("product", id.as_str()));
        ids.chain(more.iter().copied()).collect::<Vec<(&str, &str)>>()
    };
    let fields =
        ticked(&[("act", "provider"), ("provider", "shineon"), ("provider_sku", "PT-10204")]);
    let page = browser.send("/products/bulk", &fields).await;
    page.shows("Change 2 rows?").shows("SKU MUG").shows("customcat 47417");
    page.shows("shineon PT-10204").shows("it needs no print");
    assert_eq!(browser.map().await, before, "asking does nothing");
    let products = page.hidden("products");
    assert_eq!(products.split(',').count(), 2);
    let sure = |more: &[(&'static str, &'static str)]| {
        let mut fields = vec![("products", products.clone())];
        fields.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
        fields
    };
    let go = async |more: &[(&'static str, &'static str)]| {
        let fields = sure(more);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        browser.send("/products/bulk/do", &fields).await
    };
    go(&[("act", "provider"), ("provider", "shineon"), ("provider_sku", "PT-10204")]).await;
    browser.get("/products").await.shows("Changed: 2 rows.");
    assert_eq!(browser.recipe("MUG").await.provider_sku, "PT-10204");
    go(&[("act", "design"), ("design", "plain")]).await;
    go(&[("act", "delay"), ("delay_h", "0")]).await;
    let recipe = browser.recipe("PENDANT").await;
    assert_eq!((recipe.design.as_str(), recipe.delay_s), ("plain", Some(0)));
    let page = browser.send("/products/bulk", &ticked(&[("act", "delete")])).await;
    page.shows("Delete 3 rows?").shows("Later ones with these products are not printed");
    go(&[("act", "delete")]).await;
    assert_eq!(browser.map().await.len(), before.len() - 2);
    browser.get("/people").await.shows("removed the products SKU MUG, SKU PENDANT");
}

#[tokio::test]
async fn a_change_of_many_rows_that_makes_no_sense_is_told_in_words() {
    let browser = inside().await;
    let before = browser.map().await;
    let id = browser.row_id("MUG").await;
    let check = async |fields: &[(&str, &str)], words: &str| {
        for path in ["/products/bulk", "/products/bulk/do"] {
            let mut all = vec![("product", id.as_str()), ("products", id.as_str())];
            all.extend_from_slice(fields);
            let page = browser.send(path, &all).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{words}");
            browser.get("/products").await.shows(words);
        }
    };
    check(&[("act", "provider")], "Choose the provider first").await;
    check(&[("act", "provider"), ("provider", "x")], "There is no provider “x”").await;
    check(&[("act", "design")], "Choose the design first").await;
    check(&[("act", "design"), ("design", "x")], "There is no design “x”").await;
    check(&[("act", "delay"), ("delay_h", "-1")], "is no number of hours").await;
    let none = browser.send("/products/bulk", &[("act", "delete")]).await;
    assert_eq!(none.status, StatusCode::SEE_OTHER);
    browser.get("/products").await.shows("Tick the rows first");
    let nonsense = [("act", "x"), ("product", id.as_str())];
    assert_eq!(browser.send("/products/bulk", &nonsense).await.status, 400);
    let same = [("act", "design"), ("design", "sign"), ("product", id.as_str())];
    browser.send("/products/bulk", &same).await.shows("None of the ticked rows");
    let gone = [("act", "delete"), ("product", "987654321")];
    browser.send("/products/bulk", &gone).await.shows("None of the ticked rows");
    assert_eq!(browser.map().await, before);
}

#[tokio::test]
async fn the_table_is_downloaded_with_formulas_disarmed() {
    let browser = inside().await;
    browser.send("/products/edit", &with(&[("key", "=HYPERLINK(1)")])).await;
    let page = browser.get("/products.csv").await;
    assert_eq!(page.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"products.csv\"");
    page.shows("\"'=HYPERLINK(1)\"").shows("\"sku\",\"MUG\",\"here\",\"sign\",\"customcat\"");
    assert_eq!(browser.get("/products.csv?shop=1").await.status, 200);
    assert_eq!(browser.get("/products.csv?shop=9").await.status, 404);
    assert_eq!(browser.get("/products.csv?shop=x").await.status, 404);
    // What was downloaded changes nothing when it is uploaded.
    let again = browser.upload(&page.bytes).await;
    again.shows("nothing changes").shows("11 rows are in the map already");
}

#[tokio::test]
async fn a_table_is_taken_after_a_preview_whole_or_not_at_all() {
    let browser = inside().await;
    let before = browser.map().await;
    let wrong = "match,key,made,design,provider,provider_sku,delay_h\n\
                 sku,NEW,here,sign,customcat,47417,\n\
                 sku,BAD,here,sign,customcat,47417,soon\n\
                 sku,GONE,here,gone,customcat,47417,\n\
                 sku,NEW,elsewhere,,,,\n";
    let page = browser.upload(wrong.as_bytes()).await;
    page.shows("3 lines are wrong, so nothing is taken").shows("Line 3").shows("is no number of");
    page.shows("Line 4").shows("there is no design “gone”").shows("line 2 is about the same");
    page.lacks("Take 1 row");
    let right = "match,key,made,design,provider,provider_sku,delay_h\n\
                 sku,NEW,here,sign,customcat,1,\n\
                 sku,MUG,here,sign,customcat,47417,9\n\
                 sku,TEE,elsewhere,,,,\n\
                 sku,GIFTWRAP,elsewhere,,,,\n";
    let page = browser.upload(right.as_bytes()).await;
    page.shows("Take 3 rows").shows("Added <span class=\"count\">1</span>");
    page.shows("Changed <span class=\"count\">2</span>").shows("sent after 9 h");
    page.shows("1 row is in the map already");
    assert_eq!(browser.map().await, before, "asking does nothing");
    let file = page.hidden("file");
    browser.send("/products/upload/do", &[("file", &file)]).await;
    let list = browser.get("/products").await;
    list.shows("3 rows of the table are in force.").shows("customcat 1 is not in the provider's");
    assert_eq!(browser.recipe("MUG").await.delay_s, Some(9 * 3_600));
    assert_eq!(browser.row("TEE").await, Some(Made::Elsewhere));
    // Once more nothing happens; what is no table is told.
    browser.send("/products/upload/do", &[("file", &file)]).await;
    browser.get("/products").await.shows("The map is as the table says already");
    browser.send("/products/upload/do", &[("file", "x")]).await;
    browser.get("/products/upload").await.shows("The table is gone: upload it once more");
    browser.upload(b"a,b\n1,2\n").await.shows("the column match is missing");
    browser.upload(&[0xff, 0xfe, 0x00]).await.shows("This is no table in UTF-8");
    browser.upload(b"").await.shows("Choose a file first");
    browser.upload(&vec![b'x'; 3 << 20]).await.shows("may weigh 2 MB");
}

#[tokio::test]
async fn whoever_may_only_look_is_offered_nothing_and_changes_nothing() {
    let browser = inside().await;
    let none: Result<(), FlowError> = browser
        .day
        .ctx
        .call(|tx| {
            let ann = db::person::by_name(tx, "ann")?.expect("ann is here");
            db::staff::put_role(tx, "looks", &Rights::default())?;
            let role = db::staff::roles(tx)?.into_iter().find(|one| one.name == "looks");
            Ok(db::staff::set_role(tx, ann.id, role.expect("it was made just now").id)?)
        })
        .await;
    none.unwrap();
    let before = browser.map().await;
    let page = browser.get("/products").await;
    page.shows(">MUG<").lacks("Map a product").lacks("name=\"product\"").lacks("Upload");
    browser.get("/products?view=unmapped").await.shows("Everything is explained");
    assert_eq!(browser.get("/products.csv").await.status, 200);
    for path in ["/products/edit", "/products/upload"] {
        assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let presses =
        ["/products/edit", "/products/1/delete", "/products/bulk/do", "/products/upload/do"];
    for path in presses {
        assert_eq!(browser.send(path, &MUG).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(browser.map().await, before);
}
