//! What every handler is given, and the few things that live only as long as the program runs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};

use super::address::{Links, path_of};
use crate::app::live::Live;
use crate::config::{self, Config};
use crate::flow::Ctx;
use crate::model::id::PersonId;
use crate::model::id::ShopId;
use crate::model::shop_product::ShopProduct;
use crate::model::time::Moment;

/// How addresses are written and moments are shown.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    /// Address of the operators' pages, without slash at the end; a path in it is honoured.
    pub operators_url: String,
    /// Public address of hooks and files, without slash at the end; a path in it is honoured.
    pub public_url: String,
    /// The zone that moments are shown in.
    pub zone: jiff::tz::TimeZone,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// A sentence that stands on every page, for a demo; empty is none.
    pub banner: String,
}

/// What is known of one shop's webhooks.
#[derive(Clone)]
pub struct ShopHook {
    /// Which shop.
    pub shop: ShopId,
    /// Secrets that may sign: one, and two while one is exchanged for the other.
    pub secrets: Vec<SecretString>,
    /// Addresses that `X-WC-Webhook-Source` may name; empty believes any.
    pub source_urls: Vec<String>,
}

/// What every handler is given.
#[derive(Clone)]
pub struct Site {
    /// The flow's own.
    pub ctx: Ctx,
    /// Addresses and zone.
    pub settings: Arc<SiteSettings>,
    /// Webhooks by the name of their shop.
    pub shop_hooks: Arc<BTreeMap<String, ShopHook>>,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
    /// The settings, and how they are changed.
    pub live: Arc<Live>,
    memory: Arc<Memory>,
    links: Arc<Links>,
}

/// At most this many passwords are hashed at once: each takes 19 MiB (R110).
const HASHES_AT_ONCE: usize = 4;
/// Forms that were sent, kept so that a second press is noticed.
const PRESSES_KEPT: usize = 4_096;
/// Small pictures of edits that are not saved.
const PREVIEWS_KEPT: usize = 128;
/// Lists that sessions looked at last.
const LISTS_KEPT: usize = 512;
/// People whose code is asked for.
const HALFWAY_KEPT: usize = 256;
/// Forms that came back with faults, whose secrets need not be typed again.
const SECRETS_KEPT: usize = 32;
/// Answers of shops to searches in their catalogues.
const CATALOGUES_KEPT: usize = 128;
/// So long a shop is not asked the same again.
const CATALOGUE_FRESH: Duration = Duration::from_secs(600);
/// Sentences that wait to be shown.
const NOTICES_KEPT: usize = 1_024;
/// The same alarm from outside is written down no more often than this.
const ALARM_EVERY: Duration = Duration::from_secs(60);

struct Memory {
    hashing: Semaphore,
    presses: Mutex<VecDeque<String>>,
    previews: Mutex<VecDeque<(String, Arc<Vec<u8>>)>>,
    notices: Mutex<VecDeque<(String, Notice)>>,
    alarms: Mutex<HashMap<String, Moment>>,
    halfway: Mutex<VecDeque<(String, Halfway)>>,
    lists: Mutex<VecDeque<(String, String)>>,
    secrets: Mutex<VecDeque<(String, Secrets)>>,
    setup: Mutex<Option<Setup>>,
    catalogues: Mutex<VecDeque<(String, Catalogue)>>,
}

/// What a shop said of its products, and when.
type Catalogue = (Moment, Arc<Vec<ShopProduct>>);

/// Secrets of a form that came back with faults, by their field.
pub type Secrets = BTreeMap<String, SecretString>;

/// The one link by which the first account is made.
#[derive(Debug, Clone)]
struct Setup {
    token_hash: String,
    until: Moment,
}

/// Somebody whose password was right, and whose code is still asked for.
#[derive(Debug, Clone)]
pub struct Halfway {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Until when the code is waited for.
    pub until: Moment,
}

/// What came of the last press, shown once on the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `good` or `bad`: the look.
    pub tone: &'static str,
    /// One sentence.
    pub text: String,
    /// What takes it back.
    pub undo: Option<Undo>,
}

/// A form that takes back what was just done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// Where it is sent.
    pub href: String,
    /// What it carries besides its marks.
    pub fields: Vec<(&'static str, String)>,
}

impl SiteSettings {
    /// What is wrong with the settings; `None` when people can log in with them.
    pub fn fault(&self) -> Option<String> {
        config::fault_of_way_in(&self.operators_url)
    }

    /// Whether the operators' pages are reached over https.
    pub fn is_https(&self) -> bool {
        self.operators_url.starts_with("https:")
    }

    /// Path of the public address, without slash at the end.
    pub fn public_prefix(&self) -> String {
        path_of(&self.public_url)
    }
}

impl Site {
    /// A site over the flow.
    pub fn new(
        ctx: Ctx,
        settings: SiteSettings,
        shop_hooks: BTreeMap<String, ShopHook>,
        wake: Arc<Notify>,
    ) -> Site {
        let live = Arc::new(Live::new(ctx.clone(), Config::default()));
        Site::with_live(ctx, settings, shop_hooks, wake, live)
    }

    /// A site whose settings were partly declared in a file.
    pub fn with_live(
        ctx: Ctx,
        settings: SiteSettings,
        shop_hooks: BTreeMap<String, ShopHook>,
        wake: Arc<Notify>,
        live: Arc<Live>,
    ) -> Site {
        let links = Arc::new(Links::new(&settings.operators_url));
        Site {
            ctx,
            settings: Arc::new(settings),
            shop_hooks: Arc::new(shop_hooks),
            wake,
            live,
            links,
            memory: Arc::new(Memory {
                hashing: Semaphore::new(HASHES_AT_ONCE),
                presses: Mutex::default(),
                previews: Mutex::default(),
                notices: Mutex::default(),
                alarms: Mutex::default(),
                halfway: Mutex::default(),
                lists: Mutex::default(),
                secrets: Mutex::default(),
                setup: Mutex::default(),
                catalogues: Mutex::default(),
            }),
        }
    }

    /// The same with the seats and rules that hold now.
    pub fn latest(&self) -> Site {
        let ctx = self.ctx.latest();
        let mut hooks = (*self.shop_hooks).clone();
        for (id, seat) in ctx.shops.iter() {
            hooks.entry(seat.name.clone()).or_insert_with(|| ShopHook {
                shop: *id,
                secrets: Vec::new(),
                source_urls: seat.rules.urls.clone(),
            });
        }
        hooks.retain(|_, hook| ctx.shops.contains_key(&hook.shop));
        Site { ctx, shop_hooks: Arc::new(hooks), ..self.clone() }
    }

    /// The secret of webhooks made by hand, where it was typed in the pages.
    pub fn typed_hook_secret(&self, shop: &str) -> Option<SecretString> {
        let standing = self.live.standing();
        let mut shops = standing.config.shop.iter();
        shops.find(|one| one.name == shop).and_then(|one| one.webhook_secret.clone())
    }

    /// The one builder of addresses of pages.
    pub fn links(&self) -> &Arc<Links> {
        &self.links
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.ctx.clock.now()
    }

    /// Waits until one more password may be hashed.
    pub async fn hashing(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.memory.hashing.acquire().await.ok()
    }

    /// Whether a form with this mark is sent for the first time (R116).
    pub fn is_first_press(&self, mark: &str) -> bool {
        let mut presses = lock(&self.memory.presses);
        if presses.iter().any(|known| known == mark) {
            return false;
        }
        push(&mut presses, mark.to_owned(), PRESSES_KEPT);
        true
    }

    /// Keeps a picture until others push it out; its address is the answer.
    pub fn keep_preview(&self, bytes: Vec<u8>) -> String {
        // Not from the seeded source: a name must never come again while a browser remembers it.
        let name = super::auth::secret();
        let entry = (name.clone(), Arc::new(bytes));
        push(&mut lock(&self.memory.previews), entry, PREVIEWS_KEPT);
        name
    }

    /// A picture that was kept.
    pub fn preview(&self, name: &str) -> Option<Arc<Vec<u8>>> {
        let previews = lock(&self.memory.previews);
        let found = previews.iter().find(|(known, _)| known == name);
        found.map(|(_, bytes)| Arc::clone(bytes))
    }

    /// Remembers which list this session looked at last: an order's page leads on through it.
    pub fn keep_list(&self, session: &str, query: String) {
        let mut lists = lock(&self.memory.lists);
        lists.retain(|(known, _)| known != session);
        push(&mut lists, (session.to_owned(), query), LISTS_KEPT);
    }

    /// The query of the list that this session looked at last.
    pub fn list_of(&self, session: &str) -> Option<String> {
        let lists = lock(&self.memory.lists);
        lists.iter().find(|(known, _)| known == session).map(|(_, query)| query.clone())
    }

    /// Remembers somebody who is half way in, under the hash of a token.
    pub fn keep_halfway(&self, token_hash: String, halfway: Halfway) {
        push(&mut lock(&self.memory.halfway), (token_hash, halfway), HALFWAY_KEPT);
    }

    /// Who is half way in with this token.
    pub fn halfway(&self, token_hash: &str) -> Option<Halfway> {
        let now = self.now();
        let halfway = lock(&self.memory.halfway);
        let found = halfway.iter().find(|(known, one)| known == token_hash && now < one.until);
        found.map(|(_, one)| one.clone())
    }

    /// Forgets somebody who came in.
    pub fn forget_halfway(&self, token_hash: &str) {
        lock(&self.memory.halfway).retain(|(known, _)| known != token_hash);
    }

    /// Keeps the secrets of a form that comes back; they never stand in the page, its token does.
    pub fn keep_secrets(&self, secrets: Secrets) -> String {
        let token = super::auth::secret();
        push(&mut lock(&self.memory.secrets), (token.clone(), secrets), SECRETS_KEPT);
        token
    }

    /// The secrets that were kept under this token.
    pub fn kept_secrets(&self, token: &str) -> Secrets {
        let kept = lock(&self.memory.secrets);
        let found = kept.iter().find(|(known, _)| super::auth::is_same(known, token));
        found.map(|(_, secrets)| secrets.clone()).unwrap_or_default()
    }

    /// What the shop's catalogue has for these words; asked once in ten minutes.
    pub async fn shop_products(
        &self,
        shop: ShopId,
        words: &str,
    ) -> Result<Arc<Vec<ShopProduct>>, String> {
        let key = format!("{shop}:{}", words.trim().to_lowercase());
        let now = self.now();
        let kept = lock(&self.memory.catalogues).iter().find(|(known, _)| *known == key).cloned();
        if let Some((_, (at, products))) = kept
            && now.since(at) < CATALOGUE_FRESH
        {
            return Ok(products);
        }
        let seat = self.ctx.shop(shop).map_err(|error| error.to_string())?;
        let found = seat.shop.products(words).await.map_err(|error| error.to_string())?;
        let found = Arc::new(found);
        let mut catalogues = lock(&self.memory.catalogues);
        catalogues.retain(|(known, _)| *known != key);
        push(&mut catalogues, (key, (now, Arc::clone(&found))), CATALOGUES_KEPT);
        Ok(found)
    }

    /// From now on this link makes the first account, for so long.
    pub fn begin_setup(&self, token_hash: String, lasts: Duration) {
        let until = self.now().plus(lasts);
        *lock(&self.memory.setup) = Some(Setup { token_hash, until });
    }

    /// Whether this is the link that makes the first account.
    pub fn is_setup(&self, token_hash: &str) -> bool {
        let now = self.now();
        let setup = lock(&self.memory.setup);
        setup
            .as_ref()
            .is_some_and(|one| now < one.until && super::auth::is_same(&one.token_hash, token_hash))
    }

    /// The link was used.
    pub fn end_setup(&self) {
        *lock(&self.memory.setup) = None;
    }

    /// Tells the person of this session something on their next page.
    pub fn notify(&self, session: &str, notice: Notice) {
        let entry = (session.to_owned(), notice);
        push(&mut lock(&self.memory.notices), entry, NOTICES_KEPT);
    }

    /// What this session is to be told.
    pub fn take_notice(&self, session: &str) -> Option<Notice> {
        let mut notices = lock(&self.memory.notices);
        let place = notices.iter().position(|(known, _)| known == session)?;
        notices.remove(place).map(|(_, notice)| notice)
    }

    /// Whether an alarm that anybody can cause from outside may be written down again.
    pub fn may_alarm(&self, key: &str) -> bool {
        let now = self.now();
        let mut alarms = lock(&self.memory.alarms);
        let is_fresh = alarms.get(key).is_some_and(|last| now < last.plus(ALARM_EVERY));
        if !is_fresh {
            alarms.insert(key.to_owned(), now);
        }
        !is_fresh
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().expect("no holder of this lock panics")
}

fn push<T>(queue: &mut VecDeque<T>, entry: T, kept: usize) {
    while kept <= queue.len() {
        queue.pop_front();
    }
    queue.push_back(entry);
}

impl Notice {
    /// Something worked.
    pub fn good(text: impl Into<String>) -> Notice {
        Notice { tone: "good", text: text.into(), undo: None }
    }

    /// Something did not.
    pub fn bad(text: impl Into<String>) -> Notice {
        Notice { tone: "bad", text: text.into(), undo: None }
    }
}
