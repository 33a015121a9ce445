//! One design: drawn with values to try it out, its fields as a form, its versions and who has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::fields::{self, FieldRules, Input};
use super::upload::{self, FaultView};
use super::{added, area_in_words, place, users, versions_of};
use crate::db::design::Version;
use crate::flow::{amend, design};
use crate::model::check::Checks;
use crate::model::circumstance::{self, is_circumstance};
use crate::model::design::Design;
use crate::model::problem::Problem;
use crate::model::value::{Value, Values};
use crate::outside::design_folder::Fault;
use crate::outside::press::Want;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::{Operator, Posted};
use crate::web::operator::edit::live::{self, Uploaded};
use crate::web::operator::edit::mockups::{self, MockupView};
use crate::web::operator::edit::report::{self, FieldReport, Report};
use crate::web::operator::edit_form::{Entry, FieldView, field_views, read_values};
use crate::web::operator::times::Time;
use crate::web::operator::{Frame, page, times};
use crate::web::site::Site;

/// Most characters of what an order tells.
const CIRCUMSTANCE_CHARS_MAX: u32 = 100;
/// Width of the drawing.
const PREVIEW_PX: u32 = 900;

#[derive(Template)]
#[template(path = "operator/design.html")]
struct DesignPage {
    frame: Frame,
    name: String,
    title: String,
    is_retired: bool,
    here: String,
    fields: Vec<FieldView>,
    rules: Vec<FieldRules>,
    report: Report,
    mockups: Vec<MockupView>,
    faults: Vec<FaultView>,
    areas: Vec<String>,
    fonts: Vec<(String, &'static str)>,
    versions: Vec<VersionView>,
    products: Vec<String>,
    other_rules: usize,
}

/// One version.
pub struct VersionView {
    /// Its hash.
    pub hash: String,
    /// The first digits.
    pub short: String,
    /// When it was added.
    pub at: Time,
    /// By whom; empty where nobody said.
    pub by: String,
    /// A small picture.
    pub picture: Option<String>,
    /// Whether new orders are made with it.
    pub is_current: bool,
    /// Open orders that have it: address and number.
    pub orders: Vec<(String, String)>,
    /// The page that compares it with the one before; empty for the first.
    pub compare: String,
}

#[derive(Serialize)]
struct Drawn {
    seq: i64,
    #[serde(flatten)]
    report: Report,
    photos: BTreeMap<String, Uploaded>,
}

/// What is shown of a design, and what was typed of it.
struct Shown {
    design: Arc<Design>,
    values: Values,
    rules: Vec<FieldRules>,
    problems: Vec<Problem>,
    faults: Vec<Fault>,
}

/// `GET /designs/{design}`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let design = current(&site, &name).await?;
    let values = design::values_to_test(&site.ctx, &design).await?;
    let rules = fields::rules(&design);
    let shown = Shown { design, values, rules, problems: Vec::new(), faults: Vec::new() };
    design_page(&site, &operator, &name, shown).await
}

/// The version that new orders get, else the newest.
async fn current(site: &Site, name: &str) -> Result<Arc<Design>, Error> {
    let versions = versions_of(site, name).await?;
    let shown = versions.iter().find(|one| one.is_current).or(versions.first());
    Ok(site.ctx.shelf.get(&site.ctx, &shown.ok_or(Error::NotFound)?.hash).await?)
}

/// `POST /designs/{design}`
pub async fn press(
    State(site): State<Site>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let design = current(&site, &name).await?;
    let (values, problems) = typed_values(&site, &design, &posted.form).await?;
    let rules = fields::typed(&design, &posted.form);
    let again = |faults| Shown {
        design: Arc::clone(&design),
        values: values.clone(),
        rules,
        problems: problems.clone(),
        faults,
    };
    let operator = Operator { session: posted.session.clone() };
    let faults = match posted.form.text("act") {
        "values" if problems.is_empty() => {
            let done = design::keep_tests(&site.ctx, &name, values.clone()).await;
            let words = "These values are used to try it out from now on.".to_owned();
            return posted.finish(&site, done.map(|()| words), &place(&site, &name));
        }
        "save" if posted.form.text("version") != design.hash.as_str() => vec![stale()],
        "save" => match save(&site, &posted, &design, &values).await? {
            Ok(words) => return added(&site, &posted, &name, words),
            Err(faults) => faults,
        },
        _ => Vec::new(),
    };
    design_page(&site, &operator, &name, again(faults)).await
}

fn stale() -> Fault {
    let what = "somebody added another version meanwhile, so nothing was saved";
    Fault::new("the design", what, "Compare the form with the newest version, then save again.")
}

async fn save(
    site: &Site,
    posted: &Posted,
    design: &Design,
    values: &Values,
) -> Result<Result<&'static str, Vec<Fault>>, Error> {
    let changes = match fields::changes(design, &posted.form) {
        Ok(changes) if changes.is_empty() => return Ok(Ok("Nothing was changed.")),
        Ok(changes) => changes,
        Err(faults) => return Ok(Err(faults)),
    };
    let changed = match design::changed(design, &changes) {
        Ok(changed) => changed,
        Err(faults) => return Ok(Err(faults)),
    };
    design::keep_tests(&site.ctx, &design.name, values.clone()).await?;
    let by = posted.staff().0;
    let done = design::add(&site.ctx, &design.name, changed.files, &by).await?;
    Ok(done.map(|_| "Saved as a new version. Orders that are here keep theirs."))
}

/// `POST /designs/{design}/preview`
pub async fn preview(
    State(site): State<Site>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let design = current(&site, &name).await?;
    let (values, problems) = typed_values(&site, &design, &posted.form).await?;
    let changed = fields::changes(&design, &posted.form);
    let changed = changed.and_then(|changes| match changes.is_empty() {
        true => Ok(None),
        false => design::changed(&design, &changes).map(Some),
    });
    let (drawn, faults) = match changed {
        Ok(None) => (design, Vec::new()),
        Ok(Some(changed)) => (Arc::new(changed), Vec::new()),
        Err(faults) => (design, faults),
    };
    let width = live::width(&posted.form);
    let mut report = draw(&site, &posted.session.person, &drawn, &values, problems, width).await?;
    report.problems.extend(faults.iter().map(ToString::to_string));
    live::json(&Drawn {
        seq: posted.form.number("seq").unwrap_or(0),
        photos: live::photos(&site, &values),
        report,
    })
}

async fn draw(
    site: &Site,
    person: &str,
    design: &Arc<Design>,
    values: &Values,
    problems: Vec<Problem>,
    width_px: u32,
) -> Result<Report, Error> {
    let session = design::session(&design.name, person);
    let given = (Arc::clone(design), values.clone());
    let mut drawn =
        amend::preview(&site.ctx, &session, given.0, given.1, Want::Preview { width_px }).await?;
    drawn.problems.extend(problems);
    Ok(report::report(site, (design, &Checks::default()), values, drawn))
}

/// What the design asks of an order, to be tried out like its fields.
fn circumstance_views(design: &Design, values: &Values) -> Vec<FieldView> {
    let mut keys: Vec<&str> = design.conditions().flat_map(|one| one.keys()).collect();
    keys.retain(|key| is_circumstance(key));
    keys.sort_unstable();
    keys.dedup();
    let view = |key: &str| FieldView {
        key: key.to_owned(),
        label: circumstance::label(key),
        entry: Entry::Line { max: CIRCUMSTANCE_CHARS_MAX },
        text: values.get(key).and_then(Value::as_text).unwrap_or_default().to_owned(),
        hint: "Told by each order.".to_owned(),
        is_asked: true,
        required: false,
        said: FieldReport::default(),
    };
    keys.into_iter().map(view).collect()
}

/// What was typed to try a design out: its fields, and what it asks of an order.
async fn typed_values(
    site: &Site,
    design: &Design,
    form: &Form,
) -> Result<(Values, Vec<Problem>), Error> {
    let kept = design::values_to_test(&site.ctx, design).await?;
    let (mut values, problems) = read_values(site, design, form, &kept).await?;
    for key in design.conditions().flat_map(|one| one.keys()).filter(|key| is_circumstance(key)) {
        if let Some(text) = form.sent(&format!("value.{key}")) {
            values.insert(key.to_owned(), Value::Text(text.trim().to_owned()));
        }
    }
    Ok((values, problems))
}

/// `POST /designs/{design}/mockups`
pub async fn mockups(
    State(site): State<Site>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Error> {
    let design = current(&site, &name).await?;
    let (values, _) = typed_values(&site, &design, &posted.form).await?;
    let session = design::session(&design.name, &posted.session.person);
    live::json(&mockups::draw(&site, &session, &design, &values).await?)
}

async fn design_page(
    site: &Site,
    operator: &Operator,
    name: &str,
    shown: Shown,
) -> Result<Response, Error> {
    let Shown { design, values, rules, problems, faults } = shown;
    let person = &operator.session.person;
    let mut report = draw(site, person, &design, &values, problems, PREVIEW_PX).await?;
    let mut fields = field_views(site, &design, &values, &mut report.fields);
    fields.extend(circumstance_views(&design, &values));
    let session = design::session(&design.name, person);
    let mockups = mockups::draw(site, &session, &design, &values).await?;
    let versions = versions_of(site, name).await?;
    let products = users(site).await?.remove(name).unwrap_or_default();
    page(&DesignPage {
        frame: Frame::load(site, operator, "designs", &design.title).await?,
        is_retired: !versions.iter().any(|one| one.is_current),
        versions: version_views(site, name, &versions).await?,
        here: design.hash.to_string(),
        title: design.title.clone(),
        name: name.to_owned(),
        areas: design.areas.iter().map(area_in_words).collect(),
        fonts: fonts(&design),
        other_rules: design.rules.len(),
        faults: upload::shown(site, name, &design.files, &faults).await?,
        products,
        fields,
        rules,
        report,
        mockups,
    })
}

async fn version_views(
    site: &Site,
    name: &str,
    versions: &[Version],
) -> Result<Vec<VersionView>, Error> {
    let pinned = design::pinned(&site.ctx, name).await?;
    let view = |(idx, one): (usize, &Version)| {
        let orders = pinned.iter().filter(|(hash, _, _)| *hash == one.hash);
        VersionView {
            hash: one.hash.to_string(),
            short: one.hash.short().to_owned(),
            at: times(site).at(one.added_at),
            by: one.added_by.clone(),
            picture: one.preview.as_ref().map(|hash| site.links().picture(hash)),
            is_current: one.is_current,
            orders: orders
                .map(|(_, order, number)| (site.links().order(order), number.clone()))
                .collect(),
            compare: versions.get(idx + 1).map_or(String::new(), |before| {
                format!("{}/{}?with={}", place(site, name), one.hash, before.hash)
            }),
        }
    };
    Ok(versions.iter().enumerate().map(view).collect())
}

/// The families that the drawings name, and where each comes from.
fn fonts(design: &Design) -> Vec<(String, &'static str)> {
    let bundled = crate::render::fonts::Fonts::of(&BTreeMap::new()).families();
    let drawings = design.files.iter().filter(|(path, _)| path.ends_with(".svg"));
    let named = drawings.flat_map(|(_, bytes)| crate::render::fonts::named_in(bytes));
    let mut named: Vec<String> = named.collect();
    named.sort();
    named.dedup();
    let has_own = design.files.keys().any(|path| crate::render::fonts::is_font(path));
    let place = |name: &String| match (bundled.contains(name), has_own) {
        (true, _) => "comes with woodblock",
        (false, true) => "from the design’s own files, if it is there",
        (false, false) => "is not here: put its .ttf or .otf into the design",
    };
    named.into_iter().map(|name| (name.clone(), place(&name))).collect()
}
