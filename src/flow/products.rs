//! The product map as people change it on the page: a row, many rows, a whole table. Who did it is noted.

use crate::db;
use crate::db::unmapped::Seen;
use crate::model::id::{ProductId, ShopId};
use crate::model::product::{self, Made, Matches, Product};
use crate::model::product_change::{Change, Outcome};

use super::ctx::{Ctx, FlowError};
use super::furnish::{self, fault_of, put_rows};
use super::goods;
use super::operate::Staff;
use super::product_csv::{self, RowFault, Table};

/// Most variants that a press on a page asks providers about: somebody waits for it.
const ASKED_MAX: usize = 8;

/// One row as somebody wants it.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The shop.
    pub shop: ShopId,
    /// The row that is changed, and how it was when somebody began; `None` adds one.
    pub of: Option<(ProductId, String)>,
    /// Which lines it is about.
    pub matches: Matches,
    /// What is done with them.
    pub made: Made,
}

/// What came of saving a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// It is in force; what speaks against it.
    Done(Vec<String>),
    /// Another row is about these lines.
    Taken(ProductId),
    /// It names what is not here.
    Unknown(furnish::Unknown),
    /// Somebody changed or removed it meanwhile.
    Stale,
}

/// A row in one line, to see whether somebody changed it meanwhile.
pub fn mark(row: &Product) -> String {
    product_csv::cells(&row.matches, &row.made).join("|")
}

/// Adds or changes a row, then asks its providers.
pub async fn save(ctx: &Ctx, wish: Wish, who: &Staff) -> Result<Saved, FlowError> {
    let (asked, who) = (wish.clone(), who.0.clone());
    let saved = ctx.call(move |tx| put_one(tx, &asked, &who)).await?;
    match saved {
        Saved::Done(_) => {
            let row = [(wish.matches, wish.made)];
            Ok(Saved::Done(goods::look(ctx, wish.shop, &row, ASKED_MAX).await?))
        }
        other => Ok(other),
    }
}

fn put_one(tx: &db::Tx<'_>, wish: &Wish, who: &str) -> Result<Saved, FlowError> {
    let Wish { shop, of, matches, made } = wish;
    if let Some(unknown) = fault_of(tx, made)? {
        return Ok(Saved::Unknown(unknown));
    }
    let before = match of {
        None => None,
        Some((id, was)) => {
            let row = db::product::get(tx, *id)?.filter(|row| row.shop == *shop);
            match row.filter(|row| mark(row) == *was) {
                None => return Ok(Saved::Stale),
                row => row,
            }
        }
    };
    let map = db::product::of_shop(tx, *shop)?;
    let same = map.iter().find(|row| row.matches == *matches);
    match (same, &before) {
        (Some(same), Some(before)) if same.id == before.id => {}
        (Some(same), _) => return Ok(Saved::Taken(same.id)),
        (None, Some(before)) => {
            db::product::remove(tx, *shop, &before.matches)?;
        }
        (None, None) => {}
    }
    put_rows(tx, *shop, &[(matches.clone(), made.clone())])?;
    let verb = if before.is_some() { "changed the product" } else { "mapped the product" };
    note(tx, who, &format!("{verb} {}", place(matches)))?;
    Ok(Saved::Done(Vec::new()))
}

fn note(tx: &db::Tx<'_>, who: &str, what: &str) -> Result<(), FlowError> {
    Ok(db::staff::note_act(tx, who, what)?)
}

/// What a row is about, as people read it: `SKU MUG`.
pub fn place(matches: &Matches) -> String {
    match matches {
        Matches::Sku(sku) => format!("SKU {sku}"),
        Matches::Product(id) => format!("product {id}"),
        Matches::Variation(id) => format!("variation {id}"),
    }
}

/// Removes a row; what it was about.
pub async fn remove(ctx: &Ctx, id: ProductId, who: &Staff) -> Result<String, FlowError> {
    let who = who.0.clone();
    ctx.call(move |tx| {
        let row = db::product::get(tx, id)?;
        let row = row.ok_or_else(|| FlowError::NotFound(format!("product row {id}")))?;
        db::product::remove(tx, row.shop, &row.matches)?;
        let place = place(&row.matches);
        note(tx, &who, &format!("removed the product {place}"))?;
        Ok(place)
    })
    .await
}

/// What a change does to each of these rows; rows that are gone are left out.
pub async fn preview(
    ctx: &Ctx,
    ids: Vec<ProductId>,
    change: Change,
) -> Result<Vec<(Product, Outcome)>, FlowError> {
    ctx.read(move |tx| outcomes(tx, &ids, &change)).await
}

fn outcomes(
    tx: &db::Tx<'_>,
    ids: &[ProductId],
    change: &Change,
) -> Result<Vec<(Product, Outcome)>, FlowError> {
    let mut told = Vec::new();
    for id in ids {
        if let Some(row) = db::product::get(tx, *id)? {
            let outcome = change.of(&row);
            told.push((row, outcome));
        }
    }
    Ok(told)
}

/// Does it, to all or to none of them, then asks the providers; how many changed, and what speaks
/// against them now.
pub async fn change(
    ctx: &Ctx,
    ids: Vec<ProductId>,
    change: Change,
    who: &Staff,
) -> Result<(usize, Vec<String>), FlowError> {
    let who = who.0.clone();
    let changed = ctx.call(move |tx| change_rows(tx, &ids, &change, &who)).await?;
    let (mut doubts, count) = (Vec::new(), changed.iter().map(|(_, rows)| rows.len()).sum());
    for (shop, rows) in changed {
        let rows: Vec<(Matches, Made)> =
            rows.into_iter().filter_map(|(matches, made)| Some((matches, made?))).collect();
        doubts.extend(goods::look(ctx, shop, &rows, ASKED_MAX).await?);
    }
    Ok((count, doubts))
}

/// Rows that changed, by shop; those without a recipe are gone.
type Changed = Vec<(ShopId, Vec<(Matches, Option<Made>)>)>;

fn change_rows(
    tx: &db::Tx<'_>,
    ids: &[ProductId],
    change: &Change,
    who: &str,
) -> Result<Changed, FlowError> {
    let mut changed: Changed = Vec::new();
    for (row, outcome) in outcomes(tx, ids, change)? {
        let made = match outcome {
            Outcome::Stays(_) => continue,
            Outcome::Goes => {
                db::product::remove(tx, row.shop, &row.matches)?;
                None
            }
            Outcome::Becomes(made) => {
                put_rows(tx, row.shop, &[(row.matches.clone(), made.clone())])?;
                Some(made)
            }
        };
        match changed.iter_mut().find(|(shop, _)| *shop == row.shop) {
            Some((_, rows)) => rows.push((row.matches, made)),
            None => changed.push((row.shop, vec![(row.matches, made)])),
        }
    }
    let places: Vec<String> =
        changed.iter().flat_map(|(_, rows)| rows).map(|(matches, _)| place(matches)).collect();
    let verb = if *change == Change::Delete { "removed" } else { "changed" };
    match places.len() {
        0 => {}
        1..=5 => note(tx, who, &format!("{verb} the products {}", places.join(", ")))?,
        count => note(tx, who, &format!("{verb} {count} products"))?,
    }
    Ok(changed)
}

/// Asks the providers about these rows once more.
pub async fn ask_again(ctx: &Ctx, ids: Vec<ProductId>) -> Result<Vec<String>, FlowError> {
    let rows = ctx
        .read(move |tx| {
            let mut rows = Vec::new();
            for id in &ids {
                rows.extend(db::product::get(tx, *id)?);
            }
            Ok::<_, FlowError>(rows)
        })
        .await?;
    let mut doubts = Vec::new();
    for shop in ctx.shops.keys() {
        let of_shop = rows.iter().filter(|row| row.shop == *shop);
        let of_shop: Vec<(Matches, Made)> =
            of_shop.map(|row| (row.matches.clone(), row.made.clone())).collect();
        if !of_shop.is_empty() {
            doubts.extend(goods::look(ctx, *shop, &of_shop, ASKED_MAX).await?);
        }
    }
    Ok(doubts)
}

/// What a table would do to the map of a shop.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Rows that are new, with their line.
    pub added: Vec<(u64, Matches, Made)>,
    /// Rows that become something else: the line, what there is, and what it becomes.
    pub changed: Vec<(u64, Product, Made)>,
    /// How many are there already, just so.
    pub same: usize,
    /// Why nothing of it can be taken.
    pub faults: Vec<RowFault>,
}

/// Compares a table with the map of a shop, without taking anything.
pub async fn compare(ctx: &Ctx, shop: ShopId, text: &str) -> Result<Import, FlowError> {
    let Table { rows, faults } = product_csv::read_all(text);
    ctx.read(move |tx| {
        let map = db::product::of_shop(tx, shop)?;
        let mut import = Import { faults: faults.clone(), ..Import::default() };
        for (line, matches, made) in rows.clone() {
            if let Some(unknown) = fault_of(tx, &made)? {
                import.faults.push(RowFault { line, what: unknown.what });
                continue;
            }
            match map.iter().find(|row| row.matches == matches) {
                None => import.added.push((line, matches, made)),
                Some(row) if row.made == made => import.same += 1,
                Some(row) => import.changed.push((line, row.clone(), made)),
            }
        }
        import.faults.sort_by_key(|fault| fault.line);
        Ok(import)
    })
    .await
}

/// Takes a table; how many rows changed, and what speaks against them.
pub async fn take(
    ctx: &Ctx,
    shop: ShopId,
    text: &str,
    who: &Staff,
) -> Result<(usize, Vec<String>), FlowError> {
    let import = compare(ctx, shop, text).await?;
    if let Some(fault) = import.faults.first() {
        let words = format!("nothing was taken: line {}: {}", fault.line, fault.what);
        return Err(FlowError::NotNow(words));
    }
    let added = import.added.into_iter().map(|(_, matches, made)| (matches, made));
    let changed = import.changed.into_iter().map(|(_, row, made)| (row.matches, made));
    let rows: Vec<(Matches, Made)> = added.chain(changed).collect();
    if rows.is_empty() {
        return Ok((0, Vec::new()));
    }
    let (taken, who) = (rows.clone(), who.0.clone());
    ctx.call(move |tx| {
        put_rows(tx, shop, &taken)?;
        note(tx, &who, &format!("uploaded {} products", taken.len()))
    })
    .await?;
    let doubts = goods::look(ctx, shop, &rows, ASKED_MAX).await?;
    Ok((rows.len(), doubts))
}

/// What orders brought and no row explains, what stood in most orders first.
pub async fn unmapped(ctx: &Ctx) -> Result<Vec<Seen>, FlowError> {
    let shops: Vec<ShopId> = ctx.shops.keys().copied().collect();
    ctx.read(move |tx| {
        let mut found: Vec<Seen> = db::unmapped::in_orders(tx)?;
        for seen in db::unmapped::in_passed(tx)? {
            let same = |one: &&mut Seen| one.shop == seen.shop && one.sold() == seen.sold();
            match found.iter_mut().find(same) {
                Some(one) => one.orders += seen.orders,
                None => found.push(seen),
            }
        }
        for shop in &shops {
            let map = db::product::of_shop(tx, *shop)?;
            found.retain(|one| one.shop != *shop || product::find(&map, one.sold()).is_none());
        }
        found.retain(|one| shops.contains(&one.shop));
        found.sort_by_key(|one| std::cmp::Reverse(one.orders));
        Ok(found)
    })
    .await
}
