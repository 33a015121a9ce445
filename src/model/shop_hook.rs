//! A shop's webhook, as far as it can be read back: neither secret nor failures are ever told.

/// What is announced to us. Each topic has a webhook of its own.
pub const TOPICS: [&str; 4] = ["order.created", "order.updated", "order.deleted", "order.restored"];

/// A webhook that the shop has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHook {
    /// The shop's id of it.
    pub id: i64,
    /// What people see.
    pub name: String,
    /// `order.created` …
    pub topic: String,
    /// Where it goes.
    pub url: String,
    /// `active`, `paused` or `disabled`.
    pub status: String,
}

/// A webhook as we want it.
#[derive(Clone, PartialEq, Eq)]
pub struct WantedHook {
    /// Names us, the topic and which secret it was made with: the secret itself cannot be read back.
    pub name: String,
    /// `order.created` …
    pub topic: &'static str,
    /// Where it goes.
    pub url: String,
    /// Signs its deliveries: letters and digits alone, which no shop changes.
    pub secret: String,
}

impl KnownHook {
    /// Why it is not the one that is wanted; `None` when it is.
    pub fn fault(&self, wanted: &WantedHook) -> Option<&'static str> {
        if self.url != wanted.url {
            return Some("went to another address");
        }
        if self.name != wanted.name {
            return Some("had another secret");
        }
        match self.status.as_str() {
            "active" => None,
            "paused" => Some("was paused"),
            _ => Some("was switched off by the shop, which could not deliver"),
        }
    }
}
