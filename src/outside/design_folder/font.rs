//! Fonts as designs bring them, and those that an installation lends to every design.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::fonts::{self, Fonts};

pub use crate::render::font_facts::{FontFacts, read};
pub use crate::render::fonts::is_font;

/// Where a design keeps the fonts that were lent to it.
const LENT: &str = "fonts";

/// The families that a design's drawings name and that neither its folder nor the program has.
pub fn wanted(files: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let here = Fonts::of(files).families();
    let drawings = files.iter().filter(|(path, _)| path.to_lowercase().ends_with(".svg"));
    drawings
        .flat_map(|(_, bytes)| fonts::named_in(bytes))
        .filter(|one| !here.contains(one))
        .collect()
}

/// The families that the program itself has.
pub fn bundled() -> BTreeSet<String> {
    Fonts::of(&BTreeMap::new()).families()
}

/// The path under which a design keeps a font that was lent to it.
pub fn lent_path(file: &str) -> String {
    format!("{LENT}/{file}")
}

/// Style and scripts, for people.
pub fn in_words(facts: &FontFacts) -> String {
    let scripts = match facts.scripts.is_empty() {
        true => "symbols".to_owned(),
        false => facts.scripts.join(", "),
    };
    format!("{}; {} characters: {scripts}", facts.style, facts.characters)
}
