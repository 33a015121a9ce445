//! A fulfilment: what goes to one provider together. All waiting and all money are in this machine.

use std::fmt;

use super::time::Moment;

/// Our own number for a fulfilment, and the provider's idempotency key (R: derived, never random).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    /// Longest reference that every provider takes (Printful: 32 characters of `[A-Za-z0-9_-]`).
    pub const LEN_MAX: usize = 32;

    /// `wb-{shop}-{order}-{line}[c{copy}]-{edition}`: the same after a restored backup or in a twin
    /// daemon. `line` is the lowest shop line id in the fulfilment.
    pub fn derive(shop: &str, order: i64, line: i64, copy: u32, edition: u32) -> Reference {
        let copy = if copy == 0 { String::new() } else { format!("c{copy}") };
        let tail = format!("-{order}-{line}{copy}-{edition}");
        let kept: String = shop
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let room = Reference::LEN_MAX.saturating_sub("wb-".len() + tail.len());
        if kept.len() <= room {
            return Reference(format!("wb-{kept}{tail}"));
        }
        // Long shop names are told apart by the hash of the whole name.
        let digest = super::id::Hash::of(shop.as_bytes());
        let mark = &digest.as_str()[..room.min(6)];
        let kept = &kept[..room.saturating_sub(6).min(kept.len())];
        Reference(format!("wb-{kept}{mark}{tail}"))
    }

    /// A reference as it was written earlier or came back from a provider.
    pub fn given(text: &str) -> Reference {
        Reference(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the database returns once the intent to submit is on disk.
#[derive(Debug)]
pub struct Intent {
    reference: Reference,
    attempt: u32,
}

impl Intent {
    /// Called by `db::fulfilment::record_intent` alone.
    pub fn recorded(reference: Reference, attempt: u32) -> Intent {
        Intent { reference, attempt }
    }

    /// Which sending of this reference it is, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// Proof that the intent to submit is on disk. `Provider::submit` takes it by value.
#[derive(Debug)]
pub struct SubmitPermit {
    reference: Reference,
}

impl SubmitPermit {
    /// Called by `flow::submit` alone, once the transaction of the intent is committed.
    pub fn new(intent: Intent) -> SubmitPermit {
        SubmitPermit { reference: intent.reference }
    }

    /// The one reference that may be sent with it.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

/// What the database returns once a correction is on disk as being sent.
#[derive(Debug)]
pub struct Correction {
    provider_order_id: String,
}

impl Correction {
    /// Called by `db::fulfilment::record_correction` alone.
    pub fn recorded(provider_order_id: String) -> Correction {
        Correction { provider_order_id }
    }
}

/// Proof that a correction is on disk as being sent. `Provider::correct` takes it by value: it
/// changes what is printed, and so its lost answer must be known after a crash as well.
#[derive(Debug)]
pub struct CorrectPermit {
    provider_order_id: String,
}

impl CorrectPermit {
    /// Called by `flow::correct` alone, once the transaction of the correction is committed.
    pub fn new(correction: Correction) -> CorrectPermit {
        CorrectPermit { provider_order_id: correction.provider_order_id }
    }

    /// The one order of the provider's that may be corrected with it.
    pub fn provider_order_id(&self) -> &str {
        &self.provider_order_id
    }
}

/// What the database returns once the release of an order on hold is on disk.
#[derive(Debug)]
pub struct Release {
    provider_order_id: String,
}

impl Release {
    /// Called by `db::draft::record_release` alone.
    pub fn recorded(provider_order_id: String) -> Release {
        Release { provider_order_id }
    }
}

/// Proof that it is on disk that an order is released to be charged and made. `Provider::release`
/// takes it by value; releasing the same order again changes nothing.
#[derive(Debug)]
pub struct ReleasePermit {
    provider_order_id: String,
}

impl ReleasePermit {
    /// Called by `flow::release` alone, once the transaction of the release is committed.
    pub fn new(release: Release) -> ReleasePermit {
        ReleasePermit { provider_order_id: release.provider_order_id }
    }

    /// The one order of the provider's that may be released with it.
    pub fn provider_order_id(&self) -> &str {
        &self.provider_order_id
    }
}

/// What a fulfilment waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its items, all ready.
    Gathering,
    /// A person to press Submit.
    AwaitingSubmit,
    /// The clock.
    Countdown {
        /// When it goes out.
        submit_at: Moment,
    },
    /// The provider's clear answer.
    Submitting {
        /// Where in the intent protocol it stands.
        stage: Stage,
    },
    /// Its lines to be shipped.
    InProduction,
    /// An operator.
    Refused,
    /// Nothing: everything left.
    Shipped,
    /// Nothing: nothing of it left.
    Cancelled,
    /// Nothing: another fulfilment took over.
    Superseded,
}

/// Where in the intent protocol a submission stands (reliability section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The intent is on disk; the request may be under way.
    Intent,
    /// The answer was lost: it is being looked up.
    Unknown,
    /// Look-ups do not settle it, or a person places the order.
    Person,
}

/// What can happen to a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// All items are ready and nothing waits for a press.
    Gathered {
        /// When it goes out.
        submit_at: Moment,
    },
    /// All items are ready; a person must press Submit.
    GatheredForPress,
    /// A person pressed Submit.
    SubmitPressed {
        /// After the seconds for undo.
        submit_at: Moment,
    },
    /// The longest wait for a press is over, and it shall go on.
    WaitElapsed {
        /// When it goes out.
        submit_at: Moment,
    },
    /// Send now, an hour more, another delay.
    DelayChanged {
        /// When it goes out.
        submit_at: Moment,
    },
    /// A value, the address or the lines changed.
    ItemChanged,
    /// No lines are left.
    Emptied,
    /// The precheck passed and the intent is on disk.
    IntentRecorded,
    /// The request may have arrived.
    AnswerLost,
    /// Only a person can settle it.
    PersonNeeded,
    /// A clear yes.
    Accepted,
    /// The provider's order was found and is the same as ours.
    Adopted,
    /// A definite no.
    Refused,
    /// The provider surely does not have it: the same reference may be sent again.
    ConfirmedAbsent,
    /// Each line is shipped or given up, at least one shipped.
    LinesSettled,
    /// Each line is given up.
    LinesGivenUp,
    /// A corrected file was taken by the provider.
    Corrected,
    /// The provider was asked to cancel.
    CancelAsked,
    /// New fulfilments took the lines over.
    Replanned,
    /// A person gave it up.
    Dropped,
}

/// An event that its state does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fulfilment that is {from} cannot be {event}")]
pub struct IllegalTransition {
    /// Name of the state.
    pub from: &'static str,
    /// Name of the event.
    pub event: &'static str,
}

impl State {
    /// What becomes of this state by this event: used when running and when recovering.
    pub fn next(&self, event: &Event) -> Result<State, IllegalTransition> {
        use Event as E;
        use State as S;
        let next = match (self, event) {
            (S::Gathering, E::Gathered { submit_at }) => S::Countdown { submit_at: *submit_at },
            (S::Gathering, E::GatheredForPress) => S::AwaitingSubmit,
            (S::Gathering, E::ItemChanged) => S::Gathering,
            (S::Gathering | S::AwaitingSubmit | S::Countdown { .. }, E::Emptied | E::Dropped) => {
                S::Cancelled
            }
            (
                S::AwaitingSubmit,
                E::SubmitPressed { submit_at }
                | E::WaitElapsed { submit_at }
                | E::DelayChanged { submit_at },
            ) => S::Countdown { submit_at: *submit_at },
            (S::AwaitingSubmit | S::Countdown { .. }, E::ItemChanged) => S::Gathering,
            // It was sent before the database was lost, and was found again.
            (S::Gathering | S::AwaitingSubmit | S::Countdown { .. }, E::Adopted) => S::InProduction,
            (S::Countdown { .. }, E::DelayChanged { submit_at }) => {
                S::Countdown { submit_at: *submit_at }
            }
            (S::Countdown { .. }, E::IntentRecorded) => S::Submitting { stage: Stage::Intent },
            (S::Submitting { .. }, E::AnswerLost) => S::Submitting { stage: Stage::Unknown },
            (S::Submitting { .. }, E::PersonNeeded) => S::Submitting { stage: Stage::Person },
            (S::Submitting { .. }, E::Accepted | E::Adopted) => S::InProduction,
            (S::Submitting { .. }, E::Refused) => S::Refused,
            (S::Submitting { .. }, E::ConfirmedAbsent) => S::Gathering,
            (S::Submitting { .. }, E::CancelAsked) => self.clone(),
            (S::InProduction, E::LinesSettled) => S::Shipped,
            (S::InProduction, E::LinesGivenUp) => S::Cancelled,
            (S::InProduction, E::Refused) => S::Refused,
            (S::InProduction, E::Corrected | E::CancelAsked | E::Accepted | E::Adopted) => {
                S::InProduction
            }
            (S::Refused, E::Replanned) => S::Superseded,
            (S::Refused, E::Dropped) => S::Cancelled,
            _ => {
                return Err(IllegalTransition { from: self.name(), event: event.name() });
            }
        };
        Ok(next)
    }

    /// The word it is stored under.
    pub fn name(&self) -> &'static str {
        match self {
            State::Gathering => "gathering",
            State::AwaitingSubmit => "awaiting_submit",
            State::Countdown { .. } => "countdown",
            State::Submitting { .. } => "submitting",
            State::InProduction => "in_production",
            State::Refused => "refused",
            State::Shipped => "shipped",
            State::Cancelled => "cancelled",
            State::Superseded => "superseded",
        }
    }

    /// Whether nothing will happen to it any more.
    pub fn is_final(&self) -> bool {
        matches!(self, State::Shipped | State::Cancelled | State::Superseded)
    }

    /// Whether its items may still be changed: the lock is the commit of the intent.
    pub fn is_locked(&self) -> bool {
        match self {
            State::Gathering | State::AwaitingSubmit | State::Countdown { .. } => false,
            State::Submitting { .. }
            | State::InProduction
            | State::Refused
            | State::Shipped
            | State::Cancelled
            | State::Superseded => true,
        }
    }
}

impl Stage {
    /// The word it is stored under.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Intent => "intent",
            Stage::Unknown => "unknown",
            Stage::Person => "person",
        }
    }
}

impl Event {
    /// The word it stands under in the history.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Gathered { .. } => "gathered",
            Event::GatheredForPress => "gathered_for_press",
            Event::SubmitPressed { .. } => "submit_pressed",
            Event::WaitElapsed { .. } => "wait_elapsed",
            Event::DelayChanged { .. } => "delay_changed",
            Event::ItemChanged => "item_changed",
            Event::Emptied => "emptied",
            Event::IntentRecorded => "intent_recorded",
            Event::AnswerLost => "answer_lost",
            Event::PersonNeeded => "person_needed",
            Event::Accepted => "accepted",
            Event::Adopted => "adopted",
            Event::Refused => "refused",
            Event::ConfirmedAbsent => "confirmed_absent",
            Event::LinesSettled => "lines_settled",
            Event::LinesGivenUp => "lines_given_up",
            Event::Corrected => "corrected",
            Event::CancelAsked => "cancel_asked",
            Event::Replanned => "replanned",
            Event::Dropped => "dropped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> Vec<State> {
        let submit_at = Moment::from_unix_ms(0);
        vec![
            State::Gathering,
            State::AwaitingSubmit,
            State::Countdown { submit_at },
            State::Submitting { stage: Stage::Intent },
            State::Submitting { stage: Stage::Unknown },
            State::Submitting { stage: Stage::Person },
            State::InProduction,
            State::Refused,
            State::Shipped,
            State::Cancelled,
            State::Superseded,
        ]
    }

    fn events() -> Vec<Event> {
        let submit_at = Moment::from_unix_ms(0);
        vec![
            Event::Gathered { submit_at },
            Event::GatheredForPress,
            Event::SubmitPressed { submit_at },
            Event::WaitElapsed { submit_at },
            Event::DelayChanged { submit_at },
            Event::ItemChanged,
            Event::Emptied,
            Event::IntentRecorded,
            Event::AnswerLost,
            Event::PersonNeeded,
            Event::Accepted,
            Event::Adopted,
            Event::Refused,
            Event::ConfirmedAbsent,
            Event::LinesSettled,
            Event::LinesGivenUp,
            Event::Corrected,
            Event::CancelAsked,
            Event::Replanned,
            Event::Dropped,
        ]
    }

    fn full_name(state: &State) -> String {
        match state {
            State::Submitting { stage } => format!("submitting/{}", stage.name()),
            other => other.name().to_owned(),
        }
    }

    #[test]
    fn the_matrix_of_fulfilment_states_and_events() {
        let mut table = String::new();
        for state in states() {
            for event in events() {
                let next = match state.next(&event) {
                    Ok(next) => full_name(&next),
                    Err(_) => "-".to_owned(),
                };
                table += &format!("{:20}{:20}{next}\n", full_name(&state), event.name());
            }
        }
        assert_eq!(table, include_str!("fulfilment_matrix.txt"), "\n{table}");
    }

    #[test]
    fn references_are_derived_short_and_plain() {
        let check = |shop, order, line, copy, edition, expected: &str| {
            let reference = Reference::derive(shop, order, line, copy, edition);
            assert_eq!(reference.as_str(), expected);
            assert!(reference.as_str().len() <= Reference::LEN_MAX);
        };
        check("main", 1001, 7, 0, 1, "wb-main-1001-7-1");
        check("Main Shop!", 1001, 7, 3, 2, "wb-mainshop-1001-7c3-2");
        let long = "the-very-longest-shop-of-all";
        check(long, 123_456, 7_891, 0, 1, "wb-theverylo4be317-123456-7891-1");
        let other = "the-very-longest-shop-of-them";
        assert_ne!(
            Reference::derive(long, 123_456, 7_891, 0, 1),
            Reference::derive(other, 123_456, 7_891, 0, 1)
        );
    }
}
