//! What a font file is: its families, its style, the scripts that it has, and what its maker allows.

use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider};
use usvg::fontdb::{Database, Source, Style};

/// One font file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FontFacts {
    /// The names under which a drawing may ask for it, the first being the usual one.
    pub families: Vec<String>,
    /// `Bold`, `Regular Italic`: its weight and slant.
    pub style: String,
    /// How many characters it has.
    pub characters: usize,
    /// Scripts of which it has what everyday words need.
    pub scripts: Vec<&'static str>,
    /// Whether its maker lets it be embedded in documents.
    pub may_embed: bool,
}

/// Letters without which a script cannot be written.
const SCRIPTS: [(&str, &str); 14] = [
    ("Latin", "AZaz09&"),
    ("Western European", "ÄÉÑßçø"),
    ("Central European", "ŁőřŠž"),
    ("Turkish", "ĞİışŞ"),
    ("Vietnamese", "Ệễươđ"),
    ("Greek", "ΑΩαωά"),
    ("Cyrillic", "АЯаяё"),
    ("Hebrew", "אתםץ"),
    ("Arabic", "ابتي"),
    ("Devanagari", "अकि्"),
    ("Thai", "กขุ์"),
    ("Chinese", "爱你永远"),
    ("Japanese", "あんアン"),
    ("Korean", "가나사랑"),
];

/// `usWeightClass` in words.
const WEIGHTS: [(u16, &str); 9] = [
    (100, "Thin"),
    (200, "Extra light"),
    (300, "Light"),
    (400, "Regular"),
    (500, "Medium"),
    (600, "Semibold"),
    (700, "Bold"),
    (800, "Extra bold"),
    (900, "Black"),
];

/// The bit of `OS/2.fsType` that forbids embedding without the maker's leave.
const RESTRICTED: u16 = 0x0002;

/// Reads a font file; the message says what is wrong with it.
pub fn read(bytes: &[u8]) -> Result<FontFacts, String> {
    let not_one = || "it is no TrueType or OpenType font (.ttf, .otf, .ttc)".to_owned();
    let mut database = Database::new();
    database.load_font_source(Source::Binary(std::sync::Arc::new(bytes.to_vec())));
    let face = database.faces().next().ok_or_else(not_one)?;
    let font = FontRef::from_index(bytes, face.index).map_err(|_| not_one())?;
    let directory = font.table_directory().table_records();
    let is_cut = |tag| font.table_data(tag).is_none();
    if let Some(cut) = directory.iter().find(|record| is_cut(record.tag())) {
        return Err(format!("it is cut short: of its part “{}” not all is there", cut.tag()));
    }
    let characters = font.charmap().mappings().count();
    if characters == 0 {
        return Err("it says of no character which shape it has".to_owned());
    }
    let has = |letters: &&(&str, &str)| letters.1.chars().all(|c| font.charmap().map(c).is_some());
    let mut families: Vec<String> = Vec::new();
    for (name, _) in database.faces().flat_map(|face| &face.families) {
        if !families.contains(name) {
            families.push(name.clone());
        }
    }
    let weight = WEIGHTS.iter().min_by_key(|(class, _)| class.abs_diff(face.weight.0));
    let weight = weight.map_or("Regular", |(_, word)| word);
    let style = match face.style {
        Style::Normal => weight.to_owned(),
        Style::Italic | Style::Oblique => format!("{weight} Italic"),
    };
    let fs_type = font.os2().map(|table| table.fs_type()).unwrap_or_default();
    Ok(FontFacts {
        families,
        style,
        characters,
        scripts: SCRIPTS.iter().filter(has).map(|(name, _)| *name).collect(),
        may_embed: fs_type & RESTRICTED == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_says_what_it_is() {
        let facts = read(include_bytes!("../../fonts/EBGaramond12-Italic.otf")).unwrap();
        assert!(
            facts.families.contains(&"EB Garamond 12".to_owned())
                || facts.families.contains(&"EB Garamond".to_owned()),
            "{facts:?}"
        );
        assert_eq!(facts.style, "Regular Italic");
        assert!(
            facts.scripts.contains(&"Greek") && !facts.scripts.contains(&"Arabic"),
            "{facts:?}"
        );
        assert!(read(b"not a font").unwrap_err().contains("no TrueType"));
        assert!(read(&[]).is_err());
    }
}
