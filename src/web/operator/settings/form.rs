//! A form of settings: what it shows, and how what was typed is read back.

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::app::live::{Draft, Live};
use crate::config::Fault;
use crate::config::field::{Document, Kind, Section, Spec};
use crate::web::form::Form;
use crate::web::operator::times::{Time, Times};
use crate::web::site::{Secrets, Site};

/// One field of the form.
pub struct FieldView {
    /// Its key.
    pub key: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// What it does.
    pub hint: &'static str,
    /// How it is entered.
    pub entry: Entry,
    /// What is in it.
    pub value: String,
    /// What it is when nothing is in it.
    pub usual: &'static str,
    /// What is wrong with it.
    pub fault: String,
    /// Set in config.toml.
    pub is_locked: bool,
    /// The name of the fold that begins with it, and whether that stands open.
    pub begins: Option<(&'static str, bool)>,
    /// Whether a fold ends behind it.
    pub ends: bool,
    group: &'static str,
}

/// How a field is entered.
pub enum Entry {
    /// One line.
    Line,
    /// Several lines.
    Area,
    /// A whole number.
    Number,
    /// Never shown again: since when it is set, and whether it was typed in the form that came back.
    Secret {
        /// When it was typed.
        set: Option<Time>,
        /// Whether it waits to be saved.
        is_typed: bool,
    },
    /// One of a list: stored, read, chosen.
    Choice(Vec<(&'static str, &'static str, bool)>),
    /// Yes or no.
    Tick(bool),
}

/// A list to choose from: stored, read, chosen.
type Choices = [(&'static str, &'static str, bool)];

impl FieldView {
    /// What is chosen, in words.
    pub fn chosen(&self) -> &str {
        match &self.entry {
            Entry::Choice(list) => list.iter().find(|one| one.2).map_or("", |(_, words, _)| words),
            Entry::Tick(true) => "yes",
            Entry::Tick(false) => "no",
            Entry::Line | Entry::Area | Entry::Number => match self.value.is_empty() {
                true => self.usual,
                false => &self.value,
            },
            Entry::Secret { .. } => "",
        }
    }

    /// What to choose from, where it is chosen.
    pub fn choices(&self) -> Option<&Choices> {
        match &self.entry {
            Entry::Choice(list) => Some(list),
            _ => None,
        }
    }

    /// Whether it is ticked, where it is a box.
    pub fn tick(&self) -> Option<bool> {
        match self.entry {
            Entry::Tick(is_on) => Some(is_on),
            _ => None,
        }
    }

    /// Whether it has several lines.
    pub fn is_area(&self) -> bool {
        matches!(self.entry, Entry::Area)
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.entry, Entry::Number)
    }

    /// Whether it is never shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.entry, Entry::Secret { .. })
    }

    /// Whether it was typed in a form that came back.
    pub fn is_typed(&self) -> bool {
        matches!(self.entry, Entry::Secret { is_typed: true, .. })
    }

    /// Since when a secret is set.
    pub fn set_at(&self) -> Option<&Time> {
        match &self.entry {
            Entry::Secret { set, .. } => set.as_ref(),
            _ => None,
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Every field as it was typed, secrets left out.
    pub texts: BTreeMap<String, String>,
    /// What was made of it.
    pub document: Document,
    /// The secrets.
    pub secrets: Secrets,
    /// What is wrong, by field.
    pub faults: BTreeMap<String, String>,
}

impl Typed {
    /// Notes what is wrong with a field; the first fault of it stays.
    pub fn fault(&mut self, key: &str, words: impl Into<String>) {
        self.faults.entry(key.to_owned()).or_insert_with(|| words.into());
    }

    /// Notes what the validation of the whole found.
    pub fn take_faults(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            let words = crate::web::guard::sentence(&fault.text);
            self.fault(fault.field, words);
        }
    }

    /// What is wrong without a field of this form to stand beside.
    pub fn general(&self, specs: &[Spec]) -> Vec<String> {
        let is_elsewhere = |key: &str| !specs.iter().any(|spec| spec.key == key) && key != "name";
        let found = self.faults.iter().filter(|(key, _)| is_elsewhere(key));
        found.map(|(_, words)| words.clone()).collect()
    }

    /// What is to be saved.
    pub fn draft(&self, section: Section, name: &str) -> Draft {
        Draft {
            section,
            name: name.to_owned(),
            document: self.document.clone(),
            secrets: self.secrets.clone(),
        }
    }
}

/// What the pages set before, whether it holds or not.
pub fn stored(live: &Live, section: Section, name: &str) -> Document {
    let standing = live.standing();
    let mut rows = standing.rows.iter();
    let row = rows.find(|row| row.section == section.key() && row.name == name);
    row.map(|row| Document::parse(&row.document)).unwrap_or_default()
}

/// Reads these fields of a form; what the form does not have stays as it was.
pub fn read(site: &Site, section: Section, name: &str, specs: &[Spec], form: &Form) -> Typed {
    let mut typed = Typed {
        document: stored(&site.live, section, name),
        secrets: site.kept_secrets(form.text("kept")),
        ..Typed::default()
    };
    for spec in specs {
        let (_, is_locked) = site.live.value(section, name, spec.key);
        if is_locked {
            continue;
        }
        if spec.kind == Kind::Secret {
            let text = form.text(spec.key).trim();
            if !text.is_empty() {
                typed.secrets.insert(spec.key.to_owned(), SecretString::from(text.to_owned()));
            }
            continue;
        }
        let text = match (spec.kind, form.sent(spec.key)) {
            // A box without a tick is not sent.
            (Kind::Tick, None) => "no",
            (_, None) => continue,
            (_, Some(text)) => text,
        };
        typed.texts.insert(spec.key.to_owned(), text.to_owned());
        match spec.kind.read(text) {
            Ok(value) => typed.document.set(spec.key, value),
            Err(words) => typed.fault(spec.key, crate::web::guard::sentence(&words)),
        }
    }
    typed
}

/// The fields as a page shows them: what was typed, else what holds.
pub fn views(
    site: &Site,
    (section, name): (Section, &str),
    specs: &[Spec],
    typed: Option<&Typed>,
    times: &Times,
) -> Vec<FieldView> {
    let mut views = plain_views(site, (section, name), specs, typed, times);
    fold(&mut views);
    views
}

/// Puts what few need into folds; one with a fault or another value than the usual stands open.
fn fold(views: &mut [FieldView]) {
    let groups: Vec<&str> = views.iter().map(|view| view.group).collect();
    let is_set = |view: &FieldView| {
        !view.fault.is_empty() || (view.tick() == Some(true)) || {
            view.tick().is_none() && !view.value.is_empty() && view.value != view.usual
        }
    };
    let opened: Vec<&str> =
        views.iter().filter(|view| is_set(view)).map(|view| view.group).collect();
    for (place, view) in views.iter_mut().enumerate() {
        if view.group.is_empty() {
            continue;
        }
        let before = place.checked_sub(1).map(|before| groups[before]);
        if before != Some(view.group) {
            view.begins = Some((view.group, opened.contains(&view.group)));
        }
        view.ends = groups.get(place + 1) != Some(&view.group);
    }
}

fn plain_views(
    site: &Site,
    (section, name): (Section, &str),
    specs: &[Spec],
    typed: Option<&Typed>,
    times: &Times,
) -> Vec<FieldView> {
    let standing = site.live.standing();
    let is_off = |text: &str| text.is_empty();
    specs
        .iter()
        .map(|spec| {
            let (mut held, is_locked) = site.live.value(section, name, spec.key);
            if held.is_none() && !is_locked {
                held = stored(&site.live, section, name).get(spec.key);
            }
            let text = typed.and_then(|typed| typed.texts.get(spec.key).cloned());
            let value = text.or(held).unwrap_or_else(|| spec.usual.to_owned());
            let chosen = if is_off(&value) { spec.usual } else { &value };
            let entry = match spec.kind {
                Kind::Text | Kind::Span | Kind::Amount => Entry::Line,
                Kind::Count => Entry::Number,
                Kind::Lines | Kind::Map | Kind::Numbers => Entry::Area,
                Kind::Choice(list) => Entry::Choice(
                    list.iter().map(|(key, words)| (*key, *words, *key == chosen)).collect(),
                ),
                Kind::Tick => Entry::Tick(chosen == "yes"),
                Kind::Secret => {
                    let of = (section.key().to_owned(), name.to_owned(), spec.key.to_owned());
                    Entry::Secret {
                        set: standing.secrets.get(&of).map(|at| times.at(*at)),
                        is_typed: typed.is_some_and(|typed| typed.secrets.contains_key(spec.key)),
                    }
                }
            };
            let fault = typed.and_then(|typed| typed.faults.get(spec.key).cloned());
            FieldView {
                key: spec.key,
                label: spec.label,
                hint: spec.hint,
                entry,
                value,
                usual: spec.usual,
                fault: fault.unwrap_or_default(),
                is_locked,
                begins: None,
                ends: false,
                group: spec.group,
            }
        })
        .collect()
}

/// A token for the secrets of a form that comes back; empty where there are none.
pub fn keep(site: &Site, typed: Option<&Typed>) -> String {
    match typed {
        Some(typed) if !typed.secrets.is_empty() => site.keep_secrets(typed.secrets.clone()),
        Some(_) | None => String::new(),
    }
}
