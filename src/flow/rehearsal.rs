//! Rehearsals: a sample order that is drawn as customers' orders are, to see everything work.
//!
//! It never becomes an order. There is no recipient, no fulfilment and no job, so nothing of it can
//! reach a provider or a customer: what does not exist cannot be sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::db::rehearsal::Rehearsal;
use crate::model::design::Design;
use crate::model::field::FieldKind;
use crate::model::id::{Hash, RehearsalId};
use crate::model::problem::Problem;
use crate::model::value::{Photo, Value, Values};
use crate::outside::design_folder::{self, SAMPLE_PHOTO, samples};
use crate::outside::press::{PressError, PressJob, Want};

use super::ctx::{Ctx, FlowError};
use super::file::store;
use super::operate::Staff;

mod past;

pub use past::{Past, draw_past};

/// What a rehearsal can be drawn with: name, and what it is.
pub fn choices() -> Vec<(&'static str, &'static str)> {
    samples().iter().map(|sample| (sample.name, sample.about)).collect()
}

/// Draws a sample order with this text on it, and keeps the print files.
pub async fn draw(ctx: &Ctx, sample: &str, words: &str, staff: &Staff) -> Result<usize, FlowError> {
    let (design, values) = of_words(sample, words)?;
    let photos = BTreeMap::from([(Hash::of(SAMPLE_PHOTO), Arc::new(SAMPLE_PHOTO.to_vec()))]);
    let prints = press(ctx, &design, values, photos, (words, staff)).await?;
    let count = prints.len();
    keep(ctx, prints).await?;
    Ok(count)
}

/// A sample with this text in the first of its fields that takes words.
fn of_words(sample: &str, words: &str) -> Result<(Arc<Design>, Values), FlowError> {
    let sample = samples().iter().find(|one| one.name == sample);
    let sample = sample.ok_or_else(|| FlowError::NotNow("choose one of the samples".to_owned()))?;
    let design = design_folder::from_files(sample.name, sample.file_map())
        .map_err(|_| FlowError::NotNow("the sample cannot be read".to_owned()))?;
    let values = fill(&design, words, &Hash::of(SAMPLE_PHOTO));
    let values = design.complete(&values).map_err(|problems| wrong(&problems))?;
    Ok((Arc::new(design), values))
}

/// Draws in print resolution and stores the files.
async fn press(
    ctx: &Ctx,
    design: &Arc<Design>,
    values: Values,
    photos: BTreeMap<Hash, Arc<Vec<u8>>>,
    (words, staff): (&str, &Staff),
) -> Result<Vec<Rehearsal>, FlowError> {
    let job = PressJob { design: Arc::clone(design), values, photos, want: Want::Print };
    let pressed = match ctx.press.draw(job).await {
        Ok(pressed) => pressed,
        Err(PressError::Problems(problems)) => return Err(wrong(&problems)),
        Err(PressError::Died(reason) | PressError::Off(reason)) => {
            return Err(FlowError::NotNow(format!("nothing could be drawn: {reason}")));
        }
    };
    let mut kept = Vec::new();
    for area in pressed.areas {
        kept.push(Rehearsal {
            id: RehearsalId(0),
            area: area.area,
            design: design.title.clone(),
            words: words.to_owned(),
            extension: area.format.extension().to_owned(),
            width_px: area.width_px,
            height_px: area.height_px,
            hash: store(ctx, area.bytes, "print").await?,
            made_at: ctx.clock.now(),
            made_by: staff.0.clone(),
        });
    }
    Ok(kept)
}

/// Keeps these print files in place of those of the rehearsal before.
async fn keep(ctx: &Ctx, prints: Vec<Rehearsal>) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        db::rehearsal::clear(tx)?;
        for one in &prints {
            db::rehearsal::put(tx, one)?;
        }
        Ok(())
    })
    .await
}

/// The first of the fields with words gets the text, and each other one something that fits.
fn fill(design: &Design, words: &str, photo: &Hash) -> Values {
    let mut values = Values::new();
    let mut is_written = false;
    for field in &design.fields {
        let value = match &field.kind {
            FieldKind::Photo(_) => Some(Value::Photo(Photo::whole(photo.clone()))),
            FieldKind::Text(_) if !is_written && !words.is_empty() => {
                is_written = true;
                Some(Value::Text(words.to_owned()))
            }
            FieldKind::Text(_) => Some(Value::Text("Sample".to_owned())),
            FieldKind::Number(_) => Some(Value::Text("7".to_owned())),
            FieldKind::Code(_) => Some(Value::Text("12345678".to_owned())),
            FieldKind::Date(_) => Some(Value::Text("2026-06-20".to_owned())),
            FieldKind::Coordinates(_) => Some(Value::Text("48.8566, 2.3522".to_owned())),
            FieldKind::Choice(choices) | FieldKind::Colour(choices) => {
                choices.first().map(|choice| Value::Text(choice.label.clone()))
            }
        };
        values.extend(value.map(|value| (field.key.clone(), value)));
    }
    values
}

fn wrong(problems: &[Problem]) -> FlowError {
    let words: Vec<String> = problems.iter().map(Problem::sentence).collect();
    FlowError::NotNow(words.join(" "))
}

/// Removes what rehearsals left.
pub async fn clear(ctx: &Ctx) -> Result<usize, FlowError> {
    ctx.call(|tx| Ok(db::rehearsal::clear(tx)?)).await
}
