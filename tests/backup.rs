//! Backups of a running program, and the way back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Day, HOUR, cart, named};
use crate::serve::{ask, config};
use woodblock::db;
use woodblock::flow::backup::{self, Place};
use woodblock::flow::file;
use woodblock::outside::backup_folder::OldBackup;
use woodblock::outside::clock::Clock as _;
use woodblock::outside::files::{Files, FolderFiles};

/// The one backup in a folder.
fn only(folder: &Path) -> PathBuf {
    let found: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// The settings with another state folder.
fn elsewhere(config: &Path, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(config).unwrap();
    let line = text.lines().find(|line| line.starts_with("state_dir")).unwrap();
    let state = folder.join("restored");
    let text = text.replace(line, &format!("state_dir = \"{}\"", state.display()));
    let path = folder.join("restored.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// The demo runs, a backup is made meanwhile and another at its end; both come back, and the orders
/// of the second are word for word those of the program that made it.
#[test]
fn a_backup_under_load_comes_back_and_the_last_one_equals_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    let config = dir.join("config.toml");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_woodblock"))
        .args(["demo", "--until-done", "--orders", "6", "--seed", "3", "--dir"])
        .arg(&dir)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let socket = dir.join("state/admin.sock");
    while !socket.exists() || ask(&config, &["order", "list"], "").1.lines().count() < 3 {
        assert!(demo.try_wait().unwrap().is_none(), "the demo ended early");
        std::thread::yield_now();
    }
    let (right, said) = ask(&config, &["backup", &backups.display().to_string()], "");
    assert!(right && said.contains("holds the database"), "{said}");
    assert!(demo.try_wait().unwrap().is_none(), "it was made while the demo ran");
    let under_load = only(&backups);
    assert!(demo.wait().unwrap().success());

    let (_, at_the_end) = ask(&config, &["order", "list"], "");
    let numbers = |list: &str| -> BTreeSet<String> {
        list.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let early = elsewhere(&config, &folder.path().join("backups"));
    let (right, said) = ask(&early, &["restore", &under_load.display().to_string()], "");
    assert!(right && said.contains("recovery mode"), "{said}");
    let (_, list) = ask(&early, &["order", "list"], "");
    assert!(3 <= numbers(&list).len() && numbers(&list).is_subset(&numbers(&at_the_end)), "{list}");

    let last = folder.path().join("last");
    let (right, said) = ask(&config, &["backup", &last.display().to_string()], "");
    assert!(right, "by itself, since nobody runs: {said}");
    let later = folder.path().join("later");
    std::fs::create_dir(&later).unwrap();
    let later = elsewhere(&config, &later);
    let (right, said) = ask(&later, &["restore", &last.display().to_string()], "");
    assert!(right, "{said}");
    assert_eq!(ask(&later, &["order", "list"], "").1, at_the_end);
    for number in numbers(&at_the_end) {
        let show = ["order", "show", number.as_str()];
        assert_eq!(ask(&later, &show, "").1, ask(&config, &show, "").1);
    }
    let (right, said) = ask(&later, &["restore", &last.display().to_string()], "");
    assert!(!right && said.contains("is not empty"), "a folder in use is left alone: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_what_is_needed_and_says_what_is_missing() {
    let day = Day::new().await;
    let order = day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    file::store(&day.ctx, b"a preview of nobody".to_vec(), "preview").await.unwrap();
    day.run_for(HOUR).await;
    let folder = tempfile::tempdir().unwrap();
    let place = Place::At(folder.path().join("one"));
    let made = backup::make(&day.ctx, place.clone(), None, Vec::new()).await.unwrap();
    assert_eq!((made.files, made.missing.len()), (2, 0), "the print file and its preview");
    assert!(!made.path.join("secrets").exists(), "no secret unless asked for");
    assert!(backup::make(&day.ctx, place, None, Vec::new()).await.is_err(), "never over another");

    let print = day.order(order).await.items[0].facts.print_files[0].clone();
    day.files.remove(&print.hash).unwrap();
    let place = Place::At(folder.path().join("two"));
    let secrets = vec![("key".to_owned(), b"the key of the tests, 32 bytes..".to_vec())];
    let made = backup::make(&day.ctx, place, None, secrets).await.unwrap();
    assert_eq!(made.missing, [print.hash]);
    let old = OldBackup::open(&made.path).unwrap();
    assert_eq!(old.key().unwrap(), b"the key of the tests, 32 bytes..");
    assert_eq!(old.manifest.missing.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_older_backups_are_removed() {
    let day = Day::new().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("woodblock-of-somebody-else")).unwrap();
    let mut made = Vec::new();
    for _ in 0..4 {
        let place = Place::Into(folder.path().to_owned());
        made.push(backup::make(&day.ctx, place, Some(2), Vec::new()).await.unwrap());
        day.clock.set(day.clock.now().plus(HOUR));
    }
    assert_eq!(made.iter().map(|one| one.forgotten).collect::<Vec<_>>(), [0, 0, 1, 1]);
    let are_there: Vec<bool> = made.iter().map(|one| one.path.exists()).collect();
    assert_eq!(are_there, [false, false, true, true]);
    assert!(folder.path().join("woodblock-of-somebody-else").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_not_restored_and_a_whole_one_is_marked_for_recovery() {
    let day = Day::new().await;
    day.shop.customer_buys(cart(vec![named("MUG", "Rex")]));
    day.run_for(HOUR).await;
    let folder = tempfile::tempdir().unwrap();
    let make = async |name: &str| {
        let place = Place::At(folder.path().join(name));
        backup::make(&day.ctx, place, None, Vec::new()).await.unwrap().path
    };
    let now = day.clock.now();
    let database = folder.path().join("restored.db");
    let files = FolderFiles::open(folder.path().join("restored-files")).unwrap();

    let path = make("file").await;
    let old = OldBackup::open(&path).unwrap();
    let hash = old.files().unwrap().all().unwrap()[0].hash.clone();
    let (first, second) = (&hash.as_str()[..2], &hash.as_str()[2..4]);
    let file = path.join("files").join(first).join(second).join(hash.as_str());
    std::fs::write(file, b"something else").unwrap();
    let error = backup::restore(&old, &database, &files, now).unwrap_err();
    assert!(error.to_string().contains("is damaged"), "{error}");
    assert!(!database.exists(), "nothing begins to work with half of it");

    let path = make("database").await;
    let mut bytes = std::fs::read(path.join("woodblock.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path.join("woodblock.db"), bytes).unwrap();
    assert!(OldBackup::open(&path).is_err());

    let old = OldBackup::open(&make("whole").await).unwrap();
    let restored = backup::restore(&old, &database, &files, now).unwrap();
    assert_eq!((restored.files, restored.missing.len()), (2, 0));
    let clock = day.clock.clone();
    let now: db::engine::Now = std::sync::Arc::new(move || clock.now());
    let restored = db::Db::open(&database, now).unwrap();
    let why: Result<Option<String>, db::DbError> =
        restored.read(|tx| db::switch::get(tx, db::switch::RECOVERY)).await;
    assert!(why.unwrap().unwrap().starts_with("restored from the backup of 2026-03-03T09:00"));
}

#[test]
fn secrets_go_with_a_backup_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    assert!(ask(&config, &["user", "list"], "").0);
    let at = |name: &str| folder.path().join(name).display().to_string();
    assert!(ask(&config, &["backup", &at("plain")], "").0);
    let (right, said) = ask(&config, &["backup", "--with-secrets", &at("full")], "");
    assert!(right, "{said}");
    assert!(!folder.path().join("plain/secrets").exists());
    let secrets = folder.path().join("full/secrets");
    let key = std::fs::read(folder.path().join("state/key")).unwrap();
    assert_eq!(std::fs::read(secrets.join("key")).unwrap(), key);
    assert_eq!(
        std::fs::read(secrets.join("config.toml")).unwrap(),
        std::fs::read(&config).unwrap()
    );

    let elsewhere = elsewhere(&config, folder.path());
    assert!(ask(&elsewhere, &["restore", &at("full")], "").0);
    assert_eq!(std::fs::read(folder.path().join("restored/key")).unwrap(), key);
    let (right, said) = ask(&elsewhere, &["restore", &at("state")], "");
    assert!(!right && said.contains("is not empty"), "{said}");
}
