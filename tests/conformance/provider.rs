//! What the flow asks of a provider.

use std::sync::Arc;

use url::Url;
use woodblock::model::fulfilment::{CorrectPermit, Correction, Intent, Reference, SubmitPermit};
use woodblock::model::id::Hash;
use woodblock::model::provider_order::{
    Accepted, CancelAnswer, Contents, Mode, Progress, ProviderFile, ProviderLine, ProviderOrder,
    Reach,
};
use woodblock::outside::provider::customcat::{CustomCat, CustomCatSettings};
use woodblock::outside::provider::shineon::{ShineOn, ShineOnSettings};
use woodblock::outside::provider::{AskError, Provider, SubmitError};
use woodblock::sandbox::provider::{CancelRule, Charge, Dialect, Duplicate, ErrorPlace};
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Call, Fault, HttpFault, WorldProvider};

use super::{Lab, lab, quick};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    CustomCat,
    ShineOn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The world itself.
    World,
    /// The real client over HTTP.
    Http,
}

/// One implementation, and the world behind it.
pub struct Bench {
    pub lab: Lab,
    pub kind: Kind,
    pub face: Face,
    pub seat: WorldProvider,
    pub subject: Arc<dyn Provider>,
    pub file: String,
}

impl Bench {
    pub async fn of(kind: Kind, face: Face) -> Bench {
        let lab = lab().await;
        let (seat, base) = match kind {
            Kind::CustomCat => (lab.world.customcat("p"), lab.face.customcat_url("p")),
            Kind::ShineOn => (lab.world.shineon("p"), lab.face.shineon_url("p")),
        };
        let subject: Arc<dyn Provider> = match face {
            Face::World => Arc::new(seat.clone()),
            Face::Http => client(kind, &base, &seat),
        };
        let file = lab.face.put_photo("art.png", b"\x89PNG art".to_vec());
        Bench { lab, kind, face, seat, subject, file }
    }

    pub fn order(&self, reference: &str) -> ProviderOrder {
        let line = |key: &str, quantity| ProviderLine {
            key: key.to_owned(),
            provider_sku: match self.kind {
                Kind::CustomCat => "45475".to_owned(),
                Kind::ShineOn => "SO-15845643".to_owned(),
            },
            quantity,
            files: vec![ProviderFile {
                area: "front".to_owned(),
                url: self.file.clone(),
                mockup: None,
                hash: Hash::of(b"\x89PNG art"),
            }],
            texts: Vec::new(),
            title: "Thing".to_owned(),
        };
        ProviderOrder {
            reference: Reference::given(reference),
            mode: Mode::Live,
            recipient: a_recipient(1),
            shipping_method: "Economy".to_owned(),
            hook_url: "https://prints.example.test/hooks/provider".to_owned(),
            lines: vec![line("331", 3), line("332c1", 1)],
        }
    }

    pub async fn submit(&self, order: &ProviderOrder) -> Result<Accepted, SubmitError> {
        let permit = SubmitPermit::new(Intent::recorded(order.reference.clone(), 1));
        self.subject.submit(permit, order).await
    }

    pub async fn correct(&self, id: &str, order: &ProviderOrder) -> Result<(), SubmitError> {
        let permit = CorrectPermit::new(Correction::recorded(id.to_owned()));
        self.subject.correct(permit, order).await
    }

    pub fn name(&self) -> String {
        format!("{:?} {:?}", self.kind, self.face)
    }
}

fn client(kind: Kind, base: &str, seat: &WorldProvider) -> Arc<dyn Provider> {
    let mut key = String::new();
    let mut key_read_only = String::new();
    seat.set(|settings| {
        key.clone_from(&settings.key);
        key_read_only.clone_from(&settings.key_read_only);
    });
    let base = Url::parse(base).unwrap();
    match kind {
        Kind::CustomCat => Arc::new(CustomCat::new(CustomCatSettings {
            base,
            key_read_only: Some(key_read_only.into()),
            http: quick(),
            ..CustomCatSettings::new(key.into())
        })),
        Kind::ShineOn => Arc::new(ShineOn::new(ShineOnSettings {
            base,
            http: quick(),
            ..ShineOnSettings::new(key.into())
        })),
    }
}

/// Every implementation, each in a world of its own.
pub async fn benches() -> Vec<Bench> {
    let mut all = Vec::new();
    for kind in [Kind::CustomCat, Kind::ShineOn] {
        for face in [Face::World, Face::Http] {
            all.push(Bench::of(kind, face).await);
        }
    }
    all
}

async fn http_benches() -> Vec<Bench> {
    vec![Bench::of(Kind::CustomCat, Face::Http).await, Bench::of(Kind::ShineOn, Face::Http).await]
}

#[tokio::test]
async fn an_order_is_taken_once_and_found_by_our_reference() {
    for bench in benches().await {
        let order = bench.order("wb-1");
        let absent = bench.subject.find(&order.reference).await;
        assert_eq!(absent, Ok(None), "{}", bench.name());
        let accepted = bench.submit(&order).await.unwrap();
        let status = bench.subject.find(&order.reference).await.unwrap().unwrap();
        assert_eq!(status.provider_order_id, accepted.provider_order_id);
        assert_eq!(status.progress, Progress::Accepted { held: None });
        if let Some(lines) = &status.lines {
            let ours = [("331".to_owned(), 3), ("332c1".to_owned(), 1)];
            assert_eq!(lines.as_slice(), ours, "{}", bench.name());
        }
        let id = &accepted.provider_order_id;
        let by_id = bench.subject.status(&order.reference, id).await;
        assert_eq!(by_id.unwrap().unwrap().word, status.word);
        let entry = bench.seat.ledger().remove(0);
        assert_eq!(entry.mode, Mode::Live);
        assert_eq!(entry.recipient.name(), order.recipient.name());
        assert_eq!(entry.recipient.postcode, order.recipient.postcode);
        assert_eq!(entry.recipient.phone, order.recipient.phone);
        assert_eq!(entry.lines[0].files[0].url, bench.file);
        assert_eq!(entry.lines[1].quantity, 1);
        let other = bench.subject.find(&Reference::given("wb-2")).await;
        assert_eq!(other, Ok(None), "{}", bench.name());
    }
}

#[tokio::test]
async fn a_test_order_is_neither_charged_nor_made() {
    for bench in benches().await {
        let mut order = bench.order("wb-1");
        order.mode = Mode::Test;
        bench.submit(&order).await.unwrap();
        assert_eq!(bench.seat.ledger()[0].mode, Mode::Test, "{}", bench.name());
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_order_is_found() {
    for bench in benches().await {
        bench.lab.world.fault_next(Fault::AcceptAndLoseAnswer);
        let order = bench.order("wb-1");
        let lost = bench.submit(&order).await;
        assert!(matches!(lost, Err(SubmitError::Unknown { .. })), "{}: {lost:?}", bench.name());
        assert!(bench.subject.find(&order.reference).await.unwrap().is_some());
        assert_eq!(bench.seat.ledger().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_definite_and_says_why() {
    for bench in benches().await {
        bench.seat.set(|settings| {
            settings.out_of_stock.insert("45475".to_owned());
            settings.out_of_stock.insert("SO-15845643".to_owned());
        });
        let places = [ErrorPlace::Header, ErrorPlace::Json, ErrorPlace::Reason, ErrorPlace::Text];
        for place in places {
            bench.seat.set(|settings| settings.error_place = place);
            let Err(SubmitError::Refused(refusal)) = bench.submit(&bench.order("wb-1")).await
            else {
                panic!("{}: out of stock is a refusal", bench.name());
            };
            assert_eq!(refusal.reach, Reach::Order);
            assert!(refusal.problem.detail.contains("SKU"), "{refusal:?}");
        }
        assert!(bench.seat.ledger().is_empty());
    }
}

#[tokio::test]
async fn a_bad_address_comes_with_suggestions_and_a_failed_charge_stops_the_account() {
    for face in [Face::World, Face::Http] {
        let bench = Bench::of(Kind::CustomCat, face).await;
        let mut order = bench.order("wb-1");
        order.recipient.postcode = "00000".to_owned();
        let Err(SubmitError::Refused(refusal)) = bench.submit(&order).await else {
            panic!("a bad address is a refusal");
        };
        assert_eq!(refusal.suggestions.len(), 1);
        bench.seat.set(|settings| settings.charge = Charge::Fails);
        let Err(SubmitError::Refused(refusal)) = bench.submit(&bench.order("wb-2")).await else {
            panic!("a failed charge is a refusal");
        };
        assert_eq!(refusal.reach, Reach::Account);
    }
}

#[tokio::test]
async fn the_same_reference_again_is_never_taken_for_a_refusal() {
    for bench in benches().await {
        let order = bench.order("wb-1");
        let first = bench.submit(&order).await.unwrap();
        bench.seat.set(|settings| settings.duplicate = Duplicate::Refused);
        let second = bench.submit(&order).await;
        assert!(matches!(second, Err(SubmitError::Unknown { .. })), "{}: {second:?}", bench.name());
        bench.seat.set(|settings| settings.duplicate = Duplicate::SameId);
        assert_eq!(bench.submit(&order).await, Ok(first));
        assert_eq!(bench.seat.ledger().len(), 1);
    }
}

#[tokio::test]
async fn two_orders_under_one_reference_never_look_like_ours() {
    let bench = Bench::of(Kind::ShineOn, Face::Http).await;
    let order = bench.order("wb-1");
    let first = bench.submit(&order).await.unwrap();
    bench.submit(&order).await.unwrap();
    let found = bench.subject.find(&order.reference).await.unwrap().unwrap();
    assert_eq!(found.provider_order_id, first.provider_order_id);
    assert_eq!(found.lines.unwrap().len(), 4);
}

#[tokio::test]
async fn turned_away_unread_is_not_sent() {
    for bench in benches().await {
        bench.lab.world.fault_next(Fault::RateLimited { retry_after_s: 4 });
        let busy = bench.submit(&bench.order("wb-1")).await;
        assert!(
            matches!(busy, Err(SubmitError::NotSent { retry_after_s: Some(4), .. })),
            "{}: {busy:?}",
            bench.name()
        );
        assert!(bench.seat.ledger().is_empty());
    }
    for kind in [Kind::CustomCat, Kind::ShineOn] {
        let bench = Bench::of(kind, Face::Http).await;
        let closed = client(kind, "http://127.0.0.1:1/api", &bench.seat);
        let order = bench.order("wb-1");
        let permit = SubmitPermit::new(Intent::recorded(order.reference.clone(), 1));
        let refused = closed.submit(permit, &order).await;
        assert!(matches!(refused, Err(SubmitError::NotSent { .. })), "{refused:?}");
        let asked = closed.find(&order.reference).await;
        assert!(matches!(asked, Err(AskError::Unclear { .. })), "{asked:?}");
    }
}

#[tokio::test]
async fn whatever_happens_on_the_way_is_unknown_and_never_two_orders() {
    for fault in [
        HttpFault::FailsAfterCommit,
        HttpFault::DropsAfterCommit,
        HttpFault::HangsAfterCommit,
        HttpFault::DropsBefore,
        HttpFault::Html,
        HttpFault::Wall,
        HttpFault::Redirect,
        HttpFault::Notice,
    ] {
        for bench in http_benches().await {
            bench.lab.world.fault_on(Call::ProviderWrite, Fault::Http(fault));
            let answer = bench.submit(&bench.order("wb-1")).await;
            assert!(
                matches!(answer, Err(SubmitError::Unknown { .. })),
                "{} {fault:?}: {answer:?}",
                bench.name()
            );
            assert!(bench.seat.ledger().len() <= 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_look_up_without_an_answer_is_never_an_absence() {
    for bench in benches().await {
        let order = bench.order("wb-1");
        bench.submit(&order).await.unwrap();
        bench.lab.world.fault_on(Call::Find, Fault::AskUnclear);
        let unclear = bench.subject.find(&order.reference).await;
        assert!(matches!(unclear, Err(AskError::Unclear { .. })), "{unclear:?}");
        bench.lab.world.fault_on(Call::Find, Fault::AskNotAllowed);
        let denied = bench.subject.find(&order.reference).await;
        assert!(matches!(denied, Err(AskError::NotAllowed { .. })), "{denied:?}");
    }
    for fault in [
        HttpFault::Html,
        HttpFault::Wall,
        HttpFault::Redirect,
        HttpFault::DropsBefore,
        HttpFault::Busy { retry_after_s: None },
    ] {
        for bench in http_benches().await {
            bench.lab.world.fault_on(Call::ProviderRead, Fault::Http(fault));
            let asked = bench.subject.find(&Reference::given("wb-1")).await;
            assert!(
                matches!(asked, Err(AskError::Unclear { .. })),
                "{} {fault:?}: {asked:?}",
                bench.name()
            );
        }
    }
}

#[tokio::test]
async fn orders_are_followed_until_they_have_left() {
    for bench in benches().await {
        bench.seat.set(|settings| settings.dialect = Dialect::Seen);
        let order = bench.order("wb-1");
        let id = bench.submit(&order).await.unwrap().provider_order_id;
        bench.lab.run_out();
        let status = bench.subject.status(&order.reference, &id).await;
        let status = status.unwrap().unwrap();
        assert_eq!(status.progress, Progress::Shipped, "{}", bench.name());
        assert!(!status.can_correct);
        let [parcel] = status.parcels.as_slice() else {
            panic!("{}: one parcel", bench.name());
        };
        assert!(!parcel.tracking_number.is_empty());
        let expected = match bench.kind {
            Kind::CustomCat => Contents::Pieces(4),
            Kind::ShineOn => Contents::Lines(vec![("331".to_owned(), 3), ("332c1".to_owned(), 1)]),
        };
        assert_eq!(parcel.contents, expected, "{}", bench.name());
    }
}

#[tokio::test]
async fn a_cancel_counts_when_it_is_read_back() {
    for bench in benches().await {
        let order = bench.order("wb-1");
        let id = bench.submit(&order).await.unwrap().provider_order_id;
        let answer = bench.subject.cancel(&order.reference, &id).await;
        assert_eq!(answer, Ok(CancelAnswer::Cancelled), "{}", bench.name());
        let found = bench.subject.find(&order.reference).await.unwrap().unwrap();
        assert_eq!(found.progress, Progress::Cancelled, "{}", bench.name());

        bench.seat.set(|settings| settings.cancel = CancelRule::Never);
        let late = bench.order("wb-2");
        let id = bench.submit(&late).await.unwrap().provider_order_id;
        let answer = bench.subject.cancel(&late.reference, &id).await.unwrap();
        assert!(matches!(answer, CancelAnswer::Refused(_)), "{}: {answer:?}", bench.name());
        let found = bench.subject.find(&late.reference).await.unwrap().unwrap();
        assert_ne!(found.progress, Progress::Cancelled);
    }
}

#[tokio::test]
async fn a_design_is_corrected_until_it_is_made() {
    for face in [Face::World, Face::Http] {
        let bench = Bench::of(Kind::ShineOn, face).await;
        let mut order = bench.order("wb-1");
        let id = bench.submit(&order).await.unwrap().provider_order_id;
        let found = bench.subject.find(&order.reference).await.unwrap().unwrap();
        assert!(found.can_correct);
        let better = bench.lab.face.put_photo("better.png", b"\x89PNG better".to_vec());
        order.lines[0].files[0].url.clone_from(&better);
        bench.correct(&id, &order).await.unwrap();
        assert_eq!(bench.seat.ledger()[0].lines[0].files[0].url, better);
        bench.lab.run_out();
        let late = bench.correct(&id, &order).await;
        assert!(matches!(late, Err(SubmitError::Refused(_))), "{late:?}");
        assert_eq!(bench.seat.ledger().len(), 1);
    }
}

#[tokio::test]
async fn keys_and_catalogue_can_be_asked() {
    for bench in benches().await {
        assert!(!bench.subject.check().await.unwrap().is_empty());
        let wanted = match bench.kind {
            Kind::CustomCat => "47417",
            Kind::ShineOn => "so-1584",
        };
        let found = bench.subject.catalogue(wanted).await.unwrap();
        assert_eq!(found.len(), 1, "{}", bench.name());
    }
    for kind in [Kind::CustomCat, Kind::ShineOn] {
        let bench = Bench::of(kind, Face::Http).await;
        bench.seat.set(|settings| {
            settings.key = "another".to_owned();
            settings.key_read_only = "yet another".to_owned();
        });
        let denied = bench.subject.check().await;
        assert!(matches!(denied, Err(AskError::NotAllowed { .. })), "{denied:?}");
        let Err(SubmitError::Refused(refusal)) = bench.submit(&bench.order("wb-1")).await else {
            panic!("a wrong key is a refusal");
        };
        assert_eq!(refusal.reach, Reach::Account);
    }
}
