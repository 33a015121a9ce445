//! The program is killed at random moments under load, and started again, many times.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::power_loss::{self, Disk, Lost};
use super::stage::Stage;
use woodblock::db;
use woodblock::flow::Ctx;
use woodblock::flow::audit::{self, Scope};
use woodblock::flow::operate::Staff;
use woodblock::flow::{FlowError, intake};
use woodblock::model::fulfilment::{Stage as Stand, State as FulfilmentState};
use woodblock::model::id::ShopId;
use woodblock::model::order::Fulfilment;
use woodblock::model::order::{Order, State};
use woodblock::sandbox::{Call, Fault, HttpFault};
use woodblock::sandbox::{LedgerEntry, ProviderAct};

/// What is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Where every random number comes from.
    pub seed: u64,
    /// How often the program is killed.
    pub kills: u32,
    /// The longest life between two kills.
    pub life_max: Duration,
    /// Orders arrive so far apart.
    pub apart: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Figures {
    /// Kills.
    pub kills: u32,
    /// Orders that were bought.
    pub orders: usize,
    /// Deliveries that were acknowledged.
    pub acknowledged: usize,
    /// Deliveries that were not, because the program was down.
    pub turned_away: u64,
    /// Orders that providers accepted.
    pub accepted: usize,
    /// Holds that a person released: work that was under way in two kills.
    pub released: usize,
    /// Submissions without an answer that no look-up settles, which a person judged.
    pub judged: usize,
    /// Orders that an alert told of, whose look at the shop was under way in two kills.
    pub retried: usize,
    /// What must never happen.
    pub wrong: Vec<String>,
}

impl Figures {
    /// One line for people.
    pub fn in_words(&self) -> String {
        format!(
            "{} kills, {} orders, {} acknowledged deliveries, {} turned away, {} accepted by \
             providers; a person released {} holds, judged {} submissions and repeated {} looks at an order; {} wrong",
            self.kills,
            self.orders,
            self.acknowledged,
            self.turned_away,
            self.accepted,
            self.released,
            self.judged,
            self.retried,
            self.wrong.len()
        )
    }
}

/// The power fails at latest at this act after a start.
const ACTS_MAX: u32 = 500;
/// In the end everything must come to rest within so long.
const DRAIN_MAX: Duration = Duration::from_secs(180);
/// Longer than the pause before what surely did not arrive is sent again: whoever has not come on in
/// this time needs a person.
const NO_PROGRESS_MAX: Duration = Duration::from_secs(80);
/// Without any work that waits it takes only what a provider needs to make and to ship.
const NO_JOBS_MAX: Duration = Duration::from_secs(6);
/// So often a person looks after what is held.
const ROUNDS_MAX: u32 = 4;

/// Kills the program as planned, then drains and audits.
pub async fn run(plan: Plan, program: &std::path::Path) -> Figures {
    let stage = Arc::new(Stage::new(plan.seed, program).await);
    let mut rng = ChaCha12Rng::seed_from_u64(plan.seed);
    let mut figures = Figures::default();
    let is_over = Arc::new(AtomicBool::new(false));
    let customers = tokio::spawn(customers(stage.clone(), is_over.clone(), plan));
    while figures.kills < plan.kills && figures.wrong.is_empty() {
        let mut running = match stage.start(|_| {}) {
            Ok(running) => running,
            Err(ended) => {
                let words = ended.words.join("; ");
                figures
                    .wrong
                    .push(format!("it does not start after {} kills: {words}", figures.kills));
                break;
            }
        };
        let life = Duration::from_millis(rng.random_range(0..plan.life_max.as_millis() as u64));
        tokio::time::sleep(life).await;
        if running.has_ended() {
            figures.wrong.push(format!("it ended by itself: {:?}", running.words()));
        }
        running.kill();
        figures.kills += 1;
        figures.wrong.extend(stage.inspect());
        figures.wrong.extend(stage.doubled());
        if figures.kills.is_multiple_of(50) {
            println!("{} kills, {} orders open", figures.kills, stage.open_orders());
        }
    }
    is_over.store(true, Ordering::SeqCst);
    customers.await.unwrap();
    stage.world.forget_faults();
    settle(&stage, &mut figures).await;
    if !figures.wrong.is_empty() {
        println!("the folder is kept: {}", stage.keep().display());
    }
    figures
}

/// Lets the power fail as often, at random acts of the program, then drains and audits. `None` where
/// the shim cannot be built.
pub async fn run_power(
    plan: Plan,
    disk: Disk,
    program: &std::path::Path,
) -> Option<(Figures, Lost)> {
    let stage = Arc::new(Stage::new(plan.seed, program).await);
    let shim = power_loss::build(stage.folder.path())?;
    let mut rng = ChaCha12Rng::seed_from_u64(plan.seed);
    let (mut figures, mut lost) = (Figures::default(), Lost::default());
    let is_over = Arc::new(AtomicBool::new(false));
    let customers = tokio::spawn(customers(stage.clone(), is_over.clone(), plan));
    while figures.kills < plan.kills && figures.wrong.is_empty() {
        let log = tempfile::tempdir_in(stage.folder.path()).unwrap();
        let log = log.path().join("log");
        let fails_at: u32 = rng.random_range(1..ACTS_MAX);
        let started = stage.start(|command| {
            command.env("LD_PRELOAD", &shim).env("POWERLOSS_AT", fails_at.to_string());
            command.env("POWERLOSS_BELOW", stage.state()).env("POWERLOSS_LOG", &log);
        });
        match started {
            Ok(mut running) => {
                let began = Instant::now();
                while !running.has_ended() && began.elapsed() < plan.life_max {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                running.kill();
            }
            Err(ended) if ended.was_killed => {}
            Err(ended) => figures.wrong.push(format!("it does not start: {:?}", ended.words)),
        }
        figures.kills += 1;
        let now = power_loss::lose(&log, disk, &mut rng);
        lost = Lost { sectors: lost.sectors + now.sectors, names: lost.names + now.names };
        // Memory is gone with the power.
        let _ = std::fs::remove_file(stage.state().join("woodblock.db-shm"));
        figures.wrong.extend(stage.inspect());
        figures.wrong.extend(stage.doubled());
        if figures.kills.is_multiple_of(50) {
            println!("{} failures, {lost:?}, {} orders open", figures.kills, stage.open_orders());
        }
    }
    is_over.store(true, Ordering::SeqCst);
    customers.await.unwrap();
    stage.world.forget_faults();
    if figures.wrong.is_empty() {
        settle(&stage, &mut figures).await;
    }
    Some((figures, lost))
}

/// Customers buy until it is over; now and then a provider's answer is lost.
async fn customers(stage: Arc<Stage>, is_over: Arc<AtomicBool>, plan: Plan) {
    let mut rng = ChaCha12Rng::seed_from_u64(plan.seed ^ 1);
    while !is_over.load(Ordering::SeqCst) {
        if rng.random_bool(0.05) {
            let fault = Fault::Http(HttpFault::DropsAfterCommit);
            stage.world.fault_on(Call::ProviderWrite, fault);
        }
        stage.buy().await;
        tokio::time::sleep(plan.apart).await;
    }
}

/// Lets everything come to rest, with a person who releases what the kills have parked; then every
/// order must be made once, and nothing else may be.
pub async fn settle(stage: &Stage, figures: &mut Figures) {
    for _ in 0..ROUNDS_MAX {
        drain(stage, figures).await;
        if stage.open_orders() == 0 || !figures.wrong.is_empty() {
            break;
        }
        mend(stage, figures).await;
    }
    let ledger = stage.world.ledger();
    figures.accepted = ledger.len();
    figures.wrong.extend(stage.doubled());
    figures.wrong.extend(stage.inspect());
    count(stage, &ledger, figures);
    for audited in stage.audit().await {
        for breach in &audited.breaches {
            let order = in_words(&audited.order);
            figures.wrong.push(format!("{}: {order}: {}", breach.invariant.name(), breach.what));
        }
    }
}

/// Every order was made once, and the shop knows.
fn count(stage: &Stage, ledger: &[LedgerEntry], figures: &mut Figures) {
    let book = stage.book.lock().unwrap();
    figures.orders = book.bought.len();
    figures.acknowledged = book.acknowledged.len();
    figures.turned_away = book.turned_away;
    for order in &book.bought {
        let mark = format!("wb-main-{order}-");
        let made = ledger.iter().filter(|entry| entry.reference.starts_with(&mark)).count();
        let status = stage.shop.status(*order);
        let parcels = stage.shop.parcels(*order).len();
        if (made, parcels, status.as_str()) != (1, 1, "completed") {
            figures.wrong.push(format!(
                "order {order}: {made} times made, {parcels} parcels told, {status} in the shop"
            ));
        }
    }
}

/// Runs the program until nothing more happens to the orders that are open.
async fn drain(stage: &Stage, figures: &mut Figures) {
    let Ok(mut running) = stage.start(|_| {}) else {
        figures.wrong.push("it does not start for the drain".to_owned());
        return;
    };
    let began = Instant::now();
    let mut open = (stage.open_orders(), Instant::now());
    while 0 < open.0 && began.elapsed() < DRAIN_MAX && !running.has_ended() {
        let wait_max = if stage.jobs_waiting() == 0 { NO_JOBS_MAX } else { NO_PROGRESS_MAX };
        if wait_max < open.1.elapsed() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = stage.open_orders();
        if now != open.0 {
            open = (now, Instant::now());
        }
    }
    running.stop();
}

/// What an operator does: releases holds and tries failed work again.
async fn mend(stage: &Stage, figures: &mut Figures) {
    let (ctx, _lock) = stage.open().await;
    let staff = Staff("ann".to_owned());
    for order in audit::run(&ctx, Scope::All).await.unwrap().into_iter().map(|one| one.order) {
        if order.state != State::Open && order.holds.is_empty() {
            continue;
        }
        println!("a person looks at {}", in_words(&order));
        for hold in &order.holds {
            ctx.release(order.id, hold.id, &staff).await.unwrap();
            figures.released += 1;
        }
        for one in &order.fulfilments {
            act(stage, &ctx, &order, one, &staff, figures).await;
        }
    }
    let bought = stage.book.lock().unwrap().bought.clone();
    for order in bought {
        let shop = ShopId(1);
        let key = format!("job:intake:{shop}:{order}");
        let known = ctx.read(move |tx| {
            Ok::<_, FlowError>((
                db::order::find(tx, shop, order)?.is_some(),
                db::alert::raised_at(tx, &key)?.is_some(),
            ))
        });
        match known.await.unwrap() {
            (true, _) => {}
            (false, true) => {
                figures.retried += 1;
                let asked = ctx.call(move |tx| intake::ask(tx, ShopId(1), order));
                asked.await.unwrap();
            }
            (false, false) => {
                figures.wrong.push(format!("order {order} is not here, and nobody is told"));
            }
        }
    }
}

/// What an operator does with one fulfilment, with the provider's own pages open.
async fn act(
    stage: &Stage,
    ctx: &Ctx,
    order: &Order,
    one: &Fulfilment,
    staff: &Staff,
    figures: &mut Figures,
) {
    let reference = one.reference.as_ref().map_or("", |reference| reference.as_str());
    let book = stage.providers.iter().find(|book| book.name() == one.provider_name).unwrap();
    match (&one.state, book.ledger_of(reference).last()) {
        (FulfilmentState::Submitting { stage: Stand::Person }, None) => {
            figures.judged += 1;
            ctx.confirm_absent(order.id, one.id, staff).await.unwrap();
        }
        (FulfilmentState::Submitting { stage: Stand::Person }, Some(entry)) => {
            figures.judged += 1;
            let number = &entry.provider_order_id;
            ctx.placed_by_hand(order.id, one.id, number, staff).await.unwrap();
        }
        // It could not fetch a print file while the program was down, and waits for somebody.
        (FulfilmentState::InProduction, Some(_)) => book.act(reference, ProviderAct::Releases),
        _ => {}
    }
}

fn in_words(order: &Order) -> String {
    let states = order.fulfilments.iter().map(|one| one.state.name());
    let states: Vec<&str> = states.collect();
    let holds: Vec<String> = order.holds.iter().map(|hold| hold.problem.sentence()).collect();
    let state = if order.state == State::Open { "open" } else { order.state.name() };
    format!("order {} {state} {states:?} {holds:?}", order.number)
}
