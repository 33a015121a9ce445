//! How our types become cells and come back.

use std::borrow::Cow;

use super::engine::{Cell, FromCell};
use crate::model::id::*;
use crate::model::time::Moment;

/// The parameters of a statement: `cells![id, name, now]`.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { &[$($crate::db::engine::Cell::from($value)),*] };
}
pub(crate) use cells;

macro_rules! id_cells {
    ($($name:ident)*) => {$(
        impl From<$name> for Cell<'_> {
            fn from(id: $name) -> Self {
                Cell::Int(id.0)
            }
        }

        impl FromCell for $name {
            fn from_cell(cell: Cell<'_>) -> Result<Self, Cell<'_>> {
                i64::from_cell(cell).map($name)
            }
        }
    )*};
}

id_cells! {
    ShopId ProviderId OrderId LineId ItemId FulfilmentId ShipmentId HoldId ProductId JobId
    MailId PersonId RoleId PersonLinkId SavedViewId RehearsalId ShopOrderId ShopLineId
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Cell::Int(number)
    }
}

impl From<u32> for Cell<'_> {
    fn from(number: u32) -> Self {
        Cell::Int(i64::from(number))
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Cell::Int(i64::from(flag))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }
}

impl From<Moment> for Cell<'_> {
    fn from(moment: Moment) -> Self {
        Cell::Text(Cow::Owned(moment.to_string()))
    }
}

impl<'a> From<&'a Hash> for Cell<'a> {
    fn from(hash: &'a Hash) -> Self {
        Cell::Text(Cow::Borrowed(hash.as_str()))
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

impl FromCell for i64 {
    fn from_cell(cell: Cell<'_>) -> Result<i64, Cell<'_>> {
        match cell {
            Cell::Int(number) => Ok(number),
            other => Err(other),
        }
    }
}

impl FromCell for u32 {
    fn from_cell(cell: Cell<'_>) -> Result<u32, Cell<'_>> {
        match cell {
            Cell::Int(number) => u32::try_from(number).map_err(|_| Cell::Int(number)),
            other => Err(other),
        }
    }
}

impl FromCell for bool {
    fn from_cell(cell: Cell<'_>) -> Result<bool, Cell<'_>> {
        match cell {
            Cell::Int(0) => Ok(false),
            Cell::Int(1) => Ok(true),
            other => Err(other),
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell<'_>) -> Result<String, Cell<'_>> {
        match cell {
            Cell::Text(text) => Ok(text.into_owned()),
            other => Err(other),
        }
    }
}

impl FromCell for Moment {
    fn from_cell(cell: Cell<'_>) -> Result<Moment, Cell<'_>> {
        match cell {
            Cell::Text(text) => Moment::parse(&text).ok_or(Cell::Text(text)),
            other => Err(other),
        }
    }
}

impl FromCell for Hash {
    fn from_cell(cell: Cell<'_>) -> Result<Hash, Cell<'_>> {
        match cell {
            Cell::Text(text) => Hash::parse(&text).ok_or(Cell::Text(text)),
            other => Err(other),
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Result<Option<T>, Cell<'_>> {
        match cell {
            Cell::Null => Ok(None),
            other => T::from_cell(other).map(Some),
        }
    }
}
