//! Every order that was written down or captured, and how it is read.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::wire;
use crate::model::reading;
use crate::model::shop_order::{MetaSource, ShopOrder};

const UPLOADS: &str = "https://shop.example.com/wp-content/uploads";

fn data(path: &str) -> Json {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path);
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&bytes).unwrap()
}

fn read(path: &str) -> ShopOrder {
    let row = data(path);
    let refunds = match wire::has_refunds(&row) {
        true => vec![data("woo/refund-1060.json")],
        false => Vec::new(),
    };
    wire::order(row, &refunds, UPLOADS).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Status and payment, then each line with what the customer gave.
fn printed(order: &ShopOrder) -> String {
    let paid = ["processing".to_owned(), "completed".to_owned()];
    let standing = reading::standing(order, &paid, &["cod".to_owned()]);
    let mut text = format!(
        "{} {standing:?} {} to {} {} by “{}”\n",
        order.number,
        order.total,
        order.recipient.country,
        order.recipient.city,
        order.shipping_method,
    );
    for line in &order.lines {
        let left = line.quantity - line.refunded;
        writeln!(text, "{left} × {} [{}] {}", line.name, line.sku, line.total).unwrap();
        for row in line
            .meta
            .iter()
            .filter(|row| row.source != MetaSource::Hidden)
        {
            let value = row.value.replace('\n', "⏎");
            writeln!(text, "  {:?} {} = {value}", row.source, row.key).unwrap();
        }
    }
    text
}

#[test]
fn every_order_reads_as_a_person_would() {
    let check = |path: &str, expected: &str| {
        let found = printed(&read(path));
        let expected: Vec<&str> = expected.lines().map(|line| line.trim_start()).collect();
        let found: Vec<&str> = found.lines().map(|line| line.trim_start()).collect();
        assert_eq!(found, expected, "{path}\n{}", found.join("\n"));
    };
    check("woo/order-simple-processing.json", "");
}

#[test]
fn generate() {
    let mut out = String::new();
    let mut paths = Vec::new();
    for folder in ["woo", "woo-captured"] {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
        for entry in fs::read_dir(&root).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.starts_with("order-") && name.ends_with(".json") && !name.contains("note") {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort();
    for path in paths {
        writeln!(out, "## {path}\n{}", printed(&read(&path))).unwrap();
    }
    eprintln!("{out}");
}
