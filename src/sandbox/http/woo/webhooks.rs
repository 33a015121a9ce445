//! Webhooks: registering, reading, switching on and off (sections 3.4 to 3.8).

use super::super::exchange::{Answer, Effect, Request, wp_error};
use super::{created, document, json_of, no_route};
use crate::sandbox::core::Core;
use crate::sandbox::document::{Doc, map};
use crate::sandbox::shop::Store;
use crate::sandbox::shop::hook::Webhook;
use crate::sandbox::shop::store::second_of;

impl Store {
    /// `webhooks`.
    pub(super) fn webhooks(&mut self, core: &mut Core, request: &Request, rest: &[&str]) -> Answer {
        let id = rest.first().map(|id| id.parse::<i64>().unwrap_or(0));
        let known = id.and_then(|id| self.hooks.all.iter().find(|hook| hook.id == id));
        match (request.method.as_str(), id, known) {
            ("GET" | "HEAD", None, _) => {
                let wanted = request.param("status").unwrap_or("all");
                let hooks = self.hooks.all.iter().rev();
                let hooks = hooks.filter(|hook| wanted == "all" || hook.status == wanted);
                document(request, Doc::List(hooks.map(|hook| self.hook_document(hook)).collect()))
            }
            ("POST", None, _) => self.create_webhook(core, request),
            (_, Some(_), None) => {
                wp_error(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
            }
            ("GET" | "HEAD", Some(_), Some(hook)) => document(request, self.hook_document(hook)),
            ("PUT" | "POST" | "PATCH", Some(id), Some(_)) => self.update_webhook(core, request, id),
            ("DELETE", Some(id), Some(hook)) => {
                if !matches!(request.param("force"), Some("true" | "1")) {
                    let message = "Webhooks do not support trashing.";
                    return wp_error(501, "woocommerce_rest_trash_not_supported", message);
                }
                let shown = document(request, self.hook_document(hook));
                self.hooks.all.retain(|hook| hook.id != id);
                shown
            }
            _ => no_route(),
        }
    }

    /// Always active, whatever status was sent; the ping goes out before the answer.
    fn create_webhook(&mut self, core: &mut Core, request: &Request) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        let text = |key: &str| json[key].as_str().unwrap_or_default();
        if !is_topic(text("topic")) {
            let message = "Webhook topic is required and must be valid.";
            return wp_error(400, "woocommerce_rest_shop_webhook_invalid_topic", message);
        }
        let url = text("delivery_url");
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let code = "woocommerce_rest_shop_webhook_invalid_delivery_url";
            let message =
                "Webhook delivery URL must be a valid URL starting with http:// or https://.";
            return wp_error(400, code, message);
        }
        let secret = match text("secret") {
            // A secret of the shop's own is random and never shown.
            "" => core.draw(b"abcdefghijklmnopqrstuvwxyz!#%&*()-_", 50),
            given => given.to_owned(),
        };
        let now = second_of(core.now);
        let id = self.hooks.register(now, text("name"), text("topic"), url, &secret);
        match self.hooks.all.last() {
            Some(hook) => {
                created(request, self.hook_document(hook)).with(Effect::Ping { webhook_id: id })
            }
            None => no_route(),
        }
    }

    fn update_webhook(&mut self, core: &mut Core, request: &Request, id: i64) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        let mut effect = Effect::None;
        if let Some(hook) = self.hooks.get_mut(id) {
            hook.modified_at = Some(second_of(core.now));
            if let Some(status) = json["status"].as_str() {
                // The failures are not forgotten: one more switches it off again.
                status.clone_into(&mut hook.status);
            }
            if let Some(secret) = json["secret"].as_str() {
                hook.secret = html_escape::decode_html_entities(secret).into_owned();
            }
            if let Some(url) = json["delivery_url"].as_str()
                && url != hook.url
            {
                url.clone_into(&mut hook.url);
                hook.ping_owed = true;
            }
            if hook.ping_owed {
                effect = Effect::Ping { webhook_id: id };
            }
        }
        match self.hooks.all.iter().find(|hook| hook.id == id) {
            Some(hook) => document(request, self.hook_document(hook)).with(effect),
            None => no_route(),
        }
    }

    fn hook_document(&self, hook: &Webhook) -> Doc {
        let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
        let listens: &[&str] = match event {
            "created" => &["woocommerce_new_order"],
            "updated" => &["woocommerce_update_order", "woocommerce_order_refunded"],
            "deleted" => &["wp_trash_post"],
            "restored" => &["untrashed_post"],
            _ => &[],
        };
        let route = format!("{}/wp-json/wc/v3/webhooks", self.home);
        map! {
            "id" => hook.id,
            "name" => hook.name.as_str(),
            "status" => hook.status.as_str(),
            "topic" => hook.topic.as_str(),
            "resource" => resource,
            "event" => event,
            "hooks" => listens.iter().copied().map(Doc::from).collect::<Vec<_>>(),
            "delivery_url" => hook.url.as_str(),
            "date_created" => self.local(hook.created_at),
            "date_created_gmt" => hook.created_at.zoneless_utc(),
            "date_modified" => hook.modified_at.map(|at| self.local(at)),
            "date_modified_gmt" => hook.modified_at.map(|at| at.zoneless_utc()),
            "_links" => map! {
                "self" => vec![map! {
                    "href" => format!("{route}/{}", hook.id),
                    "targetHints" => map! {
                        "allow" => ["GET", "POST", "PUT", "PATCH", "DELETE"].map(Doc::from).to_vec(),
                    },
                }],
                "collection" => vec![map! { "href" => route.as_str() }],
            },
        }
    }
}

fn is_topic(topic: &str) -> bool {
    match topic.split_once('.') {
        Some(("action", hook)) => hook.starts_with("woocommerce_") || hook.starts_with("wc_"),
        Some(("order" | "product" | "customer" | "coupon", event)) => {
            matches!(event, "created" | "updated" | "deleted" | "restored")
        }
        _ => false,
    }
}
