//! What every part of the world shares: the present moment, chance, the trace, the agenda, mail.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;

use super::fault::{Call, Fault, Faults};
use super::mailbox::Mailbox;
use super::provider::ProviderEvent;
use super::shop::ShopEvent;
use crate::model::time::Moment;

/// Something that will happen by itself.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Somebody does something in a shop.
    Shop(String, ShopEvent),
    /// A provider's order goes on.
    Provider(String, ProviderEvent),
}

/// Shared by all parts of one world.
pub(crate) struct Core {
    pub(crate) now: Moment,
    pub(crate) faults: Faults,
    pub(crate) mailbox: Mailbox,
    chance: ChaCha8Rng,
    trace: Vec<String>,
    agenda: BTreeMap<(Moment, u64), Event>,
    agenda_count: u64,
    happened: Arc<Notify>,
}

impl Core {
    pub(crate) fn new(seed: u64, start: Moment) -> Core {
        Core {
            now: start,
            faults: Faults::default(),
            mailbox: Mailbox::default(),
            chance: ChaCha8Rng::seed_from_u64(seed),
            trace: Vec::new(),
            agenda: BTreeMap::new(),
            agenda_count: 0,
            happened: Arc::default(),
        }
    }

    /// Wakes whoever waits for something in the world.
    pub(crate) fn wake(&self) {
        self.happened.notify_waiters();
    }

    /// What whoever waits is woken by.
    pub(crate) fn happened(&self) -> Arc<Notify> {
        self.happened.clone()
    }

    /// Writes one line into the trace, with the present moment.
    pub(crate) fn note(&mut self, line: impl AsRef<str>) {
        self.trace.push(format!("{} {}", self.now, line.as_ref()));
        self.wake();
    }

    pub(crate) fn trace(&self) -> &[String] {
        &self.trace
    }

    /// Counts a call and takes the fault planned for it; a fault that fires is traced.
    pub(crate) fn strike(&mut self, call: Call) -> Option<Fault> {
        let fault = self.faults.strike(call)?;
        self.note(format!("fault {call:?}: {fault:?}"));
        Some(fault)
    }

    /// Plans an event; events of one moment happen in the order they were planned.
    pub(crate) fn schedule(&mut self, at: Moment, event: Event) {
        self.agenda_count += 1;
        self.agenda.insert((at, self.agenda_count), event);
    }

    /// Takes the first event that is due by `now`.
    pub(crate) fn due(&mut self, now: Moment) -> Option<(Moment, Event)> {
        let entry = self.agenda.first_entry()?;
        if now < entry.key().0 {
            return None;
        }
        let ((at, _), event) = entry.remove_entry();
        Some((at, event))
    }

    /// When the first planned event is.
    pub(crate) fn next_event(&self) -> Option<Moment> {
        self.agenda.keys().next().map(|(at, _)| *at)
    }

    /// `digits` characters of `alphabet`, by chance.
    pub(crate) fn draw(&mut self, alphabet: &[u8], digits: usize) -> String {
        (0..digits)
            .map(|_| {
                let idx = self.chance.next_u64() % (alphabet.len() as u64);
                char::from(alphabet[usize::try_from(idx).expect("less than the alphabet's length")])
            })
            .collect()
    }

    /// Hexadecimal digits by chance.
    pub(crate) fn draw_hex(&mut self, digits: usize) -> String {
        self.draw(b"0123456789abcdef", digits)
    }
}
