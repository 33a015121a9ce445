//! From settings to whom is spoken to: shops, providers, mail, and where photos are fetched.

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use super::state_dir::derive;
use crate::config::{self, Config};
use crate::flow::furnish::{DeclaredProvider, DeclaredShop};
use crate::outside::clock::Clock;
use crate::outside::fetch::FetchSettings;
use crate::outside::guard::GuardSettings;
use crate::outside::http::HttpSettings;
use crate::outside::mail::smtp::{SmtpMailer, SmtpSettings, SmtpTls};
use crate::outside::mail::{Mail, MailError, Mailer};
use crate::outside::provider::Provider;
use crate::outside::provider::by_hand::ByHand;
use crate::outside::provider::customcat::{CustomCat, CustomCatSettings, Seller};
use crate::outside::provider::shineon::{ShineOn, ShineOnSettings};
use crate::outside::shop::Shop;
use crate::outside::shop::woocommerce::{WooCommerce, WooSettings};

/// Settings with which nobody can be spoken to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// A shop as the database is to know it.
pub fn declared_shop(shop: &config::Shop) -> DeclaredShop {
    DeclaredShop { name: shop.name.clone(), url: shop.url.clone(), go_live_at: shop.go_live_at() }
}

/// A provider as the database is to know it.
pub fn declared_provider(provider: &config::Provider) -> DeclaredProvider {
    DeclaredProvider {
        name: provider.name.clone(),
        kind: provider.kind.clone(),
        delay_s: provider.delay.map(|span| u32::try_from(span.0.as_secs()).unwrap_or(u32::MAX)),
    }
}

/// A shop of these settings.
pub fn woocommerce(
    shop: &config::Shop,
    clock: Arc<dyn Clock>,
    seed: u64,
) -> Result<Arc<dyn Shop>, Unusable> {
    let missing = |what: &str| Unusable(format!("shop {}: {what}", shop.name));
    let home: Url = shop.url.parse().map_err(|error| missing(&format!("{error}")))?;
    let key = shop.consumer_key.clone().ok_or_else(|| missing("no key"))?;
    let secret = shop.consumer_secret.clone().ok_or_else(|| missing("no secret"))?;
    Ok(Arc::new(WooCommerce::new(WooSettings::new(home, key, secret), clock, seed)))
}

/// A provider of these settings.
pub fn adapter(provider: &config::Provider) -> Result<Arc<dyn Provider>, Unusable> {
    let http = HttpSettings {
        timeout: provider.call_max.0,
        pace: provider.pace.0,
        ..HttpSettings::default()
    };
    let missing = |what: &str| Unusable(format!("provider {}: {what}", provider.name));
    let key = || provider.key.clone().ok_or_else(|| missing("no key"));
    let base: Option<Url> = match &provider.url {
        Some(url) => Some(url.parse().map_err(|error| missing(&format!("{error}")))?),
        None => None,
    };
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
pub fn hook_token(provider: &config::Provider, key: &[u8]) -> String {
    provider.hook_token.clone().unwrap_or_else(|| {
        let token = derive(key, &format!("hook:{}", provider.name));
        token[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    })
}

/// Photos come from the shops themselves and from the hosts that are named.
pub fn fetch_settings(config: &Config) -> FetchSettings {
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

/// How mail leaves by these settings.
pub fn mailer(config: &Config, clock: &Arc<dyn Clock>) -> Arc<dyn Mailer> {
    match &config.mail {
        Some(mail) => Arc::new(smtp(mail, Arc::clone(clock))),
        None => Arc::new(NoMail),
    }
}

/// The mail server of the settings.
pub fn smtp(mail: &config::Mail, clock: Arc<dyn Clock>) -> SmtpMailer {
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
        Err(MailError::NotSent("no mail server is set: see Settings, Mail".to_owned()))
    }
}
