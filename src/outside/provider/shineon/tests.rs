//! What ShineOn's documents mean.

use reqwest::header::HeaderMap;
use serde_json::json;

use super::*;
use crate::model::id::Hash;
use crate::model::provider_order::{Contents, Mode, ProviderFile, ProviderLine, Reach};
use crate::model::recipient::Recipient;
use crate::outside::http::{Answer, Observed};

fn settings() -> ShineOnSettings {
    let mut settings = ShineOnSettings::new("token".into());
    settings.properties.insert("motto".to_owned(), "Engraving Line 2".to_owned());
    settings
}

fn order() -> ProviderOrder {
    let text = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    ProviderOrder {
        reference: Reference::given("wb-1001"),
        mode: Mode::Test,
        recipient: Recipient {
            first_name: "Noa".to_owned(),
            address_1: "1 Herzl".to_owned(),
            city: "Haifa".to_owned(),
            country: "IL".to_owned(),
            ..Recipient::default()
        },
        shipping_method: "international".to_owned(),
        hook_url: "https://prints.example.com/hooks/provider/shineon/x".to_owned(),
        lines: vec![ProviderLine {
            key: "331".to_owned(),
            provider_sku: "PT-10204".to_owned(),
            quantity: 2,
            files: vec![ProviderFile {
                area: "pendant".to_owned(),
                url: "https://files.example.com/a.png".to_owned(),
                hash: Hash::of(b""),
            }],
            texts: vec![
                text("engraving-line-1", "Always"),
                text("motto", "Ever"),
                text("name", "Noa"),
            ],
            title: "Pendant".to_owned(),
        }],
    }
}

#[test]
fn an_order_names_lines_pictures_and_engravings() {
    let order = order();
    let document = wire::order(&order.reference, &order, &settings());
    let document = &document["order"];
    assert_eq!(document["test"], true);
    assert_eq!(document["ready"], 1);
    assert_eq!(document["shipping_address"]["province"], "Haifa");
    assert_eq!(
        document["line_items"][0],
        json!({
            "store_line_item_id": "331",
            "product_template": "PT-10204",
            "quantity": 2,
            "properties": {
                "print_url": "https://files.example.com/a.png",
                "engraving_line_1": "Always",
                "Engraving Line 2": "Ever",
            },
        })
    );
}

#[test]
fn answers_to_an_order_mean_what_they_can_have_done() {
    let order = order();
    let check = |status: u16, body: Json, expected: &str| {
        let answer =
            Answer { status, headers: HeaderMap::new(), body: body.to_string().into_bytes() };
        let found = meaning(Observed::Answer(answer), |answer| {
            wire::told(answer, &order.reference, &order)
        });
        let found = match found {
            Meaning::Yes(accepted) => accepted.provider_order_id,
            Meaning::Refused(refusal) => match refusal.reach {
                Reach::Order => format!("order: {}", refusal.problem.detail),
                Reach::Account => "account".to_owned(),
            },
            Meaning::NotSent { .. } => "not sent".to_owned(),
            Meaning::Unknown { .. } => "unknown".to_owned(),
        };
        assert_eq!(found, expected, "{status} {body}");
    };
    let line = |quantity: u32| json!([{ "store_line_item_id": "331", "quantity": quantity }]);
    let echo = |quantity| json!({ "order": { "id": 98765, "source_id": "wb-1001", "line_items": line(quantity) } });
    check(200, echo(2), "98765");
    check(201, echo(2), "98765");
    check(201, echo(1), "unknown");
    check(201, json!({ "order": { "id": 7, "source_id": "wb-7" } }), "unknown");
    check(200, json!({ "order": {} }), "unknown");
    check(406, json!({ "error": "requires svg" }), "order: requires svg");
    check(422, json!({ "error": "bad zip" }), "order: bad zip");
    check(422, json!({ "error": "source_id has already been taken" }), "unknown");
    check(400, json!({ "error": "sku is required" }), "order: sku is required");
    check(401, json!({ "error": "Unauthenticated" }), "account");
    check(429, json!({ "error": "Too Many Attempts." }), "not sent");
    check(500, json!({ "message": "Server Error" }), "unknown");
    check(404, json!("a page"), "unknown");
}

#[test]
fn lines_that_travel_together_are_one_parcel() {
    let line = |key: &str, number: &str| {
        json!({ "store_line_item_id": key, "quantity": 1,
            "tracking_company": "USPS", "tracking_number": number })
    };
    let check = |word: &str, expected: Progress, can_correct: bool| {
        let lines = [line("1", "9400"), line("2", "9400"), line("3", "9401"), line("4", "")];
        let row =
            json!({ "id": 7, "status": word, "on_hold_reason": "no art", "line_items": lines });
        let status = wire::status(&row).unwrap();
        assert_eq!((status.progress, status.can_correct), (expected, can_correct), "{word}");
        let contents: Vec<Contents> =
            status.parcels.into_iter().map(|parcel| parcel.contents).collect();
        let lines = |keys: &[&str]| {
            Contents::Lines(keys.iter().map(|key| ((*key).to_owned(), 1)).collect())
        };
        assert_eq!(contents, [lines(&["1", "2"]), lines(&["3"])]);
    };
    let held = Some("no art".to_owned());
    check("on_hold", Progress::Accepted { held }, true);
    check("awaiting_payment", Progress::Accepted { held: None }, true);
    check("in_production", Progress::InProduction, false);
    check("shipped", Progress::Shipped, false);
    check("cancelled", Progress::Cancelled, false);
    check("engraved by elves", Progress::Unknown, false);
    assert!(wire::status(&json!({ "id": 7 })).is_err());
}

#[test]
fn hooks_are_hints() {
    let provider = ShineOn::new(settings());
    let hint = |body: Json| provider.read_hook("", body.to_string().as_bytes());
    let by_id = Hint::LookById { provider_order_id: "20039".to_owned() };
    let body = json!({ "order": { "id": 20039, "source_id": "", "store_order_id": "1011" } });
    assert_eq!(hint(body), Ok(by_id));
    let by_reference = Hint::Look { reference: Reference::given("1011"), tracking_url: None };
    assert_eq!(hint(json!({ "order": { "store_order_id": "1011" } })), Ok(by_reference));
    assert_eq!(hint(json!({ "hello": 1 })), Ok(Hint::Nothing));
    assert!(provider.read_hook("", b"hello").is_err());
}
