//! The command line for designs, as a merchant types it.
#![allow(clippy::unwrap_used, reason = "all of this file is tests")]

use std::path::Path;
use std::process::{Command, Output};

fn woodblock(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_woodblock")).current_dir(folder).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_sample_is_begun_checked_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| woodblock(folder.path(), args);
    let new = run(&["design", "new", "my-mug"]);
    assert!(new.status.success(), "{}", said(&new));
    let check = run(&["design", "check", "my-mug"]);
    assert!(check.status.success(), "{}", said(&check));
    assert!(said(&check).contains("2700 × 1125 px at 300 dpi"));

    put(&folder.path().join("dog.jpg"), woodblock::outside::design_folder::SAMPLE_PHOTO);
    put(
        &folder.path().join("v.json"),
        br#"{"name": "Anna", "photo": {"file": "dog.jpg",
            "crop": {"left": 0, "top": 0, "width": 1000, "height": 900}}}"#,
    );
    let drawn = run(&["render", "my-mug", "--values", "v.json", "-o", "out", "--preview", "300"]);
    assert!(drawn.status.success(), "{}", said(&drawn));
    let bytes = std::fs::read(folder.path().join("out/wrap.png")).unwrap();
    assert_eq!(woodblock::render::photo::size(&bytes), Ok((300, 125)));
    let left: Vec<_> = std::fs::read_dir(folder.path().join("out")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but the picture is left behind");
}

#[test]
fn every_mistake_is_told_with_its_place_and_ends_with_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| woodblock(folder.path(), args);
    assert!(run(&["design", "new", "shirt", "--sample", "team-shirt"]).status.success());
    let check = |args: &[&str], expected: &str| {
        let output = run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(said(&output).contains(expected), "{args:?}: {}", said(&output));
    };
    check(&["design", "new", "shirt"], "is there already");
    check(&["design", "new", "x", "--sample", "hat"], "photo-pendant");
    check(&["design", "check", "absent"], "cannot be opened");
    check(&["render", "shirt", "-o", "out"], "A value is missing");
    let render = ["render", "shirt", "--values", "v.json", "-o", "out"];
    check(&render, "v.json cannot be read");
    for (values, expected) in [
        ("{", "not JSON"),
        ("[]", "must hold an object"),
        (r#"{"nam": "Anna"}"#, "no field “nam”; it has name, number, colour"),
        (r#"{"name": []}"#, "v.json: name"),
        (r#"{"name": "Anna", "number": 100}"#, "at most 2 digits"),
        (r#"{"name": "Anna", "number": 7, "colour": "Pink"}"#, "not one of White, Navy"),
    ] {
        put(&folder.path().join("v.json"), values.as_bytes());
        check(&render, expected);
    }
    put(&folder.path().join("v.json"), br#"{"name": "Anna", "number": 7}"#);
    let one = ["render", "shirt", "--values", "v.json", "-o", "one.png", "--preview", "100"];
    check(&one, "the design has 2 areas");
    put(&folder.path().join("shirt/design.toml"), b"name = 'x'\n[area.front]\nfile = 'a.svg'");
    check(&["design", "check", "shirt"], "✗ [area.front]: it has no size");
}

#[test]
fn a_table_is_drawn_row_by_row_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| woodblock(folder.path(), args);
    assert!(run(&["design", "new", "mug"]).status.success());
    put(&folder.path().join("dog.jpg"), woodblock::outside::design_folder::SAMPLE_PHOTO);
    let table = "Name;photo\nAnna;dog.jpg\nBartholomew the Third of Nowhere;dog.jpg\nBéla;cat.jpg\nÇağrı;dog.jpg\n";
    put(&folder.path().join("rows.csv"), format!("\u{FEFF}{table}").as_bytes());
    let draw = |more: &[&str]| {
        let all = ["render", "mug", "--csv", "rows.csv", "-o", "out", "--preview", "200"];
        run(&[&all, more].concat())
    };
    let first = draw(&[]);
    assert_eq!(first.status.code(), Some(1), "{}", said(&first));
    let words = said(&first);
    assert!(words.contains("2 drawn, 0 already there, 2 not drawn"), "{words}");
    assert!(words.contains("row 2 (line 3): Name: A text is too long"), "{words}");
    assert!(
        words.contains("row 3 (line 4): ./cat.jpg cannot be read")
            || words.contains("row 3 (line 4): cat.jpg cannot be read"),
        "{words}"
    );
    let names = || {
        let all = std::fs::read_dir(folder.path().join("out")).unwrap();
        let mut names: Vec<String> =
            all.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), [".woodblock-rows.jsonl", "00001-wrap.png", "00004-wrap.png"]);
    // What is there is not drawn again; what was mended, lost or changed is.
    let mended = table.replace("cat.jpg", "dog.jpg").replace("Anna", "Hanna");
    put(&folder.path().join("rows.csv"), mended.as_bytes());
    let second = said(&draw(&[]));
    assert!(second.contains("2 drawn, 1 already there, 1 not drawn"), "{second}");
    std::fs::remove_file(folder.path().join("out/00004-wrap.png")).unwrap();
    let third = said(&draw(&[]));
    assert!(third.contains("1 drawn, 2 already there, 1 not drawn"), "{third}");

    let check = |more: &[&str], rows: &str, expected: &str| {
        put(&folder.path().join("rows.csv"), rows.as_bytes());
        let output = draw(more);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
    };
    check(&[], "Nom,photo\nA,dog.jpg", "the design has no field “Nom”; it has name");
    check(&[], "Name,name\nA,B", "two columns are for “name”");
    check(&[], "Name,photo\n", "has no row below its heading");
    check(&[], "Name,photo\nA", "cannot be read");
    check(
        &["--name", "{name}"],
        "Name,photo\nA,dog.jpg\na,dog.jpg",
        "rows 1 and 2 would both be called a",
    );
    check(&["--name", "{nom}"], "Name,photo\nA,dog.jpg", "the table has no column “nom”");
    check(&["--name", "../{row}"], "Name,photo\nA,dog.jpg", "cannot be the name of a file");
    put(&folder.path().join("rows.csv"), "Name,photo\nÅ. .sa,dog.jpg".as_bytes());
    let named = draw(&["--name", "{row} {name} {area}"]);
    assert!(named.status.success(), "{}", said(&named));
    assert!(names().contains(&"00001 Å---sa wrap.png".to_owned()), "{:?}", names());
}

#[test]
fn a_plain_drawing_is_drawn_with_the_pictures_of_its_own_folder() {
    use woodblock::render::photo::{decode, size};
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("drawing");
    std::fs::create_dir_all(folder.join("my pictures")).unwrap();
    let picture = |colour: [u8; 4]| {
        let rgba = colour.repeat(4);
        let photo = woodblock::render::photo::Photo { width_px: 2, height_px: 2, rgba };
        photo.stored().unwrap()
    };
    put(&folder.join("my pictures/red & blue.png"), &picture([255, 0, 0, 255]));
    put(&home.path().join("secret.png"), &picture([0, 255, 0, 255]));
    let drawing = |href: &str| {
        format!(
            "<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg' width='1in' height='0.5in' viewBox='0 0 20 10'>\
             <image href='{href}' width='10' height='10'/></svg>"
        )
    };
    put(&folder.join("a.svg"), drawing("./my%20pictures/red%20&amp;%20blue.png").as_bytes());
    let run = |args: &[&str]| woodblock(home.path(), args);
    let drawn = run(&["render", "--svg", "drawing/a.svg", "-o", "a.png"]);
    assert!(drawn.status.success(), "{}", said(&drawn));
    let seen = decode(&std::fs::read(home.path().join("a.png")).unwrap()).unwrap();
    assert_eq!((seen.width_px, seen.height_px), (96, 48));
    assert_eq!(&seen.rgba[20 * 4..21 * 4], [255, 0, 0, 255]);
    assert_eq!(&seen.rgba[80 * 4..81 * 4], [0, 0, 0, 0]);
    let sized = |args: &[&str]| {
        let all = [&["render", "--svg", "drawing/a.svg", "-o", "b.png"], args].concat();
        assert!(run(&all).status.success());
        size(&std::fs::read(home.path().join("b.png")).unwrap()).unwrap()
    };
    assert_eq!(sized(&["--dpi", "300"]), (300, 150));
    assert_eq!(sized(&["--width", "333"]), (333, 167));
    assert_eq!(sized(&["--width", "333", "--height", "50"]), (100, 50));
    for ending in ["pdf", "svg", "tif", "jpg"] {
        let name = format!("c.{ending}");
        let made = run(&["render", "--svg", "drawing/a.svg", "-o", &name]);
        assert!(made.status.success(), "{}", said(&made));
        assert!(64 < std::fs::metadata(home.path().join(&name)).unwrap().len());
    }
    let check = |svg: &str, args: &[&str], expected: &str| {
        put(&folder.join("bad.svg"), svg.as_bytes());
        let output =
            run(&[&["render", "--svg", "drawing/bad.svg", "-o", "bad.png"], args].concat());
        assert_eq!(output.status.code(), Some(1), "{expected}");
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
    };
    // What stands outside its folder is not read, by whatever way.
    check(&drawing("../secret.png"), &[], "it is not in the design's folder");
    std::os::unix::fs::symlink(home.path().join("secret.png"), folder.join("link.png")).unwrap();
    check(&drawing("link.png"), &[], "it is not in the design's folder");
    check("<svg xmlns='http://www.w3.org/2000/svg'/>", &[], "says no size");
    check("no drawing", &[], "says no size");
    check(&drawing("#x").replace("<image", "<imag"), &["--fonts", "drawing"], "holds no font");
    let font = drawing("#x").replace("<image", "<text font-family='Nowhere' y='9'>a</text><image");
    check(&font, &[], "Nowhere");
}
