//! The hooks of a provider: made by us, each topic at an address of its own, and looked after.
//!
//! They carry no signature, so what is secret is the address. A hook that is not ours is left alone.

use crate::db::{self, Tx};
use crate::model::id::ProviderId;
use crate::model::job::Lane;
use crate::model::provider_hook::ProviderHook;
use crate::outside::provider::AskError;

use super::ctx::{Ctx, FlowError, HooksMade, Outcome, ProviderSeat, Rules};
use super::transition::enqueue;

/// The step.
pub const STEP: &str = "provider_hooks";

/// The secret part of the address for a topic, made from that of the provider: whoever learns one
/// address knows no other.
pub fn topic_token(hook_token: &str, topic: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(hook_token.as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(b"topic\n");
    mac.update(topic.as_bytes());
    mac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the addresses of our hooks of a provider begin with.
fn beginning(rules: &Rules, seat: &ProviderSeat) -> String {
    format!("{}/hooks/provider/{}/", rules.public_url, seat.name)
}

/// The address of a topic.
pub fn address(rules: &Rules, seat: &ProviderSeat, topic: &str) -> String {
    let token = topic_token(&seat.rules.hook_token, topic);
    format!("{}{token}/{topic}", beginning(rules, seat))
}

/// The switch that keeps the address that was last made for a topic: it stays ours when the public
/// address moves.
fn made_key(seat: &ProviderSeat, topic: &str) -> String {
    format!("provider_hook:{}:{topic}", seat.name)
}

/// Looks at the hooks of a provider, and mends what is missing or goes elsewhere.
pub async fn run(ctx: &Ctx, provider: ProviderId) -> Result<Outcome, FlowError> {
    if !ctx.providers.contains_key(&provider) {
        return Ok(Outcome::Cancel("the provider is disconnected".to_owned()));
    }
    let seat = ctx.provider(provider)?.clone();
    let topics = seat.provider.hook_topics();
    if topics.is_empty() {
        return Ok(Outcome::Cancel("each order says where to report".to_owned()));
    }
    if seat.rules.hooks == HooksMade::ByHand {
        return Ok(Outcome::Cancel("its hooks are made by hand".to_owned()));
    }
    if !super::hooks::is_public(&ctx.rules) {
        return Ok(Outcome::Cancel("a provider cannot reach a local address".to_owned()));
    }
    let known = seat.provider.hooks().await.map_err(later)?;
    for topic in topics {
        if let Some(words) = mend(ctx, &seat, &known, topic).await? {
            tracing::info!(provider.name = %seat.name, hook.topic = %topic, "a hook {words}");
        }
    }
    Ok(Outcome::Snooze(ctx.clock.now().plus(ctx.rules.hooks_every)))
}

/// One hook for the topic, at the right address; what was done, if anything.
async fn mend(
    ctx: &Ctx,
    seat: &ProviderSeat,
    known: &[ProviderHook],
    topic: &str,
) -> Result<Option<&'static str>, FlowError> {
    let url = address(&ctx.rules, seat, topic);
    let key = made_key(seat, topic);
    let before = ctx.read(move |tx| Ok(db::switch::get(tx, &key)?)).await?;
    let beginning = beginning(&ctx.rules, seat);
    let is_ours = |hook: &&ProviderHook| {
        let was_made = before.as_ref() == Some(&hook.url);
        hook.topic == topic && (hook.url.starts_with(&beginning) || was_made)
    };
    let ours: Vec<&ProviderHook> = known.iter().filter(is_ours).collect();
    let right = ours.iter().find(|hook| hook.url == url);
    let (kept, done) = match (right, ours.first()) {
        (Some(right), _) => (Some(&right.id), None),
        (None, Some(first)) => {
            seat.provider.move_hook(&first.id, &url).await.map_err(later)?;
            (Some(&first.id), Some("went to another address"))
        }
        (None, None) => {
            seat.provider.make_hook(topic, &url).await.map_err(later)?;
            (None, Some("was missing"))
        }
    };
    for other in ours.iter().filter(|hook| Some(&hook.id) != kept) {
        seat.provider.drop_hook(&other.id).await.map_err(later)?;
    }
    if before.as_ref() != Some(&url) {
        let key = made_key(seat, topic);
        ctx.call(move |tx| Ok(db::switch::set(tx, &key, &url, "program")?)).await?;
    }
    Ok(done)
}

fn later(error: AskError) -> FlowError {
    let reason = error.to_string();
    match error {
        AskError::Unclear { retry_after_s, .. } => FlowError::Later { reason, retry_after_s },
        AskError::NotAllowed { .. } | AskError::Unable => {
            FlowError::Later { reason, retry_after_s: None }
        }
    }
}

/// Asks for a look at the hooks of a provider.
pub fn ask(tx: &Tx<'_>, provider: ProviderId) -> Result<(), FlowError> {
    enqueue(tx, STEP, &provider.to_string(), Lane::Shop, None, std::time::Duration::ZERO)
}
