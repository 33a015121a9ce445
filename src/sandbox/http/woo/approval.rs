//! The page on which a merchant allows a program to have keys (`/wc-auth/v1/…`).
//!
//! As WooCommerce has it: five parameters, keys by a call from server to server, and only an answer of
//! 200 lets them live. A real shop refuses callbacks without TLS and to this machine; this one lives on
//! this machine and lets those through.

use std::fmt::Write as _;

use super::super::exchange::{Answer, Effect, Request};
use crate::sandbox::core::Core;
use crate::sandbox::shop::{Key, KeyRight, Store};

const NEEDED: [&str; 5] = ["app_name", "user_id", "return_url", "callback_url", "scope"];

/// Keys that are to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandOver {
    /// Where they are sent.
    pub(crate) callback_url: String,
    /// What is sent.
    pub(crate) body: String,
    /// The key, which lives only if they were taken.
    pub(crate) consumer_key: String,
    /// Where the browser is led then.
    pub(crate) return_url: String,
}

/// Answers `authorize` and `access_granted`.
pub(super) fn answer(store: &mut Store, core: &mut Core, request: &Request, act: &str) -> Answer {
    if let Some(fault) = fault(request) {
        return refused(&fault);
    }
    let param = |name: &str| request.param(name).unwrap_or_default().to_owned();
    match act {
        "authorize" => ask(&store.home, request, &param("app_name"), &returned(request, "0")),
        "access_granted" => {
            let right = if param("scope") == "read" { KeyRight::Read } else { KeyRight::ReadWrite };
            let key = Key {
                consumer_key: format!("ck_{}", core.draw_hex(40)),
                consumer_secret: format!("cs_{}", core.draw_hex(40)),
                right,
            };
            let body = serde_json::json!({
                "key_id": store.gate.keys.len() + 1,
                "user_id": param("user_id"),
                "consumer_key": key.consumer_key,
                "consumer_secret": key.consumer_secret,
                "key_permissions": param("scope"),
            });
            let hand_over = HandOver {
                callback_url: param("callback_url"),
                body: body.to_string(),
                consumer_key: key.consumer_key.clone(),
                return_url: returned(request, "1"),
            };
            store.gate.keys.push(key);
            page(200, "").with(Effect::HandOver(Box::new(hand_over)))
        }
        _ => page(404, "<h1>Not Found</h1>"),
    }
}

/// What became of the keys: the browser goes back, or the key is gone.
pub(crate) fn handed_over(store: &mut Store, hand_over: &HandOver, status: u16) -> Answer {
    match status {
        200 => page(302, "").header("location", hand_over.return_url.clone()),
        _ => {
            store.gate.keys.retain(|key| key.consumer_key != hand_over.consumer_key);
            refused(
                "An error occurred in the request and at the time were unable to send the consumer data",
            )
        }
    }
}

fn fault(request: &Request) -> Option<String> {
    let missing = NEEDED.iter().find(|name| request.param(name).is_none_or(str::is_empty));
    if let Some(name) = missing {
        return Some(format!("Missing parameter {name}"));
    }
    let scope = request.param("scope").unwrap_or_default();
    if !["read", "write", "read_write"].contains(&scope) {
        return Some(format!("Invalid scope {scope}"));
    }
    let callback = url::Url::parse(request.param("callback_url").unwrap_or_default());
    let is_here = |url: &url::Url| url.host_str() == Some("127.0.0.1");
    match callback {
        Ok(url) if url.scheme() == "https" || is_here(&url) => None,
        Ok(_) => Some("The callback_url needs to be over SSL".to_owned()),
        Err(_) => Some("The callback_url is not a valid URL".to_owned()),
    }
}

fn returned(request: &Request, success: &str) -> String {
    let base = request.param("return_url").unwrap_or_default();
    let join = if base.contains('?') { '&' } else { '?' };
    let user = request.param("user_id").unwrap_or_default();
    format!("{base}{join}success={success}&user_id={user}")
}

fn ask(home: &str, request: &Request, app: &str, denied: &str) -> Answer {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
    let text = |text: &str| html_escape::encode_text(text).into_owned();
    let attribute = |text: &str| html_escape::encode_double_quoted_attribute(text).into_owned();
    let mut body = String::new();
    let _ = write!(
        body,
        "<h1>{app} would like to connect to your store</h1>\
         <p>This gives “{app}” read/write access to {home}: view and manage orders, products and \
         webhooks.</p><p><a id=\"approve\" href=\"access_granted?{query}\">Approve</a> \
         <a id=\"deny\" href=\"{denied}\">Deny</a></p>",
        app = text(app),
        home = text(home),
        query = attribute(&query),
        denied = attribute(denied),
    );
    page(200, &body)
}

fn refused(words: &str) -> Answer {
    page(401, &format!("<h1>Error: {}.</h1>", html_escape::encode_text(words)))
}

fn page(status: u16, body: &str) -> Answer {
    let whole = format!(
        "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Application authentication request</title><body style=\"font:1rem/1.5 \
         sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem\">{body}"
    );
    Answer::bytes(status, "text/html; charset=UTF-8", whole.into_bytes())
}
