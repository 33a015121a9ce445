//! The provider as the flow asks it, and as tests look at it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::book::{Book, ProviderAct};
use super::ledger::LedgerEntry;
use super::settings::{Kind, ProviderSettings};
use crate::model::fulfilment::{CorrectPermit, Reference, ReleasePermit, SubmitPermit};
use crate::model::problem::Problem;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{
    Abilities, Accepted, CancelAnswer, CatalogueEntry, Echo, Hint, ProviderOrder, ProviderStatus,
};
use crate::model::sku::{Quote, ShippingMethod, SkuFacts};
use crate::outside::provider::{AskError, Provider, SubmitError};
use crate::sandbox::core::Core;
use crate::sandbox::fault::{Call, Fault};
use crate::sandbox::world::{State, World};

/// One print provider of a world.
#[derive(Clone)]
pub struct WorldProvider {
    world: Arc<World>,
    name: String,
}

impl WorldProvider {
    pub(crate) fn new(world: Arc<World>, name: &str) -> WorldProvider {
        WorldProvider { world, name: name.to_owned() }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Book, &mut Core) -> T) -> T {
        let mut state = self.world.lock();
        let State { core, providers, .. } = &mut *state;
        let book = providers.get_mut(&self.name).expect("a provider is made with its handle");
        act(book, core)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Changes how it behaves from now on.
    pub fn set(&self, change: impl FnOnce(&mut ProviderSettings)) {
        self.with(|book, _| change(&mut book.settings));
    }

    /// Registers an address for a topic of its hooks (CustomCat; ShineOn takes one per order).
    pub fn listen(&self, topic: &str, url: &str) {
        self.with(|book, _| {
            book.hooks.retain(|hook| hook.topic != topic);
            book.make_hook(topic, url);
        });
    }

    /// The hooks of its account: topic and address.
    pub fn listening(&self) -> Vec<(String, String)> {
        let rows = |book: &Book| -> Vec<(String, String)> {
            book.hooks.iter().map(|hook| (hook.topic.clone(), hook.url.clone())).collect()
        };
        self.with(|book, _| rows(book))
    }

    /// Somebody makes another hook in its account.
    pub fn make_foreign_hook(&self, topic: &str, url: &str) {
        self.with(|book, _| book.make_hook(topic, url));
    }

    /// Somebody removes every hook of its account.
    pub fn forget_hooks(&self) {
        self.with(|book, _| book.hooks.clear());
    }

    /// Every order that it accepted, in order: the ledger of charges.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.with(|book, _| book.entries().to_vec())
    }

    /// The orders with this reference; more than one is a double charge.
    pub fn ledger_of(&self, reference: &str) -> Vec<LedgerEntry> {
        let mut entries = self.ledger();
        entries.retain(|entry| entry.reference == reference);
        entries
    }

    /// Something happens now to the newest order with this reference.
    pub fn act(&self, reference: &str, act: ProviderAct) {
        self.with(|book, core| book.act(core, reference, act));
    }

    /// Fetches the files of an order and writes their hashes into the ledger. A file that is not
    /// there, or is no picture, makes the provider reject the design.
    fn fetch_files(&self, id: &str) {
        let source = self.world.lock().files.clone();
        let Some(source) = source else {
            return;
        };
        // Not under the lock: the source may look into the world itself.
        for url in self.urls_of(id) {
            let bytes = source(&url);
            self.with(|book, core| book.fetched(core, id, &url, bytes.as_deref()));
        }
    }

    /// The addresses of an order's print files.
    pub(crate) fn urls_of(&self, id: &str) -> Vec<String> {
        self.with(|book, _| {
            let entry = book.by_id(id);
            let lines = entry.into_iter().flat_map(|entry| &entry.lines);
            let files = lines.flat_map(|line| &line.files);
            files.map(|file| file.url.clone()).collect()
        })
    }

    fn ask<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Book, &mut Core, Option<Fault>) -> T,
    ) -> Result<T, AskError> {
        self.with(|book, core| match core.strike(call) {
            Some(Fault::AskUnclear) => {
                Err(AskError::Unclear { reason: "HTTP 502".to_owned(), retry_after_s: None })
            }
            Some(Fault::AskNotAllowed) => {
                Err(AskError::NotAllowed { reason: "HTTP 401".to_owned() })
            }
            fault => Ok(act(book, core, fault)),
        })
    }
}

/// The faults of a call that spends or changes, before it does anything.
fn stopped_by(fault: &Option<Fault>) -> Option<SubmitError> {
    match fault {
        Some(Fault::NotSent) => Some(SubmitError::NotSent {
            reason: "connection refused".to_owned(),
            retry_after_s: None,
        }),
        Some(Fault::RateLimited { retry_after_s }) => Some(SubmitError::NotSent {
            reason: "HTTP 429".to_owned(),
            retry_after_s: Some(*retry_after_s),
        }),
        Some(Fault::NeverArrives) => Some(unknown("timed out")),
        Some(Fault::RefuseWith(refusal)) => Some(SubmitError::Refused(refusal.clone())),
        _ => None,
    }
}

fn unknown(reason: &str) -> SubmitError {
    SubmitError::Unknown { reason: reason.to_owned() }
}

#[async_trait]
impl Provider for WorldProvider {
    fn abilities(&self) -> Abilities {
        self.with(|book, _| book.settings.abilities.clone())
    }

    async fn submit(
        &self,
        permit: SubmitPermit,
        order: &ProviderOrder,
    ) -> Result<Accepted, SubmitError> {
        assert_eq!(
            permit.reference(),
            &order.reference,
            "a permit is good for its own reference alone"
        );
        let (answer, accepted) = self.with(|book, core| {
            let fault = core.strike(Call::Submit);
            if let Some(error) = stopped_by(&fault) {
                return (Err(error), None);
            }
            let (answer, accepted) = book.submit(core, order);
            match fault {
                Some(Fault::AcceptAndLoseAnswer) => {
                    (Err(unknown("connection reset while reading the answer")), accepted)
                }
                _ => (answer, accepted),
            }
        });
        if let Some(id) = accepted {
            self.fetch_files(&id);
        }
        answer
    }

    async fn find(&self, reference: &Reference) -> Result<Option<ProviderStatus>, AskError> {
        self.ask(Call::Find, |book, core, fault| {
            let entry = book.found(core, reference.as_str(), &fault)?;
            Some(book.status_of(entry))
        })
    }

    async fn status(
        &self,
        _reference: &Reference,
        provider_order_id: &str,
    ) -> Result<Option<ProviderStatus>, AskError> {
        self.ask(Call::Status, |book, _, _| Some(book.status_of(book.by_id(provider_order_id)?)))
    }

    async fn cancel(
        &self,
        _reference: &Reference,
        provider_order_id: &str,
    ) -> Result<CancelAnswer, AskError> {
        self.ask(Call::Cancel, |book, core, fault| {
            let answer = book.cancel(core, provider_order_id);
            match fault {
                Some(Fault::CancelDoneAnswerLost) => {
                    CancelAnswer::Unclear("connection reset".to_owned())
                }
                _ => answer,
            }
        })
    }

    async fn correct(
        &self,
        permit: CorrectPermit,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        let provider_order_id = permit.provider_order_id();
        let answer = self.with(|book, core| {
            let fault = core.strike(Call::Correct);
            if let Some(error) = stopped_by(&fault) {
                return Err(error);
            }
            book.correct(core, provider_order_id, order)?;
            match fault {
                Some(Fault::AcceptAndLoseAnswer) => Err(unknown("connection reset")),
                _ => Ok(()),
            }
        });
        self.fetch_files(provider_order_id);
        answer
    }

    fn read_hook(&self, topic: &str, body: &[u8]) -> Result<Hint, String> {
        let kind = self.with(|book, _| book.kind);
        let json: Json = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        match (kind, topic) {
            (Kind::CustomCat, "design-rejected") => design_rejected(&json),
            (Kind::CustomCat, "order-shipped" | "order-partial-shipment") => {
                let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
                let reference = text("order_id");
                if reference.is_empty() {
                    return Err("order_id is missing".to_owned());
                }
                Ok(Hint::Look {
                    reference: Reference::given(&reference),
                    tracking_url: Some((text("tracker_number"), text("tracking_url"))),
                })
            }
            (Kind::CustomCat, _) => Ok(Hint::Nothing),
            (Kind::ShineOn, _) => match json["order"]["id"].as_i64() {
                Some(id) => Ok(Hint::LookById { provider_order_id: id.to_string() }),
                None => Err("order.id is missing".to_owned()),
            },
        }
    }

    async fn misfit(&self, order: &ProviderOrder) -> Result<Option<Problem>, AskError> {
        self.ask(Call::Catalogue, |book, _, _| book.misfit(order))
    }

    async fn quote(&self, order: &ProviderOrder) -> Result<Option<Quote>, AskError> {
        self.ask(Call::Quote, |book, _, _| book.quote(order))
    }

    async fn echo(
        &self,
        provider_order_id: &str,
        order: &ProviderOrder,
    ) -> Result<Option<Echo>, AskError> {
        self.ask(Call::Status, |book, _, _| book.echo(provider_order_id, order))
    }

    async fn release(
        &self,
        permit: ReleasePermit,
        _reference: &Reference,
    ) -> Result<Option<ProviderStatus>, AskError> {
        let id = permit.provider_order_id();
        let (status, fault) = self.ask(Call::Release, |book, core, fault| {
            book.release(core, id);
            (book.by_id(id).map(|entry| book.status_of(entry)), fault)
        })?;
        match fault {
            Some(Fault::ReleaseDoneAnswerLost) => Err(AskError::Unclear {
                reason: "connection reset".to_owned(),
                retry_after_s: None,
            }),
            _ => Ok(status),
        }
    }

    fn hook_topics(&self) -> &'static [&'static str] {
        match self.with(|book, _| book.kind) {
            Kind::CustomCat => &["order-shipped", "order-partial-shipment", "design-rejected"],
            Kind::ShineOn => &[],
        }
    }

    async fn hooks(&self) -> Result<Vec<ProviderHook>, AskError> {
        if self.hook_topics().is_empty() {
            return Err(AskError::Unable);
        }
        self.ask(Call::ProviderHooks, |book, _, _| book.hooks.clone())
    }

    async fn make_hook(&self, topic: &str, url: &str) -> Result<(), AskError> {
        if self.hook_topics().is_empty() {
            return Err(AskError::Unable);
        }
        self.ask(Call::ProviderHooks, |book, _, _| book.make_hook(topic, url)).map(|_| ())
    }

    async fn move_hook(&self, id: &str, url: &str) -> Result<(), AskError> {
        self.ask(Call::ProviderHooks, |book, _, _| {
            let hook = book.hooks.iter_mut().find(|hook| hook.id == id);
            hook.map(|hook| url.clone_into(&mut hook.url))
        })?
        .ok_or_else(|| AskError::Unclear {
            reason: "HTTP 404: Webhook not found".to_owned(),
            retry_after_s: None,
        })
    }

    async fn drop_hook(&self, id: &str) -> Result<(), AskError> {
        self.ask(Call::ProviderHooks, |book, _, _| book.hooks.retain(|hook| hook.id != id))
    }

    async fn sku(&self, sku: &str) -> Result<Option<SkuFacts>, AskError> {
        self.ask(Call::Catalogue, |book, _, _| book.facts(sku))
    }

    async fn shipping_methods(&self) -> Result<Vec<ShippingMethod>, AskError> {
        if self.with(|book, _| book.kind) == Kind::ShineOn {
            return Err(AskError::Unable);
        }
        self.ask(Call::Catalogue, |book, _, _| book.shipping_methods())
    }

    async fn catalogue(&self, search: &str) -> Result<Vec<CatalogueEntry>, AskError> {
        self.ask(Call::Catalogue, |book, _, _| {
            let wanted = search.to_lowercase();
            let stock = &book.settings.out_of_stock;
            let known = book.settings.catalogue.iter().filter(|entry| {
                let sku = entry.provider_sku.to_lowercase();
                sku.contains(&wanted) || entry.title.to_lowercase().contains(&wanted)
            });
            let told = known.take(100).map(|entry| CatalogueEntry {
                in_stock: !stock.contains(&entry.provider_sku),
                ..entry.clone()
            });
            told.collect()
        })
    }

    async fn check(&self) -> Result<Vec<String>, AskError> {
        self.ask(Call::Catalogue, |book, _, _| {
            vec![format!("{} answers and lets us in", book.name)]
        })
    }
}

fn design_rejected(json: &Json) -> Result<Hint, String> {
    let orders = json["orders"].as_array().ok_or("orders is missing")?;
    let references = orders.iter().filter_map(|order| order["order_id"].as_str());
    Ok(Hint::DesignRejected {
        references: references.map(Reference::given).collect(),
        reason: json["reason"].as_str().unwrap_or_default().to_owned(),
    })
}
