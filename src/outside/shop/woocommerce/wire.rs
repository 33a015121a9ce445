//! WooCommerce's documents, and how an order of the shop is read from them.
//!
//! Unknown fields are ignored; a missing one that is needed is an error that names it. Every text
//! may be HTML-escaped, every field may have another type than yesterday.

use percent_encoding::{AsciiSet, CONTROLS};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization;

use super::plugins::{self, Around};
use crate::model::id::{ShopLineId, ShopOrderId};
use crate::model::money::{Currency, Money};
use crate::model::recipient::Recipient;
use crate::model::shop_order::{LineMeta, MetaSource, ShopLine, ShopOrder};
use crate::model::time::Moment;

/// Hidden rows longer than this are thumbnails and drafts, not values (reliability section 17).
const HIDDEN_BYTES_MAX: usize = 10 << 10;
/// Most lines of one order.
const LINES_MAX: usize = 500;

/// What must be encoded in one part of a path.
pub(super) const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`');

#[derive(Deserialize)]
struct OrderWire {
    id: i64,
    order_key: String,
    #[serde(default, deserialize_with = "text")]
    number: String,
    status: String,
    currency: String,
    date_created_gmt: Option<String>,
    date_modified_gmt: Option<String>,
    date_paid_gmt: Option<String>,
    #[serde(default, deserialize_with = "text")]
    payment_method: String,
    #[serde(deserialize_with = "text")]
    total: String,
    #[serde(default, deserialize_with = "object")]
    billing: AddressWire,
    #[serde(default, deserialize_with = "object")]
    shipping: AddressWire,
    #[serde(default, deserialize_with = "text")]
    customer_note: String,
    #[serde(deserialize_with = "list")]
    line_items: Vec<LineWire>,
    #[serde(default, deserialize_with = "list")]
    shipping_lines: Vec<ShippingWire>,
    #[serde(default, deserialize_with = "list")]
    meta_data: Vec<MetaWire>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AddressWire {
    #[serde(deserialize_with = "text")]
    first_name: String,
    #[serde(deserialize_with = "text")]
    last_name: String,
    #[serde(deserialize_with = "text")]
    company: String,
    #[serde(deserialize_with = "text")]
    address_1: String,
    #[serde(deserialize_with = "text")]
    address_2: String,
    #[serde(deserialize_with = "text")]
    city: String,
    #[serde(deserialize_with = "text")]
    state: String,
    #[serde(deserialize_with = "text")]
    postcode: String,
    #[serde(deserialize_with = "text")]
    country: String,
    #[serde(deserialize_with = "text")]
    phone: String,
    #[serde(deserialize_with = "text")]
    email: String,
}

#[derive(Deserialize)]
struct LineWire {
    id: i64,
    #[serde(default, deserialize_with = "text")]
    name: String,
    #[serde(default, deserialize_with = "number")]
    product_id: i64,
    #[serde(default, deserialize_with = "number")]
    variation_id: i64,
    #[serde(default, deserialize_with = "text")]
    sku: String,
    #[serde(deserialize_with = "number")]
    quantity: i64,
    #[serde(deserialize_with = "text")]
    total: String,
    #[serde(default, deserialize_with = "list")]
    meta_data: Vec<MetaWire>,
}

#[derive(Deserialize)]
struct ShippingWire {
    #[serde(default, deserialize_with = "text")]
    method_id: String,
    #[serde(default, deserialize_with = "text")]
    method_title: String,
}

#[derive(Deserialize)]
struct MetaWire {
    #[serde(default, deserialize_with = "text")]
    key: String,
    #[serde(default)]
    value: Json,
    #[serde(default)]
    display_key: Json,
    #[serde(default)]
    display_value: Json,
}

#[derive(Deserialize)]
struct RefundWire {
    #[serde(default, deserialize_with = "list")]
    line_items: Vec<RefundLineWire>,
}

#[derive(Deserialize)]
struct RefundLineWire {
    #[serde(default, deserialize_with = "number")]
    quantity: i64,
    #[serde(default, deserialize_with = "list")]
    meta_data: Vec<MetaWire>,
}

/// The id of a row that may be no readable order.
pub(super) fn id_of(row: &Json) -> Option<ShopOrderId> {
    row["id"].as_i64().map(ShopOrderId)
}

/// Whether an order has refunds, whose lines stand in documents of their own.
pub(super) fn has_refunds(row: &Json) -> bool {
    row["refunds"].as_array().is_some_and(|list| !list.is_empty())
}

/// Reads an order; `refunds` are the documents of its refunds, `uploads` is the address of the
/// shop's upload folder. The error says what is wrong with the document.
pub(super) fn order(row: Json, refunds: &[Json], uploads: &str) -> Result<ShopOrder, String> {
    let order: OrderWire = serde_json::from_value(row).map_err(|error| error.to_string())?;
    let refunds = refunds.iter().map(RefundWire::deserialize);
    let refunds: Vec<RefundWire> =
        refunds.collect::<Result<_, _>>().map_err(|error| format!("a refund: {error}"))?;
    if LINES_MAX < order.line_items.len() {
        return Err(format!("it has more than {LINES_MAX} lines"));
    }
    let currency = Currency::parse(&order.currency);
    let currency = currency.ok_or_else(|| format!("currency is “{}”", order.currency))?;
    let money = |name: &str, text: &str| {
        Money::parse(text, currency).ok_or_else(|| format!("{name} is “{text}”"))
    };
    let date = |name: &str, text: &Option<String>| match text.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => match Moment::parse_zoneless_utc(text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(format!("{name} is “{text}”")),
        },
    };
    let placed_at = date("date_created_gmt", &order.date_created_gmt)?;
    let modified_at = date("date_modified_gmt", &order.date_modified_gmt)?;
    let placed_at = placed_at.or(modified_at).ok_or("date_created_gmt is missing")?;
    let lines: Result<Vec<ShopLine>, String> = order
        .line_items
        .iter()
        .map(|one| {
            let total = money("a line's total", &one.total)?;
            line(one, order.id, total, &refunds, uploads)
        })
        .collect();
    let shipping = order.shipping_lines.first();
    Ok(ShopOrder {
        id: ShopOrderId(order.id),
        number: match order.number.is_empty() {
            true => order.id.to_string(),
            false => clean(&order.number),
        },
        placed_at,
        modified_at: modified_at.unwrap_or(placed_at),
        paid_at: date("date_paid_gmt", &order.date_paid_gmt)?,
        total: money("total", &order.total)?,
        recipient: recipient(&order.billing, &order.shipping),
        shipping_method: shipping.map_or(String::new(), |line| {
            let title = clean(&line.method_title);
            format!("{} {title}", line.method_id).trim().to_owned()
        }),
        note: clean(&order.customer_note),
        lines: lines?,
        meta: order.meta_data.iter().filter_map(order_meta).collect(),
        key: order.order_key,
        status: order.status,
        payment_method: order.payment_method,
    })
}

/// Some shops ship "to billing" and leave the other address empty.
fn recipient(billing: &AddressWire, shipping: &AddressWire) -> Recipient {
    let places = |one: &AddressWire| {
        let parts = [&one.address_1, &one.address_2, &one.city, &one.postcode];
        parts.iter().any(|part| !part.trim().is_empty())
    };
    let chosen = match places(shipping) {
        true => shipping,
        false => billing,
    };
    let phone = match chosen.phone.trim().is_empty() {
        true => &billing.phone,
        false => &chosen.phone,
    };
    let word = |text: &str| clean(text).trim().to_owned();
    Recipient {
        first_name: word(&chosen.first_name),
        last_name: word(&chosen.last_name),
        company: word(&chosen.company),
        address_1: word(&chosen.address_1),
        address_2: word(&chosen.address_2),
        city: word(&chosen.city),
        state: word(&chosen.state),
        postcode: word(&chosen.postcode),
        country: word(&chosen.country),
        phone: word(phone),
        email: word(&billing.email),
    }
}

fn order_meta(row: &MetaWire) -> Option<(String, String)> {
    let value = row.value.as_str()?;
    (value.len() <= HIDDEN_BYTES_MAX).then(|| (clean(&row.key).trim().to_owned(), clean(value)))
}

fn line(
    one: &LineWire,
    order_id: i64,
    total: Money,
    refunds: &[RefundWire],
    uploads: &str,
) -> Result<ShopLine, String> {
    let quantity = u32::try_from(one.quantity)
        .map_err(|_| format!("the quantity of line {} is {}", one.id, one.quantity))?;
    Ok(ShopLine {
        id: ShopLineId(one.id),
        name: clean(&one.name),
        product_id: one.product_id,
        variation_id: one.variation_id,
        sku: clean(&one.sku),
        quantity,
        refunded: refunded(one.id, refunds),
        total,
        meta: line_meta(one, order_id, uploads),
    })
}

/// Pieces of a line that refunds named; their quantities are negative.
fn refunded(line_id: i64, refunds: &[RefundWire]) -> u32 {
    let names_it = |line: &&RefundLineWire| {
        let mut rows = line.meta_data.iter();
        rows.any(|row| {
            row.key == "_refunded_item_id" && scalar(&row.value) == Some(line_id.to_string())
        })
    };
    let lines = refunds.iter().flat_map(|refund| &refund.line_items);
    let pieces: u64 = lines.filter(names_it).map(|line| line.quantity.unsigned_abs()).sum();
    u32::try_from(pieces).unwrap_or(u32::MAX)
}

fn line_meta(line: &LineWire, order_id: i64, uploads: &str) -> Vec<LineMeta> {
    let title_of = |key: &str| {
        let row = line.meta_data.iter().find(|row| row.key == key)?;
        let title = clean(row.display_key.as_str()?).trim().to_owned();
        (!title.is_empty()).then_some(title)
    };
    let around = Around { uploads, order_id, product_id: line.product_id, title_of: &title_of };
    let mut found = Vec::new();
    for row in &line.meta_data {
        match plugins::rows(&row.key, &row.value, &around) {
            Some(rows) => found.extend(rows),
            None => found.extend(scalar_rows(row)),
        }
    }
    found
}

/// A row with a text, under its internal name and under the one that people see.
fn scalar_rows(row: &MetaWire) -> Vec<LineMeta> {
    let Some(value) = scalar(&row.value) else {
        return Vec::new();
    };
    let is_hidden = row.key.starts_with('_');
    if is_hidden && HIDDEN_BYTES_MAX < value.len() {
        return Vec::new();
    }
    // The value of a taxonomy is a slug; only here the shown text is the better one.
    let shown = row.display_value.as_str().filter(|_| row.key.starts_with("pa_"));
    let value = whole_address(clean(shown.unwrap_or(&value)));
    let source = match is_hidden {
        true => MetaSource::Hidden,
        false => MetaSource::Visible,
    };
    let key = clean(&row.key).trim().to_owned();
    let title = clean(row.display_key.as_str().unwrap_or_default()).trim().to_owned();
    let mut names = vec![key];
    if !title.is_empty() && title.to_lowercase() != names[0].to_lowercase() {
        names.push(title);
    }
    let row = |key: String| LineMeta { key, value: value.clone(), source };
    names.into_iter().map(row).collect()
}

/// Entities decoded once, characters composed; line breaks stay.
pub(super) fn clean(text: &str) -> String {
    composed(&html_escape::decode_html_entities(text))
}

/// An address that the store percent-decoded on the way out, with its spaces as they must be.
pub(super) fn whole_address(value: String) -> String {
    let is_address = value.starts_with("https://") || value.starts_with("http://");
    match is_address && !value.contains(['<', '\n']) {
        true => {
            let several: Vec<String> =
                value.split(", ").map(|one| one.trim().replace(' ', "%20")).collect();
            several.join(", ")
        }
        false => value,
    }
}

/// In normal form C, with line breaks of one kind.
pub(super) fn composed(text: &str) -> String {
    text.replace("\r\n", "\n").nfc().collect()
}

/// A text, a number or a truth as text; anything else is none.
pub(super) fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(true) => Some("1".to_owned()),
        Json::Bool(false) => Some(String::new()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let value = Json::deserialize(from)?;
    match (&value, scalar(&value)) {
        (_, Some(text)) => Ok(text),
        (Json::Null, None) => Ok(String::new()),
        (_, None) => Err(D::Error::custom("a text is a list or an object")),
    }
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let value = Json::deserialize(from)?;
    let text = scalar(&value).unwrap_or_default();
    // PHP writes whole numbers as `2.0` at times.
    let text = text.strip_suffix(".0").unwrap_or(&text);
    match (text.parse(), &value) {
        (Ok(number), _) => Ok(number),
        (_, Json::Null) => Ok(0),
        _ => Err(D::Error::custom(format!("“{text}” is no whole number"))),
    }
}

/// PHP writes an empty object as an empty list.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    from: D,
) -> Result<T, D::Error> {
    match Json::deserialize(from)? {
        Json::Array(_) | Json::Null => Ok(T::default()),
        value => serde_json::from_value(value).map_err(D::Error::custom),
    }
}

/// PHP writes a list with a gap as an object.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let rows: Vec<Json> = match Json::deserialize(from)? {
        Json::Array(rows) => rows,
        Json::Object(map) => map.into_iter().map(|(_, row)| row).collect(),
        Json::Null => Vec::new(),
        _ => return Err(D::Error::custom("a list is a text or a number")),
    };
    let rows = rows.into_iter().map(serde_json::from_value);
    rows.collect::<Result<_, _>>().map_err(D::Error::custom)
}
