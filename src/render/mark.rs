//! Where in a drawing a fault is, so that it can be shown: the box around what is meant.
//!
//! What a drawing lost (a text without its font, a picture that is not there) leaves no trace in it; so
//! the box is measured on a copy in which it does.

use usvg::tiny_skia_path::Rect;

use super::fill::is_slot;
use super::fonts::{FontNotes, Fonts};
use super::paint;
use super::pictures::Pictures;
use super::spot::Place;
use super::xml::{Element, Node};

/// A place in a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The file of the drawing.
    pub file: String,
    /// The box in it, in thousandths of its width and height.
    pub place: Place,
}

/// The whole drawing.
pub const WHOLE: Place = Place { left: 0, top: 0, right: 1_000, bottom: 1_000 };

/// What elements to be measured are called in the copy.
const ID: &str = "woodblock-mark-";
/// A font that is always here.
const FONT: &str = "Open Sans";

/// Where the pictures stand whose address begins like this.
pub fn pictures(root: &Element, fonts: &Fonts, href: &str) -> Option<Place> {
    around(root.clone(), fonts, &mut |element| {
        let is_meant = element.name == "image"
            && element.get("href").is_some_and(|known| known.starts_with(href));
        is_meant && becomes_box(element)
    })
}

/// Where flowed text would stand: in the rectangles of its regions.
pub fn flowed(root: &Element, fonts: &Fonts) -> Option<Place> {
    around(root.clone(), fonts, &mut |element| match element.name.as_str() {
        "flowRoot" => {
            element.name = "g".to_owned();
            false
        }
        "flowRegion" => {
            element.name = "g".to_owned();
            for region in element.elements_mut().filter(|region| region.name == "rect") {
                region.set("data-region", "1");
            }
            false
        }
        _ => element.get("data-region").is_some() && becomes_box(element),
    })
}

/// Where the elements stand that a field names, whatever they are.
pub fn named(root: &Element, fonts: &Fonts, key: &str) -> Option<Place> {
    around(root.clone(), fonts, &mut |element| {
        is_slot(element, key) && (element.name != "image" || becomes_box(element))
    })
}

/// Where the texts stand that name this family in themselves or in what is around them.
pub fn texts_in(root: &Element, fonts: &Fonts, family: &str) -> Option<Place> {
    let mut copy = root.clone();
    name_texts(&mut copy, family, false);
    around(copy, fonts, &mut |element| element.get("data-lost").is_some())
}

/// Marks each text in a family, and gives it a font that is here.
fn name_texts(element: &mut Element, family: &str, is_inherited: bool) {
    let own = element.property("font-family").map(|own| own.replace(['"', '\''], ""));
    let is_in_it = own.map_or(is_inherited, |own| own.contains(family));
    if is_in_it {
        element.set_property("font-family", FONT);
    }
    for child in element.elements_mut() {
        name_texts(child, family, is_in_it);
    }
    let within = element.elements().any(|child| child.get("data-lost").is_some());
    if (element.name == "text" && (is_in_it || within)) || (element.name == "tspan" && is_in_it) {
        element.set("data-lost", "1");
    }
}

/// Where the nth element of this name stands, of a kind that is not read at all.
pub fn left_out(bytes: &[u8], fonts: &Fonts, name: &str, nth: usize) -> Option<Place> {
    let text = std::str::from_utf8(bytes).ok()?;
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(text, options).ok()?;
    let node = document.descendants().filter(|node| node.tag_name().name() == name).nth(nth)?;
    let mut made = Element::new("rect");
    for key in ["x", "y", "width", "height", "transform"] {
        if let Some(value) = node.attribute(key) {
            made.set(key, value);
        }
    }
    for above in node.ancestors().skip(1).filter(|above| above.is_element()) {
        let is_root = above.parent().is_some_and(|parent| parent.is_root());
        let mut around = Element::new(if is_root { "svg" } else { "g" });
        let keys: &[&str] = if is_root { &["viewBox", "width", "height"] } else { &["transform"] };
        for key in keys {
            if let Some(value) = above.attribute(*key) {
                around.set(key, value);
            }
        }
        around.children.push(Node::Element(made));
        made = around;
    }
    around(made, fonts, &mut |element| element.name == "rect" && becomes_box(element))
}

/// A rectangle in the place of an element that says its own size; whether it does.
fn becomes_box(element: &mut Element) -> bool {
    let kept = ["x", "y", "width", "height", "transform"];
    element.attributes.retain(|(key, _)| kept.contains(&key.as_str()));
    element.children.clear();
    element.name = "rect".to_owned();
    element.get("width").is_some() && element.get("height").is_some()
}

/// The box around every element that `is_meant` says yes to, which may change them first.
fn around(
    mut root: Element,
    fonts: &Fonts,
    is_meant: &mut dyn FnMut(&mut Element) -> bool,
) -> Option<Place> {
    let mut count = 0_usize;
    root.visit_mut(&mut |element| {
        if is_meant(element) {
            element.set("id", format!("{ID}{count}"));
            count += 1;
        }
    });
    let notes = FontNotes::default();
    let tree = paint::lay_out(&root, fonts, &Pictures::default(), &notes).ok()?;
    let found = (0..count).filter_map(|nth| tree.node_by_id(&format!("{ID}{nth}")));
    let boxes = found.map(|node| node.abs_bounding_box());
    let whole = boxes.reduce(|a, b| {
        let (left, top) = (a.left().min(b.left()), a.top().min(b.top()));
        let (right, bottom) = (a.right().max(b.right()), a.bottom().max(b.bottom()));
        Rect::from_ltrb(left, top, right, bottom).unwrap_or(a)
    })?;
    let part = |at: f32, of: f32| (at / of * 1000.0).round().clamp(0.0, 1000.0) as i32;
    let (width, height) = (tree.size().width(), tree.size().height());
    let place = Place {
        left: part(whole.left(), width),
        top: part(whole.top(), height),
        right: part(whole.right(), width),
        bottom: part(whole.bottom(), height),
    };
    // What hangs wholly beyond the page has no place in its picture.
    (place.left < place.right && place.top < place.bottom).then_some(place)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::render::xml;

    fn drawing(inside: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 100\" width=\"200\" \
             height=\"100\">{inside}</svg>"
        )
    }

    fn check(found: Option<Place>, expected: Option<[i32; 4]>) {
        let found = found.map(|place| [place.left, place.top, place.right, place.bottom]);
        assert_eq!(found, expected);
    }

    #[test]
    fn what_left_no_trace_is_found() {
        let fonts = Fonts::of(&BTreeMap::new());
        let read = |inside: &str| xml::read(drawing(inside).as_bytes()).unwrap();
        let image = "<g transform=\"translate(20 10)\"><image href=\"cat.png\" x=\"0\" y=\"0\" \
                     width=\"40\" height=\"20\"/></g><image href=\"dog.png\" width=\"9\" height=\"9\"/>";
        check(pictures(&read(image), &fonts, "cat"), Some([100, 100, 300, 300]));
        check(pictures(&read(image), &fonts, "horse"), None);
        let flow = "<flowRoot><flowRegion><rect x=\"20\" y=\"0\" width=\"20\" height=\"50\"/>\
                    </flowRegion><flowPara>Hi</flowPara></flowRoot>";
        check(flowed(&read(flow), &fonts), Some([100, 0, 200, 500]));
        let slot = "<rect id=\"name-2\" x=\"0\" y=\"0\" width=\"20\" height=\"10\"/>";
        check(named(&read(slot), &fonts, "name"), Some([0, 0, 100, 100]));
        check(named(&read(slot), &fonts, "other"), None);
        let foreign = "<foreignObject/><g transform=\"scale(2)\"><foreignObject x=\"10\" y=\"5\" \
                       width=\"10\" height=\"5\"><p/></foreignObject></g>";
        let bytes = drawing(foreign);
        check(left_out(bytes.as_bytes(), &fonts, "foreignObject", 1), Some([100, 100, 200, 200]));
        check(left_out(bytes.as_bytes(), &fonts, "foreignObject", 0), None);
        check(left_out(bytes.as_bytes(), &fonts, "script", 0), None);
        let beyond = "<rect id=\"name\" x=\"900\" y=\"0\" width=\"20\" height=\"10\"/>";
        check(named(&read(beyond), &fonts, "name"), None);
    }

    #[test]
    fn a_text_without_its_font_is_found_by_the_font_of_what_is_around_it() {
        let fonts = Fonts::of(&BTreeMap::new());
        let text = "<g style=\"font-family:'No Such'\"><text x=\"100\" y=\"50\" font-size=\"20\">\
                    <tspan>Hi</tspan></text></g>\
                    <text x=\"0\" y=\"50\" font-family=\"Open Sans\" font-size=\"20\">Other</text>";
        let root = xml::read(drawing(text).as_bytes()).unwrap();
        let place = texts_in(&root, &fonts, "No Such").unwrap();
        assert!((480..=520).contains(&place.left), "{place:?}");
        assert!(place.right < 700 && 250 < place.top && place.bottom < 650, "{place:?}");
        check(texts_in(&root, &fonts, "Another"), None);
    }
}
