//! What CustomCat's documents mean, those written down and those observed.

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;
use crate::model::provider_order::{Contents, Reach, Refusal};
use crate::outside::http::{Answer, Observed};

fn settings() -> CustomCatSettings {
    CustomCatSettings {
        key_read_only: Some("READ".into()),
        ..CustomCatSettings::new("WRITE".into())
    }
}

fn answer(status: u16, header: &'static str, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    if !header.is_empty() {
        headers.insert("x-fail-message", HeaderValue::from_static(header));
    }
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

fn read(answer: Answer) -> Meaning<Accepted, Refusal> {
    let reference = Reference::given("wb-1001");
    meaning(Observed::Answer(answer), |answer| wire::told(answer, &reference))
}

#[test]
fn answers_to_an_order_mean_what_they_can_have_done() {
    let yes =
        r#"{"ORDER_ID":"wb-1001","MSG":"Order added successfully","CUSTOMCAT_ORDER_ID":"184D"}"#;
    let found = read(answer(200, "", yes));
    assert!(matches!(found, Meaning::Yes(accepted) if accepted.provider_order_id == "184D"));
    for unclear in [
        answer(200, "", r#"{"MSG":"Order added successfully"}"#),
        answer(200, "", &yes.replace("wb-1001", "wb-7")),
        answer(200, "", r#"{"MSG":"Invalid state","CUSTOMCAT_ORDER_ID":""}"#),
        answer(200, "", "<html>"),
        answer(400, "Duplicate Order", ""),
        answer(400, "", r#"{"ERROR":"Duplicate Order"}"#),
        answer(500, "", "Internal Server Error"),
        answer(403, "", "<html>Just a moment</html>"),
    ] {
        let found = read(unclear.clone());
        assert!(matches!(found, Meaning::Unknown { .. }), "{unclear:?}: {found:?}");
    }
}

#[test]
fn refusals_are_read_wherever_their_words_stand() {
    let check = |answer: Answer, words: &str, reach: Reach| {
        let Meaning::Refused(refusal) = read(answer) else {
            panic!("{words} is a refusal");
        };
        assert_eq!(refusal.problem.detail, words);
        assert_eq!(refusal.reach, reach, "{words}");
    };
    let sku = "There is an issue with the order. SKU: 45475";
    check(answer(400, "Invalid state", "<html>"), "Invalid state", Reach::Order);
    check(answer(400, "", &json!({ "ERROR": sku }).to_string()), sku, Reach::Order);
    check(answer(400, "", r#"{"msg":"Invalid Country"}"#), "Invalid Country", Reach::Order);
    check(answer(400, "", "Customer Email Required"), "Customer Email Required", Reach::Order);
    check(answer(400, "Charge Failed", ""), "Charge Failed", Reach::Account);
    check(answer(401, "Unauthorized", ""), "Unauthorized", Reach::Account);
    check(answer(403, "", r#"{"ERROR":"Forbidden"}"#), "Forbidden", Reach::Account);
    let address = json!({
        "error_description": "Conflicting ZIP Code/city/state information.",
        "suggestions": [{ "address1": "1 Main St", "address2": "", "city": "Detroit",
            "state": "MI", "zipcode": "48216", "country": "US" }],
    });
    let Meaning::Refused(refusal) = read(answer(400, "", &address.to_string())) else {
        panic!("a bad address is a refusal");
    };
    assert_eq!(refusal.suggestions, ["1 Main St, Detroit, MI, 48216, US"]);
}

#[test]
fn every_status_word_is_mapped_and_an_unknown_one_is_never_shipped() {
    let check = |word: &str, lines: &[&str], expected: Progress| {
        let lines: Vec<Json> = lines.iter().map(|line| json!({ "STATUS": line })).collect();
        let body = json!({
            "ORDER_ID": "wb-1", "CUSTOMCAT_ORDER_ID": "184D", "ORDER_STATUS": word,
            "ORDER_TOTAL": "19.47", "LINE_ITEMS": lines,
            "SHIPMENTS": [{ "TRACKING_ID": "9274", "VENDOR": "UPS", "NUMBER_ITEMS": 1 }],
        });
        let json = wire::document(body.to_string().as_bytes()).unwrap();
        let status = wire::status(&json, &settings()).unwrap();
        assert_eq!(status.progress, expected, "{word}");
        assert_eq!(status.parcels[0].contents, Contents::Pieces(1));
        assert!(status.parcels[0].tracking_url.contains("ups.com"));
        assert_eq!(status.price.unwrap().minor, 1947);
    };
    check("Pending", &["Processing"], Progress::Accepted { held: None });
    check("in queue", &[], Progress::Accepted { held: None });
    check("VERIFIED", &["Failed QA"], Progress::InProduction);
    check("Shipped", &["Shipped"], Progress::Shipped);
    check("Verified", &["Cancelled", "Cancelled"], Progress::Cancelled);
    check("Verified", &["Cancelled", "Printed"], Progress::InProduction);
    check("Sent to the moon", &[], Progress::Unknown);
}

#[test]
fn hooks_are_hints_and_another_key_is_refused() {
    let provider = CustomCat::new(settings());
    let shipped = json!({
        "api_key": "READ", "order_id": "wb-1001", "customcat_order_id": "184D",
        "tracker_number": "9274", "tracking_url": "https://carrier.example/9274",
    });
    let hint = provider.read_hook("order-shipped", shipped.to_string().as_bytes());
    let expected = Hint::Look {
        reference: Reference::given("wb-1001"),
        tracking_url: Some(("9274".to_owned(), "https://carrier.example/9274".to_owned())),
    };
    assert_eq!(hint, Ok(expected));
    let forged = shipped.to_string().replace("READ", "OTHER");
    assert!(provider.read_hook("order-shipped", forged.as_bytes()).is_err());
    assert!(provider.read_hook("order-shipped", b"hello").is_err());
    let rejected = json!({ "design_url": "https://x", "reason": "too small",
        "orders": [{ "order_id": "wb-1001" }] });
    let hint = provider.read_hook("design-rejected", rejected.to_string().as_bytes());
    assert!(matches!(hint, Ok(Hint::DesignRejected { reason, .. }) if reason == "too small"));
    let product = json!({ "api_key": "READ", "product_id": "1" }).to_string();
    assert_eq!(provider.read_hook("product-created", product.as_bytes()), Ok(Hint::Nothing));
}
