//! Moments in UTC with milliseconds, written with a fixed width so that text sorts as time does.

use std::fmt;
use std::time::Duration;

/// A moment, exact to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    unix_ms: i64,
}

impl Moment {
    /// The moment this many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_ms(unix_ms: i64) -> Moment {
        Moment { unix_ms }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_ms(self) -> i64 {
        self.unix_ms
    }

    /// Reads `2026-03-03T08:00:00.000Z`, with or without fraction, with `Z` or an offset.
    pub fn parse(text: &str) -> Option<Moment> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(Moment { unix_ms: timestamp.as_millisecond() })
    }

    /// Reads a moment without zone, `2026-03-03T08:00:00`, as UTC: the shop's `*_gmt` dates.
    pub fn parse_zoneless_utc(text: &str) -> Option<Moment> {
        Moment::parse(&format!("{text}Z"))
    }

    /// The same moment as `2026-03-03T08:00:00`, UTC without zone and fraction.
    pub fn zoneless_utc(self) -> String {
        self.to_string()[..19].to_owned()
    }

    /// This moment later by `span`; stops at the end of time.
    pub fn plus(self, span: Duration) -> Moment {
        let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Moment { unix_ms: self.unix_ms.saturating_add(span_ms) }
    }

    /// This moment earlier by `span`.
    pub fn minus(self, span: Duration) -> Moment {
        let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Moment { unix_ms: self.unix_ms.saturating_sub(span_ms) }
    }

    /// The time from `earlier` to this moment; zero if it is not earlier.
    pub fn since(self, earlier: Moment) -> Duration {
        let span_ms = self.unix_ms.saturating_sub(earlier.unix_ms);
        Duration::from_millis(u64::try_from(span_ms).unwrap_or(0))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(self.unix_ms) else {
            return f.write_str("9999-12-30T22:00:00.000Z");
        };
        let utc = jiff::tz::Offset::UTC.to_datetime(timestamp);
        if !(0..=9_999).contains(&utc.year()) {
            return write!(f, "{timestamp:.3}");
        }
        // Every row has moments: digits put where they belong cost a quarter of a formatter's work.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let parts = [
            (3, i32::from(utc.year())),
            (6, i32::from(utc.month())),
            (9, i32::from(utc.day())),
            (12, i32::from(utc.hour())),
            (15, i32::from(utc.minute())),
            (18, i32::from(utc.second())),
            (22, i32::from(utc.millisecond())),
        ];
        for (last_digit, mut rest) in parts {
            let mut place = last_digit;
            while 0 < rest {
                text[place] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                (rest, place) = (rest / 10, place.saturating_sub(1));
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_one_width_and_read_back() {
        for text in ["2026-03-03T08:00:00.000Z", "1970-01-01T00:00:00.001Z"] {
            assert_eq!(Moment::parse(text).unwrap().to_string(), text);
        }
        let whole = Moment::parse_zoneless_utc("2026-10-25T01:30:04").unwrap();
        assert_eq!(whole.to_string(), "2026-10-25T01:30:04.000Z");
        assert_eq!(whole.zoneless_utc(), "2026-10-25T01:30:04");
    }

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        let step_ms = 13 * 86_400_000 + 5_025_678;
        for step in -1_700..=170_000 {
            let moment = Moment::from_unix_ms(step * step_ms);
            let timestamp = jiff::Timestamp::from_millisecond(moment.unix_ms()).unwrap();
            assert_eq!(moment.to_string(), format!("{timestamp:.3}"));
        }
        let end_of_time = Moment::from_unix_ms(i64::MAX);
        assert_eq!(end_of_time.to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn time_never_runs_backwards() {
        let early = Moment::from_unix_ms(1_000);
        let late = early.plus(Duration::from_secs(1));
        assert_eq!(late.since(early), Duration::from_secs(1));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
