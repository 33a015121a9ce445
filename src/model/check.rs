//! What a print that could be made is looked at for, and how strict each look is for a product.
//!
//! What cannot be printed at all (a character without a shape, a text that does not fit) is no check:
//! no setting makes it right.

use std::collections::BTreeMap;

use super::problem::{Problem, What};

/// How strict a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Not looked at.
    Off,
    /// Told beside the print.
    Warn,
    /// The item is held until somebody lets it go on, or it is mended.
    Block,
}

/// One look at a print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// A text was made smaller to fit its place.
    TextShrunk,
    /// A photo has fewer pixels than its field asks for.
    PhotoSoft,
    /// A photo has fewer pixels than its field allows.
    PhotoTooSmall,
    /// A text or a photo stands too near to the edge, or over it.
    NearEdge,
}

impl Level {
    /// Every level, the mildest first.
    pub const ALL: [Level; 3] = [Level::Off, Level::Warn, Level::Block];

    /// The word it is written with.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Warn => "warn",
            Level::Block => "block",
        }
    }
}

impl Check {
    /// Every check, in the order of the form.
    pub const ALL: [Check; 4] =
        [Check::TextShrunk, Check::PhotoSoft, Check::PhotoTooSmall, Check::NearEdge];

    /// What is told when it finds something; the code of that is the name of the check.
    pub fn what(self) -> What {
        match self {
            Check::TextShrunk => What::TextShrunk,
            Check::PhotoSoft => What::PhotoSoft,
            Check::PhotoTooSmall => What::PhotoTooSmall,
            Check::NearEdge => What::NearEdge,
        }
    }

    /// The check that tells this; `None` where it is no check.
    pub fn telling(what: What) -> Option<Check> {
        Check::ALL.into_iter().find(|check| check.what() == what)
    }

    /// How strict it is where a product says nothing.
    pub fn usual(self) -> Level {
        match self {
            Check::PhotoTooSmall => Level::Block,
            Check::TextShrunk | Check::PhotoSoft | Check::NearEdge => Level::Warn,
        }
    }
}

/// How strict each check is for a product. Only what differs from the usual is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checks(BTreeMap<Check, Level>);

/// What was found in a print, by what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sorted {
    /// What holds the item.
    pub blocking: Vec<Problem>,
    /// What is told beside the print.
    pub told: Vec<Problem>,
}

impl Checks {
    /// How strict a check is.
    pub fn level(&self, check: Check) -> Level {
        self.0.get(&check).copied().unwrap_or(check.usual())
    }

    /// The same with one check made so strict.
    pub fn with(mut self, check: Check, level: Level) -> Checks {
        if level == check.usual() {
            self.0.remove(&check);
        } else {
            self.0.insert(check, level);
        }
        self
    }

    /// How strict it is to be with what was found; what is no check always holds.
    pub fn level_of(&self, what: What) -> Level {
        Check::telling(what).map_or(Level::Block, |check| self.level(check))
    }

    /// Sorts what was found in a print.
    pub fn sort(&self, found: Vec<Problem>) -> Sorted {
        let mut sorted = Sorted::default();
        for problem in found {
            match self.level_of(problem.what) {
                Level::Block => sorted.blocking.push(problem),
                Level::Warn => sorted.told.push(problem),
                Level::Off => {}
            }
        }
        sorted
    }

    /// Reads `text_shrunk=block; photo_soft=off`. The error says what is wrong with which part.
    pub fn parse(text: &str) -> Result<Checks, String> {
        let mut checks = Checks::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, level) = part
                .split_once('=')
                .ok_or_else(|| format!("“{part}” is no check; one looks like text_shrunk=block"))?;
            let (name, level) = (name.trim(), level.trim());
            let check = Check::ALL.into_iter().find(|check| check.what().code() == name);
            let level_found = Level::ALL.into_iter().find(|one| one.name() == level);
            let check = check.ok_or_else(|| {
                let names: Vec<&str> = Check::ALL.iter().map(|one| one.what().code()).collect();
                format!("“{name}” is no check; there are {}", names.join(", "))
            })?;
            let level = level_found
                .ok_or_else(|| format!("{name} is off, warn or block, not “{level}”"))?;
            checks = checks.with(check, level);
        }
        Ok(checks)
    }

    /// Writes it as [`Checks::parse`] reads it; empty where everything is as usual.
    pub fn write(&self) -> String {
        let one =
            |(check, level): (&Check, &Level)| format!("{}={}", check.what().code(), level.name());
        self.0.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_as_they_are_written() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = Checks::parse(text).map(|checks| checks.write());
            match expected {
                Ok(written) => assert_eq!(found.as_deref(), Ok(written), "{text}"),
                Err(part) => assert!(found.as_ref().is_err_and(|e| e.contains(part)), "{found:?}"),
            }
        };
        check("", Ok(""));
        check("text_shrunk = block;photo_soft=off", Ok("text_shrunk=block; photo_soft=off"));
        check("photo_too_small=block", Ok("")); // as usual
        check("text_shrunk=off; text_shrunk=warn", Ok("")); // the last one counts
        check("glyph_missing=off", Err("there are text_shrunk"));
        check("photo_soft=loud", Err("off, warn or block"));
        check("photo_soft", Err("looks like"));
    }

    #[test]
    fn what_is_no_check_holds_whatever_is_set() {
        let checks = Checks::parse("photo_too_small=off; text_shrunk=block").unwrap();
        let found = [What::PhotoTooSmall, What::TextShrunk, What::NearEdge, What::GlyphMissing];
        let found = found.map(|what| Problem::new(what, "", "")).to_vec();
        let whats = |of: Vec<Problem>| of.iter().map(|one| one.what).collect::<Vec<_>>();
        let sorted = checks.sort(found);
        assert_eq!(whats(sorted.blocking), [What::TextShrunk, What::GlyphMissing]);
        assert_eq!(whats(sorted.told), [What::NearEdge]);
    }
}
