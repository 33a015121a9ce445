//! A delivery of WooCommerce's webhook: is it genuine, and which order does it point at?
//!
//! Nothing here believes the body: it is a hint to fetch the order (reliability R10, R11).

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::model::id::ShopOrderId;

/// What a delivery's body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Look at this order.
    Order(ShopOrderId),
    /// The shop signed an error instead of an order: the hook's owner lost its rights (3.6).
    Powerless {
        /// The shop's code.
        code: String,
    },
    /// An order was gone before the shop built the body.
    Gone,
    /// Nothing that names an order.
    Nothing,
}

/// Whether one of the secrets signed these very bytes. Compared in constant time.
pub fn is_signed(secrets: &[SecretString], body: &[u8], signature: &str) -> bool {
    let Ok(signature) = base64::engine::general_purpose::STANDARD.decode(signature.trim()) else {
        return false;
    };
    // Every secret is tried, so that the time does not tell which one fits.
    secrets
        .iter()
        .map(|secret| {
            let key = secret.expose_secret().as_bytes();
            let mut mac =
                Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(body);
            mac.verify_slice(&signature).is_ok()
        })
        .fold(false, |found, fits| found | fits)
}

/// The id in the unsigned ping that a shop sends when a webhook is made: `webhook_id=12`.
pub fn ping(body: &[u8]) -> Option<u64> {
    const PING_BYTES_MAX: usize = 64;
    if PING_BYTES_MAX < body.len() {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    text.strip_prefix("webhook_id=")?.trim().parse().ok()
}

#[derive(Deserialize)]
struct Body {
    id: Option<i64>,
    action: Option<String>,
    arg: Option<serde_json::Value>,
    code: Option<String>,
    data: Option<ErrorData>,
}

#[derive(Deserialize)]
struct ErrorData {
    status: Option<i64>,
}

/// Reads a body that was signed.
pub fn read(body: &[u8]) -> Content {
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return Content::Nothing;
    };
    if let (Some(code), Some(status)) = (body.code, body.data.and_then(|data| data.status)) {
        return match status {
            404 => Content::Gone,
            _ => Content::Powerless { code },
        };
    }
    let arg = body.arg.filter(|_| body.action.is_some());
    let arg = arg.and_then(|arg| arg.as_i64().or_else(|| arg.as_str()?.parse().ok()));
    match body.id.or(arg) {
        Some(id) if 0 < id => Content::Order(ShopOrderId(id)),
        Some(_) | None => Content::Nothing,
    }
}

/// Whether `X-WC-Webhook-Source` names one of the shop's own addresses; the scheme and a slash at
/// the end do not count.
pub fn is_own_source(source: &str, own: &[String]) -> bool {
    let bare = |url: &str| {
        let url = url.trim().trim_end_matches('/').to_lowercase();
        let rest = url.split_once("://").map(|(_, rest)| rest.to_owned());
        rest.unwrap_or(url)
    };
    own.is_empty() || own.iter().any(|own| bare(own) == bare(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_as_hints() {
        let check = |body: &str, expected| assert_eq!(read(body.as_bytes()), expected, "{body}");
        check(r#"{"id":1041,"status":"x"}"#, Content::Order(ShopOrderId(1041)));
        check(
            r#"{"action":"woocommerce_order_status_processing","arg":1041}"#,
            Content::Order(ShopOrderId(1041)),
        );
        check(
            r#"{"code":"woocommerce_rest_cannot_view","message":"m","data":{"status":401}}"#,
            Content::Powerless { code: "woocommerce_rest_cannot_view".to_owned() },
        );
        check(r#"{"code":"gone","message":"m","data":{"status":404}}"#, Content::Gone);
        check(r#"{"arg":5}"#, Content::Nothing);
        check("<html>", Content::Nothing);
        check("[]", Content::Nothing);
    }

    #[test]
    fn the_source_is_compared_without_scheme_and_slash() {
        let own = vec!["https://shop.example".to_owned()];
        assert!(is_own_source("http://Shop.example/", &own));
        assert!(!is_own_source("https://staging.shop.example/", &own));
        assert!(is_own_source("https://any.example/", &[]));
    }
}
