//! Orders come in: a delivery is stored and answered; the order is fetched before anything is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::db::{self, Tx, delivery::Delivery};
use crate::model::hold::{Actor, Target};
use crate::model::id::{ShopId, ShopOrderId};
use crate::model::job::Lane;
use crate::model::problem::{Problem, What};
use crate::outside::shop::ShopError;

use super::ctx::{Ctx, FlowError, Outcome};
use super::take_in::{Desk, Taken, take_in};
use super::transition::{Event, With, enqueue, transition};

/// Stores a verified delivery durably and asks for a look at its order. The body is never acted on.
pub async fn accept(ctx: &Ctx, delivery: Delivery) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        db::delivery::store(tx, &delivery)?;
        match delivery.shop_order {
            Some(order) => ask(tx, delivery.shop, order),
            None => Ok(()),
        }
    })
    .await
}

/// Asks for a look at one order of a shop.
pub fn ask(tx: &Tx<'_>, shop: ShopId, order: ShopOrderId) -> Result<(), FlowError> {
    let ours = db::order::find(tx, shop, order)?;
    enqueue(tx, "intake", &format!("{shop}:{order}"), Lane::Intake, ours, Duration::ZERO)
}

/// Looks at one order of a shop, and takes it in or notes what changed.
pub async fn run(ctx: &Ctx, key: &str) -> Result<Outcome, FlowError> {
    let Some((shop, order)) = parse_key(key) else {
        return Ok(Outcome::Cancel(format!("“{key}” names no order")));
    };
    let seat = ctx.shop(shop)?;
    match seat.shop.order(order).await {
        Ok(told) => {
            let fingerprint = told.fingerprint();
            let is_known =
                ctx.read(move |tx| Ok(db::order::is_told(tx, shop, order, &fingerprint)?)).await?;
            if is_known {
                return Ok(Outcome::Done("nothing new".to_owned()));
            }
            let desk = desk(ctx, shop).await?;
            let taken = ctx.call(move |tx| take_in(tx, &desk, &told)).await?;
            Ok(Outcome::Done(taken.in_words()))
        }
        Err(ShopError::NotFound) => gone(ctx, shop, order).await,
        Err(error) => Err(shop_error(error)),
    }
}

fn parse_key(key: &str) -> Option<(ShopId, ShopOrderId)> {
    let (shop, order) = key.split_once(':')?;
    Some((ShopId(shop.parse().ok()?), ShopOrderId(order.parse().ok()?)))
}

/// Everything that taking in an order of this shop needs.
pub async fn desk(ctx: &Ctx, shop: ShopId) -> Result<Desk, FlowError> {
    let hashes = ctx
        .read(move |tx| {
            let mut hashes = db::design::current_of_shop(tx, shop)?;
            hashes.sort();
            hashes.dedup();
            Ok(hashes)
        })
        .await?;
    let mut designs = BTreeMap::new();
    for hash in hashes {
        let design = ctx.shelf.get(ctx, &hash).await?;
        designs.insert(hash, design);
    }
    Ok(Desk {
        shop,
        shop_rules: ctx.shop(shop)?.rules.clone(),
        rules: Arc::clone(&ctx.rules),
        designs,
        pace: ctx.pace(shop),
    })
}

/// The shop no longer has an order: one of ours is held, never dropped in silence.
async fn gone(ctx: &Ctx, shop: ShopId, order: ShopOrderId) -> Result<Outcome, FlowError> {
    let (rules, pace) = (Arc::clone(&ctx.rules), ctx.pace(shop));
    ctx.call(move |tx| {
        let Some(id) = db::order::find(tx, shop, order)? else {
            return Ok(Outcome::Cancel(
                "the shop does not have it, and neither have we".to_owned(),
            ));
        };
        let mut locked = db::order::lock(tx, id)?;
        let problem = Problem::new(What::OrderGone, "", "");
        let with = With { actor: &Actor::Shop, rules: &rules, pace: &pace };
        transition(tx, &mut locked, Event::Held(Target::Order, problem), with)?;
        Ok(Outcome::Done("the shop no longer has it".to_owned()))
    })
    .await
}

/// What a shop's error means for a job.
pub fn shop_error(error: ShopError) -> FlowError {
    match error {
        ShopError::Unclear { reason, retry_after_s } => FlowError::Later { reason, retry_after_s },
        ShopError::NotFound => FlowError::NotFound("the order in the shop".to_owned()),
        ShopError::Refused { .. } | ShopError::NotAllowed { .. } => {
            FlowError::Later { reason: error.to_string(), retry_after_s: None }
        }
    }
}

impl Taken {
    /// As it stands with the job.
    pub fn in_words(&self) -> String {
        match self {
            Taken::New(id) => format!("taken in as {id}"),
            Taken::Known(id) => format!("compared with {id}"),
            Taken::Passed(why) => format!("passed by: {why}"),
        }
    }
}
