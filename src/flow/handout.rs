//! What is handed to whoever makes or packs an order by hand: job sheets, packing slips, print files under
//! names that say what they are.

use std::collections::BTreeMap;

use crate::db;
use crate::model::circumstance::is_circumstance;
use crate::model::file_name::{self, FileName};
use crate::model::id::{Hash, LineId, OrderId};
use crate::model::item::Item;
use crate::model::order::{Fulfilment, Order};
use crate::model::recipient::Recipient;
use crate::model::shop_order::{LineMeta, MetaSource};
use crate::model::value::Value;
use crate::render::paper::{Block, PaperSize, Picture, Sheet};
use crate::render::photo;

use super::ctx::{Ctx, FlowError};

/// Orders of one archive or one stack of sheets.
pub const ORDERS_MAX: usize = 100;
/// All files of one archive.
pub const BYTES_MAX: u64 = 300 * 1024 * 1024;
/// Longest part of a name.
const PART_CHARS_MAX: usize = 40;

/// One order with what sheets need of it.
#[derive(Debug, Clone)]
pub struct Handout {
    /// The order.
    pub order: Order,
    /// Its parts, as they are made.
    pub parts: Vec<Part>,
}

/// One item.
#[derive(Debug, Clone)]
pub struct Part {
    /// “1001-1”.
    pub name: String,
    /// The product's name.
    pub title: String,
    /// The shop's SKU.
    pub sku: String,
    /// The provider's variant.
    pub variant: String,
    /// Who makes it.
    pub provider: String,
    /// Pieces.
    pub quantity: u32,
    /// What it is printed with: label and words.
    pub values: Vec<(String, String)>,
    /// What was chosen in the shop, such as size and colour.
    pub given: Vec<(String, String)>,
    /// Its print files.
    pub files: Vec<FilePart>,
}

/// One print file.
#[derive(Debug, Clone)]
pub struct FilePart {
    /// `1001-1-MUG-front-r2.png`.
    pub name: String,
    /// Its bytes.
    pub hash: Hash,
    /// The small picture of it.
    pub preview: Option<Hash>,
}

/// Loads orders for sheets and archives. What is erased or gone is left out.
pub async fn load(ctx: &Ctx, ids: Vec<OrderId>) -> Result<Vec<Handout>, FlowError> {
    type Given = BTreeMap<LineId, Vec<LineMeta>>;
    let found: Vec<(Order, Given)> = ctx
        .read(move |tx| {
            let mut found = Vec::new();
            for id in ids.iter().take(ORDERS_MAX) {
                if !db::board::has_order(tx, *id)? || db::erase::is_erased(tx, *id)? {
                    continue;
                }
                let order = db::order::load(tx, *id)?;
                let mut given = BTreeMap::new();
                for line in &order.lines {
                    given.insert(line.id, db::order::meta_of_line(tx, line.id)?);
                }
                found.push((order, given));
            }
            Ok(found)
        })
        .await?;
    let mut handouts = Vec::new();
    for (order, given) in found {
        let mut parts = Vec::new();
        for item in order.live_items() {
            let meta = given.get(&item.line).map_or(&[][..], Vec::as_slice);
            parts.push(part(ctx, &order, item, meta).await?);
        }
        handouts.push(Handout { order, parts });
    }
    Ok(handouts)
}

async fn part(ctx: &Ctx, order: &Order, item: &Item, meta: &[LineMeta]) -> Result<Part, FlowError> {
    let design = ctx.shelf.get(ctx, &item.design).await?;
    let label = |key: &str| design.field(key).map_or(key.to_owned(), |field| field.label.clone());
    let words = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Photo(photo) => format!("photo {}", photo.hash.short()),
    };
    let line = order.line(item.line);
    let seat = ctx.providers.get(&item.provider);
    let mut part = Part {
        name: order.item_name(item.id),
        title: line.map_or(String::new(), |line| line.name.clone()),
        sku: line.map_or(String::new(), |line| line.sku.clone()),
        variant: item.provider_sku.clone(),
        provider: seat.map_or(String::new(), |seat| seat.name.clone()),
        quantity: item.quantity,
        values: item
            .values
            .iter()
            .filter(|(key, _)| !is_circumstance(key))
            .map(|(key, value)| (label(key), words(value)))
            .collect(),
        given: meta
            .iter()
            .filter(|row| row.source == MetaSource::Visible)
            .map(|row| (row.key.clone(), row.value.clone()))
            .collect(),
        files: Vec::new(),
    };
    let usual = FileName::parse(file_name::USUAL).ok();
    let rule = seat.map(|seat| &seat.rules.file_names).or(usual.as_ref());
    for file in item.facts.files_of(item.facts.revision) {
        let sku = if part.sku.is_empty() { &part.variant } else { &part.sku };
        let value = |key: &str| match key {
            "order" => plain(&order.number),
            "item" => plain(&part.name),
            "sku" => plain(sku),
            "variant" => plain(&part.variant),
            "area" => plain(&file.area),
            "revision" => file.revision.to_string(),
            "quantity" => part.quantity.to_string(),
            "product" => plain(&part.title),
            of_field => {
                let key = of_field.trim_start_matches("field.");
                plain(item.values.get(key).and_then(Value::as_text).unwrap_or_default())
            }
        };
        let stem = rule.map_or_else(|| plain(&part.name), |rule| rule.name(value));
        part.files.push(FilePart {
            name: format!("{stem}.{}", plain(&file.extension)),
            hash: file.hash.clone(),
            preview: file.preview.clone(),
        });
    }
    Ok(part)
}

/// A text as part of a name: nothing in it leads anywhere, on any system.
pub fn plain(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let spaced: String = text.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let parts: Vec<&str> = spaced.split('-').filter(|part| !part.is_empty()).collect();
    let joined: String = parts.join("-").chars().take(PART_CHARS_MAX).collect();
    if joined.is_empty() { "x".to_owned() } else { joined }
}

/// The print files of these orders, each under its name; an error where they are too many.
pub fn files(ctx: &Ctx, handouts: &[Handout]) -> Result<Vec<(String, Vec<u8>)>, FlowError> {
    let mut files = Vec::new();
    let mut bytes_all = 0;
    let all = handouts.iter().flat_map(|one| &one.parts).flat_map(|part| &part.files);
    for file in all {
        let bytes = ctx.files.get(&file.hash)?;
        bytes_all += bytes.len() as u64;
        if BYTES_MAX < bytes_all {
            let words = "these files weigh more than 300 MB: choose fewer orders";
            return Err(FlowError::NotNow(words.to_owned()));
        }
        files.push((file.name.clone(), bytes));
    }
    Ok(files)
}

/// The paper of an order: what somebody asked for, else what lies in printers where it goes.
fn paper(size: Option<PaperSize>, recipient: &Recipient) -> PaperSize {
    size.unwrap_or_else(|| PaperSize::of_country(&recipient.country))
}

/// An address as it stands on a parcel.
pub fn address(recipient: &Recipient) -> Vec<String> {
    let town = format!("{} {}", recipient.postcode, recipient.city);
    let lines = match recipient.country.as_str() {
        // City, state and postal code in one line.
        "US" | "CA" | "AU" => {
            let town = format!("{} {} {}", recipient.city, recipient.state, recipient.postcode);
            [town, String::new()]
        }
        _ => [town, recipient.state.clone()],
    };
    let [town, state] = lines;
    let all = [
        recipient.name(),
        recipient.company.clone(),
        recipient.address_1.clone(),
        recipient.address_2.clone(),
        town,
        state,
        recipient.country.clone(),
    ];
    let tidy = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    all.into_iter().map(tidy).filter(|line| !line.is_empty()).collect()
}

fn references(order: &Order) -> String {
    let open = order.fulfilments.iter().filter(|one| !is_past(one));
    let all: Vec<String> =
        open.filter_map(|one| one.reference.as_ref()).map(ToString::to_string).collect();
    all.join(", ")
}

fn is_past(one: &Fulfilment) -> bool {
    use crate::model::fulfilment::State;
    matches!(one.state, State::Cancelled | State::Superseded)
}

/// The sheet for whoever makes it: pictures, variants, words, files and the address.
pub fn job_sheet(ctx: &Ctx, one: &Handout, size: Option<PaperSize>) -> Sheet {
    let order = &one.order;
    let references = references(order);
    let thing = |part: &Part| {
        let mut facts = vec![("Item".to_owned(), part.name.clone())];
        let more = [("SKU", &part.sku), ("Variant", &part.variant), ("Made by", &part.provider)];
        facts.extend(more.into_iter().map(|(name, text)| (name.to_owned(), text.clone())));
        facts.extend(part.values.iter().cloned());
        let is_new = |row: &&(String, String)| {
            !part.values.iter().any(|value| value.1.trim() == row.1.trim())
        };
        facts.extend(part.given.iter().filter(is_new).cloned());
        facts.extend(part.files.iter().map(|file| ("File".to_owned(), file.name.clone())));
        facts.retain(|(_, text)| !text.trim().is_empty());
        Block::Thing {
            quantity: part.quantity,
            title: part.title.clone(),
            facts,
            pictures: part.files.iter().filter_map(|file| picture(ctx, file)).collect(),
        }
    };
    let mut blocks: Vec<Block> = one.parts.iter().map(thing).collect();
    blocks.push(Block::Heading("Recipient".to_owned()));
    blocks.push(Block::Words(address(&order.recipient)));
    let more = [
        ("Shipping", &order.shipping_method),
        ("Telephone", &order.recipient.phone),
        ("Note", &order.note),
    ];
    let more = more.into_iter().filter(|(_, text)| !text.trim().is_empty());
    blocks.push(Block::Facts(more.map(|(name, text)| (name.to_owned(), text.clone())).collect()));
    Sheet {
        title: format!("Job sheet {}", order.number),
        sub: format!("From {}, placed {}", source(order), day(order)),
        code: if references.is_empty() { order.number.clone() } else { references },
        blocks,
        size: paper(size, &order.recipient),
    }
}

/// The slip that goes into the parcel: what is in it and for whom. No prices.
pub fn packing_slip(one: &Handout, size: Option<PaperSize>) -> Sheet {
    let order = &one.order;
    let mut blocks = vec![
        Block::Heading("Deliver to".to_owned()),
        Block::Words(address(&order.recipient)),
        Block::Heading("In this parcel".to_owned()),
    ];
    blocks.extend(one.parts.iter().map(|part| Block::Thing {
        quantity: part.quantity,
        title: part.title.clone(),
        facts:
            part.values.iter().filter(|(_, text)| !text.starts_with("photo ")).cloned().collect(),
        pictures: Vec::new(),
    }));
    Sheet {
        title: format!("Order {}", order.number),
        sub: format!("{}, placed {}", order.shop_name, day(order)),
        code: order.number.clone(),
        blocks,
        size: paper(size, &order.recipient),
    }
}

fn source(order: &Order) -> &str {
    match order.source.as_str() {
        "shop" => &order.shop_name,
        other => other,
    }
}

fn day(order: &Order) -> String {
    order.placed_at.to_string().chars().take(10).collect()
}

fn picture(ctx: &Ctx, file: &FilePart) -> Option<Picture> {
    let bytes = ctx.files.get(file.preview.as_ref()?).ok()?;
    let photo = photo::decode(&bytes).ok()?;
    Some(Picture { width: photo.width_px, height: photo.height_px, rgba: photo.rgba })
}

/// The columns of the lines of orders.
pub const COLUMNS: [&str; 20] = [
    "order",
    "source",
    "placed",
    "item",
    "product",
    "sku",
    "variant",
    "provider",
    "pieces",
    "values",
    "name",
    "company",
    "street",
    "flat",
    "postal code",
    "city",
    "state",
    "country",
    "files",
    "reference",
];

/// The lines of orders as rows of a table.
pub fn rows(handouts: &[Handout]) -> Vec<Vec<String>> {
    let row = |one: &Handout, part: &Part| {
        let (order, who) = (&one.order, &one.order.recipient);
        let values: Vec<String> =
            part.values.iter().map(|(label, text)| format!("{label}: {text}")).collect();
        let files: Vec<&str> = part.files.iter().map(|file| file.name.as_str()).collect();
        vec![
            order.number.clone(),
            source(order).to_owned(),
            day(order),
            part.name.clone(),
            part.title.clone(),
            part.sku.clone(),
            part.variant.clone(),
            part.provider.clone(),
            part.quantity.to_string(),
            values.join("; "),
            who.name(),
            who.company.clone(),
            who.address_1.clone(),
            who.address_2.clone(),
            who.postcode.clone(),
            who.city.clone(),
            who.state.clone(),
            who.country.clone(),
            files.join("; "),
            references(order),
        ]
    };
    handouts.iter().flat_map(|one| one.parts.iter().map(move |part| row(one, part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lead_nowhere() {
        let check = |text: &str, expected: &str| assert_eq!(plain(text), expected, "{text}");
        check("1001-1/2", "1001-1-2");
        check("../../etc/passwd", "etc-passwd");
        check("C:\\con", "C-con");
        check("Größe L", "Gr-e-L");
        check("…", "x");
        assert_eq!(plain(&"a".repeat(500)).len(), PART_CHARS_MAX);
    }

    #[test]
    fn an_address_is_written_as_its_country_does() {
        let who = Recipient {
            first_name: "Ann".to_owned(),
            address_1: "1 Main St".to_owned(),
            city: "Austin".to_owned(),
            state: "TX".to_owned(),
            postcode: "78701".to_owned(),
            country: "US".to_owned(),
            ..Recipient::default()
        };
        assert_eq!(address(&who), ["Ann", "1 Main St", "Austin TX 78701", "US"]);
        let who = Recipient { state: String::new(), country: "DE".to_owned(), ..who };
        assert_eq!(address(&who), ["Ann", "1 Main St", "78701 Austin", "DE"]);
    }
}
