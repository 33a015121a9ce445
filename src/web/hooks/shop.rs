//! A shop's webhook: verified over the raw bytes, stored durably, answered; nothing more (R10–R13).

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};

use crate::db::delivery::Delivery;
use crate::flow::{FlowError, hooks, intake, notify};
use crate::model::problem::{Problem, What};
use crate::outside::meter::Measured;
use crate::outside::shop::woocommerce::webhook::{self, Content};
use crate::web::site::{ShopHook, Site};

/// A delivery whose signature is right. The extractor is its only maker.
pub struct VerifiedDelivery {
    shop_name: String,
    delivery: Delivery,
    alarm: Option<Problem>,
}

/// What an extractor lets through.
pub enum Call {
    /// A signed delivery.
    Delivery(Box<VerifiedDelivery>),
    /// The unsigned ping at the birth of a webhook: answered and forgotten.
    Ping,
}

/// `POST /hooks/shop/{name}`
pub async fn receive(State(site): State<Site>, call: Call) -> StatusCode {
    let Call::Delivery(verified) = call else {
        return StatusCode::OK;
    };
    let VerifiedDelivery { shop_name, delivery, alarm } = *verified;
    if let Some(problem) = alarm {
        alarm_once(&site, &shop_name, problem).await;
    }
    site.ctx.probe.pass("webhook: before it is stored").await;
    let accepted = intake::accept(&site.ctx, delivery).await;
    site.ctx.probe.pass("webhook: before the answer").await;
    match accepted {
        Ok(()) => {
            count(&site, &shop_name, "accepted");
            site.wake.notify_one();
            StatusCode::OK
        }
        Err(error) => {
            count(&site, &shop_name, "not_stored");
            tracing::error!(shop.name = %shop_name, "a delivery could not be stored: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

impl FromRequest<Site> for Call {
    type Rejection = StatusCode;

    async fn from_request(request: Request, site: &Site) -> Result<Call, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let Path(name) = Path::<String>::from_request_parts(&mut parts, site)
            .await
            .map_err(|_| StatusCode::NOT_FOUND)?;
        let hook = site.shop_hooks.get(&name).ok_or(StatusCode::NOT_FOUND)?;
        let headers = parts.headers.clone();
        let body = Bytes::from_request(Request::from_parts(parts, body), site)
            .await
            .map_err(|rejection| axum::response::IntoResponse::into_response(rejection).status())?;
        let signature = header(&headers, "x-wc-webhook-signature");
        if signature.is_empty() && webhook::ping(&body).is_some() {
            return Ok(Call::Ping);
        }
        let made = hooks::secrets(&site.ctx, &name).await.map_err(|error| {
            tracing::error!(shop.name = %name, "the secrets of its webhooks cannot be read: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        })?;
        let mut secrets = hook.secrets.clone();
        secrets.extend(site.typed_hook_secret(&name));
        secrets.extend(made.into_iter().map(secrecy::SecretString::from));
        if !webhook::is_signed(&secrets, &body, signature) {
            count(site, &name, "refused");
            let topic = header(&headers, "x-wc-webhook-topic");
            let words = format!("topic “{}”", topic.chars().take(60).collect::<String>());
            alarm_once(site, &name, Problem::new(What::SignatureWrong, &name, words)).await;
            return Err(StatusCode::UNAUTHORIZED);
        }
        let verified = verified(name, hook, &headers, &body);
        Ok(Call::Delivery(Box::new(verified)))
    }
}

fn count(site: &Site, shop: &str, outcome: &'static str) {
    site.ctx.pulse.meter.count(Measured::Webhook, shop, outcome, Duration::ZERO);
}

fn verified(name: String, hook: &ShopHook, headers: &HeaderMap, body: &Bytes) -> VerifiedDelivery {
    let content = webhook::read(body);
    let source = header(headers, "x-wc-webhook-source");
    let is_own = webhook::is_own_source(source, &hook.source_urls);
    let alarm = match &content {
        _ if !is_own => Some(Problem::new(What::ShopCloned, &name, source)),
        Content::Powerless { code } => Some(Problem::new(What::WebhookPowerless, &name, code)),
        Content::Order(_) | Content::Gone | Content::Nothing => None,
    };
    VerifiedDelivery {
        shop_name: name,
        delivery: Delivery {
            shop: hook.shop,
            hook_id: header(headers, "x-wc-webhook-id").to_owned(),
            topic: header(headers, "x-wc-webhook-topic").to_owned(),
            shop_order: match content {
                // A copy of the shop has other orders under the same ids.
                Content::Order(id) if is_own => Some(id),
                _ => None,
            },
            body: String::from_utf8_lossy(body).into_owned(),
        },
        alarm,
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Raises an alert, once a minute at most: whoever can cause it can cause it often.
async fn alarm_once(site: &Site, shop: &str, problem: Problem) {
    let key = format!("hook:{shop}:{}", problem.what.code());
    if !site.may_alarm(&key) {
        return;
    }
    let rules = std::sync::Arc::clone(&site.ctx.rules);
    let raised: Result<(), FlowError> =
        site.ctx.call(move |tx| notify::raise(tx, &key, None, &problem, &rules)).await;
    if let Err(error) = raised {
        tracing::error!(shop.name = %shop, "an alert about a webhook could not be raised: {error}");
    }
    site.wake.notify_one();
}
