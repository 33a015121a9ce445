//! Files by hash: stored with their row first, and swept with their row first.
//!
//! Storing wins. Whoever stores has touched the row before waiting at the gate; the sweep looks for the
//! row once more while it holds the gate. So either it finds the row and lets the file be, or the file
//! is put after it was removed. Only one process has the state directory, so the gate stands in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::RwLock;

use crate::db;
use crate::model::id::Hash;

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
    let stored = match tokio::runtime::Handle::try_current() {
        // Syncing a file to disk takes its time; other work goes on meanwhile.
        Ok(handle) if handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(|| files.put(&bytes))?
        }
        _ => files.put(&bytes)?,
    };
    assert!(stored == hash, "a file is stored under the hash of its content");
    Ok(hash)
}

/// Forgets the files that nothing names; how many.
pub async fn sweep(ctx: &Ctx) -> Result<usize, FlowError> {
    let untouched_since = ctx.clock.now().minus(UNTOUCHED_MIN);
    let gone = ctx.call(move |tx| Ok(db::file::sweep(tx, untouched_since)?)).await?;
    for hash in &gone {
        let _alone = ctx.gate.0.write().await;
        let row = hash.clone();
        if !ctx.read(move |tx| Ok(db::file::is_kept(tx, &row)?)).await? {
            ctx.files.remove(hash)?;
        }
    }
    Ok(gone.len())
}
