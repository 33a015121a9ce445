//! What a provider refuses, in its own words.

use super::book::Book;
use super::settings::{Charge, Duplicate, Kind, SkuKind};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{Mode, ProviderLine, ProviderOrder, Reach, Refusal};
use crate::model::recipient::Recipient;

/// What comes of looking at an order before it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is taken.
    Take,
    /// A definite no.
    Refuse(Refusal),
    /// The provider says that it has this reference already, and does nothing.
    SaysDuplicate,
    /// The provider answers with the order it has already.
    AsBefore(String),
    /// The server breaks: nothing was taken, but nobody can know.
    Breaks,
}

impl Book {
    /// Looks at an order as the provider does before it takes it.
    pub(crate) fn judge(&self, order: &ProviderOrder) -> Verdict {
        let settings = &self.settings;
        if let Some(entry) = self.by_reference(order.reference.as_str()) {
            match settings.duplicate {
                Duplicate::Refused => return Verdict::SaysDuplicate,
                Duplicate::SameId => return Verdict::AsBefore(entry.provider_order_id.clone()),
                Duplicate::SecondOrder => {}
            }
        }
        if self.kind == Kind::CustomCat && order.recipient.phone.trim().is_empty() {
            // Seen: a missing telephone number is an internal error there, not a refusal.
            return Verdict::Breaks;
        }
        if let Some(refusal) = self.address_refusal(&order.recipient) {
            return Verdict::Refuse(refusal);
        }
        if self.kind == Kind::ShineOn && order.hook_url.is_empty() {
            return refuse("shipment_notification_url is required");
        }
        if order.lines.is_empty() {
            return refuse("items are required");
        }
        for line in &order.lines {
            if settings.out_of_stock.contains(&line.provider_sku) {
                let words = format!("There is an issue with the order. SKU: {}", line.provider_sku);
                return refuse(&words);
            }
            if let Some(words) = self.line_refusal(line) {
                return refuse(&words);
            }
        }
        if order.mode == Mode::Live && settings.charge == Charge::Fails {
            return Verdict::Refuse(refusal("Charge Failed", Reach::Account));
        }
        Verdict::Take
    }

    fn address_refusal(&self, recipient: &Recipient) -> Option<Refusal> {
        if let Some(missing) = recipient.missing().first() {
            return Some(refusal(&format!("Invalid Shipping Address: {missing}"), Reach::Order));
        }
        if self.kind == Kind::CustomCat && recipient.email.trim().is_empty() {
            return Some(refusal("Customer Email Required", Reach::Order));
        }
        if !self.settings.bad_postcodes.contains(&recipient.postcode) {
            return None;
        }
        let mut refusal = refusal("Conflicting ZIP Code/city/state information.", Reach::Order);
        refusal.suggestions.push(format!(
            "{}, {}, {} 48216, {}",
            recipient.address_1, recipient.city, recipient.state, recipient.country
        ));
        Some(refusal)
    }

    /// What a line lacks, by the kind of its SKU.
    fn line_refusal(&self, line: &ProviderLine) -> Option<String> {
        if self.settings.personalizations.contains_key(&line.provider_sku) {
            return self.keys_refusal(line);
        }
        let kind = self.settings.sku_kinds.get(&line.provider_sku);
        let has_text = |keys: &[&str]| {
            let mut texts = line.texts.iter();
            texts.any(|(key, value)| keys.contains(&key.as_str()) && !value.is_empty())
        };
        let is_svg = |url: &str| url.split('?').next().is_some_and(|path| path.ends_with(".svg"));
        match kind.copied().unwrap_or(SkuKind::Artwork) {
            SkuKind::Standard => None,
            SkuKind::Artwork if line.files.is_empty() => Some("print_url is required".to_owned()),
            SkuKind::Artwork => None,
            SkuKind::SvgArtwork => match line.files.iter().all(|file| is_svg(&file.url)) {
                true if !line.files.is_empty() => None,
                _ => Some("this template requires svg".to_owned()),
            },
            SkuKind::Engraving(lines) => {
                let missing = (1..=lines).find(|nth| {
                    let (label, slug) =
                        (format!("Engraving Line {nth}"), format!("engraving_line_{nth}"));
                    !has_text(&[&label, &slug])
                });
                missing.map(|nth| format!("Engraving Line {nth} is required"))
            }
            SkuKind::Ring => match has_text(&["Size (US)", "size_us"]) {
                true => None,
                false => Some("Size (US) is required".to_owned()),
            },
        }
    }
}

fn refuse(words: &str) -> Verdict {
    Verdict::Refuse(refusal(words, Reach::Order))
}

pub(crate) fn refusal(words: &str, reach: Reach) -> Refusal {
    Refusal { problem: Problem::new(What::Refused, "", words), reach, suggestions: Vec::new() }
}
