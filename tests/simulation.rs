//! A slice of the simulations that `scripts/simulate` runs by the thousand.

use crate::simulator::{Outcome, Plan, life};

#[tokio::test]
async fn days_under_random_trouble_keep_every_invariant() {
    let mut total = Outcome::default();
    for seed in 1..=3 {
        let outcome = life::run(Plan { seed, days: 2, orders_per_day: 25 }).await;
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
        assert!(0 < outcome.submissions && !outcome.fired.is_empty(), "{outcome:?}");
        total.add(outcome);
    }
    // Not only those outside fail: the program's own disk and clock do as well.
    for kind in ["Disk: commit", "Disk: file", "disk failed", "Clock: ", "crash"] {
        assert!(
            total.fired.keys().any(|word| word.starts_with(kind)),
            "{kind}: {:#?}",
            total.fired
        );
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

#[derive(serde::Deserialize)]
struct Mutations {
    mutation: Vec<Mutation>,
}

#[derive(serde::Deserialize)]
struct Mutation {
    name: String,
    breaks: String,
    file: String,
    from: String,
    to: String,
}

/// The deliberate bugs of `scripts/mutate` can still be put in where they belong.
#[test]
fn each_mutation_has_its_place() {
    let text = std::fs::read_to_string("tests/mutations.toml").unwrap();
    let list: Mutations = toml::from_str(&text).unwrap();
    assert!(15 <= list.mutation.len());
    for one in list.mutation {
        let file = std::fs::read_to_string(&one.file).unwrap();
        assert_eq!(file.matches(&one.from).count(), 1, "{} in {}", one.name, one.file);
        assert!(one.from != one.to && !one.breaks.is_empty(), "{}", one.name);
    }
}
