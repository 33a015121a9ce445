//! Writing orders, with everything that WooCommerce silently does and does not (section 2.7).

use serde_json::Value as Json;

use super::super::exchange::{Answer, Request, invalid_param, wp_error};
use super::{created, document, json_of};
use crate::model::id::ShopOrderId;
use crate::model::money::Money;
use crate::model::recipient::Recipient;
use crate::sandbox::core::Core;
use crate::sandbox::shop::order::{Line, Meta, ShippingLine};
use crate::sandbox::shop::{Cart, Pay, ShopAct, Store};

impl Store {
    /// `PUT orders/{id}`.
    pub(super) fn update_order(&mut self, core: &mut Core, request: &Request, id: i64) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        if !self.orders.contains_key(&id) {
            return wp_error(400, "woocommerce_rest_shop_order_invalid_id", "ID is invalid.");
        }
        if let Err(answer) = self.check(&json, Some(id)) {
            return answer;
        }
        let id = ShopOrderId(id);
        self.write_fields(&json, id);
        let status = json["status"].as_str().map(str::to_owned);
        let is_payable = self
            .orders
            .get(&id.0)
            .is_some_and(|order| matches!(order.status.as_str(), "pending" | "failed"));
        match status {
            Some(status) => self.change_status(core, id, &status),
            // On an order on hold or cancelled it silently does nothing but save.
            None if json["set_paid"] == Json::Bool(true) && is_payable => {
                self.act(core, id, ShopAct::Pays);
            }
            None => self.save(core, id),
        }
        self.shown(request, id.0)
    }

    /// `POST orders`: an order made by a program, `pending` unless it says otherwise.
    pub(super) fn create_order(&mut self, core: &mut Core, request: &Request) -> Answer {
        let json = match json_of(request) {
            Ok(json) => json,
            Err(answer) => return answer,
        };
        if let Err(answer) = self.check(&json, None) {
            return answer;
        }
        let mut cart = Cart::of(Vec::new()).to(Recipient::default()).paid(Pay::Never);
        cart.shipping = None;
        let mut order = self.fill(core, &cart);
        order.created_via = json["created_via"].as_str().unwrap_or("rest-api").to_owned();
        order.meta.clear();
        order.payment_method.clear();
        order.payment_title.clear();
        let id = ShopOrderId(order.id);
        self.place(core, order, Pay::Never);
        self.write_fields(&json, id);
        if json["set_paid"] == Json::Bool(true) {
            self.act(core, id, ShopAct::Pays);
        } else if let Some(status) = json["status"].as_str() {
            self.change_status(core, id, status);
        }
        match self.orders.get(&id.0) {
            Some(order) => created(request, self.order_document(order)),
            None => super::no_route(),
        }
    }

    /// `DELETE orders/{id}`: into the trash, or with `force` for good.
    pub(super) fn delete_order(&mut self, core: &mut Core, request: &Request, id: i64) -> Answer {
        if !self.orders.contains_key(&id) {
            return wp_error(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
        }
        let before = self.shown(request, id);
        match request.param("force") {
            Some("true" | "1") => {
                self.act(core, ShopOrderId(id), ShopAct::Deletes);
                before
            }
            _ => {
                self.act(core, ShopOrderId(id), ShopAct::Trashes);
                self.shown(request, id)
            }
        }
    }

    fn shown(&self, request: &Request, id: i64) -> Answer {
        match self.orders.get(&id) {
            Some(order) => document(request, self.order_document(order)),
            None => wp_error(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID."),
        }
    }

    /// What is refused before anything is stored.
    fn check(&self, json: &Json, id: Option<i64>) -> Result<(), Answer> {
        if let Some(status) = json["status"].as_str()
            && !self.statuses.iter().any(|known| known == status)
        {
            let (last, others) = self.statuses.split_last().expect("a shop has statuses");
            let message = format!("status is not one of {}, and {last}.", others.join(", "));
            return Err(invalid_param("status", "rest_not_in_enum", &message));
        }
        let is_mail = |text: &str| text.contains('@');
        if json["billing"]["email"].as_str().is_some_and(|email| !is_mail(email)) {
            return Err(invalid_param("billing", "rest_invalid_email", "Invalid email address."));
        }
        for item in json["line_items"].as_array().into_iter().flatten() {
            let line_id = item["id"].as_i64();
            let is_ours = |line_id: i64| {
                let order = id.and_then(|id| self.orders.get(&id));
                order.is_some_and(|order| order.lines.iter().any(|line| line.id == line_id))
            };
            match line_id {
                Some(line_id) if !is_ours(line_id) => {
                    let message = "Order item ID provided is not associated with order.";
                    return Err(wp_error(400, "woocommerce_rest_invalid_item_id", message));
                }
                None if item["product_id"].is_null() && item["sku"].is_null() => {
                    let code = "woocommerce_rest_required_product_reference";
                    return Err(wp_error(400, code, "Product ID or SKU is required."));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn write_fields(&mut self, json: &Json, id: ShopOrderId) {
        for row in json["meta_data"].as_array().into_iter().flatten() {
            let Some(key) = row["key"].as_str() else {
                continue;
            };
            match &row["value"] {
                Json::Null => {
                    if let Some(order) = self.orders.get_mut(&id.0) {
                        order.meta.retain(|meta| meta.key != key);
                    }
                }
                value => self.write_meta(id, key, stored(value)),
            }
        }
        for item in json["line_items"].as_array().into_iter().flatten() {
            match item["id"].as_i64() {
                Some(line_id) => self.write_line(id, line_id, item),
                None => self.append_line(id, item),
            }
        }
        if let Some(line) = json["shipping_lines"].get(0) {
            let row = self.row_id();
            let total = self.money_of(id, &line["total"]);
            if let Some(order) = self.orders.get_mut(&id.0) {
                order.shipping_line = Some(ShippingLine {
                    id: row,
                    method_id: line["method_id"].as_str().unwrap_or_default().to_owned(),
                    title: line["method_title"].as_str().unwrap_or_default().to_owned(),
                    total,
                });
            }
        }
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        write_address(&mut order.billing, &json["billing"]);
        write_address(&mut order.shipping, &json["shipping"]);
        let texts = [
            ("customer_note", &mut order.note),
            ("transaction_id", &mut order.transaction_id),
            ("payment_method", &mut order.payment_method),
            ("payment_method_title", &mut order.payment_title),
        ];
        for (key, place) in texts {
            if let Some(text) = json[key].as_str() {
                text.clone_into(place);
            }
        }
    }

    fn money_of(&self, id: ShopOrderId, value: &Json) -> Money {
        let order = self.orders.get(&id.0);
        let zero = order.map_or_else(|| crate::sandbox::shop::dollars(0), |order| order.money(0));
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Money::parse(&text, zero.currency).unwrap_or(zero)
    }

    /// Changes a line; a new quantity leaves the totals as they were.
    fn write_line(&mut self, id: ShopOrderId, line_id: i64, item: &Json) {
        let rows = item["meta_data"].as_array().map_or(0, Vec::len);
        let row_ids: Vec<i64> = (0..rows).map(|_| self.row_id()).collect();
        let total = (!item["total"].is_null()).then(|| self.money_of(id, &item["total"]));
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        if item["quantity"].as_u64() == Some(0) {
            return order.lines.retain(|line| line.id != line_id);
        }
        let Some(line) = order.lines.iter_mut().find(|line| line.id == line_id) else {
            return;
        };
        if let Some(quantity) = item["quantity"].as_u64() {
            line.quantity = u32::try_from(quantity).unwrap_or(u32::MAX);
        }
        line.total = total.unwrap_or(line.total);
        let given = item["meta_data"].as_array().into_iter().flatten();
        for (row, row_id) in given.zip(row_ids) {
            let Some(key) = row["key"].as_str() else {
                continue;
            };
            let known = line.meta.iter_mut().find(|meta| meta.key == key);
            match (&row["value"], known) {
                (Json::Null, _) => line.meta.retain(|meta| meta.key != key),
                (value, Some(meta)) => meta.value = stored(value),
                (value, None) => {
                    line.meta.push(Meta { id: row_id, key: key.to_owned(), value: stored(value) })
                }
            }
        }
    }

    /// Adds a line; an unknown product is no error but an empty line.
    fn append_line(&mut self, id: ShopOrderId, item: &Json) {
        let line_id = self.row_id();
        let sku = item["sku"].as_str().unwrap_or_default();
        let wanted = item["product_id"].as_i64().unwrap_or(0);
        let found = self.products.iter().find(|(product_id, product)| match wanted {
            0 => product.sku == sku,
            _ => **product_id == wanted,
        });
        let quantity = item["quantity"].as_u64().unwrap_or(1);
        let quantity = u32::try_from(quantity).unwrap_or(u32::MAX);
        let line = match found {
            None => Line {
                id: line_id,
                name: String::new(),
                product_id: 0,
                variation_id: 0,
                sku: String::new(),
                quantity,
                total: self.money_of(id, &Json::from("0")),
                meta: Vec::new(),
            },
            Some((product_id, product)) => {
                let variation_id = item["variation_id"].as_i64().unwrap_or(0);
                let variation = product.variations.get(&variation_id);
                let (name, sku) =
                    variation.unwrap_or(&(product.name.clone(), product.sku.clone())).clone();
                let minor = product.price.minor * i64::from(quantity);
                Line {
                    id: line_id,
                    name,
                    product_id: *product_id,
                    variation_id,
                    sku,
                    quantity,
                    total: Money { minor, ..product.price },
                    meta: Vec::new(),
                }
            }
        };
        if let Some(order) = self.orders.get_mut(&id.0) {
            order.lines.push(line);
        }
        let mut rest = item.clone();
        rest["quantity"] = Json::Null;
        self.write_line(id, line_id, &rest);
    }
}

/// Scalars come back as text; `{}` as an empty list, which the document sees to.
fn stored(value: &Json) -> Json {
    match value {
        Json::Bool(true) => Json::from("1"),
        Json::Bool(false) => Json::from(""),
        Json::Number(number) => Json::from(number.to_string()),
        other => other.clone(),
    }
}

fn write_address(recipient: &mut Recipient, json: &Json) {
    let fields = [
        ("first_name", &mut recipient.first_name),
        ("last_name", &mut recipient.last_name),
        ("company", &mut recipient.company),
        ("address_1", &mut recipient.address_1),
        ("address_2", &mut recipient.address_2),
        ("city", &mut recipient.city),
        ("state", &mut recipient.state),
        ("postcode", &mut recipient.postcode),
        ("country", &mut recipient.country),
        ("phone", &mut recipient.phone),
        ("email", &mut recipient.email),
    ];
    for (key, place) in fields {
        if let Some(text) = json[key].as_str() {
            text.clone_into(place);
        }
    }
}
