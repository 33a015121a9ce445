//! Artwork: the photos are fetched, the press draws, the files are stored, the item moves on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::model::design::Design;
use crate::model::hold::{Actor, Target};
use crate::model::id::{Hash, ItemId, OrderId};
use crate::model::item::{self, Item, PrintFile};
use crate::model::problem::{Problem, What};
use crate::model::reading;
use crate::model::value::{Photo, Value};
use crate::outside::fetch::FetchError;
use crate::outside::press::{PressError, PressJob, Pressed, Want};

use super::ctx::{Ctx, FlowError, Outcome};
use super::file::store;
use super::transition::{Event, With, transition};

/// Widest picture of the finished product that is kept.
const MOCKUP_PX: u32 = 1_200;

/// Draws one revision of an item. The key is `item@revision`.
pub async fn run(ctx: &Ctx, key: &str) -> Result<Outcome, FlowError> {
    let Some((id, revision)) = parse_key(key) else {
        return Ok(Outcome::Cancel(format!("“{key}” names no revision")));
    };
    let Some((order, item, meta)) = load(ctx, id).await? else {
        return Ok(Outcome::Cancel("the item is gone".to_owned()));
    };
    if item.state != item::State::Making || item.facts.revision != revision {
        return Ok(Outcome::Cancel(format!("it is {} now", item.state.name())));
    }
    let design = ctx.shelf.get(ctx, &item.design).await?;
    let read = reading::values(&design, &meta, design.circumstances_in(&item.values));
    let mut item = item;
    for (field, url) in read.photos {
        let is_asked = design.field(&field).is_some_and(|one| one.is_asked(&item.values));
        if !is_asked || item.values.contains_key(&field) {
            continue;
        }
        let label = design.field(&field).map_or(field.clone(), |field| field.label.clone());
        match fetch(ctx, order, (id, revision), &field, &url).await? {
            Ok(value) => {
                item.values.insert(field, value);
            }
            Err(problem) => {
                let problems = vec![Problem { place: label, ..problem }];
                return hold(ctx, order, (id, revision), problems).await;
            }
        }
    }
    // Never printed half-filled.
    let missing: Vec<Problem> = design
        .missing(&item.values)
        .into_iter()
        .map(|field| Problem::new(What::ValueMissing, field.label.clone(), ""))
        .collect();
    if !missing.is_empty() {
        return hold(ctx, order, (id, revision), missing).await;
    }
    draw(ctx, order, &item, &design).await
}

fn parse_key(key: &str) -> Option<(ItemId, u32)> {
    let (item, revision) = key.split_once('@')?;
    Some((ItemId(item.parse().ok()?), revision.parse().ok()?))
}

type Loaded = (OrderId, Item, Vec<crate::model::shop_order::LineMeta>);

async fn load(ctx: &Ctx, id: ItemId) -> Result<Option<Loaded>, FlowError> {
    ctx.read(move |tx| {
        let Some(order) = db::item::order_of(tx, id)? else {
            return Ok(None);
        };
        let items = db::item::of_order(tx, order)?;
        let Some(item) = items.into_iter().find(|item| item.id == id) else {
            return Ok(None);
        };
        let meta = db::order::meta_of_line(tx, item.line)?;
        Ok(Some((order, item, meta)))
    })
    .await
}

/// Fetches a photo that the line points at, stores it, and notes it in this revision.
async fn fetch(
    ctx: &Ctx,
    order: OrderId,
    (id, revision): (ItemId, u32),
    field: &str,
    url: &str,
) -> Result<Result<Value, Problem>, FlowError> {
    let bytes = match ctx.fetch.fetch(url).await {
        Ok(bytes) => bytes,
        Err(FetchError::Unclear(reason)) => {
            return Err(FlowError::Later { reason, retry_after_s: None });
        }
        Err(error) => {
            return Ok(Err(Problem::new(What::PhotoUnreachable, "", error.to_string())));
        }
    };
    let value = Value::Photo(Photo::whole(store(ctx, bytes, "photo").await?));
    let (field, noted) = (field.to_owned(), value.clone());
    transact(ctx, order, move || {
        vec![Event::PhotoFetched(id, revision, field.clone(), noted.clone())]
    })
    .await?;
    Ok(Ok(value))
}

async fn draw(
    ctx: &Ctx,
    order: OrderId,
    item: &Item,
    design: &Arc<Design>,
) -> Result<Outcome, FlowError> {
    let job = PressJob {
        design: Arc::clone(design),
        values: item.values.clone(),
        photos: photos(ctx, item)?,
        want: Want::Print,
    };
    let preview =
        PressJob { want: Want::Preview { width_px: ctx.rules.preview_px }, ..job.clone() };
    let mockups = PressJob { want: Want::Mockups { width_px: MOCKUP_PX }, ..job.clone() };
    let pressed = match ctx.press.draw(job).await {
        Ok(pressed) => pressed,
        Err(PressError::Problems(problems)) => {
            let problems = problems.into_iter().map(|one| relabel(design, one)).collect();
            return hold(ctx, order, (item.id, item.facts.revision), problems).await;
        }
        Err(PressError::Died(reason) | PressError::Off(reason)) => {
            return Err(FlowError::Later { reason, retry_after_s: None });
        }
    };
    // A preview is a help for people: without it the print is as good.
    let mut previews = ctx.press.draw(preview).await.ok();
    if let Some(previews) = previews.as_mut().filter(|_| !design.mockups.is_empty()) {
        previews.mockups =
            ctx.press.draw(mockups).await.map(|drawn| drawn.mockups).unwrap_or_default();
    }
    let (id, revision) = (item.id, item.facts.revision);
    let remarks = pressed.remarks.iter().map(|one| relabel(design, one.clone())).collect();
    let checks = ctx.read(move |tx| Ok(db::product::checks_of_item(tx, id)?)).await?;
    let found = checks.sort(remarks);
    let words = in_words(found.blocking.iter().chain(&found.told));
    let files = keep(ctx, (design, revision), pressed, previews).await?;
    // The holds stand before the files do, so that nothing goes on in between.
    transact(ctx, order, move || {
        let held = |problem: &Problem| Event::Held(Target::Item(id), problem.clone());
        let holds = found.blocking.iter().map(held);
        let told = Event::Remarked(id, revision, found.told.clone());
        let made = Event::ArtworkMade(id, revision, files.clone());
        holds.chain([told, made]).collect()
    })
    .await?;
    Ok(Outcome::Done(if words.is_empty() { "drawn".to_owned() } else { words }))
}

fn in_words<'a>(problems: impl Iterator<Item = &'a Problem>) -> String {
    problems.map(Problem::sentence).collect::<Vec<_>>().join("; ")
}

/// Fields are named by their label where people read of them.
fn relabel(design: &Design, problem: Problem) -> Problem {
    match design.field(&problem.place) {
        Some(field) => Problem { place: field.label.clone(), ..problem },
        None => problem,
    }
}

/// The bytes of every photo among the values.
pub fn photos(ctx: &Ctx, item: &Item) -> Result<BTreeMap<Hash, Arc<Vec<u8>>>, FlowError> {
    let mut photos = BTreeMap::new();
    for value in item.values.values() {
        if let Value::Photo(photo) = value {
            photos.insert(photo.hash.clone(), Arc::new(ctx.files.get(&photo.hash)?));
        }
    }
    Ok(photos)
}

/// Stores what came off the press. Each area gets the first picture of the product that shows it.
pub async fn keep(
    ctx: &Ctx,
    (design, revision): (&Design, u32),
    pressed: Pressed,
    previews: Option<Pressed>,
) -> Result<Vec<PrintFile>, FlowError> {
    let previews = previews.unwrap_or_default();
    let mut small: BTreeMap<String, Vec<u8>> =
        previews.areas.into_iter().map(|area| (area.area, area.bytes)).collect();
    let mut shown = BTreeMap::new();
    for picture in previews.mockups {
        let hash = store(ctx, picture.bytes, "mockup").await?;
        let mockup = design.mockups.iter().find(|mockup| mockup.key == picture.area);
        for place in mockup.into_iter().flat_map(|mockup| &mockup.places) {
            shown.entry(place.area.as_str()).or_insert_with(|| hash.clone());
        }
    }
    let mut files = Vec::new();
    for area in pressed.areas {
        let preview = match small.remove(&area.area) {
            Some(bytes) => Some(store(ctx, bytes, "preview").await?),
            None => None,
        };
        files.push(PrintFile {
            revision,
            hash: store(ctx, area.bytes, "print").await?,
            width_px: area.width_px,
            height_px: area.height_px,
            dpi: area.dpi,
            extension: area.format.extension().to_owned(),
            preview,
            mockup: shown.get(area.area.as_str()).cloned(),
            area: area.area,
        });
    }
    Ok(files)
}

/// Holds an item for what is wrong with a revision, unless it was amended meanwhile.
async fn hold(
    ctx: &Ctx,
    order: OrderId,
    (id, revision): (ItemId, u32),
    problems: Vec<Problem>,
) -> Result<Outcome, FlowError> {
    let words = in_words(problems.iter());
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        if locked.get().item(id).is_none_or(|item| item.facts.revision != revision) {
            return Ok(());
        }
        let pace = shared.pace(locked.get().shop);
        for problem in &problems {
            let with = With { actor: &Actor::Program, rules: &shared.rules, pace: &pace };
            transition(tx, &mut locked, Event::Held(Target::Item(id), problem.clone()), with)?;
        }
        Ok(())
    })
    .await?;
    Ok(Outcome::Cancel(words))
}

/// Writes events of the program to an order, in one transaction.
pub async fn transact(
    ctx: &Ctx,
    order: OrderId,
    events: impl Fn() -> Vec<Event> + Send + 'static,
) -> Result<(), FlowError> {
    let (rules, shops) = (Arc::clone(&ctx.rules), ctx.clone());
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        let pace = shops.pace(locked.get().shop);
        for event in events() {
            let with = With { actor: &Actor::Program, rules: &rules, pace: &pace };
            transition(tx, &mut locked, event, with)?;
        }
        Ok(())
    })
    .await
}
