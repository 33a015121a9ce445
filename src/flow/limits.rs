//! Limits that hold submissions back instead of spending (R37).
//!
//! They are compared with the recorded intents in the database, so that a restart resets nothing.
//! What is held back waits until the limit's window ends: the clock's hour or the day (UTC). One
//! alert says which limit, the figures, and how to go on.

use std::time::Duration;

use crate::db::{self, Tx};
use crate::model::id::{FulfilmentId, ProviderId};
use crate::model::job::Lane;
use crate::model::money::{Amount, Money};
use crate::model::order::{Fulfilment, Order};
use crate::model::problem::{Problem, What};
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError, Rules};
use super::notify;
use super::operate::Staff;
use super::transition::enqueue;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// The usual rate is that of so many days.
const USUAL_DAYS: u32 = 28;
/// An alert is not cleared in the first moments of a window: what waited for it goes first.
const CLEAR_AFTER: Duration = Duration::from_secs(300);
/// The key of the alert that clocks differ.
pub const CLOCK_KEY: &str = "limit:clock:";
/// What the keys of the alerts begin with.
const KEY: &str = "limit:";

/// What may be spent. Amounts have no currency: one unit counts like another.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Submissions in one hour of the clock.
    pub orders_per_hour: Option<u32>,
    /// Money in one day (UTC).
    pub money_per_day: Option<Amount>,
    /// The most that one submission may cost.
    pub price_max: Option<Amount>,
    /// What becomes of one whose price the provider does not tell beforehand; sent when not set.
    pub price_unknown: Option<PriceUnknown>,
    /// Submissions in an hour are at most so many times the usual; 0 is no such limit …
    pub jump_times: u32,
    /// … and this many are always fine.
    pub jump_floor: u32,
}

/// What becomes of a submission whose price the provider does not tell beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PriceUnknown {
    /// It is sent; the price is compared once the provider tells it.
    #[default]
    Send,
    /// A person looks first.
    Hold,
}

/// What one submission to a provider may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLimit {
    /// The most.
    pub most: Amount,
    /// What becomes of it when nobody knows.
    pub unknown: PriceUnknown,
}

/// The limit of the price of one submission to this provider: its own, else that of all.
pub fn price_limit(rules: &Rules, provider: &str) -> Option<PriceLimit> {
    let own = rules.provider_limits.get(provider);
    let all = &rules.limits;
    let most = own.and_then(|own| own.price_max).or(all.price_max)?;
    let unknown = own.and_then(|own| own.price_unknown).or(all.price_unknown);
    Some(PriceLimit { most, unknown: unknown.unwrap_or_default() })
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            orders_per_hour: None,
            money_per_day: None,
            price_max: None,
            price_unknown: None,
            jump_times: 10,
            jump_floor: 200,
        }
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// The key of its alert.
    pub key: String,
    /// When its window ends.
    pub until: Moment,
    /// Which limit, and the figures.
    pub problem: Problem,
}

/// The first limit that holds a submission back.
pub fn reached(
    tx: &Tx<'_>,
    rules: &Rules,
    fulfilment: &Fulfilment,
) -> Result<Option<Reached>, FlowError> {
    let provider = (fulfilment.provider, fulfilment.provider_name.as_str());
    for one in every(tx, rules, Some(provider), Some(fulfilment.id))? {
        let goes_on = db::switch::get(tx, &one.key)?.and_then(|until| Moment::parse(&until));
        if goes_on.is_none_or(|until| until <= tx.now) {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

/// Every limit that is reached: those of all submissions, and those of this provider.
fn every(
    tx: &Tx<'_>,
    rules: &Rules,
    provider: Option<(ProviderId, &str)>,
    but: Option<FulfilmentId>,
) -> Result<Vec<Reached>, FlowError> {
    let mut found = of_limits(tx, &rules.limits, None, but)?;
    found.extend(clock_off(tx)?);
    found.extend(jump(tx, &rules.limits, but)?);
    if let Some((id, name)) = provider
        && let Some(own) = rules.provider_limits.get(name)
    {
        found.extend(of_limits(tx, own, Some((id, name)), but)?);
    }
    Ok(found)
}

fn of_limits(
    tx: &Tx<'_>,
    limits: &Limits,
    provider: Option<(ProviderId, &str)>,
    but: Option<FulfilmentId>,
) -> Result<Vec<Reached>, FlowError> {
    let mut found = Vec::new();
    let (id, name) = (provider.map(|one| one.0), provider.map_or("", |one| one.1));
    if let Some(most) = limits.orders_per_hour {
        let (from, until) = window(tx.now, HOUR);
        if most <= db::spending::count_since(tx, from, id, but, most)? {
            let words = format!("{most} orders were sent since {from}, orders_per_hour allows");
            found.push(one(&format!("hour:{name}"), name, &format!("{words} no more"), until));
        }
    }
    if let Some(most) = limits.money_per_day {
        let (from, until) = window(tx.now, DAY);
        let spent = db::spending::money_since(tx, from, id)?;
        if most <= spent {
            let words = format!("{spent} were spent since {from}, money_per_day is {most}");
            found.push(one(&format!("day:{name}"), name, &words, until));
        }
    }
    Ok(found)
}

/// Our clock may have jumped: whatever is due may be due too early.
fn clock_off(tx: &Tx<'_>) -> Result<Option<Reached>, FlowError> {
    let words = db::switch::get(tx, db::switch::CLOCK_OFF)?.filter(|words| !words.is_empty());
    Ok(words.map(|words| Reached {
        key: CLOCK_KEY.to_owned(),
        until: tx.now.plus(HOUR),
        problem: Problem::new(What::ClockOff, "", words),
    }))
}

/// Far more than usual: something may be ordering by itself.
fn jump(
    tx: &Tx<'_>,
    limits: &Limits,
    but: Option<FulfilmentId>,
) -> Result<Option<Reached>, FlowError> {
    let (from, until) = window(tx.now, HOUR);
    let count = |most| db::spending::count_since(tx, from, None, but, most);
    if limits.jump_times == 0 || count(limits.jump_floor)? < limits.jump_floor {
        return Ok(None);
    }
    let usual = db::switch::get(tx, db::switch::USUAL_HOUR)?;
    let usual: u32 = usual.and_then(|usual| usual.parse().ok()).unwrap_or(0);
    let most = limits.jump_floor.max(usual.saturating_mul(limits.jump_times));
    if count(most)? < most {
        return Ok(None);
    }
    let words = format!(
        "{most} orders were sent since {from}, where {usual} in an hour are usual: more than \
         jump_times and jump_floor allow"
    );
    Ok(Some(one("jump:", "", &words, until)))
}

fn one(key: &str, place: &str, words: &str, until: Moment) -> Reached {
    let detail = format!("{words}; the others wait until {until}");
    Reached {
        key: format!("{KEY}{key}"),
        until,
        problem: Problem::new(What::LimitReached, place, detail),
    }
}

/// The whole hour or day that a moment lies in: its beginning and its end.
fn window(now: Moment, length: Duration) -> (Moment, Moment) {
    let length_ms = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    let from = Moment::from_unix_ms(now.unix_ms().div_euclid(length_ms) * length_ms);
    (from, from.plus(length))
}

/// Tells people of a limit, once.
pub async fn tell(ctx: &Ctx, reached: Reached) -> Result<Moment, FlowError> {
    let (until, rules) = (reached.until, std::sync::Arc::clone(&ctx.rules));
    ctx.call(move |tx| notify::raise(tx, &reached.key, None, &reached.problem, &rules)).await?;
    Ok(until)
}

/// Lets go on what limits hold back, until the window of each ends; how many limits these were.
pub async fn go_on(ctx: &Ctx, staff: &Staff) -> Result<usize, FlowError> {
    let (shared, name) = (ctx.clone(), staff.0.clone());
    ctx.call(move |tx| {
        let found = all_reached(tx, &shared)?;
        for one in &found {
            // The word that our clock is right holds for a day.
            let is_clock = one.key == CLOCK_KEY;
            let until = if is_clock { tx.now.plus(DAY) } else { one.until };
            db::switch::set(tx, &one.key, &until.to_string(), &name)?;
            db::alert::clear(tx, &one.key)?;
        }
        for (id, order) in db::fulfilment::counting_down(tx)? {
            enqueue(tx, "submit", &id.to_string(), Lane::Money, Some(order), Duration::ZERO)?;
        }
        Ok(found.len())
    })
    .await
}

fn all_reached(tx: &Tx<'_>, ctx: &Ctx) -> Result<Vec<Reached>, FlowError> {
    let mut found = every(tx, &ctx.rules, None, None)?;
    for (id, seat) in ctx.providers.iter() {
        if let Some(own) = ctx.rules.provider_limits.get(&seat.name) {
            found.extend(of_limits(tx, own, Some((*id, &seat.name)), None)?);
        }
    }
    Ok(found)
}

/// Until when a countdown that is over is not overdue, because a limit held it back.
pub fn excuse(
    tx: &Tx<'_>,
    rules: &Rules,
    fulfilment: &Fulfilment,
) -> Result<Option<Moment>, FlowError> {
    if let Some(limit) = reached(tx, rules, fulfilment)? {
        return Ok(Some(limit.until.plus(HOUR)));
    }
    // A window that begins just now has room, and what waited for it is on its way.
    let is_late = db::alert::open_keys(tx, KEY)?.is_empty();
    Ok((!is_late).then(|| tx.now.plus(HOUR)))
}

/// Clears the alerts of limits that hold nothing back any more.
pub async fn clear_ended(ctx: &Ctx) -> Result<(), FlowError> {
    let open = ctx.read(|tx| Ok(db::alert::open_keys(tx, KEY)?)).await?;
    if open.is_empty() {
        return Ok(());
    }
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let still = all_reached(tx, &shared)?;
        let is_early = tx.now.since(window(tx.now, HOUR).0) < CLEAR_AFTER;
        let is_over = |key: &&String| !is_early && still.iter().all(|one| one.key != **key);
        for key in open.iter().filter(is_over) {
            db::alert::clear(tx, key)?;
        }
        Ok(())
    })
    .await
}

/// Counts what is usual, once a day.
pub fn count_usual(tx: &Tx<'_>) -> Result<(), FlowError> {
    let hours = db::spending::hours_since(tx, tx.now.minus(DAY * USUAL_DAYS))?;
    let median = hours.get(hours.len() / 2).copied().unwrap_or(0);
    Ok(db::switch::set(tx, db::switch::USUAL_HOUR, &median.to_string(), "program")?)
}

/// What a submission counts with until the provider tells its price: what the customer paid for the
/// goods, which is more.
pub fn note_worth(
    tx: &Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    id: FulfilmentId,
) -> Result<(), FlowError> {
    let limits = [&ctx.rules.limits].into_iter().chain(ctx.rules.provider_limits.values());
    if limits.into_iter().all(|one| one.money_per_day.is_none()) {
        return Ok(());
    }
    let minor = db::spending::worth_minor(tx, id)?;
    let worth = Money { minor, currency: order.total.currency };
    Ok(db::spending::set_counts(tx, id, worth.amount())?)
}

/// Notes the price that a provider tells; one over the limit is told to people.
pub fn note_price(
    tx: &Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    id: FulfilmentId,
    price: Money,
) -> Result<(), FlowError> {
    db::spending::set_counts(tx, id, price.amount())?;
    let Some(fulfilment) = order.fulfilment(id) else { return Ok(()) };
    let limit = price_limit(&ctx.rules, &fulfilment.provider_name);
    match limit.map(|limit| limit.most) {
        Some(most) if most < price.amount() => {
            let detail = format!("{price}, price_max is {most}");
            let place = fulfilment.provider_name.as_str();
            let problem = Problem::new(What::PriceHigh, place, detail);
            let about = Some((order.id, order.number.as_str()));
            notify::raise(tx, &format!("price:{id}"), about, &problem, &ctx.rules)
        }
        Some(_) | None => Ok(()),
    }
}
