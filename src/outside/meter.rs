//! Counts of what was done since the program started, for `/metrics`; nothing decides by them but
//! health, by the press's failures in a row.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measured {
    /// A sending to a provider: its name, and what came of it.
    Submission,
    /// A look-up at a provider: its name, and what came of it.
    LookUp,
    /// A drawing by the press.
    Drawing,
    /// A webhook of a shop.
    Webhook,
    /// A step of the flow: its name, and what came of it.
    Step,
}

/// How often something happened, and how long it took in all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Count {
    /// How often.
    pub times: u64,
    /// How long in all.
    pub took: Duration,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Meter {
    counts: Mutex<BTreeMap<(Measured, String, &'static str), Count>>,
    press_failures: AtomicU32,
}

impl Meter {
    /// Counts one: whose it was, what came of it, how long it took.
    pub fn count(&self, what: Measured, whose: &str, outcome: &'static str, took: Duration) {
        let mut counts = self.counts.lock().expect("no holder of this lock panics");
        let count = counts.entry((what, whose.to_owned(), outcome)).or_default();
        count.times += 1;
        count.took += took;
    }

    /// Every count of one kind: whose, what came of it, and the count.
    pub fn all(&self, what: Measured) -> Vec<(String, &'static str, Count)> {
        let counts = self.counts.lock().expect("no holder of this lock panics");
        let of_kind = counts.iter().filter(|((kind, _, _), _)| *kind == what);
        of_kind.map(|((_, whose, outcome), count)| (whose.clone(), *outcome, *count)).collect()
    }

    /// A render child answered.
    pub fn press_answered(&self) {
        self.press_failures.store(0, Ordering::Relaxed);
    }

    /// A render child died.
    pub fn press_died(&self) {
        self.press_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Render children that died since one last answered.
    pub fn press_failures(&self) -> u32 {
        self.press_failures.load(Ordering::Relaxed)
    }
}
