//! What is wired together: the context, and the loops that keep it going until it is told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::db::job::Lanes;
use crate::flow::{Ctx, FlowError, worker};

pub mod marker;
pub mod state_dir;

use marker::MarkerFile;

/// Workers that draw, and workers for everything else.
const WORKERS: [Lanes; 6] =
    [Lanes::Render, Lanes::Render, Lanes::Others, Lanes::Others, Lanes::Others, Lanes::Others];
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
    marker: Option<MarkerFile>,
}

impl App {
    /// Around a context.
    pub fn new(ctx: Ctx) -> App {
        App { ctx, wake: Arc::new(Notify::new()), marker: None }
    }

    /// With the marker that tells its database from others.
    pub fn marked(self, marker: MarkerFile) -> App {
        App { marker: Some(marker), ..self }
    }

    /// Works until `stop` ends; a worker that breaks ends the whole program, so that the service
    /// manager starts it again: pages over dead workers would be the worst outcome.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<(), FlowError> {
        let marked = match &self.marker {
            Some(file) => Some((file.clone(), file.at_start(&self.ctx).await?)),
            None => None,
        };
        worker::recover(&self.ctx).await?;
        let (stopping, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for lanes in WORKERS {
            let (ctx, wake, stopped) = (self.ctx.clone(), self.wake.clone(), stopped.clone());
            workers.spawn(work(ctx, lanes, wake, stopped));
        }
        if let Some((file, marker)) = marked {
            let (ctx, stopped) = (self.ctx.clone(), stopped.clone());
            workers.spawn(async move { beat(&ctx, &file, marker, stopped).await });
        }
        tokio::select! {
            () = stop => {}
            ended = workers.join_next() => return ended_early(ended),
        }
        // Nobody listens any more only when every worker has ended.
        let _ = stopping.send(true);
        self.wake.notify_waiters();
        let ending = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_MAX, ending).await.is_err() {
            tracing::warn!("a step was still under way; it is picked up at the next start");
        }
        Ok(())
    }
}

/// Marks that the database is used, until the program is told to stop.
async fn beat(
    ctx: &Ctx,
    file: &MarkerFile,
    marker: crate::flow::recovery::Marker,
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
    lanes: Lanes,
    wake: Arc<Notify>,
    stopped: watch::Receiver<bool>,
) -> Result<(), FlowError> {
    while !*stopped.borrow() {
        let woken = wake.notified();
        if worker::run_one(&ctx, lanes).await? {
            // What was done may have made work for the others.
            wake.notify_waiters();
            continue;
        }
        let next = worker::next_wakeup(&ctx).await?;
        let wait = next.map_or(SLEEP_MAX, |at| at.since(ctx.clock.now()));
        let _ = tokio::time::timeout(wait.clamp(SLEEP_MIN, SLEEP_MAX), woken).await;
    }
    Ok(())
}
