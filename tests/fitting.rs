//! How texts meet their places: golden sheets, each box with a text of its own, and what is refused.

use crate::render::{draw, from_parts, golden, whats};
use woodblock::model::problem::What;
use woodblock::render::{Measure, Want};

/// A box on a sheet: the rules of its field, its words, and how its text is drawn.
struct Case {
    rules: &'static str,
    words: &'static str,
    text: &'static str,
}

const fn case(rules: &'static str, words: &'static str) -> Case {
    Case { rules, words, text: "font-size='22' text-anchor='middle' font-family='Open Sans'" }
}

const fn drawn(rules: &'static str, words: &'static str, text: &'static str) -> Case {
    Case { rules, words, text }
}

/// Boxes of 130 × 80 beside and below each other, three in a row.
fn sheet(cases: &[Case]) -> (woodblock::model::design::Design, Vec<(String, &'static str)>) {
    let rows = cases.len().div_ceil(3);
    let (width, height) = (450, rows * 100);
    let mut toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in={}\nheight_in={}\ndpi=100\n",
        f64::from(width) / 100.0,
        height as f64 / 100.0
    );
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>\
         <rect width='{width}' height='{height}' fill='#fff'/>"
    );
    let mut given = Vec::new();
    for (nth, case) in cases.iter().enumerate() {
        let (x, y) = (nth % 3 * 150 + 10, nth / 3 * 100 + 10);
        let key = format!("f{nth}");
        let middle = if case.text.contains("middle") { x + 65 } else { x };
        svg += &format!(
            "<rect x='{x}' y='{y}' width='130' height='80' fill='#eef' stroke='#99c'/>\
             <rect id='{key}-box' x='{x}' y='{y}' width='130' height='80' fill='none'/>\
             <text id='{key}' x='{middle}' y='{}' {}>x</text>",
            y + 48,
            case.text
        );
        toml += &format!("[field.{key}]\nkind='text'\nlabel='{key}'\n{}\n", case.rules);
        given.push((key, case.words));
    }
    (from_parts(&toml, &(svg + "</svg>")), given)
}

/// Draws a sheet and compares it; the scale of each text in per cent.
fn look(name: &str, cases: &[Case]) -> Vec<u32> {
    let (design, given) = sheet(cases);
    let given: Vec<(&str, &str)> = given.iter().map(|(key, words)| (&**key, *words)).collect();
    let pressed = draw(&design, &given, Want::Print).unwrap();
    golden(name, &pressed.areas[0].bytes);
    let mut scales: Vec<(usize, u32)> = pressed
        .spots
        .iter()
        .filter_map(|spot| match spot.measure {
            Measure::Text { percent } => Some((spot.name[1..].parse().unwrap(), percent)),
            Measure::Photo { .. } | Measure::Own => None,
        })
        .collect();
    scales.sort_unstable();
    for spot in &pressed.spots {
        assert!(0 <= spot.place.left && spot.place.right <= 1000, "{spot:?}");
    }
    scales.into_iter().map(|(_, percent)| percent).collect()
}

const LONG: &str = "Forever in my heart and at home";

#[test]
fn each_way_fits_a_text_in_its_own_manner() {
    let scales = look(
        "fit-ways",
        &[
            case("fit='shrink'", LONG),
            case("fit='wrap'", LONG),
            case("fit='grow'", "Anna"),
            case("fit='shrink'\nmin_pt=9\nlines=3", LONG),
            case("fit='wrap'\nlines=2", LONG),
            case("fit='grow'\nmax_pt=30", "Anna"),
            case("fit='keep'\nlines=3", "Keep it simple"),
            case("fit='grow'\nlines=3", LONG),
            case("fit='shrink'\ntighten=0.1", "Wonderwoman"),
        ],
    );
    assert!(scales[0] < 50, "one line: {scales:?}");
    assert!(scales[0] < scales[1] && scales[1] <= 100, "lines before size: {scales:?}");
    assert!(100 < scales[2], "{scales:?}");
    assert!(scales[0] < scales[3], "small as 9 pt, then lines: {scales:?}");
    assert!((188..=190).contains(&scales[5]), "from 15.8 pt to 30 pt: {scales:?}");
    assert_eq!(scales[6], 100);
    assert!(scales[1] <= scales[7], "{scales:?}");
}

#[test]
fn lines_are_balanced_or_filled_and_scripts_keep_their_rules() {
    look(
        "fit-lines",
        &[
            case("fit='wrap'", "To the moon and back again"),
            case("fit='wrap'\nbalance=false", "To the moon and back again"),
            case("fit='wrap'\nline_height=0.9", "TO THE MOON AND BACK AGAIN"),
            case("letters='any'\nfit='wrap'\nlines=4", "Anna & Bela\nmarried in June"),
            drawn(
                "fit='wrap'",
                "من القلب إلى القلب إلى الأبد",
                "font-size='24' text-anchor='middle' font-family='DejaVu Sans'",
            ),
            drawn(
                "fit='wrap'",
                "לעולם בליבי ובביתי תמיד",
                "font-size='24' text-anchor='middle' font-family='DejaVu Sans'",
            ),
            drawn(
                "fit='wrap'",
                "Liebe Großmutter Annemarie",
                "font-size='20' font-family='EB Garamond' font-style='italic'",
            ),
            drawn(
                "fit='wrap'",
                "well-known-and-loved people",
                "font-size='24' text-anchor='middle' font-family='League Spartan'",
            ),
            drawn(
                "fit='wrap'",
                "outlined in gold and blue",
                "font-size='26' text-anchor='middle' font-family='Bebas Neue' fill='#fc3' stroke='#236' stroke-width='2'",
            ),
        ],
    );
}

#[test]
fn texts_stand_where_they_are_told_to() {
    look(
        "fit-places",
        &[
            case("align='left'\nvalign='top'", "left top"),
            case("align='centre'\nvalign='top'", "gypsy"),
            case("align='right'\nvalign='top'", "right"),
            case("align='left'\nvalign='middle'", "left"),
            case("align='centre'\nvalign='middle'\nfit='wrap'", LONG),
            case("align='right'\nvalign='middle'", "much too long a text"),
            case("align='left'\nvalign='bottom'", "gypsy"),
            drawn(
                "align='centre'\nvalign='bottom'",
                "turned",
                "font-size='22' font-family='Open Sans' transform='rotate(-12 205 250)'",
            ),
            case("align='right'\nvalign='bottom'\nfit='grow'\nmax_pt=40", "big"),
        ],
    );
}

#[test]
fn a_group_has_the_size_of_its_smallest_text() {
    let scales = look(
        "fit-group",
        &[
            case("same_size='names'", "Jo"),
            case("same_size='names'", "Wilhelmina Henrietta"),
            case("", "Jo"),
        ],
    );
    assert_eq!(scales[0], scales[1]);
    assert!(scales[1] < 90);
    assert_eq!(scales[2], 100);
}

#[test]
fn what_fits_in_no_lines_is_a_problem() {
    let check = |rules: &'static str, words: &'static str, expected: &[What]| {
        let (design, given) = sheet(&[case(rules, words)]);
        let given = [(&*given[0].0, given[0].1)];
        let problems = draw(&design, &given, Want::Print).err().unwrap_or_default();
        assert_eq!(whats(&problems), expected, "{rules}");
    };
    check("fit='keep'\nlines=2", LONG, &[What::TextDoesNotFit]);
    check("fit='wrap'\nlines=2\nmin_pt=20", LONG, &[What::TextDoesNotFit]);
    check("fit='grow'\nmin_pt=40", LONG, &[What::TextDoesNotFit]);
    check("fit='wrap'\nlines=3\nmin_pt=8", LONG, &[]);
    check("same_size='names'\nmin_pt=16", "Wilhelmina Henrietta", &[What::TextDoesNotFit]);
}

#[test]
fn rules_that_no_text_can_meet_are_faults() {
    let check = |rules: &str, words: &str| {
        let kind = if rules.starts_with("kind") { "" } else { "kind='text'\n" };
        let toml = format!(
            "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=1\nheight_in=1\n\
             [field.f]\nlabel='F'\n{kind}{rules}\n"
        );
        let files = [("design.toml".to_owned(), toml.into_bytes())];
        let faults =
            woodblock::outside::design_folder::from_files("test", files.into()).unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(said.join("\n").contains(words), "{said:?}");
    };
    check("fit='squeeze'", "Known are shrink, wrap, grow, keep");
    check("align='middle'", "Known are left, centre, right");
    check("lines=0", "Give 1 to 20");
    check("min_pt=30\nmax_pt=20", "max_pt above min_pt");
    check("line_height=9", "line_height = 9");
    check("tighten=1", "tighten = 1");
    check("language='no language'", "is no language");
    check("kind='date'\nwritten='fancy'", "patterns like DD.MM.YYYY");
    check("kind='date'\ngiven='ymd'", "Known are dmy, mdy");
    check("kind='coordinates'\nwritten='fancy'", "Known are degrees, decimal");
}

/// A text that is printed otherwise than it is kept.
fn words_on(rules: &str, given: &str) -> String {
    let toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=4\nheight_in=1\ndpi=72\n\
         [field.f]\nlabel='F'\n{rules}\n"
    );
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 100'>\
        <text id='f' x='10' y='60' font-size='20' font-family='DejaVu Sans'>x</text></svg>";
    let design = from_parts(&toml, svg);
    let pressed = draw(&design, &[("f", given)], Want::Print).unwrap();
    assert_eq!(pressed.remarks, [], "{rules}");
    let kept = woodblock::model::value::Value::Text(given.to_owned());
    let kept = design.fields[0].accept(&kept).unwrap();
    design.fields[0].printed(kept.as_text().unwrap())
}

#[test]
fn dates_numbers_and_places_are_printed_in_their_own_form() {
    let check = |rules: &str, given: &str, expected: &str| {
        assert_eq!(words_on(rules, given), expected, "{rules}");
    };
    check("kind='date'\nlanguage='de'", "20.6.2026", "20. Juni 2026");
    check("kind='date'\ngiven='mdy'\nwritten='roman'", "6/20/2026", "XX · VI · MMXXVI");
    check("kind='date'\nwritten='DD.MM.YYYY'", "June 20, 2026", "20.06.2026");
    check("kind='number'\nwritten='roman'\nmax=3999", "2026", "MMXXVI");
    check("kind='coordinates'", "48.8566, 2.3522", "48° 51′ 24″ N\u{a0} 2° 21′ 8″ E");
    check(
        "kind='coordinates'\nwritten='decimal'",
        "48°51'24\"N 2°21'8\"E",
        "48.8567° N\u{a0} 2.3522° E",
    );
}
