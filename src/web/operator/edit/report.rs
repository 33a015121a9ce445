//! What an editor says of the values in it: pictures, what is wrong beside each field, how well it stands.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::flow::amend::Preview;
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

/// Looks at what was drawn.
pub fn report(site: &Site, design: &Design, values: &Values, preview: Preview) -> Report {
    let mut report = Report::default();
    let of_field = |field: &Field, problem: &Problem| {
        problem.place == field.label || problem.place == field.key
    };
    for field in &design.fields {
        let mine = preview.problems.iter().filter(|problem| of_field(field, problem));
        let (remarks, mine): (Vec<_>, Vec<_>) = mine.partition(|problem| is_remark(problem));
        let mut said = FieldReport {
            problems: mine.iter().map(|problem| in_words(problem)).collect(),
            remarks: remarks.into_iter().map(in_words).collect(),
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
    for spot in &preview.pressed.spots {
        let area = area_of(&spot.area);
        report.crossings.extend(area.and_then(|area| crossing(design, area, spot)));
    }
    report.crossings.dedup();
    for pressed in preview.pressed.areas {
        let mine = preview.pressed.spots.iter().filter(|spot| spot.area == pressed.area);
        let (trim_x, trim_y) = area_of(&pressed.area).map_or((0, 0), trim);
        let (safe_x, safe_y) = area_of(&pressed.area).map_or((0, 0), safe);
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

/// Whether it can be printed all the same.
pub fn is_remark(problem: &Problem) -> bool {
    matches!(problem.what, What::TextShrunk | What::PhotoSoft)
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

/// How far the cut is from the sides and from top and bottom, in thousandths.
fn trim(area: &Area) -> (u32, u32) {
    shares(area, area.bleed_mil, 400)
}

/// How far from the sides and from top and bottom everything that must be seen stays, in thousandths.
fn safe(area: &Area) -> (u32, u32) {
    shares(area, area.inset_mil(), 480)
}

fn shares(area: &Area, mil: u32, most: u32) -> (u32, u32) {
    let part = |of_uin: u64| {
        let thousandths = u64::from(mil) * 1_000_000 / of_uin.max(1);
        u32::try_from(thousandths).unwrap_or(0).min(most)
    };
    (part(area.size.width_uin), part(area.size.height_uin))
}

/// What crosses the cut, or comes nearer to it than is safe, in words.
fn crossing(design: &Design, area: &Area, spot: &Spot) -> Option<String> {
    let signed = |(x, y): (u32, u32)| Some((i32::try_from(x).ok()?, i32::try_from(y).ok()?));
    let ((trim_x, trim_y), (safe_x, safe_y)) = (signed(trim(area))?, signed(safe(area))?);
    let place = spot.place;
    let inward = [
        ("on the left", place.left, trim_x, safe_x),
        ("at the top", place.top, trim_y, safe_y),
        ("on the right", 1000 - place.right, trim_x, safe_x),
        ("at the bottom", 1000 - place.bottom, trim_y, safe_y),
    ];
    let label = design.field(&spot.name).map_or(spot.name.as_str(), |field| field.label.as_str());
    let where_ = |far: &dyn Fn(i32, i32, i32) -> bool| {
        let sides =
            inward.iter().filter(|(_, from_edge, trim, safe)| far(*from_edge, *trim, *safe));
        let sides: Vec<&str> = sides.map(|(side, ..)| *side).collect();
        (!sides.is_empty()).then(|| sides.join(" and "))
    };
    let title = humane(&area.key);
    match spot.measure {
        Measure::Photo { .. } if trim_x == 0 && trim_y == 0 => None,
        Measure::Photo { .. } => where_(&|from, trim, _| 1 < from && from < trim).map(|sides| {
            format!(
                "“{label}” goes over the cut of {title} {sides}, but not to the end of the bleed."
            )
        }),
        Measure::Text { .. } | Measure::Own => {
            let over = where_(&|from, trim, _| from < trim - 1);
            let near = where_(&|from, _, safe| from < safe - 1);
            match (over, near, trim_x) {
                (Some(sides), _, 0) => Some(format!("“{label}” hangs over {title} {sides}.")),
                (Some(sides), _, _) => Some(format!("“{label}” is cut off on {title} {sides}.")),
                (None, Some(sides), 0) => {
                    Some(format!("“{label}” comes close to the edge of {title} {sides}."))
                }
                (None, Some(sides), _) => {
                    Some(format!("“{label}” comes close to the cut of {title} {sides}."))
                }
                (None, None, _) => None,
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::design_folder::from_files;
    use crate::render::Place;

    fn design(rules: &str) -> Design {
        let toml = format!(
            "name='T'\n[area.front]\nfile='a.svg'\nwidth_in=10\nheight_in=10\n{rules}\n\
             [field.name]\nkind='text'\nlabel='Name'\n"
        );
        from_files("test", [("design.toml".to_owned(), toml.into_bytes())].into()).unwrap()
    }

    fn told(rules: &str, (left, right): (i32, i32)) -> Option<String> {
        let design = design(rules);
        let spot = Spot {
            area: "front".to_owned(),
            name: "name".to_owned(),
            place: Place { left, top: 400, right, bottom: 600 },
            measure: Measure::Text { percent: 100 },
        };
        crossing(&design, &design.areas[0], &spot)
    }

    #[test]
    fn what_stands_too_near_is_told_with_its_side() {
        let check = |rules: &str, across: (i32, i32), expected: Option<&str>| {
            let told = told(rules, across);
            assert_eq!(told.is_some(), expected.is_some(), "{rules} {across:?} {told:?}");
            assert!(expected.is_none_or(|words| told.unwrap().contains(words)), "{rules}");
        };
        // Half an inch of bleed is 50 of 1000.
        check("bleed_in=0.5", (30, 700), Some("is cut off on Front on the left"));
        check("bleed_in=0.5", (70, 700), Some("comes close to the cut of Front on the left"));
        check("bleed_in=0.5", (110, 700), None);
        check("bleed_in=0.5\nsafe_in=1", (110, 700), Some("comes close to the cut"));
        check("bleed_in=0.5\nsafe_in=0", (60, 940), None);
        check("safe_in=1", (110, 950), Some("comes close to the edge of Front on the right"));
        check("safe_in=1", (-20, 700), Some("hangs over Front on the left"));
        check("", (1, 999), None);
    }
}
