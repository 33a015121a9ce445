//! Simulated shop-days by the thousand: `scripts/simulate --days 5000 --seed 1`.
//!
//! Prints each broken invariant with the seed that shows it, then which faults fired, what people
//! did and which moves the machines took, each with how often. Ends with an error if any was broken.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/simulator/mod.rs"]
mod simulator;

use std::process::ExitCode;

use simulator::{Outcome, Plan, life};

/// Days that one simulated shop lives; the next shop has the next seed.
const DAYS_EACH: u32 = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, usual: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(usual)
    };
    let (days, first_seed) = (number("--days", 100), number("--seed", 1));
    let orders_per_day = u32::try_from(number("--orders", 50)).unwrap();
    let threads = number("--threads", 2);
    // Ends with the first shop in which something is broken.
    let is_first_enough = arguments.iter().any(|argument| argument == "--first");
    let shops = days.div_ceil(u64::from(DAYS_EACH));
    println!(
        "{shops} shops of {DAYS_EACH} days, {orders_per_day} orders a day, seeds from {first_seed}"
    );
    let workers = (0..threads).map(|thread| {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap();
            (0..shops)
                .filter(|shop| shop % threads == thread)
                .map(|shop| {
                    let seed = first_seed + shop;
                    let plan = Plan { seed, days: DAYS_EACH, orders_per_day };
                    let outcome = runtime.block_on(life::run(plan));
                    for violation in outcome.violations.iter().take(5) {
                        println!("seed {seed}: {violation}");
                    }
                    if is_first_enough && !outcome.violations.is_empty() {
                        std::process::exit(1);
                    }
                    for line in &outcome.story {
                        println!("  {line}");
                    }
                    (shop, outcome)
                })
                .collect::<Vec<_>>()
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut all: Vec<(u64, Outcome)> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    all.sort_by_key(|(shop, _)| *shop);
    let mut total = Outcome::default();
    all.into_iter().for_each(|(_, outcome)| total.add(outcome));
    report(shops * u64::from(DAYS_EACH), &total);
    if total.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(days: u64, total: &Outcome) {
    println!(
        "{days} shop-days: {} orders, {} submissions, {} jobs, {} violations, trace {}",
        total.orders,
        total.submissions,
        total.jobs,
        total.violations.len(),
        &total.trace[..16.min(total.trace.len())]
    );
    for (title, table) in [
        ("faults that fired", &total.fired),
        ("what people did", &total.acts),
        ("moves that were taken", &total.edges),
        ("how orders ended", &total.ends),
    ] {
        println!("{title}:");
        for (word, count) in table {
            println!("  {count:>9}  {word}");
        }
    }
}
