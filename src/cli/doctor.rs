//! `woodblock doctor`: everything that can be wrong with an installation, looked at once.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{command, load};

mod checks;
mod found;
mod gather;
mod goods;

use checks::{CHECKS, Verdict};

/// How it is looked at.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ask nobody outside: no shop, provider, mail server or public address.
    #[arg(long)]
    offline: bool,
    /// Print the checks as JSON.
    #[arg(long)]
    json: bool,
}

/// Whether others are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// This machine alone.
    Offline,
    /// Shops, providers, the mail server and the public address as well.
    Everything,
}

/// Looks at everything; fails if anything is not as it should be.
pub async fn run(args: &Args, config_path: &Path) -> anyhow::Result<ExitCode> {
    let config = gather::with_pages(load(config_path)?);
    let reach = if args.offline { Reach::Offline } else { Reach::Everything };
    let found = gather::gather(&config, config_path, reach).await?;
    let said: Vec<(&'static str, Verdict)> =
        CHECKS.iter().map(|(name, check)| (*name, check(&found))).collect();
    let bad = said.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Bad(_, _))).count();
    let text = match args.json {
        true => document(&said, bad).to_string(),
        false => listed(&said, bad),
    };
    command::say(&text);
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Result, particulars and cure of a verdict; a cure is empty where none is needed.
fn parts(verdict: &Verdict) -> (&'static str, &str, &'static str) {
    match verdict {
        Verdict::Well(words) => ("ok", words, ""),
        Verdict::Notice(words, cure) => ("notice", words, cure),
        Verdict::Bad(words, cure) => ("failed", words, cure),
        Verdict::Skipped(words) => ("skipped", words, ""),
    }
}

fn listed(said: &[(&'static str, Verdict)], bad: usize) -> String {
    let mut text = String::new();
    for (name, verdict) in said {
        let (result, words, cure) = parts(verdict);
        text += &format!("{result:8} {name}: {words}\n");
        if !cure.is_empty() {
            text += &format!("         {cure}\n");
        }
    }
    text + &match bad {
        0 => "nothing is wrong".to_owned(),
        bad => format!("{bad} check(s) failed"),
    }
}

fn document(said: &[(&'static str, Verdict)], bad: usize) -> serde_json::Value {
    let checks: Vec<serde_json::Value> = said
        .iter()
        .map(|(name, verdict)| {
            let (result, detail, cure) = parts(verdict);
            json!({ "name": name, "result": result, "detail": detail, "cure": cure })
        })
        .collect();
    json!({ "ok": bad == 0, "checks": checks })
}
