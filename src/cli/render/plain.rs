//! `woodblock render --svg`: a plain drawing, without a design.
//!
//! It is made a design of one area in memory, so that it goes through the same press. Files that it links
//! to are read here, from its own folder alone, since the child can read none; the drawing itself is only
//! searched for its links and its size, never parsed outside the walls.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::super::design::{fault_list, press};
use super::{Args, Photos, format_of, read_file, runtime, write};
use crate::model::design::Format;
use crate::model::value::Values;
use crate::outside::design_folder::{self, BYTES_MAX, DESCRIPTION, FILE_BYTES_MAX, FILES_MAX};
use crate::outside::press::{Press, PressJob, Want};
use crate::render::fonts::is_font;

/// Where the drawing stands among the files of its design.
const DRAWING: &str = "drawing.svg";
/// Pixels for an inch where nothing is said, as browsers count.
const DPI: u32 = 96;

/// Draws it.
pub fn run(args: &Args, path: &Path) -> anyhow::Result<ExitCode> {
    let bytes = read_file(path, FILE_BYTES_MAX)?;
    if bytes.starts_with(&[0x1F, 0x8B]) {
        bail!("{} is packed (SVGZ): unpack it with gunzip first", path.display());
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let natural = natural_size(&text).with_context(|| {
        format!("{} says no size: give its <svg> a width and height, or a viewBox", path.display())
    })?;
    let dpi = args.dpi.unwrap_or(DPI);
    let (width_px, height_px) = wanted(natural, dpi, (args.width, args.height));
    let format = format_of(&args.output).unwrap_or(Format::Png);
    let inches = |px: u32| format!("{:.6}", f64::from(px) / f64::from(dpi));
    let description = format!(
        "name = \"drawing\"\n[area.drawing]\nfile = \"{DRAWING}\"\nwidth_in = \"{}\"\n\
         height_in = \"{}\"\ndpi = {dpi}\nformat = \"{}\"\n",
        inches(width_px),
        inches(height_px),
        format.extension()
    );
    let mut files = BTreeMap::new();
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty()).unwrap_or(Path::new("."));
    linked(&text, folder, &mut files)?;
    if let Some(folder) = &args.fonts {
        fonts(folder, &mut files)?;
    }
    files.insert(DRAWING.to_owned(), bytes);
    files.insert(DESCRIPTION.to_owned(), description.into_bytes());
    let design = match design_folder::from_files("drawing", files) {
        Ok(design) => design,
        Err(faults) => bail!("it cannot be drawn:\n{}", fault_list(&faults)),
    };
    let faults = runtime()?.block_on(press()?.check(&design.name, design.files.clone()))?;
    if !faults.is_empty() {
        bail!("it cannot be drawn as it is:\n{}", fault_list(&faults));
    }
    let job = PressJob {
        design: Arc::new(design),
        values: Values::new(),
        photos: Photos::new(),
        want: Want::Print,
    };
    write(job, &args.output)
}

/// Width and height in pixels that fit what is asked for, in the proportions of the drawing.
fn wanted(
    (width, height): (f64, f64),
    dpi: u32,
    (asked_width, asked_height): (Option<u32>, Option<u32>),
) -> (u32, u32) {
    let scales = [
        asked_width.map(|px| f64::from(px) / width),
        asked_height.map(|px| f64::from(px) / height),
    ];
    let natural = f64::from(dpi) / f64::from(DPI);
    let scale = scales.into_iter().flatten().reduce(f64::min).unwrap_or(natural);
    // In range: what is too large is refused by the press with its size.
    let px = |side: f64| (side * scale).round().clamp(1.0, 1e6) as u32;
    (px(width), px(height))
}

/// The size of a drawing in pixels of 96 to an inch, as its first element says.
fn natural_size(text: &str) -> Option<(f64, f64)> {
    let start = text.match_indices('<').map(|(at, _)| &text[at + 1..]).find(|rest| {
        let name = rest.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next();
        name.is_some_and(|name| name == "svg" || name.ends_with(":svg"))
    })?;
    let head = head_of(start);
    let view: Vec<f64> = attribute(head, "viewBox")
        .unwrap_or_default()
        .split([' ', ',', '\n', '\t'])
        .filter_map(|number| number.parse().ok())
        .collect();
    let view = match view.as_slice() {
        [_, _, width, height] if 0.0 < *width && 0.0 < *height => Some((*width, *height)),
        _ => None,
    };
    let side = |name: &str| attribute(head, name).and_then(length);
    match (side("width"), side("height"), view) {
        (Some(width), Some(height), _) => Some((width, height)),
        (Some(width), None, Some((w, h))) => Some((width, width * h / w)),
        (None, Some(height), Some((w, h))) => Some((height * w / h, height)),
        (_, _, view) => view,
    }
}

/// The first element up to its end; a `>` in quotes does not end it.
fn head_of(text: &str) -> &str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return &text[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text
}

/// What an attribute of an element says.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in head.match_indices(name) {
        let is_start = head[..at].ends_with(|c: char| c.is_whitespace());
        let rest = head[at + name.len()..].trim_start();
        let Some(rest) = rest.strip_prefix('=').filter(|_| is_start) else { continue };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        return rest[1..].split(quote).next();
    }
    None
}

/// A length in pixels of 96 to an inch; a share of something else is none.
fn length(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 7] = [
        ("px", 1.0),
        ("in", 96.0),
        ("mm", 96.0 / 25.4),
        ("cm", 96.0 / 2.54),
        ("pt", 96.0 / 72.0),
        ("pc", 16.0),
        ("", 1.0),
    ];
    let text = text.trim();
    let (number, times) = UNITS.iter().find_map(|(unit, times)| {
        let number = text.strip_suffix(unit)?.trim().parse::<f64>().ok()?;
        Some((number, times))
    })?;
    (0.0 < number && number.is_finite()).then_some(number * times)
}

/// Reads every file of the drawing's own folder that it links to. What leads elsewhere is left to the
/// press, which names it.
fn linked(text: &str, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let home = folder.canonicalize().with_context(|| format!("{}", folder.display()))?;
    for (at, _) in text.match_indices("href") {
        let rest = text[at + 4..].trim_start();
        let Some(rest) = rest.strip_prefix('=') else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let written = rest[1..].split(quote).next().unwrap_or_default();
        if written.is_empty() || written.starts_with('#') || written.starts_with("data:") {
            continue;
        }
        let link = html_escape::decode_html_entities(written).into_owned();
        let name = percent_encoding::percent_decode_str(&link).decode_utf8_lossy().into_owned();
        let Ok(path) = folder.join(&name).canonicalize() else { continue };
        if !path.starts_with(&home) || !path.is_file() {
            continue;
        }
        let bytes = read_file(&path, FILE_BYTES_MAX)?;
        add(files, link.strip_prefix("./").unwrap_or(&link), bytes)?;
    }
    Ok(())
}

fn fonts(folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be read", folder.display());
    let mut found = 0;
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_font(&name) {
            add(files, &format!("fonts/{name}"), read_file(&path, FILE_BYTES_MAX)?)?;
            found += 1;
        }
    }
    if found == 0 {
        bail!("{} holds no font (.ttf, .otf or .ttc)", folder.display());
    }
    Ok(())
}

fn add(files: &mut BTreeMap<String, Vec<u8>>, path: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
    files.insert(path.to_owned(), bytes);
    let sum: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
    if BYTES_MAX < sum || FILES_MAX <= files.len() {
        bail!("its pictures and fonts are more than {FILES_MAX} files or {} MB", BYTES_MAX >> 20);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_found_as_programs_write_it() {
        let check = |svg: &str, expected| {
            let found = natural_size(svg).map(|(w, h)| (w.round() as u32, h.round() as u32));
            assert_eq!(found, expected, "{svg}");
        };
        check(
            "<?xml version='1.0'?><!-- <b> --><svg width='100' height=\"50px\">",
            Some((100, 50)),
        );
        check("<svg:svg\n width='25.4mm'\n height='1in'/>", Some((96, 96)));
        check("<svg title='a > b' viewBox='0,0 30 20' width='100%'>", Some((30, 20)));
        check("<svg viewBox='0 0 30 20' width='60'>", Some((60, 40)));
        check("<svg stroke-width='3'>", None);
        check("<html><p>", None);
        check("<svg width='0' height='-1'>", None);
    }

    #[test]
    fn a_drawing_fits_into_what_is_asked_for() {
        assert_eq!(wanted((100.0, 50.0), 96, (None, None)), (100, 50));
        assert_eq!(wanted((100.0, 50.0), 300, (None, None)), (313, 156));
        assert_eq!(wanted((100.0, 50.0), 96, (Some(400), None)), (400, 200));
        assert_eq!(wanted((100.0, 50.0), 96, (Some(400), Some(100))), (200, 100));
    }
}
