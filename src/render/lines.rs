//! Where a text may be broken, and which breaks are taken.
//!
//! Places come from the line breaking rules of Unicode (UAX 14), with dictionaries for scripts that put
//! no spaces between words.

use icu_segmenter::LineSegmenter;
use icu_segmenter::options::LineBreakOptions;

/// A part of a text that is not broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its words without the spaces behind them.
    pub words: String,
    /// Whether spaces stood behind it.
    pub has_space: bool,
    /// Whether a line break was typed behind it.
    pub is_end: bool,
}

/// Longer texts are not broken: they are no words on a product.
const PIECES_MAX: usize = 200;

/// The parts of a text; nothing where it has too many.
pub fn pieces(text: &str) -> Vec<Piece> {
    let segmenter = LineSegmenter::new_auto(LineBreakOptions::default());
    let mut pieces = Vec::new();
    for line in text.split('\n') {
        let mut start = 0;
        for end in segmenter.segment_str(line).filter(|end| 0 < *end) {
            let part = &line[start..end];
            let words = part.trim_end();
            if !words.trim().is_empty() {
                let has_space = words.len() < part.len();
                pieces.push(Piece { words: words.to_owned(), has_space, is_end: false });
            }
            start = end;
        }
        if let Some(last) = pieces.last_mut() {
            last.is_end = true;
        }
    }
    if PIECES_MAX < pieces.len() { Vec::new() } else { pieces }
}

/// Pieces with their widths, in any unit.
#[derive(Debug, Clone)]
pub struct Measured {
    pieces: Vec<Piece>,
    /// Where each piece begins if all stood in one line; one more for the end.
    starts: Vec<f32>,
    space: f32,
}

/// Broken lines, and the width of the widest.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// The lines.
    pub lines: Vec<String>,
    /// The width of the widest.
    pub width: f32,
}

/// The widest line, the sum of the squares of all widths, and where the last line begins.
type Best = Option<(f32, f32, usize)>;

impl Measured {
    /// Pieces whose widths are these, and the width of a space.
    pub fn new(pieces: Vec<Piece>, widths: &[f32], space: f32) -> Measured {
        let mut starts = vec![0.0];
        for (piece, width) in pieces.iter().zip(widths) {
            let before = starts.last().copied().unwrap_or(0.0);
            starts.push(before + width + if piece.has_space { space } else { 0.0 });
        }
        Measured { pieces, starts, space }
    }

    fn width(&self, first: usize, end: usize) -> f32 {
        let trailing = if self.pieces[end - 1].has_space { self.space } else { 0.0 };
        self.starts[end] - self.starts[first] - trailing
    }

    /// Whether these pieces may stand in one line.
    fn is_line(&self, first: usize, end: usize) -> bool {
        self.pieces[first..end - 1].iter().all(|piece| !piece.is_end)
    }

    /// How many lines it has at least, as it was typed.
    pub fn lines_min(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.is_end).count().max(1)
    }

    /// So many lines whose widest is as narrow as can be; `None` where there are not so many pieces.
    /// Among those the lines are alike in width.
    pub fn balanced(&self, count: usize) -> Option<Broken> {
        let total = self.pieces.len();
        if count < self.lines_min() || total < count {
            return None;
        }
        // By the end of the last line: the widest line and the sum of squares so far, and where the last
        // line begins; one row for each number of lines.
        let mut rows: Vec<Vec<Best>> = vec![vec![None; total + 1]];
        rows[0][0] = Some((0.0, 0.0, 0));
        for row in 1..=count {
            let next = (0..=total).map(|end| self.best_end(&rows[row - 1], end));
            let next = next.collect();
            rows.push(next);
        }
        let (width, ..) = rows[count][total]?;
        let (mut ends, mut end) = (Vec::new(), total);
        for row in (1..=count).rev() {
            let (_, _, first) = rows[row][end]?;
            ends.push((first, end));
            end = first;
        }
        let lines = ends.iter().rev().map(|(first, end)| self.line(*first, *end)).collect();
        Some(Broken { lines, width })
    }

    /// The best way to end a line here, given the best ways to end the line before.
    fn best_end(&self, before: &[Best], end: usize) -> Best {
        let mut best: Best = None;
        for (first, known) in before.iter().enumerate().take(end) {
            let Some((widest, squares, _)) = known else { continue };
            if !self.is_line(first, end) {
                continue;
            }
            let width = self.width(first, end);
            let found = (widest.max(width), squares + width * width);
            if best.is_none_or(|(widest, squares, _)| found < (widest, squares)) {
                best = Some((found.0, found.1, first));
            }
        }
        best
    }

    /// Lines that take as many pieces as go into this width.
    pub fn filled(&self, width_max: f32) -> Broken {
        let (mut lines, mut widest, mut first) = (Vec::new(), 0.0_f32, 0);
        while first < self.pieces.len() {
            let goes = |end: usize| {
                self.is_line(first, end) && self.width(first, end) <= width_max * 1.0001
            };
            let end = (first + 1..=self.pieces.len()).rev().find(|end| goes(*end));
            let end = end.unwrap_or(first + 1);
            widest = widest.max(self.width(first, end));
            lines.push(self.line(first, end));
            first = end;
        }
        Broken { lines, width: widest }
    }

    fn line(&self, first: usize, end: usize) -> String {
        let mut line = String::new();
        for (nth, piece) in self.pieces[first..end].iter().enumerate() {
            line.push_str(&piece.words);
            if piece.has_space && first + nth + 1 < end {
                line.push(' ');
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character is one wide.
    fn measured(text: &str) -> Measured {
        let pieces = pieces(text);
        let widths: Vec<f32> =
            pieces.iter().map(|piece| piece.words.chars().count() as f32).collect();
        Measured::new(pieces, &widths, 1.0)
    }

    #[test]
    fn lines_are_alike_in_width() {
        let text = measured("forever in my heart and home");
        let broken = text.balanced(2).unwrap();
        assert_eq!(
            broken,
            Broken { lines: vec!["forever in my".into(), "heart and home".into()], width: 14.0 }
        );
        assert_eq!(text.balanced(3).unwrap().lines, ["forever in", "my heart", "and home"]);
        assert_eq!(text.balanced(1).unwrap().lines, ["forever in my heart and home"]);
        assert_eq!(text.balanced(7), None, "there are six words");
        assert_eq!(text.filled(16.0).lines, ["forever in my", "heart and home"]);
        assert_eq!(text.filled(20.0).lines, ["forever in my heart", "and home"]);
        assert_eq!(text.filled(2.0).lines.len(), 6, "a word is never broken");
    }

    #[test]
    fn what_was_typed_as_a_break_stays_one() {
        let text = measured("Anna and\nBela & Co");
        assert_eq!(text.lines_min(), 2);
        assert_eq!(text.balanced(1), None);
        assert_eq!(text.balanced(2).unwrap().lines, ["Anna and", "Bela & Co"]);
        assert_eq!(text.balanced(3).unwrap().lines, ["Anna and", "Bela", "& Co"]);
        assert_eq!(text.filled(100.0).lines, ["Anna and", "Bela & Co"]);
    }

    #[test]
    fn every_script_is_broken_by_its_own_rules() {
        let words = |text: &str| -> Vec<String> {
            pieces(text).into_iter().map(|piece| piece.words).collect()
        };
        assert_eq!(words("well-known words"), ["well-", "known", "words"]);
        assert_eq!(words("永遠の愛"), ["永", "遠", "の", "愛"]);
        // Thai puts no spaces between words: a dictionary knows them.
        assert_eq!(words("สวัสดีชาวโลก"), ["สวัสดี", "ชาว", "โลก"]);
        assert_eq!(words(""), Vec::<String>::new());
    }
}
