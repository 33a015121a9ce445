//! What a customer puts into a cart, and how it is paid.

use std::time::Duration;

use crate::model::money::{Currency, Money};
use crate::model::recipient::Recipient;

/// A full cart at the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    /// What is in it.
    pub lines: Vec<CartLine>,
    /// How it is paid.
    pub pay: Pay,
    /// Who gets the goods.
    pub recipient: Recipient,
    /// Who pays, when it is somebody else.
    pub billing: Option<Recipient>,
    /// Id, title and price of the shipping method; nothing is shipped when not set.
    pub shipping: Option<(String, String, Money)>,
    /// The customer's note.
    pub note: String,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// The product.
    pub product_id: i64,
    /// The variation; 0 when the product has none.
    pub variation_id: i64,
    /// The shop's SKU; may be empty.
    pub sku: String,
    /// Name, with the attributes when it is a variation.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece.
    pub price: Money,
    /// What the customer typed, chose and uploaded; keys with `_` are hidden rows.
    pub meta: Vec<(String, String)>,
}

/// How a cart is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pay {
    /// By card, at once.
    Card,
    /// On delivery: the order is made without a payment date.
    CashOnDelivery,
    /// By bank transfer: `on-hold` until somebody sees the money.
    BankTransfer,
    /// By card, after the customer has come back to it.
    Later(Duration),
    /// Not at all: the order stays `pending`.
    Never,
}

/// Dollars, the money of a shop that was not told otherwise.
pub(crate) fn dollars(cents: i64) -> Money {
    Money { minor: cents, currency: Currency::parse("USD").expect("three letters") }
}

/// A plausible recipient in the United States; another `nth` is another person.
pub fn a_recipient(nth: usize) -> Recipient {
    const PEOPLE: [(&str, &str, &str, &str, &str, &str); 4] = [
        ("Asha", "Ng", "250 Elm St", "Springfield", "IL", "62704"),
        ("José", "van der Berg", "1300 Rosa Parks Blvd", "Detroit", "MI", "48216"),
        ("Maria", "Lindqvist", "123 Main St", "Austin", "TX", "78701"),
        ("Tom", "O’Neill", "77 Massachusetts Ave", "Cambridge", "MA", "02139"),
    ];
    let (first_name, last_name, address_1, city, state, postcode) = PEOPLE[nth % PEOPLE.len()];
    Recipient {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        address_1: address_1.to_owned(),
        city: city.to_owned(),
        state: state.to_owned(),
        postcode: postcode.to_owned(),
        country: "US".to_owned(),
        phone: "217-555-0127".to_owned(),
        email: format!("{}{nth}@example.test", first_name.to_lowercase().replace('é', "e")),
        ..Recipient::default()
    }
}

impl Cart {
    /// A cart with these lines, paid by card, shipped at a flat rate.
    pub fn of(lines: Vec<CartLine>) -> Cart {
        Cart {
            lines,
            pay: Pay::Card,
            recipient: a_recipient(0),
            billing: None,
            shipping: Some(("flat_rate".to_owned(), "Flat rate".to_owned(), dollars(495))),
            note: String::new(),
        }
    }

    /// The same cart, paid another way.
    pub fn paid(mut self, pay: Pay) -> Cart {
        self.pay = pay;
        self
    }

    /// The same cart for somebody else.
    pub fn to(mut self, recipient: Recipient) -> Cart {
        self.recipient = recipient;
        self
    }

    /// The same cart with one line more.
    pub fn and(mut self, line: CartLine) -> Cart {
        self.lines.push(line);
        self
    }
}

impl CartLine {
    /// One piece of a product without variations, for 14.95 dollars.
    pub fn of(product_id: i64, sku: &str, name: &str) -> CartLine {
        CartLine {
            product_id,
            variation_id: 0,
            sku: sku.to_owned(),
            name: name.to_owned(),
            quantity: 1,
            price: dollars(1495),
            meta: Vec::new(),
        }
    }

    /// The same line with a value more.
    pub fn with(mut self, key: &str, value: &str) -> CartLine {
        self.meta.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The same line with so many pieces.
    pub fn times(mut self, quantity: u32) -> CartLine {
        self.quantity = quantity;
        self
    }

    /// The same line as a variation of its product.
    pub fn variation(mut self, variation_id: i64) -> CartLine {
        self.variation_id = variation_id;
        self
    }
}
