//! What people see of the machinery: health, calls of webhooks, and the outbox.

use axum::http::StatusCode;

use crate::common::*;
use crate::web::Browser;
use woodblock::db;
use woodblock::flow::FlowError;
use woodblock::sandbox::{Call, Fault};

impl Browser {
    async fn press_in(&self, page: &str, path: &str) -> crate::web::Page {
        let csrf = self.get(page).await.hidden("csrf");
        self.post(path, &[("csrf", &csrf)]).await
    }
}

/// A refused mail stands there with its reason, is sent again by a press, and once only.
#[tokio::test]
async fn a_refused_mail_is_sent_again_by_a_person() {
    let day = Day::new().await;
    day.world.fault_on(Call::Mail, Fault::MailRefused);
    // Nothing fits a missing name: people are told.
    day.shop.customer_buys(cart(vec![line("MUG")]));
    day.run_for(HOUR).await;
    assert_eq!(day.world.mailer().received().len(), 0);
    let browser = Browser::inside(day).await;
    let list = browser.get("/mails?state=refused").await;
    list.shows("ops@shop.example").shows("Send now");
    let path =
        list.text().split("action=\"/mails/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    browser.get("/health").await.shows("refused by the mail server");
    browser.press_in("/mails", &format!("/mails/{path}")).await;
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.world.mailer().received().len(), 1);
    browser.get("/health").await.lacks("refused by the mail server");
    // What has left is not sent a second time.
    browser.press_in("/stop", &format!("/mails/{path}")).await;
    browser.get("/mails").await.shows("has left already");
    browser.day.run_for(MINUTE).await;
    assert_eq!(browser.day.world.mailer().received().len(), 1);
    browser.get("/people").await.shows("sent the mail");
}

/// A mail whose answer was lost says that it may arrive twice; a link that lets somebody in is not shown.
#[tokio::test]
async fn a_mail_tells_what_is_known_of_it() {
    let day = Day::new().await;
    day.world.fault_on(Call::Mail, Fault::MailTakenAnswerLost);
    day.shop.customer_buys(cart(vec![line("MUG")]));
    day.run_for(HOUR).await;
    let made: Result<(), FlowError> = day
        .ctx
        .call(|tx| {
            let mail = db::mail::NewMail {
                order: None,
                kind: "join",
                key: "1".to_owned(),
                recipient: "new@shop.example".to_owned(),
                subject: "You are invited".to_owned(),
                text: "https://prints.example/join/secret-token".to_owned(),
                html: "secret-token".to_owned(),
            };
            db::mail::put(tx, &mail, "mark@shop.example")?;
            Ok(())
        })
        .await;
    made.unwrap();
    let browser = Browser::inside(day).await;
    browser.get("/mails?state=unknown").await.shows("Answer lost");
    let one = browser.get("/mails/1").await;
    one.shows("may arrive twice").shows("What to do:");
    let personal = browser.get("/mails/2").await;
    personal.shows("for its reader alone").lacks("secret-token");
    assert_eq!(browser.get("/mails/99").await.status, StatusCode::NOT_FOUND);
}

/// A call of a webhook leads to a new look at the order, and its words are never markup of ours.
#[tokio::test]
async fn a_delivery_is_looked_at_and_its_order_fetched_again() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "<script>alert(1)</script>")]));
    day.run_for(MINUTE).await;
    let browser = Browser::inside(day).await;
    let list = browser.get("/deliveries").await;
    list.shows("order.created").shows(&order.to_string());
    browser.get(&format!("/deliveries?order={order}")).await.shows("order.created");
    browser.get("/deliveries?order=nonsense").await.shows("No call was about this order");
    let one = browser.get("/deliveries/1").await;
    one.lacks("<script>alert(1)").shows("line_items");
    browser.press_in("/deliveries", "/deliveries/1/look").await;
    browser.get("/deliveries").await.shows("asked for this order again");
    let jobs: Result<Vec<_>, FlowError> =
        browser.day.ctx.read(|tx| Ok(db::job::open_and_failed(tx)?)).await;
    assert!(jobs.unwrap().iter().any(|job| job.step == "intake"));
}

/// A backup that was made is told, and one that nobody makes any more is not well.
#[tokio::test]
async fn health_tells_of_backups_and_of_what_is_paused() {
    let day = Day::new().await;
    day.run_for(HOUR).await;
    let browser = Browser::inside(day).await;
    browser.get("/health").await.shows("none was made yet").shows("“woodblock backup”");
    let made: Result<(), FlowError> = browser
        .day
        .ctx
        .call(|tx| Ok(db::switch::set(tx, db::switch::BACKUP, "/var/backups/one", "program")?))
        .await;
    made.unwrap();
    browser.get("/health").await.shows("/var/backups/one").lacks("none was made yet");
    browser.day.run_for(49 * HOUR).await;
    browser.get("/login").await;
    let browser = Browser::inside(browser.day).await;
    browser.get("/health").await.shows("Enable woodblock-backup.timer");
}
