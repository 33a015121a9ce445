//! A backup on disk: one folder with the database, the files it needs, and a manifest.
//!
//! ```text
//! woodblock-2026-03-03T08-00-00.000Z/
//!   manifest.json      what it is and how to tell that it is whole; written last
//!   woodblock.db       one file, without a log of its own
//!   files/3f/9a/3f9a…  by the hash of their content
//!   secrets/           only when asked for
//! ```
//!
//! It is made under another name and renamed, so that a folder with its own name is a whole backup.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::files::FolderFiles;
use crate::model::time::Moment;

const PREFIX: &str = "woodblock-";
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "woodblock.db";
const FILES: &str = "files";
const SECRETS: &str = "secrets";
/// The name under which the key of the state folder lies among the secrets.
pub const KEY: &str = "key";

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the program that made it.
    pub program: String,
    /// The moment, in UTC.
    pub made_at: String,
    /// Version of the database's schema.
    pub schema: i64,
    /// SHA-256 of the database's file, in hexadecimal digits.
    pub database_sha256: String,
    /// How many files lie beside it.
    pub files: usize,
    /// Files that rows name and that were not on the disk.
    pub missing: Vec<String>,
}

/// A backup that is being made; dropped before its end it leaves nothing.
pub struct NewBackup {
    part: PathBuf,
    target: PathBuf,
    is_finished: bool,
}

/// The name of a backup made at this moment.
pub fn name_of(at: Moment) -> String {
    format!("{PREFIX}{}", at.to_string().replace(':', "-"))
}

impl NewBackup {
    /// Begins one that will lie at `target`, which must not be there yet.
    pub fn begin(target: &Path) -> io::Result<NewBackup> {
        if target.exists() {
            let why = format!("{} is there already", target.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        let name = target.file_name().ok_or_else(|| io::Error::other("the backup has no name"))?;
        let part = target.with_file_name(format!(".{}.part", name.to_string_lossy()));
        if part.exists() {
            fs::remove_dir_all(&part)?;
        }
        make_folder(&part)?;
        Ok(NewBackup { part, target: target.to_owned(), is_finished: false })
    }

    /// Where the database is to be put.
    pub fn database(&self) -> PathBuf {
        self.part.join(DATABASE)
    }

    /// Where files are to be put.
    pub fn files(&self) -> io::Result<FolderFiles> {
        FolderFiles::open(self.part.join(FILES))
    }

    /// Puts a secret in; its name is one plain word.
    pub fn put_secret(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.part.join(SECRETS);
        make_folder(&folder)?;
        let plain = Path::new(name).file_name().ok_or_else(|| io::Error::other("no name"))?;
        write_synced(&folder.join(plain), bytes)
    }

    /// Says what it is and gives it its name.
    pub fn finish(mut self, manifest: &Manifest) -> io::Result<PathBuf> {
        let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
        write_synced(&self.part.join(MANIFEST), &text)?;
        File::open(&self.part)?.sync_all()?;
        fail_point!("backup: before it gets its name");
        fs::rename(&self.part, &self.target)?;
        fail_point!("backup: after it got its name");
        self.is_finished = true;
        if let Some(parent) = self.target.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(self.target.clone())
    }
}

impl Drop for NewBackup {
    fn drop(&mut self) {
        if !self.is_finished {
            // What is left is replaced by the next backup of this name.
            let _ = fs::remove_dir_all(&self.part);
        }
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// SHA-256 of a file in hexadecimal digits, read in pieces.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hasher = sha2::Sha256::new();
    io::copy(&mut File::open(path)?, &mut HashWriter(&mut hasher))?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

struct HashWriter<'h>(&'h mut sha2::Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes the folder that backups lie in.
pub fn make_parent(path: &Path) -> io::Result<()> {
    make_folder(path)
}

/// Removes the oldest of our own backups in a folder until `keep` are left; which were removed.
pub fn forget_older(folder: &Path, keep: usize) -> io::Result<Vec<PathBuf>> {
    let mut ours = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stamp = name.strip_prefix(PREFIX).filter(|stamp| stamp.ends_with('Z'));
        if stamp.is_some_and(|stamp| stamp.len() == 24) && path.join(MANIFEST).is_file() {
            ours.push(path);
        }
    }
    // The name is the moment, so that text sorts as time does.
    ours.sort();
    let surplus = ours.len().saturating_sub(keep);
    ours.truncate(surplus);
    for old in &ours {
        fs::remove_dir_all(old)?;
    }
    Ok(ours)
}

/// A backup that is there.
pub struct OldBackup {
    folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
}

impl OldBackup {
    /// Opens one; the database must be what the manifest says.
    pub fn open(folder: &Path) -> io::Result<OldBackup> {
        let told = |why: &str| io::Error::other(format!("{}: {why}", folder.display()));
        let text = fs::read(folder.join(MANIFEST))
            .map_err(|_| told("this is no backup of woodblock: it has no manifest.json"))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| told(&format!("its manifest cannot be read: {error}")))?;
        let old = OldBackup { folder: folder.to_owned(), manifest };
        if sha256_of(&old.database())? != old.manifest.database_sha256 {
            return Err(told("its database is not the one that was backed up: it is damaged"));
        }
        Ok(old)
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.folder.join(DATABASE)
    }

    /// Its files.
    pub fn files(&self) -> io::Result<FolderFiles> {
        FolderFiles::open(self.folder.join(FILES))
    }

    /// The key of the state folder, where it was backed up as well.
    pub fn key(&self) -> Option<Vec<u8>> {
        fs::read(self.folder.join(SECRETS).join(KEY)).ok()
    }

    /// Whether secrets lie in it.
    pub fn has_secrets(&self) -> bool {
        self.folder.join(SECRETS).is_dir()
    }

    /// Copies the database to a place where it is not yet used.
    pub fn copy_database(&self, to: &Path) -> io::Result<()> {
        let mut from = File::open(self.database())?;
        let mut copy =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to)?;
        io::copy(&mut from, &mut copy)?;
        copy.sync_all()
    }
}

/// Gives a file its place; durable once this returns.
pub fn move_into_place(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Writes a secret that only its owner can read.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_synced(path, bytes)
}
