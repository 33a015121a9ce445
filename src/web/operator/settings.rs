//! Settings: how the program works, changed where it runs. What config.toml declares is shown and not
//! changed here.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::times::Time;
use super::{Frame, page, times};
use crate::app::live::SaveError;
use crate::config::field::{Section, Spec};
use crate::db;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::{Operator, Posted};
use crate::web::site::{Notice, Site};

pub mod form;
pub mod named;
pub mod probe;
pub mod server;
mod shop_hooks;

use form::{FieldView, Typed};
use probe::Found;

/// Changes that the history shows.
const CHANGES_SHOWN: u32 = 200;

/// One form of a page.
pub struct FormView {
    /// What stands above it.
    pub title: &'static str,
    /// What it is about.
    pub text: &'static str,
    /// Its section, for the handler.
    pub section: &'static str,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// What is wrong without a field to stand beside.
    pub general: Vec<String>,
    /// Under which its secrets are kept while it goes back and forth.
    pub kept: String,
}

impl FormView {
    /// Whether everything in it is set in config.toml.
    pub fn is_locked(&self) -> bool {
        self.fields.iter().all(|field| field.is_locked)
    }

    /// Whether something in it is wrong.
    pub fn has_faults(&self) -> bool {
        self.fields.iter().any(|field| !field.fault.is_empty())
    }
}

#[derive(Template)]
#[template(path = "operator/settings_section.html")]
struct SectionPage {
    frame: Frame,
    title: &'static str,
    text: &'static str,
    action: String,
    forms: Vec<FormView>,
    /// Shops and when their orders go out, on the page about sending.
    shops: Vec<(String, String, String)>,
    /// Whether mail can be tried here.
    has_mail: bool,
    /// Where the test goes.
    to: String,
    /// What came of a test.
    found: Vec<Found>,
    /// A mail server that was found on this machine.
    local: Vec<Found>,
}

/// A page of sections.
struct Place {
    key: &'static str,
    title: &'static str,
    text: &'static str,
    forms: &'static [(Section, &'static str, &'static str)],
}

const SENDING: Place = Place {
    key: "sending",
    title: "Sending",
    text: "What happens between “everything is ready” and the provider. What differs from shop to shop \
           stands with the shop.",
    forms: &[
        (Section::Countdown, "Countdown", "What people can still do before an order goes out."),
        (
            Section::Limits,
            "Limits",
            "What is above them waits instead of spending money, and people are told.",
        ),
    ],
};

const MAIL: Place = Place {
    key: "mail",
    title: "Mail",
    text: "How mail leaves, and who is told when something needs a person. Without a mail server alerts \
           stay in these pages.",
    forms: &[(Section::Mail, "Mail server", ""), (Section::Alerts, "Alerts", "")],
};

const RETENTION: Place = Place {
    key: "retention",
    title: "Retention",
    text: "How long what is known of customers is kept.",
    forms: &[(Section::Retention, "What is erased by itself", "")],
};

/// `GET /settings`
pub async fn index(State(site): State<Site>, _: Operator) -> Redirect {
    Redirect::to(&site.links().to("/settings/shops"))
}

/// `GET /settings/sending`
pub async fn sending(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    show(&site, &operator, &SENDING, None, Vec::new()).await
}

/// `GET /settings/mail`
pub async fn mail(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    show(&site, &operator, &MAIL, None, Vec::new()).await
}

/// `GET /settings/retention`
pub async fn retention(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    show(&site, &operator, &RETENTION, None, Vec::new()).await
}

/// `POST /settings/sending`
pub async fn save_sending(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    save(&site, posted, &SENDING).await
}

/// `POST /settings/mail`
pub async fn save_mail(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    save(&site, posted, &MAIL).await
}

/// `POST /settings/retention`
pub async fn save_retention(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    save(&site, posted, &RETENTION).await
}

/// `POST /settings/mail/test`
pub async fn test_mail(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let found = probe::mail(&site, posted.form.text("to")).await;
    let operator = Operator { session: posted.session };
    show(&site, &operator, &MAIL, None, found).await
}

async fn save(site: &Site, posted: Posted, place: &Place) -> Result<Response, Error> {
    let section = Section::from_key(posted.form.text("section"));
    let section = section.filter(|one| place.forms.iter().any(|(known, _, _)| known == one));
    let section = section.ok_or(Error::NotFound)?;
    let by = posted.session.person.clone();
    match keep(site, section, "", section.specs(), &posted.form, &by).await? {
        Ok(()) => {
            let back = site.links().to(&format!("/settings/{}", place.key));
            site.notify(&posted.session.token_hash, Notice::good("Saved. It holds from now on."));
            site.wake.notify_waiters();
            Ok(Redirect::to(&back).into_response())
        }
        Err(typed) => {
            let operator = Operator { session: posted.session };
            let shown = show(site, &operator, place, Some((section, *typed)), Vec::new()).await?;
            Ok((StatusCode::BAD_REQUEST, shown).into_response())
        }
    }
}

/// Reads a form and saves it; what is wrong comes back with what was typed.
pub async fn keep(
    site: &Site,
    section: Section,
    name: &str,
    specs: &[Spec],
    form: &Form,
    by: &str,
) -> Result<Result<(), Box<Typed>>, Error> {
    let typed = form::read(site, section, name, specs, form);
    keep_typed(site, section, name, typed, by).await
}

/// Saves what was typed, unless something is wrong with it.
pub async fn keep_typed(
    site: &Site,
    section: Section,
    name: &str,
    mut typed: Typed,
    by: &str,
) -> Result<Result<(), Box<Typed>>, Error> {
    if !typed.faults.is_empty() {
        return Ok(Err(Box::new(typed)));
    }
    match site.live.save(typed.draft(section, name), by).await {
        Ok(()) => Ok(Ok(())),
        Err(SaveError::Faults(faults)) => {
            typed.take_faults(faults);
            Ok(Err(Box::new(typed)))
        }
        Err(SaveError::Flow(error)) => Err(error.into()),
    }
}

async fn show(
    site: &Site,
    operator: &Operator,
    place: &Place,
    typed: Option<(Section, Typed)>,
    found: Vec<Found>,
) -> Result<Response, Error> {
    let times = times(site);
    let forms = place.forms.iter().map(|(section, title, text)| {
        let mine = typed.as_ref().filter(|(one, _)| one == section).map(|(_, typed)| typed);
        FormView {
            title,
            text,
            section: section.key(),
            fields: form::views(site, (*section, ""), section.specs(), mine, &times),
            general: mine.map(|typed| typed.general(section.specs())).unwrap_or_default(),
            kept: form::keep(site, mine),
        }
    });
    let shops = site.ctx.shops.values().map(|seat| {
        let page = site.links().to(&format!("/settings/shops/{}", seat.name));
        (seat.name.clone(), named::going_out(&seat.rules), page)
    });
    let has_mail = place.key == "mail";
    page(&SectionPage {
        forms: forms.collect(),
        frame: Frame::load(site, operator, place.key, place.title).await?,
        title: place.title,
        text: place.text,
        action: site.links().to(&format!("/settings/{}", place.key)),
        shops: if place.key == "sending" { shops.collect() } else { Vec::new() },
        has_mail,
        to: site.ctx.rules.alert_to.first().cloned().unwrap_or_default(),
        found,
        local: match has_mail {
            true => probe::local_mail(&site.live.standing().config).await,
            false => Vec::new(),
        },
    })
}

#[derive(Template)]
#[template(path = "operator/settings_history.html")]
struct HistoryPage {
    frame: Frame,
    changes: Vec<ChangeView>,
}

struct ChangeView {
    at: Time,
    person: String,
    place: String,
    label: String,
    old: String,
    new: String,
}

/// `GET /settings/history`
pub async fn history(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let rows = site.ctx.read(|tx| Ok(db::setting::changes(tx, CHANGES_SHOWN)?)).await?;
    let times = times(&site);
    let changes = rows.into_iter().map(|row| {
        let section = Section::from_key(row.place.split(' ').next().unwrap_or_default());
        let spec = section.and_then(|section| section.spec(&row.field));
        ChangeView {
            at: times.at(row.at),
            person: row.person,
            place: row.place,
            label: spec.map_or(row.field.clone(), |spec| spec.label.to_owned()),
            old: row.old.replace('\n', ", "),
            new: row.new.replace('\n', ", "),
        }
    });
    page(&HistoryPage {
        changes: changes.collect(),
        frame: Frame::load(&site, &operator, "history", "History of settings").await?,
    })
}

/// A page that came back with faults.
pub fn faulty(page: &impl Template) -> Result<Response, Error> {
    let html = page.render().map_err(|error| Error::Internal(error.into()))?;
    Ok((StatusCode::BAD_REQUEST, Html(html)).into_response())
}
