//! What goes wrong, and what people do.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

use super::Outcome;
use super::check::Checks;
use super::{correction, partly_shipped, providers};
use crate::common::*;
use woodblock::flow::amend;
use woodblock::flow::operate::{Delay, TypedParcel};
use woodblock::flow::review;
use woodblock::model::fulfilment::{Stage, State as FulfilmentState};
use woodblock::model::hold::{Actor, Target};
use woodblock::model::id::{OrderId, ShopLineId, ShopOrderId};
use woodblock::model::item::{State as ItemState, Verdict};
use woodblock::model::order::Order;
use woodblock::model::problem::{Problem, What};
use woodblock::model::provider_order::{Reach, Refusal};
use woodblock::model::time::Moment;
use woodblock::model::value::{Value, Values};
use woodblock::sandbox::provider::{Making, ProviderAct};
use woodblock::sandbox::shop::{ShopAct, a_recipient};
use woodblock::sandbox::{Fault, Pay};

/// Faults planned in each round, on the average.
const FAULTS_PER_ROUND: f64 = 0.8;

/// Whether providers show what they have within their settle time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// They do.
    Kept,
    /// They show it half a minute later. The look before the money finds it then; nothing else may go
    /// wrong with looking and with the clock, for a broken promise and bad luck do print twice.
    Broken,
}

/// Plans a few random faults for whatever they befall next.
pub fn plan_faults(day: &Day, rng: &mut ChaCha12Rng, promise: Promise) {
    if 40 < day.world.faults_pending() {
        return;
    }
    while rng.random_bool(FAULTS_PER_ROUND / (1.0 + FAULTS_PER_ROUND)) {
        match random_fault(rng) {
            Fault::FindMisses if promise == Promise::Broken => {}
            fault => day.world.fault_next(fault),
        }
    }
}

fn random_fault(rng: &mut ChaCha12Rng) -> Fault {
    let refusal = |reach| {
        Fault::RefuseWith(Refusal {
            problem: Problem::new(What::Refused, "", "not today"),
            reach,
            suggestions: Vec::new(),
        })
    };
    match rng.random_range(0..30) {
        0 => Fault::ShopUnclear,
        1 => Fault::ShopBusy { retry_after_s: rng.random_range(1..900) },
        2 => Fault::ShopFailsAfterCommit,
        3 => Fault::ShopRefuses("the field is too long".to_owned()),
        4 => Fault::ShopRowUnreadable,
        5 | 6 => Fault::WebhookDropped,
        7 => Fault::WebhookDoubled,
        8 => Fault::WebhookLate(Duration::from_secs(rng.random_range(1..20_000))),
        9 => Fault::WebhookPowerless,
        10 => refusal(Reach::Order),
        11..=13 => Fault::AcceptAndLoseAnswer,
        14 => Fault::NotSent,
        15 => Fault::RateLimited { retry_after_s: rng.random_range(1..600) },
        16 | 17 => Fault::NeverArrives,
        18 => Fault::FindMisses,
        19 => Fault::AskUnclear,
        20 => Fault::CancelDoneAnswerLost,
        21 => Fault::HookDropped,
        22 => match rng.random_bool(0.5) {
            true => Fault::HookDoubled,
            false => Fault::HookLate(Duration::from_secs(rng.random_range(1..20_000))),
        },
        23 => Fault::MailNotSent,
        24 => Fault::MailRefused,
        25 => Fault::MailTakenAnswerLost,
        26 => Fault::MailLostAnswerLost,
        27 => Fault::FetchUnclear,
        28 => Fault::PressDied,
        _ => Fault::ShopNotAllowed,
    }
}

/// Everybody who does something, and what they remember of it.
#[derive(Debug, Default)]
pub struct People {
    /// Each line's own mark, which begins every text that is ever written for it.
    pub marks: BTreeMap<(ShopOrderId, ShopLineId), String>,
    /// Every order that was bought.
    pub orders: Vec<ShopOrderId>,
    count: u64,
}

impl People {
    /// A customer buys at this moment; some change their minds later.
    pub fn somebody_buys(&mut self, day: &Day, rng: &mut ChaCha12Rng, at: Moment) {
        self.count += 1;
        let mut lines = Vec::new();
        let mut marks = Vec::new();
        for nth in 0..rng.random_range(1..=3_usize) {
            let mark = format!("N{}L{nth}", self.count);
            let sku = ["MUG", "PENDANT", "TEE", "MUG", "SIGN-HAND"][rng.random_range(0..5)];
            let quantity = if rng.random_bool(0.2) { rng.random_range(2..=4) } else { 1 };
            let glyph = if rng.random_bool(0.01) { "\u{1d4d0}" } else { "" };
            lines.push(named(sku, &format!("{mark}{glyph}")).times(quantity));
            marks.push(mark);
        }
        if rng.random_bool(0.1) {
            lines.push(line("GIFTWRAP"));
        }
        let pay = match rng.random_range(0..20) {
            0 => Pay::BankTransfer,
            1 => Pay::CashOnDelivery,
            2 => Pay::Later(Duration::from_secs(rng.random_range(60..90_000))),
            3 => Pay::Never,
            _ => Pay::Card,
        };
        let buyer = usize::try_from(self.count).unwrap_or(0);
        let cart = cart(lines).to(a_recipient(buyer)).paid(pay);
        let order = day.shop.customer_buys_at(at, cart);
        self.orders.push(order);
        self.pending_marks(order, marks);
        self.changes_mind(day, rng, at, order);
    }

    /// The lines of an order that is only planned have no ids yet: the marks are matched later.
    fn pending_marks(&mut self, order: ShopOrderId, marks: Vec<String>) {
        for (nth, mark) in marks.into_iter().enumerate() {
            // Negative ids stand for places until the order is made.
            self.marks.insert((order, ShopLineId(-1 - nth as i64)), mark);
        }
    }

    /// The mark of a line.
    pub fn mark(&self, day: &Day, order: ShopOrderId, line: ShopLineId) -> Option<String> {
        let place = day.shop.lines(order).iter().position(|one| *one == line)?;
        self.marks.get(&(order, ShopLineId(-1 - place as i64))).cloned()
    }

    fn changes_mind(
        &self,
        day: &Day,
        rng: &mut ChaCha12Rng,
        bought_at: Moment,
        order: ShopOrderId,
    ) {
        let later = |rng: &mut ChaCha12Rng| {
            bought_at.plus(Duration::from_secs(rng.random_range(1..200_000)))
        };
        if !rng.random_bool(0.15) {
            return;
        }
        let act = match rng.random_range(0..9) {
            0 | 1 => ShopAct::Cancels,
            2 => ShopAct::RefundsAll,
            3 | 4 => ShopAct::EditsAddress(a_recipient(rng.random_range(0..4))),
            5 => ShopAct::Saves,
            6 => ShopAct::SetsStatus("on-hold".to_owned()),
            7 => ShopAct::Pays,
            _ => ShopAct::Trashes,
        };
        let at = later(rng);
        let comes_back = matches!(act, ShopAct::SetsStatus(_) | ShopAct::Cancels);
        day.shop.act_at(at, order, act);
        if comes_back && rng.random_bool(0.5) {
            let again = at.plus(Duration::from_secs(rng.random_range(1..50_000)));
            day.shop.act_at(again, order, ShopAct::Pays);
        }
    }

    /// An operator or a customer does one random thing.
    pub async fn somebody_acts(
        &self,
        day: &Day,
        rng: &mut ChaCha12Rng,
        checks: &mut Checks,
        outcome: &mut Outcome,
    ) {
        if !rng.random_bool(0.6) || self.orders.is_empty() {
            return;
        }
        // Mostly something of the last days.
        let newest = self.orders.len();
        let shop_order = self.orders[rng.random_range(newest.saturating_sub(120)..newest)];
        let Some(order) = find(day, shop_order).await else { return };
        if rng.random_ratio(1, 15) {
            let Some((order, act)) = correction::corrects(self, day, rng).await else { return };
            checks.somebody_pressed(day, &order, act).await;
            *outcome.acts.entry(act.to_owned()).or_default() += 1;
            return;
        }
        let (act, done) = match rng.random_range(0..12) {
            0..=6 => operator_acts(day, rng, &order).await,
            7 | 8 => self.edits(day, rng, &order).await,
            9 => refunds_line(day, rng, shop_order),
            10 => customer_edits(day, rng, self, shop_order),
            _ => ("nothing", false),
        };
        if done {
            checks.somebody_pressed(day, &order, act).await;
            *outcome.acts.entry(act.to_owned()).or_default() += 1;
        }
    }

    async fn edits(&self, day: &Day, rng: &mut ChaCha12Rng, order: &Order) -> (&'static str, bool) {
        let Some((item, mark)) = self.some_item(day, rng, order) else { return ("edits", false) };
        let words = format!("{mark} e{}", rng.random_range(0..100));
        let values = Values::from([("name".to_owned(), Value::Text(words))]);
        let by = Actor::Person("ann".to_owned());
        ("edits", amend::amend(&day.ctx, order.id, item, values, by).await.is_ok())
    }

    fn some_item(
        &self,
        day: &Day,
        rng: &mut ChaCha12Rng,
        order: &Order,
    ) -> Option<(woodblock::model::id::ItemId, String)> {
        if order.items.is_empty() {
            return None;
        }
        let item = &order.items[rng.random_range(0..order.items.len())];
        let line = order.lines.iter().find(|line| line.id == item.line)?;
        Some((item.id, self.mark(day, order.shop_order?, line.shop_line)?))
    }

    /// When the faults are over, operators do what the pages ask them to.
    pub async fn settle_everything(&self, day: &Day, outcome: &mut Outcome) {
        for shop_order in self.orders.clone() {
            let Some(order) = find(day, shop_order).await else { continue };
            if order.state != woodblock::model::order::State::Open {
                continue;
            }
            let did = mend(day, self, &order).await;
            if did {
                *outcome.acts.entry("mends at the end".to_owned()).or_default() += 1;
            }
        }
        resume_providers(day).await;
    }
}

async fn find(day: &Day, shop_order: ShopOrderId) -> Option<Order> {
    let shop = day.shop_id;
    let found = day.ctx.read(move |tx| {
        let id: Option<OrderId> = woodblock::db::order::find(tx, shop, shop_order)?;
        Ok(id.map(|id| woodblock::db::order::load(tx, id)).transpose()?)
    });
    found.await.unwrap()
}

async fn resume_providers(day: &Day) {
    for provider in day.ctx.providers.keys().copied().collect::<Vec<_>>() {
        // The disk may fail under it; the next round tries again.
        let _ = woodblock::flow::resume::provider(&day.ctx, provider).await;
    }
}

async fn operator_acts(day: &Day, rng: &mut ChaCha12Rng, order: &Order) -> (&'static str, bool) {
    let id = order.id;
    let fulfilment = order.fulfilments.last();
    let which = rng.random_range(0..12);
    let Some(one) = fulfilment else { return ("nothing", false) };
    match which {
        0 => ("sends now", day.ctx.change_delay(id, one.id, Delay::SendNow, &ann()).await.is_ok()),
        1 => {
            let delay = Delay::Later(HOUR);
            ("puts off", day.ctx.change_delay(id, one.id, delay, &ann()).await.is_ok())
        }
        2 => ("pauses", day.ctx.pause(id, Target::Order, "wait", &ann()).await.is_ok()),
        3 | 4 => {
            let Some(hold) = order.holds.first() else { return ("releases", false) };
            ("releases", day.ctx.release(id, hold.id, &ann()).await.is_ok())
        }
        5 => ("cancels", rng.random_bool(0.3) && day.ctx.cancel_order(id, &ann()).await.is_ok()),
        6 => {
            let Some(item) = order.items.first() else { return ("draws again", false) };
            ("draws again", day.ctx.draw_again(id, item.id, &ann()).await.is_ok())
        }
        7 => {
            let to = a_recipient(rng.random_range(0..4));
            ("changes the address", day.ctx.change_recipient(id, to, &ann()).await.is_ok())
        }
        8 => ("submits again", day.ctx.submit_again(id, one.id, &ann()).await.is_ok()),
        9 if partly_shipped::is_asked(order, one.id) => {
            ("says what was in a parcel", partly_shipped::looks_up(day, id, one).await)
        }
        9 => {
            ("gives up", rng.random_bool(0.3) && day.ctx.give_up(id, one.id, &ann()).await.is_ok())
        }
        10 => {
            let Some(item) = order.items.first() else { return ("orders again", false) };
            let pieces = vec![(item.id, 1)];
            let done = day.ctx.reprint(id, pieces, "broken in the post", &ann()).await.is_ok();
            if done && rng.random_bool(0.3) {
                // The drawing may be to blame: it is made anew.
                let _ = day.ctx.draw_again(id, item.id, &ann()).await;
            }
            ("orders again", done)
        }
        _ => {
            resume_providers(day).await;
            ("opens the editor", day.ctx.take_lease(id, &ann()).await.is_ok())
        }
    }
}

fn refunds_line(day: &Day, rng: &mut ChaCha12Rng, order: ShopOrderId) -> (&'static str, bool) {
    let lines = day.shop.lines(order);
    if lines.is_empty() {
        return ("refunds a line", false);
    }
    day.shop.merchant_refunds(order, lines[rng.random_range(0..lines.len())], 1);
    ("refunds a line", true)
}

fn customer_edits(
    day: &Day,
    rng: &mut ChaCha12Rng,
    people: &People,
    order: ShopOrderId,
) -> (&'static str, bool) {
    let lines = day.shop.lines(order);
    let Some(line) = lines.first() else { return ("edits in the shop", false) };
    let Some(mark) = people.mark(day, order, *line) else { return ("edits in the shop", false) };
    let words = format!("{mark} c{}", rng.random_range(0..100));
    day.shop.merchant_edits_line_meta(order, *line, "Name", &words);
    if rng.random_bool(0.7) {
        day.shop.act(order, ShopAct::Saves);
    }
    ("edits in the shop", true)
}

/// The machine's clock jumps, forwards or back, by seconds or more than an hour; some rounds later it
/// is set right. What it did, if it did.
pub fn clock_jumps(day: &Day, rng: &mut ChaCha12Rng) -> Option<&'static str> {
    if day.clock_ahead_ms() != 0 {
        if !rng.random_bool(0.3) {
            return None;
        }
        day.set_clock_wrong(0);
        return Some("Clock: set right");
    }
    if !rng.random_bool(0.01) {
        return None;
    }
    // Less than the audit's patience: what is overdue at once is told within it.
    let most_s = if rng.random_bool(0.3) { 110 } else { 5_400 };
    let ahead_ms = 1_000 * rng.random_range(-most_s..=most_s);
    day.set_clock_wrong(ahead_ms);
    Some(if ahead_ms < 0 { "Clock: jumps back" } else { "Clock: jumps forwards" })
}

/// What an attentive operator does with an order that waits for somebody; whether there was
/// anything.
async fn mend(day: &Day, people: &People, order: &Order) -> bool {
    let id = order.id;
    let mut did = false;
    for item in &order.items {
        let line = order.lines.iter().find(|line| line.id == item.line);
        let mark = match (order.shop_order, line) {
            (Some(shop_order), Some(line)) => people.mark(day, shop_order, line.shop_line),
            _ => None,
        };
        if let (ItemState::Making, Some(mark)) = (item.state, mark)
            && order.holds_on_item(item.id).next().is_some()
        {
            let values = Values::from([("name".to_owned(), Value::Text(mark))]);
            let by = Actor::Person("ann".to_owned());
            did |= amend::amend(&day.ctx, id, item.id, values, by).await.is_ok();
        }
        // A file that reads wrong is drawn again.
        let is_spoilt =
            |hold: &woodblock::model::hold::Hold| hold.problem.what == What::FileChanged;
        if order.holds_on_item(item.id).any(is_spoilt) {
            did |= day.ctx.draw_again(id, item.id, &ann()).await.is_ok();
        }
        if item.state == ItemState::AwaitingReview {
            let by = Actor::Person("ann".to_owned());
            did |=
                review::judge(&day.ctx, id, item.id, "name", Verdict::Accepted, by).await.is_ok();
        }
    }
    for fulfilment in &order.fulfilments {
        did |= mend_fulfilment(day, id, fulfilment).await;
    }
    let Some(order) = find_by_id(day, id).await else { return did };
    for hold in &order.holds {
        // What the shop does not want made stays as it is.
        if hold.problem.what != What::NotPayable && hold.problem.what != What::OrderGone {
            did |= day.ctx.release(id, hold.id, &ann()).await.is_ok();
        }
    }
    did
}

async fn find_by_id(day: &Day, id: OrderId) -> Option<Order> {
    day.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, id)?)).await.ok()
}

async fn mend_fulfilment(
    day: &Day,
    id: OrderId,
    fulfilment: &woodblock::model::order::Fulfilment,
) -> bool {
    let book = providers::making(day, fulfilment);
    let reference = fulfilment.reference.as_ref().map_or("", |reference| reference.as_str());
    match &fulfilment.state {
        FulfilmentState::Refused => day.ctx.submit_again(id, fulfilment.id, &ann()).await.is_ok(),
        FulfilmentState::Submitting { stage: Stage::Person } => {
            // The operator looks at the provider's own pages.
            let there = book.map(|book| book.ledger_of(reference)).unwrap_or_default();
            match (book, there.last()) {
                (Some(_), None) => day.ctx.confirm_absent(id, fulfilment.id, &ann()).await.is_ok(),
                (Some(_), Some(entry)) => {
                    let number = entry.provider_order_id.clone();
                    day.ctx.placed_by_hand(id, fulfilment.id, &number, &ann()).await.is_ok()
                }
                (None, _) => {
                    day.ctx.placed_by_hand(id, fulfilment.id, "by hand", &ann()).await.is_ok()
                }
            }
        }
        FulfilmentState::InProduction if book.is_none() => {
            let parcel = TypedParcel {
                carrier: "UPS".to_owned(),
                tracking_number: format!("1Z{}", fulfilment.id),
                tracking_url: String::new(),
                pieces: Vec::new(),
            };
            day.ctx.type_parcel(id, fulfilment.id, parcel, &ann()).await.is_ok()
        }
        FulfilmentState::InProduction => {
            let Some(book) = book else { return false };
            let entry = book.ledger_of(reference).pop();
            // A provider's own hold ends some day, and what it forgot is sent.
            match entry.as_ref().map(|entry| &entry.making) {
                Some(Making::Cancelled) => {
                    return partly_shipped::looks_up(day, id, fulfilment).await;
                }
                Some(Making::Held(_)) => book.act(reference, ProviderAct::Releases),
                _ => {}
            }
            book.act(reference, ProviderAct::ShipsRest);
            let entry = book.ledger_of(reference).pop();
            let shipped = entry.filter(|entry| entry.making == Making::Shipped);
            let Some(last) = shipped.and_then(|entry| entry.parcels.last().cloned()) else {
                return false;
            };
            // The provider does not say what is in which parcel: a person does.
            let parcel = TypedParcel {
                carrier: last.carrier,
                tracking_number: last.tracking_number,
                tracking_url: last.tracking_url,
                pieces: Vec::new(),
            };
            day.ctx.type_parcel(id, fulfilment.id, parcel, &ann()).await.is_ok()
        }
        _ => false,
    }
}
