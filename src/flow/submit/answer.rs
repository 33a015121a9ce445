//! What a provider's answer makes of a submission.

use super::*;

/// Notes the provider's yes.
pub async fn accept(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    accepted: Accepted,
    event: FulfilmentEvent,
) -> Result<(), FlowError> {
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        let number = &accepted.provider_order_id;
        db::fulfilment::set_provider_order(tx, id, number, accepted.price)?;
        locked
            .get_mut()
            .fulfilments
            .iter_mut()
            .filter(|one| one.id == id)
            .for_each(|one| one.provider_order_id = Some(number.clone()));
        if let Some(price) = accepted.price {
            limits::note_price(tx, &shared, locked.get(), id, price)?;
        }
        let with = With {
            actor: &Actor::Provider,
            rules: &shared.rules,
            pace: &shared.pace(locked.get().shop),
        };
        let event = Event::Fulfilment(id, event.clone(), number.clone());
        transition(tx, &mut locked, event, with)?;
        db::alert::clear(tx, &person_key(id))?;
        ask_shop_sync(tx, locked.get())
    })
    .await
}

pub(super) async fn refuse(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    refusal: Refusal,
) -> Result<(), FlowError> {
    let mut detail = refusal.problem.detail.clone();
    for suggestion in &refusal.suggestions {
        detail += &format!("; suggested: {suggestion}");
    }
    let problem = Problem::new(What::Refused, refusal.problem.place.clone(), detail);
    let note = refusal.problem.sentence();
    let held = problem.clone();
    transact(ctx, order, move || {
        vec![
            Event::Fulfilment(id, FulfilmentEvent::Refused, note.clone()),
            Event::Held(Target::Fulfilment(id), held.clone()),
        ]
    })
    .await?;
    if refusal.reach == Reach::Account {
        let order = ctx.read(move |tx| Ok(db::order::load(tx, order)?)).await?;
        if let Some(fulfilment) = order.fulfilment(id) {
            pause_provider(ctx, fulfilment, &problem.detail).await?;
        }
    }
    Ok(())
}

/// Surely not sent: it counts down again, shortly, and passes the whole precheck once more.
pub(super) async fn not_sent(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    reason: &str,
    retry_after_s: Option<u32>,
) -> Result<(), FlowError> {
    let note = format!("not sent: {reason}");
    let wish = retry_after_s.map(|wait_s| Duration::from_secs(u64::from(wait_s)));
    let shared = ctx.clone();
    ctx.call(move |tx| {
        let mut locked = db::order::lock(tx, order)?;
        let pace = shared.pace(locked.get().shop);
        let with = With { actor: &Actor::Program, rules: &shared.rules, pace: &pace };
        let absent = FulfilmentEvent::ConfirmedAbsent;
        transition(tx, &mut locked, Event::Fulfilment(id, absent, note.clone()), with)?;
        let state = locked.get().fulfilment(id).map(|one| one.state.clone());
        let (wait, words) = match (state, wish) {
            (Some(State::Countdown { .. } | State::AwaitingSubmit), Some(wish)) => {
                (wish, "as the provider wishes")
            }
            // Submit was pressed, and the press still counts.
            (Some(State::AwaitingSubmit), None) => (shared.rules.look_up_every, "again by itself"),
            _ => return Ok(()),
        };
        let event = FulfilmentEvent::DelayChanged { submit_at: tx.now.plus(wait) };
        transition(tx, &mut locked, Event::Fulfilment(id, event, words.to_owned()), with)
    })
    .await
}

/// It may have arrived: it is looked up before anything is sent again.
pub async fn answer_lost(
    ctx: &Ctx,
    order: OrderId,
    id: FulfilmentId,
    reason: &str,
) -> Result<(), FlowError> {
    let note = reason.to_owned();
    transact(ctx, order, move || {
        vec![Event::Fulfilment(id, FulfilmentEvent::AnswerLost, note.clone())]
    })
    .await
}
