//! Work that waits, runs or has failed: for the day when somebody wants to know.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::times::Time;
use super::{Frame, page, times};
use crate::db;
use crate::web::error::Error;
use crate::web::guard::Operator;
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "operator/jobs.html")]
struct JobsPage {
    frame: Frame,
    failed: Vec<JobView>,
    open: Vec<JobView>,
}

struct JobView {
    id: i64,
    step: String,
    key: String,
    lane: String,
    state: &'static str,
    tone: &'static str,
    due: Time,
    attempt: u32,
    last_error: String,
}

/// `GET /jobs`
pub async fn show(State(site): State<Site>, operator: Operator) -> Result<Response, Error> {
    let frame = Frame::load(&site, &operator, "jobs", "Jobs").await?;
    let times = times(&site);
    let jobs = site.ctx.read(|tx| Ok(db::job::open_and_failed(tx)?)).await?;
    let view = |job: db::job::JobLine| JobView {
        id: job.id.0,
        step: step_words(&job.step).to_owned(),
        key: job.key,
        lane: job.lane,
        state: match job.state.as_str() {
            "running" => "Running",
            "failed" => "Failed",
            _ if 0 < job.attempt => "Waits for another try",
            _ => "Waits",
        },
        tone: match job.state.as_str() {
            "running" => "move",
            "failed" => "stop",
            _ if 0 < job.attempt => "wait",
            _ => "off",
        },
        due: times.at(job.run_at),
        attempt: job.attempt,
        last_error: match job.errors.trim().lines().last() {
            Some(line) => line.to_owned(),
            None => job.outcome,
        },
    };
    let (failed, open): (Vec<_>, Vec<_>) =
        jobs.into_iter().map(view).partition(|job| job.state == "Failed");
    page(&JobsPage { frame, failed, open })
}

/// A step of the flow as people read it.
fn step_words(step: &str) -> &str {
    match step {
        "intake" => "Fetch an order from the shop",
        "poll" => "Look for changed orders",
        "artwork" | "draw" => "Draw print files",
        "photo" => "Fetch a photo",
        "submit" => "Submit to the provider",
        "resolve" => "Look a lost answer up",
        "track" => "Look for parcels",
        "cancel" => "Ask the provider to cancel",
        "shop_sync" => "Tell the shop",
        "mail" => "Send a mail",
        "watchdog" => "Look for what is overdue",
        "sweep" => "Clear away old files",
        other => other,
    }
}
