//! What was set in the pages, its sealed secrets, and who changed what.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::time::Moment;

/// What was set of a section, a shop or a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// `shop`, `limits` …
    pub section: String,
    /// Of which shop or provider; empty for a section.
    pub name: String,
    /// Its settings as TOML, without secrets.
    pub document: String,
    /// Whether it holds; one that was disconnected does not.
    pub is_enabled: bool,
    /// When it was last changed.
    pub changed_at: Moment,
    /// By whom.
    pub changed_by: String,
}

/// One sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// `shop`, `mail` …
    pub section: String,
    /// Of which shop or provider.
    pub name: String,
    /// Its key.
    pub field: String,
    /// What is kept.
    pub sealed: String,
    /// When it was typed.
    pub set_at: Moment,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// When.
    pub at: Moment,
    /// Who.
    pub person: String,
    /// Where: `shop main`.
    pub place: String,
    /// Which setting.
    pub field: String,
    /// What it was; secrets are never written down.
    pub old: String,
    /// What it is.
    pub new: String,
}

/// Everything that was set.
pub fn all(tx: &Tx<'_>) -> Result<Vec<SettingRow>, DbError> {
    tx.all(
        "SELECT section, name, document, is_enabled, changed_at, changed_by FROM settings
         ORDER BY section, name",
        &[],
        |row| {
            Ok(SettingRow {
                section: row.get(0)?,
                name: row.get(1)?,
                document: row.get(2)?,
                is_enabled: row.get(3)?,
                changed_at: row.get(4)?,
                changed_by: row.get(5)?,
            })
        },
    )
}

/// Sets a section, a shop or a provider; it holds from now on.
pub fn put(
    tx: &Tx<'_>,
    section: &str,
    name: &str,
    document: &str,
    by: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO settings (section, name, document, changed_at, changed_by)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (section, name) DO UPDATE SET document = excluded.document, is_enabled = 1,
             changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        cells![section, name, document, tx.now, by],
    )?;
    Ok(())
}

/// Lets it hold, or no more; whether there was such a row to change.
pub fn set_enabled(
    tx: &Tx<'_>,
    section: &str,
    name: &str,
    is_enabled: bool,
    by: &str,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE settings SET is_enabled = $1, changed_at = $2, changed_by = $3
         WHERE section = $4 AND name = $5 AND is_enabled <> $1",
        cells![is_enabled, tx.now, by, section, name],
    )?;
    Ok(changed == 1)
}

/// Every sealed secret.
pub fn secrets(tx: &Tx<'_>) -> Result<Vec<SecretRow>, DbError> {
    tx.all("SELECT section, name, field, sealed, set_at FROM setting_secrets", &[], |row| {
        Ok(SecretRow {
            section: row.get(0)?,
            name: row.get(1)?,
            field: row.get(2)?,
            sealed: row.get(3)?,
            set_at: row.get(4)?,
        })
    })
}

/// Keeps a sealed secret in the place of the one before.
pub fn put_secret(
    tx: &Tx<'_>,
    section: &str,
    name: &str,
    field: &str,
    sealed: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO setting_secrets (section, name, field, sealed, set_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (section, name, field) DO UPDATE SET sealed = excluded.sealed,
             set_at = excluded.set_at",
        cells![section, name, field, sealed, tx.now],
    )?;
    Ok(())
}

/// Writes a change down.
pub fn note(
    tx: &Tx<'_>,
    person: &str,
    place: &str,
    field: &str,
    old: &str,
    new: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO setting_changes (at, person, place, field, old, new)
         VALUES ($1, $2, $3, $4, $5, $6)",
        cells![tx.now, person, place, field, old, new],
    )?;
    Ok(())
}

/// The last changes, the newest first.
pub fn changes(tx: &Tx<'_>, limit: u32) -> Result<Vec<ChangeRow>, DbError> {
    tx.all(
        "SELECT at, person, place, field, old, new FROM setting_changes
         ORDER BY id DESC LIMIT $1",
        cells![limit],
        change,
    )
}

/// The last changes of one kind of place, the newest first.
pub fn changes_of(tx: &Tx<'_>, kind: &str, limit: u32) -> Result<Vec<ChangeRow>, DbError> {
    tx.all(
        "SELECT at, person, place, field, old, new FROM setting_changes
         WHERE place LIKE $1 ORDER BY id DESC LIMIT $2",
        cells![format!("{kind} %"), limit],
        change,
    )
}

/// Forgets the changes that name something of this kind: somebody may have called it after a customer.
pub fn forget_names(tx: &Tx<'_>, kind: &str, name: &str) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM setting_changes
         WHERE place = $1 OR (place LIKE $2 AND (old = $3 OR new = $3))",
        cells![format!("{kind} {name}"), format!("{kind} %"), name],
    )?;
    Ok(())
}

fn change(row: &Row<'_>) -> Result<ChangeRow, DbError> {
    Ok(ChangeRow {
        at: row.get(0)?,
        person: row.get(1)?,
        place: row.get(2)?,
        field: row.get(3)?,
        old: row.get(4)?,
        new: row.get(5)?,
    })
}

/// A shop that was asked for keys through its own approval page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Hash of the secret in the callback's address.
    pub token_hash: String,
    /// Hash of what the shop repeats.
    pub user_hash: String,
    /// The name it will have here.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Who asked.
    pub made_by: String,
    /// Until when keys are taken.
    pub expires_at: Moment,
    /// The sealed key; empty until it came.
    pub key_sealed: String,
    /// The sealed secret; empty until it came.
    pub secret_sealed: String,
    /// What the key may do, as the shop says.
    pub permissions: String,
    /// When the keys came.
    pub arrived_at: Option<Moment>,
}

/// Begins to wait for the keys of a shop; older waits for the same name end.
pub fn put_connection(tx: &Tx<'_>, one: &Connection) -> Result<(), DbError> {
    drop_connections(tx, &one.name)?;
    tx.execute(
        "INSERT INTO shop_connections (token_hash, user_hash, name, url, made_by, made_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        cells![
            &one.token_hash,
            &one.user_hash,
            &one.name,
            &one.url,
            &one.made_by,
            tx.now,
            one.expires_at
        ],
    )?;
    Ok(())
}

/// Ends every wait for the keys of the shop of this name.
pub fn drop_connections(tx: &Tx<'_>, name: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM shop_connections WHERE name = $1", cells![name])?;
    Ok(())
}

/// Shops whose keys are waited for, or came and were not looked at.
pub fn connections(tx: &Tx<'_>) -> Result<Vec<Connection>, DbError> {
    tx.all(
        "SELECT token_hash, user_hash, name, url, made_by, expires_at, key_sealed, secret_sealed,
             permissions, arrived_at
         FROM shop_connections WHERE $1 < expires_at ORDER BY name",
        cells![tx.now],
        |row| {
            Ok(Connection {
                token_hash: row.get(0)?,
                user_hash: row.get(1)?,
                name: row.get(2)?,
                url: row.get(3)?,
                made_by: row.get(4)?,
                expires_at: row.get(5)?,
                key_sealed: row.get(6)?,
                secret_sealed: row.get(7)?,
                permissions: row.get(8)?,
                arrived_at: row.get(9)?,
            })
        },
    )
}

/// Takes the keys of a shop, once; whether they were waited for.
pub fn take_keys(
    tx: &Tx<'_>,
    token_hash: &str,
    user_hash: &str,
    sealed: (&str, &str),
    permissions: &str,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        "UPDATE shop_connections SET key_sealed = $1, secret_sealed = $2, permissions = $3,
             arrived_at = $4
         WHERE token_hash = $5 AND user_hash = $6 AND arrived_at IS NULL AND $4 < expires_at",
        cells![sealed.0, sealed.1, permissions, tx.now, token_hash, user_hash],
    )?;
    Ok(changed == 1)
}
