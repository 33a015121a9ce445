//! A WooCommerce store as the flow asks it.
//!
//! Every write is as small as it can be, and is read back and compared: the store answers 200 and
//! silently drops what it does not like. What is not idempotent is looked for before it is sent.

mod catalogue;
mod client;
mod hooks;
mod oauth;
mod plugins;
mod refusal;
#[cfg(test)]
mod tests;
mod tracking;
pub mod webhook;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use url::Url;

use self::client::{Ask, Client};
use self::refusal::unclear;
use super::{NoteTo, Shop, ShopError};
use crate::model::id::ShopOrderId;
use crate::model::shop_hook::{KnownHook, WantedHook};
use crate::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
use crate::model::shop_product::ShopProduct;
use crate::model::time::Moment;
use crate::outside::clock::Clock;
use crate::outside::http::HttpSettings;

/// Order meta over this many bytes is silently not stored (HPOS).
const META_BYTES_MAX: usize = 65_535;
/// What our own meta begins with; nothing else is ever written.
const META_PREFIX: &str = "_woodblock_";

/// How a store is reached.
#[derive(Debug, Clone)]
pub struct WooSettings {
    /// The site address of the shop, as in its general settings.
    pub home: Url,
    /// The root of its interface. Default `<home>/wp-json/`, else what the front page names.
    pub api: Option<Url>,
    /// `ck_…`.
    pub consumer_key: SecretString,
    /// `cs_…`.
    pub consumer_secret: SecretString,
    /// Statuses that are listed; one that the shop does not have makes it refuse every listing.
    pub statuses: Vec<String>,
    /// Orders of a page, 1 to 100. Default 100.
    pub per_page: u32,
    /// Where tracking numbers are kept. Default: found out.
    pub tracking: TrackingPlace,
    /// How keys travel without TLS. Default: never.
    pub plain_http: PlainHttp,
    /// Address of the upload folder. Default `<home>/wp-content/uploads`.
    pub uploads: Option<String>,
    /// Limits of calls. Default: those of [`HttpSettings`].
    pub http: HttpSettings,
}

/// Where a shop keeps tracking numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrackingPlace {
    /// Found out each time.
    #[default]
    Discover,
    /// Advanced Shipment Tracking.
    Advanced,
    /// The official Shipment Tracking.
    ShipmentTracking,
    /// The Fulfillments of WooCommerce itself.
    Fulfillments,
    /// The order's meta, and a note to the customer.
    Meta,
}

/// How keys travel without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// They do not: requests are signed.
    #[default]
    SignedOnly,
    /// As they are, to this very machine alone: for tests and the demo.
    KeysOnLoopback,
}

impl WooSettings {
    /// The usual settings for a shop.
    pub fn new(
        home: Url,
        consumer_key: SecretString,
        consumer_secret: SecretString,
    ) -> WooSettings {
        let statuses = [
            "pending",
            "processing",
            "on-hold",
            "completed",
            "cancelled",
            "refunded",
            "failed",
            "trash",
        ];
        WooSettings {
            home,
            api: None,
            consumer_key,
            consumer_secret,
            statuses: statuses.map(str::to_owned).to_vec(),
            per_page: 100,
            tracking: TrackingPlace::default(),
            plain_http: PlainHttp::default(),
            uploads: None,
            http: HttpSettings::default(),
        }
    }

    fn root(&self) -> Url {
        let below = || self.below_home("/wp-json/").parse().ok();
        let api = self.api.clone().or_else(below);
        api.unwrap_or_else(|| self.home.clone())
    }

    fn uploads(&self) -> String {
        let given = self.uploads.clone();
        given.unwrap_or_else(|| self.below_home("/wp-content/uploads"))
    }

    fn below_home(&self, path: &str) -> String {
        format!("{}{path}", self.home.as_str().trim_end_matches('/'))
    }
}

/// A WooCommerce store.
pub struct WooCommerce {
    settings: WooSettings,
    client: Client,
}

impl WooCommerce {
    /// A store under these settings. Clock and seed make the words that signed requests need.
    pub fn new(settings: WooSettings, clock: Arc<dyn Clock>, seed: u64) -> WooCommerce {
        WooCommerce { client: Client::new(settings.clone(), clock, seed), settings }
    }

    /// Reads an order with the documents of its refunds, which alone say what was refunded.
    async fn list(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError> {
        // A moment without zone: with a `Z` the store shifts it by its own offset (reference, 2.2).
        let ask = Ask::get("wc/v3/orders")
            .with("status", statuses.join(","))
            .with("modified_after", since.zoneless_utc())
            .with("dates_are_gmt", "true")
            .with("orderby", "modified")
            .with("order", "asc")
            .with("per_page", self.settings.per_page)
            .with("page", page);
        let found = self.client.ask(&ask).await?;
        let Json::Array(rows) = found.json else {
            return Err(unclear("the list of orders is no list"));
        };
        let more = match found.pages {
            Some(pages) => page < pages,
            None => found.has_next,
        };
        let mut changed = ChangedPage { orders: Vec::new(), unreadable: Vec::new(), more };
        for row in rows {
            let id = wire::id_of(&row);
            match self.read(row).await {
                Ok(Ok(order)) => changed.orders.push(order),
                Ok(Err(why)) => changed.unreadable.push((id, why)),
                // Deleted since the page was made.
                Err(ShopError::NotFound) => {
                    changed.unreadable.push((id, "its refunds are not there".to_owned()))
                }
                Err(error) => return Err(error),
            }
        }
        Ok(changed)
    }

    async fn read(&self, row: Json) -> Result<Result<ShopOrder, String>, ShopError> {
        let refunds = match wire::id_of(&row).filter(|_| wire::has_refunds(&row)) {
            None => Vec::new(),
            Some(id) => {
                let ask = Ask::get(format!("wc/v3/orders/{id}/refunds")).with("per_page", 100);
                match self.client.ask(&ask).await?.json {
                    Json::Array(refunds) => refunds,
                    _ => return Err(unclear("the order's refunds are no list")),
                }
            }
        };
        Ok(wire::order(row, &refunds, &self.settings.uploads()))
    }

    async fn fields(&self, id: ShopOrderId, fields: &str) -> Result<Json, ShopError> {
        let ask = Ask::get(format!("wc/v3/orders/{id}")).with("_fields", fields);
        let page = self.client.ask(&ask).await?;
        match wire::id_of(&page.json) == Some(id) {
            true => Ok(page.json),
            false => Err(unclear(format!("the answer is not order {id}"))),
        }
    }

    /// The rows of an order's meta.
    async fn order_meta(&self, id: ShopOrderId) -> Result<Vec<Json>, ShopError> {
        let order = self.fields(id, "id,meta_data").await?;
        match &order["meta_data"] {
            Json::Array(rows) => Ok(rows.clone()),
            _ => Err(unclear("the order's meta is no list")),
        }
    }

    async fn has_note(&self, id: ShopOrderId, note: &str, to: NoteTo) -> Result<bool, ShopError> {
        let wanted = note_as_kept(note);
        Ok(self.notes(id, to).await?.contains(&wanted))
    }

    /// Whether a note to the customer holds this tracking number.
    async fn customer_was_told(&self, id: ShopOrderId, number: &str) -> Result<bool, ShopError> {
        let notes = self.notes(id, NoteTo::Customer).await?;
        Ok(notes.iter().any(|text| holds_number(text, number)))
    }

    /// The words of every note to these readers.
    async fn notes(&self, id: ShopOrderId, to: NoteTo) -> Result<Vec<String>, ShopError> {
        let ask = Ask::get(format!("wc/v3/orders/{id}/notes")).with("type", "any");
        let page = self.client.ask(&ask).await?;
        let Json::Array(notes) = page.json else {
            return Err(unclear("the order's notes are no list"));
        };
        let is_to_customer = to == NoteTo::Customer;
        let theirs = notes.iter().filter(|one| one["customer_note"] == Json::Bool(is_to_customer));
        Ok(theirs.map(|one| note_as_kept(one["note"].as_str().unwrap_or_default())).collect())
    }
}

#[async_trait]
impl Shop for WooCommerce {
    async fn list_changed(&self, since: Moment, page: u32) -> Result<ChangedPage, ShopError> {
        self.list(&self.settings.statuses, since, page).await
    }

    async fn list_changed_in(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError> {
        self.list(statuses, since, page).await
    }

    async fn order(&self, id: ShopOrderId) -> Result<ShopOrder, ShopError> {
        let page = self.client.ask(&Ask::get(format!("wc/v3/orders/{id}"))).await?;
        if wire::id_of(&page.json) != Some(id) {
            return Err(unclear(format!("the answer is not order {id}")));
        }
        self.read(page.json)
            .await?
            .map_err(|why| unclear(format!("order {id} cannot be read: {why}")))
    }

    async fn set_status(&self, id: ShopOrderId, status: &str) -> Result<(), ShopError> {
        if matches!(status, "auto-draft" | "checkout-draft" | "trash" | "any") {
            let reason = format!("{status} is no status that an order is given");
            return Err(ShopError::Refused { reason });
        }
        if self.fields(id, "id,status").await?["status"] == status {
            return Ok(());
        }
        let put = Ask::put(format!("wc/v3/orders/{id}"), json!({ "status": status }))
            .with("_fields", "id,status");
        let written = self.client.ask(&put).await;
        if let Err(error @ (ShopError::Refused { .. } | ShopError::NotAllowed { .. })) = written {
            return Err(error);
        }
        match self.fields(id, "id,status").await?["status"] == status {
            true => Ok(()),
            false => match written {
                Ok(_) => Err(ShopError::Refused {
                    reason: format!("the shop did not set the status {status}"),
                }),
                Err(error) => Err(error),
            },
        }
    }

    async fn add_note(&self, id: ShopOrderId, note: &str, to: NoteTo) -> Result<(), ShopError> {
        if self.has_note(id, note, to).await? {
            return Ok(());
        }
        let body = json!({ "note": note, "customer_note": to == NoteTo::Customer });
        let post = Ask::post(format!("wc/v3/orders/{id}/notes"), body);
        match self.client.ask(&post).await {
            Ok(_) => Ok(()),
            // It may be there all the same; what is not there is sent with the next attempt.
            Err(error @ ShopError::Unclear { .. }) => match self.has_note(id, note, to).await? {
                true => Ok(()),
                false => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn products(&self, words: &str) -> Result<Vec<ShopProduct>, ShopError> {
        self.search_products(words).await
    }

    async fn write_tracking(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError> {
        self.track(id, parcels).await
    }

    async fn write_meta(
        &self,
        id: ShopOrderId,
        meta: &[(String, String)],
    ) -> Result<(), ShopError> {
        for (key, value) in meta {
            // Other keys may name properties of the order: `_billing_email` changes the address.
            if !key.starts_with(META_PREFIX) || META_BYTES_MAX < value.len() || 255 < key.len() {
                let reason = format!("{key} cannot be stored in an order's meta");
                return Err(ShopError::Refused { reason });
            }
        }
        let is_kept = |rows: &[Json]| {
            meta.iter().all(|(key, value)| {
                let mut rows = rows.iter();
                rows.any(|row| row["key"] == key.as_str() && row["value"] == value.as_str())
            })
        };
        let rows = self.order_meta(id).await?;
        if is_kept(&rows) {
            return Ok(());
        }
        let rows = meta.iter().map(|(key, value)| {
            let known = rows.iter().find(|row| row["key"] == key.as_str());
            match known.map(|row| &row["id"]) {
                Some(row_id) => json!({ "id": row_id, "key": key, "value": value }),
                None => json!({ "key": key, "value": value }),
            }
        });
        let body = json!({ "meta_data": rows.collect::<Vec<_>>() });
        let put = Ask::put(format!("wc/v3/orders/{id}"), body).with("_fields", "id,meta_data");
        let written = self.client.ask(&put).await;
        if let Err(error @ (ShopError::Refused { .. } | ShopError::NotAllowed { .. })) = written {
            return Err(error);
        }
        match is_kept(&self.order_meta(id).await?) {
            true => Ok(()),
            false => match written {
                Ok(_) => {
                    Err(ShopError::Refused { reason: "the shop did not store our meta".to_owned() })
                }
                Err(error) => Err(error),
            },
        }
    }

    async fn hooks(&self) -> Result<Vec<KnownHook>, ShopError> {
        self.list_hooks().await
    }

    async fn make_hook(&self, wanted: &WantedHook) -> Result<(), ShopError> {
        self.add_hook(wanted).await
    }

    async fn drop_hook(&self, id: i64) -> Result<(), ShopError> {
        self.remove_hook(id).await
    }

    async fn check(&self) -> Result<Vec<String>, ShopError> {
        let index = Ask::get("").with("_fields", "name,namespaces,timezone_string");
        let index = match self.client.ask(&index).await {
            Ok(page) => page.json,
            Err(error) => match self.client.discover().await? {
                Some(_) => self.client.ask(&index).await?.json,
                None => return Err(error),
            },
        };
        let names = index["namespaces"].as_array().cloned().unwrap_or_default();
        let has = |name: &str| names.iter().any(|one| one == name);
        if !has("wc/v3") {
            return Err(ShopError::Refused {
                reason: "the site has no WooCommerce interface wc/v3".to_owned(),
            });
        }
        let name = index["name"].as_str().unwrap_or_default();
        let mut findings = vec![format!("“{name}” answers as WooCommerce")];
        let list = Ask::get("wc/v3/orders")
            .with("status", self.settings.statuses.join(","))
            .with("per_page", 1)
            .with("_fields", "id,status");
        self.client.ask(&list).await?;
        findings.push("the key may read orders".to_owned());
        // There is no order 0: rights are judged before that is noticed.
        match self.client.ask(&Ask::put("wc/v3/orders/0", json!({}))).await {
            Ok(_) | Err(ShopError::NotFound | ShopError::Refused { .. }) => {
                findings.push("the key may write orders".to_owned());
            }
            Err(error) => return Err(error),
        }
        findings.push(self.client.way_in_words().to_owned());
        findings.push(match (has("wc-ast/v3"), has("wc-shipment-tracking/v3")) {
            (true, _) => "tracking goes to Advanced Shipment Tracking".to_owned(),
            (false, true) => "tracking goes to Shipment Tracking".to_owned(),
            (false, false) => {
                "no tracking plugin: Fulfillments if on, else meta and note".to_owned()
            }
        });
        if self.client.is_dirty() {
            findings
                .push("a plugin or theme of the shop spoils its answers; it is coped with".into());
        }
        Ok(findings)
    }

    fn clock_ahead_ms(&self) -> Option<i64> {
        self.client.clock_ahead_ms()
    }
}

/// Whether this number stands in a text, and not as a part of a longer one.
fn holds_number(text: &str, number: &str) -> bool {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let number = number.trim();
    !number.is_empty()
        && text.match_indices(number).any(|(at, found)| {
            is_apart(text[..at].chars().next_back())
                && is_apart(text[at + found.len()..].chars().next())
        })
}

/// A note as the store keeps it: it takes tags and backslashes away, and escapes in links.
fn note_as_kept(text: &str) -> String {
    let mut plain = String::new();
    let mut is_tag = false;
    for c in html_escape::decode_html_entities(text).chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            '\\' => {}
            c if !is_tag => plain.push(c),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
