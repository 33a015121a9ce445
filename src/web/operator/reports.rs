//! Reports: what came in, what it was worth, how long it took, what was late.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use jiff::civil::Date;

use super::times::{Time, Times, span as span_words};
use super::words::fulfilment_state;
use super::{Frame, page, times};
use crate::db;
use crate::flow::FlowError;
use crate::model::money::{Currency, Money};
use crate::model::order::State as OrderState;
use crate::model::problem::What;
use crate::model::report::{
    self, Grain, OrderFact, ProductFact, Span, SubmissionFact, Sum, Turnaround, day_of,
};
use crate::model::time::Moment;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

pub mod chart;
pub mod tables;

use chart::{Chart, Figure, chart};

/// Spans that a press chooses.
const SPANS: [(i32, &str); 4] =
    [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "12 months")];
/// The span of whoever chose none.
const DAYS: i32 = 30;
/// Products that are shown; the table as a file holds more.
const PRODUCTS: u32 = 15;
/// Products in the table as a file.
const PRODUCTS_MAX: u32 = 10_000;
/// Late fulfilments that are shown.
const LATE: u32 = 50;

#[derive(Template)]
#[template(path = "operator/reports.html")]
struct ReportsPage {
    frame: Frame,
    spans: Vec<Choice>,
    first: String,
    last: String,
    /// What is wrong with the days that were typed.
    fault: &'static str,
    query: String,
    has_orders: bool,
    tiles: Vec<Tile>,
    charts: Vec<Chart>,
    days: Vec<Vec<String>>,
    day_word: &'static str,
    steps: Vec<StepRow>,
    groups: Vec<Group>,
    products: Vec<Vec<String>>,
    providers: Vec<Vec<String>>,
    holds: Vec<HoldRow>,
    late: Vec<LateRow>,
    failed_jobs: u32,
}

struct Choice {
    label: &'static str,
    href: String,
    is_here: bool,
}

struct Tile {
    label: &'static str,
    value: String,
    beside: String,
}

struct StepRow {
    step: &'static str,
    orders: usize,
    median: String,
    ninth_tenth: String,
}

struct Group {
    title: &'static str,
    rows: Vec<Vec<String>>,
}

struct HoldRow {
    title: &'static str,
    times: u32,
    now: u32,
    href: String,
}

struct LateRow {
    number: String,
    href: String,
    provider: String,
    state: &'static str,
    since: Time,
    deadline: Time,
}

/// What the address asks for.
struct Wanted {
    span: Span,
    fault: &'static str,
    what: String,
}

/// Everything that a report is made of.
struct Facts {
    orders: Vec<OrderFact>,
    before: Vec<OrderFact>,
    submissions: Vec<SubmissionFact>,
    products: Vec<ProductFact>,
    holds: Vec<(String, u32, u32)>,
    late: Vec<db::report::Late>,
}

impl Wanted {
    fn parse(query: &str, today: Date) -> Wanted {
        let mut words: BTreeMap<String, String> = BTreeMap::new();
        words.extend(url::form_urlencoded::parse(query.as_bytes()).into_owned());
        let word = |key: &str| words.get(key).map_or("", |word| word.trim());
        let typed = (word("from"), word("to"));
        let day = |text: &str| text.parse::<Date>().ok();
        let usual = Span::last_days(today, DAYS);
        let (span, fault) = match typed {
            ("", "") => {
                let days = word("days").parse().unwrap_or(DAYS);
                (Span::last_days(today, days.clamp(1, report::DAYS_MAX)), "")
            }
            (from, to) => match (day(from), day(to)) {
                (Some(first), Some(last)) => match Span::between(first, last) {
                    Some(span) => (span, ""),
                    None => (
                        usual,
                        "The first day must not come after the last, nor ten years before it.",
                    ),
                },
                _ => (usual, "Type both days, such as 2026-03-01."),
            },
        };
        let what = match word("what") {
            "" => "orders",
            what => what,
        };
        Wanted { span, fault, what: what.to_owned() }
    }

    fn query(&self) -> String {
        format!("from={}&to={}", self.span.first, self.span.last)
    }
}

fn wanted(site: &Site, query: Option<&str>) -> Wanted {
    let today = day_of(site.now(), &site.settings.zone).unwrap_or_default();
    Wanted::parse(query.unwrap_or(""), today)
}

async fn facts(site: &Site, span: Span, products: u32) -> Result<Facts, FlowError> {
    let (from, until) = span.moments(&site.settings.zone);
    let earlier = from.minus(until.since(from));
    site.ctx
        .read(move |tx| {
            Ok(Facts {
                orders: db::report::orders(tx, from, until)?,
                before: db::report::orders(tx, earlier, from)?,
                submissions: db::report::submissions(tx, from, until)?,
                products: db::report::products(tx, from, until, products)?,
                holds: db::report::holds(tx, from, until)?,
                late: db::report::late(tx, LATE)?,
            })
        })
        .await
}

/// `GET /reports`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let wanted = wanted(&site, query.as_deref());
    let frame = Frame::load(&site, &operator, "reports", "Reports").await?;
    let facts = facts(&site, wanted.span, PRODUCTS).await?;
    page(&reports_page(&site, frame, &wanted, &facts))
}

fn reports_page(site: &Site, frame: Frame, wanted: &Wanted, facts: &Facts) -> ReportsPage {
    let zone = &site.settings.zone;
    let today = day_of(site.now(), zone).unwrap_or_default();
    let bars = report::bars(&facts.orders, wanted.span, zone);
    let grain = wanted.span.grain();
    let spans = SPANS.iter().map(|(days, label)| Choice {
        label,
        href: site.links().to(&format!("/reports?days={days}")),
        is_here: Span::last_days(today, *days) == wanted.span,
    });
    ReportsPage {
        spans: spans.collect(),
        first: wanted.span.first.to_string(),
        last: wanted.span.last.to_string(),
        fault: wanted.fault,
        query: wanted.query(),
        has_orders: !facts.orders.is_empty(),
        tiles: tiles(facts),
        charts: charts(&bars, grain, report::main_currency(&facts.orders)),
        days: bars.iter().rev().map(|bar| bar_cells(bar, grain)).collect(),
        day_word: match grain {
            Grain::Day => "Day",
            Grain::Week => "Week from",
            Grain::Month => "Month",
        },
        steps: steps(&facts.orders),
        groups: groups(&facts.orders),
        products: facts.products.iter().map(product_cells).collect(),
        providers: report::by_provider(&facts.submissions).iter().map(provider_cells).collect(),
        holds: holds(site, &facts.holds),
        late: late(site, &facts.late, &times(site)),
        failed_jobs: frame.failed_jobs,
        frame,
    }
}

fn tiles(facts: &Facts) -> Vec<Tile> {
    let (now, before) = (report::total(&facts.orders), report::total(&facts.before));
    let pieces: u32 =
        facts.submissions.iter().filter(|one| !one.is_refused).map(|one| one.pieces).sum();
    let mut costs = BTreeMap::new();
    for price in facts.submissions.iter().filter(|one| !one.is_refused).filter_map(|one| one.price)
    {
        *costs.entry(price.currency.code().to_owned()).or_insert(0) += price.minor;
    }
    let median = |told: Option<Turnaround>| match told {
        Some(told) => (span_words(told.median), format!("median of {}", orders(told.orders))),
        None => ("–".to_owned(), "none yet".to_owned()),
    };
    let sent = median(to_sent(&facts.orders));
    let left = median(to_left(&facts.orders));
    let tile = |label, value, beside| Tile { label, value, beside };
    vec![
        tile("Orders", now.orders.to_string(), compared(now.orders, before.orders)),
        tile("Value", amounts(&now.values), "without cancelled orders".to_owned()),
        tile("Pieces sent", pieces.to_string(), orders_sent(facts)),
        tile("Providers take", amounts(&costs), "as far as they tell".to_owned()),
        tile("From payment to sent", sent.0, sent.1),
        tile("From payment to parcel", left.0, left.1),
    ]
}

fn orders(count: usize) -> String {
    match count {
        1 => "1 order".to_owned(),
        many => format!("{many} orders"),
    }
}

fn orders_sent(facts: &Facts) -> String {
    let sent = facts.submissions.iter().filter(|one| !one.is_refused).count();
    match sent {
        1 => "in 1 submission".to_owned(),
        many => format!("in {many} submissions"),
    }
}

/// How one figure stands to the one of the span before.
fn compared(now: u32, before: u32) -> String {
    match (now, before) {
        (_, 0) => "none in the time before".to_owned(),
        (now, before) if now == before => "as many as in the time before".to_owned(),
        (now, before) => {
            let change = (f64::from(now) / f64::from(before) - 1.0) * 100.0;
            let word = if 0.0 < change { "more" } else { "fewer" };
            format!("{:.0} % {word} than in the time before", change.abs())
        }
    }
}

fn amounts(values: &BTreeMap<String, i64>) -> String {
    let money = values.iter().filter_map(|(code, minor)| {
        let currency = Currency::parse(code)?;
        Some(Money { minor: *minor, currency }.to_string())
    });
    let words: Vec<String> = money.collect();
    match words.is_empty() {
        true => "–".to_owned(),
        false => words.join(" + "),
    }
}

fn charts(bars: &[report::Bar], grain: Grain, currency: Option<Currency>) -> Vec<Chart> {
    let per = match grain {
        Grain::Day => "per day",
        Grain::Week => "per week",
        Grain::Month => "per month",
    };
    let counts: Vec<Figure> = bars
        .iter()
        .map(|bar| Figure {
            label: label(bar.first, grain),
            value: f64::from(bar.sum.orders),
            words: orders(bar.sum.orders as usize),
        })
        .collect();
    let mut charts = vec![chart(&format!("Orders {per}"), &counts, |value| format!("{value:.0}"))];
    if let Some(currency) = currency {
        let scale = 10_f64.powi(currency.decimals() as i32);
        let values: Vec<Figure> = bars
            .iter()
            .map(|bar| {
                let minor = bar.sum.value(currency.code());
                Figure {
                    label: label(bar.first, grain),
                    value: minor as f64 / scale,
                    words: Money { minor, currency }.to_string(),
                }
            })
            .collect();
        let title = format!("Value {per} in {}", currency.code());
        charts.push(chart(&title, &values, |value| format!("{value:.0}")));
    }
    charts
}

fn label(day: Date, grain: Grain) -> String {
    match grain {
        Grain::Day | Grain::Week => day.strftime("%-d %b").to_string(),
        Grain::Month => day.strftime("%b %Y").to_string(),
    }
}

fn bar_cells(bar: &report::Bar, grain: Grain) -> Vec<String> {
    let day = match grain {
        Grain::Day => bar.first.strftime("%a %-d %b %Y").to_string(),
        Grain::Week => bar.first.strftime("%-d %b %Y").to_string(),
        Grain::Month => bar.first.strftime("%B %Y").to_string(),
    };
    vec![day, bar.sum.orders.to_string(), amounts(&bar.sum.values)]
}

fn to_sent(orders: &[OrderFact]) -> Option<Turnaround> {
    report::turnaround(orders.iter().map(|one| (one.paid_at, one.sent_at)))
}

fn to_left(orders: &[OrderFact]) -> Option<Turnaround> {
    report::turnaround(orders.iter().map(|one| (one.paid_at, one.shipped_at)))
}

fn steps(orders: &[OrderFact]) -> Vec<StepRow> {
    let between = |from: fn(&OrderFact) -> Option<Moment>, to: fn(&OrderFact) -> Option<Moment>| {
        report::turnaround(orders.iter().map(|one| (from(one), to(one))))
    };
    let rows = [
        ("Placed to paid", between(|one| Some(one.placed_at), |one| one.paid_at)),
        ("Paid to first print file", between(|one| one.paid_at, |one| one.drawn_at)),
        ("Print file to sent", between(|one| one.drawn_at, |one| one.sent_at)),
        ("Sent to last parcel", between(|one| one.sent_at, |one| one.shipped_at)),
        ("Paid to last parcel", to_left(orders)),
    ];
    let rows = rows.into_iter().filter_map(|(step, told)| {
        let told = told?;
        Some(StepRow {
            step,
            orders: told.orders,
            median: span_words(told.median),
            ninth_tenth: span_words(told.ninth_tenth),
        })
    });
    rows.collect()
}

fn groups(orders: &[OrderFact]) -> Vec<Group> {
    let cells = |sums: Vec<(&str, Sum)>| -> Vec<Vec<String>> {
        let cells = sums.iter().map(|(name, sum)| {
            vec![(*name).to_owned(), sum.orders.to_string(), amounts(&sum.values)]
        });
        cells.collect()
    };
    let mut states: BTreeMap<&str, u32> = BTreeMap::new();
    for order in orders {
        *states.entry(state_words(order.state)).or_default() += 1;
    }
    let states = states.iter().map(|(state, count)| {
        let mine = orders.iter().filter(|order| state_words(order.state) == *state);
        let mut values = BTreeMap::new();
        for order in mine {
            *values.entry(order.total.currency.code().to_owned()).or_insert(0) += order.total.minor;
        }
        vec![(*state).to_owned(), count.to_string(), amounts(&values)]
    });
    vec![
        Group { title: "By source", rows: cells(report::by(orders, |one| &one.source)) },
        Group { title: "By state", rows: states.collect() },
        Group { title: "By country", rows: cells(report::by(orders, |one| &one.country)) },
    ]
}

fn state_words(state: OrderState) -> &'static str {
    match state {
        OrderState::AwaitingPayment => "Not paid",
        OrderState::Open => "In progress",
        OrderState::Closed => "Done",
        OrderState::Cancelled => "Cancelled",
    }
}

fn product_cells(one: &ProductFact) -> Vec<String> {
    let (orders, pieces) = (one.orders.to_string(), one.pieces.to_string());
    vec![one.name.clone(), one.sku.clone(), orders, pieces, one.value.to_string()]
}

fn provider_cells((name, sum): &(&str, report::ProviderSum)) -> Vec<String> {
    let took = sum.turnaround.map_or("–".to_owned(), |told| span_words(told.median));
    let cost = match sum.unpriced {
        0 => amounts(&sum.costs),
        some if sum.costs.is_empty() => format!("not told for {some}"),
        some => format!("{}, not told for {some}", amounts(&sum.costs)),
    };
    let counts = [sum.submissions, sum.pieces, sum.refused].map(|count| count.to_string());
    let [submissions, pieces, refused] = counts;
    vec![(*name).to_owned(), submissions, pieces, refused, cost, took]
}

fn holds(site: &Site, holds: &[(String, u32, u32)]) -> Vec<HoldRow> {
    let rows = holds.iter().map(|(code, times, now)| HoldRow {
        title: What::from_code(code)
            .map_or("Something that this version does not know", |what| what.title()),
        times: *times,
        now: *now,
        href: site.links().to(&format!("/?view=all&problem={code}")),
    });
    rows.collect()
}

fn late(site: &Site, late: &[db::report::Late], times: &Times) -> Vec<LateRow> {
    let rows = late.iter().map(|one| LateRow {
        number: one.number.clone(),
        href: site.links().order(&one.order),
        provider: one.provider.clone(),
        state: fulfilment_state(&one.state),
        since: times.at(one.since),
        deadline: times.at(one.deadline_at),
    });
    rows.collect()
}
