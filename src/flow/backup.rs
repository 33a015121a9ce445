//! Backups: a copy of the database at one moment and of every file it needs, and the way back (R56).
//!
//! A restored database does not know what was sent after it was copied. So it comes back in recovery
//! mode: nothing is sent before each open order was looked up (R39).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::db::engine::{self, Check, Now};
use crate::db::{self, DbError};
use crate::model::id::Hash;
use crate::model::time::Moment;
use crate::outside::backup_folder::{self, Manifest, NewBackup, OldBackup};
use crate::outside::files::Files;

use super::ctx::{Ctx, FlowError};
use super::file;

/// Where a backup is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Into this folder, under a name of its own.
    Into(PathBuf),
    /// At this path, which must be free.
    At(PathBuf),
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Where it lies.
    pub path: PathBuf,
    /// Files in it.
    pub files: usize,
    /// Files that rows name and that were not on the disk.
    pub missing: Vec<Hash>,
    /// Older backups that were removed.
    pub forgotten: usize,
}

/// Makes a backup while everything goes on. `keep` is how many are left in the folder it goes into.
pub async fn make(
    ctx: &Ctx,
    place: Place,
    keep: Option<usize>,
    secrets: Vec<(String, Vec<u8>)>,
) -> Result<Made, FlowError> {
    let target = match &place {
        Place::Into(folder) => {
            backup_folder::make_parent(folder).map_err(|error| told(&error))?;
            folder.join(backup_folder::name_of(ctx.clock.now()))
        }
        Place::At(path) => path.clone(),
    };
    // No file goes between the copy of the rows and the copy of the files that they name.
    let kept = file::keep_all(ctx).await;
    let backup = NewBackup::begin(&target).map_err(|error| told(&error))?;
    ctx.probe.pass("backup: before the database").await;
    ctx.db.copy_to(backup.database()).await?;
    ctx.probe.pass("backup: after the database").await;
    let (clock, files) = (Arc::clone(&ctx.clock), Arc::clone(&ctx.files));
    let work = move || fill(backup, &*files, clock.now(), &secrets);
    let (path, files, missing) = blocking(work).await?;
    drop(kept);
    let forgotten = match (&place, keep) {
        (Place::Into(folder), Some(keep)) => {
            backup_folder::forget_older(folder, keep.max(1)).map_err(|error| told(&error))?.len()
        }
        (Place::Into(_) | Place::At(_), _) => 0,
    };
    let place = path.display().to_string();
    ctx.call(move |tx| Ok(db::switch::set(tx, db::switch::BACKUP, &place, "program")?)).await?;
    Ok(Made { path, files, missing, forgotten })
}

/// What the disk says is for the person who asked for the backup.
fn told(error: &std::io::Error) -> FlowError {
    FlowError::NotNow(format!("the backup cannot be made: {error}"))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FlowError> + Send + 'static,
) -> Result<T, FlowError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|_| FlowError::NotNow("the backup broke off".to_owned()))?
}

fn fill(
    backup: NewBackup,
    files: &dyn Files,
    now: Moment,
    secrets: &[(String, Vec<u8>)],
) -> Result<(PathBuf, usize, Vec<Hash>), FlowError> {
    let database = backup.database();
    let at_once: Now = Arc::new(move || now);
    // The copy itself was checked whole; what is read here is what the files are compared with.
    let found = engine::inspect(&database, Check::Quick, &at_once, db::file::needed)?;
    let needed = found.read.ok_or_else(|| DbError::Damaged(found.damage.join("; ")))?;
    let copies = backup.files().map_err(|error| told(&error))?;
    let mut missing = Vec::new();
    for (hash, _) in &needed {
        match files.put_into(hash, &copies) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                missing.push(hash.clone())
            }
            Err(error) => return Err(told(&error)),
        }
    }
    let wrong = wrong_sizes(&copies, &needed)?;
    missing.extend(wrong);
    for (name, bytes) in secrets {
        backup.put_secret(name, bytes).map_err(|error| told(&error))?;
    }
    let count = needed.len() - missing.len();
    let manifest = Manifest {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now.to_string(),
        schema: found.schema,
        database_sha256: backup_folder::sha256_of(&database).map_err(|error| told(&error))?,
        files: count,
        missing: missing.iter().map(ToString::to_string).collect(),
    };
    let path = backup.finish(&manifest).map_err(|error| told(&error))?;
    Ok((path, count, missing))
}

/// Files of the copy whose size is not what their row says: cut off by a disk that was full.
fn wrong_sizes(copies: &dyn Files, needed: &[(Hash, i64)]) -> Result<Vec<Hash>, FlowError> {
    let sizes: std::collections::HashMap<&Hash, i64> =
        needed.iter().map(|(hash, bytes)| (hash, *bytes)).collect();
    let all = copies.all().map_err(|error| told(&error))?;
    let is_wrong = |file: &crate::outside::files::Kept| {
        sizes.get(&file.hash).is_some_and(|bytes| u64::try_from(*bytes) != Ok(file.bytes))
    };
    Ok(all.into_iter().filter(is_wrong).map(|file| file.hash).collect())
}

/// What came back from a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made_at: String,
    /// Files that came back.
    pub files: usize,
    /// Files that its rows name and that it does not hold.
    pub missing: Vec<Hash>,
}

/// Puts a backup into an empty state folder: every file is compared with its hash, the database is
/// checked whole, marked for recovery and moved into its place last.
pub fn restore(
    from: &OldBackup,
    database: &Path,
    files: &dyn Files,
    now: Moment,
) -> Result<Restored, FlowError> {
    let failed = |error: std::io::Error| FlowError::NotNow(format!("not restored: {error}"));
    let at_once: Now = Arc::new(move || now);
    let part = database.with_extension("db.part");
    from.copy_database(&part).map_err(failed)?;
    let found = engine::inspect(&part, Check::Whole, &at_once, db::file::needed)?;
    if found.known < found.schema {
        return Err(DbError::NewerSchema { found: found.schema, known: found.known }.into());
    }
    if !found.damage.is_empty() {
        return Err(DbError::Damaged(found.damage.join("; ")).into());
    }
    let source = from.files().map_err(failed)?;
    let kept = source.all().map_err(failed)?;
    for file in &kept {
        // Reading compares the bytes with the hash.
        files.put(&source.get(&file.hash).map_err(failed)?).map_err(failed)?;
    }
    let have: std::collections::HashSet<&Hash> = kept.iter().map(|file| &file.hash).collect();
    // A backup of an older schema is compared after its migration, by `doctor`.
    let needed = found.read.unwrap_or_default().into_iter().map(|(hash, _)| hash);
    let missing: Vec<Hash> = needed.filter(|hash| !have.contains(hash)).collect();
    let made_at = from.manifest.made_at.clone();
    let why = format!("restored from the backup of {made_at}");
    engine::set_switch_in(&part, &at_once, db::switch::RECOVERY, &why, "restore")?;
    backup_folder::move_into_place(&part, database).map_err(failed)?;
    Ok(Restored { made_at, files: kept.len(), missing })
}
