//! Settings: one file, read once, checked completely, one line for each fault.
//!
//! Only this file reads settings and secret files; everybody else is given what they need.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::flow::ctx::{ProviderRules, Rules, ShopRules};
use crate::model::item::Step;
use crate::model::order::{Approval, Together};
use crate::model::provider_order::Mode;
use crate::model::time::Moment;

mod address;
pub mod compose;
mod fault;
pub mod field;
mod limits;
mod mail;
mod provider;
mod retention;
mod secret;
mod shop;

pub use address::{fault_of_way_in, is_loopback};
pub use fault::Fault;
pub use limits::{Limits, OwnLimits, PriceUnknown};
pub use mail::{Alerts, Mail, Tls};
pub use provider::{Provider, Seller};
pub use retention::Retention;
use secret::{fill, read_secret};
pub use shop::Shop;

use compose::Raw;

/// A length of time as people write it: `90 s`, `10 min`, `2 h`, `7 d`, `100 ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Span, D::Error> {
        let text = String::deserialize(source)?;
        Span::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "“{text}” is no length of time; write for example 100 ms, 90 s, 10 min, 2 h, 7 d"
            ))
        })
    }
}

impl Span {
    /// Reads a number and a unit.
    pub fn parse(text: &str) -> Option<Span> {
        let text = text.trim();
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, unit) = (text[..split].parse::<f64>().ok()?, text[split..].trim());
        let unit_ms = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "min" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        };
        let span_ms = number * unit_ms;
        (0.0..1e13).contains(&span_ms).then(|| Span(Duration::from_millis(span_ms.round() as u64)))
    }
}

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where everything is kept and where the server listens.
    #[serde(default)]
    pub server: Server,
    /// The countdown before an order is submitted.
    #[serde(default)]
    pub countdown: Countdown,
    /// When things are looked at again.
    #[serde(default)]
    pub pace: Pace,
    /// Limits that hold submissions back.
    #[serde(default)]
    pub limits: Limits,
    /// Who is told when something needs a person.
    #[serde(default)]
    pub alerts: Alerts,
    /// How long what is known of customers is kept.
    #[serde(default)]
    pub retention: Retention,
    /// How mail leaves; without it alerts stay in the pages.
    pub mail: Option<Mail>,
    /// The render children.
    #[serde(default)]
    pub render: Render,
    /// The shops.
    #[serde(default)]
    pub shop: Vec<Shop>,
    /// The print providers.
    #[serde(default)]
    pub provider: Vec<Provider>,
    /// The file itself, as far as it says anything.
    #[serde(skip)]
    pub raw: Raw,
}

impl Default for Config {
    fn default() -> Config {
        Config::parse("").expect("every setting has a default")
    }
}

/// Where everything is kept and where the server listens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Folder of database, files and keys; only its owner may read it.
    pub state_dir: PathBuf,
    /// Address of the operators' pages; loopback, or behind a proxy with https.
    pub operators: SocketAddr,
    /// Address of hooks and files; the shop's web server passes them on.
    pub public: SocketAddr,
    /// What people type to reach the operators' pages.
    pub operators_url: String,
    /// What shops and providers use to reach this server, a path included.
    pub public_url: String,
    /// Time zone in which moments are shown.
    pub zone: String,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            state_dir: PathBuf::from("/var/lib/woodblock"),
            operators: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public: SocketAddr::from(([127, 0, 0, 1], 8090)),
            operators_url: "http://127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8090".to_owned(),
            zone: "UTC".to_owned(),
        }
    }
}

/// The countdown before an order is submitted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Countdown {
    /// What an edit leaves at least before the order goes out.
    pub grace: Span,
    /// Time for undo after Submit, Send now and Resume.
    pub undo: Span,
    /// Longest time that an open editor keeps an order from going out.
    pub editor_max: Span,
    /// Longest wait for a press of Submit; without it, it waits and people are reminded.
    pub wait_max: Option<Span>,
}

impl Default for Countdown {
    fn default() -> Countdown {
        let rules = Rules::default();
        Countdown {
            grace: Span(rules.grace),
            undo: Span(rules.undo),
            editor_max: Span(rules.lease_max),
            wait_max: rules.wait_max.map(Span),
        }
    }
}

/// When things are looked at again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// After this long without its items ready people are told.
    pub gathering_max: Span,
    /// A submission without an answer after this long is told to people.
    pub submitting_max: Span,
    /// First pause between look-ups of a lost answer; doubled each time.
    pub look_up_every: Span,
    /// First pause before a failed step is tried again; doubled each time.
    pub retry_base: Span,
    /// Longest such pause.
    pub retry_max: Span,
    /// Time between two rounds of the watchdog.
    pub watch_every: Span,
    /// Time between two looks at the webhooks of a shop.
    pub hooks_every: Span,
    /// Two orders alike are held when no more than this lies between them; `0 s` holds none.
    pub doubles_within: Span,
    /// Days that the daily comparison with a shop goes back.
    pub compare_days: u32,
    /// Addresses of print files last this long after the goods left.
    pub links_after_shipping: Span,
    /// So long the shop's order waits for a tracking number before it is completed.
    pub number_wait: Span,
    /// A copied or restored installation lets its twin go first: so long at least, five times at most.
    pub twin_wait: Span,
}

impl Default for Pace {
    fn default() -> Pace {
        let rules = Rules::default();
        Pace {
            gathering_max: Span(rules.gathering_max),
            submitting_max: Span(rules.submitting_max),
            look_up_every: Span(rules.look_up_every),
            retry_base: Span(rules.retry_base),
            retry_max: Span(rules.retry_max),
            watch_every: Span(rules.watch_every),
            hooks_every: Span(rules.hooks_every),
            doubles_within: Span(rules.doubles_within),
            compare_days: rules.compare_days,
            links_after_shipping: Span(rules.links_after_shipping),
            number_wait: Span(rules.number_wait),
            twin_wait: Span(rules.twin_wait),
        }
    }
}

/// The least memory of a render child. It is address space: the allocator reserves 1 GiB of it at once,
/// and the stack of the thread that draws takes 64 MiB. Measured on x86-64: with 1,120 MiB no child
/// draws, with 1,152 a design with a photo is drawn; the rest is for larger ones.
pub const RENDER_MEMORY_MIN_MIB: u64 = 1_280;

/// The render children.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Render {
    /// How many draw at once; at least 2.
    pub children: u32,
    /// Memory of one child in MiB; at least [`RENDER_MEMORY_MIN_MIB`].
    pub memory_mib: u64,
    /// Longest time for one job.
    pub time_max: Span,
    /// Draw though the walls around the children do not hold. Never on a public server.
    pub unconfined: bool,
    /// Width of the small pictures in pixels.
    pub preview_px: u32,
}

impl Default for Render {
    fn default() -> Render {
        Render {
            children: 2,
            memory_mib: 1_536,
            time_max: Span(Duration::from_secs(90)),
            unconfined: false,
            preview_px: Rules::default().preview_px,
        }
    }
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", fault::lines(.0))]
pub struct ConfigError(pub Vec<Fault>);

impl Config {
    /// Reads and checks a file. No secret ever stands in an error.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let text = format!("{} cannot be read: {error}", path.display());
            ConfigError(vec![Fault::new("", "", text)])
        })?;
        Config::parse(&text)
    }

    /// What holds where there is no file: the usual settings, in a folder of the person who starts it.
    pub fn without_file() -> Result<Config, ConfigError> {
        let config = Config::parse("")?;
        let state_dir =
            address::state_dir(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"));
        Ok(Config { server: Server { state_dir, ..config.server }, ..config })
    }

    /// Reads and checks the text of a file.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let told = |error: toml::de::Error| {
            // The line of a fault may hold a secret; only its place and the message are told.
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            ConfigError(vec![Fault::new(&format!("line {line}"), "", error.message())])
        };
        let config: Config = toml::from_str(text).map_err(told)?;
        let raw = Raw(toml::from_str(text).map_err(told)?);
        Config { raw, ..config }.checked()
    }

    /// From a table of settings, such as the file and what was set in the pages together.
    fn from_raw(raw: &Raw) -> Result<Config, ConfigError> {
        let read = raw.0.clone().try_into::<Config>();
        let config = read.map_err(|error| {
            let text = error.message().trim_end();
            ConfigError(vec![Fault::new("", "", text)])
        })?;
        Config { raw: raw.clone(), ..config }.checked()
    }

    fn checked(mut self) -> Result<Config, ConfigError> {
        let config = &mut self;
        let mut faults = Vec::new();
        config.read_secret_files(&mut faults);
        config.check(&mut faults);
        if faults.is_empty() { Ok(self) } else { Err(ConfigError(faults)) }
    }

    fn read_secret_files(&mut self, faults: &mut Vec<Fault>) {
        for shop in &mut self.shop {
            let place = format!("shop {}", shop.name);
            fill(&mut shop.consumer_key, &shop.consumer_key_file, &place, faults);
            fill(&mut shop.consumer_secret, &shop.consumer_secret_file, &place, faults);
            shop.webhook_secrets.extend(shop.webhook_secret.clone());
            for path in &shop.webhook_secret_files {
                shop.webhook_secrets.extend(read_secret(path, &place, faults));
            }
        }
        for provider in &mut self.provider {
            let place = format!("provider {}", provider.name);
            fill(&mut provider.key, &provider.key_file, &place, faults);
            fill(&mut provider.read_key, &provider.read_key_file, &place, faults);
        }
        if let Some(mail) = &mut self.mail {
            fill(&mut mail.password, &mail.password_file, "mail", faults);
        }
    }

    /// Whether a secret stands in the settings themselves.
    pub fn holds_secrets(&self) -> bool {
        let of_shops = self.shop.iter().any(|shop| {
            let is_here = |secret: &Option<SecretString>, file: &Option<PathBuf>| {
                secret.is_some() && file.is_none()
            };
            is_here(&shop.consumer_key, &shop.consumer_key_file)
                || is_here(&shop.consumer_secret, &shop.consumer_secret_file)
                || shop.webhook_secret_files.len() < shop.webhook_secrets.len()
        });
        let of_providers = self.provider.iter().any(|provider| {
            (provider.key.is_some() && provider.key_file.is_none())
                || (provider.read_key.is_some() && provider.read_key_file.is_none())
                || provider.hook_token.is_some()
        });
        let of_mail =
            self.mail.iter().any(|mail| mail.password.is_some() && mail.password_file.is_none());
        of_shops || of_providers || of_mail || self.alerts.ping_url.is_some()
    }

    /// Every file that the settings name for a secret.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let of_shops = self.shop.iter().flat_map(|shop| {
            let keys = [&shop.consumer_key_file, &shop.consumer_secret_file];
            keys.into_iter().flatten().chain(&shop.webhook_secret_files)
        });
        let of_providers = self.provider.iter().flat_map(|provider| {
            [&provider.key_file, &provider.read_key_file].into_iter().flatten()
        });
        let of_mail = self.mail.iter().flat_map(|mail| &mail.password_file);
        of_shops.chain(of_providers).chain(of_mail).cloned().collect()
    }

    fn check(&self, faults: &mut Vec<Fault>) {
        for (what, url) in
            [("operators_url", &self.server.operators_url), ("public_url", &self.server.public_url)]
        {
            if url::Url::parse(url).is_err() || url.ends_with('/') {
                faults.push(Fault::new(
                    &format!("server.{what}"),
                    what,
                    format!(
                        "“{url}” is no address without slash at its end; write for example \
                         https://shop.example.com/woodblock"
                    ),
                ));
            }
        }
        self.check_way_in(faults);
        if jiff::tz::TimeZone::get(&self.server.zone).is_err() {
            let zone = &self.server.zone;
            let text = format!("“{zone}” is no time zone; write for example Europe/Berlin");
            faults.push(Fault::new("server.zone", "zone", text));
        }
        if !self.alerts.to.is_empty() && self.mail.is_none() {
            let text = "mail needs a [mail] server to leave by";
            faults.push(Fault::new("alerts.to", "to", text));
        }
        let is_web = |url: &str| {
            url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
        };
        if self.alerts.ping_url.as_deref().is_some_and(|url| !is_web(url)) {
            // The address itself is a secret: whoever knows it can send the sign of life.
            let text = "it is no address; write https://…";
            faults.push(Fault::new("alerts.ping_url", "ping_url", text));
        }
        if self.alerts.ping_every.0 < Duration::from_millis(100) {
            faults.push(Fault::new("alerts.ping_every", "ping_every", "at least 100 ms"));
        }
        retention::check_retention(&self.retention, faults);
        if self.render.children < 2 {
            faults.push(Fault::new("render.children", "children", "at least 2 are needed"));
        }
        if self.render.memory_mib < RENDER_MEMORY_MIN_MIB {
            let text = format!(
                "at least {RENDER_MEMORY_MIN_MIB}; with less a render child may not even start"
            );
            faults.push(Fault::new("render.memory_mib", "memory_mib", text));
        }
        for (place, shop) in self.shop.iter().enumerate() {
            shop::check_shop(shop, faults);
            if self.shop[..place].iter().any(|other| other.name == shop.name) {
                let place = format!("shop {}", shop.name);
                faults.push(Fault::new(&place, "name", "the name stands twice; give each its own"));
            }
        }
        for (place, provider) in self.provider.iter().enumerate() {
            provider::check_provider(provider, faults);
            if self.provider[..place].iter().any(|other| other.name == provider.name) {
                let place = format!("provider {}", provider.name);
                faults.push(Fault::new(&place, "name", "the name stands twice; give each its own"));
            }
        }
    }

    /// Passwords cross the network to the operators' pages.
    fn check_way_in(&self, faults: &mut Vec<Fault>) {
        let url = &self.server.operators_url;
        let is_address = url::Url::parse(url).is_ok();
        if let Some(why) = fault_of_way_in(url).filter(|_| is_address) {
            let text = format!("{why}; use https, or loopback alone");
            faults.push(Fault::new("server.operators_url", "operators_url", text));
        }
    }

    /// The settings of the installation, with the key of the file tokens.
    pub fn rules(&self, file_key: Vec<u8>) -> Rules {
        let host = url::Url::parse(&self.server.public_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "woodblock.invalid".to_owned());
        Rules {
            grace: self.countdown.grace.0,
            undo: self.countdown.undo.0,
            lease_max: self.countdown.editor_max.0,
            wait_max: self.countdown.wait_max.map(|span| span.0),
            gathering_max: self.pace.gathering_max.0,
            submitting_max: self.pace.submitting_max.0,
            limits: self.limits.rules(),
            provider_limits: self
                .provider
                .iter()
                .filter_map(|provider| Some((provider.name.clone(), provider.limits?.rules())))
                .collect(),
            production_days: self
                .provider
                .iter()
                .map(|provider| (provider.name.clone(), provider.production_days))
                .collect(),
            look_up_every: self.pace.look_up_every.0,
            retry_base: self.pace.retry_base.0,
            retry_max: self.pace.retry_max.0,
            watch_every: self.pace.watch_every.0,
            hooks_every: self.pace.hooks_every.0,
            hooks_by_hand: self
                .shop
                .iter()
                .filter(|shop| shop.webhooks == "by_hand")
                .map(|shop| shop.name.clone())
                .collect(),
            doubles_within: self.pace.doubles_within.0,
            compare_days: self.pace.compare_days,
            public_url: self.server.public_url.clone(),
            operators_url: self.server.operators_url.clone(),
            file_key,
            links_after_shipping: self.pace.links_after_shipping.0,
            number_wait: self.pace.number_wait.0,
            twin_wait: self.pace.twin_wait.0,
            alert_to: self.alerts.to.clone(),
            mail_host: host,
            preview_px: self.render.preview_px,
            keep_orders: self.retention.orders.map(|span| span.0),
            keep_deliveries: self.retention.deliveries.0,
        }
    }
}

#[cfg(test)]
mod tests;
