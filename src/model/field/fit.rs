//! How a text meets its place: smaller, larger, in more lines, and where it stands there.

/// How a text meets its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// What is done where it is too wide or has room left.
    pub way: FitWay,
    /// Smallest size, in points of the print.
    pub min_pt: f32,
    /// Largest size of a text that grows, in points of the print; as large as its place if not set.
    pub max_pt: Option<f32>,
    /// Most lines that it is broken into, besides the breaks that were typed; 1 breaks nothing.
    pub lines_max: u32,
    /// From one line to the next, in sizes of its letters.
    pub line_height: f32,
    /// Whether its lines are made alike in width; else each takes as many words as go in.
    pub is_balanced: bool,
    /// How much the space between letters may shrink before the letters do, in sizes of its letters.
    pub tighten: f32,
    /// Where it stands from left to right in its place; as drawn if not set.
    pub across: Option<Across>,
    /// Where it stands from top to bottom in its place; as drawn if not set.
    pub down: Option<Down>,
    /// Texts of an area with the same word here get the size of the smallest of them.
    pub same_size: Option<String>,
}

/// What is done with a text that is too wide, or has room left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitWay {
    /// As drawn; too wide is a problem.
    Keep,
    /// As drawn, smaller where it is too wide; in more lines only once it would be too small.
    Shrink,
    /// In more lines first, and smaller where these are not enough.
    Wrap,
    /// As large as its place.
    Grow,
}

/// Where something stands from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    /// At the left.
    Left,
    /// In the middle.
    Centre,
    /// At the right.
    Right,
}

/// Where something stands from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// At the top.
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
}

/// Smallest size of a text where none is given, in points.
pub const MIN_PT: f32 = 6.0;
/// From one line to the next where nothing is given, in sizes of the letters.
pub const LINE_HEIGHT: f32 = 1.2;
/// Most lines of a text that is wrapped where nothing is given.
pub const WRAPPED_LINES: u32 = 3;
/// More lines than this are no text of a print.
pub const LINES_MAX: u32 = 20;

impl Fit {
    /// A way with everything else as it is where `design.toml` says nothing.
    pub fn new(way: FitWay) -> Fit {
        Fit {
            way,
            min_pt: MIN_PT,
            max_pt: None,
            lines_max: if way == FitWay::Wrap { WRAPPED_LINES } else { 1 },
            line_height: LINE_HEIGHT,
            is_balanced: true,
            tighten: 0.0,
            across: None,
            down: None,
            same_size: None,
        }
    }

    /// How many of the possible numbers of lines is taken: `factors[n]` is by what a text in `n + 1`
    /// lines fits, and `size_pt` its size as drawn. Fewer lines win where both will do.
    pub fn lines(&self, factors: &[f32], size_pt: f32) -> usize {
        let is_enough = |factor: f32| match self.way {
            FitWay::Keep | FitWay::Wrap => 1.0 <= factor,
            FitWay::Shrink => self.min_pt <= factor.min(1.0) * size_pt,
            FitWay::Grow => self.max_pt.is_some_and(|max| max <= factor * size_pt),
        };
        let enough = factors.iter().position(|factor| is_enough(*factor));
        enough.unwrap_or_else(|| {
            let largest = factors.iter().copied().fold(0.0, f32::max);
            factors.iter().position(|factor| *factor == largest).unwrap_or(0)
        })
    }

    /// By what a text is scaled that would fit its place at `factor`.
    pub fn scale(&self, factor: f32, size_pt: f32) -> f32 {
        match self.way {
            FitWay::Grow => {
                let most = self.max_pt.map_or(f32::INFINITY, |max| max / size_pt);
                factor.min(most)
            }
            FitWay::Keep | FitWay::Shrink | FitWay::Wrap => factor.min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(way: FitWay) -> Fit {
        Fit { min_pt: 10.0, max_pt: Some(60.0), lines_max: 3, ..Fit::new(way) }
    }

    #[test]
    fn each_way_takes_its_own_number_of_lines() {
        let check = |way, factors: &[f32], expected| {
            assert_eq!(fit(way).lines(factors, 20.0), expected, "{way:?} {factors:?}");
        };
        // At 20 pt as drawn and 10 pt at least, half its size is small enough.
        check(FitWay::Shrink, &[0.6, 1.2, 0.8], 0);
        check(FitWay::Shrink, &[0.3, 0.7, 0.8], 1);
        check(FitWay::Shrink, &[0.1, 0.3, 0.2], 1);
        check(FitWay::Wrap, &[0.6, 1.2, 0.8], 1);
        check(FitWay::Wrap, &[1.0, 1.2, 0.8], 0);
        check(FitWay::Wrap, &[0.3, 0.6, 0.9], 2);
        check(FitWay::Keep, &[0.9, 1.1], 1);
        // It may grow to 60 pt, three times its size: the first that gets there.
        check(FitWay::Grow, &[1.0, 2.0, 1.5], 1);
        check(FitWay::Grow, &[3.5, 4.0], 0);
        check(FitWay::Shrink, &[], 0);
    }

    #[test]
    fn only_what_grows_is_made_larger() {
        assert_eq!(fit(FitWay::Shrink).scale(2.0, 20.0), 1.0);
        assert_eq!(fit(FitWay::Wrap).scale(0.5, 20.0), 0.5);
        assert_eq!(fit(FitWay::Grow).scale(2.0, 20.0), 2.0);
        assert_eq!(fit(FitWay::Grow).scale(5.0, 20.0), 3.0);
        assert_eq!(Fit { max_pt: None, ..fit(FitWay::Grow) }.scale(5.0, 20.0), 5.0);
    }
}
