//! Moments and spans in words: “today 14:05”, “in 1 h 20 min”, always in the shop's zone.

use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::model::time::Moment;

/// Writes moments as seen from now.
#[derive(Debug, Clone)]
pub struct Times {
    zone: TimeZone,
    now: Moment,
}

/// A moment as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// “today 14:05”.
    pub text: String,
    /// With zone, for the pointer that rests on it.
    pub full: String,
    /// For machines.
    pub iso: String,
}

/// A countdown as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countdown {
    /// “1 h 20 min”.
    pub left: String,
    /// When it ends.
    pub at: Time,
    /// The same in milliseconds since 1970, for the script.
    pub at_ms: i64,
    /// `calm` above an hour, `near` below, `last` in the last ten minutes.
    pub tone: &'static str,
}

impl Times {
    /// As seen from `now` in this zone.
    pub fn new(zone: TimeZone, now: Moment) -> Times {
        Times { zone, now }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.now
    }

    fn zoned(&self, moment: Moment) -> Option<Zoned> {
        let timestamp = jiff::Timestamp::from_millisecond(moment.unix_ms()).ok()?;
        Some(timestamp.to_zoned(self.zone.clone()))
    }

    /// A moment in words.
    pub fn at(&self, moment: Moment) -> Time {
        let (Some(then), Some(now)) = (self.zoned(moment), self.zoned(self.now)) else {
            return Time {
                text: moment.to_string(),
                full: moment.to_string(),
                iso: moment.to_string(),
            };
        };
        Time {
            text: format!("{} {}", day(&then, &now), then.strftime("%H:%M")),
            full: then.strftime("%A %-d %B %Y, %H:%M:%S (%:Q)").to_string(),
            iso: moment.to_string(),
        }
    }

    /// A countdown to this moment.
    pub fn countdown(&self, moment: Moment) -> Countdown {
        const HOUR: Duration = Duration::from_secs(3_600);
        const LAST: Duration = Duration::from_secs(600);
        let left = moment.since(self.now);
        Countdown {
            left: span(left),
            at: self.at(moment),
            at_ms: moment.unix_ms(),
            tone: match left {
                left if left <= LAST => "last",
                left if left <= HOUR => "near",
                _ => "calm",
            },
        }
    }
}

fn day(then: &Zoned, now: &Zoned) -> String {
    let days = (then.date() - now.date()).get_days();
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        2..=6 => then.strftime("%A").to_string(),
        _ if then.year() == now.year() => then.strftime("%-d %b").to_string(),
        _ => then.strftime("%-d %b %Y").to_string(),
    }
}

/// A span in its two largest units: “1 h 20 min”, “3 days 4 h”, “45 s”.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let day_word = match days {
        1 => "day",
        _ => "days",
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} {day_word}"),
        (_, _, _) => format!("{days} {day_word} {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        let check = |seconds, expected: &str| {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        };
        check(0, "0 s");
        check(45, "45 s");
        check(60, "1 min");
        check(4_800, "1 h 20 min");
        check(7_200, "2 h");
        check(90_000, "1 day 1 h");
        check(172_800, "2 days");
    }

    #[test]
    fn moments_are_told_from_now_in_the_zone_of_the_shop() {
        let now = Moment::parse("2026-03-03T22:30:00.000Z").unwrap();
        let zone = TimeZone::get("America/Chicago").unwrap_or(TimeZone::UTC);
        let berlin = Times::new(TimeZone::fixed(jiff::tz::offset(1)), now);
        let check = |moment: &str, expected: &str| {
            let moment = Moment::parse(moment).unwrap();
            assert_eq!(berlin.at(moment).text, expected);
        };
        check("2026-03-03T22:40:00.000Z", "today 23:40");
        check("2026-03-03T23:10:00.000Z", "tomorrow 00:10");
        check("2026-03-02T08:00:00.000Z", "yesterday 09:00");
        check("2026-02-02T08:00:00.000Z", "2 Feb 09:00");
        check("2025-02-02T08:00:00.000Z", "2 Feb 2025 09:00");
        assert!(!Times::new(zone, now).at(now).full.is_empty());
        assert_eq!(berlin.countdown(now.plus(Duration::from_secs(500))).tone, "last");
    }
}
