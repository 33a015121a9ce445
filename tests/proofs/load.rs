//! Signed webhooks at a steady rate against the real program: how long an answer takes, that each
//! acknowledged one is kept, and what the program needs of the machine.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::stage::{Program, Stage};

/// What is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where every random number comes from.
    pub seed: u64,
    /// Webhooks in a second.
    pub rate: u32,
    /// Seconds.
    pub seconds: u32,
    /// Orders that are bought while it lasts; the webhooks are about these.
    pub orders: u32,
}

/// What the program held at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Seconds since the beginning.
    pub at_s: f64,
    /// Resident memory in MiB, without its render children.
    pub memory_mib: f64,
    /// Open files and sockets.
    pub descriptors: f64,
    /// Size of the write-ahead log in MiB.
    pub wal_mib: f64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Figures {
    /// Webhooks that were sent.
    pub sent: usize,
    /// Those that were acknowledged.
    pub acknowledged: usize,
    /// Times until the answer, ascending.
    pub answers: Vec<Duration>,
    /// What was seen once a second while webhooks came.
    pub samples: Vec<Sample>,
    /// What was seen when everything had come to rest. It takes no part in what something grows by: in
    /// the end many orders finish at once, which is a step and no slope.
    pub at_rest: Option<Sample>,
    /// Orders that went all the way.
    pub orders: usize,
    /// What must never happen.
    pub wrong: Vec<String>,
}

impl Figures {
    /// The answer that so many of a thousand were faster than.
    pub fn answer(&self, permille: usize) -> Duration {
        let idx = self.answers.len() * permille / 1_000;
        self.answers.get(idx.min(self.answers.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    /// The most of something that was seen.
    pub fn most(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        self.samples.iter().chain(&self.at_rest).map(of).fold(0.0, f64::max)
    }

    /// How much of something is added in an hour while webhooks come, by the straight line that fits best.
    pub fn slope_per_hour(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let count = self.samples.len() as f64;
        let mean = |of: &dyn Fn(&Sample) -> f64| self.samples.iter().map(of).sum::<f64>() / count;
        let (mean_s, mean_of) = (mean(&|sample| sample.at_s), mean(&of));
        let both = self.samples.iter().map(|one| (one.at_s - mean_s) * (of(one) - mean_of));
        let width = self.samples.iter().map(|one| (one.at_s - mean_s).powi(2));
        3_600.0 * both.sum::<f64>() / width.sum::<f64>().max(f64::MIN_POSITIVE)
    }

    /// Some lines for people.
    pub fn in_words(&self) -> String {
        let table = |name: &str, of: &dyn Fn(&Sample) -> f64| {
            let (most, slope) = (self.most(of), self.slope_per_hour(of));
            let at_rest = self.at_rest.as_ref().map_or(0.0, of);
            format!("{name}: most {most:.1}, slope {slope:+.2} an hour, at rest {at_rest:.1}")
        };
        format!(
            "{} webhooks, {} acknowledged, answers p50 {:?} p99 {:?} longest {:?}; {} orders went \
             all the way; {} wrong\n{}\n{}\n{}",
            self.sent,
            self.acknowledged,
            self.answer(500),
            self.answer(990),
            self.answers.last().copied().unwrap_or_default(),
            self.orders,
            self.wrong.len(),
            table("memory in MiB", &|one| one.memory_mib),
            table("open files and sockets", &|one| one.descriptors),
            table("write-ahead log in MiB", &|one| one.wal_mib),
        )
    }
}

/// A long run tells now and then how it stands.
const SECONDS_PER_LINE: u32 = 120;
/// In the end everything must come to rest within so long.
const DRAIN_MAX: Duration = Duration::from_secs(120);

/// Sends as planned, lets everything come to rest, and looks whether all of it is there.
pub async fn run(plan: Plan, program: &Path) -> Figures {
    let stage = Arc::new(Stage::new(plan.seed, program).await);
    let mut running = stage.start(|_| {}).expect("the program starts");
    let mut figures = Figures::default();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let mut sending = tokio::task::JoinSet::new();
    let (count, began) = (plan.rate * plan.seconds, Instant::now());
    for nth in 0..count {
        let due = began + Duration::from_secs(1) * nth / plan.rate;
        tokio::time::sleep_until(due.into()).await;
        let is_new = nth % count.div_ceil(plan.orders).max(1) == 0;
        let (stage_of, answers) = (stage.clone(), answers.clone());
        sending.spawn(async move {
            let bought = stage_of.book.lock().unwrap().bought.clone();
            let place = usize::try_from(nth).unwrap();
            let sent = Instant::now();
            match bought.get(place % bought.len().max(1)) {
                Some(order) if !is_new => stage_of.deliver(*order, 1_000_000 + place).await,
                _ => stage_of.buy().await,
            };
            answers.lock().unwrap().push(sent.elapsed());
        });
        if nth % plan.rate == 0 {
            let now = sample(&stage, &running, began);
            if (nth / plan.rate) % SECONDS_PER_LINE == SECONDS_PER_LINE - 1 {
                println!("{:5.0} s: {:.1} MiB of memory", now.at_s, now.memory_mib);
            }
            figures.samples.push(now);
        }
    }
    while sending.join_next().await.is_some() {}
    let drained = Instant::now();
    while 0 < stage.open_orders() && drained.elapsed() < DRAIN_MAX && !running.has_ended() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if 0 < stage.open_orders() {
        figures.wrong.push(format!("{} orders are still open", stage.open_orders()));
    }
    figures.at_rest = Some(sample(&stage, &running, began));
    running.stop();
    figures.answers = answers.lock().unwrap().clone();
    figures.answers.sort();
    figures.wrong.extend(stage.inspect());
    figures.wrong.extend(stage.doubled());
    let book = stage.book.lock().unwrap();
    figures.sent = figures.answers.len();
    figures.acknowledged = book.acknowledged.len();
    figures.orders = book.bought.len();
    figures
}

fn sample(stage: &Stage, running: &Program, began: Instant) -> Sample {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", running.id())).unwrap().count();
    let wal = std::fs::metadata(stage.state().join("woodblock.db-wal"));
    let wal_bytes = wal.map_or(0, |found| found.len());
    Sample {
        at_s: began.elapsed().as_secs_f64(),
        memory_mib: kib / 1024.0,
        descriptors: descriptors as f64,
        wal_mib: wal_bytes as f64 / 1_048_576.0,
    }
}
