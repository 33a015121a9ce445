//! What `doctor` found, before anybody says what it means.

use std::collections::BTreeSet;

use crate::outside::press::WallReport;

/// What each of several said when it was asked: its name, and what it found; `None` where it was not
/// asked.
pub type Asked = Vec<(String, Option<Result<Vec<String>, String>>)>;

/// Everything that was found on this machine and outside.
#[derive(Debug, Clone)]
pub struct Found {
    /// The state folder; why not, where it cannot be looked at.
    pub folder: Result<Folder, String>,
    /// Who has its lock.
    pub lock: Lock,
    /// The file system it lies on, if it is none of this machine's disks.
    pub foreign: Result<Option<&'static str>, String>,
    /// Free bytes beside it.
    pub free_bytes: Result<u64, String>,
    /// The linked SQLite.
    pub sqlite_version: i32,
    /// The database; `None` before the first start.
    pub database: Option<Result<Database, String>>,
    /// Bytes of its write-ahead log.
    pub wal_bytes: u64,
    /// The walls around a render child.
    pub walls: Result<WallReport, String>,
    /// Whether drawing without walls was allowed.
    pub unconfined: bool,
    /// A picture that was drawn.
    pub picture: Result<String, String>,
    /// Families of the fonts that are compiled in.
    pub fonts: BTreeSet<String>,
    /// The shops: name, and what their check said; `None` where it was not asked.
    pub shops: Asked,
    /// How far each shop's clock is ahead, in milliseconds, where it is known.
    pub clocks: Vec<(String, i64)>,
    /// The providers.
    pub providers: Asked,
    /// Each mapped variant, with its provider's name, and what the provider says of it.
    pub goods: Vec<(String, Good)>,
    /// The words of each provider's shipping map that its account does not have; why it could not be
    /// asked.
    pub shipping: Vec<(String, Result<Vec<String>, String>)>,
    /// The mail server; `None` where none is set.
    pub mail: Option<Option<Result<String, String>>>,
    /// Whether the public address leads here; `None` where it was not asked, with the reason.
    pub public: Result<Result<(), String>, String>,
    /// The addresses that are listened on.
    pub listens: Vec<(String, Listen)>,
    /// Mode of the key file; `None` before the first start.
    pub key_mode: Option<u32>,
    /// Files that hold secrets, and their modes.
    pub secrets: Vec<(String, Result<u32, String>)>,
    /// The time zone, where it is none.
    pub bad_zone: Option<String>,
}

/// What a provider says of a mapped variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Good {
    /// It is there, and not known to be out of stock.
    There,
    /// It cannot be ordered.
    Bad(String),
    /// The provider gave no usable answer.
    Unclear(String),
    /// Nobody was asked.
    NotAsked,
}

/// The state folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Where.
    pub path: String,
    /// Its mode.
    pub mode: u32,
    /// Its owner.
    pub owner: u32,
    /// Who asks.
    pub asker: u32,
}

/// Who has the lock of the state folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Nobody.
    Free,
    /// A woodblock that answers.
    Answers,
    /// Somebody who does not answer.
    Silent,
}

/// An address that is to be listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// Nobody listens.
    Free,
    /// The running woodblock does.
    Ours,
    /// Another program does.
    Taken,
    /// A woodblock runs and does not listen there.
    Deaf,
}

/// What stands in the database.
#[derive(Debug, Clone, Default)]
pub struct Database {
    /// Version of its schema.
    pub schema: i64,
    /// The newest that this program knows.
    pub known: i64,
    /// What the engine says is damaged.
    pub damage: Vec<String>,
    /// Designs that the product map names and that are not here.
    pub unknown_designs: Vec<String>,
    /// Providers that the product map names and that are not set up.
    pub unknown_providers: Vec<String>,
    /// Every provider and variant that the product maps name.
    pub mapped: Vec<(String, String)>,
    /// Designs whose files are not all on the disk.
    pub broken_designs: Vec<String>,
    /// Files that rows name and that are not on the disk, or not whole.
    pub missing_files: Vec<String>,
    /// Files on the disk, older than a day, that no row names.
    pub orphan_files: usize,
    /// Alerts that nobody has cleared.
    pub open_alerts: u32,
    /// Age of the oldest passed deadline.
    pub overdue_s: Option<u64>,
    /// Whether everything is stopped.
    pub is_stopped: bool,
    /// Why nothing is sent before everything was looked up.
    pub recovery: Option<String>,
}
