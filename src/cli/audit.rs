//! `woodblock audit`: every order with what it waits for, and every invariant that is broken.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value as Json, json};

use super::admin::Call;
use super::command;
use crate::flow::audit::{Audited, Scope};

/// Which orders, and how they are told.
#[derive(Debug, Parser)]
pub struct Args {
    /// Those that are not over alone.
    #[arg(long)]
    open: bool,
    /// One JSON document, for programs.
    #[arg(long)]
    json: bool,
}

impl Args {
    fn scope(&self) -> Scope {
        if self.open { Scope::Open } else { Scope::All }
    }
}

/// Ends with an error when an invariant is broken.
pub fn run(args: &Args, config: &Path) -> anyhow::Result<ExitCode> {
    let call = Call::Audit { open: args.scope() == Scope::Open };
    let answer = command::ask(call, config)?.map_err(anyhow::Error::msg)?;
    let found: Json = serde_json::from_str(&answer)?;
    let broken = found["broken"].as_u64().unwrap_or(0);
    match args.json {
        true => command::say(&answer),
        false => command::say(&text(&found)),
    };
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was found, as one document: `orders`, and how many invariants are `broken`.
pub fn document(audited: &[Audited]) -> Json {
    let broken: usize = audited.iter().map(|one| one.breaches.len()).sum();
    json!({ "broken": broken, "orders": audited.iter().map(order).collect::<Vec<_>>() })
}

fn order(audited: &Audited) -> Json {
    let order = &audited.order;
    let fulfilments = order.fulfilments.iter().zip(&audited.waiting).map(|(one, waiting)| {
        json!({
            "provider": one.provider_name,
            "reference": one.reference.as_ref().map(|reference| reference.as_str()),
            "state": one.state.name(),
            "since": waiting.since.to_string(),
            "next_action": waiting.next_action,
            "deadline": one.deadline_at.map(|at| at.to_string()),
        })
    });
    let holds = order
        .holds
        .iter()
        .map(|hold| json!({ "what": hold.problem.what.code(), "reason": hold.problem.sentence() }));
    let breaches = audited
        .breaches
        .iter()
        .map(|one| json!({ "invariant": one.invariant.name(), "what": one.what }));
    json!({
        "number": order.number,
        "shop": order.shop_name,
        "state": order.state.name(),
        "fulfilments": fulfilments.collect::<Vec<_>>(),
        "holds": holds.collect::<Vec<_>>(),
        "breaches": breaches.collect::<Vec<_>>(),
    })
}

/// The same for people: one line for each order that is not over, and the breaches.
fn text(found: &Json) -> String {
    let none = Vec::new();
    let list = |value: &'_ Json, key: &str| value[key].as_array().unwrap_or(&none).clone();
    let word = |value: &Json, key: &str| value[key].as_str().unwrap_or("").to_owned();
    let mut lines = Vec::new();
    let orders = list(found, "orders");
    for order in &orders {
        let number = word(order, "number");
        for one in list(order, "fulfilments").iter().filter(|one| !one["deadline"].is_null()) {
            lines.push(format!(
                "{number:10} {:12} {:14} since {}  {}",
                word(one, "provider"),
                word(one, "state"),
                word(one, "since"),
                word(one, "next_action")
            ));
        }
        for hold in list(order, "holds") {
            lines.push(format!("{number:10} held: {}", word(&hold, "reason")));
        }
        for breach in list(order, "breaches") {
            let (which, what) = (word(&breach, "invariant"), word(&breach, "what"));
            lines.push(format!("{number:10} BROKEN {which}: {what}"));
        }
    }
    let broken = found["broken"].as_u64().unwrap_or(0);
    lines.push(format!("{} orders, {broken} invariants broken", orders.len()));
    lines.join("\n")
}
