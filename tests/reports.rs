//! Reports: figures of a few days that were lived through, on the page and as tables.

use axum::http::StatusCode;

use crate::common::*;
use crate::web::Browser;
use woodblock::model::problem::{Problem, What};
use woodblock::model::provider_order::{Reach, Refusal};
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::ShopAct;
use woodblock::sandbox::{Call, Fault};

/// A day with a mug that is shipped, a pendant that is refused, a mug that is cancelled and one that
/// has just been ordered.
async fn lived() -> Browser {
    let day = Day::new().await;
    for provider in [&day.customcat, &day.shineon] {
        provider.set(|settings| {
            settings.start = Start::After(HOUR);
            settings.making = 3 * HOUR;
        });
    }
    let cancelled = day.shop.customer_buys(cart(vec![named("MUG", "Gone")]));
    day.run_for(HOUR).await;
    day.shop.act(cancelled, ShopAct::Cancels);
    day.shop.customer_buys(cart(vec![named("MUG", "Rex"), named("MUG", "Max").times(2)]));
    day.run_for(40 * HOUR).await;
    let refusal = Refusal {
        problem: Problem::new(What::Refused, "address", "no such street"),
        reach: Reach::Order,
        suggestions: Vec::new(),
    };
    day.world.fault_on(Call::Submit, Fault::RefuseWith(refusal));
    day.shop.customer_buys(cart(vec![named("PENDANT", "=SUM(A1)")]));
    day.run_for(26 * HOUR).await;
    day.shop.customer_buys(cart(vec![named("MUG", "New")]));
    day.run_for(HOUR).await;
    Browser::inside(day).await
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

#[tokio::test]
async fn the_figures_are_those_of_the_days_that_were_lived() {
    let browser = lived().await;
    let page = browser.get("/reports").await;
    page.shows("<dt>Orders</dt><dd>3<small>none in the time before");
    page.shows("in 1 submission");
    page.shows("By provider");
    // The chart has a bar for each of thirty days, and the same figures as a table.
    assert_eq!(
        page.text().matches("<title>").count(),
        61,
        "two charts of thirty bars and the window"
    );
    page.shows("Orders per day; the most, ");
    // What is refused is late or held, and leads to the list.
    page.shows("view=all&problem=refused");
    let days = browser.get("/reports.csv?what=days&from=2026-03-01&to=2026-03-07").await.text();
    let days = rows(&days);
    assert_eq!(days.len(), 7, "{days:?}");
    let orders: u32 = days.iter().map(|day| day[1].parse::<u32>().unwrap()).sum();
    assert_eq!(orders, 3, "what was cancelled does not count: {days:?}");
    let orders = browser.get("/reports.csv?what=orders&from=2026-03-01&to=2026-03-07").await.text();
    let orders = rows(&orders);
    let states: Vec<&str> = orders.iter().map(|row| &*row[2]).collect();
    assert_eq!(states, ["cancelled", "closed", "open", "open"]);
    assert!(!orders[1][9].is_empty() && !orders[1][10].is_empty(), "sent and shipped: {orders:?}");
    assert!(orders[3][9].is_empty(), "not sent yet: {orders:?}");
    let providers = browser.get("/reports.csv?what=providers&days=30").await.text();
    let providers = rows(&providers);
    let told: Vec<_> = providers.iter().map(|row| (&*row[0], &*row[3], &*row[6])).collect();
    assert_eq!(told, [("customcat", "3", "no"), ("shineon", "1", "yes")]);
    let products = browser.get("/reports.csv?what=products&days=30").await.text();
    let pieces: u32 = rows(&products).iter().map(|row| row[3].parse::<u32>().unwrap()).sum();
    assert_eq!(pieces, 5, "{products}");
}

#[tokio::test]
async fn odd_spans_are_told_and_empty_ones_say_so() {
    let browser = lived().await;
    browser.get("/reports?from=2020-01-01&to=2020-01-31").await.shows("No order was placed");
    let fault = "The first day must not come after the last";
    browser.get("/reports?from=2026-03-04&to=2026-03-01").await.shows(fault);
    browser.get("/reports?from=yesterday&to=").await.shows("Type both days");
    browser.get("/reports?days=-5").await.shows("Reports");
    browser.get("/reports?days=999999999").await.shows("Orders per month");
    let refused = browser.get("/reports.csv?what=orders&from=2026-03-04&to=2026-03-01").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let unknown = browser.get("/reports.csv?what=secrets").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
