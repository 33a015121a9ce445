//! A design folder becomes a [`Design`], or a list of its faults with place and cure.
//!
//! A folder is `design.toml`, one drawing or picture for each area, and whatever fonts and pictures
//! the drawings use. The files are all there is to a design: kept by path, they make the same design
//! with the same hash anywhere ([`from_files`]).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::model::design::Design;
use crate::model::id::Hash;
use crate::render::check;
pub use crate::render::check::Fault;
pub use samples::{SAMPLE_PHOTO, Sample, samples};

pub mod archive;
pub mod change;
pub mod font;
mod samples;
mod toml_area;
mod toml_field;
mod toml_file;

/// The file that describes a design.
pub const DESCRIPTION: &str = "design.toml";
/// Most files of one design.
pub const FILES_MAX: usize = 200;
/// Most bytes of one file.
pub const FILE_BYTES_MAX: u64 = 50 << 20;
/// Most bytes of all files together.
pub const BYTES_MAX: u64 = 200 << 20;
/// Deepest folder within a design's folder.
pub const DEPTH_MAX: usize = 3;

/// Reads a folder; its last name becomes the name of the design. Its drawings are not looked at yet:
/// that is for a press to do, behind its walls.
pub fn open(folder: &Path) -> Result<Design, Vec<Fault>> {
    let name = name_of(folder).map_err(|fault| vec![fault])?;
    let mut files = BTreeMap::new();
    read_files(folder, "", 0, &mut files).map_err(|fault| vec![fault])?;
    from_files(&name, files)
}

/// Reads files by path, and checks the drawings among them here in this process.
pub fn checked(name: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Design, Vec<Fault>> {
    let design = from_files(name, files)?;
    let faults = check::check(&design);
    match faults.is_empty() {
        true => Ok(design),
        false => Err(faults),
    }
}

/// Reads files that were checked before: only `design.toml` is looked at.
pub fn from_files(name: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Design, Vec<Fault>> {
    if !is_name(name) {
        let cure = "Use lower case letters, digits and hyphens, for example `best-dog-mug`.";
        let what = format!("“{name}” cannot be the name of a design");
        return Err(vec![Fault::new("the folder", what, cure)]);
    }
    let hash = hash_of(&files);
    toml_file::design(name, hash, files)
}

/// One hash for all files, in the order of their paths.
fn hash_of(files: &BTreeMap<String, Vec<u8>>) -> Hash {
    let mut list = String::new();
    for (path, bytes) in files {
        // A path holds no line break: `read_files` refuses it, so no two lists read alike.
        list.push_str(&format!("{} {path}\n", Hash::of(bytes)));
    }
    Hash::of(list.as_bytes())
}

/// Whether a design may have this name.
pub fn is_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && name.len() <= 80 && name.bytes().all(is_plain)
}

fn name_of(folder: &Path) -> Result<String, Fault> {
    let cannot = |error: io::Error| {
        let what = format!("it cannot be opened: {error}");
        Fault::new(folder.display().to_string(), what, "Check the path.")
    };
    // So that `.` has the name of the folder it is.
    let whole = folder.canonicalize().map_err(cannot)?;
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(name.unwrap_or_default())
}

fn read_files(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), Fault> {
    let place = || folder.display().to_string();
    let cannot = |error: io::Error| {
        Fault::new(place(), format!("it cannot be read: {error}"), "Check its rights.")
    };
    let too_much = |what: String| Err(Fault::new(place(), what, "Keep only what is printed."));
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(cannot)?;
        // Hidden files are editors' own; links could lead anywhere.
        if name.starts_with('.') || kind.is_symlink() || name.chars().any(char::is_control) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            if DEPTH_MAX <= depth {
                return too_much(format!("folders are nested more than {DEPTH_MAX} deep"));
            }
            read_files(&entry.path(), &format!("{path}/"), depth + 1, files)?;
            continue;
        }
        let bytes = entry.metadata().map_err(cannot)?.len();
        let sum: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
        if FILE_BYTES_MAX < bytes || BYTES_MAX < sum + bytes {
            return too_much(format!("{path} is too large ({} MB)", bytes >> 20));
        }
        if FILES_MAX <= files.len() {
            return too_much(format!("there are more than {FILES_MAX} files"));
        }
        files.insert(path, std::fs::read(entry.path()).map_err(cannot)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
