//! The invariants, asked after each event of the world itself and of the program's own rows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Outcome;
use super::correction;
use super::disk::Disk;
use super::partly_shipped;
use super::trouble::People;
use crate::common::*;
use woodblock::db;
use woodblock::db::delivery::Delivery;
use woodblock::flow::audit::{self, Audited, Scope};
use woodblock::flow::payload;
use woodblock::model::fulfilment::State as FulfilmentState;
use woodblock::model::hold::Actor;
use woodblock::model::id::{Hash, OrderId, ShopOrderId};
use woodblock::model::order::{Order, State};
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::outside::files::Files;
use woodblock::sandbox::PressMark;
use woodblock::sandbox::provider::{LedgerEntry, Making};

/// What was seen already.
#[derive(Debug, Default)]
pub struct Checks {
    history_line: i64,
    submissions: usize,
    mails: usize,
    /// Deliveries that were answered with 200, each by the hash of its body.
    acknowledged: BTreeSet<Hash>,
    /// How many lines an order's history had when somebody was last told that it is done.
    pressed: BTreeMap<OrderId, usize>,
    /// Presses that were answered as done and left nothing.
    unkept: Vec<String>,
    /// Since when an order that is paid is not known here.
    unknown_since: BTreeMap<ShopOrderId, Moment>,
    /// Whose file each address leads to.
    opened: BTreeMap<String, (OrderId, Hash)>,
}

/// Clocks further apart than this stop what costs money.
const CLOCKS_APART_MAX_MS: i64 = 120_000;
/// A poll finds what a webhook did not tell; a full disk and a shop that is away keep it waiting.
const KNOWN_WITHIN: Duration = Duration::from_secs(6 * 3_600);
/// Orders that are looked for.
const NEWEST_ORDERS: usize = 150;
/// What people press and find in the history.
const PRESSES: [&str; 10] = [
    "sends now",
    "puts off",
    "pauses",
    "releases",
    "cancels",
    "changes the address",
    "submits again",
    "gives up",
    "edits",
    "corrects",
];

/// Statuses of the shop in which something may be sent: paid, or completed and ordered again.
const PAYABLE: [&str; 2] = ["processing", "completed"];

impl Checks {
    /// After each job and each act: whatever was touched keeps its invariants, and whatever a
    /// provider accepted just now was paid, wanted, and right.
    pub async fn after_event(
        &mut self,
        day: &Day,
        people: &People,
        disk: &Disk,
        outcome: &mut Outcome,
    ) {
        let (ctx, line) = (day.ctx.clone(), self.history_line);
        let found = day
            .ctx
            .read(move |tx| {
                let (orders, newest) = db::audit::touched_since(tx, line)?;
                let audited: Result<Vec<Audited>, _> =
                    orders.iter().map(|id| audit::one(tx, &ctx, *id)).collect();
                Ok::<_, woodblock::flow::FlowError>((audited?, newest))
            })
            .await
            .unwrap();
        self.history_line = found.1;
        for audited in found.0 {
            tell(day, outcome, &audited);
        }
        let ledger = day.world.ledger();
        if self.submissions < ledger.len() {
            let new = ledger.len() - self.submissions;
            self.submissions = ledger.len();
            self.submitted(day, people, &ledger, outcome).await;
            for entry in &ledger[ledger.len() - new..] {
                self.opened_by_its_own_alone(day, entry, outcome).await;
            }
            if disk.is_short() {
                violation(day, outcome, "R54: something is sent while there is no room");
            }
            if CLOCKS_APART_MAX_MS < day.clock_ahead_ms().abs() {
                violation(day, outcome, "R61: something is sent while the clock is wrong");
            }
        }
        self.mailed(day, outcome);
        for words in self.unkept.drain(..) {
            violation(day, outcome, &words);
        }
    }

    /// A delivery was answered with 200.
    pub fn acknowledge(&mut self, delivery: &Delivery) {
        self.acknowledged.insert(Hash::of(delivery.body.as_bytes()));
    }

    /// Somebody pressed a button and was told that it is done: the history says so from now on.
    pub async fn somebody_pressed(&mut self, day: &Day, before: &Order, act: &str) {
        let is_held = matches!(act, "cancels" | "pauses") && !before.holds.is_empty();
        // What is held already need not be held once more.
        if !PRESSES.contains(&act) || is_held {
            return;
        }
        let id = before.id;
        let lines = lines_by_people(day, id).await;
        let known = self.pressed.insert(id, lines).unwrap_or(0);
        if lines <= known {
            self.unkept.push(format!("I6: “{act}” was answered as done and is not written down"));
        }
    }

    /// I6: after a crash everything that was acknowledged is there.
    pub async fn acknowledged_is_kept(&self, day: &Day, outcome: &mut Outcome) {
        let (shop, hashes) = (day.shop_id, self.acknowledged.clone());
        let lost = day.ctx.read(move |tx| {
            let mut lost = Vec::new();
            for hash in &hashes {
                if !db::delivery::is_kept(tx, shop, hash)? {
                    lost.push(hash.clone());
                }
            }
            Ok(lost)
        });
        for hash in lost.await.unwrap() {
            violation(day, outcome, &format!("I6: the acknowledged delivery {hash} is lost"));
        }
        for (order, lines) in &self.pressed {
            if lines_by_people(day, *order).await < *lines {
                violation(day, outcome, &format!("I6: a press on order {order} is lost"));
            }
        }
    }

    /// I5: the addresses of an order's files open these files and no others, and nobody else's do.
    async fn opened_by_its_own_alone(
        &mut self,
        day: &Day,
        entry: &LedgerEntry,
        outcome: &mut Outcome,
    ) {
        let Some(order) = order_of(day, entry).await else { return };
        let email = &entry.recipient.email;
        if entry.accepted_at == day.clock.now() && *email != order.recipient.email {
            let words = format!("I5: {} goes to {email}, who is somebody else", entry.reference);
            violation(day, outcome, &words);
        }
        for file in entry.lines.iter().flat_map(|line| &line.files) {
            let Some((token, hash, extension)) = parts(&file.url) else {
                violation(day, outcome, &format!("I5: {} is no address of a file", file.url));
                continue;
            };
            if let Some((other, _)) =
                self.opened.get(&token).filter(|(other, _)| *other != order.id)
            {
                let words =
                    format!("I5: {token} is an address of the orders {other} and {}", order.id);
                violation(day, outcome, &words);
            }
            let (others, own) = (self.opened.clone(), order.id);
            let (asked, wanted) = (token.clone(), hash.clone());
            let opens = day.ctx.read(move |tx| {
                let mut opens = vec![db::file::open_link(tx, &asked, &wanted, &extension)?];
                let others =
                    others.values().filter(|(order, hash)| *order != own && *hash != wanted);
                for (_, hash) in others.take(5) {
                    opens.push(!db::file::open_link(tx, &asked, hash, &extension)?);
                }
                Ok(opens)
            });
            let opens = opens.await.unwrap();
            if opens.contains(&false) {
                let words = format!("I5: {token} does not open its own file alone: {opens:?}");
                violation(day, outcome, &words);
            }
            self.opened.insert(token, (order.id, hash));
        }
    }

    /// Whatever was accepted: once under its reference, in a paid order, with the order's own text.
    async fn submitted(
        &self,
        day: &Day,
        people: &People,
        ledger: &[LedgerEntry],
        outcome: &mut Outcome,
    ) {
        for reference in day.world.double_charges() {
            violation(day, outcome, &format!("I1: {reference} is made twice"));
        }
        for url in day.world.misprints() {
            violation(day, outcome, &format!("I3: {url} led to other bytes than promised"));
        }
        let now = day.clock.now();
        for entry in ledger.iter().filter(|entry| entry.accepted_at == now) {
            let Some(order) = order_of(day, entry).await else {
                violation(day, outcome, &format!("{} belongs to no order", entry.reference));
                continue;
            };
            let shop_order = order.shop_order.unwrap();
            let status = day.shop.status(shop_order);
            if !PAYABLE.contains(&status.as_str()) {
                let words = format!("{} was sent while the shop says {status}", entry.reference);
                violation(day, outcome, &words);
            }
            for problem in wrong_prints(day, people, &order, entry) {
                violation(day, outcome, &format!("I3: {} {problem}", entry.reference));
            }
        }
        for (order, problem) in too_many(day, ledger).await {
            outcome.suspect.get_or_insert(order);
            violation(day, outcome, &format!("I1: {problem}"));
        }
    }

    /// No mail arrives twice, not even where the mail server's answer was lost: it is not sent again.
    fn mailed(&mut self, day: &Day, outcome: &mut Outcome) {
        let mails = day.world.mailer().received();
        if mails.len() == self.mails {
            return;
        }
        self.mails = mails.len();
        let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.message_id.as_str()).collect();
        let twice = mails.len() - ids.len();
        if 0 < twice {
            violation(day, outcome, &format!("I4: {twice} mails arrived twice"));
        }
    }

    /// Every order that is not over. While the disk has no room nothing can be written, so nobody is told
    /// of what is overdue; the disk has its own alarm, and everything else holds all the same.
    pub async fn every_order(&self, day: &Day, can_tell: bool, outcome: &mut Outcome) {
        for mut audited in audit::run(&day.ctx, Scope::Open).await.unwrap() {
            audited.breaches.retain(|breach| can_tell || !breach.what.contains("nobody was told"));
            tell(day, outcome, &audited);
        }
    }

    /// What is paid is known here soon, whatever becomes of its webhook.
    pub async fn known_in_time(&mut self, day: &Day, people: &People, outcome: &mut Outcome) {
        let now = day.clock.now();
        for order in people.orders.iter().rev().take(NEWEST_ORDERS) {
            let (shop, wanted) = (day.shop_id, *order);
            let known = day.ctx.read(move |tx| Ok(db::order::find(tx, shop, wanted)?.is_some()));
            let is_paid = day.shop.status(*order) == PAYABLE[0];
            if !is_paid || known.await.unwrap() {
                self.unknown_since.remove(order);
                continue;
            }
            let since = *self.unknown_since.entry(*order).or_insert(now);
            if since.plus(KNOWN_WITHIN) < now {
                let words = format!("I2: order {order} is paid since {since} and not known here");
                violation(day, outcome, &words);
            }
        }
    }

    /// Between two moments nobody is at work: a job that runs then is one that nobody will end.
    pub async fn nothing_hangs(&self, day: &Day, outcome: &mut Outcome) {
        let jobs = day.ctx.read(|tx| Ok(db::job::open_and_failed(tx)?)).await.unwrap();
        for job in jobs.iter().filter(|job| job.state == "running") {
            violation(day, outcome, &format!("I2: {} {} runs for ever", job.step, job.key));
        }
    }

    /// When everything has come to rest: nothing is lost, and the shop was told the truth.
    pub async fn at_rest(&self, day: &Day, people: &People, outcome: &mut Outcome) {
        self.acknowledged_is_kept(day, outcome).await;
        for audited in audit::run(&day.ctx, Scope::All).await.unwrap() {
            tell(day, outcome, &audited);
        }
        for words in correction::untold(day, &day.world.ledger()).await {
            violation(day, outcome, &format!("I3: nobody was told that {words}"));
        }
        for (order, words) in partly_shipped::given_up_and_sent(day, &day.world.ledger()).await {
            outcome.suspect.get_or_insert(order);
            violation(day, outcome, &format!("I1: {words}"));
        }
        for shop_order in &people.orders {
            let status = day.shop.status(*shop_order);
            let shop = day.shop_id;
            let wanted = *shop_order;
            let found = day
                .ctx
                .read(move |tx| {
                    let id = db::order::find(tx, shop, wanted)?;
                    Ok(id.map(|id| db::order::load(tx, id)).transpose()?)
                })
                .await;
            let found: Option<Order> = found.unwrap();
            match &found {
                None if PAYABLE.contains(&status.as_str()) => {
                    violation(day, outcome, &format!("order {shop_order} is {status} and lost"));
                }
                None => {}
                Some(order) => {
                    shop_knows(day, *shop_order, order, &status, outcome);
                    all_made(day, order, outcome);
                }
            }
            let end = match &found {
                None => format!("not taken in, {status} in the shop"),
                Some(order) => match order.holds.first() {
                    Some(hold) => format!("{}: {}", order.state.name(), hold.problem.what.code()),
                    None if order.state == State::Open => {
                        let moving = order.fulfilments.iter().filter(|one| !one.state.is_final());
                        let words = moving
                            .map(|one| format!("{} {}", one.provider_name, state_name(&one.state)));
                        format!("open: {}", words.collect::<Vec<_>>().join(", "))
                    }
                    None => order.state.name().to_owned(),
                },
            };
            *outcome.ends.entry(end).or_default() += 1;
        }
    }
}

/// A completed order of the shop has each tracking number once, and nothing under way.
fn shop_knows(
    day: &Day,
    shop_order: ShopOrderId,
    order: &Order,
    status: &str,
    outcome: &mut Outcome,
) {
    let numbers: Vec<String> =
        day.shop.parcels(shop_order).into_iter().map(|parcel| parcel.tracking_number).collect();
    let unique: BTreeSet<&String> = numbers.iter().collect();
    if unique.len() < numbers.len() {
        violation(day, outcome, &format!("order {shop_order}: a parcel stands twice in the shop"));
    }
    let moving = order.fulfilments.iter().any(|one| !one.state.is_final());
    if status == "completed" && moving && order.items.iter().all(|item| item.reprints == 0) {
        violation(day, outcome, &format!("order {shop_order} is completed and still under way"));
    }
}

/// What is closed was made, or given up by somebody.
fn all_made(day: &Day, order: &Order, outcome: &mut Outcome) {
    if order.state != State::Closed {
        return;
    }
    for item in order.items.iter().filter(|item| item.facts.dropped_at.is_none()) {
        let lines =
            order.fulfilments.iter().flat_map(|one| one.lines.iter().map(move |l| (one, l)));
        let over =
            lines.filter(|(_, line)| line.item == item.id).map(|(one, line)| match one.state {
                FulfilmentState::Superseded => line.shipped,
                _ => line.shipped + line.given_up,
            });
        let (over, wanted) = (over.sum::<u32>(), item.quantity + item.reprints);
        if over < wanted {
            outcome.suspect.get_or_insert(order.id);
            let name = order.item_name(item.id);
            violation(day, outcome, &format!("I2: {name} is closed: {over} of {wanted} are over"));
        }
    }
}

fn tell(day: &Day, outcome: &mut Outcome, audited: &Audited) {
    for breach in &audited.breaches {
        outcome.suspect.get_or_insert(audited.order.id);
        let words =
            format!("{}: order {}: {}", breach.invariant.name(), audited.order.number, breach.what);
        violation(day, outcome, &words);
    }
}

fn violation(day: &Day, outcome: &mut Outcome, words: &str) {
    outcome.violations.push(format!("{} {words}", day.clock.now()));
}

/// The order that an entry of a provider's ledger belongs to.
pub async fn order_of(day: &Day, entry: &LedgerEntry) -> Option<Order> {
    let reference = woodblock::model::fulfilment::Reference::given(&entry.reference);
    let found = day.ctx.read(move |tx| {
        let found = db::fulfilment::by_reference(tx, &reference)?;
        Ok(found.map(|(_, order)| db::order::load(tx, order)).transpose()?)
    });
    found.await.unwrap()
}

/// What stands on a print must be the values of the item that the line is about, and begin with
/// that line's own mark.
fn wrong_prints(day: &Day, people: &People, order: &Order, entry: &LedgerEntry) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in &entry.lines {
        let item = payload::item_of_key(order, &line.key).and_then(|id| order.item(id));
        let Some(item) = item else {
            wrong.push(format!("{} is no line of it", line.key));
            continue;
        };
        let shop_line = order.lines.iter().find(|one| one.id == item.line).unwrap().shop_line;
        let mark = people.mark(day, order.shop_order.unwrap(), shop_line).unwrap_or_default();
        for file in &line.files {
            let bytes = file.promised.as_ref().and_then(|hash| day.files.get(hash).ok());
            let Some(print) = bytes.and_then(|bytes| PressMark::read(&bytes)) else {
                wrong.push(format!("{}: no print", line.key));
                continue;
            };
            let printed = print.values.get("name").cloned().unwrap_or_default();
            let is_marked = printed == mark || printed.starts_with(&format!("{mark} "));
            let is_present = item.values.get("name").is_some_and(|value| {
                matches!(value, woodblock::model::value::Value::Text(text) if *text == printed)
            });
            if !is_marked || !is_present {
                wrong.push(format!("{}: prints “{printed}” for {mark}", line.key));
            }
        }
    }
    wrong
}

/// Pieces that providers make, over all editions, against what was ordered and ordered again.
async fn too_many(day: &Day, ledger: &[LedgerEntry]) -> Vec<(OrderId, String)> {
    let mut made: BTreeMap<(String, String), u32> = BTreeMap::new();
    let newest = ledger.iter().map(|entry| entry.accepted_at).max();
    let touched: BTreeSet<&str> = ledger
        .iter()
        .filter(|entry| Some(entry.accepted_at) == newest)
        .map(|entry| base(&entry.reference))
        .collect();
    for entry in ledger.iter().filter(|entry| touched.contains(base(&entry.reference))) {
        for line in &entry.lines {
            let sent = entry.parcels.iter().flat_map(|parcel| &parcel.lines);
            let sent: u32 = sent.filter(|(key, _)| *key == line.key).map(|(_, n)| n).sum();
            let pieces = if entry.making == Making::Cancelled { sent } else { line.quantity };
            *made.entry((entry.reference.clone(), line.key.clone())).or_default() += pieces;
        }
    }
    let mut sums: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for ((reference, key), pieces) in made {
        let sum = sums.entry(key).or_insert((0, reference));
        sum.0 += pieces;
    }
    let mut problems = Vec::new();
    for (key, (pieces, reference)) in sums {
        let entry = ledger.iter().find(|entry| entry.reference == reference).unwrap();
        let Some(order) = order_of(day, entry).await else { continue };
        let item = payload::item_of_key(&order, &key).and_then(|id| order.item(id));
        let Some(item) = item else { continue };
        let line = order.lines.iter().find(|line| line.id == item.line).unwrap();
        let ordered = if item.copy == 0 { line.quantity.max(item.quantity) } else { 1 };
        let cancelled =
            order.fulfilments.iter().filter(|one| one.state == FulfilmentState::Cancelled);
        let given_up: u32 = cancelled
            .flat_map(|one| &one.lines)
            .filter(|line| line.item == item.id)
            .map(|line| line.given_up)
            .sum();
        if pieces <= ordered + item.reprints && ordered + item.reprints < pieces + given_up {
            let words = format!("{pieces} made though {given_up} were given up");
            problems.push((order.id, format!("{reference} line {key}: {words}, {ordered} wanted")));
        }
        if ordered + item.reprints < pieces {
            let words = format!("{pieces} made, {ordered} wanted");
            problems.push((order.id, format!("{reference} line {key}: {words}")));
        }
    }
    problems
}

/// A reference without its edition.
fn base(reference: &str) -> &str {
    reference.rsplit_once('-').map_or(reference, |(base, _)| base)
}

/// Lines of an order's history that people wrote.
async fn lines_by_people(day: &Day, order: OrderId) -> usize {
    let lines = day.ctx.read(move |tx| Ok(db::history::of_order(tx, order)?)).await.unwrap();
    lines.iter().filter(|line| matches!(line.actor, Actor::Person(_))).count()
}

/// Token, hash and extension of the address of a print file.
fn parts(url: &str) -> Option<(String, Hash, String)> {
    let mut ends = url.rsplit('/');
    let (hash, extension) = ends.next()?.split_once('.')?;
    Some((ends.next()?.to_owned(), Hash::parse(hash)?, extension.to_owned()))
}
