//! What becomes of the database when the disk under it fails (reliability R53, R54).
//!
//! After an error of reading, writing or syncing nobody knows what the disk holds: file systems call
//! pages clean that they could not write, and the next sync succeeds. So nothing is read or written
//! any more, and the program ends; its next start reads what is there. A full disk is no such error:
//! the transaction is undone, and the next one may find room.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::ErrorCode;
use tokio::sync::watch;

use super::{Db, DbError};

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Reading, writing or syncing: what is on the disk is unknown.
    Io,
    /// There is no room.
    Full,
}

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// What the engine makes of it.
    Kept,
    /// It takes no effect.
    Lost(Failure),
    /// It takes effect, and an error is told.
    KeptUntold(Failure),
}

/// Decides what becomes of each commit that changed something. Simulations let the disk fail here.
pub type Fates = Arc<dyn Fn() -> Fate + Send + Sync>;

impl Failure {
    pub(super) fn of(error: &rusqlite::Error) -> Option<Failure> {
        match error.sqlite_error_code()? {
            ErrorCode::DiskFull => Some(Failure::Full),
            ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Some(Failure::Io)
            }
            _ => None,
        }
    }

    pub(super) fn seen_at_commit(self) -> rusqlite::Error {
        let code = match self {
            Failure::Io => rusqlite::ffi::SQLITE_IOERR_FSYNC,
            Failure::Full => rusqlite::ffi::SQLITE_FULL,
        };
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }
}

/// What is known of the disk, shared by every connection to the database.
pub(super) struct Disk {
    /// Why nothing is touched any more.
    broken: watch::Sender<Option<String>>,
    is_full: AtomicBool,
    fates: Mutex<Option<Fates>>,
}

impl Default for Disk {
    fn default() -> Disk {
        let (is_full, fates) = (AtomicBool::new(false), Mutex::new(None));
        Disk { broken: watch::Sender::new(None), is_full, fates }
    }
}

impl Disk {
    pub(super) fn may_go_on(&self) -> Result<(), DbError> {
        match &*self.broken.borrow() {
            Some(why) => Err(DbError::Broken(why.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn note(&self, error: &DbError) {
        match error.failure() {
            Some(Failure::Io) => self.breaks(&super::error::in_words(error)),
            Some(Failure::Full) => self.is_full.store(true, Ordering::Relaxed),
            None => {}
        }
    }

    pub(super) fn took(&self) {
        self.is_full.store(false, Ordering::Relaxed);
    }

    pub(super) fn fate(&self) -> Fate {
        let fates = self.fates.lock().expect("no holder of this lock panics").clone();
        fates.map_or(Fate::Kept, |fates| fates())
    }

    fn breaks(&self, why: &str) {
        // The first words are the cause; what follows from it says less.
        self.broken.send_if_modified(|broken| {
            let is_first = broken.is_none();
            broken.get_or_insert_with(|| why.to_owned());
            is_first
        });
    }
}

impl Db {
    /// Ends when the disk has failed, with what was seen.
    pub async fn broken(&self) -> String {
        let mut broken = self.disk.broken.subscribe();
        let why = broken.wait_for(Option::is_some).await;
        why.ok().and_then(|why| why.clone()).unwrap_or_default()
    }

    /// Why nothing is read or written any more.
    pub fn why_broken(&self) -> Option<String> {
        self.disk.broken.borrow().clone()
    }

    /// The disk failed beside the database: nothing is read or written any more.
    pub fn give_up(&self, why: &str) {
        self.disk.breaks(why);
    }

    /// Whether the last write found no room.
    pub fn is_full(&self) -> bool {
        self.disk.is_full.load(Ordering::Relaxed)
    }

    /// Lets these decide what becomes of each commit, for simulations.
    pub fn set_fates(&self, fates: Fates) {
        *self.disk.fates.lock().expect("no holder of this lock panics") = Some(fates);
    }

    /// What a restart does, for simulations: a database in memory cannot be opened a second time.
    pub fn begin_anew(&self) {
        self.disk.broken.send_replace(None);
        self.disk.is_full.store(false, Ordering::Relaxed);
    }
}
