//! What the address of the order list says: the whole view, so that it can be sent to a colleague and
//! the Back button works.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::db::board::View;
use crate::db::listing::{Filter, Sort};
use crate::model::problem::What;
use crate::model::time::Moment;

/// Longest text that is searched for.
const TEXT_CHARS_MAX: usize = 100;
/// No kind is narrowed by more words than this.
const WORDS_MAX: usize = 30;
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
    /// In which order.
    pub sort: Sort,
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
            sort: Sort::default(),
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
                "from" => wanted.from = value.parse().ok(),
                "until" => wanted.until = value.parse().ok(),
                "sort" => wanted.sort = Sort::from_name(value).unwrap_or_default(),
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
        for (key, day) in [("from", self.from), ("until", self.until)] {
            if let Some(day) = day {
                query.append_pair(key, &day.to_string());
            }
        }
        if self.sort != Sort::default() {
            query.append_pair("sort", self.sort.name());
        }
        query.finish()
    }

    /// Whether anything narrows the view.
    pub fn is_narrowed(&self) -> bool {
        !self.text.is_empty()
            || !self.providers.is_empty()
            || !self.sources.is_empty()
            || !self.problems.is_empty()
            || self.from.is_some()
            || self.until.is_some()
    }

    /// The order of rows: what counts down is shown by who goes out first.
    pub fn sort_in(&self, view: View) -> Sort {
        match (view, self.sort) {
            (View::CountingDown, Sort::Newest) => Sort::LeavesFirst,
            (_, sort) => sort,
        }
    }

    /// What the database is asked; days begin and end where the people are.
    pub fn filter(&self, view: View, zone: &TimeZone) -> Filter {
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
                     &problem=paused&from=2026-03-01&until=2026-03-31&sort=value";
        let wanted = Wanted::parse(query);
        assert_eq!(wanted.text, "Ann & Bob");
        assert_eq!(wanted.providers, ["customcat", "shineon"]);
        assert_eq!(wanted.problems, [What::Paused]);
        assert_eq!(wanted.query(), query);
        assert_eq!(Wanted::parse(&wanted.query()), wanted);
        assert_eq!(wanted.chips().len(), 7);
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
        let filter = Wanted::parse("from=2026-03-01&until=2026-03-01").filter(View::All, &zone);
        assert_eq!(filter.from.unwrap().to_string(), "2026-02-28T22:00:00.000Z");
        assert_eq!(filter.until.unwrap().to_string(), "2026-03-01T22:00:00.000Z");
    }
}
