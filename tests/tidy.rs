//! The rules of the house, held by reading the source: layers, sizes, words that may not stand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may name, lowest first (`src/lib.rs` says why).
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("render", &["model"]),
    ("db", &["model"]),
    ("outside", &["model", "render"]),
    ("flow", &["model", "render", "db", "outside"]),
    ("config", &["model", "render", "db", "outside", "flow"]),
    ("app", &["model", "render", "db", "outside", "flow", "config"]),
    ("sandbox", &["model", "render", "outside"]),
    ("web", &["model", "render", "db", "outside", "flow", "config", "app"]),
    (
        "cli",
        &[
            "model",
            "render",
            "db",
            "outside",
            "flow",
            "app",
            "web",
            "config",
            "sandbox",
            "failpoint",
        ],
    ),
    ("main", &["cli"]),
    ("failpoint", &["model", "db", "outside", "flow"]),
    ("lib", &[]),
];

const LINES_MAX: usize = 500;

fn sources(root: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(root)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
    let kept = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    kept.collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
        || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn rooms_name_only_the_rooms_below_them() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut faults = Vec::new();
    for path in sources("src").iter().filter(|path| !is_test_file(path)) {
        let room = room(path);
        let Some(allowed) = table.get(room.as_str()) else {
            faults.push(format!("{}: the room `{room}` is not in the table", path.display()));
            continue;
        };
        let code = code(path);
        for (other, _) in MAY_USE {
            let names = code.contains(&format!("crate::{other}::"))
                || code.contains(&format!("use crate::{other};"));
            if names && *other != room && !allowed.contains(other) {
                faults.push(format!("{}: `{room}` may not use `{other}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Words that may stand in some rooms only: what, where it may stand, and why.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("rusqlite", &["src/db/engine"], "only the engine knows the database"),
    (
        "Deserialize",
        &["src/outside", "src/config", "src/cli", "src/sandbox", "src/web"],
        "documents belong to the wire of the module that speaks to that service",
    ),
    (
        "tokio::",
        &[
            "src/outside",
            "src/db/engine",
            "src/flow",
            "src/app",
            "src/web",
            "src/cli",
            "src/sandbox",
            "src/failpoint",
        ],
        "model and render know no async",
    ),
    ("reqwest", &["src/outside", "src/sandbox"], "only `outside` speaks to the world"),
    (
        "std::fs::",
        &[
            "src/outside",
            "src/app",
            "src/cli",
            "src/config",
            "src/sandbox",
            "src/web",
            "src/db/engine",
        ],
        "model, render and flow know no disk, and of db only the engine its own file",
    ),
    ("SystemTime::now", &["src/outside/clock.rs"], "ask the Clock"),
    ("Timestamp::now", &["src/outside/clock.rs"], "ask the Clock"),
    ("env::var", &["src/config", "src/failpoint/plan.rs"], "settings are read by `config` only"),
    (
        "SubmitPermit::new",
        &["src/model/fulfilment.rs", "src/flow/submit.rs"],
        "only the submission makes a permit, after the intent is committed",
    ),
    (
        "Intent::recorded",
        &["src/model/fulfilment.rs", "src/db/fulfilment.rs"],
        "only the database says that an intent is recorded",
    ),
    (
        "CorrectPermit::new",
        &["src/model/fulfilment.rs", "src/flow/correct.rs"],
        "only the correction makes its permit, after it is committed as being sent",
    ),
    (
        "Correction::recorded",
        &["src/model/fulfilment.rs", "src/db/fulfilment.rs"],
        "only the database says that a correction is recorded",
    ),
    (
        "ReleasePermit::new",
        &["src/model/fulfilment.rs", "src/flow/release.rs"],
        "only the release makes its permit, after it is committed as being sent",
    ),
    (
        "Release::recorded",
        &["src/model/fulfilment.rs", "src/db/draft.rs"],
        "only the database says that a release is recorded",
    ),
    ("unwrap()", &[], "say with `expect` why it cannot fail"),
    ("todo!(", &[], "unfinished work is not committed"),
    ("unimplemented!(", &[], "unfinished work is not committed"),
    ("dbg!(", &[], "it is for debugging"),
    ("|safe", &[], "pages escape everything"),
];

#[test]
fn words_stand_only_where_they_belong() {
    let mut faults = Vec::new();
    for path in sources("src").iter().filter(|path| !is_test_file(path)) {
        let shown = path.display().to_string();
        let code = code(path);
        for (word, places, why) in WORDS {
            let may = places.iter().any(|place| shown.starts_with(place));
            if code.contains(word) && !may {
                faults.push(format!("{shown}: `{word}` may not stand here: {why}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn each_permit_has_one_caller() {
    for maker in ["SubmitPermit::new(", "CorrectPermit::new(", "ReleasePermit::new("] {
        let callers: usize =
            sources("src/flow").iter().map(|path| code(path).matches(maker).count()).sum();
        assert_eq!(callers, 1, "{maker}");
    }
}

/// Who writes a state: the functions are called from the transition and nowhere else.
#[test]
fn states_are_written_by_the_transition_alone() {
    let writers = [
        "order::set_state(",
        "item::set_state(",
        "fulfilment::set_state(",
        "hold::insert(",
        "hold::lift(",
        "history::append(",
    ];
    let mut faults = Vec::new();
    for path in sources("src").iter().filter(|path| !is_test_file(path)) {
        let shown = path.display().to_string();
        let is_writer = shown.starts_with("src/flow/transition") || shown.starts_with("src/db/");
        for writer in writers {
            // Reopening for a reprint is the one act that must not settle first.
            let is_reopening = shown == "src/flow/operate.rs" && writer == "order::set_state(";
            if code(path).contains(writer) && !is_writer && !is_reopening {
                faults.push(format!("{shown}: `{writer}` belongs to the transition"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_stay_readable() {
    let mut faults = Vec::new();
    for path in sources("src").iter().filter(|path| !is_test_file(path)) {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.split("#[cfg(test)]\nmod tests").next().unwrap().lines().count();
        if LINES_MAX < lines {
            faults.push(format!("{}: {lines} lines, {LINES_MAX} are the limit", path.display()));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{}: it does not say what it is", path.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn templates_are_all_used() {
    let root = Path::new("assets/templates");
    if !root.exists() {
        return;
    }
    let code: String =
        sources("src").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut open = vec![root.to_owned()];
    let mut everything = code.clone();
    let mut templates = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            everything += &fs::read_to_string(&path).unwrap();
            templates.push(path);
        }
    }
    for template in templates {
        let name = template.strip_prefix(root).unwrap().display().to_string();
        assert!(everything.contains(&name), "{name} is used by no page");
    }
}
