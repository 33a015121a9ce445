//! Every switch of the fake providers, each in a test.
//!
//! | CustomCat | test |
//! |---|---|
//! | line stations while it is made | `an_order_passes_every_station` |
//! | duplicate: 400, or the same number | `provider::the_same_reference_again_is_never_taken_for_a_refusal` |
//! | cancel while pending, or never | `provider::a_cancel_counts_when_it_is_read_back` |
//! | place of an error's words | `provider::a_refusal_is_definite_and_says_why` |
//! | partial shipment | `a_part_leaves_first_and_is_told` |
//! | missing telephone number: 500 | `what_is_missing_breaks_or_is_refused`, sandbox `refusals_say_how_far_they_reach` |
//! | address check, failed charge | `provider::a_bad_address_comes_with_suggestions_and_a_failed_charge_stops_the_account` |
//! | out of stock | `goods::a_variant_says_what_it_is_and_needs`, `provider::a_refusal_is_definite_and_says_why` |
//! | total as text, `in queue` | `provider::orders_are_followed_until_they_have_left` |
//! | accepts, then drops the connection | `provider::whatever_happens_on_the_way_is_unknown_and_never_two_orders` |
//! | downloads, and rejects what is no PNG or JPEG | `no_svg_is_taken_by_customcat`, sandbox `a_file_that_is_no_picture_is_rejected_through_the_hook` |
//! | hook repeated, out of order, never sent | `hooks_come_twice_late_or_never` |
//! | key in query or body, keys in any case | `a_key_is_read_in_either_place` |
//! | `sandbox` absent: live, or refused | `what_is_missing_breaks_or_is_refused` |
//! | quote of 0.00 | `goods::an_order_is_quoted_and_nothing_is_free` |
//! | webhooks, 304 | `hooks_are_made_moved_and_dropped` |
//!
//! | ShineOn | test |
//! |---|---|
//! | bearer | `provider::keys_and_catalogue_can_be_asked` |
//! | no address to report to: 406, no sku: 406 | `what_is_missing_breaks_or_is_refused` |
//! | kinds of products, SVG alone | `goods::what_cannot_be_told_is_known_before_it_is_sent`, sandbox `svg_templates_and_engravings_are_checked` |
//! | keys of a blank in version 2 alone | `goods::a_blank_is_ordered_by_its_own_keys` |
//! | replaced outside the early states: 422 | `provider::a_design_is_corrected_until_it_is_made` |
//! | cancel: 202 and nothing | `provider::a_cancel_counts_when_it_is_read_back` |
//! | begins on hold, or awaiting payment | `an_order_begins_as_its_account_lets_it` |
//! | placed on hold, compared, released | `an_order_on_hold_is_read_back_and_released` |
//! | duplicate: accepted, or 422 | `provider::two_orders_under_one_reference_never_look_like_ours`, `provider::the_same_reference_again_is_never_taken_for_a_refusal` |
//! | billing run by the test's clock | sandbox `shineon_bills_at_its_runs_and_takes_corrections_until_then` |
//! | call with an empty `source_id`, with and without tracking | `a_call_is_read_with_and_without_tracking` |
//! | call twice | `hooks_come_twice_late_or_never` |
//! | 429 with and without `Retry-After` | `provider::turned_away_unread_is_not_sent`, `too_many_calls_without_a_wish_are_not_sent` |
//! | time-out after it was taken | `provider::whatever_happens_on_the_way_is_unknown_and_never_two_orders` |
//! | answers 200 or 201 | `both_words_for_yes_are_a_yes` |

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use url::Url;
use woodblock::model::fulfilment::{Intent, Release, ReleasePermit, SubmitPermit};
use woodblock::model::provider_order::{Hint, Progress};
use woodblock::outside::provider::shineon::{ShineOn, ShineOnSettings};
use woodblock::outside::provider::{Provider, SubmitError};
use woodblock::sandbox::provider::{
    Calls, ErrorPlace, FirstState, Making, Mistake, ParcelPlan, ProviderAct, SandboxWord, Start,
};
use woodblock::sandbox::{Call, Fault, HttpFault};

use super::provider::{Bench, Face, Kind, benches};
use super::quick;

const FACES: [Face; 2] = [Face::World, Face::Http];
const HOUR: Duration = Duration::from_secs(3_600);

async fn post(url: &str, body: &Json) -> (u16, String) {
    let client = woodblock::outside::http::client().no_proxy().build().unwrap();
    let answer = client.post(url).body(body.to_string()).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap())
}

async fn get(url: &str) -> Json {
    let client = woodblock::outside::http::client().no_proxy().build().unwrap();
    let text = client.get(url).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

fn key(bench: &Bench) -> String {
    let mut key = String::new();
    bench.seat.set(|settings| key.clone_from(&settings.key));
    key
}

/// CustomCat's document of a good order, without a key.
fn customcat_order(bench: &Bench) -> Json {
    json!({
        "SHIPPING_FIRST_NAME": "Joe", "shipping_last_name": "Testing",
        "shipping_address1": "1300 Rosa Parks Blvd", "shipping_city": "Detroit",
        "shipping_state": "MI", "shipping_zip": "48216", "shipping_country": "US",
        "shipping_email": "a@example.com", "shipping_phone": "3135550100",
        "shipping_method": "Economy", "sandbox": "1",
        "items": [{ "catalog_sku": "45475", "quantity": 1, "design_url": bench.file }],
    })
}

#[tokio::test]
async fn an_order_passes_every_station() {
    let bench = Bench::of(Kind::CustomCat, Face::Http).await;
    bench.seat.set(|settings| settings.start = Start::After(HOUR));
    let order = bench.order("wb-1");
    let id = bench.submit(&order).await.unwrap().provider_order_id;
    let url = bench.lab.face.customcat_url("p");
    let url = format!("{url}/order/status/wb-1?api_key={}", key(&bench));
    let begin = bench.seat.ledger()[0].accepted_at;
    let mut seen = Vec::new();
    for hours in [0, 2, 14, 26, 38, 50] {
        bench.lab.set(begin.plus(HOUR * hours));
        let line = get(&url).await["LINE_ITEMS"][0]["STATUS"].as_str().unwrap().to_owned();
        seen.push(line);
        let status = bench.subject.status(&order.reference, &id).await.unwrap().unwrap();
        assert_eq!(status.progress == Progress::Shipped, 49 <= hours);
    }
    let all = ["Processing", "Picked/Received", "Printed", "Binned", "Ready to Ship", "Shipped"];
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_part_leaves_first_and_is_told() {
    for bench in benches().await {
        bench.seat.set(|settings| {
            settings.start = Start::After(HOUR);
            settings.parcels = ParcelPlan::Two { gap: 24 * HOUR };
        });
        let order = bench.order("wb-1");
        let id = bench.submit(&order).await.unwrap().provider_order_id;
        bench.lab.set(bench.seat.ledger()[0].accepted_at.plus(50 * HOUR));
        let status = bench.subject.status(&order.reference, &id).await.unwrap().unwrap();
        assert_eq!(status.progress, Progress::InProduction, "{}", bench.name());
        assert_eq!(status.parcels.len(), 1);
        bench.lab.run_out();
        let status = bench.subject.status(&order.reference, &id).await.unwrap().unwrap();
        // ShineOn's lines hold one number each: the newest.
        let newest_only = bench.kind == Kind::ShineOn && bench.face == Face::Http;
        let parcels = if newest_only { 1 } else { 2 };
        assert_eq!((status.progress, status.parcels.len()), (Progress::Shipped, parcels));
    }
}

#[tokio::test]
async fn a_key_is_read_in_either_place() {
    let bench = Bench::of(Kind::CustomCat, Face::Http).await;
    let (url, key) = (bench.lab.face.customcat_url("p"), key(&bench));
    let mut inside = customcat_order(&bench);
    inside["API_KEY"] = key.clone().into();
    assert_eq!(post(&format!("{url}/order/a"), &inside).await.0, 200);
    let outside = customcat_order(&bench);
    assert_eq!(post(&format!("{url}/order/b?api_key={key}"), &outside).await.0, 200);
    assert_eq!(post(&format!("{url}/order/c"), &outside).await.0, 401);
    assert_eq!(bench.seat.ledger().len(), 2);
    assert_eq!(bench.seat.ledger()[0].recipient.first_name, "Joe", "whatever the case of its key");
}

#[tokio::test]
async fn what_is_missing_breaks_or_is_refused() {
    let bench = Bench::of(Kind::CustomCat, Face::Http).await;
    bench.seat.set(|settings| settings.error_place = ErrorPlace::Json);
    let url = format!("{}/order", bench.lab.face.customcat_url("p"));
    let send = async |name: &str, change: &dyn Fn(&mut Json)| {
        let mut order = customcat_order(&bench);
        change(&mut order);
        post(&format!("{url}/{name}?api_key={}", key(&bench)), &order).await
    };
    assert_eq!(send("a", &|order| order["shipping_phone"] = "".into()).await.0, 500);
    assert_eq!(send("b", &|order| order["shipping_email"] = "".into()).await.0, 400);
    let unmarked = |order: &mut Json| {
        order.as_object_mut().unwrap().remove("sandbox");
    };
    assert_eq!(send("c", &unmarked).await.0, 200, "it is live");
    bench.seat.set(|settings| settings.sandbox_word = SandboxWord::Demanded);
    assert_eq!(send("d", &unmarked).await.0, 400);
    // What we send always has the word.
    bench.submit(&bench.order("wb-1")).await.unwrap();
    for face in FACES {
        let bench = Bench::of(Kind::ShineOn, face).await;
        let mut order = bench.order("wb-1");
        order.hook_url.clear();
        let refused = bench.submit(&order).await;
        assert!(matches!(refused, Err(SubmitError::Refused(_))), "{refused:?}");
        let mut order = bench.order("wb-1");
        order.lines[0].provider_sku.clear();
        if face == Face::Http {
            let refused = bench.submit(&order).await;
            assert!(matches!(refused, Err(SubmitError::Refused(_))), "{refused:?}");
        }
        assert!(bench.seat.ledger().is_empty());
    }
}

#[tokio::test]
async fn no_svg_is_taken_by_customcat() {
    let bench = Bench::of(Kind::CustomCat, Face::World).await;
    bench.lab.world.serve_files_with(|_| Some(b"<svg/>".to_vec()));
    bench.seat.listen("design-rejected", "https://prints.example.test/x");
    bench.submit(&bench.order("wb-1")).await.unwrap();
    let calls = bench.lab.world.take_hook_calls(bench.seat.ledger()[0].accepted_at);
    assert!(calls.iter().any(|call| call.topic == "design-rejected"), "{calls:?}");
}

/// A call is a hint: whether it comes twice, late or never changes nothing but the time.
#[tokio::test]
async fn hooks_come_twice_late_or_never() {
    for kind in [Kind::CustomCat, Kind::ShineOn] {
        let expected = [
            (None, 1, 0),
            (Some(Fault::HookDoubled), 2, 0),
            (Some(Fault::HookDropped), 0, 0),
            (Some(Fault::HookLate(HOUR)), 0, 1),
        ];
        for (fault, now, later) in expected {
            let bench = Bench::of(kind, Face::World).await;
            bench.seat.listen("order-shipped", "https://prints.example.test/x");
            bench.submit(&bench.order("wb-1")).await.unwrap();
            if let Some(fault) = fault.clone() {
                bench.lab.world.fault_on(Call::Hook, fault);
            }
            bench.seat.act("wb-1", ProviderAct::ShipsRest);
            let at = bench.seat.ledger()[0].accepted_at;
            let count = |at| bench.lab.world.take_hook_calls(at).len();
            assert_eq!((count(at), count(at.plus(HOUR))), (now, later), "{kind:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_call_is_read_with_and_without_tracking() {
    let bench = Bench::of(Kind::ShineOn, Face::World).await;
    bench.seat.set(|settings| settings.calls = Calls::EveryChange);
    let id = bench.submit(&bench.order("wb-1")).await.unwrap().provider_order_id;
    let real = ShineOn::new(ShineOnSettings::new("token".into()));
    bench.seat.act("wb-1", ProviderAct::Begins);
    bench.seat.act("wb-1", ProviderAct::ShipsRest);
    let calls = bench.lab.world.take_hook_calls(bench.seat.ledger()[0].accepted_at);
    let number = |place: usize| {
        let json: Json = serde_json::from_slice(&calls[place].body).unwrap();
        assert_eq!(json["order"]["source_id"], "");
        json["order"]["line_items"][0]["tracking_number"].clone()
    };
    assert!(number(0).is_null() && number(1).is_string());
    for call in &calls {
        let hint = Hint::LookById { provider_order_id: id.clone() };
        assert_eq!(real.read_hook("", &call.body), Ok(hint));
    }
}

#[tokio::test]
async fn too_many_calls_without_a_wish_are_not_sent() {
    for kind in [Kind::CustomCat, Kind::ShineOn] {
        let bench = Bench::of(kind, Face::Http).await;
        let busy = HttpFault::Busy { retry_after_s: None };
        bench.lab.world.fault_on(Call::ProviderWrite, Fault::Http(busy));
        let answer = bench.submit(&bench.order("wb-1")).await;
        let not_sent = matches!(answer, Err(SubmitError::NotSent { retry_after_s: None, .. }));
        assert!(not_sent, "{answer:?}");
        assert!(bench.seat.ledger().is_empty());
    }
}

#[tokio::test]
async fn both_words_for_yes_are_a_yes() {
    for status in [200, 201] {
        let bench = Bench::of(Kind::ShineOn, Face::Http).await;
        bench.seat.set(|settings| settings.created_status = status);
        assert!(bench.submit(&bench.order("wb-1")).await.is_ok(), "{status}");
    }
}

#[tokio::test]
async fn an_order_begins_as_its_account_lets_it() {
    for face in FACES {
        for (state, expected) in
            [(FirstState::AwaitingPayment, None), (FirstState::OnHold, Some(String::new()))]
        {
            let bench = Bench::of(Kind::ShineOn, face).await;
            bench.seat.set(|settings| settings.first_state = state);
            let order = bench.order("wb-1");
            bench.submit(&order).await.unwrap();
            let status = bench.subject.find(&order.reference).await.unwrap().unwrap();
            assert_eq!(status.progress, Progress::Accepted { held: expected }, "{}", bench.name());
        }
    }
}

#[tokio::test]
async fn hooks_are_made_moved_and_dropped() {
    for face in FACES {
        let bench = Bench::of(Kind::CustomCat, face).await;
        let subject = &bench.subject;
        assert_eq!(subject.hook_topics().len(), 3);
        subject.make_hook("order-shipped", "https://a.example/1").await.unwrap();
        subject.make_hook("design-rejected", "https://a.example/2").await.unwrap();
        let hooks = subject.hooks().await.unwrap();
        assert_eq!(hooks.len(), 2, "{}", bench.name());
        assert_eq!(
            (hooks[0].topic.as_str(), hooks[0].url.as_str()),
            ("order-shipped", "https://a.example/1")
        );
        // To where it goes already is 304, and no error.
        for url in ["https://a.example/3", "https://a.example/3"] {
            subject.move_hook(&hooks[0].id, url).await.unwrap();
        }
        assert_eq!(subject.hooks().await.unwrap()[0].url, "https://a.example/3");
        for _ in 0..2 {
            subject.drop_hook(&hooks[0].id).await.unwrap();
        }
        assert_eq!(subject.hooks().await.unwrap().len(), 1);
        assert!(subject.move_hook("77", "https://a.example").await.is_err());
    }
    for face in FACES {
        let bench = Bench::of(Kind::ShineOn, face).await;
        assert!(bench.subject.hook_topics().is_empty());
        assert!(bench.subject.hooks().await.is_err());
    }
}

/// A ShineOn that holds first, in either face.
async fn holding(face: Face) -> Bench {
    let mut bench = Bench::of(Kind::ShineOn, face).await;
    match face {
        Face::World => bench.seat.set(|settings| settings.abilities.holds_first = true),
        Face::Http => {
            bench.subject = Arc::new(ShineOn::new(ShineOnSettings {
                base: Url::parse(&bench.lab.face.shineon_url("p")).unwrap(),
                hold_first: true,
                http: quick(),
                ..ShineOnSettings::new(key(&bench).into())
            }));
        }
    }
    bench
}

#[tokio::test]
async fn an_order_on_hold_is_read_back_and_released() {
    for face in FACES {
        for sku in ["SO-15845643", "PT-10204"] {
            let bench = holding(face).await;
            assert!(bench.subject.abilities().holds_first);
            let mut order = bench.order("wb-1");
            order.lines.iter_mut().for_each(|line| line.provider_sku = sku.to_owned());
            let permit = SubmitPermit::new(Intent::recorded(order.reference.clone(), 1));
            let id = bench.subject.submit(permit, &order).await.unwrap().provider_order_id;
            assert_eq!(bench.seat.ledger()[0].making, Making::Held(None), "{}", bench.name());
            let echo = bench.subject.echo(&id, &order).await.unwrap().unwrap();
            assert_eq!(echo.differences, Vec::<String>::new(), "{} {sku}", bench.name());
            assert_eq!(echo.status.progress, Progress::Accepted { held: Some(String::new()) });
            assert_eq!(bench.subject.echo("1", &order).await, Ok(None));
            for _ in 0..2 {
                let permit = ReleasePermit::new(Release::recorded(id.clone()));
                let status = bench.subject.release(permit, &order.reference).await.unwrap();
                let progress = status.unwrap().progress;
                assert_eq!(progress, Progress::Accepted { held: None }, "{}", bench.name());
            }
            assert_eq!(bench.seat.ledger().len(), 1);
        }
        for mistake in [Mistake::Pieces, Mistake::Picture, Mistake::Address, Mistake::Line] {
            let bench = holding(face).await;
            let order = bench.order("wb-1");
            let id = bench.submit(&order).await.unwrap().provider_order_id;
            bench.seat.act("wb-1", ProviderAct::MixesUp(mistake));
            let echo = bench.subject.echo(&id, &order).await.unwrap().unwrap();
            assert!(!echo.differences.is_empty(), "{} {mistake:?}", bench.name());
        }
    }
    // A correction leaves on hold what waits for its release.
    let bench = holding(Face::Http).await;
    let order = bench.order("wb-1");
    let id = bench.submit(&order).await.unwrap().provider_order_id;
    bench.correct(&id, &order).await.unwrap();
    assert_eq!(bench.seat.ledger()[0].making, Making::Held(None));
}
