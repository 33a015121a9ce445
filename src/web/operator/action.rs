//! A press that a page offers: a link, or a form with one button.

/// A press that a page offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What stands on it.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// How it is pressed.
    pub kind: Kind,
    /// `primary`, `quiet` or `danger`.
    pub look: &'static str,
    /// What the form carries besides its marks.
    pub fields: Vec<(&'static str, String)>,
}

/// How an action is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A link: changes nothing.
    Link,
    /// One press does it.
    Press,
    /// It asks once more, in these words.
    Ask(String),
}

impl Action {
    /// A link.
    pub fn link(label: &str, href: String) -> Action {
        Action {
            label: label.to_owned(),
            href,
            kind: Kind::Link,
            look: "quiet",
            fields: Vec::new(),
        }
    }

    /// A form with one button.
    pub fn press(label: &str, href: String) -> Action {
        Action { kind: Kind::Press, ..Action::link(label, href) }
    }

    /// The same, after one more question.
    pub fn ask(label: &str, href: String, question: &str) -> Action {
        Action { kind: Kind::Ask(question.to_owned()), look: "danger", ..Action::link(label, href) }
    }

    /// The one most sensible press.
    pub fn primary(self) -> Action {
        Action { look: "primary", ..self }
    }

    /// With a hidden field.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Action {
        self.fields.push((name, value.to_string()));
        self
    }

    /// The question before it; empty when there is none.
    pub fn question(&self) -> &str {
        match &self.kind {
            Kind::Ask(question) => question,
            Kind::Link | Kind::Press => "",
        }
    }

    /// Whether it is a link.
    pub fn is_link(&self) -> bool {
        self.kind == Kind::Link
    }
}
