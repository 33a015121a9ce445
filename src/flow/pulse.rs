//! Signs of life: when each worker last did something, and what it is doing now.
//!
//! It stands in memory alone: after a restart there are other workers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::model::health::WorkerVitals;
use crate::model::job::Job;
use crate::model::time::Moment;
use crate::outside::meter::Meter;

use super::worker::Unwritten;

/// Signs of life of every worker, and the counts of what was done.
#[derive(Default)]
pub struct Pulse {
    /// Counts of what was done.
    pub meter: Arc<Meter>,
    /// What became of jobs and could not be written down yet.
    pub(super) unwritten: Mutex<Vec<Unwritten>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    started_at: Option<Moment>,
    workers: BTreeMap<String, WorkerVitals>,
}

impl Pulse {
    /// The workers start now.
    pub fn start(&self, now: Moment) {
        self.lock().started_at = Some(now);
    }

    /// When the workers started.
    pub fn started_at(&self) -> Option<Moment> {
        self.lock().started_at
    }

    /// A worker looks for work.
    pub fn looks(&self, worker: &str, now: Moment) {
        self.set(WorkerVitals { name: worker.to_owned(), beat_at: now, doing: None });
    }

    /// A worker begins a job that it must have done by `until`.
    pub fn begins(&self, worker: &str, job: &Job, now: Moment, until: Moment) {
        let doing = Some((format!("{} {}", job.step, job.key), until));
        self.set(WorkerVitals { name: worker.to_owned(), beat_at: now, doing });
    }

    /// A worker ends, because the program does.
    pub fn ends(&self, worker: &str) {
        self.lock().workers.remove(worker);
    }

    /// Every worker.
    pub fn workers(&self) -> Vec<WorkerVitals> {
        self.lock().workers.values().cloned().collect()
    }

    fn set(&self, vitals: WorkerVitals) {
        self.lock().workers.insert(vitals.name.clone(), vitals);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}
