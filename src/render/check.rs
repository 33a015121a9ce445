//! What can be wrong with a design before anything is drawn: every fault with its place and cure.

use std::fmt;

use super::encode::Sheet;
use super::fill::{is_named, is_shape, is_slot, is_text};
use super::font_facts;
use super::fonts::{FontNotes, Fonts, is_font};
use super::mark::{self, Mark};
use super::mockup::Backdrop;
use super::pictures::Pictures;
use super::spot::Place;
use super::studio::Kept;
use super::xml::Element;
use super::{drawing, paint, pdf, photo, xml};
use crate::model::design::{Area, AreaKind, Design, Format, Mockup};
use crate::model::field::{Field, FieldKind};

/// How far the shape of a drawing may differ from its area's before it looks stretched.
const STRETCH_MAX: f64 = 0.005;

/// So many things that are not printed are looked for in the drawing; people mend a few at a time.
const MARKS_MAX: usize = 20;

/// One thing wrong with a design.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a file, a table of `design.toml`.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub cure: String,
    /// Where in a drawing it is, where that can be said.
    pub mark: Option<Mark>,
}

impl Fault {
    /// A fault. It is read at a terminal, so what a foreign file says may not steer that.
    pub fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) -> Fault {
        let plain = |text: String| text.replace(|c: char| c.is_control() && c != '\n', "\u{FFFD}");
        let (place, what, cure) = (plain(place.into()), plain(what.into()), plain(cure.into()));
        Fault { place, what, cure, mark: None }
    }

    /// The same with its place in this drawing.
    fn marked(self, file: &str, place: Option<Place>) -> Fault {
        let mark = place.map(|place| Mark { file: file.to_owned(), place });
        Fault { mark: mark.or(self.mark), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.what, self.cure)
    }
}

/// Every fault of a design's drawings.
pub fn check(design: &Design) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut unprintable = Vec::new();
    let mut roots: Vec<(&Area, Element)> = Vec::new();
    let fonts = Fonts::of(&design.files);
    for area in design.areas.iter().flat_map(Area::variants) {
        match area.kind {
            AreaKind::Drawing => match read(design, area, &fonts) {
                Ok((root, left_out)) => {
                    roots.push((area, root));
                    unprintable.extend(left_out);
                }
                Err(fault) => faults.push(fault),
            },
            AreaKind::Finished => faults.extend(check_finished(design, area)),
        }
    }
    // A drawing that cannot be read lacks everything; to say so for each field would bury the cause.
    let are_all_read = faults.is_empty();
    faults.extend(check_fonts(design));
    faults.append(&mut unprintable);
    for (area, root) in &roots {
        faults.extend(check_drawing(design, area, root, &fonts));
        faults.extend(check_layers(area, root));
    }
    faults.extend(design.mockups.iter().flat_map(|mockup| check_mockup(design, mockup)));
    if are_all_read {
        let roots: Vec<&Element> = roots.iter().map(|(_, root)| root).collect();
        for field in &design.fields {
            let found = check_field(field, design, &roots);
            faults.extend(found.into_iter().map(|one| mark_named(design, field, one, &fonts)));
        }
        faults.extend(check_rules(design, &roots));
    }
    faults
}

/// A font that is not whole has letters without a shape, and would print nothing in their place.
fn check_fonts(design: &Design) -> Vec<Fault> {
    let own = design.files.iter().filter(|(path, _)| is_font(path));
    let fault = |(path, bytes): (&String, &Vec<u8>)| {
        let why = font_facts::read(bytes).err()?;
        let cure = "Put the font there once more, whole, from where it came.";
        Some(Fault::new(path.as_str(), why, cure))
    };
    own.filter_map(fault).collect()
}

/// A field whose element is of another kind is shown where that is.
fn mark_named(design: &Design, field: &Field, fault: Fault, fonts: &Fonts) -> Fault {
    if matches!(field.kind, FieldKind::Choice(_)) {
        return fault;
    }
    let mut drawings = design.areas.iter().filter(|area| area.kind == AreaKind::Drawing);
    let found = drawings.find_map(|area| {
        let root = xml::read(drawing(design, area).ok()?).ok()?;
        Some((&area.file, mark::named(&root, fonts, &field.key)?))
    });
    match found {
        Some((file, place)) => fault.marked(file, Some(place)),
        None => fault,
    }
}

fn read(design: &Design, area: &Area, fonts: &Fonts) -> Result<(Element, Vec<Fault>), Fault> {
    let missing = |_| {
        let what = format!("the file {} is not in the folder", area.file);
        Fault::new(area_place(area), what, "Put it there, or correct `file`.")
    };
    let bytes = drawing(design, area).map_err(missing)?;
    let (root, left_out) = xml::read_noting(bytes).map_err(|message| {
        let cure = "Open it in the program it was drawn with and export it as plain SVG.";
        Fault::new(&*area.file, format!("it cannot be read: {message}"), cure)
    })?;
    let mut faults: Vec<Fault> = Vec::new();
    for (idx, one) in left_out.iter().enumerate() {
        let what = format!("it holds {one}, which is not printed");
        let fault = Fault::new(&*area.file, what, "Take it out, or draw it as text and shapes.");
        let nth = left_out[..idx].iter().filter(|before| *before == one).count();
        let place = match idx < MARKS_MAX {
            true => mark::left_out(bytes, fonts, one.trim_matches(['<', '>']), nth),
            false => None,
        };
        faults.push(fault.marked(&area.file, place));
    }
    Ok((root, faults))
}

fn check_finished(design: &Design, area: &Area) -> Option<Fault> {
    let Some(bytes) = design.files.get(&area.file) else {
        let what = format!("the file {} is not in the folder", area.file);
        return Some(Fault::new(area_place(area), what, "Put it there, or correct `file`."));
    };
    let wanted = area.canvas();
    match photo::size(bytes) {
        Err(message) => Some(Fault::new(
            &*area.file,
            format!("it cannot be read: {message}"),
            "Export it as PNG or JPEG.",
        )),
        Ok(size) if size != (wanted.width_px, wanted.height_px) => Some(Fault::new(
            &*area.file,
            format!(
                "it has {} × {} px, but its area is {} × {} px at {} dpi",
                size.0, size.1, wanted.width_px, wanted.height_px, area.dpi
            ),
            "Export it at that size, or correct the size of the area.",
        )),
        Ok(_) => None,
    }
}

fn check_drawing(design: &Design, area: &Area, root: &Element, fonts: &Fonts) -> Vec<Fault> {
    let mut faults = Vec::new();
    let file = area.file.as_str();
    root.visit(&mut |element| {
        if element.name == "flowRoot" {
            let cure = "In Inkscape use Text > Convert to Text.";
            let fault = Fault::new(file, "it holds flowed text, which is no part of SVG", cure);
            faults.push(fault.marked(file, mark::flowed(root, fonts)));
        }
        faults.extend(unprinted(element).map(|(what, cure)| Fault::new(file, what, cure)));
    });
    let mut pictures = Pictures::default();
    let mut shown = root.clone();
    for complaint in pictures.take_in(&mut shown, &design.files, &Kept::default()) {
        let cure = "Only pictures in the folder or embedded in the drawing are printed.";
        let href = complaint.split(['“', '”']).nth(1).unwrap_or_default().to_owned();
        let place = mark::pictures(root, fonts, &href);
        faults.push(Fault::new(file, complaint, cure).marked(file, place));
    }
    let notes = FontNotes::default();
    match paint::lay_out(&shown, fonts, &pictures, &notes) {
        Ok(tree) => {
            let size = tree.size();
            let drawn = f64::from(size.width()) / f64::from(size.height());
            let wanted = area.size.width_uin as f64 / area.size.height_uin as f64;
            if STRETCH_MAX < (drawn / wanted - 1.0).abs() {
                let what = format!(
                    "it is drawn {:.3} times as wide as high, but the area is {wanted:.3}",
                    drawn
                );
                let fault = Fault::new(file, what, "Give both the same proportions.");
                faults.push(fault.marked(file, Some(mark::WHOLE)));
            }
            if area.format == Format::Pdf
                && let Err(what) = pdf::write(&tree, area, sheet_of(area))
            {
                let cure = "Draw it another way, or let the area be PNG or TIFF.";
                faults.push(Fault::new(file, what, cure));
            }
        }
        Err(message) => faults.push(Fault::new(file, message, "Export it as plain SVG.")),
    }
    for family in notes.missing() {
        let known: Vec<String> = fonts.families().into_iter().collect();
        let cure = format!(
            "Put its file (.ttf or .otf) into the folder, or use one of {}.",
            known.join(", ")
        );
        let fault = Fault::new(file, format!("the font “{family}” is not here"), cure);
        faults.push(fault.marked(file, mark::texts_in(root, fonts, &family)));
    }
    faults
}

fn sheet_of(area: &Area) -> Sheet {
    let canvas = area.canvas();
    Sheet { width_px: canvas.width_px, height_px: canvas.height_px, dpi: area.dpi }
}

/// What of an element's properties would be left out, with the cure.
fn unprinted(element: &Element) -> impl Iterator<Item = (String, &'static str)> {
    let name = element.get("id").map_or(String::new(), |id| format!(" of `{id}`"));
    let mut found = Vec::new();
    if element.property("vector-effect").is_some_and(|effect| effect.contains("non-scaling")) {
        let what =
            format!("the line{name} keeps its width when it is scaled, which is not printed");
        found.push((what, "Expand the scale, or take `vector-effect` out."));
    }
    for property in [
        "fill",
        "stroke",
        "clip-path",
        "mask",
        "filter",
        "marker-start",
        "marker-mid",
        "marker-end",
    ] {
        let Some(value) = element.property(property).map(str::trim) else { continue };
        let target =
            value.strip_prefix("url(").map(|rest| rest.trim_start_matches([' ', '"', '\'']));
        if target.is_some_and(|target| !target.starts_with('#')) {
            let what = format!("{property}{name} is in another file, which is never read");
            found.push((what, "Put what it names into this drawing."));
        }
        let is_shape = ["polygon(", "circle(", "ellipse(", "inset(", "path(", "rect("]
            .iter()
            .any(|shape| value.starts_with(shape));
        if property == "clip-path" && is_shape {
            let what = format!("clip-path{name} is a shape of CSS, which is not printed");
            found.push((what, "Draw the shape as a <clipPath>."));
        }
    }
    found.into_iter()
}

fn check_field(field: &Field, design: &Design, roots: &[&Element]) -> Vec<Fault> {
    let place = format!("[field.{}]", field.key);
    let missing_ids = |list: &[crate::model::field::Choice]| -> Vec<Fault> {
        let absent = list.iter().filter(|choice| !has_named(roots, &choice.gives));
        absent
            .map(|choice| {
                let what =
                    format!("“{}” shows `{}`, which no drawing has", choice.label, choice.gives);
                Fault::new(&*place, what, "Give an element of a drawing that id, or correct it.")
            })
            .collect()
    };
    let (has_slot, wanted) = match &field.kind {
        FieldKind::Choice(list) => return missing_ids(list),
        FieldKind::Text(_)
        | FieldKind::Number(_)
        | FieldKind::Date(_)
        | FieldKind::Coordinates(_) => (has_slot(roots, &field.key, &is_text), "text"),
        FieldKind::Photo(_) | FieldKind::Code(_) => {
            (has_slot(roots, &field.key, &is_shape), "rectangle, circle, path or picture")
        }
        FieldKind::Colour(_) => (has_slot(roots, &field.key, &|_| true), "element"),
    };
    let decides = design.conditions().any(|when| when.keys().contains(&field.key.as_str()));
    if has_slot || decides {
        return Vec::new();
    }
    let what = format!("no drawing has a {wanted} with the id `{}`", field.key);
    let cure = format!("Give the {wanted} that id in the drawing, or take the field out.");
    vec![Fault::new(place, what, cure)]
}

fn check_layers(area: &Area, root: &Element) -> Vec<Fault> {
    let lists = [("print_only", &area.print_only), ("preview_only", &area.preview_only)];
    let named =
        lists.into_iter().flat_map(|(list, names)| names.iter().map(move |one| (list, one)));
    let absent = named.filter(|(_, name)| !has_named(&[root], name));
    let fault = |(list, name): (&str, &String)| {
        let what = format!("{list} names `{name}`, which {} has not", area.file);
        let cure = "Give a layer or an element of the drawing that id, or correct the list.";
        Fault::new(area_place(area), what, cure)
    };
    absent.map(fault).collect()
}

fn check_mockup(design: &Design, mockup: &Mockup) -> Vec<Fault> {
    let place = format!("[mockup.{}]", mockup.key);
    let mut faults = Vec::new();
    for one in &mockup.places {
        if design.area(&one.area).is_none() {
            let known: Vec<&str> = design.areas.iter().map(|area| area.key.as_str()).collect();
            let what = format!("it lays the area `{}`, which is not here", one.area);
            faults.push(Fault::new(&*place, what, format!("Known are {}.", known.join(", "))));
        }
    }
    match Backdrop::read(design, mockup, u32::MAX) {
        Ok(backdrop) => {
            let (width, height) = backdrop.size();
            let is_inside = |(x, y): (f64, f64)| {
                (0.0..=f64::from(width)).contains(&x) && (0.0..=f64::from(height)).contains(&y)
            };
            let corners = mockup.places.iter().flat_map(|one| one.corners);
            if let Some(outside) = corners.into_iter().find(|corner| !is_inside(*corner)) {
                let what = format!(
                    "the corner {}, {} is outside {}, which has {width} × {height} px",
                    outside.0, outside.1, mockup.picture
                );
                let cure = "Corners are counted in pixels of the picture, from its left top.";
                faults.push(Fault::new(&*place, what, cure));
            }
        }
        Err(what) => {
            let cure = "Put a JPEG, PNG or WebP there; a shade has the size of its picture.";
            faults.push(Fault::new(&*place, what, cure));
        }
    }
    faults
}

fn check_rules(design: &Design, roots: &[&Element]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (idx, rule) in design.rules.iter().enumerate() {
        let place = format!("[[rule]] {}", idx + 1);
        for name in rule.show.iter().chain(&rule.hide) {
            if !has_named(roots, name) {
                let what = format!("it names `{name}`, which no drawing has");
                let cure = "Give an element of a drawing that id, or correct the rule.";
                faults.push(Fault::new(&*place, what, cure));
            }
        }
    }
    faults
}

fn has_named(roots: &[&Element], name: &str) -> bool {
    any(roots, &|element| is_named(element, name))
}

/// Whether some slot of the field is, or holds, an element that fits.
fn has_slot(roots: &[&Element], key: &str, fits: &dyn Fn(&Element) -> bool) -> bool {
    any(roots, &|element| is_slot(element, key) && any(&[element], fits))
}

fn any(roots: &[&Element], wanted: &dyn Fn(&Element) -> bool) -> bool {
    let mut is_found = false;
    for root in roots {
        root.visit(&mut |element| is_found |= wanted(element));
    }
    is_found
}

fn area_place(area: &Area) -> String {
    format!("[area.{}]", area.key)
}
