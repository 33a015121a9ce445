//! Webhook deliveries as they arrived.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, ShopId, ShopOrderId};
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
