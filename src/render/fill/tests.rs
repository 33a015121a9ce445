//! How values come into a drawing.

use super::super::xml;
use super::*;
use crate::model::design::{Design, Rule};
use crate::model::field::Required;
use crate::model::field::{Case, Fit, FitWay, Letters, PhotoRules, TextRules};
use crate::model::id::Hash;
use crate::model::rule::Condition;
use crate::model::value::Photo;
use proptest::prelude::*;

fn field(key: &str, kind: FieldKind) -> Field {
    Field {
        key: key.into(),
        label: key.into(),
        from: Vec::new(),
        when: None,
        required: Required::Never,
        default: None,
        kind,
    }
}

fn text_kind() -> FieldKind {
    FieldKind::Text(TextRules {
        letters: Letters::Any,
        min: 0,
        max: 100,
        case: Case::Keep,
        language: None,
        fit: Fit::new(FitWay::Keep),
    })
}

fn choices(pairs: &[(&str, &str)]) -> Vec<Choice> {
    let choice =
        |(label, gives): &(&str, &str)| Choice { label: (*label).into(), gives: (*gives).into() };
    pairs.iter().map(choice).collect()
}

fn design() -> Design {
    Design {
        hash: Hash::of(b""),
        name: "test".into(),
        title: "Test".into(),
        per_copy: false,
        areas: Vec::new(),
        fields: vec![
            field("name", text_kind()),
            field("style", FieldKind::Choice(choices(&[("Round", "a"), ("Square", "b")]))),
            field("ink", FieldKind::Colour(choices(&[("Red", "#ff0000")]))),
            field("photo", FieldKind::Photo(PhotoRules::default())),
        ],
        rules: vec![Rule {
            when: Condition::parse("count(name) > 8").unwrap(),
            show: vec!["long".into()],
            hide: vec!["short".into()],
        }],
        mockups: Vec::new(),
        files: BTreeMap::new(),
    }
}

fn filled(inside: &str, values: &[(&str, &str)]) -> Filled {
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>");
    let value = |(key, text): &(&str, &str)| {
        let value = match *key {
            "photo" => Value::Photo(Photo::whole(Hash::of(b"photo"))),
            _ => Value::Text((*text).to_owned()),
        };
        ((*key).to_owned(), value)
    };
    let values = values.iter().map(value).collect();
    fill(xml::read(svg.as_bytes()).unwrap(), &design(), &values)
}

fn check(inside: &str, values: &[(&str, &str)], expected: &str) {
    let svg = filled(inside, values).root.write();
    let inside = svg.split_once('>').unwrap().1.trim_end_matches("</svg>");
    assert_eq!(inside, expected);
}

#[test]
fn words_replace_the_example_and_keep_how_it_was_written() {
    let anna = [("name", "Anna")];
    check("<text id='name' x='5'>Example</text>", &anna, r#"<text id="name" x="5">Anna</text>"#);
    check(
        "<text id='name'><tspan x='1 2 3' rotate='9'>Ex</tspan><tspan>ample</tspan></text>",
        &anna,
        r#"<text id="name"><tspan x="1">Anna</tspan></text>"#,
    );
    check(
        "<text x='1'>For <tspan id='name'>X</tspan>!</text>",
        &anna,
        r#"<text x="1" id="wb-text-name-1">For <tspan id="name">Anna</tspan>!</text>"#,
    );
    check(
        "<g id='name'><path/><text>X</text></g><text id='name-2'>X</text><text id='name-b'>X</text>",
        &anna,
        concat!(
            r#"<g id="name"><path></path><text id="wb-text-name-1">Anna</text></g>"#,
            r#"<text id="name-2">Anna</text><text id="name-b">X</text>"#
        ),
    );
    check("<text id='name'>X</text>", &[], r#"<text id="name"></text>"#);
}

#[test]
fn lines_stand_below_each_other() {
    check(
        "<text id='name' x='5'>Example</text>",
        &[("name", "a\n\nb")],
        concat!(
            r#"<text id="name" x="5"><tspan x="5">a</tspan>"#,
            r#"<tspan x="5" dy="2.4em">b</tspan></text>"#
        ),
    );
    check(
        "<text id='name' x='5'><textPath href='#p'>X</textPath></text>",
        &[("name", "a\nb")],
        r##"<text id="name" x="5"><textPath href="#p">a b</textPath></text>"##,
    );
}

#[test]
fn a_choice_shows_its_element_and_hides_the_others() {
    check(
        "<g id='a' display='none'/><g id='b'/>",
        &[("style", "Round")],
        r#"<g id="a" style="display:inline"></g><g id="b" style="display:none"></g>"#,
    );
}

#[test]
fn a_rule_shows_and_hides_only_when_it_holds() {
    let drawing = "<g id='long' style='display:none'/><g id='short'/>";
    check(
        drawing,
        &[("name", "Maximilian")],
        r#"<g id="long" style="display:inline"></g><g id="short" style="display:none"></g>"#,
    );
    check(
        drawing,
        &[("name", "Max")],
        r#"<g id="long" style="display:none"></g><g id="short"></g>"#,
    );
}

#[test]
fn a_colour_fills_what_is_filled_and_lines_what_is_only_a_line() {
    let red = [("ink", "Red")];
    check("<rect id='ink' fill='blue'/>", &red, r#"<rect id="ink" style="fill:#ff0000"></rect>"#);
    check(
        "<path data-field='x ink' fill='none' stroke='blue'/>",
        &red,
        r#"<path data-field="x ink" fill="none" style="stroke:#ff0000"></path>"#,
    );
    check(
        "<g id='ink'><rect/><rect fill='#123'/><rect fill='none'/></g>",
        &red,
        concat!(
            r#"<g id="ink" style="fill:#ff0000"><rect></rect>"#,
            r#"<rect style="fill:#ff0000"></rect><rect fill="none"></rect></g>"#
        ),
    );
}

#[test]
fn a_place_for_a_photo_is_hidden_without_one() {
    check("<circle id='photo'/>", &[], r#"<circle id="photo" style="display:none"></circle>"#);
    let with = filled("<g id='photo'><image href='x.png'/></g>", &[("photo", "")]);
    assert_eq!(with.photos.len(), 1);
    assert!(with.root.write().contains("<rect id=\"wb-photo-photo-1\">"));
}

#[test]
fn names_are_known_as_editors_write_them() {
    let check = |attributes: &str, key: &str, expected| {
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' \
            xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape' {attributes}/>"
        );
        let element = xml::read(svg.as_bytes()).unwrap();
        assert_eq!(is_slot(&element, key), expected, "{attributes}");
    };
    check("id='name'", "name", true);
    check("id='name-2'", "name", true);
    check("id='name_2_'", "name", true);
    check("id='name-'", "name", false);
    check("id='names'", "name", false);
    check("id='name-box'", "name", false);
    check("id='g1' inkscape:label='name'", "name", true);
    check("id='name-1234' data-name='name'", "name", true);
    check("id='pet_x5F_name'", "pet_name", true);
    check("id='pet_x5F_name_1_'", "pet_name", true);
    check("id='a_xzz_b'", "a_xzz_b", true);
    check("id='a_x'", "a_x", true);
}

#[test]
fn drawings_of_common_editors_are_filled() {
    // Inkscape: a layer with the name, its text in lines of its own.
    check(
        "<g xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape' \
        xmlns:sodipodi='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd' id='layer1' \
        inkscape:groupmode='layer' inkscape:label='name'><text xml:space='preserve' \
        style='font-size:9px' x='1' y='2' id='text1'><tspan sodipodi:role='line' id='tspan1' \
        x='1' y='2'>Example</tspan></text></g>",
        &[("name", "Anna")],
        concat!(
            r#"<g id="layer1"><text xml:space="preserve" style="font-size:9px" x="1" y="2" "#,
            r#"id="text1"><tspan id="tspan1" x="1" y="2">Anna</tspan></text></g>"#
        ),
    );
    // Illustrator: letters placed one by one.
    check(
        "<text id='name_1_' class='st0' transform='matrix(1 0 0 1 9 9)'>\
        <tspan x='0 5.1 9' y='0'>Exa</tspan><tspan x='14' y='0'>mple</tspan></text>",
        &[("name", "Anna")],
        concat!(
            r#"<text id="name_1_" class="st0" transform="matrix(1 0 0 1 9 9)">"#,
            r#"<tspan x="0" y="0">Anna</tspan></text>"#
        ),
    );
}

fn shape(element: &Element) -> Vec<(String, usize)> {
    let mut shape = Vec::new();
    element.visit(&mut |inner| shape.push((inner.name.clone(), inner.attributes.len())));
    shape
}

proptest! {
    #[test]
    fn no_text_changes_the_structure_of_a_drawing(
        hostile in "\\PC{0,20}|(</text>|<script>|&amp;|&#0;|\\x00|\"|'|\\]\\]>|<!--|%){1,9}",
    ) {
        let drawing = "<text id='name'><tspan>X</tspan></text><g id='b'/>";
        let plain = filled(drawing, &[("name", "Anna")]);
        let attacked = filled(drawing, &[("name", &hostile)]);
        let again = xml::read(attacked.root.write().as_bytes()).unwrap();
        if !hostile.is_empty() {
            prop_assert_eq!(shape(&again), shape(&plain.root));
        }
    }
}
