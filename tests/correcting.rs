//! A corrected file for what the provider has already: on the order's page, with a command, and nowhere
//! else (OP-28).

use axum::http::StatusCode;

use crate::common::{Day, HOUR, Setting, cart, named};
use crate::web::Browser;
use woodblock::cli::admin::{self, Act, Call, Corrected};
use woodblock::model::id::ShopOrderId;
use woodblock::model::problem::What;
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::{Call as Asked, Fault};

/// A pendant with a slip in its name is with the provider, which begins with it after so many hours.
async fn submitted(begins_after: u32) -> (Browser, ShopOrderId, String) {
    let day = Day::with(Setting::default()).await;
    day.shineon.set(|settings| settings.start = Start::After(begins_after * HOUR));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Evv")]));
    day.run_for(4 * HOUR).await;
    let browser = Browser::inside(day).await;
    let path = browser.item_path(order).await;
    (browser, order, path)
}

fn sent(browser: &Browser) -> u64 {
    browser.day.world.asked(Asked::Correct)
}

async fn name_of(browser: &Browser, order: ShopOrderId) -> String {
    let item = browser.day.order(order).await.items[0].clone();
    item.values["name"].as_text().unwrap().to_owned()
}

const OFFER: &str = "Send a corrected file";

#[tokio::test]
async fn what_the_provider_has_is_corrected_while_its_window_is_open() {
    let (browser, order, path) = submitted(40).await;
    let home = browser.order_path(order).await;
    browser.get(&home).await.shows(OFFER).shows("takes a corrected file until it begins");
    let correct = format!("{path}/correct");
    let page = browser.get(&correct).await;
    page.shows("This order is already with shineon").shows("still takes a corrected file");
    page.lacks("data-lease-at").shows("Leave without sending");
    // It is drawn while somebody types, as in any edit.
    let csrf = page.hidden("csrf");
    let typed = [("csrf", csrf.as_str()), ("value.name", "Eve")];
    assert_eq!(browser.post(&format!("{path}/preview"), &typed).await.status, StatusCode::OK);

    let fields = [("revision", "1"), ("value.name", "Eve"), ("act", "check")];
    let look = browser.press(&correct, &correct, &fields).await;
    look.shows("shineon has revision 1").shows("<del>Evv</del>").shows("<ins>Eve</ins>");
    look.shows("I know that the order is with shineon already").shows("there is no undo");
    let seen = look.hidden("seen");
    let yes = [("revision", "1"), ("value.name", "Eve"), ("act", "save"), ("seen", &*seen)];
    let page = browser.press(&correct, &correct, &yes).await;
    page.shows("Say that you know that the order is with its provider already.");
    assert_eq!(sent(&browser), 0, "nobody confirmed it");

    let sure: Vec<_> = yes.into_iter().chain([("sure", "yes")]).collect();
    let page = browser.press(&correct, &correct, &sure).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!((sent(&browser), name_of(&browser, order).await.as_str()), (1, "Eve"));
    assert_eq!(browser.day.printed(&browser.day.shineon), ["1 × name=Eve"]);
    let page = browser.get(&home).await;
    page.shows("shineon took the corrected file.").shows("is corrected at the provider");
    page.shows("was corrected at the provider").shows("Revision 2");
}

#[tokio::test]
async fn outside_the_window_nothing_is_offered_and_a_forged_press_sends_nothing() {
    let (browser, order, path) = submitted(40).await;
    let correct = format!("{path}/correct");
    let fields = [("revision", "1"), ("value.name", "Eve"), ("act", "check")];
    let seen = browser.press(&correct, &correct, &fields).await.hidden("seen");
    browser.day.run_for(42 * HOUR).await;
    // So much time ended the session.
    let browser = Browser::inside(browser.day).await;
    let home = browser.order_path(order).await;
    browser.get(&home).await.lacks(OFFER).shows("can no longer be changed");
    let csrf = browser.get(&home).await.hidden("csrf");
    assert_eq!(browser.get(&correct).await.header("location"), home);
    let mut forged = vec![("csrf", csrf.as_str()), ("once", "forged"), ("revision", "1")];
    forged.extend([("value.name", "Eve"), ("act", "save"), ("seen", &*seen), ("sure", "yes")]);
    let page = browser.post(&correct, &forged).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, home.as_str()));
    assert_eq!((sent(&browser), name_of(&browser, order).await.as_str()), (0, "Evv"));
    browser.get(&home).await.lacks("took the corrected file");
    assert_eq!(browser.day.printed(&browser.day.shineon), ["1 × name=Evv"]);
}

#[tokio::test]
async fn a_provider_that_takes_no_corrections_and_an_order_that_was_not_sent_offer_none() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "REX")]));
    day.run_for(5 * crate::common::MINUTE).await;
    let browser = Browser::inside(day).await;
    let home = browser.order_path(order).await;
    let correct = format!("{}/correct", browser.item_path(order).await);
    browser.get(&home).await.lacks(OFFER);
    assert_eq!(browser.get(&correct).await.header("location"), home);
    browser.get(&home).await.shows("It was not submitted yet: edit the design instead.");
    browser.day.run_for(3 * HOUR).await;
    let page = browser.get(&home).await;
    page.lacks(OFFER).shows("this provider takes no corrected files");
    let fields = [("revision", "1"), ("value.name", "TOM"), ("act", "save"), ("sure", "yes")];
    browser.press(&home, &correct, &fields).await;
    assert_eq!((sent(&browser), name_of(&browser, order).await.as_str()), (0, "REX"));
}

/// Presses through the whole form with this name.
async fn send(browser: &Browser, path: &str, revision: &str, name: &str) {
    let correct = format!("{path}/correct");
    let fields = [("revision", revision), ("value.name", name)];
    let check: Vec<_> = fields.into_iter().chain([("act", "check")]).collect();
    let seen = browser.press(&correct, &correct, &check).await.hidden("seen");
    let more = [("act", "save"), ("seen", seen.as_str()), ("sure", "yes")];
    let save: Vec<_> = fields.into_iter().chain(more).collect();
    browser.press(&correct, &correct, &save).await;
}

#[tokio::test]
async fn what_came_of_it_is_said_and_a_lost_answer_is_a_persons() {
    let (browser, order, path) = submitted(40).await;
    let home = browser.order_path(order).await;
    browser.day.world.fault_on(Asked::Correct, Fault::NotSent);
    send(&browser, &path, "1", "Eve").await;
    let page = browser.get(&home).await;
    page.shows("The provider did not take the correction").shows("was not corrected");
    assert_eq!(name_of(&browser, order).await, "Evv");
    browser.day.world.fault_on(Asked::Correct, Fault::AcceptAndLoseAnswer);
    send(&browser, &path, "1", "Eve").await;
    browser.get(&home).await.shows("its answer was lost");
    assert_eq!(browser.day.problems(order).await, [What::ContentDiffers]);
    assert_eq!(browser.day.alerts().await, [What::ContentDiffers]);
}

/// Two people correct one item: the second is shown both, and nothing of theirs is sent.
#[tokio::test]
async fn a_correction_of_somebody_else_is_not_overwritten() {
    let (browser, order, path) = submitted(40).await;
    let correct = format!("{path}/correct");
    let fields = [("revision", "1"), ("value.name", "Ewa"), ("act", "check")];
    let seen = browser.press(&correct, &correct, &fields).await.hidden("seen");
    send(&browser, &path, "1", "Eve").await;
    let mut late = vec![("revision", "1"), ("value.name", "Ewa"), ("act", "save")];
    late.extend([("seen", &*seen), ("sure", "yes")]);
    let both = browser.press(&correct, &correct, &late).await;
    both.shows("Somebody saved other values meanwhile").shows("<td>Eve</td><td>Ewa</td>");
    assert_eq!((sent(&browser), name_of(&browser, order).await.as_str()), (1, "Eve"));
}

async fn command(browser: &Browser, order: ShopOrderId, field: &str) -> Result<String, String> {
    let number = browser.day.order(order).await.number;
    let texts = vec![(field.to_owned(), "Eve".to_owned())];
    let act = Act::Correct(Corrected { item: 0, texts });
    let call = Call::OrderAct { number, act, by: "ann (terminal)".to_owned() };
    admin::perform(&browser.day.ctx, call).await
}

#[tokio::test]
async fn a_command_corrects_as_the_page_does() {
    let (browser, order, _) = submitted(40).await;
    let wrong = command(&browser, order, "nmae").await.unwrap_err();
    assert!(wrong.contains("no field “nmae”"), "{wrong}");
    let words = command(&browser, order, "name").await.unwrap();
    assert!(words.contains("took the corrected file"), "{words}");
    assert_eq!(browser.day.printed(&browser.day.shineon), ["1 × name=Eve"]);
    browser.day.run_for(42 * HOUR).await;
    command(&browser, order, "name").await.unwrap_err();
    assert_eq!(sent(&browser), 1);
}
