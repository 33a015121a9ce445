//! Amending an item: new values or an earlier revision, by staff or customer, checked before.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::model::design::Design;
use crate::model::hold::Actor;
use crate::model::id::{Hash, ItemId, OrderId};
use crate::model::problem::{Problem, What};
use crate::model::value::{Value, Values};
use crate::outside::press::{PressError, PressJob, Pressed, Want};

use super::ctx::{Ctx, FlowError};
use super::transition::{Amendment, Event, With, transition};

/// Checks values against the rules of a design; all that is wrong comes back together.
pub fn check(design: &Design, given: &Values) -> Result<Values, Vec<Problem>> {
    let mut values = Values::new();
    let mut problems = Vec::new();
    for field in &design.fields {
        let value = given.get(&field.key).filter(|value| !is_empty(value));
        match value.map(|value| field.accept(value)) {
            Some(Ok(value)) => {
                values.insert(field.key.clone(), value);
            }
            Some(Err(problem)) => problems.push(problem),
            None if field.required => {
                problems.push(Problem::new(What::ValueMissing, field.label.clone(), ""));
            }
            None => {}
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.trim().is_empty())
}

/// What came of an amendment.
#[derive(Debug, Clone, PartialEq)]
pub enum Amended {
    /// A new revision, which is drawn now.
    Done,
    /// Nothing was changed; this is what is wrong.
    Refused(Vec<Problem>),
}

/// Gives an item new values.
pub async fn amend(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    given: Values,
    actor: Actor,
) -> Result<Amended, FlowError> {
    let design = design_of(ctx, item).await?;
    let values = match check(&design, &given) {
        Ok(values) => values,
        Err(problems) => return Ok(Amended::Refused(problems)),
    };
    let (hash, areas) = (design.hash.clone(), db::item::areas_of(&design));
    write(ctx, order, actor, move |_| Ok((hash.clone(), areas.clone(), values.clone())), item)
        .await?;
    Ok(Amended::Done)
}

/// Makes an earlier revision the present one again, as a new revision.
pub async fn choose_revision(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    revision: u32,
    actor: Actor,
) -> Result<(), FlowError> {
    let chosen = move |tx: &db::Tx<'_>| {
        let design = db::item::design_of_revision(tx, item, revision)?;
        let (hash, areas) =
            design.ok_or_else(|| FlowError::NotFound(format!("revision {revision}")))?;
        Ok((hash, areas, db::item::values_of(tx, item, revision)?))
    };
    write(ctx, order, actor, chosen, item).await
}

async fn write(
    ctx: &Ctx,
    order: OrderId,
    actor: Actor,
    revision: impl Fn(&db::Tx<'_>) -> Result<(Hash, Vec<String>, Values), FlowError> + Send + 'static,
    item: ItemId,
) -> Result<(), FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = super::operate::lock_known(tx, order)?;
        let (design, areas, values) = revision(tx)?;
        let why = format!("by {}", actor.in_words());
        let event = Event::Amended(Amendment { item, design, areas, values, why });
        let pace = shared.pace(locked.get().shop);
        transition(
            tx,
            &mut locked,
            event,
            With { actor: &actor, rules: &shared.rules, pace: &pace },
        )
    })
    .await
}

/// The design of an item's present revision.
pub async fn design_of(ctx: &Ctx, item: ItemId) -> Result<Arc<Design>, FlowError> {
    let hash = ctx.read(move |tx| Ok(db::item::design_of(tx, item)?)).await?;
    let hash = hash.ok_or_else(|| FlowError::NotFound(format!("item {item}")))?;
    ctx.shelf.get(ctx, &hash).await
}

/// Draws values small, without keeping anything: what an editor shows before they are saved.
pub async fn preview(
    ctx: &Ctx,
    item: ItemId,
    given: Values,
    width_px: u32,
) -> Result<Result<Pressed, Vec<Problem>>, FlowError> {
    let design = design_of(ctx, item).await?;
    let (values, mut problems) = match check(&design, &given) {
        Ok(values) => (values, Vec::new()),
        Err(problems) => (given, problems),
    };
    let mut photos = BTreeMap::new();
    for value in values.values() {
        if let Value::Photo(photo) = value {
            photos.insert(photo.hash.clone(), Arc::new(ctx.files.get(&photo.hash)?));
        }
    }
    let job = PressJob { design, values, photos, want: Want::Preview { width_px } };
    match ctx.press.draw(job).await {
        Ok(mut pressed) => {
            pressed.remarks.append(&mut problems);
            Ok(Ok(pressed))
        }
        Err(PressError::Problems(more)) => {
            problems.extend(more);
            Ok(Err(problems))
        }
        Err(PressError::Died(reason) | PressError::Off(reason)) => {
            Err(FlowError::Later { reason, retry_after_s: None })
        }
    }
}
