//! A day with an order in every state, served for people who look at the pages.
//!
//! Run `cargo run --example showroom`, then open <http://127.0.0.1:18480> and log in as `ann` with
//! the password `showroom`. Another address may be given: `-- 127.0.0.1:18481`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::showroom;

const ADDRESS: &str = "127.0.0.1:18480";

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| ADDRESS.to_owned());
    let (_day, pages) = showroom::pages(&address).await;
    let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
    println!("http://{address}, as ann with the password {}", showroom::PASSWORD);
    axum::serve(listener, pages).await.unwrap();
}
