//! How a shop tells us of its orders at once: webhooks that woodblock makes, or the merchant by hand.

use super::form::{self, Typed};
use crate::config::field::Section;
use crate::flow::hooks;
use crate::model::shop_hook::TOPICS;
use crate::web::auth;
use crate::web::site::Site;

/// The key of the secret that is typed.
const SECRET: &str = "webhook_secret";
/// So much of a random secret is offered: letters and digits that fit every form.
const OFFERED_CHARS: usize = 40;

/// What the page of a shop says of its webhooks.
pub struct HooksView {
    /// Whether the merchant makes them.
    pub is_by_hand: bool,
    /// Where they go.
    pub url: String,
    /// Whether the shop can reach that.
    pub is_public: bool,
    /// One webhook for each: how WooCommerce calls it.
    pub topics: Vec<&'static str>,
    /// A secret to take, made for this page alone.
    pub offered: String,
    /// Whether a secret is set.
    pub has_secret: bool,
    /// Whether it stands in config.toml.
    pub is_provisioned: bool,
}

impl HooksView {
    /// Of this shop.
    pub fn of(site: &Site, name: &str) -> HooksView {
        let standing = site.live.standing();
        let shop = standing.config.shop.iter().find(|one| one.name == name);
        let is_provisioned = site.live.is_provisioned(Section::Shop, name);
        HooksView {
            is_by_hand: site.ctx.rules.hooks_by_hand.contains(name),
            url: format!("{}/hooks/shop/{name}", site.settings.public_url),
            is_public: hooks::reaches_others(&site.settings.public_url),
            topics: TOPICS.iter().map(|topic| words_of(topic)).collect(),
            offered: auth::secret().chars().take(OFFERED_CHARS).collect(),
            has_secret: shop.is_some_and(|one| !one.webhook_secrets.is_empty()),
            is_provisioned,
        }
    }
}

/// How the shop's form calls a topic.
fn words_of(topic: &str) -> &'static str {
    match topic {
        "order.created" => "Order created",
        "order.updated" => "Order updated",
        "order.deleted" => "Order deleted",
        "order.restored" => "Order restored",
        _ => "Order",
    }
}

/// Webhooks that are made by hand are believed by their secret alone: without one nothing is taken.
pub fn ask_secret(site: &Site, name: &str, typed: &mut Typed) {
    let is_by_hand = typed.document.get("webhooks").as_deref() == Some("by_hand");
    let of = ("shop".to_owned(), name.to_owned(), SECRET.to_owned());
    let is_there = typed.secrets.contains_key(SECRET)
        || site.live.standing().secrets.contains_key(&of)
        || !form::stored(&site.live, Section::Shop, name)
            .get(SECRET)
            .unwrap_or_default()
            .is_empty();
    if is_by_hand && !is_there {
        let words = "Type the secret that the webhooks have in the shop: without it nobody could tell \
                     its calls from others.";
        typed.fault(SECRET, words);
    }
}
