//! Hostile files by the thousand against the real press: `scripts/hostile --count 1000 --seed 1`.
//!
//! Prints what came of them, which did not end well, and how the memory of this process went. Ends
//! with an error if anything got out, anything ended badly, or the memory grew.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/hostile/mod.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use hostile::run::{Ended, Watch, press, run};

/// How much the memory may grow from the second quarter to the last, in percent.
const GROWTH_MAX: f64 = 5.0;
/// Longest that one case may take before it counts as a failed attempt.
const WALL_TIME: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, usual: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(usual)
    };
    let (count, seed) = (number("--count", 500) as usize, number("--seed", 1));
    let watch = Watch::begin();
    let exe = program();
    let press = press(&exe, WALL_TIME);
    let written = hostile::cases(seed, 0, &watch.bait).len();
    let cases = hostile::cases(seed, count.saturating_sub(written), &watch.bait);
    println!("seed {seed}: {} cases, {written} of them written down", cases.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut memory, mut bad) = (Vec::new(), 0);
    // Mixed, so that no quarter has all that is large.
    let step = (0..).map(|idx| 7919 + 2 * idx).find(|step| !cases.len().is_multiple_of(*step));
    for idx in 0..cases.len() {
        let case = &cases[idx * step.unwrap() % cases.len()];
        let word = match run(&press, case).await {
            Ok(Ended::Drawn) => "drawn",
            Ok(Ended::Told) => "told what is wrong",
            Ok(Ended::Died(why)) => {
                println!("  {}: a failed attempt: {why}", case.name);
                "a failed attempt"
            }
            Err(why) => {
                println!("  {}: {why}", case.name);
                bad += 1;
                "ended badly"
            }
        };
        *counts.entry(word).or_default() += 1;
        memory.push(resident_bytes());
    }
    for (word, count) in &counts {
        println!("{count:6} {word}");
    }
    let touched = watch.touched();
    for one in &touched {
        println!("something got out: {one}");
    }
    let growth = growth(&memory);
    println!(
        "memory of this process: {:.1} MB in the second quarter, {:.1} MB in the last ({growth:+.2} %)",
        mean(&memory[memory.len() / 4..memory.len() / 2]) / 1e6,
        mean(&memory[memory.len() * 3 / 4..]) / 1e6,
    );
    match bad == 0 && touched.is_empty() && growth <= GROWTH_MAX {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The program itself stands beside the folder of the examples.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.parent().and_then(|folder| folder.parent()).unwrap().join("woodblock")
}

fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096.0
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len().max(1) as f64
}

fn growth(memory: &[f64]) -> f64 {
    let early = mean(&memory[memory.len() / 4..memory.len() / 2]);
    (mean(&memory[memory.len() * 3 / 4..]) / early - 1.0) * 100.0
}
