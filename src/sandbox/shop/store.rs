//! The shop's memory and its rules: statuses, dates, mails, meta, notes (WooCommerce 11.0.1, HPOS).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde_json::Value as Json;

use super::cart::{Cart, CartLine, Pay};
use super::gate::{Gate, Tracking};
use super::hook::Hooks;
use super::order::{Line, Meta, Note, Order, Parcel, Product, ShippingLine};
use super::people::ShopAct;
use crate::model::id::ShopOrderId;
use crate::model::recipient::Recipient;
use crate::model::shop_product::ShopProduct;
use crate::model::time::Moment;
use crate::sandbox::core::{Core, Event};
use crate::sandbox::mailbox::ShopMail;

/// Longest value of order meta; a longer one is silently not stored.
pub(crate) const META_BYTES_MAX: usize = 65_535;

/// What happens in a shop at a planned moment.
#[derive(Debug, Clone)]
pub(crate) enum ShopEvent {
    /// A planned customer buys; the order's number was promised to the test.
    Buys { order: Box<Order>, pay: Pay },
    /// Customer or merchant does something.
    Act { order: ShopOrderId, act: ShopAct },
}

/// One shop.
pub(crate) struct Store {
    pub(crate) name: String,
    /// Without a slash at the end.
    pub(crate) home: String,
    pub(crate) zone: jiff::tz::TimeZone,
    /// The zone as the shop names it.
    pub(crate) zone_name: String,
    pub(crate) orders: BTreeMap<i64, Order>,
    /// Every order by its date of change: the index that a listing of changes reads.
    by_change: BTreeSet<(Moment, i64)>,
    /// Line ids of orders that are planned but not placed yet.
    pub(crate) promised: BTreeMap<i64, Vec<i64>>,
    /// Registered statuses without `wc-`; a status PUT of any other is refused.
    pub(crate) statuses: Vec<String>,
    /// What `list_changed` asks for; empty is the shop's `any`.
    pub(crate) listed: Vec<String>,
    /// Rows on a page.
    pub(crate) per_page: usize,
    pub(crate) hooks: Hooks,
    /// Who is let in over HTTP.
    pub(crate) gate: Gate,
    /// Where tracking is kept over HTTP.
    pub(crate) tracking: Tracking,
    /// What can be bought, by id; whatever is sold stands here as well.
    pub(crate) products: BTreeMap<i64, Product>,
    /// By how much its clock is ahead of the program's.
    pub(crate) ahead_ms: i64,
    next_post_id: i64,
    next_row_id: i64,
}

impl Store {
    /// Products whose name or SKU has these words, by name, each before its variations.
    pub(crate) fn find_products(&self, words: &str) -> Vec<ShopProduct> {
        let wanted = words.trim().to_lowercase();
        let has = |product: &Product| {
            product.name.to_lowercase().contains(&wanted) || product.sku.to_lowercase() == wanted
        };
        let mut rows: Vec<(&i64, &Product)> =
            self.products.iter().filter(|(_, product)| has(product)).collect();
        rows.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        let mut found = Vec::new();
        for (id, product) in rows {
            found.push(ShopProduct {
                product: *id,
                variation: None,
                name: product.name.clone(),
                sku: product.sku.clone(),
                has_variations: !product.variations.is_empty(),
            });
            found.extend(product.variations.iter().map(|(variation, (name, sku))| ShopProduct {
                product: *id,
                variation: Some(*variation),
                name: format!("{}: {}", product.name, name.split(" - ").nth(1).unwrap_or(name)),
                sku: sku.clone(),
                has_variations: false,
            }));
        }
        found
    }

    pub(crate) fn new(name: &str) -> Store {
        let statuses = [
            "auto-draft",
            "pending",
            "processing",
            "on-hold",
            "completed",
            "cancelled",
            "refunded",
            "failed",
            "checkout-draft",
        ];
        Store {
            name: name.to_owned(),
            home: format!("https://{name}.example.test"),
            zone: jiff::tz::TimeZone::posix("CST6CDT,M3.2.0,M11.1.0")
                .expect("a zone in the form of POSIX"),
            zone_name: "America/Chicago".to_owned(),
            orders: BTreeMap::new(),
            by_change: BTreeSet::new(),
            promised: BTreeMap::new(),
            statuses: statuses.map(str::to_owned).to_vec(),
            listed: Vec::new(),
            per_page: 100,
            hooks: Hooks::default(),
            gate: Gate::of(name),
            tracking: Tracking::None,
            products: BTreeMap::new(),
            ahead_ms: 0,
            next_post_id: 1001,
            next_row_id: 1,
        }
    }

    /// The next post gets this id.
    pub(crate) fn number_from(&mut self, id: i64) {
        self.next_post_id = id;
    }

    /// The next id of posts: orders and refunds take theirs from one series.
    pub(crate) fn post_id(&mut self) -> i64 {
        self.next_post_id += 1;
        self.next_post_id - 1
    }

    /// The next id of lines, meta rows and notes.
    pub(crate) fn row_id(&mut self) -> i64 {
        self.next_row_id += 1;
        self.next_row_id - 1
    }

    pub(crate) fn play(&mut self, core: &mut Core, event: ShopEvent) {
        match event {
            ShopEvent::Buys { order, pay } => self.place(core, *order, pay),
            ShopEvent::Act { order, act } => self.act(core, order, act),
        }
    }

    /// Makes the order of a cart, with all its ids; it is not placed yet.
    pub(crate) fn fill(&mut self, core: &mut Core, cart: &Cart) -> Order {
        let id = self.post_id();
        let lines: Vec<Line> =
            cart.lines.iter().map(|line| self.fill_line(line, core.now)).collect();
        let currency = cart
            .lines
            .first()
            .map_or_else(|| super::cart::dollars(0).currency, |line| line.price.currency);
        let shipping_line = cart.shipping.as_ref().map(|(method_id, title, total)| ShippingLine {
            id: self.row_id(),
            method_id: method_id.clone(),
            title: title.clone(),
            total: *total,
        });
        let (method, title) = match cart.pay {
            Pay::Card | Pay::Later(_) | Pay::Never => ("stripe", "Credit / Debit Card"),
            Pay::CashOnDelivery => ("cod", "Cash on delivery"),
            Pay::BankTransfer => ("bacs", "Direct bank transfer"),
        };
        let ships = shipping_line.is_some();
        Order {
            id,
            key: format!("wc_order_{}", core.draw(b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh234567", 13)),
            cart_hash: core.draw_hex(32),
            number: id.to_string(),
            status: "checkout-draft".to_owned(),
            created_at: core.now,
            modified_at: core.now,
            paid_at: None,
            completed_at: None,
            payment_method: method.to_owned(),
            payment_title: title.to_owned(),
            transaction_id: String::new(),
            currency,
            billing: cart.billing.clone().unwrap_or_else(|| cart.recipient.clone()),
            shipping: match ships {
                true => cart.recipient.clone(),
                false => Recipient::default(),
            },
            shipping_line,
            created_via: "store-api".to_owned(),
            note: cart.note.clone(),
            lines,
            meta: vec![Meta {
                id: self.row_id(),
                key: "is_vat_exempt".to_owned(),
                value: Json::from("no"),
            }],
            notes: Vec::new(),
            refunds: Vec::new(),
            parcels: Vec::new(),
            history: Vec::new(),
            before_trash: None,
        }
    }

    pub(crate) fn fill_line(&mut self, line: &CartLine, now: Moment) -> Line {
        let id = self.row_id();
        let meta: Vec<Meta> = line
            .meta
            .iter()
            .map(|(key, value)| Meta {
                id: self.row_id(),
                key: key.clone(),
                value: Json::from(value.as_str()),
            })
            .collect();
        self.shelve(line, now);
        let mut total = line.price;
        total.minor *= i64::from(line.quantity);
        Line {
            id,
            name: line.name.clone(),
            product_id: line.product_id,
            variation_id: line.variation_id,
            sku: line.sku.clone(),
            quantity: line.quantity,
            meta,
            total,
        }
    }

    /// Puts the product of a line on the shelf, unless it stands there already.
    pub(crate) fn shelve(&mut self, line: &CartLine, now: Moment) {
        let product = Product {
            name: line.name.split(" - ").next().unwrap_or(&line.name).to_owned(),
            sku: line.sku.clone(),
            price: line.price,
            created_at: second_of(now),
            variations: BTreeMap::new(),
        };
        let sold = self.products.entry(line.product_id).or_insert(product);
        if line.variation_id != 0 {
            let variation = (line.name.clone(), line.sku.clone());
            sold.variations.insert(line.variation_id, variation);
        }
    }

    /// Places an order that was filled, as the block checkout does.
    pub(crate) fn place(&mut self, core: &mut Core, mut order: Order, pay: Pay) {
        let id = ShopOrderId(order.id);
        self.promised.remove(&id.0);
        order.created_at = second_of(core.now);
        order.modified_at = order.created_at;
        order.status = "pending".to_owned();
        order.history.push((order.created_at, order.status.clone()));
        core.note(format!("shop {}: order {id} placed, {}", self.name, order.total()));
        // A test may have numbers given again.
        self.remove(id);
        self.by_change.insert((order.modified_at, id.0));
        self.orders.insert(id.0, order);
        self.hooks.announce(core, id, "order.created");
        match pay {
            Pay::Card => self.act(core, id, ShopAct::Pays),
            Pay::CashOnDelivery => self.change_status(core, id, "processing"),
            Pay::BankTransfer => self.change_status(core, id, "on-hold"),
            Pay::Later(after) => {
                let pays = ShopEvent::Act { order: id, act: ShopAct::Pays };
                core.schedule(core.now.plus(after), Event::Shop(self.name.clone(), pays));
            }
            Pay::Never => {}
        }
    }

    /// Sets a status as the shop does it: dates, note, mails. The same again is only a save.
    pub(crate) fn change_status(&mut self, core: &mut Core, id: ShopOrderId, status: &str) {
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        let before = std::mem::replace(&mut order.status, status.to_owned());
        if before == status {
            return self.save(core, id);
        }
        if status == "refunded" {
            self.refund_rest(core, id);
        }
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        let now = second_of(core.now);
        order.history.push((now, status.to_owned()));
        // Cash on delivery is `processing` without a payment date; it gets one when completed.
        let is_paid = match status {
            "processing" => order.payment_method != "cod",
            "completed" => true,
            _ => false,
        };
        if is_paid && order.paid_at.is_none() {
            order.paid_at = Some(now);
        }
        if status == "completed" && order.completed_at.is_none() {
            order.completed_at = Some(now);
        }
        core.note(format!("shop {}: order {id} {before} -> {status}", self.name));
        let note = format!("Order status changed from {before} to {status}.");
        self.add_note(core, id, &note, NoteKind::Internal);
        for kind in mails_of(&before, status) {
            self.mail(core, id, kind);
        }
        if before == "trash" {
            // A status set on a trashed order brings it back without telling the webhooks.
            self.stamp(core, id);
        } else {
            self.save(core, id);
        }
    }

    /// Moves the date of change.
    pub(crate) fn stamp(&mut self, core: &mut Core, id: ShopOrderId) {
        if let Some(order) = self.orders.get_mut(&id.0) {
            self.by_change.remove(&(order.modified_at, id.0));
            order.modified_at = second_of(core.now);
            self.by_change.insert((order.modified_at, id.0));
        }
    }

    /// Forgets an order for good.
    pub(crate) fn remove(&mut self, id: ShopOrderId) {
        if let Some(order) = self.orders.remove(&id.0) {
            self.by_change.remove(&(order.modified_at, id.0));
        }
    }

    /// The orders that were changed after this moment, by date of change and id.
    pub(crate) fn changed_after(&self, since: Moment) -> impl Iterator<Item = &Order> {
        let later = (Bound::Excluded((since, i64::MAX)), Bound::Unbounded);
        self.by_change.range(later).filter_map(|(_, id)| self.orders.get(id))
    }

    /// Saves the order: the date of change moves and `order.updated` is queued.
    pub(crate) fn save(&mut self, core: &mut Core, id: ShopOrderId) {
        self.stamp(core, id);
        self.hooks.announce(core, id, "order.updated");
    }

    /// A mail of the shop's own, with the note that the shop writes about it.
    pub(crate) fn mail(&mut self, core: &mut Core, id: ShopOrderId, kind: &str) {
        let Some(order) = self.orders.get(&id.0) else {
            return;
        };
        let is_merchants = matches!(kind, "New order" | "Cancelled order" | "Failed order");
        let to = match is_merchants {
            true => String::new(),
            false => order.billing.email.clone(),
        };
        let mail = ShopMail {
            shop: self.name.clone(),
            order: id,
            kind: kind.to_owned(),
            to,
            sent_at: core.now,
        };
        core.note(format!("shop {}: mails \"{kind}\" for order {id}", self.name));
        core.mailbox.shops.push(mail);
        self.add_note(core, id, &format!("Email \"{kind}\" sent."), NoteKind::Internal);
    }

    /// Adds a note; neither the date nor a webhook moves, and a backslash is lost.
    pub(crate) fn add_note(
        &mut self,
        core: &mut Core,
        id: ShopOrderId,
        text: &str,
        kind: NoteKind,
    ) -> Option<i64> {
        let note_id = self.row_id();
        let order = self.orders.get_mut(&id.0)?;
        order.notes.push(Note {
            id: note_id,
            at: second_of(core.now),
            text: text.replace('\\', ""),
            to_customer: kind == NoteKind::ToCustomer,
        });
        if kind == NoteKind::ToCustomer {
            self.mail(core, id, "Customer note");
        }
        Some(note_id)
    }

    /// Writes a row of order meta; over the limit it silently stays as it was.
    pub(crate) fn write_meta(&mut self, id: ShopOrderId, key: &str, value: Json) {
        let bytes = value.as_str().map_or_else(|| value.to_string().len(), str::len);
        if META_BYTES_MAX < bytes || 255 < key.len() {
            return;
        }
        let row = self.row_id();
        let Some(order) = self.orders.get_mut(&id.0) else {
            return;
        };
        if key == "_wc_shipment_tracking_items" {
            // The array that both tracking plugins read: whoever writes it writes all parcels.
            let items = value.as_array().into_iter().flatten();
            order.parcels = items.map(Parcel::of_item).collect();
        }
        let Some(first) = order.meta.iter().position(|meta| meta.key == key) else {
            let key = key.to_owned();
            return order.meta.push(Meta { id: row, key, value });
        };
        order.meta[first].value = value;
        let kept = order.meta[first].id;
        // Further rows of the same key are deleted by such a write.
        order.meta.retain(|meta| meta.key != key || meta.id == kept);
    }

    /// Whether a listing under these statuses shows the order; none is `any`.
    pub(crate) fn is_listed(order: &Order, statuses: &[String]) -> bool {
        let is_any = statuses.is_empty() || statuses.iter().any(|status| status == "any");
        match is_any {
            true => !matches!(order.status.as_str(), "checkout-draft" | "auto-draft" | "trash"),
            false => statuses.contains(&order.status),
        }
    }
}

/// Who reads a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoteKind {
    /// Staff.
    Internal,
    /// The customer, who is mailed it at once.
    ToCustomer,
}

/// The shop keeps whole seconds.
pub(crate) fn second_of(at: Moment) -> Moment {
    Moment::from_unix_ms(at.unix_ms() - at.unix_ms().rem_euclid(1000))
}

/// Which mails a change of status sends (woocommerce reference, section 5).
fn mails_of(before: &str, after: &str) -> Vec<&'static str> {
    let is_unpaid = matches!(before, "pending" | "failed" | "cancelled");
    let mut mails = Vec::new();
    if is_unpaid && matches!(after, "processing" | "completed" | "on-hold") {
        mails.push("New order");
    }
    match after {
        "processing" if is_unpaid || before == "on-hold" => mails.push("Processing order"),
        "on-hold" if is_unpaid => mails.push("Order on-hold"),
        "completed" => mails.push("Completed order"),
        "cancelled" if matches!(before, "processing" | "on-hold" | "pending") => {
            mails.push("Cancelled order");
        }
        "failed" if matches!(before, "pending" | "on-hold") => mails.push("Failed order"),
        _ => {}
    }
    mails
}
