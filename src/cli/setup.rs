//! From settings to a working context: storage, files, press, shops, providers, mail.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use secrecy::ExposeSecret;

use crate::app::live::Live;
use crate::app::seats;
use crate::app::state_dir::{StateDir, derive};
use crate::config::Config;
use crate::db;
use crate::flow::Ctx;
use crate::flow::ctx::{Chance, NoProbe, ProviderSeat, ShopSeat};
use crate::flow::furnish;
use crate::flow::pulse::Pulse;
use crate::flow::shelf::Shelf;
use crate::outside::clock::{Clock, SystemClock};
use crate::outside::fetch::WebFetch;
use crate::outside::files::FolderFiles;
use crate::outside::machine::FolderRoom;
use crate::outside::press::metered::MeteredPress;
use crate::outside::press::walls::Allowance;
use crate::outside::press::{ChildPress, Confinement, Limits};
use crate::outside::provider::metered::MeteredProvider;

/// The same with what was set in the pages.
pub async fn open_whole(config: &Config, state: &StateDir, exe: PathBuf) -> anyhow::Result<Ctx> {
    let ctx = open(config, state, exe).await?;
    Live::new(ctx.clone(), config.clone()).reload().await?;
    Ok(ctx.latest())
}

/// Builds everything from the settings of the file; the folder is locked as long as `state` lives.
pub async fn open(config: &Config, state: &StateDir, exe: PathBuf) -> anyhow::Result<Ctx> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let now_of = Arc::clone(&clock);
    let storage = db::Db::open(&state.database(), Arc::new(move || now_of.now()))
        .context("the database cannot be opened")?;
    let files = FolderFiles::open(state.files()).context("the files folder cannot be opened")?;
    let key = state.key().context("the key cannot be read")?;
    let seed: u64 = rand::random();
    let pulse: Arc<Pulse> = Arc::default();
    let (shop_ids, provider_ids) = furnish::declare(
        &storage,
        config.shop.iter().map(seats::declared_shop).collect(),
        config.provider.iter().map(seats::declared_provider).collect(),
    )
    .await?;
    let mut shops = BTreeMap::new();
    for (id, shop) in shop_ids.into_iter().zip(&config.shop) {
        let seat = ShopSeat {
            name: shop.name.clone(),
            shop: seats::woocommerce(shop, Arc::clone(&clock), seed)?,
            rules: shop.rules(&config.server.zone),
        };
        shops.insert(id, seat);
    }
    let mut providers = BTreeMap::new();
    for (id, provider) in provider_ids.into_iter().zip(&config.provider) {
        let seat = ProviderSeat {
            name: provider.name.clone(),
            provider: Arc::new(MeteredProvider::new(
                &provider.name,
                seats::adapter(provider)?,
                Arc::clone(&pulse.meter),
            )),
            rules: provider.rules(seats::hook_token(provider, &key)),
        };
        providers.insert(id, seat);
    }
    let mailer = seats::mailer(config, &clock);
    let press = Arc::new(ChildPress::new(exe, limits(config)));
    let ctx = Ctx {
        db: storage,
        clock,
        files: Arc::new(files),
        room: Arc::new(FolderRoom(config.server.state_dir.clone())),
        gate: Arc::default(),
        shelf: Arc::new(Shelf::default()),
        press: Arc::new(MeteredPress::new(press, Arc::clone(&pulse.meter))),
        fetch: Arc::new(WebFetch::new(seats::fetch_settings(config))),
        mailer,
        shops: Arc::new(shops),
        providers: Arc::new(providers),
        rules: Arc::new(config.rules(derive(&key, "files"))),
        chance: Arc::new(Chance::seeded(seed)),
        probe: Arc::new(NoProbe),
        pulse,
        changed: Arc::default(),
    };
    #[cfg(feature = "failpoints")]
    let ctx = crate::failpoint::around(ctx);
    Ok(ctx)
}

pub(super) fn limits(config: &Config) -> Limits {
    let standard = Limits::default();
    Limits {
        allowance: Allowance {
            memory_bytes: config.render.memory_mib * 1024 * 1024,
            ..standard.allowance
        },
        wall_time: config.render.time_max.0,
        children: config.render.children as usize,
        confinement: match config.render.unconfined {
            true => Confinement::Unconfined,
            false => Confinement::Required,
        },
    }
}

/// The webhook secrets of each shop, by its name.
pub fn webhook_secrets(config: &Config) -> BTreeMap<String, Vec<secrecy::SecretString>> {
    config
        .shop
        .iter()
        .map(|shop| {
            let secrets = shop
                .webhook_secrets
                .iter()
                .filter(|secret| !secret.expose_secret().is_empty())
                .cloned()
                .collect();
            (shop.name.clone(), secrets)
        })
        .collect()
}
