//! What systemd is told: that the program is ready, that it stops, that it gets on.
//!
//! Where there is no service manager nothing is told, and nothing is missed.

use std::time::Duration;

use sd_notify::NotifyState;

/// The workers run.
pub fn ready() {
    say(&[NotifyState::Ready, NotifyState::Status("the workers run")]);
}

/// The program was told to stop, and ends what is under way.
pub fn stopping() {
    say(&[NotifyState::Stopping, NotifyState::Status("ending what is under way")]);
}

/// The workers get on.
pub fn gets_on(status: &str) {
    say(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}

/// A worker does not get on: without a sign of life the service manager starts the program again.
pub fn is_stuck(status: &str) {
    say(&[NotifyState::Status(status)]);
}

/// How long the service manager waits for a sign of life; `None` when it does not watch.
pub fn patience() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn say(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service manager could not be told: {error}");
    }
}
