//! `woodblock design`: begin a design, and check one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;

use super::admin::Call;
use super::command::{answer, ask, say, who};
use super::output::write_whole;
use super::own_program;
use crate::model::design::Design;
use crate::outside::design_folder::{self, Fault, Sample, samples};
use crate::outside::press::{ChildPress, Limits};

/// What to do with a design.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a folder with a sample design to begin with.
    New {
        /// The folder; it must not exist yet.
        folder: PathBuf,
        /// Which sample; `--sample list` names them.
        #[arg(long, default_value = "mug-name-photo")]
        sample: String,
    },
    /// Add a design, or a new version of it; orders keep the version they were placed with.
    Add {
        /// The folder with design.toml.
        folder: PathBuf,
    },
    /// List the designs that are here.
    List,
    /// Say what the version in use changes: for the design's test set, and for orders that wait with an
    /// older one.
    Update {
        /// Name of the design.
        name: String,
        /// Draw every waiting order anew with the version in use.
        #[arg(long)]
        take: bool,
    },
    /// List everything that is wrong with a design.
    Check {
        /// The folder with design.toml.
        folder: PathBuf,
    },
}

/// Does it.
pub fn run(args: &Args, config: &Path) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Add { folder } => add(folder, config),
        Command::List => match ask(Call::DesignList, config)? {
            Ok(text) => Ok(say(&text)),
            Err(why) => bail!(why),
        },
        Command::New { sample, .. } if sample == "list" => {
            print(&sample_list());
            Ok(ExitCode::SUCCESS)
        }
        Command::New { folder, sample } => new(folder, sample),
        Command::Update { name, take } => {
            let call = Call::DesignUpdate { name: name.clone(), take: *take, by: who() };
            answer(call, config)
        }
        Command::Check { folder } => check(folder),
    }
}

fn add(folder: &Path, config: &Path) -> anyhow::Result<ExitCode> {
    use base64::Engine as _;
    // Its drawings are looked at where it is added: the fonts that they name may be there.
    let design = match design_folder::open(folder) {
        Ok(design) => design,
        Err(faults) => {
            let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
            bail!("{} was not added:\n{}", folder.display(), words.join("\n"));
        }
    };
    let engine = base64::engine::general_purpose::STANDARD;
    let files =
        design.files.iter().map(|(path, bytes)| (path.clone(), engine.encode(bytes))).collect();
    match ask(Call::DesignAdd { name: design.name.clone(), files }, config)? {
        Ok(text) => Ok(say(&text)),
        Err(why) => bail!(why),
    }
}

fn new(folder: &Path, name: &str) -> anyhow::Result<ExitCode> {
    let all = samples();
    let sample = all.iter().find(|sample| sample.name == name);
    let sample = sample
        .with_context(|| format!("there is no sample “{name}”; there are:\n{}", sample_list()))?;
    if folder.exists() {
        bail!("{} is there already; give the name of a new folder", folder.display());
    }
    for (path, bytes) in sample.files {
        let target = folder.join(path);
        let parent = target.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .with_context(|| format!("{} could not be made", parent.display()))?;
        write_whole(&target, bytes)?;
    }
    print(&format!(
        "{} holds the sample {name}: open its SVG in any drawing program, then run\n  woodblock design check {}",
        folder.display(),
        folder.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn sample_list() -> String {
    let line = |sample: &Sample| format!("  {:<16} {}", sample.name, sample.about);
    samples().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn check(folder: &Path) -> anyhow::Result<ExitCode> {
    match super::render::open(folder, &press()?)? {
        Ok(design) => {
            let problems = super::render::try_out(&design, &press()?)?;
            if !problems.is_empty() {
                print(&super::render::problem_list(&problems));
                return Ok(ExitCode::FAILURE);
            }
            print(&summary(&design));
            print("✓ drawn with example values");
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            print(&fault_list(&faults));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The press of a command: children of this very program.
pub(super) fn press() -> anyhow::Result<ChildPress> {
    Ok(ChildPress::new(own_program()?, Limits::default()))
}

/// Faults as people read them: what, where, cure.
pub(super) fn fault_list(faults: &[Fault]) -> String {
    let mut text = String::new();
    for fault in faults {
        text.push_str(&format!("✗ {}: {}\n  {}\n", fault.place, fault.what, fault.cure));
    }
    match faults.len() {
        1 => text.push_str("1 fault."),
        count => text.push_str(&format!("{count} faults.")),
    }
    text
}

fn summary(design: &Design) -> String {
    let mut lines = vec![format!("✓ {} ({})", design.title, design.name)];
    for area in &design.areas {
        let canvas = area.canvas();
        lines.push(format!(
            "  area  {:<10} {} × {} px at {} dpi, {}",
            area.key,
            canvas.width_px,
            canvas.height_px,
            area.dpi,
            area.format.extension()
        ));
    }
    for field in &design.fields {
        lines.push(format!("  field {:<10} {}", field.key, field.label));
    }
    lines.join("\n")
}

/// Commands speak on standard output; everything else logs.
#[allow(clippy::print_stdout)]
pub(super) fn print(text: &str) {
    println!("{text}");
}
