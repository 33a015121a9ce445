//! `[area.…]` and `[mockup.…]` in `design.toml`: what is printed, and on what it is shown.

use serde::Deserialize;

use super::toml_file::Reader;
use crate::model::design::{
    Area, AreaKind, Format, Instead, Mockup, MockupPlace, PrintSize, decimal,
};

/// Resolution where none is given.
const DPI: u32 = 300;
/// Of a JPEG, at full colour resolution: no artefact can be seen in print.
const QUALITY: u8 = 95;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaToml {
    file: String,
    width_in: Option<toml::Value>,
    height_in: Option<toml::Value>,
    width_mm: Option<toml::Value>,
    height_mm: Option<toml::Value>,
    bleed_in: Option<toml::Value>,
    bleed_mm: Option<toml::Value>,
    safe_in: Option<toml::Value>,
    safe_mm: Option<toml::Value>,
    dpi: Option<u32>,
    format: Option<String>,
    background: Option<String>,
    quality: Option<u8>,
    marks: Option<bool>,
    #[serde(default)]
    print_only: Vec<String>,
    #[serde(default)]
    preview_only: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MockupToml {
    title: Option<String>,
    picture: String,
    shade: Option<String>,
    when: Option<String>,
    #[serde(default)]
    place: Vec<PlaceToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceToml {
    area: String,
    corners: Vec<(f64, f64)>,
}

impl Reader {
    /// One area, with what it is instead under conditions.
    pub(super) fn area(&mut self, place: &str, key: &str, value: toml::Value) -> Option<Area> {
        let mut base = match value {
            toml::Value::Table(base) => base,
            other => return self.one_area(place, key, other),
        };
        let instead = match base.remove("instead") {
            None => Vec::new(),
            Some(toml::Value::Array(list)) => list,
            Some(_) => {
                let cure = format!("Write [[area.{key}.instead]] above each.");
                self.fault(place, "`instead` is not a list", cure);
                return None;
            }
        };
        let mut area = self.one_area(place, key, toml::Value::Table(base.clone()))?;
        for (idx, value) in instead.into_iter().enumerate() {
            let place = format!("[[area.{key}.instead]] {}", idx + 1);
            area.instead.extend(self.instead(&place, key, &base, value));
        }
        Some(area)
    }

    /// What stands there counts, the rest is as in the area itself.
    fn instead(
        &mut self,
        place: &str,
        key: &str,
        base: &toml::Table,
        value: toml::Value,
    ) -> Option<Instead> {
        let mut other: toml::Table = self.parsed(place, value)?;
        let when = match other.remove("when") {
            Some(toml::Value::String(when)) => self.condition(place, "when", &when)?,
            Some(_) | None => {
                let cure = "Write for example: when = 'variation.size = \"XL\"'.";
                self.fault(place, "it does not say when", cure);
                return None;
            }
        };
        let mut table = base.clone();
        for name in other.keys() {
            // A size in millimetres takes the place of one in inches.
            let stem = name.trim_end_matches("_in").trim_end_matches("_mm");
            table.retain(|known, _| {
                *known != format!("{stem}_in") && *known != format!("{stem}_mm")
            });
        }
        table.extend(other);
        Some(Instead { when, area: self.one_area(place, key, toml::Value::Table(table))? })
    }

    fn one_area(&mut self, place: &str, key: &str, value: toml::Value) -> Option<Area> {
        let area: AreaToml = self.parsed(place, value)?;
        let size = self.size(place, &area);
        let ending = area.file.rsplit('.').next().unwrap_or_default().to_lowercase();
        let kind = match ending.as_str() {
            "svg" => Some(AreaKind::Drawing),
            "png" | "jpg" | "jpeg" => Some(AreaKind::Finished),
            _ => {
                let what = format!("{} is neither a drawing nor a finished picture", area.file);
                self.fault(place, what, "Give an SVG, PNG or JPEG.");
                None
            }
        };
        let format = area.format.as_deref().unwrap_or("png");
        let read_format = Format::from_extension(format);
        if read_format.is_none() {
            let what = format!("format = \"{format}\" is not known");
            self.fault(place, what, "Write \"png\", \"jpg\", \"tif\", \"pdf\" or \"svg\".");
        }
        let dpi = area.dpi.unwrap_or(DPI);
        if !(36..=2400).contains(&dpi) {
            self.fault(place, format!("dpi = {dpi} cannot be printed"), "Usual are 150 to 300.");
        }
        self.finish(place, &area, (kind, read_format));
        let bleed = distance(&area.bleed_in, &area.bleed_mm);
        if bleed == Some(None) {
            self.fault(place, "the bleed is no size", "Write for example bleed_in = 0.125.");
        }
        let safe = distance(&area.safe_in, &area.safe_mm);
        if safe == Some(None) {
            let cure = "Write for example safe_in = 0.125, from the cut inwards.";
            self.fault(place, "the safe distance is no size", cure);
        }
        let bleed_mil = bleed.flatten().unwrap_or(0);
        let safe_mil = safe.flatten();
        if let Some(size) = size {
            let inset_uin = u64::from(bleed_mil + safe_mil.unwrap_or(0)) * 2_000;
            if size.width_uin.min(size.height_uin) <= inset_uin {
                let cure = "Give a smaller bleed or safe distance; both count on each side.";
                self.fault(place, "nothing is left within its bleed and safe distance", cure);
            }
        }
        Some(Area {
            key: key.to_owned(),
            file: area.file,
            kind: kind?,
            size: size?,
            dpi,
            bleed_mil,
            safe_mil,
            format: read_format?,
            background: area.background.as_deref().and_then(colour),
            quality: area.quality.unwrap_or(QUALITY),
            marks: area.marks.unwrap_or(false),
            print_only: area.print_only,
            preview_only: area.preview_only,
            instead: Vec::new(),
        })
    }

    /// Whether the file can be what it is to be.
    fn finish(
        &mut self,
        place: &str,
        area: &AreaToml,
        (kind, read_format): (Option<AreaKind>, Option<Format>),
    ) {
        let background = area.background.as_deref().map(colour);
        if background == Some(None) {
            let cure = "Write six digits, for example background = \"#ffffff\".";
            self.fault(place, "the background is no colour", cure);
        }
        if area.quality.is_some_and(|quality| !(1..=100).contains(&quality)) {
            self.fault(place, "the quality is not between 1 and 100", "95 is what prints want.");
        }
        if area.marks == Some(true) && read_format.is_some_and(|format| format != Format::Pdf) {
            self.fault(
                place,
                "only a PDF has marks",
                "Take `marks` out, or write format = \"pdf\".",
            );
        }
        if kind == Some(AreaKind::Finished) && read_format.is_some_and(|one| !one.is_raster()) {
            let what = format!("{} is a finished picture, which has no shapes", area.file);
            self.fault(place, what, "Write \"png\", \"jpg\" or \"tif\", or give an SVG.");
        }
    }

    fn size(&mut self, place: &str, area: &AreaToml) -> Option<PrintSize> {
        let size = match (&area.width_in, &area.height_in, &area.width_mm, &area.height_mm) {
            (Some(width), Some(height), None, None) => {
                PrintSize::from_inches(&number(width), &number(height))
            }
            (None, None, Some(width), Some(height)) => {
                PrintSize::from_millimetres(&number(width), &number(height))
            }
            _ => {
                let cure = "Give width_in and height_in, or width_mm and height_mm.";
                self.fault(place, "it has no size", cure);
                return None;
            }
        };
        if size.is_none() {
            let cure = "Write plain numbers above zero, for example width_in = 9.0.";
            self.fault(place, "its size is no size", cure);
        }
        size
    }

    /// One picture of the product.
    pub(super) fn mockup(&mut self, place: &str, key: &str, value: toml::Value) -> Option<Mockup> {
        let mockup: MockupToml = self.parsed(place, value)?;
        let when = match &mockup.when {
            Some(when) => Some(self.condition(place, "when", when)?),
            None => None,
        };
        if mockup.place.is_empty() {
            let cure = format!("Add [[mockup.{key}.place]] with area and corners.");
            self.fault(place, "nothing is laid onto it", cure);
        }
        let mut places = Vec::new();
        for (idx, one) in mockup.place.into_iter().enumerate() {
            let place = format!("[[mockup.{key}.place]] {}", idx + 1);
            match <[(f64, f64); 4]>::try_from(one.corners) {
                Ok(corners) if is_convex(&corners) => {
                    places.push(MockupPlace { area: one.area, corners });
                }
                Ok(_) => {
                    let cure = "Begin at the left top of the print and go round as a clock does.";
                    self.fault(&place, "its corners make no shape to lay a print on", cure);
                }
                Err(_) => {
                    let cure = "Give left top, right top, right bottom, left bottom: \
                                corners = [[10, 10], [200, 12], [198, 300], [9, 296]].";
                    self.fault(&place, "it needs four corners", cure);
                }
            }
        }
        let title = mockup.title.unwrap_or_else(|| key.replace('_', " "));
        let (picture, shade) = (mockup.picture, mockup.shade);
        Some(Mockup { key: key.to_owned(), title, picture, shade, when, places })
    }
}

/// `#rrggbb`.
fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |from: usize| u8::from_str_radix(&digits[from..from + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// Whether each corner turns to the same side, as those of a print seen from its front do.
fn is_convex(corners: &[(f64, f64); 4]) -> bool {
    (0..4).all(|nth| {
        let [a, b, c] = [0, 1, 2].map(|more| corners[(nth + more) % 4]);
        let turn = (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0);
        turn.is_finite() && 1.0 < turn
    })
}

/// A distance in thousandths of an inch: nothing where none is given, `Some(None)` where it is none.
fn distance(
    inches: &Option<toml::Value>,
    millimetres: &Option<toml::Value>,
) -> Option<Option<u32>> {
    let uin = match (inches, millimetres) {
        (Some(inches), _) => decimal(&number(inches), 1, 1),
        (None, Some(millimetres)) => decimal(&number(millimetres), 10, 254),
        (None, None) => return None,
    };
    // Ten inches are more than any bleed.
    let mil = uin.and_then(|uin| u32::try_from((uin + 500) / 1000).ok());
    Some(mil.filter(|mil| *mil <= 10_000))
}

/// A number as it was typed: the shortest text that means the same binary number.
fn number(value: &toml::Value) -> String {
    match value {
        toml::Value::Integer(whole) => whole.to_string(),
        toml::Value::Float(part) => part.to_string(),
        toml::Value::String(text) => text.clone(),
        toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => String::new(),
    }
}
