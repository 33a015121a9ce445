//! Design and values become pictures: SVG filled, laid out, drawn, written as a file.
//!
//! Pure: no disk, network, clock or chance; the same job gives the same bytes. It is run only inside
//! the walled child of `outside/press`, since it reads customers' files; `check` alone also runs
//! outside, on operators' drawings.
//!
//! The way of one area: [`xml::read`] the drawing, [`fill::fill`] the slots, lay out once to measure
//! ([`layout`]), break and fit texts ([`fitting`]), place photos ([`place`]), lay out again, look for
//! missing characters, [`paint`] strips into a sink ([`encode`]).

pub mod check;
pub mod code;
pub mod difference;
pub mod edge;
pub mod encode;
pub mod fill;
pub mod fitting;
pub mod font_facts;
pub mod fonts;
pub mod layout;
pub mod lines;
pub mod mark;
pub mod mockup;
pub mod paint;
pub mod paper;
pub mod pdf;
pub mod photo;
pub mod pictures;
pub mod place;
pub mod runs;
pub mod sheet;
pub mod spot;
pub mod studio;
pub mod svg;
pub mod tone;
pub mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::design::{Area, AreaKind, Design, Format};
use crate::model::id::Hash;
use crate::model::problem::{Problem, What};
use crate::model::value::Values;
pub use spot::{Measure, Place, Spot};
pub use studio::Studio;

/// For what a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// For print: every area at its full size and its own format.
    Print,
    /// For people: every area as a PNG of this width; problems do not stop it where it can be drawn.
    Preview {
        /// Width in pixels.
        width_px: u32,
    },
    /// Pictures of the finished product instead of areas, no wider than this.
    Mockups {
        /// Width in pixels.
        width_px: u32,
    },
}

/// Everything a drawing needs; it cannot ask for more.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The design with its files.
    pub design: &'a Design,
    /// What fills its fields, already accepted by them.
    pub values: &'a Values,
    /// The bytes of every photo that the values name.
    pub photos: &'a BTreeMap<Hash, Arc<Vec<u8>>>,
    /// For what.
    pub want: Want,
}

/// What came off the press.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pressed {
    /// One picture for each area, in the order of the design.
    pub areas: Vec<PressedArea>,
    /// Pictures of the finished product, in the order of the design; each bears the key of its mockup.
    pub mockups: Vec<PressedArea>,
    /// What people should know though it can be printed (shrunk by 30 %, a soft photo); for a
    /// preview also what would stop the print.
    pub remarks: Vec<Problem>,
    /// Where the fields came to stand.
    pub spots: Vec<Spot>,
}

/// One picture.
#[derive(Debug, Clone, PartialEq)]
pub struct PressedArea {
    /// The area.
    pub area: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What kind of file.
    pub format: Format,
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
    /// Resolution written into the file.
    pub dpi: u32,
}

/// Draws every area of a design. All that stops it comes back at once.
pub fn press(job: &Job<'_>) -> Result<Pressed, Vec<Problem>> {
    Studio::new(job.design).press(job.values, job.photos, job.want)
}

/// The same text on two sides is one problem, not two.
fn add_new(known: &mut Vec<Problem>, found: Vec<Problem>) {
    for problem in found {
        if !known.contains(&problem) {
            known.push(problem);
        }
    }
}

/// The bytes of an area's drawing.
fn drawing<'a>(design: &'a Design, area: &Area) -> Result<&'a [u8], Problem> {
    let bytes = design.files.get(&area.file).map(Vec::as_slice);
    bytes.ok_or_else(|| {
        let kind = match area.kind {
            AreaKind::Drawing => "drawing",
            AreaKind::Finished => "picture",
        };
        let detail = format!("the {kind} {} is not in the folder", area.file);
        Problem::new(What::DesignFaulty, &*area.key, detail)
    })
}
