//! From settings to a working context: storage, files, press, shops, providers, mail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use secrecy::ExposeSecret;
use url::Url;

use crate::app::state_dir::{StateDir, derive};
use crate::config::{self, Config};
use crate::db;
use crate::flow::Ctx;
use crate::flow::ctx::{Chance, NoProbe, ProviderSeat, ShopSeat};
use crate::flow::furnish::{self, DeclaredProvider, DeclaredShop};
use crate::flow::pulse::Pulse;
use crate::flow::shelf::Shelf;
use crate::outside::clock::{Clock, SystemClock};
use crate::outside::fetch::{FetchSettings, WebFetch};
use crate::outside::files::FolderFiles;
use crate::outside::guard::GuardSettings;
use crate::outside::http::HttpSettings;
use crate::outside::machine::FolderRoom;
use crate::outside::mail::smtp::{SmtpMailer, SmtpSettings, SmtpTls};
use crate::outside::mail::{Mail, MailError, Mailer};
use crate::outside::press::metered::MeteredPress;
use crate::outside::press::walls::Allowance;
use crate::outside::press::{ChildPress, Confinement, Limits};
use crate::outside::provider::Provider;
use crate::outside::provider::by_hand::ByHand;
use crate::outside::provider::customcat::{CustomCat, CustomCatSettings, Seller};
use crate::outside::provider::metered::MeteredProvider;
use crate::outside::provider::shineon::{ShineOn, ShineOnSettings};
use crate::outside::shop::Shop;
use crate::outside::shop::woocommerce::{WooCommerce, WooSettings};

/// Builds everything from the settings; the folder is locked as long as `state` lives.
pub async fn open(config: &Config, state: &StateDir, exe: PathBuf) -> anyhow::Result<Ctx> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let now_of = Arc::clone(&clock);
    let storage = db::Db::open(&state.database(), Arc::new(move || now_of.now()))
        .context("the database cannot be opened")?;
    let files = FolderFiles::open(state.files()).context("the files folder cannot be opened")?;
    let key = state.key().context("the key cannot be read")?;
    let seed: u64 = rand::random();
    let pulse: Arc<Pulse> = Arc::default();
    let (shop_ids, provider_ids) =
        furnish::declare(&storage, declared_shops(config), declared_providers(config)).await?;
    let mut shops = BTreeMap::new();
    for (id, shop) in shop_ids.into_iter().zip(&config.shop) {
        let seat = ShopSeat {
            name: shop.name.clone(),
            shop: woocommerce(shop, Arc::clone(&clock), seed)?,
            rules: shop.rules(),
        };
        shops.insert(id, seat);
    }
    let mut providers = BTreeMap::new();
    for (id, provider) in provider_ids.into_iter().zip(&config.provider) {
        let seat = ProviderSeat {
            name: provider.name.clone(),
            provider: Arc::new(MeteredProvider::new(
                &provider.name,
                adapter(provider)?,
                Arc::clone(&pulse.meter),
            )),
            rules: provider.rules(hook_token(provider, &key)),
        };
        providers.insert(id, seat);
    }
    let mailer = mailer(config, &clock);
    let press = Arc::new(ChildPress::new(exe, limits(config)));
    let ctx = Ctx {
        db: storage,
        clock,
        files: Arc::new(files),
        room: Arc::new(FolderRoom(config.server.state_dir.clone())),
        gate: Arc::default(),
        shelf: Arc::new(Shelf::default()),
        press: Arc::new(MeteredPress::new(press, Arc::clone(&pulse.meter))),
        fetch: Arc::new(WebFetch::new(fetch_settings(config))),
        mailer,
        shops: Arc::new(shops),
        providers: Arc::new(providers),
        rules: Arc::new(config.rules(derive(&key, "files"))),
        chance: Arc::new(Chance::seeded(seed)),
        probe: Arc::new(NoProbe),
        pulse,
    };
    #[cfg(feature = "failpoints")]
    let ctx = crate::failpoint::around(ctx);
    Ok(ctx)
}

fn declared_shops(config: &Config) -> Vec<DeclaredShop> {
    config
        .shop
        .iter()
        .map(|shop| DeclaredShop {
            name: shop.name.clone(),
            url: shop.url.clone(),
            go_live_at: shop.go_live_at(),
        })
        .collect()
}

fn declared_providers(config: &Config) -> Vec<DeclaredProvider> {
    config
        .provider
        .iter()
        .map(|provider| DeclaredProvider {
            name: provider.name.clone(),
            kind: provider.kind.clone(),
            delay_s: provider.delay.map(|span| u32::try_from(span.0.as_secs()).unwrap_or(u32::MAX)),
        })
        .collect()
}

pub(super) fn woocommerce(
    shop: &config::Shop,
    clock: Arc<dyn Clock>,
    seed: u64,
) -> anyhow::Result<Arc<dyn Shop>> {
    let home: Url = shop.url.parse().with_context(|| format!("shop {}", shop.name))?;
    let key = shop.consumer_key.clone().ok_or_else(|| anyhow!("shop {}: no key", shop.name))?;
    let secret =
        shop.consumer_secret.clone().ok_or_else(|| anyhow!("shop {}: no secret", shop.name))?;
    Ok(Arc::new(WooCommerce::new(WooSettings::new(home, key, secret), clock, seed)))
}

pub(super) fn adapter(provider: &config::Provider) -> anyhow::Result<Arc<dyn Provider>> {
    let http = HttpSettings {
        timeout: provider.call_max.0,
        pace: provider.pace.0,
        ..HttpSettings::default()
    };
    let place = || format!("provider {}", provider.name);
    let key = || provider.key.clone().ok_or_else(|| anyhow!("{}: no key", place()));
    let base: Option<Url> =
        provider.url.as_deref().map(str::parse).transpose().with_context(place)?;
    match provider.kind.as_str() {
        "customcat" => {
            let usual = CustomCatSettings::new(key()?);
            Ok(Arc::new(CustomCat::new(CustomCatSettings {
                base: base.unwrap_or(usual.base),
                key_read_only: provider.read_key.clone(),
                seller: seller(&provider.seller),
                presets: provider.presets.clone(),
                embedded_dpi: provider.use_embedded_dpi,
                settle: provider.settle.map_or(usual.settle, |span| span.0),
                http,
                ..usual
            })))
        }
        "shineon" => {
            let usual = ShineOnSettings::new(key()?);
            Ok(Arc::new(ShineOn::new(ShineOnSettings {
                base: base.unwrap_or(usual.base),
                properties: provider.properties.clone(),
                hold_first: provider.hold_first,
                city_as_province: provider.city_as_province.clone(),
                settle: provider.settle.map_or(usual.settle, |span| span.0),
                http,
                ..usual
            })))
        }
        _ => Ok(Arc::new(ByHand)),
    }
}

fn seller(seller: &config::Seller) -> Seller {
    let config::Seller { name, phone, address_1, address_2, city, state, postcode, country } =
        seller.clone();
    Seller { name, phone, address_1, address_2, city, state, postcode, country }
}

/// The secret part of a hook's address: the one that is set, else one that is always the same here.
fn hook_token(provider: &config::Provider, key: &[u8]) -> String {
    provider.hook_token.clone().unwrap_or_else(|| {
        let token = derive(key, &format!("hook:{}", provider.name));
        token[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    })
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

/// Photos come from the shops themselves and from the hosts that are named.
fn fetch_settings(config: &Config) -> FetchSettings {
    let mut hosts = BTreeSet::new();
    let mut exceptions = BTreeSet::new();
    for shop in &config.shop {
        hosts.extend(shop.photo_hosts.iter().cloned());
        let Ok(url) = Url::parse(&shop.url) else {
            continue;
        };
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            continue;
        };
        // A shop on this very machine or without TLS was named by the merchant on purpose.
        match url.scheme() == "https" && port == 443 {
            true => hosts.insert(host.to_owned()),
            false => exceptions.insert((host.to_owned(), port)),
        };
    }
    FetchSettings { guard: GuardSettings { hosts, exceptions }, ..FetchSettings::default() }
}

fn mailer(config: &Config, clock: &Arc<dyn Clock>) -> Arc<dyn Mailer> {
    match &config.mail {
        Some(mail) => Arc::new(smtp(mail, Arc::clone(clock))),
        None => Arc::new(NoMail),
    }
}

/// The mail server of the settings.
pub(super) fn smtp(mail: &config::Mail, clock: Arc<dyn Clock>) -> SmtpMailer {
    let settings = SmtpSettings {
        port: mail.port,
        tls: match mail.tls {
            config::Tls::Always => SmtpTls::Always,
            config::Tls::Starttls => SmtpTls::StartTls,
            config::Tls::Never => SmtpTls::PlainOnLoopback,
        },
        login: mail.password.clone().map(|password| (mail.user.clone(), password)),
        ..SmtpSettings::new(mail.host.clone(), mail.from.clone())
    };
    SmtpMailer::new(settings, clock)
}

/// Without a mail server alerts stay in the pages; a mail waits until there is one.
struct NoMail;

#[async_trait::async_trait]
impl Mailer for NoMail {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        Err(MailError::NotSent("no [mail] server is set in config.toml".to_owned()))
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
