//! Who is let into a shop over HTTP, and which plugins it has.

use crate::model::id::Hash;
use crate::sandbox::shop::WorldShop;

/// One key of a shop's interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `ck_` and 40 hexadecimal digits.
    pub consumer_key: String,
    /// `cs_` and 40 hexadecimal digits.
    pub consumer_secret: String,
    /// What it may do.
    pub right: KeyRight,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRight {
    /// Read and write.
    ReadWrite,
    /// Read alone.
    Read,
    /// Its user's role is too weak for anything.
    RoleTooWeak,
}

/// Whether the shop believes that it is reached over TLS. Loopback has none, so it is pretended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// It does: Basic and keys in the query are looked at.
    Pretended,
    /// It does not: only OAuth lets anybody in.
    Absent,
}

/// What the host does with the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationHeader {
    /// It arrives.
    Kept,
    /// The host strips it.
    Stripped,
}

/// Which plugin keeps tracking numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracking {
    /// None.
    None,
    /// The official Shipment Tracking.
    ShipmentTracking,
    /// Advanced Shipment Tracking.
    Advanced,
    /// The Fulfillments of WooCommerce itself.
    Fulfillments,
}

/// The gate of one shop.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) keys: Vec<Key>,
    pub(crate) tls: Tls,
    pub(crate) authorization: AuthorizationHeader,
    /// Nonces of OAuth that were used, with the second of their timestamp.
    pub(crate) nonces: Vec<(i64, String)>,
}

impl Gate {
    pub(crate) fn of(shop: &str) -> Gate {
        let digits = |salt: &str| {
            let hash = Hash::of(format!("{salt} of {shop}").as_bytes());
            hash.as_str()[..40].to_owned()
        };
        Gate {
            keys: vec![Key {
                consumer_key: format!("ck_{}", digits("key")),
                consumer_secret: format!("cs_{}", digits("secret")),
                right: KeyRight::ReadWrite,
            }],
            tls: Tls::Pretended,
            authorization: AuthorizationHeader::Kept,
            nonces: Vec::new(),
        }
    }
}

impl WorldShop {
    /// The key that may read and write, which every shop has from the start.
    pub fn key(&self) -> Key {
        self.with(|store, _| store.gate.keys[0].clone())
    }

    /// Adds a key.
    pub fn add_key(&self, key: Key) {
        self.with(|store, _| store.gate.keys.push(key));
    }

    /// Whether the shop believes that it is reached over TLS.
    pub fn set_tls(&self, tls: Tls) {
        self.with(|store, _| store.gate.tls = tls);
    }

    /// What the host does with the `Authorization` header.
    pub fn set_authorization(&self, header: AuthorizationHeader) {
        self.with(|store, _| store.gate.authorization = header);
    }

    /// Which plugin keeps tracking numbers.
    pub fn set_tracking(&self, tracking: Tracking) {
        self.with(|store, _| store.tracking = tracking);
    }

    /// The shop's zone: `Europe/Berlin`, and the same in the form of POSIX,
    /// `CET-1CEST,M3.5.0,M10.5.0/3`, so that no list of zones is needed on the machine.
    pub fn set_zone(&self, name: &str, posix: &str) {
        let zone = jiff::tz::TimeZone::posix(posix).expect("a zone in the form of POSIX");
        self.with(|store, _| {
            store.zone = zone;
            name.clone_into(&mut store.zone_name);
        });
    }
}
