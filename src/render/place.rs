//! Photos go into their shapes: cut to them, resized once, with their resolution judged.

use std::collections::BTreeMap;

use super::fill::Slot;
use super::layout::Frame;
use super::photo::{Part, Photo};
use super::pictures::Pictures;
use super::spot::Measure;
use super::studio::Kept;
use super::xml::{Element, Node};
use crate::model::design::{Area, Design};
use crate::model::field::{FieldKind, PhotoFit, PhotoRules};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Crop, Turn, Value, Values};

/// What decides where a shape's edge runs; moved to the shape that cuts the photo.
const GEOMETRY: [&str; 12] =
    ["x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "d", "points", "fill-rule"];
/// What concerns the shape as a whole; moved to the group around photo and outline.
const AROUND: [&str; 8] = [
    "transform",
    "opacity",
    "filter",
    "mask",
    "clip-path",
    "mix-blend-mode",
    "display",
    "visibility",
];

/// What photos need besides the drawing.
pub struct Placing<'a> {
    /// The design.
    pub design: &'a Design,
    /// The area that is drawn.
    pub area: &'a Area,
    /// The values.
    pub values: &'a Values,
    /// The decoded photos.
    pub photos: &'a BTreeMap<Hash, Photo>,
    /// How many pixels are drawn for one pixel of the print; 1 for the print itself.
    pub scale: f64,
    /// Photos that were resized before.
    pub kept: &'a Kept,
}

/// A photo that was put into its frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// What is said about its resolution.
    pub said: Option<Problem>,
    /// How it stands.
    pub measure: Measure,
}

impl Placing<'_> {
    /// Puts a photo into its frame; `None` where there is none to put.
    pub fn place(
        &self,
        root: &mut Element,
        pictures: &mut Pictures,
        slot: &Slot,
        frame: &Frame,
    ) -> Result<Option<Placed>, Problem> {
        let Some(field) = self.design.field(&slot.key) else {
            return Ok(None);
        };
        let (FieldKind::Photo(rules), Some(Value::Photo(value))) =
            (&field.kind, self.values.get(&slot.key))
        else {
            return Ok(None);
        };
        let refuse = |detail: String| Problem::new(What::PhotoUnreadable, &*field.label, detail);
        let Some(photo) = self.photos.get(&value.hash) else {
            // Why it could not be decoded is said once for the whole job.
            return Ok(None);
        };
        let shown = Shown::new(photo, (value.turn, value.crop), rules.fit, frame);
        let (width_px, height_px) = (shown.frame.width_px, shown.frame.height_px);
        let how = (value.turn, shown.part, rules.tone);
        let picture =
            self.kept.laid((&value.hash, photo), how, width_px, height_px).map_err(refuse)?;
        if let Some(shape) = root.by_id(&slot.id) {
            set_photo(shape, &shown.frame, pictures.add_kept(picture));
        }
        let drawn_dpi = f64::from(self.area.dpi) * self.scale;
        let across = shown.part.width / f64::from(width_px);
        let down = shown.part.height / f64::from(height_px);
        let dpi = drawn_dpi * across.min(down);
        let laid_size = photo.laid_size(value.turn);
        // What is not cut to its frame is cut to its own shape, if at all.
        let cut_to = match rules.fit {
            PhotoFit::Cover => (frame.width_px, frame.height_px),
            PhotoFit::Contain | PhotoFit::Stretch => laid_size,
        };
        let measure = Measure::Photo {
            // In range: no photo has more pixels than fit.
            dpi: dpi.round().clamp(0.0, 1e6) as u32,
            photo_width_px: laid_size.0,
            photo_height_px: laid_size.1,
            frame_width_px: cut_to.0,
            frame_height_px: cut_to.1,
        };
        Ok(Some(Placed { said: judge(rules, dpi, &field.label), measure }))
    }
}

/// The part of a photo that is shown, and where in its frame.
struct Shown {
    part: Part,
    frame: Frame,
}

impl Shown {
    fn new(photo: &Photo, laid: (Turn, Option<Crop>), fit: PhotoFit, frame: &Frame) -> Shown {
        let (width, height) = (f64::from(frame.width_px), f64::from(frame.height_px));
        match fit {
            PhotoFit::Cover => Shown { part: photo.covering(laid, width, height), frame: *frame },
            PhotoFit::Stretch => Shown { part: photo.chosen(laid), frame: *frame },
            PhotoFit::Contain => {
                let part = photo.chosen(laid);
                let scale = (width / part.width).min(height / part.height);
                // In range: neither is larger than its frame.
                let px = |length: f64, most: u32| (length.round().max(1.0) as u32).min(most);
                let width_px = px(part.width * scale, frame.width_px);
                let height_px = px(part.height * scale, frame.height_px);
                // On whole pixels, as the frame itself.
                let left = f64::from((frame.width_px - width_px) / 2) / width;
                let top = f64::from((frame.height_px - height_px) / 2) / height;
                let inner = Frame {
                    x: frame.x + frame.width * left,
                    y: frame.y + frame.height * top,
                    width: frame.width * f64::from(width_px) / width,
                    height: frame.height * f64::from(height_px) / height,
                    width_px,
                    height_px,
                    is_upright: frame.is_upright,
                };
                Shown { part, frame: inner }
            }
        }
    }
}

/// What an effective resolution is worth by the field's rules.
fn judge(rules: &PhotoRules, dpi: f64, label: &str) -> Option<Problem> {
    // To whole numbers, so that 149.99 is not called too low with the words “150 dpi”.
    let dpi = dpi.round();
    if dpi < f64::from(rules.refuse_below_dpi) {
        let least = rules.refuse_below_dpi;
        let detail = format!("{dpi} dpi at this size, at least {least} are needed");
        return Some(Problem::new(What::PhotoTooSmall, label, detail));
    }
    if dpi < f64::from(rules.warn_below_dpi) {
        let good = rules.warn_below_dpi;
        let detail = format!("{dpi} dpi at this size, {good} look good");
        return Some(Problem::new(What::PhotoSoft, label, detail));
    }
    None
}

/// Turns a shape into a group: the photo cut to the shape, and the shape's outline above it.
fn set_photo(shape: &mut Element, frame: &Frame, href: String) {
    let mut around = Element::new("g");
    let mut outline = shape.clone();
    for name in AROUND {
        let is_attribute = outline.get(name).is_some();
        if let Some(value) = outline.remove_property(name) {
            match is_attribute {
                true => around.set(name, value),
                false => around.set_property(name, &value),
            }
        }
    }
    let id = outline.remove("id").unwrap_or_default();
    outline.set_property("fill", "none");
    let clip_id = format!("wb-clip-{id}");
    let mut cut = Element::new(&outline.name);
    for (name, value) in &outline.attributes {
        match name.as_str() {
            // In a clip path the rule goes by another name.
            "fill-rule" => cut.set("clip-rule", value.clone()),
            name if GEOMETRY.contains(&name) => cut.set(name, value.clone()),
            _ => {}
        }
    }
    let mut clip = Element::new("clipPath");
    clip.set("id", clip_id.clone());
    clip.children.push(Node::Element(cut));
    let mut cut_photo = Element::new("g");
    cut_photo.set("clip-path", format!("url(#{clip_id})"));
    cut_photo.children.push(Node::Element(image(frame, href)));
    around.set("id", id);
    around.children = [clip, cut_photo, outline].map(Node::Element).into();
    *shape = around;
}

fn image(frame: &Frame, href: String) -> Element {
    let mut image = Element::new("image");
    for (name, value) in
        [("x", frame.x), ("y", frame.y), ("width", frame.width), ("height", frame.height)]
    {
        image.set(name, format!("{value}"));
    }
    image.set("preserveAspectRatio", "none");
    if frame.is_upright {
        // Pixel meets pixel here; a bicubic filter would only soften it.
        image.set("style", "image-rendering:smooth");
    }
    image.set("href", href);
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolution_is_judged_by_the_rules_of_the_field() {
        let rules = PhotoRules::default();
        let check = |dpi, expected| {
            assert_eq!(judge(&rules, dpi, "Photo").map(|problem| problem.what), expected);
        };
        check(300.0, None);
        check(149.6, None);
        check(149.0, Some(What::PhotoSoft));
        check(100.0, Some(What::PhotoSoft));
        check(99.0, Some(What::PhotoTooSmall));
    }
}
