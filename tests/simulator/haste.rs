//! Somebody who edits an order while a job is at work on it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::common::stopping::Meanwhile;
use woodblock::db;
use woodblock::flow::{Ctx, amend};
use woodblock::model::hold::Actor;
use woodblock::model::item::State;
use woodblock::model::order::Order;
use woodblock::model::value::{Value, Values};

/// One of so many commits is met by an edit.
const COMMITS_PER_EDIT: u32 = 60;
/// A longer text is edited no more: the designs take 20 characters.
const TEXT_MAX: usize = 16;

/// Somebody in haste: what is drawn just now is what is edited.
pub struct Haste {
    ctx: Ctx,
    rng: Mutex<ChaCha12Rng>,
    edits: AtomicU64,
}

impl Haste {
    /// Works on the same rows as the program, by a way of their own.
    pub fn new(seed: u64, ctx: Ctx) -> Haste {
        let rng = Mutex::new(ChaCha12Rng::seed_from_u64(seed ^ 0x4a57e));
        Haste { ctx, rng, edits: AtomicU64::new(0) }
    }

    /// How many edits were taken.
    pub fn edits(&self) -> u64 {
        self.edits.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Meanwhile for Haste {
    async fn act(&self) {
        if !self.rng.lock().unwrap().random_ratio(1, COMMITS_PER_EDIT) {
            return;
        }
        let newest = self.ctx.read(|tx| {
            let open = db::audit::open_orders(tx)?;
            Ok(open.last().map(|id| db::order::load(tx, *id)).transpose()?)
        });
        let Ok(Some(order)) = newest.await else { return };
        let Some((item, text)) = being_drawn(&order) else { return };
        let values = Values::from([("name".to_owned(), Value::Text(format!("{text} m")))]);
        let by = Actor::Person("bea".to_owned());
        let done = amend::amend(&self.ctx, order.id, item, values, by).await;
        self.edits.fetch_add(u64::from(done.is_ok()), Ordering::SeqCst);
    }
}

fn being_drawn(order: &Order) -> Option<(woodblock::model::id::ItemId, String)> {
    let item = order.items.iter().find(|item| item.state == State::Making)?;
    match item.values.get("name") {
        Some(Value::Text(text)) if text.len() < TEXT_MAX => Some((item.id, text.clone())),
        _ => None,
    }
}
