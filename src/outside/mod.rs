//! Everyone we talk to, each behind a trait.

pub mod carrier;
pub mod clock;
pub mod design_folder;
pub mod fetch;
pub mod files;
pub mod guard;
pub mod http;
pub mod mail;
pub mod press;
pub mod provider;
pub mod shop;
