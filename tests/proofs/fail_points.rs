//! The program is killed, failed and held up at each of its fail-points under load, and started again.
//!
//! The points are asked of the program itself: one life with a list, then one life for each point and
//! each mishap. After each everything must come to rest by itself, with every order made once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::kill_loop::{Figures, settle};
use super::mail_server::MailServer;
use super::stage::{Program, Stage};
use woodblock::sandbox::provider::{Making, ProviderAct};
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Call, Cart, CartLine, Fault, HttpFault};

/// What happens at a point.
pub const MISHAPS: [&str; 3] = ["kill", "error", "delay"];

/// What came of one mishap at one point.
#[derive(Debug)]
pub struct Row {
    /// The point.
    pub point: String,
    /// What happened there.
    pub mishap: &'static str,
    /// Whether it was passed at all.
    pub was_reached: bool,
    /// Whether the program ended of it.
    pub has_ended: bool,
    /// Until everything was at rest again.
    pub took: Duration,
    /// Times that a person was needed.
    pub by_person: usize,
    /// What must never happen.
    pub wrong: Vec<String>,
}

impl Row {
    /// One line of the table.
    pub fn in_words(&self) -> String {
        let end = match (self.was_reached, self.has_ended) {
            (false, _) => "not passed",
            (true, true) => "ended, started again",
            (true, false) => "went on",
        };
        let person = if self.by_person == 0 { "" } else { ", with a person" };
        let wrong = if self.wrong.is_empty() { "" } else { " WRONG" };
        let (seconds, point) = (self.took.as_secs_f64(), &self.point);
        format!("{point:52} {:6} {end:22} {seconds:5.1} s{person}{wrong}", self.mishap)
    }
}

/// Longest wait until a point is passed.
const REACHED_MAX: Duration = Duration::from_secs(15);
/// Longest wait until everything is at rest without anybody's help.
const REST_MAX: Duration = Duration::from_secs(45);

/// Without any work that waits it takes only what a provider needs to make and to ship.
const NO_JOBS_MAX: Duration = Duration::from_secs(6);

/// The world, with a mail server.
struct Scene {
    stage: Stage,
    mails: MailServer,
}

/// Walks through every point whose name holds `only`.
pub async fn run(seed: u64, only: &str, program: &Path) -> (Vec<Row>, Figures) {
    let mails = MailServer::start().await;
    let settings = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"never\"\nfrom = \"p@shop.example\"\n\
         [alerts]\nto = [\"ops@shop.example\"]\n",
        mails.port
    );
    let scene = Scene { stage: Stage::with(seed, program, &settings).await, mails };
    let points = scene.points().await;
    println!("{} points, each × {}", points.len(), MISHAPS.join(", "));
    let mut rows = Vec::new();
    for point in points.iter().filter(|point| point.contains(only)) {
        for mishap in MISHAPS {
            let row = scene.meet(point, mishap).await;
            println!("{}", row.in_words());
            row.wrong.iter().for_each(|words| println!("    {words}"));
            rows.push(row);
        }
    }
    let mut figures = Figures::default();
    settle(&scene.stage, &mut figures).await;
    figures.wrong.extend(scene.mails.doubled());
    if !figures.wrong.is_empty() || rows.iter().any(|row| !row.wrong.is_empty()) {
        println!("the folder is kept: {}", scene.stage.keep().display());
    }
    println!("{} mails arrived", scene.mails.count());
    (rows, figures)
}

impl Scene {
    /// Every point that the program passes in a life with everything in it.
    async fn points(&self) -> BTreeSet<String> {
        let mut running = self.start("list").expect("the program starts");
        let began = Instant::now();
        let mut points = BTreeSet::new();
        for round in 0..2 {
            self.load("list", round).await;
            self.rest(&mut running).await;
        }
        while self.mails.count() == 0 && began.elapsed() < REST_MAX {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        running.stop();
        points.extend(running.points());
        // And a life that begins with the recovery.
        self.lose_the_marker();
        let mut running = self.start("list").expect("the program starts");
        self.load("list", 2).await;
        self.rest(&mut running).await;
        running.stop();
        points.extend(running.points());
        points
    }

    /// The next start does not know its database.
    fn lose_the_marker(&self) {
        let _ = std::fs::remove_file(self.stage.state().join("last-start"));
    }

    fn start(&self, told: &str) -> Result<Program, bool> {
        let started = self.stage.start(|command| {
            command.env("WOODBLOCK_FAILPOINT", told);
        });
        started.map_err(|ended| ended.words.iter().any(|line| line.contains("fail-point: ")))
    }

    /// Orders, one of them with a lost answer, one that is held so that a mail is sent, a backup.
    async fn load(&self, point: &str, nth: usize) {
        let is_of = |words: &[&str]| point == "list" || words.iter().any(|it| point.contains(it));
        if is_of(&["resolve", "find"]) {
            self.stage
                .world
                .fault_on(Call::ProviderWrite, Fault::Http(HttpFault::DropsAfterCommit));
        }
        self.stage.buy().await;
        self.stage.buy().await;
        if is_of(&["photo"]) {
            self.stage.buy_with_photo().await;
        }
        if is_of(&["cancel"]) {
            self.stage.buy_and_cancel(1_000_000 + 2 * nth).await;
        }
        if is_of(&["correct"]) {
            self.stage.buy_and_correct(2_000_000 + nth).await;
        }
        if is_of(&["mail"]) {
            // Letters alone may stand there: people are told that it is held.
            let line = CartLine::of(11, "TAG", "TAG").with("Name", &format!("{nth}"));
            let cart = Cart::of(vec![line]).to(a_recipient(nth % 1_000));
            let order = self.stage.shop.customer_buys(cart);
            self.stage.deliver(order, nth).await;
        }
        if is_of(&["backup"]) {
            let mut command = Command::new(self.stage.program());
            command.arg("--config").arg(self.stage.folder.path().join("config.toml"));
            // It breaks off with the program.
            let _ = tokio::task::spawn_blocking(move || command.arg("backup").output()).await;
        }
    }

    /// One mishap at one point, and whatever follows.
    async fn meet(&self, point: &str, mishap: &'static str) -> Row {
        let began = Instant::now();
        let mut row = Row {
            point: point.to_owned(),
            mishap,
            was_reached: false,
            has_ended: false,
            took: Duration::ZERO,
            by_person: 0,
            wrong: Vec::new(),
        };
        if point.contains("recover") {
            self.lose_the_marker();
        }
        match self.start(&format!("{mishap}@1:{point}")) {
            Ok(mut running) => {
                self.load(point, began.elapsed().as_nanos() as usize).await;
                while !running.has_ended()
                    && running.points().is_empty()
                    && began.elapsed() < REACHED_MAX
                {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                if mishap == "delay" || running.points().is_empty() {
                    self.rest(&mut running).await;
                } else {
                    // An error ends the program in a moment, or not at all.
                    self.rest_or_end(&mut running).await;
                }
                row.has_ended = running.has_ended();
                row.was_reached = !running.points().is_empty();
                running.stop();
            }
            // It fell at its start, which is a point like every other.
            Err(is_reached) => (row.was_reached, row.has_ended) = (is_reached, true),
        }
        if row.has_ended {
            match self.start("") {
                Ok(mut running) => {
                    self.rest(&mut running).await;
                    running.stop();
                }
                Err(_) => row.wrong.push("it does not start again".to_owned()),
            }
        }
        row.took = began.elapsed();
        if 0 < self.stage.open_orders() {
            let mut figures = Figures::default();
            settle(&self.stage, &mut figures).await;
            row.by_person = figures.released + figures.judged + figures.retried;
            row.wrong.extend(figures.wrong);
        }
        row.wrong.extend(self.stage.inspect());
        row.wrong.extend(self.stage.doubled());
        row.wrong.extend(self.mails.doubled());
        row
    }

    /// Waits until every order is through, or nothing more happens without a person.
    async fn rest(&self, running: &mut Program) {
        let (began, mut busy) = (Instant::now(), Instant::now());
        while began.elapsed() < REST_MAX && !running.has_ended() {
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.providers_fetch_again();
            match (self.stage.open_orders(), self.stage.jobs_waiting()) {
                (0, 0) => return,
                (_, 0) if NO_JOBS_MAX < busy.elapsed() => return,
                (_, 0) => {}
                (_, _) => busy = Instant::now(),
            }
        }
    }

    /// A provider that could not fetch a file while the program was down tries again.
    fn providers_fetch_again(&self) {
        for book in &self.stage.providers {
            let held = book
                .ledger()
                .into_iter()
                .filter(|entry| matches!(entry.making, Making::Held(Some(_))));
            held.for_each(|entry| book.act(&entry.reference, ProviderAct::Releases));
        }
    }

    async fn rest_or_end(&self, running: &mut Program) {
        let began = Instant::now();
        while !running.has_ended() && began.elapsed() < Duration::from_millis(500) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.rest(running).await;
    }
}
