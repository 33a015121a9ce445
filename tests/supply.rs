//! What the program is built from: licences, sources and versions that may not be used.

use std::process::Command;

use serde_json::Value;

/// Licences that a binary under MIT OR Apache-2.0 may contain.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "MIT-0",
    "BSL-1.0",
    "IJG",
    "OFL-1.1",
];

/// What only the tests are built from may have other licences: it never reaches a merchant.
const TESTS_ALONE: &[(&str, &str)] = &[("webdriver", "MPL-2.0")];

/// Crates that are banned: name, first good version, why.
const BANNED_BELOW: &[(&str, (u64, u64, u64), &str)] = &[
    ("roxmltree", (0, 21, 2), "older ones overflow the stack on nested elements"),
    ("zip", (2, 3, 0), "older ones write files anywhere (GHSA-94vh-gphv-8pm8)"),
];

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether an SPDX expression can be met with the licences above.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // AND binds closer than OR in the expressions that crates use; brackets only group ORs there.
    let met = |part: &str| part.split(" OR ").any(|one| LICENCES.contains(&one.trim()));
    expression.split(" AND ").all(met)
}

#[test]
fn bans_licences_and_sources() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let version = package["version"].as_str().unwrap();
        if name == "woodblock" {
            continue;
        }
        let source = package["source"].as_str().unwrap_or("a folder");
        if !source.starts_with("registry+") {
            faults.push(format!("{name} {version} comes from {source}"));
        }
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence) && !TESTS_ALONE.contains(&(name, licence)) {
            faults.push(format!("{name} {version} has the licence {licence}"));
        }
        for (banned, good, why) in BANNED_BELOW {
            let numbers: Vec<u64> = version
                .split(['.', '-', '+'])
                .take(3)
                .map(|part| part.parse().unwrap_or(0))
                .collect();
            if name == *banned && (numbers[0], numbers[1], numbers[2]) < *good {
                faults.push(format!("{name} {version} is banned: {why}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_the_tests_alone_may_use_is_not_in_the_program() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--edges", "normal,build", "--prefix", "none", "--locked", "--offline"])
        .output()
        .unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(tree.contains("resvg v"), "{tree}");
    for (name, _) in TESTS_ALONE {
        assert!(!tree.contains(&format!("\n{name} v")), "{name} is in the program");
    }
}
