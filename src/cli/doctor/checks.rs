//! What `doctor` says of what it found: named checks, each with its cure. Pure, so that each of them can
//! be shown to fail.

use crate::model::health::{CLOCK_OFFSET_MAX, DISK_FREE_MIN_BYTES, WAL_MAX_BYTES};
use crate::outside::press::Wall;

use super::found::{Asked, Database, Found, Listen, Lock};
use super::goods;

/// Below this version a WAL database can be damaged (R51): 3.51.3.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// The watchdog tells people of a passed deadline within minutes.
const OVERDUE_MAX_S: u64 = 15 * 60;
/// No more than so many names stand in one line.
const NAMES_MAX: usize = 5;

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Well(String),
    /// People should know; nothing is broken.
    Notice(String, &'static str),
    /// Not as it should be, with the cure.
    Bad(String, &'static str),
    /// Not looked at, and why.
    Skipped(String),
}

use Verdict::{Bad, Notice, Skipped, Well};

/// One check: its name, and what it says.
pub type Check = (&'static str, fn(&Found) -> Verdict);

/// Every check, in the order in which one would look.
pub const CHECKS: &[Check] = &[
    ("state folder", folder),
    ("lock", lock),
    ("file system", file_system),
    ("disk", disk),
    ("key file", key_file),
    ("secret files", secret_files),
    ("time zone", zone),
    ("sqlite", sqlite),
    ("database", database),
    ("schema", schema),
    ("write-ahead log", wal),
    ("files", files),
    ("orphan files", orphans),
    ("designs", designs),
    ("product map", product_map),
    ("walls", walls),
    ("test picture", picture),
    ("fonts", fonts),
    ("addresses", addresses),
    ("public address", public),
    ("shops", shops),
    ("clock", clock),
    ("providers", providers),
    ("provider goods", goods::goods),
    ("shipping methods", goods::shipping),
    ("mail", mail),
    ("overdue", overdue),
    ("alerts", alerts),
    ("stopped", stopped),
    ("recovery", recovery),
];

fn folder(found: &Found) -> Verdict {
    const MODE: &str = "Run `chmod 700` on it: it holds customers' data.";
    const OWNER: &str = "Run the command as the owner of the folder, for example with \
                         `runuser -u woodblock -- woodblock doctor`.";
    match &found.folder {
        Err(why) => Bad(why.clone(), "Make it, owned by the account that runs woodblock."),
        Ok(folder) if folder.mode & 0o077 != 0 => {
            Bad(format!("{} may be read by others ({:04o})", folder.path, folder.mode), MODE)
        }
        Ok(folder) if folder.owner == folder.asker => {
            Well(format!("{}, {:04o}", folder.path, folder.mode))
        }
        Ok(folder) => {
            let words = format!("{} belongs to user {}", folder.path, folder.owner);
            match folder.asker {
                0 => Notice(format!("{words}, and root asks"), OWNER),
                asker => Bad(format!("{words}, and user {asker} asks"), OWNER),
            }
        }
    }
}

fn lock(found: &Found) -> Verdict {
    match found.lock {
        Lock::Free => Well("nobody has it: woodblock does not run".to_owned()),
        Lock::Answers => Well("the running woodblock has it".to_owned()),
        Lock::Silent => Bad(
            "a program has it that does not answer".to_owned(),
            "Wait if it is just starting; else end it: `fuser` on the file lock names it.",
        ),
    }
}

fn file_system(found: &Found) -> Verdict {
    let cure = "Put the state folder on a disk of this machine: a database with a write-ahead log \
                is damaged elsewhere.";
    match &found.foreign {
        Ok(None) => Well("a disk of this machine".to_owned()),
        Ok(Some(name)) => Bad(format!("the state folder lies on {name}"), cure),
        Err(why) => Bad(why.clone(), cure),
    }
}

fn disk(found: &Found) -> Verdict {
    let cure = "Make room: on a full disk no order can be written down.";
    match found.free_bytes {
        Ok(bytes) if DISK_FREE_MIN_BYTES <= bytes => {
            Well(format!("{} MB are free", bytes / 1_000_000))
        }
        Ok(bytes) => Bad(format!("only {} MB are free", bytes / 1_000_000), cure),
        Err(ref why) => Bad(why.clone(), cure),
    }
}

fn key_file(found: &Found) -> Verdict {
    match found.key_mode {
        None => Skipped("it is made at the first start".to_owned()),
        Some(mode) if mode & 0o077 == 0 => Well(format!("{mode:04o}")),
        Some(mode) => Bad(
            format!("others may read it ({mode:04o})"),
            "Run `chmod 600` on the file key in the state folder: it opens print files.",
        ),
    }
}

fn secret_files(found: &Found) -> Verdict {
    let cure = "Run `chmod 600` on each, owned by the account that runs woodblock.";
    let bad: Vec<String> = found
        .secrets
        .iter()
        .filter_map(|(path, mode)| match mode {
            Ok(mode) if mode & 0o077 == 0 => None,
            Ok(mode) => Some(format!("{path} ({mode:04o})")),
            Err(why) => Some(why.clone()),
        })
        .collect();
    match bad.is_empty() {
        true => Well(format!("{} that only their owner reads", found.secrets.len())),
        false => Bad(format!("others may read {}", listed(&bad)), cure),
    }
}

fn zone(found: &Found) -> Verdict {
    match &found.bad_zone {
        None => Well("known".to_owned()),
        Some(zone) => Bad(
            format!("“{zone}” is not known here"),
            "Correct server.zone, for example Europe/Berlin, or install tzdata.",
        ),
    }
}

fn sqlite(found: &Found) -> Verdict {
    let version = found.sqlite_version;
    let words = format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000);
    match SQLITE_VERSION_MIN <= version {
        true => Well(words),
        false => Bad(words, "Build woodblock with its own SQLite, 3.51.3 or newer."),
    }
}

/// The database, where there is one that can be read.
fn readable(found: &Found) -> Result<&Database, Verdict> {
    match &found.database {
        None => Err(Skipped("the first start makes it".to_owned())),
        Some(Err(_)) => Err(Skipped("the database cannot be read".to_owned())),
        Some(Ok(database)) if !database.damage.is_empty() || database.schema != database.known => {
            Err(Skipped("the database is not this program's".to_owned()))
        }
        Some(Ok(database)) => Ok(database),
    }
}

fn database(found: &Found) -> Verdict {
    let cure = "Stop woodblock, move the state folder away and restore a backup with \
                `woodblock restore`.";
    match &found.database {
        None => Skipped("the first start makes it".to_owned()),
        Some(Err(why)) => Bad(why.clone(), cure),
        Some(Ok(database)) if database.damage.is_empty() => Well("whole".to_owned()),
        Some(Ok(database)) => Bad(format!("damaged: {}", listed(&database.damage)), cure),
    }
}

fn schema(found: &Found) -> Verdict {
    let Some(Ok(database)) = &found.database else {
        return Skipped("the database cannot be read".to_owned());
    };
    let (schema, known) = (database.schema, database.known);
    match schema.cmp(&known) {
        std::cmp::Ordering::Equal => Well(format!("version {schema}")),
        std::cmp::Ordering::Less => Notice(
            format!("version {schema}; this program brings it to {known}"),
            "Start woodblock: it puts a copy beside the database first.",
        ),
        std::cmp::Ordering::Greater => Bad(
            format!("version {schema}; this program knows up to {known}"),
            "Use the newer program, or restore a backup from before it.",
        ),
    }
}

fn wal(found: &Found) -> Verdict {
    let mb = found.wal_bytes / 1_000_000;
    match found.wal_bytes <= WAL_MAX_BYTES {
        true => Well(format!("{mb} MB")),
        false => Bad(
            format!("{mb} MB: it is not written back"),
            "Restart woodblock, and end programs that keep the database open.",
        ),
    }
}

fn files(found: &Found) -> Verdict {
    let database = match readable(found) {
        Ok(database) => database,
        Err(verdict) => return verdict,
    };
    match database.missing_files.is_empty() {
        true => Well("every file that a row names is there".to_owned()),
        false => Bad(
            format!("missing or cut off: {}", listed(&database.missing_files)),
            "Copy them from the newest backup, or draw the items again with Render again.",
        ),
    }
}

fn orphans(found: &Found) -> Verdict {
    match readable(found) {
        Err(verdict) => verdict,
        Ok(database) if database.orphan_files == 0 => Well("none".to_owned()),
        Ok(database) => Notice(
            format!("{} that no row names", database.orphan_files),
            "Nothing: the daily sweep of the running woodblock removes them.",
        ),
    }
}

fn designs(found: &Found) -> Verdict {
    match readable(found) {
        Err(verdict) => verdict,
        Ok(database) if database.broken_designs.is_empty() => {
            Well("their files are all there".to_owned())
        }
        Ok(database) => Bad(
            format!("files are missing of {}", listed(&database.broken_designs)),
            "Add each again with `woodblock design add`.",
        ),
    }
}

fn product_map(found: &Found) -> Verdict {
    let database = match readable(found) {
        Ok(database) => database,
        Err(verdict) => return verdict,
    };
    let unknown: Vec<String> = [&database.unknown_designs, &database.unknown_providers]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    match unknown.is_empty() {
        true => Well("every design and provider it names is here".to_owned()),
        false => Bad(
            format!("it names {}, which is not here", listed(&unknown)),
            "Add the design with `woodblock design add` or the provider to config.toml, or correct \
             the map.",
        ),
    }
}

fn walls(found: &Found) -> Verdict {
    let cure = "Run on a kernel with seccomp, and let the service use it: \
                systemd/woodblock.service does.";
    let report = match &found.walls {
        Ok(report) => report,
        Err(why) => return Bad(why.clone(), cure),
    };
    let missing: Vec<String> =
        report.missing().into_iter().map(|wall| wall.in_words().to_owned()).collect();
    if missing.is_empty() {
        return Well("all of them hold".to_owned());
    }
    let words = format!("missing: {}", listed(&missing));
    let suffices = Wall::ALL.into_iter().all(|w| w == Wall::Landlock || report.holds(w));
    match (suffices, found.unconfined) {
        (true, _) => Notice(words, "Nothing: seccomp and the limits hold without it."),
        (false, true) => Notice(words, "Take render.unconfined away on a public server."),
        (false, false) => Bad(words, cure),
    }
}

fn picture(found: &Found) -> Verdict {
    match &found.picture {
        Ok(words) => Well(words.clone()),
        Err(why) => Bad(
            why.clone(),
            "If the walls hold, raise render.memory_mib or render.time_max; the log says more.",
        ),
    }
}

/// Families that every installation has.
const FAMILIES: [&str; 4] = ["Open Sans", "EB Garamond", "DejaVu Sans", "Bebas Neue"];

fn fonts(found: &Found) -> Verdict {
    let missing: Vec<String> = FAMILIES
        .iter()
        .filter(|family| !found.fonts.contains(**family))
        .map(|family| (*family).to_owned())
        .collect();
    match missing.is_empty() {
        true => Well(format!("{} families", found.fonts.len())),
        false => Bad(format!("missing: {}", listed(&missing)), "Install woodblock again."),
    }
}

fn addresses(found: &Found) -> Verdict {
    let bad = |wanted: Listen| -> Vec<String> {
        let of_kind = found.listens.iter().filter(|(_, listen)| *listen == wanted);
        of_kind.map(|(address, _)| address.clone()).collect()
    };
    let (taken, deaf) = (bad(Listen::Taken), bad(Listen::Deaf));
    match (taken.is_empty(), deaf.is_empty()) {
        (false, _) => Bad(
            format!("another program listens on {}", listed(&taken)),
            "End it, or change server.operators or server.public.",
        ),
        (true, false) => Bad(
            format!("the running woodblock does not listen on {}", listed(&deaf)),
            "Restart woodblock: the settings were changed since it started.",
        ),
        (true, true) => Well("free, or ours".to_owned()),
    }
}

fn public(found: &Found) -> Verdict {
    match &found.public {
        Err(why) => Skipped(why.clone()),
        Ok(Ok(())) => Well("it leads here".to_owned()),
        Ok(Err(why)) => Bad(
            why.clone(),
            "Pass server.public_url on to server.public in the shop's web server: providers fetch \
             print files there.",
        ),
    }
}

fn each(asked: &Asked, cure: &'static str) -> Verdict {
    let bad: Vec<String> = asked
        .iter()
        .filter_map(|(name, said)| match said {
            Some(Err(why)) => Some(format!("{name}: {why}")),
            Some(Ok(_)) | None => None,
        })
        .collect();
    let said: Vec<String> = asked
        .iter()
        .filter_map(|(name, said)| match said {
            Some(Ok(words)) => Some(format!("{name}: {}", words.join(", "))),
            Some(Err(_)) | None => None,
        })
        .collect();
    match (asked.is_empty(), bad.is_empty(), said.is_empty()) {
        (true, _, _) => Skipped("none is set".to_owned()),
        (false, false, _) => Bad(bad.join("; "), cure),
        (false, true, true) => Skipped("not asked: --offline".to_owned()),
        (false, true, false) => Well(said.join("; ")),
    }
}

fn shops(found: &Found) -> Verdict {
    each(
        &found.shops,
        "Check url, consumer_key and consumer_secret; the key needs read/write permission.",
    )
}

fn providers(found: &Found) -> Verdict {
    each(&found.providers, "Check its key and whether its address can be reached from here.")
}

fn clock(found: &Found) -> Verdict {
    let apart = |ahead_ms: i64| std::time::Duration::from_millis(ahead_ms.unsigned_abs());
    let bad: Vec<String> = found
        .clocks
        .iter()
        .filter(|(_, ahead_ms)| CLOCK_OFFSET_MAX < apart(*ahead_ms))
        .map(|(name, ahead_ms)| format!("{name} is {} s ahead of us", ahead_ms / 1_000))
        .collect();
    match (found.clocks.is_empty(), bad.is_empty()) {
        (true, _) => Skipped("no shop told its time".to_owned()),
        (false, true) => Well("within two minutes of every shop's".to_owned()),
        (false, false) => Bad(listed(&bad), "Set this machine's clock by NTP, or the shop's."),
    }
}

fn mail(found: &Found) -> Verdict {
    match &found.mail {
        None => Notice(
            "none is set: alerts stay in the pages".to_owned(),
            "Add [mail] and alerts.to, so that somebody is told.",
        ),
        Some(None) => Skipped("not asked: --offline".to_owned()),
        Some(Some(Ok(words))) => Well(words.clone()),
        Some(Some(Err(why))) => {
            Bad(why.clone(), "Check host, port, tls, user and password in [mail].")
        }
    }
}

fn overdue(found: &Found) -> Verdict {
    match readable(found).map(|database| database.overdue_s) {
        Err(verdict) => verdict,
        Ok(None) => Well("nothing".to_owned()),
        Ok(Some(age_s)) if age_s <= OVERDUE_MAX_S => Well(format!("since {age_s} s")),
        Ok(Some(age_s)) => Bad(
            format!("a deadline passed {} min ago and nobody was told", age_s / 60),
            "Start woodblock; if it runs, restart it: its watchdog does not.",
        ),
    }
}

fn alerts(found: &Found) -> Verdict {
    match readable(found).map(|database| database.open_alerts) {
        Err(verdict) => verdict,
        Ok(0) => Well("none is open".to_owned()),
        Ok(count) => Notice(
            format!("{count} open"),
            "Look at them on the page Alerts, and clear what is done.",
        ),
    }
}

fn stopped(found: &Found) -> Verdict {
    match readable(found).map(|database| database.is_stopped) {
        Err(verdict) => verdict,
        Ok(false) => Well("no".to_owned()),
        Ok(true) => Notice(
            "nothing is submitted".to_owned(),
            "Run `woodblock resume` when submissions may go on.",
        ),
    }
}

fn recovery(found: &Found) -> Verdict {
    match readable(found).map(|database| database.recovery.clone()) {
        Err(verdict) => verdict,
        Ok(None) => Well("not needed".to_owned()),
        Ok(Some(why)) => {
            Notice(why, "Start woodblock: it looks every open order up before anything is sent.")
        }
    }
}

/// The first names of a list.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
