//! Bars as a picture: drawn from the figures, with a table of the same figures beside it.
//!
//! The picture stretches with its place; words stand beside it as text of the page, so that they keep
//! their size on a telephone.

/// Height of the picture in its own units.
const HEIGHT: f64 = 100.0;
/// Width of one bar's place in its own units.
const PLACE: f64 = 10.0;
/// What of its place a bar fills.
const FILLED: f64 = 0.72;

/// One chart.
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The same in a sentence, for those who do not see it.
    pub summary: String,
    /// Width of the picture.
    pub width: String,
    /// What the top of the picture stands for.
    pub top: String,
    /// What its middle stands for.
    pub middle: String,
    /// The bars, left to right.
    pub bars: Vec<ChartBar>,
    /// Words below the first, middle and last bar.
    pub below: Vec<String>,
}

/// One bar.
pub struct ChartBar {
    /// Its left edge.
    pub x: String,
    /// Its upper edge.
    pub y: String,
    /// Its width.
    pub width: String,
    /// Its height.
    pub height: String,
    /// What it says when the pointer rests on it.
    pub words: String,
}

/// One figure of a chart.
pub struct Figure {
    /// Which day, week or month.
    pub label: String,
    /// How much.
    pub value: f64,
    /// The same in words.
    pub words: String,
}

/// A chart of these figures; `scale` writes what stands beside it.
pub fn chart(title: &str, figures: &[Figure], scale: impl Fn(f64) -> String) -> Chart {
    let most = figures.iter().map(|one| one.value).fold(0.0, f64::max);
    let top = round_up(most);
    let bars = figures.iter().enumerate().map(|(nth, one)| {
        let height = if top <= 0.0 { 0.0 } else { one.value.max(0.0) / top * HEIGHT };
        // A day with little is told from one with nothing.
        let height = if 0.0 < one.value { height.max(1.2) } else { 0.0 };
        ChartBar {
            x: number(nth as f64 * PLACE + PLACE * (1.0 - FILLED) / 2.0),
            y: number(HEIGHT - height),
            width: number(PLACE * FILLED),
            height: number(height),
            words: format!("{}: {}", one.label, one.words),
        }
    });
    let best = figures.iter().filter(|one| 0.0 < one.value);
    let best = best.max_by(|one, other| one.value.total_cmp(&other.value));
    let label = |nth: usize| figures.get(nth).map(|one| one.label.clone()).unwrap_or_default();
    let below = match figures.len() {
        0 => Vec::new(),
        1 => vec![label(0)],
        2 => vec![label(0), label(1)],
        many => vec![label(0), label(many / 2), label(many - 1)],
    };
    Chart {
        title: title.to_owned(),
        summary: match best {
            Some(best) => format!("{title}; the most, {}, on {}", best.words, best.label),
            None => format!("{title}: none"),
        },
        width: number(figures.len().max(1) as f64 * PLACE),
        top: scale(top),
        middle: scale(top / 2.0),
        bars: bars.collect(),
        below,
    }
}

/// The next of 1, 2, 5, 10, 20, 50 …, at least 2: whole figures stand beside the chart.
fn round_up(most: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for times in [2.0, 5.0, 10.0] {
            if most <= step * times {
                return step * times;
            }
        }
        step *= 10.0;
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_reaches_to_a_round_figure() {
        let tops = [0.0, 1.0, 3.0, 6.0, 12.0, 51.0, 1_001.0].map(round_up);
        assert_eq!(tops, [2.0, 2.0, 5.0, 10.0, 20.0, 100.0, 2_000.0]);
    }

    #[test]
    fn bars_stand_in_the_order_of_their_days() {
        let figure = |label: &str, value| Figure {
            label: label.to_owned(),
            value,
            words: format!("{value} orders"),
        };
        let figures = [figure("1 Mar", 0.0), figure("2 Mar", 5.0), figure("3 Mar", 10.0)];
        let chart = chart("Orders per day", &figures, |value| format!("{value}"));
        let bars: Vec<_> = chart.bars.iter().map(|bar| (&*bar.x, &*bar.y, &*bar.height)).collect();
        assert_eq!(bars, [("1.4", "100", "0"), ("11.4", "50", "50"), ("21.4", "0", "100")]);
        assert_eq!((&*chart.top, &*chart.middle, &*chart.width), ("10", "5", "30"));
        assert_eq!(chart.summary, "Orders per day; the most, 10 orders, on 3 Mar");
        assert_eq!(chart.below, ["1 Mar", "2 Mar", "3 Mar"]);
        assert_eq!(super::chart("Orders", &[], |_| String::new()).summary, "Orders: none");
    }
}
