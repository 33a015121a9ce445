//! The keys of a shop, sent by the shop itself after somebody allowed it on its approval page.
//!
//! The call is unsigned. It proves itself with a secret in its address and with another that the shop
//! repeats; both work once, and only for the shop that was asked. The keys are sealed at once, and hold
//! after they were tried at that very shop.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::auth;
use super::site::Site;
use crate::db;
use crate::flow::seal::{self, Place};

/// Such a document has some two hundred bytes.
const KEYS_BYTES_MAX: usize = 16 * 1024;

/// What WooCommerce sends (`includes/class-wc-auth.php`).
#[derive(Deserialize)]
struct Keys {
    user_id: String,
    consumer_key: String,
    consumer_secret: String,
    #[serde(default)]
    key_permissions: String,
}

/// Where a key that came opens.
pub fn place(token_hash: &str, column: &str) -> Place {
    Place::new("shop_connections", token_hash, column)
}

/// `POST /connect/{token}`: 200 only when the keys are stored; with anything else the shop takes them
/// back and says so.
pub async fn receive(
    State(site): State<Site>,
    Path(token): Path<String>,
    body: Bytes,
) -> StatusCode {
    let is_short = body.len() <= KEYS_BYTES_MAX;
    let Some(keys) = is_short.then(|| serde_json::from_slice::<Keys>(&body).ok()).flatten() else {
        return StatusCode::BAD_REQUEST;
    };
    let is_key = |text: &str, start: &str| text.starts_with(start) && text.len() < 200;
    if !is_key(&keys.consumer_key, "ck_") || !is_key(&keys.consumer_secret, "cs_") {
        return StatusCode::BAD_REQUEST;
    }
    let (token_hash, user_hash) = (auth::token_hash(&token), auth::token_hash(&keys.user_id));
    let file_key = &site.ctx.rules.file_key;
    let sealed =
        |text: &str, column| seal::seal(text.as_bytes(), &place(&token_hash, column), file_key);
    let (key, secret) =
        (sealed(&keys.consumer_key, "key"), sealed(&keys.consumer_secret, "secret"));
    let permissions: String = keys.key_permissions.chars().take(40).collect();
    let taken = site
        .ctx
        .call(move |tx| {
            let sealed = (key.as_str(), secret.as_str());
            Ok(db::setting::take_keys(tx, &token_hash, &user_hash, sealed, &permissions)?)
        })
        .await;
    match taken {
        Ok(true) => StatusCode::OK,
        // Unknown, used, too old and another shop's look the same.
        Ok(false) => StatusCode::NOT_FOUND,
        Err(error) => {
            tracing::error!("the keys of a shop could not be stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
