//! Each check is made to fail, and nothing else with it.

use super::super::found::{Folder, Good};
use super::*;
use crate::outside::press::WallReport;

fn well() -> Found {
    let mut walls = WallReport::default();
    Wall::ALL.into_iter().for_each(|wall| walls.add(wall));
    let asked = |name: &str| (name.to_owned(), Some(Ok(vec!["it answers".to_owned()])));
    Found {
        folder: Ok(Folder { path: "/state".to_owned(), mode: 0o700, owner: 7, asker: 7 }),
        lock: Lock::Answers,
        foreign: Ok(None),
        free_bytes: Ok(DISK_FREE_MIN_BYTES),
        sqlite_version: SQLITE_VERSION_MIN,
        database: Some(Ok(Database { schema: 1, known: 1, ..Database::default() })),
        wal_bytes: 0,
        walls: Ok(walls),
        unconfined: false,
        picture: Ok("drawn".to_owned()),
        fonts: FAMILIES.iter().map(|family| (*family).to_owned()).collect(),
        shops: vec![asked("main")],
        clocks: vec![("main".to_owned(), -119_000)],
        providers: vec![asked("customcat")],
        goods: vec![("customcat 47417".to_owned(), Good::There)],
        shipping: vec![("customcat".to_owned(), Ok(Vec::new()))],
        mail: Some(Some(Ok("it lets us in".to_owned()))),
        public: Ok(Ok(())),
        listens: vec![("127.0.0.1:1".to_owned(), Listen::Ours)],
        key_mode: Some(0o600),
        secrets: vec![("/secret".to_owned(), Ok(0o600))],
        bad_zone: None,
    }
}

fn database(found: &mut Found) -> &mut Database {
    found.database.as_mut().unwrap().as_mut().unwrap()
}

fn without(walls: &[Wall]) -> Result<WallReport, String> {
    let mut report = WallReport::default();
    Wall::ALL.into_iter().filter(|wall| !walls.contains(wall)).for_each(|wall| report.add(wall));
    Ok(report)
}

type Harm = (&'static str, fn(&mut Found));

const FAILS: &[Harm] = &[
    ("state folder", |f| f.folder.as_mut().unwrap().mode = 0o750),
    ("state folder", |f| f.folder.as_mut().unwrap().asker = 8),
    ("state folder", |f| f.folder = Err("it is not there".to_owned())),
    ("lock", |f| f.lock = Lock::Silent),
    ("file system", |f| f.foreign = Ok(Some("NFS"))),
    ("disk", |f| f.free_bytes = Ok(DISK_FREE_MIN_BYTES - 1)),
    ("key file", |f| f.key_mode = Some(0o640)),
    ("secret files", |f| f.secrets[0].1 = Ok(0o604)),
    ("time zone", |f| f.bad_zone = Some("Mars/Olympus".to_owned())),
    ("sqlite", |f| f.sqlite_version = SQLITE_VERSION_MIN - 1),
    ("database", |f| f.database = Some(Err("it is no database".to_owned()))),
    ("database", |f| database(f).damage = vec!["row 3 missing".to_owned()]),
    ("schema", |f| database(f).schema = 2),
    ("write-ahead log", |f| f.wal_bytes = WAL_MAX_BYTES + 1),
    ("files", |f| database(f).missing_files = vec!["3f9a".to_owned()]),
    ("designs", |f| database(f).broken_designs = vec!["mug".to_owned()]),
    ("product map", |f| database(f).unknown_designs = vec!["mug".to_owned()]),
    ("product map", |f| database(f).unknown_providers = vec!["far".to_owned()]),
    ("walls", |f| f.walls = without(&[Wall::Seccomp, Wall::Exec])),
    ("walls", |f| f.walls = Err("the child died".to_owned())),
    ("test picture", |f| f.picture = Err("the child died".to_owned())),
    ("fonts", |f| f.fonts.clear()),
    ("addresses", |f| f.listens[0].1 = Listen::Taken),
    ("addresses", |f| f.listens[0].1 = Listen::Deaf),
    ("public address", |f| f.public = Ok(Err("HTTP 502".to_owned()))),
    ("shops", |f| f.shops[0].1 = Some(Err("the key is wrong".to_owned()))),
    ("clock", |f| f.clocks[0].1 = 121_000),
    ("providers", |f| f.providers[0].1 = Some(Err("the key is wrong".to_owned()))),
    ("provider goods", |f| f.goods[0].1 = Good::Bad("is out of stock".to_owned())),
    ("shipping methods", |f| f.shipping[0].1 = Ok(vec!["Camel".to_owned()])),
    ("mail", |f| f.mail = Some(Some(Err("no answer".to_owned())))),
    ("overdue", |f| database(f).overdue_s = Some(OVERDUE_MAX_S + 1)),
];

const NOTICES: &[Harm] = &[
    ("state folder", |f| f.folder.as_mut().unwrap().asker = 0),
    ("schema", |f| database(f).known = 2),
    ("orphan files", |f| database(f).orphan_files = 1),
    ("walls", |f| f.walls = without(&[Wall::Landlock])),
    ("provider goods", |f| f.goods[0].1 = Good::Unclear("HTTP 502".to_owned())),
    ("mail", |f| f.mail = None),
    ("alerts", |f| database(f).open_alerts = 1),
    ("stopped", |f| database(f).is_stopped = true),
    ("recovery", |f| database(f).recovery = Some("restored".to_owned())),
];

/// The names of the checks that say this kind of thing; a cure is a sentence.
fn named(found: &Found, is_wanted: fn(&Verdict) -> Option<&'static str>) -> Vec<&'static str> {
    let said = CHECKS.iter().filter_map(|(name, check)| {
        let cure = is_wanted(&check(found))?;
        assert!(cure.ends_with('.') && 10 < cure.len(), "{name}: {cure}");
        Some(*name)
    });
    said.collect()
}

fn bad(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Bad(_, cure) => Some(cure),
        Well(_) | Notice(_, _) | Skipped(_) => None,
    }
}

fn notice(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Notice(_, cure) => Some(cure),
        Well(_) | Bad(_, _) | Skipped(_) => None,
    }
}

#[test]
fn every_check_can_fail_and_says_its_cure() {
    for (name, check) in CHECKS {
        assert!(matches!(check(&well()), Well(_)), "{name}: {:?}", check(&well()));
        let is_harmed = |harms: &[Harm]| harms.iter().any(|(known, _)| known == name);
        assert!(is_harmed(FAILS) || is_harmed(NOTICES), "{name} is never shown to fail");
    }
    for (name, harm) in FAILS {
        let mut found = well();
        harm(&mut found);
        assert_eq!(named(&found, bad), [*name]);
    }
    for (name, harm) in NOTICES {
        let mut found = well();
        harm(&mut found);
        assert_eq!((named(&found, bad), named(&found, notice)), (vec![], vec![*name]));
    }
}

#[test]
fn before_the_first_start_nothing_fails_for_want_of_a_database() {
    let found = Found { database: None, key_mode: None, lock: Lock::Free, ..well() };
    assert_eq!(named(&found, bad), Vec::<&str>::new());
}
