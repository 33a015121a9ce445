//! Where two pictures of the same thing differ.

use super::photo::{self, Photo};

/// What differs between two pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// A PNG of the new picture, pale, with everything that differs in red.
    pub picture: Vec<u8>,
    /// How many pixels of a thousand differ, at least 1; 1000 where the sizes do.
    pub permille: u32,
}

/// Compares two pictures in memory; `None` where every pixel is alike.
pub fn of(old: &[u8], new: &[u8]) -> Result<Option<Difference>, String> {
    if old == new {
        return Ok(None);
    }
    of_pixels(&photo::decode(old)?, photo::decode(new)?)
}

/// The same of pictures that are decoded.
pub fn of_pixels(old: &Photo, mut new: Photo) -> Result<Option<Difference>, String> {
    let is_same_size = (old.width_px, old.height_px) == (new.width_px, new.height_px);
    let (before, _) = old.rgba.as_chunks::<4>();
    let mut differing = 0_u64;
    let (pixels, _) = new.rgba.as_chunks_mut::<4>();
    let all = pixels.len() as u64;
    for (at, pixel) in pixels.iter_mut().enumerate() {
        // What is transparent in both is alike, whatever colour it would have.
        let is_same =
            is_same_size && (before[at] == *pixel || (before[at][3] == 0 && pixel[3] == 0));
        if is_same {
            *pixel = pale(*pixel);
        } else {
            differing += 1;
            *pixel = [214, 40, 40, 255];
        }
    }
    if differing == 0 {
        return Ok(None);
    }
    let permille = u32::try_from(differing * 1_000 / all.max(1)).unwrap_or(1_000).max(1);
    Ok(Some(Difference { picture: packed(&new)?, permille }))
}

fn packed(picture: &Photo) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width_px, picture.height_px);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer.write_image_data(&picture.rgba).map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Upon white, in a quarter of its strength, so that red stands out on every colour.
fn pale([r, g, b, alpha]: [u8; 4]) -> [u8; 4] {
    let part = |channel: u8| {
        let on_white = 255 - u32::from(alpha) * (255 - u32::from(channel)) / 255;
        u8::try_from(255 - (255 - on_white) / 4).unwrap_or(u8::MAX)
    };
    [part(r), part(g), part(b), 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(pixels: &[[u8; 4]]) -> Photo {
        let width_px = u32::try_from(pixels.len()).unwrap();
        Photo { width_px, height_px: 1, rgba: pixels.concat() }
    }

    #[test]
    fn what_differs_is_red_and_counted() {
        let old = picture(&[[0, 0, 0, 255], [9, 9, 9, 0], [1, 2, 3, 255], [5, 5, 5, 255]]);
        let new = picture(&[[0, 0, 0, 255], [0, 0, 0, 0], [1, 2, 4, 255], [5, 5, 5, 255]]);
        let found = of_pixels(&old, new).unwrap().unwrap();
        assert_eq!(found.permille, 250);
        let drawn = photo::decode(&found.picture).unwrap();
        assert_eq!(drawn.rgba[8..12], [214, 40, 40, 255]);
        assert_eq!(drawn.rgba[4..8], [255, 255, 255, 255]);
        assert_eq!(of_pixels(&old, old.clone()).unwrap(), None);
        let other = picture(&[[0, 0, 0, 255]]);
        assert_eq!(of_pixels(&old, other).unwrap().unwrap().permille, 1_000);
    }
}
