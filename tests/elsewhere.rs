//! Orders from elsewhere, from being typed or imported to being told; what people place by hand; and many
//! parcels at once.

use std::io::{Cursor, Read, Write};
use std::process::{Command, Stdio};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::common::*;
use crate::web::{Browser, ORIGIN, Page};
use woodblock::db;
use woodblock::flow::elsewhere::{Typed, TypedLine, enter_typed};
use woodblock::flow::take_in::Taken;
use woodblock::flow::{FlowError, file, order_import};
use woodblock::model::id::OrderId;
use woodblock::model::money::{Currency, Money};
use woodblock::model::order::{Order, State};
use woodblock::model::recipient::Recipient;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a picture of a marketplace";

impl Browser {
    /// Sends a form with files.
    async fn send_parts(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &[u8])>,
    ) -> Page {
        let csrf = self.get("/orders/new").await.hidden("csrf");
        let mut body = Vec::new();
        let all = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied());
        for (name, value) in all {
            let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        if let Some((name, bytes)) = file {
            let head = "--b\r\nContent-Disposition: form-data; name=";
            let head = format!("{head}\"{name}\"; filename=\"f\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    async fn found(&self, source: &'static str, number: &'static str) -> Option<Order> {
        let shop = self.day.shop_id;
        let found: Result<_, FlowError> = self
            .day
            .ctx
            .read(move |tx| {
                let id = db::order::find_elsewhere(tx, shop, source, number)?;
                Ok(id.map(|id| db::order::load(tx, id)).transpose()?)
            })
            .await;
        found.unwrap()
    }
}

async fn inside() -> Browser {
    Browser::inside(Day::new().await).await
}

/// A form that is filled in whole.
const TYPED: [(&str, &str); 10] = [
    ("source", "Etsy"),
    ("number", "#3290001"),
    ("first_name", "Fern"),
    ("last_name", "Hollis"),
    ("address_1", "12 Mill Lane"),
    ("city", "Portland"),
    ("state", "OR"),
    ("postcode", "97201"),
    ("country", "us"),
    ("currency", "USD"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = TYPED.into_iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key));
    kept.chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn an_order_is_typed_in_and_nothing_typed_is_lost() {
    let browser = inside().await;
    browser.get("/orders/new").await.shows("New order").shows("value=\"TEE-LATER\"");
    let fields = with(&[
        ("line.0.sku", "TEE-LATER"),
        ("line.0.quantity", "2"),
        ("line.0.text", "Name: <Fern>\nin green"),
        ("number", ""),
        ("act", "show"),
    ]);
    let page = browser.send_parts("/orders/new", &fields, None).await;
    page.shows("line.0.value.name").shows("&#60;Fern&#62;").shows("value=\"12 Mill Lane\"");
    let mut add = fields.clone();
    add.retain(|(name, _)| *name != "act");
    add.push(("act", "add"));
    browser.send_parts("/orders/new", &add, None).await.shows("Line 2").shows("TEE-LATER");
    let mut save = add.clone();
    save.retain(|(name, _)| *name != "act");
    save.push(("act", "save"));
    let wrong = browser.send_parts("/orders/new", &save, None).await;
    wrong.shows("Type the number").shows("in green").shows("value=\"Hollis\"");
    save.retain(|(name, _)| *name != "number");
    save.push(("number", "#3290001"));
    let picture = Some(("line.0.file", PNG));
    let done = browser.send_parts("/orders/new", &save, picture).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let order = browser.found("etsy", "3290001").await.unwrap();
    assert_eq!((order.recipient.country.as_str(), order.items.len()), ("US", 2));
    // It stands with its source, its picture and its words, and waits for its design.
    let path = format!("/orders/{}", order.id);
    let page = browser.get(&path).await;
    page.shows("from etsy").shows("Needs design").shows("line-picture").shows("in green");
    let edit = format!("{path}/items/{}/edit", order.items[0].id);
    browser.get(&edit).await.shows("The picture that came with the order").shows("in green");
    browser.get("/?view=needs-design").await.shows("3290001").shows("Needs design <b>1</b>");
    // The same number from the same source is told, with a way to it.
    let again = browser.send_parts("/orders/new", &save, None).await;
    again.shows("is here already").shows(&path);
    // A picture that stands beside a line is not swept away.
    browser.day.run_for(72 * HOUR).await;
    file::sweep(&browser.day.ctx).await.unwrap();
    let hash = woodblock::model::id::Hash::of(PNG);
    let kept: Result<bool, FlowError> =
        browser.day.ctx.read(move |tx| Ok(db::file::is_kept(tx, &hash)?)).await;
    assert!(kept.unwrap());
    // Erasing the order lets it go.
    let id = order.id;
    let done: Result<_, FlowError> = browser
        .day
        .ctx
        .call(move |tx| {
            db::erase::erase(tx, id)?;
            Ok(db::elsewhere::pictures(tx, id)?)
        })
        .await;
    assert_eq!(done.unwrap(), []);
}

#[tokio::test]
async fn what_no_sku_names_is_chosen_directly() {
    let browser = inside().await;
    let direct = with(&[
        ("line.0.quantity", "1"),
        ("line.0.name", "Sign for the door"),
        ("line.0.design", "sign"),
        ("line.0.provider", "workshop"),
        ("line.0.variant", "OAK-20"),
        ("line.0.value.name", "Fern"),
        ("act", "save"),
    ]);
    let done = browser.send_parts("/orders/new", &direct, None).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    browser.day.run_for(5 * MINUTE).await;
    let order = browser.found("etsy", "3290001").await.unwrap();
    assert_eq!(order.holds, []);
    assert_eq!(order.items[0].provider_sku, "OAK-20");
    assert_eq!(state_name(&order.fulfilments[0].state), "awaiting_submit");
    let check = |more: &[(&'static str, &'static str)]| {
        let more: Vec<_> = more.iter().copied().chain([("act", "save")]).collect();
        with(&more)
    };
    for (more, words) in [
        (vec![("line.0.sku", "NOPE"), ("line.0.quantity", "1")], "not in the product map"),
        (vec![("line.0.sku", "MUG"), ("line.0.quantity", "0")], "no number of pieces"),
        (vec![("line.0.quantity", "1"), ("line.0.variant", "X")], "choose the design"),
        (vec![("line.0.quantity", "1")], "at least one product"),
        (vec![("source", "shop"), ("line.0.sku", "MUG"), ("line.0.quantity", "1")], "shop itself"),
        (vec![("city", ""), ("line.0.sku", "MUG"), ("line.0.quantity", "1")], "city missing"),
        (vec![("total", "much"), ("line.0.sku", "MUG"), ("line.0.quantity", "1")], "no amount"),
    ] {
        let fields = check(&[&more[..], &[("number", "N-2")]].concat());
        browser.send_parts("/orders/new", &fields, None).await.shows(words);
    }
    assert!(browser.found("etsy", "N-2").await.is_none());
}

async fn imported(browser: &Browser, bytes: &[u8], more: &[(&str, &str)]) -> Page {
    let fields: Vec<_> = [("source", "etsy"), ("act", "read")]
        .into_iter()
        .filter(|(key, _)| more.iter().all(|(other, _)| other != key))
        .chain(more.iter().copied())
        .collect();
    browser.send_parts("/orders/import", &fields, Some(("table", bytes))).await
}

/// The form of the columns as the page shows it.
fn columns(page: &Page) -> Vec<(String, String)> {
    let text = page.text();
    let mut fields = vec![("file".to_owned(), page.hidden("file"))];
    for (nth, part) in text.split("<select name=\"col.").skip(1).enumerate() {
        let chosen = part.split("</select>").next().unwrap();
        let before = chosen.split(" selected").next().unwrap();
        let value = before.rsplit("value=\"").next().unwrap().split('"').next().unwrap();
        fields.push((format!("col.{nth}"), value.to_owned()));
    }
    fields
}

async fn act(browser: &Browser, act: &str, columns: &[(String, String)]) -> Page {
    let mut fields = vec![("source", "etsy"), ("act", act)];
    fields.extend(columns.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    browser.send_parts("/orders/import", &fields, None).await
}

#[tokio::test]
async fn a_table_is_looked_at_taken_once_and_remembered() {
    let browser = inside().await;
    let etsy = include_bytes!("data/imports/etsy.csv");
    browser.get("/orders/import").await.shows("Import orders");
    let read = imported(&browser, etsy, &[]).await;
    read.shows("What the columns mean").shows("Fern Hollis");
    let mut chosen = columns(&read);
    assert_eq!(chosen.len(), 16, "{chosen:?}");
    let dry = act(&browser, "check", &chosen).await;
    dry.shows("2 orders can be taken").shows("Take 2 orders").lacks("<h3>Wrong</h3>");
    assert!(browser.found("etsy", "3290001").await.is_none(), "nothing was taken yet");
    let done = act(&browser, "take", &chosen).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let order = browser.found("etsy", "3290001").await.unwrap();
    assert_eq!((order.lines.len(), order.total.minor), (2, 2490));
    act(&browser, "check", &chosen).await.shows("No order can be taken").shows("are here already");
    act(&browser, "take", &chosen).await;
    browser.get("/?view=all").await.shows("No order is new").shows("Jörg Weiß");
    // What was said of a column is remembered for the next table.
    let sale_date = chosen.iter_mut().find(|(name, _)| name == "col.0").unwrap();
    sale_date.1 = "note".to_owned();
    act(&browser, "check", &chosen).await;
    let again = columns(&imported(&browser, etsy, &[]).await);
    assert_eq!(again[1], ("col.0".to_owned(), "note".to_owned()));
}

#[tokio::test]
async fn wrong_rows_are_told_and_the_good_ones_can_be_taken() {
    let browser = inside().await;
    let table = "\u{feff}order;sku;qty;name;street;city;zip;country\r\n\
                 A1;MUG;1;\"Lee; Ann\";\"A \"\"1\"\"\";Bonn;53111;DE\r\n\
                 =1+1;NOPE;1;Bob Lee;B 1;Bonn;53111;DE\r\n";
    let read = imported(&browser, table.as_bytes(), &[]).await;
    let mut chosen = columns(&read);
    let dry = act(&browser, "check", &chosen).await;
    dry.shows("One order can be taken").shows("Line 3, order =1+1").shows("product map");
    let faults = act(&browser, "faults", &chosen).await;
    assert!(faults.header("content-type").starts_with("text/csv"));
    faults.shows("\"3\",\"'=1+1\"");
    chosen.push(("only".to_owned(), "whole".to_owned()));
    act(&browser, "take", &chosen).await.shows("Nothing was taken");
    assert!(browser.found("etsy", "A1").await.is_none());
    chosen.pop();
    act(&browser, "take", &chosen).await;
    let order = browser.found("etsy", "A1").await.unwrap();
    assert_eq!(order.recipient.address_1, "A \"1\"");
    for (bytes, words) in [(&b"\xff\xfe"[..], "UTF-8"), (b"a,b\n", "no rows")] {
        imported(&browser, bytes, &[]).await.shows(words);
    }
    imported(&browser, table.as_bytes(), &[("source", "")]).await.shows("Say where it comes from");
    let amazon = include_bytes!("data/imports/amazon.txt");
    imported(&browser, amazon, &[]).await.shows("recipient-name").shows("Grace Hopper");
    let head = ["order".to_owned()];
    let fresh = order_import::columns(&browser.day.ctx, "ebay", &head).await.unwrap();
    assert_eq!(fresh, [order_import::Column::Number]);
}

/// An order of the workshop, which people make, waiting for Submit.
async fn typed(browser: &Browser, number: &str, sku: &str, name: &str) -> OrderId {
    let typed = Typed {
        shop: browser.day.shop_id,
        source: "etsy".to_owned(),
        number: number.to_owned(),
        recipient: Recipient {
            first_name: "Żaneta".to_owned(),
            last_name: "Καλημέρα".to_owned(),
            address_1: "1 Main St".to_owned(),
            city: "Austin".to_owned(),
            state: "TX".to_owned(),
            postcode: "78701".to_owned(),
            country: "US".to_owned(),
            ..Recipient::default()
        },
        shipping: "Standard".to_owned(),
        note: String::new(),
        total: Money { minor: 990, currency: Currency::parse("USD").unwrap() },
        placed_at: None,
        lines: vec![TypedLine {
            name: "Door sign, oak".to_owned(),
            sku: sku.to_owned(),
            quantity: 1,
            values: vec![("name".to_owned(), name.to_owned())],
            ..TypedLine::default()
        }],
    };
    let taken = enter_typed(&browser.day.ctx, typed).await.unwrap();
    browser.day.run_for(5 * MINUTE).await;
    let Taken::New(id) = taken else { panic!("{taken:?}") };
    id
}

async fn load(browser: &Browser, id: OrderId) -> Order {
    let found: Result<_, FlowError> =
        browser.day.ctx.read(move |tx| Ok(db::order::load(tx, id)?)).await;
    found.unwrap()
}

async fn submit(browser: &Browser, id: OrderId) {
    let fulfilment = load(browser, id).await.fulfilments[0].id;
    browser.day.ctx.press_submit(id, fulfilment, &ann()).await.unwrap();
    browser.day.run_for(5 * MINUTE).await;
}

async fn in_production(browser: &Browser, number: &str) -> OrderId {
    let id = typed(browser, number, "SIGN-HAND", "Fern").await;
    submit(browser, id).await;
    let fulfilment = load(browser, id).await.fulfilments[0].id;
    browser.day.ctx.placed_by_hand(id, fulfilment, &format!("W-{number}"), &ann()).await.unwrap();
    id
}

#[tokio::test]
async fn parcels_are_pasted_looked_at_and_saved() {
    let browser = inside().await;
    let (first, second) =
        (in_production(&browser, "E-1").await, in_production(&browser, "E-2").await);
    let waiting = typed(&browser, "E-3", "SIGN-HAND", "Fern").await;
    browser.get("/tracking").await.shows("One parcel on each line");
    let text = "E-1, 1Z999AA10123456784\nW-E-2\t01505094748236\nE-3; EP1; X\nE-9 EP2\nE-1, 1Z999AA10123456784";
    let page = browser.press("/tracking", "/tracking", &[("text", text)]).await;
    page.shows("completes the order").shows("UPS").shows("perhaps DPD or GLS");
    page.shows("it was not sent to its provider yet").shows("there is no such order");
    page.shows("it stands twice").shows("Save 2 parcels");
    let rows = page.hidden("rows");
    assert_eq!(load(&browser, first).await.state, State::Open, "nothing was saved yet");
    // Without an answer the carrier is not guessed.
    let done = [("rows", rows.as_str()), ("carrier.1", "")];
    browser.press("/tracking", "/tracking/do", &done).await;
    let told = browser.get("/tracking").await;
    told.shows("1 parcel was saved").shows("say which carrier it is");
    assert_eq!(load(&browser, first).await.state, State::Closed);
    assert_eq!(load(&browser, second).await.state, State::Open);
    let page = browser.press("/tracking", "/tracking", &[("text", text)]).await;
    page.shows("is here already").shows("Save 1 parcel");
    let done = [("rows", rows.as_str()), ("carrier.1", "DPD")];
    browser.press("/tracking", "/tracking/do", &done).await;
    assert_eq!(load(&browser, second).await.state, State::Closed);
    browser.get(&format!("/orders/{first}")).await.shows("https://www.ups.com/track?tracknum=1Z");
    assert_eq!(load(&browser, waiting).await.state, State::Open);
    // The source is told by a file, and that is noted once.
    let page = browser.get("/tracking").await;
    page.shows("2 parcels that it does not know of");
    let upto = page.hidden("upto");
    let file = browser.get(&format!("/tracking/upload.csv?source=etsy&upto={upto}")).await;
    file.shows("\"E-1\",\"UPS\",\"1Z999AA10123456784\"").shows("\"E-2\",\"DPD\"");
    let noted = [("source", "etsy"), ("upto", upto.as_str())];
    browser.press("/tracking", "/tracking/told", &noted).await;
    browser.get("/tracking").await.shows("2 more parcels").lacks("does not know of");
    browser.press("/tracking", "/tracking", &[("text", "  ")]).await.shows("at least one line");
    // A table is read the same way.
    let table = "Order;Tracking number;Carrier\nE-9;EP2;X\n";
    let page = browser.send_parts("/tracking", &[], Some(("table", table.as_bytes()))).await;
    page.shows("there is no such order");
    let page = browser.send_parts("/tracking", &[], Some(("table", b"a,b\n1,2\n"))).await;
    page.shows("needs the columns");
}

#[tokio::test]
async fn everything_to_place_an_order_by_hand_is_on_its_page() {
    let browser = inside().await;
    let id = typed(&browser, "E/1", "SIGN-HAND", "Fern").await;
    submit(&browser, id).await;
    let page = browser.get(&format!("/orders/{id}")).await;
    page.shows("Place this order with workshop").shows("<code data-copy>47417</code>");
    page.shows("data-copy>Fern</span>").shows("Austin TX 78701").shows("All files as ZIP");
    let paper = |name: &str| format!("/orders/{id}/papers/{name}");
    assert_eq!(browser.get(&paper("nothing")).await.status, StatusCode::NOT_FOUND);
    let zip = browser.get(&paper("files.zip")).await;
    assert_eq!(zip.header("content-type"), "application/zip");
    assert!(zip.header("content-disposition").contains("\"E-1-files.zip\""));
    let mut archive = zip::ZipArchive::new(Cursor::new(zip.bytes)).unwrap();
    let names: Vec<String> = (0..archive.len())
        .map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned())
        .collect();
    assert_eq!(names, ["E-1-1-SIGN-HAND-front-r1.png", "job-sheets.pdf", "lines.csv"]);
    let mut table = String::new();
    archive.by_name("lines.csv").unwrap().read_to_string(&mut table).unwrap();
    assert!(table.contains("\"name: Fern\"") || table.contains("\"Name: Fern\""), "{table}");
    // Of many at once, as far as they are ticked.
    let ticked = id.to_string();
    let many = |what: &'static str| [("what", what), ("order", "")].map(|pair| (pair.0, pair.1));
    browser.press("/orders/new", "/download", &many("files.zip")[..1]).await;
    browser.get("/?view=all").await.shows("Tick the orders first");
    let of = [("what", "lines.csv"), ("order", ticked.as_str())];
    browser.press("/orders/new", "/download", &of).await.shows("\"E/1\",\"etsy\"");
    let of = [("what", "nothing"), ("order", ticked.as_str())];
    assert_eq!(browser.press("/orders/new", "/download", &of).await.status, StatusCode::NOT_FOUND);
}

/// What a reader makes of a document; `None` where there is no reader.
fn words(bytes: &[u8]) -> Option<String> {
    let mut reader = match Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(reader) => reader,
        Err(_) => {
            println!("SKIPPED: no pdftotext here; the words of the sheets were not read");
            return None;
        }
    };
    reader.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn sheets_say_what_is_made_and_packed() {
    let browser = inside().await;
    let id = typed(&browser, "E-1", "SIGN-HAND", "Fern & Ωmega Привет").await;
    submit(&browser, id).await;
    for (name, shown, hidden) in [
        ("job-sheet.pdf", vec!["Job sheet E-1", "47417", "E-1-1-SIGN-HAND-front-r1.png"], vec![]),
        ("packing-slip.pdf", vec!["Order E-1", "Deliver to"], vec!["9.90", "47417"]),
    ] {
        let page = browser.get(&format!("/orders/{id}/papers/{name}")).await;
        assert_eq!(page.header("content-type"), "application/pdf");
        assert!(page.bytes.starts_with(b"%PDF-"));
        if let Some(folder) = std::env::var_os("PICTURES") {
            std::fs::write(std::path::Path::new(&folder).join(name), &page.bytes).unwrap();
        }
        let Some(words) = words(&page.bytes) else { return };
        let always =
            ["Fern & Ωmega Привет", "Żaneta Καλημέρα", "Austin TX 78701", "Door sign, oak"];
        for shown in shown.into_iter().chain(always) {
            assert!(words.contains(shown), "{shown} is not in {words}");
        }
        for hidden in hidden {
            assert!(!words.contains(hidden), "{hidden} is in {words}");
        }
    }
    let reference = load(&browser, id).await.fulfilments[0].reference.clone().unwrap();
    let sheet = browser.get(&format!("/orders/{id}/papers/job-sheet.pdf?paper=a4")).await;
    assert!(words(&sheet.bytes).unwrap().contains(&reference.to_string()));
}

/// A print shop wants names of its own: nothing that a customer typed leads out of the folder.
#[tokio::test]
async fn print_files_are_called_as_the_provider_wants_them() {
    use std::sync::Arc;
    use woodblock::flow::ctx::ProviderSeat;
    use woodblock::flow::handout;
    use woodblock::model::file_name::FileName;

    let mut day = Day::new().await;
    let seats = day.ctx.providers.iter().map(|(id, seat)| {
        let mut seat: ProviderSeat = seat.clone();
        let rule = "{quantity}x {product} {field.name} {item} {area}";
        seat.rules.file_names = FileName::parse(rule).unwrap();
        (*id, seat)
    });
    day.ctx.providers = Arc::new(seats.collect());
    let order = day.shop.customer_buys(cart(vec![named("MUG", "../Ann & Bo").times(2)]));
    day.run_for(10 * MINUTE).await;
    let handouts = handout::load(&day.ctx, vec![day.id(order).await]).await.unwrap();
    let files = handout::files(&day.ctx, &handouts).unwrap();
    let number = day.order(order).await.number;
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [format!("2x MUG Ann-Bo {number}-1 front.png")]);
}
