//! A clock that only moves when it is turned by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::model::time::Moment;
use crate::outside::clock::Clock;

/// A clock turned by hand, shared by the world and by whoever is tested in it.
#[derive(Debug)]
pub struct HandClock {
    unix_ms: AtomicI64,
}

impl HandClock {
    /// A clock that stands at this moment.
    pub fn at(start: Moment) -> HandClock {
        HandClock { unix_ms: AtomicI64::new(start.unix_ms()) }
    }

    /// Turns the clock to this moment, forwards or backwards.
    pub fn set(&self, at: Moment) {
        self.unix_ms.store(at.unix_ms(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment::from_unix_ms(self.unix_ms.load(Ordering::SeqCst))
    }
}
