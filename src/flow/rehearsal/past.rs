//! A past order of the shop as a rehearsal: read as every order is, drawn, and never taken in.

use std::time::Duration;

use super::*;
use crate::model::circumstance::{self, Told};
use crate::model::id::{ShopId, ShopOrderId};
use crate::model::reading::{self, Mapped};
use crate::model::shop_order::{LineMeta, MetaSource, ShopLine, ShopOrder};
use crate::outside::shop::ShopError;

/// A number that is not the shop's id is looked for among the orders that changed since.
const LOOKED_BACK: Duration = Duration::from_secs(60 * 24 * 3_600);
/// Pages of those that are read at most.
const PAGES_MAX: u32 = 5;
/// Lines that are drawn at most.
const LINES_MAX: usize = 5;
/// Longest text that is put on a sample.
const WORDS_CHARS_MAX: usize = 40;

/// What came of a past order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Print files that were drawn.
    pub files: usize,
    /// What was seen of each line, in a sentence.
    pub words: Vec<String>,
}

/// What a line is drawn from.
struct Plan {
    design: Arc<Design>,
    values: Values,
    photos: BTreeMap<Hash, Arc<Vec<u8>>>,
    words: String,
}

/// Draws the lines of a past order: with its own design where the product map names one, else with a
/// sample and the customer's first words. The shop is only read, and the order is not taken in.
pub async fn draw_past(
    ctx: &Ctx,
    shop: ShopId,
    number: &str,
    sample: &str,
    staff: &Staff,
) -> Result<Past, FlowError> {
    let told = find(ctx, shop, number.trim().trim_start_matches('#')).await?;
    let map = ctx.read(move |tx| Ok(db::product::of_shop(tx, shop)?)).await?;
    let (mut prints, mut words) = (Vec::new(), Vec::new());
    for line in told.lines.iter().take(LINES_MAX) {
        let plan = match reading::mapped(&map, line) {
            Mapped::Elsewhere => {
                words.push(format!("{}: needs no print.", line.name));
                continue;
            }
            Mapped::Here(recipe) => {
                of_design(ctx, line, &told.recipient.country, &recipe.design).await
            }
            Mapped::Unmapped => of_sample(line, sample),
        };
        let drawn = match plan {
            Ok(plan) => press(ctx, plan, staff).await,
            Err(why) => Err(why),
        };
        match drawn {
            Ok(files) => {
                let note = match reading::mapped(&map, line) {
                    Mapped::Unmapped => {
                        ", with a sample design: the product map has no row for it yet"
                    }
                    Mapped::Here(_) | Mapped::Elsewhere => "",
                };
                words.push(format!("{}: drawn{note}.", line.name));
                prints.extend(files);
            }
            Err(FlowError::NotNow(why)) => {
                words.push(format!("{}: would wait for a person. {why}", line.name));
            }
            Err(error) => return Err(error),
        }
    }
    if told.lines.is_empty() {
        words.push("The order has no lines.".to_owned());
    }
    let files = prints.len();
    if 0 < files {
        keep(ctx, prints).await?;
    }
    Ok(Past { files, words })
}

/// The order with this number. It is the shop's id in nearly every shop; a plugin may count otherwise.
async fn find(ctx: &Ctx, shop: ShopId, number: &str) -> Result<ShopOrder, FlowError> {
    let seat = ctx.shop(shop)?.clone();
    let none = || {
        let days = LOOKED_BACK.as_secs() / 86_400;
        FlowError::NotNow(format!(
            "the shop {} has no order {number} that changed in the last {days} days",
            seat.name
        ))
    };
    if number.is_empty() {
        return Err(FlowError::NotNow("type the number of an order".to_owned()));
    }
    if let Ok(id) = number.parse::<i64>() {
        match seat.shop.order(ShopOrderId(id)).await {
            Ok(told) if told.number == number => return Ok(told),
            Ok(_) | Err(ShopError::NotFound) => {}
            Err(error) => return Err(unreachable(&seat.name, &error)),
        }
    }
    let since = ctx.clock.now().minus(LOOKED_BACK);
    for page in 1..=PAGES_MAX {
        let listed = seat.shop.list_changed(since, page).await;
        let listed = listed.map_err(|error| unreachable(&seat.name, &error))?;
        if let Some(told) = listed.orders.into_iter().find(|told| told.number == number) {
            return Ok(told);
        }
        if !listed.more {
            break;
        }
    }
    Err(none())
}

fn unreachable(shop: &str, error: &ShopError) -> FlowError {
    FlowError::NotNow(format!("the shop {shop} could not be asked: {error}"))
}

/// A line with the design that the product map names.
async fn of_design(
    ctx: &Ctx,
    line: &ShopLine,
    country: &str,
    name: &str,
) -> Result<Plan, FlowError> {
    let wanted = name.to_owned();
    let hash = ctx.read(move |tx| Ok(db::design::current(tx, &wanted)?)).await?;
    let hash = hash.ok_or_else(|| FlowError::NotNow(format!("There is no design “{name}”.")))?;
    let design = ctx.shelf.get(ctx, &hash).await?;
    let told =
        Told { quantity: line.quantity.saturating_sub(line.refunded), country, meta: &line.meta };
    let read = reading::values(&design, &line.meta, circumstance::asked_of(&design, told));
    if !read.problems.is_empty() {
        return Err(wrong(&read.problems));
    }
    if !read.missing.is_empty() {
        let label =
            |key: &String| design.field(key).map_or(key.clone(), |field| field.label.clone());
        let labels: Vec<String> = read.missing.iter().map(label).collect();
        return Err(FlowError::NotNow(format!("Not given: {}.", labels.join(", "))));
    }
    let (mut values, mut photos) = (read.values, BTreeMap::new());
    for (field, url) in read.photos {
        let bytes = ctx.fetch.fetch(&url).await;
        let bytes = bytes.map_err(|error| {
            FlowError::NotNow(format!("The photo could not be fetched: {error}."))
        })?;
        let hash = Hash::of(&bytes);
        photos.insert(hash.clone(), Arc::new(bytes));
        values.insert(field, Value::Photo(Photo::whole(hash)));
    }
    let values = design.complete(&values).map_err(|problems| wrong(&problems))?;
    Ok(Plan { design, values, photos, words: first_words(&line.meta) })
}

/// A line that the product map does not know, with a sample and the customer's first words.
fn of_sample(line: &ShopLine, sample: &str) -> Result<Plan, FlowError> {
    let words = first_words(&line.meta);
    let (design, values) = of_words(sample, &words)?;
    let photo = Hash::of(SAMPLE_PHOTO);
    let photos = BTreeMap::from([(photo, Arc::new(SAMPLE_PHOTO.to_vec()))]);
    Ok(Plan { design, values, photos, words })
}

/// The first row that the customer sees and that is no address.
fn first_words(meta: &[LineMeta]) -> String {
    let seen = meta.iter().filter(|row| row.source != MetaSource::Hidden);
    let words = seen.map(|row| row.value.trim());
    let words = words.filter(|text| !text.is_empty() && !text.contains("://"));
    let first = words.into_iter().next().unwrap_or_default();
    first.lines().next().unwrap_or_default().chars().take(WORDS_CHARS_MAX).collect()
}

async fn press(ctx: &Ctx, plan: Plan, staff: &Staff) -> Result<Vec<Rehearsal>, FlowError> {
    let Plan { design, values, photos, words } = plan;
    super::press(ctx, &design, values, photos, (&words, staff)).await
}
