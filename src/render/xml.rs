//! A drawing as a tree that can be changed and written again.
//!
//! Reading keeps what SVG knows and drops the rest (editors' own elements, scripts, event handlers).
//! Writing escapes every text and attribute, so that no value can ever become structure (R75).

use std::fmt::Write;

use style_sheet::Styles;

mod style_sheet;

/// Elements that a browser shows or moves and no print can.
const NOT_PRINTED: [&str; 15] = [
    "foreignObject",
    "script",
    "animate",
    "animateColor",
    "animateMotion",
    "animateTransform",
    "set",
    "audio",
    "video",
    "canvas",
    "iframe",
    "hatch",
    "mesh",
    "meshgradient",
    "tref",
];
/// Deepest nesting of elements that is drawn.
const DEPTH_MAX: usize = 200;
/// Most elements of one drawing.
const NODES_MAX: u32 = 100_000;
const SVG: &str = "http://www.w3.org/2000/svg";
const XLINK: &str = "http://www.w3.org/1999/xlink";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const INKSCAPE: &str = "http://www.inkscape.org/namespaces/inkscape";
/// Affinity, which gives an id a number where the name of a layer stands twice.
const SERIF: &str = "http://www.serif.com/";

/// One element of a drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// The name without its namespace, which is always SVG's.
    pub name: String,
    /// The attributes in their order; `xlink:href` is `href`.
    pub attributes: Vec<(String, String)>,
    /// What Inkscape or Affinity calls it: the name of a layer or object.
    pub label: Option<String>,
    /// What is inside.
    pub children: Vec<Node>,
}

/// What stands inside an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Another element.
    Element(Element),
    /// Words.
    Text(String),
}

/// Reads a drawing; the message says what is wrong and where.
pub fn read(bytes: &[u8]) -> Result<Element, String> {
    read_noting(bytes).map(|(root, _)| root)
}

/// Reads a drawing and says what of it is left out though it may have been meant to be seen.
pub fn read_noting(bytes: &[u8]) -> Result<(Element, Vec<String>), String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 text (byte {})", error.valid_up_to()))?;
    if text.contains("<!ENTITY") {
        return Err("it defines entities; export it as plain SVG".to_owned());
    }
    let options = roxmltree::ParsingOptions {
        // A DOCTYPE line without entities is what many editors write; it is dropped.
        allow_dtd: true,
        nodes_limit: NODES_MAX,
        ..Default::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options)
        .map_err(|error| error.to_string())?;
    let root = document.root_element();
    if root.tag_name().name() != "svg" {
        return Err(format!("it is <{}>, not <svg>", root.tag_name().name()));
    }
    // A drawing that forgot its namespace is read as if it had one.
    let namespace = root.tag_name().namespace();
    if namespace.is_some_and(|namespace| namespace != SVG) {
        return Err("its root is not in the namespace of SVG".to_owned());
    }
    let css = style_sheet::texts(root);
    let styles = (!css.is_empty()).then(|| Styles::parse(&css));
    let mut reader = Reader { namespace, styles, left_out: Vec::new() };
    let root = reader.element(root, 0)?;
    Ok((root, reader.left_out))
}

struct Reader<'a> {
    namespace: Option<&'a str>,
    styles: Option<Styles<'a>>,
    left_out: Vec<String>,
}

impl Reader<'_> {
    fn element(&mut self, node: roxmltree::Node<'_, '_>, depth: usize) -> Result<Element, String> {
        if DEPTH_MAX < depth {
            return Err(format!("its elements are nested more than {DEPTH_MAX} deep"));
        }
        let mut made = Element::new(node.tag_name().name());
        for attribute in node.attributes() {
            let name = attribute.name();
            let value = attribute.value().to_owned();
            match attribute.namespace() {
                None if name.starts_with("on") => {
                    self.left_out.push(format!("the script in `{name}`"));
                }
                None | Some(XLINK) if name == "href" => made.set("href", value),
                None => made.attributes.push((name.to_owned(), value)),
                Some(XML) if name == "space" => made.attributes.push(("xml:space".into(), value)),
                Some(INKSCAPE) if name == "label" => made.label = Some(value),
                Some(SERIF) if name == "id" => made.label = Some(value),
                Some(_) => {}
            }
        }
        if let Some(style) = self.styles.as_ref().and_then(|styles| styles.resolve(node)) {
            made.set("style", style);
        }
        for child in node.children() {
            if child.is_text() {
                let text = child.text().unwrap_or_default();
                made.children.push(Node::Text(text.to_owned()));
            } else if child.is_element() && self.keeps(child, &made.name) {
                made.children.push(Node::Element(self.element(child, depth + 1)?));
            }
        }
        Ok(made)
    }

    fn keeps(&mut self, child: roxmltree::Node<'_, '_>, parent: &str) -> bool {
        if child.tag_name().namespace() != self.namespace {
            return false;
        }
        match child.tag_name().name() {
            // Its rules were written into the elements that they are about.
            "metadata" | "style" => false,
            // Illustrator keeps its own data there, with the drawing beside it.
            "foreignObject" if parent == "switch" => false,
            name if NOT_PRINTED.contains(&name) => {
                self.left_out.push(format!("<{name}>"));
                false
            }
            _ => true,
        }
    }
}

impl Element {
    /// An element without anything in it.
    pub fn new(name: &str) -> Element {
        Element { name: name.to_owned(), attributes: Vec::new(), label: None, children: Vec::new() }
    }

    /// An attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Sets an attribute.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        match self.attributes.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value.into(),
            None => self.attributes.push((name.to_owned(), value.into())),
        }
    }

    /// Takes an attribute away.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let idx = self.attributes.iter().position(|(key, _)| key == name)?;
        Some(self.attributes.remove(idx).1)
    }

    /// A property of the `style` attribute, else the attribute of that name.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.declarations()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .or_else(|| self.get(name))
    }

    /// Sets a property where it is strongest: in the `style` attribute.
    pub fn set_property(&mut self, name: &str, value: &str) {
        self.remove_property(name);
        let mut style = self.get("style").unwrap_or_default().trim().to_owned();
        if !style.is_empty() && !style.ends_with(';') {
            style.push(';');
        }
        self.set("style", format!("{style}{name}:{value}"));
    }

    /// Takes a property away, from `style` and from the attributes.
    pub fn remove_property(&mut self, name: &str) -> Option<String> {
        let old = self.property(name).map(str::to_owned);
        self.remove(name);
        if self.declarations().any(|(key, _)| key == name) {
            let kept: Vec<String> = self
                .declarations()
                .filter(|(key, _)| *key != name)
                .map(|(key, value)| format!("{key}:{value}"))
                .collect();
            self.set("style", kept.join(";"));
        }
        old
    }

    fn declarations(&self) -> impl Iterator<Item = (&str, &str)> {
        let style = self.get("style").unwrap_or_default();
        style.split(';').filter_map(|declaration| {
            let (key, value) = declaration.split_once(':')?;
            let value = value.trim().trim_end_matches("!important").trim_end();
            Some((key.trim(), value))
        })
    }

    /// The elements directly inside.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The elements directly inside, to change them.
    pub fn elements_mut(&mut self) -> impl Iterator<Item = &mut Element> {
        self.children.iter_mut().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Calls `f` for this element and everything inside it.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Element)) {
        f(self);
        for child in self.elements() {
            child.visit(f);
        }
    }

    /// Calls `f` for this element and everything inside it, to change it.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Element)) {
        f(self);
        for child in self.elements_mut() {
            child.visit_mut(f);
        }
    }

    /// The element with this id.
    pub fn by_id(&mut self, id: &str) -> Option<&mut Element> {
        if self.get("id") == Some(id) {
            return Some(self);
        }
        self.elements_mut().find_map(|child| child.by_id(id))
    }

    /// The whole as an SVG document.
    pub fn write(&self) -> String {
        let mut out = String::new();
        write_element(self, " xmlns=\"http://www.w3.org/2000/svg\"", &mut out);
        out
    }
}

fn write_element(element: &Element, extra: &str, out: &mut String) {
    // Names come from a parsed document or from this program, never from a value.
    let _ = write!(out, "<{}{extra}", element.name);
    for (name, value) in &element.attributes {
        let _ = write!(out, " {name}=\"");
        escape(value, out);
        out.push('"');
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Element(child) => write_element(child, "", out),
            Node::Text(text) => escape(text, out),
        }
    }
    let _ = write!(out, "</{}>", element.name);
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            // XML 1.0 cannot say these at all.
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DRAWING: &[u8] = br##"<?xml version="1.0"?>
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"
             xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" viewBox="0 0 10 10">
          <inkscape:page/><script>alert(1)</script>
          <g inkscape:label="name" onclick="x()"><use x:href="#a"/></g>
        </svg>"##;

    #[test]
    fn what_is_not_svg_is_dropped() {
        let root = read(DRAWING).unwrap();
        let names: Vec<&str> = root.elements().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["g"]);
        let layer = root.elements().next().unwrap();
        assert_eq!(layer.label.as_deref(), Some("name"));
        assert_eq!(layer.get("onclick"), None);
        assert_eq!(layer.elements().next().unwrap().get("href"), Some("#a"));
    }

    #[test]
    fn what_was_meant_to_be_seen_is_not_left_out_in_silence() {
        let left_out = |inside: &str| {
            let svg = format!("<svg xmlns='{SVG}'>{inside}</svg>");
            read_noting(svg.as_bytes()).unwrap().1
        };
        assert_eq!(left_out("<g onload='x()'><script/></g>").len(), 2);
        assert_eq!(left_out("<foreignObject/>"), ["<foreignObject>"]);
        assert_eq!(left_out("<switch><foreignObject/><g/></switch>"), [""; 0]);
        assert_eq!(left_out("<metadata/>"), [""; 0]);
    }

    #[test]
    fn what_is_no_drawing_is_refused_with_the_reason() {
        let check = |bytes: &[u8], expected: &str| {
            let error = read(bytes).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(b"<html/>", "not <svg>");
        check(b"\xff\xfe", "UTF-8");
        check(b"<svg><g></svg>", "tag");
        check(b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "entities");
        let deep = format!("{}{}", "<svg>".repeat(300), "</svg>".repeat(300));
        check(deep.as_bytes(), "deep");
    }

    #[test]
    fn a_property_is_set_in_the_style() {
        let mut element = Element::new("g");
        element.set("fill", "red");
        element.set("style", "stroke: none; fill: blue !important");
        assert_eq!(element.property("fill"), Some("blue"));
        element.set_property("fill", "#00ff00");
        assert_eq!(element.property("fill"), Some("#00ff00"));
        assert_eq!(element.property("stroke"), Some("none"));
        assert_eq!(element.get("fill"), None);
    }

    proptest! {
        #[test]
        fn no_value_becomes_structure(text in "\\PC*|(</?[a-z]+>|&[a-z]+;|\\x00|\\]\\]>|<!--)*") {
            let mut root = Element::new("svg");
            root.set("title", text.clone());
            root.children.push(Node::Text(text.clone()));
            let again = read(root.write().as_bytes()).unwrap();
            prop_assert_eq!(again.elements().count(), 0);
            prop_assert_eq!(again.attributes.len(), 1);
            let kept: String = text.chars().filter(|c| {
                !matches!(c, '\u{FFFE}' | '\u{FFFF}') && (!c.is_control() || matches!(c, '\n' | '\t'))
            }).collect();
            let inside: String = again.children.iter().map(|child| match child {
                Node::Text(text) => text.clone(),
                Node::Element(_) => String::new(),
            }).collect();
            prop_assert_eq!(inside, kept);
        }
    }
}
