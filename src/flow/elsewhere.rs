//! Orders that do not come from the shop: typed by hand, or imported from a marketplace.

use std::sync::Arc;

use crate::db;
use crate::model::id::{OrderId, ShopId};
use crate::model::order::{Approval, Order, Shipment};
use crate::model::shop_order::ShopOrder;

use super::ctx::{Ctx, FlowError};
use super::intake::desk;
use super::take_in::{Source, Taken, take_in_from};

/// Takes in an order from elsewhere; it waits for a person to press Submit. The same number from
/// the same source is taken in once.
pub async fn enter(
    ctx: &Ctx,
    shop: ShopId,
    source: &str,
    told: ShopOrder,
) -> Result<Taken, FlowError> {
    let desk = Arc::new(desk(ctx, shop).await?);
    let source = source.to_owned();
    ctx.call(move |tx| {
        let known = db::order::find_elsewhere(tx, shop, &source, &told.number)?;
        if let Some(id) = known {
            return Ok(Taken::Known(id));
        }
        let source = Source { name: source.clone(), approval: Approval::Manual };
        let map = db::product::of_shop(tx, shop)?;
        take_in_from(tx, &desk, &told, &source, &map)
    })
    .await
}

/// One row of the file with which a marketplace is told of parcels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// The marketplace's number of the order.
    pub number: String,
    /// Carrier.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
}

/// The parcels of a marketplace's orders that it has not been told of yet.
pub async fn upload_rows(ctx: &Ctx, source: &str) -> Result<Vec<UploadRow>, FlowError> {
    let source = source.to_owned();
    ctx.read(move |tx| {
        let mut rows = Vec::new();
        for id in db::order::from_elsewhere(tx, &source)? {
            let order = db::order::load(tx, id)?;
            for shipment in db::shipment::of_order(tx, id)? {
                if shipment.shop_told_at.is_none() {
                    rows.push(row(&order, &shipment));
                }
            }
        }
        Ok(rows)
    })
    .await
}

fn row(order: &Order, shipment: &Shipment) -> UploadRow {
    UploadRow {
        number: order.number.clone(),
        carrier: shipment.carrier.clone(),
        tracking_number: shipment.tracking_number.clone(),
    }
}

/// Notes that a marketplace was given the file with these orders.
pub async fn uploaded(ctx: &Ctx, orders: Vec<OrderId>) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        for id in &orders {
            for shipment in db::shipment::of_order(tx, *id)? {
                db::shipment::set_shop_told(tx, shipment.id)?;
            }
        }
        Ok(())
    })
    .await
}
