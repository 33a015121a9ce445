//! Who gets the goods.

/// Name and address of the person who gets the goods, as the shop wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipient {
    /// Given name; may be empty.
    pub first_name: String,
    /// Family name; may be empty.
    pub last_name: String,
    /// Company; usually empty.
    pub company: String,
    /// Street and number.
    pub address_1: String,
    /// Flat, floor; usually empty.
    pub address_2: String,
    /// City or town.
    pub city: String,
    /// The shop's own state code (`TX`, `DE-BE`, `JP13`) or free text.
    pub state: String,
    /// Postal code.
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Telephone as typed; may be empty.
    pub phone: String,
    /// E-mail of the buyer; may be empty.
    pub email: String,
}

impl Recipient {
    /// Both names with one space between.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// What is missing before a parcel can be sent, in words; empty when nothing is.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.name().is_empty() && self.company.trim().is_empty() {
            missing.push("name");
        }
        if self.address_1.trim().is_empty() {
            missing.push("street");
        }
        if self.city.trim().is_empty() {
            missing.push("city");
        }
        if self.country.trim().is_empty() {
            missing.push("country");
        }
        if self.postcode.trim().is_empty() && !HAS_NO_POSTCODES.contains(&self.country.as_str()) {
            missing.push("postal code");
        }
        missing
    }
}

/// Countries whose addresses commonly have no postal code (Universal Postal Union lists).
const HAS_NO_POSTCODES: &[&str] =
    &["AE", "AG", "AO", "BS", "BZ", "FJ", "GH", "HK", "IE", "JM", "KE", "MO", "PA", "QA", "UG"];
