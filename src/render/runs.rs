//! Which font each part of a text is set in, where its drawing names several.
//!
//! A text is divided before it is shaped, at what readers see as one character: each goes to the first
//! family named that has all of it. What shapes the text afterwards looks for other fonts only while every
//! font makes the same number of shapes of it, which joined emoji and many scripts do not.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::fonts::Fonts;
use super::xml::{Element, Node};

/// The drawing with every text divided by font; itself where nothing is to be divided.
pub fn divided<'a>(root: &'a Element, fonts: &Fonts) -> Cow<'a, Element> {
    if !is_divided(root, &Setting::default(), fonts) {
        return Cow::Borrowed(root);
    }
    let mut root = root.clone();
    divide(&mut root, &Setting::default(), fonts);
    Cow::Owned(root)
}

/// What an element says or inherits of its words.
#[derive(Clone, Default)]
struct Setting {
    families: Vec<String>,
    is_text: bool,
}

impl Setting {
    fn of(&self, element: &Element) -> Setting {
        let own = element.property("font-family").filter(|own| own.trim() != "inherit");
        let families = match (own, element.property("font")) {
            (Some(own), _) => own.split(',').map(family).filter(|one| !one.is_empty()).collect(),
            // The short form has rules of its own: what it names is left to what shapes the text.
            (None, Some(_)) => Vec::new(),
            (None, None) => self.families.clone(),
        };
        Setting { families, is_text: self.is_text || element.name == "text" }
    }
}

fn family(written: &str) -> String {
    written.trim().trim_matches(['\'', '"']).trim().to_owned()
}

/// A part of a text and the place of its family among those named.
type Run = (usize, String);

fn is_divided(element: &Element, above: &Setting, fonts: &Fonts) -> bool {
    let here = above.of(element);
    element.children.iter().any(|child| match child {
        Node::Element(inner) => is_divided(inner, &here, fonts),
        Node::Text(text) => here.is_text && runs(text, &here.families, fonts).is_some(),
    })
}

fn divide(element: &mut Element, above: &Setting, fonts: &Fonts) {
    let here = above.of(element);
    let mut children = Vec::with_capacity(element.children.len());
    for mut child in std::mem::take(&mut element.children) {
        if let Node::Element(inner) = &mut child {
            divide(inner, &here, fonts);
        }
        match &child {
            Node::Text(text) if here.is_text => match runs(text, &here.families, fonts) {
                Some(runs) => children.extend(runs.into_iter().map(|run| set(run, &here.families))),
                None => children.push(child),
            },
            Node::Text(_) | Node::Element(_) => children.push(child),
        }
    }
    element.children = children;
}

/// A run as a part of its text; the other families still follow its own.
fn set((place, text): Run, families: &[String]) -> Node {
    let Some(own) = families.get(place).filter(|_| place != 0) else {
        return Node::Text(text);
    };
    let others = families.iter().filter(|family| *family != own);
    let chain: Vec<String> =
        [own].into_iter().chain(others).map(|family| format!("'{family}'")).collect();
    let mut part = Element::new("tspan");
    part.set_property("font-family", &chain.join(","));
    part.children.push(Node::Text(text));
    Node::Element(part)
}

/// The runs of a text; `None` where it all stands in the first family named.
fn runs(text: &str, families: &[String], fonts: &Fonts) -> Option<Vec<Run>> {
    if families.len() < 2 {
        return None;
    }
    let letters: Vec<char> = text.chars().filter(|c| is_seen(*c)).collect();
    let first = fonts.has(&families[0], &letters)?;
    if first.iter().all(|has| *has) {
        return None;
    }
    let known: Vec<Vec<bool>> = families
        .iter()
        .map(|family| fonts.has(family, &letters).unwrap_or_else(|| vec![false; letters.len()]))
        .collect();
    let (mut runs, mut at): (Vec<Run>, usize) = (Vec::new(), 0);
    for cluster in text.graphemes(true) {
        let seen = cluster.chars().filter(|c| is_seen(*c)).count();
        let has_all = |place: &usize| known[*place][at..at + seen].iter().all(|has| *has);
        let last = runs.last().map(|run| run.0);
        let stays = last.filter(|place| cluster.trim().is_empty() && has_all(place));
        let place = stays.or_else(|| (0..families.len()).find(has_all)).or(last).unwrap_or(0);
        at += seen;
        match runs.last_mut().filter(|run| run.0 == place) {
            Some(run) => run.1.push_str(cluster),
            None => runs.push((place, cluster.to_owned())),
        }
    }
    // A part of spaces alone is taken for layout of the file; one that does not break is not.
    for (_, text) in runs.iter_mut().filter(|(_, text)| text.trim().is_empty()) {
        *text = text.replace(' ', "\u{a0}");
    }
    runs.iter().any(|run| run.0 != 0).then_some(runs)
}

/// Whether a character has a shape of its own: joiners, selectors and marks of direction have none.
fn is_seen(c: char) -> bool {
    !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}' | '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn each_character_goes_to_the_first_family_that_has_all_of_it() {
        let fonts = Fonts::of(&BTreeMap::new());
        let check = |families: &[&str], text: &str, expected: Option<&[(usize, &str)]>| {
            let families: Vec<String> = families.iter().map(|one| (*one).to_owned()).collect();
            let found = runs(text, &families, &fonts);
            let expected: Option<Vec<Run>> = expected
                .map(|runs| runs.iter().map(|(at, text)| (*at, (*text).to_owned())).collect());
            assert_eq!(found, expected, "{text}");
        };
        let both = ["Lobster Two", "DejaVu Sans"];
        check(&both, "Anna", None);
        check(&both, "Anna ♥ Ben", Some(&[(0, "Anna "), (1, "♥ "), (0, "Ben")]));
        check(&["Lobster Two"], "Anna ♥", None);
        check(&["No such", "DejaVu Sans"], "Anna ♥", None);
        // A letter and its mark stay together.
        check(&both, "x\u{0323}a", Some(&[(1, "x\u{0323}"), (0, "a")]));
        // What nobody has stays where it is, and is named as missing.
        check(&both, "A\u{13000}♥", Some(&[(0, "A\u{13000}"), (1, "♥")]));
    }
}
