//! An order as WooCommerce's interface v3 shows it: every key, in its order and of its type.

use serde_json::Value as Json;

use super::order::{Line, Meta, Order, Refund, ShippingLine};
use super::store::Store;
use crate::model::money::Money;
use crate::model::recipient::Recipient;
use crate::model::time::Moment;
use crate::sandbox::document::{Doc, map};

impl Store {
    /// The answer to `GET /wp-json/wc/v3/orders/{id}`, and the body of a delivery.
    pub(crate) fn order_document(&self, order: &Order) -> Doc {
        let home = &self.home;
        let route = format!("{home}/wp-json/wc/v3/orders");
        let zero = || amount(order.money(0));
        let shipping = order.shipping_line.as_ref().map_or(order.money(0), |line| line.total);
        let status = order.status.as_str();
        let is_payable = matches!(status, "pending" | "failed") && 0 < order.total().minor;
        let payment_url =
            format!("{home}/checkout/order-pay/{}/?pay_for_order=true&key={}", order.id, order.key);
        map! {
            "id" => order.id,
            "parent_id" => 0,
            "status" => status,
            "currency" => order.currency.code(),
            "version" => "11.0.1",
            "prices_include_tax" => false,
            "date_created" => self.local(order.created_at),
            "date_modified" => self.local(order.modified_at),
            "discount_total" => zero(),
            "discount_tax" => zero(),
            "shipping_total" => amount(shipping),
            "shipping_tax" => zero(),
            "cart_tax" => zero(),
            "total" => amount(order.total()),
            "total_tax" => zero(),
            "customer_id" => 0,
            "order_key" => order.key.as_str(),
            "billing" => address(&order.billing, Some(&order.billing.email)),
            "shipping" => address(&order.shipping, None),
            "payment_method" => order.payment_method.as_str(),
            "payment_method_title" => order.payment_title.as_str(),
            "transaction_id" => order.transaction_id.as_str(),
            "customer_ip_address" => "127.0.0.1",
            "customer_user_agent" => "",
            "created_via" => order.created_via.as_str(),
            "customer_note" => order.note.as_str(),
            "date_completed" => order.completed_at.map(|at| self.local(at)),
            "date_paid" => order.paid_at.map(|at| self.local(at)),
            "cart_hash" => order.cart_hash.as_str(),
            "number" => order.number.as_str(),
            "meta_data" => order.meta.iter().map(Meta::document).collect::<Vec<_>>(),
            "line_items" => order.lines.iter().map(Line::document).collect::<Vec<_>>(),
            "tax_lines" => Vec::new(),
            "shipping_lines" => order.shipping_documents(),
            "fee_lines" => Vec::new(),
            "coupon_lines" => Vec::new(),
            "refunds" => order.refunds.iter().map(Refund::short_document).collect::<Vec<_>>(),
            "payment_url" => payment_url,
            "is_editable" => matches!(status, "pending" | "on-hold" | "auto-draft"),
            "needs_payment" => is_payable,
            "needs_processing" => order.shipping_line.is_some(),
            "date_created_gmt" => order.created_at.zoneless_utc(),
            "date_modified_gmt" => order.modified_at.zoneless_utc(),
            "date_completed_gmt" => order.completed_at.map(Moment::zoneless_utc),
            "date_paid_gmt" => order.paid_at.map(Moment::zoneless_utc),
            "currency_symbol" => symbol(order.currency.code()),
            "_links" => links(&route, order.id),
        }
    }

    /// A moment in the shop's own zone, without the zone.
    pub(crate) fn local(&self, at: Moment) -> String {
        match jiff::Timestamp::from_millisecond(at.unix_ms()) {
            Ok(timestamp) => {
                let local = self.zone.to_datetime(timestamp);
                local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
            }
            Err(_) => at.zoneless_utc(),
        }
    }
}

impl Order {
    fn shipping_documents(&self) -> Vec<Doc> {
        let Some(line) = &self.shipping_line else {
            return Vec::new();
        };
        let items =
            self.lines.iter().map(|item| format!("{} &times; {}", item.name, item.quantity));
        let items = items.collect::<Vec<_>>().join(", ");
        vec![line.document(&items, self.lines.len())]
    }
}

impl ShippingLine {
    fn document(&self, items: &str, lines: usize) -> Doc {
        let row = self.id * 1000 + i64::try_from(lines).unwrap_or(0);
        map! {
            "id" => self.id,
            "method_title" => self.title.as_str(),
            "method_id" => self.method_id.as_str(),
            "instance_id" => "1",
            "total" => amount(self.total),
            "total_tax" => amount(Money { minor: 0, ..self.total }),
            "taxes" => Vec::new(),
            "tax_status" => "taxable",
            "meta_data" => vec![map! {
                "id" => row,
                "key" => "Items",
                "value" => items,
                "display_key" => "Items",
                "display_value" => items,
            }],
        }
    }
}

impl Line {
    pub(crate) fn document(&self) -> Doc {
        let is_variation = self.variation_id != 0;
        let zero = amount(Money { minor: 0, ..self.total });
        let image = match is_variation {
            true => map! { "id" => 0, "src" => "" },
            false => map! { "id" => "", "src" => "" },
        };
        let parent = self.name.split(" - ").next().unwrap_or(&self.name);
        map! {
            "id" => self.id,
            "name" => self.name.as_str(),
            "product_id" => self.product_id,
            "variation_id" => self.variation_id,
            "quantity" => i64::from(self.quantity),
            "tax_class" => "",
            "subtotal" => amount(self.total),
            "subtotal_tax" => zero.clone(),
            "total" => amount(self.total),
            "total_tax" => zero,
            "taxes" => Vec::new(),
            "meta_data" => self.meta.iter().map(Meta::line_document).collect::<Vec<_>>(),
            "sku" => match self.product_id {
                0 => Doc::Null,
                _ => Doc::from(self.sku.as_str()),
            },
            "global_unique_id" => match self.product_id {
                0 => Doc::Null,
                _ => Doc::from(""),
            },
            "price" => Doc::Float(major(self.total) / f64::from(self.quantity.max(1))),
            "image" => image,
            "parent_name" => is_variation.then(|| parent.to_owned()),
        }
    }
}

impl Line {
    /// The line of a refund: negative pieces, and a row that names the line of the order.
    pub(crate) fn refunded_document(&self, row: i64, pieces: u32) -> Doc {
        let each = self.total.minor / i64::from(self.quantity.max(1));
        let mut line = Line {
            id: row,
            meta: vec![Meta {
                id: row * 10,
                key: "_refunded_item_id".to_owned(),
                value: Json::from(self.id.to_string()),
            }],
            quantity: pieces,
            ..self.clone()
        };
        line.total.minor = each * i64::from(pieces);
        let Doc::Map(mut entries) = line.document() else {
            return Doc::Null;
        };
        for (key, value) in &mut entries {
            match (&**key, &value) {
                ("quantity", _) => *value = Doc::Int(-i64::from(pieces)),
                ("total" | "subtotal", Doc::Text(text)) => *value = Doc::Text(format!("-{text}")),
                _ => {}
            }
        }
        Doc::Map(entries)
    }
}

impl Meta {
    fn document(&self) -> Doc {
        map! { "id" => self.id, "key" => self.key.as_str(), "value" => Doc::from(&self.value) }
    }

    /// A row of a line also says how people see it.
    fn line_document(&self) -> Doc {
        let display_key = match self.key.strip_prefix("pa_") {
            Some(name) => {
                let mut letters = name.chars();
                let first = letters.next().map(char::to_uppercase).into_iter().flatten();
                first.chain(letters).collect::<String>()
            }
            None => self.key.clone(),
        };
        let display_value = match &self.value {
            Json::String(text) => Doc::Text(displayed(text)),
            other => Doc::from(other),
        };
        map! {
            "id" => self.id,
            "key" => self.key.as_str(),
            "value" => Doc::from(&self.value),
            "display_key" => display_key,
            "display_value" => display_value,
        }
    }
}

impl Refund {
    fn short_document(&self) -> Doc {
        map! {
            "id" => self.id,
            "reason" => self.reason.as_str(),
            "total" => format!("-{}", plain(self.amount)),
        }
    }
}

fn links(route: &str, id: i64) -> Doc {
    map! {
        "self" => vec![map! {
            "href" => format!("{route}/{}", id),
            "targetHints" => map! {
                "allow" => ["GET", "POST", "PUT", "PATCH", "DELETE"].map(Doc::from).to_vec(),
            },
        }],
        "collection" => vec![map! { "href" => route }],
        "email_templates" => vec![map! {
            "embeddable" => true,
            "href" => format!("{route}/{}/actions/email_templates", id),
        }],
    }
}

fn address(recipient: &Recipient, email: Option<&str>) -> Doc {
    let mut entries = vec![
        ("first_name", &recipient.first_name),
        ("last_name", &recipient.last_name),
        ("company", &recipient.company),
        ("address_1", &recipient.address_1),
        ("address_2", &recipient.address_2),
        ("city", &recipient.city),
        ("state", &recipient.state),
        ("postcode", &recipient.postcode),
        ("country", &recipient.country),
    ];
    let email = email.map(str::to_owned);
    if let Some(email) = &email {
        entries.push(("email", email));
    }
    entries.push(("phone", &recipient.phone));
    let rows = entries.into_iter().map(|(key, value)| (key.into(), Doc::from(value.as_str())));
    Doc::Map(rows.collect())
}

/// What people see of a value: one line, escaped.
fn displayed(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An amount as text with the currency's decimals, without the currency.
pub(crate) fn plain(money: Money) -> String {
    let mut text = money.to_string();
    text.truncate(text.find(' ').unwrap_or(text.len()));
    text
}

fn amount(money: Money) -> Doc {
    Doc::Text(plain(money))
}

/// The amount as PHP computes with it; only for the line's `price`, which is a number there too.
fn major(money: Money) -> f64 {
    plain(money).parse().unwrap_or(0.0)
}

fn symbol(currency: &str) -> &str {
    match currency {
        "USD" | "CAD" | "AUD" | "NZD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        other => other,
    }
}
