//! Designs: a new version is checked behind the walls, drawn once with values to try it out, and kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::model::circumstance::is_circumstance;
use crate::model::design::Design;
use crate::model::id::{Hash, OrderId};
use crate::model::problem::{Problem, What};
use crate::model::product::Made;
use crate::model::value::{Value, Values};
use crate::outside::design_folder::change::{self, FieldChange};
use crate::outside::design_folder::{self, DESCRIPTION, Fault, SAMPLE_PHOTO};
use crate::outside::press::{DesignFiles, PressError, PressJob, Pressed, Session, Want};

use super::ctx::{Ctx, FlowError};
use super::file::store;
use super::furnish;

/// One drawing as a small PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// Width and height in pixels.
    pub size: (u32, u32),
}

/// Open orders that are named on a design's page.
const PINNED_MAX: u32 = 200;

/// Adds a version and makes it the current one, or says everything that is wrong with it.
pub async fn add(
    ctx: &Ctx,
    name: &str,
    mut files: DesignFiles,
    by: &str,
) -> Result<Result<Hash, Vec<Fault>>, FlowError> {
    super::font::lend(ctx, &mut files).await?;
    let design = match design_folder::from_files(name, files) {
        Ok(design) => Arc::new(design),
        Err(faults) => return Ok(Err(faults)),
    };
    // Not here: a drawing can take all the memory there is.
    let faults = ctx.press.check(name, design.files.clone()).await;
    let faults = faults.map_err(|error| FlowError::NotNow(error.to_string()))?;
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let pressed = match try_out(ctx, &design).await? {
        Ok(pressed) => pressed,
        Err(faults) => return Ok(Err(faults)),
    };
    let preview = match pressed.areas.into_iter().next() {
        Some(area) => Some(store(ctx, area.bytes, "preview").await?),
        None => None,
    };
    let hash = furnish::add_design(ctx, design.as_ref().clone()).await?;
    let (signed, by) = (hash.clone(), by.to_owned());
    ctx.call(move |tx| Ok(db::design::sign(tx, &signed, &by, preview.as_ref())?)).await?;
    Ok(Ok(hash))
}

/// Draws it small. Only what the drawing itself lacks counts: words and photos are an example.
async fn try_out(
    ctx: &Ctx,
    design: &Arc<Design>,
) -> Result<Result<Pressed, Vec<Fault>>, FlowError> {
    let values = values_to_test(ctx, design).await?;
    let mut photos = BTreeMap::new();
    for value in values.values() {
        if let Value::Photo(photo) = value {
            photos.insert(photo.hash.clone(), Arc::new(ctx.files.get(&photo.hash)?));
        }
    }
    let want = Want::Preview { width_px: ctx.rules.preview_px };
    let job = PressJob { design: Arc::clone(design), values, photos, want };
    let faulty = |problems: &[Problem]| -> Vec<Fault> {
        let of_design = problems.iter().filter(|problem| problem.what == What::DesignFaulty);
        let fault = |problem: &Problem| {
            let place = design.area(&problem.place).map_or(&problem.place, |area| &area.file);
            Fault::new(place.as_str(), problem.detail.as_str(), problem.what.cure())
        };
        of_design.map(fault).collect()
    };
    match ctx.press.draw(job).await {
        Ok(pressed) => {
            let faults = faulty(&pressed.remarks);
            Ok(if faults.is_empty() { Ok(pressed) } else { Err(faults) })
        }
        Err(PressError::Problems(problems)) => {
            let mut faults = faulty(&problems);
            if faults.is_empty() {
                faults = problems
                    .iter()
                    .map(|one| Fault::new(&*one.place, one.sentence(), one.what.cure()))
                    .collect();
            }
            Ok(Err(faults))
        }
        Err(PressError::Died(reason)) => {
            let what = format!("drawing it takes more time or memory than it may ({reason})");
            let cure = "Simplify it: patterns, masks, filters and copies within copies multiply.";
            Ok(Err(vec![Fault::new("the drawings", what, cure)]))
        }
        Err(error @ PressError::Off(_)) => Err(FlowError::NotNow(error.to_string())),
    }
}

/// Small pictures of the drawings in which faults have a place, by file. A drawing that cannot be drawn
/// has none: its faults are told in words alone.
pub async fn pictures(
    ctx: &Ctx,
    name: &str,
    files: &DesignFiles,
    faults: &[Fault],
) -> Result<BTreeMap<String, Picture>, FlowError> {
    let marked = |file: &str| {
        faults.iter().filter_map(|one| one.mark.as_ref()).any(|mark| mark.file == file)
    };
    if !faults.iter().any(|fault| fault.mark.is_some()) {
        return Ok(BTreeMap::new());
    }
    let Ok(design) = design_folder::from_files(name, files.clone()) else {
        return Ok(BTreeMap::new());
    };
    let design = Arc::new(design);
    let photo = store(ctx, SAMPLE_PHOTO.to_vec(), "photo").await?;
    let values = design.example(&photo);
    let photos = BTreeMap::from([(photo.clone(), Arc::new(ctx.files.get(&photo)?))]);
    let want = Want::Preview { width_px: ctx.rules.preview_px };
    let job = PressJob { design: Arc::clone(&design), values, photos, want };
    let Ok(pressed) = ctx.press.draw(job).await else {
        return Ok(BTreeMap::new());
    };
    let drawn = pressed.areas.into_iter().filter_map(|one| {
        let file = design.area(&one.area)?.file.clone();
        let size = (one.width_px, one.height_px);
        marked(&file).then_some((file, Picture { bytes: one.bytes, size }))
    });
    Ok(drawn.collect())
}

/// What a design is tried out with: what people chose, and an example for every other field.
pub async fn values_to_test(ctx: &Ctx, design: &Design) -> Result<Values, FlowError> {
    let name = design.name.clone();
    let mut kept = ctx.read(move |tx| Ok(db::design::tests(tx, &name)?)).await?;
    let photo = store(ctx, SAMPLE_PHOTO.to_vec(), "photo").await?;
    let mut values = design.example(&photo);
    for key in design.conditions().flat_map(|one| one.keys()).filter(|key| is_circumstance(key)) {
        if let Some(value) = kept.remove(key) {
            values.insert(key.to_owned(), value);
        }
    }
    for field in &design.fields {
        // A rule may have become stricter since: then the example is better than nothing.
        let accepted = kept.remove(&field.key).and_then(|value| field.accept(&value).ok());
        if let Some(accepted) = accepted {
            values.insert(field.key.clone(), accepted);
        }
    }
    Ok(values)
}

/// The session of a design's page.
pub fn session(name: &str, person: &str) -> Session {
    Session(format!("design {name} for {person}"))
}

/// Keeps what a design is tried out with.
pub async fn keep_tests(ctx: &Ctx, name: &str, values: Values) -> Result<(), FlowError> {
    let name = name.to_owned();
    ctx.call(move |tx| Ok(db::design::set_tests(tx, &name, &values)?)).await
}

/// The description of a design with changed fields, as a design that is not added yet.
pub fn changed(design: &Design, changes: &[FieldChange]) -> Result<Design, Vec<Fault>> {
    let mut files = design.files.clone();
    let before = files.get(DESCRIPTION).map(Vec::as_slice).unwrap_or_default();
    let after = change::fields(before, changes).map_err(|message| {
        vec![Fault::new(DESCRIPTION, message, "Change the file itself and upload it.")]
    })?;
    files.insert(DESCRIPTION.to_owned(), after);
    design_folder::from_files(&design.name, files)
}

/// Takes a design out of use. Orders keep the version that they have.
pub async fn retire(ctx: &Ctx, name: &str) -> Result<(), FlowError> {
    let shops: Vec<_> = ctx.shops.iter().map(|(id, seat)| (*id, seat.name.clone())).collect();
    let name = name.to_owned();
    ctx.call(move |tx| {
        for (shop, shop_name) in &shops {
            let rows = db::product::of_shop(tx, *shop)?;
            let user = rows.into_iter().find(|row| match &row.made {
                Made::Here(recipe) => recipe.design == name,
                Made::Elsewhere => false,
            });
            if let Some(row) = user {
                let (kind, key) = (row.matches.kind(), row.matches.key());
                return Err(FlowError::NotNow(format!(
                    "{kind} {key} of {shop_name} is made with it: give that product another \
                     design first"
                )));
            }
        }
        match db::design::retire(tx, &name)? {
            true => Ok(()),
            false => Err(FlowError::NotNow("it is not in use".to_owned())),
        }
    })
    .await
}

/// Makes a version the current one: new orders are made with it.
pub async fn use_version(ctx: &Ctx, name: &str, hash: &Hash) -> Result<(), FlowError> {
    let (name, hash) = (name.to_owned(), hash.clone());
    ctx.call(move |tx| match db::design::make_current(tx, &name, &hash)? {
        true => furnish::look_again(tx),
        false => Err(FlowError::NotFound("this version".to_owned())),
    })
    .await
}

/// Open orders by the version that they are made with.
pub async fn pinned(ctx: &Ctx, name: &str) -> Result<Vec<(Hash, OrderId, String)>, FlowError> {
    let name = name.to_owned();
    ctx.read(move |tx| Ok(db::design::pinned(tx, &name, PINNED_MAX)?)).await
}
