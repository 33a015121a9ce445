//! What CustomCat's documents mean, those written down and those observed.

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;
use crate::model::id::Hash;
use crate::model::problem::What;
use crate::model::provider_order::{Contents, Mode, ProviderFile, ProviderLine, Reach, Refusal};
use crate::model::recipient::Recipient;
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
    Answer { status, headers, reason: String::new(), body: body.as_bytes().to_vec() }
}

fn order() -> ProviderOrder {
    let file = |area: &str| ProviderFile {
        area: area.to_owned(),
        url: format!("https://files.example.com/{area}.png"),
        hash: Hash::of(b""),
        mockup: None,
    };
    ProviderOrder {
        reference: Reference::given("wb-1001"),
        mode: Mode::Live,
        recipient: Recipient {
            first_name: "Joe".to_owned(),
            state: "US-MI".to_owned(),
            country: "US".to_owned(),
            phone: "3135550100".to_owned(),
            email: "joe@example.com".to_owned(),
            ..Recipient::default()
        },
        shipping_method: "Economy".to_owned(),
        hook_url: String::new(),
        lines: vec![ProviderLine {
            key: "331".to_owned(),
            provider_sku: "45475".to_owned(),
            quantity: 2,
            files: vec![file("back"), file("chest")],
            texts: Vec::new(),
            title: "Shirt".to_owned(),
        }],
    }
}

/// The word `sandbox` is always there, as text; sender and placement only where they are set.
#[test]
fn an_order_says_what_is_set_and_always_whether_it_is_live() {
    let mut order = order();
    let document = wire::order(&order.reference, &order, &settings());
    assert_eq!((&document["sandbox"], &document["shipping_state"]), (&json!("0"), &json!("MI")));
    assert!(document.get("seller_name").is_none());
    assert_eq!(
        document["items"][0],
        json!({
            "catalog_sku": "45475", "quantity": 2, "line_item_id": "331",
            "design_url": "https://files.example.com/chest.png",
            "design_url_back": "https://files.example.com/back.png",
        })
    );
    let set = CustomCatSettings {
        seller: Seller { name: "Prints".to_owned(), country: "US".to_owned(), ..Seller::default() },
        presets: BTreeMap::from([("45475".to_owned(), 4), ("*".to_owned(), 2)]),
        embedded_dpi: true,
        ..settings()
    };
    order.mode = Mode::Test;
    order.lines.push(ProviderLine { provider_sku: "1".to_owned(), ..order.lines[0].clone() });
    let document = wire::order(&order.reference, &order, &set);
    assert_eq!((&document["sandbox"], &document["seller_name"]), (&json!("1"), &json!("Prints")));
    assert_eq!(document["seller_country"], "US");
    assert!(document.get("seller_zip").is_none());
    let items = &document["items"];
    assert_eq!((&items[0]["preset_id"], &items[1]["preset_id"]), (&json!(4), &json!(2)));
    assert_eq!(items[0]["use_embedded_dpi"], true);
    let mockup = ("https://files.example.com/worn.jpg".to_owned(), Hash::of(b"jpeg"));
    order.lines[0].files[0].mockup = Some(mockup);
    let document = wire::order(&order.reference, &order, &set);
    assert_eq!(document["items"][0]["mockup_url_back"], "https://files.example.com/worn.jpg");
    assert!(document["items"][0].get("mockup_url").is_none());
}

#[test]
fn what_cannot_be_told_is_said_before_anything_is_sent() {
    let check = |change: &dyn Fn(&mut ProviderOrder), expected: Option<What>| {
        let mut order = order();
        change(&mut order);
        assert_eq!(wire::misfit(&order).map(|problem| problem.what), expected);
    };
    check(&|_| {}, None);
    check(&|order| order.recipient.phone.clear(), Some(What::AddressIncomplete));
    check(&|order| order.recipient.email.clear(), Some(What::AddressIncomplete));
    check(&|order| order.lines[0].files.clear(), Some(What::ProviderNeeds));
    check(
        &|order| order.lines[0].files[0].url = "https://files.example.com/a.pdf".to_owned(),
        Some(What::ProviderNeeds),
    );
    check(
        &|order| {
            let third =
                ProviderFile { area: "sleeve".to_owned(), ..order.lines[0].files[0].clone() };
            order.lines[0].files.push(third);
        },
        Some(What::ProviderNeeds),
    );
}

/// 0.00 is no price, and what a variant costs may stand with its blank alone.
#[test]
fn variants_and_prices_are_read_in_every_form_that_was_seen() {
    let facts = |json: &str, product: &str| {
        let json = wire::document(json.as_bytes()).unwrap();
        let product = wire::document(product.as_bytes()).unwrap_or_default();
        goods::facts("45475", &json, &product, &settings())
    };
    let blank = r#"{"catalog_product_id":952,"title":"3001C","variants":[
        {"catalog_sku":"1","cost":1},
        {"catalog_sku":"45475","color":"Black","size":"S","cost":6.25}]}"#;
    let found = facts(r#"{"catalog_sku_id":45475,"in_stock":0,"catalog_product_id":952}"#, blank);
    let found = found.unwrap();
    assert_eq!((found.in_stock, found.title.as_str()), (Some(false), "3001C, Black, S"));
    assert_eq!(found.cost.unwrap().minor, 625);
    let found = facts(r#"{"CATALOG_SKU":"45475","IN_STOCK":"true","COST":"0.00"}"#, "").unwrap();
    assert_eq!((found.in_stock, found.cost), (Some(true), None));
    assert_eq!(facts(r#"{"catalog_sku_id":7,"in_stock":1}"#, ""), None);
    let price = |text: &str| goods::price(text, &settings()).map(|price| price.minor);
    assert_eq!([price("7.99"), price("\"7.99\""), price("$4")], [Some(799), Some(799), Some(400)]);
    assert_eq!([price("0.00"), price("0"), price(""), price("n/a")], [None; 4]);
    let line = &order().lines[0];
    let each = Money { minor: 625, currency: crate::model::money::Currency::parse("USD").unwrap() };
    assert_eq!(goods::line_minor(line, each), 2 * (625 + 500), "a second side is charged");
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
        answer(502, "", "Bad Gateway"),
        answer(304, "", ""),
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
    check(answer(400, "", r#"{"error":"a","error_description":"b","msg":"c"}"#), "a", Reach::Order);
    check(answer(400, "", r#"{"error_description":"b","msg":"c"}"#), "b", Reach::Order);
    check(answer(405, "", r#"{"MSG":"Method Not Allowed"}"#), "Method Not Allowed", Reach::Order);
    let phrased = |body: &str| Answer { reason: sku.to_owned(), ..answer(400, "", body) };
    check(phrased("<html>an error page</html>"), sku, Reach::Order);
    check(phrased(r#"{"ERROR":"first the document"}"#), "first the document", Reach::Order);
    check(phrased("last the body"), sku, Reach::Order);
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
