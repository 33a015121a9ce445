//! One area from drawing to sink.

use std::collections::BTreeMap;

use usvg::tiny_skia_path::{Rect, Transform};

use super::encode::{Sheet, StripSink};
use super::fill::{self, Filled, Slot};
use super::fitting;
use super::fonts::{FontNotes, Fonts};
use super::layout::{self, Layout};
use super::paint;
use super::photo::{self, Photo};
use super::pictures::Pictures;
use super::place::Placing;
use super::spot::{Measure, Place, Spot};
use super::studio::Kept;
use super::{Job, Want, code, drawing, edge, pdf, svg, xml};
use crate::model::design::{Area, AreaKind, Format, PixelSize};
use crate::model::field::{FieldKind, FitWay};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::Value;

/// Most pixels on one side of a print.
pub const SIDE_PX_MAX: u32 = 12_000;
/// A text that is smaller by less than this is not worth a word.
const WORTH_SAYING: f32 = 0.97;
/// So much of a text of the drawing itself is quoted.
const OWN_CHARS_MAX: usize = 40;

/// What drawing one area needs.
pub struct Press<'a> {
    /// The whole job.
    pub job: &'a Job<'a>,
    /// The area.
    pub area: &'a Area,
    /// The decoded photos.
    pub photos: &'a BTreeMap<Hash, Photo>,
    /// The fonts.
    pub fonts: &'a Fonts,
    /// What earlier drawings of this design left ready.
    pub kept: &'a Kept,
}

/// Onto what an area is drawn.
pub enum Target<'a> {
    /// Pixels, in strips.
    Pixels(&'a mut dyn StripSink),
    /// A file of shapes, PDF or SVG.
    Shapes(Format, &'a mut Vec<u8>),
}

/// An area that was drawn.
pub struct Drawn {
    /// Its canvas.
    pub sheet: Sheet,
    /// What people should know.
    pub remarks: Vec<Problem>,
    /// Where the fields came to stand.
    pub spots: Vec<Spot>,
}

/// What was found on the way: what stops a print, and what people should know.
#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
    remarks: Vec<Problem>,
    spots: Vec<Spot>,
    /// The part of its size that each text has, by the id of its slot.
    factors: BTreeMap<String, f32>,
}

impl Press<'_> {
    /// Draws the area onto a target; what people should know comes back, or all that stops it.
    pub fn draw(&self, target: Target<'_>) -> Result<Drawn, Vec<Problem>> {
        let sheet = self.sheet().map_err(|problem| vec![problem])?;
        match (self.area.kind, target) {
            (AreaKind::Drawing, target) => self.draw_drawing(sheet, target),
            (AreaKind::Finished, Target::Pixels(sink)) => self.draw_finished(sheet, sink),
            (AreaKind::Finished, Target::Shapes(..)) => {
                Err(vec![self.faulty("a finished picture has no shapes".to_owned())])
            }
        }
    }

    /// The canvas and what is written on it.
    fn sheet(&self) -> Result<Sheet, Problem> {
        let print = self.area.canvas();
        if SIDE_PX_MAX < print.width_px.max(print.height_px) {
            let detail = format!(
                "{} × {} px at {} dpi; at most {SIDE_PX_MAX} px on a side are drawn",
                print.width_px, print.height_px, self.area.dpi
            );
            return Err(self.faulty(detail));
        }
        let Want::Preview { width_px } = self.job.want else {
            return Ok(Sheet {
                width_px: print.width_px,
                height_px: print.height_px,
                dpi: self.area.dpi,
            });
        };
        let part = |of: u32| {
            let scaled = u64::from(of) * u64::from(width_px) + u64::from(print.width_px) / 2;
            u32::try_from(scaled / u64::from(print.width_px)).unwrap_or(u32::MAX)
        };
        let sheet = Sheet {
            width_px: width_px.max(1),
            height_px: part(print.height_px).max(1),
            dpi: part(self.area.dpi).max(1),
        };
        match sheet.width_px.max(sheet.height_px) <= SIDE_PX_MAX {
            true => Ok(sheet),
            false => Err(self.faulty(format!("a preview of {width_px} px is too large"))),
        }
    }

    fn draw_drawing(&self, sheet: Sheet, target: Target<'_>) -> Result<Drawn, Vec<Problem>> {
        let one = |problem| vec![problem];
        let bytes = drawing(self.job.design, self.area).map_err(one)?;
        let mut root = xml::read(bytes).map_err(|message| vec![self.faulty(message)])?;
        let mut found = Found::default();
        let mut pictures = Pictures::default();
        let hidden = match self.job.want {
            Want::Print => &self.area.preview_only,
            Want::Preview { .. } | Want::Mockups { .. } => &self.area.print_only,
        };
        fill::remove(&mut root, hidden);
        let mut filled = fill::fill(root, self.job.design, self.job.values);
        let complaints = pictures.take_in(&mut filled.root, &self.job.design.files, self.kept);
        found.problems.extend(complaints.into_iter().map(|text| self.faulty(text)));
        self.fit_and_place(&mut filled, sheet, &mut pictures, &mut found).map_err(one)?;
        let keys: Vec<&str> = self.job.design.fields.iter().map(|f| f.key.as_str()).collect();
        layout::remove_boxes(&mut filled.root, &keys);
        if let Target::Shapes(..) = target {
            pictures.pack().map_err(|message| vec![self.faulty(message)])?;
        }
        let notes = FontNotes::default();
        let tree = self.lay_out(&filled.root, &pictures, &notes).map_err(one)?;
        self.look_for_missing(&tree, &filled.texts, &notes, &mut found);
        if self.job.want == Want::Print && !found.problems.is_empty() {
            return Err(found.problems);
        }
        match target {
            Target::Pixels(sink) => paint::paint(&tree, to_canvas(&tree, sheet), sheet, sink),
            Target::Shapes(Format::Svg, bytes) => {
                svg::write(&tree, self.area).map(|made| *bytes = made)
            }
            Target::Shapes(_, bytes) => {
                pdf::write(&tree, self.area, sheet).map(|made| *bytes = made)
            }
        }
        .map_err(|message| vec![self.faulty(message)])?;
        self.note_texts(&tree, &filled.texts, sheet, &mut found);
        let edges =
            found.spots.iter().filter_map(|spot| edge::look(self.job.design, self.area, spot));
        found.remarks.extend(edges.collect::<Vec<_>>());
        found.remarks.append(&mut found.problems);
        Ok(Drawn { sheet, remarks: found.remarks, spots: found.spots })
    }

    /// Lays the drawing out once, then makes texts smaller and puts photos in.
    fn fit_and_place(
        &self,
        filled: &mut Filled,
        sheet: Sheet,
        pictures: &mut Pictures,
        found: &mut Found,
    ) -> Result<(), Problem> {
        if filled.texts.is_empty() && filled.photos.is_empty() && filled.codes.is_empty() {
            return Ok(());
        }
        let placing = Placing {
            design: self.job.design,
            area: self.area,
            values: self.job.values,
            photos: self.photos,
            scale: f64::from(sheet.width_px) / f64::from(self.area.canvas().width_px),
            kept: self.kept,
        };
        let to_measure = fitting::to_measure(filled, self.job.design);
        let tree = self.lay_out(&to_measure, pictures, &FontNotes::default())?;
        let layout = Layout::new(&tree, to_canvas(&tree, sheet), self.safe(sheet));
        let px_per_pt = self.drawn_dpi(sheet) / 72.0;
        // What was broken or tightened is measured once more, as it stands now.
        if fitting::set_lines(filled, self.job.design, &layout, px_per_pt) {
            let to_measure = layout::to_measure(filled);
            let tree = self.lay_out(&to_measure, pictures, &FontNotes::default())?;
            let layout = Layout::new(&tree, to_canvas(&tree, sheet), self.safe(sheet));
            self.fit_texts(filled, &layout, px_per_pt, found);
        } else {
            self.fit_texts(filled, &layout, px_per_pt, found);
        }
        self.put_codes(filled, &layout, sheet, found);
        for slot in &filled.photos {
            let Some(frame) = layout.frame(slot) else {
                continue;
            };
            match placing.place(&mut filled.root, pictures, slot, &frame) {
                Ok(Some(placed)) => {
                    if let Some(rect) = layout.bounds(&slot.id) {
                        found.spots.push(self.spot(&slot.key, sheet, rect, placed.measure));
                    }
                    found.remarks.extend(placed.said);
                }
                Ok(None) => {}
                Err(problem) => found.problems.push(problem),
            }
        }
        Ok(())
    }

    /// Draws every code into its shape; one whose modules are too small to be read is a problem.
    fn put_codes(&self, filled: &mut Filled, layout: &Layout<'_>, sheet: Sheet, found: &mut Found) {
        for slot in &filled.codes {
            let field = self.job.design.field(&slot.key);
            let text = self.job.values.get(&slot.key).and_then(Value::as_text);
            let (Some(field), Some(text), Some(frame)) = (field, text, layout.frame(slot)) else {
                continue;
            };
            let FieldKind::Code(rules) = &field.kind else { continue };
            let label = &*field.label;
            let made = match code::code(rules.symbology, text) {
                Ok(made) => made,
                Err(why) => {
                    found.problems.push(Problem::new(What::ValueNotAllowed, label, why));
                    continue;
                }
            };
            let module_mm = made.module_px(&frame) / f64::from(self.drawn_dpi(sheet)) * 25.4;
            let least_mm = code::least_module_mm(rules.symbology);
            if module_mm < least_mm {
                let detail = format!(
                    "its smallest part would be {module_mm:.2} mm on {}, and {least_mm} mm can be read; \
                     shorten it, or give it more room",
                    self.area.key
                );
                found.problems.push(Problem::new(What::TextDoesNotFit, label, detail));
            }
            if let Some(rect) = layout.bounds(&slot.id) {
                found.spots.push(self.spot(&slot.key, sheet, rect, Measure::Own));
            }
            if let Some(shape) = filled.root.by_id(&slot.id) {
                made.put(shape, &frame);
            }
        }
    }

    /// Where each text stands in the end.
    fn note_texts(&self, tree: &usvg::Tree, slots: &[Slot], sheet: Sheet, found: &mut Found) {
        let layout = Layout::new(tree, to_canvas(tree, sheet), self.safe(sheet));
        for (id, text) in layout.texts() {
            let Some(rect) = layout.bounds(id) else {
                continue;
            };
            let slot = slots.iter().find(|slot| slot.id == id);
            let spot = match slot {
                Some(slot) => {
                    let factor = found.factors.get(id).copied().unwrap_or(1.0);
                    // In range: no text is a hundred times as large as drawn.
                    let percent = (factor * 100.0).round().clamp(0.0, 1e4) as u32;
                    self.spot(&slot.key, sheet, rect, Measure::Text { percent })
                }
                None => {
                    let words: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                    let words: String = words.trim().chars().take(OWN_CHARS_MAX).collect();
                    self.spot(&words, sheet, rect, Measure::Own)
                }
            };
            found.spots.push(spot);
        }
    }

    fn spot(&self, name: &str, sheet: Sheet, rect: Rect, measure: Measure) -> Spot {
        let place = Place::on(sheet, rect);
        Spot { area: self.area.key.clone(), name: name.to_owned(), place, measure }
    }

    /// Scales every text to its place; what cannot be done is a problem.
    fn fit_texts(
        &self,
        filled: &mut Filled,
        layout: &Layout<'_>,
        px_per_pt: f32,
        found: &mut Found,
    ) {
        for one in fitting::fitted(filled, self.job.design, layout, px_per_pt) {
            let (label, area) = (&*one.field.label, &self.area.key);
            let percent = (one.factor * 100.0).round();
            let too_wide = |detail: String| Problem::new(What::TextDoesNotFit, label, detail);
            match one.fit.way {
                FitWay::Keep if one.factor < 1.0 => found
                    .problems
                    .push(too_wide(format!("it would fit {area} at {percent} % of its size"))),
                FitWay::Shrink | FitWay::Wrap | FitWay::Grow if one.size_pt < one.fit.min_pt => {
                    found.problems.push(too_wide(format!(
                        "it would need {:.1} pt on {area}, the smallest allowed is {} pt",
                        one.size_pt, one.fit.min_pt
                    )));
                }
                FitWay::Shrink | FitWay::Wrap if one.factor < WORTH_SAYING => {
                    let detail = format!("{percent} % of its size on {area}");
                    found.remarks.push(Problem::new(What::TextShrunk, label, detail));
                }
                FitWay::Keep | FitWay::Shrink | FitWay::Wrap | FitWay::Grow => {}
            }
            // A text without any room is still shown in a preview, as small as letters can be.
            let factor = one.factor.max(0.02);
            found.factors.insert(one.id.clone(), factor);
            let is_moved = one.fit.across.is_some() || one.fit.down.is_some();
            if let Some(text) = filled.root.by_id(&one.id).filter(|_| factor != 1.0 || is_moved) {
                layout::scale(text, &one.place, factor, one.fit);
            }
        }
    }

    /// Fonts and characters that are not here, in slots and in the drawing's own words.
    fn look_for_missing(
        &self,
        tree: &usvg::Tree,
        slots: &[Slot],
        notes: &FontNotes,
        found: &mut Found,
    ) {
        for family in notes.missing() {
            let detail = format!(
                "the font “{family}” is not here; put its file into the folder, or add it under Fonts"
            );
            found.problems.push(self.faulty(detail));
        }
        each_text(tree.root(), &mut |text| {
            let slot = slots.iter().find(|slot| slot.id == text.id());
            let field = slot.and_then(|slot| self.job.design.field(&slot.key));
            for missing in missing_characters(text) {
                let problem = match field {
                    Some(field) => Problem::new(What::GlyphMissing, &*field.label, missing),
                    None => self.faulty(format!("its font lacks {missing}")),
                };
                if !found.problems.contains(&problem) {
                    found.problems.push(problem);
                }
            }
        });
    }

    fn draw_finished(&self, sheet: Sheet, sink: &mut dyn StripSink) -> Result<Drawn, Vec<Problem>> {
        let picture = self.finished(sheet).map_err(|problem| vec![problem])?;
        paint::pass_on(&picture, sheet, sink).map_err(|message| vec![self.faulty(message)])?;
        Ok(Drawn { sheet, remarks: Vec::new(), spots: Vec::new() })
    }

    fn finished(&self, sheet: Sheet) -> Result<Photo, Problem> {
        let bytes = drawing(self.job.design, self.area)?;
        let picture = photo::decode(bytes).map_err(|message| self.faulty(message))?;
        let PixelSize { width_px, height_px } = self.area.canvas();
        if (picture.width_px, picture.height_px) != (width_px, height_px) {
            return Err(self.faulty(format!(
                "{} has {} × {} px, but the area is {width_px} × {height_px} px at {} dpi",
                self.area.file, picture.width_px, picture.height_px, self.area.dpi
            )));
        }
        if (width_px, height_px) == (sheet.width_px, sheet.height_px) {
            return Ok(picture);
        }
        let whole = picture.covering(Default::default(), width_px.into(), height_px.into());
        picture
            .resized(whole, sheet.width_px, sheet.height_px)
            .map_err(|message| self.faulty(message))
    }

    fn lay_out(
        &self,
        root: &xml::Element,
        pictures: &Pictures,
        notes: &FontNotes,
    ) -> Result<usvg::Tree, Problem> {
        paint::lay_out(root, self.fonts, pictures, notes).map_err(|message| self.faulty(message))
    }

    fn drawn_dpi(&self, sheet: Sheet) -> f32 {
        // Not the sheet's own: that is rounded to a whole number.
        let print = self.area.canvas();
        self.area.dpi as f32 * sheet.width_px as f32 / print.width_px as f32
    }

    /// The area less its bleed and the safe distance that was asked for, on both sides, on the canvas.
    fn safe(&self, sheet: Sheet) -> Rect {
        let (width, height) = (sheet.width_px as f32, sheet.height_px as f32);
        let mil = self.area.bleed_mil.saturating_add(self.area.safe_mil.unwrap_or(0));
        let bleed = mil as f32 / 1000.0 * self.drawn_dpi(sheet);
        let whole = || Rect::from_ltrb(0.0, 0.0, width, height);
        Rect::from_ltrb(bleed, bleed, width - bleed, height - bleed)
            .or_else(whole)
            .expect("a canvas has at least one pixel")
    }

    fn faulty(&self, detail: String) -> Problem {
        Problem::new(What::DesignFaulty, &*self.area.key, detail)
    }
}

fn to_canvas(tree: &usvg::Tree, sheet: Sheet) -> Transform {
    let size = tree.size();
    Transform::from_scale(
        sheet.width_px as f32 / size.width(),
        sheet.height_px as f32 / size.height(),
    )
}

/// Calls `f` for every text, those in masks, patterns and clip paths as well.
fn each_text(group: &usvg::Group, f: &mut dyn FnMut(&usvg::Text)) {
    for node in group.children() {
        match node {
            usvg::Node::Group(inner) => each_text(inner, f),
            usvg::Node::Text(text) => f(text),
            usvg::Node::Path(_) | usvg::Node::Image(_) => {}
        }
        node.subroots(|root| each_text(root, f));
    }
}

/// The characters of a text that none of its fonts has, each named once.
fn missing_characters(text: &usvg::Text) -> Vec<String> {
    let mut missing = Vec::new();
    for span in text.layouted() {
        for glyph in span.positioned_glyphs.iter().filter(|glyph| glyph.id.0 == 0) {
            // A cluster of several shapes is told by the one that bears its words.
            if glyph.text.is_empty() {
                continue;
            }
            let points: Vec<String> =
                glyph.text.chars().map(|c| format!("U+{:04X}", u32::from(c))).collect();
            let named = format!("“{}” ({})", glyph.text, points.join(" "));
            if !missing.contains(&named) {
                missing.push(named);
            }
        }
    }
    missing
}
