//! What a call that spends can have done: one table (reliability R32), by what can have happened.

use super::{Answer, Observed};

/// What an adapter reads in an answer's own document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<Y, N> {
    /// Yes, with its number and a matching echo.
    Yes(Y),
    /// No, in the service's own error document.
    No(N),
    /// That it has this already.
    Already(String),
    /// Nothing that can be read: a page, a cut-off document, one without a number.
    Nothing(String),
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning<Y, N> {
    /// A clear yes.
    Yes(Y),
    /// A definite refusal.
    Refused(N),
    /// Surely not done: try again later.
    NotSent {
        /// What was seen.
        reason: String,
        /// The service's own wish, in seconds.
        retry_after_s: Option<u32>,
    },
    /// It may have been done: look it up before anything is sent again.
    Unknown {
        /// What was seen.
        reason: String,
    },
}

/// Classifies what was observed. `read` reads the document; the status decides what that counts.
pub fn meaning<Y, N>(
    observed: Observed,
    read: impl FnOnce(&Answer) -> Told<Y, N>,
) -> Meaning<Y, N> {
    let answer = match observed {
        Observed::NotSent { reason, retry_after_s } => {
            return Meaning::NotSent { reason, retry_after_s };
        }
        Observed::Lost { reason } => return Meaning::Unknown { reason },
        Observed::TooLarge { limit_bytes } => {
            let reason = format!("the answer is larger than {limit_bytes} bytes");
            return Meaning::Unknown { reason };
        }
        Observed::Answer(answer) => answer,
    };
    let words = answer.in_words();
    if answer.status == 429 {
        return Meaning::NotSent { reason: words, retry_after_s: answer.retry_after_s() };
    }
    let unknown = |detail: &str| Meaning::Unknown {
        reason: match detail.is_empty() {
            true => words.clone(),
            false => format!("{words}: {detail}"),
        },
    };
    match (answer.status, read(&answer)) {
        (200..=299, Told::Yes(yes)) => Meaning::Yes(yes),
        (400..=499, Told::Already(said)) | (409, Told::Nothing(said)) => unknown(&said),
        // 408 and 425 speak of the connection, 409 of an order that may be ours.
        (408 | 409 | 425, _) => unknown(""),
        (400..=499, Told::No(no)) => Meaning::Refused(no),
        (_, Told::Already(said) | Told::Nothing(said)) => unknown(&said),
        (_, Told::Yes(_) | Told::No(_)) => unknown(""),
    }
}
