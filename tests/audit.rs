//! The audit finds what is broken, and says nothing of what is well.

use crate::common::*;
use woodblock::cli;

use woodblock::flow::FlowError;
use woodblock::flow::audit::{self, Scope};
use woodblock::model::audit::Invariant;

async fn found(day: &Day) -> Vec<(Invariant, String)> {
    let audited = audit::run(&day.ctx, Scope::All).await.unwrap();
    let breaches = audited.into_iter().flat_map(|one| one.breaches);
    breaches.map(|one| (one.invariant, one.what)).collect()
}

/// Harms the database behind the program's back.
async fn harm(day: &Day, sql: &'static str) {
    let done: Result<(), FlowError> = day
        .ctx
        .call(move |tx| {
            assert!(0 < tx.execute(sql, &[])?, "{sql} harms nothing");
            Ok(())
        })
        .await;
    done.unwrap();
}

#[tokio::test]
async fn what_is_well_breaks_nothing() {
    let day = Day::new().await;
    for name in ["Ada", "Rex", "Eve"] {
        day.shop.customer_buys(cart(vec![named("MUG", name), named("PENDANT", name)]));
        day.run_for(7 * HOUR).await;
        assert_eq!(found(&day).await, []);
    }
    let audited = audit::run(&day.ctx, Scope::All).await.unwrap();
    let document = cli::audit::document(&audited);
    assert_eq!(document["broken"], 0);
    assert_eq!(document["orders"].as_array().unwrap().len(), 3);
    assert_eq!(document["orders"][0]["fulfilments"][0]["provider"], "customcat");
}

#[tokio::test]
async fn a_forgotten_countdown_is_found() {
    let day = Day::new().await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    harm(&day, "DELETE FROM jobs WHERE step = 'submit'").await;
    let found = found(&day).await;
    assert_eq!(found[0].0, Invariant::NotStranded);
    assert!(found[0].1.contains("no job “submit” waits"), "{found:?}");
}

#[tokio::test]
async fn a_passed_deadline_that_nobody_was_told_of_is_found() {
    let day = Day::new().await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    harm(&day, "UPDATE fulfilments SET deadline_at = '2026-03-01T00:00:00.000Z'").await;
    assert!(found(&day).await[0].1.contains("overdue"));
}

#[tokio::test]
async fn pieces_that_were_accepted_twice_are_found() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(30 * HOUR).await;
    day.ctx
        .reprint(day.id(order).await, vec![(day.item(order, 0).await, 1)], "torn", &ann())
        .await
        .unwrap();
    day.run_for(30 * HOUR).await;
    assert_eq!(found(&day).await, [], "a person ordered it again");
    harm(&day, "UPDATE items SET reprints = 0").await;
    let found = found(&day).await;
    assert_eq!(found[0].0, Invariant::PrintedOnce, "{found:?}");
}

#[tokio::test]
async fn a_link_to_other_bytes_is_found() {
    let day = Day::new().await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.shop.customer_buys(cart(vec![named("MUG", "Eve")]));
    day.run_for(4 * HOUR).await;
    assert_eq!(found(&day).await, []);
    let swap = "UPDATE file_links SET hash = (SELECT MAX(other.hash) FROM file_links AS other)
                WHERE hash = (SELECT MIN(least.hash) FROM file_links AS least)";
    harm(&day, swap).await;
    let found = found(&day).await;
    assert_eq!(found[0].0, Invariant::RightBytes, "{found:?}");
}
