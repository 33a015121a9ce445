//! What a provider answers: to orders, look-ups, corrections and releases.

use super::book::Book;
use super::ledger::{LedgerEntry, Making, SentParcel};
use super::rules::{Verdict, refusal};
use super::settings::{CancelRule, Kind};
use crate::model::id::Hash;
use crate::model::provider_order::{
    Accepted, CancelAnswer, Contents, Echo, Progress, ProviderOrder, ProviderParcel,
    ProviderStatus, Reach,
};
use crate::outside::provider::SubmitError;
use crate::sandbox::core::Core;
use crate::sandbox::fault::Fault;

impl Book {
    /// The provider's own answer, and the id of an order that it newly took.
    pub(super) fn submit(
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
            Verdict::SaysDuplicate => (Err(lost("HTTP 400 Duplicate Order")), None),
            Verdict::Breaks => (Err(lost("HTTP 500")), None),
            Verdict::AsBefore(id) => (Ok(Accepted { provider_order_id: id, price: None }), None),
            Verdict::Take => {
                let id = self.accept(core, order);
                if self.settings.abilities.holds_first {
                    self.become_(core, &id, Making::Held(None));
                }
                let accepted = Accepted { provider_order_id: id.clone(), price: None };
                (Ok(accepted), Some(id))
            }
        }
    }

    /// Writes down what was behind an address of a print file.
    pub(crate) fn fetched(&mut self, core: &mut Core, id: &str, url: &str, bytes: Option<&[u8]>) {
        let is_picture = bytes.is_some_and(|bytes| {
            let begins: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"<svg", b"<?xml"];
            // CustomCat takes no SVG.
            let known = if self.kind == Kind::CustomCat { &begins[..2] } else { &begins[..] };
            known.iter().any(|magic| bytes.starts_with(magic))
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
    pub(super) fn correct(
        &mut self,
        core: &mut Core,
        id: &str,
        order: &ProviderOrder,
    ) -> Result<(), SubmitError> {
        let refuse = |words: String| SubmitError::Refused(refusal(&words, Reach::Order));
        self.replace(core, id, order).map_err(refuse)
    }

    /// Ends a hold: the order is billed and made. An order that is not on hold stays what it is.
    pub(crate) fn release(&mut self, core: &mut Core, id: &str) {
        if self.by_id(id).is_some_and(|entry| matches!(entry.making, Making::Held(_))) {
            self.become_(core, id, Making::Accepted);
            self.plan_begin(core, id);
        }
    }

    /// The order as it stands, compared with what was sent.
    pub(super) fn echo(&self, id: &str, order: &ProviderOrder) -> Option<Echo> {
        let entry = self.by_id(id)?;
        let mut differences = Vec::new();
        if entry.lines.len() != order.lines.len() {
            differences.push(format!("it has {} lines", entry.lines.len()));
        }
        for (ours, theirs) in order.lines.iter().zip(&entry.lines) {
            let urls = theirs.files.iter().map(|file| file.url.as_str());
            let is_same = ours.key == theirs.key
                && ours.quantity == theirs.quantity
                && ours.provider_sku == theirs.provider_sku
                && ours.files.iter().map(|file| file.url.as_str()).eq(urls);
            if !is_same {
                differences.push(format!("line {} differs", ours.key));
            }
        }
        if entry.recipient != order.recipient {
            differences.push("the address differs".to_owned());
        }
        Some(Echo { status: self.status_of(entry), differences })
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
                let held = match kind {
                    Kind::CustomCat => reason.clone(),
                    Kind::ShineOn => Some(reason.clone().unwrap_or_default()),
                };
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
    pub fn is_early(&self) -> bool {
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

fn lost(reason: &str) -> SubmitError {
    SubmitError::Unknown { reason: reason.to_owned() }
}
