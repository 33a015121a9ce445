//! A shop's webhooks: what is queued, folded, signed and sent, and how they are switched off.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::store::Store;
use crate::model::id::{Hash, ShopOrderId};
use crate::model::shop_hook::KnownHook;
use crate::model::time::Moment;
use crate::sandbox::core::Core;
use crate::sandbox::document::map;
use crate::sandbox::fault::{Call, Fault};

/// With more failures in a row than this, the next one switches the webhook off.
const FAILURES_MAX: u32 = 5;

/// One call that a shop makes, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingDelivery {
    /// Name of the shop.
    pub shop: String,
    /// The webhook.
    pub webhook_id: i64,
    /// Where it goes.
    pub url: String,
    /// When it leaves.
    pub at: Moment,
    /// All headers but those of the transport.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

impl OutgoingDelivery {
    /// The value of a header, named in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// One webhook of a shop.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) status: String,
    pub(crate) created_at: Moment,
    pub(crate) modified_at: Option<Moment>,
    pub(crate) failures: u32,
    /// Whether the ping still wants a 200.
    pub(crate) ping_owed: bool,
    /// Whether the user who made it may still read orders.
    pub(crate) is_powerless: bool,
}

impl Webhook {
    /// As it is read back: without secret and failures.
    pub(crate) fn told(&self) -> KnownHook {
        KnownHook {
            id: self.id,
            name: self.name.clone(),
            topic: self.topic.clone(),
            url: self.url.clone(),
            status: self.status.clone(),
        }
    }
}

#[derive(Debug, Clone)]
struct Queued {
    webhook_id: i64,
    order: ShopOrderId,
    due_at: Moment,
    fault: Option<Fault>,
}

/// The webhooks of one shop and what waits to be sent.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    pub(crate) all: Vec<Webhook>,
    /// How long the shop's own queue takes.
    pub(crate) queue_delay: std::time::Duration,
    queue: Vec<Queued>,
    last_id: i64,
}

impl Hooks {
    /// Registers a webhook; its unsigned ping is owed until it was answered with 200.
    pub(crate) fn register(
        &mut self,
        now: Moment,
        name: &str,
        topic: &str,
        url: &str,
        secret: &str,
    ) -> i64 {
        self.last_id += 1;
        self.all.push(Webhook {
            id: self.last_id,
            name: name.to_owned(),
            topic: topic.to_owned(),
            url: url.to_owned(),
            // The shop decodes entities before it signs.
            secret: html_escape::decode_html_entities(secret).into_owned(),
            status: "active".to_owned(),
            created_at: now,
            modified_at: None,
            failures: 0,
            ping_owed: true,
            is_powerless: false,
        });
        self.last_id
    }

    pub(crate) fn get_mut(&mut self, id: i64) -> Option<&mut Webhook> {
        self.all.iter_mut().find(|hook| hook.id == id)
    }

    /// Queues a delivery to every webhook of this topic; one that waits already is folded in.
    pub(crate) fn announce(&mut self, core: &mut Core, order: ShopOrderId, topic: &str) {
        let due_at = core.now.plus(self.queue_delay);
        let hooks = self.all.iter().filter(|hook| hook.topic == topic && hook.status == "active");
        for hook in hooks {
            let waits = |queued: &Queued| queued.webhook_id == hook.id && queued.order == order;
            if self.queue.iter().any(waits) {
                continue;
            }
            let fault = core.strike(Call::Webhook);
            let due_at = match fault {
                Some(Fault::WebhookDropped) => continue,
                Some(Fault::WebhookLate(late)) => due_at.plus(late),
                _ => due_at,
            };
            self.queue.push(Queued { webhook_id: hook.id, order, due_at, fault });
        }
    }

    /// Tells the webhook how its delivery was answered; the seventh failure in a row ends it.
    pub(crate) fn answered(&mut self, webhook_id: i64, status: u16) {
        let Some(hook) = self.get_mut(webhook_id) else {
            return;
        };
        if (200..=302).contains(&status) {
            hook.failures = 0;
            return;
        }
        if FAILURES_MAX < hook.failures {
            hook.status = "disabled".to_owned();
        }
        hook.failures += 1;
    }
}

impl Store {
    /// When each waiting delivery is due.
    pub(crate) fn deliveries_due(&self) -> impl Iterator<Item = Moment> {
        self.hooks.queue.iter().map(|queued| queued.due_at)
    }

    /// The unsigned call that a new webhook makes first.
    pub(crate) fn ping(&self, webhook_id: i64, now: Moment) -> Option<OutgoingDelivery> {
        let hook = self.hooks.all.iter().find(|hook| hook.id == webhook_id)?;
        Some(OutgoingDelivery {
            shop: self.name.clone(),
            webhook_id,
            url: hook.url.clone(),
            at: now,
            headers: vec![
                ("User-Agent".to_owned(), USER_AGENT.to_owned()),
                ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ],
            body: format!("webhook_id={webhook_id}").into_bytes(),
        })
    }

    /// Takes the deliveries that are due; each body is built now, from the order as it is now.
    pub(crate) fn take_deliveries(&mut self, core: &mut Core) -> Vec<OutgoingDelivery> {
        let now = core.now;
        let queue = std::mem::take(&mut self.hooks.queue);
        let (due, waiting): (Vec<_>, Vec<_>) =
            queue.into_iter().partition(|queued| queued.due_at <= now);
        self.hooks.queue = waiting;
        let mut deliveries = Vec::new();
        for queued in due {
            let Some(delivery) = self.deliver(&queued, now) else {
                continue;
            };
            core.note(format!(
                "shop {}: webhook {} about order {}",
                self.name, queued.webhook_id, queued.order
            ));
            if queued.fault == Some(Fault::WebhookDoubled) {
                deliveries.push(delivery.clone());
            }
            deliveries.push(delivery);
        }
        deliveries
    }

    fn deliver(&self, queued: &Queued, now: Moment) -> Option<OutgoingDelivery> {
        let hook = self.hooks.all.iter().find(|hook| hook.id == queued.webhook_id)?;
        let is_powerless = hook.is_powerless || queued.fault == Some(Fault::WebhookPowerless);
        let document = match self.orders.get(&queued.order.0) {
            _ if is_powerless => {
                error("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.", 401)
            }
            Some(_) if hook.topic == "order.deleted" => map! { "id" => queued.order.0 },
            Some(order) => self.order_document(order),
            None => error("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404),
        };
        let body = document.php_json().into_bytes();
        let secret = match queued.fault {
            Some(Fault::WebhookSignedWrong) => "another secret",
            _ => &hook.secret,
        };
        let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
        // Not unique: two deliveries of one webhook in the same second share it.
        let seed = format!("{}{}", hook.id, now.unix_ms() / 1000);
        let delivery_id = Hash::of(seed.as_bytes()).as_str()[..32].to_owned();
        let headers = [
            ("User-Agent", USER_AGENT.to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("X-WC-Webhook-Source", format!("{}/", self.home)),
            ("X-WC-Webhook-Topic", hook.topic.clone()),
            ("X-WC-Webhook-Resource", resource.to_owned()),
            ("X-WC-Webhook-Event", event.to_owned()),
            ("X-WC-Webhook-Signature", sign(secret, &body)),
            ("X-WC-Webhook-ID", hook.id.to_string()),
            ("X-WC-Webhook-Delivery-ID", delivery_id),
        ];
        Some(OutgoingDelivery {
            shop: self.name.clone(),
            webhook_id: hook.id,
            url: hook.url.clone(),
            at: now,
            headers: headers.map(|(key, value)| (key.to_owned(), value)).to_vec(),
            body,
        })
    }
}

/// An error in the shop's own form.
fn error(code: &str, message: &str, status: i64) -> crate::sandbox::document::Doc {
    map! { "code" => code, "message" => message, "data" => map! { "status" => status } }
}

/// The signature of a delivery: HMAC-SHA256 over its exact bytes, in base64.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

pub(crate) const USER_AGENT: &str = "WooCommerce/11.0.1 Hookshot (WordPress/7.1.4)";
