//! How long what is known of customers is kept.

use super::*;

/// Less would erase an order that may still be printed again or asked after.
const ORDERS_MIN: Duration = Duration::from_secs(24 * 3_600);

/// How long what is known of customers is kept.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Orders that ended so long ago are erased: photos, texts, names and addresses go, the money record
    /// stays. Not set, as in WooCommerce itself: what is erased cannot be printed again, so the merchant
    /// is to say when.
    pub orders: Option<Span>,
    /// Bodies of webhooks are kept so long.
    pub deliveries: Span,
}

impl Default for Retention {
    fn default() -> Retention {
        let rules = Rules::default();
        Retention { orders: rules.keep_orders.map(Span), deliveries: Span(rules.keep_deliveries) }
    }
}

pub(super) fn check_retention(retention: &Retention, faults: &mut Vec<Fault>) {
    if retention.orders.is_some_and(|span| span.0 < ORDERS_MIN) {
        let text = "at least 1 d; leave it out to keep them";
        faults.push(Fault::new("retention.orders", "orders", text));
    }
}
