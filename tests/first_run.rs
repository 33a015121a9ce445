//! The first run, in a real Chromium: from an empty folder to a print file, without a settings file and
//! with a shop that gives its keys through its own approval page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::browser::Chromium;
use crate::common::{cart, named};
use woodblock::app::state_dir::StateDir;
use woodblock::cli::serve::{self, Serving};
use woodblock::cli::setup;
use woodblock::config::Config;
use woodblock::db;
use woodblock::flow::Ctx;
use woodblock::outside::clock::{Clock, SystemClock};
use woodblock::sandbox::{HttpFace, World};

/// The program as `woodblock serve` starts it, on free ports.
struct Program {
    ctx: Ctx,
    serving: Serving,
    _state: StateDir,
}

async fn start(folder: &std::path::Path) -> Program {
    let listen = || async { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let (operators, public) = (listen().await, listen().await);
    let text = format!(
        "[server]\nstate_dir = {:?}\noperators_url = \"http://{}\"\npublic_url = \"http://{}\"\n",
        folder.join("state"),
        operators.local_addr().unwrap(),
        public.local_addr().unwrap(),
    );
    let config = Config::parse(&text).unwrap();
    let state = StateDir::lock(&config.server.state_dir).unwrap();
    let exe = env!("CARGO_BIN_EXE_woodblock").into();
    let ctx = setup::open(&config, &state, exe).await.unwrap();
    let serving =
        serve::start(&config, ctx.clone(), operators, public, String::new()).await.unwrap();
    Program { ctx, serving, _state: state }
}

async fn owner(chromium: &Chromium, link: &str) {
    chromium.client.goto(link).await.unwrap();
    chromium.picture("first-0-account").await;
    chromium.type_in("input[name=name]", "olga").await;
    chromium.type_in("input[name=password]", "a password of the tests").await;
    chromium.click("form button").await;
    chromium.shown("Connect the shop").await;
}

async fn connect(chromium: &Chromium, shop: &str) {
    chromium.picture("first-1-shop").await;
    chromium.type_in("form[action$=approve] input[name=url]", shop).await;
    chromium.click("form[action$=approve] button").await;
    chromium.shown("Allow it in your shop").await;
    chromium.picture("first-1-approve").await;
    chromium.click(".start-body .card .primary").await;
    chromium.becomes("return !!document.querySelector('#approve')", serde_json::json!(true)).await;
    chromium.click("#approve").await;
    chromium.shown("Your shop sent its keys").await;
    chromium.picture("first-1-arrived").await;
    chromium.click("form[action$=look] button").await;
    chromium.shown("The shop is connected").await;
    chromium.shown("The key may write orders").await;
}

async fn steps(chromium: &Chromium) {
    chromium.shown("When orders go out").await;
    chromium.click("input[value=manual]").await;
    chromium.picture("first-2-when").await;
    chromium.click(".start-body .card .primary").await;
    chromium.shown("Who prints").await;
    chromium.click("input[value=by_hand]").await;
    chromium.picture("first-3-provider").await;
    chromium.click(".start-body .card .primary").await;
    chromium.shown("workshop is connected").await;
    chromium.picture("first-4-mail").await;
    chromium.click(".start-skip a").await;
    chromium.shown("Nothing here can reach a provider or a customer").await;
    chromium.picture("first-5-rehearsal").await;
    chromium.click("form[action$=rehearsal] .primary").await;
    chromium.shown("Print files").await;
    let size = "const img = document.querySelector('.prints img'); \
                return img.decode().then(() => img.naturalWidth)";
    assert_eq!(chromium.script(size).await, serde_json::json!(2700), "9 in at 300 dpi");
    chromium.picture("first-5-drawn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_a_print_file() {
    let Some(chromium) = Chromium::start().await else { return };
    let began = Instant::now();
    let world = World::new(1, SystemClock.now());
    let shop = world.shop("main");
    let face = HttpFace::start(world.clone(), Arc::new(SystemClock)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = start(folder.path()).await;
    let link = program.serving.first_page.clone();
    assert!(link.contains("/setup/"), "{link}");
    owner(&chromium, &link).await;
    connect(&chromium, &face.shop_url("main")).await;
    steps(&chromium).await;
    println!("first print file after {:.1} s", began.elapsed().as_secs_f64());
    assert!(began.elapsed() < Duration::from_secs(300), "D006");
    // Nothing of the rehearsal is an order, a mail or a job of one.
    let kept = program.ctx.read(|tx| Ok(db::rehearsal::all(tx)?.len())).await.unwrap();
    assert_eq!(kept, 1);
    assert!(program.ctx.read(|tx| Ok(db::listing::newest_change(tx)?)).await.unwrap() == 0);
    chromium.click(".start-skip a").await;
    chromium.shown("To begin with").await;
    chromium.shown("5 of 6 done").await;
    chromium.picture("first-6-home").await;
    // The shop that was connected here brings its orders, and what was set for it holds.
    let id = shop.customer_buys(cart(vec![named("CARD", "Rex")]));
    let ctx = program.ctx.latest();
    let (shop_id, seat) = ctx.shops.first_key_value().unwrap();
    assert_eq!(seat.rules.approval, woodblock::model::order::Approval::Manual);
    let (shop_id, until) = (*shop_id, Instant::now() + Duration::from_secs(60));
    ctx.call(move |tx| woodblock::flow::intake::ask(tx, shop_id, id)).await.unwrap();
    loop {
        // Nothing is mapped yet, so the order is seen and passes by.
        let passed = ctx.read(move |tx| Ok(db::passed::all(tx, shop_id)?.len())).await.unwrap();
        if passed == 1 {
            break;
        }
        assert!(Instant::now() < until, "its order never came");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Started again, everything is there and nobody is offered the first account.
    let Program { serving, ctx, _state } = program;
    serving.stop().await.unwrap();
    drop((ctx, _state));
    let again = start(folder.path()).await;
    assert!(!again.serving.first_page.contains("/setup/"), "{}", again.serving.first_page);
    let latest = again.ctx.latest();
    assert_eq!((latest.shops.len(), latest.providers.len()), (1, 1));
    again.serving.stop().await.unwrap();
    face.stop().await;
    chromium.end().await;
}
