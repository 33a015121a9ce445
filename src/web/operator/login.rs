//! Who is it? Name and password, and nothing said of which of them was wrong.

use askama::Template;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::web::address::Links;
use crate::web::auth::{self, LoggedIn};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::{self, Posted};
use crate::web::site::Site;

/// Where a log-in leads.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "operator/login.html")]
struct LoginPage {
    links: Links,
    csrf: String,
    to: String,
    name: String,
    problem: &'static str,
    banner: String,
}

/// A log-in form that was sent from our own page, before there is a session.
pub struct Entry {
    form: Form,
    address: Option<std::net::IpAddr>,
}

impl Entry {
    /// What was typed.
    pub fn text(&self, name: &str) -> &str {
        self.form.text(name)
    }

    /// Where it comes from.
    pub fn address(&self) -> Option<std::net::IpAddr> {
        self.address
    }
}

impl FromRequest<Site> for Entry {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Entry, Response> {
        let refuse = |error: Error| error.into_response();
        guard::check_origin(site, &request).map_err(refuse)?;
        let cookie = auth::login_cookie(&site.settings);
        let mark = auth::cookie(request.headers(), &cookie).unwrap_or_default();
        let address = guard::client_address(site, &request);
        let form = Form::read(request).await.map_err(refuse)?;
        if mark.is_empty() || !auth::is_same(form.text("csrf"), &mark) {
            return Err(refuse(Error::Forbidden(
                "The form is too old, or cookies are switched off. Load the page again.",
            )));
        }
        Ok(Entry { form, address })
    }
}

/// `GET /login`
pub async fn show(
    State(site): State<Site>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let to = local(wanted.to.as_deref().unwrap_or("/"));
    if auth::session(&site, &headers).await?.is_some() {
        return Ok(Redirect::to(&site.links().to(&to)).into_response());
    }
    form(&site, StatusCode::OK, &to, "", "")
}

/// `POST /login`
pub async fn enter(State(site): State<Site>, entry: Entry) -> Result<Response, Error> {
    let (name, password) = (entry.form.text("name"), entry.form.text("password"));
    let to = local(entry.form.text("to"));
    match auth::log_in(&site, name, password, entry.address).await? {
        LoggedIn::Yes(token) => Ok(inside(&site, &token, &to)),
        LoggedIn::NeedsCode(token) => code_form(&site, StatusCode::OK, &token, &to, ""),
        LoggedIn::No => {
            form(&site, StatusCode::UNAUTHORIZED, &to, name, "Name or password are wrong.")
        }
        LoggedIn::TooOften => {
            let words = "Too many tries. Wait a quarter of an hour, then try again.";
            form(&site, StatusCode::TOO_MANY_REQUESTS, &to, name, words)
        }
    }
}

/// `POST /login/code`: the second step.
pub async fn enter_code(State(site): State<Site>, entry: Entry) -> Result<Response, Error> {
    let (token, to) = (entry.form.text("token"), local(entry.form.text("to")));
    match auth::enter_code(&site, token, entry.form.text("code"), entry.address).await? {
        LoggedIn::Yes(session) => Ok(inside(&site, &session, &to)),
        LoggedIn::NeedsCode(token) => {
            let words = "This code is not right, or was used. Take the one that is shown now.";
            code_form(&site, StatusCode::UNAUTHORIZED, &token, &to, words)
        }
        LoggedIn::No => {
            form(&site, StatusCode::UNAUTHORIZED, &to, "", "That took too long. Log in again.")
        }
        LoggedIn::TooOften => {
            let words = "Too many tries. Wait a quarter of an hour, then try again.";
            form(&site, StatusCode::TOO_MANY_REQUESTS, &to, "", words)
        }
    }
}

#[derive(Template)]
#[template(path = "operator/code.html")]
struct CodePage {
    links: Links,
    csrf: String,
    token: String,
    to: String,
    problem: &'static str,
}

fn code_form(
    site: &Site,
    status: StatusCode,
    token: &str,
    to: &str,
    problem: &'static str,
) -> Result<Response, Error> {
    let csrf = auth::secret();
    let page = CodePage {
        links: site.links().as_ref().clone(),
        csrf: csrf.clone(),
        token: token.to_owned(),
        to: to.to_owned(),
        problem,
    };
    let html = page.render().map_err(|error| Error::Internal(error.into()))?;
    let mut answer = (status, Html(html)).into_response();
    mark(site, &mut answer, &csrf);
    Ok(answer)
}

/// Begins at the page `to`, with a new session.
fn inside(site: &Site, token: &str, to: &str) -> Response {
    let set = |name: &str, value| auth::set_cookie(&site.settings, name, value);
    let mut answer = Redirect::to(&site.links().to(to)).into_response();
    append(&mut answer, &set(&auth::session_cookie(&site.settings), token));
    append(&mut answer, &set(&auth::login_cookie(&site.settings), ""));
    answer
}

/// Lets somebody in who has just chosen this password, and begins at the page `to`.
pub async fn let_in(
    site: &Site,
    name: &str,
    password: &str,
    address: Option<std::net::IpAddr>,
    to: &str,
) -> Result<Response, Error> {
    match auth::log_in(site, name, password, address).await? {
        LoggedIn::Yes(token) => Ok(inside(site, &token, to)),
        LoggedIn::NeedsCode(_) | LoggedIn::No | LoggedIn::TooOften => {
            Ok(Redirect::to(&site.links().to("/login")).into_response())
        }
    }
}

/// Marks the form of a page that is shown to somebody without a session.
pub fn mark(site: &Site, answer: &mut Response, csrf: &str) {
    let cookie = auth::login_cookie(&site.settings);
    append(answer, &auth::set_cookie(&site.settings, &cookie, csrf));
}

/// `POST /logout`
pub async fn leave(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    auth::log_out(&site, &posted.session).await?;
    let mut answer = Redirect::to(&site.links().to("/login")).into_response();
    let cookie = auth::session_cookie(&site.settings);
    append(&mut answer, &auth::set_cookie(&site.settings, &cookie, ""));
    Ok(answer)
}

fn append(answer: &mut Response, cookie: &str) {
    if let Ok(value) = cookie.parse() {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// A path of ours; anything that could lead elsewhere becomes the list.
fn local(to: &str) -> String {
    let is_local = to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains(['\\', '\n', '\r'])
        && to.len() < 500
        && to.bytes().all(|b| b.is_ascii_graphic());
    match is_local && !to.starts_with("/login") {
        true => to.to_owned(),
        false => "/".to_owned(),
    }
}

fn form(
    site: &Site,
    status: StatusCode,
    to: &str,
    name: &str,
    problem: &'static str,
) -> Result<Response, Error> {
    let csrf = auth::secret();
    let page = LoginPage {
        links: site.links().as_ref().clone(),
        csrf: csrf.clone(),
        to: to.to_owned(),
        name: name.chars().take(100).collect(),
        problem,
        banner: site.settings.banner.clone(),
    };
    let html = page.render().map_err(|error| Error::Internal(error.into()))?;
    let mut answer = (status, Html(html)).into_response();
    mark(site, &mut answer, &csrf);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_log_in_never_leads_to_another_site() {
        assert_eq!(local("/orders/5?x=1"), "/orders/5?x=1");
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a b"] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}
