//! A WooCommerce shop, spoken to over its REST interface.

pub mod webhook;
