//! The command line: one file per subcommand.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod admin;
pub mod design;
pub mod order_text;
pub mod output;
pub mod product_csv;
pub mod render;
pub mod render_worker;

/// Makes personalised WooCommerce orders print themselves.
#[derive(Debug, Parser)]
#[command(name = "woodblock", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make and check designs.
    Design(design::Args),
    /// Draw a design with values, into files.
    Render(render::Args),
    /// A render child; started by woodblock itself.
    #[command(hide = true)]
    RenderWorker(render_worker::Args),
}

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::RenderWorker(args) => return render_worker::run(&args),
        Command::Design(args) => design::run(&args),
        Command::Render(args) => render::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("woodblock: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// This very program, to be started again as a render child.
fn own_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe()
        .map_err(|error| anyhow::anyhow!("the program cannot find itself: {error}"))
}
