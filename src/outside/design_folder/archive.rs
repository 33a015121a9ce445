//! A design as it is sent: a ZIP, or files with their paths. Nothing is ever unpacked to a path (R103).
//!
//! Entries are read one by one and kept in memory under names that were looked at first. What a header
//! says about sizes is not believed: limits hold while reading.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{BYTES_MAX, DEPTH_MAX, DESCRIPTION, FILE_BYTES_MAX, FILES_MAX, Fault};

/// Most entries of an archive, folders and editors' own files included.
const ENTRIES_MAX: usize = 2_000;
/// So much larger than packed may an entry be, once it is larger than [`RATIO_FREE_BYTES`].
const RATIO_MAX: u64 = 200;
/// Below this no ratio is asked: an empty drawing packs very well.
const RATIO_FREE_BYTES: u64 = 1 << 20;
/// Longest path.
const PATH_BYTES_MAX: usize = 200;
/// Kinds of files that hold others.
const NESTED: [&str; 9] = [".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"];

/// The files of a design, and the folder that held them all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sent {
    /// By path, from the folder of `design.toml`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The name of the one folder around everything; empty where there was none.
    pub folder: String,
}

/// Whether these bytes begin like a ZIP.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Reads a ZIP.
pub fn read(bytes: &[u8]) -> Result<Sent, Fault> {
    let broken = |error: zip::result::ZipError| {
        Fault::new("the ZIP", format!("it cannot be read: {error}"), "Pack the folder once more.")
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if ENTRIES_MAX < archive.len() {
        return Err(too_much(format!("it has {} entries", archive.len())));
    }
    let mut gathered = Gathered::default();
    for idx in 0..archive.len() {
        // Raw first: an encrypted entry is told as such before anything of it is read.
        let raw = archive.by_index_raw(idx).map_err(broken)?;
        let name = String::from_utf8_lossy(raw.name_raw()).into_owned();
        let (is_encrypted, mode) = (raw.encrypted(), raw.unix_mode());
        let packed_bytes = raw.compressed_size();
        drop(raw);
        if is_encrypted {
            let cure = "Pack the folder without a password.";
            return Err(Fault::new(name, "it is encrypted", cure));
        }
        // Plain files and folders; everything else could lead elsewhere.
        let is_plain =
            mode.is_none_or(|mode| matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000));
        if !is_plain {
            let cure = "Put the file itself into the folder.";
            return Err(Fault::new(name, "it is a link or a device, not a file", cure));
        }
        let Some(path) = gathered.path(&name)? else {
            continue;
        };
        let entry = archive.by_index(idx).map_err(broken)?;
        let contents = read_entry(entry, &path, packed_bytes, gathered.left())?;
        gathered.add(path, contents)?;
    }
    Ok(gathered.finished())
}

fn read_entry(
    mut entry: impl Read,
    path: &str,
    packed_bytes: u64,
    left: u64,
) -> Result<Vec<u8>, Fault> {
    let by_ratio = packed_bytes.saturating_mul(RATIO_MAX).max(RATIO_FREE_BYTES);
    let most = by_ratio.min(FILE_BYTES_MAX).min(left);
    let mut contents = Vec::new();
    let read = (&mut entry).take(most + 1).read_to_end(&mut contents);
    read.map_err(|error| {
        Fault::new(path, format!("it cannot be unpacked: {error}"), "Pack the folder once more.")
    })?;
    match contents.len() as u64 <= most {
        true => Ok(contents),
        false if by_ratio == most => {
            let what = "it is very much larger than it is packed";
            Err(Fault::new(path, what, "Send the files without a ZIP if this is meant."))
        }
        false => Err(too_much(format!("{path} makes it too large"))),
    }
}

/// Reads files that a browser sent with their paths.
pub fn gather(sent: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Sent, Fault> {
    let mut gathered = Gathered::default();
    for (name, contents) in sent {
        let Some(path) = gathered.path(&name)? else {
            continue;
        };
        if FILE_BYTES_MAX.min(gathered.left()) < contents.len() as u64 {
            return Err(too_much(format!("{path} makes it too large")));
        }
        gathered.add(path, contents)?;
    }
    Ok(gathered.finished())
}

/// Packs the files of a design into one folder; the same files give the same bytes.
pub fn write(name: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(format!("{name}/{path}"), options).map_err(|error| error.to_string())?;
        writer.write_all(bytes).map_err(|error| error.to_string())?;
    }
    let written = writer.finish().map_err(|error| error.to_string())?;
    Ok(written.into_inner())
}

#[derive(Default)]
struct Gathered {
    files: BTreeMap<String, Vec<u8>>,
    /// Every path without regard to case.
    folded: BTreeSet<String>,
    bytes: u64,
}

impl Gathered {
    /// How many bytes may still come.
    fn left(&self) -> u64 {
        BYTES_MAX.saturating_sub(self.bytes)
    }

    /// A name as a path; `None` for folders and for what editors and systems leave behind.
    fn path(&self, name: &str) -> Result<Option<String>, Fault> {
        let odd = |what: &str| {
            let cure = "Give every file a plain name, in the folder of design.toml or below it.";
            let shown: String = name.chars().take(PATH_BYTES_MAX).collect();
            Err(Fault::new(shown, what, cure))
        };
        if name.chars().any(char::is_control) {
            return odd("its name holds a character that cannot be seen");
        }
        if name.contains('\\') || name.contains(':') {
            return odd("its name holds a back-slash or a colon");
        }
        if name.starts_with('/') {
            return odd("its path begins at the root");
        }
        if PATH_BYTES_MAX < name.len() {
            return odd("its path is too long");
        }
        if name.ends_with('/') {
            return Ok(None);
        }
        let parts: Vec<&str> = name.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return odd("its path leads out of the folder");
        }
        if parts.iter().any(|part| part.starts_with('.') || *part == "__MACOSX") {
            return Ok(None);
        }
        let lower = name.to_lowercase();
        if NESTED.iter().any(|ending| lower.ends_with(ending)) {
            return odd("it is an archive within the archive");
        }
        // One more than within a design's folder, for the folder itself.
        if DEPTH_MAX + 2 < parts.len() {
            return odd("it lies too deep");
        }
        Ok(Some(name.to_owned()))
    }

    fn add(&mut self, path: String, contents: Vec<u8>) -> Result<(), Fault> {
        if is_zip(&contents) {
            let cure = "Put the files themselves into the folder.";
            return Err(Fault::new(path, "it is an archive within the archive", cure));
        }
        if !self.folded.insert(path.to_lowercase()) {
            let cure = "Rename one of the two.";
            return Err(Fault::new(path, "two files differ in capitals only", cure));
        }
        if FILES_MAX <= self.files.len() {
            return Err(too_much(format!("there are more than {FILES_MAX} files")));
        }
        self.bytes += contents.len() as u64;
        self.files.insert(path, contents);
        Ok(())
    }

    /// Without the one folder around everything.
    fn finished(self) -> Sent {
        let mut tops = self.files.keys().map(|path| path.split_once('/').map(|(top, _)| top));
        let first = tops.next().flatten().map(str::to_owned);
        let common = first.filter(|first| tops.all(|top| top == Some(first)));
        let Some(folder) = common.filter(|_| !self.files.contains_key(DESCRIPTION)) else {
            return Sent { files: self.files, folder: String::new() };
        };
        let inner = self.files.into_iter().map(|(path, bytes)| {
            (path.split_once('/').map_or(path.clone(), |(_, rest)| rest.to_owned()), bytes)
        });
        Sent { files: inner.collect(), folder }
    }
}

fn too_much(what: String) -> Fault {
    Fault::new("the files", what, "Keep only what is printed.")
}

#[cfg(test)]
mod tests;
