//! Webhook deliveries as they arrived.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, OrderId, ShopId, ShopOrderId};
use crate::model::time::Moment;

/// A verified call of a shop's webhook.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Which shop.
    pub shop: ShopId,
    /// The shop's id of its webhook.
    pub hook_id: String,
    /// `order.updated` …
    pub topic: String,
    /// The order it is about, where the body tells.
    pub shop_order: Option<ShopOrderId>,
    /// The body, word for word.
    pub body: String,
}

/// Stores a delivery; the same once more only counts.
pub fn store(tx: &Tx<'_>, delivery: &Delivery) -> Result<(), DbError> {
    let hash = Hash::of(delivery.body.as_bytes());
    tx.execute(
        "INSERT INTO deliveries (shop_id, hook_id, topic, shop_order_id, body_hash, body,
             received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (shop_id, hook_id, topic, body_hash) DO UPDATE SET
             times = deliveries.times + 1",
        cells![
            delivery.shop,
            &delivery.hook_id,
            &delivery.topic,
            delivery.shop_order,
            &hash,
            &delivery.body,
            tx.now
        ],
    )?;
    Ok(())
}

/// Whether a delivery with this body is kept.
pub fn is_kept(tx: &Tx<'_>, shop: ShopId, body_hash: &Hash) -> Result<bool, DbError> {
    let found: Option<Hash> = tx.optional(
        "SELECT body_hash FROM deliveries WHERE shop_id = $1 AND body_hash = $2",
        cells![shop, body_hash],
        |row| row.get(0),
    )?;
    Ok(found.is_some())
}

/// How many different deliveries a shop has made.
pub fn count(tx: &Tx<'_>, shop: ShopId) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM deliveries WHERE shop_id = $1",
        cells![shop],
        |row| row.get(0),
    )
}

/// When a shop last delivered something.
pub fn last_at(tx: &Tx<'_>, shop: ShopId) -> Result<Option<Moment>, DbError> {
    tx.optional(
        "SELECT received_at FROM deliveries WHERE shop_id = $1 ORDER BY id DESC LIMIT 1",
        cells![shop],
        |row| row.get(0),
    )
}

/// The newest orders of a shop, and the last delivery, to compare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastOrders {
    /// When the first of them came in; `None` while there are fewer.
    pub received_at: Option<Moment>,
    /// When the shop last delivered something.
    pub delivered_at: Option<Moment>,
}

/// The newest orders of a shop that came in before a moment.
pub fn last_orders(
    tx: &Tx<'_>,
    shop: ShopId,
    until: Moment,
    count: u32,
) -> Result<LastOrders, DbError> {
    let received = tx.all(
        "SELECT received_at FROM orders
         WHERE received_at <= $1 AND shop_id = $2 AND shop_order_id IS NOT NULL
         ORDER BY received_at DESC, id DESC LIMIT $3",
        cells![until, shop, count],
        |row| row.get(0),
    )?;
    let is_whole = received.len() == count as usize;
    let received_at = received.last().copied().filter(|_| is_whole);
    Ok(LastOrders { received_at, delivered_at: last_at(tx, shop)? })
}

/// A delivery as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number here.
    pub id: i64,
    /// Which shop.
    pub shop: ShopId,
    /// `order.updated` …
    pub topic: String,
    /// The order it is about, where the body told.
    pub shop_order: Option<ShopOrderId>,
    /// When it first arrived.
    pub received_at: Moment,
    /// How often the very same arrived.
    pub times: u32,
    /// Bytes of its body.
    pub bytes: u32,
    /// Our order.
    pub order: Option<OrderId>,
    /// What people call that.
    pub number: String,
}

/// Deliveries before one of them, newest first; of one order of the shop, or of all.
pub fn page(
    tx: &Tx<'_>,
    shop_order: Option<ShopOrderId>,
    before: i64,
    rows: u32,
) -> Result<Vec<DeliveryRow>, DbError> {
    tx.all(
        "SELECT deliveries.id, deliveries.shop_id, deliveries.topic, deliveries.shop_order_id,
                deliveries.received_at, deliveries.times,
                CAST(length(deliveries.body) AS INTEGER), orders.id, COALESCE(orders.number, '')
         FROM deliveries LEFT JOIN orders ON orders.shop_id = deliveries.shop_id
              AND orders.shop_order_id = deliveries.shop_order_id
         WHERE deliveries.id < $1 AND ($2 = 0 OR deliveries.shop_order_id = $2)
         ORDER BY deliveries.id DESC LIMIT $3",
        cells![before, shop_order.map_or(0, |id| id.0), rows],
        |row| {
            Ok(DeliveryRow {
                id: row.get(0)?,
                shop: row.get(1)?,
                topic: row.get(2)?,
                shop_order: row.get(3)?,
                received_at: row.get(4)?,
                times: row.get(5)?,
                bytes: row.get(6)?,
                order: row.get(7)?,
                number: row.get(8)?,
            })
        },
    )
}

/// The shop, the order and the body of one delivery.
pub fn get(tx: &Tx<'_>, id: i64) -> Result<Option<(ShopId, Option<ShopOrderId>, String)>, DbError> {
    tx.optional(
        "SELECT shop_id, shop_order_id, body FROM deliveries WHERE id = $1",
        cells![id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}
