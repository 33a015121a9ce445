//! Somebody asks a provider what was in the parcels that left before it cancelled the rest.

use crate::common::*;
use woodblock::flow::operate::TypedParcel;
use woodblock::flow::payload;
use woodblock::model::id::{FulfilmentId, OrderId};
use woodblock::sandbox::provider::LedgerEntry;

/// Says of each parcel what the provider knows was in it; whether that was taken.
pub async fn tells(day: &Day, id: OrderId, fulfilment: FulfilmentId, entry: &LedgerEntry) -> bool {
    let Ok(order) = day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, id)?)).await else {
        return false;
    };
    let mut did = false;
    for parcel in &entry.parcels {
        let pieces = parcel
            .lines
            .iter()
            .filter_map(|(key, pieces)| Some((payload::item_of_key(&order, key)?, *pieces)));
        let parcel = TypedParcel {
            carrier: parcel.carrier.clone(),
            tracking_number: parcel.tracking_number.clone(),
            tracking_url: parcel.tracking_url.clone(),
            pieces: pieces.collect(),
        };
        did |= day.ctx.type_parcel(id, fulfilment, parcel, &ann()).await.is_ok();
    }
    did
}
