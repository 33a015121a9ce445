//! Orders from a table of a marketplace: what its columns mean, what is wrong by row, and what is taken.
//!
//! Several rows with one number are the lines of one order. An order with a wrong row is not taken.

use std::collections::{BTreeMap, BTreeSet};

use crate::db;
use crate::model::id::{Hash, OrderId, ShopId};
use crate::model::money::{Currency, Money};
use crate::model::product::{self, Product, Sold};
use crate::model::recipient::Recipient;

use super::ctx::{Ctx, FlowError};
use super::elsewhere::{PIECES_MAX, Typed, TypedLine, enter_typed};
use super::foreign_table::ForeignTable;
use super::operate::Staff;
use super::take_in::Taken;

mod column;
mod country;

pub use column::{Column, guess, read_columns, write_columns};

/// Lines of one order.
const LINES_MAX: usize = 50;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file.
    pub line: u64,
    /// The order's number; empty where it has none.
    pub number: String,
    /// What is wrong, and what to do.
    pub what: String,
}

/// What a table would bring.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dry {
    /// Orders that can be taken.
    pub good: Vec<Typed>,
    /// Orders that are here already: their number and our id.
    pub here: Vec<(String, OrderId)>,
    /// What is wrong, by row.
    pub faults: Vec<Fault>,
}

/// A table with what its columns mean, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// The shop whose product map and settings hold.
    pub shop: ShopId,
    /// The source.
    pub source: String,
    /// The table.
    pub table: ForeignTable,
    /// What each column means.
    pub columns: Vec<Column>,
}

/// The mark of a table's head: equal for tables of one program.
pub fn head_mark(head: &[String]) -> Hash {
    Hash::of(head.join("\u{1f}").to_lowercase().as_bytes())
}

/// What the columns mean: as somebody said last of such a table, else as their names tell.
pub async fn columns(ctx: &Ctx, source: &str, head: &[String]) -> Result<Vec<Column>, FlowError> {
    let (source, mark) = (source.to_owned(), head_mark(head));
    let stored = ctx.read(move |tx| Ok(db::elsewhere::columns(tx, &source, &mark)?)).await?;
    let stored = stored.map(|words| read_columns(&words)).filter(|all| all.len() == head.len());
    Ok(stored.unwrap_or_else(|| guess(head)))
}

/// Remembers what the columns mean.
pub async fn remember(ctx: &Ctx, import: &Import, staff: &Staff) -> Result<(), FlowError> {
    let (source, mark) = (import.source.clone(), head_mark(&import.table.head));
    let (words, by) = (write_columns(&import.columns), staff.0.clone());
    ctx.call(move |tx| Ok(db::elsewhere::put_columns(tx, &source, &mark, &words, &by)?)).await
}

/// What the table would bring. Nothing is taken.
pub async fn check(ctx: &Ctx, import: &Import) -> Result<Dry, FlowError> {
    let import = import.clone();
    ctx.read(move |tx| {
        let map = db::product::of_shop(tx, import.shop)?;
        let (orders, mut faults) = read(&import, &map);
        let mut dry = Dry::default();
        for typed in orders {
            let known = db::order::find_elsewhere(tx, import.shop, &import.source, &typed.number)?;
            match known {
                Some(id) => dry.here.push((typed.number, id)),
                None => dry.good.push(typed),
            }
        }
        faults.sort_by_key(|fault| fault.line);
        dry.faults = faults;
        Ok(dry)
    })
    .await
}

/// Takes what is good; how many orders are new. What is here already stays as it is.
pub async fn take(ctx: &Ctx, import: &Import) -> Result<usize, FlowError> {
    let mut new = 0;
    for typed in check(ctx, import).await?.good {
        if let Taken::New(_) = enter_typed(ctx, typed).await? {
            new += 1;
        }
    }
    Ok(new)
}

/// The orders of a table that are right as far as the map tells, and what is wrong with the others.
pub fn read(import: &Import, map: &[Product]) -> (Vec<Typed>, Vec<Fault>) {
    let mut orders: Vec<Typed> = Vec::new();
    let mut faults: Vec<Fault> = Vec::new();
    let mut first: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for (line, cells) in &import.table.rows {
        let row = Row { head: &import.table.head, cells, columns: &import.columns };
        let number = row.one(Column::Number).trim_start_matches('#').trim().to_owned();
        let mut wrong = row_faults(&row, &number, map);
        if let Some(other) = first.get(cells) {
            wrong.push(format!("line {other} says the very same: take one of them away"));
        }
        first.entry(cells.clone()).or_insert(*line);
        let known = orders.iter_mut().find(|one| one.number == number);
        match known {
            _ if !wrong.is_empty() => {}
            Some(order) if order.lines.len() == LINES_MAX => {
                wrong.push(format!("an order may have {LINES_MAX} lines at most"));
            }
            Some(order) => match add(order, &row) {
                Ok(()) => {}
                Err(what) => wrong.push(what),
            },
            None => match order_of(import, &row, &number) {
                Ok(order) => orders.push(order),
                Err(what) => wrong.push(what),
            },
        }
        faults.extend(wrong.into_iter().map(|what| Fault {
            line: *line,
            number: number.clone(),
            what,
        }));
    }
    let wrong: BTreeSet<&str> = faults.iter().map(|fault| fault.number.as_str()).collect();
    orders.retain(|order| !wrong.contains(order.number.as_str()));
    // Rows after the first may leave the address out; without any, the order cannot go anywhere.
    orders.retain(|order| {
        let missing = order.recipient.missing();
        if !missing.is_empty() {
            let line = line_of(import, &order.number);
            let what = format!("the address is not whole: {} missing", missing.join(", "));
            faults.push(Fault { line, number: order.number.clone(), what });
        }
        missing.is_empty()
    });
    (orders, faults)
}

fn line_of(import: &Import, number: &str) -> u64 {
    let mut rows = import.table.rows.iter();
    let is_it = |cells: &Vec<String>| {
        let row = Row { head: &import.table.head, cells, columns: &import.columns };
        row.one(Column::Number).trim_start_matches('#').trim() == number
    };
    rows.find(|(_, cells)| is_it(cells)).map_or(0, |(line, _)| *line)
}

struct Row<'table> {
    head: &'table [String],
    cells: &'table [String],
    columns: &'table [Column],
}

impl Row<'_> {
    /// The first cell of these columns that holds anything.
    fn one(&self, column: Column) -> &str {
        let mut mine = self.columns.iter().zip(self.cells).filter(|(kind, _)| **kind == column);
        mine.find(|(_, cell)| !cell.is_empty()).map_or("", |(_, cell)| cell.as_str())
    }

    fn quantity(&self) -> Option<u32> {
        match self.one(Column::Quantity) {
            "" => Some(1),
            text => text.parse().ok().filter(|pieces| (1..=PIECES_MAX).contains(pieces)),
        }
    }
}

fn row_faults(row: &Row<'_>, number: &str, map: &[Product]) -> Vec<String> {
    let mut wrong = Vec::new();
    if number.is_empty() {
        wrong.push("the order’s number is missing".to_owned());
    }
    if 80 < number.chars().count() {
        wrong.push("the order’s number is too long".to_owned());
    }
    if row.quantity().is_none() {
        let text = row.one(Column::Quantity);
        wrong.push(format!("“{text}” is no number of pieces from 1 to {PIECES_MAX}"));
    }
    let sku = row.one(Column::Sku);
    let sold = Sold { product_id: 0, variation_id: 0, sku };
    if sku.is_empty() {
        wrong.push("the SKU is missing".to_owned());
    } else if product::find(map, sold).is_none() {
        wrong.push(format!("the SKU “{sku}” is not in the product map: add it there"));
    }
    wrong
}

fn order_of(import: &Import, row: &Row<'_>, number: &str) -> Result<Typed, String> {
    let currency = match row.one(Column::Currency) {
        "" => Currency::parse("USD"),
        code => Currency::parse(code),
    };
    let currency = currency
        .ok_or_else(|| format!("“{}” is no currency, written as USD", row.one(Column::Currency)))?;
    let total = match row.one(Column::Total) {
        "" => Money { minor: 0, currency },
        text => {
            let plain: String =
                text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-')).collect();
            Money::parse(&plain, currency).ok_or_else(|| format!("“{text}” is no amount"))?
        }
    };
    Ok(Typed {
        shop: import.shop,
        source: import.source.clone(),
        number: number.to_owned(),
        recipient: recipient(row)?,
        shipping: row.one(Column::Shipping).to_owned(),
        note: row.one(Column::Note).to_owned(),
        total,
        placed_at: None,
        lines: vec![line(row)],
    })
}

/// Another line of an order that is here. What it says of the recipient may not differ.
fn add(order: &mut Typed, row: &Row<'_>) -> Result<(), String> {
    let mut theirs = recipient(row)?;
    // Some marketplaces write the address into the first row alone.
    if theirs.address_1.is_empty() && theirs.city.is_empty() && theirs.name().is_empty() {
        theirs = order.recipient.clone();
    }
    if order.recipient.address_1.is_empty() {
        order.recipient = theirs.clone();
    }
    if theirs != order.recipient {
        return Err("another row of this order has another recipient".to_owned());
    }
    order.lines.push(line(row));
    Ok(())
}

fn line(row: &Row<'_>) -> TypedLine {
    let mut values = Vec::new();
    for (place, (column, cell)) in row.columns.iter().zip(row.cells).enumerate() {
        let name = row.head.get(place).map_or("", String::as_str);
        match column {
            Column::Text if !cell.is_empty() => {
                let split = name_values(cell);
                let is_whole = split.is_empty();
                values.extend(split);
                if is_whole {
                    values.push((name.to_owned(), cell.clone()));
                }
            }
            Column::Value if !cell.is_empty() => values.push((name.to_owned(), cell.clone())),
            _ => {}
        }
    }
    let sku = row.one(Column::Sku).to_owned();
    TypedLine {
        name: match row.one(Column::Title) {
            "" => sku.clone(),
            title => title.to_owned(),
        },
        sku,
        chosen: None,
        quantity: row.quantity().unwrap_or(1),
        values,
        picture: None,
    }
}

/// `Name: Rex, Colour: Blue` as marketplaces write what was chosen; empty where it is no such list.
fn name_values(text: &str) -> Vec<(String, String)> {
    let parts = text.split(['\n', ';', ',']).map(str::trim).filter(|part| !part.is_empty());
    let split = |part: &str| {
        let (name, value) = part.split_once(':')?;
        let (name, value) = (name.trim(), value.trim());
        let is_name = !name.is_empty() && name.chars().count() <= 40 && !value.is_empty();
        is_name.then(|| (name.to_owned(), value.to_owned()))
    };
    parts.map(split).collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn recipient(row: &Row<'_>) -> Result<Recipient, String> {
    let text = |column| crate::model::field::clean_text(row.one(column));
    let (mut first, mut last) = (text(Column::FirstName), text(Column::LastName));
    let name = text(Column::Name);
    if first.is_empty() && last.is_empty() {
        match name.rsplit_once(' ') {
            Some((before, end)) => (first, last) = (before.to_owned(), end.to_owned()),
            None => last = name,
        }
    }
    let country = text(Column::Country);
    let code = match country.as_str() {
        "" => String::new(),
        country => country::code(country)
            .ok_or_else(|| format!("“{country}” is no country; write it with two letters"))?,
    };
    Ok(Recipient {
        first_name: first,
        last_name: last,
        company: text(Column::Company),
        address_1: text(Column::Address1),
        address_2: text(Column::Address2),
        city: text(Column::City),
        state: text(Column::State),
        postcode: text(Column::Postcode),
        country: code,
        phone: text(Column::Phone),
        email: text(Column::Email),
    })
}

#[cfg(test)]
mod tests;
