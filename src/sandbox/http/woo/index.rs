//! What a shop says about itself.

use crate::sandbox::document::{Doc, map};
use crate::sandbox::shop::{Store, Tracking};

impl Store {
    /// The answer to `GET /wp-json/`.
    pub(super) fn index_document(&self) -> Doc {
        let mut namespaces = vec!["oembed/1.0", "wc/v3", "wc/v1", "wc/v2", "wc/store", "wp/v2"];
        match self.tracking {
            Tracking::ShipmentTracking => namespaces.push("wc-shipment-tracking/v3"),
            Tracking::Advanced => namespaces.extend(["wc-shipment-tracking/v3", "wc-ast/v3"]),
            Tracking::None | Tracking::Fulfillments => {}
        }
        // A number because the zone has a name; a text where it is typed as an offset.
        let offset_s = self.zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds();
        map! {
            "name" => self.name.as_str(),
            "description" => "",
            "url" => self.home.as_str(),
            "home" => self.home.as_str(),
            "gmt_offset" => Doc::Float(f64::from(offset_s) / 3600.0),
            "timezone_string" => self.zone_name.as_str(),
            "namespaces" => namespaces.into_iter().map(Doc::from).collect::<Vec<_>>(),
            "authentication" => map! {
                "application-passwords" => map! {
                    "endpoints" => map! {
                        "authorization" =>
                            format!("{}/wp-admin/authorize-application.php", self.home),
                    },
                },
            },
        }
    }

    /// The answer to `GET reports/orders/totals`: every status that is registered.
    pub(super) fn totals_document(&self) -> Doc {
        let rows = self.statuses.iter().filter(|status| *status != "auto-draft").map(|status| {
            let count = self.orders.values().filter(|order| order.status == *status).count();
            map! {
                "slug" => status.as_str(),
                "name" => status.as_str(),
                "total" => i64::try_from(count).unwrap_or(i64::MAX),
            }
        });
        Doc::List(rows.collect())
    }
}
