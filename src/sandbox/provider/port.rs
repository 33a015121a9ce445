//! The provider as the flow asks it, and as tests look at it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::book::{Book, ProviderAct};
use super::ledger::{LedgerEntry, Making, SentParcel};
use super::rules::{Verdict, refusal};
use super::settings::{CancelRule, Kind, ProviderSettings};
use crate::model::fulfilment::{CorrectPermit, Reference, SubmitPermit};
use crate::model::id::Hash;
use crate::model::provider_order::{
    Abilities, Accepted, CancelAnswer, CatalogueEntry, Contents, Hint, Progress, ProviderOrder,
    ProviderParcel, ProviderStatus, Reach,
};
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
        self.with(|book, _| book.hooks.insert(topic.to_owned(), url.to_owned()));
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

impl Book {
    /// The provider's own answer, and the id of an order that it newly took.
    fn submit(
        &mut self,
        core: &mut Core,
        order: &ProviderOrder,
    ) -> (Result<Accepted, SubmitError>, Option<String>) {
        match self.judge(order) {
            Verdict::Refuse(refusal) => {
                let (name, words) = (&self.name, &refusal.problem.detail);
                core.note(format!("provider {name}: refuses {}: {words}", order.reference));
                (Err(SubmitError::Refused(refusal)), None)
            }
            Verdict::SaysDuplicate => (Err(unknown("HTTP 400 Duplicate Order")), None),
            Verdict::Breaks => (Err(unknown("HTTP 500")), None),
            Verdict::AsBefore(id) => (Ok(Accepted { provider_order_id: id, price: None }), None),
            Verdict::Take => {
                let id = self.accept(core, order);
                let accepted = Accepted { provider_order_id: id.clone(), price: None };
                (Ok(accepted), Some(id))
            }
        }
    }

    /// Writes down what was behind an address of a print file.
    pub(crate) fn fetched(&mut self, core: &mut Core, id: &str, url: &str, bytes: Option<&[u8]>) {
        let is_picture = bytes.is_some_and(|bytes| {
            let begins: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"<svg", b"<?xml"];
            begins.iter().any(|magic| bytes.starts_with(magic))
        });
        let Some(entry) = self.by_id_mut(id) else {
            return;
        };
        for file in entry.lines.iter_mut().flat_map(|line| &mut line.files) {
            if file.url == url {
                file.fetched = bytes.map(Hash::of);
            }
        }
        core.wake();
        if !is_picture {
            self.reject_design(core, id, "The design could not be downloaded as PNG or JPG");
        }
    }

    pub(crate) fn cancel(&mut self, core: &mut Core, id: &str) -> CancelAnswer {
        let Some(entry) = self.by_id(id) else {
            return CancelAnswer::Refused("Order not found".to_owned());
        };
        let may = match (&entry.making, self.settings.cancel) {
            (Making::Cancelled, _) => return CancelAnswer::Cancelled,
            (Making::Shipped, _) | (_, CancelRule::Never) => false,
            (Making::InProduction, CancelRule::UntilShipped) => entry.parcels.is_empty(),
            (Making::InProduction, CancelRule::UntilProduction) => false,
            (Making::Held(_) | Making::Accepted, _) => true,
        };
        if !may {
            return CancelAnswer::Refused("Order can no longer be cancelled".to_owned());
        }
        self.become_(core, id, Making::Cancelled);
        CancelAnswer::Cancelled
    }

    /// Takes a corrected order, as the flow sends it.
    fn correct(
        &mut self,
        core: &mut Core,
        id: &str,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        let refuse = |words: String| SubmitError::Refused(refusal(&words, Reach::Order));
        self.replace(core, id, order).map_err(refuse)
    }

    /// Replaces lines and recipient, as long as nothing of the order is made.
    pub(crate) fn replace(
        &mut self,
        core: &mut Core,
        id: &str,
        order: &ProviderOrder,
    ) -> Result<(), String> {
        let is_able = self.settings.abilities.correct;
        let is_early = self.by_id(id).is_some_and(LedgerEntry::is_early);
        if !is_able || !is_early {
            return Err("Order can no longer be changed".to_owned());
        }
        let lines = order.lines.iter().map(super::LedgerLine::of).collect();
        core.note(format!("provider {}: takes a correction of {}", self.name, order.reference));
        if let Some(entry) = self.by_id_mut(id) {
            entry.lines = lines;
            entry.recipient = order.recipient.clone();
        }
        Ok(())
    }

    /// What a look-up by reference finds: not what is too new, nor what a fault hides.
    pub(crate) fn found(
        &self,
        core: &Core,
        reference: &str,
        fault: &Option<Fault>,
    ) -> Option<&LedgerEntry> {
        let entry = self.by_reference(reference)?;
        let visible_at = entry.accepted_at.plus(self.settings.visible_after);
        let is_hidden = *fault == Some(Fault::FindMisses) || core.now < visible_at;
        (!is_hidden).then_some(entry)
    }

    /// How far an order is, in the words of the model and with the provider's own word.
    pub(crate) fn status_of(&self, entry: &LedgerEntry) -> ProviderStatus {
        let (progress, word) = match (&entry.making, self.kind) {
            (Making::Held(reason), kind) => {
                let word = match kind {
                    // CustomCat has no word for it.
                    Kind::CustomCat => "Pending",
                    Kind::ShineOn => "on_hold",
                };
                let held = reason.clone();
                (Progress::Accepted { held }, word)
            }
            (Making::Accepted, Kind::CustomCat) => (Progress::Accepted { held: None }, "Pending"),
            (Making::Accepted, Kind::ShineOn) => {
                (Progress::Accepted { held: None }, "awaiting_payment")
            }
            (Making::InProduction, Kind::CustomCat) => (Progress::InProduction, "Verified"),
            (Making::InProduction, Kind::ShineOn) => (Progress::InProduction, "in_production"),
            (Making::Shipped, Kind::CustomCat) => (Progress::Shipped, "Shipped"),
            (Making::Shipped, Kind::ShineOn) => (Progress::Shipped, "shipped"),
            (Making::Cancelled, Kind::CustomCat) => (Progress::Cancelled, "Cancelled"),
            (Making::Cancelled, Kind::ShineOn) => (Progress::Cancelled, "cancelled"),
        };
        let names_lines = self.settings.abilities.names_lines_in_parcels;
        let lines = entry.lines.iter().map(|line| (line.key.clone(), line.quantity));
        ProviderStatus {
            provider_order_id: entry.provider_order_id.clone(),
            progress,
            word: word.to_owned(),
            parcels: entry.told_parcels().map(|parcel| parcel.told(self)).collect(),
            lines: names_lines.then(|| lines.collect()),
            can_correct: self.settings.abilities.correct && entry.is_early(),
            price: Some(entry.price),
        }
    }
}

impl LedgerEntry {
    /// Whether nothing of it is made yet.
    fn is_early(&self) -> bool {
        matches!(self.making, Making::Held(_) | Making::Accepted)
    }
}

impl SentParcel {
    fn told(&self, book: &Book) -> ProviderParcel {
        let contents = match book.settings.abilities.names_lines_in_parcels {
            true => Contents::Lines(self.lines.clone()),
            false => Contents::Pieces(self.lines.iter().map(|(_, pieces)| pieces).sum()),
        };
        ProviderParcel {
            key: self.tracking_number.clone(),
            carrier: self.carrier.clone(),
            tracking_number: self.tracking_number.clone(),
            // Neither provider has the carrier's page in its status; CustomCat's call has it.
            tracking_url: String::new(),
            contents,
        }
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
