//! What a design is tried with whenever it changes: values at the ends of what its fields allow.

use super::design::Design;
use super::field::{FieldKind, Letters, TextRules};
use super::id::Hash;
use super::value::{Value, Values};

/// Most sets of values, so that a design of a hundred choices is tried in a moment.
const SETS_MAX: usize = 24;

/// One set of values, and what it tries.
#[derive(Debug, Clone, PartialEq)]
pub struct TestSet {
    /// In words: `longest texts`, `Colour: Navy`.
    pub name: String,
    /// The values, accepted by the design.
    pub values: Values,
}

/// The sets of a design: as in its example, shortest, longest and widest texts, odd letters, every choice.
/// `photo` stands for every photo. Sets that come out alike are tried once.
pub fn of(design: &Design, photo: &Hash) -> Vec<TestSet> {
    let example = design.example(photo);
    let mut sets = vec![TestSet { name: "as in the example".to_owned(), values: example.clone() }];
    let mut put = |name: String, values: Values| {
        let is_new = sets.iter().all(|set| set.values != values);
        if is_new && sets.len() < SETS_MAX {
            sets.push(TestSet { name, values });
        }
    };
    for (name, write) in [
        ("shortest texts", shortest as Write),
        ("longest texts", longest),
        ("widest texts", widest),
        ("odd letters", odd),
    ] {
        put(name.to_owned(), with_texts(design, &example, write));
    }
    for field in &design.fields {
        let (FieldKind::Choice(list) | FieldKind::Colour(list)) = &field.kind else { continue };
        for choice in list {
            let chosen = Value::Text(choice.label.clone());
            let mut values = example.clone();
            if let Ok(chosen) = field.accept(&chosen) {
                values.insert(field.key.clone(), chosen);
            }
            // What is asked under this choice alone gets its example.
            if let Ok(whole) = design.complete(&values) {
                put(format!("{}: {}", field.label, choice.label), whole);
            }
        }
    }
    sets
}

/// Writes a text for a field.
type Write = fn(&TextRules) -> String;

fn with_texts(design: &Design, example: &Values, write: Write) -> Values {
    let mut values = example.clone();
    for field in &design.fields {
        let FieldKind::Text(rules) = &field.kind else { continue };
        if !values.contains_key(&field.key) {
            continue;
        }
        // Where the rules refuse it, the example stays.
        if let Ok(text) = field.accept(&Value::Text(write(rules))) {
            values.insert(field.key.clone(), text);
        }
    }
    values
}

fn is_of_digits(rules: &TextRules) -> bool {
    rules.letters == Letters::Digits
}

fn shortest(rules: &TextRules) -> String {
    let one = if is_of_digits(rules) { "1" } else { "I" };
    one.repeat(rules.min.max(1) as usize)
}

fn longest(rules: &TextRules) -> String {
    let words = match rules.letters {
        Letters::Digits => "1234567890",
        Letters::LettersAndDigits => "Maximilian2",
        Letters::Letters | Letters::Any => "Maximilian Alexander ",
    };
    let text: String = words.chars().cycle().take(rules.max.min(200) as usize).collect();
    text.trim_end().to_owned()
}

fn widest(rules: &TextRules) -> String {
    let one = if is_of_digits(rules) { "0" } else { "W" };
    one.repeat(rules.max.min(200) as usize)
}

fn odd(rules: &TextRules) -> String {
    let letters: String = "Ñgị ÅŞğ Œß".chars().take(rules.max as usize).collect();
    if is_of_digits(rules) { "07".to_owned() } else { letters.trim_end().to_owned() }
}
