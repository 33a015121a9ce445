//! The order list: what a view and its filters hold, in the order that people asked for.

use super::board::View;
use super::engine::{Cell, DbError, Tx};
use crate::model::id::OrderId;
use crate::model::time::Moment;

/// What narrows the list. Of one kind any fits; what is empty narrows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The view.
    pub view: View,
    /// In a number, name, e-mail, reference, tracking number, SKU or value.
    pub text: String,
    /// Names of providers.
    pub providers: Vec<String>,
    /// Names of shops, and of sources elsewhere.
    pub sources: Vec<String>,
    /// Codes of what holds an order.
    pub problems: Vec<String>,
    /// Placed at this moment or later.
    pub from: Option<Moment>,
    /// Placed before this moment.
    pub until: Option<Moment>,
    /// Keys of labels.
    pub labels: Vec<String>,
    /// Names of people who look after orders; an empty one is nobody.
    pub assignees: Vec<String>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// What goes out next first; what does not count down comes last.
    LeavesFirst,
    /// Dearest first.
    Value,
}

impl Sort {
    /// Every order of rows.
    pub const ALL: [Sort; 4] = [Sort::Newest, Sort::Oldest, Sort::LeavesFirst, Sort::Value];

    /// The word it stands under in the address.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Newest => "newest",
            Sort::Oldest => "oldest",
            Sort::LeavesFirst => "leaves-first",
            Sort::Value => "value",
        }
    }

    /// The order of this word.
    pub fn from_name(name: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

/// Names between bars: one parameter for any number of them, in both engines.
fn among(names: &[String]) -> String {
    match names.is_empty() {
        true => String::new(),
        false => format!("|{}|", names.join("|")),
    }
}

/// `%` and `_` are looked for as they are.
fn pattern(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|c| match c {
            '%' | '_' | '\\' => vec!['\\', c],
            c => vec![c],
        })
        .collect();
    format!("%{escaped}%")
}

/// What an order must fit; the whole list and every page of it ask the same.
macro_rules! conditions {
    () => {
        " FROM orders JOIN shops ON shops.id = orders.shop_id
         WHERE ($1 = 'all' OR orders.id IN (SELECT order_id FROM order_views WHERE name = $1))
           AND ($2 = '' OR lower(orders.number) LIKE $2 ESCAPE '\\'
               OR lower(orders.first_name || ' ' || orders.last_name || ' ' || orders.company)
                   LIKE $2 ESCAPE '\\'
               OR lower(orders.email) LIKE $2 ESCAPE '\\'
               OR EXISTS (SELECT 1 FROM fulfilments WHERE fulfilments.order_id = orders.id
                          AND lower(COALESCE(fulfilments.reference, '') || ' '
                                    || COALESCE(fulfilments.provider_order_id, ''))
                              LIKE $2 ESCAPE '\\')
               OR EXISTS (SELECT 1 FROM shipments WHERE shipments.order_id = orders.id
                          AND lower(shipments.tracking_number) LIKE $2 ESCAPE '\\')
               OR EXISTS (SELECT 1 FROM lines WHERE lines.order_id = orders.id
                          AND lower(lines.sku || ' ' || lines.name) LIKE $2 ESCAPE '\\')
               OR EXISTS (SELECT 1 FROM items
                          JOIN revision_values ON revision_values.item_id = items.id
                               AND revision_values.revision = items.revision
                          WHERE items.order_id = orders.id
                            AND lower(revision_values.text) LIKE $2 ESCAPE '\\')
               OR EXISTS (SELECT 1 FROM order_labels
                          JOIN labels ON labels.id = order_labels.label_id
                          WHERE order_labels.order_id = orders.id
                            AND labels.key LIKE $2 ESCAPE '\\')
               OR EXISTS (SELECT 1 FROM assignments
                          JOIN people ON people.id = assignments.person_id
                          WHERE assignments.order_id = orders.id
                            AND lower(people.name) LIKE $2 ESCAPE '\\'))
           AND ($3 = '' OR EXISTS (SELECT 1 FROM fulfilments
                   JOIN providers ON providers.id = fulfilments.provider_id
                   WHERE fulfilments.order_id = orders.id
                     AND replace($3, '|' || providers.name || '|', '') <> $3))
           AND ($4 = '' OR replace($4, '|' || CASE orders.source WHEN 'shop' THEN shops.name
                                               ELSE orders.source END || '|', '') <> $4)
           AND ($5 = '' OR EXISTS (SELECT 1 FROM holds
                   WHERE holds.order_id = orders.id AND holds.lifted_at IS NULL
                     AND replace($5, '|' || holds.what || '|', '') <> $5))
           AND orders.placed_at >= COALESCE($6, '')
           AND orders.placed_at < COALESCE($7, '~')
           AND ($8 = '' OR EXISTS (SELECT 1 FROM order_labels
                   JOIN labels ON labels.id = order_labels.label_id
                   WHERE order_labels.order_id = orders.id
                     AND replace($8, '|' || labels.key || '|', '') <> $8))
           AND ($9 = '' OR replace($9, '|' || COALESCE((SELECT people.name FROM assignments
                   JOIN people ON people.id = assignments.person_id
                   WHERE assignments.order_id = orders.id), '') || '|', '') <> $9)"
    };
}

/// What every page of the list asks; only the order of its rows differs.
macro_rules! fitting {
    ($order:literal) => {
        concat!(
            "SELECT",
            " orders.id",
            conditions!(),
            " ORDER BY ",
            $order,
            " LIMIT $10 OFFSET $11"
        )
    };
}

/// How many orders fit.
pub const COUNT: &str = concat!("SELECT", " CAST(COUNT(*) AS INTEGER)", conditions!());

/// One statement for each order of rows, as `Sort::ALL` has them: an index gives the first two.
pub const STATEMENTS: [&str; 4] = [
    fitting!("orders.received_at DESC, orders.id DESC"),
    fitting!("orders.received_at, orders.id"),
    fitting!(
        "COALESCE((SELECT MIN(fulfilments.submit_at) FROM fulfilments
                   WHERE fulfilments.order_id = orders.id), '~'), orders.received_at DESC, orders.id"
    ),
    fitting!("orders.total_minor DESC, orders.received_at DESC, orders.id"),
];

/// Ids of the orders that fit, by number and in this order.
pub fn page(
    tx: &Tx<'_>,
    filter: &Filter,
    sort: Sort,
    rows: u32,
    skip: u32,
) -> Result<Vec<OrderId>, DbError> {
    let place = Sort::ALL.into_iter().position(|one| one == sort).unwrap_or(0);
    let mut cells = asked(filter);
    cells.extend([rows.into(), skip.into()]);
    tx.all(STATEMENTS[place], &cells, |row| row.get(0))
}

/// How many orders fit, on all pages together.
pub fn count(tx: &Tx<'_>, filter: &Filter) -> Result<u32, DbError> {
    tx.one(COUNT, &asked(filter), |row| row.get(0))
}

fn asked(filter: &Filter) -> Vec<Cell<'_>> {
    vec![
        filter.view.name().into(),
        pattern(&filter.text).into(),
        among(&filter.providers).into(),
        among(&filter.sources).into(),
        among(&filter.problems).into(),
        filter.from.into(),
        filter.until.into(),
        among(&filter.labels).into(),
        among(&filter.assignees).into(),
    ]
}

/// Names that orders can be filtered by: of their shops and of their sources elsewhere.
pub fn sources(tx: &Tx<'_>) -> Result<Vec<String>, DbError> {
    tx.all(
        "SELECT name FROM shops
         UNION SELECT DISTINCT source AS name FROM orders WHERE source <> 'shop' ORDER BY name",
        &[],
        |row| row.get(0),
    )
}

/// Codes of what holds orders now, with how many.
pub fn problems(tx: &Tx<'_>) -> Result<Vec<(String, u32)>, DbError> {
    tx.all(
        "SELECT what, CAST(COUNT(DISTINCT order_id) AS INTEGER) FROM holds
         WHERE lifted_at IS NULL GROUP BY what ORDER BY what",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The newest line of any order's history: when it moves, something was done to an order.
pub fn newest_change(tx: &Tx<'_>) -> Result<i64, DbError> {
    tx.one("SELECT COALESCE(MAX(id), 0) FROM history", &[], |row| row.get(0))
}
