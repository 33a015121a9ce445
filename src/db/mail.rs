//! The outbox: each mail once per kind and key, complete before it is sent.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::id::{MailId, OrderId};
use crate::model::time::Moment;

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMail {
    /// Its id.
    pub id: MailId,
    /// Its order.
    pub order: Option<OrderId>,
    /// `alert`, `shipped` …
    pub kind: String,
    /// Fixed, so that a repeated sending can be recognised.
    pub message_id: String,
    /// The one recipient.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
    /// Where it stands.
    pub state: String,
}

/// A mail that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Its order.
    pub order: Option<OrderId>,
    /// `alert`, `shipped` …
    pub kind: &'static str,
    /// With the kind, what makes it one mail.
    pub key: String,
    /// The one recipient.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

/// Puts a mail into the outbox; `None` when it was already there.
pub fn put(tx: &Tx<'_>, mail: &NewMail, message_id: &str) -> Result<Option<MailId>, DbError> {
    tx.optional(
        "INSERT INTO mails (order_id, kind, key, message_id, recipient, subject, text_part,
             html_part, state, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9)
         ON CONFLICT (kind, key) DO NOTHING
         RETURNING id",
        cells![
            mail.order,
            mail.kind,
            &mail.key,
            message_id,
            &mail.recipient,
            &mail.subject,
            &mail.text,
            &mail.html,
            tx.now
        ],
        |row| row.get(0),
    )
}

/// One mail.
pub fn get(tx: &Tx<'_>, id: MailId) -> Result<Option<OutboxMail>, DbError> {
    tx.optional(
        "SELECT id, kind, message_id, recipient, subject, text_part, html_part, state, order_id
         FROM mails WHERE id = $1",
        cells![id],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<OutboxMail, DbError> {
    Ok(OutboxMail {
        id: row.get(0)?,
        kind: row.get(1)?,
        message_id: row.get(2)?,
        recipient: row.get(3)?,
        subject: row.get(4)?,
        text: row.get(5)?,
        html: row.get(6)?,
        state: row.get(7)?,
        order: row.get(8)?,
    })
}

/// Moves a mail on; it must be in the state that is expected.
pub fn set_state(
    tx: &Tx<'_>,
    id: MailId,
    from: &'static str,
    to: &'static str,
) -> Result<(), DbError> {
    let sent_at = (to == "sent").then_some(tx.now);
    tx.change(
        "mails",
        "UPDATE mails SET state = $1, sent_at = $2 WHERE id = $3 AND state = $4",
        cells![to, sent_at, id, from],
    )
}

/// A mail as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Its id.
    pub id: MailId,
    /// Its order, and what people call that.
    pub order: Option<(OrderId, String)>,
    /// `alert`, `shipped` …
    pub kind: String,
    /// The one recipient.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Where it stands.
    pub state: String,
    /// When it was put there.
    pub made_at: Moment,
    /// When it left.
    pub sent_at: Option<Moment>,
    /// What went wrong last; empty where nothing did.
    pub why: String,
}

/// Mails in one state, or in any where it is empty; newest first.
pub fn page(tx: &Tx<'_>, state: &str, before: i64, rows: u32) -> Result<Vec<MailRow>, DbError> {
    tx.all(
        "SELECT mails.id, mails.order_id, COALESCE(orders.number, ''), mails.kind,
                mails.recipient, mails.subject, mails.state, mails.made_at, mails.sent_at,
                COALESCE((SELECT alerts.detail FROM alerts
                          WHERE alerts.key = 'mail:' || mails.id ORDER BY alerts.id DESC LIMIT 1),
                         (SELECT jobs.errors FROM jobs
                          WHERE jobs.step = 'mail' AND jobs.key = CAST(mails.id AS TEXT)
                          ORDER BY jobs.id DESC LIMIT 1), '')
         FROM mails LEFT JOIN orders ON orders.id = mails.order_id
         WHERE mails.id < $1 AND ($2 = '' OR mails.state = $2)
         ORDER BY mails.id DESC LIMIT $3",
        cells![before, state, rows],
        |row| {
            let order: Option<OrderId> = row.get(1)?;
            let number: String = row.get(2)?;
            Ok(MailRow {
                id: row.get(0)?,
                order: order.map(|order| (order, number)),
                kind: row.get(3)?,
                recipient: row.get(4)?,
                subject: row.get(5)?,
                state: row.get(6)?,
                made_at: row.get(7)?,
                sent_at: row.get(8)?,
                why: row.get(9)?,
            })
        },
    )
}

/// A mail about an order, as the order's history tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderMail {
    /// Its id.
    pub id: MailId,
    /// The one recipient.
    pub recipient: String,
    /// Subject.
    pub subject: String,
    /// Where it stands.
    pub state: String,
    /// When it left, or was put there.
    pub at: Moment,
}

/// Mails about an order, oldest first.
pub fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<OrderMail>, DbError> {
    tx.all(
        "SELECT id, recipient, subject, state, COALESCE(sent_at, made_at) FROM mails
         WHERE order_id = $1 ORDER BY id",
        cells![order],
        |row| {
            Ok(OrderMail {
                id: row.get(0)?,
                recipient: row.get(1)?,
                subject: row.get(2)?,
                state: row.get(3)?,
                at: row.get(4)?,
            })
        },
    )
}

/// How many mails are in each state.
pub fn counts(tx: &Tx<'_>) -> Result<Vec<(String, u32)>, DbError> {
    tx.all(
        "SELECT state, CAST(COUNT(*) AS INTEGER) FROM mails GROUP BY state ORDER BY state",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
