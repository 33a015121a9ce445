//! Designs by hash: stored as files, read once, kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use crate::db;
use crate::model::design::Design;
use crate::model::id::Hash;
use crate::outside::design_folder;

use super::ctx::{Ctx, FlowError};

/// Designs that were read already. A design never changes under its hash.
#[derive(Default)]
pub struct Shelf {
    kept: Mutex<HashMap<Hash, Arc<Design>>>,
}

impl Shelf {
    /// The design version with this hash.
    pub async fn get(&self, ctx: &Ctx, hash: &Hash) -> Result<Arc<Design>, FlowError> {
        if let Some(design) = self.kept(hash) {
            return Ok(design);
        }
        let wanted = hash.clone();
        let found = ctx.read(move |tx| Ok(db::design::files(tx, &wanted)?)).await?;
        let (name, files) =
            found.ok_or_else(|| FlowError::NotFound(format!("design {}", hash.short())))?;
        let mut contents = BTreeMap::new();
        for (path, file) in files {
            contents.insert(path, ctx.files.get(&file)?);
        }
        let design = read(&name, contents)?;
        self.put(design.clone());
        Ok(design)
    }

    /// Keeps a design that was read elsewhere.
    pub fn put(&self, design: Arc<Design>) {
        let mut kept = self.kept.lock().expect("no holder of this lock panics");
        kept.insert(design.hash.clone(), design);
    }

    fn kept(&self, hash: &Hash) -> Option<Arc<Design>> {
        self.kept.lock().expect("no holder of this lock panics").get(hash).cloned()
    }
}

fn read(name: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Arc<Design>, FlowError> {
    // What is stored was checked when it was added; that it no longer reads is worth a look.
    design_folder::from_files(name, files).map(Arc::new).map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        FlowError::NotNow(format!("the design {name} cannot be read: {}", words.join("; ")))
    })
}
