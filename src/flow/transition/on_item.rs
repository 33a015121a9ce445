//! What happens to items: amended, drawn, judged.

use super::*;
use crate::model::circumstance;

pub(super) fn amend(
    tx: &Tx<'_>,
    order: &mut Order,
    amendment: Amendment,
    with: With<'_>,
) -> Result<(), FlowError> {
    let id = amendment.item;
    if order.is_locked(id) {
        return Err(FlowError::NotNow("it was submitted and can no longer be changed".to_owned()));
    }
    let mut amendment = amendment;
    // What nobody can type stays answered; `settle` asks whether it still holds.
    circumstance::carry_on(&item_mut(order, id)?.values, &mut amendment.values);
    revise(tx, order, amendment, with)?;
    cure(tx, order, Target::Item(id), |what| what.is_cured_by_amending(), with)?;
    let concerns = |fulfilment: &Fulfilment| fulfilment.lines.iter().any(|line| line.item == id);
    back_to_gathering(tx, order, concerns, with)
}

/// The present revision is drawn again. One that a provider was sent keeps its files, which tell
/// what was made; the same values then become a revision of their own.
pub(super) fn forget_artwork(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    let revision = item.facts.revision;
    let same = Amendment {
        item: id,
        design: item.design.clone(),
        areas: item.facts.areas.clone(),
        values: item.values.clone(),
        why: "drawn again".to_owned(),
    };
    let mut lines = order.fulfilments.iter().flat_map(|one| &one.lines);
    if lines.any(|line| line.item == id && line.revision == Some(revision)) {
        return amend(tx, order, same, with);
    }
    let item = item_mut(order, id)?;
    item.facts.print_files.retain(|file| file.revision != revision);
    db::print_file::forget(tx, id, revision)?;
    cure(tx, order, Target::Item(id), |what| what.is_cured_by_amending(), with)?;
    note(tx, order, with, order.item_name(id), "asked to be drawn again", "")
}

/// Writes a new revision and makes it the one that counts.
pub(super) fn revise(
    tx: &Tx<'_>,
    order: &mut Order,
    amendment: Amendment,
    with: With<'_>,
) -> Result<(), FlowError> {
    let id = amendment.item;
    let item = item_mut(order, id)?;
    let from = item.facts.revision;
    let newest = db::item::revisions(tx, id)?.last().map_or(from, |line| line.0);
    let to = newest + 1;
    let changed: Vec<String> = item
        .values
        .keys()
        .chain(amendment.values.keys())
        .filter(|key| item.values.get(*key) != amendment.values.get(*key))
        .cloned()
        .collect();
    db::item::insert_revision(
        tx,
        id,
        to,
        (&amendment.design, &amendment.areas),
        &amendment.values,
        (with.actor, &amendment.why),
    )?;
    db::item::set_revision(tx, id, from, to)?;
    item.facts.revision = to;
    item.facts.areas = amendment.areas;
    item.design = amendment.design;
    item.values = amendment.values;
    let given = item.values.clone();
    let pieces: Vec<String> = item
        .facts
        .pieces
        .iter()
        .filter(|piece| changed.contains(&piece.field))
        .map(|piece| piece.field.clone())
        .collect();
    for field in pieces {
        change_piece(tx, order, id, &field, |piece| {
            piece.given = given.contains_key(&field).then_some(to);
            piece.verdict = None;
        })?;
    }
    let words = format!("revision {to}: {}", amendment.why);
    note(tx, order, with, order.item_name(id), "amended", &words)
}

/// Inside the provider's own window a locked item gets a revision, with its files, at once.
pub(super) fn corrected(
    tx: &Tx<'_>,
    order: &mut Order,
    id: FulfilmentId,
    amendment: Amendment,
    files: Vec<PrintFile>,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = amendment.item;
    revise(tx, order, amendment, with)?;
    let revision = item_mut(order, item)?.facts.revision;
    let files = files.into_iter().map(|file| PrintFile { revision, ..file }).collect();
    artwork(tx, order, item, revision, files, with)?;
    db::fulfilment::set_line_revision(tx, id, item, revision)?;
    let words = format!("revision {revision} of {}", order.item_name(item));
    fulfilment_event(tx, order, id, &FulfilmentEvent::Corrected, words, with)
}

/// Fulfilments that count down begin to gather again; they keep their moment or get the grace.
pub(super) fn back_to_gathering(
    tx: &Tx<'_>,
    order: &mut Order,
    concerns: impl Fn(&Fulfilment) -> bool,
    with: With<'_>,
) -> Result<(), FlowError> {
    let waiting: Vec<FulfilmentId> = order
        .fulfilments
        .iter()
        .filter(|one| {
            matches!(one.state, FulfilmentState::Countdown { .. } | FulfilmentState::AwaitingSubmit)
                && concerns(one)
        })
        .map(|one| one.id)
        .collect();
    for id in waiting {
        fulfilment_event(tx, order, id, &FulfilmentEvent::ItemChanged, String::new(), with)?;
    }
    Ok(())
}

pub(super) fn photo(
    tx: &Tx<'_>,
    order: &mut Order,
    (id, revision): (ItemId, u32),
    field: String,
    value: Value,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    // What was fetched for an older revision may be another picture.
    if item.facts.revision != revision || item.values.contains_key(&field) {
        return Ok(());
    }
    db::item::put_value(tx, id, item.facts.revision, &field, &value)?;
    item.values.insert(field, value);
    Ok(())
}

pub(super) fn change_piece(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    field: &str,
    change: impl Fn(&mut item::Piece),
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    let piece = item.facts.pieces.iter_mut().find(|piece| piece.field == field);
    let piece = piece.ok_or_else(|| FlowError::NotFound(format!("the piece “{field}”")))?;
    change(piece);
    db::item::set_piece(tx, id, piece)?;
    Ok(())
}

pub(super) fn verdict_words(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Accepted => ("accepted", String::new()),
        Verdict::Waived => ("accepted as it is", String::new()),
        Verdict::Rejected { notes } => ("rejected", format!(": {notes}")),
    }
}

/// A finished drawing counts only if its revision is still the present one (R72).
pub(super) fn artwork(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    revision: u32,
    files: Vec<PrintFile>,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    if item.facts.revision != revision {
        return Err(FlowError::NotNow(format!("revision {revision} is no longer the present one")));
    }
    for (place, file) in files.iter().enumerate() {
        db::print_file::put(tx, id, u32::try_from(place).unwrap_or(u32::MAX), file)?;
    }
    item.facts.print_files.retain(|file| file.revision != revision);
    let words: Vec<String> =
        files.iter().map(|file| format!("{} {}", file.area, file.hash.short())).collect();
    item.facts.print_files.extend(files);
    let words = format!("revision {revision}: {}", words.join(", "));
    note(tx, order, with, order.item_name(id), "drawn", &words)
}

pub(super) fn verdict(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    kind: &'static str,
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    let revision = item.facts.revision;
    let seal = item.facts.seal(revision);
    db::item::put_verdict(tx, id, (revision, &seal), kind, with.actor)?;
    let words = format!("revision {revision}, seal {}", seal.short());
    match kind {
        "passed" => item.facts.passed.push(seal),
        _ => item.facts.approved.push(seal),
    }
    note(tx, order, with, order.item_name(id), kind, &words)
}

/// The customer's yes counts no more; what counted down with it gathers again.
pub(super) fn unapprove(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    with: With<'_>,
) -> Result<(), FlowError> {
    if order.is_locked(id) {
        return Err(FlowError::NotNow("it was sent already: the yes stays".to_owned()));
    }
    let item = item_mut(order, id)?;
    if !item.facts.is_approved() {
        return Err(FlowError::NotNow("there is no yes to take back".to_owned()));
    }
    let revision = item.facts.revision;
    let seal = item.facts.seal(revision);
    db::item::forget_verdict(tx, id, (revision, &seal), "approved")?;
    item.facts.approved.retain(|one| *one != seal);
    let words = format!("revision {revision}, seal {}", seal.short());
    note(tx, order, with, order.item_name(id), "yes taken back", &words)?;
    back_to_gathering(tx, order, |one| one.lines.iter().any(|line| line.item == id), with)
}
