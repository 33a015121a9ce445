//! An item: one unit of work, a line or one copy of it. Its state is the first of its steps not done.
//!
//! An item is rows of facts. An amendment makes a new revision, and facts about older revisions
//! stop counting; so an edit can never skip a review, and nothing half-filled is rendered for print.

use super::id::{Hash, ItemId, LineId, ProviderId};
use super::time::Moment;
use super::value::Values;

/// More copies of one line than this are no items of their own: each is drawn, looked at and sent
/// by itself, and a quantity of thousands is a slip of the hand, or goods that are all alike.
pub const COPIES_MAX: u32 = 100;

/// One of the things an item waits for; its list is pinned when the order arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Values and pictures that are still missing.
    Input,
    /// Staff looks at what was given.
    Review,
    /// The print files.
    Artwork,
    /// Quality control.
    Check,
    /// The customer's yes.
    Proof,
}

/// What an item waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing: refunded or cancelled.
    Dropped,
    /// A required piece is missing or was rejected.
    AwaitingInput,
    /// A given piece is not judged yet.
    AwaitingReview,
    /// This revision has no artwork for every area yet.
    Making,
    /// This revision is not passed by quality control.
    AwaitingCheck,
    /// This revision is not approved by the customer.
    AwaitingApproval,
    /// Nothing is missing.
    Ready,
}

/// Everything known of an item that its state is computed from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// When it was refunded or cancelled.
    pub dropped_at: Option<Moment>,
    /// The revision that counts.
    pub revision: u32,
    /// The areas that its design prints.
    pub areas: Vec<String>,
    /// What was asked of the customer.
    pub pieces: Vec<Piece>,
    /// The print files of every revision.
    pub print_files: Vec<PrintFile>,
    /// Seals of what quality control passed.
    pub passed: Vec<Hash>,
    /// Seals of what the customer approved.
    pub approved: Vec<Hash>,
}

/// One file or text asked of the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The field it fills.
    pub field: String,
    /// The revision it was last given in.
    pub given: Option<u32>,
    /// What a reviewer said of what was given.
    pub verdict: Option<Verdict>,
}

/// What a reviewer said of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can be printed.
    Accepted,
    /// It cannot; the notes say why.
    Rejected {
        /// Word for word what the customer reads.
        notes: String,
    },
    /// It is printed as it is, because the customer insists.
    Waived,
}

/// The bytes of one revision for one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintFile {
    /// The revision it shows.
    pub revision: u32,
    /// The area.
    pub area: String,
    /// The bytes.
    pub hash: Hash,
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
    /// Resolution written into the file.
    pub dpi: u32,
    /// `png`, `jpg`, `tif`, `pdf` or `svg`.
    pub extension: String,
    /// The small picture people look at.
    pub preview: Option<Hash>,
    /// A picture of the finished product that shows this area, a JPEG.
    pub mockup: Option<Hash>,
}

impl PrintFile {
    /// The picture that people are shown of it: the small one, or else the file, if it is a picture that
    /// a browser shows.
    pub fn shown(&self) -> Option<&Hash> {
        self.preview.as_ref().or(self.full())
    }

    /// The file itself, if it is a picture that a browser shows.
    pub fn full(&self) -> Option<&Hash> {
        matches!(self.extension.as_str(), "png" | "jpg").then_some(&self.hash)
    }
}

/// One item of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Its line.
    pub line: LineId,
    /// 0 for a whole line, else which copy, from 1.
    pub copy: u32,
    /// Pieces to be made.
    pub quantity: u32,
    /// Pieces ordered again by a person.
    pub reprints: u32,
    /// What it waits for, in order.
    pub steps: Vec<Step>,
    /// The stored state, recomputed with each fact.
    pub state: State,
    /// Where it is made.
    pub provider: ProviderId,
    /// The provider's variant.
    pub provider_sku: String,
    /// Its product's own submit delay in seconds.
    pub delay_s: Option<u32>,
    /// The version of the design it was placed with, or was given since.
    pub design: Hash,
    /// What fills the design's fields in the revision that counts.
    pub values: Values,
    /// Everything its state is computed from.
    pub facts: Facts,
}

impl Facts {
    /// Whether every area of this revision has its print file.
    pub fn has_artwork(&self, revision: u32) -> bool {
        !self.areas.is_empty()
            && self.areas.iter().all(|area| {
                self.print_files.iter().any(|file| file.revision == revision && file.area == *area)
            })
    }

    /// The seal of a revision: a hash of its number and of the bytes of each of its print files, so that
    /// a yes counts for these bytes alone. Drawn again to other bytes, it is another seal.
    pub fn seal(&self, revision: u32) -> Hash {
        let mut text = format!("revision {revision}\n");
        let mut files: Vec<&PrintFile> = self.files_of(revision).collect();
        files.sort_by(|a, b| a.area.cmp(&b.area));
        for file in files {
            text += &format!("{} {}\n", file.area, file.hash);
        }
        Hash::of(text.as_bytes())
    }

    fn is_sealed(&self, seals: &[Hash]) -> bool {
        !seals.is_empty() && seals.contains(&self.seal(self.revision))
    }

    /// Whether the customer's yes counts for what is drawn.
    pub fn is_approved(&self) -> bool {
        self.is_sealed(&self.approved)
    }

    /// The print files of this revision.
    pub fn files_of(&self, revision: u32) -> impl Iterator<Item = &PrintFile> {
        self.print_files.iter().filter(move |file| file.revision == revision)
    }
}

impl Piece {
    /// Whether the customer must still give it, or give it again.
    pub fn is_owed(&self) -> bool {
        self.given.is_none() || matches!(self.verdict, Some(Verdict::Rejected { .. }))
    }

    /// Whether it was given and nobody has said anything of it.
    pub fn is_unjudged(&self) -> bool {
        self.given.is_some() && self.verdict.is_none()
    }
}

/// What the item waits for: the first of its steps that is not done for the present revision.
pub fn state(steps: &[Step], facts: &Facts) -> State {
    if facts.dropped_at.is_some() {
        return State::Dropped;
    }
    for step in steps {
        let waiting = match step {
            Step::Input if facts.pieces.iter().any(Piece::is_owed) => State::AwaitingInput,
            Step::Review if facts.pieces.iter().any(Piece::is_unjudged) => State::AwaitingReview,
            Step::Artwork if !facts.has_artwork(facts.revision) => State::Making,
            Step::Check if !facts.is_sealed(&facts.passed) => State::AwaitingCheck,
            Step::Proof if !facts.is_approved() => State::AwaitingApproval,
            Step::Input | Step::Review | Step::Artwork | Step::Check | Step::Proof => continue,
        };
        return waiting;
    }
    State::Ready
}

impl Step {
    /// Every step, in the order in which they are walked.
    pub const ALL: [Step; 5] = [Step::Input, Step::Review, Step::Artwork, Step::Check, Step::Proof];

    /// The word it is written as.
    pub fn name(self) -> &'static str {
        match self {
            Step::Input => "input",
            Step::Review => "review",
            Step::Artwork => "artwork",
            Step::Check => "check",
            Step::Proof => "proof",
        }
    }

    /// Reads `input,review,artwork`; the order of the flow is kept whatever is written.
    pub fn parse_list(text: &str) -> Result<Vec<Step>, String> {
        let mut wanted = Vec::new();
        for word in text.split([',', ' ', ';']).map(str::trim).filter(|word| !word.is_empty()) {
            match Step::ALL.iter().find(|step| step.name() == word) {
                Some(step) => wanted.push(*step),
                None => {
                    return Err(format!(
                        "“{word}” is no step; steps are input, review, artwork, check, proof"
                    ));
                }
            }
        }
        if !wanted.contains(&Step::Artwork) {
            return Err("the steps must contain artwork".to_owned());
        }
        Ok(Step::ALL.into_iter().filter(|step| wanted.contains(step)).collect())
    }

    /// Writes a list as [`Step::parse_list`] reads it.
    pub fn write_list(steps: &[Step]) -> String {
        steps.iter().map(|step| step.name()).collect::<Vec<_>>().join(",")
    }
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Dropped,
        State::AwaitingInput,
        State::AwaitingReview,
        State::Making,
        State::AwaitingCheck,
        State::AwaitingApproval,
        State::Ready,
    ];

    /// The word it is stored under.
    pub fn name(self) -> &'static str {
        match self {
            State::Dropped => "dropped",
            State::AwaitingInput => "awaiting_input",
            State::AwaitingReview => "awaiting_review",
            State::Making => "making",
            State::AwaitingCheck => "awaiting_check",
            State::AwaitingApproval => "awaiting_approval",
            State::Ready => "ready",
        }
    }

    /// The state stored under this word.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: &str = "front";

    fn facts_at(stage: usize) -> Facts {
        let piece = |given, verdict| Piece { field: "photo".to_owned(), given, verdict };
        let file = PrintFile {
            revision: 2,
            area: AREA.to_owned(),
            hash: Hash::of(b"x"),
            width_px: 1,
            height_px: 1,
            dpi: 300,
            extension: "png".to_owned(),
            preview: None,
            mockup: None,
        };
        let mut facts = Facts { revision: 2, areas: vec![AREA.to_owned()], ..Facts::default() };
        facts.pieces = vec![match stage {
            0 => piece(None, None),
            1 => piece(Some(1), Some(Verdict::Rejected { notes: "too dark".to_owned() })),
            2 => piece(Some(2), None),
            _ => piece(Some(2), Some(Verdict::Accepted)),
        }];
        if 4 <= stage {
            facts.print_files.push(file);
        }
        if 5 <= stage {
            facts.passed.push(facts.seal(2));
        }
        if 6 <= stage {
            facts.approved.push(facts.seal(2));
        }
        facts
    }

    #[test]
    fn a_yes_counts_for_the_bytes_that_were_looked_at() {
        let steps = [Step::Artwork, Step::Check, Step::Proof];
        let mut facts = facts_at(6);
        assert_eq!(state(&steps, &facts), State::Ready);
        facts.print_files[0].hash = Hash::of(b"drawn again");
        assert_eq!(state(&steps, &facts), State::AwaitingCheck);
        facts.print_files[0].hash = Hash::of(b"x");
        assert_eq!(state(&steps, &facts), State::Ready);
    }

    const STAGES: [&str; 7] =
        ["nothing given", "rejected", "given", "accepted", "artwork", "passed", "approved"];

    /// Every list of steps with every stage of facts, printed as a table and compared with the
    /// written-out rule: the first step that is not done.
    #[test]
    fn the_matrix_of_steps_and_facts() {
        let mut table = String::new();
        for bits in 0_u32..32 {
            let steps: Vec<Step> = Step::ALL
                .into_iter()
                .enumerate()
                .filter(|(place, _)| bits & (1 << place) != 0)
                .map(|(_, step)| step)
                .collect();
            for (stage, name) in STAGES.iter().enumerate() {
                let is_done = |step: &Step| match step {
                    Step::Input => 2 <= stage,
                    Step::Review => stage != 2,
                    Step::Artwork => 4 <= stage,
                    Step::Check => 5 <= stage,
                    Step::Proof => 6 <= stage,
                };
                let expected = match steps.iter().find(|step| !is_done(step)) {
                    None => State::Ready,
                    Some(Step::Input) => State::AwaitingInput,
                    Some(Step::Review) => State::AwaitingReview,
                    Some(Step::Artwork) => State::Making,
                    Some(Step::Check) => State::AwaitingCheck,
                    Some(Step::Proof) => State::AwaitingApproval,
                };
                let found = state(&steps, &facts_at(stage));
                table += &format!("{:35} {name:14} {}\n", Step::write_list(&steps), found.name());
                assert_eq!(found, expected, "{table}");

                let dropped =
                    Facts { dropped_at: Some(Moment::from_unix_ms(0)), ..facts_at(stage) };
                assert_eq!(state(&steps, &dropped), State::Dropped);
            }
        }
        println!("{table}");
    }

    #[test]
    fn facts_about_older_revisions_stop_counting() {
        let mut facts = facts_at(6);
        facts.revision = 3;
        assert_eq!(state(&Step::ALL, &facts), State::Making);
    }

    #[test]
    fn step_lists_are_read_in_the_order_of_the_flow() {
        let check = |text: &str, expected: Result<&str, ()>| {
            let found = Step::parse_list(text).map(|steps| Step::write_list(&steps));
            assert_eq!(found.map_err(|_| ()), expected.map(str::to_owned), "{text}");
        };
        check("artwork", Ok("artwork"));
        check("check, artwork;input", Ok("input,artwork,check"));
        check("input", Err(()));
        check("artwork,paint", Err(()));
    }
}
