//! How pictures are read: sizes, turns, colours, and what is refused.

use super::*;

/// Four quarters: red, green / blue, white.
fn quarters(side: u32) -> Vec<u8> {
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]];
    let mut rgb = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let idx = usize::from(side / 2 <= x) + 2 * usize::from(side / 2 <= y);
            rgb.extend(colours[idx]);
        }
    }
    rgb
}

fn jpeg(change: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 100);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    change(&mut encoder);
    encoder.encode(&quarters(32), 32, 32, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

fn near(photo: &Photo, x: u32, y: u32, expected: [u8; 3]) {
    let at = ((y * photo.width_px + x) * 4) as usize;
    for (got, wanted) in photo.rgba[at..at + 3].iter().zip(expected) {
        assert!(got.abs_diff(wanted) < 12, "{:?}", &photo.rgba[at..at + 4]);
    }
}

fn png_of(width_px: u32, height_px: u32) -> Vec<u8> {
    // A header and hardly anything behind it, as a bomb begins.
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width_px, height_px);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, &[0x78, 0x01, 0x03]).unwrap();
    drop(writer);
    bytes
}

#[test]
fn a_photo_is_turned_once_by_its_orientation() {
    let upright = decode(&jpeg(|_| {})).unwrap();
    near(&upright, 4, 4, [255, 0, 0]);
    // Orientation 6: the camera was turned, so the top of the scene is the right of the picture.
    let exif =
        [b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    let turned = decode(&jpeg(|encoder| encoder.add_exif_metadata(&exif).unwrap())).unwrap();
    near(&turned, 4, 4, [0, 0, 255]);
    near(&turned, 28, 4, [255, 0, 0]);
}

#[test]
fn a_photo_of_another_colour_space_becomes_srgb() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let wide = jpeg(|encoder| encoder.add_icc_profile(&profile).unwrap());
    let photo = decode(&wide).unwrap();
    // The green of Display P3 lies outside sRGB: it comes out as sRGB's own greenest.
    near(&photo, 28, 4, [0, 255, 0]);
    // A middle tone moves visibly: P3 (100, 200, 100) is about sRGB (55, 203, 85).
    let source = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut picture = image::RgbaImage::from_pixel(1, 1, image::Rgba([100, 200, 100, 255]));
    to_srgb(&mut picture, &source);
    let [red, green, blue, alpha] = picture.get_pixel(0, 0).0;
    assert!(red < 70 && 195 < green && blue < 95 && alpha == 255, "{red} {green} {blue}");
}

#[test]
fn a_photo_that_says_it_is_srgb_keeps_its_bytes() {
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let marked = decode(&jpeg(|encoder| encoder.add_icc_profile(&srgb).unwrap()));
    assert_eq!(marked, decode(&jpeg(|_| {})));
    let nonsense = decode(&jpeg(|encoder| encoder.add_icc_profile(b"nonsense").unwrap()));
    assert_eq!(nonsense, decode(&jpeg(|_| {})));
}

#[test]
fn what_cannot_be_printed_is_refused_with_the_reason() {
    let check = |bytes: &[u8], expected: &str| {
        let error = decode(bytes).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "neither JPEG");
    check(b"GIF89a........", "GIF");
    check(b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC");
    check(b"%PDF-1.7", "PDF");
    check(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither JPEG");
    check(&png_of(40_000, 40_000), "12000 pixels on a side");
    check(&png_of(11_000, 11_000), "million");
    check(&png_of(100, 100), "damaged");
    let whole = jpeg(|_| {});
    check(&whole[..whole.len() / 2], "cut off");
    check(&whole[..3], "cut off");
    let mut inks = Vec::new();
    jpeg_encoder::Encoder::new(&mut inks, 90)
        .encode(&[128; 64 * 4], 8, 8, jpeg_encoder::ColorType::Cmyk)
        .unwrap();
    check(&inks[..inks.len() / 2], "cut off");
}

#[test]
fn the_part_shown_covers_its_place_within_the_crop() {
    let photo = Photo { width_px: 400, height_px: 200, rgba: Vec::new() };
    let part = |left, top, width, height| Part { left, top, width, height };
    let check = |crop, place: (f64, f64), expected| {
        assert_eq!(photo.covering((Turn::default(), crop), place.0, place.1), expected);
    };
    check(None, (100.0, 100.0), part(100.0, 0.0, 200.0, 200.0));
    check(None, (200.0, 50.0), part(0.0, 50.0, 400.0, 100.0));
    let left_half = Crop { left: 0, top: 0, width: 500, height: 1000 };
    check(Some(left_half), (100.0, 100.0), part(0.0, 0.0, 200.0, 200.0));
    check(Some(left_half), (100.0, 50.0), part(0.0, 50.0, 200.0, 100.0));
    let absurd = Crop { left: 5000, top: 0, width: 0, height: 9000 };
    let part = photo.covering((Turn::default(), Some(absurd)), 10.0, 10.0);
    assert!(part.left + part.width <= 400.0 && 0.0 < part.width);
}

#[test]
fn a_resized_photo_keeps_its_corners_and_its_transparency() {
    let rgba: Vec<u8> =
        quarters(64).chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    let photo = Photo { width_px: 64, height_px: 64, rgba };
    let whole = photo.covering(Default::default(), 16.0, 16.0);
    let small = photo.resized(whole, 16, 16).unwrap();
    near(&small, 2, 2, [255, 0, 0]);
    near(&small, 13, 13, [255, 255, 255]);
    assert_eq!(decode(&small.stored().unwrap()), Ok(small));
}

/// The decoder of PNG breaks over such a palette; whoever sent it is told all the same.
#[test]
fn a_picture_over_which_a_decoder_breaks_is_refused() {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(vec![7; 5]);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[1]).unwrap();
    drop(writer);
    assert!(decode(&bytes).is_err_and(|why| why.contains("damaged")), "{:?}", decode(&bytes));
}

/// Six by four pixels, each with a colour of its own.
fn marked() -> Photo {
    let rgba = (0..24_u8).flat_map(|nth| [nth * 10, 255 - nth * 10, nth, 255]).collect();
    Photo { width_px: 6, height_px: 4, rgba }
}

/// As another library lays it.
fn laid_by_hand(photo: &Photo, turn: Turn) -> image::RgbaImage {
    use image::imageops::{flip_horizontal, rotate90};
    let mut picture =
        image::RgbaImage::from_raw(photo.width_px, photo.height_px, photo.rgba.clone()).unwrap();
    if turn.is_mirrored() {
        picture = flip_horizontal(&picture);
    }
    for _ in 0..turn.quarters() {
        picture = rotate90(&picture);
    }
    picture
}

#[test]
fn a_photo_is_mirrored_then_turned_and_its_part_is_that_of_the_laid_picture() {
    let photo = marked();
    for turn in (0..8).map(|nth| Turn::new(nth % 4, 3 < nth)) {
        let wanted = laid_by_hand(&photo, turn);
        let (width, height) = photo.laid_size(turn);
        assert_eq!((width, height), wanted.dimensions());
        let whole = photo.covering((turn, None), width.into(), height.into());
        let laid = photo.laid(turn, whole, width, height).unwrap();
        assert_eq!((laid.width_px, laid.height_px), (width, height), "{turn:?}");
        assert_eq!(laid.rgba, *wanted.as_raw(), "{turn:?}");
        // The right lower quarter of what is seen.
        let part = Part {
            left: f64::from(width / 2),
            top: f64::from(height / 2),
            width: f64::from(width / 2),
            height: f64::from(height / 2),
        };
        let laid = photo.laid(turn, part, width / 2, height / 2).unwrap();
        let seen = image::imageops::crop_imm(&wanted, width / 2, height / 2, width / 2, height / 2);
        // Resizing looks over the edge of a part by less than a step of eight bits.
        let seen = seen.to_image();
        let apart = laid.rgba.iter().zip(seen.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart.unwrap() <= 1, "{turn:?}: {apart:?}");
    }
}
