//! The box below the head of an order: what is wrong, where, the cure, and the buttons that cure.

use std::collections::BTreeSet;

use super::action::Action;
use super::record::Record;
use super::times::{Time, Times};
use super::words;
use crate::model::fulfilment::{Stage, State as FulfilmentState};
use crate::model::hold::{Hold, Target};
use crate::model::id::{FulfilmentId, ItemId, ProviderId};
use crate::model::item::State as ItemState;
use crate::model::order::Fulfilment;
use crate::model::problem::What;
use crate::web::address::Links;
use crate::web::site::Site;

/// One thing that stops the order, with its cures.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What happened.
    pub title: String,
    /// Where; empty for the whole order.
    pub place: String,
    /// The particulars.
    pub detail: String,
    /// What to do.
    pub cure: String,
    /// Whose move it is.
    pub whose: &'static str,
    /// `stop` or `wait`.
    pub tone: &'static str,
    /// Since when.
    pub since: Option<Time>,
    /// Who set it, where a person did.
    pub by: String,
    /// What can be pressed, the most sensible first.
    pub actions: Vec<Action>,
}

/// Everything that stops this order.
pub fn troubles(site: &Site, record: &Record, times: &Times) -> Vec<Trouble> {
    let (order, links, by_hand) = (&record.order, site.links(), super::by_hand(site));
    let mut troubles: Vec<Trouble> =
        order.holds.iter().map(|hold| of_hold(record, hold, links, times)).collect();
    for fulfilment in &order.fulfilments {
        let is_told =
            order.holds.iter().any(|hold| hold.target == Target::Fulfilment(fulfilment.id));
        troubles.extend(of_fulfilment(fulfilment, links, record, &by_hand).filter(|_| !is_told));
    }
    for item in order.live_items() {
        troubles.extend(of_item(record, item.id, item.state));
    }
    troubles
}

fn of_hold(record: &Record, hold: &Hold, links: &Links, times: &Times) -> Trouble {
    let order = &record.order;
    let place = match hold.target {
        Target::Order => String::new(),
        Target::Item(id) => item_title(record, id),
        Target::Fulfilment(id) => fulfilment_title(record, id),
    };
    let place = match (place.is_empty(), hold.problem.place.is_empty()) {
        (false, false) => format!("{place} · {}", hold.problem.place),
        _ => format!("{place}{}", hold.problem.place),
    };
    Trouble {
        title: hold.problem.what.title().to_owned(),
        place,
        detail: hold.problem.detail.clone(),
        cure: hold.problem.what.cure().to_owned(),
        whose: words::whose(hold.problem.what.whose()),
        tone: words::tone(hold.problem.what),
        since: Some(times.at(hold.set_at)),
        by: match &hold.set_by {
            crate::model::hold::Actor::Program => String::new(),
            other => other.in_words(),
        },
        actions: hold_actions(record, hold, links, links.order_act(&order.id, "release")),
    }
}

/// The presses that cure a hold, the most sensible first.
fn hold_actions(record: &Record, hold: &Hold, links: &Links, release: String) -> Vec<Action> {
    let order = &record.order;
    let release = |label: &str| Action::press(label, release.clone()).with("hold", hold.id);
    let what = hold.problem.what;
    if let Target::Item(item) = hold.target
        && what.is_cured_by_amending()
    {
        return vec![
            Action::link("Edit design", links.item_act(&order.id, &item, "edit")).primary(),
            Action::press("Draw again", links.item_act(&order.id, &item, "draw-again")),
            release("Release anyway"),
        ];
    }
    if let (What::PartlyShipped, Target::Fulfilment(id)) = (what, hold.target) {
        let question = "Nothing of it was in the parcel: what has not left counts as not made, \
            and can be sent anew. This cannot be undone.";
        return vec![
            Action::link("Say what was in it", format!("#f{id}")).primary(),
            Action::ask(
                "Give the rest up",
                links.fulfilment_act(&order.id, &id, "give-up"),
                question,
            ),
        ];
    }
    if let Target::Fulfilment(id) = hold.target
        && let Some(fulfilment) = order.fulfilment(id)
        && fulfilment.state == FulfilmentState::Refused
    {
        return refused_actions(record, fulfilment, links);
    }
    match what {
        What::AddressIncomplete => vec![
            Action::link("Complete the address", links.order_act(&order.id, "recipient")).primary(),
            release("Release anyway"),
        ],
        What::Paused => vec![release("Resume").primary()],
        What::LineUnmapped
        | What::DesignUnknown
        | What::ProviderUnknown
        | What::TooManyCopies
        | What::OrderGone => vec![
            Action::press("Check again", links.order_act(&order.id, "look-again")).primary(),
            release("Release anyway"),
        ],
        What::BeforeGoLive => vec![release("Make this order")],
        What::LooksDoubled => {
            let number = hold.problem.place.trim_start_matches("order ");
            let found = links.to(&format!("/?q={number}"));
            vec![
                Action::link(&format!("Open order {number}"), found).primary(),
                Action::press("Cancel this one", links.order_act(&order.id, "cancel")),
                release("Both are wanted: release"),
            ]
        }
        What::ContentDiffers => vec![release("We compared them: release")],
        _ => vec![release("Release").primary()],
    }
}

fn refused_actions(record: &Record, fulfilment: &Fulfilment, links: &Links) -> Vec<Action> {
    let order = &record.order;
    let act = |act: &str| links.fulfilment_act(&order.id, &fulfilment.id, act);
    let question = "A new submission with its own countdown is made of what was refused. \
        It will be charged when the provider accepts it.";
    let mut actions = vec![
        Action { look: "primary", ..Action::ask("Submit again", act("submit-again"), question) },
        Action::link("Correct the address", links.order_act(&order.id, "recipient")),
    ];
    actions.push(Action::ask(
        "Give up",
        act("give-up"),
        "What this fulfilment holds will not be made. This cannot be undone.",
    ));
    actions
}

fn of_fulfilment(
    fulfilment: &Fulfilment,
    links: &Links,
    record: &Record,
    by_hand: &BTreeSet<ProviderId>,
) -> Option<Trouble> {
    let (title, cure, actions) = match &fulfilment.state {
        FulfilmentState::Refused => (
            What::Refused.title(),
            What::Refused.cure(),
            refused_actions(record, fulfilment, links),
        ),
        FulfilmentState::Submitting { stage: Stage::Person }
            if by_hand.contains(&fulfilment.provider) =>
        {
            (
                What::PlaceByHand.title(),
                What::PlaceByHand.cure(),
                vec![Action::link("Show how", format!("#f{}", fulfilment.id)).primary()],
            )
        }
        FulfilmentState::Submitting { stage: Stage::Person } => (
            What::AnswerNeedsPerson.title(),
            What::AnswerNeedsPerson.cure(),
            vec![Action::link("Go to it", format!("#f{}", fulfilment.id)).primary()],
        ),
        FulfilmentState::AwaitingSubmit => (
            "Ready, and waiting for Submit",
            "Look at the print files; then send it.",
            vec![
                Action::press(
                    "Submit",
                    links.fulfilment_act(&record.order.id, &fulfilment.id, "submit"),
                )
                .primary(),
            ],
        ),
        _ => return None,
    };
    Some(Trouble {
        title: title.to_owned(),
        place: fulfilment_title(record, fulfilment.id),
        detail: String::new(),
        cure: cure.to_owned(),
        whose: "Your move",
        tone: "stop",
        since: None,
        by: String::new(),
        actions,
    })
}

fn of_item(record: &Record, id: ItemId, state: ItemState) -> Option<Trouble> {
    let (title, cure) = match state {
        ItemState::AwaitingReview => (
            "Something the customer gave is to be reviewed",
            "Look at it below, and accept it or say what is wrong.",
        ),
        ItemState::AwaitingCheck => {
            ("The print file is to be checked", "Look at it in full size below, then pass it.")
        }
        _ => return None,
    };
    Some(Trouble {
        title: title.to_owned(),
        place: item_title(record, id),
        detail: String::new(),
        cure: cure.to_owned(),
        whose: "Your move",
        tone: "stop",
        since: None,
        by: String::new(),
        actions: vec![Action::link("Go to it", format!("#i{id}")).primary()],
    })
}

/// “1001-1 Name mug”.
pub fn item_title(record: &Record, id: ItemId) -> String {
    let order = &record.order;
    let line = order.item(id).and_then(|item| order.line(item.line));
    let name = line.map_or("", |line| line.name.as_str());
    format!("{} {name}", order.item_name(id)).trim().to_owned()
}

fn fulfilment_title(record: &Record, id: FulfilmentId) -> String {
    let fulfilment = record.order.fulfilment(id);
    fulfilment.map_or(String::new(), |one| match &one.reference {
        Some(reference) => format!("{} · {reference}", one.provider_name),
        None => one.provider_name.clone(),
    })
}
