//! `woodblock render-worker`: a render child, started by the press and by nobody else.

use std::process::ExitCode;

use crate::outside::press::worker::{self, Start, Task};
use crate::outside::press::{Allowance, Confinement};

/// How the press starts a child.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address space in bytes.
    #[arg(long, default_value_t = 1536 << 20)]
    memory_bytes: u64,
    /// Processor time in seconds.
    #[arg(long, default_value_t = 60)]
    cpu_s: u64,
    /// Try the ways out instead of drawing.
    #[arg(long)]
    probe: bool,
    /// Check a design instead of drawing it.
    #[arg(long, conflicts_with = "probe")]
    check: bool,
    /// Draw previews of one design, one for each message, until no more come.
    #[arg(long, conflicts_with_all = ["probe", "check"])]
    warm: bool,
    /// Draw even where seccomp is missing.
    #[arg(long)]
    unconfined: bool,
}

/// Reads the job from standard input and writes the answer to standard output.
pub fn run(args: &Args) -> ExitCode {
    let start = Start {
        allowance: Allowance { memory_bytes: args.memory_bytes, cpu_s: args.cpu_s },
        confinement: match args.unconfined {
            true => Confinement::Unconfined,
            false => Confinement::Required,
        },
        task: match (args.probe, args.check) {
            (true, _) => Task::Probe,
            (false, true) => Task::Check,
            (false, false) => Task::Draw,
        },
    };
    let lived = match args.warm {
        true => worker::run_warm(start, std::io::stdin(), std::io::stdout()),
        false => worker::run(start, std::io::stdin().lock(), std::io::stdout().lock()),
    };
    match lived {
        Ok(()) => ExitCode::SUCCESS,
        // The reason is on standard error, which the parent reads.
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
