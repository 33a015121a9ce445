//! The menu: places in the order of the work, and the rooms of those that have several.

use super::Frame;
use crate::model::right::Right;
use crate::web::routes;

/// One entry of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What people read.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// How many things wait there.
    pub count: u32,
    /// Whether the page belongs to it.
    pub is_here: bool,
    /// The letter that leads there after G; empty for none.
    pub go: &'static str,
}

/// A place that has rooms: its label, and key, path and label of each room.
type Rooms = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

/// How the program does.
const HEALTH: Rooms = (
    "Health",
    &[
        ("health", "/health", "Overview"),
        ("alerts", "/alerts", "Alerts"),
        ("jobs", "/jobs", "Jobs"),
        ("deliveries", "/deliveries", "Deliveries"),
        ("mails", "/mails", "Mails"),
        ("passed", "/passed", "Passed by"),
    ],
);

/// How the program works.
const SETTINGS: Rooms = (
    "Settings",
    &[
        ("shops", "/settings/shops", "Shops"),
        ("providers", "/settings/providers", "Providers"),
        ("sending", "/settings/sending", "Sending"),
        ("mail", "/settings/mail", "Mail"),
        ("retention", "/settings/retention", "Retention"),
        ("server", "/settings/server", "Server"),
        ("people", "/people", "People"),
        ("history", "/settings/history", "History"),
    ],
);

/// Places without rooms, in the order of the work: queues that people work through come after the
/// orders, what is looked up comes after what is made. One that has no route yet is not shown.
const BEFORE: [(&str, &str, &str); 4] = [
    ("orders", "/", "Orders"),
    ("products", "/products", "Products"),
    ("designs", "/designs", "Designs"),
    ("reports", "/reports", "Reports"),
];

impl Frame {
    /// The places of the menu.
    pub fn places(&self) -> Vec<Entry> {
        let before = BEFORE.iter().filter(|(_, path, _)| routes::is_shown(path));
        let mut places: Vec<Entry> =
            before.map(|(key, path, label)| self.entry((key, path, label))).collect();
        for (label, rooms) in [HEALTH, SETTINGS] {
            let open: Vec<_> = rooms.iter().filter(|room| self.may_look(room.1)).collect();
            let Some(first) = open.first() else {
                continue;
            };
            places.push(Entry {
                label,
                href: self.links.to(first.1),
                count: open.iter().map(|room| self.count_of(room.0)).sum(),
                is_here: open.iter().any(|room| room.0 == self.place),
                go: letter(label),
            });
        }
        places
    }

    /// The rooms of the place that the page belongs to.
    pub fn rooms(&self) -> Vec<Entry> {
        let Some((_, rooms)) = self.place_with_rooms() else {
            return Vec::new();
        };
        let open = rooms.iter().filter(|room| self.may_look(room.1));
        open.map(|room| self.entry(*room)).collect()
    }

    /// Every room of every place, for the commands.
    pub fn every_room(&self) -> Vec<Entry> {
        let rooms = [HEALTH, SETTINGS].into_iter().flat_map(|(_, rooms)| rooms.iter());
        rooms.filter(|room| self.may_look(room.1)).map(|room| self.entry(*room)).collect()
    }

    /// Every place and room that a letter leads to.
    pub fn goes(&self) -> Vec<Entry> {
        let all = self.places().into_iter().chain(self.every_room());
        all.filter(|one| !one.go.is_empty()).collect()
    }

    /// What the place is called that the page belongs to.
    pub fn place_label(&self) -> &'static str {
        self.place_with_rooms().map_or("", |(label, _)| label)
    }

    fn place_with_rooms(&self) -> Option<Rooms> {
        let has = |rooms: &Rooms| rooms.1.iter().any(|room| room.0 == self.place);
        [HEALTH, SETTINGS].into_iter().find(has)
    }

    fn entry(&self, (key, path, label): (&'static str, &'static str, &'static str)) -> Entry {
        Entry {
            label,
            href: self.links.to(path),
            count: self.count_of(key),
            is_here: key == self.place,
            go: letter(label),
        }
    }

    fn count_of(&self, room: &str) -> u32 {
        match room {
            "alerts" => self.alerts,
            "jobs" => self.failed_jobs,
            _ => 0,
        }
    }

    fn may_look(&self, path: &str) -> bool {
        let right = if path == "/people" { Right::People } else { Right::Settings };
        let is_open = !path.starts_with("/settings") && path != "/people";
        is_open || self.rights.has(right)
    }
}

/// The letter of a place, each once.
fn letter(label: &str) -> &'static str {
    match label {
        "Orders" => "o",
        "Products" => "p",
        "Designs" => "d",
        "Reports" => "r",
        "Health" => "h",
        "Alerts" => "a",
        "Settings" => "s",
        _ => "",
    }
}
