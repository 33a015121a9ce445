//! Files by the hash of their content, written whole or not at all (reliability R55).

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use crate::model::id::Hash;

/// Keeps files under the hash of their content.
pub trait Files: Send + Sync {
    /// Stores the bytes durably; storing the same bytes again changes nothing.
    fn put(&self, bytes: &[u8]) -> io::Result<Hash>;

    /// The bytes of a file, compared with their hash.
    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>>;

    /// Removes a file; one that is not there is no error.
    fn remove(&self, hash: &Hash) -> io::Result<()>;
}

/// Files in memory, for simulations.
#[derive(Default)]
pub struct MemoryFiles {
    kept: Mutex<HashMap<Hash, Arc<Vec<u8>>>>,
}

impl Files for MemoryFiles {
    fn put(&self, bytes: &[u8]) -> io::Result<Hash> {
        let hash = Hash::of(bytes);
        let mut kept = self.kept.lock().expect("no holder of this lock panics");
        kept.entry(hash.clone())
            .or_insert_with(|| Arc::new(bytes.to_vec()));
        Ok(hash)
    }

    fn get(&self, hash: &Hash) -> io::Result<Vec<u8>> {
        let kept = self.kept.lock().expect("no holder of this lock panics");
        match kept.get(hash) {
            Some(bytes) => Ok(bytes.as_ref().clone()),
            None => Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("no file {}", hash.short()),
            )),
        }
    }

    fn remove(&self, hash: &Hash) -> io::Result<()> {
        self.kept
            .lock()
            .expect("no holder of this lock panics")
            .remove(hash);
        Ok(())
    }
}
