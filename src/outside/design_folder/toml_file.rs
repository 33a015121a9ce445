//! `design.toml`: what may stand in it, and what each mistake is called.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DESCRIPTION, Fault};
use crate::model::circumstance::{is_circumstance, is_known};
use crate::model::design::{Design, Rule};
use crate::model::field::Required;
use crate::model::id::Hash;
use crate::model::rule::Condition;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleToml {
    when: String,
    #[serde(default)]
    show: Vec<String>,
    #[serde(default)]
    hide: Vec<String>,
}

/// Faults are gathered, so that a person mends them all at once.
pub(super) struct Reader {
    faults: Vec<Fault>,
}

/// Reads the description among these files.
pub fn design(
    name: &str,
    hash: Hash,
    files: BTreeMap<String, Vec<u8>>,
) -> Result<Design, Vec<Fault>> {
    let mut table = table(&files).map_err(|fault| vec![fault])?;
    let mut reader = Reader { faults: Vec::new() };
    let title = reader.title(table.remove("name"));
    let per_copy = reader.switch("per_copy", table.remove("per_copy"));
    let areas = reader.each(table.remove("area"), "area", Reader::area);
    let fields = reader.each(table.remove("field"), "field", Reader::field);
    let rules = reader.rules(table.remove("rule"));
    let mockups = reader.each(table.remove("mockup"), "mockup", Reader::mockup);
    for key in table.keys() {
        let cure = "Known are name, per_copy, [area.…], [field.…], [[rule]] and [mockup.…].";
        reader.fault(key.as_str(), "it has no meaning here", cure);
    }
    if areas.is_empty() && reader.faults.is_empty() {
        let cure = "Add a table like [area.front] with file, width_in and height_in.";
        reader.fault(DESCRIPTION, "it has no area", cure);
    }
    let name = name.to_owned();
    let design = Design { hash, name, title, per_copy, areas, fields, rules, mockups, files };
    reader.conditions(&design);
    match reader.faults.is_empty() {
        true => Ok(design),
        false => Err(reader.faults),
    }
}

fn table(files: &BTreeMap<String, Vec<u8>>) -> Result<toml::Table, Fault> {
    let Some(bytes) = files.get(DESCRIPTION) else {
        let cure = "Write one, or begin with `woodblock design new`.";
        return Err(Fault::new("the folder", "it has no design.toml", cure));
    };
    let text = String::from_utf8_lossy(bytes);
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            format!(", line {}", before.matches('\n').count() + 1)
        });
        let place = format!("{DESCRIPTION}{}", line.unwrap_or_default());
        Fault::new(place, error.message(), "Correct the line; the format is TOML.")
    })
}

impl Reader {
    pub(super) fn fault(&mut self, place: &str, what: impl Into<String>, cure: impl Into<String>) {
        self.faults.push(Fault::new(place, what, cure));
    }

    fn title(&mut self, value: Option<toml::Value>) -> String {
        match value {
            Some(toml::Value::String(title)) if !title.trim().is_empty() => title,
            Some(_) | None => {
                let cure = "Write for example: name = \"Best-dog mug\".";
                self.fault(DESCRIPTION, "it has no name", cure);
                String::new()
            }
        }
    }

    fn switch(&mut self, key: &str, value: Option<toml::Value>) -> bool {
        match value {
            None => false,
            Some(toml::Value::Boolean(is_on)) => is_on,
            Some(_) => {
                self.fault(key, "it is neither true nor false", "Write true or false.");
                false
            }
        }
    }

    /// Reads every table of one kind, in the order of the file.
    fn each<T>(
        &mut self,
        value: Option<toml::Value>,
        kind: &str,
        read: fn(&mut Reader, &str, &str, toml::Value) -> Option<T>,
    ) -> Vec<T> {
        let tables = match value {
            None => return Vec::new(),
            Some(toml::Value::Table(tables)) => tables,
            Some(_) => {
                let cure = format!("Write a table for each, for example [{kind}.name].");
                self.fault(kind, "it is not a table", cure);
                return Vec::new();
            }
        };
        let mut read_all = Vec::new();
        for (key, value) in tables {
            let place = format!("[{kind}.{key}]");
            let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            let is_key = key.len() <= 40 && key.bytes().all(is_plain);
            if !is_key || !key.starts_with(|c: char| c.is_ascii_lowercase()) {
                let cure = "Use lower case letters, digits and _, for example `name`.";
                self.fault(&place, "its name cannot be used", cure);
                continue;
            }
            read_all.extend(read(self, &place, &key, value));
        }
        read_all
    }

    pub(super) fn parsed<T: serde::de::DeserializeOwned>(
        &mut self,
        place: &str,
        value: toml::Value,
    ) -> Option<T> {
        match value.try_into::<T>() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let what = error.message().to_owned();
                self.fault(place, what, "Correct it; docs/designs.md lists what may stand here.");
                None
            }
        }
    }

    fn rules(&mut self, value: Option<toml::Value>) -> Vec<Rule> {
        let list = match value {
            None => return Vec::new(),
            Some(toml::Value::Array(list)) => list,
            Some(_) => {
                self.fault("[[rule]]", "it is not a list", "Write [[rule]] above each rule.");
                return Vec::new();
            }
        };
        let mut rules = Vec::new();
        for (idx, value) in list.into_iter().enumerate() {
            let place = format!("[[rule]] {}", idx + 1);
            let Some(rule) = self.parsed::<RuleToml>(&place, value) else {
                continue;
            };
            if let Some(when) = self.condition(&place, "when", &rule.when) {
                rules.push(Rule { when, show: rule.show, hide: rule.hide });
            }
        }
        rules
    }

    /// A condition under this name, as far as it can be read.
    pub(super) fn condition(&mut self, place: &str, name: &str, text: &str) -> Option<Condition> {
        match Condition::parse(text) {
            Ok(condition) => Some(condition),
            Err(error) => {
                let what = format!("{name} = '{text}' cannot be read {error}");
                self.fault(place, what, "For example: when = 'count(name) > 8'.");
                None
            }
        }
    }

    /// Every condition asks for what there is, and a field only for those before it.
    fn conditions(&mut self, design: &Design) {
        let every: Vec<&str> = design.fields.iter().map(|field| field.key.as_str()).collect();
        for (idx, field) in design.fields.iter().enumerate() {
            let place = format!("[field.{}]", field.key);
            if let Some(when) = &field.when {
                self.asks_for(&place, when, &every[..idx], &every);
            }
            if let Required::When(condition) = &field.required {
                self.asks_for(&place, condition, &every, &every);
            }
        }
        for area in &design.areas {
            for (idx, one) in area.instead.iter().enumerate() {
                let place = format!("[[area.{}.instead]] {}", area.key, idx + 1);
                self.asks_for(&place, &one.when, &every, &every);
            }
        }
        for (idx, rule) in design.rules.iter().enumerate() {
            self.asks_for(&format!("[[rule]] {}", idx + 1), &rule.when, &every, &every);
        }
        for mockup in &design.mockups {
            if let Some(when) = &mockup.when {
                self.asks_for(&format!("[mockup.{}]", mockup.key), when, &every, &every);
            }
        }
    }

    fn asks_for(&mut self, place: &str, condition: &Condition, known: &[&str], every: &[&str]) {
        for key in condition.keys() {
            if is_circumstance(key) {
                if !is_known(key) {
                    let what = format!("it asks for `{key}`, which no order tells");
                    let cure = "Orders tell order.quantity, order.country and the attributes of \
                                their variation, such as variation.size.";
                    self.fault(place, what, cure);
                }
            } else if !every.contains(&key) {
                let what = format!("it asks for the field `{key}`, which is not here");
                self.fault(place, what, "Add the field or correct the rule.");
            } else if !known.contains(&key) {
                let what = format!("it asks for the field `{key}`, which comes later");
                let cure = "Whether a field is asked depends on those before it: move it down.";
                self.fault(place, what, cure);
            }
        }
    }
}
