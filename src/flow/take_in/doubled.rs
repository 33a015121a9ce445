//! The same order placed twice: WooCommerce makes true doubles when a checkout is submitted twice (R21).

use super::*;

/// What was ordered, without the ids that differ: equal for two orders that look alike.
type Content = Vec<(i64, i64, u32, Vec<(String, String)>)>;

/// The problem of an order that looks like one that was paid a little before or after it.
pub(super) fn doubled(
    tx: &Tx<'_>,
    desk: &Desk,
    id: OrderId,
    told: &ShopOrder,
) -> Result<Option<Problem>, FlowError> {
    let within = desk.rules.doubles_within;
    let email = told.recipient.email.trim();
    if within.is_zero() || email.is_empty() {
        return Ok(None);
    }
    let span = (told.placed_at.minus(within), told.placed_at.plus(within));
    let mine = content(
        told.lines
            .iter()
            .map(|line| ((line.product_id, line.variation_id), line.quantity, &line.meta)),
    );
    for (other, number) in db::doubled::paid_alike(tx, desk.shop, id, email, span)? {
        let lines = db::doubled::lines(tx, other)?;
        let theirs = content(lines.iter().map(|(sold, quantity, meta)| (*sold, *quantity, meta)));
        if mine == theirs {
            let words = "the same customer, goods and wishes";
            return Ok(Some(Problem::new(What::LooksDoubled, format!("order {number}"), words)));
        }
    }
    Ok(None)
}

fn content<'a>(lines: impl Iterator<Item = ((i64, i64), u32, &'a Vec<LineMeta>)>) -> Content {
    let mut content: Content = lines
        .map(|((product, variation), quantity, meta)| {
            let rows = meta.iter().map(|row| (row.key.clone(), row.value.clone()));
            (product, variation, quantity, rows.collect())
        })
        .collect();
    content.sort();
    content
}
