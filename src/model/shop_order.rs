//! An order as a shop tells it, in our words: what `outside/shop` gives and intake reads.

use super::id::{Hash, ShopLineId, ShopOrderId};
use super::money::Money;
use super::product::Sold;
use super::recipient::Recipient;
use super::time::Moment;

/// One order as the shop has it now.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopOrder {
    /// The handle of the shop's interface.
    pub id: ShopOrderId,
    /// Proves that it is the same order, and opens its public pages: a secret.
    pub key: String,
    /// What people see; decoration.
    pub number: String,
    /// The shop's own word: `processing`, `on-hold`, `in-production`, `trash` …
    pub status: String,
    /// When it was placed.
    pub placed_at: Moment,
    /// When it was last changed; not every change moves it.
    pub modified_at: Moment,
    /// When it was paid. Stays set on cancelled and refunded orders.
    pub paid_at: Option<Moment>,
    /// The payment way's id: `cod` is paid on delivery.
    pub payment_method: String,
    /// What the customer pays in all.
    pub total: Money,
    /// Who gets the goods; the billing address where no shipping address was given.
    pub recipient: Recipient,
    /// The chosen shipping method's id and title; empty when nothing is shipped.
    pub shipping_method: String,
    /// The customer's note.
    pub note: String,
    /// The lines, in the shop's order.
    pub lines: Vec<ShopLine>,
    /// Meta of the order itself whose value is text.
    pub meta: Vec<(String, String)>,
}

impl ShopOrder {
    /// Changes whenever anything changes that we act on: not the moment of the change, and not the
    /// order's meta, which we and other programs write to.
    pub fn fingerprint(&self) -> Hash {
        let ShopOrder {
            id,
            key,
            number,
            status,
            placed_at,
            modified_at: _,
            paid_at,
            payment_method,
            total,
            recipient,
            shipping_method,
            note,
            lines,
            meta: _,
        } = self;
        let mut mark = Mark::default();
        mark.number(id.0).text(key).text(number).text(status).number(placed_at.unix_ms());
        mark.number(paid_at.map_or(0, Moment::unix_ms)).text(payment_method);
        mark.number(total.minor).text(total.currency.code());
        for part in [
            &recipient.first_name,
            &recipient.last_name,
            &recipient.company,
            &recipient.address_1,
            &recipient.address_2,
            &recipient.city,
            &recipient.state,
            &recipient.postcode,
            &recipient.country,
            &recipient.phone,
            &recipient.email,
            shipping_method,
            note,
        ] {
            mark.text(part);
        }
        for line in lines {
            line.mark(&mut mark);
        }
        Hash::of(&mark.0)
    }
}

/// What a fingerprint is made of: a number as eight bytes, a text with its length before it, so that
/// no two lists of parts read alike.
#[derive(Default)]
struct Mark(Vec<u8>);

impl Mark {
    fn number(&mut self, number: i64) -> &mut Mark {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Mark {
        self.number(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.0.extend_from_slice(text.as_bytes());
        self
    }
}

impl ShopLine {
    fn mark(&self, mark: &mut Mark) {
        let ShopLine { id, name, product_id, variation_id, sku, quantity, refunded, total, meta } =
            self;
        mark.number(id.0).text(name).number(*product_id).number(*variation_id).text(sku);
        mark.number(i64::from(*quantity)).number(i64::from(*refunded)).number(total.minor);
        mark.number(i64::try_from(meta.len()).unwrap_or(i64::MAX));
        for row in meta {
            mark.text(&row.key).text(&row.value).number(row.source as i64);
        }
    }
}

/// One line item as the shop has it now.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopLine {
    /// The line's own id.
    pub id: ShopLineId,
    /// Name of the product, with its attributes when it is a variation.
    pub name: String,
    /// 0 when the product is gone.
    pub product_id: i64,
    /// 0 for a product without variations.
    pub variation_id: i64,
    /// Empty when unset or gone.
    pub sku: String,
    /// Pieces ordered.
    pub quantity: u32,
    /// Pieces refunded, where the refund named its lines.
    pub refunded: u32,
    /// What the customer pays for the line, without tax.
    pub total: Money,
    /// What the customer typed, chose and uploaded, in the shop's order.
    pub meta: Vec<LineMeta>,
}

impl ShopLine {
    /// What the product map is asked about.
    pub fn sold(&self) -> Sold<'_> {
        Sold { product_id: self.product_id, variation_id: self.variation_id, sku: &self.sku }
    }
}

/// One value that hangs on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMeta {
    /// Label or internal name, entity-decoded and trimmed.
    pub key: String,
    /// The raw value, entity-decoded once; line breaks kept.
    pub value: String,
    /// Where it came from: a visible row, or the hidden row of a known plugin.
    pub source: MetaSource,
}

/// Where a line's value came from; the earlier is believed rather than the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetaSource {
    /// A known plugin's hidden row, which has clean values.
    Plugin,
    /// A row that people see.
    Visible,
    /// Another hidden row (`_…`).
    Hidden,
}

/// One page of changed orders.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedPage {
    /// The orders, by moment of change, ascending.
    pub orders: Vec<ShopOrder>,
    /// Rows of the page that were no readable order, each with what was wrong.
    pub unreadable: Vec<(Option<ShopOrderId>, String)>,
    /// Whether the shop says that there are more.
    pub more: bool,
}

/// One parcel as the shop shall show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopParcel {
    /// Our own key of the parcel; the same parcel is never written twice.
    pub key: String,
    /// Carrier as people know it.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
    /// Page of the carrier; may be empty.
    pub tracking_url: String,
    /// When it left.
    pub shipped_at: Moment,
    /// What is in it, as far as it is known: the shop's line and pieces.
    pub lines: Vec<(ShopLineId, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::money::Currency;

    fn order() -> ShopOrder {
        let total = Money { minor: 1990, currency: Currency::parse("USD").unwrap() };
        let meta = LineMeta {
            key: "Name".to_owned(),
            value: "Rex".to_owned(),
            source: MetaSource::Visible,
        };
        let line = ShopLine {
            id: ShopLineId(7),
            name: "Mug".to_owned(),
            product_id: 11,
            variation_id: 0,
            sku: "MUG".to_owned(),
            quantity: 1,
            refunded: 0,
            total,
            meta: vec![meta],
        };
        ShopOrder {
            id: ShopOrderId(1001),
            key: "wc_order_x".to_owned(),
            number: "1001".to_owned(),
            status: "processing".to_owned(),
            placed_at: Moment::from_unix_ms(0),
            modified_at: Moment::from_unix_ms(0),
            paid_at: None,
            payment_method: "cod".to_owned(),
            total,
            recipient: Recipient::default(),
            shipping_method: String::new(),
            note: String::new(),
            lines: vec![line],
            meta: Vec::new(),
        }
    }

    #[test]
    fn the_fingerprint_knows_what_we_act_on() {
        let same = order().fingerprint();
        let check = |is_same: bool, change: &dyn Fn(&mut ShopOrder)| {
            let mut other = order();
            change(&mut other);
            assert_eq!(other.fingerprint() == same, is_same, "{other:?}");
        };
        check(true, &|order| order.modified_at = Moment::from_unix_ms(1_000));
        check(true, &|order| order.meta.push(("_woodblock_x".to_owned(), "y".to_owned())));
        check(false, &|order| order.status = "on-hold".to_owned());
        check(false, &|order| order.paid_at = Some(Moment::from_unix_ms(5)));
        check(false, &|order| order.recipient.city = "Austin".to_owned());
        check(false, &|order| order.lines[0].refunded = 1);
        check(false, &|order| order.lines[0].meta[0].value = "Max".to_owned());
        // Parts that move from one place to the next are seen.
        check(false, &|order| {
            order.lines[0].meta[0].key = "Nam".to_owned();
            order.lines[0].meta[0].value = "eRex".to_owned();
        });
    }
}
