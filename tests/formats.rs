//! Print files of every kind show the same picture: PDF, SVG and TIFF are opened by other programs.

use std::path::Path;
use std::process::Command;

use crate::render::{draw, from_parts, whats};
use woodblock::model::design::{Design, Format};
use woodblock::model::problem::What;
use woodblock::outside::design_folder::{checked, from_files};
use woodblock::render::{Want, photo};

/// Everything that a drawing can be made of, at 4 × 3 inches.
const DRAWING: &str = r##"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 400 300'>
<defs>
<linearGradient id='line' gradientTransform='rotate(20)'><stop offset='0' stop-color='#e33'/><stop offset='1' stop-color='#36c' stop-opacity='.4'/></linearGradient>
<radialGradient id='ring' r='.2' spreadMethod='reflect'><stop offset='0' stop-color='#063'/><stop offset='1' stop-color='#fd6'/></radialGradient>
<radialGradient id='ball' fx='.3' fy='.3'><stop offset='0' stop-color='#fff'/><stop offset='1' stop-color='#639'/></radialGradient>
<pattern id='dots' width='12' height='12' patternUnits='userSpaceOnUse' patternTransform='rotate(15)'><circle cx='6' cy='6' r='3' fill='#c60'/></pattern>
<clipPath id='two'><circle cx='60' cy='220' r='35'/><rect x='80' y='200' width='50' height='50'/></clipPath>
<clipPath id='word'><text x='140' y='255' font-family='Open Sans' font-weight='bold' font-size='60'>CUT</text></clipPath>
<mask id='soft'><rect x='270' y='190' width='110' height='80' fill='url(#fade)'/></mask>
<linearGradient id='fade'><stop offset='0' stop-color='#fff'/><stop offset='1' stop-color='#000'/></linearGradient>
<filter id='shadow' x='-20%' y='-20%' width='150%' height='150%'><feDropShadow dx='4' dy='4' stdDeviation='3' flood-opacity='.6'/></filter>
<g id='leaf'><path d='M0 0c20-30 40-30 60 0c-20 30-40 30-60 0z' fill='#294' stroke='#132' stroke-width='2' stroke-dasharray='6 3'/></g>
</defs>
<rect x='10' y='10' width='90' height='60' fill='url(#line)'/>
<rect x='110' y='10' width='60' height='60' fill='url(#ring)'/>
<circle cx='210' cy='40' r='30' fill='url(#ball)' stroke='#222' stroke-width='3'/>
<rect x='250' y='10' width='60' height='60' fill='url(#dots)'/>
<rect id='photo' x='320' y='10' width='70' height='60' rx='10'/>
<g opacity='.5'><rect x='10' y='85' width='60' height='40' fill='#00f'/><rect x='40' y='100' width='60' height='40' fill='#f00'/></g>
<rect x='110' y='85' width='70' height='50' fill='#fc0'/><rect x='140' y='100' width='70' height='50' fill='#08c' style='mix-blend-mode:multiply'/>
<use xlink:href='#leaf' transform='translate(225 120) rotate(-20) scale(1.2)'/>
<g transform='translate(10 -5) scale(1.1 .9)'><text id='name' x='280' y='145' font-family='Dancing Script' font-size='34' fill='#712' filter='url(#shadow)'>Name</text></g>
<g clip-path='url(#two)'><rect y='180' width='140' height='100' fill='#393'/></g>
<g clip-path='url(#word)'><rect x='140' y='200' width='130' height='60' fill='url(#line)'/></g>
<g mask='url(#soft)'><rect x='270' y='190' width='110' height='80' fill='#906'/></g>
<text x='10' y='292' font-family='DejaVu Sans' font-size='14' stroke='#0a0' stroke-width='.4'>Ανν — Аня — آنا — Ña</text>
</svg>"##;

fn design(rules: &str) -> Design {
    let toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=4\nheight_in=3\ndpi=100\n{rules}\n\
         [field.name]\nkind='text'\nlabel='Name'\n[field.photo]\nkind='photo'\nlabel='Photo'\n\
         refuse_below_dpi=1\n"
    );
    from_parts(&toml, DRAWING)
}

fn file(rules: &str) -> Vec<u8> {
    let given = [("name", "Charlotte"), ("photo", "")];
    let pressed = draw(&design(rules), &given, Want::Print).unwrap();
    pressed.areas.into_iter().next().unwrap().bytes
}

/// What differs between two pictures: the mean of all channels, and the part of pixels that anybody
/// would see.
fn difference(one: &[u8], other: &[u8]) -> (f64, f64) {
    let (one, other) = (photo::decode(one).unwrap(), photo::decode(other).unwrap());
    assert_eq!((one.width_px, one.height_px), (other.width_px, other.height_px));
    let apart: Vec<u8> = one.rgba.iter().zip(&other.rgba).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = apart.iter().map(|one| f64::from(*one)).sum::<f64>() / apart.len() as f64;
    let seen = apart.chunks(4).filter(|pixel| pixel.iter().any(|one| 64 < *one)).count();
    (mean, seen as f64 / (apart.len() / 4) as f64)
}

/// Whether a program of another project is there; where it is not, the test says so.
fn has(program: &str) -> bool {
    let is_there = Command::new(program).arg("-h").output().is_ok();
    if !is_there {
        eprintln!("SKIPPED: {program} is not installed");
    }
    is_there
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let ran = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

#[test]
fn a_pdf_shows_the_same_as_the_print() {
    if !has("pdftoppm") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pdf = file("format='pdf'\nbackground='#ffffff'");
    assert_eq!(pdf, file("format='pdf'\nbackground='#ffffff'"), "the same job, the same bytes");
    std::fs::write(folder.path().join("a.pdf"), &pdf).unwrap();
    run(folder.path(), "pdftoppm", &["-r", "100", "-png", "-singlefile", "a.pdf", "a"]);
    let seen = std::fs::read(folder.path().join("a.png")).unwrap();
    let print = file("background='#ffffff'");
    let (mean, part) = difference(&seen, &print);
    if let Ok(kept) = std::env::var("KEEP_PICTURES") {
        std::fs::write(Path::new(&kept).join("pdf.png"), &seen).unwrap();
        std::fs::write(Path::new(&kept).join("print.png"), &print).unwrap();
    }
    assert!(mean < 2.5 && part < 0.01, "mean {mean:.2}, {:.2} % seen", part * 100.0);
}

#[test]
fn the_boxes_of_a_pdf_say_what_is_cut_and_marks_stand_beside() {
    if !has("pdfinfo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let boxes = |rules: &str| {
        std::fs::write(folder.path().join("a.pdf"), file(rules)).unwrap();
        let told = run(folder.path(), "pdfinfo", &["-box", "a.pdf"]);
        let of = |name: &str| {
            let line = told.lines().find(|line| line.starts_with(name)).unwrap();
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            words.join(" ")
        };
        (of("MediaBox:"), of("BleedBox:"), of("TrimBox:"))
    };
    let (media, bleed, trim) = boxes("format='pdf'\nbleed_in=0.125");
    assert_eq!(media, "0.00 0.00 288.00 216.00");
    assert_eq!(bleed, "0.00 0.00 288.00 216.00");
    assert_eq!(trim, "9.00 9.00 279.00 207.00");
    let (media, bleed, trim) = boxes("format='pdf'\nbleed_in=0.125\nmarks=true");
    assert_eq!(media, "0.00 0.00 336.00 264.00");
    assert_eq!(bleed, "24.00 24.00 312.00 240.00");
    assert_eq!(trim, "33.00 33.00 303.00 231.00");
}

#[test]
fn an_svg_needs_no_fonts_and_shows_the_same() {
    let svg = file("format='svg'");
    let text = String::from_utf8(svg.clone()).unwrap();
    assert!(text.contains("width=\"4in\" height=\"3in\" viewBox=\"0 0 400 300\""), "{text:.300}");
    assert!(!text.contains("<text"), "words are outlined");
    assert!(text.contains("data:image/jpeg;base64,"), "photos are embedded");
    let files = [
        (
            "design.toml".to_owned(),
            b"name='T'\n[area.a]\nfile='a.svg'\nwidth_in=4\nheight_in=3\ndpi=100".to_vec(),
        ),
        ("a.svg".to_owned(), svg),
    ];
    let again = checked("again", files.into()).unwrap();
    let pressed = draw(&again, &[], Want::Print).unwrap();
    let (mean, part) = difference(&pressed.areas[0].bytes, &file(""));
    assert!(mean < 0.5 && part < 0.002, "mean {mean:.3}, {:.3} % seen", part * 100.0);
}

#[test]
fn a_tiff_holds_the_very_pixels_of_the_png() {
    if !has("tiffinfo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tif"), file("format='tif'")).unwrap();
    let told = run(folder.path(), "tiffinfo", &["a.tif"]);
    for words in [
        "Image Width: 400 Image Length: 300",
        "Resolution: 100, 100 pixels/inch",
        "Extra Samples: 1<unassoc-alpha>",
        "ICC Profile: <present>",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    run(folder.path(), "tiff2rgba", &["-c", "none", "a.tif", "b.tif"]);
    let bytes = std::fs::read(folder.path().join("b.tif")).unwrap();
    let mut read = tiff::decoder::Decoder::new(std::io::Cursor::new(bytes)).unwrap();
    let tiff::decoder::DecodingResult::U8(by_libtiff) = read.read_image().unwrap() else {
        panic!("eight bits a channel");
    };
    let png = photo::decode(&file("")).unwrap();
    // libtiff multiplies colours by their opacity there.
    let pairs = by_libtiff.chunks(4).zip(png.rgba.chunks(4));
    for (seen, made) in pairs {
        assert_eq!(seen[3], made[3]);
        for channel in 0..3 {
            let expected = u32::from(made[channel]) * u32::from(made[3]) / 255;
            assert!(u32::from(seen[channel]).abs_diff(expected) <= 1, "{seen:?} {made:?}");
        }
    }
}

#[test]
fn a_background_lies_below_and_the_quality_counts() {
    let on_grey = photo::decode(&file("background='#808080'")).unwrap();
    let open = photo::decode(&file("")).unwrap();
    for (laid, bare) in on_grey.rgba.chunks(4).zip(open.rgba.chunks(4)) {
        assert_eq!(laid[3], 255);
        if bare[3] == 0 {
            assert_eq!(laid, [128, 128, 128, 255]);
        }
    }
    let fine = file("format='jpg'\nquality=98").len();
    let coarse = file("format='jpg'\nquality=30").len();
    assert!(coarse * 2 < fine, "{coarse} {fine}");
    let corner = photo::decode(&file("format='jpg'\nbackground='#204060'")).unwrap();
    let first = &corner.rgba[..3];
    let is_near = first.iter().zip([0x20, 0x40, 0x60]).all(|(a, b)| a.abs_diff(b) < 4);
    assert!(is_near, "{first:?}");
}

#[test]
fn what_a_format_cannot_be_is_said_at_the_check() {
    let check = |rules: &str, drawing: &str, expected: &str| {
        let toml = format!("name='T'\n[area.a]\nwidth_in=4\nheight_in=3\ndpi=100\n{rules}");
        let files = [
            ("design.toml".to_owned(), toml.into_bytes()),
            ("a.svg".to_owned(), drawing.as_bytes().to_vec()),
        ];
        let faults = checked("t", files.into()).unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|one| one.contains(expected)), "{expected}: {said:?}");
    };
    let plain = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'><rect width='4' height='3'/></svg>";
    check("file='a.svg'\nformat='bmp'", plain, "\"png\", \"jpg\", \"tif\", \"pdf\" or \"svg\"");
    check("file='a.svg'\nbackground='white'", plain, "the background is no colour");
    check("file='a.svg'\nquality=0", plain, "not between 1 and 100");
    check("file='a.svg'\nmarks=true", plain, "only a PDF has marks");
    check("file='a.png'\nformat='svg'", plain, "which has no shapes");
    let lighter = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 3'><rect width='4' height='3'/>\
        <g style='mix-blend-mode:plus-lighter'><rect width='2' height='2' fill='red'/></g></svg>";
    check("file='a.svg'\nformat='pdf'", lighter, "plus-lighter");
}

#[test]
fn the_last_condition_that_holds_decides_what_an_area_is() {
    let toml = "name='T'\n[area.a]\nfile='a.svg'\nwidth_mm=40\nheight_mm=30\ndpi=254\n\
        [[area.a.instead]]\nwhen='variation.size in (\"L\", \"XL\")'\nwidth_mm=80\nheight_mm=60\n\
        [[area.a.instead]]\nwhen='variation.size = \"XL\"'\nwidth_in=4\nheight_in=3\ndpi=100\n\
        format='jpg'\n[field.name]\nkind='text'\nlabel='N'";
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 30'><text id='name' y='20' font-family='Open Sans'>A</text></svg>";
    let files = [("design.toml".to_owned(), toml.into()), ("a.svg".to_owned(), svg.into())];
    let design = from_files("t", files.into()).unwrap();
    let size = |variation: &str| {
        let given = [("name", "A"), ("variation.size", variation)];
        let pressed = draw(&design, &given, Want::Print).unwrap();
        (pressed.areas[0].width_px, pressed.areas[0].height_px, pressed.areas[0].format)
    };
    assert_eq!(size("S"), (400, 300, Format::Png));
    assert_eq!(size("l"), (800, 600, Format::Png));
    assert_eq!(size("XL"), (400, 300, Format::Jpeg));
    let unfit = draw(&design, &[("variation.size", "XL")], Want::Print).unwrap_err();
    assert_eq!(whats(&unfit), [What::ValueMissing]);
}
