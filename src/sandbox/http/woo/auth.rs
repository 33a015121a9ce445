//! Who asks: Basic, keys in the query, OAuth 1.0a without token (woocommerce reference, section 1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::super::exchange::{Answer, Request, wp_error};
use crate::model::time::Moment;
use crate::sandbox::shop::{AuthorizationHeader, Key, KeyRight, Store, Tls};

/// How far a timestamp may be off, in seconds.
const WINDOW_S: i64 = 15 * 60;

/// RFC 3986 leaves these alone besides letters and digits.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the asker may do; `None` is nobody. Some mistakes are told at once.
pub(super) fn right_of(
    store: &mut Store,
    now: Moment,
    request: &Request,
) -> Result<Option<KeyRight>, Answer> {
    let header = match store.gate.authorization {
        AuthorizationHeader::Kept => request.authorization.as_deref(),
        AuthorizationHeader::Stripped => None,
    };
    if store.gate.tls == Tls::Pretended
        && let Some((consumer_key, secret)) = basic_keys(request, header)
        && let Some(key) = find(store, &consumer_key)
    {
        return match key.consumer_secret == secret {
            true => Ok(Some(key.right)),
            false => Err(denied("Consumer secret is invalid.")),
        };
    }
    oauth(store, now, request, header)
}

/// Refuses what this right does not reach, as the route's own error.
pub(super) fn refuse(right: Option<KeyRight>, route: &[&str], request: &Request) -> Option<Answer> {
    let (status, is_refused) = match right {
        None => (401, true),
        Some(KeyRight::RoleTooWeak) => (403, true),
        Some(KeyRight::Read) if !request.is_read() => {
            return Some(denied("The API key provided does not have write permissions."));
        }
        Some(KeyRight::Read | KeyRight::ReadWrite) => (200, false),
    };
    if !is_refused {
        return None;
    }
    let is_single = route.iter().any(|part| part.parse::<i64>().is_ok());
    let (code, message) = match (request.method.as_str(), is_single) {
        ("GET" | "HEAD", false) => ("cannot_view", "Sorry, you cannot list resources."),
        ("GET" | "HEAD", true) => ("cannot_view", "Sorry, you cannot view this resource."),
        ("DELETE", _) => ("cannot_delete", "Sorry, you are not allowed to delete this resource."),
        ("POST", false) => ("cannot_create", "Sorry, you are not allowed to create resources."),
        _ => ("cannot_edit", "Sorry, you are not allowed to edit this resource."),
    };
    Some(wp_error(status, &format!("woocommerce_rest_{code}"), message))
}

fn denied(message: &str) -> Answer {
    wp_error(401, "woocommerce_rest_authentication_error", message)
}

fn find(store: &Store, consumer_key: &str) -> Option<Key> {
    let mut keys = store.gate.keys.iter();
    keys.find(|key| key.consumer_key == consumer_key).cloned()
}

/// Keys of the query win over the header, even nonsense ones.
fn basic_keys(request: &Request, header: Option<&str>) -> Option<(String, String)> {
    let in_query = (request.param("consumer_key"), request.param("consumer_secret"));
    if let (Some(key), Some(secret)) = in_query {
        return Some((key.to_owned(), secret.to_owned()));
    }
    let encoded = header?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (key, secret) = decoded.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

fn oauth(
    store: &mut Store,
    now: Moment,
    request: &Request,
    header: Option<&str>,
) -> Result<Option<KeyRight>, Answer> {
    let mut params = expanded(&request.query);
    params.extend(header.map(header_params).unwrap_or_default());
    let param = |name: &str| {
        let mut pairs = params.iter();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    let names = ["consumer_key", "timestamp", "nonce", "signature", "signature_method"];
    let names = names.map(|name| format!("oauth_{name}"));
    if names.iter().all(|name| param(name).is_none()) {
        return Ok(None);
    }
    let missing: Vec<&str> =
        names.iter().filter(|name| param(name).is_none()).map(String::as_str).collect();
    if !missing.is_empty() {
        let message = format!("Missing OAuth parameters {}", missing.join(", "));
        return Err(wp_error(401, "woocommerce_rest_authentication_missing_parameter", &message));
    }
    let [consumer_key, timestamp, nonce, signature, method] =
        names.map(|name| param(&name).unwrap_or_default());
    let Some(key) = find(store, &consumer_key) else {
        return Err(denied("Consumer key is invalid."));
    };
    // Where TLS is only pretended, the asker dialled and signed plain HTTP.
    let schemes: &[&str] = match store.gate.tls {
        Tls::Pretended => &["https", "http"],
        Tls::Absent => &["http"],
    };
    let host = store.home.split("://").nth(1);
    let host = host.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    params.retain(|(name, _)| name != "oauth_signature");
    let signed = schemes.iter().map(|scheme| {
        let url = format!("{scheme}://{host}{}", request.path);
        let base = base_string(&request.method, &url, &params);
        sign(&method, &key.consumer_secret, &base)
    });
    let signed: Vec<Option<String>> = signed.collect();
    if signed.contains(&None) {
        return Err(denied("Invalid signature - signature method is invalid."));
    }
    if !signed.contains(&Some(signature)) {
        let message = "Invalid signature - provided signature does not match.";
        return Err(denied(message));
    }
    let second = now.unix_ms() / 1000;
    let stamp: i64 = timestamp.parse().unwrap_or(0);
    if stamp < second - WINDOW_S || second + WINDOW_S < stamp {
        return Err(denied("Invalid timestamp."));
    }
    store.gate.nonces.retain(|(at, _)| second - WINDOW_S <= *at);
    if store.gate.nonces.iter().any(|(_, used)| *used == nonce) {
        return Err(denied("Invalid nonce - nonce has already been used."));
    }
    store.gate.nonces.push((stamp, nonce));
    Ok(Some(key.right))
}

/// Arrays as PHP counts them: `status[]` twice is `status[0]`, `status[1]`.
fn expanded(query: &[(String, String)]) -> Vec<(String, String)> {
    let mut params: Vec<(String, String)> = Vec::new();
    for (name, value) in query {
        let name = match name.strip_suffix("[]") {
            None => name.clone(),
            Some(array) => {
                let prefix = format!("{array}[");
                let count = params.iter().filter(|(key, _)| key.starts_with(&prefix)).count();
                format!("{array}[{count}]")
            }
        };
        params.push((name, value.clone()));
    }
    params
}

fn header_params(header: &str) -> Vec<(String, String)> {
    let Some(list) = header.strip_prefix("OAuth ") else {
        return Vec::new();
    };
    let pairs = list.split(',').filter_map(|pair| pair.trim().split_once('='));
    let pairs = pairs.filter(|(name, _)| *name != "realm");
    let decoded = pairs.map(|(name, value)| {
        let value = percent_decode_str(value.trim_matches('"')).decode_utf8_lossy();
        (name.to_owned(), value.into_owned())
    });
    decoded.collect()
}

/// What is signed: pairs are encoded twice, and joined with an encoded `&`.
pub(super) fn base_string(method: &str, url: &str, params: &[(String, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut sorted = params.to_vec();
    sorted.sort();
    let pairs =
        sorted.iter().map(|(name, value)| encode(&format!("{}={}", encode(name), encode(value))));
    let pairs: Vec<String> = pairs.collect();
    format!("{method}&{}&{}", encode(url), pairs.join("%26"))
}

/// The signature in base64; an unknown method is `None`. There is no token: its half stays empty.
pub(super) fn sign(method: &str, consumer_secret: &str, base: &str) -> Option<String> {
    let key = format!("{consumer_secret}&");
    let key = key.as_bytes();
    let never = "HMAC takes keys of any length";
    match method {
        "HMAC-SHA1" => {
            let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key).expect(never);
            mac.update(base.as_bytes());
            Some(STANDARD.encode(mac.finalize().into_bytes()))
        }
        "HMAC-SHA256" => {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect(never);
            mac.update(base.as_bytes());
            Some(STANDARD.encode(mac.finalize().into_bytes()))
        }
        _ => None,
    }
}
