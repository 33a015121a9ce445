//! The real program as a child process, and around it a world that outlives it: shop and providers
//! over HTTP on loopback, orders that keep arriving, and a book of what was acknowledged.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use woodblock::app::state_dir::StateDir;
use woodblock::cli::{admin, setup};
use woodblock::config::Config;
use woodblock::flow::audit::{self, Audited, Scope};
use woodblock::flow::{Ctx, furnish};
use woodblock::model::id::{Hash, ShopOrderId};
use woodblock::outside::clock::{Clock, SystemClock};
use woodblock::outside::design_folder;
use woodblock::sandbox::provider::Start;
use woodblock::sandbox::shop::{ShopAct, a_recipient, sign};
use woodblock::sandbox::{Cart, CartLine, HttpFace, World, WorldProvider, WorldShop};

use crate::common::port::free_port;

const SECRET: &str = "proofWebhookSecret0123456789";
const DESIGN: &str = "name = \"Tag\"\n[area.front]\nfile = \"front.svg\"\nwidth_in = 1.0\n\
    height_in = 1.0\ndpi = 100\nformat = \"png\"\n[field.name]\nkind = \"text\"\nlabel = \"Name\"\n\
    letters = \"letters\"\nmax = 20\nfit = \"shrink\"\nmin_pt = 4\n";
const DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1in\" height=\"1in\" \
    viewBox=\"0 0 100 100\"><rect id=\"name-box\" x=\"5\" y=\"30\" width=\"90\" height=\"40\" \
    fill=\"none\"/><text id=\"name\" x=\"50\" y=\"60\" font-size=\"20\" \
    text-anchor=\"middle\">Rex</text></svg>";
const PHOTO_DESIGN: &str = "name = \"Snap\"\n[area.front]\nfile = \"front.svg\"\nwidth_in = 1.0\n\
    height_in = 1.0\ndpi = 100\nformat = \"png\"\n[field.photo]\nkind = \"photo\"\nlabel = \"Photo\"\n\
    from = [\"Photo\"]\n";
const PHOTO_DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1in\" height=\"1in\" \
    viewBox=\"0 0 100 100\"><rect id=\"photo\" x=\"5\" y=\"5\" width=\"90\" height=\"90\"/></svg>";
const PRODUCTS: &str = "match,key,made,design,provider,provider_sku\n\
    sku,TAG,here,tag,customcat,47417\nsku,PENDANT,here,tag,shineon,SO-15845643\n\
    sku,SNAP,here,snap,customcat,47417\n";
/// A provider begins to make so long after it took an order.
const STARTED_AFTER: Duration = Duration::from_millis(500);
/// The same for an order that is corrected meanwhile.
const CORRECTED_WITHIN: Duration = Duration::from_secs(4);
/// A program that says nothing for so long is stuck; the proof ends.
const START_MAX: Duration = Duration::from_secs(60);

/// A delivery that was answered with 2xx, or an order that was bought.
#[derive(Debug, Default)]
pub struct Book {
    /// Orders that customers bought.
    pub bought: Vec<ShopOrderId>,
    /// Hashes of the bodies that were acknowledged.
    pub acknowledged: BTreeSet<String>,
    /// Deliveries that got no 2xx.
    pub turned_away: u64,
}

/// The world and the program's folder.
pub struct Stage {
    /// The world, in this process.
    pub world: Arc<World>,
    /// The shop.
    pub shop: WorldShop,
    /// Both providers.
    pub providers: Vec<WorldProvider>,
    /// What customers did and what was acknowledged.
    pub book: Arc<Mutex<Book>>,
    /// Everything on disk.
    pub folder: tempfile::TempDir,
    program: PathBuf,
    hook: String,
    client: reqwest::Client,
    face: HttpFace,
}

impl Stage {
    /// A new world, and a folder with settings, designs and the product map.
    pub async fn new(seed: u64, program: &Path) -> Stage {
        Stage::with(seed, program, "").await
    }

    /// The same with further settings.
    pub async fn with(seed: u64, program: &Path, settings: &str) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let world = World::new(seed, clock.now());
        let shop = world.shop("main");
        let providers = vec![world.customcat("customcat"), world.shineon("shineon")];
        for provider in &providers {
            provider.set(|settings| {
                settings.start = Start::After(STARTED_AFTER);
                settings.making = Duration::from_millis(500);
            });
        }
        let face = HttpFace::start(world.clone(), clock).await.unwrap();
        let public = free_port();
        let text = config_text(folder.path(), public, &face, &shop, &providers);
        let text = text.replacen("[[shop]]", &format!("{settings}[[shop]]"), 1);
        std::fs::write(folder.path().join("config.toml"), &text).unwrap();
        let stage = Stage {
            world,
            shop,
            providers,
            book: Arc::default(),
            folder,
            program: program.to_owned(),
            hook: format!("http://127.0.0.1:{public}/hooks/shop/main"),
            client: woodblock::outside::http::client().no_proxy().build().unwrap(),
            face,
        };
        let (ctx, _lock) = stage.open().await;
        for (name, toml, drawing) in
            [("tag", DESIGN, DRAWING), ("snap", PHOTO_DESIGN, PHOTO_DRAWING)]
        {
            let files = [("design.toml", toml), ("front.svg", drawing)];
            let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
            let design = design_folder::from_files(name, files.into()).unwrap();
            furnish::add_design(&ctx, design).await.unwrap();
        }
        let csv = PRODUCTS.to_owned();
        let call = admin::Call::ProductImport { shop: "main".to_owned(), csv };
        admin::perform(&ctx, call).await.unwrap();
        stage
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The program's own context, while the program itself does not run.
    pub async fn open(&self) -> (Ctx, StateDir) {
        let text = std::fs::read_to_string(self.folder.path().join("config.toml")).unwrap();
        let config = Config::parse(&text).unwrap();
        let state = StateDir::lock(&config.server.state_dir).unwrap();
        (setup::open(&config, &state, self.program.clone()).await.unwrap(), state)
    }

    /// Keeps the folder for people to look at.
    pub fn keep(&self) -> PathBuf {
        let kept = std::env::temp_dir().join(format!("woodblock-proof-{}", std::process::id()));
        let _ = Command::new("cp").arg("-r").arg(self.folder.path()).arg(&kept).status();
        kept
    }

    /// Every order, audited; the program must not run.
    pub async fn audit(&self) -> Vec<Audited> {
        let (ctx, _lock) = self.open().await;
        audit::run(&ctx, Scope::All).await.unwrap()
    }

    /// Starts the program, and waits until it says that it listens. An error tells what it said
    /// when it ended before.
    pub fn start(&self, set: impl Fn(&mut Command)) -> Result<Program, Ended> {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.path().join("config.toml")).arg("serve");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        set(&mut command);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (told, heard) = std::sync::mpsc::channel();
        let words = Arc::new(Mutex::new(Vec::new()));
        let points: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, passed) = (words.clone(), points.clone());
        let log = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains("hooks and files: ") {
                    let _ = told.send(());
                }
                if let Some((_, point)) = line.split_once("fail-point: ") {
                    passed.lock().unwrap().push(point.to_owned());
                }
                let mut kept = kept.lock().unwrap();
                kept.push(line);
                let more = kept.len().saturating_sub(40);
                kept.drain(..more);
            }
        });
        let mut program = Program { child, words, points, log: Some(log) };
        match heard.recv_timeout(START_MAX) {
            Ok(()) => Ok(program),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                let status = program.child.wait().unwrap();
                Err(Ended { was_killed: status.signal() == Some(9), words: program.words() })
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                panic!("the program does not start: {:#?}", program.words())
            }
        }
    }

    /// A customer buys, and the shop delivers its webhook at once; whether it was acknowledged.
    pub async fn buy(&self) -> bool {
        let nth = self.book.lock().unwrap().bought.len();
        let sku = if nth.is_multiple_of(2) { "TAG" } else { "PENDANT" };
        let name: String =
            format!("{nth:06}").bytes().map(|b| char::from(b'a' + b - b'0')).collect();
        let line = CartLine::of(11, sku, sku).with("Name", &name);
        let order = self.shop.customer_buys(Cart::of(vec![line]).to(a_recipient(nth)));
        self.book.lock().unwrap().bought.push(order);
        self.deliver(order, nth).await
    }

    /// The same with a photo that is fetched from the shop.
    pub async fn buy_with_photo(&self) -> bool {
        let nth = self.book.lock().unwrap().bought.len();
        let url = self.face.put_photo("dog.jpg", design_folder::SAMPLE_PHOTO.to_vec());
        let line = CartLine::of(12, "SNAP", "SNAP").with("Photo", &url);
        let order = self.shop.customer_buys(Cart::of(vec![line]).to(a_recipient(nth)));
        self.book.lock().unwrap().bought.push(order);
        self.deliver(order, nth).await
    }

    /// A customer buys, and cancels as soon as the provider has the order.
    pub async fn buy_and_cancel(&self, nth: usize) {
        let before = self.accepted();
        let line = CartLine::of(11, "TAG", "TAG").with("Name", "Gone");
        let order = self.shop.customer_buys(Cart::of(vec![line]).to(a_recipient(nth % 1_000)));
        self.deliver(order, nth).await;
        self.has_accepted_more_than(before).await;
        self.shop.act(order, ShopAct::Cancels);
        self.deliver(order, nth + 1).await;
    }

    /// A customer buys, and somebody sends the provider a corrected file before it is made.
    pub async fn buy_and_correct(&self, nth: usize) {
        let shineon = &self.providers[1];
        shineon.set(|settings| settings.start = Start::After(CORRECTED_WITHIN));
        let before = self.accepted();
        let line = CartLine::of(11, "PENDANT", "PENDANT").with("Name", "Evv");
        let order = self.shop.customer_buys(Cart::of(vec![line]).to(a_recipient(nth % 1_000)));
        self.book.lock().unwrap().bought.push(order);
        self.deliver(order, nth).await;
        self.has_accepted_more_than(before).await;
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.path().join("config.toml"));
        command.args(["order", "correct", &order.to_string(), "--set", "name=Eve"]);
        // It breaks off with the program.
        let _ = tokio::task::spawn_blocking(move || command.output()).await;
        shineon.set(|settings| settings.start = Start::After(STARTED_AFTER));
    }

    /// Waits until providers have one more order; not for ever, for the program may have fallen before.
    async fn has_accepted_more_than(&self, before: usize) {
        for _ in 0..400 {
            if before < self.accepted() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn accepted(&self) -> usize {
        self.providers.iter().map(|provider| provider.ledger().len()).sum()
    }

    /// The answer of the operators' pages at this path: status and body.
    pub async fn page(&self, path: &str) -> (u16, String) {
        let text = std::fs::read_to_string(self.folder.path().join("config.toml")).unwrap();
        let url = text.split("operators_url = \"").nth(1).unwrap().split('"').next().unwrap();
        let answer = self.client.get(format!("{url}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// One delivery about an order; whether it was acknowledged. `nth` makes its body a new one.
    pub async fn deliver(&self, order: ShopOrderId, nth: usize) -> bool {
        let body = format!("{{\"id\":{order},\"status\":\"processing\",\"nth\":{nth}}}");
        let request = self
            .client
            .post(&self.hook)
            .header("X-WC-Webhook-Signature", sign(SECRET, body.as_bytes()))
            .header("X-WC-Webhook-Topic", "order.updated")
            .header("X-WC-Webhook-ID", "1")
            .header("X-WC-Webhook-Source", self.shop.home())
            .timeout(Duration::from_secs(20))
            .body(body.clone());
        let is_taken = request.send().await.is_ok_and(|answer| answer.status().is_success());
        let mut book = self.book.lock().unwrap();
        match is_taken {
            true => {
                book.acknowledged.insert(Hash::of(body.as_bytes()).to_string());
            }
            false => book.turned_away += 1,
        }
        is_taken
    }

    /// What is wrong on the disk, told from a copy of it, so that the program finds it untouched:
    /// damage, and acknowledged deliveries that are not there.
    pub fn inspect(&self) -> Vec<String> {
        let copy = tempfile::tempdir().unwrap();
        for name in ["woodblock.db", "woodblock.db-wal"] {
            let from = self.state().join(name);
            if from.exists() {
                std::fs::copy(from, copy.path().join(name)).unwrap();
            }
        }
        let db = rusqlite::Connection::open(copy.path().join("woodblock.db")).unwrap();
        let told: Result<String, _> = db.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        let mut wrong = Vec::new();
        if !told.as_ref().is_ok_and(|told| told == "ok") {
            wrong.push(format!("the database is damaged: {told:?}"));
            return wrong;
        }
        let mut rows = db.prepare("SELECT body_hash FROM deliveries").unwrap();
        let kept = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let kept: BTreeSet<String> = kept.map(Result::unwrap).collect();
        let book = self.book.lock().unwrap();
        let lost = book.acknowledged.iter().filter(|hash| !kept.contains(*hash));
        wrong.extend(lost.map(|hash| format!("the acknowledged delivery {hash} is lost")));
        wrong
    }

    /// Work of orders that waits or runs, looks at what providers make aside.
    pub fn jobs_waiting(&self) -> u32 {
        let db = rusqlite::Connection::open(self.state().join("woodblock.db")).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        let sql = "SELECT COUNT(*) FROM jobs WHERE state <> 'failed' AND step IN
                   ('intake', 'artwork', 'submit', 'resolve', 'shop_sync', 'cancel')";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// What must never be seen at the providers.
    pub fn doubled(&self) -> Vec<String> {
        let doubled = self.world.double_charges().into_iter();
        let doubled = doubled.map(|reference| format!("{reference} is made twice"));
        let wrong = self.world.misprints().into_iter();
        doubled.chain(wrong.map(|url| format!("{url} led to other bytes"))).collect()
    }

    /// Orders that the shop does not know as completed.
    pub fn open_orders(&self) -> usize {
        let book = self.book.lock().unwrap();
        book.bought.iter().filter(|order| self.shop.status(**order) != "completed").count()
    }
}

/// A program that ended before it listened.
#[derive(Debug)]
pub struct Ended {
    /// Whether something killed it.
    pub was_killed: bool,
    /// The last lines of its log.
    pub words: Vec<String>,
}

/// The program, running; it is killed with this value.
pub struct Program {
    child: Child,
    words: Arc<Mutex<Vec<String>>>,
    points: Arc<Mutex<Vec<String>>>,
    log: Option<std::thread::JoinHandle<()>>,
}

impl Program {
    /// Kills it, as the system would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }

    /// Waits until it ends by itself; the code it ends with.
    pub fn ends_with(&mut self) -> Option<i32> {
        let status = self.child.wait().unwrap();
        // Its last words are read to their end.
        self.log.take().map(std::thread::JoinHandle::join);
        status.code()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The fail-points that it told of.
    pub fn points(&self) -> Vec<String> {
        self.points.lock().unwrap().clone()
    }

    /// The last lines of its log.
    pub fn words(&self) -> Vec<String> {
        self.words.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

fn config_text(
    folder: &Path,
    public: u16,
    face: &HttpFace,
    shop: &WorldShop,
    providers: &[WorldProvider],
) -> String {
    let (shop_url, operators) = (face.shop_url("main"), free_port());
    let key = shop.key();
    let mut text = format!(
        "[server]\nstate_dir = \"{}\"\noperators = \"127.0.0.1:{operators}\"\n\
         public = \"127.0.0.1:{public}\"\noperators_url = \"http://127.0.0.1:{operators}\"\n\
         public_url = \"http://127.0.0.1:{public}\"\n\
         [countdown]\ngrace = \"1 s\"\nundo = \"1 s\"\n[limits]\njump_times = 0\n\
         [pace]\nlook_up_every = \"300 ms\"\nretry_base = \"300 ms\"\nretry_max = \"2 s\"\n\
         watch_every = \"2 s\"\ntwin_wait = \"100 ms\"\n\
         [[shop]]\nname = \"main\"\nurl = \"{shop_url}\"\nconsumer_key = \"{}\"\n\
         consumer_secret = \"{}\"\nother_urls = [\"{}\"]\nwebhooks = \"by_hand\"\n\
         webhook_secrets = [\"{SECRET}\"]\ndelay = \"1 s\"\ngo_live = \"2020-01-01T00:00:00Z\"\npoll_every = \"2 s\"\n\
         overlap = \"10 s\"\n",
        folder.join("state").display(),
        key.consumer_key,
        key.consumer_secret,
        shop.home(),
    );
    let urls = [face.customcat_url("customcat"), face.shineon_url("shineon")];
    for ((provider, url), way) in providers.iter().zip(urls).zip(["Economy", "standard-us"]) {
        let (name, mut keys) = (provider.name(), (String::new(), String::new()));
        provider.set(|settings| {
            keys = (settings.key.clone(), settings.key_read_only.clone());
        });
        text += &format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"{name}\"\nmode = \"live\"\nurl = \"{url}\"\n\
             key = \"{}\"\nread_key = \"{}\"\nshipping = {{ \"*\" = \"{way}\" }}\n\
             fallback_phone = \"3135550100\"\nfallback_email = \"orders@shop.example\"\n\
             track_every = \"1 s\"\nsettle = \"3 s\"\npace = \"5 ms\"\ncall_max = \"5 s\"\n",
            keys.0, keys.1,
        );
    }
    text
}
