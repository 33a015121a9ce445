//! What the version in use changes: the orders that wait with an older one, and the design's test set.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::{one, place, versions_of};
use crate::flow::amend::Amended;
use crate::flow::design_update::{self, AreaChange, Compared, WaitingChange};
use crate::model::hold::Actor;
use crate::model::problem::Problem;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::words::humane;
use crate::web::operator::{Frame, page};
use crate::web::site::Site;

/// Waiting items that are drawn at once; the others come when these are dealt with.
const WAITING_SHOWN: usize = 8;
/// Sets of the test set that are shown with pictures; the others are named.
const SETS_PICTURED: usize = 6;

#[derive(Template)]
#[template(path = "operator/design_update.html")]
struct UpdatePage {
    frame: Frame,
    name: String,
    title: String,
    /// The first digits of the version in use, and of the one that it is compared with; empty for none.
    new: String,
    old: String,
    waiting: Vec<WaitingView>,
    /// Waiting items that are not drawn yet.
    more: usize,
    sets: Vec<SetView>,
    /// Names of the sets that look the same.
    same: Vec<String>,
}

struct WaitingView {
    order: String,
    number: String,
    /// What a box sends: the item and its revision.
    mark: String,
    look: Look,
}

struct SetView {
    name: String,
    look: Look,
}

/// What differs, in words and pictures.
pub struct Look {
    is_same: bool,
    words: Vec<String>,
    pictures: Vec<AreaView>,
}

/// An area before, after, and where both differ; empty addresses where it is not drawn.
pub struct AreaView {
    title: String,
    old: String,
    new: String,
    difference: String,
}

impl AreaView {
    /// Addresses with what they show.
    fn three(&self) -> [(&str, &'static str); 3] {
        [(&self.old, "Before"), (&self.new, "In use now"), (&self.difference, "What differs")]
    }
}

/// `GET /designs/{design}/update`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path(name): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let versions = versions_of(&site, &name).await?;
    let current = versions.iter().find(|one| one.is_current).ok_or_else(|| {
        Error::NotNow("The design is retired: no version of it is in use.".to_owned())
    })?;
    let before = match asked.get("from") {
        Some(from) => versions.iter().find(|one| one.hash.as_str() == from),
        None => versions.iter().find(|one| !one.is_current),
    };
    let person = &operator.session.person;
    let new = one(&site, &name, current.hash.as_str()).await?;
    let (mut sets, mut same) = (Vec::new(), Vec::new());
    if let Some(before) = before {
        let old = one(&site, &name, before.hash.as_str()).await?;
        for (set, compared) in design_update::of_tests(&site.ctx, person, &old, &new).await? {
            match compared.is_same() {
                true => same.push(set.name),
                false => {
                    let pictured = sets.len() < SETS_PICTURED;
                    sets.push(SetView { name: set.name, look: look(&site, compared, pictured) });
                }
            }
        }
    }
    let (waiting, all) = design_update::of_waiting(&site.ctx, person, &name, WAITING_SHOWN).await?;
    let more = all - waiting.len();
    let view = |one: WaitingChange| WaitingView {
        order: site.links().order(&one.waiting.order),
        number: one.waiting.number.clone(),
        mark: format!("{}@{}", one.waiting.item, one.waiting.revision),
        look: look(&site, one.compared, true),
    };
    page(&UpdatePage {
        frame: Frame::load(&site, &operator, "designs", &new.title).await?,
        title: new.title.clone(),
        new: current.hash.short().to_owned(),
        old: before.map_or(String::new(), |one| one.hash.short().to_owned()),
        waiting: waiting.into_iter().map(view).collect(),
        more,
        sets,
        same,
        name,
    })
}

fn look(site: &Site, compared: Compared, is_pictured: bool) -> Look {
    let mut words: Vec<String> = compared.areas.iter().map(in_words).collect();
    words.extend(compared.problems.iter().map(Problem::sentence));
    let keep = |bytes: Option<Vec<u8>>| match bytes {
        Some(bytes) => site.links().to(&format!("/previews/{}", site.keep_preview(bytes))),
        None => String::new(),
    };
    let is_same = compared.is_same();
    let areas = compared.areas.into_iter().filter(|_| is_pictured);
    let picture = |area: AreaChange| AreaView {
        title: humane(&area.area),
        old: keep(area.old),
        new: keep(area.new),
        difference: keep(area.difference.map(|found| found.picture)),
    };
    Look { is_same, words, pictures: areas.map(picture).collect() }
}

fn in_words(area: &AreaChange) -> String {
    let title = humane(&area.area);
    match (&area.difference, &area.new) {
        (Some(found), _) if found.permille == 1 => {
            format!("{title}: hardly anything looks different")
        }
        (Some(found), _) => {
            format!("{title}: {}.{} % looks different", found.permille / 10, found.permille % 10)
        }
        (None, Some(_)) => format!("{title}: there was no such area"),
        (None, None) => format!("{title}: is not printed any more"),
    }
}

/// `POST /designs/{design}/update`
pub async fn take(
    State(site): State<Site>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    versions_of(&site, &name).await?;
    let back = format!("{}/update", place(&site, &name));
    let chosen: Vec<String> = posted.form.all("item").map(str::to_owned).collect();
    let waiting = design_update::waiting(&site.ctx, &name).await?;
    let (mut done, mut left) = (0, Vec::new());
    for one in waiting {
        let mark = format!("{}@{}", one.item, one.revision);
        if !chosen.contains(&mark) {
            continue;
        }
        let actor = Actor::Person(posted.session.person.clone());
        match design_update::take(&site.ctx, &name, &one, actor).await? {
            Amended::Done => done += 1,
            Amended::Stale => left.push(format!("{} was changed meanwhile", one.number)),
            Amended::Refused(problems) => {
                let words: Vec<String> = problems.iter().map(Problem::sentence).collect();
                left.push(format!("{}: {}", one.number, words.join(", ")));
            }
        }
    }
    let mut words = match done {
        0 => "No order was changed.".to_owned(),
        1 => "One item is drawn with the version in use.".to_owned(),
        count => format!("{count} items are drawn with the version in use."),
    };
    if !left.is_empty() {
        words = format!("{words} Left as they were: {}.", left.join("; "));
    }
    posted.finish(&site, Ok(words), &back)
}
