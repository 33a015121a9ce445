//! Why the database did not do what it was asked, and what follows from it.

use super::disk::Failure;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// What the update expected is no longer so: load again and decide again.
    #[error("somebody else changed {what} meanwhile")]
    Conflict {
        /// The table and what was expected.
        what: &'static str,
    },
    /// A row holds something that we never write there.
    #[error("a row of the database holds an unexpected value: {0}")]
    Damaged(String),
    /// The database was made by a newer version of this program.
    #[error(
        "the database has schema {found}, this program knows up to {known}: use the newer program"
    )]
    NewerSchema {
        /// Version found in the file.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// The linked SQLite is too old.
    #[error("SQLite {0} is too old; 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// The engine failed: disk, schema or a mistake of ours.
    #[error("the database failed while {doing}")]
    Engine {
        /// The statement or the act.
        doing: String,
        /// What the engine says.
        source: rusqlite::Error,
    },
    /// The disk failed beside the engine.
    #[error("the disk failed while {doing}: {why}")]
    Disk {
        /// The act.
        doing: String,
        /// What the system says.
        why: String,
    },
    /// The disk failed before: nothing is read or written until the program was started again.
    #[error("the disk under the database failed; nothing more is done before a restart: {0}")]
    Broken(String),
    /// The writer has ended.
    #[error("the database is closed")]
    Closed,
}

impl DbError {
    /// How the disk failed, if it was the disk. Everything else is no reason to distrust it.
    pub fn failure(&self) -> Option<Failure> {
        match self {
            DbError::Engine { source, .. } => Failure::of(source),
            DbError::Broken(_) => Some(Failure::Io),
            DbError::Conflict { .. }
            | DbError::Damaged(_)
            | DbError::NewerSchema { .. }
            | DbError::OldSqlite(_)
            | DbError::Disk { .. }
            | DbError::Closed => None,
        }
    }
}

/// An error with its cause.
pub(super) fn in_words(error: &DbError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
