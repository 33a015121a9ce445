//! A hold: a row that stops an order, an item or a fulfilment until it is lifted.

use super::id::{FulfilmentId, HoldId, ItemId};
use super::problem::{Problem, What};
use super::time::Moment;

/// What a hold stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// Everything of the order.
    Order,
    /// One item, and so every fulfilment it is in.
    Item(ItemId),
    /// One fulfilment.
    Fulfilment(FulfilmentId),
}

/// A hold that is not lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// What it stops.
    pub target: Target,
    /// Why, with the cure.
    pub problem: Problem,
    /// Who set it.
    pub set_by: Actor,
    /// When.
    pub set_at: Moment,
}

impl Hold {
    /// Whether something was to be cancelled or refunded after it had been submitted.
    pub fn is_of_late_cancel(&self) -> bool {
        self.problem.what == What::CancelAfterSubmission
    }
}

/// Who did something: the program, a person by name, the shop, the provider, the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// This program.
    Program,
    /// A person of the staff.
    Person(String),
    /// What the shop reported.
    Shop,
    /// What the provider reported.
    Provider,
    /// The customer.
    Customer,
}

impl Actor {
    /// The word it is stored under; a person's name stands after a colon.
    pub fn text(&self) -> String {
        match self {
            Actor::Program => "program".to_owned(),
            Actor::Person(name) => format!("person:{name}"),
            Actor::Shop => "shop".to_owned(),
            Actor::Provider => "provider".to_owned(),
            Actor::Customer => "customer".to_owned(),
        }
    }

    /// Reads what [`Actor::text`] wrote.
    pub fn from_text(text: &str) -> Actor {
        match text.split_once(':') {
            Some((_, name)) => Actor::Person(name.to_owned()),
            None => match text {
                "shop" => Actor::Shop,
                "provider" => Actor::Provider,
                "customer" => Actor::Customer,
                _ => Actor::Program,
            },
        }
    }

    /// As people read it.
    pub fn in_words(&self) -> String {
        match self {
            Actor::Program => "woodblock".to_owned(),
            Actor::Person(name) => name.clone(),
            Actor::Shop => "the shop".to_owned(),
            Actor::Provider => "the provider".to_owned(),
            Actor::Customer => "the customer".to_owned(),
        }
    }
}

impl What {
    /// Whether amending an item's values is the cure, so that an amendment lifts the hold.
    pub fn is_cured_by_amending(self) -> bool {
        matches!(
            self,
            What::ValuesConflict
                | What::ValueMissing
                | What::ValueNotAllowed
                | What::ValueTooLong
                | What::TextDoesNotFit
                | What::GlyphMissing
                | What::PhotoUnreachable
                | What::PhotoUnreadable
                | What::PhotoTooSmall
                | What::PhotoSoft
                | What::TextShrunk
                | What::NearEdge
                | What::RenderFailed
                | What::DesignFaulty
                | What::FileChanged
        )
    }

    /// Whether the product map, or what it names, is the cure of a line that could not be made.
    pub fn is_cured_by_mapping(self) -> bool {
        matches!(
            self,
            What::LineUnmapped | What::DesignUnknown | What::ProviderUnknown | What::TooManyCopies
        )
    }

    /// Whether a complete address is the cure.
    pub fn is_cured_by_address(self) -> bool {
        matches!(self, What::AddressIncomplete)
    }
}
