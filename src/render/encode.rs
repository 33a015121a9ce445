//! Strips of rows become a file: PNG, JPEG or TIFF, with resolution and colour space written into it.

use std::io::Cursor;

use tiff::encoder::{Compression, DeflateLevel, Predictor, Rational, TiffEncoder, colortype};
use tiff::tags::{ExtraSamples, ResolutionUnit, Tag};

use crate::model::design::{Area, Format};

/// Rows of a TIFF that are packed together.
const TIFF_STRIP_ROWS: u32 = 64;
/// How much compressed data one chunk of a PNG holds.
const CHUNK_BYTES: usize = 256 * 1024;

/// What is about to come, in strips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet {
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
    /// Resolution to be written into the file.
    pub dpi: u32,
}

/// Takes a picture from the top, some rows at a time, so that nobody has to hold all of it.
pub trait StripSink {
    /// Said once, before the first strip.
    fn begin(&mut self, sheet: Sheet) -> Result<(), String>;

    /// The next rows: straight RGBA in sRGB, whole rows.
    fn strip(&mut self, rgba: &[u8]) -> Result<(), String>;

    /// Said once, after the last strip.
    fn end(&mut self) -> Result<(), String>;
}

/// What a file of pixels is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finish {
    /// PNG, JPEG or TIFF.
    pub format: Format,
    /// What lies below what is drawn: red, green, blue.
    pub background: Option<[u8; 3]>,
    /// Of a JPEG, 1 to 100.
    pub quality: u8,
}

impl Finish {
    /// For the print of an area: a JPEG has no transparency, so it lies on something.
    pub fn of(area: &Area) -> Finish {
        let white = (area.format == Format::Jpeg).then_some([255; 3]);
        Finish { format: area.format, background: area.background.or(white), quality: area.quality }
    }

    /// For people who look at an area: as it will be printed.
    pub fn preview(area: &Area) -> Finish {
        Finish { format: Format::Png, ..Finish::of(area) }
    }
}

/// Makes a file in memory.
pub struct FileSink {
    finish: Finish,
    stage: Stage,
}

enum Stage {
    /// Nothing has come yet.
    Waiting,
    /// A PNG is being written.
    Png(Box<png::StreamWriter<'static, Shared>>, Shared),
    /// The rows of a JPEG; its encoder wants them all.
    Jpeg(Sheet, Vec<u8>),
    /// The rows of a TIFF; its encoder wants the place of each strip before it goes on.
    Tiff(Sheet, Vec<u8>),
    /// The file.
    Done(Vec<u8>),
}

/// Bytes that the PNG writer owns while it writes and that are wanted afterwards.
#[derive(Clone, Default)]
pub struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = self.0.lock().expect("no holder of this lock panics");
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl FileSink {
    /// A sink that makes such a file.
    pub fn new(finish: Finish) -> FileSink {
        FileSink { finish, stage: Stage::Waiting }
    }

    /// The finished file; empty if the picture never came to its end.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.stage {
            Stage::Done(bytes) => bytes,
            Stage::Waiting | Stage::Png(..) | Stage::Jpeg(..) | Stage::Tiff(..) => Vec::new(),
        }
    }
}

impl StripSink for FileSink {
    fn begin(&mut self, sheet: Sheet) -> Result<(), String> {
        if !matches!(self.stage, Stage::Waiting) {
            return Err("a picture was begun twice".to_owned());
        }
        let pixels = sheet.width_px as usize * sheet.height_px as usize;
        self.stage = match self.finish.format {
            Format::Png => {
                let shared = Shared::default();
                let writer = png_writer(sheet, shared.clone()).map_err(|e| e.to_string())?;
                Stage::Png(Box::new(writer), shared)
            }
            Format::Jpeg => Stage::Jpeg(sheet, Vec::with_capacity(pixels * 3)),
            Format::Tiff => Stage::Tiff(sheet, Vec::with_capacity(pixels * 4)),
            Format::Pdf | Format::Svg => return Err("shapes are not written as pixels".to_owned()),
        };
        Ok(())
    }

    fn strip(&mut self, rgba: &[u8]) -> Result<(), String> {
        let ground = self.finish.background;
        let pixels = || rgba.as_chunks::<4>().0.iter();
        match &mut self.stage {
            Stage::Png(writer, _) => {
                let laid = ground.map(|ground| laid_on(pixels(), ground));
                let rows = laid.as_deref().unwrap_or(rgba);
                std::io::Write::write_all(writer, rows).map_err(|error| error.to_string())
            }
            Stage::Jpeg(_, rgb) => {
                let ground = ground.unwrap_or([255; 3]);
                rgb.extend(pixels().flat_map(|pixel| mixed(pixel, ground)));
                Ok(())
            }
            Stage::Tiff(_, all) => {
                let laid = ground.map(|ground| laid_on(pixels(), ground));
                all.extend_from_slice(laid.as_deref().unwrap_or(rgba));
                Ok(())
            }
            Stage::Waiting | Stage::Done(_) => Err("rows came too early or late".into()),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let bytes = match std::mem::replace(&mut self.stage, Stage::Done(Vec::new())) {
            Stage::Png(writer, shared) => {
                writer.finish().map_err(|error| error.to_string())?;
                let mut kept = shared.0.lock().expect("no holder of this lock panics");
                std::mem::take(&mut *kept)
            }
            Stage::Jpeg(sheet, rgb) => jpeg(sheet, &rgb, self.finish.quality)?,
            Stage::Tiff(sheet, rgba) => tiff(sheet, &rgba).map_err(|error| error.to_string())?,
            Stage::Waiting | Stage::Done(_) => {
                return Err("the picture ended before it began".to_owned());
            }
        };
        self.stage = Stage::Done(bytes);
        Ok(())
    }
}

/// Straight RGBA, packed without loss; opacity is marked as not multiplied into the colours.
fn tiff(sheet: Sheet, rgba: &[u8]) -> Result<Vec<u8>, tiff::TiffError> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file)?
        .with_compression(Compression::Deflate(DeflateLevel::Balanced))
        .with_predictor(Predictor::Horizontal);
    let mut image = encoder.new_image::<colortype::RGBA8>(sheet.width_px, sheet.height_px)?;
    image.rows_per_strip(TIFF_STRIP_ROWS)?;
    // Said by the tag alone: told of extra samples, the encoder would count a fifth one.
    let straight = [ExtraSamples::UnassociatedAlpha.to_u16()];
    image.encoder().write_tag(Tag::ExtraSamples, &straight[..])?;
    image.resolution(ResolutionUnit::Inch, Rational { n: sheet.dpi, d: 1 });
    let profile = srgb_profile().unwrap_or_default();
    image.encoder().write_tag(Tag::IccProfile, &profile[..])?;
    image.write_data(rgba)?;
    Ok(file.into_inner())
}

/// The same pixels on a ground that is seen through them.
fn laid_on<'a>(pixels: impl Iterator<Item = &'a [u8; 4]>, ground: [u8; 3]) -> Vec<u8> {
    let opaque = |pixel| {
        let [red, green, blue] = mixed(pixel, ground);
        [red, green, blue, 255]
    };
    pixels.flat_map(opaque).collect()
}

fn png_writer(
    sheet: Sheet,
    target: Shared,
) -> Result<png::StreamWriter<'static, Shared>, png::EncodingError> {
    let mut encoder = png::Encoder::new(target, sheet.width_px, sheet.height_px);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    // Measured: a tenth of the time of the default, and files 1 to 1.6 times as large.
    encoder.set_compression(png::Compression::Fastest);
    encoder.set_filter(png::Filter::Paeth);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let per_metre = pixels_per_metre(sheet.dpi);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    encoder.write_header()?.into_stream_writer_with_size(CHUNK_BYTES)
}

/// 300 dpi is 11,811 pixels a metre, the nearest that a PNG can say.
fn pixels_per_metre(dpi: u32) -> u32 {
    let per_metre = (u64::from(dpi) * 10_000 + 127) / 254;
    u32::try_from(per_metre).unwrap_or(u32::MAX)
}

fn jpeg(sheet: Sheet, rgb: &[u8], quality: u8) -> Result<Vec<u8>, String> {
    let side = |px: u32| u16::try_from(px).map_err(|_| format!("{px} px is too much for a JPEG"));
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    let dpi = u16::try_from(sheet.dpi).unwrap_or(u16::MAX);
    encoder.set_density(jpeg_encoder::PixelDensity::dpi(dpi));
    encoder.add_icc_profile(&srgb_profile()?).map_err(|error| error.to_string())?;
    let (width, height) = (side(sheet.width_px)?, side(sheet.height_px)?);
    encoder
        .encode(rgb, width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The profile of sRGB, the same bytes on every day.
fn srgb_profile() -> Result<Vec<u8>, String> {
    let mut profile = moxcms::ColorProfile::new_srgb().encode().map_err(|e| e.to_string())?;
    // Bytes 24 to 35 are the moment it was made, which moxcms takes from the clock.
    if let Some(made_at) = profile.get_mut(24..36) {
        made_at.copy_from_slice(&[0x07, 0xCF, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    Ok(profile)
}

fn mixed(pixel: &[u8; 4], ground: [u8; 3]) -> [u8; 3] {
    if pixel[3] == 255 {
        return [pixel[0], pixel[1], pixel[2]];
    }
    let alpha = u32::from(pixel[3]);
    let mix = |nth: usize| {
        let (above, below) = (u32::from(pixel[nth]), u32::from(ground[nth]));
        let mixed = (above * alpha + below * (255 - alpha) + 127) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    [mix(0), mix(1), mix(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_are_the_nearest_a_png_can_say() {
        let check = |dpi, expected| assert_eq!(pixels_per_metre(dpi), expected);
        check(300, 11_811);
        check(150, 5_906);
        check(72, 2_835);
    }

    #[test]
    fn half_transparent_pixels_meet_their_ground() {
        assert_eq!(mixed(&[0, 0, 0, 0], [255; 3]), [255, 255, 255]);
        assert_eq!(mixed(&[10, 20, 30, 255], [255; 3]), [10, 20, 30]);
        assert_eq!(mixed(&[0, 0, 0, 128], [255; 3]), [127, 127, 127]);
        assert_eq!(mixed(&[200, 0, 0, 128], [0, 0, 100]), [100, 0, 50]);
    }

    #[test]
    fn strips_of_any_height_make_the_same_file() {
        let sheet = Sheet { width_px: 8, height_px: 8, dpi: 300 };
        let rgba: Vec<u8> = (0..=255).collect();
        for format in [Format::Png, Format::Jpeg, Format::Tiff] {
            let made = [32, 64, 256].map(|strip_bytes| {
                let mut sink = FileSink::new(Finish { format, background: None, quality: 95 });
                sink.begin(sheet).unwrap();
                rgba.chunks(strip_bytes).for_each(|strip| sink.strip(strip).unwrap());
                sink.end().unwrap();
                sink.into_bytes()
            });
            assert!(!made[0].is_empty());
            assert!(made.iter().all(|bytes| *bytes == made[0]));
        }
    }
}
