//! The product map as a table: what `product export` writes, `product import` reads.

use std::collections::HashMap;

use crate::model::check::Checks;
use crate::model::item::Step;
use crate::model::product::{Copies, Made, Matches, Product, Recipe, Route};

/// The columns, in order.
pub const COLUMNS: [&str; 11] = [
    "match",
    "key",
    "made",
    "design",
    "provider",
    "provider_sku",
    "routes",
    "steps",
    "delay_h",
    "per_copy",
    "checks",
];

/// One fault of a table, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

/// A table as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its rows, each with its line.
    pub rows: Vec<(u64, Matches, Made)>,
    /// What is wrong, by line.
    pub faults: Vec<RowFault>,
}

/// Reads a table; every fault is told, and with any fault nothing is taken.
pub fn read(text: &str) -> Result<Vec<(Matches, Made)>, Vec<RowFault>> {
    let Table { rows, faults } = read_all(text);
    match faults.is_empty() {
        true => Ok(rows.into_iter().map(|(_, matches, made)| (matches, made)).collect()),
        false => Err(faults),
    }
}

/// Reads a table, the rows that are right beside those that are not. A line about what an earlier line
/// is about is a fault.
pub fn read_all(text: &str) -> Table {
    // Table programs begin their files with a mark of their own.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let head = match reader.headers() {
        Ok(head) => head.clone(),
        Err(error) => {
            let faults = vec![RowFault { line: 1, what: error.to_string() }];
            return Table { rows: Vec::new(), faults };
        }
    };
    let place = |name: &str| head.iter().position(|column| column.eq_ignore_ascii_case(name));
    let mut faults: Vec<RowFault> = ["match", "key"]
        .into_iter()
        .filter(|name| place(name).is_none())
        .map(|name| RowFault { line: 1, what: format!("the column {name} is missing") })
        .collect();
    let mut rows: Vec<(u64, Matches, Made)> = Vec::new();
    let mut seen: HashMap<Matches, u64> = HashMap::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let cell = |name: &str| {
                    place(name).and_then(|at| record.get(at)).unwrap_or("").trim_start_matches('\'')
                };
                match row(cell) {
                    Ok((matches, made)) => match seen.insert(matches.clone(), line) {
                        None => rows.push((line, matches, made)),
                        Some(first) => {
                            let what = format!("line {first} is about the same");
                            faults.push(RowFault { line, what });
                        }
                    },
                    Err(what) => faults.push(RowFault { line, what }),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(RowFault { line, what: error.to_string() });
            }
        }
    }
    Table { rows, faults }
}

fn row<'a>(cell: impl Fn(&str) -> &'a str) -> Result<(Matches, Made), String> {
    let matches = Matches::parse(cell("match"), cell("key"))?;
    match cell("made") {
        "elsewhere" => return Ok((matches, Made::Elsewhere)),
        "here" | "" => {}
        other => return Err(format!("“{other}” is none of here, elsewhere")),
    }
    for (name, value) in [("design", cell("design")), ("provider", cell("provider"))] {
        if value.is_empty() {
            return Err(format!("the {name} is missing"));
        }
    }
    let steps = match cell("steps") {
        "" => None,
        steps => Some(Step::parse_list(&steps.replace('+', ","))?),
    };
    let delay_s = match cell("delay_h") {
        "" => None,
        hours => Some(delay(hours)?),
    };
    let copies = match cell("per_copy") {
        "yes" => Copies::Differ,
        "no" => Copies::Alike,
        "" => Copies::AsDesigned,
        other => return Err(format!("per_copy is yes, no or empty, not “{other}”")),
    };
    let recipe = Recipe {
        design: cell("design").to_owned(),
        provider: cell("provider").to_owned(),
        provider_sku: cell("provider_sku").to_owned(),
        routes: Route::parse_list(cell("routes"))?,
        steps,
        delay_s,
        copies,
        checks: Checks::parse(cell("checks"))?,
    };
    Ok((matches, Made::Here(recipe)))
}

/// Reads hours, fractions allowed, as seconds.
pub fn delay(hours: &str) -> Result<u32, String> {
    match hours.parse::<f64>() {
        Ok(hours) if (0.0..=8_760.0).contains(&hours) => Ok((hours * 3_600.0).round() as u32),
        _ => Err(format!("“{hours}” is no number of hours from 0 to 8760")),
    }
}

/// Writes the whole map; cells that a table program would run as a formula are disarmed.
pub fn write(map: &[Product]) -> String {
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    let mut put = |cells: &[String]| {
        writer.write_record(cells).expect("writing to memory cannot fail");
    };
    put(&COLUMNS.map(str::to_owned));
    for product in map {
        put(&cells(&product.matches, &product.made));
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every cell is text")
}

/// The cells of a row, as [`COLUMNS`] names them.
pub fn cells(matches: &Matches, made: &Made) -> [String; 11] {
    let kind = matches.kind().to_owned();
    let key = disarm(&matches.key());
    match made {
        Made::Elsewhere => {
            let mut cells: [String; 11] = std::array::from_fn(|_| String::new());
            (cells[0], cells[1], cells[2]) = (kind, key, "elsewhere".to_owned());
            cells
        }
        Made::Here(recipe) => [
            kind,
            key,
            "here".to_owned(),
            disarm(&recipe.design),
            disarm(&recipe.provider),
            disarm(&recipe.provider_sku),
            disarm(&Route::write_list(&recipe.routes)),
            recipe.steps.as_deref().map(Step::write_list).unwrap_or_default().replace(',', "+"),
            recipe.delay_s.map(|s| format!("{}", f64::from(s) / 3_600.0)).unwrap_or_default(),
            match recipe.copies {
                Copies::Differ => "yes",
                Copies::Alike => "no",
                Copies::AsDesigned => "",
            }
            .to_owned(),
            recipe.checks.write(),
        ],
    }
}

/// A cell that begins like a formula gets an apostrophe before it (R117).
pub fn disarm(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ProductId, ShopId};

    #[test]
    fn what_is_written_is_read_again() {
        let text = "match,key,made,design,provider,provider_sku,routes,steps,delay_h,per_copy,checks\n\
                    sku,-MUG,here,mug,customcat,47417,DE+AT=shineon:SO-1,artwork+check,1.5,yes,text_shrunk=block\n\
                    variation,243,here,tee,shineon,SO-1,,,,,\n\
                    product,13,elsewhere,,,,,,,,\n";
        let rows = read(text).unwrap();
        let map: Vec<Product> = rows
            .iter()
            .enumerate()
            .map(|(place, (matches, made))| Product {
                id: ProductId(place as i64),
                shop: ShopId(1),
                matches: matches.clone(),
                made: made.clone(),
            })
            .collect();
        let written = write(&map);
        assert!(written.contains("\"'-MUG\""), "{written}");
        assert_eq!(read(&written).unwrap(), rows);
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = "match,key,design,provider,delay_h\nsku,A,mug,customcat,soon\n\
                    product,x,mug,customcat,\nsku,B,,customcat,\n";
        let faults = read(text).unwrap_err();
        let lines: Vec<u64> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3, 4], "{faults:?}");
        let double = "\u{feff}match,key,made\nsku,A,elsewhere\nsku,A,elsewhere\n";
        let table = read_all(double);
        assert_eq!((table.rows.len(), table.faults[0].line), (1, 3), "{table:?}");
    }
}
