//! The disk fails, or is full: what must stop, what goes on, and what is told (reliability R53, R54).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::*;
use crate::proofs::power_loss::build_shim;
use crate::proofs::stage::{Program, Stage};
use woodblock::db;
use woodblock::db::engine::{Failure, Fate};
use woodblock::flow::{Ctx, FlowError, health, worker};
use woodblock::model::health::{DISK_FREE_MIN_BYTES, faults};
use woodblock::model::problem::What;
use woodblock::outside::machine::Room;
use woodblock::sandbox::Call;

const PROGRAM: &str = env!("CARGO_BIN_EXE_woodblock");

/// Room as somebody says.
struct SaidRoom(AtomicU64);

impl Room for SaidRoom {
    fn free_bytes(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst))
    }
}

/// After an error of the disk nothing is read, written or sent any more, until a restart.
#[tokio::test]
async fn an_error_of_the_disk_stops_everything_until_a_restart() {
    for fate in [Fate::Lost(Failure::Io), Fate::KeptUntold(Failure::Io)] {
        let day = Day::new().await;
        let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
        day.run_for(HOUR).await;
        // The commit of the intent is the third of the submission's: the claim is one, the precheck
        // may note what the shop told.
        let (intents, db) = (Arc::new(AtomicU64::new(0)), day.ctx.db.clone());
        let seen = intents.clone();
        db.set_fates(Arc::new(move || match seen.fetch_add(1, Ordering::SeqCst) {
            1 => fate,
            _ => Fate::Kept,
        }));
        day.clock.set(start().plus(3 * HOUR));
        let ended = worker::tick(&day.ctx).await.unwrap_err();
        assert!(day.ctx.db.why_broken().is_some(), "{fate:?}: {ended}");
        let touched = (day.world.asked(Call::ShopOrder), day.world.asked(Call::Submit));
        assert!(worker::tick(&day.ctx).await.is_err());
        let read: Result<_, FlowError> = day.ctx.read(|tx| Ok(db::alert::open(tx)?)).await;
        assert!(read.is_err(), "nothing is read from a disk that failed");
        assert_eq!(touched, (day.world.asked(Call::ShopOrder), day.world.asked(Call::Submit)));
        day.ctx.db.set_fates(Arc::new(|| Fate::Kept));
        day.ctx.db.begin_anew();
        worker::recover(&day.ctx).await.unwrap();
        day.run_for(72 * HOUR).await;
        assert_eq!(day.shop.status(order), "completed", "{fate:?}");
        assert_eq!(day.customcat.ledger().len(), 1);
    }
}

/// Little room: nothing is sent, people are told, and it goes on by itself.
#[tokio::test]
async fn without_room_no_money_is_spent_and_it_goes_on_by_itself() {
    let mut day = Day::new().await;
    let room = Arc::new(SaidRoom(AtomicU64::new(DISK_FREE_MIN_BYTES - 1)));
    day.ctx = Ctx { room: room.clone(), ..day.ctx };
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(6 * HOUR).await;
    assert_eq!(day.states(order).await, ["customcat countdown"]);
    assert_eq!(day.world.asked(Call::Submit), 0);
    let look = async || {
        let vitals = health::vitals(&day.ctx).await.unwrap();
        health::tell(&day.ctx, faults(&vitals)).await.unwrap();
    };
    look().await;
    assert!(day.alerts().await.contains(&What::Unwell));
    room.0.store(DISK_FREE_MIN_BYTES, Ordering::SeqCst);
    look().await;
    assert!(!day.alerts().await.contains(&What::Unwell));
    day.run_for(72 * HOUR).await;
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// What a job came to is written down when there is room again, and the job is not done twice.
#[tokio::test]
async fn what_a_job_came_to_on_a_full_disk_is_not_forgotten() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.deliver().await;
    // From the second commit on there is no room: the intake has run, and cannot say so.
    let commits = AtomicU64::new(0);
    day.ctx.db.set_fates(Arc::new(move || match commits.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Fate::Kept,
        _ => Fate::Lost(Failure::Full),
    }));
    let error = worker::tick(&day.ctx).await.unwrap_err();
    assert!(error.is_full() && day.ctx.is_short_of_room(), "{error}");
    assert!(worker::tick(&day.ctx).await.unwrap_err().is_full());
    day.ctx.db.set_fates(Arc::new(|| Fate::Kept));
    day.run_for(72 * HOUR).await;
    assert!(!day.ctx.is_short_of_room());
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// The real program on a disk that fails when somebody says so; `None` where there is no C compiler.
async fn on_a_bad_disk(says: &Path) -> Option<(Stage, Program)> {
    let stage = Stage::new(8, Path::new(PROGRAM)).await;
    let Some(shim) = build_shim(stage.folder.path(), "diskfault") else {
        println!("SKIPPED: there is no C compiler");
        return None;
    };
    std::fs::write(says, "well").unwrap();
    let running = stage.start(|command| {
        command.env("LD_PRELOAD", &shim).env("DISKFAULT_SAYS", says);
        command.env("DISKFAULT_BELOW", stage.state());
    });
    let running = running.expect("the program starts");
    Some((stage, running))
}

async fn comes_to_rest(stage: &Stage) {
    stage.world.until(|| stage.open_orders() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_ends_when_its_disk_fails_and_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let says = folder.path().join("says");
    let Some((stage, mut running)) = on_a_bad_disk(&says).await else { return };
    assert!(stage.buy().await);
    comes_to_rest(&stage).await;
    std::fs::write(&says, "io").unwrap();
    assert!(!stage.buy().await, "what is not on the disk is not acknowledged");
    assert_eq!(running.ends_with(), Some(74));
    let words = running.words();
    let last = words.last().unwrap();
    assert!(last.contains("the disk failed, and everything stops"), "{words:#?}");
    assert_eq!(stage.inspect(), Vec::<String>::new());
    let mut again = stage.start(|_| {}).expect("the program starts");
    comes_to_rest(&stage).await;
    again.stop();
    assert_eq!(stage.doubled(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_stays_up_on_a_full_disk_and_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let says = folder.path().join("says");
    let Some((stage, mut running)) = on_a_bad_disk(&says).await else { return };
    std::fs::write(&says, "full").unwrap();
    assert!(!stage.buy().await && !stage.buy().await, "503 to what cannot be stored");
    if running.has_ended() {
        panic!("it ended: {:#?}", running.words());
    }
    let (status, body) = stage.page("/healthz").await;
    assert!(status == 503 && body.contains("\"what\":\"disk\""), "{status} {body}");
    assert_eq!(stage.page("/login").await.0, 200, "pages are shown");
    assert!(!running.has_ended(), "{:#?}", running.words());
    std::fs::write(&says, "well").unwrap();
    // The next poll finds what the webhooks could not tell.
    comes_to_rest(&stage).await;
    running.stop();
    assert_eq!(stage.inspect(), Vec::<String>::new());
    assert_eq!(stage.doubled(), Vec::<String>::new());
    for audited in stage.audit().await {
        assert_eq!(audited.breaches, []);
    }
}
