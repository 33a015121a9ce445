//! Settings of one shop.

use std::sync::Arc;

use super::*;
use crate::model::quiet::Quiet;

/// One shop.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// Short name, as it stands in references: 1 to 12 of a–z and 0–9. Never change it.
    pub name: String,
    /// The shop's home address.
    pub url: String,
    /// Other addresses by which the shop names itself in its webhooks; any further one is a copy of it.
    #[serde(default)]
    pub other_urls: Vec<String>,
    /// Consumer key (`ck_…`), or `consumer_key_file`.
    pub consumer_key: Option<SecretString>,
    /// File that holds the consumer key.
    pub consumer_key_file: Option<PathBuf>,
    /// Consumer secret (`cs_…`), or `consumer_secret_file`.
    pub consumer_secret: Option<SecretString>,
    /// File that holds the consumer secret.
    pub consumer_secret_file: Option<PathBuf>,
    /// Secret of webhooks that were made by hand, as it is typed in the pages.
    pub webhook_secret: Option<SecretString>,
    /// Secret of the webhook; two during a change.
    #[serde(default)]
    pub webhook_secrets: Vec<SecretString>,
    /// Files that hold webhook secrets.
    #[serde(default)]
    pub webhook_secret_files: Vec<PathBuf>,
    /// Who makes the shop's webhooks: `made`, or `by_hand` with `webhook_secrets`.
    #[serde(default = "webhooks")]
    pub webhooks: String,
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
    /// Hours in which nothing is submitted on its own: `mon-fri 18:00-08:00`, `sat-sun 00:00-24:00`.
    #[serde(default)]
    pub quiet: Vec<String>,
    /// The shop's time zone, for its quiet hours; that of the server when empty.
    #[serde(default)]
    pub zone: String,
    /// Other hosts that customers' photos may be fetched from.
    #[serde(default)]
    pub photo_hosts: Vec<String>,
}

pub(super) fn webhooks() -> String {
    "made".to_owned()
}

pub(super) fn paid_statuses() -> Vec<String> {
    vec!["processing".to_owned()]
}

pub(super) fn on_delivery() -> Vec<String> {
    vec!["cod".to_owned()]
}

pub(super) fn together() -> String {
    "provider".to_owned()
}

pub(super) fn approval() -> String {
    "automatic".to_owned()
}

pub(super) fn steps() -> String {
    "artwork".to_owned()
}

pub(super) fn delay() -> Span {
    Span(Duration::from_secs(24 * 3_600))
}

pub(super) fn poll_every() -> Span {
    Span(Duration::from_secs(60))
}

pub(super) fn overlap() -> Span {
    Span(Duration::from_secs(600))
}

impl Shop {
    /// The settings that the flow uses.
    pub fn rules(&self, server_zone: &str) -> ShopRules {
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
            quiet: self.quiet_hours(server_zone),
            urls: self.other_urls.iter().chain([&self.url]).cloned().collect(),
            poll_every: self.poll_every.0,
            overlap: self.overlap.0,
            order_page: format!(
                "{}/wp-admin/admin.php?page=wc-orders&action=edit&id={{id}}",
                self.url.trim_end_matches('/')
            ),
        }
    }

    fn quiet_hours(&self, server_zone: &str) -> Arc<Quiet> {
        let name = if self.zone.is_empty() { server_zone } else { &self.zone };
        let zone = jiff::tz::TimeZone::get(name).unwrap_or(jiff::tz::TimeZone::UTC);
        Arc::new(Quiet::parse(&self.quiet, zone).unwrap_or_default())
    }

    /// The go-live line, where one is set.
    pub fn go_live_at(&self) -> Option<Moment> {
        self.go_live.as_deref().and_then(Moment::parse)
    }
}

/// Whether a secret survives the way through a shop's form and is not guessed.
fn is_webhook_secret(secret: &str) -> bool {
    (16..=64).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn check_shop(shop: &Shop, faults: &mut Vec<Fault>) {
    let name = &shop.name;
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if name.is_empty() || 12 < name.len() || !name.bytes().all(is_plain) {
        let text = "the name must be 1 to 12 of a–z and 0–9";
        faults.push(Fault::new(&format!("shop “{name}”"), "name", text));
    }
    let mut wrong = |field: &'static str, text: String| {
        faults.push(Fault::new(&format!("shop {name}"), field, text));
    };
    if !url::Url::parse(&shop.url).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
        wrong("url", format!("“{}” is no address", shop.url));
    }
    if shop.consumer_key.is_none() || shop.consumer_secret.is_none() {
        let field = if shop.consumer_key.is_none() { "consumer_key" } else { "consumer_secret" };
        wrong(field, "consumer_key and consumer_secret are needed".to_owned());
    }
    if !["made", "by_hand"].contains(&shop.webhooks.as_str()) {
        wrong("webhooks", "webhooks is made or by_hand".to_owned());
    }
    let typed = shop.webhook_secret.as_ref().map(|secret| secret.expose_secret());
    if typed.is_some_and(|secret| !is_webhook_secret(secret)) {
        let text =
            "the secret of webhooks is 16 to 64 letters and digits: a shop changes other signs";
        wrong("webhook_secret", text.to_owned());
    }
    if Together::from_name(&shop.together).is_none() {
        wrong("together", "together is order, provider or item".to_owned());
    }
    if !["automatic", "manual"].contains(&shop.approval.as_str()) {
        wrong("approval", "approval is automatic or manual".to_owned());
    }
    if let Err(why) = Step::parse_list(&shop.steps) {
        wrong("steps", why);
    }
    if jiff::tz::TimeZone::get(&shop.zone).is_err() && !shop.zone.is_empty() {
        let zone = &shop.zone;
        wrong("zone", format!("“{zone}” is no time zone; write for example Europe/Berlin"));
    }
    if let Err(why) = Quiet::parse(&shop.quiet, jiff::tz::TimeZone::UTC) {
        wrong("quiet", why);
    }
    if shop.go_live.is_some() && shop.go_live_at().is_none() {
        wrong("go_live", "go_live is a moment such as 2026-03-01T00:00:00Z".to_owned());
    }
}
