//! One row of the order list.

use std::collections::BTreeSet;

use crate::model::id::ProviderId;
use crate::model::mark::{Assignee, Label, Marks};
use crate::model::order::{LineKind, Order, State};
use crate::web::operator::times::{Countdown, Time, Times};
use crate::web::operator::words::{self, Standing};
use crate::web::site::Site;

/// What a row says.
pub(super) struct Row {
    pub id: String,
    pub href: String,
    pub number: String,
    pub placed: Time,
    pub source: String,
    pub customer: String,
    pub place: String,
    pub items: Vec<String>,
    pub picture: Option<String>,
    pub standing: Standing,
    pub countdown: Option<Countdown>,
    pub providers: String,
    pub provider_number: String,
    pub problem: Option<String>,
    pub total: String,
    pub labels: Vec<Label>,
    pub assignee: Option<Assignee>,
    /// Where the first thing that can still be changed is edited.
    pub edit: Option<String>,
    /// A short look at the order.
    pub look: String,
}

/// The row of an order.
pub(super) fn row(
    site: &Site,
    order: &Order,
    marks: Marks,
    by_hand: &BTreeSet<ProviderId>,
    times: &Times,
) -> Row {
    let countdowns = order.fulfilments.iter().filter_map(|one| one.submit_at());
    let is_held = order
        .fulfilments
        .iter()
        .any(|one| one.submit_at().is_some() && !order.holds_on(one).is_empty());
    let problem = order.holds.iter().map(|hold| hold.problem.sentence()).next();
    let recipient = &order.recipient;
    let mut providers: Vec<&str> = Vec::new();
    for fulfilment in &order.fulfilments {
        if !providers.contains(&fulfilment.provider_name.as_str()) {
            providers.push(&fulfilment.provider_name);
        }
    }
    let numbers = order.fulfilments.iter().rev();
    Row {
        id: order.id.to_string(),
        href: site.links().order(&order.id),
        number: order.number.clone(),
        placed: times.at(order.placed_at),
        source: match order.source.as_str() {
            "shop" => String::new(),
            other => other.to_owned(),
        },
        customer: match recipient.name() {
            name if name.is_empty() => recipient.company.clone(),
            name => name,
        },
        place: place(&recipient.city, &recipient.country),
        items: items(order),
        picture: picture(site, order),
        standing: words::of_order(order, by_hand),
        // A held countdown goes nowhere: its clock would be a lie.
        countdown: countdowns.min().filter(|_| !is_held).map(|at| times.countdown(at)),
        providers: providers.join(", "),
        provider_number: numbers
            .filter_map(|one| one.provider_order_id.clone())
            .next()
            .unwrap_or_default(),
        problem,
        total: order.total.to_string(),
        labels: marks.labels,
        assignee: marks.assignee,
        edit: edit(site, order),
        look: site.links().order_act(&order.id, "look"),
    }
}

/// The editor of the first item that is not sent yet.
pub(in crate::web::operator) fn edit(site: &Site, order: &Order) -> Option<String> {
    if matches!(order.state, State::Closed | State::Cancelled) {
        return None;
    }
    let item = order.live_items().find(|item| !order.is_locked(item.id))?;
    Some(site.links().item_act(&order.id, &item.id, "edit"))
}

fn place(city: &str, country: &str) -> String {
    match (city.is_empty(), country.is_empty()) {
        (false, false) => format!("{city}, {country}"),
        _ => format!("{city}{country}"),
    }
}

/// What was bought, the printed lines first.
fn items(order: &Order) -> Vec<String> {
    const SHOWN: usize = 2;
    let printed = order.lines.iter().filter(|line| line.kind != LineKind::PassesBy);
    let all: Vec<String> = printed
        .map(|line| match line.quantity {
            1 => line.name.clone(),
            quantity => format!("{quantity} × {}", line.name),
        })
        .collect();
    let rest = all.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = all.into_iter().take(SHOWN).collect();
    if 0 < rest {
        shown.push(format!("and {rest} more"));
    }
    shown
}

fn picture(site: &Site, order: &Order) -> Option<String> {
    let files = order.items.iter().flat_map(|item| item.facts.files_of(item.facts.revision));
    let preview = files.filter_map(|file| file.preview.as_ref()).next()?;
    Some(site.links().picture(preview))
}
