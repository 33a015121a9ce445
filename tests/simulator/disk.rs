//! The disk of a simulated shop: commits that are lost or whose success is not told, files that cannot
//! be written, are missing or damaged, and times without room.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use woodblock::db::engine::{Failure, Fate};
use woodblock::model::id::Hash;
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::outside::files::{Files, FolderFiles, Kept, MemoryFiles};
use woodblock::outside::machine::Room;
use woodblock::sandbox::HandClock;

/// Commits between two faults, on the average.
const COMMITS_BETWEEN_FAULTS: u64 = 1_000;
/// Of so many reads or writes of a file one goes wrong.
const FILES_PER_FAULT: u32 = 150;
/// A time without room begins in one of so many rounds.
const ROUNDS_PER_SHORTAGE: u32 = 40;

/// The disk under database and files.
pub struct Disk {
    files: Arc<MemoryFiles>,
    clock: Arc<HandClock>,
    state: Mutex<State>,
}

struct State {
    rng: ChaCha12Rng,
    is_on: bool,
    commits_left: u64,
    shortage: Option<(Shortage, Moment)>,
    /// Files that read as missing, or as damaged, until they are written again.
    spoilt: BTreeMap<Hash, io::ErrorKind>,
    fired: BTreeMap<String, u64>,
}

/// How room runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortage {
    /// Little is left, and every write still works.
    Low,
    /// Nothing can be written, and the disk says how little is left.
    Full,
    /// Nothing can be written, though the disk says that there is room: a quota.
    Quota,
}

impl State {
    fn fires(&mut self, what: &str) {
        *self.fired.entry(format!("Disk: {what}")).or_default() += 1;
    }

    fn shortage(&self, now: Moment) -> Option<Shortage> {
        self.shortage.filter(|(_, until)| now < *until).map(|(shortage, _)| shortage)
    }

    fn is_full(&self, now: Moment) -> bool {
        matches!(self.shortage(now), Some(Shortage::Full | Shortage::Quota))
    }
}

impl Disk {
    /// A disk that has not failed yet.
    pub fn new(seed: u64, files: Arc<MemoryFiles>, clock: Arc<HandClock>) -> Arc<Disk> {
        let state = Mutex::new(State {
            rng: ChaCha12Rng::seed_from_u64(seed ^ 0xd15c),
            is_on: true,
            commits_left: COMMITS_BETWEEN_FAULTS,
            shortage: None,
            spoilt: BTreeMap::new(),
            fired: BTreeMap::new(),
        });
        Arc::new(Disk { files, clock, state })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What becomes of a commit.
    pub fn fate(&self) -> Fate {
        let (mut state, now) = (self.lock(), self.clock.now());
        if state.is_full(now) {
            state.fires("commit without room");
            return Fate::Lost(Failure::Full);
        }
        state.commits_left = state.commits_left.saturating_sub(1);
        if !state.is_on || 0 < state.commits_left {
            return Fate::Kept;
        }
        state.commits_left = state.rng.random_range(1..2 * COMMITS_BETWEEN_FAULTS);
        let (what, fate) = match state.rng.random_range(0..4) {
            0 => ("commit fails", Fate::Lost(Failure::Io)),
            1 | 2 => ("commit succeeds, an error is told", Fate::KeptUntold(Failure::Io)),
            _ => ("commit without room", Fate::Lost(Failure::Full)),
        };
        state.fires(what);
        fate
    }

    /// Now and then there is no room for some minutes or hours.
    pub fn plan(&self) {
        let (mut state, now) = (self.lock(), self.clock.now());
        if state.shortage(now).is_some() || !state.rng.random_ratio(1, ROUNDS_PER_SHORTAGE) {
            return;
        }
        let span = Duration::from_secs(state.rng.random_range(60..5_400));
        let kinds = [Shortage::Low, Shortage::Full, Shortage::Quota];
        let kind = kinds[state.rng.random_range(0..kinds.len())];
        state.fires(match kind {
            Shortage::Low => "little room",
            Shortage::Full => "no room",
            Shortage::Quota => "no room left by a quota",
        });
        state.shortage = Some((kind, now.plus(span)));
    }

    /// From now on the disk does what it should; what is spoilt stays so.
    pub fn mend(&self) {
        let mut state = self.lock();
        state.is_on = false;
        state.shortage = None;
    }

    /// Whether nothing may be sent, because what comes of it may not be written down.
    pub fn is_short(&self) -> bool {
        self.lock().shortage(self.clock.now()).is_some()
    }

    /// What went wrong, with how often.
    pub fn fired(&self) -> BTreeMap<String, u64> {
        self.lock().fired.clone()
    }

    /// What a provider is given that fetches this file.
    pub fn served(&self, hash: &Hash) -> Option<Vec<u8>> {
        let is_spoilt = self.lock().spoilt.contains_key(hash);
        if is_spoilt { None } else { self.files.get(hash).ok() }
    }
}

impl Files for Disk {
    fn put(&self, bytes: &[u8]) -> io::Result<Hash> {
        let (mut state, now) = (self.lock(), self.clock.now());
        if state.is_full(now) {
            state.fires("file without room");
            return Err(io::ErrorKind::StorageFull.into());
        }
        if state.is_on && state.rng.random_ratio(1, FILES_PER_FAULT) {
            let is_broken = state.rng.random_bool(0.5);
            state.fires(if is_broken { "file cannot be written" } else { "file without room" });
            return Err(match is_broken {
                true => io::Error::from(rustix::io::Errno::IO),
                false => io::ErrorKind::StorageFull.into(),
            });
        }
        let hash = self.files.put(bytes)?;
        state.spoilt.remove(&hash);
        Ok(hash)
    }

    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>> {
        let mut state = self.lock();
        if let Some(kind) = state.spoilt.get(hash) {
            return Err((*kind).into());
        }
        if state.is_on && state.rng.random_ratio(1, FILES_PER_FAULT) {
            let is_missing = state.rng.random_bool(0.5);
            let (what, kind) = match is_missing {
                true => ("file is missing", io::ErrorKind::NotFound),
                false => ("file is damaged", io::ErrorKind::InvalidData),
            };
            state.fires(what);
            state.spoilt.insert(hash.clone(), kind);
            return Err(kind.into());
        }
        self.files.get(hash)
    }

    fn remove(&self, hash: &Hash) -> io::Result<()> {
        self.files.remove(hash)
    }

    fn all(&self) -> io::Result<Vec<Kept>> {
        self.files.all()
    }

    fn put_into(&self, hash: &Hash, other: &FolderFiles) -> io::Result<()> {
        self.files.put_into(hash, other)
    }

    fn remove_leftovers(&self, before: Moment) -> io::Result<usize> {
        self.files.remove_leftovers(before)
    }
}

impl Room for Disk {
    fn free_bytes(&self) -> Option<u64> {
        match self.lock().shortage(self.clock.now()) {
            Some(Shortage::Low) => Some(150_000_000),
            Some(Shortage::Full) => Some(0),
            Some(Shortage::Quota) | None => Some(9_000_000_000),
        }
    }
}
