//! Fonts that an installation lends to every design.

use axum::body::Body;
use axum::http::{Request, header};
use std::collections::BTreeMap;

use crate::common::{Day, ann};
use crate::web::{Browser, ORIGIN};
use woodblock::db;
use woodblock::flow::{FlowError, design, font};
use woodblock::model::id::Hash;
use woodblock::outside::files::Files as _;

const KANA: &[u8] = include_bytes!("data/fonts/CherryBombOne_400Regular.ttf");
const OTHER: &[u8] = include_bytes!("data/fonts/Sunflower_700Bold.ttf");

fn files(family: &str) -> BTreeMap<String, Vec<u8>> {
    let toml = "name = 'Card'\n[area.front]\nfile = 'front.svg'\nwidth_in = 3\nheight_in = 1\n\
                [field.name]\nkind = 'text'\nlabel = 'Name'\nletters = 'any'\n";
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 100'><text id='name' x='150' y='60' \
         text-anchor='middle' font-size='30' font-family='{family}, Open Sans'>x</text></svg>"
    );
    BTreeMap::from([
        ("design.toml".to_owned(), toml.as_bytes().to_vec()),
        ("front.svg".to_owned(), svg.into_bytes()),
    ])
}

async fn fonts_of(day: &Day, version: &Hash) -> Vec<(String, Hash)> {
    let version = version.clone();
    let found: Result<_, FlowError> =
        day.ctx.read(move |tx| Ok(db::design::files(tx, &version)?)).await;
    let (_, files) = found.unwrap().unwrap();
    files.into_iter().filter(|(path, _)| path.starts_with("fonts/")).collect()
}

#[tokio::test]
async fn a_design_keeps_the_fonts_that_it_was_added_with() {
    let day = Day::new().await;
    let line =
        font::add(&day.ctx, "C:\\fonts\\Kana.ttf", KANA.to_vec(), &ann()).await.unwrap().unwrap();
    assert_eq!((&*line.file, &line.families), ("Kana.ttf", &vec!["Cherry Bomb One".to_owned()]));
    assert!(line.about.contains("Regular") && line.about.contains("Japanese"), "{}", line.about);
    let first =
        design::add(&day.ctx, "card", files("Cherry Bomb One"), "ann").await.unwrap().unwrap();
    assert_eq!(fonts_of(&day, &first).await, [("fonts/Kana.ttf".to_owned(), Hash::of(KANA))]);
    assert_eq!(font::list(&day.ctx).await.unwrap()[0].used_by, ["card"]);
    // Changed or removed, it changes no version that is here.
    font::remove(&day.ctx, "Kana.ttf", &ann()).await.unwrap();
    let kept = day.ctx.shelf.get(&day.ctx, &first).await.unwrap();
    assert_eq!(kept.files["fonts/Kana.ttf"], KANA);
    assert!(day.files.get(&Hash::of(KANA)).is_ok());
    // One that brings its own, or names none of these, gets none.
    font::add(&day.ctx, "Kana.ttf", OTHER.to_vec(), &ann()).await.unwrap().unwrap();
    let plain = design::add(&day.ctx, "plain", files("Lobster Two"), "ann").await.unwrap().unwrap();
    assert_eq!(fonts_of(&day, &plain).await, []);
    let mut own = files("Sunflower");
    own.insert("mine.ttf".to_owned(), OTHER.to_vec());
    let own = design::add(&day.ctx, "own", own, "ann").await.unwrap().unwrap();
    assert_eq!(fonts_of(&day, &own).await, []);
}

#[test]
fn a_font_that_is_cut_short_is_a_fault_of_the_design() {
    let mut files = files("Cherry Bomb One");
    files.insert("kana.ttf".to_owned(), KANA[..KANA.len() / 3].to_vec());
    let faults = woodblock::outside::design_folder::checked("card", files).unwrap_err();
    let found = faults.iter().any(|one| one.place == "kana.ttf" && one.what.contains("cut short"));
    assert!(found, "{faults:?}");
}

#[tokio::test]
async fn what_is_no_font_is_refused_with_words() {
    let day = Day::new().await;
    let refused = async |file: &str, bytes: &[u8]| {
        font::add(&day.ctx, file, bytes.to_vec(), &ann()).await.unwrap().unwrap_err()
    };
    assert!(refused("a.woff2", KANA).await.contains(".ttf, .otf or .ttc"));
    assert!(refused("a.ttf", b"<svg/>").await.contains("no TrueType"));
    assert!(refused("a.ttf", &KANA[..KANA.len() / 3]).await.contains("cut short"));
    assert!(refused("", KANA).await.contains(".ttf"));
    assert_eq!(font::list(&day.ctx).await.unwrap(), []);
    let gone = font::remove(&day.ctx, "no.ttf", &ann()).await;
    assert!(matches!(gone, Err(FlowError::NotFound(_))), "{gone:?}");
}

impl Browser {
    async fn sends_font(&self, name: &str, bytes: &[u8]) -> crate::web::Page {
        let page = self.get("/fonts").await;
        let mut body = Vec::new();
        for field in ["csrf", "once"] {
            let value = page.hidden(field);
            body.extend(
                format!(
                    "--x\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
                )
                .bytes(),
            );
        }
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: font/ttf\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(b"\r\n--x--\r\n");
        let request = Request::post("/fonts/add")
            .header(header::COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }
}

#[tokio::test]
async fn fonts_are_added_shown_and_removed_on_their_page() {
    let browser = Browser::inside(Day::new().await).await;
    let page = browser.get("/fonts").await;
    page.shows("No font was added yet").shows("Always here").shows("Open Sans");
    browser.get("/designs").await.shows("href=\"/fonts\"");
    let page = browser.sends_font("Kana <i>.ttf", KANA).await;
    assert_eq!(page.header("location"), "/fonts");
    let page = browser.get("/fonts").await;
    page.shows("Cherry Bomb One can be used by every design now.").shows("<b>Cherry Bomb One</b>");
    page.shows("Kana i.ttf").shows("no design has it");
    browser.sends_font("x.ttf", b"nothing").await.shows("x.ttf: it is no TrueType");
    let once = page.hidden("once");
    let csrf = page.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("once", once.as_str()), ("file", "Kana i.ttf")];
    browser.post("/fonts/remove", &fields).await;
    browser
        .get("/fonts")
        .await
        .shows("No font was added yet")
        .shows("Designs that have it keep it.");
}
