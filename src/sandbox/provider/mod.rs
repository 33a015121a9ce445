//! Print providers: what they took, made and charged, in the ways of CustomCat and ShineOn.
//!
//! `book` is a provider's own memory and its ledger of charges, `rules` what it refuses, `port` the
//! [`Provider`](crate::outside::provider::Provider) that the flow asks.

mod book;
mod port;
mod rules;
mod settings;

#[cfg(test)]
mod tests;

pub(crate) use self::book::{Book, ProviderEvent};
pub use self::book::{
    LedgerEntry, LedgerFile, LedgerLine, Making, OutgoingHook, ProviderAct, SentParcel,
};
pub use self::port::WorldProvider;
pub(crate) use self::rules::Verdict;
pub use self::settings::{
    CancelRule, Charge, Duplicate, ErrorPlace, Kind, ParcelPlan, ProviderSettings, SkuKind, Start,
};
