//! Erasing what is known of a customer, and forgetting what is old (R125).
//!
//! What stays of an erased order is the money record: number, states, moments, references, providers,
//! prices, products and quantities, and the country.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{Hash, OrderId};
use crate::model::time::Moment;

/// Whether nothing of its customer is left.
pub fn is_erased(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    let at: Option<Moment> =
        tx.one("SELECT erased_at FROM orders WHERE id = $1", cells![order], |row| row.get(0))?;
    Ok(at.is_some())
}

/// How many jobs of an order run now.
pub fn running_jobs(tx: &Tx<'_>, order: OrderId) -> Result<u32, DbError> {
    tx.one(
        "SELECT CAST(COUNT(*) AS INTEGER) FROM jobs WHERE order_id = $1 AND state = 'running'",
        cells![order],
        |row| row.get(0),
    )
}

/// Orders that ended before this moment and are not erased, oldest first.
pub fn ended_before(tx: &Tx<'_>, before: Moment, rows: u32) -> Result<Vec<OrderId>, DbError> {
    tx.all(
        "SELECT id FROM orders
         WHERE closed_at IS NOT NULL AND erased_at IS NULL AND closed_at < $1
         ORDER BY closed_at, id LIMIT $2",
        cells![before, rows],
        |row| row.get(0),
    )
}

/// Every file that an order needs: photos, print files and their previews.
pub fn files_of(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Hash>, DbError> {
    tx.all(
        "SELECT print_files.hash FROM print_files
             JOIN items ON items.id = print_files.item_id WHERE items.order_id = $1
         UNION SELECT print_files.preview FROM print_files
             JOIN items ON items.id = print_files.item_id
             WHERE items.order_id = $1 AND print_files.preview IS NOT NULL
         UNION SELECT print_files.mockup FROM print_files
             JOIN items ON items.id = print_files.item_id
             WHERE items.order_id = $1 AND print_files.mockup IS NOT NULL
         UNION SELECT revision_values.photo_hash FROM revision_values
             JOIN items ON items.id = revision_values.item_id
             WHERE items.order_id = $1 AND revision_values.photo_hash IS NOT NULL
         UNION SELECT line_pictures.hash FROM line_pictures
             JOIN lines ON lines.id = line_pictures.line_id WHERE lines.order_id = $1",
        cells![order],
        |row| row.get(0),
    )
}

/// Takes everything of the customer out of the rows of an order, and cancels its jobs.
pub fn erase(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    customer(tx, order)?;
    work(tx, order)?;
    words(tx, order)?;
    tx.change(
        "orders",
        "UPDATE orders SET erased_at = $1 WHERE id = $2 AND erased_at IS NULL",
        cells![tx.now, order],
    )
}

/// Who they are, and what they gave.
fn customer(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    tx.execute(
        "UPDATE orders SET first_name = '', last_name = '', company = '', address_1 = '',
             address_2 = '', city = '', province = '', postcode = '', phone = '', email = '',
             note = '', order_key = '', told_hash = '', ledger_told = ''
         WHERE id = $1",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM line_meta WHERE line_id IN (SELECT id FROM lines WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM line_pictures WHERE line_id IN (SELECT id FROM lines WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM revision_values
         WHERE item_id IN (SELECT id FROM items WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "UPDATE revisions SET why = ''
         WHERE item_id IN (SELECT id FROM items WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "UPDATE pieces SET notes = '' WHERE item_id IN (SELECT id FROM items WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM deliveries WHERE EXISTS (
             SELECT 1 FROM orders WHERE orders.id = $1 AND orders.shop_id = deliveries.shop_id
                 AND orders.shop_order_id = deliveries.shop_order_id)",
        cells![order],
    )?;
    Ok(())
}

/// What was made for them, and the links that lead to it.
fn work(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM file_links
         WHERE fulfilment_id IN (SELECT id FROM fulfilments WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM remarks WHERE item_id IN (SELECT id FROM items WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM print_files WHERE item_id IN (SELECT id FROM items WHERE order_id = $1)",
        cells![order],
    )?;
    tx.execute(
        "DELETE FROM tracking_links
         WHERE fulfilment_id IN (SELECT id FROM fulfilments WHERE order_id = $1)",
        cells![order],
    )?;
    // The number leads to the carrier's page, which names the place; it stays apart from others.
    tx.execute(
        "UPDATE shipments SET tracking_number = 'erased ' || CAST(id AS TEXT), tracking_url = ''
         WHERE order_id = $1",
        cells![order],
    )?;
    Ok(())
}

/// Words in which they may be named, and work that would name them again.
fn words(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    tx.execute("UPDATE history SET note = '' WHERE order_id = $1", cells![order])?;
    tx.execute("UPDATE holds SET place = '', detail = '' WHERE order_id = $1", cells![order])?;
    tx.execute(
        "UPDATE alerts SET place = '', detail = '', cleared_at = COALESCE(cleared_at, $1)
         WHERE order_id = $2",
        cells![tx.now, order],
    )?;
    super::mark::forget(tx, order)?;
    tx.execute("DELETE FROM mails WHERE order_id = $1", cells![order])?;
    tx.execute("DELETE FROM customer_notes WHERE order_id = $1", cells![order])?;
    tx.execute("DELETE FROM jobs WHERE order_id = $1 AND state = 'scheduled'", cells![order])?;
    tx.execute("UPDATE jobs SET outcome = '', errors = '' WHERE order_id = $1", cells![order])?;
    Ok(())
}

/// Forgets one file if nothing refers to it and it was not touched since: its row is gone then, and its
/// bytes may go.
pub fn forget_file(tx: &Tx<'_>, hash: &Hash, untouched_since: Moment) -> Result<bool, DbError> {
    let gone = tx.execute(
        "DELETE FROM files
         WHERE hash = $1 AND touched_at < $2
           AND NOT EXISTS (SELECT 1 FROM print_files WHERE print_files.hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM print_files WHERE print_files.preview = files.hash)
           AND NOT EXISTS (SELECT 1 FROM print_files WHERE print_files.mockup = files.hash)
           AND NOT EXISTS (SELECT 1 FROM revision_values
                           WHERE revision_values.photo_hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM design_files WHERE design_files.file_hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM design_tests WHERE design_tests.photo_hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM designs WHERE designs.preview = files.hash)
           AND NOT EXISTS (SELECT 1 FROM file_links WHERE file_links.hash = files.hash)
           AND NOT EXISTS (SELECT 1 FROM line_pictures WHERE line_pictures.hash = files.hash)",
        cells![hash, untouched_since],
    )?;
    Ok(gone == 1)
}

/// Forgets deliveries that came before this moment: the orders they announced were read long ago.
pub fn forget_deliveries(tx: &Tx<'_>, before: Moment) -> Result<usize, DbError> {
    tx.execute("DELETE FROM deliveries WHERE received_at < $1", cells![before])
}
