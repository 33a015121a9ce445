//! Webhooks of the store: listed, made and dropped (reference, section 3.8).

use serde_json::{Value as Json, json};

use super::WooCommerce;
use super::client::Ask;
use super::refusal::unclear;
use crate::model::shop_hook::{KnownHook, WantedHook};
use crate::outside::shop::ShopError;

const ROUTE: &str = "wc/v3/webhooks";
/// A store with more pages of webhooks than this has something wrong with it.
const PAGES_MAX: u32 = 10;

impl WooCommerce {
    pub(super) async fn list_hooks(&self) -> Result<Vec<KnownHook>, ShopError> {
        let mut found = Vec::new();
        for page in 1..=PAGES_MAX {
            let ask = Ask::get(ROUTE).with("per_page", 100).with("page", page);
            let listed = self.client.ask(&ask).await?;
            let Json::Array(rows) = &listed.json else {
                return Err(unclear("the list of webhooks is no list"));
            };
            for row in rows {
                found.push(hook(row).ok_or_else(|| unclear("a webhook cannot be read"))?);
            }
            if !listed.has_next && listed.pages.is_none_or(|pages| pages <= page) {
                break;
            }
        }
        Ok(found)
    }

    /// The store calls the address before it answers.
    pub(super) async fn add_hook(&self, wanted: &WantedHook) -> Result<(), ShopError> {
        let body = json!({
            "name": wanted.name,
            "topic": wanted.topic,
            "delivery_url": wanted.url,
            "secret": wanted.secret,
        });
        let made = self.client.ask(&Ask::post(ROUTE, body)).await;
        if let Err(error @ (ShopError::Refused { .. } | ShopError::NotAllowed { .. })) = made {
            return Err(error);
        }
        let is_it = |one: &KnownHook| one.topic == wanted.topic && one.fault(wanted).is_none();
        match self.list_hooks().await?.iter().any(is_it) {
            true => Ok(()),
            false => match made {
                Ok(_) => Err(unclear("the store did not keep the webhook as it was told")),
                Err(error) => Err(error),
            },
        }
    }

    pub(super) async fn remove_hook(&self, id: i64) -> Result<(), ShopError> {
        let ask = Ask::delete(format!("{ROUTE}/{id}")).with("force", "true");
        match self.client.ask(&ask).await {
            Ok(_) | Err(ShopError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn hook(row: &Json) -> Option<KnownHook> {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    Some(KnownHook {
        id: row["id"].as_i64()?,
        name: text("name")?,
        topic: text("topic")?,
        url: text("delivery_url")?,
        status: text("status")?,
    })
}
