//! The one file that knows the database engine: connections, transactions, parameters and rows.
//!
//! Every statement is a `&'static str` with parameters `$1, $2, …`. SQLite numbers `$n` by first
//! appearance, so each prepared statement is checked once: parameter i must be named `$i`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;

use crate::model::time::Moment;

mod disk;
mod error;
mod upkeep;

pub use disk::{Failure, Fate, Fates};
pub use error::DbError;
pub use upkeep::{Check, Inspected, copy_file, inspect, set_switch_in};

use disk::Disk;

/// Below this version a WAL database can be damaged (reliability R51): 3.51.3.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const READERS: usize = 3;
const STATEMENTS_CACHED: usize = 256;
/// A file in memory that is this connection's alone. A `:memory:` database keeps every page in its
/// cache, and many a commit walks all of that: a long simulation would slow down with its past.
const IN_MEMORY: &str = "file:woodblock?vfs=memdb";
/// Pages are small because a rollback keeps whole ones. Nobody else opens it, and no disk is synced.
const IN_MEMORY_SETTINGS: &str = "PRAGMA page_size = 1024; PRAGMA journal_mode = MEMORY;
    PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA cache_size = 400;";
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Tells the present moment; a transaction asks once, when it begins.
pub type Now = Arc<dyn Fn() -> Moment + Send + Sync>;

type Work = Box<dyn FnOnce(&Connection) + Send>;

/// The database: one writer, a few readers.
#[derive(Clone)]
pub struct Db {
    backend: Backend,
    now: Now,
    disk: Arc<Disk>,
}

#[derive(Clone)]
enum Backend {
    /// In memory, on the caller's thread: for simulations.
    Inline(Arc<Mutex<Connection>>),
    /// In a file: the writer has a thread, readers are lent out.
    File { writer: mpsc::Sender<Work>, readers: Arc<Mutex<Vec<Connection>>>, path: Arc<PathBuf> },
}

struct Connection {
    inner: rusqlite::Connection,
    /// Ordered rather than hashed: a few comparisons cost less than a hash of every statement that runs.
    checked: RefCell<BTreeSet<usize>>,
    disk: Arc<Disk>,
}

/// A transaction and the one moment at which everything in it happens.
pub struct Tx<'db> {
    connection: &'db Connection,
    /// The moment of the transaction.
    pub now: Moment,
}

/// What a statement is given, or a row holds. Text is borrowed where it can be: a loaded order is
/// many cells.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Cow<'a, str>),
}

/// A row that was read.
pub struct Row<'row> {
    inner: &'row rusqlite::Row<'row>,
}

impl Db {
    /// Opens the file, makes it if need be, and brings its schema up to date.
    pub fn open(path: &Path, now: Now) -> Result<Db, DbError> {
        Db::open_with(path, now, super::migrations::ALL)
    }

    /// The same with these migrations. Before any is applied to a database that holds something, a
    /// copy that was checked is put beside it.
    pub fn open_with(path: &Path, now: Now, migrations: &[(i64, &str)]) -> Result<Db, DbError> {
        check_version()?;
        let disk: Arc<Disk> = Arc::default();
        let connection = Connection::to_file(path, &disk)?;
        upkeep::copy_before_migration(&connection, path, migrations)?;
        connection.migrate(migrations)?;
        let mut readers = Vec::new();
        for _ in 0..READERS {
            readers.push(Connection::to_file(path, &disk)?);
        }
        let (writer, work) = mpsc::channel::<Work>();
        std::thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || {
                for piece in work {
                    piece(&connection);
                }
            })
            .map_err(|_| DbError::Closed)?;
        let readers = Arc::new(Mutex::new(readers));
        let backend = Backend::File { writer, readers, path: Arc::new(path.to_owned()) };
        Ok(Db { backend, now, disk })
    }

    /// A database that lives as long as this value, on the caller's thread.
    pub fn in_memory(now: Now) -> Result<Db, DbError> {
        check_version()?;
        let inner = rusqlite::Connection::open(IN_MEMORY).map_err(engine("opening"))?;
        inner.execute_batch(IN_MEMORY_SETTINGS).map_err(engine("setting up"))?;
        let disk: Arc<Disk> = Arc::default();
        let connection = Connection::prepared(inner, &disk)?;
        connection.migrate(super::migrations::ALL)?;
        Ok(Db { backend: Backend::Inline(Arc::new(Mutex::new(connection))), now, disk })
    }

    /// Runs `work` in one write transaction. It may run again, so it changes nothing outside.
    pub async fn call<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.backend {
            Backend::Inline(connection) => {
                let connection = connection.lock().expect("no holder of this lock panics");
                connection.within("BEGIN IMMEDIATE", &self.now, &work)
            }
            Backend::File { writer, .. } => {
                let (answer, answered) = tokio::sync::oneshot::channel();
                let now = self.now.clone();
                let piece: Work = Box::new(move |connection| {
                    // Nobody waits any more when the caller was dropped; the work is done anyway.
                    let _ = answer.send(connection.within("BEGIN IMMEDIATE", &now, &work));
                });
                writer.send(piece).map_err(|_| DbError::Closed)?;
                answered.await.map_err(|_| DbError::Closed)?
            }
        }
    }

    /// Runs `work` on one snapshot.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.backend {
            Backend::Inline(connection) => {
                let connection = connection.lock().expect("no holder of this lock panics");
                self.disk.may_go_on()?;
                // Nobody else can write meanwhile: the lock itself is the snapshot.
                work(&Tx { connection: &connection, now: (self.now)() })
            }
            Backend::File { readers, path, .. } => {
                let (readers, path, now) = (readers.clone(), path.clone(), self.now.clone());
                let disk = Arc::clone(&self.disk);
                let task = tokio::task::spawn_blocking(move || {
                    let lent = readers.lock().expect("no holder of this lock panics").pop();
                    let connection = match lent {
                        Some(connection) => connection,
                        None => Connection::to_file(&path, &disk)?,
                    };
                    let found = connection.within("BEGIN", &now, &work);
                    let mut readers = readers.lock().expect("no holder of this lock panics");
                    if readers.len() < READERS {
                        readers.push(connection);
                    }
                    found
                });
                task.await.map_err(|_| E::from(DbError::Closed))?
            }
        }
    }

    async fn raw<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.disk.may_go_on()?;
        match &self.backend {
            Backend::Inline(connection) => {
                work(&connection.lock().expect("no holder of this lock panics"))
            }
            Backend::File { writer, .. } => {
                let (answer, answered) = tokio::sync::oneshot::channel();
                let piece: Work = Box::new(move |connection| {
                    let _ = answer.send(work(connection));
                });
                writer.send(piece).map_err(|_| DbError::Closed)?;
                answered.await.map_err(|_| DbError::Closed)?
            }
        }
    }
}

/// The version of the linked SQLite: 3_051_003 is 3.51.3.
pub fn sqlite_version() -> i32 {
    rusqlite::version_number()
}

fn check_version() -> Result<(), DbError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(DbError::OldSqlite(rusqlite::version().to_owned()));
    }
    Ok(())
}

fn engine(doing: &str) -> impl FnOnce(rusqlite::Error) -> DbError + '_ {
    move |source| DbError::Engine { doing: doing.to_owned(), source }
}

impl Connection {
    fn to_file(path: &Path, disk: &Arc<Disk>) -> Result<Connection, DbError> {
        let inner = rusqlite::Connection::open(path).map_err(engine("opening"))?;
        inner
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .map_err(engine("setting up"))?;
        Connection::prepared(inner, disk)
    }

    fn prepared(inner: rusqlite::Connection, disk: &Arc<Disk>) -> Result<Connection, DbError> {
        inner.busy_timeout(BUSY_TIMEOUT).map_err(engine("setting up"))?;
        inner.execute_batch("PRAGMA foreign_keys = ON;").map_err(engine("setting up"))?;
        // A plan does not depend on bound values. Otherwise SQLite prepares a statement anew whenever
        // a value that a partial index might match is bound, which costs more than running it.
        inner
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(engine("setting up"))?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
        Ok(Connection { inner, checked: RefCell::default(), disk: Arc::clone(disk) })
    }

    /// Brings the schema up to date: each migration in a transaction of its own.
    fn migrate(&self, migrations: &[(i64, &str)]) -> Result<(), DbError> {
        let found = self.schema()?;
        let known = migrations.last().map_or(0, |(number, _)| *number);
        if known < found {
            return Err(DbError::NewerSchema { found, known });
        }
        for (number, statements) in migrations {
            if *number <= found {
                continue;
            }
            let whole =
                format!("BEGIN IMMEDIATE; {statements}; PRAGMA user_version = {number}; COMMIT;");
            self.inner.execute_batch(&whole).map_err(engine("running a migration"))?;
        }
        Ok(())
    }

    fn schema(&self) -> Result<i64, DbError> {
        self.inner
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(engine("reading the schema version"))
    }

    fn within<T, E: From<DbError>>(
        &self,
        begin: &'static str,
        now: &Now,
        work: &impl Fn(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.disk.may_go_on()?;
        self.plain(begin)?;
        let before = self.inner.total_changes();
        let done = work(&Tx { connection: self, now: now() }).and_then(|value| {
            let is_written = before < self.inner.total_changes();
            self.commit(is_written)?;
            Ok(value)
        });
        // A failed commit leaves the transaction open or rolled back, and so does a full disk.
        if done.is_err() && !self.inner.is_autocommit() {
            self.plain("ROLLBACK")?;
        }
        done
    }

    fn commit(&self, is_written: bool) -> Result<(), DbError> {
        let fate = if is_written { self.disk.fate() } else { Fate::Kept };
        match fate {
            Fate::Kept => self.plain("COMMIT")?,
            Fate::Lost(failure) => {
                return Err(failure.seen_at_commit()).map_err(self.failed("COMMIT"));
            }
            Fate::KeptUntold(failure) => {
                self.plain("COMMIT")?;
                return Err(failure.seen_at_commit()).map_err(self.failed("COMMIT"));
            }
        }
        if is_written {
            self.disk.took();
        }
        Ok(())
    }

    fn plain(&self, sql: &'static str) -> Result<(), DbError> {
        let mut statement = self.inner.prepare_cached(sql).map_err(self.failed(sql))?;
        statement.execute([]).map(|_| ()).map_err(self.failed(sql))
    }

    /// An error of the engine; one of the disk is noted for everybody.
    fn failed<'a>(&'a self, doing: &'a str) -> impl FnOnce(rusqlite::Error) -> DbError + 'a {
        move |source| {
            let error = engine(doing)(source);
            self.disk.note(&error);
            error
        }
    }

    fn check_names(&self, sql: &'static str, statement: &rusqlite::Statement<'_>) {
        if !self.checked.borrow_mut().insert(sql.as_ptr() as usize) {
            return;
        }
        for place in 1..=statement.parameter_count() {
            let name = statement.parameter_name(place);
            assert!(
                name == Some(format!("${place}").as_str()),
                "parameter {place} of `{sql}` is named {name:?}: number them by first appearance"
            );
        }
    }
}

impl Tx<'_> {
    /// Runs a statement; how many rows it changed.
    pub fn execute(&self, sql: &'static str, cells: &[Cell<'_>]) -> Result<usize, DbError> {
        let mut statement = self.statement(sql)?;
        statement.execute(rusqlite::params_from_iter(cells)).map_err(self.connection.failed(sql))
    }

    /// Runs an insert into a table whose key is `id`; the new row's id, or `None` when a conflict
    /// kept it out. SQLite knows the id by itself: a RETURNING would build a table for each row. An
    /// engine that does not is given the statement with `RETURNING id` behind it. Not for a statement
    /// that updates on conflict: there SQLite knows no id.
    pub fn insert<T: FromCell>(
        &self,
        sql: &'static str,
        cells: &[Cell<'_>],
    ) -> Result<Option<T>, DbError> {
        if self.execute(sql, cells)? == 0 {
            return Ok(None);
        }
        let id = Cell::Int(self.connection.inner.last_insert_rowid());
        let id = T::from_cell(id).map_err(|wrong| DbError::Damaged(format!("id: {wrong:?}")))?;
        Ok(Some(id))
    }

    /// Runs an insert that nothing can keep out; the new row's id.
    pub fn insert_one<T: FromCell>(
        &self,
        sql: &'static str,
        cells: &[Cell<'_>],
    ) -> Result<T, DbError> {
        self.insert(sql, cells)?.ok_or_else(|| DbError::Damaged(format!("no row by `{sql}`")))
    }

    /// Runs an update that must change exactly one row; `what` names it in the conflict.
    pub fn change(
        &self,
        what: &'static str,
        sql: &'static str,
        cells: &[Cell<'_>],
    ) -> Result<(), DbError> {
        match self.execute(sql, cells)? {
            1 => Ok(()),
            _ => Err(DbError::Conflict { what }),
        }
    }

    /// The one row of a query.
    pub fn one<T>(
        &self,
        sql: &'static str,
        cells: &[Cell<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.optional(sql, cells, read)?
            .ok_or_else(|| DbError::Damaged(format!("no row for `{sql}`")))
    }

    /// The first row of a query, if any.
    pub fn optional<T>(
        &self,
        sql: &'static str,
        cells: &[Cell<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(cells))
            .map_err(self.connection.failed(sql))?;
        match rows.next().map_err(self.connection.failed(sql))? {
            Some(inner) => read(&Row { inner }).map(Some),
            None => Ok(None),
        }
    }

    /// All rows of a query.
    pub fn all<T>(
        &self,
        sql: &'static str,
        cells: &[Cell<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.each(sql, cells, |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Reads every row of a query, one after the other.
    pub fn each(
        &self,
        sql: &'static str,
        cells: &[Cell<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(cells))
            .map_err(self.connection.failed(sql))?;
        while let Some(inner) = rows.next().map_err(self.connection.failed(sql))? {
            read(&Row { inner })?;
        }
        Ok(())
    }

    fn statement(&self, sql: &'static str) -> Result<rusqlite::CachedStatement<'_>, DbError> {
        let statement =
            self.connection.inner.prepare_cached(sql).map_err(self.connection.failed(sql))?;
        self.connection.check_names(sql, &statement);
        Ok(statement)
    }
}

impl rusqlite::ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::ToSqlOutput;
        Ok(match self {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub fn get<T: FromCell>(&self, column: usize) -> Result<T, DbError> {
        let cell = match self.inner.get_ref(column).map_err(engine("reading a row"))? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cell::Text(Cow::Borrowed(text)),
                Err(_) => return Err(DbError::Damaged(format!("column {column} is no UTF-8"))),
            },
            ValueRef::Real(_) | ValueRef::Blob(_) => {
                return Err(DbError::Damaged(format!(
                    "column {column} is neither text nor number"
                )));
            }
        };
        T::from_cell(cell).map_err(|wrong| DbError::Damaged(format!("column {column}: {wrong:?}")))
    }
}

/// A type that a column can be read as.
pub trait FromCell: Sized {
    /// Reads the cell, or gives it back when it holds something else.
    fn from_cell(cell: Cell<'_>) -> Result<Self, Cell<'_>>;
}
