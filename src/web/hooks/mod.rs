//! Calls from the shop and from providers: checked, stored or turned into a job, and answered.

pub mod provider;
pub mod shop;
