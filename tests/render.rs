//! Pictures: golden files of the samples, exact sizes, fitting, and what stops a print.
//!
//! `UPDATE_GOLDEN=1` makes the golden files anew; a difference leaves three pictures behind.
#![allow(clippy::unwrap_used, reason = "all of this file is tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use woodblock::model::design::{Design, Format};
use woodblock::model::id::Hash;
use woodblock::model::problem::{Problem, What};
use woodblock::model::value::{Photo, Value, Values};
use woodblock::outside::design_folder::{self, SAMPLE_PHOTO, samples};
use woodblock::render::{Job, Pressed, Want, photo, press};

fn sample(name: &str) -> Design {
    let sample = samples().iter().find(|sample| sample.name == name).unwrap();
    design_folder::checked(name, sample.file_map()).unwrap()
}

pub fn from_parts(description: &str, drawing: &str) -> Design {
    let files =
        [("design.toml".to_owned(), description.into()), ("a.svg".to_owned(), drawing.into())];
    design_folder::from_files("test", files.into()).unwrap()
}

pub fn draw(design: &Design, given: &[(&str, &str)], want: Want) -> Result<Pressed, Vec<Problem>> {
    let photo_hash = Hash::of(SAMPLE_PHOTO);
    let value = |(key, text): &(&str, &str)| {
        let value = match *key {
            "photo" => Value::Photo(Photo::whole(photo_hash.clone())),
            _ => Value::Text((*text).to_owned()),
        };
        ((*key).to_owned(), value)
    };
    let given: Values = given.iter().map(value).collect();
    let values = design.complete(&given)?;
    let photos = [(photo_hash.clone(), Arc::new(SAMPLE_PHOTO.to_vec()))].into();
    press(&Job { design, values: &values, photos: &photos, want })
}

fn preview(width_px: u32) -> Want {
    Want::Preview { width_px }
}

pub fn whats(problems: &[Problem]) -> Vec<What> {
    problems.iter().map(|problem| problem.what).collect()
}

fn golden_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// Compares every pixel with the golden file of this name.
pub fn golden(name: &str, bytes: &[u8]) {
    let path = golden_path(&format!("{name}.png"));
    let is_update = std::env::vars_os().any(|(key, _)| key == "UPDATE_GOLDEN");
    if is_update {
        put(&path, bytes);
        return;
    }
    let kept = std::fs::read(&path).unwrap_or_else(|_| {
        panic!("{} is missing; make it with UPDATE_GOLDEN=1", path.display());
    });
    let expected = photo::decode(&kept).unwrap();
    let actual = photo::decode(bytes).unwrap();
    if expected != actual {
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR"));
        put(&beside.join(format!("{name}-expected.png")), &kept);
        put(&beside.join(format!("{name}-actual.png")), bytes);
        put(
            &beside.join(format!("{name}-diff.png")),
            &woodblock::render::difference::of_pixels(&expected, actual).unwrap().unwrap().picture,
        );
        panic!("{name} looks different; see {name}-*.png in {}", beside.display());
    }
}

fn check_golden(design: &str, given: &[(&str, &str)], name: &str) {
    let pressed = draw(&sample(design), given, preview(320)).unwrap();
    assert_eq!(pressed.remarks, [], "{name}");
    for area in &pressed.areas {
        golden(&format!("{name}-{}", area.area), &area.bytes);
    }
}

#[test]
fn the_samples_look_as_they_did() {
    check_golden("mug-name-photo", &[("name", "Charlotte"), ("photo", "")], "mug");
    check_golden("mug-name-photo", &[("name", "Zoë"), ("photo", "")], "mug-short");
    let shirt = [("name", "Charlotte"), ("number", "27"), ("colour", "navy")];
    check_golden("team-shirt", &shirt, "shirt");
    let gold = [("name", "Jo"), ("number", "07"), ("colour", "Gold")];
    check_golden("team-shirt", &gold, "shirt-gold");
    let pendant = [("caption", "forever in my heart"), ("photo", "")];
    check_golden("photo-pendant", &pendant, "pendant");
    check_golden("finished-print", &[], "finished");
}

#[test]
fn scripts_marks_and_lines_look_as_they_did() {
    let description = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=3\nheight_in=1\ndpi=100\n\
        [field.words]\nkind='text'\nlabel='Words'";
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 100'>\
        <text id='words' x='150' y='45' text-anchor='middle' font-size='30' \
        font-family='DejaVu Sans'>x</text></svg>";
    let design = from_parts(description, drawing);
    let check = |words: &str, name: &str| {
        let pressed = draw(&design, &[("words", words)], Want::Print).unwrap();
        golden(name, &pressed.areas[0].bytes);
    };
    check("Nguyễn Ệ ǟ", "words-stacked-marks");
    check("שלום עולם", "words-hebrew");
    check("سلام دنیا", "words-arabic");
    check("office\nfluffy", "words-lines-ligatures");
    check("Ωμέγα Жук", "words-greek-cyrillic");
}

#[test]
fn photos_choices_and_rules_look_as_they_did() {
    let description = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=4\nheight_in=2\ndpi=100\n\
        [field.photo]\nkind='photo'\nlabel='Photo'\n\
        [field.style]\nkind='choice'\nlabel='Style'\nchoices={ Sun='sun', Moon='moon' }\n\
        [[rule]]\nwhen='style = \"moon\"'\nshow=['night']";
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 200'>\
        <rect id='night' width='400' height='200' fill='#223' style='display:none'/>\
        <circle id='sun' cx='370' cy='30' r='20' fill='#fb3'/>\
        <path id='moon' d='M370 10a20 20 0 1 0 20 20a16 16 0 0 1 -20 -20Z' fill='#eee'/>\
        <rect id='photo' x='10' y='10' width='80' height='120' rx='20' stroke='#c33' stroke-width='6'/>\
        <g transform='translate(160 75) rotate(20)' opacity='.6'>\
        <ellipse id='photo-2' rx='60' ry='40' transform='scale(1 1.2)'/></g>\
        <path id='photo-3' fill-rule='evenodd' style='opacity:.8;stroke:#36c;stroke-width:2' \
        d='M240 10h100v100h-100ZM265 35h50v50h-50Z'/>\
        <g id='photo-4'><image x='20' y='145' width='330' height='45' href='x.png'/></g>\
        </svg>";
    let design = from_parts(description, drawing);
    let check = |style: &str, name: &str| {
        let given = [("photo", ""), ("style", style)];
        let pressed = draw(&design, &given, Want::Print).unwrap();
        assert_eq!(pressed.remarks, []);
        golden(name, &pressed.areas[0].bytes);
    };
    check("Sun", "slots-sun");
    check("Moon", "slots-moon");
}

#[test]
fn hostile_words_are_drawn_as_words() {
    let pendant = sample("photo-pendant");
    for hostile in [
        "</text><script>",
        "&amp;&#x0;&lt;",
        "]]><!--",
        "\" onload=\"",
        "%s{0}$(id)",
        "\0\u{7}\u{202e}x",
    ] {
        let given = [("caption", hostile), ("photo", "")];
        let pressed = draw(&pendant, &given, preview(100)).unwrap();
        assert_eq!(pressed.remarks, [], "{hostile}");
    }
}

#[test]
fn a_print_has_exact_pixels_and_says_its_resolution_and_colour_space() {
    let shirt = [("name", "Anna"), ("number", "7")];
    let pressed = draw(&sample("team-shirt"), &shirt, Want::Print).unwrap();
    let sizes: Vec<(u32, u32)> = pressed.areas.iter().map(|a| (a.width_px, a.height_px)).collect();
    assert_eq!(sizes, [(1200, 1350), (3600, 4200)]);
    let front = &pressed.areas[0].bytes;
    let reader = png::Decoder::new(std::io::Cursor::new(front)).read_info().unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height), (1200, 1350));
    let dims = info.pixel_dims.unwrap();
    assert_eq!((dims.xppu, dims.yppu, dims.unit), (11_811, 11_811, png::Unit::Meter));
    assert!(info.srgb.is_some());
    let pixels = photo::decode(front).unwrap();
    assert!(pixels.rgba.chunks_exact(4).any(|pixel| pixel == [0, 0, 0, 0]));
    assert!(pixels.rgba.chunks_exact(4).all(|pixel| pixel[3] != 0 || pixel == [0; 4]));
    // No fringe: a half-transparent edge has the colour of the shape.
    let edges = pixels.rgba.chunks_exact(4).filter(|pixel| 64 < pixel[3] && pixel[3] < 255);
    for pixel in edges {
        for (got, navy) in pixel.iter().zip([0x1b, 0x2a, 0x4a]) {
            assert!(got.abs_diff(navy) <= 3, "{pixel:?}");
        }
    }

    let pendant = [("photo", "")];
    let pressed = draw(&sample("photo-pendant"), &pendant, Want::Print).unwrap();
    let area = &pressed.areas[0];
    assert_eq!((area.format, area.width_px, area.dpi), (Format::Jpeg, 1500, 300));
    assert_eq!(photo::size(&area.bytes), Ok((1500, 1500)));
    // JFIF: unit 1 is dots per inch, then 300 twice.
    assert_eq!(&area.bytes[6..11], b"JFIF\0");
    assert_eq!(&area.bytes[13..18], [1, 1, 44, 1, 44]);
    assert!(area.bytes.windows(12).any(|bytes| bytes == b"ICC_PROFILE\0"));
}

#[test]
fn the_same_job_gives_the_same_bytes() {
    let given = [("name", "Anna"), ("photo", "")];
    let mug = sample("mug-name-photo");
    assert_eq!(draw(&mug, &given, Want::Print), draw(&mug, &given, Want::Print));
}

#[test]
fn a_wide_text_is_made_smaller_and_said_so_or_refused() {
    let description = |fit: &str| {
        format!(
            "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=3\nheight_in=1\n\
            [field.words]\nkind='text'\nlabel='Words'\n{fit}"
        )
    };
    let drawing = |inside: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 300 100'>{inside}\
            <text id='words' x='150' y='60' text-anchor='middle' font-size='40' stroke='#000' \
            stroke-width='2' font-family='Open Sans'>x</text></svg>"
        )
    };
    let boxed =
        drawing("<rect id='words-box' x='100' y='0' width='100' height='100' fill='none'/>");
    let wide = [("words", "WWWWWWWW")];

    let design = from_parts(&description("fit='shrink'"), &boxed);
    let pressed = draw(&design, &wide, Want::Print).unwrap();
    assert_eq!(whats(&pressed.remarks), [What::TextShrunk]);
    let pixels = photo::decode(&pressed.areas[0].bytes).unwrap();
    let inked: Vec<u32> = (0..pixels.width_px * pixels.height_px)
        .filter(|idx| pixels.rgba[*idx as usize * 4 + 3] != 0)
        .map(|idx| idx % pixels.width_px)
        .collect();
    // The ink, outline included, fills the box of 300 to 600 px and does not leave it.
    let (left, right) = (*inked.iter().min().unwrap(), *inked.iter().max().unwrap());
    assert!((300..=304).contains(&left) && (595..600).contains(&right), "{left} {right}");

    let check = |fit: &str, inside: &str, words: &str, expected: &[What]| {
        let design = from_parts(&description(fit), inside);
        let problems = draw(&design, &[("words", words)], Want::Print).err().unwrap_or_default();
        assert_eq!(whats(&problems), expected, "{fit} {words}");
        assert!(draw(&design, &[("words", words)], preview(200)).is_ok());
    };
    check("fit='shrink'\nmin_pt=20", &boxed, "WWWWWWWW", &[What::TextDoesNotFit]);
    check("fit='keep'", &boxed, "WWWWWWWW", &[What::TextDoesNotFit]);
    check("fit='keep'", &boxed, "il", &[]);
    // Without a box the area less its bleed is the place.
    check("fit='keep'", &drawing(""), "WWWWWW", &[]);
    check("fit='keep'", &drawing(""), "WWWWWWWWWW", &[What::TextDoesNotFit]);
}

#[test]
fn a_text_on_a_path_keeps_all_its_letters() {
    let shirt = sample("team-shirt");
    let given = [("name", "Wwwwwwwwwwww"), ("number", "88")];
    let pressed = draw(&shirt, &given, preview(600)).unwrap();
    assert_eq!(whats(&pressed.remarks), [What::TextShrunk]);
    golden("shirt-wide-back", &pressed.areas[1].bytes);
}

#[test]
fn a_character_without_a_glyph_stops_the_print_and_is_named() {
    let given = [("caption", "love 愛"), ("photo", "")];
    let pendant = sample("photo-pendant");
    let problems = draw(&pendant, &given, Want::Print).unwrap_err();
    assert_eq!(whats(&problems), [What::GlyphMissing]);
    assert_eq!(problems[0].place, "Engraving");
    assert!(problems[0].detail.contains("“愛” (U+611B)"), "{}", problems[0].detail);
    let seen = draw(&pendant, &given, preview(300)).unwrap();
    assert_eq!(whats(&seen.remarks), [What::GlyphMissing]);
}

#[test]
fn a_photo_is_judged_by_its_pixels_per_inch_of_print() {
    let description = |size: &str| {
        format!(
            "name='T'\n[area.a]\nfile='a.svg'\nwidth_in={size}\nheight_in={size}\ndpi=100\n\
            [field.photo]\nkind='photo'\nlabel='Photo'"
        )
    };
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>\
        <rect id='photo' width='100' height='100'/></svg>";
    let check = |size: &str, want, expected: Result<&[What], &[What]>| {
        let design = from_parts(&description(size), drawing);
        let got = draw(&design, &[("photo", "")], want);
        let got = got.map(|pressed| whats(&pressed.remarks)).map_err(|e| whats(&e));
        assert_eq!(got, expected.map(<[What]>::to_vec).map_err(<[What]>::to_vec), "{size}");
    };
    check("6", Want::Print, Ok(&[])); // 1500 px over 6 in: 250 dpi
    check("12", Want::Print, Ok(&[What::PhotoSoft])); // 125 dpi
    check("16", Want::Print, Ok(&[What::PhotoTooSmall])); // 94 dpi
    check("16", preview(100), Ok(&[What::PhotoTooSmall]));
}

#[test]
fn a_missing_photo_file_is_a_problem_and_not_a_grey_circle() {
    let mug = sample("mug-name-photo");
    let values = [
        ("name".to_owned(), Value::Text("Anna".into())),
        ("photo".to_owned(), Value::Photo(Photo::whole(Hash::of(b"lost")))),
    ];
    let problems = press(&Job {
        design: &mug,
        values: &values.into(),
        photos: &BTreeMap::new(),
        want: Want::Print,
    });
    assert!(whats(&problems.unwrap_err()).contains(&What::PhotoUnreadable));
}

#[test]
fn a_print_that_is_too_large_is_refused_by_name() {
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>";
    let description = "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=50\nheight_in=50";
    let problems = draw(&from_parts(description, drawing), &[], Want::Print).unwrap_err();
    assert_eq!(whats(&problems), [What::DesignFaulty]);
    assert!(problems[0].detail.contains("15000 × 15000 px"), "{}", problems[0].detail);
}
