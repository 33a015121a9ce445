//! Live tests: what was asked, what came back, and where it is mended.

use std::sync::Arc;
use std::time::Duration;

use crate::app::seats;
use crate::config::{self, Config, is_loopback};
use crate::flow::ctx::Ctx;
use crate::flow::hooks;
use crate::model::provider_order::Mode;
use crate::outside::clock::Clock;
use crate::outside::mail::smtp::Step;
use crate::outside::provider::{AskError, Provider};
use crate::outside::shop::{Shop, ShopError};
use crate::web::guard::sentence;
use crate::web::site::Site;

/// What a test found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `good`, `bad` or `note`.
    pub tone: &'static str,
    /// What was found.
    pub text: String,
}

impl Found {
    fn good(text: &str) -> Found {
        Found { tone: "good", text: sentence(text) }
    }

    fn bad(text: &str) -> Found {
        Found { tone: "bad", text: sentence(text) }
    }

    fn note(text: &str) -> Found {
        Found { tone: "note", text: sentence(text) }
    }

    /// The word beside it, for people who do not see the colour.
    pub fn word(&self) -> &'static str {
        match self.tone {
            "good" => "Works",
            "bad" => "Wrong",
            _ => "Note",
        }
    }
}

/// Whether nothing in it is wrong.
pub fn is_good(found: &[Found]) -> bool {
    found.iter().all(|one| one.tone != "bad")
}

/// Asks a shop whether reading, writing and webhooks work.
pub async fn shop(ctx: &Ctx, name: &str, shop: &Arc<dyn Shop>) -> Vec<Found> {
    let mut found: Vec<Found> = match shop.check().await {
        Ok(findings) => findings.iter().map(|words| Found::good(words)).collect(),
        Err(error) => return shop_error(&error),
    };
    found.push(webhooks(ctx, name, shop).await);
    found
}

fn shop_error(error: &ShopError) -> Vec<Found> {
    match error {
        // The shop itself was reached: that is worth knowing when only its rights are wrong.
        ShopError::NotAllowed { reason } => {
            let first = if reason.contains("key") { "the shop answers, but " } else { "" };
            vec![Found::bad(&format!("{first}{reason}"))]
        }
        other => vec![Found::bad(&other.to_string())],
    }
}

async fn webhooks(ctx: &Ctx, name: &str, shop: &Arc<dyn Shop>) -> Found {
    if !hooks::is_public(&ctx.rules) {
        return Found::note(
            "webhooks are not used: a shop cannot reach this machine at its present public address. \
             Orders are looked for every minute instead. Set server.public_url in config.toml to an \
             https address that leads here",
        );
    }
    match shop.hooks().await {
        Ok(known) => {
            let url = hooks::address(&ctx.rules, name).unwrap_or_default();
            let ours = known.iter().filter(|one| one.url == url).count();
            match ours {
                0 => Found::note("webhooks can be made; they are in a moment"),
                count => Found::good(&format!("{count} webhooks lead here")),
            }
        }
        Err(error) => Found::bad(&format!("webhooks cannot be looked at: {error}")),
    }
}

/// Asks a provider whether key and catalogue work.
pub async fn provider(provider: &dyn Provider, mode: Mode) -> Vec<Found> {
    if provider.abilities().placed_by == crate::model::provider_order::PlacedBy::Person {
        return vec![Found::good("nobody is asked: a person prints, or places the orders by hand")];
    }
    let mut found: Vec<Found> = match provider.check().await {
        Ok(findings) => findings.iter().map(|words| Found::good(words)).collect(),
        Err(error) => vec![Found::bad(&error.to_string())],
    };
    if is_good(&found) {
        found.push(match provider.catalogue("mug").await {
            Ok(_) => Found::good("the catalogue can be searched"),
            Err(AskError::Unable) => Found::note("it has no catalogue to search"),
            Err(error) => Found::bad(&format!("the catalogue cannot be searched: {error}")),
        });
    }
    found.push(match mode {
        Mode::Live => Found::note("live mode: every order is charged and made"),
        Mode::Test => Found::note("test mode: orders are checked, but neither charged nor made"),
    });
    found
}

/// Sends a test mail by the settings that hold, and tells each step of the talk.
pub async fn mail(site: &Site, to: &str) -> Vec<Found> {
    mail_by(&site.live.standing().config, Arc::clone(&site.ctx.clock), to).await
}

/// The same by other settings.
pub async fn mail_by(config: &Config, clock: Arc<dyn Clock>, to: &str) -> Vec<Found> {
    let Some(mail) = &config.mail else {
        return vec![Found::bad("there is no mail server yet: fill in the form above and save it")];
    };
    let steps =
        seats::smtp(mail, clock).try_out(to.trim(), "A test of woodblock", TEST_WORDS).await;
    steps
        .into_iter()
        .map(|Step { what, answer }| match answer {
            Ok(words) => Found::good(&format!("{what}: {words}")),
            Err(words) => Found::bad(&format!("{what}: {words}")),
        })
        .collect()
}

const TEST_WORDS: &str = "This mail was sent from the settings of woodblock, to see whether mail \
                          arrives. It did.";

/// Looks for a mail server on this machine, where none is set.
pub async fn local_mail(config: &Config) -> Vec<Found> {
    if config.mail.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for port in [25, 587] {
        let mail = config::Mail {
            host: "127.0.0.1".to_owned(),
            port,
            tls: config::Tls::Never,
            user: String::new(),
            password: None,
            password_file: None,
            from: "woodblock@localhost".to_owned(),
        };
        let smtp = seats::smtp(&mail, Arc::new(crate::outside::clock::SystemClock));
        if let Ok(Ok(_)) = tokio::time::timeout(LOCAL_WAIT, smtp.check()).await {
            found.push(Found::note(&format!(
                "a mail server answers on this machine: 127.0.0.1, port {port}, without encryption and \
                 without an account"
            )));
        }
    }
    found
}

/// A server on this machine answers at once, or there is none.
const LOCAL_WAIT: Duration = Duration::from_millis(700);

/// Whether a shop could hand keys to this server through its approval page; why not, in words.
pub fn fault_of_callback(public_url: &str, shop_url: &str) -> Option<String> {
    let (Ok(public), Ok(shop)) = (url::Url::parse(public_url), url::Url::parse(shop_url)) else {
        return Some("one of the addresses is none".to_owned());
    };
    match (is_loopback(&public), is_loopback(&shop), public.scheme()) {
        (false, _, "https") | (true, true, _) => None,
        (true, false, _) => Some(
            "Your shop cannot reach this machine: its public address is a local one. Set \
             server.public_url in config.toml to an https address that leads here, or type keys instead."
                .to_owned(),
        ),
        (false, _, _) => Some(
            "WooCommerce hands keys only to an https address. Set server.public_url in config.toml to \
             one, or type keys instead."
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_hands_keys_only_where_it_can_reach_us_safely() {
        let fault = |public, shop| fault_of_callback(public, shop).unwrap_or_default();
        assert_eq!(fault("https://prints.example/woodblock", "https://shop.example"), "");
        assert_eq!(fault("http://127.0.0.1:8090", "http://127.0.0.1:9000/shop/main"), "");
        assert!(fault("http://127.0.0.1:8090", "https://shop.example").contains("cannot reach"));
        assert!(
            fault("http://prints.example", "https://shop.example").contains("only to an https")
        );
    }

    #[test]
    fn the_shops_refusals_say_that_it_answered() {
        let reason = "the key may only read: set it to Read/Write under WooCommerce".to_owned();
        let found = shop_error(&ShopError::NotAllowed { reason });
        assert!(found[0].text.starts_with("The shop answers, but the key may only read"));
        assert!(!is_good(&found));
    }
}
