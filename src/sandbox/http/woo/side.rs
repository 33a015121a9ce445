//! Notes and refunds of an order (section 2.9).

use serde_json::Value as Json;

use super::super::exchange::{Answer, Request, wp_error};
use super::{created, document, json_of, no_route};
use crate::model::id::ShopOrderId;
use crate::model::money::Money;
use crate::sandbox::core::Core;
use crate::sandbox::document::{Doc, map};
use crate::sandbox::shop::order::{Note, Order, Refund};
use crate::sandbox::shop::store::NoteKind;
use crate::sandbox::shop::{Store, plain};

impl Store {
    /// `orders/{id}/notes`.
    pub(super) fn notes(
        &mut self,
        core: &mut Core,
        request: &Request,
        method: &str,
        id: i64,
        rest: &[&str],
    ) -> Answer {
        if !self.orders.contains_key(&id) {
            return wp_error(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.");
        }
        match (method, rest) {
            ("GET" | "HEAD", []) => {
                let wanted = request.param("type").unwrap_or("any");
                let order = &self.orders[&id];
                let notes = order.notes.iter().rev().filter(|note| match wanted {
                    "customer" => note.to_customer,
                    "internal" => !note.to_customer,
                    _ => true,
                });
                let notes = notes.map(|note| self.note_document(id, note));
                document(request, Doc::List(notes.collect()))
            }
            ("POST", []) => {
                let json = match json_of(request) {
                    Ok(json) => json,
                    Err(answer) => return answer,
                };
                let kind = match json["customer_note"] {
                    Json::Bool(true) => NoteKind::ToCustomer,
                    _ => NoteKind::Internal,
                };
                let text = json["note"].as_str().unwrap_or_default();
                let note_id = self.add_note(core, ShopOrderId(id), text, kind);
                let mut notes = self.orders[&id].notes.iter();
                match notes.find(|note| Some(note.id) == note_id) {
                    Some(note) => created(request, self.note_document(id, note)),
                    None => no_route(),
                }
            }
            ("GET" | "HEAD", [note_id]) => {
                let mut notes = self.orders[&id].notes.iter();
                match notes.find(|note| note.id.to_string() == **note_id) {
                    Some(note) => document(request, self.note_document(id, note)),
                    None => wp_error(404, "woocommerce_rest_invalid_id", "Invalid resource ID."),
                }
            }
            ("DELETE", [_]) if request.param("force") != Some("true") => wp_error(
                501,
                "woocommerce_rest_trash_not_supported",
                "Webhooks do not support trashing.",
            ),
            ("DELETE", [note_id]) => {
                let order = self.orders.get_mut(&id).expect("looked up above");
                let idx = order.notes.iter().position(|note| note.id.to_string() == **note_id);
                match idx.map(|idx| order.notes.remove(idx)) {
                    Some(note) => document(request, self.note_document(id, &note)),
                    None => wp_error(404, "woocommerce_rest_invalid_id", "Invalid resource ID."),
                }
            }
            _ => no_route(),
        }
    }

    fn note_document(&self, order_id: i64, note: &Note) -> Doc {
        let order = format!("{}/wp-json/wc/v3/orders/{order_id}", self.home);
        map! {
            "id" => note.id,
            "author" => "WooCommerce",
            "date_created" => self.local(note.at),
            "date_created_gmt" => note.at.zoneless_utc(),
            "note" => note.text.as_str(),
            "customer_note" => note.to_customer,
            "_links" => links(&order, &format!("notes/{}", note.id), "notes"),
        }
    }

    /// `orders/{id}/refunds`.
    pub(super) fn refunds(
        &mut self,
        core: &mut Core,
        request: &Request,
        method: &str,
        id: i64,
        rest: &[&str],
    ) -> Answer {
        if !self.orders.contains_key(&id) {
            return wp_error(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.");
        }
        let documents = |store: &Store| store.refund_documents(&store.orders[&id]);
        match (method, rest) {
            ("GET" | "HEAD", []) => document(request, Doc::List(documents(self))),
            ("GET" | "HEAD", [refund_id]) => {
                let mut refunds = self.orders[&id].refunds.iter();
                let idx = refunds.position(|refund| refund.id.to_string() == **refund_id);
                match idx {
                    Some(idx) => document(request, documents(self).swap_remove(idx)),
                    None => {
                        wp_error(404, "woocommerce_rest_invalid_order_refund_id", "Invalid ID.")
                    }
                }
            }
            ("POST", []) => self.create_refund(core, request, id),
            _ => no_route(),
        }
    }

    fn create_refund(&mut self, core: &mut Core, request: &Request, id: i64) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        if json["api_refund"] != Json::Bool(false) {
            return refund_error("The payment gateway for this order does not exist.");
        }
        let order = &self.orders[&id];
        let zero = order.money(0);
        let text = json["amount"].as_str().unwrap_or("0");
        let amount = Money::parse(text, zero.currency).unwrap_or(zero);
        if order.total().minor < order.refunded().minor + amount.minor {
            return refund_error("Invalid refund amount.");
        }
        let lines = json["line_items"].as_array().into_iter().flatten().filter_map(|line| {
            let pieces = u32::try_from(line["quantity"].as_u64()?).ok()?;
            Some((line["id"].as_i64()?, pieces))
        });
        let lines = lines.collect();
        self.refund(core, ShopOrderId(id), amount, lines);
        let order = self.orders.get_mut(&id).expect("looked up above");
        if let Some(refund) = order.refunds.last_mut() {
            json["reason"].as_str().unwrap_or_default().clone_into(&mut refund.reason);
        }
        match self.refund_documents(&self.orders[&id]).pop() {
            Some(refund) => created(request, refund),
            None => no_route(),
        }
    }

    /// All refunds of an order, whole.
    pub(super) fn refund_documents(&self, order: &Order) -> Vec<Doc> {
        order.refunds.iter().map(|refund| self.refund_document(order, refund)).collect()
    }

    fn refund_document(&self, order: &Order, refund: &Refund) -> Doc {
        let href = format!("{}/wp-json/wc/v3/orders/{}", self.home, order.id);
        let kind = match order.total().minor <= refund.amount.minor {
            true => "full",
            false => "partial",
        };
        let lines = refund.lines.iter().filter_map(|(row, line_id, pieces)| {
            let line = order.lines.iter().find(|line| line.id == *line_id)?;
            Some(line.refunded_document(*row, *pieces))
        });
        map! {
            "id" => refund.id,
            "date_created" => self.local(refund.at),
            "date_created_gmt" => refund.at.zoneless_utc(),
            "amount" => plain(refund.amount),
            "reason" => refund.reason.as_str(),
            "refunded_by" => 1,
            "refunded_payment" => false,
            "meta_data" => vec![map! {
                "id" => refund.id * 100,
                "key" => "_refund_type",
                "value" => kind,
            }],
            "line_items" => lines.collect::<Vec<_>>(),
            "shipping_lines" => Vec::new(),
            "tax_lines" => Vec::new(),
            "fee_lines" => Vec::new(),
            "_links" => links(&href, &format!("refunds/{}", refund.id), "refunds"),
        }
    }
}

fn links(order: &str, own: &str, all: &str) -> Doc {
    map! {
        "self" => vec![map! {
            "href" => format!("{order}/{own}"),
            "targetHints" => map! { "allow" => ["GET", "DELETE"].map(Doc::from).to_vec() },
        }],
        "collection" => vec![map! { "href" => format!("{order}/{all}") }],
        "up" => vec![map! { "href" => order }],
    }
}

/// In these errors alone `data` is a bare number.
fn refund_error(message: &str) -> Answer {
    let document = map! {
        "code" => "woocommerce_rest_cannot_create_order_refund",
        "message" => message,
        "data" => 500,
    };
    Answer::json(500, &document)
}
