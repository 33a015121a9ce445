//! `woodblock order explain` as text and as JSON.

use serde_json::{Value as Json, json};

use crate::flow::explain::{Explained, FulfilmentExplained, ItemExplained};
use crate::model::order::Fulfilment;

/// For people.
pub fn text(explained: &Explained) -> String {
    let order = &explained.order;
    let mut text = format!(
        "order {} is {}; it came from {}, placed {}, {}\n",
        order.number,
        order.state.name(),
        order.source,
        order.placed_at,
        match order.paid_at {
            Some(at) => format!("paid {at}"),
            None => "not paid".to_owned(),
        }
    );
    if !order.shop_status.is_empty() {
        text += &format!("the shop's word for it: {}\n", order.shop_status);
    }
    text += "\nwhat keeps it\n";
    for (problem, by, at) in &explained.holds {
        let cure = problem.what.cure();
        text += &format!("  {}\n    set by {by} at {at}\n    {cure}\n", problem.sentence());
    }
    if explained.holds.is_empty() {
        text += "  nothing\n";
    }
    text += "\nwhat the product map says\n";
    for (name, words) in &explained.lines {
        text += &format!("  {name}: {words}\n");
    }
    explained.items.iter().for_each(|item| text += &of_item(item));
    explained.fulfilments.iter().for_each(|one| text += &of_fulfilment(one));
    text += "\njobs\n";
    for job in &explained.jobs {
        let error = job.errors.lines().last().unwrap_or("");
        let (step, key, state, at) = (&job.step, &job.key, &job.state, job.run_at);
        text += &format!("  {step} {key} {state}, due {at}, attempt {} {error}\n", job.attempt);
    }
    if explained.jobs.is_empty() {
        text += "  none waits\n";
    }
    text.trim_end().to_owned()
}

fn of_item(item: &ItemExplained) -> String {
    let mut text = format!(
        "\nitem {} is {}: waits for {}\n  steps {}, revision {}\n",
        item.name, item.state, item.awaits, item.steps, item.revision
    );
    for value in &item.values {
        text += &format!("  {} = “{}”: {}\n", value.field, value.value, value.source);
        for ignored in &value.ignored {
            text += &format!("    not taken: {ignored}\n");
        }
    }
    for row in &item.unused {
        text += &format!("  belongs to no field: {row}\n");
    }
    text
}

fn of_fulfilment(one: &FulfilmentExplained) -> String {
    let fulfilment = &one.fulfilment;
    let mut text = format!(
        "\nfulfilment by {} is {}\n  waits for {}\n  delay {}\n",
        fulfilment.provider_name,
        fulfilment.state.name(),
        one.awaits,
        one.delay
    );
    if let Some(at) = fulfilment.deadline_at {
        text += &format!("  people are told if that lasts beyond {at}\n");
    }
    if let Some(ledger) = &one.ledger {
        text += &format!("  since {}; next: {}\n", ledger.since, ledger.next_action);
    }
    text + &sent(fulfilment, one)
}

fn sent(fulfilment: &Fulfilment, one: &FulfilmentExplained) -> String {
    let Some(reference) = &fulfilment.reference else {
        return "  the provider was sent nothing\n".to_owned();
    };
    let mut text = format!(
        "  sent as {reference}, edition {}, attempt {}\n",
        fulfilment.edition, fulfilment.attempt
    );
    if let Some(ledger) = &one.ledger {
        let hash = ledger.payload_hash.as_deref().unwrap_or("not known");
        let at = ledger.intent_at.map_or("not known".to_owned(), |at| at.to_string());
        text += &format!("  content {hash}, intent at {at}\n");
        if 0 < ledger.misses {
            text += &format!("  {} look-up(s) did not find it\n", ledger.misses);
        }
        if let Some(price) = &ledger.price {
            text += &format!("  it costs {price}\n");
        }
        if !ledger.provider_word.is_empty() {
            text += &format!("  the provider's word: {}\n", ledger.provider_word);
        }
    }
    if let Some(number) = &fulfilment.provider_order_id {
        text += &format!("  the provider's number: {number}\n");
    }
    text
}

/// For programs. Moments are in UTC, money in the smallest unit.
pub fn document(explained: &Explained) -> Json {
    let order = &explained.order;
    json!({
        "number": order.number,
        "source": order.source,
        "state": order.state.name(),
        "shop_status": order.shop_status,
        "placed_at": order.placed_at.to_string(),
        "paid_at": order.paid_at.map(|at| at.to_string()),
        "holds": explained.holds.iter().map(|(problem, by, at)| json!({
            "what": problem.what.code(),
            "sentence": problem.sentence(),
            "cure": problem.what.cure(),
            "set_by": by,
            "set_at": at.to_string(),
        })).collect::<Vec<_>>(),
        "lines": explained.lines.iter().map(|(name, words)| json!({
            "name": name,
            "product_map": words,
        })).collect::<Vec<_>>(),
        "items": explained.items.iter().map(item_document).collect::<Vec<_>>(),
        "fulfilments": explained.fulfilments.iter().map(fulfilment_document).collect::<Vec<_>>(),
        "jobs": explained.jobs.iter().map(|job| json!({
            "step": job.step,
            "key": job.key,
            "state": job.state,
            "run_at": job.run_at.to_string(),
            "attempt": job.attempt,
            "outcome": job.outcome,
            "errors": job.errors,
        })).collect::<Vec<_>>(),
    })
}

fn item_document(item: &ItemExplained) -> Json {
    json!({
        "name": item.name,
        "state": item.state,
        "awaits": item.awaits,
        "steps": item.steps,
        "revision": item.revision,
        "values": item.values.iter().map(|value| json!({
            "field": value.field,
            "value": value.value,
            "source": value.source,
            "ignored": value.ignored,
        })).collect::<Vec<_>>(),
        "unused": item.unused,
    })
}

fn fulfilment_document(one: &FulfilmentExplained) -> Json {
    let fulfilment = &one.fulfilment;
    let ledger = one.ledger.as_ref();
    json!({
        "provider": fulfilment.provider_name,
        "state": fulfilment.state.name(),
        "awaits": one.awaits,
        "delay": one.delay,
        "deadline_at": fulfilment.deadline_at.map(|at| at.to_string()),
        "since": ledger.map(|ledger| ledger.since.to_string()),
        "next_action": ledger.map(|ledger| ledger.next_action.clone()),
        "reference": fulfilment.reference.as_ref().map(ToString::to_string),
        "edition": fulfilment.edition,
        "attempt": fulfilment.attempt,
        "payload_hash": ledger.and_then(|ledger| ledger.payload_hash.clone()),
        "intent_at": ledger.and_then(|ledger| ledger.intent_at).map(|at| at.to_string()),
        "misses": ledger.map(|ledger| ledger.misses),
        "price_minor": ledger.and_then(|ledger| ledger.price.as_ref()).map(|price| price.minor),
        "provider_word": ledger.map(|ledger| ledger.provider_word.clone()),
        "provider_order": fulfilment.provider_order_id,
    })
}
