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
                mockup: None,
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
    let told = wire::order(&order.reference, &order, &settings(), &Templates::new(), 1);
    let (version, document) = told.unwrap();
    assert_eq!(version, "v1");
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

/// A blank with keys of its own is ordered in version 2, under these keys.
#[test]
fn a_blank_with_keys_is_told_in_version_2() {
    let settings = settings();
    let key = |key: &str, kind: &str, required: bool| json!({ "key": key, "type": kind, "required": required });
    let blank = |keys: Vec<Json>| {
        json!({ "product_template": "PT-10204", "title": "Pendant", "base_cost": "14.50",
            "upload_min_width": "1000", "upload_min_height": 1788, "personalizations": keys })
    };
    let keys = vec![
        key("front", "image_url", true),
        key("engraving_line_1", "text", false),
        key("engraving_line_2", "text", false),
    ];
    // Bare, and wrapped as the old draft has it.
    let wrapped = json!({ "product_template": blank(keys.clone()) });
    let template = goods::template("PT-10204", &wrapped, &settings).unwrap();
    assert_eq!(goods::template("PT-10204", &blank(keys), &settings), Some(template.clone()));
    assert_eq!(goods::template("PT-1", &wrapped, &settings), None);
    assert_eq!(template.facts.cost.unwrap().minor, 1450);
    assert_eq!(template.facts.artwork.unwrap().height_px, 1788);
    let told = |template: Template, order: &ProviderOrder| {
        let templates = Templates::from([("PT-10204".to_owned(), Some(template))]);
        wire::order(&order.reference, order, &settings, &templates, 0)
    };
    let (version, document) = told(template.clone(), &order()).unwrap();
    assert_eq!((version, &document["order"]["ready"]), ("v2", &json!(0)));
    let expected = json!([
        { "key": "front", "value": "https://files.example.com/a.png" },
        { "key": "engraving_line_1", "value": "Always" },
        { "key": "engraving_line_2", "value": "Ever" },
    ]);
    assert_eq!(document["order"]["line_items"][0]["personalizations"], expected);

    // SVG alone, and our file is a PNG: nothing is sent.
    let svg = goods::template("PT-10204", &blank(vec![key("front", "svg_url", true)]), &settings);
    let problem = told(svg.unwrap(), &order()).unwrap_err();
    assert!(problem.detail.contains("takes SVG only"), "{problem}");
    // Two versions do not go into one order.
    let mut mixed = order();
    mixed.lines.push(ProviderLine { provider_sku: "SO-1".to_owned(), ..mixed.lines[0].clone() });
    let problem = told(template, &mixed).unwrap_err();
    assert!(problem.detail.contains("an order of its own"), "{problem}");
    // A blank that is not there.
    let templates = Templates::from([("PT-10204".to_owned(), None)]);
    let problem = wire::order(&order().reference, &order(), &settings, &templates, 1).unwrap_err();
    assert!(problem.detail.contains("no blank PT-10204"), "{problem}");
}

#[test]
fn a_product_says_by_its_signs_what_it_needs() {
    let check = |signs: Json, expected: &[&str]| {
        let json = json!({ "sku": { "sku": "SO-1", "base_cost": 9.95, "properties": signs } });
        let facts = goods::product("SO-1", &json, &settings()).unwrap();
        let keys: Vec<&str> = facts.needs.iter().map(|need| need.key.as_str()).collect();
        assert_eq!(keys, expected);
    };
    check(json!({ "buyer_uploads": 1, "engravings": 0 }), &["print_url"]);
    check(json!({ "engravings": 2 }), &["Engraving Line 1", "Engraving Line 2"]);
    check(json!({ "size_option": true }), &["Size (US)"]);
    check(json!({}), &[]);
}

/// Each difference between what was sent and what is there is told; nothing else is one.
#[test]
fn an_order_that_was_read_back_is_compared_word_by_word() {
    let order = order();
    let told = wire::order(&order.reference, &order, &settings(), &Templates::new(), 0);
    let ours = told.unwrap().1["order"].clone();
    let check = |change: &dyn Fn(&mut Json), expected: &[&str]| {
        let mut theirs = ours.clone();
        theirs["shipping_address"]["city"] = "HAIFA ".into();
        theirs["line_items"][0]["quantity"] = "2".into();
        change(&mut theirs);
        assert_eq!(echo::differences(&ours, &theirs), expected);
    };
    check(&|_| {}, &[]);
    check(
        &|one| one["line_items"][0]["quantity"] = 3.into(),
        &["line 331 has 3 pieces instead of 2"],
    );
    check(&|one| one["test"] = false.into(), &["live and test are exchanged"]);
    check(
        &|one| one["line_items"][0]["product_template"] = "PT-1".into(),
        &["line 331 is another product"],
    );
    check(
        &|one| one["line_items"][0]["properties"]["print_url"] = "https://x/b.png".into(),
        &["line 331 has another picture or text", "line 331 has a picture too many"],
    );
    check(
        &|one| one["line_items"][0]["properties"] = Json::Null,
        &["line 331 has another picture or text"],
    );
    check(&|one| one["shipping_address"]["zip"] = "9".into(), &["the zip of the address differs"]);
    check(
        &|one| one["line_items"] = json!([]),
        &["it has 0 lines instead of 1", "line 331 is missing"],
    );
}

#[test]
fn answers_to_an_order_mean_what_they_can_have_done() {
    let order = order();
    let check = |status: u16, body: Json, expected: &str| {
        let answer = Answer {
            status,
            headers: HeaderMap::new(),
            reason: String::new(),
            body: body.to_string().into_bytes(),
        };
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
    let silent = wire::status(&json!({ "id": 7, "status": "on_hold" })).unwrap();
    assert_eq!(silent.progress, Progress::Accepted { held: Some(String::new()) });
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
