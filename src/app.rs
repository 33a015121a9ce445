//! What is wired together: the context, and the loops that keep it going until it is told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::db::DbError;
use crate::db::job::Lanes;
use crate::flow::recovery::Marker;
use crate::flow::{Ctx, FlowError, worker};
use crate::outside::ping::Ping;

pub mod live;
pub mod marker;
mod monitor;
pub mod seats;
mod service_manager;
pub mod state_dir;

use marker::MarkerFile;

/// Workers that draw, and workers for everything else.
const WORKERS: [(&str, Lanes); 6] = [
    ("render 1", Lanes::Render),
    ("render 2", Lanes::Render),
    ("others 1", Lanes::Others),
    ("others 2", Lanes::Others),
    ("others 3", Lanes::Others),
    ("others 4", Lanes::Others),
];
/// Longest sleep of a worker: a lost wake-up costs this much time, never an order.
const SLEEP_MAX: Duration = Duration::from_secs(5);
/// Shortest sleep of a worker while what is due is busy elsewhere.
const SLEEP_MIN: Duration = Duration::from_millis(25);
/// What is under way gets this long to end once the program was told to stop.
const STOP_MAX: Duration = Duration::from_secs(25);

/// A running program.
pub struct App {
    /// What every step is given.
    pub ctx: Ctx,
    /// Wakes the workers: something new is to be done.
    pub wake: Arc<Notify>,
    /// Where it is told while everything is well, and how often.
    pub ping: Option<(Ping, Duration)>,
    marker: Option<MarkerFile>,
}

impl App {
    /// Around a context.
    pub fn new(ctx: Ctx) -> App {
        App { ctx, wake: Arc::new(Notify::new()), ping: None, marker: None }
    }

    /// With the marker that tells its database from others.
    pub fn marked(self, marker: MarkerFile) -> App {
        App { marker: Some(marker), ..self }
    }

    /// Works until `stop` ends; a worker that breaks ends the whole program, so that the service
    /// manager starts it again: pages over dead workers would be the worst outcome.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<(), FlowError> {
        tokio::pin!(stop);
        let marked = tokio::select! {
            marked = self.begin() => marked?,
            () = &mut stop => return Ok(()),
        };
        let (stopping, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        self.ctx.pulse.start(self.ctx.clock.now());
        for (name, lanes) in WORKERS {
            let (ctx, wake, stopped) = (self.ctx.clone(), self.wake.clone(), stopped.clone());
            workers.spawn(work(ctx, name, lanes, wake, stopped));
        }
        if let Some((file, marker)) = marked {
            let (ctx, stopped) = (self.ctx.clone(), stopped.clone());
            workers.spawn(async move { beat(&ctx, &file, marker, stopped).await });
        }
        workers.spawn(monitor::watch(self.ctx.clone(), self.ping.clone(), stopped));
        service_manager::ready();
        tokio::select! {
            biased;
            () = &mut stop => {}
            // Whatever the workers say of it, this is why.
            why = self.ctx.db.broken() => return Err(DbError::Broken(why).into()),
            ended = workers.join_next() => return ended_early(ended),
        }
        service_manager::stopping();
        // Nobody listens any more only when every worker has ended.
        let _ = stopping.send(true);
        self.wake.notify_waiters();
        let ending = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_MAX, ending).await.is_err() {
            workers.shutdown().await;
            let left = worker::put_back(&self.ctx).await?;
            tracing::warn!(
                "{left} steps were still under way; they are picked up at the next start"
            );
        }
        // The next start finds one file, and need not read the log.
        match self.ctx.db.checkpoint().await.map_err(FlowError::from) {
            Err(error) if error.is_full() => Ok(()),
            emptied => emptied,
        }
    }
}

impl App {
    /// Marks the start and picks up what was under way, as soon as the disk has room for it: pages are
    /// shown meanwhile, and webhooks are answered with 503.
    async fn begin(&self) -> Result<Option<(MarkerFile, Marker)>, FlowError> {
        loop {
            match self.try_to_begin().await {
                Err(error) if error.is_full() => {
                    tracing::error!("the work begins when the disk has room: {error}");
                    tokio::time::sleep(SLEEP_MAX).await;
                }
                begun => return begun,
            }
        }
    }

    async fn try_to_begin(&self) -> Result<Option<(MarkerFile, Marker)>, FlowError> {
        let marked = match &self.marker {
            Some(file) => Some((file.clone(), file.at_start(&self.ctx).await?)),
            None => None,
        };
        worker::recover(&self.ctx).await?;
        Ok(marked)
    }
}

/// Marks that the database is used, until the program is told to stop.
async fn beat(
    ctx: &Ctx,
    file: &MarkerFile,
    marker: Marker,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), FlowError> {
    tokio::select! {
        done = file.beat(ctx, marker) => done,
        _ = stopped.wait_for(|stopped| *stopped) => Ok(()),
    }
}

type Ended = Option<Result<Result<(), FlowError>, tokio::task::JoinError>>;

fn ended_early(ended: Ended) -> Result<(), FlowError> {
    match ended {
        Some(Ok(Err(error))) => Err(error),
        Some(Err(panicked)) => Err(FlowError::NotNow(format!("a worker broke: {panicked}"))),
        Some(Ok(Ok(()))) | None => Err(FlowError::NotNow("a worker ended by itself".to_owned())),
    }
}

/// One worker: runs what is due, then sleeps until something is.
async fn work(
    ctx: Ctx,
    name: &'static str,
    lanes: Lanes,
    wake: Arc<Notify>,
    stopped: watch::Receiver<bool>,
) -> Result<(), FlowError> {
    while !*stopped.borrow() {
        let woken = wake.notified();
        let goes_on = || {
            // What was done may have made work for the others.
            wake.notify_waiters();
            !*stopped.borrow()
        };
        let next_at = match worker::run_due(&ctx, lanes, Some(name), goes_on).await {
            Ok(ran) if ran.jobs == 0 => ran.next_at,
            Ok(_) => continue,
            Err(error) if error.is_full() => {
                tracing::error!("{name} waits until the disk has room: {error}");
                tokio::time::sleep(SLEEP_MAX).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let wait = next_at.map_or(SLEEP_MAX, |at| at.since(ctx.clock.now()));
        let _ = tokio::time::timeout(wait.clamp(SLEEP_MIN, SLEEP_MAX), woken).await;
    }
    ctx.pulse.ends(name);
    Ok(())
}
