//! `doctor` with the real binary: a fresh installation, a running one, and one that was harmed.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value as Json;

use crate::serve::{Daemon, ask, config};

fn doctor(config: &Path, extra: &[&str]) -> (bool, Json) {
    let arguments = [&["doctor", "--json"], extra].concat();
    let (right, said) = ask(config, &arguments, "");
    let json = said.lines().find(|line| line.starts_with('{'));
    (right, serde_json::from_str(json.unwrap_or_else(|| panic!("{said}"))).unwrap())
}

/// The result of a check, and its particulars.
fn check<'j>(json: &'j Json, name: &str) -> (&'j str, &'j str) {
    let checks = json["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    (check["result"].as_str().unwrap(), check["detail"].as_str().unwrap())
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_running_program_is_looked_at_from_beside_and_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    set_mode(&config, 0o600);
    assert!(ask(&config, &["user", "list"], "").0);
    let (right, json) = doctor(&config, &["--offline"]);
    assert!(right, "{json:#}");
    assert_eq!(check(&json, "lock").0, "ok");
    assert_eq!(check(&json, "test picture").0, "ok");
    assert_eq!(check(&json, "shops").0, "skipped");
    assert_eq!(check(&json, "public address").0, "skipped");

    let (_daemon, _) = Daemon::start(&config);
    let (right, json) = doctor(&config, &[]);
    assert_eq!(check(&json, "public address"), ("ok", "it leads here"));
    assert_eq!(check(&json, "addresses").0, "ok");
    assert_eq!(check(&json, "lock"), ("ok", "the running woodblock has it"));
    assert!(!right, "nobody answers at the shop's address");
    let (result, words) = check(&json, "shops");
    assert!(result == "failed" && words.contains("main: no usable answer"), "{words}");
    assert!(!json.to_string().contains("cs_x"), "no secret is shown");
}

#[test]
fn what_was_harmed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    assert!(ask(&config, &["user", "list"], "").0);
    let state = folder.path().join("state");
    set_mode(&config, 0o644);
    set_mode(&state, 0o755);
    set_mode(&state.join("key"), 0o644);
    // A command may leave its log behind, from which the engine would mend the file.
    for log in ["woodblock.db-wal", "woodblock.db-shm"] {
        let _ = std::fs::remove_file(state.join(log));
    }
    std::fs::write(state.join("woodblock.db"), "a disk wrote this in its place\n".repeat(300))
        .unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let address = text.lines().find_map(|line| line.strip_prefix("public = \"")).unwrap();
    let _other = std::net::TcpListener::bind(address.trim_end_matches('"')).unwrap();
    let (right, json) = doctor(&config, &["--offline"]);
    assert!(!right);
    for name in ["state folder", "key file", "secret files", "database", "addresses"] {
        assert_eq!(check(&json, name).0, "failed", "{name}: {json:#}");
    }
}
