//! Texts meet their places: broken into lines, tightened, then scaled; the same size across a group.
//!
//! A text is measured as drawn. Which lines it is broken into is told by the widths of its pieces; what
//! was broken is measured again as a whole, so that the scale is that of its real ink.

use std::collections::BTreeMap;

use super::fill::{self, Filled, Slot};
use super::layout::{self, Layout, TextPlace, Way};
use super::lines::{Broken, Measured, pieces};
use super::xml::{Element, Node};
use crate::model::design::Design;
use crate::model::field::{Field, Fit};

/// A hair less than what fits, so that rounding does not make it too wide again.
const HAIR: f32 = 0.999;

/// A text and the scale that it gets.
pub struct Fitted<'a> {
    /// The id of its slot.
    pub id: String,
    /// Its field.
    pub field: &'a Field,
    /// How it meets its place.
    pub fit: &'a Fit,
    /// Where it stands.
    pub place: TextPlace,
    /// By what it is scaled.
    pub factor: f32,
    /// The size of its letters then, in points of the print.
    pub size_pt: f32,
}

/// The drawing to measure, with the pieces of every text that may be broken.
pub fn to_measure(filled: &Filled, design: &Design) -> Element {
    let mut root = layout::to_measure(filled);
    let wanted: Vec<(&Slot, &Field, &Fit)> = breakable(filled, design).collect();
    if wanted.is_empty() {
        return root;
    }
    root.visit_mut(&mut |parent| {
        let mut copies = Vec::new();
        for text in parent.elements() {
            let id = text.get("id").unwrap_or_default();
            let Some((slot, field, fit)) = wanted.iter().find(|(slot, ..)| slot.id == id) else {
                continue;
            };
            if !fill::can_break(text, &field.key) {
                continue;
            }
            let words = filled.words.get(&slot.id).map_or("", String::as_str);
            let pieces = pieces(words).into_iter().map(|piece| piece.words);
            let all = pieces.enumerate().map(|(nth, words)| (piece_id(id, nth), words));
            let probes = [(probe_id(id, 0), "nn".to_owned()), (probe_id(id, 1), "n n".to_owned())];
            for (copy_id, words) in all.chain(probes) {
                let mut copy = text.clone();
                fill::set_words(&mut copy, &field.key, &words, fit.line_height);
                copy.set("id", copy_id);
                copies.push(Node::Element(copy));
            }
        }
        parent.children.extend(copies);
    });
    root
}

fn piece_id(id: &str, nth: usize) -> String {
    format!("wb-piece-{nth}-{id}")
}

fn probe_id(id: &str, nth: usize) -> String {
    format!("wb-probe-{nth}-{id}")
}

fn breakable<'f, 'd>(
    filled: &'f Filled,
    design: &'d Design,
) -> impl Iterator<Item = (&'f Slot, &'d Field, &'d Fit)> {
    texts(filled, design).filter(|(_, _, fit)| 1 < fit.lines_max)
}

fn texts<'f, 'd>(
    filled: &'f Filled,
    design: &'d Design,
) -> impl Iterator<Item = (&'f Slot, &'d Field, &'d Fit)> {
    filled.texts.iter().filter_map(|slot| {
        let field = design.field(&slot.key)?;
        Some((slot, field, field.fit()?))
    })
}

/// Breaks and tightens the texts that ask for it; whether any was changed.
pub fn set_lines(
    filled: &mut Filled,
    design: &Design,
    layout: &Layout<'_>,
    px_per_pt: f32,
) -> bool {
    let mut changes = Vec::new();
    for (slot, field, fit) in texts(filled, design) {
        let Some(place) = layout.text(slot, fit) else { continue };
        let words = filled.words.get(&slot.id).map_or("", String::as_str);
        let broken = (1 < fit.lines_max)
            .then(|| broken(words, slot, fit, &place, layout, px_per_pt))
            .flatten();
        let tightened = tightened(words, broken.as_ref(), fit, &place);
        if broken.is_some() || tightened.is_some() {
            changes.push((slot.id.clone(), field, place, broken, tightened));
        }
    }
    let is_changed = !changes.is_empty();
    for (id, field, place, broken, tightened) in changes {
        let (Some(text), Some(fit)) = (filled.root.by_id(&id), field.fit()) else { continue };
        if let Some(broken) = broken {
            let words = broken.lines.join("\n");
            fill::set_words(text, &field.key, &words, fit.line_height);
            if fit.down.is_none() {
                // The block stands around the place where its first lines stood.
                let up = broken.further as f32 * fit.line_height * place.font_size / 2.0;
                let own = text.get("transform").unwrap_or_default();
                let moved = format!("{own} translate(0 {})", -up);
                text.set("transform", moved.trim_start());
            }
        }
        if let Some(spacing) = tightened {
            let spacing = format!("{spacing}px");
            text.visit_mut(&mut |part| part.set_property("letter-spacing", &spacing));
        }
    }
    is_changed
}

/// Lines that a text is broken into.
struct Lines {
    lines: Vec<String>,
    /// How many more they are than were typed.
    further: usize,
    /// The width of the widest on the canvas.
    width_px: f32,
}

/// The lines that a text is broken into; `None` where it stays as it was typed.
fn broken(
    words: &str,
    slot: &Slot,
    fit: &Fit,
    place: &TextPlace,
    layout: &Layout<'_>,
    px_per_pt: f32,
) -> Option<Lines> {
    let pieces = pieces(words);
    let widths = (0..pieces.len()).map(|nth| layout.advance(&piece_id(&slot.id, nth)));
    let widths: Vec<f32> = widths.collect::<Option<_>>()?;
    let probe = |nth| layout.advance(&probe_id(&slot.id, nth));
    let space = (probe(1)? - probe(0)?).max(0.0);
    let measured = Measured::new(pieces, &widths, space);
    let typed = measured.lines_min();
    let px = place.size_px / place.font_size;
    let height = |count: usize| {
        let further = count.saturating_sub(typed) as f32;
        place.ink.height() + further * fit.line_height * place.size_px
    };
    let most = (fit.lines_max as usize).max(typed);
    let tried: Vec<Broken> = (typed..=most).map_while(|count| measured.balanced(count)).collect();
    let factors: Vec<f32> = tried
        .iter()
        .zip(typed..)
        .map(|(broken, count)| {
            let wide = place.room.width() / (broken.width * px).max(1e-3);
            let high =
                if place.has_height { place.room.height() / height(count) } else { f32::MAX };
            // As it was typed it was measured exactly.
            if count == typed { place.factor } else { wide.min(high) }
        })
        .collect();
    let taken = fit.lines(&factors, place.size_px / px_per_pt);
    if taken == 0 {
        return None;
    }
    let mut chosen = tried.into_iter().nth(taken)?;
    if !fit.is_balanced {
        let factor = fit.scale(factors[taken], place.size_px / px_per_pt);
        chosen = measured.filled(place.room.width() / (px * factor));
    }
    let further = chosen.lines.len().saturating_sub(typed);
    Some(Lines { width_px: chosen.width * px, lines: chosen.lines, further })
}

/// The space between letters with which a text gets narrower, in its own coordinates; `None` where it
/// is not asked for or not needed.
fn tightened(words: &str, broken: Option<&Lines>, fit: &Fit, place: &TextPlace) -> Option<f32> {
    use unicode_segmentation::UnicodeSegmentation;
    if fit.tighten <= 0.0 || place.way == Way::Letters {
        return None;
    }
    let count = |line: &str| line.graphemes(true).count();
    let (width, longest) = match broken {
        Some(broken) => (broken.width_px, broken.lines.iter().map(|line| count(line)).max()),
        None => (place.ink.width(), words.split('\n').map(count).max()),
    };
    // A text that is held at its anchor may have less room than its box: its factor says how much.
    let room = if broken.is_some() { place.room.width() } else { width * place.factor };
    let gaps = longest?.saturating_sub(1);
    if gaps == 0 || width <= room {
        return None;
    }
    let px = place.size_px / place.font_size;
    let needed = (width - room) / gaps as f32 / px;
    Some(place.letter_spacing - needed.min(fit.tighten * place.font_size))
}

/// Every text with the scale that it gets.
pub fn fitted<'a>(
    filled: &Filled,
    design: &'a Design,
    layout: &Layout<'_>,
    px_per_pt: f32,
) -> Vec<Fitted<'a>> {
    let mut all = Vec::new();
    for slot in &filled.texts {
        let Some(field) = design.field(&slot.key) else { continue };
        let Some(fit) = field.fit() else { continue };
        let Some(place) = layout.text(slot, fit) else { continue };
        let drawn_pt = place.size_px / px_per_pt;
        let fits_as_drawn = (1.0..1.0 / HAIR).contains(&place.factor);
        let factor = if fits_as_drawn { 1.0 } else { place.factor * HAIR };
        let factor = fit.scale(factor, drawn_pt);
        let size_pt = drawn_pt * factor;
        all.push(Fitted { id: slot.id.clone(), field, fit, place, factor, size_pt });
    }
    let mut smallest: BTreeMap<&str, f32> = BTreeMap::new();
    for one in &all {
        if let Some(group) = &one.fit.same_size {
            let known = smallest.entry(group).or_insert(one.size_pt);
            *known = known.min(one.size_pt);
        }
    }
    for one in &mut all {
        let size_pt = one.fit.same_size.as_deref().and_then(|group| smallest.get(group));
        if let Some(size_pt) = size_pt {
            one.factor *= size_pt / one.size_pt;
            one.size_pt = *size_pt;
        }
    }
    all
}
