//! Everything that the page of an order shows, as one snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db;
use crate::db::fulfilment::Ledger;
use crate::db::history::HistoryLine;
use crate::db::item::RevisionLine;
use crate::db::mail::OrderMail;
use crate::flow::FlowError;
use crate::model::circumstance::{self, is_circumstance};
use crate::model::design::Design;
use crate::model::id::{FulfilmentId, Hash, ItemId, LineId, OrderId};
use crate::model::order::{Order, Shipment};
use crate::model::problem::Problem;
use crate::model::shop_order::LineMeta;
use crate::model::time::Moment;
use crate::web::error::Error;
use crate::web::site::Site;

/// Everything known of one order.
pub struct Record {
    /// The order with all its parts.
    pub order: Order,
    /// The ledger of each fulfilment.
    pub ledgers: BTreeMap<FulfilmentId, Ledger>,
    /// Whether each fulfilment's provider takes corrected files, as it last said.
    pub can_correct: BTreeMap<FulfilmentId, bool>,
    /// Its parcels.
    pub shipments: Vec<Shipment>,
    /// Its history, oldest first.
    pub history: Vec<HistoryLine>,
    /// Mails about it, oldest first.
    pub mails: Vec<OrderMail>,
    /// The revisions of each item, oldest first.
    pub revisions: BTreeMap<ItemId, Vec<RevisionLine>>,
    /// What is told of the print files of each item's present revision.
    pub remarks: Vec<(ItemId, Problem)>,
    /// What the customer gave with each line.
    pub meta: BTreeMap<LineId, Vec<LineMeta>>,
    /// Pictures that came with each line.
    pub pictures: BTreeMap<LineId, Vec<Hash>>,
    /// The design of each item, where it can be read.
    pub designs: BTreeMap<ItemId, Arc<Design>>,
    /// Who edits, and until when.
    pub lease: Option<(Moment, String)>,
    /// The customer's note.
    pub note: String,
    /// Whether the address was corrected here.
    pub address_is_ours: bool,
}

impl Record {
    /// Loads an order; one that is not here is no page.
    pub async fn load(site: &Site, id: OrderId) -> Result<Record, Error> {
        let found = site.ctx.read(move |tx| match db::board::has_order(tx, id)? {
            true => read(tx, id).map(Some),
            false => Ok(None),
        });
        let mut record = found.await?.ok_or(Error::NotFound)?;
        for item in &record.order.items {
            // A design that cannot be read costs its labels, not the page.
            if let Ok(design) = site.ctx.shelf.get(&site.ctx, &item.design).await {
                record.designs.insert(item.id, design);
            }
        }
        Ok(record)
    }

    /// Addresses of the pictures that came with an item's line.
    pub fn pictures_of(&self, site: &Site, item: ItemId) -> Vec<String> {
        let line = self.order.item(item).map(|item| item.line);
        let mine = line.and_then(|line| self.pictures.get(&line));
        mine.into_iter().flatten().map(|hash| site.links().picture(hash)).collect()
    }

    /// What people read beside a field.
    pub fn label(&self, item: ItemId, field: &str) -> String {
        if is_circumstance(field) {
            return circumstance::label(field);
        }
        let design = self.designs.get(&item);
        let known = design.and_then(|design| design.field(field));
        known.map_or_else(|| super::words::humane(field), |field| field.label.clone())
    }
}

fn read(tx: &db::Tx<'_>, id: OrderId) -> Result<Record, FlowError> {
    let order = db::order::load(tx, id)?;
    let (mut ledgers, mut can_correct) = (BTreeMap::new(), BTreeMap::new());
    for fulfilment in &order.fulfilments {
        if let Some(can) = db::window::can_correct(tx, fulfilment.id)? {
            can_correct.insert(fulfilment.id, can);
        }
        if let Some(ledger) = db::fulfilment::ledger(tx, fulfilment.id)? {
            ledgers.insert(fulfilment.id, ledger);
        }
    }
    let mut revisions = BTreeMap::new();
    for item in &order.items {
        revisions.insert(item.id, db::item::revisions(tx, item.id)?);
    }
    let mut meta = BTreeMap::new();
    for line in &order.lines {
        meta.insert(line.id, db::order::meta_of_line(tx, line.id)?);
    }
    let mut pictures: BTreeMap<LineId, Vec<Hash>> = BTreeMap::new();
    for (line, hash) in db::elsewhere::pictures(tx, id)? {
        pictures.entry(line).or_default().push(hash);
    }
    Ok(Record {
        pictures,
        ledgers,
        can_correct,
        revisions,
        meta,
        remarks: db::print_file::remarks_of_order(tx, id)?,
        shipments: db::shipment::of_order(tx, id)?,
        history: db::history::of_order(tx, id)?,
        mails: db::mail::of_order(tx, id)?,
        lease: db::board::edit_lease(tx, id)?,
        note: db::board::note(tx, id)?,
        address_is_ours: db::order::address_is_by_staff(tx, id)?,
        designs: BTreeMap::new(),
        order,
    })
}
