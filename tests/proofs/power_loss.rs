//! Power fails under load: what was not synced is lost by chance, torn at sectors, names as well.
//!
//! `powerloss.c` is loaded into the real program and writes down each write, sync, new name and
//! rename below the state folder. At the chosen act it ends the program; here, whatever no sync had
//! made durable is undone: of each sector any state since the last sync of its file may remain, and
//! of each folder any beginning of what happened to its names since the folder was synced.
//! Truncations are taken to last at once; the program truncates its log only when it is long.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

const SECTOR: u64 = 512;

/// One act of the program, as the shim wrote it down.
#[derive(Debug)]
enum Act {
    Write { file: u64, at: u64, size: u64, length: u64, old: Vec<u8>, path: PathBuf },
    Sync { file: u64 },
    SyncFolder { path: PathBuf },
    Name(Name),
}

#[derive(Debug)]
enum Name {
    Created { file: u64, path: PathBuf },
    Renamed { file: u64, kept: i64, from: PathBuf, to: PathBuf },
    Removed { kept: i64, path: PathBuf },
    Folder { path: PathBuf },
}

struct Write {
    at: u64,
    size: u64,
    length: u64,
    old: Vec<u8>,
}

/// Whether a disk does what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// What it calls durable is.
    Honest,
    /// It calls durable what it has not written: the proof must notice that.
    Lying,
}

/// What a failure lost.
#[derive(Debug, Default, Clone, Copy)]
pub struct Lost {
    /// Sectors that went back to an earlier state.
    pub sectors: u64,
    /// Names that went back.
    pub names: u64,
}

/// Builds the shim; `None` where there is no C compiler.
pub fn build(folder: &Path) -> Option<PathBuf> {
    build_shim(folder, "powerloss")
}

/// Builds `tests/proofs/NAME.c`; `None` where there is no C compiler.
pub fn build_shim(folder: &Path, name: &str) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/proofs/{name}.c"));
    let shim = folder.join(format!("{name}.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&shim).arg(source);
    let built = compiler.args(["-ldl", "-pthread"]).status();
    built.is_ok_and(|status| status.success()).then_some(shim)
}

/// Undoes by chance what was not durable when the power failed.
pub fn lose(log: &Path, disk: Disk, rng: &mut ChaCha12Rng) -> Lost {
    let mut lost = Lost::default();
    let mut writes: BTreeMap<u64, Vec<Write>> = BTreeMap::new();
    let mut paths: BTreeMap<u64, PathBuf> = BTreeMap::new();
    let mut names: Vec<Name> = Vec::new();
    for act in read(&fs::read(log).unwrap_or_default()) {
        match act {
            Act::Write { file, at, size, length, old, path } => {
                paths.entry(file).or_insert(path);
                writes.entry(file).or_default().push(Write { at, size, length, old });
            }
            Act::Sync { .. } | Act::SyncFolder { .. } if disk == Disk::Lying => {}
            Act::Sync { file } => drop(writes.remove(&file)),
            Act::SyncFolder { path } => {
                names.retain(|name| place(name).parent() != Some(path.as_path()));
            }
            Act::Name(name) => {
                if let Name::Renamed { file, to, .. } | Name::Created { file, path: to } = &name {
                    paths.insert(*file, to.clone());
                }
                names.push(name);
            }
        }
    }
    // Now and then everything is lost that can be, now and then nothing but names.
    let keep = [0.0, 0.5, 1.0][rng.random_range(0..3)];
    for (file, writes) in &writes {
        let is_there = paths.get(file).filter(|path| is_file(path, *file));
        if let Some(path) = is_there {
            lost.sectors += lose_sectors(path, writes, keep, rng);
        }
    }
    lost.names = lose_names(&names, log, rng);
    lost
}

fn is_file(path: &Path, file: u64) -> bool {
    fs::metadata(path).is_ok_and(|found| found.ino() == file)
}

/// Each sector keeps the first of the writes to it, and loses the others.
fn lose_sectors(path: &Path, writes: &[Write], keep: f64, rng: &mut ChaCha12Rng) -> u64 {
    let open = fs::OpenOptions::new().write(true).open(path).unwrap();
    let sectors: BTreeSet<u64> = writes
        .iter()
        .flat_map(|write| write.at / SECTOR..(write.at + write.length).div_ceil(SECTOR))
        .collect();
    let (mut lost, mut end) = (0, writes.first().map_or(0, |write| write.size));
    for sector in sectors {
        let (from, to) = (sector * SECTOR, (sector + 1) * SECTOR);
        let here: Vec<&Write> =
            writes.iter().filter(|one| one.at < to && from < one.at + one.length).collect();
        let kept = match rng.random_bool(keep) {
            true if keep < 1.0 => rng.random_range(0..=here.len()),
            true => here.len(),
            false => 0,
        };
        for write in here[kept..].iter().rev() {
            let (start, stop) = (write.at.max(from), (write.at + write.length).min(to));
            let old = |at: u64| {
                let idx = usize::try_from(at - write.at).unwrap();
                write.old.get(idx).copied().unwrap_or(0)
            };
            let bytes: Vec<u8> = (start..stop).map(old).collect();
            open.write_all_at(&bytes, start).unwrap();
        }
        lost += u64::from(kept < here.len());
        let last = here[..kept].iter().map(|one| (one.at + one.length).min(to)).max();
        end = end.max(last.unwrap_or(0));
    }
    // What is lost at the end reads as zeros, or the file never grew.
    if rng.random_bool(0.5) && end < open.metadata().unwrap().len() {
        open.set_len(end).unwrap();
    }
    lost
}

/// Of each folder's changes a beginning remains.
fn lose_names(names: &[Name], log: &Path, rng: &mut ChaCha12Rng) -> u64 {
    let mut folders: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (idx, name) in names.iter().enumerate() {
        folders.entry(place(name).parent().unwrap()).or_default().push(idx);
    }
    let mut undone = BTreeSet::new();
    for changes in folders.values() {
        let kept = rng.random_range(0..=changes.len());
        undone.extend(changes[kept..].iter().copied());
    }
    let kept_name = |kept: i64| PathBuf::from(format!("{}.{kept}", log.display()));
    for idx in undone.iter().rev() {
        match &names[*idx] {
            Name::Created { file, path } if is_file(path, *file) => fs::remove_file(path).unwrap(),
            Name::Renamed { file, kept, from, to } if is_file(to, *file) => {
                // The folder that it came from may be lost as well.
                let _ = fs::rename(to, from);
                let _ = fs::hard_link(kept_name(*kept), to);
            }
            Name::Removed { kept, path } if !path.exists() => {
                let _ = fs::hard_link(kept_name(*kept), path);
            }
            Name::Folder { path } => {
                let _ = fs::remove_dir_all(path);
            }
            Name::Created { .. } | Name::Renamed { .. } | Name::Removed { .. } => {}
        }
    }
    undone.len() as u64
}

fn place(name: &Name) -> &Path {
    match name {
        Name::Created { path, .. } | Name::Removed { path, .. } | Name::Folder { path } => path,
        Name::Renamed { to, .. } => to,
    }
}

/// Reads the log; its last line may be cut off.
fn read(mut log: &[u8]) -> Vec<Act> {
    let mut acts = Vec::new();
    while let Some(end) = log.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8(log[..end].to_vec()).unwrap();
        log = &log[end + 1..];
        let Some(act) = read_line(&line, &mut log) else { break };
        acts.push(act);
    }
    acts
}

fn read_line(line: &str, rest: &mut &[u8]) -> Option<Act> {
    let (kind, words) = line.split_once(' ')?;
    let mut parts = words.splitn(6, ' ');
    let mut number = || parts.next()?.parse::<u64>().ok();
    match kind {
        "W" => {
            let (file, at, size, length) = (number()?, number()?, number()?, number()?);
            let had = usize::try_from(number()?).ok()?;
            let old = rest.get(..had)?.to_vec();
            *rest = &rest[had..];
            Some(Act::Write { file, at, size, length, old, path: parts.next()?.into() })
        }
        "S" => Some(Act::Sync { file: number()? }),
        "D" => Some(Act::SyncFolder { path: words.into() }),
        "M" => Some(Act::Name(Name::Folder { path: words.into() })),
        "C" => {
            let (file, path) = words.split_once(' ')?;
            Some(Act::Name(Name::Created { file: file.parse().ok()?, path: path.into() }))
        }
        "U" => {
            let (kept, path) = words.split_once(' ')?;
            Some(Act::Name(Name::Removed { kept: kept.parse().ok()?, path: path.into() }))
        }
        "R" => {
            let (file, words) = words.split_once(' ')?;
            let (kept, names) = words.split_once(' ')?;
            let (from, to) = names.split_once('\t')?;
            let (file, kept) = (file.parse().ok()?, kept.parse().ok()?);
            Some(Act::Name(Name::Renamed { file, kept, from: from.into(), to: to.into() }))
        }
        _ => None,
    }
}
