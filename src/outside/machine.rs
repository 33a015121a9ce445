//! What the machine says of itself: room on a disk, kind of a file system, sizes, memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names of file systems on which locks and shared memory cannot be trusted, by their number
/// (statfs(2)): SQLite's write-ahead log needs both, on one machine.
const NOT_LOCAL: &[(i64, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x564C, "NCP"),
    (0x5346_414F, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00C3_6400, "Ceph"),
    (0x0102_1997, "9P"),
];

/// How much may still be written where the state is kept.
pub trait Room: Send + Sync {
    /// Bytes that are free; `None` when nobody knows.
    fn free_bytes(&self) -> Option<u64>;
}

/// The disk that a folder lies on.
#[derive(Debug, Clone)]
pub struct FolderRoom(pub PathBuf);

impl Room for FolderRoom {
    fn free_bytes(&self) -> Option<u64> {
        free_bytes(&self.0).ok()
    }
}

/// Room that nobody has measured, for simulations.
#[derive(Debug, Clone, Copy)]
pub struct AnyRoom;

impl Room for AnyRoom {
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

/// Bytes that this process may still write beside `path`.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The name of the file system that `path` lies on if it is none of this machine's own disks.
pub fn foreign_file_system(path: &Path) -> io::Result<Option<&'static str>> {
    let found = rustix::fs::statfs(path)?;
    // The kernel's type of the number differs between machines; none of them needs more than 32 bits.
    Ok(foreign_name(i64::from(found.f_type as u32)))
}

/// The name of a file system that is none of this machine's own disks, by its number.
pub fn foreign_name(number: i64) -> Option<&'static str> {
    NOT_LOCAL.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// Size of a file in bytes; 0 when it is not there.
pub fn size_bytes(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Memory of this process in bytes, as the kernel counts it (`VmRSS`).
pub fn memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_of_this_machine_is_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        assert!(0 < free_bytes(folder.path()).unwrap());
        assert_eq!(foreign_file_system(folder.path()).unwrap(), None);
        assert_eq!(foreign_name(0x6969), Some("NFS"));
        assert_eq!(foreign_name(0xEF53), None, "ext4");
        assert_eq!(size_bytes(&folder.path().join("none")).unwrap(), 0);
        assert!(1_000_000 < memory_bytes().unwrap());
    }
}
