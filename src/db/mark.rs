//! Labels of orders, and who looks after an order.

use std::collections::BTreeMap;

use super::cells::cells;
use super::engine::{Cell, DbError, Tx};
use crate::model::hold::Actor;
use crate::model::id::{OrderId, PersonId};
use crate::model::mark::{Assignee, Label, Marks, tone_beside};

/// So many different labels are kept at most.
const LABELS_KEPT_MAX: u32 = 200;
/// Orders that one statement asks of: as many as a page of the list shows.
const AT_ONCE: usize = 50;

/// Orders of one statement; what is left over asks of order 0, which is nobody's.
fn parts(orders: &[OrderId]) -> impl Iterator<Item = Vec<Cell<'static>>> {
    orders.chunks(AT_ONCE).map(|part| {
        let ids = part.iter().map(|id| Cell::from(*id));
        ids.chain(std::iter::repeat_with(|| Cell::from(0_i64))).take(AT_ONCE).collect()
    })
}

/// The marks of each of these orders that has any.
pub fn of_orders(tx: &Tx<'_>, orders: &[OrderId]) -> Result<BTreeMap<OrderId, Marks>, DbError> {
    let mut found: BTreeMap<OrderId, Marks> = BTreeMap::new();
    for part in parts(orders) {
        let labels: Vec<(OrderId, Label)> = tx.all(
            "SELECT order_labels.order_id, labels.name, labels.tone FROM order_labels
             JOIN labels ON labels.id = order_labels.label_id
             WHERE order_labels.order_id IN (
                 $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34,
                 $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50)
             ORDER BY labels.key",
            &part,
            |row| Ok((row.get(0)?, Label { name: row.get(1)?, tone: row.get(2)? })),
        )?;
        for (order, label) in labels {
            found.entry(order).or_default().labels.push(label);
        }
        let assignees: Vec<(OrderId, Assignee)> = tx.all(
            "SELECT assignments.order_id, people.name, people.is_enabled FROM assignments
             JOIN people ON people.id = assignments.person_id
             WHERE assignments.order_id IN (
                 $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34,
                 $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50)",
            &part,
            |row| Ok((row.get(0)?, Assignee { name: row.get(1)?, is_enabled: row.get(2)? })),
        )?;
        for (order, assignee) in assignees {
            found.entry(order).or_default().assignee = Some(assignee);
        }
    }
    Ok(found)
}

/// The marks of an order.
pub fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Marks, DbError> {
    Ok(of_orders(tx, &[order])?.remove(&order).unwrap_or_default())
}

/// Every label that an order carries, by name.
pub fn labels(tx: &Tx<'_>) -> Result<Vec<Label>, DbError> {
    tx.all("SELECT name, tone FROM labels ORDER BY key", &[], |row| {
        Ok(Label { name: row.get(0)?, tone: row.get(1)? })
    })
}

/// A label, and how many orders carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLabel {
    /// The label.
    pub label: Label,
    /// Orders that carry it.
    pub orders: u32,
}

/// Every label with the number of its orders, by name.
pub fn known_labels(tx: &Tx<'_>) -> Result<Vec<KnownLabel>, DbError> {
    tx.all(
        "SELECT labels.name, labels.tone, COUNT(order_labels.order_id) FROM labels
         LEFT JOIN order_labels ON order_labels.label_id = labels.id
         GROUP BY labels.id, labels.key, labels.name, labels.tone ORDER BY labels.key",
        &[],
        |row| {
            let label = Label { name: row.get(0)?, tone: row.get(1)? };
            Ok(KnownLabel { label, orders: row.get(2)? })
        },
    )
}

/// One label.
pub fn known(tx: &Tx<'_>, key: &str) -> Result<Option<KnownLabel>, DbError> {
    Ok(known_labels(tx)?.into_iter().find(|one| one.label.key() == key))
}

/// Gives a label another name and look.
pub fn rename(tx: &Tx<'_>, key: &str, to: &Label) -> Result<(), DbError> {
    tx.change(
        "labels",
        "UPDATE labels SET key = $1, name = $2, tone = $3 WHERE key = $4",
        cells![to.key(), &to.name, to.tone, key],
    )
}

/// What carries one label carries the other instead, and the first is forgotten.
pub fn merge(tx: &Tx<'_>, from: &str, to: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO order_labels (order_id, label_id)
         SELECT order_labels.order_id, other.id FROM order_labels
         JOIN labels ON labels.id = order_labels.label_id
         JOIN labels AS other ON other.key = $1
         WHERE labels.key = $2
         ON CONFLICT (order_id, label_id) DO NOTHING",
        cells![to, from],
    )?;
    delete(tx, from)
}

/// Takes a label off every order and forgets it.
pub fn delete(tx: &Tx<'_>, key: &str) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM order_labels WHERE label_id IN (SELECT id FROM labels WHERE key = $1)",
        cells![key],
    )?;
    tx.change("labels", "DELETE FROM labels WHERE key = $1", cells![key])
}

/// Writes into the history of every order that carries a label what becomes of it: one statement, for
/// there may be thousands.
pub fn tell_orders(
    tx: &Tx<'_>,
    key: &str,
    actor: &Actor,
    event: &str,
    words: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO history (order_id, at, actor, subject, event, from_state, to_state, note)
         SELECT order_labels.order_id, $1, $2, 'order', $3, '', '', $4 FROM order_labels
         JOIN labels ON labels.id = order_labels.label_id WHERE labels.key = $5",
        cells![tx.now, actor.text(), event, words, key],
    )?;
    Ok(())
}

/// Names of the people who look after any order.
pub fn assignees(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT name FROM people
         WHERE EXISTS (SELECT 1 FROM assignments WHERE assignments.person_id = people.id)
         ORDER BY name",
        &[],
        |row| row.get(0),
    )
}

/// Puts a label on an order, and knows it from then on; `false` when there are too many.
pub fn put_label(tx: &Tx<'_>, order: OrderId, label: &Label) -> Result<bool, DbError> {
    let tone = tone_beside(&labels(tx)?);
    tx.execute(
        "INSERT INTO labels (key, name, tone)
         SELECT $1, $2, CAST($3 AS INTEGER) FROM (SELECT COUNT(*) AS kept FROM labels) AS known
         WHERE kept < $4
         ON CONFLICT (key) DO NOTHING",
        cells![label.key(), &label.name, tone, LABELS_KEPT_MAX],
    )?;
    let put = tx.execute(
        "INSERT INTO order_labels (order_id, label_id)
         SELECT CAST($1 AS INTEGER), labels.id FROM labels WHERE labels.key = $2
         ON CONFLICT (order_id, label_id) DO NOTHING",
        cells![order, label.key()],
    )?;
    Ok(put == 1)
}

/// Takes a label off an order; one that no order carries any more is forgotten.
pub fn take_label(tx: &Tx<'_>, order: OrderId, label: &Label) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM order_labels
         WHERE order_id = $1 AND label_id IN (SELECT id FROM labels WHERE key = $2)",
        cells![order, label.key()],
    )?;
    tx.execute(
        "DELETE FROM labels WHERE key = $1
             AND NOT EXISTS (SELECT 1 FROM order_labels WHERE order_labels.label_id = labels.id)",
        cells![label.key()],
    )?;
    Ok(())
}

/// Gives an order to a person.
pub fn assign(tx: &Tx<'_>, order: OrderId, person: PersonId) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO assignments (order_id, person_id) VALUES ($1, $2)
         ON CONFLICT (order_id) DO UPDATE SET person_id = excluded.person_id",
        cells![order, person],
    )?;
    Ok(())
}

/// Nobody looks after an order any more.
pub fn unassign(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    tx.execute("DELETE FROM assignments WHERE order_id = $1", cells![order])?;
    Ok(())
}

/// Takes every label off an order whose customer is forgotten: somebody may have typed a name.
pub fn forget(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    for label in of_order(tx, order)?.labels {
        take_label(tx, order, &label)?;
        if known(tx, &label.key())?.is_none() {
            super::setting::forget_names(tx, "label", &label.name)?;
        }
    }
    unassign(tx, order)
}
