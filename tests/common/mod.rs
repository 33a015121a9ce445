//! A day in the simulated world: the whole core, with the clock turned by hand.

#![allow(dead_code, reason = "each test binary uses its own part of the day")]

pub mod drawing;
pub mod port;
pub mod showroom;
pub mod stopping;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use woodblock::db;
use woodblock::flow::ctx::{
    Chance, HooksMade, NoProbe, Probe, ProviderRules, ProviderSeat, Rules, ShopRules, ShopSeat,
};
use woodblock::flow::operate::Staff;
use woodblock::flow::shelf::Shelf;
use woodblock::flow::{Ctx, FlowError, intake, worker};
use woodblock::model::check::Checks;
use woodblock::model::design::Design;
use woodblock::model::file_name::{self, FileName};
use woodblock::model::fulfilment::State;
use woodblock::model::id::{FulfilmentId, ItemId, OrderId, ShopId, ShopOrderId};
use woodblock::model::item::Step;
use woodblock::model::order::{Approval, Order, Together};
use woodblock::model::problem::What;
use woodblock::model::product::{Copies, Made, Matches, Recipe, Route};
use woodblock::model::provider_order::Mode;
use woodblock::model::time::Moment;
use woodblock::outside::clock::Clock;
use woodblock::outside::design_folder;
use woodblock::outside::files::{Files, MemoryFiles};
use woodblock::outside::machine::AnyRoom;
use woodblock::outside::provider::Provider;
use woodblock::outside::provider::by_hand::ByHand;
use woodblock::outside::shop::woocommerce::webhook::{self, Content};
use woodblock::sandbox::shop::OutgoingDelivery;
use woodblock::sandbox::{Cart, CartLine, HandClock, World, WorldProvider, WorldShop};

/// One step of a run gets the world no further than this many times.
const ROUNDS_MAX: usize = 200_000;

pub const HOUR: Duration = Duration::from_secs(3_600);
pub const MINUTE: Duration = Duration::from_secs(60);

/// The program's own clock, which may go ahead of the world's or behind it.
pub struct OwnClock {
    world: Arc<HandClock>,
    ahead_ms: AtomicI64,
}

impl Clock for OwnClock {
    fn now(&self) -> Moment {
        Moment::from_unix_ms(self.world.now().unix_ms() + self.ahead_ms.load(Ordering::SeqCst))
    }
}

pub struct Day {
    pub world: Arc<World>,
    /// The world's clock.
    pub clock: Arc<HandClock>,
    /// The program's.
    pub own_clock: Arc<OwnClock>,
    pub ctx: Ctx,
    pub shop: WorldShop,
    pub shop_id: ShopId,
    pub customcat: WorldProvider,
    pub shineon: WorldProvider,
    pub files: Arc<MemoryFiles>,
}

/// What a day may be started with besides the usual.
pub struct Setting {
    pub seed: u64,
    pub together: Together,
    pub approval: Approval,
    pub rules: Rules,
    pub probe: Arc<dyn Probe>,
    pub poll_every: Duration,
    pub track_every: Duration,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            seed: 1,
            together: Together::Provider,
            approval: Approval::Automatic,
            rules: rules(),
            probe: Arc::new(NoProbe),
            poll_every: 10 * MINUTE,
            track_every: HOUR,
        }
    }
}

pub fn rules() -> Rules {
    Rules {
        alert_to: vec!["ops@shop.example".to_owned()],
        file_key: b"a key of the tests".to_vec(),
        watch_every: 10 * MINUTE,
        ..Rules::default()
    }
}

fn design(name: &str, per_copy: &str, fields: &str) -> Arc<Design> {
    let toml = format!(
        "name = \"{name}\"\n{per_copy}\n[area.front]\nfile = \"front.svg\"\nwidth_in = 4.0\n\
         height_in = 4.0\ndpi = 300\nformat = \"png\"\n{fields}"
    );
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4in\" height=\"4in\"/>";
    let files = BTreeMap::from([
        ("design.toml".to_owned(), toml.into_bytes()),
        ("front.svg".to_owned(), svg.as_bytes().to_vec()),
    ]);
    Arc::new(design_folder::from_files(name, files).expect("a design of the tests is right"))
}

fn designs() -> [Arc<Design>; 4] {
    [
        design("sign", "", NAME),
        design("portrait", "", PHOTO),
        design("pair", "", &format!("{PHOTO}{SECOND}{NAME}")),
        design("plain", "", ""),
    ]
}

const NAME: &str = "[field.name]\nkind = \"text\"\nlabel = \"Name\"\nletters = \"any\"\nmax = 20\n";
const PHOTO: &str = "[field.photo]\nkind = \"photo\"\nlabel = \"Photo\"\n";
const SECOND: &str = "[field.second]\nkind = \"photo\"\nlabel = \"Second photo\"\n";

pub fn start() -> Moment {
    Moment::parse("2026-03-03T08:00:00.000Z").unwrap()
}

impl Day {
    pub async fn new() -> Day {
        Day::with(Setting::default()).await
    }

    pub async fn with(setting: Setting) -> Day {
        let world = World::new(setting.seed, start());
        let clock = world.clock();
        let (shop, customcat, shineon) =
            (world.shop("main"), world.customcat("customcat"), world.shineon("shineon"));
        let own_clock =
            Arc::new(OwnClock { world: Arc::clone(&clock), ahead_ms: AtomicI64::new(0) });
        let clock_of_db = Arc::clone(&own_clock);
        let now: db::engine::Now = Arc::new(move || clock_of_db.now());
        let storage = db::Db::in_memory(now).unwrap();
        let files = Arc::new(MemoryFiles::default());
        let shelf = Arc::new(Shelf::default());
        let designs = designs();
        for design in &designs {
            shelf.put(Arc::clone(design));
        }
        let (shop_id, provider_ids) = furnish(&storage, &designs).await;
        let seats = seats(&customcat, &shineon, &provider_ids, setting.track_every);
        let shop_seat = ShopSeat {
            name: "main".to_owned(),
            shop: Arc::new(shop.clone()),
            rules: shop_rules(&setting),
        };
        let ctx = Ctx {
            db: storage,
            clock: own_clock.clone(),
            files: files.clone(),
            room: Arc::new(AnyRoom),
            gate: Arc::default(),
            shelf,
            press: Arc::new(world.press()),
            fetch: Arc::new(world.fetch()),
            mailer: Arc::new(world.mailer()),
            shops: Arc::new(BTreeMap::from([(shop_id, shop_seat)])),
            providers: Arc::new(seats),
            rules: Arc::new(setting.rules),
            chance: Arc::new(Chance::seeded(setting.seed)),
            probe: setting.probe,
            pulse: Arc::default(),
            changed: Arc::default(),
        };
        serve_files(&world, &files);
        for topic in ["order.created", "order.updated", "order.deleted"] {
            shop.listen(topic, "https://prints.example/hooks/shop/main", "a-secret-of-the-tests");
        }
        worker::recover(&ctx).await.unwrap();
        Day { world, clock, own_clock, ctx, shop, shop_id, customcat, shineon, files }
    }

    /// The same settings, shop and providers over another database, as after a restart on it.
    pub async fn on(&self, storage: db::Db) -> Day {
        furnish(&storage, &designs()).await;
        let ctx = Ctx { db: storage, ..self.ctx.clone() };
        Day {
            world: self.world.clone(),
            clock: self.clock.clone(),
            own_clock: self.own_clock.clone(),
            shop: self.shop.clone(),
            customcat: self.customcat.clone(),
            shineon: self.shineon.clone(),
            files: self.files.clone(),
            shop_id: self.shop_id,
            ctx,
        }
    }

    /// Lives through the day until `end`.
    pub async fn run_until(&self, end: Moment) {
        for _ in 0..ROUNDS_MAX {
            self.deliver().await;
            let ran = worker::tick(&self.ctx).await.unwrap();
            let moments = [ran.next_at, self.world.next_event()];
            match moments.into_iter().flatten().min() {
                Some(at) if at <= end => self.clock.set(at.max(self.clock.now())),
                Some(_) | None => {
                    self.clock.set(end);
                    return;
                }
            }
            self.world.play(self.clock.now());
        }
        panic!("the day never comes to rest");
    }

    pub async fn run_for(&self, span: Duration) {
        self.run_until(self.clock.now().plus(span)).await;
    }

    /// Sets the program's clock wrong by so much; the shop's answers tell.
    pub fn set_clock_wrong(&self, ahead_ms: i64) {
        self.own_clock.ahead_ms.store(ahead_ms, Ordering::SeqCst);
        self.shop.set_clock_ahead_ms(-ahead_ms);
    }

    /// How far the program's clock is ahead of the world's.
    pub fn clock_ahead_ms(&self) -> i64 {
        self.own_clock.ahead_ms.load(Ordering::SeqCst)
    }

    /// Lets the shop deliver what is due.
    pub async fn deliver(&self) {
        for call in self.world.take_deliveries(self.clock.now()) {
            intake::accept(&self.ctx, self.delivery(&call)).await.unwrap();
        }
    }

    /// What the web makes of a call of the shop's webhook.
    pub fn delivery(&self, call: &OutgoingDelivery) -> db::delivery::Delivery {
        let shop_order = match webhook::read(&call.body) {
            Content::Order(id) => Some(id),
            Content::Powerless { .. } | Content::Gone | Content::Nothing => None,
        };
        db::delivery::Delivery {
            shop: self.shop_id,
            hook_id: call.header("X-WC-Webhook-ID").unwrap_or("").to_owned(),
            topic: call.header("X-WC-Webhook-Topic").unwrap_or("").to_owned(),
            shop_order,
            body: String::from_utf8_lossy(&call.body).into_owned(),
        }
    }

    pub async fn order(&self, shop_order: ShopOrderId) -> Order {
        let shop = self.shop_id;
        let found: Result<Order, FlowError> = self
            .ctx
            .read(move |tx| {
                let id = db::order::find(tx, shop, shop_order)?;
                let id = id.ok_or_else(|| FlowError::NotFound(format!("order {shop_order}")))?;
                Ok(db::order::load(tx, id)?)
            })
            .await;
        found.unwrap()
    }

    pub async fn id(&self, shop_order: ShopOrderId) -> OrderId {
        self.order(shop_order).await.id
    }

    /// The state of each fulfilment, oldest first: `customcat shipped`.
    pub async fn states(&self, shop_order: ShopOrderId) -> Vec<String> {
        let order = self.order(shop_order).await;
        order
            .fulfilments
            .iter()
            .map(|one| format!("{} {}", one.provider_name, state_name(&one.state)))
            .collect()
    }

    pub async fn fulfilment(&self, shop_order: ShopOrderId, provider: &str) -> FulfilmentId {
        let order = self.order(shop_order).await;
        order
            .fulfilments
            .iter()
            .rev()
            .find(|one| one.provider_name == provider)
            .map(|one| one.id)
            .expect("the order has a fulfilment of this provider")
    }

    pub async fn item(&self, shop_order: ShopOrderId, place: usize) -> ItemId {
        self.order(shop_order).await.items[place].id
    }

    pub async fn problems(&self, shop_order: ShopOrderId) -> Vec<What> {
        let order = self.order(shop_order).await;
        order.holds.iter().map(|hold| hold.problem.what).collect()
    }

    /// Gives a row of the product map other providers for certain countries.
    pub async fn route(&self, sku: &'static str, routes: &'static str) {
        let rows = product_map();
        let row = rows.into_iter().find(|(known, _)| *known == sku);
        let Some((_, Made::Here(recipe))) = row else {
            panic!("{sku} is made elsewhere");
        };
        let made = Made::Here(Recipe { routes: Route::parse_list(routes).unwrap(), ..recipe });
        let rows = vec![(Matches::Sku(sku.to_owned()), made)];
        woodblock::flow::furnish::map_products(&self.ctx, self.shop_id, rows).await.unwrap();
    }

    pub async fn hold_of(
        &self,
        shop_order: ShopOrderId,
        what: What,
    ) -> woodblock::model::id::HoldId {
        let order = self.order(shop_order).await;
        let hold = order.holds.iter().find(|hold| hold.problem.what == what);
        hold.expect("the order has this hold").id
    }

    pub async fn alerts(&self) -> Vec<What> {
        let alerts: Result<_, FlowError> = self.ctx.read(|tx| Ok(db::alert::open(tx)?)).await;
        alerts.unwrap().into_iter().map(|alert| alert.problem.what).collect()
    }

    /// The history of an order, without the moments: `person:ann order 1001: cancelled`.
    pub async fn story(&self, shop_order: ShopOrderId) -> Vec<String> {
        let id = self.id(shop_order).await;
        let lines: Result<_, FlowError> =
            self.ctx.read(move |tx| Ok(db::history::of_order(tx, id)?)).await;
        lines
            .unwrap()
            .into_iter()
            .map(|line| {
                let to =
                    if line.to.is_empty() { String::new() } else { format!(" → {}", line.to) };
                format!("{} {} {}{to} {}", line.actor.text(), line.subject, line.event, line.note)
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    /// What the provider would print for each line, by its marks: `front name=REX`.
    pub fn printed(&self, provider: &WorldProvider) -> Vec<String> {
        let mut printed = Vec::new();
        for entry in provider.ledger() {
            for line in entry.lines {
                for file in line.files {
                    let hash = file.fetched.expect("the provider fetched the file");
                    let bytes = self.files.get(&hash).unwrap();
                    let mark = woodblock::sandbox::PressMark::read(&bytes).unwrap();
                    let values: Vec<String> =
                        mark.values.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    printed.push(format!("{} × {}", line.quantity, values.join(" ")));
                }
            }
        }
        printed
    }
}

pub fn state_name(state: &State) -> String {
    match state {
        State::Submitting { stage } => format!("submitting/{}", stage.name()),
        other => other.name().to_owned(),
    }
}

pub fn ann() -> Staff {
    Staff("ann".to_owned())
}

pub fn serve_files(world: &Arc<World>, files: &Arc<MemoryFiles>) {
    let files = Arc::clone(files);
    world.serve_files_with(move |url: &str| {
        let name = url.rsplit('/').next()?;
        let hash = woodblock::model::id::Hash::parse(name.split('.').next()?)?;
        files.get(&hash).ok()
    });
}

fn shop_rules(setting: &Setting) -> ShopRules {
    ShopRules {
        paid_statuses: vec!["processing".to_owned()],
        on_delivery: vec!["cod".to_owned()],
        together: setting.together,
        approval: setting.approval,
        steps: vec![Step::Artwork],
        delay_s: 7_200,
        poll_every: setting.poll_every,
        overlap: 10 * MINUTE,
        quiet: Arc::default(),
        urls: Vec::new(),
        order_page: String::new(),
    }
}

fn seats(
    customcat: &WorldProvider,
    shineon: &WorldProvider,
    ids: &[woodblock::model::id::ProviderId],
    track_every: Duration,
) -> BTreeMap<woodblock::model::id::ProviderId, ProviderSeat> {
    let provider_rules = || ProviderRules {
        mode: Mode::Live,
        shipping: BTreeMap::from([("*".to_owned(), "Economy".to_owned())]),
        fallback_phone: "3135550100".to_owned(),
        fallback_email: "orders@shop.example".to_owned(),
        hook_token: "t0ken".to_owned(),
        hooks: HooksMade::ByProgram,
        track_every,
        order_page: "https://provider.example/orders/{number}".to_owned(),
        file_names: FileName::parse(file_name::USUAL).unwrap(),
    };
    let all: [(&str, Arc<dyn Provider>); 3] = [
        ("customcat", Arc::new(customcat.clone())),
        ("shineon", Arc::new(shineon.clone())),
        ("workshop", Arc::new(ByHand)),
    ];
    ids.iter()
        .zip(all)
        .map(|(id, (name, provider))| {
            (*id, ProviderSeat { name: name.to_owned(), provider, rules: provider_rules() })
        })
        .collect()
}

async fn furnish(
    storage: &db::Db,
    designs: &[Arc<Design>],
) -> (ShopId, Vec<woodblock::model::id::ProviderId>) {
    let designs: Vec<Arc<Design>> = designs.to_vec();
    let done: Result<_, FlowError> = storage
        .call(move |tx| {
            let shop = db::shop::put(tx, "main", "https://shop.example", Some(start()))?;
            let providers = vec![
                db::provider::put(tx, "customcat", "customcat", None)?,
                db::provider::put(tx, "shineon", "shineon", None)?,
                db::provider::put(tx, "workshop", "by_hand", None)?,
            ];
            for design in &designs {
                db::design::put(tx, &design.hash, &design.name, &design.title, &[])?;
            }
            for (sku, made) in product_map() {
                db::product::put(tx, shop, &Matches::Sku(sku.to_owned()), &made)?;
            }
            Ok((shop, providers))
        })
        .await;
    done.unwrap()
}

fn product_map() -> Vec<(&'static str, Made)> {
    let made = |design: &str, provider: &str, steps: Option<&str>, copies| {
        Made::Here(Recipe {
            design: design.to_owned(),
            provider: provider.to_owned(),
            provider_sku: if provider == "shineon" { "SO-1" } else { "47417" }.to_owned(),
            routes: Vec::new(),
            steps: steps.map(|steps| Step::parse_list(steps).unwrap()),
            delay_s: None,
            copies,
            checks: Checks::default(),
        })
    };
    let asked = Some("input,review,artwork");
    vec![
        ("MUG", made("sign", "customcat", None, Copies::Alike)),
        ("TEE", made("sign", "customcat", None, Copies::Differ)),
        ("TEE-LATER", made("sign", "customcat", asked, Copies::Differ)),
        ("PLAIN", made("plain", "customcat", None, Copies::Alike)),
        ("PENDANT", made("sign", "shineon", None, Copies::Alike)),
        ("PAIR", made("pair", "shineon", asked, Copies::Alike)),
        ("PORTRAIT", made("portrait", "shineon", asked, Copies::Alike)),
        ("SIGN-HAND", made("sign", "workshop", None, Copies::Alike)),
        ("PROOFED", made("sign", "customcat", Some("artwork,check,proof"), Copies::Alike)),
        ("GIFTWRAP", Made::Elsewhere),
    ]
}

pub fn line(sku: &str) -> CartLine {
    let number = sku.bytes().fold(1_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 10_000);
    CartLine::of(number + 10, sku, sku)
}

pub fn named(sku: &str, name: &str) -> CartLine {
    line(sku).with("Name", name)
}

pub fn cart(lines: Vec<CartLine>) -> Cart {
    Cart::of(lines)
}
