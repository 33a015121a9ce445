//! Orders as text: what `order list` and `order show` print.

use crate::cli::admin::find_order;
use crate::db;
use crate::flow::{Ctx, FlowError};
use crate::model::order::Order;
use crate::model::value::Value;

/// Orders that are here, newest first.
pub async fn list(ctx: &Ctx) -> Result<String, FlowError> {
    let orders = ctx
        .read(|tx| {
            let mut orders = Vec::new();
            for id in db::order::newest(tx, 100)? {
                orders.push(db::order::load(tx, id)?);
            }
            Ok(orders)
        })
        .await?;
    if orders.is_empty() {
        return Ok("no orders yet".to_owned());
    }
    Ok(orders.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn line(order: &Order) -> String {
    let states: Vec<String> = order
        .fulfilments
        .iter()
        .map(|one| match one.submit_at() {
            Some(at) => format!("{} goes out {at}", one.provider_name),
            None => format!("{} {}", one.provider_name, one.state.name()),
        })
        .collect();
    let problem = order
        .holds
        .first()
        .map_or(String::new(), |hold| format!("  ! {}", hold.problem.sentence()));
    format!(
        "{:12} {:16} {:24} {}{problem}",
        order.number,
        order.state.name(),
        order.recipient.name(),
        states.join(", ")
    )
}

/// Everything about one order.
pub async fn show(ctx: &Ctx, number: &str) -> Result<String, FlowError> {
    let order = find_order(ctx, number).await?;
    let id = order.id;
    let (history, shipments) = ctx
        .read(move |tx| Ok((db::history::of_order(tx, id)?, db::shipment::of_order(tx, id)?)))
        .await?;
    let mut text = format!(
        "order {} ({}), {} in the shop, {}\n{}, {} {}, {}\n",
        order.number,
        order.state.name(),
        order.shop_status,
        order.total,
        order.recipient.name(),
        order.recipient.postcode,
        order.recipient.city,
        order.recipient.country
    );
    for hold in &order.holds {
        text += &format!("\n! {}\n  {}\n", hold.problem.sentence(), hold.problem.what.cure());
    }
    text += "\n";
    for item in &order.items {
        let values: Vec<String> = item
            .values
            .iter()
            .map(|(key, value)| match value {
                Value::Text(text) => format!("{key}: {text}"),
                Value::Photo(photo) => format!("{key}: photo {}", photo.hash.short()),
            })
            .collect();
        text += &format!(
            "{} × {}  {}  revision {}  {}\n",
            order.item_name(item.id),
            item.quantity,
            item.state.name(),
            item.facts.revision,
            values.join(", ")
        );
        for file in item.facts.files_of(item.facts.revision) {
            text += &format!(
                "   {:8} {} × {} px, {} dpi  {}\n",
                file.area, file.width_px, file.height_px, file.dpi, file.hash
            );
        }
    }
    text += "\n";
    for one in &order.fulfilments {
        let reference = one.reference.as_ref().map_or("", |reference| reference.as_str());
        let number = one.provider_order_id.as_deref().unwrap_or("");
        text += &format!("{} {} {reference} {number}\n", one.provider_name, one.state.name());
    }
    for parcel in &shipments {
        text += &format!("parcel {} {}\n", parcel.carrier, parcel.tracking_number);
    }
    text += "\n";
    for line in history {
        let to = if line.to.is_empty() { String::new() } else { format!(" → {}", line.to) };
        text += &format!(
            "{}  {}: {} {}{to}  {}\n",
            line.at,
            line.actor.in_words(),
            line.subject,
            line.event,
            line.note
        );
    }
    Ok(text)
}
