//! A slice of each proof that a script of `scripts/` runs in full.

use std::path::Path;
use std::time::Duration;

use crate::proofs::power_loss::Disk;
use crate::proofs::{kill_loop, load, marked, submissions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_woodblock");

#[tokio::test]
async fn unclear_answers_double_nothing_and_settle_alone() {
    for seed in [1, 2] {
        let figures = submissions::run(seed, 100).await;
        assert!(figures.doubled.is_empty() && figures.wrong.is_empty(), "{figures:#?}");
        assert!(0 < figures.unclear && figures.for_person == 0, "{figures:#?}");
    }
}

#[tokio::test]
async fn every_piece_gets_the_print_that_was_ordered_for_it() {
    let figures = marked::run(5, 12).await;
    assert!(figures.wrong.is_empty(), "{figures:#?}");
    assert!(figures.right == 12 && 20 < figures.prints, "{figures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_nothing_is_lost_or_doubled() {
    let (life_max, apart) = (Duration::from_millis(800), Duration::from_millis(400));
    let plan = kill_loop::Plan { seed: 3, kills: 6, life_max, apart };
    let figures = kill_loop::run(plan, Path::new(PROGRAM)).await;
    assert!(figures.wrong.is_empty(), "{figures:#?}");
    assert!(0 < figures.acknowledged && figures.accepted == figures.orders, "{figures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_webhook_of_a_steady_load_is_kept() {
    let plan = load::Plan { seed: 4, rate: 50, seconds: 2, orders: 4 };
    let figures = load::run(plan, Path::new(PROGRAM)).await;
    assert!(figures.wrong.is_empty() && figures.acknowledged == figures.sent, "{figures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let (life_max, apart) = (Duration::from_millis(800), Duration::from_millis(300));
    let plan = kill_loop::Plan { seed: 6, kills: 6, life_max, apart };
    match kill_loop::run_power(plan, Disk::Honest, Path::new(PROGRAM)).await {
        Some((figures, _)) => assert!(figures.wrong.is_empty(), "{figures:#?}"),
        None => println!("SKIPPED: there is no C compiler"),
    }
}
