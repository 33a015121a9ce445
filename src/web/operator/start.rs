//! The beginning: from an empty installation to the first print file, in steps that can each be
//! skipped and taken up again.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::settings::form::{self, Typed};
use super::settings::probe::{self, Found};
use super::settings::{FormView, faulty};
use super::{Frame, page, times};
use crate::app::live::SaveError;
use crate::config::field::{Section, Spec};
use crate::db;
use crate::flow::{FlowError, rehearsal};
use crate::model::time::Moment;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::{Notice, Site};

pub mod connecting;
pub mod taking;

pub use connecting::{approve, look};
pub use taking::take;

/// Whether the checklist is shown.
pub const SWITCH: &str = "start";
/// It is.
pub const OPEN: &str = "open";
/// It was hidden by somebody.
const DISMISSED: &str = "dismissed";
/// Whether it was said when orders go out.
const WHEN: &str = "start_when";

/// One step after the first account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Connect the shop.
    Shop,
    /// When orders go out.
    When,
    /// Who prints.
    Provider,
    /// How mail leaves.
    Mail,
    /// A sample order.
    Rehearsal,
}

impl Step {
    const ALL: [Step; 5] = [Step::Shop, Step::When, Step::Provider, Step::Mail, Step::Rehearsal];

    fn key(self) -> &'static str {
        match self {
            Step::Shop => "shop",
            Step::When => "when",
            Step::Provider => "provider",
            Step::Mail => "mail",
            Step::Rehearsal => "rehearsal",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Step::Shop => "Connect the shop",
            Step::When => "When orders go out",
            Step::Provider => "Who prints",
            Step::Mail => "Mail",
            Step::Rehearsal => "Rehearsal",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Step::Shop => {
                "woodblock reads the orders of your WooCommerce shop and writes tracking numbers back."
            }
            Step::When => {
                "An order that is ready waits, so that people can still change or stop it. By hand, \
                 nothing goes out until somebody presses Submit."
            }
            Step::Provider => {
                "A provider begins in test mode: its orders are checked, but neither charged nor made. \
                 Going live is a setting of its own, for later."
            }
            Step::Mail => {
                "So that you are told when something needs a person. Without it, alerts stay in these \
                 pages."
            }
            Step::Rehearsal => {
                "A sample order is drawn as your customers’ orders will be, with the same fonts, the \
                 same resolution and the same checks."
            }
        }
    }

    fn from_key(key: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.key() == key)
    }

    fn next(self) -> Option<Step> {
        let place = Step::ALL.iter().position(|step| *step == self)?;
        Step::ALL.get(place + 1).copied()
    }

    /// The section and the settings that the step asks for; none where it is no form.
    fn asks(self) -> Option<(Section, &'static [&'static str])> {
        match self {
            Step::Shop => Some((Section::Shop, &["url", "consumer_key", "consumer_secret"])),
            Step::When => Some((Section::Shop, &["approval", "delay", "quiet"])),
            Step::Provider => Some((Section::Provider, &["kind", "key", "shipping"])),
            Step::Mail => {
                Some((Section::Mail, &["from", "host", "port", "tls", "user", "password"]))
            }
            Step::Rehearsal => None,
        }
    }

    fn specs(self) -> Vec<Spec> {
        let Some((section, keys)) = self.asks() else {
            return Vec::new();
        };
        keys.iter().filter_map(|key| section.spec(key)).copied().collect()
    }

    fn page(self, site: &Site) -> String {
        site.links().to(&format!("/start/{}", self.key()))
    }
}

/// The beginning as it stands.
pub struct Checklist {
    /// Every step: what it is called, where it is, whether it is done.
    pub steps: Vec<StepView>,
    /// How many are done.
    pub done: usize,
}

/// One step of the checklist.
pub struct StepView {
    /// What it is called.
    pub label: &'static str,
    /// Where it is.
    pub href: String,
    /// Whether it is done.
    pub is_done: bool,
    /// Whether the page shows it.
    pub is_here: bool,
}

impl Checklist {
    async fn load(site: &Site, here: Option<Step>) -> Result<Checklist, FlowError> {
        let (when, rehearsals) = site
            .ctx
            .read(|tx| Ok((db::switch::get(tx, WHEN)?, db::rehearsal::all(tx)?.len())))
            .await?;
        let account =
            StepView { label: "Your account", href: String::new(), is_done: true, is_here: false };
        let of_step = |step: Step| StepView {
            label: step.label(),
            href: step.page(site),
            is_here: here == Some(step),
            is_done: match step {
                Step::Shop => !site.ctx.shops.is_empty(),
                Step::When => when.is_some(),
                Step::Provider => !site.ctx.providers.is_empty(),
                Step::Mail => site.live.standing().config.mail.is_some(),
                Step::Rehearsal => rehearsals != 0,
            },
        };
        let steps: Vec<StepView> = [account].into_iter().chain(Step::ALL.map(of_step)).collect();
        Ok(Checklist { done: steps.iter().filter(|step| step.is_done).count(), steps })
    }

    /// The checklist of the home page, until everything is done or somebody hid it.
    pub async fn of_home(site: &Site) -> Result<Option<Checklist>, FlowError> {
        let switch = site.ctx.read(|tx| Ok(db::switch::get(tx, SWITCH)?)).await?;
        if switch.as_deref() != Some(OPEN) {
            return Ok(None);
        }
        let list = Checklist::load(site, None).await?;
        Ok(Some(list).filter(|list| list.done < list.steps.len()))
    }
}

#[derive(Template)]
#[template(path = "operator/start.html")]
struct StartPage {
    frame: Frame,
    steps: Vec<StepView>,
    key: &'static str,
    number: usize,
    title: &'static str,
    text: &'static str,
    action: String,
    form: FormView,
    found: Vec<Found>,
    /// Where skipping leads.
    skip: String,
    is_last: bool,
    /// Connecting through the shop's own approval page.
    approval: Approval,
    /// Who gets the test mail and the alerts.
    to: String,
    to_fault: String,
    local: Vec<Found>,
    samples: Vec<(&'static str, &'static str)>,
    /// The connected shops: id and name.
    shops: Vec<(String, String)>,
    prints: Vec<PrintView>,
    /// A step that config.toml has answered.
    is_answered: bool,
}

/// How far connecting through the shop is.
#[derive(Default)]
pub(super) struct Approval {
    /// What was typed as its address.
    url: String,
    /// What is wrong with it.
    fault: String,
    /// The shop's page, where somebody is to allow it.
    page: String,
    /// A shop whose keys came: its name and address.
    arrived: Option<(String, String)>,
    /// A shop whose keys are waited for.
    waiting: Option<String>,
    /// Whether somebody said no there.
    is_declined: bool,
}

struct PrintView {
    area: String,
    design: String,
    size: String,
    picture: String,
}

/// What a shop adds to the address that it leads back to.
#[derive(Debug, Default, Deserialize)]
pub struct Returned {
    success: Option<String>,
}

/// `GET /start`
pub async fn index(State(site): State<Site>, _: Operator) -> Result<Redirect, Error> {
    let list = Checklist::load(&site, None).await?;
    let next = list.steps.iter().find(|step| !step.is_done);
    Ok(Redirect::to(&next.map_or(site.links().home(), |step| step.href.clone())))
}

/// `GET /start/{step}`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path(step): Path<String>,
    Query(returned): Query<Returned>,
) -> Result<Response, Error> {
    let step = Step::from_key(&step).ok_or(Error::NotFound)?;
    let mut shown = step_page(&site, &operator, step, None, Vec::new()).await?;
    shown.approval.is_declined = returned.success.as_deref() == Some("0");
    page(&shown)
}

/// The shop or provider that a step is about.
fn subject(site: &Site, step: Step) -> String {
    match step {
        Step::When => {
            let mut shops = site.ctx.shops.values();
            let own = |name: &str| !site.live.is_provisioned(Section::Shop, name);
            shops.find(|seat| own(&seat.name)).map_or(String::new(), |seat| seat.name.clone())
        }
        Step::Shop => "main".to_owned(),
        Step::Provider | Step::Mail | Step::Rehearsal => String::new(),
    }
}

async fn step_page(
    site: &Site,
    operator: &Operator,
    step: Step,
    typed: Option<&Typed>,
    found: Vec<Found>,
) -> Result<StartPage, Error> {
    let frame = Frame::load(site, operator, "start", step.label()).await?;
    let list = Checklist::load(site, Some(step)).await?;
    let (specs, subject) = (step.specs(), subject(site, step));
    let section = step.asks().map_or(Section::Shop, |(section, _)| section);
    let general = typed.map(|typed| {
        let mut general = typed.general(&specs);
        general.retain(|words| typed.faults.get("to") != Some(words));
        general
    });
    let rehearsals = site.ctx.read(|tx| Ok(db::rehearsal::all(tx)?)).await?;
    let prints = rehearsals.into_iter().rev().map(|one| PrintView {
        size: format!("{} × {} px, {}", one.width_px, one.height_px, one.extension.to_uppercase()),
        picture: site.links().picture(&one.hash),
        area: one.area,
        design: one.design,
    });
    let next = step.next().map(|next| next.page(site));
    let to = typed.and_then(|typed| typed.texts.get("to").cloned());
    Ok(StartPage {
        frame,
        number: 2 + Step::ALL.iter().position(|one| *one == step).unwrap_or_default(),
        steps: list.steps,
        key: step.key(),
        title: step.label(),
        text: step.text(),
        action: step.page(site),
        form: FormView {
            title: "",
            text: "",
            section: section.key(),
            fields: form::views(site, (section, &subject), &specs, typed, &times(site)),
            general: general.unwrap_or_default(),
            kept: form::keep(site, typed),
        },
        found,
        is_last: next.is_none(),
        skip: next.unwrap_or_else(|| site.links().home()),
        approval: connecting::standing(site).await?,
        to: to.or_else(|| site.ctx.rules.alert_to.first().cloned()).unwrap_or_default(),
        to_fault: typed.and_then(|typed| typed.faults.get("to").cloned()).unwrap_or_default(),
        local: match step {
            Step::Mail => probe::local_mail(&site.live.standing().config).await,
            _ => Vec::new(),
        },
        samples: rehearsal::choices(),
        shops: site
            .ctx
            .shops
            .iter()
            .map(|(id, seat)| (id.to_string(), seat.name.clone()))
            .collect(),
        prints: prints.collect(),
        is_answered: step == Step::When && subject.is_empty() && !site.ctx.shops.is_empty(),
    })
}

/// A step that is done: on to the next.
fn onward(site: &Site, step: Step, posted: &Posted, words: &str) -> Response {
    site.notify(&posted.session.token_hash, Notice::good(words));
    site.wake.notify_waiters();
    let next = step.next().map_or(site.links().home(), |next| next.page(site));
    Redirect::to(&next).into_response()
}

/// A step that comes back, with what was typed and what was found.
async fn back(
    site: &Site,
    step: Step,
    posted: Posted,
    typed: Typed,
    found: Vec<Found>,
) -> Result<Response, Error> {
    let operator = Operator { session: posted.session };
    faulty(&step_page(site, &operator, step, Some(&typed), found).await?)
}

/// Saves what was typed; faults come back beside their fields.
async fn save(
    site: &Site,
    section: Section,
    name: &str,
    typed: &mut Typed,
    by: &str,
) -> Result<bool, Error> {
    match site.live.save(typed.draft(section, name), by).await {
        Ok(()) => Ok(true),
        Err(SaveError::Faults(faults)) => {
            typed.take_faults(faults);
            Ok(false)
        }
        Err(SaveError::Flow(error)) => Err(error.into()),
    }
}

/// `POST /start/rehearsal/clear`
pub async fn clear(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let done = rehearsal::clear(&site.ctx).await;
    let words = "The rehearsal is removed.".to_owned();
    posted.finish(&site, done.map(|_| words), &Step::Rehearsal.page(&site))
}

/// `POST /start/dismiss`
pub async fn dismiss(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let by = posted.session.person.clone();
    let done = site.ctx.call(move |tx| Ok(db::switch::set(tx, SWITCH, DISMISSED, &by)?)).await;
    let words = "The checklist is hidden. Everything in it stands under Settings.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().home())
}

/// How long keys of a shop are waited for.
fn waits_until(now: Moment) -> Moment {
    now.plus(std::time::Duration::from_secs(3_600))
}
