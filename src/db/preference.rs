//! How each person likes their pages.

use super::cells::cells;
use super::engine::{DbError, Tx};
use super::listing::Sort;

/// A column of the order list. The order's number is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The first picture of what is printed.
    Picture,
    /// Where the order came from.
    Source,
    /// When it was placed.
    Placed,
    /// Who gets it, and where.
    Customer,
    /// What was bought.
    Items,
    /// What it comes to.
    Total,
    /// What it waits for.
    State,
    /// Who makes it.
    Provider,
    /// Its labels.
    Labels,
    /// Who looks after it.
    Assignee,
}

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Column; 10] = [
        Column::Picture,
        Column::Source,
        Column::Placed,
        Column::Customer,
        Column::Items,
        Column::Total,
        Column::State,
        Column::Provider,
        Column::Labels,
        Column::Assignee,
    ];

    /// The word it is kept under.
    pub fn name(self) -> &'static str {
        match self {
            Column::Picture => "picture",
            Column::Source => "source",
            Column::Placed => "placed",
            Column::Customer => "customer",
            Column::Items => "items",
            Column::Total => "total",
            Column::State => "state",
            Column::Provider => "provider",
            Column::Labels => "labels",
            Column::Assignee => "assignee",
        }
    }

    /// Whether it is shown to people who chose nothing. Source, moment and total stand in other cells
    /// then.
    pub fn is_usual(self) -> bool {
        !matches!(self, Column::Source | Column::Placed | Column::Total)
    }
}

/// How much room a row takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Density {
    /// Two or three lines, with a picture.
    #[default]
    Comfortable,
    /// As little as can be read.
    Compact,
}

impl Density {
    /// The word it is kept under.
    pub fn name(self) -> &'static str {
        match self {
            Density::Comfortable => "comfortable",
            Density::Compact => "compact",
        }
    }

    /// The density of this word.
    pub fn from_name(name: &str) -> Density {
        match name {
            "compact" => Density::Compact,
            _ => Density::Comfortable,
        }
    }
}

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// The columns of the order list.
    pub columns: Vec<Column>,
    /// The room of its rows.
    pub density: Density,
    /// The order of its rows, where its address says nothing.
    pub sort: Sort,
    /// Whether single letters are keys.
    pub has_keys: bool,
}

impl Default for Preference {
    fn default() -> Preference {
        let columns = Column::ALL.into_iter().filter(|column| column.is_usual()).collect();
        Preference { columns, density: Density::default(), sort: Sort::default(), has_keys: true }
    }
}

impl Preference {
    /// Columns of these words, in their place.
    pub fn columns_of<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Vec<Column> {
        let is_meant = |column: &Column| words.clone().any(|word| word == column.name());
        Column::ALL.into_iter().filter(is_meant).collect()
    }

    fn words(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        names.join(",")
    }
}

/// What a person chose, or what is usual.
pub fn of_person(tx: &Tx<'_>, person: &str) -> Result<Preference, DbError> {
    let found = tx.optional(
        "SELECT preferences.columns, preferences.density, preferences.sort, preferences.has_keys
         FROM preferences JOIN people ON people.id = preferences.person_id
         WHERE people.name = $1",
        cells![person],
        |row| {
            Ok(Preference {
                columns: Preference::columns_of(row.get::<String>(0)?.split(',')),
                density: Density::from_name(&row.get::<String>(1)?),
                sort: Sort::from_name(&row.get::<String>(2)?).unwrap_or_default(),
                has_keys: row.get(3)?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Keeps what a person chose.
pub fn put(tx: &Tx<'_>, person: &str, chosen: &Preference) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO preferences (person_id, columns, density, sort, has_keys)
         SELECT people.id, $1, $2, $3, CAST($4 AS INTEGER) FROM people WHERE people.name = $5
         ON CONFLICT (person_id) DO UPDATE SET columns = excluded.columns,
             density = excluded.density, sort = excluded.sort, has_keys = excluded.has_keys",
        cells![chosen.words(), chosen.density.name(), chosen.sort.name(), chosen.has_keys, person],
    )?;
    Ok(())
}
