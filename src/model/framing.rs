//! How a photo stands in its frame, as people move it: so far to the side, so far down, so much larger.
//!
//! A [`Crop`] says which part of a photo is wanted; the frame cuts that to its own shape. A framing is
//! the same in the words of an editor, and needs the shapes of both to be turned into the other.

use super::value::Crop;

/// Where a photo stands in its frame. 50, 50 and 100 show as much as fits, from the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Framing {
    /// Per cent of what hangs over that is cut off on the left; 0 to 100.
    pub x: f64,
    /// The same at the top.
    pub y: f64,
    /// Per cent of the smallest size that fills the frame; 100 to [`ZOOM_MAX`].
    pub zoom: f64,
}

/// Largest enlargement, in per cent.
pub const ZOOM_MAX: f64 = 1000.0;

/// Shapes of a photo and of its frame, width by height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shapes {
    /// Of the upright photo.
    pub photo: f64,
    /// Of the frame.
    pub frame: f64,
}

impl Default for Framing {
    fn default() -> Framing {
        Framing { x: 50.0, y: 50.0, zoom: 100.0 }
    }
}

impl Shapes {
    /// From two sizes; `None` if one of them has no area.
    pub fn new(photo: (u32, u32), frame: (u32, u32)) -> Option<Shapes> {
        let shape = |(width, height): (u32, u32)| {
            (0 < width && 0 < height).then(|| f64::from(width) / f64::from(height))
        };
        Some(Shapes { photo: shape(photo)?, frame: shape(frame)? })
    }

    /// Which shares of the photo's width and height fill the frame at its smallest size.
    fn whole(self) -> (f64, f64) {
        let ratio = self.frame / self.photo;
        if 1.0 <= ratio { (1.0, 1.0 / ratio) } else { (ratio, 1.0) }
    }
}

impl Framing {
    /// With every number where it may be; what is no number counts as the middle.
    pub fn clamped(self) -> Framing {
        let within = |number: f64, low: f64, high: f64, other: f64| {
            if number.is_finite() { number.clamp(low, high) } else { other }
        };
        Framing {
            x: within(self.x, 0.0, 100.0, 50.0),
            y: within(self.y, 0.0, 100.0, 50.0),
            zoom: within(self.zoom, 100.0, ZOOM_MAX, 100.0),
        }
    }

    /// The part of the photo; `None` where nothing was moved, so that an untouched photo stays so.
    pub fn crop(self, shapes: Shapes) -> Option<Crop> {
        let framing = self.clamped();
        if framing == Framing::default() {
            return None;
        }
        let (whole_width, whole_height) = shapes.whole();
        let (width, height) =
            (whole_width * 100.0 / framing.zoom, whole_height * 100.0 / framing.zoom);
        // In range: every share lies between 0 and 1.
        let thousandths = |share: f64| (share * 1000.0).round().clamp(0.0, 1000.0) as u16;
        let (width_1000, height_1000) = (thousandths(width).max(1), thousandths(height).max(1));
        Some(Crop {
            left: thousandths((1.0 - width) * framing.x / 100.0).min(1000 - width_1000),
            top: thousandths((1.0 - height) * framing.y / 100.0).min(1000 - height_1000),
            width: width_1000,
            height: height_1000,
        })
    }

    /// How a part of a photo stands in its frame.
    pub fn of(crop: Option<Crop>, shapes: Shapes) -> Framing {
        let Some(crop) = crop else {
            return Framing::default();
        };
        let share = |thousandths: u16| f64::from(thousandths) / 1000.0;
        let (whole_width, whole_height) = shapes.whole();
        let (width, height) = (share(crop.width.max(1)), share(crop.height.max(1)));
        let (across, down) = (width / whole_width, height / whole_height);
        // A part that was made here has the shape of the frame, but for its rounding and that of the
        // frame to pixels: then its edges are as they were typed, and going back and forth moves nothing.
        let is_framed = (across - down).abs() < 0.015 / whole_width.min(whole_height);
        let scale = match (is_framed, whole_height <= whole_width) {
            (true, true) => across,
            (true, false) => down,
            (false, _) => across.min(down),
        };
        let scale = scale.clamp(1e-3, 1.0);
        // The frame shows the middle of any other part, cut to its own shape.
        let place = |start: f64, length: f64, whole: f64| {
            let shown = if is_framed { length } else { whole * scale };
            let free = 1.0 - shown;
            let at = start + (length - shown) / 2.0;
            if free < 1e-6 { 50.0 } else { at / free * 100.0 }
        };
        Framing {
            x: place(share(crop.left), width, whole_width),
            y: place(share(crop.top), height, whole_height),
            zoom: 100.0 / scale,
        }
        .clamped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE_IN_SQUARE: Shapes = Shapes { photo: 1.5, frame: 1.0 };

    #[test]
    fn a_framing_is_a_part_and_back() {
        let check = |shapes: Shapes, framing: Framing, expected: (u16, u16, u16, u16)| {
            let crop = framing.crop(shapes).unwrap();
            assert_eq!((crop.left, crop.top, crop.width, crop.height), expected);
            let back = Framing::of(Some(crop), shapes);
            let is_near = |a: f64, b: f64, by: f64| (a - b).abs() < by;
            assert!(is_near(back.zoom, framing.zoom, 1.0), "{back:?}");
            assert!(is_near(back.x, framing.x, 1.0), "{back:?}");
        };
        // A wide photo in a square: as high as the frame, a third hangs over.
        check(WIDE_IN_SQUARE, Framing { x: 0.0, y: 50.0, zoom: 100.0 }, (0, 0, 667, 1000));
        check(WIDE_IN_SQUARE, Framing { x: 100.0, y: 50.0, zoom: 100.0 }, (333, 0, 667, 1000));
        check(WIDE_IN_SQUARE, Framing { x: 50.0, y: 0.0, zoom: 200.0 }, (333, 0, 333, 500));
        let high = Shapes { photo: 0.5, frame: 1.0 };
        check(high, Framing { x: 50.0, y: 100.0, zoom: 100.0 }, (0, 500, 1000, 500));
    }

    #[test]
    fn going_back_and_forth_moves_nothing() {
        let shapes = Shapes { photo: 1.0, frame: 181.0 / 180.0 };
        for (x, zoom) in [(100.0, 121.0), (0.0, 110.0), (37.5, 333.0)] {
            let first = Framing { x, y: 50.0, zoom }.crop(shapes);
            let again = Framing::of(first, shapes);
            let of = |crop: Option<Crop>| crop.map(|crop| (crop.left, crop.width));
            assert_eq!(of(again.crop(shapes)), of(first));
            assert!((again.x - x).abs() < 0.5, "{again:?}");
        }
    }

    #[test]
    fn what_was_not_moved_stays_whole_and_nonsense_is_the_middle() {
        assert_eq!(Framing::default().crop(WIDE_IN_SQUARE), None);
        assert_eq!(Framing::of(None, WIDE_IN_SQUARE), Framing::default());
        let nonsense = Framing { x: f64::NAN, y: -4.0, zoom: 1e9 };
        assert_eq!(nonsense.clamped(), Framing { x: 50.0, y: 0.0, zoom: ZOOM_MAX });
        assert_eq!(Shapes::new((0, 4), (1, 1)), None);
        let tiny = Crop { left: 999, top: 999, width: 0, height: 0 };
        let framing = Framing::of(Some(tiny), WIDE_IN_SQUARE);
        assert!(framing.zoom <= ZOOM_MAX);
    }
}
