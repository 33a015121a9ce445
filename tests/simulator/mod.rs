//! Whole days of a shop under random faults, crashes, operators and customers, from one seed.
//!
//! `life` lives the days, `trouble` makes the faults and the people, `check` holds the invariants
//! after each job. The same seed gives the same trace. Run many with `scripts/simulate`.

pub mod check;
pub mod correction;
pub mod disk;
pub mod haste;
pub mod life;
pub mod partly_shipped;
pub mod providers;
pub mod trouble;

use std::collections::BTreeMap;

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where every random number comes from.
    pub seed: u64,
    /// Days with customers; some more follow in which everything comes to rest.
    pub days: u32,
    /// Orders on each of them.
    pub orders_per_day: u32,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Broken invariants, each with its moment; the run ends with the first.
    pub violations: Vec<String>,
    /// The order of the first that is about one.
    pub suspect: Option<woodblock::model::id::OrderId>,
    /// The history of the order of the first that is about one.
    pub story: Vec<String>,
    /// One hash over everything that happened, in the world and in the histories.
    pub trace: String,
    /// Orders that were bought.
    pub orders: u64,
    /// Orders that a provider accepted.
    pub submissions: u64,
    /// Jobs that ran.
    pub jobs: u64,
    /// Faults that fired, with how often.
    pub fired: BTreeMap<String, u64>,
    /// What people did, with how often it was possible.
    pub acts: BTreeMap<String, u64>,
    /// Moves of the machines, with how often they were taken.
    pub edges: BTreeMap<String, u64>,
    /// How the orders ended.
    pub ends: BTreeMap<String, u64>,
}

impl Outcome {
    /// Adds what came of another run; the traces are hashed on.
    pub fn add(&mut self, other: Outcome) {
        let both = format!("{}{}", self.trace, other.trace);
        self.trace = woodblock::model::id::Hash::of(both.as_bytes()).to_string();
        self.violations.extend(other.violations);
        self.orders += other.orders;
        self.submissions += other.submissions;
        self.jobs += other.jobs;
        for (mine, theirs) in [
            (&mut self.fired, other.fired),
            (&mut self.acts, other.acts),
            (&mut self.edges, other.edges),
            (&mut self.ends, other.ends),
        ] {
            for (word, count) in theirs {
                *mine.entry(word).or_default() += count;
            }
        }
    }
}
