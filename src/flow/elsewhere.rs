//! Orders that do not come from the shop: typed by hand, or imported from a marketplace.

use std::sync::Arc;

use crate::db;
use crate::model::check::Checks;
use crate::model::field::clean_text;
use crate::model::id::{Hash, OrderId, ProductId, ShipmentId, ShopId, ShopLineId, ShopOrderId};
use crate::model::money::Money;
use crate::model::order::{Approval, Order, Shipment};
use crate::model::product::{Copies, Made, Matches, Product, Recipe};
use crate::model::recipient::Recipient;
use crate::model::shop_order::{LineMeta, MetaSource, ShopLine, ShopOrder};
use crate::model::time::Moment;

use super::ctx::{Ctx, FlowError};
use super::intake::desk;
use super::take_in::{Source, Taken, take_in_from};

/// An order as somebody typed or imported it.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The shop whose product map and settings hold.
    pub shop: ShopId,
    /// `etsy`, `telephone` …
    pub source: String,
    /// What it is called there.
    pub number: String,
    /// Who gets it.
    pub recipient: Recipient,
    /// How it is to be shipped, in the words of the source; may be empty.
    pub shipping: String,
    /// What the customer asked for in words; may be empty.
    pub note: String,
    /// What the customer pays in all.
    pub total: Money,
    /// When it was placed; now where nobody knows.
    pub placed_at: Option<Moment>,
    /// Its lines.
    pub lines: Vec<TypedLine>,
}

/// One line as somebody typed or imported it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedLine {
    /// What it is called there.
    pub name: String,
    /// SKU of the product map; empty where it was chosen directly.
    pub sku: String,
    /// Design, provider and variant, where no SKU says them.
    pub chosen: Option<(String, String, String)>,
    /// Pieces.
    pub quantity: u32,
    /// What was given for the fields of the design, and other words beside it.
    pub values: Vec<(String, String)>,
    /// The picture that came with it.
    pub picture: Option<Hash>,
}

/// Pieces of one line at most.
pub const PIECES_MAX: u32 = 10_000;

/// Takes in what somebody typed. The same number from the same source is taken in once.
pub async fn enter_typed(ctx: &Ctx, typed: Typed) -> Result<Taken, FlowError> {
    let now = ctx.clock.now();
    let rules = &ctx.shop(typed.shop)?.rules;
    let paid = rules.paid_statuses.first().cloned().unwrap_or_else(|| "processing".to_owned());
    let mut chosen = Vec::new();
    let mut lines = Vec::new();
    let mut pictures = Vec::new();
    for (place, line) in (1_i64..).zip(typed.lines) {
        // What was chosen directly has a row of its own for this order alone, under an id that no shop
        // gives.
        if let Some((design, provider, provider_sku)) = &line.chosen {
            chosen.push(own_row(typed.shop, -place, (design, provider, provider_sku)));
        }
        pictures.extend(line.picture.clone().map(|hash| (ShopLineId(place), hash)));
        lines.push(ShopLine {
            id: ShopLineId(place),
            product_id: if line.chosen.is_some() { -place } else { 0 },
            variation_id: 0,
            name: line.name,
            sku: line.sku,
            quantity: line.quantity,
            refunded: 0,
            total: Money { minor: 0, currency: typed.total.currency },
            meta: line.values.into_iter().map(|(key, value)| given(key, value)).collect(),
        });
    }
    let told = ShopOrder {
        id: ShopOrderId(0),
        key: ctx.chance.token(),
        number: typed.number,
        status: paid,
        placed_at: typed.placed_at.unwrap_or(now),
        modified_at: now,
        paid_at: Some(typed.placed_at.unwrap_or(now)),
        payment_method: String::new(),
        total: typed.total,
        recipient: typed.recipient,
        shipping_method: typed.shipping,
        note: typed.note,
        lines,
        meta: Vec::new(),
    };
    enter_with(ctx, typed.shop, &typed.source, told, (chosen, pictures)).await
}

fn given(key: String, value: String) -> LineMeta {
    LineMeta { key, value, source: MetaSource::Visible }
}

fn own_row(shop: ShopId, product: i64, made: (&String, &String, &String)) -> Product {
    let recipe = Recipe {
        design: made.0.clone(),
        provider: made.1.clone(),
        provider_sku: made.2.clone(),
        routes: Vec::new(),
        steps: None,
        delay_s: None,
        copies: Copies::AsDesigned,
        checks: Checks::default(),
    };
    Product { id: ProductId(0), shop, matches: Matches::Product(product), made: Made::Here(recipe) }
}

/// Takes in an order from elsewhere; it waits for a person to press Submit. The same number from
/// the same source is taken in once.
pub async fn enter(
    ctx: &Ctx,
    shop: ShopId,
    source: &str,
    told: ShopOrder,
) -> Result<Taken, FlowError> {
    enter_with(ctx, shop, source, told, (Vec::new(), Vec::new())).await
}

async fn enter_with(
    ctx: &Ctx,
    shop: ShopId,
    source: &str,
    told: ShopOrder,
    (chosen, pictures): (Vec<Product>, Vec<(ShopLineId, Hash)>),
) -> Result<Taken, FlowError> {
    let mut desk = desk(ctx, shop).await?;
    for name in chosen.iter().filter_map(design_name) {
        let hash = ctx.read(move |tx| Ok(db::design::current(tx, &name)?)).await?;
        if let Some(hash) = hash {
            let design = ctx.shelf.get(ctx, &hash).await?;
            desk.designs.insert(hash, design);
        }
    }
    let (desk, source) = (Arc::new(desk), source.to_owned());
    ctx.call(move |tx| {
        let known = db::order::find_elsewhere(tx, shop, &source, &told.number)?;
        if let Some(id) = known {
            return Ok(Taken::Known(id));
        }
        let source = Source { name: source.clone(), approval: Approval::Manual };
        let mut map = db::product::of_shop(tx, shop)?;
        map.extend(chosen.iter().cloned());
        let taken = take_in_from(tx, &desk, &told, &source, &map)?;
        if let (Taken::New(id), false) = (&taken, pictures.is_empty()) {
            for line in db::order::load(tx, *id)?.lines {
                let mine = pictures.iter().filter(|(place, _)| *place == line.shop_line);
                for (_, hash) in mine {
                    db::elsewhere::put_picture(tx, line.id, hash)?;
                }
            }
        }
        Ok(taken)
    })
    .await
}

fn design_name(row: &Product) -> Option<String> {
    match &row.made {
        Made::Here(recipe) => Some(recipe.design.clone()),
        Made::Elsewhere => None,
    }
}

/// Our id of an order that a source calls by this number, if it is here.
pub async fn known(
    ctx: &Ctx,
    shop: ShopId,
    source: &str,
    number: &str,
) -> Result<Option<OrderId>, FlowError> {
    let (source, number) = (source.to_owned(), number.to_owned());
    ctx.read(move |tx| Ok(db::order::find_elsewhere(tx, shop, &source, &number)?)).await
}

/// A source as it is stored: small letters, so that `Etsy` and `etsy` are one. `shop` is nobody's.
pub fn source_name(text: &str) -> Result<String, String> {
    let name: String = clean_text(text).to_lowercase();
    match name.as_str() {
        "" => Err("Say where it comes from, for example etsy or telephone.".to_owned()),
        "shop" => Err("“shop” means the shop itself: choose another word.".to_owned()),
        name if 40 < name.chars().count() || name.contains('|') => {
            Err("The source is too long, or has a sign that cannot stand there.".to_owned())
        }
        _ => Ok(name),
    }
}

/// One row of the file with which a marketplace is told of parcels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// The marketplace's number of the order.
    pub number: String,
    /// Carrier.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
    /// Our id of the parcel.
    pub shipment: ShipmentId,
}

/// The parcels of a marketplace's orders that it has not been told of yet.
pub async fn upload_rows(ctx: &Ctx, source: &str) -> Result<Vec<UploadRow>, FlowError> {
    let source = source.to_owned();
    ctx.read(move |tx| {
        let mut rows = Vec::new();
        for id in db::order::from_elsewhere(tx, &source)? {
            let order = db::order::load(tx, id)?;
            for shipment in db::shipment::of_order(tx, id)? {
                if shipment.shop_told_at.is_none() {
                    rows.push(row(&order, &shipment));
                }
            }
        }
        Ok(rows)
    })
    .await
}

fn row(order: &Order, shipment: &Shipment) -> UploadRow {
    UploadRow {
        number: order.number.clone(),
        carrier: shipment.carrier.clone(),
        tracking_number: shipment.tracking_number.clone(),
        shipment: shipment.id,
    }
}

/// Notes that a source was told of its parcels up to this one; how many.
pub async fn told(ctx: &Ctx, source: &str, upto: ShipmentId) -> Result<usize, FlowError> {
    let source = source.to_owned();
    ctx.call(move |tx| Ok(db::elsewhere::set_told(tx, &source, upto)?)).await
}

/// Notes that a marketplace was given the file with these orders.
pub async fn uploaded(ctx: &Ctx, orders: Vec<OrderId>) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        for id in &orders {
            for shipment in db::shipment::of_order(tx, *id)? {
                db::shipment::set_shop_told(tx, shipment.id)?;
            }
        }
        Ok(())
    })
    .await
}
