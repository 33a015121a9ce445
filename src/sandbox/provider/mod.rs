//! Print providers: what they took, made and charged, in the ways of CustomCat and ShineOn.
//!
//! `book` is a provider's own memory, `ledger` what it charged, `rules` what it refuses, `tell` the
//! calls that it makes itself, `port` the
//! [`Provider`](crate::outside::provider::Provider) that the flow asks.

mod book;
mod ledger;
mod port;
mod rules;
mod settings;
mod tell;

#[cfg(test)]
mod tests;

pub use self::book::ProviderAct;
pub(crate) use self::book::{Book, ProviderEvent};
pub use self::ledger::{LedgerEntry, LedgerFile, LedgerLine, Making, SentParcel};
pub use self::port::WorldProvider;
pub(crate) use self::rules::Verdict;
pub use self::settings::{
    CancelRule, Charge, Dialect, Duplicate, ErrorPlace, Kind, ParcelPlan, ProviderSettings,
    SkuKind, Start,
};
pub use self::tell::OutgoingHook;
