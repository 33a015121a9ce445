//! Drawings as Inkscape, Illustrator, Figma and Affinity export them: names of layers, classes, symbols,
//! clones and clips are understood, and what cannot be printed is said with its cure.

use crate::render::{draw, golden};
use woodblock::model::design::Design;
use woodblock::outside::design_folder::{Fault, checked};
use woodblock::render::Want;

const TOML: &str = "name='T'\n[area.a]\nfile='a.svg'\nwidth_mm=80\nheight_mm=50\ndpi=150\n\
    [field.name]\nkind='text'\nlabel='Name'\n\
    [field.ink]\nkind='colour'\nlabel='Ink'\nchoices={ Gold='#c9a24a', Rose='#d4708c' }\n\
    [field.frame]\nkind='choice'\nlabel='Frame'\nchoices={ Wreath='wreath', Bars='bars' }\n";

fn design(drawing: &str) -> Result<Design, Vec<Fault>> {
    let files = [
        ("design.toml".to_owned(), TOML.into()),
        ("a.svg".to_owned(), drawing.as_bytes().to_vec()),
    ];
    checked("test", files.into())
}

fn export(program: &str) -> String {
    let path = format!("{}/tests/data/exports/{program}.svg", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn looks(program: &str) {
    let design = design(&export(program)).unwrap_or_else(|faults| {
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{program}: {said:?}")
    });
    let given = [("name", "Léa & Noé"), ("ink", "Rose"), ("frame", "Wreath")];
    let pressed = draw(&design, &given, Want::Print).unwrap();
    golden(&format!("export-{program}"), &pressed.areas[0].bytes);
}

#[test]
fn inkscape_exports_are_templates() {
    looks("inkscape");
}

#[test]
fn illustrator_exports_are_templates() {
    looks("illustrator");
}

#[test]
fn figma_exports_are_templates() {
    looks("figma");
}

#[test]
fn affinity_exports_are_templates() {
    looks("affinity");
}

/// What no print can show, in the dialect of the program that writes it, with the words of the check.
#[test]
fn what_is_not_printed_is_said_with_its_cure() {
    let check = |inner: &str, what: &str, cure: &str| {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 80 50'>\
             <text id='name' y='9' font-family='Open Sans'>n</text><rect id='ink' width='9' height='9'/>\
             <g id='wreath'/><g id='bars'/>{inner}</svg>"
        );
        let faults = design(&svg).expect_err(inner);
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(
            said.iter().any(|one| one.contains(what) && one.contains(cure)),
            "{inner}: {said:?}"
        );
    };
    check("<flowRoot><flowPara>a</flowPara></flowRoot>", "flowed text", "Convert to Text");
    check(
        "<foreignObject width='9' height='9'><p>a</p></foreignObject>",
        "foreignObject",
        "draw it as text and shapes",
    );
    check("<script>alert(1)</script>", "script", "Take it out");
    check(
        "<image width='9' height='9' href='C:\\art\\photo.jpg'/>",
        "cannot be shown",
        "Only pictures in the folder",
    );
    check(
        "<image width='9' height='9' href='https://x.example/a.png'/>",
        "cannot be shown",
        "Only pictures in the folder",
    );
    check(
        "<text y='9' font-family='Gotham-Black'>a</text>",
        "the font “Gotham-Black” is not here",
        "Put its file",
    );
    check("<rect width='9' height='9'><set attributeName='x'/></rect>", "<set>", "Take it out");
    check("<defs><meshgradient id='m'/></defs>", "<meshgradient>", "Take it out");
    check(
        "<line id='l' x2='9' stroke='red' vector-effect='non-scaling-stroke'/>",
        "the line of `l` keeps its width",
        "Expand the scale",
    );
    check(
        "<style>.a{fill:url(other.svg#b)}</style><rect class='a'/>",
        "fill is in another file",
        "into this drawing",
    );
    check(
        "<rect style='clip-path:circle(40%)' width='9' height='9'/>",
        "a shape of CSS",
        "<clipPath>",
    );
    check(
        "<rect width='9' height='9'><animate attributeName='x' to='9' dur='1s'/></rect>",
        "animate",
        "Take it out",
    );
}
