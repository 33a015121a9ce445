//! Every label with its orders: renamed, given another look, put together with another, deleted.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::bulk::TYPED_FROM;
use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::db::mark::KnownLabel;
use crate::flow::label::{self, Changed, Merge, tone_word};
use crate::flow::{FlowError, label::PLACE};
use crate::model::mark::{Label, NAME_CHARS_MAX, TONES};
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

/// Changes that the page shows.
const CHANGES_SHOWN: u32 = 50;

#[derive(Template)]
#[template(path = "operator/labels.html")]
struct LabelsPage {
    frame: Frame,
    labels: Vec<LabelRow>,
    changes: Vec<ChangeRow>,
    /// Two labels that would become one.
    meets: Option<Meeting>,
    name_chars_max: usize,
}

struct LabelRow {
    label: Label,
    key: String,
    orders: u32,
    views: u32,
    /// The list of its orders.
    href: String,
    /// Looks to choose from: number, word, whether it is this.
    tones: Vec<(u32, &'static str, bool)>,
    /// The number to type before it is deleted; 0 asks for none.
    typed: u32,
}

/// A rename that meets another label.
struct Meeting {
    key: String,
    from: Label,
    to: Label,
    orders: u32,
}

struct ChangeRow {
    at: Time,
    person: String,
    words: String,
}

/// `GET /labels`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    labels_page(&site, &operator, None).await
}

async fn labels_page(
    site: &Site,
    operator: &Operator,
    meets: Option<Meeting>,
) -> Result<Response, Error> {
    let found: Result<_, FlowError> = site
        .ctx
        .read(|tx| {
            let mut labels = Vec::new();
            for one in db::mark::known_labels(tx)? {
                let views = label::views_of(tx, &one.label.key())?;
                labels.push((one, views));
            }
            Ok((labels, db::setting::changes_of(tx, PLACE, CHANGES_SHOWN)?))
        })
        .await;
    let (labels, changes) = found?;
    let times = times(site);
    let row = |(one, views): (KnownLabel, u32)| LabelRow {
        key: one.label.key(),
        href: site.links().to(&format!("/?{}", query(&one.label))),
        tones: (0..TONES).map(|tone| (tone, tone_word(tone), tone == one.label.tone)).collect(),
        typed: if is_many(one.orders) { one.orders } else { 0 },
        orders: one.orders,
        views,
        label: one.label,
    };
    let change = |one: db::setting::ChangeRow| ChangeRow {
        at: times.at(one.at),
        words: words(&one),
        person: one.person,
    };
    page(&LabelsPage {
        frame: Frame::load(site, operator, "orders", "Labels").await?,
        labels: labels.into_iter().map(row).collect(),
        changes: changes.into_iter().map(change).collect(),
        meets,
        name_chars_max: NAME_CHARS_MAX,
    })
}

fn query(label: &Label) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("view", "all").append_pair("label", &label.key()).finish()
}

fn is_many(orders: u32) -> bool {
    usize::try_from(orders).is_ok_and(|orders| TYPED_FROM <= orders)
}

/// A change as a sentence.
fn words(one: &db::setting::ChangeRow) -> String {
    let name = one.place.trim_start_matches(PLACE).trim();
    match one.field.as_str() {
        "name" => format!("“{}” is called “{}”", one.old, one.new),
        "look" => format!("“{name}” is {} instead of {}", one.new, one.old),
        "deleted" => format!("“{}” was deleted", one.old),
        _ => format!("“{}” became one with “{name}”", one.new),
    }
}

/// `POST /labels/change`
pub async fn change(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let (back, key) = (site.links().to("/labels"), posted.form.text("key").to_owned());
    let Some(named) = Label::named(posted.form.text("name")) else {
        let none = FlowError::NotNow("type what the label is to be called".to_owned());
        return posted.finish(&site, Err(none), &back);
    };
    let tone = posted.form.number("tone").and_then(|tone| u32::try_from(tone).ok());
    let known = key.clone();
    let found = site.ctx.read(move |tx| Ok::<_, FlowError>(db::mark::known(tx, &known)?)).await?;
    let present = found.as_ref().map_or(0, |one| one.label.tone);
    let to = Label { tone: tone.filter(|tone| *tone < TONES).unwrap_or(present), ..named };
    let merge = match posted.form.text("merge") {
        "yes" => Merge::Meant,
        _ => Merge::Ask,
    };
    let done = label::change(&site.ctx, &key, to.clone(), merge, &posted.staff()).await;
    match (done, found) {
        (Ok(Changed::Meets(other)), Some(from)) => {
            let operator = Operator { session: posted.session };
            let orders = from.orders;
            let meets = Meeting { key, from: from.label, to: other.label, orders };
            labels_page(&site, &operator, Some(meets)).await
        }
        (done, _) => {
            let told = done.map(|changed| told(&format!("Saved: “{}”", to.name), &changed));
            posted.finish(&site, told, &back)
        }
    }
}

/// `POST /labels/delete`
pub async fn delete(State(site): State<Site>, posted: Posted) -> Result<Response, Error> {
    let (back, key) = (site.links().to("/labels"), posted.form.text("key").to_owned());
    let asked = key.clone();
    let found = site.ctx.read(move |tx| Ok::<_, FlowError>(db::mark::known(tx, &asked)?)).await?;
    let orders = found.as_ref().map_or(0, |one| one.orders);
    if is_many(orders) && posted.form.number("typed") != Some(i64::from(orders)) {
        let wrong = FlowError::NotNow(format!("nothing was done: type {orders} to confirm"));
        return posted.finish(&site, Err(wrong), &back);
    }
    let done = label::delete(&site.ctx, &key, &posted.staff()).await;
    let name = found.map_or(key, |one| one.label.name);
    posted.finish(&site, done.map(|changed| told(&format!("Deleted: “{name}”"), &changed)), &back)
}

/// What was done, with how far it reaches.
fn told(what: &str, changed: &Changed) -> String {
    let counted = |many: u32, one: &str| match many {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    };
    match changed {
        Changed::Done { orders, views: 0 } => format!("{what}, on {}.", counted(*orders, "order")),
        Changed::Done { orders, views } => {
            let (orders, views) = (counted(*orders, "order"), counted(*views, "kept view"));
            format!("{what}, on {orders}; {views} named it.")
        }
        Changed::Meets(_) => String::new(),
    }
}
