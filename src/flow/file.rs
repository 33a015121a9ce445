//! Files by hash: stored with their row first, and swept with their row first.
//!
//! Storing wins. Whoever stores has touched the row before waiting at the gate; the sweep looks for the
//! row once more while it holds the gate. So either it finds the row and lets the file be, or the file
//! is put after it was removed. Only one process has the state directory, so the gate stands in memory.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::RwLock;

use crate::db;
use crate::model::id::Hash;
use crate::outside::files::is_broken;

use super::ctx::{Ctx, FlowError};

/// A file that nothing names is kept this long: its row may still be on its way.
const UNTOUCHED_MIN: Duration = Duration::from_secs(24 * 3_600);

/// Many may store at once; nobody does while a file is removed.
#[derive(Debug, Default)]
pub struct Gate(RwLock<()>);

/// Stores bytes under their hash.
pub async fn store(ctx: &Ctx, bytes: Vec<u8>, kind: &'static str) -> Result<Hash, FlowError> {
    let hash = Hash::of(&bytes);
    let (row, length) = (hash.clone(), bytes.len() as u64);
    ctx.call(move |tx| Ok(db::file::touch(tx, &row, length, kind)?)).await?;
    let _storing = ctx.gate.0.read().await;
    let files = Arc::clone(&ctx.files);
    let put = || {
        files.put(&bytes).inspect_err(|error| {
            if is_broken(error) {
                ctx.db.give_up(&format!("a file could not be stored: {error}"));
            }
        })
    };
    let stored = match tokio::runtime::Handle::try_current() {
        // Syncing a file to disk takes its time; other work goes on meanwhile.
        Ok(handle) if handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(put)?
        }
        _ => put()?,
    };
    assert!(stored == hash, "a file is stored under the hash of its content");
    Ok(hash)
}

/// What this installation answers to a question that `doctor` asks at the public address.
pub fn probe_answer(file_key: &[u8], question: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac =
        Hmac::<sha2::Sha256>::new_from_slice(file_key).expect("HMAC takes keys of any length");
    mac.update(b"probe:");
    mac.update(question.as_bytes());
    let answer = mac.finalize().into_bytes();
    answer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Forgets the files that nothing names; how many.
pub async fn sweep(ctx: &Ctx) -> Result<usize, FlowError> {
    let untouched_since = ctx.clock.now().minus(UNTOUCHED_MIN);
    let gone = ctx.call(move |tx| Ok(db::file::sweep(tx, untouched_since)?)).await?;
    for hash in &gone {
        remove_without_row(ctx, hash).await?;
    }
    Ok(gone.len())
}

/// Removes the file if no row names it; whether it did. Nobody stores meanwhile.
pub async fn remove_without_row(ctx: &Ctx, hash: &Hash) -> Result<bool, FlowError> {
    let _alone = ctx.gate.0.write().await;
    let row = hash.clone();
    let is_kept = ctx.read(move |tx| Ok(db::file::is_kept(tx, &row)?)).await?;
    if !is_kept {
        ctx.files.remove(hash)?;
    }
    Ok(!is_kept)
}

/// Removes files that lie in the folder without a row for longer than a day: a sweep that was cut off
/// between the row and the file leaves one for ever. How many.
pub async fn sweep_orphans(ctx: &Ctx) -> Result<usize, FlowError> {
    let before = ctx.clock.now().minus(UNTOUCHED_MIN);
    let old: Vec<Hash> = ctx
        .files
        .all()?
        .into_iter()
        .filter(|file| file.written_at < before)
        .map(|file| file.hash)
        .collect();
    let known: HashSet<Hash> = ctx.read(|tx| Ok(db::file::all(tx)?)).await?.into_iter().collect();
    let mut removed = ctx.files.remove_leftovers(before)?;
    for hash in old.iter().filter(|hash| !known.contains(hash)) {
        if remove_without_row(ctx, hash).await? {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Keeps files from being removed as long as the answer lives.
pub async fn keep_all(ctx: &Ctx) -> impl Drop + '_ {
    ctx.gate.0.read().await
}
