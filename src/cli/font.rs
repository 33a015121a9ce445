//! `woodblock font`: fonts that every design may use.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use clap::Subcommand;

use super::admin::Call;
use super::command::{answer, ask, say, who};
use super::design::print;
use crate::outside::design_folder::font;

/// What to do with fonts.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add fonts for every design; a design that is added later and names one keeps it in its version.
    Add {
        /// Files that end with .ttf, .otf or .ttc.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List the fonts that are here, and the designs that have them.
    List,
    /// Say what font files are: their families, style and scripts, and whether they may be embedded.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Remove a font; designs that have it keep it.
    Remove {
        /// The name of its file, as `list` shows it.
        file: String,
    },
}

/// Does it.
pub fn run(args: &Args, config: &Path) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Add { files } => add(files, config),
        Command::List => answer(Call::FontList, config),
        Command::Check { files } => check(files),
        Command::Remove { file } => {
            answer(Call::FontRemove { file: file.clone(), by: who() }, config)
        }
    }
}

fn add(files: &[PathBuf], config: &Path) -> anyhow::Result<ExitCode> {
    let mut is_whole = true;
    for path in files {
        let bytes = read(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = base64::engine::general_purpose::STANDARD.encode(bytes);
        match ask(Call::FontAdd { file, bytes, by: who() }, config)? {
            Ok(text) => drop(say(&text)),
            Err(why) => {
                is_whole = false;
                print(&format!("✗ {}: {why}", path.display()));
            }
        }
    }
    if !is_whole {
        bail!("not every font was added");
    }
    Ok(ExitCode::SUCCESS)
}

fn check(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut is_right = true;
    for path in files {
        match font::read(&read(path)?) {
            Ok(facts) => {
                print(&format!("✓ {}", path.display()));
                print(&format!("  named      {}", facts.families.join(", ")));
                print(&format!("  style      {}", facts.style));
                print(&format!("  characters {}", facts.characters));
                print(&format!("  scripts    {}", facts.scripts.join(", ")));
                if !facts.may_embed {
                    print(
                        "! its maker forbids to embed it in documents: ask before prints are sold",
                    );
                }
            }
            Err(why) => {
                is_right = false;
                print(&format!("✗ {}: {why}", path.display()));
            }
        }
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
