//! What is to happen where, and that it happens once.
//!
//! `WOODBLOCK_FAILPOINT` holds `action@nth:name`, for example `kill@2:provider submit: after`; or `list`,
//! which lets the log name each point when it is first passed.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

/// Longer than the pauses of the proofs, shorter than their patience.
pub(super) const DELAY: Duration = Duration::from_millis(900);

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Kill,
    Error,
    Delay,
}

struct Plan {
    action: Action,
    nth: u64,
    name: String,
}

enum Told {
    Nothing,
    List,
    Plan(Plan),
}

static TOLD: LazyLock<Told> = LazyLock::new(read);
static PASSED: AtomicU64 = AtomicU64::new(0);
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[expect(clippy::disallowed_methods, reason = "a build for proofs alone; no setting")]
fn read() -> Told {
    let text = std::env::var("WOODBLOCK_FAILPOINT").unwrap_or_default();
    if text == "list" {
        return Told::List;
    }
    let plan = text.split_once(':').and_then(|(what, name)| {
        let (action, nth) = what.split_once('@')?;
        let action = match action {
            "kill" => Action::Kill,
            "error" => Action::Error,
            "delay" => Action::Delay,
            _ => return None,
        };
        Some(Plan { action, nth: nth.parse().ok()?, name: name.to_owned() })
    });
    plan.map_or(Told::Nothing, Told::Plan)
}

/// What happens at this point now. A kill happens at once.
pub(super) fn passes(name: &str) -> Option<Action> {
    match &*TOLD {
        Told::Nothing => None,
        Told::List => {
            let is_new =
                SEEN.lock().expect("no holder of this lock panics").insert(name.to_owned());
            if is_new {
                tracing::info!("fail-point: {name}");
            }
            None
        }
        Told::Plan(plan) if plan.name == name => {
            if PASSED.fetch_add(1, Ordering::SeqCst) + 1 != plan.nth {
                return None;
            }
            tracing::info!("fail-point: {name}");
            if plan.action == Action::Kill {
                let own = rustix::process::getpid();
                let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
            }
            Some(plan.action)
        }
        Told::Plan(_) => None,
    }
}

/// A point within one act on the disk.
pub fn at(name: &str) -> io::Result<()> {
    match passes(name) {
        Some(Action::Error) => Err(rustix::io::Errno::IO.into()),
        Some(Action::Delay) => {
            std::thread::sleep(DELAY);
            Ok(())
        }
        Some(Action::Kill) | None => Ok(()),
    }
}
