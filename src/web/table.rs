//! Tables for other programs: CSV in which no cell is taken for a formula (R117).

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::flow::product_csv::disarm;

/// A table as a file to keep.
pub fn csv(name: &str, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Response {
    let bytes = bytes(head, rows);
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (head, bytes).into_response()
}

/// The bytes of a table.
pub fn bytes(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    let mut put = |row: Vec<String>| {
        let cells = row.iter().map(|cell| disarm(cell));
        writer.write_record(cells).expect("writing to memory cannot fail");
    };
    put(head.iter().map(|word| (*word).to_owned()).collect());
    rows.into_iter().for_each(&mut put);
    writer.into_inner().expect("writing to memory cannot fail")
}
