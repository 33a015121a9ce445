//! The product map.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::check::Checks;
use crate::model::id::{ItemId, ProductId, ShopId};
use crate::model::item::Step;
use crate::model::product::{self, Copies, Made, Matches, Product, Recipe, Route, Sold};

/// The whole map of a shop.
pub fn of_shop(tx: &Tx<'_>, shop: ShopId) -> Result<Vec<Product>, DbError> {
    tx.all(
        "SELECT id, shop_id, match_kind, match_key, made, design, provider, provider_sku, steps,
                delay_s, copies, routes, checks
         FROM products WHERE shop_id = $1 ORDER BY match_kind, match_key",
        cells![shop],
        read,
    )
}

/// One row.
pub fn get(tx: &Tx<'_>, id: ProductId) -> Result<Option<Product>, DbError> {
    tx.optional(
        "SELECT id, shop_id, match_kind, match_key, made, design, provider, provider_sku, steps,
                delay_s, copies, routes, checks
         FROM products WHERE id = $1",
        cells![id],
        read,
    )
}

/// How strict the checks of an item's prints are: as the row says that is about its line now. Where none
/// is, as usual.
pub fn checks_of_item(tx: &Tx<'_>, item: ItemId) -> Result<Checks, DbError> {
    let line = tx.optional(
        "SELECT orders.shop_id, lines.product_id, lines.variation_id, lines.sku
         FROM items JOIN lines ON lines.id = items.line_id JOIN orders ON orders.id = items.order_id
         WHERE items.id = $1",
        cells![item],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<String>(3)?)),
    )?;
    let Some((shop, product_id, variation_id, sku)) = line else {
        return Ok(Checks::default());
    };
    let map = of_shop(tx, shop)?;
    Ok(match product::find(&map, Sold { product_id, variation_id, sku: &sku }) {
        Some(Product { made: Made::Here(recipe), .. }) => recipe.checks.clone(),
        Some(Product { made: Made::Elsewhere, .. }) | None => Checks::default(),
    })
}

/// What spoke against rows of a shop when they were last looked at.
pub fn doubts(tx: &Tx<'_>, shop: ShopId) -> Result<Vec<(ProductId, Vec<String>)>, DbError> {
    tx.all(
        "SELECT id, doubts FROM products WHERE shop_id = $1 AND doubts <> ''",
        cells![shop],
        |row| {
            let doubts: String = row.get(1)?;
            Ok((row.get(0)?, doubts.lines().map(str::to_owned).collect()))
        },
    )
}

/// Notes what speaks against a row; nothing does when it is empty.
pub fn set_doubts(
    tx: &Tx<'_>,
    shop: ShopId,
    matches: &Matches,
    doubts: &[String],
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE products SET doubts = $1
         WHERE shop_id = $2 AND match_kind = $3 AND match_key = $4",
        cells![doubts.join("\n"), shop, matches.kind(), matches.key()],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Product, DbError> {
    let damaged = |what: String| DbError::Damaged(format!("products: {what}"));
    let steps: Option<String> = row.get(8)?;
    let made: String = row.get(4)?;
    let made = match made.as_str() {
        "elsewhere" => Made::Elsewhere,
        _ => Made::Here(Recipe {
            design: row.get(5)?,
            provider: row.get(6)?,
            provider_sku: row.get(7)?,
            routes: Route::parse_list(&row.get::<String>(11)?).map_err(damaged)?,
            steps: steps.as_deref().map(Step::parse_list).transpose().map_err(damaged)?,
            delay_s: row.get(9)?,
            copies: match row.get::<String>(10)?.as_str() {
                "alike" => Copies::Alike,
                "differ" => Copies::Differ,
                _ => Copies::AsDesigned,
            },
            checks: Checks::parse(&row.get::<String>(12)?).map_err(damaged)?,
        }),
    };
    Ok(Product {
        id: row.get(0)?,
        shop: row.get(1)?,
        matches: Matches::parse(&row.get::<String>(2)?, &row.get::<String>(3)?).map_err(damaged)?,
        made,
    })
}

/// Stores a row, in the place of one about the same lines.
pub fn put(
    tx: &Tx<'_>,
    shop: ShopId,
    matches: &Matches,
    made: &Made,
) -> Result<ProductId, DbError> {
    let nothing = Recipe {
        design: String::new(),
        provider: String::new(),
        provider_sku: String::new(),
        routes: Vec::new(),
        steps: None,
        delay_s: None,
        copies: Copies::AsDesigned,
        checks: Checks::default(),
    };
    let (word, recipe) = match made {
        Made::Elsewhere => ("elsewhere", &nothing),
        Made::Here(recipe) => ("here", recipe),
    };
    let copies = match recipe.copies {
        Copies::Alike => "alike",
        Copies::Differ => "differ",
        Copies::AsDesigned => "as_designed",
    };
    tx.one(
        "INSERT INTO products (shop_id, match_kind, match_key, made, design, provider,
             provider_sku, steps, delay_s, copies, routes, checks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (shop_id, match_kind, match_key) DO UPDATE SET made = excluded.made,
             design = excluded.design, provider = excluded.provider,
             provider_sku = excluded.provider_sku, steps = excluded.steps,
             delay_s = excluded.delay_s, copies = excluded.copies, routes = excluded.routes,
             checks = excluded.checks, doubts = ''
         RETURNING id",
        cells![
            shop,
            matches.kind(),
            matches.key(),
            word,
            &recipe.design,
            &recipe.provider,
            &recipe.provider_sku,
            recipe.steps.as_deref().map(Step::write_list),
            recipe.delay_s,
            copies,
            Route::write_list(&recipe.routes),
            recipe.checks.write()
        ],
        |row| row.get(0),
    )
}

/// Removes a row; whether there was one.
pub fn remove(tx: &Tx<'_>, shop: ShopId, matches: &Matches) -> Result<bool, DbError> {
    let removed = tx.execute(
        "DELETE FROM products WHERE shop_id = $1 AND match_kind = $2 AND match_key = $3",
        cells![shop, matches.kind(), matches.key()],
    )?;
    Ok(removed == 1)
}
