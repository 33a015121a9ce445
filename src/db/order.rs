//! Orders and their lines. [`lock`] is how every transaction begins that decides about an order.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use super::{fulfilment, hold, item};
use crate::model::id::{Hash, LineId, OrderId, ShopId, ShopOrderId};
use crate::model::money::{Currency, Money};
use crate::model::order::{Approval, Line, LineKind, Order, State, Together};
use crate::model::recipient::Recipient;
use crate::model::shop_order::{LineMeta, MetaSource, ShopOrder};
use crate::model::time::Moment;

/// Proof that this transaction may decide about the order: nobody else does meanwhile.
///
/// On SQLite there is one writer; on PostgreSQL the row is locked.
#[derive(Debug)]
pub struct Locked<T>(T);

impl<T> Locked<T> {
    /// What is locked.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// What is locked, to be changed together with its rows by `flow::transition` alone.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Locks an order and loads it with all its parts. On SQLite there is one writer, so the write
/// transaction is the lock; on PostgreSQL this begins with `SELECT … FOR UPDATE`.
pub fn lock(tx: &Tx<'_>, id: OrderId) -> Result<Locked<Order>, DbError> {
    load(tx, id).map(Locked)
}

/// An order with all its parts, to look at.
pub fn load(tx: &Tx<'_>, id: OrderId) -> Result<Order, DbError> {
    let (mut order, has_holds) = tx.one(
        "SELECT orders.id, orders.shop_id, shops.name, orders.shop_order_id, orders.order_key,
                orders.number, orders.source, orders.state, orders.shop_status, orders.placed_at,
                orders.paid_at, orders.currency, orders.total_minor, orders.shipping_method,
                orders.delay_s, orders.together, orders.approval, orders.edit_lease_until,
                orders.first_name, orders.last_name, orders.company, orders.address_1,
                orders.address_2, orders.city, orders.province, orders.postcode, orders.country,
                orders.phone, orders.email,
                CASE WHEN EXISTS (SELECT 1 FROM holds
                                  WHERE holds.order_id = orders.id AND holds.lifted_at IS NULL)
                     THEN 1 ELSE 0 END,
                orders.note
         FROM orders JOIN shops ON shops.id = orders.shop_id
         WHERE orders.id = $1",
        cells![id],
        |row| Ok((read_order(row)?, row.get::<bool>(29)?)),
    )?;
    order.lines = lines(tx, id)?;
    order.items = item::of_order(tx, id)?;
    order.fulfilments = fulfilment::of_order(tx, id)?;
    if has_holds {
        order.holds = hold::open_of_order(tx, id)?;
    }
    Ok(order)
}

fn read_order(row: &Row<'_>) -> Result<Order, DbError> {
    let damaged = |what: &str| DbError::Damaged(format!("orders.{what}"));
    let currency = Currency::parse(&row.get::<String>(11)?).ok_or_else(|| damaged("currency"))?;
    let approval: String = row.get(16)?;
    Ok(Order {
        id: row.get(0)?,
        shop: row.get(1)?,
        shop_name: row.get(2)?,
        shop_order: row.get(3)?,
        key: row.get(4)?,
        number: row.get(5)?,
        source: row.get(6)?,
        state: State::from_name(&row.get::<String>(7)?).ok_or_else(|| damaged("state"))?,
        shop_status: row.get(8)?,
        placed_at: row.get(9)?,
        paid_at: row.get(10)?,
        total: Money { minor: row.get(12)?, currency },
        shipping_method: row.get(13)?,
        note: row.get(30)?,
        delay_s: row.get(14)?,
        together: Together::from_name(&row.get::<String>(15)?)
            .ok_or_else(|| damaged("together"))?,
        approval: if approval == "manual" { Approval::Manual } else { Approval::Automatic },
        edit_lease_until: row.get(17)?,
        recipient: read_recipient(row, 18)?,
        lines: Vec::new(),
        items: Vec::new(),
        fulfilments: Vec::new(),
        holds: Vec::new(),
    })
}

fn read_recipient(row: &Row<'_>, first: usize) -> Result<Recipient, DbError> {
    Ok(Recipient {
        first_name: row.get(first)?,
        last_name: row.get(first + 1)?,
        company: row.get(first + 2)?,
        address_1: row.get(first + 3)?,
        address_2: row.get(first + 4)?,
        city: row.get(first + 5)?,
        state: row.get(first + 6)?,
        postcode: row.get(first + 7)?,
        country: row.get(first + 8)?,
        phone: row.get(first + 9)?,
        email: row.get(first + 10)?,
    })
}

fn lines(tx: &Tx<'_>, id: OrderId) -> Result<Vec<Line>, DbError> {
    let mut found = tx.all(
        "SELECT id, shop_line_id, name, sku, product_id, variation_id, quantity, refunded, kind
         FROM lines WHERE order_id = $1",
        cells![id],
        |row| {
            let kind: String = row.get(8)?;
            Ok(Line {
                id: row.get(0)?,
                shop_line: row.get(1)?,
                name: row.get(2)?,
                sku: row.get(3)?,
                product_id: row.get(4)?,
                variation_id: row.get(5)?,
                quantity: row.get(6)?,
                refunded: row.get(7)?,
                kind: line_kind(&kind)?,
            })
        },
    )?;
    // A handful is sorted here for less than the database asks for its sorter.
    found.sort_by_key(|line: &Line| line.id);
    Ok(found)
}

fn line_kind(word: &str) -> Result<LineKind, DbError> {
    match word {
        "printed" => Ok(LineKind::Printed),
        "passes_by" => Ok(LineKind::PassesBy),
        "unmapped" => Ok(LineKind::Unmapped),
        other => Err(DbError::Damaged(format!("lines.kind {other}"))),
    }
}

fn line_kind_name(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Printed => "printed",
        LineKind::PassesBy => "passes_by",
        LineKind::Unmapped => "unmapped",
    }
}

/// What an order is taken in with, besides what the shop says.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The shop's id of it; `None` when it does not come from the shop.
    pub shop_order: Option<ShopOrderId>,
    /// Where it came from.
    pub source: String,
    /// What waits for what.
    pub together: Together,
    /// Whether a person must press Submit.
    pub approval: Approval,
}

/// Stores a new order in `awaiting_payment`; `None` when the shop's order is already here.
pub fn insert(
    tx: &Tx<'_>,
    shop: ShopId,
    told: &ShopOrder,
    intake: &Intake,
) -> Result<Option<OrderId>, DbError> {
    let who = &told.recipient;
    let approval = match intake.approval {
        Approval::Automatic => "automatic",
        Approval::Manual => "manual",
    };
    tx.insert(
        "INSERT INTO orders (shop_id, shop_order_id, order_key, number, source, state,
             shop_status, shop_modified_at, placed_at, paid_at, currency, total_minor, first_name,
             last_name, company, address_1, address_2, city, province, postcode, country, phone,
             email, shipping_method, note, together, approval, told_hash, received_at)
         VALUES ($1, $2, $3, $4, $5, 'awaiting_payment', $6, $7, $8, $9, $10, $11, $12, $13, $14,
             $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
         ON CONFLICT DO NOTHING",
        cells![
            shop,
            intake.shop_order,
            &told.key,
            &told.number,
            &intake.source,
            &told.status,
            told.modified_at,
            told.placed_at,
            told.paid_at,
            told.total.currency.code(),
            told.total.minor,
            &who.first_name,
            &who.last_name,
            &who.company,
            &who.address_1,
            &who.address_2,
            &who.city,
            &who.state,
            &who.postcode,
            &who.country,
            &who.phone,
            &who.email,
            &told.shipping_method,
            &told.note,
            intake.together.name(),
            approval,
            &told.fingerprint(),
            tx.now
        ],
    )
}

/// Stores a line with everything the customer gave on it.
pub fn insert_line(
    tx: &Tx<'_>,
    order: OrderId,
    line: &crate::model::shop_order::ShopLine,
    kind: LineKind,
) -> Result<LineId, DbError> {
    let id: LineId = tx.insert_one(
        "INSERT INTO lines (order_id, shop_line_id, name, sku, product_id, variation_id, quantity,
             refunded, kind, total_minor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        cells![
            order,
            line.id,
            &line.name,
            &line.sku,
            line.product_id,
            line.variation_id,
            line.quantity,
            line.refunded,
            line_kind_name(kind),
            line.total.minor
        ],
    )?;
    put_meta(tx, id, &line.meta)?;
    Ok(id)
}

/// Replaces what is kept of a line's meta.
pub fn put_meta(tx: &Tx<'_>, line: LineId, meta: &[LineMeta]) -> Result<(), DbError> {
    tx.execute("DELETE FROM line_meta WHERE line_id = $1", cells![line])?;
    for (place, row) in meta.iter().enumerate() {
        let source = match row.source {
            MetaSource::Plugin => "plugin",
            MetaSource::Visible => "visible",
            MetaSource::Hidden => "hidden",
        };
        tx.execute(
            "INSERT INTO line_meta (line_id, place, name, value, source)
             VALUES ($1, $2, $3, $4, $5)",
            cells![line, i64::try_from(place).unwrap_or(i64::MAX), &row.key, &row.value, source],
        )?;
    }
    Ok(())
}

/// What the customer gave on a line, as it was placed.
pub fn meta_of_line(tx: &Tx<'_>, line: LineId) -> Result<Vec<LineMeta>, DbError> {
    tx.all(
        "SELECT name, value, source FROM line_meta WHERE line_id = $1 ORDER BY place",
        cells![line],
        |row| {
            let source: String = row.get(2)?;
            Ok(LineMeta {
                key: row.get(0)?,
                value: row.get(1)?,
                source: match source.as_str() {
                    "plugin" => MetaSource::Plugin,
                    "visible" => MetaSource::Visible,
                    _ => MetaSource::Hidden,
                },
            })
        },
    )
}

/// Changes whether a line concerns us.
pub fn set_line_kind(tx: &Tx<'_>, line: LineId, kind: LineKind) -> Result<(), DbError> {
    tx.change(
        "lines",
        "UPDATE lines SET kind = $1 WHERE id = $2",
        cells![line_kind_name(kind), line],
    )
}

/// Changes how many pieces of a line are ordered and refunded.
pub fn set_line_quantity(
    tx: &Tx<'_>,
    line: LineId,
    quantity: u32,
    refunded: u32,
) -> Result<(), DbError> {
    tx.change(
        "lines",
        "UPDATE lines SET quantity = $1, refunded = $2 WHERE id = $3",
        cells![quantity, refunded, line],
    )
}

/// Our id of a shop's order.
pub fn find(
    tx: &Tx<'_>,
    shop: ShopId,
    shop_order: ShopOrderId,
) -> Result<Option<OrderId>, DbError> {
    tx.optional(
        "SELECT id FROM orders WHERE shop_id = $1 AND shop_order_id = $2",
        cells![shop, shop_order],
        |row| row.get(0),
    )
}

/// Our id of the order that people call by this number; the newest where several have it.
pub fn find_by_number(tx: &Tx<'_>, number: &str) -> Result<Option<OrderId>, DbError> {
    tx.optional(
        "SELECT id FROM orders WHERE number = $1 ORDER BY id DESC LIMIT 1",
        cells![number],
        |row| row.get(0),
    )
}

/// Changes the state; only `flow::transition` does.
pub fn set_state(tx: &Tx<'_>, id: OrderId, from: State, to: State) -> Result<(), DbError> {
    let closed_at = matches!(to, State::Closed | State::Cancelled).then_some(tx.now);
    tx.change(
        "orders",
        "UPDATE orders SET state = $1, closed_at = $2 WHERE id = $3 AND state = $4",
        cells![to.name(), closed_at, id, from.name()],
    )
}

/// Notes what the shop says now of status, change and payment.
pub fn set_told(tx: &Tx<'_>, id: OrderId, told: &ShopOrder) -> Result<(), DbError> {
    tx.change(
        "orders",
        "UPDATE orders SET shop_status = $1, shop_modified_at = $2, paid_at = $3, told_hash = $4
         WHERE id = $5",
        cells![&told.status, told.modified_at, told.paid_at, &told.fingerprint(), id],
    )
}

/// The shop's status as it was last told, or as we last set it.
pub fn set_shop_status(tx: &Tx<'_>, id: OrderId, status: &str) -> Result<(), DbError> {
    tx.change("orders", "UPDATE orders SET shop_status = $1 WHERE id = $2", cells![status, id])
}

/// Changes who gets the goods; `by` is `shop` or `staff`.
pub fn set_recipient(tx: &Tx<'_>, id: OrderId, who: &Recipient, by: &str) -> Result<(), DbError> {
    tx.change(
        "orders",
        "UPDATE orders SET first_name = $1, last_name = $2, company = $3, address_1 = $4,
             address_2 = $5, city = $6, province = $7, postcode = $8, country = $9, phone = $10,
             email = $11, address_by = $12
         WHERE id = $13",
        cells![
            &who.first_name,
            &who.last_name,
            &who.company,
            &who.address_1,
            &who.address_2,
            &who.city,
            &who.state,
            &who.postcode,
            &who.country,
            &who.phone,
            &who.email,
            by,
            id
        ],
    )
}

/// Changes the chosen shipping method.
pub fn set_shipping_method(tx: &Tx<'_>, id: OrderId, method: &str) -> Result<(), DbError> {
    tx.change("orders", "UPDATE orders SET shipping_method = $1 WHERE id = $2", cells![method, id])
}

/// Changes the customer's note.
pub fn set_note(tx: &Tx<'_>, id: OrderId, note: &str) -> Result<(), DbError> {
    tx.change("orders", "UPDATE orders SET note = $1 WHERE id = $2", cells![note, id])
}

/// Whether staff has typed the address, so that the shop's no longer counts.
pub fn address_is_by_staff(tx: &Tx<'_>, id: OrderId) -> Result<bool, DbError> {
    tx.one("SELECT address_by FROM orders WHERE id = $1", cells![id], |row| {
        row.get::<String>(0).map(|by| by == "staff")
    })
}

/// Sets or clears the order's own submit delay.
pub fn set_delay(tx: &Tx<'_>, id: OrderId, delay_s: Option<u32>) -> Result<(), DbError> {
    tx.change("orders", "UPDATE orders SET delay_s = $1 WHERE id = $2", cells![delay_s, id])
}

/// Takes or gives back the right to edit its designs.
pub fn set_edit_lease(
    tx: &Tx<'_>,
    id: OrderId,
    until: Option<Moment>,
    by: &str,
) -> Result<(), DbError> {
    tx.change(
        "orders",
        "UPDATE orders SET edit_lease_until = $1, edit_lease_by = $2 WHERE id = $3",
        cells![until, by, id],
    )
}

/// Whether nothing is new of a shop's order. One that is held is looked at all the same: its cure may
/// have happened here.
pub fn is_told(
    tx: &Tx<'_>,
    shop: ShopId,
    shop_order: ShopOrderId,
    fingerprint: &Hash,
) -> Result<bool, DbError> {
    let found: Option<OrderId> = tx.optional(
        "SELECT id FROM orders
         WHERE shop_id = $1 AND shop_order_id = $2 AND told_hash = $3
           AND NOT EXISTS (SELECT 1 FROM holds
                           WHERE holds.order_id = orders.id AND holds.lifted_at IS NULL)",
        cells![shop, shop_order, fingerprint],
        |row| row.get(0),
    )?;
    Ok(found.is_some())
}

/// What the shop was last told of our submissions.
pub fn ledger_told(tx: &Tx<'_>, id: OrderId) -> Result<String, DbError> {
    tx.one("SELECT ledger_told FROM orders WHERE id = $1", cells![id], |row| row.get(0))
}

/// Notes what the shop was told of our submissions.
pub fn set_ledger_told(tx: &Tx<'_>, id: OrderId, ledger: &str) -> Result<(), DbError> {
    tx.change("orders", "UPDATE orders SET ledger_told = $1 WHERE id = $2", cells![ledger, id])
}

/// Our id of an order that a source other than the shop calls by this number.
pub fn find_elsewhere(
    tx: &Tx<'_>,
    shop: ShopId,
    source: &str,
    number: &str,
) -> Result<Option<OrderId>, DbError> {
    tx.optional(
        "SELECT id FROM orders WHERE shop_id = $1 AND source = $2 AND number = $3",
        cells![shop, source, number],
        |row| row.get(0),
    )
}

/// Every order of a source other than the shop, oldest first.
pub fn from_elsewhere(tx: &Tx<'_>, source: &str) -> Result<Vec<OrderId>, DbError> {
    tx.all(
        "SELECT id FROM orders WHERE source = $1 AND shop_order_id IS NULL ORDER BY id",
        cells![source],
        |row| row.get(0),
    )
}

/// The newest orders.
pub fn newest(tx: &Tx<'_>, count: u32) -> Result<Vec<OrderId>, DbError> {
    tx.all(
        "SELECT id FROM orders ORDER BY received_at DESC, id DESC LIMIT $1",
        cells![count],
        |row| row.get(0),
    )
}

/// Orders of shops that are held because of the product map, or of what it names.
pub fn held_for_mapping(tx: &Tx<'_>) -> Result<Vec<(ShopId, ShopOrderId)>, DbError> {
    tx.all(
        "SELECT DISTINCT orders.shop_id, orders.shop_order_id
         FROM holds JOIN orders ON orders.id = holds.order_id
         WHERE holds.lifted_at IS NULL AND orders.shop_order_id IS NOT NULL
           AND holds.what IN ('line_unmapped', 'design_unknown', 'provider_unknown',
                              'too_many_copies')",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
