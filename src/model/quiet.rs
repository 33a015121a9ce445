//! Quiet hours: times of the week in which nothing is submitted on its own.
//!
//! They are hours of the clock on the shop's wall. Where the clocks are put forward or back, what
//! could be meant is quiet, rather longer than shorter.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use super::time::Moment;

/// Days as they are written, from Monday on.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES: u32 = 24 * 60;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;
/// Windows that follow on each other without a gap are at most a week.
const STEPS_MAX: usize = 64;
const LINES_MAX: usize = 21;

/// The quiet hours of a shop.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quiet {
    /// Day from Monday, minute of the day, and length in minutes (at most a day).
    windows: Vec<(u32, u32, u32)>,
    zone: Option<TimeZone>,
}

impl Quiet {
    /// From lines such as `mon-fri 18:00-08:00`; the end is on the next day where it is not later.
    pub fn parse(lines: &[String], zone: TimeZone) -> Result<Quiet, String> {
        if LINES_MAX < lines.len() {
            return Err(format!("at most {LINES_MAX} lines"));
        }
        let mut windows = Vec::new();
        for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
            let read = read_line(line).ok_or_else(|| {
                format!(
                    "“{line}” is not understood; write for example mon-fri 18:00-08:00, or \
                     sat-sun 00:00-24:00"
                )
            })?;
            windows.extend(read);
        }
        let quiet = Quiet { windows, zone: Some(zone) };
        match quiet.has_an_hour_left() {
            true => Ok(quiet),
            false => Err("no time of the week is left in which anything may go out".to_owned()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    fn has_an_hour_left(&self) -> bool {
        (0..WEEK_MINUTES).any(|minute| {
            self.windows.iter().all(|(day, from, length)| {
                let since = (minute + WEEK_MINUTES - (day * DAY_MINUTES + from)) % WEEK_MINUTES;
                *length <= since
            })
        })
    }

    /// The first moment from this one on that is not quiet.
    pub fn after(&self, moment: Moment) -> Moment {
        let Some(zone) = &self.zone else { return moment };
        let mut at = moment;
        for _ in 0..STEPS_MAX {
            match self.windows.iter().filter_map(|window| end(*window, zone, at)).max() {
                Some(end) => at = end,
                None => break,
            }
        }
        at
    }
}

/// The end of this window, where the moment lies in it.
fn end((day, from, length): (u32, u32, u32), zone: &TimeZone, at: Moment) -> Option<Moment> {
    let timestamp = jiff::Timestamp::from_millisecond(at.unix_ms()).ok()?;
    let today = zone.to_datetime(timestamp).date();
    // A window that began the day before may reach into this one, and clocks may be put back.
    [today.yesterday().ok()?, today, today.tomorrow().ok()?].into_iter().find_map(|date| {
        let weekday = u32::try_from(date.weekday().to_monday_zero_offset()).ok()?;
        if weekday != day {
            return None;
        }
        let midnight = date.to_datetime(Time::midnight());
        let begins = minutes_later(midnight, from)?;
        let ends = minutes_later(midnight, from + length)?;
        let begins = zone.to_ambiguous_timestamp(begins).earlier().ok()?;
        let ends = zone.to_ambiguous_timestamp(ends).later().ok()?;
        (begins <= timestamp && timestamp < ends)
            .then(|| Moment::from_unix_ms(ends.as_millisecond()))
    })
}

fn minutes_later(midnight: DateTime, minutes: u32) -> Option<DateTime> {
    midnight.checked_add(jiff::Span::new().minutes(i64::from(minutes))).ok()
}

fn read_line(line: &str) -> Option<Vec<(u32, u32, u32)>> {
    let (days, hours) = line.rsplit_once(char::is_whitespace)?;
    let (from, to) = hours.split_once(['-', '–'])?;
    let (from, to) = (minute(from)?, minute(to)?);
    if DAY_MINUTES <= from {
        return None;
    }
    let length = if from < to { to - from } else { to + DAY_MINUTES - from };
    let mut windows = Vec::new();
    for part in days.split(',').map(str::trim) {
        let (first, last) = part.split_once(['-', '–']).unwrap_or((part, part));
        let (first, last) = (weekday(first)?, weekday(last)?);
        let mut day = first;
        loop {
            windows.push((day, from, length));
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Some(windows)
}

fn weekday(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    let place = DAYS.iter().position(|day| text.len() >= 3 && text.starts_with(day))?;
    u32::try_from(place).ok()
}

fn minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let is_number = |text: &str| (1..=2).contains(&text.len());
    let (hours, minutes): (u32, u32) = match is_number(hours) && minutes.len() == 2 {
        true => (hours.parse().ok()?, minutes.parse().ok()?),
        false => return None,
    };
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY_MINUTES).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(zone: &str, lines: &[&str]) -> Quiet {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Quiet::parse(&lines, TimeZone::get(zone).unwrap()).unwrap()
    }

    #[track_caller]
    fn check(quiet: &Quiet, at: &str, expected: &str) {
        let after = quiet.after(Moment::parse(at).unwrap());
        assert_eq!(after, Moment::parse(expected).unwrap(), "{at} leads to {after}");
    }

    #[test]
    fn a_moment_in_quiet_hours_moves_to_their_end() {
        let nights = quiet("Europe/Berlin", &["mon-fri 18:00-08:00"]);
        // A Tuesday in winter: the wall is an hour ahead of UTC.
        check(&nights, "2026-03-03T16:59:59Z", "2026-03-03T16:59:59Z");
        check(&nights, "2026-03-03T17:00:00Z", "2026-03-04T07:00:00Z");
        check(&nights, "2026-03-04T06:59:59Z", "2026-03-04T07:00:00Z");
        check(&nights, "2026-03-04T07:00:00Z", "2026-03-04T07:00:00Z");
        // Friday's night ends on Saturday; the weekend itself is not quiet.
        check(&nights, "2026-03-06T20:00:00Z", "2026-03-07T07:00:00Z");
        check(&nights, "2026-03-07T20:00:00Z", "2026-03-07T20:00:00Z");
        let weekend = quiet("Europe/Berlin", &["mon-fri 18:00-08:00", "sat, sun 00:00-24:00"]);
        check(&weekend, "2026-03-06T20:00:00Z", "2026-03-08T23:00:00Z");
        check(&Quiet::default(), "2026-03-06T20:00:00Z", "2026-03-06T20:00:00Z");
    }

    #[test]
    fn days_go_around_the_week_and_months() {
        let ends = quiet("UTC", &["sat-mon 22:00-06:00"]);
        for (at, expected) in [
            ("2026-02-28T23:00:00Z", "2026-03-01T06:00:00Z"),
            ("2026-03-01T23:00:00Z", "2026-03-02T06:00:00Z"),
            ("2026-03-02T23:00:00Z", "2026-03-03T06:00:00Z"),
            ("2026-03-03T23:00:00Z", "2026-03-03T23:00:00Z"),
        ] {
            check(&ends, at, expected);
        }
    }

    #[test]
    fn clocks_that_are_put_forward_and_back_leave_nothing_out() {
        // 29 March 2026: 02:00 becomes 03:00. The wall never shows 02:30.
        let early = quiet("Europe/Berlin", &["sun 01:00-02:30"]);
        check(&early, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
        let all_night = quiet("Europe/Berlin", &["sat 22:00-06:00"]);
        check(&all_night, "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z");
        // 25 October 2026: 03:00 becomes 02:00. The wall shows 02:10 twice, and both are quiet.
        check(&early, "2026-10-25T00:10:00Z", "2026-10-25T01:30:00Z");
        check(&early, "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z");
        check(&early, "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z");
        check(&all_night, "2026-10-24T21:00:00Z", "2026-10-25T05:00:00Z");
        // New York changes on other days.
        let shop = quiet("America/New_York", &["sun 00:00-04:00"]);
        check(&shop, "2026-03-08T05:30:00Z", "2026-03-08T08:00:00Z");
        check(&shop, "2026-11-01T05:30:00Z", "2026-11-01T09:00:00Z");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let parse = |text: &str| Quiet::parse(&[text.to_owned()], TimeZone::UTC);
        for wrong in ["weekend", "mon 25:00-08:00", "mon 8-9", "mo 08:00-09:00", "mon 08:60-09:00"]
        {
            assert!(parse(wrong).unwrap_err().contains("for example"), "{wrong}");
        }
        assert!(parse("mon-sun 00:00-24:00").unwrap_err().contains("no time of the week"));
        assert!(parse("").unwrap().is_empty());
        assert!(parse("Monday–Friday 18:00–8:00").is_ok());
    }
}
