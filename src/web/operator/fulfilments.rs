//! The cards of an order's fulfilments: where each stands, when it goes, and what can be pressed.

use std::time::Duration;

use super::action::Action;
use super::hand::{ByHand, by_hand};
use super::problems::item_title;
use super::record::Record;
use super::times::{Countdown, Time, Times};
use super::words::{self, Standing};
use crate::flow::ending;
use crate::model::fulfilment::{Stage, State};
use crate::model::hold::Target;
use crate::model::id::FulfilmentId;
use crate::model::order::{Fulfilment, Shipment};
use crate::model::problem::What;
use crate::web::address::{Links, query_part};
use crate::web::site::Site;

/// One fulfilment as its card shows it.
pub struct Card {
    /// Its id.
    pub id: FulfilmentId,
    /// The provider's name.
    pub provider: String,
    /// `test` where nothing is charged or made.
    pub mode: &'static str,
    /// Where it stands.
    pub standing: Standing,
    /// The clock, while it runs.
    pub countdown: Option<Countdown>,
    /// When it would go out, while something stops it.
    pub stopped_at: Option<Time>,
    /// Why the clock stands still.
    pub stopped_why: String,
    /// What it waits for or what is known of it, in a sentence.
    pub waits: String,
    /// Names and words beside each other.
    pub facts: Vec<(&'static str, String)>,
    /// Its page in the merchant's account at the provider.
    pub page: Option<String>,
    /// What it holds.
    pub lines: Vec<CardLine>,
    /// What can be pressed.
    pub actions: Vec<Action>,
    /// What a person needs to place it by hand.
    pub by_hand: Option<ByHand>,
    /// Whether it is said what was found at the provider.
    pub asks_what_was_found: bool,
    /// Whether a parcel can be typed in.
    pub takes_parcels: bool,
    /// Its parcels.
    pub parcels: Vec<Parcel>,
    /// Whether nothing will happen to it any more, and nothing left.
    pub is_past: bool,
}

/// One line of a fulfilment.
pub struct CardLine {
    /// What it is.
    pub title: String,
    /// The provider's variant.
    pub sku: String,
    /// Pieces.
    pub quantity: u32,
    /// What became of them; empty while nothing did.
    pub progress: String,
    /// The id of its item.
    pub item: i64,
}

/// One parcel.
pub struct Parcel {
    /// Carrier.
    pub carrier: String,
    /// Tracking number.
    pub number: String,
    /// Carrier's page, where it is one.
    pub url: Option<String>,
    /// When it left.
    pub shipped: Time,
    /// Whether the shop knows.
    pub shop: String,
    /// Whether it is asked what was in it.
    pub asks_contents: bool,
}

/// The cards of an order, the newest fulfilment first.
pub fn cards(site: &Site, record: &Record, times: &Times) -> Vec<Card> {
    let all = record.order.fulfilments.iter().rev();
    all.map(|fulfilment| card(site, record, fulfilment, times)).collect()
}

fn card(site: &Site, record: &Record, fulfilment: &Fulfilment, times: &Times) -> Card {
    let seat = site.ctx.providers.get(&fulfilment.provider);
    let is_by_hand = super::by_hand(site).contains(&fulfilment.provider);
    let needs_person = fulfilment.state == State::Submitting { stage: Stage::Person };
    let stopped_why = stopped_why(record, fulfilment, times);
    let submit_at = fulfilment.submit_at();
    let is_running = stopped_why.is_empty();
    Card {
        id: fulfilment.id,
        provider: fulfilment.provider_name.clone(),
        mode: match seat.map(|seat| seat.rules.mode) {
            Some(crate::model::provider_order::Mode::Test) => "test",
            _ => "live",
        },
        standing: match (is_running, is_by_hand) {
            (false, _) => words::ON_HOLD,
            (true, true) => words::of_fulfilment_by_hand(&fulfilment.state),
            (true, false) => words::of_fulfilment(&fulfilment.state),
        },
        countdown: submit_at.filter(|_| is_running).map(|at| times.countdown(at)),
        stopped_at: submit_at.filter(|_| !is_running).map(|at| times.at(at)),
        stopped_why,
        waits: match is_by_hand && needs_person {
            true => "Values, files and address are fixed now. Place it as shown below.".to_owned(),
            false => waits(site, record, fulfilment),
        },
        facts: facts(record, fulfilment, times),
        page: seat.and_then(|seat| page_at(&seat.rules.order_page, fulfilment)),
        lines: lines(record, fulfilment),
        actions: actions(site, record, fulfilment),
        by_hand: (is_by_hand && needs_person).then(|| by_hand(site, record, fulfilment)),
        asks_what_was_found: needs_person && !is_by_hand,
        takes_parcels: matches!(fulfilment.state, State::InProduction | State::Shipped),
        parcels: record
            .shipments
            .iter()
            .filter(|one| one.fulfilment == fulfilment.id)
            .map(|one| Parcel {
                asks_contents: one.lines.is_empty()
                    && ending::partly_shipped(&record.order, fulfilment.id).is_some(),
                ..parcel(one, times)
            })
            .collect(),
        is_past: matches!(fulfilment.state, State::Cancelled | State::Superseded),
    }
}

/// Why the clock of a countdown stands still; empty while it runs.
fn stopped_why(record: &Record, fulfilment: &Fulfilment, times: &Times) -> String {
    if fulfilment.submit_at().is_none() {
        return String::new();
    }
    if let Some(hold) = record.order.holds_on(fulfilment).first() {
        return match &hold.set_by {
            crate::model::hold::Actor::Person(name) if hold.problem.what == What::Paused => {
                format!("paused by {name}")
            }
            _ => format!("held: {}", hold.problem.sentence()),
        };
    }
    match &record.lease {
        Some((until, who)) => {
            format!("{who} edits a design, until {} at most", times.at(*until).text)
        }
        None => String::new(),
    }
}

/// The order's page at the provider, once it has what its address needs.
fn page_at(template: &str, fulfilment: &Fulfilment) -> Option<String> {
    let number = fulfilment.provider_order_id.as_ref();
    let reference = fulfilment.reference.as_ref()?.to_string();
    if template.is_empty() || (template.contains("{number}") && number.is_none()) {
        return None;
    }
    let number = number.map_or(String::new(), |number| query_part(number));
    Some(template.replace("{number}", &number).replace("{reference}", &query_part(&reference)))
}

fn waits(site: &Site, record: &Record, fulfilment: &Fulfilment) -> String {
    match fulfilment.state {
        State::Gathering => {
            let order = &record.order;
            let open = fulfilment.lines.iter().filter_map(|line| order.item(line.item));
            let open: Vec<String> = open
                .filter(|item| item.state != crate::model::item::State::Ready)
                .map(|item| {
                    let state = super::items::standing(record, item).text.to_lowercase();
                    format!("{} ({state})", order.item_name(item.id))
                })
                .collect();
            match open.is_empty() {
                true => "Waits until everything that goes together is ready and paid.".to_owned(),
                false => format!("Waits for {}.", open.join(", ")),
            }
        }
        State::Submitting { stage: Stage::Unknown } => {
            "It is being looked up at the provider; nothing is sent again meanwhile.".to_owned()
        }
        State::InProduction | State::Submitting { .. } => {
            let items = fulfilment.lines.iter().filter_map(|line| record.order.item(line.item));
            let can = |item| super::items::correctable(site, record, item).is_ok();
            match fulfilment.state == State::InProduction && items.into_iter().any(can) {
                true => {
                    "It was submitted: the address is fixed. A corrected file can still be sent."
                }
                false => {
                    "It was submitted: values, files and address can no longer be changed here."
                }
            }
            .to_owned()
        }
        _ => String::new(),
    }
}

fn facts(record: &Record, fulfilment: &Fulfilment, times: &Times) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(number) = &fulfilment.provider_order_id {
        facts.push(("Provider’s number", number.clone()));
    }
    if let Some(reference) = &fulfilment.reference {
        facts.push(("Our reference", reference.to_string()));
    }
    if let Some(ledger) = record.ledgers.get(&fulfilment.id) {
        if let Some(price) = ledger.price {
            facts.push(("Price", price.to_string()));
        }
        if !ledger.provider_word.is_empty() {
            facts.push(("The provider says", ledger.provider_word.clone()));
        }
        if let Some(at) = ledger.intent_at {
            facts.push(("Sent", times.at(at).text));
        }
        if fulfilment.state.is_locked() && !fulfilment.state.is_final() {
            facts.push(("Since", times.at(ledger.since).text));
        }
    }
    if 1 < fulfilment.edition {
        facts.push(("Edition", fulfilment.edition.to_string()));
    }
    facts
}

fn lines(record: &Record, fulfilment: &Fulfilment) -> Vec<CardLine> {
    let line = |line: &crate::model::order::FulfilmentLine| CardLine {
        title: item_title(record, line.item),
        sku: record.order.item(line.item).map_or(String::new(), |item| item.provider_sku.clone()),
        quantity: line.quantity,
        progress: match (line.shipped, line.given_up) {
            (0, 0) => String::new(),
            (shipped, 0) => format!("{shipped} shipped"),
            (0, given_up) => format!("{given_up} given up"),
            (shipped, given_up) => format!("{shipped} shipped, {given_up} given up"),
        },
        item: line.item.0,
    };
    fulfilment.lines.iter().map(line).collect()
}

/// What can be pressed, the most sensible first.
fn actions(site: &Site, record: &Record, fulfilment: &Fulfilment) -> Vec<Action> {
    const HOUR: Duration = Duration::from_secs(3_600);
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let links: &Links = site.links();
    let order = &record.order;
    let act = |act: &str| links.fulfilment_act(&order.id, &fulfilment.id, act);
    let pause = order.holds.iter().find(|hold| {
        hold.problem.what == What::Paused
            && matches!(hold.target, Target::Order | Target::Fulfilment(_))
            && order.holds_on(fulfilment).iter().any(|on| on.id == hold.id)
    });
    let pause_or_resume = match pause {
        // The whole order is resumed in the box above, once and not for each fulfilment.
        Some(hold) if hold.target == Target::Order => None,
        Some(hold) => {
            let release = Action::press("Resume", links.order_act(&order.id, "release"));
            Some(release.with("hold", hold.id).primary())
        }
        None => Some(Action::press("Pause", act("hold"))),
    };
    match &fulfilment.state {
        State::Countdown { submit_at } => {
            let from = (*submit_at).max(site.now());
            // The moment itself is sent, so that a second press changes nothing.
            let later = |label, more| {
                Action::press(label, act("later")).with("to", from.plus(more).unix_ms())
            };
            let is_free = order.holds_on(fulfilment).is_empty();
            let mut actions = Vec::new();
            if is_free {
                actions.push(Action::press("Send now", act("send-now")).primary());
            }
            actions.extend(pause_or_resume);
            actions.push(later("+1 h", HOUR));
            actions.push(later("+1 day", DAY));
            actions
        }
        State::AwaitingSubmit => {
            let submit = Action::press("Submit", act("submit")).primary();
            [submit].into_iter().chain(pause_or_resume).collect()
        }
        State::Gathering => pause_or_resume.into_iter().collect(),
        State::Submitting { .. }
        | State::InProduction
        | State::Refused
        | State::Shipped
        | State::Cancelled
        | State::Superseded => Vec::new(),
    }
}

fn parcel(shipment: &Shipment, times: &Times) -> Parcel {
    let url = shipment.tracking_url.trim();
    let is_page = url.starts_with("https://") || url.starts_with("http://");
    Parcel {
        carrier: shipment.carrier.clone(),
        number: shipment.tracking_number.clone(),
        url: is_page.then(|| url.to_owned()),
        shipped: times.at(shipment.shipped_at),
        shop: match shipment.shop_told_at {
            Some(at) => format!("told {}", times.at(at).text),
            None => "not told yet".to_owned(),
        },
        asks_contents: false,
    }
}
