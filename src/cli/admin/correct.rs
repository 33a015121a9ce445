//! A corrected file for what the provider has already.

use serde::{Deserialize, Serialize};

use crate::flow::operate::Staff;
use crate::flow::{Ctx, FlowError, amend, correct};
use crate::model::order::Order;
use crate::model::value::Value;

/// What is corrected.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Corrected {
    /// Which item of the order, from 1; 0 when it has one only.
    pub item: u32,
    /// Texts by the key of their field; the others stay as they are.
    pub texts: Vec<(String, String)>,
}

/// Sends it, where the provider's window is open.
pub(super) async fn send(
    ctx: &Ctx,
    order: &Order,
    wanted: Corrected,
    by: &Staff,
) -> Result<String, FlowError> {
    let not_now = |why: String| Err(FlowError::NotNow(why));
    let place = match (wanted.item, order.items.len()) {
        (0, 1) => 0,
        (0, count) => return not_now(format!("say which of its {count} items with --item")),
        (item, _) => usize::try_from(item - 1).unwrap_or(usize::MAX),
    };
    let Some(item) = order.items.get(place) else {
        return not_now(format!("it has {} item(s) only", order.items.len()));
    };
    let fulfilment = match correct::place(ctx, order, item.id) {
        Ok(fulfilment) => fulfilment,
        Err(why) => return not_now(why.to_owned()),
    };
    let design = amend::design_of(ctx, item.id).await?;
    let mut values = item.values.clone();
    for (key, text) in wanted.texts {
        if design.field(&key).is_none() {
            return not_now(format!("its design has no field “{key}”"));
        }
        match values.get(&key) {
            Some(Value::Photo(_)) => {
                return not_now(format!("“{key}” is a photo: correct it on the order's page"));
            }
            Some(Value::Text(_)) | None => values.insert(key, Value::Text(text)),
        };
    }
    let (place, seen) = ((order.id, fulfilment), (item.id, item.facts.revision));
    correct::run_seen(ctx, place, seen, values, by).await?;
    Ok(format!("the provider took the corrected file of order {}", order.number))
}
