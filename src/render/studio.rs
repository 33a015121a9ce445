//! One design made ready to be drawn often: fonts read, photos decoded and resized once.
//!
//! What is kept never shows: a studio that drew before gives the same bytes as a fresh one. Every part
//! of a picture that is kept is kept under all that it was made of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::encode::FileSink;
use super::fonts::Fonts;
use super::photo::{self, Part, Photo};
use super::{Job, Pressed, PressedArea, Want, add_new, sheet, tone};
use crate::model::design::{Design, Format};
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
        Studio { design, fonts, photos: BTreeMap::new(), kept: Kept::default() }
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
        let mut pressed = Pressed::default();
        for area in &self.design.areas {
            let format = match want {
                Want::Print => area.format,
                Want::Preview { .. } => Format::Png,
            };
            let mut sink = FileSink::new(format);
            let press = sheet::Press {
                job: &job,
                area,
                photos: &self.photos,
                fonts: &self.fonts,
                kept: &self.kept,
            };
            match press.draw(&mut sink) {
                Ok(drawn) => {
                    add_new(&mut pressed.remarks, drawn.remarks);
                    pressed.spots.extend(drawn.spots);
                    pressed.areas.push(PressedArea {
                        area: area.key.clone(),
                        bytes: sink.into_bytes(),
                        format,
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
