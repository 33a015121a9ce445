//! The operators' pages: plain HTML that works without scripts.
//!
//! A page is a struct beside its handler; it holds what it shows, already in words.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::address::Links;
use super::error::{Error, html};
use super::guard::Operator;
use super::routes;
use super::site::{Notice, Site};
use crate::db;
use crate::flow::FlowError;
use crate::model::id::ProviderId;
use crate::model::provider_order::Mode;
use crate::model::right::Rights;

pub mod account;
pub mod act;
pub mod action;
pub mod alerts;
pub mod bulk;
pub mod deliveries;
pub mod designs;
pub mod download;
pub mod edit;
pub mod edit_form;
pub mod entry;
pub mod fonts;
pub mod fulfilments;
pub mod hand;
pub mod health;
pub mod items;
pub mod jobs;
pub mod labels;
pub mod letter;
pub mod list;
pub mod login;
pub mod look;
pub mod mails;
pub mod marks;
pub mod new_order;
pub mod order;
pub mod passed;
pub mod people;
pub mod pictures;
pub mod place;
pub mod problems;
pub mod products;
pub mod recipient;
pub mod record;
pub mod reports;
pub mod revisions;
pub mod settings;
pub mod setup;
pub mod start;
pub mod stop;
pub mod story;
pub mod times;
pub mod tracking;
pub mod words;

use times::Times;

/// What stands around every page.
pub struct Frame {
    /// Addresses.
    pub links: Links,
    /// What stands in the window's title.
    pub title: String,
    /// Which entry of the menu is lit.
    pub place: &'static str,
    /// Who is logged in.
    pub person: String,
    /// What they may do.
    pub rights: Rights,
    /// What every form repeats.
    pub csrf: String,
    /// Marks a form, so that a second press is noticed.
    pub once: String,
    /// Milliseconds since 1970, for the countdowns.
    pub now_ms: i64,
    /// A sentence on every page, for a demo.
    pub banner: String,
    /// Whether nothing is submitted.
    pub is_stopped: bool,
    /// Why nothing is sent until each open order was looked up; empty while all is well.
    pub recovery: String,
    /// The providers and how they stand.
    pub providers: Vec<ProviderChip>,
    /// How many alerts are open.
    pub alerts: u32,
    /// How many jobs failed.
    pub failed_jobs: u32,
    /// Whether single letters are keys for this person.
    pub has_keys: bool,
    /// What came of the last press.
    pub notice: Option<Notice>,
}

/// A provider as it stands in the frame.
pub struct ProviderChip {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// `live` or `test`.
    pub mode: &'static str,
    /// Why nothing is sent to it; empty while it works.
    pub paused_why: String,
    /// Whether nothing is sent to it.
    pub is_paused: bool,
}

impl Frame {
    /// The frame of a page for this person.
    pub async fn load(
        site: &Site,
        operator: &Operator,
        place: &'static str,
        title: &str,
    ) -> Result<Frame, Error> {
        let person = operator.session.person.clone();
        let (is_stopped, recovery, rows, alerts, failed_jobs, liked) = site
            .ctx
            .read(move |tx| {
                Ok::<_, FlowError>((
                    db::switch::is_stopped(tx)?,
                    db::switch::recovery(tx)?,
                    db::provider::all(tx)?,
                    db::board::open_alerts(tx)?,
                    db::board::failed_jobs(tx)?,
                    db::preference::of_person(tx, &person)?,
                ))
            })
            .await?;
        let providers = rows.into_iter().map(|row| chip(site, row)).collect();
        Ok(Frame {
            links: site.links().as_ref().clone(),
            title: title.to_owned(),
            place,
            person: operator.session.person.clone(),
            rights: operator.session.rights.clone(),
            csrf: operator.session.csrf.clone(),
            once: site.ctx.chance.token(),
            now_ms: site.now().unix_ms(),
            banner: site.settings.banner.clone(),
            is_stopped,
            recovery: recovery.map_or(String::new(), |(why, _)| why),
            providers,
            alerts,
            failed_jobs,
            has_keys: liked.has_keys,
            notice: site.take_notice(&operator.session.token_hash),
        })
    }

    /// Whether the person may press this, so that nothing is offered that would be refused.
    pub fn may(&self, href: &str) -> bool {
        let path = href.strip_prefix(self.links.prefix()).unwrap_or(href);
        routes::right_of(path).is_none_or(|right| self.rights.has(right))
    }

    /// Providers whose orders are neither charged nor made.
    pub fn in_test(&self) -> impl Iterator<Item = &ProviderChip> {
        self.providers.iter().filter(|one| one.mode == "test")
    }

    /// Providers that nothing is sent to.
    pub fn paused(&self) -> impl Iterator<Item = &ProviderChip> {
        self.providers.iter().filter(|one| one.is_paused)
    }
}

fn chip(site: &Site, row: db::provider::ProviderRow) -> ProviderChip {
    let mode = site.ctx.providers.get(&row.id).map(|seat| seat.rules.mode);
    ProviderChip {
        id: row.id,
        name: row.name,
        mode: match mode {
            Some(Mode::Live) => "live",
            Some(Mode::Test) => "test",
            None => "not set up",
        },
        paused_why: row.paused_why,
        is_paused: row.paused_at.is_some(),
    }
}

/// Moments as this site shows them now.
pub fn times(site: &Site) -> Times {
    Times::new(site.settings.zone.clone(), site.now())
}

/// The providers at which a person places the orders.
pub fn by_hand(site: &Site) -> BTreeSet<ProviderId> {
    let seats = site.ctx.providers.iter();
    let by_hand = seats.filter(|(_, seat)| {
        seat.provider.abilities().placed_by == crate::model::provider_order::PlacedBy::Person
    });
    by_hand.map(|(id, _)| *id).collect()
}

/// A page as an answer.
pub fn page(page: &impl Template) -> Result<Response, Error> {
    html(page)
}

/// Every address that no route answers. Whoever is not logged in is not told what exists.
pub async fn not_found(State(_): State<Site>, _: Operator) -> Error {
    Error::NotFound
}
