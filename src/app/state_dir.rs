//! The folder in which everything is kept: locked by one process, readable by its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

/// The lock of a program that was killed may outlive it by a moment: whatever it was just starting holds
/// it until it has begun.
const LEFT_BEHIND_MAX: Duration = Duration::from_secs(3);
/// Time between two looks whether it is free.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process has it.
    #[error("{0} is in use by another woodblock; stop it first")]
    InUse(PathBuf),
    /// The disk.
    #[error("{path} cannot be used")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The folder, locked as long as this value lives.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Makes the folder if need be, and locks it.
    pub fn lock(path: &Path) -> Result<StateDir, StateError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StateError::Io { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed(path))?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(failed(&lock_path))?;
        let asked = Instant::now();
        loop {
            match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(StateDir { path: path.to_owned(), _lock: lock }),
                Err(rustix::io::Errno::WOULDBLOCK) if asked.elapsed() < LEFT_BEHIND_MAX => {
                    std::thread::sleep(LOOK_EVERY);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(StateError::InUse(path.to_owned()));
                }
                Err(errno) => return Err(failed(&lock_path)(errno.into())),
            }
        }
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.path.join("woodblock.db")
    }

    /// The folder of files by hash.
    pub fn files(&self) -> PathBuf {
        self.path.join("files")
    }

    /// The key that seals secrets and makes file tokens; made at the first start.
    pub fn key(&self) -> Result<Vec<u8>, StateError> {
        let path = self.path.join("key");
        let failed = |source| StateError::Io { path: path.clone(), source };
        match File::open(&path) {
            Ok(mut file) => {
                let mut key = Vec::new();
                file.read_to_end(&mut key).map_err(failed)?;
                if key.len() < 32 {
                    return Err(failed(io::Error::other("the key is cut off")));
                }
                Ok(key)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = vec![0_u8; 32];
                rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut key)
                    .map_err(|error| failed(io::Error::other(error.to_string())))?;
                // The lock makes this process the only one here. A power cut leaves a whole key or none.
                let beside = self.path.join("key.new");
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&beside)
                    .and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()))
                    .and_then(|()| fs::rename(&beside, &path))
                    .and_then(|()| File::open(&self.path)?.sync_all())
                    .map_err(failed)?;
                Ok(key)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// Whether a process has the folder locked. Nothing is made and nothing changed by asking.
pub fn is_locked(path: &Path) -> bool {
    let Ok(lock) = File::open(path.join("lock")) else {
        return false;
    };
    // A shared lock is let go with the file; it fails only where somebody has an exclusive one.
    flock(&lock, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
}

/// The socket on which a running program answers commands.
pub fn admin_socket(state_dir: &Path) -> PathBuf {
    state_dir.join("admin.sock")
}

/// A key for one purpose, made from the one that is kept.
pub fn derive(key: &[u8], purpose: &str) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_left_behind_is_waited_for_and_one_that_stays_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateDir::lock(folder.path()).unwrap();
        let refused = StateDir::lock(folder.path()).unwrap_err();
        assert!(matches!(refused, StateError::InUse(_)), "{refused}");
        let place = folder.path().to_owned();
        let waiting = std::thread::spawn(move || StateDir::lock(&place));
        drop(first);
        assert!(waiting.join().unwrap().is_ok());
    }

    #[test]
    fn a_key_that_was_cut_off_while_it_was_made_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::lock(folder.path()).unwrap();
        File::create(folder.path().join("key.new")).unwrap().set_len(3).unwrap();
        let key = state.key().unwrap();
        assert_eq!((key.len(), state.key().unwrap()), (32, key));
        assert!(!folder.path().join("key.new").exists());
    }
}
