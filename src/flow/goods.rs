//! Whether what the product map names can be ordered, and serves the design: asked, never assumed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::model::design::Design;
use crate::model::id::ShopId;
use crate::model::product::{Made, Matches};
use crate::model::sku::SkuFacts;
use crate::outside::provider::AskError;

use super::ctx::{Ctx, FlowError};

/// Most variants that are asked about at once: providers are asked about one in a second.
pub const ASKED_MAX: usize = 50;

/// What speaks against rows of the product map, one sentence each; empty when nothing does. A provider
/// that cannot be asked is told as such, and keeps nobody from mapping.
pub async fn doubts(ctx: &Ctx, rows: &[(Matches, Made)]) -> Result<Vec<String>, FlowError> {
    let asked = ask(ctx, rows, ASKED_MAX).await?;
    Ok(in_words(rows, &asked))
}

/// The same of rows that are in force; what was found is kept with each row, for the pages.
pub async fn look(
    ctx: &Ctx,
    shop: ShopId,
    rows: &[(Matches, Made)],
    asked_max: usize,
) -> Result<Vec<String>, FlowError> {
    let asked = ask(ctx, rows, asked_max).await?;
    let found: Vec<(Matches, Vec<String>)> =
        rows.iter().map(|(matches, _)| matches.clone()).zip(asked.doubts.clone()).collect();
    ctx.call(move |tx| {
        for (matches, doubts) in &found {
            db::product::set_doubts(tx, shop, matches, doubts)?;
        }
        Ok::<_, FlowError>(())
    })
    .await?;
    Ok(in_words(rows, &asked))
}

/// What came of asking, row by row.
struct Asked {
    doubts: Vec<Vec<String>>,
    left_out: usize,
}

async fn ask(ctx: &Ctx, rows: &[(Matches, Made)], asked_max: usize) -> Result<Asked, FlowError> {
    let mut asked = Asked { doubts: Vec::new(), left_out: 0 };
    let mut known: BTreeMap<(String, String), Result<Option<SkuFacts>, AskError>> = BTreeMap::new();
    for (_, made) in rows {
        let mut doubts = Vec::new();
        let Made::Here(recipe) = made else {
            asked.doubts.push(doubts);
            continue;
        };
        let design = design(ctx, &recipe.design).await?;
        let routed = recipe.routes.iter().map(|route| (&route.provider, &route.provider_sku));
        for (provider, sku) in routed.chain([(&recipe.provider, &recipe.provider_sku)]) {
            let key = (provider.clone(), sku.clone());
            if !known.contains_key(&key) {
                if known.len() == asked_max {
                    asked.left_out += 1;
                    continue;
                }
                let Some(seat) = ctx.providers.values().find(|seat| seat.name == *provider) else {
                    continue;
                };
                known.insert(key.clone(), seat.provider.sku(sku).await);
            }
            let found = known.get(&key).map_or_else(Vec::new, |said| of_answer(said, &design));
            doubts.extend(found.into_iter().map(|words| format!("{provider} {sku} {words}")));
        }
        asked.doubts.push(doubts);
    }
    Ok(asked)
}

fn in_words(rows: &[(Matches, Made)], asked: &Asked) -> Vec<String> {
    let mut words = Vec::new();
    for ((matches, _), doubts) in rows.iter().zip(&asked.doubts) {
        let place = format!("{} {}", matches.kind(), matches.key());
        words.extend(doubts.iter().map(|doubt| format!("{place}: {doubt}")));
    }
    if 0 < asked.left_out {
        words.push(format!(
            "{} more were not asked about; `woodblock doctor` looks at the whole map",
            asked.left_out
        ));
    }
    words
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
