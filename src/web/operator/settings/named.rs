//! Shops and providers: connected, changed, tried, disconnected.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{self, Typed};
use super::probe::{self, Found};
use super::shop_hooks::{self, HooksView};
use super::{FormView, faulty, keep_typed};
use crate::config::field::Section;
use crate::flow::ctx::ShopRules;
use crate::flow::delay::{self, Whose};
use crate::model::order::Approval;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::times as spans;
use crate::web::operator::{Frame, page, times};
use crate::web::site::{Notice, Site};

/// What a form for something new stands under.
const NEW: &str = "new";

#[derive(Template)]
#[template(path = "operator/settings_named.html")]
struct ListPage {
    frame: Frame,
    title: &'static str,
    text: &'static str,
    rows: Vec<RowView>,
    add: String,
    add_words: &'static str,
}

struct RowView {
    name: String,
    words: String,
    mode: &'static str,
    href: String,
    is_provisioned: bool,
    is_connected: bool,
    fault: String,
}

#[derive(Template)]
#[template(path = "operator/settings_one.html")]
struct OnePage {
    frame: Frame,
    title: String,
    back: (String, &'static str),
    action: String,
    name: String,
    /// The name can still be chosen.
    is_new: bool,
    is_provisioned: bool,
    is_connected: bool,
    form: FormView,
    name_fault: String,
    /// Orders that count down already, and a fault of what was chosen for them.
    counting: usize,
    counting_fault: String,
    /// Going live must be said; a fault where it was not.
    asks_live: bool,
    live_fault: String,
    found: Vec<Found>,
    /// How webhooks reach us from this shop.
    hooks: Option<HooksView>,
    orders_words: &'static str,
}

fn section_of(kind: &str) -> Result<Section, Error> {
    match kind {
        "shops" => Ok(Section::Shop),
        "providers" => Ok(Section::Provider),
        _ => Err(Error::NotFound),
    }
}

fn kind_of(section: Section) -> &'static str {
    if section == Section::Shop { "shops" } else { "providers" }
}

/// When orders of a shop go out, in words.
pub fn going_out(rules: &ShopRules) -> String {
    let delay = spans::span(std::time::Duration::from_secs(u64::from(rules.delay_s)));
    let quiet = if rules.quiet.is_empty() { "" } else { ", not in its quiet hours" };
    match (rules.approval, rules.delay_s) {
        (Approval::Manual, _) => format!("somebody presses Submit{quiet}"),
        (Approval::Automatic, 0) => format!("at once{quiet}"),
        (Approval::Automatic, _) => format!("after {delay}{quiet}"),
    }
}

/// `GET /settings/shops`
pub async fn shops(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    list(&site, &operator, Section::Shop).await
}

/// `GET /settings/providers`
pub async fn providers(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    list(&site, &operator, Section::Provider).await
}

async fn list(site: &Site, operator: &Operator, section: Section) -> Result<Response, Error> {
    let kind = kind_of(section);
    let (title, text, add_words) = match section {
        Section::Shop => (
            "Shops",
            "Whose orders come in. A shop that is disconnected keeps its orders here.",
            "Connect a shop",
        ),
        _ => (
            "Providers",
            "Who prints. In test mode orders are checked there, but neither charged nor made.",
            "Connect a provider",
        ),
    };
    page(&ListPage {
        frame: Frame::load(site, operator, kind, title).await?,
        title,
        text,
        rows: rows(site, section),
        add: site.links().to(&format!("/settings/{kind}/{NEW}")),
        add_words,
    })
}

/// Everything of this kind: what is connected, what was set in the pages, and what does not hold.
fn rows(site: &Site, section: Section) -> Vec<RowView> {
    let standing = site.live.standing();
    let seated: Vec<(String, String, &'static str)> = match section {
        Section::Shop => site
            .ctx
            .shops
            .values()
            .map(|seat| (seat.name.clone(), going_out(&seat.rules), ""))
            .collect(),
        _ => site
            .ctx
            .providers
            .values()
            .map(|seat| {
                let abilities = seat.provider.abilities();
                let by_hand = crate::model::provider_order::PlacedBy::Person;
                let words = match abilities.placed_by == by_hand {
                    true => "a person prints, or places the orders",
                    false => "orders go there by themselves",
                };
                (seat.name.clone(), words.to_owned(), mode_word(seat.rules.mode))
            })
            .collect(),
    };
    let known = |name: &str| seated.iter().find(|(seat, _, _)| seat == name);
    let mine = standing.rows.iter().filter(|row| row.section == section.key());
    let left: Vec<String> = mine.map(|row| row.name.clone()).collect();
    let mut names: Vec<String> =
        seated.iter().map(|(name, _, _)| name.clone()).chain(left).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let fault = standing.left_out.iter().find(|one| one.0 == section && one.1 == name);
            let seat = known(&name);
            RowView {
                words: seat.map_or(String::new(), |(_, words, _)| words.clone()),
                mode: seat.map_or("", |(_, _, mode)| mode),
                href: site.links().to(&format!("/settings/{}/{name}", kind_of(section))),
                is_provisioned: site.live.is_provisioned(section, &name),
                is_connected: seat.is_some(),
                fault: fault.map_or(String::new(), |one| one.2.clone()),
                name,
            }
        })
        .collect()
}

fn mode_word(mode: crate::model::provider_order::Mode) -> &'static str {
    match mode {
        crate::model::provider_order::Mode::Live => "live",
        crate::model::provider_order::Mode::Test => "test",
    }
}

/// `GET /settings/{kind}/{one}`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Response, Error> {
    let section = section_of(&kind)?;
    let one = one(&site, &operator, section, &name, None, Vec::new()).await?;
    page(&one)
}

async fn one(
    site: &Site,
    operator: &Operator,
    section: Section,
    name: &str,
    typed: Option<&Typed>,
    found: Vec<Found>,
) -> Result<OnePage, Error> {
    let is_new = name == NEW;
    let row = rows(site, section).into_iter().find(|row| row.name == name);
    if row.is_none() && !is_new {
        return Err(Error::NotFound);
    }
    let kind = kind_of(section);
    let (word, plural) =
        if section == Section::Shop { ("shop", "Shops") } else { ("provider", "Providers") };
    let fault = |key: &str| typed.and_then(|typed| typed.faults.get(key).cloned());
    let title = if is_new { format!("Connect a {word}") } else { name.to_owned() };
    let own = if is_new { "" } else { name };
    let mut general = typed.map(|typed| typed.general(section.specs())).unwrap_or_default();
    general.retain(|words| ![fault("apply"), fault("sure")].contains(&Some(words.clone())));
    general.extend(row.iter().map(|row| row.fault.clone()).filter(|fault| !fault.is_empty()));
    Ok(OnePage {
        frame: Frame::load(site, operator, kind, &title).await?,
        title,
        back: (site.links().to(&format!("/settings/{kind}")), plural),
        action: site.links().to(&format!("/settings/{kind}/{name}")),
        name: match typed.and_then(|typed| typed.texts.get("name")) {
            Some(typed) => typed.clone(),
            None if is_new && section == Section::Shop && site.ctx.shops.is_empty() => {
                "main".to_owned()
            }
            None => own.to_owned(),
        },
        is_new,
        is_provisioned: row.as_ref().is_some_and(|row| row.is_provisioned),
        is_connected: row.as_ref().is_some_and(|row| row.is_connected),
        form: FormView {
            title: "",
            text: "",
            section: section.key(),
            fields: form::views(site, (section, own), section.specs(), typed, &times(site)),
            general,
            kept: form::keep(site, typed),
        },
        name_fault: fault("name").unwrap_or_default(),
        counting: counting(site, section, own).await?,
        counting_fault: fault("apply").unwrap_or_default(),
        asks_live: section == Section::Provider,
        live_fault: fault("sure").unwrap_or_default(),
        found,
        hooks: match section {
            Section::Shop if !is_new => Some(HooksView::of(site, name)),
            _ => None,
        },
        orders_words: match section {
            Section::Shop => "Its orders stay here. No new ones come in, and open ones are held.",
            _ => "Its orders stay here. Nothing is sent to it, and open ones are held.",
        },
    })
}

/// Whose delay it is, where it is connected.
fn whose(site: &Site, section: Section, name: &str) -> Option<Whose> {
    match section {
        Section::Shop => {
            let found = site.ctx.shops.iter().find(|(_, seat)| seat.name == name);
            found.map(|(id, _)| Whose::Shop(*id))
        }
        _ => {
            let found = site.ctx.providers.iter().find(|(_, seat)| seat.name == name);
            found.map(|(id, _)| Whose::Provider(*id))
        }
    }
}

async fn counting(site: &Site, section: Section, name: &str) -> Result<usize, Error> {
    match whose(site, section, name) {
        Some(whose) => Ok(delay::counting(&site.ctx, whose).await?.len()),
        None => Ok(0),
    }
}

/// `POST /settings/{kind}/{one}`
pub async fn save(
    State(site): State<Site>,
    Path((kind, path_name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    let section = section_of(&kind)?;
    let name = match path_name == NEW {
        true => posted.form.text("name").trim().to_owned(),
        false => path_name.clone(),
    };
    let mut typed = form::read(&site, section, &name, section.specs(), &posted.form);
    typed.texts.insert("name".to_owned(), name.clone());
    if path_name == NEW && rows(&site, section).iter().any(|row| row.name == name) {
        typed.fault("name", "There is one of this name already.");
    }
    if section == Section::Shop {
        shop_hooks::ask_secret(&site, &name, &mut typed);
    }
    ask_back(&site, section, &name, &posted.form, &mut typed).await?;
    match keep_typed(&site, section, &name, typed, &posted.session.person).await? {
        Ok(()) => saved(&site, section, &name, &posted).await,
        Err(typed) => {
            let operator = Operator { session: posted.session };
            faulty(&one(&site, &operator, section, &path_name, Some(&typed), Vec::new()).await?)
        }
    }
}

/// What costs money or moves what is under way is asked about.
async fn ask_back(
    site: &Site,
    section: Section,
    name: &str,
    form: &Form,
    typed: &mut Typed,
) -> Result<(), Error> {
    let old = form::stored(&site.live, section, name);
    let is_changed = |typed: &Typed, key: &str| typed.document.get(key) != old.get(key);
    let moves = ["delay", "quiet", "zone"].iter().any(|key| is_changed(typed, key));
    let counting = if moves { counting(site, section, name).await? } else { 0 };
    if 0 < counting && form.text("apply").is_empty() {
        let orders = if counting == 1 { "1 order counts" } else { "Several orders count" };
        let words = format!("{orders} down already: say whether they keep their time.");
        typed.fault("apply", words);
    }
    let goes_live = typed.document.get("mode").as_deref() == Some("live")
        && is_changed(typed, "mode")
        && typed.document.get("kind").as_deref() != Some("by_hand");
    if goes_live && form.text("sure") != "yes" {
        let words = "Going live spends money: from then on this provider charges for every order and \
                     makes it. Tick the box to say that this is meant.";
        typed.fault("sure", words);
    }
    Ok(())
}

async fn saved(
    site: &Site,
    section: Section,
    name: &str,
    posted: &Posted,
) -> Result<Response, Error> {
    let site = &site.latest();
    let mut words = format!("{name} is saved. It holds from now on.");
    if posted.form.text("apply") == "all"
        && let Some(whose) = whose(site, section, name)
    {
        let moved = delay::apply(&site.ctx, whose, &posted.staff()).await?;
        words += &match moved {
            1 => " 1 order that counts down goes by it.".to_owned(),
            moved => format!(" {moved} orders that count down go by it."),
        };
    }
    site.wake.notify_waiters();
    site.notify(&posted.session.token_hash, Notice::good(words));
    let back = format!("/settings/{}/{name}", kind_of(section));
    Ok(Redirect::to(&site.links().to(&back)).into_response())
}

/// `POST /settings/{kind}/{one}/test`
pub async fn test(
    State(site): State<Site>,
    Path((kind, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    let section = section_of(&kind)?;
    let found = ask(&site, section, &name).await?;
    let operator = Operator { session: posted.session };
    page(&one(&site, &operator, section, &name, None, found).await?)
}

/// Asks a shop or a provider that is connected.
pub async fn ask(site: &Site, section: Section, name: &str) -> Result<Vec<Found>, Error> {
    match section {
        Section::Shop => {
            let seat = site.ctx.shops.values().find(|seat| seat.name == name);
            let seat = seat.ok_or(Error::NotFound)?;
            Ok(probe::shop(&site.ctx, name, &seat.shop).await)
        }
        _ => {
            let seat = site.ctx.providers.values().find(|seat| seat.name == name);
            let seat = seat.ok_or(Error::NotFound)?;
            Ok(probe::provider(seat.provider.as_ref(), seat.rules.mode).await)
        }
    }
}

/// `POST /settings/{kind}/{one}/disconnect`
pub async fn disconnect(
    State(site): State<Site>,
    Path((kind, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    let section = section_of(&kind)?;
    let done = site.live.set_enabled(section, &name, false, &posted.session.person).await;
    let words = format!("{name} is disconnected. Its orders stay, and what is open is held.");
    let back = site.links().to(&format!("/settings/{kind}/{name}"));
    posted.finish(&site, done.map(|()| words), &back)
}

/// `POST /settings/{kind}/{one}/connect`
pub async fn connect(
    State(site): State<Site>,
    Path((kind, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    let section = section_of(&kind)?;
    let done = site.live.set_enabled(section, &name, true, &posted.session.person).await;
    let back = site.links().to(&format!("/settings/{kind}/{name}"));
    posted.finish(&site, done.map(|()| format!("{name} is connected again.")), &back)
}
