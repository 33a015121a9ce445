//! Jobs: a stored piece of work carries an id and nothing else.

use super::id::{JobId, OrderId};
use super::time::Moment;

/// What kind of work it is; two jobs of one order in one lane never run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Orders coming in.
    Intake,
    /// Submitting, looking up, tracking: whatever concerns the provider.
    Money,
    /// Telling the shop.
    Shop,
    /// Telling people.
    Mail,
    /// Drawing.
    Render,
}

/// Work that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Which step of the flow.
    pub step: &'static str,
    /// What it is about.
    pub key: String,
    /// Its lane.
    pub lane: Lane,
    /// Its order; `None` for periodic work.
    pub order: Option<OrderId>,
    /// When it is due.
    pub run_at: Moment,
    /// Attempts before it failed for good.
    pub attempt_max: u32,
}

/// Work that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Which step of the flow.
    pub step: String,
    /// What it is about.
    pub key: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Attempts before it failed for good.
    pub attempt_max: u32,
    /// Its order.
    pub order: Option<OrderId>,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Lane; 5] = [Lane::Intake, Lane::Money, Lane::Shop, Lane::Mail, Lane::Render];

    /// The word it is stored under.
    pub fn name(self) -> &'static str {
        match self {
            Lane::Intake => "intake",
            Lane::Money => "money",
            Lane::Shop => "shop",
            Lane::Mail => "mail",
            Lane::Render => "render",
        }
    }
}
