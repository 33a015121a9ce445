//! Webhook deliveries as they arrived.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, ShopId, ShopOrderId};

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

/// How many different deliveries a shop has made.
pub fn count(tx: &Tx<'_>, shop: ShopId) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM deliveries WHERE shop_id = $1",
        cells![shop],
        |row| row.get(0),
    )
}
