//! Two texts compared word by word, for people who check one against the other.
//!
//! Capitals and lower case count as the same word: a design may write in capitals what a customer did
//! not. Accents count: they are where mistakes hide.

/// One word, or the words between two differences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The words, as they are written in the text they come from.
    pub words: String,
    /// Where they stand.
    pub side: Side,
}

/// Where words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In both texts.
    Both,
    /// In the first alone.
    First,
    /// In the second alone.
    Second,
}

/// Most words of one text that are compared; longer texts are told apart as a whole.
const WORDS_MAX: usize = 400;

/// The words of two texts in one row: those of both once, the others marked. What both have is written
/// as the second text writes it.
pub fn compare(first: &str, second: &str) -> Vec<Part> {
    let (a, b) = (words(first), words(second));
    let mut parts = Vec::new();
    if WORDS_MAX < a.len() || WORDS_MAX < b.len() {
        let is_same = folded(first) == folded(second);
        return match is_same {
            true => vec![Part { words: second.to_owned(), side: Side::Both }],
            false => vec![
                Part { words: first.to_owned(), side: Side::First },
                Part { words: second.to_owned(), side: Side::Second },
            ],
        };
    }
    let lengths = common_lengths(&a, &b);
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let is_same = i < a.len() && j < b.len() && folded(a[i]) == folded(b[j]);
        if is_same {
            push(&mut parts, b[j], Side::Both);
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || lengths[i][j + 1] <= lengths[i + 1][j]) {
            push(&mut parts, a[i], Side::First);
            i += 1;
        } else {
            push(&mut parts, b[j], Side::Second);
            j += 1;
        }
    }
    parts
}

/// Whether two texts have the same words in the same order.
pub fn is_same(first: &str, second: &str) -> bool {
    words(first).into_iter().map(folded).eq(words(second).into_iter().map(folded))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn folded(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    word.nfc().flat_map(char::to_lowercase).collect()
}

/// For each pair of places how many words the rests have in common.
fn common_lengths(a: &[&str], b: &[&str]) -> Vec<Vec<usize>> {
    let (a, b): (Vec<_>, Vec<_>) =
        (a.iter().map(|word| folded(word)).collect(), b.iter().map(|word| folded(word)).collect());
    let mut lengths = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] = match a[i] == b[j] {
                true => lengths[i + 1][j + 1] + 1,
                false => lengths[i + 1][j].max(lengths[i][j + 1]),
            };
        }
    }
    lengths
}

fn push(parts: &mut Vec<Part>, word: &str, side: Side) {
    match parts.last_mut() {
        Some(last) if last.side == side => {
            last.words.push(' ');
            last.words.push_str(word);
        }
        _ => parts.push(Part { words: word.to_owned(), side }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_word_by_word() {
        let check = |first, second, expected: &str| {
            let parts = compare(first, second);
            let shown = parts.iter().map(|part| match part.side {
                Side::Both => part.words.clone(),
                Side::First => format!("[-{}]", part.words),
                Side::Second => format!("[+{}]", part.words),
            });
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected);
        };
        check("Best Dog Ever", "BEST DOG EVER", "BEST DOG EVER");
        check("Zoë and Max", "Zoe and Max", "[-Zoë] [+Zoe] and Max");
        check("To my love", "To my dear love", "To my [+dear] love");
        check("one two three", "three", "[-one two] three");
        check("", "new", "[+new]");
        check("  a\n b ", "a b", "a b");
        check("", "", "");
    }

    #[test]
    fn a_very_long_text_is_compared_as_a_whole() {
        let long = "word ".repeat(WORDS_MAX + 1);
        assert_eq!(compare(&long, &long).len(), 1);
        assert_eq!(compare(&long, "other").len(), 2);
    }
}
