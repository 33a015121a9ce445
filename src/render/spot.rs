//! Where the fields came to stand in a picture, and how well they stand there: what an editor shows.

use usvg::tiny_skia_path::Rect;

use super::encode::Sheet;

/// One field, or one text of the drawing itself, in the picture of one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The area.
    pub area: String,
    /// The field's key; for a text of the drawing itself its words.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// How it stands.
    pub measure: Measure,
}

/// A box in thousandths of the picture's width and height; what hangs over is outside 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Left edge.
    pub left: i32,
    /// Top edge.
    pub top: i32,
    /// Right edge.
    pub right: i32,
    /// Bottom edge.
    pub bottom: i32,
}

/// How something stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A text, at this part of the size it was drawn with.
    Text {
        /// 100 is as drawn.
        percent: u32,
    },
    /// A photo.
    Photo {
        /// Pixels of the photo for one inch of the print.
        dpi: u32,
        /// Width of the photo as it is laid.
        photo_width_px: u32,
        /// Height of the photo as it is laid.
        photo_height_px: u32,
        /// Width of its frame in the picture.
        frame_width_px: u32,
        /// Height of its frame in the picture.
        frame_height_px: u32,
    },
    /// A text that belongs to the drawing.
    Own,
}

impl Place {
    /// A box on a sheet.
    pub(super) fn on(sheet: Sheet, rect: Rect) -> Place {
        // In range: what is further away than ten sheets is not told apart.
        let part = |at: f32, of: u32| (at / of as f32 * 1000.0).round().clamp(-1e4, 1e4) as i32;
        Place {
            left: part(rect.left(), sheet.width_px),
            top: part(rect.top(), sheet.height_px),
            right: part(rect.right(), sheet.width_px),
            bottom: part(rect.bottom(), sheet.height_px),
        }
    }
}
