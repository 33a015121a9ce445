//! People who work here, their sessions and their failed log-ins.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::PersonId;
use crate::model::right::Rights;
use crate::model::time::Moment;

/// A person as a log-in sees them.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Argon2id, in the usual text form.
    pub password_hash: String,
}

/// Adds a person or gives them a new password, which ends their sessions. Whoever is added while there
/// is no owner becomes one, everybody else an operator.
pub fn put(tx: &Tx<'_>, name: &str, password_hash: &str) -> Result<PersonId, DbError> {
    let id: PersonId = tx.one(
        "INSERT INTO people (name, password_hash, added_at, role_id)
         SELECT $1, $2, $3, roles.id FROM roles
         WHERE roles.name = CASE WHEN EXISTS (
                 SELECT 1 FROM people JOIN roles AS theirs ON theirs.id = people.role_id
                 WHERE people.is_enabled = 1 AND theirs.name = 'owner')
             THEN 'operator' ELSE 'owner' END
         ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, is_enabled = 1
         RETURNING id",
        cells![name, password_hash, tx.now],
        |row| row.get(0),
    )?;
    tx.execute("DELETE FROM sessions WHERE person_id = $1", cells![id])?;
    Ok(id)
}

/// The enabled person with this name.
pub fn by_name(tx: &Tx<'_>, name: &str) -> Result<Option<PersonRow>, DbError> {
    tx.optional(
        "SELECT id, name, password_hash FROM people WHERE name = $1 AND is_enabled = 1",
        cells![name],
        |row| Ok(PersonRow { id: row.get(0)?, name: row.get(1)?, password_hash: row.get(2)? }),
    )
}

/// Names of all enabled people.
pub fn names(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.all("SELECT name FROM people WHERE is_enabled = 1 ORDER BY name", &[], |row| row.get(0))
}

/// Lets a person in no more, and ends their sessions; whether there was one.
pub fn disable(tx: &Tx<'_>, name: &str) -> Result<bool, DbError> {
    tx.execute(
        "DELETE FROM sessions WHERE person_id IN (SELECT id FROM people WHERE name = $1)",
        cells![name],
    )?;
    let changed = tx.execute(
        "UPDATE people SET is_enabled = 0 WHERE name = $1 AND is_enabled = 1",
        cells![name],
    )?;
    Ok(changed == 1)
}

/// A session that was found.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Whose.
    pub person: String,
    /// What they may do, as it is now.
    pub rights: Rights,
    /// What every form must repeat.
    pub csrf: String,
    /// When it began.
    pub made_at: Moment,
    /// When it was last used.
    pub used_at: Moment,
}

/// Begins a session; the token itself is never stored.
pub fn begin_session(
    tx: &Tx<'_>,
    token_hash: &str,
    person: PersonId,
    csrf: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO sessions (token_hash, person_id, csrf, made_at, used_at)
         VALUES ($1, $2, $3, $4, $4)",
        cells![token_hash, person, csrf, tx.now],
    )?;
    Ok(())
}

/// The session with this token's hash.
pub fn session(tx: &Tx<'_>, token_hash: &str) -> Result<Option<SessionRow>, DbError> {
    tx.optional(
        "SELECT people.name, sessions.csrf, sessions.made_at, sessions.used_at, roles.rights
         FROM sessions JOIN people ON people.id = sessions.person_id
              JOIN roles ON roles.id = people.role_id
         WHERE sessions.token_hash = $1 AND people.is_enabled = 1",
        cells![token_hash],
        |row| {
            Ok(SessionRow {
                person: row.get(0)?,
                csrf: row.get(1)?,
                made_at: row.get(2)?,
                used_at: row.get(3)?,
                rights: Rights::parse(&row.get::<String>(4)?),
            })
        },
    )
}

/// Notes that a session was used.
pub fn use_session(tx: &Tx<'_>, token_hash: &str) -> Result<(), DbError> {
    tx.execute(
        "UPDATE sessions SET used_at = $1 WHERE token_hash = $2",
        cells![tx.now, token_hash],
    )?;
    Ok(())
}

/// Ends a session.
pub fn end_session(tx: &Tx<'_>, token_hash: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM sessions WHERE token_hash = $1", cells![token_hash])?;
    Ok(())
}

/// Notes a failed log-in.
pub fn note_try(tx: &Tx<'_>, who: &str) -> Result<(), DbError> {
    tx.execute("INSERT INTO login_tries (who, at) VALUES ($1, $2)", cells![who, tx.now])?;
    Ok(())
}

/// How many failed log-ins there were since.
pub fn tries_since(tx: &Tx<'_>, who: &str, since: Moment) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM login_tries WHERE who = $1 AND $2 < at",
        cells![who, since],
        |row| row.get(0),
    )
}

/// Forgets failed log-ins and sessions that no longer count.
pub fn forget_old(tx: &Tx<'_>, before: Moment) -> Result<(), DbError> {
    tx.execute("DELETE FROM login_tries WHERE at < $1", cells![before])?;
    tx.execute("DELETE FROM sessions WHERE used_at < $1", cells![before])?;
    Ok(())
}
