//! Everyone we talk to, each behind a trait.

pub mod backup_folder;
pub mod bundle;
pub mod carrier;
pub mod clock;
pub mod design_folder;
pub mod fetch;
pub mod files;
pub mod guard;
pub mod http;
pub mod machine;
pub mod mail;
pub mod meter;
pub mod ping;
pub mod press;
pub mod provider;
pub mod shop;
