//! A WooCommerce shop: its orders, what people do in it, what it tells others.
//!
//! `store` is the shop's own memory and rules, `people` what customers and merchants do, `port` the
//! [`Shop`](crate::outside::shop::Shop) that the flow asks, `hook` its webhooks, `document` its
//! orders in its own words.

mod cart;
mod document;
mod gate;
pub(crate) mod hook;
pub(crate) mod order;
mod people;
mod port;
pub(crate) mod store;

#[cfg(test)]
mod tests;

pub(crate) use self::cart::dollars;
pub use self::cart::{Cart, CartLine, Pay, a_recipient};
pub(crate) use self::document::plain;
pub use self::gate::{AuthorizationHeader, Key, KeyRight, Tls, Tracking};
pub use self::hook::{OutgoingDelivery, sign};
pub use self::people::ShopAct;
pub use self::port::WorldShop;
pub(crate) use self::store::{ShopEvent, Store};
