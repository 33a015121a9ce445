//! What the flow asks of a provider before anything is sent: goods, prices, shipping, what fits.

use woodblock::model::problem::What;
use woodblock::model::provider_order::ProviderOrder;
use woodblock::model::sku::{Covers, NeedKind, Quote};
use woodblock::outside::provider::AskError;
use woodblock::sandbox::provider::QuoteRule;
use woodblock::sandbox::{Call, Fault, HttpFault};

use super::provider::{Bench, Face, Kind, benches};

const FACES: [Face; 2] = [Face::World, Face::Http];

fn with_sku(bench: &Bench, sku: &str) -> ProviderOrder {
    let mut order = bench.order("wb-1");
    order.lines.iter_mut().for_each(|line| line.provider_sku = sku.to_owned());
    order
}

#[tokio::test]
async fn a_variant_says_what_it_is_and_needs() {
    for bench in benches().await {
        let sku = bench.order("wb-1").lines[0].provider_sku.clone();
        let facts = bench.subject.sku(&sku).await.unwrap().unwrap();
        assert_eq!(facts.provider_sku, sku, "{}", bench.name());
        assert!(!facts.title.is_empty());
        assert_eq!(facts.cost.unwrap().to_string(), "9.95 USD", "{}", bench.name());
        let expected = match bench.kind {
            Kind::CustomCat => (Some(true), vec![("front", false), ("back", false)]),
            Kind::ShineOn => (None, vec![("print_url", true)]),
        };
        let needs = facts.needs.iter().map(|need| (need.key.as_str(), need.required)).collect();
        assert_eq!((facts.in_stock, needs), expected, "{}", bench.name());
        for absent in ["99999999", "SO-99", "PT-99"] {
            assert_eq!(bench.subject.sku(absent).await, Ok(None), "{} {absent}", bench.name());
        }
    }
    for face in FACES {
        let bench = Bench::of(Kind::CustomCat, face).await;
        bench.seat.set(|settings| {
            settings.out_of_stock.insert("45475".to_owned());
        });
        let facts = bench.subject.sku("45475").await.unwrap().unwrap();
        assert_eq!(facts.in_stock, Some(false), "{}", bench.name());
        let bench = Bench::of(Kind::ShineOn, face).await;
        let tag = bench.subject.sku("PT-20417").await.unwrap().unwrap();
        assert_eq!(tag.needs[0].kind, NeedKind::Svg, "{}", bench.name());
        assert_eq!(tag.artwork.unwrap().height_px, 1788);
    }
}

/// An answer that is no answer is never taken for "there is none" or "it fits".
#[tokio::test]
async fn a_question_without_an_answer_is_no_answer() {
    for bench in benches().await {
        match bench.face {
            Face::World => {
                bench.lab.world.fault_on(Call::Catalogue, Fault::AskUnclear);
                bench.lab.world.fault_on(Call::Quote, Fault::AskUnclear);
            }
            Face::Http => {
                bench.lab.world.fault_on(Call::ProviderRead, Fault::Http(HttpFault::Html));
                bench.lab.world.fault_at(Call::ProviderRead, 2, Fault::Http(HttpFault::Wall));
            }
        }
        let order = bench.order("wb-1");
        let facts = bench.subject.sku(&order.lines[0].provider_sku).await;
        assert!(matches!(facts, Err(AskError::Unclear { .. })), "{}: {facts:?}", bench.name());
        let quote = bench.subject.quote(&order).await;
        assert!(matches!(quote, Err(AskError::Unclear { .. })), "{}: {quote:?}", bench.name());
    }
}

#[tokio::test]
async fn an_order_is_quoted_and_nothing_is_free() {
    for bench in benches().await {
        let order = bench.order("wb-1");
        let Quote { price, covers } = bench.subject.quote(&order).await.unwrap().unwrap();
        let expected = match bench.kind {
            // Four pieces and the shipping.
            Kind::CustomCat => ("44.79 USD", Covers::Everything),
            Kind::ShineOn => ("39.80 USD", Covers::Goods),
        };
        assert_eq!((price.to_string().as_str(), covers), expected, "{}", bench.name());
        assert!(bench.seat.ledger().is_empty(), "a question charges nothing");
        let unknown = bench.subject.quote(&with_sku(&bench, "SO-99")).await;
        assert_eq!(unknown, Ok(None), "{}", bench.name());
        bench.seat.set(|settings| settings.price_each.minor = 0);
        let free = bench.subject.quote(&order).await;
        let is_free = matches!(&free, Ok(Some(quote)) if quote.price.minor == 0);
        assert!(!is_free || bench.face == Face::World, "{}: {free:?}", bench.name());
    }
    for face in FACES {
        let bench = Bench::of(Kind::CustomCat, face).await;
        let mut order = bench.order("wb-1");
        order.shipping_method = "By camel".to_owned();
        if face == Face::Http {
            assert_eq!(bench.subject.quote(&order).await, Ok(None), "no such method");
        }
        bench.seat.set(|settings| settings.quote = QuoteRule::Zero);
        let order = bench.order("wb-1");
        assert_eq!(bench.subject.quote(&order).await, Ok(None), "0.00 is no price");
    }
}

#[tokio::test]
async fn shipping_methods_are_listed_where_there_is_a_list() {
    for bench in benches().await {
        let methods = bench.subject.shipping_methods().await;
        match bench.kind {
            Kind::CustomCat => {
                let methods = methods.unwrap();
                let names: Vec<&str> = methods.iter().map(|one| one.name.as_str()).collect();
                let expected = ["Economy", "Ground", "2 Day", "Standard Overnight"];
                assert_eq!(names, expected, "{}", bench.name());
                assert_eq!(methods[0].id, "35");
            }
            Kind::ShineOn => assert_eq!(methods, Err(AskError::Unable), "{}", bench.name()),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_known_before_it_is_sent() {
    for bench in benches().await {
        assert_eq!(bench.subject.misfit(&bench.order("wb-1")).await, Ok(None), "{}", bench.name());
    }
    for face in FACES {
        let bench = Bench::of(Kind::CustomCat, face).await;
        let mut order = bench.order("wb-1");
        order.recipient.phone.clear();
        let problem = bench.subject.misfit(&order).await.unwrap().unwrap();
        assert_eq!(problem.what, What::AddressIncomplete, "{}", bench.name());
        let bench = Bench::of(Kind::ShineOn, face).await;
        let problem = bench.subject.misfit(&with_sku(&bench, "PT-20417")).await.unwrap().unwrap();
        assert_eq!(problem.what, What::ProviderNeeds, "{}", bench.name());
        assert!(problem.detail.contains("SVG"), "{problem}");
    }
}

/// A blank with keys of its own is ordered in version 2, with its words.
#[tokio::test]
async fn a_blank_is_ordered_by_its_own_keys() {
    for face in FACES {
        let bench = Bench::of(Kind::ShineOn, face).await;
        let mut order = with_sku(&bench, "PT-10204");
        order.lines[0].texts = vec![("engraving-line-1".to_owned(), "Always".to_owned())];
        bench.submit(&order).await.unwrap();
        let line = bench.seat.ledger().remove(0).lines.remove(0);
        assert_eq!(line.provider_sku, "PT-10204", "{}", bench.name());
        assert_eq!(line.files[0].url, bench.file);
        assert_eq!(line.texts[0].1, "Always");
    }
}
