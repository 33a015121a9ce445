//! Watches over the workers: tells the service manager and people, and the outside while all is well.
//!
//! It is no job, because a job needs a worker, and it is the workers that it watches.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::service_manager;
use crate::flow::{Ctx, FlowError, health};
use crate::model::health::faults;
use crate::outside::machine;
use crate::outside::ping::Ping;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The write-ahead log is emptied when it is larger (R52): 64 MB.
const WAL_EMPTIED_BYTES: u64 = 64_000_000;

/// Watches until the program is told to stop.
pub(super) async fn watch(
    ctx: Ctx,
    ping: Option<(Ping, Duration)>,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), FlowError> {
    // The service manager is told three times within its patience.
    let patience = service_manager::patience().map(|patience| patience / 3);
    let mut every = LOOK_EVERY.min(patience.unwrap_or(LOOK_EVERY));
    if let Some((_, ping_every)) = &ping {
        every = every.min(*ping_every);
    }
    let mut next_ping = Instant::now();
    while !*stopped.borrow() {
        let is_well = match look(&ctx.latest()).await {
            // That people could not be told is told by `/healthz`, and by the silence of the ping.
            Err(error) if error.is_full() => false,
            looked => looked?,
        };
        if let Some((ping, ping_every)) = ping.as_ref().filter(|_| is_well)
            && next_ping <= Instant::now()
        {
            next_ping = Instant::now() + *ping_every;
            let ping = ping.clone();
            // Whoever does not answer keeps nobody waiting.
            tokio::spawn(async move { ping.send().await });
        }
        // An end of the sender is an end of the program.
        let _ = tokio::time::timeout(every, stopped.wait_for(|stopped| *stopped)).await;
    }
    Ok(())
}

/// One look; whether everything is well.
async fn look(ctx: &Ctx) -> Result<bool, FlowError> {
    let vitals = health::vitals(ctx).await?;
    let faults = faults(&vitals);
    let words: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
    let status = if words.is_empty() { "well".to_owned() } else { words.join("; ") };
    // What is wrong outside is not mended by a restart: only the workers count here.
    match health::is_stuck(ctx) {
        true => service_manager::is_stuck(&status),
        false => service_manager::gets_on(&status),
    }
    let is_well = faults.is_empty();
    health::tell(ctx, faults).await?;
    let wal = ctx.db.wal_path().and_then(|path| machine::size_bytes(&path).ok());
    if wal.is_some_and(|bytes| WAL_EMPTIED_BYTES < bytes) {
        ctx.db.checkpoint().await?;
    }
    Ok(is_well)
}
