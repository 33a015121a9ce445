//! The command line: one file per subcommand.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::flow::operate::Stopped;

pub mod admin;
pub mod audit;
pub mod backup;
pub mod command;
pub mod demo;
pub mod design;
pub mod doctor;
pub mod explain_text;
pub mod font;
pub mod order_text;
pub mod output;
pub mod provider;
pub mod render;
pub mod render_worker;
pub mod serve;
pub mod setup;

/// Where the settings are looked for; nobody needs them.
const USUAL_CONFIG: &str = "/etc/woodblock/config.toml";

/// Makes personalised WooCommerce orders print themselves.
#[derive(Debug, Parser)]
#[command(name = "woodblock", version, arg_required_else_help = true)]
pub struct Cli {
    /// Settings of the installation. Without the file everything is set in the pages.
    #[arg(long, global = true, default_value = USUAL_CONFIG)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run: pages, hooks, files and everything that happens by itself.
    Serve,
    /// See everything at work: a simulated shop, simulated providers, no charges.
    Demo(demo::Args),
    /// Read the settings and say what is wrong with them.
    CheckConfig,
    /// Look at everything that can be wrong here, each with its cure.
    Doctor(doctor::Args),
    /// People who may log in to the pages.
    #[command(subcommand)]
    User(command::User),
    /// The product map: what of the shop is made how and where.
    #[command(subcommand)]
    Product(command::Product),
    /// Shops: how the connection stands, and the secret of the webhooks.
    #[command(subcommand)]
    Shop(command::Shop),
    /// Print providers: what they sell, how they send, where they report.
    #[command(subcommand)]
    Provider(provider::Provider),
    /// Orders: look at them and act on them.
    #[command(subcommand)]
    Order(command::Order),
    /// Look whether every order keeps its invariants: printed once, never stranded, the right bytes.
    Audit(audit::Args),
    /// Copy the database and its files, while everything goes on.
    Backup(backup::Args),
    /// Put a backup into an empty state folder.
    Restore(backup::RestoreArgs),
    /// Restore what was submitted into an empty database, from the shops' own books and the providers.
    Rebuild {
        /// Days to go back.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// Stop every submission.
    Stop,
    /// Let submissions go on.
    Resume,
    /// Let go on what a limit holds back, until the limit's hour or day ends.
    ResumeLimits,
    /// Make, check and add designs.
    Design(design::Args),
    /// Fonts that every design may use.
    Font(font::Args),
    /// Draw a design with values, into files.
    Render(render::Args),
    /// A render child; started by woodblock itself.
    #[command(hide = true)]
    RenderWorker(render_worker::Args),
}

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::RenderWorker(args) => return render_worker::run(&args),
        Command::Design(args) => design::run(&args, &cli.config),
        Command::Font(args) => font::run(&args, &cli.config),
        Command::Render(args) => render::run(&args),
        Command::Serve => load(&cli.config).and_then(|config| wait(serve::run(config))),
        Command::Demo(args) => wait(demo::run(&args)),
        Command::CheckConfig => check_config(&cli.config),
        Command::Doctor(args) => wait(doctor::run(&args, &cli.config)),
        Command::User(what) => command::user(what, &cli.config),
        Command::Product(what) => command::product(what, &cli.config),
        Command::Shop(what) => command::shop(what, &cli.config),
        Command::Provider(what) => provider::run(what, &cli.config),
        Command::Order(what) => command::order(what, &cli.config),
        Command::Audit(args) => audit::run(&args, &cli.config),
        Command::Backup(args) => backup::run(&args, &cli.config),
        Command::Restore(args) => backup::restore(&args, &cli.config),
        Command::Rebuild { days } => command::rebuild(days, &cli.config),
        Command::Stop => command::set_stopped(Stopped::Yes, &cli.config),
        Command::Resume => command::set_stopped(Stopped::No, &cli.config),
        Command::ResumeLimits => command::resume_limits(&cli.config),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("woodblock: {error:#}"));
            match error.is::<serve::DiskFailed>() {
                true => ExitCode::from(serve::DiskFailed::CODE),
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// Everything that is wrong with the settings, and with who may read them.
fn check_config(path: &Path) -> anyhow::Result<ExitCode> {
    use std::os::unix::fs::PermissionsExt;
    let config = load(path)?;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if config.holds_secrets() && mode & 0o077 != 0 {
        let shown = path.display();
        anyhow::bail!("{shown} holds secrets and may be read by others; run chmod 600 on it");
    }
    Ok(command::say("the settings are right"))
}

fn load(path: &Path) -> anyhow::Result<Config> {
    let is_there = path.exists() || path != Path::new(USUAL_CONFIG);
    let config = if is_there { Config::load(path) } else { Config::without_file() };
    config.map_err(anyhow::Error::from)
}

/// Runs what has to wait for others, with logs on standard error.
fn wait(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("woodblock=info")),
        )
        .with_writer(std::io::stderr)
        .init();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no runtime can be made")?
        .block_on(work)
}

#[expect(clippy::print_stderr, reason = "an error is for the person at the terminal")]
fn complain(text: &str) {
    eprintln!("{text}");
}

/// This very program, to be started again as a render child.
fn own_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe()
        .map_err(|error| anyhow::anyhow!("the program cannot find itself: {error}"))
}
