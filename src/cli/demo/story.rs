//! The stories of the demo: what a customer buys, what people do meanwhile, and how it must end.

use std::time::Duration;

use crate::db;
use crate::flow::amend::{self, Amended};
use crate::flow::operate::{Staff, TypedParcel};
use crate::flow::{Ctx, FlowError};
use crate::model::fulfilment::{Stage, State as FulfilmentState};
use crate::model::hold::Actor;
use crate::model::id::{FulfilmentId, OrderId, ShopId, ShopOrderId};
use crate::model::order::{Order, State};
use crate::model::problem::What;
use crate::model::value::Value;
use crate::sandbox::{Cart, CartLine, LedgerEntry, Pay, WorldShop};

use super::stage::Stage as DemoStage;

/// One story of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// One provider, no hand touches it.
    PlainCustomCat,
    /// The other provider.
    PlainShineOn,
    /// A person places it and types the parcel.
    ByHand,
    /// The customer cancels while it counts down.
    CancelledInCountdown,
    /// The name is corrected while it counts down.
    EditedInCountdown,
    /// The provider takes it, and its answer is lost.
    AnswerLost,
    /// A character that no font has.
    GlyphMissing,
    /// Two pieces in two parcels.
    TwoParcels,
    /// One order, two providers.
    TwoProviders,
    /// The shop's webhook never arrives.
    MissedWebhook,
    /// Paid some time after it was placed.
    PaidLate,
    /// Finished artwork without fields.
    FinishedArtwork,
}

impl Story {
    /// Every story, in the order in which they are told.
    pub const ALL: [Story; 12] = [
        Story::PlainCustomCat,
        Story::PlainShineOn,
        Story::ByHand,
        Story::CancelledInCountdown,
        Story::EditedInCountdown,
        Story::AnswerLost,
        Story::GlyphMissing,
        Story::TwoParcels,
        Story::TwoProviders,
        Story::MissedWebhook,
        Story::PaidLate,
        Story::FinishedArtwork,
    ];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Story::PlainCustomCat => "plain-customcat",
            Story::PlainShineOn => "plain-shineon",
            Story::ByHand => "by-hand",
            Story::CancelledInCountdown => "cancelled-in-countdown",
            Story::EditedInCountdown => "edited-in-countdown",
            Story::AnswerLost => "answer-lost",
            Story::GlyphMissing => "glyph-missing",
            Story::TwoParcels => "two-parcels",
            Story::TwoProviders => "two-providers",
            Story::MissedWebhook => "missed-webhook",
            Story::PaidLate => "paid-late",
            Story::FinishedArtwork => "finished-artwork",
        }
    }

    /// What is put into the cart.
    fn cart(self, stage: &DemoStage, nth: usize) -> Cart {
        const NAMES: [&str; 6] = ["Rex", "Bella", "Zoë", "Milo", "Luna", "Ngozi"];
        let name = NAMES[nth % NAMES.len()];
        let mug = || mug(stage, name);
        let lines = match self {
            Story::PlainShineOn => vec![pendant(stage, "Always")],
            Story::ByHand => vec![shirt(name, "7")],
            Story::GlyphMissing => vec![self::mug(stage, "R𐎀x")],
            Story::AnswerLost => vec![CartLine { sku: "MUG-FAR".to_owned(), ..mug() }],
            Story::TwoParcels => vec![mug().times(2)],
            Story::TwoProviders => vec![mug(), pendant(stage, "Forever")],
            Story::FinishedArtwork => {
                vec![CartLine::of(14, "HILLS-4X6", "Evening hills print, 4 × 6 in")]
            }
            Story::PlainCustomCat
            | Story::CancelledInCountdown
            | Story::EditedInCountdown
            | Story::MissedWebhook
            | Story::PaidLate => vec![mug()],
        };
        let pay = match self {
            Story::PaidLate => Pay::Later(Duration::from_secs(4)),
            _ => Pay::Card,
        };
        Cart::of(lines).paid(pay).to(crate::sandbox::shop::a_recipient(nth))
    }

    fn shop(self, stage: &DemoStage) -> &WorldShop {
        match self {
            Story::MissedWebhook => &stage.quiet_shop,
            _ => &stage.shop,
        }
    }
}

fn mug(stage: &DemoStage, name: &str) -> CartLine {
    CartLine::of(11, "MUG-11", "Name and photo mug, 11 oz")
        .with("Name", name)
        .with("Photo", &stage.photo_url)
}

fn pendant(stage: &DemoStage, words: &str) -> CartLine {
    CartLine::of(12, "PENDANT-HEART", "Photo pendant, heart")
        .with("Photo", &stage.photo_url)
        .with("Engraving", words)
}

fn shirt(name: &str, number: &str) -> CartLine {
    CartLine::of(13, "SHIRT-L", "Team shirt, L")
        .with("Name", name)
        .with("Number", number)
        .with("Print colour", "Navy")
}

/// How a story ended.
pub struct Ended {
    /// The story.
    pub story: Story,
    /// The shop's order.
    pub shop_order: ShopOrderId,
    /// The order as it is here; `None` when it never came in.
    pub order: Option<Order>,
    /// What is wrong with the end; `None` when it is as the story says.
    pub fault: Option<String>,
}

/// How long the demo waits between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// The customer of a story buys.
pub fn buy(stage: &DemoStage, story: Story, nth: usize) -> ShopOrderId {
    story.shop(stage).customer_buys(story.cart(stage, nth))
}

/// Tells one story to its end, or until time is up.
pub async fn tell(stage: &DemoStage, story: Story, nth: usize, time_max: Duration) -> Ended {
    let shop_order = buy(stage, story, nth);
    let mut teller = Teller { stage, story, shop_order, has_acted: false, first_file: None };
    let end = tokio::time::timeout(time_max, teller.run()).await;
    let order = teller.order().await.ok().flatten();
    let fault = match end {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(match &order {
            Some(order) => format!("not at its end in time: {}", in_words(order)),
            None => "it never came in".to_owned(),
        }),
    };
    Ended { story, shop_order, order, fault }
}

fn in_words(order: &Order) -> String {
    let states: Vec<String> = order
        .fulfilments
        .iter()
        .map(|one| format!("{} {}", one.provider_name, one.state.name()))
        .collect();
    let holds: Vec<String> = order.holds.iter().map(|hold| hold.problem.sentence()).collect();
    format!("{} [{}] {}", order.state.name(), states.join(", "), holds.join("; "))
}

struct Teller<'a> {
    stage: &'a DemoStage,
    story: Story,
    shop_order: ShopOrderId,
    has_acted: bool,
    /// What was drawn before the values were amended.
    first_file: Option<crate::model::id::Hash>,
}

impl Teller<'_> {
    async fn run(&mut self) -> Result<(), FlowError> {
        loop {
            if let Some(order) = self.order().await? {
                self.act(&order).await?;
                if self.is_over(&order)? {
                    return Ok(());
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn order(&self) -> Result<Option<Order>, FlowError> {
        let shop = self.shop_id();
        load(&self.stage.ctx, shop, self.shop_order).await
    }

    fn shop_id(&self) -> ShopId {
        match self.story {
            Story::MissedWebhook => self.stage.quiet_shop_id,
            _ => self.stage.shop_id,
        }
    }

    /// What people do meanwhile.
    async fn act(&mut self, order: &Order) -> Result<(), FlowError> {
        let staff = Staff("demo".to_owned());
        let ctx = &self.stage.ctx;
        match (self.story, order.fulfilments.first()) {
            (Story::CancelledInCountdown, Some(one))
                if one.submit_at().is_some() && !self.has_acted =>
            {
                self.has_acted = true;
                self.stage.shop.customer_cancels(self.shop_order);
            }
            (Story::EditedInCountdown, Some(one))
                if one.submit_at().is_some() && !self.has_acted =>
            {
                self.has_acted = true;
                self.amend(order).await?;
            }
            (Story::ByHand, Some(one)) => by_hand(ctx, order.id, one, &staff).await?,
            _ => {}
        }
        Ok(())
    }

    async fn amend(&mut self, order: &Order) -> Result<(), FlowError> {
        let Some(item) = order.items.first() else {
            return Ok(());
        };
        self.first_file = item.facts.print_files.first().map(|file| file.hash.clone());
        let mut values = item.values.clone();
        values.insert("name".to_owned(), Value::Text("Rexford".to_owned()));
        let actor = Actor::Person("demo".to_owned());
        match amend::amend(&self.stage.ctx, order.id, item.id, values, actor).await? {
            Amended::Done => Ok(()),
            Amended::Stale => Err(FlowError::NotNow("it was amended meanwhile".to_owned())),
            Amended::Refused(problems) => Err(FlowError::NotNow(format!("{problems:?}"))),
        }
    }

    /// Whether the story is at its end; an end that is wrong is an error.
    fn is_over(&self, order: &Order) -> Result<bool, FlowError> {
        let ledger = self.ledger(order);
        let status = self.story.shop(self.stage).status(self.shop_order);
        match self.story {
            Story::GlyphMissing => {
                let is_held =
                    order.holds.iter().any(|hold| hold.problem.what == What::GlyphMissing);
                expect(ledger.is_empty(), "something was submitted")?;
                Ok(is_held)
            }
            Story::CancelledInCountdown => {
                expect(ledger.is_empty(), "something was submitted")?;
                Ok(self.has_acted && order.state == State::Cancelled)
            }
            _ if order.state != State::Closed || status != "completed" => Ok(false),
            _ => self.check_shipped(order, &ledger).map(|()| true),
        }
    }

    fn check_shipped(&self, order: &Order, ledger: &[LedgerEntry]) -> Result<(), FlowError> {
        let submissions = match self.story {
            Story::ByHand => 0,
            Story::TwoProviders => 2,
            _ => 1,
        };
        expect(ledger.len() == submissions, "another number of provider orders than submissions")?;
        let parcels = self.story.shop(self.stage).parcels(self.shop_order).len();
        let wanted = match self.story {
            Story::TwoParcels | Story::TwoProviders => 2,
            _ => 1,
        };
        expect(parcels == wanted, "another number of parcels in the shop")?;
        let ours: Vec<&crate::model::id::Hash> = order
            .items
            .iter()
            .flat_map(|item| item.facts.files_of(item.facts.revision))
            .map(|file| &file.hash)
            .collect();
        for file in ledger.iter().flat_map(|entry| &entry.lines).flat_map(|line| &line.files) {
            let fetched = file.fetched.as_ref();
            expect(
                fetched.is_some_and(|hash| ours.contains(&hash)),
                "the provider fetched other bytes than the order shows",
            )?;
            expect(fetched != self.first_file.as_ref(), "the provider got the old file")?;
        }
        Ok(())
    }

    /// The provider orders of this order.
    fn ledger(&self, order: &Order) -> Vec<LedgerEntry> {
        self.stage.ledger_of(order)
    }
}

fn expect(holds: bool, otherwise: &str) -> Result<(), FlowError> {
    if holds { Ok(()) } else { Err(FlowError::NotNow(otherwise.to_owned())) }
}

/// A person places the order with the provider, and later types its parcel.
async fn by_hand(
    ctx: &Ctx,
    order: OrderId,
    one: &crate::model::order::Fulfilment,
    staff: &Staff,
) -> Result<(), FlowError> {
    let id: FulfilmentId = one.id;
    match &one.state {
        FulfilmentState::Submitting { stage: Stage::Person } => {
            ctx.placed_by_hand(order, id, &format!("HAND-{id}"), staff).await
        }
        FulfilmentState::InProduction => {
            let parcel = TypedParcel {
                carrier: "USPS".to_owned(),
                tracking_number: format!("940011120255{:08}", id.0),
                tracking_url: String::new(),
                pieces: Vec::new(),
            };
            ctx.type_parcel(order, id, parcel, staff).await
        }
        _ => Ok(()),
    }
}

/// The order that a shop calls by this id, as it is here.
pub async fn load(
    ctx: &Ctx,
    shop: ShopId,
    shop_order: ShopOrderId,
) -> Result<Option<Order>, FlowError> {
    ctx.read(move |tx| {
        let Some(id) = db::order::find(tx, shop, shop_order)? else {
            return Ok(None);
        };
        Ok(Some(db::order::load(tx, id)?))
    })
    .await
}
