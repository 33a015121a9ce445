//! The calls that providers make themselves: unsigned, in their own documents, only hints to us.

use super::book::Book;
use super::ledger::{LedgerEntry, Making, SentParcel};
use super::settings::Kind;
use crate::model::time::Moment;
use crate::sandbox::core::Core;
use crate::sandbox::document::{Doc, map};
use crate::sandbox::fault::{Call, Fault};

/// One call of a provider's hook, ready to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingHook {
    /// Name of the provider.
    pub provider: String,
    /// What the hook was registered for; ShineOn has one for all.
    pub topic: String,
    /// Where it goes.
    pub url: String,
    /// When it leaves.
    pub at: Moment,
    /// The exact bytes.
    pub body: Vec<u8>,
}

impl Book {
    pub(super) fn tell_shipped(&mut self, core: &mut Core, entry: &LedgerEntry) {
        let Some(parcel) = entry.told_parcels().next_back() else {
            return;
        };
        let left: i64 = entry.left().iter().map(|(_, pieces)| i64::from(*pieces)).sum();
        match self.kind {
            Kind::CustomCat => {
                let mut rows = vec![
                    ("api_key".into(), Doc::from(self.settings.key_read_only.as_str())),
                    ("order_id".into(), Doc::from(entry.reference.as_str())),
                    ("customcat_order_id".into(), Doc::from(entry.provider_order_id.as_str())),
                    ("tracker_number".into(), Doc::from(parcel.tracking_number.as_str())),
                    ("tracking_url".into(), Doc::from(parcel.tracking_url.as_str())),
                ];
                let topic = match left {
                    0 => "order-shipped",
                    _ => "order-partial-shipment",
                };
                if 0 < left {
                    rows.push(("items_remaining".into(), Doc::Int(left)));
                }
                self.call(core, topic, Doc::Map(rows));
            }
            Kind::ShineOn => {
                let url = entry.hook_url.clone();
                let document = map! { "order" => entry.shineon_callback() };
                self.call_url(core, "shipment", &url, &document);
            }
        }
    }

    /// ShineOn's call on a change of state, which may be one without tracking.
    pub(super) fn tell_change(&mut self, core: &mut Core, id: &str) {
        if let Some(entry) = self.by_id(id).cloned() {
            let document = map! { "order" => entry.shineon_callback() };
            self.call_url(core, "shipment", &entry.hook_url, &document);
        }
    }

    pub(crate) fn reject_design(&mut self, core: &mut Core, id: &str, reason: &str) {
        self.become_(core, id, Making::Held(Some(reason.to_owned())));
        let Some(entry) = self.by_id(id).cloned() else {
            return;
        };
        let files = entry.lines.iter().flat_map(|line| &line.files);
        let url = files.map(|file| file.url.as_str()).next().unwrap_or_default();
        let items = entry.lines.iter().map(|line| {
            map! {
                "catalog_sku" => line.provider_sku.as_str(),
                "quantity" => i64::from(line.quantity),
            }
        });
        let document = map! {
            "design_url" => url,
            "reason" => reason,
            "orders" => vec![map! {
                "order_id" => entry.reference.as_str(),
                "customcat_order_id" => entry.provider_order_id.as_str(),
                "items" => items.collect::<Vec<_>>(),
            }],
        };
        // ShineOn has no such call: the hold is seen when it is asked.
        if self.kind == Kind::CustomCat {
            self.call(core, "design-rejected", document);
        }
    }

    fn call(&mut self, core: &mut Core, topic: &str, document: Doc) {
        let hooks = self.hooks.iter().filter(|hook| hook.topic == topic);
        let urls: Vec<String> = hooks.map(|hook| hook.url.clone()).collect();
        for url in urls {
            self.call_url(core, topic, &url, &document);
        }
    }

    fn call_url(&mut self, core: &mut Core, topic: &str, url: &str, document: &Doc) {
        if url.is_empty() {
            return;
        }
        let fault = core.strike(Call::Hook);
        if fault == Some(Fault::HookDropped) {
            return;
        }
        let call = OutgoingHook {
            provider: self.name.clone(),
            topic: topic.to_owned(),
            url: url.to_owned(),
            at: match &fault {
                Some(Fault::HookLate(wait)) => core.now.plus(*wait),
                _ => core.now,
            },
            body: document.php_json().into_bytes(),
        };
        if fault == Some(Fault::HookDoubled) {
            self.outgoing.push(call.clone());
        }
        self.outgoing.push(call);
    }

    pub(crate) fn hooks_due(&self) -> impl Iterator<Item = Moment> {
        self.outgoing.iter().map(|call| call.at)
    }

    pub(crate) fn take_hooks(&mut self, core: &mut Core) -> Vec<OutgoingHook> {
        let now = core.now;
        let calls = std::mem::take(&mut self.outgoing);
        let (due, waiting) = calls.into_iter().partition(|call| call.at <= now);
        self.outgoing = waiting;
        due
    }
}

impl LedgerEntry {
    /// The body of ShineOn's call: `source_id` is empty, and only lines with tracking tell news.
    fn shineon_callback(&self) -> Doc {
        let id = self.provider_order_id.parse().unwrap_or(0);
        let lines = self.lines.iter().enumerate().map(|(idx, line)| {
            let has_line =
                |parcel: &&SentParcel| parcel.lines.iter().any(|(key, _)| *key == line.key);
            let parcel = self.told_parcels().rev().find(has_line);
            map! {
                "id" => id * 10 + i64::try_from(idx).unwrap_or(0),
                "store_line_item_id" => line.key.as_str(),
                "sku" => line.provider_sku.as_str(),
                "quantity" => i64::from(line.quantity),
                "tracking_company" => parcel.map(|parcel| parcel.carrier.clone()),
                "tracking_number" => parcel.map(|parcel| parcel.tracking_number.clone()),
            }
        });
        map! {
            "id" => id,
            "source_id" => "",
            "store_order_id" => self.reference.as_str(),
            "line_items" => lines.collect::<Vec<_>>(),
        }
    }
}
