//! ShineOn: jewellery and engravings, each line named, editable until it is billed.
//!
//! A second order under one reference must be assumed to be made and charged again, so a lost
//! answer that is not found is a person's.

mod client;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value as Json;
use url::Url;

use self::client::{Client, refused, unclear};
use super::{AskError, Provider, SubmitError};
use crate::model::fulfilment::{CorrectPermit, Reference, SubmitPermit};
use crate::model::provider_order::{
    Abilities, Absence, Accepted, CancelAnswer, CatalogueEntry, Hint, PlacedBy, Progress,
    ProviderOrder, ProviderStatus, Refusal,
};
use crate::outside::http::{HttpSettings, Meaning, meaning};

/// Most variants that a search shows.
const FOUND_MAX: usize = 100;

/// How ShineOn is reached.
#[derive(Debug, Clone)]
pub struct ShineOnSettings {
    /// Default `https://api.shineon.com`, without a version.
    pub base: Url,
    /// The token of the account.
    pub token: SecretString,
    /// Which of a design's fields is which property at ShineOn: field key to `Engraving Line 1`,
    /// `Size (US)` … Fields named `engraving_line_1`, `engraving_line_2`, `engraving_font` and
    /// `size_us` need no entry.
    pub properties: BTreeMap<String, String>,
    /// Time until a person is asked about a lost answer that look-ups do not find. Default 15 min.
    pub settle: Duration,
    /// Limits of calls. Default: two a second, else those of [`HttpSettings`].
    pub http: HttpSettings,
}

impl ShineOnSettings {
    /// The usual settings for an account.
    pub fn new(token: SecretString) -> ShineOnSettings {
        ShineOnSettings {
            base: Url::parse("https://api.shineon.com").expect("a web address"),
            token,
            properties: BTreeMap::new(),
            settle: Duration::from_secs(15 * 60),
            http: HttpSettings { pace: Duration::from_millis(500), ..HttpSettings::default() },
        }
    }
}

/// An account at ShineOn.
pub struct ShineOn {
    settings: ShineOnSettings,
    client: Client,
}

impl ShineOn {
    /// An account under these settings.
    pub fn new(settings: ShineOnSettings) -> ShineOn {
        ShineOn { client: Client::new(&settings), settings }
    }

    async fn look(
        &self,
        provider_order_id: &str,
    ) -> Result<Option<(ProviderStatus, Json)>, AskError> {
        let parts = ["v1", "orders", provider_order_id];
        let Some(mut json) = self.client.get(&parts, &[]).await? else {
            return Ok(None);
        };
        let order = json["order"].take();
        let status = wire::status(&order).map_err(unclear)?;
        Ok(Some((status, order)))
    }
}

/// A clear yes, or the error that the meaning of the answer is.
fn outcome(meaning: Meaning<Accepted, Refusal>) -> Result<Accepted, SubmitError> {
    match meaning {
        Meaning::Yes(accepted) => Ok(accepted),
        Meaning::Refused(refusal) => Err(SubmitError::Refused(refusal)),
        Meaning::NotSent { reason, retry_after_s } => {
            Err(SubmitError::NotSent { reason, retry_after_s })
        }
        Meaning::Unknown { reason } => Err(SubmitError::Unknown { reason }),
    }
}

#[async_trait]
impl Provider for ShineOn {
    fn abilities(&self) -> Abilities {
        Abilities {
            placed_by: PlacedBy::Program,
            lookup_by_reference: true,
            absence: Absence::Unproven,
            settle_s: u32::try_from(self.settings.settle.as_secs()).unwrap_or(u32::MAX),
            names_lines_in_parcels: true,
            cancel: true,
            correct: true,
            wants_phone: false,
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
        let body = wire::order(reference, order, &self.settings);
        let observed = self.client.pay(Method::POST, &["v1", "orders"], &body).await;
        outcome(meaning(observed, |answer| wire::told(answer, reference, order)))
    }

    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        let query = [("source_ids", reference.as_str()), ("limit", "250")];
        let json = self.client.get(&["v1", "orders"], &query).await?;
        let json = json.ok_or_else(|| unclear("there is no list of orders"))?;
        let rows = json["orders"].as_array().ok_or_else(|| unclear("orders is no list"))?;
        let ours = rows.iter().filter(|row| wire::is_about(row, reference));
        let mut found: Vec<ProviderStatus> =
            ours.map(|row| wire::status(row).map_err(unclear)).collect::<Result<_, _>>()?;
        // Those that live come first, the oldest of them before the others.
        found.sort_by_key(|one| {
            let number: u64 = one.provider_order_id.parse().unwrap_or(u64::MAX);
            (one.progress == Progress::Cancelled, number)
        });
        let mut rest = found.into_iter();
        let Some(mut first) = rest.next() else {
            return Ok(None);
        };
        // Two living orders under one reference are two charges: together they hold more than
        // ours does, which brings a person.
        for twin in rest.filter(|twin| twin.progress != Progress::Cancelled) {
            let lines = first.lines.get_or_insert_default();
            lines.extend(twin.lines.unwrap_or_default());
        }
        Ok(Some(first))
    }

    async fn status(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<Option<ProviderStatus>, AskError> {
        match self.look(provider_order_id).await? {
            Some((_, order)) if !wire::is_about(&order, reference) => {
                Err(unclear(format!("order {provider_order_id} there is not {reference}")))
            }
            Some((status, _)) => Ok(Some(status)),
            None => Ok(None),
        }
    }

    async fn cancel(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<CancelAnswer, AskError> {
        let parts = ["v1", "orders", provider_order_id, "cancel"];
        let asked = self.client.ask(Method::POST, &parts, &[]).await;
        // The answer to a yes is empty; what counts is what the order is afterwards.
        let now = self.status(reference, provider_order_id).await?;
        Ok(match (now.map(|status| status.progress), asked) {
            (Some(Progress::Cancelled), _) => CancelAnswer::Cancelled,
            (None, _) => CancelAnswer::Unclear("it is not found any more".to_owned()),
            (Some(_), Ok(answer)) if matches!(answer.status, 400 | 403..=406 | 409 | 422) => {
                CancelAnswer::Refused(refused(&answer).to_string())
            }
            (Some(_), Ok(answer)) => CancelAnswer::Unclear(answer.in_words()),
            (Some(_), Err(error)) => CancelAnswer::Unclear(error.to_string()),
        })
    }

    async fn correct(
        &self,
        permit: CorrectPermit,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        if let Some(refusal) = wire::misfit(order) {
            return Err(SubmitError::Refused(refusal));
        }
        let reference = &order.reference;
        let body = wire::order(reference, order, &self.settings);
        let parts = ["v1", "orders", permit.provider_order_id()];
        let observed = self.client.pay(Method::PUT, &parts, &body).await;
        let told = meaning(observed, |answer| wire::told(answer, reference, order));
        outcome(told).map(|_| ())
    }

    /// Which fields the call has differs from sample to sample; its number is the surest.
    fn read_hook(&self, _: &str, body: &[u8]) -> Result<Hint, String> {
        let json: Json =
            serde_json::from_slice(body).map_err(|_| "the body is no document".to_owned())?;
        let order = &json["order"];
        let id = wire::text(&order["id"]);
        if !id.is_empty() {
            return Ok(Hint::LookById { provider_order_id: id });
        }
        let places = [&order["store_order_id"], &order["source_id"]].map(wire::text);
        Ok(match places.into_iter().find(|place| !place.is_empty()) {
            Some(reference) => {
                Hint::Look { reference: Reference::given(&reference), tracking_url: None }
            }
            None => Hint::Nothing,
        })
    }

    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        let wanted = search.trim().to_lowercase();
        let skus = self.client.get(&["v1", "skus"], &[]).await?.unwrap_or_default();
        let query = [("search", search.trim()), ("per_page", "100")];
        let blanks = self.client.get(&["v2", "product_templates"], &query).await?;
        let all = [skus, blanks.unwrap_or_default()];
        let entries = all.iter().flat_map(wire::catalogue);
        let found = entries.filter(|entry| {
            let sku = entry.provider_sku.to_lowercase();
            sku.contains(&wanted) || entry.title.to_lowercase().contains(&wanted)
        });
        Ok(found.take(FOUND_MAX).collect())
    }

    async fn check(&self) -> Result<Vec<String>, AskError> {
        let who = self.client.get(&["v1", "whoami"], &[]).await?;
        let who = who.ok_or_else(|| unclear("there is no /v1/whoami at this address"))?;
        Ok(vec![match wire::text(&who["name"]) {
            name if name.is_empty() => "the token is known".to_owned(),
            name => format!("the token is that of {name}"),
        }])
    }
}
