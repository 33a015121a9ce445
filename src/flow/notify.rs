//! Telling people: alerts in the pages, and mails through the outbox, each once.

use crate::db::{self, Tx, mail::NewMail};
use crate::model::fulfilment::State;
use crate::model::hold::Actor;
use crate::model::id::{FulfilmentId, HoldId, MailId, OrderId};
use crate::model::job::Lane;
use crate::model::order::Order;
use crate::model::problem::{Problem, What, Whose};
use crate::outside::mail::{Mail, MailError};

use super::ctx::{Ctx, FlowError, Outcome, Rules};
use super::operate::Staff;
use super::transition::{With, enqueue};

/// The key of a hold's alert.
pub fn hold_key(id: HoldId) -> String {
    format!("hold:{id}")
}

/// The key of the alert that a fulfilment is overdue in a state.
pub fn overdue_key(id: FulfilmentId, state: &State) -> String {
    format!("overdue:{id}:{}", state.name())
}

/// Raises the alert of a new hold, and mails it unless a person set it.
pub fn of_hold(
    tx: &Tx<'_>,
    order: &Order,
    id: HoldId,
    problem: &Problem,
    with: With<'_>,
) -> Result<(), FlowError> {
    if matches!(with.actor, Actor::Person(_)) || problem.what == What::Paused {
        return Ok(());
    }
    raise(tx, &hold_key(id), Some((order.id, &order.number)), problem, with.rules)
}

/// Raises an alert; a new one is mailed to everybody who is told of alerts.
pub fn raise(
    tx: &Tx<'_>,
    key: &str,
    order: Option<(OrderId, &str)>,
    problem: &Problem,
    rules: &Rules,
) -> Result<(), FlowError> {
    let is_new = db::alert::raise(tx, key, order.map(|(id, _)| id), problem)?;
    if !is_new || problem.what.whose() == Whose::Shop {
        return Ok(());
    }
    for recipient in &rules.alert_to {
        let mail = alert_mail(key, order, problem, rules, recipient, tx.now.unix_ms());
        post(tx, &mail, rules)?;
    }
    Ok(())
}

/// Puts a mail into the outbox, and asks for it to be sent.
fn post(tx: &Tx<'_>, mail: &NewMail, rules: &Rules) -> Result<(), FlowError> {
    let host = &rules.mail_host;
    let mark = crate::model::id::Hash::of(format!("{}{}", mail.kind, mail.key).as_bytes());
    if let Some(id) = db::mail::put(tx, mail, &format!("{}@{host}", mark.short()))? {
        enqueue(tx, "mail", &id.to_string(), Lane::Mail, mail.order, std::time::Duration::ZERO)?;
    }
    Ok(())
}

/// Mails somebody who works here: a sentence and one link.
pub fn to_person(
    tx: &Tx<'_>,
    (recipient, kind, key): (&str, &'static str, &str),
    subject: &str,
    words: &str,
    (label, page): (&str, &str),
    rules: &Rules,
) -> Result<(), FlowError> {
    let escape = |text: &str| html_escape::encode_text(text).into_owned();
    let mail = NewMail {
        order: None,
        kind,
        key: key.to_owned(),
        recipient: recipient.to_owned(),
        subject: subject.to_owned(),
        text: format!("{words}:\n\n{page}\n"),
        html: format!(
            "<p>{}.</p><p><a href=\"{}\">{}</a></p>",
            escape(words),
            html_escape::encode_double_quoted_attribute(page),
            escape(label)
        ),
    };
    post(tx, &mail, rules)
}

/// The one template of alert mails.
fn alert_mail(
    key: &str,
    order: Option<(OrderId, &str)>,
    problem: &Problem,
    rules: &Rules,
    recipient: &str,
    raised_ms: i64,
) -> NewMail {
    let subject = match order {
        Some((_, number)) => format!("Order {number}: {}", problem.what.title()),
        None => problem.what.title().to_owned(),
    };
    let page = match order {
        Some((id, _)) => format!("{}/orders/{id}", rules.operators_url),
        None => format!("{}/alerts", rules.operators_url),
    };
    let sentence = problem.sentence();
    let cure = problem.what.cure();
    let text = format!("{sentence}.\n\nWhat to do: {cure}\n\n{page}\n");
    let escape = |text: &str| html_escape::encode_text(text).into_owned();
    let html = format!(
        "<p>{}.</p><p><b>What to do:</b> {}</p><p><a href=\"{}\">Open in woodblock</a></p>",
        escape(&sentence),
        escape(cure),
        html_escape::encode_double_quoted_attribute(&page)
    );
    NewMail {
        order: order.map(|(id, _)| id),
        kind: "alert",
        // An alert that was cleared and comes again is a new one.
        key: format!("{key}:{raised_ms}:{recipient}"),
        recipient: recipient.to_owned(),
        subject,
        text,
        html,
    }
}

/// Sends one mail of the outbox. A mail whose answer was lost is not sent again.
pub async fn send(ctx: &Ctx, id: MailId) -> Result<Outcome, FlowError> {
    if super::recovery::is_on(ctx).await? {
        return Ok(super::recovery::later(ctx));
    }
    let mail = ctx
        .call(move |tx| {
            let mail = db::mail::get(tx, id)?;
            if mail.as_ref().is_some_and(|mail| mail.state == "waiting") {
                db::mail::set_state(tx, id, "waiting", "sending")?;
            }
            Ok(mail)
        })
        .await?;
    let Some(mail) = mail else {
        return Ok(Outcome::Cancel("the mail is gone".to_owned()));
    };
    match mail.state.as_str() {
        "waiting" => {}
        "sending" => {
            ctx.call(move |tx| Ok(db::mail::set_state(tx, id, "sending", "unknown")?)).await?;
            return Ok(Outcome::Done("it may have been sent before a restart".to_owned()));
        }
        other => return Ok(Outcome::Cancel(format!("it is {other}"))),
    }
    let sent = ctx
        .mailer
        .send(&Mail {
            message_id: mail.message_id,
            to: mail.recipient,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
        })
        .await;
    let (to, outcome) = match sent {
        Ok(()) => ("sent", Ok(Outcome::Done("sent".to_owned()))),
        Err(MailError::Unknown(why)) => ("unknown", Ok(Outcome::Done(why))),
        Err(MailError::Refused(why)) => ("refused", Ok(Outcome::Cancel(why))),
        Err(MailError::NotSent(reason)) => {
            ("waiting", Err(FlowError::Later { reason, retry_after_s: None }))
        }
    };
    let refused = match &outcome {
        Ok(Outcome::Cancel(why)) => Some(Problem::new(What::JobFailed, "mail", why.clone())),
        _ => None,
    };
    let order = mail.order;
    ctx.call(move |tx| {
        db::mail::set_state(tx, id, "sending", to)?;
        if let Some(problem) = &refused {
            // On the page alone: a mail about a mail that is refused would be refused as well.
            db::alert::raise(tx, &format!("mail:{id}"), order, problem)?;
        }
        Ok(())
    })
    .await?;
    outcome
}

/// Sends a mail of the outbox again, because a person says so: one that was refused, or whose answer was
/// lost and which may arrive twice then. One that waits goes at once.
pub async fn send_again(ctx: &Ctx, id: MailId, staff: &Staff) -> Result<(), FlowError> {
    let person = staff.0.clone();
    ctx.call(move |tx| {
        let mail = db::mail::get(tx, id)?;
        let mail = mail.ok_or_else(|| FlowError::NotFound("the mail".to_owned()))?;
        match mail.state.as_str() {
            "refused" => db::mail::set_state(tx, id, "refused", "waiting")?,
            "unknown" => db::mail::set_state(tx, id, "unknown", "waiting")?,
            "waiting" => {}
            _ => return Err(FlowError::NotNow("it has left already".to_owned())),
        }
        db::alert::clear(tx, &format!("mail:{id}"))?;
        db::staff::note_act(tx, &person, &format!("sent the mail “{}” again", mail.subject))?;
        enqueue(tx, "mail", &id.to_string(), Lane::Mail, mail.order, std::time::Duration::ZERO)
    })
    .await
}
