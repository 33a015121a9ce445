//! Parcels: facts with moments.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{FulfilmentId, ItemId, OrderId, ShipmentId};
use crate::model::order::Shipment;

/// A hook is called by anybody who knows its address: no more pages than this of one fulfilment.
const LINKS_MAX: u32 = 100;

/// All parcels of an order, oldest first.
pub fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Shipment>, DbError> {
    let mut found = tx.all(
        "SELECT id, fulfilment_id, parcel_key, carrier, tracking_number, tracking_url, shipped_at,
                shop_told_at
         FROM shipments WHERE order_id = $1 ORDER BY id",
        cells![order],
        |row| {
            Ok(Shipment {
                id: row.get(0)?,
                fulfilment: row.get(1)?,
                key: row.get(2)?,
                carrier: row.get(3)?,
                tracking_number: row.get(4)?,
                tracking_url: row.get(5)?,
                shipped_at: row.get(6)?,
                shop_told_at: row.get(7)?,
                lines: Vec::new(),
            })
        },
    )?;
    let lines = tx.all(
        "SELECT shipment_lines.shipment_id, shipment_lines.item_id, shipment_lines.quantity
         FROM shipments JOIN shipment_lines ON shipment_lines.shipment_id = shipments.id
         WHERE shipments.order_id = $1 ORDER BY shipments.id, shipment_lines.item_id",
        cells![order],
        |row| Ok((row.get::<ShipmentId>(0)?, row.get::<ItemId>(1)?, row.get::<u32>(2)?)),
    )?;
    for (id, item, quantity) in lines {
        if let Some(shipment) = found.iter_mut().find(|shipment| shipment.id == id) {
            shipment.lines.push((item, quantity));
        }
    }
    Ok(found)
}

/// Stores a parcel; `None` when it is already here.
pub fn insert(
    tx: &Tx<'_>,
    order: OrderId,
    parcel: &Shipment,
) -> Result<Option<ShipmentId>, DbError> {
    let id: Option<ShipmentId> = tx.insert(
        "INSERT INTO shipments (order_id, fulfilment_id, parcel_key, carrier, tracking_number,
             tracking_url, shipped_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (fulfilment_id, parcel_key, tracking_number) DO NOTHING",
        cells![
            order,
            parcel.fulfilment,
            &parcel.key,
            &parcel.carrier,
            &parcel.tracking_number,
            &parcel.tracking_url,
            parcel.shipped_at
        ],
    )?;
    if let Some(id) = id {
        for (item, quantity) in &parcel.lines {
            put_line(tx, id, *item, *quantity)?;
        }
    }
    Ok(id)
}

/// Says what is in a parcel.
pub fn put_line(
    tx: &Tx<'_>,
    shipment: ShipmentId,
    item: ItemId,
    quantity: u32,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO shipment_lines (shipment_id, item_id, quantity) VALUES ($1, $2, $3)
         ON CONFLICT (shipment_id, item_id) DO UPDATE SET quantity = excluded.quantity",
        cells![shipment, item, quantity],
    )?;
    Ok(())
}

/// Notes that the shop was told of a parcel.
pub fn set_shop_told(tx: &Tx<'_>, id: ShipmentId) -> Result<(), DbError> {
    tx.execute(
        "UPDATE shipments SET shop_told_at = $1 WHERE id = $2 AND shop_told_at IS NULL",
        cells![tx.now, id],
    )?;
    Ok(())
}

/// Keeps the carrier's page of a tracking number, for a parcel that is here or still to come. The
/// first one told stays.
pub fn put_tracking_url(
    tx: &Tx<'_>,
    fulfilment: FulfilmentId,
    tracking_number: &str,
    url: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO tracking_links (fulfilment_id, tracking_number, url)
         SELECT $1, $2, $3
         WHERE (SELECT count(*) FROM tracking_links WHERE fulfilment_id = $1) < $4
         ON CONFLICT (fulfilment_id, tracking_number) DO NOTHING",
        cells![fulfilment, tracking_number, url, LINKS_MAX],
    )?;
    tx.execute(
        "UPDATE shipments SET tracking_url = $1
         WHERE fulfilment_id = $2 AND tracking_number = $3 AND tracking_url = ''",
        cells![url, fulfilment, tracking_number],
    )?;
    Ok(())
}

/// The carrier's page of a tracking number, if the provider told of it.
pub fn tracking_url(
    tx: &Tx<'_>,
    fulfilment: FulfilmentId,
    tracking_number: &str,
) -> Result<Option<String>, DbError> {
    tx.optional(
        "SELECT url FROM tracking_links WHERE fulfilment_id = $1 AND tracking_number = $2",
        cells![fulfilment, tracking_number],
        |row| row.get(0),
    )
}

/// Whether a parcel of this fulfilment has a tracking number.
pub fn is_tracked(tx: &Tx<'_>, fulfilment: FulfilmentId) -> Result<bool, DbError> {
    let found = tx.optional(
        "SELECT 1 FROM shipments WHERE fulfilment_id = $1 AND tracking_number <> '' LIMIT 1",
        cells![fulfilment],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}
