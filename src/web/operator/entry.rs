//! Coming in without a password: by an invitation, or because it was forgotten. A link is only looked at
//! by `GET`, because mail programs open links by themselves; a press uses it up (R122).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::login::{self, Entry};
use crate::db::staff::Purpose;
use crate::flow::{FlowError, staff};
use crate::web::address::Links;
use crate::web::auth;
use crate::web::error::Error;
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/entry.html")]
pub(super) struct EntryPage {
    pub(super) links: Links,
    pub(super) csrf: String,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) href: String,
    pub(super) problem: String,
    /// Asks for a name, with what was typed.
    pub(super) name: Option<String>,
    pub(super) name_label: &'static str,
    pub(super) asks_password: bool,
    pub(super) button: &'static str,
    /// Nothing is left to do here.
    pub(super) is_over: bool,
}

impl EntryPage {
    pub(super) fn new(site: &Site, title: &'static str, text: &'static str) -> EntryPage {
        EntryPage {
            links: site.links().as_ref().clone(),
            csrf: String::new(),
            title,
            text,
            href: String::new(),
            problem: String::new(),
            name: None,
            name_label: "Name",
            asks_password: true,
            button: "",
            is_over: false,
        }
    }

    pub(super) fn show(mut self, site: &Site, status: StatusCode) -> Result<Response, Error> {
        self.csrf = auth::secret();
        let html = self.render().map_err(|error| Error::Internal(error.into()))?;
        let mut answer = (status, Html(html)).into_response();
        login::mark(site, &mut answer, &self.csrf);
        Ok(answer)
    }
}

fn joining(site: &Site, token: &str) -> EntryPage {
    let text = "Choose the name and the password with which you will log in.";
    EntryPage {
        href: site.links().to(&format!("/join/{token}")),
        name: Some(String::new()),
        button: "Come in",
        ..EntryPage::new(site, "You are invited", text)
    }
}

fn resetting(site: &Site, token: &str) -> EntryPage {
    EntryPage {
        href: site.links().to(&format!("/reset/{token}")),
        button: "Take this password",
        ..EntryPage::new(site, "Choose another password", "Every session you have will be over.")
    }
}

async fn is_there(site: &Site, token: &str, purpose: Purpose) -> Result<(), Error> {
    let hash = auth::token_hash(token);
    match staff::has_link(&site.ctx, hash, purpose).await? {
        true => Ok(()),
        // Unknown, used up and too old look the same.
        false => Err(Error::NotFound),
    }
}

/// `GET /join/{token}`
pub async fn join(State(site): State<Site>, Path(token): Path<String>) -> Result<Response, Error> {
    is_there(&site, &token, Purpose::Join).await?;
    joining(&site, &token).show(&site, StatusCode::OK)
}

/// `POST /join/{token}`
pub async fn joined(
    State(site): State<Site>,
    Path(token): Path<String>,
    entry: Entry,
) -> Result<Response, Error> {
    is_there(&site, &token, Purpose::Join).await?;
    let (name, password) = (entry.text("name").trim().to_owned(), entry.text("password"));
    let fault = staff::fault_of_name(&name).or_else(|| staff::fault_of_password(password));
    let done = match fault {
        Some(fault) => Err(FlowError::NotNow(fault.to_owned())),
        None => {
            let hash = auth::hash_new(&site, password).await;
            staff::join(&site.ctx, auth::token_hash(&token), name.clone(), hash).await
        }
    };
    match done {
        Ok(()) => login::let_in(&site, &name, password, entry.address(), "/").await,
        Err(FlowError::NotNow(why)) => {
            let problem = crate::web::guard::sentence(&why);
            let page = EntryPage { name: Some(name), problem, ..joining(&site, &token) };
            page.show(&site, StatusCode::BAD_REQUEST)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /forgot`
pub async fn forgot(State(site): State<Site>) -> Result<Response, Error> {
    let text = "A link to choose another password is sent to the e-mail address of your account.";
    let page = EntryPage {
        href: site.links().to("/forgot"),
        name: Some(String::new()),
        name_label: "Name or e-mail address",
        asks_password: false,
        button: "Send the link",
        ..EntryPage::new(&site, "Forgot the password?", text)
    };
    page.show(&site, StatusCode::OK)
}

/// `POST /forgot`: the same answer whether there is such a person or not.
pub async fn forgotten(State(site): State<Site>, entry: Entry) -> Result<Response, Error> {
    if !auth::asked_too_often(&site, "forgot", entry.address()).await? {
        let secret = auth::secret();
        let token = (secret.clone(), auth::token_hash(&secret));
        staff::forgot(&site.ctx, entry.text("name"), token).await?;
        site.wake.notify_one();
    }
    let text = "If this is an account with an e-mail address, a link is on its way. It works for an \
                hour. Without an address, ask whoever runs the server: `woodblock user add` takes a \
                new password.";
    let page = EntryPage {
        asks_password: false,
        is_over: true,
        ..EntryPage::new(&site, "Look into your mail", text)
    };
    page.show(&site, StatusCode::OK)
}

/// `GET /reset/{token}`
pub async fn reset(State(site): State<Site>, Path(token): Path<String>) -> Result<Response, Error> {
    is_there(&site, &token, Purpose::Reset).await?;
    resetting(&site, &token).show(&site, StatusCode::OK)
}

/// `POST /reset/{token}`
pub async fn renewed(
    State(site): State<Site>,
    Path(token): Path<String>,
    entry: Entry,
) -> Result<Response, Error> {
    is_there(&site, &token, Purpose::Reset).await?;
    let password = entry.text("password");
    if let Some(fault) = staff::fault_of_password(password) {
        let problem = crate::web::guard::sentence(fault);
        let page = EntryPage { problem, ..resetting(&site, &token) };
        return page.show(&site, StatusCode::BAD_REQUEST);
    }
    let hash = auth::hash_new(&site, password).await;
    staff::reset(&site.ctx, auth::token_hash(&token), hash).await?;
    let text = "The password is changed. Log in with it.";
    let page =
        EntryPage { asks_password: false, is_over: true, ..EntryPage::new(&site, "Done", text) };
    page.show(&site, StatusCode::OK)
}
