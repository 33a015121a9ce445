//! What a person needs to place a fulfilment with its provider: all of it, each thing ready to be copied.

use super::problems::item_title;
use super::record::Record;
use super::words::humane;
use crate::flow::handout;
use crate::model::circumstance::is_circumstance;
use crate::model::item::Item;
use crate::model::order::Fulfilment;
use crate::model::value::Value;
use crate::web::site::Site;

/// Everything needed to place an order by hand.
pub struct ByHand {
    /// Our own number, for the provider's field “reference”.
    pub reference: String,
    /// The address, line by line.
    pub address: Vec<(&'static str, String)>,
    /// The address as it stands on a parcel.
    pub whole_address: String,
    /// The shipping method in the provider's word.
    pub shipping: String,
    /// What is ordered.
    pub things: Vec<Thing>,
    /// The sheet for whoever makes it.
    pub job_sheet: String,
    /// The slip that goes into the parcel.
    pub packing_slip: String,
    /// All files at once.
    pub archive: String,
}

/// One thing to be ordered.
pub struct Thing {
    /// “1001-1 Name mug”.
    pub title: String,
    /// The provider's variant.
    pub sku: String,
    /// Pieces.
    pub quantity: u32,
    /// What was chosen: size, colour, and what is printed.
    pub words: Vec<(String, String)>,
    /// Its files: area, and where it is downloaded.
    pub files: Vec<(String, String)>,
}

/// What this fulfilment needs.
pub fn by_hand(site: &Site, record: &Record, fulfilment: &Fulfilment) -> ByHand {
    let order = &record.order;
    let thing = |line: &crate::model::order::FulfilmentLine| {
        let item = order.item(line.item)?;
        Some(thing(site, record, item, line.quantity))
    };
    let paper = |name: &str| site.links().order_act(&order.id, &format!("papers/{name}"));
    ByHand {
        reference: fulfilment.reference.as_ref().map_or(String::new(), ToString::to_string),
        address: super::recipient::lines(&order.recipient),
        whole_address: handout::address(&order.recipient).join("\n"),
        shipping: shipping(site, record, fulfilment),
        things: fulfilment.lines.iter().filter_map(thing).collect(),
        job_sheet: paper("job-sheet.pdf"),
        packing_slip: paper("packing-slip.pdf"),
        archive: paper("files.zip"),
    }
}

fn thing(site: &Site, record: &Record, item: &Item, quantity: u32) -> Thing {
    let order = &record.order;
    let values = item.values.iter().filter_map(|(key, value)| match value {
        Value::Text(text) if !is_circumstance(key) => {
            Some((record.label(item.id, key), text.clone()))
        }
        Value::Text(_) | Value::Photo(_) => None,
    });
    let mut words: Vec<(String, String)> = values.collect();
    // What was chosen in the shop besides, such as size and colour.
    for (name, text) in super::items::given(record, item) {
        if !words.iter().any(|(_, known)| known.trim() == text.trim()) {
            words.push((name, text));
        }
    }
    let file = |file: &crate::model::item::PrintFile| {
        let act = format!("download/{}", file.area);
        (humane(&file.area), site.links().item_act(&order.id, &item.id, &act))
    };
    Thing {
        title: item_title(record, item.id),
        sku: item.provider_sku.clone(),
        quantity,
        words,
        files: item.facts.files_of(item.facts.revision).map(file).collect(),
    }
}

fn shipping(site: &Site, record: &Record, fulfilment: &Fulfilment) -> String {
    let rules = site.ctx.providers.get(&fulfilment.provider);
    let map = rules.map(|seat| &seat.rules.shipping);
    let wanted =
        map.and_then(|map| map.get(&record.order.shipping_method).or_else(|| map.get("*")));
    wanted.unwrap_or(&record.order.shipping_method).clone()
}
