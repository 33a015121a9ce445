//! Tracking numbers: written where the shop keeps them, each parcel once (reference, section 4).
//!
//! Every way appends whatever it is sent, so each write is preceded by a look, and a write without
//! a clear answer is followed by one.

use serde_json::{Value as Json, json};

use super::client::{Ask, Client};
use super::refusal::unclear;
use super::{TrackingPlace, WooCommerce};
use crate::model::id::{Hash, ShopOrderId};
use crate::model::shop_order::ShopParcel;
use crate::outside::shop::{NoteTo, Shop, ShopError};

/// The array that both tracking plugins read.
const ITEMS_KEY: &str = "_wc_shipment_tracking_items";
/// WooCommerce's own words for carriers; every other is `other` with its name.
const CARRIERS: &[&str] = &["ups", "usps", "fedex", "dhl"];

/// Where parcels of one order go.
enum Place {
    /// A plugin's routes, under this namespace.
    Plugin(&'static str, Plugin),
    /// The Fulfillments of WooCommerce itself.
    Fulfillments,
    /// The order's meta and a note to the customer.
    Meta,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Plugin {
    Advanced,
    ShipmentTracking,
}

const ADVANCED: Place = Place::Plugin("wc-ast/v3", Plugin::Advanced);
const SHIPMENT_TRACKING: Place = Place::Plugin("wc-shipment-tracking/v3", Plugin::ShipmentTracking);

impl WooCommerce {
    /// Writes the parcels that are not there yet.
    pub(super) async fn track(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError> {
        match self.place(id).await? {
            Place::Plugin(namespace, plugin) => {
                let route = format!("{namespace}/orders/{id}/shipment-trackings");
                for parcel in parcels {
                    let body = match plugin {
                        Plugin::Advanced => advanced(parcel),
                        Plugin::ShipmentTracking => self.shipment_tracking(parcel).await?,
                    };
                    add_once(&self.client, &route, body, parcel).await?;
                }
                Ok(())
            }
            Place::Fulfillments => {
                // A fulfilment must name its lines; a parcel of which nothing is known goes on.
                let (named, rest): (Vec<_>, Vec<_>) =
                    parcels.iter().cloned().partition(|one| !one.lines.is_empty());
                let route = format!("wc/v3/orders/{id}/fulfillments");
                for parcel in &named {
                    add_once(&self.client, &route, fulfillment(parcel), parcel).await?;
                }
                self.track_in_meta(id, &rest).await
            }
            Place::Meta => self.track_in_meta(id, parcels).await,
        }
    }

    /// What the shop has; asked each time, because plugins come and go.
    async fn place(&self, id: ShopOrderId) -> Result<Place, ShopError> {
        match self.settings.tracking {
            TrackingPlace::Advanced => return Ok(ADVANCED),
            TrackingPlace::ShipmentTracking => return Ok(SHIPMENT_TRACKING),
            TrackingPlace::Fulfillments => return Ok(Place::Fulfillments),
            TrackingPlace::Meta => return Ok(Place::Meta),
            TrackingPlace::Discover => {}
        }
        let index = Ask::get("").with("_fields", "namespaces");
        let index = self.client.ask(&index).await?.json;
        let names = index["namespaces"].as_array().cloned().unwrap_or_default();
        let has = |name: &str| names.iter().any(|one| one == name);
        if has("wc-ast/v3") {
            return Ok(ADVANCED);
        }
        if has("wc-shipment-tracking/v3") {
            return Ok(SHIPMENT_TRACKING);
        }
        let fulfillments = Ask::get(format!("wc/v3/orders/{id}/fulfillments"));
        match self.client.ask(&fulfillments).await {
            Ok(_) => Ok(Place::Fulfillments),
            // The routes do not exist while the feature is off.
            Err(ShopError::Refused { .. }) => Ok(Place::Meta),
            Err(error) => Err(error),
        }
    }

    /// A carrier that the plugin knows makes its own link; any other is sent with ours.
    async fn shipment_tracking(&self, parcel: &ShopParcel) -> Result<Json, ShopError> {
        let mut body = json!({
            "tracking_number": parcel.tracking_number,
            "date_shipped": &parcel.shipped_at.to_string()[..10],
        });
        let known = match parcel.tracking_url.is_empty() {
            true => self.known_carrier(&parcel.carrier).await?,
            false => None,
        };
        match known {
            Some(name) => body["tracking_provider"] = name.into(),
            None => {
                body["custom_tracking_provider"] = carrier(parcel).into();
                body["custom_tracking_link"] = parcel.tracking_url.as_str().into();
            }
        }
        Ok(body)
    }

    /// The plugin's name of a carrier; plugins that only look alike have no list.
    async fn known_carrier(&self, carrier: &str) -> Result<Option<String>, ShopError> {
        let ask = Ask::get("wc-shipment-tracking/v3/shipment-trackings/providers");
        let countries = match self.client.ask(&ask).await {
            Ok(page) => page.json,
            Err(ShopError::Refused { .. } | ShopError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let countries = countries.as_object().into_iter().flat_map(|map| map.values());
        let mut names = countries.filter_map(Json::as_object).flat_map(|map| map.keys());
        let found = names.find(|name| name.eq_ignore_ascii_case(carrier));
        Ok(found.cloned())
    }

    /// Read, change, write, read back; then a note, which is all that customers see of it.
    async fn track_in_meta(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError> {
        if parcels.is_empty() {
            return Ok(());
        }
        let (row_id, mut items) = self.tracking_items(id).await?;
        let before = items.len();
        for parcel in parcels.iter().filter(|parcel| !is_among(&items, parcel)).collect::<Vec<_>>()
        {
            items.push(json!({
                "tracking_provider": "",
                "custom_tracking_provider": carrier(parcel),
                "custom_tracking_link": parcel.tracking_url,
                "tracking_number": parcel.tracking_number,
                "date_shipped": (parcel.shipped_at.unix_ms() / 1000).to_string(),
                "tracking_id": &Hash::of(parcel.key.as_bytes()).as_str()[..32],
            }));
        }
        if before < items.len() {
            let mut row = json!({ "key": ITEMS_KEY, "value": items });
            if let Some(row_id) = row_id {
                row["id"] = row_id;
            }
            let put = Ask::put(format!("wc/v3/orders/{id}"), json!({ "meta_data": [row] }))
                .with("_fields", "id,meta_data");
            let written = self.client.ask(&put).await;
            let (_, stored) = self.tracking_items(id).await?;
            if !parcels.iter().all(|parcel| is_among(&stored, parcel)) {
                written?;
                return Err(ShopError::Refused {
                    reason: "the shop did not store the tracking number".to_owned(),
                });
            }
        }
        for parcel in parcels {
            // By its number: the words around it may have changed since.
            if !self.customer_was_told(id, &parcel.tracking_number).await? {
                self.add_note(id, &note(parcel), NoteTo::Customer).await?;
            }
        }
        Ok(())
    }

    async fn tracking_items(
        &self,
        id: ShopOrderId,
    ) -> Result<(Option<Json>, Vec<Json>), ShopError> {
        let rows = self.order_meta(id).await?;
        let row = rows.iter().find(|row| row["key"] == ITEMS_KEY);
        let items = match row.map(|row| &row["value"]) {
            Some(Json::Array(list)) => list.clone(),
            // PHP writes a list with a gap as an object.
            Some(Json::Object(map)) => map.values().cloned().collect(),
            _ => Vec::new(),
        };
        Ok((row.map(|row| row["id"].clone()), items))
    }
}

/// Adds a parcel to a list that takes everything it is sent.
async fn add_once(
    client: &Client,
    route: &str,
    body: Json,
    parcel: &ShopParcel,
) -> Result<(), ShopError> {
    if is_listed(client, route, parcel).await? {
        return Ok(());
    }
    match client.ask(&Ask::post(route, body)).await {
        Ok(_) | Err(ShopError::Unclear { .. }) if is_listed(client, route, parcel).await? => Ok(()),
        Ok(_) => Err(unclear("the shop did not keep the tracking number")),
        Err(error) => Err(error),
    }
}

async fn is_listed(client: &Client, route: &str, parcel: &ShopParcel) -> Result<bool, ShopError> {
    let page = client.ask(&Ask::get(route)).await?;
    let Json::Array(rows) = page.json else {
        return Err(unclear("the shop's list of parcels is no list"));
    };
    Ok(is_among(&rows, parcel))
}

/// By the number: as a field, or among the meta of a fulfilment.
fn is_among(rows: &[Json], parcel: &ShopParcel) -> bool {
    let plain = |text: &str| text.replace([' ', '-'], "").to_uppercase();
    let wanted = plain(&parcel.tracking_number);
    let is_it = |value: &Json| value.as_str().is_some_and(|text| plain(text) == wanted);
    rows.iter().any(|row| {
        let mut meta = row["meta_data"].as_array().into_iter().flatten();
        is_it(&row["tracking_number"])
            || meta.any(|one| one["key"] == "_tracking_number" && is_it(&one["value"]))
    })
}

/// The date is left out: its order depends on a setting of the plugin. The status stays ours.
fn advanced(parcel: &ShopParcel) -> Json {
    json!({
        "tracking_provider": carrier(parcel),
        "custom_tracking_link": parcel.tracking_url,
        "tracking_number": parcel.tracking_number,
        "status_shipped": 0,
        "replace_tracking": 0,
    })
}

/// Entries need an id in older versions; 0 is good for all. The mail is that of `completed`.
fn fulfillment(parcel: &ShopParcel) -> Json {
    let items: Vec<Json> = parcel
        .lines
        .iter()
        .map(|(line, pieces)| json!({ "item_id": line.0, "qty": pieces }))
        .collect();
    let slug = parcel.carrier.to_lowercase();
    let mut rows = vec![
        ("_items", Json::from(items)),
        ("_tracking_number", parcel.tracking_number.as_str().into()),
        ("_tracking_url", parcel.tracking_url.as_str().into()),
    ];
    match CARRIERS.contains(&slug.as_str()) {
        true => rows.push(("_shipment_provider", slug.into())),
        false => {
            rows.push(("_shipment_provider", "other".into()));
            rows.push(("_provider_name", carrier(parcel).into()));
        }
    }
    let rows: Vec<Json> = rows
        .into_iter()
        .map(|(key, value)| json!({ "id": 0, "key": key, "value": value }))
        .collect();
    json!({ "status": "fulfilled", "notify_customer": false, "meta_data": rows })
}

fn carrier(parcel: &ShopParcel) -> &str {
    match parcel.carrier.trim() {
        "" => "Parcel",
        name => name,
    }
}

fn note(parcel: &ShopParcel) -> String {
    let number = &parcel.tracking_number;
    let is_web = parcel.tracking_url.starts_with("https://");
    let shown = match is_web && !parcel.tracking_url.contains(['"', '<', '>']) {
        true => format!("<a href=\"{}\">{number}</a>", parcel.tracking_url),
        false => number.clone(),
    };
    format!("Your parcel is on its way with {}: {shown}", carrier(parcel))
}
