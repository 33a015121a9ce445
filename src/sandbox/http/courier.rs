//! Carries what leaves the world: webhooks of shops, hooks of providers, downloads of print files.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::woo::approval::HandOver;
use super::{Face, Stop};
use crate::sandbox::shop::OutgoingDelivery;
use crate::sandbox::world::World;

/// How long a shop waits for the answer to a delivery.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a shop waits for the answer to a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the courier looks, when nothing is planned earlier.
const ROUND: Duration = Duration::from_millis(50);
/// Most bytes of one print file.
const FILE_BYTES_MAX: usize = 200 * 1024 * 1024;

/// Makes the calls of the world.
pub(crate) struct Courier {
    world: Arc<World>,
    client: reqwest::Client,
}

impl Courier {
    pub(crate) fn new(world: Arc<World>) -> reqwest::Result<Courier> {
        let client = crate::outside::http::client()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DELIVERY_TIMEOUT)
            .build()?;
        Ok(Courier { world, client })
    }

    /// Posts these bytes; the status of the answer, or 0 where none came.
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
        timeout: Duration,
    ) -> u16 {
        let mut request = self.client.post(url).timeout(timeout).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(response) => response.status().as_u16(),
            Err(_) => 0,
        }
    }

    /// Sends keys to a program that was allowed to have them; the status of its answer.
    pub(crate) async fn hand_over(&self, keys: &HandOver) -> u16 {
        let json = [("Content-Type".to_owned(), "application/json;charset=UTF-8".to_owned())];
        let body = keys.body.clone().into_bytes();
        self.post(&keys.callback_url, &json, body, DELIVERY_TIMEOUT).await
    }

    /// A webhook's unsigned first call. Its failure fails nothing but leaves the ping owed.
    pub(crate) async fn ping(&self, shop: &str, webhook_id: i64) {
        let Some(shop) = self.world.find_shop(shop) else {
            return;
        };
        let Some(ping) = shop.ping(webhook_id) else {
            return;
        };
        let status = self.post(&ping.url, &ping.headers, ping.body, PING_TIMEOUT).await;
        shop.with(|store, _| {
            if let Some(hook) = store.hooks.get_mut(webhook_id) {
                hook.ping_owed = status != 200;
            }
        });
    }

    /// One delivery, and another ping when one is still owed.
    async fn deliver(&self, delivery: OutgoingDelivery) {
        let OutgoingDelivery { shop, webhook_id, url, headers, body, .. } = delivery;
        let status = self.post(&url, &headers, body, DELIVERY_TIMEOUT).await;
        let Some(handle) = self.world.find_shop(&shop) else {
            return;
        };
        handle.delivery_answered(webhook_id, status);
        let owes_ping = handle
            .with(|store, _| store.hooks.get_mut(webhook_id).is_some_and(|hook| hook.ping_owed));
        if owes_ping {
            self.ping(&shop, webhook_id).await;
        }
    }

    /// Downloads the files of a new order and writes their hashes into the ledger.
    pub(crate) async fn download(&self, provider: &str, provider_order_id: &str) {
        let Some(provider) = self.world.find_provider(provider) else {
            return;
        };
        for url in provider.urls_of(provider_order_id) {
            let bytes = self.get(&url).await;
            provider.with(|book, core| {
                book.fetched(core, provider_order_id, &url, bytes.as_deref());
            });
        }
    }

    async fn get(&self, url: &str) -> Option<Vec<u8>> {
        let mut response = self.client.get(url).send().await.ok()?.error_for_status().ok()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            bytes.extend_from_slice(&chunk);
            if FILE_BYTES_MAX < bytes.len() {
                return None;
            }
        }
        Some(bytes)
    }
}

/// Plays the world and carries what leaves it, until the face stops.
pub(super) async fn rounds(face: Arc<Face>, mut stopped: watch::Receiver<Stop>) {
    loop {
        tokio::select! {
            // The sender is gone only when the face is dropped: that ends the rounds too.
            _ = stopped.changed() => return,
            () = tokio::time::sleep(ROUND) => {}
        }
        face.tick();
        let now = face.clock.now();
        for delivery in face.world.take_deliveries(now) {
            let face = face.clone();
            tokio::spawn(async move { face.courier.deliver(delivery).await });
        }
        for call in face.world.take_hook_calls(now) {
            let face = face.clone();
            let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
            tokio::spawn(async move {
                face.courier.post(&call.url, &headers, call.body, DELIVERY_TIMEOUT).await
            });
        }
    }
}
