//! The invariants, asked after each event of the world itself and of the program's own rows.

use std::collections::{BTreeMap, BTreeSet};

use super::Outcome;
use super::trouble::People;
use crate::common::*;
use woodblock::db;
use woodblock::flow::audit::{self, Audited, Scope};
use woodblock::flow::payload;
use woodblock::model::id::ShopOrderId;
use woodblock::model::order::{Order, State};
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
}

/// Statuses of the shop in which something may be sent: paid, or completed and ordered again.
const PAYABLE: [&str; 2] = ["processing", "completed"];

impl Checks {
    /// After each job and each act: whatever was touched keeps its invariants, and whatever a
    /// provider accepted just now was paid, wanted, and right.
    pub async fn after_event(&mut self, day: &Day, people: &People, outcome: &mut Outcome) {
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
            tell(day, outcome, &audited).await;
        }
        let ledger = day.world.ledger();
        if self.submissions < ledger.len() {
            self.submissions = ledger.len();
            self.submitted(day, people, &ledger, outcome).await;
        }
        self.mailed(day, outcome);
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
        for problem in too_many(day, ledger).await {
            violation(day, outcome, &format!("I1: {problem}"));
        }
    }

    /// No mail arrives twice, but where the mail server's answer was lost.
    fn mailed(&mut self, day: &Day, outcome: &mut Outcome) {
        let mails = day.world.mailer().received();
        if mails.len() == self.mails {
            return;
        }
        self.mails = mails.len();
        let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.message_id.as_str()).collect();
        let lost =
            day.world.fired().into_iter().filter(|(_, fault)| {
                matches!(fault, woodblock::sandbox::Fault::MailTakenAnswerLost)
            });
        let twice = mails.len() - ids.len();
        if lost.count() < twice {
            violation(day, outcome, &format!("I4: {twice} mails arrived twice"));
        }
    }

    /// Every order that is not over.
    pub async fn every_order(&self, day: &Day, outcome: &mut Outcome) {
        for audited in audit::run(&day.ctx, Scope::Open).await.unwrap() {
            tell(day, outcome, &audited).await;
        }
    }

    /// When everything has come to rest: nothing is lost, and the shop was told the truth.
    pub async fn at_rest(&self, day: &Day, people: &People, outcome: &mut Outcome) {
        for audited in audit::run(&day.ctx, Scope::All).await.unwrap() {
            tell(day, outcome, &audited).await;
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
                Some(order) => shop_knows(day, *shop_order, order, &status, outcome),
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

async fn tell(day: &Day, outcome: &mut Outcome, audited: &Audited) {
    for breach in &audited.breaches {
        let words =
            format!("{}: order {}: {}", breach.invariant.name(), audited.order.number, breach.what);
        violation(day, outcome, &words);
    }
    if !audited.breaches.is_empty() {
        let id = audited.order.id;
        let lines = day.ctx.read(move |tx| Ok(db::history::of_order(tx, id)?)).await.unwrap();
        let told = lines.iter().map(|line| {
            let (from, to) = (&line.from, &line.to);
            format!(
                "\n    {} {} {} {}: {from} → {to} {}",
                line.at,
                line.actor.text(),
                line.subject,
                line.event,
                line.note
            )
        });
        let story: String = told.collect();
        violation(day, outcome, &format!("the story of order {}:{story}", audited.order.number));
    }
}

fn violation(day: &Day, outcome: &mut Outcome, words: &str) {
    outcome.violations.push(format!("{} {words}", day.clock.now()));
}

async fn order_of(day: &Day, entry: &LedgerEntry) -> Option<Order> {
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
async fn too_many(day: &Day, ledger: &[LedgerEntry]) -> Vec<String> {
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
        if ordered + item.reprints < pieces {
            problems.push(format!("{reference} line {key}: {pieces} made, {ordered} wanted"));
        }
    }
    problems
}

/// A reference without its edition.
fn base(reference: &str) -> &str {
    reference.rsplit_once('-').map_or(reference, |(base, _)| base)
}
