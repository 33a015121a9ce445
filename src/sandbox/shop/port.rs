//! The shop as the flow asks it, and as people walk into it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::cart::Cart;
use super::hook::Webhook;
use super::order::{Order, Parcel};
use super::people::ShopAct;
use super::store::{NoteKind, ShopEvent, Store, second_of};
use crate::model::id::{ShopLineId, ShopOrderId};
use crate::model::recipient::Recipient;
use crate::model::shop_hook::{KnownHook, WantedHook};
use crate::model::shop_order::{ChangedPage, ShopOrder, ShopParcel};
use crate::model::shop_product::ShopProduct;
use crate::model::time::Moment;
use crate::outside::shop::{NoteTo, Shop, ShopError};
use crate::sandbox::core::{Core, Event};
use crate::sandbox::fault::{Call, Fault};
use crate::sandbox::world::{State, World};

/// One shop of a world.
#[derive(Clone)]
pub struct WorldShop {
    world: Arc<World>,
    name: String,
}

impl WorldShop {
    pub(crate) fn new(world: Arc<World>, name: &str) -> WorldShop {
        WorldShop { world, name: name.to_owned() }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Store, &mut Core) -> T) -> T {
        let mut state = self.world.lock();
        let State { core, shops, .. } = &mut *state;
        let store = shops.get_mut(&self.name).expect("a shop is made with its handle");
        act(store, core)
    }

    fn read<T>(&self, id: ShopOrderId, read: impl FnOnce(&Order) -> T) -> Option<T> {
        self.with(|store, _| store.orders.get(&id.0).map(read))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The program's clock is behind the shop's by this much; negative: it is ahead.
    pub fn set_clock_ahead_ms(&self, ahead_ms: i64) {
        self.with(|store, _| store.ahead_ms = ahead_ms);
    }

    /// The address by which it names itself.
    pub fn home(&self) -> String {
        self.with(|store, _| store.home.clone())
    }

    /// A customer buys now.
    pub fn customer_buys(&self, cart: Cart) -> ShopOrderId {
        self.with(|store, core| {
            let order = store.fill(core, &cart);
            let id = ShopOrderId(order.id);
            store.place(core, order, cart.pay);
            id
        })
    }

    /// A customer will buy at this moment; the order's number is known already.
    pub fn customer_buys_at(&self, at: Moment, cart: Cart) -> ShopOrderId {
        self.with(|store, core| {
            let order = Box::new(store.fill(core, &cart));
            let id = order.id;
            let lines = order.lines.iter().map(|line| line.id).collect();
            store.promised.insert(id, lines);
            let buys = ShopEvent::Buys { order, pay: cart.pay };
            core.schedule(at, Event::Shop(store.name.clone(), buys));
            ShopOrderId(id)
        })
    }

    /// Somebody does this now.
    pub fn act(&self, order: ShopOrderId, act: ShopAct) {
        self.with(|store, core| store.act(core, order, act));
    }

    /// Somebody will do this at this moment; the order may be one that is only planned.
    pub fn act_at(&self, at: Moment, order: ShopOrderId, act: ShopAct) {
        self.with(|store, core| {
            let event = Event::Shop(store.name.clone(), ShopEvent::Act { order, act });
            core.schedule(at, event);
        });
    }

    /// The customer pays.
    pub fn customer_pays(&self, order: ShopOrderId) {
        self.act(order, ShopAct::Pays);
    }

    /// The customer cancels.
    pub fn customer_cancels(&self, order: ShopOrderId) {
        self.act(order, ShopAct::Cancels);
    }

    /// The merchant refunds pieces of a line.
    pub fn merchant_refunds(&self, order: ShopOrderId, line: ShopLineId, quantity: u32) {
        self.act(order, ShopAct::RefundsLine { line, quantity });
    }

    /// The merchant refunds all that is left.
    pub fn merchant_refunds_all(&self, order: ShopOrderId) {
        self.act(order, ShopAct::RefundsAll);
    }

    /// The merchant changes the shipping address.
    pub fn merchant_edits_address(&self, order: ShopOrderId, recipient: Recipient) {
        self.act(order, ShopAct::EditsAddress(recipient));
    }

    /// A value of a line changes below the order: no date moves.
    pub fn merchant_edits_line_meta(
        &self,
        order: ShopOrderId,
        line: ShopLineId,
        key: &str,
        value: &str,
    ) {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.act(order, ShopAct::EditsLineMeta { line, key, value });
    }

    /// The merchant sets a status.
    pub fn merchant_sets_status(&self, order: ShopOrderId, status: &str) {
        self.act(order, ShopAct::SetsStatus(status.to_owned()));
    }

    /// The merchant puts the order into the trash.
    pub fn merchant_trashes(&self, order: ShopOrderId) {
        self.act(order, ShopAct::Trashes);
    }

    /// The merchant deletes the order for good.
    pub fn merchant_deletes(&self, order: ShopOrderId) {
        self.act(order, ShopAct::Deletes);
    }

    /// The ids of an order's lines, in order; also of an order that is only planned.
    pub fn lines(&self, order: ShopOrderId) -> Vec<ShopLineId> {
        let ids = self.with(|store, _| match store.orders.get(&order.0) {
            Some(order) => order.lines.iter().map(|line| line.id).collect(),
            None => store.promised.get(&order.0).cloned().unwrap_or_default(),
        });
        ids.into_iter().map(ShopLineId).collect()
    }

    /// The order as the shop has it now; `None` when it is not there (any more).
    pub fn peek(&self, order: ShopOrderId) -> Option<ShopOrder> {
        self.read(order, Order::told)
    }

    /// The order's status now; empty when it is not there.
    pub fn status(&self, order: ShopOrderId) -> String {
        self.read(order, |order| order.status.clone()).unwrap_or_default()
    }

    /// Every status the order had, with the moment.
    pub fn status_history(&self, order: ShopOrderId) -> Vec<(Moment, String)> {
        self.read(order, |order| order.history.clone()).unwrap_or_default()
    }

    /// The notes of people and programs on the order, oldest first, without the shop's own.
    pub fn notes(&self, order: ShopOrderId) -> Vec<(NoteTo, String)> {
        let is_own = |text: &str| {
            text.starts_with("Email \"") || text.starts_with("Order status changed from ")
        };
        let notes = self.read(order, |order| {
            let notes = order.notes.iter().filter(|note| !is_own(&note.text));
            let told = notes.map(|note| match note.to_customer {
                true => (NoteTo::Customer, note.text.clone()),
                false => (NoteTo::Staff, note.text.clone()),
            });
            told.collect()
        });
        notes.unwrap_or_default()
    }

    /// The parcels that the shop shows, in the order they were written.
    pub fn parcels(&self, order: ShopOrderId) -> Vec<ShopParcel> {
        let parcels = self.read(order, |order| order.parcels.iter().map(Parcel::told).collect());
        parcels.unwrap_or_default()
    }

    /// Registers a webhook, as the merchant or a program would. The ping is not sent here.
    pub fn listen(&self, topic: &str, url: &str, secret: &str) -> i64 {
        self.with(|store, core| {
            store.hooks.register(second_of(core.now), topic, topic, url, secret)
        })
    }

    /// The unsigned call that a new webhook makes first.
    pub fn ping(&self, webhook_id: i64) -> Option<super::OutgoingDelivery> {
        self.with(|store, core| store.ping(webhook_id, core.now))
    }

    /// Tells the shop how a delivery was answered; failures in a row switch the webhook off.
    pub fn delivery_answered(&self, webhook_id: i64, http_status: u16) {
        self.with(|store, _| store.hooks.answered(webhook_id, http_status));
    }

    /// Status of a webhook: `active`, `paused`, `disabled`; empty when there is none.
    pub fn webhook_status(&self, webhook_id: i64) -> String {
        self.with(|store, _| {
            let hook = store.hooks.all.iter().find(|hook| hook.id == webhook_id);
            hook.map(|hook| hook.status.clone()).unwrap_or_default()
        })
    }

    /// How long the shop's own queue takes before a delivery leaves.
    pub fn set_webhook_delay(&self, delay: Duration) {
        self.with(|store, _| store.hooks.queue_delay = delay);
    }

    /// The next order gets this id, so that two shops of a world can be told apart.
    pub fn number_orders_from(&self, id: i64) {
        self.with(|store, _| store.number_from(id));
    }

    /// Rows on a page of a listing; 100 is the most that WooCommerce gives.
    pub fn set_per_page(&self, rows: usize) {
        self.with(|store, _| store.per_page = rows.clamp(1, 100));
    }

    /// Which statuses `list_changed` asks for; none is the shop's `any`.
    pub fn set_listed(&self, statuses: &[&str]) {
        let statuses = statuses.iter().map(|status| (*status).to_owned()).collect();
        self.with(|store, _| store.listed = statuses);
    }

    /// Puts the product of this line on the shelf. What is sold stands there by itself.
    pub fn add_product(&self, line: &super::CartLine) {
        self.with(|store, core| store.shelve(line, core.now));
    }

    /// Registers a status of a plugin.
    pub fn add_status(&self, status: &str) {
        self.with(|store, _| store.statuses.push(status.to_owned()));
    }

    /// One write to an order: faults first, then the write, then perhaps the lost answer.
    fn write(
        &self,
        call: Call,
        id: ShopOrderId,
        act: impl FnOnce(&mut Store, &mut Core) -> Result<(), ShopError>,
    ) -> Result<(), ShopError> {
        self.with(|store, core| {
            let fault = core.strike(call);
            if let Some(error) = fault.as_ref().and_then(refusal_of) {
                return Err(error);
            }
            if !store.orders.contains_key(&id.0) {
                return Err(ShopError::NotFound);
            }
            act(store, core)?;
            match fault {
                Some(Fault::ShopFailsAfterCommit) => Err(unclear("HTTP 500")),
                _ => Ok(()),
            }
        })
    }

    /// One page of a listing; no statuses are the shop's `any`.
    fn list(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError> {
        self.with(|store, core| {
            let fault = core.strike(Call::ShopList);
            if let Some(error) = fault.as_ref().and_then(refusal_of) {
                return Err(error);
            }
            // Whole seconds and strictly later, as the shop compares.
            let since = second_of(since);
            let changed = store.changed_after(since);
            let rows: Vec<&Order> =
                changed.filter(|order| Store::is_listed(order, statuses)).collect();
            let first = store.per_page.saturating_mul(page.saturating_sub(1) as usize);
            let on_page = rows.iter().skip(first).take(store.per_page);
            let mut orders: Vec<ShopOrder> = on_page.map(|order| order.told()).collect();
            let mut unreadable = Vec::new();
            if fault == Some(Fault::ShopRowUnreadable) && !orders.is_empty() {
                let row = orders.remove(0);
                unreadable.push((Some(row.id), "line_items is missing".to_owned()));
            }
            Ok(ChangedPage { orders, unreadable, more: first + store.per_page < rows.len() })
        })
    }
}

#[async_trait]
impl Shop for WorldShop {
    async fn list_changed(&self, since: Moment, page: u32) -> Result<ChangedPage, ShopError> {
        let listed = self.with(|store, _| store.listed.clone());
        self.list(&listed, since, page)
    }

    async fn list_changed_in(
        &self,
        statuses: &[String],
        since: Moment,
        page: u32,
    ) -> Result<ChangedPage, ShopError> {
        self.list(statuses, since, page)
    }

    async fn order(&self, id: ShopOrderId) -> Result<ShopOrder, ShopError> {
        self.with(|store, core| {
            if let Some(error) = core.strike(Call::ShopOrder).as_ref().and_then(refusal_of) {
                return Err(error);
            }
            store.orders.get(&id.0).map(Order::told).ok_or(ShopError::NotFound)
        })
    }

    async fn products(&self, words: &str) -> Result<Vec<ShopProduct>, ShopError> {
        self.with(|store, core| {
            if let Some(error) = core.strike(Call::ShopOrder).as_ref().and_then(refusal_of) {
                return Err(error);
            }
            Ok(store.find_products(words))
        })
    }

    async fn set_status(&self, id: ShopOrderId, status: &str) -> Result<(), ShopError> {
        self.write(Call::ShopSetStatus, id, |store, core| {
            if !store.statuses.iter().any(|known| known == status) {
                return Err(ShopError::Refused {
                    reason: format!("{status} is not a status of this shop"),
                });
            }
            store.change_status(core, id, status);
            Ok(())
        })
    }

    async fn add_note(&self, id: ShopOrderId, note: &str, to: NoteTo) -> Result<(), ShopError> {
        self.write(Call::ShopNote, id, |store, core| {
            let kind = match to {
                NoteTo::Customer => NoteKind::ToCustomer,
                NoteTo::Staff => NoteKind::Internal,
            };
            // The shop itself would add it again: a client lists and compares first. It loses a
            // backslash, so that is compared as well.
            let kept = note.replace('\\', "");
            let order = store.orders.get(&id.0).ok_or(ShopError::NotFound)?;
            if !order.notes.iter().any(|existing| existing.text == kept) {
                core.note(format!("shop {}: order {id} note: {note}", store.name));
                store.add_note(core, id, note, kind);
            }
            Ok(())
        })
    }

    async fn write_tracking(
        &self,
        id: ShopOrderId,
        parcels: &[ShopParcel],
    ) -> Result<(), ShopError> {
        self.write(Call::ShopTracking, id, |store, core| {
            for parcel in parcels {
                store.add_parcel(core, id, parcel);
            }
            Ok(())
        })
    }

    async fn write_meta(
        &self,
        id: ShopOrderId,
        meta: &[(String, String)],
    ) -> Result<(), ShopError> {
        self.write(Call::ShopMeta, id, |store, core| {
            for (key, value) in meta {
                store.write_meta(id, key, Json::from(value.as_str()));
            }
            store.save(core, id);
            let order = store.orders.get(&id.0).ok_or(ShopError::NotFound)?;
            let is_there = |(key, value): &(String, String)| {
                let mut rows = order.meta.iter();
                rows.any(|row| row.key == *key && row.value.as_str() == Some(value))
            };
            match meta.iter().find(|row| !is_there(row)) {
                None => Ok(()),
                Some((key, _)) => {
                    Err(ShopError::Refused { reason: format!("the shop did not store {key}") })
                }
            }
        })
    }

    async fn hooks(&self) -> Result<Vec<KnownHook>, ShopError> {
        self.with(|store, core| match core.strike(Call::ShopHooks) {
            Some(fault) => Err(refusal_of(&fault).unwrap_or_else(|| unclear("HTTP 500"))),
            None => Ok(store.hooks.all.iter().map(Webhook::told).collect()),
        })
    }

    async fn make_hook(&self, wanted: &WantedHook) -> Result<(), ShopError> {
        self.with(|store, core| {
            let now = second_of(core.now);
            let WantedHook { name, topic, url, secret } = wanted;
            store.hooks.register(now, name, topic, url, secret);
            Ok(())
        })
    }

    async fn drop_hook(&self, id: i64) -> Result<(), ShopError> {
        self.with(|store, _| {
            store.hooks.all.retain(|hook| hook.id != id);
            Ok(())
        })
    }

    fn clock_ahead_ms(&self) -> Option<i64> {
        Some(self.with(|store, _| store.ahead_ms))
    }

    async fn check(&self) -> Result<Vec<String>, ShopError> {
        self.with(|store, core| match core.strike(Call::ShopCheck) {
            Some(fault) => Err(refusal_of(&fault).unwrap_or_else(|| unclear("HTTP 500"))),
            None => Ok(vec![
                format!("{} answers as WooCommerce 11.0.1", store.home),
                "the key may read and write orders".to_owned(),
            ]),
        })
    }
}

impl Store {
    /// Writes a parcel unless it is there already, by its key or its number.
    fn add_parcel(&mut self, core: &mut Core, id: ShopOrderId, parcel: &ShopParcel) {
        let tracking_id = core.draw_hex(32);
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        let is_same = |known: &Parcel| {
            known.key == parcel.key
                || (known.tracking_number == parcel.tracking_number
                    && known.carrier == parcel.carrier)
        };
        if order.parcels.iter().any(is_same) {
            return;
        }
        order.parcels.push(Parcel {
            tracking_id,
            carrier: parcel.carrier.clone(),
            tracking_number: parcel.tracking_number.clone(),
            tracking_url: parcel.tracking_url.clone(),
            shipped_at: parcel.shipped_at,
            lines: parcel.lines.clone(),
            key: parcel.key.clone(),
        });
        core.note(format!(
            "shop {}: order {id} tracking {} {}",
            self.name, parcel.carrier, parcel.tracking_number
        ));
        self.save(core, id);
    }
}

/// The answer of a fault that keeps the shop from doing anything.
fn refusal_of(fault: &Fault) -> Option<ShopError> {
    match fault {
        Fault::ShopUnclear => Some(unclear("a page of HTML instead of JSON")),
        Fault::ShopBusy { retry_after_s } => Some(ShopError::Unclear {
            reason: "HTTP 429".to_owned(),
            retry_after_s: Some(*retry_after_s),
        }),
        Fault::ShopNotAllowed => {
            Some(ShopError::NotAllowed { reason: "Consumer secret is invalid.".to_owned() })
        }
        Fault::ShopRefuses(reason) => Some(ShopError::Refused { reason: reason.clone() }),
        _ => None,
    }
}

fn unclear(reason: &str) -> ShopError {
    ShopError::Unclear { reason: reason.to_owned(), retry_after_s: None }
}
