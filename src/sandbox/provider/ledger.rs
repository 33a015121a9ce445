//! The ledger of charges: every order that a provider accepted, with the files it fetched.

use super::book::Mistake;
use crate::model::id::Hash;
use crate::model::money::Money;
use crate::model::provider_order::{Mode, ProviderLine};
use crate::model::recipient::Recipient;
use crate::model::time::Moment;

/// One order that a provider accepted: what is charged, made and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Name of the provider.
    pub provider: String,
    /// The provider's own number.
    pub provider_order_id: String,
    /// Our reference, as it came.
    pub reference: String,
    /// When it was accepted.
    pub accepted_at: Moment,
    /// Whether it is charged and made.
    pub mode: Mode,
    /// What was charged; a test order costs nothing.
    pub price: Money,
    /// Who gets the goods.
    pub recipient: Recipient,
    /// The provider's word for the shipping method.
    pub shipping_method: String,
    /// Where the provider reports.
    pub hook_url: String,
    /// What is made.
    pub lines: Vec<LedgerLine>,
    /// How far it is.
    pub making: Making,
    /// When making began.
    pub began_at: Option<Moment>,
    /// What has left.
    pub parcels: Vec<SentParcel>,
}

/// One line of an accepted order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// The line's key, as it came.
    pub key: String,
    /// The variant.
    pub provider_sku: String,
    /// Pieces.
    pub quantity: u32,
    /// The print files.
    pub files: Vec<LedgerFile>,
    /// Words that the provider engraves.
    pub texts: Vec<(String, String)>,
    /// Name of the product.
    pub title: String,
}

/// One print file of an accepted order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFile {
    /// The area.
    pub area: String,
    /// The address.
    pub url: String,
    /// The hash that was promised; empty where the provider is not told one.
    pub promised: Option<Hash>,
    /// The hash of what the provider fetched; `None` until it did, or when nothing was there.
    pub fetched: Option<Hash>,
}

/// How far an order is at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Making {
    /// Taken, but it waits there; with a reason when something is wrong.
    Held(Option<String>),
    /// Taken.
    Accepted,
    /// Being made.
    InProduction,
    /// All of it has left.
    Shipped,
    /// Given up, wholly or for the lines that have not left.
    Cancelled,
}

/// One parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentParcel {
    /// When it left.
    pub left_at: Moment,
    /// Carrier.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
    /// Page of the carrier.
    pub tracking_url: String,
    /// Line keys and pieces.
    pub lines: Vec<(String, u32)>,
    /// Whether the provider tells of it yet.
    pub is_told: bool,
}

impl LedgerEntry {
    /// The parcels that the provider tells of.
    pub fn told_parcels(&self) -> impl DoubleEndedIterator<Item = &SentParcel> {
        self.parcels.iter().filter(|parcel| parcel.is_told)
    }

    pub(super) fn mix_up(&mut self, mistake: Mistake) {
        let first = self.lines.first_mut();
        match (mistake, first) {
            (Mistake::Pieces, Some(line)) => line.quantity += 1,
            (Mistake::Picture, Some(line)) => {
                line.files.iter_mut().for_each(|file| file.url += "x");
            }
            (Mistake::Address, _) => self.recipient.postcode += "9",
            (Mistake::Line, _) => {
                self.lines.pop();
            }
            (Mistake::Pieces | Mistake::Picture, None) => {}
        }
    }

    /// Line keys and pieces that have not left.
    pub fn left(&self) -> Vec<(String, u32)> {
        let sent = |key: &str| -> u32 {
            let parcels = self.parcels.iter().flat_map(|parcel| &parcel.lines);
            parcels.filter(|(line, _)| line == key).map(|(_, pieces)| pieces).sum()
        };
        let left = self.lines.iter().map(|line| {
            let left = line.quantity.saturating_sub(sent(&line.key));
            (line.key.clone(), left)
        });
        left.filter(|(_, pieces)| 0 < *pieces).collect()
    }
}

impl LedgerLine {
    pub(crate) fn of(line: &ProviderLine) -> LedgerLine {
        let files = line.files.iter().map(|file| LedgerFile {
            area: file.area.clone(),
            url: file.url.clone(),
            promised: Some(file.hash.clone()),
            fetched: None,
        });
        LedgerLine {
            key: line.key.clone(),
            provider_sku: line.provider_sku.clone(),
            quantity: line.quantity,
            files: files.collect(),
            texts: line.texts.clone(),
            title: line.title.clone(),
        }
    }
}
