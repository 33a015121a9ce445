//! How the running program is: what was seen, what is wrong with it, and telling people.

use crate::db;
use crate::model::health::{self, Ailment, Fault, ShopVitals, Vitals};
use crate::model::problem::{Problem, What};
use crate::outside::machine;

use super::ctx::{Ctx, FlowError};
use super::notify;

/// What is known of the running program now.
pub async fn vitals(ctx: &Ctx) -> Result<Vitals, FlowError> {
    let ids: Vec<_> = ctx.shops.keys().copied().collect();
    let (ages, polled, open_alerts) = ctx
        .read(move |tx| {
            let mut polled = Vec::new();
            for id in &ids {
                polled.push(db::shop::get(tx, *id)?.and_then(|shop| shop.polled_at));
            }
            Ok((db::health::ages(tx)?, polled, db::board::open_alerts(tx)?))
        })
        .await?;
    let shops = ctx.shops.values().zip(polled);
    let path = ctx.db.path();
    let size = |path: &std::path::Path| machine::size_bytes(path).ok();
    Ok(Vitals {
        now: ctx.clock.now(),
        started_at: ctx.pulse.started_at(),
        shops: shops
            .map(|(seat, polled_at)| ShopVitals {
                name: seat.name.clone(),
                polled_at,
                poll_every: seat.rules.poll_every,
                clock_ahead_ms: seat.shop.clock_ahead_ms(),
            })
            .collect(),
        workers: ctx.pulse.workers(),
        overdue_since: ages.overdue_since,
        unknown_submissions: ages.unknown_submissions,
        unknown_since: ages.unknown_since,
        unknown_max: ctx.rules.submitting_max,
        mail_waiting_since: ages.mail_waiting_since,
        // A quota may leave nothing of what the disk says.
        disk_free_bytes: if ctx.db.is_full() { Some(0) } else { ctx.room.free_bytes() },
        database_bytes: path.and_then(size),
        wal_bytes: ctx.db.wal_path().as_deref().and_then(size),
        memory_bytes: machine::memory_bytes(),
        press_failures: ctx.pulse.meter.press_failures(),
        open_alerts,
    })
}

/// Tells people of what is wrong, once until it is over; what they are told of otherwise is left out.
pub async fn tell(ctx: &Ctx, faults: Vec<Fault>) -> Result<(), FlowError> {
    let rules = std::sync::Arc::clone(&ctx.rules);
    ctx.call(move |tx| {
        for ailment in Ailment::ALL.into_iter().filter(|ailment| !ailment.is_told_elsewhere()) {
            let key = format!("health:{}", ailment.name());
            let details: Vec<&str> = faults
                .iter()
                .filter(|fault| fault.ailment == ailment)
                .map(|fault| fault.detail.as_str())
                .collect();
            if details.is_empty() {
                db::alert::clear(tx, &key)?;
                continue;
            }
            let detail = format!("{}. {}", details.join("; "), ailment.cure());
            let problem = Problem::new(What::Unwell, ailment.name(), detail);
            notify::raise(tx, &key, None, &problem, &rules)?;
        }
        Ok(())
    })
    .await
}

/// Whether a worker does not get on: then the service manager is to start the program again.
pub fn is_stuck(ctx: &Ctx) -> bool {
    let now = ctx.clock.now();
    ctx.pulse.workers().iter().any(|worker| health::stuck(worker, now).is_some())
}
