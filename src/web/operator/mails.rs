//! The outbox: what was mailed, what waits, what was refused and why.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::times::Time;
use super::words::Standing;
use super::{Frame, page, times};
use crate::db::{self, mail::MailRow};
use crate::flow::notify;
use crate::model::id::MailId;
use crate::web::error::Error;
use crate::web::guard::{Operator, Posted};
use crate::web::site::Site;

/// Rows of one page.
const ROWS: u32 = 100;
/// States by which the list is narrowed, with the words of their tabs.
const TABS: [(&str, &str); 5] = [
    ("", "All"),
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("refused", "Refused"),
    ("unknown", "Answer lost"),
];
/// Mails with a link that lets somebody in: their text is for their reader alone.
const PERSONAL: [&str; 2] = ["join", "reset"];

#[derive(Template)]
#[template(path = "operator/mails.html")]
struct MailsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    older: Option<String>,
}

struct Tab {
    label: &'static str,
    href: String,
    count: u32,
    is_here: bool,
}

struct Row {
    href: String,
    again: String,
    recipient: String,
    subject: String,
    order: Option<(String, String)>,
    standing: Standing,
    made: Time,
    why: String,
    can_send: bool,
}

#[derive(Template)]
#[template(path = "operator/mail.html")]
struct MailPage {
    frame: Frame,
    again: String,
    recipient: String,
    subject: String,
    message_id: String,
    text: Option<String>,
    standing: Standing,
    /// Whether its answer was lost: sent again, it may arrive twice.
    is_unknown: bool,
    can_send: bool,
}

fn standing(state: &str) -> Standing {
    let (text, tone) = match state {
        "waiting" => ("Waiting", "wait"),
        "sending" => ("Being sent", "move"),
        "sent" => ("Sent", "done"),
        "refused" => ("Refused", "stop"),
        _ => ("Answer lost", "wait"),
    };
    Standing { text, tone }
}

fn can_send(state: &str) -> bool {
    matches!(state, "waiting" | "refused" | "unknown")
}

/// `GET /mails`
pub async fn show(
    State(site): State<Site>,
    operator: Operator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let word = |key: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == key).map(|(_, value)| value.into_owned())
    };
    let state = word("state").unwrap_or_default();
    let state = TABS.iter().map(|(state, _)| *state).find(|known| *known == state).unwrap_or("");
    let before = word("before").and_then(|id| id.parse().ok()).unwrap_or(i64::MAX);
    let frame = Frame::load(&site, &operator, "mails", "Mails").await?;
    let (found, counts) = site
        .ctx
        .read(move |tx| Ok((db::mail::page(tx, state, before, ROWS)?, db::mail::counts(tx)?)))
        .await?;
    let older = found.last().filter(|_| found.len() == ROWS as usize);
    let older =
        older.map(|last| site.links().to(&format!("/mails?state={state}&before={}", last.id)));
    let count = |wanted: &str| {
        let fitting = counts.iter().filter(|(known, _)| wanted.is_empty() || known == wanted);
        fitting.map(|(_, count)| *count).sum()
    };
    let tabs = TABS.map(|(name, label)| Tab {
        label,
        href: site.links().to(&format!("/mails?state={name}")),
        count: count(name),
        is_here: name == state,
    });
    let rows = found.into_iter().map(|one| row(&site, one)).collect();
    page(&MailsPage { frame, tabs: tabs.into(), rows, older })
}

fn row(site: &Site, one: MailRow) -> Row {
    Row {
        again: site.links().to(&format!("/mails/{}/again", one.id)),
        href: site.links().to(&format!("/mails/{}", one.id)),
        recipient: one.recipient,
        subject: one.subject,
        order: one.order.map(|(id, number)| (site.links().order(&id), number)),
        standing: standing(&one.state),
        made: times(site).at(one.sent_at.unwrap_or(one.made_at)),
        // What has left is well, whatever went wrong before.
        why: match one.state.as_str() {
            "sent" => String::new(),
            _ => one.why.trim().lines().last().unwrap_or_default().to_owned(),
        },
        can_send: can_send(&one.state),
    }
}

/// `GET /mails/{id}`
pub async fn one(
    State(site): State<Site>,
    operator: Operator,
    Path(id): Path<i64>,
) -> Result<Response, Error> {
    let found = site.ctx.read(move |tx| Ok(db::mail::get(tx, MailId(id))?)).await?;
    let mail = found.ok_or(Error::NotFound)?;
    let frame = Frame::load(&site, &operator, "mails", "Mail").await?;
    page(&MailPage {
        frame,
        again: site.links().to(&format!("/mails/{id}/again")),
        text: (!PERSONAL.contains(&mail.kind.as_str())).then_some(mail.text),
        recipient: mail.recipient,
        subject: mail.subject,
        message_id: mail.message_id,
        standing: standing(&mail.state),
        is_unknown: mail.state == "unknown",
        can_send: can_send(&mail.state),
    })
}

/// `POST /mails/{id}/again`
pub async fn again(
    State(site): State<Site>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Error> {
    let done = notify::send_again(&site.ctx, MailId(id), &posted.staff()).await;
    let words = "It is sent now.".to_owned();
    posted.finish(&site, done.map(|()| words), &site.links().to("/mails"))
}
