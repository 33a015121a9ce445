//! A provider that was paused is sent orders again, because a person has cured the cause.

use std::time::Duration;

use crate::db;
use crate::model::id::ProviderId;
use crate::model::job::Lane;

use super::ctx::{Ctx, FlowError};
use super::transition::enqueue;

/// Sends a provider orders again; what counted down meanwhile goes on.
pub async fn provider(ctx: &Ctx, id: ProviderId) -> Result<(), FlowError> {
    ctx.call(move |tx| {
        if !db::provider::resume(tx, id)? {
            return Err(FlowError::NotFound(format!("provider {id}")));
        }
        db::alert::clear(tx, &format!("paused:{id}"))?;
        for (fulfilment, order) in db::fulfilment::counting_down(tx)? {
            let key = fulfilment.to_string();
            let wait = Duration::ZERO;
            enqueue(tx, "submit", &key, Lane::Money, Some(order), wait)?;
        }
        Ok(())
    })
    .await
}
