//! The style sheet of a drawing, written into the elements that it is about.
//!
//! A colour or a choice of a customer is put into an element's own style. Illustrator names colours by
//! class, which would win over what an element inherits: so every rule is resolved before anything is
//! filled in, as `usvg` would do it afterwards.

use simplecss::{AttributeOperator, Declaration, PseudoClass, StyleSheet};

/// All rules of a drawing, weakest first.
pub struct Styles<'a>(StyleSheet<'a>);

impl<'a> Styles<'a> {
    /// Reads the texts of its `<style>` elements, one after another.
    pub fn parse(text: &'a str) -> Styles<'a> {
        Styles(StyleSheet::parse(text))
    }

    /// The `style` of an element with what the rules say of it; nothing where none is about it.
    pub fn resolve(&self, node: roxmltree::Node<'_, '_>) -> Option<String> {
        let matching = self.0.rules.iter().filter(|rule| rule.selector.matches(&Matched(node)));
        let told: Vec<Declaration<'_>> =
            matching.flat_map(|rule| rule.declarations.iter().copied()).collect();
        if told.is_empty() {
            return None;
        }
        let own = node.attribute("style").unwrap_or_default();
        let own: Vec<Declaration<'_>> = simplecss::DeclarationTokenizer::from(own).collect();
        let (weak, strong): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| !one.important);
        let mut settled: Vec<(&str, &str)> = Vec::new();
        for one in weak.into_iter().chain(own).chain(strong) {
            settled.retain(|(name, _)| *name != one.name);
            settled.push((one.name, one.value));
        }
        let words: Vec<String> =
            settled.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
        Some(words.join(";"))
    }
}

/// The texts of every `<style>` of a drawing.
pub fn texts(root: roxmltree::Node<'_, '_>) -> String {
    let sheets = root.descendants().filter(|node| node.tag_name().name() == "style");
    // Other languages than CSS are not known to anybody.
    let css = sheets.filter(|node| matches!(node.attribute("type"), None | Some("" | "text/css")));
    let texts: Vec<&str> = css.flat_map(|node| node.children()).filter_map(|n| n.text()).collect();
    texts.join("\n")
}

struct Matched<'a, 'input>(roxmltree::Node<'a, 'input>);

impl simplecss::Element for Matched<'_, '_> {
    fn parent_element(&self) -> Option<Self> {
        self.0.parent_element().map(Matched)
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.0.prev_sibling_element().map(Matched)
    }

    fn has_local_name(&self, name: &str) -> bool {
        self.0.tag_name().name() == name
    }

    fn attribute_matches(&self, name: &str, operator: AttributeOperator<'_>) -> bool {
        self.0.attribute(name).is_some_and(|value| operator.matches(value))
    }

    fn pseudo_class_matches(&self, class: PseudoClass<'_>) -> bool {
        class == PseudoClass::FirstChild && self.prev_sibling_element().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_meet_elements_by_their_strength() {
        let check = |css: &str, element: &str, expected: Option<&str>| {
            let text = format!("<svg><g class='outer'>{element}</g></svg>");
            let document = roxmltree::Document::parse(&text).unwrap();
            let node = document.descendants().find(|node| node.has_tag_name("rect")).unwrap();
            assert_eq!(Styles::parse(css).resolve(node).as_deref(), expected, "{css} {element}");
        };
        check(".a{fill:red}", "<rect class='a b'/>", Some("fill:red"));
        check(".a{fill:red}", "<rect class='b'/>", None);
        check(
            ".a{fill:red}.a.b{fill:blue}.a{fill:green}",
            "<rect class='a b'/>",
            Some("fill:blue"),
        );
        check(".a{fill:red}", "<rect class='a' style='fill:#123'/>", Some("fill:#123"));
        check(".a{fill:red!important}", "<rect class='a' style='fill:#123'/>", Some("fill:red"));
        check("#x,rect{stroke:red}", "<rect style='fill:#123'/>", Some("stroke:red;fill:#123"));
        check(".outer rect{opacity:.5}", "<rect/>", Some("opacity:.5"));
        check("@font-face{src:url(x)} .a{fill:red", "<rect class='a'/>", Some("fill:red"));
    }
}
