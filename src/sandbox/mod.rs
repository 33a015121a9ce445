//! A whole simulated world: shops, print providers, a mailbox, people, and what goes wrong.
//!
//! It is not a set of mocks: every part keeps its own state and follows the other side's own rules,
//! as the references describe them. It names `model` and the traits of `outside`, never a `wire`
//! or a `client`, so that it cannot share their mistakes.
//!
//! What always holds: one seed and the same calls give the same trace; nothing here waits, reads
//! the machine's clock or opens a connection (its HTTP face aside).

pub mod clock;
pub mod fault;
pub mod http;
pub mod world;

pub mod mailbox;
pub mod photos;
pub mod press;
pub mod provider;
pub mod shop;

mod core;
mod document;

#[cfg(test)]
mod tests;

pub use self::clock::HandClock;
pub use self::fault::{Call, Fault, HttpFault};
pub use self::http::HttpFace;
pub use self::mailbox::{ShopMail, WorldMailer};
pub use self::photos::WorldFetch;
pub use self::press::{PressMark, WorldPress};
pub use self::provider::{LedgerEntry, OutgoingHook, ProviderAct, WorldProvider};
pub use self::shop::{Cart, CartLine, OutgoingDelivery, Pay, ShopAct, WorldShop};
pub use self::world::{Action, World};
