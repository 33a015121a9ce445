//! Input, review, check and proof: what people say of the pieces and pictures of an item.

use crate::db;
use crate::model::hold::Actor;
use crate::model::id::{Hash, ItemId, OrderId};
use crate::model::item::Verdict;
use crate::model::order::Order;
use crate::model::value::{Value, Values};

use super::ctx::{Ctx, FlowError};
use super::transition::{Amendment, Event, With, transition};

/// Gives one piece: a new revision with this value, which is reviewed again; the others keep theirs.
pub async fn give_piece(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    field: &str,
    value: Value,
    actor: Actor,
) -> Result<(), FlowError> {
    let design = super::amend::design_of(ctx, item).await?;
    let rules = design.field(field);
    let rules = rules.ok_or_else(|| FlowError::NotFound(format!("the field “{field}”")))?;
    let value = rules.accept(&value).map_err(|problem| FlowError::NotNow(problem.sentence()))?;
    let (areas, hash) = (db::item::areas_of(&design), design.hash.clone());
    let (field, label) = (field.to_owned(), rules.label.clone());
    act(ctx, order, actor, move |order| {
        let present = order.item(item).map(|item| item.values.clone()).unwrap_or_default();
        let is_same = present.get(&field) == Some(&value);
        if is_same {
            // The customer insists on the same picture: it is given again, not amended.
            return Ok(vec![Event::PieceGiven(item, field.clone())]);
        }
        let mut values: Values = present;
        values.insert(field.clone(), value.clone());
        Ok(vec![Event::Amended(Amendment {
            item,
            design: hash.clone(),
            areas: areas.clone(),
            values,
            why: format!("{label} given"),
        })])
    })
    .await
}

/// Says of a piece that it can be printed, cannot, or is printed because the customer insists.
pub async fn judge(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    field: &str,
    verdict: Verdict,
    actor: Actor,
) -> Result<(), FlowError> {
    told_why(&verdict)?;
    let field = field.to_owned();
    act(ctx, order, actor, move |_| {
        Ok(vec![Event::PieceJudged(item, field.clone(), verdict.clone())])
    })
    .await
}

/// The same, by somebody who looked at this revision: what was given since is not judged unseen.
pub async fn judge_as_seen(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, u32),
    field: &str,
    verdict: Verdict,
    actor: Actor,
) -> Result<(), FlowError> {
    told_why(&verdict)?;
    let field = field.to_owned();
    act(ctx, order, actor, move |order| {
        let pieces = order.item(item).map(|item| item.facts.pieces.as_slice()).unwrap_or_default();
        let piece = pieces.iter().find(|piece| piece.field == field);
        match piece.and_then(|piece| piece.given) {
            Some(given) if seen < given => Err(changed_since()),
            _ => Ok(vec![Event::PieceJudged(item, field.clone(), verdict.clone())]),
        }
    })
    .await
}

fn told_why(verdict: &Verdict) -> Result<(), FlowError> {
    match verdict {
        Verdict::Rejected { notes } if notes.trim().is_empty() => {
            Err(FlowError::NotNow("say why, for the customer to read".to_owned()))
        }
        Verdict::Rejected { .. } | Verdict::Accepted | Verdict::Waived => Ok(()),
    }
}

/// Quality control passes what it looked at, named by its seal.
pub async fn pass(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, Hash),
    actor: Actor,
) -> Result<(), FlowError> {
    act(ctx, order, actor, move |order| present(order, item, &seen, Event::Passed(item))).await
}

/// The customer approves what was shown, named by its seal.
pub async fn approve(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, Hash),
    actor: Actor,
) -> Result<(), FlowError> {
    act(ctx, order, actor, move |order| present(order, item, &seen, Event::Approved(item))).await
}

/// Takes the customer's yes back from what it was given to, as long as nothing of it has left.
pub async fn unapprove(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, Hash),
    actor: Actor,
) -> Result<(), FlowError> {
    act(ctx, order, actor, move |order| present(order, item, &seen, Event::Unapproved(item))).await
}

/// A yes counts for what was looked at, never for what took its place meanwhile (R123).
fn present(
    order: &Order,
    item: ItemId,
    seen: &Hash,
    event: Event,
) -> Result<Vec<Event>, FlowError> {
    let item = order.item(item).ok_or_else(|| FlowError::NotFound(format!("item {item}")))?;
    match item.facts.seal(item.facts.revision) == *seen {
        true => Ok(vec![event]),
        false => Err(changed_since()),
    }
}

fn changed_since() -> FlowError {
    FlowError::NotNow("it was changed meanwhile: look at it once more".to_owned())
}

async fn act(
    ctx: &Ctx,
    order: OrderId,
    actor: Actor,
    events: impl Fn(&Order) -> Result<Vec<Event>, FlowError> + Send + 'static,
) -> Result<(), FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = super::operate::lock_known(tx, order)?;
        let pace = shared.pace(locked.get().shop);
        for event in events(locked.get())? {
            let with = With { actor: &actor, rules: &shared.rules, pace: &pace };
            transition(tx, &mut locked, event, with)?;
        }
        Ok(())
    })
    .await
}
