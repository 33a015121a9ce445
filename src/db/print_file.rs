//! Print files: the bytes of each revision of an item, and what checks told of them.

use super::cells::cells;
use super::engine::{DbError, Tx};
use crate::model::id::{ItemId, OrderId};
use crate::model::item::PrintFile;
use crate::model::problem::{Problem, What};

pub(super) fn of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<(ItemId, PrintFile)>, DbError> {
    let mut found = tx.all(
        "SELECT print_files.item_id, print_files.revision, print_files.area, print_files.hash,
                print_files.width_px, print_files.height_px, print_files.dpi,
                print_files.extension, print_files.preview, print_files.mockup,
                print_files.place
         FROM items JOIN print_files ON print_files.item_id = items.id
         WHERE items.order_id = $1",
        cells![order],
        |row| {
            Ok((
                row.get::<u32>(10)?,
                row.get(0)?,
                PrintFile {
                    revision: row.get(1)?,
                    area: row.get(2)?,
                    hash: row.get(3)?,
                    width_px: row.get(4)?,
                    height_px: row.get(5)?,
                    dpi: row.get(6)?,
                    extension: row.get(7)?,
                    preview: row.get(8)?,
                    mockup: row.get(9)?,
                },
            ))
        },
    )?;
    found.sort_by_key(|(place, _, file)| (file.revision, *place));
    Ok(found.into_iter().map(|(_, item, file)| (item, file)).collect())
}

/// Stores a print file; drawing the same revision again replaces it.
pub fn put(tx: &Tx<'_>, item: ItemId, place: u32, file: &PrintFile) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO print_files (item_id, revision, area, place, hash, width_px, height_px, dpi,
             extension, preview, mockup, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (item_id, revision, area) DO UPDATE SET hash = excluded.hash,
             width_px = excluded.width_px, height_px = excluded.height_px, dpi = excluded.dpi,
             extension = excluded.extension, preview = excluded.preview,
             mockup = excluded.mockup, made_at = excluded.made_at",
        cells![
            item,
            file.revision,
            &file.area,
            place,
            &file.hash,
            file.width_px,
            file.height_px,
            file.dpi,
            &file.extension,
            file.preview.as_ref(),
            file.mockup.as_ref(),
            tx.now
        ],
    )?;
    Ok(())
}

/// Stores what people should know of the print files of a revision, in the place of what was told before.
pub fn set_remarks(
    tx: &Tx<'_>,
    item: ItemId,
    revision: u32,
    told: &[Problem],
) -> Result<(), DbError> {
    let of = cells![item, revision];
    tx.execute("DELETE FROM remarks WHERE item_id = $1 AND revision = $2", of)?;
    for (nth, one) in (0_u32..).zip(told) {
        tx.execute(
            "INSERT INTO remarks (item_id, revision, nth, code, place, detail)
             VALUES ($1, $2, $3, $4, $5, $6)",
            cells![item, revision, nth, one.what.code(), &one.place, &one.detail],
        )?;
    }
    Ok(())
}

/// What people should know of the present print files of an order's items.
pub fn remarks_of_order(tx: &Tx<'_>, order: OrderId) -> Result<Vec<(ItemId, Problem)>, DbError> {
    let rows = tx.all(
        "SELECT remarks.item_id, remarks.code, remarks.place, remarks.detail
         FROM items JOIN remarks ON remarks.item_id = items.id
             AND remarks.revision = items.revision
         WHERE items.order_id = $1 ORDER BY remarks.item_id, remarks.nth",
        cells![order],
        |row| {
            let what = What::from_code(&row.get::<String>(1)?);
            let (place, detail): (String, String) = (row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, what.map(|what| Problem { what, place, detail })))
        },
    )?;
    Ok(rows.into_iter().filter_map(|(item, told)| Some((item, told?))).collect())
}

/// Forgets the print files of a revision, so that it is made again.
pub fn forget(tx: &Tx<'_>, item: ItemId, revision: u32) -> Result<(), DbError> {
    set_remarks(tx, item, revision, &[])?;
    tx.execute(
        "DELETE FROM print_files WHERE item_id = $1 AND revision = $2",
        cells![item, revision],
    )?;
    Ok(())
}
