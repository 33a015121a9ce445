//! Whether what the product map and the shipping maps name is there at the providers.

use std::collections::{BTreeMap, BTreeSet};

use super::Reach;
use super::checks::{Verdict, listed};
use super::found::{Found, Good};
use crate::app::seats;
use crate::config::Config;
use crate::outside::provider::{AskError, Provider};

/// Most variants that are asked about; providers are asked about one in a second.
const ASKED_MAX: usize = 300;

/// Every mapped variant exists and is in stock.
pub(super) fn goods(found: &Found) -> Verdict {
    let of = |wanted: fn(&Good) -> Option<&str>| -> Vec<String> {
        let words = found.goods.iter().filter_map(|(name, good)| Some((name, wanted(good)?)));
        words.map(|(name, words)| format!("{name} {words}")).collect()
    };
    let bad = of(|good| match good {
        Good::Bad(words) => Some(words),
        Good::There | Good::Unclear(_) | Good::NotAsked => None,
    });
    let unclear = of(|good| match good {
        Good::Unclear(words) => Some(words),
        Good::There | Good::Bad(_) | Good::NotAsked => None,
    });
    let there = found.goods.iter().filter(|(_, good)| *good == Good::There).count();
    match (bad.is_empty(), unclear.is_empty(), there) {
        (false, _, _) => Verdict::Bad(
            listed(&bad),
            "Correct the product map: `woodblock provider catalogue` finds the right variant.",
        ),
        (true, false, _) => Verdict::Notice(
            listed(&unclear),
            "Run doctor again when the provider answers; nothing was found wrong.",
        ),
        (true, true, 0) => Verdict::Skipped("none was asked about".to_owned()),
        (true, true, there) => Verdict::Well(format!("{there} variant(s) are there and in stock")),
    }
}

/// Every word of the shipping maps is a method of its account.
pub(super) fn shipping(found: &Found) -> Verdict {
    let unknown: Vec<String> = found
        .shipping
        .iter()
        .filter_map(|(name, said)| match said {
            Ok(words) if !words.is_empty() => Some(format!("{name} has no {}", listed(words))),
            Ok(_) | Err(_) => None,
        })
        .collect();
    let known = found.shipping.iter().filter(|(_, said)| said.is_ok()).count();
    match (unknown.is_empty(), known) {
        (false, _) => Verdict::Bad(
            unknown.join("; "),
            "Correct shipping in config.toml: `woodblock provider shipping` lists the words.",
        ),
        (true, 0) => Verdict::Skipped("no provider with a list was asked".to_owned()),
        (true, _) => Verdict::Well("every word of the shipping maps is known".to_owned()),
    }
}

/// What the providers say of each mapped variant.
pub(super) async fn ask_goods(
    config: &Config,
    mapped: &[(String, String)],
    reach: Reach,
) -> Vec<(String, Good)> {
    let mut seats = BTreeMap::new();
    let mut said = Vec::new();
    for (place, (provider, sku)) in mapped.iter().enumerate() {
        let settings = config.provider.iter().find(|one| one.name == *provider);
        let Some(settings) = settings.filter(|_| reach == Reach::Everything && place < ASKED_MAX)
        else {
            said.push((format!("{provider} {sku}"), Good::NotAsked));
            continue;
        };
        if !seats.contains_key(provider)
            && let Ok(seat) = seats::adapter(settings)
        {
            seats.insert(provider.clone(), seat);
        }
        let good = match seats.get(provider) {
            Some(seat) => of_answer(seat.as_ref(), sku).await,
            None => Good::NotAsked,
        };
        said.push((format!("{provider} {sku}"), good));
    }
    said
}

async fn of_answer(seat: &dyn Provider, sku: &str) -> Good {
    match seat.sku(sku).await {
        Ok(Some(facts)) if facts.in_stock == Some(false) => Good::Bad("is out of stock".to_owned()),
        Ok(Some(_)) => Good::There,
        Ok(None) => Good::Bad("does not exist".to_owned()),
        Err(AskError::Unable) => Good::NotAsked,
        Err(error) => Good::Unclear(format!("could not be asked about: {error}")),
    }
}

/// The words of each shipping map that its account does not have.
pub(super) async fn ask_shipping(
    config: &Config,
    reach: Reach,
) -> Vec<(String, Result<Vec<String>, String>)> {
    let mut said = Vec::new();
    for provider in config.provider.iter().filter(|_| reach == Reach::Everything) {
        let Ok(seat) = seats::adapter(provider) else {
            continue;
        };
        let methods = seat.shipping_methods().await;
        let unknown = methods.map_err(|error| error.to_string()).map(|methods| {
            let is_known = |word: &&String| {
                methods.iter().any(|one| one.name.eq_ignore_ascii_case(word) || one.id == **word)
            };
            let words: BTreeSet<&String> = provider.shipping.values().collect();
            words.into_iter().filter(|word| !is_known(word)).cloned().collect()
        });
        said.push((provider.name.clone(), unknown));
    }
    said
}
