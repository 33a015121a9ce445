//! What a store's errors mean, with cures that a merchant understands (reference, 1.3).

use url::Url;

use super::client::document;
use crate::outside::http::{Answer, shorten};
use crate::outside::shop::ShopError;

/// What an answer that is no document means.
pub(super) fn refusal(answer: &Answer) -> ShopError {
    let told = document(&answer.body).map(|(json, _)| json).unwrap_or_default();
    let code = told["code"].as_str().unwrap_or_default();
    let message = html_escape::decode_html_entities(told["message"].as_str().unwrap_or_default());
    let message = shorten(&message);
    let is_told = !told["message"].is_null();
    match answer.status {
        401 | 403 if is_told => not_allowed(answer.status, code, &message),
        401 => ShopError::NotAllowed {
            reason: "the site asks for a password of its own before WooCommerce answers: \
                     let woodblock's address through, or take the password off"
                .to_owned(),
        },
        403 => unclear(format!("{}: the site's firewall blocks us", answer.in_words())),
        300..=399 => unclear(format!(
            "{}: it redirects; set the shop's address to where it leads ({})",
            answer.in_words(),
            Url::parse(answer.header("location"))
                .map_or_else(|_| "unknown".to_owned(), |url| url.origin().ascii_serialization())
        )),
        400 | 404 if code.ends_with("_invalid_id") && !code.contains("item") => ShopError::NotFound,
        408 | 425 | 429 | 500.. => ShopError::Unclear {
            reason: match is_told {
                true => format!("{}: {message}", answer.in_words()),
                false => answer.in_words(),
            },
            retry_after_s: answer.retry_after_s(),
        },
        _ if is_told => ShopError::Refused { reason: format!("{message} ({code})") },
        404 => unclear(format!(
            "{}: there is no WooCommerce interface at this address",
            answer.in_words()
        )),
        _ => unclear(answer.in_words()),
    }
}

fn not_allowed(status: u16, code: &str, message: &str) -> ShopError {
    let cure = match (status, code, message) {
        (403, ..) => {
            "the key's user has too few rights: make the key for an administrator or shop manager"
        }
        (_, code, _) if code.starts_with("woocommerce_rest_cannot") => return nobody(),
        (_, _, text) if text.contains("write permissions") => {
            "the key may only read: set it to Read/Write under WooCommerce, Settings, Advanced, \
             REST API"
        }
        (_, _, text) if text.contains("timestamp") => {
            "the clocks of the shop and of this machine differ by more than 15 minutes: set them"
        }
        (_, _, text) if text.contains("nonce") => return unclear(text.to_owned()),
        (_, _, text) if text.contains("signature") => {
            "the signature does not match: check the secret, and that the shop's address here is \
             the site address in its general settings"
        }
        _ => "key or secret is wrong: copy both once more, or make a new key",
    };
    ShopError::NotAllowed { reason: format!("{cure} (the shop says: {message})") }
}

/// The store took us for nobody, without saying why.
pub(super) fn nobody() -> ShopError {
    ShopError::NotAllowed {
        reason:
            "the shop does not recognise the key: check key and secret; if they are right, the \
                 site does not know that it is reached over https, or its permalinks are set to \
                 Plain"
                .to_owned(),
    }
}

pub(super) fn unclear(reason: impl Into<String>) -> ShopError {
    ShopError::Unclear { reason: reason.into(), retry_after_s: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;
    use serde_json::Value as Json;

    #[test]
    fn every_captured_error_is_told_apart() {
        let check = |status: u16, body: &str, expected: &str| {
            let answer = Answer {
                status,
                headers: HeaderMap::new(),
                reason: String::new(),
                body: body.as_bytes().to_vec(),
            };
            let found = format!("{:?}", refusal(&answer));
            assert!(found.contains(expected), "{status} {body}: {found}");
        };
        let captured = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/woo-captured/errors.json"
        ));
        let captured: Vec<Json> = serde_json::from_str(captured).unwrap();
        let row = |case: &str| {
            let row = captured.iter().find(|row| row["case"] == case).unwrap();
            let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
            (status, row["body"].to_string())
        };
        for (case, expected) in [
            ("no key", "does not recognise the key"),
            ("wrong secret", "key or secret is wrong"),
            ("read-only key writes", "may only read"),
            ("missing order, read", "NotFound"),
            ("missing order, write", "NotFound"),
            ("unknown status", "Refused"),
            ("line not of this order", "Refused"),
        ] {
            let (status, body) = row(case);
            check(status, &body, expected);
        }
        check(403, "<html>Just a moment</html>", "firewall");
        check(401, "<html>Password</html>", "password of its own");
        check(301, "", "redirects");
        check(404, "<html>", "no WooCommerce interface");
        check(500, "", "Unclear");
        check(503, "<html>", "Unclear");
        check(429, "{}", "Unclear");
        let data_is_a_number = r#"{"code":"x","message":"Invalid refund amount.","data":500}"#;
        check(500, data_is_a_number, "Invalid refund amount.");
        let no_route = r#"{"code":"rest_no_route","message":"No route","data":{"status":404}}"#;
        check(404, no_route, "rest_no_route");
        let code_is_a_number = r#"{"code":0,"message":"Invalid item.","data":{"status":400}}"#;
        check(400, code_is_a_number, "Refused");
    }
}
