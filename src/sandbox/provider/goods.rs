//! What a provider sells, how it sends, and what it asks for that.

use super::book::Book;
use super::settings::{Kind, QuoteRule, SkuKind};
use crate::model::money::Money;
use crate::model::problem::{Problem, What};
use crate::model::provider_hook::ProviderHook;
use crate::model::provider_order::{ProviderLine, ProviderOrder};
use crate::model::sku::{Covers, Need, NeedKind, Offer, Quote, ShippingMethod, SkuFacts, fit};

impl Book {
    /// What it says of a variant; `None` for one that it does not sell.
    pub(crate) fn facts(&self, sku: &str) -> Option<SkuFacts> {
        let mut entries = self.settings.catalogue.iter();
        let entry = entries.find(|entry| entry.provider_sku == sku)?;
        Some(SkuFacts {
            provider_sku: sku.to_owned(),
            title: entry.title.clone(),
            in_stock: match self.kind {
                Kind::CustomCat => Some(!self.settings.out_of_stock.contains(sku)),
                Kind::ShineOn => None,
            },
            cost: Some(self.settings.price_each),
            needs: self.needs(sku),
            artwork: self.settings.artwork.get(sku).copied(),
        })
    }

    fn needs(&self, sku: &str) -> Vec<Need> {
        if self.kind == Kind::CustomCat {
            return vec![
                Need::new("front", NeedKind::Picture, false),
                Need::new("back", NeedKind::Picture, false),
            ];
        }
        if let Some(keys) = self.settings.personalizations.get(sku) {
            return keys.clone();
        }
        let kind = self.settings.sku_kinds.get(sku).copied().unwrap_or(SkuKind::Artwork);
        match kind {
            SkuKind::Artwork | SkuKind::SvgArtwork => {
                vec![Need::new("print_url", NeedKind::Picture, true)]
            }
            SkuKind::Engraving(lines) => (1..=lines)
                .map(|nth| Need::new(&format!("Engraving Line {nth}"), NeedKind::Text, nth == 1))
                .collect(),
            SkuKind::Ring => vec![Need::new("Size (US)", NeedKind::Choice, true)],
            SkuKind::Standard => Vec::new(),
        }
    }

    /// What a line lacks for a blank with keys of its own.
    pub(super) fn keys_refusal(&self, line: &ProviderLine) -> Option<String> {
        let keys = self.settings.personalizations.get(&line.provider_sku)?;
        let offer = Offer {
            areas: line.files.iter().map(|file| (file.area.as_str(), file.extension())).collect(),
            texts: line.texts.iter().map(|(key, _)| key.as_str()).collect(),
        };
        let faults = fit(keys, &offer).err()?.join("; ");
        Some(match faults.contains("SVG") {
            true => format!("this template requires svg: {faults}"),
            false => faults,
        })
    }

    pub(super) fn misfit(&self, order: &ProviderOrder) -> Option<Problem> {
        if self.kind == Kind::CustomCat && order.recipient.phone.trim().is_empty() {
            return Some(Problem::new(
                What::AddressIncomplete,
                "",
                "a telephone number is missing",
            ));
        }
        order.lines.iter().find_map(|line| {
            let words = self.keys_refusal(line)?;
            Some(Problem::new(What::ProviderNeeds, line.key.clone(), words))
        })
    }

    /// What sending this order costs, as it is told: nothing is told of goods that it does not sell.
    pub(crate) fn shipping_price(&self, order: &ProviderOrder) -> Money {
        let price = self.settings.price_shipping;
        let are_known = order.lines.iter().all(|line| self.facts(&line.provider_sku).is_some());
        match (self.settings.quote, are_known) {
            (QuoteRule::Told, true) => price,
            (QuoteRule::Zero, _) | (_, false) => Money { minor: 0, ..price },
        }
    }

    pub(super) fn quote(&self, order: &ProviderOrder) -> Option<Quote> {
        let mut price = self.settings.price_each;
        price.minor = 0;
        for line in &order.lines {
            let each = self.facts(&line.provider_sku)?.cost?;
            price.minor += each.minor * i64::from(line.quantity);
        }
        if self.kind == Kind::ShineOn {
            return Some(Quote { price, covers: Covers::Goods });
        }
        let shipping = self.shipping_price(order);
        price.minor += shipping.minor;
        (0 < shipping.minor).then_some(Quote { price, covers: Covers::Everything })
    }

    pub(crate) fn shipping_methods(&self) -> Vec<ShippingMethod> {
        let rows = self.settings.shipping_methods.iter();
        rows.map(|(id, name)| ShippingMethod { id: id.to_string(), name: name.clone() }).collect()
    }

    /// Makes a hook beside those that are there.
    pub(crate) fn make_hook(&mut self, topic: &str, url: &str) -> ProviderHook {
        self.hooks_made += 1;
        let hook = ProviderHook {
            id: self.hooks_made.to_string(),
            topic: topic.to_owned(),
            url: url.to_owned(),
        };
        self.hooks.push(hook.clone());
        hook
    }
}
