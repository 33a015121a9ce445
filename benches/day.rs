//! What a simulated day of 50 orders costs: CPU time of the whole process, database in memory.
//!
//! Run with `cargo bench --bench day`. The bench fails when a day costs more than its budget.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "in a test a failure is what is wanted"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Duration;

use common::*;
use rustix::time::{ClockId, clock_gettime};
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::a_recipient;

const DAYS: u32 = 20;
const ORDERS_PER_DAY: u32 = 50;
/// A simulated day of 50 orders costs at most this much CPU.
const BUDGET: Duration = Duration::from_millis(50);

fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(spent.tv_sec).unwrap_or(0),
        u32::try_from(spent.tv_nsec).unwrap_or(0),
    )
}

async fn one_day(day: &Day, nth: u32) {
    for order in 0..ORDERS_PER_DAY {
        let sku = if order % 3 == 0 { "PENDANT" } else { "MUG" };
        let lines = vec![named(sku, &format!("Name {nth} {order}"))];
        day.shop.customer_buys(cart(lines).to(a_recipient(order as usize)));
        day.run_for(Duration::from_secs(24 * 3_600 / u64::from(ORDERS_PER_DAY))).await;
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let mut costs = runtime.block_on(async {
        let day = Day::with(Setting { track_every: 4 * HOUR, ..Setting::default() }).await;
        // Each order lives its whole life within a day, from payment to the tracking number.
        for provider in [&day.customcat, &day.shineon] {
            provider.set(|settings| {
                settings.start = Start::After(HOUR);
                settings.making = 3 * HOUR;
            });
        }
        // The first days fill the caches and the pipeline of orders that are still in the making.
        for nth in 0..4 {
            one_day(&day, nth).await;
        }
        let mut costs = Vec::new();
        for nth in 0..DAYS {
            let before = cpu();
            one_day(&day, nth).await;
            costs.push(cpu() - before);
        }
        costs
    });
    let each: Vec<String> =
        costs.iter().map(|cost| format!("{:.0}", cost.as_secs_f64() * 1e3)).collect();
    println!("each day in ms: {}", each.join(" "));
    costs.sort();
    let (least, middle, most) = (costs[0], costs[costs.len() / 2], costs[costs.len() - 1]);
    println!(
        "a day of {ORDERS_PER_DAY} orders: {:.1} ms of CPU (least {:.1}, most {:.1}, {DAYS} days), \
         budget {} ms",
        middle.as_secs_f64() * 1e3,
        least.as_secs_f64() * 1e3,
        most.as_secs_f64() * 1e3,
        BUDGET.as_millis()
    );
    assert!(middle <= BUDGET, "a day costs more than its budget");
}
