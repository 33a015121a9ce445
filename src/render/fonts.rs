//! The fonts a print may use: those compiled in, and those in the design's own folder.
//!
//! Nothing is ever read from the system. A text may use the families its drawing names and no
//! others: a character that none of them has is a problem, not a box and not another face.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use usvg::fontdb::{Database, Family, ID, Query, Source, Stretch, Style, Weight};

/// The fonts compiled in; see `fonts/README.md` for their licences.
const BUNDLED: [&[u8]; 10] = [
    include_bytes!("../../fonts/OpenSans-Regular.ttf"),
    include_bytes!("../../fonts/OpenSans-Bold.ttf"),
    include_bytes!("../../fonts/LeagueSpartan-Bold.otf"),
    include_bytes!("../../fonts/BebasNeue-Bold.otf"),
    include_bytes!("../../fonts/DancingScript-Bold.otf"),
    include_bytes!("../../fonts/Lobster.otf"),
    include_bytes!("../../fonts/EBGaramond12-Regular.otf"),
    include_bytes!("../../fonts/EBGaramond12-Italic.otf"),
    include_bytes!("../../fonts/DejaVuSans.ttf"),
    include_bytes!("../../fonts/DejaVuSans-Bold.ttf"),
];

/// Endings of the files in a design's folder that are fonts.
const ENDINGS: [&str; 3] = [".ttf", ".otf", ".ttc"];

/// The fonts of one design.
#[derive(Debug, Clone)]
pub struct Fonts {
    database: Arc<Database>,
}

/// What the drawings asked of the fonts and did not get.
#[derive(Debug, Clone, Default)]
pub struct FontNotes {
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    missing: BTreeSet<String>,
    /// For each first font of a text, the fonts that its drawing names after it.
    chains: HashMap<ID, Vec<ID>>,
}

impl Fonts {
    /// The bundled fonts and those among these files.
    pub fn of(files: &BTreeMap<String, Vec<u8>>) -> Fonts {
        let mut database = Database::new();
        let own = files.iter().filter(|(path, _)| is_font(path));
        // The design's own come first, so that they win over a bundled one of the same name.
        for (_, bytes) in own {
            database.load_font_source(Source::Binary(Arc::new(bytes.clone())));
        }
        for bytes in BUNDLED {
            database.load_font_source(Source::Binary(Arc::new(bytes)));
        }
        database.set_sans_serif_family("Open Sans");
        database.set_serif_family("EB Garamond");
        database.set_cursive_family("Dancing Script");
        database.set_fantasy_family("Bebas Neue");
        database.set_monospace_family("DejaVu Sans");
        Fonts { database: Arc::new(database) }
    }

    /// The names a drawing may use, in order.
    pub fn families(&self) -> BTreeSet<String> {
        let faces = self.database.faces();
        faces.flat_map(|face| face.families.iter().map(|(name, _)| name.clone())).collect()
    }

    /// Which of these characters a family has; `None` where the family is not here.
    pub(super) fn has(&self, family: &str, letters: &[char]) -> Option<Vec<bool>> {
        let family = match family {
            "serif" => Family::Serif,
            "sans-serif" => Family::SansSerif,
            "cursive" => Family::Cursive,
            "fantasy" => Family::Fantasy,
            "monospace" => Family::Monospace,
            name => Family::Name(name),
        };
        let id = self.database.query(&Query { families: &[family], ..Query::default() })?;
        let found = self.database.with_face_data(id, |data, index| {
            let font = skrifa::FontRef::from_index(data, index).ok()?;
            let map = skrifa::charmap::Charmap::new(&font);
            Some(letters.iter().map(|c| map.map(*c).is_some()).collect())
        });
        found.flatten()
    }

    pub(super) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }
}

/// Whether a file of a design's folder is a font.
pub fn is_font(path: &str) -> bool {
    let path = path.to_lowercase();
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

/// The families that a drawing names, as far as its text tells; generic ones are left out.
pub fn named_in(drawing: &[u8]) -> Vec<String> {
    const GENERIC: [&str; 6] =
        ["serif", "sans-serif", "cursive", "fantasy", "monospace", "inherit"];
    let text = String::from_utf8_lossy(drawing);
    let mut named = Vec::new();
    for rest in text.split("font-family").skip(1) {
        let rest = rest.trim_start().trim_start_matches([':', '=']).trim_start();
        // An attribute ends with its own quote, a style with a semicolon or the attribute.
        let (rest, ends): (&str, &[char]) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) if text.contains(&format!("font-family={quote}")) => {
                (&rest[1..], if quote == '"' { &['"'] } else { &['\''] })
            }
            _ => (rest, &[';', '}', '"', '<']),
        };
        let list = rest.split(ends).next().unwrap_or_default().replace("&quot;", "");
        for family in list.split(',') {
            let family = family.trim().trim_matches(['\'', '"']).trim();
            if !family.is_empty() && !GENERIC.contains(&family) {
                named.push(family.to_owned());
            }
        }
    }
    named
}

impl FontNotes {
    /// The families that are not here, in order.
    pub fn missing(&self) -> Vec<String> {
        let notes = self.notes.lock().expect("no holder of this lock panics");
        notes.missing.iter().cloned().collect()
    }

    pub(super) fn resolver(&self) -> usvg::FontResolver<'static> {
        let for_fonts = Arc::clone(&self.notes);
        let for_fallback = Arc::clone(&self.notes);
        usvg::FontResolver {
            select_font: Box::new(move |font, database| {
                let mut notes = for_fonts.lock().expect("no holder of this lock panics");
                select(font, database, &mut notes)
            }),
            select_fallback: Box::new(move |c, used, database| {
                let notes = for_fallback.lock().expect("no holder of this lock panics");
                let chain = notes.chains.get(used.first()?)?;
                let mut left = chain.iter().filter(|id| !used.contains(id));
                left.find(|id| has_char(database, **id, c)).copied()
            }),
        }
    }
}

fn select(font: &usvg::Font, database: &Database, notes: &mut Notes) -> Option<ID> {
    let mut chain = Vec::new();
    for family in font.families() {
        let wanted = match family {
            usvg::FontFamily::Serif => Family::Serif,
            usvg::FontFamily::SansSerif => Family::SansSerif,
            usvg::FontFamily::Cursive => Family::Cursive,
            usvg::FontFamily::Fantasy => Family::Fantasy,
            usvg::FontFamily::Monospace => Family::Monospace,
            usvg::FontFamily::Named(name) => Family::Name(name),
        };
        let found = database.query(&Query {
            families: &[wanted],
            weight: Weight(font.weight()),
            stretch: stretch(font.stretch()),
            style: style(font.style()),
        });
        if let Some(id) = found.filter(|id| !chain.contains(id)) {
            chain.push(id);
        }
    }
    let Some(first) = chain.first().copied() else {
        let names: Vec<String> = font.families().iter().map(ToString::to_string).collect();
        notes.missing.insert(names.join(", ").replace(['"', '\''], ""));
        return None;
    };
    let known = notes.chains.entry(first).or_default();
    for id in chain.into_iter().skip(1) {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    Some(first)
}

fn has_char(database: &Database, id: ID, c: char) -> bool {
    let has = database.with_face_data(id, |data, index| {
        let font = skrifa::FontRef::from_index(data, index).ok()?;
        skrifa::charmap::Charmap::new(&font).map(c)
    });
    has.flatten().is_some()
}

fn stretch(stretch: usvg::FontStretch) -> Stretch {
    match stretch {
        usvg::FontStretch::UltraCondensed => Stretch::UltraCondensed,
        usvg::FontStretch::ExtraCondensed => Stretch::ExtraCondensed,
        usvg::FontStretch::Condensed => Stretch::Condensed,
        usvg::FontStretch::SemiCondensed => Stretch::SemiCondensed,
        usvg::FontStretch::Normal => Stretch::Normal,
        usvg::FontStretch::SemiExpanded => Stretch::SemiExpanded,
        usvg::FontStretch::Expanded => Stretch::Expanded,
        usvg::FontStretch::ExtraExpanded => Stretch::ExtraExpanded,
        usvg::FontStretch::UltraExpanded => Stretch::UltraExpanded,
    }
}

fn style(style: usvg::FontStyle) -> Style {
    match style {
        usvg::FontStyle::Normal => Style::Normal,
        usvg::FontStyle::Italic => Style::Italic,
        usvg::FontStyle::Oblique => Style::Oblique,
    }
}
