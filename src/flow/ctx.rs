//! What every step is given: storage, everyone outside, and the settings it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::file::Gate;
use super::limits::Limits;
use super::pulse::Pulse;
use super::shelf::Shelf;
use crate::db::engine::Failure;
use crate::db::{Db, DbError, Tx};
use crate::model::file_name::FileName;
use crate::model::health::DISK_FREE_MIN_BYTES;
use crate::model::id::{ProviderId, ShopId};
use crate::model::item::Step;
use crate::model::order::{Approval, Together};
use crate::model::provider_order::Mode;
use crate::model::quiet::Quiet;
use crate::model::settle::Pace;
use crate::model::time::Moment;
use crate::outside::clock::Clock;
use crate::outside::fetch::Fetch;
use crate::outside::files::{self, Files};
use crate::outside::machine::Room;
use crate::outside::mail::Mailer;
use crate::outside::press::Press;
use crate::outside::provider::Provider;
use crate::outside::shop::Shop;

/// What every step is given.
#[derive(Clone)]
pub struct Ctx {
    /// Storage.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Files by hash.
    pub files: Arc<dyn Files>,
    /// How much may still be written.
    pub room: Arc<dyn Room>,
    /// Keeps storing and sweeping of one file apart.
    pub gate: Arc<Gate>,
    /// Designs by hash, read once.
    pub shelf: Arc<Shelf>,
    /// Draws.
    pub press: Arc<dyn Press>,
    /// Fetches customers' photos.
    pub fetch: Arc<dyn Fetch>,
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// The connected shops.
    pub shops: Arc<BTreeMap<ShopId, ShopSeat>>,
    /// The connected providers.
    pub providers: Arc<BTreeMap<ProviderId, ProviderSeat>>,
    /// Settings of the whole installation.
    pub rules: Arc<Rules>,
    /// Ids and jitter, from one seed.
    pub chance: Arc<Chance>,
    /// Where tests stop the program.
    pub probe: Arc<dyn Probe>,
    /// Signs of life of the workers, and counts of what was done.
    pub pulse: Arc<Pulse>,
    /// Seats and rules that were changed since; whoever begins something asks [`Ctx::latest`].
    pub changed: Arc<Changed>,
}

/// What settings make: who is spoken to, and by which rules.
#[derive(Clone)]
pub struct Seats {
    /// The connected shops.
    pub shops: Arc<BTreeMap<ShopId, ShopSeat>>,
    /// The connected providers.
    pub providers: Arc<BTreeMap<ProviderId, ProviderSeat>>,
    /// Settings of the whole installation.
    pub rules: Arc<Rules>,
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// Fetches customers' photos.
    pub fetch: Arc<dyn Fetch>,
}

/// The seats that hold since settings were last changed, and how often they were.
#[derive(Default)]
pub struct Changed(RwLock<(u64, Option<Seats>)>);

/// A connected shop.
#[derive(Clone)]
pub struct ShopSeat {
    /// Its name, as it stands in references.
    pub name: String,
    /// How it is spoken to.
    pub shop: Arc<dyn Shop>,
    /// Its settings.
    pub rules: ShopRules,
}

/// Settings of one shop.
#[derive(Debug, Clone)]
pub struct ShopRules {
    /// Statuses that mean paid.
    pub paid_statuses: Vec<String>,
    /// Payment ways that are paid on delivery: the status alone counts.
    pub on_delivery: Vec<String>,
    /// What waits for what.
    pub together: Together,
    /// Whether a person must press Submit.
    pub approval: Approval,
    /// What items wait for where the product map does not say.
    pub steps: Vec<Step>,
    /// Submit delay in seconds.
    pub delay_s: u32,
    /// Time between two sweeps.
    pub poll_every: Duration,
    /// How far a sweep goes back.
    pub overlap: Duration,
    /// Hours in which nothing is submitted on its own.
    pub quiet: Arc<Quiet>,
    /// Addresses by which the shop names itself.
    pub urls: Vec<String>,
    /// The shop's page of an order, with `{id}` in it.
    pub order_page: String,
}

/// A connected provider.
#[derive(Clone)]
pub struct ProviderSeat {
    /// Its name.
    pub name: String,
    /// How it is spoken to.
    pub provider: Arc<dyn Provider>,
    /// Its settings.
    pub rules: ProviderRules,
}

/// Settings of one provider.
#[derive(Debug, Clone)]
pub struct ProviderRules {
    /// Whether orders are charged and made.
    pub mode: Mode,
    /// The shop's shipping method to the provider's word; `*` stands for every other.
    pub shipping: BTreeMap<String, String>,
    /// Telephone for recipients who gave none.
    pub fallback_phone: String,
    /// E-mail for recipients who gave none.
    pub fallback_email: String,
    /// Secret part of the address of its hook.
    pub hook_token: String,
    /// Who makes its hooks.
    pub hooks: HooksMade,
    /// Time between two looks at an order.
    pub track_every: Duration,
    /// Its page of an order, with `{number}` or `{reference}` in it; empty where there is none.
    pub order_page: String,
    /// How print files are called where people take them away.
    pub file_names: FileName,
}

/// Who makes the hooks of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HooksMade {
    /// This program.
    ByProgram,
    /// The merchant.
    ByHand,
}

/// Days in which a provider promises to ship where its settings name none.
pub const PRODUCTION_DAYS: u32 = 5;

/// Settings of the whole installation.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What an edit in the countdown leaves at least.
    pub grace: Duration,
    /// Time for undo after Submit, Send now and Resume.
    pub undo: Duration,
    /// Longest time that an open editor keeps an order from going out.
    pub lease_max: Duration,
    /// Longest wait for a press of Submit; `None` waits for ever, with a reminder each day.
    pub wait_max: Option<Duration>,
    /// After this long without its items ready people are told.
    pub gathering_max: Duration,
    /// A submission without an answer after this long is told to people.
    pub submitting_max: Duration,
    /// Limits of all submissions together.
    pub limits: Limits,
    /// Further limits of single providers, by name.
    pub provider_limits: BTreeMap<String, Limits>,
    /// Days until which each provider promises to have shipped an order, by its name.
    pub production_days: BTreeMap<String, u32>,
    /// Time between look-ups of a lost answer, doubled each time.
    pub look_up_every: Duration,
    /// Pause before the first new attempt of a job, doubled each time.
    pub retry_base: Duration,
    /// Longest such pause.
    pub retry_max: Duration,
    /// Time between two rounds of the watchdog.
    pub watch_every: Duration,
    /// Time between two looks at the webhooks of a shop.
    pub hooks_every: Duration,
    /// Shops whose webhooks the merchant makes.
    pub hooks_by_hand: BTreeSet<String>,
    /// Two orders alike are held when no more than this lies between them; zero holds none.
    pub doubles_within: Duration,
    /// Days that the daily comparison with a shop goes back.
    pub compare_days: u32,
    /// Public address of this server, without slash at the end.
    pub public_url: String,
    /// Address of the operators' pages, without slash at the end.
    pub operators_url: String,
    /// Key of the file tokens.
    pub file_key: Vec<u8>,
    /// Links for providers last this long after it shipped.
    pub links_after_shipping: Duration,
    /// So long the shop's order waits for a tracking number before it is completed.
    pub number_wait: Duration,
    /// A copied or restored installation lets its twin go first: so long at least, five times at most.
    pub twin_wait: Duration,
    /// Who is mailed alerts; empty is nobody.
    pub alert_to: Vec<String>,
    /// Host in message ids.
    pub mail_host: String,
    /// Width of the small pictures.
    pub preview_px: u32,
    /// Orders that ended so long ago are erased; `None` keeps them for ever.
    pub keep_orders: Option<Duration>,
    /// Bodies of webhooks are kept so long.
    pub keep_deliveries: Duration,
}

impl Default for Rules {
    fn default() -> Rules {
        const HOUR: Duration = Duration::from_secs(3_600);
        Rules {
            grace: Duration::from_secs(600),
            undo: Duration::from_secs(10),
            lease_max: HOUR,
            wait_max: None,
            gathering_max: 24 * HOUR,
            submitting_max: HOUR,
            limits: Limits::default(),
            provider_limits: BTreeMap::new(),
            production_days: BTreeMap::new(),
            look_up_every: Duration::from_secs(60),
            retry_base: Duration::from_secs(15),
            retry_max: HOUR,
            watch_every: Duration::from_secs(60),
            hooks_every: Duration::from_secs(900),
            hooks_by_hand: BTreeSet::new(),
            doubles_within: Duration::from_secs(1_800),
            compare_days: 30,
            public_url: "http://127.0.0.1:8090".to_owned(),
            operators_url: "http://127.0.0.1:8080".to_owned(),
            file_key: Vec::new(),
            links_after_shipping: 30 * 24 * HOUR,
            number_wait: 24 * HOUR,
            twin_wait: Duration::from_secs(60),
            alert_to: Vec::new(),
            mail_host: "woodblock.invalid".to_owned(),
            preview_px: 600,
            keep_orders: None,
            keep_deliveries: 30 * 24 * HOUR,
        }
    }
}

/// Random numbers from one seed, so that a run can be repeated.
pub struct Chance(Mutex<ChaCha12Rng>);

impl Chance {
    /// From a seed.
    pub fn seeded(seed: u64) -> Chance {
        Chance(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))
    }

    /// 32 random hexadecimal digits.
    pub fn token(&self) -> String {
        let number: u128 = self.0.lock().expect("no holder of this lock panics").random();
        format!("{number:032x}")
    }

    /// One number of a range.
    pub fn within(&self, range: std::ops::Range<u64>) -> u64 {
        self.0.lock().expect("no holder of this lock panics").random_range(range)
    }

    /// `span` made up to a quarter longer.
    pub fn jitter(&self, span: Duration) -> Duration {
        let part: f64 = self.0.lock().expect("no holder of this lock panics").random();
        span.mul_f64(1.0 + part / 4.0)
    }
}

/// Called at every boundary: before and after each commit and each job. Tests stop the program there.
#[async_trait::async_trait]
pub trait Probe: Send + Sync {
    /// Passes a boundary, or never returns.
    async fn pass(&self, boundary: &str);
}

/// Stops nowhere.
pub struct NoProbe;

#[async_trait::async_trait]
impl Probe for NoProbe {
    async fn pass(&self, _: &str) {}
}

/// Why a step did not get on. Only what the caller can choose between.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A machine refused an event: a stale page, or work whose reason has gone.
    #[error(transparent)]
    Illegal(#[from] crate::model::fulfilment::IllegalTransition),
    /// What was asked for is not possible now; the text says why, for people.
    #[error("{0}")]
    NotNow(String),
    /// What was asked for does not exist.
    #[error("{0} does not exist")]
    NotFound(String),
    /// Something outside did not work; another attempt may.
    #[error("{reason}")]
    Later {
        /// What was seen.
        reason: String,
        /// The other side's own wish, in seconds.
        retry_after_s: Option<u32>,
    },
    /// Files could not be read or written.
    #[error("the files folder failed")]
    Files(#[from] std::io::Error),
}

impl FlowError {
    /// Whether there was no room on the disk: nothing was changed, and later it may work.
    pub fn is_full(&self) -> bool {
        match self {
            FlowError::Db(error) => error.failure() == Some(Failure::Full),
            FlowError::Files(error) => files::is_full(error),
            FlowError::Illegal(_)
            | FlowError::NotNow(_)
            | FlowError::NotFound(_)
            | FlowError::Later { .. } => false,
        }
    }
}

/// What came of a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done; the words are for the log.
    Done(String),
    /// Not yet: again at this moment. Not an attempt.
    Snooze(Moment),
    /// No longer wanted.
    Cancel(String),
}

impl Ctx {
    /// A write transaction, with a boundary before and after.
    pub async fn call<T, F>(&self, work: F) -> Result<T, FlowError>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, FlowError> + Send + 'static,
    {
        self.probe.pass("before commit").await;
        let done = self.db.call(work).await;
        self.probe.pass("after commit").await;
        done
    }

    /// A snapshot.
    pub async fn read<T, F>(&self, work: F) -> Result<T, FlowError>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, FlowError> + Send + 'static,
    {
        self.db.read(work).await
    }

    /// Whether so little room is left that an order might not be written whole (R54).
    pub fn is_short_of_room(&self) -> bool {
        let free = self.room.free_bytes();
        self.db.is_full() || free.is_some_and(|bytes| bytes < DISK_FREE_MIN_BYTES)
    }

    /// The same with the seats and rules that hold now. What is under way keeps those it began with, so
    /// that a job never sees half of a change.
    pub fn latest(&self) -> Ctx {
        let changed = self.changed.0.read().expect("no holder of this lock panics");
        match &changed.1 {
            None => self.clone(),
            Some(seats) => {
                let Seats { shops, providers, rules, mailer, fetch } = seats.clone();
                Ctx { shops, providers, rules, mailer, fetch, ..self.clone() }
            }
        }
    }

    /// How often seats and rules were changed.
    pub fn changes(&self) -> u64 {
        self.changed.0.read().expect("no holder of this lock panics").0
    }

    /// Whatever begins from now on begins with these.
    pub fn change_seats(&self, seats: Seats) {
        let mut changed = self.changed.0.write().expect("no holder of this lock panics");
        *changed = (changed.0 + 1, Some(seats));
    }

    /// The settings that consequences of an order of this shop depend on.
    pub fn pace(&self, shop: ShopId) -> Pace {
        let rules = self.shops.get(&shop).map(|seat| &seat.rules);
        Pace {
            shop_delay_s: rules.map_or(24 * 3_600, |rules| rules.delay_s),
            grace: self.rules.grace,
            quiet: rules.map(|rules| Arc::clone(&rules.quiet)).unwrap_or_default(),
        }
    }

    /// The shop with this id.
    pub fn shop(&self, id: ShopId) -> Result<&ShopSeat, FlowError> {
        self.shops.get(&id).ok_or_else(|| {
            FlowError::NotNow(
                "its shop is disconnected: connect it again under Settings, Shops".to_owned(),
            )
        })
    }

    /// The provider with this id.
    pub fn provider(&self, id: ProviderId) -> Result<&ProviderSeat, FlowError> {
        self.providers.get(&id).ok_or_else(|| {
            FlowError::NotNow(
                "its provider is disconnected: connect it again under Settings, Providers"
                    .to_owned(),
            )
        })
    }
}
