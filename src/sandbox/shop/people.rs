//! What customers and merchants do in a shop.

use serde_json::Value as Json;

use super::cart::CartLine;
use super::order::{Meta, Order, Refund};
use super::store::{Store, second_of};
use crate::model::id::{ShopLineId, ShopOrderId};
use crate::model::money::Money;
use crate::model::recipient::Recipient;
use crate::sandbox::core::Core;

/// What somebody does with an order in a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopAct {
    /// The customer pays, or the merchant sees the money arrive.
    Pays,
    /// The customer cancels.
    Cancels,
    /// The merchant refunds pieces of a line.
    RefundsLine {
        /// The line.
        line: ShopLineId,
        /// Pieces.
        quantity: u32,
    },
    /// The merchant refunds an amount and names no line.
    RefundsAmount(Money),
    /// The merchant refunds every piece that is left; the order becomes `refunded`.
    RefundsAll,
    /// The merchant changes the shipping address.
    EditsAddress(Recipient),
    /// The merchant changes the pieces of a line.
    EditsQuantity {
        /// The line.
        line: ShopLineId,
        /// Pieces from now on.
        quantity: u32,
    },
    /// The merchant adds a line.
    AddsLine(CartLine),
    /// The merchant changes the shipping method: its id and title.
    EditsShipping(String, String),
    /// The customer's note is changed.
    EditsNote(String),
    /// A plugin changes a line's value below the order: no date moves, no webhook is sent.
    EditsLineMeta {
        /// The line.
        line: ShopLineId,
        /// The row.
        key: String,
        /// Its new value; a row that was not there is added.
        value: String,
    },
    /// The merchant takes a tracking number out again.
    ForgetsParcel(String),
    /// The merchant sets a status.
    SetsStatus(String),
    /// The merchant saves the order's page unchanged: the date moves all the same.
    Saves,
    /// A copy of the shop answers under its address: the same number, another key.
    ChangesKey(String),
    /// The order goes to the trash.
    Trashes,
    /// The order comes back from the trash.
    Restores,
    /// The order is removed for good; nothing is told to anybody.
    Deletes,
}

impl Store {
    /// Does it; an order that is not there is left alone.
    pub(crate) fn act(&mut self, core: &mut Core, id: ShopOrderId, act: ShopAct) {
        if !self.orders.contains_key(&id.0) {
            core.note(format!("shop {}: order {id} is not there for {act:?}", self.name));
            return;
        }
        match act {
            ShopAct::Pays => self.pay(core, id),
            ShopAct::Cancels => self.change_status(core, id, "cancelled"),
            ShopAct::RefundsLine { line, quantity } => {
                self.refund_lines(core, id, &[(line.0, quantity)]);
            }
            ShopAct::RefundsAmount(amount) => self.refund(core, id, amount, Vec::new()),
            ShopAct::RefundsAll => self.refund_all(core, id),
            ShopAct::EditsAddress(recipient) => {
                if let Some(order) = self.orders.get_mut(&id.0) {
                    order.shipping = recipient;
                }
                core.note(format!("shop {}: order {id} address changed", self.name));
                self.save(core, id);
            }
            ShopAct::EditsQuantity { line, quantity } => {
                self.change(core, id, |order| {
                    if let Some(line) = order.line_mut(line) {
                        line.total.minor = line.total.minor / i64::from(line.quantity.max(1))
                            * i64::from(quantity);
                        line.quantity = quantity;
                    }
                });
            }
            ShopAct::AddsLine(line) => {
                let line = self.fill_line(&line, core.now);
                self.change(core, id, |order| order.lines.push(line));
            }
            ShopAct::EditsShipping(method, title) => {
                self.change(core, id, |order| {
                    if let Some(line) = &mut order.shipping_line {
                        (line.method_id, line.title) = (method, title);
                    }
                });
            }
            ShopAct::EditsNote(note) => self.change(core, id, |order| order.note = note),
            ShopAct::EditsLineMeta { line, key, value } => {
                self.edit_line_meta(id, line, &key, &value);
                core.note(format!("shop {}: order {id} line {line} {key} changed", self.name));
            }
            ShopAct::ForgetsParcel(number) => self.change(core, id, |order| {
                order.parcels.retain(|parcel| parcel.tracking_number != number);
            }),
            ShopAct::SetsStatus(status) => self.change_status(core, id, &status),
            ShopAct::Saves => self.save(core, id),
            ShopAct::ChangesKey(key) => {
                if let Some(order) = self.orders.get_mut(&id.0) {
                    order.key = key;
                }
                self.save(core, id);
            }
            ShopAct::Trashes => self.trash(core, id),
            ShopAct::Restores => {
                let trashed = self.orders.get_mut(&id.0).filter(|order| order.status == "trash");
                if let Some(before) = trashed.and_then(|order| order.before_trash.take()) {
                    self.move_silently(core, id, &before);
                    self.hooks.announce(core, id, "order.restored");
                }
            }
            ShopAct::Deletes => {
                self.remove(id);
                core.note(format!("shop {}: order {id} deleted for good", self.name));
            }
        }
    }

    /// What the merchant changes on the order's page and saves.
    fn change(&mut self, core: &mut Core, id: ShopOrderId, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders.get_mut(&id.0) {
            change(order);
        }
        core.note(format!("shop {}: order {id} was edited", self.name));
        self.save(core, id);
    }

    fn pay(&mut self, core: &mut Core, id: ShopOrderId) {
        let transaction = core.draw_hex(16);
        if let Some(order) = self.orders.get_mut(&id.0) {
            order.paid_at.get_or_insert(second_of(core.now));
            order.transaction_id = format!("pi_{transaction}");
        }
        self.change_status(core, id, "processing");
    }

    fn trash(&mut self, core: &mut Core, id: ShopOrderId) {
        if let Some(order) = self.orders.get_mut(&id.0)
            && order.status != "trash"
        {
            order.before_trash = Some(order.status.clone());
            self.move_silently(core, id, "trash");
            self.hooks.announce(core, id, "order.deleted");
        }
    }

    /// A change of status as trash and restore make it: the date moves, nobody is mailed.
    fn move_silently(&mut self, core: &mut Core, id: ShopOrderId, status: &str) {
        if let Some(order) = self.orders.get_mut(&id.0) {
            order.status = status.to_owned();
            order.history.push((second_of(core.now), status.to_owned()));
        }
        core.note(format!("shop {}: order {id} -> {status}", self.name));
        self.stamp(core, id);
    }

    fn edit_line_meta(&mut self, id: ShopOrderId, line: ShopLineId, key: &str, value: &str) {
        let row = self.row_id();
        let Some(line) = self.orders.get_mut(&id.0).and_then(|order| order.line_mut(line)) else {
            return;
        };
        match line.meta.iter_mut().find(|meta| meta.key == key) {
            Some(meta) => meta.value = Json::from(value),
            None => line.meta.push(Meta { id: row, key: key.to_owned(), value: Json::from(value) }),
        }
    }

    fn refund_all(&mut self, core: &mut Core, id: ShopOrderId) {
        let Some(order) = self.orders.get(&id.0) else {
            return;
        };
        let amount = order.money(order.total().minor - order.refunded().minor);
        let left = order.lines.iter().map(|line| {
            let refunded = order.refunded_pieces(line.id);
            (line.id, line.quantity.saturating_sub(refunded))
        });
        let left: Vec<_> = left.filter(|(_, pieces)| 0 < *pieces).collect();
        self.refund(core, id, amount, left);
    }

    fn refund_lines(&mut self, core: &mut Core, id: ShopOrderId, lines: &[(i64, u32)]) {
        let Some(order) = self.orders.get(&id.0) else {
            return;
        };
        let worth = |(line_id, pieces): &(i64, u32)| {
            let line = order.lines.iter().find(|line| line.id == *line_id);
            line.map_or(0, |line| {
                line.total.minor * i64::from(*pieces) / i64::from(line.quantity.max(1))
            })
        };
        let amount = order.money(lines.iter().map(worth).sum());
        self.refund(core, id, amount, lines.to_vec());
    }

    /// A refund. The whole rest makes the order `refunded`; part of it leaves the status.
    pub(crate) fn refund(
        &mut self,
        core: &mut Core,
        id: ShopOrderId,
        amount: Money,
        lines: Vec<(i64, u32)>,
    ) {
        self.record_refund(core, id, amount, lines);
        let is_full = self
            .orders
            .get(&id.0)
            .is_some_and(|order| order.total().minor <= order.refunded().minor);
        match is_full {
            true => self.change_status(core, id, "refunded"),
            false => self.save(core, id),
        }
    }

    /// The rest of an order's money, as the status `refunded` gives it back: it names no line.
    pub(crate) fn refund_rest(&mut self, core: &mut Core, id: ShopOrderId) {
        let Some(order) = self.orders.get(&id.0) else {
            return;
        };
        let rest = order.money(order.total().minor - order.refunded().minor);
        if 0 < rest.minor {
            self.record_refund(core, id, rest, Vec::new());
        }
    }

    fn record_refund(
        &mut self,
        core: &mut Core,
        id: ShopOrderId,
        amount: Money,
        lines: Vec<(i64, u32)>,
    ) {
        let refund_id = self.post_id();
        let lines = lines.into_iter().map(|(line, pieces)| (self.row_id(), line, pieces));
        let lines = lines.collect();
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        order.refunds.push(Refund {
            id: refund_id,
            at: second_of(core.now),
            amount,
            reason: String::new(),
            lines,
        });
        core.note(format!("shop {}: order {id} refunded {amount}", self.name));
        self.mail(core, id, "Refunded order");
    }
}
