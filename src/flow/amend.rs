//! Amending an item: new values or an earlier revision, by staff or customer, checked before.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::model::circumstance;
use crate::model::design::Design;
use crate::model::hold::Actor;
use crate::model::id::{Hash, ItemId, OrderId};
use crate::model::problem::Problem;
use crate::model::value::{Value, Values};
use crate::outside::press::{PressError, PressJob, Pressed, Session, Want};

use super::ctx::{Ctx, FlowError};
use super::transition::{Amendment, Event, With, transition};

/// What came of an amendment.
#[derive(Debug, Clone, PartialEq)]
pub enum Amended {
    /// A new revision, which is drawn now.
    Done,
    /// Nothing was changed; this is what is wrong.
    Refused(Vec<Problem>),
    /// Nothing was changed: another revision was made since these values were begun.
    Stale,
}

/// Gives an item new values, whatever it has now.
pub async fn amend(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    given: Values,
    actor: Actor,
) -> Result<Amended, FlowError> {
    amend_where(ctx, order, (item, None), given, actor).await
}

/// The same, by somebody who began with this revision: what was saved since is not overwritten (R116).
pub async fn amend_seen(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, u32),
    given: Values,
    actor: Actor,
) -> Result<Amended, FlowError> {
    amend_where(ctx, order, (item, Some(seen)), given, actor).await
}

async fn amend_where(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, Option<u32>),
    given: Values,
    actor: Actor,
) -> Result<Amended, FlowError> {
    let design = design_of(ctx, item).await?;
    let present = ctx.read(move |tx| Ok(db::order::load(tx, order)?)).await?;
    let mut given = given;
    if let Some(item) = present.item(item) {
        circumstance::carry_on(&item.values, &mut given);
    }
    let values = match design.accept(&given) {
        Ok(values) => values,
        Err(problems) => return Ok(Amended::Refused(problems)),
    };
    let (hash, areas) = (design.hash.clone(), db::item::areas_of(&design));
    let chosen = move |_: &db::Tx<'_>, present: Option<u32>| {
        let is_stale = seen.is_some() && seen != present;
        Ok((!is_stale).then(|| (hash.clone(), areas.clone(), values.clone())))
    };
    match write(ctx, order, actor, chosen, item).await? {
        true => Ok(Amended::Done),
        false => Ok(Amended::Stale),
    }
}

/// Makes an item with another version of its design, with the values that it has; by somebody who saw it
/// in this revision.
pub async fn take_version(
    ctx: &Ctx,
    order: OrderId,
    (item, seen): (ItemId, u32),
    design: &Design,
    actor: Actor,
) -> Result<Amended, FlowError> {
    let present = ctx.read(move |tx| Ok(db::order::load(tx, order)?)).await?;
    let given = present.item(item).map(|item| item.values.clone()).unwrap_or_default();
    let values = match design.accept(&given) {
        Ok(values) => values,
        Err(problems) => return Ok(Amended::Refused(problems)),
    };
    let (hash, areas) = (design.hash.clone(), db::item::areas_of(design));
    let chosen = move |_: &db::Tx<'_>, present: Option<u32>| {
        Ok((present == Some(seen)).then(|| (hash.clone(), areas.clone(), values.clone())))
    };
    match write(ctx, order, actor, chosen, item).await? {
        true => Ok(Amended::Done),
        false => Ok(Amended::Stale),
    }
}

/// Makes an earlier revision the present one again, as a new revision.
pub async fn choose_revision(
    ctx: &Ctx,
    order: OrderId,
    item: ItemId,
    revision: u32,
    actor: Actor,
) -> Result<(), FlowError> {
    let chosen = move |tx: &db::Tx<'_>, _| {
        let design = db::item::design_of_revision(tx, item, revision)?;
        let (hash, areas) =
            design.ok_or_else(|| FlowError::NotFound(format!("revision {revision}")))?;
        Ok(Some((hash, areas, db::item::values_of(tx, item, revision)?)))
    };
    write(ctx, order, actor, chosen, item).await?;
    Ok(())
}

/// What a new revision is made of.
type Chosen = Option<(Hash, Vec<String>, Values)>;

/// Writes what is chosen in sight of the present revision; whether anything was.
async fn write(
    ctx: &Ctx,
    order: OrderId,
    actor: Actor,
    revision: impl Fn(&db::Tx<'_>, Option<u32>) -> Result<Chosen, FlowError> + Send + 'static,
    item: ItemId,
) -> Result<bool, FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = super::operate::lock_known(tx, order)?;
        let present = locked.get().item(item).map(|item| item.facts.revision);
        let Some((design, areas, values)) = revision(tx, present)? else {
            return Ok(false);
        };
        let why = format!("by {}", actor.in_words());
        let event = Event::Amended(Amendment { item, design, areas, values, why });
        let pace = shared.pace(locked.get().shop);
        transition(
            tx,
            &mut locked,
            event,
            With { actor: &actor, rules: &shared.rules, pace: &pace },
        )?;
        Ok(true)
    })
    .await
}

/// The design of an item's present revision.
pub async fn design_of(ctx: &Ctx, item: ItemId) -> Result<Arc<Design>, FlowError> {
    let hash = ctx.read(move |tx| Ok(db::item::design_of(tx, item)?)).await?;
    let hash = hash.ok_or_else(|| FlowError::NotFound(format!("item {item}")))?;
    ctx.shelf.get(ctx, &hash).await
}

/// The session of one item's editor: its previews are drawn by a child that serves nobody else.
pub fn session(order: OrderId, item: ItemId) -> Session {
    Session(format!("order {order} item {item}"))
}

/// What came of a preview.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preview {
    /// The pictures; none where nothing could be drawn.
    pub pressed: Pressed,
    /// What is wrong, and what people should know.
    pub problems: Vec<Problem>,
    /// Why nothing was drawn though nothing is wrong with the values; empty while all is well.
    pub trouble: String,
}

/// Draws values small, without keeping anything: what an editor shows before they are saved.
pub async fn preview(
    ctx: &Ctx,
    session: &Session,
    design: Arc<Design>,
    given: Values,
    want: Want,
) -> Result<Preview, FlowError> {
    let (values, mut problems) = match design.accept(&given) {
        Ok(values) => (values, Vec::new()),
        Err(problems) => (given, problems),
    };
    let mut photos = BTreeMap::new();
    for value in values.values() {
        if let Value::Photo(photo) = value {
            // A photo that is gone is told by the press, beside its field.
            if let Ok(bytes) = ctx.files.get(&photo.hash) {
                photos.insert(photo.hash.clone(), Arc::new(bytes));
            }
        }
    }
    let job = PressJob { design, values, photos, want };
    match ctx.press.preview(session, job).await {
        Ok(mut pressed) => {
            problems.extend(std::mem::take(&mut pressed.remarks));
            Ok(Preview { pressed, problems, trouble: String::new() })
        }
        Err(PressError::Problems(more)) => {
            problems.extend(more);
            Ok(Preview { problems, ..Preview::default() })
        }
        Err(PressError::Died(trouble) | PressError::Off(trouble)) => {
            Ok(Preview { problems, trouble, ..Preview::default() })
        }
    }
}
