//! Everything that explains one order: where its values came from, what the product map said, what
//! decides its next step.

use crate::db;
use crate::model::design::Design;
use crate::model::explain;
use crate::model::field::Field;
use crate::model::hold::Actor;
use crate::model::id::{ItemId, OrderId};
use crate::model::item::Item;
use crate::model::order::{Fulfilment, LineKind, Order};
use crate::model::problem::Problem;
use crate::model::product::{self, Made, Product, Route};
use crate::model::reading::{self, Weight};
use crate::model::shop_order::{LineMeta, MetaSource};
use crate::model::time::Moment;
use crate::model::value::Value;

use super::ctx::{Ctx, FlowError};

/// An order, explained.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The order.
    pub order: Order,
    /// Its lines: name, and what the product map says of it now.
    pub lines: Vec<(String, String)>,
    /// Its items.
    pub items: Vec<ItemExplained>,
    /// Its fulfilments.
    pub fulfilments: Vec<FulfilmentExplained>,
    /// What keeps it: the problem, who set it and when.
    pub holds: Vec<(Problem, String, Moment)>,
    /// Jobs that wait, run or failed: step, state, when, and the last error.
    pub jobs: Vec<db::job::JobLine>,
}

/// An item, explained.
#[derive(Debug, Clone)]
pub struct ItemExplained {
    /// What people call it.
    pub name: String,
    /// Its state's word.
    pub state: &'static str,
    /// What it waits for.
    pub awaits: &'static str,
    /// The steps pinned on it.
    pub steps: String,
    /// Which revision counts, who made it and why.
    pub revision: String,
    /// Its fields.
    pub values: Vec<ValueExplained>,
    /// Rows of the line that belong to no field.
    pub unused: Vec<String>,
}

/// A field of an item, explained.
#[derive(Debug, Clone)]
pub struct ValueExplained {
    /// The field's key.
    pub field: String,
    /// What fills it now; empty when nothing does.
    pub value: String,
    /// Where that came from.
    pub source: String,
    /// Rows that were not taken, and why.
    pub ignored: Vec<String>,
}

/// A fulfilment, explained.
#[derive(Debug, Clone)]
pub struct FulfilmentExplained {
    /// Its state and everything else of it.
    pub fulfilment: Fulfilment,
    /// What was sent and what came back.
    pub ledger: Option<db::fulfilment::Ledger>,
    /// Where its delay comes from.
    pub delay: String,
    /// What decides its next step.
    pub awaits: String,
}

struct Rows {
    order: Order,
    meta: Vec<Vec<LineMeta>>,
    map: Vec<Product>,
    ledgers: Vec<Option<db::fulfilment::Ledger>>,
    revisions: Vec<(ItemId, String)>,
    jobs: Vec<db::job::JobLine>,
}

/// Explains an order.
pub async fn explain(ctx: &Ctx, id: OrderId) -> Result<Explained, FlowError> {
    let rows = ctx.read(move |tx| rows(tx, id)).await?;
    let mut items = Vec::new();
    for item in &rows.order.items {
        let design = ctx.shelf.get(ctx, &item.design).await?;
        items.push(of_item(&rows, item, &design));
    }
    let shop_delay_s = ctx.pace(rows.order.shop).shop_delay_s;
    let order = &rows.order;
    let fulfilments = order
        .fulfilments
        .iter()
        .zip(&rows.ledgers)
        .map(|(one, ledger)| FulfilmentExplained {
            fulfilment: one.clone(),
            ledger: ledger.clone(),
            delay: explain::delay(order, one, shop_delay_s),
            awaits: explain::awaits(order, one),
        })
        .collect();
    let lines = order.lines.iter().map(|line| (line.name.clone(), mapping(&rows, line))).collect();
    let holds = order.holds.iter();
    let holds = holds.map(|hold| (hold.problem.clone(), hold.set_by.in_words(), hold.set_at));
    let holds = holds.collect();
    Ok(Explained { lines, items, fulfilments, holds, jobs: rows.jobs, order: rows.order })
}

fn rows(tx: &db::Tx<'_>, id: OrderId) -> Result<Rows, FlowError> {
    let order = db::order::load(tx, id)?;
    let mut meta = Vec::new();
    for line in &order.lines {
        meta.push(db::order::meta_of_line(tx, line.id)?);
    }
    let mut ledgers = Vec::new();
    for one in &order.fulfilments {
        ledgers.push(db::fulfilment::ledger(tx, one.id)?);
    }
    let mut revisions = Vec::new();
    for item in &order.items {
        let all = db::item::revisions(tx, item.id)?;
        let now = all.into_iter().find(|(number, ..)| *number == item.facts.revision);
        let words = now.map_or(String::new(), |(_, at, by, why)| {
            format!("by {} at {at} {why}", Actor::from_text(&by).in_words())
        });
        revisions.push((item.id, words));
    }
    let map = db::product::of_shop(tx, order.shop)?;
    let jobs = db::job::open_and_failed_of(tx, id)?;
    Ok(Rows { order, meta, map, ledgers, revisions, jobs })
}

/// What the product map says of a line now, and which way its recipient's country goes.
fn mapping(rows: &Rows, line: &crate::model::order::Line) -> String {
    let kind = match line.kind {
        LineKind::Printed => "made here",
        LineKind::PassesBy => "passes by",
        LineKind::Unmapped => "nobody has said",
    };
    let Some(row) = product::find(&rows.map, line.sold()) else {
        return format!("{kind}; no row of the product map is about it now");
    };
    let about = format!("{} {}", row.matches.kind(), row.matches.key());
    let Made::Here(recipe) = &row.made else {
        return format!("{kind}; the row {about} says that it needs no print");
    };
    let country = &rows.order.recipient.country;
    let (provider, variant) = recipe.made_for(country);
    let way = match recipe.routes.is_empty() {
        true => String::new(),
        false => format!(", for {country} by the routes {}", Route::write_list(&recipe.routes)),
    };
    let design = &recipe.design;
    format!("{kind}; the row {about} says design {design}, {provider} {variant}{way}")
}

fn of_item(rows: &Rows, item: &Item, design: &Design) -> ItemExplained {
    let place = rows.order.lines.iter().position(|line| line.id == item.line);
    let meta: &[LineMeta] = place.and_then(|place| rows.meta.get(place)).map_or(&[], |m| m);
    let values = design.fields.iter().map(|field| of_field(item, field, meta)).collect();
    let is_used = |row: &&LineMeta| {
        let is_about =
            |field: &Field| reading::weigh(field, meta).iter().any(|(one, _)| one == row);
        design.fields.iter().any(is_about)
    };
    let unused = meta.iter().filter(|row| !is_used(row)).map(shown).collect();
    let why = rows.revisions.iter().find(|(id, _)| *id == item.id);
    let why = why.map_or("", |(_, words)| words);
    ItemExplained {
        name: rows.order.item_name(item.id),
        state: item.state.name(),
        awaits: explain::item_awaits(item.state),
        steps: crate::model::item::Step::write_list(&item.steps),
        revision: format!("{} {why}", item.facts.revision),
        values,
        unused,
    }
}

fn of_field(item: &Item, field: &Field, meta: &[LineMeta]) -> ValueExplained {
    let weighed = reading::weigh(field, meta);
    let taken = weighed.iter().find(|(_, weight)| *weight == Weight::Taken).map(|(row, _)| *row);
    let given = taken.map(|row| row.value.clone());
    let value = item.values.get(&field.key);
    let source = match (taken, value) {
        (_, None) if weighed.is_empty() => "nothing was given".to_owned(),
        (_, None) => "what was given could not be taken".to_owned(),
        (Some(row), Some(Value::Photo(_))) => format!("fetched from {}", named(row)),
        (Some(row), Some(now)) if is_as_given(field, given.as_deref(), now) => named(row),
        (Some(row), Some(_)) => format!("changed here; the customer gave {}", shown(row)),
        (None, Some(now)) if is_as_given(field, field.default.as_deref(), now) => {
            "the design's default".to_owned()
        }
        (None, Some(_)) => "entered here".to_owned(),
    };
    let ignored = weighed.iter().filter_map(|(row, weight)| {
        let why = match weight {
            Weight::Taken => return None,
            Weight::Same => "it says the same",
            Weight::Outweighed => "another place is believed before it",
            Weight::Conflict => "two rows of one place contradict each other",
        };
        Some(format!("{}: {why}", shown(row)))
    });
    ValueExplained {
        field: field.key.clone(),
        value: match value {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Photo(photo)) => format!("photo {}", photo.hash.short()),
            None => String::new(),
        },
        source,
        ignored: ignored.collect(),
    }
}

fn is_as_given(field: &Field, given: Option<&str>, now: &Value) -> bool {
    let Some(given) = given.map(|given| Value::Text(given.to_owned())) else { return false };
    given == *now || field.accept(&given).is_ok_and(|accepted| accepted == *now)
}

fn named(row: &LineMeta) -> String {
    let source = match row.source {
        MetaSource::Plugin => "a plugin's row",
        MetaSource::Visible => "the visible row",
        MetaSource::Hidden => "the hidden row",
    };
    format!("{source} “{}”", row.key)
}

fn shown(row: &LineMeta) -> String {
    format!("{} with “{}”", named(row), row.value)
}
