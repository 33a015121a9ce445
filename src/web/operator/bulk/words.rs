//! What people read of a deed: before it, after it, and what it means.

use crate::model::bulk::{Act, Deed};
use crate::model::mark::Mark;

/// The word it has in forms.
pub(super) fn name(deed: &Deed) -> &'static str {
    match deed {
        Deed::Act(act) => act.name(),
        Deed::Mark(Mark::Label(_)) => "label",
        Deed::Mark(Mark::Unlabel(_)) => "unlabel",
        Deed::Mark(Mark::Assign(_)) => "assign",
        Deed::Mark(Mark::Unassign) => "unassign",
        Deed::Letter(_) => "letter",
    }
}

/// What stands before the number of orders while it is asked about.
pub(super) fn verb(deed: &Deed) -> String {
    let act = match deed {
        Deed::Act(act) => act,
        Deed::Mark(Mark::Label(label)) => return format!("Put “{}” on", label.name),
        Deed::Mark(Mark::Unlabel(label)) => return format!("Take “{}” off", label.name),
        Deed::Mark(Mark::Assign(name)) => return format!("Assign to {name}:"),
        Deed::Mark(Mark::Unassign) => return "Assign to nobody:".to_owned(),
        Deed::Letter(_) => return "Write to the customers of".to_owned(),
    };
    match act {
        Act::SendNow => "Send now:",
        Act::HourLater => "One hour later:",
        Act::DayLater => "One day later:",
        Act::HourEarlier => "One hour earlier:",
        Act::DayEarlier => "One day earlier:",
        Act::Pause => "Pause",
        Act::Resume => "Resume",
        Act::Approve => "Approve",
        Act::DrawAgain => "Draw again:",
        Act::Cancel => "Cancel",
    }
    .to_owned()
}

/// The same once it was done.
pub(super) fn participle(deed: &Deed) -> String {
    let act = match deed {
        Deed::Act(act) => act,
        Deed::Mark(Mark::Label(label)) => return format!("Labelled “{}”:", label.name),
        Deed::Mark(Mark::Unlabel(label)) => return format!("No longer “{}”:", label.name),
        Deed::Mark(Mark::Assign(name)) => return format!("Assigned to {name}:"),
        Deed::Mark(Mark::Unassign) => return "Assigned to nobody:".to_owned(),
        Deed::Letter(_) => return "Written to the customers of".to_owned(),
    };
    match act {
        Act::SendNow => "Sent on their way:",
        Act::HourLater => "An hour later:",
        Act::DayLater => "A day later:",
        Act::HourEarlier => "An hour earlier again:",
        Act::DayEarlier => "A day earlier again:",
        Act::Pause => "Paused",
        Act::Resume => "Resumed",
        Act::Approve => "Approved",
        Act::DrawAgain => "Being drawn again:",
        Act::Cancel => "Cancelled",
    }
    .to_owned()
}

/// What it means for the orders.
pub(super) fn meaning(deed: &Deed) -> String {
    let act = match deed {
        Deed::Act(act) => act,
        Deed::Letter(_) => {
            return "The shop mails each of them. It cannot be taken back.".to_owned();
        }
        Deed::Mark(_) => {
            return "It is seen by everybody here, stands in the history of each order, and changes \
                    nothing of how it is made."
                .to_owned();
        }
    };
    match act {
        Act::SendNow => "Their countdowns end at once. What was sent is charged.",
        Act::HourLater | Act::DayLater => "Their countdowns are made longer.",
        Act::HourEarlier | Act::DayEarlier => "Their countdowns are made shorter.",
        Act::Pause => "Nothing of them is sent until somebody resumes them.",
        Act::Resume => "What people paused goes on; other reasons to wait stay.",
        Act::Approve => {
            "Their customers have said yes to these very print files. They count down next; until an order \
             is sent, the yes can be taken back."
        }
        Act::DrawAgain => "Their print files are made anew from the same values.",
        Act::Cancel => "Nothing of them is made, and the shop is told. This cannot be undone.",
    }
    .to_owned()
}
