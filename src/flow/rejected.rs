//! A provider's hook says that it refuses a design. Anybody who knows the address can say so: the
//! order is read before anything is held.

use crate::db;
use crate::model::fulfilment::State;
use crate::model::hold::Target;
use crate::model::id::FulfilmentId;
use crate::model::problem::{Problem, What};
use crate::model::provider_order::Progress;

use super::artwork::transact;
use super::ctx::{Ctx, FlowError, Outcome};
use super::submit::ask_error;
use super::transition::Event;

/// The switch that keeps the provider's words until the order was read.
pub fn words_key(id: FulfilmentId) -> String {
    format!("rejected:{id}")
}

/// Reads the order, and holds the fulfilment if it is not over there.
pub async fn run(ctx: &Ctx, id: FulfilmentId) -> Result<Outcome, FlowError> {
    let found = ctx
        .read(move |tx| {
            let Some(ledger) = db::fulfilment::ledger(tx, id)? else {
                return Ok(None);
            };
            let order = db::order::load(tx, ledger.order)?;
            let fulfilment = order.fulfilment(id).cloned();
            let words = db::switch::get(tx, &words_key(id))?.unwrap_or_default();
            Ok(fulfilment.map(|fulfilment| (order, fulfilment, words)))
        })
        .await?;
    let Some((order, fulfilment, words)) = found else {
        return Ok(Outcome::Cancel("the fulfilment is gone".to_owned()));
    };
    let (reference, number) = match (&fulfilment.state, &fulfilment.reference) {
        (State::InProduction, Some(reference)) => (reference, fulfilment.provider_order_id.clone()),
        // Its answer is not known yet; what it is decides whether there is something to hold.
        (State::Submitting { .. }, _) => {
            return Ok(Outcome::Snooze(ctx.clock.now().plus(ctx.rules.look_up_every)));
        }
        (other, _) => return Ok(Outcome::Cancel(format!("it is {} now", other.name()))),
    };
    let seat = ctx.provider(fulfilment.provider)?.clone();
    let status = match seat.provider.status(reference, &number.unwrap_or_default()).await {
        Ok(status) => status,
        Err(error) => return Err(ask_error(ctx, &fulfilment, error).await?),
    };
    match status.map(|status| status.progress) {
        None => Ok(Outcome::Cancel("the provider does not have it".to_owned())),
        Some(Progress::Shipped | Progress::Cancelled) => {
            Ok(Outcome::Cancel("it is over there".to_owned()))
        }
        Some(Progress::Accepted { .. } | Progress::InProduction | Progress::Unknown) => {
            let problem = Problem::new(What::DesignRejected, &seat.name, words.clone());
            transact(ctx, order.id, move || {
                vec![Event::Held(Target::Fulfilment(id), problem.clone())]
            })
            .await?;
            Ok(Outcome::Done(format!("the design is rejected: {words}")))
        }
    }
}
