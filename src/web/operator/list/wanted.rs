//! What the address of the order list says: the whole view, so that it can be sent to a colleague and
//! the Back button works.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::db::board::View;
use crate::db::listing::{Filter, Sort};
use crate::model::mark::Label;
use crate::model::problem::What;
use crate::model::time::Moment;

/// Longest text that is searched for.
const TEXT_CHARS_MAX: usize = 100;
/// No kind is narrowed by more words than this.
const WORDS_MAX: usize = 30;
/// What the person who looks has themselves.
pub const MINE: &str = "mine";
/// What nobody looks after.
pub const NONE: &str = "none";
/// Nobody turns more pages.
const PAGE_MAX: u32 = 1_000_000;

/// What somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The view; `None` is for the list to choose.
    pub view: Option<View>,
    /// The text that is searched for.
    pub text: String,
    /// Names of providers.
    pub providers: Vec<String>,
    /// Names of shops and sources.
    pub sources: Vec<String>,
    /// What holds an order.
    pub problems: Vec<What>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
    /// Keys of labels.
    pub labels: Vec<String>,
    /// Who looks after it: names, [`MINE`] or [`NONE`].
    pub assignees: Vec<String>,
    /// In which order; `None` is as the person likes it.
    pub sort: Option<Sort>,
    /// Which page, from 1.
    pub page: u32,
}

impl Wanted {
    /// From the query of an address. What it does not understand it leaves out.
    pub fn parse(query: &str) -> Wanted {
        let mut wanted = Wanted {
            view: None,
            text: String::new(),
            providers: Vec::new(),
            sources: Vec::new(),
            problems: Vec::new(),
            from: None,
            until: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            sort: None,
            page: 1,
        };
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match &*key {
                "view" => wanted.view = View::from_name(value),
                "q" => wanted.text = value.chars().take(TEXT_CHARS_MAX).collect(),
                "provider" => add(&mut wanted.providers, value.to_owned()),
                "source" => add(&mut wanted.sources, value.to_owned()),
                "problem" => {
                    What::from_code(value).into_iter().for_each(|what| {
                        add(&mut wanted.problems, what);
                    });
                }
                "label" => {
                    Label::named(value).into_iter().for_each(|label| {
                        add(&mut wanted.labels, label.key());
                    });
                }
                // A bar would part one name into two.
                "assignee" if !value.is_empty() && !value.contains('|') => {
                    add(&mut wanted.assignees, value.to_owned());
                }
                "from" => wanted.from = value.parse().ok(),
                "until" => wanted.until = value.parse().ok(),
                "sort" => wanted.sort = Sort::from_name(value),
                "page" => wanted.page = value.parse().unwrap_or(1).clamp(1, PAGE_MAX),
                _ => {}
            }
        }
        wanted
    }

    /// The same as a query, without the page: `view=all&provider=customcat`.
    pub fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(view) = self.view {
            query.append_pair("view", view.name());
        }
        if !self.text.is_empty() {
            query.append_pair("q", &self.text);
        }
        let kinds = [("provider", &self.providers), ("source", &self.sources)];
        for (kind, names) in kinds {
            query.extend_pairs(names.iter().map(|name| (kind, name)));
        }
        query.extend_pairs(self.problems.iter().map(|what| ("problem", what.code())));
        let kinds = [("label", &self.labels), ("assignee", &self.assignees)];
        for (kind, names) in kinds {
            query.extend_pairs(names.iter().map(|name| (kind, name)));
        }
        for (key, day) in [("from", self.from), ("until", self.until)] {
            if let Some(day) = day {
                query.append_pair(key, &day.to_string());
            }
        }
        if let Some(sort) = self.sort {
            query.append_pair("sort", sort.name());
        }
        query.finish()
    }

    /// Whether anything narrows the view.
    pub fn is_narrowed(&self) -> bool {
        !self.text.is_empty()
            || !self.providers.is_empty()
            || !self.sources.is_empty()
            || !self.problems.is_empty()
            || !self.labels.is_empty()
            || !self.assignees.is_empty()
            || self.from.is_some()
            || self.until.is_some()
    }

    /// The order of rows: as the address says, else as the person likes it; what counts down is shown by
    /// who goes out first.
    pub fn sort_in(&self, view: View, liked: Sort) -> Sort {
        match (view, self.sort) {
            (_, Some(sort)) => sort,
            (View::CountingDown, None) => Sort::LeavesFirst,
            (_, None) => liked,
        }
    }

    /// What the database is asked for this person; days begin and end where the people are.
    pub fn filter(&self, view: View, zone: &TimeZone, person: &str) -> Filter {
        let name = |word: &String| match word.as_str() {
            MINE => person.to_owned(),
            NONE => String::new(),
            name => name.to_owned(),
        };
        let start = |day: Date| {
            let zoned = day.to_zoned(zone.clone()).ok()?;
            Some(Moment::from_unix_ms(zoned.timestamp().as_millisecond()))
        };
        Filter {
            view,
            text: self.text.clone(),
            providers: self.providers.clone(),
            sources: self.sources.clone(),
            problems: self.problems.iter().map(|what| what.code().to_owned()).collect(),
            labels: self.labels.clone(),
            assignees: self.assignees.iter().map(name).collect(),
            from: self.from.and_then(start),
            until: self.until.and_then(|day| day.tomorrow().ok()).and_then(start),
        }
    }

    /// What narrows the view, each with the query that leaves it out.
    pub fn chips(&self) -> Vec<(String, String)> {
        let mut chips = Vec::new();
        let mut chip = |label: String, change: &dyn Fn(&mut Wanted)| {
            let mut rest = self.clone();
            change(&mut rest);
            chips.push((label, rest.query()));
        };
        if !self.text.is_empty() {
            chip(format!("“{}”", self.text), &|rest| rest.text.clear());
        }
        for name in &self.providers {
            chip(format!("at {name}"), &|rest| rest.providers.retain(|one| one != name));
        }
        for name in &self.sources {
            chip(format!("from {name}"), &|rest| rest.sources.retain(|one| one != name));
        }
        for what in &self.problems {
            chip(what.title().to_owned(), &|rest| rest.problems.retain(|one| one != what));
        }
        for key in &self.labels {
            chip(format!("labelled {key}"), &|rest| rest.labels.retain(|one| one != key));
        }
        for word in &self.assignees {
            let label = match word.as_str() {
                MINE => "looked after by me".to_owned(),
                NONE => "looked after by nobody".to_owned(),
                name => format!("looked after by {name}"),
            };
            chip(label, &|rest| rest.assignees.retain(|one| one != word));
        }
        if let Some(day) = self.from {
            chip(format!("since {day}"), &|rest| rest.from = None);
        }
        if let Some(day) = self.until {
            chip(format!("until {day}"), &|rest| rest.until = None);
        }
        chips
    }
}

fn add<T: PartialEq>(words: &mut Vec<T>, word: T) {
    if words.len() < WORDS_MAX && !words.contains(&word) {
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_the_whole_view() {
        let query = "view=all&q=Ann+%26+Bob&provider=customcat&provider=shineon&source=etsy\
                     &problem=paused&label=gift+wrap&assignee=mine&assignee=bob\
                     &from=2026-03-01&until=2026-03-31&sort=value";
        let wanted = Wanted::parse(query);
        assert_eq!(wanted.text, "Ann & Bob");
        assert_eq!(wanted.providers, ["customcat", "shineon"]);
        assert_eq!(wanted.problems, [What::Paused]);
        assert_eq!(wanted.query(), query);
        assert_eq!(Wanted::parse(&wanted.query()), wanted);
        assert_eq!(wanted.chips().len(), 10);
        let (label, rest) = &wanted.chips()[1];
        assert_eq!((label.as_str(), rest.contains("customcat")), ("at customcat", false));
    }

    #[test]
    fn nonsense_in_an_address_is_left_out() {
        let wanted = Wanted::parse("view=x&page=-3&from=2026-02-30&problem=x&sort=x&y=z&%FF");
        assert_eq!(wanted, Wanted::parse(""));
        assert!(!wanted.is_narrowed());
        let many: String = (0..100).map(|nth| format!("provider=p{nth}&")).collect();
        assert_eq!(Wanted::parse(&many).providers.len(), WORDS_MAX);
    }

    #[test]
    fn days_begin_and_end_where_the_people_are() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let wanted = Wanted::parse("from=2026-03-01&until=2026-03-01&assignee=mine&assignee=none");
        let filter = wanted.filter(View::All, &zone, "ann");
        assert_eq!(filter.assignees, ["ann", ""]);
        assert_eq!(filter.from.unwrap().to_string(), "2026-02-28T22:00:00.000Z");
        assert_eq!(filter.until.unwrap().to_string(), "2026-03-01T22:00:00.000Z");
    }
}
