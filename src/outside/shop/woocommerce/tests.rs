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
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path);
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
        for row in line.meta.iter().filter(|row| row.source != MetaSource::Hidden) {
            let value = row.value.replace('\n', "⏎");
            writeln!(text, "  {:?} {} = {value}", row.source, row.key).unwrap();
        }
    }
    text
}

/// Every order of `tests/data`, as `readings.txt` has them beside this file.
#[test]
fn every_order_reads_as_a_person_would() {
    let mut paths = Vec::new();
    for folder in ["woo", "woo-captured"] {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(root.join("tests/data").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.starts_with("order-") && !name.starts_with("order-note") {
                paths.push(format!("{folder}/{name}"));
            }
        }
    }
    paths.sort();
    let found: Vec<String> =
        paths.iter().map(|path| format!("## {path}\n{}", printed(&read(path)))).collect();
    let expected: Vec<&str> = include_str!("readings.txt").split("\n\n").collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.trim_end(), expected.trim_end(), "now:\n{found}");
    }
}

#[test]
fn a_page_of_a_real_shop_reads_and_bad_rows_name_what_is_wrong() {
    let Json::Array(rows) = data("woo-captured/orders-page.json") else {
        panic!("a page is a list");
    };
    for row in &rows {
        wire::order(row.clone(), &[], UPLOADS).unwrap();
    }
    let check = |change: &dyn Fn(&mut Json), expected: &str| {
        let mut row = rows[0].clone();
        change(&mut row);
        let error = wire::order(row, &[], UPLOADS).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    let without = |key: &'static str| {
        move |row: &mut Json| {
            row.as_object_mut().unwrap().remove(key);
        }
    };
    check(&without("line_items"), "line_items");
    check(&without("order_key"), "order_key");
    check(&without("total"), "total");
    check(&|row| row["total"] = "1,00".into(), "1,00");
    check(&|row| row["currency"] = "dollars".into(), "dollars");
    check(&|row| row["line_items"][0]["quantity"] = 0.5.into(), "0.5");
    check(&|row| row["line_items"][0]["quantity"] = (-1).into(), "-1");
    check(&|row| row["date_created_gmt"] = "yesterday".into(), "yesterday");
}

#[test]
fn types_that_php_changes_are_read_all_the_same() {
    let mut row = data("woo/order-simple-processing.json");
    let before = wire::order(row.clone(), &[], UPLOADS).unwrap();
    row["number"] = 1041.into();
    row["shipping"] = Json::Array(Vec::new());
    row["line_items"][0]["quantity"] = "1".into();
    row["line_items"][0]["sku"] = Json::Null;
    row["line_items"] = serde_json::json!({ "7": row["line_items"][0] });
    let after = wire::order(row, &[], UPLOADS).unwrap();
    assert_eq!(after.number, before.number);
    assert_eq!(after.recipient.city, before.recipient.city);
    assert_eq!(after.lines[0].quantity, 1);
    assert_eq!(after.lines[0].sku, "");
}

/// What only other versions of the plugins write, and what stores do to values on the way out.
#[test]
fn other_shapes_of_plugin_rows_are_read() {
    let check = |key: &str, value: Json, expected: &[(&str, &str)]| {
        let mut row = data("woo/order-simple-processing.json");
        row["line_items"][0]["meta_data"] = serde_json::json!([{ "key": key, "value": value }]);
        let order = wire::order(row, &[], UPLOADS).unwrap();
        let found: Vec<(&str, &str)> =
            order.lines[0].meta.iter().map(|row| (row.key.as_str(), row.value.as_str())).collect();
        assert_eq!(found, expected, "{key}");
    };
    use serde_json::json;
    check("Photo", json!("https://s.example/a b.jpg"), &[("Photo", "https://s.example/a%20b.jpg")]);
    check(" Name: ", json!("Zoe\u{301} &amp; Co\r\n❤"), &[("Name:", "Zoé & Co\n❤")]);
    check("Number", json!(7), &[("Number", "7")]);
    check("_blob", json!({ "a": 1 }), &[]);
    check("_pao_ids", json!([{ "key": "Name", "value": "Asha", "id": "1" }]), &[("Name", "Asha")]);
    check("_pao_ids", json!("broken"), &[]);
    check(
        "_tmcartepo_data",
        json!({ "0": { "name": "", "section_label": "Text", "value": "A &amp; B" } }),
        &[("Text", "A & B")],
    );
    check(
        "_wapf_meta",
        json!({ "fields": { "x": { "label": "Size", "type": "select", "raw": "l", "value": "Large" } } }),
        &[("Size", "Large")],
    );
    check(
        "_WCPA_order_meta_data",
        json!([{ "type": "text", "name": "t", "label": "Text", "value": "hi" }]),
        &[("Text", "hi")],
    );
    check("_WCPA_order_meta_data", json!(""), &[]);
    check(
        "_ppom_fields",
        json!({ "fields": { "id": "4", "colours": ["red", "blue"], "photo": { "o_1": { "org": "my dog.png" } } } }),
        &[
            ("colours", "red, blue"),
            (
                "photo",
                "https://shop.example.com/wp-content/uploads/ppom_files/confirmed/1041/210-my%20dog.png",
            ),
        ],
    );
    check("_fpd_data", json!("{broken"), &[]);
}
