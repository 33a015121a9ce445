//! One version of a design beside another: pictures, rules of fields, files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::fields;
use super::{one, versions_of};
use crate::flow::{amend, design};
use crate::model::check::Checks;
use crate::model::design::Design;
use crate::outside::press::Want;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::operator::edit::finish::{Change, Pair};
use crate::web::operator::edit::report;
use crate::web::operator::{Frame, page};
use crate::web::site::Site;

/// Width of the pictures.
const PREVIEW_PX: u32 = 700;

#[derive(Template)]
#[template(path = "operator/design_version.html")]
struct VersionPage {
    frame: Frame,
    name: String,
    title: String,
    short: String,
    other: String,
    version: String,
    is_current: bool,
    choices: Vec<(String, String, bool)>,
    pairs: Vec<Pair>,
    changes: Vec<Change>,
    files: Vec<(String, &'static str)>,
}

/// `GET /designs/{design}/{version}`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path((name, version)): Path<(String, String)>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let new = one(&site, &name, &version).await?;
    let versions = versions_of(&site, &name).await?;
    let with = asked.get("with").cloned().unwrap_or_else(|| version.clone());
    let old = one(&site, &name, &with).await?;
    let person = &operator.session.person;
    let before = pictures(&site, person, &old).await?;
    let pairs = pictures(&site, person, &new).await?.into_iter().map(|(title, new)| {
        let old = before.iter().find(|(area, _)| *area == title);
        Pair { old: old.map_or(String::new(), |(_, href)| href.clone()), title, new }
    });
    let choices = versions
        .iter()
        .filter(|one| one.hash != new.hash)
        .map(|one| (one.hash.to_string(), one.hash.short().to_owned(), one.hash == old.hash));
    page(&VersionPage {
        frame: Frame::load(&site, &operator, "designs", &new.title).await?,
        is_current: versions.iter().any(|one| one.hash == new.hash && one.is_current),
        choices: choices.collect(),
        pairs: pairs.collect(),
        changes: changes(&old, &new),
        files: files(&old, &new),
        title: new.title.clone(),
        short: new.hash.short().to_owned(),
        other: if old.hash == new.hash { String::new() } else { old.hash.short().to_owned() },
        version,
        name,
    })
}

/// Each area drawn with the values to test.
async fn pictures(
    site: &Site,
    person: &str,
    design: &Arc<Design>,
) -> Result<Vec<(String, String)>, Error> {
    let values = design::values_to_test(&site.ctx, design).await?;
    let session = design::session(&format!("{} {}", design.name, design.hash), person);
    let drawn = (Arc::clone(design), values.clone());
    let drawn = amend::preview(
        &site.ctx,
        &session,
        drawn.0,
        drawn.1,
        Want::Preview { width_px: PREVIEW_PX },
    )
    .await?;
    let report = report::report(site, (design, &Checks::default()), &values, drawn);
    Ok(report.pictures.into_iter().map(|one| (one.title, one.href)).collect())
}

/// Rules of fields that differ, in words.
fn changes(old: &Design, new: &Design) -> Vec<Change> {
    let change = |label: String, old: String, new: String| Change {
        label,
        old,
        new,
        old_picture: String::new(),
        new_picture: String::new(),
    };
    let mut changes = Vec::new();
    if old.title != new.title {
        changes.push(change("Name".to_owned(), old.title.clone(), new.title.clone()));
    }
    let (before, after) = (fields::rules(old), fields::rules(new));
    for field in &after {
        let Some(was) = before.iter().find(|one| one.key == field.key) else {
            let words = format!("a {} field", field.kind);
            changes.push(change(field.label.clone(), "not there".to_owned(), words));
            continue;
        };
        for rule in &field.rules {
            let old_rule = was.rules.iter().find(|one| one.name == rule.name);
            let old_value = old_rule.map_or("", |one| one.value.as_str());
            if old_value != rule.value {
                let shown = |text: &str| match text {
                    "" => "nothing".to_owned(),
                    text => text.replace('\n', ", "),
                };
                let label = format!("{}: {}", field.label, rule.label);
                changes.push(change(label, shown(old_value), shown(&rule.value)));
            }
        }
    }
    for field in before.iter().filter(|one| after.iter().all(|new| new.key != one.key)) {
        let words = format!("a {} field", field.kind);
        changes.push(change(field.label.clone(), words, "taken out".to_owned()));
    }
    changes
}

/// Files that differ, and how.
fn files(old: &Design, new: &Design) -> Vec<(String, &'static str)> {
    let paths: BTreeSet<&String> = old.files.keys().chain(new.files.keys()).collect();
    let differs = |path: &String| match (old.files.get(path), new.files.get(path)) {
        (None, Some(_)) => Some("new"),
        (Some(_), None) => Some("taken out"),
        (Some(before), Some(after)) if before != after => Some("changed"),
        (_, _) => None,
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), differs(path)?))).collect()
}
