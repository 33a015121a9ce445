//! The webhooks of a shop: made by us, looked after, and made anew when they fail (R11, R18).
//!
//! What is wrong with a webhook is never mended in place: the shop keeps its failures, its owner and
//! its secret to itself. A new one is made before the old is dropped, so that nothing is missed.

use std::sync::Arc;
use std::time::Duration;

use crate::db;
use crate::model::id::ShopId;
use crate::model::job::Lane;
use crate::model::problem::{Problem, What};
use crate::model::shop_hook::{KnownHook, TOPICS, WantedHook};

use super::ctx::{Ctx, FlowError, Outcome, Rules};
use super::intake::shop_error;
use super::notify;
use super::operate::Staff;
use super::transition::enqueue;

/// So long after a change the secret before is accepted as well.
const OLD_SECRET: Duration = Duration::from_secs(24 * 3_600);
/// A webhook that signs wrongly is made anew this often at most: anybody can send such a call.
const DOUBT_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// The switch that says which secret of a shop is in use, counted from 1.
fn generation_key(shop: &str) -> String {
    format!("hook_secret:{shop}")
}

/// The secret of a shop's webhooks, made from the key that is kept: letters and digits alone.
fn secret(rules: &Rules, shop: &str, generation: u32) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&rules.file_key)
        .expect("HMAC takes keys of any length");
    mac.update(format!("webhook\n{shop}\n{generation}").as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The secrets that may sign a delivery of this shop now: one, and two for a day after a change.
pub async fn secrets(ctx: &Ctx, shop: &str) -> Result<Vec<String>, FlowError> {
    let key = generation_key(shop);
    let Some((generation, since)) = ctx.read(move |tx| generation(tx, &key)).await? else {
        return Ok(Vec::new());
    };
    let mut secrets = vec![secret(&ctx.rules, shop, generation)];
    if 1 < generation && ctx.clock.now() < since.plus(OLD_SECRET) {
        secrets.push(secret(&ctx.rules, shop, generation - 1));
    }
    Ok(secrets)
}

fn generation(
    tx: &db::Tx<'_>,
    key: &str,
) -> Result<Option<(u32, crate::model::time::Moment)>, FlowError> {
    let found = db::switch::get_since(tx, key)?;
    Ok(found.and_then(|(value, since)| Some((value.parse().ok()?, since))))
}

/// The address of a shop's deliveries; `None` where the shop could not reach it.
pub fn address(rules: &Rules, shop: &str) -> Option<String> {
    is_public(rules).then(|| format!("{}/hooks/shop/{shop}", rules.public_url))
}

/// Whether others can reach the public address at all.
pub fn is_public(rules: &Rules) -> bool {
    reaches_others(&rules.public_url)
}

/// Whether an address is one that other machines can reach.
pub fn reaches_others(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', ':']).next().unwrap_or("");
    !(host == "localhost" || host.starts_with("127.") || host.starts_with('['))
}

fn wanted(rules: &Rules, shop: &str, url: &str, generation: u32) -> [WantedHook; 4] {
    TOPICS.map(|topic| WantedHook {
        name: format!("{}{generation}", own_name(topic)),
        topic,
        url: url.to_owned(),
        secret: secret(rules, shop, generation),
    })
}

/// What the names of our webhooks begin with.
fn own_name(topic: &str) -> String {
    format!("woodblock {topic} ")
}

/// Looks at the webhooks of a shop, and makes anew what is missing or wrong.
pub async fn run(ctx: &Ctx, shop: ShopId) -> Result<Outcome, FlowError> {
    if !ctx.shops.contains_key(&shop) {
        return Ok(Outcome::Cancel("the shop is disconnected".to_owned()));
    }
    let seat = ctx.shop(shop)?.clone();
    let Some(url) = address(&ctx.rules, &seat.name) else {
        return Ok(Outcome::Cancel("a shop cannot reach a local address".to_owned()));
    };
    if ctx.rules.hooks_by_hand.contains(&seat.name) {
        return Ok(Outcome::Cancel("its webhooks are made by hand".to_owned()));
    }
    let (generation, were_made) = decide(ctx, &seat.name).await?;
    let known = seat.shop.hooks().await.map_err(shop_error)?;
    let mut mended = Vec::new();
    for wanted in wanted(&ctx.rules, &seat.name, &url, generation) {
        let own = |one: &&KnownHook| {
            let is_ours = one.name.starts_with(&own_name(wanted.topic)) || one.url == url;
            one.topic == wanted.topic && is_ours
        };
        let ours: Vec<&KnownHook> = known.iter().filter(own).collect();
        let right = ours.iter().find(|one| one.fault(&wanted).is_none()).map(|one| one.id);
        if right.is_none() {
            seat.shop.make_hook(&wanted).await.map_err(shop_error)?;
            let why = ours.first().and_then(|one| one.fault(&wanted)).unwrap_or("was missing");
            mended.push(format!("{} {why}", wanted.topic));
        }
        for old in ours.iter().filter(|one| Some(one.id) != right) {
            seat.shop.drop_hook(old.id).await.map_err(shop_error)?;
        }
    }
    finish(ctx, shop, &seat.name, mended, were_made).await
}

/// Which secret the webhooks are to have, and whether they were made before. The first look makes
/// the first; calls that were signed wrongly, or by somebody without rights, make another.
async fn decide(ctx: &Ctx, shop: &str) -> Result<(u32, bool), FlowError> {
    let (key, shop) = (generation_key(shop), shop.to_owned());
    ctx.call(move |tx| {
        let Some((present, since)) = generation(tx, &key)? else {
            db::switch::set(tx, &key, "1", "program")?;
            return Ok((1, false));
        };
        let mut doubts = Vec::new();
        for what in [What::SignatureWrong, What::WebhookPowerless] {
            let alert = format!("hook:{shop}:{}", what.code());
            if db::alert::raised_at(tx, &alert)?.is_some_and(|at| since < at) {
                doubts.push(alert);
            }
        }
        if doubts.is_empty() || tx.now < since.plus(DOUBT_EVERY) {
            return Ok((present, true));
        }
        for alert in doubts {
            db::alert::clear(tx, &alert)?;
        }
        db::switch::set(tx, &key, &(present + 1).to_string(), "program")?;
        Ok((present + 1, true))
    })
    .await
}

async fn finish(
    ctx: &Ctx,
    shop: ShopId,
    name: &str,
    mended: Vec<String>,
    were_made: bool,
) -> Result<Outcome, FlowError> {
    if !mended.is_empty() {
        let (name, rules) = (name.to_owned(), Arc::clone(&ctx.rules));
        ctx.call(move |tx| {
            // What was not delivered meanwhile is not delivered later either.
            enqueue(tx, "poll", &shop.to_string(), Lane::Intake, None, Duration::ZERO)?;
            let is_rotated = mended.iter().all(|one| one.ends_with("another secret"));
            if !were_made || is_rotated {
                return Ok(());
            }
            let problem = Problem::new(What::WebhookMended, &name, mended.join(", "));
            notify::raise(tx, &format!("hooks:{name}"), None, &problem, &rules)
        })
        .await?;
    }
    let key = generation_key(name);
    if let Some((_, since)) = ctx.read(move |tx| generation(tx, &key)).await? {
        super::compare::listen(ctx, shop, since).await?;
    }
    Ok(Outcome::Snooze(ctx.clock.now().plus(ctx.rules.hooks_every)))
}

/// Gives the webhooks of a shop another secret; the one before is accepted for a day.
pub async fn rotate(ctx: &Ctx, shop: ShopId, staff: &Staff) -> Result<(), FlowError> {
    let (key, name) = (generation_key(&ctx.shop(shop)?.name), staff.0.clone());
    ctx.call(move |tx| {
        let next = generation(tx, &key)?.map_or(1, |(present, _)| present + 1);
        db::switch::set(tx, &key, &next.to_string(), &name)?;
        ask(tx, shop)
    })
    .await
}

/// Asks for a look at the webhooks of a shop.
pub fn ask(tx: &db::Tx<'_>, shop: ShopId) -> Result<(), FlowError> {
    enqueue(tx, "hooks", &shop.to_string(), Lane::Shop, None, Duration::ZERO)
}
