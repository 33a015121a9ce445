//! The pages of designs: upload and its faults, versions, fields as a form, retiring, downloads.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::Value as Json;

use crate::common::{Day, MINUTE, cart, named};
use crate::web::{Browser, ORIGIN, Page};
use woodblock::db;
use woodblock::db::design::Version;
use woodblock::model::id::Hash;
use woodblock::outside::design_folder::{archive, samples};

const TOML: &str = "# Ours\nname = \"Sign\"\n\n[area.front]\nfile = \"front.svg\"  # by Eve\n\
    width_in = 4.0\nheight_in = 4.0\nbleed_in = 0.125\n\n[field.name]\nkind = \"text\"\n\
    label = \"Name\"\nmax   = 20\n";
const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400'>\
    <text id='name' x='200' y='200' font-family='Open Sans' text-anchor='middle'>Anna</text></svg>";

/// Sends files with their paths, as a browser does.
async fn upload(browser: &Browser, name: &str, files: &[(&str, &[u8])]) -> Page {
    let page = browser.get("/designs/new").await;
    let mut body = Vec::new();
    for (key, value) in [("csrf", page.hidden("csrf")), ("name", name.to_owned())] {
        let part =
            format!("--x\r\ncontent-disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    for (path, bytes) in files {
        let head = format!(
            "--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{path}\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    let request = Request::post("/designs/new")
        .header(header::COOKIE, &browser.cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    browser.ask(request.body(Body::from(body)).unwrap()).await
}

async fn versions(browser: &Browser, name: &str) -> Vec<Version> {
    let all = browser.day.ctx.read(|tx| Ok(db::design::versions(tx)?)).await.unwrap();
    all.into_iter().filter(|one| one.name == name).collect()
}

async fn inside() -> Browser {
    Browser::inside(Day::new().await).await
}

#[tokio::test]
async fn a_folder_a_zip_and_a_sample_become_designs() {
    let browser = inside().await;
    let files: &[(&str, &[u8])] =
        &[("Door Sign/design.toml", TOML.as_bytes()), ("Door Sign/front.svg", SVG.as_bytes())];
    let page = upload(&browser, "", files).await;
    assert_eq!(page.header("location"), "/designs/door-sign", "{}", page.text());
    let first = versions(&browser, "door-sign").await;
    assert_eq!((first.len(), first[0].added_by.as_str()), (1, "ann"));
    assert!(first[0].preview.is_some());
    let shown = browser.get("/designs/door-sign").await;
    shown.shows("4 × 4 in").shows("Open Sans").shows("comes with woodblock").shows("by ann");

    let sample = &samples()[1];
    let packed = archive::write(sample.name, &sample.file_map()).unwrap();
    let page = upload(&browser, "", &[("anything.zip", &packed)]).await;
    assert_eq!(page.header("location"), "/designs/team-shirt", "{}", page.text());
    let hash = &versions(&browser, "team-shirt").await[0].hash;
    let zip = browser.get(&format!("/designs/team-shirt/{hash}/zip")).await;
    assert_eq!(zip.header("content-type"), "application/zip");
    assert_eq!(archive::read(&zip.bytes).unwrap().files, sample.file_map());

    let taken = [("sample", "photo-pendant")];
    let page = browser.press("/designs/new", "/designs/sample", &taken).await;
    assert_eq!(page.header("location"), "/designs/photo-pendant");
    browser.get("/designs").await.shows("photo-pendant").shows("no product yet").shows("in use");
}

#[tokio::test]
async fn faults_are_listed_with_place_and_cure_and_nothing_is_kept() {
    let browser = inside().await;
    let wrong = TOML.replace("max   = 20", "max   = 20\nletters = \"runes\"");
    let files: &[(&str, &[u8])] =
        &[("design.toml", wrong.as_bytes()), ("front.svg", SVG.as_bytes())];
    let page = upload(&browser, "sign-2", files).await;
    page.shows("One thing is wrong, so nothing was kept").shows("[field.name], line 10");
    page.shows("Known are letters, digits, letters_and_digits and any.");
    page.shows("value=\"sign-2\"");
    let empty = SVG.replace("id='name'", "id='other'");
    let files: &[(&str, &[u8])] =
        &[("design.toml", TOML.as_bytes()), ("front.svg", empty.as_bytes())];
    let page = upload(&browser, "sign-2", files).await;
    page.shows("no drawing has a text with the id `name`");
    upload(&browser, "sign-2", &[("../design.toml", b"x")]).await.shows("leads out of the folder");
    upload(&browser, "sign-2", &[]).await.shows("Choose a ZIP or a folder.");
    upload(&browser, "Not A Name", files).await.shows("cannot be the name of a design");
    assert!(versions(&browser, "sign-2").await.is_empty());
}

/// A fault that has a place in a drawing is shown there: the drawing with a frame, and the lines of the
/// file. One that leaves nothing to draw is told in words.
#[tokio::test]
async fn faults_in_a_drawing_are_shown_where_they_are() {
    let browser = inside().await;
    let svg = SVG.replace(
        "</svg>",
        "\n<foreignObject x='40' y='80' width='120' height='40'/>\n\
         <image href='cat.png' x='200' y='0' width='100' height='100'/>\n</svg>",
    );
    let svg = svg.replace("Open Sans", "No Such");
    let send = async |svg: &str| {
        let files: &[(&str, &[u8])] =
            &[("design.toml", TOML.as_bytes()), ("front.svg", svg.as_bytes())];
        upload(&browser, "marked", files).await
    };
    let page = send(&svg).await;
    page.shows("3 things are wrong").shows("front.svg, line 2").shows("the place is framed");
    page.shows("<rect class=\"wrong\" x=\"100\" y=\"200\" width=\"300\" height=\"100\"/>");
    page.shows("<rect class=\"wrong\" x=\"500\" y=\"0\" width=\"250\" height=\"250\"/>");
    page.shows("the font “No Such” is not here").shows("Here: ");
    let text = page.text();
    assert_eq!(text.matches("class=\"wrong\"").count(), 3, "{text}");
    let picture = text.split("/previews/").nth(1).unwrap().split('"').next().unwrap();
    let shown = browser.get(&format!("/previews/{picture}")).await;
    assert_eq!(shown.header("content-type"), "image/png");
    assert!(100 < shown.bytes.len());
    // A text in the place of a rectangle is framed as well; what cannot be read has words alone.
    let other = SVG.replace("<text id='name'", "<rect id='name' width='40' height='40'/><text");
    send(&other).await.shows("no drawing has a text").shows("width=\"100\" height=\"100\"");
    let broken = send("<svg><g>").await;
    broken.shows("it cannot be read").lacks("class=\"wrong\"");
    assert!(versions(&browser, "marked").await.is_empty());
}

#[tokio::test]
async fn fields_are_changed_in_a_form_and_the_file_stays_as_it_was_written() {
    let browser = inside().await;
    let files: &[(&str, &[u8])] =
        &[("design.toml", TOML.as_bytes()), ("front.svg", SVG.as_bytes())];
    upload(&browser, "door", files).await;
    let page = browser.get("/designs/door").await;
    let version = page.hidden("version");
    let same = [
        ("act", "save"),
        ("version", &*version),
        ("value.name", "Anna"),
        ("field.name.label", "Name"),
        ("field.name.required", "yes"),
        ("field.name.letters", "any"),
        ("field.name.min", "0"),
        ("field.name.max", "20"),
        ("field.name.case", "keep"),
        ("field.name.fit", "shrink"),
        ("field.name.min_pt", "6"),
        ("field.name.default", ""),
        ("field.name.from", ""),
    ];
    browser.press("/designs/door", "/designs/door", &same).await;
    assert_eq!(
        versions(&browser, "door").await.len(),
        1,
        "nothing changed, yet a version was made"
    );
    let with = |changes: &[(&'static str, &'static str)]| {
        let mut fields = same.to_vec();
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        fields
    };
    let odd = with(&[("field.name.max", "many")]);
    let page = browser.press("/designs/door", "/designs/door", &odd).await;
    page.shows("Most characters: “many” is no number").shows("value=\"many\"");
    let odd = with(&[("field.name.default", "A default that is longer than twenty")]);
    let page = browser.press("/designs/door", "/designs/door", &odd).await;
    page.shows("its default is not allowed by itself");
    assert_eq!(versions(&browser, "door").await.len(), 1);

    let new =
        with(&[("field.name.max", "12"), ("field.name.from", "_dog\nDog"), ("value.name", "Bo")]);
    let page = browser.press("/designs/door", "/designs/door", &new).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
    let all = versions(&browser, "door").await;
    let current = all.iter().find(|one| one.is_current).unwrap();
    let design = browser.day.ctx.shelf.get(&browser.day.ctx, &current.hash).await.unwrap();
    let written = String::from_utf8(design.files["design.toml"].clone()).unwrap();
    let expected = TOML.replace("max   = 20\n", "max   = 12\nfrom = [\"_dog\", \"Dog\"]\n");
    assert_eq!(written, expected);
    // The values stay for the next version, and a form of an older version is refused.
    browser.get("/designs/door").await.shows("value=\"Bo\"");
    let page = browser.press("/designs/door", "/designs/door", &new).await;
    page.shows("somebody added another version meanwhile");
    let old = all.iter().find(|one| !one.is_current).unwrap();
    let both = browser.get(&format!("/designs/door/{}?with={}", current.hash, old.hash)).await;
    both.shows("Name: Most characters").shows("<del>20</del>").shows("<ins>12</ins>");
    both.shows("design.toml</code> <small>changed");
    let back = [("version", old.hash.as_str())];
    browser.press("/designs/door", "/designs/door/use", &back).await;
    let now = browser.day.ctx.read(|tx| Ok(db::design::current(tx, "door")?)).await.unwrap();
    assert_eq!(now.as_ref(), Some(&old.hash));
}

#[tokio::test]
async fn a_design_is_drawn_while_its_rules_are_typed() {
    let browser = inside().await;
    let files: &[(&str, &[u8])] =
        &[("design.toml", TOML.as_bytes()), ("front.svg", SVG.as_bytes())];
    upload(&browser, "door", files).await;
    let csrf = browser.get("/designs/door").await.hidden("csrf");
    let ask = async |max: &str| -> Json {
        let fields = [
            ("csrf", &*csrf),
            ("seq", "3"),
            ("value.name", "Maximilian"),
            ("field.name.label", "Name"),
            ("field.name.required", "yes"),
            ("field.name.min", "0"),
            ("field.name.max", max),
            ("field.name.min_pt", "6"),
        ];
        let page = browser.post("/designs/door/preview", &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        serde_json::from_slice(&page.bytes).unwrap()
    };
    let drawn = ask("20").await;
    assert_eq!((&drawn["seq"], &drawn["is_printable"]), (&Json::from(3), &Json::from(true)));
    assert_eq!(drawn["pictures"][0]["trim_x"], 31);
    let drawn = ask("5").await;
    let said = drawn["fields"]["name"]["problems"][0].as_str().unwrap();
    assert!(said.contains("10 characters, at most 5"), "{said}");
    assert!(ask("x").await["problems"][0].as_str().unwrap().contains("no number"));
}

#[tokio::test]
async fn a_design_in_use_is_not_retired_and_orders_keep_a_retired_one() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    day.run_for(5 * MINUTE).await;
    let browser = Browser::inside(day).await;
    browser.press("/designs/sign", "/designs/sign/retire", &[]).await;
    let page = browser.get("/designs/sign").await;
    page.shows("is made with it: give that product another design first");
    let number = browser.day.order(order).await.number;
    page.shows("Open orders:").shows(&number);
    let taken = [("sample", "finished-print")];
    browser.press("/designs/new", "/designs/sample", &taken).await;
    browser.press("/designs/finished-print", "/designs/finished-print/retire", &[]).await;
    browser
        .get("/designs/finished-print")
        .await
        .shows("retired: new orders cannot be made with it");
    browser.get("/designs").await.shows("retired");
    let hash: Hash = versions(&browser, "finished-print").await[0].hash.clone();
    let again = [("version", hash.as_str())];
    browser.press("/designs/finished-print", "/designs/finished-print/use", &again).await;
    assert!(versions(&browser, "finished-print").await[0].is_current);
    assert_eq!(browser.get("/designs/nothing").await.status, StatusCode::NOT_FOUND);
    let odd = [("sample", "none")];
    assert_eq!(browser.press("/designs/new", "/designs/sample", &odd).await.status, 404);
}
