//! Fulfilments and what they hold.

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use crate::model::fulfilment::{Correction, Intent, Reference, Stage, State};
use crate::model::id::{FulfilmentId, ItemId, OrderId, ProviderId};
use crate::model::money::{Currency, Money};
use crate::model::order::{Fulfilment, FulfilmentLine};
use crate::model::time::Moment;

/// All fulfilments of an order, oldest first.
pub fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Fulfilment>, DbError> {
    let mut found: Vec<Fulfilment> = Vec::new();
    // A row for each line, or one where there is none.
    tx.each(
        "SELECT fulfilments.id, fulfilments.provider_id, providers.name, providers.delay_s,
                fulfilments.state, fulfilments.stage, fulfilments.submit_at,
                fulfilments.reference, fulfilments.edition, fulfilments.submit_at_kept,
                fulfilments.provider_order_id, fulfilments.deadline_at, fulfilments.attempt,
                fulfilment_lines.item_id, fulfilment_lines.quantity, fulfilment_lines.shipped,
                fulfilment_lines.given_up, fulfilment_lines.revision
         FROM fulfilments
         JOIN providers ON providers.id = fulfilments.provider_id
         LEFT JOIN fulfilment_lines ON fulfilment_lines.fulfilment_id = fulfilments.id
         WHERE fulfilments.order_id = $1
         ORDER BY fulfilments.id, fulfilment_lines.item_id",
        cells![order],
        |row| {
            let id: FulfilmentId = row.get(0)?;
            if found.last().is_none_or(|last| last.id != id) {
                found.push(read(row)?);
            }
            if let (Some(last), Some(item)) = (found.last_mut(), row.get(13)?) {
                last.lines.push(read_line(row, item)?);
            }
            Ok(())
        },
    )?;
    Ok(found)
}

fn read_line(row: &Row<'_>, item: ItemId) -> Result<FulfilmentLine, DbError> {
    Ok(FulfilmentLine {
        item,
        quantity: row.get(14)?,
        shipped: row.get(15)?,
        given_up: row.get(16)?,
        revision: row.get(17)?,
    })
}

fn read(row: &Row<'_>) -> Result<Fulfilment, DbError> {
    let word: String = row.get(4)?;
    let stage: Option<String> = row.get(5)?;
    let submit_at: Option<Moment> = row.get(6)?;
    let reference: Option<String> = row.get(7)?;
    Ok(Fulfilment {
        id: row.get(0)?,
        provider: row.get(1)?,
        provider_name: row.get(2)?,
        provider_delay_s: row.get(3)?,
        state: state(&word, stage.as_deref(), submit_at)?,
        reference: reference.as_deref().map(Reference::given),
        edition: row.get(8)?,
        submit_at_kept: row.get(9)?,
        provider_order_id: row.get(10)?,
        deadline_at: row.get(11)?,
        attempt: row.get(12)?,
        lines: Vec::new(),
    })
}

fn state(word: &str, stage: Option<&str>, submit_at: Option<Moment>) -> Result<State, DbError> {
    let damaged = || DbError::Damaged(format!("fulfilments.state {word}"));
    Ok(match word {
        "gathering" => State::Gathering,
        "awaiting_submit" => State::AwaitingSubmit,
        "countdown" => State::Countdown { submit_at: submit_at.ok_or_else(damaged)? },
        "submitting" => State::Submitting {
            stage: match stage {
                Some("intent") => Stage::Intent,
                Some("unknown") => Stage::Unknown,
                Some("person") => Stage::Person,
                _ => return Err(damaged()),
            },
        },
        "in_production" => State::InProduction,
        "refused" => State::Refused,
        "shipped" => State::Shipped,
        "cancelled" => State::Cancelled,
        "superseded" => State::Superseded,
        _ => return Err(damaged()),
    })
}

/// Stores a new fulfilment in `gathering`, without lines.
pub fn insert(
    tx: &Tx<'_>,
    order: OrderId,
    provider: ProviderId,
    deadline_at: Moment,
) -> Result<FulfilmentId, DbError> {
    tx.insert_one(
        "INSERT INTO fulfilments (order_id, provider_id, state, since, deadline_at, next_action)
         VALUES ($1, $2, 'gathering', $3, $4, 'its items become ready')",
        cells![order, provider, tx.now, deadline_at],
    )
}

/// Puts a quantity of an item into a fulfilment; 0 takes it out.
pub fn put_line(
    tx: &Tx<'_>,
    fulfilment: FulfilmentId,
    item: ItemId,
    quantity: u32,
) -> Result<(), DbError> {
    if quantity == 0 {
        tx.execute(
            "DELETE FROM fulfilment_lines WHERE fulfilment_id = $1 AND item_id = $2",
            cells![fulfilment, item],
        )?;
        return Ok(());
    }
    tx.execute(
        "INSERT INTO fulfilment_lines (fulfilment_id, item_id, quantity) VALUES ($1, $2, $3)
         ON CONFLICT (fulfilment_id, item_id) DO UPDATE SET quantity = excluded.quantity",
        cells![fulfilment, item, quantity],
    )?;
    Ok(())
}

/// Stores how many pieces of a line left and how many never will.
pub fn set_line_progress(
    tx: &Tx<'_>,
    fulfilment: FulfilmentId,
    line: &FulfilmentLine,
) -> Result<(), DbError> {
    tx.change(
        "fulfilment_lines",
        "UPDATE fulfilment_lines SET shipped = $1, given_up = $2
         WHERE fulfilment_id = $3 AND item_id = $4",
        cells![line.shipped, line.given_up, fulfilment, line.item],
    )
}

/// What a state waits for and until when, as the watchdog reads it.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// When it is overdue; `None` for final states.
    pub deadline_at: Option<Moment>,
    /// What happens next, in words.
    pub next_action: &'static str,
}

/// Changes the state; only `flow::transition` does.
pub fn set_state(
    tx: &Tx<'_>,
    fulfilment: &Fulfilment,
    to: &State,
    waiting: &Waiting,
) -> Result<(), DbError> {
    let submit_at = match to {
        State::Countdown { submit_at } => Some(*submit_at),
        _ => None,
    };
    let stage = match to {
        State::Submitting { stage } => Some(stage.name()),
        _ => None,
    };
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET state = $1, stage = $2, submit_at = $3, since = $4,
             deadline_at = $5, next_action = $6
         WHERE id = $7 AND state = $8",
        cells![
            to.name(),
            stage,
            submit_at,
            tx.now,
            waiting.deadline_at,
            waiting.next_action,
            fulfilment.id,
            fulfilment.state.name()
        ],
    )
}

/// Keeps the moment it would have gone out, while an edit sends it back.
pub fn keep_submit_at(tx: &Tx<'_>, id: FulfilmentId, at: Option<Moment>) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET submit_at_kept = $1 WHERE id = $2",
        cells![at, id],
    )
}

/// What the intent to submit fixes.
#[derive(Debug, Clone)]
pub struct IntentRow {
    /// Our number.
    pub reference: Reference,
    /// Which deliberate sending.
    pub edition: u32,
    /// Hash of everything that will be sent.
    pub payload_hash: String,
    /// Which revision of each item goes.
    pub revisions: Vec<(ItemId, u32)>,
}

/// Records the intent to submit. What it returns is worth something only once the transaction is
/// committed: `flow::submit` makes the permit from it then.
pub fn record_intent(tx: &Tx<'_>, id: FulfilmentId, intent: &IntentRow) -> Result<Intent, DbError> {
    let attempt: Option<u32> = tx.optional(
        "UPDATE fulfilments SET reference = $1, edition = $2, payload_hash = $3, intent_at = $4,
             attempt = attempt + 1, misses = 0, first_miss_at = NULL
         WHERE id = $5 AND state = 'submitting' AND stage = 'intent'
         RETURNING attempt",
        cells![intent.reference.as_str(), intent.edition, &intent.payload_hash, tx.now, id],
        |row| row.get(0),
    )?;
    for (item, revision) in &intent.revisions {
        tx.change(
            "fulfilment_lines",
            "UPDATE fulfilment_lines SET revision = $1 WHERE fulfilment_id = $2 AND item_id = $3",
            cells![*revision, id, *item],
        )?;
    }
    let attempt = attempt.ok_or(DbError::Conflict { what: "fulfilments" })?;
    Ok(Intent::recorded(intent.reference.clone(), attempt))
}

/// Gives a fulfilment its number before it enters `submitting`.
pub fn set_reference(
    tx: &Tx<'_>,
    id: FulfilmentId,
    reference: &Reference,
    edition: u32,
) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET reference = $1, edition = $2
         WHERE id = $3 AND (reference IS NULL OR reference = $1)",
        cells![reference.as_str(), edition, id],
    )
}

/// Stores the provider's number, and the price where it is known.
pub fn set_provider_order(
    tx: &Tx<'_>,
    id: FulfilmentId,
    provider_order_id: &str,
    price: Option<Money>,
) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET provider_order_id = $1, price_minor = $2, price_currency = $3
         WHERE id = $4",
        cells![
            provider_order_id,
            price.map(|money| money.minor),
            price.map(|money| money.currency.code().to_owned()),
            id
        ],
    )
}

/// Counts a look-up that did not find it; how many, and since when.
pub fn note_miss(tx: &Tx<'_>, id: FulfilmentId) -> Result<(u32, Moment), DbError> {
    tx.one(
        "UPDATE fulfilments SET misses = misses + 1, first_miss_at = COALESCE(first_miss_at, $1)
         WHERE id = $2
         RETURNING misses, first_miss_at",
        cells![tx.now, id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What the pages and the submission know of a fulfilment besides its state.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Its order.
    pub order: OrderId,
    /// How often it was sent.
    pub attempt: u32,
    /// When the intent was recorded.
    pub intent_at: Option<Moment>,
    /// Hash of what was sent.
    pub payload_hash: Option<String>,
    /// Look-ups that did not find it.
    pub misses: u32,
    /// What the provider asks, where it says so.
    pub price: Option<Money>,
    /// The provider's word.
    pub provider_word: String,
    /// Since when it is in its state.
    pub since: Moment,
    /// What happens next.
    pub next_action: String,
}

/// The ledger side of one fulfilment.
pub fn ledger(tx: &Tx<'_>, id: FulfilmentId) -> Result<Option<Ledger>, DbError> {
    tx.optional(
        "SELECT order_id, attempt, intent_at, payload_hash, misses, price_minor, price_currency,
                provider_word, since, next_action
         FROM fulfilments WHERE id = $1",
        cells![id],
        |row| {
            let minor: Option<i64> = row.get(5)?;
            let currency: Option<String> = row.get(6)?;
            let currency = currency.as_deref().and_then(Currency::parse);
            Ok(Ledger {
                order: row.get(0)?,
                attempt: row.get(1)?,
                intent_at: row.get(2)?,
                payload_hash: row.get(3)?,
                misses: row.get(4)?,
                price: minor.zip(currency).map(|(minor, currency)| Money { minor, currency }),
                provider_word: row.get(7)?,
                since: row.get(8)?,
                next_action: row.get(9)?,
            })
        },
    )
}

/// The fulfilment with this reference.
pub fn by_reference(
    tx: &Tx<'_>,
    reference: &Reference,
) -> Result<Option<(FulfilmentId, OrderId)>, DbError> {
    tx.optional(
        "SELECT id, order_id FROM fulfilments WHERE reference = $1",
        cells![reference.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The fulfilment with this number of a provider's.
pub fn by_provider_order(
    tx: &Tx<'_>,
    provider: ProviderId,
    provider_order_id: &str,
) -> Result<Option<(FulfilmentId, OrderId)>, DbError> {
    tx.optional(
        "SELECT id, order_id FROM fulfilments
         WHERE provider_id = $1 AND provider_order_id = $2",
        cells![provider, provider_order_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Fulfilments whose deadline has passed: what the watchdog tells people of.
pub fn overdue(tx: &Tx<'_>) -> Result<Vec<(FulfilmentId, OrderId, String)>, DbError> {
    tx.all(
        "SELECT id, order_id, next_action FROM fulfilments
         WHERE deadline_at IS NOT NULL AND deadline_at <= $1 ORDER BY deadline_at, id LIMIT 500",
        cells![tx.now],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Moves a deadline, so that the next alert of the same kind comes later.
pub fn set_deadline(tx: &Tx<'_>, id: FulfilmentId, at: Moment) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET deadline_at = $1 WHERE id = $2 AND deadline_at IS NOT NULL",
        cells![at, id],
    )
}

/// Submissions whose answer may have been lost with the process: intents without an answer.
pub fn with_open_intent(tx: &Tx<'_>) -> Result<Vec<(FulfilmentId, OrderId)>, DbError> {
    tx.all(
        "SELECT id, order_id FROM fulfilments WHERE state = 'submitting' AND stage = 'intent'
         ORDER BY id",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Fulfilments of a provider that are counting down, for a changed delay.
pub fn counting_down(tx: &Tx<'_>) -> Result<Vec<(FulfilmentId, OrderId)>, DbError> {
    tx.all(
        "SELECT id, order_id FROM fulfilments WHERE state = 'countdown' ORDER BY id",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Notes which revision of an item the provider has.
pub fn set_line_revision(
    tx: &Tx<'_>,
    fulfilment: FulfilmentId,
    item: ItemId,
    revision: u32,
) -> Result<(), DbError> {
    tx.change(
        "fulfilment_lines",
        "UPDATE fulfilment_lines SET revision = $1 WHERE fulfilment_id = $2 AND item_id = $3",
        cells![revision, fulfilment, item],
    )
}

/// Records that a correction is about to be sent; `None` while another has no answer, or when the
/// order is no longer being made. What it returns is worth something only once the transaction is
/// committed: `flow::correct` makes the permit from it then.
pub fn record_correction(
    tx: &Tx<'_>,
    id: FulfilmentId,
    payload_hash: &str,
) -> Result<Option<Correction>, DbError> {
    let number: Option<String> = tx.optional(
        "UPDATE fulfilments SET correction_hash = $1, correction_at = $2
         WHERE id = $3 AND state = 'in_production' AND correction_at IS NULL
           AND (release_at IS NULL OR released_at IS NOT NULL)
           AND provider_order_id IS NOT NULL
         RETURNING provider_order_id",
        cells![payload_hash, tx.now, id],
        |row| row.get(0),
    )?;
    Ok(number.map(Correction::recorded))
}

/// The correction has its answer, or a person was told that it has none.
pub fn end_correction(tx: &Tx<'_>, id: FulfilmentId) -> Result<(), DbError> {
    tx.change(
        "fulfilments",
        "UPDATE fulfilments SET correction_hash = NULL, correction_at = NULL WHERE id = $1",
        cells![id],
    )
}

/// Corrections that were sent before this moment and have no answer.
pub fn with_open_correction(
    tx: &Tx<'_>,
    sent_before: Moment,
) -> Result<Vec<(FulfilmentId, OrderId)>, DbError> {
    tx.all(
        "SELECT id, order_id FROM fulfilments
         WHERE correction_at IS NOT NULL AND correction_at <= $1 ORDER BY id",
        cells![sent_before],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What a look at the provider needs, without loading the whole order.
#[derive(Debug, Clone)]
pub struct Track {
    /// Its order.
    pub order: OrderId,
    /// Who makes it.
    pub provider: ProviderId,
    /// The state's word.
    pub state: String,
    /// When it came into this state.
    pub since: Moment,
    /// Our number.
    pub reference: Option<Reference>,
    /// The provider's number.
    pub provider_order_id: Option<String>,
    /// What the provider last said, as a mark of everything in its answer.
    pub mark: String,
}

/// What a look at the provider needs.
pub fn track(tx: &Tx<'_>, id: FulfilmentId) -> Result<Option<Track>, DbError> {
    tx.optional(
        "SELECT order_id, provider_id, state, since, reference, provider_order_id, provider_mark
         FROM fulfilments WHERE id = $1",
        cells![id],
        |row| {
            let reference: Option<String> = row.get(4)?;
            Ok(Track {
                order: row.get(0)?,
                provider: row.get(1)?,
                state: row.get(2)?,
                since: row.get(3)?,
                reference: reference.as_deref().map(Reference::given),
                provider_order_id: row.get(5)?,
                mark: row.get(6)?,
            })
        },
    )
}
