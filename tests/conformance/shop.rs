//! What the flow asks of a shop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use url::Url;
use woodblock::model::id::ShopOrderId;
use woodblock::model::shop_hook::{TOPICS, WantedHook};
use woodblock::model::shop_order::{ShopOrder, ShopParcel};
use woodblock::outside::clock::Clock;
use woodblock::outside::shop::woocommerce::webhook::is_signed;
use woodblock::outside::shop::woocommerce::{PlainHttp, WooCommerce, WooSettings};
use woodblock::outside::shop::{NoteTo, Shop, ShopError};
use woodblock::sandbox::shop::{AuthorizationHeader, Key, KeyRight, Pay, ShopAct, Tls, Tracking};
use woodblock::sandbox::{Call, Cart, CartLine, Fault, HttpFault, WorldShop};

use super::{Lab, lab, quick};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    /// The world itself.
    World,
    /// The real client over HTTP.
    Http,
}

/// One implementation, and the world behind it.
struct Bench {
    lab: Lab,
    face: Face,
    seat: WorldShop,
    subject: Arc<dyn Shop>,
}

impl Bench {
    async fn of(face: Face) -> Bench {
        let lab = lab().await;
        let seat = lab.world.shop("lab");
        let subject: Arc<dyn Shop> = match face {
            Face::World => Arc::new(seat.clone()),
            Face::Http => Arc::new(client(&lab, &seat.key(), |_| {})),
        };
        Bench { lab, face, seat, subject }
    }

    fn buy(&self) -> ShopOrderId {
        self.seat.customer_buys(cart())
    }

    async fn parcel(&self, id: ShopOrderId, number: &str) -> ShopParcel {
        let order = self.subject.order(id).await.unwrap();
        ShopParcel {
            key: format!("1:{number}"),
            carrier: "Example Parcel".to_owned(),
            tracking_number: number.to_owned(),
            tracking_url: format!("https://track.example.com/?n={number}"),
            shipped_at: self.lab.clock.now(),
            lines: vec![(order.lines[0].id, 1)],
        }
    }

    fn numbers(&self, id: ShopOrderId) -> Vec<String> {
        let parcels = self.seat.parcels(id).into_iter();
        parcels.map(|parcel| parcel.tracking_number).collect()
    }
}

fn client(lab: &Lab, key: &Key, change: impl FnOnce(&mut WooSettings)) -> WooCommerce {
    let home = Url::parse(&lab.face.shop_url("lab")).unwrap();
    let (key, secret) = (key.consumer_key.as_str(), key.consumer_secret.as_str());
    let mut settings = WooSettings::new(home, key.into(), secret.into());
    settings.plain_http = PlainHttp::KeysOnLoopback;
    settings.http = quick();
    change(&mut settings);
    // Two programs never have one seed, which signatures depend on.
    static SEED: AtomicU64 = AtomicU64::new(0);
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    WooCommerce::new(settings, lab.clock.clone(), seed)
}

fn cart() -> Cart {
    Cart::of(vec![
        CartLine::of(11, "MUG-11", "Personalised mug")
            .times(2)
            .with("Name", "Zoë & Co\nsince 2019"),
        CartLine::of(13, "GIFTCARD-NOTE", "Handwritten gift note"),
    ])
}

async fn benches() -> Vec<Bench> {
    vec![Bench::of(Face::World).await, Bench::of(Face::Http).await]
}

/// What is read alike by every implementation; other meta has names of its own.
fn essence(mut order: ShopOrder) -> ShopOrder {
    order.meta.clear();
    order
}

#[tokio::test]
async fn an_order_is_read_as_the_shop_has_it() {
    for bench in benches().await {
        let id = bench.buy();
        let expected = essence(bench.seat.peek(id).unwrap());
        let found = essence(bench.subject.order(id).await.unwrap());
        assert_eq!(found, expected, "{:?}", bench.face);
        let line = bench.seat.lines(id)[0];
        bench.seat.merchant_refunds(id, line, 1);
        let found = bench.subject.order(id).await.unwrap();
        assert_eq!(found.lines[0].refunded, 1, "{:?}", bench.face);
        bench.seat.merchant_trashes(id);
        assert_eq!(bench.subject.order(id).await.unwrap().status, "trash");
        bench.seat.merchant_deletes(id);
        let gone = bench.subject.order(id).await;
        assert_eq!(gone, Err(ShopError::NotFound), "{:?}", bench.face);
    }
}

#[tokio::test]
async fn changes_are_listed_oldest_first_and_page_by_page() {
    for bench in benches().await {
        let start = bench.lab.clock.now();
        let mut ids = Vec::new();
        for minute in 1..=5 {
            bench.lab.set(start.plus(Duration::from_secs(60 * minute)));
            ids.push(bench.buy());
        }
        bench.seat.set_per_page(2);
        let client = client(&bench.lab, &bench.seat.key(), |settings| settings.per_page = 2);
        let subject: &dyn Shop = match bench.face {
            Face::World => bench.subject.as_ref(),
            Face::Http => &client,
        };
        let mut found = Vec::new();
        for page in 1..=5 {
            // Strictly later than the first order.
            let since = start.plus(Duration::from_secs(60));
            let listed = subject.list_changed(since, page).await.unwrap();
            found.extend(listed.orders.iter().map(|order| order.id));
            if !listed.more {
                break;
            }
        }
        assert_eq!(found, ids[1..], "{:?}", bench.face);
    }
}

#[tokio::test]
async fn a_listing_of_some_statuses_leaves_the_others_out() {
    for bench in benches().await {
        let start = bench.lab.clock.now().minus(Duration::from_secs(60));
        let (done, open) = (bench.buy(), bench.buy());
        bench.subject.set_status(done, "completed").await.unwrap();
        let statuses = ["pending".to_owned(), "processing".to_owned()];
        let listed = bench.subject.list_changed_in(&statuses, start, 1).await.unwrap();
        let ids: Vec<_> = listed.orders.iter().map(|order| order.id).collect();
        assert_eq!(ids, [open], "{:?}", bench.face);
    }
}

#[tokio::test]
async fn a_shop_in_another_zone_loses_no_change() {
    for (name, posix) in [("America/Chicago", "CST6CDT,M3.2.0,M11.1.0"), ("Asia/Tokyo", "JST-9")] {
        let bench = Bench::of(Face::Http).await;
        bench.seat.set_zone(name, posix);
        let since = bench.lab.clock.now();
        bench.lab.set(since.plus(Duration::from_secs(2)));
        let id = bench.buy();
        let listed = bench.subject.list_changed(since, 1).await.unwrap();
        assert_eq!(listed.orders[0].id, id, "{name}");
        let late = bench.lab.clock.now();
        let listed = bench.subject.list_changed(late, 1).await.unwrap();
        assert!(listed.orders.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_status_is_set_once() {
    for bench in benches().await {
        let id = bench.buy();
        for _ in 0..2 {
            bench.subject.set_status(id, "completed").await.unwrap();
        }
        assert_eq!(bench.seat.status(id), "completed");
        let wrong = bench.subject.set_status(id, "wc-shipped").await;
        assert!(matches!(wrong, Err(ShopError::Refused { .. })), "{wrong:?}");
        let absent = bench.subject.set_status(ShopOrderId(987_654), "completed").await;
        assert_eq!(absent, Err(ShopError::NotFound), "{:?}", bench.face);
    }
}

#[tokio::test]
async fn a_note_is_added_once_for_each_reader() {
    for bench in benches().await {
        let id = bench.buy();
        let before = bench.seat.notes(id).len();
        for _ in 0..2 {
            let note = "On its way\\: <a href=\"https://t.example/?a=1&b=2\">EP1</a>";
            bench.subject.add_note(id, note, NoteTo::Customer).await.unwrap();
        }
        assert_eq!(bench.seat.notes(id).len(), before + 1, "{:?}", bench.face);
        let added = bench.seat.notes(id);
        assert!(added.iter().any(|(to, _)| *to == NoteTo::Customer));
    }
}

#[tokio::test]
async fn our_meta_is_kept_and_nothing_else_is_touched() {
    for bench in benches().await {
        let id = bench.buy();
        for text in ["wb-1 customcat 184D", "wb-1 customcat 184D\nwb-2 shineon 7"] {
            let rows = [("_woodblock_submissions".to_owned(), text.to_owned())];
            bench.subject.write_meta(id, &rows).await.unwrap();
            let order = bench.seat.peek(id).unwrap();
            let kept: Vec<_> = order.meta.iter().filter(|(key, _)| *key == rows[0].0).collect();
            assert_eq!(kept, [&rows[0]], "{:?}", bench.face);
        }
    }
    let bench = Bench::of(Face::Http).await;
    let id = bench.buy();
    for (key, value) in
        [("_billing_email", "x@example.test".to_owned()), ("_woodblock_large", "x".repeat(70_000))]
    {
        let refused = bench.subject.write_meta(id, &[(key.to_owned(), value)]).await;
        assert!(matches!(refused, Err(ShopError::Refused { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn each_parcel_is_written_once_wherever_the_shop_keeps_them() {
    for tracking in
        [Tracking::None, Tracking::ShipmentTracking, Tracking::Advanced, Tracking::Fulfillments]
    {
        for bench in benches().await {
            bench.seat.set_tracking(tracking);
            let id = bench.buy();
            let status = bench.seat.status(id);
            let first = bench.parcel(id, "EP1").await;
            let second = bench.parcel(id, "EP2").await;
            bench.subject.write_tracking(id, std::slice::from_ref(&first)).await.unwrap();
            let both = [first, second];
            for _ in 0..2 {
                bench.subject.write_tracking(id, &both).await.unwrap();
            }
            assert_eq!(bench.numbers(id), ["EP1", "EP2"], "{tracking:?} {:?}", bench.face);
            assert_eq!(bench.seat.status(id), status, "the status is set apart");
            if tracking == Tracking::None && bench.face == Face::Http {
                let notes = bench.seat.notes(id);
                let told = notes.iter().filter(|(to, _)| *to == NoteTo::Customer).count();
                assert_eq!(told, 2);
            }
        }
    }
}

/// The words around a number may change, as when the carrier's page becomes known.
#[tokio::test]
async fn a_customer_is_told_of_a_number_once() {
    let bench = Bench::of(Face::Http).await;
    let id = bench.buy();
    let mut parcel = bench.parcel(id, "EP1").await;
    let longer = bench.parcel(id, "EP12").await;
    for url in ["", "https://track.example.com/?n=EP1", "https://other.example.com/EP1"] {
        parcel.tracking_url = url.to_owned();
        let both = [parcel.clone(), longer.clone()];
        bench.subject.write_tracking(id, &both).await.unwrap();
    }
    let notes = bench.seat.notes(id);
    assert_eq!(notes.iter().filter(|(to, _)| *to == NoteTo::Customer).count(), 2, "{notes:?}");
}

#[tokio::test]
async fn a_carrier_that_the_plugin_knows_makes_its_own_link() {
    let bench = Bench::of(Face::Http).await;
    bench.seat.set_tracking(Tracking::ShipmentTracking);
    let id = bench.buy();
    let mut parcel = bench.parcel(id, "4490").await;
    parcel.carrier = "FedEx".to_owned();
    parcel.tracking_url.clear();
    bench.subject.write_tracking(id, &[parcel]).await.unwrap();
    assert_eq!(bench.seat.parcels(id)[0].carrier, "Fedex");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_done_twice() {
    for fault in
        [HttpFault::FailsAfterCommit, HttpFault::DropsAfterCommit, HttpFault::HangsAfterCommit]
    {
        for tracking in [Tracking::None, Tracking::ShipmentTracking, Tracking::Fulfillments] {
            let bench = Bench::of(Face::Http).await;
            bench.seat.set_tracking(tracking);
            let id = bench.buy();
            let strike = || bench.lab.world.fault_on(Call::ShopWrite, Fault::Http(fault));
            let parcels = [bench.parcel(id, "EP1").await];
            strike();
            bench.subject.write_tracking(id, &parcels).await.unwrap();
            bench.subject.write_tracking(id, &parcels).await.unwrap();
            assert_eq!(bench.numbers(id), ["EP1"], "{fault:?} {tracking:?}");
            let before = bench.seat.notes(id).len();
            strike();
            bench.subject.add_note(id, "hello", NoteTo::Staff).await.unwrap();
            bench.subject.add_note(id, "hello", NoteTo::Staff).await.unwrap();
            assert_eq!(bench.seat.notes(id).len(), before + 1, "{fault:?}");
            strike();
            bench.subject.set_status(id, "completed").await.unwrap();
            let meta = [("_woodblock_submissions".to_owned(), "wb-1".to_owned())];
            strike();
            bench.subject.write_meta(id, &meta).await.unwrap();
            assert_eq!(bench.lab.world.faults_pending(), 0);
        }
    }
}

#[tokio::test]
async fn what_is_no_answer_is_never_an_empty_list_or_a_missing_order() {
    for fault in [
        HttpFault::Html,
        HttpFault::Wall,
        HttpFault::Redirect,
        HttpFault::DropsBefore,
        HttpFault::Busy { retry_after_s: None },
    ] {
        let bench = Bench::of(Face::Http).await;
        let id = bench.buy();
        let strike = || bench.lab.world.fault_on(Call::ShopRead, Fault::Http(fault));
        strike();
        let listed = bench.subject.list_changed(bench.lab.clock.now(), 1).await;
        assert!(matches!(listed, Err(ShopError::Unclear { .. })), "{fault:?}: {listed:?}");
        strike();
        let read = bench.subject.order(id).await;
        assert!(matches!(read, Err(ShopError::Unclear { .. })), "{fault:?}: {read:?}");
    }
}

#[tokio::test]
async fn dirty_bodies_are_read_and_told() {
    for fault in [HttpFault::ByteOrderMark, HttpFault::Notice] {
        let bench = Bench::of(Face::Http).await;
        let id = bench.buy();
        bench.lab.world.fault_on(Call::ShopRead, Fault::Http(fault));
        assert_eq!(bench.subject.order(id).await.unwrap().id, id, "{fault:?}");
        let findings = bench.subject.check().await.unwrap();
        assert!(findings.iter().any(|one| one.contains("spoils")), "{findings:?}");
    }
}

#[tokio::test]
async fn keys_travel_in_the_way_that_works() {
    let bench = Bench::of(Face::Http).await;
    let id = bench.buy();
    let find = async |subject: &WooCommerce| subject.order(id).await.map(|order| order.id);
    let open = client(&bench.lab, &bench.seat.key(), |_| {});
    bench.seat.set_authorization(AuthorizationHeader::Stripped);
    assert_eq!(find(&open).await, Ok(id));
    open.set_status(id, "on-hold").await.unwrap();
    let findings = open.check().await.unwrap();
    assert!(findings.iter().any(|one| one.contains("in the query")), "{findings:?}");
    // Without TLS nothing but a signature is looked at.
    bench.seat.set_tls(Tls::Absent);
    assert_eq!(find(&open).await, Ok(id));
    let signed = client(&bench.lab, &bench.seat.key(), |settings| {
        settings.plain_http = PlainHttp::SignedOnly;
    });
    assert_eq!(find(&signed).await, Ok(id));
    signed.set_status(id, "processing").await.unwrap();
    let listed = signed.list_changed(bench.lab.clock.now().minus(Duration::from_secs(60)), 1);
    assert_eq!(listed.await.unwrap().orders.len(), 1);
    for _ in 0..3 {
        let (one, two) = tokio::join!(find(&signed), find(&signed));
        assert_eq!((one, two), (Ok(id), Ok(id)));
    }
}

#[tokio::test]
async fn wrong_keys_are_told_apart() {
    let bench = Bench::of(Face::Http).await;
    let id = bench.buy();
    let good = bench.seat.key();
    let check = async |key: Key, expected: &str| {
        let subject = client(&bench.lab, &key, |_| {});
        let error = subject.set_status(id, "completed").await.unwrap_err();
        let is_denied = matches!(error, ShopError::NotAllowed { .. });
        assert!(is_denied && error.to_string().contains(expected), "{error}");
        let checked = subject.check().await;
        assert!(matches!(checked, Err(ShopError::NotAllowed { .. })), "{checked:?}");
    };
    let other = |consumer_key: &str, consumer_secret: &str, right| Key {
        consumer_key: consumer_key.to_owned(),
        consumer_secret: consumer_secret.to_owned(),
        right,
    };
    check(other("ck_no", "cs_no", KeyRight::ReadWrite), "does not recognise").await;
    let wrong = other(&good.consumer_key, "cs_no", KeyRight::ReadWrite);
    check(wrong, "secret is wrong").await;
    let reader = other("ck_reader", "cs_reader", KeyRight::Read);
    bench.seat.add_key(reader.clone());
    check(reader, "may only read").await;
    let weak = other("ck_weak", "cs_weak", KeyRight::RoleTooWeak);
    bench.seat.add_key(weak.clone());
    check(weak, "too few rights").await;
    assert_eq!(bench.seat.status(id), "processing");
    for bench in benches().await {
        assert!(bench.subject.check().await.is_ok(), "{:?}", bench.face);
    }
}

#[tokio::test]
async fn an_unpaid_order_and_one_paid_on_delivery_are_told_apart() {
    for bench in benches().await {
        let unpaid = bench.seat.customer_buys(cart().paid(Pay::Never));
        let found = bench.subject.order(unpaid).await.unwrap();
        assert_eq!(found.paid_at, None, "{:?}", bench.face);
        bench.seat.act(unpaid, ShopAct::Pays);
        let found = bench.subject.order(unpaid).await.unwrap();
        assert!(found.paid_at.is_some());
        let delivered = bench.seat.customer_buys(cart().paid(Pay::CashOnDelivery));
        let found = bench.subject.order(delivered).await.unwrap();
        assert_eq!(found.payment_method, "cod");
        assert_eq!(found.paid_at, None);
    }
}

#[tokio::test]
async fn webhooks_are_made_read_back_and_dropped() {
    for bench in benches().await {
        let wanted = |topic| WantedHook {
            name: format!("woodblock {topic} 1"),
            topic,
            url: "https://prints.example/hooks/shop/lab".to_owned(),
            secret: "0123456789abcdef".to_owned(),
        };
        for topic in TOPICS {
            bench.subject.make_hook(&wanted(topic)).await.unwrap();
        }
        let hooks = bench.subject.hooks().await.unwrap();
        let mut topics: Vec<&str> = hooks.iter().map(|hook| hook.topic.as_str()).collect();
        topics.sort_unstable();
        assert_eq!(topics.len(), TOPICS.len(), "{:?}", bench.face);
        for hook in &hooks {
            let topic = TOPICS.into_iter().find(|topic| *topic == hook.topic).unwrap();
            assert_eq!(hook.fault(&wanted(topic)), None, "{:?} {hook:?}", bench.face);
        }
        // What is delivered is signed with the secret that was given.
        bench.buy();
        let calls = bench.lab.world.take_deliveries(bench.lab.clock.now());
        let secrets = ["0123456789abcdef".into()];
        assert!(!calls.is_empty());
        for call in &calls {
            let signature = call.header("X-WC-Webhook-Signature").unwrap();
            assert!(is_signed(&secrets, &call.body, signature), "{:?}", bench.face);
        }
        // The seventh failure in a row switches it off; nobody is told, it must be read.
        let first = hooks[0].id;
        for _ in 0..7 {
            bench.seat.delivery_answered(first, 500);
        }
        let read = bench.subject.hooks().await.unwrap();
        let found = read.iter().find(|hook| hook.id == first).unwrap();
        assert_eq!(found.status, "disabled", "{:?}", bench.face);
        for hook in read {
            bench.subject.drop_hook(hook.id).await.unwrap();
        }
        assert_eq!(bench.subject.hooks().await.unwrap(), []);
        bench.subject.drop_hook(first).await.unwrap();
    }
}

#[tokio::test]
async fn a_webhook_whose_answer_is_lost_is_not_made_twice() {
    for fault in [HttpFault::FailsAfterCommit, HttpFault::DropsAfterCommit] {
        let bench = Bench::of(Face::Http).await;
        bench.lab.world.fault_on(Call::ShopWrite, Fault::Http(fault));
        let wanted = WantedHook {
            name: "woodblock order.updated 1".to_owned(),
            topic: "order.updated",
            url: "https://prints.example/hooks/shop/lab".to_owned(),
            secret: "0123456789abcdef".to_owned(),
        };
        bench.subject.make_hook(&wanted).await.unwrap();
        assert_eq!(bench.subject.hooks().await.unwrap().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn the_clock_of_the_shop_is_compared_with_ours() {
    for bench in benches().await {
        bench.buy();
        bench.subject.check().await.unwrap();
        let ahead_ms = bench.subject.clock_ahead_ms().unwrap();
        assert!(ahead_ms.abs() <= 1_000, "{:?}: {ahead_ms}", bench.face);
        bench.seat.set_clock_ahead_ms(-600_000);
        bench.subject.check().await.unwrap();
        let ahead_ms = bench.subject.clock_ahead_ms().unwrap();
        assert!((ahead_ms + 600_000).abs() <= 1_000, "{:?}: {ahead_ms}", bench.face);
    }
}

#[tokio::test]
async fn its_catalogue_is_searched_by_words_and_sku() {
    for bench in benches().await {
        bench.buy();
        let blue = CartLine::of(21, "SHIRT-BLUE", "Team shirt - Blue, L").variation(210);
        bench.seat.add_product(&blue);
        let found = bench.subject.products("mug").await.unwrap();
        assert_eq!(found.len(), 1, "{:?}", bench.face);
        assert_eq!((found[0].product, found[0].variation), (11, None));
        assert_eq!((found[0].sku.as_str(), found[0].has_variations), ("MUG-11", false));
        let by_sku = bench.subject.products("GIFTCARD-NOTE").await.unwrap();
        assert_eq!(by_sku.iter().map(|one| one.product).collect::<Vec<_>>(), [13]);
        let shirts = bench.subject.products("shirt").await.unwrap();
        let ids: Vec<_> = shirts.iter().map(|one| (one.product, one.variation)).collect();
        assert_eq!(ids, [(21, None), (21, Some(210))], "{:?}", bench.face);
        assert!(shirts[0].has_variations);
        assert_eq!(shirts[1].name, "Team shirt: Blue, L");
        assert_eq!(shirts[1].sku, "SHIRT-BLUE");
        assert_eq!(bench.subject.products("nothing like it").await.unwrap(), []);
        assert!(3 <= bench.subject.products("").await.unwrap().len());
    }
}
