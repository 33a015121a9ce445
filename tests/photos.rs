//! Photos in their frames: a golden sheet of fits, looks, turns and masks, and odd kinds of files.

use std::sync::Arc;

use crate::render::{from_parts, golden, whats};
use woodblock::model::id::Hash;
use woodblock::model::problem::What;
use woodblock::model::value::{Crop, Photo, Turn, Value, Values};
use woodblock::outside::design_folder::{SAMPLE_PHOTO, checked};
use woodblock::render::{Job, Pressed, Want, photo, press};

/// A frame on a sheet: the rules of its field, what surrounds it, and how its photo is laid.
struct Case {
    rules: &'static str,
    around: &'static str,
    turn: Turn,
    crop: Option<Crop>,
}

const fn case(rules: &'static str) -> Case {
    Case { rules, around: "", turn: Turn::AS_GIVEN, crop: None }
}

/// Frames of 120 × 80 beside and below each other, four in a row, all with the same photo.
fn draw_sheet(cases: &[Case]) -> Pressed {
    let (width, height) = (540, cases.len().div_ceil(4) * 100);
    let mut toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=5.4\nheight_in={}\ndpi=100\n",
        height as f64 / 100.0
    );
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>\
         <defs><radialGradient id='soft'><stop offset='.55' stop-color='#fff'/>\
         <stop offset='1' stop-color='#fff' stop-opacity='0'/></radialGradient></defs>\
         <rect width='{width}' height='{height}' fill='#f4efe4'/>"
    );
    let hash = Hash::of(SAMPLE_PHOTO);
    let mut values = Values::new();
    for (nth, case) in cases.iter().enumerate() {
        let (x, y) = (nth % 4 * 135 + 7, nth / 4 * 100 + 10);
        let key = format!("f{nth}");
        let (cx, cy) = (x + 60, y + 40);
        svg += &match case.around {
            "soft" => format!(
                "<mask id='m{nth}'><ellipse cx='{cx}' cy='{cy}' rx='60' ry='40' fill='url(#soft)'/></mask>\
                 <g mask='url(#m{nth})'><rect id='{key}' x='{x}' y='{y}' width='120' height='80'/></g>"
            ),
            "turned" => format!(
                "<rect id='{key}' x='{x}' y='{y}' width='100' height='64' rx='12' stroke='#c33' \
                 stroke-width='3' transform='rotate(8 {cx} {cy})'/>"
            ),
            _ => format!("<rect id='{key}' x='{x}' y='{y}' width='120' height='80'/>"),
        };
        toml += &format!("[field.{key}]\nkind='photo'\nlabel='{key}'\n{}\n", case.rules);
        let photo = Photo { hash: hash.clone(), turn: case.turn, crop: case.crop };
        values.insert(key, Value::Photo(photo));
    }
    let design = from_parts(&toml, &(svg + "</svg>"));
    let photos = [(hash, Arc::new(SAMPLE_PHOTO.to_vec()))].into();
    press(&Job { design: &design, values: &values, photos: &photos, want: Want::Print }).unwrap()
}

#[test]
fn every_fit_look_turn_and_mask_looks_as_it_did() {
    let part = Some(Crop { left: 250, top: 200, width: 500, height: 500 });
    let turned =
        |quarters, is_mirrored| Case { turn: Turn::new(quarters, is_mirrored), ..case("") };
    let pressed = draw_sheet(&[
        case(""),
        case("fit='contain'"),
        case("fit='stretch'"),
        Case { crop: part, ..case("fit='contain'") },
        case("look='grey'"),
        case("look='sepia'"),
        case("look='threshold'\nthreshold=60"),
        case("brightness=15\ncontrast=40"),
        turned(1, false),
        turned(0, true),
        Case { around: "soft", ..case("") },
        Case { around: "turned", turn: Turn::new(2, false), ..case("fit='contain'") },
    ]);
    golden("photo-sheet", &pressed.areas[0].bytes);
}

/// One photo of any kind over the whole sheet.
fn drawn(bytes: Vec<u8>) -> Result<photo::Photo, Vec<What>> {
    let toml = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=0.4\nheight_in=0.4\ndpi=100\n\
        [field.photo]\nkind='photo'\nlabel='Photo'\nrefuse_below_dpi=1\nwarn_below_dpi=1\n";
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'>\
        <rect id='photo' width='40' height='40'/></svg>";
    let design = from_parts(toml, svg);
    let hash = Hash::of(&bytes);
    let values = [("photo".to_owned(), Value::Photo(Photo::whole(hash.clone())))].into();
    let photos = [(hash, Arc::new(bytes))].into();
    let pressed =
        press(&Job { design: &design, values: &values, photos: &photos, want: Want::Print });
    let pressed = pressed.map_err(|problems| whats(&problems))?;
    Ok(photo::decode(&pressed.areas[0].bytes).unwrap())
}

fn png(colour: png::ColorType, depth: png::BitDepth, palette: &[u8], rows: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 40, 40);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if !palette.is_empty() {
        encoder.set_palette(palette.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(rows).unwrap();
    bytes
}

#[test]
fn pictures_of_every_depth_and_kind_come_out_in_their_colour() {
    let check = |bytes: Vec<u8>, expected: [u8; 3], by: u8| {
        let picture = drawn(bytes).unwrap();
        for pixel in picture.rgba.chunks_exact(4) {
            let apart = pixel.iter().zip(expected).map(|(got, wanted)| got.abs_diff(wanted)).max();
            assert!(apart.unwrap() <= by && pixel[3] == 255, "{pixel:?}, not {expected:?}");
        }
    };
    use png::{BitDepth, ColorType};
    check(
        png(ColorType::Rgb, BitDepth::Sixteen, &[], &[200, 9, 100, 9, 50, 9].repeat(1600)),
        [200, 100, 50],
        1,
    );
    check(png(ColorType::Grayscale, BitDepth::Eight, &[], &[77; 1600]), [77; 3], 0);
    check(png(ColorType::Grayscale, BitDepth::One, &[], &[0xff; 200]), [255; 3], 0);
    check(
        png(ColorType::Indexed, BitDepth::Two, &[0, 0, 0, 9, 120, 240], &[0x55; 400]),
        [9, 120, 240],
        0,
    );
    // Red, green and blue of the screen out of the four inks: 0 is no ink.
    let inks = |cmyk: [u8; 4], way| {
        let mut bytes = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 100);
        encoder.encode(&cmyk.repeat(1600), 40, 40, way).unwrap();
        bytes
    };
    for way in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
        check(inks([0, 0, 0, 0], way), [255, 255, 255], 2);
        check(inks([0, 255, 255, 0], way), [255, 0, 0], 3);
        check(inks([255, 0, 0, 128], way), [0, 127, 127], 3);
        check(inks([0, 0, 0, 255], way), [0, 0, 0], 2);
    }
}

#[test]
fn what_phones_and_others_send_is_refused_with_its_name() {
    let check = |bytes: &[u8], words: &str| {
        let refused = photo::decode(bytes).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    };
    check(b"\0\0\0\x18ftypheic\0\0\0\0", "it is HEIC, save it as JPEG");
    check(b"\0\0\0\x18ftypavif\0\0\0\0", "it is AVIF, save it as JPEG");
    check(b"GIF89a", "it is GIF");
    check(b"%PDF-1.7", "it is PDF");
    check(b"hello", "neither JPEG, PNG nor WebP");
}

#[test]
fn rules_that_no_photo_can_meet_are_faults() {
    let check = |rules: &str, words: &str| {
        let toml = format!(
            "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\n\
             [field.photo]\nkind='photo'\nlabel='Photo'\n{rules}\n"
        );
        let svg =
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect id='photo'/></svg>";
        let files =
            [("design.toml".to_owned(), toml.into_bytes()), ("a.svg".to_owned(), svg.into())];
        let faults = checked("test", files.into()).unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(said.join("\n").contains(words), "{said:?}");
    };
    check("fit='shrink'", "Known are cover, contain, stretch");
    check("look='neon'", "Known are colour, grey, sepia, threshold");
    check("look='threshold'\nthreshold=0", "Give 1 to 99");
    check("brightness=120", "brightness = 120");
}
