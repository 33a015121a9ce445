//! What `doctor` reads: whether the rows name what is here.

use std::collections::BTreeSet;

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::Hash;
use crate::model::product::Route;

/// Designs that the product maps name and that are not here.
pub fn unknown_designs(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT DISTINCT design FROM products
         WHERE made = 'here' AND NOT EXISTS (
             SELECT 1 FROM designs WHERE designs.name = products.design AND designs.is_current = 1)
         ORDER BY design",
        &[],
        |row| row.get(0),
    )
}

/// Providers that the product maps name as the usual one and that are not set up.
pub fn unknown_providers(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT DISTINCT provider FROM products
         WHERE made = 'here' AND NOT EXISTS (
             SELECT 1 FROM providers
             WHERE providers.name = products.provider AND providers.is_enabled = 1)
         ORDER BY provider",
        &[],
        |row| row.get(0),
    )
}

/// Every provider and variant that the product maps name, routes among them.
pub fn mapped(tx: &Tx<'_>) -> Result<Vec<(String, String)>, DbError> {
    let rows = tx.all(
        "SELECT DISTINCT provider, provider_sku, routes FROM products WHERE made = 'here'
         ORDER BY provider, provider_sku, routes",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get::<String>(2)?)),
    )?;
    let mut found = BTreeSet::new();
    for (provider, sku, routes) in rows {
        found.insert((provider, sku));
        let routes = Route::parse_list(&routes)
            .map_err(|what| DbError::Damaged(format!("products: {what}")))?;
        found.extend(routes.into_iter().map(|route| (route.provider, route.provider_sku)));
    }
    Ok(found.into_iter().collect())
}

/// Files of the designs that are current: name and hash.
pub fn design_files(tx: &Tx<'_>) -> Result<Vec<(String, Hash)>, DbError> {
    tx.all(
        "SELECT designs.name, design_files.file_hash
         FROM designs JOIN design_files ON design_files.design_hash = designs.hash
         WHERE designs.is_current = $1 ORDER BY designs.name, design_files.path",
        cells![true],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
