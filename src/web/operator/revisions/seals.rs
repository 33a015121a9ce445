//! What was approved, what was drawn and what was sent, beside each other: the same seal or not (D108).

use std::collections::BTreeMap;

use crate::db::item::VerdictLine;
use crate::model::hold::Actor;
use crate::model::id::{FulfilmentId, Hash};
use crate::model::item::{Item, PrintFile};
use crate::model::order::{Fulfilment, Order};
use crate::web::operator::times::{Time, Times};
use crate::web::operator::words::humane;
use crate::web::site::Site;

/// The stations of an item's print files, and whether they carry one seal.
pub struct Seals {
    /// The stations, the yes first.
    pub stations: Vec<Station>,
    /// What comes of it, in a sentence.
    pub words: String,
    /// `done` where all are the same, `stop` where they differ, `wait` where nothing was sent.
    pub tone: &'static str,
}

/// One station.
pub struct Station {
    /// “Approved by the customer”.
    pub title: &'static str,
    /// Who, or where to.
    pub who: String,
    /// When; not known of what was drawn.
    pub at: Option<Time>,
    /// The revision.
    pub revision: u32,
    /// The seal; `None` where the files are not those of the revision.
    pub seal: Option<Hash>,
    /// Area and small picture of each file.
    pub pictures: Vec<(String, String)>,
    /// Whether it carries the seal of what was drawn.
    pub is_same: bool,
}

/// What the database keeps of an item's stations.
pub struct Kept {
    /// Every yes, oldest first.
    pub verdicts: Vec<VerdictLine>,
    /// The files that each fulfilment's provider was let fetch.
    pub links: BTreeMap<FulfilmentId, Vec<Hash>>,
}

/// Puts the stations beside each other; `None` where nothing was drawn yet.
pub fn seals(site: &Site, order: &Order, item: &Item, kept: &Kept, times: &Times) -> Option<Seals> {
    let sent = sent(order, item);
    let revision = sent.map_or(item.facts.revision, |(_, revision)| revision);
    if !item.facts.has_artwork(revision) {
        return None;
    }
    let drawn = item.facts.seal(revision);
    let mut stations: Vec<Station> = Vec::new();
    for (kind, title) in
        [("passed", "Passed in quality control"), ("approved", "Approved by the customer")]
    {
        let mine = kept.verdicts.iter().rev().filter(|one| one.kind == kind);
        let of_revision = mine.clone().find(|one| one.revision == revision);
        let Some(verdict) = of_revision.or_else(|| mine.clone().next()) else { continue };
        let is_same = verdict.seal == drawn;
        stations.push(Station {
            title,
            who: match Actor::from_text(&verdict.by) {
                Actor::Person(name) => format!("noted by {name}"),
                other => other.in_words().to_owned(),
            },
            at: Some(times.at(verdict.at)),
            revision: verdict.revision,
            seal: Some(verdict.seal.clone()),
            // Of a seal that is no longer drawn, the pictures are gone.
            pictures: match verdict.seal == item.facts.seal(verdict.revision) {
                true => pictures(site, item, verdict.revision),
                false => Vec::new(),
            },
            is_same,
        });
    }
    stations.push(Station {
        title: "Drawn",
        who: format!("revision {revision}"),
        at: None,
        revision,
        seal: Some(drawn.clone()),
        pictures: pictures(site, item, revision),
        is_same: true,
    });
    if let Some((fulfilment, _)) = sent {
        stations.push(station_of_sent(site, item, fulfilment, revision, kept));
    }
    let (words, tone) = sum_up(&stations, sent.is_some(), drawn.short());
    Some(Seals { stations, words, tone })
}

/// The newest fulfilment that the item went out with, and the revision that did.
fn sent<'a>(order: &'a Order, item: &Item) -> Option<(&'a Fulfilment, u32)> {
    let newest = order.fulfilments.iter().rev();
    newest.filter(|one| one.reference.is_some() && one.state.is_locked()).find_map(|one| {
        let line = one.lines.iter().find(|line| line.item == item.id)?;
        Some((one, line.revision?))
    })
}

fn station_of_sent(
    site: &Site,
    item: &Item,
    fulfilment: &Fulfilment,
    revision: u32,
    kept: &Kept,
) -> Station {
    let links = kept.links.get(&fulfilment.id);
    let was_given = |file: &&PrintFile| links.is_some_and(|links| links.contains(&file.hash));
    let all = item.facts.files_of(revision).count();
    let given = item.facts.files_of(revision).filter(was_given).count();
    let is_same = all == given;
    let reference = fulfilment.reference.as_ref().map(ToString::to_string).unwrap_or_default();
    Station {
        title: "Sent",
        who: format!("to {}, {reference}", fulfilment.provider_name),
        at: None,
        revision,
        seal: is_same.then(|| item.facts.seal(revision)),
        pictures: match is_same {
            true => pictures(site, item, revision),
            false => Vec::new(),
        },
        is_same,
    }
}

fn pictures(site: &Site, item: &Item, revision: u32) -> Vec<(String, String)> {
    let files = item.facts.files_of(revision);
    files
        .map(|file| {
            let picture = site.links().picture(file.shown().unwrap_or(&file.hash));
            (humane(&file.area), picture)
        })
        .collect()
}

fn sum_up(stations: &[Station], is_sent: bool, seal: &str) -> (String, &'static str) {
    let other: Vec<&str> =
        stations.iter().filter(|one| !one.is_same).map(|one| one.title).collect();
    match (other.is_empty(), is_sent) {
        (true, true) => (format!("All of it is the same, byte for byte: seal {seal}."), "done"),
        (true, false) => {
            (format!("Nothing was sent yet. What is drawn has the seal {seal}."), "wait")
        }
        (false, _) => (
            format!("Not the same as what was drawn: {}.", other.join(", ").to_lowercase()),
            "stop",
        ),
    }
}
