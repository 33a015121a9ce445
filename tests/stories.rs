//! The twenty stories that the core must carry, told on the simulated world.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::*;
use woodblock::flow::amend::{self, Amended};
use woodblock::flow::operate::{Delay, TypedParcel};
use woodblock::flow::{correct, elsewhere, review, worker};
use woodblock::model::hold::{Actor, Target};
use woodblock::model::id::{Hash, ShopOrderId};
use woodblock::model::item::{State as ItemState, Verdict};
use woodblock::model::order::{Approval, State, Together};
use woodblock::model::problem::{Problem, What};
use woodblock::model::provider_order::{Absence, Reach, Refusal};
use woodblock::model::recipient::Recipient;
use woodblock::model::value::{Photo, Value, Values};
use woodblock::outside::clock::Clock;
use woodblock::outside::files::Files;
use woodblock::sandbox::provider::{ParcelPlan, Start};
use woodblock::sandbox::shop::a_recipient;
use woodblock::sandbox::{Call, Fault, Pay, ProviderAct};

const DAYS: Duration = Duration::from_secs(24 * 3_600);

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn name(value: &str) -> Values {
    BTreeMap::from([("name".to_owned(), text(value))])
}

fn by_ann() -> Actor {
    Actor::Person("ann".to_owned())
}

impl Day {
    /// A photo of the customer's, stored as an upload would be.
    async fn photo(&self, words: &str) -> Value {
        let bytes = words.as_bytes().to_vec();
        let hash = woodblock::flow::file::store(&self.ctx, bytes, "photo").await.unwrap();
        Value::Photo(Photo::whole(hash))
    }

    async fn item_states(&self, order: ShopOrderId) -> Vec<ItemState> {
        self.order(order).await.items.iter().map(|item| item.state).collect()
    }

    fn refusal(&self, words: &str) -> Fault {
        Fault::RefuseWith(Refusal {
            problem: Problem::new(What::Refused, "address", words),
            reach: Reach::Order,
            suggestions: Vec::new(),
        })
    }
}

/// 1. Complete order, one provider: no hand touches it.
#[tokio::test]
async fn story_01_a_complete_order_runs_by_itself() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(order).await, ["customcat shipped"]);
    assert_eq!(day.printed(&day.customcat), ["1 × name=Rex"]);
    assert_eq!(day.shop.status(order), "completed");
    assert_eq!(day.shop.parcels(order).len(), 1);
    assert_eq!(day.alerts().await, []);
    let history = day.shop.status_history(order);
    assert_eq!(history.iter().filter(|(_, status)| status == "completed").count(), 1);
    day.assert_nothing_open(order).await;
}

/// 2. Two photos asked, one rejected: the accepted one stays accepted.
#[tokio::test]
async fn story_02_two_photos_asked_one_rejected() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("PAIR", "Ada")]));
    day.run_for(MINUTE).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    assert_eq!(day.item_states(order).await, [ItemState::AwaitingInput]);
    for (field, words) in [("photo", "first"), ("second", "too dark")] {
        let photo = day.photo(words).await;
        review::give_piece(&day.ctx, id, item, field, photo, Actor::Customer).await.unwrap();
    }
    assert_eq!(day.item_states(order).await, [ItemState::AwaitingReview]);
    let notes = Verdict::Rejected { notes: "please lighter".to_owned() };
    review::judge(&day.ctx, id, item, "second", notes, by_ann()).await.unwrap();
    assert_eq!(day.item_states(order).await, [ItemState::AwaitingInput]);
    // The other piece can still be judged meanwhile, and stays judged.
    review::judge(&day.ctx, id, item, "photo", Verdict::Accepted, by_ann()).await.unwrap();
    let same = day.photo("too dark").await;
    review::give_piece(&day.ctx, id, item, "second", same, Actor::Customer).await.unwrap();
    let facts = day.order(order).await.items[0].facts.clone();
    assert_eq!(facts.pieces[0].verdict, Some(Verdict::Accepted));
    assert_eq!(facts.pieces[1].verdict, None, "given again, judged again");
    review::judge(&day.ctx, id, item, "second", Verdict::Waived, by_ann()).await.unwrap();
    day.run_for(MINUTE).await;
    assert_eq!(day.item_states(order).await, [ItemState::Ready]);
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(order).await, ["shineon shipped"]);
}

/// 3. Quantity three, three names typed after the sale.
#[tokio::test]
async fn story_03_three_copies_three_names() {
    let day = Day::new().await;
    let later = day.shop.customer_buys(cart(vec![line("TEE-LATER").times(3)]));
    let alike = day.shop.customer_buys(cart(vec![named("MUG", "One").times(3)]));
    day.run_for(MINUTE).await;
    assert_eq!(day.order(alike).await.items.len(), 1);
    assert_eq!(day.order(alike).await.items[0].quantity, 3);
    assert_eq!(day.order(later).await.items.len(), 3);
    let id = day.id(later).await;
    for (place, word) in ["Ann", "Ben", "Cy"].into_iter().enumerate() {
        let item = day.item(later, place).await;
        let given = review::give_piece(&day.ctx, id, item, "name", text(word), Actor::Customer);
        given.await.unwrap();
        let judged = review::judge(&day.ctx, id, item, "name", Verdict::Accepted, by_ann());
        judged.await.unwrap();
    }
    day.run_for(3 * HOUR).await;
    let mut printed = day.printed(&day.customcat);
    printed.sort();
    assert_eq!(printed, ["1 × name=Ann", "1 × name=Ben", "1 × name=Cy", "3 × name=One"]);
}

/// 4. Nothing half-filled is rendered for print; a changed piece is reviewed again, others are not.
#[tokio::test]
async fn story_04_one_of_several_fields_then_an_edit_after_review() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![line("PAIR")]));
    day.run_for(MINUTE).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let first = day.photo("first").await;
    review::give_piece(&day.ctx, id, item, "photo", first, Actor::Customer).await.unwrap();
    day.run_for(HOUR).await;
    assert_eq!(day.world.asked(Call::Press), 0, "nothing half-filled goes to the press");
    let second = day.photo("second").await;
    review::give_piece(&day.ctx, id, item, "second", second, Actor::Customer).await.unwrap();
    let given = review::give_piece(&day.ctx, id, item, "name", text("Bo"), Actor::Customer);
    given.await.unwrap();
    for field in ["photo", "second", "name"] {
        let judged = review::judge(&day.ctx, id, item, field, Verdict::Accepted, by_ann());
        judged.await.unwrap();
    }
    assert_eq!(day.item_states(order).await, [ItemState::Making]);
    let given = review::give_piece(&day.ctx, id, item, "name", text("Beau"), Actor::Customer);
    given.await.unwrap();
    let facts = day.order(order).await.items[0].facts.clone();
    let verdicts: Vec<bool> = facts.pieces.iter().map(|piece| piece.verdict.is_some()).collect();
    let fields: Vec<&str> = facts.pieces.iter().map(|piece| piece.field.as_str()).collect();
    assert_eq!((fields, verdicts), (vec!["name", "photo", "second"], vec![false, true, true]));
    assert_eq!(day.item_states(order).await, [ItemState::AwaitingReview]);
    review::judge(&day.ctx, id, item, "name", Verdict::Accepted, by_ann()).await.unwrap();
    day.run_for(20 * HOUR).await;
    let printed = day.printed(&day.shineon);
    assert_eq!(printed.len(), 1);
    assert!(printed[0].contains("name=Beau"), "{printed:?}");
}

/// 5. Mug ready today, portrait in five days: `together` decides.
#[tokio::test]
async fn story_05_one_ready_today_one_in_five_days() {
    for (together, mug_waits) in
        [(Together::Item, false), (Together::Provider, false), (Together::Order, true)]
    {
        let day = Day::with(Setting { together, ..Setting::default() }).await;
        let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex"), line("PORTRAIT")]));
        day.run_for(DAYS).await;
        let mug_left = !day.customcat.ledger().is_empty();
        assert_eq!(mug_left, !mug_waits, "{together:?}");
        day.run_for(4 * DAYS).await;
        let (id, item) = (day.id(order).await, day.item(order, 1).await);
        let photo = day.photo("portrait").await;
        review::give_piece(&day.ctx, id, item, "photo", photo, Actor::Customer).await.unwrap();
        let judged = review::judge(&day.ctx, id, item, "photo", Verdict::Accepted, by_ann());
        judged.await.unwrap();
        assert_eq!(day.shop.status(order), "processing");
        day.run_for(8 * DAYS).await;
        assert_eq!(day.customcat.ledger().len(), 1, "{together:?}");
        assert_eq!(day.shineon.ledger().len(), 1, "{together:?}");
        assert_eq!(day.shop.status(order), "completed");
        let history = day.shop.status_history(order);
        assert_eq!(history.iter().filter(|(_, status)| status == "completed").count(), 1);
    }
}

/// 6. CustomCat accepts, ShineOn refuses the address.
#[tokio::test]
async fn story_06_one_provider_refuses_the_address() {
    let day = Day::new().await;
    day.world.fault_on(Call::Submit, day.refusal("unknown street"));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve"), named("MUG", "Rex")]));
    day.run_for(3 * HOUR).await;
    let states = day.states(order).await;
    let refused = states.iter().position(|state| state.ends_with("refused")).unwrap();
    assert_eq!(day.problems(order).await, [What::Refused]);
    let id = day.id(order).await;
    let first = day.order(order).await.fulfilments[refused].clone();
    day.ctx.change_recipient(id, a_recipient(2), &ann()).await.unwrap();
    day.ctx.submit_again(id, first.id, &ann()).await.unwrap();
    let countdown = day.order(order).await;
    let second = countdown.fulfilments.last().unwrap();
    assert!(second.submit_at().is_some(), "its own countdown");
    assert_eq!(second.provider, first.provider);
    day.run_for(10 * DAYS).await;
    let end = day.order(order).await;
    let second = end.fulfilments.last().unwrap();
    assert_eq!((first.edition, second.edition), (1, 2));
    assert_eq!(day.customcat.ledger().len() + day.shineon.ledger().len(), 2);
    assert_eq!(end.state, State::Closed);
    assert_eq!(day.shop.status(order), "completed");
}

/// 7. Precheck finds the order refunded, or a file's hash changed: a hold, nothing sent.
#[tokio::test]
async fn story_07_the_precheck_holds() {
    let day = Day::with(Setting { poll_every: 100 * DAYS, ..Setting::default() }).await;
    let gone = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    let torn = day.shop.customer_buys(cart(vec![named("MUG", "Torn")]));
    day.run_for(HOUR).await;
    let file = day.order(torn).await.items[0].facts.print_files[0].hash.clone();
    day.files.remove(&file).unwrap();
    // Nobody tells us: the webhooks are lost.
    day.world.fault_times(10, Fault::WebhookDropped);
    day.shop.merchant_refunds_all(gone);
    day.run_for(2 * HOUR).await;
    assert_eq!(day.problems(gone).await, [What::NotPayable]);
    assert_eq!(day.problems(torn).await, [What::FileChanged]);
    assert_eq!(day.customcat.ledger().len(), 0);
    for order in [gone, torn] {
        let fulfilment = day.order(order).await.fulfilments[0].clone();
        assert_eq!((fulfilment.edition, fulfilment.reference), (0, None));
        assert!(!day.order(order).await.is_locked(day.item(order, 0).await));
    }
    let (id, item) = (day.id(torn).await, day.item(torn, 0).await);
    day.ctx.draw_again(id, item, &ann()).await.unwrap();
    day.run_for(DAYS).await;
    assert_eq!(day.printed(&day.customcat), ["1 × name=Torn"]);
    assert_eq!(day.order(torn).await.fulfilments[0].edition, 1);
}

/// 8. Only the address changes in the countdown: no new print, the grace period holds.
#[tokio::test]
async fn story_08_only_the_address_changes() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR + 52 * MINUTE).await;
    let before = day.order(order).await.fulfilments[0].submit_at().unwrap();
    let drawn = day.world.asked(Call::Press);
    day.shop.merchant_edits_address(order, a_recipient(1));
    day.run_for(4 * MINUTE).await;
    let after = day.order(order).await;
    let at = after.fulfilments[0].submit_at().unwrap();
    assert!(before < at, "{before} {at}");
    assert!(day.clock.now().plus(5 * MINUTE) < at, "the grace holds");
    assert_eq!(day.world.asked(Call::Press), drawn, "no new print");
    day.run_for(DAYS).await;
    let ledger = day.customcat.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].recipient.city, a_recipient(1).city);
}

/// 8, where the product map routes by country: the other provider makes it, at the same moment or
/// with the grace, and the first never hears of it.
#[tokio::test]
async fn story_08_routing_by_country_is_decided_again() {
    let day = Day::new().await;
    day.route("MUG", "AT=shineon:SO-1").await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let before = day.order(order).await.fulfilments[0].submit_at().unwrap();
    let drawn = day.world.asked(Call::Press);
    let moved = Recipient { country: "AT".to_owned(), ..a_recipient(1) };
    day.shop.merchant_edits_address(order, moved);
    day.run_for(4 * MINUTE).await;
    let after = day.order(order).await;
    assert_eq!(day.states(order).await, ["customcat cancelled", "shineon countdown"]);
    assert_eq!(after.fulfilments[1].submit_at(), Some(before), "its moment is kept");
    assert_eq!(after.items[0].provider_sku, "SO-1");
    assert_eq!(day.world.asked(Call::Press), drawn, "no new print");
    day.run_for(5 * DAYS).await;
    assert_eq!((day.customcat.ledger().len(), day.shineon.ledger().len()), (0, 1));
    assert_eq!(day.shop.status(order), "completed");
}

/// 8: what was sent before stays where it was sent, wherever the recipient moves.
#[tokio::test]
async fn story_08_what_was_sent_is_not_routed_again() {
    let day = Day::new().await;
    day.route("MUG", "AT=shineon:SO-1").await;
    day.world.fault_on(Call::Submit, Fault::NotSent);
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(2 * HOUR).await;
    let moved = Recipient { country: "AT".to_owned(), ..a_recipient(1) };
    day.shop.merchant_edits_address(order, moved);
    day.run_for(5 * DAYS).await;
    assert_eq!((day.customcat.ledger().len(), day.shineon.ledger().len()), (1, 0));
}

/// 9. Two of three shirts shipped, the third refused: the next fulfilment holds one shirt.
#[tokio::test]
async fn story_09_two_of_three_shirts() {
    let day = Day::new().await;
    day.customcat.set(|settings| settings.parcels = ParcelPlan::ByHand);
    day.shop_setting_shineon_by_hand();
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve").times(3)]));
    day.run_for(DAYS).await;
    let reference = day.order(order).await.fulfilments[0].reference.clone().unwrap();
    let key = day.shineon.ledger()[0].lines[0].key.clone();
    day.shineon.act(reference.as_str(), ProviderAct::Begins);
    day.shineon.act(reference.as_str(), ProviderAct::Ships(vec![(key, 2)]));
    day.run_for(2 * HOUR).await;
    let lines = day.order(order).await.fulfilments[0].lines.clone();
    assert_eq!((lines[0].quantity, lines[0].shipped), (3, 2));
    day.shineon.act(reference.as_str(), ProviderAct::GivesUp);
    day.run_for(2 * HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    assert_eq!(day.states(order).await, ["shineon shipped"]);
    day.ctx.reprint(id, vec![(item, 1)], "the third was not made", &ann()).await.unwrap();
    let next = day.order(order).await.fulfilments[1].clone();
    assert_eq!(next.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [1]);

    // Where the provider does not say which lines are in a parcel, a person types the quantities.
    let two = day.shop.customer_buys(cart(vec![named("MUG", "A"), named("MUG", "B")]));
    day.run_for(DAYS).await;
    let reference = day.order(two).await.fulfilments[0].reference.clone().unwrap();
    let key = day.customcat.ledger()[0].lines[0].key.clone();
    day.customcat.act(reference.as_str(), ProviderAct::Begins);
    day.customcat.act(reference.as_str(), ProviderAct::Ships(vec![(key, 1)]));
    day.run_for(2 * HOUR).await;
    let (id, fulfilment) = (day.id(two).await, day.fulfilment(two, "customcat").await);
    assert!(!day.order(two).await.fulfilments[0].has_shipped(), "it is not guessed");
    let number = day.customcat.ledger()[0].parcels[0].tracking_number.clone();
    let first = day.item(two, 0).await;
    let parcel = TypedParcel {
        carrier: "UPS".to_owned(),
        tracking_number: number,
        tracking_url: String::new(),
        pieces: vec![(first, 1)],
    };
    day.ctx.type_parcel(id, fulfilment, parcel, &ann()).await.unwrap();
    let lines = day.order(two).await.fulfilments[0].lines.clone();
    assert_eq!(lines.iter().map(|line| line.shipped).collect::<Vec<_>>(), [1, 0]);
}

/// 10. Parcel arrives broken, or the text was wrong: ordered again, from an open or closed order.
#[tokio::test]
async fn story_10_ordered_again() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rexx")]));
    day.run_for(8 * DAYS).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    assert_eq!(day.order(order).await.state, State::Closed);
    assert!(day.ctx.reprint(id, vec![(item, 1)], " ", &ann()).await.is_err(), "a reason is needed");
    day.ctx.reprint(id, vec![(item, 1)], "the text was wrong", &ann()).await.unwrap();
    assert_eq!(day.order(order).await.state, State::Open);
    let amended = amend::amend(&day.ctx, id, item, name("Rex"), by_ann()).await.unwrap();
    assert_eq!(amended, Amended::Done);
    day.run_for(8 * DAYS).await;
    assert_eq!(day.printed(&day.customcat), ["1 × name=Rexx", "1 × name=Rex"]);
    let end = day.order(order).await;
    let sent: Vec<_> =
        end.fulfilments.iter().map(|one| (one.edition, one.lines[0].revision)).collect();
    assert_eq!(sent, [(1, Some(1)), (2, Some(2))]);
    assert_eq!(end.state, State::Closed);
    let story = day.story(order).await.join("\n");
    assert!(story.contains("person:ann order reprint the text was wrong"), "{story}");
}

/// 11. Manual approval, at most seven days.
#[tokio::test]
async fn story_11_manual_approval() {
    for wait_max in [Some(7 * DAYS), None] {
        let rules = woodblock::flow::ctx::Rules { wait_max, ..rules() };
        let setting = Setting { approval: Approval::Manual, rules, ..Setting::default() };
        let day = Day::with(setting).await;
        let pressed = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
        let forgotten = day.shop.customer_buys(cart(vec![named("MUG", "Max")]));
        day.run_for(DAYS).await;
        assert_eq!(day.states(pressed).await, ["customcat awaiting_submit"]);
        let (id, fulfilment) = (day.id(pressed).await, day.fulfilment(pressed, "customcat").await);
        day.ctx.press_submit(id, fulfilment, &ann()).await.unwrap();
        assert_eq!(day.customcat.ledger().len(), 0, "ten seconds for undo");
        // Undo within the ten seconds, then pressed again.
        day.ctx.pause(id, Target::Fulfilment(fulfilment), "", &ann()).await.unwrap();
        day.run_for(HOUR).await;
        assert_eq!(day.customcat.ledger().len(), 0);
        let hold = day.hold_of(pressed, What::Paused).await;
        day.ctx.release(id, hold, &ann()).await.unwrap();
        day.run_for(MINUTE).await;
        assert_eq!(day.customcat.ledger().len(), 1);
        day.run_for(8 * DAYS).await;
        let went_on = day.customcat.ledger().len() == 2;
        assert_eq!(went_on, wait_max.is_some());
        let told = day.alerts().await.contains(&What::Overdue);
        assert_eq!(told, wait_max.is_none(), "{:?}", day.states(forgotten).await);
    }
}

/// 12. Held while unpaid, hold lifted; payment withdrawn while held: never submitted until paid and
/// free of holds, in any order of events.
#[tokio::test]
async fn story_12_never_until_paid_and_free() {
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Pay,
        Withdraw,
        Hold,
        Lift,
    }
    use Step::{Hold, Lift, Pay as Paid, Withdraw};
    let runs: [(&[Step], bool); 6] = [
        (&[Hold, Paid, Lift], true),
        (&[Paid, Hold, Withdraw, Lift], false),
        (&[Paid, Hold, Withdraw, Paid, Lift], true),
        (&[Hold, Lift], false),
        (&[Paid, Withdraw, Hold, Paid], false),
        (&[Hold, Paid, Withdraw, Lift, Paid], true),
    ];
    for (steps, goes) in runs {
        let day = Day::new().await;
        let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]).paid(Pay::BankTransfer));
        day.run_for(MINUTE).await;
        let id = day.id(order).await;
        for step in steps {
            match step {
                Paid => day.shop.merchant_sets_status(order, "processing"),
                Withdraw => day.shop.merchant_sets_status(order, "on-hold"),
                Hold => day.ctx.pause(id, Target::Order, "wait", &ann()).await.unwrap(),
                Lift => {
                    let hold = day.hold_of(order, What::Paused).await;
                    day.ctx.release(id, hold, &ann()).await.unwrap();
                }
            }
            day.run_for(15 * MINUTE).await;
        }
        day.run_for(DAYS).await;
        assert_eq!(day.customcat.ledger().len(), usize::from(goes), "{steps:?}");
    }
}

/// 13. Shop cancels after an hour, the customer pays an hour later.
#[tokio::test]
async fn story_13_cancelled_then_paid() {
    let day = Day::new().await;
    let early = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]).paid(Pay::BankTransfer));
    day.run_for(HOUR).await;
    day.shop.customer_cancels(early);
    day.run_for(HOUR).await;
    assert_eq!(day.order(early).await.state, State::Cancelled);
    day.shop.merchant_sets_status(early, "processing");
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(early).await.last().unwrap(), "customcat shipped");

    let late = day.shop.customer_buys(cart(vec![named("MUG", "Max")]));
    day.run_for(3 * HOUR).await;
    day.shop.customer_cancels(late);
    day.run_for(2 * HOUR).await;
    assert_eq!(day.order(late).await.state, State::Cancelled, "the provider cancelled it");
    day.shop.merchant_sets_status(late, "processing");
    day.run_for(HOUR).await;
    assert!(day.problems(late).await.contains(&What::PaidAfterCancel));
    assert!(day.alerts().await.contains(&What::PaidAfterCancel));
    day.run_for(4 * DAYS).await;
    assert_eq!(day.customcat.ledger().len(), 2, "nothing more is sent by itself");
}

/// 14. Refunds before and after submission.
#[tokio::test]
async fn story_14_refunds() {
    let day = Day::new().await;
    let one_line = day.shop.customer_buys(cart(vec![named("MUG", "Keep"), named("MUG", "Drop")]));
    let all = day.shop.customer_buys(cart(vec![named("MUG", "Gone")]));
    let fewer = day.shop.customer_buys(cart(vec![named("MUG", "Two").times(3)]));
    day.run_for(HOUR).await;
    day.shop.merchant_refunds(one_line, day.shop.lines(one_line)[1], 1);
    day.shop.merchant_refunds_all(all);
    day.shop.merchant_refunds(fewer, day.shop.lines(fewer)[0], 1);
    day.run_for(DAYS).await;
    let mut printed = day.printed(&day.customcat);
    printed.sort();
    assert_eq!(printed, ["1 × name=Keep", "2 × name=Two"]);
    assert_eq!(day.order(all).await.state, State::Cancelled);

    let after = day.shop.customer_buys(cart(vec![named("MUG", "Late")]));
    day.run_for(3 * HOUR).await;
    day.shop.merchant_refunds_all(after);
    day.run_for(HOUR).await;
    assert!(day.problems(after).await.contains(&What::CancelAfterSubmission));
    let story = day.story(after).await.join("\n");
    assert!(story.contains("cancel_asked"), "{story}");
    assert!(day.alerts().await.contains(&What::CancelAfterSubmission), "a person is told");
}

/// 15. The answer is lost and look-ups never find it.
#[tokio::test]
async fn story_15_the_answer_is_lost_for_good() {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.abilities.absence = Absence::Unproven);
    day.world.fault_on(Call::Submit, Fault::NeverArrives);
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Eve")]));
    day.run_for(HOUR + 59 * MINUTE).await;
    assert_eq!(day.world.asked(Call::Submit), 0);
    day.run_for(10 * MINUTE).await;
    assert_eq!(day.states(order).await, ["shineon submitting/unknown"]);
    day.run_for(2 * HOUR).await;
    assert_eq!(day.states(order).await, ["shineon submitting/person"]);
    assert!(day.alerts().await.contains(&What::AnswerNeedsPerson));
    day.run_for(5 * DAYS).await;
    assert_eq!(day.world.asked(Call::Submit), 1, "nothing is sent again by itself");
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "shineon").await);
    let reference = day.order(order).await.fulfilments[0].reference.clone();
    day.ctx.confirm_absent(id, fulfilment, &ann()).await.unwrap();
    day.run_for(8 * DAYS).await;
    assert_eq!(day.world.asked(Call::Submit), 2);
    assert_eq!(day.order(order).await.fulfilments[0].reference, reference, "the same reference");
    assert_eq!(day.shineon.ledger().len(), 1);
    assert_eq!(day.states(order).await, ["shineon shipped"]);

    // The provider took it, and only the answer was lost: it is found and adopted.
    day.world.fault_on(Call::Submit, Fault::AcceptAndLoseAnswer);
    let lost = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(8 * DAYS).await;
    assert_eq!(day.states(lost).await, ["customcat shipped"]);
    assert_eq!(day.customcat.ledger().len(), 1);
}

/// 16. One glyph missing in one of three items.
#[tokio::test]
async fn story_16_a_missing_glyph() {
    for (together, others_go) in [(Together::Item, true), (Together::Order, false)] {
        let day = Day::with(Setting { together, ..Setting::default() }).await;
        let lines = vec![named("MUG", "Ann"), named("MUG", "𝔄nn"), named("MUG", "Ben")];
        let order = day.shop.customer_buys(cart(lines));
        day.run_for(DAYS).await;
        assert_eq!(day.problems(order).await, [What::GlyphMissing]);
        assert_eq!(day.customcat.ledger().len(), if others_go { 2 } else { 0 });
        let (id, item) = (day.id(order).await, day.item(order, 1).await);
        let detail = day.order(order).await.holds[0].problem.detail.clone();
        assert!(detail.contains('𝔄'), "{detail}");
        amend::amend(&day.ctx, id, item, name("Anna"), by_ann()).await.unwrap();
        assert_eq!(day.problems(order).await, [], "amending lifts the hold by itself");
        day.run_for(8 * DAYS).await;
        assert_eq!(day.printed(&day.customcat).len(), 3);
        assert_eq!(day.shop.status(order), "completed");
    }
}

/// 17. An Etsy order, not in the shop, text uncertain.
#[tokio::test]
async fn story_17_an_order_from_etsy() {
    let day = Day::new().await;
    let told = day.etsy_order("ETSY-77", "TEE-LATER");
    let taken = elsewhere::enter(&day.ctx, day.shop_id, "etsy", told.clone()).await.unwrap();
    let again = elsewhere::enter(&day.ctx, day.shop_id, "etsy", told).await.unwrap();
    let woodblock::flow::take_in::Taken::New(id) = taken else { panic!("{taken:?}") };
    assert_eq!(again, woodblock::flow::take_in::Taken::Known(id), "taken in once");
    let order = day.load(id).await;
    let item = order.items[0].id;
    assert_eq!(order.items[0].state, ItemState::AwaitingInput);
    review::give_piece(&day.ctx, id, item, "name", text("Fern"), by_ann()).await.unwrap();
    review::judge(&day.ctx, id, item, "name", Verdict::Accepted, by_ann()).await.unwrap();
    day.run_for(2 * DAYS).await;
    let order = day.load(id).await;
    assert_eq!(state_name(&order.fulfilments[0].state), "awaiting_submit");
    day.ctx.press_submit(id, order.fulfilments[0].id, &ann()).await.unwrap();
    day.run_for(8 * DAYS).await;
    assert_eq!(day.printed(&day.customcat), ["1 × name=Fern"]);
    assert_eq!(day.load(id).await.state, State::Closed);
    let rows = elsewhere::upload_rows(&day.ctx, "etsy").await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].number, "ETSY-77");
    elsewhere::uploaded(&day.ctx, vec![id]).await.unwrap();
    assert_eq!(elsewhere::upload_rows(&day.ctx, "etsy").await.unwrap(), []);
}

/// 18. ShineOn: a corrected design after submission, inside the provider's window and outside it.
#[tokio::test]
async fn story_18_a_corrected_design() {
    let day = Day::new().await;
    day.shineon.set(|settings| settings.start = Start::After(5 * HOUR));
    let order = day.shop.customer_buys(cart(vec![named("PENDANT", "Evv")]));
    day.run_for(3 * HOUR).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let fulfilment = day.fulfilment(order, "shineon").await;
    let locked = amend::amend(&day.ctx, id, item, name("Eve"), by_ann()).await;
    assert!(locked.is_err(), "it is locked");
    correct::run(&day.ctx, id, fulfilment, item, name("Eve"), &ann()).await.unwrap();
    day.run_for(HOUR).await;
    let now = day.order(order).await;
    assert_eq!(now.fulfilments.len(), 1);
    assert_eq!(now.fulfilments[0].edition, 1);
    assert_eq!(now.fulfilments[0].lines[0].revision, Some(2));
    assert_eq!(day.printed(&day.shineon), ["1 × name=Eve"]);
    day.run_for(6 * HOUR).await;
    let late = correct::run(&day.ctx, id, fulfilment, item, name("Eva"), &ann()).await;
    let why = late.unwrap_err().to_string();
    assert!(why.contains("no corrections any more"), "{why}");
    assert_eq!(day.printed(&day.shineon), ["1 × name=Eve"]);
}

/// 19. The editor is open when the time runs out.
#[tokio::test]
async fn story_19_the_editor_is_open() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rexx")]));
    day.run_for(HOUR + 50 * MINUTE).await;
    let (id, item) = (day.id(order).await, day.item(order, 0).await);
    let until = day.ctx.take_lease(id, &ann()).await.unwrap();
    day.run_for(30 * MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 0, "it waits for the editor");
    assert_eq!(day.order(order).await.edit_lease_until, Some(until), "visible");
    amend::amend(&day.ctx, id, item, name("Rex"), by_ann()).await.unwrap();
    day.ctx.end_lease(id, &ann()).await.unwrap();
    day.run_for(DAYS).await;
    assert_eq!(day.printed(&day.customcat), ["1 × name=Rex"]);

    // Forgotten open, it waits no longer than the bound.
    let forgotten = day.shop.customer_buys(cart(vec![named("MUG", "Max")]));
    day.run_for(HOUR + 50 * MINUTE).await;
    let id = day.id(forgotten).await;
    for _ in 0..20 {
        day.ctx.take_lease(id, &ann()).await.unwrap();
        day.run_for(10 * MINUTE).await;
    }
    assert_eq!(day.customcat.ledger().len(), 2);
}

/// 20. Send now, pause, +1 h, changed delay, undo: the history reads like a sentence.
#[tokio::test]
async fn story_20_sooner_and_later() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(MINUTE).await;
    let (id, fulfilment) = (day.id(order).await, day.fulfilment(order, "customcat").await);
    let planned = day.order(order).await.fulfilments[0].submit_at().unwrap();
    let later = day.ctx.change_delay(id, fulfilment, Delay::Later(HOUR), &ann()).await.unwrap();
    assert_eq!(later, planned.plus(HOUR));
    day.ctx.pause(id, Target::Order, "asks for another colour", &ann()).await.unwrap();
    day.run_for(5 * HOUR).await;
    assert_eq!(day.customcat.ledger().len(), 0);
    let hold = day.hold_of(order, What::Paused).await;
    day.ctx.release(id, hold, &ann()).await.unwrap();
    assert_eq!(day.customcat.ledger().len(), 0, "not in the same second");
    let own = day.ctx.change_delay(id, fulfilment, Delay::Own(600), &ann()).await.unwrap();
    assert_eq!(own, day.clock.now().plus(10 * MINUTE));
    day.ctx.change_delay(id, fulfilment, Delay::SendNow, &ann()).await.unwrap();
    // Undo: within its ten seconds it is put off again.
    day.ctx.change_delay(id, fulfilment, Delay::Later(HOUR), &ann()).await.unwrap();
    day.run_for(30 * MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 0);
    day.ctx.change_delay(id, fulfilment, Delay::SendNow, &ann()).await.unwrap();
    day.run_for(MINUTE).await;
    assert_eq!(day.customcat.ledger().len(), 1);
    let events: Vec<String> = day.story(order).await;
    let of_ann: Vec<&String> =
        events.iter().filter(|line| line.starts_with("person:ann")).collect();
    let words: Vec<&str> = of_ann
        .iter()
        .map(|line| {
            ["delay_changed", "held", "released"]
                .into_iter()
                .find(|word| line.contains(word))
                .unwrap_or("?")
        })
        .collect();
    assert_eq!(
        words,
        [
            "delay_changed",
            "held",
            "released",
            "delay_changed",
            "delay_changed",
            "delay_changed",
            "delay_changed",
            "delay_changed"
        ],
        "{events:#?}"
    );
    assert!(worker::next_wakeup(&day.ctx).await.unwrap().is_some());
}

impl Day {
    fn shop_setting_shineon_by_hand(&self) {
        self.shineon.set(|settings| {
            settings.parcels = ParcelPlan::ByHand;
            settings.start = Start::ByHand;
        });
    }

    async fn load(&self, id: woodblock::model::id::OrderId) -> woodblock::model::order::Order {
        let found: Result<_, woodblock::flow::FlowError> =
            self.ctx.read(move |tx| Ok(woodblock::db::order::load(tx, id)?)).await;
        found.unwrap()
    }

    async fn assert_nothing_open(&self, order: ShopOrderId) {
        let id = self.id(order).await;
        // Parcels are looked for a while after the last one left.
        self.run_for(11 * DAYS).await;
        let open: Result<u32, woodblock::flow::FlowError> =
            self.ctx.read(move |tx| Ok(woodblock::db::job::open_of_order(tx, id)?)).await;
        assert_eq!(open.unwrap(), 0, "jobs are left open");
    }

    /// An order as an import would read it: told in our words, not in the shop.
    fn etsy_order(&self, number: &str, sku: &str) -> woodblock::model::shop_order::ShopOrder {
        let order = self.shop.customer_buys(cart(vec![line(sku)]));
        let told = self.shop.peek(order).unwrap();
        self.shop.merchant_deletes(order);
        let _ = self.world.take_deliveries(self.clock.now());
        woodblock::model::shop_order::ShopOrder {
            number: number.to_owned(),
            key: Hash::of(number.as_bytes()).short().to_owned(),
            ..told
        }
    }
}
