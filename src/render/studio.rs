//! One design made ready to be drawn often: fonts read, photos decoded and resized once.
//!
//! What is kept never shows: a studio that drew before gives the same bytes as a fresh one. Every part
//! of a picture that is kept is kept under all that it was made of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::encode::{FileSink, Finish, Sheet, StripSink};
use super::fonts::Fonts;
use super::mockup::{Backdrop, SCREEN_DPI};
use super::photo::{self, Part, Photo};
use super::sheet::{self, Drawn, Target};
use super::{Job, Pressed, PressedArea, Want, add_new, tone};
use crate::model::design::{Area, Design, Format, Mockup};
use crate::model::field::Tone;
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::{Turn, Value, Values};

/// Most pixels of photos that are kept decoded; the rest is decoded again when it is wanted.
const KEPT_PIXELS_MAX: u64 = 60_000_000;
/// Most resized photos and pictures of drawings that are kept.
const KEPT_MAX: usize = 24;

/// Everything of a design that stays the same from one drawing to the next.
pub struct Studio<'a> {
    design: &'a Design,
    fonts: Fonts,
    photos: BTreeMap<Hash, Photo>,
    kept: Kept,
    /// Photographs of the product, by the key of their mockup and their width.
    backdrops: BTreeMap<(String, u32), Backdrop>,
}

/// Pictures as the drawing takes them, by all that they were made of.
#[derive(Default)]
pub struct Kept {
    resized: Pictures<(Hash, String)>,
    own: Pictures<String>,
}

/// PNGs by all that they were made of.
type Pictures<Key> = RefCell<BTreeMap<Key, Arc<Vec<u8>>>>;

impl Kept {
    /// A part of a photo as it is laid, at this size, made once.
    pub fn laid(
        &self,
        (hash, photo): (&Hash, &Photo),
        (turn, part, tone): (Turn, Part, Tone),
        width_px: u32,
        height_px: u32,
    ) -> Result<Arc<Vec<u8>>, String> {
        let key = (hash.clone(), format!("{turn:?} {part:?} {tone:?} {width_px} {height_px}"));
        keep(&self.resized, key, || {
            let mut shown = photo.laid(turn, part, width_px, height_px)?;
            tone::apply(&mut shown.rgba, tone);
            shown.stored()
        })
    }

    /// A picture of the drawing's own, decoded once.
    pub fn own(
        &self,
        href: &str,
        make: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<Arc<Vec<u8>>, String> {
        keep(&self.own, href.to_owned(), make)
    }
}

fn keep<Key: Ord>(
    kept: &Pictures<Key>,
    key: Key,
    make: impl FnOnce() -> Result<Vec<u8>, String>,
) -> Result<Arc<Vec<u8>>, String> {
    if let Some(known) = kept.borrow().get(&key) {
        return Ok(Arc::clone(known));
    }
    let made = Arc::new(make()?);
    let mut kept = kept.borrow_mut();
    if KEPT_MAX <= kept.len() {
        kept.clear();
    }
    kept.insert(key, Arc::clone(&made));
    Ok(made)
}

impl<'a> Studio<'a> {
    /// Reads the fonts of a design.
    pub fn new(design: &'a Design) -> Studio<'a> {
        let fonts = Fonts::of(&design.files);
        Studio {
            design,
            fonts,
            photos: BTreeMap::new(),
            kept: Kept::default(),
            backdrops: BTreeMap::new(),
        }
    }

    /// Draws every area of the design. All that stops it comes back at once.
    pub fn press(
        &mut self,
        values: &Values,
        photos: &BTreeMap<Hash, Arc<Vec<u8>>>,
        want: Want,
    ) -> Result<Pressed, Vec<Problem>> {
        let mut problems = Vec::new();
        self.decode(values, photos, &mut problems);
        let job = Job { design: self.design, values, photos, want };
        if let Want::Mockups { width_px } = want {
            return self.mockups(&job, width_px, problems);
        }
        let mut pressed = Pressed::default();
        for area in &self.design.areas {
            let area = area.for_values(values);
            let finish = match want {
                Want::Print => Finish::of(area),
                Want::Preview { .. } | Want::Mockups { .. } => Finish::preview(area),
            };
            match self.file(&job, area, finish) {
                Ok((drawn, bytes)) => {
                    add_new(&mut pressed.remarks, drawn.remarks);
                    pressed.spots.extend(drawn.spots);
                    pressed.areas.push(PressedArea {
                        area: area.key.clone(),
                        bytes,
                        format: finish.format,
                        width_px: drawn.sheet.width_px,
                        height_px: drawn.sheet.height_px,
                        dpi: drawn.sheet.dpi,
                    });
                }
                Err(found) => add_new(&mut problems, found),
            }
        }
        match (problems.is_empty(), want) {
            (true, _) => Ok(pressed),
            // A preview that lacks no area is worth seeing, whatever would stop the print.
            (false, Want::Preview { .. }) if pressed.areas.len() == self.design.areas.len() => {
                add_new(&mut pressed.remarks, problems);
                Ok(pressed)
            }
            (false, _) => Err(problems),
        }
    }

    /// Draws an area as a file.
    fn file(
        &self,
        job: &Job<'_>,
        area: &Area,
        finish: Finish,
    ) -> Result<(Drawn, Vec<u8>), Vec<Problem>> {
        if !finish.format.is_raster() {
            let mut bytes = Vec::new();
            let drawn = self.draw(job, area, Target::Shapes(finish.format, &mut bytes))?;
            return Ok((drawn, bytes));
        }
        let mut sink = FileSink::new(finish);
        let drawn = self.draw(job, area, Target::Pixels(&mut sink))?;
        Ok((drawn, sink.into_bytes()))
    }

    fn draw(&self, job: &Job<'_>, area: &Area, target: Target<'_>) -> Result<Drawn, Vec<Problem>> {
        let (photos, fonts, kept) = (&self.photos, &self.fonts, &self.kept);
        sheet::Press { job, area, photos, fonts, kept }.draw(target)
    }

    /// Pictures of the finished product, as far as they can be made; what is wrong with one is told
    /// beside the others.
    fn mockups(
        &mut self,
        job: &Job<'_>,
        width_px: u32,
        problems: Vec<Problem>,
    ) -> Result<Pressed, Vec<Problem>> {
        let mut pressed = Pressed { remarks: problems, ..Pressed::default() };
        let is_shown =
            |mockup: &&Mockup| mockup.when.as_ref().is_none_or(|when| when.holds(job.values));
        for mockup in self.design.mockups.iter().filter(is_shown) {
            match self.mockup(job, mockup, width_px) {
                Ok((picture, remarks)) => {
                    add_new(&mut pressed.remarks, remarks);
                    pressed.mockups.push(picture);
                }
                Err(found) => add_new(&mut pressed.remarks, found),
            }
        }
        Ok(pressed)
    }

    fn mockup(
        &mut self,
        job: &Job<'_>,
        mockup: &Mockup,
        width_px: u32,
    ) -> Result<(PressedArea, Vec<Problem>), Vec<Problem>> {
        let faulty = |why: String| vec![Problem::new(What::DesignFaulty, &*mockup.key, why)];
        let key = (mockup.key.clone(), width_px);
        if !self.backdrops.contains_key(&key) {
            let read = Backdrop::read(self.design, mockup, width_px).map_err(faulty)?;
            self.backdrops.insert(key.clone(), read);
        }
        let mut backdrop = self.backdrops[&key].clone();
        let mut remarks = Vec::new();
        for place in &mockup.places {
            let Some(area) = self.design.area(&place.area) else { continue };
            let area = area.for_values(job.values);
            let want = Want::Preview { width_px: backdrop.width_of(place, area) };
            let mut sink = Pixels::default();
            let drawn = self.draw(&Job { want, ..*job }, area, Target::Pixels(&mut sink))?;
            add_new(&mut remarks, drawn.remarks);
            let Sheet { width_px, height_px, .. } = drawn.sheet;
            backdrop.lay(place, area, &Photo { width_px, height_px, rgba: sink.0 });
        }
        let (bytes, width_px, height_px) = backdrop.file().map_err(faulty)?;
        let area = mockup.key.clone();
        let picture =
            PressedArea { area, bytes, format: Format::Jpeg, width_px, height_px, dpi: SCREEN_DPI };
        Ok((picture, remarks))
    }

    fn decode(
        &mut self,
        values: &Values,
        photos: &BTreeMap<Hash, Arc<Vec<u8>>>,
        problems: &mut Vec<Problem>,
    ) {
        let pixels = |photo: &Photo| u64::from(photo.width_px) * u64::from(photo.height_px);
        if KEPT_PIXELS_MAX < self.photos.values().map(pixels).sum() {
            let is_wanted = |hash: &Hash| {
                values.values().any(|one| matches!(one, Value::Photo(photo) if photo.hash == *hash))
            };
            self.photos.retain(|hash, _| is_wanted(hash));
        }
        for field in &self.design.fields {
            let Some(Value::Photo(value)) = values.get(&field.key) else {
                continue;
            };
            if self.photos.contains_key(&value.hash) {
                continue;
            }
            let decoded = match photos.get(&value.hash) {
                Some(bytes) => photo::decode(bytes),
                None => Err("its file is not here".to_owned()),
            };
            match decoded {
                Ok(photo) => drop(self.photos.insert(value.hash.clone(), photo)),
                Err(message) => {
                    problems.push(Problem::new(What::PhotoUnreadable, &*field.label, message));
                }
            }
        }
    }
}

/// Takes the pixels as they are.
#[derive(Default)]
struct Pixels(Vec<u8>);

impl StripSink for Pixels {
    fn begin(&mut self, sheet: Sheet) -> Result<(), String> {
        self.0.reserve(sheet.width_px as usize * sheet.height_px as usize * 4);
        Ok(())
    }

    fn strip(&mut self, rgba: &[u8]) -> Result<(), String> {
        self.0.extend_from_slice(rgba);
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }
}
