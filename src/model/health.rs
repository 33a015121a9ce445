//! Whether the running program is well: facts of one moment, judged by progress (reliability R150).
//!
//! Nothing here looks at anything. What was seen is a [`Vitals`]; [`faults`] says what is wrong with it.

use std::time::Duration;

use super::time::Moment;

/// A shop that gave no whole listing for this long is not being read. Ten of its sweeps count as well,
/// for a shop that is asked rarely.
const POLL_AGE_MAX: Duration = Duration::from_secs(15 * 60);
const POLLS_MISSED_MAX: u32 = 10;
/// A worker without work looks for some every few seconds.
const BEAT_AGE_MAX: Duration = Duration::from_secs(60);
/// The watchdog moves a passed deadline on when it tells people. One that stays passed was not told.
const OVERDUE_MAX: Duration = Duration::from_secs(15 * 60);
/// A mail that waits longer than this is not leaving.
const MAIL_AGE_MAX: Duration = Duration::from_secs(3_600);
/// Free space below which an order may not be written whole (R54): 200 MB.
pub const DISK_FREE_MIN_BYTES: u64 = 200_000_000;
/// The write-ahead log beyond this is not being checkpointed (R52): 256 MB.
pub const WAL_MAX_BYTES: u64 = 256_000_000;
/// Clocks further apart than this make due times doubtful (R61).
pub const CLOCK_OFFSET_MAX: Duration = Duration::from_secs(120);
/// So many render children that die one after the other are no accident.
const PRESS_FAILURES_MAX: u32 = 3;

/// What is known of the running program at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Vitals {
    /// The moment.
    pub now: Moment,
    /// When the workers started; `None` before that.
    pub started_at: Option<Moment>,
    /// The connected shops.
    pub shops: Vec<ShopVitals>,
    /// The workers.
    pub workers: Vec<WorkerVitals>,
    /// The earliest deadline that has passed.
    pub overdue_since: Option<Moment>,
    /// Submissions whose answer was lost.
    pub unknown_submissions: u32,
    /// Since when the oldest of them is.
    pub unknown_since: Option<Moment>,
    /// A lost answer is found by then, or a person is asked.
    pub unknown_max: Duration,
    /// Since when the oldest mail waits.
    pub mail_waiting_since: Option<Moment>,
    /// Free space beside the database; `None` where it lives in memory.
    pub disk_free_bytes: Option<u64>,
    /// Size of the database's file.
    pub database_bytes: Option<u64>,
    /// Size of its write-ahead log.
    pub wal_bytes: Option<u64>,
    /// Memory of this process.
    pub memory_bytes: Option<u64>,
    /// Render children that died since one last answered.
    pub press_failures: u32,
    /// Alerts that nobody has cleared.
    pub open_alerts: u32,
}

/// What is known of one shop.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopVitals {
    /// Its name.
    pub name: String,
    /// When a listing was last read to its end.
    pub polled_at: Option<Moment>,
    /// Time between two of them.
    pub poll_every: Duration,
    /// How far its clock is ahead of ours, in milliseconds; `None` until it answered.
    pub clock_ahead_ms: Option<i64>,
}

/// What is known of one worker.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerVitals {
    /// Its name.
    pub name: String,
    /// When it last began or ended something, or looked for work.
    pub beat_at: Moment,
    /// What it is doing, and by when it must have done it.
    pub doing: Option<(String, Moment)>,
}

/// What can be wrong with the running program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ailment {
    /// The workers have not started.
    NotStarted,
    /// A worker does not get on.
    Worker,
    /// A shop is not being read.
    Poll,
    /// A deadline passed and nobody was told.
    Overdue,
    /// A lost answer is not found.
    UnknownSubmission,
    /// Mail does not leave.
    Mail,
    /// The disk is nearly full.
    Disk,
    /// The write-ahead log grows.
    Wal,
    /// Render children die.
    Press,
    /// The clocks differ.
    Clock,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub ailment: Ailment,
    /// The particulars, without full stop.
    pub detail: String,
}

impl Ailment {
    /// Everything that can be wrong.
    pub const ALL: [Ailment; 10] = [
        Ailment::NotStarted,
        Ailment::Worker,
        Ailment::Poll,
        Ailment::Overdue,
        Ailment::UnknownSubmission,
        Ailment::Mail,
        Ailment::Disk,
        Ailment::Wal,
        Ailment::Press,
        Ailment::Clock,
    ];

    /// The word it stands under for programs.
    pub fn name(self) -> &'static str {
        match self {
            Ailment::NotStarted => "not_started",
            Ailment::Worker => "worker",
            Ailment::Poll => "poll",
            Ailment::Overdue => "overdue",
            Ailment::UnknownSubmission => "unknown_submission",
            Ailment::Mail => "mail",
            Ailment::Disk => "disk",
            Ailment::Wal => "wal",
            Ailment::Press => "press",
            Ailment::Clock => "clock",
        }
    }

    /// What to do about it, in one sentence.
    pub fn cure(self) -> &'static str {
        match self {
            Ailment::NotStarted => "Wait a moment; the log says why if it lasts.",
            Ailment::Worker => "Restart woodblock; the log says what the worker was doing.",
            Ailment::Poll => "Run `woodblock doctor`: it says whether the shop lets us in.",
            Ailment::Overdue => "Restart woodblock: the watchdog does not run.",
            Ailment::UnknownSubmission => {
                "Look at the order's page, and at the provider's site for its reference."
            }
            Ailment::Mail => "Check [mail] in config.toml; `woodblock doctor` tries the server.",
            Ailment::Disk => "Make room on the disk of the state folder.",
            Ailment::Wal => "Restart woodblock; a program may be reading the database for hours.",
            Ailment::Press => "Run `woodblock doctor`: it draws a test picture behind the walls.",
            Ailment::Clock => "Set this machine's clock by NTP, or the shop's.",
        }
    }

    /// Whether people are told of it by something else already: a hold, the watchdog or the poll.
    pub fn is_told_elsewhere(self) -> bool {
        match self {
            Ailment::NotStarted | Ailment::Poll | Ailment::UnknownSubmission => true,
            Ailment::Worker
            | Ailment::Overdue
            | Ailment::Mail
            | Ailment::Disk
            | Ailment::Wal
            | Ailment::Press
            | Ailment::Clock => false,
        }
    }
}

/// Everything that is wrong; nothing when the program is well.
pub fn faults(vitals: &Vitals) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |ailment, detail: String| faults.push(Fault { ailment, detail });
    let age = |since: Moment| vitals.now.since(since);
    if vitals.started_at.is_none() {
        fault(Ailment::NotStarted, "the workers have not started".to_owned());
    }
    for worker in &vitals.workers {
        if let Some(words) = stuck(worker, vitals.now) {
            fault(Ailment::Worker, words);
        }
    }
    for shop in &vitals.shops {
        let since = shop.polled_at.max(vitals.started_at);
        let longest = POLL_AGE_MAX.max(shop.poll_every * POLLS_MISSED_MAX);
        if since.is_some_and(|since| longest < age(since)) {
            let last = shop.polled_at.map_or("never".to_owned(), |at| at.to_string());
            fault(Ailment::Poll, format!("the shop {} was last read {last}", shop.name));
        }
        if let Some(words) = clock_fault(shop) {
            fault(Ailment::Clock, words);
        }
    }
    if let Some(since) = vitals.overdue_since.filter(|since| OVERDUE_MAX < age(*since)) {
        fault(Ailment::Overdue, format!("a deadline passed at {since} and nobody was told"));
    }
    if let Some(since) = vitals.unknown_since.filter(|since| vitals.unknown_max < age(*since)) {
        let count = vitals.unknown_submissions;
        fault(Ailment::UnknownSubmission, format!("{count} without an answer since {since}"));
    }
    if let Some(since) = vitals.mail_waiting_since.filter(|since| MAIL_AGE_MAX < age(*since)) {
        fault(Ailment::Mail, format!("a mail waits since {since}"));
    }
    if let Some(bytes) = vitals.disk_free_bytes.filter(|bytes| *bytes < DISK_FREE_MIN_BYTES) {
        fault(Ailment::Disk, format!("{} MB are free", bytes / 1_000_000));
    }
    if let Some(bytes) = vitals.wal_bytes.filter(|bytes| WAL_MAX_BYTES < *bytes) {
        fault(Ailment::Wal, format!("the write-ahead log has {} MB", bytes / 1_000_000));
    }
    if PRESS_FAILURES_MAX <= vitals.press_failures {
        let count = vitals.press_failures;
        fault(Ailment::Press, format!("the last {count} render children died"));
    }
    faults
}

/// What is wrong with a worker, if it does not get on.
pub fn stuck(worker: &WorkerVitals, now: Moment) -> Option<String> {
    let name = &worker.name;
    match &worker.doing {
        Some((what, until)) if *until < now => {
            Some(format!("{name} was to have done “{what}” by {until}"))
        }
        None if BEAT_AGE_MAX < now.since(worker.beat_at) => {
            Some(format!("{name} gave no sign of life since {}", worker.beat_at))
        }
        Some(_) | None => None,
    }
}

fn clock_fault(shop: &ShopVitals) -> Option<String> {
    let ahead_ms = shop.clock_ahead_ms?;
    let apart = Duration::from_millis(ahead_ms.unsigned_abs());
    let direction = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let words = format!("the clock of the shop {} is {} s", shop.name, apart.as_secs());
    (CLOCK_OFFSET_MAX < apart).then(|| format!("{words} {direction} ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn now() -> Moment {
        Moment::parse("2026-03-03T12:00:00.000Z").unwrap()
    }

    fn well() -> Vitals {
        let shop = ShopVitals {
            name: "main".to_owned(),
            polled_at: Some(now().minus(Duration::from_secs(60))),
            poll_every: Duration::from_secs(60),
            clock_ahead_ms: Some(-900),
        };
        let idle = WorkerVitals { name: "render 1".to_owned(), beat_at: now(), doing: None };
        let doing = Some(("submit 7".to_owned(), now().plus(HOUR)));
        let busy = WorkerVitals { name: "others 1".to_owned(), beat_at: now().minus(HOUR), doing };
        Vitals {
            now: now(),
            started_at: Some(now().minus(24 * HOUR)),
            shops: vec![shop],
            workers: vec![idle, busy],
            overdue_since: Some(now().minus(Duration::from_secs(30))),
            unknown_submissions: 1,
            unknown_since: Some(now().minus(Duration::from_secs(600))),
            unknown_max: HOUR,
            mail_waiting_since: Some(now().minus(Duration::from_secs(60))),
            disk_free_bytes: Some(DISK_FREE_MIN_BYTES),
            database_bytes: Some(1),
            wal_bytes: Some(WAL_MAX_BYTES),
            memory_bytes: Some(1),
            press_failures: PRESS_FAILURES_MAX - 1,
            open_alerts: 3,
        }
    }

    /// One way for each ailment, and none that shows as another.
    #[test]
    fn each_ailment_is_noticed_and_nothing_else() {
        type Harm = fn(&mut Vitals);
        let harms: &[(Ailment, Harm)] = &[
            (Ailment::NotStarted, |v| v.started_at = None),
            (Ailment::Worker, |v| v.workers[0].beat_at = v.now.minus(BEAT_AGE_MAX * 2)),
            (Ailment::Worker, |v| {
                v.workers[1].doing = Some(("x".into(), v.now.minus(BEAT_AGE_MAX)));
            }),
            (Ailment::Poll, |v| v.shops[0].polled_at = Some(v.now.minus(HOUR))),
            (Ailment::Poll, |v| v.shops[0].polled_at = None),
            (Ailment::Overdue, |v| v.overdue_since = Some(v.now.minus(HOUR))),
            (Ailment::UnknownSubmission, |v| v.unknown_since = Some(v.now.minus(2 * HOUR))),
            (Ailment::Mail, |v| v.mail_waiting_since = Some(v.now.minus(2 * HOUR))),
            (Ailment::Disk, |v| v.disk_free_bytes = Some(DISK_FREE_MIN_BYTES - 1)),
            (Ailment::Wal, |v| v.wal_bytes = Some(WAL_MAX_BYTES + 1)),
            (Ailment::Press, |v| v.press_failures = PRESS_FAILURES_MAX),
            (Ailment::Clock, |v| v.shops[0].clock_ahead_ms = Some(-121_000)),
        ];
        assert_eq!(faults(&well()), []);
        for (ailment, harm) in harms {
            let mut vitals = well();
            harm(&mut vitals);
            let found: Vec<Ailment> = faults(&vitals).iter().map(|fault| fault.ailment).collect();
            assert_eq!(found, [*ailment]);
        }
        for ailment in Ailment::ALL {
            assert!(harms.iter().any(|(known, _)| *known == ailment), "{}", ailment.name());
            assert!(ailment.cure().ends_with('.'));
        }
    }

    #[test]
    fn a_shop_that_was_not_read_yet_has_its_time_from_the_start() {
        let mut vitals = well();
        vitals.shops[0].polled_at = Some(now().minus(48 * HOUR));
        vitals.started_at = Some(now().minus(Duration::from_secs(5)));
        assert_eq!(faults(&vitals), []);
    }
}
