//! Where texts and photos come to stand, measured by laying the drawing out once before it is drawn.
//!
//! The place of a text is, in this order: the element with the id `<field>-box`, which is not
//! printed; the length of the path it runs along; the area less its bleed on both sides.
//! A straight text is scaled about its own anchor until its ink, outline included, stands inside;
//! so it keeps its alignment. Boxes are compared upright, as they stand on the canvas.

use std::collections::BTreeMap;

use usvg::tiny_skia_path::{PathSegment, Point, Rect, Transform};

use super::fill::{Filled, Slot, is_named};
use super::xml::{Element, Node};
use crate::model::field::{Across, Down, Fit};

/// Share of a path that a text on it may fill; the ends of a bow look better free.
const PATH_SHARE: f32 = 0.98;
/// Into how many straight pieces a curve is cut to measure it.
const CURVE_PIECES: u16 = 32;

/// How a text stands in its place, before it is scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextPlace {
    /// The factor by which it fits; above 1 there is room left.
    pub factor: f32,
    /// The size of its letters as drawn, in pixels of the canvas.
    pub size_px: f32,
    /// How it is scaled.
    pub way: Way,
    /// Its ink on the canvas.
    pub ink: Rect,
    /// Its room on the canvas.
    pub room: Rect,
    /// Whether its room has a height: that of a box, not that of the whole area.
    pub has_height: bool,
    /// The size of its letters in its own coordinates.
    pub font_size: f32,
    /// The space between them in its own coordinates.
    pub letter_spacing: f32,
    /// From its own coordinates to the canvas.
    pub to_canvas: Transform,
}

/// How a text is scaled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    /// As a whole, about this point of its own coordinates.
    About {
        /// Horizontal place of its anchor.
        x: f32,
        /// Vertical place of its anchor.
        y: f32,
    },
    /// By the size of its letters, since its path must stay.
    Letters,
}

/// The frame of a photo, in the coordinates of its shape and in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Left edge in the shape's coordinates.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Width on the canvas.
    pub width_px: u32,
    /// Height on the canvas.
    pub height_px: u32,
    /// Whether its edges run along the pixels.
    pub is_upright: bool,
}

/// The drawing with everything visible that is only there to be measured.
pub fn to_measure(filled: &Filled) -> Element {
    let mut root = filled.root.clone();
    for framed in filled.photos.iter().chain(&filled.codes) {
        if let Some(shape) = root.by_id(&framed.id) {
            make_visible(shape);
        }
    }
    for text in &filled.texts {
        let name = box_name(&text.key);
        root.visit_mut(&mut |element| {
            if is_named(element, &name) {
                element.set("id", name.clone());
                make_visible(element);
            }
        });
    }
    root.visit_mut(&mut |parent| add_straight_copies(parent, &filled.texts));
    root
}

/// Takes out what was only there to be measured.
pub fn remove_boxes(root: &mut Element, keys: &[&str]) {
    let names: Vec<String> = keys.iter().map(|key| box_name(key)).collect();
    root.visit_mut(&mut |parent| {
        parent.children.retain(|child| match child {
            Node::Element(child) => !names.iter().any(|name| is_named(child, name)),
            Node::Text(_) => true,
        });
    });
}

/// The name of the element that says how much room a text has.
pub fn box_name(key: &str) -> String {
    format!("{key}-box")
}

fn make_visible(element: &mut Element) {
    for (name, value) in [
        ("display", "inline"),
        ("visibility", "visible"),
        ("fill", "#000000"),
        ("stroke", "none"),
        ("opacity", "1"),
        ("fill-opacity", "1"),
    ] {
        element.set_property(name, value);
    }
}

/// A text on a path loses what does not fit on it, so its length is taken from a straight copy.
fn add_straight_copies(parent: &mut Element, texts: &[Slot]) {
    let mut copies = Vec::new();
    for text in parent.elements() {
        let id = text.get("id").unwrap_or_default();
        let is_wanted = texts.iter().any(|slot| slot.id == id);
        if is_wanted && text.elements().any(|child| child.name == "textPath") {
            let mut copy = text.clone();
            copy.set("id", straight_id(id));
            for path in copy.elements_mut().filter(|child| child.name == "textPath") {
                path.name = "tspan".to_owned();
                for name in ["id", "href", "startOffset"] {
                    path.remove(name);
                }
            }
            copies.push(Node::Element(copy));
        }
    }
    parent.children.extend(copies);
}

fn straight_id(id: &str) -> String {
    format!("wb-straight-{id}")
}

/// A drawing that was laid out, and its nodes by id.
pub struct Layout<'a> {
    texts: BTreeMap<&'a str, Standing<'a>>,
    shapes: BTreeMap<&'a str, &'a usvg::Path>,
    to_canvas: Transform,
    safe: Rect,
}

/// A text where it stands.
#[derive(Clone, Copy)]
struct Standing<'a> {
    text: &'a usvg::Text,
    /// From what the text takes for the drawing's own coordinates to those; a clip path or mask has its own.
    to_drawing: Transform,
}

impl<'a> Layout<'a> {
    /// Finds the texts and shapes of a tree; `safe` is the area less its bleed, on the canvas.
    pub fn new(tree: &'a usvg::Tree, to_canvas: Transform, safe: Rect) -> Layout<'a> {
        let mut layout =
            Layout { texts: BTreeMap::new(), shapes: BTreeMap::new(), to_canvas, safe };
        layout.collect(tree.root());
        layout
    }

    fn collect(&mut self, group: &'a usvg::Group) {
        for node in group.children() {
            match node {
                usvg::Node::Group(inner) => {
                    self.collect_cuts(inner, inner.abs_transform());
                    self.collect(inner);
                }
                usvg::Node::Text(text) => self.put(text, Transform::identity()),
                usvg::Node::Path(path) => drop(self.shapes.insert(path.id(), path)),
                usvg::Node::Image(_) => {}
            }
        }
    }

    fn put(&mut self, text: &'a usvg::Text, to_drawing: Transform) {
        self.texts.insert(text.id(), Standing { text, to_drawing });
    }

    /// The texts that cut a group to their shape.
    fn collect_cuts(&mut self, group: &'a usvg::Group, to_drawing: Transform) {
        if let Some(clip) = group.clip_path() {
            self.collect_texts(clip.root(), to_drawing.pre_concat(clip.transform()));
        }
        if let Some(mask) = group.mask() {
            self.collect_texts(mask.root(), to_drawing);
        }
    }

    fn collect_texts(&mut self, group: &'a usvg::Group, to_drawing: Transform) {
        for node in group.children() {
            match node {
                usvg::Node::Group(inner) => {
                    self.collect_cuts(inner, to_drawing.pre_concat(inner.abs_transform()));
                    self.collect_texts(inner, to_drawing);
                }
                usvg::Node::Text(text) => self.put(text, to_drawing),
                usvg::Node::Path(_) | usvg::Node::Image(_) => {}
            }
        }
    }

    /// How much room a text has; `None` for one that is not drawn. One that is aligned in its place may be
    /// moved there, so only its size counts.
    pub fn text(&self, slot: &Slot, fit: &Fit) -> Option<TextPlace> {
        let Standing { text, to_drawing } = *self.texts.get(slot.id.as_str())?;
        let chunk = text.chunks().first()?;
        let span = chunk.spans().first()?;
        let from_abs = self.to_canvas.pre_concat(to_drawing);
        let to_canvas = from_abs.pre_concat(text.abs_transform());
        let size_px = span.font_size().get() * scale_of(to_canvas);
        let ink = ink_of(text).transform(from_abs)?;
        let (x, y) = (chunk.x().unwrap_or(0.0), chunk.y().unwrap_or(0.0));
        let found = TextPlace {
            factor: 1.0,
            size_px,
            way: Way::About { x, y },
            ink,
            room: self.safe,
            has_height: false,
            font_size: span.font_size().get(),
            letter_spacing: span.letter_spacing(),
            to_canvas,
        };
        if let usvg::TextFlow::Path(path) = chunk.text_flow() {
            let straight = self.texts.get(straight_id(&slot.id).as_str())?;
            let width = straight.text.flattened().stroke_bounding_box().width();
            let room = room_on(&path, chunk.anchor()) * PATH_SHARE;
            return Some(TextPlace { factor: ratio(room, width), way: Way::Letters, ..found });
        }
        let mut anchor = Point::from_xy(x, y);
        to_canvas.map_point(&mut anchor);
        let boxed = self.shapes.get(box_name(&slot.key).as_str());
        let room = match boxed {
            Some(shape) => shape.abs_bounding_box().transform(self.to_canvas)?,
            None => self.safe,
        };
        let wide = match fit.across {
            Some(_) => ratio(room.width(), ink.width()),
            None => across(anchor.x, ink.left(), ink.right(), room.left(), room.right()),
        };
        let high = match (fit.down, boxed) {
            (Some(_), _) => ratio(room.height(), ink.height()),
            (None, Some(_)) => across(anchor.y, ink.top(), ink.bottom(), room.top(), room.bottom()),
            (None, None) => f32::INFINITY,
        };
        let has_height = boxed.is_some() || fit.down.is_some();
        Some(TextPlace { factor: wide.min(high), room, has_height, ..found })
    }

    /// How wide the letters of a text stand, in its own coordinates, spaces around them left out.
    pub fn advance(&self, id: &str) -> Option<f32> {
        self.texts.get(id).map(|one| one.text.bounding_box().width())
    }

    /// Where a shape or text stands on the canvas, outline included.
    pub fn bounds(&self, id: &str) -> Option<Rect> {
        if let Some(Standing { text, to_drawing }) = self.texts.get(id) {
            return ink_of(text).transform(self.to_canvas.pre_concat(*to_drawing));
        }
        self.shapes.get(id)?.abs_bounding_box().transform(self.to_canvas)
    }

    /// Every text that is drawn, by its id.
    pub fn texts(&self) -> impl Iterator<Item = (&'a str, &'a usvg::Text)> {
        self.texts.iter().map(|(id, one)| (*id, one.text))
    }

    /// The frame of a photo; `None` for one that is not drawn.
    pub fn frame(&self, slot: &Slot) -> Option<Frame> {
        let shape = self.shapes.get(slot.id.as_str())?;
        let to_canvas = self.to_canvas.pre_concat(shape.abs_transform());
        let bounds = shape.data().bounds();
        let is_upright = to_canvas.kx.abs() < 1e-6
            && to_canvas.ky.abs() < 1e-6
            && 0.0 < to_canvas.sx
            && 0.0 < to_canvas.sy;
        let [x, y, width, height] =
            [bounds.x(), bounds.y(), bounds.width(), bounds.height()].map(f64::from);
        if !is_upright {
            let wide = f64::from(to_canvas.sx).hypot(to_canvas.ky.into());
            let high = f64::from(to_canvas.kx).hypot(to_canvas.sy.into());
            return Some(Frame {
                x,
                y,
                width,
                height,
                width_px: pixels(width * wide),
                height_px: pixels(height * high),
                is_upright,
            });
        }
        // Out to whole pixels, so that the photo's own pixels fall on those of the canvas.
        let span = |from: f64, length: f64, scale: f32, shift: f32| {
            let (scale, shift) = (f64::from(scale), f64::from(shift));
            let first = (from * scale + shift + 1e-3).floor();
            let last = ((from + length) * scale + shift - 1e-3).ceil().max(first + 1.0);
            ((first - shift) / scale, (last - first) / scale, pixels(last - first))
        };
        let (x, width, width_px) = span(x, width, to_canvas.sx, to_canvas.tx);
        let (y, height, height_px) = span(y, height, to_canvas.sy, to_canvas.ty);
        Some(Frame { x, y, width, height, width_px, height_px, is_upright })
    }
}

/// Most pixels of a frame on one side; what hangs over the canvas is not worth more.
const FRAME_PX_MAX: f64 = 16_000.0;

/// What a text covers, outline included. Coloured shapes, such as emoji, are drawings of their own whose
/// bounds usvg 0.49 tells in the units of their font: there the place of the letters counts.
fn ink_of(text: &usvg::Text) -> Rect {
    let flat = text.flattened();
    let is_path = |node: &usvg::Node| matches!(node, usvg::Node::Path(_));
    if flat.children().iter().all(is_path) {
        return flat.abs_stroke_bounding_box();
    }
    let paths = flat.children().iter().filter(|node| is_path(node));
    paths.fold(text.abs_bounding_box(), |whole, path| {
        let own = path.abs_stroke_bounding_box();
        let sides = (whole.left().min(own.left()), whole.top().min(own.top()));
        let others = (whole.right().max(own.right()), whole.bottom().max(own.bottom()));
        Rect::from_ltrb(sides.0, sides.1, others.0, others.1).unwrap_or(whole)
    })
}

fn pixels(length: f64) -> u32 {
    // In range by the clamp, so nothing is lost.
    length.ceil().clamp(1.0, FRAME_PX_MAX) as u32
}

/// The factor about `anchor` that brings `from..to` inside `low..high`.
fn across(anchor: f32, from: f32, to: f32, low: f32, high: f32) -> f32 {
    let before = if from < anchor { ratio(anchor - low, anchor - from) } else { f32::INFINITY };
    let after = if anchor < to { ratio(high - anchor, to - anchor) } else { f32::INFINITY };
    before.min(after)
}

fn ratio(room: f32, need: f32) -> f32 {
    if need <= 0.0 {
        return f32::INFINITY;
    }
    (room / need).max(0.0)
}

/// How much larger something is on the canvas, whatever its direction.
fn scale_of(transform: Transform) -> f32 {
    let determinant = transform.sx * transform.sy - transform.kx * transform.ky;
    determinant.abs().sqrt()
}

/// How long a text on this path may be, given where it is anchored.
fn room_on(path: &usvg::TextPath, anchor: usvg::TextAnchor) -> f32 {
    let length = length_of(path.path());
    let before = path.start_offset().clamp(0.0, length);
    let after = length - before;
    match anchor {
        usvg::TextAnchor::Start => after,
        usvg::TextAnchor::Middle => 2.0 * before.min(after),
        usvg::TextAnchor::End => before,
    }
}

fn length_of(path: &usvg::tiny_skia_path::Path) -> f32 {
    let mut length = 0.0;
    let mut at = Point::zero();
    let mut start = Point::zero();
    let mut curve = |at: Point, f: &dyn Fn(f32) -> Point| {
        let mut before = at;
        for piece in 1..=CURVE_PIECES {
            let next = f(f32::from(piece) / f32::from(CURVE_PIECES));
            length += before.distance(next);
            before = next;
        }
        before
    };
    for segment in path.segments() {
        at = match segment {
            PathSegment::MoveTo(to) => {
                start = to;
                to
            }
            PathSegment::LineTo(to) => curve(at, &|t| mix(at, to, t)),
            PathSegment::QuadTo(a, to) => curve(at, &|t| mix(mix(at, a, t), mix(a, to, t), t)),
            PathSegment::CubicTo(a, b, to) => curve(at, &|t| {
                let (left, middle, right) = (mix(at, a, t), mix(a, b, t), mix(b, to, t));
                mix(mix(left, middle, t), mix(middle, right, t), t)
            }),
            PathSegment::Close => curve(at, &|t| mix(at, start, t)),
        };
    }
    length
}

fn mix(a: Point, b: Point, t: f32) -> Point {
    Point::from_xy(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)
}

/// Scales a text of a drawing, and moves it to where it is to stand.
pub fn scale(text: &mut Element, place: &TextPlace, factor: f32, fit: &Fit) {
    match place.way {
        Way::About { x, y } => {
            let (right, down) = place.shift(factor, fit);
            let (dx, dy) = (x - x * factor + right, y - y * factor + down);
            let own = text.get("transform").unwrap_or_default();
            let scaled = format!("{own} matrix({factor} 0 0 {factor} {dx} {dy})");
            text.set("transform", scaled.trim_start());
        }
        Way::Letters => text.visit_mut(&mut |part| {
            part.set_property("font-size", &format!("{}px", place.font_size * factor));
            if place.letter_spacing != 0.0 {
                let spacing = format!("{}px", place.letter_spacing * factor);
                part.set_property("letter-spacing", &spacing);
            }
        }),
    }
}

impl TextPlace {
    /// How far a text that was scaled about its anchor is moved in its own coordinates.
    fn shift(&self, factor: f32, fit: &Fit) -> (f32, f32) {
        let Way::About { x, y } = self.way else { return (0.0, 0.0) };
        let mut anchor = Point::from_xy(x, y);
        self.to_canvas.map_point(&mut anchor);
        let scaled = |at: f32, anchor: f32| anchor + (at - anchor) * factor;
        let (left, right) = (scaled(self.ink.left(), anchor.x), scaled(self.ink.right(), anchor.x));
        let (top, bottom) = (scaled(self.ink.top(), anchor.y), scaled(self.ink.bottom(), anchor.y));
        let room = self.room;
        let across = match fit.across {
            None => 0.0,
            Some(Across::Left) => room.left() - left,
            Some(Across::Centre) => (room.left() + room.right() - left - right) / 2.0,
            Some(Across::Right) => room.right() - right,
        };
        let down = match fit.down {
            None => 0.0,
            Some(Down::Top) => room.top() - top,
            Some(Down::Middle) => (room.top() + room.bottom() - top - bottom) / 2.0,
            Some(Down::Bottom) => room.bottom() - bottom,
        };
        // A direction has no place: only the linear part of the way back counts.
        let Some(back) = self.to_canvas.invert() else { return (0.0, 0.0) };
        (back.sx * across + back.kx * down, back.ky * across + back.sy * down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_scaled_about_its_anchor() {
        let check = |anchor, from, to, expected: f32| {
            let factor = across(anchor, from, to, 0.0, 100.0);
            assert!((factor - expected).abs() < 1e-5, "{factor}");
        };
        check(50.0, 0.0, 100.0, 1.0); // fills its room from the middle
        check(50.0, -50.0, 150.0, 0.5); // twice as wide
        check(10.0, 10.0, 190.0, 0.5); // begins at 10, so 90 are left
        check(0.0, 0.0, 50.0, 2.0); // room left
        check(120.0, 110.0, 130.0, 0.0); // anchored outside its box: cannot fit
    }

    #[test]
    fn the_length_of_a_circle_is_its_length() {
        let circle = usvg::tiny_skia_path::PathBuilder::from_circle(0.0, 0.0, 100.0).unwrap();
        let length = length_of(&circle);
        assert!((length - 628.3).abs() < 0.5, "{length}");
    }
}
