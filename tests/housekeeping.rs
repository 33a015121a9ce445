//! What runs by itself beside the orders: files that nobody needs go, and alerts are mailed once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::common::*;
use async_trait::async_trait;
use woodblock::db;
use woodblock::flow::ctx::Probe;
use woodblock::flow::{Ctx, FlowError, file};
use woodblock::model::id::Hash;
use woodblock::outside::files::Files;
use woodblock::sandbox::{Call, Fault};

#[tokio::test]
async fn files_that_nothing_names_are_swept_and_no_others() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let orphan = file::store(&day.ctx, b"a preview of nobody".to_vec(), "preview").await.unwrap();
    day.run_for(HOUR).await;
    let print = day.order(order).await.items[0].facts.print_files[0].clone();
    assert!(day.files.get(&orphan).is_ok(), "young files stay: their row may still be on its way");
    day.run_for(3 * 24 * HOUR).await;
    assert!(day.files.get(&orphan).is_err(), "nobody named it for a day");
    assert!(day.files.get(&print.hash).is_ok());
    assert!(day.files.get(&print.preview.unwrap()).is_ok());
}

/// Stores the bytes again as soon as the sweep has committed that their row is gone.
#[derive(Default)]
struct StoresAgain {
    ctx: OnceLock<Ctx>,
    stored_again: AtomicBool,
}

const BYTES: &[u8] = b"a photo that was given twice";

#[async_trait]
impl Probe for StoresAgain {
    async fn pass(&self, boundary: &str) {
        let Some(ctx) = self.ctx.get().filter(|_| boundary == "after commit") else {
            return;
        };
        let hash = Hash::of(BYTES);
        let is_kept: Result<bool, FlowError> =
            ctx.read(move |tx| Ok(db::file::is_kept(tx, &hash)?)).await;
        if !is_kept.unwrap() && !self.stored_again.swap(true, Ordering::SeqCst) {
            file::store(ctx, BYTES.to_vec(), "photo").await.unwrap();
        }
    }
}

/// The same photo is uploaded again while the sweep is about to remove its file: storing wins.
#[tokio::test]
async fn a_file_that_is_stored_during_the_sweep_stays() {
    let probe = Arc::new(StoresAgain::default());
    let day = Day::with(Setting { probe: probe.clone(), ..Setting::default() }).await;
    let hash = file::store(&day.ctx, BYTES.to_vec(), "photo").await.unwrap();
    probe.ctx.set(day.ctx.clone()).ok().unwrap();
    for _ in 0..72 {
        day.run_for(HOUR).await;
        if probe.stored_again.load(Ordering::SeqCst) {
            assert_eq!(day.files.get(&hash).unwrap(), BYTES);
            return;
        }
    }
    panic!("the sweep never came");
}

#[tokio::test]
async fn an_alert_is_mailed_once_and_tried_until_it_is_taken() {
    let day = Day::new().await;
    day.world.fault_on(Call::Mail, Fault::MailNotSent);
    day.shop.customer_buys(cart(vec![named("MUG", "𝔄nn")]));
    day.run_for(3 * 24 * HOUR).await;
    let mails = day.world.mailer().received();
    let about: Vec<&str> = mails
        .iter()
        .filter(|mail| mail.subject.contains("cannot be printed"))
        .map(|mail| mail.to.as_str())
        .collect();
    assert_eq!(about, ["ops@shop.example"]);
    let mail = mails.iter().find(|mail| mail.subject.contains("cannot be printed")).unwrap();
    assert!(mail.text.contains("What to do: Replace the character under Edit design."));
    assert!(mail.html.contains("U+1D504"), "{}", mail.html);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_not_sent_again() {
    let day = Day::new().await;
    day.world.fault_on(Call::Mail, Fault::MailTakenAnswerLost);
    day.shop.customer_buys(cart(vec![named("MUG", "𝔄nn")]));
    day.run_for(24 * HOUR).await;
    let mails = day.world.mailer().received();
    let about = mails.iter().filter(|mail| mail.subject.contains("cannot be printed"));
    assert_eq!(about.count(), 1);
}
