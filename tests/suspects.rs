//! What was running when the program ended: the work of nobody who merely stood by is parked.

use crate::common::*;
use woodblock::db::{self, job::Lanes};
use woodblock::flow::{FlowError, worker};
use woodblock::model::job::Job;
use woodblock::model::problem::What;
use woodblock::outside::clock::Clock;
use woodblock::sandbox::shop::a_recipient;

/// Begins whatever may begin now, as all workers together would; what began.
async fn begin_all(day: &Day) -> Vec<Job> {
    let begun: Result<Vec<Job>, FlowError> = day
        .ctx
        .call(|tx| {
            let mut begun = Vec::new();
            while let Some(job) = db::job::claim(tx, Lanes::All, tx.now.plus(HOUR))? {
                begun.push(job);
            }
            Ok(begun)
        })
        .await;
    begun.unwrap()
}

async fn failed(day: &Day) -> Vec<String> {
    let jobs = day.ctx.read(|tx| Ok(db::job::open_and_failed(tx)?)).await.unwrap();
    let failed = jobs.into_iter().filter(|job| job.state == "failed");
    failed.map(|job| format!("{} {}", job.step, job.key)).collect()
}

#[tokio::test]
async fn who_stood_by_in_many_crashes_goes_on_alone_and_is_never_parked() {
    let day = Day::new().await;
    let bought = (0..6).map(|nth| {
        let cart = cart(vec![named("MUG", &format!("Rex {nth}"))]);
        day.shop.customer_buys(cart.to(a_recipient(nth)))
    });
    let orders: Vec<_> = bought.collect();
    day.run_for(MINUTE).await;
    // The countdowns end together, and the program is killed while all of them are sent.
    day.clock.set(day.clock.now().plus(3 * HOUR));
    for crash in 0..5 {
        let begun = begin_all(&day).await;
        assert_eq!(1 < begun.len(), crash == 0, "a suspect runs alone: {begun:?}");
        if crash != 0 {
            // The one that runs alone gets to its end before the next crash, as most do.
            day.ctx
                .call(move |tx| Ok(db::job::snooze(tx, &begun[0], tx.now.plus(MINUTE))?))
                .await
                .unwrap();
            begin_all(&day).await;
        }
        worker::recover(&day.ctx).await.unwrap();
    }
    assert_eq!(failed(&day).await, Vec::<String>::new());
    day.run_for(72 * HOUR).await;
    for order in orders {
        assert_eq!(day.problems(order).await, []);
        assert_eq!(day.shop.status(order), "completed");
    }
    assert_eq!(day.world.double_charges(), Vec::<String>::new());
}

#[tokio::test]
async fn what_ends_the_program_twice_while_it_runs_alone_is_parked_and_nothing_else_is() {
    let day = Day::new().await;
    let (bad, good) = (
        day.shop.customer_buys(cart(vec![named("MUG", "Bad")])),
        day.shop.customer_buys(cart(vec![named("MUG", "Good")])),
    );
    day.deliver().await;
    // The intake of both orders is under way when the bad one ends the program; then each runs alone.
    let mut crashes = 0;
    loop {
        let begun = begin_all(&day).await;
        let key = format!("{}:{bad}", day.shop_id);
        match begun.iter().any(|job| job.key == key) {
            true => {
                crashes += 1;
                worker::recover(&day.ctx).await.unwrap();
                // What ran alone pauses first.
                day.clock.set(day.clock.now().plus(MINUTE));
            }
            false if begun.is_empty() => break,
            false => {
                let done = begun.clone();
                let over = move |tx: &db::Tx<'_>| {
                    done.iter().try_for_each(|job| db::job::snooze(tx, job, tx.now.plus(HOUR)))?;
                    Ok(())
                };
                day.ctx.call(over).await.unwrap();
            }
        }
    }
    assert_eq!(crashes, 3, "once among others, twice alone");
    assert_eq!(failed(&day).await, [format!("intake {}:{bad}", day.shop_id)]);
    assert_eq!(day.alerts().await, [What::JobFailed]);
    day.run_for(2 * HOUR).await;
    assert_eq!(day.problems(good).await, []);
}

/// Told to stop, it does not wait for ever; what it leaves is no crash.
#[tokio::test]
async fn a_stop_is_no_crash() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.deliver().await;
    for _ in 0..4 {
        assert!(!begin_all(&day).await.is_empty());
        assert!(0 < worker::put_back(&day.ctx).await.unwrap());
        worker::recover(&day.ctx).await.unwrap();
    }
    assert_eq!(failed(&day).await, Vec::<String>::new());
    day.run_for(72 * HOUR).await;
    assert_eq!(day.shop.status(order), "completed");
}

/// Somebody kills the program again and again: what ran alone in several of these kills is not to blame,
/// because others died as well. But it does not take turns for ever.
#[tokio::test]
async fn who_is_killed_alone_among_other_kills_is_parked_only_after_many() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.deliver().await;
    let mut crashes = 0;
    while failed(&day).await.is_empty() {
        let begun = begin_all(&day).await;
        let (bad, good): (Vec<Job>, Vec<Job>) =
            begun.into_iter().partition(|job| job.step == "intake");
        let over = move |tx: &db::Tx<'_>| {
            good.iter().try_for_each(|job| db::job::snooze(tx, job, tx.now.plus(HOUR)))?;
            Ok(())
        };
        day.ctx.call(over).await.unwrap();
        worker::recover(&day.ctx).await.unwrap();
        if !bad.is_empty() {
            crashes += 1;
            // Killed once more before its pause is over: nothing of it runs.
            worker::recover(&day.ctx).await.unwrap();
        }
        day.clock.set(day.clock.now().plus(MINUTE));
    }
    assert_eq!(crashes, 6);
    assert_eq!(failed(&day).await, [format!("intake {}:{order}", day.shop_id)]);
}
