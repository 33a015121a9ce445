//! Prints are laid onto a photograph of the product: four corners, and a map of its light and shade.
//!
//! What is shown is a help for people; it is never printed.

use super::encode::{FileSink, Finish, Sheet, StripSink};
use super::photo::{self, Part, Photo};
use crate::model::design::{Area, Design, Format, Mockup, MockupPlace};

/// Written into a picture that is only looked at.
pub const SCREEN_DPI: u32 = 72;
/// Of the JPEG.
const QUALITY: u8 = 88;
/// Each pixel is looked at in so many places across and down.
const LOOKS: u32 = 2;

/// A photograph with its light and shade, at the size that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Backdrop {
    picture: Photo,
    shade: Option<Photo>,
    /// Pixels of it for one pixel of the photograph as it is kept.
    scale: f64,
}

impl Backdrop {
    /// Reads the pictures of a mockup, made smaller if they are wider than this.
    pub fn read(design: &Design, mockup: &Mockup, width_px: u32) -> Result<Backdrop, String> {
        let picture = picture(design, &mockup.picture)?;
        let shade = mockup.shade.as_deref().map(|path| picture_of_shade(design, path, &picture));
        let shade = shade.transpose()?;
        let scale = (f64::from(width_px) / f64::from(picture.width_px)).min(1.0);
        let smaller = |one: Photo| {
            if 1.0 <= scale {
                return Ok(one);
            }
            let height = (f64::from(one.height_px) * scale).round().max(1.0);
            let whole = Part {
                left: 0.0,
                top: 0.0,
                width: f64::from(one.width_px),
                height: f64::from(one.height_px),
            };
            // In range: smaller than the picture, whose sides are numbers of this kind.
            one.resized(whole, width_px, height as u32)
        };
        let shade = shade.map(smaller).transpose()?;
        Ok(Backdrop { picture: smaller(picture)?, shade, scale })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.picture.width_px, self.picture.height_px)
    }

    /// How wide an area has to be drawn to be laid there without loss.
    pub fn width_of(&self, place: &MockupPlace, area: &Area) -> u32 {
        let [a, b, c, d] = place.corners;
        let length = |from: (f64, f64), to: (f64, f64)| (to.0 - from.0).hypot(to.1 - from.1);
        let canvas = area.canvas();
        let sides = f64::from(canvas.height_px) / f64::from(canvas.width_px);
        let across = length(a, b).max(length(d, c));
        let down = length(b, c).max(length(a, d)) / sides;
        let wanted = (across.max(down) * self.scale).ceil();
        // In range: clamped to what a picture for people may have.
        wanted.clamp(16.0, f64::from(canvas.width_px.min(4_000)).max(16.0)) as u32
    }

    /// Lays an area, as it was drawn, onto its place.
    pub fn lay(&mut self, place: &MockupPlace, area: &Area, print: &Photo) {
        let corners = place.corners.map(|(x, y)| (x * self.scale, y * self.scale));
        let Some(onto_print) = Projection::from_corners(corners) else { return };
        let cut = Cut::of(area);
        let print = Inked::of(print);
        let (width, height) = self.size();
        let [left, right] = range(corners.map(|corner| corner.0), width);
        let [top, bottom] = range(corners.map(|corner| corner.1), height);
        for y in top..bottom {
            for x in left..right {
                let mut ink = [0.0_f32; 4];
                for look in 0..LOOKS * LOOKS {
                    let part = |nth: u32| (f64::from(nth) + 0.5) / f64::from(LOOKS);
                    let (dx, dy) = (part(look % LOOKS), part(look / LOOKS));
                    let at = onto_print.at(f64::from(x) + dx, f64::from(y) + dy);
                    if let Some((u, v)) = at.and_then(|at| cut.on_print(at)) {
                        let seen = print.at(u, v);
                        ink.iter_mut().zip(seen).for_each(|(sum, one)| *sum += one);
                    }
                }
                if 0.0 < ink[3] {
                    self.colour((x, y), ink.map(|sum| sum / (LOOKS * LOOKS) as f32));
                }
            }
        }
    }

    /// Puts ink onto one pixel, as the light falls there.
    fn colour(&mut self, (x, y): (u32, u32), ink: [f32; 4]) {
        let at = (y as usize * self.picture.width_px as usize + x as usize) * 4;
        let (light, mask) = match &self.shade {
            None => (1.0, 1.0),
            Some(shade) => {
                let [red, green, blue, alpha] =
                    [0, 1, 2, 3].map(|nth| f32::from(shade.rgba[at + nth]) / 255.0);
                (0.2126 * red + 0.7152 * green + 0.0722 * blue, alpha)
            }
        };
        let cover = ink[3] * mask;
        for (channel, ink) in self.picture.rgba[at..at + 3].iter_mut().zip(ink) {
            let ground = f32::from(*channel) / 255.0;
            let mixed = ink * mask * light + ground * (1.0 - cover);
            // In range: clamped before.
            *channel = (mixed.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }

    /// The picture as a JPEG, with its size.
    pub fn file(&self) -> Result<(Vec<u8>, u32, u32), String> {
        let (width_px, height_px) = self.size();
        let mut sink =
            FileSink::new(Finish { format: Format::Jpeg, background: None, quality: QUALITY });
        sink.begin(Sheet { width_px, height_px, dpi: SCREEN_DPI })?;
        sink.strip(&self.picture.rgba)?;
        sink.end()?;
        Ok((sink.into_bytes(), width_px, height_px))
    }
}

fn picture(design: &Design, path: &str) -> Result<Photo, String> {
    let bytes = design.files.get(path);
    let bytes = bytes.ok_or_else(|| format!("the picture {path} is not in the folder"))?;
    photo::decode(bytes).map_err(|why| format!("{path} cannot be read: {why}"))
}

fn picture_of_shade(design: &Design, path: &str, of: &Photo) -> Result<Photo, String> {
    let shade = picture(design, path)?;
    let size = (shade.width_px, shade.height_px);
    match size == (of.width_px, of.height_px) {
        true => Ok(shade),
        false => Err(format!(
            "{path} has {} × {} px, but the picture that it shades has {} × {}",
            size.0, size.1, of.width_px, of.height_px
        )),
    }
}

/// From the least to the greatest of these, in whole pixels of the picture.
fn range(edges: [f64; 4], size: u32) -> [u32; 2] {
    let least = edges.into_iter().fold(f64::INFINITY, f64::min).floor();
    let most = edges.into_iter().fold(f64::NEG_INFINITY, f64::max).ceil();
    // In range: clamped to the picture.
    [least, most].map(|edge| edge.clamp(0.0, f64::from(size)) as u32)
}

/// What is left of an area after the cut, in parts of its width and height.
struct Cut {
    x: f64,
    y: f64,
}

impl Cut {
    fn of(area: &Area) -> Cut {
        let bleed_uin = f64::from(area.bleed_mil) * 1000.0;
        Cut {
            x: bleed_uin / area.size.width_uin as f64,
            y: bleed_uin / area.size.height_uin as f64,
        }
    }

    /// A point of what is left, as one of the whole; nothing where it is outside.
    fn on_print(&self, (u, v): (f64, f64)) -> Option<(f64, f64)> {
        let is_inside = (0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v);
        is_inside.then_some((self.x + u * (1.0 - 2.0 * self.x), self.y + v * (1.0 - 2.0 * self.y)))
    }
}

/// A print with its colours multiplied by their opacity, so that they can be mixed.
struct Inked {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 4]>,
}

impl Inked {
    fn of(print: &Photo) -> Inked {
        let pixels = print.rgba.as_chunks::<4>().0.iter().map(|pixel| {
            let [red, green, blue, alpha] = pixel.map(|channel| f32::from(channel) / 255.0);
            [red * alpha, green * alpha, blue * alpha, alpha]
        });
        Inked {
            width: print.width_px as usize,
            height: print.height_px as usize,
            pixels: pixels.collect(),
        }
    }

    /// Mixed from the four pixels around a point, given in parts of width and height.
    fn at(&self, u: f64, v: f64) -> [f32; 4] {
        let place = |part: f64, size: usize| {
            let at = (part * size as f64 - 0.5).clamp(0.0, (size - 1) as f64);
            // In range: clamped to the print.
            let first = at.floor() as usize;
            (first, (first + 1).min(size - 1), (at - at.floor()) as f32)
        };
        let (left, right, x) = place(u, self.width);
        let (top, bottom, y) = place(v, self.height);
        let pixel = |x: usize, y: usize| self.pixels[y * self.width + x];
        let mix = |a: [f32; 4], b: [f32; 4], part: f32| {
            [0, 1, 2, 3].map(|nth| a[nth] + (b[nth] - a[nth]) * part)
        };
        let above = mix(pixel(left, top), pixel(right, top), x);
        let below = mix(pixel(left, bottom), pixel(right, bottom), x);
        mix(above, below, y)
    }
}

/// From a picture's pixels to the unit square that was laid onto four corners.
struct Projection([f64; 9]);

impl Projection {
    /// The inverse of the square-to-quadrilateral mapping of P. Heckbert, “Fundamentals of Texture
    /// Mapping and Image Warping” (1989), section 2.2.3.
    fn from_corners(corners: [(f64, f64); 4]) -> Option<Projection> {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = corners;
        let (dx1, dx2, dx3) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, dy3) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let below = dx1 * dy2 - dx2 * dy1;
        let g = (dx3 * dy2 - dx2 * dy3) / below;
        let h = (dx1 * dy3 - dx3 * dy1) / below;
        let (a, b, c) = (x1 - x0 + g * x1, x3 - x0 + h * x3, x0);
        let (d, e, f) = (y1 - y0 + g * y1, y3 - y0 + h * y3, y0);
        let inverse = [
            e - f * h,
            c * h - b,
            b * f - c * e,
            f * g - d,
            a - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        inverse.iter().all(|one| one.is_finite()).then_some(Projection(inverse))
    }

    /// Where a point of the picture lies on the square; nothing beyond its horizon.
    fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let depth = g * x + h * y + i;
        let (u, v) = ((a * x + b * y + c) / depth, (d * x + e * y + f) / depth);
        (u.is_finite() && v.is_finite()).then_some((u, v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_become_those_of_the_square() {
        let corners = [(10.0, 20.0), (110.0, 30.0), (100.0, 140.0), (5.0, 120.0)];
        let projection = Projection::from_corners(corners).unwrap();
        for (corner, expected) in corners.into_iter().zip([(0., 0.), (1., 0.), (1., 1.), (0., 1.)])
        {
            let (u, v) = projection.at(corner.0, corner.1).unwrap();
            assert!((u - expected.0).abs() < 1e-9 && (v - expected.1).abs() < 1e-9, "{u} {v}");
        }
    }

    #[test]
    fn a_point_between_pixels_is_mixed_of_them() {
        let rgba = vec![255, 0, 0, 255, 0, 0, 255, 255];
        let inked = Inked::of(&Photo { width_px: 2, height_px: 1, rgba });
        assert_eq!(inked.at(0.5, 0.5), [0.5, 0.0, 0.5, 1.0]);
        assert_eq!(inked.at(0.0, 0.5), [1.0, 0.0, 0.0, 1.0]);
    }
}
