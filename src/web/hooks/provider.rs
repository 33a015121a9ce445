//! A provider's hook: a hint to look at a fulfilment, behind an unguessable address.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use std::time::Duration;

use crate::db::{self, Tx};
use crate::flow::transition::enqueue;
use crate::flow::{FlowError, provider_hooks, rejected};
use crate::model::fulfilment::Reference;
use crate::model::id::{FulfilmentId, OrderId, ProviderId};
use crate::model::job::Lane;
use crate::model::order::Order;
use crate::model::provider_order::Hint;
use crate::web::auth;
use crate::web::site::Site;

/// A call whose token is right. The extractor is its only maker.
pub struct VerifiedHook {
    provider: ProviderId,
    hint: Hint,
}

/// `ANY /hooks/provider/{name}/{token}`
pub async fn receive(State(site): State<Site>, hook: VerifiedHook) -> StatusCode {
    follow(&site, hook).await
}

/// `ANY /hooks/provider/{name}/{token}/{topic}`
pub async fn receive_topic(State(site): State<Site>, hook: VerifiedHook) -> StatusCode {
    follow(&site, hook).await
}

impl FromRequest<Site> for VerifiedHook {
    type Rejection = StatusCode;

    async fn from_request(request: Request, site: &Site) -> Result<VerifiedHook, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let Path(path) = Path::<Vec<(String, String)>>::from_request_parts(&mut parts, site)
            .await
            .map_err(|_| StatusCode::NOT_FOUND)?;
        let of = |key: &str| {
            let found = path.iter().find(|(name, _)| name == key);
            found.map_or("", |(_, value)| value.as_str())
        };
        let seats = &site.ctx.providers;
        let seat = seats.iter().find(|(_, seat)| seat.name == of("name"));
        // The same answer for an unknown name and a wrong token.
        let (id, seat) = seat
            .filter(|(_, seat)| {
                let token = match of("topic") {
                    "" => seat.rules.hook_token.clone(),
                    topic => provider_hooks::topic_token(&seat.rules.hook_token, topic),
                };
                !seat.rules.hook_token.is_empty() && auth::is_same(&token, of("token"))
            })
            .ok_or(StatusCode::NOT_FOUND)?;
        let body = Bytes::from_request(Request::from_parts(parts, body), site)
            .await
            .map_err(|rejection| axum::response::IntoResponse::into_response(rejection).status())?;
        let hint = seat.provider.read_hook(of("topic"), &body).unwrap_or_else(|why| {
            // A provider that is answered with an error sends the same for days.
            tracing::warn!(provider.name = %seat.name, "a hook could not be read: {why}");
            Hint::Nothing
        });
        Ok(VerifiedHook { provider: *id, hint })
    }
}

async fn follow(site: &Site, hook: VerifiedHook) -> StatusCode {
    let done: Result<(), FlowError> = site
        .ctx
        .call(move |tx| match &hook.hint {
            Hint::Nothing => Ok(()),
            Hint::Look { reference, tracking_url } => {
                look(tx, hook.provider, reference, tracking_url.as_ref())
            }
            Hint::LookById { provider_order_id } => {
                match db::fulfilment::by_provider_order(tx, hook.provider, provider_order_id)? {
                    Some(found) => track(tx, found),
                    None => Ok(()),
                }
            }
            Hint::DesignRejected { references, reason } => {
                reject(tx, hook.provider, references, reason)
            }
        })
        .await;
    match done {
        Ok(()) => {
            site.wake.notify_one();
            StatusCode::OK
        }
        Err(error) => {
            tracing::error!("a provider's hook could not be followed: {error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// The fulfilment with this reference, if it is this provider's: another's hook may not touch it.
fn find(
    tx: &Tx<'_>,
    provider: ProviderId,
    reference: &Reference,
) -> Result<Option<(FulfilmentId, Order)>, FlowError> {
    let Some((id, order)) = db::fulfilment::by_reference(tx, reference)? else {
        return Ok(None);
    };
    let order = db::order::load(tx, order)?;
    let is_theirs = order.fulfilment(id).is_some_and(|one| one.provider == provider);
    Ok(is_theirs.then_some((id, order)))
}

fn look(
    tx: &Tx<'_>,
    provider: ProviderId,
    reference: &Reference,
    tracking_url: Option<&(String, String)>,
) -> Result<(), FlowError> {
    let Some((id, order)) = find(tx, provider, reference)? else {
        return Ok(());
    };
    if let Some((number, url)) = tracking_url {
        db::shipment::put_tracking_url(tx, id, number, url)?;
    }
    track(tx, (id, order.id))
}

fn track(tx: &Tx<'_>, (id, order): (FulfilmentId, OrderId)) -> Result<(), FlowError> {
    let key = id.to_string();
    enqueue(tx, "track", &key, Lane::Money, Some(order), Duration::ZERO)
}

fn reject(
    tx: &Tx<'_>,
    provider: ProviderId,
    references: &[Reference],
    reason: &str,
) -> Result<(), FlowError> {
    for reference in references {
        let Some((id, order)) = find(tx, provider, reference)? else {
            continue;
        };
        db::switch::set(tx, &rejected::words_key(id), reason, "provider")?;
        enqueue(tx, "rejected", &id.to_string(), Lane::Money, Some(order.id), Duration::ZERO)?;
        track(tx, (id, order.id))?;
    }
    Ok(())
}
