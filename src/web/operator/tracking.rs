//! Tracking numbers, many at once; and the files with which marketplaces are told of them.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::{Frame, page};
use crate::flow::parcels::{self, Fate, Pasted, Planned, Untold};
use crate::flow::{FlowError, elsewhere};
use crate::model::carrier::Carrier;
use crate::model::id::{FulfilmentId, ShipmentId};
use crate::web::address::query_part;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;
use crate::web::table;

#[derive(Template)]
#[template(path = "operator/tracking.html")]
struct TrackingPage {
    frame: Frame,
    /// What was pasted.
    text: String,
    problem: String,
    preview: Option<Preview>,
    untold: Vec<UntoldView>,
    carriers: Vec<&'static str>,
}

struct Preview {
    lines: Vec<Line>,
    /// What is carried to the press.
    rows: String,
    /// What can be saved as it is, or once it is answered.
    count: usize,
}

struct Line {
    nth: usize,
    word: String,
    number: String,
    carrier: String,
    asks_carrier: bool,
    carriers: Vec<&'static str>,
    /// `done`, `wait`, `off`, `stop`.
    tone: &'static str,
    fate: String,
    href: Option<String>,
    places: Vec<(String, String)>,
}

struct UntoldView {
    source: String,
    words: String,
    file: String,
    upto: i64,
}

/// `GET /tracking`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    tracking_page(&site, &operator, String::new(), Ok(None)).await
}

/// `POST /tracking`: what the lines would do.
pub async fn ask(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let operator = Operator { session: posted.session.clone() };
    let text = posted.form.text("text").to_owned();
    let read = match posted.form.file("table") {
        Some(bytes) => parcels::read_table(bytes),
        None => parcels::read(&text),
    };
    match read {
        Ok(pasted) => {
            let planned = parcels::plan(&site.ctx, pasted).await?;
            tracking_page(&site, &operator, text, Ok(Some(planned))).await
        }
        Err(problem) => tracking_page(&site, &operator, text, Err(problem)).await,
    }
}

/// `POST /tracking/do`: saves what is clear.
pub async fn save(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let mut pasted = match parcels::read(posted.form.text("rows")) {
        Ok(pasted) => pasted,
        Err(problem) => {
            let wrong = Err(FlowError::NotNow(problem));
            return posted.finish(&site, wrong, &site.links().to("/tracking"));
        }
    };
    for (nth, one) in pasted.iter_mut().enumerate() {
        answer(&posted, nth, one);
    }
    let outcome = parcels::save(&site.ctx, pasted, &posted.staff()).await?;
    let mut words = match outcome.saved {
        0 => "No parcel was saved.".to_owned(),
        1 => "1 parcel was saved; its shop is told.".to_owned(),
        saved => format!("{saved} parcels were saved; their shops are told."),
    };
    for (one, why) in outcome.left.iter().take(5) {
        words += &format!(" {} {}: {why}.", one.word, one.number);
    }
    if 5 < outcome.left.len() {
        words += &format!(" {} more were left out.", outcome.left.len() - 5);
    }
    let done = match outcome.left.is_empty() {
        true => Ok(words),
        false => Err(FlowError::NotNow(words)),
    };
    posted.finish(&site, done, &site.links().to("/tracking"))
}

/// What a person said of a line where it was asked.
fn answer(posted: &Posted, nth: usize, one: &mut Pasted) {
    let carrier = posted.form.text(&format!("carrier.{nth}")).trim();
    if one.carrier.is_empty() && !carrier.is_empty() {
        one.carrier = carrier.chars().take(60).collect();
    }
    one.chosen = posted.form.number(&format!("place.{nth}")).map(FulfilmentId);
}

/// `GET /tracking/upload.csv`: the parcels of a source, for its own upload.
pub async fn upload(
    State(site): State<Site>,
    _: Operator,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let source = asked.get("source").cloned().unwrap_or_default();
    let upto = asked.get("upto").and_then(|upto| upto.parse().ok()).unwrap_or(i64::MAX);
    let rows = elsewhere::upload_rows(&site.ctx, &source).await?;
    let rows = rows
        .into_iter()
        .filter(|row| row.shipment.0 <= upto)
        .map(|row| vec![row.number, row.carrier, row.tracking_number]);
    Ok(table::csv("parcels", &["order number", "carrier", "tracking number"], rows))
}

/// `POST /tracking/told`: notes that the file was uploaded there.
pub async fn told(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let source = posted.form.text("source").to_owned();
    let upto = ShipmentId(posted.form.number("upto").unwrap_or(0));
    let done = elsewhere::told(&site.ctx, &source, upto).await.map(|parcels| match parcels {
        0 => "There was nothing left to note.".to_owned(),
        1 => format!("Noted: {source} knows of 1 more parcel."),
        parcels => format!("Noted: {source} knows of {parcels} more parcels."),
    });
    posted.finish(&site, done, &site.links().to("/tracking"))
}

async fn tracking_page(
    site: &Site,
    operator: &Operator,
    text: String,
    planned: Result<Option<Vec<Planned>>, String>,
) -> Result<Response, Error> {
    let (planned, problem) = match planned {
        Ok(planned) => (planned, String::new()),
        Err(problem) => (None, problem),
    };
    let untold = parcels::untold(&site.ctx).await?;
    page(&TrackingPage {
        frame: Frame::load(site, operator, "orders", "Tracking numbers").await?,
        text,
        problem,
        preview: planned.map(|planned| preview(site, &planned)),
        untold: untold.into_iter().map(|one| untold_view(site, one)).collect(),
        carriers: Carrier::ALL.map(Carrier::name).to_vec(),
    })
}

fn preview(site: &Site, planned: &[Planned]) -> Preview {
    let pasted: Vec<Pasted> = planned.iter().map(|one| one.pasted.clone()).collect();
    let is_open = |one: &&Planned| matches!(one.fate, Fate::Saved(_) | Fate::Which(_));
    Preview {
        count: planned.iter().filter(is_open).count(),
        rows: parcels::write(&pasted),
        lines: planned.iter().enumerate().map(|(nth, one)| line(site, nth, one)).collect(),
    }
}

fn line(site: &Site, nth: usize, one: &Planned) -> Line {
    let (tone, fate) = match &one.fate {
        Fate::Saved(place) if place.completes => ("done", "completes the order".to_owned()),
        Fate::Saved(_) => ("done", "is saved".to_owned()),
        Fate::Which(_) => ("wait", "several parts fit".to_owned()),
        Fate::Here => ("off", "is here already".to_owned()),
        Fate::Not(why) => ("stop", why.clone()),
    };
    let is_open = matches!(one.fate, Fate::Saved(_) | Fate::Which(_));
    Line {
        nth,
        word: match &one.fate {
            Fate::Saved(place) => place.words.clone(),
            _ => one.pasted.word.clone(),
        },
        number: one.pasted.number.clone(),
        carrier: one.pasted.carrier.clone(),
        asks_carrier: one.asks_carrier && is_open,
        carriers: one.carriers.iter().map(|carrier| carrier.name()).collect(),
        tone,
        fate,
        href: match &one.fate {
            Fate::Saved(place) => Some(site.links().order(&place.order)),
            _ => None,
        },
        places: match &one.fate {
            Fate::Which(places) => {
                let place = |one: &parcels::Place| (one.fulfilment.to_string(), one.words.clone());
                places.iter().map(place).collect()
            }
            _ => Vec::new(),
        },
    }
}

fn untold_view(site: &Site, one: Untold) -> UntoldView {
    let query = format!("source={}&upto={}", query_part(&one.source), one.upto);
    UntoldView {
        words: match one.parcels {
            1 => "1 parcel that it does not know of".to_owned(),
            parcels => format!("{parcels} parcels that it does not know of"),
        },
        file: site.links().to(&format!("/tracking/upload.csv?{query}")),
        upto: one.upto.0,
        source: one.source,
    }
}
