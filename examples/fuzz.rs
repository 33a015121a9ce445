//! Fuzzing by mutation: `scripts/fuzz --seconds 60 --seed 1`, each target for its share of the time.
//!
//! Prints executions and findings, each with its seed; ends with an error if anything was found.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/fuzz/mod.rs"]
mod fuzz;
#[path = "../tests/hostile/mod.rs"]
mod hostile;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fuzz::{Range, TARGETS};

/// Inputs between two looks at the clock.
const BATCH: u64 = 50;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, usual: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(usual)
    };
    let (seconds, seed) = (number("--seconds", 60), number("--seed", 1));
    let share = Duration::from_secs(seconds) / u32::try_from(TARGETS.len()).unwrap();
    let range = Range::new();
    let (mut executions, mut findings) = (0, 0);
    for target in TARGETS {
        let began = Instant::now();
        let (mut count, mut batch_seed, mut kinds) = (0, seed << 32, Vec::<String>::new());
        while began.elapsed() < share {
            let found = range.fuzz(target, batch_seed, BATCH);
            count += found.executions;
            for (said, input) in found.findings {
                findings += 1;
                if !kinds.contains(&said) {
                    let shown: String = String::from_utf8_lossy(&input).chars().take(300).collect();
                    println!("  {target}, seed {batch_seed}: {said}\n    {shown:?}");
                    kinds.push(said);
                }
            }
            batch_seed += 1;
        }
        println!("{target:15} {count:9} executions, {} kinds of findings", kinds.len());
        executions += count;
    }
    println!("seed {seed}: {executions} executions, {findings} findings");
    match findings {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
