//! Who may log in, what they may do, and what they did to each other.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::db::staff::Purpose;
use crate::flow::{FlowError, staff};
use crate::model::id::{PersonId, PersonLinkId, RoleId};
use crate::model::right::{Right, Rights};
use crate::web::auth;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

/// What people did is shown so far back.
const ACTS_SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "operator/people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<Person>,
    invited: Vec<Invited>,
    roles: Vec<Role>,
    rights: Vec<(&'static str, &'static str)>,
    acts: Vec<Act>,
}

struct Person {
    id: String,
    name: String,
    email: String,
    role: String,
    role_name: String,
    is_enabled: bool,
    is_me: bool,
    used: Option<Time>,
}

struct Invited {
    id: String,
    email: String,
    role: String,
    by: String,
    until: Time,
    is_over: bool,
}

struct Role {
    id: String,
    name: String,
    words: String,
    is_fixed: bool,
    people: u32,
    /// Whether the person who looks may give it.
    is_givable: bool,
}

struct Act {
    at: Time,
    person: String,
    what: String,
}

/// `GET /people`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let (people, links, roles, acts) = site
        .ctx
        .read(|tx| {
            Ok::<_, FlowError>((
                db::staff::all(tx)?,
                db::staff::links(tx, Purpose::Join)?,
                db::staff::roles(tx)?,
                db::staff::acts(tx, ACTS_SHOWN)?,
            ))
        })
        .await?;
    let (times, now, mine) = (times(&site), site.now(), operator.session.rights.clone());
    let person = |one: db::staff::Member| Person {
        id: one.id.to_string(),
        is_me: one.name == operator.session.person,
        name: one.name,
        email: one.email,
        role: one.role.to_string(),
        role_name: one.role_name,
        is_enabled: one.is_enabled,
        used: one.used_at.map(|at| times.at(at)),
    };
    let invited = |(_, link): (String, db::staff::Link)| Invited {
        id: link.id.to_string(),
        email: link.email,
        role: link.role_name,
        by: link.made_by,
        until: times.at(link.expires_at),
        is_over: link.expires_at <= now,
    };
    let role = |one: db::staff::Role| Role {
        id: one.id.to_string(),
        name: one.name,
        words: match one.rights.iter().next() {
            Some(_) => one.rights.iter().map(Right::words).collect::<Vec<_>>().join(", "),
            None => "Look only".to_owned(),
        },
        is_givable: mine.has_all(&one.rights),
        is_fixed: one.is_fixed,
        people: one.people,
    };
    page(&PeoplePage {
        frame: Frame::load(&site, &operator, "people", "People").await?,
        people: people.into_iter().map(person).collect(),
        invited: links.into_iter().map(invited).collect(),
        roles: roles.into_iter().map(role).collect(),
        rights: mine.iter().map(|right| (right.name(), right.words())).collect(),
        acts: acts
            .into_iter()
            .map(|(at, person, what)| Act { at: times.at(at), person, what })
            .collect(),
    })
}

fn finish(
    site: &Site,
    posted: &Posted,
    done: Result<String, FlowError>,
) -> Result<Response, Error> {
    posted.finish(site, done, &site.links().to("/people"))
}

fn role_of(posted: &Posted) -> Result<RoleId, Error> {
    let role = posted.form.number("role").map(RoleId);
    role.ok_or_else(|| Error::Unreadable("The role is missing.".to_owned()))
}

/// `POST /people/invite`: one or many, an address on each line.
pub async fn invite(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let role = role_of(&posted)?;
    let addresses =
        posted.form.text("emails").split(|c: char| c.is_whitespace() || ",;".contains(c));
    let addresses: Vec<&str> = addresses.filter(|one| !one.is_empty()).collect();
    if addresses.is_empty() || staff::INVITED_MAX < addresses.len() {
        let why = format!("type 1 to {} e-mail addresses", staff::INVITED_MAX);
        return finish(&site, &posted, Err(FlowError::NotNow(why)));
    }
    let mut invited = 0_usize;
    let mut faults = Vec::new();
    for address in addresses {
        let secret = auth::secret();
        let token = (secret.clone(), auth::token_hash(&secret));
        match staff::invite(&site.ctx, posted.acting(), address, role, token).await {
            Ok(()) => invited += 1,
            Err(FlowError::NotNow(why)) => faults.push(why),
            Err(error) => return Err(error.into()),
        }
    }
    let words = match invited {
        0 => "Nobody was invited".to_owned(),
        1 => "1 person is invited by mail".to_owned(),
        invited => format!("{invited} people are invited by mail"),
    };
    let done = match faults.is_empty() {
        true => Ok(format!("{words}; the link works for seven days.")),
        false => Err(FlowError::NotNow(format!("{words}: {}", faults.join("; ")))),
    };
    finish(&site, &posted, done)
}

/// `POST /people/{id}/role`
pub async fn change_role(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let role = role_of(&posted)?;
    let done = staff::change_role(&site.ctx, posted.acting(), PersonId(id), role).await;
    finish(&site, &posted, done.map(|()| "The role is changed.".to_owned()))
}

/// `POST /people/{id}/block`
pub async fn block(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = staff::let_in(&site.ctx, posted.acting(), PersonId(id), false).await;
    finish(&site, &posted, done.map(|()| "Blocked, and logged out everywhere.".to_owned()))
}

/// `POST /people/{id}/unblock`
pub async fn unblock(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = staff::let_in(&site.ctx, posted.acting(), PersonId(id), true).await;
    finish(&site, &posted, done.map(|()| "May log in again.".to_owned()))
}

/// `POST /invitations/{id}/take-back`
pub async fn take_back(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = staff::take_back(&site.ctx, posted.acting(), PersonLinkId(id)).await;
    finish(&site, &posted, done.map(|()| "The invitation is taken back.".to_owned()))
}

/// `POST /roles`
pub async fn put_role(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let rights = Rights::of(posted.form.all("right").filter_map(Right::from_name));
    let name = posted.form.text("name");
    let done = staff::put_role(&site.ctx, posted.acting(), name, rights).await;
    finish(&site, &posted, done.map(|()| "The role is saved.".to_owned()))
}

/// `POST /roles/{id}/drop`
pub async fn drop_role(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = staff::drop_role(&site.ctx, posted.acting(), RoleId(id)).await;
    finish(&site, &posted, done.map(|()| "The role is gone.".to_owned()))
}
