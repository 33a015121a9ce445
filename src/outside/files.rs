//! Files by the hash of their content, written whole or not at all (reliability R55).

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use crate::model::id::Hash;
use crate::model::time::Moment;

/// Keeps files under the hash of their content.
pub trait Files: Send + Sync {
    /// Stores the bytes durably; storing the same bytes again changes nothing.
    fn put(&self, bytes: &[u8]) -> io::Result<Hash>;

    /// The bytes of a file, compared with their hash.
    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>>;

    /// Removes a file; one that is not there is no error.
    fn remove(&self, hash: &Hash) -> io::Result<()>;

    /// Every file that is kept, in no order.
    fn all(&self) -> io::Result<Vec<Kept>>;

    /// Puts a file into another folder of files: by a second name for it where the disk can, else by
    /// copying. Files never change, so that both stay what they are.
    fn put_into(&self, hash: &Hash, other: &FolderFiles) -> io::Result<()>;

    /// Removes what writes left that broke off before this moment; how many.
    fn remove_leftovers(&self, before: Moment) -> io::Result<usize>;
}

/// Whether the disk has no room left, or a quota none.
pub fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Whether the disk itself failed: then nobody knows what it holds (reliability R53).
pub fn is_broken(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::IO)
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its hash.
    pub hash: Hash,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub written_at: Moment,
}

/// Files in memory, for simulations.
#[derive(Default)]
pub struct MemoryFiles {
    kept: Mutex<HashMap<Hash, Arc<Vec<u8>>>>,
}

impl Files for MemoryFiles {
    fn put(&self, bytes: &[u8]) -> io::Result<Hash> {
        let hash = Hash::of(bytes);
        let mut kept = self.kept.lock().expect("no holder of this lock panics");
        kept.entry(hash.clone()).or_insert_with(|| Arc::new(bytes.to_vec()));
        Ok(hash)
    }

    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>> {
        let kept = self.kept.lock().expect("no holder of this lock panics");
        match kept.get(hash) {
            Some(bytes) => Ok(bytes.as_ref().clone()),
            None => {
                Err(io::Error::new(io::ErrorKind::NotFound, format!("no file {}", hash.short())))
            }
        }
    }

    fn remove(&self, hash: &Hash) -> io::Result<()> {
        self.kept.lock().expect("no holder of this lock panics").remove(hash);
        Ok(())
    }

    fn all(&self) -> io::Result<Vec<Kept>> {
        let kept = self.kept.lock().expect("no holder of this lock panics");
        // Nobody remembers when: as old as can be.
        let written_at = Moment::from_unix_ms(0);
        let files = kept.iter().map(|(hash, bytes)| Kept {
            hash: hash.clone(),
            bytes: bytes.len() as u64,
            written_at,
        });
        Ok(files.collect())
    }

    fn put_into(&self, hash: &Hash, other: &FolderFiles) -> io::Result<()> {
        other.put(&self.get(hash)?).map(drop)
    }

    fn remove_leftovers(&self, _: Moment) -> io::Result<usize> {
        Ok(0)
    }
}

/// Files in a folder, two levels deep by the first digits of their hash: `3f/9a/3f9a…`.
#[derive(Debug)]
pub struct FolderFiles {
    root: PathBuf,
    written: AtomicU64,
}

impl FolderFiles {
    /// Opens the folder, and makes it if it is not there.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<FolderFiles> {
        let root = root.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
        // A folder that was made just now has its name in the one above.
        if let Some(above) = root.parent().filter(|above| !above.as_os_str().is_empty()) {
            sync_folder(above)?;
        }
        Ok(FolderFiles { root, written: AtomicU64::new(0) })
    }

    fn folder_of(&self, hash: &Hash) -> PathBuf {
        let digits = hash.as_str();
        self.root.join(&digits[..2]).join(&digits[2..4])
    }

    fn path_of(&self, hash: &Hash) -> PathBuf {
        self.folder_of(hash).join(hash.as_str())
    }

    /// Writes beside the place and renames: whoever looks sees the whole file or none.
    fn write(&self, hash: &Hash, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder_of(hash);
        self.make(&folder)?;
        let nth = self.written.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!(".{}.{}.{nth}", hash.short(), std::process::id()));
        let put = || {
            write_synced(&beside, bytes)?;
            fail_point!("file written, not renamed");
            fs::rename(&beside, self.path_of(hash))?;
            fail_point!("file renamed, its name not synced");
            self.sync_names(hash)
        };
        let written = put();
        if written.is_err() {
            // What failed is told; a leftover that cannot be removed either changes nothing.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Shows each file by its name. One that goes meanwhile is left out.
    fn walk(&self, mut show: impl FnMut(&str, &fs::Metadata) -> io::Result<()>) -> io::Result<()> {
        let folders = |path: &Path| -> io::Result<Vec<PathBuf>> {
            let entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
            Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
        };
        for first in folders(&self.root)? {
            for second in folders(&first)? {
                for entry in fs::read_dir(&second)? {
                    let entry = entry?;
                    match entry.metadata() {
                        Ok(found) => show(&entry.file_name().to_string_lossy(), &found)?,
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(())
    }

    fn make(&self, folder: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    /// Makes the name of a file durable, and those of the folders that lead to it. A folder that is
    /// there may have been made a moment ago by somebody who has not come to this yet.
    fn sync_names(&self, hash: &Hash) -> io::Result<()> {
        let folder = self.folder_of(hash);
        sync_folder(&folder)?;
        sync_folder(folder.parent().unwrap_or(&self.root))?;
        sync_folder(&self.root)
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A new name is durable only once its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

impl Files for FolderFiles {
    fn put(&self, bytes: &[u8]) -> io::Result<Hash> {
        let hash = Hash::of(bytes);
        // A damaged file is written anew.
        match self.get(&hash) {
            // Who wrote it may have been killed before its names were durable.
            Ok(_) => self.sync_names(&hash).map(|()| hash),
            Err(_) => self.write(&hash, bytes).map(|()| hash),
        }
    }

    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.path_of(hash))?;
        match Hash::of(&bytes) == *hash {
            true => Ok(bytes),
            false => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the file {} is damaged", hash.short()),
            )),
        }
    }

    fn remove(&self, hash: &Hash) -> io::Result<()> {
        match fs::remove_file(self.path_of(hash)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn all(&self) -> io::Result<Vec<Kept>> {
        let mut kept = Vec::new();
        self.walk(|name, found| {
            if let Some(hash) = Hash::parse(name) {
                kept.push(Kept { hash, bytes: found.len(), written_at: written_at(found) });
            }
            Ok(())
        })?;
        Ok(kept)
    }

    fn put_into(&self, hash: &Hash, other: &FolderFiles) -> io::Result<()> {
        let (from, to) = (self.path_of(hash), other.path_of(hash));
        other.make(&other.folder_of(hash))?;
        match fs::hard_link(&from, &to) {
            Ok(()) => other.sync_names(hash),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => other.sync_names(hash),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            // Another disk, or one that knows no second names.
            Err(_) => other.put(&self.get(hash)?).map(drop),
        }
    }

    fn remove_leftovers(&self, before: Moment) -> io::Result<usize> {
        let mut left = Vec::new();
        self.walk(|name, found| {
            if name.starts_with('.') && written_at(found) < before {
                let digits: String = name.chars().skip(1).take_while(|c| *c != '.').collect();
                left.push((digits, name.to_owned()));
            }
            Ok(())
        })?;
        for (digits, name) in &left {
            if let (Some(first), Some(second)) = (digits.get(..2), digits.get(2..4)) {
                fs::remove_file(self.root.join(first).join(second).join(name))?;
            }
        }
        Ok(left.len())
    }
}

/// When a file was last written; one from before 1970 or without a moment is as old as can be.
fn written_at(found: &fs::Metadata) -> Moment {
    let since_1970 = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Moment::from_unix_ms(0).plus(since_1970.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_whole_private_and_mended() {
        let folder = tempfile::tempdir().unwrap();
        let files = FolderFiles::open(folder.path().join("files")).unwrap();
        let hash = files.put(b"print").unwrap();
        assert_eq!(files.put(b"print").unwrap(), hash);
        assert_eq!(files.get(&hash).unwrap(), b"print");
        let path = files.path_of(&hash);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        File::create(&path).unwrap().write_all(b"prinT").unwrap();
        let damaged = files.get(&hash).unwrap_err();
        assert_eq!(damaged.kind(), io::ErrorKind::InvalidData);
        files.put(b"print").unwrap();
        assert_eq!(files.get(&hash).unwrap(), b"print");
        files.remove(&hash).unwrap();
        files.remove(&hash).unwrap();
        assert_eq!(files.get(&hash).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
