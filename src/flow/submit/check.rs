//! The provider's own part of the precheck: whether the order can be told to it, and what it costs.

use super::*;
use crate::model::sku::Quote;

/// Holds what does not fit or costs too much; `Some` says why it does not go out now.
pub(super) async fn fits_and_costs(
    ctx: &Ctx,
    order: &Order,
    fulfilment: &Fulfilment,
    seat: &ProviderSeat,
    payload: &ProviderOrder,
) -> Result<Option<String>, FlowError> {
    let misfit = match seat.provider.misfit(payload).await {
        Ok(misfit) => misfit,
        Err(error) => return Err(ask_error(ctx, fulfilment, error).await?),
    };
    let problem = match misfit {
        Some(problem) => Some(problem),
        None => price_problem(ctx, fulfilment, seat, payload).await?,
    };
    let Some(problem) = problem else {
        return Ok(None);
    };
    let why = problem.sentence();
    hold(ctx, order.id, Target::Fulfilment(fulfilment.id), problem).await?;
    Ok(Some(why))
}

/// The price against its limit, asked for only where there is one. What a person has let go at this
/// price is not held again.
async fn price_problem(
    ctx: &Ctx,
    fulfilment: &Fulfilment,
    seat: &ProviderSeat,
    payload: &ProviderOrder,
) -> Result<Option<Problem>, FlowError> {
    let Some(limit) = limits::price_limit(&ctx.rules, &seat.name) else {
        return Ok(None);
    };
    let quote = match seat.provider.quote(payload).await {
        Ok(quote) => quote,
        Err(AskError::Unable) => None,
        Err(error) => return Err(ask_error(ctx, fulfilment, error).await?),
    };
    let problem = match (quote, limit.unknown) {
        (Some(Quote { price, covers }), _) if limit.most < price.amount() => {
            let detail = format!("{price} {}, price_max is {}", covers.in_words(), limit.most);
            Problem::new(What::PriceHigh, &seat.name, detail)
        }
        (Some(_), _) | (None, limits::PriceUnknown::Send) => return Ok(None),
        (None, limits::PriceUnknown::Hold) => {
            let detail = format!("price_max is {}", limit.most);
            Problem::new(What::PriceUnknown, &seat.name, detail)
        }
    };
    let (id, wanted) = (fulfilment.id, problem.clone());
    let is_known = ctx.read(move |tx| Ok(db::hold::was_lifted(tx, id, &wanted)?)).await?;
    Ok((!is_known).then_some(problem))
}
