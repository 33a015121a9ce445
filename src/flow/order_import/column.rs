//! What a column of a marketplace's table can mean, and what its name tells.

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $label:literal, [$($known:literal),*];)*) => {
        /// What a column means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Column { $($(#[$doc])* $name,)* }

        impl Column {
            /// Every meaning, in the order of the form.
            pub const ALL: &[Column] = &[$(Column::$name,)*];

            /// The word it is stored and sent as.
            pub fn word(self) -> &'static str {
                match self { $(Column::$name => $word,)* }
            }

            /// What people read.
            pub fn label(self) -> &'static str {
                match self { $(Column::$name => $label,)* }
            }

            /// Names that programs give it, in small letters with spaces.
            fn names(self) -> &'static [&'static str] {
                match self { $(Column::$name => &[$($known),*],)* }
            }
        }
    };
}

columns! {
    /// Nothing that is needed.
    Nothing = "", "Leave it out", [];
    /// The order's number.
    Number = "number", "Order number",
        ["order id", "order number", "order no", "order", "orderid", "sale id", "receipt id"];
    /// The SKU of the product map.
    Sku = "sku", "SKU", ["sku", "seller sku", "listing sku", "product sku", "item sku"];
    /// Pieces.
    Quantity = "quantity", "Pieces",
        ["quantity", "quantity purchased", "quantity to ship", "qty", "pieces"];
    /// What the product is called there.
    Title = "title", "Product’s name",
        ["product name", "item name", "title", "product", "listing title"];
    /// Words of the customer for the design.
    Text = "text", "Words for the design",
        ["variations", "personalization", "personalisation", "customization", "customisation",
         "customized info", "buyer customization", "item options"];
    /// A value for the field of the column's own name.
    Value = "value", "Field of this name", [];
    /// Whole name.
    Name = "name", "Recipient’s whole name",
        ["recipient name", "ship name", "ship to name", "full name", "name", "delivery name"];
    /// First name.
    FirstName = "first_name", "First name", ["first name", "ship first name"];
    /// Last name.
    LastName = "last_name", "Last name", ["last name", "ship last name", "surname"];
    /// Company.
    Company = "company", "Company", ["company", "ship company", "company name"];
    /// Street.
    Address1 = "address_1", "Street and number",
        ["ship address 1", "ship address1", "address 1", "address1", "street", "street 1",
         "address line 1", "address"];
    /// Flat, floor.
    Address2 = "address_2", "Flat, floor",
        ["ship address 2", "ship address2", "address 2", "address2", "street 2", "address line 2"];
    /// City.
    City = "city", "City", ["ship city", "city", "town"];
    /// State.
    State = "state", "State or province",
        ["ship state", "state", "province", "region", "county"];
    /// Postal code.
    Postcode = "postcode", "Postal code",
        ["ship postal code", "ship zipcode", "zip", "zip code", "zipcode", "postal code",
         "postcode"];
    /// Country.
    Country = "country", "Country", ["ship country", "country", "country code"];
    /// Telephone.
    Phone = "phone", "Telephone",
        ["ship phone number", "buyer phone number", "phone", "phone number", "telephone"];
    /// E-mail.
    Email = "email", "E-mail", ["buyer email", "email", "e mail", "customer email"];
    /// Shipping.
    Shipping = "shipping", "Shipping",
        ["ship service level", "shipping method", "shipping", "delivery method"];
    /// Note.
    Note = "note", "Customer’s note",
        ["note", "gift message", "buyer note", "delivery instructions", "message from buyer"];
    /// What the customer pays in all.
    Total = "total", "Total of the order", ["order total", "total"];
    /// Its currency.
    Currency = "currency", "Currency", ["currency", "currency code"];
}

impl Column {
    /// The meaning of this word.
    pub fn from_word(word: &str) -> Column {
        let found = Column::ALL.iter().find(|column| column.word() == word);
        found.copied().unwrap_or(Column::Nothing)
    }
}

/// What the names of columns tell. No meaning is given twice, save for words.
pub fn guess(head: &[String]) -> Vec<Column> {
    let plain: Vec<String> = head.iter().map(|name| plain_name(name)).collect();
    let mut guessed = vec![Column::Nothing; head.len()];
    for column in Column::ALL {
        // The first of its names that the table has is meant: they are ordered by how sure they are.
        let place = column.names().iter().find_map(|name| {
            plain.iter().position(|one| one == name).filter(|at| guessed[*at] == Column::Nothing)
        });
        if let Some(place) = place {
            guessed[place] = *column;
        }
    }
    guessed
}

fn plain_name(name: &str) -> String {
    let spaced: String =
        name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Meanings as one text.
pub fn write_columns(columns: &[Column]) -> String {
    columns.iter().map(|column| column.word()).collect::<Vec<_>>().join(",")
}

/// Meanings from one text.
pub fn read_columns(text: &str) -> Vec<Column> {
    text.split(',').map(Column::from_word).collect()
}
