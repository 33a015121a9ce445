//! ShineOn: jewellery and engravings, each line named, editable until it is billed.
//!
//! A second order under one reference must be assumed to be made and charged again, so a lost
//! answer that is not found is a person's.

mod client;
mod echo;
mod goods;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value as Json;
use tokio::time::Instant;
use url::Url;

use self::client::{Client, refused, unclear};
use self::goods::{Form, TEMPLATE, Template, Templates};
use super::{AskError, Provider, SubmitError};
use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::money::Money;
use crate::model::problem::{Problem, What};
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    Abilities, Absence, Accepted, CancelAnswer, CatalogueEntry, Echo, Hint, PlacedBy, Progress,
    ProviderOrder, ProviderStatus, Reach, Refusal,
};
use crate::model::sku::{Covers, Quote, ShippingMethod, SkuFacts};
use crate::outside::http::{HttpSettings, Meaning, meaning};

/// Most variants that a search shows.
const FOUND_MAX: usize = 100;
/// Pages of blanks that one search reads at most, and blanks on each.
const TEMPLATE_PAGES_MAX: u32 = 5;
const TEMPLATE_PAGE: u32 = 100;
/// So long a blank is not asked for again.
const TEMPLATE_KEPT: Duration = Duration::from_secs(600);

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
    /// Whether orders are placed on hold, read back and compared, and only then released to be
    /// billed. Default no.
    pub hold_first: bool,
    /// Countries (ISO 3166-1 alpha-2) whose addresses get the city as province where the shop has
    /// none. Default Israel, as seen.
    pub city_as_province: Vec<String>,
    /// The currency of its costs, which name none. Default `USD`.
    pub currency: String,
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
            hold_first: false,
            city_as_province: vec!["IL".to_owned()],
            currency: "USD".to_owned(),
            settle: Duration::from_secs(15 * 60),
            http: HttpSettings { pace: Duration::from_millis(500), ..HttpSettings::default() },
        }
    }
}

/// An account at ShineOn.
pub struct ShineOn {
    settings: ShineOnSettings,
    client: Client,
    /// Blanks that were asked for, and when.
    known: Mutex<BTreeMap<String, (Instant, Template)>>,
}

impl ShineOn {
    /// An account under these settings.
    pub fn new(settings: ShineOnSettings) -> ShineOn {
        ShineOn { client: Client::new(&settings), settings, known: Mutex::default() }
    }

    /// The blanks that an order names: its keys and its version are facts of these.
    async fn templates(&self, order: &ProviderOrder) -> Result<Templates, AskError> {
        let mut found = Templates::new();
        for line in order.lines.iter().filter(|line| line.provider_sku.starts_with(TEMPLATE)) {
            let name = &line.provider_sku;
            if !found.contains_key(name) {
                found.insert(name.clone(), self.template(name).await?);
            }
        }
        Ok(found)
    }

    async fn template(&self, name: &str) -> Result<Option<Template>, AskError> {
        let kept = self.known.lock().expect("no holder of this lock panics").get(name).cloned();
        if let Some((asked_at, template)) = kept
            && asked_at.elapsed() < TEMPLATE_KEPT
        {
            return Ok(Some(template));
        }
        let found = self.ask_template(name).await?;
        if let Some(template) = &found {
            let kept = (Instant::now(), template.clone());
            self.known.lock().expect("no holder of this lock panics").insert(name.to_owned(), kept);
        }
        Ok(found)
    }

    /// By its name in the list; else by its number, for a search that does not look at names.
    async fn ask_template(&self, name: &str) -> Result<Option<Template>, AskError> {
        let query = [("search", name), ("per_page", "100")];
        let list = self.client.get(&["v2", "product_templates"], &query).await?;
        let list = list.ok_or_else(|| unclear("there is no list of product templates"))?;
        let mut rows = goods::rows(&list);
        let found = rows.find_map(|row| goods::template(name, row, &self.settings));
        if found.is_some() {
            return Ok(found);
        }
        let number = name.trim_start_matches(TEMPLATE);
        let one = self.client.get(&["v2", "product_templates", number], &[]).await?;
        Ok(one.and_then(|one| goods::template(name, &one, &self.settings)))
    }

    /// A page of blanks, and whether it is the last.
    async fn page(&self, search: &str, page: u32) -> Result<(Json, bool), AskError> {
        let (page_word, size) = (page.to_string(), TEMPLATE_PAGE.to_string());
        let query = [("search", search), ("per_page", &size), ("page", &page_word)];
        let list = self.client.get(&["v2", "product_templates"], &query).await?;
        let list = list.unwrap_or_default();
        let last = wire::text(&list["meta"]["last_page"]).parse().unwrap_or(page);
        let is_last = last <= page || goods::rows(&list).next().is_none();
        Ok((list, is_last))
    }

    /// The order with this number, if it is ours.
    async fn about(
        &self,
        reference: &Reference,
        provider_order_id: &str,
    ) -> Result<Option<(ProviderStatus, Json)>, AskError> {
        match self.look(provider_order_id).await? {
            Some((_, order)) if !wire::is_about(&order, reference) => {
                Err(unclear(format!("order {provider_order_id} there is not {reference}")))
            }
            found => Ok(found),
        }
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

/// Nothing was sent, because a question before it had no answer.
fn not_sent(error: AskError) -> SubmitError {
    let retry_after_s = match &error {
        AskError::Unclear { retry_after_s, .. } => *retry_after_s,
        AskError::NotAllowed { .. } | AskError::Unable => None,
    };
    SubmitError::NotSent { reason: error.to_string(), retry_after_s }
}

/// Nothing was sent, because the order cannot be told.
fn told_not(problem: Problem) -> SubmitError {
    SubmitError::Refused(Refusal { problem, reach: Reach::Order, suggestions: Vec::new() })
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
            holds_first: self.settings.hold_first,
        }
    }

    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        let reference = permit.reference();
        assert_eq!(reference, &order.reference, "a permit is good for its own reference alone");
        let templates = self.templates(order).await.map_err(not_sent)?;
        let ready = u8::from(!self.settings.hold_first);
        let told = wire::order(reference, order, &self.settings, &templates, ready);
        let (version, body) = told.map_err(told_not)?;
        let observed = self.client.pay(Method::POST, &[version, "orders"], &body).await;
        outcome(meaning(observed, |answer| wire::told(answer, reference, order)))
    }

    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        let templates = self.templates(order).await?;
        Ok(wire::order(&order.reference, order, &self.settings, &templates, 0).err())
    }

    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        let mut sum = None;
        for line in &order.lines {
            let Some(each) = self.sku(&line.provider_sku).await?.and_then(|facts| facts.cost)
            else {
                return Ok(None);
            };
            let price = sum.get_or_insert(Money { minor: 0, ..each });
            let minor = each.minor.saturating_mul(i64::from(line.quantity));
            price.minor = price.minor.saturating_add(minor);
        }
        // What sending costs is told nowhere.
        Ok(sum.map(|price| Quote { price, covers: Covers::Goods }))
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
        let found = self.about(reference, provider_order_id).await?;
        Ok(found.map(|(status, _)| status))
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
        let reference = &order.reference;
        let id = permit.provider_order_id();
        let templates = self.templates(order).await.map_err(not_sent)?;
        // One that waits for its release stays on hold.
        let now = self.look(id).await.map_err(not_sent)?;
        let on_hold = Progress::Accepted { held: Some(String::new()) };
        let waits = now.is_some_and(|(status, _)| status.progress == on_hold);
        let ready = u8::from(!(waits && self.settings.hold_first));
        let told = wire::order(reference, order, &self.settings, &templates, ready);
        let (_, body) = told.map_err(told_not)?;
        if wire::form(order, &templates) == Ok(Form::Personalizations) {
            // PUT is described for version 1 alone; a guess might print the wrong thing.
            let words = "ShineOn takes no corrected file for a blank with fields of its own; to change \
                         it, cancel it there while it is not made, and send it again";
            return Err(told_not(Problem::new(What::ProviderNeeds, "ShineOn", words)));
        }
        let observed = self.client.pay(Method::PUT, &["v1", "orders", id], &body).await;
        let told = meaning(observed, |answer| wire::told(answer, reference, order));
        outcome(told).map(|_| ())
    }

    async fn echo(
        &self,
        provider_order_id: &str,
        order: &ProviderOrder,
    ) -> Result<Option<Echo>, AskError> {
        let templates = self.templates(order).await?;
        let sent = wire::order(&order.reference, order, &self.settings, &templates, 0);
        let (_, sent) = sent.map_err(|problem| unclear(problem.sentence()))?;
        let Some((status, order)) = self.about(&order.reference, provider_order_id).await? else {
            return Ok(None);
        };
        Ok(Some(Echo { status, differences: echo::differences(&sent["order"], &order) }))
    }

    async fn release(
        &self,
        permit: ReleasePermit,
        reference: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        let id = permit.provider_order_id();
        let asked = self.client.ask(Method::POST, &["v1", "orders", id, "ready"], &[]).await;
        // What counts is what the order is afterwards; a lost answer may have been a yes.
        let now = self.status(reference, id).await?;
        let is_on_hold = |status: &ProviderStatus| {
            matches!(status.progress, Progress::Accepted { held: Some(_) })
        };
        match (asked, &now) {
            (Ok(answer), Some(status)) if is_on_hold(status) && 300 <= answer.status => {
                Err(refused(&answer))
            }
            (Err(error), Some(status)) if is_on_hold(status) => Err(error),
            (Ok(_) | Err(_), _) => Ok(now),
        }
    }

    fn hook_topics(&self) -> &'static [&'static str] {
        &[]
    }

    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        Err(AskError::Unable)
    }

    async fn make_hook(&self, _: &str, _: &str) -> Result<(), AskError> {
        Err(AskError::Unable)
    }

    async fn move_hook(&self, _: &str, _: &str) -> Result<(), AskError> {
        Err(AskError::Unable)
    }

    async fn drop_hook(&self, _: &str) -> Result<(), AskError> {
        Err(AskError::Unable)
    }

    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError> {
        if sku.starts_with(TEMPLATE) {
            return Ok(self.template(sku).await?.map(|template| template.facts));
        }
        let json = self.client.get(&["v1", "skus", sku], &[]).await?;
        Ok(json.and_then(|json| goods::product(sku, &json, &self.settings)))
    }

    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        Err(AskError::Unable)
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
        // The last is what one handler expects, against every sample.
        let places = [&order["store_order_id"], &order["source_id"], &order["external_id"]];
        let places = places.map(wire::text);
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
        let mut all = vec![skus];
        for page in 1..=TEMPLATE_PAGES_MAX {
            let (list, is_last) = self.page(search.trim(), page).await?;
            all.push(list);
            if is_last {
                break;
            }
        }
        let entries = all.iter().flat_map(goods::catalogue);
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
