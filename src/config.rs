//! Settings: one file, read once, checked completely, one line for each fault.
//!
//! Only this file reads settings and secret files; everybody else is given what they need.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::flow::ctx::{ProviderRules, Rules, ShopRules};
use crate::model::item::Step;
use crate::model::order::{Approval, Together};
use crate::model::provider_order::Mode;
use crate::model::time::Moment;

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
    /// Who is told when something needs a person.
    #[serde(default)]
    pub alerts: Alerts,
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
    /// Addresses of print files last this long after the goods left.
    pub links_after_shipping: Span,
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
            links_after_shipping: Span(rules.links_after_shipping),
        }
    }
}

/// Who is told when something needs a person.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Mail addresses.
    pub to: Vec<String>,
}

/// How mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Host of the mail server.
    pub host: String,
    /// Port; 465 for TLS at once, 587 for STARTTLS.
    pub port: u16,
    /// Whether the connection is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// Account; empty for none.
    #[serde(default)]
    pub user: String,
    /// Password, or `password_file`.
    pub password: Option<SecretString>,
    /// File that holds the password.
    pub password_file: Option<PathBuf>,
    /// Sender: `Prints <prints@shop.example>`.
    pub from: String,
}

/// Whether a mail connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte (port 465).
    Always,
    /// After STARTTLS, which is demanded (port 587).
    #[default]
    Starttls,
    /// Not at all: a server on this very machine.
    Never,
}

/// The render children.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Render {
    /// How many draw at once; at least 2.
    pub children: u32,
    /// Memory of one child in MiB.
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

/// One shop.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// Short name, as it stands in references: 1 to 12 of a–z and 0–9. Never change it.
    pub name: String,
    /// The shop's home address.
    pub url: String,
    /// Consumer key (`ck_…`), or `consumer_key_file`.
    pub consumer_key: Option<SecretString>,
    /// File that holds the consumer key.
    pub consumer_key_file: Option<PathBuf>,
    /// Consumer secret (`cs_…`), or `consumer_secret_file`.
    pub consumer_secret: Option<SecretString>,
    /// File that holds the consumer secret.
    pub consumer_secret_file: Option<PathBuf>,
    /// Secret of the webhook; two during a change.
    #[serde(default)]
    pub webhook_secrets: Vec<SecretString>,
    /// Files that hold webhook secrets.
    #[serde(default)]
    pub webhook_secret_files: Vec<PathBuf>,
    /// Statuses that mean paid.
    #[serde(default = "paid_statuses")]
    pub paid_statuses: Vec<String>,
    /// Payment ways that are paid on delivery.
    #[serde(default = "on_delivery")]
    pub on_delivery: Vec<String>,
    /// What waits for what: `order`, `provider` or `item`.
    #[serde(default = "together")]
    pub together: String,
    /// `automatic`, or `manual`: a person presses Submit.
    #[serde(default = "approval")]
    pub approval: String,
    /// What items wait for where the product map does not say.
    #[serde(default = "steps")]
    pub steps: String,
    /// Submit delay.
    #[serde(default = "delay")]
    pub delay: Span,
    /// Time between two sweeps.
    #[serde(default = "poll_every")]
    pub poll_every: Span,
    /// How far a sweep goes back.
    #[serde(default = "overlap")]
    pub overlap: Span,
    /// Orders placed before are shown and never made; the first start when not set.
    pub go_live: Option<String>,
    /// Other hosts that customers' photos may be fetched from.
    #[serde(default)]
    pub photo_hosts: Vec<String>,
}

fn paid_statuses() -> Vec<String> {
    vec!["processing".to_owned()]
}
fn on_delivery() -> Vec<String> {
    vec!["cod".to_owned()]
}
fn together() -> String {
    "provider".to_owned()
}
fn approval() -> String {
    "automatic".to_owned()
}
fn steps() -> String {
    "artwork".to_owned()
}
fn delay() -> Span {
    Span(Duration::from_secs(24 * 3_600))
}
fn poll_every() -> Span {
    Span(Duration::from_secs(60))
}
fn overlap() -> Span {
    Span(Duration::from_secs(600))
}

/// One print provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Short name, as the product map uses it.
    pub name: String,
    /// `customcat`, `shineon` or `by_hand`.
    pub kind: String,
    /// `live`: charged and made. `test`: checked only.
    #[serde(default = "mode")]
    pub mode: String,
    /// Key that may place orders (CustomCat: read-write key; ShineOn: token), or `key_file`.
    pub key: Option<SecretString>,
    /// File that holds the key.
    pub key_file: Option<PathBuf>,
    /// CustomCat's read-only key, which its hooks carry, or `read_key_file`.
    pub read_key: Option<SecretString>,
    /// File that holds the read-only key.
    pub read_key_file: Option<PathBuf>,
    /// Another address than the provider's own, for trying out.
    pub url: Option<String>,
    /// Its own submit delay.
    pub delay: Option<Span>,
    /// The shop's shipping method to the provider's; `*` stands for every other.
    #[serde(default)]
    pub shipping: BTreeMap<String, String>,
    /// Telephone for recipients who gave none.
    #[serde(default)]
    pub fallback_phone: String,
    /// E-mail for recipients who gave none.
    #[serde(default)]
    pub fallback_email: String,
    /// Secret part of its hook's address; made from the key file when not set.
    pub hook_token: Option<String>,
    /// Time between two looks at an order.
    #[serde(default = "track_every")]
    pub track_every: Span,
    /// Time until a look-up can be believed; the provider's own when not set.
    pub settle: Option<Span>,
    /// Shortest time between two calls.
    #[serde(default = "pace")]
    pub pace: Span,
    /// Longest time for one call.
    #[serde(default = "call_max")]
    pub call_max: Span,
}

fn mode() -> String {
    "test".to_owned()
}
fn track_every() -> Span {
    Span(Duration::from_secs(1_800))
}
fn pace() -> Span {
    Span(Duration::from_secs(1))
}
fn call_max() -> Span {
    Span(Duration::from_secs(60))
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads and checks a file. No secret ever stands in an error.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError(vec![format!("{} cannot be read: {error}", path.display())])
        })?;
        Config::parse(&text)
    }

    /// Reads and checks the text of a file.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let mut config: Config = toml::from_str(text).map_err(|error| {
            // The line of a fault may hold a secret; only its place and the message are told.
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            ConfigError(vec![format!("line {line}: {}", error.message())])
        })?;
        let mut faults = Vec::new();
        config.read_secret_files(&mut faults);
        config.check(&mut faults);
        if faults.is_empty() { Ok(config) } else { Err(ConfigError(faults)) }
    }

    fn read_secret_files(&mut self, faults: &mut Vec<String>) {
        for shop in &mut self.shop {
            let place = format!("shop {}", shop.name);
            fill(&mut shop.consumer_key, &shop.consumer_key_file, &place, faults);
            fill(&mut shop.consumer_secret, &shop.consumer_secret_file, &place, faults);
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

    fn check(&self, faults: &mut Vec<String>) {
        for (what, url) in
            [("operators_url", &self.server.operators_url), ("public_url", &self.server.public_url)]
        {
            if url::Url::parse(url).is_err() || url.ends_with('/') {
                faults
                    .push(format!("server.{what}: “{url}” is no address without slash at its end"));
            }
        }
        if jiff::tz::TimeZone::get(&self.server.zone).is_err() {
            faults.push(format!("server.zone: “{}” is no time zone", self.server.zone));
        }
        if self.render.children < 2 {
            faults.push("render.children: at least 2 are needed".to_owned());
        }
        for (place, shop) in self.shop.iter().enumerate() {
            check_shop(shop, faults);
            if self.shop[..place].iter().any(|other| other.name == shop.name) {
                faults.push(format!("shop {}: the name stands twice", shop.name));
            }
        }
        for (place, provider) in self.provider.iter().enumerate() {
            check_provider(provider, faults);
            if self.provider[..place].iter().any(|other| other.name == provider.name) {
                faults.push(format!("provider {}: the name stands twice", provider.name));
            }
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
            look_up_every: self.pace.look_up_every.0,
            retry_base: self.pace.retry_base.0,
            retry_max: self.pace.retry_max.0,
            watch_every: self.pace.watch_every.0,
            public_url: self.server.public_url.clone(),
            operators_url: self.server.operators_url.clone(),
            file_key,
            links_after_shipping: self.pace.links_after_shipping.0,
            alert_to: self.alerts.to.clone(),
            mail_host: host,
            preview_px: self.render.preview_px,
            ..Rules::default()
        }
    }
}

impl Shop {
    /// The settings that the flow uses.
    pub fn rules(&self) -> ShopRules {
        ShopRules {
            paid_statuses: self.paid_statuses.clone(),
            on_delivery: self.on_delivery.clone(),
            together: Together::from_name(&self.together).unwrap_or(Together::Provider),
            approval: match self.approval.as_str() {
                "manual" => Approval::Manual,
                _ => Approval::Automatic,
            },
            steps: Step::parse_list(&self.steps).unwrap_or_else(|_| vec![Step::Artwork]),
            delay_s: u32::try_from(self.delay.0.as_secs()).unwrap_or(u32::MAX),
            poll_every: self.poll_every.0,
            overlap: self.overlap.0,
            order_page: format!(
                "{}/wp-admin/admin.php?page=wc-orders&action=edit&id={{id}}",
                self.url.trim_end_matches('/')
            ),
        }
    }

    /// The go-live line, where one is set.
    pub fn go_live_at(&self) -> Option<Moment> {
        self.go_live.as_deref().and_then(Moment::parse)
    }
}

impl Provider {
    /// The settings that the flow uses.
    pub fn rules(&self, hook_token: String) -> ProviderRules {
        ProviderRules {
            mode: self.mode(),
            shipping: self.shipping.clone(),
            fallback_phone: self.fallback_phone.clone(),
            fallback_email: self.fallback_email.clone(),
            hook_token,
            track_every: self.track_every.0,
            production_max: Duration::from_secs(5 * 24 * 3_600),
        }
    }

    /// Whether orders are charged and made.
    pub fn mode(&self) -> Mode {
        match self.mode.as_str() {
            "live" => Mode::Live,
            _ => Mode::Test,
        }
    }
}

fn fill(
    secret: &mut Option<SecretString>,
    file: &Option<PathBuf>,
    place: &str,
    faults: &mut Vec<String>,
) {
    if let Some(path) = file {
        *secret = read_secret(path, place, faults);
    }
}

fn read_secret(path: &Path, place: &str, faults: &mut Vec<String>) -> Option<SecretString> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    let others_may_read =
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    if others_may_read {
        faults.push(format!("{place}: {shown} may be read by others; run chmod 600 on it"));
    }
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Some(SecretString::from(text.trim().to_owned())),
        Ok(_) => {
            faults.push(format!("{place}: {shown} is empty"));
            None
        }
        Err(error) => {
            faults.push(format!("{place}: {shown} cannot be read: {error}"));
            None
        }
    }
}

fn check_shop(shop: &Shop, faults: &mut Vec<String>) {
    let name = &shop.name;
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if name.is_empty() || 12 < name.len() || !name.bytes().all(is_plain) {
        faults.push(format!("shop “{name}”: the name must be 1 to 12 of a–z and 0–9"));
    }
    if !url::Url::parse(&shop.url).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
        faults.push(format!("shop {name}: “{}” is no address", shop.url));
    }
    if shop.consumer_key.is_none() || shop.consumer_secret.is_none() {
        faults.push(format!("shop {name}: consumer_key and consumer_secret are needed"));
    }
    if Together::from_name(&shop.together).is_none() {
        faults.push(format!("shop {name}: together is order, provider or item"));
    }
    if !["automatic", "manual"].contains(&shop.approval.as_str()) {
        faults.push(format!("shop {name}: approval is automatic or manual"));
    }
    if let Err(why) = Step::parse_list(&shop.steps) {
        faults.push(format!("shop {name}: {why}"));
    }
    if shop.go_live.is_some() && shop.go_live_at().is_none() {
        faults.push(format!("shop {name}: go_live is a moment such as 2026-03-01T00:00:00Z"));
    }
}

fn check_provider(provider: &Provider, faults: &mut Vec<String>) {
    let name = &provider.name;
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if name.is_empty() || 24 < name.len() || !name.bytes().all(is_plain) {
        faults.push(format!("provider “{name}”: the name must be 1 to 24 of a–z, 0–9, - and _"));
    }
    match provider.kind.as_str() {
        "customcat" | "shineon" if provider.key.is_none() => {
            faults.push(format!("provider {name}: key is needed"));
        }
        "customcat" | "shineon" | "by_hand" => {}
        other => {
            faults
                .push(format!("provider {name}: “{other}” is none of customcat, shineon, by_hand"));
        }
    }
    if !["live", "test"].contains(&provider.mode.as_str()) {
        faults.push(format!("provider {name}: mode is live or test"));
    }
    if provider.shipping.is_empty() {
        faults.push(format!(
            "provider {name}: shipping needs at least one entry, for example shipping = {{ \"*\" = \"Economy\" }}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_right_and_shows_the_defaults() {
        let text = include_str!("../config.example.toml");
        let config = Config::parse(text).unwrap();
        assert_eq!(config.server, Server::default());
        assert_eq!(config.countdown, Countdown::default());
        assert_eq!(config.pace, Pace::default());
        assert_eq!(config.render, Render::default());
        assert_eq!(config.alerts, Alerts::default());
        let bare = "[[shop]]\nname = \"main\"\nurl = \"https://shop.example.com\"\n\
                    consumer_key = \"ck\"\nconsumer_secret = \"cs\"\n\
                    [[provider]]\nname = \"customcat\"\nkind = \"customcat\"\nkey = \"k\"\n\
                    shipping = { \"*\" = \"Economy\" }\n";
        let bare = Config::parse(bare).unwrap();
        let (example, default) = (&config.shop[0], &bare.shop[0]);
        assert_eq!(format!("{:?}", example.rules()), format!("{:?}", default.rules()));
        let (example, default) = (&config.provider[0], &bare.provider[0]);
        assert_eq!(example.mode(), default.mode());
        assert_eq!(example.track_every, default.track_every);
        assert_eq!((example.pace, example.call_max), (default.pace, default.call_max));
    }

    #[test]
    fn spans_are_read_with_their_unit() {
        let check = |text: &str, ms: Option<u64>| {
            assert_eq!(Span::parse(text).map(|span| span.0.as_millis() as u64), ms, "{text}");
        };
        check("100 ms", Some(100));
        check("1.5h", Some(5_400_000));
        check("10 min", Some(600_000));
        check("7 d", Some(604_800_000));
        check("7", None);
        check("-1 s", None);
        check("5 weeks", None);
    }

    #[test]
    fn faults_are_told_one_by_one_and_hold_no_secret() {
        let text = "[[shop]]\nname = \"My Shop\"\nurl = \"shop\"\nconsumer_key = \"ck_secret\"\n\
                    together = \"all\"\n[[provider]]\nname = \"x\"\nkind = \"y\"\n";
        let faults = Config::parse(text).unwrap_err();
        assert_eq!(faults.0.len(), 6, "{faults}");
        assert!(!faults.to_string().contains("ck_secret"));
        let unknown = Config::parse("[server]\nport = 1\n").unwrap_err();
        assert!(unknown.to_string().starts_with("line 2: unknown field `port`"), "{unknown}");
    }
}
