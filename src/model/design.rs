//! A design: areas, fields, rules and drawings, versioned by content. Any SVG is a template.
//!
//! Nothing here reads a file: `outside/design_folder` turns a folder into this, and checks it.

use std::collections::BTreeMap;

use super::circumstance::is_circumstance;
use super::field::{Field, FieldKind, Required};
use super::id::Hash;
use super::problem::{Problem, What};
use super::rule::Condition;
use super::value::{Photo, Value, Values};

/// One version of a design, complete and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The hash of everything below: the same folder has the same hash on every machine.
    pub hash: Hash,
    /// The name the product map uses: lower case letters, digits and hyphens.
    pub name: String,
    /// What people read.
    pub title: String,
    /// One item for each copy, because copies differ.
    pub per_copy: bool,
    /// The areas, in the order of the file.
    pub areas: Vec<Area>,
    /// The fields, in the order of the file: the order of the form.
    pub fields: Vec<Field>,
    /// The rules, in the order of the file; the later wins.
    pub rules: Vec<Rule>,
    /// Pictures of the finished product, in the order of the file.
    pub mockups: Vec<Mockup>,
    /// Every file of the folder by relative path: `design.toml`, drawings, pictures, fonts.
    ///
    /// They are all that has to be kept: `outside/design_folder` makes the same design of them.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// One part of the product that can be printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// `front`, `wrap`: names the print file.
    pub key: String,
    /// The drawing, a path in [`Design::files`]: SVG, or finished artwork.
    pub file: String,
    /// Whether the drawing is a template or goes to print as it is.
    pub kind: AreaKind,
    /// Width and height in print.
    pub size: PrintSize,
    /// Dots per inch, usually 300.
    pub dpi: u32,
    /// What is cut off on each side, in thousandths of an inch.
    pub bleed_mil: u32,
    /// How far from the cut everything that must be seen stays, in thousandths of an inch; where nothing
    /// is said as far as the bleed is wide, and texts may go up to the cut.
    pub safe_mil: Option<u32>,
    /// What the print file is.
    pub format: Format,
    /// What lies below the drawing: red, green, blue. A JPEG has white where nothing is said, everything
    /// else nothing.
    pub background: Option<[u8; 3]>,
    /// Of a JPEG, 1 to 100.
    pub quality: u8,
    /// Whether a PDF says where it is cut.
    pub marks: bool,
    /// Names of elements that are printed and not shown to people.
    pub print_only: Vec<String>,
    /// Names of elements that are shown to people and not printed.
    pub preview_only: Vec<String>,
    /// What it is instead under a condition; the last that holds counts.
    pub instead: Vec<Instead>,
}

/// Another drawing or size of an area.
#[derive(Debug, Clone, PartialEq)]
pub struct Instead {
    /// The condition, checked when the design was read.
    pub when: Condition,
    /// The area as it is then; it has no further ones.
    pub area: Area,
}

/// A photograph of the product onto which areas are laid, so that people see what they get.
#[derive(Debug, Clone, PartialEq)]
pub struct Mockup {
    /// `table`, `worn`: names the picture.
    pub key: String,
    /// What people read below it.
    pub title: String,
    /// The photograph, a path in [`Design::files`].
    pub picture: String,
    /// A picture of the same size: its lightness darkens what is laid below it, white leaves it, and
    /// where it is transparent nothing is laid.
    pub shade: Option<String>,
    /// When it shows the product; always if not set.
    pub when: Option<Condition>,
    /// What is laid where.
    pub places: Vec<MockupPlace>,
}

/// Where an area stands in a mockup.
#[derive(Debug, Clone, PartialEq)]
pub struct MockupPlace {
    /// The area.
    pub area: String,
    /// Where the corners of what is left after the cut come to stand, in pixels of the photograph:
    /// left top, right top, right bottom, left bottom.
    pub corners: [(f64, f64); 4],
}

/// How an area's drawing is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaKind {
    /// An SVG whose elements are slots.
    Drawing,
    /// A finished picture without fields.
    Finished,
}

/// A size in print, exact: millionths of an inch, from inches or millimetres as they were typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintSize {
    /// Width in millionths of an inch.
    pub width_uin: u64,
    /// Height in millionths of an inch.
    pub height_uin: u64,
}

/// A size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelSize {
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
}

/// What kind of file a print file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Straight alpha, 300 DPI in `pHYs`, sRGB.
    Png,
    /// On a background, 300 DPI in JFIF, sRGB.
    Jpeg,
    /// Straight alpha, resolution in its tags, profile of sRGB; packed without loss.
    Tiff,
    /// Shapes stay shapes and words become shapes; the page is what is left after the cut.
    Pdf,
    /// Shapes stay shapes and words become shapes; photos are embedded.
    Svg,
}

impl Format {
    /// `png` or `jpg`: the extension of its address.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Jpeg => "jpg",
            Format::Tiff => "tif",
            Format::Pdf => "pdf",
            Format::Svg => "svg",
        }
    }

    /// Whether it is made of pixels.
    pub fn is_raster(self) -> bool {
        match self {
            Format::Png | Format::Jpeg | Format::Tiff => true,
            Format::Pdf | Format::Svg => false,
        }
    }

    /// The content type it is served with.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
            Format::Tiff => "image/tiff",
            Format::Pdf => "application/pdf",
            Format::Svg => "image/svg+xml",
        }
    }

    /// The format with this extension.
    pub fn from_extension(extension: &str) -> Option<Format> {
        match extension {
            "png" => Some(Format::Png),
            "jpg" | "jpeg" => Some(Format::Jpeg),
            "tif" | "tiff" => Some(Format::Tiff),
            "pdf" => Some(Format::Pdf),
            "svg" => Some(Format::Svg),
            _ => None,
        }
    }
}

/// What is shown and hidden when a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The condition, checked when the design was read.
    pub when: Condition,
    /// Ids of elements that are then shown.
    pub show: Vec<String>,
    /// Ids of elements that are then hidden.
    pub hide: Vec<String>,
}

impl Area {
    /// The area as it is for these values.
    pub fn for_values(&self, values: &Values) -> &Area {
        let holding = self.instead.iter().rev().find(|one| one.when.holds(values));
        holding.map_or(self, |one| &one.area)
    }

    /// Everything that it can be, first as it usually is.
    pub fn variants(&self) -> impl Iterator<Item = &Area> {
        std::iter::once(self).chain(self.instead.iter().map(|one| &one.area))
    }

    /// The canvas of the area: the nearest pixel, computed from the exact size.
    pub fn canvas(&self) -> PixelSize {
        self.size.at_dpi(self.dpi)
    }

    /// How far the cut is from the sides and from top and bottom, in thousandths of the area.
    pub fn trim(&self) -> (u32, u32) {
        self.thousandths(self.bleed_mil, 400)
    }

    /// How far from the sides and from top and bottom everything that must be seen stays, in thousandths.
    pub fn safe(&self) -> (u32, u32) {
        self.thousandths(self.inset_mil(), 480)
    }

    fn thousandths(&self, mil: u32, most: u32) -> (u32, u32) {
        let part = |of_uin: u64| {
            let thousandths = u64::from(mil) * 1_000_000 / of_uin.max(1);
            u32::try_from(thousandths).unwrap_or(0).min(most)
        };
        (part(self.size.width_uin), part(self.size.height_uin))
    }

    /// How far from the sides of the canvas everything that must be seen stays, in thousandths of an
    /// inch.
    pub fn inset_mil(&self) -> u32 {
        self.bleed_mil.saturating_add(self.safe_mil.unwrap_or(self.bleed_mil))
    }
}

impl PrintSize {
    /// A size in inches as it was typed, `"9.0"` and `"3.75"`; `None` if it is no size.
    pub fn from_inches(width: &str, height: &str) -> Option<PrintSize> {
        Some(PrintSize { width_uin: length(width, 1, 1)?, height_uin: length(height, 1, 1)? })
    }

    /// A size in millimetres as it was typed; `None` if it is no size.
    pub fn from_millimetres(width: &str, height: &str) -> Option<PrintSize> {
        Some(PrintSize { width_uin: length(width, 10, 254)?, height_uin: length(height, 10, 254)? })
    }

    /// The nearest pixels at this resolution; half a pixel counts as one, nothing is ever zero.
    pub fn at_dpi(self, dpi: u32) -> PixelSize {
        let px = |uin: u64| {
            let doubled = 2 * u128::from(uin) * u128::from(dpi) + 1_000_000;
            u32::try_from(doubled / 2_000_000).unwrap_or(u32::MAX).max(1)
        };
        PixelSize { width_px: px(self.width_uin), height_px: px(self.height_uin) }
    }
}

/// Longest side of anything printed: ten metres, in millionths of an inch.
const SIDE_UIN_MAX: u64 = 400_000_000;

/// A positive decimal number times `times / by`, in millionths, to the nearest.
fn length(text: &str, times: u128, by: u128) -> Option<u64> {
    let uin = decimal(text, times, by)?;
    (0 < uin && uin <= SIDE_UIN_MAX).then_some(uin)
}

/// A decimal number times `times / by`, in millionths, to the nearest; no floating point on the way.
pub fn decimal(text: &str, times: u128, by: u128) -> Option<u64> {
    const DIGITS_MAX: usize = 12;
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let all_digits = [whole, part]
        .iter()
        .all(|s| s.len() <= DIGITS_MAX && s.bytes().all(|b| b.is_ascii_digit()));
    if !all_digits || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let digits: u128 = format!("0{whole}{part}").parse().ok()?;
    let scale = 10_u128.pow(u32::try_from(part.len()).ok()?) * by;
    let doubled = 2 * digits * times * 1_000_000 + scale;
    u64::try_from(doubled / (2 * scale)).ok()
}

impl Design {
    /// Every field filled: what was given and is accepted, else the field's default. What is not asked
    /// under these values is left out.
    ///
    /// All that is wrong comes back at once, so that it is asked for once.
    pub fn complete(&self, given: &Values) -> Result<Values, Vec<Problem>> {
        self.filled(given, |field| field.default.clone().map(Value::Text))
    }

    /// The same without defaults: a field that somebody emptied stays empty.
    pub fn accept(&self, given: &Values) -> Result<Values, Vec<Problem>> {
        self.filled(given, |_| None)
    }

    fn filled(
        &self,
        given: &Values,
        default: impl Fn(&Field) -> Option<Value>,
    ) -> Result<Values, Vec<Problem>> {
        let mut filled = self.circumstances_in(given);
        let mut problems = Vec::new();
        for field in &self.fields {
            let value = given.get(&field.key).filter(|value| !value.is_blank()).cloned();
            let Some(value) = value.or_else(|| default(field)) else { continue };
            if !field.is_asked(&filled) {
                continue;
            }
            match field.accept(&value) {
                Ok(accepted) => drop(filled.insert(field.key.clone(), accepted)),
                Err(problem) => problems.push((&field.key, problem)),
            }
        }
        // What was refused was given all the same.
        let is_refused = |field: &&Field| problems.iter().any(|(key, _)| **key == field.key);
        let missing = self.missing(&filled).into_iter().filter(|field| !is_refused(field));
        let missing: Vec<Problem> = missing
            .map(|field| Problem::new(What::ValueMissing, field.label.clone(), ""))
            .collect();
        let problems: Vec<Problem> =
            problems.into_iter().map(|(_, problem)| problem).chain(missing).collect();
        if problems.is_empty() { Ok(filled) } else { Err(problems) }
    }

    /// Fields that are asked and required under these values, and that nothing fills.
    pub fn missing(&self, values: &Values) -> Vec<&Field> {
        let all = self.fields.iter().filter(|field| !values.contains_key(&field.key));
        all.filter(|field| field.is_asked(values) && field.is_required(values)).collect()
    }

    /// What these values tell of the order, as far as the design asks for it.
    pub fn circumstances_in(&self, values: &Values) -> Values {
        let asked = self.conditions().flat_map(Condition::keys);
        let found = asked.filter(|key| is_circumstance(key)).filter_map(|key| {
            let value = values.get(key)?;
            Some((key.to_owned(), value.clone()))
        });
        found.collect()
    }

    /// Every condition in it.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let of_fields = self.fields.iter().flat_map(|field| {
            let required = match &field.required {
                Required::When(condition) => Some(condition),
                Required::Always | Required::Never => None,
            };
            field.when.iter().chain(required)
        });
        let of_areas = self.areas.iter().flat_map(|area| area.instead.iter().map(|one| &one.when));
        let of_rules = self.rules.iter().map(|rule| &rule.when);
        let of_mockups = self.mockups.iter().filter_map(|mockup| mockup.when.as_ref());
        of_fields.chain(of_areas).chain(of_rules).chain(of_mockups)
    }

    /// A value that every field accepts: its default, else the plainest there is; photos are this one.
    pub fn example(&self, photo: &Hash) -> Values {
        let mut values = Values::new();
        for field in &self.fields {
            if !field.is_asked(&values) {
                continue;
            }
            let text = |text: &str| Value::Text(text.to_owned());
            let value = match (&field.default, &field.kind) {
                (Some(default), _) => text(default),
                (None, FieldKind::Text(_)) => text("Anna"),
                (None, FieldKind::Number(rules)) => text(&rules.min.unwrap_or(1).to_string()),
                (None, FieldKind::Choice(list) | FieldKind::Colour(list)) => match list.first() {
                    Some(choice) => text(&choice.label),
                    None => continue,
                },
                (None, FieldKind::Code(_)) => text("12345678"),
                (None, FieldKind::Date(_)) => text("2026-06-20"),
                (None, FieldKind::Coordinates(_)) => text("48.8566, 2.3522"),
                (None, FieldKind::Photo(_)) => Value::Photo(Photo::whole(photo.clone())),
            };
            if let Ok(value) = field.accept(&value) {
                values.insert(field.key.clone(), value);
            }
        }
        values
    }

    /// The area of this name.
    pub fn area(&self, key: &str) -> Option<&Area> {
        self.areas.iter().find(|area| area.key == key)
    }

    /// The field of this name.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_the_nearest_to_the_exact_size() {
        let check = |width_uin, expected| {
            let size = PrintSize { width_uin, height_uin: width_uin };
            assert_eq!(size.at_dpi(300).width_px, expected);
        };
        check(1_110_000, 333); // 1.11 in × 300 is 333, not 334
        check(9_000_000, 2700);
        check(3_750_000, 1125);
        check(11_410_000, 3423);
        check(1, 1);
    }

    #[test]
    fn a_size_is_read_exactly_as_it_was_typed() {
        let inches = |text, expected| {
            let size = PrintSize::from_inches(text, "1");
            assert_eq!(size.map(|size| size.width_uin), expected, "{text}");
        };
        inches("9.0", Some(9_000_000));
        inches("3.75", Some(3_750_000));
        inches("1.11", Some(1_110_000));
        inches(".5", Some(500_000));
        inches("12", Some(12_000_000));
        inches("0", None);
        inches("-1", None);
        inches("1e3", None);
        inches("", None);
        inches("9,5", None);
        inches("1.2.3", None);
        let size = PrintSize::from_millimetres("25.4", "210").expect("a size");
        assert_eq!(size.width_uin, 1_000_000);
        assert_eq!(size.height_uin, 8_267_717);
        assert_eq!(size.at_dpi(300).height_px, 2480);
    }
}
