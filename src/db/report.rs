//! What reports are made of: facts of orders, submissions and products of a span of time.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::id::OrderId;
use crate::model::money::{Currency, Money};
use crate::model::order::State;
use crate::model::report::{OrderFact, ProductFact, SubmissionFact};
use crate::model::time::Moment;

/// What a column that may hold nothing else was found to hold.
fn damaged(what: &'static str) -> DbError {
    DbError::Damaged(format!("a {what} that is none"))
}

fn money(row: &Row<'_>, minor: usize, currency: usize) -> Result<Money, DbError> {
    let code: String = row.get(currency)?;
    let currency = Currency::parse(&code).ok_or_else(|| damaged("currency"))?;
    Ok(Money { minor: row.get(minor)?, currency })
}

/// Orders that were placed from one moment until another, oldest first.
pub fn orders(tx: &Tx<'_>, from: Moment, until: Moment) -> Result<Vec<OrderFact>, DbError> {
    tx.all(
        "SELECT orders.number,
                CASE orders.source WHEN 'shop' THEN shops.name ELSE orders.source END,
                orders.state, orders.country, orders.total_minor, orders.currency,
                orders.placed_at, orders.paid_at,
                (SELECT MIN(print_files.made_at) FROM items
                 JOIN print_files ON print_files.item_id = items.id
                 WHERE items.order_id = orders.id),
                (SELECT MIN(fulfilments.intent_at) FROM fulfilments
                 WHERE fulfilments.order_id = orders.id),
                (SELECT MAX(shipments.shipped_at) FROM shipments
                 WHERE shipments.order_id = orders.id)
         FROM orders JOIN shops ON shops.id = orders.shop_id
         WHERE $1 <= orders.placed_at AND orders.placed_at < $2
         ORDER BY orders.placed_at, orders.id",
        cells![from, until],
        |row| {
            let state: String = row.get(2)?;
            Ok(OrderFact {
                number: row.get(0)?,
                source: row.get(1)?,
                state: State::from_name(&state).ok_or_else(|| damaged("state"))?,
                country: row.get(3)?,
                total: money(row, 4, 5)?,
                placed_at: row.get(6)?,
                paid_at: row.get(7)?,
                drawn_at: row.get(8)?,
                sent_at: row.get(9)?,
                shipped_at: row.get(10)?,
            })
        },
    )
}

/// Submissions that were sent from one moment until another.
pub fn submissions(
    tx: &Tx<'_>,
    from: Moment,
    until: Moment,
) -> Result<Vec<SubmissionFact>, DbError> {
    tx.all(
        "SELECT providers.name, fulfilments.intent_at,
                (SELECT MAX(shipments.shipped_at) FROM shipments
                 WHERE shipments.fulfilment_id = fulfilments.id),
                (SELECT CAST(COALESCE(SUM(fulfilment_lines.quantity), 0) AS INTEGER)
                 FROM fulfilment_lines
                 WHERE fulfilment_lines.fulfilment_id = fulfilments.id),
                COALESCE(fulfilments.price_minor, 0), COALESCE(fulfilments.price_currency, ''),
                CASE WHEN fulfilments.provider_order_id IS NULL
                      AND fulfilments.state IN ('refused', 'superseded', 'cancelled')
                     THEN 1 ELSE 0 END
         FROM fulfilments JOIN providers ON providers.id = fulfilments.provider_id
         WHERE fulfilments.intent_at IS NOT NULL
           AND $1 <= fulfilments.intent_at AND fulfilments.intent_at < $2",
        cells![from, until],
        |row| {
            let currency: String = row.get(5)?;
            let price = Currency::parse(&currency).map(|_| money(row, 4, 5)).transpose()?;
            Ok(SubmissionFact {
                provider: row.get(0)?,
                sent_at: row.get(1)?,
                shipped_at: row.get(2)?,
                pieces: row.get(3)?,
                price,
                is_refused: row.get(6)?,
            })
        },
    )
}

/// What was sold of each product that is printed, the most pieces first.
pub fn products(
    tx: &Tx<'_>,
    from: Moment,
    until: Moment,
    rows: u32,
) -> Result<Vec<ProductFact>, DbError> {
    tx.all(
        "SELECT name, sku, currency, orders, pieces, minor FROM (
             SELECT lines.name AS name, lines.sku AS sku, orders.currency AS currency,
                    CAST(COUNT(DISTINCT orders.id) AS INTEGER) AS orders,
                    CAST(SUM(CASE WHEN lines.refunded < lines.quantity
                                  THEN lines.quantity - lines.refunded ELSE 0 END)
                         AS INTEGER) AS pieces,
                    CAST(SUM(lines.total_minor) AS BIGINT) AS minor
             FROM lines JOIN orders ON orders.id = lines.order_id
             WHERE $1 <= orders.placed_at AND orders.placed_at < $2
               AND orders.state <> 'cancelled' AND lines.kind = 'printed'
             GROUP BY lines.name, lines.sku, orders.currency) AS sold
         ORDER BY pieces DESC, name, sku LIMIT $3",
        cells![from, until, rows],
        |row| {
            Ok(ProductFact {
                name: row.get(0)?,
                sku: row.get(1)?,
                orders: row.get(3)?,
                pieces: row.get(4)?,
                value: money(row, 5, 2)?,
            })
        },
    )
}

/// What held orders: its code, how often it began from one moment until another, and how often it
/// holds one now.
pub fn holds(tx: &Tx<'_>, from: Moment, until: Moment) -> Result<Vec<(String, u32, u32)>, DbError> {
    tx.all(
        "SELECT what, times, now FROM (
             SELECT what, CAST(COUNT(*) AS INTEGER) AS times,
                    CAST(SUM(CASE WHEN lifted_at IS NULL THEN 1 ELSE 0 END) AS INTEGER) AS now
             FROM holds WHERE $1 <= set_at AND set_at < $2 GROUP BY what) AS counted
         ORDER BY times DESC, what",
        cells![from, until],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// A fulfilment that should be further by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Its order.
    pub order: OrderId,
    /// What people call that.
    pub number: String,
    /// To whom.
    pub provider: String,
    /// What it is: `gathering`, `in_production` …
    pub state: String,
    /// Since when.
    pub since: Moment,
    /// Until when it should have gone on.
    pub deadline_at: Moment,
}

/// Fulfilments that are late, the longest first.
pub fn late(tx: &Tx<'_>, rows: u32) -> Result<Vec<Late>, DbError> {
    tx.all(
        "SELECT orders.id, orders.number, providers.name, fulfilments.state, fulfilments.since,
                fulfilments.deadline_at
         FROM fulfilments JOIN orders ON orders.id = fulfilments.order_id
         JOIN providers ON providers.id = fulfilments.provider_id
         WHERE fulfilments.deadline_at IS NOT NULL AND fulfilments.deadline_at <= $1
         ORDER BY fulfilments.deadline_at, fulfilments.id LIMIT $2",
        cells![tx.now, rows],
        |row| {
            Ok(Late {
                order: row.get(0)?,
                number: row.get(1)?,
                provider: row.get(2)?,
                state: row.get(3)?,
                since: row.get(4)?,
                deadline_at: row.get(5)?,
            })
        },
    )
}
