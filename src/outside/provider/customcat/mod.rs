//! CustomCat: one order for each reference of ours, found again by it.
//!
//! It has no draft, no correction and hardly a cancel: the countdown is the only safe window. Its
//! hooks are unsigned, name no topic, and are taken as hints.

mod client;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use subtle::ConstantTimeEq;
use url::Url;

use self::client::{Client, refused, unclear};
use super::{AskError, Provider, SubmitError};
use crate::model::fulfilment::{CorrectPermit, Reference, SubmitPermit};
use crate::model::provider_order::{
    Abilities, Absence, Accepted, CancelAnswer, CatalogueEntry, Hint, PlacedBy, Progress,
    ProviderOrder, ProviderStatus,
};
use crate::outside::http::{HttpSettings, Meaning, meaning, shorten};

/// Pages of the catalogue that one search reads at most, of 250 blanks each.
const CATALOGUE_PAGES_MAX: u32 = 8;
/// Blanks on a page of the catalogue.
const CATALOGUE_PAGE: u32 = 250;
/// Most variants that a search shows.
const FOUND_MAX: usize = 100;

/// How CustomCat is reached.
#[derive(Debug, Clone)]
pub struct CustomCatSettings {
    /// Default `https://customcat-beta.mylocker.net/api/v1`, which is the real one.
    pub base: Url,
    /// The key that may write.
    pub key: SecretString,
    /// The key that may only read, which calls of its hooks carry; without it none is compared.
    pub key_read_only: Option<SecretString>,
    /// The currency of its totals, which name none. Default `USD`.
    pub currency: String,
    /// Time after which a look-up that finds nothing can be believed. Default 15 min.
    pub settle: Duration,
    /// Limits of calls. Default: one a second, else those of [`HttpSettings`].
    pub http: HttpSettings,
}

impl CustomCatSettings {
    /// The usual settings for an account.
    pub fn new(key: SecretString) -> CustomCatSettings {
        let base = Url::parse("https://customcat-beta.mylocker.net/api/v1");
        CustomCatSettings {
            base: base.expect("a web address"),
            key,
            key_read_only: None,
            currency: "USD".to_owned(),
            settle: Duration::from_secs(15 * 60),
            http: HttpSettings { pace: Duration::from_secs(1), ..HttpSettings::default() },
        }
    }
}

/// An account at CustomCat.
pub struct CustomCat {
    settings: CustomCatSettings,
    client: Client,
}

impl CustomCat {
    /// An account under these settings.
    pub fn new(settings: CustomCatSettings) -> CustomCat {
        CustomCat { client: Client::new(&settings), settings }
    }

    async fn look(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        let parts = ["order", "status", reference.as_str()];
        let Some(json) = self.client.get(&parts, &[]).await? else {
            return Ok(None);
        };
        let echo = wire::text(&json["order_id"]);
        if !echo.is_empty() && echo != reference.as_str() {
            return Err(unclear(format!("the answer is about {}", shorten(&echo))));
        }
        let status = wire::status(&json, &self.settings);
        status.map(Some).map_err(unclear)
    }
}

#[async_trait]
impl Provider for CustomCat {
    fn abilities(&self) -> Abilities {
        Abilities {
            placed_by: PlacedBy::Program,
            lookup_by_reference: true,
            absence: Absence::Proven,
            settle_s: u32::try_from(self.settings.settle.as_secs()).unwrap_or(u32::MAX),
            names_lines_in_parcels: false,
            cancel: true,
            correct: false,
            wants_phone: true,
        }
    }

    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        let reference = permit.reference();
        assert_eq!(reference, &order.reference, "a permit is good for its own reference alone");
        if let Some(refusal) = wire::misfit(order) {
            return Err(SubmitError::Refused(refusal));
        }
        let body = wire::order(reference, order);
        let observed = self.client.pay(&["order", reference.as_str()], body).await;
        match meaning(observed, |answer| wire::told(answer, reference)) {
            Meaning::Yes(accepted) => Ok(accepted),
            Meaning::Refused(refusal) => Err(SubmitError::Refused(refusal)),
            Meaning::NotSent { reason, retry_after_s } => {
                Err(SubmitError::NotSent { reason, retry_after_s })
            }
            Meaning::Unknown { reason } => Err(SubmitError::Unknown { reason }),
        }
    }

    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        self.look(reference).await
    }

    async fn status(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<Option<ProviderStatus>, AskError> {
        match self.look(reference).await? {
            Some(status) if status.provider_order_id != provider_order_id => Err(unclear(format!(
                "under {reference} there is another order, {}",
                shorten(&status.provider_order_id)
            ))),
            found => Ok(found),
        }
    }

    async fn cancel(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<CancelAnswer, AskError> {
        let parts = ["order", reference.as_str()];
        let asked = self.client.ask(Method::DELETE, &parts, &[]).await;
        let said = match &asked {
            Ok(answer) => refused(answer).to_string(),
            Err(error) => error.to_string(),
        };
        // What it says is not dependable; what it has afterwards is.
        let now = self.status(reference, provider_order_id).await?;
        let is_refused = matches!(&asked, Ok(answer) if matches!(answer.status, 400 | 404 | 405));
        Ok(match now.map(|status| status.progress) {
            Some(Progress::Cancelled) => CancelAnswer::Cancelled,
            Some(_) if is_refused => CancelAnswer::Refused(said),
            Some(_) => CancelAnswer::Unclear("it is still there".to_owned()),
            None => CancelAnswer::Unclear("it is not found any more".to_owned()),
        })
    }

    async fn correct(&self, _: CorrectPermit, _: &ProviderOrder) -> Result<(), SubmitError> {
        Err(SubmitError::NotSent {
            reason: "CustomCat takes no corrections".to_owned(),
            retry_after_s: None,
        })
    }

    fn read_hook(&self, topic: &str, body: &[u8]) -> Result<Hint, String> {
        let json = wire::document(body).ok_or("the body is no document")?;
        if let (Some(expected), Some(key)) =
            (&self.settings.key_read_only, json["api_key"].as_str())
            && !bool::from(expected.expose_secret().as_bytes().ct_eq(key.as_bytes()))
        {
            return Err("the body carries another key".to_owned());
        }
        Ok(match topic {
            "design-rejected" => rejected(&json),
            "product-created" | "product-updated" | "product-deleted" => Hint::Nothing,
            _ => look_hint(&json),
        })
    }

    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        let wanted = search.trim().to_lowercase();
        let mut found = Vec::new();
        for page in 1..=CATALOGUE_PAGES_MAX {
            let query = [("limit", CATALOGUE_PAGE.to_string()), ("page", page.to_string())];
            let json = self.client.get(&["catalog"], &query).await?.unwrap_or_default();
            let entries = wire::catalogue(&json);
            let is_last = entries.is_empty();
            found.extend(entries.into_iter().filter(|entry| {
                entry.provider_sku.contains(&wanted) || entry.title.to_lowercase().contains(&wanted)
            }));
            if is_last || FOUND_MAX <= found.len() {
                break;
            }
        }
        found.truncate(FOUND_MAX);
        Ok(found)
    }

    async fn check(&self) -> Result<Vec<String>, AskError> {
        let methods = self.client.get(&["shipping"], &[]).await?;
        let methods = methods.ok_or_else(|| unclear("there is no list of shipping methods"))?;
        let rows = methods.as_array().into_iter().flatten();
        let names: Vec<String> = rows.map(|row| wire::text(&row["shipping_name"])).collect();
        if names.is_empty() {
            return Err(unclear("the list of shipping methods is empty"));
        }
        Ok(vec![
            "the key may read; whether it may write shows with the first order".to_owned(),
            format!("shipping methods: {}", names.join(", ")),
        ])
    }
}

fn look_hint(json: &Json) -> Hint {
    let reference = wire::text(&json["order_id"]);
    if reference.is_empty() {
        return match wire::text(&json["customcat_order_id"]) {
            id if id.is_empty() => Hint::Nothing,
            provider_order_id => Hint::LookById { provider_order_id },
        };
    }
    let number = wire::text(&json["tracker_number"]);
    let url = wire::text(&json["tracking_url"]);
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    Hint::Look {
        reference: Reference::given(&reference),
        tracking_url: (is_web && !number.is_empty()).then_some((number, url)),
    }
}

/// This call carries no key; the flow looks before it believes.
fn rejected(json: &Json) -> Hint {
    let orders = json["orders"].as_array().into_iter().flatten();
    let references = orders.map(|order| wire::text(&order["order_id"]));
    let references: Vec<Reference> = references
        .filter(|reference| !reference.is_empty())
        .map(|reference| Reference::given(&reference))
        .collect();
    match references.is_empty() {
        true => Hint::Nothing,
        false => Hint::DesignRejected { references, reason: shorten(&wire::text(&json["reason"])) },
    }
}
