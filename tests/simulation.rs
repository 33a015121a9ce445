//! A slice of the simulations that `scripts/simulate` runs by the thousand.

use crate::simulator::{Plan, life};

#[tokio::test]
async fn days_under_random_trouble_keep_every_invariant() {
    for seed in 1..=3 {
        let outcome = life::run(Plan { seed, days: 2, orders_per_day: 25 }).await;
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
        assert!(0 < outcome.submissions && !outcome.fired.is_empty(), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_trace() {
    let plan = Plan { seed: 11, days: 1, orders_per_day: 20 };
    let (first, second) = (life::run(plan).await, life::run(plan).await);
    assert_eq!(first.trace, second.trace);
    let other = life::run(Plan { seed: 12, ..plan }).await;
    assert_ne!(first.trace, other.trace);
}
