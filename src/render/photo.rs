//! Pictures of customers and designs: headers looked at first, then decoded, turned, made sRGB.
//!
//! A photo leaves this file upright, in sRGB, with eight bits a channel, and without metadata.

use fast_image_resize as fir;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::model::value::{Crop, Turn};

mod cmyk;

/// Of a JPEG within a drawing.
const PACKED_QUALITY: u8 = 95;
/// Most bytes of a picture (R81).
pub const BYTES_MAX: usize = 50 * 1024 * 1024;
/// Most pixels on one side of a picture.
pub const SIDE_PX_MAX: u32 = 12_000;
/// Most pixels of a picture.
pub const PIXELS_MAX: u64 = 100_000_000;
/// Most memory a decoder may take for one picture.
const ALLOC_BYTES_MAX: u64 = 900 * 1024 * 1024;

/// A decoded picture: straight RGBA.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
    /// Four bytes a pixel, rows from the top.
    pub rgba: Vec<u8>,
}

/// A part of a picture in its own pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Decodes a picture; the message says why it cannot be printed.
pub fn decode(bytes: &[u8]) -> Result<Photo, String> {
    if BYTES_MAX < bytes.len() {
        return Err(format!("the file has {} MB, at most 50 are read", bytes.len() >> 20));
    }
    let format = format_of(bytes)?;
    let inks = match format {
        ImageFormat::Jpeg => check_jpeg(bytes)?,
        _ => Inks::Light,
    };
    // A decoder that breaks over a damaged file breaks over it every time: that is an answer, and
    // not a reason to try again.
    let decoded = std::panic::catch_unwind(|| decode_as(bytes, format, inks));
    decoded.unwrap_or_else(|_| Err("it is damaged: its parts contradict each other".to_owned()))
}

fn decode_as(bytes: &[u8], format: ImageFormat, inks: Inks) -> Result<Photo, String> {
    let mut reader = ImageReader::with_format(std::io::Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| unreadable(&error))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let profile = decoder.icc_profile().ok().flatten();
    let turn = decoder.orientation().map_err(|error| unreadable(&error))?;
    let mut picture = match inks {
        Inks::Light => DynamicImage::from_decoder(decoder).map_err(|error| unreadable(&error))?,
        Inks::Four { is_adobe } => {
            DynamicImage::ImageRgba8(cmyk::decode(bytes, is_adobe, profile.as_deref())?)
        }
    };
    picture.apply_orientation(turn);
    let mut rgba = picture.into_rgba8();
    if let Some(profile) = profile.filter(|_| inks == Inks::Light) {
        to_srgb(&mut rgba, &profile);
    }
    Ok(Photo { width_px: rgba.width(), height_px: rgba.height(), rgba: rgba.into_raw() })
}

/// The pixels of a picture as its header says, before anything is decoded.
pub fn size(bytes: &[u8]) -> Result<(u32, u32), String> {
    let format = format_of(bytes)?;
    let read = std::panic::catch_unwind(|| {
        let reader = ImageReader::with_format(std::io::Cursor::new(bytes), format);
        reader.into_dimensions().map_err(|error| unreadable(&error))
    });
    read.unwrap_or_else(|_| Err("it is damaged: its parts contradict each other".to_owned()))
}

/// By the first bytes alone; names and declared types are the sender's word only.
fn format_of(bytes: &[u8]) -> Result<ImageFormat, String> {
    let unknown = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => return Ok(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => return Ok(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            return Ok(ImageFormat::WebP);
        }
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', ..] => "it is HEIC, save it as JPEG",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', ..] => "it is AVIF, save it as JPEG",
        [b'G', b'I', b'F', b'8', ..] => "it is GIF, which has too few colours; send a JPEG or PNG",
        [b'%', b'P', b'D', b'F', ..] => "it is PDF, save it as JPEG or PNG",
        _ => "it is neither JPEG, PNG nor WebP",
    };
    Err(unknown.to_owned())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PX_MAX);
    limits.max_image_height = Some(SIDE_PX_MAX);
    limits.max_alloc = Some(ALLOC_BYTES_MAX);
    limits
}

fn check_size(width_px: u32, height_px: u32) -> Result<(), String> {
    let pixels = u64::from(width_px) * u64::from(height_px);
    let is_small = width_px <= SIDE_PX_MAX && height_px <= SIDE_PX_MAX && pixels <= PIXELS_MAX;
    if is_small {
        return Ok(());
    }
    Err(format!(
        "it has {width_px} × {height_px} pixels; at most {SIDE_PX_MAX} on a side and {} million in all are read",
        PIXELS_MAX / 1_000_000
    ))
}

fn unreadable(error: &image::ImageError) -> String {
    match error {
        image::ImageError::Limits(_) => {
            format!("it is too large; at most {SIDE_PX_MAX} pixels on a side are read")
        }
        image::ImageError::Decoding(_)
        | image::ImageError::Encoding(_)
        | image::ImageError::Parameter(_)
        | image::ImageError::Unsupported(_)
        | image::ImageError::IoError(_) => format!("it is damaged or incomplete: {error}"),
    }
}

/// What the numbers of a picture count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inks {
    /// Light, as a screen gives it.
    Light,
    /// The four inks of printing plates.
    Four {
        /// Whether Adobe's own segment stands before the picture.
        is_adobe: bool,
    },
}

/// Refuses what the decoder would print as grey because it is cut off; tells what the others count.
fn check_jpeg(bytes: &[u8]) -> Result<Inks, String> {
    const CUT_OFF: &str = "it is cut off: the end of the file is missing";
    let (mut at, mut has_four, mut is_adobe) = (2, false, false);
    loop {
        let Some([0xFF, marker]) = bytes.get(at..at + 2) else {
            return Err(CUT_OFF.to_owned());
        };
        if *marker == 0xFF {
            at += 1;
            continue;
        }
        let Some([high, low]) = bytes.get(at + 2..at + 4) else {
            return Err(CUT_OFF.to_owned());
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        match marker {
            // Start of scan: what follows is coded so that FF D9 can only be the end.
            0xDA => {
                let rest = bytes.get(at + 2 + length..).unwrap_or_default();
                let has_end = rest.windows(2).any(|pair| pair == [0xFF, 0xD9]);
                let inks = if has_four { Inks::Four { is_adobe } } else { Inks::Light };
                return has_end.then_some(inks).ok_or(CUT_OFF.to_owned());
            }
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB if bytes.get(at + 9) == Some(&4) => {
                has_four = true;
                at += 2 + length;
            }
            0xEE if bytes.get(at + 4..at + 9) == Some(b"Adobe") => {
                is_adobe = true;
                at += 2 + length;
            }
            _ => at += 2 + length,
        }
    }
}

/// Converts by the picture's own profile; one that cannot be read or is not for RGB is ignored,
/// as every viewer does.
fn to_srgb(picture: &mut image::RgbaImage, profile: &[u8]) {
    let Ok(source) = moxcms::ColorProfile::new_from_slice(profile) else {
        return;
    };
    if source.color_space != moxcms::DataColorSpace::Rgb {
        return;
    }
    let options = moxcms::TransformOptions::default();
    let srgb = moxcms::ColorProfile::new_srgb();
    let made =
        source.create_transform_8bit(moxcms::Layout::Rgba, &srgb, moxcms::Layout::Rgba, options);
    let Ok(transform) = made else {
        return;
    };
    if leaves_as_it_is(&*transform) {
        return;
    }
    let row_bytes = picture.width() as usize * 4;
    let mut converted = vec![0; row_bytes];
    for row in picture.chunks_exact_mut(row_bytes.max(1)) {
        if transform.transform(row, &mut converted).is_ok() {
            row.copy_from_slice(&converted);
        }
    }
}

/// Whether a profile is that of sRGB itself, as in most photos: then nothing is to be done, and
/// doing it would cost more than all the rest.
fn leaves_as_it_is(transform: &moxcms::Transform8BitExecutor) -> bool {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let mut sample = Vec::new();
    for red in STEPS {
        for green in STEPS {
            sample.extend(STEPS.iter().flat_map(|blue| [red, green, *blue, 255]));
        }
    }
    let mut converted = vec![0; sample.len()];
    let is_done = transform.transform(&sample, &mut converted).is_ok();
    is_done && sample.iter().zip(&converted).all(|(a, b)| a.abs_diff(*b) <= 1)
}

impl Photo {
    /// Width and height as it is laid.
    pub fn laid_size(&self, turn: Turn) -> (u32, u32) {
        turn.size((self.width_px, self.height_px))
    }

    /// The part that was chosen, in pixels of the picture as it is laid.
    pub fn chosen(&self, (turn, crop): (Turn, Option<Crop>)) -> Part {
        let whole = Crop { left: 0, top: 0, width: 1000, height: 1000 };
        let crop = crop.unwrap_or(whole);
        let (width, height) = self.laid_size(turn);
        let (width, height) = (f64::from(width), f64::from(height));
        let share = |thousandths: u16| f64::from(thousandths.min(1000)) / 1000.0;
        let left = share(crop.left.min(999)) * width;
        let top = share(crop.top.min(999)) * height;
        Part {
            left,
            top,
            width: (share(crop.width.max(1)) * width).min(width - left),
            height: (share(crop.height.max(1)) * height).min(height - top),
        }
    }

    /// The part that covers a place of this shape, within the crop that was chosen; in pixels of the
    /// picture as it is laid.
    pub fn covering(
        &self,
        laid: (Turn, Option<Crop>),
        place_width: f64,
        place_height: f64,
    ) -> Part {
        let Part { left, top, width: chosen_width, height: chosen_height } = self.chosen(laid);
        let scale = (place_width / chosen_width).max(place_height / chosen_height);
        let part_width = (place_width / scale).min(chosen_width);
        let part_height = (place_height / scale).min(chosen_height);
        Part {
            left: left + (chosen_width - part_width) / 2.0,
            top: top + (chosen_height - part_height) / 2.0,
            width: part_width,
            height: part_height,
        }
    }

    /// A part of the picture as it is laid, at another size. The few pixels that are shown are turned,
    /// not the many that were taken.
    pub fn laid(
        &self,
        turn: Turn,
        part: Part,
        width_px: u32,
        height_px: u32,
    ) -> Result<Photo, String> {
        let (width, height) = self.laid_size(turn);
        let upright = upright(turn, part, (width.into(), height.into()));
        let (resized_width, resized_height) = turn.size((width_px, height_px));
        let resized = self.resized(upright, resized_width, resized_height)?;
        if turn == Turn::default() {
            return Ok(resized);
        }
        let pixels = image::RgbaImage::from_raw(resized_width, resized_height, resized.rgba);
        let mut picture =
            pixels.ok_or_else(|| "the picture has not as many pixels as it says".to_owned())?;
        if turn.is_mirrored() {
            image::imageops::flip_horizontal_in_place(&mut picture);
        }
        let picture = match turn.quarters() {
            0 => picture,
            1 => image::imageops::rotate90(&picture),
            2 => image::imageops::rotate180(&picture),
            _ => image::imageops::rotate270(&picture),
        };
        Ok(Photo { width_px, height_px, rgba: picture.into_raw() })
    }

    /// A part of the picture at another size; made once, so that drawing need not sample it.
    pub fn resized(&self, part: Part, width_px: u32, height_px: u32) -> Result<Photo, String> {
        let source = fir::images::ImageRef::new(
            self.width_px,
            self.height_px,
            &self.rgba,
            fir::PixelType::U8x4,
        );
        let source = source.map_err(|error| error.to_string())?;
        let mut target = fir::images::Image::new(width_px, height_px, fir::PixelType::U8x4);
        let is_larger = part.width < f64::from(width_px);
        // Lanczos rings where a picture is enlarged; Catmull-Rom hardly does.
        let filter =
            if is_larger { fir::FilterType::CatmullRom } else { fir::FilterType::Lanczos3 };
        let options = fir::ResizeOptions::new()
            .resize_alg(fir::ResizeAlg::Convolution(filter))
            .use_alpha(self.rgba.chunks_exact(4).any(|pixel| pixel[3] != 255))
            .crop(part.left, part.top, part.width, part.height);
        fir::Resizer::new()
            .resize(&source, &mut target, &options)
            .map_err(|error| error.to_string())?;
        Ok(Photo { width_px, height_px, rgba: target.into_vec() })
    }

    /// The picture as small as can be without seeing it: JPEG where it is opaque, else PNG.
    pub fn packed(&self) -> Result<Vec<u8>, String> {
        let pixels = self.rgba.as_chunks::<4>().0;
        let mut bytes = Vec::new();
        let side = |px: u32| u16::try_from(px).ok();
        if let (true, Some(width), Some(height)) =
            (pixels.iter().all(|pixel| pixel[3] == 255), side(self.width_px), side(self.height_px))
        {
            let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, PACKED_QUALITY);
            encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
            encoder
                .encode(&self.rgba, width, height, jpeg_encoder::ColorType::Rgba)
                .map_err(|error| error.to_string())?;
            return Ok(bytes);
        }
        let mut encoder = png::Encoder::new(&mut bytes, self.width_px, self.height_px);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        writer.write_image_data(&self.rgba).map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// The picture as a PNG that costs no time to write or read: what usvg takes.
    pub fn stored(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::with_capacity(self.rgba.len() + 1024);
        let mut encoder = png::Encoder::new(&mut bytes, self.width_px, self.height_px);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::NoCompression);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        writer.write_image_data(&self.rgba).map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

/// Where a part of the laid picture, which has this size, stands in the upright one.
fn upright(turn: Turn, part: Part, (mut width, mut height): (f64, f64)) -> Part {
    let mut part = part;
    for _ in 0..turn.quarters() {
        part = Part {
            left: part.top,
            top: width - part.left - part.width,
            width: part.height,
            height: part.width,
        };
        (width, height) = (height, width);
    }
    if turn.is_mirrored() {
        part.left = width - part.left - part.width;
    }
    part
}

#[cfg(test)]
mod tests;
