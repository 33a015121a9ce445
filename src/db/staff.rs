//! Who works here: their roles, the links that let them in, and what they did to each other.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{PersonId, PersonLinkId, RoleId};
use crate::model::right::Rights;
use crate::model::time::Moment;

/// Somebody who may log in, or may no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Where they are written to; may be empty.
    pub email: String,
    /// Their role.
    pub role: RoleId,
    /// Its name.
    pub role_name: String,
    /// Whether they may log in.
    pub is_enabled: bool,
    /// When they last did something here.
    pub used_at: Option<Moment>,
}

/// A set of rights under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub rights: Rights,
    /// Whether it cannot be changed.
    pub is_fixed: bool,
    /// How many people have it.
    pub people: u32,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody new chooses name and password.
    Join,
    /// Somebody known chooses another password.
    Reset,
}

/// A link that was made and not yet used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: PersonLinkId,
    /// What it is for.
    pub purpose: Purpose,
    /// Whose password.
    pub person: Option<PersonId>,
    /// Where it was sent.
    pub email: String,
    /// What somebody new may do.
    pub role: Option<RoleId>,
    /// Its role's name; empty for a known person.
    pub role_name: String,
    /// Who made it.
    pub made_by: String,
    /// Until when it works.
    pub expires_at: Moment,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Join => "join",
            Purpose::Reset => "reset",
        }
    }
}

/// Everybody, by name.
pub fn all(tx: &Tx<'_>) -> Result<Vec<Member>, DbError> {
    tx.all(
        "SELECT people.id, people.name, people.email, people.role_id, roles.name, people.is_enabled,
                (SELECT MAX(sessions.used_at) FROM sessions WHERE sessions.person_id = people.id)
         FROM people JOIN roles ON roles.id = people.role_id ORDER BY people.name",
        &[],
        |row| {
            Ok(Member {
                id: row.get(0)?,
                name: row.get(1)?,
                email: row.get(2)?,
                role: row.get(3)?,
                role_name: row.get(4)?,
                is_enabled: row.get(5)?,
                used_at: row.get(6)?,
            })
        },
    )
}

/// Every role, the fixed ones first.
pub fn roles(tx: &Tx<'_>) -> Result<Vec<Role>, DbError> {
    tx.all(
        "SELECT roles.id, roles.name, roles.rights, roles.is_fixed,
                CAST((SELECT COUNT(*) FROM people WHERE people.role_id = roles.id) AS INTEGER)
         FROM roles ORDER BY roles.is_fixed DESC, roles.id",
        &[],
        |row| {
            Ok(Role {
                id: row.get(0)?,
                name: row.get(1)?,
                rights: Rights::parse(&row.get::<String>(2)?),
                is_fixed: row.get(3)?,
                people: row.get(4)?,
            })
        },
    )
}

/// Makes a role, or changes the one of this name; `false` when that one is fixed.
pub fn put_role(tx: &Tx<'_>, name: &str, rights: &Rights) -> Result<bool, DbError> {
    let changed = tx.execute(
        "INSERT INTO roles (name, rights) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET rights = excluded.rights WHERE roles.is_fixed = 0",
        cells![name, rights.text()],
    )?;
    Ok(changed == 1)
}

/// Drops a role that nobody has and no open link gives; whether it did.
pub fn drop_role(tx: &Tx<'_>, id: RoleId) -> Result<bool, DbError> {
    let changed = tx.execute(
        "DELETE FROM roles WHERE id = $1 AND is_fixed = 0
             AND NOT EXISTS (SELECT 1 FROM people WHERE people.role_id = roles.id)
             AND NOT EXISTS (SELECT 1 FROM person_links WHERE person_links.role_id = roles.id)",
        cells![id],
    )?;
    Ok(changed == 1)
}

/// Gives somebody a role.
pub fn set_role(tx: &Tx<'_>, id: PersonId, role: RoleId) -> Result<(), DbError> {
    tx.change("people", "UPDATE people SET role_id = $1 WHERE id = $2", cells![role, id])
}

/// Lets somebody in again, or no more, which ends their sessions.
pub fn set_enabled(tx: &Tx<'_>, id: PersonId, is_enabled: bool) -> Result<(), DbError> {
    if !is_enabled {
        end_sessions(tx, id, "")?;
    }
    tx.change("people", "UPDATE people SET is_enabled = $1 WHERE id = $2", cells![is_enabled, id])
}

/// How many owners may log in.
pub fn owners(tx: &Tx<'_>) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM people JOIN roles ON roles.id = people.role_id
         WHERE roles.name = 'owner' AND people.is_enabled = 1",
        &[],
        |row| row.get(0),
    )
}

/// Writes down where somebody is written to.
pub fn set_email(tx: &Tx<'_>, id: PersonId, email: &str) -> Result<(), DbError> {
    tx.change("people", "UPDATE people SET email = $1 WHERE id = $2", cells![email, id])
}

/// Gives somebody another password.
pub fn set_password(tx: &Tx<'_>, id: PersonId, password_hash: &str) -> Result<(), DbError> {
    tx.change(
        "people",
        "UPDATE people SET password_hash = $1 WHERE id = $2",
        cells![password_hash, id],
    )
}

/// Ends somebody's sessions but this one; empty spares none.
pub fn end_sessions(tx: &Tx<'_>, id: PersonId, but: &str) -> Result<usize, DbError> {
    tx.execute("DELETE FROM sessions WHERE person_id = $1 AND token_hash <> $2", cells![id, but])
}

/// When each session of somebody began and was last used, the newest first; and whether it is this one.
pub fn sessions(
    tx: &Tx<'_>,
    id: PersonId,
    this: &str,
) -> Result<Vec<(Moment, Moment, bool)>, DbError> {
    tx.all(
        "SELECT made_at, used_at, CASE WHEN token_hash = $1 THEN 1 ELSE 0 END
         FROM sessions WHERE person_id = $2 ORDER BY used_at DESC",
        cells![this, id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Makes a link. Older ones for the same purpose and address end.
pub fn put_link(tx: &Tx<'_>, token_hash: &str, link: &Link) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM person_links WHERE purpose = $1 AND lower(email) = lower($2)",
        cells![link.purpose.name(), &link.email],
    )?;
    tx.execute(
        "INSERT INTO person_links (token_hash, purpose, person_id, email, role_id, made_by, made_at,
             expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        cells![
            token_hash,
            link.purpose.name(),
            link.person,
            &link.email,
            link.role,
            &link.made_by,
            tx.now,
            link.expires_at
        ],
    )?;
    Ok(())
}

/// The link with this token's hash, while it works.
pub fn link(tx: &Tx<'_>, token_hash: &str, purpose: Purpose) -> Result<Option<Link>, DbError> {
    Ok(links(tx, purpose)?
        .into_iter()
        .find(|(hash, link)| hash == token_hash && tx.now < link.expires_at)
        .map(|(_, link)| link))
}

/// Every link of a purpose that was not used, with its token's hash, the newest first.
pub fn links(tx: &Tx<'_>, purpose: Purpose) -> Result<Vec<(String, Link)>, DbError> {
    tx.all(
        "SELECT person_links.id, person_links.person_id, person_links.email, person_links.role_id,
                COALESCE(roles.name, ''), person_links.made_by, person_links.expires_at,
                person_links.token_hash
         FROM person_links LEFT JOIN roles ON roles.id = person_links.role_id
         WHERE person_links.purpose = $1 ORDER BY person_links.id DESC",
        cells![purpose.name()],
        |row| {
            let link = Link {
                id: row.get(0)?,
                purpose,
                person: row.get(1)?,
                email: row.get(2)?,
                role: row.get(3)?,
                role_name: row.get(4)?,
                made_by: row.get(5)?,
                expires_at: row.get(6)?,
            };
            Ok((row.get(7)?, link))
        },
    )
}

/// Ends a link; whether there was one.
pub fn drop_link(tx: &Tx<'_>, id: PersonLinkId) -> Result<bool, DbError> {
    Ok(tx.execute("DELETE FROM person_links WHERE id = $1", cells![id])? == 1)
}

/// Forgets links that no longer work, long after.
pub fn forget_links(tx: &Tx<'_>, before: Moment) -> Result<(), DbError> {
    tx.execute("DELETE FROM person_links WHERE expires_at < $1", cells![before])?;
    Ok(())
}

/// Writes down what somebody did.
pub fn note_act(tx: &Tx<'_>, person: &str, what: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO acts (at, person, what) VALUES ($1, $2, $3)",
        cells![tx.now, person, what],
    )?;
    Ok(())
}

/// What people did, the newest first: when, who, what.
pub fn acts(tx: &Tx<'_>, rows: u32) -> Result<Vec<(Moment, String, String)>, DbError> {
    tx.all("SELECT at, person, what FROM acts ORDER BY id DESC LIMIT $1", cells![rows], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}
