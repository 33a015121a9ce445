//! The only place that knows what time it is.

use crate::model::time::Moment;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Moment;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock")]
    fn now(&self) -> Moment {
        Moment::from_unix_ms(jiff::Timestamp::now().as_millisecond())
    }
}
