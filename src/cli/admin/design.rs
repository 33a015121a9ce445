//! Designs, as the command line asks for them.

use crate::db;
use crate::flow::{Ctx, FlowError};

/// Every current design.
pub async fn list(ctx: &Ctx) -> Result<String, FlowError> {
    let designs = ctx.read(|tx| Ok(db::design::all_current(tx)?)).await?;
    let lines: Vec<String> = designs
        .iter()
        .map(|one| format!("{:24} {}  {}", one.name, one.hash.short(), one.title))
        .collect();
    Ok(if lines.is_empty() { "no designs yet".to_owned() } else { lines.join("\n") })
}

/// Adds a design, or says everything that is wrong with it.
pub async fn add(ctx: &Ctx, name: &str, files: Vec<(String, String)>) -> Result<String, FlowError> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let mut contents = std::collections::BTreeMap::new();
    for (path, text) in files {
        let bytes = engine
            .decode(text)
            .map_err(|_| FlowError::NotNow(format!("{path} did not arrive whole")))?;
        contents.insert(path, bytes);
    }
    let hash = match crate::flow::design::add(ctx, name, contents, "").await? {
        Ok(hash) => hash,
        Err(faults) => {
            let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Err(FlowError::NotNow(words.join("\n")));
        }
    };
    let areas = ctx.shelf.get(ctx, &hash).await?.areas.len();
    Ok(format!("{name} is here as {} with {areas} area(s)", hash.short()))
}
