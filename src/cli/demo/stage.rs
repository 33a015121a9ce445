//! The demo's stage: a simulated world on loopback, and the real program beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::app::state_dir::StateDir;
use crate::cli::serve::{self, Serving};
use crate::cli::{admin, setup};
use crate::config::Config;
use crate::flow::Ctx;
use crate::flow::furnish;
use crate::model::id::ShopId;
use crate::model::order::Order;
use crate::outside::clock::{Clock, SystemClock};
use crate::outside::design_folder;
use crate::sandbox::provider::{ParcelPlan, Start};
use crate::sandbox::{Fault, HttpFace, LedgerEntry, World, WorldMailer, WorldProvider, WorldShop};

/// Submissions that the far provider answers into the void.
const LOST_ANSWERS: usize = 1_000;

/// The world, the program, and handles on both.
pub struct Stage {
    /// The program's own context, for what people do in the demo.
    pub ctx: Ctx,
    /// The shop that announces its orders.
    pub shop: WorldShop,
    /// Its id here.
    pub shop_id: ShopId,
    /// The shop whose webhooks never arrive.
    pub quiet_shop: WorldShop,
    /// Its id here.
    pub quiet_shop_id: ShopId,
    /// Where alerts are mailed.
    pub mailer: WorldMailer,
    /// Address of the customers' photo.
    pub photo_url: String,
    /// Address of the operators' pages.
    pub operators_url: String,
    providers: Vec<WorldProvider>,
    /// Where the report puts copies of the print files.
    pub prints: PathBuf,
    faces: Vec<HttpFace>,
    serving: Serving,
    _state: StateDir,
}

/// How fast the demo's world turns.
#[derive(Debug, Clone, Copy)]
pub struct Tempo {
    /// Submit delay in seconds.
    pub delay_s: u32,
    /// How long a provider makes something.
    pub making: Duration,
}

impl Stage {
    /// Starts world and program; everything is kept in `folder`.
    pub async fn start(
        folder: &Path,
        seed: u64,
        tempo: Tempo,
        ports: (u16, u16),
        exe: PathBuf,
    ) -> anyhow::Result<Stage> {
        let prints = folder.join("prints");
        std::fs::create_dir_all(&prints)
            .with_context(|| format!("{} cannot be made", prints.display()))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let world = World::new(seed, clock.now());
        let far_world = World::new(seed ^ 1, clock.now());
        let shop = world.shop("main");
        let quiet_shop = world.shop("quiet");
        quiet_shop.number_orders_from(5001);
        let providers = vec![
            world.customcat("customcat"),
            world.shineon("shineon"),
            far_world.customcat("far"),
        ];
        for provider in &providers {
            provider.set(|settings| {
                settings.start = Start::After(tempo.making / 2);
                settings.making = tempo.making;
                settings.parcels = ParcelPlan::Two { gap: tempo.making / 2 };
            });
        }
        far_world.fault_times(LOST_ANSWERS, Fault::AcceptAndLoseAnswer);
        let face = HttpFace::start(world.clone(), Arc::clone(&clock)).await?;
        let far_face = HttpFace::start(far_world, clock).await?;
        let photo_url = face.put_photo("dog.jpg", design_folder::SAMPLE_PHOTO.to_vec());
        let operators = listen(ports.0).await?;
        let public = listen(ports.1).await?;
        let addresses = Addresses {
            operators: operators.local_addr()?.to_string(),
            public: public.local_addr()?.to_string(),
            shop: face.shop_url("main"),
            quiet: face.shop_url("quiet"),
            customcat: face.customcat_url("customcat"),
            shineon: face.shineon_url("shineon"),
            far: far_face.customcat_url("far"),
        };
        let text = config_text(folder, tempo, &addresses, (&shop, &quiet_shop), &providers);
        let config = Config::parse(&text)?;
        super::super::output::write_private(&folder.join("config.toml"), text.as_bytes())?;
        let state = StateDir::lock(&config.server.state_dir)?;
        let mut ctx = setup::open(&config, &state, exe).await?;
        let mailer = world.mailer();
        ctx.mailer = Arc::new(mailer.clone());
        furnish_demo(&ctx).await?;
        listen_to_shops(&addresses, &shop, &quiet_shop);
        let ids: Vec<ShopId> = ["main", "quiet"]
            .iter()
            .filter_map(|name| {
                ctx.shops.iter().find(|(_, seat)| seat.name == *name).map(|(id, _)| *id)
            })
            .collect();
        let serving =
            serve::start(&config, ctx.clone(), operators, public, DEMO_BANNER.to_owned()).await?;
        Ok(Stage {
            ctx,
            shop,
            shop_id: ids[0],
            quiet_shop,
            quiet_shop_id: ids[1],
            mailer,
            photo_url,
            operators_url: config.server.operators_url.clone(),
            providers,
            prints,
            faces: vec![face, far_face],
            serving,
            _state: state,
        })
    }

    /// Everything that any provider accepted.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.providers.iter().flat_map(WorldProvider::ledger).collect()
    }

    /// What providers accepted of one order.
    pub fn ledger_of(&self, order: &Order) -> Vec<LedgerEntry> {
        let number = order.shop_order.map_or(0, |id| id.0);
        let mark = format!("wb-{}-{number}-", order.shop_name);
        let mut entries = self.ledger();
        entries.retain(|entry| entry.reference.starts_with(&mark));
        entries
    }

    /// The shop's status of a story's order.
    pub fn shop_status(&self, end: &super::story::Ended) -> String {
        let is_quiet = end.story == super::story::Story::MissedWebhook;
        let shop = if is_quiet { &self.quiet_shop } else { &self.shop };
        shop.status(end.shop_order)
    }

    /// Ends program and world.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.serving.stop().await?;
        for face in self.faces {
            face.stop().await;
        }
        Ok(())
    }

    /// Whether the program has ended by itself, and why.
    pub fn has_ended(&self) -> bool {
        self.serving.has_ended()
    }
}

const DEMO_BANNER: &str = "Demo: a simulated shop and simulated providers on this machine.";

/// Customers' orders are announced to the program; the quiet shop's go nowhere.
fn listen_to_shops(addresses: &Addresses, shop: &WorldShop, quiet: &WorldShop) {
    for topic in ["order.created", "order.updated", "order.deleted"] {
        shop.listen(topic, &format!("http://{}/hooks/shop/main", addresses.public), SECRET);
        // Nobody listens on the discard port of loopback: each delivery fails.
        quiet.listen(topic, "http://127.0.0.1:9/hooks/shop/quiet", SECRET);
    }
}

const SECRET: &str = "demoWebhookSecret0123456789";

struct Addresses {
    operators: String,
    public: String,
    shop: String,
    quiet: String,
    customcat: String,
    shineon: String,
    far: String,
}

/// The wished port of loopback, or any free one.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await.context("no port is free"),
    }
}

/// The sample designs and a product map for what the demo's shop sells.
async fn furnish_demo(ctx: &Ctx) -> anyhow::Result<()> {
    for sample in design_folder::samples() {
        let design = design_folder::checked(sample.name, sample.file_map()).map_err(|faults| {
            anyhow::anyhow!("the sample {} is broken: {faults:?}", sample.name)
        })?;
        furnish::add_design(ctx, design).await?;
    }
    for shop in ["main", "quiet"] {
        let call = admin::Call::ProductImport { shop: shop.to_owned(), csv: PRODUCTS.to_owned() };
        admin::perform(ctx, call).await.map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

const PRODUCTS: &str = "match,key,made,design,provider,provider_sku
sku,MUG-11,here,mug-name-photo,customcat,47417
sku,MUG-FAR,here,mug-name-photo,far,47417
sku,PENDANT-HEART,here,photo-pendant,shineon,SO-15845643
sku,SHIRT-L,here,team-shirt,workshop,SHIRT-L-NAVY
sku,HILLS-4X6,here,finished-print,customcat,48146
";

fn config_text(
    folder: &Path,
    tempo: Tempo,
    at: &Addresses,
    shops: (&WorldShop, &WorldShop),
    providers: &[WorldProvider],
) -> String {
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!(
        "[server]\nstate_dir = {}\noperators = \"{}\"\npublic = \"{}\"\n\
         operators_url = \"http://{}\"\npublic_url = \"http://{}\"\n\
         [countdown]\ngrace = \"2 s\"\nundo = \"1 s\"\n\
         [pace]\nlook_up_every = \"300 ms\"\nretry_base = \"300 ms\"\nretry_max = \"5 s\"\n\
         watch_every = \"2 s\"\n\
         [alerts]\nto = [\"operators@shop.example\"]\n\
         [mail]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"never\"\nfrom = \"prints@shop.example\"\n",
        quote(&folder.join("state").display().to_string()),
        at.operators,
        at.public,
        at.operators,
        at.public
    );
    for (shop, url) in [(shops.0, &at.shop), (shops.1, &at.quiet)] {
        let key = shop.key();
        text += &format!(
            "[[shop]]\nname = {}\nurl = {}\nconsumer_key = {}\nconsumer_secret = {}\n\
             other_urls = [{}]\nwebhook_secrets = [\"{SECRET}\"]\ndelay = \"{} s\"\npoll_every = \"2 s\"\n\
             overlap = \"10 s\"\n",
            quote(shop.name()),
            quote(url),
            quote(&key.consumer_key),
            quote(&key.consumer_secret),
            quote(&shop.home()),
            tempo.delay_s
        );
    }
    for (provider, (kind, url)) in providers.iter().zip([
        ("customcat", &at.customcat),
        ("shineon", &at.shineon),
        ("customcat", &at.far),
    ]) {
        let mut keys = (String::new(), String::new());
        provider.set(|settings| {
            keys = (settings.key.clone(), settings.key_read_only.clone());
        });
        text += &format!(
            "[[provider]]\nname = {}\nkind = \"{kind}\"\nmode = \"live\"\nurl = {}\nkey = {}\n\
             read_key = {}\nshipping = {{ \"*\" = \"{}\" }}\nfallback_phone = \"3135550100\"\n\
             fallback_email = \"orders@shop.example\"\ntrack_every = \"1 s\"\nsettle = \"3 s\"\n\
             pace = \"20 ms\"\ncall_max = \"5 s\"\n",
            quote(provider.name()),
            quote(url),
            quote(&keys.0),
            quote(&keys.1),
            if kind == "shineon" { "standard-us" } else { "Economy" }
        );
    }
    text + "[[provider]]\nname = \"workshop\"\nkind = \"by_hand\"\nmode = \"live\"\n\
            shipping = { \"*\" = \"as the customer chose\" }\n"
}
