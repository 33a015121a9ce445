//! What `doctor` looks at: this machine, the state folder, and everybody outside.
//!
//! Nothing is changed: no lock is taken, no folder is made, no row is written, no order is sent.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Reach;
use super::found::{Asked, Database, Folder, Found, Listen, Lock};
use super::goods;
use crate::app::state_dir::{self, derive};
use crate::app::{live, seats};
use crate::cli::{own_program, setup};
use crate::config::Config;
use crate::config::compose::compose;
use crate::db::engine::{self, Check, Now};
use crate::db::{self, DbError, Tx};
use crate::model::id::Hash;
use crate::outside::clock::{Clock, SystemClock};
use crate::outside::design_folder;
use crate::outside::files::{Files as _, FolderFiles, Kept};
use crate::outside::machine;
use crate::outside::press::{ChildPress, Press as _, PressJob, Want};

/// A file that no row names is looked at as left over only after a day.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 3_600);
const CONNECT_MAX: Duration = Duration::from_secs(2);
const TEST_DESIGN: &str = "name = \"Test\"\n[area.front]\nfile = \"front.svg\"\nwidth_in = 1.0\n\
    height_in = 1.0\ndpi = 300\nformat = \"png\"\n";
/// It has a text, so that fonts are needed.
const TEST_DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 72 72\" \
    width=\"1in\" height=\"1in\"><text x=\"6\" y=\"40\" font-family=\"Open Sans\" \
    font-size=\"12\">woodblock</text></svg>";

/// Looks at everything.
pub(super) async fn gather(
    config: &Config,
    config_path: &Path,
    reach: Reach,
) -> anyhow::Result<Found> {
    let state = config.server.state_dir.as_path();
    let lock = lock(state);
    let press = ChildPress::new(own_program()?, setup::limits(config));
    let (shops, clocks) = shops(config, reach).await;
    let database = database(state);
    let mapped = match &database {
        Some(Ok(database)) => database.mapped.clone(),
        Some(Err(_)) | None => Vec::new(),
    };
    Ok(Found {
        folder: folder(state),
        lock,
        foreign: machine::foreign_file_system(existing(state)).map_err(|error| error.to_string()),
        free_bytes: machine::free_bytes(existing(state)).map_err(|error| error.to_string()),
        sqlite_version: engine::sqlite_version(),
        database,
        wal_bytes: machine::size_bytes(&state.join("woodblock.db-wal")).unwrap_or(0),
        walls: press.probe().await.map_err(|error| error.to_string()),
        unconfined: config.render.unconfined,
        picture: picture(&press).await,
        fonts: crate::render::fonts::Fonts::of(&BTreeMap::new()).families(),
        shops,
        clocks,
        providers: providers(config, reach).await,
        goods: goods::ask_goods(config, &mapped, reach).await,
        shipping: goods::ask_shipping(config, reach).await,
        mail: mail(config, reach).await,
        public: public(config, lock, reach).await,
        listens: listens(config, lock),
        key_mode: mode(&state.join("key")).ok(),
        secrets: secrets(config, config_path),
        bad_zone: jiff::tz::TimeZone::get(&config.server.zone)
            .is_err()
            .then(|| config.server.zone.clone()),
    })
}

/// The settings with what was set in the pages, as far as the database can be read.
pub(super) fn with_pages(config: Config) -> Config {
    let state = &config.server.state_dir;
    let path = state.join("woodblock.db");
    let Some(key) = std::fs::read(state.join("key")).ok().filter(|_| path.exists()) else {
        return config;
    };
    let now: Now = Arc::new(|| SystemClock.now());
    let read = |tx: &Tx<'_>| Ok((db::setting::all(tx)?, db::setting::secrets(tx)?));
    let found = engine::inspect(&path, Check::Quick, &now, read).ok().and_then(|found| found.read);
    match found {
        Some((rows, secrets)) => {
            let stored = live::stored(&rows, &secrets, &derive(&key, "files"));
            compose(&config, &stored).config
        }
        None => config,
    }
}

/// The folder itself, or the nearest one above it that is there.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

fn mode(path: &Path) -> std::io::Result<u32> {
    std::fs::metadata(path).map(|found| found.mode() & 0o7777)
}

fn folder(state: &Path) -> Result<Folder, String> {
    let found = std::fs::metadata(state);
    let found = found.map_err(|error| format!("{} cannot be used: {error}", state.display()))?;
    Ok(Folder {
        path: state.display().to_string(),
        mode: found.mode() & 0o7777,
        owner: found.uid(),
        asker: rustix::process::geteuid().as_raw(),
    })
}

fn lock(state: &Path) -> Lock {
    match state_dir::is_locked(state) {
        false => Lock::Free,
        true => match UnixStream::connect(state_dir::admin_socket(state)) {
            Ok(_) => Lock::Answers,
            Err(_) => Lock::Silent,
        },
    }
}

fn database(state: &Path) -> Option<Result<Database, String>> {
    let path = state.join("woodblock.db");
    if !path.exists() {
        return None;
    }
    let now: Now = Arc::new(|| SystemClock.now());
    let found = match engine::inspect(&path, Check::Quick, &now, rows) {
        Ok(found) => found,
        Err(error) => return Some(Err(in_words(&error))),
    };
    let mut database = found.read.as_ref().map(|rows| rows.database.clone()).unwrap_or_default();
    database.schema = found.schema;
    database.known = found.known;
    database.damage = found.damage;
    if let Some(rows) = found.read
        && let Err(why) = compare_files(&mut database, &rows, &state.join("files"))
    {
        return Some(Err(why.to_string()));
    }
    Some(Ok(database))
}

fn in_words(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// What the rows say.
struct Rows {
    database: Database,
    needed: Vec<(Hash, i64)>,
    all: HashSet<Hash>,
    design_files: Vec<(String, Hash)>,
}

fn rows(tx: &Tx<'_>) -> Result<Rows, DbError> {
    let ages = db::health::ages(tx)?;
    let database = Database {
        unknown_designs: db::doctor::unknown_designs(tx)?,
        unknown_providers: db::doctor::unknown_providers(tx)?,
        mapped: db::doctor::mapped(tx)?,
        open_alerts: db::board::open_alerts(tx)?,
        overdue_s: ages.overdue_since.map(|since| tx.now.since(since).as_secs()),
        is_stopped: db::switch::is_stopped(tx)?,
        recovery: db::switch::get(tx, db::switch::RECOVERY)?.filter(|why| !why.is_empty()),
        ..Database::default()
    };
    Ok(Rows {
        database,
        needed: db::file::needed(tx)?,
        all: db::file::all(tx)?.into_iter().collect(),
        design_files: db::doctor::design_files(tx)?,
    })
}

fn compare_files(database: &mut Database, rows: &Rows, folder: &Path) -> std::io::Result<()> {
    let kept: Vec<Kept> = match folder.exists() {
        true => FolderFiles::open(folder)?.all()?,
        false => Vec::new(),
    };
    let sizes: HashMap<&Hash, u64> = kept.iter().map(|file| (&file.hash, file.bytes)).collect();
    let is_whole = |(hash, bytes): &&(Hash, i64)| {
        sizes.get(hash).is_some_and(|found| u64::try_from(*bytes) == Ok(*found))
    };
    let missing = rows.needed.iter().filter(|file| !is_whole(file));
    database.missing_files = missing.map(|(hash, _)| hash.to_string()).collect();
    let before = SystemClock.now().minus(ORPHAN_AGE);
    let is_orphan = |file: &&Kept| file.written_at < before && !rows.all.contains(&file.hash);
    database.orphan_files = kept.iter().filter(is_orphan).count();
    let broken = rows.design_files.iter().filter(|(_, hash)| !sizes.contains_key(hash));
    database.broken_designs = broken.map(|(name, _)| name.clone()).collect();
    database.broken_designs.dedup();
    Ok(())
}

/// A small design with a text in it, drawn as customers' orders are.
async fn picture(press: &ChildPress) -> Result<String, String> {
    let files = [("design.toml", TEST_DESIGN), ("front.svg", TEST_DRAWING)];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let design = design_folder::checked("doctor", BTreeMap::from(files))
        .map_err(|_| "the test design is broken".to_owned())?;
    let job = PressJob {
        design: Arc::new(design),
        values: BTreeMap::new(),
        photos: BTreeMap::new(),
        want: Want::Print,
    };
    let pressed = press.draw(job).await.map_err(|error| error.to_string())?;
    let bytes: usize = pressed.areas.iter().map(|area| area.bytes.len()).sum();
    match bytes {
        0 => Err("the picture is empty".to_owned()),
        bytes => Ok(format!("drawn in a child behind its walls, {bytes} bytes")),
    }
}

async fn shops(config: &Config, reach: Reach) -> (Asked, Vec<(String, i64)>) {
    let (mut asked, mut clocks) = (Vec::new(), Vec::new());
    for shop in &config.shop {
        if reach == Reach::Offline {
            asked.push((shop.name.clone(), None));
            continue;
        }
        let said = match seats::woocommerce(shop, Arc::new(SystemClock), rand::random()) {
            Ok(seat) => {
                let said = seat.check().await.map_err(|error| error.to_string());
                clocks.extend(seat.clock_ahead_ms().map(|ahead_ms| (shop.name.clone(), ahead_ms)));
                said
            }
            Err(error) => Err(format!("{error:#}")),
        };
        asked.push((shop.name.clone(), Some(said)));
    }
    (asked, clocks)
}

async fn providers(config: &Config, reach: Reach) -> Asked {
    let mut asked = Vec::new();
    for provider in &config.provider {
        let said = match (reach, seats::adapter(provider)) {
            (Reach::Offline, _) => None,
            (Reach::Everything, Ok(seat)) => {
                Some(seat.check().await.map_err(|error| error.to_string()))
            }
            (Reach::Everything, Err(error)) => Some(Err(format!("{error:#}"))),
        };
        asked.push((provider.name.clone(), said));
    }
    asked
}

async fn mail(config: &Config, reach: Reach) -> Option<Option<Result<String, String>>> {
    let mail = config.mail.as_ref()?;
    match reach {
        Reach::Offline => Some(None),
        Reach::Everything => {
            let mailer = seats::smtp(mail, Arc::new(SystemClock));
            Some(Some(mailer.check().await.map_err(|error| error.to_string())))
        }
    }
}

/// Asks the public address a question that only this installation can answer.
async fn public(config: &Config, lock: Lock, reach: Reach) -> Result<Result<(), String>, String> {
    if reach == Reach::Offline {
        return Err("not asked: --offline".to_owned());
    }
    if lock != Lock::Answers {
        return Err("woodblock does not run".to_owned());
    }
    let key = std::fs::read(config.server.state_dir.join("key"));
    let key = key.map_err(|error| format!("the key cannot be read: {error}"))?;
    let question = format!("{:032x}", rand::random::<u128>());
    let expected = crate::flow::file::probe_answer(&derive(&key, "files"), &question);
    let url = format!("{}/files/probe/{question}", config.server.public_url);
    Ok(crate::outside::ping::is_answered(&url, &expected).await)
}

fn listens(config: &Config, lock: Lock) -> Vec<(String, Listen)> {
    [config.server.operators, config.server.public]
        .into_iter()
        .map(|address| (address.to_string(), listen(address, lock)))
        .collect()
}

fn listen(address: SocketAddr, lock: Lock) -> Listen {
    let is_answered = || TcpStream::connect_timeout(&address, CONNECT_MAX).is_ok();
    match lock {
        Lock::Answers if is_answered() => Listen::Ours,
        Lock::Answers => Listen::Deaf,
        Lock::Free | Lock::Silent => match TcpListener::bind(address) {
            Ok(_) => Listen::Free,
            Err(_) => Listen::Taken,
        },
    }
}

/// The files that hold secrets, the settings themselves among them when one stands there.
fn secrets(config: &Config, config_path: &Path) -> Vec<(String, Result<u32, String>)> {
    let mut files = config.secret_files();
    if config.holds_secrets() {
        files.push(config_path.to_owned());
    }
    files
        .into_iter()
        .map(|path| {
            let found = mode(&path).map_err(|error| format!("{}: {error}", path.display()));
            (path.display().to_string(), found)
        })
        .collect()
}
