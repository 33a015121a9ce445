//! A day with an order in every state, for eyes and browsers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::drawing::Drawing;
use super::{Day, HOUR, MINUTE, Setting, ann, cart, rules};
use woodblock::db;
use woodblock::flow::operate::Delay;
use woodblock::flow::{FlowError, mark};
use woodblock::model::check::Checks;
use woodblock::model::hold::Target;
use woodblock::model::id::ShopOrderId;
use woodblock::model::item::Step;
use woodblock::model::mark::{Label, Mark};
use woodblock::model::problem::{Problem, What};
use woodblock::model::product::{Copies, Made, Matches, Recipe};
use woodblock::model::provider_order::{Reach, Refusal};
use woodblock::outside::design_folder;
use woodblock::sandbox::fault::{Call, Fault};
use woodblock::sandbox::provider::{ParcelPlan, ProviderAct, Start};
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Cart, CartLine, Pay};
use woodblock::web::{self, Site, SiteSettings};

/// The password of `ann`, who operates the showroom.
pub const PASSWORD: &str = "showroom";

/// The same design in a third of its resolution, so that a room full of orders is drawn in no time.
/// Finished artwork has the pixels that it has. One picture of a product is enough to be looked at.
fn coarse(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let text = String::from_utf8(files["design.toml"].clone()).unwrap();
    if text.contains(".svg") {
        let text = text.replace("= 300", "= 100");
        let text = text.split("[mockup.back]").next().unwrap_or_default().to_owned();
        files.insert("design.toml".to_owned(), text.into_bytes());
    }
    files
}

/// A day with the sample designs, a product map and the operator `ann`.
async fn stage(address: &str) -> Day {
    let setting = Setting {
        rules: woodblock::flow::ctx::Rules {
            operators_url: format!("http://{address}"),
            ..rules()
        },
        ..Setting::default()
    };
    let mut day = Day::with(setting).await;
    day.ctx.press = Arc::new(Drawing);
    let mut designs = Vec::new();
    for sample in design_folder::samples() {
        let design = design_folder::from_files(sample.name, coarse(sample.file_map())).unwrap();
        let design = Arc::new(design);
        day.ctx.shelf.put(Arc::clone(&design));
        designs.push(design);
    }
    let shop = day.shop_id;
    let done: Result<(), FlowError> = day
        .ctx
        .call(move |tx| {
            for design in &designs {
                db::design::put(tx, &design.hash, &design.name, &design.title, &[])?;
            }
            for (sku, design, provider) in [
                ("MUG-11", "mug-name-photo", "customcat"),
                ("SHIRT-L", "team-shirt", "customcat"),
                ("PENDANT-S", "photo-pendant", "shineon"),
                ("PRINT-A5", "finished-print", "workshop"),
                ("SHIRT-PROOF", "team-shirt", "customcat"),
            ] {
                let recipe = Recipe {
                    design: design.to_owned(),
                    provider: provider.to_owned(),
                    provider_sku: if provider == "shineon" { "SO-1" } else { "47417" }.to_owned(),
                    routes: Vec::new(),
                    steps: (sku == "SHIRT-PROOF").then(|| vec![Step::Artwork, Step::Proof]),
                    delay_s: None,
                    copies: Copies::Alike,
                    checks: Checks::default(),
                };
                db::product::put(tx, shop, &Matches::Sku(sku.to_owned()), &Made::Here(recipe))?;
            }
            let shirt = Matches::Sku("SHIRT-L".to_owned());
            let doubts = ["customcat 47417 is out of stock".to_owned()];
            db::product::set_doubts(tx, shop, &shirt, &doubts)?;
            let hash = web::auth::hash_password(PASSWORD);
            db::person::put(tx, "ann", &hash)?;
            Ok(())
        })
        .await;
    done.unwrap();
    day
}

fn mug(name: &str) -> CartLine {
    CartLine::of(110, "MUG-11", "Dog mug, 11 oz")
        .with("Your name", name)
        .with("Photo", "https://shop.example/uploads/dog.jpg")
}

fn shirt(name: &str, number: &str, colour: &str) -> CartLine {
    CartLine::of(120, "SHIRT-L", "Team shirt, L")
        .with("Name", name)
        .with("Number", number)
        .with("Print colour", colour)
}

fn pendant() -> CartLine {
    CartLine::of(130, "PENDANT-S", "Heart pendant, silver")
        .with("Photo", "https://shop.example/uploads/dog.jpg")
        .with("Engraving", "Best dog ever")
}

fn poster() -> CartLine {
    CartLine::of(140, "PRINT-A5", "Evening hills, 4 × 6 in")
}

fn buys(day: &Day, nth: usize, cart: Cart) -> ShopOrderId {
    day.shop.customer_buys(cart.to(a_recipient(nth)))
}

async fn pass(day: &Day, span: Duration) {
    day.run_for(span).await;
}

/// Orders in every state.
async fn furnish(day: &Day) {
    let photo = include_bytes!("../../assets/photos/dog.jpg").to_vec();
    day.world.put_photo("https://shop.example/uploads/dog.jpg", photo);
    partly_shipped(day).await;
    buys(day, 0, cart(vec![mug("Bella"), shirt("Miller", "7", "Red")]));
    pass(day, 100 * HOUR).await;
    let refusal = Refusal {
        problem: Problem::new(What::Refused, "", "SKU 47417 is out of stock in Detroit"),
        reach: Reach::Order,
        suggestions: Vec::new(),
    };
    day.world.fault_on(Call::Submit, Fault::RefuseWith(refusal));
    buys(day, 1, cart(vec![shirt("van der Berg", "23", "Gold")]));
    pass(day, 3 * HOUR).await;
    let luna = buys(day, 2, cart(vec![mug("Luna")]));
    let hills = buys(day, 3, cart(vec![poster()]));
    // ShineOn takes a corrected file until it begins.
    day.shineon.set(|settings| settings.start = Start::After(400 * HOUR));
    buys(day, 2, cart(vec![pendant()]));
    pass(day, 3 * HOUR).await;
    let proof = |name| CartLine::of(120, "SHIRT-PROOF", "Team shirt, L").with("Name", name);
    for (nth, name) in ["Novak", "Ferrante"].into_iter().enumerate() {
        let line = proof(name).with("Number", "9").with("Print colour", "Navy");
        buys(day, nth, cart(vec![line]));
    }
    buys(day, 1, cart(vec![CartLine::of(150, "GIFTWRAP", "Gift card")]));
    buys(day, 3, cart(vec![CartLine::of(170, "TOTE-NAT", "Tote bag, natural")]));
    buys(day, 2, cart(vec![mug("Wilhelmina the Third")]));
    let mut nowhere = a_recipient(3);
    nowhere.postcode.clear();
    day.shop.customer_buys(cart(vec![pendant()]).to(nowhere));
    buys(day, 0, cart(vec![mug("Coco")]).paid(Pay::BankTransfer));
    let urgent = buys(day, 1, cart(vec![shirt("Okafor", "10", "Navy"), mug("Rex")]));
    let paused = buys(day, 3, cart(vec![pendant(), mug("Momo").times(2)]));
    pass(day, 20 * MINUTE).await;
    let path = day.order(paused).await;
    let why = "customer asked to wait";
    day.ctx.pause(path.id, Target::Order, why, &ann()).await.unwrap();
    buys(day, 2, cart(vec![mug("Pixel"), pendant(), CartLine::of(160, "GIFTWRAP", "Gift wrap")]));
    pass(day, 5 * MINUTE).await;
    labelled(day, &[luna, hills]).await;
    let order = day.order(urgent).await;
    for one in &order.fulfilments {
        let delay = Delay::At(woodblock::outside::clock::Clock::now(&*day.clock).plus(9 * MINUTE));
        day.ctx.change_delay(order.id, one.id, delay, &ann()).await.unwrap();
    }
}

/// One parcel left before the provider cancelled the rest, and nobody knows what was in it.
async fn partly_shipped(day: &Day) {
    let mut usual = ParcelPlan::ByHand;
    day.customcat.set(|settings| std::mem::swap(&mut settings.parcels, &mut usual));
    buys(day, 2, cart(vec![mug("Biscuit"), shirt("Lindqvist", "4", "Gold")]));
    pass(day, 48 * HOUR).await;
    let entry = day.customcat.ledger()[0].clone();
    let line = entry.lines[0].key.clone();
    day.customcat.act(&entry.reference, ProviderAct::Ships(vec![(line, 1)]));
    day.customcat.act(&entry.reference, ProviderAct::GivesUp);
    pass(day, 10 * HOUR).await;
    day.customcat.set(|settings| std::mem::swap(&mut settings.parcels, &mut usual));
}

/// Words of colleagues, and a view that shows them.
async fn labelled(day: &Day, orders: &[ShopOrderId]) {
    for (order, name) in orders.iter().zip(["Rush", "Gift wrap"]) {
        let (id, label) = (day.id(*order).await, Label::named(name).unwrap());
        mark::put(&day.ctx, id, Mark::Label(label), &ann()).await.unwrap();
        mark::put(&day.ctx, id, Mark::Assign("ann".to_owned()), &ann()).await.unwrap();
    }
    let query = "view=all&label=rush";
    let kept: Result<bool, FlowError> =
        day.ctx.call(|tx| Ok(db::saved_view::put(tx, "ann", "In a hurry", query, true)?)).await;
    assert!(kept.unwrap());
}

/// The pages of a day with an order in every state, as they are served at `address`.
pub async fn pages(address: &str) -> (Day, axum::Router) {
    let day = stage(address).await;
    furnish(&day).await;
    let pages = serve(&day, address);
    (day, pages)
}

/// The same before the first order.
pub async fn empty(address: &str) -> (Day, axum::Router) {
    let day = stage(address).await;
    let pages = serve(&day, address);
    (day, pages)
}

fn serve(day: &Day, address: &str) -> axum::Router {
    let settings = SiteSettings {
        operators_url: format!("http://{address}"),
        public_url: "https://prints.example".to_owned(),
        zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(1)),
        trusted_proxies: Vec::new(),
        banner: String::new(),
    };
    let wake = Arc::new(tokio::sync::Notify::new());
    let site = Site::new(day.ctx.clone(), settings, BTreeMap::new(), wake);
    web::operators(site)
}
