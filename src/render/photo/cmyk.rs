//! JPEGs that count the inks of printing plates instead of light (CMYK, and YCCK, its packed form).
//!
//! With a profile the inks are what it says they look like; without one each takes away its own light,
//! as every viewer shows them.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Decodes the inks of a JPEG into sRGB; its size was looked at before.
pub fn decode(
    bytes: &[u8],
    is_adobe: bool,
    profile: Option<&[u8]>,
) -> Result<image::RgbaImage, String> {
    let (width, height, mut inks) = inks(bytes, is_adobe)?;
    if !profile.is_some_and(|profile| by_profile(&mut inks, profile)) {
        inks.as_chunks_mut::<4>().0.iter_mut().for_each(to_light);
    }
    image::RgbaImage::from_raw(width, height, inks)
        .ok_or_else(|| "it has not as many pixels as it says".to_owned())
}

/// Four bytes a pixel: cyan, magenta, yellow and black, 255 is all of it.
fn inks(bytes: &[u8], is_adobe: bool) -> Result<(u32, u32, Vec<u8>), String> {
    let unreadable =
        |error: zune_jpeg::errors::DecodeErrors| format!("it is damaged or incomplete: {error:?}");
    let options = DecoderOptions::default()
        .set_max_width(super::SIDE_PX_MAX as usize)
        .set_max_height(super::SIDE_PX_MAX as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(unreadable)?;
    let space = decoder.input_colorspace().unwrap_or(ColorSpace::CMYK);
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let mut stored = decoder.decode().map_err(unreadable)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    for pixel in stored.as_chunks_mut::<4>().0 {
        if space == ColorSpace::YCCK {
            // Packed like light, it gives the inks themselves.
            let [red, green, blue] = light([pixel[0], pixel[1], pixel[2]]);
            *pixel = [red, green, blue, 255 - pixel[3]];
        } else if is_adobe {
            // Adobe, and so nearly everybody, stores what is left of the paper.
            *pixel = pixel.map(|level| 255 - level);
        }
    }
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Ok((side(width), side(height), stored))
}

/// YCbCr of JFIF as red, green and blue.
fn light([luma, blue_off, red_off]: [u8; 3]) -> [u8; 3] {
    let (luma, blue, red) =
        (f32::from(luma), f32::from(blue_off) - 128.0, f32::from(red_off) - 128.0);
    let level = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    [
        level(luma + 1.402 * red),
        level(luma - 0.344_136 * blue - 0.714_136 * red),
        level(luma + 1.772 * blue),
    ]
}

/// What is seen of inks without a profile.
fn to_light(pixel: &mut [u8; 4]) {
    let [cyan, magenta, yellow, black] = pixel.map(|ink| 255 - u32::from(ink));
    let left = |paper: u32| u8::try_from((paper * black + 127) / 255).unwrap_or(u8::MAX);
    *pixel = [left(cyan), left(magenta), left(yellow), 255];
}

/// Converts by the picture's own profile; whether it could be done.
fn by_profile(inks: &mut [u8], profile: &[u8]) -> bool {
    use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
    let Ok(source) = ColorProfile::new_from_slice(profile) else { return false };
    if source.color_space != DataColorSpace::Cmyk {
        return false;
    }
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let made = source.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options);
    let Ok(transform) = made else { return false };
    let mut seen = vec![0; inks.len()];
    if transform.transform(inks, &mut seen).is_err() {
        return false;
    }
    for (ink, seen) in inks.as_chunks_mut::<4>().0.iter_mut().zip(seen.as_chunks::<4>().0) {
        *ink = [seen[0], seen[1], seen[2], 255];
    }
    true
}
