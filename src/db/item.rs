//! Items, their revisions, values, pieces, print files and verdicts: the facts.

use std::collections::BTreeMap;

use super::cells::cells;
use super::engine::{DbError, Row, Tx};
use super::photo;
use crate::model::design::Design;
use crate::model::hold::Actor;
use crate::model::id::{Hash, ItemId, LineId, OrderId, ProviderId};
use crate::model::item::{Facts, Item, Piece, State, Step, Verdict};
use crate::model::time::Moment;
use crate::model::value::{Photo, Value, Values};

/// All items of an order, with their facts.
pub fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Item>, DbError> {
    let mut items = with_values(tx, order)?;
    let waits_for = |steps: &[Step]| {
        items.iter().any(|item| item.steps.iter().any(|step| steps.contains(step)))
    };
    let has_pieces = waits_for(&[Step::Input, Step::Review]);
    let has_verdicts = waits_for(&[Step::Check, Step::Proof]);
    let mut places: BTreeMap<ItemId, usize> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        places.insert(item.id, place);
    }
    let mut at = |id: ItemId, put: &mut dyn FnMut(&mut Item)| {
        if let Some(place) = places.get(&id) {
            put(&mut items[*place]);
        }
    };
    // Most items wait for artwork alone: pieces and verdicts are asked for only where they can be.
    if has_pieces {
        for (id, piece) in pieces_of_order(tx, order)? {
            at(id, &mut |item| item.facts.pieces.push(piece.clone()));
        }
    }
    for (id, file) in super::print_file::of_order(tx, order)? {
        at(id, &mut |item| item.facts.print_files.push(file.clone()));
    }
    if has_verdicts {
        for (id, seal, kind) in verdicts_of_order(tx, order)? {
            at(id, &mut |item| match kind.as_str() {
                "passed" => item.facts.passed.push(seal.clone()),
                _ => item.facts.approved.push(seal.clone()),
            });
        }
    }
    Ok(items)
}

/// The items of an order and the values of their present revision: a row for each value, or one
/// where there is none.
fn with_values(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Item>, DbError> {
    let mut items: Vec<Item> = Vec::new();
    tx.each(
        "SELECT items.id, items.line_id, items.copy, items.quantity, items.reprints, items.steps,
                items.state, items.provider_id, items.provider_sku, items.delay_s, items.revision,
                items.dropped_at, revisions.design_hash, revisions.areas, revision_values.field,
                revision_values.kind, revision_values.text, revision_values.photo_hash,
                revision_values.crop, revision_values.turn
         FROM items
         JOIN revisions ON revisions.item_id = items.id AND revisions.revision = items.revision
         LEFT JOIN revision_values ON revision_values.item_id = items.id
              AND revision_values.revision = items.revision
         WHERE items.order_id = $1 ORDER BY items.line_id, items.copy",
        cells![order],
        |row| {
            let id: ItemId = row.get(0)?;
            if items.last().is_none_or(|last| last.id != id) {
                items.push(read_item(row)?);
            }
            if let (Some(last), Some(field)) = (items.last_mut(), row.get(14)?) {
                last.values.insert(field, read_value(row, 15)?);
            }
            Ok(())
        },
    )?;
    Ok(items)
}

fn read_item(row: &Row<'_>) -> Result<Item, DbError> {
    let damaged = |what: String| DbError::Damaged(format!("items: {what}"));
    let state: String = row.get(6)?;
    let areas: String = row.get(13)?;
    Ok(Item {
        id: row.get(0)?,
        line: row.get(1)?,
        copy: row.get(2)?,
        quantity: row.get(3)?,
        reprints: row.get(4)?,
        steps: Step::parse_list(&row.get::<String>(5)?).map_err(damaged)?,
        state: State::from_name(&state).ok_or_else(|| damaged(state))?,
        provider: row.get(7)?,
        provider_sku: row.get(8)?,
        delay_s: row.get(9)?,
        design: row.get(12)?,
        values: Values::new(),
        facts: Facts {
            dropped_at: row.get(11)?,
            revision: row.get(10)?,
            areas: areas.split(',').map(str::to_owned).collect(),
            ..Facts::default()
        },
    })
}

/// The values of one revision, whichever counts.
pub fn values_of(tx: &Tx<'_>, item: ItemId, revision: u32) -> Result<Values, DbError> {
    let rows = tx.all(
        "SELECT field, kind, text, photo_hash, crop, turn FROM revision_values
         WHERE item_id = $1 AND revision = $2",
        cells![item, revision],
        |row| Ok((row.get::<String>(0)?, read_value(row, 1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

fn read_value(row: &Row<'_>, first: usize) -> Result<Value, DbError> {
    let kind: String = row.get(first)?;
    if kind == "text" {
        return Ok(Value::Text(row.get(first + 1)?));
    }
    let crop: Option<String> = row.get(first + 3)?;
    let turn: Option<String> = row.get(first + 4)?;
    Ok(Value::Photo(Photo {
        hash: row.get(first + 2)?,
        turn: photo::read_turn(turn),
        crop: crop.as_deref().and_then(photo::read_crop),
    }))
}

fn pieces_of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<(ItemId, Piece)>, DbError> {
    tx.all(
        "SELECT pieces.item_id, pieces.field, pieces.given, pieces.verdict, pieces.notes
         FROM items JOIN pieces ON pieces.item_id = items.id
         WHERE items.order_id = $1 ORDER BY pieces.field",
        cells![order],
        |row| {
            let verdict: Option<String> = row.get(3)?;
            let notes: String = row.get(4)?;
            let verdict = verdict.map(|word| match word.as_str() {
                "accepted" => Verdict::Accepted,
                "waived" => Verdict::Waived,
                _ => Verdict::Rejected { notes },
            });
            Ok((row.get(0)?, Piece { field: row.get(1)?, given: row.get(2)?, verdict }))
        },
    )
}

fn verdicts_of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<(ItemId, Hash, String)>, DbError> {
    tx.all(
        "SELECT verdicts.item_id, verdicts.seal, verdicts.kind
         FROM items JOIN verdicts ON verdicts.item_id = items.id WHERE items.order_id = $1",
        cells![order],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// What a new item is made with.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Its line.
    pub line: LineId,
    /// 0 for the whole line, else which copy.
    pub copy: u32,
    /// Pieces.
    pub quantity: u32,
    /// What it waits for.
    pub steps: Vec<Step>,
    /// Where it is made.
    pub provider: ProviderId,
    /// The provider's variant.
    pub provider_sku: String,
    /// Its product's own delay.
    pub delay_s: Option<u32>,
    /// Fields that are asked of the customer.
    pub asked: Vec<String>,
}

/// Stores a new item; its first revision is stored by [`insert_revision`].
pub fn insert(
    tx: &Tx<'_>,
    order: OrderId,
    item: &NewItem,
    state: State,
) -> Result<ItemId, DbError> {
    let id: ItemId = tx.insert_one(
        "INSERT INTO items (order_id, line_id, copy, quantity, steps, state, provider_id,
             provider_sku, delay_s, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
        cells![
            order,
            item.line,
            item.copy,
            item.quantity,
            Step::write_list(&item.steps),
            state.name(),
            item.provider,
            &item.provider_sku,
            item.delay_s
        ],
    )?;
    for field in &item.asked {
        tx.execute("INSERT INTO pieces (item_id, field) VALUES ($1, $2)", cells![id, field])?;
    }
    Ok(id)
}

/// Stores a revision with its values.
pub fn insert_revision(
    tx: &Tx<'_>,
    item: ItemId,
    revision: u32,
    design: (&Hash, &[String]),
    values: &Values,
    by: (&Actor, &str),
) -> Result<(), DbError> {
    let (design_hash, areas) = design;
    tx.execute(
        "INSERT INTO revisions (item_id, revision, design_hash, areas, made_at, made_by, why)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        cells![item, revision, design_hash, areas.join(","), tx.now, by.0.text(), by.1],
    )?;
    for (field, value) in values {
        put_value(tx, item, revision, field, value)?;
    }
    Ok(())
}

/// The areas of a design, as a revision keeps them.
pub fn areas_of(design: &Design) -> Vec<String> {
    design.areas.iter().map(|area| area.key.clone()).collect()
}

/// Makes another revision the one that counts.
pub fn set_revision(tx: &Tx<'_>, item: ItemId, from: u32, to: u32) -> Result<(), DbError> {
    tx.change(
        "items",
        "UPDATE items SET revision = $1 WHERE id = $2 AND revision = $3",
        cells![to, item, from],
    )
}

/// Changes the state; only `flow::transition` does.
pub fn set_state(tx: &Tx<'_>, item: &Item, to: State) -> Result<(), DbError> {
    tx.change(
        "items",
        "UPDATE items SET state = $1, dropped_at = $2 WHERE id = $3 AND state = $4",
        cells![to.name(), item.facts.dropped_at, item.id, item.state.name()],
    )
}

/// Changes where it is made, and as which variant there.
pub fn set_provider(
    tx: &Tx<'_>,
    item: ItemId,
    provider: ProviderId,
    provider_sku: &str,
) -> Result<(), DbError> {
    tx.change(
        "items",
        "UPDATE items SET provider_id = $1, provider_sku = $2 WHERE id = $3",
        cells![provider, provider_sku, item],
    )
}

/// Changes how many pieces are made.
pub fn set_quantity(tx: &Tx<'_>, item: ItemId, quantity: u32) -> Result<(), DbError> {
    tx.change("items", "UPDATE items SET quantity = $1 WHERE id = $2", cells![quantity, item])
}

/// Changes how many pieces were ordered again.
pub fn set_reprints(tx: &Tx<'_>, item: ItemId, reprints: u32) -> Result<(), DbError> {
    tx.change("items", "UPDATE items SET reprints = $1 WHERE id = $2", cells![reprints, item])
}

/// Stores what became of a piece.
pub fn set_piece(tx: &Tx<'_>, item: ItemId, piece: &Piece) -> Result<(), DbError> {
    let (verdict, notes) = match &piece.verdict {
        None => (None, ""),
        Some(Verdict::Accepted) => (Some("accepted"), ""),
        Some(Verdict::Waived) => (Some("waived"), ""),
        Some(Verdict::Rejected { notes }) => (Some("rejected"), notes.as_str()),
    };
    tx.change(
        "pieces",
        "UPDATE pieces SET given = $1, verdict = $2, notes = $3
         WHERE item_id = $4 AND field = $5",
        cells![piece.given, verdict, notes, item, &piece.field],
    )
}

/// Notes that a revision was `passed` or `approved`, with the seal of what was looked at.
pub fn put_verdict(
    tx: &Tx<'_>,
    item: ItemId,
    (revision, seal): (u32, &Hash),
    kind: &str,
    by: &Actor,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO verdicts (item_id, revision, kind, seal, by_whom, at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (item_id, revision, kind, seal) DO NOTHING",
        cells![item, revision, kind, seal, by.text(), tx.now],
    )?;
    Ok(())
}

/// Forgets a yes that was taken back; the history keeps that it was there.
pub fn forget_verdict(
    tx: &Tx<'_>,
    item: ItemId,
    (revision, seal): (u32, &Hash),
    kind: &str,
) -> Result<(), DbError> {
    tx.change(
        "verdicts",
        "DELETE FROM verdicts WHERE item_id = $1 AND revision = $2 AND kind = $3 AND seal = $4",
        cells![item, revision, kind, seal],
    )
}

/// A yes to an item, as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictLine {
    /// The revision.
    pub revision: u32,
    /// `passed` or `approved`.
    pub kind: String,
    /// The seal of what was looked at.
    pub seal: Hash,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// Every yes to an item, oldest first.
pub fn verdicts(tx: &Tx<'_>, item: ItemId) -> Result<Vec<VerdictLine>, DbError> {
    tx.all(
        "SELECT revision, kind, seal, by_whom, at FROM verdicts WHERE item_id = $1 ORDER BY at, kind",
        cells![item],
        |row| {
            Ok(VerdictLine {
                revision: row.get(0)?,
                kind: row.get(1)?,
                seal: row.get(2)?,
                by: row.get(3)?,
                at: row.get(4)?,
            })
        },
    )
}

/// One revision as its history shows it: number, when, by whom, why.
pub type RevisionLine = (u32, Moment, String, String);

/// Every revision of an item, oldest first.
pub fn revisions(tx: &Tx<'_>, item: ItemId) -> Result<Vec<RevisionLine>, DbError> {
    tx.all(
        "SELECT revision, made_at, made_by, why FROM revisions WHERE item_id = $1
         ORDER BY revision",
        cells![item],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}

/// The order of an item.
pub fn order_of(tx: &Tx<'_>, item: ItemId) -> Result<Option<OrderId>, DbError> {
    tx.optional("SELECT order_id FROM items WHERE id = $1", cells![item], |row| row.get(0))
}

/// Adds a value to a revision that did not have it yet.
pub fn put_value(
    tx: &Tx<'_>,
    item: ItemId,
    revision: u32,
    field: &str,
    value: &Value,
) -> Result<(), DbError> {
    let (kind, text, photo) = match value {
        Value::Text(text) => ("text", text.as_str(), None),
        Value::Photo(photo) => ("photo", "", Some(photo)),
    };
    let (crop, turn) = photo::placed(photo);
    tx.execute(
        "INSERT INTO revision_values (item_id, revision, field, kind, text, photo_hash, crop, turn)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        cells![item, revision, field, kind, text, photo.map(|photo| &photo.hash), crop, turn],
    )?;
    Ok(())
}

/// The design of an item's present revision.
pub fn design_of(tx: &Tx<'_>, item: ItemId) -> Result<Option<Hash>, DbError> {
    tx.optional(
        "SELECT revisions.design_hash FROM items
         JOIN revisions ON revisions.item_id = items.id AND revisions.revision = items.revision
         WHERE items.id = $1",
        cells![item],
        |row| row.get(0),
    )
}

/// The design and areas of any revision.
pub fn design_of_revision(
    tx: &Tx<'_>,
    item: ItemId,
    revision: u32,
) -> Result<Option<(Hash, Vec<String>)>, DbError> {
    tx.optional(
        "SELECT design_hash, areas FROM revisions WHERE item_id = $1 AND revision = $2",
        cells![item, revision],
        |row| {
            let areas: String = row.get(1)?;
            Ok((row.get(0)?, areas.split(',').map(str::to_owned).collect()))
        },
    )
}
