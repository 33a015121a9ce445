//! Erasing: nothing of the customer is left, nothing of the order can be fetched, the money record stays.

use std::time::Duration;

use crate::common::{Day, HOUR, Setting, ann, cart, line, named, rules};
use woodblock::db;
use woodblock::flow::ctx::Rules;
use woodblock::flow::{FlowError, erase, file, intake};
use woodblock::model::fulfilment::State;
use woodblock::model::id::{Hash, ShopOrderId};
use woodblock::model::order;
use woodblock::outside::files::Files as _;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Every text of every table, as a backup would hold it.
async fn every_word(day: &Day) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.db");
    day.ctx.db.copy_to(path.clone()).await.unwrap();
    let raw = rusqlite::Connection::open(path).unwrap();
    let tables: Vec<String> = raw
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut words = String::new();
    for table in tables {
        let mut statement = raw.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let rusqlite::types::ValueRef::Text(text) = row.get_ref(column).unwrap() {
                    words += &format!("{table}: {}\n", String::from_utf8_lossy(text));
                }
            }
        }
    }
    words
}

/// Lives on until the order has ended.
async fn ended(day: &Day, order: ShopOrderId) {
    for _ in 0..60 {
        day.run_for(DAY).await;
        let found = day.order(order).await;
        let is_final = found.fulfilments.iter().all(|one| one.state.is_final());
        if found.state == order::State::Closed && is_final {
            return;
        }
    }
    panic!("the order never ended");
}

#[tokio::test]
async fn nothing_of_the_customer_is_left_and_the_money_record_stays() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![line("MUG").with("Name", "Zebulon")]));
    ended(&day, order).await;
    let before = day.order(order).await;
    let id = before.id;
    let print = before.items[0].facts.print_files[0].clone();
    let who = before.recipient.clone();
    let private = [&who.last_name, &who.address_1, &who.email, "Zebulon"];
    let words = every_word(&day).await;
    for word in private {
        assert!(words.contains(word), "{word} was there before");
    }

    erase::erase(&day.ctx, id, &ann()).await.unwrap();
    let words = every_word(&day).await;
    for word in private {
        let left: Vec<&str> = words.lines().filter(|line| line.contains(word)).collect();
        assert!(left.is_empty(), "{word} is left: {left:?}");
    }
    assert!(day.files.get(&print.hash).is_err(), "its print file is gone");
    let links = words.lines().filter(|line| line.starts_with("file_links"));
    assert_eq!(links.count(), 0, "nothing of it can be fetched");
    let after = day.order(order).await;
    assert_eq!(after.number, before.number);
    let fulfilment = &after.fulfilments[0];
    assert_eq!(fulfilment.reference, before.fulfilments[0].reference);
    assert_eq!(fulfilment.provider_order_id, before.fulfilments[0].provider_order_id);
    assert_eq!((&fulfilment.state, after.total), (&State::Shipped, before.total));
    assert!(day.story(order).await.last().unwrap().contains("person:ann order erased"));

    // The shop tells of it again, and a person presses a button: neither fills it again.
    let shop = day.shop_id;
    day.shop.merchant_sets_status(order, "processing");
    day.ctx.call(move |tx| intake::ask(tx, shop, order)).await.unwrap();
    day.run_for(2 * HOUR).await;
    let words = every_word(&day).await;
    let told = words.lines().filter(|line| line.contains(&who.last_name));
    let told: Vec<&str> = told.filter(|line| !line.starts_with("deliveries")).collect();
    assert!(told.is_empty(), "{told:?}");
    let refused = day.ctx.cancel_order(id, &ann()).await.unwrap_err();
    assert!(refused.to_string().contains("it was erased"), "{refused}");
    assert!(erase::erase(&day.ctx, id, &ann()).await.is_err(), "once is enough");
}

#[tokio::test]
async fn an_order_under_way_is_not_erased_and_files_of_others_stay() {
    let day = Day::new().await;
    let first = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    ended(&day, first).await;
    let second = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let of = async |order: ShopOrderId| -> Hash {
        day.order(order).await.items[0].facts.print_files[0].hash.clone()
    };
    assert_eq!(of(first).await, of(second).await, "the same drawing is the same file");
    let shared = of(first).await;
    let id = day.id(second).await;
    let refused = erase::erase(&day.ctx, id, &ann()).await.unwrap_err();
    assert!(refused.to_string().contains("has not ended"), "{refused}");
    let id = day.id(first).await;
    erase::erase(&day.ctx, id, &ann()).await.unwrap();
    assert!(day.files.get(&shared).is_ok(), "another order needs it");
}

#[tokio::test]
async fn a_step_under_way_is_waited_for() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    ended(&day, order).await;
    let id = day.id(order).await;
    let claimed: Result<_, FlowError> = day
        .ctx
        .call(move |tx| {
            let job = woodblock::model::job::NewJob {
                step: "shop_sync",
                key: id.to_string(),
                lane: woodblock::model::job::Lane::Shop,
                order: Some(id),
                run_at: tx.now,
                attempt_max: 3,
            };
            db::job::enqueue(tx, &job)?;
            Ok(db::job::claim(tx, db::job::Lanes::Others, tx.now.plus(HOUR))?)
        })
        .await;
    let job = claimed.unwrap().unwrap();
    let refused = erase::erase(&day.ctx, id, &ann()).await.unwrap_err();
    assert!(refused.to_string().contains("under way"), "{refused}");
    let done: Result<(), FlowError> = day.ctx.call(move |tx| Ok(db::job::finish(tx, &job)?)).await;
    done.unwrap();
    erase::erase(&day.ctx, id, &ann()).await.unwrap();
}

#[tokio::test]
async fn what_is_old_goes_by_itself_as_the_settings_say() {
    let rules = Rules { keep_orders: Some(20 * DAY), ..rules() };
    let day = Day::with(Setting { rules, ..Setting::default() }).await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Zebulon")]));
    ended(&day, order).await;
    assert!(every_word(&day).await.contains("Zebulon"));
    let deliveries = || async {
        let shop = day.shop_id;
        let count: Result<u32, FlowError> =
            day.ctx.read(move |tx| Ok(db::delivery::count(tx, shop)?)).await;
        count.unwrap()
    };
    day.run_for(40 * DAY).await;
    assert_eq!(deliveries().await, 0, "webhooks are kept for thirty days");
    assert!(!every_word(&day).await.contains("Zebulon"));

    let kept = Day::new().await;
    let order = kept.shop.customer_buys(cart(vec![named("MUG", "Zebulon")]));
    ended(&kept, order).await;
    kept.run_for(40 * DAY).await;
    assert!(every_word(&kept).await.contains("Zebulon"), "without the setting it stays");
}

/// A sweep that was cut off between the row and the file leaves a file without a row.
#[tokio::test]
async fn a_file_without_a_row_is_removed_by_the_next_sweep() {
    let day = Day::new().await;
    let orphan = day.files.put(b"left by a sweep that was cut off").unwrap();
    let kept = file::store(&day.ctx, b"stored just now".to_vec(), "photo").await.unwrap();
    assert_eq!(file::sweep_orphans(&day.ctx).await.unwrap(), 1);
    assert!(day.files.get(&orphan).is_err());
    assert!(day.files.get(&kept).is_ok(), "its row is there");
}
