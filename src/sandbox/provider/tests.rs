//! What providers take, charge, refuse and lose.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::model::fulfilment::{CorrectPermit, Correction, Intent, Reference, SubmitPermit};
use crate::model::id::Hash;
use crate::model::provider_order::{
    CancelAnswer, Contents, Hint, Mode, Progress, ProviderFile, ProviderLine, ProviderOrder, Reach,
};
use crate::model::time::Moment;
use crate::outside::provider::{Provider, SubmitError};
use crate::sandbox::shop::a_recipient;
use crate::sandbox::{Fault, World};

const HOUR: Duration = Duration::from_secs(3600);

fn start() -> Moment {
    Moment::parse("2026-03-03T08:00:00.000Z").unwrap()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the world never waits"),
    }
}

fn order(reference: &str) -> ProviderOrder {
    let file = ProviderFile {
        area: "front".to_owned(),
        url: format!("https://files.example.test/{reference}.png"),
        hash: Hash::of(b"\x89PNG art"),
        mockup: None,
    };
    ProviderOrder {
        reference: Reference::given(reference),
        mode: Mode::Live,
        recipient: a_recipient(1),
        shipping_method: "Economy".to_owned(),
        hook_url: "https://prints.example.test/hooks/provider".to_owned(),
        lines: vec![ProviderLine {
            key: "l1".to_owned(),
            provider_sku: "45475".to_owned(),
            quantity: 3,
            files: vec![file],
            texts: Vec::new(),
            title: "T-shirt".to_owned(),
        }],
    }
}

fn permit(id: &str) -> CorrectPermit {
    CorrectPermit::new(Correction::recorded(id.to_owned()))
}

fn submit(provider: &WorldProvider, order: &ProviderOrder) -> Result<String, SubmitError> {
    let permit = SubmitPermit::new(Intent::recorded(order.reference.clone(), 1));
    now(provider.submit(permit, order)).map(|accepted| accepted.provider_order_id)
}

fn customcat() -> (Arc<World>, WorldProvider) {
    let world = World::new(3, start());
    world.serve_files_with(|_| Some(b"\x89PNG art".to_vec()));
    let provider = world.customcat("customcat");
    (world, provider)
}

#[test]
fn an_order_is_charged_fetched_made_and_sent() {
    let (world, provider) = customcat();
    let id = submit(&provider, &order("wb-1")).unwrap();
    let entry = provider.ledger().remove(0);
    assert_eq!(entry.price.to_string(), "34.84 USD");
    assert_eq!(entry.lines[0].files[0].fetched, entry.lines[0].files[0].promised);
    let mut words = Vec::new();
    while let Some(at) = world.next_event() {
        world.clock().set(at);
        let status = now(provider.status(&Reference::given("wb-1"), &id)).unwrap().unwrap();
        words.push((status.word, status.parcels.len()));
    }
    assert_eq!(words, [("Verified".to_owned(), 0), ("Shipped".to_owned(), 1)]);
}

#[test]
fn a_lost_answer_leaves_an_order_that_a_look_up_finds_late() {
    let (world, provider) = customcat();
    world.fault_next(Fault::AcceptAndLoseAnswer);
    world.fault_times(2, Fault::FindMisses);
    let lost = submit(&provider, &order("wb-1"));
    assert!(matches!(lost, Err(SubmitError::Unknown { .. })));
    let reference = Reference::given("wb-1");
    assert_eq!(now(provider.find(&reference)).unwrap(), None);
    assert_eq!(now(provider.find(&reference)).unwrap(), None);
    assert!(now(provider.find(&reference)).unwrap().is_some());
    assert_eq!(provider.ledger().len(), 1);
}

#[test]
fn faults_that_never_arrive_charge_nothing() {
    for fault in [Fault::NotSent, Fault::NeverArrives, Fault::RateLimited { retry_after_s: 9 }] {
        let (world, provider) = customcat();
        world.fault_next(fault);
        assert!(submit(&provider, &order("wb-1")).is_err());
        assert!(provider.ledger().is_empty());
    }
}

#[test]
fn the_same_reference_twice_is_refused_here_and_charged_twice_there() {
    let (world, customcat) = customcat();
    submit(&customcat, &order("wb-1")).unwrap();
    let again = submit(&customcat, &order("wb-1"));
    assert!(matches!(again, Err(SubmitError::Unknown { .. })));
    customcat.set(|settings| settings.duplicate = Duplicate::SameId);
    assert!(submit(&customcat, &order("wb-1")).is_ok());
    assert_eq!(customcat.ledger_of("wb-1").len(), 1);
    let shineon = world.shineon("shineon");
    submit(&shineon, &order("wb-1")).unwrap();
    submit(&shineon, &order("wb-1")).unwrap();
    assert_eq!(shineon.ledger_of("wb-1").len(), 2);
    assert_eq!(world.double_charges(), ["wb-1"]);
    assert!(world.misprints().is_empty());
}

#[test]
fn refusals_say_how_far_they_reach() {
    let check = |change: &dyn Fn(&WorldProvider, &mut ProviderOrder), expected: Option<Reach>| {
        let (_, provider) = customcat();
        let mut order = order("wb-1");
        change(&provider, &mut order);
        let reach = match submit(&provider, &order) {
            Err(SubmitError::Refused(refusal)) => Some(refusal.reach),
            Err(SubmitError::Unknown { .. }) => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(reach, expected);
        assert!(provider.ledger().is_empty());
    };
    check(&|_, order| order.recipient.postcode = "00000".to_owned(), Some(Reach::Order));
    check(&|_, order| order.recipient.phone.clear(), None);
    check(&|provider, _| provider.set(|s| s.charge = Charge::Fails), Some(Reach::Account));
    check(
        &|provider, _| {
            provider.set(|s| {
                s.out_of_stock.insert("45475".to_owned());
            });
        },
        Some(Reach::Order),
    );
}

#[test]
fn two_parcels_tell_pieces_here_and_lines_there() {
    let (world, customcat) = customcat();
    let shineon = world.shineon("shineon");
    for provider in [&customcat, &shineon] {
        provider.set(|settings| {
            settings.parcels = ParcelPlan::Two { gap: 24 * HOUR };
            settings.start = Start::After(HOUR);
        });
        submit(provider, &order("wb-1")).unwrap();
    }
    world.play(start().plus(50 * HOUR));
    let look = |provider: &WorldProvider| {
        let status = now(provider.find(&Reference::given("wb-1"))).unwrap().unwrap();
        (status.progress, status.parcels[0].contents.clone(), status.parcels.len())
    };
    assert_eq!(look(&customcat), (Progress::InProduction, Contents::Pieces(1), 1));
    let one = Contents::Lines(vec![("l1".to_owned(), 1)]);
    assert_eq!(look(&shineon), (Progress::InProduction, one, 1));
    world.play(start().plus(80 * HOUR));
    assert_eq!(look(&shineon).0, Progress::Shipped);
    let calls = world.take_hook_calls(start().plus(80 * HOUR));
    assert_eq!(calls.len(), 2, "CustomCat has no hook registered");
    let hint = shineon.read_hook("shipment", &calls[0].body).unwrap();
    assert!(matches!(hint, Hint::LookById { .. }));
}

#[test]
fn shineon_bills_at_its_runs_and_takes_corrections_until_then() {
    let world = World::new(3, start());
    let provider = world.shineon("shineon");
    let id = submit(&provider, &order("wb-1")).unwrap();
    // 08:00 + 6 h = 14:00; the next run is at 22:00.
    assert_eq!(world.next_event(), Some(start().plus(14 * HOUR)));
    now(provider.correct(permit(&id), &order("wb-1"))).unwrap();
    world.play(start().plus(14 * HOUR));
    assert!(now(provider.correct(permit(&id), &order("wb-1"))).is_err());
    let cancelled = now(provider.cancel(&Reference::given("wb-1"), &id)).unwrap();
    assert_eq!(cancelled, CancelAnswer::Cancelled);
}

#[test]
fn svg_templates_and_engravings_are_checked() {
    let world = World::new(3, start());
    let provider = world.shineon("shineon");
    provider.set(|settings| {
        settings.sku_kinds.insert("45475".to_owned(), SkuKind::SvgArtwork);
    });
    assert!(matches!(submit(&provider, &order("wb-1")), Err(SubmitError::Refused(_))));
    provider.set(|settings| {
        settings.sku_kinds.insert("45475".to_owned(), SkuKind::Engraving(1));
    });
    assert!(matches!(submit(&provider, &order("wb-1")), Err(SubmitError::Refused(_))));
    let mut engraved = order("wb-1");
    engraved.lines[0].texts = vec![("Engraving Line 1".to_owned(), "Always".to_owned())];
    assert!(submit(&provider, &engraved).is_ok());
}

#[test]
fn a_file_that_is_no_picture_is_rejected_through_the_hook() {
    let (world, provider) = customcat();
    provider.listen("design-rejected", "https://prints.example.test/hooks/design");
    world.serve_files_with(|_| Some(b"<html>".to_vec()));
    submit(&provider, &order("wb-1")).unwrap();
    let calls = world.take_hook_calls(start());
    let hint = provider.read_hook(&calls[0].topic, &calls[0].body).unwrap();
    let references = vec![Reference::given("wb-1")];
    assert!(matches!(hint, Hint::DesignRejected { references: found, .. } if found == references));
}

#[test]
fn a_part_is_sent_and_the_rest_given_up() {
    let (_, provider) = customcat();
    submit(&provider, &order("wb-1")).unwrap();
    provider.act("wb-1", ProviderAct::Ships(vec![("l1".to_owned(), 2)]));
    provider.act("wb-1", ProviderAct::GivesUp);
    let status = now(provider.find(&Reference::given("wb-1"))).unwrap().unwrap();
    assert_eq!((status.progress, status.parcels.len()), (Progress::Cancelled, 1));
}

#[test]
fn a_cancel_may_happen_though_its_answer_is_lost() {
    let (world, provider) = customcat();
    let id = submit(&provider, &order("wb-1")).unwrap();
    world.fault_next(Fault::CancelDoneAnswerLost);
    let reference = Reference::given("wb-1");
    let lost = now(provider.cancel(&reference, &id)).unwrap();
    assert!(matches!(lost, CancelAnswer::Unclear(_)));
    let status = now(provider.status(&reference, &id)).unwrap().unwrap();
    assert_eq!(status.progress, Progress::Cancelled);
}

#[test]
fn other_bytes_than_promised_are_a_misprint() {
    let (world, provider) = customcat();
    world.serve_files_with(|_| Some(b"\x89PNG other art".to_vec()));
    submit(&provider, &order("wb-1")).unwrap();
    assert_eq!(world.misprints(), ["https://files.example.test/wb-1.png"]);
}
