//! Hostile photos, drawings and texts against the real press: it outlives each of them, nothing gets
//! out, and whoever gave it is told. `scripts/hostile` runs more of them, and the heavy ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::hostile::run::{Ended, Watch, press, run};
use crate::hostile::{Case, What, cases};

const EXE: &str = env!("CARGO_BIN_EXE_woodblock");
const SEED: u64 = 11;
const BY_CHANCE: usize = 24;

/// Runs all, two at a time, and says which did not end well.
async fn run_all(exe: &Path, cases: Vec<Case>) -> (BTreeMap<Ended, usize>, Vec<String>) {
    let press = Arc::new(press(exe, Duration::from_secs(20)));
    let cases = Arc::new(cases);
    let halves = (0..2).map(|half| {
        let (press, cases) = (Arc::clone(&press), Arc::clone(&cases));
        tokio::spawn(async move {
            let mut ended = Vec::new();
            for case in cases.iter().skip(half).step_by(2) {
                ended.push((case.name.clone(), run(&press, case).await));
            }
            ended
        })
    });
    let halves: Vec<_> = halves.collect();
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for half in halves {
        for (name, ended) in half.await.unwrap() {
            match ended {
                Ok(Ended::Died(why)) => wrong.push(format!("{name}: its child died of {why}")),
                Ok(ended) => *counts.entry(ended).or_default() += 1,
                Err(why) => wrong.push(format!("{name}: {why}")),
            }
        }
    }
    (counts, wrong)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hostile_file_ends_well_and_nothing_gets_out() {
    let watch = Watch::begin();
    let mut cases = cases(SEED, BY_CHANCE, &watch.bait);
    cases.retain(|case| !case.is_heavy);
    let count = cases.len();
    assert!(150 <= count, "{count}");
    let (ended, wrong) = run_all(Path::new(EXE), cases).await;
    println!("seed {SEED}: {count} cases, {ended:?}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(watch.touched(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reaches_outside_gets_nowhere_as_an_ordinary_user_either() {
    let watch = Watch::begin();
    let Some(exe) = watch.as_ordinary_user(Path::new(EXE)) else {
        eprintln!("skipped: this run is of an ordinary user already");
        return;
    };
    let mut cases = cases(SEED, 0, &watch.bait);
    let mark = format!(":{}", watch.bait.port);
    cases.retain(|case| match &case.what {
        What::Drawing(text) => text.contains(&mark) || text.contains(&watch.bait.file),
        What::Photo(_) | What::Text(_) => false,
    });
    assert!(20 <= cases.len());
    let (_, wrong) = run_all(&exe, cases).await;
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(watch.touched(), Vec::<String>::new());
}

/// A design that would take all memory ends its child alone, and the shop is told so.
#[tokio::test]
async fn a_design_that_bursts_is_refused_with_words() {
    let watch = Watch::begin();
    let cases = cases(SEED, 0, &watch.bait);
    let press = press(Path::new(EXE), Duration::from_secs(2));
    for name in ["drawing of patterns in patterns", "drawing of masks in masks"] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        assert_eq!(run(&press, case).await, Ok(Ended::Told), "{name}");
    }
}
