//! How the program is, for programs: `/healthz`, `/readyz` and `/metrics`, on the operators' address.
//!
//! None of them asks for a log-in, and none of them holds anything of a customer.

use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use serde_json::json;

use super::site::Site;
use crate::db;
use crate::flow::{self, FlowError};
use crate::model::health::{self, Vitals};
use crate::outside::meter::Measured;

/// `GET /healthz`: 200 when the work goes on, 503 with what is wrong when it does not (R150).
pub async fn health(State(site): State<Site>) -> Response {
    let vitals = match flow::health::vitals(&site.ctx).await {
        Ok(vitals) => vitals,
        Err(error) => {
            tracing::error!("health could not be looked at: {error}");
            let fault = json!({
                "what": "database",
                "detail": "the database does not answer",
                "cure": "Look at the log.",
            });
            let body = json!({ "status": "unwell", "faults": [fault] });
            return document(StatusCode::SERVICE_UNAVAILABLE, &body);
        }
    };
    let faults = health::faults(&vitals);
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| {
            json!({
                "what": fault.ailment.name(),
                "detail": fault.detail,
                "cure": fault.ailment.cure(),
            })
        })
        .collect();
    let word = if faults.is_empty() { "well" } else { "unwell" };
    let body = json!({ "status": word, "faults": faults, "seen": seen(&vitals) });
    document(status, &body)
}

fn document(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

/// Ages in whole seconds, sizes in bytes.
fn seen(vitals: &Vitals) -> serde_json::Value {
    let age = |since: Option<crate::model::time::Moment>| {
        since.map(|since| vitals.now.since(since).as_secs())
    };
    let shops: serde_json::Map<String, serde_json::Value> = vitals
        .shops
        .iter()
        .map(|shop| {
            let seen = json!({
                "poll_age_s": age(shop.polled_at),
                "clock_ahead_ms": shop.clock_ahead_ms,
            });
            (shop.name.clone(), seen)
        })
        .collect();
    let workers: serde_json::Map<String, serde_json::Value> = vitals
        .workers
        .iter()
        .map(|worker| {
            let doing = worker.doing.as_ref().map(|(what, _)| what.clone());
            let seen = json!({ "beat_age_s": age(Some(worker.beat_at)), "doing": doing });
            (worker.name.clone(), seen)
        })
        .collect();
    json!({
        "up_s": age(vitals.started_at),
        "shops": shops,
        "workers": workers,
        "overdue_age_s": age(vitals.overdue_since),
        "unknown_submissions": vitals.unknown_submissions,
        "unknown_age_s": age(vitals.unknown_since),
        "mail_age_s": age(vitals.mail_waiting_since),
        "open_alerts": vitals.open_alerts,
        "press_failures": vitals.press_failures,
        "disk_free_bytes": vitals.disk_free_bytes,
        "database_bytes": vitals.database_bytes,
        "wal_bytes": vitals.wal_bytes,
        "memory_bytes": vitals.memory_bytes,
    })
}

/// `GET /readyz`: the database is open, its schema is this program's, and the workers run.
pub async fn ready(State(site): State<Site>) -> Response {
    let is_open = site.ctx.read(|tx| Ok(db::job::next_at(tx)?)).await.is_ok();
    let (status, word) = match (site.ctx.pulse.started_at(), is_open) {
        (Some(_), true) => (StatusCode::OK, "ready"),
        (None, _) => (StatusCode::SERVICE_UNAVAILABLE, "the workers have not started"),
        (Some(_), false) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"),
    };
    document(status, &json!({ "status": word }))
}

/// `GET /metrics`: what Prometheus reads.
pub async fn metrics(State(site): State<Site>) -> Response {
    match written(&site).await {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => {
            tracing::error!("metrics could not be counted: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn written(site: &Site) -> Result<String, FlowError> {
    let vitals = flow::health::vitals(&site.ctx).await?;
    let mut registry = Registry::with_prefix("woodblock");
    rows(site, &mut registry).await?;
    ages(&vitals, &mut registry);
    done(site, &mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).expect("a text takes everything");
    Ok(text)
}

type Labels = Vec<(&'static str, String)>;

/// A family of gauges under one name.
fn gauges(
    registry: &mut Registry,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (Labels, i64)>,
) {
    let family = Family::<Labels, Gauge>::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

/// What stands in the database, counted now.
async fn rows(site: &Site, registry: &mut Registry) -> Result<(), FlowError> {
    let (orders, fulfilments, jobs, mails) = site
        .ctx
        .read(|tx| {
            Ok((
                db::health::orders(tx)?,
                db::health::fulfilments(tx)?,
                db::health::jobs(tx)?,
                db::health::mails(tx)?,
            ))
        })
        .await?;
    let by_state = |counts: db::health::Counts| {
        counts.into_iter().map(|(state, count)| (vec![("state", state)], i64::from(count)))
    };
    gauges(registry, "orders", "Orders by state", by_state(orders));
    gauges(registry, "fulfilments", "Fulfilments by state", by_state(fulfilments));
    gauges(registry, "mails", "Mails by state", by_state(mails));
    let jobs = jobs
        .into_iter()
        .map(|(lane, state, count)| (vec![("lane", lane), ("state", state)], i64::from(count)));
    gauges(registry, "jobs", "Jobs that wait, run or failed for good", jobs);
    Ok(())
}

fn ages(vitals: &Vitals, registry: &mut Registry) {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let age = |since: crate::model::time::Moment| whole(vitals.now.since(since).as_secs());
    let shops = || vitals.shops.iter();
    let of_shop = |name: &str| vec![("shop", name.to_owned())];
    let polls = shops().filter_map(|s| Some((of_shop(&s.name), age(s.polled_at?))));
    gauges(registry, "poll_age_seconds", "Age of the last whole listing of a shop", polls);
    let clocks = shops().filter_map(|s| Some((of_shop(&s.name), s.clock_ahead_ms?)));
    gauges(registry, "clock_ahead_milliseconds", "How far a shop's clock is ahead", clocks);
    let workers = vitals.workers.iter();
    let beats = workers.map(|w| (vec![("worker", w.name.clone())], age(w.beat_at)));
    gauges(registry, "worker_beat_age_seconds", "Age of a worker's last sign of life", beats);
    let faults = health::faults(vitals);
    let ailments = health::Ailment::ALL.into_iter().map(|ailment| {
        let is_there = faults.iter().any(|fault| fault.ailment == ailment);
        (vec![("what", ailment.name().to_owned())], i64::from(is_there))
    });
    gauges(registry, "unwell", "1 for what is wrong, as /healthz names it", ailments);
    let ages = [
        ("overdue_age_seconds", "Age of the oldest passed deadline", vitals.overdue_since),
        ("unknown_age_seconds", "Age of the oldest lost answer", vitals.unknown_since),
        ("mail_age_seconds", "Age of the oldest waiting mail", vitals.mail_waiting_since),
        ("up_seconds", "Time since the workers started", vitals.started_at),
    ];
    for (name, help, since) in ages {
        gauges(registry, name, help, [(Labels::new(), since.map_or(0, age))]);
    }
    let numbers = [
        ("unknown_submissions", "Submissions without an answer", Some(vitals.unknown_submissions)),
        ("open_alerts", "Alerts that nobody has cleared", Some(vitals.open_alerts)),
        ("press_failures", "Render children dead in a row", Some(vitals.press_failures)),
    ];
    for (name, help, number) in numbers {
        gauges(registry, name, help, number.map(|n| (Labels::new(), i64::from(n))));
    }
    let sizes = [
        ("disk_free_bytes", "Room beside the database", vitals.disk_free_bytes),
        ("database_bytes", "Size of the database", vitals.database_bytes),
        ("wal_bytes", "Size of the write-ahead log", vitals.wal_bytes),
        ("memory_bytes", "Memory of this process", vitals.memory_bytes),
    ];
    for (name, help, bytes) in sizes {
        gauges(registry, name, help, bytes.map(|bytes| (Labels::new(), whole(bytes))));
    }
}

/// What was done since the program started.
fn done(site: &Site, registry: &mut Registry) {
    let kinds = [
        (Measured::Submission, "submissions", "Sendings to providers", "provider"),
        (Measured::LookUp, "look_ups", "Look-ups at providers", "provider"),
        (Measured::Drawing, "drawings", "Drawings of the press", "press"),
        (Measured::Webhook, "webhooks", "Webhooks of shops", "shop"),
        (Measured::Step, "steps", "Steps of the flow", "step"),
    ];
    for (what, name, help, whose) in kinds {
        let times = Family::<Labels, Counter>::default();
        let took = Family::<Labels, Counter<f64, AtomicU64>>::default();
        for (owner, outcome, count) in site.ctx.pulse.meter.all(what) {
            let labels = vec![(whose, owner), ("outcome", outcome.to_owned())];
            times.get_or_create(&labels).inc_by(count.times);
            took.get_or_create(&labels).inc_by(count.took.as_secs_f64());
        }
        registry.register(name, help, times);
        let help = format!("Time of: {help}");
        registry.register_with_unit(name, help, Unit::Seconds, took);
    }
}
