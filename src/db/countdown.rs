//! Fulfilments that count down, for a change of what they wait for.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, OrderId, ProviderId, ShopId};
use crate::model::time::Moment;

/// A fulfilment that counts down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counting {
    /// Its order.
    pub order: OrderId,
    /// Its id.
    pub id: FulfilmentId,
    /// Since when it counts down.
    pub since: Moment,
}

/// What counts down for a shop, the oldest first.
pub fn of_shop(tx: &Tx<'_>, shop: ShopId) -> Result<Vec<Counting>, DbError> {
    tx.all(
        "SELECT fulfilments.order_id, fulfilments.id, fulfilments.since
         FROM fulfilments JOIN orders ON orders.id = fulfilments.order_id
         WHERE fulfilments.state = 'countdown' AND orders.shop_id = $1 ORDER BY fulfilments.id",
        cells![shop],
        |row| Ok(Counting { order: row.get(0)?, id: row.get(1)?, since: row.get(2)? }),
    )
}

/// What counts down for a provider, the oldest first.
pub fn of_provider(tx: &Tx<'_>, provider: ProviderId) -> Result<Vec<Counting>, DbError> {
    tx.all(
        "SELECT order_id, id, since FROM fulfilments
         WHERE state = 'countdown' AND provider_id = $1 ORDER BY id",
        cells![provider],
        |row| Ok(Counting { order: row.get(0)?, id: row.get(1)?, since: row.get(2)? }),
    )
}
