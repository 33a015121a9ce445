//! What the file declares and what was set in the pages, together.
//!
//! The file wins for what it declares. What was set in the pages and no longer fits (because the file
//! changed) is left out and told; it never keeps the program from starting.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::field::{self, Document, Section};
use super::{Config, ConfigError};

/// A table of settings with the secrets in it: it is not shown.
#[derive(Clone, Default)]
pub struct Raw(pub(super) toml::Table);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(…)")
    }
}

/// What the pages set in one section, or of one shop or provider.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Where it belongs.
    pub section: Section,
    /// Of which shop or provider; empty for a section.
    pub name: String,
    /// Everything but the secrets.
    pub document: Document,
    /// The secrets by their key.
    pub secrets: BTreeMap<String, SecretString>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Composed {
    /// What holds.
    pub config: Config,
    /// What was left out, and why.
    pub left_out: Vec<(Stored, ConfigError)>,
}

/// Puts together what the file declares and what was set in the pages.
pub fn compose(file: &Config, stored: &[Stored]) -> Composed {
    let mut sorted: Vec<&Stored> = stored.iter().collect();
    sorted.sort_by_key(|one| one.section);
    let mut composed = Composed { config: file.clone(), left_out: Vec::new() };
    for one in sorted {
        match composed.config.with(one) {
            Ok(config) => composed.config = config,
            Err(error) => composed.left_out.push((one.clone(), error)),
        }
    }
    composed
}

impl Config {
    /// These settings and what the pages set besides; what stands here already stays.
    pub fn with(&self, stored: &Stored) -> Result<Config, ConfigError> {
        let mut raw = self.raw.clone();
        let secrets = stored.secrets.iter().map(|(key, secret)| {
            (key.clone(), toml::Value::String(secret.expose_secret().to_owned()))
        });
        let values = stored.document.0.clone().into_iter().chain(secrets);
        let key = stored.section.key().to_owned();
        if stored.section.is_named() {
            let named = [("name".to_owned(), toml::Value::String(stored.name.clone()))];
            let one: toml::Table = values.chain(named).collect();
            let list = raw.0.entry(key).or_insert_with(|| toml::Value::Array(Vec::new()));
            if let toml::Value::Array(list) = list {
                list.push(toml::Value::Table(one));
            }
        } else {
            let table = raw.0.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(table) = table {
                for (key, value) in values {
                    table.entry(key).or_insert(value);
                }
            }
        }
        Config::from_raw(&raw)
    }

    /// Whether a section is declared here, in whole or in part.
    pub fn has_section(&self, section: Section) -> bool {
        self.raw.0.contains_key(section.key())
    }

    /// What is declared here under this key, as it is written; secrets are not told.
    pub fn declared(&self, section: Section, name: &str, key: &str) -> Option<String> {
        let value = field::value_of(self.table(section, name)?, key)?;
        let is_secret = section.spec(key).is_some_and(|spec| spec.kind == field::Kind::Secret);
        Some(if is_secret { String::new() } else { field::text_of(value) })
    }

    /// Whether a secret is declared here, in words of its own or as a file.
    pub fn declares_secret(&self, section: Section, name: &str, key: &str) -> bool {
        let table = self.table(section, name);
        table.is_some_and(|table| {
            table.contains_key(key) || table.contains_key(&format!("{key}_file"))
        })
    }

    /// Whether the file says this of the server itself.
    pub fn declares_of_server(&self, key: &str) -> bool {
        let table = self.raw.0.get("server").and_then(toml::Value::as_table);
        table.is_some_and(|table| table.contains_key(key))
    }

    fn table(&self, section: Section, name: &str) -> Option<&toml::Table> {
        match (self.raw.0.get(section.key())?, section.is_named()) {
            (toml::Value::Array(list), true) => list
                .iter()
                .filter_map(toml::Value::as_table)
                .find(|table| table.get("name").and_then(toml::Value::as_str) == Some(name)),
            (toml::Value::Table(table), false) => Some(table),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Countdown, Limits, Retention};

    fn stored(section: Section, name: &str, text: &str) -> Stored {
        let document = Document::parse(text);
        assert!(text.is_empty() || document != Document::default(), "{text}");
        Stored { section, name: name.to_owned(), document, secrets: BTreeMap::new() }
    }

    fn shop(name: &str, text: &str) -> Stored {
        let secret = |text: &str| SecretString::from(text.to_owned());
        let secrets = BTreeMap::from([
            ("consumer_key".to_owned(), secret("ck_hidden")),
            ("consumer_secret".to_owned(), secret("cs_hidden")),
        ]);
        Stored { secrets, ..stored(Section::Shop, name, text) }
    }

    #[test]
    fn the_file_wins_for_what_it_declares() {
        let file = Config::parse(
            "[countdown]\ngrace = \"5 min\"\n[[shop]]\nname = \"main\"\n\
             url = \"https://shop.example\"\nconsumer_key = \"ck\"\nconsumer_secret = \"cs\"\n",
        )
        .unwrap();
        let composed = compose(
            &file,
            &[
                shop("second", "url = \"https://two.example\"\ndelay = \"2 h\""),
                stored(Section::Countdown, "", "grace = \"1 h\"\nundo = \"30 s\""),
                shop("main", "url = \"https://copy.example\""),
                stored(Section::Alerts, "", "to = [\"ops@shop.example\"]"),
                stored(
                    Section::Mail,
                    "",
                    "host = \"mail.example\"\nport = 587\nfrom = \"a@shop.example\"",
                ),
            ],
        );
        let config = &composed.config;
        assert_eq!(config.countdown.grace.0.as_secs(), 300, "the file's");
        assert_eq!(config.countdown.undo.0.as_secs(), 30, "the page's");
        let shops: Vec<_> = config.shop.iter().map(|one| (&*one.name, &*one.url)).collect();
        assert_eq!(shops, [("main", "https://shop.example"), ("second", "https://two.example")]);
        assert_eq!(config.shop[1].delay.0.as_secs(), 7_200);
        assert_eq!(config.alerts.to, ["ops@shop.example"], "mail was put in first");
        let left_out: Vec<_> =
            composed.left_out.iter().map(|(one, why)| format!("{}: {why}", one.name)).collect();
        assert_eq!(left_out, ["main: shop main: the name stands twice; give each its own"]);
        assert_eq!(file.declared(Section::Countdown, "", "grace").as_deref(), Some("5 min"));
        assert_eq!(file.declared(Section::Countdown, "", "undo"), None);
        assert_eq!(file.declared(Section::Shop, "main", "consumer_key").as_deref(), Some(""));
        assert!(!format!("{config:?}").contains("hidden"), "secrets are not shown");
    }

    #[test]
    fn what_no_longer_fits_is_left_out_and_told() {
        let odd = stored(Section::Limits, "", "jump_times = \"many\"");
        let fine = stored(Section::Retention, "", "orders = \"90 d\"");
        let composed = compose(&Config::default(), &[odd, fine]);
        assert_eq!(composed.left_out.len(), 1);
        assert_eq!(composed.left_out[0].0.section, Section::Limits);
        assert_eq!(composed.config.retention.orders.map(|span| span.0.as_secs()), Some(7_776_000));
    }

    /// What a form shows where nothing is set is what holds then.
    #[test]
    fn the_usual_values_of_the_pages_are_those_of_the_file() {
        let usual = |section: Section, name: &str| {
            let mut document = Document::default();
            for spec in section.specs() {
                document.set(spec.key, spec.kind.read(spec.usual).unwrap());
            }
            Stored { document, ..stored(section, name, "") }
        };
        for section in [Section::Countdown, Section::Limits, Section::Retention, Section::Alerts] {
            let config = Config::default().with(&usual(section, "")).unwrap();
            assert_eq!(config.countdown, Countdown::default());
            assert_eq!(config.limits, Limits::default());
            assert_eq!(config.retention, Retention::default());
        }
        let mut typed = usual(Section::Shop, "main");
        typed.document.set_text("url", "https://shop.example");
        typed.secrets = shop("main", "").secrets;
        let bare = shop("main", "url = \"https://shop.example\"");
        let of = |stored: &Stored| {
            let config = Config::default().with(stored).unwrap();
            format!("{:?}", config.shop[0].rules("UTC"))
        };
        assert_eq!(of(&typed), of(&bare));
    }
}
