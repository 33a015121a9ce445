//! Fonts that an installation lends to every design. What a design uses is put into its version when that
//! is added, so that a font that is changed or removed later changes no print.

use std::collections::BTreeMap;

use crate::db;
use crate::db::font::FontLine;
use crate::outside::design_folder::DESCRIPTION;
use crate::outside::design_folder::font;
use crate::outside::press::DesignFiles;

use super::ctx::{Ctx, FlowError};
use super::file::store;
use super::operate::Staff;

/// Longest name of a font's file.
const FILE_CHARS_MAX: usize = 100;
/// Largest font.
pub const FONT_BYTES_MAX: usize = 30_000_000;

/// A font, and the designs whose present version has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// The font.
    pub font: FontLine,
    /// Names of designs.
    pub used_by: Vec<String>,
}

/// Adds a font for every design, or says what is wrong with it.
pub async fn add(
    ctx: &Ctx,
    file: &str,
    bytes: Vec<u8>,
    who: &Staff,
) -> Result<Result<FontLine, String>, FlowError> {
    let file = plain_name(file);
    if !font::is_font(&file) {
        return Ok(Err("a font is a file that ends with .ttf, .otf or .ttc".to_owned()));
    }
    if FONT_BYTES_MAX < bytes.len() {
        return Ok(Err(format!("it is larger than {} MB", FONT_BYTES_MAX / 1_000_000)));
    }
    let facts = match font::read(&bytes) {
        Ok(facts) => facts,
        Err(why) => return Ok(Err(why)),
    };
    let Some(family) = facts.families.first() else {
        return Ok(Err("it does not say its own name".to_owned()));
    };
    // Shaped and drawn behind the walls once, before any order depends on it.
    let faults = ctx.press.check("font", specimen(family, &file, &bytes)).await;
    let faults = faults.map_err(|error| FlowError::NotNow(error.to_string()))?;
    if let Some(fault) = faults.first() {
        return Ok(Err(format!("nothing can be drawn with it: {}", fault.what)));
    }
    let hash = store(ctx, bytes, "font").await?;
    let line = FontLine {
        file,
        hash,
        families: facts.families.clone(),
        about: font::in_words(&facts),
        added_at: ctx.clock.now(),
        added_by: who.0.clone(),
    };
    let (kept, who) = (line.clone(), who.0.clone());
    ctx.call(move |tx| {
        db::font::put(tx, &kept)?;
        Ok(db::staff::note_act(tx, &who, &format!("added the font {}", kept.file))?)
    })
    .await?;
    Ok(Ok(line))
}

/// A design of one word in this font.
fn specimen(family: &str, file: &str, bytes: &[u8]) -> DesignFiles {
    let toml = "name = \"Font\"\n[area.a]\nfile = \"a.svg\"\nwidth_in = 2\nheight_in = 1\n";
    let family: String = family.chars().filter(|c| !matches!(c, '<' | '&' | '"' | '\'')).collect();
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 100\"><text x=\"10\" y=\"60\" \
         font-size=\"40\" font-family=\"{family}, DejaVu Sans\">Anna</text></svg>"
    );
    BTreeMap::from([
        (DESCRIPTION.to_owned(), toml.as_bytes().to_vec()),
        ("a.svg".to_owned(), svg.into_bytes()),
        (file.to_owned(), bytes.to_vec()),
    ])
}

/// The last part of a path, without what may stand in no file name.
fn plain_name(file: &str) -> String {
    let last = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = last.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' '));
    let name: String = plain.collect();
    let skip = name.chars().count().saturating_sub(FILE_CHARS_MAX);
    name.chars().skip(skip).collect::<String>().trim_start_matches('.').trim().to_owned()
}

/// Every font with the designs that have it.
pub async fn list(ctx: &Ctx) -> Result<Vec<Lent>, FlowError> {
    ctx.read(|tx| {
        let mut lent = Vec::new();
        for font in db::font::all(tx)? {
            let used_by = db::design::having_file(tx, &font.hash)?;
            lent.push(Lent { font, used_by });
        }
        Ok(lent)
    })
    .await
}

/// Removes a font. Versions of designs that have it keep it.
pub async fn remove(ctx: &Ctx, file: &str, who: &Staff) -> Result<(), FlowError> {
    let (file, who) = (file.to_owned(), who.0.clone());
    ctx.call(move |tx| {
        if !db::font::remove(tx, &file)? {
            return Err(FlowError::NotFound(format!("the font {file}")));
        }
        Ok(db::staff::note_act(tx, &who, &format!("removed the font {file}"))?)
    })
    .await
}

/// Puts the fonts that a design's drawings name and do not have beside them.
pub async fn lend(ctx: &Ctx, files: &mut DesignFiles) -> Result<(), FlowError> {
    let wanted = font::wanted(files);
    if wanted.is_empty() {
        return Ok(());
    }
    let fonts = ctx.read(|tx| Ok(db::font::all(tx)?)).await?;
    for one in fonts.into_iter().filter(|one| one.families.iter().any(|name| wanted.contains(name)))
    {
        files.insert(font::lent_path(&one.file), ctx.files.get(&one.hash)?);
    }
    Ok(())
}
