//! Values go into their slots: words, colours, choices and what rules show and hide.
//!
//! An element is a **slot** of field `name` if its id, or the name its editor keeps for it, is `name`
//! or `name-2`, `name-3` … (`name_2_` in Illustrator), or if `name` stands in its `data-field`
//! attribute (several keys with spaces between). A layer or group with that name stands for the
//! first fitting element in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::xml::{Element, Node};
use crate::model::design::Design;
use crate::model::field::{Choice, Field, FieldKind, fit};
use crate::model::value::{Value, Values};

/// Elements whose shape can frame a photo.
const SHAPES: [&str; 6] = ["rect", "circle", "ellipse", "path", "polygon", "image"];

/// A drawing with its values, and where texts and photos stand in it.
pub struct Filled {
    /// The drawing.
    pub root: Element,
    /// Texts that must fit.
    pub texts: Vec<Slot>,
    /// Their words, by the id of their slot.
    pub words: BTreeMap<String, String>,
    /// Shapes that are to be filled with photos.
    pub photos: Vec<Slot>,
    /// Shapes that become codes.
    pub codes: Vec<Slot>,
}

/// One place of a field in a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The field.
    pub key: String,
    /// The id of its element, which is a `<text>` or a shape.
    pub id: String,
}

/// Whether an element is a slot of this field.
pub fn is_slot(element: &Element, key: &str) -> bool {
    let is_numbered = |name: Cow<'_, str>| {
        let rest = name.strip_prefix(key);
        rest.is_some_and(|rest| {
            let illustrated = rest.strip_prefix('_').and_then(|rest| rest.strip_suffix('_'));
            let number = illustrated.or(rest.strip_prefix('-')).unwrap_or_default();
            rest.is_empty() || (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let listed = element.get("data-field").unwrap_or_default();
    names(element).any(is_numbered) || listed.split_whitespace().any(|listed| listed == key)
}

/// Whether an element has this id or this name in its editor.
pub fn is_named(element: &Element, name: &str) -> bool {
    names(element).any(|known| known == name)
}

/// The id of an element, and what Inkscape (`inkscape:label`), Affinity (`serif:id`) and
/// Illustrator (`data-name`) call it.
fn names(element: &Element) -> impl Iterator<Item = Cow<'_, str>> {
    let label = element.label.as_deref();
    let ids = [element.get("id"), element.get("data-name")];
    let ids = ids.into_iter().flatten().map(unescaped);
    ids.chain(label.map(Cow::Borrowed))
}

/// An id as it was typed in Illustrator, which writes `_x5F_` for an underscore of a name.
fn unescaped(id: &str) -> Cow<'_, str> {
    if !id.contains("_x") {
        return Cow::Borrowed(id);
    }
    let mut typed = String::new();
    let mut rest = id;
    while let Some((before, after)) = rest.split_once("_x") {
        let code = after.split_once('_').filter(|(code, _)| (2..=4).contains(&code.len()));
        let letter = code.and_then(|(code, _)| u32::from_str_radix(code, 16).ok());
        typed.push_str(before);
        match (letter.and_then(char::from_u32), code) {
            (Some(letter), Some((_, after))) => {
                typed.push(letter);
                rest = after;
            }
            (None, _) | (_, None) => {
                typed.push_str("_x");
                rest = after;
            }
        }
    }
    typed.push_str(rest);
    Cow::Owned(typed)
}

/// Takes out every element of these names, so that no rule brings it back.
pub fn remove(root: &mut Element, unwanted: &[String]) {
    if unwanted.is_empty() {
        return;
    }
    root.visit_mut(&mut |parent| {
        parent.children.retain(|child| match child {
            Node::Element(child) => !unwanted.iter().any(|name| is_named(child, name)),
            Node::Text(_) => true,
        });
    });
}

/// Whether an element can hold words.
pub fn is_text(element: &Element) -> bool {
    matches!(element.name.as_str(), "text" | "tspan" | "textPath")
}

/// Whether an element's shape can frame a photo.
pub fn is_shape(element: &Element) -> bool {
    SHAPES.contains(&element.name.as_str())
}

/// Puts the values into a drawing.
pub fn fill(mut root: Element, design: &Design, values: &Values) -> Filled {
    let mut shown = BTreeMap::new();
    for field in &design.fields {
        if let FieldKind::Choice(list) = &field.kind {
            choose(list, values.get(&field.key), &mut shown);
        }
    }
    for rule in design.rules.iter().filter(|rule| rule.when.holds(values)) {
        shown.extend(rule.show.iter().map(|name| (name.clone(), true)));
        shown.extend(rule.hide.iter().map(|name| (name.clone(), false)));
    }
    root.visit_mut(&mut |element| show_or_hide(element, &shown));
    let mut filled = Filled {
        root,
        texts: Vec::new(),
        words: BTreeMap::new(),
        photos: Vec::new(),
        codes: Vec::new(),
    };
    for field in &design.fields {
        filled.put(field, values.get(&field.key));
    }
    filled
}

fn choose(list: &[Choice], value: Option<&Value>, shown: &mut BTreeMap<String, bool>) {
    let chosen = value.and_then(Value::as_text);
    let chosen = list.iter().find(|choice| Some(choice.label.as_str()) == chosen);
    for choice in list {
        shown.insert(choice.gives.clone(), false);
    }
    // Two labels may give the same element, so the chosen one is said last.
    if let Some(choice) = chosen {
        shown.insert(choice.gives.clone(), true);
    }
}

fn show_or_hide(element: &mut Element, shown: &BTreeMap<String, bool>) {
    let wanted = names(element).find_map(|name| shown.get(&*name).copied());
    match wanted {
        Some(true) => {
            element.remove_property("visibility");
            element.set_property("display", "inline");
        }
        Some(false) => element.set_property("display", "none"),
        None => {}
    }
}

impl Filled {
    fn put(&mut self, field: &Field, value: Option<&Value>) {
        let key = &field.key;
        match (&field.kind, value) {
            (
                FieldKind::Text(_)
                | FieldKind::Number(_)
                | FieldKind::Date(_)
                | FieldKind::Coordinates(_),
                value,
            ) => {
                let kept = value.and_then(Value::as_text).unwrap_or_default();
                let text = &*field.printed(kept);
                let line_height = field.fit().map_or(fit::LINE_HEIGHT, |fit| fit.line_height);
                let mut ids = Ids::new("text", key);
                each_slot(&mut self.root, key, &has_words_of(key), &mut |element| {
                    set_words(element, key, text, line_height);
                    if element.name == "text" && !text.is_empty() {
                        let slot = ids.slot(element);
                        self.words.insert(slot.id.clone(), text.to_owned());
                        self.texts.push(slot);
                    }
                });
            }
            (FieldKind::Colour(list), Some(Value::Text(label))) => {
                let choice = list.iter().find(|choice| choice.label == *label);
                if let Some(choice) = choice {
                    self.root.visit_mut(&mut |element| {
                        if is_slot(element, key) {
                            recolour(element, &choice.gives, Depth::Slot);
                        }
                    });
                }
            }
            (FieldKind::Photo(_), value) => {
                let mut ids = Ids::new("photo", key);
                each_slot(&mut self.root, key, &is_shape, &mut |element| match value {
                    Some(Value::Photo(_)) => {
                        frame(element);
                        self.photos.push(ids.slot(element));
                    }
                    Some(Value::Text(_)) | None => element.set_property("display", "none"),
                });
            }
            (FieldKind::Code(_), value) => {
                let mut ids = Ids::new("code", key);
                let is_given = value.is_some_and(|value| !value.is_blank());
                each_slot(&mut self.root, key, &is_shape, &mut |element| match is_given {
                    true => {
                        frame(element);
                        self.codes.push(ids.slot(element));
                    }
                    false => element.set_property("display", "none"),
                });
            }
            (FieldKind::Choice(_), _) | (FieldKind::Colour(_), _) => {}
        }
    }
}

/// Names for elements that have none; they begin with `wb-`, which no field can.
struct Ids {
    stem: String,
    key: String,
    count: usize,
}

impl Ids {
    fn new(kind: &str, key: &str) -> Ids {
        Ids { stem: format!("wb-{kind}-{key}"), key: key.to_owned(), count: 0 }
    }

    fn slot(&mut self, element: &mut Element) -> Slot {
        self.count += 1;
        let id = match element.get("id") {
            Some(id) => id.to_owned(),
            None => format!("{}-{}", self.stem, self.count),
        };
        element.set("id", id.clone());
        Slot { key: self.key.clone(), id }
    }
}

/// A `<text>` is a slot itself, or holds a `<tspan>` that is one.
fn has_words_of(key: &str) -> impl Fn(&Element) -> bool {
    let key = key.to_owned();
    move |element| element.name == "text" || (is_text(element) && is_slot(element, &key))
}

/// Calls `f` for the fitting element of every slot.
fn each_slot(
    element: &mut Element,
    key: &str,
    fits: &dyn Fn(&Element) -> bool,
    f: &mut dyn FnMut(&mut Element),
) {
    let mut has_part = false;
    if element.name == "text" && !is_slot(element, key) {
        element.visit(&mut |inner| has_part |= is_text(inner) && is_slot(inner, key));
    }
    if (has_part || is_slot(element, key))
        && let Some(found) = first(element, fits)
    {
        f(found);
        return;
    }
    for child in element.elements_mut() {
        each_slot(child, key, fits, f);
    }
}

fn first<'a>(element: &'a mut Element, fits: &dyn Fn(&Element) -> bool) -> Option<&'a mut Element> {
    if fits(element) {
        return Some(element);
    }
    element.elements_mut().find_map(|child| first(child, fits))
}

/// Whether a text may be broken into lines: it is the slot as a whole, stands at a place of its own and
/// not along a path, and runs from side to side.
pub fn can_break(text: &Element, key: &str) -> bool {
    let (mut is_along_a_path, mut has_place, mut is_upright) = (false, false, false);
    text.visit(&mut |part| {
        is_along_a_path |= part.name == "textPath";
        has_place |= part.get("x").is_some();
        is_upright |=
            part.property("writing-mode").is_some_and(|mode| !mode.contains("horizontal"));
    });
    let is_part = !is_slot(text, key) && text.elements().any(|inner| holds_slot(inner, key));
    !is_along_a_path && has_place && !is_upright && !is_part
}

fn holds_slot(element: &Element, key: &str) -> bool {
    let mut holds = false;
    element.visit(&mut |inner| holds |= is_text(inner) && is_slot(inner, key));
    holds
}

/// Puts words where the drawing has its example, keeping how that was written.
pub fn set_words(text: &mut Element, key: &str, words: &str, line_height: f32) {
    let mut part = None;
    if !is_slot(text, key) {
        part = first_part(text, key);
    }
    match part {
        Some(part) => put_lines(part, words, None, line_height),
        None => {
            let mut x = None;
            let leaf = leaf(text, &mut x);
            put_lines(leaf, words, x, line_height);
        }
    }
}

fn first_part<'a>(element: &'a mut Element, key: &str) -> Option<&'a mut Element> {
    let mut inner = element.elements_mut().filter(|child| is_text(child));
    inner.find_map(|child| match is_slot(child, key) {
        true => Some(child),
        false => first_part(child, key),
    })
}

/// The innermost first part of a text; its siblings, the rest of the example, are dropped.
fn leaf<'a>(element: &'a mut Element, x: &mut Option<String>) -> &'a mut Element {
    for name in ["x", "y", "dx", "dy"] {
        // Some editors place every letter of the example; only the first place is kept.
        let place = element.get(name).and_then(|list| list.split([' ', ',']).next());
        if let Some(place) = place.map(str::to_owned) {
            element.set(name, place);
        }
    }
    element.remove("textLength");
    element.remove("rotate");
    *x = element.get("x").map(str::to_owned).or(x.take());
    let inner = element.children.iter().position(|child| match child {
        Node::Element(child) => is_text(child),
        Node::Text(_) => false,
    });
    let Some(idx) = inner else {
        return element;
    };
    let kept = element.children.swap_remove(idx);
    element.children = vec![kept];
    match &mut element.children[0] {
        Node::Element(child) => leaf(child, x),
        Node::Text(_) => unreachable!("the position was that of an element"),
    }
}

fn put_lines(element: &mut Element, words: &str, x: Option<String>, line_height: f32) {
    let lines: Vec<&str> = words.split('\n').collect();
    let Some(x) = x.filter(|_| 1 < lines.len() && element.name != "textPath") else {
        element.children = vec![Node::Text(lines.join(" "))];
        return;
    };
    element.children.clear();
    let mut down = 0.0;
    for line in lines {
        if !line.trim().is_empty() {
            let mut part = Element::new("tspan");
            part.set("x", x.clone());
            if 0.0 < down {
                // Six digits: a sum of line heights is no round number.
                let down = format!("{down:.6}");
                let down = down.trim_end_matches('0').trim_end_matches('.');
                part.set("dy", format!("{down}em"));
            }
            part.children.push(Node::Text(line.to_owned()));
            element.children.push(Node::Element(part));
            down = 0.0;
        }
        down += f64::from(line_height);
    }
}

/// Whether an element is the slot or stands inside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Slot,
    Inside,
}

/// Colours the fill; what is drawn by its line alone gets the colour as line.
fn recolour(element: &mut Element, colour: &str, depth: Depth) {
    let is_open = element.property("fill") == Some("none");
    let has_line = element.property("stroke").is_some_and(|stroke| stroke != "none");
    if is_open && has_line {
        element.set_property("stroke", colour);
    } else if !is_open && (depth == Depth::Slot || element.property("fill").is_some()) {
        element.set_property("fill", colour);
    }
    for child in element.elements_mut() {
        recolour(child, colour, Depth::Inside);
    }
}

/// A picture that marks a place becomes a plain rectangle: its example is not to be printed.
fn frame(element: &mut Element) {
    if element.name == "image" {
        element.name = "rect".to_owned();
        element.remove("href");
        element.remove("preserveAspectRatio");
    }
}

#[cfg(test)]
mod tests;
