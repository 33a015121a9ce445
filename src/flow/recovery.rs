//! Recovery: the database is not the one that worked last (R39).
//!
//! It was restored, emptied, copied, or belongs to another shop. Nothing is sent and nothing mailed
//! until each open order was looked up, under every reference that it could have had and those that
//! the shop's meta names. What is found is adopted. The mode ends by itself, and survives a restart:
//! it is a switch, and how far it got is another.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::db::{self, Tx};
use crate::model::fulfilment::Reference;
use crate::model::hold::Target;
use crate::model::id::{OrderId, ProviderId};
use crate::model::job::Lane;
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::{Progress, ProviderStatus};
use crate::outside::provider::AskError;
use crate::outside::shop::ShopError;

use super::artwork::transact;
use super::ctx::{Ctx, FlowError, Outcome, ProviderSeat};
use super::intake::{desk, shop_error};
use super::shop_sync::{Written, written};
use super::take_in::take_in;
use super::transition::{Event, enqueue};
use super::{notify, resolve};

/// One run of the job looks this many orders up; others want the lane as well.
const ORDERS_PER_RUN: usize = 20;
/// So many editions in a row that are not there end the search for more.
const MISSES: u32 = 2;
/// No line was ever sent more often than this.
const EDITIONS_MAX: u32 = 50;
/// A database that was copied or restored sends so many thousandths of `twin_wait` late, each copy another
/// number. Its twin may be alive and have the same orders due in the same second; then the look before
/// the money finds what the twin has sent, also at a provider that takes one reference twice.
const BEHIND_MILLI: std::ops::Range<u64> = 1_000..5_000;
/// The key of the alert.
const KEY: &str = "recovery";

/// What the marker beside the database says: which database was used last, how often, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Which database.
    pub instance: String,
    /// How often it was used; only ever grows.
    pub beats: u64,
    /// Mark of the folder.
    pub place: String,
}

/// Compares the database with the marker at a start; the recovery begins where they differ. What
/// the marker is to say from now on.
pub async fn at_start(ctx: &Ctx, seen: Option<Marker>, place: &str) -> Result<Marker, FlowError> {
    let (place, fresh) = (place.to_owned(), ctx.chance.token());
    let wait_ms = u64::try_from(ctx.rules.twin_wait.as_millis()).unwrap_or(u64::MAX);
    let behind_ms = wait_ms.saturating_mul(ctx.chance.within(BEHIND_MILLI)) / 1_000;
    ctx.call(move |tx| {
        let instance = db::switch::get(tx, db::switch::INSTANCE)?;
        let beats = beats(tx)?;
        let why = why(seen.as_ref(), instance.as_deref(), beats, &place);
        if let Some(why) = why {
            begin(tx, why)?;
            db::switch::set(tx, db::switch::BEHIND_MS, &behind_ms.to_string(), "program")?;
        }
        let instance = instance.unwrap_or_else(|| fresh.clone());
        db::switch::set(tx, db::switch::INSTANCE, &instance, "program")?;
        let beats = seen.as_ref().map_or(beats, |seen| beats.max(seen.beats)) + 1;
        db::switch::set(tx, db::switch::BEATS, &beats.to_string(), "program")?;
        Ok(Marker { instance, beats, place: place.clone() })
    })
    .await
}

/// Notes that the database is used, so that an older copy of it can be told; what the marker is to
/// say, once this is on disk.
pub async fn beat(ctx: &Ctx, marker: &Marker) -> Result<Marker, FlowError> {
    let marker = Marker { beats: marker.beats + 1, ..marker.clone() };
    let beats = marker.beats.to_string();
    ctx.call(move |tx| Ok(db::switch::set(tx, db::switch::BEATS, &beats, "program")?)).await?;
    Ok(marker)
}

fn beats(tx: &Tx<'_>) -> Result<u64, FlowError> {
    let beats = db::switch::get(tx, db::switch::BEATS)?;
    Ok(beats.and_then(|beats| beats.parse().ok()).unwrap_or(0))
}

fn why(
    seen: Option<&Marker>,
    instance: Option<&str>,
    beats: u64,
    place: &str,
) -> Option<&'static str> {
    match (seen, instance) {
        (None, None) => None,
        (None, Some(_)) => Some("the database was put into another folder"),
        (Some(_), None) => Some("the database is empty, and another was here before"),
        (Some(seen), Some(instance)) if seen.instance != instance => {
            Some("the database is another than the last")
        }
        (Some(seen), Some(_)) if beats < seen.beats => {
            Some("the database is older than its last use: a backup was restored")
        }
        (Some(seen), Some(_)) if seen.place != place => {
            Some("the folder was copied or moved: another woodblock may work with the first")
        }
        (Some(_), Some(_)) => None,
    }
}

/// Begins the recovery, unless it is under way: then it goes back to the first order.
pub fn begin(tx: &Tx<'_>, why: &str) -> Result<(), FlowError> {
    if db::switch::recovery(tx)?.is_none() {
        tracing::warn!("recovery begins: {why}");
    }
    db::switch::begin_recovery(tx, why)?;
    ask(tx)
}

/// Asks for the work of the recovery, where it is on.
pub fn ask(tx: &Tx<'_>) -> Result<(), FlowError> {
    match db::switch::recovery(tx)? {
        Some(_) => enqueue(tx, "recover", "all", Lane::Money, None, Duration::ZERO),
        None => Ok(()),
    }
}

/// Whether nothing is to be sent or mailed.
pub async fn is_on(ctx: &Ctx) -> Result<bool, FlowError> {
    ctx.read(|tx| Ok(db::switch::recovery(tx)?.is_some())).await
}

/// What waits for the end of the recovery looks again a little later.
pub fn later(ctx: &Ctx) -> Outcome {
    Outcome::Snooze(ctx.clock.now().plus(ctx.rules.watch_every))
}

/// Looks up orders that were not looked up yet, and ends the recovery after the last.
pub async fn run(ctx: &Ctx) -> Result<Outcome, FlowError> {
    for _ in 0..ORDERS_PER_RUN {
        match step(ctx).await? {
            Step::Off => return Ok(Outcome::Cancel("there is nothing to recover".to_owned())),
            Step::Order(id) => {
                look_up(ctx, id).await?;
                let text = id.to_string();
                ctx.call(move |tx| {
                    Ok(db::switch::set(tx, db::switch::RECOVERY_ORDER, &text, "program")?)
                })
                .await?;
            }
            Step::NotSwept => return Ok(later(ctx)),
            Step::Over => return Ok(Outcome::Done("every open order was looked up".to_owned())),
        }
    }
    Ok(Outcome::Snooze(ctx.clock.now()))
}

enum Step {
    Off,
    Order(OrderId),
    NotSwept,
    Over,
}

async fn step(ctx: &Ctx) -> Result<Step, FlowError> {
    let rules = std::sync::Arc::clone(&ctx.rules);
    ctx.call(move |tx| {
        let Some((why, since)) = db::switch::recovery(tx)? else {
            return Ok(Step::Off);
        };
        if db::alert::raised_at(tx, KEY)?.is_none() {
            let problem = Problem::new(What::Recovery, "", why);
            notify::raise(tx, KEY, None, &problem, &rules)?;
        }
        let after = db::switch::get(tx, db::switch::RECOVERY_ORDER)?;
        let after = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        if let Some(id) = db::recovery::next_open(tx, OrderId(after))? {
            return Ok(Step::Order(id));
        }
        // What the shop has and we do not know yet comes with its next sweep.
        if db::recovery::not_swept_since(tx, since)?.is_some() {
            return Ok(Step::NotSwept);
        }
        end(tx)?;
        Ok(Step::Over)
    })
    .await
}

fn end(tx: &Tx<'_>) -> Result<(), FlowError> {
    tracing::info!("recovery is over: every open order was looked up");
    db::switch::set(tx, db::switch::RECOVERY, "", "program")?;
    db::alert::clear(tx, KEY)?;
    for (id, order) in db::fulfilment::counting_down(tx)? {
        enqueue(tx, "submit", &id.to_string(), Lane::Money, Some(order), Duration::ZERO)?;
    }
    Ok(())
}

/// Looks one order up: in the shop, and at every provider that may have it.
pub async fn look_up(ctx: &Ctx, id: OrderId) -> Result<Vec<String>, FlowError> {
    let written = ask_shop(ctx, id).await?;
    let order = ctx.read(move |tx| Ok(db::order::load(tx, id)?)).await?;
    let mut done = Vec::new();
    for provider in providers_of(ctx, &order, &written) {
        let seat = ctx.provider(provider)?.clone();
        if !seat.provider.abilities().lookup_by_reference {
            continue;
        }
        done.extend(search(ctx, id, provider, &seat, &written).await?);
    }
    Ok(done)
}

/// Notes what the shop says of the order now; the submissions that its meta names.
async fn ask_shop(ctx: &Ctx, id: OrderId) -> Result<Vec<Written>, FlowError> {
    let order = ctx.read(move |tx| Ok(db::order::load(tx, id)?)).await?;
    let (Some(shop_order), Some(seat)) = (order.shop_order, ctx.shops.get(&order.shop)) else {
        return Ok(Vec::new());
    };
    match seat.shop.order(shop_order).await {
        Ok(told) => {
            let (shop, desk) = (order.shop, desk(ctx, order.shop).await?);
            let found = written(&told);
            let fingerprint = told.fingerprint();
            ctx.call(move |tx| match db::order::is_told(tx, shop, shop_order, &fingerprint)? {
                true => Ok(()),
                false => take_in(tx, &desk, &told).map(drop),
            })
            .await?;
            Ok(found)
        }
        Err(ShopError::NotFound) => {
            let gone = Problem::new(What::OrderGone, "", "");
            transact(ctx, id, move || vec![Event::Held(Target::Order, gone.clone())]).await?;
            Ok(Vec::new())
        }
        Err(error) => Err(shop_error(error)),
    }
}

/// The providers that may have something of an order, each once.
fn providers_of(ctx: &Ctx, order: &Order, written: &[Written]) -> BTreeSet<ProviderId> {
    let items = order.items.iter().map(|item| item.provider);
    let named = ctx
        .providers
        .iter()
        .filter(|(_, seat)| written.iter().any(|one| one.provider == seat.name));
    let planned = order.fulfilments.iter().map(|one| one.provider);
    let all = items.chain(planned).chain(named.map(|(id, _)| *id));
    all.filter(|id| ctx.providers.contains_key(id)).collect()
}

/// Looks for everything that one provider has of an order, and notes what is found.
async fn search(
    ctx: &Ctx,
    id: OrderId,
    provider: ProviderId,
    seat: &ProviderSeat,
    written: &[Written],
) -> Result<Vec<String>, FlowError> {
    let order = ctx.read(move |tx| Ok(db::order::load(tx, id)?)).await?;
    let mut done = Vec::new();
    let mut seen = BTreeSet::new();
    for candidate in candidates(&order) {
        let mut misses = 0;
        for edition in 1..=EDITIONS_MAX {
            let reference = candidate.reference(&order, edition);
            let known = known(&order, &reference);
            if known.is_some_and(|one| one.state.is_locked()) {
                seen.insert(reference);
                continue;
            }
            match find(seat, &reference).await? {
                Some(status) => {
                    misses = 0;
                    let what = note(ctx, id, provider, seat, (&reference, edition), status).await?;
                    done.extend(what);
                    seen.insert(reference);
                }
                None => misses += 1,
            }
            if MISSES <= misses {
                break;
            }
        }
    }
    for one in written.iter().filter(|one| one.provider == seat.name) {
        if seen.contains(&one.reference) {
            continue;
        }
        let words = match find(seat, &one.reference).await? {
            Some(_) => format!("{} is there as {}", one.reference, one.provider_order_id),
            None => format!("{} stands in the shop's books and is not found", one.reference),
        };
        done.push(words.clone());
        hold(ctx, id, &seat.name, words).await?;
    }
    Ok(done)
}

/// The lowest line and copy that a fulfilment of the order may have had: each is possible.
struct Candidate {
    line: i64,
    copy: u32,
}

impl Candidate {
    fn reference(&self, order: &Order, edition: u32) -> Reference {
        let (place, number) = match order.shop_order {
            Some(id) => (&order.shop_name, id.0),
            None => (&order.source, order.id.0),
        };
        Reference::derive(place, number, self.line, self.copy, edition)
    }
}

fn candidates(order: &Order) -> Vec<Candidate> {
    let lowest = |item: &crate::model::item::Item| {
        Some(Candidate { line: order.line(item.line)?.shop_line.0, copy: item.copy })
    };
    order.items.iter().filter_map(lowest).collect()
}

fn known<'a>(order: &'a Order, reference: &Reference) -> Option<&'a Fulfilment> {
    order.fulfilments.iter().find(|one| one.reference.as_ref() == Some(reference))
}

async fn find(
    seat: &ProviderSeat,
    reference: &Reference,
) -> Result<Option<ProviderStatus>, FlowError> {
    seat.provider.find(reference).await.map_err(|error| {
        let retry_after_s = match &error {
            AskError::Unclear { retry_after_s, .. } => *retry_after_s,
            AskError::NotAllowed { .. } | AskError::Unable => None,
        };
        FlowError::Later { reason: error.to_string(), retry_after_s }
    })
}

/// Adopts what was found for the fulfilment that would have sent it; else a person compares.
async fn note(
    ctx: &Ctx,
    id: OrderId,
    provider: ProviderId,
    seat: &ProviderSeat,
    (reference, edition): (&Reference, u32),
    status: ProviderStatus,
) -> Result<Option<String>, FlowError> {
    if status.progress == Progress::Cancelled {
        // It is no more; its number is found again by the last look before something is sent.
        return Ok(None);
    }
    let order = ctx.read(move |tx| Ok(db::order::load(tx, id)?)).await?;
    let number = status.provider_order_id.clone();
    let is_it = |one: &&Fulfilment| {
        let own = |given: &Reference| given == reference;
        let may_be = one.reference.as_ref().is_none_or(own) && !one.lines.is_empty();
        let is_free = !one.state.is_locked() && one.provider == provider;
        is_free && may_be && begins_with(&order, one, reference, edition)
    };
    let fitting = order.fulfilments.iter().find(is_it);
    match fitting.filter(|one| !resolve::differs(&order, one, &status)) {
        Some(fulfilment) => {
            let given = (reference.clone(), edition);
            resolve::adopt_found(ctx, &order, fulfilment, given, None, status).await?;
            Ok(Some(format!("{reference} is adopted: {} has it as {number}", seat.name)))
        }
        None => {
            let words = format!("{reference} is there as {number}");
            hold(ctx, id, &seat.name, words.clone()).await?;
            Ok(Some(words))
        }
    }
}

/// Whether this fulfilment, sent, would have had the reference: its lowest line decides.
fn begins_with(order: &Order, one: &Fulfilment, reference: &Reference, edition: u32) -> bool {
    let lowest = one
        .lines
        .iter()
        .filter_map(|line| order.item(line.item))
        .filter_map(|item| Some((order.line(item.line)?.shop_line.0, item.copy)))
        .min();
    lowest.is_some_and(|(line, copy)| {
        Candidate { line, copy }.reference(order, edition) == *reference
    })
}

async fn hold(ctx: &Ctx, id: OrderId, place: &str, words: String) -> Result<(), FlowError> {
    let problem = Problem::new(What::SentBefore, place, words);
    transact(ctx, id, move || vec![Event::Held(Target::Order, problem.clone())]).await
}
