//! What orders brought and no row of the product map explained when they came.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{OrderId, ShopId, ShopOrderId};
use crate::model::product::Sold;

/// No list of what is not mapped is longer.
const ROWS_MAX: u32 = 1_000;

/// Something of the shop that stood in orders without being mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The shop that sold it.
    pub shop: ShopId,
    /// Its product; 0 is none.
    pub product_id: i64,
    /// Its variation; 0 is none.
    pub variation_id: i64,
    /// Its SKU; may be empty.
    pub sku: String,
    /// What the shop calls it.
    pub name: String,
    /// In how many orders it stood.
    pub orders: u32,
    /// The last of them.
    pub last: Last,
}

/// The last order that something stood in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Last {
    /// It is here.
    Here(OrderId, String),
    /// It passed by.
    Passed(ShopOrderId, String),
}

impl Seen {
    /// What the product map is asked about.
    pub fn sold(&self) -> Sold<'_> {
        Sold { product_id: self.product_id, variation_id: self.variation_id, sku: &self.sku }
    }
}

/// In orders that are here; what stood in the latest first.
pub fn in_orders(tx: &Tx<'_>) -> Result<Vec<Seen>, DbError> {
    tx.all(
        "SELECT seen.shop_id, seen.product_id, seen.variation_id, seen.sku, seen.name,
                seen.orders, orders.id, orders.number
         FROM (SELECT orders.shop_id AS shop_id, lines.product_id AS product_id,
                      lines.variation_id AS variation_id, lines.sku AS sku,
                      MAX(lines.name) AS name, MAX(lines.order_id) AS last_id,
                      CAST(COUNT(DISTINCT lines.order_id) AS INTEGER) AS orders
               FROM lines JOIN orders ON orders.id = lines.order_id
               WHERE lines.kind = 'unmapped'
               GROUP BY orders.shop_id, lines.product_id, lines.variation_id, lines.sku) AS seen
         JOIN orders ON orders.id = seen.last_id
         ORDER BY seen.last_id DESC LIMIT $1",
        cells![ROWS_MAX],
        |row| {
            Ok(Seen {
                shop: row.get(0)?,
                product_id: row.get(1)?,
                variation_id: row.get(2)?,
                sku: row.get(3)?,
                name: row.get(4)?,
                orders: row.get(5)?,
                last: Last::Here(row.get(6)?, row.get(7)?),
            })
        },
    )
}

/// In orders that passed by; what stood in the latest first.
pub fn in_passed(tx: &Tx<'_>) -> Result<Vec<Seen>, DbError> {
    tx.all(
        "SELECT seen.shop_id, seen.product_id, seen.variation_id, seen.sku, seen.name,
                seen.orders, seen.last_id, passed_orders.number
         FROM (SELECT shop_id, product_id, variation_id, sku, MAX(name) AS name,
                      MAX(shop_order_id) AS last_id,
                      CAST(COUNT(DISTINCT shop_order_id) AS INTEGER) AS orders
               FROM passed_lines
               GROUP BY shop_id, product_id, variation_id, sku) AS seen
         JOIN passed_orders ON passed_orders.shop_id = seen.shop_id
             AND passed_orders.shop_order_id = seen.last_id
         ORDER BY seen.last_id DESC LIMIT $1",
        cells![ROWS_MAX],
        |row| {
            Ok(Seen {
                shop: row.get(0)?,
                product_id: row.get(1)?,
                variation_id: row.get(2)?,
                sku: row.get(3)?,
                name: row.get(4)?,
                orders: row.get(5)?,
                last: Last::Passed(row.get(6)?, row.get(7)?),
            })
        },
    )
}
