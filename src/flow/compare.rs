//! Once a day the shop's orders and ours are compared, both ways (R17).
//!
//! Polling is the real intake; this finds what it cannot: an edit that moved no date, a change that
//! was missed, an order that the shop no longer has. What is missing is taken in, people are told.

use std::sync::Arc;
use std::time::Duration;

use crate::db::{self, delivery::LastOrders};
use crate::model::id::{ShopId, ShopOrderId};
use crate::model::job::Lane;
use crate::model::problem::{Problem, What};
use crate::model::shop_order::ShopOrder;
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError, Outcome, ShopSeat};
use super::intake::{self, desk, shop_error};
use super::notify;
use super::take_in::{Taken, take_in};
use super::transition::enqueue;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// A comparison reads this many pages at most.
const PAGES_MAX: u32 = 1_000;
/// So many orders are named in an alert.
const NAMED_MAX: usize = 10;
/// So many orders in a row that no webhook told of are no chance any more …
const SILENT_ORDERS: u32 = 5;
/// … once their webhooks had this long to arrive.
const SILENT_AFTER: Duration = Duration::from_secs(1_800);

/// Asks for a comparison with a shop.
pub fn ask(tx: &db::Tx<'_>, shop: ShopId) -> Result<(), FlowError> {
    enqueue(tx, "compare", &shop.to_string(), Lane::Intake, None, Duration::ZERO)
}

/// Compares a shop's orders of the last days with ours.
pub async fn run(ctx: &Ctx, shop: ShopId) -> Result<Outcome, FlowError> {
    if !ctx.shops.contains_key(&shop) {
        return Ok(Outcome::Cancel("the shop is disconnected".to_owned()));
    }
    let seat = ctx.shop(shop)?.clone();
    let row = ctx.read(move |tx| Ok(db::shop::get(tx, shop)?)).await?;
    let row = row.ok_or_else(|| FlowError::NotFound(format!("shop {shop}")))?;
    let Some(polled_at) = row.polled_at else {
        // What is new is polling's; it has not begun yet.
        return Ok(Outcome::Snooze(ctx.clock.now().plus(seat.rules.poll_every)));
    };
    let from = ctx.clock.now().minus(DAY * ctx.rules.compare_days);
    let mut ours = ctx.read(move |tx| Ok(db::shop::moving(tx, shop)?)).await?;
    let statuses = payable(&seat);
    // What polling has had its chance to see.
    let settled = polled_at.minus(seat.rules.overlap.max(2 * seat.rules.poll_every));
    let mut work = Comparison { shop, settled, go_live_at: row.go_live_at, gaps: Vec::new() };
    for page in 1..=PAGES_MAX {
        let listed = seat.shop.list_changed_in(&statuses, from, page).await.map_err(shop_error)?;
        for told in listed.orders {
            let known = ours.remove(&told.id);
            work.look(ctx, told, known).await?;
        }
        if !listed.more {
            break;
        }
    }
    // Ours that the shop did not list: older ones, those that are payable no more, and those that
    // it has no more.
    let unlisted: Vec<ShopOrderId> = ours.into_keys().collect();
    finish(ctx, &seat, work, unlisted).await
}

/// The statuses in which an order may still be made; the rest of a month's orders is not read.
fn payable(seat: &ShopSeat) -> Vec<String> {
    let mut statuses = seat.rules.paid_statuses.clone();
    for waits in ["pending", "on-hold"] {
        if !statuses.iter().any(|status| status == waits) {
            statuses.push(waits.to_owned());
        }
    }
    statuses
}

struct Comparison {
    shop: ShopId,
    settled: Moment,
    go_live_at: Moment,
    gaps: Vec<String>,
}

impl Comparison {
    /// Looks at one order of the shop, with the mark of ours if it may still be made.
    async fn look(
        &mut self,
        ctx: &Ctx,
        told: ShopOrder,
        known: Option<String>,
    ) -> Result<(), FlowError> {
        let is_new = known.is_none();
        let is_of_interest = match &known {
            Some(hash) => hash != told.fingerprint().as_str(),
            None if told.placed_at < self.go_live_at => false,
            None => {
                let (shop, id) = (self.shop, told.id);
                // Ended here, so nothing of it is made again.
                !ctx.read(move |tx| Ok(db::shop::has_order(tx, shop, id)?)).await?
            }
        };
        if !is_of_interest {
            return Ok(());
        }
        let had_its_chance = told.modified_at < self.settled;
        let number = told.number.clone();
        let desk = desk(ctx, self.shop).await?;
        let taken = ctx.call(move |tx| take_in(tx, &desk, &told)).await?;
        match taken {
            Taken::New(_) if had_its_chance => self.gaps.push(format!("{number} was missing")),
            Taken::Known(_) if had_its_chance && !is_new => {
                self.gaps.push(format!("{number} was changed"));
            }
            Taken::New(_) | Taken::Known(_) | Taken::Passed(_) => {}
        }
        Ok(())
    }
}

async fn finish(
    ctx: &Ctx,
    seat: &ShopSeat,
    work: Comparison,
    unlisted: Vec<ShopOrderId>,
) -> Result<Outcome, FlowError> {
    let (name, rules) = (seat.name.clone(), Arc::clone(&ctx.rules));
    let (shop, gaps) = (work.shop, work.gaps);
    ctx.call(move |tx| {
        for id in &unlisted {
            intake::ask(tx, shop, *id)?;
        }
        let words = format!("{} gap(s), {} asked for one by one", gaps.len(), unlisted.len());
        db::switch::set(tx, &report_key(&name), &words, "program")?;
        if gaps.is_empty() {
            return Ok(());
        }
        let more = gaps.len().saturating_sub(NAMED_MAX);
        let mut words = gaps.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        if 0 < more {
            words += &format!(" and {more} more");
        }
        let problem = Problem::new(What::ShopGap, &name, words);
        notify::raise(tx, &format!("gap:{name}"), None, &problem, &rules)
    })
    .await?;
    Ok(Outcome::Snooze(ctx.clock.now().plus(DAY)))
}

/// The switch that says what the last comparison found.
pub fn report_key(shop: &str) -> String {
    format!("compared:{shop}")
}

/// Tells people when polling keeps finding orders that no webhook told of (R18).
pub async fn listen(ctx: &Ctx, shop: ShopId, since: Moment) -> Result<(), FlowError> {
    let (name, rules) = (ctx.shop(shop)?.name.clone(), Arc::clone(&ctx.rules));
    let key = format!("silent:{name}");
    ctx.call(move |tx| {
        let until = tx.now.minus(SILENT_AFTER);
        let LastOrders { received_at, delivered_at } =
            db::delivery::last_orders(tx, shop, until, SILENT_ORDERS)?;
        let is_silent = received_at.is_some_and(|first| {
            since < first && delivered_at.is_none_or(|last| last.plus(SILENT_AFTER) < first)
        });
        if !is_silent {
            return Ok(db::alert::clear(tx, &key)?);
        }
        if db::alert::raised_at(tx, &key)?.is_some() {
            return Ok(());
        }
        let last = delivered_at.map_or("ever".to_owned(), |at| format!("since {at}"));
        let words = format!("the last {SILENT_ORDERS} orders; no delivery {last}");
        let problem = Problem::new(What::WebhooksSilent, &name, words);
        notify::raise(tx, &key, None, &problem, &rules)
    })
    .await
}

/// How the connection to a shop stands, for people.
pub async fn report(ctx: &Ctx, shop: ShopId) -> Result<String, FlowError> {
    let seat = ctx.shop(shop)?.clone();
    let name = seat.name.clone();
    let (row, compared, count, last) = ctx
        .read(move |tx| {
            Ok((
                db::shop::get(tx, shop)?,
                db::switch::get_since(tx, &report_key(&name))?,
                db::delivery::count(tx, shop)?,
                db::delivery::last_at(tx, shop)?,
            ))
        })
        .await?;
    let at = |moment: Option<Moment>| moment.map_or("never".to_owned(), |at| at.to_string());
    let mut lines = vec![
        format!("shop {}", seat.name),
        format!("last poll: {}", at(row.as_ref().and_then(|row| row.polled_at))),
        format!("read up to: {}", at(row.as_ref().and_then(|row| row.cursor_at))),
        format!("webhooks: {count} different deliveries, the last {}", at(last)),
        match compared {
            Some((words, when)) => format!("last comparison: {when}, {words}"),
            None => "last comparison: never".to_owned(),
        },
    ];
    match seat.shop.hooks().await {
        Ok(hooks) => lines.extend(
            hooks
                .iter()
                .map(|one| format!("webhook {} {} {}: {}", one.id, one.topic, one.status, one.url)),
        ),
        Err(error) => lines.push(format!("its webhooks cannot be read: {error}")),
    }
    Ok(lines.join("\n"))
}
