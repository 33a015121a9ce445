//! What an editor says of the values in it: pictures, what is wrong beside each field, how well it stands.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::flow::amend::Preview;
use crate::model::check::{Check, Checks, Level};
use crate::model::design::{Area, Design};
use crate::model::field::{Field, FieldKind, PhotoRules};
use crate::model::problem::{Problem, What};
use crate::model::value::{Value, Values};
use crate::outside::press::{Measure, Spot};
use crate::web::operator::words::humane;
use crate::web::site::Site;

/// Everything about values that were drawn.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// One picture for each area.
    pub pictures: Vec<Picture>,
    /// What is said of each field.
    pub fields: BTreeMap<String, FieldReport>,
    /// What is wrong with no one field.
    pub problems: Vec<String>,
    /// What crosses the cut or comes too near to it, in words.
    pub crossings: Vec<String>,
    /// Fields that are not asked for with what is in the others.
    pub unasked: Vec<String>,
    /// Whether everything can be printed.
    pub is_printable: bool,
}

impl Report {
    /// Whether some area is cut, or keeps a distance from its edge.
    pub fn has_guides(&self) -> bool {
        self.pictures.iter().any(|one| one.safe_x != 0)
    }
}

/// The picture of one area.
#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    /// The area's key.
    pub area: String,
    /// The area in words.
    pub title: String,
    /// Where the picture is.
    pub href: String,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// How far the cut stands from the sides, in thousandths of the width; 0 without bleed.
    pub trim_x: u32,
    /// The same from top and bottom.
    pub trim_y: u32,
    /// How far from the sides everything that must be seen stays, in thousandths of the width.
    pub safe_x: u32,
    /// The same from top and bottom.
    pub safe_y: u32,
    /// The fields in it.
    pub spots: Vec<SpotView>,
}

/// A field in a picture, in thousandths of it.
#[derive(Debug, Clone, Serialize)]
pub struct SpotView {
    /// The field's key.
    pub field: String,
    /// What people read beside it.
    pub label: String,
    /// Left edge.
    pub left: i32,
    /// Top edge.
    pub top: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// What is said of one field.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FieldReport {
    /// What stops the print.
    pub problems: Vec<String>,
    /// What people should know.
    pub remarks: Vec<String>,
    /// `good`, `doubtful` or `low`; empty for what is no photo.
    pub mark: &'static str,
    /// “231 dpi, good”, “drawn at 84 % of its size”; empty where there is nothing to say.
    pub quality: String,
    /// The text in pieces, and whether the font lacks each; empty where it lacks nothing.
    pub marked: Vec<(String, bool)>,
    /// Width and height of the upright photo, then of its frame; empty for what is no photo.
    pub shapes: String,
}

/// Looks at what was drawn; `checks` are those of the product that it is printed for.
pub fn report(
    site: &Site,
    (design, checks): (&Design, &Checks),
    values: &Values,
    mut preview: Preview,
) -> Report {
    let mut report = Report::default();
    preview.problems.retain(|problem| checks.level_of(problem.what) != Level::Off);
    let (edges, problems) =
        preview.problems.into_iter().partition(|problem| problem.what == What::NearEdge);
    preview.problems = problems;
    let edges: Vec<Problem> = edges;
    report.crossings = edges.iter().map(|one| edge_in_words(one, checks)).collect();
    report.crossings.dedup();
    let of_field = |field: &Field, problem: &Problem| {
        problem.place == field.label || problem.place == field.key
    };
    for field in &design.fields {
        let mine = preview.problems.iter().filter(|problem| of_field(field, problem));
        let (remarks, mine): (Vec<_>, Vec<_>) = mine.partition(|problem| is_remark(problem));
        let mut said = FieldReport {
            problems: mine.iter().map(|problem| in_words(problem)).collect(),
            remarks: remarks.into_iter().map(|one| remark_in_words(one, checks)).collect(),
            marked: marked(values.get(&field.key), &mine),
            ..FieldReport::default()
        };
        let spots = preview.pressed.spots.iter().filter(|spot| spot.name == field.key);
        spots.for_each(|spot| said.add(field, spot));
        report.fields.insert(field.key.clone(), said);
    }
    let unasked = design.fields.iter().filter(|field| !field.is_asked(values));
    report.unasked = unasked.map(|field| field.key.clone()).collect();
    let is_of_none = |problem: &&Problem| !design.fields.iter().any(|one| of_field(one, problem));
    report.problems = preview.problems.iter().filter(is_of_none).map(Problem::sentence).collect();
    if !preview.trouble.is_empty() {
        report.problems.push(format!("The preview could not be drawn: {}.", preview.trouble));
    }
    report.is_printable = preview.trouble.is_empty() && preview.problems.iter().all(is_remark);
    let area_of = |key: &str| design.area(key).map(|area| area.for_values(values));
    for pressed in preview.pressed.areas {
        let mine = preview.pressed.spots.iter().filter(|spot| spot.area == pressed.area);
        let (trim_x, trim_y) = area_of(&pressed.area).map_or((0, 0), Area::trim);
        let (safe_x, safe_y) = area_of(&pressed.area).map_or((0, 0), Area::safe);
        report.pictures.push(Picture {
            title: humane(&pressed.area),
            href: site.links().to(&format!("/previews/{}", site.keep_preview(pressed.bytes))),
            width: pressed.width_px,
            height: pressed.height_px,
            trim_x,
            trim_y,
            safe_x,
            safe_y,
            spots: mine.filter_map(|spot| spot_view(design, spot)).collect(),
            area: pressed.area,
        });
    }
    report
}

/// Whether it can be printed all the same; then a check tells it, which may hold the item.
pub fn is_remark(problem: &Problem) -> bool {
    Check::telling(problem.what).is_some()
}

fn remark_in_words(problem: &Problem, checks: &Checks) -> String {
    format!("{}{}", in_words(problem), held(problem, checks))
}

fn edge_in_words(problem: &Problem, checks: &Checks) -> String {
    format!("“{}” {}.{}", problem.place, problem.detail, held(problem, checks))
}

/// What follows from it, where more follows than that it is told.
fn held(problem: &Problem, checks: &Checks) -> &'static str {
    match checks.level_of(problem.what) {
        Level::Block => " It is held until somebody lets it go on.",
        Level::Warn | Level::Off => "",
    }
}

fn in_words(problem: &Problem) -> String {
    match problem.detail.is_empty() {
        true => format!("{}. {}", problem.what.title(), problem.what.cure()),
        false => format!("{}: {}.", problem.what.title(), problem.detail),
    }
}

/// The text with what its font lacks told apart.
fn marked(value: Option<&Value>, problems: &[&Problem]) -> Vec<(String, bool)> {
    let quoted = |detail: &str| {
        let (_, rest) = detail.split_once('“')?;
        Some(rest.rsplit_once('”')?.0.to_owned())
    };
    let lacking = problems.iter().filter(|problem| problem.what == What::GlyphMissing);
    let lacking: Vec<String> = lacking.filter_map(|problem| quoted(&problem.detail)).collect();
    let text = value.and_then(Value::as_text).unwrap_or_default();
    let mut parts: Vec<(String, bool)> = Vec::new();
    let mut rest = text;
    while !lacking.is_empty() && !rest.is_empty() {
        let found = lacking.iter().find(|one| !one.is_empty() && rest.starts_with(one.as_str()));
        let length = found.map(String::len);
        let length = length.or_else(|| rest.chars().next().map(char::len_utf8)).unwrap_or(1);
        let (taken, after) = rest.split_at(length);
        match parts.last_mut() {
            Some((words, is_lacking)) if *is_lacking == found.is_some() => words.push_str(taken),
            _ => parts.push((taken.to_owned(), found.is_some())),
        }
        rest = after;
    }
    parts
}

impl FieldReport {
    fn add(&mut self, field: &Field, spot: &Spot) {
        match (spot.measure, &field.kind) {
            (
                Measure::Photo {
                    dpi,
                    photo_width_px,
                    photo_height_px,
                    frame_width_px,
                    frame_height_px,
                },
                FieldKind::Photo(rules),
            ) => {
                let (mark, words) = judged(rules, dpi);
                let is_worse = self.mark.is_empty() || rank(self.mark) < rank(mark);
                if is_worse {
                    (self.mark, self.quality) = (mark, format!("{dpi} dpi, {words}"));
                }
                if self.shapes.is_empty() {
                    let sizes = [photo_width_px, photo_height_px, frame_width_px, frame_height_px];
                    self.shapes = sizes.map(|px| px.to_string()).join(" ");
                }
            }
            (Measure::Text { percent }, _) if percent < 100 => {
                self.quality = format!("drawn at {percent} % of its size");
            }
            (Measure::Photo { .. } | Measure::Text { .. } | Measure::Own, _) => {}
        }
    }
}

fn judged(rules: &PhotoRules, dpi: u32) -> (&'static str, &'static str) {
    match dpi {
        dpi if dpi < rules.refuse_below_dpi => ("low", "too low"),
        dpi if dpi < rules.warn_below_dpi => ("doubtful", "doubtful"),
        _ => ("good", "good"),
    }
}

fn rank(mark: &str) -> u32 {
    match mark {
        "low" => 2,
        "doubtful" => 1,
        _ => 0,
    }
}

fn spot_view(design: &Design, spot: &Spot) -> Option<SpotView> {
    let field = design.field(&spot.name)?;
    let place = spot.place;
    Some(SpotView {
        field: field.key.clone(),
        label: field.label.clone(),
        left: place.left,
        top: place.top,
        width: (place.right - place.left).max(1),
        height: (place.bottom - place.top).max(1),
    })
}
