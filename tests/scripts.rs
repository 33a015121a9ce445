//! Words of many scripts, and what words can be filled with, by golden pictures.

use std::collections::BTreeMap;

use crate::render::{draw, golden, whats};
use woodblock::model::design::Design;
use woodblock::model::problem::What;
use woodblock::outside::design_folder::from_files;
use woodblock::render::Want;

const FONTS: [(&str, &[u8]); 6] = [
    ("devanagari.ttf", include_bytes!("data/fonts/NotoSansDevanagari_400Regular.ttf")),
    ("thai.ttf", include_bytes!("data/fonts/NotoSansThai_400Regular.ttf")),
    ("chinese.ttf", include_bytes!("data/fonts/ZCOOLKuaiLe_400Regular.ttf")),
    ("korean.ttf", include_bytes!("data/fonts/Sunflower_700Bold.ttf")),
    ("kana.ttf", include_bytes!("data/fonts/CherryBombOne_400Regular.ttf")),
    ("emoji.ttf", include_bytes!("data/fonts/twemoji.ttf")),
];

/// A design of these fields with a drawing of 300 × 100 at 100 dpi, and the fonts named.
fn design(fields: &str, drawing: &str, fonts: &[&str]) -> Design {
    let toml = format!(
        "name='T'\n[area.a]\nfile='a.svg'\nwidth_in=3\nheight_in=1\ndpi=100\n\
         background='#ffffff'\n{fields}"
    );
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' \
         viewBox='0 0 300 100'>{drawing}</svg>"
    );
    let mut files = BTreeMap::from([
        ("design.toml".to_owned(), toml.into_bytes()),
        ("a.svg".to_owned(), svg.into_bytes()),
    ]);
    for (name, bytes) in FONTS.iter().filter(|(name, _)| fonts.contains(name)) {
        files.insert((*name).to_owned(), bytes.to_vec());
    }
    from_files("test", files).unwrap()
}

const WORDS: &str = "[field.words]\nkind='text'\nlabel='Words'\nletters='any'";

fn written(families: &str, fonts: &[&str]) -> Design {
    let drawing = format!(
        "<text id='words' x='150' y='62' text-anchor='middle' font-size='34' \
         font-family='{families}'>x</text>"
    );
    design(WORDS, &drawing, fonts)
}

fn look(design: &Design, words: &str, name: &str) -> Vec<u8> {
    let pressed = draw(design, &[("words", words)], Want::Print).unwrap();
    golden(name, &pressed.areas[0].bytes);
    pressed.areas.into_iter().next().unwrap().bytes
}

#[test]
fn each_script_is_shaped_as_its_readers_expect() {
    // Conjuncts, a vowel sign that stands before its consonant, and the mark above.
    let hindi = written("Noto Sans Devanagari", &["devanagari.ttf"]);
    look(&hindi, "हिन्दी क्षत्रिय श्री", "script-devanagari");
    // Vowels and tones above each other.
    let thai = written("Noto Sans Thai", &["thai.ttf"]);
    look(&thai, "สุขสันต์ น้ำที่นี่", "script-thai");
    look(&written("ZCOOL KuaiLe", &["chinese.ttf"]), "永远爱你", "script-chinese");
    look(&written("Sunflower", &["korean.ttf"]), "사랑해요", "script-korean");
}

/// What the first family lacks comes from the next: kana from one font, the rest from another.
#[test]
fn a_chain_of_fonts_is_followed_for_each_character() {
    let families = "Cherry Bomb One, ZCOOL KuaiLe, Open Sans";
    let fonts = ["kana.ttf", "chinese.ttf"];
    look(&written(families, &fonts), "はなこ 花 Zoë", "script-japanese");
    let short = written("Cherry Bomb One", &["kana.ttf"]);
    let missing = draw(&short, &[("words", "はなこ 花")], Want::Print).unwrap_err();
    assert_eq!(whats(&missing), [What::GlyphMissing]);
    assert!(missing[0].detail.contains('花'), "{missing:?}");
}

#[test]
fn emoji_are_coloured_and_joined() {
    let design = written("Twemoji Mozilla, Open Sans", &["emoji.ttf"]);
    look(&design, "❤️ 👩‍👩‍👧 👍🏽 👨🏿‍🚀 🇫🇷", "script-emoji");
    // Joined they are one picture: narrower than the same people side by side.
    let ink = |words: &str| {
        let pressed = draw(&design, &[("words", words)], Want::Print).unwrap();
        let place = pressed.spots.iter().find(|spot| spot.name == "words").unwrap().place;
        place.right - place.left
    };
    assert!(ink("👩‍👩‍👧") * 2 < ink("👩👩👧"), "a family falls apart");
    assert!(ink("👍🏽") * 3 < ink("👍🏽👍🏽") * 2, "the skin tone stands by itself");
    assert!(ink("👍🏽") * 3 < ink("👍🏽🏽") * 2);
}

#[test]
fn words_are_filled_with_what_a_drawing_fills_them_with() {
    let text = "x='150' y='70' text-anchor='middle' font-size='52' font-family='League Spartan'";
    let check = |defs: &str, more: &str, name: &str| {
        let drawing = format!("<defs>{defs}</defs><text id='words' {text} {more}>x</text>");
        look(&design(WORDS, &drawing, &[]), "Luca & Mia", name);
    };
    check(
        "<linearGradient id='g' x1='0' x2='0' y1='0' y2='1'><stop stop-color='#f6d365'/>\
         <stop offset='.5' stop-color='#b8860b'/><stop offset='1' stop-color='#fff3c4'/>\
         </linearGradient>",
        "fill='url(#g)' stroke='#6b4e00' stroke-width='1'",
        "fill-gradient",
    );
    check(
        "<pattern id='p' width='8' height='8' patternUnits='userSpaceOnUse' \
         patternTransform='rotate(45)'><rect width='8' height='8' fill='#fff'/>\
         <rect width='4' height='8' fill='#c33'/></pattern>",
        "fill='url(#p)' stroke='#c33' stroke-width='2'",
        "fill-pattern",
    );
    check(
        "<filter id='s' x='-20%' y='-20%' width='140%' height='150%'>\
         <feDropShadow dx='2' dy='3' stdDeviation='2' flood-color='#024' flood-opacity='.6'/>\
         </filter>",
        "fill='#2a7' filter='url(#s)'",
        "fill-shadow",
    );
}

/// A photo cut to the shape of the words: they are fitted like every other text.
#[test]
fn words_can_be_windows_to_a_photo() {
    let fields = "[field.words]\nkind='text'\nlabel='Words'\nletters='any'\n\
                  [field.photo]\nkind='photo'\nlabel='Photo'\nwarn_below_dpi=1\nrefuse_below_dpi=1";
    let drawing = "<defs><clipPath id='c'><text id='words' x='150' y='75' text-anchor='middle' \
         font-size='80' font-family='League Spartan'>x</text></clipPath></defs>\
         <rect id='words-box' x='10' y='10' width='280' height='80' fill='none'/>\
         <g clip-path='url(#c)'><rect id='photo' width='300' height='100'/></g>";
    let design = design(fields, drawing, &[]);
    let values = [("words", "PORTUGAL"), ("photo", "")];
    let pressed = draw(&design, &values, Want::Print).unwrap();
    golden("fill-photo", &pressed.areas[0].bytes);
}

#[test]
fn words_stand_upright_and_under_each_other() {
    let drawing = "<text id='words' x='60' y='8' font-size='24' writing-mode='tb' \
         font-family='ZCOOL KuaiLe'>x</text>\
         <text x='200' y='8' font-size='20' writing-mode='tb' font-family='Open Sans'>Side</text>";
    look(&design(WORDS, drawing, &["chinese.ttf"]), "永远爱", "script-vertical");
}
