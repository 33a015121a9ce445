//! Proofs with figures, each behind a script of its own name: `scripts/submissions`,
//! `scripts/kill-loop`, `scripts/fail-points`, `scripts/power-loss`, `scripts/load`, `scripts/soak`,
//! `scripts/marked`.
//!
//! Prints seed and figures, and ends with an error if anything happened that must never happen.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/proofs/mod.rs"]
mod proofs;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use proofs::power_loss::Disk;
use proofs::{fail_points, kill_loop, load, marked, submissions};

/// The words after the proof's name.
struct Arguments(Vec<String>);

impl Arguments {
    fn number(&self, name: &str, usual: u64) -> u64 {
        let at = self.0.iter().position(|argument| argument == name);
        at.and_then(|at| self.0.get(at + 1)?.parse().ok()).unwrap_or(usual)
    }
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    assert!(!arguments.is_empty(), "which proof?");
    let proof = arguments.remove(0);
    let arguments = Arguments(arguments);
    let is_proven = match proof.as_str() {
        "submissions" => submissions(&arguments),
        "kill-loop" => kill_loop(&arguments),
        "fail-points" => fail_points(&arguments),
        "power-loss" => power_loss(&arguments),
        "load" => load(&arguments),
        "soak" => soak(&arguments),
        "marked" => marked(&arguments),
        other => panic!("there is no proof {other}"),
    };
    if is_proven { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn marked(arguments: &Arguments) -> bool {
    let (count, seed) = (arguments.number("--count", 5_000), arguments.number("--seed", 1));
    let threads = arguments.number("--threads", 2);
    let worlds = count.div_ceil(marked::ORDERS_EACH);
    println!("{worlds} worlds of {} orders, seeds from {seed}", marked::ORDERS_EACH);
    let workers = (0..threads).map(|thread| {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap();
            let mut total = marked::Figures::default();
            for world in (thread..worlds).step_by(usize::try_from(threads).unwrap()) {
                total.add(runtime.block_on(marked::run(seed + world, marked::ORDERS_EACH)));
                println!("after the world of seed {}: {}", seed + world, total.in_words());
            }
            total
        })
    });
    let mut total = marked::Figures::default();
    for worker in workers.collect::<Vec<_>>() {
        total.add(worker.join().unwrap());
    }
    for wrong in &total.wrong {
        println!("{wrong}");
    }
    println!("marked, seed {seed}: {}", total.in_words());
    total.wrong.is_empty() && total.right == total.orders
}

fn submissions(arguments: &Arguments) -> bool {
    let (count, seed) = (arguments.number("--count", 1_000), arguments.number("--seed", 1));
    let threads = arguments.number("--threads", 2);
    let worlds = count.div_ceil(submissions::ORDERS_EACH);
    println!("{worlds} worlds of {} orders, seeds from {seed}", submissions::ORDERS_EACH);
    let workers = (0..threads).map(|thread| {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.unwrap();
            let mut total = submissions::Figures::default();
            for world in (thread..worlds).step_by(usize::try_from(threads).unwrap()) {
                total.add(
                    runtime.block_on(submissions::run(seed + world, submissions::ORDERS_EACH)),
                );
                println!("after the world of seed {}: {}", seed + world, total.in_words());
            }
            total
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut total = submissions::Figures::default();
    workers.into_iter().for_each(|worker| total.add(worker.join().unwrap()));
    total.doubled.iter().chain(&total.wrong).for_each(|words| println!("{words}"));
    println!("submissions, seed {seed}: {}", total.in_words());
    total.doubled.is_empty() && total.wrong.is_empty() && 999.0 <= total.settled_permille()
}

/// The program beside this one: `target/…/woodblock` for `target/…/examples/prove`.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("woodblock")
}

fn on_two_threads<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(work)
}

fn kill_loop(arguments: &Arguments) -> bool {
    let plan = kill_loop::Plan {
        seed: arguments.number("--seed", 1),
        kills: u32::try_from(arguments.number("--kills", 100)).unwrap(),
        life_max: Duration::from_millis(arguments.number("--life-ms", 700)),
        apart: Duration::from_millis(arguments.number("--apart-ms", 200)),
    };
    println!("{plan:?}");
    let figures = on_two_threads(kill_loop::run(plan, &program()));
    figures.wrong.iter().for_each(|words| println!("{words}"));
    println!("kill-loop, seed {}: {}", plan.seed, figures.in_words());
    figures.wrong.is_empty()
}

fn fail_points(arguments: &Arguments) -> bool {
    let words = arguments.0.iter().position(|argument| argument == "--only");
    let only = words.and_then(|at| arguments.0.get(at + 1)).cloned().unwrap_or_default();
    let seed = arguments.number("--seed", 1);
    let program = program().with_file_name("woodblock-failpoints");
    let (rows, figures) = on_two_threads(fail_points::run(seed, &only, &program));
    let (passed, ended): (Vec<_>, Vec<_>) = (
        rows.iter().filter(|row| row.was_reached).collect(),
        rows.iter().filter(|row| row.has_ended).collect(),
    );
    let by_person: usize = rows.iter().map(|row| row.by_person).sum();
    let wrong = figures.wrong.len() + rows.iter().map(|row| row.wrong.len()).sum::<usize>();
    figures.wrong.iter().for_each(|words| println!("{words}"));
    println!(
        "fail-points, seed {seed}: {} mishaps, {} met, the program ended {} times, a person acted {by_person} times; {}; {wrong} wrong in all",
        rows.len(),
        passed.len(),
        ended.len(),
        figures.in_words(),
    );
    wrong == 0
}

fn power_loss(arguments: &Arguments) -> bool {
    let plan = kill_loop::Plan {
        seed: arguments.number("--seed", 1),
        kills: u32::try_from(arguments.number("--points", 100)).unwrap(),
        life_max: Duration::from_millis(arguments.number("--life-ms", 1_500)),
        apart: Duration::from_millis(arguments.number("--apart-ms", 200)),
    };
    println!("{plan:?}");
    let disk = match arguments.0.iter().any(|argument| argument == "--lying-disk") {
        true => Disk::Lying,
        false => Disk::Honest,
    };
    let Some((figures, lost)) = on_two_threads(kill_loop::run_power(plan, disk, &program())) else {
        println!("SKIPPED: there is no C compiler, or it cannot build tests/proofs/powerloss.c");
        return true;
    };
    figures.wrong.iter().for_each(|words| println!("{words}"));
    println!("power-loss, seed {}: {lost:?}, {}", plan.seed, figures.in_words());
    figures.wrong.is_empty()
}

/// The most memory that the program may hold.
const MEMORY_MAX_MIB: f64 = 256.0;

fn load(arguments: &Arguments) -> bool {
    let (rate, seconds) = (arguments.number("--rate", 200), arguments.number("--seconds", 60));
    measured("load", load_plan(arguments, rate, seconds))
}

fn soak(arguments: &Arguments) -> bool {
    let (rate, seconds) = (arguments.number("--rate", 5), 60 * arguments.number("--minutes", 60));
    measured("soak", load_plan(arguments, rate, seconds))
}

fn load_plan(arguments: &Arguments, rate: u64, seconds: u64) -> load::Plan {
    load::Plan {
        seed: arguments.number("--seed", 1),
        rate: u32::try_from(rate).unwrap(),
        seconds: u32::try_from(seconds).unwrap(),
        orders: u32::try_from(arguments.number("--orders", seconds)).unwrap(),
    }
}

fn measured(name: &str, plan: load::Plan) -> bool {
    println!("{plan:?}");
    let figures = on_two_threads(load::run(plan, &program()));
    figures.wrong.iter().for_each(|words| println!("{words}"));
    println!("{name}, seed {}: {}", plan.seed, figures.in_words());
    let is_small = figures.most(|one| one.memory_mib) <= MEMORY_MAX_MIB;
    if !is_small {
        println!("more than {MEMORY_MAX_MIB} MiB of memory");
    }
    figures.wrong.is_empty() && figures.acknowledged == figures.sent && is_small
}
