//! `design.toml`: what may stand in it, and what each mistake is called.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DESCRIPTION, Fault};
use crate::model::design::{Area, AreaKind, Design, Format, PrintSize, Rule, decimal};
use crate::model::field::Field;
use crate::model::id::Hash;
use crate::model::rule::Condition;

/// Resolution where none is given.
const DPI: u32 = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaToml {
    file: String,
    width_in: Option<toml::Value>,
    height_in: Option<toml::Value>,
    width_mm: Option<toml::Value>,
    height_mm: Option<toml::Value>,
    bleed_in: Option<toml::Value>,
    bleed_mm: Option<toml::Value>,
    safe_in: Option<toml::Value>,
    safe_mm: Option<toml::Value>,
    dpi: Option<u32>,
    format: Option<String>,
}

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
    let rules = reader.rules(table.remove("rule"), &fields);
    for key in table.keys() {
        let cure = "Known are name, per_copy, [area.…], [field.…] and [[rule]].";
        reader.fault(key.as_str(), "it has no meaning here", cure);
    }
    if areas.is_empty() && reader.faults.is_empty() {
        let cure = "Add a table like [area.front] with file, width_in and height_in.";
        reader.fault(DESCRIPTION, "it has no area", cure);
    }
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    Ok(Design { hash, name: name.to_owned(), title, per_copy, areas, fields, rules, files })
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

    fn area(&mut self, place: &str, key: &str, value: toml::Value) -> Option<Area> {
        let area: AreaToml = self.parsed(place, value)?;
        let size = self.size(place, &area);
        let ending = area.file.rsplit('.').next().unwrap_or_default().to_lowercase();
        let kind = match ending.as_str() {
            "svg" => Some(AreaKind::Drawing),
            "png" | "jpg" | "jpeg" => Some(AreaKind::Finished),
            _ => {
                let what = format!("{} is neither a drawing nor a finished picture", area.file);
                self.fault(place, what, "Give an SVG, PNG or JPEG.");
                None
            }
        };
        let format = area.format.as_deref().unwrap_or("png");
        let read_format = Format::from_extension(format);
        if read_format.is_none() {
            let what = format!("format = \"{format}\" is not known");
            self.fault(place, what, "Write \"png\" or \"jpg\".");
        }
        let dpi = area.dpi.unwrap_or(DPI);
        if !(36..=2400).contains(&dpi) {
            self.fault(place, format!("dpi = {dpi} cannot be printed"), "Usual are 150 to 300.");
        }
        let bleed = distance(&area.bleed_in, &area.bleed_mm);
        if bleed == Some(None) {
            self.fault(place, "the bleed is no size", "Write for example bleed_in = 0.125.");
        }
        let safe = distance(&area.safe_in, &area.safe_mm);
        if safe == Some(None) {
            let cure = "Write for example safe_in = 0.125, from the cut inwards.";
            self.fault(place, "the safe distance is no size", cure);
        }
        let bleed_mil = bleed.flatten().unwrap_or(0);
        let safe_mil = safe.flatten();
        if let Some(size) = size {
            let inset_uin = u64::from(bleed_mil + safe_mil.unwrap_or(0)) * 2_000;
            if size.width_uin.min(size.height_uin) <= inset_uin {
                let cure = "Give a smaller bleed or safe distance; both count on each side.";
                self.fault(place, "nothing is left within its bleed and safe distance", cure);
            }
        }
        Some(Area {
            key: key.to_owned(),
            file: area.file,
            kind: kind?,
            size: size?,
            dpi,
            bleed_mil,
            safe_mil,
            format: read_format?,
        })
    }

    fn size(&mut self, place: &str, area: &AreaToml) -> Option<PrintSize> {
        let size = match (&area.width_in, &area.height_in, &area.width_mm, &area.height_mm) {
            (Some(width), Some(height), None, None) => {
                PrintSize::from_inches(&number(width), &number(height))
            }
            (None, None, Some(width), Some(height)) => {
                PrintSize::from_millimetres(&number(width), &number(height))
            }
            _ => {
                let cure = "Give width_in and height_in, or width_mm and height_mm.";
                self.fault(place, "it has no size", cure);
                return None;
            }
        };
        if size.is_none() {
            let cure = "Write plain numbers above zero, for example width_in = 9.0.";
            self.fault(place, "its size is no size", cure);
        }
        size
    }

    fn rules(&mut self, value: Option<toml::Value>, fields: &[Field]) -> Vec<Rule> {
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
            match Condition::parse(&rule.when) {
                Err(error) => {
                    let what = format!("when = '{}' cannot be read {error}", rule.when);
                    self.fault(&place, what, "For example: when = 'count(name) > 8'.");
                }
                Ok(when) => {
                    for key in when.fields() {
                        if !fields.iter().any(|field| field.key == key) {
                            let what = format!("it asks for the field `{key}`, which is not here");
                            self.fault(&place, what, "Add the field or correct the rule.");
                        }
                    }
                    rules.push(Rule { when, show: rule.show, hide: rule.hide });
                }
            }
        }
        rules
    }
}

/// A distance in thousandths of an inch: nothing where none is given, `Some(None)` where it is none.
fn distance(
    inches: &Option<toml::Value>,
    millimetres: &Option<toml::Value>,
) -> Option<Option<u32>> {
    let uin = match (inches, millimetres) {
        (Some(inches), _) => decimal(&number(inches), 1, 1),
        (None, Some(millimetres)) => decimal(&number(millimetres), 10, 254),
        (None, None) => return None,
    };
    // Ten inches are more than any bleed.
    let mil = uin.and_then(|uin| u32::try_from((uin + 500) / 1000).ok());
    Some(mil.filter(|mil| *mil <= 10_000))
}

/// A number as it was typed: the shortest text that means the same binary number.
fn number(value: &toml::Value) -> String {
    match value {
        toml::Value::Integer(whole) => whole.to_string(),
        toml::Value::Float(part) => part.to_string(),
        toml::Value::String(text) => text.clone(),
        toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => String::new(),
    }
}
