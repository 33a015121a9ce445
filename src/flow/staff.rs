//! People let people in: invitations, roles, and passwords that were forgotten.
//!
//! Nobody gives more than they have, nobody changes their own role, and an owner always remains.

use std::time::Duration;

use crate::db::staff::{Link, Member, Purpose, Role};
use crate::db::{self, Tx};
use crate::model::id::{PersonId, PersonLinkId, RoleId};
use crate::model::right::{Right, Rights};

use super::ctx::{Ctx, FlowError};
use super::notify;

/// An invitation works for so long.
const JOIN_WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);
/// A link to choose another password works for so long.
const RESET_WITHIN: Duration = Duration::from_secs(3_600);
/// Most people that are invited at once.
pub const INVITED_MAX: usize = 50;
/// A password has at least so many characters.
pub const PASSWORD_CHARS_MIN: usize = 10;

/// Who acts: their name and what they may do now.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub rights: Rights,
}

fn no(why: &str) -> FlowError {
    FlowError::NotNow(why.to_owned())
}

/// What is wrong with a name for logging in; `None` is nothing.
pub fn fault_of_name(name: &str) -> Option<&'static str> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let is_right = !name.is_empty() && name.chars().count() <= 64 && name.chars().all(is_plain);
    // In the address of the order list these two mean other things.
    let is_taken = matches!(name, "mine" | "none");
    match (is_right, is_taken) {
        (false, _) => Some("a name is 1 to 64 letters, digits and . - _ @"),
        (true, true) => Some("this name cannot be had: choose another"),
        (true, false) => None,
    }
}

/// What is wrong with a password.
pub fn fault_of_password(password: &str) -> Option<&'static str> {
    let is_short = password.chars().count() < PASSWORD_CHARS_MIN;
    is_short.then_some("a password has at least 10 characters")
}

/// Whether a mail could go there, as far as the text tells.
pub fn is_address(text: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_graphic() && !"()<>,;:\\\"[]@".contains(c))
    };
    let parts = text.split_once('@');
    text.len() <= 254
        && parts.is_some_and(|(user, host)| is_word(user) && is_word(host) && host.contains('.'))
}

fn role(tx: &Tx<'_>, id: RoleId) -> Result<Role, FlowError> {
    let found = db::staff::roles(tx)?.into_iter().find(|role| role.id == id);
    found.ok_or_else(|| no("there is no such role"))
}

fn member(tx: &Tx<'_>, id: PersonId) -> Result<Member, FlowError> {
    let found = db::staff::all(tx)?.into_iter().find(|member| member.id == id);
    found.ok_or_else(|| FlowError::NotFound(format!("person {id}")))
}

fn may_give(acting: &Acting, role: &Role) -> Result<(), FlowError> {
    match acting.rights.has(Right::People) && acting.rights.has_all(&role.rights) {
        true => Ok(()),
        false => Err(no("nobody can give more rights than they have")),
    }
}

/// Whether this person may change that one.
fn may_change(tx: &Tx<'_>, acting: &Acting, other: &Member) -> Result<(), FlowError> {
    if other.name == acting.name {
        return Err(no("somebody else must do this to you"));
    }
    may_give(acting, &role(tx, other.role)?)
}

fn keeps_an_owner(tx: &Tx<'_>, other: &Member) -> Result<(), FlowError> {
    match other.role_name == "owner" && other.is_enabled && db::staff::owners(tx)? < 2 {
        true => Err(no("the last owner must stay")),
        false => Ok(()),
    }
}

/// Invites somebody: a link that works once, by mail. The token is the caller's to make and to forget.
pub async fn invite(
    ctx: &Ctx,
    acting: Acting,
    email: &str,
    role_id: RoleId,
    token: (String, String),
) -> Result<(), FlowError> {
    let email = email.trim().to_owned();
    if !is_address(&email) {
        return Err(no(&format!("“{email}” is no e-mail address")));
    }
    let rules = std::sync::Arc::clone(&ctx.rules);
    ctx.call(move |tx| {
        let role = role(tx, role_id)?;
        may_give(&acting, &role)?;
        let is_known = |member: &Member| member.email.eq_ignore_ascii_case(&email);
        if db::staff::all(tx)?.iter().any(is_known) {
            return Err(no(&format!("{email} is here already")));
        }
        let link = Link {
            id: PersonLinkId(0),
            purpose: Purpose::Join,
            person: None,
            email: email.clone(),
            role: Some(role_id),
            role_name: role.name.clone(),
            made_by: acting.name.clone(),
            expires_at: tx.now.plus(JOIN_WITHIN),
        };
        let (secret, hash) = &token;
        db::staff::put_link(tx, hash, &link)?;
        db::staff::note_act(tx, &acting.name, &format!("invited {email} as {}", role.name))?;
        let words = format!(
            "{} invites you to woodblock, where orders are made. Choose a name and a password within \
             seven days",
            acting.name
        );
        let page = format!("{}/join/{secret}", rules.operators_url);
        let button = ("Choose a password", page.as_str());
        notify::to_person(tx, (&email, "invitation", hash), "Your invitation", &words, button, &rules)
    })
    .await
}

/// Somebody invited comes in.
pub async fn join(
    ctx: &Ctx,
    token_hash: String,
    name: String,
    password_hash: String,
) -> Result<(), FlowError> {
    if let Some(fault) = fault_of_name(&name) {
        return Err(no(fault));
    }
    ctx.call(move |tx| {
        let link = db::staff::link(tx, &token_hash, Purpose::Join)?;
        let link = link.ok_or_else(|| FlowError::NotFound("invitation".to_owned()))?;
        if db::staff::all(tx)?.iter().any(|member| member.name.eq_ignore_ascii_case(&name)) {
            return Err(no("somebody has this name already: choose another"));
        }
        let role = link.role.ok_or_else(|| no("the invitation names no role"))?;
        db::staff::drop_link(tx, link.id)?;
        let id = db::person::put(tx, &name, &password_hash)?;
        db::staff::set_role(tx, id, role)?;
        db::staff::set_email(tx, id, &link.email)?;
        let what = format!("came in as {}, invited by {}", link.role_name, link.made_by);
        Ok(db::staff::note_act(tx, &name, &what)?)
    })
    .await
}

/// Takes an invitation back.
pub async fn take_back(ctx: &Ctx, acting: Acting, id: PersonLinkId) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        let open = db::staff::links(tx, Purpose::Join)?.into_iter().find(|(_, link)| link.id == id);
        let (_, link) = open.ok_or_else(|| no("the invitation was used or taken back"))?;
        if let Some(id) = link.role {
            may_give(&acting, &role(tx, id)?)?;
        }
        db::staff::drop_link(tx, id)?;
        let what = format!("took back the invitation of {}", link.email);
        Ok(db::staff::note_act(tx, &acting.name, &what)?)
    })
    .await
}

/// Gives somebody another role.
pub async fn change_role(
    ctx: &Ctx,
    acting: Acting,
    id: PersonId,
    to: RoleId,
) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        let (other, to) = (member(tx, id)?, role(tx, to)?);
        if other.role == to.id {
            return Ok(());
        }
        may_change(tx, &acting, &other)?;
        may_give(&acting, &to)?;
        keeps_an_owner(tx, &other)?;
        db::staff::set_role(tx, id, to.id)?;
        let what = format!("made {} {} (was {})", other.name, to.name, other.role_name);
        Ok(db::staff::note_act(tx, &acting.name, &what)?)
    })
    .await
}

/// Lets somebody in no more, or again.
pub async fn let_in(
    ctx: &Ctx,
    acting: Acting,
    id: PersonId,
    is_wanted: bool,
) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        let other = member(tx, id)?;
        may_change(tx, &acting, &other)?;
        if !is_wanted {
            keeps_an_owner(tx, &other)?;
        }
        db::staff::set_enabled(tx, id, is_wanted)?;
        let verb = if is_wanted { "let in again" } else { "blocked" };
        Ok(db::staff::note_act(tx, &acting.name, &format!("{verb} {}", other.name))?)
    })
    .await
}

/// Makes a role, or changes one.
pub async fn put_role(
    ctx: &Ctx,
    acting: Acting,
    name: &str,
    rights: Rights,
) -> Result<(), FlowError> {
    let name = name.trim().to_owned();
    if name.is_empty() || 40 < name.chars().count() {
        return Err(no("a role's name has 1 to 40 characters"));
    }
    ctx.call(move |tx| {
        let before = db::staff::roles(tx)?.into_iter().find(|role| role.name == name);
        if let Some(before) = &before {
            may_give(&acting, before)?;
        }
        if !acting.rights.has(Right::People) || !acting.rights.has_all(&rights) {
            return Err(no("nobody can give more rights than they have"));
        }
        if !db::staff::put_role(tx, &name, &rights)? {
            return Err(no("this role cannot be changed"));
        }
        let what = format!("set the role {name}: {}", rights.text());
        Ok(db::staff::note_act(tx, &acting.name, &what)?)
    })
    .await
}

/// Drops a role that nobody has.
pub async fn drop_role(ctx: &Ctx, acting: Acting, id: RoleId) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        let role = role(tx, id)?;
        may_give(&acting, &role)?;
        if !db::staff::drop_role(tx, id)? {
            return Err(no("somebody has this role, or is invited with it"));
        }
        Ok(db::staff::note_act(tx, &acting.name, &format!("dropped the role {}", role.name))?)
    })
    .await
}

/// Somebody forgot their password: a link by mail, if this is somebody who has an address here.
/// Nothing tells the asker whether it is.
pub async fn forgot(ctx: &Ctx, who: &str, token: (String, String)) -> Result<(), FlowError> {
    let who = who.trim().to_owned();
    let rules = std::sync::Arc::clone(&ctx.rules);
    ctx.call(move |tx| {
        let is_asker = |member: &Member| {
            !member.email.is_empty()
                && member.is_enabled
                && (member.name == who || member.email.eq_ignore_ascii_case(&who))
        };
        let Some(member) = db::staff::all(tx)?.into_iter().find(is_asker) else {
            return Ok(());
        };
        let (secret, hash) = &token;
        let link = Link {
            id: PersonLinkId(0),
            purpose: Purpose::Reset,
            person: Some(member.id),
            email: member.email.clone(),
            role: None,
            role_name: String::new(),
            made_by: member.name.clone(),
            expires_at: tx.now.plus(RESET_WITHIN),
        };
        db::staff::put_link(tx, hash, &link)?;
        let words = format!(
            "Somebody asked for another password for {}. If it was you, choose one within an hour. If \
             not, do nothing",
            member.name
        );
        let page = format!("{}/reset/{secret}", rules.operators_url);
        let to = (member.email.as_str(), "reset", hash.as_str());
        let button = ("Choose a password", page.as_str());
        notify::to_person(tx, to, "Another password", &words, button, &rules)
    })
    .await
}

/// Takes another password by such a link, which ends every session.
pub async fn reset(ctx: &Ctx, token_hash: String, password_hash: String) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        let link = db::staff::link(tx, &token_hash, Purpose::Reset)?;
        let person = link.as_ref().and_then(|link| link.person);
        let (Some(link), Some(person)) = (link, person) else {
            return Err(FlowError::NotFound("link".to_owned()));
        };
        db::staff::drop_link(tx, link.id)?;
        db::staff::set_password(tx, person, &password_hash)?;
        db::staff::end_sessions(tx, person, "")?;
        Ok(db::staff::note_act(tx, &link.made_by, "chose another password by mail")?)
    })
    .await
}

/// Whether a link works.
pub async fn has_link(ctx: &Ctx, token_hash: String, purpose: Purpose) -> Result<bool, FlowError> {
    ctx.read(move |tx| Ok(db::staff::link(tx, &token_hash, purpose)?.is_some())).await
}

/// Takes another password or address for oneself; every other session ends with a new password.
pub async fn change_own(
    ctx: &Ctx,
    name: String,
    this_session: String,
    password_hash: Option<String>,
    email: Option<String>,
) -> Result<(), FlowError> {
    if let Some(email) = &email
        && !email.is_empty()
        && !is_address(email)
    {
        return Err(no(&format!("“{email}” is no e-mail address")));
    }
    ctx.call(move |tx| {
        let found = db::person::by_name(tx, &name)?;
        let id = found.ok_or_else(|| FlowError::NotFound("person".to_owned()))?.id;
        if let Some(hash) = &password_hash {
            db::staff::set_password(tx, id, hash)?;
            db::staff::end_sessions(tx, id, &this_session)?;
            db::staff::note_act(tx, &name, "changed their password")?;
        }
        if let Some(email) = &email {
            db::staff::set_email(tx, id, email)?;
            db::staff::note_act(tx, &name, "changed their e-mail address")?;
        }
        Ok(())
    })
    .await
}
