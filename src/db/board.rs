//! What the pages list: orders by view and by search, and the facts that only people look at.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, OrderId, ShopId, ShopOrderId};
use crate::model::time::Moment;

/// One view of the order list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// Somebody of the staff must do something.
    NeedsYou,
    /// From elsewhere, and nobody has filled the design in.
    NeedsDesign,
    /// Being prepared: paid or not, nothing of it counts down or was sent.
    InProgress,
    /// Counting down.
    CountingDown,
    /// Sent, and not left yet.
    AtProvider,
    /// Settled or cancelled.
    Done,
    /// Everything.
    All,
}

impl View {
    /// Every view, in the order of the tabs.
    pub const ALL: [View; 7] = [
        View::NeedsYou,
        View::NeedsDesign,
        View::InProgress,
        View::CountingDown,
        View::AtProvider,
        View::Done,
        View::All,
    ];

    /// The word it stands under in the address.
    pub fn name(self) -> &'static str {
        match self {
            View::NeedsYou => "needs-you",
            View::NeedsDesign => "needs-design",
            View::InProgress => "in-progress",
            View::CountingDown => "counting-down",
            View::AtProvider => "at-provider",
            View::Done => "done",
            View::All => "all",
        }
    }

    /// The view of this word.
    pub fn from_name(name: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// How many orders a view holds.
pub fn count(tx: &Tx<'_>, view: View) -> Result<u32, DbError> {
    let sql = match view {
        View::NeedsYou => {
            "SELECT CAST(COUNT(*) AS INTEGER) FROM orders WHERE id IN (SELECT order_id FROM orders_needing_people)"
        }
        View::NeedsDesign => {
            "SELECT CAST(COUNT(*) AS INTEGER) FROM orders WHERE id IN (SELECT order_id FROM orders_needing_design)"
        }
        View::InProgress => {
            "SELECT CAST(COUNT(*) AS INTEGER) FROM orders WHERE id IN (SELECT order_id FROM orders_in_progress)"
        }
        View::CountingDown => {
            "SELECT CAST(COUNT(DISTINCT order_id) AS INTEGER) FROM fulfilments
             WHERE state = 'countdown'"
        }
        View::AtProvider => {
            "SELECT CAST(COUNT(DISTINCT order_id) AS INTEGER) FROM fulfilments
             WHERE state IN ('submitting', 'in_production')"
        }
        View::Done => {
            "SELECT CAST(COUNT(*) AS INTEGER) FROM orders WHERE state IN ('closed', 'cancelled')"
        }
        View::All => "SELECT CAST(COUNT(*) AS INTEGER) FROM orders",
    };
    tx.one(sql, &[], |row| row.get(0))
}

/// Who edits the designs of an order, and until when.
pub fn edit_lease(tx: &Tx<'_>, order: OrderId) -> Result<Option<(Moment, String)>, DbError> {
    let lease: (Option<Moment>, String) = tx.one(
        "SELECT edit_lease_until, edit_lease_by FROM orders WHERE id = $1",
        cells![order],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(lease.0.filter(|until| tx.now < *until).map(|until| (until, lease.1)))
}

/// The customer's note on an order.
pub fn note(tx: &Tx<'_>, order: OrderId) -> Result<String, DbError> {
    tx.one("SELECT note FROM orders WHERE id = $1", cells![order], |row| row.get(0))
}

/// Whether there is such an order.
pub fn has_order(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    let found: Option<OrderId> =
        tx.optional("SELECT id FROM orders WHERE id = $1", cells![order], |row| row.get(0))?;
    Ok(found.is_some())
}

/// Whether a file is kept, and as what: `photo`, `preview`, `png` …
pub fn kind_of_file(tx: &Tx<'_>, hash: &Hash) -> Result<Option<String>, DbError> {
    tx.optional("SELECT kind FROM files WHERE hash = $1", cells![hash], |row| row.get(0))
}

/// An order of the shop that was passed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedBy {
    /// Which shop.
    pub shop: ShopId,
    /// The shop's id of it.
    pub shop_order: ShopOrderId,
    /// What people call it.
    pub number: String,
    /// Why it does not concern us.
    pub why: String,
    /// When it was last looked at.
    pub seen_at: Moment,
}

/// Orders that were passed by, newest first.
pub fn passed_by(tx: &Tx<'_>, rows: u32, skip: u32) -> Result<Vec<PassedBy>, DbError> {
    tx.all(
        "SELECT shop_id, shop_order_id, number, why, seen_at FROM passed_orders
         ORDER BY seen_at DESC, shop_order_id DESC LIMIT $1 OFFSET $2",
        cells![rows, skip],
        |row| {
            Ok(PassedBy {
                shop: row.get(0)?,
                shop_order: row.get(1)?,
                number: row.get(2)?,
                why: row.get(3)?,
                seen_at: row.get(4)?,
            })
        },
    )
}

/// How many alerts are not cleared.
pub fn open_alerts(tx: &Tx<'_>) -> Result<u32, DbError> {
    tx.one("SELECT CAST(COUNT(*) AS INTEGER) FROM alerts WHERE cleared_at IS NULL", &[], |row| {
        row.get(0)
    })
}

/// How many jobs wait for their moment.
pub fn waiting_jobs(tx: &Tx<'_>) -> Result<u32, DbError> {
    tx.one("SELECT CAST(COUNT(*) AS INTEGER) FROM jobs WHERE state = 'scheduled'", &[], |row| {
        row.get(0)
    })
}

/// How many jobs failed for good.
pub fn failed_jobs(tx: &Tx<'_>) -> Result<u32, DbError> {
    tx.one("SELECT CAST(COUNT(*) AS INTEGER) FROM jobs WHERE state = 'failed'", &[], |row| {
        row.get(0)
    })
}
