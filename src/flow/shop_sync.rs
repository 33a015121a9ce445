//! Telling the shop: our ledger, the parcels, and `completed` when everything has left.

use crate::db;
use crate::model::fulfilment::{Reference, State as FulfilmentState};
use crate::model::id::{FulfilmentId, ItemId, OrderId};
use crate::model::order::{LineKind, Order, Shipment, State, Submitted};
use crate::model::problem::{Problem, What};
use crate::model::provider_order::PlacedBy;
use crate::model::shop_order::{ShopOrder, ShopParcel};
use crate::model::time::Moment;
use crate::outside::shop::ShopError;

use super::ctx::{Ctx, FlowError, Outcome, ShopSeat};
use super::intake::shop_error;
use super::notify;

/// The meta in which the shop keeps our submissions: the second ledger (R38).
pub const LEDGER_KEY: &str = "_woodblock_submissions";

/// Tells the shop whatever it does not know yet of an order. Tracking goes before `completed`, so
/// that the shop's own mail carries it.
pub async fn run(ctx: &Ctx, id: OrderId) -> Result<Outcome, FlowError> {
    if super::recovery::is_on(ctx).await? {
        // An older database would write its older words over the shop's.
        return Ok(super::recovery::later(ctx));
    }
    let (order, shipments, ledger_told) = ctx
        .read(move |tx| {
            Ok((
                db::order::load(tx, id)?,
                db::shipment::of_order(tx, id)?,
                db::order::ledger_told(tx, id)?,
            ))
        })
        .await?;
    let Some(shop_order) = order.shop_order else {
        return Ok(Outcome::Cancel("it does not come from the shop".to_owned()));
    };
    let seat = ctx.shop(order.shop)?.clone();
    let mut told = Vec::new();
    let ledger = ledger(&order);
    if !ledger.is_empty() && ledger != ledger_told {
        let meta = [(LEDGER_KEY.to_owned(), ledger.clone())];
        seat.shop.write_meta(shop_order, &meta).await.map_err(shop_error)?;
        ctx.call(move |tx| Ok(db::order::set_ledger_told(tx, id, &ledger)?)).await?;
        told.push("submissions");
    }
    let untracked = untracked(ctx, &order, &shipments)?;
    let is_tracked = untracked.is_empty();
    if shipments.iter().any(|shipment| shipment.shop_told_at.is_none()) {
        // What a person took out of the shop again is not written a second time.
        let new = shipments.iter().filter(|shipment| shipment.shop_told_at.is_none());
        let (ids, parcels): (Vec<_>, Vec<ShopParcel>) =
            new.map(|shipment| (shipment.id, parcel(&order, shipment))).unzip();
        seat.shop.write_tracking(shop_order, &parcels).await.map_err(shop_error)?;
        ctx.call(move |tx| {
            for shipment in &ids {
                db::shipment::set_shop_told(tx, *shipment)?;
            }
            if is_tracked {
                db::alert::clear(tx, &missing_key(id))?;
            }
            Ok(())
        })
        .await?;
        told.push("tracking");
    }
    if let Some(until) = waits_for_number(ctx, &order, untracked).await? {
        return Ok(Outcome::Snooze(until));
    }
    if let Some(status) = set_status(ctx, &order, &seat).await? {
        told.push(status);
    }
    Ok(Outcome::Done(if told.is_empty() { "nothing new".to_owned() } else { told.join(", ") }))
}

/// What was shipped by a provider's own program, and has no tracking number yet.
fn untracked(
    ctx: &Ctx,
    order: &Order,
    shipments: &[Shipment],
) -> Result<Vec<FulfilmentId>, FlowError> {
    let mut untracked = Vec::new();
    for one in order.fulfilments.iter().filter(|one| one.state == FulfilmentState::Shipped) {
        let placed_by = ctx.provider(one.provider)?.provider.abilities().placed_by;
        let mut parcels = shipments.iter().filter(|parcel| parcel.fulfilment == one.id);
        let is_tracked = parcels.any(|parcel| !parcel.tracking_number.is_empty());
        if placed_by == PlacedBy::Program && !is_tracked {
            untracked.push(one.id);
        }
    }
    Ok(untracked)
}

/// Until when `completed` waits for a tracking number, so that the shop's mail carries it. People are
/// told when it waited in vain.
async fn waits_for_number(
    ctx: &Ctx,
    order: &Order,
    untracked: Vec<FulfilmentId>,
) -> Result<Option<Moment>, FlowError> {
    if order.state != State::Closed || untracked.is_empty() {
        return Ok(None);
    }
    let since = ctx.read(move |tx| {
        let tracks = untracked.iter().map(|id| db::fulfilment::track(tx, *id));
        let tracks: Vec<_> = tracks.collect::<Result<_, _>>()?;
        Ok(tracks.into_iter().flatten().map(|track| track.since).max())
    });
    let until = since.await?.map(|since| since.plus(ctx.rules.number_wait));
    if let Some(until) = until.filter(|until| ctx.clock.now() < *until) {
        return Ok(Some(until));
    }
    let (id, number, rules) = (order.id, order.number.clone(), std::sync::Arc::clone(&ctx.rules));
    let problem = Problem::new(What::NumberMissing, "", "");
    ctx.call(move |tx| notify::raise(tx, &missing_key(id), Some((id, &number)), &problem, &rules))
        .await?;
    Ok(None)
}

/// The alert of an order whose tracking number is missing.
fn missing_key(id: OrderId) -> String {
    format!("number:{id}")
}

/// One line for each submission: reference, provider, the provider's number, how it stands.
fn ledger(order: &Order) -> String {
    order
        .fulfilments
        .iter()
        .filter_map(|one| {
            let (reference, number) = (one.reference.as_ref()?, one.provider_order_id.as_ref()?);
            Some(format!("{reference} {} {number}", one.provider_name))
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// One submission as the shop's meta names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Our number.
    pub reference: Reference,
    /// Name of the provider.
    pub provider: String,
    /// The provider's number.
    pub provider_order_id: String,
}

/// The submissions of this very order that its meta names. A copied order bears another's.
pub fn written(told: &ShopOrder) -> Vec<Written> {
    let own = format!("-{}-", told.id);
    let rows = told.meta.iter().filter(|(key, _)| key == LEDGER_KEY);
    let words: Vec<&str> = rows.flat_map(|(_, ledger)| ledger.split_whitespace()).collect();
    words
        .windows(3)
        .filter(|words| words[0].starts_with("wb-") && words[0].contains(&own))
        .map(|words| Written {
            reference: Reference::given(words[0]),
            provider: words[1].to_owned(),
            provider_order_id: words[2].to_owned(),
        })
        .collect()
}

fn parcel(order: &Order, shipment: &Shipment) -> ShopParcel {
    let lines = shipment
        .lines
        .iter()
        .filter_map(|(item, quantity)| {
            let line = order.line(order.item(*item)?.line)?;
            Some((line.shop_line, *quantity))
        })
        .collect();
    ShopParcel {
        key: format!("{}:{}", shipment.fulfilment, shipment.key),
        carrier: shipment.carrier.clone(),
        tracking_number: shipment.tracking_number.clone(),
        tracking_url: shipment.tracking_url.clone(),
        shipped_at: shipment.shipped_at,
        lines,
    }
}

/// Sets the shop's status where the order's end calls for it and no person has set another.
async fn set_status(
    ctx: &Ctx,
    order: &Order,
    seat: &ShopSeat,
) -> Result<Option<&'static str>, FlowError> {
    let wanted = match order.state {
        State::Closed => "completed",
        // What was refunded line by line is the merchant's to close; it may hold other goods.
        State::Cancelled
            if order.submitted() == Submitted::Never && order.live_items().next().is_some() =>
        {
            "cancelled"
        }
        State::Cancelled | State::Open | State::AwaitingPayment => return Ok(None),
    };
    let Some(shop_order) = order.shop_order else {
        return Ok(None);
    };
    let told = match seat.shop.order(shop_order).await {
        Ok(told) => told,
        Err(ShopError::NotFound) => return Ok(None),
        Err(error) => return Err(shop_error(error)),
    };
    if told.status == wanted {
        return Ok(None);
    }
    // Somebody set another status since it was cancelled: that is news, not ours to undo.
    if wanted == "cancelled" && told.status != order.shop_status {
        return Ok(None);
    }
    if wanted == "completed" && !all_shipped(order) {
        let problem = Problem::new(What::NotAllShipped, "", "");
        tell(ctx, order, &problem).await?;
        return Ok(None);
    }
    if !seat.rules.paid_statuses.contains(&told.status) {
        if wanted == "completed" {
            let problem =
                Problem::new(What::ShopStatusTaken, "", format!("it is {} there", told.status));
            tell(ctx, order, &problem).await?;
        }
        return Ok(None);
    }
    seat.shop.set_status(shop_order, wanted).await.map_err(shop_error)?;
    let id = order.id;
    ctx.call(move |tx| Ok(db::order::set_shop_status(tx, id, wanted)?)).await?;
    Ok(Some(wanted))
}

/// Whether every piece that was not refunded has left, lines included that nobody could make here.
fn all_shipped(order: &Order) -> bool {
    order.lines.iter().filter(|line| line.kind != LineKind::PassesBy).all(|line| {
        let is_of_line = |item: ItemId| order.item(item).is_some_and(|one| one.line == line.id);
        let shipped: u32 = order
            .fulfilments
            .iter()
            .flat_map(|one| &one.lines)
            .filter(|held| is_of_line(held.item))
            .map(|held| held.shipped)
            .sum();
        line.quantity.saturating_sub(line.refunded) <= shipped
    })
}

async fn tell(ctx: &Ctx, order: &Order, problem: &Problem) -> Result<(), FlowError> {
    let (id, number, problem) = (order.id, order.number.clone(), problem.clone());
    let rules = std::sync::Arc::clone(&ctx.rules);
    ctx.call(move |tx| {
        notify::raise(tx, &format!("status:{id}"), Some((id, &number)), &problem, &rules)
    })
    .await
}
