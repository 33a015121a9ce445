//! Which provider makes an item, decided again when the recipient moves to another country.

use super::*;
use crate::model::product::{self, Made};

/// Gives every item that nothing was sent of the provider that its recipient's country has in the
/// product map. What was sent under a reference stays where it was sent: elsewhere it could be
/// made a second time.
pub(super) fn route_again(tx: &Tx<'_>, order: &mut Order, with: With<'_>) -> Result<(), FlowError> {
    let map = db::product::of_shop(tx, order.shop)?;
    let country = order.recipient.country.clone();
    let was_sent = |id: ItemId| {
        let sent = |one: &Fulfilment| one.reference.is_some() && one.holds(id);
        order.fulfilments.iter().any(sent)
    };
    let open: Vec<(ItemId, crate::model::id::LineId)> = order
        .live_items()
        .filter(|item| !was_sent(item.id))
        .map(|item| (item.id, item.line))
        .collect();
    for (id, line) in open {
        let line = order.lines.iter().find(|one| one.id == line);
        let row = line.and_then(|line| product::find(&map, line.sold()));
        let Some(Made::Here(recipe)) = row.map(|row| &row.made) else {
            continue;
        };
        let (name, variant) = recipe.made_for(&country);
        // A provider that is gone is told when it is wanted; the item keeps the one it has.
        if let Some(provider) = db::provider::by_name(tx, name)? {
            make_at(tx, order, id, (provider, name, variant), with)?;
        }
    }
    Ok(())
}

fn make_at(
    tx: &Tx<'_>,
    order: &mut Order,
    id: ItemId,
    (provider, name, variant): (ProviderId, &str, &str),
    with: With<'_>,
) -> Result<(), FlowError> {
    let item = item_mut(order, id)?;
    if (item.provider, item.provider_sku.as_str()) == (provider, variant) {
        return Ok(());
    }
    db::item::set_provider(tx, id, provider, variant)?;
    item.provider = provider;
    item.provider_sku = variant.to_owned();
    let words = format!("{name} {variant}, for {}", order.recipient.country);
    note(tx, order, with, order.item_name(id), "made at", words.trim_end())
}
