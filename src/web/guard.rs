//! Who may do what: extractors, so that an unchecked request cannot reach a handler (R111, R112).

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::address::query_part;
use super::auth::{self, Session};
use super::error::Error;
use super::form::Form;
use super::site::{Notice, Site};
use crate::flow::FlowError;
use crate::flow::operate::Staff;
use crate::flow::staff::Acting;
use crate::model::hold::Actor;
use crate::model::right::Right;

/// A person with a living session, who looks at something.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Their session.
    pub session: Session,
}

/// A form of ours, sent by a person with a living session.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Their session.
    pub session: Session,
    /// What was sent.
    pub form: Form,
}

impl FromRequestParts<Site> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Operator, Response> {
        match auth::session(site, &parts.headers).await {
            Ok(Some(session)) => Ok(Operator { session }),
            Ok(None) => Err(Redirect::to(&login_page(site, parts)).into_response()),
            Err(error) => Err(Error::from(error).into_response()),
        }
    }
}

/// Lets a request through when its person has this right. Whoever is not logged in is met by what
/// comes after.
pub async fn with_right(
    State((site, right)): State<(Site, Right)>,
    request: Request,
    next: Next,
) -> Response {
    match auth::session(&site, request.headers()).await {
        Ok(Some(session)) if !session.rights.has(right) => Error::Forbidden(
            "Your role does not allow this. Somebody who may change people can give \
                it to you.",
        )
        .into_response(),
        Ok(_) => next.run(request).await,
        Err(error) => Error::from(error).into_response(),
    }
}

/// The log-in page, which leads back to where the person wanted to go.
fn login_page(site: &Site, parts: &Parts) -> String {
    let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let wanted = wanted.strip_prefix(site.links().prefix()).unwrap_or(wanted);
    match wanted {
        "/" | "" => site.links().to("/login"),
        other => site.links().to(&format!("/login?to={}", query_part(other))),
    }
}

impl FromRequest<Site> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Posted, Response> {
        let refuse = |error: Error| error.into_response();
        check_origin(site, &request).map_err(refuse)?;
        let session =
            auth::session(site, request.headers()).await.map_err(|error| refuse(error.into()))?;
        let over = "Your session is over. Log in again, then press once more.";
        let session = session.ok_or_else(|| refuse(Error::Forbidden(over)))?;
        let path = request.uri().path().to_owned();
        let form = Form::read(request).await.map_err(refuse)?;
        if !auth::is_same(form.text("csrf"), &session.csrf) {
            return Err(refuse(Error::Forbidden(FOREIGN)));
        }
        let mark = format!("{} {path}", form.text("once"));
        if form.sent("once").is_some() && !site.is_first_press(&mark) {
            return Err(Redirect::to(&result_page(site, &path)).into_response());
        }
        Ok(Posted { session, form })
    }
}

const FOREIGN: &str = "The form did not come from this page.";

/// Where the result of a press is seen: the page of its order, else the list.
fn result_page(site: &Site, path: &str) -> String {
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next()) {
        (Some("orders"), Some(id)) => site.links().to(&format!("/orders/{id}")),
        (Some("people" | "roles" | "invitations"), _) => site.links().to("/people"),
        (Some("designs"), _) => site.links().to("/designs"),
        (Some("settings"), Some(kind)) => site.links().to(&format!("/settings/{kind}")),
        (Some("start"), _) => site.links().to("/start"),
        (Some("products"), _) => site.links().to("/products"),
        (Some("account"), _) => site.links().to("/account"),
        (Some("tracking"), _) => site.links().to("/tracking"),
        (Some("labels"), _) => site.links().to("/labels"),
        (Some("alerts"), _) => site.links().to("/alerts"),
        _ => site.links().home(),
    }
}

/// A press must come from a page of this very address. Browsers say so in one of two headers;
/// a request with neither is no browser's.
pub fn check_origin(site: &Site, request: &Request) -> Result<(), Error> {
    let header = |name| {
        request.headers().get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
    };
    let is_ours = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), None) => site == "same-origin",
        // `no-referrer` makes browsers write `null` for our own forms; the other header decides.
        (Some(from), Some("null")) => from == "same-origin",
        (from, Some(origin)) => {
            from.is_none_or(|from| from == "same-origin") && origin == site.links().origin()
        }
        (None, None) => false,
    };
    match is_ours {
        true => Ok(()),
        false => Err(Error::Forbidden(FOREIGN)),
    }
}

/// The address a request comes from; `X-Forwarded-For` is believed of listed proxies alone (R115).
pub fn client_address(site: &Site, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| address.ip())?;
    let trusted = &site.settings.trusted_proxies;
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let forwarded = request.headers().get_all(header::HeaderName::from_static("x-forwarded-for"));
    let listed: Vec<IpAddr> = forwarded
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|part| part.trim().parse().ok())
        .collect();
    let first_unknown = listed.into_iter().rev().find(|ip| !trusted.contains(ip));
    Some(first_unknown.unwrap_or(peer))
}

impl Posted {
    /// The person, as the flow knows people.
    pub fn staff(&self) -> Staff {
        Staff(self.session.person.clone())
    }

    /// The same, where the flow asks what they may do.
    pub fn acting(&self) -> Acting {
        Acting { name: self.session.person.clone(), rights: self.session.rights.clone() }
    }

    /// The same, where the flow asks who acts.
    pub fn actor(&self) -> Actor {
        Actor::Person(self.session.person.clone())
    }

    /// Wakes the worker, and goes back to a page that says what came of the press.
    pub fn finish(
        &self,
        site: &Site,
        done: Result<String, FlowError>,
        page: &str,
    ) -> Result<Response, Error> {
        let notice = match done {
            Ok(text) => Notice::good(text),
            Err(error) => match Error::from(error) {
                Error::NotNow(why) => Notice::bad(sentence(&why)),
                other => return Err(other),
            },
        };
        site.wake.notify_one();
        site.notify(&self.session.token_hash, notice);
        Ok(Redirect::to(page).into_response())
    }
}

/// A capital first and a full stop last.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = match text.ends_with(['.', '!', '?', '…']) {
        true => "",
        false => ".",
    };
    format!("{first}{}{stop}", letters.as_str())
}
