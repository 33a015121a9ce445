//! The world: every part of it behind one lock, one clock and one seed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard};

use super::clock::HandClock;
use super::core::{Core, Event};
use super::fault::{Call, Fault};
use super::mailbox::WorldMailer;
use super::photos::WorldFetch;
use super::press::WorldPress;
use super::provider::{
    Book, Kind, LedgerEntry, Making, OutgoingHook, ProviderAct, ProviderEvent, WorldProvider,
};
use super::shop::{OutgoingDelivery, ShopAct, ShopEvent, Store, WorldShop};
use crate::model::id::{Hash, ShopOrderId};
use crate::model::problem::Problem;
use crate::model::provider_order::Mode;
use crate::model::time::Moment;
use crate::outside::clock::Clock;

/// Gives a provider the bytes behind a print file's address.
pub type FileSource = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// What somebody does at a planned moment.
#[derive(Debug, Clone)]
pub enum Action {
    /// Customer or merchant, in a shop.
    Shop {
        /// Name of the shop.
        shop: String,
        /// The order.
        order: ShopOrderId,
        /// What is done.
        act: ShopAct,
    },
    /// Somebody at a print provider.
    Provider {
        /// Name of the provider.
        provider: String,
        /// Our reference; the newest order that has it.
        reference: String,
        /// What is done.
        act: ProviderAct,
    },
}

/// A simulated world. The same seed and the same calls give the same trace.
pub struct World {
    clock: Arc<HandClock>,
    state: Mutex<State>,
}

/// Everything in the world.
pub(crate) struct State {
    pub(crate) core: Core,
    pub(crate) shops: BTreeMap<String, Store>,
    pub(crate) providers: BTreeMap<String, Book>,
    pub(crate) photos: BTreeMap<String, Arc<Vec<u8>>>,
    pub(crate) unprintable: Vec<RangeInclusive<char>>,
    /// What the press tells of every print that it draws.
    pub(crate) found_in_prints: Vec<Problem>,
    pub(crate) files: Option<FileSource>,
}

impl World {
    /// A world that begins at this moment.
    pub fn new(seed: u64, start: Moment) -> Arc<World> {
        Arc::new(World {
            clock: Arc::new(HandClock::at(start)),
            state: Mutex::new(State {
                core: Core::new(seed, start),
                shops: BTreeMap::new(),
                providers: BTreeMap::new(),
                photos: BTreeMap::new(),
                // Mathematical letters, which chat programs use as "fonts", and private use.
                found_in_prints: Vec::new(),
                unprintable: vec!['\u{1d400}'..='\u{1d7ff}', '\u{e000}'..='\u{f8ff}'],
                files: None,
            }),
        })
    }

    /// The clock of this world. Turning it makes everything due happen at the next look.
    pub fn clock(&self) -> Arc<HandClock> {
        self.clock.clone()
    }

    /// The shop of this name; it opens when it is first named.
    pub fn shop(self: &Arc<World>, name: &str) -> WorldShop {
        let mut state = self.lock();
        if !state.shops.contains_key(name) {
            state.shops.insert(name.to_owned(), Store::new(name));
        }
        WorldShop::new(self.clone(), name)
    }

    /// A provider that behaves like CustomCat; it opens when it is first named.
    pub fn customcat(self: &Arc<World>, name: &str) -> WorldProvider {
        self.provider(name, Kind::CustomCat)
    }

    /// A provider that behaves like ShineOn; it opens when it is first named.
    pub fn shineon(self: &Arc<World>, name: &str) -> WorldProvider {
        self.provider(name, Kind::ShineOn)
    }

    fn provider(self: &Arc<World>, name: &str, kind: Kind) -> WorldProvider {
        let mut state = self.lock();
        if !state.providers.contains_key(name) {
            state.providers.insert(name.to_owned(), Book::new(name, kind));
        }
        WorldProvider::new(self.clone(), name)
    }

    /// The shop of this name, if it is open.
    pub(crate) fn find_shop(self: &Arc<World>, name: &str) -> Option<WorldShop> {
        let is_open = self.lock().shops.contains_key(name);
        is_open.then(|| WorldShop::new(self.clone(), name))
    }

    /// The provider of this name, if it is open.
    pub(crate) fn find_provider(self: &Arc<World>, name: &str) -> Option<WorldProvider> {
        let is_open = self.lock().providers.contains_key(name);
        is_open.then(|| WorldProvider::new(self.clone(), name))
    }

    /// The photo behind this address.
    pub(crate) fn photo(&self, url: &str) -> Option<Arc<Vec<u8>>> {
        self.lock().photos.get(url).cloned()
    }

    /// The mail server.
    pub fn mailer(self: &Arc<World>) -> WorldMailer {
        WorldMailer::new(self.clone())
    }

    /// The web, as far as photos are on it.
    pub fn fetch(self: &Arc<World>) -> WorldFetch {
        WorldFetch::new(self.clone())
    }

    /// The press.
    pub fn press(self: &Arc<World>) -> WorldPress {
        WorldPress::new(self.clone())
    }

    /// Puts a photo on the web, or another one in its place.
    pub fn put_photo(&self, url: &str, bytes: Vec<u8>) {
        self.lock().photos.insert(url.to_owned(), Arc::new(bytes));
    }

    /// Takes a photo off the web.
    pub fn remove_photo(&self, url: &str) {
        self.lock().photos.remove(url);
    }

    /// What [`WorldPress`] tells of every print that it draws.
    pub fn set_found_in_prints(&self, found: Vec<Problem>) {
        self.lock().found_in_prints = found;
    }

    /// Which characters no font of [`WorldPress`] has.
    pub fn set_unprintable(&self, ranges: Vec<RangeInclusive<char>>) {
        self.lock().unprintable = ranges;
    }

    /// Where providers get the bytes behind a print file's address. Called without the world's lock.
    pub fn serve_files_with(
        &self,
        source: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) {
        self.lock().files = Some(Arc::new(source));
    }

    /// Plans a fault for the next call that it can befall.
    pub fn fault_next(&self, fault: Fault) {
        self.lock().core.faults.plan_next(None, fault);
    }

    /// Plans the same fault for the next `times` calls that it can befall.
    pub fn fault_times(&self, times: usize, fault: Fault) {
        for _ in 0..times {
            self.fault_next(fault.clone());
        }
    }

    /// Plans a fault for the next call of this kind.
    pub fn fault_on(&self, call: Call, fault: Fault) {
        assert!(fault.fits(call), "{fault:?} cannot befall {call:?}");
        self.lock().core.faults.plan_next(Some(call), fault);
    }

    /// Plans a fault for the nth call of this kind since the world began, from 1.
    pub fn fault_at(&self, call: Call, nth: u64, fault: Fault) {
        assert!(fault.fits(call), "{fault:?} cannot befall {call:?}");
        self.lock().core.faults.plan_nth(call, nth, fault);
    }

    /// The faults that fired, in order, each with the call that it befell.
    pub fn fired(&self) -> Vec<(Call, Fault)> {
        self.lock().core.faults.fired().to_vec()
    }

    /// How many planned faults have not befallen anything yet.
    pub fn faults_pending(&self) -> usize {
        self.lock().core.faults.pending()
    }

    /// Forgets the faults that have not befallen anything yet: from now on everything works.
    pub fn forget_faults(&self) {
        self.lock().core.faults.forget();
    }

    /// How often this was asked since the world began.
    pub fn asked(&self, call: Call) -> u64 {
        self.lock().core.faults.asked(call)
    }

    /// Everything that happened, one line each, beginning with its moment.
    pub fn trace(&self) -> Vec<String> {
        self.lock().core.trace().to_vec()
    }

    /// One hash over the whole trace.
    pub fn trace_hash(&self) -> Hash {
        Hash::of(self.trace().join("\n").as_bytes())
    }

    /// When something next happens by itself, after the present moment.
    pub fn next_event(&self) -> Option<Moment> {
        let state = self.lock();
        let now = state.core.now;
        let deliveries = state.shops.values().flat_map(Store::deliveries_due);
        let hooks = state.providers.values().flat_map(Book::hooks_due);
        let waiting = deliveries.chain(hooks).filter(|at| now < *at);
        waiting.chain(state.core.next_event()).min()
    }

    /// Lets everything happen that is due by `now`.
    pub fn play(&self, now: Moment) {
        self.lock().catch_up(now);
    }

    /// Plans what somebody does. The order may be one that is only planned itself.
    pub fn at(&self, at: Moment, action: Action) {
        let event = match action {
            Action::Shop { shop, order, act } => Event::Shop(shop, ShopEvent::Act { order, act }),
            Action::Provider { provider, reference, act } => {
                Event::Provider(provider, ProviderEvent::Act { reference, act })
            }
        };
        self.lock().core.schedule(at, event);
    }

    /// Takes the webhook deliveries that leave the shops by `now`. Bodies are built now.
    pub fn take_deliveries(&self, now: Moment) -> Vec<OutgoingDelivery> {
        let mut state = self.lock();
        state.catch_up(now);
        let State { core, shops, .. } = &mut *state;
        let mut deliveries = Vec::new();
        for store in shops.values_mut() {
            deliveries.extend(store.take_deliveries(core));
        }
        deliveries
    }

    /// Takes the calls of providers' hooks that leave by `now`.
    pub fn take_hook_calls(&self, now: Moment) -> Vec<OutgoingHook> {
        let mut state = self.lock();
        state.catch_up(now);
        let State { core, providers, .. } = &mut *state;
        let mut calls = Vec::new();
        for book in providers.values_mut() {
            calls.extend(book.take_hooks(core));
        }
        calls
    }

    /// Every order that any provider accepted, by moment: what was charged and will be made.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        let state = self.lock();
        let books = state.providers.values();
        let mut entries: Vec<LedgerEntry> =
            books.flat_map(|book| book.entries().to_vec()).collect();
        entries.sort_by_key(|entry| entry.accepted_at);
        entries
    }

    /// References under which more than one live order is or was being made: charged twice.
    /// An order that was cancelled before anything left does not count.
    pub fn double_charges(&self) -> Vec<String> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for entry in self.ledger() {
            let is_undone = entry.making == Making::Cancelled && entry.parcels.is_empty();
            if entry.mode == Mode::Live && !is_undone {
                *counts.entry((entry.provider, entry.reference)).or_insert(0) += 1;
            }
        }
        let doubled = counts.into_iter().filter(|(_, count)| 1 < *count);
        doubled.map(|((_, reference), _)| reference).collect()
    }

    /// Addresses of print files whose fetched bytes are not those that were promised.
    pub fn misprints(&self) -> Vec<String> {
        let entries = self.ledger();
        let lines = entries.iter().flat_map(|entry| &entry.lines);
        let files = lines.flat_map(|line| &line.files);
        let wrong = files.filter(|file| match (&file.promised, &file.fetched) {
            (Some(promised), Some(fetched)) => promised != fetched,
            (None, _) | (_, None) => false,
        });
        wrong.map(|file| file.url.clone()).collect()
    }

    /// Waits until something holds that is looked at again whenever something has happened here.
    pub async fn until(&self, mut holds: impl FnMut() -> bool) {
        let happened = self.lock().core.happened();
        loop {
            let mut next = std::pin::pin!(happened.notified());
            next.as_mut().enable();
            if holds() {
                return;
            }
            next.await;
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("no holder of this lock panics");
        state.catch_up(self.clock.now());
        state
    }
}

impl State {
    /// Lets happen what is due by `now`, each event at its own moment.
    pub(crate) fn catch_up(&mut self, now: Moment) {
        while let Some((at, event)) = self.core.due(now) {
            self.core.now = self.core.now.max(at);
            match event {
                Event::Shop(name, event) => {
                    if let Some(store) = self.shops.get_mut(&name) {
                        store.play(&mut self.core, event);
                    }
                }
                Event::Provider(name, event) => {
                    if let Some(book) = self.providers.get_mut(&name) {
                        book.play(&mut self.core, event);
                    }
                }
            }
        }
        // The world's own time never runs backwards, whatever is done to the clock.
        self.core.now = self.core.now.max(now);
    }
}
