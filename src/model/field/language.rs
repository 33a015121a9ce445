//! A language, as far as its rules for capitals go: i becomes İ in Turkish, ß SS in German, IJ one letter
//! in Dutch.

use icu_casemap::options::{TitlecaseOptions, TrailingCase};
use icu_casemap::{CaseMapper, TitlecaseMapper};
use icu_locale_core::{LanguageIdentifier, Locale};

/// A language by its tag: `tr`, `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(LanguageIdentifier);

impl Default for Language {
    /// No language of its own: the rules that hold for most.
    fn default() -> Language {
        Language(LanguageIdentifier::UNKNOWN)
    }
}

impl Language {
    /// Reads a tag of BCP 47; `None` where it is none.
    pub fn parse(tag: &str) -> Option<Language> {
        tag.parse().ok().map(Language)
    }

    /// Its tag.
    pub fn tag(&self) -> String {
        self.0.to_string()
    }

    /// What the formatters of dates take.
    pub(super) fn locale(&self) -> Locale {
        self.0.clone().into()
    }

    /// All capitals.
    pub fn upper(&self, text: &str) -> String {
        CaseMapper::new().uppercase_to_string(text, &self.0).into_owned()
    }

    /// No capitals.
    pub fn lower(&self, text: &str) -> String {
        CaseMapper::new().lowercase_to_string(text, &self.0).into_owned()
    }

    /// A capital at the beginning of a word; the rest small, or as it was given.
    pub fn title(&self, word: &str, is_rest_small: bool) -> String {
        let mut options = TitlecaseOptions::default();
        let rest = if is_rest_small { TrailingCase::Lower } else { TrailingCase::Unchanged };
        options.trailing_case = Some(rest);
        let mapper = TitlecaseMapper::new();
        mapper.titlecase_segment_to_string(word, &self.0, options).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_follow_the_language() {
        let check = |tag: &str, word: &str, upper: &str, title: &str| {
            let language = Language::parse(tag).unwrap();
            assert_eq!(language.upper(word), upper, "{tag}");
            assert_eq!(language.title(word, true), title, "{tag}");
        };
        check("en", "istanbul", "ISTANBUL", "Istanbul");
        check("tr", "istanbul", "İSTANBUL", "İstanbul");
        check("de", "straße", "STRASSE", "Straße");
        check("nl", "ijsland", "IJSLAND", "IJsland");
        check("el", "μαΐου", "ΜΑΪΟΥ", "Μαΐου");
        assert_eq!(Language::parse("tr").unwrap().lower("IŞIK"), "ışık");
        assert_eq!(Language::default().title("McDonald", false), "McDonald");
        assert_eq!(Language::parse("not a tag"), None);
    }
}
