//! The first account: made once, by whoever has the link that the program printed when it started.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::entry::EntryPage;
use super::login::{self, Entry};
use super::start;
use crate::db;
use crate::flow::{FlowError, staff};
use crate::web::auth;
use crate::web::error::Error;
use crate::web::site::Site;

fn first_account(site: &Site, token: &str) -> EntryPage {
    let text = "Nobody has an account here yet. Whoever makes the first one owns this installation and \
                can invite others.";
    EntryPage {
        href: site.links().to(&format!("/setup/{token}")),
        name: Some(String::new()),
        button: "Make the account",
        ..EntryPage::new(site, "Welcome to woodblock", text)
    }
}

/// Whether the link may make the first account now; unknown, used up and too old look the same.
async fn is_open(site: &Site, token: &str) -> Result<(), Error> {
    let is_first = site.ctx.read(|tx| Ok(db::staff::all(tx)?.is_empty())).await?;
    match is_first && site.is_setup(&auth::token_hash(token)) {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

/// `GET /setup/{token}`
pub async fn show(State(site): State<Site>, Path(token): Path<String>) -> Result<Response, Error> {
    is_open(&site, &token).await?;
    first_account(&site, &token).show(&site, StatusCode::OK)
}

/// `POST /setup/{token}`
pub async fn make(
    State(site): State<Site>,
    Path(token): Path<String>,
    entry: Entry,
) -> Result<Response, Error> {
    is_open(&site, &token).await?;
    let (name, password) = (entry.text("name").trim().to_owned(), entry.text("password"));
    let fault = staff::fault_of_name(&name).or_else(|| staff::fault_of_password(password));
    if let Some(fault) = fault {
        let problem = crate::web::guard::sentence(fault);
        let page = EntryPage { name: Some(name), problem, ..first_account(&site, &token) };
        return page.show(&site, StatusCode::BAD_REQUEST);
    }
    let (hash, owner) = (auth::hash_new(&site, password).await, name.clone());
    let made: Result<bool, FlowError> = site
        .ctx
        .call(move |tx| {
            // Two presses at once make one account.
            if !db::staff::all(tx)?.is_empty() {
                return Ok(false);
            }
            db::person::put(tx, &owner, &hash)?;
            db::switch::set(tx, start::SWITCH, start::OPEN, &owner)?;
            Ok(true)
        })
        .await;
    if !made? {
        return Err(Error::NotFound);
    }
    site.end_setup();
    login::let_in(&site, &name, password, entry.address(), "/start").await
}
