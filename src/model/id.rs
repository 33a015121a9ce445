//! Every id has its own type, so that two numbers cannot be swapped.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A shop that is connected here.
    ShopId;
    /// A print provider that is connected here.
    ProviderId;
    /// An order as woodblock counts them.
    OrderId;
    /// One line item of an order.
    LineId;
    /// One unit of work of an order.
    ItemId;
    /// One fulfilment of an order.
    FulfilmentId;
    /// One parcel.
    ShipmentId;
    /// One hold.
    HoldId;
    /// One row of the product map.
    ProductId;
    /// One stored piece of work.
    JobId;
    /// One mail to be sent.
    MailId;
    /// One person who works here.
    PersonId;
    /// A set of rights under a name.
    RoleId;
    /// A link that lets somebody choose a password once.
    PersonLinkId;
    /// A view of the order list that somebody keeps.
    SavedViewId;
    /// A print file that was drawn to try everything out.
    RehearsalId;
    /// The id an order has in its shop.
    ShopOrderId;
    /// The id a line item has in its shop.
    ShopLineId;
}

/// The hash of a file's content: SHA-256 in 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(String);

impl Hash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Hash {
        use sha2::Digest;
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(64);
        for byte in sha2::Sha256::digest(bytes) {
            for half in [byte >> 4, byte & 15] {
                hex.push(char::from(DIGITS[usize::from(half)]));
            }
        }
        Hash(hex)
    }

    /// Reads a hash that was written by [`Hash::as_str`]; anything else is `None`.
    pub fn parse(text: &str) -> Option<Hash> {
        let is_hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (text.len() == 64 && is_hex).then(|| Hash(text.to_owned()))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, enough for people to compare.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_nothing_else_does() {
        let hash = Hash::of(b"woodblock");
        assert_eq!(Hash::parse(hash.as_str()), Some(hash.clone()));
        assert_eq!(Hash::parse(&hash.as_str().to_uppercase()), None);
        assert_eq!(Hash::parse("../../etc/passwd"), None);
    }
}
