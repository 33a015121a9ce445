//! An order on hold, read back: what of it differs from what was sent.

use serde_json::Value as Json;

use super::wire::text;
use crate::model::sku::plain;

/// What of `theirs` (their `order`) differs from `ours` (the `order` of the document that was sent), in
/// words without anything of the recipient's.
pub(super) fn differences(ours: &Json, theirs: &Json) -> Vec<String> {
    let mut found = Vec::new();
    if !theirs["test"].is_null() && theirs["test"] != ours["test"] {
        found.push("live and test are exchanged".to_owned());
    }
    lines(ours, theirs, &mut found);
    address(&ours["shipping_address"], &theirs["shipping_address"], &mut found);
    found
}

fn rows(order: &Json) -> Vec<&Json> {
    order["line_items"].as_array().into_iter().flatten().collect()
}

fn lines(ours: &Json, theirs: &Json, found: &mut Vec<String>) {
    let (ours, theirs) = (rows(ours), rows(theirs));
    if ours.len() != theirs.len() {
        found.push(format!("it has {} lines instead of {}", theirs.len(), ours.len()));
    }
    for line in ours {
        let key = text(&line["store_line_item_id"]);
        let same = theirs.iter().find(|row| text(&row["store_line_item_id"]) == key);
        let Some(row) = same else {
            found.push(format!("line {key} is missing"));
            continue;
        };
        if text(&row["quantity"]) != text(&line["quantity"]) {
            let (theirs, ours) = (text(&row["quantity"]), text(&line["quantity"]));
            found.push(format!("line {key} has {theirs} pieces instead of {ours}"));
        }
        let name = |row: &Json| {
            let names = [&row["sku"], &row["product_template"]].map(text);
            names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>()
        };
        if !name(line).iter().all(|wanted| name(row).contains(wanted)) {
            found.push(format!("line {key} is another product"));
        }
        wishes(&key, line, row, found);
    }
}

/// Compared by their values: which of the two forms an answer has is not told.
fn wishes(key: &str, ours: &Json, theirs: &Json, found: &mut Vec<String>) {
    let (wanted, told) = (values(ours), values(theirs));
    if wanted.iter().any(|value| !told.contains(value)) {
        found.push(format!("line {key} has another picture or text"));
    }
    let is_address =
        |value: &&String| value.starts_with("http://") || value.starts_with("https://");
    if told.iter().filter(is_address).any(|value| !wanted.contains(value)) {
        found.push(format!("line {key} has a picture too many"));
    }
}

fn values(line: &Json) -> Vec<String> {
    let mut values = Vec::new();
    for place in ["properties", "personalizations"] {
        match &line[place] {
            Json::Object(map) => {
                let rows = map.iter().filter(|(key, _)| plain(key) != "engraving_font");
                values.extend(rows.map(|(_, value)| text(value)));
            }
            Json::Array(rows) => values.extend(rows.iter().map(|row| text(&row["value"]))),
            _ => {}
        }
    }
    values.extend(Some(text(&line["print_url"])));
    values.retain(|value| !value.is_empty());
    values
}

fn address(ours: &Json, theirs: &Json, found: &mut Vec<String>) {
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    for key in ["name", "address1", "address2", "city", "zip", "country_code", "province_code"] {
        let (wanted, told) = (text(&ours[key]), text(&theirs[key]));
        let is_optional = matches!(key, "address2" | "province_code");
        if is_optional && (wanted.is_empty() || theirs[key].is_null()) {
            continue;
        }
        if !same(&wanted, &told) {
            found.push(format!("the {key} of the address differs"));
        }
    }
}
