//! Reports: what the orders of a span of days came to, by day, source, product and provider.
//!
//! Days are those of a time zone. Amounts of different currencies are never added up.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::money::{Currency, Money};
use super::order::State;
use super::time::Moment;

/// The longest span of one report.
pub const DAYS_MAX: i32 = 3_660;

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// What is known of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFact {
    /// Its number in the shop.
    pub number: String,
    /// The shop it came from, or the source elsewhere.
    pub source: String,
    /// How it stands.
    pub state: State,
    /// Where it goes: two letters.
    pub country: String,
    /// What the customer paid.
    pub total: Money,
    /// When it was placed.
    pub placed_at: Moment,
    /// When it was paid.
    pub paid_at: Option<Moment>,
    /// When its first print file was there.
    pub drawn_at: Option<Moment>,
    /// When its first submission was sent.
    pub sent_at: Option<Moment>,
    /// When its last parcel left.
    pub shipped_at: Option<Moment>,
}

/// What is known of one submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionFact {
    /// To whom.
    pub provider: String,
    /// When.
    pub sent_at: Moment,
    /// When its last parcel left.
    pub shipped_at: Option<Moment>,
    /// Pieces in it.
    pub pieces: u32,
    /// What the provider takes for it.
    pub price: Option<Money>,
    /// Whether the provider refused it.
    pub is_refused: bool,
}

/// What is known of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFact {
    /// What the shop calls it.
    pub name: String,
    /// The shop's SKU.
    pub sku: String,
    /// Orders with it.
    pub orders: u32,
    /// Pieces that were not refunded.
    pub pieces: u32,
    /// What customers paid for them.
    pub value: Money,
}

/// How wide a bar of the chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// One day.
    Day,
    /// Seven days from Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

/// Orders and their value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sum {
    /// How many.
    pub orders: u32,
    /// Minor units by currency.
    pub values: BTreeMap<String, i64>,
}

/// One bar of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Its first day.
    pub first: Date,
    /// What was placed in it.
    pub sum: Sum,
}

/// How long a step took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnaround {
    /// Orders that took it.
    pub orders: usize,
    /// Half took no longer.
    pub median: Duration,
    /// Nine of ten took no longer.
    pub ninth_tenth: Duration,
}

/// What one provider made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderSum {
    /// Submissions.
    pub submissions: u32,
    /// Pieces in them.
    pub pieces: u32,
    /// Submissions that it refused.
    pub refused: u32,
    /// What it takes, in minor units by currency.
    pub costs: BTreeMap<String, i64>,
    /// Submissions whose price it has not told.
    pub unpriced: u32,
    /// From sending to the last parcel.
    pub turnaround: Option<Turnaround>,
}

impl Span {
    /// The last `days` days, today included.
    pub fn last_days(today: Date, days: i32) -> Span {
        Span { first: today.saturating_sub((days.max(1) - 1).days()), last: today }
    }

    /// From one day to another; `None` where the first comes after the last or it is too long.
    pub fn between(first: Date, last: Date) -> Option<Span> {
        let span = Span { first, last };
        (1..=DAYS_MAX).contains(&span.days()).then_some(span)
    }

    /// How many days.
    pub fn days(self) -> i32 {
        self.first.until(self.last).map_or(0, |span| span.get_days() + 1)
    }

    /// From its first moment to the first one after it.
    pub fn moments(self, zone: &TimeZone) -> (Moment, Moment) {
        let start = |day: Date| {
            let start = zone.to_ambiguous_zoned(day.at(0, 0, 0, 0)).compatible();
            start.map_or(i64::MAX, |start| start.timestamp().as_millisecond())
        };
        let next = self.last.tomorrow().unwrap_or(self.last);
        (Moment::from_unix_ms(start(self.first)), Moment::from_unix_ms(start(next)))
    }

    /// The bars that fit.
    pub fn grain(self) -> Grain {
        match self.days() {
            ..=62 => Grain::Day,
            63..=400 => Grain::Week,
            _ => Grain::Month,
        }
    }
}

impl Grain {
    fn start(self, day: Date) -> Date {
        match self {
            Grain::Day => day,
            Grain::Week => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.saturating_sub(since_monday.days())
            }
            Grain::Month => day.first_of_month(),
        }
    }

    fn next(self, day: Date) -> Date {
        match self {
            Grain::Day => day.saturating_add(1.day()),
            Grain::Week => day.saturating_add(7.days()),
            Grain::Month => day.saturating_add(1.month()),
        }
    }
}

impl Sum {
    fn add(&mut self, total: Money) {
        self.orders += 1;
        *self.values.entry(total.currency.code().to_owned()).or_default() += total.minor;
    }

    /// The value in one currency.
    pub fn value(&self, currency: &str) -> i64 {
        self.values.get(currency).copied().unwrap_or(0)
    }
}

/// The day of a moment in a zone.
pub fn day_of(moment: Moment, zone: &TimeZone) -> Option<Date> {
    let timestamp = jiff::Timestamp::from_millisecond(moment.unix_ms()).ok()?;
    Some(timestamp.to_zoned(zone.clone()).date())
}

/// Orders that count: what was cancelled brought no money.
pub fn counted(orders: &[OrderFact]) -> impl Iterator<Item = &OrderFact> {
    orders.iter().filter(|order| order.state != State::Cancelled)
}

/// Every bar of the span, empty ones as well.
pub fn bars(orders: &[OrderFact], span: Span, zone: &TimeZone) -> Vec<Bar> {
    let grain = span.grain();
    let mut sums: BTreeMap<Date, Sum> = BTreeMap::new();
    let mut day = grain.start(span.first);
    while day <= span.last {
        sums.insert(day, Sum::default());
        day = grain.next(day);
    }
    for order in counted(orders) {
        let bar = day_of(order.placed_at, zone).map(|day| grain.start(day));
        if let Some(sum) = bar.and_then(|bar| sums.get_mut(&bar)) {
            sum.add(order.total);
        }
    }
    sums.into_iter().map(|(first, sum)| Bar { first, sum }).collect()
}

/// The same by what `key` says of each order, the most orders first.
pub fn by<'a>(
    orders: &'a [OrderFact],
    key: impl Fn(&'a OrderFact) -> &'a str,
) -> Vec<(&'a str, Sum)> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for order in counted(orders) {
        sums.entry(key(order)).or_default().add(order.total);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.orders));
    sums
}

/// Everything that counts together.
pub fn total(orders: &[OrderFact]) -> Sum {
    let mut sum = Sum::default();
    counted(orders).for_each(|order| sum.add(order.total));
    sum
}

/// The currency of most orders.
pub fn main_currency(orders: &[OrderFact]) -> Option<Currency> {
    let mut counts: BTreeMap<&str, (u32, Currency)> = BTreeMap::new();
    for order in counted(orders) {
        let currency = order.total.currency;
        counts.entry(order.total.currency.code()).or_insert((0, currency)).0 += 1;
    }
    counts.into_values().max_by_key(|(count, _)| *count).map(|(_, currency)| currency)
}

/// How long it took from one moment to another, over all orders that have both.
pub fn turnaround(
    spans: impl Iterator<Item = (Option<Moment>, Option<Moment>)>,
) -> Option<Turnaround> {
    let mut spans: Vec<Duration> = spans
        .filter_map(|(from, to)| Some((from?, to?)))
        .map(|(from, to)| to.since(from))
        .collect();
    spans.sort();
    let at = |per_cent: usize| spans.get((spans.len() * per_cent).div_ceil(100).max(1) - 1);
    Some(Turnaround { orders: spans.len(), median: *at(50)?, ninth_tenth: *at(90)? })
}

/// What each provider made, the most submissions first.
pub fn by_provider(submissions: &[SubmissionFact]) -> Vec<(&str, ProviderSum)> {
    let mut sums: BTreeMap<&str, ProviderSum> = BTreeMap::new();
    for one in submissions {
        let sum = sums.entry(&one.provider).or_default();
        sum.submissions += 1;
        if one.is_refused {
            sum.refused += 1;
            continue;
        }
        sum.pieces += one.pieces;
        match one.price {
            Some(price) => {
                *sum.costs.entry(price.currency.code().to_owned()).or_default() += price.minor;
            }
            None => sum.unpriced += 1,
        }
    }
    for (name, sum) in &mut sums {
        let mine = submissions.iter().filter(|one| one.provider == **name);
        sum.turnaround = turnaround(mine.map(|one| (Some(one.sent_at), one.shipped_at)));
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.submissions));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(placed: &str, currency: &str, minor: i64) -> OrderFact {
        let currency = Currency::parse(currency).unwrap();
        OrderFact {
            number: "1".to_owned(),
            source: "main".to_owned(),
            state: State::Open,
            country: "DE".to_owned(),
            total: Money { minor, currency },
            placed_at: Moment::parse(placed).unwrap(),
            paid_at: None,
            drawn_at: None,
            sent_at: None,
            shipped_at: None,
        }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let orders = [
            // Half past midnight in Berlin, still the day before in UTC.
            order("2026-03-29T22:30:00Z", "EUR", 1_000),
            order("2026-03-29T08:00:00Z", "EUR", 500),
            order("2026-03-29T09:00:00Z", "USD", 700),
            OrderFact { state: State::Cancelled, ..order("2026-03-29T09:00:00Z", "EUR", 9_900) },
        ];
        let span = Span::between(day("2026-03-28"), day("2026-03-30")).unwrap();
        let bars = bars(&orders, span, &zone);
        let told: Vec<_> = bars
            .iter()
            .map(|bar| (bar.first.to_string(), bar.sum.orders, bar.sum.value("EUR")))
            .collect();
        let told: Vec<_> = told.iter().map(|(day, n, value)| (day.as_str(), *n, *value)).collect();
        let expected = [("2026-03-28", 0, 0), ("2026-03-29", 2, 500), ("2026-03-30", 1, 1_000)];
        assert_eq!(told, expected);
        assert_eq!(main_currency(&orders).unwrap().code(), "EUR");
        // The day on which the clock goes forward has 23 hours.
        let one = Span::between(day("2026-03-29"), day("2026-03-29")).unwrap();
        let (from, until) = one.moments(&zone);
        assert_eq!(until.since(from), Duration::from_secs(23 * 3_600));
    }

    #[test]
    fn a_span_is_at_least_a_day_and_has_its_order() {
        assert_eq!(Span::last_days(day("2026-03-03"), 30).first, day("2026-02-02"));
        assert_eq!(Span::between(day("2026-03-04"), day("2026-03-03")), None);
        assert_eq!(Span::between(day("1926-03-04"), day("2026-03-03")), None);
        let grain = |days| Span::last_days(day("2026-03-03"), days).grain();
        assert_eq!([grain(1), grain(62), grain(63)], [Grain::Day, Grain::Day, Grain::Week]);
        assert_eq!(grain(401), Grain::Month);
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let zone = TimeZone::UTC;
        let orders = [order("2026-03-03T08:00:00Z", "EUR", 1)];
        let weeks = bars(&orders, Span::last_days(day("2026-03-04"), 90), &zone);
        assert_eq!(weeks.last().unwrap().first, day("2026-03-02"));
        assert_eq!(weeks.last().unwrap().sum.orders, 1);
        let months = bars(&orders, Span::last_days(day("2026-03-04"), 500), &zone);
        assert_eq!(months.last().unwrap().first, day("2026-03-01"));
    }

    #[test]
    fn turnaround_counts_what_has_both_ends() {
        let at = |seconds: i64| Some(Moment::from_unix_ms(seconds * 1_000));
        let spans = (1..=10).map(|nth| (at(0), at(nth))).chain([(at(0), None), (None, at(1))]);
        let told = turnaround(spans).unwrap();
        let seconds = (told.orders, told.median.as_secs(), told.ninth_tenth.as_secs());
        assert_eq!(seconds, (10, 5, 9));
        assert_eq!(turnaround([(at(0), None)].into_iter()), None);
        let one = turnaround([(at(5), at(9))].into_iter()).unwrap();
        assert_eq!((one.median.as_secs(), one.ninth_tenth.as_secs()), (4, 4));
    }

    #[test]
    fn providers_are_summed_without_what_they_refused() {
        let currency = Currency::parse("USD").unwrap();
        let one = |is_refused, price| SubmissionFact {
            provider: "customcat".to_owned(),
            sent_at: Moment::from_unix_ms(0),
            shipped_at: Some(Moment::from_unix_ms(3_600_000)),
            pieces: 2,
            price,
            is_refused,
        };
        let dollars = |minor| Some(Money { minor, currency });
        let submissions = [one(false, dollars(995)), one(false, None), one(true, dollars(500))];
        let sums = by_provider(&submissions);
        let (name, sum) = &sums[0];
        assert_eq!(*name, "customcat");
        assert_eq!((sum.submissions, sum.pieces, sum.refused, sum.unpriced), (3, 4, 1, 1));
        assert_eq!(sum.costs.get("USD"), Some(&995));
        assert_eq!(sum.turnaround.unwrap().median, Duration::from_secs(3_600));
    }
}
