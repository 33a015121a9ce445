//! What a new version of a design changes: its test set and the orders that wait, drawn with both.

use std::sync::Arc;

use crate::db;
use crate::db::design::Waiting;
use crate::model::design::Design;
use crate::model::hold::Actor;
use crate::model::id::Hash;
use crate::model::problem::Problem;
use crate::model::test_set::{self, TestSet};
use crate::model::value::Values;
use crate::outside::design_folder::SAMPLE_PHOTO;
use crate::outside::press::{Difference, Want, difference};

use super::amend::{self, Amended};
use super::ctx::{Ctx, FlowError};
use super::file::store;

/// Width of the pictures that are compared, in pixels: a hair's breadth on a mug is still one of them.
const COMPARED_PX: u32 = 600;

/// One set of values drawn with both versions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compared {
    /// Areas that look different.
    pub areas: Vec<AreaChange>,
    /// What the new version says of the values and the old one did not.
    pub problems: Vec<Problem>,
}

/// An area that looks different.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaChange {
    /// Its name.
    pub area: String,
    /// How the old version draws it, a PNG; `None` where it has no such area.
    pub old: Option<Vec<u8>>,
    /// How the new version does.
    pub new: Option<Vec<u8>>,
    /// Where both differ; `None` where one is missing.
    pub difference: Option<Difference>,
}

impl Compared {
    /// Whether nothing would be printed otherwise.
    pub fn is_same(&self) -> bool {
        self.areas.is_empty() && self.problems.is_empty()
    }
}

/// An order that waits, and what the version in use would change of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingChange {
    /// The item.
    pub waiting: Waiting,
    /// What would change.
    pub compared: Compared,
}

/// Draws every set of the new version's test set with both.
pub async fn of_tests(
    ctx: &Ctx,
    person: &str,
    old: &Arc<Design>,
    new: &Arc<Design>,
) -> Result<Vec<(TestSet, Compared)>, FlowError> {
    let photo = store(ctx, SAMPLE_PHOTO.to_vec(), "photo").await?;
    let mut found = Vec::new();
    for set in test_set::of(new, &photo) {
        let compared = compare(ctx, person, (old, new), &set.values).await?;
        found.push((set, compared));
    }
    Ok(found)
}

/// Items of open orders that are made with an older version and can still be changed; at most so many are
/// drawn, and how many there are in all.
pub async fn of_waiting(
    ctx: &Ctx,
    person: &str,
    name: &str,
    most: usize,
) -> Result<(Vec<WaitingChange>, usize), FlowError> {
    let (new, waiting) = with_values(ctx, name).await?;
    let Some(new) = new else { return Ok((Vec::new(), 0)) };
    let all = waiting.len();
    let mut found = Vec::new();
    for (waiting, values) in waiting.into_iter().take(most) {
        let old = ctx.shelf.get(ctx, &waiting.version).await?;
        let compared = compare(ctx, person, (&old, &new), &values).await?;
        found.push(WaitingChange { waiting, compared });
    }
    Ok((found, all))
}

/// Items of open orders that are made with an older version and can still be changed.
pub async fn waiting(ctx: &Ctx, name: &str) -> Result<Vec<Waiting>, FlowError> {
    let (_, waiting) = with_values(ctx, name).await?;
    Ok(waiting.into_iter().map(|(one, _)| one).collect())
}

type Waits = (Option<Arc<Design>>, Vec<(Waiting, Values)>);

async fn with_values(ctx: &Ctx, name: &str) -> Result<Waits, FlowError> {
    let named = name.to_owned();
    let read = move |tx: &db::Tx<'_>| {
        let Some(current) = db::design::current(tx, &named)? else {
            return Ok((None, Vec::new()));
        };
        let mut waiting = Vec::new();
        for one in db::design::waiting(tx, &named)? {
            let order = db::order::load(tx, one.order)?;
            let item = order.item(one.item).filter(|item| !order.is_locked(item.id));
            if let Some(values) = item.map(|item| item.values.clone()) {
                waiting.push((one, values));
            }
        }
        Ok((Some(current), waiting))
    };
    let (current, waiting): (Option<Hash>, _) = ctx.read(read).await?;
    let new = match current {
        Some(hash) => Some(ctx.shelf.get(ctx, &hash).await?),
        None => None,
    };
    Ok((new, waiting))
}

/// Makes a waiting item with the version in use, by somebody who saw it in this revision.
pub async fn take(
    ctx: &Ctx,
    name: &str,
    waiting: &Waiting,
    actor: Actor,
) -> Result<Amended, FlowError> {
    let named = name.to_owned();
    let current = ctx.read(move |tx| Ok(db::design::current(tx, &named)?)).await?;
    let current = current.ok_or_else(|| FlowError::NotNow("the design is retired".to_owned()))?;
    let design = ctx.shelf.get(ctx, &current).await?;
    amend::take_version(ctx, waiting.order, (waiting.item, waiting.revision), &design, actor).await
}

async fn compare(
    ctx: &Ctx,
    person: &str,
    (old, new): (&Arc<Design>, &Arc<Design>),
    values: &Values,
) -> Result<Compared, FlowError> {
    let want = Want::Preview { width_px: COMPARED_PX };
    let draw = async |design: &Arc<Design>| {
        let session = super::design::session(&format!("{} {}", design.name, design.hash), person);
        amend::preview(ctx, &session, Arc::clone(design), values.clone(), want).await
    };
    let (before, after) = (draw(old).await?, draw(new).await?);
    for trouble in [&before.trouble, &after.trouble] {
        if !trouble.is_empty() {
            return Err(FlowError::NotNow(format!("it could not be drawn: {trouble}")));
        }
    }
    let mut compared = Compared::default();
    let news = after.problems.iter().filter(|problem| !before.problems.contains(problem));
    compared.problems.extend(news.cloned());
    for area in &after.pressed.areas {
        let was = before.pressed.areas.iter().find(|one| one.area == area.area);
        let change = |difference| AreaChange {
            area: area.area.clone(),
            old: was.map(|one| one.bytes.clone()),
            new: Some(area.bytes.clone()),
            difference,
        };
        match was {
            None => compared.areas.push(change(None)),
            Some(was) => {
                let found = difference::of(&was.bytes, &area.bytes).map_err(FlowError::NotNow)?;
                compared.areas.extend(found.map(|found| change(Some(found))));
            }
        }
    }
    let gone = before.pressed.areas.iter().filter(|one| {
        !after.pressed.areas.is_empty()
            && after.pressed.areas.iter().all(|new| new.area != one.area)
    });
    compared.areas.extend(gone.map(|one| AreaChange {
        area: one.area.clone(),
        old: Some(one.bytes.clone()),
        new: None,
        difference: None,
    }));
    Ok(compared)
}
