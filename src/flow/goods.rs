//! Whether what the product map names can be ordered, and serves the design: asked, never assumed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::model::design::Design;
use crate::model::product::{Made, Matches};
use crate::model::sku::SkuFacts;
use crate::outside::provider::AskError;

use super::ctx::{Ctx, FlowError};

/// Most variants that are asked about at once: providers are asked about one in a second.
const ASKED_MAX: usize = 50;

/// What speaks against rows of the product map, one sentence each; empty when nothing does. A provider
/// that cannot be asked is told as such, and keeps nobody from mapping.
pub async fn doubts(ctx: &Ctx, rows: &[(Matches, Made)]) -> Result<Vec<String>, FlowError> {
    let mut doubts = Vec::new();
    let mut known: BTreeMap<(String, String), Result<Option<SkuFacts>, AskError>> = BTreeMap::new();
    let mut not_asked = 0;
    for (matches, made) in rows {
        let Made::Here(recipe) = made else {
            continue;
        };
        let design = design(ctx, &recipe.design).await?;
        let routed = recipe.routes.iter().map(|route| (&route.provider, &route.provider_sku));
        for (provider, sku) in routed.chain([(&recipe.provider, &recipe.provider_sku)]) {
            let key = (provider.clone(), sku.clone());
            if !known.contains_key(&key) {
                if known.len() == ASKED_MAX {
                    not_asked += 1;
                    continue;
                }
                let Some(seat) = ctx.providers.values().find(|seat| seat.name == *provider) else {
                    continue;
                };
                known.insert(key.clone(), seat.provider.sku(sku).await);
            }
            let place = format!("{} {}: {provider} {sku}", matches.kind(), matches.key());
            let found = known.get(&key).map_or_else(Vec::new, |said| of_answer(said, &design));
            doubts.extend(found.into_iter().map(|words| format!("{place} {words}")));
        }
    }
    if 0 < not_asked {
        doubts.push(format!(
            "{not_asked} more were not asked about; `woodblock doctor` looks at the whole map"
        ));
    }
    Ok(doubts)
}

fn of_answer(said: &Result<Option<SkuFacts>, AskError>, design: &Design) -> Vec<String> {
    match said {
        Ok(Some(facts)) => facts.doubts(design),
        Ok(None) => vec!["is not in the provider's catalogue".to_owned()],
        // A person looks it up.
        Err(AskError::Unable) => Vec::new(),
        Err(error) => vec![format!("could not be checked: {error}")],
    }
}

async fn design(ctx: &Ctx, name: &str) -> Result<Arc<Design>, FlowError> {
    let wanted = name.to_owned();
    let hash = ctx.read(move |tx| Ok(db::design::current(tx, &wanted)?)).await?;
    let hash = hash.ok_or_else(|| FlowError::NotFound(format!("the design “{name}”")))?;
    ctx.shelf.get(ctx, &hash).await
}
