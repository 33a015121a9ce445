//! The core with the real clients for shop, providers and photos, against the world over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::common::*;
use axum::http::{StatusCode, Uri};
use url::Url;
use woodblock::model::id::Hash;
use woodblock::outside::fetch::{FetchSettings, WebFetch};
use woodblock::outside::files::{Files, MemoryFiles};
use woodblock::outside::guard::GuardSettings;
use woodblock::outside::http::HttpSettings;
use woodblock::outside::provider::Provider;
use woodblock::outside::provider::customcat::{CustomCat, CustomCatSettings};
use woodblock::outside::provider::shineon::{ShineOn, ShineOnSettings};
use woodblock::outside::shop::woocommerce::{WooCommerce, WooSettings};
use woodblock::sandbox::shop::Tracking;
use woodblock::sandbox::{Call, Fault, HttpFace, HttpFault};

const DAYS: Duration = Duration::from_secs(24 * 3_600);

/// Serves print files by their hash, as the program's own public pages do.
async fn serve_over_http(files: Arc<MemoryFiles>) -> String {
    let app = axum::Router::new().fallback(move |uri: Uri| async move {
        let name = uri.path().rsplit('/').next().unwrap_or_default();
        let hash = Hash::parse(name.split('.').next().unwrap_or_default());
        match hash.and_then(|hash| files.get(&hash).ok()) {
            Some(bytes) => (StatusCode::OK, bytes),
            None => (StatusCode::NOT_FOUND, Vec::new()),
        }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn quick() -> HttpSettings {
    HttpSettings {
        connect_timeout: Duration::from_millis(500),
        timeout: Duration::from_secs(2),
        ..HttpSettings::default()
    }
}

/// A day whose shop and providers are reached over HTTP.
async fn day_over_http() -> (Day, HttpFace) {
    let mut setting = Setting { poll_every: HOUR, ..Setting::default() };
    // The address of the files must be known before the day begins.
    let files = Arc::new(MemoryFiles::default());
    setting.rules.public_url = serve_over_http(files.clone()).await;
    let mut day = Day::with(setting).await;
    day.ctx.files = files.clone();
    day.files = files;
    let face = HttpFace::start(day.world.clone(), day.clock.clone()).await.unwrap();
    let home = Url::parse(&face.shop_url("main")).unwrap();
    let key = day.shop.key();
    let settings = WooSettings {
        http: quick(),
        ..WooSettings::new(
            home,
            key.consumer_key.as_str().into(),
            key.consumer_secret.as_str().into(),
        )
    };
    let shop = Arc::new(WooCommerce::new(settings, day.clock.clone(), 1));
    let mut shops: BTreeMap<_, _> = day.ctx.shops.as_ref().clone();
    for seat in shops.values_mut() {
        seat.shop = shop.clone();
    }
    day.ctx.shops = Arc::new(shops);
    let mut keys = Vec::new();
    for provider in [&day.customcat, &day.shineon] {
        provider.set(|settings| keys.push(settings.key.clone()));
    }
    let customcat: Arc<dyn Provider> = Arc::new(CustomCat::new(CustomCatSettings {
        base: Url::parse(&face.customcat_url("customcat")).unwrap(),
        http: quick(),
        ..CustomCatSettings::new(keys[0].as_str().into())
    }));
    let shineon: Arc<dyn Provider> = Arc::new(ShineOn::new(ShineOnSettings {
        base: Url::parse(&face.shineon_url("shineon")).unwrap(),
        http: quick(),
        ..ShineOnSettings::new(keys[1].as_str().into())
    }));
    let mut providers: BTreeMap<_, _> = day.ctx.providers.as_ref().clone();
    for seat in providers.values_mut() {
        match seat.name.as_str() {
            "customcat" => seat.provider = customcat.clone(),
            "shineon" => seat.provider = shineon.clone(),
            _ => {}
        }
    }
    day.ctx.providers = Arc::new(providers);
    day.ctx.fetch = Arc::new(WebFetch::new(FetchSettings {
        guard: GuardSettings {
            exceptions: [("127.0.0.1".to_owned(), face.address().port())].into(),
            ..GuardSettings::default()
        },
        ..FetchSettings::default()
    }));
    (day, face)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_for_two_providers_runs_from_payment_to_tracking() {
    let (day, _face) = day_over_http().await;
    day.shop.set_tracking(Tracking::ShipmentTracking);
    let lines = vec![named("MUG", "Zoë & Co"), named("PENDANT", "Rex")];
    let order = day.shop.customer_buys(cart(lines));
    day.run_for(8 * DAYS).await;
    let story = day.story(order).await.join("\n");
    assert_eq!(day.states(order).await, ["customcat shipped", "shineon shipped"], "{story}");
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.shop.parcels(order).len(), 2);
    assert_eq!(day.world.double_charges(), Vec::<String>::new());
    assert_eq!(day.alerts().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_everywhere_end_in_one_order_each() {
    let (day, _face) = day_over_http().await;
    for fault in [HttpFault::DropsAfterCommit, HttpFault::FailsAfterCommit] {
        day.world.fault_on(Call::ProviderWrite, Fault::Http(fault));
        day.world.fault_on(Call::ShopWrite, Fault::Http(fault));
        day.world.fault_on(Call::ShopRead, Fault::Http(HttpFault::Html));
    }
    let lines = vec![named("MUG", "Zoë"), named("PENDANT", "Rex")];
    let order = day.shop.customer_buys(cart(lines));
    day.run_for(9 * DAYS).await;
    let story = day.story(order).await.join("\n");
    assert_eq!(day.states(order).await, ["customcat shipped", "shineon shipped"], "{story}");
    assert_eq!(day.world.double_charges(), Vec::<String>::new());
    assert_eq!(day.world.ledger().len(), 2);
    assert_eq!(day.shop.parcels(order).len(), 2);
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.world.faults_pending(), 0);
}
