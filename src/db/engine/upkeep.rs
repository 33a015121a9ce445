//! Care of the database's file: copies, checkpoints, and looking into a file that is not opened for work.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{OpenFlags, backup::Backup, backup::StepResult};

use super::{Backend, Connection, Db, DbError, Now, Tx, check_version, engine};

/// How many copies from before a migration are kept.
const BEFORE_KEPT: usize = 2;

/// What a look into a database's file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected<T> {
    /// Version of its schema.
    pub schema: i64,
    /// The newest version that this program knows.
    pub known: i64,
    /// What the engine says is damaged; nothing when it is whole.
    pub damage: Vec<String>,
    /// What was read from it; `None` when its schema is not this program's.
    pub read: Option<T>,
}

/// Which check a look makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Everything but whether indexes agree with their tables.
    Quick,
    /// Everything.
    Whole,
}

impl Db {
    /// The database's file; `None` when it lives in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.backend {
            Backend::Inline(_) => None,
            Backend::File { path, .. } => Some(path),
        }
    }

    /// Its write-ahead log.
    pub fn wal_path(&self) -> Option<PathBuf> {
        self.path().map(|path| beside(path, "-wal"))
    }

    /// Copies the live database to a file, as it is at one moment. Writers go on meanwhile.
    pub async fn copy_to(&self, target: PathBuf) -> Result<(), DbError> {
        match &self.backend {
            Backend::Inline(connection) => {
                copy(&connection.lock().expect("no holder of this lock panics"), &target)
            }
            Backend::File { path, .. } => {
                let path = path.clone();
                let task = tokio::task::spawn_blocking(move || copy_file(&path, &target));
                task.await.map_err(|_| DbError::Closed)?
            }
        }
    }

    /// Writes the write-ahead log back into the database and empties it.
    pub async fn checkpoint(&self) -> Result<(), DbError> {
        self.raw(|connection| {
            connection
                .inner
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .map_err(connection.failed("emptying the write-ahead log"))
        })
        .await
    }
}

/// Copies a database's file, which others may be writing to, and checks the copy.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), DbError> {
    copy(&Connection::to_file(from, &Arc::default())?, to)
}

/// One step copies everything within one read transaction: what is written meanwhile is not in it.
fn copy(connection: &Connection, to: &Path) -> Result<(), DbError> {
    let doing = "copying the database";
    let mut copy = rusqlite::Connection::open(to).map_err(engine(doing))?;
    let backup = Backup::new(&connection.inner, &mut copy).map_err(engine(doing))?;
    let step = backup.step(-1).map_err(engine(doing))?;
    if step != StepResult::Done {
        return Err(DbError::Damaged(format!("the copy ended with {step:?}")));
    }
    drop(backup);
    // A copy is one file: without a log of its own.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(engine(doing))?;
    let damage = damage(&copy, Check::Whole)?;
    if !damage.is_empty() {
        return Err(DbError::Damaged(format!("the copy: {}", damage.join("; "))));
    }
    drop(copy);
    synced(to).map_err(|error| disk("syncing the copy", &error))
}

fn synced(path: &Path) -> std::io::Result<()> {
    fs::File::open(path)?.sync_all()?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

fn disk(doing: &str, error: &std::io::Error) -> DbError {
    DbError::Disk { doing: doing.to_owned(), why: error.to_string() }
}

/// Looks into a database's file without changing it: neither its schema nor a row.
pub fn inspect<T>(
    path: &Path,
    check: Check,
    now: &Now,
    work: impl Fn(&Tx<'_>) -> Result<T, DbError>,
) -> Result<Inspected<T>, DbError> {
    check_version()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let inner = rusqlite::Connection::open_with_flags(path, flags).map_err(engine("opening"))?;
    inner.execute_batch("PRAGMA query_only = ON").map_err(engine("setting up"))?;
    let connection = Connection::prepared(inner, &Arc::default())?;
    let damage = damage(&connection.inner, check)?;
    let schema = connection.schema()?;
    let known = crate::db::migrations::ALL.last().map_or(0, |(number, _)| *number);
    let read = match schema == known && damage.is_empty() {
        true => Some(connection.within("BEGIN", now, &work)?),
        false => None,
    };
    Ok(Inspected { schema, known, damage, read })
}

fn damage(connection: &rusqlite::Connection, check: Check) -> Result<Vec<String>, DbError> {
    let doing = "checking the database";
    let sql = match check {
        Check::Quick => "PRAGMA quick_check(20)",
        Check::Whole => "PRAGMA integrity_check(20)",
    };
    let mut statement = connection.prepare(sql).map_err(engine(doing))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0)).map_err(engine(doing))?;
    let mut lines = lines.collect::<Result<Vec<String>, _>>().map_err(engine(doing))?;
    lines.retain(|line| line != "ok");
    Ok(lines)
}

/// Puts a checked copy beside a database that is about to be changed: `woodblock.db.before-2` is the
/// one from before migration 2. The newest two are kept.
pub(super) fn copy_before_migration(
    connection: &Connection,
    path: &Path,
    migrations: &[(i64, &str)],
) -> Result<(), DbError> {
    let found = connection.schema()?;
    let next = migrations.iter().map(|(number, _)| *number).find(|number| found < *number);
    let Some(next) = next.filter(|_| 0 < found) else { return Ok(()) };
    let (target, part) = (beside(path, &format!(".before-{next}")), beside(path, ".before.part"));
    let put = || -> std::io::Result<()> {
        fs::rename(&part, &target)?;
        synced(&target)
    };
    // What a broken start left is of no use.
    let _ = fs::remove_file(&part);
    copy(connection, &part)?;
    put().map_err(|error| disk("keeping a copy from before a migration", &error))?;
    forget_older(path, next);
    Ok(())
}

fn forget_older(path: &Path, newest: i64) {
    let older = (1..newest).rev().map(|number| beside(path, &format!(".before-{number}")));
    for old in older.filter(|old| old.exists()).skip(BEFORE_KEPT - 1) {
        // One that stays takes room and harms nothing.
        let _ = fs::remove_file(old);
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}{ending}"))
}

/// Sets a switch in a database's file that nobody has open: a backup that is being restored.
pub fn set_switch_in(
    path: &Path,
    now: &Now,
    name: &'static str,
    value: &str,
    by: &str,
) -> Result<(), DbError> {
    let inner = rusqlite::Connection::open(path).map_err(engine("opening"))?;
    let connection = Connection::prepared(inner, &Arc::default())?;
    connection.within("BEGIN IMMEDIATE", now, &|tx: &Tx<'_>| {
        crate::db::switch::set(tx, name, value, by)
    })?;
    drop(connection);
    synced(path).map_err(|error| disk("syncing the database", &error))
}
