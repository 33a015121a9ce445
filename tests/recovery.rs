//! The database is not the one that worked last: nothing is ever sent to a provider twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::common::stopping::{Meanwhile, Mishap, Stop, guarded};
use crate::common::*;
use woodblock::db::{self, Db};
use woodblock::flow::ctx::ShopSeat;
use woodblock::flow::furnish::{self, DeclaredProvider, DeclaredShop};
use woodblock::flow::recovery::{self, Marker};
use woodblock::flow::{Ctx, FlowError, rebuild, worker};
use woodblock::model::id::ShopOrderId;
use woodblock::model::problem::{Problem, What};
use woodblock::model::provider_order::{Reach, Refusal};
use woodblock::outside::clock::Clock;
use woodblock::sandbox::{Call, Fault};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A folder for databases, and a day on one of them.
struct Lost {
    folder: tempfile::TempDir,
    day: Day,
    marker: Marker,
}

impl Lost {
    async fn new() -> Lost {
        let folder = folder();
        let day = Day::new().await;
        let day = day.on(open(&day, &folder.path().join("first.db"))).await;
        let marker = recovery::at_start(&day.ctx, None, "folder-1").await.unwrap();
        worker::recover(&day.ctx).await.unwrap();
        Lost { folder, day, marker }
    }

    /// A copy of the database as it is now.
    fn copy(&self, name: &str) {
        let from = rusqlite::Connection::open(self.folder.path().join("first.db")).unwrap();
        let to = self.folder.path().join(name).display().to_string();
        from.execute("VACUUM INTO ?1", [to]).unwrap();
    }

    /// A start on another database of the folder.
    async fn start_on(&self, name: &str, marker: Option<Marker>, place: &str) -> Day {
        let day = self.day.on(open(&self.day, &self.folder.path().join(name))).await;
        recovery::at_start(&day.ctx, marker, place).await.unwrap();
        worker::recover(&day.ctx).await.unwrap();
        day
    }

    /// The program goes on with this database for a minute.
    async fn beat(&mut self) {
        self.marker = recovery::beat(&self.day.ctx, &self.marker).await.unwrap();
    }
}

/// In memory where the system has a place for that: a commit is on disk before it ends.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn open(day: &Day, path: &Path) -> Db {
    let clock = day.clock.clone();
    Db::open(path, Arc::new(move || clock.now())).unwrap()
}

impl Day {
    async fn in_recovery(&self) -> bool {
        recovery::is_on(&self.ctx).await.unwrap()
    }

    fn everything_sent(&self) -> Vec<String> {
        let ledgers = self.customcat.ledger().into_iter().chain(self.shineon.ledger());
        ledgers.map(|entry| entry.reference).collect()
    }

    /// The first edition is refused, the second is sent.
    async fn second_edition(&self, order: ShopOrderId) {
        let refusal = Refusal {
            problem: Problem::new(What::Refused, "address", "no such street"),
            reach: Reach::Order,
            suggestions: Vec::new(),
        };
        self.world.fault_on(Call::Submit, Fault::RefuseWith(refusal));
        self.run_for(2 * HOUR).await;
        let (id, refused) = (self.id(order).await, self.fulfilment(order, "customcat").await);
        self.ctx.submit_again(id, refused, &ann()).await.unwrap();
        self.run_for(3 * HOUR).await;
    }
}

/// The backup is from before a refusal and a second sending: the look before the money alone would
/// find nothing under the first number.
#[tokio::test]
async fn a_restored_backup_sends_nothing_again() {
    let mut lost = Lost::new().await;
    let order = lost.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    lost.day.run_for(HOUR).await;
    lost.copy("backup.db");
    lost.beat().await;
    lost.day.second_edition(order).await;
    let sent = lost.day.everything_sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].ends_with("-2"), "{sent:?}");

    let mails = lost.day.world.mailer().received().len();
    let day = lost.start_on("backup.db", Some(lost.marker.clone()), "folder-1").await;
    assert!(day.in_recovery().await);
    for _ in 0..8 {
        day.world.fault_on(Call::Find, Fault::AskUnclear);
    }
    let late = day.shop.customer_buys(cart(vec![named("MUG", "Ada")]));
    day.run_for(10 * MINUTE).await;
    assert!(day.in_recovery().await, "the provider does not answer");
    assert_eq!(day.alerts().await, [What::Recovery]);
    worker::recover(&day.ctx).await.unwrap();
    assert!(day.in_recovery().await, "a restart does not end it");
    assert_eq!(day.world.mailer().received().len(), mails, "nothing is mailed meanwhile");

    day.run_for(HOUR).await;
    assert!(!day.in_recovery().await);
    assert_eq!(day.everything_sent(), sent, "nothing is sent again");
    assert_eq!(day.states(order).await, ["customcat in_production"]);
    assert_eq!(day.alerts().await, []);
    day.run_for(8 * DAY).await;
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.shop.status(late), "completed", "what is new goes its way");
    assert_eq!(day.everything_sent().len(), 2);
}

/// The database is gone, and the marker is left.
#[tokio::test]
async fn an_empty_database_sends_nothing_again() {
    let lost = Lost::new().await;
    let first = lost.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    lost.day.run_for(MINUTE).await;
    lost.day.second_edition(first).await;
    let second = lost.day.shop.customer_buys(cart(vec![named("PENDANT", "Eve")]));
    lost.day.run_for(3 * HOUR).await;
    let sent = lost.day.everything_sent();
    assert_eq!(sent.len(), 2);

    let day = lost.start_on("empty.db", Some(lost.marker.clone()), "folder-1").await;
    assert!(day.in_recovery().await);
    day.run_for(DAY).await;
    assert!(!day.in_recovery().await);
    assert_eq!(day.everything_sent(), sent);
    day.run_for(8 * DAY).await;
    assert_eq!(day.everything_sent(), sent);
    assert_eq!([day.shop.status(first), day.shop.status(second)], ["completed"; 2]);
}

/// The whole machine is gone: what the shop's own books say of an order begins the recovery.
#[tokio::test]
async fn a_new_machine_reads_the_books_of_the_shop() {
    let lost = Lost::new().await;
    let order = lost.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    lost.day.run_for(MINUTE).await;
    lost.day.second_edition(order).await;
    let sent = lost.day.everything_sent();
    let day = lost.start_on("new.db", None, "folder-9").await;
    assert!(!day.in_recovery().await, "nothing tells it yet");
    day.run_for(MINUTE).await;
    day.run_for(DAY).await;
    assert_eq!(day.everything_sent(), sent);
    assert_eq!(day.states(order).await, ["customcat in_production"]);
}

/// A copy of the folder works beside the first, with the same shop and providers.
#[tokio::test]
async fn a_twin_sends_nothing_beside_the_first() {
    let lost = Lost::new().await;
    let mut orders = Vec::new();
    for name in ["Rex", "Ada", "Eve"] {
        let lines = vec![named("MUG", name), named("PENDANT", name)];
        orders.push(lost.day.shop.customer_buys(cart(lines)));
        lost.day.run_for(20 * MINUTE).await;
    }
    lost.copy("twin.db");
    let twin = lost.start_on("twin.db", Some(lost.marker.clone()), "folder-2").await;
    assert!(twin.in_recovery().await, "it lies in another folder");
    for round in 0..60 {
        let (first, second) = if round % 2 == 0 { (&twin, &lost.day) } else { (&lost.day, &twin) };
        first.run_for(10 * MINUTE).await;
        second.run_for(Duration::ZERO).await;
        if round == 20 {
            orders.push(twin.shop.customer_buys(cart(vec![named("PENDANT", "Late")])));
        }
    }
    let mut sent = twin.everything_sent();
    sent.sort();
    let count = sent.len();
    sent.dedup();
    assert_eq!((sent.len(), count), (7, 7), "{sent:?}");
}

/// The whole work of a twin that is due now.
struct Twin(Ctx);

#[async_trait::async_trait]
impl Meanwhile for Twin {
    async fn act(&self) {
        worker::tick(&self.0).await.unwrap();
    }
}

/// Two programs with the same order whose time ends in the same moment: the second does everything that
/// it would do while the first is at its `nth` boundary. How many boundaries there were, and the
/// provider's orders.
async fn two_at_once(nth: u64, sku: &str) -> (u64, Vec<String>) {
    let lost = Lost::new().await;
    lost.day.shop.customer_buys(cart(vec![named(sku, "Rex")]));
    lost.day.run_for(10 * MINUTE).await;
    lost.copy("twin.db");
    let twin = lost.start_on("twin.db", Some(lost.marker.clone()), "folder-2").await;
    twin.run_for(30 * MINUTE).await;
    assert!(!twin.in_recovery().await, "it looked everything up, and believes to be the only one");
    assert_eq!(twin.everything_sent(), Vec::<String>::new());
    lost.day.clock.set(lost.day.clock.now().plus(2 * HOUR));
    let stop = Stop::with(nth, Mishap::Meanwhile, || {});
    *stop.meanwhile.lock().unwrap() = Some(Arc::new(Twin(twin.ctx.clone())));
    worker::tick(&guarded(&lost.day.ctx, &stop)).await.unwrap();
    for _ in 0..20 {
        lost.day.run_for(30 * MINUTE).await;
        twin.run_for(Duration::ZERO).await;
    }
    (stop.passed.load(Ordering::SeqCst), lost.day.everything_sent())
}

/// Live twins are no second order either, whatever the one has just done when the other begins.
#[tokio::test]
async fn twins_of_one_second_send_once() {
    for sku in ["MUG", "PENDANT"] {
        let mut nth = 1;
        loop {
            let (passed, sent) = two_at_once(nth, sku).await;
            assert_eq!(sent.len(), 1, "{sku}, boundary {nth} of {passed}: {sent:?}");
            if passed < nth {
                break;
            }
            nth += 1;
        }
        println!("{sku}: {nth} boundaries, each order sent once");
        assert!(20 < nth, "the run of {sku} met only {nth} boundaries");
    }
}

/// A copy of the shop, and a copy of the program that was pointed at it: the same ids, other keys.
#[tokio::test]
async fn a_cloned_shop_is_held_and_nothing_is_sent_again() {
    let lost = Lost::new().await;
    let order = lost.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    lost.day.run_for(HOUR).await;
    lost.copy("clone.db");
    let clone = lost.day.world.shop("clone");
    clone.number_orders_from(order.0);
    assert_eq!(clone.customer_buys(cart(vec![named("MUG", "Rex")])), order);
    lost.day.run_for(2 * HOUR).await;
    let sent = lost.day.everything_sent();
    assert_eq!(sent.len(), 1);

    let mut day = lost.day.on(open(&lost.day, &lost.folder.path().join("clone.db"))).await;
    let (id, seat) = day.ctx.shops.first_key_value().unwrap();
    let seat = ShopSeat { shop: Arc::new(clone.clone()), ..seat.clone() };
    day.ctx.shops = Arc::new(BTreeMap::from([(*id, seat)]));
    let shop = DeclaredShop {
        name: "main".to_owned(),
        url: "https://staging.shop.example".to_owned(),
        go_live_at: Some(start()),
    };
    let providers = ["customcat", "shineon", "workshop"].map(|name| DeclaredProvider {
        name: name.to_owned(),
        kind: name.to_owned(),
        delay_s: None,
    });
    furnish::declare(&day.ctx.db, vec![shop], providers.to_vec()).await.unwrap();
    assert!(day.in_recovery().await, "the shop has another address");
    worker::recover(&day.ctx).await.unwrap();
    day.run_for(DAY).await;
    assert!(day.problems(order).await.contains(&What::ShopCloned));
    assert_eq!(day.everything_sent(), sent);
}

/// The shop's books name a submission that the provider does not find: a person looks.
#[tokio::test]
async fn what_the_shop_has_written_and_the_provider_does_not_find_is_a_persons() {
    let lost = Lost::new().await;
    let order = lost.day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    lost.day.run_for(MINUTE).await;
    let line = lost.day.shop.lines(order)[0];
    let ledger = format!("wb-main-{order}-{line}-1 customcat CC-77");
    let meta = [("_woodblock_submissions".to_owned(), ledger)];
    let seat = lost.day.ctx.shop(lost.day.shop_id).unwrap().shop.clone();
    seat.write_meta(order, &meta).await.unwrap();
    lost.day.run_for(3 * HOUR).await;
    assert_eq!(lost.day.problems(order).await, [What::SentBefore]);
    assert_eq!(lost.day.everything_sent(), Vec::<String>::new());
}

/// The marker and the database are compared at each start.
#[tokio::test]
async fn an_ordinary_restart_is_no_recovery() {
    let mut lost = Lost::new().await;
    lost.beat().await;
    let again = recovery::at_start(&lost.day.ctx, Some(lost.marker.clone()), "folder-1").await;
    assert!(!lost.day.in_recovery().await);
    // The power went between the database and the marker: the database is ahead.
    let behind = Marker { beats: 1, ..again.unwrap() };
    let again = recovery::at_start(&lost.day.ctx, Some(behind), "folder-1").await.unwrap();
    assert!(!lost.day.in_recovery().await);
    let other = Marker { instance: "another".to_owned(), ..again };
    recovery::at_start(&lost.day.ctx, Some(other), "folder-1").await.unwrap();
    assert!(lost.day.in_recovery().await);
    lost.day.run_for(HOUR).await;
    assert!(!lost.day.in_recovery().await, "there was nothing to look up");
}

/// What people see while it lasts.
#[tokio::test]
async fn it_ends_only_after_the_shop_was_swept() {
    let lost = Lost::new().await;
    lost.day.run_for(HOUR).await;
    for _ in 0..3 {
        lost.day.world.fault_on(Call::ShopList, Fault::ShopUnclear);
    }
    let day = lost.start_on("none.db", Some(lost.marker.clone()), "folder-1").await;
    day.run_for(Duration::from_secs(10)).await;
    assert!(day.in_recovery().await);
    let found: Result<_, FlowError> = day.ctx.read(|tx| Ok(db::switch::recovery(tx)?)).await;
    assert!(found.unwrap().unwrap().0.contains("empty"));
    day.run_for(HOUR).await;
    assert!(!day.in_recovery().await);
}

/// An empty database on a new machine is filled from the shop's books and the providers; twice is once.
#[tokio::test]
async fn a_rebuild_restores_what_was_submitted() {
    let lost = Lost::new().await;
    let order =
        lost.day.shop.customer_buys(cart(vec![named("MUG", "Rex"), named("PENDANT", "Eve")]));
    lost.day.run_for(MINUTE).await;
    lost.day.second_edition(order).await;
    let waiting = lost.day.shop.customer_buys(cart(vec![named("MUG", "Ada")]));
    lost.day.run_for(HOUR).await;
    let sent = lost.day.everything_sent();
    assert_eq!(sent.len(), 2);

    let day = lost.day.on(open(&lost.day, &lost.folder.path().join("rebuilt.db"))).await;
    let late: Result<(), FlowError> = day
        .ctx
        .call(|tx| Ok(db::shop::set_go_live(tx, woodblock::model::id::ShopId(1), tx.now)?))
        .await;
    late.unwrap();
    let said = rebuild::run(&day.ctx, 30).await.unwrap();
    let adopted = said.iter().filter(|line| line.contains("is adopted")).count();
    assert_eq!(adopted, 2, "{said:#?}");
    let again = rebuild::run(&day.ctx, 30).await.unwrap();
    assert_eq!(again.len(), 1, "{again:#?}");
    assert_eq!(day.everything_sent(), sent);
    worker::recover(&day.ctx).await.unwrap();
    day.run_for(8 * DAY).await;
    assert_eq!(day.everything_sent().len(), 3);
    assert_eq!([day.shop.status(order), day.shop.status(waiting)], ["completed"; 2]);
}
