//! The history of an order as sentences that people read.

use std::collections::BTreeMap;

use super::record::Record;
use super::times::{Time, Times};
use super::words::fulfilment_state;
use crate::db::history::HistoryLine;
use crate::db::mail::OrderMail;
use crate::model::hold::Actor;
use crate::model::order::Order;
use crate::model::time::Moment;
use crate::web::address::Links;

/// One sentence of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// When.
    pub at: Time,
    /// Who, as it begins the sentence; empty for the program itself.
    pub who: String,
    /// What happened.
    pub text: String,
    /// The particulars.
    pub note: String,
    /// `person`, `program` or `outside`: the mark before it.
    pub tone: &'static str,
    /// Where what it tells of can be looked at; empty where there is nothing to see.
    pub href: String,
}

/// What the history can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    All,
    /// What people did, wrote and decided.
    People,
    /// What the program did by itself.
    Program,
    /// What the shop, the provider and the customer said.
    Outside,
    /// Mails.
    Mail,
}

impl Part {
    /// Every part, in the order of the tabs.
    pub const ALL: [Part; 5] = [Part::All, Part::People, Part::Program, Part::Outside, Part::Mail];

    /// Its word in an address.
    pub fn name(self) -> &'static str {
        match self {
            Part::All => "all",
            Part::People => "people",
            Part::Program => "program",
            Part::Outside => "outside",
            Part::Mail => "mail",
        }
    }

    /// The part of this name; everything where it is none.
    pub fn from_name(name: &str) -> Part {
        Part::ALL.into_iter().find(|part| part.name() == name).unwrap_or(Part::All)
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Part::All => "All",
            Part::People => "People",
            Part::Program => "Program",
            Part::Outside => "Shop and provider",
            Part::Mail => "Mail",
        }
    }

    /// Whether a sentence belongs to it.
    pub fn has(self, sentence: &Sentence) -> bool {
        match self {
            Part::All => true,
            Part::People => matches!(sentence.tone, "person" | "comment" | "letter"),
            Part::Program => sentence.tone == "program",
            Part::Outside => sentence.tone == "outside",
            Part::Mail => matches!(sentence.tone, "mail" | "letter"),
        }
    }
}

/// The whole story of an order: its history and its mails, newest first.
pub fn of_record(record: &Record, links: &Links, times: &Times) -> Vec<Sentence> {
    let order = &record.order;
    let mut told = tell(&record.history, Some(order), times);
    let pages: BTreeMap<String, String> = order
        .items
        .iter()
        .map(|item| {
            let page = links.item_act(&order.id, &item.id, "revisions");
            (order.item_name(item.id), page)
        })
        .collect();
    let shown = record.history.iter().rev().filter(|line| !is_noise(line));
    for (sentence, line) in told.iter_mut().zip(shown) {
        if matches!(
            line.event.as_str(),
            "drawn" | "amended" | "passed" | "approved" | "yes taken back"
        ) {
            sentence.href = pages.get(&line.subject).cloned().unwrap_or_default();
        }
    }
    told.extend(record.mails.iter().rev().map(|mail| of_mail(mail, links, times)));
    // Of one moment, what stood first stays first.
    told.sort_by(|a, b| b.at.iso.cmp(&a.at.iso));
    told
}

fn of_mail(mail: &OrderMail, links: &Links, times: &Times) -> Sentence {
    let what = match mail.state.as_str() {
        "sent" => "Mail sent to",
        "refused" => "Mail was refused for",
        "unknown" => "Mail may have reached",
        _ => "Mail waits for",
    };
    Sentence {
        at: times.at(mail.at),
        who: String::new(),
        text: format!("{what} {}", mail.recipient),
        note: format!("“{}”", mail.subject),
        tone: "mail",
        href: links.to(&format!("/mails/{}", mail.id)),
    }
}

/// The history, newest first; steps that only lead to the next one in the same moment are left out.
pub fn tell(lines: &[HistoryLine], order: Option<&Order>, times: &Times) -> Vec<Sentence> {
    let names = order.map_or(BTreeMap::new(), names);
    lines
        .iter()
        .rev()
        .filter(|line| !is_noise(line))
        .map(|line| sentence(line, &names, times))
        .collect()
}

/// What stands in the history as a number, in the words in which people think of it.
fn names(order: &Order) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for item in &order.items {
        let (name, line) = (order.item_name(item.id), order.line(item.line));
        let title = line.map_or(String::new(), |line| line.name.clone());
        names.insert(name.clone(), format!("{title} ({name})"));
    }
    for fulfilment in &order.fulfilments {
        let provider = &fulfilment.provider_name;
        let words = format!("The order to {provider}");
        names.insert(provider.clone(), words.clone());
        if let Some(reference) = &fulfilment.reference {
            names.insert(reference.to_string(), words);
        }
    }
    names
}

fn is_noise(line: &HistoryLine) -> bool {
    matches!(line.event.as_str(), "planned" | "item_changed" | "emptied")
        || (line.event == "now" && line.to == "making")
}

fn sentence(line: &HistoryLine, names: &BTreeMap<String, String>, times: &Times) -> Sentence {
    let subject = match line.subject.as_str() {
        "order" => "The order".to_owned(),
        other => names.get(other).cloned().unwrap_or_else(|| other.to_owned()),
    };
    let (text, note) = words(line, &subject, times);
    if line.event == crate::flow::comment::EVENT {
        let who = match &line.actor {
            Actor::Person(name) => name.clone(),
            _ => String::new(),
        };
        let text = line.note.clone();
        let (at, note, href) = (times.at(line.at), String::new(), String::new());
        return Sentence { at, who, text, note, tone: "comment", href };
    }
    if line.event == crate::flow::customer_note::EVENT {
        let who = format!("{} to the customer", line.actor.in_words());
        let text = line.note.clone();
        let (at, note, href) = (times.at(line.at), String::new(), String::new());
        return Sentence { at, who, text, note, tone: "letter", href };
    }
    let (who, tone) = match &line.actor {
        Actor::Program => (String::new(), "program"),
        Actor::Person(name) => (name.clone(), "person"),
        Actor::Shop => ("The shop".to_owned(), "outside"),
        Actor::Provider => ("The provider".to_owned(), "outside"),
        Actor::Customer => ("The customer".to_owned(), "outside"),
    };
    Sentence { at: times.at(line.at), who, text, note, tone, href: String::new() }
}

/// What happened, and its particulars.
fn words(line: &HistoryLine, subject: &str, times: &Times) -> (String, String) {
    let note = line.note.clone();
    let plain = |text: &str| (format!("{subject} {text}"), note.clone());
    match line.event.as_str() {
        "received" => (format!("{subject} came in"), format!("status “{note}”")),
        "paid" => plain("is paid"),
        "payment_withdrawn" => plain("is not paid any more"),
        "cancelled" => plain("was cancelled"),
        "all_shipped" => plain("is complete: everything has left"),
        "all_given_up" => plain("ends: nothing of it will be made"),
        "reprint_ordered" | "reopened" => plain("was opened again"),
        "held" => plain("is held"),
        "released" => plain("was released"),
        "customer told" => ("The shop mailed the note to the customer".to_owned(), note),
        "now" => (format!("{subject} {}", item_words(&line.to)), note),
        "drawn" => plain("was drawn"),
        "asked to be drawn again" => plain("is to be drawn again"),
        "amended" => plain("has new values"),
        "given" => plain("was given a piece"),
        "accepted" if !line.to.starts_with("in_production") => plain("has an accepted piece"),
        "accepted as it is" => plain("has a piece that is printed as it is"),
        "rejected" => plain("has a rejected piece"),
        "passed" => plain("passed quality control"),
        "approved" => plain("was approved"),
        "yes taken back" => plain("is no longer approved: the yes was taken back"),
        "quantity" => plain("has another quantity"),
        "ordered again" => plain("was ordered again"),
        "reprint" => plain("is made again"),
        "address changed" => plain("has another address"),
        "shipping method changed" => plain("has another shipping method"),
        "note changed" => plain("has another note from the customer"),
        "changed in the shop" => plain("was changed in the shop"),
        "parcel" => plain("has a parcel on its way"),
        "label added" => plain("has the label"),
        "label removed" => plain("no longer has the label"),
        "label renamed" => plain("has a label that is called otherwise now:"),
        "label deleted" => plain("lost a label that was deleted:"),
        "assigned" => plain("is looked after by"),
        "no longer assigned" => plain("is no longer looked after by"),
        "correcting" => plain("is corrected at the provider"),
        "not corrected" => plain("was not corrected: the provider has what it had"),
        _ => (fulfilment_words(line, subject, times), note),
    }
}

fn item_words(state: &str) -> &'static str {
    match state {
        "dropped" => "was dropped",
        "awaiting_input" => "waits for the customer",
        "awaiting_review" => "waits for a review",
        "making" => "is being drawn",
        "awaiting_check" => "waits for quality control",
        "awaiting_approval" => "waits for the customer's approval",
        "ready" => "is ready",
        _ => "moved on",
    }
}

fn fulfilment_words(line: &HistoryLine, subject: &str, times: &Times) -> String {
    let text = match line.event.as_str() {
        "gathered" | "submit_pressed" | "wait_elapsed" | "delay_changed" => {
            return match until(&line.to) {
                Some(moment) => format!("{subject} goes out {}", times.at(moment).text),
                None => format!("{subject} counts down"),
            };
        }
        "gathered_for_press" => "is ready and waits for Submit",
        "intent_recorded" => "is being sent",
        "answer_lost" => "was sent, but the answer was lost",
        "person_needed" => "needs a person",
        "accepted" => "was accepted by the provider",
        "adopted" => "was found at the provider and adopted",
        "refused" => "was refused",
        "confirmed_absent" => "is surely not at the provider: it may go again",
        "lines_settled" => "has shipped completely",
        "lines_given_up" => "ends: nothing of it will leave",
        "corrected" => "was corrected at the provider",
        "cancel_asked" => "was asked to be cancelled",
        "replanned" => "was replaced by a new one",
        "dropped" => "was given up",
        other => {
            let to = fulfilment_state(&line.to);
            return match line.to.is_empty() {
                true => format!("{subject}: {}", other.replace('_', " ")),
                false => format!("{subject} is {to} now"),
            };
        }
    };
    format!("{subject} {text}")
}

/// The moment in `countdown until 2026-03-03T08:00:00.000Z`.
fn until(state: &str) -> Option<Moment> {
    Moment::parse(state.strip_prefix("countdown until ")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: &str, to: &str, note: &str) -> HistoryLine {
        HistoryLine {
            at: Moment::from_unix_ms(0),
            actor: Actor::Person("ann".to_owned()),
            subject: "order".to_owned(),
            event: event.to_owned(),
            from: String::new(),
            to: to.to_owned(),
            note: note.to_owned(),
        }
    }

    #[test]
    fn events_are_told_as_sentences() {
        let times = Times::new(jiff::tz::TimeZone::UTC, Moment::from_unix_ms(0));
        let check = |event, to, expected: &str| {
            let told = tell(&[line(event, to, "")], None, &times);
            assert_eq!(told[0].text, expected);
        };
        check("held", "", "The order is held");
        check("now", "ready", "The order is ready");
        check("accepted", "in_production", "The order was accepted by the provider");
        check(
            "delay_changed",
            "countdown until 1970-01-01T08:00:00.000Z",
            "The order goes out today 08:00",
        );
        check("brand_new", "", "The order: brand new");
        assert!(tell(&[line("planned", "gathering", "")], None, &times).is_empty());
    }

    #[test]
    fn every_event_of_a_fulfilment_has_its_own_words() {
        let times = Times::new(jiff::tz::TimeZone::UTC, Moment::from_unix_ms(0));
        let table = include_str!("../../model/fulfilment_matrix.txt");
        for row in table.lines() {
            let event = row[20..40].trim();
            let told = tell(&[line(event, "in_production", "")], None, &times);
            let is_told = told.iter().all(|one| !one.text.contains(" is in production now"));
            assert!(is_told, "the event {event} has no words");
        }
    }
}
