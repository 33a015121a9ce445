//! Values that are kept in one plain form and printed in another: dates, numbers, places on earth.

use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_datetime::input::Date;
use icu_datetime::options::YearStyle;

use super::fit::Fit;
use super::language::Language;

/// Rules for dates. A date is kept as `2026-06-20`.
#[derive(Debug, Clone, PartialEq)]
pub struct DateRules {
    /// What comes first in a date of numbers alone.
    pub order: DateOrder,
    /// How it is printed.
    pub style: DateStyle,
    /// In which language; English if not set.
    pub language: Option<Language>,
    /// How it meets its place.
    pub fit: Fit,
}

/// What comes first in a date of numbers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `20.6.2026`.
    DayFirst,
    /// `6/20/2026`.
    MonthFirst,
}

/// How a date is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateStyle {
    /// `June 20, 2026`.
    Long,
    /// `Jun 20, 2026`.
    Medium,
    /// `6/20/2026`.
    Short,
    /// `XX · VI · MMXXVI`.
    Roman,
    /// As it is written out with `DD`, `D`, `MM`, `M`, `YYYY` and `YY`.
    Pattern(String),
}

/// Rules for a place on earth. It is kept as `48.8566, 2.3522`.
#[derive(Debug, Clone, PartialEq)]
pub struct CoordinateRules {
    /// How it is printed.
    pub style: CoordinateStyle,
    /// How it meets its place.
    pub fit: Fit,
}

/// How a place on earth is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoordinateStyle {
    /// `48° 51′ 24″ N  2° 21′ 8″ E`.
    Degrees,
    /// `48.8566° N  2.3522° E`.
    Decimal,
}

/// How a number is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numerals {
    /// As it was given, zeros before it too.
    Digits,
    /// `MMXXVI`; from 1 to 3999.
    Roman,
}

/// Ways in which a date of numbers alone is read, day first and month first.
const DAY_FIRST: [&str; 3] = ["%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"];
const MONTH_FIRST: [&str; 3] = ["%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"];
/// Ways that say themselves what is what.
const CLEAR: [&str; 7] =
    ["%Y-%m-%d", "%Y/%m/%d", "%B %d, %Y", "%B %d %Y", "%d %B %Y", "%d. %B %Y", "%d-%b-%Y"];

impl DateRules {
    /// The date that was given, as it is kept; the message says what is wrong.
    pub fn read(&self, given: &str) -> Result<String, String> {
        let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
        let by_order = match self.order {
            DateOrder::DayFirst => DAY_FIRST,
            DateOrder::MonthFirst => MONTH_FIRST,
        };
        let found = CLEAR.iter().chain(&by_order).find_map(|way| {
            let read = jiff::fmt::strtime::parse(way, &given).ok()?;
            read.to_date().ok()
        });
        // 26 is no year of our own: which century is meant would be a guess.
        let found = found.filter(|date| (1000..=9999).contains(&date.year()));
        found.map(|date| date.to_string()).ok_or_else(|| {
            let example = match self.order {
                DateOrder::DayFirst => "20.6.2026",
                DateOrder::MonthFirst => "6/20/2026",
            };
            format!("“{given}” is no date; write it like {example} or 2026-06-20")
        })
    }

    /// A kept date as it is printed; what is none stays as it is.
    pub fn printed(&self, kept: &str) -> String {
        let Ok(date) = kept.parse::<jiff::civil::Date>() else {
            return kept.to_owned();
        };
        let number = |number: i8| u32::try_from(number).unwrap_or(0);
        let (year, month, day) =
            (u32::try_from(date.year()).unwrap_or(0), number(date.month()), number(date.day()));
        let style = match &self.style {
            DateStyle::Long => YMD::long(),
            DateStyle::Medium => YMD::medium(),
            DateStyle::Short => YMD::short(),
            DateStyle::Roman => {
                let parts = [day, month, year].map(|part| roman(part).unwrap_or_default());
                return parts.join(" · ");
            }
            DateStyle::Pattern(pattern) => return patterned(pattern, (year, month, day)),
        };
        let language = self.language.clone().or_else(|| Language::parse("en")).unwrap_or_default();
        let known = Date::try_new_gregorian(
            date.year().into(),
            u8::try_from(date.month()).unwrap_or(1),
            u8::try_from(date.day()).unwrap_or(1),
        );
        let style = style.with_year_style(YearStyle::Full);
        let formatter = FixedCalendarDateTimeFormatter::try_new(language.locale().into(), style);
        match (known, formatter) {
            (Ok(date), Ok(formatter)) => formatter.format(&date).to_string(),
            (_, _) => kept.to_owned(),
        }
    }
}

/// A pattern with its letters replaced.
fn patterned(pattern: &str, (year, month, day): (u32, u32, u32)) -> String {
    let parts = [
        ("YYYY", format!("{year:04}")),
        ("YY", format!("{:02}", year % 100)),
        ("MM", format!("{month:02}")),
        ("M", month.to_string()),
        ("DD", format!("{day:02}")),
        ("D", day.to_string()),
    ];
    let (mut printed, mut rest) = (String::new(), pattern);
    while let Some(first) = rest.chars().next() {
        match parts.iter().find(|(letters, _)| rest.starts_with(letters)) {
            Some((letters, words)) => {
                printed.push_str(words);
                rest = &rest[letters.len()..];
            }
            None => {
                printed.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    printed
}

impl Numerals {
    /// Why a number cannot be printed so; `None` where it can.
    pub fn refuses(self, digits: &str) -> Option<String> {
        match self {
            Numerals::Digits => None,
            Numerals::Roman => match digits.parse().ok().and_then(roman) {
                Some(_) => None,
                None => Some(format!("{digits} has no Roman numeral; 1 to 3999 have one")),
            },
        }
    }

    /// A number as it is printed.
    pub fn printed(self, digits: &str) -> String {
        match self {
            Numerals::Digits => digits.to_owned(),
            Numerals::Roman => {
                digits.parse().ok().and_then(roman).unwrap_or_else(|| digits.to_owned())
            }
        }
    }
}

/// A number in Roman numerals; `None` for 0 and from 4000 on.
fn roman(mut number: u32) -> Option<String> {
    const NUMERALS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&number) {
        return None;
    }
    let mut written = String::new();
    for (value, letters) in NUMERALS {
        while value <= number {
            written.push_str(letters);
            number -= value;
        }
    }
    Some(written)
}

impl CoordinateRules {
    /// The place that was given, as it is kept: decimal degrees, north and east positive.
    pub fn read(&self, given: &str) -> Result<String, String> {
        let wrong = || format!("“{given}” is no place; write it like 48.8566, 2.3522");
        let sides = halves(given).ok_or_else(wrong)?;
        let latitude = degrees(sides.0, 'N', 'S', 90.0).ok_or_else(wrong)?;
        let longitude = degrees(sides.1, 'E', 'W', 180.0).ok_or_else(wrong)?;
        Ok(format!("{latitude}, {longitude}"))
    }

    /// A kept place as it is printed; what is none stays as it is.
    pub fn printed(&self, kept: &str) -> String {
        let parts = kept.split_once(',').and_then(|(latitude, longitude)| {
            Some((latitude.trim().parse::<f64>().ok()?, longitude.trim().parse::<f64>().ok()?))
        });
        let Some((latitude, longitude)) = parts else {
            return kept.to_owned();
        };
        let side = |degrees: f64, positive: char, negative: char| {
            let letter = if degrees < 0.0 { negative } else { positive };
            let degrees = degrees.abs();
            match self.style {
                CoordinateStyle::Decimal => format!("{degrees:.4}° {letter}"),
                CoordinateStyle::Degrees => {
                    // To whole seconds first, so that 59.9999 minutes are not written as 60.
                    let seconds = (degrees * 3600.0).round();
                    let (whole, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
                    let (minutes, seconds) = ((rest / 60.0).floor(), rest % 60.0);
                    format!("{whole}° {minutes}′ {seconds}″ {letter}")
                }
            }
        };
        format!("{}\u{a0} {}", side(latitude, 'N', 'S'), side(longitude, 'E', 'W'))
    }
}

/// Both halves of a place: at its comma, behind its N or S, or at its only space.
fn halves(given: &str) -> Option<(&str, &str)> {
    let given = given.trim();
    if let Some((first, second)) = given.split_once([',', ';']) {
        return Some((first.trim(), second.trim()));
    }
    if let Some(at) = given.find(['N', 'S', 'n', 's']) {
        let (first, second) = given.split_at(at + 1);
        return Some((first.trim(), second.trim()));
    }
    given.split_once(' ').map(|(first, second)| (first.trim(), second.trim()))
}

/// Degrees, minutes and seconds, or degrees alone, with a sign or a letter.
fn degrees(text: &str, positive: char, negative: char, most: f64) -> Option<f64> {
    let upper = text.to_uppercase();
    let is_negative = upper.contains(negative) || upper.trim_start().starts_with(['-', '−']);
    if upper.chars().any(|c| c.is_alphabetic() && c != positive && c != negative) {
        return None;
    }
    let numbers: Vec<&str> = upper
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|part| !part.is_empty())
        .collect();
    let mut sum = 0.0;
    for (part, by) in numbers.iter().zip([1.0, 60.0, 3600.0]) {
        let number: f64 = part.parse().ok()?;
        if 1.0 < by && 60.0 <= number {
            return None;
        }
        sum += number / by;
    }
    let is_whole = (1..=3).contains(&numbers.len()) && sum <= most;
    // A tenth of a metre is more than any print shows.
    let rounded = (sum * 1e6).round() / 1e6;
    is_whole.then_some(if is_negative { -rounded } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::FitWay;

    fn dates(order: DateOrder, style: DateStyle, tag: &str) -> DateRules {
        let language = Language::parse(tag);
        DateRules { order, style, language, fit: Fit::new(FitWay::Shrink) }
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let check = |order, given: &str, expected: Option<&str>| {
            let read = dates(order, DateStyle::Long, "en").read(given);
            assert_eq!(read.ok().as_deref(), expected, "{given}");
        };
        use DateOrder::{DayFirst, MonthFirst};
        check(DayFirst, "2026-06-20", Some("2026-06-20"));
        check(DayFirst, "20.6.2026", Some("2026-06-20"));
        check(DayFirst, "03/04/2026", Some("2026-04-03"));
        check(MonthFirst, "03/04/2026", Some("2026-03-04"));
        check(MonthFirst, "June  20, 2026", Some("2026-06-20"));
        check(DayFirst, "20 June 2026", Some("2026-06-20"));
        check(MonthFirst, "20/06/2026", None);
        check(DayFirst, "31.2.2026", None);
        check(DayFirst, "someday", None);
        check(DayFirst, "20.6.26", None);
    }

    #[test]
    fn dates_are_printed_in_their_language() {
        let check = |style, tag: &str, expected: &str| {
            let printed = dates(DateOrder::DayFirst, style, tag).printed("2026-06-20");
            assert_eq!(printed, expected, "{tag}");
        };
        check(DateStyle::Long, "en", "June 20, 2026");
        check(DateStyle::Long, "de", "20. Juni 2026");
        check(DateStyle::Long, "fr", "20 juin 2026");
        check(DateStyle::Long, "ja", "2026年6月20日");
        check(DateStyle::Medium, "en", "Jun 20, 2026");
        check(DateStyle::Short, "en", "6/20/2026");
        check(DateStyle::Short, "de", "20.06.2026");
        check(DateStyle::Roman, "en", "XX · VI · MMXXVI");
        check(DateStyle::Pattern("DD | MM | YYYY".into()), "en", "20 | 06 | 2026");
        check(DateStyle::Pattern("D.M.’YY".into()), "en", "20.6.’26");
        let unsaid =
            DateRules { language: None, ..dates(DateOrder::DayFirst, DateStyle::Long, "en") };
        assert_eq!(unsaid.printed("2026-06-20"), "June 20, 2026");
        let odd = dates(DateOrder::DayFirst, DateStyle::Long, "en").printed("someday");
        assert_eq!(odd, "someday");
    }

    #[test]
    fn numbers_and_places_are_printed_in_their_style() {
        let check = |digits: &str, expected: &str| {
            assert_eq!(Numerals::Roman.printed(digits), expected);
        };
        check("1994", "MCMXCIV");
        check("0008", "VIII");
        check("3999", "MMMCMXCIX");
        assert!(
            Numerals::Roman.refuses("4000").is_some() && Numerals::Roman.refuses("0").is_some()
        );
        assert_eq!(Numerals::Digits.printed("007"), "007");
        let place = |style| CoordinateRules { style, fit: Fit::new(FitWay::Shrink) };
        let decimal = place(CoordinateStyle::Decimal);
        let read = |given: &str| decimal.read(given).ok();
        assert_eq!(read("48.8566, 2.3522").as_deref(), Some("48.8566, 2.3522"));
        assert_eq!(read("48°51'24\"N 2°21'8\"E").as_deref(), Some("48.856667, 2.352222"));
        assert_eq!(read("33.8688 S, 151.2093 E").as_deref(), Some("-33.8688, 151.2093"));
        assert_eq!(read("-33.8688 151.2093").as_deref(), Some("-33.8688, 151.2093"));
        for odd in ["Paris", "91, 2", "48, 181", "48°61'N 2°E", "1, 2, 3 x", ""] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert_eq!(decimal.printed("48.8566, -2.3522"), "48.8566° N\u{a0} 2.3522° W");
        let degrees = place(CoordinateStyle::Degrees);
        assert_eq!(degrees.printed("48.856667, 2.352222"), "48° 51′ 24″ N\u{a0} 2° 21′ 8″ E");
        assert_eq!(degrees.printed("9.99999, 0"), "10° 0′ 0″ N\u{a0} 0° 0′ 0″ E");
    }
}
