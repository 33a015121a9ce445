//! CustomCat: one order for each reference of ours, found again by it.
//!
//! It has no draft, no correction and hardly a cancel: the countdown is the only safe window. Its
//! hooks are unsigned, name no topic, and are taken as hints.

mod client;
mod goods;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use subtle::ConstantTimeEq;
use url::Url;

use self::client::{Client, refused, unclear};
use super::{AskError, Provider, SubmitError};
use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::money::Money;
use crate::model::problem::Problem;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    Abilities, Absence, Accepted, CancelAnswer, CatalogueEntry, Echo, Hint, PlacedBy, Progress,
    ProviderOrder, ProviderStatus, Reach, Refusal,
};
use crate::model::sku::{Covers, Quote, ShippingMethod, SkuFacts};
use crate::outside::http::{Answer, HttpSettings, Meaning, meaning, shorten};

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
    /// Who stands as the sender on the label; CustomCat's own when empty.
    pub seller: Seller,
    /// Where on the product the art goes, by variant; `*` stands for every other. Without an entry it
    /// is printed where it was drawn. Default none.
    pub presets: BTreeMap<String, i64>,
    /// Honour the file's own DPI instead of assuming 300. Default no.
    pub embedded_dpi: bool,
    /// Time after which a look-up that finds nothing can be believed. Default 15 min.
    pub settle: Duration,
    /// Limits of calls. Default: one a second, else those of [`HttpSettings`].
    pub http: HttpSettings,
}

/// The sender on the label; empty fields are not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seller {
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Street and number.
    pub address_1: String,
    /// Further line of the address.
    pub address_2: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// Postal code.
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// What is announced to us: goods that leave, and designs that are refused.
const TOPICS: &[&str] = &["order-shipped", "order-partial-shipment", "design-rejected"];

impl CustomCatSettings {
    /// The usual settings for an account.
    pub fn new(key: SecretString) -> CustomCatSettings {
        let base = Url::parse("https://customcat-beta.mylocker.net/api/v1");
        CustomCatSettings {
            base: base.expect("a web address"),
            key,
            key_read_only: None,
            currency: "USD".to_owned(),
            seller: Seller::default(),
            presets: BTreeMap::new(),
            embedded_dpi: false,
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

    /// What sending costs; `None` where the account has no such method, or its answer is 0.00.
    async fn shipping_price(&self, order: &ProviderOrder) -> Result<Option<Money>, AskError> {
        let methods = self.shipping_methods().await?;
        let wanted = order.shipping_method.trim();
        let method = methods
            .iter()
            .find(|one| one.name.eq_ignore_ascii_case(wanted) || one.id == wanted)
            .filter(|one| !one.id.is_empty());
        let Some(method) = method else {
            return Ok(None);
        };
        let parts = ["shipping", method.id.as_str()];
        let answer = self.client.post(Method::POST, &parts, goods::quote(order)).await?;
        let json = wire::document(&answer.body);
        match (answer.status, json) {
            (200, Some(json)) => Ok(goods::price(&wire::text(&json), &self.settings)),
            // What it does not know is no reason to keep asking.
            (400 | 404, _) if !answer.is_page() || !answer.header("x-fail-message").is_empty() => {
                Ok(None)
            }
            _ => Err(refused(&answer)),
        }
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
            holds_first: false,
        }
    }

    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        let reference = permit.reference();
        assert_eq!(reference, &order.reference, "a permit is good for its own reference alone");
        if let Some(problem) = wire::misfit(order) {
            let suggestions = Vec::new();
            return Err(SubmitError::Refused(Refusal {
                problem,
                reach: Reach::Order,
                suggestions,
            }));
        }
        let body = wire::order(reference, order, &self.settings);
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

    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        Ok(wire::misfit(order))
    }

    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        let Some(mut price) = self.shipping_price(order).await? else {
            return Ok(None);
        };
        let mut known: BTreeMap<&str, Money> = BTreeMap::new();
        for line in &order.lines {
            let sku = line.provider_sku.as_str();
            let each = match known.get(sku) {
                Some(each) => *each,
                None => match self.sku(sku).await?.and_then(|facts| facts.cost) {
                    Some(each) => each,
                    None => return Ok(None),
                },
            };
            known.insert(sku, each);
            price.minor = price.minor.saturating_add(goods::line_minor(line, each));
        }
        Ok(Some(Quote { price, covers: Covers::Everything }))
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

    async fn echo(&self, _: &str, _: &ProviderOrder) -> Result<Option<Echo>, AskError> {
        Err(AskError::Unable)
    }

    async fn release(
        &self,
        _: ReleasePermit,
        _: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        Err(AskError::Unable)
    }

    fn hook_topics(&self) -> &'static [&'static str] {
        TOPICS
    }

    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        let json = self.client.get(&["webhook"], &[]).await?;
        let json = json.ok_or_else(|| unclear("there is no list of webhooks"))?;
        let wrapped = json["webhooks"].as_array();
        let rows = json.as_array().or(wrapped).ok_or_else(|| unclear("webhooks is no list"))?;
        let known = rows.iter().map(|row| ProviderHook {
            id: wire::text(&row["webhook_id"]),
            topic: wire::text(&row["topic"]),
            url: wire::text(&row["url"]),
        });
        Ok(known.filter(|hook| !hook.id.is_empty()).collect())
    }

    async fn make_hook(&self, topic: &str, url: &str) -> Result<(), AskError> {
        let body = json!({ "topic": topic, "url": url });
        done(&self.client.post(Method::POST, &["webhook"], body).await?)
    }

    async fn move_hook(&self, id: &str, url: &str) -> Result<(), AskError> {
        let body = json!({ "url": url });
        done(&self.client.post(Method::PUT, &["webhook", id], body).await?)
    }

    async fn drop_hook(&self, id: &str) -> Result<(), AskError> {
        let answer = self.client.ask(Method::DELETE, &["webhook", id], &[]).await?;
        if answer.status == 404 && !wire::error_text(&answer, &Json::Null).is_empty() {
            return Ok(());
        }
        done(&answer)
    }

    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError> {
        let Some(json) = self.client.get(&["catalog", "sku", sku], &[]).await? else {
            return Ok(None);
        };
        let product = match goods::blank_of(&json) {
            // The price may stand with the blank alone.
            Some(blank) => self.client.get(&["catalog", &blank], &[]).await?.unwrap_or_default(),
            None => Json::Null,
        };
        Ok(goods::facts(sku, &json, &product, &self.settings))
    }

    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        let methods = self.client.get(&["shipping"], &[]).await?;
        let methods = methods.ok_or_else(|| unclear("there is no list of shipping methods"))?;
        let methods = goods::shipping_methods(&methods);
        match methods.is_empty() {
            true => Err(unclear("the list of shipping methods is empty")),
            false => Ok(methods),
        }
    }

    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        let wanted = search.trim().to_lowercase();
        let mut found = Vec::new();
        for page in 1..=CATALOGUE_PAGES_MAX {
            let query = [("limit", CATALOGUE_PAGE.to_string()), ("page", page.to_string())];
            let json = self.client.get(&["catalog"], &query).await?.unwrap_or_default();
            let entries = goods::catalogue(&json);
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
        let methods = self.shipping_methods().await?;
        let names: Vec<String> = methods.into_iter().map(|method| method.name).collect();
        Ok(vec![
            "the key may read; whether it may write shows with the first order".to_owned(),
            format!("shipping methods: {}", names.join(", ")),
        ])
    }
}

/// Whether a change of a hook was taken; 304 says that it was so already.
fn done(answer: &Answer) -> Result<(), AskError> {
    match answer.status {
        200..=299 | 304 if !answer.is_page() => Ok(()),
        _ => Err(refused(answer)),
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
