//! One's own account: password, address, and where one is logged in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::db::preference::Preference;
use crate::flow::{FlowError, staff};
use crate::web::auth;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::second_factor::{self, Secret};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/account.html")]
struct AccountPage {
    frame: Frame,
    role: String,
    rights: Vec<&'static str>,
    email: String,
    sessions: Vec<Line>,
    has_factor: bool,
    papers: u32,
}

#[derive(Template)]
#[template(path = "operator/factor.html")]
struct FactorPage {
    frame: Frame,
    /// What the form sends back; only this program can open it.
    sealed: String,
    secret: String,
    picture: (usize, String),
    papers: Vec<String>,
    problem: &'static str,
}

struct Line {
    began: Time,
    used: Time,
    is_this: bool,
}

/// `GET /account`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let (name, this) = (operator.session.person.clone(), operator.session.token_hash.clone());
    let (me, sessions, sealed, papers) = site
        .ctx
        .read(move |tx| {
            let me = db::staff::all(tx)?.into_iter().find(|member| member.name == name);
            let me = me.ok_or_else(|| FlowError::NotFound("person".to_owned()))?;
            let sessions = db::staff::sessions(tx, me.id, &this)?;
            let (sealed, _) = db::factor::get(tx, me.id)?;
            let papers = db::factor::papers(tx, me.id)?;
            Ok((me, sessions, sealed, papers))
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
        has_factor: !sealed.is_empty(),
        papers,
    })
}

/// Whether the present password was typed, with no more tries than a log-in has.
async fn has_typed_password(site: &Site, posted: &Posted) -> Result<(), FlowError> {
    let name = &posted.session.person;
    let no = |why: &str| Err(FlowError::NotNow(why.to_owned()));
    if auth::asked_too_often(site, &format!("password of {name}"), None).await? {
        return no("too many tries: wait a quarter of an hour");
    }
    match auth::is_their_password(site, name, posted.form.text("old")).await? {
        true => Ok(()),
        false => no("the present password is another"),
    }
}

/// `POST /account/password`
pub async fn password(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let page = site.links().to("/account");
    let done = match has_typed_password(&site, &posted).await {
        Ok(()) => take_password(&site, &posted).await,
        Err(error) => Err(error),
    };
    let words = "The password is changed. Every other session is over.";
    posted.finish(&site, done.map(|()| words.to_owned()), &page)
}

async fn take_password(site: &Site, posted: &Posted) -> Result<(), FlowError> {
    let new = posted.form.text("new");
    if let Some(fault) = staff::fault_of_password(new) {
        return Err(FlowError::NotNow(fault.to_owned()));
    }
    let hash = auth::hash_new(site, new).await;
    let (name, this) = (posted.session.person.clone(), posted.session.token_hash.clone());
    staff::change_own(&site.ctx, name, this, Some(hash), None).await
}

/// `POST /account/factor`: a new second factor, which counts once a code of it was typed.
pub async fn factor(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    if let Err(error) = has_typed_password(&site, &posted).await {
        return posted.finish(&site, Err(error), &site.links().to("/account"));
    }
    let secret = Secret::random();
    show_factor(&site, &posted, &secret, second_factor::paper_codes(), "").await
}

async fn show_factor(
    site: &Site,
    posted: &Posted,
    secret: &Secret,
    papers: Vec<String>,
    problem: &'static str,
) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let host = url::Url::parse(&site.settings.operators_url).ok();
    let host = host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let address = secret.address(&posted.session.person, &host);
    page(&FactorPage {
        frame: Frame::load(site, &operator, "account", "Second factor").await?,
        sealed: second_factor::seal(secret, &site.ctx.rules.file_key),
        secret: secret.text(),
        picture: second_factor::picture(&address).unwrap_or_default(),
        papers,
        problem,
    })
}

/// `POST /account/factor/on`
pub async fn factor_on(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let sealed = posted.form.text("sealed").to_owned();
    let secret = second_factor::unseal(&sealed, &site.ctx.rules.file_key)
        .ok_or_else(|| Error::Unreadable("The form did not arrive whole.".to_owned()))?;
    let papers: Vec<String> =
        posted.form.text("papers").split_whitespace().take(16).map(str::to_owned).collect();
    let Some(step) = secret.step_of(posted.form.text("code"), site.now(), 0) else {
        let problem = "This code is not right. Look whether the telephone’s clock is.";
        return show_factor(&site, &posted, &secret, papers, problem).await;
    };
    let name = posted.session.person.clone();
    let hashes: Vec<String> = papers.iter().map(|code| second_factor::paper_hash(code)).collect();
    let done = site
        .ctx
        .call(move |tx| {
            let found = db::person::by_name(tx, &name)?;
            let id = found.ok_or_else(|| FlowError::NotFound("person".to_owned()))?.id;
            db::factor::put(tx, id, &sealed, step, &hashes)?;
            Ok(db::staff::note_act(tx, &name, "began with a second factor")?)
        })
        .await;
    let words = "From now on a code is asked for after the password.";
    posted.finish(&site, done.map(|()| words.to_owned()), &site.links().to("/account"))
}

/// `POST /account/factor/off`
pub async fn factor_off(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let name = posted.session.person.clone();
    let done = match has_typed_password(&site, &posted).await {
        Err(error) => Err(error),
        Ok(()) => {
            site.ctx
                .call(move |tx| {
                    let found = db::person::by_name(tx, &name)?;
                    let id = found.ok_or_else(|| FlowError::NotFound("person".to_owned()))?.id;
                    db::factor::put(tx, id, "", 0, &[])?;
                    Ok(db::staff::note_act(tx, &name, "went on without a second factor")?)
                })
                .await
        }
    };
    let words = "The password alone is asked for again.";
    posted.finish(&site, done.map(|()| words.to_owned()), &site.links().to("/account"))
}

/// `POST /account/email`
pub async fn email(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let email = posted.form.text("email").trim().to_owned();
    let (name, this) = (posted.session.person.clone(), posted.session.token_hash.clone());
    let done = staff::change_own(&site.ctx, name, this, None, Some(email)).await;
    posted.finish(&site, done.map(|()| "Saved.".to_owned()), &site.links().to("/account"))
}

/// `POST /account/keys`: whether single letters are keys.
pub async fn keys(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let (name, has_keys) = (posted.session.person.clone(), posted.form.text("keys") == "1");
    let done = site
        .ctx
        .call(move |tx| {
            let before = db::preference::of_person(tx, &name)?;
            Ok(db::preference::put(tx, &name, &Preference { has_keys, ..before })?)
        })
        .await;
    let words = match has_keys {
        true => "Single letters are keys again.",
        false => "Single letters are no keys any more.",
    };
    posted.finish(&site, done.map(|()| words.to_owned()), &site.links().to("/account"))
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
