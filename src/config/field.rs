//! The settings that people may change in the pages: each with its words, and how text becomes a value.
//!
//! The keys are those of config.toml. A page shows what stands there, a form becomes a table with the
//! same keys, and one validation serves both.

use std::collections::BTreeMap;

use super::Span;
use crate::model::money::Amount;

mod specs;

pub use specs::{ALERTS, COUNTDOWN, LIMITS, MAIL, PROVIDER, RETENTION, SHOP};

/// What is written into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    Text,
    /// A secret: never shown again.
    Secret,
    /// A length of time: `24 h`.
    Span,
    /// An amount of money.
    Amount,
    /// A whole number.
    Count,
    /// One on each line.
    Lines,
    /// `name = value`, one on each line.
    Map,
    /// `name = number`, one on each line.
    Numbers,
    /// One of these: what is stored, and what people read.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Tick,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its key in config.toml; `limits.price_max` stands in the table `limits`.
    pub key: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What it does, and how it is written.
    pub hint: &'static str,
    /// What is written into it.
    pub kind: Kind,
    /// What it is when nobody sets it, as it is written.
    pub usual: &'static str,
    /// Settings that few need, folded away under this name; empty stands openly.
    pub group: &'static str,
}

/// Where settings stand in config.toml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `[mail]`; first, because alerts need it.
    Mail,
    /// `[alerts]`
    Alerts,
    /// `[countdown]`
    Countdown,
    /// `[limits]`
    Limits,
    /// `[retention]`
    Retention,
    /// One `[[shop]]`.
    Shop,
    /// One `[[provider]]`.
    Provider,
}

impl Section {
    /// Every section, in the order in which they are put together.
    pub const ALL: [Section; 7] = [
        Section::Mail,
        Section::Alerts,
        Section::Countdown,
        Section::Limits,
        Section::Retention,
        Section::Shop,
        Section::Provider,
    ];

    /// Its name in config.toml.
    pub fn key(self) -> &'static str {
        match self {
            Section::Mail => "mail",
            Section::Alerts => "alerts",
            Section::Countdown => "countdown",
            Section::Limits => "limits",
            Section::Retention => "retention",
            Section::Shop => "shop",
            Section::Provider => "provider",
        }
    }

    /// The section of this name.
    pub fn from_key(key: &str) -> Option<Section> {
        Section::ALL.into_iter().find(|section| section.key() == key)
    }

    /// What may be set in the pages.
    pub fn specs(self) -> &'static [Spec] {
        match self {
            Section::Mail => MAIL,
            Section::Alerts => ALERTS,
            Section::Countdown => COUNTDOWN,
            Section::Limits => LIMITS,
            Section::Retention => RETENTION,
            Section::Shop => SHOP,
            Section::Provider => PROVIDER,
        }
    }

    /// Whether there may be several, each with a name.
    pub fn is_named(self) -> bool {
        matches!(self, Section::Shop | Section::Provider)
    }

    /// One setting of it.
    pub fn spec(self, key: &str) -> Option<&'static Spec> {
        self.specs().iter().find(|spec| spec.key == key)
    }
}

impl Kind {
    /// What was typed as a value; `None` is the usual one. The error says what to write instead.
    pub fn read(self, text: &str) -> Result<Option<toml::Value>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let value = match self {
            Kind::Text | Kind::Secret => toml::Value::String(text.to_owned()),
            Kind::Span => match Span::parse(text) {
                Some(_) => toml::Value::String(text.to_owned()),
                None => {
                    let what = format!("“{text}” is no length of time");
                    return Err(format!("{what}; write for example 30 min, 24 h or 7 d"));
                }
            },
            Kind::Amount => match Amount::parse(text) {
                Some(_) => toml::Value::String(text.to_owned()),
                None => {
                    return Err(format!("“{text}” is no amount; write for example 19.95"));
                }
            },
            Kind::Count => match text.parse::<u32>() {
                Ok(number) => toml::Value::Integer(i64::from(number)),
                Err(_) => return Err(format!("“{text}” is no whole number")),
            },
            Kind::Lines => toml::Value::Array(
                lines(text).map(|line| toml::Value::String(line.to_owned())).collect(),
            ),
            Kind::Map => toml::Value::Table(read_map(text)?),
            Kind::Numbers => {
                let mut table = read_map(text)?;
                for (name, value) in &mut table {
                    let text = value.as_str().unwrap_or_default();
                    let number = text.parse::<i64>();
                    let number = number.map_err(|_| format!("“{text}” of {name} is no number"))?;
                    *value = toml::Value::Integer(number);
                }
                toml::Value::Table(table)
            }
            Kind::Choice(choices) => match choices.iter().any(|(name, _)| *name == text) {
                true => toml::Value::String(text.to_owned()),
                false => return Err("choose one of these".to_owned()),
            },
            Kind::Tick => toml::Value::Boolean(text == "yes"),
        };
        Ok(Some(value))
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn read_map(text: &str) -> Result<toml::Table, String> {
    let mut table = toml::Table::new();
    for line in lines(text) {
        let (name, value) = line.split_once('=').ok_or_else(|| {
            format!("“{line}” has no equals sign; write for example flat_rate = Economy")
        })?;
        table.insert(name.trim().to_owned(), toml::Value::String(value.trim().to_owned()));
    }
    Ok(table)
}

fn put(table: &mut toml::Table, key: &str, value: Option<toml::Value>) {
    match value {
        Some(value) => drop(table.insert(key.to_owned(), value)),
        None => drop(table.remove(key)),
    }
}

/// What stands under a key, which may name a table and a key within it.
pub(super) fn value_of<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        Some((outer, within)) => table.get(outer)?.as_table()?.get(within),
        None => table.get(key),
    }
}

/// A value as it is written into a form.
pub fn text_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(true) => "yes".to_owned(),
        toml::Value::Boolean(false) => "no".to_owned(),
        toml::Value::Datetime(moment) => moment.to_string(),
        toml::Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        toml::Value::Table(table) => table
            .iter()
            .map(|(name, value)| format!("{name} = {}", text_of(value)))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// What a page made of one section: values under their keys, as text of TOML.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document(pub(super) toml::Table);

impl Document {
    /// From the text that is kept; what cannot be read is as nothing.
    pub fn parse(text: &str) -> Document {
        Document(toml::from_str(text).unwrap_or_default())
    }

    /// The text that is kept.
    pub fn text(&self) -> String {
        toml::to_string(&self.0).unwrap_or_default()
    }

    /// Puts a value under a key, or takes it away.
    pub fn set(&mut self, key: &str, value: Option<toml::Value>) {
        let Some((table, within)) = key.split_once('.') else {
            return put(&mut self.0, key, value);
        };
        let empty = || toml::Value::Table(toml::Table::new());
        let inner = self.0.entry(table.to_owned()).or_insert_with(empty);
        if let toml::Value::Table(inner) = inner {
            put(inner, within, value);
            if inner.is_empty() {
                self.0.remove(table);
            }
        }
    }

    /// Puts a text under a key.
    pub fn set_text(&mut self, key: &str, text: &str) {
        self.set(key, Some(toml::Value::String(text.to_owned())));
    }

    /// What stands under a key, as it is written.
    pub fn get(&self, key: &str) -> Option<String> {
        value_of(&self.0, key).map(text_of)
    }

    /// Everything, as it is written.
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(key, value)| (key.clone(), text_of(value))).collect()
    }
}
