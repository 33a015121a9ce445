//! What came of the demo, as one JSON document.

use serde_json::{Value as Json, json};

use crate::db;
use crate::flow::FlowError;
use crate::model::order::Order;
use crate::sandbox::LedgerEntry;

use crate::cli::output::write_whole;

use super::stage::Stage;
use super::story::Ended;

/// The whole report.
pub async fn report(stage: &Stage, ended: &[Ended]) -> Result<Json, FlowError> {
    let mut orders = Vec::new();
    for end in ended {
        orders.push(order(stage, end).await?);
    }
    let ledger: Vec<Json> = stage.ledger().iter().map(entry).collect();
    let mails: Vec<Json> = stage
        .mailer
        .received()
        .iter()
        .map(
            |mail| json!({ "to": mail.to, "subject": mail.subject, "message_id": mail.message_id }),
        )
        .collect();
    Ok(json!({ "orders": orders, "ledger": ledger, "mails": mails }))
}

async fn order(stage: &Stage, end: &Ended) -> Result<Json, FlowError> {
    let shop_status = stage.shop_status(end);
    let Some(order) = &end.order else {
        return Ok(json!({
            "number": end.shop_order.to_string(),
            "story": end.story.name(),
            "fault": end.fault,
            "shop_status": shop_status,
        }));
    };
    let id = order.id;
    let (history, shipments) = stage
        .ctx
        .read(move |tx| Ok((db::history::of_order(tx, id)?, db::shipment::of_order(tx, id)?)))
        .await?;
    let states: Vec<String> = history
        .iter()
        .filter(|line| !line.to.is_empty())
        .map(|line| format!("{} {}", line.subject, line.to))
        .collect();
    let tracking: Vec<Json> = shipments
        .iter()
        .map(|one| json!({ "carrier": one.carrier, "number": one.tracking_number }))
        .collect();
    let provider_orders: Vec<Json> = order
        .fulfilments
        .iter()
        .filter(|one| one.reference.is_some())
        .map(|one| {
            json!({
                "provider": one.provider_name,
                "reference": one.reference.as_ref().map(ToString::to_string),
                "provider_order_id": one.provider_order_id,
                "state": one.state.name(),
            })
        })
        .collect();
    let problems: Vec<String> = order.holds.iter().map(|hold| hold.problem.sentence()).collect();
    Ok(json!({
        "number": order.number,
        "story": end.story.name(),
        "states": states,
        "print_files": print_files(stage, order)?,
        "provider_orders": provider_orders,
        "tracking": tracking,
        "shop_status": shop_status,
        "problems": problems,
        "fault": end.fault,
    }))
}

/// Copies of the print files under names that people understand, and what they are.
fn print_files(stage: &Stage, order: &Order) -> Result<Vec<Json>, FlowError> {
    let mut listed = Vec::new();
    for item in &order.items {
        for file in item.facts.files_of(item.facts.revision) {
            let name = order.item_name(item.id).replace('/', "-");
            let path = stage.prints.join(format!("{name}-{}.{}", file.area, file.extension));
            let bytes = stage.ctx.files.get(&file.hash)?;
            write_whole(&path, &bytes).map_err(|error| FlowError::NotNow(format!("{error:#}")))?;
            listed.push(json!({
                "path": path.display().to_string(),
                "area": file.area,
                "width_px": file.width_px,
                "height_px": file.height_px,
                "dpi": file.dpi,
                "hash": file.hash.as_str(),
            }));
        }
    }
    Ok(listed)
}

fn entry(entry: &LedgerEntry) -> Json {
    let lines: Vec<Json> = entry
        .lines
        .iter()
        .map(|line| {
            let files: Vec<Json> = line
                .files
                .iter()
                .map(|file| {
                    json!({
                        "area": file.area,
                        "url": file.url,
                        "hash": file.fetched.as_ref().map(|hash| hash.as_str().to_owned()),
                    })
                })
                .collect();
            json!({ "sku": line.provider_sku, "quantity": line.quantity, "files": files })
        })
        .collect();
    json!({
        "provider": entry.provider,
        "reference": entry.reference,
        "provider_order_id": entry.provider_order_id,
        "accepted_at": entry.accepted_at.to_string(),
        "price": entry.price.to_string(),
        "lines": lines,
    })
}
