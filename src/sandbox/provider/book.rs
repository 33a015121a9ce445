//! A provider's memory: what it accepted, and how each order goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ledger::{LedgerEntry, LedgerLine, Making, SentParcel};
use super::settings::{Calls, FirstState, Kind, ParcelPlan, ProviderSettings, Start};
use super::tell::OutgoingHook;
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{Mode, ProviderOrder};
use crate::model::time::Moment;
use crate::sandbox::core::{Core, Event};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What happens at a provider to the newest order with a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderAct {
    /// Making begins.
    Begins,
    /// Everything that is left goes into one parcel.
    ShipsRest,
    /// These lines and pieces go into one parcel.
    Ships(Vec<(String, u32)>),
    /// Everything that is left goes into one parcel, whose number is not told yet.
    ShipsUntold,
    /// What was not told is told now.
    TellsNumbers,
    /// These pieces, which had left already, are made and sent once more.
    SendsAgain(Vec<(String, u32)>),
    /// The provider holds the order.
    Holds(String),
    /// The hold ends.
    Releases,
    /// The provider gives up what has not left.
    GivesUp,
    /// The provider refuses a design and tells so through its hook.
    RejectsDesign(String),
    /// Something of the order is taken down wrongly.
    MixesUp(Mistake),
}

/// What a provider takes down wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// One piece more of the first line.
    Pieces,
    /// Another picture for the first line.
    Picture,
    /// Another postal code.
    Address,
    /// The last line is lost.
    Line,
}

/// What happens at a provider at a planned moment.
#[derive(Debug, Clone)]
pub(crate) enum ProviderEvent {
    /// Making begins, if it still may.
    Begin { provider_order_id: String },
    /// A parcel leaves, if it still may.
    Ship { provider_order_id: String, first_piece_only: FirstPiece },
    /// A test planned it.
    Act { reference: String, act: ProviderAct },
}

/// What goes into a planned parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstPiece {
    /// One piece of the first line.
    Alone,
    /// All that is left.
    WithTheRest,
}

/// One provider.
pub(crate) struct Book {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) settings: ProviderSettings,
    /// The hooks of the account (CustomCat).
    pub(crate) hooks: Vec<ProviderHook>,
    pub(super) hooks_made: u32,
    entries: Vec<LedgerEntry>,
    /// Where the first entry with a reference stands.
    first_of_reference: BTreeMap<String, usize>,
    /// Where the entry with a number of the provider's stands.
    of_id: BTreeMap<String, usize>,
    pub(super) outgoing: Vec<OutgoingHook>,
}

impl Book {
    pub(crate) fn new(name: &str, kind: Kind) -> Book {
        Book {
            name: name.to_owned(),
            kind,
            settings: ProviderSettings::of(kind),
            hooks: Vec::new(),
            hooks_made: 0,
            entries: Vec::new(),
            first_of_reference: BTreeMap::new(),
            of_id: BTreeMap::new(),
            outgoing: Vec::new(),
        }
    }

    pub(crate) fn entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// The first order with this reference: what a look-up finds.
    pub(crate) fn by_reference(&self, reference: &str) -> Option<&LedgerEntry> {
        self.entries.get(*self.first_of_reference.get(reference)?)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&LedgerEntry> {
        self.entries.get(*self.of_id.get(id)?)
    }

    pub(crate) fn by_id_mut(&mut self, id: &str) -> Option<&mut LedgerEntry> {
        self.entries.get_mut(*self.of_id.get(id)?)
    }

    /// Takes an order into the ledger and plans its making. The files are not fetched yet.
    pub(crate) fn accept(&mut self, core: &mut Core, order: &ProviderOrder) -> String {
        let id = self.new_id(core);
        let lines: Vec<LedgerLine> = order.lines.iter().map(LedgerLine::of).collect();
        let pieces: i64 = lines.iter().map(|line| i64::from(line.quantity)).sum();
        let mut price = self.settings.price_each;
        price.minor = match order.mode {
            Mode::Live => price.minor * pieces + self.settings.price_shipping.minor,
            Mode::Test => 0,
        };
        core.note(format!(
            "provider {}: accepts {} as {id}, charges {price}",
            self.name, order.reference
        ));
        let place = self.entries.len();
        self.first_of_reference.entry(order.reference.as_str().to_owned()).or_insert(place);
        self.of_id.entry(id.clone()).or_insert(place);
        self.entries.push(LedgerEntry {
            provider: self.name.clone(),
            provider_order_id: id.clone(),
            reference: order.reference.as_str().to_owned(),
            accepted_at: core.now,
            mode: order.mode,
            price,
            recipient: order.recipient.clone(),
            shipping_method: order.shipping_method.clone(),
            hook_url: order.hook_url.clone(),
            lines,
            making: Making::Accepted,
            began_at: None,
            parcels: Vec::new(),
        });
        self.plan_begin(core, &id);
        if self.kind == Kind::ShineOn && self.settings.first_state == FirstState::OnHold {
            self.become_(core, &id, Making::Held(None));
        }
        id
    }

    /// Over HTTP no hash is promised: the ledger knows only what was fetched.
    pub(crate) fn forget_promises(&mut self, id: &str) {
        let lines = self.by_id_mut(id).into_iter().flat_map(|entry| &mut entry.lines);
        for file in lines.flat_map(|line| &mut line.files) {
            file.promised = None;
        }
    }

    fn new_id(&self, core: &mut Core) -> String {
        match self.kind {
            Kind::CustomCat => {
                let hex = core.draw(b"0123456789ABCDEF", 32);
                format!("{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..])
            }
            Kind::ShineOn => (98_765 + self.entries.len()).to_string(),
        }
    }

    /// Plans when making begins, counted from now.
    pub(crate) fn plan_begin(&self, core: &mut Core, id: &str) {
        let at = match &self.settings.start {
            Start::After(wait) => core.now.plus(*wait),
            Start::Billing { hours, age_min } => billing_run(core.now.plus(*age_min), hours),
            Start::ByHand => return,
        };
        let event = ProviderEvent::Begin { provider_order_id: id.to_owned() };
        core.schedule(at, Event::Provider(self.name.clone(), event));
    }

    pub(crate) fn play(&mut self, core: &mut Core, event: ProviderEvent) {
        match event {
            ProviderEvent::Begin { provider_order_id } => self.begin(core, &provider_order_id),
            ProviderEvent::Ship { provider_order_id, first_piece_only } => {
                let Some(entry) = self.by_id(&provider_order_id) else {
                    return;
                };
                if entry.making != Making::InProduction {
                    return;
                }
                let mut lines = entry.left();
                if first_piece_only == FirstPiece::Alone {
                    lines.truncate(1);
                    lines.iter_mut().for_each(|(_, pieces)| *pieces = 1);
                }
                self.ship(core, &provider_order_id, lines);
            }
            ProviderEvent::Act { reference, act } => self.act(core, &reference, act),
        }
    }

    /// Does it to the newest order with this reference.
    pub(crate) fn act(&mut self, core: &mut Core, reference: &str, act: ProviderAct) {
        let newest = self.entries.iter().rev().find(|entry| entry.reference == reference);
        let Some(entry) = newest else {
            core.note(format!("provider {}: has no {reference} for {act:?}", self.name));
            return;
        };
        let id = entry.provider_order_id.clone();
        match act {
            ProviderAct::Begins => self.begin(core, &id),
            ProviderAct::ShipsRest => {
                let left = entry.left();
                self.ship(core, &id, left);
            }
            ProviderAct::Ships(lines) | ProviderAct::SendsAgain(lines) => {
                self.ship(core, &id, lines);
            }
            ProviderAct::ShipsUntold => {
                let left = entry.left();
                self.send(core, &id, left, false);
            }
            ProviderAct::TellsNumbers => self.tell_numbers(core, &id),
            ProviderAct::Holds(reason) => self.become_(core, &id, Making::Held(Some(reason))),
            ProviderAct::Releases => {
                self.become_(core, &id, Making::Accepted);
                self.plan_begin(core, &id);
            }
            ProviderAct::GivesUp => self.become_(core, &id, Making::Cancelled),
            ProviderAct::RejectsDesign(reason) => self.reject_design(core, &id, &reason),
            ProviderAct::MixesUp(mistake) => {
                if let Some(entry) = self.by_id_mut(&id) {
                    entry.mix_up(mistake);
                }
            }
        }
    }

    pub(crate) fn become_(&mut self, core: &mut Core, id: &str, making: Making) {
        let name = self.name.clone();
        if let Some(entry) = self.by_id_mut(id) {
            core.note(format!("provider {name}: {} is {making:?}", entry.reference));
            entry.making = making;
        }
    }

    fn begin(&mut self, core: &mut Core, id: &str) {
        if self.by_id(id).is_none_or(|entry| entry.making != Making::Accepted) {
            return;
        }
        self.become_(core, id, Making::InProduction);
        let now = core.now;
        if let Some(entry) = self.by_id_mut(id) {
            entry.began_at = Some(now);
        }
        if self.kind == Kind::ShineOn && self.settings.calls == Calls::EveryChange {
            self.tell_change(core, id);
        }
        let ready_at = core.now.plus(self.settings.making);
        let mut plan = |at, first_piece_only| {
            let event = ProviderEvent::Ship { provider_order_id: id.to_owned(), first_piece_only };
            core.schedule(at, Event::Provider(self.name.clone(), event));
        };
        match self.settings.parcels {
            ParcelPlan::Together => plan(ready_at, FirstPiece::WithTheRest),
            ParcelPlan::Two { gap } => {
                plan(ready_at, FirstPiece::Alone);
                plan(ready_at.plus(gap), FirstPiece::WithTheRest);
            }
            ParcelPlan::ByHand => {}
        }
    }

    /// Sends a parcel with these lines; when nothing is left the order has shipped.
    fn ship(&mut self, core: &mut Core, id: &str, lines: Vec<(String, u32)>) {
        self.send(core, id, lines, true);
    }

    fn tell_numbers(&mut self, core: &mut Core, id: &str) {
        let Some(entry) = self.by_id_mut(id) else {
            return;
        };
        entry.parcels.iter_mut().for_each(|parcel| parcel.is_told = true);
        let entry = entry.clone();
        self.tell_shipped(core, &entry);
    }

    fn send(&mut self, core: &mut Core, id: &str, lines: Vec<(String, u32)>, is_told: bool) {
        let kind = self.kind;
        let name = self.name.clone();
        let number = format!("9400{}", core.draw(b"0123456789", 18));
        let now = core.now;
        let Some(entry) = self.by_id_mut(id) else {
            return;
        };
        if lines.is_empty() {
            return;
        }
        core.note(format!("provider {name}: sends {lines:?} of {}", entry.reference));
        entry.parcels.push(SentParcel {
            left_at: now,
            carrier: match kind {
                Kind::CustomCat => "UPS".to_owned(),
                Kind::ShineOn => "USPS".to_owned(),
            },
            tracking_url: format!("https://track.example.test/?n={number}"),
            tracking_number: number,
            lines,
            is_told,
        });
        entry.making = match entry.left().is_empty() {
            true => Making::Shipped,
            false => Making::InProduction,
        };
        let entry = entry.clone();
        self.tell_shipped(core, &entry);
    }
}

/// The first billing run at or after this moment.
fn billing_run(from: Moment, hours: &[u8]) -> Moment {
    let day_ms = i64::try_from(DAY.as_millis()).expect("a day has few milliseconds");
    let midnight = Moment::from_unix_ms(from.unix_ms() - from.unix_ms().rem_euclid(day_ms));
    let runs = [midnight, midnight.plus(DAY)].into_iter().flat_map(|day| {
        hours.iter().map(move |hour| day.plus(Duration::from_secs(u64::from(*hour) * 3600)))
    });
    runs.into_iter().find(|run| from <= *run).unwrap_or(from)
}
