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
