//! What a press on a step does: tried first, then set.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;

use super::connecting::{connect, free_name};
use super::{Step, WHEN, back, onward, save, subject};
use crate::app::live::SaveError;
use crate::app::seats;
use crate::config::field::{Document, Kind, Section};
use crate::db;
use crate::flow::{FlowError, rehearsal};
use crate::model::id::ShopId;
use crate::web::error::Error;
use crate::web::guard::Posted;
use crate::web::operator::settings::form::{self, Typed};
use crate::web::operator::settings::probe::{self, Found};
use crate::web::site::Site;

/// `POST /start/{step}`
pub async fn take(
    State(site): State<Site>,
    Path(step): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    match Step::from_key(&step).ok_or(Error::NotFound)? {
        Step::Shop => shop(&site, posted).await,
        Step::When => when(&site, posted).await,
        Step::Provider => provider(&site, posted).await,
        Step::Mail => mail(&site, posted).await,
        Step::Rehearsal => draw(&site, posted).await,
    }
}

async fn shop(site: &Site, posted: Posted) -> Result<Response, Error> {
    let is_taken = site.live.is_provisioned(Section::Shop, "main");
    let name = &if is_taken { free_name(site) } else { "main".to_owned() };
    let typed = form::read(site, Section::Shop, name, &Step::Shop.specs(), &posted.form);
    match typed.faults.is_empty() {
        true => connect(site, name, typed, posted).await,
        false => back(site, Step::Shop, posted, typed, Vec::new()).await,
    }
}

async fn when(site: &Site, posted: Posted) -> Result<Response, Error> {
    let (name, by) = (subject(site, Step::When), posted.session.person.clone());
    if name.is_empty() {
        let words = "Connect a shop first, then say when its orders go out.".to_owned();
        let done = Err(FlowError::NotNow(words));
        return posted.finish(site, done, &Step::When.page(site));
    }
    let mut typed = form::read(site, Section::Shop, &name, &Step::When.specs(), &posted.form);
    let is_set =
        typed.faults.is_empty() && save(site, Section::Shop, &name, &mut typed, &by).await?;
    if !is_set {
        return back(site, Step::When, posted, typed, Vec::new()).await;
    }
    site.ctx.call(move |tx| Ok(db::switch::set(tx, WHEN, "yes", &by)?)).await?;
    Ok(onward(site, Step::When, &posted, "Saved. It can be changed under Settings, Shops."))
}

/// The shipping that a provider begins with, where nothing was typed.
fn usual_shipping(kind: &str) -> &'static str {
    match kind {
        "by_hand" => "* = as the customer chose",
        _ => "* = Economy",
    }
}

async fn provider(site: &Site, posted: Posted) -> Result<Response, Error> {
    let kind = posted.form.text("kind").to_owned();
    let name = if kind == "by_hand" { "workshop" } else { &kind };
    let mut typed =
        form::read(site, Section::Provider, name, &Step::Provider.specs(), &posted.form);
    if kind.is_empty() {
        typed.fault("kind", "Choose who prints.");
    }
    begin_provider(&mut typed.document, &kind);
    if !typed.faults.is_empty() {
        return back(site, Step::Provider, posted, typed, Vec::new()).await;
    }
    let found = match try_provider(site, name, &mut typed).await? {
        Some(found) if probe::is_good(&found) => found,
        Some(found) => return back(site, Step::Provider, posted, typed, found).await,
        None => return back(site, Step::Provider, posted, typed, Vec::new()).await,
    };
    let by = posted.session.person.clone();
    if !save(site, Section::Provider, name, &mut typed, &by).await? {
        return back(site, Step::Provider, posted, typed, found).await;
    }
    let words: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
    let words = format!("{name} is connected. {}", words.join(" "));
    Ok(onward(site, Step::Provider, &posted, &words))
}

/// A provider whose orders cost money begins in test mode.
fn begin_provider(document: &mut Document, kind: &str) {
    document.set_text("mode", if kind == "by_hand" { "live" } else { "test" });
    if document.get("shipping").is_none_or(|text| text.is_empty()) {
        let usual = Kind::Map.read(usual_shipping(kind)).unwrap_or_default();
        document.set("shipping", usual);
    }
}

/// What a provider says to what was typed; `None` where that is wrong in itself.
async fn try_provider(
    site: &Site,
    name: &str,
    typed: &mut Typed,
) -> Result<Option<Vec<Found>>, Error> {
    let config = match site.live.candidate(&typed.draft(Section::Provider, name)).await {
        Ok(config) => config,
        Err(SaveError::Faults(faults)) => {
            typed.take_faults(faults);
            return Ok(None);
        }
        Err(SaveError::Flow(error)) => return Err(error.into()),
    };
    let one = config.provider.iter().find(|one| one.name == name).ok_or(Error::NotFound)?;
    let adapter = seats::adapter(one).map_err(|error| Error::NotNow(error.to_string()))?;
    Ok(Some(probe::provider(adapter.as_ref(), one.mode()).await))
}

async fn mail(site: &Site, posted: Posted) -> Result<Response, Error> {
    let mut typed = form::read(site, Section::Mail, "", &Step::Mail.specs(), &posted.form);
    let to = posted.form.text("to").trim().to_owned();
    typed.texts.insert("to".to_owned(), to.clone());
    if !to.contains('@') {
        typed.fault("to", "Write the e-mail address that the test mail and the alerts go to.");
    }
    if !typed.faults.is_empty() {
        return back(site, Step::Mail, posted, typed, Vec::new()).await;
    }
    let found = match try_mail(site, &to, &mut typed).await? {
        Some(found) if probe::is_good(&found) => found,
        Some(found) => return back(site, Step::Mail, posted, typed, found).await,
        None => return back(site, Step::Mail, posted, typed, Vec::new()).await,
    };
    let by = posted.session.person.clone();
    if !save(site, Section::Mail, "", &mut typed, &by).await? {
        return back(site, Step::Mail, posted, typed, found).await;
    }
    let mut alerts =
        Typed { document: form::stored(&site.live, Section::Alerts, ""), ..Typed::default() };
    alerts.document.set("to", Kind::Lines.read(&to).unwrap_or_default());
    let is_locked = site.live.value(Section::Alerts, "", "to").1;
    if !is_locked && !save(site, Section::Alerts, "", &mut alerts, &by).await? {
        return back(site, Step::Mail, posted, alerts, found).await;
    }
    let words = format!("The mail server took a mail to {to}. Alerts go there.");
    Ok(onward(site, Step::Mail, &posted, &words))
}

async fn try_mail(site: &Site, to: &str, typed: &mut Typed) -> Result<Option<Vec<Found>>, Error> {
    match site.live.candidate(&typed.draft(Section::Mail, "")).await {
        Ok(config) => Ok(Some(probe::mail_by(&config, Arc::clone(&site.ctx.clock), to).await)),
        Err(SaveError::Faults(faults)) => {
            typed.take_faults(faults);
            Ok(None)
        }
        Err(SaveError::Flow(error)) => Err(error.into()),
    }
}

async fn draw(site: &Site, posted: Posted) -> Result<Response, Error> {
    let (sample, words) = (posted.form.text("sample"), posted.form.text("words").trim());
    if posted.form.text("act") == "past" {
        return draw_past(site, posted).await;
    }
    let drawn = rehearsal::draw(&site.ctx, sample, words, &posted.staff()).await;
    let told = |count| match count {
        1 => "Drawn. This is the file that a provider would get, in print resolution.".to_owned(),
        count => format!("Drawn. These {count} files are what a provider would get."),
    };
    posted.finish(site, drawn.map(told), &Step::Rehearsal.page(site))
}

/// A past order of the shop, drawn as it would be now.
async fn draw_past(site: &Site, posted: Posted) -> Result<Response, Error> {
    let shop = posted.form.text("shop").parse().ok().map(ShopId);
    let shop = shop.or_else(|| site.ctx.shops.keys().next().copied());
    let there = Step::Rehearsal.page(site);
    let Some(shop) = shop else {
        let none = FlowError::NotNow("Connect a shop first: its orders are read there.".to_owned());
        return posted.finish(site, Err(none), &there);
    };
    let (number, sample) = (posted.form.text("number"), posted.form.text("sample"));
    let past = rehearsal::draw_past(&site.ctx, shop, number, sample, &posted.staff()).await;
    let told = |past: rehearsal::Past| match past.files {
        0 => format!("Nothing of order {number} was drawn. {}", past.words.join(" ")),
        _ => format!("Order {number}, as it would be drawn now. {}", past.words.join(" ")),
    };
    posted.finish(site, past.map(told), &there)
}
