//! An order as the shop keeps it, with everything that its documents and pages show.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::model::id::{ShopLineId, ShopOrderId};
use crate::model::money::{Currency, Money};
use crate::model::recipient::Recipient;
use crate::model::shop_order::{LineMeta, MetaSource, ShopLine, ShopOrder, ShopParcel};
use crate::model::time::Moment;

/// One order in the shop's own memory.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) cart_hash: String,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) created_at: Moment,
    pub(crate) modified_at: Moment,
    pub(crate) paid_at: Option<Moment>,
    pub(crate) completed_at: Option<Moment>,
    pub(crate) payment_method: String,
    pub(crate) payment_title: String,
    pub(crate) transaction_id: String,
    pub(crate) currency: Currency,
    pub(crate) billing: Recipient,
    pub(crate) shipping: Recipient,
    pub(crate) shipping_line: Option<ShippingLine>,
    pub(crate) created_via: String,
    pub(crate) note: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) meta: Vec<Meta>,
    pub(crate) notes: Vec<Note>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) parcels: Vec<Parcel>,
    /// Every status it had, with the moment.
    pub(crate) history: Vec<(Moment, String)>,
    /// What it was before it went to the trash.
    pub(crate) before_trash: Option<String>,
}

/// Something that can be bought.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) sku: String,
    pub(crate) price: Money,
    pub(crate) created_at: Moment,
    /// Name and SKU of each variation.
    pub(crate) variations: BTreeMap<i64, (String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct ShippingLine {
    pub(crate) id: i64,
    pub(crate) method_id: String,
    pub(crate) title: String,
    pub(crate) total: Money,
}

#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) product_id: i64,
    pub(crate) variation_id: i64,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) total: Money,
    pub(crate) meta: Vec<Meta>,
}

/// One row of meta: any JSON may be its value.
#[derive(Debug, Clone)]
pub(crate) struct Meta {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) value: Json,
}

#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) at: Moment,
    pub(crate) text: String,
    pub(crate) to_customer: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: i64,
    pub(crate) at: Moment,
    pub(crate) amount: Money,
    pub(crate) reason: String,
    /// The refund's own line id, the line of the order, pieces. A refund by amount has none.
    pub(crate) lines: Vec<(i64, i64, u32)>,
}

/// One parcel, wherever the shop keeps tracking.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    /// 32 hexadecimal digits.
    pub(crate) tracking_id: String,
    pub(crate) carrier: String,
    pub(crate) tracking_number: String,
    pub(crate) tracking_url: String,
    pub(crate) shipped_at: Moment,
    /// The lines of the order in it, as far as the writer said so.
    pub(crate) lines: Vec<(ShopLineId, u32)>,
    /// Whoever wrote it may have given it a key of its own.
    pub(crate) key: String,
}

impl Order {
    /// Lines and shipping together.
    pub(crate) fn total(&self) -> Money {
        let lines: i64 = self.lines.iter().map(|line| line.total.minor).sum();
        let shipping = self.shipping_line.as_ref().map_or(0, |line| line.total.minor);
        self.money(lines + shipping)
    }

    /// What was given back so far.
    pub(crate) fn refunded(&self) -> Money {
        self.money(self.refunds.iter().map(|refund| refund.amount.minor).sum())
    }

    pub(crate) fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.currency }
    }

    /// Pieces of this line that refunds named.
    pub(crate) fn refunded_pieces(&self, line_id: i64) -> u32 {
        let lines = self.refunds.iter().flat_map(|refund| &refund.lines);
        lines.filter(|(_, of, _)| *of == line_id).map(|(_, _, pieces)| pieces).sum()
    }

    pub(crate) fn line_mut(&mut self, id: ShopLineId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == id.0)
    }

    /// The order in the words of the model, as a good client would read it.
    pub(crate) fn told(&self) -> ShopOrder {
        let ships_to_billing = self.shipping.address_1.is_empty() && self.shipping_line.is_some();
        let mut recipient = if ships_to_billing || self.shipping_line.is_none() {
            self.billing.clone()
        } else {
            self.shipping.clone()
        };
        recipient.email.clone_from(&self.billing.email);
        ShopOrder {
            id: ShopOrderId(self.id),
            key: self.key.clone(),
            number: self.number.clone(),
            status: self.status.clone(),
            placed_at: self.created_at,
            modified_at: self.modified_at,
            paid_at: self.paid_at,
            payment_method: self.payment_method.clone(),
            total: self.total(),
            recipient,
            shipping_method: self
                .shipping_line
                .as_ref()
                .map_or(String::new(), |line| format!("{} {}", line.method_id, line.title)),
            note: self.note.clone(),
            lines: self.lines.iter().map(|line| self.told_line(line)).collect(),
            meta: self.meta.iter().filter_map(Meta::told).collect(),
        }
    }

    fn told_line(&self, line: &Line) -> ShopLine {
        let meta = line.meta.iter().filter_map(Meta::told).map(|(key, value)| LineMeta {
            source: match key.starts_with('_') {
                true => MetaSource::Hidden,
                false => MetaSource::Visible,
            },
            key,
            value,
        });
        ShopLine {
            id: ShopLineId(line.id),
            name: line.name.clone(),
            product_id: line.product_id,
            variation_id: line.variation_id,
            sku: line.sku.clone(),
            quantity: line.quantity,
            refunded: self.refunded_pieces(line.id),
            total: line.total,
            meta: meta.collect(),
        }
    }
}

impl Parcel {
    /// A parcel as the plugins keep it in the order's meta; the moment is seconds in text.
    pub(crate) fn of_item(item: &Json) -> Parcel {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let carrier = match text("custom_tracking_provider") {
            custom if custom.is_empty() => text("tracking_provider"),
            custom => custom,
        };
        let seconds: i64 = text("date_shipped").parse().unwrap_or(0);
        Parcel {
            tracking_id: text("tracking_id"),
            carrier,
            tracking_number: text("tracking_number"),
            tracking_url: text("custom_tracking_link"),
            shipped_at: Moment::from_unix_ms(seconds.saturating_mul(1000)),
            lines: Vec::new(),
            key: text("tracking_number"),
        }
    }
}

impl Meta {
    /// Key and value where the value is text: entities decoded, the key trimmed.
    fn told(&self) -> Option<(String, String)> {
        let value = self.value.as_str()?;
        let key = html_escape::decode_html_entities(&self.key);
        let value = html_escape::decode_html_entities(value);
        Some((key.trim().to_owned(), value.into_owned()))
    }
}

impl Parcel {
    pub(crate) fn told(&self) -> ShopParcel {
        ShopParcel {
            key: self.key.clone(),
            carrier: self.carrier.clone(),
            tracking_number: self.tracking_number.clone(),
            tracking_url: self.tracking_url.clone(),
            shipped_at: self.shipped_at,
            lines: self.lines.clone(),
        }
    }
}
