//! A laid-out drawing becomes pixels, handed on in strips.

use resvg::tiny_skia;
use usvg::tiny_skia_path::Transform;

use super::encode::{Sheet, StripSink};
use super::fonts::{FontNotes, Fonts};
use super::photo::Photo;
use super::pictures::Pictures;
use super::runs;
use super::xml::Element;

/// How many rows are handed on at once.
const STRIP_ROWS: usize = 64;

/// Lays out a drawing: text shaped, styles resolved, nothing fetched.
pub fn lay_out(
    root: &Element,
    fonts: &Fonts,
    pictures: &Pictures,
    notes: &FontNotes,
) -> Result<usvg::Tree, String> {
    let options = usvg::Options {
        resources_dir: None,
        font_family: "Open Sans".to_owned(),
        image_href_resolver: pictures.resolver(),
        font_resolver: notes.resolver(),
        fontdb: fonts.database(),
        ..usvg::Options::default()
    };
    let root = runs::divided(root, fonts);
    usvg::Tree::from_str(&root.write(), &options).map_err(|error| error.to_string())
}

/// Draws a tree and hands its rows on from the top.
pub fn paint(
    tree: &usvg::Tree,
    to_canvas: Transform,
    sheet: Sheet,
    sink: &mut dyn StripSink,
) -> Result<(), String> {
    let mut canvas = tiny_skia::Pixmap::new(sheet.width_px, sheet.height_px)
        .ok_or_else(|| format!("{} × {} px cannot be drawn", sheet.width_px, sheet.height_px))?;
    resvg::render(tree, to_canvas, &mut canvas.as_mut());
    sink.begin(sheet)?;
    let row_bytes = sheet.width_px as usize * 4;
    let mut straight = vec![0; row_bytes * STRIP_ROWS];
    for strip in canvas.data().chunks(row_bytes * STRIP_ROWS) {
        let straight = &mut straight[..strip.len()];
        for (to, from) in straight.as_chunks_mut::<4>().0.iter_mut().zip(strip.as_chunks().0) {
            *to = unpremultiplied(*from);
        }
        sink.strip(straight)?;
    }
    sink.end()
}

/// Hands on a finished picture as it is.
pub fn pass_on(picture: &Photo, sheet: Sheet, sink: &mut dyn StripSink) -> Result<(), String> {
    sink.begin(sheet)?;
    let row_bytes = sheet.width_px as usize * 4;
    for strip in picture.rgba.chunks(row_bytes * STRIP_ROWS) {
        let mut clean = strip.to_vec();
        for pixel in clean.as_chunks_mut::<4>().0 {
            if pixel[3] == 0 {
                *pixel = [0; 4];
            }
        }
        sink.strip(&clean)?;
    }
    sink.end()
}

/// Straight alpha, to the nearest; what cannot be seen is black, so that it packs well and no
/// garment printer lays white under it.
fn unpremultiplied(pixel: [u8; 4]) -> [u8; 4] {
    let alpha = u32::from(pixel[3]);
    match alpha {
        255 => pixel,
        0 => [0; 4],
        _ => {
            let straight = |channel: u8| {
                let value = (u32::from(channel) * 255 + alpha / 2) / alpha;
                u8::try_from(value).unwrap_or(u8::MAX)
            };
            let [red, green, blue, _] = pixel;
            [straight(red), straight(green), straight(blue), pixel[3]]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_straight_and_nothing_is_nothing() {
        assert_eq!(unpremultiplied([7, 7, 7, 0]), [0, 0, 0, 0]);
        assert_eq!(unpremultiplied([1, 2, 3, 255]), [1, 2, 3, 255]);
        assert_eq!(unpremultiplied([64, 0, 128, 128]), [128, 0, 255, 128]);
    }
}
