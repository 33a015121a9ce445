//! Marks that people put on orders: labels, and who looks after an order. They tell people something, and
//! change nothing of what becomes of the order.

use super::field::clean_text;

/// Longest name of a label.
pub const NAME_CHARS_MAX: usize = 24;
/// An order carries so many labels at most.
pub const LABELS_MAX: usize = 8;
/// So many looks tell labels apart, besides their words.
pub const TONES: u32 = 6;

/// A short word on an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The word as it was typed first.
    pub name: String,
    /// Which of the looks it has.
    pub tone: u32,
}

impl Label {
    /// The label of these words, with the first look; `None` when nothing is left of them.
    pub fn named(text: &str) -> Option<Label> {
        let plain = clean_text(text).replace(['|', ',', '\n'], " ");
        let words: Vec<&str> = plain.split_whitespace().collect();
        let name: String = words.join(" ").chars().take(NAME_CHARS_MAX).collect();
        let name = name.trim().to_owned();
        (!name.is_empty()).then_some(Label { name, tone: 0 })
    }

    /// What tells it from others: large and small letters are the same.
    pub fn key(&self) -> String {
        self.name.to_lowercase()
    }
}

/// The look of a new label: one that the fewest of the known ones have.
pub fn tone_beside(known: &[Label]) -> u32 {
    let having = |tone: &u32| known.iter().filter(|label| label.tone == *tone).count();
    (0..TONES).min_by_key(having).unwrap_or(0)
}

/// Who looks after an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    /// Their name.
    pub name: String,
    /// Whether they may still log in.
    pub is_enabled: bool,
}

/// The marks of one order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Its labels, by name.
    pub labels: Vec<Label>,
    /// Who looks after it.
    pub assignee: Option<Assignee>,
}

/// What can be done to the marks of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Puts a label on.
    Label(Label),
    /// Takes one off.
    Unlabel(Label),
    /// Gives the order to a person, by name.
    Assign(String),
    /// Takes it from whoever has it.
    Unassign,
}

impl Mark {
    /// Whether it changes anything; an error is the reason why not, for people.
    pub fn plan(&self, marks: &Marks) -> Result<(), &'static str> {
        let carries = |label: &Label| marks.labels.iter().any(|one| one.key() == label.key());
        let assignee = marks.assignee.as_ref().map(|one| one.name.as_str());
        match self {
            Mark::Label(label) if carries(label) => Err("it carries this label already"),
            Mark::Label(_) if LABELS_MAX <= marks.labels.len() => Err("it carries eight labels"),
            Mark::Unlabel(label) if !carries(label) => Err("it does not carry this label"),
            Mark::Assign(name) if assignee == Some(name) => Err("it is theirs already"),
            Mark::Unassign if assignee.is_none() => Err("nobody has it"),
            Mark::Label(_) | Mark::Unlabel(_) | Mark::Assign(_) | Mark::Unassign => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_short_plain_word() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Label::named(text).map(|one| one.name).as_deref(), expected, "{text}");
        };
        check("  Rush  ", Some("Rush"));
        check("gift | wrap,\nplease", Some("gift wrap please"));
        check(" ,| ", None);
        check("", None);
        check(&"x".repeat(99), Some(&"x".repeat(NAME_CHARS_MAX)));
        let (small, large) = (Label::named("rush").unwrap(), Label::named("RUSH").unwrap());
        assert_eq!(small.key(), large.key());
    }

    #[test]
    fn labels_look_different_for_as_long_as_they_can() {
        let mut known: Vec<Label> = Vec::new();
        for nth in 0..2 * TONES {
            let tone = tone_beside(&known);
            assert_eq!(tone, nth % TONES);
            known.push(Label { name: nth.to_string(), tone });
        }
        known.remove(3);
        assert_eq!(tone_beside(&known), 3);
    }

    #[test]
    fn only_what_changes_something_is_done() {
        let rush = Label::named("Rush").unwrap();
        let ann = Assignee { name: "ann".to_owned(), is_enabled: true };
        let bare = Marks::default();
        let full = Marks { labels: vec![rush.clone()], assignee: Some(ann) };
        for (mark, on_bare, on_full) in [
            (Mark::Label(Label::named("rush").unwrap()), true, false),
            (Mark::Unlabel(rush), false, true),
            (Mark::Assign("ann".to_owned()), true, false),
            (Mark::Assign("bob".to_owned()), true, true),
            (Mark::Unassign, false, true),
        ] {
            assert_eq!(mark.plan(&bare).is_ok(), on_bare, "{mark:?}");
            assert_eq!(mark.plan(&full).is_ok(), on_full, "{mark:?}");
        }
    }
}
