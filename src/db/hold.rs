//! Holds.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::hold::{Actor, Hold, Target};
use crate::model::id::{FulfilmentId, HoldId, OrderId};
use crate::model::problem::{Problem, What};

/// The holds of an order that are not lifted, oldest first.
pub fn open_of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Hold>, DbError> {
    tx.all(
        "SELECT id, item_id, fulfilment_id, what, place, detail, set_by, set_at FROM holds
         WHERE order_id = $1 AND lifted_at IS NULL ORDER BY id",
        cells![order],
        read,
    )
}

/// Orders with an open hold of this kind.
pub fn orders_held(tx: &Tx<'_>, what: What) -> Result<Vec<OrderId>, DbError> {
    tx.all(
        "SELECT DISTINCT order_id FROM holds WHERE what = $1 AND lifted_at IS NULL ORDER BY order_id",
        cells![what.code()],
        |row| row.get(0),
    )
}

fn read(row: &Row<'_>) -> Result<Hold, DbError> {
    let code: String = row.get(3)?;
    let what =
        What::from_code(&code).ok_or_else(|| DbError::Damaged(format!("holds.what {code}")))?;
    let target = match (row.get(1)?, row.get(2)?) {
        (Some(item), _) => Target::Item(item),
        (None, Some(fulfilment)) => Target::Fulfilment(fulfilment),
        (None, None) => Target::Order,
    };
    Ok(Hold {
        id: row.get(0)?,
        target,
        problem: Problem::new(what, row.get::<String>(4)?, row.get::<String>(5)?),
        set_by: Actor::from_text(&row.get::<String>(6)?),
        set_at: row.get(7)?,
    })
}

/// Stores a hold; only `flow::transition` does.
pub fn insert(
    tx: &Tx<'_>,
    order: OrderId,
    target: Target,
    problem: &Problem,
    by: &Actor,
) -> Result<HoldId, DbError> {
    let (item, fulfilment) = match target {
        Target::Order => (None, None),
        Target::Item(id) => (Some(id), None),
        Target::Fulfilment(id) => (None, Some(id)),
    };
    tx.insert_one(
        "INSERT INTO holds (order_id, item_id, fulfilment_id, what, place, detail, set_by, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        cells![
            order,
            item,
            fulfilment,
            problem.what.code(),
            &problem.place,
            &problem.detail,
            by.text(),
            tx.now
        ],
    )
}

/// Lifts a hold; only `flow::transition` does.
pub fn lift(tx: &Tx<'_>, id: HoldId, by: &Actor) -> Result<(), DbError> {
    tx.change(
        "holds",
        "UPDATE holds SET lifted_by = $1, lifted_at = $2 WHERE id = $3 AND lifted_at IS NULL",
        cells![by.text(), tx.now, id],
    )
}

/// Whether somebody has lifted this very hold on a fulfilment before.
pub fn was_lifted(tx: &Tx<'_>, id: FulfilmentId, problem: &Problem) -> Result<bool, DbError> {
    let found: Option<i64> = tx.optional(
        "SELECT id FROM holds
         WHERE fulfilment_id = $1 AND what = $2 AND place = $3 AND detail = $4
           AND lifted_at IS NOT NULL
         LIMIT 1",
        cells![id, problem.what.code(), &problem.place, &problem.detail],
        |row| row.get(0),
    )?;
    Ok(found.is_some())
}
