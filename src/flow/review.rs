//! Input, review, check and proof: what people say of the pieces and pictures of an item.

use crate::db;
use crate::model::hold::Actor;
use crate::model::id::{ItemId, OrderId};
use crate::model::item::Verdict;
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
            return vec![Event::PieceGiven(item, field.clone())];
        }
        let mut values: Values = present;
        values.insert(field.clone(), value.clone());
        vec![Event::Amended(Amendment {
            item,
            design: hash.clone(),
            areas: areas.clone(),
            values,
            why: format!("{label} given"),
        })]
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
    if matches!(&verdict, Verdict::Rejected { notes } if notes.trim().is_empty()) {
        return Err(FlowError::NotNow("say why, for the customer to read".to_owned()));
    }
    let field = field.to_owned();
    act(ctx, order, actor, move |_| vec![Event::PieceJudged(item, field.clone(), verdict.clone())])
        .await
}

/// Quality control passes the present revision of an item.
pub async fn pass(ctx: &Ctx, order: OrderId, item: ItemId, actor: Actor) -> Result<(), FlowError> {
    act(ctx, order, actor, move |_| vec![Event::Passed(item)]).await
}

/// The customer approves the present revision of an item.
pub async fn approve(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    actor: Actor,
) -> Result<(), FlowError> {
    act(ctx, order, actor, move |_| vec![Event::Approved(item)]).await
}

async fn act(
    ctx: &Ctx,
    order: OrderId,
    actor: Actor,
    events: impl Fn(&crate::model::order::Order) -> Vec<Event> + Send + 'static,
) -> Result<(), FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        let pace = shared.pace(locked.get().shop);
        for event in events(locked.get()) {
            let with = With { actor: &actor, rules: &shared.rules, pace };
            transition(tx, &mut locked, event, with)?;
        }
        Ok(())
    })
    .await
}
