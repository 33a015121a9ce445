//! The outbox: each mail once per kind and key, complete before it is sent.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::id::{MailId, OrderId};

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
