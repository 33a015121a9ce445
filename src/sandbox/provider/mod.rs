//! Print providers: what they took, made and charged, in the ways of CustomCat and ShineOn.
//!
//! `book` is a provider's own memory, `ledger` what it charged, `rules` what it refuses, `tell` the
//! calls that it makes itself, `port` the
//! [`Provider`](crate::outside::provider::Provider) that the flow asks, `answer` what it answers, and
//! `goods` what it sells.

mod answer;
mod book;
mod goods;
mod ledger;
mod port;
mod rules;
mod settings;
mod tell;

#[cfg(test)]
mod tests;

pub(crate) use self::book::{Book, ProviderEvent};
pub use self::book::{Mistake, ProviderAct};
pub use self::ledger::{LedgerEntry, LedgerFile, LedgerLine, Making, SentParcel};
pub use self::port::WorldProvider;
pub(crate) use self::rules::Verdict;
pub use self::settings::{
    Calls, CancelRule, Charge, Dialect, Duplicate, ErrorPlace, FirstState, Kind, ParcelPlan,
    ProviderSettings, QuoteRule, SandboxWord, SkuKind, Start,
};
pub use self::tell::OutgoingHook;
