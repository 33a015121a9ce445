//! `woodblock backup` and `woodblock restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::admin::{BackupPlace, Call};
use super::{command, load};
use crate::app::state_dir::StateDir;
use crate::config::Config;
use crate::flow::backup as flow_backup;
use crate::outside::backup_folder::{self, OldBackup};
use crate::outside::clock::{Clock as _, SystemClock};
use crate::outside::files::FolderFiles;

/// What is backed up, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder that backups go into, or the path of this one; `backups` in the state folder when not
    /// given.
    to: Option<PathBuf>,
    /// Remove older backups in that folder until so many are left.
    #[arg(long)]
    keep: Option<u32>,
    /// Put the settings, the secret files they name and the key in as well. Whoever has them can
    /// order prints in your name.
    #[arg(long)]
    with_secrets: bool,
}

/// What is restored.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup.
    from: PathBuf,
}

/// Makes a backup: by the running program, or here when none runs.
pub fn run(args: &Args, config_path: &Path) -> anyhow::Result<ExitCode> {
    let config = load(config_path)?;
    let place = place(args, &config)?;
    let secrets = match args.with_secrets {
        true => secrets(config_path, &config)?,
        false => Vec::new(),
    };
    let call = Call::Backup { place, keep: args.keep, secrets };
    let text = command::ask(call, config_path)?.map_err(anyhow::Error::msg)?;
    Ok(command::say(&text))
}

/// The running program works elsewhere, so that it is told whole paths.
fn place(args: &Args, config: &Config) -> anyhow::Result<BackupPlace> {
    let whole = |path: &Path| -> anyhow::Result<String> {
        let path =
            std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))?;
        path.to_str().map(str::to_owned).context("the path is no text")
    };
    match &args.to {
        None => Ok(BackupPlace::Into(whole(&config.server.state_dir.join("backups"))?)),
        Some(path) if path.is_dir() => Ok(BackupPlace::Into(whole(path)?)),
        Some(_) if args.keep.is_some() => {
            bail!("--keep is about a folder of backups: name one that is there")
        }
        Some(path) => Ok(BackupPlace::At(whole(path)?)),
    }
}

fn secrets(config_path: &Path, config: &Config) -> anyhow::Result<Vec<(String, String)>> {
    let key = config.server.state_dir.join("key");
    let mut files = Vec::new();
    // Without the file everything was set in the pages.
    if config_path.exists() {
        files.push((config_path.to_owned(), "config.toml".to_owned()));
    }
    if key.exists() {
        files.push((key, backup_folder::KEY.to_owned()));
    }
    for (place, path) in config.secret_files().into_iter().enumerate() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Two of them may have one name in two folders.
        files.push((path, format!("{}-{name}", place + 1)));
    }
    let mut secrets = Vec::new();
    for (path, name) in files {
        let bytes = std::fs::read(&path).with_context(|| format!("{}", path.display()))?;
        secrets.push((name, STANDARD.encode(bytes)));
    }
    Ok(secrets)
}

/// Puts a backup into an empty state folder.
pub fn restore(args: &RestoreArgs, config_path: &Path) -> anyhow::Result<ExitCode> {
    let config = load(config_path)?;
    let folder = &config.server.state_dir;
    let state = StateDir::lock(folder)?;
    if let Some(name) = in_the_way(folder)? {
        bail!(
            "{} is not empty: it holds {name}. A backup is restored into an empty folder only; \
             move the old one away",
            folder.display()
        );
    }
    let old = OldBackup::open(&args.from)?;
    let files = FolderFiles::open(state.files())?;
    let restored = flow_backup::restore(&old, &state.database(), &files, SystemClock.now())?;
    let mut text = format!(
        "restored {} file(s) and the database of {}\n\
         the next start is in recovery mode: nothing is sent before each open order was looked up",
        restored.files, restored.made_at
    );
    match old.key() {
        Some(key) if !folder.join("key").exists() => {
            backup_folder::write_secret(&folder.join("key"), &key)?;
        }
        Some(_) => {}
        None => {
            text += "\nthe backup holds no key: a new one is made, and the addresses of provider \
                     hooks change unless hook_token is set";
        }
    }
    if old.has_secrets() {
        text += &format!(
            "\nsettings and secrets lie in {}; put them back by hand",
            args.from.join("secrets").display()
        );
    }
    if restored.missing.is_empty() {
        return Ok(command::say(&text));
    }
    command::say(&text);
    let missing: Vec<&str> = restored.missing.iter().map(|hash| hash.as_str()).collect();
    bail!("files that orders name are not in the backup: {}", missing.join(", "))
}

/// What lies in a state folder besides what may: its lock and its key.
fn in_the_way(folder: &Path) -> anyhow::Result<Option<String>> {
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !matches!(name.as_str(), "lock" | "key" | "backups") {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
