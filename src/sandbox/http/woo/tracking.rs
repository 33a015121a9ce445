//! Tracking numbers: Shipment Tracking, Advanced Shipment Tracking, Fulfillments (section 4).

use serde_json::Value as Json;

use super::super::exchange::{Answer, Request, wp_error};
use super::{created, document, json_of, no_route};
use crate::model::id::{ShopLineId, ShopOrderId};
use crate::model::time::Moment;
use crate::sandbox::core::Core;
use crate::sandbox::document::{Doc, map};
use crate::sandbox::shop::order::Parcel;
use crate::sandbox::shop::{Store, Tracking};

impl Store {
    /// Which namespaces have routes: the advanced plugin answers under both.
    pub(super) fn has_tracking_routes(&self, namespace: &str) -> bool {
        match self.tracking {
            Tracking::ShipmentTracking => namespace == "wc-shipment-tracking",
            Tracking::Advanced => true,
            Tracking::None | Tracking::Fulfillments => false,
        }
    }

    /// `orders/{id}/shipment-trackings`. Each POST appends, whatever is there already.
    pub(super) fn trackings(
        &mut self,
        core: &mut Core,
        request: &Request,
        id: i64,
        rest: &[&str],
    ) -> Answer {
        let Some(order) = self.orders.get(&id) else {
            return wp_error(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.");
        };
        let by_id = |tracking_id: &str| {
            order.parcels.iter().find(|parcel| parcel.tracking_id == tracking_id)
        };
        match (request.method.as_str(), rest) {
            ("GET" | "HEAD", []) => {
                let rows = order.parcels.iter().map(|parcel| self.tracking_document(id, parcel));
                document(request, Doc::List(rows.collect()))
            }
            ("GET" | "HEAD", [tracking_id]) => match by_id(tracking_id) {
                Some(parcel) => document(request, self.tracking_document(id, parcel)),
                None => tracking_missing(),
            },
            ("DELETE", [tracking_id]) => match by_id(tracking_id) {
                Some(parcel) => {
                    let shown = document(request, self.tracking_document(id, parcel));
                    let order = self.orders.get_mut(&id).expect("looked up above");
                    order.parcels.retain(|parcel| parcel.tracking_id != *tracking_id);
                    shown
                }
                None => tracking_missing(),
            },
            ("POST", []) => self.add_tracking(core, request, id),
            _ => no_route(),
        }
    }

    fn add_tracking(&mut self, core: &mut Core, request: &Request, id: i64) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let tracking_number = text("tracking_number");
        if tracking_number.is_empty() {
            let message = "Missing parameter(s): tracking_number";
            return wp_error(400, "rest_missing_callback_param", message);
        }
        let is_custom = !text("custom_tracking_provider").is_empty();
        let carrier = match is_custom {
            true => text("custom_tracking_provider"),
            false => text("tracking_provider"),
        };
        let parcel = Parcel {
            tracking_id: core.draw_hex(32),
            tracking_url: text("custom_tracking_link").replace("%1$s", &tracking_number),
            shipped_at: Moment::parse_zoneless_utc(&format!("{}T00:00:00", text("date_shipped")))
                .unwrap_or(core.now),
            key: tracking_number.clone(),
            lines: Vec::new(),
            carrier,
            tracking_number,
        };
        let answer = created(request, self.tracking_document(id, &parcel));
        let is_advanced = self.tracking == Tracking::Advanced;
        let order = self.orders.get_mut(&id).expect("looked up by the caller");
        if is_advanced && json["replace_tracking"].as_i64() == Some(1) {
            order.parcels.clear();
        }
        order.parcels.push(parcel);
        self.save(core, ShopOrderId(id));
        // The advanced plugin changes the status itself when it is asked to.
        if is_advanced && json["status_shipped"].as_i64() == Some(1) {
            self.change_status(core, ShopOrderId(id), "completed");
        }
        answer
    }

    fn tracking_document(&self, order_id: i64, parcel: &Parcel) -> Doc {
        let order = format!("{}/wp-json/wc-shipment-tracking/v3/orders/{order_id}", self.home);
        let all = format!("{order}/shipment-trackings");
        map! {
            "tracking_id" => parcel.tracking_id.as_str(),
            "tracking_provider" => parcel.carrier.as_str(),
            "tracking_link" => parcel.tracking_url.as_str(),
            "tracking_number" => parcel.tracking_number.as_str(),
            "date_shipped" => self.local(parcel.shipped_at)[..10].to_owned(),
            "_links" => map! {
                "self" => vec![map! { "href" => format!("{all}/{}", parcel.tracking_id) }],
                "collection" => vec![map! { "href" => all.as_str() }],
                "up" => vec![map! { "href" => order.as_str() }],
            },
        }
    }

    /// `orders/{id}/fulfillments`.
    pub(super) fn fulfillments(
        &mut self,
        core: &mut Core,
        request: &Request,
        method: &str,
        id: i64,
        rest: &[&str],
    ) -> Answer {
        let Some(order) = self.orders.get(&id) else {
            let document = map! {
                "code" => "woocommerce_rest_order_invalid_id",
                "message" => "Invalid order ID.",
                "data" => map! { "status" => "404" },
            };
            return Answer::json(404, &document);
        };
        match (method, rest) {
            ("GET" | "HEAD", []) => {
                let rows = (1..).zip(&order.parcels);
                // Read back it is the text "1", not true.
                let rows = rows.map(|(nth, parcel)| fulfillment(nth, id, parcel, "1".into()));
                document(request, Doc::List(rows.collect()))
            }
            ("POST", []) => self.add_fulfillment(core, request, id),
            _ => no_route(),
        }
    }

    fn add_fulfillment(&mut self, core: &mut Core, request: &Request, id: i64) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        let refuse = |message: &str| {
            let data = map! { "status" => 400 };
            Answer::json(400, &map! { "code" => 0, "message" => message, "data" => data })
        };
        if json["status"].as_str() != Some("fulfilled") {
            return refuse("Invalid fulfillment status.");
        }
        let rows = json["meta_data"].as_array().cloned().unwrap_or_default();
        let row = |key: &str| {
            let found = rows.iter().find(|row| row["key"].as_str() == Some(key));
            found.map_or(Json::Null, |row| row["value"].clone())
        };
        let text = |key: &str| row(key).as_str().unwrap_or_default().to_owned();
        let items = row("_items");
        let lines = items.as_array().into_iter().flatten().map(|item| {
            let pieces = u32::try_from(item["qty"].as_u64()?).ok()?;
            Some((ShopLineId(item["item_id"].as_i64()?), pieces))
        });
        let Some(lines) = lines.collect::<Option<Vec<_>>>() else {
            return refuse("Invalid item.");
        };
        if lines.is_empty() {
            return refuse("The fulfillment should contain at least one item.");
        }
        let carrier = match text("_provider_name") {
            name if name.is_empty() => text("_shipment_provider"),
            name => name,
        };
        let parcel = Parcel {
            tracking_id: core.draw_hex(32),
            carrier,
            tracking_number: text("_tracking_number"),
            tracking_url: text("_tracking_url"),
            shipped_at: crate::sandbox::shop::store::second_of(core.now),
            key: text("_tracking_number"),
            lines,
        };
        let order_id = ShopOrderId(id);
        let order = self.orders.get_mut(&id).expect("looked up by the caller");
        order.parcels.push(parcel.clone());
        let nth = i64::try_from(order.parcels.len()).unwrap_or(i64::MAX);
        let is_whole = order.lines.iter().all(|line| {
            let sent = order.parcels.iter().flat_map(|parcel| &parcel.lines);
            let sent: u32 = sent.filter(|(sent, _)| sent.0 == line.id).map(|(_, n)| n).sum();
            line.quantity <= sent
        });
        let state = match is_whole {
            true => "fulfilled",
            false => "partially_fulfilled",
        };
        self.write_meta(order_id, "_fulfillment_status", Json::from(state));
        if json["notify_customer"] == Json::Bool(true) {
            self.mail(core, order_id, "Fulfillment created");
        }
        self.save(core, order_id);
        created(request, fulfillment(nth, id, &parcel, Doc::Bool(true)))
    }
}

fn fulfillment(nth: i64, order_id: i64, parcel: &Parcel, is_fulfilled: Doc) -> Doc {
    let at = format!("{}Z", parcel.shipped_at.zoneless_utc());
    let items = parcel.lines.iter().map(|(line, pieces)| {
        map! { "item_id" => line.0, "qty" => i64::from(*pieces) }
    });
    let rows = [
        ("_items", Doc::List(items.collect())),
        ("_tracking_number", Doc::from(parcel.tracking_number.as_str())),
        ("_shipment_provider", Doc::from(parcel.carrier.as_str())),
        ("_tracking_url", Doc::from(parcel.tracking_url.as_str())),
        ("_date_fulfilled", Doc::from(at.as_str())),
    ];
    let rows = (1..).zip(rows).map(|(row, (key, value)): (i64, _)| {
        map! { "id" => nth * 10 + row, "key" => key, "value" => value }
    });
    map! {
        "id" => nth,
        "entity_type" => "WC_Order",
        "entity_id" => order_id.to_string(),
        "status" => "fulfilled",
        "is_fulfilled" => is_fulfilled,
        "date_updated" => at.as_str(),
        "date_deleted" => Doc::Null,
        "meta_data" => rows.collect::<Vec<_>>(),
    }
}

/// The carriers that the official plugin knows, by country.
pub(super) fn carriers() -> Doc {
    map! {
        "United States" => map! {
            "Fedex" => "https://www.fedex.com/apps/fedextrack/?action=track&action=track&tracknumbers=%1$s",
            "UPS" => "https://www.ups.com/track?loc=en_US&tracknum=%1$s",
            "USPS" => "https://tools.usps.com/go/TrackConfirmAction_input?qtc_tLabels1=%1$s",
        },
    }
}

fn tracking_missing() -> Answer {
    let code = "woocommerce_rest_shipment_tracking_invalid_id";
    wp_error(404, code, "Invalid shipment tracking ID.")
}
