//! An order: what the customer bought in the shop, as far as it concerns us, with all its parts.

use super::fulfilment::{self, Reference};
use super::hold::{Actor, Hold, Target};
use super::id::{
    FulfilmentId, ItemId, LineId, OrderId, ProviderId, ShipmentId, ShopId, ShopLineId, ShopOrderId,
};
use super::item::{self, Item};
use super::money::Money;
use super::product::Sold;
use super::reading;
use super::recipient::Recipient;
use super::time::Moment;

/// Whether an order is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Not paid, or not any more.
    AwaitingPayment,
    /// Paid: everything that can be done is done.
    Open,
    /// Everything is settled.
    Closed,
    /// Not to be made.
    Cancelled,
}

/// What can happen to an order as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The shop reports a payment.
    Paid,
    /// The payment was taken back, or the status is no paid one any more.
    PaymentWithdrawn,
    /// The shop cancelled it, or refunded all of it.
    Cancelled,
    /// Every item is shipped, given up or dropped, and something was shipped.
    AllShipped,
    /// Every item is given up or dropped, and nothing was shipped.
    AllGivenUp,
    /// A person orders lines again.
    ReprintOrdered,
}

/// Whether anything of an order may be at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// Nothing was.
    Never,
    /// Something was, whatever came of it.
    Something,
}

impl State {
    /// Every state.
    pub const ALL: [State; 4] =
        [State::AwaitingPayment, State::Open, State::Closed, State::Cancelled];

    /// What becomes of this state by this event. Total: a state that an event does not concern
    /// stays, because shops repeat themselves and report late.
    pub fn next(self, event: Event, submitted: Submitted) -> State {
        use Event as E;
        use State as S;
        match (self, event, submitted) {
            (S::AwaitingPayment, E::Paid, _) => S::Open,
            (S::AwaitingPayment, E::Cancelled, Submitted::Never) => S::Cancelled,
            (S::AwaitingPayment, E::AllShipped, _) => S::Closed,
            (S::Open, E::PaymentWithdrawn, _) => S::AwaitingPayment,
            (S::Open, E::Cancelled, Submitted::Never) => S::Cancelled,
            (S::Open, E::AllShipped, _) => S::Closed,
            (S::Open | S::AwaitingPayment, E::AllGivenUp, _) => S::Cancelled,
            (S::Cancelled, E::Paid, Submitted::Never) => S::Open,
            (S::Closed | S::Cancelled, E::ReprintOrdered, _) => S::Open,
            (stays, _, _) => stays,
        }
    }

    /// The word it is stored under.
    pub fn name(self) -> &'static str {
        match self {
            State::AwaitingPayment => "awaiting_payment",
            State::Open => "open",
            State::Closed => "closed",
            State::Cancelled => "cancelled",
        }
    }

    /// The state stored under this word.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Event {
    /// The word it stands under in the history.
    pub fn name(self) -> &'static str {
        match self {
            Event::Paid => "paid",
            Event::PaymentWithdrawn => "payment_withdrawn",
            Event::Cancelled => "cancelled",
            Event::AllShipped => "all_shipped",
            Event::AllGivenUp => "all_given_up",
            Event::ReprintOrdered => "reprint_ordered",
        }
    }
}

/// What waits for what before it is submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// Everything of the order.
    Order,
    /// Everything that goes to one provider.
    Provider,
    /// Nothing: each item goes when it is ready.
    Item,
}

impl Together {
    /// The word it is stored under.
    pub fn name(self) -> &'static str {
        match self {
            Together::Order => "order",
            Together::Provider => "provider",
            Together::Item => "item",
        }
    }

    /// Reads the word.
    pub fn from_name(name: &str) -> Option<Together> {
        [Together::Order, Together::Provider, Together::Item]
            .into_iter()
            .find(|together| together.name() == name)
    }
}

/// An order with all its parts, as one transaction sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Our id.
    pub id: OrderId,
    /// Where it was bought.
    pub shop: ShopId,
    /// The shop's name, as it stands in references.
    pub shop_name: String,
    /// The shop's id of it; `None` when it came from elsewhere.
    pub shop_order: Option<ShopOrderId>,
    /// The shop's secret for it, which proves that it is the same order.
    pub key: String,
    /// What people call it.
    pub number: String,
    /// Where it came from: `shop`, `by hand`, `etsy` …
    pub source: String,
    /// Whether it is to be made.
    pub state: State,
    /// The shop's own word.
    pub shop_status: String,
    /// When it was placed.
    pub placed_at: Moment,
    /// When it was paid.
    pub paid_at: Option<Moment>,
    /// What the customer pays.
    pub total: Money,
    /// Who gets the goods.
    pub recipient: Recipient,
    /// The chosen shipping method.
    pub shipping_method: String,
    /// What the customer asked for in words; may be empty.
    pub note: String,
    /// Its own submit delay in seconds.
    pub delay_s: Option<u32>,
    /// What waits for what.
    pub together: Together,
    /// Whether a person must press Submit.
    pub approval: Approval,
    /// Its lines, those that need no print included.
    pub lines: Vec<Line>,
    /// Its items, by line and copy.
    pub items: Vec<Item>,
    /// Its fulfilments, oldest first.
    pub fulfilments: Vec<Fulfilment>,
    /// Holds that are not lifted.
    pub holds: Vec<Hold>,
    /// Somebody edits a design of it until then.
    pub edit_lease_until: Option<Moment>,
}

/// Whether submission waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// It goes on by itself.
    Automatic,
    /// It waits for Submit.
    Manual,
}

/// One line item as it was placed.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Our id.
    pub id: LineId,
    /// The shop's id.
    pub shop_line: ShopLineId,
    /// Product's name.
    pub name: String,
    /// SKU in the shop; may be empty.
    pub sku: String,
    /// The shop's product; 0 when it is gone.
    pub product_id: i64,
    /// The shop's variation; 0 when there is none.
    pub variation_id: i64,
    /// Pieces ordered.
    pub quantity: u32,
    /// Pieces refunded.
    pub refunded: u32,
    /// Whether it concerns us.
    pub kind: LineKind,
}

impl Line {
    /// What the product map is asked about.
    pub fn sold(&self) -> Sold<'_> {
        Sold { product_id: self.product_id, variation_id: self.variation_id, sku: &self.sku }
    }
}

/// Whether a line concerns us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// It is made here.
    Printed,
    /// It needs no print and passes by.
    PassesBy,
    /// Nobody has said.
    Unmapped,
}

/// One fulfilment of the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Fulfilment {
    /// Its id.
    pub id: FulfilmentId,
    /// Who makes it.
    pub provider: ProviderId,
    /// The provider's name, for people.
    pub provider_name: String,
    /// The provider's own submit delay in seconds.
    pub provider_delay_s: Option<u32>,
    /// Where it stands.
    pub state: fulfilment::State,
    /// Our number; set with the first intent.
    pub reference: Option<Reference>,
    /// Which deliberate sending of these lines.
    pub edition: u32,
    /// How often it was sent.
    pub attempt: u32,
    /// When it would have gone out, kept while an edit sends it back to gathering.
    pub submit_at_kept: Option<Moment>,
    /// The provider's number.
    pub provider_order_id: Option<String>,
    /// When the present state is overdue.
    pub deadline_at: Option<Moment>,
    /// What it holds.
    pub lines: Vec<FulfilmentLine>,
}

/// How many of an item are in a fulfilment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FulfilmentLine {
    /// The item.
    pub item: ItemId,
    /// Pieces.
    pub quantity: u32,
    /// Pieces that left.
    pub shipped: u32,
    /// Pieces that will never leave.
    pub given_up: u32,
    /// The revision that was sent; set with the intent.
    pub revision: Option<u32>,
}

/// One parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// Its id.
    pub id: ShipmentId,
    /// What it is part of.
    pub fulfilment: FulfilmentId,
    /// The provider's key of it.
    pub key: String,
    /// Carrier as people know it.
    pub carrier: String,
    /// Tracking number.
    pub tracking_number: String,
    /// Carrier's page; may be empty.
    pub tracking_url: String,
    /// When it left.
    pub shipped_at: Moment,
    /// When the shop was told.
    pub shop_told_at: Option<Moment>,
    /// What is in it, where that is known.
    pub lines: Vec<(ItemId, u32)>,
}

impl Order {
    /// The item with this id.
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// The fulfilment with this id.
    pub fn fulfilment(&self, id: FulfilmentId) -> Option<&Fulfilment> {
        self.fulfilments.iter().find(|fulfilment| fulfilment.id == id)
    }

    /// The line with this id.
    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// Whether anything may be at a provider. What was sent and surely did not arrive waits again
    /// under its reference, or was emptied then: it counts as never sent.
    pub fn submitted(&self) -> Submitted {
        let any = self
            .fulfilments
            .iter()
            .any(|one| one.reference.is_some() && one.state.is_locked() && !one.lines.is_empty());
        if any { Submitted::Something } else { Submitted::Never }
    }

    /// Whether the whole order is to be cancelled, and providers were to be asked first: a person
    /// said so, or the shop says so still.
    pub fn is_to_be_cancelled(&self) -> bool {
        self.holds.iter().any(|hold| {
            hold.target == Target::Order
                && hold.is_of_late_cancel()
                && (matches!(hold.set_by, Actor::Person(_)) || reading::is_off(&self.shop_status))
        })
    }

    /// The holds that keep this fulfilment from being submitted.
    pub fn holds_on(&self, fulfilment: &Fulfilment) -> Vec<&Hold> {
        self.holds
            .iter()
            .filter(|hold| match hold.target {
                Target::Order => true,
                Target::Item(item) => fulfilment.lines.iter().any(|line| line.item == item),
                Target::Fulfilment(id) => id == fulfilment.id,
            })
            .collect()
    }

    /// The holds on one item.
    pub fn holds_on_item(&self, item: ItemId) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(move |hold| hold.target == Target::Item(item))
    }

    /// Whether an item's values can no longer be changed: its newest fulfilment is on its way.
    pub fn is_locked(&self, item: ItemId) -> bool {
        let newest = self
            .fulfilments
            .iter()
            .rfind(|fulfilment| fulfilment.lines.iter().any(|line| line.item == item));
        match newest {
            Some(fulfilment) => match fulfilment.state {
                fulfilment::State::Superseded => false,
                fulfilment::State::Cancelled => fulfilment.reference.is_some(),
                _ => fulfilment.state.is_locked(),
            },
            None => false,
        }
    }

    /// What people call an item: `1001-2`, and `1001-2/3` for the third copy.
    pub fn item_name(&self, id: ItemId) -> String {
        let Some(item) = self.item(id) else {
            return self.number.clone();
        };
        let place = self.lines.iter().position(|line| line.id == item.line).map_or(0, |p| p + 1);
        match item.copy {
            0 => format!("{}-{place}", self.number),
            copy => format!("{}-{place}/{copy}", self.number),
        }
    }

    /// Whether everything that was bought is behind it: each piece left or was given up, and something
    /// left. What is open now was ordered again by a person.
    pub fn is_made(&self) -> bool {
        let is_behind = |item: &Item| {
            let settled: u32 = self
                .fulfilments
                .iter()
                .filter(|one| one.state.is_final())
                .flat_map(|one| one.lines.iter().map(move |line| (one, line)))
                .filter(|(_, line)| line.item == item.id)
                .map(|(one, line)| match one.state {
                    fulfilment::State::Superseded => line.shipped,
                    _ => line.shipped + line.given_up,
                })
                .sum();
            item.quantity <= settled
        };
        self.fulfilments.iter().any(Fulfilment::has_shipped) && self.live_items().all(is_behind)
    }

    /// Whether no line is left of which anything could be made here.
    pub fn has_nothing_to_make(&self) -> bool {
        self.items.is_empty()
            && self
                .lines
                .iter()
                .all(|line| line.kind == LineKind::PassesBy || line.quantity <= line.refunded)
    }

    /// Whether an item is made and not dropped.
    pub fn live_items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.state != item::State::Dropped)
    }
}

impl Fulfilment {
    /// Whether it holds pieces of this item.
    pub fn holds(&self, item: ItemId) -> bool {
        self.lines.iter().any(|line| line.item == item)
    }

    /// Whether every piece is shipped or given up.
    pub fn is_settled(&self) -> bool {
        self.lines.iter().all(|line| line.quantity <= line.shipped + line.given_up)
    }

    /// Whether any piece left.
    pub fn has_shipped(&self) -> bool {
        self.lines.iter().any(|line| 0 < line.shipped)
    }

    /// When it goes out, while it counts down.
    pub fn submit_at(&self) -> Option<Moment> {
        match self.state {
            fulfilment::State::Countdown { submit_at } => Some(submit_at),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_order_states_and_events() {
        use Event as E;
        let events = [
            E::Paid,
            E::PaymentWithdrawn,
            E::Cancelled,
            E::AllShipped,
            E::AllGivenUp,
            E::ReprintOrdered,
        ];
        let mut table = String::new();
        for state in State::ALL {
            for event in events {
                let never = state.next(event, Submitted::Never);
                let something = state.next(event, Submitted::Something);
                table += &format!(
                    "{:17}{:18}{:17}{}\n",
                    state.name(),
                    event.name(),
                    never.name(),
                    something.name()
                );
            }
        }
        assert_eq!(table, include_str!("order_matrix.txt"), "\n{table}");
    }
}
