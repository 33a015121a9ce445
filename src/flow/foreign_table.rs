//! Tables that other programs wrote: with or without their mark, with commas, semicolons or tabs.

/// Most rows of a table.
pub const ROWS_MAX: usize = 2_000;
/// Most columns.
pub const COLUMNS_MAX: usize = 150;
/// Largest table.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest cell.
const CELL_BYTES_MAX: usize = 10_000;

/// A table with its head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignTable {
    /// The names of its columns.
    pub head: Vec<String>,
    /// Its rows, each with the line it begins on; as many cells as the head has.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Reads a table. The error says what to do, for people.
pub fn read(bytes: &[u8]) -> Result<ForeignTable, String> {
    if BYTES_MAX < bytes.len() {
        return Err("A table may weigh 4 MB at most. Divide it and import the parts.".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| {
        "This is no table in UTF-8. Save it as “CSV UTF-8” and upload it again.".to_owned()
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.contains('\0') {
        return Err("This is no table as text. Save it as “CSV UTF-8”.".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut table = ForeignTable::default();
    let mut counted = (0, 1);
    for record in reader.records() {
        let record = record.map_err(|error| format!("The table cannot be read: {error}."))?;
        let begins = record.position().map_or(0, csv::Position::byte);
        let line = line_at(text, usize::try_from(begins).unwrap_or(0), &mut counted);
        let mut cells: Vec<String> = record.iter().map(cell).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if table.head.is_empty() {
            if COLUMNS_MAX < cells.len() {
                return Err(format!("A table may have {COLUMNS_MAX} columns at most."));
            }
            table.head = cells;
            continue;
        }
        if table.rows.len() == ROWS_MAX {
            return Err(format!("A table may have {ROWS_MAX} rows at most. Divide it."));
        }
        if cells.iter().any(|cell| CELL_BYTES_MAX < cell.len()) {
            return Err(format!("One of the cells in line {line} is too long."));
        }
        cells.resize(table.head.len(), String::new());
        table.rows.push((line, cells));
    }
    match table.rows.is_empty() {
        true => Err("The table has no rows below its head.".to_owned()),
        false => Ok(table),
    }
}

/// The line on which a record begins. The reader itself is one too low after `\r\n`: it takes the second
/// sign for the beginning of the next record. `counted` is how far lines were counted, and how many.
fn line_at(text: &str, begins: usize, counted: &mut (usize, u64)) -> u64 {
    let bytes = text.as_bytes();
    let ends = bytes.iter().skip(begins).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let begins = begins + ends;
    let passed = bytes.iter().take(begins).skip(counted.0).filter(|byte| **byte == b'\n').count();
    *counted = (begins, counted.1 + passed as u64);
    counted.1
}

/// Without spaces around it, and without the apostrophe that guards a cell against being a formula.
fn cell(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// Whichever of the usual ones stands most often in the first line, outside of quotes.
pub fn separator(text: &str) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b'\t', 0_usize), (b';', 0), (b',', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            byte if !is_quoted => {
                for (separator, count) in &mut counts {
                    *count += usize::from(byte == *separator);
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| 0 < *count).map_or(b',', |(separator, _)| *separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_table_is_read() {
        for text in [
            "order,name\n1,\"Ann, B\"\n",
            "\u{feff}order;name\r\n1;Ann, B\r\n",
            "order\tname\n1\tAnn, B",
            "\norder,name\n,\n1,\"Ann, B\"\n\n",
        ] {
            let table = read(text.as_bytes()).unwrap();
            assert_eq!(table.head, ["order", "name"], "{text}");
            let cells: Vec<_> = table.rows.iter().map(|(_, cells)| cells.clone()).collect();
            assert_eq!(cells, [["1", "Ann, B"]], "{text}");
        }
        let lines = read(b"a,b\n1,\"x\ny\"\n2\n3,'=A1,more\n").unwrap();
        let windows = read(b"a,b\r\n1,2\r\n\r\n3,4\r\n").unwrap();
        let at: Vec<u64> = windows.rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(at, [2, 4]);
        assert_eq!(lines.rows[1], (4, vec!["2".to_owned(), String::new()]));
        assert_eq!(lines.rows[2].1, ["3", "=A1"]);
    }

    #[test]
    fn what_is_no_table_is_told() {
        let check = |bytes: &[u8], words: &str| {
            let told = read(bytes).unwrap_err();
            assert!(told.contains(words), "{told}");
        };
        check(b"a,b\n", "no rows");
        check(b"", "no rows");
        check(b"a\n\xff\n", "UTF-8");
        check(b"PK\x03\x04\0\0", "as text");
        check(&vec![b'a'; BYTES_MAX + 1], "4 MB");
        check("a\n".repeat(ROWS_MAX + 2).as_bytes(), "rows at most");
        check(format!("a\n{}\n", "x".repeat(20_000)).as_bytes(), "too long");
    }
}
