//! How our types become cells and come back.

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
        impl From<$name> for Cell {
            fn from(id: $name) -> Cell {
                Cell::Int(id.0)
            }
        }

        impl FromCell for $name {
            fn from_cell(cell: Cell) -> Result<Self, Cell> {
                i64::from_cell(cell).map($name)
            }
        }
    )*};
}

id_cells! {
    ShopId ProviderId OrderId LineId ItemId FulfilmentId ShipmentId HoldId ProductId JobId
    DeliveryId MailId PersonId ShopOrderId ShopLineId
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Int(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Cell {
        Cell::Int(i64::from(number))
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Cell {
        Cell::Int(i64::from(flag))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Cell {
        Cell::Text(text.clone())
    }
}

impl From<Moment> for Cell {
    fn from(moment: Moment) -> Cell {
        Cell::Text(moment.to_string())
    }
}

impl From<&Hash> for Cell {
    fn from(hash: &Hash) -> Cell {
        Cell::Text(hash.as_str().to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}

impl FromCell for i64 {
    fn from_cell(cell: Cell) -> Result<i64, Cell> {
        match cell {
            Cell::Int(number) => Ok(number),
            other => Err(other),
        }
    }
}

impl FromCell for u32 {
    fn from_cell(cell: Cell) -> Result<u32, Cell> {
        match cell {
            Cell::Int(number) => u32::try_from(number).map_err(|_| Cell::Int(number)),
            other => Err(other),
        }
    }
}

impl FromCell for bool {
    fn from_cell(cell: Cell) -> Result<bool, Cell> {
        match cell {
            Cell::Int(0) => Ok(false),
            Cell::Int(1) => Ok(true),
            other => Err(other),
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell) -> Result<String, Cell> {
        match cell {
            Cell::Text(text) => Ok(text),
            other => Err(other),
        }
    }
}

impl FromCell for Moment {
    fn from_cell(cell: Cell) -> Result<Moment, Cell> {
        match cell {
            Cell::Text(text) => Moment::parse(&text).ok_or(Cell::Text(text)),
            other => Err(other),
        }
    }
}

impl FromCell for Hash {
    fn from_cell(cell: Cell) -> Result<Hash, Cell> {
        match cell {
            Cell::Text(text) => Hash::parse(&text).ok_or(Cell::Text(text)),
            other => Err(other),
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell) -> Result<Option<T>, Cell> {
        match cell {
            Cell::Null => Ok(None),
            other => T::from_cell(other).map(Some),
        }
    }
}
