//! The press: turns a design and values into print files, in child processes behind walls.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::model::design::{Design, Format};
use crate::model::id::Hash;
use crate::model::problem::Problem;
use crate::model::value::Values;

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct PressJob {
    /// The design version, with its drawings and fonts.
    pub design: Arc<Design>,
    /// What fills its fields, already accepted by them.
    pub values: Values,
    /// The bytes of every photo that `values` names.
    pub photos: BTreeMap<Hash, Arc<Vec<u8>>>,
    /// For what.
    pub want: Want,
}

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
}

/// What came off the press.
#[derive(Debug, Clone, PartialEq)]
pub struct Pressed {
    /// One picture for each area, in the order of the design.
    pub areas: Vec<PressedArea>,
    /// What people should know though it can be printed (shrunk by 30 %, a soft photo); for a
    /// preview also what would stop the print.
    pub remarks: Vec<Problem>,
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

/// Why nothing came off the press.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PressError {
    /// These values cannot be printed; drawing again gets the same answer.
    #[error("cannot be printed: {}", .0.iter().map(Problem::sentence).collect::<Vec<_>>().join("; "))]
    Problems(Vec<Problem>),
    /// The child died or took too long: a failed attempt.
    #[error("the render child ended: {0}")]
    Died(String),
    /// The walls do not hold on this machine, so nothing is drawn.
    #[error("rendering is off: {0}")]
    Off(String),
}

/// Draws.
#[async_trait]
pub trait Press: Send + Sync {
    /// Draws every area of the design. The same job gives the same bytes.
    async fn draw(&self, job: PressJob) -> Result<Pressed, PressError>;
}
