//! Questions to one provider.

use super::*;
use crate::flow::ctx::ProviderSeat;
use crate::flow::provider_hooks;
use crate::outside::provider::AskError;

/// What can be asked of a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ProviderQuestion {
    /// What a variant is and needs.
    Sku(String),
    /// Variants whose SKU or title contains this.
    Catalogue(String),
    /// Its shipping methods, and which of them the shipping map names.
    Shipping,
    /// The hooks of its account, and where ours go.
    Hooks,
}

/// Asks the provider of this name.
pub(super) async fn provider(
    ctx: &Ctx,
    name: &str,
    question: ProviderQuestion,
) -> Result<String, FlowError> {
    let seat = ctx.providers.values().find(|seat| seat.name == name);
    let seat = seat.ok_or_else(|| FlowError::NotFound(format!("the provider “{name}”")))?;
    match question {
        ProviderQuestion::Sku(sku) => match seat.provider.sku(&sku).await.map_err(in_words)? {
            Some(facts) => Ok(facts.in_words()),
            None => Err(FlowError::NotFound(format!("the variant {sku} at {name}"))),
        },
        ProviderQuestion::Catalogue(search) => {
            let found = seat.provider.catalogue(&search).await.map_err(in_words)?;
            let rows = found.iter().map(|entry| {
                let stock = if entry.in_stock { "" } else { "  (out of stock)" };
                format!("{:16} {}{stock}", entry.provider_sku, entry.title)
            });
            let rows: Vec<String> = rows.collect();
            Ok(if rows.is_empty() { "nothing is called that".to_owned() } else { rows.join("\n") })
        }
        ProviderQuestion::Shipping => shipping(seat).await,
        ProviderQuestion::Hooks => hooks(ctx, seat).await,
    }
}

async fn shipping(seat: &ProviderSeat) -> Result<String, FlowError> {
    let methods = seat.provider.shipping_methods().await.map_err(in_words)?;
    let rows = methods.iter().map(|method| {
        let named = seat.rules.shipping.iter();
        let named = named.filter(|(_, word)| word.eq_ignore_ascii_case(&method.name));
        let named: Vec<&str> = named.map(|(shop, _)| shop.as_str()).collect();
        match named.is_empty() {
            true => format!("{:6} {}", method.id, method.name),
            false => format!("{:6} {}  (for {})", method.id, method.name, named.join(", ")),
        }
    });
    Ok(rows.collect::<Vec<_>>().join("\n"))
}

async fn hooks(ctx: &Ctx, seat: &ProviderSeat) -> Result<String, FlowError> {
    let topics = seat.provider.hook_topics();
    if topics.is_empty() {
        return Ok("no hooks are needed: each order says where to report".to_owned());
    }
    let known = seat.provider.hooks().await;
    let rows = topics.iter().map(|topic| {
        let url = provider_hooks::address(&ctx.rules, seat, topic);
        let is_there = known.as_ref().map(|known| known.iter().any(|hook| hook.url == url));
        let state = match is_there {
            Ok(true) => "is there",
            Ok(false) => "is missing",
            Err(_) => "could not be asked for",
        };
        format!("{topic:24} {state:22} {url}")
    });
    Ok(rows.collect::<Vec<_>>().join("\n"))
}

fn in_words(error: AskError) -> FlowError {
    FlowError::NotNow(error.to_string())
}
