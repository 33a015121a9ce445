//! One's own account: password, address, and where one is logged in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::flow::{FlowError, staff};
use crate::web::auth;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/account.html")]
struct AccountPage {
    frame: Frame,
    role: String,
    rights: Vec<&'static str>,
    email: String,
    sessions: Vec<Line>,
}

struct Line {
    began: Time,
    used: Time,
    is_this: bool,
}

/// `GET /account`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let (name, this) = (operator.session.person.clone(), operator.session.token_hash.clone());
    let (me, sessions) = site
        .ctx
        .read(move |tx| {
            let me = db::staff::all(tx)?.into_iter().find(|member| member.name == name);
            let me = me.ok_or_else(|| FlowError::NotFound("person".to_owned()))?;
            let sessions = db::staff::sessions(tx, me.id, &this)?;
            Ok((me, sessions))
        })
        .await?;
    let times = times(&site);
    let line =
        |(began, used, is_this)| Line { began: times.at(began), used: times.at(used), is_this };
    page(&AccountPage {
        frame: Frame::load(&site, &operator, "account", "Your account").await?,
        role: me.role_name,
        rights: operator.session.rights.iter().map(|right| right.words()).collect(),
        email: me.email,
        sessions: sessions.into_iter().map(line).collect(),
    })
}

/// `POST /account/password`
pub async fn password(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let (old, new) = (posted.form.text("old"), posted.form.text("new"));
    let page = site.links().to("/account");
    let name = posted.session.person.clone();
    let no = |why: &str| Err(FlowError::NotNow(why.to_owned()));
    let done = if auth::asked_too_often(&site, &format!("password of {name}"), None).await? {
        no("too many tries: wait a quarter of an hour")
    } else if !auth::is_their_password(&site, &name, old).await? {
        no("the present password is another")
    } else if let Some(fault) = staff::fault_of_password(new) {
        no(fault)
    } else {
        let hash = auth::hash_new(&site, new).await;
        let this = posted.session.token_hash.clone();
        staff::change_own(&site.ctx, name, this, Some(hash), None).await
    };
    let words = "The password is changed. Every other session is over.";
    posted.finish(&site, done.map(|()| words.to_owned()), &page)
}

/// `POST /account/email`
pub async fn email(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let email = posted.form.text("email").trim().to_owned();
    let (name, this) = (posted.session.person.clone(), posted.session.token_hash.clone());
    let done = staff::change_own(&site.ctx, name, this, None, Some(email)).await;
    posted.finish(&site, done.map(|()| "Saved.".to_owned()), &site.links().to("/account"))
}

/// `POST /account/sessions/end`
pub async fn end_sessions(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let (name, this) = (posted.session.person.clone(), posted.session.token_hash.clone());
    let done = site
        .ctx
        .call(move |tx| {
            let found = db::person::by_name(tx, &name)?;
            let id = found.ok_or_else(|| FlowError::NotFound("person".to_owned()))?.id;
            Ok(db::staff::end_sessions(tx, id, &this)?)
        })
        .await;
    let words = |ended| match ended {
        1 => "1 other session is over.".to_owned(),
        ended => format!("{ended} other sessions are over."),
    };
    posted.finish(&site, done.map(words), &site.links().to("/account"))
}
