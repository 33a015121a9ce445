//! Codes on prints, read again from their pixels as a telephone reads them.

use rxing::BarcodeFormat;

use crate::render::{draw, from_parts, whats};
use woodblock::model::design::Design;
use woodblock::model::problem::What;
use woodblock::render::{Want, photo};

/// A sheet of 2 × 2 in with a code in a frame of its own.
fn design(kind: &str, frame: &str) -> Design {
    let toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=2\nheight_in=2\n\
         [field.code]\nlabel='Code'\n{kind}\n"
    );
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 200'>\
         <rect width='200' height='200' fill='#fff'/>{frame}</svg>"
    );
    from_parts(&toml, &svg)
}

const SQUARE: &str = "<rect id='code' x='30' y='20' width='140' height='150' rx='8'/>";
const WIDE: &str = "<rect id='code' x='10' y='70' width='180' height='50' fill='#123'/>";

/// What is read from a print; nothing where nothing can be.
fn read(design: &Design, text: &str, format: BarcodeFormat) -> Option<String> {
    let pressed = draw(design, &[("code", text)], Want::Print).unwrap();
    let print = photo::decode(&pressed.areas[0].bytes).unwrap();
    let luma = print.rgba.chunks_exact(4).map(|pixel| {
        let sum: u32 = pixel[..3].iter().map(|level| u32::from(*level)).sum();
        u8::try_from(sum / 3).unwrap()
    });
    let luma: Vec<u8> = luma.collect();
    let found = rxing::helpers::detect_in_luma(luma, print.width_px, print.height_px, Some(format));
    found.ok().map(|found| found.getText().to_owned())
}

#[test]
fn qr_codes_are_read_again() {
    let check = |rules: &str, frame: &str, text: &str| {
        let read =
            read(&design(&format!("kind='qr'\n{rules}"), frame), text, BarcodeFormat::QR_CODE);
        assert_eq!(read.as_deref(), Some(text), "{rules} {frame}");
    };
    check("", SQUARE, "https://prints.example/song/4711?for=Anna");
    check("correction='high'", SQUARE, "https://prints.example/s/1");
    check("correction='low'", SQUARE, "Once upon a time. ".repeat(10).trim_end());
    check("", SQUARE, "Für Zoë – 愛 ❤");
    check("", "<circle id='code' cx='100' cy='100' r='80' fill='#204080'/>", "round frame");
    let turned = "<g transform='rotate(17 100 100)'><rect id='code' x='40' y='40' width='120' height='120'/></g>";
    check("", turned, "turned");
    check(
        "",
        "<rect id='code' x='30' y='30' width='140' height='140' fill='none' stroke='#999'/>",
        "open frame",
    );
    check("", "<g id='code'><path d='M30 30h140v140h-140z'/></g>", "in a group");
}

#[test]
fn bars_are_read_again() {
    let check = |text: &str| {
        let read = read(&design("kind='code128'", WIDE), text, BarcodeFormat::CODE_128);
        assert_eq!(read.as_deref(), Some(text));
    };
    check("WB-1001-7");
    check("0123456789");
    check("12345");
    check("Order #7 (A/b)");
}

#[test]
fn what_no_machine_could_read_is_a_problem() {
    let check = |kind: &str, frame: &str, text: &str, expected: What| {
        let refused = draw(&design(kind, frame), &[("code", text)], Want::Print);
        assert_eq!(whats(&refused.unwrap_err()), [expected], "{kind} {text}");
    };
    let small = "<rect id='code' x='30' y='20' width='24' height='24'/>";
    check("kind='qr'", small, "https://prints.example/song/4711?for=Anna", What::TextDoesNotFit);
    check("kind='code128'", small, "WB-1001", What::TextDoesNotFit);
    check("kind='code128'", WIDE, "Zoë", What::ValueNotAllowed);
    check("kind='qr'\nmax=5", SQUARE, "too long", What::ValueTooLong);
}

#[test]
fn a_code_that_was_not_asked_for_leaves_its_place_empty() {
    let pressed = draw(&design("kind='qr'\nrequired=false", SQUARE), &[], Want::Print).unwrap();
    let print = photo::decode(&pressed.areas[0].bytes).unwrap();
    assert!(print.rgba.iter().all(|level| *level == 255));
}

#[test]
fn rules_of_codes_are_checked() {
    let check = |kind: &str, words: &str| {
        let toml = format!(
            "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\n[field.code]\nlabel='C'\n{kind}\n"
        );
        let files = [("design.toml".to_owned(), toml.into_bytes())];
        let faults =
            woodblock::outside::design_folder::from_files("test", files.into()).unwrap_err();
        assert!(faults.iter().any(|fault| fault.to_string().contains(words)), "{faults:?}");
    };
    check("kind='qr'\ncorrection='best'", "Known are low, medium, quartile, high");
    check("kind='qr'\nmax=9000", "Give max from 1 to 2000");
    check(
        "kind='aztec'",
        "Known are text, number, choice, colour, photo, date, coordinates, qr and code128",
    );
}
