//! Folders as they are read, and what is said about wrong ones.

use super::*;
use crate::model::field::FieldKind;

const DRAWING: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 100'>\
    <text id='name' y='50' font-family='Open Sans'>Anna</text><rect id='box' width='9' height='9'/></svg>";
const AREA: &str =
    "name = 'Test'\n[area.front]\nfile = 'front.svg'\nwidth_in = 2\nheight_in = 1.0\n";

fn files(description: &str, drawing: &str) -> BTreeMap<String, Vec<u8>> {
    [(DESCRIPTION.to_owned(), description.into()), ("front.svg".to_owned(), drawing.into())].into()
}

fn faults(description: &str, drawing: &str) -> Vec<String> {
    match checked("test", files(description, drawing)) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_sample_is_whole_and_has_the_fields_the_demo_fills() {
    for sample in samples() {
        let design = checked(sample.name, sample.file_map()).unwrap();
        for field in &design.fields {
            assert!(field.from.contains(&field.label), "{}", sample.name);
            assert!(1 < field.from.len(), "{}", sample.name);
        }
        let again = from_files(sample.name, design.files.clone()).unwrap();
        assert_eq!(again, design);
    }
    let shirt = checked("team-shirt", samples()[1].file_map()).unwrap();
    let keys: Vec<&str> = shirt.fields.iter().map(|field| field.key.as_str()).collect();
    assert_eq!(keys, ["name", "number", "colour"]);
    let areas: Vec<&str> = shirt.areas.iter().map(|area| area.key.as_str()).collect();
    assert_eq!(areas, ["front", "back"]);
    let FieldKind::Colour(colours) = &shirt.fields[2].kind else {
        panic!("colour is a colour");
    };
    let labels: Vec<&str> = colours.iter().map(|choice| choice.label.as_str()).collect();
    assert_eq!(labels, ["White", "Navy", "Red", "Gold"]);
}

#[test]
fn a_change_of_any_file_is_another_version() {
    let hash = |drawing: &str| from_files("test", files(AREA, drawing)).unwrap().hash;
    assert_eq!(hash(DRAWING), hash(DRAWING));
    assert_ne!(hash(DRAWING), hash(&DRAWING.replace("Anna", "Anne")));
}

#[test]
fn every_fault_names_its_place_and_its_cure() {
    let check = |description: &str, expected: &[&str]| {
        let found = faults(&format!("{AREA}{description}"), DRAWING);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (fault, expected) in found.iter().zip(expected) {
            assert!(fault.starts_with(expected), "{fault}");
        }
    };
    check("[field.name]\nkind='text'\nlabel='Name'", &[]);
    check("dip = 300", &["[area.front]: unknown field `dip`"]);
    check("dpi = 'many'", &["[area.front]: invalid type"]);
    check(
        "[field.n]\nkind='text'\nlabel='N'",
        &["[field.n]: no drawing has a text with the id `n`"],
    );
    check(
        "[field.name]\nkind='words'\nlabel='N'",
        &["[field.name]: kind = \"words\" is not known"],
    );
    check("[field.Name]\nkind='text'\nlabel='N'", &["[field.Name]: its name cannot be used"]);
    check("[field.name]\nkind='photo'\nlabel='N'", &["[field.name]: no drawing has a rectangle"]);
    check(
        "[field.c]\nkind='colour'\nlabel='C'\nchoices={ Red='red' }",
        &["[field.c]: “Red” gives \"red\""],
    );
    check(
        "[field.s]\nkind='choice'\nlabel='S'\nchoices={ A='box', B='bow' }",
        &["[field.s]: “B” shows `bow`, which no drawing has"],
    );
    check(
        "[[rule]]\nwhen='count(nam) > 8'\nhide=['box']",
        &["[[rule]] 1: it asks for the field `nam`"],
    );
    check("[[rule]]\nwhen='8 <'", &["[[rule]] 1: when = '8 <' cannot be read at character"]);
    check(
        "[field.name]\nkind='text'\nlabel='N'\n[[rule]]\nwhen='name is empty'\nhide=['bx']",
        &["[[rule]] 1: it names `bx`"],
    );
    check(
        "colour = 1\n[area.back]\nfile='b.gif'\nwidth_in=1\nheight_in=1",
        &["[area.front]: unknown field `colour`", "[area.back]: b.gif is neither"],
    );
    check(
        "[field.name]\nkind='text'\nlabel='N'\nmax=3\ndefault='Anna'",
        &["[field.name]: its default is not allowed by itself"],
    );
}

#[test]
fn drawings_are_checked_as_well() {
    let check = |from: &str, to: &str, expected: &str| {
        let found = faults(AREA, &DRAWING.replace(from, to));
        assert!(found.iter().any(|fault| fault.contains(expected)), "{found:#?}");
    };
    check("0 0 200 100", "0 0 200 120", "times as wide as high");
    check("Open Sans", "Comic Sans MS", "the font “Comic Sans MS” is not here");
    check("<rect", "<image href='/etc/passwd' width='9' height='9'/><rect", "/etc/passwd");
    check("<rect", "<foreignObject/><rect", "it holds <foreignObject>, which is not printed");
    check("</svg>", "", "cannot be read");
    check("<svg", "<html", "cannot be read");
}

#[test]
fn a_description_that_is_no_toml_is_told_by_line() {
    let found = faults("name = 'Test'\n[area", DRAWING);
    assert!(found[0].starts_with("design.toml, line 2: "), "{found:?}");
    let empty = checked("test", BTreeMap::new()).unwrap_err();
    assert_eq!(empty[0].what, "it has no design.toml");
    let badly_named = checked("My Design", files(AREA, DRAWING)).unwrap_err();
    assert!(badly_named[0].what.contains("My Design"));
}

#[test]
fn finished_artwork_of_another_size_says_both_sizes() {
    let sample = samples().iter().find(|sample| sample.name == "finished-print").unwrap();
    let mut files = sample.file_map();
    let text = String::from_utf8(files[DESCRIPTION].clone()).unwrap();
    files.insert(DESCRIPTION.into(), text.replace("4.0", "4.1").into());
    let found = checked("finished-print", files).unwrap_err();
    assert_eq!(found[0].what, "it has 1200 × 1800 px, but its area is 1230 × 1800 px at 300 dpi");
}

#[test]
fn a_folder_is_read_without_what_editors_leave_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("my-test");
    std::fs::create_dir_all(root.join("fonts")).unwrap();
    for (path, text) in [
        ("design.toml", AREA),
        ("front.svg", DRAWING),
        (".front.svg.swp", "x"),
        ("fonts/readme.txt", "x"),
    ] {
        let mut file = std::fs::File::create(root.join(path)).unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", root.join("passwd")).unwrap();
    let design = open(&root).unwrap();
    let paths: Vec<&str> = design.files.keys().map(String::as_str).collect();
    assert_eq!(paths, ["design.toml", "fonts/readme.txt", "front.svg"]);
    assert_eq!(design.name, "my-test");
    assert!(open(&folder.path().join("absent")).is_err());
}
